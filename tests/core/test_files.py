"""
The names and ids of files.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.files import MAX_NAME, clean_file_name, file_id, is_file_id


class NameTests(SynchronousTestCase):
    """
    What a file is called.
    """

    def test_a_name_is_kept_without_what_it_hides(self) -> None:
        """Folders, controls, what turns text around, and dots before it."""
        for given_name, kept in (
            ("notes.txt", "notes.txt"),
            ("größe 大小.png", "größe 大小.png"),
            ("/etc/passwd", "passwd"),
            ("C:\\temp\\x.doc", "x.doc"),
            ("../../x", "x"),
            ("..", "file"),
            ("", "file"),
            (" . ", "file"),
            (".bashrc", "bashrc"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("invoice\u202egpj.exe", "invoicegpj.exe"),
            ("a\0b", "ab"),
            ("preview", "preview_"),
        ):
            self.assertEqual(clean_file_name(given_name), kept)

    def test_a_long_name_keeps_its_ending(self) -> None:
        """If it has one."""
        self.assertEqual(clean_file_name("a" * 300 + ".jpeg"), "a" * (MAX_NAME - 5) + ".jpeg")
        self.assertEqual(clean_file_name("a" * 300), "a" * MAX_NAME)
        self.assertEqual(clean_file_name("a." + "b" * 300), ("a." + "b" * 300)[:MAX_NAME])

    @given(st.text())
    def test_whatever_it_is_called_it_has_a_name_that_can_be_kept(self, name: str) -> None:
        """And that is its own name again."""
        kept = clean_file_name(name)
        self.assertTrue(1 <= len(kept) <= MAX_NAME)
        self.assertNotRegex(kept, r"[/\\\x00-\x1f\x7f]")
        kept.encode("utf-8")
        self.assertEqual(clean_file_name(kept), kept)

    def test_an_id_is_sixteen_bytes(self) -> None:
        """And nothing else is one."""
        key = file_id(bytes(range(16)))
        self.assertEqual((len(key), is_file_id(key)), (26, True))
        for text in ("", key[:-1], key + "a", key.upper(), "../../etc/passwd", "a" * 25 + "\n"):
            self.assertFalse(is_file_id(text))
