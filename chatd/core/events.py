"""
What a room's log can hold, and how something new gets into it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from chatd.core.names import PersonId, RoomKey, avatar


class Card(Struct, frozen=True):
    """
    A person as others see them.
    """

    id: PersonId
    name: str

    @property
    def avatar(self) -> str:
        """
        The path of the person's picture on this server.
        """
        return avatar(self.id, self.name)


class Author(Card, frozen=True):
    """
    Who wrote an event, as they were then. `via` names the wire they used; "" is `chatd.v1`.
    """

    via: str = ""


class AsSent(Struct, frozen=True):
    """
    A message as its author sent it, for the tutorial's wire. It lives in memory alone: an e-mail address is
    never stored.
    """

    email: str
    username: str
    message: str


class Draft(Struct, frozen=True):
    """
    A message that has not been stored yet. All of it has been checked but what only the log can tell.

    `room_name` is the spelling a public room gets if this is its first event; it is "" for a private room,
    whose two people are in the key. `reply_to` is an offset of the same room.
    """

    room: RoomKey
    room_name: str
    author: Author
    text: str
    cid: str | None = None
    reply_to: int | None = None
    as_sent: AsSent | None = None

    @property
    def weight(self) -> int:
        """
        As that of the message that it becomes.
        """
        return _weight(self.text, self.as_sent)

    @property
    def body_hash(self) -> bytes:
        """
        Sixteen bytes that tell this body (room, text, reply_to) from every other, for the check of a repeated
        cid.
        """
        body = json.dumps([self.room, self.text, self.reply_to]).encode("ascii")
        return hashlib.sha256(body).digest()[:16]


class Message(Struct, frozen=True):
    """
    A message in a room's log.

    `commit` counts all events of the store in the order of their storing, `offset` those of the room, both
    from 1 and without a gap. `id` is unique for ever and legal as an IRCv3 msgid. `at_ms` is the server's
    clock in milliseconds since 1970. `as_sent` is there only while the message has not left memory.
    """

    commit: int
    room: RoomKey
    offset: int
    id: str
    at_ms: int
    author: Author
    text: str
    cid: str | None = None
    reply_to: int | None = None
    deleted: bool = False
    as_sent: AsSent | None = None

    @property
    def weight(self) -> int:
        """
        No fewer bytes than the message takes in any dialect.
        """
        return _weight(self.text, self.as_sent)


def _weight(text: str, as_sent: AsSent | None) -> int:
    escapes = text.count("\n") + text.count("\t") + text.count('"') + text.count("\\")
    sent = 0 if as_sent is None else len(msgspec.json.encode(as_sent))
    # What no UTF-8 can carry is found out by whoever writes it.
    return max(len(text.encode("utf-8", "surrogatepass")) + escapes, sent) + 1024


Event = Message
"""What a log can hold. A new kind of event joins this union; the store keeps its name in a column `kind`."""

Batch = tuple[Event, ...]
"""What one transaction stored, in the order of `commit`; it can be of several rooms."""


def iso_time(at_ms: int) -> str:
    """
    Milliseconds since 1970 as the wire has them: `2026-11-24T02:15:50.123Z` (RFC 3339, UTC).
    """
    return f"{_iso_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(maxsize=256)
def _iso_second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
