"""
How messages are looked for in the database: an index names candidates, newest first, and each is looked at.

The index may name too many (it knows three characters of a part of a word, not the part), and never
decides alone: what a query means is said by `chatd.core.sieve.Sieve`, on the text as it stands in the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any, Protocol, TypeVar

import apsw
from twisted.internet.defer import Deferred, DeferredSemaphore, fail

from chatd.core.events import Message
from chatd.core.names import PRIVATE_MARK, PersonId, RoomKey
from chatd.core.names import fold as fold_name
from chatd.core.search import RUN, Term, is_prefix
from chatd.core.sieve import SLACK_MS, Findings, Scope, Sieve, Sought
from chatd.store import rules
from chatd.store.sqlite_entry import (
    FILE_MARK,
    LINK_MARK,
    PUBLIC_MARK,
    id_mark,
    name_mark,
    pairs,
    room_mark,
)
from chatd.store.sqlite_index import STATE
from chatd.store.sqlite_reads import read
from chatd.store.sqlite_threads import Readers

T = TypeVar("T")

SEARCH_SECONDS = 0.4
"""How long one search may take; then it says how far it has come."""

LOOKED_AT_MOST = 100_000
"""How many candidates of one's own rooms are looked at for one search."""

BLUR = 500
"""A search whose time is over ends at a multiple of this, or at what it has found last."""

STEPS = 500
"""
After so many steps of SQLite's machine the time is looked at. An index takes few of them: about six for each
page, of some thousand entries.
"""

MANY_ROOMS = 500
"""Of so many rooms of one's own the index is asked; with more each candidate's is looked at."""

SEARCHES_AT_ONCE = 2
"""Of the threads that read, so many look for something; the others are for those who come in and read on."""

_ROW = (
    "event.commit_number, room.key, room.kind, offset, author, author_name, event.text, at_ms, deleted, files"
)
# In this order, or all candidates would be looked up before the first is looked at.
BY_WORDS = (
    f"SELECT {_ROW} FROM word"  # noqa: S608
    " CROSS JOIN event ON event.commit_number = word.rowid AND event.kind = 'message'"
    " CROSS JOIN room ON room.number = event.room"
    " WHERE word MATCH ? AND word.rowid < ? AND word.rowid >= ? ORDER BY word.rowid DESC"
)
BY_PARTS = (
    f"SELECT {_ROW} FROM part"  # noqa: S608
    " CROSS JOIN event ON event.commit_number = part.rowid AND event.kind = 'message'"
    " CROSS JOIN room ON room.number = event.room"
    " WHERE part MATCH ? AND part.rowid < ? AND part.rowid >= ? ORDER BY part.rowid DESC"
)
BY_LOOKING = (
    f"SELECT {_ROW} FROM event INDEXED BY message_by_commit CROSS JOIN room ON room.number = event.room"  # noqa: S608
    " WHERE event.kind = 'message' AND event.commit_number < ? AND event.commit_number >= ?"
    " ORDER BY event.commit_number DESC"
)
OWN_ROOMS = "SELECT key, number FROM private_room JOIN room ON number = room WHERE person = ?"
CONVERSATIONS = (
    "SELECT key, person.name FROM private_room JOIN room ON number = room JOIN person ON id = peer"
    " WHERE private_room.person = ?"
)
TITLE = "SELECT name FROM room WHERE key = ?"
ROOM_NUMBER = "SELECT number FROM room WHERE key = ?"
COMMITS = "SELECT commits FROM store"
NEXT_AT = (
    "SELECT at_ms FROM event WHERE kind = 'message' AND commit_number >= ? ORDER BY commit_number LIMIT 1"
)
PLACE = (
    "SELECT key, offset FROM event JOIN room ON room.number = event.room"
    " WHERE event.kind = 'message' AND commit_number = ?"
)


class _Reactor(Protocol):
    def callFromThread(self, callable: Callable[..., Any], *args: Any, **more: Any) -> object: ...


