"""
An outbox and its transport: who is slow, who is closed, and what is written in which order.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.deadlines import Deadlines
from chatd.core.refusals import CloseCode
from chatd.net.delivery import Delivery
from chatd.net.outbox import TransportOutbox
from chatd.net.transport import PromptTCPTransport
from tests.net.test_transport import Descriptors


class CountingTransport(StringTransport):
    """
    A transport that counts what its peer takes, which the test decides.
    """

    arrived = 0

    def bytes_arrived(self) -> int:
        """As that of our transports."""
        return self.arrived


class Line:
    """
    The connection of an outbox, reduced to notes of what it was told.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.looks = 0

    def send_close(self, code: int, reason: str) -> None:
        self.transport.write(f"<{code} {reason}>".encode())

    def look(self) -> None:
        self.looks += 1

    def guard(self, call: Callable[[float], None], now: float) -> None:
        call(now)


class Reader:
    """
    A session that writes some more when it may.
    """

    def __init__(self) -> None:
        self.drained_at: list[float] = []

    def drained(self, now: float) -> None:
        self.drained_at.append(now)


class OutboxTests(SynchronousTestCase):
    """
    The clock is turned by `wait`, as the hub's ticks would.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.deadlines = Deadlines()
        self.use(CountingTransport())

    def use(self, transport: StringTransport) -> None:
        self.transport = transport
        self.line = Line(transport)
        self.outbox = TransportOutbox(
            self.line, cast(Any, object()), self.deadlines, self.clock.seconds, "192.0.2.1"
        )
        self.session = Reader()
        self.outbox.session = cast(Any, self.session)
        transport.registerProducer(self.outbox, True)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.deadlines.run(self.clock.seconds())

    def sent(self) -> bytes:
        return self.transport.value()

    def test_what_is_written_goes_to_the_transport_in_order(self) -> None:
        self.outbox.write(b"one")
        self.outbox.write(b"")
        self.outbox.write(b"two")
        self.assertEqual(self.sent(), b"onetwo")

    def test_full_is_what_the_transport_says_however_often_it_says_it(self) -> None:
        self.assertFalse(self.outbox.full)
        for _ in range(3):
            self.outbox.pauseProducing()
        self.assertTrue(self.outbox.full)
        self.assertEqual((self.line.looks, len(self.deadlines)), (1, 1))
        for _ in range(3):
            self.outbox.resumeProducing()
        self.assertFalse(self.outbox.full)
        self.assertEqual((self.session.drained_at, self.line.looks), ([0.0], 2))

    def test_replies_may_be_written_to_a_full_transport(self) -> None:
        self.outbox.pauseProducing()
        self.outbox.write(b"reply")
        self.assertEqual(self.sent(), b"reply")

    def test_a_reader_that_takes_nothing_for_thirty_seconds_is_closed_as_slow(self) -> None:
        self.outbox.pauseProducing()
        self.wait(29)
        self.assertEqual(self.sent(), b"")
        self.wait(2)
        self.assertEqual(self.sent(), b"<4001 slow>")
        self.assertFalse(self.transport.disconnected)
        self.wait(2.1)
        self.assertTrue(self.transport.disconnected)
        self.assertEqual(len(self.deadlines), 0)

    def test_a_reader_that_is_merely_slow_stays(self) -> None:
        self.outbox.pauseProducing()
        for _ in range(6):
            self.wait(24)
            cast(CountingTransport, self.transport).arrived += 1
        self.assertEqual(self.sent(), b"")
        self.assertEqual(len(self.deadlines), 1)

    def test_a_transport_that_does_not_count_makes_progress_by_draining(self) -> None:
        self.use(StringTransport())
        for _ in range(4):
            self.outbox.pauseProducing()
            self.wait(20)
            self.outbox.resumeProducing()
        self.assertEqual(self.sent(), b"")
        self.outbox.pauseProducing()
        self.wait(36)
        self.assertEqual(self.sent(), b"<4001 slow>")

    def test_stalls_that_follow_each_other_have_one_deadline_and_thirty_seconds_each(self) -> None:
        for _ in range(50):
            self.outbox.pauseProducing()
            self.wait(0.1)
            self.outbox.resumeProducing()
        self.assertEqual(len(self.deadlines), 1)
        self.wait(20)
        self.assertEqual(len(self.deadlines), 0)
        self.outbox.pauseProducing()
        self.wait(29)
        self.assertEqual(self.sent(), b"")

    def test_after_a_close_nothing_more_is_written_and_only_the_first_code_counts(self) -> None:
        self.outbox.write(b"before")
        self.outbox.close(CloseCode.FLOOD, "flood")
        self.outbox.close(CloseCode.POLICY, "policy")
        self.outbox.write(b"after")
        self.outbox.resumeProducing()
        self.assertEqual(self.sent(), b"before<4500 flood>")

    def test_a_connection_that_does_not_go_is_aborted_two_seconds_after_its_close(self) -> None:
        self.outbox.close(CloseCode.FLOOD, "flood")
        self.wait(1.9)
        self.assertFalse(self.transport.disconnected)
        self.wait(0.2)
        self.assertTrue(self.transport.disconnected)

    def test_a_connection_that_hangs_up_but_cannot_flush_is_aborted_too(self) -> None:
        self.outbox.hang_up()
        self.assertIsNone(self.transport.producer)
        self.assertTrue(self.transport.disconnecting)
        self.wait(2.1)
        self.assertTrue(self.transport.disconnected)

    def test_after_the_connection_is_lost_nothing_happens_any_more(self) -> None:
        self.outbox.pauseProducing()
        self.outbox.stopProducing()
        self.outbox.lost()
        looks = self.line.looks
        self.outbox.write(b"late")
        self.outbox.close(CloseCode.FLOOD, "flood")
        self.outbox.hang_up()
        self.outbox.abort()
        self.outbox.look()
        self.outbox.pauseProducing()
        self.outbox.resumeProducing()
        self.wait(60)
        self.assertEqual((self.sent(), self.line.looks, self.session.drained_at), (b"", looks, []))

    def test_a_close_is_one_log_line_without_its_reason_and_a_shutdown_is_none(self) -> None:
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.outbox.close(CloseCode.INVALID_PAYLOAD, "unknown field `my secret`")
        self.assertEqual(
            [(event["log_format"], event["code"], event["name"]) for event in events],
            [("{peer} is closed with {code} {name}", 1007, "invalid_payload")],
        )
        self.assertNotIn("secret", repr(events))
        self.use(CountingTransport())
        self.outbox.close(CloseCode.SHUTDOWN, "shutdown retry_ms=500")
        self.assertEqual(len(events), 1)


class Veil:
    """
    Something between an outbox and its transport, such as TLS, that hands on what it does not have itself.
    """

    def __init__(self, transport: PromptTCPTransport) -> None:
        self.wrapped = transport
        self.veiled: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.veiled.append(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)


class Hearer:
    """
    Somebody in a group, who notes that they have left it.
    """

    def __init__(self) -> None:
        self.gone = 0

    def left(self) -> None:
        self.gone += 1


class GroupTests(SynchronousTestCase):
    """
    Outboxes over a socket of their own.
    """

    def setUp(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)
        self.theirs.setblocking(False)
        self.delivery = Delivery()
        self.transport = PromptTCPTransport(
            ours, TwistedProtocol(), ("peer", 1), cast(Any, None), 0, cast(Any, Descriptors())
        )
        self.transport.delivery = self.delivery
        self.group = self.delivery.group()
        self.hearer = Hearer()

    def outbox(self, transport: Any) -> TransportOutbox:
        return TransportOutbox(
            Line(transport), cast(Any, object()), Deadlines(), Clock().seconds, "192.0.2.1"
        )

    def test_one_hears_what_is_written_to_its_group_until_it_leaves(self) -> None:
        outbox = self.outbox(self.transport)
        self.assertTrue(outbox.enter(self.group, self.hearer))
        self.group.write(b"one")
        outbox.leave(self.group)
        self.group.write(b"two")
        self.assertEqual((self.theirs.recv(100), self.hearer.gone), (b"one", 1))

    def test_one_that_is_closed_leaves_and_stays_out(self) -> None:
        outbox = self.outbox(self.transport)
        self.assertTrue(outbox.enter(self.group, self.hearer))
        outbox.close(CloseCode.POLICY, "policy")
        self.group.write(b"event")
        self.assertEqual((self.theirs.recv(100), self.hearer.gone), (b"<1008 policy>", 1))
        self.assertFalse(outbox.enter(self.group, self.hearer))

    def test_what_goes_through_tls_never_goes_to_the_socket_by_itself(self) -> None:
        outbox = self.outbox(Veil(self.transport))
        self.assertFalse(outbox.enter(self.group, self.hearer))
        self.group.write(b"event")
        self.assertRaises(BlockingIOError, self.theirs.recv, 100)
