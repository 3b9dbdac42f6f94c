"""
Making rooms, and being a member of one that only its members know of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.core.doing import ROOM_TITLES, clean, do, draft_of, no_member, store
from chatd.core.events import Card, Change, Detail
from chatd.core.names import (
    closed_key,
    is_closed,
    is_private,
)
from chatd.core.orders import (
    Invite,
    Made,
    Make,
    Quit,
)
from chatd.core.refusals import Code, Refused
from chatd.core.rights import SERVER, Rank
from chatd.core.text import MAX_TITLE

if TYPE_CHECKING:
    from chatd.core.room import Room
    from chatd.core.session import Session


async def make(session: Session, command: Make, now: float) -> None:
    """
    Make a closed room that one owns, with some people in it.
    """
    hub, person = session.hub, session.the_person()
    title = clean(command.title, MAX_TITLE, "title")
    wait = hub.new_rooms.take(session.address, now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too many new rooms came from your address.", retry_after=wait)
    guests = [await hub.somebody(who, now) for who in dict.fromkeys(command.people) if who != person.card.id]
    for card in guests:
        _check_bringing(session, card)
    key = closed_key(hub.random(10))
    own = person.card.id
    made = (Change(key, own, "member", 1), Change(key, own, "role", "owner"))
    drafts = [draft_of(session, key, title, "made", Detail(title=title), made)]
    for card in guests:
        detail = Detail(who=card, title=title)
        drafts.append(draft_of(session, key, title, "invited", detail, (Change(key, card.id, "member", 1),)))
    await store(session, drafts)
    session.answer(command, Made(key))


async def invite(session: Session, command: Invite, now: float) -> None:
    """
    Make somebody a member of a closed room, or let a bot into a public one.
    """
    hub, key = session.hub, session.key_of(command.room)
    if is_private(key):
        raise Refused(Code.BAD_REQUEST, "A conversation is of two people: make a room for more.")
    cursor = session.cursor_in(key)
    card = await hub.somebody(command.who, now)
    bot = hub.rights.account(card.id) == "bot"
    if not is_closed(key) and not bot:
        raise Refused(Code.BAD_REQUEST, "That room is open to everybody.")
    _check_bringing(session, card)
    if hub.rights.refuses_guests(key) and not hub.rights.account(card.id):
        raise Refused(Code.FORBIDDEN, "That room is only for those who have an account.")
    detail = Detail(who=card, title=cursor.room.title or None)
    await do(session, command, key, "invited", detail, (Change(key, card.id, "member", 1),), now)


def _check_bringing(session: Session, card: Card) -> None:
    """Whether the client may make somebody a member of a room. Raises `Refused`."""
    rights = session.hub.rights
    if rights.account(card.id) == "bot" and rights.rank(SERVER, session.viewer) < Rank.SERVER_OWNER:
        raise Refused(Code.FORBIDDEN, "Where a bot may be is for an owner of the server to say.")
    if card.id in session.hub.guises or session.hub.traces.guise(card.id):
        raise Refused(Code.FORBIDDEN, "Whoever uses the tutorial's wire is somebody new each time.")


async def leave_for_good(session: Session, command: Quit, now: float) -> None:
    """
    Be a member of a closed room no longer.
    """
    hub, key, own = session.hub, session.key_of(command.room), session.the_person().card.id
    if not is_closed(key) or key in ROOM_TITLES:
        raise Refused(Code.BAD_REQUEST, "Only a private room can be left for good.")
    others = any("member" in facts for subject, facts in hub.rights.subjects(key) if subject != own)
    if others and hub.rights.lone_owner(key, own):
        raise Refused(Code.FORBIDDEN, "Then nobody would own it: make somebody else an owner first.")
    await do(session, command, key, "quit", Detail(), no_member(key, own), now)


async def own(session: Session, room: Room) -> None:
    """
    Have whoever has just made a public room own it, if they have an account.
    """
    hub, person = session.hub, session.person
    if room.key in ROOM_TITLES or person is None or hub.rights.account(person.card.id) != "member":
        return
    change = Change(room.key, person.card.id, "role", "owner")
    await store(session, [draft_of(session, room.key, room.name, "made", Detail(), (change,))])
