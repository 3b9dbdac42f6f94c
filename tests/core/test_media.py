"""
What a file is told to be.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.files import PICTURES
from chatd.core.media import TEXT, UNKNOWN, media_type


class MediaTypeTests(SynchronousTestCase):
    """
    By its first bytes.
    """

    def test_what_is_known_is_called_by_its_name(self) -> None:
        """However little there is of it."""
        for head, kind in (
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
            (b"GIF87a\x01\0", "image/gif"),
            (b"GIF89a\x01\0", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", "image/avif"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0avifmiaf", "image/avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
            (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
            (b"PK\x03\x04\x14\0", "application/zip"),
            (b"PK\x05\x06" + bytes(18), "application/zip"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video/mp4"),
            (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01", "video/webm"),
            (b"ID3\x04\0", "audio/mpeg"),
            (b"\xff\xfb\x90\x64\0", "audio/mpeg"),
            (b"OggS\0\x02", "audio/ogg"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"fLaC\0\0\0\x22", "audio/flac"),
            (b"hello", TEXT),
            ("größe 大小 🙂\r\n".encode(), TEXT),
            (b"", TEXT),
            (b"\0\0\0\0", UNKNOWN),
            (b"\x7fELF\x02\x01\x01", UNKNOWN),
            (b"MZ\x90\0", UNKNOWN),
            ("größe".encode("latin-1"), UNKNOWN),
            (b"RIFF\0\0\0\0AVI LIST", UNKNOWN),
        ):
            self.assertEqual(media_type(head), kind, head)

    def test_whatever_a_browser_would_run_is_text(self) -> None:
        """Whatever it is called."""
        for text in (
            "<!doctype html><script>alert(1)</script>",
            "<html><body onload=alert(1)>",
            '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            '<?xml version="1.0"?><svg onload="alert(1)"/>',
            "\ufeff<html>",
            "alert(1)",
        ):
            self.assertEqual(media_type(text.encode()), TEXT)

    def test_text_that_is_cut_within_a_character_is_text(self) -> None:
        """At any place."""
        text = "🙂大ä".encode()
        for end in range(len(text) + 1):
            self.assertEqual(media_type(text[:end]), TEXT)

    @given(st.binary(max_size=300))
    def test_it_is_always_something_and_never_what_runs(self, head: bytes) -> None:
        """HTML, SVG, XML and scripts are no answer."""
        kind = media_type(head)
        self.assertRegex(kind, r"^(image|audio|video|application|text)/[a-z0-9-]+\Z")
        self.assertNotRegex(kind, "html|svg|xml|script")
        self.assertTrue(not kind.startswith("image/") or kind in PICTURES | {"image/heic"})
