"""
The last form of messages in the database: what was edited, deleted, pinned, and answered with an emoji.

It comes to the same as `chatd.core.forms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from chatd.core.events import Author, Card, DeedDraft, Detail, Given, Message, Quote, Reaction
from chatd.core.forms import (
    DELETED,
    EDITED,
    MOST_EMOJI,
    MOST_GIVEN,
    MOST_OWN,
    MOST_PINS,
    PEOPLE_TOLD,
    PINNED,
    in_order,
    quote_of,
)
from chatd.core.names import PersonId
from chatd.store import rules
from chatd.store.sqlite_attached import take_files
from chatd.store.sqlite_index import due, unindex

EVERYBODY = "*"

MESSAGE = (
    "SELECT author, author_name, via, text, deleted, at_ms, commit_number, files FROM event"
    " WHERE room = ? AND offset = ? AND kind = 'message'"
)
COMMIT = "SELECT commit_number FROM event WHERE room = ? AND offset = ?"
EDIT = "UPDATE event SET text = ?, edited_ms = ?, changed = ?, mentions = ? WHERE room = ? AND offset = ?"
LOOSEN_CID = (
    "UPDATE cid SET loose = 1"
    " WHERE (author, cid) = (SELECT author, cid FROM event WHERE room = ? AND offset = ?)"
)
TAKE_TEXT = (
    "UPDATE event SET text = '', cid = NULL, deleted = 1, edited_ms = 0, changed = 0, mentions = '',"
    " files = NULL"
    " WHERE room = ? AND offset = ?"
)
CHANGED = "UPDATE event SET changed = ? WHERE room = ? AND offset = ?"
EDITS = "SELECT offset, text FROM event WHERE room = ? AND reply_to = ? AND kind = 'edited'"
EDITS_BEFORE = "SELECT offset, text FROM event WHERE room = ? AND reply_to < ? AND kind = 'edited'"
REWRITE = "UPDATE event SET text = ?, reply_to = NULL WHERE room = ? AND offset = ?"
REACTIONS = "SELECT given, emoji, person, name FROM reaction WHERE room = ? AND offset = ?"
OWN = (
    "SELECT offset, emoji, given FROM reaction WHERE room = ? AND offset > ? AND offset <= ? AND person = ?"
    " ORDER BY offset DESC"
)
BEFORE = (
    "SELECT count(*) FROM (SELECT 1 FROM reaction WHERE room = ? AND offset = ? AND emoji = ? AND given < ?"
    " LIMIT ?)"
)
EMOJI = (
    "SELECT count(*), max(emoji = ?3) FROM"
    " (SELECT emoji FROM reaction WHERE room = ?1 AND offset = ?2 GROUP BY emoji)"
)
OWN_EMOJI = "SELECT count(*) FROM reaction WHERE room = ? AND offset = ? AND person = ? AND emoji != ?"
REACT = (
    "INSERT INTO reaction (room, offset, emoji, person, name, given) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
REACT_NOT = "DELETE FROM reaction WHERE room = ? AND offset = ? AND emoji = ? AND person = ?"
PINNED_MESSAGE = "SELECT 1 FROM pin WHERE room = ? AND offset = ?"
PINS = "SELECT given, offset FROM pin WHERE room = ?"
COUNT_PINS = "SELECT count(*) FROM pin WHERE room = ?"
PIN = "INSERT INTO pin (room, offset, given) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
PIN_NOT = "DELETE FROM pin WHERE room = ? AND offset = ?"
MENTION = "INSERT INTO mention (person, room, offset) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
FORGET = (
    "DELETE FROM reaction WHERE room = ? AND offset = ?",
    "DELETE FROM pin WHERE room = ? AND offset = ?",
    "DELETE FROM mention WHERE room = ? AND offset = ?",
)
FORGET_BEFORE = (
    "DELETE FROM reaction WHERE room = ? AND offset < ?",
    "DELETE FROM pin WHERE room = ? AND offset < ?",
    "DELETE FROM mention WHERE room = ? AND offset < ?",
)


def mentions_text(mentions: Iterable[PersonId], *, everybody: bool) -> str:
    """
    Whom a message calls for, as it is kept.
    """
    return " ".join((*mentions, *((EVERYBODY,) if everybody else ())))


def mentions_of(text: str) -> tuple[tuple[PersonId, ...], bool]:
    """
    Whom a message calls for, and whether that is everybody.
    """
    if not text:
        return (), False
    names = text.split(" ")
    return tuple(PersonId(each) for each in names if each != EVERYBODY), names[-1] == EVERYBODY


def mention(connection: apsw.Connection, number: int, offset: int, text: str) -> None:
    """
    Note whom a message calls for, so that it can be counted for them.
    """
    if text:
        connection.executemany(
            MENTION, [("" if each == EVERYBODY else each, number, offset) for each in text.split(" ")]
        )


def quote(connection: apsw.Connection, number: int, offset: int | None) -> Quote | None:
    """
    What a reply quotes; None if there is nothing to be quoted.
    """
    row = None if offset is None else connection.execute(MESSAGE, (number, offset)).fetchone()
    if row is None:
        return None
    author, name, via, text, deleted, _, _, files = row
    count = 0 if files is None else len(msgspec.json.decode(files))
    return quote_of(Author(author, name, via), text, deleted=bool(deleted), files=count)


def reactions(connection: apsw.Connection, number: int, offset: int) -> tuple[Reaction, ...]:
    """
    The reactions to a message.
    """
    people: dict[str, list[Card]] = {}
    rows: Any = connection.execute(REACTIONS, (number, offset)).fetchall()
    for _, emoji, person, name in sorted(rows):
        people.setdefault(emoji, []).append(Card(person, name))
    return in_order(
        Reaction(emoji, len(given), tuple(given[:PEOPLE_TOLD])) for emoji, given in people.items()
    )


def given(
    connection: apsw.Connection, number: int, reader: PersonId | None, after: int, upto: int
) -> tuple[Given, ...]:
    """
    The reactions of somebody to the messages with `after` < offset <= `upto` that are told without their
    name: the last `MOST_GIVEN`.
    """
    found: list[Given] = []
    rows: Any = () if reader is None else connection.execute(OWN, (number, after, upto, reader)).fetchall()
    for offset, emoji, at in rows:
        before: Any = connection.execute(BEFORE, (number, offset, emoji, at, PEOPLE_TOLD)).get
        if before >= PEOPLE_TOLD:
            found.append(Given(offset, emoji))
        if len(found) == MOST_GIVEN:
            break
    return tuple(found[::-1])


def is_pinned(connection: apsw.Connection, number: int, offset: int) -> bool:
    """
    Whether a message is pinned.
    """
    return connection.execute(PINNED_MESSAGE, (number, offset)).fetchone() is not None


def pins(connection: apsw.Connection, number: int) -> tuple[int, ...]:
    """
    The offsets of what is pinned in a room, the last one first.
    """
    rows: Any = connection.execute(PINS, (number,)).fetchall()
    return tuple(offset for _, offset in sorted(rows, reverse=True))


def change(connection: apsw.Connection, number: int, draft: DeedDraft, offset: int, now_ms: int) -> bool:
    """
    Have a message be what a deed makes of it, which will stand at `offset`; whether that changes anything.

    Raises `Refused`, before anything is changed: `no_such_message`, and `forbidden` for too many pins or
    kinds of reactions.
    """
    detail = draft.detail
    assert detail.about is not None
    row: Any = connection.execute(MESSAGE, (number, detail.about)).fetchone()
    if row is None or row[4]:
        raise rules.no_such_message(detail.about)
    here = (number, detail.about)
    if draft.kind == EDITED:
        if row[3] == detail.text:
            return False
        _forget_edits(connection, *here)
        called = mentions_text(detail.mentions, everybody=detail.mentions_all)
        connection.execute(FORGET[2], here)
        mention(connection, *here, called)
        due(connection, row[6])
        connection.execute(EDIT, (detail.text, now_ms, offset, called, *here))
        return True
    if draft.kind == DELETED:
        take_text(connection, *here)
        return True
    if draft.kind == PINNED:
        changed = _pin(connection, here, offset, on=bool(detail.on))
    else:
        changed = _react(connection, here, draft, offset)
    if changed:
        connection.execute(CHANGED, (offset, *here))
    return changed


def _pin(connection: apsw.Connection, here: tuple[int, int], offset: int, *, on: bool) -> bool:
    if not on:
        connection.execute(PIN_NOT, here)
    elif is_pinned(connection, *here):
        return False
    elif connection.execute(COUNT_PINS, here[:1]).get >= MOST_PINS:
        raise rules.too_many_pins()
    else:
        connection.execute(PIN, (*here, offset))
    return connection.changes() > 0


def _react(connection: apsw.Connection, here: tuple[int, int], draft: DeedDraft, offset: int) -> bool:
    emoji, who = draft.detail.emoji, draft.author
    if not draft.detail.on:
        connection.execute(REACT_NOT, (*here, emoji, who.id))
    else:
        kinds, known = connection.execute(EMOJI, (*here, emoji)).get
        own = connection.execute(OWN_EMOJI, (*here, who.id, emoji)).get
        if (kinds >= MOST_EMOJI and not known) or own >= MOST_OWN:
            raise rules.too_many_emoji()
        connection.execute(REACT, (*here, emoji, who.id, who.name, offset))
    return connection.changes() > 0


def take_text(connection: apsw.Connection, number: int, offset: int) -> None:
    """
    Have a message be gone but for its place, with all that was in its earlier forms and about it.
    """
    commit: Any = connection.execute(COMMIT, (number, offset)).get
    if commit is not None:
        unindex(connection, (commit,))
    # Its hash is one of the text. It is remembered for as long as that of a message which is pruned.
    connection.execute(LOOSEN_CID, (number, offset))
    connection.execute(TAKE_TEXT, (number, offset))
    take_files(connection, [(number, offset)])
    _forget_edits(connection, number, offset)
    for forget in FORGET:
        connection.execute(forget, (number, offset))


def forget_before(connection: apsw.Connection, number: int, first: int) -> None:
    """
    Forget what is about messages that are no longer kept.
    """
    _bare(connection, number, connection.execute(EDITS_BEFORE, (number, first)).fetchall())
    for forget in FORGET_BEFORE:
        connection.execute(forget, (number, first))


def _forget_edits(connection: apsw.Connection, number: int, offset: int) -> None:
    # There is one at most: what is bare is not found by its message any more, however often that is changed.
    _bare(connection, number, connection.execute(EDITS, (number, offset)).fetchall())


def _bare(connection: apsw.Connection, number: int, edits: list[Any]) -> None:
    """Take out of edits what they say, each named by its offset, with its detail."""
    for edit, text in edits:
        detail = msgspec.json.decode(text, type=Detail)
        bare = msgspec.structs.replace(detail, text=None, mentions=(), mentions_all=False)
        connection.execute(REWRITE, (msgspec.json.encode(bare).decode(), number, edit))


def whole(connection: apsw.Connection, number: int, message: Message, mentions: str) -> Message:
    """
    A message with what lies elsewhere.
    """
    people, everybody = mentions_of(mentions)
    if not (people or everybody or message.changed or message.reply_to) or message.deleted:
        return message
    return msgspec.structs.replace(
        message,
        quote=quote(connection, number, message.reply_to),
        reactions=reactions(connection, number, message.offset) if message.changed else (),
        pinned=bool(message.changed) and is_pinned(connection, number, message.offset),
        mentions=people,
        mentions_all=everybody,
    )
