"""
Who a request comes from, and whether by TLS, when a proxy may stand between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from twisted.internet.address import UNIXAddress

from chatd.core.memo import memo
from chatd.net.admission import address_key
from chatd.net.proxied import is_nameless

UNIX = "unix"
"""Stands among the trusted proxies for whoever comes through a Unix socket."""

STRICT_TRANSPORT_SECURITY = (b"Strict-Transport-Security", b"max-age=31536000")
"""A year, for this host alone (RFC 6797)."""

_IP = IPv4Address | IPv6Address
# Some proxies write the port too.
_ENTRY = re.compile(r"\[([0-9a-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}|([0-9a-f:.]+)", re.IGNORECASE)
# Some say of a WebSocket what is true of its handshake.
_SECURE = {"https": True, "wss": True, "http": False, "ws": False}


@dataclass(slots=True, frozen=True)
class Client:
    """
    Who is at the other end, for limits, bans and the log alike.

    `host` is an IP address, and empty for a local client, who has none. `secure` is whether the client speaks
    TLS, with us or with a proxy that we trust. `headers` are what an answer to it bears on top of others.
    """

    host: str
    secure: bool
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def name(self) -> str:
        """
        What it is called in the log.
        """
        return self.host or "a local client"

    @property
    def address(self) -> str | None:
        """
        What it counts as where addresses are limited: see `address_key`.
        """
        return address_key(self)


class Front:
    """
    What stands in front of the server: proxies that are believed, and the promise that there is always TLS.

    `trusted` are networks (`10.0.0.0/8`, `2001:db8::1/128`) and `UNIX`. With `hsts` each client that comes by
    TLS is told to come back by nothing else.
    """

    def __init__(self, trusted: Iterable[str] = (), *, hsts: bool = False) -> None:
        trusted = tuple(trusted)
        self._unix = UNIX in trusted
        self._networks = tuple(ip_network(text) for text in trusted if text != UNIX)
        self._hsts = hsts

    def trusts(self, peer: Any) -> bool:
        """
        Whether what a peer, as `getPeer` of a transport gives it, says of others is believed.
        """
        if isinstance(peer, UNIXAddress):
            return self._unix
        ip = _ip(str(getattr(peer, "host", "")))
        return ip is not None and self._has(ip)

    def address_at_first(self, transport: Any) -> str | None:
        """
        What a connection counts as until it has asked for something: a proxy's, which may be anybody's, is
        not counted by address.
        """
        peer = transport.getPeer()
        return None if is_nameless(transport) or self.trusts(peer) else address_key(peer)

    def peer(self, peer: Any, *, secure: bool) -> Client:
        """
        The peer itself as a client.
        """
        ip = _ip(str(getattr(peer, "host", "")))
        return Client("" if ip is None else str(ip), secure, self.headers(secure=secure))

    def client(self, request: Any) -> Client:
        """
        Whose request it is: the peer's, or who a trusted proxy says it is.

        That is the rightmost address in X-Forwarded-For that is not a trusted proxy itself, since everything
        left of it is only what that address claims. Where an entry is no address, nothing left of it counts
        either. X-Forwarded-Proto counts if it says one thing.
        """
        peer = request.transport.getPeer()
        secure = bool(request.isSecure())
        if not self.trusts(peer):
            return self.peer(peer, secure=secure)
        ip = self._forwarded_for(_entries(request, b"x-forwarded-for"))
        said = {entry.lower() for entry in _entries(request, b"x-forwarded-proto")}
        if len(said) == 1:
            secure = _SECURE.get(said.pop(), secure)
        if ip is None:
            return self.peer(peer, secure=secure)
        return Client(str(ip), secure, self.headers(secure=secure))

    def headers(self, *, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
        """
        What an answer bears on top of others.
        """
        return (STRICT_TRANSPORT_SECURITY,) if self._hsts and secure else ()

    def _forwarded_for(self, entries: list[str]) -> _IP | None:
        found = None
        for entry in reversed(entries):
            match = _ENTRY.fullmatch(entry)
            ip = None if match is None else _ip(match[1] or match[2] or match[3])
            if ip is None:
                break
            found = ip
            if not self._has(ip):
                break
        return found

    def _has(self, ip: _IP) -> bool:
        return any(ip in network for network in self._networks)


@memo(4096)
def _ip(host: str) -> _IP | None:
    """
    The address that a text stands for: an IPv4-mapped IPv6 one is IPv4, and a zone is left out.
    """
    try:
        ip = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(ip, IPv6Address) and ip.ipv4_mapped) or ip


def _entries(request: Any, name: bytes) -> list[str]:
    values = request.requestHeaders.getRawHeaders(name, ())
    return [entry.decode("latin-1").strip() for entry in b",".join(values).split(b",")] if values else []
