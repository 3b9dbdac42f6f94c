"""
The threads that touch the disk: one that writes, a few that read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import apsw
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from chatd.core.events import Batch
from chatd.core.ports import StoreUnusable
from chatd.core.refusals import Refused
from chatd.store import rules
from chatd.store.sqlite_group import Group

T = TypeVar("T")

GROUP_WRITES = 1000
GROUP_BYTES = 4 << 20
CHECKPOINT_PAGES = 1000
"""How much may gather in the write-ahead log before it is copied into the database."""

RESTART_PAGES = 16_000
"""How much may gather before that is done even if readers have to be waited for."""

# What the disk or the system has to answer for, and time may heal. Anything else is a mistake of ours.
_DISK_ERRORS = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.NoMemError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    OSError,
    StoreUnusable,
)
# After these the connection itself is as good as before.
_PASSING = (apsw.FullError, apsw.ReadOnlyError, apsw.BusyError, apsw.LockedError)


@dataclass(slots=True)
class Write:
    """
    Something to be written, and who waits for it. `weight` is about the bytes that it takes.
    """

    apply: Callable[[Group], Any]
    answer: Deferred[Any]
    weight: int = 256


@dataclass(slots=True)
class Settled:
    """
    How a transaction ended: what it stored, and for each of its writes the result or the exception.

    `trouble` is the reason if the disk refused it; `healthy` if the disk took something.
    """

    batch: Batch
    answers: list[tuple[Deferred[Any], Any]]
    trouble: str | None = None
    healthy: bool = False


@dataclass(slots=True)
class Writer:
    """
    The thread that writes. While it commits, what is submitted gathers, and is the next transaction.

    `connect` opens the connection again after an error of the disk. `settle` and `report` are called in this
    thread: with each transaction that has ended, and with a line for the operator.
    """

    connection: apsw.Connection | None
    connect: Callable[[], apsw.Connection]
    incarnation: str
    commits: int
    wall_ms: Callable[[], int]
    settle: Callable[[Settled], object]
    report: Callable[[str], object]
    _queue: SimpleQueue[Write | None] = field(default_factory=SimpleQueue)
    _wal_pages: int = 0

    def submit(self, write: Write) -> None:
        """
        Put a write behind those that were submitted before. Called in any thread, waits for nothing.
        """
        self._queue.put(write)

    def finish(self) -> None:
        """
        Let `run` return when all that was submitted is done.
        """
        self._queue.put(None)

    def run(self) -> None:
        """
        Commit group after group until `finish` is called. This is the body of the thread.
        """
        self._watch_log()
        more = True
        while more:
            group, more = self._gather()
            self._commit(group)
            self._checkpoint()

    def close(self) -> None:
        """
        Close the connection, after `run`.
        """
        self._disconnect()

    def _gather(self) -> tuple[list[Write], bool]:
        """Wait for a write, and take with it what is there already; whether there may be more."""
        group: list[Write] = []
        weight = 0
        try:
            while len(group) < GROUP_WRITES and weight < GROUP_BYTES:
                write = self._queue.get(block=not group)
                if write is None:
                    return group, False
                group.append(write)
                weight += write.weight
        except Empty:
            pass
        return group, True

    def _commit(self, group: list[Write]) -> None:
        if not group:
            return
        try:
            settled = self._transact(group)
        except _DISK_ERRORS as error:
            self._roll_back(keep=isinstance(error, _PASSING))
            refused = [(write.answer, rules.read_only()) for write in group]
            settled = Settled((), refused, trouble=" ".join(str(error).split()) or type(error).__name__)
        except Exception as error:  # noqa: BLE001  It is the one's who asked for what cannot be done.
            self._roll_back(keep=True)
            if len(group) > 1:
                # So that it spoils nothing but itself.
                for write in group:
                    self._commit([write])
                return
            settled = Settled((), [(group[0].answer, error)])
        self.settle(settled)

    def _transact(self, writes: list[Write]) -> Settled:
        if self.connection is None:
            self.connection = self.connect()
            self._watch_log()
        connection = self.connection
        answers: list[tuple[Deferred[Any], Any]] = []
        group = Group(connection, self.incarnation, self.commits, self.wall_ms())
        changes = connection.total_changes()
        connection.execute("BEGIN IMMEDIATE")
        for write in writes:
            try:
                answers.append((write.answer, write.apply(group)))
            except Refused as refused:
                answers.append((write.answer, refused))
        group.finish()
        connection.execute("COMMIT")
        self.commits = group.commits
        # A transaction that changed nothing never came to the disk and says nothing about it.
        return Settled(tuple(group.batch), answers, healthy=connection.total_changes() > changes)

    def _roll_back(self, *, keep: bool) -> None:
        connection = self.connection
        try:
            if connection is not None and connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            keep = False
        if not keep:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            # What could not be copied into the database at the end is in its log still.
            with suppress(apsw.Error):
                connection.close()

    def _watch_log(self) -> None:
        def note(connection: apsw.Connection, database: str, pages: int) -> int:
            self._wal_pages = pages
            return apsw.SQLITE_OK

        # In place of SQLite's own checkpoint, which would be a part of the commit and delay the answers.
        assert self.connection is not None
        self.connection.set_wal_hook(note)

    def _checkpoint(self) -> None:
        if self._wal_pages < CHECKPOINT_PAGES or self.connection is None:
            return
        patient = self._wal_pages < RESTART_PAGES
        mode = apsw.SQLITE_CHECKPOINT_PASSIVE if patient else apsw.SQLITE_CHECKPOINT_RESTART
        try:
            self.connection.wal_checkpoint(mode=mode)
        except apsw.BusyError:
            pass  # A reader is in the way. The next commit comes here again.
        except apsw.Error as error:
            # Nothing is lost: it is in the log, and the next commit tries again.
            self.report(f"The write-ahead log could not be copied into the database: {error}")


class _ReaderThread(threading.Thread):
    def __init__(self, *args: Any, **more: Any) -> None:
        # A process that ends without a stop is not to wait for readers.
        super().__init__(*args, daemon=True, **more)


class _Pool(ThreadPool):
    threadFactory = _ReaderThread


class Readers:
    """
    A few threads, each with a connection of its own that cannot write.
    """

    def __init__(self, connect: Callable[[], apsw.Connection], threads: int = 4) -> None:
        self._connect = connect
        self._pool = _Pool(0, threads, "chatd-reader")
        self._own = threading.local()
        self._connections: set[apsw.Connection] = set()
        self._pool.start()

    def ask(
        self, question: Callable[[apsw.Connection], T], answer: Callable[[bool, T | Failure], object]
    ) -> None:
        """
        Ask the database in one of the threads. There `answer` gets true and the result, or false and the
        `Failure`.
        """
        self._pool.callInThreadWithCallback(answer, self._ask, question)

    def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        connection: apsw.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
            self._connections.add(connection)
        try:
            # One transaction, so that a question of several statements is about one moment.
            connection.execute("BEGIN")
            try:
                return question(connection)
            finally:
                connection.execute("ROLLBACK")
        except apsw.Error:
            # It may be the connection's trouble; the next question gets a new one.
            self._own.connection = None
            self._connections.discard(connection)
            connection.close()
            raise

    def stop(self) -> None:
        """
        Answer what was asked, and close. Waits for it.
        """
        self._pool.stop()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
