"""
What is due later, kept in one place instead of in a timer for each client.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Deadlines:
    """
    Calls that are made when their time has come.

    Times are monotonic seconds. There is no cancelling: what is called looks for itself whether it still
    matters, which is cheaper than taking something out of the middle of a heap, and cannot be forgotten. What
    a call raises goes to `report`, if there is one.
    """

    now: float = 0.0
    report: Callable[[Exception], None] | None = None
    _heap: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _count: int = 0

    def at(self, when: float, call: Callable[[float], None]) -> None:
        """
        Call `call(now)` at the first `run` that is not before `when`; of the same time, in the order given.
        """
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, call))

    def after(self, seconds: float, call: Callable[[float], None]) -> None:
        """
        As `at`, that long after the last `run`: for what need not be exact.
        """
        self.at(self.now + seconds, call)

    def run(self, now: float) -> None:
        """
        Make the calls that are due. What they add for `now` or earlier waits for the next run.
        """
        self.now = now
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        for call in due:
            try:
                call(now)
            except Exception as error:
                # One client's trouble is not to keep the others from being served.
                if self.report is None:
                    raise
                self.report(error)

    def __len__(self) -> int:
        return len(self._heap)
