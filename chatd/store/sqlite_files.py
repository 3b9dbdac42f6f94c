"""
What is known of files, in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar, cast

import apsw
from twisted.internet.defer import Deferred

from chatd.core.files import MAX_OPEN, Attachment, FileRecord, Picture, State, Upload
from chatd.core.names import PersonId, RoomKey
from chatd.store import rules
from chatd.store.sqlite_attached import COLUMNS, attachment
from chatd.store.sqlite_group import Group

T = TypeVar("T")

RECORD = f"SELECT room, person, state, made_ms, offset, {COLUMNS} FROM file WHERE id = ?"  # noqa: S608
OPEN = "SELECT count(*) FROM file WHERE person = ? AND state = 'partial'"
USED = "SELECT coalesce(sum(size), 0) FROM file WHERE person = ? AND state != 'gone'"
BEGIN = "INSERT INTO file (id, room, person, state, name, size, made_ms) VALUES (?, ?, ?, 'partial', ?, ?, ?)"
FINISH = (
    "UPDATE file SET state = 'whole', type = ?, width = ?, height = ?, preview = ?"
    " WHERE id = ? AND state = 'partial'"
)
DROP = "UPDATE file SET state = 'gone' WHERE id = ? AND state IN ('partial', 'whole')"
EXPIRE = "UPDATE file SET state = 'gone' WHERE state IN ('partial', 'whole') AND made_ms < ?"
GONE = "SELECT id FROM file WHERE state = 'gone' AND id > ? ORDER BY id LIMIT ?"
KNOWN = "SELECT id FROM file"
FORGET = "DELETE FROM file WHERE id = ? AND state = 'gone'"


class _Write(Protocol):
    def __call__(self, apply: Callable[[Group], T], weight: int = 256) -> Deferred[T]: ...


class _Ask(Protocol):
    def __call__(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]: ...


class SqliteFiles:
    """
    The contract of `chatd.core.files.FileStore`. `write` has something done in the writing thread, `ask` has
    a question answered in a reading one.
    """

    def __init__(self, write: _Write, ask: _Ask) -> None:
        self._write = write
        self._ask = ask

    def begin(self, upload: Upload, quota: int) -> Deferred[FileRecord]:
        """As the port says."""
        return self._write(lambda group: _begin(group, upload, quota))

    def file(self, id: str) -> Deferred[FileRecord | None]:
        """As the port says."""
        return self._ask(lambda database: _file(database, id))

    def finish(self, id: str, type: str, picture: Picture | None) -> Deferred[FileRecord | None]:
        """As the port says."""
        width, height, preview = (
            (None, None, False) if picture is None else (picture.width, picture.height, picture.preview)
        )

        def apply(group: Group) -> FileRecord | None:
            group.connection.execute(FINISH, (type, width, height, preview, id))
            record = _file(group.connection, id)
            return record if record is not None and record.state == "whole" else None

        return self._write(apply)

    def drop(self, id: str) -> Deferred[bool]:
        """As the port says."""
        return self._write(lambda group: bool(_change(group, DROP, (id,))))

    def expire(self, before_ms: int) -> Deferred[int]:
        """As the port says."""
        return self._write(lambda group: _change(group, EXPIRE, (before_ms,)))

    def gone(self, limit: int, after: str = "") -> Deferred[tuple[str, ...]]:
        """As the port says."""
        return self._ask(lambda database: tuple(key for (key,) in database.execute(GONE, (after, limit))))

    def forget(self, ids: Collection[str]) -> Deferred[None]:
        """As the port says."""
        rows = [(key,) for key in ids]
        return self._write(lambda group: _forget(group, rows))

    def known(self) -> Deferred[frozenset[str]]:
        """As the port says."""
        return self._ask(lambda database: frozenset(key for (key,) in database.execute(KNOWN)))


def _begin(group: Group, upload: Upload, quota: int) -> FileRecord:
    connection = group.connection
    if connection.execute(OPEN, (upload.person,)).get >= MAX_OPEN:
        raise rules.too_many_open(MAX_OPEN)
    left = quota - connection.execute(USED, (upload.person,)).get
    if upload.size > left:
        raise rules.over_quota(left)
    row = (upload.id, upload.room, upload.person, upload.name, upload.size, group.now_ms)
    connection.execute(BEGIN, row)
    file = Attachment(upload.id, upload.name, "", upload.size)
    return FileRecord(
        room=upload.room, person=upload.person, state="partial", made_ms=group.now_ms, file=file
    )


def _change(group: Group, statement: str, values: tuple[Any, ...]) -> int:
    group.connection.execute(statement, values)
    return group.connection.changes()


def _forget(group: Group, rows: list[tuple[str]]) -> None:
    # Its name stands in the log still.
    group.took = True
    group.connection.executemany(FORGET, rows)


def _file(connection: apsw.Connection, id: str) -> FileRecord | None:
    row: Any = connection.execute(RECORD, (id,)).fetchone()
    if row is None or row[2] == "gone":
        return None
    room, person, state, made_ms, offset, *columns = row
    return FileRecord(
        room=RoomKey(room),
        person=PersonId(person),
        state=cast("State", state),
        made_ms=made_ms,
        offset=offset,
        file=attachment(tuple(columns)),
    )
