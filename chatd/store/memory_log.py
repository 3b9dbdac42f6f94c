"""
The log of one room in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from chatd.core.events import Event, Message, Wipe, without_text
from chatd.core.names import RoomKey
from chatd.core.records import Position
from chatd.core.retention import Keep


@dataclass(slots=True)
class Log:
    """
    The `events` of a room that are kept: dense, from the offset `first` on. `messages` is how many of them
    are messages.
    """

    key: RoomKey
    name: str
    topic: str = ""
    first: int = 1
    events: list[Event] = field(default_factory=list)
    messages: int = 0
    last_commit: int = 0

    @property
    def head(self) -> int:
        """
        The offset of the last event that there ever was.
        """
        return self.first + len(self.events) - 1

    def add(self, event: Event) -> None:
        """
        Put an event at the end.
        """
        self.events.append(event)
        self.messages += isinstance(event, Message)

    def wipe(self, wipe: Wipe) -> None:
        """
        Take the text of the messages that a wipe means.
        """
        self.events = [without_text(event, wipe) for event in self.events]

    def from_offset(self, offset: int) -> Iterable[Event]:
        """
        The kept events from that offset on; `offset` is not below `first`.
        """
        for index in range(offset - self.first, len(self.events)):
            yield self.events[index]

    def back_from(self, offset: int) -> Iterable[Event]:
        """
        The kept events from that offset backwards.
        """
        for index in range(min(offset, self.head) - self.first, -1, -1):
            yield self.events[index]

    def trim(self, keep: Keep, limit: int) -> list[Event]:
        """
        Let go of what is not to be kept, at most `limit` events; the answer is those.
        """
        messages = self.messages
        count = 0
        for event in islice(self.events, limit):
            counts = isinstance(event, Message)
            if not keep.lets_go(event.at_ms, messages, counts=counts):
                break
            messages -= counts
            count += 1
        return self.drop(count)

    def drop(self, count: int) -> list[Event]:
        """
        Let go of that many events at the front; the answer is those.
        """
        gone = self.events[:count]
        del self.events[:count]
        self.first += count
        self.messages -= sum(isinstance(event, Message) for event in gone)
        return gone

    def stands(self, position: Position) -> bool:
        """
        Whether a cursor can go on from there without missing anything.
        """
        if not self.first - 1 <= position.after <= self.head:
            return False
        if position.id is None or position.after == 0:
            return True
        return position.after >= self.first and self.events[position.after - self.first].id == position.id
