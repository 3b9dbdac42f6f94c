"""
Files over HTTP: as a message names them, to whoever may hear its room; and the way in, by tus.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from chatd.core.files import HEAD_BYTES, PICTURES, PREVIEW, FileRecord
from chatd.core.media import TEXT, UNKNOWN, media_type
from chatd.core.refusals import Code, Refused
from chatd.core.uploading import Uploads
from chatd.core.visitor import Visitor, recognize
from chatd.net.answers import CHUNK_BYTES, STALL_SECONDS, send_not_found, send_text, start_content
from chatd.net.arrival import Arrival
from chatd.net.uploads import ROOT, UploadDoor, bearer_of

__all__ = ["ROOT", "FilesResource"]

CACHE = b"private, max-age=86400, immutable"
POLICY = b"default-src 'none'; sandbox"

_log = Logger()


class FilesResource(Resource):
    """
    `/files/<id>/<name>`, `/files/<id>/preview`, and `/files/` for whoever brings some.

    What somebody may not have is answered as what is not there. Whatever a file is, a browser runs nothing of
    it: its type is by its content, never guessed, and only pictures are shown by themselves.
    """

    isLeaf = True

    def __init__(self, uploads: Uploads, door: UploadDoor, credentials_of: Callable[[Any], Any]) -> None:
        super().__init__()
        self._uploads = uploads
        self._door = door
        self._credentials_of = credentials_of

    def most_body(self, command: bytes) -> int:
        """
        The most that a request's body may have.
        """
        return self._door.most_bytes if command in (b"PATCH", b"POST") else 0

    def body_of(self, request: Any, command: bytes, path: bytes, length: int | None) -> Arrival | None:
        """
        What takes the body of a request as it comes.
        """
        return self._door.body_of(request, command, path, length)

    def render(self, request: Any) -> bytes | int:
        """
        See `twisted.web.resource.IResource`.
        """
        key, slash, name = request.path.removeprefix(ROOT).decode("latin-1").partition("/")
        if not slash:
            return send_not_found(request) if request.method == b"GET" else self._door.render(request, key)
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"Allow", b"GET, HEAD")
            return send_text(request, HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are understood here.")
        gone: list[None] = []
        request.notifyFinish().addErrback(lambda _: gone.append(None))
        Deferred.fromCoroutine(self._answer(request, key, name, gone)).addErrback(
            lambda failure: _log.failure("sending a file failed", failure=failure)
        )
        return NOT_DONE_YET

    async def _answer(self, request: Any, key: str, name: str, gone: list[None]) -> None:
        try:
            body = await self._open(request, key, preview=name == PREVIEW)
        except Refused as refused:
            if refused.code in (Code.READ_ONLY, Code.INTERNAL):
                body = send_text(request, HTTPStatus.SERVICE_UNAVAILABLE, refused.message)
            else:
                body = send_not_found(request)
        except Exception:  # noqa: BLE001  Whoever asked is not to wait for ever, whatever it is.
            _log.failure("a file could not be sent")
            body = send_text(request, HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed at this.")
        if gone:
            return
        if isinstance(body, bytes):
            request.write(body)
            request.finish()
        else:
            body.start()

    async def _open(self, request: Any, key: str, *, preview: bool) -> bytes | _Reading:
        record = await self._uploads.fetch(await self._visitor(request), key)
        if preview and not record.file.preview:
            raise Refused(Code.NO_SUCH_FILE, "There is no preview.")
        blobs = self._uploads.blobs
        total = await blobs.length(key, preview=preview)
        kind = record.file.type
        if preview:
            kind = media_type(await blobs.read(key, 0, HEAD_BYTES, preview=True))
        request.setHeader(b"Content-Security-Policy", POLICY)
        request.setHeader(b"Cross-Origin-Resource-Policy", b"same-origin")
        request.setHeader(b"Content-Disposition", _disposition(record, kind))
        etag = b'"%s%s"' % (key.encode("ascii"), b"-preview" if preview else b"")
        started = start_content(request, total, _served_as(kind), etag, CACHE)
        if isinstance(started, bytes):
            return started

        def read(at: int, count: int) -> Deferred[bytes]:
            return Deferred.fromCoroutine(_awaited(blobs.read(key, at, count, preview=preview)))

        return _Reading(request, read, *started)

    async def _visitor(self, request: Any) -> Visitor:
        hub, address = self._uploads.hub, request.client.address
        shown = bearer_of(request) or self._credentials_of(request)
        try:
            return await recognize(hub, shown, address)
        except Refused as refused:
            if refused.code is not Code.BAD_TOKEN:
                raise
            # A cookie that was good once: they are whoever looks on.
            return await recognize(hub, None, address)


async def _awaited(asked: Any) -> Any:
    return await asked


def _served_as(kind: str) -> bytes:
    return f"{kind}; charset=utf-8".encode() if kind == TEXT else (kind or UNKNOWN).encode("ascii")


def _disposition(record: FileRecord, kind: str) -> bytes:
    """
    Whether it may be shown, and the name to keep it under (RFC 6266, and RFC 8187 for what is not ASCII).
    """
    how = "inline" if kind in PICTURES else "attachment"
    name = record.file.name
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%;' else "_" for c in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode("ascii")


@implementer(IPushProducer)
class _Reading:
    """
    The bytes of a file from `at` to `end`, as fast as whoever asked takes them, and no faster.

    Whom nothing reaches for `STALL_SECONDS` is cut off by the channel.
    """

    def __init__(self, request: Any, read: Callable[[int, int], Deferred[bytes]], at: int, end: int) -> None:
        self._request = request
        self._read = read
        self._at = at
        self._end = end
        self._paused = False
        self._reading = False

    def start(self) -> None:
        """
        Send them.
        """
        self._request.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """See `IPushProducer`."""
        self._paused = False
        if self._request is not None and not self._reading:
            self._reading = True
            self._request.channel.setTimeout(STALL_SECONDS)
            self._read(self._at, min(CHUNK_BYTES, self._end - self._at)).addCallback(self._send).addErrback(
                self._fail
            )

    def pauseProducing(self) -> None:
        """See `IPushProducer`."""
        self._paused = True

    def stopProducing(self) -> None:
        """See `IPushProducer`."""
        self._request = None

    def _send(self, data: bytes) -> None:
        self._reading = False
        request = self._request
        if request is None:
            return
        if not data:
            # It is shorter than it was.
            self._cut()
            return
        self._at += len(data)
        request.write(data)
        if self._at >= self._end:
            self._request = None
            request.unregisterProducer()
            request.finish()
        elif not self._paused:
            self.resumeProducing()

    def _fail(self, failure: Failure) -> None:
        if failure.check(Refused) is None:
            _log.failure("a file could not be sent on", failure)
        self._cut()

    def _cut(self) -> None:
        # So much was promised that an end would be taken for the file's.
        request, self._request = self._request, None
        if request is not None:
            request.channel.transport.abortConnection()
