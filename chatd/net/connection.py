"""
One WebSocket connection: frames in, commands to its session.

Autobahn reads and checks the frames (RFC 6455). Here is when it may read them, how much of them at a time,
and what becomes of those that it finds wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autobahn.util import encode_truncate
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.ports import Wire
from chatd.core.refusals import CloseCode, Refused, Violation
from chatd.core.session import Session
from chatd.net.door import NotSpoken
from chatd.net.forwarded import Client
from chatd.net.messages import OPCODE_PONG, MessageProtocol
from chatd.net.outbox import TransportOutbox
from chatd.net.patience import Patience
from chatd.net.pulse import Pulse

if TYPE_CHECKING:
    from chatd.net.websocket import ChatFactory

# Autobahn copies what it has yet to read with each frame; small pieces keep that from growing with the input.
_PIECE_BYTES = 4096
# A header and a piece of a payload are a step each: enough for the largest message, or for a few small ones.
# Whoever sends more than that at once waits for `ChatFactory.turns`.
_STEPS_A_TURN = 32
_MESSAGES_A_TURN = 4
# What Autobahn keeps of a handshake.
_OF_HANDSHAKE = (
    *("http_request_data", "http_response_data", "http_status_line", "http_headers", "http_request_uri"),
    *("http_request_path", "http_request_params", "http_request_host", "websocket_protocols"),
    *("websocket_origin", "websocket_extensions", "websocket_extensions_in_use", "_wskey"),
)

_log = Logger()


class _Unheard:
    """
    In place of a Deferred for which nobody waits.
    """

    def callback(self, result: object) -> None:
        """Tell nobody."""


_UNHEARD = _Unheard()


@implementer(IHalfCloseableProtocol)
class ChatProtocol(MessageProtocol):
    """
    One connection.

    Messages are decoded and handed to the session one after the other while it is receptive and the outbox is
    not full; until then what has arrived stays as it is, and the socket is not read.
    """

    factory: ChatFactory
    outbox: TransportOutbox
    wire: Wire
    session: Session | None = None
    # Who it is, as long as its handshake lasts, if whoever let it in has looked.
    client: Client | None = None
    # What it is counted under, and whether it is counted already when it begins.
    address: str | None = None
    counted = False
    # What its handshake showed: see `ChatFactory.credentials_of`.
    credentials: Any = None
    _opened = False
    _backlog = b""
    _parsing = False
    _reading = True
    _scheduled = False
    _ended = False
    _pulse: Pulse
    _patience: Patience

    # What Twisted calls

    def connectionMade(self) -> None:
        """
        See `IProtocol`. Instead of Autobahn's, which gathers details of the transport that nobody asks for.
        """
        client = self.client or self.factory.front.peer(self.transport.getPeer(), secure=False)
        self.peer = client.name
        self._transport_details = None
        with contextlib.suppress(AttributeError, OSError):
            self.transport.setTcpNoDelay(True)
        self._connectionMade()
        # Counted for all connections together, and never used: each would be a kilobyte for nothing.
        self.trafficStats = self.factory.traffic
        self.send_queue = ()
        self.is_open = self.is_closed = _UNHEARD
        self.factory.register(self)

    def dataReceived(self, data: bytes) -> None:
        """
        See `IProtocol`.
        """
        if self.state == self.STATE_CONNECTING:
            self.data += data
            self.processHandshake()
        elif self.state != self.STATE_CLOSED:
            now = self._pulse.alive_at = self.factory.seconds()
            self._backlog = self._backlog + data if self._backlog else data
            self._parse(now)

    def readConnectionLost(self) -> None:
        """
        See `IHalfCloseableProtocol`. The client still gets the answers to what it has asked, if that takes no
        longer than two seconds.
        """
        self._ended = True
        if self.state == self.STATE_OPEN:
            self.outbox.end_soon()
            self.look()
        else:
            self.dropConnection()

    def writeConnectionLost(self) -> None:
        """
        See `IHalfCloseableProtocol`: our side is never ended alone.
        """

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See `IProtocol`.
        """
        self._backlog = b""
        self.factory.turns.leave(self._go_on)
        self._connectionLost(reason)  # type: ignore[arg-type]
        self.factory.unregister(self)

    # What Autobahn calls

    def onConnect(self, request: ConnectionRequest) -> tuple[str | None, dict[str, str]]:
        """
        Pick the dialect.
        """
        try:
            subprotocol = self.factory.pick(request.protocols)
        except NotSpoken as not_spoken:
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, str(not_spoken)) from None
        self.wire = self.factory.wires[subprotocol]
        headers = () if self.client is None else self.client.headers
        return subprotocol, {name.decode(): value.decode() for name, value in headers}

    def _onOpen(self) -> None:
        # None of it is needed again.
        for name in _OF_HANDSHAKE:
            self.__dict__.pop(name, None)
        self.client = None
        self._opened = True
        now = self.factory.seconds()
        deadlines = self.factory.hub.deadlines
        self.outbox = TransportOutbox(self, self.wire, deadlines, self.factory.seconds, self.peer)
        self.transport.registerProducer(self.outbox, True)
        self._pulse = Pulse(self.outbox, now)
        self._patience = Patience(self.outbox, self.message_seconds)
        self.guard(self._begin, now)
        # The session may have been too busy with its beginning to be told that it can go on.
        self.look()

    @property
    def greeted(self) -> bool:  # type: ignore[override]
        """
        Whether the session is.
        """
        return self.session is not None and self.session.greeted

    def _begin(self, now: float) -> None:
        self.session = self.outbox.session = self.factory.hub.connect(
            self.outbox,
            self.address,
            tutorial=self.websocket_protocol_in_use is None,
            now=now,
            credentials=self.credentials,
        )

    def consumeData(self) -> None:
        """
        Go on after the handshake with what came behind it.
        """
        self.look()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """
        Hand a message to the session.
        """
        assert self.session is not None
        try:
            command = self.wire.decode(payload)
        except Refused as refused:
            # Without its message, which can quote what the client sent.
            _log.info("{peer} is refused a frame with {code}", peer=self.peer, code=refused.code.value)
            self.session.refused(refused, self._now)
        except Violation as violation:
            self.outbox.close(violation.code, violation.reason)
        else:
            self.session.receive(command, self._now)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        """
        The connection is gone.
        """
        if not self._opened:
            return
        self.outbox.lost()
        self._pulse.stop()
        self._patience.stop()
        session, self.session = self.session, None
        if session is not None:
            self.guard(session.lost, self.factory.seconds())

    def _fail_connection(self, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        # Whatever Autobahn finds wrong ends here. Clients are told the code's name, as with all of our codes.
        self.failedByMe = True
        if self.state == self.STATE_OPEN:
            self.outbox.close(CloseCode(code), CloseCode(code).reason)
        elif self.state == self.STATE_CLOSING:
            # Wrong again while it was to say goodbye: there is no waiting for that.
            self.dropConnection()

    def dropConnection(self, abort: bool = False) -> None:
        """
        End the connection after what was written.

        Never at once, even where Autobahn would: a reset can overtake the close frame that says why.
        """
        if self.state == self.STATE_CLOSED:
            return
        self.state = self.STATE_CLOSED
        self.droppedByMe = True
        self._backlog = b""
        self.is_closed.callback(self)
        # A TLS layer still has to read the other side's goodbye.
        self._set_reading(True)
        if self._opened:
            self.outbox.hang_up()
        else:
            self.transport.loseConnection()

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        """
        Answer a handshake that the door let through and Autobahn does not take; the log says nothing of it.
        """
        self.sendHttpErrorResponse(code, "Bad handshake", responseHeaders)
        self.dropConnection()

    def _count_control_frame(self) -> None:
        # What we asked for is no flood.
        asked = self._opened and self.current_frame.opcode == OPCODE_PONG and self._pulse.answered()
        if not asked:
            super()._count_control_frame()

    # What the outbox calls

    def send_close(self, code: int, reason: str) -> None:
        """
        See `chatd.net.outbox.Connection`.
        """
        self.sendCloseFrame(code=code, reasonUtf8=encode_truncate(reason, 123), isReply=False)
        if self._parsing:
            return
        if self._backlog or self.data:
            # Its goodbye may be there already. Not now: whoever closes does not expect to be called back.
            self._schedule()
        else:
            self._set_reading(True)

    def look(self) -> None:
        """
        Go on with what has arrived, as far as the session and the outbox allow it.
        """
        if not self._parsing and self.state != self.STATE_CONNECTING:
            self._parse(self.factory.seconds())

    def guard(self, call: Callable[[float], None], now: float) -> None:
        """
        See `chatd.net.outbox.Connection`.
        """
        try:
            call(now)
        except Exception:  # noqa: BLE001
            self._failed()

    def send_home(self, retry_ms: int) -> None:
        """
        Close because the server stops; the client is to come back after that many milliseconds.
        """
        if self._opened:
            shutdown = CloseCode.SHUTDOWN
            self.outbox.close(shutdown, f"{shutdown.reason} retry_ms={retry_ms}")
        else:
            self.transport.abortConnection()

    def abort(self) -> None:
        """
        End the connection now.
        """
        if self._opened:
            self.outbox.abort()
        else:
            self.transport.abortConnection()

    # The way in

    def _receptive(self) -> bool:
        if self.state == self.STATE_OPEN:
            return self.session is not None and not self.outbox.full and self.session.receptive()
        # Once it is closing everything is read and thrown away, up to the other side's close frame.
        return bool(self.state == self.STATE_CLOSING)

    def _parse(self, now: float) -> None:
        """
        Go through what has arrived until it is used up, the session or the outbox has enough, or it is the
        turn of others.
        """
        # What was aborted is gone only in the next turn of the reactor, and what it sent counts no more.
        if self._scheduled or self.outbox.aborted:
            return
        self._now = now
        self._parsing = True
        steps, last = _STEPS_A_TURN, self.finished + _MESSAGES_A_TURN
        try:
            more = self._has_input()
            while more and self._receptive():
                if not steps or self.finished >= last:
                    self._schedule()
                    break
                steps -= 1
                more = self.processData() or self._refill()
        except Exception:  # noqa: BLE001
            self._failed()
        finally:
            self._parsing = False
        if self.state == self.STATE_CLOSED:
            return
        unfinished = bool(self.current_frame or self.inside_message or self.data)
        self._patience.note(unfinished, self.finished, now)
        going_on = not self._scheduled and self._receptive()
        if self._ended and going_on and not (self.session and self.session.busy):
            self.dropConnection()
        else:
            # A client that waits for its answer mostly sends nothing meanwhile: the socket is left alone
            # until it does. The end that was read once would be read again and again.
            waits = not going_on and (self._backlog or self.data or self.outbox.full or self._scheduled)
            self._set_reading(not (waits or self._ended))

    def _has_input(self) -> bool:
        # A frame without a payload is finished by a step of its own, for which nothing has to come.
        frame = self.current_frame
        return bool(self.data) or (frame is not None and frame.length == 0) or self._refill()

    def _refill(self) -> bool:
        if not self._backlog:
            return False
        self.data += self._backlog[:_PIECE_BYTES]
        self._backlog = self._backlog[_PIECE_BYTES:]
        return True

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self.factory.turns.wait(self._go_on)

    def _go_on(self) -> None:
        self._scheduled = False
        self.look()

    def _set_reading(self, wanted: bool) -> None:
        if wanted is self._reading:
            return
        self._reading = wanted
        now = self.factory.seconds()
        self._pulse.set_reading(wanted, now)
        self._patience.set_reading(wanted, now)
        if wanted:
            self.transport.resumeProducing()
        else:
            self.transport.pauseProducing()

    def _failed(self) -> None:
        _log.failure("serving {peer} failed", peer=self.peer)
        self.outbox.close(CloseCode.INTERNAL_ERROR, CloseCode.INTERNAL_ERROR.reason)
