"""
Whatever happens to a log, a store has of it what the simplest model of a log has.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Batch, Card
from tests.contracts.store import ADA, BOB, NAMES, Backend
from tests.contracts.store_model import NOW_MS, Model, operations
from tests.contracts.test_memory_store import MemoryBackend
from tests.contracts.test_sqlite_store import SqliteBackend
from tests.store.turns import Turns


class ModelTests(SynchronousTestCase):
    """The model against each kind of store."""

    def live(self, backend: Backend, turns: Turns, steps: list[Any]) -> None:
        """Take the steps on a store of that kind."""

        async def live() -> None:
            batches: list[Batch] = []
            store = await backend.make(batches.append, lambda: NOW_MS)
            try:
                for who in (ADA, BOB):
                    await store.add_person(Card(who, NAMES[who]), who.encode())
                await Model(store, backend, batches).run(steps)
            finally:
                await backend.remove()

        turns.settle(live())

    @settings(deadline=None, max_examples=200)
    @given(operations)
    def test_a_log_in_memory_is_what_the_model_says(self, steps: list[Any]) -> None:
        self.live(MemoryBackend(), Turns(), steps)

    @settings(deadline=None, max_examples=25)
    @given(operations)
    def test_a_log_in_a_file_is_what_the_model_says(self, steps: list[Any]) -> None:
        turns = Turns()
        self.live(SqliteBackend(turns), turns, steps)
