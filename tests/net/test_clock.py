"""
A reactor's clock, when somebody sets that on the wall.
"""

from __future__ import annotations

from twisted.internet.base import ReactorBase
from twisted.trial.unittest import SynchronousTestCase

from chatd.net.clock import keep_time


class StillReactor(ReactorBase):
    """
    A reactor that waits for nothing, and whose clock on the wall a test sets.
    """

    wall = 1_800_000_000.0

    def seconds(self) -> float:  # type: ignore[override]
        return self.wall

    def installWaker(self) -> None:
        pass

    def _initThreads(self) -> None:
        pass

    def wakeUp(self) -> None:
        pass


class ClockTests(SynchronousTestCase):
    """
    An hour forth and back.
    """

    def setUp(self) -> None:
        self.reactor = StillReactor()
        self.monotonic = 5.0
        self.called: list[str] = []
        self.reactor.callLater(10, self.called.append, "before")
        keep_time(self.reactor, lambda: self.monotonic)
        self.reactor.callLater(0, self.called.append, "at once")
        self.reactor.callLater(20, self.called.append, "later")

    def pass_seconds(self, seconds: float) -> list[str]:
        self.monotonic += seconds
        self.reactor.runUntilCurrent()
        called, self.called[:] = list(self.called), []
        return called

    def test_timers_are_neither_early_nor_late_whatever_the_wall_says(self) -> None:
        self.reactor.wall -= 3600
        self.assertEqual(self.pass_seconds(0), ["at once"])
        self.assertEqual(self.pass_seconds(9), [])
        self.reactor.wall += 7200
        self.assertEqual(self.pass_seconds(0.5), [])
        self.assertEqual(self.pass_seconds(0.6), ["before"])
        self.assertEqual(self.pass_seconds(10), ["later"])
