"""
Whether anybody is at the other end of a connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.refusals import CloseCode
from chatd.net.framing import PING
from chatd.net.outbox import TransportOutbox

PING_SECONDS = 25.0
"""After how much silence a client is asked whether it is there."""
PONG_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Pulse:
    """
    Pings a client that has been silent for 25 s, and closes with 4003 if it stays so for 10 s more.

    What it sends is life, and so is what its socket takes, counted from when it took it. A connection that we
    do not read is not silent: if it is full the outbox has an eye on it, else a ping makes the kernel notice
    a peer that is gone.

    There is one deadline for a connection at any time. `alive_at` is when it last gave a sign of life, as far
    as has been looked.
    """

    outbox: TransportOutbox
    alive_at: float
    _reading: bool = True
    _pinged_at: float | None = None
    _sent: int = 0

    def __post_init__(self) -> None:
        self._note_sent()
        self.outbox.deadlines.at(self.alive_at + PING_SECONDS, self._look)

    def set_reading(self, reading: bool, now: float) -> None:
        """
        The connection is read from now on, or is not. The silence until then was our own doing.
        """
        self._reading = reading
        self.alive_at = now

    def _look(self, now: float) -> None:
        if not self.outbox.closed:
            again = self._check(now)
            if again is not None:
                self.outbox.deadlines.at(again, self._look)

    def _check(self, now: float) -> float | None:
        """
        Do what is due; when to look again, or None if that was the end.
        """
        if self._sent != (self.outbox.bytes_sent() or 0):
            self._note_sent()
            self.alive_at = max(self.alive_at, self.outbox.taken_at())
        if not self._reading:
            self.alive_at = now
        if self._pinged_at is not None and self.alive_at < self._pinged_at:
            self.outbox.close(CloseCode.NO_PONG, CloseCode.NO_PONG.reason)
            return None
        self._pinged_at = None
        if not self._reading:
            if not self.outbox.full:
                self._ping()
            return now + PING_SECONDS
        if now - self.alive_at >= PING_SECONDS:
            self._ping()
            self._pinged_at = now
            return now + PONG_SECONDS
        return self.alive_at + PING_SECONDS

    def _ping(self) -> None:
        self.outbox.write(PING)
        # That the socket has room for a ping is no sign of life.
        self._note_sent()

    def _note_sent(self) -> None:
        self._sent = self.outbox.bytes_sent() or 0
