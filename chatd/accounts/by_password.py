"""
The checker of those who know the password of an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ICredentials
from twisted.internet.defer import Deferred
from zope.interface import implementer

from chatd.core.accounts import Accounts


class INamePassword(ICredentials):
    """
    A name and a password, and where they come from: wrong ones are counted by that too.
    """


@implementer(INamePassword)
@dataclass(slots=True, frozen=True)
class NamePassword:
    """
    `address` is as admission counts it, None for a local one; `now` is the time in monotonic seconds.
    """

    name: str
    password: str
    address: str | None
    now: float


@implementer(ICredentialsChecker)
class PasswordChecker:
    """
    See `Accounts.check_password`, whose refusals come through.
    """

    credentialInterfaces = (INamePassword,)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatarId(self, credentials: NamePassword) -> Deferred[Any]:
        """
        See `ICredentialsChecker`.
        """
        shown = credentials
        return Deferred.fromCoroutine(
            self._accounts.check_password(shown.name, shown.password, shown.address, shown.now)
        )
