"""
An HTTP connection that is counted from the moment when it is accepted.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web import http

from chatd.net.admission import RETRY_SECONDS, TOLD_SECONDS


class CountedChannel(http.HTTPChannel):
    """
    Twisted's, which takes a place among all connections, and is sent away if there is none: as it comes, or
    when it is known whose it is.
    """

    site: Any
    transport: Any
    # What it is counted under, and whether there was no room for it.
    address: str | None = None
    refused = False

    def connectionMade(self) -> None:
        super().connectionMade()
        self.address = self.site.front.address_at_first(self.transport)
        if not self.site.admission.enter(self.address):
            self._turn_away()

    def named(self) -> None:
        """
        Be counted under the client's address, which HAProxy has told only now.
        """
        if self.refused:
            return
        before, self.address = self.address, self.site.front.address_at_first(self.transport)
        if not self.site.admission.enter_again(before, self.address):
            self._turn_away()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.site.admission.leave(self.address, refused=self.refused)
        super().connectionLost(reason)

    def _turn_away(self) -> None:
        self.refused = True
        if self.site.admission.tells(self.address):
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, (b"Retry-After", b"%d" % RETRY_SECONDS))
            # That is little, and over TLS it is not sent before the handshake is done.
            self.setTimeout(TOLD_SECONDS)
        else:
            self._look_at_no_more()
            self.transport.abortConnection()

    def refuse(self, code: HTTPStatus, *more: tuple[bytes, bytes]) -> None:
        """
        Answer before anything was asked, and close.
        """
        raise NotImplementedError

    def _look_at_no_more(self) -> None:
        raise NotImplementedError
