"""
What is due later, kept in one place instead of in a timer for each client.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Due = list[Any]
"""A call that is to be made, [when, number, call]; without the call if it was let go."""


@dataclass(slots=True)
class Deadlines:
    """
    Calls that are made when their time has come.

    Times are monotonic seconds. What is called looks for itself whether it still matters, and the calls of
    who has gone are let go, so that nothing of it is held. What a call raises goes to `report`, if there is
    one.
    """

    now: float = 0.0
    report: Callable[[Exception], None] | None = None
    _heap: list[Due] = field(default_factory=list)
    _count: int = 0
    _gone: int = 0

    def at(self, when: float, call: Callable[[float], None]) -> Due:
        """
        Call `call(now)` at the first `run` that is not before `when`; of the same time, in the order given.
        """
        self._count += 1
        due: Due = [when, self._count, call]
        heapq.heappush(self._heap, due)
        return due

    def after(self, seconds: float, call: Callable[[float], None]) -> Due:
        """
        As `at`, that long after the last `run`: for what need not be exact.
        """
        return self.at(self.now + seconds, call)

    def let_go(self, due: Due) -> None:
        """
        Make a call no more, if it was not made, and hold nothing of it.
        """
        if due[2] is None:
            return
        due[2] = None
        self._gone += 1
        # Taking each out of the middle of a heap would cost more than all of them now and then.
        if self._gone > len(self._heap) // 2:
            self._heap = [each for each in self._heap if each[2] is not None]
            heapq.heapify(self._heap)
            self._gone = 0

    def run(self, now: float) -> None:
        """
        Make the calls that are due. What they add for `now` or earlier waits for the next run.
        """
        self.now = now
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap))
        for each in due:
            call = each[2]
            if call is None:
                self._gone = max(0, self._gone - 1)
                continue
            each[2] = None
            try:
                call(now)
            except Exception as error:
                # One client's trouble is not to keep the others from being served.
                if self.report is None:
                    raise
                self.report(error)

    def __len__(self) -> int:
        return len(self._heap)


@dataclass(slots=True, eq=False)
class Line(Generic[T]):
    """
    Those whose time comes equally long after they came: one deadline for all, however many wait.

    `call` is called with each of them, and with the time.
    """

    deadlines: Deadlines
    seconds: float
    call: Callable[[T, float], None]
    _waiting: deque[tuple[float, T]] = field(default_factory=deque)
    _watched: bool = False

    def add(self, one: T, now: float) -> None:
        """
        Have somebody wait from now on.
        """
        self._waiting.append((now + self.seconds, one))
        self._watch()

    def _watch(self) -> None:
        if self._waiting and not self._watched:
            self._watched = True
            self.deadlines.at(self._waiting[0][0], self._look)

    def _look(self, now: float) -> None:
        try:
            while self._waiting and self._waiting[0][0] <= now:
                self.call(self._waiting.popleft()[1], now)
        finally:
            self._watched = False
            self._watch()
