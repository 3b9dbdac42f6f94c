"""
Whom a text calls for: `@` and a name, or `@room`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chatd.core.names import MAX_NICK, PersonId, fold

EVERYBODY = "room"

MOST_MENTIONS = 50
"""Of how many names the first are looked at: more is no call for anybody."""

# A name as check_nick allows it, though not behind a letter: an address is no mention.
_CALL = re.compile(r"(?<![\w@.-])@([^\W_][\w.-]*|_[\w.-]*)")


def calls(text: str) -> dict[str, None]:
    """
    The names that a text calls, in their order: each without what can be the end of a sentence.
    """
    found: dict[str, None] = {}
    for match in _CALL.finditer(text):
        name = match.group(1)[:MAX_NICK]
        found[name] = None
        if name.rstrip(".-") != name:
            found[name.rstrip(".-")] = None
        if len(found) >= MOST_MENTIONS:
            break
    found.pop("", None)
    return found


def find(text: str, known: Callable[[str], PersonId | None]) -> tuple[tuple[PersonId, ...], bool]:
    """
    Those whom a text calls for, and whether that is everybody. `known` tells whom a name means.
    """
    if "@" not in text:
        return (), False
    people: dict[PersonId, None] = {}
    everybody = False
    for name in calls(text):
        person = known(name)
        if person is not None:
            people[person] = None
        elif fold(name) == EVERYBODY:
            everybody = True
    return tuple(people), everybody
