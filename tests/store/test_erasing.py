"""
What is taken from a log is not to be found in the files either.
"""

from __future__ import annotations

import time

from chatd.core.events import Author, DeedDraft, Detail, Wipe
from chatd.core.names import LOBBY
from chatd.store import sqlite_ledger
from tests.contracts.store import ADA, BOB, draft
from tests.store.case import SqliteCase

WORDS = ("Geheimnis", "zweite-Fassung", "weggewischt")


class ErasingTests(SqliteCase):
    """Words that were in messages, looked for in the bytes of the database and of its log."""

    def found(self) -> set[str]:
        """Which words the files have."""
        files = [path for path in self.database.path.parent.iterdir() if path.is_file()]
        whole = b"".join(path.read_bytes() for path in files)
        return {word for word in WORDS if word.encode() in whole}

    def deed(self, kind: str, wipe: Wipe | None = None, **detail: object) -> None:
        """Something done in the lobby."""
        author = Author(ADA, "ada")
        what = Detail(**detail)  # type: ignore[arg-type]
        done = DeedDraft(room=LOBBY, room_name=LOBBY, author=author, kind=kind, detail=what, wipe=wipe)
        self.settle(self.store.act((done,)))

    def test_a_text_that_was_taken_is_gone_from_the_database_and_its_log_within_seconds(self) -> None:
        self.patch(sqlite_ledger, "ERASE_SECONDS", 0.05)
        for number in range(40):
            self.say(f"{number} {WORDS[0]} " * 40)
        self.say(WORDS[2], who=BOB)
        self.assertEqual(self.found(), {WORDS[0], WORDS[2]})
        for offset in range(1, 41):
            self.deed("edited", about=offset, text=f"{offset} {WORDS[1]} " * 30)
        for offset in range(1, 41):
            self.deed("deleted", about=offset)
        self.deed("wiped", wipe=Wipe(BOB, 0))
        deadline = time.monotonic() + 20
        while self.found() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.found(), set())
        self.settle(self.store.append(draft("more")))

    def test_a_reader_who_takes_long_holds_up_nobody_who_writes(self) -> None:
        """The log is emptied when the reader has gone."""
        self.patch(sqlite_ledger, "ERASE_SECONDS", 0.01)
        self.patch(sqlite_ledger, "AGAIN_SECONDS", 0.05)
        # Who waited for the reader would wait for longer than this test may take.
        self.patch(sqlite_ledger, "BUSY_MS", 600_000)
        self.say(WORDS[0])
        with self.database.side_door() as reader:
            reader.execute("BEGIN")
            self.assertEqual(reader.execute("SELECT count(*) FROM event").get, 1)
            self.deed("deleted", about=1)
            for _ in range(5):
                time.sleep(0.05)
                self.say("on")
            self.assertEqual(self.found(), {WORDS[0]})
            reader.execute("COMMIT")
        deadline = time.monotonic() + 20
        while self.found() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.found(), set())
