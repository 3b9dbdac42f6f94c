"""
How often somebody may try to come in, or to get an account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chatd.core.limits import AddressLimit, Once
from chatd.core.refusals import Code, Refused

WRONG_OF_PLACE, WRONG_OF_ADDRESS, WRONG_OF_ACCOUNT = 10, 30, 100
"""
How many wrong passwords at once: for an account from one address, then one in 30 s; from an address for any,
then one in 10 s; and for an account from anywhere, then one in 36 s. The last is so much larger that whoever
knows a name does not shut its owner out from where they are.
"""
AT_ONCE = 4
"""How many passwords of an address are looked at at a time."""
LOOKS = 60
"""How many passwords of an address are looked at in a minute, right or wrong: others wait for that work."""
SIGN_UPS, SIGN_UP_TRIES = 20, 100
"""How many accounts an address may get in an hour, and how often it may try."""


@dataclass(slots=True, eq=False)
class Attempts:
    """
    All attempts of late. An address that is None (loopback, a Unix socket) counts for its account alone.
    """

    wrong_of_place: AddressLimit = field(default_factory=lambda: AddressLimit(WRONG_OF_PLACE, 300.0))
    wrong_of_address: AddressLimit = field(default_factory=lambda: AddressLimit(WRONG_OF_ADDRESS, 300.0))
    wrong_of_account: AddressLimit = field(default_factory=lambda: AddressLimit(WRONG_OF_ACCOUNT, 3600.0))
    looks: AddressLimit = field(default_factory=lambda: AddressLimit(LOOKS, 60.0))
    sign_ups: AddressLimit = field(default_factory=lambda: AddressLimit(SIGN_UPS, 3600.0))
    sign_up_tries: AddressLimit = field(default_factory=lambda: AddressLimit(SIGN_UP_TRIES, 3600.0))
    _under_way: Counter[str | None] = field(default_factory=Counter)
    _known: Once = field(default_factory=lambda: Once(10_000))

    @contextmanager
    def password(self, key: str, address: str | None, now: float) -> Iterator[None]:
        """
        While a password for the name with that key is looked at. It counts as wrong if it ends with
        `bad_password`, and not at all if it could not be looked at.

        Raises `Refused` with `rate_limited`; that counts for nothing.
        """
        taken: _Taken = (
            (self.wrong_of_place, f"{address or ''} {key}"),
            (self.wrong_of_address, address),
            (self.wrong_of_account, key),
        )
        if (key, address) in self._known:
            # Where they were before nobody else can shut them out.
            taken = taken[:2]
        looked = ((self.looks, address),)
        _take(looked, now, "Too many sign in from your address.")
        _take(taken, now, "Too many wrong passwords.")
        if address is not None and self._under_way[address] >= AT_ONCE:
            _give_back((*taken, *looked))
            raise Refused(Code.RATE_LIMITED, "Too many sign in from your address.", retry_after=1.0)
        self._under_way[address] += 1
        try:
            yield
        except Refused as refused:
            if refused.code is not Code.BAD_PASSWORD:
                _give_back((*taken, *looked))
            raise
        except BaseException:
            _give_back((*taken, *looked))
            raise
        finally:
            self._under_way[address] -= 1
            if not self._under_way[address]:
                del self._under_way[address]
        _give_back(taken)
        self._known.add((key, address))

    @contextmanager
    def sign_up(self, address: str | None, now: float) -> Iterator[None]:
        """
        While somebody gets an account. It counts as one if nothing is raised, and as a try in any case.

        Raises `Refused` with `rate_limited`.
        """
        words = "Too many accounts came from your address."
        _take(((self.sign_up_tries, address),), now, words)
        taken = ((self.sign_ups, address),)
        _take(taken, now, words)
        try:
            yield
        except BaseException:
            _give_back(taken)
            raise


_Taken = tuple[tuple[AddressLimit, str | None], ...]


def _take(of: _Taken, now: float, words: str) -> None:
    for number, (limit, key) in enumerate(of):
        wait = limit.take(key, now)
        if wait:
            # Who has to wait takes nothing from those who do not.
            _give_back(of[:number])
            raise Refused(Code.RATE_LIMITED, words, retry_after=wait)


def _give_back(taken: _Taken) -> None:
    for limit, key in taken:
        limit.give_back(key)
