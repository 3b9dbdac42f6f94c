"""
What carries out each command.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from chatd.core import amending, attendance, deeds, finding, greeting, membership, profile, roster, talk
from chatd.core.amendments import Delete, Edit, Notice, Pin, Pins, React
from chatd.core.commands import Hello, History, Join, Leave, Post, Read, Rooms, Say, Typing, Who
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

if TYPE_CHECKING:
    from chatd.core.session import Session

Act = Callable[["Session", Any, float], Coroutine[Any, Any, None]]

ACTS: dict[type, Act] = {
    Hello: greeting.hello,
    Join: attendance.join,
    Leave: attendance.leave,
    Who: attendance.who,
    Rooms: attendance.rooms,
    History: talk.history,
    Say: talk.say,
    Post: talk.post,
    Typing: talk.typing,
    Read: talk.read,
    Edit: amending.edit,
    Delete: amending.delete,
    React: amending.react,
    Pin: amending.pin,
    Pins: amending.pins,
    Notice: amending.notice,
    Make: membership.make,
    Set: deeds.change_room,
    GiveRole: deeds.give_role,
    Invite: membership.invite,
    Kick: deeds.kick,
    Quit: membership.leave_for_good,
    Ban: deeds.ban,
    Unban: deeds.unban,
    Mute: deeds.mute,
    Unmute: deeds.unmute,
    Wipe: deeds.wipe,
    Report: deeds.report,
    Roster: roster.roster,
    Sessions: profile.sessions,
    Revoke: profile.revoke,
    Ignore: profile.ignore,
    MakeLink: profile.make_link,
    Links: profile.links,
    Unlink: profile.unlink,
    MakeBot: profile.make_bot,
    Search: finding.search,
}
"""What carries out each command: it answers it once, or raises `Refused`."""

ALONE = frozenset(ACTS) - {Leave, Say, Post, Typing, Read, Search}
"""
The commands that are answered before the next one is looked at. `Search` changes nothing, and may take long.
"""

LARGE = frozenset({Join, History, Who, Rooms, Roster, Pins})
"""
The commands whose answers can be large, so that only a few are carried out at a time. `Search` looks first,
and has but its answer wait.
"""
