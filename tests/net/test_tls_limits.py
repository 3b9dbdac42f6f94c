"""
Clients that speak TLS as nobody should: handshakes that do not end, and records of one byte.
"""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.net import tls
from chatd.net.admission import TOLD_SECONDS
from chatd.net.channel import CLOSING_SECONDS, HEADER_SECONDS
from chatd.net.site import CONNECTIONS_A_TURN
from chatd.net.tls import Certificates
from chatd.net.tls_transport import PromptTLSTransport
from chatd.net.turns import Turns
from chatd.net.websocket import ChatFactory, FramedWire
from tests.certificates import make_pair
from tests.net.clock import TurningClock
from tests.net.frames import frame, handshake
from tests.net.http_exchange import INDEX, SiteTestCase
from tests.net.records import APPLICATION, EMPTY_HELLO, HANDSHAKE, TLS12_SUITE, Tls12Writer, Tls13Writer
from tests.net.test_tls import client_context, shake_hands
from tests.net.test_websocket import Hub, PlainDialect

READ_BYTES = 65_536
"""The most that a socket is read at once."""


class Socket(StringTransport):
    """
    What stands under the server's end.
    """

    def setTcpNoDelay(self, enabled: bool) -> None:
        """
        See `ITCPTransport`.
        """


@implementer(IOpenSSLServerConnectionCreator)
class PlainCertificates:
    """
    A context that has no settings of ours, as that of an `ssl:` listener.
    """

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """
        See `IOpenSSLServerConnectionCreator`.
        """
        return SSL.Connection(self._context, None)


class Client:
    """
    The client's end of a TLS connection to a factory, and the transport under the server's end.
    """

    def __init__(self, factory: TLSMemoryBIOFactory, highest: int = 0) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(highest)
        context.set_cipher_list(TLS12_SUITE)
        # A function of its own: nothing is to lead back here.
        secrets = self.secrets = {}

        def note(tls: SSL.Connection, line: bytes) -> None:
            label, _, secret = line.split()
            secrets[label] = bytes.fromhex(secret.decode())

        context.set_keylog_callback(note)
        self.tls = SSL.Connection(context, None)
        self.tls.set_connect_state()
        self.transport = Socket()
        self.server: Any = factory.buildProtocol(self.transport.getPeer())
        self.server.makeConnection(self.transport)

    def write_hello(self) -> bytes:
        """
        The first bytes of a handshake.
        """
        self._shake()
        return self.tls.bio_read(READ_BYTES)

    def _shake(self) -> bool:
        try:
            self.tls.do_handshake()
        except SSL.WantReadError:
            return False
        return True

    def shake_hands(self) -> None:
        """
        Go through the whole handshake.
        """
        done = False
        for _ in range(10):
            done = self._shake() or done
            self.deliver(self.written())
            self.collect()
        assert done

    def written(self) -> bytes:
        """
        What the client's end has yet to send.
        """
        try:
            return self.tls.bio_read(1 << 24)
        except SSL.WantReadError:
            return b""

    def deliver(self, data: bytes) -> None:
        """
        Have the server read this, as much at once as a socket gives.
        """
        for start in range(0, len(data), READ_BYTES):
            self.server.dataReceived(data[start : start + READ_BYTES])

    def collect(self) -> None:
        """
        Take what the server has sent.
        """
        data = self.transport.value()
        self.transport.clear()
        if data:
            self.tls.bio_write(data)

    def in_records_of_one_byte(self, data: bytes) -> bytes:
        """
        This as TLS has it if each byte is sent by itself.
        """
        for byte in data:
            self.tls.send(bytes([byte]))
        return self.written()

    def hear(self) -> bytes:
        """
        What the server has said.
        """
        self.collect()
        heard = b""
        try:
            while True:
                heard += self.tls.recv(READ_BYTES)
        except (SSL.WantReadError, SSL.ZeroReturnError):
            return heard


class GroupsTests(SiteTestCase):
    """
    With what keys are agreed upon.
    """

    def agree(self, groups: bytes) -> str | None:
        """
        The group that a client gets which offers these; raises SSL.Error if it gets none.
        """
        certificates = Certificates(*make_pair().write(self.folder))
        certificates.load()
        context = client_context()
        assert SSL._lib.SSL_CTX_set1_curves_list(context._context, groups) == 1
        client, _ = shake_hands(certificates, context)
        name: str | None = client.get_group_name()
        return name

    def test_each_group_of_mozillas_profile_will_do(self):
        for group in (b"X25519", b"P-256", b"P-384"):
            self.assertTrue(self.agree(b"X448:" + group))

    def test_no_other_will(self):
        for group in (b"X448", b"P-521", b"ffdhe2048"):
            self.assertRaises(SSL.Error, self.agree, group)

    def test_where_the_library_cannot_set_several_the_one_that_all_know_is_left(self):
        self.patch(tls, "_GROUPS", (b"nonsense",))
        self.assertTrue(self.agree(b"X25519:P-256"))
        self.assertRaises(SSL.Error, self.agree, b"X25519")


