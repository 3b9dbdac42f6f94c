"""
What there is to a room while somebody is in it: how far its log goes, who hears it, and who is seen there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, cast

from chatd.core.commands import Absent, Count, Face, Members, Present, TypingNow
from chatd.core.deadlines import Deadlines
from chatd.core.events import Card, Event
from chatd.core.hearing import Hearing, Listener
from chatd.core.names import PRIVATE_MARK, PersonId, RoomKey, is_private, peer_of
from chatd.core.news import Item, News
from chatd.core.outbox import Delivery
from chatd.core.ports import View
from chatd.core.presence import GRACE_SECONDS, TYPING_SECONDS
from chatd.core.records import RoomRecord
from chatd.core.tail import Entry, Growth, Tail, Tails

MAX_LISTED = 200
"""The most members that are listed, and the most for whom each coming and going is told."""

CALM_BELOW = 150
COUNT_SECONDS = 5.0

MAX_TYPISTS = 5
"""Of how many others hear at a time that they are writing: nobody reads more names than that."""


@dataclass(slots=True)
class Membership:
    """
    Somebody's being in a room, through at least one connection or until a moment ago.
    """

    card: Card
    # Made once: a list of members is asked for at each join.
    face: Face = field(init=False)
    listeners: dict[Listener, None] = field(default_factory=dict)
    gone_at: float | None = None

    def __post_init__(self) -> None:
        self.rename(self.card)

    def rename(self, card: Card) -> None:
        """
        Be known by another card from now on.
        """
        self.card, self.face = card, Face.of(card)


@dataclass(slots=True, eq=False)
class Room:
    """
    A log under its name, with those who hear it and those who are seen there.

    It is in memory while somebody hears it, is a member of it or is about to be (`pins`). `head` is the last
    offset that was published, or that the store named when the room was `settled`; `name` is "" until the
    store or the first member has given it one.
    """

    key: RoomKey
    deadlines: Deadlines
    news: News
    delivery: Delivery
    name: str = ""
    topic: str = ""
    title: str = ""
    head: int = 0
    pair: dict[PersonId, Card] = field(default_factory=dict)
    pins: int = 0
    settled: bool = False
    tails: Tails = field(default_factory=Tails)
    tail: Tail = field(default_factory=Tail)
    hearing: Hearing = field(init=False)
    members: dict[PersonId, Membership] = field(default_factory=dict)
    crowded: bool = False
    _public_view: View | None = None
    _count_told: int | None = None
    _typing: dict[PersonId, float] = field(default_factory=dict)
    # The first of a plain dict is not found at once where many before it were taken out.
    _said: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _untold: dict[PersonId, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hearing = Hearing(self.delivery)

    @property
    def unused(self) -> bool:
        """
        Whether nothing would be missed if the room left memory.
        """
        return not (self.hearing.cursors or self.members or self.pins)

    def forget(self) -> None:
        """
        Be no more than a name, if that is all that is left: no member, and never an event. Who only watched
        it goes on hearing what becomes of it.
        """
        if not (self.members or self.head or self.pins or self.pair):
            self.name = ""

    def make(self, name: str) -> None:
        """
        Exist from now on, without an event.
        """
        self.name, self.settled = name, True
        for cursor in self.hearing.cursors.values():
            cursor.view = self.view(None)

    @property
    def exists(self) -> bool:
        """
        Whether the room is more than a name that somebody asked for.
        """
        return bool(self.name or self.pair)

    def settle(self, record: RoomRecord) -> None:
        """
        Take over what the store knows. Once its head has been taken over, only what is published raises it.
        """
        self.name, self.topic, self.title = record.name, record.topic, record.title
        if not self.settled:
            self.settled = True
            self.head = max(self.head, record.head)
        for card in record.pair or ():
            self.pair.setdefault(card.id, card)

    def view(self, viewer: PersonId | None) -> View:
        """
        How somebody sees the room.
        """
        if viewer is not None and is_private(self.key):
            peer = peer_of(self.key, viewer)
            return View(f"{PRIVATE_MARK}{peer}", Face.of(self.pair[peer]))
        if self._public_view is None or self._public_view.room != self.name:
            self._public_view = View(self.name)
        return self._public_view

    def publish(self, events: Iterable[Event]) -> None:
        """
        Offer what the log has gained to all who hear it. Never waits or raises: to whom it is no use now
        reads it later.
        """
        growth = Growth([Entry(event) for event in events])
        self.tails.extend(self.tail, growth.entries)
        # In a private room each sees it in their own way, and before a room is settled its head is not known.
        in_step = self.settled and growth.after == self.head and not is_private(self.key)
        if not in_step:
            self.hearing.scatter()
        elif self.hearing.groups:
            # It goes first, and while the head is what it was: who does not take all of it is not in step.
            self.delivery.flush()
        self.head = max(self.head, growth.last)
        self.hearing.tell(growth, self.view(None) if in_step else None)

    def rename(self, card: Card) -> None:
        """
        A member, or one of a private room's two people, has another name.
        """
        if self.pair.get(card.id, card) != card:
            self.pair[card.id] = card
            self.tail.rename()
            for cursor in self.hearing.cursors.values():
                if cursor.view.peer is not None and cursor.view.peer.id == card.id:
                    cursor.view = View(cursor.view.room, Face.of(card))
        elif card.id in self.members and self.members[card.id].card != card:
            self.members[card.id].rename(card)
            if not self.crowded:
                self._tell_of(Present(room=self.name, who=Face.of(card)))

    def enter(self, card: Card, listener: Listener) -> None:
        """
        A person's connection comes in. Others hear of it if no other connection of theirs was or just had
        been here.
        """
        membership = self.members.get(card.id)
        if membership is None:
            membership = self.members[card.id] = Membership(card)
            membership.listeners[listener] = None
            self._tell_change(Present(room=self.name, who=Face.of(card)))
        else:
            membership.listeners[listener] = None
            membership.gone_at = None
            # They can have come back under another name.
            self.rename(card)

    def exit(self, person: PersonId, listener: Listener, now: float, *, lost: bool) -> None:
        """
        A person's connection goes. With the last one the person goes: at once, or after a while if it was
        `lost`.
        """
        membership = self.members.get(person)
        if membership is None or listener not in membership.listeners:
            return
        del membership.listeners[listener]
        if membership.listeners:
            return
        if lost:
            membership.gone_at = now
        else:
            self._remove(membership.card, "left")

    def expel(self, person: PersonId, listener: Listener, reason: Literal["left", "kicked"]) -> None:
        """
        A person's connection is sent out; with the last one they are, at once.
        """
        membership = self.members.get(person)
        if membership is None:
            return
        membership.listeners.pop(listener, None)
        if not membership.listeners:
            self._remove(membership.card, reason)

    def must_wait(self, who: str, slow_seconds: int, now: float) -> float:
        """
        How many seconds a person, or an address, has to wait in slow mode before they say more; if none, they
        say it now.
        """
        # In order of time, so that each is looked at once more and no oftener.
        while self._said:
            first = next(iter(self._said))
            if now - self._said[first] < slow_seconds:
                break
            del self._said[first]
        if who in self._said:
            return self._said[who] + slow_seconds - now
        self._said[who] = now
        return 0.0

    def did_not_say(self, who: str, at: float) -> None:
        """
        What they were about to say at that time was refused: they need not wait for it.
        """
        if self._said.get(who) == at:
            del self._said[who]

    def expire(self, person: PersonId, now: float) -> None:
        """
        Take out a person whose last connection was lost and who has not come back in time.
        """
        membership = self.members.get(person)
        if membership and membership.gone_at is not None and now >= membership.gone_at + GRACE_SECONDS:
            self._remove(membership.card, "gone")

    def _remove(self, card: Card, reason: Literal["left", "gone", "kicked"]) -> None:
        del self.members[card.id]
        self._tell_change(Absent(room=self.name, who=Face.of(card), reason=reason))

    def member_list(self, viewer: PersonId | None = None) -> Members:
        """
        Who is here: at most `MAX_LISTED` of them, the viewer among them if they are a member.
        """
        listed = dict(islice(self.members.items(), MAX_LISTED))
        if viewer in self.members and viewer not in listed:
            listed.popitem()
            listed[viewer] = self.members[viewer]
        faces = tuple(membership.face for membership in listed.values())
        return Members(self.name, len(self.members), faces)

    def typing(self, card: Card, now: float) -> None:
        """
        Tell the others that somebody is writing, unless many are.
        """
        if self.crowded:
            return
        self._typing = {who: at for who, at in self._typing.items() if now - at < TYPING_SECONDS}
        free = MAX_TYPISTS - len(self._typing)
        away = self._untold = {who: at for who, at in self._untold.items() if now - at < 2 * TYPING_SECONDS}
        # Whoever was not told of last time goes first: five people are not to keep it from all others.
        if free <= (0 if card.id in away else len(away)):
            away[card.id] = now
        else:
            away.pop(card.id, None)
            self._typing[card.id] = now
            notice = TypingNow(room=self.name, who=Face.of(card))
            self.news.tell(self, (TypingNow, card.id), Item(notice, self.key, card.id))

    def _tell_change(self, notice: Present | Absent) -> None:
        count = len(self.members)
        if self.crowded and count < CALM_BELOW:
            self.crowded = False
            self.news.tell(self, Members, Item(self.member_list(), self.key))
        elif self.crowded or count > MAX_LISTED:
            self.crowded = True
            self._tell_count()
        else:
            self._tell_of(notice)

    def _tell_of(self, notice: Present | Absent) -> None:
        # Of one person the last counts, whichever of the two it is; and nobody is told of themselves.
        self.news.tell(self, (Present, notice.who.id), Item(notice, self.key, notice.who.id))

    def _tell_count(self) -> None:
        if self._count_told is not None:
            return
        told = self._count_told = len(self.members)
        self.news.tell(self, Count, Item(Count(room=self.name, count=told), self.key))

        def again(_now: float) -> None:
            self._count_told = None
            if self.crowded and len(self.members) != told:
                self._tell_count()

        self.deadlines.after(COUNT_SECONDS, again)

    def hearers(self) -> Collection[Listener]:
        """
        See `Audience`.
        """
        return self.hearing.cursors

    def spared(self, but: Hashable) -> Iterable[Listener]:
        """
        See `Audience`: the connections of one person.
        """
        membership = self.members.get(cast("PersonId", but))
        return membership.listeners if membership else ()
