"""
Who listens where: the rooms in memory, the people who are here, and the way of a committed batch to all of
them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chatd.core.accounts import hash_token
from chatd.core.claims import Names
from chatd.core.commands import Me
from chatd.core.deadlines import Deadlines, Line
from chatd.core.effects import take_effect
from chatd.core.events import Batch, Card, Deed, Event
from chatd.core.finding import Searches
from chatd.core.limits import AddressLimit, Once
from chatd.core.names import (
    LOBBY,
    PersonId,
    RoomKey,
    fold,
    is_person_id,
    is_private,
    peer_of,
    person_id,
    private_pair,
)
from chatd.core.news import Item, News
from chatd.core.outbox import Delivery, Outbox
from chatd.core.pacing import Gate, Turns
from chatd.core.ports import Store
from chatd.core.presence import GRACE_SECONDS, Person, Presence
from chatd.core.records import Known, RoomRecord
from chatd.core.refusals import Code, Refused
from chatd.core.rights import Rights
from chatd.core.room import Room
from chatd.core.session import Session
from chatd.core.settings import Settings
from chatd.core.tail import Tails
from chatd.core.traces import Traces

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Hub:
    """
    All that is shared by the sessions of one server.

    `wall_ms` is the clock on the wall in milliseconds since 1970, `random` gives that many unguessable bytes.
    `spawn` runs a coroutine, at once as far as it goes; if it raises, that is logged and the session's
    connection closed with 1011. `report` logs an error after which everything goes on: of a command that was
    answered with `internal`, or of a call that was due.
    """

    store: Store
    delivery: Delivery
    turns: Turns
    gate: Gate
    settings: Settings
    wall_ms: Callable[[], int]
    random: Callable[[int], bytes]
    spawn: Callable[[Coroutine[Any, Any, None], Session | None], None]
    report: Callable[[Exception], None]
    deadlines: Deadlines = field(default_factory=Deadlines)
    presence: Presence = field(default_factory=Presence)
    name_keys: Callable[[str], Collection[str]] = lambda name: (fold(name),)
    names: Names = field(init=False)
    tails: Tails = field(default_factory=Tails)
    rooms: dict[RoomKey, Room] = field(default_factory=dict)
    new_people: AddressLimit = field(default_factory=lambda: AddressLimit(500, 3600.0))
    new_rooms: AddressLimit = field(default_factory=lambda: AddressLimit(10, 3600.0))
    reported: Once = field(default_factory=lambda: Once(10_000))
    identify: Callable[[Any], Awaitable[Known]] = field(init=False)
    rights: Rights = field(default_factory=Rights)
    guises: dict[PersonId, Session] = field(default_factory=dict)
    traces: Traces = field(default_factory=Traces)
    sessions: dict[Session, None] = field(default_factory=dict)
    deeds_under_way: int = 0
    searches: Searches = field(default_factory=Searches)
    endings: int = 0
    stopping: bool = False
    news: News = field(init=False)
    _private_rooms: dict[PersonId, dict[Room, None]] = field(default_factory=dict)
    _leaving: Line[Person] = field(init=False)

    def __post_init__(self) -> None:
        self.deadlines.report = self.report
        self.news = News(self.turns)
        self._leaving = Line(self.deadlines, GRACE_SECONDS, self._expire)
        self.names = Names(self.presence, self.name_keys)
        self.identify = self.by_token
        self.store.listen(self.publish, self.settled)

    async def open(self) -> None:
        """
        Take in what must be known before anybody comes: what people may do, and the lobby, which stays in
        memory from then on.
        """
        everything = await self.store.everything()
        self.rights.apply(everything.changes)
        for card in everything.accounts:
            self.names.reserve(card)
        lobby = self.hold(LOBBY)
        record = await self.store.room(LOBBY, None)
        lobby.settle(record or RoomRecord(LOBBY, LOBBY, "", 0, 1))

    def connect(
        self, outbox: Outbox, address: str | None, *, tutorial: bool, now: float, credentials: Any = None
    ) -> Session:
        """
        Begin to serve a connection that is open. `address` counts towards limits; None is not counted.
        `credentials` are what `identify` takes, if the connection came with some.
        """
        session = Session(self, outbox, address, credentials)
        self.sessions[session] = None
        if tutorial:
            session.guise = person_id(self.random(10))
            self.guises[session.guise] = session
            session.greeted = True
            lobby = self.rooms[LOBBY]
            session.hear(lobby, lobby.head)
        else:
            session.expect_hello(now)
        return session

    def disconnect(self, session: Session, now: float) -> None:
        """
        Serve a connection no longer.
        """
        self.sessions.pop(session, None)
        if session.guise is not None:
            self.guises.pop(session.guise, None)
            # Whoever wrote nothing there has an id that nobody has seen.
            if session.guise_name:
                card = Card(session.guise, session.guise_name)
                self.traces.note(card, session.address, now, guise=True)
        elif session.person is not None and session.address is not None:
            self.traces.note(session.person.card, session.address, now)

    def sessions_of(self, author: PersonId) -> tuple[Session, ...]:
        """
        All connections of a person, or the one of the tutorial's wire that writes under that id.
        """
        guise = self.guises.get(author)
        person = self.presence.people.get(author)
        return (guise,) if guise is not None else tuple(person.sessions) if person else ()

    def sessions_in(self, room: Room) -> tuple[Session, ...]:
        """
        All connections that hear a room.
        """
        return tuple(session for session in self.sessions if room.key in session.cursors.rooms)

    async def finish(self) -> None:
        """
        Look at no further command, and wait until those that were taken have been answered.
        """
        self.stopping = True
        # Writes are answered in their order, so when this is, all that was said before it is; if nobody is
        # here, too.
        await self.store.touch(tuple(self.presence.people))

    async def deeds_are_told(self) -> None:
        """
        Wait until what is being done to people and rooms has been published.
        """
        if self.deeds_under_way:
            # Writes are answered in their order, each after it was published.
            await self.store.touch(())

    async def end_tokens(self, ending: Awaitable[T]) -> T:
        """
        Await what ends tokens: whoever says hello meanwhile looks again whether theirs is still good.
        """
        self.endings += 1
        try:
            return await ending
        finally:
            self.endings += 1

    def tick(self, now: float) -> None:
        """
        Do what is due. To be called several times a second.
        """
        self.deadlines.run(now)

    def publish(self, batch: Batch) -> None:
        """
        Hand what was committed to all who hear its rooms: the broadcast.
        """
        # What is answered then belongs to it.
        self.delivery.begin()
        by_room: dict[RoomKey, list[Event]] = {}
        for event in batch:
            by_room.setdefault(event.room, []).append(event)
            if isinstance(event, Deed):
                # Whom it sends out gets nothing that was stored after it, and all that was before.
                self._spread(by_room)
                by_room = {}
                take_effect(self, event)
        self._spread(by_room)

    def _spread(self, by_room: dict[RoomKey, list[Event]]) -> None:
        for key, of_room in by_room.items():
            room = self.rooms.get(key)
            # A room that is not in memory has nobody who hears it, and everybody who comes reads it from the
            # store.
            if room is None:
                continue
            if is_private(key):
                self._wake(room, of_room[0].offset - 1)
            room.publish(of_room)

    def settled(self) -> None:
        """
        A batch that was published has been answered.
        """
        self.delivery.end()

    def _wake(self, room: Room, offset: int) -> None:
        """
        Have all connections of both people hear their private room from an offset on, without having joined
        it.
        """
        for either in private_pair(room.key):
            person = self.presence.people.get(either)
            for session in person.sessions if person else ():
                if session.cursors not in room.hearing.cursors:
                    session.hear(room, offset)

    def hold(self, key: RoomKey) -> Room:
        """
        The room, kept in memory until `release`. It may be one that does not exist: see `Room.exists`.
        """
        room = self.rooms.get(key)
        if room is None:
            room = self.rooms[key] = Room(key, self.deadlines, self.news, self.delivery, tails=self.tails)
            if is_private(key):
                for either in private_pair(key):
                    self._private_rooms.setdefault(either, {})[room] = None
        room.pins += 1
        return room

    def release(self, room: Room) -> None:
        """
        Undo one `hold`.
        """
        room.pins -= 1
        self.let_go(room)

    def let_go(self, room: Room) -> None:
        """
        Take the room out of memory if nobody needs it there.
        """
        if not room.unused or self.rooms.get(room.key) is not room:
            room.forget()
            return
        del self.rooms[room.key]
        self.tails.drop(room.tail)
        if is_private(room.key):
            for either in private_pair(room.key):
                rooms = self._private_rooms[either]
                del rooms[room]
                if not rooms:
                    del self._private_rooms[either]

    async def hold_private(self, key: RoomKey, asker: Card) -> Room:
        """
        As `hold`, for the private room of the asker and somebody else, and with all that is known of it.

        Raises `Refused` with `no_such_person`.
        """
        room = self.hold(key)
        try:
            if not room.exists:
                record = await self.store.room(key, None)
                if record is not None:
                    self.settle(room, record)
                else:
                    await self.pair_up(room, asker)
        except BaseException:
            self.release(room)
            raise
        return room

    async def pair_up(self, room: Room, asker: Card) -> None:
        """
        Find out who the two people of a private room are that has no event yet.

        Raises `Refused` with `no_such_person`.
        """
        peer = await self.card(peer_of(room.key, asker.id))
        if peer is None:
            raise Refused(Code.NO_SUCH_PERSON, "There is nobody with that id.")
        room.pair = {asker.id: asker, peer.id: peer}
        room.settled = True
        self._name_pair(room)

    def settle(self, room: Room, record: RoomRecord) -> None:
        """
        Have a room know what the store said of it.
        """
        room.settle(record)
        self._name_pair(room)

    def _name_pair(self, room: Room) -> None:
        # What was read can be older than a rename.
        for either in tuple(room.pair):
            person = self.presence.people.get(either)
            if person is not None:
                room.rename(person.card)

    async def by_token(self, token: Any) -> Known:
        """
        Who shows a token. Raises `Refused` with `bad_token`.
        """
        known = await self.store.person_of_token(hash_token(token))
        if known is None:
            raise Refused(Code.BAD_TOKEN, "That token is not known here.")
        return known

    async def somebody(self, who: str, now: float) -> Card:
        """
        The person, or the client of the tutorial's wire, with that id; one of the latter also for hours after
        it has gone. Raises `Refused` with `no_such_person`.
        """
        if is_person_id(who):
            guise = self.guises.get(PersonId(who))
            if guise is not None:
                return Card(PersonId(who), guise.guise_name or "guest")
            card = await self.card(PersonId(who)) or self.traces.card(PersonId(who), now)
            if card is not None:
                return card
        raise Refused(Code.NO_SUCH_PERSON, "There is nobody with that id.")

    def show_name(self, person: Person, name: str, by: Session | None) -> None:
        """
        Have everybody know a person by a name that is stored and claimed.
        """
        renamed = person.card.name != name
        if renamed or len(person.sessions) <= 1:
            # Also if they come with it: the rooms in memory can know them by their last name.
            self.rename(person, name)
        if renamed:
            self.news.tell(person, Me, Item(Me(me=person.as_self), but=by))

    async def cards(self, people: Collection[PersonId]) -> dict[PersonId, Card]:
        """
        Those of them who are known, as they are named now.
        """
        found: dict[PersonId, Card] = {}
        for each in people:
            person = self.presence.people.get(each)
            card = person.card if person else self.names.card(each)
            if card is not None:
                found[each] = card
        absent = [each for each in people if each not in found]
        if absent:
            found.update((card.id, card) for card in await self.store.people(absent))
        return found

    async def card(self, owner: PersonId) -> Card | None:
        """
        The person with that id as they are named now, here or not.
        """
        person = self.presence.people.get(owner)
        return person.card if person else await self.store.person(owner)

    def rename(self, person: Person, name: str) -> None:
        """
        Have everybody who sees a person see their new name, which is stored and claimed already.
        """
        self.presence.rename(person, name)
        rooms = dict(self._private_rooms.get(person.card.id, {}))
        for session in person.sessions:
            rooms.update((cursor.room, None) for cursor in session.cursors.rooms.values())
        for room in rooms:
            room.rename(person.card)

    def expect_return(self, person: Person, now: float) -> None:
        """
        The last connection of a person is gone: let them go unless they are back in time.
        """
        self._leaving.add(person, now)

    def _expire(self, person: Person, now: float) -> None:
        self.presence.expire(person, now, self._forget)

    def _forget(self, person: Person) -> None:
        async def touch() -> None:
            # A disk that takes no writes has the person seen last a little earlier, no more.
            with suppress(Refused):
                await self.store.touch((person.card.id,))

        self.spawn(touch(), None)
