"""
The link that makes somebody an owner.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import TestCase

from chatd.accounts.owner_links import PATH, OwnerLinks, link_file, offer

DAY_MS = 24 * 3600 * 1000


class OwnerLinksTest(TestCase):
    """
    In a file beside the database, and in memory.
    """

    timeout = 30

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.now_ms = 1_750_000_000_000
        self.path = link_file(str(self.folder / "chatd.sqlite3"))

    def links(self, path: Path | None) -> OwnerLinks:
        """Links at this time."""
        return OwnerLinks(path, lambda: self.now_ms)

    async def test_it_is_good_once_for_a_day(self) -> None:
        """Whoever takes it has it; put back it is good again, spent never."""
        for path in (self.path, None):
            links = self.links(path)
            secret = links.offer().removeprefix(PATH)
            self.assertFalse(await links.take("another"))
            self.assertTrue(await links.take(secret))
            self.assertFalse(await links.take(secret))
            links.put_back()
            self.now_ms += DAY_MS - 1
            self.assertTrue(await links.take(secret))
            await links.spend()
            self.assertFalse(await links.take(secret))
            late = links.offer().removeprefix(PATH)
            self.now_ms += DAY_MS
            self.assertFalse(await links.take(late))

    async def test_a_link_that_is_made_while_the_daemon_runs_takes_the_place_of_the_last(self) -> None:
        """They know of each other by the file alone."""
        links = self.links(self.path)
        old = links.offer().removeprefix(PATH)
        path, _ = offer(self.path, self.now_ms)
        self.assertFalse(await links.take(old))
        self.assertTrue(await links.take(path.removeprefix(PATH)))

    async def test_one_that_is_made_while_another_is_used_stays(self) -> None:
        """Only what was used is taken away."""
        links = self.links(self.path)
        self.assertTrue(await links.take(links.offer().removeprefix(PATH)))
        path, _ = offer(self.path, self.now_ms)
        await links.spend()
        self.assertTrue(await links.take(path.removeprefix(PATH)))
        await links.spend()
        self.assertFalse(self.path.exists())

    async def test_the_file_has_no_secret_and_is_its_owners_alone(self) -> None:
        """And what is no such file is as none."""
        links = self.links(self.path)
        secret = links.offer().removeprefix(PATH)
        self.assertNotIn(secret, self.path.read_text())
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        for content in ("", "[]", "{}", '{"hash": 1, "until_ms": "x"}'):
            self.path.write_text(content)
            self.assertFalse(await links.take(secret))
