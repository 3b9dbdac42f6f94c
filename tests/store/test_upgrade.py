"""
A database of an earlier chatd: all of it is there after the upgrade, and everybody is who they were.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from chatd.core.accounts import hash_token
from chatd.core.events import Card, Draft
from chatd.core.names import LOBBY, PersonId, RoomKey, private_key
from chatd.core.records import Known, Position
from chatd.store.sqlite_check import examine
from chatd.store.sqlite_file import SCHEMA, read_steps
from tests.contracts.store import texts
from tests.store.case import SqliteCase

BEFORE = Path(__file__).with_name("before_accounts.sql")

ADA = PersonId("k4jgobkyhv5xshxi")
NEWEST = len(read_steps(SCHEMA))
BOB = PersonId("lf3clkis7v2sdnb7")
CLEO = PersonId("eo2lu2g36hbcl33f")
SILENT = PersonId("4wdsaoxba3n7n7jq")
TOKENS = {
    ADA: "n0uMkFRID4CDC1sJ9__IacYxyKYgCy6emNewbuN_Y8o",
    BOB: "YZEr7thxwYuO-Z9_Z4XXHjiEKrZ1lfute-EJ7LX5T0U",
    CLEO: "HXh3PZLssnEByuiB0L-yP9283cgCqQXIKmlK727eaMQ",
    SILENT: "zRKUG6ziydSViddGvO7sSZivTjMW4A7R34bV1I7L47Q",
}
NAMES = {ADA: "countess", BOB: "bob", CLEO: "cleo", SILENT: "silent"}


class BeforeAccountsTests(SqliteCase):
    """From the last chatd without accounts; the file was written by it."""

    def setUp(self) -> None:
        super().setUp()
        self.stop()
        self.database.path.unlink()
        with self.database.side_door() as connection:
            connection.execute(BEFORE.read_text("utf-8"))
            connection.pragma("journal_mode", "wal")
        self.start()

    def test_everybody_is_known_by_their_token_as_who_they_were(self) -> None:
        for who, token in TOKENS.items():
            known = self.settle(self.store.person_of_token(hash_token(token)))
            self.assertEqual(known, Known(Card(who, NAMES[who]), who != SILENT))
            self.assertEqual(len(self.settle(self.store.registry.tokens(who))), 1)
            self.assertIsNone(self.settle(self.store.registry.password(who)))
        # Who never said a word is forgotten in time, and the others are not.
        self.assertEqual(self.settle(self.store.forget_guests(-1e9)), 1)
        self.assertIsNone(self.settle(self.store.person_of_token(hash_token(TOKENS[SILENT]))))

    def test_every_message_is_where_it_was_and_logs_go_on_behind_it(self) -> None:
        self.assertEqual(self.store.epoch, "3aqlydfwjpijhq24")
        for room, said in (
            (LOBBY, ["hello", "hi ada", "from the tutorial"]),
            ("garden", ["roses \U0001f339", "zweite Zeile\nund 'Anführung'"]),
            (private_key(ADA, BOB), ["psst", "yes?"]),
            (private_key(ADA, CLEO), ["only us"]),
        ):
            self.assertEqual(texts(self.log(room)), said)
        first = self.log()[0]
        self.assertEqual((first.id, first.author.id, first.author.name), ("vlyrf6ji-1", ADA, "ada"))
        opened = self.settle(self.store.open(LOBBY, ADA, Position(1, "vlyrf6ji-1"), 50, False))
        assert opened is not None
        self.assertTrue(opened.recovered)
        self.assertEqual((opened.record.head, opened.record.read), (3, 2))
        self.assertEqual(self.say("on", LOBBY).offset, 4)
        again = Draft(RoomKey(LOBBY), "lobby", first.author, "hello", "a1")
        self.assertEqual(self.settle(self.store.append(again)).offset, 1)
        inbox = self.settle(self.store.inbox(BOB, 10))
        self.assertEqual([record.key for record in inbox], [private_key(ADA, BOB), RoomKey("garden")])
        self.assertEqual([record.read for record in inbox], [0, 1])

    def test_the_file_is_whole_and_a_copy_of_what_it_was_lies_beside_it(self) -> None:
        self.stop()
        with self.database.side_door() as connection:
            self.assertEqual(connection.execute("PRAGMA foreign_key_check").fetchall(), [])
            self.assertEqual(connection.pragma("user_version"), NEWEST)
        report = examine(str(self.database.path))
        self.assertEqual((report.wrong, report.summary), ([], "4 rooms, 8 messages, 4 people"))
        copy = apsw.Connection(f"{self.database.path}.before-3", flags=apsw.SQLITE_OPEN_READONLY)
        self.addCleanup(copy.close)
        self.assertEqual(
            (copy.pragma("user_version"), copy.execute("SELECT count(*) FROM event").get), (2, 8)
        )
        self.start()
