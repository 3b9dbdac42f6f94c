"""
Files over HTTP: as a message names them, to whoever may hear its room; and the way in, by tus.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from chatd.core.files import HEAD_BYTES, PICTURES, PREVIEW, FileRecord
from chatd.core.media import TEXT, UNKNOWN, media_type
from chatd.core.refusals import Code, Refused
from chatd.core.uploading import Uploads
from chatd.core.visitor import Visitor, recognize
from chatd.net.answers import send_not_found, send_text, start_content
from chatd.net.arrival import Arrival
from chatd.net.sending import Sending
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

    async def _open(self, request: Any, key: str, *, preview: bool) -> bytes | Sending:
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

        return Sending(request, read, *started)

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
