"""
P8: a crowd that is cut off comes back at once.
"""

from __future__ import annotations

import asyncio
import time

from tests.torture.book import Book, Broken
from tests.torture.client import GONE, Client, Place
from tests.torture.neighbours import Crowd
from tests.torture.people import AGAIN_SECONDS, Reader
from tests.torture.stage import Measure, Stage, raise_descriptor_limit
from tests.torture.watch import descriptors_are_back, quiet_descriptors

ROOM = "lobby"
MISSED = 20
STAYED = 50
RETURN_SECONDS = 30.0
P99_MS = 500.0


async def storm(stage: Stage) -> None:
    """
    Five thousand are cut at once and come back in the same moment; some who stayed talk meanwhile.
    """
    raise_descriptor_limit(20_000)
    count = stage.of(5_000, 500, 300)
    with stage.daemon("--max-connections", "0") as daemon:
        place = Place(daemon.port)
        before = await quiet_descriptors(daemon.pid)
        crowd = Crowd(stage)
        readers = [Reader(f"r{number}", crowd.book, (ROOM,)) for number in range(count)]
        clients = await _come(readers, place)
        await crowd.come(place, place, STAYED)
        for client in clients:
            client.cut()
        await asyncio.gather(*(client.ended for client in clients))
        speaker = crowd.people[0].client
        assert speaker is not None
        for number in range(MISSED):
            await speaker.say(ROOM, f"said meanwhile {number}")
        head = crowd.people[0].reader.positions[ROOM][1]
        for reader in readers:
            reader.live.clear()
        begun = time.monotonic()
        talking = asyncio.create_task(_talk(crowd, readers))
        clients = list(await asyncio.gather(*(_come_back(reader, place, head) for reader in readers)))
        seconds = time.monotonic() - begun
        p99 = await talking
        await crowd.check()
        await _all_have_the_same(crowd.book, readers, crowd)
        begun = time.monotonic()
        for client in clients:
            client.cut()
        await crowd.leave()
        gone = await descriptors_are_back(daemon.pid, before, begun)
    stage.row(
        "P8",
        f"{count:,} cut at once, {MISSED} messages missed, all back in the same moment; {STAYED} who stayed "
        "talk",
        Measure("all back after", seconds, "s", RETURN_SECONDS),
        Measure("p99 of those who stayed", p99, "ms", P99_MS),
        Measure("gone after", gone, "s"),
    )


async def _come(readers: list[Reader], place: Place) -> list[Client]:
    turns = asyncio.Semaphore(50)

    async def one(reader: Reader) -> Client:
        async with turns:
            return await reader.attend(place, limit=0)

    return list(await asyncio.gather(*(one(reader) for reader in readers)))


async def _come_back(reader: Reader, place: Place, head: int) -> Client:
    while True:
        try:
            client = await reader.attend(place)
            while reader.positions[ROOM][1] < head or ROOM not in reader.live:
                if client.ended.done():
                    break
                await asyncio.sleep(0.05)
            else:
                return client
        except GONE:
            await asyncio.sleep(AGAIN_SECONDS)


async def _talk(crowd: Crowd, readers: list[Reader]) -> float:
    """
    Those who stayed talk until all are back; the 99th of a hundred delays in milliseconds.
    """
    p99 = 0.0
    while not all(ROOM in reader.live for reader in readers):
        p99 = max(p99, await crowd.talk(1.0, 20))
    return p99


async def _all_have_the_same(book: Book, readers: list[Reader], crowd: Crowd) -> None:
    head = crowd.people[0].reader.positions[ROOM][1]
    deadline = time.monotonic() + 30
    while any(reader.positions[ROOM][1] < head for reader in readers):
        if time.monotonic() > deadline:
            behind = sum(reader.positions[ROOM][1] < head for reader in readers)
            raise Broken(f"{behind} have not got to {head}")
        await asyncio.sleep(0.05)
    book.check(whole=False)
