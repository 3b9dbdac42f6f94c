"""
One HTTP request: what is understood of it, and what takes its body.
"""

from __future__ import annotations

import io
import re
from http import HTTPStatus
from typing import Any, Protocol

from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.server import Request

from chatd.net.answers import HEADERS, send_text
from chatd.net.forwarded import Client

# What a body may have that is not taken as it comes.
BODY_BYTES = 65_536
_ABSOLUTE = re.compile(rb"https?://([^/?#@]+)(/[^?]*)?(\?.*)?", re.IGNORECASE)


class Body(Protocol):
    """
    What takes the body of a request as it comes, of which `left` bytes are to come (None: nobody knows).

    While it is `full` nothing more of the connection is looked at, or read; after that it calls
    `ChatChannel.go_on`.
    """

    full: bool
    left: int | None

    def take(self, data: bytes) -> None:
        """Take some."""

    def lost(self) -> None:
        """There comes no more, and nobody waits for an answer."""


class ChatRequest(Request):
    """
    One request, whose answer bears chatd's headers whatever becomes of it. Its body is in `content`, unless
    there is a `body` that takes it.
    """

    channel: Any
    client: Client
    content: io.BytesIO
    body: Body | None = None
    _body_bytes = 0

    def gotLength(self, length: int | None) -> None:
        # The default would write a large body to a temporary file.
        self.content = io.BytesIO()

    def parseCookies(self) -> None:
        """
        Nothing: `getCookie` looks for the few that are asked for, and not at all that a client makes up.
        """

    def getCookie(self, key: bytes) -> bytes | None:
        found = None
        wanted = key + b"="
        for line in self.requestHeaders.getRawHeaders(b"Cookie", ()):
            if wanted in line:
                for value in re.findall(rb";\s*" + re.escape(wanted) + rb"([^;]*)", b";" + line):
                    # The last counts.
                    found = value
        return found

    def handleContentChunk(self, data: bytes) -> None:
        if self.body is not None:
            self.body.take(data)
            return
        self._body_bytes += len(data)
        if self._body_bytes > BODY_BYTES:
            self.channel.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self.content.write(data)

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        if self.body is not None:
            self.body.lost()
            self.body = None

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        # Past Request's own, which takes the query and forms apart. Nobody here asks for `args`.
        self.content.seek(0)
        self.args: dict[bytes, list[bytes]] = {}
        self.method, self.uri, self.clientproto = command, path, version
        self.path = path.partition(b"?")[0]
        self.process()

    def process(self) -> None:
        self.site = self.channel.site
        self.setHeader(b"Date", http.datetimeToString())
        self.client = self.channel.site.front.client(self)
        for name, value in (*HEADERS, *self.client.headers):
            self.setHeader(name, value)
        self.prepath, self.postpath = [], []
        self._take_host_from_target()
        try:
            self.render(self.site.getResourceFor(self))
        except Exception:  # noqa: BLE001
            self.processingFailed(Failure())

    def _take_host_from_target(self) -> None:
        """
        Understand `GET http://host/path`, whose host counts and not the Host header's.

        Source: RFC 9112, section 3.2.2.
        """
        match = _ABSOLUTE.fullmatch(self.uri)
        if match is None:
            return
        self.path = match[2] or b"/"
        self.uri = self.path + (match[3] or b"")
        if len(self.requestHeaders.getRawHeaders(b"host", ())) == 1:
            self.requestHeaders.setRawHeaders(b"host", [match[1]])

    def write(self, data: bytes) -> None:
        if not self.startedWriting and self.code in http.NO_BODY_CODES:
            # `Request.render` gives each answer the length of its body. Where there can be none it would be
            # said of another: RFC 9110, section 8.6.
            self.responseHeaders.removeHeader(b"Content-Length")
        super().write(data)

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
