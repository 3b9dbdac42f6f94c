"""
What can be asked about people's and rooms' standing, and what comes of it: the shapes, and their only source.

As those in core/commands.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from chatd.core.amendments import Amending
from chatd.core.commands import Answer, Command, Face, Talking
from chatd.core.queries import Search

Seconds = Annotated[int, Meta(ge=1, le=10 * 365 * 24 * 3600)]


class Make(Command, frozen=True, tag="make"):
    """
    Make a closed room, with these people in it.
    """

    title: str
    people: Annotated[tuple[str, ...], Meta(max_length=100)] = ()


class Set(Command, frozen=True, tag="set"):
    """
    Change what a room is like; without a room, the server: that can only be `locked`.
    """

    room: str | None = None
    topic: str | None = None
    title: str | None = None
    slow: Annotated[int, Meta(ge=0, le=6 * 3600)] | None = None
    locked: bool | None = None
    archived: bool | None = None
    guests: bool | None = None
    reason: str = ""


class GiveRole(Command, frozen=True, tag="role"):
    """
    Make somebody an owner or a moderator of a room, or of the server, or no more than a member.
    """

    who: str
    role: Literal["owner", "moderator", "member"]
    room: str | None = None
    reason: str = ""


class Invite(Command, frozen=True, tag="invite"):
    """
    Make somebody a member of a closed room; a bot, or whoever is there already by right, of a public one.
    """

    room: str
    who: str


class Kick(Command, frozen=True, tag="kick"):
    """
    Send somebody out of a room; out of a closed one for good.
    """

    room: str
    who: str
    reason: str = ""


class Quit(Command, frozen=True, tag="quit"):
    """
    Be a member of a closed room no longer.
    """

    room: str


class Ban(Command, frozen=True, tag="ban"):
    """
    Keep somebody out of a room, or of the server, for so long or for ever.
    """

    who: str
    room: str | None = None
    seconds: Seconds | None = None
    reason: str = ""


class Unban(Command, frozen=True, tag="unban"):
    """
    Let somebody in again.
    """

    who: str
    room: str | None = None
    reason: str = ""


class Mute(Command, frozen=True, tag="mute"):
    """
    Let somebody say nothing in a room, or anywhere, for so long or for ever.
    """

    who: str
    room: str | None = None
    seconds: Seconds | None = None
    reason: str = ""


class Unmute(Command, frozen=True, tag="unmute"):
    """
    Let somebody speak again.
    """

    who: str
    room: str | None = None
    reason: str = ""


class Wipe(Command, frozen=True, tag="wipe"):
    """
    Take the text of all that somebody said in the last seconds, in a room or in every public one.
    """

    who: str
    seconds: Annotated[int, Meta(ge=1, le=7 * 24 * 3600)]
    room: str | None = None
    reason: str = ""


class Report(Command, frozen=True, tag="report"):
    """
    Show a message to the server's moderators.
    """

    room: str
    offset: Annotated[int, Meta(ge=1, lt=2**53)]
    reason: str = ""


class Roster(Command, frozen=True, tag="roster"):
    """
    Ask who belongs to a room, or has an account here, and who is kept out or silent; `after` is the `next` of
    the last answer.
    """

    room: str | None = None
    after: Annotated[str, Meta(max_length=200)] | None = None


class Sessions(Command, frozen=True, tag="sessions"):
    """
    Ask by which tokens one is known.
    """


class Revoke(Command, frozen=True, tag="revoke"):
    """
    End one of them, by its id, or all `others` than that of this connection.
    """

    session: Annotated[str, Meta(max_length=64)]


class Ignore(Command, frozen=True, tag="ignore"):
    """
    Note that one does not want to hear somebody, or does again.
    """

    who: str
    on: bool


class MakeLink(Command, frozen=True, tag="link"):
    """
    Make a link by which somebody can sign up.
    """

    uses: Annotated[int, Meta(ge=1, le=1000)] = 1
    seconds: Annotated[int, Meta(ge=60, le=90 * 24 * 3600)] = 7 * 24 * 3600


class Links(Command, frozen=True, tag="links"):
    """
    Ask which of these links there are.
    """


class Unlink(Command, frozen=True, tag="unlink"):
    """
    End such a link.
    """

    id: Annotated[str, Meta(max_length=64)]


class MakeBot(Command, frozen=True, tag="bot"):
    """
    Make an account for a program, which may be in these rooms and in no others.
    """

    name: str
    rooms: Annotated[tuple[str, ...], Meta(max_length=100)]


Moderating = Kick | Ban | Unban | Mute | Unmute | Wipe | Report
Ordering = Make | Set | GiveRole | Invite | Quit | Roster
Owning = Sessions | Revoke | Ignore | MakeLink | Links | Unlink | MakeBot
V1Command = Talking | Amending | Moderating | Ordering | Owning | Search


class Made(Answer, frozen=True, tag="made"):
    """
    The answer to `make`: what the room is called on the wire.
    """

    room: str


class Belonging(Struct, frozen=True):
    """
    Somebody who belongs to a room, or has an account: as what, and whether they are here.
    """

    who: Face
    role: str
    here: bool


class KeptOut(Struct, frozen=True, omit_defaults=True):
    """
    Somebody who is banned or muted: until when (for ever, if that is not said), why, and by whom.
    """

    who: Face
    until: str | UnsetType = UNSET
    reason: str = ""
    by: str = ""


class RosterTold(Answer, frozen=True, tag="roster"):
    """
    The answer to `roster`. Who is kept out or silent is told to the moderators alone. `next` if there are
    more.
    """

    people: tuple[Belonging, ...]
    room: str | UnsetType = UNSET
    banned: tuple[KeptOut, ...] | UnsetType = UNSET
    muted: tuple[KeptOut, ...] | UnsetType = UNSET
    next: str | UnsetType = UNSET


class Removed(Answer, frozen=True, tag="removed"):
    """
    One hears a room no longer, and not by one's own doing.
    """

    room: str
    reason: str


class Invited(Answer, frozen=True, tag="invited"):
    """
    One is a member of a closed room now.
    """

    room: str
    title: str
    by: Face


class SessionTold(Struct, frozen=True, omit_defaults=True):
    """
    One token: its id, what it is for, when it was made and last used, and whether this connection came by it.
    """

    id: str
    label: str
    made: str
    seen: str
    current: bool = False


class SessionsTold(Answer, frozen=True, tag="sessions"):
    """
    The answer to `sessions`.
    """

    sessions: tuple[SessionTold, ...]


class Ignored(Answer, frozen=True, tag="ignored"):
    """
    Whom one does not want to hear, after that was changed on another connection.
    """

    ignored: tuple[Face, ...]


class LinkMade(Answer, frozen=True, tag="link"):
    """
    The answer to `link`: where it leads, without the host, and until when it is good.
    """

    path: str
    until: str


class LinkTold(Struct, frozen=True):
    """
    A link that is still good, without its secret.
    """

    id: str
    by: Face
    left: int
    until: str


class LinksTold(Answer, frozen=True, tag="links"):
    """
    The answer to `links`.
    """

    links: tuple[LinkTold, ...]


class BotMade(Answer, frozen=True, tag="bot"):
    """
    The answer to `bot`: who it is, and the token with which it says hello.
    """

    who: Face
    token: str
