"""
Bytes on their way into the kernel, over real sockets of this machine.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet import reactor, tcp, unix
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IListeningPort, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from chatd.net.delivery import Delivery
from chatd.net.tls import Certificates
from chatd.net.tls_transport import PromptTLSTransport
from chatd.net.transport import UNSENT_BYTES, PromptTCPTransport, PromptUNIXTransport, send_promptly
from chatd.net.turns import Turns
from tests.certificates import make_pair
from tests.daemon import wait_until

PATIENCE_SECONDS = 10
ARRIVALS = Turns(Clock(), 16)


class Descriptors:
    """
    The part of a reactor that knows which descriptors want to read and write, turned by hand.
    """

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.later: list[Any] = []

    def addReader(self, reader: Any) -> None:
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:
        self.readers.discard(reader)

    def addWriter(self, writer: Any) -> None:
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        self.writers.discard(writer)

    def callLater(self, seconds: float, call: Any, *arguments: Any) -> None:
        self.later.append((call, arguments))

    def turn(self) -> None:
        """
        Let every descriptor that wants to write do so once, and lose those that cannot.
        """
        for writer in tuple(self.writers):
            why = writer.doWrite()
            if why is not None:
                self.readers.discard(writer)
                self.writers.discard(writer)
                writer.connectionLost(Failure(why))
        calls, self.later = self.later, []
        for call, arguments in calls:
            call(*arguments)


@implementer(IPushProducer)
class Valve:
    """
    A producer that notes what it is told.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class Ends(Protocol):
    """
    Notes why it was lost.
    """

    lost: Failure | None = None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason


class WritingTests(SynchronousTestCase):
    """
    One end is the transport, the other a plain socket, and nobody turns a reactor but the test.
    """

    def setUp(self) -> None:
        self.reactor = Descriptors()
        ours, self.theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)
        self.theirs.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.protocol = Ends()
        self.transport = PromptTCPTransport(
            ours, self.protocol, ("peer", 1), cast(Any, None), 0, cast(Any, self.reactor)
        )
        self.protocol.makeConnection(self.transport)
        self.addCleanup(setattr, self.transport, "protocol", None)

    def read(self) -> bytes:
        read = b""
        try:
            while chunk := self.theirs.recv(1 << 20):
                read += chunk
        except BlockingIOError:
            pass
        return read

    def fill(self) -> bytes:
        """
        Write until something has to wait; what was written.
        """
        written = b""
        while not self.reactor.writers:
            written += b"-" * 1000
            self.transport.write(b"-" * 1000)
        return written

    def drain(self) -> bytes:
        read = self.read()
        while self.reactor.writers:
            self.reactor.turn()
            read += self.read()
        return read

    def test_a_message_is_with_the_kernel_before_write_returns(self) -> None:
        self.transport.write(b"hello")
        self.assertEqual((self.theirs.recv(10), self.reactor.writers), (b"hello", set()))
        self.assertEqual(self.transport.bytes_sent, 5)

    def test_what_does_not_fit_follows_in_order(self) -> None:
        written = self.fill()
        self.transport.write(b"the end")
        self.assertLess(self.transport.bytes_sent, len(written))
        self.assertEqual(self.drain(), written + b"the end")
        self.assertEqual(self.transport.bytes_sent, len(written) + 7)

    def test_one_message_larger_than_the_kernel_takes_arrives_whole(self) -> None:
        message = bytes(range(256)) * 2000
        self.transport.write(message)
        self.assertTrue(0 < self.transport.bytes_sent < len(message))
        self.assertEqual(self.drain(), message)

    def test_a_producer_is_paused_when_too_much_waits_and_resumed_when_it_is_gone(self) -> None:
        valve = Valve()
        self.transport.registerProducer(valve, True)
        self.transport.write(b"x" * 10)
        self.assertEqual(valve.told, [])
        self.transport.write(b"x" * 1_000_000)
        self.assertEqual(valve.told, ["pause"])
        self.drain()
        self.assertEqual(valve.told, ["pause", "resume"])
        self.transport.write(b"again")
        self.assertEqual(self.read(), b"again")

    def test_a_pull_producer_is_asked_for_more_after_each_write(self) -> None:
        valve = Valve()
        self.transport.registerProducer(cast(Any, valve), False)
        self.transport.write(b"some")
        self.reactor.turn()
        self.assertEqual((self.read(), valve.told), (b"some", ["resume", "resume"]))

    def test_a_peer_that_is_gone_is_noticed_in_the_reactors_turn_and_not_in_write(self) -> None:
        self.theirs.close()
        for _ in range(3):
            self.transport.write(b"are you there?")
        self.assertIsNone(self.protocol.lost)
        self.reactor.turn()
        lost = self.protocol.lost
        assert lost is not None
        self.assertTrue(lost.check(ConnectionLost))
        self.transport.write(b"no")
        self.assertEqual(self.transport.bytes_sent, 0)

    def test_closing_sends_what_waits_first(self) -> None:
        written = self.fill()
        self.transport.loseConnection()
        self.assertEqual(self.drain(), written)
        self.assertIsNotNone(self.protocol.lost)
        self.assertEqual(self.theirs.recv(10), b"")

    def test_closing_after_all_was_sent_at_once_closes(self) -> None:
        self.transport.write(b"bye")
        self.transport.loseConnection()
        self.reactor.turn()
        self.assertEqual((self.theirs.recv(10), self.theirs.recv(10)), (b"bye", b""))

    def test_an_aborted_connection_sends_no_more(self) -> None:
        self.transport.abortConnection()
        self.transport.write(b"late")
        self.reactor.turn()
        self.assertEqual(self.transport.bytes_sent, 0)
        self.assertIsNotNone(self.protocol.lost)

    def test_text_is_refused_as_always(self) -> None:
        self.assertRaises(TypeError, self.transport.write, "text")
        self.assertRaises(TypeError, self.transport.writeSequence, [b"some", "text"])

    def test_several_pieces_go_at_once_and_in_order_too(self) -> None:
        self.transport.writeSequence([b"one", b" ", b"two"])
        self.transport.write(b" three")
        self.assertEqual((self.read(), self.reactor.writers), (b"one two three", set()))
        self.assertEqual(self.transport.bytes_sent, 13)
        written = self.fill()
        self.transport.writeSequence([b"the", b" end"])
        self.transport.writeSequence([])
        self.assertEqual(self.drain(), written + b"the end")


