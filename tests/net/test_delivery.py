"""
What is written for one committed batch, on its way into the kernel together.
"""

from __future__ import annotations

import socket
from typing import Any, cast

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.net.delivery import MOST_BYTES, Delivery
from chatd.net.transport import PromptTCPTransport
from tests.net.test_transport import Descriptors, Valve


class DeliveryTestCase(SynchronousTestCase):
    """
    Two transports over plain sockets share one delivery.
    """

    def setUp(self) -> None:
        self.reactor = Descriptors()
        self.delivery = Delivery()
        self.ada, self.ada_end = self.connect()
        self.bob, self.bob_end = self.connect()

    def connect(
        self, kind: socket.SocketKind = socket.SOCK_SEQPACKET
    ) -> tuple[PromptTCPTransport, socket.socket]:
        # Packets, so that each `send` of a transport can be told from the next.
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        theirs.setblocking(False)
        ours.setblocking(False)
        transport = PromptTCPTransport(
            ours, Protocol(), ("peer", 1), cast(Any, None), 0, cast(Any, self.reactor)
        )
        transport.delivery = self.delivery
        return transport, theirs

    def sends(self, end: socket.socket) -> list[bytes]:
        sends: list[bytes] = []
        try:
            while packet := end.recv(1 << 20):
                sends.append(packet)
        except BlockingIOError:
            pass
        return sends


class DeliveryTests(DeliveryTestCase):
    """
    Each is written to by itself.
    """

    def test_nothing_is_kept_while_no_delivery_is_under_way(self) -> None:
        self.ada.write(b"one")
        self.ada.write(b"two")
        self.assertEqual(self.sends(self.ada_end), [b"one", b"two"])
        self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [])

    def test_each_gets_what_is_written_to_it_in_one_send_at_the_end(self) -> None:
        self.delivery.begin()
        self.ada.write(b"event")
        self.bob.write(b"event")
        self.ada.write(b"done")
        self.assertEqual(self.sends(self.ada_end) + self.sends(self.bob_end), [])
        self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [b"eventdone"])
        self.assertEqual(self.sends(self.bob_end), [b"event"])
        self.assertEqual((self.ada.bytes_sent, self.bob.bytes_sent), (9, 5))
        self.ada.write(b"next")
        self.assertEqual(self.sends(self.ada_end), [b"next"])

    def test_a_second_delivery_is_like_the_first(self) -> None:
        for _ in range(2):
            self.delivery.begin()
            self.ada.write(b"a")
            self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [b"a", b"a"])

    def test_what_would_be_too_much_to_keep_is_sent_at_once_and_in_order(self) -> None:
        # As much as a session would write before it looks whether the transport is full.
        much, end = self.connect(socket.SOCK_STREAM)
        self.delivery.begin()
        much.write(b"-" * (MOST_BYTES - 1))
        much.write(b"ab")
        self.assertEqual(b"".join(self.sends(end)), b"-" * (MOST_BYTES - 1))
        much.write(b"c")
        self.delivery.end()
        self.assertEqual(b"".join(self.sends(end)), b"abc")

    def test_one_that_is_broken_or_gone_does_not_keep_the_others_from_theirs(self) -> None:
        carol, carol_end = self.connect()
        dave, _ = self.connect()
        self.delivery.begin()
        for transport in (carol, self.ada, dave, self.bob):
            transport.write(b"event")
        carol_end.close()
        dave.socket.close()
        self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [b"event"])
        self.assertEqual(self.sends(self.bob_end), [b"event"])
        self.assertEqual((carol.bytes_sent, dave.bytes_sent), (0, 0))
        # Twisted finds out in its own turn.
        self.assertIn(carol, self.reactor.writers)

    def test_one_that_is_full_keeps_its_order_and_tells_its_producer(self) -> None:
        full, end = self.connect(socket.SOCK_STREAM)
        valve = Valve()
        full.registerProducer(valve, True)
        full.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        written = b""
        for number in range(400):
            self.delivery.begin()
            full.write(b"%4d" % number * 250)
            full.write(b"done")
            self.delivery.end()
            written += b"%4d" % number * 250 + b"done"
        self.assertEqual(set(valve.told), {"pause"})
        self.assertLess(full.bytes_sent, len(written))
        full.write(b"last")
        read = b""
        while self.reactor.writers:
            read += b"".join(self.sends(end))
            self.reactor.turn()
        self.assertEqual(read + b"".join(self.sends(end)), written + b"last")
        self.assertEqual(full.bytes_sent, len(written) + 4)
        self.assertEqual(valve.told[-1], "resume")

    def test_what_was_written_is_sent_before_the_end_of_a_connection(self) -> None:
        self.delivery.begin()
        self.ada.write(b"last words")
        self.ada.loseConnection()
        self.bob.write(b"half closed")
        self.bob.loseWriteConnection()
        self.assertEqual(self.sends(self.ada_end), [b"last words"])
        self.assertEqual(self.sends(self.bob_end), [b"half closed"])
        self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [])

    def test_a_connection_that_is_lost_meanwhile_is_let_go(self) -> None:
        self.delivery.begin()
        self.ada.write(b"never")
        self.ada.abortConnection()
        self.reactor.turn()
        self.ada.write(b"gone")
        self.delivery.end()
        self.assertEqual(self.ada.bytes_sent, 0)
        self.assertEqual(self.delivery.transports, [])

    def test_one_that_was_lost_before_takes_nothing_and_raises_nothing(self) -> None:
        self.ada.connectionLost(Failure(ConnectionDone()))
        self.delivery.begin()
        self.ada.write(b"never")
        self.bob.write(b"event")
        self.delivery.end()
        self.assertEqual(self.sends(self.bob_end), [b"event"])
        self.assertEqual(self.ada.bytes_sent, 0)


