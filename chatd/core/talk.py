"""
Saying something, and reading what was said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import UNSET

from chatd.core.commands import Done, Face, History, Page, Post, Read, ReadUpTo, Say, Typing, TypingNow
from chatd.core.doing import ROOM_TITLES
from chatd.core.events import AsSent, Author, Draft
from chatd.core.mentions import find
from chatd.core.names import (
    LOBBY,
    PRIVATE_MARK,
    PersonId,
    RoomKey,
    is_private,
    peer_of,
    private_pair,
    shown_name,
)
from chatd.core.news import Item
from chatd.core.records import Counts, Slice
from chatd.core.refusals import Code, Refused
from chatd.core.rights import Rank
from chatd.core.text import clean_text

if TYPE_CHECKING:
    from chatd.core.room import Room
    from chatd.core.session import Session

PAGE_BYTES = 256 * 1024
"""The most that a page of history weighs, unless a single event weighs more."""


async def say(session: Session, command: Say, now: float) -> None:
    """
    Store a message; the answer says where it stands, after all who hear the room have been told.
    """
    hub, person = session.hub, session.the_person()
    key = session.key_of(command.room)
    wait = session.messages.take(now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too many messages.", retry_after=wait)
    # Held, so that it is in memory when the commit is published, even if all have left it by then.
    if is_private(key):
        room: Room = await session.by_itself(hub.hold_private(key, person.card))
    else:
        session.cursor_in(key)
        room = hub.hold(key)
    try:
        text = clean_text(command.text, empty=bool(command.files))
        if len(set(command.files)) < len(command.files):
            raise Refused(Code.BAD_REQUEST, "A file is named twice.")
        with _slowly(session, room, person.card.id, person.card.id, now):
            if hub.deeds_under_way:
                await session.may_still(command)
            people, everybody = called_by(session, key, text)
            as_sent = AsSent(person.email, person.card.name, text) if key == LOBBY and person.email else None
            draft = Draft(
                room=key,
                room_name=room.name,
                author=Author(person.card.id, person.card.name),
                text=text,
                cid=command.cid,
                reply_to=command.reply_to,
                as_sent=as_sent,
                mentions=people,
                mentions_all=everybody,
                files=command.files,
            )
            appending = hub.store.append(draft)
            # Its place in the order is taken, so what had to be found out first holds up nothing any more.
            session.look()
            appended = await appending
        done = Done(room=room.view(session.viewer).room, offset=appended.offset, id=appended.id)
        session.answer_after(command, done, key, appended.offset)
    finally:
        hub.release(room)


def called_by(session: Session, key: RoomKey, text: str) -> tuple[tuple[PersonId, ...], bool]:
    """
    Those who may hear a room and whom a text of the client's calls for, and whether that is everybody, which
    is for its moderators to say.
    """
    rights = session.hub.rights

    def known(name: str) -> PersonId | None:
        person = session.hub.names.person(name)
        if person is None or person == session.viewer:
            return None
        if is_private(key):
            return person if person in private_pair(key) else None
        return person if rights.may_hear(key, person) else None

    people, everybody = find(text, known)
    return people, everybody and not is_private(key) and rights.rank(key, session.viewer) >= Rank.MODERATOR


@contextmanager
def _slowly(session: Session, room: Room, author: PersonId, who: str, now: float) -> Iterator[None]:
    """
    Say something as slow mode has it, in which `who` waits; what is refused is not waited for. Raises
    `Refused` with `rate_limited`.
    """
    rights = session.hub.rights
    slow = rights.slow_seconds(room.key)
    if not slow or rights.rank(room.key, author) >= Rank.MODERATOR:
        yield
        return
    wait = room.must_wait(who, slow, now)
    if wait:
        raise Refused(Code.RATE_LIMITED, "This room is in slow mode.", retry_after=wait)
    try:
        yield
    except Refused:
        room.did_not_say(who, now)
        raise


async def post(session: Session, command: Post, now: float) -> None:
    """
    Store what a client of the tutorial's wire says to the lobby; a blank message is ignored.
    """
    if not command.message.strip():
        return
    hub, guise = session.hub, session.guise
    assert guise is not None
    # With each connection one is somebody new there, but not from somewhere else.
    with _slowly(session, hub.rooms[LOBBY], guise, session.address or guise, now):
        name = shown_name(command.username)
        draft = Draft(
            room=LOBBY,
            room_name=LOBBY,
            author=Author(guise, name, via="tutorial"),
            text=clean_text(command.message),
            as_sent=AsSent(command.email, command.username, command.message),
        )
        if hub.deeds_under_way:
            await session.may_still(command)
        session.guise_name = name
        await hub.store.append(draft)


async def history(session: Session, command: History, _now: float) -> None:
    """
    Answer with a page of a room that one hears.
    """
    if command.before is not None and command.after is not None:
        raise Refused(Code.BAD_REQUEST, "Give `before` or `after`, not both.")
    hub, key = session.hub, session.key_of(command.room)

    async def read() -> Slice:
        page = await hub.store.page(
            key,
            session.viewer,
            before=command.before,
            after=command.after,
            limit=command.limit,
            max_bytes=PAGE_BYTES,
            brief=command.brief and key not in ROOM_TITLES,
        )
        await session.still_may(command)
        return page

    if is_private(key):
        room = await hub.hold_private(key, session.the_person().card)
    else:
        session.cursor_in(key)
        room = hub.hold(key)
    try:
        with room.tail.reading() as reading:
            page = await reading.of(read)
            view = room.view(session.viewer)
            events = reading.settle(page.events)
            session.answer(
                command, Page(view.room, events, page.more, view.peer or UNSET, page.mine, page.next)
            )
    finally:
        hub.release(room)


async def typing(session: Session, command: Typing, now: float) -> None:
    """
    Tell the others of a room, at most every three seconds, that one is writing.
    """
    hub, person, key = session.hub, session.the_person(), session.key_of(command.room)
    if is_private(key):
        peer_id = peer_of(key, person.card.id)
        peer = hub.presence.people.get(peer_id)
        if peer is None and await session.by_itself(hub.card(peer_id)) is None:
            raise Refused(Code.NO_SUCH_PERSON, "There is nobody with that id.")
        if peer is not None and person.may_show_typing(key, now):
            notice = TypingNow(room=f"{PRIVATE_MARK}{person.card.id}", who=Face.of(person.card))
            for other in peer.sessions:
                other.cursors.hint(notice)
    else:
        room = session.cursor_in(key).room
        if person.may_show_typing(key, now):
            room.typing(person.card, now)
    session.answer(command, Done())


async def read(session: Session, command: Read, _now: float) -> None:
    """
    Move one's read marker up, and tell one's other connections.
    """
    hub, person, key = session.hub, session.the_person(), session.key_of(command.room)
    name, head = await _name_and_head(session, key)
    if command.offset > head:
        raise Refused(Code.BAD_REQUEST, f"The room's last offset is {head}.")
    if command.offset > person.read.get(key, 0):
        person.has_read(key, command.offset)
        hub.store.mark_read(person.card.id, key, command.offset)
        counts = Counts()
        if command.offset < head:
            counts = await session.by_itself(_counts(session, key, command.offset))
        if person.read[key] != command.offset:
            # Another connection has read further meanwhile, and all have been told that.
            session.answer(command, Done())
            return
        person.has_read(key, command.offset, counts)
        told = ReadUpTo(name, command.offset, counts.unread, counts.mentions)
        hub.news.tell(person, key, Item(told, key, session))
    session.answer(command, Done())


async def _counts(session: Session, key: RoomKey, read: int) -> Counts:
    return await session.hub.store.counts(session.the_person().card.id, key, read)


async def _name_and_head(session: Session, key: RoomKey) -> tuple[str, int]:
    if not is_private(key):
        cursor = session.cursor_in(key)
        return cursor.view.room, cursor.room.head
    room = await session.by_itself(session.hub.hold_private(key, session.the_person().card))
    name, head = room.view(session.viewer).room, room.head
    session.hub.release(room)
    return name, head