class UnixTests(SynchronousTestCase):
    """
    The same over a Unix socket, which can carry descriptors too.
    """

    def test_bytes_go_at_once_but_not_past_a_descriptor_that_waits(self) -> None:
        reactor = Descriptors()
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        transport = PromptUNIXTransport(ours, Ends(), "", None, 0, reactor)  # type: ignore[no-untyped-call]
        self.addCleanup(setattr, transport, "protocol", None)
        transport.writeSequence([b"o", b"ne"])
        self.assertEqual(theirs.recv(10), b"one")
        end, other = os.pipe()
        self.addCleanup(os.close, other)
        self.addCleanup(os.close, end)
        transport.sendFileDescriptor(end)  # type: ignore[no-untyped-call]
        transport.write(b"two")
        self.assertEqual(transport.bytes_sent, 3)
        reactor.turn()
        data, descriptors, _, _ = socket.recv_fds(theirs, 10, 1)
        self.addCleanup(os.close, descriptors[0])
        self.assertTrue(b"two".startswith(data))


class SmallRecords:
    """
    A TLS connection whose client has negotiated a `max_fragment_length` of 512.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def send(self, data: bytes) -> int:
        sent: int = self._connection.send(data[:512])
        return sent


class TLSWritingTests(SynchronousTestCase):
    """
    A server's end of a TLS connection over a transport in memory, and OpenSSL at the client's.
    """

    def setUp(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        pair = make_pair()
        (folder / "cert.pem").write_bytes(pair.certificate)
        (folder / "key.pem").write_bytes(pair.key)
        certificates = Certificates(folder / "cert.pem", folder / "key.pem")
        certificates.load()
        clock: Any = Clock()
        factory = TLSMemoryBIOFactory(certificates, False, Factory.forProtocol(Ends), clock)
        factory.protocol = cast(Any, partial(PromptTLSTransport, Turns(clock, 16)))
        factory.wrappedFactory.noisy = False
        self.server: Any = factory.buildProtocol(None)
        self.below = StringTransport()
        self.server.makeConnection(self.below)
        self.client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        self.client.set_connect_state()

    def shake_hands(self) -> None:
        for _ in range(4):
            with contextlib.suppress(SSL.WantReadError):
                self.client.do_handshake()
            self.carry()

    def carry(self) -> bytes:
        """
        Move what either side has written to the other; what the client reads.
        """
        with contextlib.suppress(SSL.WantReadError):
            self.server.dataReceived(self.client.bio_read(1 << 20))
        written = self.below.value()
        self.below.clear()
        if written:
            self.client.bio_write(written)
        read = b""
        with contextlib.suppress(SSL.WantReadError):
            while True:
                read += self.client.recv(1 << 20)
        return read

    def test_what_fits_into_one_record_is_passed_on_at_once(self) -> None:
        self.shake_hands()
        writes: list[bytes] = []
        self.patch(self.below, "write", writes.append)
        for length in (1, 200, 2**14):
            self.server.write(b"x" * length)
        self.assertEqual(len(writes), 3)
        self.assertLess(len(writes[1]), 250)
        self.client.bio_write(b"".join(writes))
        self.assertEqual(sum(len(self.client.recv(1 << 20)) for _ in writes), 201 + 2**14)

    def test_all_sizes_arrive_whole_and_in_order(self) -> None:
        self.shake_hands()
        sizes = (0, 1, 2**14 - 1, 2**14 + 1, 5, 100_000, 0, 7)
        sent = [bytes([number]) * size for number, size in enumerate(sizes, 48)]
        for data in sent:
            self.server.write(data)
        self.assertEqual(self.carry(), b"".join(sent))

    def test_to_a_client_that_asked_for_small_records_all_is_sent_too(self) -> None:
        self.shake_hands()
        # Of such a client's data OpenSSL takes what is one record, and says so.
        self.server._tlsConnection = SmallRecords(self.server._tlsConnection)
        sent = [bytes([number]) * size for number, size in enumerate((1, 512, 2000, 2**14, 7), 48)]
        for data in sent:
            self.server.write(data)
        self.assertEqual(self.carry(), b"".join(sent))

    def test_what_a_group_is_sent_is_sealed_whole_however_long_it_is(self) -> None:
        self.shake_hands()
        self.below.write(self.server.seal(b"x" * 100_000))
        self.assertEqual(self.carry(), b"x" * 100_000)

    def test_what_is_written_before_the_handshake_comes_after_it_and_first(self) -> None:
        self.server.write(b"early")
        self.server.write(b" bird")
        with contextlib.suppress(SSL.WantReadError):
            self.client.do_handshake()
        self.carry()
        self.client.do_handshake()
        read = self.carry()
        self.server.write(b" sings")
        self.assertEqual(read + self.carry(), b"early bird sings")

    def test_a_record_that_openssl_has_ready_besides_is_passed_on_too(self) -> None:
        self.shake_hands()
        # As an answer to a key update of the peer's would be: in the way out, and not passed on yet.
        self.server._tlsConnection.send(b"-" * 1000)
        self.server.write(b"x")
        self.assertEqual(self.carry(), b"-" * 1000 + b"x")

    def test_nothing_is_written_after_the_end(self) -> None:
        self.shake_hands()
        self.server.write(b"last")
        self.server.loseConnection()
        self.below.clear()
        self.server.write(b"too late")
        self.assertEqual(self.below.value(), b"")

    def test_a_broken_connection_is_lost_and_raises_nothing(self) -> None:
        self.shake_hands()
        self.server.dataReceived(b"this is no TLS at all")
        self.assertTrue(self.below.disconnecting)
        self.below.clear()
        self.server.write(b"never")
        self.assertEqual(self.below.value(), b"")

    def test_an_error_of_openssl_in_a_write_loses_the_connection(self) -> None:
        self.shake_hands()

        class Broken:
            def send(self, data: bytes) -> int:
                raise SSL.Error([("SSL routines", "", "internal error")])

            def bio_read(self, size: int) -> bytes:
                raise SSL.WantReadError

        self.server._tlsConnection = Broken()
        self.server.write(b"x")
        self.assertTrue(self.below.disconnecting)


class PortTests(TestCase):
    """
    Which ports make such connections.
    """

    def listen(self, port: IListeningPort) -> IListeningPort:
        self.addCleanup(port.stopListening)
        return port

    def test_a_client_of_a_tcp_port_is_served_promptly(self) -> None:
        served: Deferred[Any] = Deferred()

        class Greets(Protocol):
            def connectionMade(self) -> None:
                assert self.transport is not None
                self.transport.write(b"welcome")
                served.callback(self.transport)
                self.transport.loseConnection()

        factory = Factory.forProtocol(Greets)
        factory.noisy = False
        port: Any = self.listen(cast(Any, reactor).listenTCP(0, factory, interface="127.0.0.1"))
        send_promptly(port, Delivery(), ARRIVALS)
        client = socket.create_connection(("127.0.0.1", port.getHost().port), timeout=PATIENCE_SECONDS)
        self.addCleanup(client.close)

        def check(transport: PromptTCPTransport) -> None:
            self.assertIs(type(transport), PromptTCPTransport)
            self.assertEqual(transport.bytes_sent, 7)
            self.assertEqual(client.recv(10), b"welcome")

        served.addCallback(check)
        # The server's end goes in the reactor's next turns, which trial waits for.
        return cast(Any, served.addTimeout(PATIENCE_SECONDS, cast(Any, reactor)))

    def test_what_has_arrived_is_known_and_what_only_our_kernel_has_is_not_counted(self) -> None:
        served: Deferred[PromptTCPTransport] = Deferred()

        class Greets(Protocol):
            def connectionMade(self) -> None:
                served.callback(cast(Any, self.transport))

        factory = Factory.forProtocol(Greets)
        factory.noisy = False
        port: Any = self.listen(cast(Any, reactor).listenTCP(0, factory, interface="127.0.0.1"))
        send_promptly(port, Delivery(), ARRIVALS)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port.getHost().port))
        self.addCleanup(client.close)

        def check(transport: PromptTCPTransport) -> None:
            transport.write(b"welcome")
            self.assertEqual(client.recv(10), b"welcome")
            # The other kernel may take its time to say so.
            wait_until(lambda: transport.bytes_arrived() == 7, PATIENCE_SECONDS)
            transport.write(bytes(200_000))
            self.assertTrue(7 <= transport.bytes_arrived() < transport.bytes_sent)
            transport.abortConnection()

        served.addCallback(check)
        return cast(Any, served.addTimeout(PATIENCE_SECONDS, cast(Any, reactor)))

    def test_the_kernel_keeps_little_for_a_peer_that_takes_nothing(self) -> None:
        served: Deferred[PromptTCPTransport] = Deferred()

        class Greets(Protocol):
            def connectionMade(self) -> None:
                served.callback(cast(Any, self.transport))

        factory = Factory.forProtocol(Greets)
        factory.noisy = False
        port: Any = self.listen(cast(Any, reactor).listenTCP(0, factory, interface="127.0.0.1"))
        send_promptly(port, Delivery(), ARRIVALS)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port.getHost().port))
        self.addCleanup(client.close)

        def check(transport: PromptTCPTransport) -> None:
            piece = bytes(16 * 1024)
            for _ in range(256):
                transport.write(piece)
            # What is on its way comes on top, and the kernel counts in packets.
            self.assertTrue(len(piece) < transport.bytes_sent < 4 * UNSENT_BYTES, transport.bytes_sent)
            transport.abortConnection()

        served.addCallback(check)
        return cast(Any, served.addTimeout(PATIENCE_SECONDS, cast(Any, reactor)))

    def test_the_end_of_a_peer_is_known_though_what_stands_before_it_is_not_read(self) -> None:
        served: Deferred[PromptTCPTransport] = Deferred()

        class Waits(Protocol):
            def connectionMade(self) -> None:
                cast(Any, self.transport).pauseProducing()
                served.callback(cast(Any, self.transport))

        factory = Factory.forProtocol(Waits)
        factory.noisy = False
        port: Any = self.listen(cast(Any, reactor).listenTCP(0, factory, interface="127.0.0.1"))
        send_promptly(port, Delivery(), ARRIVALS)
        client = socket.socket()
        client.connect(("127.0.0.1", port.getHost().port))
        self.addCleanup(client.close)

        def check(transport: PromptTCPTransport) -> None:
            client.sendall(b"much to be answered")
            self.assertFalse(transport.peer_has_ended())
            client.shutdown(socket.SHUT_WR)
            wait_until(transport.peer_has_ended, PATIENCE_SECONDS)
            transport.abortConnection()

        served.addCallback(check)
        return cast(Any, served.addTimeout(PATIENCE_SECONDS, cast(Any, reactor)))

    def test_a_unix_port_gets_the_unix_transport(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(os.rmdir, folder)
        factory = Factory()
        factory.noisy = False
        port = self.listen(cast(Any, reactor).listenUNIX(os.path.join(folder, "socket"), factory))
        delivery = Delivery()
        send_promptly(port, delivery, ARRIVALS)
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        make: Any = cast(unix.Port, port).transport
        transport = make(ours, Protocol(), None, cast(Any, None), 0, Descriptors())
        self.assertIs(type(transport), PromptUNIXTransport)
        self.assertIs(transport.delivery, delivery)

    def test_a_tls_port_gets_the_tls_transport(self) -> None:
        factory = TLSMemoryBIOFactory(CertificateOptions(), False, Factory())
        port = tcp.Port(0, factory, interface="127.0.0.1", reactor=reactor)
        port.startListening()
        self.listen(port)
        send_promptly(port, Delivery(), ARRIVALS)
        made = factory.protocol(cast(Any, factory), Protocol())
        self.assertIs(type(made), PromptTLSTransport)

    def test_ports_of_another_kind_are_left_alone(self) -> None:
        class OwnTransport(tcp.Server):
            pass

        class OwnPort(tcp.Port):
            transport = OwnTransport

        port = OwnPort(0, Factory(), interface="127.0.0.1", reactor=reactor)
        port.startListening()
        self.listen(port)
        send_promptly(port, Delivery(), ARRIVALS)
        self.assertIs(port.transport, OwnTransport)
        send_promptly(cast(Any, object()), Delivery(), ARRIVALS)
