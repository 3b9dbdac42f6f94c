"""
A few at a time of those who ask for much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

from twisted.internet.defer import Deferred, succeed

from chatd.net.turns import Turns

MOST = 4
"""
How many are in at once. What each was answered is encoded in one turn of the reactor, so this is how many
pages one turn can have to encode; and the threads that read have no long line of questions before them.
"""


@dataclass(slots=True)
class Gate:
    """
    The core's `Gate`, in the reactor's turns.
    """

    turns: Turns
    most: int = MOST
    _inside: int = 0
    _entered: int = 0
    # When each was in last, in what order they came, and what to tell them: a heap.
    _waiting: list[tuple[int, int, Deferred[int]]] = field(default_factory=list)
    _came: int = 0

    def enter(self, last: int) -> Deferred[int]:
        """
        See `chatd.core.pacing.Gate`.
        """
        if not self._waiting and self._inside < self.most and self.turns.admit():
            return succeed(self._let_in())
        self._came += 1
        waiting: Deferred[int] = Deferred()
        heappush(self._waiting, (last, self._came, waiting))
        self._arrange()
        return waiting

    def leave(self) -> None:
        """
        See `chatd.core.pacing.Gate`.
        """
        self._inside -= 1
        self._arrange()

    def _let_in(self) -> int:
        self._inside += 1
        self._entered += 1
        return self._entered

    def _arrange(self) -> None:
        # Never at once: whoever leaves is not to carry the next on its back, and so on.
        if self._waiting and self._inside < self.most:
            self.turns.wait(self._open)

    def _open(self) -> None:
        for _ in range(min(self.most - self._inside, len(self._waiting))):
            _, _, waiting = heappop(self._waiting)
            waiting.callback(self._let_in())
        self._arrange()
