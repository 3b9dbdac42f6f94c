"""
A store with many messages, made in bulk in a database that chatd has laid out.
"""

from __future__ import annotations

import time
from pathlib import Path

import apsw

DATABASE = "chatd.sqlite3"
PEOPLE = 1000
OTHER_ROOMS = 400
"""The lobby has six messages of ten, these share the rest."""

_DAYS_MS = 20 * 86_400_000

# Message m of N (from 0) is person m % PEOPLE's. The first six tenths lie in the lobby in their order; the
# others fill one room after the other. So logs and cids can be written in the order of their tables.
_NUMBERS = """
WITH RECURSIVE numbers (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM numbers WHERE value + 1 < :count)
"""


def _person(number: str) -> str:
    # An id is sixteen characters of base32: twelve are the same, the others stand for decimal digits.
    digits = ", ".join(f"97 + {number} / {power} % 10" for power in (1000, 100, 10, 1))
    return f"'benchbenchbe' || char({digits})"


_PEOPLE = f"""{_NUMBERS}
INSERT INTO person (id, name, made_ms, seen_ms, kept)
SELECT {_person("value")}, 'person' || value, :from_ms, :from_ms, 1 FROM numbers
"""
_EVENTS = f"""{_NUMBERS}
INSERT INTO event (room, offset, commit_number, kind, id, at_ms, author, author_name, via, text, cid)
SELECT :room, value + 1, :first + value + 1, 'message', 'filled-' || (:first + value + 1),
    :from_ms + CAST((:first + value) * :step_ms AS INTEGER),
    {_person("((:first + value) % :people)")}, 'person' || ((:first + value) % :people), '',
    'message ' || (:first + value) || substr(:padding, 1, (value * 7919) % 140),
    'c' || printf('%08d', (:first + value) / :people)
FROM numbers
"""
_CIDS = """
INSERT INTO cid (author, cid, body_hash, room, offset, id, at_ms)
SELECT author, cid, randomblob(16), room, offset, id, at_ms FROM event ORDER BY author, cid
"""
# What chatd made when it laid the database out may include the lobby.
_ROOM = """
INSERT INTO room (key, kind, name, head, first, last_commit, messages)
VALUES (:key, 'public', :key, :count, 1, :last, :count)
ON CONFLICT (key) DO UPDATE
SET head = excluded.head, last_commit = excluded.last_commit, messages = excluded.messages
"""


def fill(data: Path, messages: int) -> None:
    """
    Put `messages` messages of a thousand people, each with a cid, into the empty database in `data`.

    They lie in the lobby and in 400 further rooms, over the last twenty days. Nobody else may use the
    database meanwhile; afterwards it is whole and on the disk.
    """
    connection = apsw.Connection(str(data / DATABASE))
    try:
        if connection.execute("SELECT count(*) FROM event").get:
            raise ValueError(f"{data} has messages already")
        connection.pragma("synchronous", "off")
        connection.pragma("cache_size", -1_000_000)
        connection.pragma("temp_store", "memory")
        _write(connection, messages)
        connection.pragma("synchronous", "full")
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        connection.close()


def _write(connection: apsw.Connection, messages: int) -> None:
    now_ms = int(time.time() * 1000)
    common = {
        "people": PEOPLE,
        "from_ms": now_ms - _DAYS_MS,
        "step_ms": _DAYS_MS / messages,
        "padding": " and so on" * 14,
    }
    in_lobby = messages * 6 // 10
    rooms = [("lobby", 0, in_lobby)]
    share, left = divmod(messages - in_lobby, OTHER_ROOMS)
    first = in_lobby
    for number in range(OTHER_ROOMS):
        count = share + (number < left)
        rooms.append((f"room-{number:03}", first, count))
        first += count
    with connection:
        connection.execute(_PEOPLE, common | {"count": PEOPLE})
        for key, before, count in rooms:
            if not count:
                continue
            connection.execute(_ROOM, {"key": key, "count": count, "last": before + count})
            room = connection.execute("SELECT number FROM room WHERE key = ?", (key,)).get
            connection.execute(_EVENTS, common | {"room": room, "first": before, "count": count})
        connection.execute(_CIDS)
        connection.execute("UPDATE store SET commits = ?", (messages,))
        # Nothing is to be searched for: no index is to be made meanwhile. (bench/search.py has it made.)
        connection.execute("UPDATE indexed SET high = ?", (messages,))
