"""
People without a page, for those before one to meet.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from tests.torture.client import SECONDS, Client, Place, Refused

T = TypeVar("T")

Reply = dict[str, Any]


class Crowd:
    """
    People who speak `chatd.v1`, each on a line of their own that stays open until they `go`.

    They are in a thread, and not in the page: what two hundred hear of each other there, and what the browser
    tells the test of it, is more work than all that the page does.
    """

    def __init__(self, port: int) -> None:
        self._place = Place(port)
        self._lines: dict[str, Client] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def speak(self, people: Iterable[tuple[str, Sequence[dict[str, Any]]]]) -> list[list[Reply]]:
        """
        Have people, each a name and commands, give their commands one after the other, and all of them at
        once. Who is new says hello by that name first, and joins the lobby. The replies of each, refusals
        included.
        """

        async def speak() -> list[list[Reply]]:
            return await asyncio.gather(*(self._one(name, commands) for name, commands in people))

        return self._wait(speak())

    async def _one(self, name: str, commands: Sequence[dict[str, Any]]) -> list[Reply]:
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = await Client.open(self._place)
            commands = [{"type": "hello", "name": name}, {"type": "join", "room": "lobby"}, *commands]
        replies = []
        for command in commands:
            try:
                replies.append(await line.ask(**command))
            except Refused as refused:
                replies.append(refused.reply)
        return replies

    def go(self) -> None:
        """
        Close all lines, and end the thread.
        """

        async def go() -> None:
            for line in self._lines.values():
                line.cut()
                await line.ended

        self._wait(go())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def _wait(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(2 * SECONDS)
