"""
The store of one machine: a SQLite database in a file.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from importlib.resources.abc import Traversable
from typing import Any, Protocol, TypeVar

import apsw
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.events import Batch, Card, DeedDraft, Draft
from chatd.core.names import PersonId, RoomKey
from chatd.core.records import Appended
from chatd.core.refusals import Refused
from chatd.core.retention import Keep, Trim
from chatd.store import rules, sqlite_standing
from chatd.store.sqlite_file import SCHEMA, Files, prepare, read_steps
from chatd.store.sqlite_files import SqliteFiles
from chatd.store.sqlite_group import Group
from chatd.store.sqlite_ledger import Ledger
from chatd.store.sqlite_marks import Marks
from chatd.store.sqlite_prune import Step
from chatd.store.sqlite_questions import Questions
from chatd.store.sqlite_registry import SqliteRegistry
from chatd.store.sqlite_search import SqliteFinder
from chatd.store.sqlite_threads import Question, Readers, Settled, Write, Writer
from chatd.store.sqlite_wipe import wipe_ahead

T = TypeVar("T")

QUESTIONS_AT_ONCE = 16

FLUSH_SECONDS = 4.0
"""How long a read marker may wait for a commit; and how often a disk that refused is tried."""


class Turns(Protocol):
    """
    What a store needs of a reactor.
    """

    def callFromThread(self, callable: Callable[..., Any], *args: Any, **more: Any) -> object:
        """Have something called in the reactor's thread."""

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any, **more: Any) -> IDelayedCall:
        """Have something called after that many seconds."""


