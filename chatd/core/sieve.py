"""
Which messages somebody looks for, where, and what a store finds of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Awaitable, Collection, Sequence
from heapq import merge
from itertools import islice
from typing import Protocol

from msgspec import Struct

from chatd.core.events import Message
from chatd.core.matcher import Line, Matcher
from chatd.core.names import PersonId, RoomKey
from chatd.core.names import fold as fold_name
from chatd.core.search import Query, fold, has_link, places

MAX_MARKS = 50
MOST_HITS = 400
"""How many ranges of a text are marked, and how many places are gone through for them."""

SLACK_MS = 3600 * 1000
"""How much older than its predecessors a message may seem to be, where a clock was set back."""


class Finder(Protocol):
    """
    The part of a store that finds messages by what they say.

    A store may find candidates as it likes: what is meant, `Sieve` says. A message can be found two seconds
    after it was stored, and no longer once its text was taken.
    """

    def search(self, sought: Sought) -> Awaitable[Findings]:
        """
        Look for messages.
        """

    def again(self, commits: Sequence[int]) -> Awaitable[tuple[Message, ...]]:
        """
        These messages as they are now, in that order, without those that are not kept any more.
        """

    def called(
        self, person: PersonId, names: Collection[str], closed: Collection[RoomKey]
    ) -> Awaitable[tuple[tuple[str, RoomKey], ...]]:
        """
        Which rooms go by one of these folded names, each with that name: those of `closed` by their titles,
        and a person's conversations by `@` and what the other one is called.
        """


class Scope(Struct, frozen=True):
    """
    In which rooms somebody looks: with `public` in all public ones but those `excluded`; in those `included`;
    and with a `person` in all of their private ones.
    """

    public: bool = False
    excluded: frozenset[RoomKey] = frozenset()
    included: frozenset[RoomKey] = frozenset()
    person: PersonId | None = None


class Sought(Struct, frozen=True, kw_only=True):
    """
    What a store is to look for: the newest `limit` messages older than the commit `before`, written by one of
    the people with these ids or under one of these folded names, if there are any. With `parts` words may be
    found within words.
    """

    query: Query
    scope: Scope
    ids: frozenset[PersonId] = frozenset()
    names: frozenset[str] = frozenset()
    before: int | None = None
    parts: bool = False
    limit: int


class Findings(Struct, frozen=True):
    """
    What a store has found, newest first. Everything down to the commit `upto` was looked at; `more` if there
    is more, or may be. `cut` if the time was over, `old` if what is older is not indexed yet.
    """

    messages: tuple[Message, ...]
    upto: int
    more: bool
    cut: bool = False
    old: bool = False


class Sieve:
    """
    Which messages are meant, wherever they are, and where in them.
    """

    def __init__(self, sought: Sought) -> None:
        query = sought.query
        self._sought = sought
        self._wanted = [Matcher(term, parts=sought.parts) for term in query.terms]
        self._unwanted = [Matcher(term, parts=False) for term in query.without]
        self._after = query.after_ms if query.after_ms is not None else -(2**63)
        self._before = query.before_ms if query.before_ms is not None else 2**63

    def passes(
        self, text: str, author: str, author_name: str, at_ms: int, *, file: bool, deleted: bool
    ) -> bool:
        """
        Whether that message is meant.
        """
        sought = self._sought
        if deleted or not self._after <= at_ms < self._before:
            return False
        by_anybody = not (sought.query.people or sought.ids or sought.names)
        if not by_anybody and author not in sought.ids and fold_name(author_name) not in sought.names:
            return False
        if (sought.query.link and not has_link(text)) or (sought.query.file and not file):
            return False
        line = Line(fold(text))
        return all(wanted.finds(line) for wanted in self._wanted) and not any(
            unwanted.finds(line) for unwanted in self._unwanted
        )

    def means(self, message: Message) -> bool:
        """
        Whether a message as a log has it is meant.
        """
        return self.passes(
            message.text,
            message.author.id,
            message.author.name,
            message.at_ms,
            file=bool(message.files),
            deleted=message.deleted,
        )

    def marks(self, text: str) -> list[tuple[int, int]]:
        """
        Where in a text the words are: ranges of code points, in their order and apart from each other, the
        first fifty, of the first few hundred places where one of them stands.
        """
        line, origins = Line(fold(text)), places(text)
        found = merge(*[wanted.spans(line) for wanted in self._wanted])
        marks: list[tuple[int, int]] = []
        for start, end in islice(found, MOST_HITS):
            # It ends where the next letter begins: the accents of their own behind it have come to nothing.
            after = bisect_right(origins, origins[end - 1], end)
            first, last = origins[start], origins[after] if after < len(origins) else len(text)
            if marks and first < marks[-1][1]:
                marks[-1] = (marks[-1][0], max(last, marks[-1][1]))
            elif len(marks) == MAX_MARKS:
                break
            else:
                marks.append((first, last))
        return marks
