"""
What a store tells of rooms, people and logs.
"""

from __future__ import annotations

from msgspec import Struct

from chatd.core.events import Card, Change, Event, Given
from chatd.core.names import RoomKey

MOST_COUNTED = 100
"""As far as is counted what somebody has not read: that many stands for more, too."""


COUNTED_EVENTS = 10_000
"""How far behind a marker is looked, for most that lies there can be no messages."""


class Counts(Struct, frozen=True):
    """
    What somebody has not read of a room: messages of others, and those of them that call for them, each
    `MOST_COUNTED` at most; and of what they want to be told there (see `chatd.core.amendments.Notice`).
    """

    unread: int = 0
    mentions: int = 0
    notice: str = ""


class RoomRecord(Struct, frozen=True):
    """
    A room as the store has it.

    `name` is its first spelling ("" for a private room; a closed one has its key and a `title`), `head` the
    offset of its last event (0 for none, kept through pruning), `first` the offset of the first event that is
    still kept (`head` + 1 if none is), `read` the marker of the person for whom it was asked (0 for none),
    `pair` the two people of a private room as they are named now, in the order of the key. `counts` are what
    the person has not read, where the store says that it tells them.
    """

    key: RoomKey
    name: str
    topic: str
    head: int
    first: int
    read: int = 0
    pair: tuple[Card, Card] | None = None
    title: str = ""
    counts: Counts = Counts()


class Position(Struct, frozen=True):
    """
    Where a client's cursor stood: the offset of the last event it has, and that event's id if it knows it.
    """

    after: int
    id: str | None = None


MOST_JOINED = 1000
"""How many events are sent at most to whoever joins without a position."""


MOST_SKIPPED = 50_000
"""Among how many events is looked at most for those that do more than change a message."""


class Opened(Struct, frozen=True):
    """
    A room, and where a cursor that begins to hear it stands: the first event to send is `start` + 1.

    With `recovered` it stands where the client asked, otherwise before the last messages, and not before the
    last `MOST_JOINED` events; if it is to be brief, of those among the last `MOST_SKIPPED` that do more than
    change a message. `pins` are the offsets of what is pinned there, the last one first. `mine` are the
    reader's reactions to the messages among those events, and of a cursor that stands where it asked to those
    among the last `MOST_JOINED`, if no reaction names the reader for them: the last `MOST_GIVEN`.
    """

    record: RoomRecord
    start: int
    recovered: bool
    pins: tuple[int, ...] = ()
    mine: tuple[Given, ...] = ()


class Slice(Struct, frozen=True):
    """
    Events of one room, ascending and without a gap. `more`: kept events lie further in the direction asked
    for. `mine` is as that of `Opened`. `next` is there where a brief one ended after `MOST_SKIPPED` events:
    the bound of the one behind it.
    """

    events: tuple[Event, ...]
    more: bool
    mine: tuple[Given, ...] = ()
    next: int | None = None


class Known(Struct, frozen=True):
    """
    A person whom the store knows. `kept`: they wrote or were written to, so they are never forgotten.
    """

    card: Card
    kept: bool


class Everything(Struct, frozen=True):
    """
    What was decided so far: of each room, subject and field the last value, and the people who have an
    account as they are named now.
    """

    changes: tuple[Change, ...]
    accounts: tuple[Card, ...]


class Appended(Struct, frozen=True):
    """
    Where a draft stands in its room's log. `repeated`: it was there already, under the same author and cid.
    """

    offset: int
    id: str
    repeated: bool


class StoreUnusable(Exception):
    """
    The store cannot be opened; the text says why in one line, for the operator.
    """
