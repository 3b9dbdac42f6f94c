"""
The bytes of files, in a folder beside the database.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.logger import capturedLogs
from twisted.trial.unittest import TestCase

from chatd.core.files import HEAD_BYTES, file_id
from chatd.core.records import StoreUnusable
from chatd.core.refusals import Code, Refused
from chatd.store import strays
from chatd.store.blobs import FOLDER, BlobFolder

ID = file_id(bytes(16))
OTHER = file_id(bytes(range(16)))


class BlobTests(TestCase):
    """
    A folder beside a database.
    """

    timeout = 30

    def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.blobs = self.open()

    def open(self, **more: Any) -> BlobFolder:
        """One more on the same folder."""
        blobs = BlobFolder(str(self.home / "chatd.sqlite3"), reactor, **more)
        blobs.start()
        self.addCleanup(blobs.stop)
        return blobs

    async def refusal(self, asked: Any) -> Code:
        """The code with which something is refused."""
        try:
            await asked
        except Refused as refused:
            return refused.code
        raise self.failureException("it was not refused")

    async def test_bytes_are_there_again_as_they_were_written(self) -> None:
        """After a restart too."""
        await self.blobs.make(ID)
        self.assertEqual(await self.blobs.length(ID), 0)
        data = bytes(range(256)) * 64
        for at in range(0, len(data), 1000):
            await self.blobs.write(ID, at, data[at : at + 1000])
        self.assertEqual(await self.blobs.seal(ID), data[:HEAD_BYTES])
        again = self.open()
        self.assertEqual(await again.length(ID), len(data))
        self.assertEqual(await again.read(ID, 5, 10), data[5:15])
        self.assertEqual(await again.read(ID, len(data) - 3, 10), data[-3:])

    async def test_all_of_it_is_its_owners_alone(self) -> None:
        """And a file is found by its id and nothing else."""
        await self.blobs.make(ID)
        folder = self.home / f"chatd.sqlite3{FOLDER}"
        for path, mode in ((folder, 0o700), (folder / ID[:2], 0o700), (folder / ID[:2] / ID, 0o600)):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), mode)

    async def test_what_is_not_there_is_no_file(self) -> None:
        """It is neither read nor written nor made by that."""
        for asked in (
            self.blobs.length(ID),
            self.blobs.length(ID, preview=True),
            self.blobs.read(ID, 0, 1),
            self.blobs.write(ID, 0, b"x"),
            self.blobs.seal(ID),
        ):
            self.assertEqual(await self.refusal(asked), Code.NO_SUCH_FILE)
        await self.blobs.remove([ID, OTHER])

    async def test_a_link_is_no_file(self) -> None:
        """Whoever can write into the folder leads us nowhere."""
        await self.blobs.make(ID)
        path = Path(self.blobs.path(ID))
        path.unlink()
        secret = self.home / "secret"
        secret.write_bytes(b"secret")
        path.symlink_to(secret)
        for asked in (self.blobs.read(ID, 0, 10), self.blobs.write(ID, 0, b"x")):
            self.assertEqual(await self.refusal(asked), Code.READ_ONLY)
        self.flushLoggedErrors()
        self.assertEqual(secret.read_bytes(), b"secret")

    async def test_uploads_leave_the_log_some_space(self) -> None:
        """What would take that is refused, and the bytes before it stay."""
        disk = os.statvfs(self.home)
        tight = self.open(reserve_bytes=disk.f_blocks * disk.f_frsize)
        await tight.make(ID)
        await self.blobs.write(ID, 0, b"abc")
        free, tenth = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize // 10
        if free > 2 * tenth:
            # There is no disk here that is as good as full; so one byte more than there is.
            tight._reserve_bytes = 0
            tight._check_space = lambda descriptor, count: BlobFolder._check_space(tight, descriptor, 1 << 60)  # type: ignore[method-assign]
        self.assertEqual(await self.refusal(tight.write(ID, 3, b"def")), Code.READ_ONLY)
        self.assertEqual(await self.blobs.length(ID), 3)

    async def test_what_is_removed_goes_with_its_preview(self) -> None:
        """And nothing else goes."""
        for each in (ID, OTHER):
            await self.blobs.make(each)
            for descriptor in await self.blobs.lay_out(each):
                os.close(descriptor)
            await self.blobs.take_up(each, good=True)
        await self.blobs.remove([ID])
        self.assertEqual(await self.refusal(self.blobs.length(ID)), Code.NO_SUCH_FILE)
        self.assertEqual(await self.refusal(self.blobs.length(ID, preview=True)), Code.NO_SUCH_FILE)
        self.assertEqual(await self.blobs.length(OTHER, preview=True), 0)

    async def test_what_cannot_be_removed_is_named_told_once_and_keeps_nothing_else(self) -> None:
        """A folder stands in its place, which no unlink takes away."""
        await self.blobs.make(OTHER)
        os.makedirs(self.blobs.path(ID))
        with capturedLogs() as told:
            for _ in range(2):
                self.assertEqual(await self.blobs.remove([ID, OTHER]), {ID})
                self.assertEqual(await self.refusal(self.blobs.length(OTHER)), Code.NO_SUCH_FILE)
        self.assertEqual([self.blobs.path(ID) in event["why"] for event in told], [True])
        os.rmdir(self.blobs.path(ID))
        self.assertEqual(await self.blobs.remove([ID, OTHER]), frozenset())

    async def test_a_preview_is_there_once_it_is_good(self) -> None:
        """Until then, and if it is not, there is none."""
        await self.blobs.make(ID)
        await self.blobs.write(ID, 0, b"picture")
        for good in (False, True):
            source, preview = await self.blobs.lay_out(ID)
            self.assertEqual(os.read(source, 100), b"picture")
            os.write(preview, b"small")
            os.close(source)
            os.close(preview)
            self.assertEqual(await self.refusal(self.blobs.length(ID, preview=True)), Code.NO_SUCH_FILE)
            await self.blobs.take_up(ID, good=good)
        self.assertEqual(await self.blobs.read(ID, 0, 100, preview=True), b"small")

    async def test_what_a_crash_left_is_put_aside(self) -> None:
        """But nothing that is known, and nothing that has come since the start."""
        for each in (ID, OTHER):
            await self.blobs.make(each)
        folder = Path(self.blobs.path(ID)).parent
        (folder / f"{ID}.preview").write_bytes(b"")
        (folder / f"{OTHER}.part").write_bytes(b"")
        (folder / "something").write_bytes(b"")
        again = self.open()
        new = file_id(b"n" * 16)
        await again.make(new)
        self.assertEqual(await again.strays({ID}), (3, 0))
        aside = Path(again.folder) / strays.FOLDER
        self.assertEqual(sorted(os.listdir(aside)), sorted([OTHER, f"{OTHER}.part", "something"]))
        self.assertEqual(stat.S_IMODE(aside.stat().st_mode), 0o700)
        self.assertEqual(
            sorted(path.name for path in Path(again.folder).glob("??/*")),
            sorted([ID, f"{ID}.preview", new]),
        )
        # Whoever asked what is known before that asks for nothing now.
        late = file_id(b"l" * 16)
        await again.make(late)
        self.assertEqual(await again.strays({ID}), (0, 0))
        self.assertEqual(await again.length(late), 0)

    async def test_a_database_that_is_put_back_finds_its_files(self) -> None:
        """A start with a new one in between has cost nothing."""
        for each in (ID, OTHER):
            await self.blobs.make(each)
            await self.blobs.write(each, 0, each.encode())
        Path(self.blobs.path(ID, preview=True)).write_bytes(b"small")
        self.assertEqual(await self.open().strays(()), (3, 0))
        Path(self.blobs.path(ID)).parent.rmdir()
        again = self.open()
        self.assertEqual(await again.strays({ID}), (0, 2))
        self.assertEqual(await again.read(ID, 0, 100), ID.encode())
        self.assertEqual(await again.read(ID, 0, 100, preview=True), b"small")
        self.assertEqual(os.listdir(Path(again.folder) / strays.FOLDER), [OTHER])

    async def test_what_was_put_aside_is_taken_away_after_a_week(self) -> None:
        """However old it was before."""
        self.assertEqual(await self.blobs.take_strays(), 0)
        for each in (ID, OTHER):
            await self.blobs.make(each)
            os.utime(self.blobs.path(each), (0, 0))
        again = self.open()
        self.assertEqual(await again.strays(()), (2, 0))
        self.assertEqual(await again.take_strays(), 0)
        aside = Path(again.folder) / strays.FOLDER
        begun = (aside / ID).stat().st_mtime - strays.KEEP_SECONDS - 60
        os.utime(aside / ID, (begun, begun))
        self.assertEqual(await again.take_strays(), 1)
        self.assertEqual(os.listdir(aside), [OTHER])

    async def test_a_log_in_memory_has_files_as_long_as_it_lasts(self) -> None:
        """In a folder that goes with it."""
        blobs = BlobFolder(None, reactor)
        blobs.start()
        await blobs.make(ID)
        self.assertTrue(Path(blobs.path(ID)).is_file())
        self.assertEqual(await blobs.strays(()), (0, 0))
        blobs.stop()
        self.assertFalse(Path(blobs.folder).exists())

    def test_a_folder_that_cannot_be_made_is_told_in_a_line(self) -> None:
        """At the start."""
        (self.home / f"other{FOLDER}").write_bytes(b"")
        blobs = BlobFolder(str(self.home / "nowhere" / "other"), reactor)
        with self.assertRaises(StoreUnusable) as caught:
            blobs.start()
        self.assertIn("nowhere", str(caught.exception))
