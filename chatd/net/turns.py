"""
Whose turn it is: how connections that have sent more than fits into one turn of the reactor share the next
ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

PATIENT_CALLS = 64
PATIENT_SECONDS = 0.002
"""
How much of one turn goes to what can wait, such as pages of a log and who is writing: messages come between.
"""

_log = Logger()


@dataclass(slots=True)
class Turns:
    """
    Calls that wait for one of the reactor's next turns, in the order in which they came; no more than `calls`
    in one turn, and none is begun when `seconds` of it have been spent since the first.

    So however many connections have much to be read, a turn stays short, and whoever has little is served
    between two of them. Where also what is new costs much, as a handshake does, no more than `calls` of them
    are to begin in one turn: `admit`. `reactor` is an `IReactorTime` whose time is monotonic.
    """

    reactor: Any
    calls: int
    seconds: float = inf
    _waiting: OrderedDict[Callable[[], None], None] = field(default_factory=OrderedDict)
    _admitted: int = 0
    _until: float = 0.0
    _turn_until: float = 0.0
    _next: IDelayedCall | None = None

    def admit(self) -> bool:
        """
        Whether something new may begin in this turn; else it waits for its own, behind all that wait already.
        """
        if self._waiting or self._admitted >= self.calls:
            return False
        now = self.reactor.seconds()
        if not self._admitted:
            self._until = now + self.seconds
        elif now >= self._until:
            return False
        self._admitted += 1
        self._arrange()
        return True

    def spent(self) -> bool:
        """
        Whether the time of the turn is used in which a call is being made.
        """
        return bool(self.reactor.seconds() >= self._turn_until)

    def wait(self, call: Callable[[], None]) -> None:
        """
        Make a call in its turn. One that waits already keeps its place.

        What it raises is logged, and the others go on.
        """
        self._waiting.setdefault(call)
        self._arrange()

    def leave(self, call: Callable[[], None]) -> None:
        """
        Do not make a call that may be waiting.
        """
        self._waiting.pop(call, None)
        if not (self._waiting or self._admitted) and self._next is not None:
            self._next.cancel()
            self._next = None

    def _arrange(self) -> None:
        if (self._waiting or self._admitted) and self._next is None:
            self._next = self.reactor.callLater(0, self._turn)

    def _turn(self) -> None:
        self._next = None
        self._admitted = 0
        self._turn_until = self.reactor.seconds() + self.seconds
        # Counted now: what waits again waits for another turn.
        for _ in range(min(self.calls, len(self._waiting))):
            if not self._waiting:
                break
            call, _ = self._waiting.popitem(last=False)
            try:
                call()
            except Exception:  # noqa: BLE001
                _log.failure("going on with a connection failed")
            if self.spent():
                break
        self._arrange()
