"""
P5 and P6: whatever a client does, stops doing or never does harms nobody else.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.certificates import make_pair
from tests.daemon import CHECKOUT, Daemon, free_port
from tests.torture.book import Book, Broken
from tests.torture.client import Client, Place
from tests.torture.harm import ended_unread
from tests.torture.people import Reader
from tests.torture.stage import Measure, Stage
from tests.torture.watch import (
    MIB,
    descriptors_are_back,
    held_bytes,
    percentile,
    quiet_descriptors,
    until,
)

ORDINARY = 100
ROOM = "lobby"
P99_MS = 100.0
_PAGES = 16
_NUMBERS = count()
BACK_MIB = 16.0


@dataclass(slots=True, eq=False)
class Ordinary:
    """
    Somebody who talks in the lobby, hears everything there, and is never sent away.
    """

    reader: Reader
    delays_ms: list[float]
    client: Client | None = None
    said: int = 0
    refused: int = 0

    async def come(self, place: Place) -> None:
        """
        Connect and join.
        """
        self.reader.hears = self._hears
        self.client = await self.reader.attend(place, limit=0)

    def _hears(self, event: dict[str, Any]) -> None:
        stamp, _, _ = event["text"].partition(" ")
        if stamp.isdecimal():
            self.delays_ms.append((time.monotonic_ns() - int(stamp)) / 1e6)

    async def talk(self, until: float, every_seconds: float, draw: Any) -> None:
        """
        Say something now and then, and wait for each `done`.
        """
        assert self.client is not None
        await asyncio.sleep(draw.uniform(0, every_seconds))
        while time.monotonic() < until:
            await self.client.say(ROOM, f"{time.monotonic_ns()} {'x' * draw.randrange(150)}")
            self.said += 1
            await asyncio.sleep(draw.uniform(0.5, 1.5) * every_seconds)


@dataclass(slots=True)
class Crowd:
    """
    A hundred ordinary people, half of them over TLS.

    `late_ms` is by how much this process was late for itself, which is in what the people had to wait.
    """

    stage: Stage
    book: Book = field(default_factory=Book)
    people: list[Ordinary] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)

    async def come(self, plain: Place, tls: Place, many: int = ORDINARY) -> None:
        """
        Let them in.
        """
        for number in range(many):
            one = Ordinary(Reader(f"o{number}", self.book, (ROOM,)), self.delays_ms)
            await one.come(tls if number % 2 else plain)
            self.people.append(one)

    async def talk(self, seconds: float, messages_a_second: float) -> float:
        """
        All of them talk for so long; the 99th of a hundred delays in milliseconds.
        """
        self.delays_ms.clear()
        self.late_ms.clear()
        end = time.monotonic() + seconds
        every = len(self.people) / messages_a_second
        watching = asyncio.create_task(self._watch_itself())
        await asyncio.gather(*(one.talk(end, every, self.stage.random) for one in self.people))
        watching.cancel()
        return percentile(self.delays_ms, 99)

    async def _watch_itself(self) -> None:
        while True:
            due = time.monotonic() + 0.01
            await asyncio.sleep(0.01)
            self.late_ms.append((time.monotonic() - due) * 1000)

    async def fill(self, messages: int) -> None:
        """
        Put something into the lobby that is large.
        """
        text = "\N{SNAKE}" * 1000
        for number in range(messages):
            client = self.people[number % len(self.people)].client
            assert client is not None
            await client.say(ROOM, text)

    async def check(self) -> None:
        """
        Nobody was sent away or has missed anything.
        """
        for one in self.people:
            assert one.client is not None
            if one.client.ended.done():
                raise Broken(f"{one.reader.name} was sent away: {one.client.ended.result()}")
        head = max(one.reader.positions[ROOM][1] for one in self.people)
        if await until(lambda: all(one.reader.positions[ROOM][1] == head for one in self.people), 10) > 10:
            raise Broken(f"not all have {head}: {[one.reader.positions[ROOM][1] for one in self.people]}")
        self.book.check(whole=False)

    async def leave(self) -> None:
        """
        Go, in good order.
        """
        for one in self.people:
            assert one.client is not None
            await one.client.leave()


def tls_flags(folder: Path) -> tuple[int, tuple[str, ...]]:
    """
    A port for TLS, and the flags that open it, with a certificate made for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = make_pair().write(folder)
    port = free_port()
    return port, ("--tls-port", str(port), "--tls-cert", str(certificate), "--tls-key", str(key))


@asynccontextmanager
async def harmed(daemon: Daemon, tls_port: int, **what: Any) -> AsyncIterator[asyncio.Task[dict[str, Any]]]:
    """
    Have hostile clients at the door, in a process of their own; the task has what became of them.
    """
    request = json.dumps({"port": daemon.port, "tls_port": tls_port, **what})
    process = await asyncio.create_subprocess_exec(
        "nice",
        sys.executable,
        "-m",
        "tests.torture.hostile",
        request,
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
    )

    async def outcome() -> dict[str, Any]:
        told, _ = await process.communicate()
        if process.returncode:
            raise Broken("the hostile clients have failed themselves")
        result: dict[str, Any] = json.loads(told)
        return result

    task = asyncio.create_task(outcome())
    try:
        yield task
    finally:
        if process.returncode is None:
            process.kill()
        await asyncio.gather(task, return_exceptions=True)


