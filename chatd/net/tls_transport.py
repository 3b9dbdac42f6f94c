"""
TLS that hands bytes on at once, and that a client cannot make expensive for others.

Twisted's own waits a turn for further writes to encrypt with the first, with a timer for each connection. It
does all handshakes that have come in one turn, and hands over each record by itself, though it hold one byte.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from chatd.net.turns import Turns

if TYPE_CHECKING:
    from chatd.core.outbox import Member
    from chatd.net.delivery import TransportGroup

_RECORD = 2**14
"""The most bytes of an application that one TLS record carries (RFC 8446, section 5.1)."""
_RECORD_OVERHEAD = 128
"""More than a record is longer than what it carries."""
_MOST_EARLY = 65_536
"""How much of a handshake is kept until it is its turn."""
_STEPS = 2
"""How often a client waits for its turn at no cost: with its hello, and with what ends the handshake."""
_FEW_RECORDS, _SMALL_BYTES = 16, 64
"""Above how many records in one read their size is looked at, and below which size they are tiny."""
_LEAST_READ, _MOST_READ = 2048, 16_384
"""How much is read at a time, of whoever sends tiny records, or has yet to show otherwise; and at most."""
_MOST_TAKEN = 2**15
"""How much of what it has sealed is taken out at once."""
_MOST_ANSWERED = 1024
"""How many bytes OpenSSL may answer by itself after the handshake: to a key update it is about 30."""


class PromptTLSTransport(TLSMemoryBIOProtocol):
    """
    TLS above a TCP or Unix transport, whose `write` encrypts at once what fits into one record.

    What is larger, or comes before the handshake is done, goes Twisted's way. What one read brings in many
    records is handed on as one piece, and of a client that sends tiny ones little is read at a time. Each
    step of a handshake waits for its turn among `arrivals`.
    """

    transport: Any

    def __init__(self, arrivals: Turns, factory: TLSMemoryBIOFactory, wrapped: Any) -> None:
        super().__init__(factory, wrapped)
        self._arrivals = arrivals
        # How often it has waited for its turn.
        self._waited = 0
        # What has come of a handshake and is not looked at yet.
        self._early = b""
        # How much has come since something was in it for the protocol above.
        self._barren = 0
        # How much OpenSSL has answered by itself.
        self._answered = 0

    def makeConnection(self, transport: Any) -> None:
        """
        See `IProtocol`.
        """
        transport.bufferSize = _LEAST_READ
        super().makeConnection(transport)

    # The way in

    def dataReceived(self, data: bytes) -> None:
        """
        Decrypt and hand on; in the beginning, shake hands.
        """
        if self._handshakeDone:
            super().dataReceived(data)
            return
        waits = bool(self._early)
        self._early += data
        if waits:
            # Something has had it read on. One hello is far shorter, and nothing is to follow it unanswered.
            self.transport.pauseProducing()
            if len(self._early) > _MOST_EARLY:
                self._early = b""
                self._arrivals.leave(self._arrive)
                self.transport.abortConnection()
            return
        if self._arrivals.admit():
            self._shake_hands()
        else:
            self.transport.pauseProducing()
            self._waited += 1
            if self._waited <= _STEPS:
                self._call_above("stop_clock")
            self._arrivals.wait(self._arrive)

    def _call_above(self, name: str) -> None:
        # What stands there may be another's, such as the one for the PROXY protocol's header.
        call = getattr(self.wrappedProtocol, name, None)
        if call is not None:
            call()

    def _arrive(self) -> None:
        self._call_above("start_clock")
        # First: what was sent behind the handshake may be too much for the protocol above.
        self.transport.resumeProducing()
        self._shake_hands()

    def _shake_hands(self) -> None:
        early, self._early = self._early, b""
        super().dataReceived(early)

    def _checkHandshakeStatus(self) -> None:
        super()._checkHandshakeStatus()
        if self._handshakeDone:
            # The last of the handshake and its tickets, which are no answers to what comes behind it.
            self._flushSendBIO()

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        # A goodbye in the midst of a handshake has no words, and Twisted looks for them.
        is_goodbye = reason is not None and reason.check(SSL.ZeroReturnError)
        super()._tlsShutdownFinished(None if is_goodbye else reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See `IProtocol`.
        """
        self._arrivals.leave(self._arrive)
        super().connectionLost(reason)
        # The protocol above, which has us as its transport: without it the memory is given back now, and not
        # when cycles are collected.
        self._producer = None

    def _flushReceiveBIO(self) -> None:
        pieces: list[bytes] = []
        end: Failure | None = None
        over = False
        while not (over or self._lostTLSConnection):
            try:
                pieces.append(self._tlsConnection.recv(_RECORD))
            except SSL.WantReadError:
                # It may have been told to read no more: see `tls.end_renegotiation`.
                over = bool(self._tlsConnection.get_shutdown() & SSL.RECEIVED_SHUTDOWN)
                break
            except SSL.ZeroReturnError:
                over = True
            except SSL.Error as why:
                # Without its traceback, which would keep this frame, and so itself.
                over, end = True, Failure(why.with_traceback(None))
        self._send_answers()
        if self._answered > _MOST_ANSWERED and not self._aborted:
            self.abortConnection()
            return
        data = b"".join(pieces)
        self._set_read_size(len(pieces), len(data))
        if data and not self._aborted:
            ProtocolWrapper.dataReceived(self, data)
        if over and not self._lostTLSConnection:
            if end is None:
                # The other side's goodbye.
                self._shutdownTLS()
            self._tlsShutdownFinished(end)

    def _send_answers(self) -> None:
        # Nothing else waits there: whatever is written is taken out at once.
        answers = self._take_sealed()
        self._answered += len(answers)
        if answers and self._answered <= _MOST_ANSWERED:
            self.transport.write(answers)

    def _set_read_size(self, records: int, size: int) -> None:
        # Each record costs the same, however little is in it, and also if it holds nothing for the protocol
        # above, such as a key update. The size grows step by step, so that whoever wants many of them read at
        # once has to send as much that is not like this.
        below = self.transport
        self._barren = 0 if size else self._barren + below.bufferSize
        if self._barren > 2 * _RECORD or (records > _FEW_RECORDS and size < records * _SMALL_BYTES):
            below.bufferSize = _LEAST_READ
        elif size > below.bufferSize // 2 and below.bufferSize < _MOST_READ:
            below.bufferSize *= 2

    # The way out

    def write(self, data: bytes) -> None:
        """
        Encrypt and pass on.
        """
        # As few steps as there can be, for the same reason as in `PromptTCPTransport.write`.
        if (
            self._appSendBuffer
            or not self._handshakeDone
            or self._lostTLSConnection
            or self.disconnecting
            or not 0 < len(data) <= _RECORD
        ):
            self.leave_all()
            super().write(data)
            return
        record = self.seal(data)
        if record is None:
            self.leave_all()
            super().write(data)
        else:
            self.transport.write(record)

    def seal(self, data: bytes) -> bytes | None:
        """
        Encrypt what is to be sent next; None if Twisted has to see to it.
        """
        connection, room = self._tlsConnection, len(data) + _RECORD_OVERHEAD
        sent = 0
        try:
            sent = connection.send(data)
            while sent < len(data):
                # It was a whole record: a client may have asked for small ones (RFC 6066, section 4).
                sent += connection.send(data[sent:])
        except SSL.Error:
            # OpenSSL wants to read first, or the connection is broken: Twisted's way deals with either. Not
            # once a part is on its way, which would be sent twice: the next write finds that it is broken.
            if not sent:
                return None
        record: bytes = connection.bio_read(room)
        if len(record) == room:
            # With what was waiting already, such as the answer to a new key.
            record += self._take_sealed()
        return record

    def _take_sealed(self) -> bytes:
        """
        All that OpenSSL has ready to be sent.
        """
        sealed = b""
        with suppress(SSL.WantReadError):
            while len(sealed) % _MOST_TAKEN == 0:
                sealed += self._tlsConnection.bio_read(_MOST_TAKEN)
        return sealed

    def _flushSendBIO(self) -> None:
        # Twisted's takes 32 KiB and leaves the rest.
        data = self._take_sealed()
        if data:
            self.transport.write(data)

    # In a group

    @property
    def can_group(self) -> bool:
        """
        Whether it can be in a group: not if something else stands between it and the socket.
        """
        return getattr(type(self.transport), "can_group", False)

    def enter(self, group: TransportGroup, member: Member) -> bool:
        """
        As `PromptTCPTransport.enter`, also if nothing is to be encrypted before.
        """
        if (
            self._appSendBuffer
            or not self._handshakeDone
            or self._lostTLSConnection
            or self._aborted
            or self.disconnecting
        ):
            return False
        entered: bool = self.transport.enter(group, member, self)
        return entered

    def leave(self, group: TransportGroup) -> None:
        """
        As `PromptTCPTransport.leave`.
        """
        self.transport.leave(group)

    def leave_all(self) -> None:
        """
        As `PromptTCPTransport.leave_all`.
        """
        if self.transport is not None and self.can_group:
            self.transport.leave_all()

    def abortConnection(self) -> None:
        """
        See `ITransport`.
        """
        self._arrivals.leave(self._arrive)
        super().abortConnection()

    def loseConnection(self) -> None:
        """
        See `ITransport`.
        """
        self.leave_all()
        super().loseConnection()
