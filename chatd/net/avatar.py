"""
A person's picture: one or two initials on a colour that comes from their id, drawn from the URL alone.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
import unicodedata
from urllib.parse import unquote_to_bytes

from chatd.core.memo import memo
from chatd.core.names import is_visible
from chatd.net.answers import Content

# The URL says all that the picture shows, so it never changes.
_CACHE = b"public, max-age=31536000, immutable"
_PATH = re.compile(rb"/avatar/([a-z0-9]{1,32})\.svg")
# What WCAG 2.2 asks of text on its ground, level AA.
_CONTRAST = 4.5
_SATURATION = 0.55


def find_avatar(path: bytes, query: bytes) -> Content | None:
    """
    The picture at `/avatar/<id>.svg?<initials>`, or None if id or initials are not well formed.

    The initials are one or two letters or digits of any script that can be seen, as percent-encoded UTF-8.
    """
    match = _PATH.fullmatch(path)
    initials = _initials(query)
    if match is None or initials is None:
        return None
    body = _draw(_colour(match[1]), initials)
    etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
    return Content(body, b"image/svg+xml; charset=utf-8", etag, _CACHE)


def _initials(query: bytes) -> str | None:
    # Two characters of four bytes each, each byte as %XX, are the longest.
    if not 1 <= len(query) <= 24:
        return None
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        return None
    kinds = [unicodedata.category(character)[0] for character in text]
    # An upper-case letter that Unicode has only with a mark of its own, as for "\u1e96", is a letter too.
    if 1 <= len(kinds) <= 2 and kinds[0] in "LN" and kinds[-1] in "LNM" and is_visible(text):
        return text
    return None


def _draw(colour: str, initials: str) -> bytes:
    # Letters and digits need no escaping. Attributes, since the policy allows no style.
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" fill="{colour}"/>'
        '<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="28" font-weight="600" '
        f'text-anchor="middle" dominant-baseline="central">{initials}</text></svg>\n'
    ).encode()


@memo(1024)
def _colour(person: bytes) -> str:
    """
    A colour for an id, always the same, on which white text can be read.
    """
    hue = int.from_bytes(hashlib.sha256(person).digest()[:2], "big") / 65536
    for lightness in range(50, 0, -2):
        channels = tuple(round(255 * part) for part in colorsys.hls_to_rgb(hue, lightness / 100, _SATURATION))
        if 1.05 / (_luminance(channels) + 0.05) >= _CONTRAST:
            break
    return "#" + bytes(channels).hex()


def _luminance(channels: tuple[int, ...]) -> float:
    """
    Relative luminance of an sRGB colour, 0 to 1. Source: WCAG 2.2.
    """
    linear = []
    for channel in channels:
        part = channel / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
