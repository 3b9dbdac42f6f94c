"""
What a store goes through on a bad disk, and the judgement on it: drawn from a seed, for any number of times.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

from chatd.core.events import Batch, Card, Draft, Message
from chatd.core.names import PersonId, RoomKey, private_key
from chatd.core.records import Appended, StoreUnusable
from chatd.core.refusals import Code, Refused
from chatd.store import sqlite_file, sqlite_ledger
from chatd.store.sqlite import SqliteStore
from tests.contracts.store import ADA, BOB, GARDEN, NAMES, PLENTY, draft
from tests.store.power_cut import Disk, no_fault
from tests.store.turns import Turns

ROOMS = (RoomKey("lobby"), GARDEN, private_key(ADA, BOB))
NAME = "chatd.sqlite"


@dataclass(slots=True)
class Account:
    """
    What a store has said to those who asked and to its listener.
    """

    said: dict[str, Draft] = field(default_factory=dict)
    done: dict[str, Appended] = field(default_factory=dict)
    # Refused by the disk, and not acknowledged in a later try.
    refused: set[str] = field(default_factory=set)
    heard: dict[tuple[RoomKey, int], Message] = field(default_factory=dict)
    # By person, the name that was acknowledged last, and those that were asked for since.
    names: dict[PersonId, list[str]] = field(default_factory=dict)
    epoch: str | None = None
    faults: list[str] = field(default_factory=list)

    def hear(self, batch: Batch) -> None:
        """Listen to a store."""
        for event in batch:
            assert isinstance(event, Message)
            before = self.heard.setdefault((event.room, event.offset), event)
            if before is not event:
                self.faults.append(f"two events were heard as {event.room} {event.offset}")


@dataclass(slots=True)
class Findings:
    """
    What came of a number of ordeals: figures, what was lost, and whatever else was not as promised.
    """

    ends: int = 0
    acknowledged: int = 0
    refused: int = 0
    errors: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.ends} ends, {self.acknowledged} acknowledged, {self.refused} refused, {self.lost} lost"
            f" {self.faults[:5]}"
        )


class Life:
    """
    One store at work in `folder`, from a start to its end, with a workload that `random` draws.
    """

    def __init__(self, folder: Path, account: Account, random: Random) -> None:
        self.path = folder / NAME
        self.account = account
        self.random = random
        self.turns = Turns()
        self.store = self._new_store()

    def _new_store(self) -> SqliteStore:
        store = SqliteStore(str(self.path), self.turns, lambda: 1_750_000_000_000)
        store.listen(self.account.hear)
        return store

    def start(self) -> None:
        """Start the store; raises `StoreUnusable`."""
        self.turns.settle(self.store.start())
        assert self.store._writer is not None
        # Only when it is told to: a run is to be the same each time.
        self.store._writer._indexer.lag_seconds = NEVER
        known, self.account.epoch = self.account.epoch, self.account.epoch or self.store.epoch
        if self.store.epoch != (known or self.store.epoch):
            self.account.faults.append("the epoch has changed")

    def stop(self) -> None:
        """Stop the store, in good order as far as the disk lets it."""
        self.turns.settle(self.store.stop())

    def meet(self, who: PersonId) -> None:
        """Have somebody known."""
        if self.turns.settle(self.store.person(who)) is None:
            try:
                self.turns.settle(self.store.add_person(Card(who, NAMES[who]), who.encode()))
            except Refused:
                return
        self.account.names[who] = [NAMES[who]]

    def step(self) -> None:
        """Do something that a chat does."""
        for who in (ADA, BOB):
            if who not in self.account.names:
                self.meet(who)
        what = self.random.random()
        if what < 0.7:
            self.say(self.random.randint(1, 5))
            if self.random.random() < 0.3:
                self.index()
        elif what < 0.8:
            self.rename()
        elif what < 0.9:
            self.look()
        elif what < 0.95:
            self.store.mark_read(ADA, self.random.choice(ROOMS), self.random.randint(1, 50))
        else:
            if self.store.trouble() is not None:
                # A process that ends before the disk is well may find at its next start what it refused.
                self.account.refused.clear()
            self.stop()
            self.store = self._new_store()
            self.start()

    def say(self, count: int, again: float = 0.3) -> None:
        """Say a few things at once, that part of them again."""
        asked = []
        for _ in range(count):
            cids = list(self.account.said)
            if cids and self.random.random() < again:
                cid = self.random.choice(cids)
            else:
                cid = f"c{len(cids)}"
                text = f"{cid} " + "x" * self.random.choice((1, 30, 500, 3000, 9000))
                self.account.said[cid] = draft(text, self.random.choice(ROOMS), cid=cid)
            asked.append((cid, self.store.append(self.account.said[cid])))
        for cid, answer in asked:
            try:
                self._done(cid, self.turns.settle(answer))
            except Refused as refused:
                if refused.code == Code.READ_ONLY and refused.retry_after:
                    self._refused(cid)
                elif refused.code != Code.NO_SUCH_PERSON or len(self.account.names) > 1:
                    self.account.faults.append(f"{cid} was refused with {refused.code}")

    def _done(self, cid: str, appended: Appended) -> None:
        before = self.account.done.setdefault(cid, appended)
        if (before.offset, before.id) != (appended.offset, appended.id):
            self.account.faults.append(f"{cid} is acknowledged twice, as {before} and {appended}")
        if cid in self.account.refused and appended.repeated:
            self.account.faults.append(f"{cid} was refused and is there all the same")
        self.account.refused.discard(cid)

    def _refused(self, cid: str) -> None:
        if cid not in self.account.done:
            self.account.refused.add(cid)

    def rename(self) -> None:
        """Give somebody another name."""
        who = self.random.choice((ADA, BOB))
        name = f"{NAMES[who]}{self.random.randint(1, 99)}"
        if who not in self.account.names:
            return
        self.account.names[who].append(name)
        try:
            self.turns.settle(self.store.rename(who, name))
        except Refused:
            return
        self.account.names[who] = [name]

    def rest(self) -> None:
        """Wait until the writing thread is through with what it does after a commit."""
        with suppress(Refused):
            self.turns.settle(self.store._submit(lambda group: None))

    def index(self) -> None:
        """Have what was said be indexed, by commits that are not synced themselves, if the disk lets it."""
        assert self.store._writer is not None
        indexer, ledger = self.store._writer._indexer, self.store._writer.ledger
        indexer.lag_seconds = 0.0
        self.rest()
        deadline = time.monotonic() + INDEX_SECONDS
        while indexer.high < ledger.commits and indexer._not_before <= time.monotonic() < deadline:
            time.sleep(0.0005)
        indexer.lag_seconds = NEVER

    def look(self) -> None:
        """Read the end of a room."""
        room = self.random.choice(ROOMS)
        self.turns.settle(self.store.page(room, None, before=None, after=None, limit=20, max_bytes=PLENTY))


def judge(folder: Path, account: Account, findings: Findings, *, refused_is_gone: bool) -> bool:
    """
    Open what is left in a folder with a disk that is well, and compare it with what was promised.

    With `refused_is_gone`, nothing of what was refused may be there. What was lost is counted and forgotten.
    The answer is whether the store can go on; one that does not start has lost everything.
    """
    findings.ends += 1
    connection = apsw.Connection(str(folder / NAME))
    try:
        for line in connection.execute("PRAGMA integrity_check"):
            if line != ("ok",):
                findings.faults.append(line[0])
        findings.faults += [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
    finally:
        connection.close()
    turns = Turns()
    store = SqliteStore(str(folder / NAME), turns, lambda: 1_750_000_000_000)
    try:
        turns.settle(store.start())
    except StoreUnusable:
        findings.lost += len(account.done)
        account.done.clear()
        return False
    logs = {}
    for room in ROOMS:
        page = turns.settle(store.page(room, None, before=None, after=0, limit=100_000, max_bytes=PLENTY))
        logs[room] = page.events
        if [event.offset for event in page.events] != list(range(1, len(page.events) + 1)):
            findings.faults.append(f"{room} has gaps")
    found = {event.cid: event for events in logs.values() for event in events}
    if len(found) != sum(map(len, logs.values())):
        findings.faults.append("a message is there twice")
    lost = 0
    for cid, appended in tuple(account.done.items()):
        event = found.get(cid)
        if event is None:
            lost += 1
            del account.done[cid]
        elif (event.room, event.offset, event.id, event.text) != (
            account.said[cid].room,
            appended.offset,
            appended.id,
            account.said[cid].text,
        ):
            findings.faults.append(f"{cid} is not what was acknowledged")
    for (room, offset), event in tuple(account.heard.items()):
        if offset > len(logs[room]) or logs[room][offset - 1] != event:
            if not lost:
                findings.faults.append(f"{room} {offset} was heard and is not there")
            del account.heard[room, offset]
    if refused_is_gone:
        findings.faults += [f"{cid} was refused and is there" for cid in account.refused & found.keys()]
    for who, names in tuple(account.names.items()):
        card = turns.settle(store.person(who))
        if card is None:
            lost += 1
            del account.names[who]
        else:
            lost += card.name not in names
            account.names[who] = [card.name]
    if account.epoch not in (None, store.epoch):
        lost += 1
        account.epoch = None
    if len(account.names) == len((ADA, BOB)) and not lost:
        _judge_next(turns, store, account, findings, len(logs[ROOMS[0]]))
    turns.settle(store.stop())
    findings.lost += lost
    findings.faults += account.faults
    account.faults.clear()
    return True


def _judge_next(turns: Turns, store: SqliteStore, account: Account, findings: Findings, head: int) -> None:
    """It goes on: what is new gets the next offset, and what is said again is known."""
    appended = turns.settle(store.append(draft("next")))
    if appended.offset != head + 1:
        findings.faults.append(f"the next message got offset {appended.offset} after {head}")
    for cid in list(account.done)[-5:]:
        again = turns.settle(store.append(account.said[cid]))
        if not again.repeated or again.offset != account.done[cid].offset:
            findings.faults.append(f"{cid} was not known when it was said again")


@contextmanager
def short_logs(pages: int) -> Iterator[None]:
    """
    Have the write-ahead log copied often.
    """
    before = sqlite_ledger.CHECKPOINT_PAGES, sqlite_ledger.RESTART_PAGES
    sqlite_ledger.CHECKPOINT_PAGES, sqlite_ledger.RESTART_PAGES = pages, 4 * pages
    try:
        yield
    finally:
        sqlite_ledger.CHECKPOINT_PAGES, sqlite_ledger.RESTART_PAGES = before


@contextmanager
def synchronous(level: str) -> Iterator[None]:
    """
    Have the store wait for the disk as that `PRAGMA synchronous` does, whatever it asks for itself.
    """
    before = sqlite_file.open_for_writing

    def open_for_writing(path: str, *more: Any) -> apsw.Connection:
        connection = before(path, *more)
        connection.pragma("synchronous", level)
        return connection

    sqlite_file.open_for_writing = open_for_writing
    try:
        yield
    finally:
        sqlite_file.open_for_writing = before


@contextmanager
def _scratch() -> Iterator[Callable[[], Path]]:
    top = Path(tempfile.mkdtemp(prefix="chatd-ordeal-"))
    count = 0

    def make() -> Path:
        nonlocal count
        count += 1
        folder = top / str(count)
        folder.mkdir()
        return folder

    try:
        yield make
    finally:
        shutil.rmtree(top)


NEVER = 1e6
INDEX_SECONDS = 10.0

LIVES = 3
"""How often in turn the power of one database is cut."""


def power_cuts(seed: int, count: int) -> Findings:
    """
    Cut the power `count` times while a store is at work, and judge what is left each time.

    Every few cuts there is another database; until then each life begins with what the cut before has left,
    so that some cuts fall into the recovery from others.
    """
    findings = Findings()
    with _scratch() as make:
        while findings.ends < count:
            random = Random(f"{seed} {findings.ends}")
            account, folder = Account(), make()
            for _ in range(min(LIVES, count - findings.ends)):
                with short_logs(random.choice((4, 12, 40, 200))):
                    image = _live_until_cut(folder, account, random)
                folder, copy = make(), make()
                for path, content in image.items():
                    for place in (folder, copy):
                        (place / path).write_bytes(content)
                if not judge(copy, account, findings, refused_is_gone=False):
                    break
                account.refused.clear()
            findings.acknowledged += len(account.done)
            findings.refused += len(account.refused)
    return findings


def _live_until_cut(folder: Path, account: Account, random: Random) -> dict[str, bytes]:
    """Have a store live in a folder until the power is cut; the files that are left, by name."""
    disk = Disk(random, cut_after=random.choice((random.randint(1, 80), random.randint(1, 1000))))
    life = Life(folder, account, random)
    with disk.power():
        try:
            life.start()
            while disk.image is None:
                life.step()
        except (StoreUnusable, SystemError):
            # At its start, by the cut. Where that falls into the copy before an upgrade, APSW raises
            # SystemError: our disk's error comes while another of its errors ends the copy.
            disk.cut()
        finally:
            life.stop()
        image = disk.cut()
    left = {Path(path).name: content for path, content in image.items()}
    lock = folder / f"{NAME}.lock"
    if lock.exists() and random.random() < 0.7:
        left[lock.name] = lock.read_bytes()
    return left


class Weather:
    """
    When a disk fails, and how: for a few calls, or for as long as `bad` is set.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.bad: set[str] = set()
        self.calls_left = 0
        self.errors = 0

    def turn(self) -> None:
        """Let the disk get worse or better."""
        if self.bad:
            if self.random.random() < 0.4:
                self.bad = set()
        elif self.random.random() < 0.25:
            calls = ("sync", "sync", "write", "truncate", "open", "read", "delete")
            self.bad = {self.random.choice(calls) for _ in range(self.random.randint(1, 2))}
            # Few: it passes. Many: it lasts until the next turns.
            self.calls_left = self.random.choice((1, 2, 3, 1000))

    def clear(self) -> None:
        """Let the disk be well."""
        self.bad = set()

    def fault(self, call: str, path: str) -> Exception | None:
        """As `Disk` asks for it."""
        if call not in self.bad or self.random.random() < 0.3:
            return None
        self.calls_left -= 1
        if self.calls_left <= 0:
            self.bad = set()
        self.errors += 1
        return self._error(call)

    def _error(self, call: str) -> Exception:
        if call == "open":
            return apsw.CantOpenError("the test says so")
        if call == "write" and self.random.random() < 0.5:
            return apsw.FullError("the test says so")
        return apsw.IOError("the test says so")


