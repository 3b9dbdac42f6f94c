"""
Who was here a short while ago.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Card
from chatd.core.names import PersonId
from chatd.core.traces import KEPT_SECONDS, MOST_ADDRESSES, MOST_TRACES, Traces

ADA = PersonId("a" * 16)


class TracesTest(SynchronousTestCase):
    """
    Traces of those who left.
    """

    def test_whoever_left_is_known_with_their_addresses_for_hours(self) -> None:
        """By the name that they had last."""
        traces = Traces()
        traces.note(Card(ADA, "ada"), "192.0.2.1", 0.0)
        traces.note(Card(ADA, "eva"), "192.0.2.2", 10.0)
        traces.note(Card(ADA, "eva"), None, 20.0)
        self.assertEqual(traces.addresses(ADA, 30.0), ("192.0.2.1", "192.0.2.2"))
        self.assertEqual(traces.card(ADA, 19.0 + KEPT_SECONDS), Card(ADA, "eva"))
        self.assertFalse(traces.guise(ADA))
        self.assertEqual(traces.addresses(ADA, 20.0 + KEPT_SECONDS), ())
        self.assertIsNone(traces.card(ADA, 20.0 + KEPT_SECONDS))

    def test_it_stays_small_whoever_comes_and_goes(self) -> None:
        """The last ones are kept: of people, and of the addresses of each."""
        traces = Traces()
        for number in range(MOST_TRACES + 5):
            traces.note(Card(PersonId(f"{number:016}"), "x"), f"{number}", 0.0, guise=True)
        self.assertEqual(len(traces._traces), MOST_TRACES)
        self.assertIsNone(traces.card(PersonId(f"{0:016}"), 0.0))
        self.assertTrue(traces.guise(PersonId(f"{MOST_TRACES:016}")))
        for number in range(MOST_ADDRESSES + 1):
            traces.note(Card(ADA, "ada"), f"{number}", 0.0)
        self.assertEqual(traces.addresses(ADA, 0.0), tuple(f"{n}" for n in range(1, MOST_ADDRESSES + 1)))

    def test_an_address_has_only_those_forgotten_who_came_from_there(self) -> None:
        """However many come from it: nobody from elsewhere is out of a ban's reach for that."""
        traces = Traces()
        traces.note(Card(ADA, "ada"), "192.0.2.1", 0.0)
        for number in range(MOST_TRACES + 5):
            traces.note(Card(PersonId(f"{number:016}"), "x"), "192.0.2.2", 0.0, guise=True)
        self.assertEqual(traces.addresses(ADA, 0.0), ("192.0.2.1",))
        self.assertEqual(len(traces._traces), MOST_TRACES)
        self.assertIsNone(traces.card(PersonId(f"{5:016}"), 0.0))
        self.assertEqual(traces.addresses(PersonId(f"{6:016}"), 0.0), ("192.0.2.2",))
        traces.note(Card(ADA, "ada"), "192.0.2.2", 1.0)
        self.assertEqual(traces.addresses(ADA, 1.0), ("192.0.2.1", "192.0.2.2"))
        self.assertEqual(traces.addresses(ADA, KEPT_SECONDS + 1.0), ())
        self.assertEqual((traces._traces, traces._from), ({}, {}))
