"""
What the transports of one server are given for one committed batch, on its way into the kernel together.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatd.net.transport import PromptTCPTransport

MOST_BYTES = 64 * 1024
"""How much is kept for one transport: about what it takes before it says that it is full."""

_send: Any = socket.socket.send


class Delivery:
    """
    Between `begin` and `end` the transports that share it keep what is written, and `end` sends it, with one
    `send` for each.

    A kernel's `send` and what goes before it (Python, a TLS library) each push the other out of the
    processor's caches. With a thousand listeners it is cheaper to do the one for all and then the other, and
    an event and the answer that it brings become one `send`.

    The three lists are one: a transport, its socket and its data. Transports append to them by themselves,
    for it is done for each listener and batch, and remember the place, counted from the first delivery on, so
    that nothing has to be taken back at the end: a place before `first` is of an earlier delivery.
    """

    def __init__(self) -> None:
        self.under_way = False
        self.first = 0
        self.transports: list[PromptTCPTransport] = []
        self.sockets: list[socket.socket] = []
        self.data: list[bytes] = []

    def begin(self) -> None:
        """
        Keep what is written from now on.
        """
        self.under_way = True

    def join(self, place: int, data: bytes) -> bool:
        """
        Keep further data of the transport at a place, unless that is too much.
        """
        kept = self.data[place - self.first]
        if len(kept) + len(data) > MOST_BYTES:
            return False
        self.data[place - self.first] = kept + data
        return True

    def take(self, place: int) -> bytes:
        """
        What is kept at a place, which is then empty.
        """
        data, self.data[place - self.first] = self.data[place - self.first], b""
        return data

    def end(self) -> None:
        """
        Send what was kept. May be called when nothing was begun.
        """
        self.under_way = False
        transports, self.transports = self.transports, []
        sockets, self.sockets = self.sockets, []
        data, self.data = self.data, []
        self.first += len(data)
        sent: list[int] = []
        # In C from one `send` to the next.
        sends = map(_send, sockets, data)
        while len(sent) < len(data):
            try:
                # Not `extend`, which does not say how far it came.
                for count in sends:
                    sent.append(count)
            except OSError:
                # Full or broken, or gone: which of them the transport finds out by itself.
                sent.append(0)
        for place, (given, count) in enumerate(zip(data, sent, strict=True)):
            if count < len(given):
                transports[place].fell_short(given, count)
