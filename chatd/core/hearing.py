"""
Who hears a room, where each of them is in its log, and the way of what is new to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chatd.core.commands import Answer
from chatd.core.news import Hearer
from chatd.core.outbox import Delivery, Group, Outbox
from chatd.core.ports import View, Wire
from chatd.core.tail import Growth

if TYPE_CHECKING:
    from chatd.core.room import Room


class Listener(Hearer, Protocol):
    """
    Somebody who hears rooms, and has their outbox. Whoever is `held`, or has cursors that are `behind`, is
    not in step: what is new does not follow what they were sent last.
    """

    outbox: Outbox
    held: bool
    behind: dict[Cursor, None]

    def offer(self, cursor: Cursor, growth: Growth) -> None:
        """
        The cursor's room has grown. Never waits and never raises.
        """


@dataclass(slots=True, eq=False)
class Cursor:
    """
    How far a listener has heard a room: up to and with `offset`.

    As long as it is in a `group` it has heard all, and the group is written to; else up to `heard`.
    `live_at` is the head that `joined` named while what came before it is still being sent; `live` is due
    when the cursor gets there; until then nothing is sent that only changed messages, if it is `brief`. At
    `end`, if it has one, it is over, and `farewell` is said.
    """

    room: Room
    listener: Listener
    view: View
    heard: int
    live_at: int | None = None
    end: int | None = None
    farewell: Answer | None = None
    brief: bool = False
    group: Group | None = None

    @property
    def offset(self) -> int:
        """
        How far it has come.
        """
        return self.heard if self.group is None else self.room.head

    def step_out(self) -> None:
        """
        Be in no group any more.
        """
        if self.group is not None:
            self.listener.outbox.leave(self.group)

    def left(self) -> None:
        """
        See `Member`.
        """
        self.heard, self.group = self.room.head, None
        self.room.hearing.apart[self.listener] = self


@dataclass(slots=True, eq=False)
class Hearing:
    """
    All who hear one room, each by one of its `cursors`; those are `apart` who are in none of the `groups`.
    """

    delivery: Delivery
    cursors: dict[Listener, Cursor] = field(default_factory=dict)
    apart: dict[Listener, Cursor] = field(default_factory=dict)
    groups: dict[Wire, Group] = field(default_factory=dict)

    def begin(self, cursor: Cursor) -> None:
        """
        Somebody hears the room from now on, by this cursor and no other.
        """
        self.cursors[cursor.listener] = self.apart[cursor.listener] = cursor

    def end(self, listener: Listener) -> None:
        """
        Somebody hears the room no longer.
        """
        self.cursors.pop(listener).step_out()
        del self.apart[listener]

    def scatter(self) -> None:
        """
        Have nobody be in a group.
        """
        if self.groups:
            self.groups = {}
            for cursor in self.cursors.values():
                cursor.step_out()

    def tell(self, growth: Growth, view: View | None) -> None:
        """
        Offer what is new to all, who see the room in this one view and come into groups; or without it to
        each in their own way, when nobody is in a group.
        """
        after, last = growth.after, growth.last
        if view is not None:
            for wire, group in self.groups.items():
                group.write(growth.chunk(wire, view))
        grouping = view is not None and len(self.cursors) >= self.delivery.group_from
        chunks: dict[Wire, tuple[View, bytes]] = {}
        # A copy, for offering can end a connection, which then hears nothing any more. The body is what each
        # listener costs: the first branch is what `Cursors.offer` would do, without a call and a look-up
        # more.
        for listener, cursor in tuple(self.apart.items()):
            outbox = listener.outbox
            if cursor.heard == after and not (outbox.full or listener.held or listener.behind):
                known = chunks.get(outbox.wire)
                if known is None or known[0] is not cursor.view:
                    known = chunks[outbox.wire] = (cursor.view, growth.chunk(outbox.wire, cursor.view))
                cursor.heard = last
                # Taken first, which Python does faster than to call a method that is not of the class.
                write = outbox.write
                write(known[1])
                if grouping and outbox.can_group:
                    self._step_in(cursor, outbox)
            else:
                listener.offer(cursor, growth)

    def _step_in(self, cursor: Cursor, outbox: Outbox) -> None:
        if self.apart.get(cursor.listener) is not cursor:
            # It was heard by somebody who has left meanwhile.
            return
        group = self.groups.get(outbox.wire)
        if group is None:
            group = self.groups[outbox.wire] = self.delivery.group()
        if outbox.enter(group, cursor):
            cursor.group = group
            del self.apart[cursor.listener]
