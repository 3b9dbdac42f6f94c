"""
What the transports of one server are given for one committed batch, on its way into the kernel together.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from chatd.core.outbox import Member

if TYPE_CHECKING:
    from chatd.net.tls_transport import PromptTLSTransport
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

    # In a smaller room an event and the answer to it become one `send`, which is worth more.
    group_from = 32

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
        self.flush()

    def flush(self) -> None:
        """
        Send what was kept so far.
        """
        transports, self.transports = self.transports, []
        sockets, self.sockets = self.sockets, []
        data, self.data = self.data, []
        self.first += len(data)
        sent = _send_all(sockets, data)
        for place, (given, count) in enumerate(zip(data, sent, strict=True)):
            if count < len(given):
                transports[place].fell_short(given, count)

    def group(self) -> TransportGroup:
        """
        See `chatd.core.outbox.Delivery`.
        """
        return TransportGroup()


class TransportGroup:
    """
    Transports with nothing to wait for, that are all sent the same: with one `send` for each, and no look at
    more of it than its socket.

    In a room of a thousand what there is to each of them is in no cache of the processor by the time that the
    next message comes, and to look at it costs several times what is done with it.

    `written` is how many bytes it was given in all, `since` how many when a transport came, with the keys of
    `sockets` in the same order. Those that are `sealed`, each with the TLS above it, are sent the same, but
    encrypted.
    """

    def __init__(self) -> None:
        self.written = 0
        self.sockets: dict[PromptTCPTransport, socket.socket] = {}
        self.sealed: dict[PromptTCPTransport, PromptTLSTransport] = {}
        self.members: dict[PromptTCPTransport, Member] = {}
        self.since: dict[PromptTCPTransport, int] = {}

    def write(self, data: bytes) -> None:
        """
        See `chatd.core.outbox.Group`.
        """
        if not data:
            return
        if self.sealed:
            self._write_sealed(data)
        if not self.sockets:
            return
        self.written += len(data)
        sent = _send_all(self.sockets.values(), repeat(data, len(self.sockets)))
        if min(sent) < len(data):
            for transport, count in zip(tuple(self.sockets), sent, strict=True):
                if count < len(data):
                    transport.fell_short(data, count)

    def _write_sealed(self, data: bytes) -> None:
        transports: list[PromptTCPTransport] = []
        records: list[bytes] = []
        for transport, tls in tuple(self.sealed.items()):
            record = tls.seal(data)
            if record is None:
                # It is too much for one record, or TLS has something to read first.
                transport.leave_all()
                tls.write(data)
            else:
                transports.append(transport)
                records.append(record)
        sent = _send_all([transport.socket for transport in transports], records)
        for transport, record, count in zip(transports, records, sent, strict=True):
            transport.count(record)
            if count < len(record):
                transport.fell_short(record, count)

    def add(self, transport: PromptTCPTransport, member: Member, tls: PromptTLSTransport | None) -> None:
        """
        Take a transport in, for which nothing may be waiting; with the TLS above it, if there is one.
        """
        self.members[transport] = member
        if tls is None:
            self.sockets[transport] = transport.socket
            self.since[transport] = self.written
        else:
            self.sealed[transport] = tls

    def taken(self, transport: PromptTCPTransport) -> int:
        """
        How many bytes a transport was given since it came that it has not counted itself.
        """
        return self.written - self.since.get(transport, self.written)

    def remove(self, transport: PromptTCPTransport) -> None:
        """
        Let a transport go.
        """
        if self.sealed.pop(transport, None) is None:
            del self.sockets[transport]
            del self.since[transport]
        self.members.pop(transport).left()


def _send_all(sockets: Iterable[socket.socket], data: Iterable[bytes]) -> Sequence[int]:
    """Give each socket its data; how many bytes each has taken."""
    sent: list[int] = []
    # In C from one `send` to the next.
    sends = map(_send, sockets, data)
    while True:
        try:
            # Not `extend`, which does not say how far it came.
            for count in sends:
                sent.append(count)
        except OSError:
            # Full or broken, or gone: which of them the transport finds out by itself.
            sent.append(0)
        else:
            return sent
