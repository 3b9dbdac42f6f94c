"""
All WebSocket connections: where they register, how many there may be, and how they are all sent home.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory
from autobahn.websocket.protocol import TrafficStats
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.hub import Hub
from chatd.core.refusals import CloseCode, Refused
from chatd.core.session import Session
from chatd.net.admission import Admission, address_key
from chatd.net.answers import HEADERS
from chatd.net.connection import ChatProtocol
from chatd.net.door import ChatResource, NotSpoken, OriginRule
from chatd.net.forwarded import Front
from chatd.net.framing import FramedWire
from chatd.net.outbox import CLOSE_SECONDS
from chatd.net.turns import PATIENT_SECONDS, Turns

__all__ = ["ChatFactory", "ChatProtocol", "ChatResource", "FramedWire", "address_key", "spawn"]

RETRY_MS = (500, 3000)
"""Between which figures clients are told to wait before they come back after a shutdown."""

CONNECTIONS_A_TURN = 16
"""How many that have sent more than a few messages at once are served in one turn of the reactor."""

_log = Logger()


def spawn(coroutine: Coroutine[Any, Any, None], session: Session | None) -> None:
    """
    Run a coroutine, at once as far as it goes. Every coroutine is started here.

    If it raises, that is logged, and the session's connection, if there is one, is closed with 1011.
    """
    Deferred.fromCoroutine(coroutine).addErrback(_failed, session)


def _failed(failure: Failure, session: Session | None) -> None:
    if not failure.check(Refused):
        # Where a store cannot be read it has said so itself.
        _log.failure("a task failed", failure=failure)
    if session is not None:
        session.close(CloseCode.INTERNAL_ERROR, CloseCode.INTERNAL_ERROR.reason)


class ChatFactory(WebSocketServerFactory):
    """
    Tracks all connections. What it would broadcast to them, `Hub.publish` does: each hears its own rooms
    only, and whoever is slow reads on from the log.

    Connections come from a `ChatResource`, which is the door: on a port of its own the factory would let in
    any Origin, and count but not refuse them. `wires` are by subprotocol, None being no subprotocol.
    `origins` are allowed beside the host's own, which is one of `hosts` if any are
    named. A limit of 0 is no limit. `seconds` is the clock of
    `Hub.tick`, else the reactor's is. `front` says whose requests they are, and `credentials_of` what the
    request of a handshake shows, for `Hub.identify`.
    """

    protocol: Any = ChatProtocol

    def __init__(
        self,
        hub: Hub,
        wires: Mapping[str | None, FramedWire],
        *,
        reactor: Any,
        origins: Iterable[str] = (),
        hosts: Iterable[str] = (),
        max_connections: int = 0,
        max_connections_per_address: int = 0,
        max_message_bytes: int = 65536,
        seconds: Callable[[], float] | None = None,
        front: Front | None = None,
        credentials_of: Callable[[Any], Any] = lambda request: None,
    ) -> None:
        headers = {name.decode(): value.decode() for name, value in HEADERS if name != b"Server"}
        super().__init__(server="chatd", headers=headers, reactor=reactor)
        self.hub = hub
        self.wires = dict(wires)
        self.front = front or Front()
        self.credentials_of = credentials_of
        self.origin_rule = OriginRule(origins, hosts)
        self.seconds: Callable[[], float] = seconds or reactor.seconds
        self.connections: set[ChatProtocol] = set()
        self.traffic = TrafficStats()
        self.turns = Turns(reactor, CONNECTIONS_A_TURN, PATIENT_SECONDS)
        self.admission = Admission(max_connections, max_connections_per_address)
        self._max_message_bytes = max_message_bytes
        self._all_gone: Deferred[None] | None = None
        self.stopping = False

    def buildProtocol(self, addr: Any) -> Any:
        """
        See `IProtocolFactory`.
        """
        protocol: Any = super().buildProtocol(addr)
        protocol.maxFramePayloadSize = protocol.maxMessagePayloadSize = self._max_message_bytes
        return protocol

    def pick(self, offered: Sequence[str]) -> str | None:
        """
        The first of the subprotocols that a client offers which is spoken here; None if it offers none.

        Raises `NotSpoken`, also if it offers none and that is not spoken here either.
        """
        spoken = ", ".join(name for name in self.wires if name is not None)
        if not offered:
            if None in self.wires:
                return None
            raise NotSpoken(
                f"The tutorial's wire is off here (--tutorial off). Ask for one of the subprotocols: {spoken}"
            )
        for name in offered:
            if name in self.wires:
                return name
        raise NotSpoken(f"None of these subprotocols is spoken here. There is: {spoken}")

    def register(self, connection: ChatProtocol) -> None:
        """
        Keep a connection that is there, and count it if whoever let it in has not.
        """
        self.connections.add(connection)
        if not connection.counted:
            connection.counted = True
            connection.address = address_key(connection.transport.getPeer())
            self.admission.let_in(connection.address)

    def unregister(self, connection: ChatProtocol) -> None:
        """
        Keep and count it no more.
        """
        self.connections.discard(connection)
        self.admission.leave(connection.address)
        if self._all_gone is not None and not self.connections:
            self._all_gone.callback(None)

    def shutdown(self, now: float) -> Deferred[None]:
        """
        Let nobody in any more and close every connection with 4000; fires when all are gone, after 2 s at
        most.

        Each client is told to come back at another time, so that they do not all come at once.
        """
        self.stopping = True
        gone: Deferred[None] = Deferred()
        connections = tuple(self.connections)
        if not connections:
            gone.callback(None)
            return gone
        self._all_gone = gone
        first, last = RETRY_MS
        for place, connection in enumerate(connections):
            connection.send_home(first + place * (last - first + 1) // len(connections))
        timer = self.reactor.callLater(CLOSE_SECONDS, self._abort_all)

        def done(result: None) -> None:
            self._all_gone = None
            if timer.active():
                timer.cancel()

        return gone.addCallback(done)

    def _abort_all(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()
