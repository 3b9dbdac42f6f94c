"""
The ways in to accounts, through one portal of cred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal

from chatd.accounts.by_header import HeaderChecker
from chatd.accounts.by_password import NamePassword, PasswordChecker
from chatd.accounts.portal import ISignedIn, ISomebody, Realm, Visit
from chatd.core.accounts import Accounts, SignedIn, SignUp
from chatd.core.records import Known
from chatd.core.refusals import Code, Refused
from chatd.core.vouching import Vouching


class Doors:
    """
    What `chatd.net.account.Door` wants, and `Hub.identify`. `seconds` is the monotonic clock. Further
    `checkers` stand beside the two that are always there.
    """

    def __init__(
        self, accounts: Accounts, seconds: Callable[[], float], checkers: tuple[ICredentialsChecker, ...] = ()
    ) -> None:
        self._accounts = accounts
        self._seconds = seconds
        always = [PasswordChecker(accounts), HeaderChecker(Vouching(accounts.hub))]
        self.portal = Portal(Realm(accounts), [*always, *checkers])

    async def identify(self, shown: Any) -> Known:
        """
        Who shows a token, which is a text, or credentials for one of the checkers. Raises `Refused`.
        """
        if isinstance(shown, str):
            return await self._accounts.by_token(shown)
        try:
            _, known, _ = await self.portal.login(shown, None, ISomebody)
        except UnauthorizedLogin:
            raise Refused(Code.BAD_TOKEN, "Nobody is known by that.") from None
        assert isinstance(known, Known)
        return known

    async def sign_in(
        self, name: str, password: str, address: str | None, label: str, owner: str | None
    ) -> SignedIn:
        """
        Open a session for whoever knows a password, and make them an owner if they know the secret of a link.
        """
        credentials = NamePassword(name, password, address, self._seconds())
        try:
            _, signed_in, _ = await self.portal.login(credentials, Visit(label, owner), ISignedIn)
        except UnauthorizedLogin:
            # Further checkers say it in this way, whatever was wrong.
            raise Refused(Code.BAD_PASSWORD, "That name and password do not belong together.") from None
        assert isinstance(signed_in, SignedIn)
        return signed_in

    async def sign_up(self, asked: SignUp, address: str | None, label: str) -> SignedIn:
        """
        Give somebody an account.
        """
        return await self._accounts.sign_up(asked, address, label, self._seconds())

    async def remember(self, token: str) -> SignedIn:
        """
        A guest who wants to be known by a cookie too. Raises `Refused`: `bad_token`, and `forbidden` for an
        account, which signs in.
        """
        known = await self._accounts.by_token(token)
        if self._accounts.hub.rights.account(known.card.id):
            raise Refused(Code.FORBIDDEN, "An account signs in.")
        return SignedIn(known.card, token)

    async def sign_out(self, token: str) -> None:
        """
        End the session of a token.
        """
        await self._accounts.sign_out(token)

    async def change_password(self, token: str, old: str, new: str, address: str | None) -> None:
        """
        Give the account of a token another password.
        """
        await self._accounts.change_password(token, old, new, address, self._seconds())

    def role(self, signed_in: SignedIn) -> str:
        """
        What somebody is on the server.
        """
        return self._accounts.hub.rights.server_role(signed_in.card.id)
