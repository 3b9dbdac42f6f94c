"""
How many connections there may be: of all, and of one address.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from chatd.core.memo import memo

RETRY_SECONDS = 10
"""When whoever finds no room may try again."""

_SURPLUS = 16


@dataclass(slots=True)
class Admission:
    """
    Counts every connection from the moment when it is accepted, whatever becomes of it: a page's, a
    WebSocket's, or one that says nothing.

    `count` of them are there, and `came` is how many ever were. `most` may be there at once, and
    `most_of_address` of one address (see `address_key`; None is not counted by address). 0 is no limit.
    `descriptors` is how many the process may spend on them, 0 if nobody knows.
    """

    most: int = 0
    most_of_address: int = 0
    descriptors: int = 0
    count: int = 0
    came: int = 0
    _by_address: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str | None) -> bool:
        """
        Count a connection that is there; whether there was room for it. It is counted until it leaves, even
        if there was none.
        """
        self.came += 1
        return self._count(address)

    def _count(self, address: str | None) -> bool:
        self.count += 1
        if address is not None:
            self._by_address[address] += 1
        return self._fits(address)

    def leave(self, address: str | None) -> None:
        """
        Count it no more.
        """
        self.count -= 1
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def move(self, before: str | None, address: str | None) -> bool:
        """
        Count a connection under another address, which is known only now; whether there was room for it.
        """
        self.leave(before)
        return self._count(address)

    def _fits(self, address: str | None) -> bool:
        if any(0 < most < self.count for most in (self.most, self.descriptors)):
            return False
        return address is None or not 0 < self.most_of_address < self._by_address[address]

    @property
    def desperate(self) -> bool:
        """
        Whether descriptors run out so fast that there is none left for saying so.
        """
        return 0 < self.descriptors < self.count - _SURPLUS


def address_key(address: Any) -> str | None:
    """
    What a peer's address counts as where addresses are limited: an IPv4 address, or the /64 of an IPv6 one.

    None, which is not counted, for loopback and for whatever is no internet address. An IPv4-mapped IPv6
    address (RFC 4291 section 2.5.5.2) is the IPv4 address. `address` is what `getPeer` of a transport
    gives.
    """
    return _host_key(str(getattr(address, "host", "")))


@memo(4096)
def _host_key(host: str) -> str | None:
    try:
        ip = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return None
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)
