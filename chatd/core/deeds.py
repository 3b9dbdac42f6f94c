"""
Doing something to people and rooms: each is an event that says who, to whom and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.core.amending import message_at
from chatd.core.commands import Done
from chatd.core.doing import ROOM_TITLES, clean, do, draft_of, no_member, reason_of, store, take_token
from chatd.core.events import Card, Change, Detail, Wipe
from chatd.core.names import (
    REPORTS,
    PersonId,
    RoomKey,
    is_closed,
    is_person_id,
    is_private,
)
from chatd.core.orders import (
    Ban,
    GiveRole,
    Kick,
    Mute,
    Report,
    Set,
    Unban,
    Unmute,
)
from chatd.core.orders import (
    Wipe as WipeCommand,
)
from chatd.core.refusals import Code, Refused
from chatd.core.rights import FOR_EVER, HOLD_FIELDS, SERVER, Rank, address_subject
from chatd.core.text import MAX_TITLE, MAX_TOPIC

if TYPE_CHECKING:
    from chatd.core.session import Session

REPORTED_TEXT = 1000


async def change_room(session: Session, command: Set, now: float) -> None:
    """
    Change what a room is like, or whether the server lets newcomers in.
    """
    scope = _scope(session, command)
    values = {
        "topic": None if command.topic is None else clean(command.topic, MAX_TOPIC, "topic", empty=True),
        "title": None if command.title is None else clean(command.title, MAX_TITLE, "title"),
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
    detail = Detail(reason=reason_of(command.reason), **given)
    await do(session, command, scope, "set", detail, changes, now)


async def give_role(session: Session, command: GiveRole, now: float) -> None:
    """
    Say what somebody is in a room, or on the server.
    """
    hub, scope = session.hub, _scope(session, command)
    card = await hub.somebody(command.who, now)
    rights = hub.rights
    if not rights.account(card.id) or rights.account(card.id) == "bot":
        raise Refused(Code.FORBIDDEN, "Only somebody who has an account can look after something.")
    if is_closed(RoomKey(scope)) and rights.rank(scope, card.id) == Rank.OUTSIDER:
        raise Refused(Code.NO_SUCH_PERSON, "They are no member of that room.")
    if command.role != "owner" and rights.lone_owner(scope, card.id):
        raise Refused(Code.FORBIDDEN, "Then nobody would own it: make somebody else an owner first.")
    value = None if command.role == "member" else command.role
    detail = Detail(who=card, role=command.role, reason=reason_of(command.reason))
    await do(session, command, scope, "role", detail, (Change(scope, card.id, "role", value),), now)


async def kick(session: Session, command: Kick, now: float) -> None:
    """
    Send somebody out of a room.
    """
    key = session.key_of(command.room)
    if is_private(key):
        raise Refused(Code.BAD_REQUEST, "Nobody can be sent out of a conversation of two people.")
    card = await _another(session, command.who, now)
    detail = Detail(who=card, reason=reason_of(command.reason))
    await do(session, command, key, "kicked", detail, no_member(key, card.id), now)


async def ban(session: Session, command: Ban, now: float) -> None:
    """
    Keep somebody out of a room or of the server, and whoever comes from where they are.
    """
    scope = _scope(session, command)
    card = await _another(session, command.who, now)
    until_ms, changes = _hold(session, scope, "banned", command, card, now)
    if scope != SERVER:
        changes = (*changes, *no_member(RoomKey(scope), card.id))
    detail = Detail(who=card, until_ms=until_ms or None, reason=reason_of(command.reason))
    await do(session, command, scope, "banned", detail, changes, now)


async def mute(session: Session, command: Mute, now: float) -> None:
    """
    Let somebody say nothing in a room, or anywhere.
    """
    scope = _scope(session, command)
    card = await _another(session, command.who, now)
    until_ms, changes = _hold(session, scope, "muted", command, card, now)
    detail = Detail(who=card, until_ms=until_ms or None, reason=reason_of(command.reason))
    await do(session, command, scope, "muted", detail, changes, now)


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
    card = await _author(session, command.who, now)
    since_ms = hub.wall_ms() - command.seconds * 1000
    detail = Detail(who=card, since_ms=since_ms, reason=reason_of(command.reason))
    what = Wipe(card.id, since_ms, everywhere=scope == SERVER)
    await do(session, command, scope, "wiped", detail, (), now, wipe=what)


async def report(session: Session, command: Report, now: float) -> None:
    """
    Show a message to the server's moderators.
    """
    hub, key = session.hub, session.key_of(command.room)
    cursor = session.cursors.rooms.get(key)
    if cursor is None:
        raise Refused(Code.NOT_MEMBER, "Join the room first.")
    with cursor.room.tail.reading() as reading:
        found = await reading.of(lambda: message_at(session, key, command.offset))
        # What was taken since it was read is not shown to anybody any more.
        (message,) = reading.settle((found,))
    if message.deleted:
        raise Refused(Code.NO_SUCH_MESSAGE, f"There is no message {command.offset} in this room.")
    detail = Detail(
        who=Card(message.author.id, message.author.name),
        room=cursor.view.room,
        about=command.offset,
        text=message.said[:REPORTED_TEXT],
        reason=reason_of(command.reason),
    )
    told = (session.the_person().card.id, key, command.offset)
    if told in hub.reported:
        # They see it already.
        session.answer(command, Done())
        return
    take_token(session, now)
    await store(session, [draft_of(session, REPORTS, ROOM_TITLES[REPORTS], "reported", detail)])
    hub.reported.add(told)
    session.answer(command, Done())


async def _another(session: Session, who: str, now: float) -> Card:
    card = await session.hub.somebody(who, now)
    if card.id == session.the_person().card.id:
        raise Refused(Code.BAD_REQUEST, "That is yourself.")
    return card


async def _author(session: Session, who: str, now: float) -> Card:
    """Somebody who wrote: what a client of the tutorial's wire said is there for longer than it is known."""
    try:
        return await session.hub.somebody(who, now)
    except Refused:
        if not is_person_id(who):
            raise
        return Card(PersonId(who), "guest")


