"""
The end of a log in memory, with what its events are on each wire: encoded once, however many hear them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.events import Deed, Event, Message
from chatd.core.forms import DELETED, EDITED, after, told_whole
from chatd.core.ports import View, Wire
from chatd.core.reading import Reading

TAIL_EVENTS = 512
TAIL_BYTES = 512 * 1024
TAILS_BYTES = 16 * 1024 * 1024
"""Of all tails together, by weight; in memory up to three times that: an event, and its form on two wires."""


@dataclass(slots=True, eq=False)
class Entry:
    """
    An event in memory, with what it is on each wire on which somebody has heard it.
    """

    event: Event
    weight: int = field(init=False)
    frames: dict[tuple[Wire, View], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weight = self.event.weight

    def frame(self, wire: Wire, view: View) -> bytes:
        """
        The event on that wire, encoded at most once.
        """
        frame = self.frames.get((wire, view))
        if frame is None:
            frame = self.frames[wire, view] = wire.frame_event(self.event, view)
        return frame


@dataclass(slots=True)
class Growth:
    """
    What one commit added to a room: dense from `after` + 1 to `last`.
    """

    entries: list[Entry]
    after: int = field(init=False)
    last: int = field(init=False)
    _chunks: dict[tuple[Wire, View], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.after = self.entries[0].event.offset - 1
        self.last = self.entries[-1].event.offset

    def chunk(self, wire: Wire, view: View) -> bytes:
        """
        All of it on that wire, as one piece of bytes.
        """
        chunk = self._chunks.get((wire, view))
        if chunk is None:
            chunk = b"".join([entry.frame(wire, view) for entry in self.entries])
            self._chunks[wire, view] = chunk
        return chunk


@dataclass(slots=True, eq=False)
class Tail:
    """
    The last events of a log, dense, at most `TAIL_EVENTS` of `TAIL_BYTES` by weight.

    `readings` are those of the log that are under way: each is told what takes text from it.
    """

    entries: list[Entry] = field(default_factory=list)
    weight: int = 0
    readings: dict[Reading, None] = field(default_factory=dict)

    def reading(self) -> Reading:
        """
        Begin to read the log elsewhere.
        """
        return Reading(self.readings)

    def take(self, deed: Deed) -> None:
        """
        Text was taken from the log.
        """
        for reading in self.readings:
            reading.note(deed)

    def extend(self, entries: list[Entry]) -> None:
        """
        Add what follows; drop from the front what is too much.
        """
        if self.entries and entries[0].event.offset != self.entries[-1].event.offset + 1:
            self.entries.clear()
            self.weight = 0
        self.entries.extend(entries)
        self.weight += sum(entry.weight for entry in entries)
        drop = 0
        while len(self.entries) - drop > TAIL_EVENTS or (
            self.weight > TAIL_BYTES and len(self.entries) - drop > 1
        ):
            self.weight -= self.entries[drop].weight
            drop += 1
        if drop:
            del self.entries[:drop]

    def trim(self, first: int) -> None:
        """
        Drop what lies before an offset.
        """
        drop = 0
        while drop < len(self.entries) and self.entries[drop].event.offset < first:
            self.weight -= self.entries[drop].weight
            drop += 1
        del self.entries[:drop]

    def rename(self) -> None:
        """
        Forget the forms of its events: somebody whom they name is called something else.
        """
        for entry in self.entries:
            entry.frames.clear()

    def change(self, deed: Deed) -> bool:
        """
        Have the message that a deed is about, and whatever quotes it, be as the store has them now. Whether
        it can: of a crowd that reacted the store alone knows who follows when one of the first takes it back.
        """
        if deed.kind in (EDITED, DELETED):
            self.take(deed)
        for place, entry in enumerate(self.entries):
            event = after(entry.event, deed)
            if event is not entry.event:
                self.weight -= entry.weight
                self.entries[place] = Entry(event)
                self.weight += self.entries[place].weight
                if isinstance(event, Message) and not all(told_whole(each) for each in event.reactions):
                    return False
        return True

    def absent(self, after: int, upto: int) -> int:
        """
        Up to which offset what follows `after` has to be read elsewhere, when `read` has none of it.
        """
        if self.entries and after + 1 < self.entries[0].event.offset:
            return min(upto, self.entries[0].event.offset - 1)
        return upto

    def read(self, after: int, upto: int, max_bytes: int) -> list[Entry]:
        """
        The entries after an offset, as many as weigh at most `max_bytes` and at least one; none if it does
        not have the first of them.
        """
        if not self.entries:
            return []
        start = after + 1 - self.entries[0].event.offset
        end = start + upto - after
        if start < 0:
            return []
        end = min(end, len(self.entries))
        weight = 0
        for index in range(start, end):
            weight += self.entries[index].weight
            if weight > max_bytes and index > start:
                return self.entries[start:index]
        return self.entries[start:end]


@dataclass(slots=True)
class Tails:
    """
    The tails of all rooms, within one budget of `TAILS_BYTES` by weight: what has not grown for the longest
    time goes first. Nobody misses it: it is read from the store.
    """

    weight: int = 0
    _weights: dict[Tail, int] = field(default_factory=dict)

    def extend(self, tail: Tail, entries: list[Entry]) -> None:
        """
        Have a tail grow, as `Tail.extend`.
        """
        tail.extend(entries)
        self.weight += tail.weight - self._weights.pop(tail, 0)
        self._weights[tail] = tail.weight
        while self.weight > TAILS_BYTES and len(self._weights) > 1:
            self.drop(next(iter(self._weights)))

    def trim(self, tail: Tail, first: int) -> None:
        """
        Have a tail begin no sooner than the log, which was pruned.

        A client could be served from here without a gap. But memory is not to know what the log has
        forgotten, and whether a client gets an event is not to depend on what happens to be in it.
        """
        before = tail.weight
        tail.trim(first)
        if tail in self._weights:
            self._weights[tail] = tail.weight
            self.weight -= before - tail.weight

    def clear(self) -> None:
        """
        Empty all of them. What has come a little at a time, while a crowd came and went, lies scattered among
        what that has left, and keeps memory from being given back.
        """
        for tail in tuple(self._weights):
            self.drop(tail)

    def wipe(self, tail: Tail, deed: Deed) -> None:
        """
        Empty a tail from whose log texts were taken: the store knows of which messages, and who quotes them.
        """
        tail.take(deed)
        self.drop(tail)

    def drop(self, tail: Tail) -> None:
        """
        Empty a tail.
        """
        self.weight -= self._weights.pop(tail, 0)
        tail.entries.clear()
        tail.weight = 0
