"""
A copy of a database that can be put in its place, made beside a daemon that goes on writing.
"""

from __future__ import annotations

import os
from contextlib import closing

import apsw

from chatd.core.records import StoreUnusable
from chatd.store.sqlite_file import APPLICATION_ID, copy_whole
from chatd.store.sqlite_ledger import BUSY_MS
from chatd.store.sqlite_place import LOG, open_still


def back_up(path: str, target: str) -> int:
    """
    Copy the database at `path` to the new file `target`, as it is at one moment; how many events there ever
    were then. The copy is on the disk, and whole, once it has that name. Raises `StoreUnusable`.

    In one go: a copy in steps begins anew whenever somebody has written between two of them, which where
    people talk is for ever.
    """
    if not os.path.exists(path):
        raise StoreUnusable(f"{path} is not there")
    if os.path.lexists(target):
        raise StoreUnusable(f"{target} is there already; name a new file")
    try:
        logged = os.path.exists(path + LOG)
        with closing(
            apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY) if logged else open_still(path)
        ) as connection:
            connection.set_busy_timeout(BUSY_MS)
            connection.pragma("trusted_schema", False)
            if connection.pragma("application_id") != APPLICATION_ID:
                raise StoreUnusable(f"{path} is no database of chatd")
            copy_whole(connection, target)
        with closing(open_still(target)) as copy:
            commits: int = copy.execute("SELECT commits FROM store").get
            return commits
    except apsw.BusyError:
        raise StoreUnusable(f"{path} is in use by another program") from None
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise StoreUnusable(f"{path} is damaged ({error}); `chatd check` says more") from None
    except (OSError, apsw.Error) as error:
        raise StoreUnusable(f"{path} cannot be copied to {target}: {_why(error)}") from None


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
