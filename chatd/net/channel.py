"""
One HTTP connection until it is a WebSocket: what it may send, how much of that is looked at in one turn, and
how it ends.

Twisted's HTTPChannel reads and answers the requests. It would answer all that has arrived before it looks at
anything else, also while nobody takes the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.net.answers import HEADERS
from chatd.net.counted import CountedChannel
from chatd.net.request import Body
from chatd.net.sending import STALL_SECONDS

HEADER_SECONDS = 10
# Also how long a connection may lie idle after an answer.
BODY_SECONDS = 15
# How long it may live on after it was closed on our side.
CLOSING_SECONDS = 15
# How long what is sent on is read, so that the answer to it is not lost.
LINGER_SECONDS = 5
ANSWERS_A_TURN = 4
# How long it is looked at in one go; the clock is asked behind each piece.
LOOK_SECONDS = 0.002
# LineReceiver copies what it has yet to read with each line; small pieces keep that from growing.
_PIECE_BYTES = 4096
# A longer number is no length of anything.
_LENGTH_DIGITS = 18


@implementer(IHalfCloseableProtocol)
class ChatChannel(CountedChannel):
    """
    One connection until it is a WebSocket: bounded in what it may send, in how long it may take, in how many
    requests are answered in one turn, and in how long it is looked at in one.

    The time for headers and for a body counts from their start and not from the last byte, so that a client
    that sends one byte now and then gains nothing by it. What is not looked at yet stays as it is, and the
    socket is not read meanwhile. A client that ends its side still gets the answers to what it has asked.
    """

    maxHeaders = 100
    _backlog = b""
    _parsing = False
    _answers = 0
    # When its time is up, and how much of it is left while it waits to be looked at.
    _due: float | None = None
    _left: float | None = None
    # Whether it stands in line with what it has just sent, it is the turn of others, the client has ended its
    # side, and no more is looked at for good.
    _arriving = False
    _waits = False
    _ended = False
    _over = False
    # Whether it has stood in line with this request before.
    _stood = False
    # How much had reached its peer when it was last looked at while the transport was full.
    _arrived: int | None = None
    # What takes the body that comes now.
    _body: Body | None = None

    @property
    def paused(self) -> bool:  # type: ignore[override]
        """
        Whether what has arrived is not to be looked at now. LineReceiver asks after each line.
        """
        if self.transport is None:
            # It is a WebSocket now, to which the rest is handed.
            return False
        held = self._over or self._waits or self._arriving or self._choked
        return bool(held or self._handlingRequest or self._waitingForTransport)

    @property
    def _choked(self) -> bool:
        return self._body is not None and self._body.full

    # The way in

    def dataReceived(self, data: bytes) -> None:
        # Past HTTPChannel's own, which starts the timeout anew at each byte.
        if not self._over:
            self._backlog = self._backlog + data if self._backlog else data
            if not (self._arriving or self.site.arrivals.admit()):
                self._wait_to_arrive()
            self._parse()

    def readConnectionLost(self) -> None:
        """
        See `IHalfCloseableProtocol`.
        """
        self._ended = True
        self._parse()

    def writeConnectionLost(self) -> None:
        """
        See `IHalfCloseableProtocol`: our side is never ended alone.
        """

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._look_at_no_more()
        super().connectionLost(reason)
        # What takes a body leads back here: without it the memory is given back now, and not when cycles are
        # collected.
        self._body = self._transferDecoder = None

    def pauseProducing(self) -> None:
        if not self._waitingForTransport:
            self._arrived = self._bytes_arrived()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        super().resumeProducing()
        self._parse()

    def requestDone(self, request: Any) -> None:
        super().requestDone(request)
        self._answers += 1
        self._stood = False
        if self._answers >= ANSWERS_A_TURN and not self._over:
            self._wait_for_turn()
        self._parse()

    def setLineMode(self, extra: bytes = b"") -> None:
        # Called after an answer. What came behind a body comes before what is not looked at yet; LineReceiver
        # would hand it to `dataReceived`, behind that.
        self.line_mode = 1
        self._buffer = extra + self._buffer

    def setTimeout(self, period: float | None) -> float | None:
        self._due = None if period is None else self.site.arrivals.reactor.seconds() + period
        return cast("float | None", super().setTimeout(period))

    def _wait_to_arrive(self) -> None:
        """
        Stand in line: a crowd that comes at once is let in a few at a time, between which all others are
        served. That takes nothing of a client's time.
        """
        self._arriving = True
        if not self._stood:
            # Once a request: else who sends a byte now and then would stand in line for ever, at no cost.
            self._stood = True
            self.stop_clock()
        self.site.arrivals.wait(self._arrive)

    def _arrive(self) -> None:
        self._arriving = False
        self.start_clock()
        self._parse_later()

    def stop_clock(self) -> None:
        """
        Take nothing of its time from now on, unless it is to go.
        """
        if self._due is not None and not self._over:
            self._left = max(0.0, self._due - self.site.arrivals.reactor.seconds())
            self.setTimeout(None)

    def start_clock(self) -> None:
        """
        Go on with the time that it had left.
        """
        left, self._left = self._left, None
        if left is not None and not self._over:
            self.setTimeout(left)

    def go_on(self) -> None:
        """
        Look at what comes next of a body that was full.
        """
        if self.transport is not None and not self._over:
            self._parse_later()

    def _wait_for_turn(self) -> None:
        self._waits = True
        self.site.turns.wait(self._go_on)

    def _go_on(self) -> None:
        self._waits = False
        self._answers = 0
        self._parse_later()

    def _parse_later(self) -> None:
        transport = self.transport
        try:
            self._parse()
        except Exception:
            # As the reactor does where it calls.
            transport.abortConnection()
            raise

    def _parse(self) -> None:
        """
        Go through what has arrived until it is used up or `paused`, or for `LOOK_SECONDS` and one piece.
        """
        if self._parsing:
            return
        self._parsing = True
        seconds = self.site.arrivals.reactor.seconds
        until = seconds() + LOOK_SECONDS
        try:
            # What it has left from last time.
            LineReceiver.dataReceived(self, b"")
            while self._backlog and not self.paused:
                size = max(_PIECE_BYTES, 0 if self._body is None else self._body.left or 0)
                piece, self._backlog = self._backlog[:size], self._backlog[size:]
                LineReceiver.dataReceived(self, piece)
                # Whoever is a WebSocket now has turns of its own.
                if self.transport is not None and self._backlog and not self.paused and seconds() >= until:
                    self._wait_for_turn()
        finally:
            self._parsing = False
        if self.transport is None or self._over:
            return
        if self._ended and not self.paused:
            self.loseConnection()
        elif not self.transport.disconnecting:
            self._set_reading()

    def _set_reading(self) -> None:
        # While a request is being answered a little is read, to notice a client that goes away.
        full = self._waitingForTransport and not self._handlingRequest
        waits = self._ended or self._waits or self._arriving or self._choked
        if full or waits or len(self._backlog) > self._optimisticEagerReadSize:
            self._networkProducer.pauseProducing()
        else:
            self._networkProducer.resumeProducing()

    def _look_at_no_more(self) -> None:
        self._over = True
        self._backlog = self._buffer = b""
        self.site.turns.leave(self._go_on)
        self.site.arrivals.leave(self._arrive)

    # What is refused

    def lineReceived(self, line: bytes) -> None:
        if line[:1] in (b" ", b"\t"):
            # A header that goes on in a further line: RFC 9112, section 5.2. There can be thousands of them
            # that are nothing else.
            self.refuse(HTTPStatus.BAD_REQUEST)
        else:
            super().lineReceived(line)

    def _maybeChooseTransferDecoder(self, header: bytes, data: bytes) -> bool:
        if header == b"Content-Length" and data.isdigit():
            if len(data) > _LENGTH_DIGITS:
                return bool(self._failChooseTransferDecoder())
            if int(data) > self.site.most_body(self._command, self._path):
                self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return False
        if header == b"Transfer-Encoding" and data.lower() != b"chunked":
            # Of another, such as identity, nobody knows where it ends: RFC 9112, section 6.3.
            return bool(self._failChooseTransferDecoder())
        return bool(super()._maybeChooseTransferDecoder(header, data))

    def allHeadersReceived(self) -> None:
        request = self.requests[-1]
        hosts = len(request.requestHeaders.getRawHeaders(b"Host", ()))
        if hosts > 1 or (hosts == 0 and self._version != b"HTTP/1.0"):
            # Whose it is would be anybody's guess: RFC 9112, section 3.2.
            self.refuse(HTTPStatus.BAD_REQUEST)
            return
        super().allHeadersReceived()
        self.setTimeout(BODY_SECONDS)
        self._body = request.body = self.site.body_of(request, self._command, self._path, self.length)

    def allContentReceived(self) -> None:
        # A decoder goes on to the end of a body that is refused.
        if not self._over:
            if self._body is not None:
                self._body = None
                self.setTimeout(BODY_SECONDS)
            super().allContentReceived()

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(HTTPStatus.BAD_REQUEST)

    def refuse(
        self, code: HTTPStatus, *more: tuple[bytes, bytes], body: bytes = b"", linger: bool = False
    ) -> None:
        """
        Answer what is no request that we take, close, and take no notice of what comes after it.

        Whoever is still sending when it is closed may never read the answer: with `linger` there is some time
        to notice it.
        """
        if self._over:
            return
        status = b"HTTP/1.1 %d %s" % (code, code.phrase.encode())
        more = (*self.site.front.headers(secure=self.isSecure()), *more)
        headers = (*HEADERS, *more, (b"Connection", b"close"), (b"Content-Length", b"%d" % len(body)))
        lines = [status, *(b"%s: %s" % header for header in headers), b"", b""]
        self.transport.write(b"\r\n".join(lines) + body)
        if linger:
            self._look_at_no_more()
            self.setTimeout(LINGER_SECONDS)
            self._networkProducer.resumeProducing()
        else:
            self.loseConnection()

    # The end

    def loseConnection(self) -> None:
        """
        Close after what was written; cut off if that takes too long.
        """
        if self.transport.disconnecting:
            return
        self._look_at_no_more()
        self.setTimeout(CLOSING_SECONDS)
        # A TLS layer still has to read the other side's goodbye.
        self._networkProducer.resumeProducing()
        super().loseConnection()

    def _bytes_arrived(self) -> int | None:
        tell: Callable[[], int] | None = getattr(self.transport, "bytes_arrived", None)
        return None if tell is None else tell()

    def timeoutConnection(self) -> None:
        before, self._arrived = self._arrived, self._bytes_arrived()
        if self._waitingForTransport and self._arrived != before:
            # It reads on, but slower than our buffer and the kernel's would be empty by now.
            self.setTimeout(STALL_SECONDS)
        elif self._handlingRequest or self.transport.disconnecting:
            # It does not read its answer, so there is no waiting until that is written.
            self.transport.abortConnection()
        else:
            self.loseConnection()
