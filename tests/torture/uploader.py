"""
Harm done with uploads: more than there may be, parts that trickle, begin in the wrong place or break off.
"""

from __future__ import annotations

import asyncio
import base64
import time

from tests.torture.client import CUT, Client
from tests.torture.harm import ROOM, Kind, Target

PART = 60_000
TRICKLE_SECONDS = 90.0
"""Thirty are allowed, of the server's reading, and before them it may let the part wait once for others."""
_CUT = str(CUT)
_WELL_MEANT = frozenset({201, 204, 200, 404, 409, 413, 423, 429})
_METADATA = f"filename {base64.b64encode(b'x').decode()},room {base64.b64encode(ROOM.encode()).decode()}"


class _Line:
    """
    A connection on which one asks for one thing after the other, as somebody who has said hello.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self.reader, self.writer = reader, writer
        self._token = token

    def ask(self, method: str, path: str, **headers: object) -> None:
        """
        Send the head of a request.
        """
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Tus-Resumable: 1.0.0"]
        lines += [f"Authorization: Bearer {self._token}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")

    def part(self, path: str, at: int, length: int) -> None:
        """
        Send the head of a part.
        """
        kind = "application/offset+octet-stream"
        self.ask("PATCH", path, Upload_Offset=at, Content_Type=kind, Content_Length=length)

    async def answer(self) -> tuple[int, dict[str, str]]:
        """
        The status and the headers of an answer, which has been read to its end.
        """
        first, *rest = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in rest if line]
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers

    async def begin(self, size: int) -> tuple[int, str]:
        """
        Begin an upload; the status, and its path.
        """
        self.ask("POST", "/files/", Upload_Length=size, Upload_Metadata=_METADATA, Content_Length=0)
        status, headers = await self.answer()
        return status, headers.get("location", "")


async def _upload(target: Target) -> str:
    """
    Begin more than there may be, and do with the first of them what one should not.
    """
    client = await Client.open(target.place)
    try:
        token = str((await client.hello(name=target.name))["token"])
    finally:
        client.cut()
    context = target.place.context() if target.place.tls else None
    plug = await target.place.socket()
    name = "localhost" if context else None
    reader, writer = await asyncio.open_connection(sock=plug, ssl=context, server_hostname=name)
    try:
        return await _misuse(_Line(reader, writer, token), target)
    except asyncio.IncompleteReadError:
        return _CUT
    finally:
        writer.transport.abort()


async def _misuse(line: _Line, target: Target) -> str:
    begun = [await line.begin(target.random.choice((1, PART, 1 << 20, 1 << 28))) for _ in range(8)]
    statuses = {status for status, _ in begun}
    path = begun[0][1]
    way = target.random.randrange(5)
    if statuses <= _WELL_MEANT and path:
        if way == 0:
            # Bytes that come much too slowly.
            line.part(path, 0, PART)
            until = time.monotonic() + TRICKLE_SECONDS
            while not (line.reader.at_eof() or line.writer.transport.is_closing()):
                if time.monotonic() >= until:
                    return "tolerated"
                line.writer.write(b"x")
                await asyncio.sleep(0.2)
            return _CUT
        if way == 1:
            line.part(path, 7, 5)
            line.writer.write(b"wrong")
            statuses.add((await line.answer())[0])
        elif way == 2:
            # More than was said there would be.
            line.part(path, 0, 1 << 21)
            line.writer.write(bytes(1 << 21))
            statuses.add((await line.answer())[0])
        elif way == 3:
            # Half of it, again and again.
            line.part(path, 0, PART)
            line.writer.write(bytes(PART // 2))
            await line.writer.drain()
        else:
            # Given up as soon as it was begun.
            for _, each in begun:
                if each:
                    line.ask("DELETE", each)
                    statuses.add((await line.answer())[0])
    wrong = statuses - _WELL_MEANT
    return str(min(wrong)) if wrong else _CUT


# Not by its seconds: there are a dozen requests before the harm, and each stands in the line of a crowd.
UPLOADS = Kind("uploads", _upload, frozenset({_CUT}))
