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
from chatd.net.outbox import CLOSE_SECONDS, TransportOutbox
from chatd.net.pulse import PING_SECONDS, PONG_SECONDS, Pulse

GIVEN_UP = b"<4003 no_pong>"
TICK = 0.25
"""Some binary fraction: times that are sums of it are exact."""


class Socket(StringTransport):
    """
    A transport to a peer that takes nothing by itself.
    """

    arrived = 0
    ended = False

    def bytes_arrived(self) -> int:
        return self.arrived

    def peer_has_ended(self) -> bool:
        return self.ended

    def abortConnection(self) -> None:
        self.aborted = True


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
            self.now += TICK
            self.deadlines.run(self.now)
            if self.closed_at is None and self.outbox.closed:
                self.closed_at = self.now

    def say(self) -> None:
        self.pulse.alive_at = self.now

    def read(self, reading: bool) -> None:
        self.pulse.set_reading(reading, self.now)

    def got(self) -> bytes:
        got: bytes = self.transport.value()
        self.transport.clear()
        return got


class PulseTests(SynchronousTestCase):
    """
    One connection, and when it is given up.
    """

    def test_after_the_last_word_the_end_comes_at_its_time_whatever_the_phase(self) -> None:
        for quarters in range(int(PING_SECONDS / TICK)):
            peer = Peer()
            peer.wait(quarters * TICK)
            peer.say()
            last = peer.now
            peer.wait(60)
            self.assertEqual(peer.closed_at, last + PING_SECONDS + PONG_SECONDS)
            self.assertEqual(peer.got(), PING + GIVEN_UP)

    def test_what_is_written_meanwhile_is_no_sign_of_life(self) -> None:
        peer = Peer()
        for _ in range(70):
            peer.wait(0.5)
            peer.outbox.write(b"news" * 100)
        self.assertEqual(peer.closed_at, PING_SECONDS + PONG_SECONDS)

    def test_whoever_answers_is_asked_again_when_silent_again(self) -> None:
        peer = Peer()
        for _ in range(20):
            peer.wait(PING_SECONDS + PONG_SECONDS - TICK)
            self.assertEqual(peer.got(), PING)
            peer.say()
        self.assertFalse(peer.outbox.closed)
        self.assertEqual(len(peer.deadlines), 1)

    def test_whoever_has_much_to_read_before_the_ping_is_given_time_while_it_arrives(self) -> None:
        peer = Peer()
        peer.wait(PING_SECONDS)
        for _ in range(12):
            peer.transport.arrived += 1000
            peer.wait(PONG_SECONDS)
        self.assertFalse(peer.outbox.closed)
        last = peer.now
        peer.wait(60)
        self.assertLessEqual(cast(float, peer.closed_at) - last, 2 * PONG_SECONDS)

    @given(st.lists(st.tuples(st.integers(1, 99), st.sampled_from(["take", "say", "write"])), max_size=12))
    def test_whatever_the_last_sign_of_life_was_the_end_comes_within_forty_seconds(
        self, signs: list[tuple[int, str]]
    ) -> None:
        peer = Peer()
        last = 0.0
        for quarters, sign in signs:
            peer.wait(quarters * TICK)
            if peer.outbox.closed:
                break
            if sign == "take":
                peer.transport.arrived += 1000
                last = peer.now
            elif sign == "say":
                peer.say()
                last = peer.now
            else:
                peer.outbox.write(b"news")
        peer.wait(120)
        self.assertLessEqual(cast(float, peer.closed_at) - last, 40)

    def test_that_the_ping_itself_arrives_is_no_sign_of_life(self) -> None:
        peer = Peer()
        peer.wait(PING_SECONDS)
        peer.transport.arrived += 30
        peer.wait(PONG_SECONDS)
        self.assertEqual(peer.got(), PING + GIVEN_UP)

    def test_of_a_transport_that_does_not_count_only_what_it_says_is_life(self) -> None:
        peer = Peer(StringTransport())
        peer.wait(PING_SECONDS + PONG_SECONDS)
        self.assertTrue(peer.outbox.closed)

    def test_whoever_talks_is_looked_at_no_more_often_than_the_silent(self) -> None:
        peer = Peer()
        looks = []
        at = peer.deadlines.at
        self.patch(Deadlines, "at", lambda _, when, call: (looks.append(when), at(when, call)))
        for _ in range(1000):
            peer.wait(TICK)
            peer.say()
        self.assertLessEqual(len(looks), 11)


