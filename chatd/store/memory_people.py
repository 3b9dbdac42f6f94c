"""
The people of a store in memory: who they are, by what they are known again, and what they decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred, succeed

from chatd.core.events import Card, Change, DeedDraft, Event
from chatd.core.names import PersonId
from chatd.core.records import Everything, Known
from chatd.core.registry import Link, Newcomer, SignIn, token_id
from chatd.core.rights import FOR_EVER, HOLD_FIELDS, HOLDS
from chatd.store import rules

T = TypeVar("T")


@dataclass(slots=True)
class _Person:
    card: Card
    seen_ms: int
    kept: bool = False
    password: str | None = None
    tokens: dict[bytes, SignIn] = field(default_factory=dict)
    ignored: dict[PersonId, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Link:
    maker: PersonId
    uses: int
    until_ms: int


@dataclass(slots=True)
class People:
    """
    Everybody whom the store knows. `forgotten` is called with each guest who is known no longer.
    """

    wall_ms: Callable[[], int]
    everybody: dict[PersonId, _Person] = field(default_factory=dict)
    _tokens: dict[bytes, PersonId] = field(default_factory=dict)
    links: dict[bytes, _Link] = field(default_factory=dict)
    _standing: dict[tuple[str, str, str], Change] = field(default_factory=dict)

    def __contains__(self, id: PersonId) -> bool:
        return id in self.everybody

    def card(self, id: PersonId) -> Card | None:
        """
        The person with that id, or None.
        """
        person = self.everybody.get(id)
        return None if person is None else person.card

    def keep(self, ids: Iterable[PersonId]) -> None:
        """
        Forget none of these any more.
        """
        for each in ids:
            if each in self.everybody:
                self.everybody[each].kept = True

    def add(self, card: Card, token_hash: bytes, label: str = "") -> None:
        """
        As `Store.add_person`.
        """
        if card.id in self.everybody or token_hash in self._tokens:
            raise ValueError(f"the id {card.id} or its token is taken")
        self.everybody[card.id] = _Person(Card(card.id, card.name), self.wall_ms())
        self.add_token(card.id, token_hash, label)

    def add_token(self, id: PersonId, token_hash: bytes, label: str) -> tuple[bytes, ...]:
        """
        As `Registry.add_token`, whatever the password.
        """
        tokens = self.everybody[id].tokens
        by_seen = sorted(tokens, key=lambda each: tokens[each].seen_ms)
        ended = tuple(by_seen[: max(0, len(tokens) - rules.MOST_TOKENS + 1)])
        for each in ended:
            self._end(id, each)
        now_ms = self.wall_ms()
        tokens[token_hash] = SignIn(token_id(token_hash), label, now_ms, now_ms)
        self._tokens[token_hash] = id
        return ended

    def check_password(self, id: PersonId, checked: str) -> None:
        """
        Raise `Refused` if somebody has another password by now.
        """
        if self.everybody[id].password != checked:
            raise rules.other_password()

    def set_password(self, id: PersonId, password: str, checked: str, keep: bytes) -> tuple[bytes, ...]:
        """
        As `Registry.set_password`.
        """
        self.check_password(id, checked)
        if keep not in self.everybody[id].tokens:
            raise rules.no_such_token()
        self.everybody[id].password = password
        return self.end_tokens(id, lambda each: each != keep)

    def _end(self, id: PersonId, token_hash: bytes) -> None:
        del self.everybody[id].tokens[token_hash], self._tokens[token_hash]

    def end_tokens(self, id: PersonId, meant: Callable[[bytes], bool]) -> tuple[bytes, ...]:
        """
        End those tokens of a person; their hashes.
        """
        known = self.everybody[id].tokens if id in self.everybody else ()
        hashes = tuple(each for each in known if meant(each))
        for each in hashes:
            self._end(id, each)
        return hashes

    def of_token(self, token_hash: bytes) -> Known | None:
        """
        As `Store.person_of_token`.
        """
        owner = self._tokens.get(token_hash)
        if owner is None:
            return None
        person, now_ms = self.everybody[owner], self.wall_ms()
        token = person.tokens[token_hash]
        if now_ms - token.seen_ms >= rules.SHOWN_MS:
            person.tokens[token_hash] = replace(token, seen_ms=now_ms)
        return Known(person.card, person.kept)

    def rename(self, id: PersonId, name: str) -> None:
        """
        As `Store.rename`.
        """
        if not self.touch([id]):
            raise rules.no_such_person()
        self.everybody[id].card = Card(id, name)

    def touch(self, ids: Iterable[PersonId]) -> int:
        """
        As `Store.touch`.
        """
        known = [self.everybody[each] for each in ids if each in self.everybody]
        for person in known:
            person.seen_ms = self.wall_ms()
        return len(known)

    def forget_guests(self, idle_seconds: float) -> list[PersonId]:
        """
        As `Store.forget_guests`; the answer is those who are forgotten.
        """
        oldest = self.wall_ms() - idle_seconds * 1000
        gone = [who for who, person in self.everybody.items() if not person.kept and person.seen_ms < oldest]
        for each in gone:
            self.end_tokens(each, lambda _: True)
            del self.everybody[each]
        return gone

    def change(self, changes: Iterable[Change]) -> None:
        """
        Have these be so from now on.
        """
        for change in changes:
            self._standing[change.room, change.subject, change.field] = change

    def check_owners(self, drafts: Iterable[DeedDraft]) -> None:
        """
        Raise `Refused` if one of these deeds takes the last owner from something that is anybody else's too.
        """
        for draft, change in [(each, change) for each in drafts for change in each.changes]:
            if change.field != "role" or change.value == "owner":
                continue
            of_room = [each for each in self._standing.values() if each.room == change.room]
            owners = {each.subject for each in of_room if (each.field, each.value) == ("role", "owner")}
            members = {each.subject for each in of_room if each.field == "member" and each.value is not None}
            alone = draft.kind == "quit" and members <= {change.subject}
            if owners == {change.subject} and not alone:
                raise rules.nobody_owns()

    def forget_ended(self, before_ms: int) -> None:
        """
        As `Store.forget_ended`.
        """
        for change in tuple(self._standing.values()):
            until = change.value
            if change.field in HOLDS and isinstance(until, int) and FOR_EVER != until < before_ms:
                for more in HOLD_FIELDS:
                    self._standing.pop((change.room, change.subject, change.field + more), None)

    def everything(self) -> Everything:
        """
        As `Store.everything`.
        """
        changes = tuple(change for change in self._standing.values() if change.value is not None)
        accounts = [PersonId(each.subject) for each in changes if not each.room and each.field == "account"]
        return Everything(changes, tuple(self.everybody[each].card for each in accounts))

    def enrol(self, newcomer: Newcomer) -> tuple[bytes, ...]:
        """
        As `Registry.enrol`, without the deeds.
        """
        card = newcomer.card
        # First all that it may be refused for, and then what it changes.
        if not newcomer.new and card.id not in self.everybody:
            raise rules.no_such_person()
        account = self._standing.get(("", card.id, "account"))
        if account is not None and account.value is not None:
            raise rules.has_account()
        link = None if newcomer.link is None else self.links.get(newcomer.link)
        if newcomer.link is not None and (link is None or not link.uses or link.until_ms <= self.wall_ms()):
            raise rules.bad_invite()
        ended: tuple[bytes, ...] = ()
        if newcomer.new:
            self.add(card, newcomer.token_hash, newcomer.label)
        else:
            self.rename(card.id, card.name)
            ended = self.end_tokens(card.id, lambda _: True)
            self.add_token(card.id, newcomer.token_hash, newcomer.label)
        if link is not None:
            link.uses -= 1
        self.everybody[card.id].password = newcomer.password
        return ended


class MemoryRegistry:
    """
    The contract of `chatd.core.registry.Registry`, kept in this process and nowhere else.
    """

    def __init__(
        self,
        people: People,
        write: Callable[[Callable[[list[Event]], Any]], Deferred[Any]],
        act: Callable[[Newcomer, list[Event]], None],
    ) -> None:
        self._people = people
        self._write = write
        self._act = act

    def _do(self, apply: Callable[[], T]) -> Deferred[T]:
        return self._write(lambda batch: apply())

    def enrol(self, newcomer: Newcomer) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""

        def apply(batch: list[Event]) -> tuple[bytes, ...]:
            ended = self._people.enrol(newcomer)
            self._act(newcomer, batch)
            return ended

        return self._write(apply)

    def password(self, person: PersonId) -> Deferred[str | None]:
        """As the port says."""
        known = self._people.everybody.get(person)
        return succeed(None if known is None else known.password)

    def set_password(
        self, person: PersonId, password: str, checked: str, keep: bytes
    ) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""
        return self._do(lambda: self._people.set_password(person, password, checked, keep))

    def add_token(
        self, person: PersonId, token_hash: bytes, label: str, checked: str | None = None
    ) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""

        def apply() -> tuple[bytes, ...]:
            if checked is not None:
                self._people.check_password(person, checked)
            return self._people.add_token(person, token_hash, label)

        return self._do(apply)

    def tokens(self, person: PersonId) -> Deferred[tuple[SignIn, ...]]:
        """As the port says."""
        known = self._people.everybody.get(person)
        found = tuple(known.tokens.values()) if known else ()
        return succeed(tuple(sorted(found, key=lambda each: -each.made_ms)))

    def end_token(self, person: PersonId, id: str) -> Deferred[bool]:
        """As the port says."""
        return self._do(lambda: bool(self._people.end_tokens(person, lambda each: token_id(each) == id)))

    def end_other_tokens(self, person: PersonId, keep: bytes | None) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""
        return self._do(lambda: self._people.end_tokens(person, lambda each: each != keep))

    def ignore(self, person: PersonId, other: PersonId, on: bool) -> Deferred[None]:
        """As the port says."""

        def apply() -> None:
            ignored = self._people.everybody[person].ignored
            if not on:
                ignored.pop(other, None)
                return
            if len(ignored) >= rules.MOST_IGNORED:
                raise rules.too_many_ignored()
            ignored[other] = None
            self._people.keep((person, other))

        return self._do(apply)

    def ignored(self, person: PersonId) -> Deferred[tuple[Card, ...]]:
        """As the port says."""
        known = self._people.everybody.get(person)
        return succeed(
            tuple(self._people.everybody[each].card for each in sorted(known.ignored if known else ()))
        )

    def add_link(self, link_hash: bytes, maker: PersonId, uses: int, until_ms: int) -> Deferred[None]:
        """As the port says."""

        def apply() -> None:
            self._people.links[link_hash] = _Link(maker, uses, until_ms)

        return self._do(apply)

    def links(self) -> Deferred[tuple[Link, ...]]:
        """As the port says."""
        now_ms = self._people.wall_ms()
        good = [
            Link(token_id(each), self._people.everybody[link.maker].card, link.uses, link.until_ms)
            for each, link in self._people.links.items()
            if link.uses and link.until_ms > now_ms
        ]
        return succeed(tuple(sorted(good, key=lambda link: link.until_ms)))

    def end_link(self, id: str) -> Deferred[bool]:
        """As the port says."""

        def apply() -> bool:
            named = [each for each in self._people.links if token_id(each) == id]
            for each in named:
                del self._people.links[each]
            return bool(named)

        return self._do(apply)
