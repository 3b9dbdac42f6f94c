"""
That memory which a crowd has used is the machine's again once the crowd has gone.
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CROWD = 100
LOOK_SECONDS = 10.0
AGAIN_SECONDS = 20.0
"""By when deadlines that still know of a connection, such as the one for its greeting, have passed."""
LONG_SECONDS = 300.0
"""How long they may go on coming and going before there is a search all the same."""
QUICK_SECONDS = 0.005
"""How long a search for cycles may take that nobody is to notice."""
SEARCHED = 1000
"""With how many connections one is not worth it."""


def give_back(search: bool) -> None:
    """
    Give the kernel what is free, where the C library can (glibc keeps it otherwise), after a search for
    cycles if there is to be one.
    """
    if search:
        gc.collect()
    if _trim is not None:
        _trim(0)


def share_one_heap() -> None:
    """
    Have all threads that begin from now on take memory from one heap, where the C library can: each would
    have glibc begin one of its own, and of what those have used once much stays lying about.
    """
    if _set_option is not None:
        _set_option(_ARENA_MAX, 1)


def _find(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None


# M_ARENA_MAX of glibc's malloc.h.
_ARENA_MAX = -8
# Elsewhere the options have other numbers.
_set_option = _find("mallopt") if _find("gnu_get_libc_version") is not None else None
_trim = _find("malloc_trim")


@dataclass(slots=True)
class Memory:
    """
    Has memory given back when a hundred connections have gone since the last time, at most every ten seconds,
    and once more when twenty seconds have passed in which nobody went, or five minutes in which some did.

    `give_back` is told whether to search for cycles, which takes longer the more people are there: while
    others go on going only if the last search was quick, or is five minutes ago. Cycles would stay for ever:
    the server's own collector looks at what is old so rarely that it never holds up ten thousand people.
    """

    give_back: Callable[[bool], None] = give_back
    seconds: Callable[[], float] = time.perf_counter
    _gone: int = 0
    _seen: int = 0
    _next: float = 0.0
    _again: float | None = None
    _latest: float = 0.0
    _quick: bool = False

    def look(self, there: int, came: int, now: float) -> None:
        """
        Do what is due. `there` is how many connections are open, and `came` how many ever were.
        """
        gone = came - there
        if gone != self._seen and self._again is not None:
            self._again = min(now + AGAIN_SECONDS, self._latest)
        self._seen = gone
        if self._again is not None and now >= self._again:
            self._again = None
            search = True
        elif now >= self._next and gone - self._gone >= CROWD:
            if self._again is None:
                self._latest = now + LONG_SECONDS
            self._gone, self._next = gone, now + LOOK_SECONDS
            self._again = min(now + AGAIN_SECONDS, self._latest)
            search = self._quick
        else:
            return
        begun = self.seconds()
        search = search and there <= SEARCHED
        self.give_back(search)
        if search:
            self._quick = self.seconds() - begun < QUICK_SECONDS
