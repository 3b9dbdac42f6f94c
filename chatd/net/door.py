"""
Who may open a WebSocket: what is looked at before the handshake, and the answers to those who may not.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

from autobahn.twisted.resource import WebSocketResource
from twisted.protocols.policies import ProtocolWrapper
from twisted.web.server import NOT_DONE_YET

from chatd.core.names import LOBBY
from chatd.core.rights import SERVER
from chatd.net.admission import RETRY_SECONDS
from chatd.net.answers import send_text
from chatd.net.channel import ChatChannel
from chatd.net.forwarded import Client
from chatd.net.request import ChatRequest

if TYPE_CHECKING:
    from chatd.net.websocket import ChatFactory

VERSION = b"13"
_DEFAULT_PORTS = {"http": 80, "https": 443}
# As browsers write it: a name in ASCII, and nothing after the port but perhaps one slash.
_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(0|[1-9][0-9]{0,4})?)?/?", re.ASCII
)

Origin = tuple[str, str, int | None]
"""Scheme, host and port (RFC 6454 section 4), in lower case and with the scheme's default port filled in."""


class NotSpoken(Exception):
    """
    None of the subprotocols that a client offers is spoken here; the text says what is.
    """


class Denied(Exception):
    """
    A request that does not become a WebSocket: the status, a text for a person, and headers.
    """

    def __init__(self, status: HTTPStatus, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def parse_origin(text: str) -> Origin | None:
    """
    The origin that a text stands for; None if it is none, `null` for one.
    """
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        return None
    scheme, host, port = match.groups()
    if host.startswith("["):
        try:
            host = str(IPv6Address(host[1:-1]))
        except ValueError:
            return None
    if port and int(port) > 65535:
        return None
    return scheme, host, int(port) if port else _DEFAULT_PORTS.get(scheme)


class OriginRule:
    """
    Which Origins may open a WebSocket: the host that was asked for, and the listed ones.

    If `hosts` are named (as in a URL, without a port), the host that was asked for has to be one of them.
    Otherwise a page from anywhere could have its own name point here, and would then be of the same host: DNS
    rebinding. Raises `ValueError` for a listed text that is no origin, or a named one that is no host.
    """

    def __init__(self, listed: Iterable[str], hosts: Iterable[str] = ()) -> None:
        self._listed: set[Origin] = set()
        for text in listed:
            origin = parse_origin(text)
            if origin is None:
                raise ValueError(f"{text!r} is no origin such as https://chat.example.org")
            self._listed.add(origin)
        self._hosts: set[str] = set()
        for host in hosts:
            named = parse_origin(f"http://{host}:1")
            if named is None:
                raise ValueError(f"{host!r} is no name of a host such as chat.example.org")
            self._hosts.add(named[1])

    def check_own(self, origin: str, host: str, *, secure: bool) -> None:
        """
        As `check`, for what only the server's own page may do: the listed ones may not.
        """
        OriginRule((), self._hosts).check(origin, host, secure=secure)

    def check(self, origin: str, host: str, *, secure: bool) -> None:
        """
        Raise `Denied` unless a page of `origin` may connect to a server that it calls `host` (a Host header).

        Where the Host names no port it is the default one: of https if the connection is `secure`, else
        that of the Origin's own scheme, since a proxy in front may speak https for us.
        """
        parsed = parse_origin(origin)
        if parsed is None:
            raise Denied(HTTPStatus.FORBIDDEN, "A page without a proper Origin cannot open a WebSocket here.")
        if parsed in self._listed:
            return
        scheme, name, port = parsed
        asked = parse_origin(f"{'https' if secure else scheme}://{host}")
        if scheme in _DEFAULT_PORTS and asked is not None and asked[1:] == (name, port):
            if not self._hosts or name in self._hosts:
                return
            raise Denied(HTTPStatus.FORBIDDEN, "This server goes by another name (--host).")
        shown = f"{scheme}://[{name}]" if ":" in name else f"{scheme}://{name}"
        if port != _DEFAULT_PORTS.get(scheme):
            shown += f":{port}"
        text = f"Pages of {shown} may not open a WebSocket here."
        if scheme in _DEFAULT_PORTS:
            # What else has an Origin is no page of the web: whoever wants it in knows what it is.
            text += " If that is this server behind a proxy, have the proxy pass on the Host header."
            text += f" To let another server's pages in, start chatd with --origin {shown}"
        raise Denied(HTTPStatus.FORBIDDEN, text)


class ChatResource(WebSocketResource):
    """
    `/ws` behind a Site: a request either becomes a connection of the factory or is told why not.
    """

    _factory: ChatFactory

    def render(self, request: Any) -> bytes | int:
        """
        See `twisted.web.resource.IResource`.
        """
        # Behind somebody else's Site nobody has asked yet.
        known = isinstance(request, ChatRequest)
        client = request.client if known else self._factory.front.client(request)
        try:
            handshake = self._let_in(request, client)
        except Denied as denied:
            for name, value in denied.headers.items():
                request.setHeader(name, value)
            return send_text(request, denied.status, denied.text)
        self._take_over(request, client, handshake)
        return NOT_DONE_YET

    def _let_in(self, request: Any, client: Client) -> bytes:
        """
        The handshake that is left of a request; raise `Denied` if there is to be none.
        """
        _check_upgrade(request)
        key = _check_key(request)
        origins = _values(request, b"origin")
        if len(origins) > 1:
            raise Denied(HTTPStatus.BAD_REQUEST, "There is more than one Origin.")
        hosts = _values(request, b"host")
        if len(hosts) != 1:
            raise Denied(HTTPStatus.BAD_REQUEST, "There has to be exactly one Host.")
        if origins:
            self._factory.origin_rule.check(origins[0], hosts[0], secure=client.secure)
        self._check_welcome(request, client)
        try:
            subprotocol = self._factory.pick(_tokens(request, b"sec-websocket-protocol"))
        except NotSpoken as not_spoken:
            raise Denied(HTTPStatus.BAD_REQUEST, str(not_spoken)) from None
        if self._factory.stopping or not self._count(request, client.address):
            raise Denied(
                HTTPStatus.SERVICE_UNAVAILABLE, "There is no room left.", Retry_After=str(RETRY_SECONDS)
            )
        # Autobahn parses the handshake and keeps it. Of a browser's kilobyte of headers it needs only these.
        lines = [
            b"GET /ws HTTP/1.1",
            b"Host: chatd",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Version: " + VERSION,
            b"Sec-WebSocket-Key: " + key,
        ]
        if subprotocol is not None:
            lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode())
        return b"\r\n".join((*lines, b"", b""))

    def _check_welcome(self, request: Any, client: Client) -> None:
        """
        Raise `Denied` if whoever comes from there, or comes by the tutorial's wire, is not to be let in.
        """
        hub = self._factory.hub
        now_ms = hub.wall_ms()
        if hub.rights.banned(SERVER, None, client.address, now_ms):
            raise Denied(HTTPStatus.FORBIDDEN, "You are banned from this server.")
        if _tokens(request, b"sec-websocket-protocol"):
            return
        # On that wire there is one room, and everybody is a guest.
        if hub.settings.guests == "off" or hub.rights.refuses_guests(LOBBY) or hub.rights.locked(SERVER):
            raise Denied(HTTPStatus.FORBIDDEN, "Only those who have an account come in here.")
        if hub.rights.banned(LOBBY, None, client.address, now_ms):
            raise Denied(HTTPStatus.FORBIDDEN, "You are banned from this room.")

    def _count(self, request: Any, address: str | None) -> bool:
        """
        Count the connection under its client's address; whether there is room for it.
        """
        channel, admission = request.channel, self._factory.admission
        if not isinstance(channel, ChatChannel):
            # Behind somebody else's Site it is counted from here on, and only if it comes in.
            if admission.enter(address):
                return True
            admission.leave(address, refused=True)
            return False
        if channel.address == address:
            return True
        if not admission.move(channel.address, address):
            return False
        channel.address = address
        return True

    def _take_over(self, request: Any, client: Client, handshake: bytes) -> None:
        """
        Give the request's transport to a connection of ours, and have the HTTP channel let go of it.
        """
        channel = request.channel
        protocol = self._factory.buildProtocol(request.transport.getPeer())
        protocol.client, protocol.address, protocol.counted = client, client.address, True
        protocol.credentials = self._factory.credentials_of(request)
        transport, channel.transport = channel.transport, None
        channel.setTimeout(None)
        channel.requests.clear()
        # Until now the channel was the transport's producer; ours comes with the connection.
        transport.unregisterProducer()
        # What came behind the handshake is still in the channel, which goes on with it when we return.
        channel.rawDataReceived = protocol.dataReceived
        if isinstance(transport, ProtocolWrapper):
            # TLS, or the PROXY protocol's.
            transport.wrappedProtocol = protocol
        else:
            transport.protocol = protocol
        protocol.makeConnection(transport)
        # The channel may have paused it.
        transport.resumeProducing()
        protocol.dataReceived(handshake)


