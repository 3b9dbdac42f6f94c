"""
Coming to an account, and coming back to it: by a password, a token, a link, or the word of a proxy.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from chatd.core.attempts import Attempts
from chatd.core.events import Author, Card, Change, DeedDraft, Detail
from chatd.core.names import AUDIT, MAX_NICK, PersonId, check_nick, fold, person_id
from chatd.core.records import Known
from chatd.core.refusals import CloseCode, Code, Refused
from chatd.core.registry import Newcomer, token_id
from chatd.core.rights import SERVER
from chatd.core.text import forbidden_character

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

PASSWORD_LENGTH = (8, 256)
AUDIT_TITLE = "Audit log"
USED_LINK = "owner_link"
"""What is decided about the server by the owner's link that was used last: the hash of its secret."""


def hash_token(token: str) -> bytes:
    """
    What the store keeps of a token. A token is 256 random bits, so one pass of SHA-256 is enough.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_token(random: bytes) -> str:
    """
    The token that 32 random bytes stand for.
    """
    return base64.urlsafe_b64encode(random).decode("ascii").rstrip("=")


class Passwords(Protocol):
    """
    What hashes passwords, where it holds nobody up. Both raise `Refused` with `rate_limited` if too many
    wait.
    """

    def encode(self, password: str) -> Awaitable[str]:
        """
        What is kept of a password.
        """

    def fits(self, encoded: str | None, password: str) -> Awaitable[bool]:
        """
        Whether that is the password; None fits none, and takes as long to find out.
        """


class OwnerLinks(Protocol):
    """
    The link that makes the first account, or one more, an owner: good once.
    """

    def take(self, secret: str) -> Awaitable[bool]:
        """
        Whether that is its secret; then it is nobody else's any more, unless it is put back.
        """

    def put_back(self) -> None:
        """
        It has not been used after all.
        """

    def spend(self) -> Awaitable[None]:
        """
        It has been used.
        """


class SignUp(Struct, frozen=True, kw_only=True):
    """
    What somebody sends who wants an account: `token` is a guest's whose account it is to be, `invite` and
    `owner` are the secrets of links.
    """

    password: str
    name: str | None = None
    token: str | None = None
    invite: str | None = None
    owner: str | None = None


class Proven(Struct, frozen=True):
    """
    Somebody who has shown their password, and its encoded hash: nobody comes in by one that was changed
    meanwhile.
    """

    person: PersonId
    password: str


class SignedIn(Struct, frozen=True):
    """
    Somebody who has come in, and the token with which they come again.
    """

    card: Card
    token: str


@dataclass(slots=True, eq=False)
class Accounts:
    """
    Everything about accounts that is not said by a command. Nothing of it waits on the reactor's thread.
    """

    hub: Hub
    passwords: Passwords
    owner_links: OwnerLinks
    attempts: Attempts = field(default_factory=Attempts)

    async def sign_up(self, asked: SignUp, address: str | None, label: str, now: float) -> SignedIn:
        """
        Give a guest, or somebody new, an account.

        Raises `Refused`: `forbidden` if there are no accounts to be had, `bad_invite`, `bad_token`,
        `bad_password` for one that is too short or too long, `name_taken`, `locked`, `rate_limited`,
        `banned`, and `muted` for a guest who may have no other name.
        """
        hub, rights = self.hub, self.hub.rights
        _check_password(asked.password)
        if rights.banned(SERVER, None, address, hub.wall_ms()):
            raise Refused(Code.BANNED, "You are banned from this server.")
        if asked.owner is None:
            self._check_open(asked)
        with self.attempts.sign_up(address, now):
            known = await self._guest(asked)
            name = check_nick(asked.name) if asked.name is not None else known.name if known else None
            if name is None:
                raise Refused(Code.BAD_NAME, "An account needs a name.")
            if known is not None:
                self._check_guest(known, name, address)
            card = Card(known.id if known else person_id(hub.random(10)), name)
            if asked.owner is None:
                return await self._name_and_enrol(card, asked, known is None, label)
            await self._take_link(asked.owner)
            try:
                signed_in = await self._name_and_enrol(card, asked, known is None, label)
            except BaseException:
                self.owner_links.put_back()
                raise
            await self.owner_links.spend()
            return signed_in

    async def _take_link(self, secret: str) -> None:
        # What is noted as used stays so, also where the server went down before it took the link away.
        used = self.hub.rights.about(SERVER, "").get(USED_LINK) == hash_token(secret).hex()
        if used or not await self.owner_links.take(secret):
            raise Refused(Code.BAD_INVITE, "That link is not good, or not any more.")

    def _check_open(self, asked: SignUp) -> None:
        how = self.hub.settings.sign_up
        if self.hub.rights.locked(SERVER):
            raise Refused(Code.LOCKED, "The server lets nobody new in at the moment.")
        if how == "off":
            raise Refused(Code.FORBIDDEN, "There are no accounts to be had here.")
        if how == "invite" and asked.invite is None:
            raise Refused(Code.BAD_INVITE, "An account here needs an invitation.")

    def _check_guest(self, known: Card, name: str, address: str | None) -> None:
        """What a guest may not do by `hello` they may not do by getting an account."""
        rights, now_ms = self.hub.rights, self.hub.wall_ms()
        if rights.banned(SERVER, known.id, None, now_ms):
            raise Refused(Code.BANNED, "You are banned from this server.")
        if name != known.name and rights.muted(SERVER, known.id, address, now_ms):
            raise Refused(Code.MUTED, "You may not write anywhere at the moment, a name either.")

    async def _guest(self, asked: SignUp) -> Card | None:
        if asked.token is None:
            return None
        known = await self.hub.store.person_of_token(hash_token(asked.token))
        if known is None:
            raise Refused(Code.BAD_TOKEN, "That token is not known here.")
        here = self.hub.presence.people.get(known.card.id)
        return here.card if here else known.card

    async def _name_and_enrol(self, card: Card, asked: SignUp, new: bool, label: str) -> SignedIn:
        names = self.hub.names
        # It has a name here from the moment that it is being made.
        if names.card(card.id) is not None:
            raise Refused(Code.FORBIDDEN, "You have an account already.")
        with names.changing(card):
            names.claim(card.name, card.id)
            # At once, and not when it is there: names that look like it are free to be claimed until then.
            names.reserve(card)
            try:
                return await self._enrol(card, asked, new, label)
            except BaseException:
                names.unreserve(card)
                names.unclaim(card)
                raise

    async def _enrol(self, card: Card, asked: SignUp, new: bool, label: str) -> SignedIn:
        hub = self.hub
        token = new_token(hub.random(32))
        encoded = await self.passwords.encode(asked.password)
        role = "member" if asked.owner is None else "owner"
        changes = [Change(SERVER, card.id, "account", "member")]
        if asked.owner is not None:
            changes += _owner_changes(card.id, asked.owner)
        newcomer = Newcomer(
            card=card,
            new=new,
            password=encoded,
            token_hash=hash_token(token),
            label=label,
            link=None if asked.invite is None or asked.owner is not None else hash_token(asked.invite),
            deeds=(account_deed(card, "signed_up", role, tuple(changes)),),
        )
        ended = await hub.end_tokens(hub.store.registry.enrol(newcomer))
        # Whoever else knows the guest's token, or came by it before, is not to be in the account.
        close_ended(hub, card.id, ended, None)
        if not hub.sessions_of(card.id):
            hub.names.unclaim(card)
        else:
            hub.show_name(hub.presence.people[card.id], card.name, None)
        return SignedIn(card, token)

    async def check_password(self, name: str, password: str, address: str | None, now: float) -> Proven:
        """
        Whose name and password that is. What is wrong counts against the account and the address.
        """
        wrong = Refused(Code.BAD_PASSWORD, "That name and password do not belong together.")
        if len(name) > 4 * MAX_NICK or len(password) > PASSWORD_LENGTH[1]:
            raise wrong
        person = self.hub.names.holder(name)
        # However it is written: those that look alike are one.
        with self.attempts.password(person or fold(name), address, now):
            # Of nobody too, so that it takes as long.
            encoded = await self.hub.store.registry.password(person or PersonId(""))
            if not await self.passwords.fits(encoded, password) or person is None or encoded is None:
                raise wrong
            return Proven(person, encoded)

    async def open(
        self, person: PersonId, label: str, checked: str | None = None, owner: str | None = None
    ) -> SignedIn:
        """
        Give somebody who has an account one more token, if the password that was `checked` is still theirs;
        and make them an owner, if `owner` is the secret of a link. Raises `Refused`: `banned`,
        `bad_password`, `bad_invite`.
        """
        hub = self.hub
        card = await hub.card(person)
        if card is None or hub.rights.banned(SERVER, person, None, hub.wall_ms()):
            raise Refused(Code.BANNED, "You are banned from this server.")
        if owner is None:
            return await self._add_token(card, label, checked)
        await self._take_link(owner)
        try:
            signed_in = await self._add_token(card, label, checked)
            changes = tuple(_owner_changes(person, owner))
            try:
                await hub.store.act((account_deed(card, "role", "owner", changes),))
            except BaseException:
                await self.sign_out(signed_in.token)
                raise
        except BaseException:
            self.owner_links.put_back()
            raise
        await self.owner_links.spend()
        return signed_in

    async def _add_token(self, card: Card, label: str, checked: str | None) -> SignedIn:
        token = new_token(self.hub.random(32))
        adding = self.hub.store.registry.add_token(card.id, hash_token(token), label, checked)
        ended = await self.hub.end_tokens(adding)
        close_tokens(self.hub, ended)
        return SignedIn(card, token)

    async def change_password(self, token: str, old: str, new: str, address: str | None, now: float) -> None:
        """
        Give an account another password; all its other tokens end.
        """
        known = await self.by_token(token)
        if not self.hub.rights.account(known.card.id):
            raise Refused(Code.FORBIDDEN, "A guest has no password: sign up first.")
        _check_password(new)
        proven = await self.check_password(known.card.name, old, address, now)
        if proven.person != known.card.id:
            raise Refused(Code.BAD_PASSWORD, "That is not your password.")
        encoded, keep = await self.passwords.encode(new), hash_token(token)
        setting = self.hub.store.registry.set_password(proven.person, encoded, proven.password, keep)
        ended = await self.hub.end_tokens(setting)
        close_ended(self.hub, proven.person, ended, keep)

    async def sign_out(self, token: str) -> None:
        """
        End a token, and the connections that came by it.
        """
        known = await self.by_token(token)
        token_hash = hash_token(token)
        ending = self.hub.store.registry.end_token(known.card.id, token_id(token_hash))
        await self.hub.end_tokens(ending)
        close_tokens(self.hub, (token_hash,))

    async def by_token(self, token: str) -> Known:
        """
        Whose token it is. Raises `Refused` with `bad_token`.
        """
        return await self.hub.by_token(token)


def account_deed(
    card: Card, kind: str, role: str, changes: tuple[Change, ...], by: Card | None = None
) -> DeedDraft:
    """
    What stands in the audit log of somebody who got an account.
    """
    author = by or card
    return DeedDraft(
        room=AUDIT,
        room_name=AUDIT_TITLE,
        author=Author(author.id, author.name),
        kind=kind,
        detail=Detail(who=card, role=role),
        changes=changes,
    )


def _owner_changes(person: PersonId, secret: str) -> list[Change]:
    return [
        Change(SERVER, person, "role", "owner"),
        Change(SERVER, "", USED_LINK, hash_token(secret).hex()),
    ]


async def end_others(hub: Hub, person: PersonId, keep: bytes | None) -> None:
    """
    End all tokens of a person but one, and the connections that came by them.
    """
    ended = await hub.end_tokens(hub.store.registry.end_other_tokens(person, keep))
    close_ended(hub, person, ended, keep)


def close_ended(hub: Hub, person: PersonId, ended: Collection[bytes], keep: bytes | None) -> None:
    """
    Close the connections of a person but those that came by the token that is kept, after others ended.
    """
    close_tokens(hub, ended)
    for session in hub.sessions_of(person):
        if session.token_hash != keep:
            _close(session)


def close_tokens(hub: Hub, ended: Collection[bytes]) -> None:
    """
    Close the connections that came by tokens that have ended, also where nobody is greeted yet.
    """
    for session in tuple(hub.sessions) if ended else ():
        if session.token_hash in ended:
            _close(session)


def _close(session: Session) -> None:
    session.close(CloseCode.BAD_TOKEN, CloseCode.BAD_TOKEN.reason)


def _check_password(password: str) -> None:
    least, most = PASSWORD_LENGTH
    if not least <= len(password) <= most or forbidden_character(password) is not None:
        raise Refused(Code.BAD_PASSWORD, f"A password has {least} to {most} characters.")
