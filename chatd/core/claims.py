"""
Whose name is whose: of those who are here, and of those who have an account.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chatd.core.events import Card
from chatd.core.names import PersonId, fold
from chatd.core.presence import Presence
from chatd.core.refusals import Code, Refused

CHANGE_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Names:
    """
    The names that nobody else may have. Names that look alike have one of their `keys` in common.

    A name can look like those of two accounts that do not look like each other: `Ivan` like `ivan`, whose
    name it is, and like `lvan`.
    """

    presence: Presence
    keys: Callable[[str], Collection[str]]
    # By the folded name, and by each key.
    _named: dict[str, PersonId] = field(default_factory=dict)
    _reserved: dict[str, tuple[PersonId, ...]] = field(default_factory=dict)
    _cards: dict[PersonId, Card] = field(default_factory=dict)
    _changing: dict[PersonId, list[str]] = field(default_factory=dict)

    def holder(self, name: str) -> PersonId | None:
        """
        Whose account has that name, or else one that looks like it.
        """
        exactly = self._named.get(fold(name))
        return next(iter(self._alike(name)), None) if exactly is None else exactly

    def _alike(self, name: str) -> list[PersonId]:
        """The accounts whose names look like that; the same each time."""
        return [account for key in sorted(self.keys(name)) for account in self._reserved.get(key, ())]

    def person(self, name: str) -> PersonId | None:
        """
        Who has exactly that name: somebody who is here, or has an account.
        """
        here = self.presence.holder(name)
        return self._named.get(fold(name)) if here is None else here

    def reserve(self, card: Card) -> None:
        """
        Keep a name, and all that look like it, for an account, which is known by that card from now on.
        """
        self._named.setdefault(fold(card.name), card.id)
        for key in self.keys(card.name):
            accounts = self._reserved.get(key, ())
            if card.id not in accounts:
                self._reserved[key] = (*accounts, card.id)
        self._cards[card.id] = card

    def unreserve(self, card: Card) -> None:
        """
        Keep it no longer.
        """
        if self._cards.get(card.id) == card:
            del self._cards[card.id]
        current = self._cards.get(card.id)
        folded = fold(card.name)
        if self._named.get(folded) == card.id and (current is None or fold(current.name) != folded):
            del self._named[folded]
        kept = () if current is None else self.keys(current.name)
        for key in self.keys(card.name):
            if key in kept:
                continue
            others = tuple(each for each in self._reserved.get(key, ()) if each != card.id)
            if others:
                self._reserved[key] = others
            else:
                self._reserved.pop(key, None)

    def card(self, account: PersonId) -> Card | None:
        """
        An account as it is named now, here or not.
        """
        return self._cards.get(account)

    def claim(self, name: str, claimant: PersonId) -> None:
        """
        Hold a name for somebody who is here or about to be. Raises `Refused` with `name_taken` if somebody
        else has it, here, or as the name of an account, or one that looks like it.
        """
        # What is one's own stays so, whoever else's it looks like.
        own = self._named.get(fold(name)) == claimant
        if not own and any(account != claimant for account in self._alike(name)):
            raise Refused(Code.NAME_TAKEN, "Somebody who has an account has that name, or one like it.")
        self.presence.claim(name, claimant)

    @contextmanager
    def changing(self, card: Card) -> Iterator[None]:
        """
        Give somebody another name, or an account, which takes a while. Raises `Refused` with `rate_limited`
        while they are being given another one: nobody could say which is theirs in the end.
        """
        under_way = self._changing.setdefault(card.id, [])
        if any(name != card.name for name in under_way):
            raise Refused(Code.RATE_LIMITED, "Your name is just being changed.", retry_after=CHANGE_SECONDS)
        under_way.append(card.name)
        try:
            yield
        finally:
            under_way.pop()
            if not under_way:
                del self._changing[card.id]

    def unclaim(self, card: Card) -> None:
        """
        Hold a name no longer, unless its person is here by it.
        """
        person = self.presence.people.get(card.id)
        if person is None or fold(person.card.name) != fold(card.name):
            self.presence.release(card.name, card.id)
