"""
The contract between the core and what keeps accounts: passwords, tokens, links, and whom somebody ignores.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import Protocol

from msgspec import Struct

from chatd.core.events import Card, DeedDraft
from chatd.core.names import PersonId


def token_id(token_hash: bytes) -> str:
    """
    What a token is called where its owner sees it: 16 characters of base32.
    """
    return base64.b32encode(token_hash[:10]).decode("ascii").lower()


class Newcomer(Struct, frozen=True, kw_only=True):
    """
    Somebody who gets an account. `new` if they were no person before; else their other tokens end.

    `link` is the hash of the link by which they come, `password` its encoded hash, None for one who needs
    none. `deeds` say so, and make them what they are.
    """

    card: Card
    new: bool
    password: str | None
    token_hash: bytes
    label: str
    deeds: tuple[DeedDraft, ...]
    link: bytes | None = None


class SignIn(Struct, frozen=True):
    """
    A token of somebody's: its id, what it is for, and when it was made and last shown, in milliseconds since
    1970; the latter is up to an hour behind.
    """

    id: str
    label: str
    made_ms: int
    seen_ms: int


class Link(Struct, frozen=True):
    """
    A link by which somebody may sign up: its id, who made it, how often it can be used and until when.
    """

    id: str
    by: Card
    left: int
    until_ms: int


class Registry(Protocol):
    """
    As `Store` in its threads, its order and its refusals; it is a part of one.
    """

    def enrol(self, newcomer: Newcomer) -> Awaitable[tuple[bytes, ...]]:
        """
        Give somebody an account, all of it or nothing; the hashes of their tokens that have ended.

        Raises `Refused`: `no_such_person` for somebody who is not new and not known either, `forbidden` for
        one who has an account, `bad_invite` if the link is unknown, used up or too old. A link is used by
        nobody who is refused.
        """

    def password(self, person: PersonId) -> Awaitable[str | None]:
        """
        The encoded hash of somebody's password, None if they have none.
        """

    def set_password(
        self, person: PersonId, password: str, checked: str, keep: bytes
    ) -> Awaitable[tuple[bytes, ...]]:
        """
        Give an account another password in place of the one that was `checked`, and end all its tokens but
        the one with the hash `keep`; the hashes of those.

        Raises `Refused`: `bad_password` if the account has another one by now, `bad_token` if the token that
        is to be kept has ended. Then nothing has changed.
        """

    def add_token(
        self, person: PersonId, token_hash: bytes, label: str, checked: str | None = None
    ) -> Awaitable[tuple[bytes, ...]]:
        """
        Keep one more token of a person. Of more than 100 the one that was not shown for the longest time
        ends; the hashes of those that did.

        `checked` is the encoded hash of the password that was shown for it. Raises `Refused` with
        `bad_password` if the person has another one by now.
        """

    def tokens(self, person: PersonId) -> Awaitable[tuple[SignIn, ...]]:
        """
        All tokens of a person, the newest first.
        """

    def end_token(self, person: PersonId, id: str) -> Awaitable[bool]:
        """
        End one token of a person, by its id; whether there was one.
        """

    def end_other_tokens(self, person: PersonId, keep: bytes | None) -> Awaitable[tuple[bytes, ...]]:
        """
        End all tokens of a person but the one with that hash; the hashes of those.
        """

    def ignore(self, person: PersonId, other: PersonId, on: bool) -> Awaitable[None]:
        """
        Note that somebody does not want to hear another, or does again. At most 500 of them are kept: then
        `Refused` with `forbidden`.
        """

    def ignored(self, person: PersonId) -> Awaitable[tuple[Card, ...]]:
        """
        Whom a person does not want to hear.
        """

    def add_link(self, link_hash: bytes, maker: PersonId, uses: int, until_ms: int) -> Awaitable[None]:
        """
        Keep a link.
        """

    def links(self) -> Awaitable[tuple[Link, ...]]:
        """
        All links that can still be used, the next to end first.
        """

    def end_link(self, id: str) -> Awaitable[bool]:
        """
        End a link, by its id; whether there was one.
        """
