"""
A clock that turns as a reactor does.
"""

from __future__ import annotations

from twisted.internet.task import Clock


class TurningClock(Clock):
    """
    A clock on which what is called for at once happens in the next turn, and not still in this one.

    It is `look_seconds` later after each look at it: so much is done between two of them.
    """

    look_seconds = 0.0

    def seconds(self) -> float:
        """
        What time it is.
        """
        self.rightNow += self.look_seconds
        return self.rightNow

    def turn(self) -> None:
        """
        Make the calls that are due now, but none that they add.
        """
        due = [call for call in self.getDelayedCalls() if call.getTime() <= self.seconds()]
        for call in due:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)
