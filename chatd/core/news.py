"""
What is in no log and is told to many: who is here, who is writing, how far somebody has read.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from chatd.core.commands import Answer
from chatd.core.names import RoomKey
from chatd.core.pacing import Turns
from chatd.core.ports import Wire


class Item(NamedTuple):
    """
    Something to be told: of which room, if of one, and who is spared, if anybody is.
    """

    answer: Answer
    room: RoomKey | None = None
    but: Hashable = None


class Hearer(Protocol):
    """
    Somebody who is told.
    """

    def notice(self, items: Sequence[Item], frames: dict[Wire, bytes]) -> None:
        """
        Something happened that is in no log; `frames` holds what all of it is on each wire so far. Never
        waits or raises.
        """


class Audience(Protocol):
    """
    Those who are told the same.
    """

    def hearers(self) -> Collection[Hearer]:
        """
        All of them.
        """

    def spared(self, but: Hashable) -> Iterable[Hearer]:
        """
        Those among them who are spared something: see `Item.but`.
        """


@dataclass(slots=True, eq=False)
class News:
    """
    Tells an audience at once while the reactor's turn has time for it. What comes when it has none gathers,
    of each kind only the newest, until it is that audience's turn: as many have theirs in one turn of the
    reactor as it has time for.

    So however many do what others are told of, all that it costs those others is a part of each turn.
    """

    turns: Turns
    _waiting: dict[Audience, dict[Hashable, Item]] = field(default_factory=dict)

    def tell(self, audience: Audience, kind: Hashable, item: Item) -> None:
        """
        Tell it, in place of what is of the same kind and was not told yet.
        """
        if not self._waiting and self.turns.admit():
            _spread(audience, (item,))
            return
        items = self._waiting.setdefault(audience, {})
        # Behind what has come since.
        items.pop(kind, None)
        items[kind] = item
        self.turns.wait(self._tell_some)

    def _tell_some(self) -> None:
        try:
            while self._waiting:
                audience = next(iter(self._waiting))
                _spread(audience, tuple(self._waiting.pop(audience).values()))
                if self.turns.spent():
                    break
        finally:
            if self._waiting:
                self.turns.wait(self._tell_some)


def _spread(audience: Audience, items: Sequence[Item]) -> None:
    spared = {
        hearer: item.but for item in items if item.but is not None for hearer in audience.spared(item.but)
    }
    frames: dict[Wire, bytes] = {}
    # A copy, for telling can end a connection, which then hears nothing any more.
    for hearer in tuple(audience.hearers()):
        but = spared.get(hearer)
        if but is None:
            hearer.notice(items, frames)
        else:
            others = [item for item in items if item.but != but]
            if others:
                hearer.notice(others, {})
