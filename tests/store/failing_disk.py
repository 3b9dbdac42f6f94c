"""
A file system that fails when a test says so, under the databases that are opened while it is there.
"""

from __future__ import annotations

from typing import Any

import apsw


class FailingDisk(apsw.VFS):
    """
    The files of the system, until a test sets what fails.

    `failing_syncs` is how many of the next syncs of a write-ahead log fail; with `failing_writes_after_sync`
    no write to it succeeds after the first of those either. `write_error` is what every write to it fails
    with, `database_error` what every write to the database itself does. `synced` counts the syncs that did
    not fail.
    """

    def __init__(self) -> None:
        self.synced = 0
        self.heal()
        super().__init__("chatd-test", "unix", makedefault=True)

    def heal(self) -> None:
        """Fail no more."""
        self.failing_syncs = 0
        self.failing_writes_after_sync = False
        self.write_error: type[apsw.Error] | None = None
        self.database_error: type[apsw.Error] | None = None

    def remove(self) -> None:
        """Have new connections use the files of the system again. The open ones have to be closed before."""
        self.unregister()
        assert apsw.vfs_names()[0] == "unix"

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        """See `apsw.VFS.xOpen`."""
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.disk = disk
        self.is_log = str(path).endswith("-wal")
        super().__init__("unix", name, flags)

    def xSync(self, flags: int) -> None:
        """See `apsw.VFSFile.xSync`."""
        if self.is_log and self.disk.failing_syncs:
            self.disk.failing_syncs -= 1
            if self.disk.failing_writes_after_sync:
                self.disk.write_error = apsw.IOError
            error = apsw.IOError("the test says so")
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC
            raise error
        self.disk.synced += self.is_log
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        """See `apsw.VFSFile.xWrite`."""
        error = self.disk.write_error if self.is_log else self.disk.database_error
        if error is not None:
            raise error("the test says so")
        super().xWrite(data, offset)
