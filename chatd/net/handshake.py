"""
What a request shows of who makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatd.net.account import cookie_of
from chatd.net.forwarded import Front


class Credentials:
    """
    Finds them in a request: the header of a trusted proxy, if one is agreed on, else the token in the cookie.

    `vouched_for` makes credentials of what the proxy says.
    """

    def __init__(self, front: Front, header: str | None, vouched_for: Callable[[str], Any]) -> None:
        self._front = front
        self._header = None if header is None else header.encode("ascii").lower()
        self._vouched_for = vouched_for

    def of(self, request: Any) -> Any:
        """
        The credentials; None if there are none. What anybody but a trusted proxy writes into the header is
        nothing.
        """
        if self._header is not None and self._front.trusts(request.transport.getPeer()):
            said = request.requestHeaders.getRawHeaders(self._header, ())
            if len(said) > 1:
                # Whoever added one to the proxy's, it is nobody.
                return None
            if said and said[0].strip():
                return self._vouched_for(_text(said[0].strip()))
        return cookie_of(request)


def _text(value: bytes) -> str:
    # What is no UTF-8 is of the older kind (RFC 9110 section 5.5): no two values are to become one.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
