"""
Who is let in when many ask for much.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatd.net.gate import Gate
from chatd.net.turns import Turns
from tests.net.clock import TurningClock


class GateTest(SynchronousTestCase):
    """
    A gate that two fit in.
    """

    def setUp(self) -> None:
        self.reactor = TurningClock()
        self.gate = Gate(Turns(self.reactor, 100), 2)
        self.let_in: list[Any] = []
        self.lasts: dict[Any, int] = {}

    def come(self, *names: Any, stay: bool = True) -> None:
        """These ask to be let in."""
        for name in names:
            self.gate.enter(self.lasts.get(name, 0)).addCallback(self._enter, name, stay)

    def _enter(self, last: int, name: Any, stay: bool) -> None:
        self.lasts[name] = last
        self.let_in.append(name)
        if not stay:
            self.gate.leave()

    def turn(self) -> list[Any]:
        """Who is let in in a turn of the reactor."""
        self.let_in = []
        self.reactor.turn()
        return self.let_in

    def test_as_many_as_fit_are_let_in_at_once(self) -> None:
        self.come("ada", "bob", "cem")
        self.assertEqual(self.let_in, ["ada", "bob"])
        self.assertEqual(self.turn(), [])

    def test_whoever_leaves_makes_room_for_one_in_the_next_turn(self) -> None:
        self.come("ada", "bob", "cem", "dan")
        self.gate.leave()
        self.assertEqual(self.let_in, ["ada", "bob"])
        self.assertEqual(self.turn(), ["cem"])
        self.assertEqual(self.turn(), [])

    def test_whoever_was_in_longest_ago_is_first_and_newcomers_before_them(self) -> None:
        self.come("ada", "bob", stay=False)
        self.come("ada", "bob")
        self.come("bob", "ada", "cem")
        self.gate.leave()
        self.gate.leave()
        self.assertEqual(self.turn(), ["cem", "ada"])

    def test_those_who_leave_at_once_are_no_more_in_one_turn_than_fit(self) -> None:
        self.come("ada", "bob")
        self.come(*range(5), stay=False)
        self.gate.leave()
        self.gate.leave()
        self.assertEqual([self.turn() for _ in range(4)], [[0, 1], [2, 3], [4], []])
        self.assertEqual(self.reactor.getDelayedCalls(), [])