class UnreadTests(SynchronousTestCase):
    """
    A connection that is not read, because its client has said more than it may.
    """

    def setUp(self) -> None:
        self.peer = Peer()
        self.peer.read(False)

    def test_whoever_is_gone_is_given_up_when_the_ping_does_not_arrive(self) -> None:
        self.peer.wait(60)
        self.assertEqual(self.peer.closed_at, PING_SECONDS + PONG_SECONDS)
        self.assertEqual(self.peer.got(), PING + GIVEN_UP)

    def test_whoever_the_pings_reach_is_left_alone(self) -> None:
        for _ in range(20):
            self.peer.wait(PING_SECONDS)
            self.assertEqual(self.peer.got(), PING)
            self.peer.transport.arrived += 2
        self.assertFalse(self.peer.outbox.closed)
        self.assertEqual(len(self.peer.deadlines), 1)

    @given(st.lists(st.tuples(st.integers(1, 99), st.sampled_from(["take", "write", "pause"])), max_size=12))
    def test_whatever_the_last_sign_of_life_was_the_end_comes_within_forty_seconds(
        self, signs: list[tuple[int, str]]
    ) -> None:
        self.setUp()
        last = 0.0
        for quarters, sign in signs:
            self.peer.wait(quarters * TICK)
            if self.peer.outbox.closed:
                break
            if sign == "take":
                self.peer.transport.arrived += 2
                last = self.peer.now
            elif sign == "write":
                self.peer.outbox.write(b"news")
            else:
                # It has said more in between.
                self.peer.read(True)
                self.peer.say()
                self.peer.read(False)
                last = self.peer.now
        self.peer.wait(120)
        self.assertLessEqual(cast(float, self.peer.closed_at) - last, 40)

    def test_whoever_has_ended_their_side_is_served_for_two_seconds_more(self) -> None:
        self.peer.wait(1)
        self.peer.transport.ended = True
        self.peer.wait(PING_SECONDS - 1 + CLOSE_SECONDS - TICK)
        self.assertFalse(self.peer.outbox.closed)
        self.peer.wait(TICK)
        self.assertTrue(self.peer.transport.aborted)
        self.assertEqual(len(self.peer.deadlines), 0)

    def test_also_one_who_takes_so_slowly_that_the_outbox_is_full(self) -> None:
        self.peer.outbox.full = True
        self.peer.wait(2 * PING_SECONDS)
        self.assertEqual(self.peer.got(), b"")
        self.peer.transport.ended = True
        self.peer.wait(PING_SECONDS + CLOSE_SECONDS)
        self.assertTrue(self.peer.transport.aborted)

    def test_a_transport_that_does_not_count_is_given_the_benefit_of_the_doubt(self) -> None:
        self.peer = Peer(StringTransport())
        self.peer.read(False)
        self.peer.wait(600)
        self.assertFalse(self.peer.outbox.closed)

    def test_once_it_is_read_again_the_answer_has_its_time_again(self) -> None:
        self.peer.wait(PING_SECONDS + PONG_SECONDS - TICK)
        self.peer.read(True)
        self.peer.wait(PING_SECONDS + PONG_SECONDS - TICK)
        self.assertFalse(self.peer.outbox.closed)
        self.peer.wait(TICK)
        self.assertTrue(self.peer.outbox.closed)

    def test_as_many_pongs_were_asked_for_as_there_were_pings(self) -> None:
        for _ in range(3):
            self.peer.wait(PING_SECONDS)
            self.peer.transport.arrived += 2
        self.assertEqual([self.peer.pulse.answered() for _ in range(4)], [True, True, True, False])
