"""
The HTTP side of the server: what is at which path, and what a client may send before it is there.

No access log is written: nobody's reading is recorded. HTTP/2 is not spoken, since a WebSocket comes in
through HTTP/1.1's upgrade.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site

from chatd.net.answers import HEADERS, send_content, send_not_found, send_text
from chatd.net.avatar import find_avatar
from chatd.net.page import Page

HEADER_SECONDS = 10
# Also how long a connection may lie idle after an answer.
BODY_SECONDS = 15
# Nothing here takes a body, so this is what one may waste.
BODY_BYTES = 65_536


def make_site(
    public: Path, websocket: IResource, ready: Callable[[], str | None], reactor: IReactorTime
) -> ChatSite:
    """
    The whole site: the page in `public`, `/ws`, avatars, `/healthz` and `/readyz`.

    `websocket` renders `/ws` and answers for itself. `ready` is None while the store takes writes, else the
    reason why it does not, in words for an operator. `reactor` times the connections.
    """
    return ChatSite(public, websocket, ready, reactor)


class _Answer(Resource):
    """
    A leaf that is one function from a request to what `render` returns.
    """

    isLeaf = True

    def __init__(self, answer: Callable[[Any], bytes | int]) -> None:
        super().__init__()
        self._answer = answer

    def render(self, request: Any) -> bytes | int:
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"Allow", b"GET, HEAD")
            return send_text(request, HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are understood here.")
        return self._answer(request)


class ChatRequest(Request):
    """
    One request, whose answer bears chatd's headers whatever becomes of it.
    """

    channel: Any
    content: io.BytesIO
    _body_bytes = 0

    def gotLength(self, length: int | None) -> None:
        # The default would write a large body to a temporary file.
        self.content = io.BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > BODY_BYTES:
            self.channel.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self.content.write(data)

    def process(self) -> None:
        self.site = self.channel.site
        self.setHeader(b"Date", http.datetimeToString())
        for name, value in HEADERS:
            self.setHeader(name, value)
        self.prepath, self.postpath = [], []
        try:
            self.render(self.site.getResourceFor(self))
        except Exception:  # noqa: BLE001
            self.processingFailed(Failure())

    def processingFailed(self, reason: Failure) -> Failure:
        """
        Log what went wrong, and tell the client no more than that something did.
        """
        self._log.failure("answering a request failed", failure=reason)
        if self.startedWriting:
            self.channel.transport.abortConnection()
        else:
            self.write(send_text(self, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side."))
            self.finish()
        return reason


class ChatChannel(http.HTTPChannel):
    """
    One connection until it is a WebSocket: bounded in what it may send and in how long it may take.

    The time for headers and for a body counts from their start and not from the last byte, so that a client
    that sends one byte now and then gains nothing by it.
    """

    maxHeaders = 100
    transport: Any
    _refused = False

    def dataReceived(self, data: bytes) -> None:
        # Past HTTPChannel's own, which starts the timeout anew at each byte.
        if not self._refused:
            LineReceiver.dataReceived(self, data)

    def lineReceived(self, line: bytes) -> None:
        if not self._refused:
            super().lineReceived(line)

    def allContentReceived(self) -> None:
        if not self._refused:
            super().allContentReceived()

    def allHeadersReceived(self) -> None:
        super().allHeadersReceived()
        self.setTimeout(BODY_SECONDS)

    def timeoutConnection(self) -> None:
        if self._handlingRequest:
            # It does not read its answer, so there is no waiting until that is written.
            self.transport.abortConnection()
        else:
            self._abortingCall = self.callLater(self.abortTimeout, self.forceAbortClient)
            self.loseConnection()

    def forceAbortClient(self) -> None:
        self._abortingCall = None
        self.transport.abortConnection()

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(HTTPStatus.BAD_REQUEST)

    def refuse(self, code: HTTPStatus) -> None:
        """
        Answer what is no request that we take, close, and take no notice of what comes after it.
        """
        if self._refused:
            return
        self._refused = True
        status = b"HTTP/1.1 %d %s" % (code, code.phrase.encode())
        headers = (*HEADERS, (b"Connection", b"close"), (b"Content-Length", b"0"))
        lines = [status, *(b"%s: %s" % header for header in headers), b"", b""]
        self.transport.write(b"\r\n".join(lines))
        self.loseConnection()


class ChatSite(Site):
    """
    A Twisted Site that looks a path up as it was sent: `/ws` is the WebSocket, and neither `/ws/` nor `/%77s`
    is.
    """

    requestFactory = ChatRequest
    protocol = ChatChannel  # type: ignore[assignment]
    displayTracebacks = False
    noisy = False

    def __init__(
        self, public: Path, websocket: IResource, ready: Callable[[], str | None], reactor: IReactorTime
    ) -> None:
        super().__init__(Resource(), timeout=HEADER_SECONDS, parsePOSTFormSubmission=False, reactor=reactor)
        self._page = Page(public)
        self._ready = ready
        self._content = _Answer(self._send_content)
        self._resources = {
            b"/ws": websocket,
            b"/healthz": _Answer(lambda request: send_text(request, HTTPStatus.OK, "ok")),
            b"/readyz": _Answer(self._send_ready),
        }

    def getResourceFor(self, request: Any) -> IResource:
        request.site = self
        return self._resources.get(request.path, self._content)

    def acceptableProtocols(self) -> list[bytes]:
        return [b"http/1.1"]

    def startFactory(self) -> None:
        """
        Nothing: there is no access log to open, nor a clock to keep for it.
        """

    def stopFactory(self) -> None:
        """
        Nothing, as `startFactory`.
        """

    def log(self, request: Any) -> None:
        """
        Nothing: requests are not recorded.
        """

    def _send_content(self, request: Any) -> bytes | int:
        if request.path.startswith(b"/avatar/"):
            content = find_avatar(request.path, request.uri.partition(b"?")[2])
        else:
            content = self._page.find(request.path)
        return send_not_found(request) if content is None else send_content(request, content)

    def _send_ready(self, request: Any) -> bytes:
        reason = self._ready()
        if reason is None:
            return send_text(request, HTTPStatus.OK, "ready")
        request.setHeader(b"Retry-After", b"5")
        return send_text(request, HTTPStatus.SERVICE_UNAVAILABLE, reason)
