"""
The log of one room in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from msgspec.structs import replace

from chatd.core.events import Card, Deed, DeedDraft, Event, Given, Message, Reaction, Wipe
from chatd.core.forms import (
    DELETED,
    EDITED,
    MOST_EMOJI,
    MOST_GIVEN,
    MOST_OWN,
    MOST_PINS,
    PEOPLE_TOLD,
    PINNED,
    REACTED,
    after,
    after_wipe,
    in_order,
    only_changes,
    quote_of,
    superseded,
)
from chatd.core.names import PersonId, RoomKey
from chatd.core.records import MOST_JOINED, MOST_SKIPPED, Position, Slice
from chatd.core.retention import Keep
from chatd.store import rules


@dataclass(slots=True)
class Log:
    """
    The `events` of a room that are kept: dense, from the offset `first` on. `messages` is how many of them
    are messages; `taken` are when they were said, authors and cids of those whose text was taken of late.
    """

    key: RoomKey
    name: str
    topic: str = ""
    first: int = 1
    events: list[Event] = field(default_factory=list)
    messages: int = 0
    last_commit: int = 0
    pins: list[int] = field(default_factory=list)
    taken: list[tuple[int, PersonId, str]] = field(default_factory=list)
    _reactions: dict[int, dict[str, dict[PersonId, Card]]] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """
        The offset of the last event that there ever was.
        """
        return self.first + len(self.events) - 1

    def add(self, event: Event) -> None:
        """
        Put an event at the end.
        """
        self.events.append(event)
        self.messages += isinstance(event, Message)

    def wipe(self, wipe: Wipe) -> None:
        """
        Take the text of the messages that a wipe means.
        """
        self._become([after_wipe(event, wipe) for event in self.events])
        for event in self.events:
            if isinstance(event, Message) and event.deleted:
                self._forget(event.offset)

    def _become(self, events: list[Event]) -> None:
        for before, now in zip(self.events, events, strict=True):
            if isinstance(before, Message) and before.cid and isinstance(now, Message) and not now.cid:
                self.taken.append((before.at_ms, before.author.id, before.cid))
        self.events = events

    def message(self, offset: int) -> Message | None:
        """
        The kept message at an offset; None if there is none.
        """
        event = self.events[offset - self.first] if self.first <= offset <= self.head else None
        return event if isinstance(event, Message) else None

    def would_change(self, draft: DeedDraft) -> bool:
        """
        Whether a message is not yet what a deed makes of it. Raises `Refused`.
        """
        detail = draft.detail
        assert detail.about is not None
        message = self.message(detail.about)
        if message is None or message.deleted:
            raise rules.no_such_message(detail.about)
        if draft.kind == EDITED:
            return message.text != detail.text
        if draft.kind == PINNED:
            if detail.on and detail.about not in self.pins and len(self.pins) >= MOST_PINS:
                raise rules.too_many_pins()
            return (detail.about in self.pins) != detail.on
        if draft.kind == REACTED:
            given = self._reactions.get(detail.about, {})
            own = sum(draft.author.id in people for each, people in given.items() if each != detail.emoji)
            if detail.on and (own >= MOST_OWN or (detail.emoji not in given and len(given) >= MOST_EMOJI)):
                raise rules.too_many_emoji()
            return (draft.author.id in given.get(detail.emoji or "", {})) != detail.on
        return True

    def change(self, deed: Deed) -> None:
        """
        Have the message that a deed is about be what it makes of it.
        """
        self._become([after(event, deed) for event in self.events])
        about, detail = deed.detail.about, deed.detail
        assert about is not None
        if deed.kind == DELETED:
            self._forget(about)
        elif deed.kind == PINNED:
            self.pins = [about, *self.pins] if detail.on else [o for o in self.pins if o != about]
        elif deed.kind == REACTED:
            self._react(about, detail.emoji or "", deed.author, on=bool(detail.on))

    def _react(self, about: int, emoji: str, who: Card, *, on: bool) -> None:
        given = self._reactions.setdefault(about, {})
        people = given.setdefault(emoji, {})
        if on:
            people[who.id] = Card(who.id, who.name)
        else:
            del people[who.id]
            if not people:
                del given[emoji]
        message = self.message(about)
        assert message is not None
        told = in_order(
            Reaction(each, len(of), tuple(of.values())[:PEOPLE_TOLD]) for each, of in given.items()
        )
        self.events[about - self.first] = replace(message, reactions=in_order(told))

    def given(self, reader: PersonId | None, after: int, upto: int) -> tuple[Given, ...]:
        """
        The reactions of somebody to the messages with `after` < offset <= `upto` that are told without their
        name: the last `MOST_GIVEN`.
        """
        found = [
            Given(offset, emoji)
            for offset, given in sorted(self._reactions.items())
            for emoji, people in sorted(given.items())
            if after < offset <= upto and reader in tuple(people)[PEOPLE_TOLD:]
        ]
        return tuple(found[-MOST_GIVEN:])

    def _forget(self, offset: int) -> None:
        self._reactions.pop(offset, None)
        if offset in self.pins:
            self.pins.remove(offset)

    def quoted(self, event: Event) -> Event:
        """
        An event with what it quotes, which is kept in no other place than its own.
        """
        if not isinstance(event, Message) or event.reply_to is None or event.deleted:
            return event
        answered = self.message(event.reply_to)
        if answered is None:
            return event
        quote = quote_of(answered.author, answered.text, deleted=answered.deleted, files=len(answered.files))
        return replace(event, quote=quote)

    def from_offset(self, offset: int) -> Iterable[Event]:
        """
        The kept events from that offset on; `offset` is not below `first`.
        """
        for index in range(offset - self.first, len(self.events)):
            yield self.quoted(self.events[index])

    def back_from(self, offset: int) -> Iterable[Event]:
        """
        The kept events from that offset backwards.
        """
        for index in range(min(offset, self.head) - self.first, -1, -1):
            yield self.quoted(self.events[index])

    def page(
        self, before: int | None, after: int | None, limit: int, max_bytes: int, *, brief: bool
    ) -> Slice:
        """
        A piece of the log, as `Store.page` says.
        """
        skipped = MOST_SKIPPED if brief else self.head + 1
        if after is not None:
            first = max(after + 1, self.first)
            end = first - 1 + skipped
            events = islice(self.from_offset(first), skipped)
            found = rules.cut(_but_changes(events, brief=brief), limit, max_bytes)
            return found if found.more or end >= self.head else Slice(found.events, True, next=end)
        last = self.head + 1 if before is None else min(before, self.head + 1)
        end = last - skipped
        back = rules.cut(
            _but_changes(islice(self.back_from(last - 1), skipped), brief=brief), limit, max_bytes
        )
        if back.more or end <= self.first:
            return Slice(back.events[::-1], back.more)
        return Slice(back.events[::-1], True, next=end)

    def start(self, last: int, *, brief: bool = False) -> int:
        """
        The place before the last `last` messages, and not before the last `MOST_JOINED` events.
        """
        if last <= 0:
            return self.head
        looked = MOST_SKIPPED if brief else MOST_JOINED
        most = MOST_JOINED
        for event in _but_changes(islice(self.back_from(self.head), looked), brief=brief):
            if most == 0:
                return event.offset
            most -= 1
            last -= isinstance(event, Message)
            if last == 0:
                return event.offset - 1
        return max(self.first - 1, self.head - looked)

    def trim(self, keep: Keep, limit: int) -> list[Event]:
        """
        Let go of what is not to be kept, at most `limit` events; the answer is those.
        """
        messages = self.messages
        count = 0
        for event in islice(self.events, limit):
            counts = isinstance(event, Message)
            if not keep.lets_go(event.at_ms, messages, counts=counts):
                break
            messages -= counts
            count += 1
        return self.drop(count)

    def drop(self, count: int) -> list[Event]:
        """
        Let go of that many events at the front; the answer is those.
        """
        gone = self.events[:count]
        offsets = {event.offset for event in gone}
        self.events = [
            superseded(event)
            if isinstance(event, Deed) and event.kind == EDITED and event.detail.about in offsets
            else event
            for event in self.events
        ]
        for event in gone:
            self._forget(event.offset)
        del self.events[:count]
        self.first += count
        self.messages -= sum(isinstance(event, Message) for event in gone)
        return gone

    def stands(self, position: Position) -> bool:
        """
        Whether a cursor can go on from there without missing anything.
        """
        if not self.first - 1 <= position.after <= self.head:
            return False
        if position.id is None or position.after == 0:
            return True
        return position.after >= self.first and self.events[position.after - self.first].id == position.id


def _but_changes(events: Iterable[Event], *, brief: bool) -> Iterable[Event]:
    return (event for event in events if not (brief and only_changes(event)))
