"""
What is known of files, in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred

from chatd.core.events import Draft, Event, Message
from chatd.core.files import MAX_OPEN, Attachment, FileRecord, Picture, Upload
from chatd.core.names import RoomKey
from chatd.store import rules
from chatd.store.memory_log import Log

T = TypeVar("T")


class _Write(Protocol):
    def __call__(self, apply: Callable[[list[Event]], T]) -> Deferred[T]: ...


@dataclass(slots=True, eq=False)
class MemoryFiles:
    """
    The contract of `chatd.core.files.FileStore`. `write` has something done in its turn.
    """

    write: _Write
    wall_ms: Callable[[], int]
    _files: dict[str, FileRecord] = field(default_factory=dict)

    def begin(self, upload: Upload, quota: int) -> Deferred[FileRecord]:
        """As the port says."""
        return self.write(lambda batch: self._begin(upload, quota))

    def _begin(self, upload: Upload, quota: int) -> FileRecord:
        own = [each for each in self._files.values() if each.person == upload.person and each.state != "gone"]
        if sum(each.state == "partial" for each in own) >= MAX_OPEN:
            raise rules.too_many_open(MAX_OPEN)
        left = quota - sum(each.file.size for each in own)
        if upload.size > left:
            raise rules.over_quota(left)
        file = Attachment(upload.id, upload.name, "", upload.size)
        record = FileRecord(
            room=upload.room, person=upload.person, state="partial", made_ms=self.wall_ms(), file=file
        )
        self._files[upload.id] = record
        return record

    async def file(self, id: str) -> FileRecord | None:
        """As the port says."""
        record = self._files.get(id)
        return None if record is None or record.state == "gone" else record

    def finish(self, id: str, type: str, picture: Picture | None) -> Deferred[FileRecord | None]:
        """As the port says."""

        def apply(batch: list[Event]) -> FileRecord | None:
            record = self._files.get(id)
            if record is not None and record.state == "partial":
                file = replace(record.file, type=type)
                if picture is not None:
                    size = {"width": picture.width, "height": picture.height}
                    file = replace(file, **size, preview=picture.preview)
                record = self._files[id] = replace(record, state="whole", file=file)
            return record if record is not None and record.state == "whole" else None

        return self.write(apply)

    def drop(self, id: str) -> Deferred[bool]:
        """As the port says."""
        return self.write(lambda batch: bool(self._go([id] if self._loose(id) else [])))

    def expire(self, before_ms: int) -> Deferred[int]:
        """As the port says."""

        def apply(batch: list[Event]) -> int:
            old = [key for key, each in self._files.items() if each.made_ms < before_ms]
            return self._go([key for key in old if self._loose(key)])

        return self.write(apply)

    def _loose(self, id: str) -> bool:
        record = self._files.get(id)
        return record is not None and record.state in ("partial", "whole")

    async def gone(self, limit: int, after: str = "") -> tuple[str, ...]:
        """As the port says."""
        gone = sorted(key for key, each in self._files.items() if each.state == "gone" and key > after)
        return tuple(gone[:limit])

    def forget(self, ids: Collection[str]) -> Deferred[None]:
        """As the port says."""
        named = tuple(ids)

        def apply(batch: list[Event]) -> None:
            for key in named:
                if key in self._files and self._files[key].state == "gone":
                    del self._files[key]

        return self.write(apply)

    async def known(self) -> frozenset[str]:
        """As the port says."""
        return frozenset(self._files)

    # What the log has to do with it

    def look_up(self, draft: Draft) -> tuple[Attachment, ...]:
        """
        The uploads that a message is to have. Raises `Refused` with `no_such_file`.
        """
        found = []
        for key in draft.files:
            record = self._files.get(key)
            if record is None or (record.state, record.room, record.person) != (
                "whole",
                draft.room,
                draft.author.id,
            ):
                raise rules.no_such_file()
            found.append(record.file)
        return tuple(found)

    def attach(self, message: Message) -> None:
        """
        Keep a message's files with it.
        """
        for file in message.files:
            self._files[file.id] = replace(self._files[file.id], state="kept", offset=message.offset)

    def settle(self, logs: Mapping[RoomKey, Log]) -> None:
        """
        Have the files be gone of messages that are not there any more, or have lost their text.
        """
        self._go(
            [key for key, each in self._files.items() if each.state == "kept" and not _stands(logs, each)]
        )

    def _go(self, ids: list[str]) -> int:
        for key in ids:
            self._files[key] = replace(self._files[key], state="gone", offset=None)
        return len(ids)


def _stands(logs: Mapping[RoomKey, Log], record: FileRecord) -> bool:
    log = logs.get(record.room)
    message = None if log is None or record.offset is None else log.message(record.offset)
    return message is not None and not message.deleted
