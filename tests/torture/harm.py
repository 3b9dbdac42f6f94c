"""
The kinds of harm that one connection can try to do, and how the server is to end each.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.torture.client import CUT, Client, Place, handshake
from tests.torture.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, masking

ROOM = "lobby"
_EOF = str(CUT)


@dataclass(slots=True, frozen=True)
class Target:
    """
    Where to do it: straight, or through a proxy that is slow towards the client.
    """

    place: Place
    slowly: Place
    random: random.Random

    @property
    def name(self) -> str:
        """
        A name that nobody has.
        """
        return f"h{self.random.getrandbits(60):x}"

    async def greeted(self, place: Place | None = None) -> Client:
        """
        A connection that has said hello.
        """
        client = await Client.open(place or self.place)
        try:
            await client.hello(name=self.name)
        except BaseException:
            client.cut()
            raise
        return client


@dataclass(slots=True, frozen=True)
class Kind:
    """
    One way to do harm: how its connections may end, and after how many seconds at most; None is "never".

    An ending is a close code, 1006 without one, or an HTTP status.
    """

    name: str
    do: Callable[[Target], Awaitable[str]]
    endings: frozenset[str]
    seconds: float | None = None


KINDS: list[Kind] = []


def _kind(name: str, *endings: int, seconds: float | None = None) -> Callable[[Any], Any]:
    def register(do: Callable[[Target], Awaitable[str]]) -> Callable[[Target], Awaitable[str]]:
        KINDS.append(Kind(name, do, frozenset(map(str, endings)), seconds))
        return do

    return register


async def _ended(client: Client) -> str:
    """
    How it ends, if it does; it is cut if whoever waits does no longer.
    """
    try:
        return str((await asyncio.shield(client.ended)).code)
    finally:
        client.cut()


async def _flood(
    client: Client, data: bytes, pause_seconds: float = 0.01, tolerated: Callable[[], bool] = bool
) -> str:
    """
    Write the same until the server ends it, or is found to have `tolerated` too much.
    """
    try:
        while not client.ended.done():
            if tolerated():
                return "tolerated"
            if client.transport.get_write_buffer_size() < 65_536:
                client.write(data)
            await asyncio.wait((client.ended,), timeout=pause_seconds)
        return str(client.ended.result().code)
    finally:
        client.cut()


def _text(message: dict[str, Any]) -> bytes:
    return frame(TEXT, json.dumps(message).encode())


# Once greeted. Who floods may meet the reset, two seconds after the close frame, before they have read that.


@_kind("stopped reader", 4001, CUT, seconds=60)
async def _stopped(target: Target) -> str:
    client = await target.greeted()
    await client.join(ROOM, limit=0)
    client.transport.pause_reading()
    # What the lobby begins with is large: more than the kernel keeps, however long people have talked since.
    client.write(_text({"type": "history", "room": ROOM, "limit": 200, "before": 101}) * 64)
    return await ended_unread(client)


async def ended_unread(client: Client) -> str:
    """
    Notice the end of a connection that is not read: the kernel tells whoever writes.
    """
    try:
        while not client.ended.done():
            await asyncio.sleep(1.0)
            client.write(frame(PONG))
        return str(client.ended.result().code)
    finally:
        client.cut()


@_kind("slow reader")
async def _slow(target: Target) -> str:
    client = await target.greeted(target.slowly)
    await client.join(ROOM, limit=0)
    client.write(_text({"type": "history", "room": ROOM, "limit": 200}) * 16)
    return await _ended(client)


@_kind("flood of says", 4500, CUT)
async def _says(target: Target) -> str:
    """
    Ended for a hundred refusals within ten seconds, which may take long where all floods together are read
    slowly; three hundred are more than a client that is late itself may take for a hundred.
    """
    refused: deque[float] = deque(maxlen=300)

    def hear(message: dict[str, Any]) -> None:
        if message["type"] == "refused":
            refused.append(time.monotonic())

    client = await target.greeted()
    await client.join(ROOM, limit=0)
    client.hear = hear
    say = _text({"type": "say", "room": ROOM, "text": "buy"})
    return await _flood(
        client,
        say * 50,
        tolerated=lambda: len(refused) == refused.maxlen and refused[-1] - refused[0] < 10,
    )


@_kind("flood of commands")
async def _commands(target: Target) -> str:
    client = await target.greeted()
    await client.join(ROOM, limit=0)
    return await _flood(client, _text({"type": "who", "room": ROOM}) * 50)


@_kind("flood of pings", 4500, CUT, seconds=30)
async def _pings(target: Target) -> str:
    opcode = target.random.choice((PING, PONG))
    return await _flood(await target.greeted(), frame(opcode, b"x" * 125) * 20)


@_kind("flood of fragments", 1008, CUT, seconds=30)
async def _fragments(target: Target) -> str:
    client = await target.greeted()
    client.write(frame(TEXT, b"{", fin=False))
    size = target.random.choice((0, 1, 100))
    return await _flood(client, frame(CONTINUATION, b" " * size, fin=False) * 10)


@_kind("message without an end", 1008, seconds=30)
async def _endless(target: Target) -> str:
    """
    A frame of which nothing comes but its header, or a byte now and then; or fragments, with pings between as
    signs of life.
    """
    client = await target.greeted()
    way = target.random.randrange(3)
    if way == 2:
        client.write(frame(TEXT, b"{", fin=False))
        return await _flood(client, frame(PING), 2.0)
    client.write(frame(TEXT, length=60_000))
    return await _flood(client, masking(b" " * 4) if way else b"", 0.5)


@_kind("giant frame", 1009, seconds=30)
async def _giant(target: Target) -> str:
    client = await target.greeted()
    length = target.random.choice((65_537, 1 << 20, 1 << 32, (1 << 63) - 1))
    client.write(frame(TEXT, b"x" * min(length, 70_000), length=length))
    return await _ended(client)


_WRONG = (
    (frame(TEXT, b"{}", masked=False), 1002),
    (frame(3, b"x"), 1002),
    (frame(11), 1002),
    (frame(TEXT, b"x", rsv=4), 1002),
    (frame(CONTINUATION, b"x"), 1002),
    (frame(PING, b"x" * 126), 1002),
    (frame(PING, fin=False), 1002),
    (frame(CLOSE, b"\x03"), 1002),
    (frame(CLOSE, b"\x03\xed"), 1002),
    (frame(TEXT, b"\xc0\xaf"), 1007),
    (frame(TEXT, b"\xed\xa0\x80"), 1007),
    (frame(BINARY, b"x"), 1003),
)


@_kind("garbage", 1002, 1003, 1007, 1009, 4503, CUT, seconds=30)
async def _garbage(target: Target) -> str:
    if target.random.random() < 0.3:
        client = await Client.open(target.place)
        client.write(target.random.randbytes(target.random.randrange(1, 5000)))
        return await _ended(client)
    client = await target.greeted()
    data, code = target.random.choice(_WRONG)
    client.write(data)
    ending = await _ended(client)
    return ending if ending in (str(code), _EOF) else f"{ending} and not {code}"


@_kind("tiny records")
async def _tiny(target: Target) -> str:
    """
    A byte at a time: over TLS each in a record of its own, else each in a segment.
    """
    client = await target.greeted()
    try:
        while not client.ended.done():
            for byte in _text({"type": "rooms"}):
                client.write(bytes((byte,)))
            await asyncio.sleep(0.1)
        return str(client.ended.result().code)
    finally:
        client.cut()


# Before


@_kind("no hello", 4503, seconds=25)
async def _silent(target: Target) -> str:
    client = await Client.open(target.place)
    if target.random.random() < 0.5:
        return await _ended(client)
    # What is no hello gains nothing.
    return await _flood(client, _text({"type": "who", "room": ROOM}), 0.5)


@_kind("large before hello", 1009, seconds=30)
async def _large(target: Target) -> str:
    client = await Client.open(target.place)
    client.write(_text({"type": "hello", "name": "x" * 5000}))
    return await _ended(client)


async def _plug(target: Target, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    plug = await target.place.socket()
    context = target.place.context() if tls else None
    name = "localhost" if context else None
    return await asyncio.open_connection(sock=plug, ssl=context, server_hostname=name)


async def _silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """
    Wait for the server to end a connection.
    """
    try:
        while await reader.read(65_536):
            pass
        return _EOF
    finally:
        writer.transport.abort()


async def _trickle(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, pause_seconds: float
) -> str:
    """
    A byte now and then, until the server ends it.
    """

    async def write() -> None:
        for byte in data:
            writer.write(bytes((byte,)))
            await asyncio.sleep(pause_seconds)

    writing = asyncio.create_task(write())
    try:
        return await _silence(reader, writer)
    finally:
        writing.cancel()


@_kind("half a request", CUT, seconds=30)
async def _half(target: Target) -> str:
    reader, writer = await _plug(target, tls=True)
    request = handshake()
    writer.write(request[: target.random.randrange(len(request))])
    return await _silence(reader, writer)


@_kind("slow headers", CUT, seconds=30)
async def _headers(target: Target) -> str:
    reader, writer = await _plug(target, tls=True)
    request = handshake().replace(b"\r\n\r\n", b"\r\nX-Slow: " + b"x" * 10_000)
    return await _trickle(reader, writer, request, 0.2)


@_kind("slow body", CUT, seconds=40)
async def _body(target: Target) -> str:
    reader, writer = await _plug(target, tls=True)
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
    return await _trickle(reader, writer, b"x" * 60_000, 0.2)


@_kind("handshake without an end", CUT, seconds=40)
async def _tls(target: Target) -> str:
    """
    Over TLS the beginning of a ClientHello, at once or byte by byte; else the request's.
    """
    reader, writer = await _plug(target, tls=False)
    data = _client_hello() if target.place.tls else handshake()
    if target.random.random() < 0.5:
        writer.write(data[: target.random.randrange(1, len(data))])
        return await _silence(reader, writer)
    return await _trickle(reader, writer, data[:-1], 0.5)


def _client_hello() -> bytes:
    context = ssl._create_unverified_context()
    written = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), written, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return written.read()


@_kind("half close", 1000, 1001, 1006, 4503, seconds=30)
async def _half_close(target: Target) -> str:
    """
    End our side in any state, and read on.
    """
    state = target.random.randrange(7)
    if state < 2:
        reader, writer = await _plug(target, tls=target.random.random() < 0.5)
        writer.write(handshake()[: 60 * state])
        _end_our_side(writer.transport)
        return await _silence(reader, writer)
    client = await Client.open(target.place)
    try:
        if state > 2:
            await client.hello(name=target.name)
        if state > 3:
            await client.join(ROOM, limit=0)
        if state > 5:
            # So many that it is not read for long.
            client.write(_text({"type": "who", "room": ROOM}) * 3000)
        elif state > 4:
            client.write(_text({"type": "history", "room": ROOM, "limit": 200}) * 5)
    except BaseException:
        client.cut()
        raise
    _end_our_side(client.transport)
    return await _ended(client)


def _end_our_side(transport: asyncio.BaseTransport) -> None:
    # Below TLS, which knows no half close.
    transport.get_extra_info("socket").shutdown(socket.SHUT_WR)


@_kind("reset", CUT)
async def _reset(target: Target) -> str:
    """
    Come and be gone with a reset, in any state.
    """
    client = await Client.open(target.place)
    if target.random.random() < 0.7:
        client.send({"type": "hello", "name": target.name})
        await asyncio.sleep(target.random.uniform(0.0, 0.05))
    plug = client.transport.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.cut()
    return _EOF
