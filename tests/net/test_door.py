"""
Who may open a WebSocket behind the Site, what the others are told, and a whole conversation through it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from chatd.core.events import Change
from chatd.core.hub import Hub
from chatd.core.settings import Settings
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from chatd.net.admission import address_key
from chatd.net.delivery import Delivery
from chatd.net.door import ChatResource, Denied, OriginRule, parse_origin
from chatd.net.gate import Gate
from chatd.net.site import make_site
from chatd.net.turns import PATIENT_CALLS, Turns
from chatd.net.websocket import ChatFactory, FramedWire, spawn
from chatd.store.memory import MemoryStore
from tests.net.frames import Sent, close_frame, frame, handshake, parse

ADA = IPv4Address("TCP", "192.0.2.1", 40000)
BOB = IPv4Address("TCP", "192.0.2.2", 40000)


class Page(Resource):
    """
    Something else than the WebSocket.
    """

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        return b"page"


class Browser:
    """
    One connection to a Site.
    """

    def __init__(self, site: Site, peer: Any = ADA) -> None:
        self.channel: Any = site.buildProtocol(cast(IAddress, peer))
        self.transport = StringTransport(peerAddress=peer)
        self.transport.protocol = self.channel  # type: ignore[attr-defined]
        self.channel.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        cast(Any, self.transport).protocol.dataReceived(data)

    def vanish(self) -> None:
        cast(Any, self.transport).protocol.connectionLost(Failure(ConnectionDone()))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """
        Status, headers (names in lower case) and body of what came, which is taken away.
        """
        head, _, body = self.transport.value().partition(b"\r\n\r\n")
        self.transport.clear()
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(status.split()[1]), headers, body

    def got(self) -> list[Sent]:
        sent = parse(self.transport.value())
        self.transport.clear()
        return sent


class DoorCase(SynchronousTestCase):
    """
    A Site with the WebSocket at `/ws`, over a real hub with a store in memory.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        store = MemoryStore(lambda: 1_700_000_000_000, os.urandom)
        turns = Turns(self.clock, PATIENT_CALLS)
        self.hub = Hub(
            store=store,
            delivery=Delivery(),
            turns=turns,
            gate=Gate(turns),
            settings=Settings("chatd/test"),
            wall_ms=lambda: 1_700_000_000_000,
            random=os.urandom,
            spawn=spawn,
            report=lambda error: None,
        )
        self.successResultOf(spawned(store.start()))
        self.successResultOf(spawned(self.hub.open()))
        self.open()

    def open(self, *, tutorial: bool = True, **options: Any) -> None:
        dialects: list[Any] = [V1Dialect(), *([TutorialDialect()] if tutorial else [])]
        self.factory = ChatFactory(
            self.hub,
            {dialect.subprotocol: FramedWire(dialect) for dialect in dialects},
            reactor=self.clock,
            **options,
        )
        root = Resource()
        root.putChild(b"ws", ChatResource(self.factory))
        root.putChild(b"page", Page())
        self.site = Site(root, reactor=self.clock)

    def ask(self, peer: Any = ADA, **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        browser = Browser(self.site, peer)
        browser.send(handshake(**headers))
        return browser.answer()


def spawned(awaitable: Any) -> Any:
    async def wait() -> Any:
        return await awaitable

    return Deferred.fromCoroutine(wait())


class RefusalTests(DoorCase):
    """
    Requests that do not become a WebSocket.
    """

    def test_a_request_without_an_upgrade_is_told_what_this_is(self) -> None:
        for headers in ({"Upgrade": None}, {"Upgrade": "h2c"}):
            status, answer, body = self.ask(**cast(Any, headers))
            self.assertEqual((status, answer["upgrade"], body), (426, "websocket", b"This is a WebSocket.\n"))

    def test_other_methods_are_told_which_one_to_use(self) -> None:
        browser = Browser(self.site)
        browser.send(handshake().replace(b"GET", b"POST", 1))
        status, answer, _ = browser.answer()
        self.assertEqual((status, answer["allow"]), (405, "GET"))
        browser = Browser(self.site)
        browser.send(handshake().replace(b"GET", b"HEAD", 1))
        self.assertEqual(browser.answer()[::2], (426, b""))

    def test_another_version_is_told_ours(self) -> None:
        status, answer, _ = self.ask(Sec_WebSocket_Version="8")
        self.assertEqual((status, answer["sec-websocket-version"]), (426, "13"))

    def test_a_bad_handshake_is_400(self) -> None:
        bad: list[dict[str, str | None]] = [
            {"Sec_WebSocket_Version": None},
            {"Sec_WebSocket_Key": None},
            {"Sec_WebSocket_Key": "short"},
            {"Sec_WebSocket_Key": "!" * 24},
            {"Sec_WebSocket_Key": "x" * 24},
            {"Connection": "keep-alive"},
            {"Content_Length": "0\r\nHost: other"},
        ]
        for headers in bad:
            self.assertEqual(self.ask(**headers)[0], 400, headers)
        browser = Browser(self.site)
        browser.send(handshake(Content_Length="4") + b"body")
        self.assertEqual(browser.answer()[0], 400)
        browser = Browser(self.site)
        browser.send(handshake(Transfer_Encoding="chunked") + b"0\r\n\r\n" + frame(b"", 9))
        self.assertEqual(browser.answer()[0], 400)

    def test_headers_of_any_case_and_in_lists_are_understood(self) -> None:
        status, _, _ = self.ask(Upgrade="h2c, WebSocket", Connection="keep-alive, Upgrade")
        self.assertEqual(status, 101)

    def test_the_status_line_has_the_words_of_its_code(self) -> None:
        browser = Browser(self.site)
        browser.send(handshake(Upgrade=None))
        self.assertTrue(browser.transport.value().startswith(b"HTTP/1.1 426 Upgrade Required\r\n"))

    def test_a_refused_connection_can_still_ask_for_something_else(self) -> None:
        browser = Browser(self.site)
        browser.send(handshake(Sec_WebSocket_Key=None))
        self.assertEqual(browser.answer()[0], 400)
        browser.send(handshake())
        self.assertEqual(browser.answer()[0], 101)

    def test_unknown_subprotocols_are_told_the_known(self) -> None:
        status, _, body = self.ask(Sec_WebSocket_Protocol="mqtt, soap")
        self.assertEqual(status, 400)
        self.assertIn(b"chatd.v1", body)
        self.assertEqual(self.ask(Sec_WebSocket_Protocol="mqtt, chatd.v1")[0], 101)

    def test_with_the_tutorial_off_no_subprotocol_is_told_so(self) -> None:
        self.open(tutorial=False)
        status, _, body = self.ask()
        self.assertEqual(status, 400)
        self.assertIn(b"--tutorial off", body)
        self.assertEqual(self.ask(Sec_WebSocket_Protocol="chatd.v1")[0], 101)

    def test_the_origin_of_another_host_is_told_the_option_that_lets_it_in(self) -> None:
        status, answer, body = self.ask(Origin="https://evil.example")
        self.assertEqual((status, answer["content-type"]), (403, "text/plain; charset=utf-8"))
        self.assertIn(b"--origin https://evil.example\n", body)
        self.assertEqual(self.ask(Origin="null")[0], 403)
        self.assertEqual(self.ask(Origin="http://chat.example:8000")[0], 101)
        self.assertEqual(self.ask(Origin=None)[0], 101)
        self.assertEqual(self.ask(Origin="http://chat.example:8000\r\nOrigin: null")[0], 400)

    def test_a_listed_origin_is_let_in(self) -> None:
        self.open(origins=["https://friend.example"])
        self.assertEqual(self.ask(Origin="https://friend.example")[0], 101)
        self.assertEqual(self.ask(Origin="http://friend.example")[0], 403)

    def test_no_more_come_in_than_there_is_room_for(self) -> None:
        self.open(max_connections=2)
        first = Browser(self.site)
        first.send(handshake())
        self.assertEqual(self.ask(BOB)[0], 101)
        status, answer, _ = self.ask(BOB)
        self.assertEqual((status, answer["retry-after"]), (503, "10"))
        first.vanish()
        self.assertEqual(self.ask(BOB)[0], 101)

    def test_one_address_cannot_take_all_the_room(self) -> None:
        self.open(max_connections_per_address=2)
        self.assertEqual([self.ask(ADA)[0] for _ in range(3)], [101, 101, 503])
        self.assertEqual(self.ask(BOB)[0], 101)
        inside = [IPv6Address("TCP", f"2001:db8::{n}", 1) for n in range(3)]
        self.assertEqual([self.ask(peer)[0] for peer in inside], [101, 101, 503])
        self.assertEqual(self.ask(IPv6Address("TCP", "2001:db8:0:1::1", 1))[0], 101)
        for peer in (IPv4Address("TCP", "127.0.0.1", 1), UNIXAddress(b"/run/chatd")):
            self.assertEqual([self.ask(peer)[0] for _ in range(3)], [101, 101, 101])

    def test_nobody_comes_in_during_a_shutdown(self) -> None:
        self.factory.shutdown(0.0)
        self.assertEqual(self.ask()[0], 503)


class WelcomeTests(DoorCase):
    """
    Whom the server does not want, seen before a handshake.
    """

    def decide(self, *changes: Change) -> None:
        """Have something be so."""
        self.hub.rights.apply(changes)

    def test_a_banned_address_is_refused_before_a_handshake(self) -> None:
        self.decide(Change("", "=192.0.2.1", "banned", 0))
        for subprotocol in ("chatd.v1", None):
            status, _, body = self.ask(Sec_WebSocket_Protocol=subprotocol)
            self.assertEqual((status, b"banned" in body), (403, True))
            self.assertEqual(self.ask(BOB, Sec_WebSocket_Protocol=subprotocol)[0], 101)

    def test_the_tutorials_wire_is_refused_where_the_lobby_is_not_for_it(self) -> None:
        for change in (
            Change("lobby", "", "guests", 1),
            Change("lobby", "=192.0.2.1", "banned", 0),
            Change("", "", "locked", 1),
        ):
            self.decide(change)
            self.assertEqual(self.ask()[0], 403)
            self.assertEqual(self.ask(Sec_WebSocket_Protocol="chatd.v1")[0], 101)
            self.decide(Change(change.room, change.subject, change.field, None))
            self.assertEqual(self.ask()[0], 101)


class ConversationTests(DoorCase):
    """
    From the Site's connection to a client's.
    """

    def test_what_comes_with_the_handshake_is_heard(self) -> None:
        browser = Browser(self.site)
        said = json.dumps({"email": "", "username": "ada", "message": "hi"}).encode()
        browser.send(handshake() + frame(said) + frame(b"", 9)[:3])
        browser.send(frame(b"", 9)[3:])
        status, answer, rest = browser.answer()
        self.assertEqual((status, answer["server"]), (101, "chatd"))
        self.assertEqual(parse(rest)[-1], Sent(10, b""))
        self.assertIn(Sent(1, b'{"email":"","username":"ada","message":"hi"}'), parse(rest))

    def test_the_websocket_may_come_behind_many_requests(self) -> None:
        self.site = make_site(Path(), ChatResource(self.factory), lambda: None, self.clock)
        texts = [letter * 3000 for letter in "abc"]
        said = b"".join(frame(json.dumps({"message": text}).encode()) for text in texts)
        browser = Browser(self.site)
        browser.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + handshake() + said)
        self.clock.advance(0)
        pages, _, answer = browser.transport.value().partition(b"HTTP/1.1 101 ")
        self.assertEqual(pages.count(b"HTTP/1.1 200 OK"), 50)
        heard = parse(answer.partition(b"\r\n\r\n")[2])
        self.assertEqual([json.loads(sent.payload)["message"] for sent in heard], texts)
        browser.vanish()
        self.assertEqual((self.clock.getDelayedCalls(), self.factory.connections), ([], set()))

    def test_a_handshake_may_name_the_host_in_its_first_line(self) -> None:
        self.site = make_site(Path(), ChatResource(self.factory), lambda: None, self.clock)
        for origin, status in (("http://other.example", 101), ("http://chat.example:8000", 403)):
            browser = Browser(self.site)
            request = handshake(Origin=origin).replace(b"GET /ws", b"GET http://other.example/ws")
            browser.send(request)
            self.assertEqual(browser.answer()[0], status, origin)

    def test_a_page_and_then_the_websocket_may_come_over_one_connection(self) -> None:
        browser = Browser(self.site)
        browser.send(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n" + handshake() + frame(b"", 9))
        self.assertTrue(browser.transport.value().endswith(b"\r\n\r\n\x8a\x00"))
        self.assertIn(b"HTTP/1.1 101 ", browser.transport.value())

    def test_the_http_channel_lets_go_of_a_connection_that_was_upgraded(self) -> None:
        browser = Browser(self.site)
        browser.send(handshake())
        channel = browser.channel._channel
        self.assertEqual((channel.requests, channel.transport), ([], None))
        self.assertIsNot(browser.transport.producer, channel)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_people_on_both_wires_hear_each_other(self) -> None:
        ada = Browser(self.site, ADA)
        ada.send(handshake(Sec_WebSocket_Protocol="chatd.v1"))
        ada.answer()
        ada.send(frame(b'{"type":"hello","name":"ada"}') + frame(b'{"type":"join","room":"lobby"}'))
        self.assertEqual(
            [json.loads(sent.payload)["type"] for sent in ada.got()], ["welcome", "joined", "live"]
        )
        bob = Browser(self.site, BOB)
        bob.send(handshake())
        bob.answer()
        bob.send(frame(b'{"email":"b@example.org","username":"bob","message":"hello"}'))
        [heard] = ada.got()
        message = json.loads(heard.payload)
        self.assertEqual((message["text"], message["from"]["name"]), ("hello", "bob"))
        self.assertNotIn(b"example.org", heard.payload)
        ada.send(frame(b'{"type":"say","room":"lobby","text":"hi bob"}'))
        self.assertEqual([json.loads(s.payload)["type"] for s in ada.got()], ["message", "done"])
        self.assertEqual(
            [json.loads(sent.payload)["message"] for sent in bob.got()],
            ["hello", "hi bob"],
        )
        ada.send(close_frame())
        self.assertEqual([sent.opcode for sent in ada.got()], [8])


class OriginTests(SynchronousTestCase):
    """
    What counts as the same host.
    """

    def allowed(self, origin: str, host: str, secure: bool = False, listed: tuple[str, ...] = ()) -> bool:
        try:
            OriginRule(listed).check(origin, host, secure=secure)
        except Denied:
            return False
        return True

    def test_the_same_host_and_port_is_let_in(self) -> None:
        for origin, host in [
            ("http://chat.example:8000", "chat.example:8000"),
            ("HTTP://Chat.Example:8000", "CHAT.example:8000"),
            ("http://chat.example", "chat.example"),
            ("http://chat.example", "chat.example:80"),
            ("https://chat.example", "chat.example:443"),
            ("https://chat.example:443", "chat.example"),
            ("https://chat.example", "chat.example"),
            ("http://[::1]:8000", "[::1]:8000"),
            ("http://[::1]", "[::1]"),
            ("http://[::1]", "[0:0::1]:80"),
            ("http://chat.example", "chat.example:"),
        ]:
            self.assertTrue(self.allowed(origin, host), (origin, host))

    def test_anything_else_is_not(self) -> None:
        for origin, host in [
            ("http://chat.example:8000", "chat.example"),
            ("http://chat.example", "chat.example:8000"),
            ("https://chat.example", "chat.example:80"),
            ("http://evil.example", "chat.example"),
            ("http://chat.example.evil.example", "chat.example"),
            ("http://chat.example@evil.example", "chat.example"),
            ("null", "chat.example"),
            ("null", "null"),
            ("", ""),
            ("chat.example", "chat.example"),
            ("file://chat.example", "chat.example"),
            ("ftp://chat.example", "chat.example"),
            ("http://chat.example:99999", "chat.example"),
            ("http://chat.example/path", "chat.example"),
            ("http://[::1", "[::1"),
            ("http://chat.example?", "chat.example"),
            ("http://chat.example#", "chat.example"),
            ("http://chat.example?x", "chat.example?x"),
            ("http://chat\t.example", "chat.example"),
            ("http://chat.example\t", "chat.example"),
            ("http://chat.example:080", "chat.example"),
            ("http://chat.example:080", "chat.example:080"),
            ("http://chat.example//", "chat.example"),
            ("http://[::1::]", "[::1::]"),
            ("http://[zz]", "[zz]"),
            ("http://b\u00fccher.example", "b\u00fccher.example"),
            ("http://chat.example;reboot", "chat.example;reboot"),
            ("http://chat.example", "chat.example/x"),
            ("http://chat.example", "user@chat.example"),
        ]:
            self.assertFalse(self.allowed(origin, host), (origin, host))

    def test_over_tls_a_host_without_a_port_is_that_of_https(self) -> None:
        self.assertTrue(self.allowed("https://chat.example", "chat.example", secure=True))
        self.assertFalse(self.allowed("http://chat.example", "chat.example", secure=True))

    def test_a_listed_origin_is_compared_by_scheme_host_and_port(self) -> None:
        listed = ("https://friend.example", "app://page")
        self.assertTrue(self.allowed("https://Friend.example:443", "chat.example", listed=listed))
        self.assertTrue(self.allowed("app://page", "chat.example", listed=listed))
        self.assertFalse(self.allowed("https://friend.example:8443", "chat.example", listed=listed))
        self.assertRaises(ValueError, OriginRule, ["null"])

    def test_the_option_is_named_for_pages_of_the_web_alone(self) -> None:
        for origin, named in [
            ("https://Friend.example", "--origin https://friend.example"),
            ("http://friend.example:81", "--origin http://friend.example:81"),
            ("http://[::1]:81", "--origin http://[::1]:81"),
            ("ftp://friend.example", None),
            ("app://page", None),
            ("http://evil\x7f\xe9[31m.example:81", None),
            ("http://evil.example;reboot", None),
            ("null", None),
        ]:
            with self.assertRaises(Denied) as caught:
                OriginRule(()).check(origin, "chat.example", secure=False)
            text = caught.exception.text
            self.assertTrue(text.isascii() and text.isprintable())
            self.assertEqual(text.partition("start chatd with ")[2], named or "", origin)
            if named:
                OriginRule([named.removeprefix("--origin ")])

    def test_a_page_that_reaches_us_by_a_name_of_its_own_is_not_let_in_where_ours_are_known(self) -> None:
        rule = OriginRule(["http://friend.example"], ["Chat.example", "[::1]", "192.0.2.7"])
        for origin in (
            "http://chat.example",
            "https://chat.example:8443",
            "http://[0::1]:80",
            "http://192.0.2.7",
        ):
            rule.check(origin, origin.partition("://")[2], secure=False)
        rule.check("http://friend.example", "chat.example", secure=False)
        for origin in ("http://evil.example", "http://192.0.2.8", "http://chat.example.evil.example"):
            with self.assertRaises(Denied) as caught:
                rule.check(origin, origin.partition("://")[2], secure=False)
            self.assertIn("--host", caught.exception.text)
        self.assertRaises(ValueError, OriginRule, [], ["a b"])

    def test_an_origin_is_scheme_host_and_port(self) -> None:
        self.assertEqual(parse_origin("https://a.example"), ("https", "a.example", 443))
        self.assertEqual(parse_origin("app://a"), ("app", "a", None))
        self.assertEqual(parse_origin("http://a.example:0"), ("http", "a.example", 0))
        self.assertEqual(parse_origin("https://[0:0::1]:8000/"), ("https", "::1", 8000))
        for bad in (
            "https://a.example?x",
            "https://a.example:65536",
            "https://a.example:99999999",
            "https://",
        ):
            self.assertIsNone(parse_origin(bad), bad)


class AddressTests(SynchronousTestCase):
    """
    What an address counts as.
    """

    def test_an_address_counts_as_itself_or_as_its_network(self) -> None:
        for host, key in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("127.0.0.1", None),
            ("127.9.9.9", None),
            ("::1", None),
            ("::ffff:127.0.0.1", None),
            ("not an address", None),
        ]:
            self.assertEqual(address_key(IPv6Address("TCP", host, 1)), key, host)

    def test_a_unix_socket_counts_as_nobody(self) -> None:
        self.assertIsNone(address_key(UNIXAddress(None)))
