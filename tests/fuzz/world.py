"""
A whole server in memory, one client that does whatever it likes, and one that only wants to chat.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from chatd.core.hub import Hub
from chatd.core.refusals import CloseCode
from chatd.core.settings import Settings
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from chatd.net.delivery import Delivery
from chatd.net.door import ChatResource
from chatd.net.framing import FramedWire
from chatd.net.gate import Gate
from chatd.net.site import make_site
from chatd.net.turns import PATIENT_CALLS, Turns
from chatd.net.websocket import ChatFactory, spawn
from chatd.store.memory import MemoryStore
from tests.net.clock import TurningClock
from tests.net.frames import frame, handshake, parse

PUBLIC = Path(__file__).parent.parent.parent / "public"
PIECE_BYTES = 65_536
"""The most that a socket is read at once."""
MESSAGE_BYTES = 65_536
# A header, what was begun to be looked at, and a control frame.
_OVERHEAD_BYTES = 8192
_PATIENCE_SECONDS = 6.0
_GRACE_SECONDS = 12
_LONG_SECONDS = 120
_HANDSHAKES = {None: handshake(), "chatd.v1": handshake(Sec_WebSocket_Protocol="chatd.v1")}
_STILL_HERE = frame(b'{"type":"who","room":"lobby","ref":"still here"}')
_PONG = frame(b"", 10)
# What a server may close with by itself. 1011 would be a fault of ours.
_CODES = {code: code.reason for code in CloseCode if code is not CloseCode.INTERNAL_ERROR}


class World:
    """
    The hub, the store, both dialects, the factory and the Site, with a clock that the guest turns.

    There is one guest at a time, from `enter` or `connect` to `end_visit`, which raises AssertionError if
    anything went wrong for anybody; so does `end` if anything is left.
    """

    guest: StringTransport

    def __init__(self) -> None:
        self.clock = TurningClock()
        self.faults: list[Any] = []
        self._drawn = 0
        globalLogPublisher.addObserver(self._observe)
        try:
            self._build()
            self.bystander = self._connect("chatd.v1", "198.51.100.1")
            self._say(self.bystander, {"type": "hello", "name": "bo"})
            self._say(self.bystander, {"type": "join", "room": "lobby"})
            self._turn()
            self.bystander.clear()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        store = MemoryStore(wall_ms=self._wall_ms, random=self._random)
        turns = Turns(self.clock, PATIENT_CALLS)
        self.hub = Hub(
            store=store,
            delivery=Delivery(),
            turns=turns,
            gate=Gate(turns),
            settings=Settings(server="chatd/0"),
            wall_ms=self._wall_ms,
            random=self._random,
            spawn=spawn,
            report=self.faults.append,
        )
        spawn(self.hub.open(), None)
        wires = {dialect.subprotocol: FramedWire(dialect) for dialect in (V1Dialect(), TutorialDialect())}
        self.factory = ChatFactory(self.hub, wires, reactor=self.clock)
        self.site = make_site(PUBLIC, ChatResource(self.factory), store.trouble, self.clock)

    def close(self) -> None:
        """
        Look at the log no longer.
        """
        globalLogPublisher.removeObserver(self._observe)

    def _observe(self, event: dict[str, Any]) -> None:
        if "log_failure" in event:
            self.faults.append(event["log_failure"].value)

    def _wall_ms(self) -> int:
        return 1_700_000_000_000 + int(self.clock.seconds() * 1000)

    def _random(self, count: int) -> bytes:
        # The same in every run, so that what was found once is found again.
        self._drawn += 1
        return self._drawn.to_bytes(count, "big")

    def _connect(self, subprotocol: str | None, host: str) -> StringTransport:
        peer = IPv4Address("TCP", host, 40_000)
        transport = StringTransport(peerAddress=peer)
        transport.protocol = self.factory.buildProtocol(peer)
        transport.protocol.makeConnection(transport)
        transport.protocol.dataReceived(_HANDSHAKES[subprotocol])
        assert transport.value().startswith(b"HTTP/1.1 101 ")
        transport.clear()
        return transport

    def _say(self, whose: StringTransport, command: dict[str, Any]) -> None:
        whose.protocol.dataReceived(frame(json.dumps(command).encode()))

    def _turn(self) -> None:
        for _ in range(3):
            self.clock.turn()

    # What the guest does

    def connect(self, subprotocol: str | None) -> None:
        """
        Come in, behind the handshake for a subprotocol.
        """
        self._begin(subprotocol, plain=False)
        self.guest = self._connect(subprotocol, "192.0.2.1")

    def enter(self) -> None:
        """
        Come in, and do not say anything yet.
        """
        self._begin(None, plain=True)
        peer = IPv4Address("TCP", "192.0.2.1", 40_000)
        self.guest = StringTransport(peerAddress=peer)
        self.guest.protocol = self.site.buildProtocol(peer)
        self.guest.protocol.makeConnection(self.guest)

    def _begin(self, subprotocol: str | None, *, plain: bool) -> None:
        self.subprotocol, self.plain = subprotocol, plain
        self.gone = self.ended = self.full = False

    def greet(self) -> None:
        """
        Say hello as chatd.v1 has it, and join the lobby.
        """
        self._say(self.guest, {"type": "hello", "name": "ada"})
        self._say(self.guest, {"type": "join", "room": "lobby"})

    def send(self, data: bytes) -> None:
        """
        Send bytes, which are read when the server reads; it may leave them unread for a while.
        """
        for start in range(0, len(data), PIECE_BYTES):
            waited = 0.0
            while not self._reads() and waited < _PATIENCE_SECONDS:
                self.wait(0.25)
                waited += 0.25
            if not self._reads():
                return
            self.guest.protocol.dataReceived(data[start : start + PIECE_BYTES])
            self._look()
            self._turn()
            self._look()

    def _reads(self) -> bool:
        return not (self.gone or self.ended) and self.guest.producerState == "producing"

    def wait(self, seconds: float) -> None:
        """
        Let time pass.
        """
        while seconds > 0:
            step = min(seconds, 12.0)
            seconds -= step
            self.clock.advance(step)
            self.hub.tick(self.clock.seconds())
            self._turn()
            # The bystander is there, and says so when it is asked.
            self.bystander.protocol.dataReceived(_PONG)
            self._look()

    def stop_taking(self) -> None:
        """
        Take nothing more of what the server sends: its transport is full.
        """
        self.full = True
        self._tell_producer("pauseProducing")

    def take(self) -> None:
        """
        Take all that the server has sent.
        """
        self.full = False
        self._tell_producer("resumeProducing")
        self._look()

    def _tell_producer(self, what: str) -> None:
        producer = self.guest.producer
        if producer is not None and not self.gone:
            getattr(producer, what)()

    def half_close(self) -> None:
        """
        End one's own side, and go on reading.
        """
        if not (self.gone or self.ended):
            self.ended = True
            self.guest.protocol.readConnectionLost()
            self._look()

    def leave(self) -> None:
        """
        Be gone.
        """
        if not self.gone:
            self.gone = True
            self.guest.protocol.connectionLost(Failure(ConnectionDone()))

    def _look(self) -> None:
        if self.gone:
            return
        if self.guest.disconnected or (self.guest.disconnecting and not self.full):
            self.leave()
        else:
            kept = self.kept_bytes()
            assert kept <= MESSAGE_BYTES + PIECE_BYTES + _OVERHEAD_BYTES, f"{kept} bytes are kept"

    def kept_bytes(self) -> int:
        """
        How much of what the guest has sent is kept.
        """
        protocol = self.guest.protocol
        kept = len(protocol._backlog)
        if hasattr(protocol, "current_frame"):
            kept += len(protocol.data or b"") + len(protocol._message)
            kept += sum(map(len, getattr(protocol, "control_frame_data", None) or ()))
        return kept

    # What has to be true

    def end_visit(self) -> None:
        """
        Check what the guest was sent, and that the bystander has noticed nothing; then the guest is gone.
        """
        self._turn()
        self._look()
        self._check_guest()
        self._check_bystander()
        self.leave()
        # Until nobody expects it back any more.
        self.wait(_GRACE_SECONDS)
        assert len(self.factory.connections) == 1, "a connection is left"
        assert not self.faults, f"something failed: {self.faults}"

    def end(self) -> None:
        """
        Check that nothing is left.
        """
        try:
            self.wait(_LONG_SECONDS)
            left = [call for call in self.clock.getDelayedCalls() if call.active()]
            assert not left, f"timers are left: {left}"
            # The bystander's pulse, and the count of its room.
            assert len(self.hub.deadlines) <= 4, f"{len(self.hub.deadlines)} deadlines are left"
            assert not self.faults, f"something failed: {self.faults}"
        finally:
            self.close()

    def _check_guest(self) -> None:
        said = self.guest.value()
        if self.plain:
            assert not said or said.startswith(b"HTTP/1."), said[:100]
            return
        sent = parse(said)
        closes = [each for each in sent if each.opcode == 8]
        assert len(closes) <= 1, closes
        assert not closes or sent[-1] is closes[0], "something was sent after the goodbye"
        for each in sent:
            if each.opcode == 1:
                self._check_text(json.loads(each.payload))
            else:
                assert each.opcode in (8, 9, 10), each
        if closes:
            self._check_close(closes[0].payload)
        else:
            assert self.ended or not self.gone, "it was cut off without a word"

    def _check_close(self, payload: bytes) -> None:
        code, reason = int.from_bytes(payload[:2], "big"), payload[2:].decode()
        assert len(payload) <= 125, payload
        if _CODES.get(code) != reason:
            # Then it is the goodbye that was said first, or the word of a dialect.
            told = self.guest.protocol.remoteCloseCode
            assert code == (told or 0) or (code in (1007, 1009) and reason), payload

    def _check_text(self, told: Any) -> None:
        if self.subprotocol is None:
            assert list(told) == ["email", "username", "message"], told
        else:
            assert isinstance(told["type"], str), told

    def _check_bystander(self) -> None:
        self.bystander.protocol.dataReceived(_STILL_HERE)
        self._turn()
        heard = parse(self.bystander.value())
        self.bystander.clear()
        assert all(each.opcode in (1, 9) for each in heard), "the bystander was closed"
        told = [json.loads(each.payload) for each in heard if each.opcode == 1]
        answers = [each for each in told if each.get("ref") == "still here"]
        assert [each["type"] for each in answers] == ["members"], told
