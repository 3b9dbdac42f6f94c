"""
How much of something a client or an address may do in a time.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

_SWEEP_ABOVE = 1024
_ROUNDING = 1e-6


@dataclass(slots=True)
class TokenBucket:
    """
    Up to `burst` at once, and `rate` a second from then on; a rate of 0 is no limit.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def _refill(self, now: float) -> None:
        if now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now

    def wait(self, now: float, count: int = 1) -> float:
        """
        The seconds until there are so many tokens, which `burst` has to hold; 0 if there are now.
        """
        if self.rate <= 0:
            return 0.0
        self._refill(now)
        lacking = count - self._tokens
        # Whoever comes back exactly after the wait is not to fail by a rounding.
        return lacking / self.rate if lacking > _ROUNDING else 0.0

    def take(self, now: float, count: int = 1) -> float:
        """
        Take so many tokens and return 0, or take none and return the seconds until there are as many.
        """
        wait = self.wait(now, count)
        if wait == 0.0:
            self._tokens -= count
        return wait

    def give_back(self) -> None:
        """
        Put a token back.
        """
        self._tokens = min(self.burst, self._tokens + 1.0)

    def full(self, now: float) -> bool:
        """
        Whether the bucket is as good as a new one.
        """
        self._refill(now)
        return self._tokens >= self.burst


@dataclass(slots=True)
class AddressLimit:
    """
    A token bucket for each address: `count` in `seconds`, all of them at once if need be.

    The address None (loopback, a Unix socket) has no limit. Of a bucket only the time is kept at which it is
    full again, for there can be very many (the generic cell rate algorithm, ITU-T I.371).
    """

    count: int
    seconds: float
    _full_at: dict[str, float] = field(default_factory=dict)
    _sweep_at: int = _SWEEP_ABOVE

    def take(self, address: str | None, now: float) -> float:
        """
        As `TokenBucket.take`, of the bucket of that address.
        """
        if address is None:
            return 0.0
        full_at = self._full_at.get(address)
        if full_at is None:
            if len(self._full_at) >= self._sweep_at:
                self._sweep(now)
            full_at = now
        full_at = max(full_at, now) + self.seconds / self.count
        wait = full_at - now - self.seconds
        # Whoever comes back exactly after the wait is not to fail by a rounding.
        if wait > _ROUNDING:
            return wait
        self._full_at[address] = full_at
        return 0.0

    def give_back(self, address: str | None) -> None:
        """
        Undo a `take`: it was no harm after all.
        """
        if address is not None and address in self._full_at:
            self._full_at[address] -= self.seconds / self.count

    def _sweep(self, now: float) -> None:
        for address in [address for address, full_at in self._full_at.items() if full_at <= now]:
            del self._full_at[address]
        # Doubling keeps the cost of sweeping constant for each address, however many there are.
        self._sweep_at = max(_SWEEP_ABOVE, 2 * len(self._full_at))


@dataclass(slots=True)
class Once:
    """
    What was done already, so that it is not done again: the last `most` things.
    """

    most: int
    _done: dict[Hashable, None] = field(default_factory=dict)

    def __contains__(self, thing: Hashable) -> bool:
        return thing in self._done

    def add(self, thing: Hashable) -> None:
        """
        It has been done.
        """
        self._done[thing] = None
        if len(self._done) > self.most:
            del self._done[next(iter(self._done))]
