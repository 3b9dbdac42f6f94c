"""
The checker: what all readers heard and what all writers were told, held against each other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MOST_FAULTS = 20


class Broken(AssertionError):
    """
    A promise was not kept; the text says how.
    """


class Entry(NamedTuple):
    """
    What is at one offset of a room.
    """

    id: str
    author: str
    cid: str | None
    text: str


@dataclass(slots=True)
class Book:
    """
    Each room as the first who heard an offset had it; everybody else has to have the same.

    Faults are gathered, because they are found in the middle of a connection, and told by `check`.
    """

    rooms: dict[tuple[str, str], dict[int, Entry]] = field(default_factory=dict)
    done: dict[tuple[str, str], tuple[str, int, str]] = field(default_factory=dict)
    said: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    heard: int = 0
    # As it was taken down: whoever got the same object needs no second look.
    _newest: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def fault(self, text: str) -> None:
        """
        Something is wrong.
        """
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)

    def hears(self, who: str, epoch: str, event: dict[str, Any]) -> None:
        """
        Somebody got a `message`.
        """
        self.heard += 1
        place = epoch, event["room"]
        if event is self._newest.get(place):
            return
        entry = Entry(event["id"], event["from"]["id"], event.get("cid"), event["text"])
        first = self.rooms.setdefault(place, {}).setdefault(event["offset"], entry)
        if first is entry:
            self._newest[place] = event
        elif first != entry:
            self.fault(f"{who} has {entry} at {event['room']} {event['offset']}, others have {first}")

    def says(self, author: str, cid: str, room: str, text: str) -> None:
        """
        Somebody is about to say something, for the first time or again.
        """
        self.said[author, cid] = room, text

    def acknowledges(self, author: str, cid: str, done: dict[str, Any]) -> None:
        """
        A `say` was answered with `done`.
        """
        place = done["room"], done["offset"], done["id"]
        first = self.done.setdefault((author, cid), place)
        if first != place:
            self.fault(f"{author} {cid} is done at {place} and was at {first}")

    def check(self, whole: bool = True) -> None:
        """
        Raise `Broken` if anything is wrong. `whole`: the rooms were read from the first event to the last.
        """
        self._check_offsets(whole)
        self._check_messages()
        if whole:
            self._check_done()
        if self.faults:
            raise Broken("\n".join(self.faults))

    def _check_offsets(self, whole: bool) -> None:
        if len({epoch for epoch, _ in self.rooms}) > 1:
            self.fault("the epoch has changed")
        for (_, name), room in self.rooms.items():
            first, last = min(room), max(room)
            if len(room) != last - first + 1 or (whole and first != 1):
                self.fault(f"{name} has {len(room)} offsets from {first} to {last}")

    def _check_messages(self) -> None:
        ids = Counter(entry.id for room in self.rooms.values() for entry in room.values())
        cids = Counter(
            (entry.author, entry.cid) for room in self.rooms.values() for entry in room.values() if entry.cid
        )
        for what, counts in (("id", ids), ("cid", cids)):
            for value, count in counts.most_common(3):
                if count > 1:
                    self.fault(f"the {what} {value} is there {count} times")
        for (_, name), room in self.rooms.items():
            for offset, entry in room.items():
                said = self.said.get((entry.author, entry.cid or ""))
                if said is not None and said != (name, entry.text):
                    self.fault(f"{name} {offset} holds {entry}, and what was said is {said}")

    def _check_done(self) -> None:
        by_name = {name: room for (_, name), room in self.rooms.items()}
        for (author, cid), (name, offset, event_id) in self.done.items():
            entry = by_name.get(name, {}).get(offset)
            if entry is None or (entry.id, entry.author, entry.cid) != (event_id, author, cid):
                self.fault(f"{author} {cid} was done at {name} {offset} as {event_id}, where now is {entry}")

    def stored(self) -> int:
        """
        How many messages somebody has heard.
        """
        return sum(map(len, self.rooms.values()))
