"""
What the testsuite talks to is what everybody talks to.
"""

from __future__ import annotations

import signal
from pathlib import Path

from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from chatd.config import Config, MessageRate
from chatd.net.connection import ChatProtocol
from chatd.net.options import Options
from tests.conformance.echo import EchoProtocol, make_echo
from tests.net.frames import Sent, frame, handshake, parse

PUBLIC = Path(__file__).parent.parent.parent / "public"


class EchoTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        self.reactor = MemoryReactorClock()

    def connect(self, door: str) -> StringTransport:
        """
        A transport after a handshake, with the connection at its other end as its `protocol`.
        """
        config = Config(
            data=Path("data"), store="memory:", port="8000", public=PUBLIC, message_rate=MessageRate(0)
        )
        service = make_echo(config, self.reactor, door)
        service.privilegedStartService()
        self.successResultOf(service.startService())
        self.addCleanup(service.stopService)
        factory = self.reactor.tcpServers[0][1]
        transport = StringTransport()
        transport.protocol = factory.buildProtocol(transport.getPeer())
        transport.protocol.makeConnection(transport)
        transport.protocol.dataReceived(handshake(Origin=None))
        self.assertTrue(transport.value().startswith(b"HTTP/1.1 101 "), transport.value())
        transport.clear()
        return transport

    def say(self, door: str) -> None:
        transport = self.connect(door)
        self.assertIsInstance(transport.protocol, EchoProtocol)
        said = (
            frame(b"text"),
            frame(b"\xff\x00", 2),
            frame(b"hal", fin=False),
            frame(b"p", 9),
            frame(b"f", 0),
        )
        for each in said:
            transport.protocol.dataReceived(each)
        self.assertEqual(
            parse(transport.value()),
            [Sent(1, b"text"), Sent(2, b"\xff\x00"), Sent(10, b"p"), Sent(1, b"half")],
        )

    def test_what_is_said_comes_back_behind_the_site(self) -> None:
        self.say("site")

    def test_what_is_said_comes_back_from_the_factory_alone(self) -> None:
        self.say("factory")

    def test_nothing_else_is_other_than_in_the_chat(self) -> None:
        bounds = {"fragments", "message_seconds", "control_frames"}
        own = {name for name in vars(EchoProtocol) if not name.startswith("__")}
        self.assertEqual(own - {"_binary"}, {"onMessageBegin", "onMessage"} | bounds)
        self.assertEqual(EchoProtocol.__mro__[1], ChatProtocol)
        for name in bounds:
            self.assertIn(name, vars(Options))
