"""
The place of a database in its folder: whose it is, whether it is still there, and what was there before.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.parse import quote

import apsw

from chatd.core.records import StoreUnusable

LOG = "-wal"
"""What the write-ahead log of a database has behind its name."""

_HOLDER_BYTES = 20


class FileLock:
    """
    The right of one process to a database, from `take` to `free`, however the process ends.

    The kernel frees it with the process, so nothing has to be cleared away after a SIGKILL. The file of the
    lock stays: were it removed, two daemons could each hold a lock on a file of that name. It also remembers,
    by its epoch, that a database has been there.
    """

    def __init__(self, path: str) -> None:
        self.path = path + ".lock"
        self.remembered: str | None = None
        self._descriptor: int | None = None

    def take(self) -> None:
        """
        Take the lock, or raise `StoreUnusable` if somebody has it. Then `remembered` is the epoch of the
        database that was there, or None.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, _HOLDER_BYTES).decode("ascii", "replace").strip()
            os.close(descriptor)
            process = f" (process {holder})" if holder else ""
            raise StoreUnusable(
                f"another chatd{process} uses {self.path.removesuffix('.lock')}; stop it, or give this one"
                " a data directory of its own"
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        lines = os.pread(descriptor, 200, 0).decode("ascii", "replace").splitlines()
        self.remembered = lines[1] if len(lines) > 1 else None
        # For the one who is refused. On a full disk that line has to do without.
        with suppress(OSError):
            os.pwrite(descriptor, str(os.getpid()).ljust(_HOLDER_BYTES).encode() + b"\n", 0)

    def remember(self, epoch: str) -> None:
        """
        Remember the database that is there. It has to be on the disk by now.
        """
        if self._descriptor is None or epoch == self.remembered:
            return
        # A full disk has room for it another day.
        with suppress(OSError):
            os.pwrite(self._descriptor, f"{epoch}\n".encode(), _HOLDER_BYTES + 1)
            os.fsync(self._descriptor)

    def free(self) -> None:
        """
        Give the lock back, if it is held.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


Identity = tuple[int, int]
"""The device and the number of a file: the same wherever it is moved on that device."""


def identify(path: str) -> Identity | None:
    """
    Which file has that name; None if there is none.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


class Place(NamedTuple):
    """
    The files of an open database: its path, which file is there, and which is its write-ahead log.
    """

    path: str
    database: Identity | None
    log: Identity | None

    @classmethod
    def of(cls, path: str) -> Place:
        """
        The files that are there now.
        """
        return cls(path, identify(path), identify(path + LOG))

    def check(self) -> None:
        """
        Raise `StoreUnusable` unless these files are those that were opened: what is written here would be
        found here.

        To look into another one would be too late: SQLite knows a write-ahead log by its name, and takes that
        of the file before for the other's.
        """
        found = identify(self.path)
        if found is None:
            raise StoreUnusable(f"{self.path} has gone; put it back, or stop chatd")
        if found != self.database:
            raise StoreUnusable(f"{self.path} is another file now; put the first one back, or stop chatd")
        if identify(self.path + LOG) != self.log:
            raise StoreUnusable(
                f"{self.path}{LOG} has gone or is another file; stop chatd, which writes what was in it into"
                f" {self.path}"
            )


def copies(path: str) -> list[str]:
    """
    The copies that were made before upgrades, the newest first.
    """
    folder, name = os.path.split(path)
    start = f"{name}.before-"
    with suppress(OSError):
        found = [each for each in os.listdir(folder) if each.startswith(start)]
        numbered = [each for each in found if each.removeprefix(start).isdecimal()]
        numbered.sort(key=lambda each: -int(each.removeprefix(start)))
        return [os.path.join(folder, each) for each in numbered]
    return []


def refuse_a_loss(path: str, remembered: str | None) -> None:
    """
    Raise `StoreUnusable` if there is nothing at `path`, and there was a chat. Nobody is to find an empty one
    in its place.
    """
    found = "has gone"
    with suppress(FileNotFoundError):
        if os.path.getsize(path):
            return
        found = "is empty"
    if remembered is not None or _traces(path):
        raise lost(path, found)


def lost(path: str, found: str) -> StoreUnusable:
    """
    What is said of a database that was there; `found` is what is found of it.
    """
    left = _traces(path)
    beside = f" (beside it: {', '.join(left)})" if left else ""
    away = " and ".join((f"{path}.lock", *left))
    return StoreUnusable(
        f"{path} {found}, and there was a chat in it{beside}; put it back, or move {away} away to begin anew"
    )


def _traces(path: str) -> list[str]:
    """What can only lie beside a database that has been in use."""
    return [*([path + LOG] if _has_content(path + LOG) else []), *copies(path)]


def _has_content(path: str) -> bool:
    with suppress(OSError):
        return os.path.getsize(path) > 0
    return False


Mark = tuple[str, int]
"""The epoch of a database, and how many events it ever had."""


def _read_mark(connection: apsw.Connection) -> Mark | None:
    with suppress(apsw.SQLError, apsw.CorruptError, apsw.NotADBError, TypeError):
        epoch, commits = connection.execute("SELECT epoch, commits FROM store").get
        return epoch, commits
    return None


def mark_without_log(path: str) -> Mark | None:
    """
    The mark in the file itself, if it has a write-ahead log beside it; None if it has none, or no mark.
    """
    if not _has_content(path + LOG):
        return None
    with suppress(apsw.Error), closing(open_still(path)) as connection:
        return _read_mark(connection)
    return None


def open_still(path: str) -> apsw.Connection:
    """
    A connection that looks at the file alone, without a lock or a log, and leaves nothing beside it.
    """
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return apsw.Connection(f"file:{quote(path)}?immutable=1", flags=flags)


def check_log(connection: apsw.Connection, path: str, before: Mark | None) -> None:
    """
    Raise `StoreUnusable` if the write-ahead log is not that of the database, or an older one, where `before`
    is the mark without it.
    """
    if before is None:
        return
    seen = _read_mark(connection)
    if seen is None or seen[0] != before[0] or seen[1] < before[1]:
        raise StoreUnusable(
            f"{path}{LOG} is not the log of this database, or an older one of it; put the database back that"
            f" belongs to it, or move {path}{LOG} away"
        )


def check_ends(connection: apsw.Connection, path: str) -> None:
    """
    Raise `StoreUnusable` if a room that was used lately does not end where it should: a quick look.
    """
    rooms = connection.execute(
        "SELECT number, head, first <= head FROM room ORDER BY last_commit DESC LIMIT 100"
    ).fetchall()
    for number, head, keeps_some in rooms:
        last = connection.execute("SELECT max(offset) FROM event WHERE room = ?", (number,)).get
        if last != head and (last is not None or keeps_some):
            raise damaged(path)


def damaged(path: str) -> StoreUnusable:
    """
    What is said of a database that is damaged.
    """
    return StoreUnusable(f"{path} is damaged; `chatd check` says what is wrong, and what to do")