class SqliteFinder:
    """
    The contract of `chatd.core.sieve.Finder` on a database, in one of the threads of `readers`, if there are
    some now. The answer comes in the thread of `reactor`.
    """

    def __init__(self, readers: Callable[[], Readers | None], reactor: _Reactor) -> None:
        self._readers = readers
        self._reactor = reactor
        self._turns = DeferredSemaphore(SEARCHES_AT_ONCE)

    def _ask(self, question: Callable[[apsw.Connection], T]) -> Deferred[T]:
        readers = self._readers()
        if readers is None:
            return fail(RuntimeError("the store is not open"))
        # By itself: it may take its time, and no other question is to wait behind it.
        asked: Deferred[T] = Deferred()
        readers.ask([(asked, question)], partial(self._reactor.callFromThread, rules.hand_back))
        return asked

    def search(self, sought: Sought) -> Deferred[Findings]:
        """As the port says."""
        return self._turns.run(self._ask, lambda database: search(database, sought))

    def again(self, commits: Sequence[int]) -> Deferred[tuple[Message, ...]]:
        """As the port says."""
        wanted = tuple(commits)
        return self._ask(lambda database: tuple(_messages(database, wanted)))

    def called(
        self, person: PersonId, names: Collection[str], closed: Collection[RoomKey]
    ) -> Deferred[tuple[tuple[str, RoomKey], ...]]:
        """As the port says."""
        wanted, keys = frozenset(names), tuple(closed)
        return self._ask(lambda database: tuple(_called(database, person, wanted, keys)))


def search(
    connection: apsw.Connection, sought: Sought, seconds: Callable[[], float] = time.monotonic
) -> Findings:
    """
    As `Finder.search`.

    That there is `more` is said of a message that is meant, or when the time is over; never of one that only
    others may read.
    """
    deadline = seconds() + SEARCH_SECONDS
    low, _ = connection.execute(STATE).get
    rooms = _Rooms(connection, sought.scope)
    first, last = _range(connection, sought)
    sieve = Sieve(sought)
    hits: list[tuple[RoomKey, int, int]] = []
    upto, more, cut, over = first, False, False, False
    looked = 0
    candidates = _in_time(connection, sought, rooms, first, last, lambda: seconds() > deadline)
    with closing(candidates):
        for row in candidates:
            commit, key, kind, offset, author, name, text, at_ms, deleted, files = row
            over = over or looked >= LOOKED_AT_MOST or seconds() > deadline
            if over and (end := _end(commit, last, hits)) is not None:
                upto, more, cut = end, True, True
                break
            if not rooms.allow(key, kind):
                continue
            looked += 1
            if sieve.passes(text, author, name, at_ms, file=files is not None, deleted=bool(deleted)):
                if len(hits) == sought.limit:
                    upto, more = hits[-1][2], True
                    break
                hits.append((key, offset, commit))
    messages = [event for key, offset, _ in hits for event in read(connection, key, offset - 1, offset, 1)]
    found = tuple(event for event in messages if isinstance(event, Message))
    return Findings(found, upto, more, cut=cut, old=bool(low))


