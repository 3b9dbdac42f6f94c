"""
TCP and Unix transports that hand bytes to the kernel at once.

Twisted's own put every write into a buffer, ask the reactor for writability, send in its next turn and take
that back: two system calls and a turn of the reactor more for each client and message.
"""

from __future__ import annotations

import fcntl
import select
import socket
import sys
import termios
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, cast

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from chatd.core.outbox import Member
from chatd.net.delivery import Delivery, TransportGroup
from chatd.net.tls_transport import PromptTLSTransport
from chatd.net.turns import Turns

UNSENT_BYTES = 128 * 1024
"""
How much the kernel keeps for one peer of what is not on its way to it, where it knows that bound. Without it
that grows to megabytes for each that reads slowly or not at all: memory that is counted as nobody's.
"""


class PromptTCPTransport(tcp.Server):
    """
    A TCP connection whose `write` sends at once while nothing is waiting to be sent, or keeps that for the
    end of a delivery that is under way.

    What the kernel does not take goes Twisted's way, so order, producers and `loseConnection` are as always;
    and it is in no group any more, for those are written to without a look at what waits.
    """

    can_group = True
    delivery = Delivery()
    # Where it stands in the delivery that is under way, or in an earlier one.
    _place = -1
    # What it was given by itself and by groups that it has left.
    _given = 0
    _groups: tuple[TransportGroup, ...] = ()

    @property
    def bytes_sent(self) -> int:
        """
        How many bytes the kernel has taken.
        """
        return self._given + sum([group.taken(self) for group in self._groups])

    def count(self, data: bytes) -> None:
        """
        A group has given the socket this, which it does not count itself.
        """
        self._given += len(data)

    def _takes_at_once(self) -> bool:
        # Bytes for a TLS layer that `startTLS` put above are not the socket's, and a pull producer is asked
        # for more only by the reactor's turn.
        return bool(
            not (self._tempDataLen or self.dataBuffer or self.TLS or self._aborting)
            and self.connected
            and (self.streamingProducer or self.producer is None)
        )

    def enter(self, group: TransportGroup, member: Member, tls: PromptTLSTransport | None = None) -> bool:
        """
        Be in a group if nothing is to be sent before what it is given: whether it is. With `tls` that is
        encrypted by it.
        """
        if not self._takes_at_once() or self.disconnecting:
            return False
        group.add(self, member, tls)
        self._groups += (group,)
        return True

    def leave(self, group: TransportGroup) -> None:
        """
        Be no longer in a group that it is in.
        """
        self._given += group.taken(self)
        self._groups = tuple([each for each in self._groups if each is not group])
        group.remove(self)

    def leave_all(self) -> None:
        """
        Be in no group any more.
        """
        groups, self._groups = self._groups, ()
        for group in groups:
            self._given += group.taken(self)
            group.remove(self)

    def write(self, data: bytes) -> None:
        """
        Send what the kernel takes now, and the rest when it takes more. Never loses the connection by itself.
        """
        # Few looks, for this is called for each listener and batch: `_takes_at_once` without the call.
        if (
            self._tempDataLen
            or self.dataBuffer
            or self.TLS
            or self._aborting
            or not self.connected
            or not (self.streamingProducer or self.producer is None)
        ):
            self._let_go()
            self.leave_all()
            super().write(data)
        elif not self.delivery.under_way:
            self._send(data)
        elif self._place < self.delivery.first:
            delivery = self.delivery
            self._place = delivery.first + len(delivery.data)
            # For now it is taken for sent: there is no looking at each again when it is.
            self._given += len(data)
            delivery.transports.append(self)
            delivery.sockets.append(self.socket)
            delivery.data.append(data)
        elif self.delivery.join(self._place, data):
            self._given += len(data)
        else:
            self._let_go()
            self.write(data)

    def _send(self, data: bytes) -> None:
        self._given += len(data)
        try:
            sent = self.socket.send(data)
        except (OSError, AttributeError):
            # Full or broken, or gone and without a socket. If broken, the reactor finds that out in its own
            # turn: to lose the connection here would be to call the protocol back from inside its own write.
            sent = 0
        if sent < len(data):
            self.fell_short(data, sent)

    def fell_short(self, data: bytes, sent: int) -> None:
        """
        Of this data, which is counted for sent, the kernel has taken only so many bytes: see to the
        rest.
        """
        self.leave_all()
        self._given -= len(data) - sent
        super().write(data[sent:])

    def _let_go(self) -> None:
        """
        Send now what is kept for the end of the delivery.
        """
        if self._place >= self.delivery.first:
            data = self.delivery.take(self._place)
            self._place = -1
            self._given -= len(data)
            self._send(data)

    def loseConnection(self, *arguments: Any, **named: Any) -> None:
        """
        As Twisted's, after what was written.
        """
        self._let_go()
        self.leave_all()
        super().loseConnection(*arguments, **named)

    def loseWriteConnection(self) -> None:
        """
        As Twisted's, after what was written.
        """
        self._let_go()
        self.leave_all()
        super().loseWriteConnection()

    def abortConnection(self) -> None:
        """
        As Twisted's.
        """
        self.leave_all()
        super().abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        As Twisted's.
        """
        self.leave_all()
        super().connectionLost(reason)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """
        As one `write` of all the pieces.
        """
        self.write(b"".join(iovec))

    def bytes_arrived(self) -> int:
        """
        How many bytes the peer's kernel has acknowledged, where ours tells (SIOCOUTQ, see tcp(7)); else how
        many ours has taken.
        """
        try:
            waiting = fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, bytes(4))
        except (OSError, ValueError):
            return self.bytes_sent
        return self.bytes_sent - int.from_bytes(waiting, sys.byteorder)

    def peer_has_ended(self) -> bool:
        """
        Whether the peer has ended its side or is gone, however much before that is not read yet, where the
        kernel tells (POLLRDHUP, see poll(2)).
        """
        if not self.connected:
            return True
        look = select.poll()
        look.register(self.fileno(), getattr(select, "POLLRDHUP", 0))
        return bool(look.poll(0))

    def writeSomeData(self, data: Any) -> Any:
        """
        As Twisted's, and count.
        """
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self._given += sent
        return sent


class PromptUNIXTransport(unix.Server, PromptTCPTransport):
    """
    A connection of a Unix socket, as `PromptTCPTransport`.
    """

    _writeSomeDataBase = PromptTCPTransport

    def _takes_at_once(self) -> bool:
        return not self._sendmsgQueue and super()._takes_at_once()

    def write(self, data: bytes) -> None:
        """
        As `PromptTCPTransport.write`; a descriptor that waits to be sent keeps its place.
        """
        if self._sendmsgQueue:
            self._let_go()
            self.leave_all()
            tcp.Server.write(self, data)
        else:
            super().write(data)


def send_promptly(port: IListeningPort, delivery: Delivery, arrivals: Turns) -> None:
    """
    Have a listening port make its connections with the transports of this module, which share a delivery. The
    handshakes of TLS wait for `arrivals`. For each peer the kernel is to keep no more than `UNSENT_BYTES`.

    To be called in the turn in which the port began to listen. A port that is not Twisted's own TCP or Unix
    one is left as it is, and one that makes transports of another kind goes on to make them.
    """
    if isinstance(port, tcp.Port | unix.Port) and isinstance(port.factory, TLSMemoryBIOFactory):
        port.factory.protocol = cast(Any, partial(PromptTLSTransport, arrivals))
    if isinstance(port, unix.Port):
        if port.transport is unix.Server:
            port.transport = cast(Any, partial(_make, PromptUNIXTransport, delivery))
    elif isinstance(port, tcp.Port):
        _bound_unsent(port)
        if port.transport is tcp.Server:
            port.transport = cast(Any, partial(_make, PromptTCPTransport, delivery))


def _bound_unsent(port: tcp.Port) -> None:
    # See tcp_notsent_lowat in the kernel's ip-sysctl. Connections have it from the socket that accepts them.
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        with suppress(OSError):
            port.socket.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


def _make(kind: type[PromptTCPTransport], delivery: Delivery, *arguments: Any) -> PromptTCPTransport:
    transport = kind(*arguments)
    transport.delivery = delivery
    return transport
