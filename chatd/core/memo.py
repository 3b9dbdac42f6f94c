"""
What is worked out again and again for those who are there, remembered until they have gone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_forgets: list[Callable[[], None]] = []


def memo(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """
    Have a function remember its last `most` results; its arguments are hashable, its results never change.
    """

    def remembering(function: Callable[P, T]) -> Callable[P, T]:
        cached = lru_cache(maxsize=most)(function)
        _forgets.append(cached.cache_clear)
        # Of arguments it asks that they be hashable, which no Callable says.
        return cached  # type: ignore[return-value]

    return remembering


def forget() -> None:
    """
    Have all of them remember nothing. Any thread may be in one of them.
    """
    for each in _forgets:
        each()
