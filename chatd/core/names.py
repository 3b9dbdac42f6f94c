"""
The rules for names of rooms and people, and for the ids that stand for them.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import NewType
from urllib.parse import quote

from chatd.core.memo import memo
from chatd.core.refusals import Code, Refused

PersonId = NewType("PersonId", str)
"""Sixteen characters of lower-case base32 (80 random bits), the same for ever."""

RoomKey = NewType("RoomKey", str)
"""
What tells rooms apart: a public room's folded name, `@a:b` for the private room of a and b, or `+` and an id
for one that only its members know of.
"""

LOBBY = RoomKey("lobby")
MAX_ROOM_NAME = 50
MAX_NICK = 32
PRIVATE_MARK = "@"
CLOSED_MARK = "+"

AUDIT = RoomKey("+audit")
"""The log of what was done to the server, and to its public rooms; its staff reads it."""

REPORTS = RoomKey("+reports")
"""What was reported to the server's moderators."""

_PERSON_ID = re.compile(r"[a-z2-7]{16}")
# Letters and marks by category that nevertheless draw nothing (Unicode's Default_Ignorable_Code_Point):
# a name made of them would look blank, or like another one.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2d7f\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U000e0100-\U000e01ef]"
)


def fold(name: str) -> str:
    """
    The form in which two names are compared: NFKC and casefold (Unicode 3.13, UAX 15).
    """
    # Casefolding can undo the normal form and the other way round; a second pass makes it stable.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_visible(text: str) -> bool:
    """
    Whether none of the letters and marks of a text is one that draws nothing.
    """
    return _INVISIBLE.search(text) is None


def _is_name(name: str, longest: int) -> bool:
    if not 1 <= len(name) <= longest or not is_visible(name):
        return False
    categories = [unicodedata.category(character) for character in name]
    if any(c[0] not in "LM" and c != "Nd" and x not in "-_." for c, x in zip(categories, name, strict=True)):
        return False
    # Marks alone would sit on whatever stands before the name.
    return categories[0][0] != "M"


def check_nick(name: str) -> str:
    """
    The nickname, if it is 1 to 32 letters, marks and digits of any script, `-`, `_` and `.`.

    Raises `Refused` with `bad_name`.
    """
    if not _is_name(name, MAX_NICK):
        raise Refused(
            Code.BAD_NAME,
            f"A name is 1 to {MAX_NICK} letters, digits, '-', '_' or '.', and begins with no mark.",
        )
    return name


@memo(1024)
def room_key(name: str) -> RoomKey:
    """
    The key of the public room of that name.

    Raises `Refused` with `bad_name` unless it is 1 to 50 letters, marks and digits of any script, `-`, `_`,
    `.`.
    """
    if not _is_name(name, MAX_ROOM_NAME):
        raise Refused(
            Code.BAD_NAME,
            f"A room has 1 to {MAX_ROOM_NAME} letters, digits, '-', '_' or '.', and begins with no mark.",
        )
    return RoomKey(fold(name))


def is_private(key: RoomKey) -> bool:
    """
    Whether the room belongs to two people alone.
    """
    return key.startswith(PRIVATE_MARK)


def is_closed(key: RoomKey) -> bool:
    """
    Whether only members know of the room.
    """
    return key.startswith(CLOSED_MARK)


def closed_key(random: bytes) -> RoomKey:
    """
    The key, and the name on the wire, of the closed room that ten random bytes stand for.
    """
    return RoomKey(f"{CLOSED_MARK}{person_id(random)}")


def private_key(one: PersonId, other: PersonId) -> RoomKey:
    """
    The key of the private room of two people, the same from either side.
    """
    first, second = sorted((one, other))
    return RoomKey(f"{PRIVATE_MARK}{first}:{second}")


def private_pair(key: RoomKey) -> tuple[PersonId, PersonId]:
    """
    The two people of a private room's key, in the key's order.
    """
    first, second = key[len(PRIVATE_MARK) :].split(":")
    return PersonId(first), PersonId(second)


def peer_of(key: RoomKey, person: PersonId) -> PersonId:
    """
    The other of the two people of a private room.
    """
    first, second = private_pair(key)
    return second if person == first else first


def side_name(key: RoomKey, viewer: PersonId | None) -> str:
    """
    What a viewer calls a room, as far as its key tells: `@` and the other's id for a private room of theirs,
    else the key. Rooms are listed in the order of these.
    """
    if viewer is None or not is_private(key):
        return key
    return f"{PRIVATE_MARK}{peer_of(key, viewer)}"


def is_person_id(text: str) -> bool:
    """
    Whether the text has the form of a person's id.
    """
    return _PERSON_ID.fullmatch(text) is not None


def person_id(random: bytes) -> PersonId:
    """
    The id that ten random bytes stand for.
    """
    return PersonId(base64.b32encode(random[:10]).decode("ascii").lower())


def shown_name(username: str) -> str:
    """
    What is left of a free-form name when all that hides, reorders or controls text is gone: at most 32
    characters, `guest` if nothing is left.
    """
    kept = "".join(c for c in username if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return _INVISIBLE.sub("", kept).strip()[:MAX_NICK].strip() or "guest"


def initials(name: str, owner: str) -> str:
    """
    One or two letters or digits that stand for a name on a picture; the id's first if the name has none.
    """
    words = re.split(r"[\s\-_.]+", name)
    firsts = [first for word in words if (first := next((c for c in word if c.isalnum()), ""))]
    # Some letters have an upper case only as a letter and a mark.
    capitals = "".join(c for c in "".join(firsts[:2]).upper() if c.isalnum())
    return capitals[:2] or owner[:1].upper()


@memo(1024)
def avatar(owner: PersonId, name: str) -> str:
    """
    The path of the picture of a person: it depends on the id and the initials alone, so it can be cached for
    ever.
    """
    return f"/avatar/{owner}.svg?{quote(initials(name, owner))}"