def _scope(session: Session, command: Set | GiveRole | Ban | Unban | Mute | Unmute | WipeCommand) -> str:
    if command.room is None:
        return SERVER
    key = session.key_of(command.room)
    if is_private(key):
        raise Refused(Code.BAD_REQUEST, "A conversation of two people has nobody who looks after it.")
    return key


def _hold(
    session: Session, scope: str, what: str, command: Ban | Mute, card: Card, now: float
) -> tuple[int, tuple[Change, ...]]:
    """Until when, and what is different then: of the person, and of where they are."""
    hub = session.hub
    until_ms = FOR_EVER if command.seconds is None else hub.wall_ms() + command.seconds * 1000
    addresses = {each.address for each in hub.sessions_of(card.id) if each.address is not None}
    addresses.update(hub.traces.addresses(card.id, now))
    # Whoever looks after it is not to be kept out by their own deed, in an office or behind a proxy.
    own = {each.address for each in hub.sessions if hub.rights.rank(scope, each.viewer) >= Rank.MODERATOR}
    kept_out = [address_subject(address) for address in sorted(addresses - own)]
    # Somebody else who came from there can be kept out for longer.
    subjects = [
        card.id,
        *(each for each in kept_out if not hub.rights.held_longer(what, scope, each, until_ms)),
    ]
    why = reason_of(command.reason)
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
    if who == session.the_person().card.id:
        raise Refused(Code.FORBIDDEN, "That is for somebody else to do.")
    subjects = [
        subject
        for subject, facts in hub.rights.subjects(scope)
        if what in facts and (subject == who or facts.get(f"{what}_for") == who)
    ]
    if not subjects:
        raise Refused(Code.NO_SUCH_PERSON, "Nobody with that id is kept from it.")
    card = await hub.card(who) or Card(who, "guest")
    changes = tuple(
        Change(scope, subject, f"{what}{more}", None) for subject in subjects for more in HOLD_FIELDS
    )
    detail = Detail(who=card, reason=reason_of(command.reason))
    await do(session, command, scope, kind, detail, changes, now)
