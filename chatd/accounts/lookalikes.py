"""
Names that look alike: the same key for all of them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from string import ascii_uppercase

from confusable_homoglyphs.confusables import confusables_data

from chatd.core.names import fold

_Groups = dict[str, str]


@lru_cache(maxsize=1)
def _groups() -> _Groups:
    """
    For each character that looks like another one (Unicode's confusables, UTS 39), the least of those that
    look alike.

    The data say of each character which ones it can be taken for; who can be taken for the same is in one
    group.
    """
    leader: dict[str, str] = {}

    def find(character: str) -> str:
        while leader.get(character, character) != character:
            character = leader[character]
        return character

    for character, alike in confusables_data.items():
        if len(character) != 1:
            continue
        for other in alike:
            text = other["c"]
            if len(text) == 1:
                one, two = sorted((find(character), find(text)))
                leader[two] = one
    return {character: find(character) for character in leader}


def name_keys(name: str) -> frozenset[str]:
    """
    What names have in common that differ only in what nobody sees: case, compatibility forms, and characters
    of other scripts that look alike (UTS 39, section 4, with single characters). Two names that share one of
    these can be taken for each other.

    There are several, for capitals look like others than small letters do: I like l, and i not, and
    Cyrillic has a capital that is like M, but no small letter that is like m.
    """
    plain = _without_marks(unicodedata.normalize("NFKC", name))
    latin = "".join(c if c.isascii() else _capitals().get(_groups().get(c, c), c) for c in plain)
    return frozenset(_alike(fold(each)) for each in (plain, _mapped(plain), latin))


@lru_cache(maxsize=1)
def _capitals() -> dict[str, str]:
    """
    The Latin capital of each group that has one.
    """
    return {_groups().get(c, c): c for c in ascii_uppercase}


def _alike(folded: str) -> str:
    return fold(_mapped(folded))


def _mapped(text: str) -> str:
    groups = _groups()
    return "".join(groups.get(c, c) for c in unicodedata.normalize("NFD", text))


def _without_marks(text: str) -> str:
    """The text without marks that no alphabet puts on that letter, such as a line under an n."""
    kept: list[str] = []
    for character in text:
        drawn = unicodedata.category(character) in ("Mn", "Me") and kept and _is_of_an_alphabet(kept[-1])
        if not drawn:
            kept.append(character)
    return "".join(kept)


def _is_of_an_alphabet(character: str) -> bool:
    # Elsewhere marks are letters: vowels in Arabic, Hebrew or the scripts of India.
    return unicodedata.name(character, "").startswith(("LATIN", "GREEK", "CYRILLIC", "DIGIT"))
