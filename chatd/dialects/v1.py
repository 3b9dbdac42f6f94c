"""
`chatd.v1`: JSON objects with a `type`, whose shapes are the structs of core/commands.py.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field
from msgspec.structs import replace

from chatd.core.amendments import PinsTold
from chatd.core.commands import Answer, Command, Face, Page
from chatd.core.events import Author, Deed, Event, Given, Message, iso_time
from chatd.core.files import Attachment
from chatd.core.orders import V1Command
from chatd.core.ports import View
from chatd.core.queries import Found
from chatd.core.refusals import CloseCode, Code, Refused

MAX_REF_BYTES = 64


class _From(Struct, frozen=True, omit_defaults=True):
    id: str
    name: str
    avatar: str
    via: str = ""


class _Quote(Struct, frozen=True, omit_defaults=True):
    from_: _From = field(name="from")
    text: str
    deleted: bool = False
    files: int = 0


class _Named(Struct, frozen=True):
    id: str
    name: str


class _Reaction(Struct, frozen=True):
    emoji: str
    count: int
    people: tuple[_Named, ...]


class _Message(Struct, frozen=True, omit_defaults=True, tag="message", tag_field="type"):
    room: str
    offset: int
    id: str
    at: str
    from_: _From = field(name="from")
    text: str
    cid: str | None = None
    reply_to: int | None = None
    deleted: bool = False
    files: tuple[Attachment, ...] = ()
    with_: Face | UnsetType = field(default=UNSET, name="with")
    edited: str | UnsetType = UNSET
    changed: int = 0
    quote: _Quote | UnsetType = UNSET
    reactions: tuple[_Reaction, ...] = ()
    pinned: bool = False
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False


class _Page(Struct, frozen=True, omit_defaults=True, tag="page", tag_field="type"):
    room: str
    events: tuple[Raw, ...]
    more: bool
    mine: tuple[Given, ...] = ()
    next: int | None = None
    ref: str | UnsetType = UNSET


class _Pins(Struct, frozen=True, omit_defaults=True, tag="pins", tag_field="type"):
    room: str
    events: tuple[Raw, ...]
    more: bool = False
    ref: str | UnsetType = UNSET


class _Hit(Struct, frozen=True):
    message: Raw
    marks: tuple[tuple[int, int], ...]


class _Found(Struct, frozen=True, omit_defaults=True, tag="found", tag_field="type"):
    hits: tuple[_Hit, ...]
    more: bool
    next: str | UnsetType = UNSET
    why: str | UnsetType = UNSET
    ref: str | UnsetType = UNSET


class _OnlyRef(Struct, frozen=True):
    ref: str | None = None


class V1Dialect:
    """
    Everything that chatd can do, over text frames.
    """

    subprotocol: str | None = "chatd.v1"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(V1Command)
        self._ref_decoder = msgspec.json.Decoder(_OnlyRef)
        self._encoder = msgspec.json.Encoder()

    def decode(self, payload: bytes) -> Command:
        """
        The command in a message. Raises `Refused` with `bad_request` and, where it can be read, the `ref`.
        """
        try:
            command: Command = self._decoder.decode(payload)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise Refused(Code.BAD_REQUEST, _reason(error), ref=self._ref_of(payload)) from None
        if command.ref is not None and len(command.ref.encode()) > MAX_REF_BYTES:
            raise Refused(Code.BAD_REQUEST, f"`ref` is longer than {MAX_REF_BYTES} bytes.")
        return command

    def _ref_of(self, payload: bytes) -> str | None:
        try:
            ref = self._ref_decoder.decode(payload).ref
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        return ref if ref is not None and len(ref.encode()) <= MAX_REF_BYTES else None

    def encode(self, answer: Answer) -> bytes | None:
        """
        Any answer, as a JSON object.
        """
        if isinstance(answer, Page):
            view = View(answer.room, answer.with_ or None)
            events = tuple(Raw(self.encode_event(event, view)) for event in answer.events)
            return self._encoder.encode(
                _Page(answer.room, events, answer.more, answer.mine, answer.next, answer.ref)
            )
        if isinstance(answer, PinsTold):
            view = View(answer.room, answer.with_ or None)
            events = tuple(Raw(self.encode_event(event, view)) for event in answer.events)
            return self._encoder.encode(_Pins(answer.room, events, answer.more, answer.ref))
        if isinstance(answer, Found):
            hits = tuple(
                _Hit(Raw(self.encode_event(hit.message, hit.view)), hit.marks) for hit in answer.hits
            )
            return self._encoder.encode(_Found(hits, answer.more, answer.next, answer.why, answer.ref))
        return self._encoder.encode(answer)

    def encode_event(self, event: Event, view: View) -> bytes:
        """
        A message, or something that was done, under the name that its room has on the reader's side.
        """
        author = event.author
        if isinstance(event, Deed):
            return self._encoder.encode(_deed(event, view))
        wire = _Message(
            room=view.room,
            offset=event.offset,
            id=event.id,
            at=iso_time(event.at_ms),
            from_=_from(author),
            text=event.text,
            cid=event.cid,
            reply_to=event.reply_to,
            files=event.files,
            with_=view.peer or UNSET,
        )
        if event.changed or event.mentions or event.mentions_all or event.quote is not None:
            wire = replace(wire, **_form(event))
        if event.deleted:
            wire = replace(wire, text="", cid=None, deleted=True, files=())
        return self._encoder.encode(wire)

    def verdict(self, refused: Refused) -> CloseCode | None:
        """
        None: a refusal is told, and the connection goes on.
        """
        return None


def _from(author: Author) -> _From:
    return _From(author.id, author.name, author.avatar, author.via)


def _form(message: Message) -> dict[str, Any]:
    quote = message.quote
    return {
        "edited": iso_time(message.edited_ms) if message.edited_ms else UNSET,
        "changed": message.changed,
        "quote": UNSET
        if quote is None
        else _Quote(_from(quote.author), quote.text, quote.deleted, quote.files),
        "reactions": tuple(
            _Reaction(each.emoji, each.count, tuple(_Named(who.id, who.name) for who in each.people))
            for each in message.reactions
        ),
        "pinned": message.pinned,
        "mentions": message.mentions,
        "mentions_all": message.mentions_all,
    }


def _deed(deed: Deed, view: View) -> dict[str, Any]:
    detail, author = deed.detail, deed.author
    said = {
        "type": deed.kind,
        "room": view.room,
        "offset": deed.offset,
        "id": deed.id,
        "at": iso_time(deed.at_ms),
        "from": _from(author),
        "who": None if detail.who is None else Face.of(detail.who),
        "role": detail.role,
        "until": None if detail.until_ms is None else iso_time(detail.until_ms),
        "since": None if detail.since_ms is None else iso_time(detail.since_ms),
        "in": detail.room,
        "about": detail.about,
        "text": detail.text,
        "emoji": detail.emoji,
        "on": detail.on,
        "with": view.peer,
        "mentions": detail.mentions or None,
        "mentions_all": detail.mentions_all or None,
        "reason": detail.reason or None,
        **{
            name: getattr(detail, name) for name in ("topic", "title", "slow", "locked", "archived", "guests")
        },
    }
    return {name: value for name, value in said.items() if value is not None}


def _reason(error: Exception) -> str:
    # What msgspec says names the place (`$.offset`); it can quote a long `type` that nobody knows.
    if isinstance(error, msgspec.ValidationError):
        return f"{str(error)[:200]}."
    return "Not one JSON object."
