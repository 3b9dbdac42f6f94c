"""
How files come in: by tus 1.0.0 (https://tus.io/protocols/resumable-upload), with its extensions creation,
expiration and termination.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.server import NOT_DONE_YET

from chatd.core.files import EXPIRE_SECONDS, FileRecord
from chatd.core.refusals import Code, Refused
from chatd.core.uploading import Locked, Uploads
from chatd.core.visitor import Visitor, recognize
from chatd.net.answers import send_json
from chatd.net.arrival import EXPECTED, Arrival, WrongOffset
from chatd.net.door import Denied, OriginRule
from chatd.net.own_page import check_own_page

ROOT = b"/files/"
VERSION = b"1.0.0"
EXTENSIONS = b"creation,expiration,termination"
PART = b"application/offset+octet-stream"
METHODS = b"DELETE, HEAD, OPTIONS, PATCH, POST"
METADATA_BYTES = 4096
RETRY_LOCKED_SECONDS = 1
# A longer number is no size of anything.
_DIGITS = 15

_STATUS = {
    Code.BAD_TOKEN: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.BANNED: HTTPStatus.FORBIDDEN,
    Code.MUTED: HTTPStatus.FORBIDDEN,
    Code.ARCHIVED: HTTPStatus.FORBIDDEN,
    Code.LOCKED: HTTPStatus.FORBIDDEN,
    Code.NO_SUCH_FILE: HTTPStatus.NOT_FOUND,
    Code.NO_SUCH_ROOM: HTTPStatus.NOT_FOUND,
    Code.NO_SUCH_PERSON: HTTPStatus.NOT_FOUND,
    Code.TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.QUOTA: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.READ_ONLY: HTTPStatus.INSUFFICIENT_STORAGE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_log = Logger()


class UploadDoor:
    """
    Takes the requests that bring files. `credentials_of` finds in a request what `Hub.identify` takes.

    A page of another site can have a browser send none of them: only a script can set the headers that each
    needs, and is asked for leave before that, which nobody gets here; its Origin is looked at too.
    """

    def __init__(
        self,
        uploads: Uploads,
        origin_rule: OriginRule,
        credentials_of: Callable[[Any], Any],
        seconds: Callable[[], float],
    ) -> None:
        self._uploads = uploads
        self._origin_rule = origin_rule
        self._credentials_of = credentials_of
        self._seconds = seconds
        self._acts: dict[bytes, Callable[[Any, str], Awaitable[bytes]]] = {
            b"POST": self._begin,
            b"HEAD": self._tell,
            b"PATCH": self._go_on,
            b"DELETE": self._give_up,
        }

    @property
    def most_bytes(self) -> int:
        """
        The most that a request's body may have.
        """
        return self._uploads.most_bytes

    # Before the body

    def body_of(self, request: Any, command: bytes, path: bytes, length: int | None) -> Arrival | None:
        """
        What takes the body of a request, if it is a part of an upload.
        """
        key = path.partition(b"?")[0].removeprefix(ROOT)
        if _method(request, command) != b"PATCH" or not key or b"/" in key:
            return None
        channel = request.channel
        client = request.client = channel.site.front.client(request)

        async def admit() -> tuple[FileRecord, int]:
            visitor = await self._let_in(request, client)
            kinds = request.requestHeaders.getRawHeaders(b"content-type", ())
            if [kind.strip().lower() for kind in kinds] != [PART]:
                raise Denied(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A part is {PART.decode()}.")
            at = _number(request, b"upload-offset")
            return await self._uploads.own(visitor, key.decode("latin-1")), at

        return Arrival(channel, self._uploads, length, self._seconds, admit, _refuse)

    # Behind it

    def render(self, request: Any, key: str) -> bytes | int:
        """
        Answer a request about the upload `key`, or, if that is empty, about uploads in general.
        """
        request.setHeader(b"Tus-Resumable", VERSION)
        method = _method(request, request.method)
        if method == b"OPTIONS":
            request.setHeader(b"Tus-Version", VERSION)
            request.setHeader(b"Tus-Extension", EXTENSIONS)
            request.setHeader(b"Tus-Max-Size", b"%d" % self.most_bytes)
            return _send_nothing(request, HTTPStatus.NO_CONTENT)
        act = self._acts.get(method)
        if act is None or (method == b"POST") == bool(key):
            request.setHeader(b"Allow", METHODS)
            denied = Denied(HTTPStatus.METHOD_NOT_ALLOWED, "This is where files are brought.")
            return self._send_refusal(request, denied)
        gone: list[None] = []
        request.notifyFinish().addErrback(lambda _: gone.append(None))
        Deferred.fromCoroutine(self._answer(request, act, key, gone)).addErrback(
            lambda failure: _log.failure("an upload's request failed", failure=failure)
        )
        return NOT_DONE_YET

    async def _answer(
        self, request: Any, act: Callable[[Any, str], Awaitable[bytes]], key: str, gone: list[None]
    ) -> None:
        try:
            body = await act(request, key)
        except Exception as error:  # noqa: BLE001  Whoever asked is told, whatever it is.
            if not isinstance(error, EXPECTED):
                _log.failure("a file's request failed")
            body = self._send_refusal(request, error)
            # Whatever answered with it holds it too, and by its traceback it would hold the request.
            error.__traceback__ = None
        if not gone:
            request.write(body)
            request.finish()

    def _send_refusal(self, request: Any, error: Exception) -> bytes:
        status, told, more = _refusal(error)
        for name, value in more:
            request.setHeader(name, value)
        return send_json(request, status, told)

    async def _let_in(self, request: Any, client: Any) -> Visitor:
        """Who it is. Raises `Denied` or `Refused`."""
        versions = request.requestHeaders.getRawHeaders(b"tus-resumable", ())
        if list(versions) != [VERSION]:
            text = f"Files are brought by tus {VERSION.decode()}: say so in Tus-Resumable."
            raise Denied(HTTPStatus.PRECONDITION_FAILED, text, Tus_Version=VERSION.decode())
        check_own_page(request, self._origin_rule, secure=client.secure)
        shown = bearer_of(request) or self._credentials_of(request)
        return await recognize(self._uploads.hub, shown, client.address)

    async def _begin(self, request: Any, _key: str) -> bytes:
        visitor = await self._let_in(request, request.client)
        size, said = _number(request, b"upload-length"), _metadata(request)
        if "room" not in said:
            raise Denied(HTTPStatus.BAD_REQUEST, "Upload-Metadata has to name the room.")
        name = said.get("filename", "")
        record = await self._uploads.begin(visitor, said["room"], name, size, self._seconds())
        request.setHeader(b"Location", ROOT + record.file.id.encode("ascii"))
        _say_expiry(request, record)
        return _send_nothing(request, HTTPStatus.CREATED)

    async def _tell(self, request: Any, key: str) -> bytes:
        visitor = await self._let_in(request, request.client)
        record = await self._uploads.own(visitor, key)
        with self._uploads.held(key, _hold_on):
            at = await self._uploads.offset(record)
            if at == record.file.size and record.state == "partial":
                # Somebody was cut off between its last byte and the answer.
                record = await self._uploads.finish(record)
        request.setHeader(b"Upload-Offset", b"%d" % at)
        request.setHeader(b"Upload-Length", b"%d" % record.file.size)
        name = base64.b64encode(record.file.name.encode("utf-8"))
        request.setHeader(b"Upload-Metadata", b"filename " + name)
        _say_expiry(request, record)
        return _send_nothing(request, HTTPStatus.OK)

    async def _go_on(self, request: Any, _key: str) -> bytes:
        arrival = request.body
        if arrival is None:
            raise Denied(HTTPStatus.BAD_REQUEST, "A part is sent to the path of its upload.")
        arrival.end()
        outcome = await arrival.done
        if isinstance(outcome, Exception):
            raise outcome
        record, at = outcome
        request.setHeader(b"Upload-Offset", b"%d" % at)
        _say_expiry(request, record)
        return _send_nothing(request, HTTPStatus.NO_CONTENT)

    async def _give_up(self, request: Any, key: str) -> bytes:
        visitor = await self._let_in(request, request.client)
        with self._uploads.held(key, _hold_on):
            await self._uploads.drop(visitor, key)
        await self._uploads.sweep()
        return _send_nothing(request, HTTPStatus.NO_CONTENT)


def bearer_of(request: Any) -> str | None:
    """
    The token in a request's Authorization (RFC 6750 section 2.1), or None.
    """
    values = request.requestHeaders.getRawHeaders(b"authorization", ())
    scheme, _, token = values[0].strip().partition(b" ") if len(values) == 1 else (b"", b"", b"")
    token = token.strip()
    if scheme.lower() != b"bearer" or not 1 <= len(token) <= 128 or not token.isascii():
        return None
    text: str = token.decode("ascii")
    return text


def _refuse(channel: Any, error: Exception) -> None:
    status, told, more = _refusal(error)
    body = msgspec.json.encode(told)
    kind = (b"Content-Type", b"application/json")
    channel.refuse(status, kind, (b"Tus-Resumable", VERSION), *more, body=body, linger=True)


def _hold_on() -> None:
    """What is under way for a moment is not let go of."""


def _method(request: Any, method: bytes) -> bytes:
    """What is to be done: some programs can send nothing but POST, and say the rest in a header."""
    if method == b"POST":
        meant: bytes = request.requestHeaders.getRawHeaders(b"x-http-method-override", (method,))[0]
        return meant.strip().upper()
    return method


def _number(request: Any, name: bytes) -> int:
    values = request.requestHeaders.getRawHeaders(name, ())
    if len(values) != 1 or not values[0].isdigit() or len(values[0]) > _DIGITS:
        raise Denied(HTTPStatus.BAD_REQUEST, f"There has to be one {name.decode().title()}, a whole number.")
    return int(values[0])


def _metadata(request: Any) -> dict[str, str]:
    """What is said of an upload: words, each with a text in base64."""
    wrong = Denied(HTTPStatus.BAD_REQUEST, "Upload-Metadata is not words with texts in base64.")
    line = b",".join(request.requestHeaders.getRawHeaders(b"upload-metadata", ()))
    if len(line) > METADATA_BYTES:
        raise wrong
    said = {}
    for pair in line.split(b",") if line.strip() else ():
        word, _, text = pair.strip().partition(b" ")
        try:
            said[word.decode("ascii")] = base64.b64decode(text.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise wrong from None
    return said


def _say_expiry(request: Any, record: FileRecord) -> None:
    ends = record.made_ms // 1000 + EXPIRE_SECONDS
    request.setHeader(b"Upload-Expires", formatdate(ends, usegmt=True).encode("ascii"))


def _send_nothing(request: Any, status: HTTPStatus) -> bytes:
    request.setResponseCode(status, status.phrase.encode())
    request.setHeader(b"Cache-Control", b"no-store")
    if status is not HTTPStatus.NO_CONTENT:
        request.setHeader(b"Content-Length", b"0")
    return b""


def _refusal(error: Exception) -> tuple[HTTPStatus, dict[str, Any], tuple[tuple[bytes, bytes], ...]]:
    """The status, the JSON object and the headers with which something is refused."""
    more: list[tuple[bytes, bytes]] = [(b"Cache-Control", b"no-store")]
    if isinstance(error, Denied):
        more += [(name.encode("ascii"), value.encode("ascii")) for name, value in error.headers.items()]
        code = Code.FORBIDDEN if error.status is HTTPStatus.FORBIDDEN else Code.BAD_REQUEST
        return error.status, {"code": str(code), "message": error.text}, tuple(more)
    if isinstance(error, Locked):
        more.append((b"Retry-After", b"%d" % RETRY_LOCKED_SECONDS))
        told = {"code": str(Code.RATE_LIMITED), "message": "That upload is under way on another connection."}
        return HTTPStatus.LOCKED, told, tuple(more)
    if isinstance(error, WrongOffset):
        told = {
            "code": str(Code.BAD_REQUEST),
            "message": "The upload does not go on there: ask HEAD where.",
        }
        return HTTPStatus.CONFLICT, told, tuple(more)
    if not isinstance(error, Refused):
        error = Refused(Code.INTERNAL, "Something went wrong on our side.")
    status = _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    asked: dict[str, Any] = {"code": str(error.code), "message": error.message}
    if error.retry_after is not None:
        asked["retry_after"] = round(error.retry_after, 3)
        more.append((b"Retry-After", b"%d" % max(1, -int(-error.retry_after // 1))))
    return status, asked, tuple(more)
