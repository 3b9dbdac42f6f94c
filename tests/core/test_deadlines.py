"""
What is due later.
"""

from __future__ import annotations

import weakref

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.deadlines import Deadlines, Line


class DeadlinesTest(SynchronousTestCase):
    """
    Calls in their time.
    """

    def test_calls_are_made_in_the_order_of_their_time(self) -> None:
        """Of the same time, in the order given; each once, and none too early."""
        deadlines, made = Deadlines(), []
        for when, name in ((3.0, "c"), (1.0, "a"), (3.0, "d"), (2.0, "b")):
            deadlines.at(when, lambda now, name=name: made.append((name, now)))
        self.assertEqual(len(deadlines), 4)
        deadlines.run(0.9)
        self.assertEqual(made, [])
        deadlines.run(1.0)
        deadlines.run(7.0)
        deadlines.run(8.0)
        self.assertEqual(made, [("a", 1.0), ("b", 7.0), ("c", 7.0), ("d", 7.0)])
        self.assertEqual(len(deadlines), 0)

    def test_what_is_added_while_calls_are_made_waits_for_the_next_time(self) -> None:
        """So that nothing can keep a run going for ever."""
        deadlines, made = Deadlines(), []

        def again(now: float) -> None:
            made.append(now)
            deadlines.at(now, again)

        deadlines.at(1.0, again)
        deadlines.run(1.0)
        self.assertEqual(made, [1.0])
        deadlines.run(1.5)
        self.assertEqual(made, [1.0, 1.5])

    def test_of_a_call_that_was_let_go_nothing_is_held(self) -> None:
        class Client:
            def look(self, now: float) -> None:
                made.append(now)

        deadlines, made = Deadlines(), []
        client = Client()
        due = deadlines.at(1.0, client.look)
        deadlines.at(1.0, lambda now: deadlines.let_go(other))
        other = deadlines.at(1.0, made.append)
        gone = weakref.ref(client)
        deadlines.let_go(due)
        del client
        self.assertIsNone(gone())
        deadlines.run(1.0)
        self.assertEqual(made, [])
        # Once more does no harm.
        deadlines.let_go(due)

    def test_of_many_that_were_let_go_the_others_are_made_in_their_order(self) -> None:
        deadlines, made = Deadlines(), []
        dues = [deadlines.at(float(100 - n), made.append) for n in range(100)]
        for n, due in enumerate(dues):
            if n % 10:
                deadlines.let_go(due)
        self.assertLess(len(deadlines), 30)
        for now in range(101):
            deadlines.run(float(now))
        self.assertEqual(made, [float(now) for now in range(10, 101, 10)])
        self.assertEqual(len(deadlines), 0)

    def test_a_call_that_fails_keeps_no_other_from_being_made(self) -> None:
        """It is reported; where nobody wants reports it is raised."""
        reported: list[Exception] = []
        deadlines, made = Deadlines(report=reported.append), []
        failure = ValueError("no")

        def fail(now: float) -> None:
            raise failure

        deadlines.at(1.0, fail)
        deadlines.at(1.0, made.append)
        deadlines.run(1.0)
        self.assertEqual((made, reported), ([1.0], [failure]))
        deadlines.report = None
        deadlines.at(2.0, fail)
        with self.assertRaises(ValueError):
            deadlines.run(2.0)

    def test_after_counts_from_the_last_run(self) -> None:
        """For what need not be exact."""
        deadlines, made = Deadlines(), []
        deadlines.run(10.0)
        deadlines.after(5.0, made.append)
        deadlines.run(14.9)
        self.assertEqual(made, [])
        deadlines.run(15.0)
        self.assertEqual(made, [15.0])

    def test_who_waits_equally_long_shares_one_deadline(self) -> None:
        """Each is called in its time, also those who come meanwhile, or behind one with whom it failed."""
        reported: list[Exception] = []
        deadlines, made = Deadlines(report=reported.append), []

        def call(name: str, now: float) -> None:
            made.append((name, now))
            if name == "b":
                line.add("d", now)
                raise ValueError

        line = Line(deadlines, 10.0, call)
        for name, now in (("a", 0.0), ("b", 1.0), ("c", 1.0)):
            line.add(name, now)
        self.assertEqual(len(deadlines), 1)
        for now in (9.9, 10.0, 11.0, 11.1, 20.9, 21.0, 40.0):
            deadlines.run(now)
        self.assertEqual(made, [("a", 10.0), ("b", 11.0), ("c", 11.1), ("d", 21.0)])
        self.assertEqual((len(reported), len(deadlines)), (1, 0))
