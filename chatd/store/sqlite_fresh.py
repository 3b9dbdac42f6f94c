"""
What was stored last, kept until it is indexed, so that nobody has to read it again.

Where much is said the reactor's thread computes most of the time, and whatever else wants the interpreter
waits for milliseconds, at each statement anew. So there a step of the index is one statement, for which all
is made ready before: while SQLite is at it, the reactor's thread is at what was just committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw
import msgspec

from chatd.store.sqlite_entry import MADE_BY, Row, entry_of

STEP_MESSAGES, STEP_CHARACTERS = 800, 48_000
"""How much is a step, counted as by `cost`: some four milliseconds of SQLite's time."""

MOST_STEPS = 4
"""How many steps are kept at most; if it is more, it is read again when there is time."""

# A view that has nothing, for its trigger; both are the connection's own.
OPEN = (
    "CREATE TEMP VIEW IF NOT EXISTS fresh AS"
    " SELECT 0 AS low, 0 AS high, '' AS unicode, '' AS words, '' AS parts",
    "CREATE TEMP TRIGGER IF NOT EXISTS fresh_step INSTEAD OF INSERT ON fresh BEGIN"
    " SELECT raise(ABORT, 'the index is not where it was')"
    " WHERE NOT EXISTS (SELECT 1 FROM indexed WHERE high = NEW.low AND unicode = NEW.unicode);"
    " INSERT INTO word (rowid, text, marks)"
    " SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(NEW.words);"
    " INSERT INTO part (rowid, text) SELECT value ->> 0, value ->> 1 FROM json_each(NEW.parts);"
    " UPDATE indexed SET high = NEW.high;"
    " END",
)
STEP = "INSERT INTO fresh (low, high, unicode, words, parts) VALUES (?, ?, ?, ?, ?)"


def cost(text: str) -> int:
    """
    How much there is to do for a text: of Cyrillic thrice, of Chinese five times as much as of ASCII.
    """
    return len(text) if text.isascii() else 2 * len(text.encode()) - len(text)


@dataclass(slots=True)
class Fresh:
    """
    The messages after the commit `low`, up to which all is indexed, as far as the commit `high`. There is
    nothing between them but messages. None are kept while `low` is -1.
    """

    low: int = -1
    high: int = -1
    _rows: list[Row] = field(default_factory=list)
    _characters: int = 0
    _prepared: apsw.Connection | None = None

    @property
    def full(self) -> bool:
        """
        Whether it is as much as a step.
        """
        return len(self._rows) >= STEP_MESSAGES or self._characters >= STEP_CHARACTERS

    def forget(self) -> None:
        """
        Keep none.
        """
        self.low = self.high = -1
        self._rows, self._characters = [], 0

    def keep(self, rows: list[Row], upto: int) -> None:
        """
        Keep what was stored next, up to a commit.
        """
        self._rows += rows
        self._characters += sum([cost(row[5]) for row in rows])
        self.high = upto
        if len(self._rows) > MOST_STEPS * STEP_MESSAGES or self._characters > MOST_STEPS * STEP_CHARACTERS:
            self.forget()

    def take(self, connection: apsw.Connection) -> tuple[int, int, str, str, str]:
        """
        Take a step, or what there is: what `STEP` is bound to, on a connection that is ready for it then.
        """
        if self._prepared is not connection:
            for statement in OPEN:
                connection.execute(statement)
            self._prepared = connection
        count = characters = 0
        for row in self._rows:
            if count == STEP_MESSAGES or characters >= STEP_CHARACTERS:
                break
            count, characters = count + 1, characters + cost(row[5])
        taken, self._rows = self._rows[:count], self._rows[count:]
        low, self.low = self.low, taken[-1][0] if self._rows else self.high
        self._characters -= characters
        entries = [entry for row in taken if (entry := entry_of(row)) is not None]
        words = msgspec.json.encode([entry[:3] for entry in entries]).decode()
        parts = msgspec.json.encode([(entry[0], entry[3]) for entry in entries]).decode()
        return low, self.low, MADE_BY, words, parts
