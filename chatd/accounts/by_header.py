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

from chatd.core.vouching import Vouching


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
    See `Vouching.person_of`.
    """

    credentialInterfaces = (IVouchedFor,)

    def __init__(self, vouching: Vouching) -> None:
        self._vouching = vouching

    def requestAvatarId(self, credentials: VouchedFor) -> Deferred[Any]:
        """
        See `ICredentialsChecker`.
        """
        return Deferred.fromCoroutine(self._vouching.person_of(credentials.user))
