"""
Looking for messages: what is asked and answered, and in which rooms somebody may look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from chatd.core import rules
from chatd.core.attendance import own_name, own_peer
from chatd.core.events import Deed, Message
from chatd.core.forms import DELETED, EDITED
from chatd.core.limits import AddressLimit
from chatd.core.names import (
    CLOSED_MARK,
    PRIVATE_MARK,
    PersonId,
    RoomKey,
    fold,
    is_closed,
    is_person_id,
    is_private,
    private_key,
    private_pair,
    room_key,
)
from chatd.core.ports import View
from chatd.core.queries import Found, Hit, Search
from chatd.core.reading import MOST_READINGS
from chatd.core.refusals import Code, Refused
from chatd.core.search import PREFIX_LENGTH, Query, parse
from chatd.core.sieve import Findings, Scope, Sieve, Sought
from chatd.core.talk import PAGE_BYTES

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

PARTS_WHY = "No message has this as words of its own; these have it within words."
CUT_WHY = "That took too long; ask for more to go on."
OLD_WHY = "Older messages are still being made ready for the search."


MOST_WAITING = 32
"""So many searches may wait for the store, or be looked after by it; it takes two at a time."""


@dataclass(slots=True)
class Touched:
    """
    From which messages text was taken since a search looked at them; the room None is every one.
    """

    rooms: set[RoomKey | None] = field(default_factory=set)
    messages: set[tuple[RoomKey, int | None]] = field(default_factory=set)

    def __contains__(self, message: Message) -> bool:
        at = {(message.room, message.offset)}
        if message.reply_to is not None:
            # What it answers is quoted with it.
            at.add((message.room, message.reply_to))
        return not self.rooms.isdisjoint((None, message.room)) or not self.messages.isdisjoint(at)

    def clear(self) -> None:
        """
        They are about to be looked at again.
        """
        self.rooms.clear()
        self.messages.clear()


@dataclass(slots=True)
class Searches:
    """
    Who is looking for something, and how often: five times a second, ten at once, one after the other. A
    watcher is told from others by its session alone.
    """

    limit: AddressLimit = field(default_factory=lambda: AddressLimit(10, 2.0))
    under_way: dict[PersonId | Session, Touched] = field(default_factory=dict)
    waiting: int = 0

    async def ask(self, question: Callable[[], Awaitable[Findings]]) -> Findings:
        """
        Ask the store. Raises `Refused` with `rate_limited` if too many wait for it.
        """
        if self.waiting >= MOST_WAITING:
            raise Refused(Code.RATE_LIMITED, "Too many look for something at the moment.", retry_after=1.0)
        self.waiting += 1
        try:
            return await question()
        finally:
            self.waiting -= 1

    def touch(self, deed: Deed) -> None:
        """
        Note for those who look for something from which messages a deed has taken text.
        """
        for touched in self.under_way.values():
            if deed.wipe is not None:
                touched.rooms.add(None if deed.wipe.everywhere else deed.room)
            elif deed.kind in (EDITED, DELETED):
                touched.messages.add((deed.room, deed.detail.about))


async def search(session: Session, command: Search, now: float) -> None:
    """
    Look for messages in all rooms that the client may read. The commands behind it do not wait for it.
    """
    hub, searches = session.hub, session.hub.searches
    seeker = session.viewer or session
    if seeker in searches.under_way:
        raise Refused(Code.RATE_LIMITED, "One search after the other.", retry_after=0.5)
    if hub.settings.message_rate:
        # Where addresses tell nobody from others (behind a proxy, on this machine) each connection counts.
        wait = searches.limit.take(session.viewer or session.address or f"session {id(session)}", now)
        if wait:
            raise Refused(Code.RATE_LIMITED, "Too many searches at once.", retry_after=wait)
    touched = searches.under_way[seeker] = Touched()
    try:
        await _look(session, command, parse(command.query), touched)
    finally:
        del searches.under_way[seeker]


async def _look(session: Session, command: Search, query: Query, touched: Touched) -> None:
    hub = session.hub
    if query.empty:
        session.answer(command, Found(hits=(), more=False, why=query.why))
        return
    scope, unknown = await _scope(session, query)
    if unknown:
        no_room = f"{query.why} You are in no room called {unknown}.".strip()
        session.answer(command, Found(hits=(), more=False, why=no_room))
        return
    ids, names = _people(session, query)
    before, parts = command.before, False
    if before is not None:
        before, parts = before.rstrip("p"), before.endswith("p")
    sought = Sought(
        query=query,
        scope=scope,
        ids=ids,
        names=names,
        before=None if before is None else int(before),
        parts=parts,
        limit=command.limit,
    )
    found = await hub.searches.ask(lambda: hub.store.finder.search(sought))
    why = [query.why]
    if not found.messages and not found.cut and before is None and _has_parts(query):
        within = Sought(query=query, scope=scope, ids=ids, names=names, parts=True, limit=command.limit)
        found_within = await hub.searches.ask(lambda: hub.store.finder.search(within))
        if found_within.messages or found_within.more:
            found, sought = found_within, within
            why.append(PARTS_WHY)
    why += [CUT_WHY] * found.cut + [OLD_WHY] * found.old
    some = _cut(found)

    async def tell() -> None:
        answer = Found(
            hits=await _hits(session, command, sought, some, touched),
            more=some.more,
            next=f"{some.upto}{'p' * sought.parts}" if some.more else UNSET,
            why=" ".join(filter(None, why)) or UNSET,
        )
        session.answer(command, answer)

    # Only the answer is large: whoever waits for a turn is not to wait for a search.
    await session.cursors.in_turn(tell)


def _cut(found: Findings) -> Findings:
    """As much of it as an answer has room for."""
    weight = 0
    for place, message in enumerate(found.messages):
        weight += message.weight
        if place and weight > PAGE_BYTES:
            some = found.messages[:place]
            return replace(found, messages=some, upto=some[-1].commit, more=True)
    return found


def _has_parts(query: Query) -> bool:
    """Whether it is worth looking within words; one or two characters would be found anywhere."""
    return any(term.words for term in query.terms) and all(
        len(term.text) >= PREFIX_LENGTH for term in query.terms
    )


async def _hits(
    session: Session, command: Search, sought: Sought, found: Findings, touched: Touched
) -> tuple[Hit, ...]:
    """What was found, as far as it is still so and the client may still read it."""
    hub, sieve = session.hub, Sieve(sought)
    messages = found.messages
    views = {key: await _view(session, key) for key in dict.fromkeys(each.room for each in messages)}
    for readings in count():
        # What is stored can be found before it is published.
        await hub.deeds_are_told()
        stale = [message for message in messages if message in touched]
        if not stale:
            break
        if readings == MOST_READINGS:
            # Others are at it all the time; it is found when they are done.
            messages = tuple(message for message in messages if message not in stale)
            break
        touched.clear()
        again = await hub.store.finder.again([message.commit for message in messages])
        messages = tuple(message for message in again if sieve.means(message))
    rules.check(session, command)
    return tuple(
        Hit(message, views[message.room], tuple(sieve.marks(message.text)))
        for message in messages
        if may_read(session, message.room)
    )


async def _view(session: Session, key: RoomKey) -> View:
    room = session.hub.rooms.get(key)
    if room is not None and room.exists:
        return room.view(session.viewer)
    record = await session.hub.store.room(key, None)
    if record is None:
        return View(key)
    return View(own_name(record, session.viewer), own_peer(record, session.viewer))


def may_read(session: Session, key: RoomKey) -> bool:
    """
    Whether the client may read a room, which it need not hear.
    """
    rights, viewer = session.hub.rights, session.viewer
    if is_private(key):
        return viewer is not None and viewer in private_pair(key)
    return rights.may_hear(key, viewer) and not rights.banned(
        key, session.author, session.address, session.hub.wall_ms()
    )


async def _scope(session: Session, query: Query) -> tuple[Scope, str]:
    """In which rooms is looked, or the name of one that the client has not."""
    if query.rooms:
        named = await _named(session, query.rooms)
        unknown = next((name for name, keys in named if not keys), "")
        return Scope(included=frozenset(key for _, keys in named for key in keys)), unknown
    rights, viewer = session.hub.rights, session.viewer
    bot = viewer is not None and rights.account(viewer) == "bot"
    decided = [key for key in rights.rooms() if not (is_closed(key) or is_private(key))]
    included = [key for key in rights.closed_rooms(viewer) if may_read(session, key)]
    if bot:
        included += [key for key in decided if may_read(session, key)]
    scope = Scope(
        public=not bot,
        excluded=frozenset(key for key in decided if not may_read(session, key)),
        included=frozenset(included),
        person=viewer,
    )
    return scope, ""


async def _named(session: Session, names: Collection[str]) -> list[tuple[str, list[RoomKey]]]:
    """For each name the rooms that somebody can mean by it, of those that they may read."""
    viewer = session.viewer
    called: tuple[tuple[str, RoomKey], ...] = ()
    if viewer is not None:
        closed = session.hub.rights.closed_rooms(viewer)
        folded = frozenset(map(fold, names))
        called = await session.hub.store.finder.called(viewer, folded, closed)
    meant: list[tuple[str, list[RoomKey]]] = []
    for name in names:
        keys = [*_spelt(session, name), *(key for each, key in called if each == fold(name))]
        meant.append((name, [key for key in keys if may_read(session, key)]))
    return meant


def _spelt(session: Session, name: str) -> list[RoomKey]:
    """The room whose key a name is, if it can be one."""
    viewer = session.viewer
    if name.startswith(CLOSED_MARK):
        return [RoomKey(name)]
    if name.startswith(PRIVATE_MARK):
        other = name.removeprefix(PRIVATE_MARK)
        if viewer is not None and is_person_id(other) and other != viewer:
            return [private_key(viewer, PersonId(other))]
        return []
    with suppress(Refused):
        return [room_key(name)]
    return []


def _people(session: Session, query: Query) -> tuple[frozenset[PersonId], frozenset[str]]:
    """The people whom a query names: by what they are called, or were called when they wrote."""
    ids: set[PersonId] = set()
    names: set[str] = set()
    for name in query.people:
        bare = name.removeprefix(PRIVATE_MARK)
        if fold(bare) == "me" and session.viewer is not None:
            ids.add(session.viewer)
            continue
        if is_person_id(bare):
            ids.add(PersonId(bare))
        names.add(fold(bare))
        ids |= _called(session.hub, bare)
    return frozenset(ids), frozenset(names)


def _called(hub: Hub, name: str) -> set[PersonId]:
    """Whoever is here under a name, and whose account has it; found without looking at everybody."""
    called = set()
    here, account = hub.presence.holder(name), hub.names.holder(name)
    if here is not None:
        called.add(here)
    card = None if account is None else hub.names.card(account)
    if card is not None and fold(card.name) == fold(name):
        called.add(card.id)
    return called
