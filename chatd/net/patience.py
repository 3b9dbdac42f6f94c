"""
How long something that has begun to come may take to its end, however it trickles.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.deadlines import Due
from chatd.core.refusals import CloseCode
from chatd.net.outbox import TransportOutbox


@dataclass(slots=True, eq=False)
class Patience:
    """
    Closes with 1008 what begins a frame or a message and takes more than `seconds` to end it.

    Only the time counts for which the connection is read: it is not the client's fault if we keep it waiting.
    There is at most one deadline, and none while nothing is unfinished.
    """

    outbox: TransportOutbox
    seconds: float
    _begun: float | None = None
    _finished: int = 0
    _held_at: float | None = None
    _watched: bool = False
    _due: Due | None = None

    def stop(self) -> None:
        """
        The connection is gone.
        """
        if self._due is not None:
            self.outbox.deadlines.let_go(self._due)

    def note(self, unfinished: bool, finished: int, now: float) -> None:
        """
        What was to be read has been: whether something is unfinished, and how much has been finished so far.
        """
        if not unfinished:
            self._begun = None
        elif self._begun is None or finished != self._finished:
            self._begun, self._finished = now, finished
            if not self._watched:
                self._watch(now + self.seconds)

    def set_reading(self, reading: bool, now: float) -> None:
        """
        The connection is read from now on, or is not.
        """
        if not reading:
            self._held_at = now
        elif self._held_at is not None:
            if self._begun is not None:
                self._begun += now - max(self._begun, self._held_at)
            self._held_at = None

    def _watch(self, until: float) -> None:
        self._watched = True
        self._due = self.outbox.deadlines.at(until, self._look)

    def _look(self, now: float) -> None:
        self._watched = False
        if self._begun is None or self.outbox.closed:
            return
        if self._held_at is not None:
            self._watch(now + self.seconds)
        elif now - self._begun < self.seconds:
            self._watch(self._begun + self.seconds)
        else:
            self.outbox.close(CloseCode.POLICY, CloseCode.POLICY.reason)
