"""
What every store does alike.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Author, Message
from chatd.core.names import LOBBY, PersonId, private_key
from chatd.store import rules
from tests.contracts.store import ADA, BOB


class RulesTests(SynchronousTestCase):
    """Ids, places and pieces."""

    def test_an_id_is_the_start_it_was_given_in_and_the_commit(self) -> None:
        self.assertEqual(rules.event_id("abcdefgh", 1), "abcdefgh-1")
        self.assertEqual(rules.event_id("abcdefgh", 35), "abcdefgh-z")
        self.assertEqual(rules.event_id("abcdefgh", 36 * 36 + 2), "abcdefgh-102")

    def test_a_draw_is_as_long_as_its_bytes(self) -> None:
        self.assertEqual(rules.draw_epoch(lambda count: b"\xff" * count), "7" * 16)
        self.assertEqual(rules.draw_incarnation(lambda count: b"\0" * count), "a" * 8)

    def test_a_private_room_stands_under_the_other_person(self) -> None:
        room = private_key(ADA, BOB)
        self.assertEqual(rules.sort_key(room, ADA), "@" + BOB)
        self.assertEqual(rules.sort_key(room, BOB), "@" + ADA)
        self.assertEqual(rules.sort_key(LOBBY, ADA), LOBBY)
        self.assertEqual(rules.sort_key(LOBBY, None), LOBBY)

    def test_a_piece_is_taken_lazily(self) -> None:
        def endless() -> object:
            offset = 0
            while True:
                offset += 1
                assert offset < 10, "that is more than was asked for"
                author = Author(PersonId(ADA), "ada")
                yield Message(offset, LOBBY, offset, f"x-{offset}", 0, author, "hi")

        piece = rules.cut(endless(), 3, 1 << 20)  # type: ignore[arg-type]
        self.assertEqual(([event.offset for event in piece.events], piece.more), ([1, 2, 3], True))
