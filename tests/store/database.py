"""
A SQLite store in a folder of its own, and the doors that tests need to its inside.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from twisted.internet import reactor
from twisted.internet.task import deferLater

from chatd.core.events import Batch
from chatd.store.sqlite import SqliteStore
from tests.contracts.store import NOBODY

PATIENCE_SECONDS = 10


class Database:
    """
    The file of a store, the store that has it open, and a gate at which the test can stop the writing thread.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.path = self.folder / "chatd.sqlite"
        self.store: SqliteStore
        self._open = threading.Event()
        self._open.set()
        self._arrived = threading.Event()

    async def open(
        self,
        publish: Callable[[Batch], None] = lambda batch: None,
        wall_ms: Callable[[], int] = lambda: 0,
        turns: Any = reactor,
        **more: Any,
    ) -> SqliteStore:
        """Start a store on the file."""

        def wall_ms_at_the_gate() -> int:
            # The store asks for the time in its writing thread, once a transaction and before it begins.
            if not self._open.is_set():
                self._arrived.set()
                self._open.wait(PATIENCE_SECONDS)
            return wall_ms()

        store = SqliteStore(str(self.path), turns, wall_ms_at_the_gate, **more)
        store.listen(publish)
        await store.start()
        self.store = store
        return store

    async def remove(self) -> None:
        """Stop the store, look whether its file is whole, and remove it."""
        self.release()
        try:
            if hasattr(self, "store"):
                await self.store.stop()
                with self.side_door() as connection:
                    assert connection.pragma("integrity_check") == "ok"
                    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            shutil.rmtree(self.folder)

    async def indexed(self) -> None:
        """Wait until all that is committed is in the index."""
        assert self.store._writer is not None
        self.store._writer._indexer.lag_seconds = 0.0
        for _ in range(100 * PATIENCE_SECONDS):
            with self.side_door() as connection:
                state = "SELECT low = 0 AND high = (SELECT commits FROM store) FROM indexed"
                whole = connection.execute(state).get and not connection.execute("SELECT 1 FROM due").get
            if whole:
                return
            await deferLater(reactor, 0.01)
        raise AssertionError("the index does not follow")

    def hold(self) -> None:
        """Stop the writing thread before a transaction, so that what is written gathers behind it."""
        self._arrived.clear()
        self._open.clear()
        self.store.touch([NOBODY]).addErrback(lambda failure: None)
        self.store._hand_over()
        assert self._arrived.wait(PATIENCE_SECONDS)

    def release(self) -> None:
        """Let the writing thread go on, with all that has been asked for."""
        if hasattr(self, "store"):
            self.store._hand_over()
        self._open.set()

    def refuse_writes(self, refuse: bool) -> None:
        """Make the writing connection refuse, or take, whatever would be written."""
        self.writing_connection.pragma("query_only", refuse)

    @property
    def writing_connection(self) -> apsw.Connection:
        """The connection that the writing thread uses; leave it alone while it does."""
        assert self.store._writer is not None
        return self.store._writer.ledger.connection

    @contextmanager
    def side_door(self) -> Iterator[apsw.Connection]:
        """A connection beside the store's."""
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(PATIENCE_SECONDS * 1000)
        try:
            yield connection
        finally:
            connection.close()
