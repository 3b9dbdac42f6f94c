"""
What the server does not keep for ever, though it is in no log: guests who left no trace, and what has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatd.core.hub import Hub

GUEST_SECONDS = 24 * 3600.0
ENDED_MS = 24 * 3600 * 1000


async def forget(hub: Hub) -> int:
    """
    Forget the guests who left a day ago and never wrote nor were written to, and the bans and mutes that
    ended a day ago; the answer is the number of guests.

    Raises `Refused` with `read_only`.
    """
    # Those who are here count as seen now: after a crash nobody can tell any more how long they stayed.
    await hub.store.touch(tuple(hub.presence.people))
    before_ms = hub.wall_ms() - ENDED_MS
    await hub.store.forget_ended(before_ms)
    hub.rights.forget_ended(before_ms)
    return await hub.store.forget_guests(GUEST_SECONDS)
