"""
What can be asked about what was said, and what comes of it: the shapes, and their only source.

As those in core/commands.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from chatd.core.commands import Answer, Command, Face
from chatd.core.events import Message

Place = Annotated[int, Meta(ge=1, lt=2**53)]


class Edit(Command, frozen=True, tag="edit"):
    """
    Give a message of one's own another text, which may be empty if it has files.
    """

    room: str
    offset: Place
    text: str


class Delete(Command, frozen=True, tag="delete"):
    """
    Take the text of a message, of one's own or as a moderator; it keeps its place.
    """

    room: str
    offset: Place
    reason: str = ""


class React(Command, frozen=True, tag="react"):
    """
    Answer a message with an emoji, or take that back.
    """

    room: str
    offset: Place
    emoji: Annotated[str, Meta(max_length=32)]
    on: bool


class Pin(Command, frozen=True, tag="pin"):
    """
    Pin a message, or take it down again.
    """

    room: str
    offset: Place
    on: bool


class Pins(Command, frozen=True, tag="pins"):
    """
    Ask for the messages that are pinned in a room.
    """

    room: str


class Notice(Command, frozen=True, tag="notice"):
    """
    Say of what one wants to be told in a room: `all` that is said, only `mentions` of oneself, `nothing`, or
    "" for what one's client thinks best.
    """

    room: str
    level: Literal["all", "mentions", "nothing", ""]


Amending = Edit | Delete | React | Pin | Pins | Notice


class PinsTold(Answer, frozen=True, tag="pins"):
    """
    The answer to `pins`: the messages, the one that was pinned last first; `more` if not all fit.
    """

    room: str
    events: tuple[Message, ...]
    more: bool = False
    # As in `chatd.core.commands.Page`.
    with_: Face | UnsetType = field(default=UNSET, name="with")


class NoticeTold(Answer, frozen=True, tag="notice"):
    """
    Of what one wants to be told in a room, after that was said on another connection.
    """

    room: str
    level: str
