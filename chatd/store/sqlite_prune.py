"""
What is taken out of the database: a few events and cids at a time, which are no longer to be kept.

The pages that become free are used for what is said next, so a log that is kept short does not make the file
grow. They are not given back to the system: SQLite can only do that in a file that keeps a map of its pages
(`auto_vacuum`), which costs every commit something, or by writing it anew, which holds up everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import apsw

from chatd.core.names import RoomKey
from chatd.core.retention import Keep, Trim
from chatd.store.sqlite_attached import take_files_before
from chatd.store.sqlite_forms import forget_before
from chatd.store.sqlite_index import unindex_quickly

ROOMS = "SELECT number, key, first, head, messages FROM room WHERE number > ? ORDER BY number LIMIT ?"
FRONT = "SELECT offset, kind, at_ms, author, cid FROM event WHERE room = ? AND offset >= ? ORDER BY offset"
COMMITS = "SELECT commit_number FROM event WHERE room = ? AND offset < ? AND kind = 'message'"
TAKE_OUT = "DELETE FROM event WHERE room = ? AND offset < ?"
BEGIN_LATER = "UPDATE room SET first = ?, messages = ? WHERE number = ?"
LOOSEN = "UPDATE cid SET loose = 1 WHERE author = ? AND cid = ?"
FORGET_CIDS = (
    "DELETE FROM cid WHERE (author, cid) IN"
    " (SELECT author, cid FROM cid WHERE loose = 1 AND at_ms < ? ORDER BY at_ms LIMIT ?)"
)


@dataclass(slots=True, frozen=True)
class Step:
    """
    What a step took away, and the number of the room after which the next one goes on.
    """

    trim: Trim
    after: int


def take_step(connection: apsw.Connection, keep: Keep, limit: int, after: int) -> Step:
    """
    As `Store.prune`, from the room behind the number `after` on.
    """
    first: dict[RoomKey, int] = {}
    left = limit
    rooms: list[Any] = connection.execute(ROOMS, (after, limit)).fetchall()
    over = len(rooms) < limit
    for number, key, begin, head, messages in rooms:
        if not keep.spares(messages):
            gone = _trim(connection, keep, left, (number, begin, head, messages))
            if gone:
                first[RoomKey(key)] = begin + gone
                left -= gone
        if not left:
            # There may be more in this one.
            over = False
            break
        after = number
    connection.execute(FORGET_CIDS, (keep.cids_since_ms, limit))
    more = not over or connection.changes() == limit
    return Step(Trim(first, limit - left, more), 0 if over else after)


def _trim(connection: apsw.Connection, keep: Keep, limit: int, room: tuple[int, int, int, int]) -> int:
    """Take at most `limit` events out of a room, which is its number, first, head and messages; how many."""
    number, first, head, messages = room
    gone = 0
    cids: list[tuple[str, str]] = []
    front = connection.execute(FRONT, (number, first))
    for offset, kind, at_ms, author, cid in front:
        counts = kind == "message"
        # What is beyond the head is of this very group, which has yet to write it down as the room's.
        if gone == limit or offset > head or not keep.lets_go(at_ms, messages, counts=counts):
            break
        messages -= counts
        gone += 1
        if cid is not None:
            cids.append((author, cid))
    front.close()
    if gone:
        commits: list[Any] = connection.execute(COMMITS, (number, first + gone)).fetchall()
        unindex_quickly(connection, [commit for (commit,) in commits])
        connection.execute(TAKE_OUT, (number, first + gone))
        take_files_before(connection, number, first + gone)
        forget_before(connection, number, first + gone)
        connection.execute(BEGIN_LATER, (first + gone, messages, number))
        connection.executemany(LOOSEN, cids)
    return gone
