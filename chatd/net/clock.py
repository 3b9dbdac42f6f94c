"""
A reactor's own clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def keep_time(reactor: Any, monotonic: Callable[[], float] = time.monotonic) -> None:
    """
    Have a reactor's timers go by a clock that nobody sets.

    Twisted's go by the clock on the wall: set back by an hour, it would have every timer wait that hour, even
    those of no seconds. What is scheduled already keeps its time, and `reactor.seconds` begins where it was.
    """
    ahead = reactor.seconds() - monotonic()
    reactor.seconds = lambda: monotonic() + ahead
