"""
What is wrong with a database: looked at without changing anything, also while a daemon uses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import apsw

from chatd.core.records import StoreUnusable
from chatd.store.blobs import FOLDER, blob_path
from chatd.store.sqlite_file import APPLICATION_ID, read_steps
from chatd.store.sqlite_ledger import BUSY_MS
from chatd.store.sqlite_place import LOG, copies, open_still

MOST_LINES = 20
"""So many lines of one kind are shown, then how many more there are."""


@dataclass(slots=True)
class Report:
    """
    What a look at a database has found: how much there is in it, a line for each thing that is wrong, and how
    many files of messages are `lost`, which do not lie beside it as they were sent.
    """

    summary: str = ""
    wrong: list[str] = field(default_factory=list)
    lost: int = 0


def examine(path: str) -> Report:
    """
    Look at every page and every log of the database at `path`.

    Raises `StoreUnusable` if there is no database of ours that could be looked at.
    """
    if not os.path.exists(path):
        raise StoreUnusable(f"{path} is not there")
    if os.path.isdir(path):
        raise StoreUnusable(f"{path} is a folder, and should be the file of a database")
    try:
        if not os.path.getsize(path):
            return Report(wrong=["the file is empty"])
        logged = os.path.exists(path + LOG)
        report = _look(path, logged=logged)
        if report.wrong and not logged and os.path.exists(path + LOG):
            # A daemon has been started meanwhile, and was writing into what is read here without a lock.
            report = _look(path, logged=True)
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be read: {error.strerror}") from None
    except apsw.BusyError:
        raise StoreUnusable(f"{path} is in use by another program") from None
    except (apsw.CantOpenError, apsw.PermissionsError, apsw.IOError, apsw.ReadOnlyError) as error:
        raise StoreUnusable(f"{path} cannot be read: {error}") from None
    return report


def last_good_copy(path: str) -> str | None:
    """
    The newest of the copies beside the database in which nothing is wrong; None if there is none.
    """
    for copy in copies(path):
        try:
            if not examine(copy).wrong:
                return copy
        except StoreUnusable:
            continue
    return None


def _look(path: str, *, logged: bool) -> Report:
    """Look with the write-ahead log, or at the file alone, which leaves nothing beside it."""
    report = Report()
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY) if logged else open_still(path)
    with closing(connection):
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("trusted_schema", False)
        try:
            # One moment, whatever is written meanwhile.
            connection.execute("BEGIN")
            _check_owner(connection, path)
            for look in (_pages, _references, _store, _rooms, _private_rooms, _cids, _files):
                report.wrong += _few(look, connection)
            if not report.wrong:
                report.summary = _summary(connection)
                if _has_files(connection):
                    _count_files(report, connection, path)
        except apsw.NotADBError:
            report.wrong.append("the file is not a database, or its beginning is damaged")
        except (apsw.CorruptError, apsw.SQLError) as error:
            report.wrong.append(f"the database is damaged: {error}")
    return report


def _check_owner(connection: apsw.Connection, path: str) -> None:
    version = connection.pragma("user_version")
    if connection.pragma("application_id") != APPLICATION_ID:
        if not connection.execute("SELECT count(*) FROM sqlite_schema").get:
            raise apsw.SQLError("there is nothing in it")
        raise StoreUnusable(f"{path} is a database of another program")
    known = len(read_steps())
    if version > known:
        raise StoreUnusable(
            f"{path} was written by a newer chatd (its schema is {version}, this chatd knows {known}); that"
            " one can check it"
        )


KEPT = "SELECT id, size FROM file WHERE state = 'kept'"

Look = Callable[[apsw.Connection], Iterator[str]]


def _few(look: Look, connection: apsw.Connection) -> list[str]:
    """The first lines of a look, and how many more there are; where it cannot go on, that is its last."""
    lines: list[str] = []
    more = 0
    try:
        for line in look(connection):
            if len(lines) < MOST_LINES:
                lines.append(line)
            else:
                more += 1
    except (apsw.CorruptError, apsw.SQLError) as error:
        lines.append(f"the database is damaged: {error}")
    return [*lines, f"and {more} more of this kind"] if more else lines


def _pages(connection: apsw.Connection) -> Iterator[str]:
    """The structure of the file."""
    for (text,) in connection.execute("PRAGMA integrity_check"):
        # SQLite puts several findings into one row.
        yield from (f"the file: {line}" for line in text.splitlines() if line not in ("ok", ""))


def _references(connection: apsw.Connection) -> Iterator[str]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        place = "" if row is None else f" (row {row})"
        yield f"an entry of {table}{place} belongs to a {parent} that is not there"


def _store(connection: apsw.Connection) -> Iterator[str]:
    row = connection.execute("SELECT epoch, commits FROM store").fetchone()
    if row is None:
        yield "the name of this log and the count of its events are missing"
        return
    last = connection.execute("SELECT max(commit_number) FROM event").get
    if last is not None and last > row[1]:
        yield f"{row[1]} events were stored, and yet there is one with the number {last}"
    twice = (
        "SELECT commit_number FROM event GROUP BY commit_number HAVING count(*) > 1 ORDER BY commit_number"
    )
    for (number,) in connection.execute(twice):
        yield f"there is more than one event with the number {number}"


def _rooms(connection: apsw.Connection) -> Iterator[str]:
    """Every log is dense from its first event to its head."""
    logs = (
        "SELECT key, number, head, first, last_commit, count(offset), min(offset), max(offset),"
        " max(commit_number) FROM room LEFT JOIN event ON room = number GROUP BY number ORDER BY key"
    )
    for key, number, head, first, last_commit, count, lowest, highest, last in connection.execute(logs):
        if not count:
            if first != head + 1:
                yield f"room {key}: {_missing(first, head)}"
            continue
        if lowest < first:
            yield f"room {key}: it begins with event {first}, and yet there is event {lowest}"
        if highest > head:
            yield f"room {key}: it ends with event {head}, and yet there is event {highest}"
        yield from (f"room {key}: {gap}" for gap in _gaps(connection, number, first, head))
        if highest == head and last != last_commit:
            yield f"room {key}: its last event has the number {last}, not {last_commit}"


def _gaps(connection: apsw.Connection, number: int, first: int, head: int) -> Iterator[str]:
    expected = first
    offsets = "SELECT offset FROM event WHERE room = ? AND offset BETWEEN ? AND ? ORDER BY offset"
    for (offset,) in connection.execute(offsets, (number, first, head)):
        if offset > expected:
            yield _missing(expected, offset - 1)
        expected = offset + 1
    if expected <= head:
        yield _missing(expected, head)


def _missing(first: int, last: int) -> str:
    return f"event {first} is missing" if first == last else f"events {first} to {last} are missing"


def _private_rooms(connection: apsw.Connection) -> Iterator[str]:
    sides = (
        "SELECT key, count(person) FROM room LEFT JOIN private_room ON private_room.room = number"
        " WHERE kind = 'private' GROUP BY number HAVING count(person) != 2 ORDER BY key"
    )
    for key, count in connection.execute(sides):
        yield f"private room {key}: {count} of its two people have it in their list"


def _cids(connection: apsw.Connection) -> Iterator[str]:
    """What makes sending again harmless."""
    unknown = (
        "SELECT key, event.offset FROM event JOIN room ON number = event.room"
        " LEFT JOIN cid ON cid.author = event.author AND cid.cid = event.cid"
        " WHERE event.cid IS NOT NULL AND (cid.room IS NOT event.room OR cid.offset IS NOT event.offset"
        " OR cid.id IS NOT event.id) ORDER BY key, event.offset"
    )
    for key, offset in connection.execute(unknown):
        yield f"room {key}: message {offset} could be stored twice, since its cid is not remembered"
    future = "SELECT key, cid.offset, head FROM cid JOIN room ON number = cid.room WHERE cid.offset > head"
    for key, offset, head in connection.execute(future):
        yield f"room {key}: a cid stands for message {offset}, and the last one is {head}"


def _has_files(connection: apsw.Connection) -> bool:
    # A copy from before an upgrade may know of none.
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'file'").get)


def _files(connection: apsw.Connection) -> Iterator[str]:
    """Each file that is kept has a message that names it."""
    alone = (
        "SELECT file.id, file.room, file.offset FROM file LEFT JOIN room ON key = file.room"
        " LEFT JOIN event ON event.room = number AND event.offset = file.offset"
        " WHERE state = 'kept' AND (files IS NULL OR instr(files, file.id) = 0) ORDER BY file.id"
    )
    for name, room, offset in connection.execute(alone) if _has_files(connection) else ():
        yield f"room {room}: file {name} is of message {offset}, which does not name it"


def _count_files(report: Report, connection: apsw.Connection, path: str) -> None:
    """How many files messages have, and how many of those are not beside the database."""
    rows: Any = connection.execute(KEPT)
    kept: dict[str, int] = dict(rows)
    lost = [name for name, size in kept.items() if not _lies_there(path, name, size)]
    if lost:
        # One may have gone with its message since this moment: out of the database first, then off the disk.
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        still = {name for name, _ in connection.execute(KEPT)}
        report.lost = len(still.intersection(lost))
    if kept:
        report.summary += f", {len(kept)} files"
    if report.lost:
        report.summary += f", of which {report.lost} are not whole in {path}{FOLDER}"


def _lies_there(path: str, name: str, size: int) -> bool:
    try:
        return os.path.getsize(blob_path(path + FOLDER, name)) == size
    except OSError:
        return False


def _summary(connection: apsw.Connection) -> str:
    rooms, events, people = (
        connection.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608  They are these three.
        for table in ("room", "event WHERE kind = 'message'", "person")
    )
    return f"{rooms} rooms, {events} messages, {people} people"
