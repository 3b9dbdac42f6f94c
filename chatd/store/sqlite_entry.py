"""
What the index of messages has of one: its words, its parts, and the marks that say where it is and whose.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from chatd.core.memo import memo
from chatd.core.names import fold as fold_name
from chatd.core.search import RUN, WORD, fold, has_link

MADE_BY = f"{unicodedata.unidata_version}/1"
"""
What entries are made by: where it is another, an index is made anew. Raise the number whenever the entry of a
message would not be what it was, and so could not be taken out any more.
"""

Row = tuple[int, int, str, str, str, str, bool]
"""
Of a message what it is indexed by: its commit, the number and the kind of its room, its author's id and name,
its text, and whether it has files.
"""

PUBLIC_MARK, LINK_MARK, FILE_MARK = "p", "l", "f"


def room_mark(number: int) -> str:
    """
    What marks the messages of the room with that number.
    """
    return f"r{number}"


def id_mark(person: str) -> str:
    """
    What marks the messages of somebody.
    """
    return f"u{person}"


@memo(1024)
def name_mark(folded: str) -> str:
    """
    What marks the messages that were written under a folded name.
    """
    return f"n{sha256(folded.encode()).hexdigest()[:12]}"


@memo(1024)
def _author_marks(author: str, name: str) -> str:
    return f"{id_mark(author)} {name_mark(fold_name(name))}"


def pairs(run: str) -> list[str]:
    """
    A run of a script without spaces, as it is indexed: every two characters, and the last by itself.
    """
    return [run[at : at + 2] for at in range(len(run))]


def words_of(text: str) -> str:
    """
    A text as its words are indexed.
    """
    if text.isascii():
        return text
    words: list[str] = []
    for word in WORD.findall(fold(text)):
        words += pairs(word) if RUN.match(word) else (word,)
    return " ".join(words)


def entry_of(row: Sequence[Any]) -> tuple[int, str, str, str] | None:
    """
    Of a message its commit, its words, its marks and its parts, as indexed; None if it has nothing.
    """
    commit, number, kind, author, name, text, filed = row
    if not (text or filed):
        return None
    marks = [room_mark(number), _author_marks(author, name)]
    if kind == "public":
        marks.append(PUBLIC_MARK)
    if has_link(text):
        marks.append(LINK_MARK)
    if filed:
        marks.append(FILE_MARK)
    return commit, words_of(text), " ".join(marks), text if text.isascii() else fold(text)
