"""
How long what was said is kept, and what happens to it afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from chatd.core.names import RoomKey

DAY_MS = 24 * 3600 * 1000
CID_DAYS = 30
"""How long a cid is remembered in any case."""

LEAP_MS = 60_000
LEAP_SECONDS = 24 * 3600.0
"""How long a clock that has leapt forward is not believed."""


class Retention(Struct, frozen=True):
    """
    What a room keeps: what was said in the last `days`, and of that the last `messages`. 0 is for ever.
    """

    days: int = 0
    messages: int = 0

    def __bool__(self) -> bool:
        return bool(self.days or self.messages)

    @property
    def words(self) -> str:
        """
        What it is, for the operator.
        """
        days = f"the last {self.days} days" if self.days else ""
        messages = f"the last {self.messages} messages" if self.messages else ""
        return f"{messages} of {days}" if days and messages else days or messages or "everything"

    def keep(self, now_ms: int) -> Keep:
        """
        What that means at a moment, in milliseconds since 1970.
        """
        return Keep(
            since_ms=now_ms - self.days * DAY_MS if self.days else None,
            messages=self.messages or None,
            cids_since_ms=now_ms - CID_DAYS * DAY_MS,
        )


class Keep(Struct, frozen=True):
    """
    What a store is to keep of each room: events from `since_ms` on, and the last `messages` with what lies
    between them; None is all. An event goes when either says so. A cid whose message is gone is remembered
    if that was stored at `cids_since_ms` or later.
    """

    since_ms: int | None
    messages: int | None
    cids_since_ms: int

    def lets_go(self, at_ms: int, messages: int, *, counts: bool) -> bool:
        """
        Whether the first event of a log goes: it was stored at `at_ms`, there are `messages` from it on, and
        it `counts` if it is one of them.

        Only the first one is ever asked about. So what was stored while the clock was slow goes no sooner
        than what stands before it.
        """
        if self.since_ms is not None and at_ms < self.since_ms:
            return True
        # What precedes the first of the last messages goes, whatever it is.
        return self.messages is not None and messages + (not counts) > self.messages

    def spares(self, messages: int) -> bool:
        """
        Whether a log with so many messages loses nothing, whenever they were stored.
        """
        return self.since_ms is None and (self.messages is None or messages < self.messages)


class Trim(Struct, frozen=True):
    """
    What a step of pruning took away: so many `events`, after which these rooms begin with the offset in
    `first`. `more` unless all rooms have been looked at since the round began.
    """

    first: Mapping[RoomKey, int]
    events: int
    more: bool


class Pruned(Exception):
    """
    What was to be read is no longer kept; `first` is the offset of the first event that is.
    """

    def __init__(self, first: int) -> None:
        super().__init__(f"kept from offset {first} on")
        self.first = first


@dataclass(slots=True)
class Calendar:
    """
    The clock on the wall, as far as it decides that something has become old.

    What was pruned because a clock was wrong for a moment does not come back. So a leap forward counts only
    once it has lasted a day; until then time goes on from where it was. A leap back counts at once: it takes
    nothing away. `ahead_ms` is how far the clock on the wall is ahead of what is believed.
    """

    ahead_ms: int = 0
    _believed_ms: int | None = None
    _looked_at: float = 0.0
    _leapt_at: float | None = None

    def look(self, wall_ms: int, now: float) -> int:
        """
        The time to go by, in milliseconds since 1970, when the clock on the wall says `wall_ms`; `now` is in
        monotonic seconds.
        """
        believed = wall_ms
        if self._believed_ms is not None:
            expected = self._believed_ms + int((now - self._looked_at) * 1000)
            if wall_ms <= expected + LEAP_MS:
                self._leapt_at = None
            elif self._leapt_at is None:
                believed, self._leapt_at = expected, now
            elif now < self._leapt_at + LEAP_SECONDS:
                believed = expected
            else:
                self._leapt_at = None
        self._believed_ms, self._looked_at = believed, now
        self.ahead_ms = wall_ms - believed
        return believed
