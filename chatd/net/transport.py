"""
TCP and Unix transports that hand bytes to the kernel at once.

Twisted's own put every write into a buffer, ask the reactor for writability, send in its next turn and take
that back: two system calls and a turn of the reactor more for each client and message.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IListeningPort


class PromptTCPTransport(tcp.Server):
    """
    A TCP connection whose `write` sends at once while nothing is waiting to be sent.

    What the kernel does not take goes Twisted's way, so order, producers and `loseConnection` are as always.
    `bytes_sent` counts what the kernel has taken; it grows as long as the peer makes progress.
    """

    bytes_sent: int = 0

    def write(self, data: bytes) -> None:
        """
        Send what the kernel takes now, and the rest when it takes more. Never loses the connection by itself.
        """
        # Few looks, for this is called for each listener and batch. Bytes for a TLS layer that `startTLS` put
        # above are not the socket's, and a pull producer is asked for more only by the reactor's turn.
        if (
            self._tempDataLen
            or self.dataBuffer
            or self.TLS
            or self._aborting
            or not (self.streamingProducer or self.producer is None)
        ):
            super().write(data)
            return
        try:
            sent = self.socket.send(data)
        except (OSError, AttributeError):
            # Full or broken, or gone and without a socket. If broken, the reactor finds that out in its own
            # turn: to lose the connection here would be to call the protocol back from inside its own write.
            super().write(data)
            return
        self.bytes_sent += sent
        if sent < len(data):
            super().write(data[sent:])

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """
        As one `write` of all the pieces.
        """
        self.write(b"".join(iovec))

    def writeSomeData(self, data: Any) -> Any:
        """
        As Twisted's, and count.
        """
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self.bytes_sent += sent
        return sent


class PromptUNIXTransport(unix.Server, PromptTCPTransport):
    """
    A connection of a Unix socket, as `PromptTCPTransport`.
    """

    _writeSomeDataBase = PromptTCPTransport

    def write(self, data: bytes) -> None:
        """
        As `PromptTCPTransport.write`; a descriptor that waits to be sent keeps its place.
        """
        if self._sendmsgQueue:
            tcp.Server.write(self, data)
        else:
            super().write(data)


def send_promptly(port: IListeningPort) -> None:
    """
    Have a listening port make its connections with a transport of this module.

    To be called in the turn in which the port began to listen. A port that is not Twisted's own TCP or Unix
    one, or that makes transports of another kind, is left as it is.
    """
    if isinstance(port, unix.Port):
        if port.transport is unix.Server:
            port.transport = PromptUNIXTransport
    elif isinstance(port, tcp.Port) and port.transport is tcp.Server:
        port.transport = PromptTCPTransport
