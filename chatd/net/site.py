"""
The HTTP side of the server: what is at which path.

No access log is written: nobody's reading is recorded. HTTP/2 is not spoken, since a WebSocket comes in
through HTTP/1.1's upgrade.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import IResource, Resource
from twisted.web.server import Site

from chatd.net.admission import Admission
from chatd.net.answers import send_content, send_not_found, send_text
from chatd.net.avatar import find_avatar
from chatd.net.channel import HEADER_SECONDS, ChatChannel
from chatd.net.files import ROOT as FILES
from chatd.net.files import FilesResource
from chatd.net.forwarded import Front
from chatd.net.page import Page
from chatd.net.request import BODY_BYTES, Body, ChatRequest
from chatd.net.turns import PATIENT_SECONDS, Turns

CONNECTIONS_A_TURN = 8
"""How many that have sent many requests at once are served in one turn of the reactor."""


def make_site(
    public: Path,
    websocket: IResource,
    ready: Callable[[], str | None],
    reactor: IReactorTime,
    admission: Admission | None = None,
    front: Front | None = None,
    account: IResource | None = None,
    files: FilesResource | None = None,
) -> ChatSite:
    """
    The whole site: the page in `public`, `/ws`, avatars, accounts, files, `/healthz` and `/readyz`.

    `websocket` renders `/ws` and answers for itself. `ready` is None while the store takes writes, else the
    reason why it does not, in words for an operator. `reactor` times the connections, and `admission` counts
    them, those that become a WebSocket too. `front` says whose they are.
    """
    return ChatSite(
        public, websocket, ready, reactor, admission or Admission(), front or Front(), account, files
    )


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
        self,
        public: Path,
        websocket: IResource,
        ready: Callable[[], str | None],
        reactor: IReactorTime,
        admission: Admission,
        front: Front,
        account: IResource | None = None,
        files: FilesResource | None = None,
    ) -> None:
        super().__init__(Resource(), timeout=HEADER_SECONDS, parsePOSTFormSubmission=False, reactor=reactor)
        self.admission = admission
        self.front = front
        # Who has more to be answered, and who has just sent something.
        self.turns = Turns(reactor, CONNECTIONS_A_TURN, PATIENT_SECONDS)
        self.arrivals = Turns(reactor, CONNECTIONS_A_TURN, PATIENT_SECONDS)
        self._page = Page(public)
        self._ready = ready
        self._account = account
        self._files = files
        self._content = _Answer(self._send_content)
        self._resources = {
            b"/ws": websocket,
            b"/healthz": _Answer(lambda request: send_text(request, HTTPStatus.OK, "ok")),
            b"/readyz": _Answer(self._send_ready),
        }

    def getResourceFor(self, request: Any) -> IResource:
        request.site = self
        if self._account is not None and request.path.startswith(b"/account/"):
            return self._account
        if self._files is not None and request.path.startswith(FILES):
            return self._files
        return self._resources.get(request.path, self._content)

    def most_body(self, command: bytes, path: bytes) -> int:
        """
        The longest body that a request may have.
        """
        if self._files is not None and path.startswith(FILES):
            return max(BODY_BYTES, self._files.most_body(command))
        return BODY_BYTES

    def body_of(self, request: Any, command: bytes, path: bytes, length: int | None) -> Body | None:
        """
        What takes the body of a request whose headers are there; None if it is to be kept until all is there.
        """
        if self._files is not None and path.startswith(FILES):
            return self._files.body_of(request, command, path, length)
        return None

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
