"""
What somebody looks for: how a query is understood, and how texts are compared.

Nothing here knows of an index, but an index goes by the same folding (`fold`) and the same words (`WORD`).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from msgspec import Struct

from chatd.core.memo import memo

MAX_QUERY = 500
MAX_TERMS = 16
MAX_WORDS = 32
"""How many words and phrases a query may have, and words in all."""

PREFIX_LENGTH = 3
"""A word of so many characters finds those that begin with it, too; a shorter one only itself."""

# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana and Han. They are found anywhere.
_RUNNING = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)


def _marks_of_scripts() -> str:
    running = re.compile(f"[{_RUNNING}]")
    marks = [code for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me")]
    ranges: list[list[int]] = []
    for code in marks:
        if running.match(chr(code)):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_MARKS = _marks_of_scripts()
_LETTER = rf"(?:[^\W_{_RUNNING}]|[{_MARKS}])"

WORD = re.compile(rf"{_LETTER}+|[{_RUNNING}]+")
"""A word of a folded text, or a run of a script without spaces."""

RUN = re.compile(f"[{_RUNNING}]")
"""Whether what `WORD` found is such a run."""

_LINK = re.compile(r"https?://\S|\bwww\.\S", re.IGNORECASE)
_PIECE = re.compile(
    r'(?P<minus>-?)(?:(?P<field>from|in|before|after|has):)?(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<plain>[^\s"]+))',
    re.IGNORECASE,
)
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'))
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@memo(4096)
def _fold_character(character: str) -> str:
    apart = unicodedata.normalize("NFKD", character.casefold())
    # Accents go; what a mark means in other scripts is not for us to say.
    return unicodedata.normalize("NFC", "".join(c for c in apart if not "\u0300" <= c <= "\u036f"))


def fold(text: str) -> str:
    """
    The form in which words are compared: neither case nor accents count.
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_character, text))


def has_link(text: str) -> bool:
    """
    Whether a text has something in it that is shown as a link.
    """
    # Most texts have none, and are asked often.
    return ("://" in text or "www." in text.lower()) and _LINK.search(text) is not None


class Term(Struct, frozen=True):
    """
    A word or a phrase, folded. Its words follow each other with nothing between them that is part of a word;
    the last may be longer in a text if it is `open`.
    """

    text: str
    open: bool

    @property
    def words(self) -> tuple[str, ...]:
        """
        Its words; none if it has only signs, which are looked for as they are.
        """
        return tuple(WORD.findall(self.text))


def is_prefix(last: str, *, open: bool) -> bool:
    """
    Whether the last word of a term is only the beginning of what it finds.
    """
    return open and len(last) >= PREFIX_LENGTH and not RUN.match(last)


class Query(Struct, frozen=True, kw_only=True):
    """
    A query as it was understood; `why` is a sentence if that is not all of it.

    All `terms` have to be there and none of `without`. `people` and `rooms` are names: one of each. A message
    is not older than `after_ms`, and older than `before_ms`.
    """

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    people: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    before_ms: int | None = None
    after_ms: int | None = None
    link: bool = False
    file: bool = False
    why: str = ""

    @property
    def empty(self) -> bool:
        """
        Whether it asks for nothing.
        """
        return self == Query(why=self.why)


def parse(text: str) -> Query:
    """
    Understand a query, as far as it can be. Never raises.
    """
    reading = _Reading()
    for piece in _PIECE.finditer(_CONTROLS.sub(" ", text).translate(_QUOTES)):
        reading.take(piece)
    return reading.query()


class _Reading:
    """
    What has been understood so far.
    """

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {"from": [], "in": []}
        self.words = 0
        self.terms: dict[Term, None] = {}
        self.without: dict[Term, None] = {}
        self.times: dict[str, int] = {}
        self.has: set[str] = set()
        self.why: dict[str, None] = {}

    def take(self, piece: re.Match[str]) -> None:
        quoted, plain, name = piece["quoted"], piece["plain"], (piece["field"] or "").lower()
        value = (plain if quoted is None else quoted).strip()
        if not name and plain is not None and plain.lower() in ("from:", "in:", "before:", "after:", "has:"):
            self.why[f"Nothing stands behind {plain.lower()}"] = None
        elif not name:
            self._word(value, quoted=quoted is not None, minus=bool(piece["minus"]))
        elif piece["minus"]:
            self.why[f"A minus before {name}: is not understood."] = None
        elif name in self.fields:
            if value:
                self.fields[name].append(value)
        elif name == "has":
            if value.lower() in ("link", "file"):
                self.has.add(value.lower())
            else:
                self.why["has: is followed by link or file."] = None
        else:
            at_ms = _time(value)
            if at_ms is None:
                self.why[f"{name}: is followed by a day, as 2026-11-24, or a time."] = None
            else:
                self.times[name] = at_ms

    def _word(self, value: str, *, quoted: bool, minus: bool) -> None:
        folded = " ".join(fold(value).split())
        if not folded or (not quoted and not WORD.search(folded) and folded.isascii()):
            # Punctuation between words; whoever means it puts it into quotation marks.
            return
        words = list(WORD.finditer(folded))
        room = MAX_WORDS - self.words
        if len(words) > room:
            self.why[f"Only {MAX_WORDS} words count, those in quotation marks too."] = None
            if not room:
                return
            folded = folded[: words[room - 1].end()]
        self.words += min(len(words), room)
        terms = self.without if minus else self.terms
        if len(self.terms) + len(self.without) < MAX_TERMS:
            terms[Term(folded, not quoted)] = None
        else:
            self.why[f"Only the first {MAX_TERMS} words count."] = None

    def query(self) -> Query:
        query = Query(
            terms=tuple(self.terms),
            without=tuple(self.without),
            people=tuple(self.fields["from"][:MAX_TERMS]),
            rooms=tuple(self.fields["in"][:MAX_TERMS]),
            before_ms=self.times.get("before"),
            after_ms=self.times.get("after"),
            link="link" in self.has,
            file="file" in self.has,
            why=" ".join(self.why),
        )
        if query.empty and not query.why:
            return Query(why="Say what to look for.")
        return query


def _time(value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def places(text: str) -> list[int]:
    """
    Of each character of a folded text, which of the text it comes from.
    """
    if text.isascii():
        return list(range(len(text)))
    return [place for place, character in enumerate(text) for _ in _fold_character(character)]
