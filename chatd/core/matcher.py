"""
Where a term stands in a text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from chatd.core.search import RUN, WORD, Term, is_prefix

_EDGE, _BREAK = "\0", "\1"
"""What stands at both ends of a word, and between two runs. They are never a part of one."""


class Line:
    """
    The words of a folded text without what is between them, so that a phrase is one piece of it. A run of a
    script without spaces has no edges, and a break before it if it comes behind another.
    """

    def __init__(self, folded: str) -> None:
        self.folded = folded

    @cached_property
    def words(self) -> str:
        """
        The words, each between two edges.
        """
        return _line(WORD.findall(self.folded))

    @cached_property
    def _starts(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Where each word begins in `words`, and where in the text it stands."""
        starts, at, after_run = [], 0, False
        spans = [word.span() for word in WORD.finditer(self.folded)]
        for start, end in spans:
            is_run = RUN.match(self.folded, start) is not None
            at += is_run and after_run
            starts.append(at)
            at += end - start + (0 if is_run else 2)
            after_run = is_run
        return starts, spans

    def place(self, at: int) -> int:
        """
        Where in the text a character of `words` stands; an edge stands where its letter does.
        """
        starts, spans = self._starts
        number = bisect_right(starts, at) - 1
        start, end = spans[number]
        if RUN.match(self.folded, start):
            return start + at - starts[number]
        return min(max(start, start + at - starts[number] - 1), end - 1)


class Matcher:
    """
    Finds a term in texts; with `parts` also within words.

    The words of both are compared as one piece. A look at each word at each place where a phrase may begin
    would take as many steps as there are words in the phrase and in the text, multiplied.
    """

    def __init__(self, term: Term, *, parts: bool) -> None:
        words = self._words = term.words
        self._plain = parts or not words
        self._piece = term.text if self._plain else _line(words)
        if not self._plain and is_prefix(words[-1], open=term.open):
            self._piece = self._piece.removesuffix(_EDGE)
        # Two runs that follow each other may be one in a text. What has no such two needs no pattern.
        self._broken = (
            re.compile(re.escape(self._piece).replace(re.escape(_BREAK), f"{_BREAK}?"))
            if not self._plain and _BREAK in self._piece
            else None
        )

    def finds(self, line: Line) -> bool:
        """
        Whether the term stands anywhere in a text.
        """
        if self._plain:
            return self._piece in line.folded
        # Most texts lack a word of it, which is seen before they are taken apart.
        if not all(word in line.folded for word in self._words):
            return False
        return next(self._spans(line.words), None) is not None

    def spans(self, line: Line) -> Iterator[tuple[int, int]]:
        """
        Where it stands: ranges of the folded text in their order, apart from each other.
        """
        if self._plain:
            yield from self._spans(line.folded)
            return
        for start, end in self._spans(line.words):
            yield line.place(start), line.place(end - 1) + 1

    def _spans(self, within: str) -> Iterator[tuple[int, int]]:
        if self._broken is not None:
            for hit in self._broken.finditer(within):
                yield hit.span()
            return
        at = 0
        while (start := within.find(self._piece, at)) >= 0:
            at = start + len(self._piece)
            yield start, at


def _line(words: Iterable[str]) -> str:
    """Words as one piece."""
    pieces: list[str] = []
    after_run = False
    for word in words:
        is_run = RUN.match(word) is not None
        if is_run and after_run:
            pieces.append(_BREAK)
        pieces.append(word if is_run else f"{_EDGE}{word}{_EDGE}")
        after_run = is_run
    return "".join(pieces)
