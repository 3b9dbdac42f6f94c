"""
Who is here, and who was a moment ago.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chatd.core.commands import Role, Self
from chatd.core.events import Card
from chatd.core.limits import TokenBucket
from chatd.core.names import PersonId, RoomKey, fold
from chatd.core.records import Counts
from chatd.core.refusals import Code, Refused

if TYPE_CHECKING:
    from chatd.core.news import Hearer
    from chatd.core.session import Session

GRACE_SECONDS = 10.0
"""For how long people still count as here after their last connection was lost: a reconnect is no news."""

RENAMES_A_SECOND, RENAMES_AT_ONCE = 0.2, 20
"""How often a person may take another name: all who see them are told."""

TYPING_SECONDS = 3.0
"""How often others hear that somebody is writing."""

_NOTHING: Mapping[RoomKey, Any] = MappingProxyType({})


def _nothing() -> Mapping[RoomKey, Any]:
    # The same for all: many come and go who never do what it would be for.
    return _NOTHING


@dataclass(slots=True, eq=False)
class Person:
    """
    Somebody who is connected, or was until a moment ago.

    `email` is what they gave in `hello`, for the tutorial's wire; it is in memory alone. `read` holds the
    read markers that this server has seen since they came, and `unread` what was behind them then: see
    `has_read`.
    """

    card: Card
    email: str = ""
    role: Role = "guest"
    sessions: dict[Session, None] = field(default_factory=dict)
    gone_at: float | None = None
    read: Mapping[RoomKey, int] = field(default_factory=_nothing)
    unread: Mapping[RoomKey, Counts] = field(default_factory=_nothing)
    _renames: TokenBucket | None = None
    _typed: Mapping[RoomKey, float] = field(default_factory=_nothing)

    @property
    def as_self(self) -> Self:
        """
        The person as they are told of themselves.
        """
        card = self.card
        return Self(id=card.id, name=card.name, avatar=card.avatar, role=self.role)

    def hearers(self) -> Collection[Hearer]:
        """
        See `Audience`: all connections of the person.
        """
        return [session.cursors for session in self.sessions]

    def spared(self, but: Hashable) -> Iterable[Hearer]:
        """
        See `Audience`: the connection through which they did it themselves.
        """
        return [session.cursors for session in self.sessions if session is but]

    def marker(self, room: RoomKey, stored: int) -> int:
        """
        Their read marker in a room: the larger of the stored one and the one that is known here.
        """
        read = max(stored, self.read.get(room, 0))
        if read > self.read.get(room, 0):
            self.has_read(room, read)
        return read

    def has_read(self, room: RoomKey, offset: int, counts: Counts | None = None) -> None:
        """
        They have read a room up to an offset, behind which there is so much, if that is known.
        """
        self.read = {**self.read, room: offset}
        if counts is not None:
            self.unread = {**self.unread, room: counts}

    def wait_to_rename(self, now: float) -> float:
        """
        Take another name, if that is not too often: 0, or how many seconds they have to wait.
        """
        if self._renames is None:
            self._renames = TokenBucket(RENAMES_A_SECOND, RENAMES_AT_ONCE)
        return self._renames.take(now)

    def may_show_typing(self, room: RoomKey, now: float) -> bool:
        """
        Whether others are to hear now that this person is writing there; at most every three seconds.
        """
        if now - self._typed.get(room, float("-inf")) < TYPING_SECONDS:
            return False
        lately = {key: at for key, at in self._typed.items() if now - at < TYPING_SECONDS}
        self._typed = {**lately, room: now}
        return True


@dataclass(slots=True)
class Presence:
    """
    The people who are here, and the names they hold.
    """

    people: dict[PersonId, Person] = field(default_factory=dict)
    _holders: dict[str, PersonId] = field(default_factory=dict)

    def claim(self, name: str, claimant: PersonId) -> None:
        """
        Hold a name for somebody. Raises `Refused` with `name_taken` if another person holds it.
        """
        if self._holders.setdefault(fold(name), claimant) != claimant:
            raise Refused(Code.NAME_TAKEN, "Somebody else here has that name.")

    def holds(self, name: str) -> bool:
        """
        Whether somebody who is here holds a name.
        """
        return fold(name) in self._holders

    def holder(self, name: str) -> PersonId | None:
        """
        Who of those who are here holds a name.
        """
        return self._holders.get(fold(name))

    def release(self, name: str, claimant: PersonId) -> None:
        """
        Hold a name no longer for that person.
        """
        if self._holders.get(fold(name)) == claimant:
            del self._holders[fold(name)]

    def arrive(self, card: Card, session: Session) -> Person:
        """
        A connection of that person, whose name is claimed, is here.
        """
        person = self.people.setdefault(card.id, Person(card))
        person.sessions[session] = None
        person.gone_at = None
        return person

    def rename(self, person: Person, name: str) -> None:
        """
        The person has another name, which is claimed; the old one is free at once.
        """
        if fold(name) != fold(person.card.name):
            self.release(person.card.name, person.card.id)
        person.card = Card(person.card.id, name)

    def depart(self, person: Person, session: Session, now: float) -> bool:
        """
        A connection of the person is gone. Whether it was the last: then `expire` is due after
        `GRACE_SECONDS`.
        """
        person.sessions.pop(session, None)
        if person.sessions:
            return False
        person.gone_at = now
        return True

    def expire(self, person: Person, now: float, forget: Callable[[Person], None]) -> None:
        """
        Let the person go, unless they came back meanwhile; `forget` is called with those who are really gone.
        """
        if person.gone_at is None or now < person.gone_at + GRACE_SECONDS:
            return
        if self.people.get(person.card.id) is person:
            del self.people[person.card.id]
            self.release(person.card.name, person.card.id)
            forget(person)
