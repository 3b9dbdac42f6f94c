"""
The database file: who may have it, how it is made, upgraded and opened.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import apsw

from chatd.core.ports import StoreUnusable
from chatd.store import rules

APPLICATION_ID = 0x63687464
"""Stands in the header of each file of ours: `chtd`."""

SCHEMA = files("chatd.store").joinpath("schema")
"""Numbered .sql files; a file whose `user_version` is n has had the first n of them."""

BUSY_MS = 2000
HEADER_BYTES = 100
WAL_LEFT_BYTES = 64 << 20


class FileLock:
    """
    The right of one process to a database, from `take` to `free`, however the process ends.

    The kernel frees it with the process, so nothing has to be cleared away after a SIGKILL. The file of the
    lock stays: were it removed, two daemons could each hold a lock on a file of that name.
    """

    def __init__(self, path: str) -> None:
        self.path = path + ".lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """
        Take the lock, or raise `StoreUnusable` if somebody has it.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            process = f" (process {holder})" if holder else ""
            raise StoreUnusable(
                f"another chatd{process} uses {self.path.removesuffix('.lock')}; stop it, or give this one"
                " a data directory of its own"
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        # For the one who is refused. On a full disk that line has to do without.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def free(self) -> None:
        """
        Give the lock back, if it is held.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


Identity = tuple[int, int]
"""The device and the number of a file: the same wherever it is moved on that device."""


class Prepared(NamedTuple):
    """
    A database that is ours alone: which file it is, the connection that writes, its epoch, and how many
    events it ever had.
    """

    lock: FileLock
    identity: Identity
    connection: apsw.Connection
    epoch: str
    commits: int


def read_steps(schema: Traversable = SCHEMA) -> tuple[str, ...]:
    """
    The SQL of each step to the database's present shape, in the order of the steps.
    """
    names = sorted(file.name for file in schema.iterdir() if file.name.endswith(".sql"))
    return tuple(schema.joinpath(name).read_text("utf-8") for name in names)


def prepare(path: str, random: Callable[[int], bytes], steps: Sequence[str]) -> Prepared:
    """
    Lock the database at `path`, make or upgrade it with `steps` as needed, and open it for writing.

    A folder and files that are made here are their owner's alone: they hold what people said and who they
    are. Raises `StoreUnusable`. `path` is absolute and has no symbolic links.
    """
    if os.path.isdir(path):
        raise StoreUnusable(f"{path} is a folder, and should be the file of a database")
    lock = FileLock(path)
    try:
        _make_folder(os.path.dirname(path))
        lock.take()
        try:
            _make_file(path)
            connection = open_for_writing(path)
            try:
                _settle_log(connection)
                _upgrade(connection, path, steps)
                epoch, commits = _name(connection, random)
                identity = _identify(path)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.free()
            raise
    except apsw.NotADBError:
        raise StoreUnusable(f"{path} is not a database, or is damaged") from None
    except apsw.BusyError:
        raise StoreUnusable(f"{path} is in use by another program") from None
    except apsw.Error as error:
        raise StoreUnusable(f"{path} cannot be used: {error}") from error
    except OSError as error:
        raise StoreUnusable(f"{error.filename or path} cannot be used: {error.strerror}") from error
    return Prepared(lock, identity, connection, epoch, commits)


def open_for_writing(path: str) -> apsw.Connection:
    """
    The one connection that writes, and that alone copies the write-ahead log into the database.
    """
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_MS)
        if connection.readonly("main"):
            raise StoreUnusable(f"{path} may not be written")
        _check_owner(connection, path)
        mode = connection.pragma("journal_mode", "wal")
        if mode != "wal":
            raise StoreUnusable(f"{path} lies where no write-ahead log can be kept (journal mode {mode})")
        connection.pragma("synchronous", "full")
        connection.pragma("foreign_keys", True)
        connection.pragma("trusted_schema", False)
        connection.pragma("temp_store", "memory")
        connection.pragma("journal_size_limit", WAL_LEFT_BYTES)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle_log(connection: apsw.Connection) -> None:
    """
    Empty the write-ahead log into the database.

    The process before may have died after a sync that failed. What is in its log can be read then, and yet be
    nowhere but in the system's memory; and were it lost by a loss of power, all that had been written behind
    it would be lost with it.
    """
    # A disk that is full leaves it as it is, to be read at least.
    with suppress(apsw.BusyError, apsw.FullError):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def open_again(path: str, identity: Identity) -> apsw.Connection:
    """
    A connection as by `open_for_writing`, if the file there is the one that was opened before.

    To look into another one would be too late: SQLite knows a write-ahead log by its name, and takes that of
    the file before for the other's.
    """
    _check_identity(path, identity)
    return open_for_writing(path)


def _identify(path: str) -> Identity:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _check_identity(path: str, identity: Identity) -> None:
    try:
        found = _identify(path)
    except FileNotFoundError:
        raise StoreUnusable(f"{path} has gone") from None
    if found != identity:
        raise StoreUnusable(f"{path} is another file now")


def open_for_reading(path: str, identity: Identity) -> apsw.Connection:
    """
    A connection that cannot write, whatever it is asked; as `open_again`.
    """
    _check_identity(path, identity)
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_MS)
    connection.wal_autocheckpoint(0)
    connection.pragma("query_only", True)
    connection.pragma("trusted_schema", False)
    return connection


def _make_folder(folder: str) -> None:
    if os.path.isdir(folder):
        return
    os.makedirs(folder, mode=0o700)
    sync_folder(os.path.dirname(folder))


def _make_file(path: str) -> None:
    # SQLite would make the file readable for all; its companions get the mode that the file has.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # SQLite takes what is shorter than its header for an empty database, and writes over it.
        if 0 < os.path.getsize(path) < HEADER_BYTES:
            raise StoreUnusable(f"{path} is not a database") from None
        return
    sync_folder(os.path.dirname(path))


def sync_folder(folder: str) -> None:
    """
    Make the names in a folder survive a loss of power.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_owner(connection: apsw.Connection, path: str) -> None:
    """
    Raise `StoreUnusable` unless the database is ours, or empty; before anything is changed in it.
    """
    if connection.pragma("application_id") == APPLICATION_ID:
        return
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if objects or connection.pragma("application_id") or connection.pragma("user_version"):
        raise StoreUnusable(f"{path} is a database of another program")


def _upgrade(connection: apsw.Connection, path: str, steps: Sequence[str]) -> None:
    version: int = connection.pragma("user_version")
    if version > len(steps):
        raise StoreUnusable(
            f"{path} was written by a newer chatd (its schema is {version}, this chatd knows {len(steps)});"
            " use that one, or put back the copy from before the upgrade"
        )
    if 0 < version < len(steps):
        _copy(connection, f"{path}.before-{version + 1}")
    for number, step in enumerate(steps[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(step)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", number)
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _copy(connection: apsw.Connection, path: str) -> None:
    """
    Write a consistent copy of the database to `path`, on the disk and whole once it has that name.
    """
    partial = path + ".part"
    with suppress(FileNotFoundError):
        os.unlink(partial)
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            closing(apsw.Connection(partial, flags=apsw.SQLITE_OPEN_READWRITE)) as copy,
            copy.backup("main", connection, "main") as backup,
        ):
            backup.step(-1)
        os.fsync(descriptor)
        os.rename(partial, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(partial)
        raise
    finally:
        os.close(descriptor)
    sync_folder(os.path.dirname(path))


def _name(connection: apsw.Connection, random: Callable[[int], bytes]) -> tuple[str, int]:
    """The epoch, which is drawn here if the database is new, and how many events there ever were."""
    connection.execute(
        "INSERT INTO store (only_row, epoch, commits) VALUES (1, ?, 0) ON CONFLICT DO NOTHING",
        (rules.draw_epoch(random),),
    )
    epoch, commits = connection.execute("SELECT epoch, commits FROM store").get
    return epoch, commits
