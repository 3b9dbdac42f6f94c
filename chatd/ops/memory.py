"""
That memory which a crowd has used is the machine's again once the crowd has gone.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CROWD = 100
LOOK_SECONDS = 10.0
AGAIN_SECONDS = 20.0
"""By when deadlines that still know of a connection, such as the one for its greeting, have passed."""
SEARCHED = 1000
"""With how many connections a search for cycles is so short that nobody notices it."""


def give_back(search: bool) -> None:
    """
    Give the kernel what is free, where the C library can (glibc keeps it otherwise), after a search for
    cycles if there is to be one.
    """
    if search:
        gc.collect()
    if _trim is not None:
        _trim(0)


def _find_trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


_trim = _find_trim()


@dataclass(slots=True)
class Memory:
    """
    Has memory given back when a hundred connections have gone since the last time, at most every ten seconds,
    and once more twenty seconds after the last of these times.

    `give_back` is told whether to search for cycles. Those would stay for ever: the server's own collector
    looks at what is old so rarely that it never holds up ten thousand people.
    """

    give_back: Callable[[bool], None] = give_back
    _gone: int = 0
    _next: float = 0.0
    _again: float | None = None

    def look(self, there: int, came: int, now: float) -> None:
        """
        Do what is due. `there` is how many connections are open, and `came` how many ever were.
        """
        gone = came - there
        if now >= self._next and gone - self._gone >= CROWD:
            self._gone, self._next, self._again = gone, now + LOOK_SECONDS, now + AGAIN_SECONDS
        elif self._again is not None and now >= self._again:
            self._again = None
        else:
            return
        self.give_back(there <= SEARCHED)
