"""
A client's cursors: live delivery, catching up and slow reading, which are one mechanism.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chatd.core.commands import Answer, Live, Me, ReadUpTo, TypingNow
from chatd.core.events import Event
from chatd.core.forms import only_changes
from chatd.core.hearing import Cursor
from chatd.core.names import RoomKey, is_private
from chatd.core.news import Item
from chatd.core.outbox import Outbox
from chatd.core.pacing import Gate
from chatd.core.ports import Store, View, Wire
from chatd.core.presence import Person
from chatd.core.records import MOST_JOINED, Counts
from chatd.core.refusals import CloseCode
from chatd.core.retention import Pruned
from chatd.core.room import Room
from chatd.core.tail import Growth

T = TypeVar("T")

SLICE_BYTES = 64 * 1024
"""How much is read on at a time, by weight: about what a transport takes before it says that it is full."""


@dataclass(slots=True, eq=False)
class Cursors:
    """
    Where one client stands in the rooms that it hears, and what it is still to be sent.

    Nothing is queued here. A cursor that cannot be served stays where it is; `read_on` serves it from the
    room's tail or from the store as soon as the outbox has room; where that was pruned, the connection is
    closed with 4002. While `held` nothing is sent but the cursors are kept.
    """

    outbox: Outbox
    store: Store
    gate: Gate
    start: Callable[[Coroutine[Any, Any, None]], None]
    person: Person | None = None
    held: bool = False
    closed: bool = False
    _last_in: int = 0
    rooms: dict[RoomKey, Cursor] = field(default_factory=dict)
    behind: dict[Cursor, None] = field(default_factory=dict)
    _parting: dict[RoomKey, Cursor] = field(default_factory=dict)
    _missed: dict[RoomKey, None] = field(default_factory=dict)
    _missed_reads: dict[RoomKey, str] = field(default_factory=dict)
    _missed_me: bool = False
    owed: int = 0
    _owed: dict[Cursor, list[tuple[int, bytes]]] = field(default_factory=dict)
    _reading: bool = False

    def set(self, room: Room, view: View, offset: int, live_at: int | None = None) -> Cursor:
        """
        Begin to hear a room after `offset`; an earlier cursor in it is forgotten.
        """
        # Answers that wait for an event go on waiting: for it, or until it is plain that it was passed over.
        before = self.rooms.get(room.key)
        owed = None if before is None else self._owed.pop(before, None)
        self.drop(room.key)
        cursor = self.rooms[room.key] = Cursor(room, self, view, offset, live_at)
        if owed is not None:
            self._owed[cursor] = owed
        if live_at is not None or offset < room.head or owed is not None:
            self.behind[cursor] = None
        return cursor

    def drop(self, key: RoomKey) -> Room | None:
        """
        Hear a room no longer. What is being read for it is thrown away.
        """
        parting = self._parting.pop(key, None)
        if parting is not None:
            self.behind.pop(parting, None)
            self._pay(parting, float("inf"))
        cursor = self.rooms.pop(key, None)
        if cursor is None:
            return None
        cursor.step_out()
        self.behind.pop(cursor, None)
        self._missed.pop(key, None)
        self._pay(cursor, float("inf"))
        return cursor.room

    def part(self, cursor: Cursor, farewell: Answer) -> None:
        """
        Hear a room no longer, once all has been sent that is published now; then the farewell follows.

        Until then it is no room that one hears, and to hear it anew is to have the rest forgotten.
        """
        del self.rooms[cursor.room.key]
        self._missed.pop(cursor.room.key, None)
        cursor.end, cursor.farewell = cursor.room.head, farewell
        self._parting[cursor.room.key] = cursor
        self.behind[cursor] = None
        self.read_on()

    def forget(self) -> None:
        """
        The client is gone: send nothing more of the rooms that it was sent out of.
        """
        for key in tuple(self._parting):
            self.drop(key)

    def write_after(self, key: RoomKey, offset: int, data: bytes) -> None:
        """
        Write an answer, but not before the event at `offset` if the room is heard. `owed` counts what waits.
        """
        cursor = self.rooms.get(key) or self._parting.get(key)
        if cursor is None or cursor.offset >= offset:
            self.outbox.write(data)
        else:
            self._owed.setdefault(cursor, []).append((offset, data))
            self.owed += 1

    def _pay(self, cursor: Cursor, upto: float) -> None:
        owed = self._owed.pop(cursor, None)
        if owed is None:
            return
        due = [data for offset, data in owed if offset <= upto]
        rest = [(offset, data) for offset, data in owed if offset > upto]
        if rest:
            self._owed[cursor] = rest
        self.owed -= len(due)
        for data in due:
            self.outbox.write(data)
        if due:
            self.outbox.look()

    def hold(self) -> None:
        """
        Be `held` from now on.
        """
        self.held = True
        for cursor in self.rooms.values():
            cursor.step_out()

    def offer(self, cursor: Cursor, growth: Growth) -> None:
        """
        The cursor's room has grown: send that if all before it was sent and there is room, else remember to
        read on.
        """
        if (
            cursor.heard == growth.after
            and cursor not in self.behind
            and not self.outbox.full
            and not self.held
        ):
            cursor.heard = growth.last
            self.outbox.write(growth.chunk(self.outbox.wire, cursor.view))
        elif cursor.heard < growth.last:
            self.behind[cursor] = None
            self.read_on()

    def notice(self, items: Sequence[Item], frames: dict[Wire, bytes]) -> None:
        """
        See `Hearer`. If the client is behind, note what it is to be sent instead once it has caught up.
        """
        if self._late:
            for item in items:
                self._miss(item)
            return
        wire = self.outbox.wire
        frame = frames.get(wire)
        if frame is None:
            frame = frames[wire] = b"".join([wire.frame(item.answer) for item in items])
        if frame:
            self.outbox.write(frame)

    def _miss(self, item: Item) -> None:
        answer, room = item.answer, item.room
        if isinstance(answer, Me):
            self._missed_me = True
        elif isinstance(answer, ReadUpTo) and room is not None:
            self._missed_reads[room] = answer.room
        elif room is not None and not isinstance(answer, TypingNow):
            # All the room's members take the place of who came and went.
            self._missed[room] = None

    def hint(self, notice: Answer) -> None:
        """
        Send what is worth telling now or never.
        """
        if not self._late:
            self.outbox.write(self.outbox.wire.frame(notice))

    @property
    def _late(self) -> bool:
        return self.held or self.outbox.full or bool(self.behind)

    async def in_turn(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """
        Ask for much when it is this client's turn, and await it; None if the client has gone meanwhile.
        """
        if self.closed or self.outbox.closed:
            return None
        self._last_in = await self.gate.enter(self._last_in)
        try:
            return None if self.closed or self.outbox.closed else await ask()
        finally:
            self.gate.leave()

    def read_on(self) -> None:
        """
        Serve the cursors that are behind until all have caught up or the outbox is full. Never waits.
        """
        owed = self.behind or self._missed or self._missed_reads or self._missed_me
        if owed and not (self._reading or self.held or self.closed or self.outbox.full):
            self._reading = True
            self.start(self._read_on())

    async def _read_on(self) -> None:
        try:
            while self.behind and not (self.outbox.full or self.held or self.closed):
                cursor = next(iter(self.behind))
                # To the end of the line: a room with much to read does not keep the others waiting.
                del self.behind[cursor]
                self.behind[cursor] = None
                await self._advance(cursor)
            if not (self._late or self.closed):
                self._make_up()
        finally:
            self._reading = False

    async def _advance(self, cursor: Cursor) -> None:
        room, wire = cursor.room, self.outbox.wire
        upto = room.head if cursor.live_at is None else cursor.live_at
        if cursor.end is not None:
            upto = min(upto, cursor.end)
        if cursor.offset < upto:
            entries = room.tail.read(cursor.offset, upto, SLICE_BYTES)
            if entries:
                told = [entry for entry in entries if not (cursor.brief and only_changes(entry.event))]
                chunk = b"".join([entry.frame(wire, cursor.view) for entry in told])
                last = entries[-1].event.offset
            else:
                # What is in memory is better read there: it is encoded already, and as it was sent.
                absent = room.tail.absent(cursor.offset, upto)
                with room.tail.reading() as reading:
                    try:
                        found = await self.in_turn(lambda: reading.of(lambda: self._read(cursor, absent)))
                    except Pruned:
                        found = None
                    if cursor not in (self.rooms.get(room.key), self._parting.get(room.key)) or self.closed:
                        return
                    if found is None:
                        # It cannot have them all any more, and is to know it.
                        self.closed = True
                        self.outbox.close(CloseCode.RESYNC, CloseCode.RESYNC.reason)
                        return
                    events, last = found
                    settled = reading.settle(events)
                chunk = b"".join([wire.frame_event(event, cursor.view) for event in settled])
            cursor.heard = last
            if chunk:
                self.outbox.write(chunk)
        if cursor.live_at is not None and cursor.offset >= cursor.live_at:
            self.outbox.write(wire.frame(Live(cursor.view.room, cursor.live_at)))
            cursor.live_at, cursor.brief = None, False
        if cursor.end is not None and cursor.offset >= cursor.end:
            self._finish(cursor)
        elif cursor.live_at is None and cursor.offset >= room.head:
            self.behind.pop(cursor, None)
        # Last: an answer can make room for the next command, which can be to leave.
        self._pay(cursor, cursor.offset)

    async def _read(self, cursor: Cursor, upto: int) -> tuple[Sequence[Event], int]:
        """What comes next for a cursor in the store's log, and how far it has come with that."""
        key = cursor.room.key
        if not cursor.brief:
            events = await self.store.read(key, cursor.offset, upto, SLICE_BYTES)
            return events, events[-1].offset
        page = await self.store.page(
            key, None, before=None, after=cursor.offset, limit=MOST_JOINED, max_bytes=SLICE_BYTES, brief=True
        )
        # A page leaves out what is no longer kept; here that has to be known, as of `read`.
        await self.store.read(key, cursor.offset, cursor.offset + 1, 1)
        told = [event for event in page.events if event.offset <= upto]
        # What lies between the last of them and the next was only changes.
        if not page.more or len(told) < len(page.events):
            return told, upto
        return told, told[-1].offset if page.next is None else min(page.next, upto)

    def _finish(self, cursor: Cursor) -> None:
        self.behind.pop(cursor, None)
        del self._parting[cursor.room.key]
        # What was done by oneself is answered before one has gone.
        self._pay(cursor, float("inf"))
        if cursor.farewell is not None:
            self.outbox.write(self.outbox.wire.frame(cursor.farewell))

    def _make_up(self) -> None:
        """
        Send what takes the place of the notices that this client missed while it was behind.
        """
        wire = self.outbox.wire
        viewer = self.person.card.id if self.person else None
        while self._missed and not self.outbox.full:
            key, _ = self._missed.popitem()
            cursor = self.rooms.get(key)
            if cursor is not None and not is_private(key):
                self.outbox.write(wire.frame(cursor.room.member_list(viewer)))
        while self._missed_reads and self.person is not None and not self.outbox.full:
            key, name = self._missed_reads.popitem()
            counts = self.person.unread.get(key, Counts())
            told = ReadUpTo(name, self.person.read[key], counts.unread, counts.mentions)
            self.outbox.write(wire.frame(told))
        if self._missed_me and self.person is not None and not self.outbox.full:
            self._missed_me = False
            self.outbox.write(wire.frame(Me(me=self.person.as_self)))
