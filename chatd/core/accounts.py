"""
Coming to an account, and coming back to it: by a password, a token, a link, or the word of a proxy.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from chatd.core.events import Author, Card, Change, DeedDraft, Detail
from chatd.core.limits import AddressLimit
from chatd.core.names import AUDIT, MAX_NICK, PersonId, check_nick, person_id, shown_name
from chatd.core.records import Known
from chatd.core.refusals import CloseCode, Code, Refused
from chatd.core.registry import Newcomer, token_id
from chatd.core.rights import SERVER
from chatd.core.text import forbidden_character

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

PASSWORD_LENGTH = (8, 256)
WRONG_OF_ACCOUNT, WRONG_OF_ADDRESS = 10, 30
"""How many wrong passwords at once; then one in 30 s for an account, and one in 10 s from an address."""
SIGN_UPS = 20
"""How many accounts an address may make in an hour."""
AUDIT_TITLE = "Audit log"


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
    wrong_of_account: AddressLimit = field(default_factory=lambda: AddressLimit(WRONG_OF_ACCOUNT, 300.0))
    wrong_of_address: AddressLimit = field(default_factory=lambda: AddressLimit(WRONG_OF_ADDRESS, 300.0))
    sign_ups: AddressLimit = field(default_factory=lambda: AddressLimit(SIGN_UPS, 3600.0))

    async def sign_up(self, asked: SignUp, address: str | None, label: str, now: float) -> SignedIn:
        """
        Give a guest, or somebody new, an account.

        Raises `Refused`: `forbidden` if there are no accounts to be had, `bad_invite`, `bad_token`,
        `bad_password` for one that is too short or too long, `name_taken`, `locked`, `rate_limited`.
        """
        hub, rights = self.hub, self.hub.rights
        _check_password(asked.password)
        if rights.banned(SERVER, None, address, hub.wall_ms()):
            raise Refused(Code.BANNED, "You are banned from this server.")
        if asked.owner is None:
            self._check_open(asked)
        wait = self.sign_ups.take(address, now)
        if wait:
            raise Refused(Code.RATE_LIMITED, "Too many accounts came from your address.", retry_after=wait)
        known = await self._guest(asked)
        name = check_nick(asked.name) if asked.name is not None else known.name if known else None
        if name is None:
            raise Refused(Code.BAD_NAME, "An account needs a name.")
        card = Card(known.id if known else person_id(hub.random(10)), name)
        owner = asked.owner is not None
        if owner and not await self.owner_links.take(str(asked.owner)):
            raise Refused(Code.BAD_INVITE, "That link is not good, or not any more.")
        try:
            hub.names.claim(name, card.id)
            try:
                return await self._enrol(card, asked, known is None, label, owner=owner)
            except BaseException:
                hub.names.unclaim(card)
                raise
        except BaseException:
            if owner:
                self.owner_links.put_back()
            raise

    def _check_open(self, asked: SignUp) -> None:
        how = self.hub.settings.sign_up
        if self.hub.rights.locked(SERVER):
            raise Refused(Code.LOCKED, "The server lets nobody new in at the moment.")
        if how == "off":
            raise Refused(Code.FORBIDDEN, "There are no accounts to be had here.")
        if how == "invite" and asked.invite is None:
            raise Refused(Code.BAD_INVITE, "An account here needs an invitation.")

    async def _guest(self, asked: SignUp) -> Card | None:
        if asked.token is None:
            return None
        known = await self.hub.store.person_of_token(hash_token(asked.token))
        if known is None:
            raise Refused(Code.BAD_TOKEN, "That token is not known here.")
        if self.hub.rights.account(known.card.id):
            raise Refused(Code.FORBIDDEN, "You have an account already.")
        here = self.hub.presence.people.get(known.card.id)
        return here.card if here else known.card

    async def _enrol(self, card: Card, asked: SignUp, new: bool, label: str, *, owner: bool) -> SignedIn:
        hub = self.hub
        token = new_token(hub.random(32))
        encoded = await self.passwords.encode(asked.password)
        changes = [Change(SERVER, card.id, "account", "member")]
        if owner:
            changes.append(Change(SERVER, card.id, "role", "owner"))
        newcomer = Newcomer(
            card=card,
            new=new,
            password=encoded,
            token_hash=hash_token(token),
            label=label,
            link=None if asked.invite is None or owner else hash_token(asked.invite),
            deeds=(account_deed(card, "signed_up", "owner" if owner else "member", tuple(changes)),),
        )
        await hub.store.registry.enrol(newcomer)
        if owner:
            await self.owner_links.spend()
        for session in hub.sessions_of(card.id):
            # It goes on under the token that takes the place of the guest's.
            session.token_hash = newcomer.token_hash
        hub.names.reserve(card)
        if not hub.sessions_of(card.id):
            hub.names.unclaim(card)
        else:
            hub.show_name(hub.presence.people[card.id], card.name, None)
        return SignedIn(card, token)

    async def become_owner(self, card: Card, secret: str) -> None:
        """
        Make somebody who has an account an owner, by the secret of a link. Raises `Refused` with
        `bad_invite`.
        """
        if not await self.owner_links.take(secret):
            raise Refused(Code.BAD_INVITE, "That link is not good, or not any more.")
        change = Change(SERVER, card.id, "role", "owner")
        try:
            await self.hub.store.act((account_deed(card, "role", "owner", (change,)),))
        except BaseException:
            self.owner_links.put_back()
            raise
        await self.owner_links.spend()

    async def check_password(self, name: str, password: str, address: str | None, now: float) -> PersonId:
        """
        Whose name and password that is. What is wrong counts against the account and the address.
        """
        wrong = Refused(Code.BAD_PASSWORD, "That name and password do not belong together.")
        if len(name) > 4 * MAX_NICK or len(password) > PASSWORD_LENGTH[1]:
            raise wrong
        key = self.hub.names.key(name)
        waits = (self.wrong_of_account.take(key, now), self.wrong_of_address.take(address, now))
        if any(waits):
            raise Refused(Code.RATE_LIMITED, "Too many wrong passwords.", retry_after=max(waits))
        person = self.hub.names.holder(name)
        encoded = None if person is None else await self.hub.store.registry.password(person)
        if not await self.passwords.fits(encoded, password) or person is None:
            raise wrong
        self.wrong_of_account.give_back(key)
        self.wrong_of_address.give_back(address)
        return person

    async def open(self, person: PersonId, label: str) -> SignedIn:
        """
        Give somebody who has an account one more token.
        """
        hub = self.hub
        card = await hub.card(person)
        if card is None or hub.rights.banned(SERVER, person, None, hub.wall_ms()):
            raise Refused(Code.BANNED, "You are banned from this server.")
        token = new_token(hub.random(32))
        await hub.store.registry.add_token(person, hash_token(token), label)
        return SignedIn(card, token)

    async def change_password(self, token: str, old: str, new: str, address: str | None, now: float) -> None:
        """
        Give an account another password; all its other tokens end.
        """
        known = await self.by_token(token)
        if not self.hub.rights.account(known.card.id):
            raise Refused(Code.FORBIDDEN, "A guest has no password: sign up first.")
        _check_password(new)
        person = await self.check_password(known.card.name, old, address, now)
        if person != known.card.id:
            raise Refused(Code.BAD_PASSWORD, "That is not your password.")
        await self.hub.store.registry.set_password(person, await self.passwords.encode(new))
        await end_others(self.hub, person, hash_token(token))

    async def sign_out(self, token: str) -> None:
        """
        End a token, and the connections that came by it.
        """
        known = await self.by_token(token)
        token_hash = hash_token(token)
        ending = self.hub.store.registry.end_token(known.card.id, token_id(token_hash))
        await self.hub.end_tokens(ending)
        for session in self.hub.sessions_of(known.card.id):
            if session.token_hash == token_hash:
                _close(session)

    async def by_token(self, token: str) -> Known:
        """
        Whose token it is. Raises `Refused` with `bad_token`.
        """
        known = await self.hub.store.person_of_token(hash_token(token))
        if known is None:
            raise Refused(Code.BAD_TOKEN, "That token is not known here.")
        return known

    async def by_header(self, user: str) -> PersonId:
        """
        Who somebody is of whom a trusted proxy says so: the same account each time, made at the first.
        """
        hub = self.hub
        if not user or len(user) > 320 or not user.isprintable():
            raise Refused(Code.BAD_TOKEN, "The proxy names nobody.")
        known = hub.rights.person_of_user(user)
        if known is not None:
            return PersonId(known)
        card = Card(person_id(hub.random(10)), self._free_name(user))
        hub.names.reserve(card)
        try:
            changes = (
                Change(SERVER, card.id, "account", "member"),
                Change(SERVER, card.id, "header", user),
            )
            newcomer = Newcomer(
                card=card,
                new=True,
                password=None,
                token_hash=hash_token(new_token(hub.random(32))),
                label="proxy",
                deeds=(account_deed(card, "signed_up", "member", changes),),
            )
            await hub.store.registry.enrol(newcomer)
        except BaseException:
            hub.names.unreserve(card)
            raise
        return card.id

    def _free_name(self, user: str) -> str:
        """A nickname made from what the proxy says, and one that nobody has."""
        plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in shown_name(user)).strip("-")
        base = plain[: MAX_NICK - 6] or "guest"
        for number in range(1, 10_000):
            name = base if number == 1 else f"{base}-{number}"
            try:
                check_nick(name)
            except Refused:
                base = "guest"
                continue
            if self.hub.names.holder(name) is None and not self.hub.presence.holds(name):
                return name
        raise Refused(Code.NAME_TAKEN, "There is no name left.")


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


async def end_others(hub: Hub, person: PersonId, keep: bytes | None) -> int:
    """
    End all tokens of a person but one, and the connections that came by them; how many tokens.
    """
    ended = await hub.end_tokens(hub.store.registry.end_other_tokens(person, keep))
    for session in hub.sessions_of(person):
        if session.token_hash != keep:
            _close(session)
    return ended


def _close(session: Session) -> None:
    session.close(CloseCode.BAD_TOKEN, CloseCode.BAD_TOKEN.reason)


def _check_password(password: str) -> None:
    least, most = PASSWORD_LENGTH
    if not least <= len(password) <= most or forbidden_character(password) is not None:
        raise Refused(Code.BAD_PASSWORD, f"A password has {least} to {most} characters.")
