"""
What a client can ask, and what it can be told that is not in a log: the shapes, and their only source.

A command is what a dialect decodes; replies and notices are what it encodes. The field names are those of
`chatd.v1`, whose JSON these structs are.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from chatd.core.events import Card, Event, Given
from chatd.core.files import MAX_FILES
from chatd.core.refusals import Code

Ref = Annotated[str, Meta(max_length=64)]
Offset = Annotated[int, Meta(ge=0, lt=2**53)]
Cid = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{1,64}\Z")]
Role = Literal["watcher", "guest", "member", "bot", "moderator", "owner"]


class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    """
    Something a client asks for. `ref` comes back in the reply.
    """

    ref: Ref | None = None


class Hello(Command, frozen=True, tag="hello"):
    """
    Say who one is: with a token the same person as before, with a name alone a new guest, with neither a
    watcher.
    """

    name: str | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    token: Annotated[str, Meta(max_length=128)] | None = None


class Join(Command, frozen=True, tag="join"):
    """
    Hear a room from a position on (`after`, `epoch`, and the `id` of the event there), or from its last
    `limit` messages; then, if `brief`, without what only changed messages.
    """

    room: str
    after: Offset | None = None
    epoch: str | None = None
    id: str | None = None
    limit: Annotated[int, Meta(ge=0, le=200)] = 50
    brief: bool = False


class Leave(Command, frozen=True, tag="leave"):
    """
    Hear a room no longer.
    """

    room: str


class Say(Command, frozen=True, tag="say"):
    """
    Write a message into a room; `@` and a person's id is the private room with that person. With `files`,
    which are ids of uploads, the text may be empty.
    """

    room: str
    text: str
    cid: Cid | None = None
    reply_to: Annotated[int, Meta(ge=1, lt=2**53)] | None = None
    files: Annotated[tuple[str, ...], Meta(max_length=MAX_FILES)] = ()


class History(Command, frozen=True, tag="history"):
    """
    Read a page of a room's log: before or after an offset, or the newest; `brief` is as in `Join`.
    """

    room: str
    before: Offset | None = None
    after: Offset | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    brief: bool = False


class Who(Command, frozen=True, tag="who"):
    """
    Ask who is in a room.
    """

    room: str


class Rooms(Command, frozen=True, tag="rooms"):
    """
    List rooms, by folded name from the one after `after`.
    """

    after: str | None = None


class Typing(Command, frozen=True, tag="typing"):
    """
    Tell the others of a room that one is writing.
    """

    room: str


class Read(Command, frozen=True, tag="read"):
    """
    Move one's read marker in a room up to an offset.
    """

    room: str
    offset: Offset


class Post(Struct, frozen=True):
    """
    What a client of the tutorial's wire sends: a message for the lobby under whatever name.
    """

    email: str
    username: str
    message: str


Talking = Hello | Join | Leave | Say | History | Who | Rooms | Typing | Read


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """
    Something a client is told. `ref` is that of the command which this answers, if it had one.
    """

    ref: str | UnsetType = UNSET


class Face(Struct, frozen=True):
    """
    A person on the wire.
    """

    id: str
    name: str
    avatar: str

    @classmethod
    def of(cls, card: Card) -> Face:
        """
        The wire's form of a card.
        """
        return cls(card.id, card.name, card.avatar)


class Self(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """
    What a client is told of itself; a watcher has nothing but its role.
    """

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    avatar: str | UnsetType = UNSET
    role: Role


class Limits(Struct, frozen=True):
    """
    What the server allows: characters of a text, bytes of a frame, messages a second and at once (0: no
    limit), bytes of an upload (0: none).
    """

    text: int
    frame: int
    message_rate: float
    message_burst: int
    upload: int


class ServerCan(Struct, frozen=True):
    """
    What the server lets people do: who may sign up (`open`, `invite`, `off`), what guests may do (`on`,
    `read`, `off`), whether nobody new is let in, and whether it has an owner.
    """

    sign_up: str
    guests: str
    locked: bool
    claimed: bool


class WelcomeRoom(Struct, frozen=True, omit_defaults=True):
    """
    A room of one's own in `welcome`, with its head and one's read marker. A closed one has a title. For the
    rest see `chatd.core.records.Counts`.
    """

    room: str
    topic: str
    head: int
    read: int
    with_: Face | UnsetType = field(default=UNSET, name="with")
    title: str = ""
    unread: int = 0
    mentions: int = 0
    notice: str = ""


class Welcome(Answer, frozen=True, kw_only=True, tag="welcome"):
    """
    The answer to `hello`. `token` is there only for a person who was made by it.
    """

    server: str
    epoch: str
    token: str | UnsetType = UNSET
    me: Self
    rooms: tuple[WelcomeRoom, ...]
    limits: Limits
    now: str
    server_can: ServerCan
    ignored: tuple[Face, ...] = ()


class Staff(Struct, frozen=True):
    """
    Somebody who looks after a room, and as what.
    """

    who: Face
    role: str


class Joined(Answer, frozen=True, tag="joined"):
    """
    The answer to `join`: where the log stands, and who is here.
    """

    room: str
    topic: str
    epoch: str
    head: int
    read: int
    recovered: bool
    count: int
    members: tuple[Face, ...]
    with_: Face | UnsetType = field(default=UNSET, name="with")
    title: str = ""
    role: str = ""
    staff: tuple[Staff, ...] = ()
    slow: int = 0
    locked: bool = False
    archived: bool = False
    guests: str = "on"
    muted: bool = False
    unread: int = 0
    mentions: int = 0
    notice: str = ""
    pins: tuple[int, ...] = ()
    mine: tuple[Given, ...] = ()


class Live(Answer, frozen=True, tag="live"):
    """
    All up to the head that `joined` named has been sent; what follows is new.
    """

    room: str
    offset: int


class Done(Answer, frozen=True, tag="done"):
    """
    A command was carried out; after a `say` it says where the durable message stands.
    """

    room: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    id: str | UnsetType = UNSET


class Page(Answer, frozen=True, tag="page"):
    """
    A piece of a log, ascending and dense. `more`: kept events lie further that way.
    """

    room: str
    events: tuple[Event, ...]
    more: bool
    # Not a field of the wire: what each of the events carries of a private room's other person.
    with_: Face | UnsetType = field(default=UNSET, name="with")
    mine: tuple[Given, ...] = ()
    next: int | None = None


class Members(Answer, frozen=True, tag="members"):
    """
    Who is in a room: at most 200 of `count`. Unasked, it takes the place of notices that were not sent.
    """

    room: str
    count: int
    members: tuple[Face, ...]


class ListedRoom(Struct, frozen=True, omit_defaults=True):
    """
    A room in the answer to `rooms`; `count` is the number of people in it.
    """

    room: str
    topic: str
    head: int
    count: int
    with_: Face | UnsetType = field(default=UNSET, name="with")
    title: str = ""
    archived: bool = False


class RoomList(Answer, frozen=True, tag="rooms"):
    """
    The answer to `rooms`.
    """

    rooms: tuple[ListedRoom, ...]
    more: bool


class Refusal(Answer, frozen=True, tag="refused"):
    """
    A command was not carried out. `retry_after` is in seconds.
    """

    code: Code
    message: str
    retry_after: float | UnsetType = UNSET


class Present(Answer, frozen=True, tag="present"):
    """
    Somebody has come into a room, or has another name now.
    """

    room: str
    who: Face


class Absent(Answer, frozen=True, tag="absent"):
    """
    Somebody has gone from a room.
    """

    room: str
    who: Face
    reason: Literal["left", "gone", "kicked"]


class TypingNow(Answer, frozen=True, tag="typing"):
    """
    Somebody is writing; forget it after six seconds.
    """

    room: str
    who: Face


class ReadUpTo(Answer, frozen=True, tag="read"):
    """
    One's own read marker was moved on another connection; what is behind it was then this much.
    """

    room: str
    offset: int
    unread: int = 0
    mentions: int = 0


class Me(Answer, frozen=True, tag="me"):
    """
    One is known by another name now, by one's own doing on another connection.
    """

    me: Self


class Count(Answer, frozen=True, tag="count"):
    """
    How many are in a room that is too full for notices of each.
    """

    room: str
    count: int
