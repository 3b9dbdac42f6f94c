"""
What a search costs, and what the index costs those who only talk: `python -m bench.search`.

It fills a store with a million messages whose words are as frequent as those of a language, has it index
them, and prints how long searches take and how large the index is. Before that, in turns, how much the daemon
takes in with and without it: of 50 writers, each alone in a room, who say words when they are acknowledged.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import apsw
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react

from bench import figures
from bench.fill import DATABASE, fill
from bench.load_run import run_load
from bench.machine import cores
from bench.process import ServerProcess, free_port
from bench.scenarios import V1
from bench.servers import SERVERS, Place, environment
from bench.toolchain import Toolchain
from chatd.core.names import PersonId, RoomKey
from chatd.core.search import parse
from chatd.core.sieve import Scope, Sought
from chatd.store.sqlite import SqliteStore

WORDS = 50_000
ADA = PersonId("benchbenchbeaaaa")
EVERYWHERE = Scope(public=True, person=ADA)
OUTSTANDING = 50


class Language:
    """
    Words of which the n-th is said a n-th as often as the first.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        letters = "aeioubcdfghklmnprst"
        self.words = ["".join(random.choices(letters, k=random.randint(2, 9))) for _ in range(WORDS)]
        self._weights = list(accumulate(1 / (place + 1) for place in range(WORDS)))

    def text(self) -> str:
        """
        Something that is said.
        """
        words = self.random.choices(self.words, cum_weights=self._weights, k=self.random.randint(4, 20))
        if self.random.random() < 0.02:
            words.append("https://chatd.example/" + words[0])
        if self.random.random() < 0.05:
            words += ["".join(chr(0x4E00 + int(self.random.paretovariate(0.5)) % 3000) for _ in range(12))]
        return " ".join(words)


def queries(language: Language) -> dict[str, list[dict[str, Any]]]:
    """
    What is looked for, by kind.
    """
    words, random = language.words, language.random
    common, rare = words[:50], words[5000:]
    some = [(random.choice(common), random.choice(common), random.choice(rare)) for _ in range(40)]
    han = ["".join(chr(0x4E00 + int(random.paretovariate(0.5)) % 3000) for _ in range(2)) for _ in some]
    room = Scope(included=frozenset({RoomKey("room-007")}))
    return {
        "a common word": [{"query": a} for a, _, _ in some],
        "a rare word": [{"query": c} for _, _, c in some],
        "three words": [{"query": f"{a} {b} {c}"} for a, b, c in some],
        "a phrase": [{"query": f'"{a} {b}"'} for a, b, _ in some],
        "the beginning of a word": [{"query": c[:3]} for _, _, c in some],
        "a common word of a person": [{"query": a, "names": frozenset({"person7"})} for a, _, _ in some],
        "a common word in a small room": [{"query": a, "scope": room} for a, _, _ in some],
        "two Chinese characters": [{"query": each} for each in han],
        "part of a word": [{"query": c[1:6], "parts": True} for _, _, c in some],
        "links before a day": [{"query": f"has:link before:2026-11-{day:02}"} for day in range(5, 25)],
        "nothing there": [{"query": f"{c}x{a}"} for a, _, c in some],
    }


def rewrite(path: Path, language: Language) -> int:
    """
    Give the messages of a filled store texts of a language, none of them indexed; how many bytes these are.
    """
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("synchronous", "off")
        places = connection.execute("SELECT room, offset FROM event").fetchall()
        texts = [language.text() for _ in places]
        with connection:
            connection.executemany(
                "UPDATE event SET text = ? WHERE room = ? AND offset = ?",
                ((text, *place) for text, place in zip(texts, places, strict=True)),
            )
            connection.execute("UPDATE indexed SET low = high")
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        connection.close()
    return sum(len(text.encode()) for text in texts)


async def open_store(path: Path) -> SqliteStore:
    """
    A store on a file.
    """
    store = SqliteStore(str(path), reactor, lambda: int(time.time() * 1000))  # type: ignore[arg-type]
    await store.start()
    return store


