"""
The contract between the core and whatever carries its bytes to a client: to one, or to many at once.
"""

from __future__ import annotations

from typing import Protocol

from chatd.core.ports import Wire
from chatd.core.refusals import CloseCode


class Outbox(Protocol):
    """
    Where one session writes. It keeps no queue: what it has taken is in the transport, and what the transport
    cannot take stays in the log.
    """

    full: bool
    """
    The transport holds as much as it should: events and notices are not to be written until `Session.drained`
    is called. Answers to commands may be; the session asks for few of them at a time.
    """

    @property
    def can_group(self) -> bool:
        """
        Whether it can ever be in a group.
        """

    @property
    def closed(self) -> bool:
        """
        Whether nothing is written any more. Until the connection is gone its session may not know of it.
        """

    @property
    def wire(self) -> Wire:
        """
        What this connection speaks.
        """

    def write(self, data: bytes) -> None:
        """
        Hand bytes to the transport in this order. Never waits, never raises; on a closed connection it does
        nothing.
        """

    def enter(self, group: Group, member: Member) -> bool:
        """
        Be in a group from now on, unless something waits to be sent: whether it is. `write` may be called as
        before.
        """

    def leave(self, group: Group) -> None:
        """
        Be no longer in a group that it is in.
        """

    def close(self, code: CloseCode, reason: str) -> None:
        """
        Close the connection after what was written. Further writes do nothing. May be called again.
        """

    def look(self) -> None:
        """
        Look again whether the session takes commands (`Session.receptive`), and go on reading if it does.
        """


class Member(Protocol):
    """
    Whoever hears what is written to a group.
    """

    def left(self) -> None:
        """
        It is written to by itself again. What was written to the group before, it has been sent.
        """


class Group(Protocol):
    """
    Outboxes that are all sent the same, together, as long as nothing that was written to them waits.

    An outbox for which something has to wait leaves by itself, as does one that closes (`Member.left`).
    """

    def write(self, data: bytes) -> None:
        """
        Hand bytes to all of them. Never waits, never raises; what one does not take is written to it by
        itself. Nothing may be kept for them by a delivery: see `Delivery.flush`.
        """


class Delivery(Protocol):
    """
    One committed batch on its way to all outboxes of a server.
    """

    group_from: int
    """For how many outboxes a group is worth it."""

    def group(self) -> Group:
        """
        A group that nobody is in.
        """

    def begin(self) -> None:
        """
        What outboxes write from now on may be kept for a while, in its order, and be joined.
        """

    def flush(self) -> None:
        """
        What is kept so far is sent now.
        """

    def end(self) -> None:
        """
        It is sent now. Nothing has to have begun.
        """
