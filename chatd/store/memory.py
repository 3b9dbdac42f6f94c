"""
A store that lives as long as the process: to try chatd out, for talk that nobody wants kept, and for tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatd.core.events import Batch, Card, DeedDraft, Draft, Event, Message
from chatd.core.names import PersonId, RoomKey, is_private, private_pair
from chatd.core.records import (
    MOST_JOINED,
    Appended,
    Counts,
    Everything,
    Known,
    Opened,
    Position,
    RoomRecord,
    Slice,
)
from chatd.core.registry import Newcomer
from chatd.core.retention import Keep, Pruned, Trim
from chatd.store import rules
from chatd.store.memory_files import MemoryFiles
from chatd.store.memory_people import MemoryRegistry, People
from chatd.store.memory_rooms import Rooms
from chatd.store.memory_search import MemoryFinder

T = TypeVar("T")


@dataclass(slots=True)
class _Write:
    apply: Callable[[list[Event]], Any]
    answer: Deferred[Any]


class MemoryStore:
    """
    The contract of `chatd.core.ports.Store`, kept in this process and nowhere else.

    A write takes effect before its call returns, and no awaitable of this store ever waits. Two things are
    there for tests: between `hold` and `release` writes gather and none is answered, and `release` commits
    them as one batch; and while `read_only` is a reason, every write is refused, as by a full disk.

    `wall_ms` is the time in milliseconds since 1970, `random` gives as many random bytes as it is asked for.
    """

    _log = Logger()

    def __init__(self, wall_ms: Callable[[], int], random: Callable[[int], bytes] = os.urandom) -> None:
        self.read_only: str | None = None
        self._wall_ms = wall_ms
        self._random = random
        self._epoch = rules.draw_epoch(random)
        self._incarnation = rules.draw_incarnation(random)
        self._publish: Callable[[Batch], None] = lambda batch: None
        self._settled = rules.nothing
        self._held = False
        self._committing = False
        self._waiting: list[_Write] = []
        self._commits = 0
        self._people = People(wall_ms)
        self._rooms = Rooms(self._people.card)
        self.files = MemoryFiles(self._write, wall_ms)
        self.registry = MemoryRegistry(self._people, self._write, self._enrolled)
        self.finder = MemoryFinder(lambda: tuple(self._rooms.logs.values()), self._rooms.card)

    @property
    def epoch(self) -> str:
        """As the port says."""
        return self._epoch

    async def start(self) -> None:
        """As the port says. What was stored before a `stop` is still there, as it would be on a disk."""
        self._incarnation = rules.draw_incarnation(self._random)

    async def stop(self) -> None:
        """As the port says."""
        self.release()

    def listen(self, publish: Callable[[Batch], None], settled: Callable[[], None] = rules.nothing) -> None:
        """As the port says."""
        self._publish, self._settled = publish, settled

    def trouble(self) -> str | None:
        """As the port says."""
        return self.read_only

    def give_back(self) -> None:
        """As the port says."""

    def hold(self) -> None:
        """
        Let writes gather until `release`.
        """
        self._held = True

    def release(self) -> None:
        """
        Commit what has gathered as one batch, and from now on each write at once.
        """
        self._held = False
        self._commit()

    def _write(self, apply: Callable[[list[Event]], T]) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self._waiting.append(_Write(apply, answer))
        self._commit()
        return answer

    def _commit(self) -> None:
        # A listener or an answer may write in its turn: that makes the next group, not a part of this one.
        if self._committing:
            return
        self._committing = True
        try:
            while self._waiting and not self._held:
                group, self._waiting = self._waiting, []
                self._commit_group(group)
        finally:
            self._committing = False

    def _commit_group(self, group: list[_Write]) -> None:
        batch: list[Event] = []
        outcomes: list[Any] = []
        for write in group:
            try:
                if self.read_only is not None:
                    raise rules.read_only()
                outcomes.append(write.apply(batch))
            except Exception as refusal:  # noqa: BLE001  It is the caller's, whatever it is.
                outcomes.append(refusal)
        if batch:
            try:
                self._publish(tuple(batch))
            except Exception:  # noqa: BLE001  What is stored has to be answered all the same.
                self._log.failure("The listener of the store failed.")
        rules.hand_back([(write.answer, outcome) for write, outcome in zip(group, outcomes, strict=True)])
        if batch:
            self._settled()

    # The log

    def append(self, draft: Draft) -> Deferred[Appended]:
        """As the port says."""
        return self._write(lambda batch: self._append(draft, batch))

    def _append(self, draft: Draft, batch: list[Event]) -> Appended:
        author = draft.author
        if draft.cid is not None:
            known = self._rooms.cids.get((author.id, draft.cid))
            if known is not None:
                body_hash, first = known
                if body_hash != draft.body_hash:
                    raise rules.cid_conflict()
                return replace(first, repeated=True)
        people = private_pair(draft.room) if is_private(draft.room) else ()
        if any(person not in self._people for person in people):
            raise rules.no_such_person()
        log = self._rooms.logs.get(draft.room)
        if draft.reply_to is not None and (log is None or not log.first <= draft.reply_to <= log.head):
            raise rules.no_such_message(draft.reply_to)
        files = self.files.look_up(draft)
        log = self._rooms.log(draft.room, draft.room_name)
        self._people.keep((*people, author.id) if not author.via else people)
        self._commits += 1
        event = Message(
            commit=self._commits,
            room=draft.room,
            offset=log.head + 1,
            id=rules.event_id(self._incarnation, self._commits),
            at_ms=self._wall_ms(),
            author=author,
            text=draft.text,
            cid=draft.cid,
            reply_to=draft.reply_to,
            as_sent=draft.as_sent,
            mentions=draft.mentions,
            mentions_all=draft.mentions_all,
            files=files,
        )
        self.files.attach(event)
        log.last_commit = event.commit
        log.add(event if event.as_sent is None else replace(event, as_sent=None))
        batch.append(log.quoted(event))
        appended = Appended(event.offset, event.id, False)
        if draft.cid is not None:
            self._rooms.cids[author.id, draft.cid] = (draft.body_hash, appended)
        return appended

    def act(self, drafts: tuple[DeedDraft, ...]) -> Deferred[Appended]:
        """As the port says."""

        def act(batch: list[Event]) -> Appended:
            self._people.check_owners(drafts)
            first, *rest = drafts
            appended = self._act(first, batch)
            if not appended.repeated:
                for draft in rest:
                    self._act(draft, batch)
            return appended

        return self._write(act)

    def _act(self, draft: DeedDraft, batch: list[Event]) -> Appended:
        if draft.is_about_a_message and not self._changes(draft):
            return Appended(0, "", True)
        log = self._rooms.log(draft.room, draft.room_name)
        who = draft.detail.who
        self._people.keep((draft.author.id, *([who.id] if who else ())))
        if draft.wipe is not None:
            for each in self._rooms.logs.values():
                if each is log or (draft.wipe.everywhere and not is_private(each.key)):
                    each.wipe(draft.wipe)
        self._people.change(draft.changes)
        if draft.detail.topic is not None:
            log.topic = draft.detail.topic
        if draft.detail.title is not None and draft.kind == "set":
            log.name = draft.detail.title
        self._commits += 1
        event_id = rules.event_id(self._incarnation, self._commits)
        deed = draft.stored(self._commits, log.head + 1, event_id, self._wall_ms())
        log.last_commit = deed.commit
        if draft.is_about_a_message:
            log.change(deed)
        log.add(replace(deed, changes=(), wipe=None))
        if draft.wipe is not None or draft.is_about_a_message:
            self.files.settle(self._rooms.logs)
        batch.append(deed)
        return Appended(deed.offset, deed.id, False)

    def _changes(self, draft: DeedDraft) -> bool:
        log = self._rooms.logs.get(draft.room)
        if log is None:
            raise rules.no_such_message(draft.detail.about or 0)
        return log.would_change(draft)

    async def everything(self) -> Everything:
        """As the port says."""
        return self._people.everything()

    async def read(self, room: RoomKey, after: int, upto: int, max_bytes: int) -> tuple[Event, ...]:
        """As the port says."""
        log = self._rooms.logs.get(room)
        if log is None or not after < upto <= log.head:
            raise ValueError(f"{room} has no events after {after} up to {upto}")
        if after + 1 < log.first:
            raise Pruned(log.first)
        stretch = islice(log.from_offset(after + 1), upto - after)
        return rules.cut(stretch, upto - after, max_bytes).events

    async def page(
        self,
        room: RoomKey,
        reader: PersonId | None,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        max_bytes: int,
        brief: bool = False,
    ) -> Slice:
        """As the port says."""
        log = self._rooms.logs.get(room)
        if log is None:
            return Slice((), False)
        found = log.page(before, after, limit, max_bytes, brief=brief)
        if not found.events:
            return found
        return replace(found, mine=log.given(reader, found.events[0].offset - 1, found.events[-1].offset))

    async def room(self, room: RoomKey, reader: PersonId | None) -> RoomRecord | None:
        """As the port says."""
        log = self._rooms.logs.get(room)
        return None if log is None else self._rooms.record(log, reader)

    async def open(
        self,
        room: RoomKey,
        reader: PersonId | None,
        position: Position | None,
        last: int,
        brief: bool = False,
    ) -> Opened | None:
        """As the port says."""
        log = self._rooms.logs.get(room)
        if log is None:
            return None
        record = self._rooms.record(log, reader, counted=True)
        recovered = position is not None and log.stands(position)
        start = position.after if position is not None and recovered else log.start(last, brief=brief)
        least = start if brief and not recovered else max(start, log.head - MOST_JOINED)
        mine = log.given(reader, least, log.head)
        return Opened(record, start, recovered, tuple(log.pins), mine)

    async def rooms(
        self, reader: PersonId | None, after: str, limit: int, closed: Collection[RoomKey] = ()
    ) -> tuple[RoomRecord, ...]:
        """As the port says."""
        return self._rooms.listed(reader, after, limit, closed)

    async def inbox(
        self, reader: PersonId, limit: int, closed: Collection[RoomKey] = ()
    ) -> tuple[RoomRecord, ...]:
        """As the port says."""
        return self._rooms.inbox(reader, limit, closed)

    async def counts(self, reader: PersonId, room: RoomKey, read: int) -> Counts:
        """As the port says."""
        log = self._rooms.logs.get(room)
        return Counts() if log is None else self._rooms.counts(log, reader, read)

    async def pinned(self, room: RoomKey) -> tuple[Message, ...]:
        """As the port says."""
        log = self._rooms.logs.get(room)
        found = () if log is None else (log.message(offset) for offset in log.pins)
        return tuple(log.quoted(message) for message in found if message is not None and log is not None)  # type: ignore[misc]

    def set_notice(self, person: PersonId, room: RoomKey, level: str) -> Deferred[bool]:
        """As the port says."""

        def set_level(batch: list[Event]) -> bool:
            known = room in self._rooms.logs and person in self._people
            if known:
                self._rooms.notices.setdefault(person, {})[room] = level
            return known

        return self._write(set_level)

    def mark_read(self, person: PersonId, room: RoomKey, offset: int) -> None:
        """As the port says."""
        if room in self._rooms.logs and person in self._people and offset > 0:
            marks = self._rooms.marks.setdefault(person, {})
            marks[room] = max(offset, marks.get(room, 0))

    def prune(self, keep: Keep, limit: int) -> Deferred[Trim]:
        """As the port says."""

        def prune(batch: list[Event]) -> Trim:
            trim = self._rooms.prune(keep, limit)
            self.files.settle(self._rooms.logs)
            return trim

        return self._write(prune)

    # People

    def _enrolled(self, newcomer: Newcomer, batch: list[Event]) -> None:
        for draft in newcomer.deeds:
            self._act(draft, batch)

    def add_person(self, card: Card, token_hash: bytes) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda batch: self._people.add(card, token_hash))

    async def person(self, id: PersonId) -> Card | None:
        """As the port says."""
        return self._people.card(id)

    async def people(self, ids: Collection[PersonId]) -> tuple[Card, ...]:
        """As the port says."""
        return tuple(card for card in map(self._people.card, ids) if card is not None)

    async def person_of_token(self, token_hash: bytes) -> Known | None:
        """As the port says."""
        return self._people.of_token(token_hash)

    def rename(self, id: PersonId, name: str) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda batch: self._people.rename(id, name))

    def touch(self, ids: Collection[PersonId]) -> Deferred[int]:
        """As the port says."""
        people = frozenset(ids)
        return self._write(lambda batch: self._people.touch(people))

    def forget_guests(self, idle_seconds: float) -> Deferred[int]:
        """As the port says."""

        def forget(batch: list[Event]) -> int:
            gone = self._people.forget_guests(idle_seconds)
            for guest in gone:
                self._rooms.forget(guest)
            return len(gone)

        return self._write(forget)

    def forget_ended(self, before_ms: int) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda batch: self._people.forget_ended(before_ms))
