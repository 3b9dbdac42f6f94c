"""
Readers and writers, who come back for as long as it takes.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.torture.book import Book, Broken
from tests.torture.client import BAD, GONE, Client, Lost, Place, Refused

AGAIN_SECONDS = 0.03
_TRY_LATER = ("read_only", "rate_limited")


@dataclass(slots=True, eq=False)
class Reader:
    """
    Hears rooms through as many connections as it takes, each from where the last one ended.

    What it hears has to be dense, and goes into the book.
    """

    name: str
    book: Book
    rooms: Sequence[str]
    token: str | None = None
    positions: dict[str, tuple[str, int, str | None]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    hears: Callable[[dict[str, Any]], None] | None = None
    heads: dict[str, int] = field(default_factory=dict)
    heard: int = 0
    _asked: set[str] = field(default_factory=set)
    _epochs: dict[str, str] = field(default_factory=dict)

    async def attend(self, place: Place, **otherwise: Any) -> Client:
        """
        Connect, and join all rooms from where one is. Rooms without a position are joined with `otherwise`,
        and have one afterwards.
        """
        self.live.clear()
        client = await Client.open(place, self.hear)
        try:
            who = {"token": self.token} if self.token else {"name": self.name}
            welcome = await client.hello(**who)
            self.token = self.token or welcome["token"]
            # Each has to be in the set before its answer comes.
            self._asked = {room for room in self.rooms if room in self.positions}
            await asyncio.gather(
                *(client.join(room, **self._position(room, otherwise)) for room in self.rooms)
            )
            # Where nothing was missed, one is somewhere only when it is live.
            while not self.positions.keys() >= set(self.rooms):
                if client.ended.done():
                    raise Lost(client.ended.result())
                await asyncio.sleep(0.005)
        except BaseException:
            client.cut()
            raise
        return client

    def _position(self, room: str, otherwise: dict[str, Any]) -> dict[str, Any]:
        position = self.positions.get(room)
        if position is None:
            return otherwise
        epoch, offset, last = position
        return {"after": offset, "epoch": epoch} | ({"id": last} if last is not None else {})

    async def read_to_the_end(self, place: Place) -> None:
        """
        Connect as often as it takes to have all that is there now.
        """
        while True:
            try:
                client = await self.attend(place)
                async with asyncio.timeout(120):
                    while not self.live.issuperset(self.rooms):
                        if client.ended.done():
                            raise Lost(client.ended.result())
                        await asyncio.sleep(0.01)
            except GONE:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                client.cut()
                await client.ended
                return

    async def keep_reading(self, place: Place, stopped: asyncio.Event) -> None:
        """
        Stay connected until `stopped`, whatever happens.
        """
        while not stopped.is_set():
            try:
                client = await self.attend(place)
            except GONE:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            waiting = asyncio.create_task(stopped.wait())
            await asyncio.wait((waiting, client.ended), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            client.cut()
            ending = await client.ended
            if ending.code == BAD:
                self.book.fault(f"{self.name}: {ending.reason}")

    def hear(self, message: dict[str, Any]) -> None:
        """
        Take what the server sends.
        """
        kind = message["type"]
        if kind == "message":
            self._message(message)
        elif kind == "joined":
            self._joined(message)
        elif kind == "live":
            self._live(message)

    def _joined(self, joined: dict[str, Any]) -> None:
        room = joined["room"]
        self.heads[room] = joined["head"]
        self._epochs[room] = joined["epoch"]
        if room in self._asked:
            if not joined["recovered"]:
                self.book.fault(f"{self.name} was at {self.positions[room]} and is not recovered: {joined}")
        else:
            self.positions.pop(room, None)

    def _live(self, live: dict[str, Any]) -> None:
        room, offset = live["room"], live["offset"]
        if room in self.live:
            self.book.fault(f"{self.name}: {room} is live twice")
        position = self.positions.setdefault(room, (self._epochs[room], offset, None))
        if offset != self.heads[room] or offset != position[1]:
            self.book.fault(f"{self.name}: live at {offset}, joined {self.heads[room]}, has {position}")
        self.live.add(room)

    def _message(self, event: dict[str, Any]) -> None:
        room, offset = event["room"], event["offset"]
        position = self.positions.get(room)
        if position is not None and offset != position[1] + 1:
            self.book.fault(f"{self.name}: {room} {offset} came after {position[1]}")
        epoch = self._epochs[room]
        self.positions[room] = epoch, offset, event["id"]
        self.heard += 1
        self.book.hears(self.name, epoch, event)
        if self.hears is not None:
            self.hears(event)


@dataclass(slots=True, eq=False)
class Writer:
    """
    Says one thing after the other, each until it is `done`, through two connections at once.

    Some are said again: three of ten if `retries`, on the same connection, on the other one, on both at the
    same time, or after the next reconnect; each has to be answered as the first was. All writers use the same
    cids.
    """

    name: str
    book: Book
    rooms: Sequence[str]
    random: random.Random
    retries: bool = True
    pause_seconds: float = 0.0
    at_once: int = 4
    stopped: bool = False
    said: int = 0
    again: int = 0
    conflicts: int = 0
    author: str = ""
    token: str = ""
    _open: dict[int, str] = field(default_factory=dict)
    _settled: deque[tuple[str, str, str]] = field(default_factory=lambda: deque(maxlen=50))

    async def arrive(self, place: Place) -> None:
        """
        Become somebody. Has to be done before the server is harmed: a lost `welcome` is a lost token.
        """
        client = await Client.open(place)
        welcome = await client.hello(name=self.name)
        self.author, self.token = welcome["me"]["id"], welcome["token"]
        await client.leave()

    async def write(self, place: Place, most: int | None = None) -> None:
        """
        Write until `stopped`, or `most` messages are done.
        """
        while self._open or not (self.stopped or self._enough(most)):
            clients: list[Client] = []
            try:
                for _ in range(2):
                    clients.append(await self._connect(place))
                await self._go_on(clients, most)
            except GONE:
                pass
            except Refused as refused:
                if refused.code not in _TRY_LATER:
                    self.book.fault(f"{self.name} is refused: {refused}")
                    self._open.clear()
                    return
            for client in clients:
                client.cut()
                ending = await client.ended
                if ending.code == BAD:
                    self.book.fault(f"{self.name}: {ending.reason}")
            await asyncio.sleep(AGAIN_SECONDS)

    def _enough(self, most: int | None) -> bool:
        return most is not None and self.said >= most

    async def _connect(self, place: Place) -> Client:
        client = await Client.open(place)
        try:
            await client.hello(token=self.token)
            await asyncio.gather(*(client.join(room, limit=0) for room in self.rooms))
        except BaseException:
            client.cut()
            raise
        return client

    async def _go_on(self, clients: list[Client], most: int | None) -> None:
        for cid, room, text in list(self._settled)[-5:] if self.retries else ():
            await self._say(self.random.choice(clients), room, cid, text, again=True)
        while self._open or not (self.stopped or self._enough(most)):
            numbers = list(self._open)[: self.at_once]
            while len(numbers) < self.at_once and not (self.stopped or self._enough(most)):
                self._open[self.said] = self.random.choice(self.rooms)
                numbers.append(self.said)
                self.said += 1
            told = await asyncio.gather(
                *(self._finish(clients, number) for number in numbers), return_exceptions=True
            )
            for outcome in told:
                if isinstance(outcome, BaseException):
                    raise outcome
            if self.pause_seconds:
                await asyncio.sleep(self.random.uniform(0.5, 1.5) * self.pause_seconds)

    async def _finish(self, clients: list[Client], number: int) -> None:
        room, cid = self._open[number], f"c{number}"
        text = f"{self.name} says {number}"
        self.book.says(self.author, cid, room, text)
        first, other = self.random.sample(clients, 2)
        way = self.random.random() if self.retries else 1.0
        if way < 0.15:
            await asyncio.gather(
                self._say(first, room, cid, text), self._say(other, room, cid, text, again=True)
            )
        else:
            await self._say(first, room, cid, text)
            if way < 0.30:
                await self._say(self.random.choice(clients), room, cid, text, again=True)
        if 0.15 <= way < 0.18:
            await self._say_otherwise(other, room, cid, text)
        del self._open[number]
        self._settled.append((cid, room, text))

    async def _say(self, client: Client, room: str, cid: str, text: str, again: bool = False) -> None:
        self.again += again
        done = await client.say(room, text, cid=cid)
        self.book.acknowledges(self.author, cid, done)

    async def _say_otherwise(self, client: Client, room: str, cid: str, text: str) -> None:
        """
        The same cid with another body is refused.
        """
        try:
            done = await client.say(room, f"{text}, or so", cid=cid)
        except Refused as refused:
            if refused.code != "cid_conflict":
                raise
            self.conflicts += 1
        else:
            self.book.fault(f"{self.name} {cid} with another text is answered {done}")


async def read_all(book: Book, place: Place, rooms: Sequence[str], readers: Sequence[Reader]) -> None:
    """
    Have the readers read on to the end, and somebody new read everything; raises `Broken` if the ends differ.
    """
    new = Reader("the-last", book, rooms)
    for room, (epoch, _, _) in readers[0].positions.items():
        new.positions[room] = epoch, 0, None
    everybody = (*readers, new)
    for reader in everybody:
        await reader.read_to_the_end(place)
    ends = {reader.name: {room: reader.positions[room][:2] for room in rooms} for reader in everybody}
    if any(end != ends[new.name] for end in ends.values()):
        raise Broken(f"the readers end at different places: {ends}")
