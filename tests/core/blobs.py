"""
The bytes of files, and what looks at pictures, without a disk and a process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from twisted.internet.defer import Deferred, succeed

from chatd.core.files import HEAD_BYTES, Picture
from chatd.core.refusals import Code, Refused


class MemoryBlobs:
    """
    The contract of `Blobs`, in a dict. While it is `slow` what is written waits for `let_write`; while it is
    `full` nothing is taken. Those that are `stuck` cannot be removed.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.previews: dict[str, bytes] = {}
        self.sealed: list[str] = []
        self.written: list[int] = []
        self.slow = False
        self.full = False
        self.stuck: set[str] = set()
        self._waiting: list[Callable[[], None]] = []

    def let_write(self) -> int:
        """
        Do what waits to be written; how much that was.
        """
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            write()
        return len(waiting)

    async def make(self, id: str) -> None:
        """See `Blobs`."""
        if self.full:
            raise Refused(Code.READ_ONLY, "There is no space left for files.", retry_after=5)
        self.files[id] = b""

    async def length(self, id: str, *, preview: bool = False) -> int:
        """See `Blobs`."""
        return len(self._find(id, preview=preview))

    def _find(self, id: str, *, preview: bool = False) -> bytes:
        kept = self.previews if preview else self.files
        if id not in kept:
            raise Refused(Code.NO_SUCH_FILE, "There is no such file.")
        return kept[id]

    def write(self, id: str, at: int, data: bytes) -> Deferred[None]:
        """See `Blobs`."""
        done: Deferred[None] = Deferred()

        def write() -> None:
            if self.full:
                done.errback(Refused(Code.READ_ONLY, "There is no space left for files.", retry_after=5))
                return
            self.files[id] = self._find(id)[:at] + data
            self.written.append(len(data))
            done.callback(None)

        if self.slow:
            self._waiting.append(write)
        else:
            write()
        return done

    async def seal(self, id: str) -> bytes:
        """See `Blobs`."""
        self.sealed.append(id)
        return self._find(id)[:HEAD_BYTES]

    def read(self, id: str, at: int, count: int, *, preview: bool = False) -> Deferred[bytes]:
        """See `Blobs`."""
        return succeed(self._find(id, preview=preview)[at : at + count])

    async def remove(self, ids: Collection[str]) -> frozenset[str]:
        """See `Blobs`."""
        for each in set(ids) - self.stuck:
            self.files.pop(each, None)
            self.previews.pop(each, None)
        return frozenset(self.stuck.intersection(ids))

    async def strays(self, known: Collection[str]) -> tuple[int, int]:
        """See `Blobs`."""
        strays = [each for each in self.files if each not in known]
        await self.remove(strays)
        return len(strays), 0

    async def take_strays(self) -> int:
        """See `Blobs`."""
        return 0


class TestPictures:
    """
    Sees in each picture what the test says, and makes of it a preview that is `small`.
    """

    __test__ = False

    def __init__(self, blobs: MemoryBlobs) -> None:
        self.blobs = blobs
        self.sees: Picture | None = Picture(640, 480, True)
        self.looked: list[tuple[str, str]] = []

    async def look(self, id: str, type: str) -> Picture | None:
        """See `Pictures`."""
        self.looked.append((id, type))
        if self.sees is not None and self.sees.preview:
            self.blobs.previews[id] = b"\xff\xd8\xff small"
        return self.sees
