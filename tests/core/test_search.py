"""
How a query is understood, and what it means.
"""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.search import MAX_TERMS, Query, Term, fold, parse, places
from chatd.core.sieve import Scope, Sieve, Sought
from tests.core.test_names import quick

SYNTAX = (
    *('"', "-", "from:", "in:", "before:", "after:", "has:", "link", "file", "2026-01-05", " ", "NEAR(", ")"),
    *("*", "^", "AND", "OR", "NOT", "a", "tea", "\u4e2d", "\U0001f389", ":", "+", "{", "}", "'", "\\", "\0"),
)
texts = st.text(max_size=60)
syntax = st.lists(
    st.sampled_from(SYNTAX),
    max_size=30,
).map("".join)


def sieve(query: str, *, parts: bool = False) -> Sieve:
    """
    What a query means.
    """
    return Sieve(Sought(query=parse(query), scope=Scope(), parts=parts, limit=1))


def found(query: str, text: str, *, parts: bool = False) -> list[str] | None:
    """
    What is marked in a text; None if it is not meant.
    """
    what = sieve(query, parts=parts)
    if not what.passes(text, "a", "ada", 0, file=False, deleted=False):
        return None
    return [text[start:end] for start, end in what.marks(text)]


class QueryTests(SynchronousTestCase):
    def test_words_phrases_and_filters_are_told_apart(self) -> None:
        query = parse('Caf\u00e9 "two  words" -not from:ada FROM:"bob" in:"My Room" in:+id has:link HAS:File')
        self.assertEqual(query.terms, (Term("cafe", True), Term("two words", False)))
        self.assertEqual(query.without, (Term("not", True),))
        self.assertEqual((query.people, query.rooms), (("ada", "bob"), ("My Room", "+id")))
        self.assertEqual((query.link, query.file, query.why), (True, True, ""))

    def test_a_day_is_a_day_of_utc_and_a_time_has_its_zone(self) -> None:
        query = parse("after:2026-01-05 before:2026-01-05T12:00:00+02:00")
        self.assertEqual((query.after_ms, query.before_ms), (1767571200000, 1767607200000))
        self.assertEqual(parse("after:2026-01-05t00:00:00z").after_ms, 1767571200000)

    def test_what_is_not_understood_is_said_and_the_rest_counts(self) -> None:
        for text, word in (
            ("before:tomorrow tea", "before:"),
            ("after:2026-13-01 tea", "after:"),
            ("has:cake tea", "has:"),
            ("-from:ada tea", "minus"),
            ("from: tea", "from:"),
        ):
            query = parse(text)
            self.assertIn(word, query.why, text)
            self.assertTrue(query.why.endswith((".", ":")), query.why)
            self.assertEqual(query.terms, (Term("tea", True),), text)

    def test_an_empty_query_says_so(self) -> None:
        for text in ("", "  ", '""', "...", '" "'):
            self.assertTrue(parse(text).empty, text)
            self.assertTrue(parse(text).why, text)

    def test_an_address_is_no_filter(self) -> None:
        self.assertEqual(parse("https://a.example/b?c").terms, (Term("https://a.example/b?c", True),))

    @quick
    @given(texts | syntax)
    def test_no_query_fails_and_each_is_bounded(self, text: str) -> None:
        query = parse(text)
        self.assertLessEqual(len(query.terms) + len(query.without), MAX_TERMS)
        for parts in (False, True):
            sieve(text, parts=parts).marks(text)
        self.assertIsInstance(query, Query)


class MeaningTests(SynchronousTestCase):
    def test_words_are_found_whatever_their_case_and_accents(self) -> None:
        for query, text, marks in (
            ("tea", "A TEA, teams and steam", ["TEA", "tea"]),
            ("te", "tea te", ["te"]),
            ('"tea"', "teams tea", ["tea"]),
            ("cafe", "Caf\u00e9 CAFE\u0301 cafe", ["Caf\u00e9", "CAFE\u0301", "cafe"]),
            ("CAF\u00c9", "cafe", ["cafe"]),
            ("strasse", "Stra\u00dfe", ["Stra\u00dfe"]),
            ('"foo bar"', "foo, bar foo_bar foobar", ["foo, bar", "foo_bar"]),
            ("foo-bar", "foo bars", ["foo bar"]),
            ("\u4e2d\u6587", "\u5b66\u4e60\u4e2d\u6587\u3002", ["\u4e2d\u6587"]),
            ("phone", "iphone\u624b\u673a", None),
            ("\u624b", "iphone\u624b\u673a", ["\u624b"]),
            ("tea -cup", "tea cup", None),
            ("tea -cup", "tea", ["tea"]),
            ("\U0001f389", "hi\U0001f389!", ["\U0001f389"]),
            ("", "anything", []),
        ):
            self.assertEqual(found(query, text), marks, (query, text))
        self.assertEqual(found("phone", "my iPhone", parts=True), ["Phone"])

    def test_marks_are_apart_and_at_most_fifty(self) -> None:
        self.assertEqual(found("tea team", "team"), ["team"])
        self.assertEqual(len(found("tea", "tea " * 80) or ()), 50)

    def test_a_message_that_was_deleted_is_never_meant(self) -> None:
        self.assertFalse(sieve("tea").passes("tea", "a", "ada", 0, file=False, deleted=True))

    @quick
    @given(texts)
    def test_folding_is_stable_and_knows_where_each_character_comes_from(self, text: str) -> None:
        folded = fold(text)
        self.assertEqual(len(places(text)), len(folded))
        for form in ("NFC", "NFD"):
            if unicodedata.is_normalized("NFC", text):
                self.assertEqual(len(fold(unicodedata.normalize(form, text))) > 0, len(folded) > 0)

    @quick
    @given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12), texts)
    def test_whatever_word_was_said_is_found_by_itself(self, word: str, around: str) -> None:
        text = f"{around} {word} {around}"
        marks = found(f'"{word}"', text)
        self.assertTrue(marks, text)
