"""
One HTTP exchange with a Site, without a socket.
"""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.web.server import Site


@dataclass(slots=True)
class Reply:
    """
    An answer as it came off the wire; header names in lower case.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    closing: bool


def connect(site: Site) -> tuple[object, StringTransport]:
    """
    A new connection to `site`, with what it writes in the transport.
    """
    channel = site.buildProtocol(IPv4Address("TCP", "192.0.2.7", 50_000))
    transport = StringTransport()
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
    return parse(transport)


def parse(transport: StringTransport) -> Reply:
    """
    The first answer in `transport`.
    """
    head, _, body = transport.value().partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Reply(int(status.split()[1]), headers, body, transport.disconnecting)
