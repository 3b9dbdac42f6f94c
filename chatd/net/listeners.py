"""
Where the server is reached: the ports that it binds, and the URLs that lead to them.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from chatd.net.delivery import Delivery
from chatd.net.proxied import read_headers
from chatd.net.tls import Certificates
from chatd.net.transport import send_promptly
from chatd.net.turns import Turns

# Enough for a crowd that comes back at once; the kernel cuts it to its own limit.
BACKLOG = 4096

ACCEPTS_A_TURN = 16
"""How many connections a port accepts in one turn of the reactor; the others are in the backlog."""

_ANY = ("0.0.0.0", "::", "")  # noqa: S104


class CannotListen(Exception):
    """
    A listener cannot be bound; the text says which and why, in one line.
    """


@dataclass(slots=True)
class Listeners:
    """
    All listeners of one server.

    `port` is a number or the description of a Twisted endpoint, `tls_port` a number, `listen` descriptions of
    further endpoints. `interface` is the address to which numbers are bound; None is every one, IPv4 and
    IPv6. The connections of all of them share the `delivery`, and their handshakes wait for `arrivals`.
    """

    reactor: Any
    factory: IProtocolFactory
    certificates: Certificates | None
    port: str | None
    interface: str | None
    tls_port: int | None
    listen: tuple[str, ...]
    delivery: Delivery
    arrivals: Turns
    _bound: list[tuple[str, IListeningPort]] = field(default_factory=list)
    _accepting: bool = False

    def bind(self) -> list[Deferred[Any]]:
        """
        Bind everything; nobody is let in before `accept`.

        Raises `CannotListen` for what cannot be bound. An endpoint that takes its time (those of Twisted do
        not) is told by its Deferred, which fails with that.
        """
        pending: list[Deferred[Any]] = []
        for place, scheme, endpoint, factory in self._wanted():
            bound = endpoint.listen(factory)
            bound.addCallback(self._take, scheme)
            failures: list[Failure] = []
            bound.addErrback(_note, place, failures)
            if failures:
                # Told by raising it, so nobody is to be told again.
                bound.addErrback(lambda _: None)
                raise CannotListen(str(failures[0].value))
            pending.append(bound)
        return pending

    def _wanted(self) -> list[tuple[str, str, IStreamServerEndpoint, IProtocolFactory]]:
        wanted: list[tuple[str, str, IStreamServerEndpoint, IProtocolFactory]] = []
        of = self.interface or "all addresses"
        descriptions = list(self.listen)
        if self.port is not None and self.port.isdigit():
            wanted.append((f"port {self.port} of {of}", "http", self._tcp(int(self.port)), self.factory))
        elif self.port is not None:
            descriptions.insert(0, self.port)
        if self.tls_port is not None and self.certificates is not None:
            factory = TLSMemoryBIOFactory(self.certificates, False, self.factory, self.reactor)
            wanted.append((f"port {self.tls_port} of {of}", "https", self._tcp(self.tls_port), factory))
        for description in descriptions:
            scheme = "https" if description.startswith("ssl:") else "http"
            wanted.append((description, scheme, serverFromString(self.reactor, description), self.factory))
        return wanted

    def _tcp(self, port: int) -> IStreamServerEndpoint:
        interface = self.interface
        if interface is None:
            interface = "::" if _has_ipv6() else ""
        if ":" in interface:
            return TCP6ServerEndpoint(self.reactor, port, BACKLOG, interface)
        return TCP4ServerEndpoint(self.reactor, port, BACKLOG, interface)

    def _take(self, port: IListeningPort, scheme: str) -> None:
        send_promptly(port, self.delivery, self.arrivals)
        _accept_few(port)
        read_headers(port)
        if not self._accepting and hasattr(port, "stopReading"):
            # The kernel keeps those who come meanwhile; they are let in as soon as the store is open.
            port.stopReading()
        self._bound.append((scheme, port))

    def accept(self) -> None:
        """
        Let clients in.
        """
        self._accepting = True
        for _, port in self._bound:
            if hasattr(port, "startReading"):
                port.startReading()

    async def close(self) -> None:
        """
        Let nobody in any more. Connections that are open stay open.
        """
        ports, self._bound = self._bound, []
        await gatherResults([maybeDeferred(port.stopListening) for _, port in ports])

    def exposed(self) -> list[str]:
        """
        Where other machines may come without TLS, as address and port.
        """
        hosts = [port.getHost() for scheme, port in self._bound if scheme == "http"]
        return [
            f"{_in_url(host.host)}:{host.port}"
            for host in hosts
            if isinstance(host, IPv4Address | IPv6Address) and not _is_loopback(host.host)
        ]

    def urls(self) -> list[str]:
        """
        How the server is reached, for a person: by this machine, and on the LAN where it is bound to every
        address.
        """
        urls = []
        for scheme, port in self._bound:
            address = port.getHost()
            if not isinstance(address, IPv4Address | IPv6Address):
                name = getattr(address, "name", None)
                urls.append(f"unix:{os.fsdecode(name)}" if name else str(address))
            elif address.host in _ANY:
                hosts = ["localhost", *filter(None, [_lan_address()])]
                urls += [f"{scheme}://{host}:{address.port}/" for host in hosts]
            else:
                urls.append(f"{scheme}://{_in_url(address.host)}:{address.port}/")
        return list(dict.fromkeys(urls))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    return host not in _ANY and ip_address(host.partition("%")[0]).is_loopback


def _accept_few(port: IListeningPort) -> None:
    """
    Have a port of Twisted's own accept no more than so many in one turn, where it would take more and more.
    """
    if not isinstance(port, tcp.Port | unix.Port):
        return
    accept = port.doRead

    def accept_few() -> None:
        port.numberAccepts = min(port.numberAccepts, ACCEPTS_A_TURN)
        accept()

    port.doRead = accept_few  # type: ignore[method-assign]


def _note(failure: Failure, place: str, failures: list[Failure]) -> Failure:
    error = failure.value
    if isinstance(error, CannotListenError):
        error = error.socketError
    told = Failure(CannotListen(f"cannot listen on {place}: {getattr(error, 'strerror', None) or error}"))
    failures.append(told)
    return told


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def _lan_address() -> str | None:
    """
    The address that this machine has in its own network, as the kernel's routes have it. Nothing is sent.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # RFC 5737: an address that belongs to nobody. "Connecting" a datagram socket only looks up the
            # route.
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
    except OSError:
        return None
    return None if address.startswith("127.") else address
