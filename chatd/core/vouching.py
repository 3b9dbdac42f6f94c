"""
Those for whom a trusted proxy vouches: an account for each, made when they come first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatd.core.accounts import account_deed, hash_token, new_token
from chatd.core.events import Card, Change
from chatd.core.names import MAX_NICK, PersonId, check_nick, person_id, shown_name
from chatd.core.refusals import Code, Refused
from chatd.core.registry import Newcomer
from chatd.core.rights import SERVER

if TYPE_CHECKING:
    from chatd.core.hub import Hub

MAX_USER = 320


@dataclass(slots=True, eq=False)
class Vouching:
    """
    Which account belongs to whom a proxy names.
    """

    hub: Hub
    _coming: set[str] = field(default_factory=set)

    async def person_of(self, user: str) -> PersonId:
        """
        Who somebody is of whom a trusted proxy says so: the same account each time, made at the first.

        Raises `Refused`: `bad_token` for what names nobody, `locked` if nobody new comes in.
        """
        if not user or len(user) > MAX_USER or not user.isprintable():
            raise Refused(Code.BAD_TOKEN, "The proxy names nobody.")
        while user in self._coming:
            # Another tab of theirs was quicker: writes are answered in their order, so after this one that
            # account is known, or there is none.
            await self.hub.store.touch(())
        known = self.hub.rights.person_of_user(user)
        if known is not None:
            return PersonId(known)
        if self.hub.rights.locked(SERVER):
            raise Refused(Code.LOCKED, "The server lets nobody new in at the moment.")
        self._coming.add(user)
        try:
            return await self._enrol(user)
        finally:
            self._coming.discard(user)

    async def _enrol(self, user: str) -> PersonId:
        hub = self.hub
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
