"""
The database in the hands of the thread that writes it, also when its disk fails.

A commit that failed may have come to the write-ahead log all the same: its pages are written before the sync
that fails. SQLite forgets them, since its index of that log, which all open connections share, was not
extended, and the next transaction is written over them. But the index lives only as long as a connection is
open. If the last one is closed, or the process dies, the next to open the file reads the log itself, finds
the transaction whole, and takes it for a committed one.

A copy of the log into the database that failed at its sync is doubtful in another way. What was copied in an
earlier piece, before the readers of that moment, was not synced by itself. Now the system holds it for
written, the index for copied, and the next copy, which succeeds, would leave it out and give the log free.

So is the log itself, once a sync of it has failed. Before what was refused there may stand what was committed
without a sync, the entries of the index, and the system holds that for written too: the next commit, which
succeeds, would stand behind a hole. Whichever sync it was, the log is copied anew before anything else is
written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from math import inf
from typing import Any

import apsw

from chatd.core.records import StoreUnusable

CHECKPOINT_PAGES = 1000
"""How much may gather in the write-ahead log before it is copied into the database."""

BUSY_MS = 2000
"""How long a lock is waited for."""

RESTART_PAGES = 16_000
"""How much may gather before readers are waited for, so that the log begins anew."""

ERASE_SECONDS = 5.0
"""How long the log may keep what was taken from the database, if no reader is in the way."""

AGAIN_SECONDS = 1.0
PATIENT_SECONDS = 30.0
WAIT_MS = 200
"""After how long, and how often, readers are waited for, and how long: whoever writes waits with them."""
TELL_SECONDS = 60.0
"""How long one may be in the way before the operator is told."""

# What the disk or the system has to answer for, and time may heal, and what it is called where everybody may
# read it: SQLite's own words can name the file. Anything else is a mistake of ours.
_REASONS: dict[type[Exception], str] = {
    apsw.FullError: "the disk is full",
    apsw.ReadOnlyError: "the database may not be written",
    apsw.PermissionsError: "the database may not be written",
    apsw.BusyError: "the database is in use by another program",
    apsw.LockedError: "the database is in use by another program",
    apsw.ProtocolError: "the database is in use by another program",
    apsw.CantOpenError: "the database cannot be opened",
    apsw.CorruptError: "the database is damaged",
    apsw.NotADBError: "the database is damaged",
    apsw.NoMemError: "there is no memory left",
    apsw.IOError: "the disk fails",
    StoreUnusable: "the database cannot be used",
    OSError: "the disk fails",
}
DISK_ERRORS = tuple(_REASONS)
DAMAGE = (apsw.CorruptError, apsw.NotADBError)

# After these the connection itself is as good as before.
_PASSING = (apsw.FullError, apsw.ReadOnlyError, apsw.BusyError, apsw.LockedError)


def reason(error: Exception) -> str:
    """
    One of `DISK_ERRORS` in a few words, which name no file.
    """
    return next(words for kind, words in _REASONS.items() if isinstance(error, kind))


def _is_of_a_sync(error: Exception) -> bool:
    # What failed to be synced is clean for the system, wherever it is: a later sync does not write it.
    return getattr(error, "extendedresult", 0) in (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)


def write_nothing_new(connection: apsw.Connection) -> None:
    """
    Have the transaction write one page as it is. (A row that is updated to what it was writes none.)
    """
    connection.pragma("user_version", connection.pragma("user_version"))


@dataclass(slots=True)
class Ledger:
    """
    The connection that writes, its transactions, and the copying of its write-ahead log.

    It keeps two promises. After an error of the disk nothing is written before the file was opened anew and
    found as it was left. And what was in a commit that failed does not come back: before anything else is
    written, and if the disk lets it be before the failure is told, a page of no consequence is committed in
    its place. Until then a connection stays open, whatever happens. Nobody can promise it over the death of
    the process between the failure and that commit.

    `connect` opens one more connection, `check` raises `StoreUnusable` if what is written would not be found
    again, and `settle` copies the whole log into the database anew, while nobody has it open. `alone` is the
    time in which the readers have closed it. `epoch` and `commits` are what the file has: its name, and the
    number of events that were ever committed. `settled` is False if the log has to be copied first.
    """

    connection: apsw.Connection
    connect: Callable[[], apsw.Connection]
    check: Callable[[], object]
    settle: Callable[[], object]
    alone: Callable[[], AbstractContextManager[object]]
    epoch: str
    commits: int
    settled: bool = True
    # The connection has seen the disk fail.
    _worn: bool = False
    # What a failed commit left in the log is not overwritten yet.
    _doubtful: bool = False
    _log_pages: int = 0
    _log_grew: bool = False
    _copying_fails: bool = False
    seconds: Callable[[], float] = time.monotonic
    # When the log is to be emptied, for it has what was taken from the database.
    _erase_at: float | None = None
    _erase_since: float = 0.0
    # When a reader was waited for, and since when one has been in the way.
    _waited_at: float = -inf
    _held_since: float | None = None
    _holding_told: bool = False

    def __post_init__(self) -> None:
        self._watch_log()

    def begin(self) -> apsw.Connection:
        """
        Begin a transaction, on a connection and a log that are sound. Raises one of `DISK_ERRORS` if not.
        """
        self.mend()
        self.connection.execute("BEGIN IMMEDIATE")
        return self.connection

    def mend(self) -> apsw.Connection:
        """
        The connection, and a log, that are sound. Raises one of `DISK_ERRORS` if they cannot be had.
        """
        if self._worn:
            self._renew()
        if self._doubtful:
            self._overwrite()
        if not self.settled:
            self._start_over()
        return self.connection

    def write(self, statement: str, bound: tuple[Any, ...]) -> None:
        """
        A transaction of one statement, which stores no event; on the connection that `mend` has given.
        """
        self._make_durable(statement, bound)

    def commit(self, commits: int) -> bool:
        """
        Make the transaction durable; `commits` is the number of the last event with those in it.

        The answer is whether the disk took something: a transaction that changed nothing never came to it.
        """
        self._make_durable("COMMIT")
        self.commits = commits
        return self._log_grew

    def _make_durable(self, statement: str, bound: tuple[Any, ...] = ()) -> None:
        self.check()
        self._doubtful, self._log_grew = True, False
        try:
            self.connection.execute(statement, bound)
        except Exception as error:
            self.abandon(error)
            self._try_to_mend()
            raise
        self._doubtful = False

    def abandon(self, error: Exception) -> None:
        """
        Undo the transaction that has met an error, if there is one still. Raises nothing.
        """
        if isinstance(error, DISK_ERRORS) and not isinstance(error, _PASSING):
            self._worn = True
        if _is_of_a_sync(error):
            self.settled = False
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except apsw.Error:
            self._worn = True

    def _try_to_mend(self) -> None:
        # The second is worth a try even if the first fails: it is the death of this process that has to be
        # forestalled, and for that it is enough if the page is written, though its sync may fail too.
        if self._worn:
            with suppress(*DISK_ERRORS):
                self._renew()
        with suppress(*DISK_ERRORS):
            self._overwrite()

    def _renew(self) -> None:
        """Go on with another connection, if the file is still as it was left."""
        fresh = self.connect()
        try:
            self._compare(fresh)
        except BaseException:
            fresh.close()
            raise
        # Not sooner: see above what the last connection takes along.
        old, self.connection = self.connection, fresh
        with suppress(apsw.Error):
            old.close()
        self._watch_log()
        self._worn = False

    def _start_over(self) -> None:
        """Copy the log into the database with no connection open, and go on with a new one."""
        with self.alone():
            # There is none from here on, unless all goes well.
            self._worn = True
            self._close()
            try:
                self.settle()
            finally:
                # Also if it failed: the readers need one to be open, so that none of them is the last.
                self.connection = self.connect()
        self._compare(self.connection)
        self._watch_log()
        self._log_pages = 0
        self._worn, self.settled = False, True

    def _compare(self, connection: apsw.Connection) -> None:
        try:
            found = connection.execute("SELECT epoch, commits FROM store").fetchone()
        except apsw.SQLError:
            found = None
        if found != (self.epoch, self.commits):
            raise StoreUnusable("the database is not as it was left; chatd has to be started again to use it")

    def _overwrite(self) -> None:
        """Commit a page of no consequence over what a failed commit left in the log."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            write_nothing_new(self.connection)
            self.connection.execute("COMMIT")
        except DISK_ERRORS as error:
            self.abandon(error)
            raise
        self._doubtful = False

    def _watch_log(self) -> None:
        def note(connection: apsw.Connection, database: str, pages: int) -> int:
            self._log_pages = pages
            self._log_grew = True
            return apsw.SQLITE_OK

        # In place of SQLite's own checkpoint, which would be a part of the commit and delay the answers.
        self.connection.set_wal_hook(note)

    def erase_soon(self) -> None:
        """
        Have the log emptied within seconds: what was taken from the database stands in it still.
        """
        if self._erase_at is None:
            self._erase_since = self.seconds()
            self._erase_at = self._erase_since + ERASE_SECONDS

    def patience(self) -> float | None:
        """
        In how many seconds `checkpoint` is to be called though nothing is written; None if it need not be.
        """
        return None if self._erase_at is None else max(0.0, self._erase_at - self.seconds())

    def checkpoint(self) -> str | None:
        """
        Copy the log into the database if it has grown long, or is to be emptied. The answer is None, or a
        line for the operator who has to know that it cannot be done.
        """
        erase, great = self.patience() == 0, self._log_pages >= RESTART_PAGES
        sound = self.settled and not (self._worn or self._doubtful)
        try:
            if sound and (erase or self._log_pages >= CHECKPOINT_PAGES):
                return self._copy_log(erase=erase, great=great)
            return None
        finally:
            if erase and self._erase_at is not None:
                # From the end of it on, however long it has taken.
                self._erase_at = self.seconds() + AGAIN_SECONDS

    def _copy_log(self, *, erase: bool, great: bool) -> str | None:
        mode = apsw.SQLITE_CHECKPOINT_PASSIVE
        if erase:
            mode = apsw.SQLITE_CHECKPOINT_TRUNCATE
        elif great:
            mode = apsw.SQLITE_CHECKPOINT_RESTART
        now = self.seconds()
        overdue = great or (erase and now >= self._erase_since + PATIENT_SECONDS)
        waits = overdue and now >= self._waited_at + PATIENT_SECONDS
        try:
            # Whoever writes does not wait for a reader who takes long, or seldom and not for long.
            self.connection.set_busy_timeout(WAIT_MS if waits else 0)
            try:
                self.connection.wal_checkpoint(mode=mode)
            finally:
                self.connection.set_busy_timeout(BUSY_MS)
        except apsw.BusyError:
            # A reader is in the way. The next commit comes here again.
            if waits:
                self._waited_at = now
            return self._note_holding(now)
        except apsw.Error as error:
            # Nothing is lost: it is in the log, and the next commit tries again.
            self._worn = not isinstance(error, _PASSING)
            self.settled = not _is_of_a_sync(error)
            told, self._copying_fails = self._copying_fails, True
            return None if told else f"The write-ahead log could not be copied into the database: {error}"
        self._copying_fails = False
        if erase:
            self._erase_at = None
        if mode != apsw.SQLITE_CHECKPOINT_PASSIVE:
            self._held_since, self._holding_told = None, False
        return None

    def _note_holding(self, now: float) -> str | None:
        if self._held_since is None:
            self._held_since = now
        held = now - self._held_since
        if self._holding_told or held < TELL_SECONDS:
            return None
        self._holding_told = True
        return (
            f"Another program has been reading the database for {held:.0f} s: until it ends, the write-ahead"
            " log grows, and keeps what was deleted"
        )

    def close(self) -> None:
        """
        Close the connection. What could not be copied into the database at the end is in its log still.
        """
        if self._doubtful:
            self._try_to_mend()
        self._close()

    def _close(self) -> None:
        with suppress(apsw.Error):
            # The last connection copies the log when it is closed. Where that is not enough, the next start
            # does it.
            self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(not self.settled))
            self.connection.close()
