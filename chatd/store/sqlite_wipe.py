"""
How the text of messages is taken out of the database: what its author or a moderator wants gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import apsw
from twisted.internet.defer import Deferred

from chatd.core.events import DeedDraft, Wipe
from chatd.core.forms import EDITED
from chatd.core.names import RoomKey
from chatd.core.sieve import SLACK_MS
from chatd.store.sqlite_forms import take_text

T = TypeVar("T")

NOT_PRIVATE = "SELECT number FROM room WHERE kind != 'private'"
GROWN = "SELECT number FROM room WHERE kind != 'private' AND last_commit > ?"
ROOM = "SELECT number FROM room WHERE key = ?"
# Backwards along the log, and no further than what is meant: an hour more, for a clock that was set back.
BACKWARDS = (
    "SELECT offset, commit_number, kind, author, at_ms, reply_to FROM event"
    " WHERE room = ? ORDER BY offset DESC"
)

TEXTS_AT_ONCE = 5
"""Of how many messages one write takes the text and the entry in the index: others are to have their turn."""


class _Ask(Protocol):
    def __call__(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]: ...


class _Write(Protocol):
    def __call__(self, apply: Callable[[Any], T]) -> Deferred[T]: ...


@dataclass(slots=True, frozen=True)
class Meant:
    """
    The messages that a wipe means of those up to a commit: their rooms' numbers and their offsets.
    """

    messages: tuple[tuple[int, int], ...]
    upto: int


def look_for(database: apsw.Connection, key: RoomKey, what: Wipe) -> Meant:
    """
    Find what a wipe means that is done in a room. It can be a long way through the logs, which nobody else is
    to wait for.
    """
    upto = database.execute("SELECT commits FROM store").get
    query, bound = (NOT_PRIVATE, ()) if what.everywhere else (ROOM, (key,))
    found: list[Any] = database.execute(query, bound).fetchall()
    rooms = [number for (number,) in found]
    return Meant(tuple(_find(database, rooms, what, 0)), upto)


def take_texts(connection: apsw.Connection, messages: Sequence[tuple[int, int]]) -> None:
    """
    Take the text of messages, each named by the number of its room and its offset.
    """
    for number, offset in messages:
        take_text(connection, number, offset)


def wipe(connection: apsw.Connection, number: int, opened: Iterable[int], what: Wipe, after: int) -> None:
    """
    Take the text of the messages that a wipe means and that were stored after a commit, in the room with that
    number, or in all that are not of two people. `opened` are those that have grown in this transaction.
    """
    found: list[Any] = connection.execute(GROWN, (after,)).fetchall()
    grown = {number for (number,) in found} | set(opened)
    rooms = sorted(grown) if what.everywhere else [number]
    take_texts(connection, _find(connection, rooms, what, after))


def _find(connection: apsw.Connection, rooms: Iterable[int], what: Wipe, after: int) -> list[tuple[int, int]]:
    meant: dict[tuple[int, int], None] = {}
    for room in rooms:
        log = connection.execute(BACKWARDS, (room,))
        for offset, commit, kind, author, at_ms, about in log:
            if commit <= after or at_ms < what.since_ms - SLACK_MS:
                break
            if author != what.author or at_ms < what.since_ms:
                continue
            if kind == "message":
                meant[room, offset] = None
            elif kind == EDITED and about is not None:
                meant[room, about] = None
        log.close()
    return list(meant)


async def wipe_ahead(ask: _Ask, write: _Write, drafts: Iterable[DeedDraft]) -> int:
    """
    Take what deeds are to wipe a few texts at a time, ahead of them; up to which commit that was.

    `ask` has a question answered in a thread that reads, `write` something done in the one that writes. If it
    breaks off the deeds are to be done again, and find less to take.
    """
    upto = []
    for draft in drafts:
        if draft.wipe is not None:
            meant = await ask(partial(look_for, key=draft.room, what=draft.wipe))
            upto.append(meant.upto)
            for first in range(0, len(meant.messages), TEXTS_AT_ONCE):
                await write(partial(_take, messages=meant.messages[first : first + TEXTS_AT_ONCE]))
    return min(upto)


def _take(group: Any, messages: Sequence[tuple[int, int]]) -> None:
    group.take_text()
    take_texts(group.connection, messages)
