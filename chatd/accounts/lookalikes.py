"""
Names that look alike: the same key for all of them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

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


def name_key(name: str) -> str:
    """
    The same for names that differ only in what nobody sees: case, compatibility forms, marks that are not
    drawn apart, and characters of other scripts that look alike (UTS 39, section 4, with single characters).
    """
    groups = _groups()
    decomposed = unicodedata.normalize("NFD", fold(name))
    return fold("".join(groups.get(c, c) for c in decomposed))
