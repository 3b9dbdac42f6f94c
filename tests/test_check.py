"""
`chatd check`: what it prints, and how it exits.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Sequence

from msgspec.structs import replace

from chatd.check import main
from chatd.console import main as chatd
from chatd.core.files import Upload, file_id
from chatd.core.names import LOBBY
from tests.contracts.store import ADA, draft
from tests.store.case import SqliteCase


class CheckTests(SqliteCase):
    """The command on a database with a message in it."""

    def setUp(self) -> None:
        super().setUp()
        self.say("hi")
        self.path = str(self.database.path)

    def check(self, *arguments: str, **environ: str) -> tuple[int, list[str]]:
        """The exit status, and the lines that were printed."""
        return self.run_command(lambda: main(arguments, environ))

    def run_command(self, command: object) -> tuple[int, list[str]]:
        """The exit status of a command, and its lines."""
        printed = io.StringIO()
        self.patch(sys, "stdout", printed)
        self.patch(sys, "stderr", printed)
        with self.assertRaises(SystemExit) as caught:
            command()  # type: ignore[operator]
        return int(caught.exception.code or 0), printed.getvalue().splitlines()

    def damage(self) -> None:
        """Take a message out of the file of the stopped store."""
        self.stop()
        with self.database.side_door() as connection:
            connection.execute("DELETE FROM event")

    def test_a_whole_database_is_one_line(self) -> None:
        found = self.check("--store", f"sqlite:{self.path}")
        self.assertEqual(found, (0, [f"{self.path} is whole: 1 rooms, 1 messages, 2 people"]))

    def test_it_is_found_where_the_daemon_finds_it(self) -> None:
        self.stop()
        data = self.database.folder / "data"
        data.mkdir()
        shutil.copy(self.path, data / "chatd.sqlite3")
        for status, lines in (
            self.check("--data", str(data)),
            self.check(CHATD_DATA=str(data)),
            self.run_command(lambda: chatd(["check", "--data", str(data)])),
        ):
            self.assertEqual(
                (status, lines), (0, [f"{data}/chatd.sqlite3 is whole: 1 rooms, 1 messages, 2 people"])
            )

    def test_damage_is_told_with_what_to_do(self) -> None:
        self.damage()
        status, lines = self.check("--store", f"sqlite:{self.path}")
        self.assertEqual(status, 1)
        self.assertEqual(lines[:2], [f"{self.path} is damaged:", "- room lobby: event 1 is missing"])
        self.assertEqual(
            lines[-3:-1], [f"- Copy your last backup to {self.path}.", "- No good copy lies beside it."]
        )

    def test_a_lost_file_is_no_success_and_no_reason_to_put_an_older_database_back(self) -> None:
        upload = Upload(id=file_id(bytes(16)), room=LOBBY, person=ADA, name="a.txt", size=5)
        self.settle(self.store.files.begin(upload, 100))
        self.settle(self.store.files.finish(upload.id, "text/plain", None))
        self.settle(self.store.append(replace(draft("look"), files=(upload.id,))))
        status, lines = self.check("--store", f"sqlite:{self.path}")
        whole = f"{self.path} is whole: 1 rooms, 2 messages, 2 people, 1 files"
        what = f"- Copy what is missing from your backup into {self.path}.files; chatd may be running."
        self.assertEqual(
            (status, lines),
            (1, [f"{whole}, of which 1 are not whole in {self.path}.files", "What to do:", what]),
        )

    def test_the_last_good_copy_is_named(self) -> None:
        self.stop()
        shutil.copy(self.path, f"{self.path}.before-2")
        self.start()
        self.damage()
        _, lines = self.check("--store", f"sqlite:{self.path}")
        self.assertEqual(lines[-4], f"- Copy your last backup to {self.path}.")
        copy = f"- If that is older, the last good copy beside it is {self.path}.before-2, from before an"
        self.assertTrue(lines[-3].startswith(copy), lines)
        self.assertEqual(lines[-2], "  It knows nothing of what was said since.")

    def test_what_cannot_be_read_is_one_line(self) -> None:
        for arguments, words in (
            (("--data", str(self.database.folder / "nowhere")), "nowhere/chatd.sqlite3 is not there"),
            (("--store", "memory:"), "memory: is not kept in a file; there is nothing to check"),
            (("--stoer", "x"), "option --stoer not recognized"),
            (("now",), "'now' is no option, such as --data DIR"),
            (("--store", "ftp://x"), "--store"),
        ):
            with self.subTest(arguments):
                self.one_line(arguments, words)

    def one_line(self, arguments: Sequence[str], words: str) -> None:
        """It exits with 2 and a line with those words."""
        status, lines = self.check(*arguments)
        self.assertEqual((status, len(lines)), (2, 1), lines)
        self.assertTrue(lines[0].startswith("chatd check: "), lines)
        self.assertIn(words, lines[0])

    def test_a_name_with_a_line_feed_is_one_line(self) -> None:
        self.stop()
        folder = self.database.folder / "a\nb"
        folder.mkdir()
        self.one_line(("--data", str(folder)), "a\\nb/chatd.sqlite3 is not there")
        shutil.copy(self.path, folder / "chatd.sqlite3")
        status, lines = self.check("--data", str(folder))
        self.assertEqual((status, len(lines)), (0, 1))
        os.truncate(folder / "chatd.sqlite3", 0)
        status, lines = self.check("--data", str(folder))
        self.assertEqual((status, lines[1]), (1, "- the file is empty"))
