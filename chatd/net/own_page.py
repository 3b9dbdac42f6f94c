"""
What only a page of this server may have a browser do.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from chatd.net.door import Denied, OriginRule


def check_own_page(request: Any, rule: OriginRule, *, secure: bool) -> None:
    """
    Raise `Denied` unless it is our own page that asks, or a program: by its Origin and by Sec-Fetch-Site.
    """
    sites = request.requestHeaders.getRawHeaders(b"sec-fetch-site", ())
    if any(site not in (b"same-origin", b"none") for site in sites):
        raise Denied(HTTPStatus.FORBIDDEN, "Only a page of this server may ask for this.")
    origins = request.requestHeaders.getRawHeaders(b"origin", ())
    hosts = request.requestHeaders.getRawHeaders(b"host", ())
    if len(origins) > 1 or len(hosts) != 1:
        raise Denied(HTTPStatus.BAD_REQUEST, "There has to be one Host, and at most one Origin.")
    if origins:
        rule.check_own(origins[0].decode("latin-1"), hosts[0].decode("latin-1"), secure=secure)
