"""
What every HTTP answer of chatd has in common: its headers, and how content is sent, resumed and left unsent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from twisted.internet.defer import Deferred, execute, succeed
from twisted.web.server import NOT_DONE_YET

from chatd.net.sending import CHUNK_BYTES, Sending

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"Server", b"chatd"),
    (b"Content-Security-Policy", _POLICY.encode()),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
)
"""
On every answer, whatever its status and whoever writes it, the WebSocket's own included.
"""

# A longer condition or list of codings is as none: taking it apart costs too much.
_LIST_BYTES = 1024


class Stored(Protocol):
    """
    Bytes that are too many to be in memory all at once.
    """

    def __len__(self) -> int:
        """How many there are."""

    def read(self, at: int, count: int) -> bytes:
        """So many of them from there on, or fewer; none if they are no longer the same."""


@dataclass(slots=True, frozen=True)
class Content:
    """
    Bytes with what a client needs to keep them: their media type, a strong entity tag in its quotes, and for
    how long they may be used (a Cache-Control); `packed` is the body in gzip, where that is worth while.
    """

    body: bytes | Stored
    media_type: bytes
    etag: bytes
    cache: bytes
    packed: bytes | None = None


def send_content(request: Any, content: Content) -> bytes | int:
    """
    Answer a GET or HEAD with `content`: whole, one range of it, or "not modified". To be returned by
    `render`.

    Source: RFC 9110, sections 8.4 and 12 to 14. Several ranges, or a malformed one, are answered with the
    whole; a range is one of the bytes as they are, and never packed.
    """
    body, etag = content.body, content.etag
    wanted = request.getHeader(b"range")
    if content.packed is not None:
        request.setHeader(b"Vary", b"Accept-Encoding")
        if not wanted and _takes_gzip(_short(request.getHeader(b"accept-encoding"))):
            body, etag = content.packed, etag[:-1] + b'-gzip"'
            request.setHeader(b"Content-Encoding", b"gzip")
    started = start_content(request, len(body), content.media_type, etag, content.cache, content.etag)
    if isinstance(started, bytes):
        return started
    first, end = started
    if isinstance(body, bytes) and end - first <= CHUNK_BYTES:
        return body[first:end]

    def read(at: int, count: int) -> Deferred[bytes]:
        return succeed(body[at : at + count]) if isinstance(body, bytes) else execute(body.read, at, count)

    Sending(request, read, first, end).start()
    return NOT_DONE_YET


def start_content(
    request: Any, total: int, media_type: bytes, etag: bytes, cache: bytes, plain_etag: bytes | None = None
) -> tuple[int, int] | bytes:
    """
    Set the headers of an answer with content of `total` bytes; the first byte to send and the end. Where
    there is nothing to send, the whole body.

    `plain_etag` is that of the content as it is, if `etag` is not.
    """
    wanted = request.getHeader(b"range")
    request.setHeader(b"ETag", etag)
    request.setHeader(b"Cache-Control", cache)
    request.setHeader(b"Accept-Ranges", b"bytes")
    if _known(_short(request.getHeader(b"if-none-match")), etag):
        _set_status(request, HTTPStatus.NOT_MODIFIED)
        return b""
    first, end = 0, total
    if wanted and request.method == b"GET" and request.getHeader(b"if-range") in (None, plain_etag or etag):
        span = _span(wanted, total)
        if span is not None:
            first, end = span
            if first >= end:
                request.setHeader(b"Content-Range", b"bytes */%d" % total)
                return send_text(
                    request, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "There is no such range."
                )
            _set_status(request, HTTPStatus.PARTIAL_CONTENT)
            request.setHeader(b"Content-Range", b"bytes %d-%d/%d" % (first, end - 1, total))
    request.setHeader(b"Content-Type", media_type)
    request.setHeader(b"Content-Length", b"%d" % (end - first))
    if request.method == b"HEAD" or end == first:
        return b""
    return first, end


def _short(value: bytes | None) -> bytes | None:
    return None if value is None or len(value) > _LIST_BYTES else value


def _takes_gzip(accepted: bytes | None) -> bool:
    """
    Whether an Accept-Encoding names gzip, and not with a weight of nothing.
    """
    for one in (accepted or b"").lower().split(b","):
        coding, *parameters = (part.strip() for part in one.split(b";"))
        if coding == b"gzip":
            return not any(re.fullmatch(rb"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
    return False


def send_text(request: Any, status: HTTPStatus, text: str) -> bytes:
    """
    Answer with a line of plain text that is not to be kept. To be returned by `render`.
    """
    request.setHeader(b"Cache-Control", b"no-store")
    return _send(request, status, b"text/plain; charset=utf-8", f"{text}\n".encode())


def send_json(request: Any, status: HTTPStatus, told: dict[str, Any]) -> bytes:
    """
    Answer with a JSON object that is not to be kept. To be returned by `render`, or written.
    """
    request.setHeader(b"Cache-Control", b"no-store")
    return _send(request, status, b"application/json", msgspec.json.encode(told))


def send_not_found(request: Any) -> bytes:
    """
    Answer that there is nothing at this path. To be returned by `render`.
    """
    request.setHeader(b"Cache-Control", b"no-store")
    return _send(request, HTTPStatus.NOT_FOUND, b"text/html; charset=utf-8", _NOT_FOUND)


_NOT_FOUND = (
    b'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Not found</title>\n'
    b'<h1>There is nothing here</h1>\n<p><a href="/">To the chat</a></p>\n</html>\n'
)


def _set_status(request: Any, status: HTTPStatus) -> None:
    # Twisted does not know the phrase of each.
    request.setResponseCode(status, status.phrase.encode())


def _send(request: Any, status: HTTPStatus, media_type: bytes, body: bytes) -> bytes:
    _set_status(request, status)
    request.setHeader(b"Content-Type", media_type)
    request.setHeader(b"Content-Length", b"%d" % len(body))
    return b"" if request.method == b"HEAD" else body


def _known(condition: bytes | None, etag: bytes) -> bool:
    if condition is None:
        return False
    tags = [tag.strip().removeprefix(b"W/") for tag in condition.split(b",")]
    return etag in tags or tags == [b"*"]


def _span(wanted: bytes, total: int) -> tuple[int, int] | None:
    """
    The one range asked for, as first byte and end (first >= end if it cannot be given), or None for none that
    counts.
    """
    match = re.fullmatch(rb"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", wanted, re.IGNORECASE)
    if match is None or match[0].rstrip().endswith(b"=-"):
        return None
    if not match[1]:
        # The last so many bytes.
        return max(0, total - int(match[2])), total
    first = int(match[1])
    if not match[2]:
        return first, total
    if int(match[2]) < first:
        return None
    return first, min(int(match[2]) + 1, total)
