"""
How connections with much to be read share the turns of the reactor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatd.net.turns import Turns
from tests.net.clock import TurningClock


class TurnsTests(SynchronousTestCase):
    """
    Who is served when.
    """

    def setUp(self) -> None:
        self.reactor = TurningClock()
        self.turns = Turns(self.reactor, 3)
        self.served: list[Any] = []

    def connection(self, name: Any, times: int = 1) -> Callable[[], None]:
        """
        A connection that needs that many turns.
        """
        left = [times]

        def go_on() -> None:
            self.served.append(name)
            left[0] -= 1
            if left[0]:
                self.turns.wait(go_on)

        return go_on

    def turn(self) -> list[Any]:
        self.served = []
        self.reactor.turn()
        return self.served

    def test_a_few_are_served_in_one_turn_and_in_order(self) -> None:
        for name in range(7):
            self.turns.wait(self.connection(name))
        self.assertEqual([self.turn() for _ in range(4)], [[0, 1, 2], [3, 4, 5], [6], []])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_whoever_needs_more_goes_to_the_end(self) -> None:
        for name in range(4):
            self.turns.wait(self.connection(name, 2))
        self.assertEqual([self.turn() for _ in range(3)], [[0, 1, 2], [3, 0, 1], [2, 3]])

    def test_one_that_is_alone_is_served_once_in_a_turn(self) -> None:
        self.turns.wait(self.connection("ada", 3))
        self.assertEqual([self.turn() for _ in range(4)], [["ada"], ["ada"], ["ada"], []])

    def test_one_that_waits_keeps_its_place(self) -> None:
        ada, bob = self.connection("ada"), self.connection("bob")
        for go_on in (ada, bob, ada):
            self.turns.wait(go_on)
        self.assertEqual((self.turn(), self.turn()), (["ada", "bob"], []))

    def test_one_that_is_gone_is_not_served(self) -> None:
        ada, bob = self.connection("ada"), self.connection("bob")
        self.turns.wait(ada)
        self.turns.wait(bob)
        self.turns.leave(ada)
        self.turns.leave(ada)
        self.assertEqual(self.turn(), ["bob"])
        self.turns.wait(ada)
        self.turns.leave(ada)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_may_see_another_off(self) -> None:
        bob = self.connection("bob")
        self.turns.wait(lambda: self.turns.leave(bob))
        self.turns.wait(bob)
        self.assertEqual(self.turn(), [])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_that_fails_does_not_hold_up_the_others(self) -> None:
        def fail() -> None:
            raise RuntimeError("a mistake of ours")

        self.turns.wait(fail)
        self.turns.wait(self.connection("bob"))
        self.assertEqual(self.turn(), ["bob"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_nothing_more_begins_when_the_time_of_a_turn_is_spent(self) -> None:
        turns = Turns(self.reactor, 100, seconds=0.004)

        def slow(name: Any) -> Callable[[], None]:
            def go_on() -> None:
                self.served.append(name)
                self.reactor.rightNow += 0.003

            return go_on

        for name in range(5):
            turns.wait(slow(name))
        self.assertEqual([self.turn() for _ in range(4)], [[0, 1], [2, 3], [4], []])

    def test_what_is_new_is_admitted_while_the_turn_has_time(self) -> None:
        turns = Turns(self.reactor, 100, seconds=0.004)
        self.assertTrue(turns.admit())
        self.reactor.rightNow += 0.003
        self.assertTrue(turns.admit())
        self.reactor.rightNow += 0.003
        self.assertFalse(turns.admit())
        self.turn()
        self.assertTrue(turns.admit())
        self.turn()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_call_that_has_much_to_do_is_told_when_the_time_of_its_turn_is_spent(self) -> None:
        turns = Turns(self.reactor, 100, seconds=0.004)
        spent: list[bool] = []

        def tell_all() -> None:
            for _ in range(3):
                spent.append(turns.spent())
                self.reactor.rightNow += 0.003

        turns.wait(tell_all)
        self.turn()
        self.assertEqual(spent, [False, False, True])
