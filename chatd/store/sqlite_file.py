"""
The database file: how it is made, upgraded and opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import apsw

from chatd.core.records import StoreUnusable
from chatd.store import rules
from chatd.store.sqlite_ledger import BUSY_MS
from chatd.store.sqlite_place import (
    FileLock,
    Mark,
    Place,
    check_ends,
    check_log,
    damaged,
    lost,
    mark_without_log,
    refuse_a_loss,
)

APPLICATION_ID = 0x63687464
"""Stands in the header of each file of ours: `chtd`."""

SCHEMA = files("chatd.store").joinpath("schema")
"""Numbered .sql files; a file whose `user_version` is n has had the first n of them."""

HEADER_BYTES = 100
WAL_LEFT_BYTES = 64 << 20
# Of each connection that reads: what it reads again the system has in memory too, and a few megabytes for
# each of them would be kept for ever once a crowd had asked for history.
READING_CACHE_KIB = 512


class Prepared(NamedTuple):
    """
    A database that is ours alone: its files, the connection that writes, its epoch, and how many events it
    ever had. `settled` if nothing in its write-ahead log is from the process before.
    """

    lock: FileLock
    place: Place
    connection: apsw.Connection
    epoch: str
    commits: int
    settled: bool


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
            refuse_a_loss(path, lock.remembered)
            _make_file(path)
            connection = open_for_writing(path, mark_without_log(path))
            try:
                settled = _settle(connection)
                if lock.remembered is not None and not connection.pragma("user_version"):
                    raise lost(path, "is empty")
                _upgrade(connection, path, steps)
                epoch, commits = _name(connection, random)
                check_ends(connection, path)
                lock.remember(epoch)
                place = Place.of(path)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.free()
            raise
    except apsw.NotADBError:
        raise StoreUnusable(
            f"{path} is not a database, or is damaged; if it was one, `chatd check` says what to do"
        ) from None
    except apsw.CorruptError:
        raise damaged(path) from None
    except apsw.BusyError:
        raise StoreUnusable(f"{path} is in use by another program") from None
    except apsw.Error as error:
        raise StoreUnusable(f"{path} cannot be used: {error}") from error
    except OSError as error:
        raise StoreUnusable(f"{error.filename or path} cannot be used: {error.strerror}") from error
    return Prepared(lock, place, connection, epoch, commits, settled)


def open_for_writing(path: str, before: Mark | None = None) -> apsw.Connection:
    """
    The one connection that writes, and that alone copies the write-ahead log into the database, when it is
    told to. `before` is what the file said without its log, if it has one and that is not known to be its
    own.
    """
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        # The last connection would copy the log when it is closed, also one that is refused.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(BUSY_MS)
        check_log(connection, path, before)
        if connection.readonly("main"):
            raise StoreUnusable(f"{path} may not be written")
        _check_owner(connection, path)
        mode = connection.pragma("journal_mode", "wal")
        if mode != "wal":
            raise StoreUnusable(f"{path} lies where no write-ahead log can be kept (journal mode {mode})")
        connection.pragma("synchronous", "full")
        # What is taken from a log is overwritten in the file.
        connection.pragma("secure_delete", True)
        connection.pragma("foreign_keys", True)
        connection.pragma("trusted_schema", False)
        connection.pragma("temp_store", "memory")
        connection.pragma("journal_size_limit", WAL_LEFT_BYTES)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle(connection: apsw.Connection) -> bool:
    """
    Empty the write-ahead log into the database; whether that could be done.

    The process before may have died after a sync that failed. What is in its log can be read then, and yet be
    nowhere but in the system's memory; and were it lost by a loss of power, all that had been written behind
    it would be lost with it.
    """
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        # Somebody reads. All that they let be copied has been.
        return True
    except apsw.FullError:
        # It can be read at least.
        return False
    return True


class Files:
    """
    The files of an open database, and further connections to them. Each raises `StoreUnusable` if they are
    not those that were opened before.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def check(self) -> None:
        """
        Raise `StoreUnusable` if what is written would not be found again under the name of the database.
        """
        self._place.check()

    def open_for_writing(self) -> apsw.Connection:
        """
        A connection as by the function of that name.
        """
        self._place.check()
        return open_for_writing(self._place.path)

    def open_for_reading(self) -> apsw.Connection:
        """
        A connection that cannot write, whatever it is asked.
        """
        self._place.check()
        connection = apsw.Connection(self._place.path, flags=apsw.SQLITE_OPEN_READWRITE)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(BUSY_MS)
        connection.wal_autocheckpoint(0)
        connection.pragma("query_only", True)
        connection.pragma("cache_size", -READING_CACHE_KIB)
        connection.pragma("trusted_schema", False)
        return connection

    def settle(self) -> None:
        """
        Copy the whole write-ahead log into the database, also what seems to be there already; with no other
        connection open.

        Of a database whose sync has failed nobody knows what is on the disk; and how much of the log was
        copied is kept in an index that connections share. One that has the file for itself makes it anew.
        """
        self._place.check()
        path = self._place.path
        with closing(apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.set_busy_timeout(BUSY_MS)
            connection.pragma("locking_mode", "exclusive")
            connection.pragma("synchronous", "full")
            # The first look opens the log.
            _check_owner(connection, path)
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


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
        copy_whole(connection, f"{path}.before-{version + 1}")
    # A table that others refer to cannot be made anew otherwise; what is not right afterwards is found below.
    connection.pragma("foreign_keys", False)
    try:
        _take_steps(connection, path, steps, version)
    finally:
        connection.pragma("foreign_keys", True)


def _take_steps(connection: apsw.Connection, path: str, steps: Sequence[str], version: int) -> None:
    for number, step in enumerate(steps[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(step)
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise StoreUnusable(f"{path} cannot be upgraded: it names what it has not")
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", number)
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def copy_whole(connection: apsw.Connection, path: str) -> None:
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
