"""
The rooms of a store in memory: their logs, in what order they are listed, and how far each reader is.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import islice

from chatd.core.events import Card, Message
from chatd.core.forms import mentioned
from chatd.core.names import PersonId, RoomKey, is_closed, is_private, private_pair, side_name
from chatd.core.records import COUNTED_EVENTS, MOST_COUNTED, Appended, Counts, RoomRecord
from chatd.core.retention import Keep, Trim
from chatd.store.memory_log import Log


@dataclass(slots=True)
class Rooms:
    """
    Every room that has had an event. `card` tells who somebody is.
    """

    card: Callable[[PersonId], Card | None]
    logs: dict[RoomKey, Log] = field(default_factory=dict)
    marks: dict[PersonId, dict[RoomKey, int]] = field(default_factory=dict)
    notices: dict[PersonId, dict[RoomKey, str]] = field(default_factory=dict)
    cids: dict[tuple[PersonId, str], tuple[bytes, Appended]] = field(default_factory=dict)
    _public: list[str] = field(default_factory=list)
    _private: dict[PersonId, dict[str, RoomKey]] = field(default_factory=dict)
    # A heap of those whose message is gone, by the time of that.
    _loose_cids: list[tuple[int, PersonId, str]] = field(default_factory=list)
    # The rooms that are yet to be pruned in this round.
    _round: list[RoomKey] = field(default_factory=list)

    def log(self, key: RoomKey, name: str) -> Log:
        """
        The log of a room, which is made if there is none.
        """
        log = self.logs.get(key)
        if log is None:
            log = self.logs[key] = Log(key, name)
            if is_private(key):
                for person in private_pair(key):
                    self._private.setdefault(person, {})[side_name(key, person)] = key
            elif not is_closed(key):
                insort(self._public, key)
        return log

    def forget(self, person: PersonId) -> None:
        """
        Know nothing more of somebody.
        """
        self.marks.pop(person, None)
        self.notices.pop(person, None)

    def listed(
        self, reader: PersonId | None, after: str, limit: int, closed: Collection[RoomKey]
    ) -> tuple[RoomRecord, ...]:
        """
        As `Store.rooms`.
        """
        place = bisect_right(self._public, after)
        keys = {key: RoomKey(key) for key in self._public[place : place + limit]}
        keys.update((key, key) for key in closed if key > after and key in self.logs)
        if reader is not None:
            private = self._private.get(reader, {})
            keys.update((key, room) for key, room in private.items() if key > after)
        return tuple(self.record(self.logs[keys[key]], reader) for key in sorted(keys)[:limit])

    def inbox(self, reader: PersonId, limit: int, closed: Collection[RoomKey]) -> tuple[RoomRecord, ...]:
        """
        As `Store.inbox`.
        """
        keys = {
            *self._private.get(reader, {}).values(),
            *(key for key in self.marks.get(reader, {}) if not is_closed(key)),
            *(key for key in closed if key in self.logs),
        }
        logs = sorted((self.logs[key] for key in keys), key=lambda log: -log.last_commit)
        return tuple(self.record(log, reader, counted=True) for log in logs[:limit])

    def record(self, log: Log, reader: PersonId | None, *, counted: bool = False) -> RoomRecord:
        """
        A room as the reader sees it; `counted` with what they have not read.
        """
        pair = None
        if is_private(log.key):
            one, other = (self.card(each) for each in private_pair(log.key))
            assert one is not None
            assert other is not None
            pair = (one, other)
        read = 0 if reader is None else self.marks.get(reader, {}).get(log.key, 0)
        closed = is_closed(log.key)
        return RoomRecord(
            log.key,
            log.key if closed else log.name,
            log.topic,
            log.head,
            log.first,
            read,
            pair,
            title=log.name if closed else "",
            counts=self.counts(log, reader, read) if counted and reader is not None else Counts(),
        )

    def counts(self, log: Log, reader: PersonId, read: int) -> Counts:
        """
        As `Store.counts`.
        """
        notice = self.notices.get(reader, {}).get(log.key, "")
        if not read and not (is_private(log.key) or is_closed(log.key)):
            return Counts(notice=notice)
        others = [
            event
            for event in islice(log.from_offset(max(read + 1, log.first)), COUNTED_EVENTS)
            if isinstance(event, Message) and not event.deleted and event.author.id != reader
        ]
        called = sum(mentioned(event, reader) for event in others)
        return Counts(min(len(others), MOST_COUNTED), min(called, MOST_COUNTED), notice)

    def prune(self, keep: Keep, limit: int) -> Trim:
        """
        As `Store.prune`.
        """
        if not self._round:
            self._round = list(self.logs)
        for log in self.logs.values():
            while log.taken:
                heappush(self._loose_cids, log.taken.pop())
        first: dict[RoomKey, int] = {}
        left = limit
        for _ in range(min(limit, len(self._round))):
            log = self.logs[self._round[-1]]
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
            del self.cids[author, cid]
            forgotten += 1
        return forgotten
