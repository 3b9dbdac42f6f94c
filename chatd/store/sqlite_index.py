"""
The index of messages: what stands in it, how it follows the logs, and how something is taken out of it.

An entry is made some time after its message was stored, in a transaction of its own (`Indexer`), and taken
out in the one that takes the message's text. To take it out SQLite has to be told what it was made of; so
that has to follow from the message alone, and must not change as long as there are indexes made by it. What
Python knows of characters changes: an index that was made by another Unicode is made anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw
import msgspec

from chatd.store import sqlite_fresh
from chatd.store.sqlite_entry import MADE_BY, Row, entry_of
from chatd.store.sqlite_fresh import Fresh
from chatd.store.sqlite_leaving import put_aside, take_out, take_step
from chatd.store.sqlite_ledger import DISK_ERRORS, Ledger, reason
from chatd.store.sqlite_load import AHEAD, BACK, ONE, PIECE_MESSAGES, Load, read_rows

LAG_SECONDS = 0.5
"""How long a message that is alone waits to be indexed, so that others come along."""

LOADED_LAG_SECONDS = 1.0
"""How long it waits where there is always something to be written."""

STEP_MESSAGES, STEP_CHARACTERS = 250, 16_000
"""
How much a step takes, counted as by `cost`: about four milliseconds, however long the messages are. Where
much is said it is more, and as much rarer (`sqlite_fresh`): of many messages at once each costs less.
"""

LOADED_PAUSE_SECONDS = 0.06
MOST_BEHIND = 8000
LATE_SECONDS = 1.5
"""
The time between two steps where there is always something to be written, and how many messages may wait for
them, and how long; if it is more they follow each other.
"""

NORMAL = 1
"""The `synchronous` of SQLite with which a commit is not synced by itself, but with what comes behind it."""

BACK_PAUSE_SECONDS = 0.01
LOADED_BACK_PAUSE_SECONDS = 0.1
LEAVING_SECONDS = 0.003
LOADED_LEAVING_PAUSE_SECONDS = 0.05
"""
How long a step takes of what leaves, and the pause behind it; and how long others come first where there is
always something to be written: a tenth of the time is for it.
"""

RETRY_SECONDS = 5.0

# What leaves in pieces comes back when all of them have left.
DUE = (
    "SELECT commit_number FROM due WHERE NOT EXISTS"
    " (SELECT 1 FROM leaving WHERE leaving.commit_number = due.commit_number) LIMIT ?"
)
LEFT_OVER = (
    "SELECT old OR unicode != ? OR EXISTS (SELECT 1 FROM due) OR EXISTS (SELECT 1 FROM leaving)"
    " FROM indexed WHERE only_row = 1"
)
IS_DUE = "SELECT 1 FROM due WHERE commit_number = ?"
NOT_DUE = "DELETE FROM due WHERE commit_number = ?"
SET_DUE = "INSERT INTO due (commit_number) VALUES (?) ON CONFLICT DO NOTHING"
STATE = "SELECT low, high FROM indexed WHERE only_row = 1"
UNICODE = "SELECT unicode FROM indexed WHERE only_row = 1"
SET_UNICODE = "UPDATE indexed SET unicode = ? WHERE only_row = 1"
BEGIN_ANEW = (
    "UPDATE indexed SET (low, high) = (SELECT commits, commits FROM store), unicode = ? WHERE only_row = 1"
)
SET_STATE = "UPDATE indexed SET low = ?, high = ? WHERE only_row = 1"
ADD_WORDS = (
    "INSERT INTO word (rowid, text, marks) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)"
)
ADD_PARTS = "INSERT INTO part (rowid, text) SELECT value ->> 0, value ->> 1 FROM json_each(?)"
SECURE = (
    "INSERT INTO word (word, rank) VALUES ('secure-delete', ?)",
    "INSERT INTO part (part, rank) VALUES ('secure-delete', ?)",
)


def _add(connection: apsw.Connection, rows: Iterable[Sequence[Any]]) -> None:
    entries = [entry for row in rows if (entry := entry_of(row)) is not None]
    if entries:
        connection.execute(ADD_WORDS, (_json([entry[:3] for entry in entries]),))
        connection.execute(ADD_PARTS, (_json([(entry[0], entry[3]) for entry in entries]),))


def _json(rows: list[Any]) -> str:
    return msgspec.json.encode(rows).decode()


def _state(connection: apsw.Connection) -> tuple[int, int]:
    """Of which commits there are entries, all of them made as they are now; maybe of none."""
    low, high = connection.execute(STATE).get
    if connection.execute(UNICODE).get != MADE_BY:
        if low == high:
            # There are no entries yet.
            connection.execute(SET_UNICODE, (MADE_BY,))
        else:
            put_aside(connection)
            connection.execute(BEGIN_ANEW, (MADE_BY,))
            low, high = connection.execute(STATE).get
    return low, high


def unindex(connection: apsw.Connection, commits: Iterable[int], *, quickly: bool = False) -> None:
    """
    Take messages out of the index, each named by its commit; before their text is taken, in the same
    transaction. Of a long one it takes a moment, unless it is done `quickly`.
    """
    low, high = _state(connection)
    for commit in commits:
        if not low < commit <= high:
            continue
        if connection.execute(IS_DUE, (commit,)).fetchone() is not None:
            connection.execute(NOT_DUE, (commit,))
            continue
        row: Any = connection.execute(ONE, (commit,)).fetchone()
        entry = None if row is None else entry_of(row)
        if entry is not None:
            take_out(connection, entry, quickly=quickly)


def due(connection: apsw.Connection, commit: int) -> None:
    """
    Take a message out of the index that is about to be another, as `unindex`; it comes back with the next
    step.
    """
    unindex(connection, (commit,))
    low, high = _state(connection)
    if low < commit <= high:
        connection.execute(SET_DUE, (commit,))


def unindex_quickly(connection: apsw.Connection, commits: Iterable[int]) -> None:
    """
    As `unindex`, of what nobody asked to be gone: what is left of it in the file goes by and by.
    """
    _set_secure(connection, on=False)
    unindex(connection, commits, quickly=True)
    _set_secure(connection, on=True)


def _set_secure(connection: apsw.Connection, *, on: bool) -> None:
    # This writes first what is still to be written in the way of before.
    for statement in SECURE:
        connection.execute(statement, (int(on),))


@dataclass(slots=True)
class Indexer:
    """
    Has the index follow the logs, in the thread that writes and between what others have written.

    Where much is said it is `fresh`: what was just stored is indexed without being read.

    A step is a transaction of a few milliseconds. What is new waits a moment for what comes behind it; what
    was there before there was an index is indexed when there is nothing else to do, or now and then.
    `report` gets a line for the operator if it cannot be done.
    """

    ledger: Ledger
    report: Callable[[str], object]
    seconds: Callable[[], float] = time.monotonic
    high: int = -1
    low: int = 0
    fresh: Fresh = field(default_factory=Fresh)
    lag_seconds: float = LAG_SECONDS
    _behind_since: float | None = None
    _not_before: float = 0.0
    _back_at: float = 0.0
    _pressed_at: float = 0.0
    _told: bool = False
    # Something is taken out a little at a time. While there is old to be indexed too, they take turns.
    _leaving: bool = False
    _left_last: bool = False

    def look(self) -> None:
        """
        Find out at the start what is to be done.
        """
        try:
            self.low, self.high = self.ledger.connection.execute(STATE).get
            left_over = self.ledger.connection.execute(LEFT_OVER, (MADE_BY,)).get
        except DISK_ERRORS:
            # It is found out by the first step.
            left_over = True
        if left_over:
            self.redo()
        self.note()

    def stored(self, rows: list[Row] | None, before: int) -> None:
        """
        These messages were stored after the commit `before`, and nothing else; None if there was more.
        """
        if rows is None:
            self.fresh.forget()
        elif rows:
            done = self._behind_since is None and not (self.low or self._leaving)
            if done and self.high == before:
                self.fresh.low = before
            if self.fresh.low >= 0:
                try:
                    self.fresh.keep(rows, self.ledger.commits)
                except Exception:  # noqa: BLE001  They are stored, and will be read.
                    self.fresh.forget()

    def note(self) -> None:
        """
        Something may have been written.
        """
        if self._behind_since is None and self.high < self.ledger.commits:
            self._behind_since = self.seconds()

    def redo(self) -> None:
        """
        Something that was indexed is to be indexed again.
        """
        if self._behind_since is None:
            self._behind_since = self.seconds()

    def wait(self) -> float | None:
        """
        The seconds until a step should be taken if nobody has anything to write by then; None if none is
        needed.
        """
        at = self._due_at(self.lag_seconds)
        return None if at is None else max(0.0, at - self.seconds())

    def _due_at(self, lag: float) -> float | None:
        at = None
        if self._behind_since is not None:
            at = self._behind_since + lag
        if self.low or self._leaving:
            at = self._back_at if at is None else min(at, self._back_at)
        return None if at is None else max(at, self._not_before)

    def press(self) -> None:
        """
        Take a step if there was no time for one too long, or if there is one that costs little.
        """
        if self.fresh.full:
            self._take_fresh()
            return
        at = self._due_at(LOADED_LAG_SECONDS)
        now = self.seconds()
        late = self._behind_since is not None and now >= self._behind_since + LATE_SECONDS
        hurry = late or self.ledger.commits - self.high > MOST_BEHIND
        if at is not None and now >= at and (hurry or now >= self._pressed_at + LOADED_PAUSE_SECONDS):
            self.step(loaded=True)
            self._pressed_at = self.seconds()
        elif self._leaving and now >= max(self._back_at, self._not_before):
            self.step(loaded=True, only_leaving=True)

    def _take_fresh(self) -> None:
        try:
            step = self.fresh.take(self.ledger.mend())
            self.ledger.write(sqlite_fresh.STEP, step)
        except Exception:  # noqa: BLE001  It is tried again, by reading: if it fails then, that is told.
            self.fresh.forget()
            return
        self.high = step[1]
        # Nothing was behind when the first of them came.
        self._behind_since = None if self.high >= self.ledger.commits else self.seconds()

    def step(self, *, loaded: bool = False, only_leaving: bool = False) -> None:
        """
        Index a few messages, and go on with what leaves. Raises nothing: what could not be done is so later.
        """
        most, characters = STEP_MESSAGES, STEP_CHARACTERS
        self.fresh.forget()
        if only_leaving:
            most = characters = 0
        elif loaded or self.ledger.commits - self.high > most:
            most, characters = sqlite_fresh.STEP_MESSAGES, sqlite_fresh.STEP_CHARACTERS
        # What is new waits for others also while there is something else to do.
        lag = LOADED_LAG_SECONDS if loaded else self.lag_seconds
        waits = self._behind_since is not None and self.seconds() < self._behind_since + lag
        ahead = not waits or self.ledger.commits - self.high > MOST_BEHIND
        connection = self.ledger.connection
        try:
            level = connection.pragma("synchronous")
            if level > NORMAL:
                # Nobody waits for this to be on the disk: the next sync takes it along.
                connection.pragma("synchronous", NORMAL)
            try:
                self._step(most, characters, ahead=ahead)
            except BaseException as error:
                self.ledger.abandon(error if isinstance(error, Exception) else Exception())
                raise
            finally:
                self._wait_again(connection, level)
        except DISK_ERRORS as error:
            self._fail(reason(error))
        except Exception as error:  # noqa: BLE001  The index is no reason for anything else to stop.
            self._fail(" ".join(str(error).split()) or type(error).__name__)
        else:
            self._told = False
        if self._leaving:
            pause = LOADED_LEAVING_PAUSE_SECONDS if loaded else LEAVING_SECONDS
        else:
            pause = LOADED_BACK_PAUSE_SECONDS if loaded else BACK_PAUSE_SECONDS
        self._back_at = self.seconds() + pause

    def _wait_again(self, connection: apsw.Connection, level: int) -> None:
        """Have what others write be synced with its commit, as before; if need be on a new connection."""
        if connection is not self.ledger.connection:
            return
        connection.pragma("synchronous", level)
        if connection.pragma("synchronous") != level:
            self.ledger.abandon(OSError("the level of syncs could not be set"))

    def _fail(self, why: str) -> None:
        self._not_before = self.seconds() + RETRY_SECONDS
        if not self._told:
            self._told = True
            self.report(f"Messages cannot be indexed for the search at the moment: {why}")

    def _step(self, most: int, characters: int, *, ahead: bool) -> None:
        connection = self.ledger.begin()
        low, high = _state(connection)
        upto = self.ledger.commits
        ahead = ahead and high < upto
        leaving = self._leaving
        back = bool(low and most and leaving and not ahead and self._left_last)
        if not back:
            leaving, fits = self._leave(connection)
            if not fits:
                low, high = connection.execute(STATE).get
            back = not (ahead or leaving)
        load = Load(most, characters)
        waiting: Any = connection.execute(DUE, (most,)).fetchall()
        again = []
        for each in waiting:
            if load.full:
                break
            load.take(connection.execute(ONE, each))
            again.append(each)
        connection.executemany(NOT_DUE, again)
        while not load.full and ((ahead and high < upto) or (back and low)):
            if ahead:
                some = read_rows(connection, AHEAD, high, upto, PIECE_MESSAGES)
                last = load.take(some)
                high = upto if last is None else last
            else:
                some = read_rows(connection, BACK, low, PIECE_MESSAGES)[::-1]
                last = load.take(some)
                low = 0 if last is None else last - 1
        # All by one statement: before each that adds several rows FTS5 writes what it has gathered.
        _add(connection, sorted(load.rows, key=lambda row: row[0]))
        connection.execute(SET_STATE, (low, high))
        self.ledger.commit(self.ledger.commits)
        self.low, self.high, self._leaving, self._left_last = low, high, leaving, not back
        if leaving:
            self.ledger.erase_soon()
        if high >= upto and len(again) == len(waiting) < most:
            self._behind_since = None
        elif not leaving:
            # What has left comes back.
            self.redo()

    def _leave(self, connection: apsw.Connection) -> tuple[bool, bool]:
        """Go on with what leaves; whether there was something, and False if the index had to be put aside."""
        until = self.seconds() + LEAVING_SECONDS
        try:
            return take_step(connection, lambda: self.seconds() >= until), True
        except apsw.CorruptError:
            # What was said of a text when it came is not what is said of it now: nobody knows it any more.
            self.report("The index of messages for the search does not fit them: it is made anew")
            put_aside(connection)
            connection.execute(BEGIN_ANEW, (MADE_BY,))
            return True, False
