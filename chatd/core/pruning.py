"""
Having the store keep no more than the operator wants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chatd.core.hub import Hub
from chatd.core.refusals import Refused
from chatd.core.retention import Calendar, Retention

STEP_EVENTS = 200
"""As many are taken out in one transaction: others that wait for their commit hardly notice."""

ROUND_SECONDS = 5.0
"""How long it takes after all rooms have been looked at until it begins anew."""


@dataclass(slots=True)
class Pruning:
    """
    The way of a server through its rooms, round after round, in small steps.

    `doubt` is called once for each leap of the clock on the wall, with the milliseconds by which it is ahead
    and not believed.
    """

    hub: Hub
    retention: Retention
    doubt: Callable[[int], None]
    calendar: Calendar = field(default_factory=Calendar)
    _due: float = 0.0
    _doubting: bool = False

    async def step(self, now: float) -> None:
        """
        Take the next step if one is due at `now`, in monotonic seconds.
        """
        if now < self._due:
            return
        hub, self._due = self.hub, now + ROUND_SECONDS
        today_ms = self.calendar.look(hub.wall_ms(), now)
        self._tell_of_doubt()
        try:
            trim = await hub.store.prune(self.retention.keep(today_ms), STEP_EVENTS)
        except Refused:
            # The disk takes no writes, which the store says itself.
            return
        if trim.more:
            self._due = now
        for key, first in trim.first.items():
            room = hub.rooms.get(key)
            if room is not None:
                hub.tails.trim(room.tail, first)

    def _tell_of_doubt(self) -> None:
        ahead = self.calendar.ahead_ms
        if ahead and self.retention.days and not self._doubting:
            self.doubt(ahead)
        self._doubting = bool(ahead)
