"""
How an HTTP connection is read: what a client cannot do to it, and what it gets all the same.
"""

from __future__ import annotations

import gc
import os
import weakref
from itertools import pairwise

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from chatd.net.channel import (
    ANSWERS_A_TURN,
    BODY_SECONDS,
    CLOSING_SECONDS,
    HEADER_SECONDS,
    LOOK_SECONDS,
)
from chatd.net.request import BODY_BYTES
from chatd.net.sending import CHUNK_BYTES, STALL_SECONDS
from chatd.net.site import CONNECTIONS_A_TURN
from tests.net.http_exchange import SCRIPT, SiteTestCase, ask, connect, parse, send

ASKED = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
ANSWERED = b"HTTP/1.1 200 OK\r\n"


def lose(channel):
    channel.connectionLost(Failure(ConnectionDone()))


def full_after_each_write(transport):
    """
    As a socket whose peer does not read: each chunk fills it.
    """
    write = transport.write

    def write_and_pause(data):
        write(data)
        if len(data) > 4000:
            transport.producer.pauseProducing()

    transport.write = write_and_pause


class PipelineTests(SiteTestCase):
    """
    Many requests before the first answer.
    """

    def test_a_few_are_answered_in_a_turn_and_meanwhile_the_socket_is_not_read(self):
        channel, transport = connect(self.site)
        channel.dataReceived(ASKED * 10)
        answered = []
        for _ in range(4):
            answered.append((transport.value().count(ANSWERED), transport.producerState))
            self.clock.turn()
        first, second = ANSWERS_A_TURN, 2 * ANSWERS_A_TURN
        self.assertEqual(
            answered,
            [(first, "paused"), (second, "paused"), (10, "producing"), (10, "producing")],
        )

    def test_sixty_four_kilobytes_of_them_are_all_answered_in_order(self):
        channel, transport = connect(self.site)
        targets = [b"/avatar/a%d.svg?A" % number for number in range(1500)]
        channel.dataReceived(b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target for target in targets))
        for turn in range(1, 1500 // ANSWERS_A_TURN + 1):
            self.assertEqual(transport.value().count(ANSWERED), turn * ANSWERS_A_TURN)
            self.clock.turn()
        tags = [line[6:] for line in transport.value().split(b"\r\n") if line.startswith(b"ETag: ")]
        expected = [ask(self.site, target.decode()).headers["etag"].encode() for target in targets[::100]]
        self.assertEqual((len(tags), tags[::100]), (1500, expected))

    def test_they_may_come_in_pieces_of_any_size(self):
        body = b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        chunked = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        (self.public / "large.bin").write_bytes(b"x" * (2 * CHUNK_BYTES))
        requests = (ASKED + body + chunked + b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n") * 3 + ASKED
        for size in (1, 7, 50, len(requests)):
            channel, transport = connect(self.site)
            for at in range(0, len(requests), size):
                channel.dataReceived(requests[at : at + size])
            while self.clock.getDelayedCalls()[0].getTime() <= self.clock.seconds():
                self.clock.turn()
            lines = [line for line in transport.value().split(b"\r\n") if b"HTTP/1.1 " in line]
            codes = [line.partition(b"HTTP/1.1 ")[2][:3] for line in lines]
            self.assertEqual(codes, [b"200", b"405", b"405", b"200"] * 3 + [b"200"], size)
            lose(channel)

    def test_nobody_is_answered_who_takes_no_answers(self):
        (self.public / "some.bin").write_bytes(b"x" * 10_000)
        channel, transport = connect(self.site)
        write, full = transport.write, []

        def write_until_full(data):
            write(data)
            if len(transport.value()) > 35_000:
                full.append(True)
                transport.producer.pauseProducing()

        transport.write = write_until_full
        channel.dataReceived(b"GET /some.bin HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        for _ in range(5):
            self.clock.turn()
        self.assertEqual(transport.value().count(ANSWERED), 4)
        self.assertEqual((full, transport.producerState), ([True], "paused"))
        answered = 4
        for _ in range(10):
            transport.clear()
            channel.resumeProducing()
            for _ in range(3):
                self.clock.turn()
            answered += transport.value().count(ANSWERED)
        self.assertEqual(answered, 44)
        # What it does not take in time is thrown away.
        self.clock.advance(BODY_SECONDS)
        self.clock.advance(CLOSING_SECONDS)
        self.assertTrue(transport.disconnected)

    def test_many_who_send_many_share_a_turn_and_whoever_asks_once_is_answered_at_once(self):
        crowd = [connect(self.site) for _ in range(3 * CONNECTIONS_A_TURN)]
        for channel, _ in crowd:
            channel.dataReceived(ASKED * 20 * ANSWERS_A_TURN)
        # Till all are in.
        for _ in range(3):
            self.clock.turn()
        for _ in range(4):
            before = sum(transport.value().count(ANSWERED) for _, transport in crowd)
            self.clock.turn()
            after = sum(transport.value().count(ANSWERED) for _, transport in crowd)
            self.assertEqual(after - before, CONNECTIONS_A_TURN * ANSWERS_A_TURN)
            newcomer, transport = connect(self.site)
            newcomer.dataReceived(ASKED)
            self.assertEqual(transport.value().count(ANSWERED), 1)
            lose(newcomer)
        for channel, _ in crowd:
            lose(channel)

    def test_to_stand_in_line_takes_nothing_of_a_clients_time(self):
        crowd = [connect(self.site) for _ in range(CONNECTIONS_A_TURN + 1)]
        self.clock.advance(HEADER_SECONDS - 1)
        for channel, _ in crowd:
            channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        last, transport = crowd[-1]
        self.assertEqual(transport.producerState, "paused")
        # The clock goes on, but no turn comes.
        self.clock.rightNow += 2
        self.assertFalse(transport.disconnecting)
        self.clock.turn()
        last.dataReceived(b"\r\n")
        self.assertEqual(transport.value().count(ANSWERED), 1)
        for channel, _ in crowd:
            lose(channel)

    def test_whoever_trickles_in_a_crowd_stands_in_line_at_their_own_cost(self):
        crowd = [connect(self.site) for _ in range(4 * CONNECTIONS_A_TURN)]
        for channel, _ in crowd:
            channel.dataReceived(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        # Each of them with a byte as soon as it is read, so that the line is never empty.
        for _ in range(2 * HEADER_SECONDS):
            self.clock.rightNow += 1
            self.clock.turn()
            for channel, transport in crowd:
                if transport.producerState != "paused" and not transport.disconnecting:
                    channel.dataReceived(b"x")
        self.assertTrue(all(transport.disconnecting for _, transport in crowd))
        for channel, _ in crowd:
            channel.connectionLost(Failure(ConnectionDone()))

    def test_a_crowd_that_comes_at_once_is_let_in_a_few_at_a_time(self):
        crowd = [connect(self.site) for _ in range(3 * CONNECTIONS_A_TURN)]
        for channel, _ in crowd:
            channel.dataReceived(ASKED)
        served = []
        for _ in range(3):
            served.append(sum(transport.value().count(ANSWERED) for _, transport in crowd))
            self.clock.turn()
        self.assertEqual(served, [number * CONNECTIONS_A_TURN for number in (1, 2, 3)])
        for channel, _ in crowd:
            lose(channel)

    def test_new_bytes_bring_nobody_a_turn_before_the_others(self):
        channel, transport = connect(self.site)
        for _ in range(20):
            channel.dataReceived(ASKED)
        self.assertEqual(transport.value().count(ANSWERED), ANSWERS_A_TURN)
        lose(channel)

    def test_a_client_that_is_gone_leaves_nothing_behind(self):
        channel, transport = connect(self.site)
        channel.dataReceived(ASKED * 100)
        lose(channel)
        self.clock.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(transport.value().count(ANSWERED), ANSWERS_A_TURN)

    def test_a_mistake_of_ours_in_a_later_turn_ends_the_connection(self):
        channel, transport = connect(self.site)
        channel.dataReceived(ASKED * 100)

        def fail(line):
            raise ZeroDivisionError

        channel.lineReceived = fail
        self.clock.turn()
        self.assertTrue(transport.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class LookingTests(SiteTestCase):
    """
    What takes long to be understood, while a look at the clock finds it half a look's time later.
    """

    def setUp(self):
        super().setUp()
        self.clock.look_seconds = LOOK_SECONDS / 2

    def test_a_body_of_tiny_chunks_is_taken_over_many_turns_between_which_others_are_served(self):
        channel, transport = connect(self.site)
        head = b"POST /healthz HTTP/1.1\r\nHost: chat.example\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk, count = b"1\r\nx\r\n", 10_000
        channel.dataReceived(head + chunk * count + b"0\r\n\r\n")
        taken, turns = 0, 0
        while channel.requests:
            now = channel.requests[-1].content.tell()
            self.assertLessEqual(now - taken, 3 * 4096 // len(chunk))
            self.assertEqual(transport.producerState, "paused")
            taken = now
            self.clock.turn()
            turns += 1
            newcomer, answer = connect(self.site)
            newcomer.dataReceived(ASKED)
            self.assertEqual(answer.value().count(ANSWERED), 1)
            lose(newcomer)
        self.assertGreaterEqual(turns, len(chunk) * count // 4096 // 3)
        self.assertEqual((parse(transport).status, transport.producerState), (405, "producing"))

    def test_many_long_requests_are_answered_over_many_turns_and_in_order(self):
        channel, transport = connect(self.site)
        targets = [b"/avatar/a%d.svg?A" % number for number in range(4)]
        asked = [b"GET %s HTTP/1.1\r\nHost: chat.example\r\nX: " % target for target in targets]
        channel.dataReceived(b"".join(head + b"x" * 15_000 + b"\r\n\r\n" for head in asked))
        answered = [transport.value().count(ANSWERED)]
        while answered[-1] < 4:
            self.clock.turn()
            answered.append(transport.value().count(ANSWERED))
        self.assertLessEqual(max(after - before for before, after in pairwise([0, *answered])), 1)
        tags = [line[6:] for line in transport.value().split(b"\r\n") if line.startswith(b"ETag: ")]
        self.assertEqual(tags, [ask(self.site, t.decode()).headers["etag"].encode() for t in targets])

    def test_one_that_ends_its_side_meanwhile_is_answered_all_the_same(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: chat.example\r\nX: " + b"x" * 15_000)
        channel.dataReceived(b"\r\n\r\n")
        channel.readConnectionLost()
        for _ in range(5):
            self.clock.turn()
        self.assertEqual((parse(transport).status, transport.disconnecting), (200, True))

    def test_one_that_goes_meanwhile_leaves_nothing_behind(self):
        channel, _ = connect(self.site)
        channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: chat.example\r\nX: " + b"x" * 15_000)
        lose(channel)
        self.clock.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class HalfClosingTests(SiteTestCase):
    """
    A client that ends its side as soon as it has asked.
    """

    def test_it_gets_its_answer_and_then_the_end(self):
        channel, transport = connect(self.site)
        channel.dataReceived(ASKED)
        self.assertFalse(transport.disconnecting)
        channel.readConnectionLost()
        self.assertEqual(parse(transport).status, 200)
        self.assertTrue(transport.disconnecting)

    def test_it_gets_all_of_its_answers(self):
        channel, transport = connect(self.site)
        channel.dataReceived(ASKED * 10)
        channel.readConnectionLost()
        for _ in range(2):
            self.assertFalse(transport.disconnecting)
            self.clock.turn()
        self.assertEqual(transport.value().count(ANSWERED), 10)
        self.assertTrue(transport.disconnecting)

    def test_it_gets_a_large_answer_as_it_takes_it(self):
        (self.public / "large.bin").write_bytes(b"x" * (3 * CHUNK_BYTES))
        channel, transport = connect(self.site)
        full_after_each_write(transport)
        channel.dataReceived(b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        channel.readConnectionLost()
        for _ in range(2):
            # To read on would be to be told of the end again and again.
            self.assertEqual((transport.disconnecting, transport.producerState), (False, "paused"))
            channel.resumeProducing()
        channel.resumeProducing()
        self.assertEqual(len(parse(transport).body), 3 * CHUNK_BYTES)
        self.assertTrue(transport.disconnecting)

    def test_one_that_has_not_asked_to_the_end_is_let_go(self):
        for asked in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"):
            channel, transport = connect(self.site)
            channel.dataReceived(asked)
            channel.readConnectionLost()
            self.assertEqual((transport.disconnecting, transport.value()), (True, b""), asked)
            lose(channel)
        self.clock.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_that_was_refused_is_told_so_once(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"nonsense\r\n\r\n")
        channel.readConnectionLost()
        self.assertEqual((parse(transport).status, transport.value().count(b"HTTP/1.1")), (400, 1))
        channel.writeConnectionLost()


class MisuseTests(SiteTestCase):
    def test_a_request_that_cannot_be_read_is_answered_with_them_too(self):
        for request in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/3.0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\t\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1234567890123456789\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"1" * 5000 + b"\r\nX: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/1.1\r\nX: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" + ASKED,
            b"GET http://chat.example/ HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(102)) + b"\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: %s\r\n" % (b"x" * 900) * 20 + b"\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ):
            reply = send(self.site, request)
            self.assertEqual(reply.status, 400, request)
            self.assertTrue(reply.closing)
            self.assert_secure(reply, request)

    def test_a_body_whose_end_nobody_knows_is_refused_and_nothing_behind_it_is_a_request(self):
        for coding in (b"identity", b"Identity", b"gzip", b"chunked, identity", b"gzip, chunked", b""):
            head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: %s\r\n\r\n" % coding
            channel, transport = connect(self.site)
            channel.dataReceived(head + ASKED)
            reply = parse(transport)
            self.assertEqual((reply.status, reply.closing), (400, True), coding)
            self.assertEqual(transport.value().count(b"HTTP/1.1 "), 1, coding)

    def test_an_endless_line_is_refused(self):
        reply = send(self.site, b"GET /" + b"a" * 20_000)
        self.assertEqual(reply.status, 431)
        self.assertTrue(reply.closing)
        self.assert_secure(reply, "431")

    def test_a_small_body_is_read_past(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        channel.dataReceived(b"GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(transport.value().count(b"HTTP/1.1 200 OK"), 2)

    def test_a_large_body_is_refused_while_it_comes(self):
        heads = (
            (b"Content-Length: 99999999\r\n\r\n", b"x" * 10_000),
            (b"Content-Length: 70000\r\n\r\n", b"x" * 70_000),
            (b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
        )
        for head, piece in heads:
            channel, transport = connect(self.site)
            channel.dataReceived(b"POST / HTTP/1.1\r\nHost: a\r\n" + head)
            sent = 0
            while not transport.disconnecting and sent <= BODY_BYTES:
                channel.dataReceived(piece)
                sent += len(piece)
                self.clock.turn()
            channel.dataReceived(piece)
            self.assertEqual(parse(transport).status, 413, head)
            self.assertEqual(transport.value().count(b"HTTP/1.1"), 1)

    def test_a_body_that_would_be_too_large_is_refused_before_it_comes(self):
        for head in (
            b"Content-Length: 65537\r\n",
            b"Expect: 100-continue\r\nContent-Length: 999999999999999999\r\n",
        ):
            channel, transport = connect(self.site)
            channel.dataReceived(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"X: y\r\n\r\n")
            self.assertEqual((parse(transport).status, transport.disconnecting), (413, True), head)
            self.assertEqual(transport.value().count(b"HTTP/1.1"), 1)

    def test_requests_one_after_the_other_are_answered_in_order(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n" + ASKED)
        self.assertLess(transport.value().index(SCRIPT), transport.value().index(b"ok\n"))


class TimeTests(SiteTestCase):
    def test_slow_headers_are_cut_off_however_steadily_they_come(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: a\r\n")
        for _ in range(HEADER_SECONDS - 1):
            self.clock.advance(1)
            channel.dataReceived(b"X: y\r\n")
        self.assertFalse(transport.disconnecting)
        self.clock.advance(1)
        self.assertTrue(transport.disconnecting)

    def test_a_slow_body_is_cut_off(self):
        channel, transport = connect(self.site)
        self.clock.advance(HEADER_SECONDS - 1)
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for _ in range(BODY_SECONDS - 1):
            self.clock.advance(1)
            channel.dataReceived(b"x")
        self.assertFalse(transport.disconnecting)
        self.clock.advance(1)
        self.assertTrue(transport.disconnecting)

    def test_an_idle_connection_is_closed_and_then_cut_off(self):
        channel, transport = connect(self.site)
        channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        self.clock.advance(BODY_SECONDS - 1)
        self.assertFalse(transport.disconnecting)
        self.clock.advance(1)
        self.assertTrue(transport.disconnecting)
        self.assertFalse(transport.disconnected)
        self.clock.advance(CLOSING_SECONDS)
        self.assertTrue(transport.disconnected)

    def test_a_connection_that_is_closed_but_takes_nothing_is_cut_off(self):
        for request in (b"GET / HTTP/1.0\r\n\r\n", b"nonsense\r\n\r\n"):
            channel, transport = connect(self.site)
            channel.dataReceived(request)
            # Nothing of what still comes is kept or answered.
            channel.dataReceived(ASKED * 1000)
            self.assertEqual(channel._backlog, b"")
            self.clock.advance(CLOSING_SECONDS - 1)
            self.assertEqual((transport.disconnecting, transport.disconnected), (True, False))
            self.clock.advance(1)
            self.assertTrue(transport.disconnected)
            self.assertEqual(transport.value().count(b"HTTP/1."), 1)

    def test_a_large_file_goes_out_as_it_is_taken(self):
        body = os.urandom(5 * CHUNK_BYTES + 7)
        (self.public / "large.bin").write_bytes(body)
        channel, transport = connect(self.site)
        full_after_each_write(transport)
        channel.dataReceived(b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n" + ASKED)
        for chunk in range(1, 6):
            self.assertLessEqual(len(transport.value()), chunk * CHUNK_BYTES + 2000)
            self.clock.advance(STALL_SECONDS - 1)
            channel.resumeProducing()
        reply = parse(transport)
        self.assertEqual(reply.body[: len(body)], body)
        self.assertIn(b"ok\n", reply.body[len(body) :])
        self.assertFalse(transport.disconnected)

    def test_a_reader_that_has_stopped_is_cut_off(self):
        (self.public / "large.bin").write_bytes(b"x" * (5 * CHUNK_BYTES))
        channel, transport = connect(self.site)
        full_after_each_write(transport)
        channel.dataReceived(b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        self.clock.advance(STALL_SECONDS)
        self.assertTrue(transport.disconnected)
        channel.stopProducing()
        channel.resumeProducing()
        self.assertLessEqual(len(transport.value()), CHUNK_BYTES + 2000)

    def test_a_reader_that_is_slow_is_not_cut_off_while_something_reaches_it(self):
        (self.public / "large.bin").write_bytes(b"x" * (2 * CHUNK_BYTES))
        for more in (b"", b"Connection: close\r\n"):
            channel, transport = connect(self.site)
            full_after_each_write(transport)
            arrived = [0]
            transport.bytes_arrived = lambda arrived=arrived: arrived[0]
            channel.dataReceived(b"GET /large.bin HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n")
            for _ in range(2):
                # All that was written is in a buffer of ours, also at the end of the answer.
                for _ in range(5):
                    arrived[0] += 1000
                    self.clock.advance(STALL_SECONDS)
                    self.assertFalse(transport.disconnected, more)
                channel.resumeProducing()
            self.assertEqual(parse(transport).body, b"x" * (2 * CHUNK_BYTES))
            self.clock.advance(STALL_SECONDS)
            self.assertTrue(transport.disconnecting, more)
            lose(channel)

    def test_a_reader_that_stops_after_a_while_is_cut_off_all_the_same(self):
        (self.public / "large.bin").write_bytes(b"x" * (2 * CHUNK_BYTES))
        channel, transport = connect(self.site)
        full_after_each_write(transport)
        arrived = [0]
        transport.bytes_arrived = lambda: arrived[0]
        channel.dataReceived(b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived[0] += 1000
        self.clock.advance(STALL_SECONDS)
        self.assertFalse(transport.disconnected)
        self.clock.advance(STALL_SECONDS)
        self.assertTrue(transport.disconnected)

    def test_a_large_file_goes_to_a_fast_reader_in_one_go(self):
        body = os.urandom(3 * CHUNK_BYTES)
        (self.public / "large.bin").write_bytes(body)
        self.assertEqual(ask(self.site, "/large.bin").body, body)

    def test_an_old_client_is_answered_and_let_go(self):
        reply = ask(self.site, "/healthz", version="HTTP/1.0")
        self.assertEqual((reply.status, reply.body, reply.closing), (200, b"ok\n", True))
        # It may not know of hosts.
        self.assertEqual(send(self.site, b"GET /healthz HTTP/1.0\r\n\r\n").body, b"ok\n")

    def test_its_limits_are_those_that_the_documents_name(self):
        self.assertEqual((HEADER_SECONDS, BODY_SECONDS, CLOSING_SECONDS), (10, 15, 15))


class GoneTests(SiteTestCase):
    """
    What was cut off.
    """

    def test_of_half_a_body_nothing_is_left_without_a_search_for_cycles(self):
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        gone = []
        for body in (b"Content-Length: 50\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n50\r\nhello"):
            channel, transport = connect(self.site)
            channel.dataReceived(b"POST / HTTP/1.1\r\nHost: chat.example\r\n" + body)
            gone += [weakref.ref(channel), weakref.ref(channel.requests[-1])]
            lose(channel)
            # As a socket does.
            transport.unregisterProducer()
            del channel, transport
        self.assertEqual([each() for each in gone], [None] * 4)
