"""
Twisted's cred: what vouches for somebody, and what they are then.

A new way to come in is a checker in a file of its own, and its line in `chatd.service`.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from chatd.core.accounts import Accounts, Proven
from chatd.core.names import PersonId
from chatd.core.records import Known


class ISomebody(Interface):
    """
    The avatar of a connection that is vouched for each time: a `chatd.core.records.Known`.
    """


class ISignedIn(Interface):
    """
    The avatar that is a session: a `chatd.core.accounts.SignedIn`, with a token by which one comes again. The
    `mind` is a `Visit`.
    """


class Visit(Struct, frozen=True):
    """
    For what a session is opened: its label, and the secret of a link that makes one an owner, if there is
    one.
    """

    label: str
    owner: str | None = None


@implementer(IRealm)
class Realm:
    """
    From the id of a person, or a `Proven`, which is what checkers find out, to one of these.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Deferred[Any]:
        """
        See `IRealm`. Whoever logs a session out ends its token.
        """
        return Deferred.fromCoroutine(self._avatar(avatarId, mind, interfaces))

    async def _avatar(self, shown: Any, mind: Any, interfaces: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        person = shown.person if isinstance(shown, Proven) else PersonId(shown)
        if ISignedIn in interfaces:
            checked = shown.password if isinstance(shown, Proven) else None
            signed_in = await self._accounts.open(person, mind.label, checked, mind.owner)
            return ISignedIn, signed_in, lambda: self._accounts.sign_out(signed_in.token)
        if ISomebody not in interfaces:
            raise NotImplementedError("there is nothing else to be here")
        card = await self._accounts.hub.card(person)
        if card is None:
            raise UnauthorizedLogin("nobody has that id")
        return ISomebody, Known(card, True), lambda: None
