"""
Where a term stands in a text.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatd.core.search import GAP, LETTER, RUN, Term, is_prefix


class Matcher:
    """
    Finds a term in folded texts; with `parts` also within words.

    Its words are looked for one by one. One pattern for all of them would name every mark of every script at
    each of their ends, and take longer to be made than most searches may take.
    """

    def __init__(self, term: Term, *, parts: bool) -> None:
        words = term.words
        # Each word, and whether it has to begin, and to end, where a word of the text does.
        self._words = [(word, not RUN.match(word), not RUN.match(word)) for word in words]
        if parts or not words:
            self._words = [(term.text, False, False)]
        elif is_prefix(words[-1], open=term.open):
            self._words[-1] = (words[-1], True, False)

    def finds(self, folded: str) -> bool:
        """
        Whether the term stands anywhere in a text.
        """
        return next(self.spans(folded), None) is not None

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """
        Where it stands: ranges of a text in their order, apart from each other.
        """
        first, at = self._words[0][0], 0
        while (start := folded.find(first, at)) >= 0:
            end = self._end(folded, start)
            if end < 0:
                at = start + 1
            else:
                yield start, end
                at = end

    def _end(self, folded: str, start: int) -> int:
        """Where it ends if it stands at `start`, else -1. What is between words is never a part of one."""
        end = start
        for number, (word, begins, ends) in enumerate(self._words):
            if number:
                # It matches nothing, too.
                end = GAP.match(folded, end).end()  # type: ignore[union-attr]
                if not folded.startswith(word, end):
                    return -1
            if begins and end and LETTER.match(folded, end - 1):
                return -1
            end += len(word)
            if ends and LETTER.match(folded, end):
                return -1
        return end
