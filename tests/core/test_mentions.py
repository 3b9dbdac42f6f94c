"""
Whom a text calls for.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.mentions import MOST_MENTIONS, calls, find
from chatd.core.names import PersonId, fold

PEOPLE = {"ada": PersonId("a"), "bob.b": PersonId("b"), "søren": PersonId("s")}


def known(name: str) -> PersonId | None:
    """Three people, whatever the case."""
    return PEOPLE.get(fold(name))


class MentionsTest(SynchronousTestCase):
    """
    `@` and a name.
    """

    def test_a_name_is_called_where_it_stands_by_itself(self) -> None:
        """Also before a comma or at the end of a sentence, and in any case."""
        for text, people in (
            ("@ada: hi", "a"),
            ("hi @Ada, and @SØREN!", "as"),
            ("(@bob.b)", "b"),
            ("Ask @bob.b.", "b"),
            ("Ask @ada...", "a"),
            ("@ada @ada", "a"),
            ("\n@ada\n", "a"),
            ("ada", ""),
            ("mail@ada", ""),
            ("me.@ada", ""),
            ("@@ada", ""),
            ("@ ada", ""),
            ("@adam", ""),
            ("@nobody", ""),
        ):
            self.assertEqual("".join(find(text, known)[0]), people, text)

    def test_everybody_is_called_by_room(self) -> None:
        """Unless that is what somebody is called."""
        self.assertEqual(find("@room lunch", known), ((), True))
        self.assertEqual(find("@Room. @ada", known), ((PersonId("a"),), True))
        self.assertEqual(find("@room", lambda name: PersonId("r")), ((PersonId("r"),), False))
        self.assertEqual(find("@rooms", known), ((), False))

    def test_of_many_names_the_first_are_looked_at(self) -> None:
        """A text of nothing but names costs no more."""
        self.assertLessEqual(len(calls(" ".join(f"@n{n}." for n in range(1000)))), MOST_MENTIONS + 1)

    @given(st.text(alphabet="@ab.-_ é字\n", max_size=40))
    def test_any_text_calls_only_for_what_stands_in_it(self, text: str) -> None:
        """And for no name that is empty."""
        for name in calls(text):
            self.assertTrue(name)
            self.assertIn(f"@{name}", text)
