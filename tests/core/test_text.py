"""
What a message may say.
"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.refusals import Code, Refused
from chatd.core.text import MAX_TEXT, clean_text, forbidden_character, unify_newlines
from tests.core.test_names import quick


class TextTest(SynchronousTestCase):
    """
    The text of a message.
    """

    def refusal(self, text: str) -> Refused:
        """How the text is refused."""
        with self.assertRaises(Refused) as raised:
            clean_text(text)
        return raised.exception

    def test_lines_end_with_lf_and_nothing_is_around_the_text(self) -> None:
        """What is in it stays as it is."""
        self.assertEqual(clean_text("\r\n a\r\nb\rc\n\rd\t \u00a0"), "a\nb\nc\n\nd")
        self.assertEqual(clean_text("\u202ea\u200b"), "\u202ea\u200b")

    def test_a_text_has_one_to_four_thousand_characters(self) -> None:
        """Of any plane, after trimming."""
        self.assertEqual(len(clean_text(" " + "\U0001f600" * MAX_TEXT + " ")), 4000)
        self.assertIs(self.refusal("x" * 4001).code, Code.TOO_LONG)
        self.assertIn("4001", self.refusal("x" * 4001).message)
        for empty in ("", " \n\t", "\u2003\u3000"):
            self.assertIs(self.refusal(empty).code, Code.BAD_REQUEST)

    def test_control_characters_and_lone_surrogates_are_named_in_the_refusal(self) -> None:
        """All but newline and tab."""
        for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xD800, 0xDFFF):
            refused = self.refusal(f"a{chr(code)}b")
            self.assertIs(refused.code, Code.BAD_REQUEST)
            self.assertIn(f"U+{code:04X}", refused.message)
            self.assertEqual(forbidden_character(f"a{chr(code)}b"), chr(code))

    @quick
    @given(st.text(st.characters(codec=None)))
    @example("\ud83d\ude00")
    @example("\r" * 3)
    def test_what_is_kept_can_be_sent_and_cleaning_it_again_changes_nothing(self, text: str) -> None:
        """Or it is refused; nothing else is raised."""
        try:
            kept = clean_text(text)
        except Refused:
            return
        self.assertEqual(clean_text(kept), kept)
        kept.encode()
        self.assertNotIn("\r", kept)
        self.assertEqual(kept, unify_newlines(text).strip())
