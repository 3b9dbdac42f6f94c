"""
Pictures are looked at by a process that can do no harm, whatever they are.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from chatd.core.files import Picture, file_id
from chatd.core.media import media_type
from chatd.ops import pictures
from chatd.ops.picture import MOST_PIXELS, PREVIEW_PIXELS
from chatd.ops.pictures import LookedAt, available
from chatd.store.blobs import BlobFolder

ID = file_id(bytes(16))


def saved(picture: Image.Image, kind: str, **more: Any) -> bytes:
    """A picture in a format."""
    target = io.BytesIO()
    picture.save(target, kind, **more)
    return target.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says to be huge."""
    row = b"\0" + bytes(min(width // 8 + 1, 10_000))
    packer = zlib.compressobj(9)
    data = b"".join([packer.compress(row) for _ in range(min(height, 200))]) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class PictureTests(TestCase):
    """
    Real pictures, real processes.
    """

    timeout = 60

    def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.blobs = BlobFolder(str(self.home / "chatd.sqlite3"), reactor)
        self.blobs.start()
        self.addCleanup(self.blobs.stop)
        self.looking = LookedAt(reactor, self.blobs)

    async def look(self, data: bytes, kind: str | None = None) -> Picture | None:
        """What is seen in some bytes."""
        await self.blobs.remove([ID])
        await self.blobs.make(ID)
        await self.blobs.write(ID, 0, data)
        return await self.looking.look(ID, kind or media_type(data))

    async def preview(self) -> Image.Image:
        """The preview that was made."""
        length = await self.blobs.length(ID, preview=True)
        return Image.open(io.BytesIO(await self.blobs.read(ID, 0, length, preview=True)))

    async def test_each_kind_of_picture_has_its_size_and_a_preview(self) -> None:
        """No larger than 640 pixels, and of the same shape."""
        self.assertTrue(available())
        for kind, mode in (("PNG", "RGBA"), ("JPEG", "RGB"), ("GIF", "P"), ("WEBP", "RGB"), ("AVIF", "RGB")):
            picture = await self.look(saved(Image.new(mode, (1600, 400)), kind))
            self.assertEqual(picture, Picture(1600, 400, True), kind)
            small = await self.preview()
            self.assertEqual(small.size, (PREVIEW_PIXELS, 160), kind)

    async def test_a_small_picture_is_not_made_larger(self) -> None:
        """And what is clear in it stays so."""
        picture = await self.look(saved(Image.new("RGBA", (10, 20), (0, 0, 0, 0)), "PNG"))
        self.assertEqual(picture, Picture(10, 20, True))
        small = await self.preview()
        self.assertEqual((small.size, small.format), ((10, 20), "WEBP"))
        self.assertEqual(small.convert("RGBA").getpixel((0, 0))[3], 0)  # type: ignore[index]

    async def test_a_preview_stands_upright_and_says_nothing_of_where_it_was_taken(self) -> None:
        """A photograph carries its place, its time and its camera."""
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010F] = "Spy Camera"
        exif.get_ifd(0x8825)[1] = "N"
        data = saved(Image.new("RGB", (800, 400), "red"), "JPEG", exif=exif, comment=b"at home")
        self.assertIn(b"Spy Camera", data)
        self.assertEqual(await self.look(data), Picture(400, 800, True))
        small = await self.preview()
        self.assertEqual(small.size, (320, 640))
        self.assertEqual((dict(small.getexif()), small.info.get("comment")), ({}, None))
        raw = Path(self.blobs.path(ID, preview=True)).read_bytes()
        for word in (b"Spy", b"home", b"Exif"):
            self.assertNotIn(word, raw)

    async def test_a_bomb_is_no_picture(self) -> None:
        """Nor is anything else that is broken; no preview is left of it."""
        good = saved(Image.new("RGB", (100, 100)), "PNG")
        for data in (
            bomb(60_000, 60_000),
            bomb(2**31 - 1, 2**31 - 1),
            saved(Image.new("1", (MOST_PIXELS // 8000 + 8, 8000)), "PNG"),
            good[:50],
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"GIF89a" + b"\xff" * 100,
            b"RIFF\xff\xff\xff\xffWEBP" + b"\0" * 100,
        ):
            self.assertIsNone(await self.look(data), data[:20])
            self.assertEqual(sorted(os.listdir(Path(self.blobs.path(ID)).parent)), [ID])

    async def test_nothing_but_a_picture_of_its_kind_is_opened(self) -> None:
        """Whatever else a library could read."""
        self.assertIsNone(await self.look(saved(Image.new("RGB", (9, 9)), "BMP"), "image/png"))
        self.assertIsNone(await self.look(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image/png"))
        self.assertIsNone(await self.look(saved(Image.new("RGB", (9, 9)), "PNG"), "image/jpeg"))
        self.assertIsNone(await self.look(b"x", "image/svg+xml"))

    async def test_one_that_takes_too_long_is_given_up(self) -> None:
        """The process is killed."""
        slow = self.home / "slow.py"
        slow.write_text("import time\ntime.sleep(60)\n")
        self.patch(pictures, "_SCRIPT", str(slow))
        self.patch(pictures, "LOOK_SECONDS", 0.3)
        self.assertIsNone(await self.look(saved(Image.new("RGB", (9, 9)), "PNG")))

    async def test_what_comes_when_many_wait_is_a_file(self) -> None:
        """And so it is where nothing can look at pictures, or no process can be had."""
        data = saved(Image.new("RGB", (9, 9)), "PNG")
        self.looking._waiting = pictures.MOST_WAITING
        self.assertIsNone(await self.look(data))
        self.looking._waiting = 0
        self.looking._able = False
        self.assertIsNone(await self.look(data))
        self.looking._able = True
        self.patch(pictures.sys, "executable", str(self.home / "no-python"))
        self.assertIsNone(await self.look(data))
        self.assertEqual(self.looking._waiting, 0)

    async def test_what_is_gone_meanwhile_is_no_picture(self) -> None:
        """It was given up while it waited."""
        self.assertIsNone(await self.looking.look(ID, "image/png"))
