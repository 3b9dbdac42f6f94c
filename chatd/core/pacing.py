"""
The contracts between the core and whoever knows how busy the reactor is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol


class Turns(Protocol):
    """
    The reactor's turns, each of which has only so much time for what can wait.
    """

    def admit(self) -> bool:
        """
        Whether something may be done now; else it is to wait, behind all that waits already.
        """

    def spent(self) -> bool:
        """
        Whether a call that is made in its turn is to leave what else it has to do for another.
        """

    def wait(self, call: Callable[[], None]) -> None:
        """
        Make a call in a later turn. One that waits already keeps its place.
        """


class Gate(Protocol):
    """
    Lets in a few at a time of those who ask for much: a page of a log, a list, what they have missed.
    """

    def enter(self, last: int) -> Awaitable[int]:
        """
        Wait for one's turn: whoever was in longest ago is first. `last` is what `enter` gave last time, 0 at
        first.
        """

    def leave(self) -> None:
        """
        Make room for the next.
        """
