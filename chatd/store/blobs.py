"""
The bytes of files, in a folder beside the database.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from chatd.core.files import HEAD_BYTES, PREVIEW
from chatd.core.records import StoreUnusable
from chatd.core.refusals import Code, Refused
from chatd.store import rules, strays
from chatd.store.sqlite_file import sync_folder

T = TypeVar("T")

RESERVE_BYTES = 64 << 20
"""What uploads leave free on the disk, or a tenth of it if that is less: the log needs it."""

FOLDER = ".files"
"""What the folder's name has behind that of the database."""

THREADS = 4
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def blob_path(folder: str, id: str) -> str:
    """
    Where a file lies in the folder.
    """
    return os.path.join(folder, id[:2], id)


class BlobFolder:
    """
    The contract of `chatd.core.files.Blobs`, and of the folder in which pictures are worked on, in a few
    threads. The folder lies beside the `database` and is its owner's alone; without one it is temporary, and
    goes at the end.

    A file is at the first two letters of its id, and its id; nothing that a client says is part of a path.
    """

    _log = Logger()

    def __init__(self, database: str | None, reactor: Any, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.folder = ""
        self._database = database
        self._reactor = reactor
        self._reserve_bytes = reserve_bytes
        self._pool = ThreadPool(0, THREADS, "chatd-files")
        self._troubled = False
        # What was to be removed and could not be.
        self._stuck: frozenset[str] = frozenset()
        # Those that were begun since the start: whoever looks for strays may have asked before that.
        # None once they were looked for.
        self._made: set[str] | None = set()

    def start(self) -> None:
        """
        Have threads to work with, and a folder. Raises `StoreUnusable`.
        """
        self._make_folder()
        self._pool.start()

    def stop(self) -> None:
        """
        Have none any more; what is under way is waited for.
        """
        if self._pool.started:
            self._pool.stop()
        if self._database is None and self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _make_folder(self) -> None:
        try:
            if self._database is None:
                self.folder = tempfile.mkdtemp(prefix="chatd-files-")
                return
            # Not sooner: twistd may have changed the root meanwhile.
            self.folder = os.path.realpath(self._database) + FOLDER
            if not os.path.isdir(self.folder):
                os.mkdir(self.folder, 0o700)
                sync_folder(os.path.dirname(self.folder))
        except OSError as error:
            raise StoreUnusable(
                f"{error.filename or self.folder} cannot be used: {error.strerror}"
            ) from error

    def path(self, id: str, *, preview: bool = False) -> str:
        """
        Where a file lies, or its preview.
        """
        path = blob_path(self.folder, id)
        return f"{path}.{PREVIEW}" if preview else path

    def _work(self, work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._pool, self._refusing, work)

    def _refusing(self, work: Callable[[], T]) -> T:
        """What a work comes to; what its disk refuses is refused to whoever asked, and told in the log."""
        try:
            result = work()
        except FileNotFoundError:
            raise Refused(Code.NO_SUCH_FILE, "There is no such file.") from None
        except OSError as error:
            if not self._troubled:
                self._troubled = True
                self._reactor.callFromThread(self._tell, error.strerror or str(error))
            if error.errno in _FULL:
                raise Refused(
                    Code.READ_ONLY, "There is no space left for files.", retry_after=rules.RETRY_SECONDS
                ) from None
            raise rules.read_only() from None
        return result

    def _tell(self, why: str) -> None:
        self._log.error("Files cannot be read or written: {why}", why=why)

    def make(self, id: str) -> Deferred[None]:
        """As the port says."""
        if self._made is not None:
            self._made.add(id)

        def make() -> None:
            path = self.path(id)
            folder = os.path.dirname(path)
            if not os.path.isdir(folder):
                with suppress(FileExistsError):
                    os.mkdir(folder, 0o700)
                sync_folder(self.folder)
            os.close(os.open(path, _NEW, 0o600))
            sync_folder(folder)

        return self._work(make)

    def length(self, id: str, *, preview: bool = False) -> Deferred[int]:
        """As the port says."""
        return self._work(lambda: os.stat(self.path(id, preview=preview), follow_symlinks=False).st_size)

    def write(self, id: str, at: int, data: bytes) -> Deferred[None]:
        """As the port says."""

        def write() -> None:
            descriptor = self._open(id, os.O_WRONLY)
            try:
                self._check_space(descriptor, len(data))
                done = 0
                while done < len(data):
                    done += os.pwrite(descriptor, data[done:], at + done)
            finally:
                os.close(descriptor)
            self._troubled = False

        return self._work(write)

    def _open(self, id: str, flags: int, *, preview: bool = False) -> int:
        return os.open(self.path(id, preview=preview), flags | os.O_NOFOLLOW | os.O_CLOEXEC)

    def _check_space(self, descriptor: int, count: int) -> None:
        disk = os.fstatvfs(descriptor)
        reserve = min(self._reserve_bytes, disk.f_blocks * disk.f_frsize // 10)
        if disk.f_bavail * disk.f_frsize - count < reserve:
            raise OSError(errno.ENOSPC, "the disk is as good as full")

    def seal(self, id: str) -> Deferred[bytes]:
        """As the port says."""

        def seal() -> bytes:
            descriptor = self._open(id, os.O_RDWR)
            try:
                os.fsync(descriptor)
                return os.pread(descriptor, HEAD_BYTES, 0)
            finally:
                os.close(descriptor)

        return self._work(seal)

    def read(self, id: str, at: int, count: int, *, preview: bool = False) -> Deferred[bytes]:
        """As the port says."""

        def read() -> bytes:
            descriptor = self._open(id, os.O_RDONLY, preview=preview)
            try:
                return os.pread(descriptor, count, at)
            finally:
                os.close(descriptor)

        return self._work(read)

    def remove(self, ids: Collection[str]) -> Deferred[frozenset[str]]:
        """As the port says."""
        named = tuple(ids)

        def remove() -> frozenset[str]:
            left: dict[str, str] = {}
            for each in named:
                for path in (self.path(each), self.path(each, preview=True), self._part(each)):
                    try:
                        os.unlink(path)
                    except FileNotFoundError:
                        pass
                    except OSError as error:
                        left[each] = f"{path}: {error.strerror}"
            self._reactor.callFromThread(self._note_stuck, named, left)
            return frozenset(left)

        return self._work(remove)

    def _note_stuck(self, named: Collection[str], left: dict[str, str]) -> None:
        # Of many that are stuck for one reason one is told, and no other as long as any is.
        if left and not self._stuck:
            why = next(iter(left.values()))
            self._log.error("A file that was deleted cannot be taken off the disk: {why}", why=why)
        self._stuck = self._stuck.difference(named).union(left)

    def strays(self, known: Collection[str]) -> Deferred[tuple[int, int]]:
        """As the port says."""
        made = self._made
        if self._database is None or made is None:
            self._made = None
            return succeed((0, 0))

        def moved(counts: tuple[int, int]) -> tuple[int, int]:
            self._made = None
            return counts

        def known_here(id: str) -> bool:
            return id in known or id in made

        return self._work(lambda: strays.set_aside(self.folder, known_here)).addCallback(moved)

    def take_strays(self) -> Deferred[int]:
        """As the port says."""
        return self._work(lambda: strays.take_away(self.folder))

    # Where pictures are worked on

    def _part(self, id: str) -> str:
        return f"{self.path(id)}.part"

    def lay_out(self, id: str) -> Deferred[tuple[int, int]]:
        """
        Descriptors of a file, to be read, and of an empty one that may become its preview.
        """

        def lay_out() -> tuple[int, int]:
            with suppress(FileNotFoundError):
                os.unlink(self._part(id))
            source = self._open(id, os.O_RDONLY)
            try:
                return source, os.open(self._part(id), _NEW, 0o600)
            except BaseException:
                os.close(source)
                raise

        return self._work(lay_out)

    def take_up(self, id: str, *, good: bool) -> Deferred[None]:
        """
        Have what was laid out be the preview of a file if it is good, else nothing.
        """

        def take_up() -> None:
            part = self._part(id)
            if not good:
                os.unlink(part)
                return
            descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(part, self.path(id, preview=True))
            sync_folder(os.path.dirname(part))

        return self._work(take_up)
