"""
The harness itself: that it sees what it is there to see.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.torture.book import Book, Broken
from tests.torture.frames import CLOSE, CONTINUATION, PING, TEXT, BadFrame, Frames, frame
from tests.torture.people import Reader
from tests.torture.proxy import Manners, Proxy
from tests.torture.stage import Measure, Row, table


def message(offset: int, **other: Any) -> dict[str, Any]:
    """
    An event of the lobby.
    """
    event = {
        "type": "message",
        "room": "lobby",
        "offset": offset,
        "id": f"id-{offset}",
        "from": {"id": "ada"},
        "cid": f"c{offset}",
        "text": f"no {offset}",
    }
    return event | other


def whole(count: int = 3) -> Book:
    """
    A book in which everything is right.
    """
    book = Book()
    for offset in range(1, count + 1):
        book.says("ada", f"c{offset}", "lobby", f"no {offset}")
        book.hears("bob", "e", message(offset))
        book.acknowledges("ada", f"c{offset}", {"room": "lobby", "offset": offset, "id": f"id-{offset}"})
    return book


def broken(book: Book) -> str:
    """
    What the book finds wrong.
    """
    with pytest.raises(Broken) as raised:
        book.check()
    return str(raised.value)


def test_a_log_in_order_is_in_order() -> None:
    whole().check()


def test_a_message_that_was_done_and_is_not_there_is_lost() -> None:
    book = whole()
    book.acknowledges("ada", "c4", {"room": "lobby", "offset": 4, "id": "id-4"})
    assert "c4 was done at lobby 4" in broken(book)


def test_a_gap_is_seen() -> None:
    book = whole()
    book.hears("bob", "e", message(5))
    assert "4 offsets from 1 to 5" in broken(book)


def test_a_log_that_does_not_begin_at_its_beginning_is_not_whole() -> None:
    book = Book()
    book.hears("bob", "e", message(2))
    assert "from 2 to 2" in broken(book)


def test_a_message_that_is_there_twice_is_seen() -> None:
    book = whole()
    book.hears("bob", "e", message(4, cid="c3"))
    assert "('ada', 'c3') is there 2 times" in broken(book)


def test_an_id_that_is_there_twice_is_seen() -> None:
    book = whole()
    book.hears("bob", "e", message(4, id="id-3"))
    assert "the id id-3 is there 2 times" in broken(book)


def test_two_readers_who_hear_different_things_are_seen() -> None:
    book = whole()
    book.hears("eve", "e", message(2, text="something else"))
    assert "eve has" in broken(book)


def test_a_text_that_nobody_said_is_seen() -> None:
    book = whole()
    book.says("ada", "c2", "lobby", "what was said")
    assert "what was said is" in broken(book)


def test_a_second_answer_that_differs_is_seen() -> None:
    book = whole()
    book.acknowledges("ada", "c1", {"room": "lobby", "offset": 9, "id": "id-9"})
    assert "was at" in broken(book)


def test_another_epoch_is_seen() -> None:
    book = whole()
    book.hears("bob", "f", message(1))
    assert "epoch" in broken(book)


def hearing(*messages: dict[str, Any], position: tuple[str, int, str | None] | None = None) -> str:
    """
    What a reader who was at that position finds wrong.
    """
    book = Book()
    reader = Reader("bob", book, ("lobby",))
    if position is not None:
        reader.positions["lobby"] = position
        reader._asked = {"lobby"}
    for each in messages:
        reader.hear(each)
    return "\n".join(book.faults)


def joined(head: int, recovered: bool) -> dict[str, Any]:
    """
    The answer to a `join`.
    """
    return {"type": "joined", "room": "lobby", "epoch": "e", "head": head, "recovered": recovered}


def live(offset: int) -> dict[str, Any]:
    """
    The end of catching up.
    """
    return {"type": "live", "room": "lobby", "offset": offset}


def test_a_reader_takes_what_comes_in_turn() -> None:
    came = (joined(3, True), message(2), message(3), live(3), message(4))
    assert hearing(*came, position=("e", 1, None)) == ""


def test_a_reader_sees_a_hole() -> None:
    assert "3 came after 1" in hearing(joined(3, True), message(3), position=("e", 1, None))


def test_a_reader_sees_a_repeat() -> None:
    assert "1 came after 1" in hearing(joined(3, True), message(1), position=("e", 1, None))


def test_a_reader_sees_that_it_is_live_before_it_has_everything() -> None:
    assert "live at 3" in hearing(joined(3, True), message(2), live(3), position=("e", 1, None))


def test_a_reader_wants_to_be_recovered() -> None:
    assert "not recovered" in hearing(joined(3, False), position=("e", 1, None))


def test_frames_come_out_as_they_went_in_however_they_are_cut() -> None:
    written = [(TEXT, b"x" * size) for size in (0, 1, 125, 126, 65_535, 65_536)] + [
        (PING, b"p"),
        (CLOSE, b""),
    ]
    data = b"".join(frame(*each, masked=False) for each in written)
    for size in (1, 7, 1000, len(data)):
        frames = Frames()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [each for piece in pieces for each in frames.feed(piece)] == written


def test_fragments_are_one_message_and_may_have_a_ping_between() -> None:
    parts = ((TEXT, b"ab", False), (PING, b"", True), (CONTINUATION, b"cd", True))
    data = b"".join(frame(opcode, payload, fin=fin, masked=False) for opcode, payload, fin in parts)
    assert list(Frames().feed(data)) == [(PING, b""), (TEXT, b"abcd")]


@pytest.mark.parametrize(
    "data",
    [
        frame(TEXT, b"x"),
        frame(TEXT, b"x", rsv=4, masked=False),
        frame(CONTINUATION, b"x", masked=False),
        frame(PING, b"x", fin=False, masked=False),
        frame(3, b"x", masked=False),
    ],
    ids=["masked", "reserved", "continuation", "fragmented ping", "opcode"],
)
def test_what_no_server_may_write_is_seen(data: bytes) -> None:
    with pytest.raises(BadFrame):
        list(Frames().feed(data))


def through(manners: Manners, data: bytes) -> bytes:
    """
    What a client gets of data that a server sends through a proxy, until the connection ends.
    """

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    async def get() -> bytes:
        server = await asyncio.start_server(send, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Proxy(port, lambda: manners) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.listening)
            got = b""
            try:
                while piece := await reader.read(65_536):
                    got += piece
            except ConnectionResetError:
                got += b"reset"
            writer.close()
        server.close()
        await server.wait_closed()
        return got

    return asyncio.run(get())


def test_the_proxy_passes_everything_on() -> None:
    assert through(Manners(piece_bytes=100), b"abc" * 1000) == b"abc" * 1000


@pytest.mark.parametrize(("how", "end"), [("end", b""), ("client", b""), ("reset", b"reset")])
def test_the_proxy_cuts_where_it_is_told_to(how: str, end: bytes) -> None:
    got = through(Manners(after_bytes=500, cut=how), b"abc" * 1000)
    # A reset may overtake what was sent.
    assert got == (b"abc" * 167)[:500] + end or (how == "reset" and got.endswith(b"reset"))


def test_the_table_says_what_did_not_hold() -> None:
    rows = [
        Row("P1", "killed", (Measure("lost", 0, "", 0), Measure("again", 1.25, "s", 2.0))),
        Row("P3", "asked", (Measure("p99", 120.4, "ms", 100.0),)),
        Row("P4", "cut", fault="a gap\nand more"),
    ]
    assert table(rows).splitlines()[2:] == [
        "| P1 | killed | lost 0 (≤ 0); again 1.25 s (≤ 2) | yes |",
        "| P3 | asked | p99 120 ms (≤ 100) | **no** |",
        "| P4 | cut | a gap | **no** |",
    ]
