"""
WebSocket connections with a session of the test's own behind them: frames, codes, backpressure, pings, ends.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Coroutine
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.commands import Answer, Command, Post
from chatd.core.deadlines import Deadlines
from chatd.core.events import Event
from chatd.core.ports import View
from chatd.core.refusals import CloseCode, Code, Refused, Violation
from chatd.core.rights import Rights
from chatd.core.settings import Settings
from chatd.net.framing import text_frame
from chatd.net.websocket import CONNECTIONS_A_TURN, ChatFactory, ChatProtocol, FramedWire, spawn
from tests.net.clock import TurningClock
from tests.net.frames import Sent, close_frame, frame, handshake, parse

ADA = IPv4Address("TCP", "192.0.2.1", 40000)


class PlainDialect:
    """
    A dialect whose commands are whatever text a client sends.
    """

    def __init__(self, subprotocol: str | None) -> None:
        self.subprotocol = subprotocol

    def decode(self, payload: bytes) -> Command | Post:
        if payload == b"nonsense":
            raise Refused(Code.BAD_REQUEST, "no such command")
        if payload == b"outrage":
            raise Violation(CloseCode.INVALID_PAYLOAD, "unknown field `my secret`")
        return cast(Command, payload.decode())

    def encode(self, answer: Answer) -> bytes | None:
        return None

    def encode_event(self, event: Event, view: View) -> bytes | None:
        return b"event"

    def verdict(self, refused: Refused) -> CloseCode | None:
        return None


class Session:
    """
    A session that notes what it is told, and takes commands while `room` is left.
    """

    def __init__(self, outbox: Any, address: str | None, tutorial: bool) -> None:
        self.outbox = outbox
        self.address = address
        self.tutorial = tutorial
        self.heard: list[str] = []
        self.told: list[str] = []
        self.room = 1_000_000
        self.greeted = True
        self.busy = False

    def receptive(self) -> bool:
        return self.room > 0

    def receive(self, command: Any, now: float) -> None:
        self.room -= 1
        if command == "break":
            raise RuntimeError("a mistake of ours")
        if command == "close":
            self.outbox.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)
        self.heard.append(command)
        if command == "again":
            self.outbox.look()

    def refused(self, refused: Refused, now: float) -> None:
        self.told.append(refused.code)

    def drained(self, now: float) -> None:
        self.told.append("drained")

    def lost(self, now: float) -> None:
        self.told.append("lost")

    def close(self, code: CloseCode, reason: str) -> None:
        self.outbox.close(code, reason)


class Hub:
    """
    A hub without rooms.
    """

    def __init__(self) -> None:
        self.deadlines = Deadlines()
        self.sessions: list[Session] = []
        self.broken = False
        self.rights = Rights()
        self.settings = Settings("chatd/test")
        self.wall_ms = lambda: 1_750_000_000_000

    def connect(
        self, outbox: Any, address: str | None, *, tutorial: bool, now: float, credentials: Any
    ) -> Session:
        if self.broken:
            raise RuntimeError("a mistake of ours")
        outbox.look()
        self.sessions.append(Session(outbox, address, tutorial))
        return self.sessions[-1]


class Client:
    """
    The other end of one connection.
    """

    def __init__(self, factory: ChatFactory, peer: Any = ADA, **headers: str | None) -> None:
        self.transport = StringTransport(peerAddress=peer)
        self.protocol: ChatProtocol = factory.buildProtocol(peer)
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(handshake(**headers))
        self.greeting = self.transport.value()
        self.transport.clear()

    def send(self, *payloads: str) -> None:
        self.protocol.dataReceived(b"".join(frame(payload.encode()) for payload in payloads))

    def raw(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    def got(self) -> list[Sent]:
        sent = parse(self.transport.value())
        self.transport.clear()
        return sent

    def codes(self) -> list[int]:
        return [sent.code for sent in self.got() if sent.opcode == 8]

    def vanish(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))

    @property
    def paused(self) -> bool:
        return self.transport.producerState == "paused"


class SocketCase(SynchronousTestCase):
    """
    A factory over a hub of the test, with a clock that `wait` turns.
    """

    limits: dict[str, int] = {}

    def setUp(self) -> None:
        self.clock = Clock()
        self.hub = Hub()
        wires = {name: FramedWire(PlainDialect(name)) for name in (None, "chatd.v1")}
        self.factory = ChatFactory(cast(Any, self.hub), wires, reactor=self.clock, **self.limits)
        self.events: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)

    def join(self, **headers: str | None) -> tuple[Client, Session]:
        client = Client(self.factory, **headers)
        return client, self.hub.sessions[-1]

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.hub.deadlines.run(self.clock.seconds())

    def turn(self) -> None:
        self.clock.advance(0)


class OpeningTests(SocketCase):
    """
    From the handshake to a session.
    """

    def test_a_client_without_a_subprotocol_speaks_the_tutorials_wire(self) -> None:
        client, session = self.join()
        self.assertTrue(client.greeting.startswith(b"HTTP/1.1 101 "))
        self.assertNotIn(b"Sec-WebSocket-Protocol", client.greeting)
        self.assertEqual((session.tutorial, session.address), (True, "192.0.2.1"))
        self.assertIs(session.outbox.wire, self.factory.wires[None])

    def test_a_client_gets_the_first_of_its_subprotocols_that_is_spoken(self) -> None:
        client, session = self.join(Sec_WebSocket_Protocol="mqtt, chatd.v1")
        self.assertIn(b"\r\nSec-WebSocket-Protocol: chatd.v1\r\n", client.greeting)
        self.assertFalse(session.tutorial)
        self.assertIs(session.outbox.wire, self.factory.wires["chatd.v1"])

    def test_the_handshakes_answer_bears_the_headers_of_every_answer_and_offers_no_compression(self) -> None:
        client, _ = self.join(Sec_WebSocket_Extensions="permessage-deflate")
        self.assertIn(b"\r\nServer: chatd\r\n", client.greeting)
        self.assertIn(b"\r\nX-Content-Type-Options: nosniff\r\n", client.greeting)
        self.assertIn(b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", client.greeting)
        self.assertNotIn(b"Extensions", client.greeting)

    def test_a_client_that_asks_for_no_dialect_of_ours_gets_no_session(self) -> None:
        client = Client(self.factory, Sec_WebSocket_Protocol="mqtt")
        self.assertTrue(client.greeting.startswith(b"HTTP/1.1 400 Bad handshake\r\n"))
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual((self.hub.sessions, self.events), ([], []))
        client.vanish()
        self.assertEqual(self.factory.connections, set())

    def test_a_hub_that_fails_closes_the_newcomer_with_1011_and_logs_it(self) -> None:
        self.hub.broken = True
        client = Client(self.factory)
        self.assertIn((1011).to_bytes(2, "big") + b"internal_error", client.greeting)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        client.send("too late")
        client.vanish()
        self.assertEqual(self.factory.connections, set())

    def test_messages_in_the_same_bytes_as_the_handshake_are_heard(self) -> None:
        protocol = self.factory.buildProtocol(ADA)
        protocol.makeConnection(StringTransport(peerAddress=ADA))
        said = handshake() + b"".join(frame(b"%d" % n) for n in range(200))
        protocol.dataReceived(said[:100])
        protocol.dataReceived(said[100:])
        for _ in range(5):
            self.turn()
        self.assertEqual(self.hub.sessions[-1].heard, [str(n) for n in range(200)])

    def test_connections_are_counted_while_they_live(self) -> None:
        clients = [self.join()[0] for _ in range(3)]
        self.assertEqual(len(self.factory.connections), 3)
        clients[0].vanish()
        self.assertEqual(len(self.factory.connections), 2)
        for client in clients[1:]:
            client.raw(close_frame())
            client.vanish()
        self.assertEqual((self.factory.connections, self.factory.countConnections), (set(), 0))


class MessageTests(SocketCase):
    """
    From frames to commands.
    """

    def test_messages_reach_the_session_in_order(self) -> None:
        client, session = self.join()
        client.send("one", "two", "three")
        self.assertEqual(session.heard, ["one", "two", "three"])

    def test_a_message_may_come_byte_by_byte_and_in_fragments(self) -> None:
        client, session = self.join()
        pieces = frame(b"half ", 1, fin=False) + frame(b"", 9) + frame("a mäss".encode(), 0) + frame(b"")
        for byte in pieces:
            client.raw(bytes([byte]))
        self.assertEqual(session.heard, ["half a mäss", ""])
        self.assertEqual(client.got(), [Sent(10, b"")])

    def test_a_ping_is_answered_with_what_it_carried(self) -> None:
        client, _ = self.join()
        client.raw(frame(b"hello", 9))
        self.assertEqual(client.got(), [Sent(10, b"hello")])

    def test_what_a_session_writes_comes_out_as_it_is(self) -> None:
        client, session = self.join()
        for length in (0, 125, 126, 65535, 65536):
            session.outbox.write(text_frame(b"x" * length))
        self.assertEqual([len(sent.payload) for sent in client.got()], [0, 125, 126, 65535, 65536])

    def test_a_wire_frames_what_its_dialect_has_a_word_for(self) -> None:
        wire = self.factory.wires["chatd.v1"]
        self.assertEqual(wire.frame(cast(Any, None)), b"")
        self.assertEqual(wire.frame_event(cast(Any, None), View("lobby")), b"\x81\x05event")
        self.assertEqual(wire.subprotocol, "chatd.v1")
        self.assertIsNone(wire.verdict(Refused(Code.INTERNAL, "")))

    def test_a_command_that_cannot_be_decoded_is_told_to_the_session_and_the_connection_goes_on(self) -> None:
        client, session = self.join()
        client.send("nonsense", "sense")
        self.assertEqual((session.told, session.heard, client.got()), (["bad_request"], ["sense"], []))

    def test_a_message_of_the_largest_size_is_taken(self) -> None:
        client, session = self.join()
        client.send("x" * 65536)
        self.assertEqual([len(text) for text in session.heard], [65536])


class ViolationTests(SocketCase):
    """
    What ends a connection, with which code, and that nobody else notices.
    """

    def check(self, data: bytes, code: int, *, heard: list[str] | None = None) -> None:
        other, others_session = self.join()
        client, session = self.join()
        before = len(self.events)
        client.raw(data)
        self.assertEqual(client.codes(), [code])
        self.assertEqual(session.heard, heard or [])
        logged = self.events[before:]
        self.assertEqual([event.get("log_failure") for event in logged], [None])
        self.assertEqual(logged[0]["log_format"], "{peer} is closed with {code} {name}")
        self.assertEqual(logged[0]["code"], code)
        self.assertNotIn("secret", repr(logged))
        # Whatever else it sends, it is not heard; it is gone two seconds later if it does not go itself.
        client.send("my secret", "another")
        self.wait(2.1)
        self.assertTrue(client.transport.disconnected)
        client.vanish()
        other.send("still here")
        self.assertEqual(others_session.heard, ["still here"])
        self.assertEqual(session.heard, heard or [])
        self.assertEqual(session.told, ["lost"])

    def test_a_frame_without_a_mask(self) -> None:
        self.check(frame(b"secret", masked=False), 1002)

    def test_a_frame_with_a_reserved_bit(self) -> None:
        self.check(frame(b"secret", rsv=4), 1002)

    def test_a_frame_with_a_reserved_opcode(self) -> None:
        self.check(frame(b"secret", 3), 1002)
        self.check(frame(b"secret", 11), 1002)

    def test_a_fragmented_ping(self) -> None:
        self.check(frame(b"secret", 9, fin=False), 1002)

    def test_a_ping_that_is_too_long(self) -> None:
        self.check(frame(b"secret" * 30, 9), 1002)

    def test_a_ping_that_would_never_end(self) -> None:
        client, _ = self.join()
        client.raw(frame(b"", 9, length=1 << 40))
        self.assertEqual(client.codes(), [1002])
        self.assertTrue(client.transport.disconnecting)

    def test_a_continuation_of_nothing(self) -> None:
        self.check(frame(b"secret", 0), 1002)

    def test_a_message_within_a_message(self) -> None:
        self.check(frame(b"one", fin=False) + frame(b"secret"), 1002)

    def test_a_length_in_more_bytes_than_it_needs(self) -> None:
        self.check(b"\x81\xfe\x00\x05" + b"\x00" * 9, 1002)

    def test_a_binary_frame_even_before_it_is_complete(self) -> None:
        self.check(frame(b"secret", 2), 1003)
        self.check(frame(b"", 2, length=5000), 1003)

    def test_invalid_utf8_in_whatever_fragment(self) -> None:
        self.check(frame(b"secret \xff"), 1007)
        self.check(frame(b"secret", fin=False) + frame(b"\xc3", 0), 1007)
        self.check(frame(b"good") + frame(b"\xed\xa0\x80"), 1007, heard=["good"])

    def test_a_message_of_one_byte_too_many_is_refused_at_its_header(self) -> None:
        self.check(frame(b"x" * 65537), 1009)
        self.check(frame(b"", length=65537), 1009)
        self.check(frame(b"", length=1 << 62), 1009)

    def test_fragments_that_are_too_much_together(self) -> None:
        self.check(frame(b"x" * 40000, fin=False) + frame(b"x" * 40000, 0), 1009)

    def test_a_message_in_more_than_sixteen_fragments(self) -> None:
        whole = frame(b"a", fin=False) + frame(b"b", 0, fin=False) * 14 + frame(b"c", 0)
        client, session = self.join()
        client.raw(whole * 3)
        self.turn()
        self.assertEqual(session.heard, ["a" + "b" * 14 + "c"] * 3)
        client.raw(frame(b"a", fin=False) + frame(b"", 0, fin=False) * 16)
        self.turn()
        self.assertEqual((client.codes(), len(session.heard)), ([1008], 3))

    def test_more_than_ten_pings_or_pongs_in_a_second(self) -> None:
        for opcode in (9, 10):
            self.check_flood(opcode)
            client, _ = self.join()
            for _ in range(30):
                client.raw(frame(b"", opcode))
                self.wait(0.1)
            self.assertEqual(client.codes(), [])

    def test_but_not_the_pongs_that_were_asked_for_while_nothing_was_read(self) -> None:
        client, session = self.join()
        session.room = 0
        client.send("hello")
        for _ in range(20):
            self.wait(25)
        client.got()
        client.raw(frame(b"", 10) * 20)
        session.room = 1_000
        session.outbox.look()
        for _ in range(10):
            self.turn()
        self.assertEqual((session.heard, client.codes()), (["hello"], []))
        client.raw(frame(b"", 10) * 1000)
        self.turn()
        self.assertEqual(client.codes(), [4500])

    def check_flood(self, opcode: int) -> None:
        client, session = self.join()
        client.raw(frame(b"", opcode) * 10)
        self.turn()
        self.assertEqual([sent.opcode for sent in client.got()], [10] * 10 if opcode == 9 else [])
        client.raw(frame(b"", opcode) * 1000)
        self.turn()
        [close] = client.got()
        self.assertEqual((close.code, close.reason), (4500, "flood"))
        client.vanish()
        self.assertEqual(session.told, ["lost"])

    def test_more_than_four_kilobytes_before_one_is_greeted(self) -> None:
        client, session = self.join()
        session.greeted = False
        client.send("x" * 4096)
        self.assertEqual(session.heard, ["x" * 4096])
        client.raw(frame(b"", length=4097)[:8])
        self.assertEqual(client.codes(), [1009])
        client, session = self.join()
        session.greeted = False
        client.raw(frame(b"x" * 4000, fin=False) + frame(b"x" * 97, 0))
        self.assertEqual(client.codes(), [1009])
        greeted, session = self.join()
        greeted.send("x" * 60_000)
        self.turn()
        self.assertEqual([len(text) for text in session.heard], [60_000])

    def test_a_message_that_trickles_is_given_ten_seconds(self) -> None:
        """However it does: in its payload, in fragments with pings between them, or in a header."""
        payload = frame(b"x" * 100)
        drops: list[list[bytes]] = [
            [payload[at : at + 1] for at in range(100)],
            [
                frame(b"a", fin=False),
                *(each for _ in range(50) for each in (frame(b"", 9), frame(b"", 0, fin=False))),
            ],
            [b"\x81", *[b""] * 50],
            [frame(b"x" * 100, 9)[at : at + 1] for at in range(100)],
        ]
        for pieces in drops:
            client, session = self.join()
            begun = self.clock.seconds()
            codes: list[int] = []
            for piece in pieces:
                if piece:
                    client.raw(piece)
                self.wait(0.9)
                codes = client.codes()
                if codes:
                    break
            self.assertEqual(codes, [1008])
            self.assertTrue(10 <= self.clock.seconds() - begun < 12, self.clock.seconds() - begun)
            self.assertEqual(session.heard, [])
            client.vanish()

    def test_one_that_always_has_a_beginning_of_the_next_is_not_slow(self) -> None:
        client, session = self.join()
        stream = frame(b"hello") * 100
        for at in range(0, len(stream), 7):
            client.raw(stream[at : at + 7])
            self.wait(0.5)
        self.assertEqual(client.codes(), [])
        self.assertEqual(len(session.heard), 100)

    def test_a_message_that_waits_for_us_is_given_its_time_afterwards(self) -> None:
        client, session = self.join()
        session.room = 1
        client.raw(frame(b"one") + frame(b"two" * 10)[:20])
        self.wait(60)
        session.room = 9
        session.outbox.look()
        self.wait(5)
        client.raw(frame(b"two" * 10)[20:])
        self.assertEqual([session.heard, client.codes()], [["one", "two" * 10], []])

    def test_what_the_dialect_finds_wrong(self) -> None:
        self.check(frame(b"outrage"), 1007)

    def test_a_goodbye_with_a_code_that_is_none(self) -> None:
        client, _ = self.join()
        client.raw(frame((1005).to_bytes(2, "big"), 8))
        self.assertEqual(client.codes(), [1002])
        self.assertTrue(client.transport.disconnecting)

    def test_an_error_of_ours_is_1011_and_in_the_log(self) -> None:
        client, session = self.join()
        client.send("break", "more")
        self.assertEqual(client.codes(), [1011])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertEqual(session.heard, [])

    def test_an_error_of_ours_while_draining_or_leaving_is_in_the_log_and_nowhere_else(self) -> None:
        client, session = self.join()

        def fail(now: float) -> None:
            raise RuntimeError("a mistake of ours")

        self.patch(session, "drained", fail)
        self.patch(session, "lost", fail)
        session.outbox.pauseProducing()
        session.outbox.resumeProducing()
        self.assertEqual(client.codes(), [1011])
        client.vanish()
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)
        self.assertEqual(self.factory.connections, set())

    def test_a_coroutine_that_fails_is_logged_and_closes_its_connection_only(self) -> None:
        client, session = self.join()
        other, _ = self.join()

        async def fail() -> None:
            raise RuntimeError("a mistake of ours")

        async def work() -> None:
            session.told.append("worked")

        def start(coroutine: Coroutine[Any, Any, None], of: Session | None) -> None:
            spawn(coroutine, cast(Any, of))

        start(work(), session)
        start(fail(), None)
        self.assertEqual((session.told, client.codes()), (["worked"], []))
        start(fail(), session)
        self.assertEqual((client.codes(), other.codes()), ([1011], []))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)


class HostileTests(SocketCase):
    """
    Bytes of any kind, after a handshake that is right.
    """

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=40),
                st.builds(
                    frame,
                    st.binary(max_size=200),
                    st.integers(0, 15),
                    fin=st.booleans(),
                    masked=st.booleans(),
                    rsv=st.sampled_from([0, 0, 0, 4]),
                    length=st.one_of(st.none(), st.integers(0, (1 << 64) - 1)),
                ),
            ),
            max_size=12,
        )
    )
    def test_whatever_a_client_sends_it_is_closed_at_most_once_and_nothing_fails(
        self, pieces: list[bytes]
    ) -> None:
        client, session = self.join()
        for piece in pieces:
            client.raw(piece)
        self.turn()
        sent = client.got()
        self.assertLessEqual([each.opcode for each in sent].count(8), 1)
        client.vanish()
        self.assertEqual(session.told, ["lost"])
        self.assertEqual([event for event in self.events if "log_failure" in event], [])
        self.assertEqual(self.factory.connections, set())


class BackpressureTests(SocketCase):
    """
    When commands wait, and where.
    """

    def test_of_a_client_that_was_cut_off_nothing_more_is_heard(self) -> None:
        client, session = self.join()
        client.send(*("one" for _ in range(100)))
        heard = len(session.heard)
        self.assertLess(heard, 100)
        client.protocol.abort()
        for _ in range(5):
            self.turn()
        self.assertEqual(len(session.heard), heard)

    def test_commands_wait_undecoded_until_the_session_takes_them(self) -> None:
        client, session = self.join()
        session.room = 2
        client.send("one", "two", "three", "four")
        self.assertEqual(session.heard, ["one", "two"])
        self.assertTrue(client.paused)
        session.outbox.look()
        self.assertEqual(session.heard, ["one", "two"])
        session.room = 1
        session.outbox.look()
        self.assertEqual(session.heard, ["one", "two", "three"])
        self.assertTrue(client.paused)
        session.room = 5
        session.outbox.look()
        self.assertEqual(session.heard, ["one", "two", "three", "four"])
        self.assertFalse(client.paused)

    def test_a_client_that_does_not_read_is_not_heard_either(self) -> None:
        client, session = self.join()
        session.outbox.pauseProducing()
        self.assertTrue(client.paused)
        client.send("one")
        self.assertEqual(session.heard, [])
        session.outbox.resumeProducing()
        self.assertEqual((session.told, session.heard), (["drained"], ["one"]))
        self.assertFalse(client.paused)

    def test_empty_messages_are_not_forgotten_where_reading_stops(self) -> None:
        client, session = self.join()
        session.room = 0
        client.send("")
        session.room = 1
        session.outbox.look()
        self.assertEqual(session.heard, [""])

    def test_reading_may_stop_within_an_empty_frame(self) -> None:
        client, session = self.join()
        client.raw(frame(b"now", fin=False))
        end = frame(b"", 0)
        client.raw(end[:-1])
        # The last byte completes the header; what the session says in between must not lose the message.
        rooms = iter([True, False])
        self.patch(session, "receptive", lambda: next(rooms, False))
        client.raw(end[-1:])
        self.assertEqual(session.heard, [])
        self.patch(session, "receptive", lambda: True)
        session.outbox.look()
        self.assertEqual(session.heard, ["now"])

    def test_thousands_of_buffered_commands_are_taken_a_turn_at_a_time(self) -> None:
        client, session = self.join()
        session.room = 0
        client.send(*(["again"] * 5000))
        session.room = 1_000_000
        session.outbox.look()
        first = len(session.heard)
        self.assertTrue(0 < first < 500)
        self.assertTrue(client.paused)
        turns = 0
        while len(session.heard) < 5000:
            self.turn()
            turns += 1
            self.assertLess(turns, 200)
        self.turn()
        self.assertFalse(client.paused)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_many_that_flood_share_a_turn_and_whoever_says_little_is_heard_at_once(self) -> None:
        clock = TurningClock()
        self.factory = ChatFactory(cast(Any, self.hub), self.factory.wires, reactor=clock)
        flooders = [self.join() for _ in range(3 * CONNECTIONS_A_TURN)]
        for client, _ in flooders:
            client.send(*(["x"] * 100))
        sessions = [session for _, session in flooders]
        first = [len(session.heard) for session in sessions]
        self.assertTrue(0 < max(first) < 50)
        for turn in range(1, 4):
            ada, her_session = self.join()
            ada.send("hello")
            self.assertEqual(her_session.heard, ["hello"])
            clock.turn()
            served = [len(session.heard) > before for session, before in zip(sessions, first, strict=True)]
            self.assertEqual(served.count(True), turn * CONNECTIONS_A_TURN)
            self.assertTrue(all(served[: turn * CONNECTIONS_A_TURN]))
        # Neither the session nor new bytes bring anybody a turn before the others.
        heard = len(sessions[0].heard)
        sessions[0].outbox.look()
        flooders[0][0].send("y")
        self.assertEqual(len(sessions[0].heard), heard)
        for _ in range(100):
            clock.turn()
        self.assertEqual({len(session.heard) for session in sessions[1:]}, {100})
        self.assertEqual(sessions[0].heard[-2:], ["x", "y"])
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_a_connection_that_is_lost_with_commands_waiting_leaves_nothing_behind(self) -> None:
        client, session = self.join()
        client.send(*(["x"] * 1000))
        heard = len(session.heard)
        client.vanish()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.turn()
        session.room = 5
        session.outbox.look()
        self.assertEqual((len(session.heard), session.told), (heard, ["lost"]))
        self.wait(40)
        self.assertEqual((len(self.hub.deadlines), self.clock.getDelayedCalls()), (0, []))


class LifeTests(SocketCase):
    """
    Pings, and clients that are gone.
    """

    def test_a_silent_client_is_pinged_and_its_pong_keeps_it(self) -> None:
        client, _ = self.join()
        for _ in range(3):
            self.wait(24.5)
            self.assertEqual(client.got(), [])
            self.wait(1)
            self.assertEqual(client.got(), [Sent(9, b"")])
            client.raw(frame(b"", 10))
        self.assertEqual(len(self.hub.deadlines), 1)

    def test_a_client_that_says_nothing_for_ten_seconds_more_is_given_up(self) -> None:
        client, _ = self.join()
        self.wait(34.5)
        self.assertEqual(client.got(), [Sent(9, b"")])
        self.wait(1)
        [close] = client.got()
        self.assertEqual((close.code, close.reason), (4003, "no_pong"))
        self.wait(2.1)
        self.assertTrue(client.transport.disconnected)

    def test_whoever_writes_is_not_pinged(self) -> None:
        client, _ = self.join()
        for _ in range(10):
            self.wait(20)
            client.send("hi")
        self.assertEqual(client.got(), [])

    def test_a_client_that_we_do_not_read_is_not_called_silent(self) -> None:
        client, session = self.join()
        session.room = 0
        client.send("much")
        self.wait(120)
        # The pings have the kernel find out whether it is there.
        self.assertEqual({sent.opcode for sent in client.got()}, {9})
        session.room = 2
        session.outbox.look()
        self.wait(24)
        self.assertEqual((session.heard, client.codes()), (["much"], []))
        self.wait(12)
        self.assertEqual(client.codes(), [4003])

    def test_a_stopped_reader_is_closed_as_slow_and_not_for_its_silence(self) -> None:
        client, session = self.join()
        session.outbox.pauseProducing()
        self.wait(34)
        self.assertEqual(client.codes(), [4001])


class EndingTests(SocketCase):
    """
    How connections end.
    """

    def test_a_client_that_ends_its_side_is_let_go(self) -> None:
        client, session = self.join()
        client.raw(frame(b"last") + frame(b"never to the end")[:-1])
        client.protocol.readConnectionLost()
        self.assertEqual((session.heard, client.transport.disconnecting), (["last"], True))
        client.protocol.writeConnectionLost()
        client.vanish()
        self.assertEqual(session.told, ["lost"])

    def test_a_client_that_ends_its_side_still_gets_its_answers(self) -> None:
        client, session = self.join()
        session.busy = True
        client.send("last")
        client.protocol.readConnectionLost()
        session.outbox.look()
        # To read on would be to be told of the end again.
        self.assertEqual((client.transport.disconnecting, client.paused), (False, True))
        session.outbox.write(text_frame(b"done"))
        session.busy = False
        session.outbox.look()
        self.assertEqual([sent.payload for sent in client.got()], [b"done"])
        self.assertTrue(client.transport.disconnecting)
        self.assertFalse(client.transport.disconnected)

    def test_what_a_client_sent_before_its_end_is_heard_though_it_has_to_wait(self) -> None:
        client, session = self.join()
        session.room = 1
        client.send("one", "two", *(["x"] * 500))
        client.protocol.readConnectionLost()
        self.assertFalse(client.transport.disconnecting)
        session.room = 1_000
        session.outbox.look()
        for _ in range(50):
            self.turn()
        self.assertEqual((session.heard[:2], len(session.heard)), (["one", "two"], 502))
        self.assertTrue(client.transport.disconnecting)

    def test_answers_that_take_too_long_are_not_waited_for(self) -> None:
        client, session = self.join()
        session.busy = True
        client.protocol.readConnectionLost()
        self.wait(1.9)
        self.assertFalse(client.transport.disconnected)
        self.wait(0.3)
        self.assertTrue(client.transport.disconnected)

    def test_a_client_that_ends_its_side_before_or_after_the_talk_is_let_go_at_once(self) -> None:
        transport = StringTransport(peerAddress=ADA)
        protocol = self.factory.buildProtocol(ADA)
        protocol.makeConnection(transport)
        protocol.dataReceived(b"GET /ws HTTP/1.1\r\n")
        protocol.readConnectionLost()
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        client, session = self.join()
        session.busy = True
        session.outbox.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)
        client.protocol.readConnectionLost()
        client.protocol.readConnectionLost()
        self.assertTrue(client.transport.disconnecting)
        client.vanish()
        self.assertEqual(self.factory.connections, set())

    def test_a_clients_goodbye_is_returned_and_the_connection_ends(self) -> None:
        client, session = self.join()
        session.outbox.write(text_frame(b"before"))
        client.raw(frame(b"last") + close_frame(1001) + frame(b"after"))
        self.assertEqual([sent.opcode for sent in client.got()], [1, 8])
        self.assertEqual(session.heard, ["last"])
        self.assertTrue(client.transport.disconnecting)
        self.assertFalse(client.transport.disconnected)
        self.assertIsNone(client.transport.producer)
        session.outbox.write(text_frame(b"late"))
        self.assertEqual(client.got(), [])
        client.vanish()
        client.vanish()
        self.assertEqual(session.told, ["lost"])

    def test_a_client_that_said_goodbye_but_does_not_read_is_aborted(self) -> None:
        client, _ = self.join()
        client.raw(close_frame())
        self.wait(2.1)
        self.assertTrue(client.transport.disconnected)

    def test_a_close_of_ours_ends_with_the_clients_reply(self) -> None:
        client, session = self.join()
        client.send("close", "unheard")
        self.assertEqual(client.codes(), [4500])
        self.assertFalse(client.transport.disconnecting)
        client.send("unheard")
        client.raw(close_frame(4500))
        self.assertTrue(client.transport.disconnecting)
        self.assertFalse(client.transport.disconnected)
        self.assertEqual(session.heard, ["close"])

    def test_a_goodbye_that_waits_undecoded_is_found_when_we_close(self) -> None:
        client, session = self.join()
        session.room = 0
        client.raw(frame(b"unheard") + close_frame())
        session.outbox.close(CloseCode.RESYNC, CloseCode.RESYNC.reason)
        self.assertFalse(client.transport.disconnecting)
        self.turn()
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual(session.heard, [])

    def test_a_connection_that_was_not_read_is_read_for_its_goodbye(self) -> None:
        client, session = self.join()
        session.outbox.pauseProducing()
        session.outbox.close(CloseCode.RESYNC, CloseCode.RESYNC.reason)
        self.assertFalse(client.paused)

    def test_a_flood_after_our_close_is_thrown_away_a_turn_at_a_time(self) -> None:
        client, session = self.join()
        session.outbox.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)
        client.send(*(["x"] * 5000))
        self.assertTrue(client.paused)
        self.wait(2.1)
        client.vanish()
        self.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_connection_that_is_gone_is_given_back_without_a_search_for_cycles(self) -> None:
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        client, _ = self.join()
        client.raw(frame(b"some") + close_frame())
        client.vanish()
        other, others_session = self.join()
        others_session.outbox.close(CloseCode.FLOOD, "flood")
        other.vanish()
        gone = [weakref.ref(client.protocol), weakref.ref(other.protocol)]
        del client, other
        self.hub.sessions.clear()
        self.assertEqual([reference() for reference in gone], [None, None])

    def test_a_shutdown_tells_each_client_another_time_and_ends_when_all_are_gone(self) -> None:
        clients = [self.join()[0] for _ in range(100)]
        clients[0].raw(close_frame())
        ended: list[None] = []
        self.factory.shutdown(self.clock.seconds()).addCallback(ended.append)
        self.assertTrue(self.factory.stopping)
        retries = []
        for client in clients[1:]:
            [close] = client.got()
            self.assertEqual(close.code, 4000)
            reason, _, retry = close.reason.partition(" retry_ms=")
            self.assertEqual(reason, "shutdown")
            retries.append(int(retry))
        self.assertEqual(len(set(retries)), 99)
        self.assertTrue(min(retries) >= 500 and max(retries) <= 3000 and max(retries) - min(retries) > 2300)
        for client in clients:
            self.assertEqual(ended, [])
            client.raw(close_frame(4000))
            client.vanish()
        self.assertEqual((ended, self.clock.getDelayedCalls()), ([None], []))

    def test_a_shutdown_waits_two_seconds_for_those_who_do_not_go(self) -> None:
        client, _ = self.join()
        ended: list[None] = []
        self.factory.shutdown(self.clock.seconds()).addCallback(ended.append)
        self.clock.advance(2.1)
        self.assertTrue(client.transport.disconnected)
        client.vanish()
        self.assertEqual(ended, [None])

    def test_a_shutdown_without_clients_is_over_at_once(self) -> None:
        self.assertIsNone(self.successResultOf(self.factory.shutdown(0.0)))

    def test_a_client_that_has_not_finished_its_handshake_is_simply_dropped_by_a_shutdown(self) -> None:
        transport = StringTransport(peerAddress=ADA)
        protocol = self.factory.buildProtocol(ADA)
        protocol.makeConnection(transport)
        protocol.dataReceived(b"GET /ws HTTP/1.1\r\n")
        gone = self.factory.shutdown(0.0)
        self.assertTrue(transport.disconnected)
        protocol.abort()
        protocol.connectionLost(Failure(ConnectionDone()))
        self.successResultOf(gone)
