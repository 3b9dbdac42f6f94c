"""
What is asked of the database: one function for each question, on any connection that stands in a transaction.

Each statement finds its rows by an index and in their order, however long the logs are; a test reads plans.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import nlargest
from typing import Any

import apsw
from msgspec.structs import replace

from chatd.core.events import Card, Change, Event, Message
from chatd.core.forms import leaves_out
from chatd.core.names import CLOSED_MARK, PersonId, RoomKey, is_closed, is_private, private_pair, side_name
from chatd.core.records import (
    COUNTED_EVENTS,
    MOST_COUNTED,
    MOST_JOINED,
    MOST_SKIPPED,
    Counts,
    Everything,
    Known,
    Opened,
    Position,
    RoomRecord,
    Slice,
)
from chatd.core.retention import Pruned
from chatd.store import rules
from chatd.store.sqlite_events import COLUMNS, events_of
from chatd.store.sqlite_forms import given, pins

Marks = Mapping[RoomKey, int]
"""Read markers of one person that are not in the database yet."""

EVENTS_UP = f"SELECT {COLUMNS} FROM event WHERE room = ? AND offset > ? AND offset <= ? ORDER BY offset"  # noqa: S608
EVENTS_DOWN = f"SELECT {COLUMNS} FROM event WHERE room = ? AND offset < ? ORDER BY offset DESC"  # noqa: S608
_SAID = "kind NOT IN ('edited', 'deleted', 'reacted', 'pinned') AND room = ? AND offset > ? AND offset < ?"
SAID_UP = f"SELECT {COLUMNS} FROM event WHERE {_SAID} ORDER BY offset"  # noqa: S608
SAID_DOWN = f"SELECT {COLUMNS} FROM event WHERE {_SAID} ORDER BY offset DESC"  # noqa: S608
SAID = f"SELECT offset, kind FROM event WHERE {_SAID} ORDER BY offset DESC"  # noqa: S608
EVENT_ID = "SELECT id FROM event WHERE room = ? AND offset = ?"
LAST_MESSAGES = (
    "SELECT offset FROM event WHERE room = ? AND offset > ? AND kind = 'message'"
    " ORDER BY offset DESC LIMIT 1 OFFSET ?"
)
ROOM = (
    "SELECT number, name, topic, head, first, coalesce(read_marker.offset, 0) FROM room"
    " LEFT JOIN read_marker ON read_marker.person = ? AND read_marker.room = number WHERE key = ?"
)
ROOM_PLACE = "SELECT number, head, first, last_commit FROM room WHERE key = ?"
PUBLIC_ROOMS = (
    "SELECT key, name, topic, head, first, coalesce(read_marker.offset, 0) FROM room"
    " LEFT JOIN read_marker ON read_marker.person = ? AND read_marker.room = number"
    " WHERE kind = 'public' AND key > ? ORDER BY key LIMIT ?"
)
PRIVATE_ROOMS = (
    "SELECT key FROM private_room JOIN room ON number = room"
    " WHERE person = ? AND peer > ? ORDER BY peer LIMIT ?"
)
ALL_PRIVATE_ROOMS = "SELECT key, last_commit FROM private_room JOIN room ON number = room WHERE person = ?"
MARKED_ROOMS = "SELECT key, last_commit FROM read_marker JOIN room ON number = room WHERE person = ?"
PERSON = "SELECT name FROM person WHERE id = ?"
PERSON_OF_TOKEN = "SELECT id, name, kept, token.seen_ms FROM token JOIN person ON id = person WHERE hash = ?"  # noqa: S105

STANDINGS = "SELECT room, subject, field, value FROM standing"
ACCOUNTS = (
    "SELECT id, name FROM standing JOIN person ON id = subject"
    " WHERE standing.room = '' AND field = 'account' AND value IS NOT NULL"
)

_HIGHEST = 2**63 - 1


def read(
    connection: apsw.Connection, room: RoomKey, after: int, upto: int, max_bytes: int
) -> tuple[Event, ...]:
    """
    As `Store.read`.
    """
    place = connection.execute(ROOM_PLACE, (room,)).fetchone()
    if place is None or not after < upto <= place[1]:
        raise ValueError(f"{room} has no events after {after} up to {upto}")
    number, _, first, _ = place
    if after + 1 < first:
        raise Pruned(first)
    rows = connection.execute(EVENTS_UP, (number, after, upto))
    return rules.cut(events_of(connection, number, room, rows), upto - after, max_bytes).events


def page(
    connection: apsw.Connection,
    room: RoomKey,
    reader: PersonId | None,
    before: int | None,
    after: int | None,
    limit: int,
    max_bytes: int,
    brief: bool = False,
) -> Slice:
    """
    As `Store.page`.
    """
    place = connection.execute(ROOM_PLACE, (room,)).fetchone()
    if place is None:
        return Slice((), False)
    number = place[0]
    if brief:
        found = _brief_page(connection, place, room, before, after, limit, max_bytes)
    elif after is not None:
        rows = connection.execute(EVENTS_UP, (number, after, _HIGHEST))
        found = rules.cut(events_of(connection, number, room, rows), limit, max_bytes)
    else:
        rows = connection.execute(EVENTS_DOWN, (number, _HIGHEST if before is None else before))
        back = rules.cut(events_of(connection, number, room, rows), limit, max_bytes)
        found = Slice(back.events[::-1], back.more)
    if not any(isinstance(event, Message) and leaves_out(event, reader) for event in found.events):
        return found
    first, last = found.events[0].offset, found.events[-1].offset
    return replace(found, mine=given(connection, number, reader, first - 1, last))


def _brief_page(
    connection: apsw.Connection,
    place: tuple[int, int, int, int],
    room: RoomKey,
    before: int | None,
    after: int | None,
    limit: int,
    max_bytes: int,
) -> Slice:
    number, head, first, _ = place
    if after is not None:
        end = max(after, first - 1) + MOST_SKIPPED
        rows = connection.execute(SAID_UP, (number, after, end + 1))
        found = rules.cut(events_of(connection, number, room, rows), limit, max_bytes)
        return found if found.more or end >= head else Slice(found.events, True, next=end)
    last = head + 1 if before is None else min(before, head + 1)
    end = last - MOST_SKIPPED
    rows = connection.execute(SAID_DOWN, (number, end - 1, last))
    back = rules.cut(events_of(connection, number, room, rows), limit, max_bytes)
    if back.more or end <= first:
        return Slice(back.events[::-1], back.more)
    return Slice(back.events[::-1], True, next=end)


UNREAD = (
    "SELECT count(*) FROM (SELECT 1 FROM event WHERE room = ?1 AND offset > ?2 AND offset <= ?2 + ?4"
    " AND kind = 'message' AND deleted = 0 AND author != ?3 LIMIT ?5)"
)
CALLED = (
    "SELECT mention.offset FROM mention JOIN event USING (room, offset)"
    " WHERE mention.person = ? AND mention.room = ? AND mention.offset > ? AND author != ? LIMIT ?"
)
NOTICE = "SELECT level FROM notice WHERE person = ? AND room = ?"


def counts(connection: apsw.Connection, room: RoomKey, reader: PersonId, read: int) -> Counts:
    """
    As `Store.counts`.
    """
    place = connection.execute(ROOM_PLACE, (room,)).fetchone()
    return Counts() if place is None else _counts(connection, place[0], place[1], room, reader, read)


def _counts(
    connection: apsw.Connection, number: int, head: int, room: RoomKey, reader: PersonId, read: int
) -> Counts:
    notice = connection.execute(NOTICE, (reader, number)).get or ""
    if read >= head or not (read or is_private(room) or is_closed(room)):
        return Counts(notice=notice)
    unread: Any = connection.execute(UNREAD, (number, read, reader, COUNTED_EVENTS, MOST_COUNTED)).get
    called: set[Any] = set()
    for person in (reader, ""):
        found: Any = connection.execute(CALLED, (person, number, read, reader, MOST_COUNTED)).fetchall()
        called.update(found)
    return Counts(unread, min(len(called), MOST_COUNTED), notice)


def pinned(connection: apsw.Connection, room: RoomKey) -> tuple[Message, ...]:
    """
    As `Store.pinned`.
    """
    place = connection.execute(ROOM_PLACE, (room,)).fetchone()
    if place is None:
        return ()
    number = place[0]
    found: list[Event] = []
    for offset in pins(connection, number):
        rows = connection.execute(EVENTS_UP, (number, offset - 1, offset))
        found += events_of(connection, number, room, rows)
    return tuple(event for event in found if isinstance(event, Message))


def record(
    connection: apsw.Connection, room: RoomKey, reader: PersonId | None, marks: Marks
) -> RoomRecord | None:
    """
    As `Store.room`; `marks` are the reader's that have not been written.
    """
    found = _find(connection, room, reader, marks)
    return None if found is None else found[1]


def _find(
    connection: apsw.Connection,
    room: RoomKey,
    reader: PersonId | None,
    marks: Marks,
    *,
    counted: bool = False,
) -> tuple[int, RoomRecord] | None:
    row = connection.execute(ROOM, (reader, room)).fetchone()
    if row is None:
        return None
    number, name, topic, head, first, read = row
    pair = None
    if is_private(room):
        one, other = private_pair(room)
        pair = (_card(connection, one), _card(connection, other))
    read = max(read, marks.get(room, 0))
    told = Counts()
    if counted and reader is not None:
        told = _counts(connection, number, head, room, reader, read)
    if is_closed(room):
        return number, RoomRecord(room, room, topic, head, first, read, title=name, counts=told)
    return number, RoomRecord(room, name, topic, head, first, read, pair, counts=told)


def open_room(
    connection: apsw.Connection,
    room: RoomKey,
    reader: PersonId | None,
    position: Position | None,
    last: int,
    marks: Marks,
    brief: bool = False,
) -> Opened | None:
    """
    As `Store.open`.
    """
    found = _find(connection, room, reader, marks, counted=True)
    if found is None:
        return None
    number, here = found
    pinned = pins(connection, number)
    recovered = position is not None and _stands(connection, number, here, position)
    if position is not None and recovered:
        start = position.after
    elif last <= 0:
        start = here.head
    else:
        start = _start(connection, number, here, last, brief=brief)
    least = start if brief and not recovered else max(start, here.head - MOST_JOINED)
    mine = given(connection, number, reader, least, here.head)
    return Opened(here, start, recovered, pinned, mine)


def _start(connection: apsw.Connection, number: int, here: RoomRecord, last: int, *, brief: bool) -> int:
    if not brief:
        least = max(here.first - 1, here.head - MOST_JOINED)
        oldest = connection.execute(LAST_MESSAGES, (number, least, last - 1)).fetchone()
        return least if oldest is None else int(oldest[0]) - 1
    start, most = max(here.first - 1, here.head - MOST_SKIPPED), MOST_JOINED
    said = connection.execute(SAID, (number, start, here.head + 1))
    for offset, kind in said:
        if not most:
            start = offset
            break
        most -= 1
        last -= kind == "message"
        if not last:
            start = offset - 1
            break
    said.close()
    return int(start)


def _stands(connection: apsw.Connection, number: int, here: RoomRecord, position: Position) -> bool:
    """Whether a cursor can go on from there without missing anything."""
    if not here.first - 1 <= position.after <= here.head:
        return False
    if position.id is None or position.after == 0:
        return True
    row = connection.execute(EVENT_ID, (number, position.after)).fetchone()
    return row is not None and bool(row[0] == position.id)


def rooms(
    connection: apsw.Connection,
    reader: PersonId | None,
    after: str,
    limit: int,
    marks: Marks,
    closed: Collection[RoomKey] = (),
) -> tuple[RoomRecord, ...]:
    """
    As `Store.rooms`.
    """
    found = [
        RoomRecord(key, name, topic, head, first, max(read, marks.get(key, 0)))
        for key, name, topic, head, first, read in connection.execute(PUBLIC_ROOMS, (reader, after, limit))
    ]
    found += _records(connection, sorted(key for key in closed if key > after)[:limit], reader, marks)
    # A private room's sort key is `@` and the other's id.
    if reader is not None and (after < "@" or after.startswith("@")):
        asked = (reader, after[1:] if after.startswith("@") else "", limit)
        keys = [RoomKey(key) for (key,) in connection.execute(PRIVATE_ROOMS, asked)]
        found += _records(connection, keys, reader, marks)
    found.sort(key=lambda room: side_name(room.key, reader))
    return tuple(found[:limit])


def inbox(
    connection: apsw.Connection,
    reader: PersonId,
    limit: int,
    marks: Marks,
    closed: Collection[RoomKey] = (),
) -> tuple[RoomRecord, ...]:
    """
    As `Store.inbox`. What it costs grows with the reader's own rooms alone.
    """
    latest: dict[str, int] = {
        key: last
        for question in (ALL_PRIVATE_ROOMS, MARKED_ROOMS)
        for key, last in connection.execute(question, (reader,))
        # One keeps one's marker in a closed room of which one is no member any more.
        if not key.startswith(CLOSED_MARK)
    }
    for key in (*(key for key in marks if not is_closed(key)), *closed):
        place = connection.execute(ROOM_PLACE, (key,)).fetchone()
        if place is not None:
            latest[key] = place[3]
    keys = [RoomKey(key) for key in nlargest(limit, latest, key=latest.__getitem__)]
    found = [_find(connection, key, reader, marks, counted=True) for key in keys]
    return tuple(room[1] for room in found if room is not None)


def _records(
    connection: apsw.Connection, keys: list[RoomKey], reader: PersonId | None, marks: Marks
) -> tuple[RoomRecord, ...]:
    found = [record(connection, key, reader, marks) for key in keys]
    return tuple(room for room in found if room is not None)


def everything(connection: apsw.Connection) -> Everything:
    """
    As `Store.everything`.
    """
    rows: Any = connection.execute(STANDINGS).fetchall()
    accounts: Any = connection.execute(ACCOUNTS).fetchall()
    return Everything(
        tuple(Change(*row) for row in rows), tuple(Card(PersonId(person), name) for person, name in accounts)
    )


def person(connection: apsw.Connection, id: PersonId) -> Card | None:
    """
    As `Store.person`.
    """
    row = connection.execute(PERSON, (id,)).fetchone()
    return None if row is None else Card(id, row[0])


def _card(connection: apsw.Connection, id: PersonId) -> Card:
    """Somebody who cannot be unknown: a private room keeps its two people."""
    return Card(id, connection.execute(PERSON, (id,)).get)


def people(database: apsw.Connection, ids: Iterable[PersonId]) -> tuple[Card, ...]:
    """
    As `Store.people`.
    """
    found = (person(database, each) for each in ids)
    return tuple(card for card in found if card is not None)


def person_of_token(connection: apsw.Connection, token_hash: bytes) -> tuple[Known, int] | None:
    """
    As `Store.person_of_token`, and when it was noted last that the token was shown.
    """
    row = connection.execute(PERSON_OF_TOKEN, (token_hash,)).fetchone()
    return None if row is None else (Known(Card(PersonId(row[0]), row[1]), bool(row[2])), row[3])
