"""
What becomes of a message after it was said: edits, deletions, reactions, pins; and of what one wants to hear.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from chatd.core.amendments import Delete, Edit, Notice, NoticeTold, Pin, Pins, PinsTold, React
from chatd.core.commands import Command, Done
from chatd.core.doing import ROOM_TITLES, draft_of, reason_of, store, take_token
from chatd.core.events import DeedDraft, Detail, Message
from chatd.core.forms import DELETED, EDITED, PINNED, REACTED
from chatd.core.names import AUDIT, RoomKey, is_closed, is_private
from chatd.core.news import Item
from chatd.core.refusals import Code, Refused
from chatd.core.rights import SERVER, Rank
from chatd.core.rules import check_muted, check_over
from chatd.core.talk import PAGE_BYTES, called_by
from chatd.core.text import clean_emoji, clean_text

if TYPE_CHECKING:
    from chatd.core.room import Room
    from chatd.core.session import Session

CHARACTERS_A_TOKEN = 250


async def edit(session: Session, command: Edit, now: float) -> None:
    """
    Give a message of one's own another text; none is left of it if it has files.
    """
    room = await _room(session, command.room)
    try:
        message = await message_at(session, room.key, command.offset)
        if message.author.id != session.viewer:
            raise Refused(Code.FORBIDDEN, "Only who wrote a message can change it.")
        text = clean_text(command.text, empty=bool(message.files))
        await session.may_still(command)
        people, everybody = called_by(session, room.key, text)
        detail = Detail(about=command.offset, text=text, mentions=people, mentions_all=everybody)
        await _do(session, command, room, EDITED, detail, now, more=_more_for(message, text))
    finally:
        session.hub.release(room)


async def delete(session: Session, command: Delete, now: float) -> None:
    """
    Take the text of a message.
    """
    hub = session.hub
    room = await _room(session, command.room)
    try:
        message = await message_at(session, room.key, command.offset)
        told_too: tuple[DeedDraft, ...] = ()
        await session.may_still(command)
        detail = Detail(about=command.offset)
        if message.author.id != session.viewer:
            if is_private(room.key):
                raise Refused(Code.FORBIDDEN, "Only who wrote a message can delete it.")
            rank = hub.rights.rank(room.key, session.viewer)
            if rank < Rank.MODERATOR:
                raise Refused(Code.FORBIDDEN, "Only who wrote it, or looks after the room, can delete it.")
            check_over(hub.rights, room.key, rank, message.author.id)
            # Of one's own nobody needs to hear why, and whoever is muted is not to say it here.
            detail = replace(detail, reason=reason_of(command.reason))
            if detail.reason:
                check_muted(session, SERVER, room.key)
            if not is_closed(room.key):
                told = replace(detail, who=message.author, room=room.name)
                told_too = (draft_of(session, AUDIT, ROOM_TITLES[AUDIT], DELETED, told),)
        await _do(session, command, room, DELETED, detail, now, told_too, _more_for(message))
    finally:
        hub.release(room)


async def react(session: Session, command: React, now: float) -> None:
    """
    Answer a message with an emoji, or take that back.
    """
    emoji = clean_emoji(command.emoji)
    room = await _room(session, command.room)
    try:
        await session.may_still(command)
        detail = Detail(about=command.offset, emoji=emoji, on=command.on)
        await _do(session, command, room, REACTED, detail, now)
    finally:
        session.hub.release(room)


async def pin(session: Session, command: Pin, now: float) -> None:
    """
    Pin a message, or take it down again.
    """
    room = await _room(session, command.room)
    try:
        await session.may_still(command)
        await _do(session, command, room, PINNED, Detail(about=command.offset, on=command.on), now)
    finally:
        session.hub.release(room)


async def pins(session: Session, command: Pins, _now: float) -> None:
    """
    Answer with the messages that are pinned in a room.
    """
    room = await _room(session, command.room)

    async def read() -> tuple[Message, ...]:
        found = await session.hub.store.pinned(room.key)
        await session.still_may(command)
        return found

    try:
        with room.tail.reading() as reading:
            found = await reading.of(read)
            pinned = [message for message in reading.settle(found) if not message.deleted]
            view = room.view(session.viewer)
            weights = accumulate(message.weight for message in pinned)
            fitting = sum(weight <= PAGE_BYTES for weight in weights)
            told = PinsTold(view.room, tuple(pinned[:fitting]), fitting < len(pinned), view.peer or UNSET)
            session.answer(command, told)
    finally:
        session.hub.release(room)


async def notice(session: Session, command: Notice, _now: float) -> None:
    """
    Note of what one wants to be told in a room, and tell one's other connections.
    """
    hub, person = session.hub, session.the_person()
    room = await _room(session, command.room)
    try:
        if not await hub.store.set_notice(person.card.id, room.key, command.level):
            raise Refused(Code.NO_SUCH_ROOM, "Nothing was ever said there.")
        told = NoticeTold(room.view(session.viewer).room, command.level)
        hub.news.tell(person, (NoticeTold, room.key), Item(told, but=session))
        session.answer(command, Done())
    finally:
        hub.release(room)


def _more_for(message: Message, text: str = "") -> int:
    """As how many messages more a change counts: what is taken out of the index is work for all."""
    return (len(message.text) + len(text)) // CHARACTERS_A_TOKEN


async def message_at(session: Session, key: RoomKey, offset: int) -> Message:
    """
    A message that is there. Raises `Refused` with `no_such_message`.
    """
    page = await session.hub.store.page(key, None, before=None, after=offset - 1, limit=1, max_bytes=1)
    event = page.events[0] if page.events else None
    if not isinstance(event, Message) or event.offset != offset or event.deleted:
        raise Refused(Code.NO_SUCH_MESSAGE, f"There is no message {offset} in this room.")
    return event


async def _room(session: Session, name: str) -> Room:
    """A room that the client hears, or its private one, held in memory."""
    key = session.key_of(name)
    if is_private(key):
        return await session.hub.hold_private(key, session.the_person().card)
    session.cursor_in(key)
    return session.hub.hold(key)


async def _do(
    session: Session,
    command: Command,
    room: Room,
    kind: str,
    detail: Detail,
    now: float,
    told_too: tuple[DeedDraft, ...] = (),
    more: int = 0,
) -> None:
    take_token(session, now, more)
    draft = draft_of(session, room.key, room.name, kind, detail)
    appended = await store(session, (draft, *told_too))
    name = room.view(session.viewer).room
    if appended.repeated:
        # It was so already, and nobody needs to hear of it.
        session.answer(command, Done(room=name))
        return
    done = Done(room=name, offset=appended.offset, id=appended.id)
    session.answer_after(command, done, room.key, appended.offset)
