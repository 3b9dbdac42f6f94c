"""
The look at a database: what is wrong is told in plain words, and nothing is changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
from msgspec.structs import replace

from chatd.core.files import Upload, file_id
from chatd.core.names import LOBBY
from chatd.core.records import StoreUnusable
from chatd.store.blobs import FOLDER, blob_path
from chatd.store.sqlite_check import MOST_LINES, Report, examine, last_good_copy
from tests.contracts.store import ADA, BOB, GARDEN, draft
from tests.store.case import SqliteCase


class CheckTests(SqliteCase):
    """A database with a few rooms."""

    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 6):
            self.say(f"text {number}", cid=f"c{number}")
        self.say("hi", GARDEN)
        self.say("psst", f"@{ADA}:{BOB}", cid="private")
        self.path = str(self.database.path)

    def examine(self) -> Report:
        """What is found, in a file that is left as it is."""
        before = self.files()
        report = examine(self.path)
        self.assertEqual(self.files(), before)
        return report

    def files(self) -> dict[str, bytes]:
        """The files beside the database but the index of its log, which every reader notes itself in."""
        return {
            entry.name: self.database.folder.joinpath(entry.name).read_bytes()
            for entry in os.scandir(self.database.folder)
            if not entry.name.endswith("-shm")
        }

    def wrong(self, *changes: str) -> list[str]:
        """What is found after the file was changed by those statements, and only then."""
        self.stop()
        whole = self.database.path.read_bytes()
        connection = apsw.Connection(self.path)
        for change in changes:
            connection.execute(change)
        connection.close()
        found = self.examine().wrong
        self.database.path.write_bytes(whole)
        self.assertEqual(self.examine().wrong, [])
        return found

    def test_a_file_has_a_message_that_names_it(self) -> None:
        upload = Upload(id=file_id(bytes(16)), room=LOBBY, person=ADA, name="a.txt", size=5)
        self.settle(self.store.files.begin(upload, 100))
        self.settle(self.store.files.finish(upload.id, "text/plain", None))
        appended = self.settle(self.store.append(replace(draft("look"), files=(upload.id,))))
        folder = Path(f"{self.path}{FOLDER}")
        report = self.examine()
        self.assertTrue(report.summary.endswith(f", 1 files, of which 1 are not whole in {folder}"))
        self.assertEqual((report.wrong, report.lost), ([], 1))
        path = Path(blob_path(str(folder), upload.id))
        path.parent.mkdir(parents=True)
        path.write_bytes(b"hello")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        report = examine(self.path)
        self.assertEqual((report.wrong, report.lost, report.summary.endswith(", 1 files")), ([], 0, True))
        shutil.rmtree(folder)
        self.assertEqual(
            self.wrong("UPDATE event SET files = NULL"),
            [f"room lobby: file {upload.id} is of message {appended.offset}, which does not name it"],
        )

    def test_a_whole_database_is_whole_while_it_is_used_and_after(self) -> None:
        for _ in range(2):
            report = self.examine()
            self.assertEqual((report.wrong, report.summary), ([], "3 rooms, 7 messages, 2 people"))
            if self.store._writer is not None:
                self.stop()

    def test_what_is_only_in_the_log_of_a_killed_process_is_looked_at(self) -> None:
        folder = self.database.folder / "killed"
        folder.mkdir()
        for end in ("", "-wal"):
            shutil.copy(self.path + end, folder)
        report = examine(str(folder / "chatd.sqlite"))
        self.assertEqual((report.wrong, report.summary), ([], "3 rooms, 7 messages, 2 people"))

    def test_missing_events_are_named(self) -> None:
        self.assertEqual(
            self.wrong("DELETE FROM event WHERE cid IN ('c1', 'c3', 'c4')"),
            ["room lobby: event 1 is missing", "room lobby: events 3 to 4 are missing"],
        )

    def test_the_end_of_a_log_that_is_missing_is_named(self) -> None:
        self.assertIn(
            "room lobby: events 4 to 5 are missing",
            self.wrong("DELETE FROM event WHERE cid IN ('c4', 'c5')"),
        )
        self.assertEqual(
            self.wrong("DELETE FROM event WHERE text = 'hi'"), ["room garden: event 1 is missing"]
        )

    def test_events_beyond_the_ends_of_a_log_are_named(self) -> None:
        found = self.wrong("UPDATE room SET head = 4, first = 2 WHERE key = 'lobby'")
        self.assertIn("room lobby: it begins with event 2, and yet there is event 1", found)
        self.assertIn("room lobby: it ends with event 4, and yet there is event 5", found)
        self.assertIn("room lobby: a cid stands for message 5, and the last one is 4", found)

    def test_a_pruned_room_is_whole(self) -> None:
        self.assertEqual(
            self.wrong(
                "DELETE FROM event WHERE cid IN ('c1', 'c2')",
                "UPDATE room SET first = 3 WHERE key = 'lobby'",
                "DELETE FROM event WHERE text = 'hi'",
                "UPDATE room SET first = 2 WHERE key = 'garden'",
            ),
            [],
        )

    def test_a_forgotten_cid_is_named(self) -> None:
        self.assertEqual(
            self.wrong("DELETE FROM cid WHERE cid = 'c2'", "UPDATE cid SET offset = 1 WHERE cid = 'c3'"),
            [
                f"room lobby: message {offset} could be stored twice, since its cid is not remembered"
                for offset in (2, 3)
            ],
        )

    def test_numbers_that_do_not_fit_are_named(self) -> None:
        self.assertEqual(
            self.wrong("UPDATE store SET commits = 6"),
            ["6 events were stored, and yet there is one with the number 7"],
        )
        self.assertIn(
            "there is more than one event with the number 2",
            self.wrong("UPDATE event SET commit_number = 2 WHERE cid = 'c3'"),
        )
        self.assertEqual(
            self.wrong("UPDATE room SET last_commit = 1 WHERE key = 'garden'"),
            ["room garden: its last event has the number 6, not 1"],
        )
        self.assertEqual(
            self.wrong("DELETE FROM store"),
            ["the name of this log and the count of its events are missing"],
        )

    def test_references_to_nothing_are_named(self) -> None:
        found = self.wrong("DELETE FROM private_room WHERE person = 'bbbbbbbbbbbbbbbb'")
        self.assertEqual(found, [f"private room @{ADA}:{BOB}: 1 of its two people have it in their list"])
        found = self.wrong("DELETE FROM person WHERE id = 'bbbbbbbbbbbbbbbb'")
        self.assertEqual(
            found,
            [
                "an entry of token belongs to a person that is not there",
                "an entry of private_room belongs to a person that is not there",
            ],
        )

    def test_a_table_that_is_missing_is_damage(self) -> None:
        found = self.wrong("DROP TABLE private_room")
        self.assertEqual(found, ["the database is damaged: no such table: private_room"])

    def test_of_very_much_that_is_wrong_the_beginning_is_told(self) -> None:
        found = self.wrong(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
            " INSERT INTO room (key, kind, name, head, first) SELECT 'r' || i, 'public', '', 3, 1 FROM n"
        )
        self.assertEqual(len(found), MOST_LINES + 1)
        self.assertEqual(found[-1], "and 30 more of this kind")

    def damage(self, change: Callable[[bytearray], object]) -> list[str]:
        """What is found in a file whose bytes were changed."""
        self.stop()
        whole = self.database.path.read_bytes()
        content = bytearray(whole)
        change(content)
        self.database.path.write_bytes(content)
        found = self.examine().wrong
        self.database.path.write_bytes(whole)
        return found

    def test_a_page_that_was_overwritten_is_found(self) -> None:
        pages = self.database.writing_connection.pragma("page_count")
        self.stop()
        for page in range(1, pages):

            def overwrite(content: bytearray, start: int = page * 4096) -> None:
                content[start : start + 4096] = b"\x55" * 4096

            self.assertTrue(self.damage(overwrite), page)

    def test_a_beginning_that_was_overwritten_is_found(self) -> None:
        def overwrite(content: bytearray) -> None:
            content[:512] = b"\x55" * 512

        found = self.damage(overwrite)
        self.assertEqual(found, ["the file is not a database, or its beginning is damaged"])

    def test_a_file_that_was_cut_short_is_damaged(self) -> None:
        def cut(content: bytearray) -> None:
            del content[-4096:]

        self.assertTrue(self.damage(cut))
        self.assertEqual(self.damage(bytearray.clear), ["the file is empty"])

    def test_what_is_no_database_of_ours_cannot_be_checked(self) -> None:
        self.stop()
        for change, words in (
            ("PRAGMA application_id = 7", "another program"),
            ("PRAGMA user_version = 99", "newer chatd"),
        ):
            whole = self.database.path.read_bytes()
            connection = apsw.Connection(self.path)
            connection.execute(change)
            connection.close()
            with self.assertRaises(StoreUnusable) as caught:
                examine(self.path)
            self.assertIn(words, str(caught.exception))
            self.database.path.write_bytes(whole)
        for path, words in (
            (str(self.database.folder), "is a folder"),
            (str(self.database.folder / "nothing"), "is not there"),
        ):
            with self.assertRaises(StoreUnusable) as caught:
                examine(path)
            self.assertIn(words, str(caught.exception))
        self.assertFalse((self.database.folder / "nothing").exists())

    def test_the_last_good_copy_is_the_newest_that_is_whole(self) -> None:
        self.stop()
        self.assertIsNone(last_good_copy(self.path))
        for number in (2, 3, 9, 10):
            shutil.copy(self.path, f"{self.path}.before-{number}")
        self.assertEqual(last_good_copy(self.path), f"{self.path}.before-10")
        with open(f"{self.path}.before-10", "r+b") as file:
            file.truncate(4096)
        os.truncate(f"{self.path}.before-9", 0)
        os.unlink(f"{self.path}.before-3")
        os.mkdir(f"{self.path}.before-3")
        self.assertEqual(last_good_copy(self.path), f"{self.path}.before-2")
