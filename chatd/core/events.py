"""
What a room's log can hold, and how something new gets into it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from chatd.core.files import Attachment
from chatd.core.memo import memo
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


class Change(Struct, frozen=True):
    """
    One thing that a deed makes different about what people may do: of the room `room` ("" for the whole
    server) and of `subject`, which is a person's id, `=` and an address (see `address_key`), or "" for the
    room itself, `field` is `value` from now on; None is as if it had never been said.

    Two of them that do not have the same first three parts may come in any order: so whoever decides on one
    need not know of those that are on their way.
    """

    room: str
    subject: str
    field: str
    value: str | int | None


class Detail(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """
    What a deed says, beside who did it and when. Which of these there are depends on its kind; times are in
    milliseconds since 1970.
    """

    who: Card | None = None
    reason: str = ""
    until_ms: int | None = None
    since_ms: int | None = None
    role: str | None = None
    topic: str | None = None
    title: str | None = None
    slow: int | None = None
    locked: bool | None = None
    archived: bool | None = None
    guests: bool | None = None
    room: str | None = None
    about: int | None = None
    text: str | None = None
    emoji: str | None = None
    on: bool | None = None
    mentions: tuple[PersonId, ...] = ()
    mentions_all: bool = False


class Wipe(Struct, frozen=True):
    """
    Which messages a deed takes the text of: those of that author in its room that are not older than this,
    or in every public room if `everywhere`.
    """

    author: PersonId
    since_ms: int
    everywhere: bool = False


class DeedDraft(Struct, frozen=True, kw_only=True):
    """
    A deed that has not been stored yet. `room_name` is what a room is called that it makes.
    """

    room: RoomKey
    room_name: str
    author: Author
    kind: str
    detail: Detail = Detail()
    changes: tuple[Change, ...] = ()
    wipe: Wipe | None = None

    @property
    def is_about_a_message(self) -> bool:
        """
        Whether it changes a message of its room. A report only tells of one, and so does the audit log.
        """
        return self.detail.about is not None and self.detail.room is None

    @property
    def weight(self) -> int:
        """
        As that of the deed that it becomes.
        """
        return _deed_weight(self.detail)

    def stored(self, commit: int, offset: int, id: str, at_ms: int) -> Deed:
        """
        The deed that it becomes.
        """
        return Deed(
            commit, self.room, offset, id, at_ms, self.author, self.kind, self.detail, self.changes, self.wipe
        )


class Draft(Struct, frozen=True):
    """
    A message that has not been stored yet. All of it has been checked but what only the log can tell.

    `room_name` is the spelling a public room gets if this is its first event; it is "" for a private room,
    whose two people are in the key. `reply_to` is an offset of the same room, `files` are ids of uploads.
    """

    room: RoomKey
    room_name: str
    author: Author
    text: str
    cid: str | None = None
    reply_to: int | None = None
    as_sent: AsSent | None = None
    mentions: tuple[PersonId, ...] = ()
    mentions_all: bool = False
    files: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """
        About that of the message that it becomes, with a long quote.
        """
        quoted = 0 if self.reply_to is None else 2048
        return _weight(self.text, self.as_sent) + quoted + 512 * len(self.files)

    @property
    def body_hash(self) -> bytes:
        """
        Sixteen bytes that tell this body (room, text, reply_to, files) from every other, for the check of a
        repeated cid.
        """
        # What has no files has the hash that it had before there were any.
        files = [self.files] if self.files else []
        body = json.dumps([self.room, self.text, self.reply_to, *files]).encode("ascii")
        return hashlib.sha256(body).digest()[:16]


class Quote(Struct, frozen=True):
    """
    What a reply shows of the message that it answers: the beginning of its last form, and how many files it
    has, or that it is gone.
    """

    author: Author
    text: str
    deleted: bool = False
    files: int = 0


class Reaction(Struct, frozen=True):
    """
    How many people answered a message with an emoji, and the first of them.
    """

    emoji: str
    count: int
    people: tuple[Card, ...]


class Given(Struct, frozen=True):
    """
    A reaction of somebody's own to the message at an offset.
    """

    about: int
    emoji: str


class Message(Struct, frozen=True):
    """
    A message in a room's log, in its last form.

    `commit` counts all events of the store in the order of their storing, `offset` those of the room, both
    from 1 and without a gap. `id` is unique for ever and legal as an IRCv3 msgid. `at_ms` is the server's
    clock in milliseconds since 1970. `as_sent` is there only while the message has not left memory.

    `edited_ms` is when its author changed it last, 0 if never. `changed` is the offset of the last event that
    is about it, 0 if there is none: what is told of it here is as of that event. `mentions` are those whom it
    calls for, or, with `mentions_all`, everybody in the room.
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
    edited_ms: int = 0
    changed: int = 0
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()
    pinned: bool = False
    mentions: tuple[PersonId, ...] = ()
    mentions_all: bool = False
    files: tuple[Attachment, ...] = ()

    @property
    def weight(self) -> int:
        """
        No fewer bytes than the message takes in any dialect.
        """
        more = 0 if self.quote is None else _weight(self.quote.text, None)
        files = len(msgspec.json.encode(self.files)) if self.files else 0
        people = sum(len(each.people) for each in self.reactions)
        more += files + REACTION_BYTES * (len(self.reactions) + people)
        return _weight(self.text, self.as_sent) + more

    @property
    def said(self) -> str:
        """
        Its text; where it has none, the names of its files.
        """
        return self.text or ", ".join(file.name for file in self.files)


REACTION_BYTES = 256
"""More than an emoji takes on the wire with its count, and more than one person's id and name."""


def _weight(text: str, as_sent: AsSent | None) -> int:
    escapes = text.count("\n") + text.count("\t") + text.count('"') + text.count("\\")
    sent = 0 if as_sent is None else len(msgspec.json.encode(as_sent))
    # What no UTF-8 can carry is found out by whoever writes it.
    return max(len(text.encode("utf-8", "surrogatepass")) + escapes, sent) + 1024


class Deed(Struct, frozen=True):
    """
    Something done in a room, or to it, that is no message: who did it, to whom, and why.

    The first six are those of a message. `kind` is the event's `type` in `chatd.v1`. `changes` and `wipe` are
    there only while the deed has not left memory; what they do is done in the transaction that stores it.
    """

    commit: int
    room: RoomKey
    offset: int
    id: str
    at_ms: int
    author: Author
    kind: str
    detail: Detail = Detail()
    changes: tuple[Change, ...] = ()
    wipe: Wipe | None = None

    @property
    def weight(self) -> int:
        """
        No fewer bytes than the deed takes in any dialect.
        """
        return _deed_weight(self.detail)


def _deed_weight(detail: Detail) -> int:
    texts = (detail.reason, detail.topic or "", detail.title or "", detail.room or "", detail.text or "")
    # With somebody's name twice, and all that can be called for.
    return _weight("".join(texts), None) + 512 + 32 * len(detail.mentions)


Event = Message | Deed
"""What a log can hold. The store keeps the name of an event's kind in a column `kind`."""


Batch = tuple[Event, ...]
"""What one transaction stored, in the order of `commit`; it can be of several rooms."""


def iso_time(at_ms: int) -> str:
    """
    Milliseconds since 1970 as the wire has them: `2026-11-24T02:15:50.123Z` (RFC 3339, UTC).
    """
    return f"{_iso_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@memo(256)
def _iso_second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
