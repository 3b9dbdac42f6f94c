"""
Listeners whose clients come through HAProxy, which says with a header of the PROXY protocol whose each
connection is.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory


class ProxiedProtocol(HAProxyProtocolWrapper):
    """
    Twisted's, but a header that cannot be read ends the connection and is no error of ours.
    """

    def dataReceived(self, data: bytes) -> None:
        try:
            super().dataReceived(data)
        except Exception:
            # What Twisted's parsers raise for figures and letters where they expect others.
            if self._proxyInfo is not None:
                # The header was good; this comes from what is behind it.
                raise
            self.loseConnection()


def is_proxied(transport: Any) -> bool:
    """
    Whether a connection's client is the one that HAProxy names, as soon as its header is there.
    """
    return isinstance(transport, HAProxyProtocolWrapper)


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