class Listener:
    """
    Somebody in a group, who notes that they have left it.
    """

    def __init__(self) -> None:
        self.gone = 0

    def left(self) -> None:
        self.gone += 1


class GroupTests(DeliveryTestCase):
    """
    Ada and bob are in a group.
    """

    def setUp(self) -> None:
        super().setUp()
        self.group = self.delivery.group()
        self.listeners = {each: self.enter(each) for each in (self.ada, self.bob)}

    def enter(self, transport: PromptTCPTransport) -> Listener:
        listener = Listener()
        self.assertTrue(transport.enter(self.group, listener))
        return listener

    def gone(self) -> list[int]:
        return [listener.gone for listener in self.listeners.values()]

    def test_all_are_sent_the_same_at_once_and_it_is_counted(self) -> None:
        self.ada.write(b"alone")
        self.group.write(b"one")
        self.group.write(b"two")
        self.assertEqual(self.sends(self.ada_end), [b"alone", b"one", b"two"])
        self.assertEqual(self.sends(self.bob_end), [b"one", b"two"])
        self.assertEqual((self.ada.bytes_sent, self.bob.bytes_sent), (11, 6))

    def test_nothing_overtakes_what_was_kept_for_one_of_them(self) -> None:
        self.delivery.begin()
        self.ada.write(b"before")
        self.delivery.flush()
        self.group.write(b"event")
        self.ada.write(b"after")
        self.ada.write(b"wards")
        self.delivery.end()
        self.assertEqual(self.sends(self.ada_end), [b"before", b"event", b"afterwards"])
        self.assertEqual(self.sends(self.bob_end), [b"event"])

    def test_nothing_is_not_sent(self) -> None:
        self.group.write(b"")
        self.assertEqual(self.sends(self.ada_end), [])
        self.delivery.group().write(b"to nobody")

    def test_in_two_groups_each_gets_the_news_of_both(self) -> None:
        other = self.delivery.group()
        self.assertTrue(self.ada.enter(other, Listener()))
        self.group.write(b"here")
        other.write(b"there")
        self.assertEqual(self.ada.bytes_sent, 9)
        self.ada.leave(self.group)
        self.group.write(b"here")
        other.write(b"there")
        self.assertEqual(self.sends(self.ada_end), [b"here", b"there", b"there"])
        self.assertEqual(self.ada.bytes_sent, 14)
        self.assertEqual(self.gone(), [1, 0])

    def test_one_that_is_full_leaves_and_gets_what_it_was_written_in_its_order(self) -> None:
        full, end = self.connect(socket.SOCK_STREAM)
        full.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        listener = self.enter(full)
        other = self.delivery.group()
        self.assertTrue(full.enter(other, Listener()))
        written = b""
        for number in range(400):
            if not listener.gone:
                written += b"%4d" % number * 250
            self.group.write(b"%4d" % number * 250)
            # These read, in contrast.
            self.assertEqual(self.sends(self.ada_end), self.sends(self.bob_end))
        self.assertEqual((listener.gone, *self.gone()), (1, 0, 0))
        self.assertEqual(list(other.members), [])
        self.assertFalse(full.enter(self.group, listener))
        # No longer to it.
        self.group.write(b"to the others")
        full.write(b"last")
        read = b""
        while self.reactor.writers:
            read += b"".join(self.sends(end))
            self.reactor.turn()
        written += b"last"
        self.assertEqual(read + b"".join(self.sends(end)), written)
        self.assertEqual(full.bytes_sent, len(written))
        self.assertEqual(self.sends(self.bob_end)[-1], b"to the others")
        self.enter(full)
        self.group.write(b"again")
        self.assertEqual(self.sends(end), [b"again"])

    def test_one_that_is_broken_leaves_and_does_not_keep_the_others_from_theirs(self) -> None:
        self.ada_end.close()
        self.group.write(b"event")
        self.assertEqual(self.sends(self.bob_end), [b"event"])
        self.assertEqual(self.gone(), [1, 0])
        self.assertEqual(self.ada.bytes_sent, 0)
        # Twisted finds out in its own turn.
        self.assertIn(self.ada, self.reactor.writers)

    def test_who_ends_in_any_way_leaves(self) -> None:
        endings = [
            lambda transport: transport.loseConnection(),
            lambda transport: transport.loseWriteConnection(),
            lambda transport: transport.abortConnection(),
            lambda transport: transport.connectionLost(Failure(ConnectionDone())),
        ]
        for end in endings:
            transport, _ = self.connect()
            listener = self.enter(transport)
            end(transport)
            self.assertEqual(listener.gone, 1)
        self.assertEqual(list(self.group.members), [self.ada, self.bob])

    def test_nobody_comes_in_for_whom_something_waits_or_who_ends(self) -> None:
        waiting, ending, pulling = (self.connect()[0] for _ in range(3))
        waiting.fell_short(b"some", 1)
        ending.loseConnection()
        pulling.registerProducer(cast(Any, Valve()), False)
        for transport in (waiting, ending, pulling):
            self.assertFalse(transport.enter(self.group, Listener()))
