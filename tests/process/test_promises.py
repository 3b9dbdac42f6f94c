"""
What the first users of chatd are promised, asked of the real daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.chat_client import ChatClient
from tests.daemon import Daemon

INDEX_SECONDS = 3.0
"""What the index of the search has not seen by then it does not see late."""


def test_everyone_of_a_thousand_on_the_tutorials_wire_hears_every_message(daemon: Daemon) -> None:
    """With the flags as they are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))

    async def walk() -> None:
        crowd = [await ChatClient.connect(daemon.port, None) for _ in range(1000)]
        spoken = []
        for number in range(5):
            writer = crowd[number * 200]
            message = {"email": f"{number}@example.org", "username": f"n{number}", "message": f"no {number}"}
            # In another order than it is to come back.
            await writer.send(dict(reversed(message.items())))
            text = f'{{"email":"{number}@example.org","username":"n{number}","message":"no {number}"}}'
            spoken.append(text)
            heard = await asyncio.gather(*(client.receive_text() for client in crowd))
            assert heard == [text] * 1000
        for client in crowd:
            await client.cut()

    asyncio.run(walk())


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """
    A daemon as it is without flags.
    """
    with Daemon(tmp_path) as running:
        yield running


@pytest.fixture
def unlimited(tmp_path: Path) -> Iterator[Daemon]:
    """
    A daemon without limits of rate.
    """
    with Daemon(tmp_path, flags=("--message-rate", "0")) as running:
        yield running


class Reader:
    """
    Reads the lobby from a position on, through as many connections as it takes.
    """

    def __init__(self) -> None:
        self.position: dict[str, Any] = {"limit": 0}
        self.token: str | None = None
        self.seen: list[tuple[int, str]] = []
        self.cuts = 0

    async def read(self, daemon: Daemon, until: float | None) -> None:
        """
        Connect, resume, and read until that time or until the connection is lost; with None, to the end.
        """
        client = await ChatClient.connect(daemon.port)
        try:
            if self.token is None:
                # Who is cut off before they know their token has to be somebody new.
                self.token = (await client.hello(name="reader"))["token"]
            async with asyncio.timeout_at(until):
                await client.hello(token=self.token)
                joined = await client.join(**self.position)
                if "after" in self.position:
                    assert joined["recovered"], joined
                else:
                    self.position = {"after": joined["head"], "epoch": joined["epoch"]}
                while True:
                    event = await client.receive()
                    self._take(event)
                    if until is None and event["type"] == "live":
                        break
        except TimeoutError:
            self.cuts += 1
        finally:
            await client.cut()

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "message":
            assert event["offset"] == self.position["after"] + 1
            self.position = {**self.position, "after": event["offset"], "id": event["id"]}
            self.seen.append((event["offset"], event["cid"]))


