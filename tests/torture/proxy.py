"""
A TCP proxy of our own that delays, trickles, cuts and half closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_PIECE = 4096
_END_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)


class Manners(NamedTuple):
    """
    How one connection is treated.

    `delay_seconds` before each piece of what the server sends, of at most `piece_bytes`. After
    `after_seconds` or `after_bytes` of it, whatever comes first, it is `cut`: `reset` or `end`ed on both
    sides, or half closed towards the `client` or the `server`. After so many bytes, in the middle of a frame,
    the rest cannot go on: `server` goes with `after_seconds` alone.
    """

    delay_seconds: float = 0.0
    piece_bytes: int = _PIECE
    after_seconds: float | None = None
    after_bytes: int | None = None
    cut: str = "reset"


@dataclass(slots=True, eq=False)
class Proxy:
    """
    Passes connections on to `port`, each with the manners that `pick` returns for it.

    `buffer_bytes` is how much the kernel may keep on its way; small, so that a slow client is felt by the
    server.
    """

    port: int
    pick: Callable[[], Manners]
    buffer_bytes: int | None = None
    cuts: int = 0
    listening: int = 0
    _server: asyncio.Server | None = None
    _passing: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Proxy:
        plug = socket.socket()
        if self.buffer_bytes is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.buffer_bytes)
        plug.bind(("127.0.0.1", 0))
        self.listening = plug.getsockname()[1]
        self._server = await asyncio.start_server(self._pass, sock=plug, limit=_PIECE, backlog=1000)
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        writers = [to_client]
        try:
            plug = socket.socket()
            plug.setblocking(False)
            if self.buffer_bytes is not None:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer_bytes)
            await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", self.port))
            server, to_server = await asyncio.open_connection(sock=plug, limit=_PIECE)
            writers.append(to_server)
            await self._treat(self.pick(), client, to_client, server, to_server)
        except (OSError, asyncio.CancelledError):
            # asyncio would log that the proxy ends.
            pass
        finally:
            for writer in writers:
                writer.transport.abort()

    async def _treat(
        self,
        manners: Manners,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        down = asyncio.create_task(_pump(server, to_client, manners))
        up = asyncio.create_task(_pump(client, to_server, Manners()))
        try:
            try:
                async with asyncio.timeout(manners.after_seconds):
                    # It ends by itself when it has passed enough.
                    cut = await asyncio.shield(down)
                    if not cut:
                        await asyncio.shield(up)
            except TimeoutError:
                cut = True
            if cut:
                self.cuts += 1
                await _cut(manners.cut, down, up, to_client, to_server)
        finally:
            down.cancel()
            up.cancel()
            await asyncio.gather(down, up, return_exceptions=True)


async def _cut(
    how: str,
    down: asyncio.Task[bool],
    up: asyncio.Task[bool],
    to_client: asyncio.StreamWriter,
    to_server: asyncio.StreamWriter,
) -> None:
    if how == "reset":
        for writer in (to_client, to_server):
            _reset(writer)
    elif how == "end":
        down.cancel()
        up.cancel()
        for writer in (to_client, to_server):
            writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await asyncio.gather(to_client.wait_closed(), to_server.wait_closed())
    elif how in ("client", "server"):
        # What goes the other way goes on, until it ends or takes too long.
        ended, ending, going_on = (down, to_client, up) if how == "client" else (up, to_server, down)
        ended.cancel()
        with contextlib.suppress(OSError):
            ending.write_eof()
        await asyncio.wait((going_on,), timeout=_END_SECONDS)
    else:
        raise ValueError(how)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, manners: Manners) -> bool:
    """
    Pass bytes on until the end, or enough of them; which of both it was.
    """
    left = manners.after_bytes
    sink.transport.set_write_buffer_limits(_PIECE)
    with contextlib.suppress(ConnectionError):
        while data := await source.read(manners.piece_bytes):
            if manners.delay_seconds:
                await asyncio.sleep(manners.delay_seconds)
            if left is not None:
                data = data[:left]
                left -= len(data)
            sink.write(data)
            await sink.drain()
            if left == 0:
                return True
        if sink.can_write_eof():
            sink.write_eof()
    return False


def _reset(writer: asyncio.StreamWriter) -> None:
    plug: Any = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
