"""
P4, where a room keeps only its last messages: a position that was pruned away says so.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tests.torture.book import Book, Broken
from tests.torture.client import Client, Place
from tests.torture.people import Writer
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, quiet_descriptors

ROOM = "lobby"
KEPT = 100
RESYNC = 4002
# More than the kernel keeps for a connection that is not read.
_LARGE = "\N{SNAKE}" * 4000
_LARGE_MESSAGES = 1_000


async def pruning(stage: Stage) -> None:
    """
    A room that keeps its last hundred messages: what is pruned is told, whatever is kept is whole.
    """
    messages = stage.of(20_000, 2_000, 600)
    with stage.daemon("--history-messages", str(KEPT)) as daemon:
        place, book = Place(daemon.port), Book()
        writer = Writer("w", book, (ROOM,), stage.random, retries=False, at_once=30)
        await writer.arrive(place)
        before = await quiet_descriptors(daemon.pid)
        await writer.write(place, messages)
        first = await _first_kept(place, messages)
        for after in (0, first - 2, first - 1, first, messages - 1, messages):
            await _ask(place, after, first, messages)
        heard = await _read_too_late(place)
        await descriptors_are_back(daemon.pid, before)
    stage.row(
        "P4",
        f"{messages:,} messages of which the last {KEPT} are kept; a reader that was behind",
        Measure("heard before it was told", heard),
    )


async def _first_kept(place: Place, head: int) -> int:
    """
    The first offset that is kept, once no more than wanted are.
    """
    client = await Client.open(place)
    await client.hello()
    await client.join(ROOM, limit=0)
    async with asyncio.timeout(60):
        while True:
            page = await client.ask("history", room=ROOM, after=0, limit=1)
            first: int = page["events"][0]["offset"]
            if first >= head - KEPT + 1:
                break
            await asyncio.sleep(0.1)
    await client.leave()
    if first != head - KEPT + 1:
        raise Broken(f"{KEPT} of {head} were to be kept, and the first is {first}")
    return first


async def _ask(place: Place, after: int, first: int, head: int) -> None:
    events: list[dict[str, Any]] = []
    client = await Client.open(place, events.append)
    await client.hello()
    epoch = (await client.join(ROOM, limit=0))["epoch"]
    events.clear()
    joined = await client.join(ROOM, after=after, epoch=epoch, limit=7)
    async with asyncio.timeout(30):
        while events[-1]["type"] != "live":
            await asyncio.sleep(0.01)
    await client.leave()
    offsets = [event["offset"] for event in events if event["type"] == "message"]
    recovered = after + 1 >= first
    wanted = list(range(after + 1 if recovered else head - 6, head + 1))
    if (joined["recovered"], joined["head"], offsets) != (recovered, head, wanted):
        raise Broken(f"after {after}, where {first} is the first: {joined} and {offsets}")


async def _read_too_late(place: Place) -> int:
    """
    Have somebody stop reading, and say so much that what they have yet to read is pruned; how much they had.
    """
    events: list[dict[str, Any]] = []
    slow = await Client.open(place._replace(receive_buffer=4096), events.append)
    await slow.hello(name="slow")
    joined = await slow.join(ROOM, limit=0)
    slow.transport.pause_reading()
    speaker = await Client.open(place)
    await speaker.hello(name="speaker")
    await speaker.join(ROOM, limit=0)
    for _ in range(_LARGE_MESSAGES // 20):
        await asyncio.gather(*(speaker.say(ROOM, _LARGE) for _ in range(20)))
    await speaker.leave()
    await _first_kept(place, joined["head"] + _LARGE_MESSAGES)
    slow.transport.resume_reading()
    async with asyncio.timeout(60):
        ending = await asyncio.shield(slow.ended)
    offsets = [event["offset"] for event in events if event["type"] == "message"]
    if ending.code != RESYNC or offsets != list(range(joined["head"] + 1, joined["head"] + 1 + len(offsets))):
        raise Broken(f"who was behind is sent away with {ending} after {offsets[:3]} to {offsets[-3:]}")
    return len(offsets)
