"""
How messages are looked for in memory: by looking at each, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge

from chatd.core.events import Event, Message
from chatd.core.names import RoomKey, is_closed, is_private, private_pair
from chatd.core.sieve import Findings, Scope, Sieve, Sought
from chatd.store.memory_log import Log


class MemoryFinder:
    """
    The contract of `chatd.core.sieve.Finder` over `logs`.
    """

    def __init__(self, logs: Callable[[], Sequence[Log]]) -> None:
        self._logs = logs

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

    def _newest_first(self, scope: Scope) -> Iterator[Event]:
        logs = [log.back_from(log.head) for log in self._logs() if _is_in(log.key, scope)]
        return merge(*logs, key=lambda event: -event.commit)


def _is_in(key: RoomKey, scope: Scope) -> bool:
    if key in scope.included:
        return True
    if is_private(key):
        return scope.person is not None and scope.person in private_pair(key)
    return scope.public and not is_closed(key) and key not in scope.excluded
