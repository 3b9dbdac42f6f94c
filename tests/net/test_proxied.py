"""
Clients that HAProxy names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.internet.testing import StringTransport
from twisted.protocols.haproxy._wrapper import HAProxyWrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from chatd.net.door import ChatResource
from chatd.net.proxied import ProxiedProtocol, read_headers
from chatd.net.site import make_site
from chatd.net.tls import Certificates
from tests.net.frames import handshake
from tests.net.test_door import ADA, DoorCase

HEADER = b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n"
V2 = b"\r\n\r\n\x00\r\nQUIT\n"


class Port:
    """
    A port that listens for a factory.
    """

    def __init__(self, factory: Any) -> None:
        self.factory = factory


class ProxiedTests(DoorCase):
    def setUp(self) -> None:
        super().setUp()
        self.site: Any = make_site(
            Path(), ChatResource(self.factory), lambda: None, self.clock, self.factory.admission
        )
        self.proxied = HAProxyWrappingFactory(self.site)
        read_headers(Port(self.proxied))

    def connect(self) -> tuple[Any, StringTransport]:
        self.clock.advance(0)
        protocol: Any = self.proxied.buildProtocol(ADA)
        transport = StringTransport(peerAddress=ADA)
        transport.protocol = protocol  # type: ignore[attr-defined]
        protocol.makeConnection(transport)
        return protocol, transport

    def test_a_client_goes_by_the_address_that_haproxy_names(self) -> None:
        protocol, transport = self.connect()
        protocol.dataReceived(HEADER[:20])
        protocol.dataReceived(HEADER[20:] + handshake())
        self.assertIn(b" 101 ", transport.value())
        [connection] = self.factory.connections
        self.assertEqual((connection.peer, connection.address), ("203.0.113.7", "203.0.113.7"))

    def test_haproxy_itself_may_have_any_number_of_connections(self) -> None:
        self.factory.admission.most_of_address = 1
        transports = [self.connect()[1] for _ in range(5)]
        self.assertFalse(any(transport.disconnecting for transport in transports))

    def test_one_client_behind_haproxy_cannot_take_all_the_room(self) -> None:
        self.factory.admission.most_of_address = 1
        answers = []
        for _ in range(2):
            protocol, transport = self.connect()
            protocol.dataReceived(HEADER + handshake())
            answers.append(transport.value().split()[1])
        self.assertEqual(answers, [b"101", b"503"])

    def test_a_client_behind_haproxy_is_counted_before_it_asks_for_anything(self) -> None:
        self.factory.admission.most_of_address = 2
        protocols, transports = zip(*[self.connect() for _ in range(30)], strict=True)
        for protocol in protocols:
            protocol.dataReceived(HEADER)
        told = [transport for transport in transports if b" 503 " in transport.value()]
        cut = [transport for transport in transports if transport.disconnected]
        self.assertEqual((len(told), len(cut)), (16, 12))
        self.assertTrue(all(transport.disconnecting for transport in told))
        admission = self.factory.admission
        self.assertEqual((admission.count, admission.refused, admission.came), (2, 28, 30))
        self.assertEqual(dict(admission._by_address), {"203.0.113.7": 2})
        # Another client, and one whom HAProxy does not know.
        for header in (HEADER.replace(b"203", b"198"), *[V2 + b"\x20\0\0\0"] * 3):
            protocol, transport = self.connect()
            protocol.dataReceived(header + b"GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n")
            self.assertIn(b" 200 ", transport.value())
        for protocol in protocols:
            protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((admission.count, admission.refused), (4, 0))

    def test_one_who_is_cut_off_is_not_answered(self) -> None:
        self.factory.admission.most_of_address = 1
        for _ in range(17):
            self.connect()[0].dataReceived(HEADER)
        protocol, transport = self.connect()
        protocol.dataReceived(HEADER + b"GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n")
        protocol.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n")
        self.assertEqual((transport.value(), transport.disconnected), (b"", True))

    def test_a_header_that_cannot_be_read_ends_the_connection_and_is_no_error(self) -> None:
        for header in (
            b"PROXY TCP4 \xff 192.0.2.1 1 2\r\n",
            b"PROXY TCP4 203.0.113.7 192.0.2.1 x y\r\n",
            b"PROXY TCP6 \x1b[2J\xe2\x80\xae\r\n",
            b"PROXY TCP4\r\n",
            b"PROXY " + b"x" * 200,
            b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n",
            V2 + b"\x21\x11\x00\x02ab",
            V2 + b"\x2f\xff\x00\x00",
        ):
            protocol, transport = self.connect()
            protocol.dataReceived(header)
            protocol.dataReceived(b"\r\n" + header)
            self.assertEqual(transport.value(), b"", header)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_an_error_behind_the_header_is_still_one(self) -> None:
        protocol, _ = self.connect()
        protocol.dataReceived(HEADER)

        def fail(data: bytes) -> None:
            raise ZeroDivisionError

        protocol.wrappedProtocol.dataReceived = fail
        self.assertRaises(ZeroDivisionError, protocol.dataReceived, b"x")

    def test_other_ports_are_left_as_they_are(self) -> None:
        plain = Factory()
        read_headers(Port(plain))
        read_headers(object())
        self.assertIsNone(plain.protocol)
        proxied = HAProxyWrappingFactory(plain)
        read_headers(
            Port(TLSMemoryBIOFactory(Certificates(Path("c"), Path("k")), False, proxied, self.clock))
        )
        self.assertIs(proxied.protocol, ProxiedProtocol)
