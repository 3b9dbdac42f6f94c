"""
What a deed changes in the database beside its place in a log.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from chatd.core.events import Change, DeedDraft, Detail
from chatd.core.names import RoomKey, is_closed
from chatd.core.rights import FOR_EVER, HOLD_FIELDS, HOLDS
from chatd.store import rules

SET = (
    "INSERT INTO standing (room, subject, field, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (room, subject, field) DO UPDATE SET value = excluded.value"
)
UNSET = "DELETE FROM standing WHERE room = ? AND subject = ? AND field = ?"
SET_TOPIC = "UPDATE room SET topic = ? WHERE number = ?"
SET_NAME = "UPDATE room SET name = ? WHERE number = ?"
OTHER_OWNER = (
    "SELECT 1 FROM standing WHERE room = ? AND field = 'role' AND value = 'owner' AND subject != ? LIMIT 1"
)
VALUE = "SELECT value FROM standing WHERE room = ? AND subject = ? AND field = ?"
OTHER_MEMBER = "SELECT 1 FROM standing WHERE room = ? AND field = 'member' AND subject != ? LIMIT 1"
ENDED = "SELECT room, subject FROM standing WHERE field = ? AND value != ? AND value < ?"


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


def check_owners(connection: apsw.Connection, draft: DeedDraft) -> None:
    """
    Raise `Refused` if a deed takes the last owner from something that is anybody else's too.
    """
    for change in draft.changes:
        if change.field != "role" or change.value == "owner":
            continue
        room, subject = change.room, change.subject
        if connection.execute(VALUE, (room, subject, "role")).get != "owner":
            continue
        alone = draft.kind == "quit" and connection.execute(OTHER_MEMBER, (room, subject)).get is None
        if not alone and connection.execute(OTHER_OWNER, (room, subject)).get is None:
            raise rules.nobody_owns()


def forget_ended(connection: apsw.Connection, before_ms: int) -> None:
    """
    As `Store.forget_ended`.
    """
    for what in HOLDS:
        ended = connection.execute(ENDED, (what, FOR_EVER, before_ms)).fetchall()
        connection.executemany(
            UNSET, [(room, subject, f"{what}{more}") for room, subject in ended for more in HOLD_FIELDS]
        )
