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

TOLD_SECONDS = 2
"""How long a connection for which there is no room has for reading so."""
MOST_TOLD = 512
"""How many connections for which there is no room are told so at once."""

_SURPLUS = 16


@dataclass(slots=True)
class Admission:
    """
    Counts every connection from the moment when it is accepted, whatever becomes of it: a page's, a
    WebSocket's, or one that says nothing.

    `count` of them are there and had room, `refused` are there and had none, and `came` is how many ever
    were. `most` may be there at once, and `most_of_address` of one address (see `address_key`; None is not
    counted by address). 0 is no limit. `descriptors` is how many the process may spend on all of them, 0 if
    nobody knows.
    """

    most: int = 0
    most_of_address: int = 0
    descriptors: int = 0
    count: int = 0
    refused: int = 0
    came: int = 0
    _by_address: Counter[str] = field(default_factory=Counter)
    _refused_of: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str | None) -> bool:
        """
        Count a connection that is there; whether there was room for it. If there was none it is counted as
        refused until it leaves, and takes no room from others.
        """
        if self._fits(address):
            self.let_in(address)
            return True
        self.came += 1
        self.refused += 1
        if address is not None:
            self._refused_of[address] += 1
        return False

    def enter_again(self, before: str | None, address: str | None) -> bool:
        """
        As `enter`, for a connection that had room under another address.
        """
        self.leave(before)
        self.came -= 1
        return self.enter(address)

    def let_in(self, address: str | None) -> None:
        """
        Count a connection that is there, as if there were room for it.
        """
        self.came += 1
        self.count += 1
        if address is not None:
            self._by_address[address] += 1

    def leave(self, address: str | None, *, refused: bool = False) -> None:
        """
        Count it no more.
        """
        if refused:
            self.refused -= 1
        else:
            self.count -= 1
        _count_down(self._refused_of if refused else self._by_address, address)

    def move(self, before: str | None, address: str | None) -> bool:
        """
        Count a connection that had room under another address, which is known only now; whether there was
        room for it there. If there was none it stays where it was.
        """
        if not self._fits_address(address):
            return False
        _count_down(self._by_address, before)
        if address is not None:
            self._by_address[address] += 1
        return True

    def _fits(self, address: str | None) -> bool:
        there = ((self.most, self.count), (self.descriptors, self.count + self.refused))
        return not any(0 < most <= count for most, count in there) and self._fits_address(address)

    def _fits_address(self, address: str | None) -> bool:
        return address is None or not 0 < self.most_of_address <= self._by_address[address]

    def tells(self, address: str | None) -> bool:
        """
        Whether one of this address that is refused is told so; else it is cut off. That is if there are many
        that are being told, of all or of one address, or if descriptors run out so fast that there is none
        left for saying so.
        """
        if self.refused > MOST_TOLD or 0 < self.descriptors < self.count + self.refused - _SURPLUS:
            return False
        return address is None or self._refused_of[address] <= _SURPLUS


def _count_down(counter: Counter[str], address: str | None) -> None:
    if address is not None:
        counter[address] -= 1
        if not counter[address]:
            del counter[address]


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