async def neighbours(stage: Stage) -> None:
    """
    Hostile connections of all kinds beside a hundred ordinary people, on plain and TLS connections.
    """
    hostile, seconds = stage.of((1000, 300.0), (100, 30.0), (60, 6.0))
    alone = stage.of(30.0, 10.0, 1.0)
    tls_port, flags = tls_flags(stage.folder / "tls")
    with stage.daemon(*flags, rates=True) as daemon:
        crowd = Crowd(stage)
        plain, tls = Place(daemon.port), Place(tls_port, True)
        before = await quiet_descriptors(daemon.pid)
        await crowd.come(plain, tls)
        await crowd.fill(100)
        without = [await crowd.talk(alone, 100)]
        memory = held_bytes(daemon.pid)
        what = {"count": hostile, "seconds": seconds, "seed": stage.seed}
        async with harmed(daemon, tls_port, **what) as harming:
            held = [memory]
            watching = asyncio.create_task(_watch_memory(daemon, held))
            beside = await crowd.talk(seconds, 100)
            late = percentile(crowd.late_ms, 99)
            outcome = await harming
            over = time.monotonic()
            watching.cancel()
        await crowd.check()
        back = await until(lambda: held_bytes(daemon.pid) <= memory + BACK_MIB * MIB, since=over)
        more = (held_bytes(daemon.pid) - memory) / MIB
        without.append(await crowd.talk(alone, 100))
        await crowd.check()
        await crowd.leave()
        await descriptors_are_back(daemon.pid, before)
    kinds = outcome["kinds"]
    endings = sum(sum(each["endings"].values()) for each in kinds.values())
    stage.row(
        "P5, P6",
        f"{outcome['at_once']} hostile connections of {len(kinds)} kinds at once for "
        f"{seconds:g} s, {endings} in all, plain and TLS, beside {ORDINARY} ordinary people",
        Measure("wrong endings", sum(sum(each["wrong"].values()) for each in kinds.values()), "", 0),
        Measure("p99", beside, "ms", P99_MS),
        Measure("by which the measuring process was late itself, p99", late, "ms"),
        Measure("p99 without", max(without), "ms"),
        Measure("memory at most", (max(held) - memory) / MIB, "MiB more"),
        Measure("memory afterwards", more, "MiB more", BACK_MIB),
        Measure("back after", back, "s", 40),
    )
    wrong = {name: each for name, each in kinds.items() if each["wrong"]}
    if wrong:
        raise Broken(f"connections that should not have ended so: {wrong}")


async def _watch_memory(daemon: Daemon, seen: list[int]) -> None:
    while True:
        seen.append(held_bytes(daemon.pid))
        await asyncio.sleep(0.5)


async def stopped(stage: Stage) -> None:
    """
    A hundred who stop reading beside a hundred who do not, at 500 messages a second.
    """
    many, seconds, pause = stage.of((100, 60.0, 0.3), (100, 10.0, 0.05), (50, 3.0, 0.03))
    tls_port, flags = tls_flags(stage.folder / "tls")
    with stage.daemon(*flags) as daemon:
        crowd = Crowd(stage)
        plain, tls = Place(daemon.port), Place(tls_port, True)
        before = await quiet_descriptors(daemon.pid)
        await crowd.come(plain, tls)
        await crowd.fill(100)
        # What the first ones bring with them is there for all.
        await _let_go(await _stop_reading(plain, tls, 10, pause))
        without = await crowd.talk(seconds, 500)
        memory = held_bytes(daemon.pid)
        bad = await _stop_reading(plain, tls, many, pause)
        cost = (held_bytes(daemon.pid) - memory) / many / MIB
        beside = await crowd.talk(seconds, 500)
        cost = max(cost, (held_bytes(daemon.pid) - memory) / many / MIB)
        over = time.monotonic()
        endings = await _let_go(bad)
        await crowd.check()
        back = await until(lambda: held_bytes(daemon.pid) <= memory + BACK_MIB * MIB, since=over)
        more = (held_bytes(daemon.pid) - memory) / MIB
        await crowd.leave()
        await descriptors_are_back(daemon.pid, before)
    if not endings <= {"4001", "1006"}:
        raise Broken(f"who stopped reading was sent away with {endings}")
    stage.row(
        "P5",
        f"{many} who stopped reading and {ORDINARY} who did not, {seconds:g} s, 500 messages a second",
        Measure("heard", crowd.book.heard),
        Measure("p99", beside, "ms", without * 1.5 + 5),
        Measure("p99 without", without, "ms"),
        Measure("memory a bad client", cost, "MiB", 1.25),
        Measure("memory afterwards", more, "MiB more", BACK_MIB),
        Measure("back after", back, "s", 40),
    )


async def _stop_reading(plain: Place, tls: Place, many: int, pause: float) -> list[asyncio.Task[str]]:
    """
    So many who ask for more than the kernel keeps, read nothing of it, and come back when they are sent away.
    They come one after the other, so they are sent away like this too.
    """
    arrived: list[None] = []

    async def one(place: Place) -> str:
        endings = set()
        while True:
            client = None
            try:
                client = await Client.open(place._replace(receive_buffer=4096))
                # A name is not free again at once.
                await client.hello(name=f"s{next(_NUMBERS)}")
                await client.join(ROOM, limit=0)
                client.transport.pause_reading()
                for _ in range(_PAGES):
                    client.send({"type": "history", "room": ROOM, "limit": 200})
                arrived.append(None)
                endings.add(await ended_unread(client))
            except asyncio.CancelledError:
                return ",".join(sorted(endings))
            finally:
                if client is not None:
                    client.cut()

    stopping = []
    for number in range(many):
        stopping.append(asyncio.create_task(one(tls if number % 2 else plain)))
        await asyncio.sleep(pause)
    while len(arrived) < many:
        await asyncio.sleep(0.05)
    return stopping


async def _let_go(stopping: list[asyncio.Task[str]]) -> set[str]:
    """
    Have them go; the codes with which some were sent away before.
    """
    for task in stopping:
        task.cancel()
    told = await asyncio.gather(*stopping)
    return {code for each in told for code in each.split(",") if code}
