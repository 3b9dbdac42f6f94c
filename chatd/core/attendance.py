"""
Coming into rooms and going from them, and asking what rooms there are and who is in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from chatd.core import membership
from chatd.core.commands import (
    Done,
    Face,
    Join,
    Joined,
    Leave,
    ListedRoom,
    Live,
    Members,
    RoomList,
    Rooms,
    Who,
)
from chatd.core.doing import ROOM_TITLES
from chatd.core.names import (
    CLOSED_MARK,
    LOBBY,
    PRIVATE_MARK,
    PersonId,
    is_closed,
    is_private,
    room_key,
    side_name,
)
from chatd.core.presence import GRACE_SECONDS
from chatd.core.records import Counts, Opened, Position, RoomRecord
from chatd.core.refusals import Code, Refused
from chatd.core.rights import Rank
from chatd.core.roster import staff_of

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.room import Room
    from chatd.core.session import Session

MAX_JOINED = 100
ROOMS_A_LIST = 500


async def join(session: Session, command: Join, now: float) -> None:
    """
    Hear a room from a position on, and be a member of it; a watcher only hears it.
    """
    if command.after is not None and command.epoch is None:
        raise Refused(Code.BAD_REQUEST, "A position is `after` and `epoch` together.")
    hub, key = session.hub, session.key_of(command.room)
    if key not in session.cursors.rooms and not is_private(key):
        joined = sum(not is_private(other) for other in session.cursors.rooms)
        if joined >= MAX_JOINED:
            raise Refused(Code.FORBIDDEN, f"A connection can be in {MAX_JOINED} public rooms at most.")
    position = None
    if command.after is not None and command.epoch == hub.store.epoch:
        position = Position(command.after, command.id)
    room = hub.hold(key)
    try:
        # What the staff's logs have of messages is of those of other rooms.
        brief = command.brief and key not in ROOM_TITLES
        opened = await hub.store.open(key, session.viewer, position, command.limit, brief)
        if opened is not None:
            hub.settle(room, opened.record)
        elif is_private(key) and not room.exists:
            await hub.pair_up(room, session.the_person().card)
        await session.still_may(command)
        if not (session.closed or room.exists):
            _make(session, room, command.room, now)
            await membership.own(session, room)
            # That took a commit, in which the connection can be lost and somebody be banned.
            await session.still_may(command)
        if session.closed:
            return
        if is_locked_out(session, room):
            raise Refused(Code.LOCKED, "That room lets nobody new in at the moment.")
        start, recovered = _start(room, opened, position, command.limit)
        # What has come since the store looked is new: it follows `live`.
        head = room.head if opened is None else opened.record.head
        person = session.person
        read = person.marker(key, opened.record.read if opened else 0) if person else 0
        if person is not None and not is_private(key):
            # Before it hears the room, so that nobody is told of their own coming.
            room.enter(person.card, session.cursors)
        # Its first message has both hear it, on each of their connections (`Hub.publish`). Until then nothing
        # is kept of it: one can ask for as many conversations as there are people.
        unspoken = is_private(key) and not head
        if not unspoken:
            session.hear(room, start, live_at=head, brief=brief and not recovered)
        view = room.view(session.viewer)
        members = members_of(room, session.viewer)
        rights = hub.rights
        counts = opened.record.counts if opened else Counts()
        answer = Joined(
            room=view.room,
            topic=room.topic,
            epoch=hub.store.epoch,
            head=head,
            read=read,
            recovered=recovered,
            count=members.count,
            members=members.members,
            with_=view.peer or UNSET,
            title=room.title,
            role=rights.room_role(key, session.viewer) if session.viewer else "",
            staff=staff_of(hub, key),
            slow=rights.slow_seconds(key),
            locked=rights.locked(key),
            archived=rights.archived(key),
            guests="off" if rights.refuses_guests(key) else "on",
            muted=rights.muted(key, session.viewer, session.address, hub.wall_ms()),
            unread=counts.unread,
            mentions=counts.mentions,
            notice=counts.notice,
            pins=opened.pins if opened else (),
            mine=opened.mine if opened else (),
        )
        session.answer(command, answer)
        if unspoken:
            session.outbox.write(session.outbox.wire.frame(Live(view.room, head)))
        session.cursors.read_on()
    finally:
        hub.release(room)


def is_locked_out(session: Session, room: Room) -> bool:
    """
    Whether a client is somebody new to a room that lets nobody new in.
    """
    rights, viewer = session.hub.rights, session.viewer
    if viewer is None or viewer in room.members or not rights.locked(room.key):
        return False
    return not rights.room_role(room.key, viewer) and rights.rank(room.key, viewer) < Rank.MODERATOR


def _make(session: Session, room: Room, name: str, now: float) -> None:
    if room.key in ROOM_TITLES:
        # The staff's rooms are there before anything was done.
        room.make(room.key)
        room.title = ROOM_TITLES[room.key]
        return
    if session.person is None:
        raise Refused(Code.NO_SUCH_ROOM, "There is no such room.")
    if session.hub.settings.guests != "on" and not session.hub.rights.account(session.person.card.id):
        raise Refused(Code.FORBIDDEN, "Guests make no rooms here.")
    wait = session.hub.new_rooms.take(session.address, now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too many new rooms came from your address.", retry_after=wait)
    room.make(name)


def _start(room: Room, opened: Opened | None, position: Position | None, last: int) -> tuple[int, bool]:
    if opened is not None:
        return opened.start, opened.recovered
    # The log was empty when the store looked; what has come since, the room knows.
    if position is not None and position.after == 0:
        return 0, True
    return max(0, room.head - last), False


def members_of(room: Room, viewer: PersonId | None) -> Members:
    """
    Who is in a room, a private one too, as the viewer sees it.
    """
    if is_private(room.key):
        faces = tuple(Face.of(card) for card in room.pair.values())
        return Members(room.view(viewer).room, len(faces), faces)
    return room.member_list(viewer)


async def leave(session: Session, command: Leave, now: float) -> None:
    """
    Hear a public room no longer, and be no member through this connection.
    """
    key = session.key_of(command.room)
    if is_private(key):
        raise Refused(Code.BAD_REQUEST, "A private room cannot be left.")
    session.cursor_in(key)
    # First: answers that wait for an event of the room come then, for the event does not come any more.
    session.answer(command, Done())
    room = session.unhear(key)
    assert room is not None
    if session.viewer is not None:
        room.exit(session.viewer, session.cursors, now, lost=False)
    session.hub.let_go(room)


def depart(session: Session, now: float) -> None:
    """
    Take a client whose connection is gone out of everything. Its person stays for a while: it may come back.
    """
    hub, person = session.hub, session.person
    for key in tuple(session.cursors.rooms):
        room = session.unhear(key)
        assert room is not None
        if person is not None and not is_private(key):
            room.exit(person.card.id, session.cursors, now, lost=True)
            _expire_later(hub, room, person.card.id, now)
        hub.let_go(room)
    session.cursors.forget()
    if person is not None and hub.presence.depart(person, session, now):
        hub.expect_return(person, now)


def _expire_later(hub: Hub, room: Room, person: PersonId, now: float) -> None:
    def expire(then: float) -> None:
        room.expire(person, then)
        hub.let_go(room)

    hub.deadlines.at(now + GRACE_SECONDS, expire)


async def who(session: Session, command: Who, _now: float) -> None:
    """
    Say who is in a room that exists; one need not have joined it.
    """
    hub, key = session.hub, session.key_of(command.room)
    if is_private(key):
        room = await hub.hold_private(key, session.the_person().card)
        answer = members_of(room, session.viewer)
        hub.release(room)
    else:
        room_here = hub.rooms.get(key)
        if room_here is not None and room_here.exists:
            answer = room_here.member_list(session.viewer)
        else:
            record = await hub.store.room(key, None)
            if record is None:
                raise Refused(Code.NO_SUCH_ROOM, "There is no such room.")
            answer = Members(record.name, 0, ())
    session.answer(command, answer)


async def rooms(session: Session, command: Rooms, _now: float) -> None:
    """
    List the public rooms, those too that have no event yet, and the client's private ones.
    """
    hub, viewer = session.hub, session.viewer
    after = ""
    if command.after is not None:
        marked = command.after.startswith((PRIVATE_MARK, CLOSED_MARK))
        after = command.after if marked else room_key(command.after)
    closed = hub.rights.closed_rooms(viewer)
    records = await hub.store.rooms(viewer, after, ROOMS_A_LIST + 1, closed)
    await hub.deeds_are_told()
    listed = {
        side_name(record.key, viewer): _listed(hub, record, viewer)
        for record in records
        if not is_closed(record.key) or hub.rights.may_hear(record.key, viewer)
    }
    for key, room in hub.rooms.items():
        if key in listed or key <= after or is_private(key) or is_closed(key):
            continue
        if room.members or key == LOBBY:
            listed[key] = ListedRoom(room.name, room.topic, room.head, len(room.members))
    order = sorted(listed)
    answer = RoomList(
        rooms=tuple(listed[key] for key in order[:ROOMS_A_LIST]),
        more=len(order) > ROOMS_A_LIST,
    )
    session.answer(command, answer)


def own_name(record: RoomRecord, viewer: PersonId | None) -> str:
    """
    What a stored room is called on the viewer's side.
    """
    return side_name(record.key, viewer) if record.pair else record.name


def own_peer(record: RoomRecord, viewer: PersonId | None) -> Face | None:
    """
    The other person of a stored private room, None for a public one.
    """
    return next((Face.of(card) for card in record.pair or () if card.id != viewer), None)


def _listed(hub: Hub, record: RoomRecord, viewer: PersonId | None) -> ListedRoom:
    room = hub.rooms.get(record.key)
    count = 2 if record.pair else len(room.members) if room else 0
    peer = own_peer(record, viewer)
    return ListedRoom(
        room=own_name(record, viewer),
        topic=record.topic,
        head=record.head,
        count=count,
        with_=peer or UNSET,
        title=record.title,
        archived=hub.rights.archived(record.key),
    )