def _end(commit: int, last: int, hits: list[tuple[RoomKey, int, int]]) -> int | None:
    """
    Where to go on if the time is over and that commit comes next: at a round number or a hit, for the place
    of a message that was looked at may be none of the asker's business. None if one has not come as far.
    """
    end = (commit // BLUR + 1) * BLUR
    if end >= last:
        return None
    return min(end, hits[-1][2]) if hits else end


def _in_time(
    connection: apsw.Connection,
    sought: Sought,
    rooms: _Rooms,
    first: int,
    last: int,
    over: Callable[[], bool],
) -> Generator[tuple[Any, ...], None, None]:
    """
    What may be meant, newest first. An index that finds nothing until it is `over` is asked no more: from
    there on each message may be.
    """
    connection.set_progress_handler(over, STEPS)
    try:
        for row in _candidates(connection, sought, rooms, first, last):
            last = row[0]
            yield row
    except apsw.InterruptError:
        pass
    else:
        return
    finally:
        connection.set_progress_handler(None)
    yield from connection.execute(BY_LOOKING, (last, first))


def _called(
    connection: apsw.Connection, person: PersonId, names: frozenset[str], closed: Iterable[RoomKey]
) -> Iterator[tuple[str, RoomKey]]:
    for key in closed:
        title = connection.execute(TITLE, (key,)).get
        if title and fold_name(title) in names:
            yield fold_name(title), key
    if any(name.startswith(PRIVATE_MARK) for name in names):
        for key, name in connection.execute(CONVERSATIONS, (person,)):
            called = fold_name(f"{PRIVATE_MARK}{name}")
            if called in names:
                yield called, RoomKey(key)


def _messages(connection: apsw.Connection, commits: Iterable[int]) -> Iterator[Message]:
    for commit in commits:
        place = connection.execute(PLACE, (commit,)).fetchone()
        if place is not None:
            key, offset = place
            for event in read(connection, RoomKey(key), offset - 1, offset, 1):
                if isinstance(event, Message):
                    yield event


class _Rooms:
    """
    In which rooms is looked, as keys and as numbers.
    """

    def __init__(self, connection: apsw.Connection, scope: Scope) -> None:
        self._scope = scope
        self.own: dict[str, int] = {}
        if scope.person is not None:
            self.own.update(connection.execute(OWN_ROOMS, (scope.person,)))
        for key in scope.included:
            number = connection.execute(ROOM_NUMBER, (key,)).get
            if number is not None:
                self.own[key] = number

    def allow(self, key: RoomKey, kind: str) -> bool:
        """
        Whether one of them is that.
        """
        return key in self.own or (
            self._scope.public and kind == "public" and key not in self._scope.excluded
        )

    def marks(self) -> list[str] | None:
        """
        What marks messages in them; None if that would be too many marks.
        """
        if len(self.own) > MANY_ROOMS:
            return None
        return [PUBLIC_MARK] * self._scope.public + [room_mark(number) for number in self.own.values()]


def _range(connection: apsw.Connection, sought: Sought) -> tuple[int, int]:
    """From which commit on, and before which, a message can be meant."""
    commits = connection.execute(COMMITS).get
    first, last = 0, commits + 1 if sought.before is None else sought.before
    if sought.query.after_ms is not None:
        first = _commit_at(connection, sought.query.after_ms - SLACK_MS, commits)
    if sought.query.before_ms is not None:
        last = min(last, _commit_at(connection, sought.query.before_ms + SLACK_MS, commits))
    return first, last


def _commit_at(connection: apsw.Connection, at_ms: int, commits: int) -> int:
    """The first commit that is not older than a time; one more than the last if none is."""
    low, high = 1, commits + 1
    while low < high:
        middle = (low + high) // 2
        at = connection.execute(NEXT_AT, (middle,)).get
        if at is None or at >= at_ms:
            high = middle
        else:
            low = middle + 1
    return low


def _candidates(
    connection: apsw.Connection, sought: Sought, rooms: _Rooms, first: int, last: int
) -> Iterable[tuple[Any, ...]]:
    """What may be meant, newest first."""
    marks = rooms.marks()
    if marks == []:
        return ()
    terms = sought.query.terms
    within = sought.parts or not any(term.words for term in terms)
    parts = _parts(terms) if within else ""
    if parts:
        return connection.execute(BY_PARTS, (parts, last, first))
    asked = _asked(sought, marks, within=within)
    if asked:
        return connection.execute(BY_WORDS, (asked, last, first))
    return connection.execute(BY_LOOKING, (last, first))


def _asked(sought: Sought, rooms: list[str] | None, *, within: bool) -> str:
    """What the index of words is asked; `within` is what it does not know."""
    query = sought.query
    asked = [] if within else [phrase for term in query.terms for phrase in _phrases(term)]
    if sought.ids or sought.names:
        asked.append(_any_of([*map(id_mark, sought.ids), *map(name_mark, sought.names)]))
    if query.link:
        asked.append(_any_of([LINK_MARK]))
    if query.file:
        asked.append(_any_of([FILE_MARK]))
    if rooms is not None and (asked or PUBLIC_MARK not in rooms):
        asked.append(_any_of(rooms))
    return " AND ".join(asked)


def _any_of(marks: list[str]) -> str:
    return "marks:(" + " OR ".join(f'"{mark}"' for mark in sorted(marks)) + ")"


def _phrases(term: Term) -> list[str]:
    """
    A term for the index of words. A run of a script without spaces is a phrase by itself: what is between its
    last pair and the next word, the index counts otherwise than the query.
    """
    phrases: list[str] = []
    words: list[str] = []
    all_words = term.words
    for word in all_words:
        if not RUN.match(word):
            words.append(word)
            continue
        if words:
            phrases.append(f'text:"{" ".join(words)}"')
            words = []
        if len(word) == 1:
            phrases.append(f'text:"{word}"*')
        else:
            phrases.append(f'text:"{" ".join(pairs(word)[:-1])}"')
    if words:
        star = "*" if is_prefix(all_words[-1], open=term.open) else ""
        phrases.append(f'text:"{" ".join(words)}"{star}')
    return phrases


def _parts(terms: Iterable[Term]) -> str:
    """Terms for the index of parts; "" if none is long enough."""
    threes = {term.text[at : at + 3] for term in terms for at in range(len(term.text) - 2)}
    return " AND ".join('"' + three.replace('"', '""') + '"' for three in sorted(threes))
