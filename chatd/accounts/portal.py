"""
Twisted's cred: what vouches for somebody, and what they are then.

A new way to come in is a checker in a file of its own, and its line in `chatd.service`.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from chatd.core.accounts import Accounts
from chatd.core.names import PersonId
from chatd.core.records import Known


class ISomebody(Interface):
    """
    The avatar of a connection that is vouched for each time: a `chatd.core.records.Known`.
    """


class ISignedIn(Interface):
    """
    The avatar that is a session: a `chatd.core.accounts.SignedIn`, with a token by which one comes again. The
    `mind` is its label.
    """


@implementer(IRealm)
class Realm:
    """
    From the id of a person, which is what checkers find out, to one of these.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Deferred[Any]:
        """
        See `IRealm`. Whoever logs a session out ends its token.
        """
        return Deferred.fromCoroutine(self._avatar(PersonId(avatarId), mind, interfaces))

    async def _avatar(self, person: PersonId, mind: Any, interfaces: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        if ISignedIn in interfaces:
            signed_in = await self._accounts.open(person, str(mind))
            return ISignedIn, signed_in, lambda: self._accounts.sign_out(signed_in.token)
        if ISomebody not in interfaces:
            raise NotImplementedError("there is nothing else to be here")
        card = await self._accounts.hub.card(person)
        if card is None:
            raise UnauthorizedLogin("nobody has that id")
        return ISomebody, Known(card, True), lambda: None