class SqliteStore(Questions):
    """
    The contract of `chatd.core.ports.Store`, kept in the SQLite database at `path`.

    The thread of `reactor` never touches the disk. One thread writes: what was asked for in one turn of the
    reactor, or while it was committing, is its next transaction, so a commit costs what it costs and not as
    often as there are messages, and a write that is alone waits for no other. A few threads read. Each
    transaction comes back to the reactor in one call: the listener gets its events, then its writes are
    answered in their order.

    `wall_ms` is the time in milliseconds since 1970 and is called in the writing thread, `random` gives as
    many random bytes as it is asked for, `schema` holds the numbered steps to the database's present shape.
    """

    _log = Logger()

    def __init__(
        self,
        path: str,
        reactor: Turns,
        wall_ms: Callable[[], int],
        random: Callable[[int], bytes] = os.urandom,
        schema: Traversable = SCHEMA,
    ) -> None:
        self.path = path
        self._reactor = reactor
        self._wall_ms = wall_ms
        self._random = random
        # Read now: where the daemon changes its root before the start, the files cannot be reached any more.
        self._steps = read_steps(schema)
        self._epoch: str | None = None
        self._publish: Callable[[Batch], None] = lambda batch: None
        self._told = rules.nothing
        self._trouble: str | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        # None unless the store is started or about to be; then those who wait for its end.
        self._mourners: list[Deferred[None]] | None = None
        self._ending = False
        self._marks = Marks(self._submit)
        self.files = SqliteFiles(self._write, self._ask)
        self.registry = SqliteRegistry(self._write, self._ask, wall_ms)
        self.finder = SqliteFinder(lambda: None if self._ending else self._readers, reactor)
        self._timer: IDelayedCall | None = None
        # The number of the room behind which pruning goes on.
        self._pruned_to = 0
        # What this turn of the reactor has asked for.
        self._writes: list[Write] = []
        self._questions: list[tuple[Deferred[Any], Question]] = []
        # Whether the last transaction was of several writes.
        self._crowded = False
        # What has ended and was not told yet.
        self._settled: deque[Settled] = deque()

    @property
    def epoch(self) -> str:
        """As the port says."""
        if self._epoch is None:
            raise RuntimeError("the store has not been started")
        return self._epoch

    def listen(self, publish: Callable[[Batch], None], settled: Callable[[], None] = rules.nothing) -> None:
        """As the port says."""
        self._publish, self._told = publish, settled

    def trouble(self) -> str | None:
        """As the port says."""
        return self._trouble

    def give_back(self) -> None:
        """As the port says."""
        if self._readers is not None and not self._ending:
            self._readers.give_back()
            self._write(lambda group: group.connection.release_memory()).addErrback(lambda refused: None)

    # From the first thread to the last

    def start(self) -> Deferred[None]:
        """As the port says."""
        if self._mourners is not None:
            return fail(RuntimeError("the store is started already"))
        self._mourners = []
        self._ending = False
        started: Deferred[None] = Deferred()
        threading.Thread(target=self._live, args=(started,), name="chatd-writer", daemon=True).start()
        return started

    def _live(self, started: Deferred[None]) -> None:
        """From the opening of the file to its closing, in the writing thread."""
        in_reactor = self._reactor.callFromThread
        try:
            path = os.path.realpath(self.path)
            opened = prepare(path, self._random, self._steps)
        except Exception:  # noqa: BLE001  Whatever it is, whoever waits for the start is told.
            in_reactor(self._has_failed, started, Failure())
            return
        files = Files(opened.place)
        readers = Readers(files.open_for_reading, partial(in_reactor, self._report))
        writer = Writer(
            ledger=Ledger(
                opened.connection,
                connect=files.open_for_writing,
                check=files.check,
                settle=files.settle,
                alone=readers.kept_out,
                epoch=opened.epoch,
                commits=opened.commits,
                settled=opened.settled,
            ),
            incarnation=rules.draw_incarnation(self._random),
            wall_ms=self._wall_ms,
            settle=self._note_settled,
            report=partial(in_reactor, self._report),
        )
        in_reactor(self._has_started, started, opened.epoch, writer, readers)
        try:
            writer.run()
            # The writer's connection is the last to be closed, so that it is the one that empties the log.
            readers.stop()
            writer.ledger.close()
        finally:
            opened.lock.free()
            in_reactor(self._has_ended)

    def _has_started(self, started: Deferred[None], epoch: str, writer: Writer, readers: Readers) -> None:
        self._epoch, self._writer, self._readers, self._trouble = epoch, writer, readers, None
        if self._ending:
            self._end(writer)
        started.callback(None)

    def _has_failed(self, started: Deferred[None], failure: Failure) -> None:
        # Before anybody is told: the start is over, so the next may begin.
        mourners, self._mourners = self._mourners, None
        started.errback(failure)
        _tell(mourners)

    def stop(self) -> Deferred[None]:
        """As the port says. A store that was not started is stopped already."""
        if self._mourners is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._mourners.append(stopped)
        if not self._ending and self._writer is not None:
            self._end(self._writer)
        self._ending = True
        return stopped

    def _end(self, writer: Writer) -> None:
        self._marks.write()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hand_over()
        writer.finish()
        self._ending = True

    def _has_ended(self) -> None:
        self._writer = self._readers = None
        self._marks.clear()
        mourners, self._mourners = self._mourners, None
        _tell(mourners)

    # Writing

    def _write(self, apply: Callable[[Group], T], weight: int = 256) -> Deferred[T]:
        self._marks.write()
        return self._submit(apply, weight)

    def _submit(self, apply: Callable[[Group], T], weight: int = 256) -> Deferred[T]:
        if self._writer is None or self._ending:
            return fail(RuntimeError("the store is not open"))
        answer: Deferred[T] = Deferred()
        self._await_turn()
        self._writes.append(Write(apply, answer, weight))
        return answer

    def _await_turn(self) -> None:
        if not (self._writes or self._questions):
            if self._crowded:
                # Before all else that the turn has to do.
                self._reactor.callFromThread(self._hand_over)
            else:
                # That is a way through the reactor less.
                self._reactor.callLater(0, self._hand_over)

    def _hand_over(self) -> None:
        """
        Give the threads what was asked for in one turn of the reactor.

        One by one it would take the first alone, and commit and publish that before the rest: under load that
        is twice the work, or more. What is alone waits no longer than until the sockets that are ready have
        been read.

        Where several come at a time the turn has much else to do, beside which the transaction can end. Then
        it is published behind that, and not after what the next turn reads.
        """
        writes, self._writes = self._writes, []
        for write in writes:
            assert self._writer is not None
            self._writer.submit(write)
        if writes:
            self._crowded = len(writes) > 1
            if self._crowded:
                self._reactor.callLater(0, self._settle_all)
        # The way to a thread and back costs more than most answers, and many have questions when many come.
        questions, self._questions = self._questions, []
        answer = partial(self._reactor.callFromThread, rules.hand_back)
        for first in range(0, len(questions), QUESTIONS_AT_ONCE):
            assert self._readers is not None
            self._readers.ask(questions[first : first + QUESTIONS_AT_ONCE], answer)

    def _note_settled(self, settled: Settled) -> None:
        """A transaction has ended. Called in the writing thread."""
        self._settled.append(settled)
        self._reactor.callFromThread(self._settle_all)

    def _settle_all(self) -> None:
        while self._settled:
            self._settle(self._settled.popleft())

    def _settle(self, settled: Settled) -> None:
        """Tell what became of a transaction: first the listener, then those who asked, in their order."""
        if settled.trouble is not None:
            if self._trouble is None:
                self._log.error(
                    "The store takes no writes: {why} ({detail})", why=settled.trouble, detail=settled.detail
                )
            self._trouble = settled.trouble
            self._arm()
        elif settled.healthy and self._trouble is not None:
            self._trouble = None
            self._log.info("The store takes writes again.")
        if settled.batch:
            try:
                self._publish(settled.batch)
            except Exception:  # noqa: BLE001  What is stored has to be answered all the same.
                self._log.failure("The listener of the store failed.")
        rules.hand_back(settled.answers)
        if settled.batch:
            self._told()

    def _report(self, line: str) -> None:
        self._log.error("{line}", line=line)

    def append(self, draft: Draft) -> Deferred[Appended]:
        """As the port says."""
        return self._write(lambda group: group.append(draft), draft.weight)

    def act(self, drafts: tuple[DeedDraft, ...]) -> Deferred[Appended]:
        """As the port says."""
        weight = sum(draft.weight for draft in drafts)
        if any(draft.wipe for draft in drafts):
            return Deferred.fromCoroutine(self._wipe(drafts, weight))
        return self._write(lambda group: group.act(drafts), weight)

    async def _wipe(self, drafts: tuple[DeedDraft, ...], weight: int) -> Appended:
        upto = await wipe_ahead(self._ask, self._write, drafts)
        return await self._write(lambda group: group.act(drafts, upto), weight)

    def prune(self, keep: Keep, limit: int) -> Deferred[Trim]:
        """As the port says."""
        after = self._pruned_to

        def go_on(step: Step) -> Trim:
            self._pruned_to = step.after
            return step.trim

        return self._submit(lambda group: group.prune(keep, limit, after), 256 * limit).addCallback(go_on)

    def add_person(self, card: Card, token_hash: bytes) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda group: group.add_person(card, token_hash))

    def rename(self, id: PersonId, name: str) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda group: group.rename(id, name))

    def touch(self, ids: Collection[PersonId]) -> Deferred[int]:
        """As the port says."""
        people = frozenset(ids)
        return self._write(lambda group: group.touch(people), 64 * len(people) + 256)

    def forget_guests(self, idle_seconds: float) -> Deferred[int]:
        """As the port says."""
        return Deferred.fromCoroutine(self._forget_guests(idle_seconds))

    async def _forget_guests(self, idle_seconds: float) -> int:
        gone = 0
        # A few at a time, between which others write.
        while some := await self._write(lambda group: group.forget_guests(idle_seconds)):
            gone += some
        return gone

    def forget_ended(self, before_ms: int) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda group: sqlite_standing.forget_ended(group.connection, before_ms))

    def mark_read(self, person: PersonId, room: RoomKey, offset: int) -> None:
        """As the port says."""
        if self._marks.move(person, room, offset):
            self._arm()

    def set_notice(self, person: PersonId, room: RoomKey, level: str) -> Deferred[bool]:
        """As the port says."""
        return self._write(lambda group: group.set_notice(person, room, level))

    def _arm(self) -> None:
        if self._timer is None and not self._ending:
            self._timer = self._reactor.callLater(FLUSH_SECONDS, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._trouble is not None:
            # Nobody may be writing, and whoever waits for the store to be well again would wait for ever.
            self._submit(Group.probe).addErrback(lambda failure: failure.trap(Refused))
        self._marks.write()

    # Reading

    def _ask(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]:
        if self._readers is None or self._ending:
            return fail(RuntimeError("the store is not open"))
        answer: Deferred[T] = Deferred()
        self._await_turn()
        self._questions.append((answer, question))
        return answer


def _tell(mourners: list[Deferred[None]] | None) -> None:
    for stopped in mourners or ():
        stopped.callback(None)
