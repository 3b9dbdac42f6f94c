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
# What the ping itself adds to what arrives, at most, with the record of a TLS layer around it.
_PING_BYTES = 128


@dataclass(slots=True, eq=False)
class Pulse:
    """
    Pings a client that has been silent for 25 s, and closes with 4003 if it does not answer within 10 s.

    If it has much to read before it comes to the ping, it has 10 s more as long as something arrives. What
    our own kernel takes for it is no sign of life: that goes on when a peer is long gone. A connection that
    we do not read is not silent: if it is full the outbox has an eye on it, else a ping makes the kernel
    notice a peer that is gone.

    There is one deadline for a connection at any time. `alive_at` is when it last sent something.
    """

    outbox: TransportOutbox
    alive_at: float
    _reading: bool = True
    _pinged_at: float | None = None
    # What had arrived when it was looked at last.
    _arrived: int = 0

    def __post_init__(self) -> None:
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
        if not self._reading:
            self.alive_at = now
            if not self.outbox.full:
                self.outbox.write(PING)
            return now + PING_SECONDS
        if self._pinged_at is None or self.alive_at > self._pinged_at:
            return self._ask(now)
        arrived = self.outbox.bytes_arrived()
        if arrived - self._arrived <= _PING_BYTES:
            self.outbox.close(CloseCode.NO_PONG, CloseCode.NO_PONG.reason)
            return None
        self._arrived = arrived
        return now + PONG_SECONDS

    def _ask(self, now: float) -> float:
        self._pinged_at = None
        if now - self.alive_at < PING_SECONDS:
            return self.alive_at + PING_SECONDS
        self._pinged_at = now
        self.outbox.write(PING)
        self._arrived = self.outbox.bytes_arrived()
        return now + PONG_SECONDS
