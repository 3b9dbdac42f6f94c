"""
Doing something to people and rooms: each is an event that says who, to whom and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from chatd.core.commands import Command, Done
from chatd.core.events import Author, Card, Change, DeedDraft, Detail, Wipe
from chatd.core.names import (
    AUDIT,
    REPORTS,
    PersonId,
    RoomKey,
    closed_key,
    is_closed,
    is_private,
)
from chatd.core.orders import (
    Ban,
    GiveRole,
    Invite,
    Kick,
    Made,
    Make,
    Mute,
    Quit,
    Report,
    Set,
    Unban,
    Unmute,
)
from chatd.core.orders import (
    Wipe as WipeCommand,
)
from chatd.core.records import Appended
from chatd.core.refusals import Code, Refused
from chatd.core.rights import FOR_EVER, SERVER, Rank, address_subject
from chatd.core.text import MAX_REASON, MAX_TITLE, MAX_TOPIC, clean_line

if TYPE_CHECKING:
    from chatd.core.room import Room
    from chatd.core.session import Session

ROOM_TITLES = {AUDIT: "Audit log", REPORTS: "Reports"}
REPORTED_TEXT = 1000


async def make(session: Session, command: Make, now: float) -> None:
    """
    Make a closed room that one owns, with some people in it.
    """
    hub, person = session.hub, session.the_person()
    title = _line(command.title, MAX_TITLE, "title")
    wait = hub.new_rooms.take(session.address, now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too many new rooms came from your address.", retry_after=wait)
    guests = [await hub.somebody(who) for who in dict.fromkeys(command.people) if who != person.card.id]
    key = closed_key(hub.random(10))
    own = person.card.id
    made = (Change(key, own, "member", 1), Change(key, own, "role", "owner"))
    drafts = [_draft(session, key, title, "made", Detail(title=title), made)]
    for card in guests:
        detail = Detail(who=card, title=title)
        drafts.append(_draft(session, key, title, "invited", detail, (Change(key, card.id, "member", 1),)))
    await _store(session, drafts)
    session.answer(command, Made(key))


async def change_room(session: Session, command: Set, now: float) -> None:
    """
    Change what a room is like, or whether the server lets newcomers in.
    """
    scope = _scope(session, command)
    values = {
        "topic": None if command.topic is None else _line(command.topic, MAX_TOPIC, "topic", empty=True),
        "title": None if command.title is None else _line(command.title, MAX_TITLE, "title"),
        **{name: getattr(command, name) for name in ("slow", "locked", "archived", "guests")},
    }
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise Refused(Code.BAD_REQUEST, "Say what is to be different.")
    if scope == SERVER and set(given) != {"locked"}:
        raise Refused(Code.BAD_REQUEST, "Of the server only `locked` can be set.")
    if "title" in given and not is_closed(RoomKey(scope)):
        raise Refused(Code.BAD_REQUEST, "Only a private room has a title.")
    facts = {
        "slow": (command.slow or None) if command.slow is not None else None,
        "locked": 1 if command.locked else None,
        "archived": 1 if command.archived else None,
        "guests": 1 if command.guests is False else None,
    }
    changes = tuple(Change(scope, "", name, facts[name]) for name in facts if name in given)
    detail = Detail(reason=_reason(command.reason), **given)
    await _do(session, command, scope, "set", detail, changes, now)


async def give_role(session: Session, command: GiveRole, now: float) -> None:
    """
    Say what somebody is in a room, or on the server.
    """
    hub, scope = session.hub, _scope(session, command)
    card = await hub.somebody(command.who)
    rights = hub.rights
    if not rights.account(card.id) or rights.account(card.id) == "bot":
        raise Refused(Code.FORBIDDEN, "Only somebody who has an account can look after something.")
    if is_closed(RoomKey(scope)) and rights.rank(scope, card.id) == Rank.OUTSIDER:
        raise Refused(Code.NO_SUCH_PERSON, "They are no member of that room.")
    if command.role != "owner" and rights.lone_owner(scope, card.id):
        raise Refused(Code.FORBIDDEN, "Then nobody would own it: make somebody else an owner first.")
    value = None if command.role == "member" else command.role
    detail = Detail(who=card, role=command.role, reason=_reason(command.reason))
    await _do(session, command, scope, "role", detail, (Change(scope, card.id, "role", value),), now)


async def invite(session: Session, command: Invite, now: float) -> None:
    """
    Make somebody a member of a closed room, or let a bot into a public one.
    """
    hub, key = session.hub, session.key_of(command.room)
    cursor = session.cursor_in(key)
    card = await hub.somebody(command.who)
    bot = hub.rights.account(card.id) == "bot"
    if not is_closed(key) and not bot:
        raise Refused(Code.BAD_REQUEST, "That room is open to everybody.")
    if bot and hub.rights.rank(SERVER, session.viewer) < Rank.SERVER_OWNER:
        raise Refused(Code.FORBIDDEN, "Where a bot may be is for an owner of the server to say.")
    if hub.rights.refuses_guests(key) and not hub.rights.account(card.id):
        raise Refused(Code.FORBIDDEN, "That room is only for those who have an account.")
    detail = Detail(who=card, title=cursor.room.title or None)
    await _do(session, command, key, "invited", detail, (Change(key, card.id, "member", 1),), now)


async def kick(session: Session, command: Kick, now: float) -> None:
    """
    Send somebody out of a room.
    """
    key = session.key_of(command.room)
    card = await session.hub.somebody(command.who)
    detail = Detail(who=card, reason=_reason(command.reason))
    await _do(session, command, key, "kicked", detail, _no_member(key, card.id), now)


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
    await _do(session, command, key, "quit", Detail(), _no_member(key, own), now)


async def ban(session: Session, command: Ban, now: float) -> None:
    """
    Keep somebody out of a room or of the server, and whoever comes from where they are.
    """
    scope = _scope(session, command)
    card = await session.hub.somebody(command.who)
    until_ms, changes = _hold(session, scope, "banned", command, card)
    if scope != SERVER:
        changes = (*changes, *_no_member(RoomKey(scope), card.id))
    detail = Detail(who=card, until_ms=until_ms or None, reason=_reason(command.reason))
    await _do(session, command, scope, "banned", detail, changes, now)


async def mute(session: Session, command: Mute, now: float) -> None:
    """
    Let somebody say nothing in a room, or anywhere.
    """
    scope = _scope(session, command)
    card = await session.hub.somebody(command.who)
    until_ms, changes = _hold(session, scope, "muted", command, card)
    detail = Detail(who=card, until_ms=until_ms or None, reason=_reason(command.reason))
    await _do(session, command, scope, "muted", detail, changes, now)


async def unban(session: Session, command: Unban, now: float) -> None:
    """
    Let somebody in again.
    """
    await _let_go(session, command, "banned", "unbanned", now)


async def unmute(session: Session, command: Unmute, now: float) -> None:
    """
    Let somebody speak again.
    """
    await _let_go(session, command, "muted", "unmuted", now)


async def wipe(session: Session, command: WipeCommand, now: float) -> None:
    """
    Take the text of what somebody said a while ago or later.
    """
    hub, scope = session.hub, _scope(session, command)
    card = await hub.somebody(command.who)
    since_ms = hub.wall_ms() - command.seconds * 1000
    detail = Detail(who=card, since_ms=since_ms, reason=_reason(command.reason))
    what = Wipe(card.id, since_ms, everywhere=scope == SERVER)
    await _do(session, command, scope, "wiped", detail, (), now, wipe=what)


async def report(session: Session, command: Report, now: float) -> None:
    """
    Show a message to the server's moderators.
    """
    hub, key = session.hub, session.key_of(command.room)
    cursor = session.cursors.rooms.get(key)
    if cursor is None:
        raise Refused(Code.NOT_MEMBER, "Join the room first.")
    page = await hub.store.page(key, before=command.offset + 1, after=None, limit=1, max_bytes=1)
    found = [each for each in page.events if each.offset == command.offset]
    text = getattr(found[0], "text", "") if found else ""
    if not text:
        raise Refused(Code.NO_SUCH_MESSAGE, f"There is no message {command.offset} in this room.")
    detail = Detail(
        who=Card(found[0].author.id, found[0].author.name),
        room=cursor.view.room,
        about=command.offset,
        text=text[:REPORTED_TEXT],
        reason=_reason(command.reason),
    )
    _take_token(session, now)
    await _store(session, [_draft(session, REPORTS, ROOM_TITLES[REPORTS], "reported", detail)])
    session.answer(command, Done())


async def own(session: Session, room: Room) -> None:
    """
    Have whoever has just made a public room own it, if they have an account.
    """
    hub, person = session.hub, session.person
    if room.key in ROOM_TITLES or person is None or hub.rights.account(person.card.id) != "member":
        return
    change = Change(room.key, person.card.id, "role", "owner")
    await _store(session, [_draft(session, room.key, room.name, "made", Detail(), (change,))])


# What they have in common


def _line(text: str, longest: int, what: str, *, empty: bool = False) -> str:
    line = clean_line(text, longest, what)
    if not (line or empty):
        raise Refused(Code.BAD_REQUEST, f"The {what} is empty.")
    return line


def _reason(text: str) -> str:
    return clean_line(text, MAX_REASON, "reason")


def _scope(session: Session, command: Set | GiveRole | Ban | Unban | Mute | Unmute | WipeCommand) -> str:
    if command.room is None:
        return SERVER
    key = session.key_of(command.room)
    if is_private(key):
        raise Refused(Code.BAD_REQUEST, "A conversation of two people has nobody who looks after it.")
    return key


def _no_member(key: RoomKey, person: PersonId) -> tuple[Change, ...]:
    if not is_closed(key):
        return ()
    return Change(key, person, "member", None), Change(key, person, "role", None)


def _hold(
    session: Session, scope: str, what: str, command: Ban | Mute, card: Card
) -> tuple[int, tuple[Change, ...]]:
    """Until when, and what is different then: of the person, and of where they are."""
    hub = session.hub
    until_ms = FOR_EVER if command.seconds is None else hub.wall_ms() + command.seconds * 1000
    addresses = {each.address for each in hub.sessions_of(card.id) if each.address is not None}
    subjects = [card.id, *(address_subject(address) for address in sorted(addresses))]
    why = _reason(command.reason)
    by = session.the_person().card.name
    return until_ms, tuple(
        Change(scope, subject, name, value)
        for subject in subjects
        for name, value in (
            (what, until_ms),
            (f"{what}_by", by),
            (f"{what}_why", why or None),
            (f"{what}_for", None if subject == card.id else card.id),
        )
    )


async def _let_go(session: Session, command: Unban | Unmute, what: str, kind: str, now: float) -> None:
    hub, scope = session.hub, _scope(session, command)
    who = PersonId(command.who)
    subjects = [
        subject
        for subject, facts in hub.rights.subjects(scope)
        if what in facts and (subject == who or facts.get(f"{what}_for") == who)
    ]
    if not subjects:
        raise Refused(Code.NO_SUCH_PERSON, "Nobody with that id is kept from it.")
    card = await hub.card(who) or Card(who, "guest")
    changes = tuple(
        Change(scope, subject, f"{what}{more}", None)
        for subject in subjects
        for more in ("", "_by", "_why", "_for")
    )
    detail = Detail(who=card, reason=_reason(command.reason))
    await _do(session, command, scope, kind, detail, changes, now)


def _take_token(session: Session, now: float) -> None:
    wait = session.messages.take(now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too much at once.", retry_after=wait)


def _draft(
    session: Session,
    key: RoomKey,
    room_name: str,
    kind: str,
    detail: Detail,
    changes: tuple[Change, ...] = (),
    wipe: Wipe | None = None,
) -> DeedDraft:
    card = session.the_person().card
    return DeedDraft(
        room=key,
        room_name=room_name,
        author=Author(card.id, card.name),
        kind=kind,
        detail=detail,
        changes=changes,
        wipe=wipe,
    )


async def _do(
    session: Session,
    command: Command,
    scope: str,
    kind: str,
    detail: Detail,
    changes: tuple[Change, ...],
    now: float,
    wipe: Wipe | None = None,
) -> None:
    """Store a deed, and answer once whoever did it has heard of it."""
    if scope == SERVER:
        key, name = AUDIT, ROOM_TITLES[AUDIT]
    else:
        key = RoomKey(scope)
        room = session.cursor_in(key).room
        name = room.title if is_closed(key) else room.name
    _take_token(session, now)
    draft = _draft(session, key, name, kind, detail, changes, wipe)
    drafts = [draft]
    if key != AUDIT and not is_closed(key):
        # What was done in a closed room is its members' own affair.
        told = replace(detail, room=name)
        drafts.append(
            replace(draft, room=AUDIT, room_name=ROOM_TITLES[AUDIT], detail=told, changes=(), wipe=None)
        )
    if wipe is not None and wipe.everywhere:
        drafts += _told_in_rooms(session, draft)
    appended = await _store(session, drafts)
    done = Done(
        room=UNSET if scope == SERVER else key if is_closed(key) else name,
        offset=appended.offset,
        id=appended.id,
    )
    session.answer_after(command, done, key, appended.offset)


def _told_in_rooms(session: Session, draft: DeedDraft) -> list[DeedDraft]:
    """
    What is wiped everywhere is said in each room where somebody may have it before their eyes.
    """
    return [
        replace(draft, room=room.key, room_name=room.title or room.name, wipe=None)
        for room in session.hub.rooms.values()
        if room.listeners and room.head and not is_private(room.key) and room.key not in ROOM_TITLES
    ]


async def _store(session: Session, drafts: Sequence[DeedDraft]) -> Appended:
    hub = session.hub
    # In memory when it is published, even if all have left by then.
    room = hub.hold(drafts[0].room)
    hub.deeds_under_way += 1
    try:
        return await hub.store.act(tuple(drafts))
    finally:
        hub.deeds_under_way -= 1
        hub.release(room)