class SiteTests(SiteTestCase):
    """
    Until a request is there.
    """

    def setUp(self):
        super().setUp()
        certificates = Certificates(*make_pair().write(self.folder))
        certificates.load()
        self.factory = TLSMemoryBIOFactory(certificates, False, self.site, self.clock)
        self.factory.protocol = partial(PromptTLSTransport, self.site.arrivals)

    def cut_in_time(self, client):
        self.clock.advance(HEADER_SECONDS - 0.1)
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(0.1)
        self.assertTrue(client.transport.disconnected)
        client.server.connectionLost(Failure(ConnectionDone()))

    def test_a_client_that_does_not_begin_a_handshake_is_cut_off(self):
        self.cut_in_time(Client(self.factory))

    def test_a_client_that_goes_silent_in_its_hello_is_cut_off(self):
        client = Client(self.factory)
        client.deliver(client.write_hello()[:-1])
        self.cut_in_time(client)

    def test_a_client_that_does_not_answer_our_hello_is_cut_off(self):
        for highest in (0, SSL.TLS1_2_VERSION):
            client = Client(self.factory, highest)
            client.deliver(client.write_hello())
            self.assertTrue(client.transport.value())
            self.cut_in_time(client)

    def test_a_handshake_that_trickles_gains_nothing(self):
        client = Client(self.factory)
        hello = client.write_hello()
        for second in range(HEADER_SECONDS):
            self.assertFalse(client.transport.disconnected)
            client.deliver(hello[second * 10 : second * 10 + 10])
            self.clock.advance(1)
        self.assertTrue(client.transport.disconnected)
        client.server.connectionLost(Failure(ConnectionDone()))

    def test_a_client_that_asks_for_nothing_after_the_handshake_is_sent_away_and_then_cut_off(self):
        client = Client(self.factory)
        client.shake_hands()
        self.clock.advance(HEADER_SECONDS)
        self.assertTrue(client.server.disconnecting)
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(CLOSING_SECONDS)
        self.assertTrue(client.transport.disconnected)
        client.server.connectionLost(Failure(ConnectionDone()))

    def test_one_for_which_there_is_no_room_is_told_so_if_it_shakes_hands_and_else_soon_cut_off(self):
        self.site.admission.most = 1
        inside, told, silent = (Client(self.factory) for _ in range(3))
        told.shake_hands()
        self.assertTrue(told.hear().startswith(b"HTTP/1.1 503 "))
        self.clock.advance(TOLD_SECONDS)
        self.assertTrue(silent.transport.disconnected)
        self.assertFalse(inside.transport.disconnecting)
        for client in (inside, told, silent):
            client.server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((self.site.admission.count, self.site.admission.refused), (0, 0))

    def test_of_a_crowd_that_shakes_hands_a_few_do_in_one_turn_and_all_in_the_end(self):
        clients = [Client(self.factory) for _ in range(3 * CONNECTIONS_A_TURN)]
        for client in clients:
            client.deliver(client.write_hello())

        def answered():
            return sum(bool(client.transport.value()) for client in clients)

        self.assertEqual(answered(), CONNECTIONS_A_TURN)
        waiting = [client for client in clients if client.transport.producerState == "paused"]
        self.assertEqual(len(waiting), 2 * CONNECTIONS_A_TURN)
        for times in (2, 3):
            self.clock.turn()
            self.assertEqual(answered(), times * CONNECTIONS_A_TURN)
        for client in clients:
            self.assertEqual(client.transport.producerState, "producing")
            client.collect()
            client.tls.do_handshake()
            client.tls.send(b"GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n")
            client.deliver(client.written())
        for _ in range(20):
            self.clock.turn()
        for client in clients:
            self.assertTrue(client.hear().endswith(INDEX))
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_to_stand_in_line_with_a_handshake_takes_nothing_of_a_clients_time(self):
        crowd = [Client(self.factory) for _ in range(CONNECTIONS_A_TURN + 1)]
        self.clock.advance(HEADER_SECONDS - 1)
        for client in crowd:
            client.deliver(client.write_hello())
        late = crowd[-1]
        # The clock goes on, but no turn comes.
        self.clock.rightNow += 2
        self.clock.turn()
        self.assertFalse(late.transport.disconnected)
        self.assertTrue(late.transport.value())
        # It has what was left.
        self.clock.advance(0.9)
        self.assertFalse(late.transport.disconnected)
        self.clock.advance(0.2)
        self.assertTrue(late.transport.disconnected)
        for client in crowd:
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_whoever_trickles_a_handshake_in_a_crowd_stands_in_line_at_their_own_cost(self):
        crowd = [Client(self.factory) for _ in range(4 * CONNECTIONS_A_TURN)]
        hellos = [iter(client.write_hello()) for client in crowd]
        # Each of them with a byte as soon as it is read, so that the line is never empty.
        for _ in range(3 * HEADER_SECONDS):
            for client, hello in zip(crowd, hellos, strict=True):
                if client.transport.producerState != "paused" and not client.transport.disconnected:
                    client.deliver(bytes([next(hello)]))
            self.clock.rightNow += 1
            self.clock.turn()
        self.assertTrue(all(client.transport.disconnected for client in crowd))
        for client in crowd:
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_what_comes_of_a_hello_while_it_waits_is_kept_and_whoever_goes_is_out_of_the_line(self):
        first = [Client(self.factory) for _ in range(CONNECTIONS_A_TURN)]
        for client in first:
            client.deliver(client.write_hello())
        late, gone = Client(self.factory), Client(self.factory)
        hello = late.write_hello()
        late.deliver(hello[:50])
        late.deliver(hello[50:])
        gone.deliver(gone.write_hello())
        gone.server.connectionLost(Failure(ConnectionDone()))
        self.clock.turn()
        self.assertTrue(late.transport.value())
        for client in (*first, late):
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_whatever_has_it_read_while_it_waits_it_is_paused_again_and_little_is_kept(self):
        first = [Client(self.factory) for _ in range(CONNECTIONS_A_TURN)]
        for client in first:
            client.deliver(client.write_hello())
        late = Client(self.factory)
        late.deliver(late.write_hello())
        late.transport.resumeProducing()
        late.deliver(bytes(60_000))
        self.assertEqual(late.transport.producerState, "paused")
        self.assertFalse(late.transport.disconnected)
        late.deliver(bytes(6_000))
        self.assertTrue(late.transport.disconnected)
        self.assertEqual(late.server._early, b"")
        self.clock.turn()
        self.assertEqual(late.transport.value(), b"")
        for client in (*first, late):
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_whoever_breaks_off_leaves_nothing_to_be_collected(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        gone = []
        for behaviour in ("says nothing", "only hello", "half a request", "cut short"):
            client = Client(self.factory)
            if behaviour != "says nothing":
                client.deliver(client.write_hello())
            if behaviour in ("half a request", "cut short"):
                client.collect()
                client.shake_hands()
                client.tls.send(b"GET / HTTP/1.1\r\n")
                client.deliver(client.written()[: 20 if behaviour == "cut short" else None])
            gone += [weakref.ref(client.server), weakref.ref(client.server.wrappedProtocol)]
            client.server.connectionLost(Failure(ConnectionDone()))
            # As Twisted's own transports do.
            client.transport.producer = None
        del client
        self.clock.turn()
        self.assertEqual([it() for it in gone], [None] * 8)

    def test_what_is_no_tls_ends_at_once_and_is_no_trouble_of_ours(self):
        for data in (
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            bytes(100),
            b"\x16\x03\x01\xff\xff" + bytes(70_000),
        ):
            client = Client(self.factory)
            client.deliver(data)
            self.assertTrue(client.transport.disconnecting, data[:5])
            client.server.connectionLost(Failure(ConnectionDone()))

    def test_whoever_says_goodbye_in_the_midst_of_a_handshake_is_gone_without_trouble(self):
        client = Client(self.factory)
        # A record of that, in the clear (RFC 8446, section 6.1).
        client.deliver(client.write_hello() + b"\x15\x03\x03\x00\x02\x01\x00")
        self.assertTrue(client.transport.disconnecting)
        client.server.connectionLost(Failure(ConnectionDone()))

    def test_a_request_in_records_of_one_byte_is_answered(self):
        client = Client(self.factory)
        client.shake_hands()
        client.deliver(client.in_records_of_one_byte(b"GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n"))
        for _ in range(10):
            self.clock.turn()
        self.assertTrue(client.hear().endswith(INDEX))
        client.server.connectionLost(Failure(ConnectionDone()))

    def test_headers_in_records_of_one_byte_are_bounded_all_the_same(self):
        client = Client(self.factory)
        client.shake_hands()
        client.deliver(client.in_records_of_one_byte(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000))
        self.clock.turn()
        self.assertTrue(client.hear().startswith(b"HTTP/1.1 431 "))
        client.server.connectionLost(Failure(ConnectionDone()))


class ConnectionTests(SiteTestCase):
    """
    Once it is a WebSocket.
    """

    def setUp(self):
        super().setUp()
        certificates = Certificates(*make_pair().write(self.folder))
        certificates.load()
        self.hub = Hub()
        clock = TurningClock()
        self.turn = clock.turn
        chat = ChatFactory(cast(Any, self.hub), {None: FramedWire(PlainDialect(None))}, reactor=clock)
        factory = TLSMemoryBIOFactory(certificates, False, chat, clock)
        factory.protocol = cast(Any, partial(PromptTLSTransport, Turns(clock, 16)))
        self.client = Client(factory)
        self.client.shake_hands()
        self.client.tls.send(handshake())
        self.client.deliver(self.client.written())
        self.assertTrue(self.client.hear().startswith(b"HTTP/1.1 101 "))
        self.session = self.hub.sessions[-1]
        self.addCleanup(self.client.server.connectionLost, Failure(ConnectionDone()))

    def kept_bytes(self) -> int:
        protocol = self.client.server.wrappedProtocol
        return len(protocol._backlog) + len(protocol.data) + len(protocol._message)

    def test_messages_in_records_of_one_byte_are_heard(self):
        said = [f"message {n}" for n in range(500)]
        stream = b"".join(frame(text.encode()) for text in said)
        self.client.deliver(self.client.in_records_of_one_byte(stream))
        for _ in range(200):
            self.turn()
        self.assertEqual(self.session.heard, said)

    def test_what_one_read_brings_is_one_piece(self):
        pieces = []
        self.patch(self.client.server.wrappedProtocol, "dataReceived", pieces.append)
        self.client.deliver(self.client.in_records_of_one_byte(b"x" * 100))
        self.assertEqual(pieces, [b"x" * 100])

    def test_more_is_read_at_a_time_of_whoever_sends_much_and_little_again_of_tiny_records(self):
        self.patch(self.client.server.wrappedProtocol, "dataReceived", lambda data: None)
        sizes = []
        for _ in range(5):
            self.client.tls.send(b"y" * 10_000)
            self.client.deliver(self.client.written())
            sizes.append(self.client.transport.bufferSize)
        self.assertEqual(sizes, [4096, 8192, 16_384, 16_384, 16_384])
        self.client.tls.send(b"y")
        self.client.deliver(self.client.written())
        self.assertEqual(self.client.transport.bufferSize, 16_384)
        self.client.deliver(self.client.in_records_of_one_byte(b"x" * 100))
        self.assertEqual(self.client.transport.bufferSize, 2048)

    def test_little_is_read_at_a_time_of_what_brings_nothing_and_a_large_record_is_not_that(self):
        for _ in range(3):
            self.client.tls.send(b"y" * 16_000)
            record = self.client.written()
            for start in range(0, len(record), 4000):
                self.client.server.dataReceived(record[start : start + 4000])
        self.assertEqual(self.client.transport.bufferSize, 16_384)

        # As a key update, of which pyOpenSSL knows nothing: read, and nothing in it.
        def nothing(size):
            raise SSL.WantReadError

        self.patch(self.client.server._tlsConnection, "recv", nothing)
        for _ in range(4):
            self.client.deliver(self.client.in_records_of_one_byte(b"x"))
        self.assertEqual(self.client.transport.bufferSize, 2048)

    def test_what_stands_before_a_goodbye_is_heard(self):
        self.client.tls.send(frame(b"one"))
        self.client.tls.send(frame(b"two"))
        self.client.tls.shutdown()
        self.client.deliver(self.client.written())
        self.assertEqual(self.session.heard, ["one", "two"])
        self.assertTrue(self.client.transport.disconnecting)

    def test_what_stands_before_a_broken_record_is_heard(self):
        self.client.tls.send(frame(b"one"))
        good = self.client.written()
        self.client.tls.send(frame(b"two"))
        broken = bytearray(self.client.written())
        broken[-1] ^= 1
        self.client.deliver(good + bytes(broken))
        self.assertEqual(self.session.heard, ["one"])
        self.assertTrue(self.client.transport.disconnecting)

    def test_nothing_more_is_heard_of_a_connection_that_is_cut_off_meanwhile(self):
        self.client.tls.send(frame(b"one"))
        data = self.client.written()
        self.client.server.abortConnection()
        self.client.deliver(data)
        self.assertEqual(self.session.heard, [])

    def test_of_records_of_one_byte_no_more_is_kept_than_is_read_at_once(self):
        self.session.room = 0
        stream = self.client.in_records_of_one_byte(frame(b"hi") * 2000)
        read = 0
        for start in range(0, len(stream), READ_BYTES):
            if self.client.transport.producerState == "paused":
                break
            self.client.deliver(stream[start : start + READ_BYTES])
            read += READ_BYTES
        self.assertLessEqual(read, 2 * READ_BYTES)
        self.assertLessEqual(self.kept_bytes(), READ_BYTES)
        self.session.room = 1_000_000
        self.session.outbox.look()
        for _ in range(200):
            self.turn()
        self.assertEqual(set(self.session.heard), {"hi"})
        self.assertEqual(self.client.transport.producerState, "producing")


class AfterTheHandshakeTests(SiteTestCase):
    """
    Messages of a handshake when that is done, which OpenSSL answers by itself.
    """

    def setUp(self):
        super().setUp()
        pair = make_pair()
        self.certificates = Certificates(*pair.write(self.folder))
        self.certificates.load()
        context = SSL.Context(SSL.TLS_METHOD)
        context.use_certificate_file(str(self.folder / "cert.pem"))
        context.use_privatekey_file(str(self.folder / "key.pem"))
        self.plain = PlainCertificates(context)

    def connect(self, certificates, highest):
        self.heard = []
        factory = TLSMemoryBIOFactory(certificates, False, self.site, self.clock)
        factory.protocol = partial(PromptTLSTransport, Turns(self.clock, 16))
        client = Client(factory, highest)
        client.shake_hands()
        self.assertEqual(client.hear(), b"")
        client.server.wrappedProtocol.dataReceived = self.heard.append
        self.addCleanup(client.server.connectionLost, Failure(ConnectionDone()))
        return client

    def ready(self, client):
        """
        What OpenSSL holds that nobody has taken.
        """
        try:
            return client.server._tlsConnection.bio_read(1 << 24)
        except SSL.WantReadError:
            return b""

    def test_whoever_begins_another_handshake_is_sent_away_at_the_first_hello(self):
        client = self.connect(self.certificates, SSL.TLS1_2_VERSION)
        writer = Tls12Writer.after(client.tls)
        client.deliver(writer.write(APPLICATION, b"x"))
        self.assertFalse(client.transport.disconnecting)
        client.deliver(writer.write(APPLICATION, b"y") + writer.write(HANDSHAKE, EMPTY_HELLO * 4000))
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual(self.heard, [b"x", b"y"])
        # One alert and a goodbye. It would be an alert for each.
        self.assertLess(len(client.transport.value() + self.ready(client)), 100)

    def test_where_the_context_is_not_ours_nothing_is_kept_of_the_answers_to_many(self):
        client = self.connect(self.plain, SSL.TLS1_2_VERSION)
        writer = Tls12Writer.after(client.tls)
        client.deliver(writer.write(HANDSHAKE, EMPTY_HELLO))
        self.assertFalse(client.transport.disconnected)
        client.deliver(writer.write(APPLICATION, b"x") + writer.write(HANDSHAKE, EMPTY_HELLO * 4000))
        self.assertTrue(client.transport.disconnected)
        self.assertLess(len(client.transport.value() + self.ready(client)), 200)

    def test_a_client_may_change_its_key_now_and_then_and_not_without_end(self):
        for certificates in (self.certificates, self.plain):
            client = self.connect(certificates, 0)
            writer = Tls13Writer(client.secrets[b"CLIENT_TRAFFIC_SECRET_0"])
            for _ in range(20):
                client.deliver(writer.update_key() + writer.write(APPLICATION, b"x"))
            self.assertFalse(client.transport.disconnected)
            self.assertEqual(self.heard, [b"x"] * 20)
            for _ in range(1000):
                if not client.transport.disconnected:
                    client.deliver(writer.update_key() + writer.write(APPLICATION, b"x"))
            self.assertTrue(client.transport.disconnected)
            self.assertLess(len(client.transport.value()), 2000)
            self.assertEqual(self.ready(client), b"")
