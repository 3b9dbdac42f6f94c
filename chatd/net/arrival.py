"""
The bytes of an upload on their way from a connection to the disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatd.core.files import FileRecord
from chatd.core.refusals import Code, Refused
from chatd.core.uploading import Locked, Uploads
from chatd.net.door import Denied

CHUNK_BYTES = 256 * 1024
"""How much is written to the disk at once; twice that, and what a socket was just read for, is in memory."""

SMALLEST_CHUNK_BYTES = 16 * 1024
CHUNKS_BYTES = 16 << 20
"""Of how much the chunks are of all uploads that are under way, unless there are very many."""

PROGRESS_SECONDS = 30
PROGRESS_BYTES = 32 * 1024
"""How much has to come in that time, while it is read."""

STALE_SECONDS = 2.0
"""After so long in which nothing came, whoever comes back for the upload may have it."""

WASTE_BYTES = 64 * 1024
"""How much of what is refused is read to its end, before it is answered."""


class WrongOffset(Exception):
    """
    What comes does not begin where the rest has ended.
    """


EXPECTED = (Denied, Locked, Refused, WrongOffset)
"""What an upload can be refused with."""


class Arrival:
    """
    A `Body` that is the next part of an upload. What has arrived when the connection is cut is kept.

    `admit` says which upload it is and at which byte the part begins, or raises why it is not taken; `refuse`
    is called with that where so much of the part is still to come that nobody waits for its end. `done`
    answers with the upload and how much of it is there, or with why not.
    """

    _log = Logger()

    def __init__(
        self,
        channel: Any,
        uploads: Uploads,
        length: int | None,
        seconds: Callable[[], float],
        admit: Callable[[], Awaitable[tuple[FileRecord, int]]],
        refuse: Callable[[Any, Exception], None],
    ) -> None:
        self.full = True
        self.left = length
        self._channel = channel
        self._uploads = uploads
        self._seconds = seconds
        self._refuse = refuse
        self._pending = bytearray()
        self._awaited: Deferred[None] | None = None
        self._ended = False
        self._refused = False
        self._finishing = False
        self._heard_at = seconds()
        self._progress = 0
        channel.setTimeout(PROGRESS_SECONDS)
        self.done: Deferred[tuple[FileRecord, int] | Exception] = Deferred.fromCoroutine(
            self._outcome(admit())
        )

    # What the connection does

    def take(self, data: bytes) -> None:
        """See `Body`."""
        self._heard_at = self._seconds()
        if self.left is not None:
            self.left -= len(data)
        if self._refused:
            # There is one time for all the rest.
            return
        self._progress += len(data)
        if self._progress >= PROGRESS_BYTES:
            self._progress = 0
            self._channel.setTimeout(PROGRESS_SECONDS)
        self._pending += data
        if len(self._pending) >= self._chunk:
            if self._awaited is None:
                # The disk is at the chunk before: that is not the client's time.
                self._channel.setTimeout(None)
                self.full = True
            self._wake()

    @property
    def _chunk(self) -> int:
        share = CHUNKS_BYTES // max(1, self._uploads.under_way)
        return max(SMALLEST_CHUNK_BYTES, min(CHUNK_BYTES, share))

    def end(self) -> None:
        """
        All of the part has come.
        """
        self._ended = True
        self._wake()

    def lost(self) -> None:
        """See `Body`."""
        self.end()

    def let_go(self) -> None:
        """
        Somebody else wants the upload: cut the connection if it seems to be dead.
        """
        busy = self._ended or self._finishing or self.full
        transport = self._channel.transport
        if transport is not None and not busy and self._seconds() - self._heard_at > STALE_SECONDS:
            transport.abortConnection()

    # What becomes of it

    async def _outcome(
        self, admitted: Awaitable[tuple[FileRecord, int]]
    ) -> tuple[FileRecord, int] | Exception:
        try:
            return await self._run(admitted)
        except Exception as error:  # noqa: BLE001  It is told to whoever asks for it, if anybody still does.
            if not isinstance(error, EXPECTED):
                self._log.failure("an upload failed")
            self._turn_away(error)
            # Without its traceback, which would hold this, and so itself.
            return error.with_traceback(None)

    async def _run(self, admitted: Awaitable[tuple[FileRecord, int]]) -> tuple[FileRecord, int]:
        record, at = await admitted
        key, size = record.file.id, record.file.size
        with self._uploads.held(key, self.let_go):
            if at != await self._uploads.offset(record):
                raise WrongOffset
            if self.left is not None and self.left > size - at:
                raise _too_much(size)
            while data := await self._next():
                if len(data) > size - at:
                    raise _too_much(size)
                await self._uploads.blobs.write(key, at, data)
                at += len(data)
            if at == size and record.state == "partial":
                self._finishing = True
                record = await self._uploads.finish(record)
        return record, at

    async def _next(self) -> bytes:
        """What has come and is to be written; nothing at the end."""
        self._go_on()
        if len(self._pending) < self._chunk and not self._ended:
            self._awaited = Deferred()
            await self._awaited
        pending, self._pending = self._pending, bytearray()
        self._go_on()
        return bytes(pending)

    def _go_on(self) -> None:
        if self.full and len(self._pending) < self._chunk and not self._ended:
            self.full = False
            self._channel.setTimeout(PROGRESS_SECONDS)
            self._channel.go_on()

    def _wake(self) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            awaited.callback(None)

    def _turn_away(self, error: Exception) -> None:
        """It is refused: at the end of the part, or now if there is much to come."""
        self._refused = True
        self._pending.clear()
        if not self._ended:
            if self.left is not None and self.left <= WASTE_BYTES:
                self.full = False
                # There is none while the disk is at a chunk.
                self._channel.setTimeout(PROGRESS_SECONDS)
                self._channel.go_on()
            else:
                self._ended = True
                self._refuse(self._channel, error)


def _too_much(size: int) -> Refused:
    return Refused(Code.TOO_LONG, f"The upload has {size} bytes, and this is more.")
