"""
P7: connections on which nothing happens cost little.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count

from tests.daemon import Daemon
from tests.torture.book import Broken
from tests.torture.client import Client, Place
from tests.torture.stage import Measure, Stage, raise_descriptor_limit
from tests.torture.watch import descriptors_are_back, held_bytes, quiet_descriptors, used_seconds

KIB = 1024
AT_ONCE = 100
CORE_PERCENT = 3.0
_NAMES = count()


async def idle(stage: Stage) -> None:
    """
    Ten thousand on the tutorial's wire, then ten thousand who have joined the lobby, ten minutes each.
    """
    raise_descriptor_limit(20_000)
    many, seconds = stage.of((10_000, 600.0), (1_000, 60.0), (300, 4.0))
    await _sit(stage, many, seconds, "on the tutorial's wire", _tutorial, 12.0)
    await _sit(stage, many, seconds, "after hello and one join", _joined, 16.0)


async def _tutorial(place: Place, _number: int) -> Client:
    return await Client.open(place, subprotocol=None)


async def _joined(place: Place, _number: int) -> Client:
    client = await Client.open(place)
    await client.hello(name=f"i{next(_NAMES)}")
    await client.join("lobby", limit=0)
    return client


async def open_many(
    many: int, come: Callable[[Place, int], Awaitable[Client]], place: Place, at_once: int = AT_ONCE
) -> list[Client]:
    """
    So many connections, opened some at a time.
    """
    turns = asyncio.Semaphore(at_once)

    async def one(number: int) -> Client:
        async with turns:
            return await come(place, number)

    return list(await asyncio.gather(*(one(number) for number in range(many))))


async def _sit(
    stage: Stage,
    many: int,
    seconds: float,
    what: str,
    come: Callable[[Place, int], Awaitable[Client]],
    most_kib: float,
) -> None:
    with stage.daemon("--max-connections", "0") as daemon:
        place = Place(daemon.port)
        before = await quiet_descriptors(daemon.pid)
        # What the first ones bring with them is there for all.
        for client in await open_many(20, come, place):
            await client.leave()
        memory = held_bytes(daemon.pid)
        clients = await open_many(many, come, place)
        used = used_seconds(daemon.pid)
        begun = time.monotonic()
        await asyncio.sleep(seconds)
        percent = 100 * (used_seconds(daemon.pid) - used) / (time.monotonic() - begun)
        each = (held_bytes(daemon.pid) - memory) / many / KIB
        gone = [client.ended.result() for client in clients if client.ended.done()]
        if gone:
            raise Broken(f"{len(gone)} of {many} were sent away, the first with {gone[0]}")
        back = await _all_go(daemon, clients, before)
    stage.row(
        "P7",
        f"{many:,} idle {what} for {seconds / 60:.3g} minutes",
        Measure("a connection", each, "KiB", most_kib),
        Measure("CPU", percent, "% of a core", CORE_PERCENT),
        Measure("gone after", back, "s"),
    )


async def _all_go(daemon: Daemon, clients: list[Client], before: int) -> float:
    begun = time.monotonic()
    for client in clients:
        client.cut()
    return await descriptors_are_back(daemon.pid, before, begun)
