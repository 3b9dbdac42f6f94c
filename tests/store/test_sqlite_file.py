"""
The database file: whose it is, how it is made and upgraded, and which files are left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import apsw
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.records import StoreUnusable
from chatd.store import sqlite_file
from chatd.store.sqlite import SqliteStore
from chatd.store.sqlite_file import APPLICATION_ID, SCHEMA
from chatd.store.sqlite_place import FileLock
from tests.contracts.store import draft, texts
from tests.store.case import SqliteCase
from tests.store.turns import Turns

KNOWN = len([step for step in SCHEMA.iterdir() if step.name.endswith(".sql")])


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


class OpeningTests(SynchronousTestCase):
    """What may lie where the database should be."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "chatd.sqlite"
        self.turns = Turns()

    def open(self, path: Path | None = None) -> SqliteStore:
        """A store, started and stopped by the end of the test."""
        store = SqliteStore(str(path or self.path), self.turns, lambda: 0)
        self.turns.settle(store.start())
        self.addCleanup(lambda: self.turns.settle(store.stop()))
        return store

    def refusal(self, path: Path | None = None) -> str:
        """The line with which a store does not start."""
        with self.assertRaises(StoreUnusable) as caught:
            self.open(path)
        line = str(caught.exception)
        self.assertNotIn("\n", line)
        return line

    def database(self, change: Callable[[apsw.Connection], object]) -> bytes:
        """A database that somebody else made, and its bytes."""
        connection = apsw.Connection(str(self.path))
        change(connection)
        connection.close()
        return self.path.read_bytes()

    def test_a_new_folder_and_its_files_are_their_owners_alone(self) -> None:
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        store = self.open(self.folder / "deep" / "data" / "chatd.sqlite")
        self.turns.settle(store.append(draft("hi")))
        self.assertEqual(mode(self.folder / "deep" / "data"), 0o700)
        modes = {path.name: mode(path) for path in (self.folder / "deep" / "data").iterdir()}
        self.assertEqual(set(modes.values()), {0o600})
        self.assertEqual(
            sorted(modes), ["chatd.sqlite", "chatd.sqlite-shm", "chatd.sqlite-wal", "chatd.sqlite.lock"]
        )

    def test_a_folder_that_is_there_keeps_its_mode(self) -> None:
        self.folder.chmod(0o755)
        self.open()
        self.assertEqual(mode(self.folder), 0o755)

    def test_an_empty_file_becomes_a_database(self) -> None:
        self.path.touch()
        store = self.open()
        self.assertEqual(self.turns.settle(store.append(draft("hi"))).offset, 1)

    def test_a_new_database_says_whose_it_is(self) -> None:
        self.turns.settle(self.open().stop())
        connection = apsw.Connection(str(self.path))
        self.addCleanup(connection.close)
        self.assertEqual(connection.pragma("application_id"), APPLICATION_ID)
        self.assertEqual(connection.pragma("user_version"), KNOWN)
        tables = connection.execute("PRAGMA table_list").fetchall()
        own = [row for row in tables if row[2] == "table" and not row[1].startswith("sqlite_")]
        self.assertTrue(all(strict for *_, strict in own))

    def test_the_steps_of_the_schema_are_numbered_without_a_gap(self) -> None:
        names = sorted(step.name for step in SCHEMA.iterdir() if step.name.endswith(".sql"))
        self.assertEqual([int(name[:4]) for name in names], list(range(1, KNOWN + 1)))

    def test_garbage_is_refused_and_left_alone(self) -> None:
        self.path.write_bytes(b"all my passwords\n" * 500)
        self.assertIn("not a database", self.refusal())
        self.assertEqual(self.path.read_bytes(), b"all my passwords\n" * 500)

    def test_what_is_too_short_for_a_database_is_refused_and_left_alone(self) -> None:
        self.path.write_bytes(b"x")
        self.assertIn("is not a database", self.refusal())
        self.assertEqual(self.path.read_bytes(), b"x")

    def test_a_database_of_another_program_is_refused_and_left_alone(self) -> None:
        for change in (
            lambda connection: connection.execute("CREATE TABLE recipe (name)"),
            lambda connection: connection.pragma("application_id", 7),
            lambda connection: connection.pragma("user_version", 7),
        ):
            bytes_ = self.database(change)
            self.assertIn("another program", self.refusal())
            self.assertEqual(self.path.read_bytes(), bytes_)
            self.path.unlink()

    def test_a_database_of_a_newer_chatd_is_refused(self) -> None:
        self.turns.settle(self.open().stop())
        self.database(lambda connection: connection.pragma("user_version", KNOWN + 1))
        self.assertIn("newer chatd", self.refusal())
        self.database(lambda connection: connection.pragma("user_version", KNOWN))
        self.open()

    def test_a_damaged_database_is_refused(self) -> None:
        self.turns.settle(self.open().stop())
        bytes_ = self.path.read_bytes()
        self.path.write_bytes(bytes_[:4096] + b"\x55" * (len(bytes_) - 4096))
        self.assertIn(str(self.path), self.refusal())

    def test_a_database_that_another_program_uses_is_refused(self) -> None:
        self.turns.settle(self.open().stop())
        other = apsw.Connection(str(self.path))
        self.addCleanup(other.close)
        self.patch(sqlite_file, "BUSY_MS", 0)
        other.pragma("locking_mode", "exclusive")
        other.execute("BEGIN EXCLUSIVE")
        self.assertIn("in use by another program", self.refusal())

    def test_a_path_where_no_file_can_be_is_refused(self) -> None:
        self.assertIn("is a folder", self.refusal(self.folder))
        self.path.write_bytes(b"")
        self.assertIn("cannot be used", self.refusal(self.path / "chatd.sqlite"))

    def test_a_refused_store_can_be_started_when_the_reason_is_gone(self) -> None:
        self.path.write_bytes(b"garbage" * 1000)
        store = SqliteStore(str(self.path), self.turns, lambda: 0)
        with self.assertRaises(StoreUnusable):
            self.turns.settle(store.start())
        self.path.unlink()
        self.turns.settle(store.start())
        self.turns.settle(store.stop())

    # Two at once

    def test_a_second_store_on_a_file_is_refused_until_the_first_is_closed(self) -> None:
        first = self.open()
        line = self.refusal()
        self.assertIn(f"process {os.getpid()}", line)
        self.assertIn(str(self.path), line)
        self.turns.settle(first.append(draft("hi")))
        self.turns.settle(first.stop())
        second = self.open()
        self.assertEqual(self.turns.settle(second.append(draft("ho"))).offset, 2)

    def test_a_file_under_two_names_is_one_file(self) -> None:
        self.open()
        other = self.folder / "other.sqlite"
        other.symlink_to(self.path)
        self.assertIn("another chatd", self.refusal(other))

    def test_a_lock_that_cannot_be_had_at_all_is_not_somebody_elses(self) -> None:
        def flock(descriptor: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        self.patch(fcntl, "flock", flock)
        line = self.refusal()
        self.assertIn("cannot be used: No locks available", line)
        self.assertNotIn("another chatd", line)

    def test_a_lock_is_taken_though_the_disk_has_no_room_for_its_holder(self) -> None:
        def pwrite(descriptor: int, data: bytes, offset: int) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patched = self.patch(os, "pwrite", pwrite)
        self.open()
        patched.restore()
        self.assertIn("another chatd uses", self.refusal())

    def test_a_killed_process_leaves_no_lock(self) -> None:
        script = (
            "import sys, time\n"
            "from chatd.store.sqlite_place import FileLock\n"
            "FileLock(sys.argv[1]).take()\n"
            "print('taken', flush=True)\n"
            "time.sleep(30)\n"
        )
        root = str(Path(__file__).parents[2])
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(self.path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
        )
        try:
            assert process.stdout is not None
            self.assertEqual(process.stdout.readline(), b"taken\n")
            self.assertIn(f"process {process.pid}", self.refusal())
            process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
            process.communicate()
        lock = FileLock(str(self.path))
        lock.take()
        lock.free()
        lock.free()
        self.open()


class UpgradeTests(SqliteCase):
    """From one schema to the next."""

    def setUp(self) -> None:
        super().setUp()
        self.say("from before")
        self.schema = self.database.folder / "schema"
        self.schema.mkdir()
        for step in SCHEMA.iterdir():
            if step.name.endswith(".sql"):
                (self.schema / step.name).write_bytes(step.read_bytes())
        (self.schema / "notes.txt").write_text("no step\n")
        self.copy = self.database.path.with_name(f"chatd.sqlite.before-{KNOWN + 1}")

    def add_step(self, sql: str) -> None:
        """One more step to the schema."""
        (self.schema / f"{KNOWN + 1:04}_next.sql").write_text(sql)

    def restart(self) -> None:
        """Stop the store and start it with the schema of the test."""
        self.stop()
        self.start(schema=self.schema)

    def refusal_to_restart(self) -> str:
        """The line with which the store does not start on that schema."""
        self.stop()
        with self.assertRaises(StoreUnusable) as caught:
            self.start(schema=self.schema)
        return str(caught.exception)

    def test_a_file_of_the_present_schema_is_not_copied(self) -> None:
        self.restart()
        self.assertFalse(self.copy.exists())

    def test_before_an_upgrade_a_whole_copy_is_laid_beside_the_file(self) -> None:
        self.add_step("ALTER TABLE room ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';")
        self.restart()
        self.assertEqual(self.say("from after").offset, 2)
        with self.database.side_door() as connection:
            self.assertEqual(connection.execute("SELECT colour FROM room").get, "blue")
            self.assertEqual(connection.pragma("user_version"), KNOWN + 1)
        self.assertEqual(mode(self.copy), 0o600)
        copy = apsw.Connection(str(self.copy))
        self.addCleanup(copy.close)
        self.assertEqual(copy.pragma("user_version"), KNOWN)
        self.assertEqual(copy.pragma("integrity_check"), "ok")
        self.assertEqual(copy.execute("SELECT text FROM event").fetchall(), [("from before",)])

    def test_the_copy_is_a_store_that_the_older_chatd_opens(self) -> None:
        self.add_step("ALTER TABLE room ADD COLUMN colour TEXT;")
        self.restart()
        epoch = self.store.epoch
        self.stop()
        shutil.copy(self.copy, self.database.path)
        self.start()
        self.assertEqual(texts(self.log()), ["from before"])
        self.assertEqual(self.store.epoch, epoch)

    def test_a_step_that_fails_changes_nothing(self) -> None:
        self.add_step("ALTER TABLE room ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES (1);")
        self.assertIn("nowhere", self.refusal_to_restart())
        self.start()
        self.assertEqual(texts(self.log()), ["from before"])
        with self.database.side_door() as connection:
            self.assertEqual(connection.pragma("user_version"), KNOWN)
            self.assertNotIn(
                "colour", connection.execute("SELECT sql FROM sqlite_schema WHERE name='room'").get
            )
        self.assertTrue(self.copy.exists())

    def test_without_a_copy_there_is_no_upgrade(self) -> None:
        self.add_step("ALTER TABLE room ADD COLUMN colour TEXT;")
        self.copy.mkdir()
        self.assertIn("cannot be used", self.refusal_to_restart())
        self.assertFalse(self.copy.with_name(self.copy.name + ".part").exists())
        self.start()
        self.assertEqual(texts(self.log()), ["from before"])

    def test_an_upgrade_that_was_cut_off_is_done_again(self) -> None:
        self.copy.write_bytes(b"an older copy")
        self.copy.with_name(self.copy.name + ".part").write_bytes(b"half a copy")
        self.add_step("ALTER TABLE room ADD COLUMN colour TEXT;")
        self.restart()
        copy = apsw.Connection(str(self.copy))
        self.addCleanup(copy.close)
        self.assertEqual(copy.execute("SELECT text FROM event").get, "from before")
