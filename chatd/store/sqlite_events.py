"""
How a row of a log reads as an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from chatd.core.events import Author, Deed, Detail, Event, Message
from chatd.core.files import Attachment
from chatd.core.names import RoomKey
from chatd.store.sqlite_forms import whole

COLUMNS = (
    "kind, commit_number, offset, id, at_ms, author, author_name, via, text, cid, reply_to, deleted,"
    " edited_ms, changed, mentions, files"
)


def _message(connection: apsw.Connection, number: int, room: RoomKey, row: tuple[Any, ...]) -> Message:
    _, commit, offset, event_id, at_ms, author, name, via, text, cid, reply_to, deleted, *more = row
    edited_ms, changed, mentions, files = more
    message = Message(
        commit,
        room,
        offset,
        event_id,
        at_ms,
        Author(author, name, via),
        text,
        cid,
        reply_to,
        bool(deleted),
        edited_ms=edited_ms,
        changed=changed,
        files=() if files is None else msgspec.json.decode(files, type=tuple[Attachment, ...]),
    )
    return whole(connection, number, message, mentions)


def _deed(room: RoomKey, row: tuple[Any, ...]) -> Deed:
    kind, commit, offset, event_id, at_ms, author, name, via, text, *_ = row
    detail = msgspec.json.decode(text, type=Detail)
    return Deed(commit, room, offset, event_id, at_ms, Author(author, name, via), kind, detail)


def events_of(connection: apsw.Connection, number: int, room: RoomKey, rows: apsw.Cursor) -> Iterator[Event]:
    """
    The events that rows of a room's log stand for, each of which has these columns.
    """
    for row in rows:
        # Of what is no message the text is its detail.
        yield _message(connection, number, room, row) if row[0] == "message" else _deed(room, row)
