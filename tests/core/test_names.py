"""
The rules for names, and what is made of them.
"""

from __future__ import annotations

import sys
import unicodedata
from urllib.parse import unquote

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.names import (
    MAX_NICK,
    MAX_ROOM_NAME,
    PersonId,
    avatar,
    check_nick,
    fold,
    initials,
    is_person_id,
    is_private,
    is_visible,
    peer_of,
    person_id,
    private_key,
    private_pair,
    room_key,
    shown_name,
)
from chatd.core.refusals import Code, Refused

ADA, BOB = PersonId("a" * 16), PersonId("b" * 16)

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)

letters = st.characters(categories=("L", "M", "Nd"), include_characters="-_.")
names = st.text(letters, min_size=1, max_size=MAX_NICK)


def takes(name: str) -> bool:
    """
    Whether a person may be called that.
    """
    try:
        return check_nick(name) == name
    except Refused:
        return False


class NickTest(SynchronousTestCase):
    """
    What a person or a room may be called.
    """

    def test_letters_marks_and_digits_of_any_script_are_allowed(self) -> None:
        """And three signs."""
        for name in ("a", "Ada", "x" * 32, "Straße", "नमस्ते", "日本語", "ada.l_2-x", "-", "٣", "é", "e\u0301"):
            self.assertTrue(takes(name), name)

    def test_letters_that_draw_nothing_can_be_told_from_others(self) -> None:
        self.assertTrue(all(map(is_visible, ("ada", "नमस्ते", "e\u0301", ""))))
        self.assertFalse(any(map(is_visible, ("\u3164", "a\u115f", "a\ufe0f", "\U000e0100"))))

    def test_what_hides_reorders_or_ends_a_name_is_not(self) -> None:
        """Nor what is blank, or sits on what stands before it."""
        for name in (
            "",
            " ",
            "a b",
            "x" * 33,
            "a\n",
            "a\x00",
            "a\u200b",
            "a\u200d",
            "\u202ea",
            "a\u2066",
            "\ufeffa",
            "a\u00ad",
            "\u0301",
            "\u0301a",
            "\u3164",
            "a\u3164",
            "\u115f",
            "\uffa0",
            "a\ufe0f",
            "a\U000e0100",
            "a\u034f",
            "a@b",
            "@",
            "#a",
            "a/b",
            "a:b",
            "<b>",
            "½",
            "²",
            "Ⅷ",
            "😀",
            "a\ud800",
            "a\U000e0041",
            "a\ue000",
        ):
            with self.assertRaises(Refused) as raised:
                check_nick(name)
            self.assertIs(raised.exception.code, Code.BAD_NAME, ascii(name))

    def test_a_room_name_is_longer_and_otherwise_the_same(self) -> None:
        """Up to fifty characters, compared by NFKC and casefold."""
        self.assertEqual(room_key("Ｓtraße"), "strasse")
        self.assertEqual(room_key("É"), room_key("E\u0301"))
        self.assertEqual(room_key("x" * MAX_ROOM_NAME), "x" * 50)
        for name in ("", "x" * 51, "#den", "@den", "a b", "\u0301"):
            with self.assertRaises(Refused) as raised:
                room_key(name)
            self.assertIs(raised.exception.code, Code.BAD_NAME)

    @quick
    @given(st.text())
    @example("ᾳ\u0345")
    @example("ϓ\u0301")
    def test_folding_twice_is_folding_once(self, name: str) -> None:
        """Or one person could hold what another one bears."""
        self.assertEqual(fold(fold(name)), fold(name))

    def test_every_character_folds_to_something_stable(self) -> None:
        """And none to the mark of a private room."""
        for code in range(0, 0x20000, 3):
            character = chr(code)
            folded = fold(character)
            self.assertEqual(fold(folded), folded)
            if takes(character):
                self.assertFalse(is_private(room_key(character)))

    @quick
    @given(names)
    def test_a_name_that_is_taken_has_a_picture(self, name: str) -> None:
        """At an ASCII path, of one or two letters or digits."""
        if takes(name):
            path = avatar(ADA, name)
            self.assertTrue(path.isascii())
            self.assertEqual(path, path.strip())
            start, _, query = path.partition("?")
            self.assertEqual(start, f"/avatar/{ADA}.svg")
            self.assert_initials(unquote(query))

    def assert_initials(self, text: str) -> None:
        """One or two letters or digits."""
        self.assertIn(len(text), (1, 2), text)
        for character in text:
            self.assertIn(unicodedata.category(character)[0], "LN", ascii(text))

    def test_every_character_that_a_name_can_be_has_initials(self) -> None:
        """Also those whose upper case is a letter with a mark, or two letters."""
        for code in range(sys.maxunicode + 1):
            character = chr(code)
            if character.isalnum() and character.upper() != character:
                self.assert_initials(initials(character, ADA))

    def test_initials_are_those_of_the_first_two_words(self) -> None:
        """Or of the id, if the name has no letter."""
        for name, expected in {
            "ada": "A",
            "ada lovelace": "AL",
            "ada.b_c-d": "AB",
            "ß": "SS",
            "ǰ": "J",
            "9lives": "9",
            "--": "A",
            "-.ada": "A",
            "<img src=x>": "IS",
            "": "A",
        }.items():
            self.assertEqual(initials(name, "abc"), expected, name)

    @quick
    @given(st.text())
    def test_whatever_name_the_tutorial_sends_can_be_shown(self, name: str) -> None:
        """It is never empty, blank, long, or full of what controls text, and it has a picture."""
        shown = shown_name(name)
        self.assertTrue(1 <= len(shown) <= MAX_NICK and shown == shown.strip())
        for character in shown:
            self.assertNotIn(unicodedata.category(character), ("Cc", "Cf", "Cs", "Zl", "Zp"))
        self.assertTrue(avatar(ADA, shown).isascii())
        self.assert_initials(unquote(avatar(ADA, shown).partition("?")[2]))


class IdTest(SynchronousTestCase):
    """
    Ids of people, and keys of their private rooms.
    """

    def test_ten_random_bytes_are_an_id(self) -> None:
        """Sixteen characters of base32."""
        self.assertEqual(person_id(b"\x00" * 10), "a" * 16)
        self.assertTrue(is_person_id(person_id(b"\xff\x01\x80\x7f\x55abcde")))
        for text in ("", "a" * 15, "a" * 17, "A" * 16, "a" * 15 + "1", "a" * 16 + "\n", "ä" * 16):
            self.assertFalse(is_person_id(text))

    def test_two_people_have_one_private_room(self) -> None:
        """From either side, and neither side is the other."""
        key = private_key(ADA, BOB)
        self.assertEqual(key, private_key(BOB, ADA))
        self.assertTrue(is_private(key))
        self.assertFalse(is_private(room_key("a")))
        self.assertEqual(private_pair(key), (ADA, BOB))
        self.assertEqual((peer_of(key, ADA), peer_of(key, BOB)), (BOB, ADA))
