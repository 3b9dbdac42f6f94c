"""
How many lines of the log one address may cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from chatd.core.memo import memo

LINES = 10
SECONDS = 60.0
ADDRESSES = 4096
"""How many are told from one another at once. All that come on top of them have one ration together."""

OTHERS = "others"


def ration_key(peer: object) -> str:
    """
    Whose ration the lines about a peer are of: an IPv4 address, the /64 of an IPv6 one, or what else it is
    called. `peer` is a text, or what `getPeer` of a transport gives.
    """
    return _key(str(getattr(peer, "host", peer)))


# A flood is of few addresses.
@memo(1024)
def _key(name: str) -> str:
    try:
        ip = ip_address(name.partition("%")[0])
    except ValueError:
        # No name of an address is longer.
        return name[:64]
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))
    return str(ip)


@dataclass(slots=True)
class _Minute:
    begun: float
    lines: int = 0


@dataclass(slots=True)
class Ration:
    """
    `most` lines in `seconds` for each address, counted from its first; then one that says how many more there
    would have been.

    That is told by calling `tell` with the address and the number, in `look`, which `take` does by itself.
    However many addresses there are, no more than `addresses` are remembered.
    """

    tell: Callable[[str, int], None]
    most: int = LINES
    seconds: float = SECONDS
    addresses: int = ADDRESSES
    # The oldest first.
    _minutes: dict[str, _Minute] = field(default_factory=dict)

    def take(self, address: str, now: float) -> bool:
        """
        Count a line about an address; whether it is to be written.
        """
        self.look(now)
        if address not in self._minutes and len(self._minutes) >= self.addresses:
            address = OTHERS
        minute = self._minutes.get(address)
        if minute is None:
            minute = self._minutes[address] = _Minute(now)
        minute.lines += 1
        return minute.lines <= self.most

    def look(self, now: float) -> None:
        """
        Tell what was left out in each minute that is over.
        """
        while self._minutes:
            address, minute = next(iter(self._minutes.items()))
            if now - minute.begun < self.seconds:
                return
            self._end(address, minute)

    def end(self) -> None:
        """
        Tell what was left out until now.
        """
        for address, minute in list(self._minutes.items()):
            self._end(address, minute)

    def _end(self, address: str, minute: _Minute) -> None:
        del self._minutes[address]
        if minute.lines > self.most:
            self.tell(address, minute.lines - self.most)

    def wait(self, now: float) -> float | None:
        """
        The seconds until `look` may have something to tell; None if nothing is left out.
        """
        for minute in self._minutes.values():
            if minute.lines > self.most:
                return max(0.0, minute.begun + self.seconds - now)
        return None
