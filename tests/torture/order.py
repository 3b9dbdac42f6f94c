"""
P3: each room has one order, without gaps, the same for everybody.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tests.torture.book import Book, Broken
from tests.torture.client import Client, Place
from tests.torture.people import Reader, Writer, read_all
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, quiet_descriptors

WRITERS = 20
READERS = 50
ROOMS = tuple(f"room-{number}" for number in range(12))
ROOMS_A_READER = 4


async def order(stage: Stage) -> None:
    """
    Twenty write into twelve rooms, fifty hear four of these each, some of them slowly; then all is read
    again, by `join` and by `history`.
    """
    messages = stage.of(2_000, 200, 40)
    book, stopped = Book(), asyncio.Event()
    with stage.daemon() as daemon:
        place = Place(daemon.port)
        writers = [Writer(f"w{number}", book, ROOMS, stage.random) for number in range(WRITERS)]
        for person in writers:
            await person.arrive(place)
        before = await quiet_descriptors(daemon.pid)
        readers = []
        for number in range(READERS):
            rooms = stage.random.sample(ROOMS, ROOMS_A_READER)
            readers.append(Reader(f"r{number}", book, rooms))
        clients = [await reader.attend(place, limit=0) for reader in readers]
        lazy = [asyncio.create_task(_lazily(stage, client, stopped)) for client in clients[:10]]
        await asyncio.gather(*(person.write(place, messages) for person in writers))
        stopped.set()
        await asyncio.gather(*lazy)
        for client in clients:
            client.cut()
            if (ending := await client.ended).code != 1006:
                raise Broken(f"a reader was sent away: {ending}")
        # Whoever heard a room from its beginning has the same end as a new reader.
        every = Reader("everything", book, ROOMS)
        (await every.attend(place, limit=0)).cut()
        for room, (epoch, _, _) in every.positions.items():
            every.positions[room] = epoch, 0, None
        await read_all(book, place, ROOMS, [every])
        for reader in readers:
            await reader.read_to_the_end(place)
            for room in reader.rooms:
                if reader.positions[room] != every.positions[room]:
                    raise Broken(f"{reader.name} ends at {reader.positions}, others at {every.positions}")
        pages = await _page_back(place, book, {room: each[1] for room, each in every.positions.items()})
        book.check()
        await descriptors_are_back(daemon.pid, before)
    stage.row(
        "P3",
        f"{WRITERS} writers, {READERS} readers, {len(ROOMS)} rooms, {pages} pages of history",
        Measure("messages", book.stored()),
        Measure("heard", book.heard),
    )


async def _lazily(stage: Stage, client: Client, stopped: asyncio.Event) -> None:
    """
    Read now and then.
    """
    while not stopped.is_set():
        client.transport.pause_reading()
        await asyncio.sleep(stage.random.uniform(0.1, 0.5))
        client.transport.resume_reading()
        await asyncio.sleep(stage.random.uniform(0.0, 0.2))


async def _page_back(place: Place, book: Book, heads: dict[str, int]) -> int:
    """
    Turn the pages of each room from its end to its beginning; how many there were.
    """
    client = await Client.open(place)
    await client.hello(name="historian")
    pages = 0
    for room, head in heads.items():
        epoch = (await client.join(room, limit=0))["epoch"]
        before = head + 1
        while before > 1:
            page: dict[str, Any] = await client.ask("history", room=room, before=before, limit=200)
            pages += 1
            offsets = [event["offset"] for event in page["events"]]
            if offsets != list(range(before - len(offsets), before)) or not offsets:
                raise Broken(f"a page of {room} before {before} has {offsets}")
            if page["more"] is not (offsets[0] > 1):
                raise Broken(f"a page of {room} from {offsets[0]} says more: {page['more']}")
            for event in page["events"]:
                book.hears("the historian", epoch, event)
            before = offsets[0]
    await client.leave()
    return pages
