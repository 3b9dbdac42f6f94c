"""
A store that lives as long as the process: to try chatd out, for talk that nobody wants kept, and for tests.
"""

from __future__ import annotations

import os
from bisect import bisect_right, insort
from collections.abc import Callable, Collection
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice
from typing import Any, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatd.core.events import Batch, Card, DeedDraft, Draft, Event, Message
from chatd.core.names import PersonId, RoomKey, is_closed, is_private, private_pair, side_name
from chatd.core.records import Appended, Everything, Known, Opened, Position, RoomRecord, Slice
from chatd.core.registry import Newcomer
from chatd.core.retention import Keep, Pruned, Trim
from chatd.store import rules
from chatd.store.memory_log import Log
from chatd.store.memory_people import MemoryRegistry, People

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
        self._logs: dict[RoomKey, Log] = {}
        self._public: list[str] = []
        self._private: dict[PersonId, dict[str, RoomKey]] = {}
        self._cids: dict[tuple[PersonId, str], tuple[bytes, Appended]] = {}
        # A heap of those whose message is gone, by the time of that.
        self._loose_cids: list[tuple[int, PersonId, str]] = []
        # The rooms that are yet to be pruned in this round.
        self._round: list[RoomKey] = []
        self._marks: dict[PersonId, dict[RoomKey, int]] = {}
        self._people = People(wall_ms)
        self.registry = MemoryRegistry(self._people, self._write, self._enrolled)

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
            known = self._cids.get((author.id, draft.cid))
            if known is not None:
                body_hash, first = known
                if body_hash != draft.body_hash:
                    raise rules.cid_conflict()
                return replace(first, repeated=True)
        people = private_pair(draft.room) if is_private(draft.room) else ()
        if any(person not in self._people for person in people):
            raise rules.no_such_person()
        log = self._logs.get(draft.room)
        if draft.reply_to is not None and (log is None or not log.first <= draft.reply_to <= log.head):
            raise rules.no_such_message(draft.reply_to)

        if log is None:
            log = self._logs[draft.room] = Log(draft.room, draft.room_name)
            if not people:
                insort(self._public, draft.room)
            for person in people:
                self._private.setdefault(person, {})[side_name(draft.room, person)] = draft.room
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
        )
        log.last_commit = event.commit
        log.add(event if event.as_sent is None else replace(event, as_sent=None))
        batch.append(event)
        appended = Appended(event.offset, event.id, False)
        if draft.cid is not None:
            self._cids[author.id, draft.cid] = (draft.body_hash, appended)
        return appended

    def act(self, drafts: tuple[DeedDraft, ...]) -> Deferred[Appended]:
        """As the port says."""

        def act(batch: list[Event]) -> Appended:
            self._people.check_owners(drafts)
            first, *_ = [self._act(draft, batch) for draft in drafts]
            return first

        return self._write(act)

    def _act(self, draft: DeedDraft, batch: list[Event]) -> Appended:
        log = self._logs.get(draft.room)
        if log is None:
            log = self._logs[draft.room] = Log(draft.room, draft.room_name)
            if not is_closed(draft.room):
                insort(self._public, draft.room)
        who = draft.detail.who
        self._people.keep((draft.author.id, *([who.id] if who else ())))
        if draft.wipe is not None:
            for each in self._logs.values():
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
        log.add(replace(deed, changes=(), wipe=None))
        batch.append(deed)
        return Appended(deed.offset, deed.id, False)

    async def everything(self) -> Everything:
        """As the port says."""
        return self._people.everything()

    async def read(self, room: RoomKey, after: int, upto: int, max_bytes: int) -> tuple[Event, ...]:
        """As the port says."""
        log = self._logs.get(room)
        if log is None or not after < upto <= log.head:
            raise ValueError(f"{room} has no events after {after} up to {upto}")
        if after + 1 < log.first:
            raise Pruned(log.first)
        stretch = islice(log.from_offset(after + 1), upto - after)
        return rules.cut(stretch, upto - after, max_bytes).events

    async def page(
        self, room: RoomKey, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> Slice:
        """As the port says."""
        log = self._logs.get(room)
        if log is None:
            return Slice((), False)
        if after is not None:
            return rules.cut(log.from_offset(max(after + 1, log.first)), limit, max_bytes)
        back = rules.cut(log.back_from(log.head if before is None else before - 1), limit, max_bytes)
        return Slice(back.events[::-1], back.more)

    async def room(self, room: RoomKey, reader: PersonId | None) -> RoomRecord | None:
        """As the port says."""
        log = self._logs.get(room)
        return None if log is None else self._record(log, reader)

    async def open(
        self, room: RoomKey, reader: PersonId | None, position: Position | None, last: int
    ) -> Opened | None:
        """As the port says."""
        log = self._logs.get(room)
        if log is None:
            return None
        record = self._record(log, reader)
        if position is not None and log.stands(position):
            return Opened(record, position.after, True)
        start = log.head
        for event in log.back_from(log.head):
            if last <= 0:
                break
            start = event.offset - 1
            if isinstance(event, Message):
                last -= 1
        return Opened(record, start, False)

    async def rooms(
        self, reader: PersonId | None, after: str, limit: int, closed: Collection[RoomKey] = ()
    ) -> tuple[RoomRecord, ...]:
        """As the port says."""
        place = bisect_right(self._public, after)
        keys = {key: RoomKey(key) for key in self._public[place : place + limit]}
        keys.update((key, key) for key in closed if key > after and key in self._logs)
        if reader is not None:
            private = self._private.get(reader, {})
            keys.update((key, room) for key, room in private.items() if key > after)
        return tuple(self._record(self._logs[keys[key]], reader) for key in sorted(keys)[:limit])

    async def inbox(
        self, reader: PersonId, limit: int, closed: Collection[RoomKey] = ()
    ) -> tuple[RoomRecord, ...]:
        """As the port says."""
        marked = {key for key in self._marks.get(reader, {}) if not is_closed(key)}
        keys = {
            *self._private.get(reader, {}).values(),
            *marked,
            *(key for key in closed if key in self._logs),
        }
        logs = sorted((self._logs[key] for key in keys), key=lambda log: -log.last_commit)
        return tuple(self._record(log, reader) for log in logs[:limit])

    def mark_read(self, person: PersonId, room: RoomKey, offset: int) -> None:
        """As the port says."""
        if room in self._logs and person in self._people and offset > 0:
            marks = self._marks.setdefault(person, {})
            marks[room] = max(offset, marks.get(room, 0))

    def prune(self, keep: Keep, limit: int) -> Deferred[Trim]:
        """As the port says."""
        return self._write(lambda batch: self._prune(keep, limit))

    def _prune(self, keep: Keep, limit: int) -> Trim:
        if not self._round:
            self._round = list(self._logs)
        first: dict[RoomKey, int] = {}
        left = limit
        for _ in range(min(limit, len(self._round))):
            log = self._logs[self._round[-1]]
            gone = log.trim(keep, left)
            if gone:
                first[log.key] = log.first
                left -= len(gone)
                for event in gone:
                    if isinstance(event, Message) and event.cid is not None:
                        heappush(self._loose_cids, (event.at_ms, event.author.id, event.cid))
            if not left:
                # There may be more in this one.
                break
            self._round.pop()
        forgotten = self._forget_cids(keep, limit)
        return Trim(first, limit - left, bool(self._round) or forgotten == limit)

    def _forget_cids(self, keep: Keep, limit: int) -> int:
        forgotten = 0
        while forgotten < limit and self._loose_cids and self._loose_cids[0][0] < keep.cids_since_ms:
            _, author, cid = heappop(self._loose_cids)
            del self._cids[author, cid]
            forgotten += 1
        return forgotten

    def _record(self, log: Log, reader: PersonId | None) -> RoomRecord:
        pair = None
        if is_private(log.key):
            one, other = private_pair(log.key)
            pair = (self._people.everybody[one].card, self._people.everybody[other].card)
        read = 0 if reader is None else self._marks.get(reader, {}).get(log.key, 0)
        if is_closed(log.key):
            return RoomRecord(log.key, log.key, log.topic, log.head, log.first, read, title=log.name)
        return RoomRecord(log.key, log.name, log.topic, log.head, log.first, read, pair)

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
                self._marks.pop(guest, None)
            return len(gone)

        return self._write(forget)

    def forget_ended(self, before_ms: int) -> Deferred[None]:
        """As the port says."""
        return self._write(lambda batch: self._people.forget_ended(before_ms))
