"""
How a file comes to the server, piece by piece, what becomes of it, and who may have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatd.core.files import (
    EXPIRE_SECONDS,
    PICTURES,
    Blobs,
    FileRecord,
    Pictures,
    Upload,
    clean_file_name,
    file_id,
    is_file_id,
)
from chatd.core.limits import AddressLimit
from chatd.core.media import media_type
from chatd.core.refusals import Code, Refused
from chatd.core.rules import check_upload, may_fetch
from chatd.core.visitor import Asker, the_viewer

if TYPE_CHECKING:
    from chatd.core.hub import Hub

BEGUN = 300
"""How many uploads a person, or an address, may begin in an hour."""

SWEPT_AT_ONCE = 100
DAY_SECONDS = 24 * 3600.0
MEBIBYTE = 1 << 20


class Locked(Exception):
    """
    Somebody else, or the same on another connection, is at that upload at this moment.
    """


@dataclass(slots=True, eq=False)
class Uploads:
    """
    The files of one server. `most_bytes` is the largest that is taken, 0 for none at all; `quota` is what all
    of a person's may have, and what all guests of one address may bring in a day.
    """

    hub: Hub
    blobs: Blobs
    pictures: Pictures
    most_bytes: int
    quota: int
    begun_by_person: AddressLimit = field(default_factory=lambda: AddressLimit(BEGUN, 3600.0))
    begun_at_address: AddressLimit = field(default_factory=lambda: AddressLimit(BEGUN, 3600.0))
    _of_guests: AddressLimit = field(init=False)
    # Of uploads of guests: when one began, at which address, and how many mebibytes were taken for it there.
    _charged: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    # What is to be done where somebody wants an upload that another has stopped in the middle of.
    _busy: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of_guests = AddressLimit(max(1, self.quota // MEBIBYTE), DAY_SECONDS)

    async def begin(self, asker: Asker, room: str, name: str, size: int, now: float) -> FileRecord:
        """
        Begin an upload, which is whole at once if it has no bytes.

        Raises `Refused`: what `say` is refused with in that room, `too_long`, `quota`, `rate_limited`,
        `read_only`.
        """
        key, person = check_upload(asker, room), the_viewer(asker)
        if not self.most_bytes:
            raise Refused(Code.FORBIDDEN, "No files are taken here.")
        if size > self.most_bytes:
            raise Refused(Code.TOO_LONG, f"A file has at most {self.most_bytes} bytes here.")
        upload = Upload(
            id=file_id(self.hub.random(16)), room=key, person=person, name=clean_file_name(name), size=size
        )
        self._pace(asker, upload, now)
        try:
            record = await self.hub.store.files.begin(upload, self.quota)
            try:
                await self.blobs.make(upload.id)
            except Refused:
                await self.hub.store.files.drop(upload.id)
                raise
        except BaseException:
            self._give_back(upload.id)
            raise
        return record if size else await self.finish(record)

    def _pace(self, asker: Asker, upload: Upload, now: float) -> None:
        """Take what an upload counts for: all of it or, if that is refused, nothing of it."""
        person, address = upload.person, asker.address
        wait = self.begun_by_person.take(person, now)
        if not wait:
            wait = self.begun_at_address.take(address, now)
            if not wait and not self.hub.rights.account(person):
                # Or else one quota would be as many as one cares to have names.
                wait = self._take_of_guests(address, upload, now)
                if wait:
                    self.begun_at_address.give_back(address)
            if wait:
                self.begun_by_person.give_back(person)
        if wait:
            raise Refused(Code.RATE_LIMITED, "Too many files came from you.", retry_after=wait)

    def _take_of_guests(self, address: str | None, upload: Upload, now: float) -> float:
        if address is None:
            return 0.0
        count = 1 + upload.size // MEBIBYTE
        for taken in range(count):
            wait = self._of_guests.take(address, now)
            if wait:
                for _ in range(taken):
                    self._of_guests.give_back(address)
                return wait
        self._charged[upload.id] = self.hub.wall_ms(), address, count
        return 0.0

    def _give_back(self, id: str) -> None:
        """Nothing of an upload is on the disk: what its bytes counted for at an address is there again."""
        _, address, count = self._charged.pop(id, (0, None, 0))
        for _ in range(count):
            self._of_guests.give_back(address)

    async def own(self, asker: Asker, id: str) -> FileRecord:
        """
        Somebody's own upload that no message has yet. Raises `Refused` with `no_such_file`.
        """
        record = await self.hub.store.files.file(id) if is_file_id(id) else None
        if record is None or record.person != asker.viewer or record.state == "kept":
            raise no_such_file()
        return record

    @contextmanager
    def held(self, id: str, let_go: Callable[[], None]) -> Iterator[None]:
        """
        Have nobody else at an upload meanwhile. Raises `Locked`; `let_go` is then called, to see whether that
        one has been left by whoever began it.
        """
        if id in self._busy:
            self._busy[id]()
            raise Locked
        self._busy[id] = let_go
        try:
            yield
        finally:
            del self._busy[id]

    @property
    def under_way(self) -> int:
        """
        At how many uploads somebody is.
        """
        return len(self._busy)

    async def offset(self, record: FileRecord) -> int:
        """
        How many bytes of an upload have arrived.
        """
        size = record.file.size
        return size if record.state != "partial" else min(size, await self.blobs.length(record.file.id))

    async def finish(self, record: FileRecord) -> FileRecord:
        """
        Have an upload be whole, of which all has arrived: on the disk, and looked at.
        """
        key = record.file.id
        kind = media_type(await self.blobs.seal(key))
        picture = await self.pictures.look(key, kind) if kind in PICTURES else None
        finished = await self.hub.store.files.finish(key, kind, picture)
        if finished is None:
            raise no_such_file()
        return finished

    async def drop(self, asker: Asker, id: str) -> None:
        """
        Give up one's own upload; its bytes go with the next `sweep`. Raises `Refused` with `no_such_file`.
        """
        await self.own(asker, id)
        if not await self.hub.store.files.drop(id):
            raise no_such_file()
        self._give_back(id)

    async def fetch(self, asker: Asker, id: str) -> FileRecord:
        """
        A file that somebody may have: of a message in a room that they may hear, or their own that is whole.

        Raises `Refused` with `no_such_file`, whether it exists or not.
        """
        record = await self.hub.store.files.file(id) if is_file_id(id) else None
        if record is None or record.state == "partial":
            raise no_such_file()
        own = record.state == "whole" and record.person == asker.viewer
        if not own and not (record.state == "kept" and may_fetch(asker, record.room)):
            raise no_such_file()
        return record

    async def sweep(self) -> None:
        """
        Take away the bytes of what is gone, as far as they can be; the next time the others are tried again.
        """
        files, after = self.hub.store.files, ""
        while gone := await files.gone(SWEPT_AT_ONCE, after):
            after = gone[-1]
            idle = [key for key in gone if key not in self._busy]
            left = await self.blobs.remove(idle)
            if taken := [key for key in idle if key not in left]:
                await files.forget(taken)

    async def expire(self) -> None:
        """
        Have uploads be gone that have waited for more than a day, and strays that have for a week.
        """
        before_ms = self.hub.wall_ms() - EXPIRE_SECONDS * 1000
        await self.hub.store.files.expire(before_ms)
        # What was taken for them a day ago has come back by itself.
        self._charged = {key: each for key, each in self._charged.items() if each[0] >= before_ms}
        await self.sweep()
        await self.blobs.take_strays()

    async def clear(self) -> tuple[int, int]:
        """
        Put aside the files of which nothing is known, and back those that were put aside and are known now;
        how many the one, and the other.
        """
        return await self.blobs.strays(await self.hub.store.files.known())


def no_such_file() -> Refused:
    """
    The refusal of what is not there, or not for whoever asks.
    """
    return Refused(Code.NO_SUCH_FILE, "There is no such file.")
