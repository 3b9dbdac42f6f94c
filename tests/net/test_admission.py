"""
Who is counted from when to when, and for whom there is no room.
"""

from __future__ import annotations

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.net.admission import MOST_TOLD, TOLD_SECONDS, Admission
from tests.net.http_exchange import SiteTestCase, connect, parse

ADA = IPv4Address("TCP", "192.0.2.1", 1)
BOB = IPv4Address("TCP", "192.0.2.2", 1)


class AdmissionTests(SynchronousTestCase):
    """
    The figures alone.
    """

    def test_there_is_room_for_as_many_as_were_allowed(self) -> None:
        admission = Admission(most=3)
        self.assertEqual([admission.enter(None) for _ in range(4)], [True, True, True, False])
        admission.leave(None)
        self.assertTrue(admission.enter("a"))

    def test_an_address_has_a_share_of_its_own(self) -> None:
        admission = Admission(most_of_address=2)
        self.assertEqual([admission.enter("a") for _ in range(3)], [True, True, False])
        self.assertTrue(admission.enter("b"))
        # Whoever was too much takes no room.
        admission.leave("a")
        self.assertEqual([admission.enter("a") for _ in range(2)], [True, False])
        self.assertEqual([admission.enter(None) for _ in range(5)], [True] * 5)

    def test_a_limit_of_nothing_is_no_limit(self) -> None:
        admission = Admission()
        self.assertTrue(all(admission.enter("a") for _ in range(1000)))

    def test_descriptors_are_a_limit_whatever_the_operator_allows(self) -> None:
        admission = Admission(descriptors=5)
        self.assertEqual([admission.enter(None) for _ in range(6)], [True] * 5 + [False])
        self.assertTrue(admission.tells(None))
        for _ in range(20):
            admission.enter(None)
        self.assertFalse(admission.tells(None))

    def test_those_who_were_refused_take_no_room_from_others(self) -> None:
        admission = Admission(most=10, most_of_address=2)
        self.assertEqual(sum(admission.enter("a") for _ in range(100)), 2)
        self.assertEqual((admission.count, admission.refused, admission.came), (2, 98, 100))
        self.assertEqual(sum(admission.enter(None) for _ in range(100)), 8)
        for _ in range(98):
            admission.leave("a", refused=True)
        self.assertFalse(admission.enter("b"))
        admission.leave("a")
        self.assertTrue(admission.enter("b"))

    def test_of_an_address_a_few_who_were_refused_are_told_so_and_of_all_some_hundreds(self) -> None:
        admission = Admission(most_of_address=1)

        def told(address: str) -> bool:
            return not admission.enter(address) and admission.tells(address)

        self.assertEqual(sum(told("a") for _ in range(100)), 16)
        self.assertEqual(sum(told("b") for _ in range(100)), 16)
        for _ in range(99):
            admission.leave("a", refused=True)
        self.assertTrue(told("a"))
        admission = Admission(most_of_address=1)
        self.assertEqual(sum(told(str(number % 400)) for number in range(1200)), MOST_TOLD)

    def test_one_whose_address_comes_out_later_is_counted_there(self) -> None:
        admission = Admission(most_of_address=1)
        for _ in range(3):
            admission.enter(None)
        self.assertEqual([admission.move(None, "a") for _ in range(2)], [True, False])
        self.assertEqual((admission.count, admission.came), (3, 3))
        # One for whom there was no room there is still counted where it was.
        admission.leave("a")
        self.assertTrue(admission.move(None, "a"))
        admission.leave("a")
        admission.leave(None)
        self.assertEqual((admission.count, dict(admission._by_address)), (0, {}))

    def test_nothing_is_remembered_of_those_who_have_left(self) -> None:
        admission = Admission(most_of_address=1)
        for number in range(100):
            admission.enter(str(number))
            self.assertFalse(admission.enter(str(number)))
            admission.leave(str(number))
            admission.leave(str(number), refused=True)
        self.assertEqual((admission.count, dict(admission._by_address)), (0, {}))
        self.assertEqual((admission.refused, dict(admission._refused_of)), (0, {}))


class AcceptedTests(SiteTestCase):
    """
    Connections of a Site that have not said anything yet.
    """

    def test_one_that_is_too_much_is_told_so_before_it_asks(self) -> None:
        self.site.admission.most_of_address = 2
        first = [connect(self.site, ADA) for _ in range(2)]
        _, transport = connect(self.site, ADA)
        answer = parse(transport)
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "10"))
        self.assertTrue(transport.disconnecting)
        channel, transport = connect(self.site, BOB)
        channel.dataReceived(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(parse(transport).status, 200)
        first[0][0].connectionLost(Failure(ConnectionDone()))
        # The one that was told so is still there, and takes no room.
        self.assertFalse(connect(self.site, ADA)[1].disconnecting)

    def test_whoever_was_told_so_and_does_not_go_is_cut_off(self) -> None:
        self.site.admission.most_of_address = 1
        connect(self.site, ADA)
        channel, transport = connect(self.site, ADA)
        self.clock.advance(TOLD_SECONDS - 0.1)
        self.assertFalse(transport.disconnected)
        self.clock.advance(0.1)
        self.assertTrue(transport.disconnected)
        channel.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((self.site.admission.count, self.site.admission.refused), (1, 0))

    def test_one_address_shuts_nobody_else_out(self) -> None:
        self.site.admission.most_of_address, self.site.admission.most = 2, 10
        crowd = [connect(self.site, ADA)[1] for _ in range(50)]
        self.assertEqual(len([each for each in crowd if b" 503 " in each.value()]), 16)
        self.assertEqual(len([each for each in crowd if each.disconnected]), 32)
        self.assertFalse(connect(self.site, BOB)[1].disconnecting)

    def test_a_local_client_is_not_counted_by_address(self) -> None:
        self.site.admission.most_of_address = 1
        for peer in (IPv4Address("TCP", "127.0.0.1", 1), UNIXAddress(b"/run/chatd")):
            for _ in range(3):
                self.assertFalse(connect(self.site, peer)[1].disconnecting)

    def test_when_descriptors_run_out_nothing_is_said(self) -> None:
        self.site.admission.descriptors = 1
        transports = [connect(self.site, ADA)[1] for _ in range(40)]
        self.assertEqual(transports[0].value(), b"")
        self.assertIn(b"503", transports[5].value())
        self.assertEqual((transports[-1].value(), transports[-1].disconnected), (b"", True))
