"""
What leaves the index of messages a little at a time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import apsw

from chatd.core.names import LOBBY
from chatd.store import sqlite_index, sqlite_leaving, sqlite_threads, sqlite_wipe
from tests.contracts.store_forms import about
from tests.store.test_sqlite_index import PATIENCE_SECONDS, IndexCase

SCHEMA = Path(sqlite_leaving.__file__).parent / "schema"
LONG = "".join(chr(0x4E00 + number * 7 % 2000) for number in range(1000)) + " zugzwang"
WORDS = " ".join(f"zeppelin{number}" for number in range(300))


def at_once() -> bool:
    """There is no time for more than the least."""
    return True


class LeavingTests(IndexCase):
    """Long entries, and an index that is not used any more."""

    def wait(self) -> None:
        """Have the index take no step."""
        assert self.store._writer is not None
        self.store._writer._indexer.lag_seconds = 1000.0

    def steps(self, over: Callable[[], bool] = at_once) -> int:
        """Take all out that leaves; in how many steps."""
        steps = 0
        with self.database.side_door() as connection:
            while sqlite_leaving.take_step(connection, over):
                steps += 1
        return steps

    def assert_whole(self) -> None:
        """The indexes are whole, and have counted as many entries as there are."""
        question = "SELECT count(*) FROM event WHERE kind = 'message' AND text != ''"
        with self.database.side_door() as connection:
            for table in ("word", "part"):
                connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
                # What they begin with: https://www.sqlite.org/fts5.html#fts5_data_structures.
                averages = connection.execute(f"SELECT block FROM {table}_data WHERE id = 1").get
                self.assertEqual(averages[0], connection.execute(question).get)

    def test_a_long_message_leaves_the_index_in_steps_and_is_not_found_meanwhile(self) -> None:
        for text in (LONG, WORDS):
            self.say(f"tea {text}")
        self.say("tea")
        self.indexed()
        self.wait()
        for offset in (1, 2):
            self.settle(self.store.act((about("deleted", offset, room=LOBBY),)))
        self.assertEqual(self.texts("tea"), ["tea"])
        self.assertEqual((self.texts("zugzwang"), self.texts("zeppelin7")), ([], []))
        # It would still be there if a crash came now, and so would what is to be taken out.
        self.stop()
        tokens = 1000 + 1000 + 300 + len(WORDS)
        self.assertGreaterEqual(self.steps(), tokens // sqlite_leaving.PIECE_TOKENS)
        for word in ("zugzwang", "zug", "zeppelin", "zep", LONG[:2], LONG[500:503]):
            self.assertFalse(self.in_the_index(word), word)
        with self.database.side_door() as connection:
            sqlite_index.unindex(connection, ())
        self.start()
        self.assertEqual(self.texts("tea"), ["tea"])

    def test_what_was_to_be_wiped_leaves_also_if_the_deed_that_was_to_follow_does_not(self) -> None:
        self.say(f"secret {WORDS}")
        self.indexed()
        with self.database.side_door() as connection:
            number = connection.execute("SELECT room FROM event").get
        self.settle(self.store._write(partial(sqlite_wipe._take, messages=[(number, 1)])))
        self.indexed(within=10.0)
        self.assertFalse(self.in_the_index("zeppelin7"))

    def test_what_a_crash_has_left_leaves_after_the_next_start(self) -> None:
        self.say(WORDS)
        self.indexed()
        self.wait()
        self.settle(self.store.act((about("deleted", 1, room=LOBBY),)))
        self.stop()
        self.assertTrue(self.in_the_index("zeppelin"))
        with self.database.side_door() as connection:
            # There is nothing else to do.
            connection.execute("UPDATE indexed SET high = (SELECT commits FROM store)")
        self.start()
        self.hurry()
        self.indexed()
        self.assertFalse(self.in_the_index("zeppelin"))
        self.assert_whole()

    def test_an_edited_message_comes_back_when_all_of_its_last_form_has_left(self) -> None:
        self.patch(sqlite_index, "LEAVING_SECONDS", 0.0)
        self.say(LONG)
        self.indexed()
        for number in range(3):
            self.settle(self.store.act((about("edited", 1, room=LOBBY, text=f"{LONG} again{number}"),)))
        self.indexed()
        self.assertEqual(len(self.texts("zugzwang again2")), 1)
        self.assertEqual(len(self.texts(LONG[400:420])), 1)
        self.assertEqual(self.texts("again1"), [])
        self.assertFalse(self.in_the_index("again1"))
        self.assert_whole()
        self.stop()
        with self.database.side_door() as connection:
            sqlite_index.due(connection, 1)
            while sqlite_leaving.take_step(connection, at_once):
                if connection.execute("SELECT 1 FROM leaving").fetchone() is not None:
                    self.assertEqual(connection.execute(sqlite_index.DUE, (9,)).fetchall(), [])
            self.assertEqual(connection.execute(sqlite_index.DUE, (9,)).fetchall(), [(1,)])
        self.start()
        self.hurry()
        self.indexed()
        # There is one entry of it, and not two of which one is forgotten.
        self.settle(self.store.act((about("deleted", 1, room=LOBBY),)))
        self.indexed()
        for word in ("zugzwang", "zug", "again2", LONG[:2], LONG[500:503], LONG[-12:-9]):
            self.assertFalse(self.in_the_index(word), word)

    def test_where_much_waits_already_the_next_is_taken_out_at_once(self) -> None:
        self.patch(sqlite_leaving, "MOST_LEAVING", 1)
        for _ in range(2):
            self.say(WORDS)
        self.indexed()
        self.wait()
        for offset in (1, 2):
            self.settle(self.store.act((about("deleted", offset, room=LOBBY),)))
        self.stop()
        with self.database.side_door() as connection:
            left = connection.execute("SELECT DISTINCT commit_number FROM leaving").fetchall()
        self.assertEqual(left, [(1,)])

    def test_an_index_that_is_not_used_any_more_goes_in_steps(self) -> None:
        self.patch(sqlite_leaving, "OLD_ROWS", 2)
        for number in range(30):
            self.say(f"zeppelin{number} {LONG}")
        self.indexed()
        self.stop()
        with self.database.side_door() as connection:
            connection.execute("UPDATE indexed SET unicode = '1.1.5'")
            sqlite_index.unindex(connection, ())
            self.assertEqual(connection.execute(sqlite_leaving.OLD).get, 4)
        self.assertFalse(self.in_the_index("zeppelin"))
        self.assertGreater(self.steps(), 10)
        with self.database.side_door() as connection:
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'old%'").fetchall()
            self.assertEqual(tables, [])
            self.assertEqual(connection.pragma("integrity_check"), "ok")
        self.start()
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("zeppelin7")), 1)
        self.assert_whole()

    def test_so_do_two_of_which_the_first_was_still_there_when_the_second_came(self) -> None:
        self.patch(sqlite_leaving, "OLD_ROWS", 2)
        for number in range(30):
            self.say(f"zeppelin{number} {LONG}")
        self.indexed()
        self.stop()
        with self.database.side_door() as connection:
            for _ in range(2):
                connection.execute("UPDATE indexed SET low = 0, unicode = '1.1.5'")
                sqlite_index.unindex(connection, ())
            tables = connection.execute(sqlite_leaving.OLD_TABLES).fetchall()
            self.assertEqual((len(tables), connection.execute(sqlite_leaving.OLD).get), (8, 8))
        self.assertGreater(self.steps(), 10)
        self.start()
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("zeppelin7")), 1)
        self.assert_whole()

    def test_old_messages_are_indexed_while_something_leaves(self) -> None:
        self.patch(sqlite_leaving, "OLD_ROWS", 1)
        self.patch(sqlite_index, "LEAVING_SECONDS", 0.0)
        self.patch(sqlite_index, "STEP_MESSAGES", 5)
        for number in range(30):
            self.say(f"zeppelin{number} {LONG}")
        self.indexed()
        self.stop()
        with self.database.side_door() as connection:
            connection.execute("UPDATE indexed SET unicode = '1.1.5'")
        steps: list[tuple[int, bool]] = []
        take = sqlite_index.Indexer._step

        def note(which: sqlite_index.Indexer, most: int, characters: int, *, ahead: bool) -> None:
            take(which, most, characters, ahead=ahead)
            steps.append((which.low, which._leaving))

        self.patch(sqlite_index.Indexer, "_step", note)
        self.start()
        self.hurry()
        self.indexed()
        lows = [low for low, leaving in steps if leaving]
        self.assertEqual((lows[0], lows[-1]), (30, 0))
        # They take turns.
        steps_back = [one > other for one, other in pairwise(lows[: lows.index(0) + 1])]
        self.assertGreaterEqual(steps_back.count(False), steps_back.count(True) - 1)
        self.assertEqual(len(self.texts("zeppelin7")), 1)
        self.assert_whole()

    def test_what_is_new_waits_for_more_also_while_old_messages_are_indexed(self) -> None:
        for number in range(300):
            self.say(f"seed {number}")
        self.indexed()
        self.stop()
        self.forget_the_index()
        with self.database.side_door() as connection:
            connection.execute("UPDATE indexed SET low = 299, high = 299")
        self.patch(sqlite_threads, "Indexer", partial(sqlite_index.Indexer, lag_seconds=1000.0))
        self.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.database.side_door() as connection:
            while connection.execute("SELECT low FROM indexed").get:
                self.assertLess(time.monotonic(), deadline, "old messages are not indexed")
                time.sleep(0.005)
            self.assertEqual(connection.execute("SELECT high FROM indexed").get, 299)
        self.assertEqual(len(self.texts("seed", limit=400)), 299)
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("seed", limit=400)), 300)

    def test_the_index_that_is_made_then_is_as_the_schema_has_it(self) -> None:
        schema = (SCHEMA / "0005_search.sql").read_text("utf-8").split(";")
        made = []
        for statements in (schema, sqlite_leaving.PUT_ASIDE):
            connection = apsw.Connection(":memory:")
            for statement in statements:
                if re.search(r"CREATE VIRTUAL TABLE|INSERT INTO (word|part) ", statement):
                    connection.execute(statement)
            tables = connection.execute("SELECT sql FROM sqlite_schema WHERE sql LIKE '%fts5%' ORDER BY name")
            made.append(["".join(sql.split()) for (sql,) in tables])
            for table in ("word", "part"):
                made[-1].append(
                    str(connection.execute(f"SELECT * FROM {table}_config ORDER BY k").fetchall())
                )
            connection.close()
        self.assertEqual(len(made[0]), 4)
        self.assertEqual(made[0], made[1])