class Writer:
    """
    Says one thing after the other, each until it is `done`, through as many connections as it takes.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.token: str | None = None
        self.done: dict[str, int] = {}
        self.stopped = False

    async def write(self, daemon: Daemon) -> None:
        """
        Write until `stopped`.
        """
        number = 0
        while not self.stopped:
            with contextlib.suppress(ConnectionClosed, InvalidMessage, OSError):
                client = await ChatClient.connect(daemon.port)
                welcome = await client.hello(**({"token": self.token} if self.token else {"name": self.name}))
                self.token = self.token or welcome["token"]
                await client.join(limit=0)
                while not self.stopped:
                    cid = f"{self.name}-{number}"
                    done = await client.say(f"text {cid}", cid=cid)
                    self.done[cid] = done["offset"]
                    number += 1
                    # Else the reader, which shares this process, would never come near the end of the log.
                    await asyncio.sleep(0.005)
                await client.cut()
            await asyncio.sleep(0.02)


def check(readers: list[Reader], writers: list[Writer]) -> None:
    """
    Each has every acknowledged message once, at the offset that its `done` named, in the order of the log.
    """
    done = {cid: offset for writer in writers for cid, offset in writer.done.items()}
    for reader in readers:
        offsets = [offset for offset, _ in reader.seen]
        assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
        cids = [cid for _, cid in reader.seen]
        assert len(set(cids)) == len(cids)
        seen = {cid: offset for offset, cid in reader.seen}
        first = offsets[0]
        assert {cid: at for cid, at in done.items() if at >= first} == {
            cid: at for cid, at in seen.items() if cid in done
        }


def test_a_reader_who_is_cut_off_two_hundred_times_has_each_message_once(unlimited: Daemon) -> None:
    """While three others write."""
    moments = random.Random(1)

    async def walk() -> None:
        loop = asyncio.get_running_loop()
        readers, writers = [Reader()], [Writer(name) for name in ("w1", "w2", "w3")]
        writing = [asyncio.create_task(writer.write(unlimited)) for writer in writers]
        while readers[0].cuts < 200:
            await readers[0].read(unlimited, loop.time() + moments.uniform(0.0, 0.08))
        for writer in writers:
            writer.stopped = True
        await asyncio.gather(*writing)
        await readers[0].read(unlimited, None)
        assert len(readers[0].seen) > 1000
        check(readers, writers)

    asyncio.run(walk())


def test_nothing_that_was_acknowledged_is_lost_when_the_daemon_is_killed(unlimited: Daemon) -> None:
    """Ten times, with SIGKILL, while three write and one reads."""
    moments = random.Random(2)

    async def read_on(reader: Reader, stopped: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while not stopped.is_set():
            with contextlib.suppress(ConnectionClosed, InvalidMessage, OSError):
                await reader.read(unlimited, loop.time() + 0.5)
            await asyncio.sleep(0.02)

    async def walk() -> None:
        reader, stopped = Reader(), asyncio.Event()
        writers = [Writer(name) for name in ("w1", "w2", "w3")]
        reading = asyncio.create_task(read_on(reader, stopped))
        while not reader.position.get("epoch"):
            await asyncio.sleep(0.01)
        writing = [asyncio.create_task(writer.write(unlimited)) for writer in writers]
        for _ in range(10):
            await asyncio.sleep(moments.uniform(0.1, 0.6))
            await asyncio.to_thread(unlimited.kill)
            await asyncio.to_thread(unlimited.start)
        for writer in writers:
            writer.stopped = True
        stopped.set()
        await asyncio.gather(*writing, reading)
        await reader.read(unlimited, None)
        assert all(len(writer.done) > 20 for writer in writers)
        check([reader], writers)

    asyncio.run(walk())


def test_the_same_cid_three_times_once_across_a_restart_is_one_message(daemon: Daemon) -> None:
    """Sent by the same person through three connections."""

    async def say(token: str | None) -> tuple[str, dict[str, Any], int]:
        client = await ChatClient.connect(daemon.port)
        welcome = await client.hello(**({"token": token} if token else {"name": "ada"}))
        await client.join()
        done = await client.say("once", cid="the one")
        await client.send({"type": "history", "room": "lobby"})
        page = await client.expect("page")
        await client.cut()
        return token or welcome["token"], done, len(page["events"])

    token, first, _ = asyncio.run(say(None))
    _, second, _ = asyncio.run(say(token))
    daemon.kill()
    daemon.start()
    _, third, events = asyncio.run(say(token))
    assert first == second == third
    assert events == 1


def resident_bytes(daemon: Daemon) -> int:
    """
    The memory that the daemon has in use.
    """
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def test_who_stops_reading_costs_little_and_delays_nobody_and_gets_it_all(unlimited: Daemon) -> None:
    """
    While 16 MB go through the room. That whoever goes on so is sent away after half a minute is the run
    `stopped` of `make torture`, and with a clock that is turned by hand a test of the outbox.
    """
    text = "\N{SNAKE}" * 4000
    messages = 16 * 1024 * 1024 // len(text.encode())

    async def pump(writer: ChatClient, healthy: ChatClient, count: int) -> None:
        async def write() -> None:
            for _ in range(count):
                await writer.say(text)

        async def hear() -> None:
            for _ in range(count):
                await healthy.expect("message")

        await asyncio.gather(write(), hear())

    async def walk() -> None:
        writer, healthy, stopped, gone = [await ChatClient.connect(unlimited.port) for _ in range(4)]
        for client, name in ((writer, "writer"), (healthy, "healthy"), (stopped, "stopped")):
            await client.hello(name=name)
        token = (await gone.hello(name="gone"))["token"]
        await healthy.join(limit=0)
        await writer.join(limit=0)
        # What the store, its index and the tail of a busy room need anyway is there before it is measured.
        await pump(writer, healthy, 640)
        await asyncio.sleep(INDEX_SECONDS)
        joined = await stopped.join(limit=0)
        await gone.join(limit=0)
        before = resident_bytes(unlimited)
        await pump(writer, healthy, messages)
        cost = resident_bytes(unlimited) - before
        assert cost < 1.25 * 1024 * 1024, cost
        for number in range(messages):
            event = await stopped.expect("message")
            assert event["offset"] == joined["head"] + 1 + number
            assert event["text"] == text
        # The other one who stopped comes back to where it was.
        await gone.cut()
        back = await ChatClient.connect(unlimited.port)
        await back.hello(token=token)
        again = await back.join(after=joined["head"], epoch=joined["epoch"])
        assert again["recovered"]
        for number in range(messages):
            assert (await back.expect("message"))["offset"] == joined["head"] + 1 + number
        for client in (writer, healthy, stopped, back):
            await client.cut()

    asyncio.run(walk())
