"""
Where a session writes, when it is at the other end of a WebSocket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from zope.interface import implementer

from chatd.core.deadlines import Deadlines
from chatd.core.outbox import Group, Member
from chatd.core.ports import Wire
from chatd.core.refusals import CloseCode
from chatd.core.session import Session
from chatd.net.delivery import TransportGroup

SLOW_SECONDS = 30.0
"""How long a transport may be full without its peer taking anything."""
SLOW_LOOK_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""How long a connection may live on after its close frame was written."""

_log = Logger()


class Connection(Protocol):
    """
    What an outbox needs of the connection whose bytes it writes.
    """

    transport: Any

    def send_close(self, code: int, reason: str) -> None:
        """
        Write a close frame, and read on only for the peer's.
        """

    def look(self) -> None:
        """
        See `Outbox.look`.
        """

    def guard(self, call: Callable[[float], None], now: float) -> None:
        """
        Make a call, and close the connection with 1011 if it raises.
        """


def _discard(data: bytes) -> None:
    """
    What is written to a connection that is closed.
    """


@implementer(IPushProducer)
@dataclass(slots=True, eq=False)
class TransportOutbox:
    """
    The `Outbox` of one connection, registered with its transport as the streaming producer.

    It keeps no bytes: `full` is what the transport last said of itself. A transport that stays full is
    looked at every few seconds; when its peer has taken nothing for 30 s the connection is closed with
    4001. What the peer has taken is what has reached it, and not what the kernel took for it: that keeps
    megabytes, and takes none until a third of them is gone. With a transport that cannot tell, only becoming
    empty is progress.

    `seconds` is the clock of `deadlines`. `peer` is for the log.
    """

    connection: Connection | None
    wire: Wire
    deadlines: Deadlines
    seconds: Callable[[], float]
    peer: str = ""
    session: Session | None = None
    full: bool = False
    closed: bool = False
    # Not if something stands between it and the socket.
    can_group: bool = False
    aborted: bool = False
    _transport: Any = None
    _progress_at: float = 0.0
    _progress: int | None = None
    _watched: bool = False
    _ending: bool = False
    # See `Outbox`. It is the transport's own while the connection is open, for there are many calls.
    write: Callable[[bytes], None] = field(init=False)

    def __post_init__(self) -> None:
        assert self.connection is not None
        self._transport = self.connection.transport
        # Of its class, for what stands before a transport hands on each attribute that it does not have.
        kind = type(self._transport)
        self.can_group = hasattr(kind, "can_group") and self._transport.can_group
        self.write = self._transport.write

    def _shut(self) -> None:
        self.closed = True
        self.write = _discard
        if self.can_group and self._transport is not None:
            self._transport.leave_all()

    def enter(self, group: Group, member: Member) -> bool:
        """
        See `Outbox`.
        """
        if self.closed or not self.can_group:
            return False
        entered: bool = self._transport.enter(cast("TransportGroup", group), member)
        return entered

    def leave(self, group: Group) -> None:
        """
        See `Outbox`.
        """
        self._transport.leave(cast("TransportGroup", group))

    def close(self, code: CloseCode, reason: str) -> None:
        """
        See `Outbox`. Two seconds later the connection is aborted if it is not gone.
        """
        if self.closed or self.connection is None:
            return
        self._shut()
        if code is not CloseCode.SHUTDOWN:
            # Without the reason, which can quote what a client sent.
            _log.info("{peer} is closed with {code} {name}", peer=self.peer, code=int(code), name=code.reason)
        self.connection.send_close(int(code), reason)
        self.end_soon()

    def look(self) -> None:
        """
        See `Outbox`.
        """
        if self.connection is not None:
            self.connection.look()

    def hang_up(self) -> None:
        """
        End the connection once what was written is sent; two seconds later it is aborted if it is not gone.
        """
        if self.connection is None:
            return
        self._shut()
        # While there is a producer a transport waits for it to finish.
        self._transport.unregisterProducer()
        self._transport.loseConnection()
        self.end_soon()

    def abort(self) -> None:
        """
        End the connection and throw away what is not sent, if it is not gone.
        """
        if self.connection is not None:
            self.aborted = True
            self._shut()
            self._transport.abortConnection()

    def lost(self) -> None:
        """
        The connection is gone: let go of it.
        """
        self._shut()
        self.connection = self.session = self._transport = None

    def end_soon(self) -> None:
        """
        Abort the connection in two seconds if it is not gone by itself.
        """
        if not self._ending:
            self._ending = True
            self.deadlines.at(self.seconds() + CLOSE_SECONDS, self._end)

    def _end(self, _now: float) -> None:
        self.abort()

    # The transport's side

    def pauseProducing(self) -> None:
        """
        The transport is full. It says so again at every write.
        """
        if self.full:
            return
        self.full = True
        if self.closed:
            return
        self._progress_at = self.seconds()
        self._progress = self.bytes_arrived()
        if not self._watched:
            self._watched = True
            self.deadlines.at(self._progress_at + SLOW_LOOK_SECONDS, self._look_at_progress)
        self.look()

    def resumeProducing(self) -> None:
        """
        The transport has sent all it had.
        """
        if not self.full:
            return
        self.full = False
        if self.closed or self.session is None or self.connection is None:
            return
        self.connection.guard(self.session.drained, self.seconds())
        self.look()

    def stopProducing(self) -> None:
        """
        The transport is gone. The connection is told by itself.
        """
        self._shut()

    def bytes_arrived(self) -> int | None:
        """
        How many bytes have reached the peer, as far as can be told; None if the transport does not say.
        """
        tell: Callable[[], int] | None = getattr(self._transport, "bytes_arrived", None)
        return None if tell is None else tell()

    def peer_has_ended(self) -> bool:
        """
        Whether the peer sends no more, also if that is not read yet; False if the transport does not say.
        """
        ended: bool = getattr(self._transport, "peer_has_ended", bool)()
        return ended

    def _look_at_progress(self, now: float) -> None:
        self._watched = False
        if self.closed or not self.full:
            return
        arrived = self.bytes_arrived()
        if arrived != self._progress:
            self._progress, self._progress_at = arrived, now
        elif now - self._progress_at >= SLOW_SECONDS:
            self.close(CloseCode.SLOW, CloseCode.SLOW.reason)
            return
        self._watched = True
        self.deadlines.at(now + SLOW_LOOK_SECONDS, self._look_at_progress)