STEPS = 60


def bad_weather(seed: int, count: int) -> Findings:
    """
    Let `count` stores work on disks that fail and get well again, cut the power in the end, and judge.

    A store has to be well again by itself once its disk is; nothing that it refused may come back then.
    """
    findings = Findings()
    with _scratch() as make:
        for number in range(count):
            random = Random(f"{seed} weather {number}")
            weather = Weather(random)
            account, folder = Account(), make()
            disk = Disk(random, fault=no_fault)
            life = Life(folder, account, random)
            with short_logs(random.choice((4, 12, 40))), disk.power():
                life.start()
                disk.fault = weather.fault
                _weather(life, weather, findings)
                image = {Path(path).name: content for path, content in disk.cut().items()}
                life.stop()
            copy = make()
            for name, content in image.items():
                (copy / name).write_bytes(content)
            judge(copy, account, findings, refused_is_gone=True)
            findings.acknowledged += len(account.done)
            findings.refused += len(account.refused)
            findings.errors += weather.errors
    return findings


def _weather(life: Life, weather: Weather, findings: Findings) -> None:
    for _ in range(STEPS):
        weather.turn()
        _try(life, weather)
    weather.clear()
    # What is left of the trouble is for the first of these to find; after it the store is well.
    for _ in range(3):
        life.say(1, again=0)
    if life.store.trouble() is not None:
        findings.faults.append(f"the disk is well and the store is not: {life.store.trouble()}")


def _try(life: Life, weather: Weather) -> None:
    """A step on a disk that may fail; a question may fail too, and a start."""
    try:
        life.step()
    except (apsw.Error, Refused):
        return
    except StoreUnusable:
        _start_in_the_end(life, weather)


def _start_in_the_end(life: Life, weather: Weather) -> None:
    for _ in range(100):
        weather.turn()
        try:
            life.start()
        except StoreUnusable:
            continue
        return
    raise AssertionError("the store did not start in a hundred times")
