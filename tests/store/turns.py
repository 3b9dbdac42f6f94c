"""
As much of a reactor as a store needs, taken turn by turn by the test.
"""

from __future__ import annotations

import queue
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from twisted.python.failure import Failure

T = TypeVar("T")

PATIENCE_SECONDS = 10


class Turns:
    """
    What threads have called in the reactor waits here for a turn; its clock goes when the test says so.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def callFromThread(self, callable: Callable[..., Any], *args: Any, **more: Any) -> None:
        """As a reactor."""
        self._calls.put(lambda: callable(*args, **more))

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any, **more: Any) -> IDelayedCall:
        """As a reactor."""
        return self.clock.callLater(delay, callable, *args, **more)

    def take(self) -> None:
        """Call what is due; wait for something that a thread wants to be called, and call it."""
        self.clock.advance(0)
        self._calls.get(timeout=PATIENCE_SECONDS)()

    def settle(self, asked: Awaitable[T]) -> T:
        """Take turns until there is an answer."""

        async def ask() -> T:
            return await asked

        ended: list[T | Failure] = []
        Deferred.fromCoroutine(ask()).addBoth(ended.append)
        while not ended:
            self.take()
        if isinstance(ended[0], Failure):
            ended[0].raiseException()
        return ended[0]  # type: ignore[return-value]
