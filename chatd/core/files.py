"""
What is known of a file that somebody has brought, and the contracts with what keeps it.

An upload is `partial` while its bytes come, `whole` once they are there and were looked at, and `kept` from
the message on that it goes with. What has had its time is `gone`: nobody sees it any more, and its bytes
follow.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Awaitable, Collection
from typing import Literal, Protocol

from msgspec import Struct

from chatd.core.names import PersonId, RoomKey

MAX_FILES = 10
"""How many can go with one message."""

MAX_NAME = 150
"""The longest name of a file, in code points; in UTF-8 that is no more than any URL can hold."""

MAX_OPEN = 5
"""How many uploads of one person can be under way at once."""

EXPIRE_SECONDS = 24 * 3600
"""How long an upload waits for its end, and then for its message."""

HEAD_BYTES = 4096
"""How much of a file is looked at to tell what it is."""

PREVIEW = "preview"
"""The last part of the path of a picture's preview; so no file may be called that."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""The types that are looked at as pictures, and that a browser may show by itself."""

State = Literal["partial", "whole", "kept", "gone"]

_FILE_ID = re.compile(r"[a-z2-7]{26}")


class Attachment(Struct, frozen=True, omit_defaults=True):
    """
    A file as a message names it: `type` is by its content, `width` and `height` are a picture's as it is to
    be seen, and with `preview` there is a small one.
    """

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    preview: bool = False


class Picture(Struct, frozen=True):
    """
    How large a picture is, in pixels; `preview` if a small one was made.
    """

    width: int
    height: int
    preview: bool


class Upload(Struct, frozen=True, kw_only=True):
    """
    Somebody's wish to bring a file of `size` bytes into a room.
    """

    id: str
    room: RoomKey
    person: PersonId
    name: str
    size: int


class FileRecord(Struct, frozen=True, kw_only=True):
    """
    A file as the store has it. `file.type` is "" while it is `partial`; `offset` is that of its message.
    """

    room: RoomKey
    person: PersonId
    state: State
    made_ms: int
    file: Attachment
    offset: int | None = None


def file_id(random: bytes) -> str:
    """
    The id that sixteen random bytes stand for: 26 characters of base32. Whoever knows it has it from a
    message.
    """
    return base64.b32encode(random[:16]).decode("ascii").lower().rstrip("=")


def is_file_id(text: str) -> bool:
    """
    Whether the text has the form of a file's id.
    """
    return _FILE_ID.fullmatch(text) is not None


def clean_file_name(name: str) -> str:
    """
    The name under which a file is kept: without folders and without what hides, reorders or controls text.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(
        c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    kept = kept.strip().lstrip(".").strip()
    if len(kept) > MAX_NAME:
        stem, dot, ending = kept.rpartition(".")
        ending = f".{ending}" if dot and len(ending) <= 16 else ""
        kept = (stem if ending else kept)[: MAX_NAME - len(ending)] + ending
    return f"{kept}_" if kept == PREVIEW else kept or "file"


class FileStore(Protocol):
    """
    What is known of files. As `Store` in its threads, its order and its refusals; it is a part of one.

    `Store.append` keeps the files of its draft with the message: uploads of its author for its room that are
    `whole`, each of them, or it is refused with `no_such_file`. Whatever takes the text of a message, or its
    place in the log, has its files be `gone` in the same transaction.
    """

    def begin(self, upload: Upload, quota: int) -> Awaitable[FileRecord]:
        """
        Note that an upload begins.

        Raises `Refused`: `rate_limited` if `MAX_OPEN` of that person are `partial`, `quota` if all of their
        files that are not gone would have more than `quota` bytes.
        """

    def file(self, id: str) -> Awaitable[FileRecord | None]:
        """
        The file with that id; None for one that is gone.
        """

    def finish(self, id: str, type: str, picture: Picture | None) -> Awaitable[FileRecord | None]:
        """
        Note that all of a `partial` upload is on the disk, and what it is. None if there is none such; one
        that is `whole` stays as it is.
        """

    def drop(self, id: str) -> Awaitable[bool]:
        """
        Have an upload be gone that no message has; whether there was one.
        """

    def expire(self, before_ms: int) -> Awaitable[int]:
        """
        Have those be gone that began before that and have no message; how many.
        """

    def gone(self, limit: int, after: str = "") -> Awaitable[tuple[str, ...]]:
        """
        The ids of files that are gone, and have not been forgotten: in their order, those behind `after`.
        """

    def forget(self, ids: Collection[str]) -> Awaitable[None]:
        """
        Know no more of these, which are gone and whose bytes are too.
        """

    def known(self) -> Awaitable[frozenset[str]]:
        """
        The ids of all files, gone or not.
        """


class Blobs(Protocol):
    """
    The bytes of files, by id. No method blocks its caller on a disk; what a disk refuses is `Refused` with
    `read_only`.
    """

    def make(self, id: str) -> Awaitable[None]:
        """
        Begin a file that has no bytes yet. It has its name on the disk when this is answered.
        """

    def length(self, id: str, *, preview: bool = False) -> Awaitable[int]:
        """
        How many bytes there are of a file, or of its preview. Raises `Refused` with `no_such_file`.
        """

    def write(self, id: str, at: int, data: bytes) -> Awaitable[None]:
        """
        Put bytes behind the first `at`. Raises `Refused` with `read_only` too where that would leave the disk
        too little for all else.
        """

    def seal(self, id: str) -> Awaitable[bytes]:
        """
        Have all bytes survive a loss of power; the answer is the first `HEAD_BYTES`.
        """

    def read(self, id: str, at: int, count: int, *, preview: bool = False) -> Awaitable[bytes]:
        """
        At most `count` bytes from `at` on, of the file or of its preview. Raises `Refused` with
        `no_such_file`.
        """

    def remove(self, ids: Collection[str]) -> Awaitable[frozenset[str]]:
        """
        Take these away with their previews; those that are not there are none. The answer is which of them
        could not be taken away, though all were tried.
        """

    def strays(self, known: Collection[str]) -> Awaitable[tuple[int, int]]:
        """
        Put aside whatever is none of these, and was there before the start, and back what was put aside and
        is one of these; how many files the one, and the other. Once it was done, there are no more.
        """

    def take_strays(self) -> Awaitable[int]:
        """
        Take away for good what was put aside a week ago; how many files that were.
        """


class Pictures(Protocol):
    """
    What looks at pictures, in a process that can do no harm.
    """

    def look(self, id: str, type: str) -> Awaitable[Picture | None]:
        """
        How large a picture is, with a preview beside it; None if it is none, or nobody can tell. Never
        raises.
        """
