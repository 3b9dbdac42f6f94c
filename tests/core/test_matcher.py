"""
Where a term stands in a text.
"""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.matcher import Line, Matcher
from chatd.core.search import _LETTER, _MARKS, _RUNNING, MAX_WORDS, RUN, Term, fold, is_prefix, parse
from chatd.core.sieve import MAX_MARKS, Scope, Sieve, Sought

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)

GAP = rf"(?:_|[^\w{_RUNNING}{_MARKS}])*"
LETTERS = "a a b _ . - , \u0301 \u00e9 \u6f22 \u5b57 \u304b \u0e01 \u0e31 \u0928 \u092e"
pieces = st.sampled_from([*LETTERS.replace(" ", ""), " ", " "])
texts = st.lists(pieces, max_size=30).map("".join).map(fold)
terms = (
    st.lists(pieces, min_size=1, max_size=8).map("".join).map(fold).map(str.split).map(" ".join).filter(bool)
)


def pattern(term: Term) -> re.Pattern[str]:
    """
    The same as one pattern, which names all letters at both ends of each word.
    """
    letter, words = _LETTER, term.words
    if not words:
        return re.compile(re.escape(term.text))
    bounded = [
        re.escape(word) if RUN.match(word) else rf"(?<!{letter}){re.escape(word)}(?!{letter})"
        for word in words
    ]
    if is_prefix(words[-1], open=term.open):
        bounded[-1] = rf"(?<!{letter}){re.escape(words[-1])}"
    return re.compile(GAP.join(bounded))


def sieve(query: str) -> Sieve:
    """
    What goes by a query, wherever.
    """
    return Sieve(Sought(query=parse(query), scope=Scope(), limit=50))


class MatcherTest(SynchronousTestCase):
    """
    One term, and one text.
    """

    @quick
    @given(texts, terms, st.booleans())
    def test_it_finds_what_a_pattern_of_all_its_words_would(self, text: str, term: str, open: bool) -> None:
        """Letters, marks, signs, and scripts without spaces."""
        asked = Term(term, open)
        expected = [found.span() for found in pattern(asked).finditer(text)]
        self.assertEqual(list(Matcher(asked, parts=False).spans(Line(text))), expected)

    def test_within_words_it_is_found_as_it_is_written(self) -> None:
        """Its ends are no ends of words then."""
        banana, term = Line("banana"), Term("an", open=True)
        self.assertEqual(list(Matcher(term, parts=True).spans(banana)), [(1, 3), (3, 5)])
        self.assertFalse(Matcher(term, parts=False).finds(banana))


class LongTest(SynchronousTestCase):
    """
    Queries and texts that are made to take long.
    """

    def test_of_a_phrase_without_end_so_many_words_count_and_that_is_said(self) -> None:
        """Also of several together."""
        query = parse('"' + "a b " * 124 + '"')
        self.assertEqual(
            ([len(term.words) for term in query.terms], query.terms[0].open), ([MAX_WORDS], False)
        )
        self.assertIn(str(MAX_WORDS), query.why)
        query = parse('"' + "a b " * 12 + '" "' + "c d " * 12 + '" e')
        self.assertEqual([len(term.words) for term in query.terms], [24, 8])
        self.assertTrue(
            sieve('"' + "a b " * 124 + '"').passes("a b " * 20, "", "", 0, file=False, deleted=False)
        )
        self.assertEqual(parse("one two three").why, "")

    def test_accents_without_end_are_a_part_of_the_letter_that_they_stand_behind(self) -> None:
        """Of each of the words that end with it."""
        text = "c b a" + "\u0301" * 3000
        self.assertEqual(sieve('"a" "b a" "c b a"').marks(text), [(0, len(text))])

    def test_a_phrase_that_nearly_stands_everywhere_is_found_where_it_does(self) -> None:
        """Not where all but its last word is."""
        text = "a " * 1999 + "b"
        line = Line(text)
        self.assertEqual(len(line.words), 3 * 2000)
        found = list(Matcher(Term("a " * 31 + "b", open=False), parts=False).spans(line))
        self.assertEqual(found, [(len(text) - 63, len(text))])

    def test_of_very_many_places_the_first_are_marked(self) -> None:
        """Apart from each other, and those that overlap as one."""
        self.assertEqual(len(sieve("a").marks("a " * 2000)), MAX_MARKS)
        marks = Sieve(Sought(query=parse("ab ba"), scope=Scope(), parts=True, limit=50)).marks("ab" * 2000)
        self.assertEqual((len(marks), marks[0][0]), (1, 0))
        self.assertLess(marks[0][1], 1000)
