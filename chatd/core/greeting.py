"""
Saying who one is: the way from a connection to a person.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec import UNSET

from chatd.core.accounts import hash_token, new_token
from chatd.core.attendance import is_locked_out, own_name, own_peer
from chatd.core.commands import Face, Hello, Limits, Self, ServerCan, Welcome, WelcomeRoom
from chatd.core.effects import expel, may_stay
from chatd.core.events import Card, iso_time
from chatd.core.names import LOBBY, check_nick, is_closed, is_private, person_id
from chatd.core.presence import Person
from chatd.core.records import RoomRecord
from chatd.core.refusals import CloseCode, Code, Refused
from chatd.core.rights import SERVER
from chatd.core.text import MAX_TEXT, forbidden_character

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

MAX_WELCOME_ROOMS = 200


async def hello(session: Session, command: Hello, now: float) -> None:
    """
    Make the client a person, old or new, or a watcher; or give the person that it is another name.
    """
    email = _checked_email(command.email)
    hub = session.hub
    if hub.rights.banned(SERVER, session.author, session.address, hub.wall_ms()):
        raise Refused(Code.BANNED, "You are banned from this server.")
    endings = hub.endings
    known = await _recognize(session, command)
    if command.name is None and known is None:
        if hub.settings.guests == "off":
            raise Refused(Code.FORBIDDEN, "Only those who have an account come in here.")
        session.greeted = True
        session.answer(command, await _welcome(session))
        return
    card, token = await _identify(session, command, known, now)
    try:
        await _look_again(session, card, token, endings)
    except Refused:
        _live_on(hub, card)
        raise
    if session.closed:
        _live_on(hub, card)
        return
    # Held from before the heads are read until they have been told: what comes in between is sent after them.
    if token is not None:
        session.token_hash = hash_token(token)
    session.cursors.hold()
    first = session.person is None
    try:
        _become(session, card, email)
        answer = await _welcome(session, token, first=first)
        session.greeted = True
        session.answer(command, answer)
    except Exception:
        if first:
            # It is somebody by now, and does not know who: it has to begin anew.
            session.close(CloseCode.INTERNAL_ERROR, CloseCode.INTERNAL_ERROR.reason)
        raise
    finally:
        session.cursors.held = False
    session.cursors.read_on()


def _checked_email(email: str | None) -> str | None:
    if email is not None and forbidden_character(email) is not None:
        raise Refused(Code.BAD_REQUEST, "The e-mail address has a character that is not allowed.")
    return email


async def _recognize(session: Session, command: Hello) -> Card | None:
    """
    Whom the client shows itself to be: by the token in the command, or by what the connection came with; None
    if it shows nothing. Raises `Refused`: `bad_token`, `banned`, and `forbidden` for a guest where there are
    to be none.
    """
    hub, person = session.hub, session.person
    if command.token is not None:
        known = await hub.identify(command.token)
        session_token: bytes | None = hash_token(command.token)
    elif person is not None:
        return person.card
    elif session.credentials is not None:
        try:
            known = await hub.identify(session.credentials)
        except Refused as refused:
            if refused.code is not Code.BAD_TOKEN:
                raise
            # It was good once, and nobody shows it on purpose.
            return None
        session_token = hash_token(session.credentials) if isinstance(session.credentials, str) else None
    else:
        return None
    card: Card = known.card
    if person is not None and card.id != person.card.id:
        raise Refused(Code.FORBIDDEN, "This connection is somebody else's already.")
    if hub.rights.banned(SERVER, card.id, session.address, hub.wall_ms()):
        raise Refused(Code.BANNED, "You are banned from this server.")
    if hub.settings.guests == "off" and not hub.rights.account(card.id):
        raise Refused(Code.FORBIDDEN, "Only those who have an account come in here.")
    session.token_hash = session_token
    here = hub.presence.people.get(card.id)
    if here is not None:
        return here.card
    if not known.kept:
        await _keep_in_mind(hub, card)
    return card


async def _look_again(session: Session, card: Card, new_token: str | None, endings: int) -> None:
    """
    Whether what was found out about a client still holds, after all that was awaited. Raises `Refused`.
    """
    hub = session.hub
    while new_token is None and hub.endings != endings and session.token_hash is not None:
        endings = hub.endings
        if await hub.store.person_of_token(session.token_hash) is None:
            raise Refused(Code.BAD_TOKEN, "That token is not known here.")
    if hub.rights.banned(SERVER, card.id, session.address, hub.wall_ms()):
        raise Refused(Code.BANNED, "You are banned from this server.")


async def _keep_in_mind(hub: Hub, card: Card) -> None:
    # It may be a day since they were here, and the guests of that day are being forgotten.
    try:
        still_known = await hub.store.touch((card.id,))
    except Refused:
        # The disk takes no writes, so nobody is forgotten either.
        return
    if not still_known:
        raise Refused(Code.BAD_TOKEN, "That token is not known here.")


async def _identify(
    session: Session, command: Hello, known: Card | None, now: float
) -> tuple[Card, str | None]:
    """
    The person as they are to be named, stored and with the name claimed; and the token of a new one.
    """
    hub = session.hub
    if known is None:
        assert command.name is not None
        return await _new_person(session, check_nick(command.name), now)
    here = hub.presence.people.get(known.id)
    known = hub.names.card(known.id) or (here.card if here else known)
    name = known.name if command.name is None else check_nick(command.name)
    card = Card(known.id, name)
    if name == known.name:
        hub.names.claim(name, card.id)
    else:
        with hub.names.changing(card):
            await _rename(session, known, card, now)
    return card, None


async def _rename(session: Session, known: Card, card: Card, now: float) -> None:
    hub = session.hub
    if hub.rights.muted(SERVER, card.id, session.address, hub.wall_ms()):
        raise Refused(Code.MUTED, "You may not write anywhere at the moment, a name either.")
    hub.names.claim(card.name, card.id)
    _pace_renames(hub, card, now)
    account = hub.names.card(card.id) is not None
    if account:
        hub.names.reserve(card)
    try:
        await hub.store.rename(card.id, card.name)
    except BaseException:
        hub.names.unclaim(card)
        if account:
            hub.names.unreserve(card)
            hub.names.reserve(known)
        raise
    if account:
        hub.names.unreserve(known)


def _pace_renames(hub: Hub, card: Card, now: float) -> None:
    person = hub.presence.people.get(card.id)
    wait = person.wait_to_rename(now) if person else 0.0
    if wait:
        hub.names.unclaim(card)
        raise Refused(Code.RATE_LIMITED, "Too many new names.", retry_after=wait)


async def _new_person(session: Session, name: str, now: float) -> tuple[Card, str]:
    hub = session.hub
    if hub.settings.guests == "off":
        raise Refused(Code.FORBIDDEN, "Only those who have an account come in here.")
    if hub.rights.locked(SERVER):
        raise Refused(Code.LOCKED, "The server lets nobody new in at the moment.")
    card = Card(person_id(hub.random(10)), name)
    hub.names.claim(name, card.id)
    try:
        wait = hub.new_people.take(session.address, now)
        if wait:
            raise Refused(Code.RATE_LIMITED, "Too many new people came from your address.", retry_after=wait)
        token = new_token(hub.random(32))
        await hub.store.add_person(card, hash_token(token))
    except BaseException:
        hub.names.unclaim(card)
        raise
    return card, token


def _live_on(hub: Hub, card: Card) -> None:
    """
    The connection that said hello is gone: a name that was stored is the person's if they are here by another
    one.
    """
    person = hub.presence.people.get(card.id)
    if person is None:
        hub.presence.release(card.name, card.id)
    else:
        hub.show_name(person, card.name, None)


def _become(session: Session, card: Card, email: str | None) -> None:
    hub, before = session.hub, session.person
    # Once more: another connection of the same person can have claimed the name too, and let it go.
    hub.names.claim(card.name, card.id)
    person = hub.presence.arrive(card, session)
    person.role = hub.rights.server_role(card.id)
    session.cursors.person = person
    if email is not None:
        person.email = email
    hub.show_name(person, card.name, session)
    if before is None:
        for key, cursor in tuple(session.cursors.rooms.items()):
            if is_private(key):
                continue
            # What a watcher may hear is not always for the person that it is now.
            if not may_stay(hub, session, cursor.room):
                expel(session, cursor.room, "forbidden")
            elif is_locked_out(session, cursor.room):
                expel(session, cursor.room, "locked")
            else:
                cursor.room.enter(person.card, session.cursors)


async def _welcome(session: Session, token: str | None = None, *, first: bool = False) -> Welcome:
    hub, person = session.hub, session.person
    settings = hub.settings
    records = await _own_rooms(session, person)
    ignored = await hub.store.registry.ignored(person.card.id) if person else ()
    for record in records:
        room = hub.rooms.get(record.key)
        if first and record.pair and room is not None and not session.closed:
            # What it had before one came is told by its head; what is being committed comes as an event.
            hub.settle(room, record)
            session.hear(room, record.head)
    return Welcome(
        server=settings.server,
        epoch=hub.store.epoch,
        token=token or UNSET,
        me=person.as_self if person else Self(role="watcher"),
        rooms=tuple(_welcome_room(record, person) for record in records),
        limits=Limits(
            text=MAX_TEXT,
            frame=settings.frame,
            message_rate=settings.message_rate,
            message_burst=settings.message_burst,
            upload=settings.upload,
        ),
        now=iso_time(hub.wall_ms()),
        server_can=ServerCan(
            sign_up=settings.sign_up,
            guests=settings.guests,
            locked=hub.rights.locked(SERVER),
            claimed=hub.rights.claimed(),
        ),
        ignored=tuple(Face.of(card) for card in ignored),
    )


async def _own_rooms(session: Session, person: Person | None) -> list[RoomRecord]:
    store = session.hub.store
    records: Collection[RoomRecord] = ()
    if person is not None:
        own = person.card.id
        closed = session.hub.rights.closed_rooms(own)
        found = await session.cursors.in_turn(lambda: store.inbox(own, MAX_WELCOME_ROOMS, closed)) or ()
        await session.hub.deeds_are_told()
        # One may have been sent out of one meanwhile.
        may_hear = session.hub.rights.may_hear
        records = [record for record in found if not is_closed(record.key) or may_hear(record.key, own)]
    lobby = next((record for record in records if record.key == LOBBY), None)
    if lobby is None:
        lobby = await store.room(LOBBY, session.viewer) or RoomRecord(LOBBY, LOBBY, "", 0, 1)
    others = [record for record in records if record.key != LOBBY]
    return [lobby, *others][:MAX_WELCOME_ROOMS]


def _welcome_room(record: RoomRecord, person: Person | None) -> WelcomeRoom:
    viewer = person.card.id if person else None
    read = person.marker(record.key, record.read) if person else 0
    peer = own_peer(record, viewer)
    counts = record.counts
    return WelcomeRoom(
        own_name(record, viewer),
        record.topic,
        record.head,
        read,
        peer or UNSET,
        record.title,
        unread=counts.unread,
        mentions=counts.mentions,
        notice=counts.notice,
    )
