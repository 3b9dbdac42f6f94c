"""
P1 and P2: what is done is kept, and said again is said once, however often the server is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from pathlib import Path

from bench.fill import fill
from tests.daemon import Daemon
from tests.torture.book import Book, Broken
from tests.torture.client import Place
from tests.torture.people import Reader, Writer, read_all
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, percentile, quiet_descriptors

WRITERS = 8
READERS = 3
ROOMS = ("lobby", "attic", "cellar")
START_SECONDS = 2.0


async def kills(stage: Stage) -> None:
    """
    SIGKILL again and again, also while it starts; of what is written meanwhile three of ten are said again.
    """
    wanted = stage.of(200, 20, 6)
    enough = stage.of(100_000, 10_000, 1_500)
    book, stopped = Book(), asyncio.Event()
    with stage.daemon() as daemon:
        place = Place(daemon.port)
        writers = [Writer(f"w{number}", book, ROOMS, stage.random) for number in range(WRITERS)]
        readers = [Reader(f"r{number}", book, ROOMS) for number in range(READERS)]
        for person in writers:
            await person.arrive(place)
        before = await quiet_descriptors(daemon.pid)
        # Their positions begin before the first event.
        for reader in readers:
            (await reader.attend(place, limit=0)).cut()
        working = [asyncio.create_task(person.write(place)) for person in writers]
        working += [asyncio.create_task(reader.keep_reading(place, stopped)) for reader in readers]
        killed, starts = 0, []
        while killed < wanted or len(book.done) < enough:
            await asyncio.sleep(stage.random.uniform(0.05, 0.8))
            await asyncio.to_thread(daemon.kill)
            killed += 1
            if stage.random.random() < 0.1:
                await _kill_at_start(daemon, stage.random.uniform(0.05, 0.6))
                killed += 1
            starts.append(await _start(daemon))
        for person in writers:
            person.stopped = True
        stopped.set()
        await asyncio.gather(*working)
        await read_all(book, place, ROOMS, readers)
        book.check()
        await descriptors_are_back(daemon.pid, before)
        await asyncio.to_thread(daemon.stop)
        checked = _integrity(daemon.data)
    again = sum(person.again for person in writers)
    conflicts = sum(person.conflicts for person in writers)
    stage.row(
        "P1",
        f"{killed} times SIGKILL under {WRITERS} writers and {READERS} readers; integrity_check of {checked}",
        Measure("acknowledged", len(book.done)),
        Measure("stored without an answer", book.stored() - len(book.done)),
        Measure("serving again, median", percentile(starts, 50), "s", START_SECONDS),
        Measure("slowest", max(starts), "s"),
    )
    stage.row(
        "P2",
        "the same: said again on the same or another connection, racing, or after a kill",
        Measure("said again", again),
        Measure("other bodies refused", conflicts),
    )


async def _start(daemon: Daemon) -> float:
    begun = time.monotonic()
    await asyncio.to_thread(daemon.start)
    return time.monotonic() - begun


async def _kill_at_start(daemon: Daemon, seconds: float) -> None:
    """
    Start it and kill it, wherever it may be by then.
    """
    starting = asyncio.create_task(_start(daemon))
    await asyncio.sleep(seconds)
    process = daemon.process
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    # It says that it did not start, unless it was quicker.
    with contextlib.suppress(AssertionError):
        await starting
    daemon.kill()


def _integrity(data: Path) -> str:
    """
    Have SQLite check the database, if there is one; its name.
    """
    for path in sorted(data.glob("*.sqlite3")):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            told = connection.execute("PRAGMA integrity_check").fetchall()
        finally:
            connection.close()
        if told != [("ok",)]:
            raise Broken(f"{path}: {told[:5]}")
        return path.name
    return "nothing"


async def million(stage: Stage) -> None:
    """
    SIGKILL while people write into a log of a million messages: how soon is it serving again?
    """
    messages, rounds = stage.of(1_000_000, 100_000, 10_000), stage.of(5, 3, 1)
    with stage.daemon() as daemon:
        place = Place(daemon.port)
        await asyncio.to_thread(daemon.stop)
        await asyncio.to_thread(fill, daemon.data, messages)
        await asyncio.to_thread(daemon.start)
        book, starts = Book(), []
        writers = [Writer(f"w{number}", book, ("lobby",), stage.random) for number in range(4)]
        for person in writers:
            await person.arrive(place)
        working = [asyncio.create_task(person.write(place)) for person in writers]
        for _ in range(rounds):
            done = len(book.done)
            while len(book.done) < done + 200:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(daemon.kill)
            starts.append(await _start(daemon))
        for person in writers:
            person.stopped = True
        await asyncio.gather(*working)
        before = await quiet_descriptors(daemon.pid)
        reader = Reader("r", book, ("lobby",))
        client = await reader.attend(place, limit=0)
        await client.leave()
        await descriptors_are_back(daemon.pid, before)
        book.check(whole=False)
        if reader.positions["lobby"][1] < messages * 6 // 10 + len(book.done):
            raise Broken(f"the log ends at {reader.positions}")
    stage.row(
        "P1",
        f"{rounds} times SIGKILL with {messages:,} messages in the log",
        Measure("serving again, median", percentile(starts, 50), "s", START_SECONDS),
        Measure("slowest", max(starts), "s"),
    )
