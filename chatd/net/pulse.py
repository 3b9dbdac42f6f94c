"""
Whether anybody is at the other end of a connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.deadlines import Due
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
    our own kernel takes for it is no sign of life: that goes on when a peer is long gone.

    A connection that we do not read cannot answer. If it is full the outbox has an eye on it, else the ping
    has to reach it within the 10 s. Whoever has ended their side gets two seconds more of what they asked
    for: the end stands behind what is not read, so nobody would come upon it for as long.

    There is one deadline for a connection at any time. `alive_at` is when it last sent something.
    """

    outbox: TransportOutbox
    alive_at: float
    _reading: bool = True
    _pinged_at: float | None = None
    # What had arrived when it was looked at last.
    _arrived: int = 0
    _unanswered: int = 0
    _due: Due = field(init=False)

    def __post_init__(self) -> None:
        self._due = self.outbox.deadlines.at(self.alive_at + PING_SECONDS, self._look)

    def stop(self) -> None:
        """
        The connection is gone.
        """
        self.outbox.deadlines.let_go(self._due)

    def set_reading(self, reading: bool, now: float) -> None:
        """
        The connection is read from now on, or is not. The silence until then was our own doing.
        """
        self._reading = reading
        self.alive_at = now
        self._pinged_at = None

    def answered(self) -> bool:
        """
        A pong has come: whether it was asked for. They all come at once where nothing was read for long.
        """
        if not self._unanswered:
            return False
        self._unanswered -= 1
        return True

    def _look(self, now: float) -> None:
        if not self.outbox.closed:
            again = self._check(now)
            if again is not None:
                self._due = self.outbox.deadlines.at(again, self._look)

    def _check(self, now: float) -> float | None:
        """
        Do what is due; when to look again, or None if that was the end.
        """
        if not self._reading:
            return self._check_unread(now)
        if self._pinged_at is None or self.alive_at > self._pinged_at:
            return self._ask(now)
        arrived = self.outbox.bytes_arrived() or 0
        if arrived - self._arrived <= _PING_BYTES:
            self.outbox.close(CloseCode.NO_PONG, CloseCode.NO_PONG.reason)
            return None
        self._arrived = arrived
        return now + PONG_SECONDS

    def _check_unread(self, now: float) -> float | None:
        if self.outbox.peer_has_ended():
            self.outbox.end_soon()
            return None
        if self.outbox.full:
            self._pinged_at = None
            return now + PING_SECONDS
        arrived = self.outbox.bytes_arrived()
        if self._pinged_at is None:
            # Counted before: on the same machine it arrives while it is written.
            self._pinged_at, self._arrived = now, arrived or 0
            self._ping()
            return now + PONG_SECONDS
        if arrived is not None and arrived <= self._arrived:
            self.outbox.close(CloseCode.NO_PONG, CloseCode.NO_PONG.reason)
            return None
        self._pinged_at = None
        return now + PING_SECONDS - PONG_SECONDS

    def _ask(self, now: float) -> float:
        self._pinged_at = None
        if now - self.alive_at < PING_SECONDS:
            return self.alive_at + PING_SECONDS
        self._pinged_at = now
        self._ping()
        self._arrived = self.outbox.bytes_arrived() or 0
        return now + PONG_SECONDS

    def _ping(self) -> None:
        self._unanswered += 1
        self.outbox.write(PING)
