"""
Who is at the other end: pings, what counts as a sign of life, and how long after the last one is the end.
"""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.deadlines import Deadlines
from chatd.net.framing import PING
from chatd.net.outbox import TransportOutbox
from chatd.net.pulse import PING_SECONDS, PONG_SECONDS, Pulse

GIVEN_UP = b"<4003 no_pong>"
TICK = 0.25
"""Some binary fraction: times that are sums of it are exact."""


class Socket(StringTransport):
    """
    A transport whose kernel takes all that is written, or nothing while it is `stuck`.
    """

    bytes_sent = 0
    taken_at = 0.0
    stuck = False
    now = 0.0

    def write(self, data: bytes) -> None:
        super().write(data)
        if not self.stuck:
            self.take(len(data))

    def take(self, count: int) -> None:
        self.bytes_sent += count
        self.taken_at = self.now


class Line:
    """
    The connection of an outbox, of which only the close frame is of interest.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport

    def send_close(self, code: int, reason: str) -> None:
        self.transport.write(f"<{code} {reason}>".encode())


class Peer:
    """
    A connection under a pulse, and a clock that ticks as the hub's does.
    """

    def __init__(self, transport: Any = None) -> None:
        self.now = 0.0
        self.transport = Socket() if transport is None else transport
        self.deadlines = Deadlines()
        self.outbox = TransportOutbox(
            cast(Any, Line(self.transport)), cast(Any, object()), self.deadlines, lambda: self.now
        )
        self.pulse = Pulse(self.outbox, 0.0)
        self.closed_at: float | None = None

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now = self.transport.now = self.now + TICK
            self.deadlines.run(self.now)
            if self.closed_at is None and self.outbox.closed:
                self.closed_at = self.now

    def say(self) -> None:
        self.pulse.alive_at = self.now

    def got(self) -> bytes:
        got: bytes = self.transport.value()
        self.transport.clear()
        return got


class PulseTests(SynchronousTestCase):
    """
    One connection, and when it is given up.
    """

    def test_after_the_last_byte_taken_the_end_comes_at_its_time_whatever_the_phase(self) -> None:
        for quarters in range(int(2 * (PING_SECONDS + PONG_SECONDS) / TICK)):
            peer = Peer()
            peer.wait(quarters * TICK)
            if peer.outbox.closed:
                break
            peer.transport.take(1)
            last = peer.now
            peer.wait(60)
            self.assertEqual(peer.closed_at, last + PING_SECONDS + PONG_SECONDS)
            self.assertTrue(peer.got().endswith(PING + GIVEN_UP))
        # Up to the moment in which it would have been given up at its first silence.
        self.assertEqual(quarters * TICK, PING_SECONDS + PONG_SECONDS)

    def test_one_that_takes_a_byte_now_and_then_is_never_given_up(self) -> None:
        for seconds in (0.25, 3, 10, 24.75, 25, 30, 34.75):
            peer = Peer()
            for _ in range(40):
                peer.wait(seconds)
                peer.transport.take(1)
            self.assertFalse(peer.outbox.closed)
            self.assertEqual(len(peer.deadlines), 1)

    @given(st.lists(st.tuples(st.integers(1, 139), st.sampled_from(["take", "say", "write"])), max_size=12))
    def test_whatever_was_the_last_sign_of_life_the_end_comes_thirty_five_seconds_later(
        self, signs: list[tuple[int, str]]
    ) -> None:
        peer = Peer()
        for quarters, sign in signs:
            peer.wait(quarters * TICK)
            if sign == "take":
                peer.transport.take(1)
            elif sign == "say":
                peer.say()
            else:
                # The kernel has room: nobody can tell that from a peer that takes it.
                peer.outbox.write(b"news")
        self.assertFalse(peer.outbox.closed)
        last = peer.now
        peer.wait(60)
        self.assertEqual(peer.closed_at, last + PING_SECONDS + PONG_SECONDS)

    def test_the_bytes_of_the_ping_itself_are_no_sign_of_life(self) -> None:
        peer = Peer()
        peer.wait(34.75)
        self.assertEqual((peer.got(), peer.transport.bytes_sent), (PING, len(PING)))
        peer.wait(0.25)
        self.assertEqual(peer.got(), GIVEN_UP)

    def test_a_ping_that_the_kernel_takes_later_is_one(self) -> None:
        peer = Peer()
        peer.transport.stuck = True
        peer.wait(30)
        self.assertEqual(peer.got(), PING)
        peer.transport.take(len(PING))
        peer.wait(34.75)
        self.assertFalse(peer.outbox.closed)
        peer.wait(0.25)
        self.assertTrue(peer.outbox.closed)

    def test_of_a_transport_that_does_not_count_only_what_it_says_is_life(self) -> None:
        class Plain(StringTransport):
            now = 0.0

        peer = Peer(Plain())
        peer.wait(20)
        peer.outbox.write(b"news")
        peer.wait(15)
        self.assertTrue(peer.outbox.closed)

    def test_a_busy_connection_is_looked_at_no_more_often_than_a_silent_one(self) -> None:
        peer = Peer()
        looks = []
        at = peer.deadlines.at
        self.patch(Deadlines, "at", lambda _, when, call: (looks.append(when), at(when, call)))
        for _ in range(1000):
            peer.wait(TICK)
            peer.transport.take(10)
        self.assertEqual(len(looks), 10)
