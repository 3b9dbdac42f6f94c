"""
`chatd owner-link`.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import TestCase

from chatd import owner_link
from chatd.accounts.owner_links import PATH, OwnerLinks, link_file


class OwnerLinkTests(TestCase):
    """
    What it prints, and what becomes of it.
    """

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_it(self, *arguments: str) -> tuple[int, str, str]:
        """Its exit status, and what it wrote to stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                owner_link.main(arguments, {"HOME": str(self.folder)})
            except SystemExit as ended:
                return int(str(ended.code)), out.getvalue(), err.getvalue()

    async def test_what_it_prints_is_a_link_that_the_daemon_takes(self) -> None:
        """Now, and once."""
        status, out, err = self.run_it("--data", str(self.folder))
        self.assertEqual((status, err, out.startswith(PATH), out.count("\n")), (0, "", True, 1))
        database = str((self.folder / "chatd.sqlite3").resolve())
        links = OwnerLinks(link_file(database), lambda: 0)
        self.assertTrue(await links.take(out.strip().removeprefix(PATH)))

    def test_what_cannot_be_is_one_line_and_a_status(self) -> None:
        """Where there is no database, and where none is kept."""
        for arguments, word in (
            (("--data", str(self.folder / "nowhere")), "not there"),
            (("--store", "memory:"), "not kept in a file"),
            (("--store", "ftp://x"), "neither"),
            (("--bogus",), "bogus"),
            (("more",), "no option"),
        ):
            status, out, err = self.run_it(*arguments)
            self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
            self.assertIn(word, err)
