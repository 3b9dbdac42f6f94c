"""
The store in a SQLite database keeps the contract of a store, with its threads and on a disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from chatd.core.events import Batch
from chatd.core.names import RoomKey
from chatd.core.ports import Store
from tests.contracts.store import Backend
from tests.contracts.store_deeds import DeedsContract
from tests.contracts.store_files import FilesContract
from tests.contracts.store_forms import FormsContract
from tests.contracts.store_people import PeopleContract
from tests.contracts.store_pruning import PruningContract
from tests.contracts.store_reading import ReadingContract
from tests.contracts.store_search import SearchContract
from tests.contracts.store_writing import WritingContract
from tests.store.database import Database


class SqliteBackend:
    """
    A store in a file, and the doors to it.
    """

    def __init__(self, turns: Any = reactor) -> None:
        self.database = Database()
        self._turns = turns

    async def make(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """As the backend of a test has it."""
        return await self.database.open(publish, wall_ms, self._turns)

    async def restart(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """As the backend of a test has it: another object on the same file."""
        await self.database.store.stop()
        return await self.database.open(publish, wall_ms, self._turns)

    async def remove(self) -> None:
        """As the backend of a test has it."""
        await self.database.remove()

    def hold(self) -> None:
        """As the backend of a test has it."""
        self.database.hold()

    def release(self) -> None:
        """As the backend of a test has it."""
        self.database.release()

    def refuse_writes(self, refuse: bool) -> None:
        """As the backend of a test has it."""
        self.database.refuse_writes(refuse)

    async def indexed(self) -> None:
        """As the backend of a test has it."""
        await self.database.indexed()

    def prune(self, room: RoomKey, first: int) -> None:
        """As the backend of a test has it: events go, and the room knows the first that is left."""
        with self.database.side_door() as connection:
            connection.execute(
                "DELETE FROM event WHERE offset < ?2 AND room = (SELECT number FROM room WHERE key = ?1)",
                (room, first),
            )
            connection.execute(
                "UPDATE room SET first = ?1, messages = messages - (?1 - first) WHERE key = ?2", (first, room)
            )


class _InAFile:
    def make_backend(self) -> Backend:
        """The backend under test."""
        return SqliteBackend()


class SqliteWritingTests(_InAFile, WritingContract, TestCase):
    """Messages in a file."""


class SqliteReadingTests(_InAFile, ReadingContract, TestCase):
    """Logs in a file."""


class SqlitePeopleTests(_InAFile, PeopleContract, TestCase):
    """Rooms and people in a file."""


class SqliteDeedsTests(_InAFile, DeedsContract, TestCase):
    """Deeds and accounts in a file."""


class SqliteSearchTests(_InAFile, SearchContract, TestCase):
    """Searches in a file."""


class SqlitePruningTests(_InAFile, PruningContract, TestCase):
    """Pruning in a file."""


class SqliteFormsTests(_InAFile, FormsContract, TestCase):
    """What becomes of messages in a file."""


class SqliteFilesTests(_InAFile, FilesContract, TestCase):
    """What is known of files, in a file."""
