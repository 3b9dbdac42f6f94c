"""
Which commands need what: the table of rights, and the one place where it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatd.core.amendments import Delete, Edit, Notice, Pin, Pins, React
from chatd.core.commands import Hello, History, Join, Leave, Post, Read, Rooms, Say, Typing, Who
from chatd.core.names import LOBBY, PersonId, RoomKey, is_private, private_pair
from chatd.core.orders import (
    Ban,
    GiveRole,
    Ignore,
    Invite,
    Kick,
    Links,
    Make,
    MakeBot,
    MakeLink,
    Mute,
    Quit,
    Report,
    Revoke,
    Roster,
    Sessions,
    Set,
    Unban,
    Unlink,
    Unmute,
    Wipe,
)
from chatd.core.queries import Search
from chatd.core.refusals import Code, Refused
from chatd.core.rights import SERVER, STAFF_ROOMS, Rank, Rights
from chatd.core.visitor import key_of, the_viewer

if TYPE_CHECKING:
    from chatd.core.session import Session
    from chatd.core.visitor import Asker


@dataclass(slots=True, frozen=True)
class Rule:
    """
    What a command needs: how much one may do in its room (`least`) or, where it names none, on the server
    (`on_server`). `over`: more than the person whom it is done to. `speaks`: it is seen by others, so that
    whoever is muted may not, and nobody may where nothing is to be said. `told`: others hear of it, so that
    nobody may who is muted everywhere.
    """

    least: Rank
    on_server: Rank = Rank.WATCHER
    over: bool = False
    speaks: bool = False
    told: bool = False


def _set_rule(command: Set) -> Rule:
    owners = command.title is not None or command.archived is not None or command.guests is not None
    return Rule(Rank.OWNER if owners else Rank.MODERATOR, Rank.SERVER_MODERATOR, told=True)


_LISTEN = Rule(Rank.WATCHER)
_MODERATE = Rule(Rank.MODERATOR, Rank.SERVER_MODERATOR, over=True, told=True)

RULES: dict[type, Rule] = {
    Hello: _LISTEN,
    Rooms: _LISTEN,
    Join: _LISTEN,
    Leave: _LISTEN,
    History: _LISTEN,
    Who: _LISTEN,
    Search: _LISTEN,
    Say: Rule(Rank.PERSON, speaks=True),
    Typing: Rule(Rank.PERSON, speaks=True),
    Post: Rule(Rank.WATCHER, speaks=True),
    Read: Rule(Rank.PERSON),
    Edit: Rule(Rank.PERSON, speaks=True),
    Delete: Rule(Rank.PERSON),
    React: Rule(Rank.PERSON, speaks=True),
    Pin: Rule(Rank.MODERATOR, speaks=True),
    Pins: _LISTEN,
    Notice: Rule(Rank.PERSON),
    Report: Rule(Rank.PERSON),
    Roster: Rule(Rank.PERSON, Rank.SERVER_MODERATOR),
    Quit: Rule(Rank.PERSON),
    Make: Rule(Rank.ACCOUNT, Rank.ACCOUNT, told=True),
    Set: Rule(Rank.MODERATOR, Rank.SERVER_MODERATOR),
    Invite: Rule(Rank.MODERATOR, Rank.SERVER_MODERATOR, told=True),
    Kick: _MODERATE,
    Ban: _MODERATE,
    Unban: _MODERATE,
    Mute: _MODERATE,
    Unmute: _MODERATE,
    Wipe: _MODERATE,
    Sessions: Rule(Rank.PERSON, Rank.PERSON),
    Revoke: Rule(Rank.PERSON, Rank.PERSON),
    Ignore: Rule(Rank.PERSON, Rank.PERSON),
    MakeLink: Rule(Rank.SERVER_MODERATOR, Rank.SERVER_MODERATOR),
    Links: Rule(Rank.SERVER_MODERATOR, Rank.SERVER_MODERATOR),
    Unlink: Rule(Rank.SERVER_MODERATOR, Rank.SERVER_MODERATOR),
    MakeBot: Rule(Rank.SERVER_OWNER, Rank.SERVER_OWNER),
    GiveRole: Rule(Rank.OWNER, Rank.SERVER_OWNER, over=True, told=True),
}
"""Every command. A watcher does what needs no more than `Rank.WATCHER`."""

OWNERS = (Rank.OWNER, Rank.SERVER_OWNER)


def check(session: Session, command: Any) -> None:
    """
    Raise `Refused` unless the client may do that, where it wants to do it.
    """
    kind = type(command)
    rule = _set_rule(command) if kind is Set else RULES[kind]
    room = getattr(command, "room", None)
    if rule.told:
        check_muted(session, SERVER)
    if kind is Post:
        key = LOBBY
    elif room is None:
        _check_rank(session, SERVER, rule.on_server, rule, command)
        return
    else:
        key = session.key_of(room)
    if key in STAFF_ROOMS and rule.told:
        raise Refused(Code.FORBIDDEN, "That room is the server's own.")
    _check_place(session, key)
    if rule.speaks:
        _check_speech(session, key)
    _check_rank(session, key, rule.least, rule, command)


def check_upload(asker: Asker, room: str) -> RoomKey:
    """
    Which room somebody means who wants to bring a file into it. Raises `Refused` unless they may speak there.
    """
    key = key_of(asker, room)
    _check_place(asker, key)
    _check_speech(asker, key)
    the_viewer(asker)
    return key


def may_fetch(asker: Asker, key: RoomKey) -> bool:
    """
    Whether somebody may have a file that was sent in a room: whoever may hear that.
    """
    if is_private(key):
        return asker.viewer in private_pair(key)
    try:
        _check_place(asker, key)
    except Refused:
        return False
    return True


def _check_place(session: Asker, key: RoomKey) -> None:
    """Whether the client may be in the room at all."""
    rights = session.hub.rights
    if is_private(key):
        return
    if not rights.may_hear(key, session.viewer):
        if session.viewer is not None and rights.account(session.viewer) == "bot":
            raise Refused(Code.FORBIDDEN, "This bot may not be in that room.")
        raise Refused(Code.FORBIDDEN, "That room is only for those who have an account.")
    if rights.banned(key, session.author, session.address, session.hub.wall_ms()):
        raise Refused(Code.BANNED, "You are banned from that room.")


def _check_speech(session: Asker, key: RoomKey) -> None:
    """Whether the client may say anything there."""
    hub, author = session.hub, session.author
    rights = hub.rights
    if key in STAFF_ROOMS:
        raise Refused(Code.FORBIDDEN, "Nothing can be said in there.")
    if rights.archived(key):
        raise Refused(Code.ARCHIVED, "That room is archived.")
    if hub.settings.guests != "on" and (author is None or not rights.account(author)):
        raise Refused(Code.FORBIDDEN, "Guests only read here.")
    check_muted(session, key, SERVER)


def check_muted(session: Asker, *scopes: str) -> None:
    """
    Raise `Refused` with `muted` if somebody may not write in one of these.
    """
    rights, now_ms = session.hub.rights, session.hub.wall_ms()
    if any(rights.muted(scope, session.author, session.address, now_ms) for scope in scopes):
        raise Refused(Code.MUTED, "You may not write there at the moment.")


def _check_rank(session: Session, scope: str, least: Rank, rule: Rule, command: Any) -> None:
    if least <= Rank.WATCHER and not rule.over:
        return
    session.the_person()
    rights = session.hub.rights
    if type(command) is Pin and is_private(RoomKey(scope)):
        # It is of both of them.
        return
    # Of a private room both are no more than people.
    here = SERVER if is_private(RoomKey(scope)) else scope
    rank = rights.rank(here, session.viewer)
    if rank < least:
        needed = "has an account" if least == Rank.ACCOUNT else "looks after it"
        raise Refused(Code.FORBIDDEN, f"Only somebody who {needed} can do that.")
    if rule.over:
        check_over(rights, here, rank, PersonId(command.who))


def check_over(rights: Rights, scope: str, rank: Rank, whom: PersonId) -> None:
    """
    Raise `Refused` with `forbidden` unless somebody of that rank may act on a person.
    """
    theirs = rights.rank(scope, whom)
    if theirs > rank or (theirs == rank and rank not in OWNERS):
        raise Refused(Code.FORBIDDEN, "They may do as much as you.")
