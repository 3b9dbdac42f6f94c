"""
Listeners whose clients come through HAProxy, which says with a header of the PROXY protocol whose each
connection is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory


class ProxiedProtocol(HAProxyProtocolWrapper):
    """
    Twisted's, but a header that cannot be read ends the connection and is no error of ours; and the protocol
    above is told once a header has been read, before anything behind that: its `named`, if it has one.
    """

    def dataReceived(self, data: bytes) -> None:
        if self._proxyInfo is not None:
            self.wrappedProtocol.dataReceived(data)
            return
        above, rest = self.wrappedProtocol, _Rest()
        self.wrappedProtocol = cast(Any, rest)
        try:
            super().dataReceived(data)
        except Exception:  # noqa: BLE001
            # What Twisted's parsers raise for figures and letters where they expect others.
            self.loseConnection()
        finally:
            self.wrappedProtocol = above
        if self._proxyInfo is not None:
            named = getattr(above, "named", None)
            if named is not None:
                named()
            if rest.data:
                above.dataReceived(rest.data)


@dataclass(slots=True)
class _Rest:
    """
    Stands above while a header is read, and keeps what comes behind it.
    """

    data: bytes = b""

    def dataReceived(self, data: bytes) -> None:
        self.data = data


def is_nameless(transport: Any) -> bool:
    """
    Whether a connection comes through HAProxy, which has not said yet, or does not know, whose it is.
    """
    if not isinstance(transport, HAProxyProtocolWrapper):
        return False
    return transport._proxyInfo is None or transport._proxyInfo.source is None


def read_headers(port: Any) -> None:
    """
    Have a listening port of a `haproxy:` endpoint make its connections with the protocol of this module. Any
    other is left as it is.

    To be called in the turn in which the port began to listen.
    """
    factory = getattr(port, "factory", None)
    if isinstance(factory, TLSMemoryBIOFactory):
        factory = factory.wrappedFactory
    if isinstance(factory, HAProxyWrappingFactory):
        cast(Any, factory).protocol = ProxiedProtocol
