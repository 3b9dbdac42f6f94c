"""
The threads that touch the disk: one that writes, a few that read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import apsw
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from chatd.core.events import Batch
from chatd.core.refusals import Refused
from chatd.store import rules
from chatd.store.sqlite_entry import Row
from chatd.store.sqlite_group import Group
from chatd.store.sqlite_index import Indexer
from chatd.store.sqlite_ledger import DAMAGE, DISK_ERRORS, Ledger, reason

GROUP_BYTES = 256 * 1024
"""
About the weight of one transaction: its events are to have room in the end of a log that is kept in memory,
and to be one write to each listener that stays small.
"""

QUIET_SECONDS = 60.0
"""How long nothing more is said of a database that cannot be read."""


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

    If the disk refused it, `trouble` is the reason for everybody and `detail` the one for the operator, a
    line each; `healthy` if the disk took something.
    """

    batch: Batch
    answers: list[tuple[Deferred[Any], Any]]
    trouble: str | None = None
    detail: str = ""
    healthy: bool = False


@dataclass(slots=True)
class Writer:
    """
    The thread that writes. While it commits, what is submitted gathers, and is the next transaction.

    `settle` and `report` are called in this thread: with each transaction that has ended, and with a line for
    the operator.
    """

    ledger: Ledger
    incarnation: str
    wall_ms: Callable[[], int]
    settle: Callable[[Settled], object]
    report: Callable[[str], object]
    _queue: SimpleQueue[Write | None] = field(default_factory=SimpleQueue)
    _indexer: Indexer = field(init=False)

    def __post_init__(self) -> None:
        self._indexer = Indexer(self.ledger, self.report)

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
        more = True
        self._indexer.look()
        while more:
            group, more = self._gather()
            self._commit(group)
            wrote = bool(group)
            # While nothing comes, nothing of it is held.
            group.clear()
            if wrote:
                self._indexer.note()
                self._indexer.press()
            elif more and self._indexer.wait() == 0:
                self._indexer.step()
            line = self.ledger.checkpoint()
            if line is not None:
                self.report(line)

    def _gather(self) -> tuple[list[Write], bool]:
        """
        Wait for a write, and take with it what is there already; whether there may be more. There is none if
        it is time to go on with the index, or to empty the log.
        """
        group: list[Write] = []
        weight = 0
        waits = [each for each in (self._indexer.wait(), self.ledger.patience()) if each is not None]
        patience = min(waits, default=None)
        try:
            while weight < GROUP_BYTES:
                write = self._queue.get(not group and patience != 0, patience)
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
        before = self.ledger.commits
        try:
            settled, fresh, took = self._transact(group)
        except DISK_ERRORS as error:
            self.ledger.abandon(error)
            refused = [(write.answer, rules.read_only()) for write in group]
            detail = " ".join(str(error).split()) or type(error).__name__
            settled = Settled((), refused, trouble=reason(error), detail=detail)
        except Exception as error:  # noqa: BLE001  It is the one's who asked for what cannot be done.
            self.ledger.abandon(error)
            if len(group) > 1:
                # So that it spoils nothing but itself.
                for write in group:
                    self._commit([write])
                return
            settled = Settled((), [(group[0].answer, error)])
        else:
            # Behind the end of it all: whatever fails here is no reason to do again what is stored.
            self._indexer.stored(fresh, before)
            if took:
                # Also if no event follows: it leaves the index, and then the write-ahead log.
                self._indexer.redo()
                self.ledger.erase_soon()
        self.settle(settled)

    def _transact(self, writes: list[Write]) -> tuple[Settled, list[Row] | None, bool]:
        """The transaction of these writes; what of it is new to the index, and whether a text was taken."""
        answers: list[tuple[Deferred[Any], Any]] = []
        now_ms = self.wall_ms()
        group = Group(self.ledger.begin(), self.incarnation, self.ledger.commits, now_ms)
        for write in writes:
            try:
                answers.append((write.answer, write.apply(group)))
            except Refused as refused:
                # Without its traceback, which would hold the whole group, and so itself.
                answers.append((write.answer, refused.with_traceback(None)))
        group.finish()
        healthy = self.ledger.commit(group.commits)
        return Settled(tuple(group.batch), answers, healthy=healthy), group.fresh, group.took


