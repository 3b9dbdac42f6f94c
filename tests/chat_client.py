"""
A client of the real daemon, for tests that start one.

It knows the wire and nothing of chatd's code, so that a mistake there cannot hide itself here.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets
from websockets.typing import Subprotocol

SECONDS = 30.0
"""How long a test waits for something that is to come at once."""


class ChatClient:
    """
    One connection, on which JSON objects are sent and received.

    When it is closed, `receive` and what uses it raise `websockets.ConnectionClosed`, whose `rcvd` has the
    code.
    """

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket

    @classmethod
    async def connect(
        cls, port: int, subprotocol: str | None = "chatd.v1", scheme: str = "ws", **options: Any
    ) -> ChatClient:
        """
        Open a WebSocket. `options` are those of `websockets.connect`, such as `ssl`.
        """
        subprotocols = None if subprotocol is None else [Subprotocol(subprotocol)]
        options = {"compression": None, "ping_interval": None, "proxy": None, "max_size": None} | options
        uri = f"{scheme}://127.0.0.1:{port}/ws"
        return cls(await websockets.connect(uri, subprotocols=subprotocols, **options))

    async def send(self, message: dict[str, Any]) -> None:
        """
        Send a JSON object.
        """
        await self.socket.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """
        The next JSON object.
        """
        return json.loads(await self.receive_text())

    async def receive_text(self) -> str:
        """
        The next text frame as it came.
        """
        # Not `wait_for`, which before Python 3.12 can swallow a cancellation that comes with the frame.
        async with asyncio.timeout(SECONDS):
            return await self.socket.recv(decode=True)

    async def expect(self, kind: str) -> dict[str, Any]:
        """
        The next JSON object of that `type`; others before it are passed over, but no refusal is.
        """
        while True:
            message = await self.receive()
            if message["type"] == kind:
                return message
            if message["type"] == "refused":
                raise AssertionError(message)

    async def hello(self, **fields: Any) -> dict[str, Any]:
        """
        Say hello and return the `welcome`.
        """
        await self.send({"type": "hello", **fields})
        return await self.expect("welcome")

    async def join(self, room: str = "lobby", **fields: Any) -> dict[str, Any]:
        """
        Join a room and return `joined`; what follows it has not been read.
        """
        await self.send({"type": "join", "room": room, **fields})
        return await self.expect("joined")

    async def say(self, text: str, room: str = "lobby", **fields: Any) -> dict[str, Any]:
        """
        Say something and return its `done`.
        """
        await self.send({"type": "say", "room": room, "text": text, **fields})
        return await self.expect("done")

    async def cut(self) -> None:
        """
        Be gone at once, without a word.
        """
        self.socket.transport.abort()
        await self.socket.wait_closed()
