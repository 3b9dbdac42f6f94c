"""
chatd as `twistd` runs it, but for the index of its messages: `python -m bench.unindexed -n chatd ...`.

For `bench.search`, which measures what the index costs. Nobody else wants a chatd in which nothing is found.
"""

from __future__ import annotations

from twisted.scripts.twistd import run

from chatd.store import sqlite_threads
from chatd.store.sqlite_index import Indexer


class NoIndexer(Indexer):
    """
    Has nothing indexed.
    """

    def look(self) -> None:
        """As `Indexer`: for nothing."""

    def stored(self, rows: object, before: int) -> None:
        """As `Indexer`: keep nothing."""

    def wait(self) -> float | None:
        """As `Indexer`: never."""
        return None

    def press(self) -> None:
        """As `Indexer`: nothing."""


if __name__ == "__main__":
    sqlite_threads.Indexer = NoIndexer  # type: ignore[misc]
    run()
