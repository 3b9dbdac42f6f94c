"""
The checker of those for whom a trusted proxy vouches, such as Authelia, oauth2-proxy or Tailscale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ICredentials
from twisted.internet.defer import Deferred
from zope.interface import implementer

from chatd.core.accounts import Accounts


class IVouchedFor(ICredentials):
    """
    What a trusted proxy calls somebody.
    """


@implementer(IVouchedFor)
@dataclass(slots=True, frozen=True)
class VouchedFor:
    """
    The value of the header. Whoever makes one of these has made sure that the proxy is one that is trusted.
    """

    user: str


@implementer(ICredentialsChecker)
class HeaderChecker:
    """
    See `Accounts.by_header`.
    """

    credentialInterfaces = (IVouchedFor,)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatarId(self, credentials: VouchedFor) -> Deferred[Any]:
        """
        See `ICredentialsChecker`.
        """
        return Deferred.fromCoroutine(self._accounts.by_header(credentials.user))
