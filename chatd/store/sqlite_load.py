"""
The messages that a step of the index takes from the logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw
import msgspec

from chatd.store.sqlite_fresh import cost

PIECE_MESSAGES = 20
"""So many are read at once, for they may be long."""

_COLUMNS = "commit_number, room, room.kind, author, author_name, text, files IS NOT NULL"
_FROM = "FROM event JOIN room ON room.number = event.room WHERE event.kind = 'message'"
# Many at once, as JSON: between any two rows that come by themselves the reactor's thread has its turn.
_AT_ONCE = (
    "SELECT json_group_array(json_array(commit_number, room, kind, author, author_name, text, filed))"
    " FROM (SELECT commit_number, room, room.kind AS kind, author, author_name, text,"
    " files IS NOT NULL AS filed"
)
AHEAD = f"{_AT_ONCE} {_FROM} AND commit_number > ? AND commit_number <= ? ORDER BY commit_number LIMIT ?)"
BACK = f"{_AT_ONCE} {_FROM} AND commit_number <= ? ORDER BY commit_number DESC LIMIT ?)"
ONE = f"SELECT {_COLUMNS} {_FROM} AND commit_number = ?"


def read_rows(connection: apsw.Connection, question: str, *bound: int) -> list[list[Any]]:
    """
    What `AHEAD` or `BACK` has, the oldest first.
    """
    rows: list[list[Any]] = msgspec.json.decode(connection.execute(question, bound).get)
    return sorted(rows)


@dataclass(slots=True)
class Load:
    """
    What one step takes: at most so many messages, and of so many characters or those of one message more.
    """

    most: int
    characters: int
    rows: list[Sequence[Any]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it is enough."""
        return len(self.rows) >= self.most or self.characters <= 0

    def take(self, rows: Iterable[Sequence[Any]]) -> int | None:
        """Take messages until it is enough; the commit of the last if there may be more behind it."""
        count, last = 0, None
        for row in rows:
            if self.full:
                return last
            self.rows.append(row)
            self.characters -= cost(row[5])
            count, last = count + 1, row[0]
        return last if count == PIECE_MESSAGES else None
