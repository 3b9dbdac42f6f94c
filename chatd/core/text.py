"""
The rules for what a message may say.
"""

from __future__ import annotations

import re
import unicodedata

from chatd.core.refusals import Code, Refused

MAX_TEXT = 4000
"""The longest text of a message, in code points after trimming."""

# Control characters but tab and newline, and lone surrogates, which no UTF-8 can carry.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


MAX_TITLE = 80
MAX_TOPIC = 500
MAX_REASON = 300


def unify_newlines(text: str) -> str:
    """
    The text with CRLF and CR as LF.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def forbidden_character(text: str) -> str | None:
    """
    The first character that no text may have, or None.
    """
    found = _FORBIDDEN.search(text)
    return found.group() if found else None


def clean_text(text: str, *, empty: bool = False) -> str:
    """
    The text as it is kept: newlines as LF, no white space around it. It may be empty only if that is said.

    Raises `Refused`: `bad_request` for a forbidden character or an empty text, `too_long` above 4000 code
    points.
    """
    unified = unify_newlines(text)
    bad = forbidden_character(unified)
    if bad is not None:
        raise Refused(Code.BAD_REQUEST, f"The text has the character U+{ord(bad):04X}, which is not allowed.")
    trimmed = unified.strip()
    if not (trimmed or empty):
        raise Refused(Code.BAD_REQUEST, "The text is empty.")
    if len(trimmed) > MAX_TEXT:
        raise Refused(
            Code.TOO_LONG, f"The text has {len(trimmed)} characters; at most {MAX_TEXT} are allowed."
        )
    return trimmed


def clean_line(text: str, longest: int, what: str) -> str:
    """
    A text of one line, as it is kept: without white space around it, and at most so many code points.

    Raises `Refused`: `bad_request` for a forbidden character or a newline, `too_long`.
    """
    trimmed = text.strip()
    if "\n" in trimmed or forbidden_character(trimmed) is not None:
        raise Refused(Code.BAD_REQUEST, f"The {what} has a character that is not allowed there.")
    if len(trimmed) > longest:
        raise Refused(Code.TOO_LONG, f"The {what} has at most {longest} characters.")
    return trimmed


_SYMBOLS = frozenset({"So", "Sm", "Sk", "Po", "Pd", "Ps", "Cn"})
_JOINERS = frozenset("\u200d\ufe0f\u20e3")
_TAGS = ("\U000e0020", "\U000e007f")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


def clean_emoji(text: str) -> str:
    """
    An emoji, as it is kept: one symbol, with what may belong to it (a skin, a join with others, a flag). The
    list of them (UTS 51) grows; this lets through all of their shapes, and no letters.

    Raises `Refused` with `bad_request`.
    """
    if not (_KEYCAP.fullmatch(text) or (_symbol(text[:1]) and all(_symbol(c) or _belongs(c) for c in text))):
        raise Refused(Code.BAD_REQUEST, "That is no emoji.")
    return text


def _symbol(character: str) -> bool:
    if character.isascii():
        return False
    return character == "\u2139" or unicodedata.category(character) in _SYMBOLS


def _belongs(character: str) -> bool:
    return character in _JOINERS or _TAGS[0] <= character <= _TAGS[1]
