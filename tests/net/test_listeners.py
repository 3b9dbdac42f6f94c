"""
Where a server listens, and how it says so.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.internet import reactor, tcp
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from chatd.net.delivery import Delivery
from chatd.net.listeners import ACCEPTS_A_TURN, CannotListen, Listeners
from chatd.net.turns import Turns


class Port:
    """
    A listening port that notes whether it takes connections.
    """

    def __init__(self, address: Any) -> None:
        self.address = address
        self.reading = True

    def getHost(self) -> Any:
        return self.address

    def stopReading(self) -> None:
        self.reading = False

    def startReading(self) -> None:
        self.reading = True

    def stopListening(self) -> None:
        self.reading = False


class Endpoint:
    """
    An endpoint whose port comes when the test wants it to.
    """

    def __init__(self) -> None:
        self.listening: Deferred[Any] = Deferred()

    def listen(self, factory: Any) -> Deferred[Any]:
        return self.listening


class LateListeners(Listeners):
    """
    Listeners of which all that is wanted is one endpoint.
    """

    endpoint: Any

    def _wanted(self) -> Any:
        return [("tcp:8000", "http", self.endpoint, self.factory)]


def listeners(kind: type[Listeners] = Listeners, **options: Any) -> Any:
    """
    Listeners on a reactor in memory.
    """
    given = {
        "port": None,
        "interface": None,
        "tls_port": None,
        "listen": (),
        "delivery": Delivery(),
        "arrivals": Turns(Clock(), 16),
        **options,
    }
    return kind(MemoryReactorClock(), Factory(), None, **given)


class ListenersTests(SynchronousTestCase):
    def late(self) -> tuple[Any, Endpoint]:
        late = listeners(LateListeners)
        late.endpoint = Endpoint()
        return late, late.endpoint

    def test_a_port_accepts_a_few_in_one_turn_however_many_there_are(self) -> None:
        accepted = []

        class CountingPort(tcp.Port):
            def doRead(self) -> None:
                accepted.append(self.numberAccepts)

        late, endpoint = self.late()
        late.bind()
        port = CountingPort(0, Factory(), reactor=cast(Any, reactor))
        port.socket = port.createInternetSocket()
        self.addCleanup(port.socket.close)
        endpoint.listening.callback(port)
        for port.numberAccepts in (1, 1000):
            port.doRead()
        self.assertEqual(accepted, [1, ACCEPTS_A_TURN])

    def test_a_number_is_bound_on_every_address(self) -> None:
        some = listeners(port="8000")
        some.bind()
        [(port, _, backlog, interface)] = some.reactor.tcpServers
        self.assertEqual(port, 8000)
        self.assertIn(interface, ("::", ""))
        self.assertGreaterEqual(backlog, 4096)

    def test_a_number_is_bound_to_the_interface(self) -> None:
        for interface in ("127.0.0.1", "::1"):
            some = listeners(port="8000", interface=interface)
            some.bind()
            self.assertEqual(some.reactor.tcpServers[0][3], interface)

    def test_a_description_and_further_listeners_are_endpoints(self) -> None:
        some = listeners(port="tcp:81:interface=127.0.0.2", listen=("tcp:82", "unix:/run/chat.sock"))
        some.bind()
        self.assertEqual([server[0] for server in some.reactor.tcpServers], [81, 82])
        self.assertEqual(some.reactor.unixServers[0][0], "/run/chat.sock")

    def test_nobody_is_let_in_before_it_is_said(self) -> None:
        late, endpoint = self.late()
        late.bind()
        port = Port(IPv4Address("TCP", "127.0.0.1", 8000))
        endpoint.listening.callback(port)
        self.assertFalse(port.reading)
        late.accept()
        self.assertTrue(port.reading)

    def test_a_port_that_comes_later_lets_people_in_at_once(self) -> None:
        late, endpoint = self.late()
        late.bind()
        late.accept()
        port = Port(IPv4Address("TCP", "127.0.0.1", 8000))
        endpoint.listening.callback(port)
        self.assertTrue(port.reading)

    def test_what_cannot_be_bound_is_raised(self) -> None:
        late, endpoint = self.late()
        endpoint.listening.errback(CannotListenError("any", 8000, OSError(98, "in use")))
        with self.assertRaises(CannotListen) as caught:
            late.bind()
        self.assertEqual(str(caught.exception), "cannot listen on tcp:8000: in use")

    def test_what_cannot_be_bound_later_is_told_later(self) -> None:
        late, endpoint = self.late()
        [binding] = late.bind()
        endpoint.listening.errback(CannotListenError("any", 8000, OSError(98, "in use")))
        self.failureResultOf(binding, CannotListen)

    def test_its_urls_are_those_that_a_person_can_open(self) -> None:
        addresses = {
            IPv4Address("TCP", "127.0.0.1", 8000): ["http://127.0.0.1:8000/"],
            IPv6Address("TCP", "::1", 8000): ["http://[::1]:8000/"],
            UNIXAddress("/run/chat.sock"): ["unix:/run/chat.sock"],
        }
        for address, urls in addresses.items():
            late, endpoint = self.late()
            late.bind()
            endpoint.listening.callback(Port(address))
            self.assertEqual(late.urls(), urls)

    def test_on_every_address_it_is_reached_from_here_and_from_the_lan(self) -> None:
        late, endpoint = self.late()
        late.bind()
        endpoint.listening.callback(Port(IPv6Address("TCP", "::", 8000)))
        urls = late.urls()
        self.assertEqual(urls[0], "http://localhost:8000/")
        self.assertLessEqual(len(urls), 2)

    def test_what_is_open_to_other_machines_is_told(self) -> None:
        for address, exposed in (
            (IPv4Address("TCP", "127.0.0.1", 8000), []),
            (IPv6Address("TCP", "::1", 8000), []),
            (UNIXAddress("/run/chat.sock"), []),
            (IPv4Address("TCP", "192.0.2.1", 8000), ["192.0.2.1:8000"]),
            (IPv4Address("TCP", "0.0.0.0", 8000), ["0.0.0.0:8000"]),
            (IPv6Address("TCP", "::", 8000), ["[::]:8000"]),
            (IPv6Address("TCP", "fe80::1%eth0", 8000), ["[fe80::1%eth0]:8000"]),
        ):
            late, endpoint = self.late()
            late.bind()
            endpoint.listening.callback(Port(address))
            self.assertEqual(late.exposed(), exposed, address)

    def test_when_it_is_closed_it_has_no_ports(self) -> None:
        late, endpoint = self.late()
        late.bind()
        port = Port(IPv4Address("TCP", "127.0.0.1", 8000))
        endpoint.listening.callback(port)
        late.accept()
        self.successResultOf(Deferred.fromCoroutine(late.close()))
        self.assertFalse(port.reading)
        self.assertEqual(late.urls(), [])
