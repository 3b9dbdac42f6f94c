"""
Reading a log from which others take text meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar

from chatd.core.events import Deed, Event
from chatd.core.forms import after_taking

T = TypeVar("T")
E = TypeVar("E", bound=Event)

MOST_READINGS = 3
"""So often something is read because text was taken meanwhile from what was read before."""


@dataclass(slots=True, eq=False)
class Reading:
    """
    One reading of a log, from when it begins until what was read has been sent, which is when it is left. It
    is one of those `under_way` meanwhile, each of which is told what takes text from the log.

    Others can take text faster than a page is read, and whoever reads holds up all who wait for their turn:
    so what is taken from the last of a few readings is taken from what was read, and that is not thrown away.
    """

    under_way: dict[Reading, None]
    _taken: list[Deed] = field(default_factory=list)

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.under_way.pop(self, None)

    def note(self, deed: Deed) -> None:
        """
        A deed that was published has taken text from the log.
        """
        self._taken.append(deed)

    async def of(self, read: Callable[[], Awaitable[T]]) -> T:
        """
        What `read` finds, which is called up to `MOST_READINGS` times.
        """
        self.under_way[self] = None
        for _ in range(MOST_READINGS):
            self._taken.clear()
            found = await read()
            if not self._taken:
                break
        return found

    def settle(self, events: Iterable[E]) -> tuple[E, ...]:
        """
        Events that were read, as they are after all that was published until now.
        """
        if not self._taken:
            return tuple(events)
        return tuple([after_taking(event, self._taken) for event in events])
