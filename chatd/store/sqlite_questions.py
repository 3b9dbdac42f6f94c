"""
What a store of SQLite is asked: each question goes to a thread that reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import apsw
from twisted.internet.defer import Deferred

from chatd.core.events import Card, Event, Message
from chatd.core.names import PersonId, RoomKey
from chatd.core.records import Counts, Everything, Known, Opened, Position, RoomRecord, Slice
from chatd.store import sqlite_reads
from chatd.store.sqlite_marks import Marks

T = TypeVar("T")


class Questions:
    """
    The part of `chatd.core.ports.Store` that changes nothing. `_ask` has a question answered; `_marks` are
    the read markers that are not in the database yet, `_wall_ms` is the time in milliseconds since 1970.
    """

    _marks: Marks
    _wall_ms: Callable[[], int]

    def _ask(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]:
        raise NotImplementedError

    def read(self, room: RoomKey, after: int, upto: int, max_bytes: int) -> Deferred[tuple[Event, ...]]:
        """As the port says."""
        return self._ask(lambda database: sqlite_reads.read(database, room, after, upto, max_bytes))

    def page(
        self,
        room: RoomKey,
        reader: PersonId | None,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        max_bytes: int,
        brief: bool = False,
    ) -> Deferred[Slice]:
        """As the port says."""
        return self._ask(
            lambda database: sqlite_reads.page(database, room, reader, before, after, limit, max_bytes, brief)
        )

    def room(self, room: RoomKey, reader: PersonId | None) -> Deferred[RoomRecord | None]:
        """As the port says."""
        marks = self._marks.of(reader)
        return self._ask(lambda database: sqlite_reads.record(database, room, reader, marks))

    def open(
        self,
        room: RoomKey,
        reader: PersonId | None,
        position: Position | None,
        last: int,
        brief: bool = False,
    ) -> Deferred[Opened | None]:
        """As the port says."""
        marks = self._marks.of(reader)
        return self._ask(
            lambda database: sqlite_reads.open_room(database, room, reader, position, last, marks, brief)
        )

    def rooms(
        self, reader: PersonId | None, after: str, limit: int, closed: Collection[RoomKey] = ()
    ) -> Deferred[tuple[RoomRecord, ...]]:
        """As the port says."""
        marks, keys = self._marks.of(reader), tuple(closed)
        return self._ask(lambda database: sqlite_reads.rooms(database, reader, after, limit, marks, keys))

    def inbox(
        self, reader: PersonId, limit: int, closed: Collection[RoomKey] = ()
    ) -> Deferred[tuple[RoomRecord, ...]]:
        """As the port says."""
        marks, keys = self._marks.of(reader), tuple(closed)
        return self._ask(lambda database: sqlite_reads.inbox(database, reader, limit, marks, keys))

    def counts(self, reader: PersonId, room: RoomKey, read: int) -> Deferred[Counts]:
        """As the port says."""
        return self._ask(lambda database: sqlite_reads.counts(database, room, reader, read))

    def pinned(self, room: RoomKey) -> Deferred[tuple[Message, ...]]:
        """As the port says."""
        return self._ask(lambda database: sqlite_reads.pinned(database, room))

    def everything(self) -> Deferred[Everything]:
        """As the port says."""
        return self._ask(sqlite_reads.everything)

    def person(self, id: PersonId) -> Deferred[Card | None]:
        """As the port says."""
        return self._ask(lambda database: sqlite_reads.person(database, id))

    def people(self, ids: Collection[PersonId]) -> Deferred[tuple[Card, ...]]:
        """As the port says."""
        wanted = tuple(ids)
        return self._ask(lambda database: sqlite_reads.people(database, wanted))

    def person_of_token(self, token_hash: bytes) -> Deferred[Known | None]:
        """As the port says."""
        found = self._ask(lambda database: sqlite_reads.person_of_token(database, token_hash))
        return found.addCallback(self._marks.show, token_hash, self._wall_ms())
