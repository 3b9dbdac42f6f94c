"""
Accounts in the database: passwords, tokens, links, and whom somebody ignores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import apsw
from twisted.internet.defer import Deferred

from chatd.core.events import Card
from chatd.core.names import PersonId
from chatd.core.registry import Link, Newcomer, SignIn, token_id
from chatd.store import rules
from chatd.store.sqlite_group import Group
from chatd.store.sqlite_reads import PERSON

T = TypeVar("T")

ADD_TOKEN = "INSERT INTO token (hash, person, label, made_ms, seen_ms) VALUES (?, ?, ?, ?, ?)"  # noqa: S105
TOKENS = "SELECT hash, label, made_ms, seen_ms FROM token WHERE person = ? ORDER BY made_ms DESC, hash"
PASSWORD = "SELECT password FROM person WHERE id = ?"  # noqa: S105
SET_PASSWORD = "UPDATE person SET password = ? WHERE id = ?"  # noqa: S105
HAS_ACCOUNT = "SELECT 1 FROM standing WHERE room = '' AND subject = ? AND field = 'account'"
LINK = "SELECT 1 FROM link WHERE hash = ? AND uses > 0 AND until_ms > ?"
END_TOKEN = "DELETE FROM token WHERE hash = ?"  # noqa: S105
USE_LINK = "UPDATE link SET uses = uses - 1 WHERE hash = ?"
LINKS = (
    "SELECT hash, maker, name, uses, until_ms FROM link JOIN person ON id = maker"
    " WHERE uses > 0 ORDER BY until_ms"
)
IGNORED = "SELECT id, name FROM ignored JOIN person ON id = other WHERE person = ? ORDER BY id"
COUNT_IGNORED = "SELECT count(*) FROM ignored WHERE person = ?"


class _Write(Protocol):
    def __call__(self, apply: Callable[[Group], T], weight: int = 256) -> Deferred[T]: ...


class _Ask(Protocol):
    def __call__(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]: ...


class SqliteRegistry:
    """
    The contract of `chatd.core.registry.Registry`. `write` has something done in the writing thread, `ask`
    has a question answered in a reading one.
    """

    def __init__(self, write: _Write, ask: _Ask, wall_ms: Callable[[], int]) -> None:
        self._write = write
        self._ask = ask
        self._wall_ms = wall_ms

    def enrol(self, newcomer: Newcomer) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""
        return self._write(lambda group: _enrol(group, newcomer), 16_384)

    def password(self, person: PersonId) -> Deferred[str | None]:
        """As the port says."""
        return self._ask(lambda database: database.execute(PASSWORD, (person,)).get)

    def set_password(
        self, person: PersonId, password: str, checked: str, keep: bytes
    ) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""

        def apply(group: Group) -> tuple[bytes, ...]:
            _check_password(group, person, checked)
            if all(row[0] != keep for row in group.connection.execute(TOKENS, (person,))):
                raise rules.no_such_token()
            group.connection.execute(SET_PASSWORD, (password, person))
            return _end_others(group, person, keep)

        return self._write(apply)

    def add_token(
        self, person: PersonId, token_hash: bytes, label: str, checked: str | None = None
    ) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""

        def apply(group: Group) -> tuple[bytes, ...]:
            if checked is not None:
                _check_password(group, person, checked)
            kept: Any = group.connection.execute(TOKENS, (person,)).fetchall()
            by_seen = [row[0] for row in sorted(kept, key=lambda row: row[3])]
            ended = tuple(by_seen[: max(0, len(kept) - rules.MOST_TOKENS + 1)])
            group.connection.executemany(END_TOKEN, [(each,) for each in ended])
            _add_token(group, person, token_hash, label)
            return ended

        return self._write(apply)

    def tokens(self, person: PersonId) -> Deferred[tuple[SignIn, ...]]:
        """As the port says."""
        return self._ask(
            lambda database: tuple(
                SignIn(token_id(key), label, made_ms, seen_ms)
                for key, label, made_ms, seen_ms in database.execute(TOKENS, (person,))
            )
        )

    def end_token(self, person: PersonId, id: str) -> Deferred[bool]:
        """As the port says."""

        def apply(group: Group) -> bool:
            named = [row[0] for row in group.connection.execute(TOKENS, (person,)) if token_id(row[0]) == id]
            group.connection.executemany(END_TOKEN, [(each,) for each in named])
            return bool(named)

        return self._write(apply)

    def end_other_tokens(self, person: PersonId, keep: bytes | None) -> Deferred[tuple[bytes, ...]]:
        """As the port says."""
        return self._write(lambda group: _end_others(group, person, keep))

    def ignore(self, person: PersonId, other: PersonId, on: bool) -> Deferred[None]:
        """As the port says."""

        def apply(group: Group) -> None:
            pair = (person, other)
            if not on:
                group.connection.execute("DELETE FROM ignored WHERE person = ? AND other = ?", pair)
                return
            if group.connection.execute(COUNT_IGNORED, (person,)).get >= rules.MOST_IGNORED:
                raise rules.too_many_ignored()
            group.connection.execute(
                "INSERT INTO ignored (person, other) VALUES (?, ?) ON CONFLICT DO NOTHING", pair
            )
            # Both are named from now on, so neither is forgotten.
            group.keep(person)
            group.keep(other)

        return self._write(apply)

    def ignored(self, person: PersonId) -> Deferred[tuple[Card, ...]]:
        """As the port says."""
        return self._ask(
            lambda database: tuple(
                Card(PersonId(other), name) for other, name in database.execute(IGNORED, (person,))
            )
        )

    def add_link(self, link_hash: bytes, maker: PersonId, uses: int, until_ms: int) -> Deferred[None]:
        """As the port says."""

        def apply(group: Group) -> None:
            group.connection.execute("DELETE FROM link WHERE uses = 0 OR until_ms <= ?", (group.now_ms,))
            group.connection.execute(
                "INSERT INTO link (hash, maker, uses, until_ms) VALUES (?, ?, ?, ?)",
                (link_hash, maker, uses, until_ms),
            )

        return self._write(apply)

    def links(self) -> Deferred[tuple[Link, ...]]:
        """As the port says."""
        now_ms = self._wall_ms()
        return self._ask(
            lambda database: tuple(
                Link(token_id(key), Card(PersonId(maker), name), uses, until_ms)
                for key, maker, name, uses, until_ms in database.execute(LINKS)
                if until_ms > now_ms
            )
        )

    def end_link(self, id: str) -> Deferred[bool]:
        """As the port says."""

        def apply(group: Group) -> bool:
            rows: Any = group.connection.execute("SELECT hash FROM link").fetchall()
            named = [(key,) for (key,) in rows if token_id(key) == id]
            group.connection.executemany("DELETE FROM link WHERE hash = ?", named)
            return bool(named)

        return self._write(apply)


def _enrol(group: Group, newcomer: Newcomer) -> tuple[bytes, ...]:
    connection, card, link = group.connection, newcomer.card, newcomer.link
    # First all that it may be refused for, and then what it changes.
    if not newcomer.new and connection.execute(PERSON, (card.id,)).fetchone() is None:
        raise rules.no_such_person()
    if connection.execute(HAS_ACCOUNT, (card.id,)).fetchone() is not None:
        raise rules.has_account()
    if link is not None and connection.execute(LINK, (link, group.now_ms)).fetchone() is None:
        raise rules.bad_invite()
    ended: tuple[bytes, ...] = ()
    if newcomer.new:
        group.add_person(card, newcomer.token_hash)
        connection.execute("UPDATE token SET label = ? WHERE hash = ?", (newcomer.label, newcomer.token_hash))
    else:
        group.rename(card.id, card.name)
        ended = _end_others(group, card.id, None)
        _add_token(group, card.id, newcomer.token_hash, newcomer.label)
    if link is not None:
        connection.execute(USE_LINK, (link,))
    connection.execute(SET_PASSWORD, (newcomer.password, card.id))
    group.act(newcomer.deeds)
    return ended


def _check_password(group: Group, person: PersonId, checked: str) -> None:
    if group.connection.execute(PASSWORD, (person,)).get != checked:
        raise rules.other_password()


def _add_token(group: Group, person: PersonId, token_hash: bytes, label: str) -> None:
    group.connection.execute(ADD_TOKEN, (token_hash, person, label, group.now_ms, group.now_ms))


def _end_others(group: Group, person: PersonId, keep: bytes | None) -> tuple[bytes, ...]:
    others = tuple(row[0] for row in group.connection.execute(TOKENS, (person,)) if row[0] != keep)
    group.connection.executemany(END_TOKEN, [(each,) for each in others])
    return others
