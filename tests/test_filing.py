"""
When files are looked after: what is done at a start, every hour and every few seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from chatd.config import Config
from chatd.core.refusals import Code, Refused
from chatd.filing import EXPIRE_EVERY_SECONDS, SWEEP_SECONDS, Filing
from chatd.net.door import OriginRule
from tests.core.clients import Server

HOUR = int(EXPIRE_EVERY_SECONDS / SWEEP_SECONDS)


class Wishes:
    """
    In place of `Uploads`: notes what is asked of it, and fails with what the test says.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.strays = (0, 0)

    def _ask(self, kind: str) -> None:
        self.asked.append(kind)
        if kind in self.fails:
            raise self.fails[kind]

    async def clear(self) -> tuple[int, int]:
        """See `Uploads`."""
        self._ask("clear")
        return self.strays

    async def expire(self) -> None:
        """See `Uploads`."""
        self._ask("expire")

    async def sweep(self) -> None:
        """See `Uploads`."""
        self._ask("sweep")


class FilingTest(SynchronousTestCase):
    """
    On a clock.
    """

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        config = Config(data=Path("data"), store="memory:", port="8000")
        rule = OriginRule([])
        self.filing = Filing(config, self.reactor, Server().hub, rule, lambda request: None)
        self.wishes: Any = Wishes()
        self.filing.uploads = self.wishes
        self.filing.start()
        self.addCleanup(self.filing.stop)

    def turn(self, count: int = 1) -> list[str]:
        """What is asked for in so many turns."""
        self.wishes.asked.clear()
        for _ in range(count):
            self.reactor.advance(SWEEP_SECONDS)
        return list(self.wishes.asked)

    def test_strays_are_looked_for_once_and_what_is_too_old_every_hour(self) -> None:
        self.assertEqual(self.turn(2), ["clear", "expire", "sweep"])
        for _ in range(3):
            self.assertEqual(self.turn(HOUR).count("expire"), 1)
            self.assertNotIn("clear", self.wishes.asked)

    def test_a_disk_that_cannot_be_read_is_asked_for_strays_an_hour_later(self) -> None:
        self.wishes.fails["clear"] = Refused(Code.READ_ONLY, "The disk is gone.")
        self.assertEqual(self.turn(2), ["clear", "expire", "sweep"])
        del self.wishes.fails["clear"]
        self.assertEqual(self.turn(HOUR).count("clear"), 1)
        self.assertNotIn("clear", self.turn(HOUR))

    def test_what_nobody_has_foreseen_is_told_and_the_next_turn_comes(self) -> None:
        for kind in ("clear", "expire", "sweep"):
            self.wishes.fails[kind] = ZeroDivisionError()
        self.assertEqual(self.turn(3), ["clear", "expire", "sweep", "sweep"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 4)
        self.wishes.fails.clear()
        self.assertEqual(self.turn(), ["sweep"])
