"""
Saying who one is: the way from a connection to a person.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec import UNSET

from chatd.core.attendance import own_name, own_peer
from chatd.core.commands import Hello, Limits, Me, Self, Welcome, WelcomeRoom
from chatd.core.events import Card, iso_time
from chatd.core.names import LOBBY, check_nick, fold, is_private, person_id
from chatd.core.news import Item
from chatd.core.ports import RoomRecord
from chatd.core.presence import Person
from chatd.core.refusals import CloseCode, Code, Refused
from chatd.core.text import MAX_TEXT, forbidden_character

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

MAX_WELCOME_ROOMS = 200


def hash_token(token: str) -> bytes:
    """
    What the store keeps of a token. A token is 256 random bits, so one pass of SHA-256 is enough.
    """
    return hashlib.sha256(token.encode()).digest()


async def hello(session: Session, command: Hello, now: float) -> None:
    """
    Make the client a person, old or new, or a watcher; or give the person that it is another name.
    """
    email = _checked_email(command.email)
    if command.name is None and command.token is None and session.person is None:
        session.greeted = True
        session.answer(command, await _welcome(session))
        return
    card, token = await _identify(session, command, now)
    if session.closed:
        _live_on(session.hub, card)
        return
    # Held from before the heads are read until they have been told: what comes in between is sent after them.
    session.cursors.held = True
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


async def _identify(session: Session, command: Hello, now: float) -> tuple[Card, str | None]:
    """
    The person as they are to be named, stored and with the name claimed; and the token of a new one.
    """
    hub, person = session.hub, session.person
    known = person.card if person else None
    if command.token is not None:
        known = await _recognize(hub, command.token)
        if person is not None and known.id != person.card.id:
            raise Refused(Code.FORBIDDEN, "This connection is somebody else's already.")
    if known is None:
        assert command.name is not None
        return await _new_person(session, check_nick(command.name), now)
    name = known.name if command.name is None else check_nick(command.name)
    card = Card(known.id, name)
    hub.presence.claim(name, card.id)
    if name != known.name:
        _pace_renames(hub, card, now)
        try:
            await hub.store.rename(card.id, name)
        except BaseException:
            _unclaim(hub, card)
            raise
    return card, None


def _pace_renames(hub: Hub, card: Card, now: float) -> None:
    person = hub.presence.people.get(card.id)
    wait = person.renames.take(now) if person else 0.0
    if wait:
        _unclaim(hub, card)
        raise Refused(Code.RATE_LIMITED, "Too many new names.", retry_after=wait)


async def _recognize(hub: Hub, token: str) -> Card:
    """
    Whose token it is. Raises `Refused` with `bad_token`.
    """
    unknown = Refused(Code.BAD_TOKEN, "That token is not known here.")
    known = await hub.store.person_of_token(hash_token(token))
    if known is None:
        raise unknown
    here = hub.presence.people.get(known.card.id)
    if here is not None:
        return here.card
    if not known.kept:
        # It may be a day since they were here, and the guests of that day are being forgotten.
        try:
            still_known = await hub.store.touch((known.card.id,))
        except Refused:
            # The disk takes no writes, so nobody is forgotten either.
            still_known = 1
        if not still_known:
            raise unknown
    return known.card


async def _new_person(session: Session, name: str, now: float) -> tuple[Card, str]:
    hub = session.hub
    card = Card(person_id(hub.random(10)), name)
    hub.presence.claim(name, card.id)
    try:
        wait = hub.new_people.take(session.address, now)
        if wait:
            raise Refused(Code.RATE_LIMITED, "Too many new people came from your address.", retry_after=wait)
        token = base64.urlsafe_b64encode(hub.random(32)).decode("ascii").rstrip("=")
        await hub.store.add_person(card, hash_token(token))
    except BaseException:
        _unclaim(hub, card)
        raise
    return card, token


def _unclaim(hub: Hub, card: Card) -> None:
    person = hub.presence.people.get(card.id)
    if person is None or fold(person.card.name) != fold(card.name):
        hub.presence.release(card.name, card.id)


def _live_on(hub: Hub, card: Card) -> None:
    """
    The connection that said hello is gone: a name that was stored is the person's if they are here by another
    one.
    """
    person = hub.presence.people.get(card.id)
    if person is None:
        hub.presence.release(card.name, card.id)
    else:
        _show_name(hub, person, card.name, None)


def _show_name(hub: Hub, person: Person, name: str, by: Session | None) -> None:
    renamed = person.card.name != name
    if renamed or len(person.sessions) <= 1:
        # Also if they come with it: the rooms in memory can know them by their last name.
        hub.rename(person, name)
    if renamed:
        hub.news.tell(person, Me, Item(Me(me=person.as_self), but=by))


def _become(session: Session, card: Card, email: str | None) -> None:
    hub, before = session.hub, session.person
    # Once more: another connection of the same person can have claimed the name too, and let it go.
    hub.presence.claim(card.name, card.id)
    person = hub.presence.arrive(card, session)
    session.cursors.person = person
    if email is not None:
        person.email = email
    _show_name(hub, person, card.name, session)
    if before is None:
        for key, cursor in session.cursors.rooms.items():
            if not is_private(key):
                cursor.room.enter(person.card, session.cursors)


async def _welcome(session: Session, token: str | None = None, *, first: bool = False) -> Welcome:
    hub, person = session.hub, session.person
    settings = hub.settings
    records = await _own_rooms(session, person)
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
        limits=Limits(MAX_TEXT, settings.frame, settings.message_rate, settings.message_burst),
        now=iso_time(hub.wall_ms()),
    )


async def _own_rooms(session: Session, person: Person | None) -> list[RoomRecord]:
    store = session.hub.store
    records: Collection[RoomRecord] = ()
    if person is not None:
        own = person.card.id
        records = await session.cursors.in_turn(lambda: store.inbox(own, MAX_WELCOME_ROOMS)) or ()
    lobby = next((record for record in records if record.key == LOBBY), None)
    if lobby is None:
        lobby = await store.room(LOBBY, session.viewer) or RoomRecord(LOBBY, LOBBY, "", 0, 1)
    others = [record for record in records if record.key != LOBBY]
    return [lobby, *others][:MAX_WELCOME_ROOMS]


def _welcome_room(record: RoomRecord, person: Person | None) -> WelcomeRoom:
    viewer = person.card.id if person else None
    read = person.marker(record.key, record.read) if person else 0
    peer = own_peer(record, viewer)
    return WelcomeRoom(own_name(record, viewer), record.topic, record.head, read, peer or UNSET)
