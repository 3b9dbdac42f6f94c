"""
What becomes of a message after it was said: how an event of a log reads once something was done to it.

Every store and every tail in memory goes by this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from msgspec.structs import replace

from chatd.core.events import Author, Card, Deed, Event, Message, Quote, Reaction, Wipe
from chatd.core.names import PersonId

E = TypeVar("E", bound=Event)

EDITED, DELETED, REACTED, PINNED = "edited", "deleted", "reacted", "pinned"
KINDS = frozenset({EDITED, DELETED, REACTED, PINNED})
"""The kinds of deeds that are about a message: `Detail.about` is its offset."""

QUOTED_CHARACTERS = 200
PEOPLE_TOLD = 10
"""Of how many people a reaction tells the names; all are counted."""

MOST_GIVEN = 500
"""Of how many reactions that it does not name one is told at once that they are one's own."""

MOST_EMOJI = 50
"""How many different reactions a message can have."""

MOST_OWN = 10
"""How many of them one person can give."""

MOST_PINS = 100


def only_changes(event: Event) -> bool:
    """
    Whether an event does nothing but change a message of the same room, whose last form tells of it.
    """
    return isinstance(event, Deed) and event.kind in KINDS and event.detail.room is None


def quote_of(author: Author, text: str, *, deleted: bool, files: int = 0) -> Quote:
    """
    A message as its replies quote it.
    """
    return Quote(author, text[:QUOTED_CHARACTERS], files=files) if not deleted else Quote(author, "", True)


def after_wipe(event: Event, wipe: Wipe) -> Event:
    """
    An event as it reads after a wipe in its room, but for what it quotes.
    """
    if isinstance(event, Message):
        if event.author.id == wipe.author and max(event.at_ms, event.edited_ms) >= wipe.since_ms:
            return without_text(event)
    elif event.kind == EDITED and event.author.id == wipe.author and event.at_ms >= wipe.since_ms:
        return superseded(event)
    return event


def after(event: Event, deed: Deed) -> Event:
    """
    An event as it reads after a later deed that is about a message of the same room.
    """
    about = deed.detail.about
    if event.offset >= deed.offset:
        return event
    if isinstance(event, Message):
        if event.offset == about:
            return _message_after(event, deed)
        quote = event.quote
        # What is gone stays so: what was read of the store can be ahead of the deeds that are told.
        if event.reply_to == about and quote and not quote.deleted and deed.kind in (EDITED, DELETED):
            text = deed.detail.text or ""
            deleted = deed.kind == DELETED
            return replace(event, quote=quote_of(quote.author, text, deleted=deleted, files=quote.files))
    elif event.kind == EDITED and event.detail.about == about and deed.kind in (EDITED, DELETED):
        return superseded(event)
    return event


def superseded(deed: Deed) -> Deed:
    """
    An edit of which nothing is left: there is a later one, or the message is gone.
    """
    return replace(deed, detail=replace(deed.detail, text=None, mentions=(), mentions_all=False))


def after_taking(event: E, deeds: Iterable[Deed]) -> E:
    """
    An event that was read from a store before some of these deeds took text from its log, as it reads after
    all of them. When what it quotes was said the store alone knows, so nobody whom a wipe is about is quoted.
    """
    for deed in deeds:
        # What was stored after a deed, or was told already as of something later, has it in itself.
        if event.commit > deed.commit or (isinstance(event, Message) and _has_in_it(event, deed)):
            continue
        if deed.wipe is None:
            event = cast("E", after(event, deed))
            continue
        event = cast("E", after_wipe(event, deed.wipe))
        if isinstance(event, Message) and event.quote and event.quote.author.id == deed.wipe.author:
            event = replace(event, quote=quote_of(event.quote.author, "", deleted=True))
    return event


def _has_in_it(message: Message, deed: Deed) -> bool:
    return deed.room == message.room and message.changed >= deed.offset


def without_text(message: Message) -> Message:
    """
    A message that is gone, but for its place.
    """
    return replace(
        message,
        text="",
        cid=None,
        deleted=True,
        as_sent=None,
        edited_ms=0,
        changed=0,
        quote=None,
        reactions=(),
        pinned=False,
        mentions=(),
        mentions_all=False,
        files=(),
    )


def _message_after(message: Message, deed: Deed) -> Message:
    detail = deed.detail
    if message.deleted or deed.kind == DELETED:
        return without_text(message)
    if deed.kind == EDITED:
        return replace(
            message,
            text=detail.text or "",
            as_sent=None,
            edited_ms=deed.at_ms,
            changed=deed.offset,
            mentions=detail.mentions,
            mentions_all=detail.mentions_all,
        )
    if deed.kind == PINNED:
        return replace(message, pinned=bool(detail.on), changed=deed.offset)
    reactions = react(message.reactions, detail.emoji or "", deed.author, on=bool(detail.on))
    return replace(message, reactions=reactions, changed=deed.offset)


def react(reactions: tuple[Reaction, ...], emoji: str, who: Card, *, on: bool) -> tuple[Reaction, ...]:
    """
    Reactions with one more, or one less, of somebody; there is at most one of each emoji a person.
    """
    changed = _one_more_or_less(reactions, emoji, who, on=on)
    return in_order(each for each in changed if each.count)


def told_whole(reaction: Reaction) -> bool:
    """
    Whether a reaction tells as many people as it should.
    """
    return len(reaction.people) >= min(reaction.count, PEOPLE_TOLD)


def leaves_out(message: Message, person: PersonId | None) -> bool:
    """
    Whether a message has reactions that may be somebody's, and do not name them.
    """
    return person is not None and any(
        reaction.count > len(reaction.people) and all(who.id != person for who in reaction.people)
        for reaction in message.reactions
    )


def in_order(reactions: Iterable[Reaction]) -> tuple[Reaction, ...]:
    """
    The order that all see: what was given most often first.
    """
    return tuple(sorted(reactions, key=lambda each: (-each.count, each.emoji)))


def _one_more_or_less(
    reactions: tuple[Reaction, ...], emoji: str, who: Card, *, on: bool
) -> tuple[Reaction, ...]:
    known = next((each for each in reactions if each.emoji == emoji), None)
    if known is None:
        return (*reactions, Reaction(emoji, 1, (Card(who.id, who.name),))) if on else reactions
    people = tuple(each for each in known.people if each.id != who.id)
    if on:
        people = (*people, Card(who.id, who.name))[:PEOPLE_TOLD]
    changed = Reaction(emoji, known.count + (1 if on else -1), people)
    return tuple(changed if each is known else each for each in reactions)


def mentioned(message: Message, person: PersonId) -> bool:
    """
    Whether a message calls for somebody.
    """
    return message.mentions_all or person in message.mentions
