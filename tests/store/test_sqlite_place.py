"""
What was in a database's place before: nobody finds an empty chat where another one was.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import apsw

from chatd.core.records import StoreUnusable
from chatd.core.refusals import Code
from chatd.store.sqlite_place import copies
from tests.contracts.store import draft, texts
from tests.store.case import SqliteCase


class LossTests(SqliteCase):
    """A file that was there and is not, or not whole."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.database.path
        self.log_path = self.beside("-wal")
        for number in range(1, 6):
            self.say(f"text {number}")

    def beside(self, end: str) -> Path:
        """A file that lies beside the database."""
        return self.path.with_name(self.path.name + end)

    def kill(self) -> None:
        """Have the files as a process leaves them that is killed."""
        kept = {path: path.read_bytes() for path in (self.path, self.log_path)}
        self.stop()
        for path, content in kept.items():
            path.write_bytes(content)

    def contents(self) -> list[bytes]:
        """The database and its log; a log without anything in it is none."""
        return [path.read_bytes() if path.exists() else b"" for path in (self.path, self.log_path)]

    def refusal_to_start(self) -> str:
        """The line with which the store does not start, and leaves the files as they are."""
        before = self.contents()
        with self.assertRaises(StoreUnusable) as caught:
            self.start()
        self.assertTrue(self.contents() == before)
        line = str(caught.exception)
        self.assertNotIn("\n", line)
        self.assertIn(str(self.path), line)
        return line

    def test_where_a_database_has_gone_no_empty_one_is_made(self) -> None:
        self.stop()
        aside = self.beside(".aside")
        os.rename(self.path, aside)
        line = self.refusal_to_start()
        self.assertIn("has gone, and there was a chat in it", line)
        self.assertIn(f"{self.path}.lock", line)
        os.rename(aside, self.path)
        self.start()
        self.assertEqual(self.say("on").offset, 6)

    def test_an_operator_can_begin_anew(self) -> None:
        self.stop()
        os.unlink(self.path)
        self.refusal_to_start()
        os.unlink(self.beside(".lock"))
        self.start()
        self.assertEqual(self.log(), ())

    def test_a_database_that_was_emptied_is_not_begun_anew(self) -> None:
        self.stop()
        self.path.write_bytes(b"")
        self.assertIn("is empty, and there was a chat in it", self.refusal_to_start())

    def test_an_empty_file_with_a_log_beside_it_is_what_is_left_of_a_chat(self) -> None:
        self.kill()
        self.path.write_bytes(b"")
        os.unlink(self.beside(".lock"))
        self.assertIn(str(self.log_path), self.refusal_to_start())

    def test_a_copy_from_before_an_upgrade_is_named(self) -> None:
        self.stop()
        for number in (2, 10):
            shutil.copy(self.path, self.beside(f".before-{number}"))
        self.beside(".before-11.part").touch()
        os.unlink(self.path)
        os.unlink(self.beside(".lock"))
        line = self.refusal_to_start()
        self.assertIn(f"{self.path}.before-10, {self.path}.before-2)", line)

    def test_a_database_that_lost_its_first_log_is_not_begun_anew(self) -> None:
        self.stop()
        self.path.write_bytes(b"")
        connection = apsw.Connection(str(self.path))
        connection.pragma("journal_mode", "wal")
        connection.close()
        self.assertIn("is empty", self.refusal_to_start())

    def test_the_log_of_another_database_is_not_taken_for_its_own(self) -> None:
        self.kill()
        other = self.log_path.read_bytes()
        self.stop()
        for path in (self.path, self.log_path, self.beside(".lock")):
            path.unlink(missing_ok=True)
        self.start()
        self.say("another chat")
        self.stop()
        self.log_path.write_bytes(other)
        self.assertIn("is not the log of this database", self.refusal_to_start())
        self.log_path.unlink()
        self.start()
        self.assertEqual(texts(self.log()), ["another chat"])

    def test_an_older_log_of_the_same_database_is_not_replayed(self) -> None:
        self.kill()
        older = self.log_path.read_bytes()
        self.start()
        self.say("later")
        self.stop()
        self.log_path.write_bytes(older)
        self.assertIn("or an older one of it", self.refusal_to_start())

    def test_an_older_database_beside_a_newer_log_is_damaged(self) -> None:
        self.stop()
        older = self.path.read_bytes()
        self.start()
        for _ in range(40):
            self.say("x" * 3000)
        self.stop()
        self.start()
        self.say("later")
        self.kill()
        self.path.write_bytes(older)
        self.assertIn("is damaged; `chatd check`", self.refusal_to_start())

    def test_a_database_that_was_cut_short_is_damaged(self) -> None:
        for _ in range(40):
            self.say("x" * 3000)
        self.stop()
        whole = self.path.read_bytes()
        for length in (len(whole) - 4096, len(whole) // 2, 4096, 5000, 200):
            self.path.write_bytes(whole[:length])
            self.assertIn("is damaged", self.refusal_to_start())
        self.path.write_bytes(whole)
        self.start()

    def test_a_room_that_does_not_end_where_it_should_is_damaged(self) -> None:
        self.stop()
        with self.database.side_door() as connection:
            connection.execute("DELETE FROM event WHERE offset = 5")
        self.assertIn("is damaged", self.refusal_to_start())
        with self.database.side_door() as connection:
            connection.execute("UPDATE room SET head = 4")
        self.start()

    def test_a_folder_that_cannot_be_read_has_no_copies(self) -> None:
        self.assertEqual(copies(str(self.database.folder / "nowhere" / "chatd.sqlite")), [])


class MovedTests(SqliteCase):
    """Files that are taken from under a store at work."""

    def refuse(self, text: str) -> None:
        """Have a message refused."""
        self.assertEqual(self.refusal(self.store.append(draft(text))).code, Code.READ_ONLY)
        self.assertEqual(self.store.trouble(), "the database cannot be used")

    def test_nothing_is_written_into_a_database_that_was_moved_away(self) -> None:
        self.say("kept")
        self.log()
        aside = self.database.folder / "aside"
        os.rename(self.database.path, aside)
        for _ in range(2):
            self.refuse("lost")
        self.assertEqual(texts(self.log()), ["kept"])
        os.rename(aside, self.database.path)
        self.assertEqual(self.say("on").offset, 2)
        self.assertIsNone(self.store.trouble())
        self.assertEqual(self.heard(), [["kept"], ["on"]])

    def test_nothing_is_written_beside_a_database_that_was_replaced(self) -> None:
        self.say("kept")
        aside = self.database.folder / "aside"
        os.rename(self.database.path, aside)
        shutil.copy(aside, self.database.path)
        self.refuse("lost")
        os.replace(aside, self.database.path)
        self.assertEqual(self.say("on").offset, 2)

    def test_a_log_that_was_removed_is_written_no_more_and_saved_by_a_stop(self) -> None:
        said = [self.say(f"kept {number}").offset for number in range(20)]
        os.unlink(f"{self.database.path}-wal")
        for _ in range(3):
            self.refuse("lost")
        self.stop()
        self.start()
        self.assertEqual([event.offset for event in self.log()], said)
        self.assertEqual(self.say("on").offset, 21)
