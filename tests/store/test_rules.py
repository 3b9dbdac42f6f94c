"""
What every store does alike.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Author, Message
from chatd.core.names import LOBBY, PersonId
from chatd.store import rules
from tests.contracts.store import ADA, PLENTY


class RulesTests(SynchronousTestCase):
    """Ids, places and pieces."""

    def test_an_id_is_the_start_it_was_given_in_and_the_commit(self) -> None:
        self.assertEqual(rules.event_id("abcdefgh", 1), "abcdefgh-1")
        self.assertEqual(rules.event_id("abcdefgh", 35), "abcdefgh-z")
        self.assertEqual(rules.event_id("abcdefgh", 36 * 36 + 2), "abcdefgh-102")

    def test_a_draw_is_as_long_as_its_bytes(self) -> None:
        self.assertEqual(rules.draw_epoch(lambda count: b"\xff" * count), "7" * 16)
        self.assertEqual(rules.draw_incarnation(lambda count: b"\0" * count), "a" * 8)

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

    def test_only_messages_are_counted_in_a_piece_and_all_are_weighed(self) -> None:
        class Topic(Struct):
            offset: int
            weight: int = 100

        def message(offset: int) -> Message:
            return Message(offset, LOBBY, offset, f"x-{offset}", 0, Author(ADA, "ada"), "")

        log: list[Any] = [
            Topic(1),
            message(2),
            Topic(3),
            Topic(4),
            message(5),
            Topic(6),
            message(7),
            Topic(8),
        ]
        for limit, max_bytes, count in (
            (1, PLENTY, 2),
            (2, PLENTY, 5),
            (3, PLENTY, 7),
            (4, PLENTY, 8),
            (3, 2250, 4),
            (3, 50, 1),
        ):
            piece = rules.cut(log, limit, max_bytes)
            self.assertEqual([event.offset for event in piece.events], list(range(1, count + 1)))
            self.assertEqual(piece.more, count < len(log))
