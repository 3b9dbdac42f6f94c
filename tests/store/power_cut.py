"""
A disk that loses its power, and one that fails: under the databases that are opened while it is there.

What a process has written is in the system's memory until a sync. The files of this disk are real ones, so
that every connection sees what was written; beside them it keeps what would be on the platters. A cut ends
all writing and makes an image of those: what was synced, and of the rest nothing, all, or any part, be it
half a page. A sync that fails leaves the file as the process sees it and forgets what was to be written, as
Linux does: the next sync succeeds, and does not write it either.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import apsw

SECTOR = 512
"""What a disk writes whole or not at all."""


class Change(NamedTuple):
    """
    Bytes written at an offset; or, with None, the file's new length.
    """

    offset: int
    data: bytes | None

    def sectors(self) -> Iterator[Change]:
        """The pieces of it that a disk writes one by one."""
        if self.data is None:
            yield self
            return
        start = 0
        while start < len(self.data):
            end = min(len(self.data), start + SECTOR - (self.offset + start) % SECTOR)
            yield Change(self.offset + start, self.data[start:end])
            start = end

    def apply(self, content: bytearray) -> None:
        """Make it in a file."""
        end = self.offset + len(self.data or b"")
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        if self.data is None:
            del content[self.offset :]
        else:
            content[self.offset : end] = self.data


@dataclass(slots=True, eq=False)
class Platters:
    """
    A file as the disk has it: `content` for certain, and `changes` perhaps.
    """

    content: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        """All of it is on the disk."""
        for change in self.changes:
            change.apply(self.content)
        self.changes.clear()

    def after_a_cut(self, random: Random) -> bytes:
        """What is found when the power is back."""
        found = bytearray(self.content)
        for change in _survivors(self.changes, random):
            change.apply(found)
        return bytes(found)

    def fail(self, random: Random) -> None:
        """A sync has failed: what it should have written is clean for the system, wherever it is."""
        for change in _survivors(self.changes, random):
            change.apply(self.content)
        self.changes.clear()


def _survivors(changes: list[Change], random: Random) -> list[Change]:
    """Those of the changes that came to the disk, whole or in part."""
    way = random.choice(("none", "none", "all", "first", "some", "torn"))
    if way == "none":
        return []
    if way == "first":
        return changes[: random.randint(0, len(changes))]
    if way == "some":
        return [change for change in changes if random.random() < 0.5]
    if way == "torn":
        return [sector for change in changes for sector in change.sectors() if random.random() < 0.7]
    return changes


_CODES = {"sync": apsw.SQLITE_IOERR_FSYNC, "write": apsw.SQLITE_IOERR_WRITE}

Fault = Callable[[str, str], Exception | None]
"""
With what a system call fails, if it does; asked with its name (`write`, `sync`, `truncate`, `delete`, `read`,
`open`) and the path of its file.
"""


def no_fault(call: str, path: str) -> None:
    """A disk that is well."""


class Disk(apsw.VFS):
    """
    The files of the system, with what would be left of them in `image` after a cut.

    The power is cut at the `cut_after`th change of a file, counted from now; never if it is None. `random`
    decides what survives that. After the cut every change fails; `image` has the files' content by name.
    """

    NAME = "chatd-power"

    def __init__(self, random: Random, cut_after: int | None = None, fault: Fault = no_fault) -> None:
        self.random = random
        self.cut_after = cut_after
        self.fault = fault
        self.image: dict[str, bytes] | None = None
        self.changes = 0
        self._guard = threading.RLock()
        self._files: dict[str, Platters] = {}
        self._durable: dict[str, Platters] = {}
        # What was done to names since the folder was synced.
        self._renamings: list[Callable[[dict[str, Platters]], object]] = []
        super().__init__(self.NAME, "unix", makedefault=True)

    @contextmanager
    def power(self) -> Iterator[Disk]:
        """Have new connections use this disk, and what is renamed and synced without SQLite count."""
        rename, fsync = os.rename, os.fsync

        def watched_rename(source: str, target: str) -> None:
            self._rename(source, target, rename)

        def watched_fsync(descriptor: int) -> None:
            self._fsync(descriptor)

        os.rename, os.fsync = watched_rename, watched_fsync  # type: ignore[assignment]
        try:
            yield self
        finally:
            os.rename, os.fsync = rename, fsync
            self.unregister()
            assert apsw.vfs_names()[0] == "unix"

    def cut(self) -> dict[str, bytes]:
        """
        Cut the power, if that has not been done, and return what is left.
        """
        with self._guard:
            if self.image is None:
                names = dict(self._durable)
                for change in self._renamings[: self.random.randint(0, len(self._renamings))]:
                    change(names)
                self.image = {path: file.after_a_cut(self.random) for path, file in sorted(names.items())}
            return self.image

    def platters(self, path: str) -> Platters:
        """
        The file of that name.
        """
        return self._files[path]

    def may(self, call: str, path: str) -> None:
        """
        Let a system call be, or have it fail.
        """
        if self.image is not None and call not in ("read", "open"):
            raise apsw.IOError("the power is cut")
        error = self.fault(call, path)
        if error is not None:
            if isinstance(error, apsw.IOError) and call in _CODES:
                error.extendedresult = _CODES[call]
            raise error

    def count(self) -> None:
        """
        Count a change, and cut the power if it is its turn.
        """
        self.changes += 1
        if self.cut_after is not None and self.changes >= self.cut_after:
            self.cut()
            raise apsw.IOError("the power is cut")

    def sync_folder(self) -> None:
        """
        The names of the files are on the disk.
        """
        self._durable = dict(self._files)
        self._renamings.clear()

    def _change_names(self, change: Callable[[dict[str, Platters]], object]) -> None:
        change(self._files)
        self._renamings.append(change)

    def _rename(self, source: str, target: str, rename: Callable[[str, str], None]) -> None:
        with self._guard:
            self.may("rename", source)
            self.count()
            rename(source, target)
            if source in self._files:
                self._change_names(lambda names: names.update({target: names.pop(source, Platters())}))

    def _fsync(self, descriptor: int) -> None:
        with self._guard:
            self.may("sync", "")
            self.count()
            path = os.readlink(f"/proc/self/fd/{descriptor}")
            if os.path.isdir(path):
                self.sync_folder()
            elif path in self._files:
                self._files[path].sync()

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """See `apsw.VFS.xDelete`."""
        with self._guard:
            self.may("delete", filename)
            self.count()
            super().xDelete(filename, syncdir)
            self._change_names(lambda names: names.pop(filename, None))
            if syncdir:
                self.sync_folder()

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        """See `apsw.VFS.xOpen`."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("unix", name, flags)
        with self._guard:
            self.may("open", path)
            if path not in self._files:
                if os.path.exists(path):
                    # What was there before is on the disk.
                    self._files[path] = self._durable[path] = Platters(bytearray(Path(path).read_bytes()))
                else:
                    file = Platters()
                    self._change_names(lambda names: names.update({path: file}))
            return _File(self, self._files[path], path, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, file: Platters, path: str, name: Any, flags: list[int]) -> None:
        self.disk, self.file, self.path = disk, file, path
        # As the Unix files of SQLite: the first sync of a log that may be new syncs the folder too.
        self.is_new = bool(flags[0] & apsw.SQLITE_OPEN_CREATE) and path.endswith(("-wal", "-journal"))
        super().__init__("unix", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        """See `apsw.VFSFile.xRead`."""
        self.disk.may("read", self.path)
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        """See `apsw.VFSFile.xWrite`."""
        with self.disk._guard:
            whole = bytes(data)
            try:
                self.disk.may("write", self.path)
            except apsw.Error:
                # A write may fail in its midst.
                part = whole[: self.disk.random.randint(0, len(whole))] if self.disk.image is None else b""
                if part:
                    self.file.changes.append(Change(offset, part))
                    super().xWrite(part, offset)
                raise
            self.file.changes.append(Change(offset, whole))
            self.disk.count()
            super().xWrite(whole, offset)

    def xTruncate(self, newsize: int) -> None:
        """See `apsw.VFSFile.xTruncate`."""
        with self.disk._guard:
            self.disk.may("truncate", self.path)
            self.file.changes.append(Change(newsize, None))
            self.disk.count()
            super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        """See `apsw.VFSFile.xSync`. The system's own is left out, which would only take time."""
        with self.disk._guard:
            try:
                self.disk.may("sync", self.path)
            except apsw.Error:
                if self.disk.image is None:
                    self.file.fail(self.disk.random)
                raise
            self.disk.count()
            self.file.sync()
            if self.is_new:
                self.is_new = False
                self.disk.sync_folder()
