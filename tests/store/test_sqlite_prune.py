"""
How a SQLite database is pruned: what is counted, and what becomes of the space.
"""

from __future__ import annotations

from chatd.core.names import LOBBY
from chatd.core.retention import Keep, Retention, Trim
from chatd.store.sqlite_file import APPLICATION_ID, SCHEMA
from tests.contracts.store import ADA, GARDEN, draft, texts
from tests.contracts.store_deeds import deed
from tests.store.case import SqliteCase

NOW_MS = 1_750_000_000_000
STEP = 100


class PruneTests(SqliteCase):
    """What goes, and what is written about it."""

    def prune(self, messages: int, limit: int = STEP) -> Trim:
        """Take a step."""
        return self.settle(self.store.prune(Retention(0, messages).keep(NOW_MS), limit))

    def counted(self) -> list[tuple[str, int, int, int]]:
        """Key, first, head and messages of each room, as the file has them."""
        with self.database.side_door() as connection:
            return connection.execute(
                "SELECT key, first, head, messages FROM room ORDER BY number"
            ).fetchall()

    def test_the_messages_of_a_room_are_counted(self) -> None:
        for text in "abc":
            self.say(text)
            self.say(text, GARDEN)
        self.say("again", cid="1")
        self.say("again", cid="1")
        self.assertEqual(self.counted(), [("lobby", 1, 4, 4), ("garden", 1, 3, 3)])
        self.prune(2)
        self.assertEqual(self.counted(), [("lobby", 3, 4, 2), ("garden", 2, 3, 2)])
        self.say("d")
        self.assertEqual(self.counted()[0], ("lobby", 3, 5, 3))

    def test_only_messages_count_and_what_precedes_the_first_of_them_goes(self) -> None:
        for text in "abcdefg":
            self.say(text)
        with self.database.side_door() as connection:
            connection.execute("UPDATE event SET kind = 'topic' WHERE offset IN (1, 3, 4, 6)")
            connection.execute("UPDATE room SET messages = 3")
        for messages, kept in ((4, (1, 3)), (3, (2, 3)), (2, (5, 2)), (1, (7, 1))):
            self.prune(messages)
            self.assertEqual(self.counted(), [("lobby", kept[0], 7, kept[1])])

    def test_a_log_that_is_kept_short_does_not_make_the_file_grow(self) -> None:
        def pages() -> int:
            with self.database.side_door() as connection:
                return int(connection.pragma("page_count"))

        sizes = []
        for number in range(12):
            for _ in range(40):
                self.say(f"{number:04000}")
            self.prune(40)
            sizes.append(pages())
        # What is said in eight rounds takes 320 pages. The index has more or fewer, as it comes to merge.
        self.assertLess(max(sizes[4:]), sizes[3] + 80)
        self.assertEqual(len(self.log()), 40)

    def test_a_step_that_finds_nothing_writes_nothing(self) -> None:
        self.say("hi")
        with self.database.side_door() as connection:
            before = connection.pragma("data_version")
            for _ in range(3):
                self.assertEqual(self.prune(5), Trim({}, 0, False))
            self.assertEqual(connection.pragma("data_version"), before)
            self.say("ho")
            self.assertNotEqual(connection.pragma("data_version"), before)

    def test_a_round_that_was_not_over_goes_on_after_a_restart(self) -> None:
        for _ in range(9):
            self.say("x")
            self.say("x", GARDEN)
        self.prune(1, limit=10)
        self.stop()
        self.start()
        self.prune(1)
        self.assertEqual(self.counted(), [("lobby", 9, 9, 1), ("garden", 9, 9, 1)])

    def test_what_is_said_in_the_same_commit_waits_for_the_next_step(self) -> None:
        self.say("a")
        self.batches.clear()
        self.database.hold()
        keep = Keep(NOW_MS + 1, None, 0)
        said = [self.store.append(draft("b"))]
        pruned = self.store.prune(keep, STEP)
        said.append(self.store.append(draft("c")))
        self.database.release()
        self.assertEqual([self.settle(answer).offset for answer in said], [2, 3])
        self.assertEqual(self.settle(pruned), Trim({LOBBY: 2}, 1, False))
        # One commit: nothing in it had to be undone.
        self.assertEqual(self.heard(), [["b", "c"]])
        self.assertEqual(self.counted(), [("lobby", 2, 3, 2)])
        self.assertEqual(self.settle(self.store.prune(keep, STEP)).first, {LOBBY: 4})

    def test_another_write_of_the_same_commit_that_fails_does_not_prune_twice(self) -> None:
        for text in "abcde":
            self.say(text)
        self.database.hold()
        broken = self.store._submit(lambda group: 1 // 0)
        pruned = self.store.prune(Retention(0, 2).keep(NOW_MS), STEP)
        self.database.release()
        with self.assertRaises(ZeroDivisionError):
            self.settle(broken)
        self.assertEqual(self.settle(pruned), Trim({LOBBY: 4}, 3, False))
        self.assertEqual(self.counted(), [("lobby", 4, 5, 2)])

    def test_the_memory_of_a_pruned_cid_ends_with_its_row(self) -> None:
        for text in "abc":
            self.say(text, cid=text)
        self.prune(1)
        with self.database.side_door() as connection:
            rows = "SELECT cid, loose FROM cid ORDER BY cid"
            self.assertEqual(connection.execute(rows).fetchall(), [("a", 1), ("b", 1), ("c", 0)])
            self.settle(self.store.prune(Keep(None, 1, NOW_MS + 1), STEP))
            self.assertEqual(connection.execute(rows).fetchall(), [("c", 0)])


class UpgradeTests(SqliteCase):
    """A file that was written before there was pruning."""

    def test_its_logs_are_pruned_like_any(self) -> None:
        self.stop()
        self.database.path.unlink()
        with self.database.side_door() as connection:
            connection.execute(SCHEMA.joinpath("0001_logs_and_people.sql").read_text("utf-8"))
            connection.execute("INSERT INTO store VALUES (1, 'of-yore', 5)")
            connection.execute("INSERT INTO room VALUES (1, 'lobby', 'public', 'lobby', '', 5, 2, 5)")
            for offset in range(2, 6):
                connection.execute(
                    "INSERT INTO event"
                    " (room, offset, commit_number, kind, id, at_ms, author, author_name, via, text, cid)"
                    " VALUES (1, ?1, ?1, 'message', 'x-' || ?1, ?2, ?3, 'ada', '', ?1, ?1)",
                    (offset, NOW_MS, ADA),
                )
                connection.execute(
                    "INSERT INTO cid VALUES (?3, ?1, zeroblob(16), 1, ?1, 'x-' || ?1, ?2)",
                    (offset, NOW_MS, ADA),
                )
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", 1)
        self.start()
        self.assertTrue(self.database.path.with_name("chatd.sqlite.before-2").exists())
        trim = self.settle(self.store.prune(Retention(0, 3).keep(NOW_MS), STEP))
        self.assertEqual(trim, Trim({LOBBY: 3}, 1, False))
        self.assertEqual(texts(self.log()), ["3", "4", "5"])


class LooseTests(SqliteCase):
    """What earlier versions have left behind."""

    def test_the_cid_of_what_was_deleted_before_is_loose_after_an_upgrade(self) -> None:
        self.say("kept", cid="kept")
        self.say("gone", cid="gone")
        self.settle(self.store.act((deed("deleted", LOBBY, name="lobby", about=2),)))
        self.stop()
        with self.database.side_door() as connection:
            connection.execute("UPDATE cid SET loose = 0; PRAGMA user_version = 8")
        self.start()
        with self.database.side_door() as connection:
            rows = connection.execute("SELECT cid, loose FROM cid ORDER BY cid").fetchall()
        self.assertEqual(rows, [("gone", 1), ("kept", 0)])
