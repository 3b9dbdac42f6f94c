"""
How messages are looked for in memory: by looking at each, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from heapq import merge

from chatd.core.events import Card, Event, Message
from chatd.core.names import (
    PRIVATE_MARK,
    PersonId,
    RoomKey,
    fold,
    is_closed,
    is_private,
    private_pair,
)
from chatd.core.sieve import Findings, Scope, Sieve, Sought
from chatd.store.memory_log import Log


class MemoryFinder:
    """
    The contract of `chatd.core.sieve.Finder` over `logs`; `card` is who somebody is.
    """

    def __init__(self, logs: Callable[[], Sequence[Log]], card: Callable[[PersonId], Card | None]) -> None:
        self._logs = logs
        self._card = card

    async def search(self, sought: Sought) -> Findings:
        """As the port says."""
        sieve = Sieve(sought)
        found: list[Message] = []
        before = sought.before if sought.before is not None else 2**63
        for event in self._newest_first(sought.scope):
            if isinstance(event, Message) and event.commit < before and sieve.means(event):
                if len(found) == sought.limit:
                    return Findings(tuple(found), found[-1].commit, True)
                found.append(event)
        return Findings(tuple(found), 0, False)

    async def again(self, commits: Sequence[int]) -> tuple[Message, ...]:
        """As the port says."""
        wanted = set(commits)
        events = [
            event
            for log in self._logs()
            for event in log.events
            if isinstance(event, Message) and event.commit in wanted
        ]
        return tuple(sorted(events, key=lambda event: list(commits).index(event.commit)))

    async def called(
        self, person: PersonId, names: Collection[str], closed: Collection[RoomKey]
    ) -> tuple[tuple[str, RoomKey], ...]:
        """As the port says."""
        found: list[tuple[str, RoomKey]] = []
        for log in self._logs():
            called = log.name if log.key in closed else ""
            if is_private(log.key) and person in private_pair(log.key):
                (other,) = set(private_pair(log.key)) - {person}
                card = self._card(other)
                called = f"{PRIVATE_MARK}{card.name}" if card else ""
            if called and fold(called) in names:
                found.append((fold(called), log.key))
        return tuple(found)

    def _newest_first(self, scope: Scope) -> Iterator[Event]:
        logs = [log.back_from(log.head) for log in self._logs() if _is_in(log.key, scope)]
        return merge(*logs, key=lambda event: -event.commit)


def _is_in(key: RoomKey, scope: Scope) -> bool:
    if key in scope.included:
        return True
    if is_private(key):
        return scope.person is not None and scope.person in private_pair(key)
    return scope.public and not is_closed(key) and key not in scope.excluded
