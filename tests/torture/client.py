"""
A client of `chatd.v1` that knows the wire and nothing else, light enough for ten thousand in one process.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import msgspec

from tests.torture.frames import CLOSE, PING, TEXT, BadFrame, Frames, frame

SECONDS = 60.0
"""How long an answer may take before the client takes it as lost."""
CUT = 1006
"""The code of a connection that ended without a close frame (RFC 6455, section 7.4.1)."""
BAD = -1
"""The code of a connection on which the server wrote what is no frame."""

Hear = Callable[[dict[str, Any]], None]


class Place(NamedTuple):
    """
    A port of loopback. `receive_buffer` is how much the kernel may keep for us unread.
    """

    port: int
    tls: bool = False
    receive_buffer: int | None = None

    def context(self) -> ssl.SSLContext | None:
        """
        For `create_connection`: whatever certificate is shown will do.
        """
        return _CONTEXT if self.tls else None

    async def socket(self) -> socket.socket:
        """
        Connected, without TLS.
        """
        plug = socket.socket()
        try:
            plug.setblocking(False)
            if self.receive_buffer is not None:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
            await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", self.port))
        except BaseException:
            plug.close()
            raise
        return plug


_CONTEXT = ssl._create_unverified_context()


class Ending(NamedTuple):
    """
    How a connection ended.
    """

    code: int
    reason: str = ""


class Lost(Exception):
    """
    The connection ended before the answer came.
    """

    def __init__(self, ending: Ending) -> None:
        super().__init__(f"{ending.code} {ending.reason}")
        self.ending = ending


class Denied(Exception):
    """
    The handshake was answered with that HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Refused(Exception):
    """
    The server said no: `reply` is its `refused`.
    """

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__(f"{reply.get('code')}: {reply.get('message')}")
        self.reply = reply
        self.code: str = reply.get("code", "")


GONE = (Lost, Denied, OSError, TimeoutError)
"""What a client may meet while a server is killed, stops, starts, or has no room."""


def handshake(subprotocol: str | None = "chatd.v1") -> bytes:
    """
    The request that opens a WebSocket.
    """
    offer = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n"
    ).encode()


# For the key above, from RFC 6455, section 1.3.
_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


_EVENT = b'{"type":"message"'
_MOST_KNOWN = 64
_known: dict[bytes, dict[str, Any]] = {}


def _read(payload: bytes) -> dict[str, Any]:
    """
    The object that a text frame is. Nobody changes it: a hundred people in one process are to hear as soon as
    each by themself would, so an event that came to all of them in the same bytes is read once.
    """
    message = _known.get(payload)
    if message is None:
        message = msgspec.json.decode(payload)
        if payload.startswith(_EVENT):
            if len(_known) == _MOST_KNOWN:
                _known.clear()
            _known[payload] = message
    return message


@dataclass(slots=True, eq=False)
class _State:
    head: bytes | None = b""
    ending: Ending | None = None
    refs: int = 0


class Client(asyncio.Protocol):
    """
    One connection. `hear` is called with every JSON object in the order in which they come, answers included,
    before whoever asked goes on.

    Pings are answered. `ended` is set once the connection is gone, however that came.
    """

    transport: Any

    def __init__(self, hear: Hear | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.hear = hear
        self.opened: asyncio.Future[int] = loop.create_future()
        self.ended: asyncio.Future[Ending] = loop.create_future()
        self._frames = Frames()
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._state = _State()

    @classmethod
    async def open(cls, place: Place, hear: Hear | None = None, subprotocol: str | None = "chatd.v1") -> Self:
        """
        Open a WebSocket; raises one of `GONE`.
        """
        loop = asyncio.get_running_loop()
        client = cls(hear)
        async with asyncio.timeout(SECONDS):
            plug = await place.socket()
            context = place.context()
            name = "localhost" if context else None
            await loop.create_connection(lambda: client, sock=plug, ssl=context, server_hostname=name)
            try:
                client.transport.write(handshake(subprotocol))
                status = await client.opened
            except BaseException:
                client.cut()
                raise
        if status != 101:
            client.cut()
            raise Denied(status) if status else Lost(client.ended.result())
        return client

    # What asyncio calls

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        state = self._state
        try:
            if state.head is not None:
                head, blank, data = (state.head + data).partition(b"\r\n\r\n")
                if not blank:
                    state.head = head
                    return
                state.head = None
                self._shake(head)
            for opcode, payload in self._frames.feed(data):
                self._take(opcode, payload)
        except BadFrame as why:
            state.ending = Ending(BAD, str(why))
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        ending = self._state.ending or Ending(CUT)
        if not self.ended.done():
            self.ended.set_result(ending)
        if not self.opened.done():
            self.opened.set_result(0)
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(Lost(ending))
        self._asked.clear()
        self.hear = None

    def _shake(self, head: bytes) -> None:
        status = int(head.split(b" ", 2)[1])
        if status == 101 and _ACCEPT not in head:
            raise BadFrame("the handshake was not accepted with the key's answer")
        if not self.opened.done():
            self.opened.set_result(status)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            try:
                message = _read(payload)
            except msgspec.DecodeError:
                raise BadFrame(f"no JSON: {payload[:80]!r}") from None
            if self.hear is not None:
                self.hear(message)
            ref = message.get("ref")
            answer = self._asked.pop(ref, None) if ref is not None else None
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif opcode == PING:
            self.transport.write(frame(10, payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            self._state.ending = Ending(code, payload[2:].decode("utf-8", "replace"))
            self.transport.write(frame(CLOSE, payload[:2]))

    # What a person does

    def write(self, data: bytes) -> None:
        """
        Send bytes as they are.
        """
        self.transport.write(data)

    def send(self, message: dict[str, Any]) -> None:
        """
        Send one JSON object.
        """
        self.transport.write(frame(TEXT, json.dumps(message).encode()))

    async def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """
        Send a command; its answer. Raises `Refused`, or one of `GONE`.
        """
        if self.ended.done():
            raise Lost(self.ended.result())
        self._state.refs += 1
        ref = str(self._state.refs)
        answer = asyncio.get_running_loop().create_future()
        self._asked[ref] = answer
        self.send({"type": type, "ref": ref, **fields})
        async with asyncio.timeout(SECONDS):
            reply: dict[str, Any] = await answer
        if reply["type"] == "refused":
            raise Refused(reply)
        return reply

    async def hello(self, **fields: Any) -> dict[str, Any]:
        """
        Say who one is; the `welcome`.
        """
        return await self.ask("hello", **fields)

    async def join(self, room: str, **position: Any) -> dict[str, Any]:
        """
        Join a room; the `joined`. What follows it is for `hear`.
        """
        return await self.ask("join", room=room, **position)

    async def say(self, room: str, text: str, **fields: Any) -> dict[str, Any]:
        """
        Say something; its `done`.
        """
        return await self.ask("say", room=room, text=text, **fields)

    def cut(self) -> None:
        """
        Be gone at once, without a word.
        """
        self.transport.abort()

    async def leave(self) -> Ending:
        """
        Say goodbye and wait for the end.
        """
        if not self.ended.done():
            self.transport.write(frame(CLOSE, b"\x03\xe8"))
        async with asyncio.timeout(SECONDS):
            return await asyncio.shield(self.ended)
