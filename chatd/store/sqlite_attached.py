"""
The files of messages in the database: how they come to one, and go with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from chatd.core.events import Draft, Message
from chatd.core.files import Attachment
from chatd.store import rules

COLUMNS = "id, name, type, size, width, height, preview"
UPLOAD = f"SELECT {COLUMNS} FROM file WHERE id = ? AND room = ? AND person = ? AND state = 'whole'"  # noqa: S608
KEEP = "UPDATE file SET state = 'kept', offset = ? WHERE id = ?"
NAME_FILES = "UPDATE event SET files = ? WHERE room = ? AND offset = ?"
_ROOM = "(SELECT key FROM room WHERE number = ?)"
TAKE = f"UPDATE file SET state = 'gone', offset = NULL WHERE room = {_ROOM} AND offset = ?"  # noqa: S608
TAKE_BEFORE = f"UPDATE file SET state = 'gone', offset = NULL WHERE room = {_ROOM} AND offset < ?"  # noqa: S608


def attachment(row: tuple[Any, ...]) -> Attachment:
    """
    The file of a row of `COLUMNS`.
    """
    key, name, kind, size, width, height, preview = row
    return Attachment(key, name, kind, size, width, height, bool(preview))


def look_up(connection: apsw.Connection, draft: Draft) -> tuple[Attachment, ...]:
    """
    The uploads that a message is to have. Raises `Refused` with `no_such_file`.
    """
    found = []
    for key in draft.files:
        row = connection.execute(UPLOAD, (key, draft.room, draft.author.id)).fetchone()
        if row is None:
            raise rules.no_such_file()
        found.append(attachment(row))
    return tuple(found)


def attach(connection: apsw.Connection, number: int, message: Message) -> None:
    """
    Keep a message's files with it, in the room of that number.
    """
    if message.files:
        named = msgspec.json.encode(message.files).decode()
        connection.execute(NAME_FILES, (named, number, message.offset))
        connection.executemany(KEEP, [(message.offset, file.id) for file in message.files])


def take_files(connection: apsw.Connection, places: Iterable[tuple[Any, Any]]) -> None:
    """
    Have the files of messages be gone, which are given by the number of their room and their offset.
    """
    connection.executemany(TAKE, places)


def take_files_before(connection: apsw.Connection, number: int, offset: int) -> None:
    """
    Have the files of all messages before an offset be gone.
    """
    connection.execute(TAKE_BEFORE, (number, offset))
