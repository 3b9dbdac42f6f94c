"""
Whose request it is when a proxy stands between, and what it is told of TLS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from chatd.net.door import ChatResource
from chatd.net.forwarded import Client, Front
from chatd.net.site import make_site
from tests.net.frames import close_frame, frame, handshake
from tests.net.http_exchange import SiteTestCase, connect, parse
from tests.net.test_door import Browser, DoorCase

PROXY = IPv4Address("TCP", "10.0.0.1", 50_000)
STRANGER = IPv4Address("TCP", "192.0.2.9", 50_000)
SOCKET = UNIXAddress(b"/run/chatd")


@dataclass(slots=True)
class Transport:
    """
    Something that comes from somewhere.
    """

    peer: Any

    def getPeer(self) -> Any:
        return self.peer


@dataclass(slots=True)
class Request:
    """
    As much of a request as says whose it is.
    """

    transport: Transport
    secure: bool = False
    requestHeaders: Headers = field(default_factory=Headers)

    def isSecure(self) -> bool:
        return self.secure


def client(
    *forwarded: str,
    peer: Any = PROXY,
    proto: tuple[str, ...] = (),
    secure: bool = False,
    trusted: tuple[str, ...] = ("10.0.0.0/8",),
    hsts: bool = False,
) -> Client:
    request = Request(Transport(peer), secure)
    for name, values in (("X-Forwarded-For", forwarded), ("X-Forwarded-Proto", proto)):
        for value in values:
            request.requestHeaders.addRawHeader(name, value.encode("latin-1"))
    return Front(trusted, hsts=hsts).client(request)


class ForwardedForTests(SynchronousTestCase):
    def test_without_a_trusted_proxy_the_peer_is_the_client(self) -> None:
        self.assertEqual(client("203.0.113.7", trusted=()).host, "10.0.0.1")
        self.assertEqual(client("203.0.113.7", peer=STRANGER).host, "192.0.2.9")

    def test_a_trusted_proxy_says_who_the_client_is(self) -> None:
        self.assertEqual(client("203.0.113.7").host, "203.0.113.7")
        self.assertEqual(client().host, "10.0.0.1")

    def test_what_the_client_claims_itself_does_not_count(self) -> None:
        for claimed in ("127.0.0.1", "10.9.9.9", "junk", "", "10.9.9.9, 127.0.0.1"):
            self.assertEqual(client(f"{claimed}, 203.0.113.7").host, "203.0.113.7", claimed)
            self.assertEqual(client(claimed, "203.0.113.7").host, "203.0.113.7", claimed)

    def test_a_chain_of_trusted_proxies_is_followed(self) -> None:
        self.assertEqual(client("198.51.100.1, 203.0.113.7, 10.0.0.3,10.0.0.2").host, "203.0.113.7")

    def test_a_client_among_the_trusted_is_the_one_farthest_away(self) -> None:
        self.assertEqual(client("10.0.0.3, 10.0.0.2").host, "10.0.0.3")
        # What it claims, it cannot hide behind.
        self.assertEqual(client("junk, 10.0.0.3, 10.0.0.2").host, "10.0.0.3")

    def test_what_is_no_address_leaves_the_peer_as_the_client(self) -> None:
        for bad in (
            "unknown",
            "",
            ",",
            "203.0.113.7,",
            "203.0.113",
            "203.0.113.7:x",
            "[::1",
            "1.2.3.4.5",
            "a" * 9000,
        ):
            self.assertEqual(client(bad).host, "10.0.0.1", bad)

    def test_addresses_may_come_with_a_port_or_in_brackets(self) -> None:
        for said, host in (
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:DB8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8:0::1", "2001:db8::1"),
        ):
            self.assertEqual(client(said).host, host)

    def test_a_mapped_address_is_ipv4_on_either_side(self) -> None:
        mapped = IPv6Address("TCP", "::ffff:10.0.0.1", 1)
        self.assertEqual(client("::ffff:203.0.113.7", peer=mapped).host, "203.0.113.7")
        self.assertEqual(client(peer=mapped, trusted=()).host, "10.0.0.1")

    def test_a_unix_socket_is_trusted_if_that_is_said(self) -> None:
        self.assertEqual(client("203.0.113.7", peer=SOCKET, trusted=("unix",)).host, "203.0.113.7")
        local = client("203.0.113.7", peer=SOCKET, trusted=("0.0.0.0/1", "::/1"))
        self.assertEqual((local.host, local.name, local.address), ("", "a local client", None))

    def test_one_value_is_what_is_limited_and_what_is_logged(self) -> None:
        one = client("2001:db8::7")
        self.assertEqual((one.name, one.address), ("2001:db8::7", "2001:db8::/64"))

    @given(st.lists(st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0")), max_size=4))
    def test_any_header_gives_an_address(self, values: list[str]) -> None:
        self.assertTrue(client(*values).host)
        self.assertEqual(client(*values, "203.0.113.7").host, "203.0.113.7")


class ForwardedProtoTests(SynchronousTestCase):
    def test_a_trusted_proxy_says_whether_the_client_speaks_tls(self) -> None:
        for said, secure in (("https", True), ("HTTPS", True), ("wss", True), ("http", False), ("ws", False)):
            self.assertEqual(client(proto=(said,)).secure, secure)
            self.assertEqual(client(proto=(said,), secure=not secure).secure, secure)
            self.assertEqual(client(proto=(said,), secure=not secure, peer=STRANGER).secure, not secure)

    def test_what_says_two_things_or_nonsense_does_not_count(self) -> None:
        for said in (("https", "http"), ("http, https",), ("gopher",), ("",), ()):
            self.assertEqual(
                [client(proto=said, secure=secure).secure for secure in (True, False)], [True, False]
            )
        self.assertTrue(client(proto=("https, https",)).secure)


class DoorTests(DoorCase):
    """
    The WebSocket behind a Site, reached through a proxy.
    """

    def behind_a_proxy(self, **options: Any) -> None:
        front = Front(("10.0.0.0/8", "unix"), hsts=True)
        self.open(front=front, **options)
        self.site = make_site(
            Path(), ChatResource(self.factory), lambda: None, self.clock, self.factory.admission, front
        )

    def ask(self, peer: Any = PROXY, **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        # In a turn of its own: who comes among many waits.
        self.clock.advance(0)
        return super().ask(peer, **headers)

    def test_clients_of_a_proxy_are_counted_each_by_their_own_address(self) -> None:
        self.behind_a_proxy(max_connections_per_address=2)
        for peer in (PROXY, SOCKET):
            for last in range(5, 8):
                asked = [
                    self.ask(peer, X_Forwarded_For=f"198.51.100.{last}, 203.0.113.{last}")[0]
                    for _ in range(2)
                ]
                self.assertEqual(asked, [101, 101] if peer is PROXY else [503, 503])
        self.assertEqual(
            [self.ask(STRANGER, X_Forwarded_For="203.0.113.9")[0] for _ in range(3)], [101, 101, 503]
        )

    def test_a_proxy_itself_may_have_any_number_of_connections(self) -> None:
        self.behind_a_proxy(max_connections_per_address=1)
        browsers = [Browser(self.site, PROXY) for _ in range(5)]
        self.assertFalse(any(browser.transport.disconnecting for browser in browsers))
        for last, browser in enumerate(browsers):
            browser.send(handshake(X_Forwarded_For=f"203.0.113.{last}"))
            self.assertEqual(browser.answer()[0], 101)
        for browser in browsers:
            browser.vanish()
        self.assertEqual(dict(self.factory.admission._by_address), {})

    def test_the_connection_goes_by_its_clients_name(self) -> None:
        self.behind_a_proxy()
        browser = Browser(self.site, PROXY)
        browser.send(handshake(X_Forwarded_For="203.0.113.7"))
        [connection] = self.factory.connections
        self.assertEqual((connection.peer, connection.address), ("203.0.113.7", "203.0.113.7"))
        self.assertIsNone(connection.client)
        session = connection.session
        assert session is not None
        self.assertEqual(session.address, "203.0.113.7")

    def test_without_a_trusted_proxy_nobody_passes_for_another(self) -> None:
        self.open()
        browser = Browser(self.site, PROXY)
        browser.send(handshake(X_Forwarded_For="203.0.113.7", X_Forwarded_Proto="https"))
        [connection] = self.factory.connections
        self.assertEqual((connection.peer, connection.address), ("10.0.0.1", "10.0.0.1"))

    def test_a_host_without_a_port_is_that_of_the_clients_scheme(self) -> None:
        self.behind_a_proxy()
        for proto, origin, status in (
            ("https", "https://chat.example", 101),
            ("https", "http://chat.example", 403),
            ("http", "http://chat.example", 101),
        ):
            asked = self.ask(PROXY, X_Forwarded_Proto=proto, Origin=origin, Host="chat.example")
            self.assertEqual(asked[0], status, (proto, origin))

    def test_the_handshake_bears_the_promise_of_tls(self) -> None:
        self.behind_a_proxy()
        for proto, promise in (("https", "max-age=31536000"), ("http", None)):
            for headers, status in (({}, 101), ({"Upgrade": None}, 426), ({"Origin": "null"}, 403)):
                asked = self.ask(PROXY, X_Forwarded_Proto=proto, **headers)
                self.assertEqual((asked[0], asked[1].get("strict-transport-security")), (status, promise))

    def test_a_client_of_a_proxy_can_talk(self) -> None:
        self.behind_a_proxy()
        browser = Browser(self.site, SOCKET)
        browser.send(handshake(Sec_WebSocket_Protocol="chatd.v1", X_Forwarded_For="2001:db8::1"))
        browser.answer()
        browser.send(frame(b'{"type":"hello","name":"ada"}') + close_frame())
        self.assertIn(b"welcome", browser.got()[0].payload)


class PageTests(SiteTestCase):
    """
    The promise of TLS on what is no WebSocket.
    """

    def promise(self, request: bytes, peer: Any = PROXY) -> tuple[int, str | None]:
        channel, transport = connect(self.site, peer)
        channel.dataReceived(request)
        self.site.turns.reactor.turn()
        reply = parse(transport)
        return reply.status, reply.headers.get("strict-transport-security")

    def test_only_answers_over_tls_bear_it(self) -> None:
        self.site.front = Front(["10.0.0.1/32"], hsts=True)
        over_tls = b"GET %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n"
        for path, status in ((b"/", 200), (b"/nothing", 404), (b"/healthz", 200)):
            self.assertEqual(self.promise(over_tls % path), (status, "max-age=31536000"))
            self.assertEqual(self.promise(over_tls % path, STRANGER), (status, None))
        self.assertEqual(self.promise(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (200, None))
        self.assertEqual(self.promise(b"nonsense\r\n\r\n"), (400, None))

    def test_unless_it_was_asked_for_none_does(self) -> None:
        self.site.front = Front(["10.0.0.1/32"])
        over_tls = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n"
        self.assertEqual(self.promise(over_tls), (200, None))

    def test_over_our_own_tls_a_refusal_bears_it_too(self) -> None:
        self.site.front = Front(hsts=True)
        for request in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            channel, transport = connect(self.site)
            channel.isSecure = lambda: True
            channel.dataReceived(request)
            self.site.turns.reactor.turn()
            self.assertEqual(parse(transport).headers.get("strict-transport-security"), "max-age=31536000")
