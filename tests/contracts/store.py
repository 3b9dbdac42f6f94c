"""
What the contract of a store is tested with: a backend to be filled in, and short ways to say things.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from chatd.core.events import Author, Batch, Card, Draft, Event, Message
from chatd.core.names import LOBBY, PersonId, RoomKey, private_key
from chatd.core.ports import Store
from chatd.core.records import Appended
from chatd.core.refusals import Code, Refused

ADA = PersonId("aaaaaaaaaaaaaaaa")
BOB = PersonId("bbbbbbbbbbbbbbbb")
CLEO = PersonId("cccccccccccccccc")
NOBODY = PersonId("zzzzzzzzzzzzzzzz")
NAMES = {ADA: "ada", BOB: "bob", CLEO: "cleo", NOBODY: "nobody"}
GARDEN = RoomKey("garden")
CELLAR = RoomKey("cellar")
DAY_MS = 24 * 3600 * 1000
PLENTY = 1 << 30


def draft(
    text: str,
    room: str = LOBBY,
    who: PersonId = ADA,
    *,
    cid: str | None = None,
    reply_to: int | None = None,
    via: str = "",
    name: str | None = None,
) -> Draft:
    """
    A message that `who` wants to say.
    """
    spelling = "" if room.startswith("@") else room.title()
    author = Author(who, NAMES[who] if name is None else name, via)
    return Draft(RoomKey(room), spelling, author, text, cid, reply_to)


def texts(events: tuple[Event, ...]) -> list[str]:
    """
    What the events say.
    """
    return [event.text for event in events if isinstance(event, Message)]


class Backend(Protocol):
    """
    What a kind of store fills in. Everything here is a test's private door: the port has none of it.
    """

    async def make(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """An empty store, started, with that listener."""

    async def restart(self, publish: Callable[[Batch], None], wall_ms: Callable[[], int]) -> Store:
        """The store after it was stopped and started again: what outlives that is still there."""

    async def remove(self) -> None:
        """Stop the store and leave nothing behind."""

    def hold(self) -> None:
        """Begin a commit that does not end before `release`: what is written meanwhile gathers behind it."""

    def release(self) -> None:
        """Let commits go on."""

    def refuse_writes(self, refuse: bool) -> None:
        """Make the disk take no writes, or take them again."""

    async def indexed(self) -> None:
        """Wait until what was stored is in the index, if there is one."""

    def prune(self, room: RoomKey, first: int) -> None:
        """Take the events before `first` out of a room's log, as a limit of its history would."""


if TYPE_CHECKING:
    from twisted.trial.unittest import TestCase as _Base
else:
    # The contracts are no test cases by themselves: each backend makes them so.
    _Base = object


class StoreCase(_Base):
    """
    A test of the contract, on an empty store in which ada, bob and cleo are known.
    """

    timeout = 30
    backend: Backend
    store: Store

    def make_backend(self) -> Backend:
        """The backend under test."""
        raise NotImplementedError

    async def setUp(self) -> None:
        self.now_ms = 1_750_000_000_000
        self.batches: list[Batch] = []
        self.journal: list[str] = []
        self.backend = self.make_backend()
        self.store = await self.backend.make(self.hear, self.wall_ms)
        for who in (ADA, BOB, CLEO):
            await self.store.add_person(Card(who, NAMES[who]), who.encode())

    async def tearDown(self) -> None:
        await self.backend.remove()

    def wall_ms(self) -> int:
        """The clock on the wall, which stands still unless a test moves it."""
        return self.now_ms

    def hear(self, batch: Batch) -> None:
        """Listen to the store."""
        self.batches.append(batch)
        self.journal.append("batch " + " ".join(getattr(event, "text", "deed") for event in batch))

    async def restart(self) -> None:
        """Stop the store and start it again."""
        self.store = await self.backend.restart(self.hear, self.wall_ms)

    async def say(self, text: str, room: str = LOBBY, who: PersonId = ADA, **more: object) -> Appended:
        """Store a message and note in the journal that it was answered."""
        return await self.store.append(draft(text, room, who, **more))  # type: ignore[arg-type]

    async def talk(self, room: str, count: int) -> None:
        """Fill a room with messages whose texts are their offsets."""
        for offset in range(1, count + 1):
            await self.say(str(offset), room)

    async def refusal(self, asked: Awaitable[object]) -> Refused:
        """The refusal with which a write ends."""
        try:
            answer = await asked
        except Refused as refused:
            return refused
        raise self.failureException(f"{answer!r} came instead of a refusal")

    async def assert_refused(self, code: Code, asked: Awaitable[object]) -> None:
        """A write ends with that code."""
        self.assertEqual((await self.refusal(asked)).code, code)

    async def whole_log(self, room: str) -> tuple[Event, ...]:
        """All that is kept of a room."""
        page = await self.store.page(
            RoomKey(room), None, before=None, after=0, limit=100_000, max_bytes=PLENTY
        )
        return page.events

    def private(self, one: PersonId = ADA, other: PersonId = BOB) -> RoomKey:
        """The private room of two people."""
        return private_key(one, other)
