"""
`chatd backup`: what it copies beside a store that is at work, and what it says where it cannot.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from chatd.backup import main
from chatd.console import main as chatd
from chatd.store.blobs import FOLDER
from chatd.store.sqlite_check import examine
from tests.contracts.store import draft
from tests.store.case import SqliteCase


class BackupTests(SqliteCase):
    """The command beside a store that runs."""

    def setUp(self) -> None:
        super().setUp()
        self.say("hi")
        self.path = str(self.database.path)
        self.target = str(self.database.folder / "copy.sqlite3")

    def back_up(self, *arguments: str) -> tuple[int, str]:
        """The exit status, and what was printed."""
        return self.run_command(lambda: main(("--store", f"sqlite:{self.path}", *arguments)))

    def run_command(self, command: Callable[[], None]) -> tuple[int, str]:
        """The same of any command."""
        printed = io.StringIO()
        self.patch(sys, "stdout", printed)
        self.patch(sys, "stderr", printed)
        with self.assertRaises(SystemExit) as caught:
            command()
        return int(caught.exception.code or 0), printed.getvalue()

    def refused(self, *arguments: str) -> str:
        """What it says where it makes no copy: one line."""
        status, line = self.back_up(*arguments)
        self.assertEqual((status, line.count("\n")), (2, 1), line)
        return line

    def test_a_copy_has_all_that_was_acknowledged_and_the_store_goes_on(self) -> None:
        for number in range(3):
            self.say(f"message {number}")
        status, line = self.back_up(self.target)
        self.assertEqual((status, line), (0, f"{self.target} has all 4 events of {self.path}\n"))
        self.assertEqual(self.say("later").offset, 5)
        report = examine(self.target)
        self.assertEqual((report.wrong, report.summary), ([], "1 rooms, 4 messages, 2 people"))
        self.assertEqual(os.stat(self.target).st_mode & 0o777, 0o600)
        self.assertEqual(sorted(Path(self.target).parent.glob("copy*")), [Path(self.target)])

    def test_put_in_place_of_the_database_it_is_the_same_chat(self) -> None:
        self.back_up(self.target)
        epoch = self.store.epoch
        self.say("not in the copy")
        self.stop()
        for end in ("-wal", "-shm"):
            Path(self.path + end).unlink(missing_ok=True)
        shutil.move(self.target, self.path)
        self.start()
        self.assertEqual(([event.text for event in self.log()], self.store.epoch), (["hi"], epoch))
        self.assertEqual(self.settle(self.store.append(draft("on"))).offset, 2)

    def test_one_of_a_store_that_is_stopped_leaves_nothing_beside_it(self) -> None:
        self.stop()
        before = sorted(os.listdir(self.database.folder))
        self.assertEqual(self.back_up(self.target)[0], 0)
        self.assertEqual(sorted({*before, "copy.sqlite3"}), sorted(os.listdir(self.database.folder)))

    def test_the_folder_of_files_is_named_where_there_is_one(self) -> None:
        os.mkdir(self.path + FOLDER)
        self.addCleanup(os.rmdir, self.path + FOLDER)
        self.assertIn(f"; copy {self.path}{FOLDER} now\n", self.back_up(self.target)[1])

    def test_what_cannot_be_is_one_line_and_overwrites_nothing(self) -> None:
        Path(self.target).write_text("precious")
        self.assertIn("is there already", self.refused(self.target))
        self.assertIn("is no folder", self.refused(str(self.database.folder / "no" / "where")))
        self.assertIn("exactly one FILE", self.refused())
        self.assertIn("exactly one FILE", self.refused("one", "two"))
        self.assertEqual(Path(self.target).read_text(), "precious")
        for store, word in (
            ("memory:", "not kept in a file"),
            (f"sqlite:{self.database.folder / 'none.sqlite3'}", "is not there"),
            (f"sqlite:{self.target}", "is damaged"),
        ):
            new = str(self.database.folder / "new")
            status, line = self.run_command(lambda: chatd(["backup", "--store", store, new]))  # noqa: B023
            self.assertEqual((status, line.count("\n"), os.path.exists(new)), (2, 1, False), line)
            self.assertIn(word, line)
