"""
P4: whoever comes back has everything that came after their position, or is told that it does not hold.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.torture.book import Book, Broken
from tests.torture.client import Client, Place
from tests.torture.people import Reader, Writer, read_all
from tests.torture.proxy import Manners, Proxy
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, quiet_descriptors

READERS = 20
ROOMS = ("lobby", "attic", "cellar", "garden")
MISSED = 10_000
MISSED_SECONDS = 2.0


async def resume(stage: Stage) -> None:
    """
    Twenty readers are thrown out every 50 to 500 ms, in every way that a network knows, while others write.
    """
    wanted = stage.of(1_000, 200, 60)
    book, stopped = Book(), asyncio.Event()

    def pick() -> Manners:
        draw = stage.random
        how = draw.choice(("reset", "end", "client", "server"))
        delay, piece = draw.choice(((0.0, 4096), (0.0, 97), (0.02, 512)))
        after = draw.uniform(0.05, 0.5)
        # In the middle of whatever is on its way.
        of_bytes = draw.randrange(200, 20_000) if how != "server" and draw.random() < 0.5 else None
        return Manners(delay, piece, after, of_bytes, how)

    with stage.daemon() as daemon:
        place = Place(daemon.port)
        writers = [
            Writer(f"w{number}", book, ROOMS, stage.random, retries=False, pause_seconds=0.04)
            for number in range(5)
        ]
        for person in writers:
            await person.arrive(place)
        before = await quiet_descriptors(daemon.pid)
        readers = [Reader(f"r{number}", book, ROOMS) for number in range(READERS)]
        for reader in readers:
            (await reader.attend(place, limit=0)).cut()
        writing = [asyncio.create_task(person.write(place)) for person in writers]
        async with Proxy(daemon.port, pick) as proxy:
            cut = Place(proxy.listening)
            reading = [asyncio.create_task(reader.keep_reading(cut, stopped)) for reader in readers]
            while proxy.cuts < wanted:
                await asyncio.sleep(0.05)
            stopped.set()
            await asyncio.gather(*reading)
        for person in writers:
            person.stopped = True
        await asyncio.gather(*writing)
        await read_all(book, place, ROOMS, readers)
        book.check()
        await _positions_that_do_not_hold(place, readers[0])
        await descriptors_are_back(daemon.pid, before)
    stage.row(
        "P4",
        f"{READERS} readers thrown out every 50 to 500 ms by reset, end, half close, and within frames",
        Measure("cuts", proxy.cuts),
        Measure("messages", book.stored()),
        Measure("heard", book.heard),
    )
    await _missed(stage)


async def _positions_that_do_not_hold(place: Place, reader: Reader) -> None:
    """
    A wrong epoch, a position in the future and another event's id start afresh; the right ones do not.
    """
    room = reader.rooms[0]
    epoch, head, last = reader.positions[room]
    cases: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"after": head, "epoch": "of-yore"}, False),
        ({"after": 0, "epoch": "of-yore"}, False),
        ({"after": head + 1, "epoch": epoch}, False),
        ({"after": head + 1_000_000, "epoch": epoch}, False),
        ({"after": head - 1, "epoch": epoch, "id": last}, False),
        ({"after": head, "epoch": epoch, "id": "another"}, False),
        ({"after": head, "epoch": epoch, "id": last}, True),
        ({"after": head - 3, "epoch": epoch}, True),
    )
    for number, (position, recovered) in enumerate(cases):
        events: list[dict[str, Any]] = []
        client = await Client.open(place, events.append)
        await client.hello(name=f"late-{number}")
        joined = await client.join(room, limit=10, **position)
        async with asyncio.timeout(30):
            while not any(event["type"] == "live" for event in events):
                await asyncio.sleep(0.01)
        await client.leave()
        offsets = [event["offset"] for event in events if event["type"] == "message"]
        first = position["after"] + 1 if recovered else max(1, head - 9)
        if joined["recovered"] is not recovered or offsets != list(range(first, head + 1)):
            raise Broken(f"{position} at head {head} is answered {joined['recovered']} and {offsets}")


async def _missed(stage: Stage) -> None:
    """
    Ten thousand messages missed, and all of them back.
    """
    missed = stage.of(MISSED, MISSED // 10, MISSED // 10)
    seconds = []
    with stage.daemon() as daemon:
        place, book = Place(daemon.port), Book()
        reader = Reader("late", book, ("lobby",))
        (await reader.attend(place, limit=0)).cut()
        writer = Writer("w", book, ("lobby",), stage.random, retries=False, at_once=30)
        await writer.arrive(place)
        await writer.write(place, missed)
        position = dict(reader.positions)
        for _ in range(stage.of(5, 3, 1)):
            reader.positions = dict(position)
            begun = time.monotonic()
            await reader.read_to_the_end(place)
            seconds.append(time.monotonic() - begun)
            if reader.positions["lobby"][1] < missed:
                raise Broken(f"{missed} were missed, and the end is at {reader.positions}")
        book.check()
    stage.row(
        "P4",
        f"{missed:,} messages missed",
        Measure("back, median", sorted(seconds)[len(seconds) // 2], "s", MISSED_SECONDS),
    )
