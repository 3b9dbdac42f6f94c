"""
What a deed changes in the database beside its place in a log.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from chatd.core.events import Change, Detail, Wipe
from chatd.core.names import RoomKey, is_closed

SET = (
    "INSERT INTO standing (room, subject, field, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (room, subject, field) DO UPDATE SET value = excluded.value"
)
UNSET = "DELETE FROM standing WHERE room = ? AND subject = ? AND field = ?"
SET_TOPIC = "UPDATE room SET topic = ? WHERE number = ?"
SET_NAME = "UPDATE room SET name = ? WHERE number = ?"
NOT_PRIVATE = "SELECT number FROM room WHERE kind != 'private'"
# Backwards along the log, and no further than what is meant: an hour more, for a clock that was set back.
BACKWARDS = "SELECT offset, kind, author, at_ms FROM event WHERE room = ? ORDER BY offset DESC"
TAKE_TEXT = "UPDATE event SET text = '', cid = NULL, deleted = 1 WHERE room = ? AND offset = ?"

SLACK_MS = 3600 * 1000


def set_standing(connection: apsw.Connection, changes: Iterable[Change]) -> None:
    """
    Have these be so from now on.
    """
    for change in changes:
        if change.value is None:
            connection.execute(UNSET, (change.room, change.subject, change.field))
        else:
            connection.execute(SET, (change.room, change.subject, change.field, change.value))


def set_room(connection: apsw.Connection, number: int, key: RoomKey, detail: Detail) -> None:
    """
    Give a room the topic or the title that a deed names.
    """
    if detail.topic is not None:
        connection.execute(SET_TOPIC, (detail.topic, number))
    if detail.title is not None and is_closed(key):
        connection.execute(SET_NAME, (detail.title, number))


def wipe(connection: apsw.Connection, number: int | None, what: Wipe) -> None:
    """
    Take the text of the messages that are meant, in that room or in all that are not of two people.
    """
    rooms = (
        [number] if number is not None else [each for (each,) in connection.execute(NOT_PRIVATE).fetchall()]
    )
    for room in rooms:
        meant = []
        for offset, kind, author, at_ms in connection.execute(BACKWARDS, (room,)):
            if at_ms < what.since_ms - SLACK_MS:
                break
            if kind == "message" and author == what.author and at_ms >= what.since_ms:
                meant.append((room, offset))
        connection.executemany(TAKE_TEXT, meant)
