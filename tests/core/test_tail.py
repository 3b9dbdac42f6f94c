"""
The end of a log in memory.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Author, Message
from chatd.core.names import LOBBY, PersonId
from chatd.core.ports import View
from chatd.core.tail import TAIL_BYTES, TAIL_EVENTS, TAILS_BYTES, Entry, Growth, Tail, Tails
from chatd.dialects.v1 import V1Dialect
from tests.core.clients import LineWire
from tests.core.test_names import quick


def entries(first: int, last: int, text: str = "x") -> list[Entry]:
    """
    Events of the lobby with these offsets.
    """
    author = Author(PersonId("a" * 16), "ada")
    return [
        Entry(Message(commit=n, room=LOBBY, offset=n, id=f"x-{n}", at_ms=0, author=author, text=text))
        for n in range(first, last + 1)
    ]


def offsets(read: list[Entry]) -> list[int]:
    """
    The offsets of entries.
    """
    return [entry.event.offset for entry in read]


class TailTest(SynchronousTestCase):
    """
    What is kept, and what is read of it.
    """

    def test_it_has_what_came_last(self) -> None:
        """So many events at most."""
        tail = Tail()
        for n in range(1, 1001, 10):
            tail.extend(entries(n, n + 9, ""))
        kept = offsets(tail.entries)
        self.assertEqual(kept, list(range(1001 - len(kept), 1001)))
        self.assertLessEqual(len(kept), TAIL_EVENTS)
        self.assertEqual(tail.weight, sum(entry.event.weight for entry in tail.entries))

    def test_it_has_what_fits(self) -> None:
        """By weight, but one event in any case."""
        tail = Tail()
        tail.extend(entries(1, 300, "\U0001f600" * 4000))
        self.assertLessEqual(tail.weight, TAIL_BYTES)
        self.assertEqual(offsets(tail.entries)[-1], 300)
        tail.extend(entries(301, 301, "x" * TAIL_BYTES))
        self.assertEqual(offsets(tail.entries), [301])

    def test_a_gap_begins_it_anew(self) -> None:
        """It is dense, always."""
        tail = Tail()
        tail.extend(entries(1, 5))
        tail.extend(entries(8, 9))
        self.assertEqual(offsets(tail.entries), [8, 9])
        self.assertEqual(tail.weight, sum(entry.event.weight for entry in tail.entries))

    def test_reading_what_it_has_not_says_where_it_is(self) -> None:
        """What came before it has to be read elsewhere; of what is still to come it gives what is there."""
        tail = Tail()
        self.assertEqual(tail.read(0, 5, 1000), [])
        self.assertEqual(tail.absent(0, 5), 5)
        tail.extend(entries(11, 20))
        self.assertEqual(tail.read(9, 20, 1 << 20), [])
        self.assertEqual(tail.absent(9, 20), 10)
        self.assertEqual(tail.absent(3, 7), 7)
        self.assertEqual(offsets(tail.read(15, 21, 1 << 20)), [16, 17, 18, 19, 20])
        self.assertEqual(tail.read(20, 21, 1 << 20), [])
        self.assertEqual(tail.absent(20, 21), 21)

    @quick
    @given(st.integers(10, 20), st.integers(0, 20), st.integers(1, 8000))
    def test_what_is_read_is_dense_and_fits(self, after: int, upto: int, max_bytes: int) -> None:
        """One event in any case."""
        tail = Tail()
        tail.extend(entries(11, 20))
        if after < upto:
            read = tail.read(after, upto, max_bytes)
            self.assertEqual(offsets(read), list(range(after + 1, after + 1 + len(read))))
            weights = [entry.event.weight for entry in read]
            self.assertTrue(len(read) == 1 or sum(weights) <= max_bytes)
            if len(read) < upto - after:
                self.assertGreater(sum(weights) + weights[0], max_bytes)

    def test_an_event_is_encoded_once_for_each_wire_and_view(self) -> None:
        """However often it is asked for, alone or as a part of a chunk."""
        wire, other = LineWire(V1Dialect()), LineWire(V1Dialect())
        growth = Growth(entries(4, 6))
        self.assertEqual((growth.after, growth.last), (3, 6))
        lobby = View("lobby")
        chunk = growth.chunk(wire, lobby)
        self.assertIs(growth.chunk(wire, View("lobby")), chunk)
        self.assertEqual(b"".join(entry.frame(wire, lobby) for entry in growth.entries), chunk)
        self.assertEqual(wire.encoded_events, 3)
        growth.chunk(other, lobby)
        growth.chunk(wire, View("Lobby"))
        self.assertEqual((wire.encoded_events, other.encoded_events), (6, 3))


class TailsTest(SynchronousTestCase):
    """
    The tails of all rooms together.
    """

    def test_those_that_have_not_grown_for_longest_give_way(self) -> None:
        """There is one budget for all."""
        tails, rooms = Tails(), [Tail() for _ in range(200)]
        for tail in rooms:
            tails.extend(tail, entries(1, 400))
        self.assertLessEqual(tails.weight, TAILS_BYTES)
        self.assertEqual(tails.weight, sum(tail.weight for tail in rooms))
        self.assertEqual(rooms[0].entries, [])
        self.assertEqual(len(rooms[-1].entries), 400)
        tails.extend(rooms[0], entries(401, 401))
        self.assertEqual(offsets(rooms[0].read(400, 401, 1000)), [401])

    def test_one_that_is_dropped_weighs_nothing(self) -> None:
        """Twice is as once."""
        tails, tail = Tails(), Tail()
        tails.extend(tail, entries(1, 10))
        tails.drop(tail)
        tails.drop(tail)
        self.assertEqual((tails.weight, tail.weight, tail.entries), (0, 0, []))

    def test_all_can_be_emptied_and_grow_again(self) -> None:
        """Nothing is left of their weight."""
        tails, some = Tails(), [Tail(), Tail()]
        for tail in some:
            tails.extend(tail, entries(1, 3, "x"))
        tails.clear()
        self.assertEqual((tails.weight, [tail.entries for tail in some]), (0, [[], []]))
        tails.extend(some[0], entries(4, 5, "x"))
        self.assertEqual((offsets(some[0].entries), tails.weight), ([4, 5], some[0].weight))