async def until_indexed(path: Path) -> float:
    """
    Wait until all is indexed; how long that took.
    """
    began = time.monotonic()
    with_index = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        question = "SELECT low = 0 AND high >= (SELECT commits FROM store) FROM indexed"
        while not with_index.execute(question).get:
            await deferLater(reactor, 0.2)
    finally:
        with_index.close()
    return time.monotonic() - began


def intake(generator: Path, folder: Path, number: int, seconds: float, *, index: bool) -> float:
    """
    How many messages a second chatd takes in, with or without its index: on all cores, as people run it.
    """
    place = Place(free_port(), folder)
    data = folder / f"data-{number}-{index}"
    command = list(SERVERS["chatd"].command(Toolchain(), replace(place, data=data)))
    if not index:
        command[:1] = [sys.executable, "-m", "bench.unindexed"]
    server = ServerProcess(command, place.port, None, folder, folder / "server.log", environment())
    options = [*V1, "--words", "--clients", str(OUTSTANDING), "--seconds", str(seconds), "--warmup", "1"]
    with server:
        run = run_load(generator, "intake", options, server, cores()[1])
        found = apsw.Connection(str(data / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
        behind = found.execute("SELECT commits - high FROM store, indexed").get
        found.close()
    measured = figures.intake(run)
    print(
        f"  {'with' if index else 'without':7} the index {measured['acknowledged_per_second']:,.0f} a second,"
        f" p50 {measured['p50_ms']:.1f} ms, p99 {measured['p99_ms']:.1f} ms,"
        f" {run.cpu_seconds / run.report['acknowledged'] * 1e6:.0f} \u00b5s of the processor a message"
        + (f", {behind:,} behind" if index else "")
    )
    return measured["acknowledged_per_second"]


def ratios(folder: Path, rounds: int, seconds: float) -> list[float]:
    """
    Intake with the index by intake without it, in as many rounds, each on a store that is new.
    """
    generator = Toolchain().generator()
    found = []
    for number in range(rounds):
        speeds = {
            index: intake(generator, folder, number, seconds, index=index)
            for index in ((True, False) if number % 2 else (False, True))
        }
        found.append(speeds[True] / speeds[False])
    return found


async def run(arguments: argparse.Namespace) -> None:
    """
    Measure all of it.
    """
    language = Language(Random(2026))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        found = ratios(folder, arguments.rounds, arguments.seconds)
        print(f"intake with the index by intake without: {statistics.median(found):.2f} {found}")
        path = folder / DATABASE
        await (await open_store(path)).stop()
        fill(folder, arguments.messages)
        size = rewrite(path, language)
        before = os.path.getsize(path)
        store = await open_store(path)
        took = await until_indexed(path)
        await store.stop()
        grown = os.path.getsize(path) - before
        print(
            f"{arguments.messages:,} messages indexed in {took:.0f} s,"
            f" {grown / size:.2f} bytes a byte of text"
        )
        store = await open_store(path)
        for kind, asked in queries(language).items():
            times, hits = [], 0
            for one in asked:
                sought = Sought(**{"scope": EVERYWHERE, "limit": 20, **one, "query": parse(one["query"])})
                began = time.monotonic()
                findings = await store.finder.search(sought)
                times.append((time.monotonic() - began) * 1000)
                hits += len(findings.messages)
            times.sort()
            print(
                f"{kind:32} p50 {statistics.median(times):6.1f} ms, p99 {times[-1]:6.1f} ms,"
                f" {hits / len(asked):4.1f} hits"
            )
        await store.stop()


def main() -> None:
    """
    See the module.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", help="where the databases are made")
    arguments = parser.parse_args()

    def begin(_reactor: Any) -> Deferred[None]:
        measured: Coroutine[Any, Any, None] = run(arguments)
        return Deferred.fromCoroutine(measured)

    react(begin)


if __name__ == "__main__":
    main()
