"""
The store in memory keeps the contract of a store.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import TestCase

from chatd.core.events import Batch
from chatd.core.names import RoomKey
from chatd.core.ports import Store
from chatd.store.memory import MemoryStore
from tests.contracts.store import Backend
from tests.contracts.store_deeds import DeedsContract
from tests.contracts.store_files import FilesContract
from tests.contracts.store_forms import FormsContract
from tests.contracts.store_people import PeopleContract
from tests.contracts.store_pruning import PruningContract
from tests.contracts.store_reading import ReadingContract
from tests.contracts.store_search import SearchContract
from tests.contracts.store_writing import WritingContract


class MemoryBackend:
    """
    A store in memory, and the doors to it.
    """

    def __init__(self) -> None:
        self.store: MemoryStore

    async def make(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """As the backend of a test has it."""
        self.store = MemoryStore(wall_ms)
        self.store.listen(publish)
        await self.store.start()
        return self.store

    async def restart(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """As the backend of a test has it: the same object, since nothing else has what it kept."""
        await self.store.stop()
        await self.store.start()
        return self.store

    async def remove(self) -> None:
        """As the backend of a test has it."""
        await self.store.stop()

    def hold(self) -> None:
        """As the backend of a test has it."""
        self.store.hold()

    def release(self) -> None:
        """As the backend of a test has it."""
        self.store.release()

    def refuse_writes(self, refuse: bool) -> None:
        """As the backend of a test has it."""
        self.store.read_only = "the test says so" if refuse else None

    async def indexed(self) -> None:
        """As the backend of a test has it: there is no index."""

    def prune(self, room: RoomKey, first: int) -> None:
        """As the backend of a test has it: in memory a log is a list and the offset of its first event."""
        log = self.store._rooms.logs[room]
        log.drop(first - log.first)


class _InMemory:
    def make_backend(self) -> Backend:
        """The backend under test."""
        return MemoryBackend()


class MemoryWritingTests(_InMemory, WritingContract, TestCase):
    """Messages in memory."""


class MemoryReadingTests(_InMemory, ReadingContract, TestCase):
    """Logs in memory."""


class MemoryPeopleTests(_InMemory, PeopleContract, TestCase):
    """Rooms and people in memory."""


class MemoryDeedsTests(_InMemory, DeedsContract, TestCase):
    """Deeds and accounts in memory."""


class MemorySearchTests(_InMemory, SearchContract, TestCase):
    """Searches in memory."""


class MemoryPruningTests(_InMemory, PruningContract, TestCase):
    """Pruning in memory."""


class MemoryFormsTests(_InMemory, FormsContract, TestCase):
    """What becomes of messages in memory."""


class MemoryFilesTests(_InMemory, FilesContract, TestCase):
    """What is known of files, in memory."""
