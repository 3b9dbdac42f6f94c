"""
A test of a SQLite store: on a file and with threads, but in turns that the test takes.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Batch, Card, Event
from chatd.core.names import LOBBY, RoomKey
from chatd.core.records import Appended
from chatd.core.refusals import Refused
from chatd.store.sqlite import SqliteStore
from tests.contracts.store import ADA, BOB, NAMES, PLENTY, draft, texts
from tests.store.database import Database
from tests.store.turns import Turns

T = TypeVar("T")


class SqliteCase(SynchronousTestCase):
    """
    A store on an empty file, in which ada and bob are known.
    """

    def setUp(self) -> None:
        self.turns = Turns()
        self.batches: list[Batch] = []
        self.database = Database()
        self.addCleanup(self.remove)
        self.start()
        for who in (ADA, BOB):
            self.settle(self.store.add_person(Card(who, NAMES[who]), who.encode()))

    def remove(self) -> None:
        """Stop the store and remove the file; no timer may be left."""
        self.settle(self.database.remove())
        self.assertEqual(self.turns.clock.getDelayedCalls(), [])

    @property
    def store(self) -> SqliteStore:
        """The store that was opened last."""
        return self.database.store

    def start(self, **more: Any) -> None:
        """Start another store on the file."""
        self.settle(self.database.open(self.batches.append, lambda: 1_750_000_000_000, self.turns, **more))

    def stop(self) -> None:
        """Stop the store."""
        self.settle(self.store.stop())

    def settle(self, asked: Awaitable[T]) -> T:
        """The answer to what was asked."""
        return self.turns.settle(asked)

    def say(self, text: str, room: str = LOBBY, **more: Any) -> Appended:
        """Store a message."""
        return self.settle(self.store.append(draft(text, room, **more)))

    def refusal(self, asked: Awaitable[object]) -> Refused:
        """The refusal with which a write ends."""
        with self.assertRaises(Refused) as caught:
            self.settle(asked)
        return caught.exception

    def log(self, room: str = LOBBY) -> tuple[Event, ...]:
        """All that is kept of a room."""
        page = self.store.page(RoomKey(room), None, before=None, after=0, limit=100_000, max_bytes=PLENTY)
        return self.settle(page).events

    def heard(self) -> list[list[str]]:
        """What the listener heard, batch after batch."""
        return [texts(batch) for batch in self.batches]

    def stored_marker(self, room: str = LOBBY) -> int:
        """Ada's read marker as the file has it, whatever the store says."""
        with self.database.side_door() as connection:
            row = connection.execute(
                "SELECT offset FROM read_marker JOIN room ON number = room WHERE person = ? AND key = ?",
                (ADA, room),
            ).fetchone()
        return 0 if row is None else int(row[0])