def _values(request: Any, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for value in request.requestHeaders.getRawHeaders(name, ())]


def _tokens(request: Any, name: bytes) -> list[str]:
    return [token for value in _values(request, name) for part in value.split(",") if (token := part.strip())]


def _has_token(request: Any, name: bytes, token: str) -> bool:
    return token in [each.lower() for each in _tokens(request, name)]


def _check_upgrade(request: Any) -> None:
    """
    Whether it asks for a WebSocket of our version (RFC 6455 section 4.2.1).
    """
    if request.method not in (b"GET", b"HEAD"):
        raise Denied(HTTPStatus.METHOD_NOT_ALLOWED, "A WebSocket is opened with GET.", Allow="GET")
    if (
        request.method != b"GET"
        or request.clientproto != b"HTTP/1.1"
        or not _has_token(request, b"upgrade", "websocket")
    ):
        raise Denied(
            HTTPStatus.UPGRADE_REQUIRED,
            "This is a WebSocket.",
            Upgrade="websocket",
            Connection="Upgrade",
        )
    if not _has_token(request, b"connection", "upgrade"):
        raise Denied(HTTPStatus.BAD_REQUEST, "The Connection header lacks Upgrade.")
    versions = _values(request, b"sec-websocket-version")
    if len(versions) != 1:
        raise Denied(HTTPStatus.BAD_REQUEST, "There has to be exactly one Sec-WebSocket-Version.")
    if versions != [VERSION.decode()]:
        raise Denied(
            HTTPStatus.UPGRADE_REQUIRED,
            "This WebSocket speaks version 13.",
            Upgrade="websocket",
            Connection="Upgrade",
            Sec_WebSocket_Version=VERSION.decode(),
        )
    # Even with an empty body Twisted would keep what comes behind it.
    if request.content.read(1) or _values(request, b"transfer-encoding"):
        raise Denied(HTTPStatus.BAD_REQUEST, "A WebSocket's handshake has no body.")


def _check_key(request: Any) -> bytes:
    keys = _values(request, b"sec-websocket-key")
    try:
        if len(keys) == 1 and len(keys[0]) == 24 and len(base64.b64decode(keys[0], validate=True)) == 16:
            return keys[0].encode("ascii")
    except (binascii.Error, ValueError):
        pass
    raise Denied(HTTPStatus.BAD_REQUEST, "Sec-WebSocket-Key has to be 16 bytes in base64, once.")
