"""
The write-ahead log is copied into the database beside the commits, and by one connection alone.
"""

from __future__ import annotations

from typing import Any

import apsw

from chatd.core.names import LOBBY
from chatd.store import sqlite_threads
from tests.contracts.store import draft
from tests.store.case import SqliteCase


class CheckpointTests(SqliteCase):
    """When the log is copied."""

    def file_size(self) -> int:
        """The bytes of the database without its log."""
        return self.database.path.stat().st_size

    def flood(self) -> None:
        """Write about three megabytes."""
        said = [self.store.append(draft("x" * 4000)) for _ in range(700)]
        self.settle(said[-1])

    def after_the_commit(self) -> None:
        """Wait until the writing thread is through with what it does after a commit."""
        self.settle(self.store._submit(lambda group: None))

    def test_a_log_that_has_grown_is_copied_and_used_again(self) -> None:
        self.patch(sqlite_threads, "CHECKPOINT_PAGES", 100)
        for _ in range(3):
            self.flood()
            self.after_the_commit()
        self.assertGreater(self.file_size(), 3 * 700 * 4000)
        log = self.database.path.with_name("chatd.sqlite-wal").stat().st_size
        self.assertLess(log, 2 * 700 * 6000)

    def test_a_small_log_is_left_alone(self) -> None:
        before = self.file_size()
        for _ in range(5):
            self.say("hi")
        self.after_the_commit()
        self.assertEqual(self.file_size(), before)

    def test_a_reader_in_the_way_of_a_great_log_stops_nobody(self) -> None:
        self.patch(sqlite_threads, "CHECKPOINT_PAGES", 1)
        self.patch(sqlite_threads, "RESTART_PAGES", 1)
        self.database.writing_connection.set_busy_timeout(0)
        with self.database.side_door() as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM event").fetchall()
            self.assertEqual([self.say("hi").offset for _ in range(3)], [1, 2, 3])
            reader.execute("ROLLBACK")
        self.say("hi")
        self.after_the_commit()
        self.assertIsNone(self.store.trouble())

    def test_a_copy_that_fails_is_reported_and_loses_nothing(self) -> None:
        class Failing:
            def wal_checkpoint(self, *, mode: int) -> None:
                raise apsw.IOError("disk I/O error")

        writer: Any = self.store._writer
        real, pages = writer.connection, writer._wal_pages
        lines: list[str] = []
        self.patch(writer, "report", lines.append)
        writer.connection, writer._wal_pages = Failing(), sqlite_threads.CHECKPOINT_PAGES
        writer._checkpoint()
        writer.connection, writer._wal_pages = real, pages
        self.assertEqual(len(lines), 1)
        self.assertIn("disk I/O error", lines[0])
        self.assertEqual(self.say("hi", LOBBY).offset, 1)

    def test_a_transaction_that_cannot_even_be_rolled_back_costs_the_connection(self) -> None:
        class Broken:
            in_transaction = True
            closed = False

            def execute(self, statement: str) -> None:
                raise apsw.IOError("disk I/O error")

            def close(self) -> None:
                self.closed = True
                raise apsw.IOError("disk I/O error")

        writer: Any = self.store._writer
        real = writer.connection
        broken = writer.connection = Broken()
        writer._roll_back(keep=True)
        self.assertTrue(broken.closed)
        self.assertIsNone(writer.connection)
        writer.connection = real
