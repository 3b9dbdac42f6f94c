"""
A Site, and one HTTP exchange with it, without a socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from chatd.net.answers import HEADERS
from chatd.net.site import make_site
from tests.net.clock import TurningClock

INDEX = b"<!doctype html><title>chat</title>"
SCRIPT = b"export const one = 1\n"


class WebSocket(Resource):
    """
    What stands at `/ws`.
    """

    isLeaf = True

    def render(self, request):
        request.setResponseCode(426)
        return b"upgrade, please"


@dataclass(slots=True)
class Reply:
    """
    An answer as it came off the wire; header names in lower case.
    """

    status: int
    phrase: str
    headers: dict[str, str]
    body: bytes
    closing: bool


PEER = IPv4Address("TCP", "192.0.2.7", 50_000)


def connect(site: Site, peer: Any = PEER) -> tuple[Any, StringTransport]:
    """
    A new connection to `site`, with what it writes in the transport.
    """
    channel: Any = site.buildProtocol(peer)
    transport = StringTransport(peerAddress=peer)
    channel.makeConnection(transport)
    return channel, transport


def ask(site: Site, target: str, method: str = "GET", version: str = "HTTP/1.1", **headers: str) -> Reply:
    """
    What `site` answers to one request; a header's underscores stand for hyphens.
    """
    lines = [f"{method} {target} {version}", "Host: chat.example"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return send(site, "\r\n".join([*lines, "", ""]).encode("latin-1"))


def send(site: Site, request: bytes) -> Reply:
    """
    What `site` answers to these bytes.
    """
    channel, transport = connect(site)
    channel.dataReceived(request)
    # Who comes among many waits for a turn.
    site.turns.reactor.turn()
    return parse(transport)


def parse(transport: StringTransport) -> Reply:
    """
    The first answer in `transport`.
    """
    head, _, body = transport.value().partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    _, code, phrase = status.split(" ", 2)
    return Reply(int(code), phrase, headers, body, transport.disconnecting)


class SiteTestCase(SynchronousTestCase):
    """
    A site over a folder of its own.
    """

    def setUp(self):
        self.folder = Path(self.mktemp()).absolute()
        self.public = self.folder / "public"
        (self.public / "vendor").mkdir(parents=True)
        (self.public / "index.html").write_bytes(INDEX)
        (self.public / "app.js").write_bytes(SCRIPT)
        (self.public / "vendor" / "style.css").write_bytes(b"a{}")
        (self.public / ".env").write_bytes(b"secret")
        (self.folder / "secret.txt").write_bytes(b"secret")
        self.clock = TurningClock()
        self.unready = None
        self.site = make_site(self.public, WebSocket(), lambda: self.unready, self.clock)
        self.site.startFactory()
        self.addCleanup(self.site.stopFactory)

    def tearDown(self):
        self.site.stopFactory()
        self.clock.turn()
        # Nothing may be left that would still happen.
        for call in self.clock.getDelayedCalls():
            self.assertEqual(call.func.__qualname__, "TimeoutMixin.__timedOut")

    def assert_secure(self, reply, what):
        for name, value in HEADERS:
            self.assertEqual(reply.headers.get(name.decode().lower()), value.decode(), what)
