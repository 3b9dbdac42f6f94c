"""
What a deed does once it is published: to what people may do, and to those who are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.core.commands import Face, Me
from chatd.core.events import Change, Deed
from chatd.core.forms import KINDS
from chatd.core.names import AUDIT, PersonId, RoomKey, is_private
from chatd.core.news import Item
from chatd.core.orders import Invited, Removed
from chatd.core.refusals import CloseCode
from chatd.core.rights import SERVER, address_subject

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.room import Room
    from chatd.core.session import Session

_REASONS = {"kicked": "kicked", "banned": "banned", "quit": "quit", "set": "guests"}


def take_effect(hub: Hub, deed: Deed) -> None:
    """
    Have a deed be so, after all who may hear it have been offered it. Whoever may hear its room no longer
    hears nothing that was stored after it.
    """
    hub.rights.apply(deed.changes)
    room = hub.rooms.get(deed.room)
    if room is not None:
        if deed.detail.topic is not None:
            room.topic = deed.detail.topic
        if deed.detail.title is not None:
            room.title = deed.detail.title
    hub.searches.touch(deed)
    if deed.wipe is not None:
        for each in hub.rooms.values():
            if each is room or (deed.wipe.everywhere and not is_private(each.key)):
                hub.tails.wipe(each.tail, deed)
    if deed.kind in KINDS and room is not None and not room.tail.change(deed):
        hub.tails.drop(room.tail)
    reason = _REASONS.get(deed.kind, "forbidden")
    # What stands in the audit log of a room's was done in that room.
    if deed.kind == "kicked" and deed.room != AUDIT and deed.detail.who is not None and room is not None:
        for session in hub.sessions_of(deed.detail.who.id):
            expel(session, room, reason)
    for change in deed.changes:
        _look_again(hub, change, reason)
    if deed.kind == "invited" and deed.detail.who is not None:
        _invite(hub, deed)


def _look_again(hub: Hub, change: Change, reason: str) -> None:
    """
    Send out whoever may not be where they are any more, of those whom a change is about.
    """
    if change.room == SERVER:
        for session in _meant(hub, change.subject):
            _look_at(hub, session, reason)
        person = hub.presence.people.get(PersonId(change.subject))
        if person is not None and change.field in ("role", "account"):
            person.role = hub.rights.server_role(person.card.id)
            hub.news.tell(person, Me, Item(Me(me=person.as_self)))
        return
    room = hub.rooms.get(RoomKey(change.room))
    if room is None:
        return
    meant = hub.sessions_in(room) if not change.subject else _meant(hub, change.subject)
    for session in meant:
        if room.key in session.cursors.rooms and not may_stay(hub, session, room):
            expel(session, room, reason)


def _meant(hub: Hub, subject: str) -> tuple[Session, ...]:
    if subject.startswith("="):
        return tuple(
            each for each in hub.sessions if each.address and address_subject(each.address) == subject
        )
    return hub.sessions_of(PersonId(subject)) if subject else ()


def _look_at(hub: Hub, session: Session, reason: str) -> None:
    if hub.rights.banned(SERVER, session.author, session.address, hub.wall_ms()):
        session.close(CloseCode.BANNED, CloseCode.BANNED.reason)
        return
    for cursor in tuple(session.cursors.rooms.values()):
        if not may_stay(hub, session, cursor.room):
            expel(session, cursor.room, reason)


def may_stay(hub: Hub, session: Session, room: Room) -> bool:
    """
    Whether a client may go on hearing a room.
    """
    if is_private(room.key):
        return True
    rights = hub.rights
    return rights.may_hear(room.key, session.viewer) and not rights.banned(
        room.key, session.author, session.address, hub.wall_ms()
    )


def expel(session: Session, room: Room, reason: str) -> None:
    """
    Have a client hear a room no longer, after what has been published of it.
    """
    if session.guise is not None:
        # That wire has one room, and no word for being sent out of it.
        code = CloseCode.BANNED if reason == "banned" else CloseCode.POLICY
        session.close(code, code.reason)
        return
    cursor = session.cursors.rooms.get(room.key)
    if cursor is None:
        return
    room.hearing.end(session.cursors)
    if session.viewer is not None:
        room.expel(session.viewer, session.cursors, "left" if reason == "quit" else "kicked")
    session.cursors.part(cursor, Removed(cursor.view.room, reason))
    session.hub.let_go(room)


def _invite(hub: Hub, deed: Deed) -> None:
    assert deed.detail.who is not None
    person = hub.presence.people.get(deed.detail.who.id)
    if person is not None and deed.detail.who.id != deed.author.id:
        title = deed.detail.title or deed.room
        notice = Invited(deed.room, title, Face.of(deed.author))
        hub.news.tell(person, (Invited, deed.room), Item(notice, deed.room))
