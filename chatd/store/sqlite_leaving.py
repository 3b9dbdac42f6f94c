"""
What is taken out of the index of messages a little at a time: all but the shortest entries, and a whole index
that is made anew.

To take an entry out for good costs up to a third of a millisecond for each of its words and parts, if there
are a million messages, and a message can have thousands: too long for whoever else writes. So in the
transaction that takes its text an entry goes into a table of its own, and each step of the index takes some
more of that out. Nothing is found by it meanwhile: a message is looked at as it stands in the log. It is not
in the database any longer than it takes to come to it, and what the log has of it is erased soon after.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import apsw

ROW_TOKENS = 150
"""So many words, or parts, wait together."""

PIECE_TOKENS = 8
"""So many are taken out at a time, before it is seen whether the step has taken long enough."""

AT_ONCE_TOKENS = 24
"""An entry with no more is taken out at once."""

MOST_LEAVING = 4000
"""If so much waits, whoever adds to it is to wait too: what is taken out then is so at once."""

OLD_ROWS = 100
"""So many rows of an index that is not used any more are taken away in a step; each is a page or less."""

TAKE_WORDS = "INSERT INTO word (word, rowid, text, marks) VALUES ('delete', ?, ?, ?)"
TAKE_PARTS = "INSERT INTO part (part, rowid, text) VALUES ('delete', ?, ?)"
LEAVE = "INSERT INTO leaving (commit_number, words, marks, parts) VALUES (?, ?, ?, ?)"
# SQLite counts entries, so each piece is one of its own. This too has it write what it was told before.
COUNT_WORDS = "INSERT INTO word (rowid, text, marks) VALUES (?, '', '')"
COUNT_PARTS = "INSERT INTO part (rowid, text) VALUES (?, '')"
FIRST = "SELECT number, commit_number, words, marks, parts FROM leaving ORDER BY number LIMIT 1"
REST = "UPDATE leaving SET words = ?, marks = ?, parts = ? WHERE number = ?"
LEFT = "DELETE FROM leaving WHERE number = ?"
LEAVING = "SELECT count(*) FROM (SELECT 1 FROM leaving LIMIT ?)"
OLD = "SELECT old FROM indexed WHERE only_row = 1"
SET_OLD = "UPDATE indexed SET old = ? WHERE only_row = 1"

_TABLES = ("word_data", "word_idx", "part_data", "part_idx")
OLD_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table'"
    " AND (name GLOB 'old*_word_*' OR name GLOB 'old*_part_*')"
)
# Where SQLite keeps an index is told at https://www.sqlite.org/fts5.html#fts5_data_structures: these tables
# are no part of it any more when it is dropped, and are called as none is yet. What is made then is as
# schema/0005_search.sql has it.
PUT_ASIDE = (
    "DELETE FROM due",
    "DELETE FROM leaving",
    *(f"ALTER TABLE {table} RENAME TO old{{}}_{table}" for table in _TABLES),
    "DROP TABLE word",
    "DROP TABLE part",
    "CREATE VIRTUAL TABLE word USING fts5 (text, marks, content = '', columnsize = 0,"
    " tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")",
    "CREATE VIRTUAL TABLE part USING fts5 (text, content = '', columnsize = 0, detail = 'none',"
    ' tokenize = "trigram")',
    "INSERT INTO word (word, rank) VALUES ('secure-delete', 1), ('automerge', 8)",
    "INSERT INTO part (part, rank) VALUES ('secure-delete', 1), ('automerge', 12)",
)

_ASCII_WORD = re.compile("[0-9A-Za-z]+")


def take_out(connection: apsw.Connection, entry: tuple[int, str, str, str], *, quickly: bool = False) -> None:
    """
    Take an entry of the index out of it, or see that it leaves soon; with `quickly` in any case at once.
    """
    commit, words, marks, parts = entry
    tokens = _ASCII_WORD.findall(words) if words.isascii() else words.split()
    threes = max(0, len(parts) - 2)
    few = quickly or len(tokens) + threes <= AT_ONCE_TOKENS
    if few or connection.execute(LEAVING, (MOST_LEAVING,)).get >= MOST_LEAVING:
        connection.execute(TAKE_WORDS, (commit, words, marks))
        connection.execute(TAKE_PARTS, (commit, parts))
        return
    connection.execute(TAKE_WORDS, (commit, "", ""))
    connection.execute(TAKE_PARTS, (commit, ""))
    rows: list[tuple[int, str | None, str | None, str | None]] = []
    for at in range(0, max(1, len(tokens)), ROW_TOKENS):
        rows.append((commit, " ".join(tokens[at : at + ROW_TOKENS]), "" if at else marks, None))
    for at in range(0, threes, ROW_TOKENS):
        rows.append((commit, None, None, parts[at : at + ROW_TOKENS + 2]))
    connection.executemany(LEAVE, rows)


def take_step(connection: apsw.Connection, over: Callable[[], bool]) -> bool:
    """
    Go on with what has waited longest until it is `over`; whether there was something.
    """
    row: Any = connection.execute(FIRST).fetchone()
    if row is None:
        return bool(connection.execute(OLD).get) and _take_old(connection)
    while row is not None:
        number, commit, words, marks, parts = row
        if words is not None:
            words, marks = _take_words(connection, commit, words, marks, over)
        else:
            parts = _take_parts(connection, commit, parts, over)
        if words or parts:
            connection.execute(REST, (words, marks, parts, number))
            return True
        connection.execute(LEFT, (number,))
        row = None if over() else connection.execute(FIRST).fetchone()
    return True


def _take_words(
    connection: apsw.Connection, commit: int, words: str, marks: str, over: Callable[[], bool]
) -> tuple[str, str]:
    """Take out words until it is `over`; what is left."""
    tokens = words.split(" ")
    for at in range(0, len(tokens), PIECE_TOKENS):
        if at and over():
            return " ".join(tokens[at:]), ""
        connection.execute(COUNT_WORDS, (commit,))
        piece = " ".join(tokens[at : at + PIECE_TOKENS])
        connection.execute(TAKE_WORDS, (commit, piece, "" if at else marks))
    return "", ""


def _take_parts(connection: apsw.Connection, commit: int, parts: str, over: Callable[[], bool]) -> str:
    """Take out parts until it is `over`; of what is left."""
    for at in range(0, len(parts) - 2, PIECE_TOKENS):
        if at and over():
            return parts[at:]
        connection.execute(COUNT_PARTS, (commit,))
        connection.execute(TAKE_PARTS, (commit, parts[at : at + PIECE_TOKENS + 2]))
    return ""


def put_aside(connection: apsw.Connection) -> None:
    """
    Have an empty index. The one before it goes with the next steps, as one before that which is still there.
    """
    waiting = {name for (name,) in connection.execute(OLD_TABLES)}
    number = next(each for each in count(1) if not any(f"old{each}_{table}" in waiting for table in _TABLES))
    for statement in PUT_ASIDE:
        connection.execute(statement.format(number))
    connection.execute(SET_OLD, (len(waiting) + len(_TABLES),))


def _take_old(connection: apsw.Connection) -> bool:
    # All at once it would be for seconds that nobody else can write.
    names = [name for (name,) in connection.execute(OLD_TABLES)]
    if names:
        name = names[0]
        key = "id" if name.endswith("_data") else "segid, term"
        rows = f"SELECT {key} FROM {name} LIMIT {OLD_ROWS}"  # noqa: S608
        connection.execute(f"DELETE FROM {name} WHERE ({key}) IN ({rows})")  # noqa: S608
        if connection.changes():
            return True
        connection.execute(f"DROP TABLE {name}")
    connection.execute(SET_OLD, (max(0, len(names) - 1),))
    return True
