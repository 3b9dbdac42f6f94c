"""
The rules for what a message may say.
"""

from __future__ import annotations

import re

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


# One emoji, in all the shapes that UTS 51 has (section 1.4.9): a keycap, a flag of two letters or of tags, or
# symbols with a skin that are joined. Blocks are taken as a whole: each year brings some of them an emoji.
_SYMBOL = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_ONE = f"{_SYMBOL}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"
    "|[\U0001f1e6-\U0001f1ff]{2}"
    "|\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f"
    f"|{_ONE}(?:\u200d{_ONE}){{0,5}}"
)


def clean_emoji(text: str) -> str:
    """
    An emoji, as it is kept: one, and nothing with it. Raises `Refused` with `bad_request`.
    """
    if not _EMOJI.fullmatch(text):
        raise Refused(Code.BAD_REQUEST, "That is no emoji.")
    return text