class _ReaderThread(threading.Thread):
    def __init__(self, *args: Any, **more: Any) -> None:
        # A process that ends without a stop is not to wait for readers.
        super().__init__(*args, daemon=True, **more)


class _Pool(ThreadPool):
    threadFactory = _ReaderThread


Question = Callable[[apsw.Connection], Any]
"""What is asked of the database, on a connection that stands in a transaction."""


class Readers:
    """
    A few threads, each with a connection of its own that cannot write.

    `report` is called in one of them with a line for the operator when the database cannot be read, at most
    once a minute.
    """

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        report: Callable[[str], object],
        threads: int = 4,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._report = report
        self._seconds = seconds
        self._quiet_until = 0.0
        self._pool = _Pool(0, threads, "chatd-reader")
        self._own = threading.local()
        self._connections: set[apsw.Connection] = set()
        # Who reads now, and whether nobody may begin to.
        self._gate = threading.Condition()
        self._reading = 0
        self._shut = False
        self._pool.start()

    @contextmanager
    def kept_out(self) -> Iterator[None]:
        """
        Have all connections closed, and questions wait, until the end of the block.
        """
        with self._gate:
            self._shut = True
            self._gate.wait_for(lambda: not self._reading)
        try:
            self._close_all()
            yield
        finally:
            with self._gate:
                self._shut = False
                self._gate.notify_all()

    def give_back(self) -> None:
        """
        Empty the caches, unless somebody reads just now. Called in any thread, waits for nothing.
        """
        with self._gate:
            for connection in () if self._reading or self._shut else tuple(self._connections):
                connection.release_memory()

    def _close_all(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    @contextmanager
    def _let_in(self) -> Iterator[None]:
        with self._gate:
            self._gate.wait_for(lambda: not self._shut)
            self._reading += 1
        try:
            yield
        finally:
            with self._gate:
                self._reading -= 1
                self._gate.notify_all()

    def ask(
        self,
        questions: Sequence[tuple[Deferred[Any], Question]],
        answer: Callable[[list[tuple[Deferred[Any], Any]]], object],
    ) -> None:
        """
        Ask the database, one question after the other in one of the threads. There `answer` gets the results
        in their order, each with what came with its question; in place of a result that could not be had, a
        `Failure`.
        """
        self._pool.callInThread(self._ask, questions, answer)

    def _ask(
        self,
        questions: Sequence[tuple[Deferred[Any], Question]],
        answer: Callable[[list[tuple[Deferred[Any], Any]]], object],
    ) -> None:
        answers: list[tuple[Deferred[Any], Any]] = []
        for asked, question in questions:
            try:
                with self._let_in():
                    answers.append((asked, self._ask_one(question)))
            except DISK_ERRORS as error:
                self._tell(error)
                answers.append((asked, Failure(rules.unreadable())))
            except Exception:  # noqa: BLE001  Whatever it is, whoever asked is told.
                answers.append((asked, Failure()))
        answer(answers)

    def _tell(self, error: Exception) -> None:
        now = self._seconds()
        if now >= self._quiet_until:
            self._quiet_until = now + QUIET_SECONDS
            detail = " ".join(str(error).split()) or type(error).__name__
            more = "; `chatd check` says more" if isinstance(error, DAMAGE) else ""
            self._report(f"The store cannot be read: {reason(error)} ({detail}){more}")

    def _ask_one(self, question: Question) -> Any:
        connection: apsw.Connection | None = getattr(self._own, "connection", None)
        if connection is None or connection not in self._connections:
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
        self._close_all()
