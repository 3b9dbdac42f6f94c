"""
The index of messages in the file: how it follows, what it leaves behind, and what it bears.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from chatd.core.events import Wipe
from chatd.core.names import LOBBY, private_key
from chatd.core.search import parse
from chatd.core.sieve import Findings, Scope, Sought
from chatd.store import sqlite_fresh, sqlite_index, sqlite_leaving, sqlite_load, sqlite_search
from chatd.store.sqlite_entry import MADE_BY
from tests.contracts.store import ADA, BOB, GARDEN, draft
from tests.contracts.store_deeds import deed
from tests.contracts.store_forms import about
from tests.store.case import SqliteCase

PATIENCE_SECONDS = 30


class IndexCase(SqliteCase):
    """A store in a file whose index waits for nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.hurry()

    def hurry(self) -> None:
        """Have the index wait for nothing."""
        assert self.store._writer is not None
        self.store._writer._indexer.lag_seconds = 0.0
        self.settle(self.store.touch(()))

    def indexed(self, within: float = PATIENCE_SECONDS) -> None:
        """Wait until all is indexed, for so many seconds."""
        deadline = time.monotonic() + within
        question = (
            "SELECT low = 0 AND high = (SELECT commits FROM store) AND NOT EXISTS (SELECT 1 FROM due)"
            " AND NOT EXISTS (SELECT 1 FROM leaving) AND old = 0"
            f" AND unicode = '{MADE_BY}' FROM indexed"
        )
        with self.database.side_door() as connection:
            while not connection.execute(question).get:
                self.assertLess(time.monotonic(), deadline, "the index does not follow")
                time.sleep(0.005)

    def find(self, query: str, **more: Any) -> Findings:
        """What is found now."""
        sought = Sought(query=parse(query), scope=Scope(public=True), **{"limit": 50, **more})
        return self.settle(self.store.finder.search(sought))

    def texts(self, query: str, **more: Any) -> list[str]:
        """The texts of that."""
        return [message.text for message in self.find(query, **more).messages]

    def forget_the_index(self) -> None:
        """Have the file be as after an upgrade: all its messages are yet to be indexed."""
        with self.database.side_door() as connection:
            connection.execute("INSERT INTO word (word) VALUES ('delete-all')")
            connection.execute("INSERT INTO part (part) VALUES ('delete-all')")
            connection.execute("UPDATE indexed SET low = high")

    def in_the_index(self, *words: str) -> bool:
        """Whether each of these stands in the pages of the index."""
        with self.database.side_door() as connection:
            blocks = b"".join(
                block
                for table in ("word_data", "part_data")
                for (block,) in connection.execute(f"SELECT block FROM {table}")
            )
        # Within a page a word that begins as the one before it stands there without that beginning.
        return all(word.encode()[1:] in blocks for word in words)


class IndexTests(IndexCase):
    """The index of a store in a file."""

    def test_what_was_there_before_an_upgrade_is_indexed_too_and_until_then_that_is_said(self) -> None:
        for number in range(500):
            self.say(f"seed {number}")
        self.indexed()
        self.stop()
        self.forget_the_index()
        with self.database.side_door() as connection:
            # Before the first step is taken nothing of that is found.
            sought = Sought(query=parse("seed"), scope=Scope(public=True), limit=5)
            found = sqlite_search.search(connection, sought)
        self.assertEqual((found.messages, found.old), ((), True))
        self.start()
        self.say("new seed")
        self.hurry()
        self.indexed()
        found = self.find("seed", limit=1000)
        seeds = [f"seed {number}" for number in range(499, -1, -1)]
        self.assertEqual([message.text for message in found.messages], ["new seed", *seeds])
        self.assertFalse(found.old)

    def test_what_is_wiped_while_older_messages_wait_to_be_indexed_is_not_found(self) -> None:
        self.say("secret of bob", who=BOB)
        self.say("tea")
        self.indexed()
        self.stop()
        self.forget_the_index()
        with self.database.side_door() as connection:
            sqlite_index.unindex(connection, (1, 2))
            sqlite_index.due(connection, 1)
            self.assertEqual(connection.execute("SELECT count(*) FROM due").get, 0)
        self.start()
        self.settle(self.store.act((deed("wiped", LOBBY, wipe=Wipe(BOB, 0)),)))
        self.hurry()
        self.indexed()
        self.assertEqual((self.texts("secret"), self.texts("tea")), ([], ["tea"]))

    def test_an_index_that_was_made_by_another_unicode_is_made_anew(self) -> None:
        self.say("secret of bob", who=BOB)
        self.say("tea")
        self.indexed()
        for at_once in (True, False):
            self.stop()
            with self.database.side_door() as connection:
                connection.execute("UPDATE indexed SET unicode = '1.1.5'")
                # As if its words had been others.
                connection.execute("INSERT INTO word (rowid, text, marks) VALUES (2, 'othertea', 'p r1')")
            self.assertTrue(self.in_the_index("othertea"))
            self.start()
            if at_once:
                # Before a step is taken.
                self.settle(self.store.act((about("deleted", 1, BOB, room=LOBBY),)))
            self.hurry()
            self.indexed()
            self.assertFalse(self.in_the_index("othertea"))
            self.assertFalse(self.in_the_index("secret"))
            self.assertEqual(self.texts("tea"), ["tea"])
            with self.database.side_door() as connection:
                self.assertEqual(connection.execute(sqlite_index.UNICODE).get, MADE_BY)
                for table in ("word", "part"):
                    connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")

    def test_an_index_that_does_not_fit_its_messages_is_made_anew(self) -> None:
        """What cannot be taken out of it would stand in the way of all that comes."""
        self.indexed()
        with self.database.side_door() as connection:
            connection.execute(
                "INSERT INTO leaving (commit_number, words, marks) VALUES (1, 'never there', 'p')"
            )
        for text in ("tea", "more tea"):
            self.say(text)
        self.indexed()
        self.assertEqual(self.texts("tea"), ["more tea", "tea"])

    def test_an_entry_is_made_of_a_message_as_it_was_when_its_kind_got_its_number(self) -> None:
        """Whoever changes what is expected here raises the number in `MADE_BY`."""
        text = "Grüße an 東京塔: www.example.org, a_b"
        self.assertEqual(
            sqlite_index.entry_of((7, 3, "public", "ada", "Ada", text, True)),
            (
                7,
                "grusse an 東京 京塔 塔 www example org a b",
                "r3 uada nfdee430d40bd p l f",
                "grusse an 東京塔: www.example.org, a_b",
            ),
        )

    def test_nothing_of_a_text_that_was_taken_is_left_in_the_index(self) -> None:
        for number in range(60):
            self.say(f"plain words {number}")
        self.say("xylophone zeppelin", GARDEN, who=BOB)
        self.say("quixotic xylophone", GARDEN, who=BOB)
        self.say("zugzwang first")
        self.indexed()
        self.assertTrue(self.in_the_index("xylophone", "xyl", "zugzwang", "quixotic"))
        self.settle(self.store.act((deed("wiped", GARDEN, wipe=Wipe(BOB, 0)),)))
        self.settle(self.store.act((about("edited", 61, room=LOBBY, text="plain words"),)))
        self.indexed()
        for word in ("xylophone", "zeppelin", "quixotic", "zugzwang"):
            self.assertFalse(self.in_the_index(word), word)
            self.assertFalse(self.in_the_index(word[:3]), word)
        self.assertEqual(len(self.texts("plain", limit=100)), 61)

    def test_an_edit_waits_in_the_file_for_its_new_entry(self) -> None:
        self.say("sown seeds")
        self.indexed()
        assert self.store._writer is not None
        self.store._writer._indexer.lag_seconds = 1000.0
        self.settle(self.store.act((about("edited", 1, room=LOBBY, text="planted seeds"),)))
        self.assertEqual((self.texts("sown"), self.texts("planted")), ([], []))
        self.stop()
        with self.database.side_door() as connection:
            self.assertEqual(connection.execute("SELECT commit_number FROM due").get, 1)
        self.start()
        self.hurry()
        self.indexed()
        self.assertEqual((self.texts("sown"), self.texts("planted")), ([], ["planted seeds"]))

    def test_an_index_that_cannot_be_written_harms_nobody_and_comes_up_later(self) -> None:
        assert self.store._writer is not None
        indexer = self.store._writer._indexer
        indexer.lag_seconds = 1000.0
        self.say("before")
        lines: list[str] = []
        indexer.report = lines.append
        broken: list[int] = []

        def fail(which: sqlite_index.Indexer, most: int, characters: int, *, ahead: bool) -> None:
            which.ledger.begin()
            broken.append(most)
            raise apsw.FullError("the test says so")

        undo = self.patch(sqlite_index.Indexer, "_step", fail)
        indexer.lag_seconds = 0.0
        for number in range(5):
            self.say(f"message {number}")
        self.assertTrue(broken)
        self.assertEqual(lines, ["Messages cannot be indexed for the search at the moment: the disk is full"])
        self.assertIsNone(self.store.trouble())
        undo.restore()
        indexer._not_before = 0.0
        self.settle(self.store.touch(()))
        self.say("after")
        self.indexed()
        self.assertEqual(len(self.texts("message")), 5)
        self.assertEqual(self.texts("after"), ["after"])

    def test_what_is_stored_stays_so_once_though_the_index_cannot_keep_it(self) -> None:
        def fail(fresh: sqlite_fresh.Fresh, rows: object, upto: int) -> None:
            raise MemoryError("the test says so")

        self.patch(sqlite_fresh.Fresh, "keep", fail)
        self.indexed()
        for asked in [self.store.append(draft(f"seed {number}")) for number in range(3)]:
            self.settle(asked)
        self.assertEqual([event.text for event in self.log()], ["seed 0", "seed 1", "seed 2"])
        self.indexed()
        self.assertEqual(len(self.texts("seed")), 3)

    def test_what_others_write_is_synced_whatever_the_index_does(self) -> None:
        levels = []
        for number in range(4):
            self.say(f"message {number}")
            asked = self.store._submit(lambda group: group.connection.pragma("synchronous"))
            levels.append(self.settle(asked))
            self.indexed()
        self.assertEqual(levels, [2] * 4)

    def test_a_step_takes_no_more_the_longer_the_messages_are(self) -> None:
        assert self.store._writer is not None
        self.store._writer._indexer.lag_seconds = 1000.0
        taken: list[int] = []
        add = sqlite_index._add

        def count(connection: apsw.Connection, rows: Iterable[Sequence[Any]]) -> None:
            entries = list(rows)
            taken.append(sum(map(sqlite_fresh.cost, (row[5] for row in entries))))
            add(connection, entries)

        self.patch(sqlite_index, "_add", count)
        long, longest = "tea " * 1000, "\u8336" * 4000
        for number in range(45):
            self.say(longest if number % 9 == 8 else long)
        self.hurry()
        self.indexed()
        for offset in range(1, 46):
            self.settle(self.store.act((about("edited", offset, room=LOBBY, text=f"again {long[:3990]}"),)))
        self.indexed()
        self.stop()
        self.forget_the_index()
        self.start()
        self.hurry()
        self.indexed()
        self.assertGreater(len(taken), 3 * 9)
        limit = sqlite_fresh.STEP_CHARACTERS + sqlite_fresh.cost(longest)
        self.assertEqual([each for each in taken if each > limit], [])
        self.assertLessEqual(sorted(taken)[len(taken) // 2], sqlite_index.STEP_CHARACTERS + len(long))
        self.assertEqual(len(self.texts("again", limit=100)), 45)
        self.assertEqual(len(self.texts("tea", limit=100)), 45)

    def test_no_question_looks_at_all_messages(self) -> None:
        questions = {
            name: question
            for module in (sqlite_fresh, sqlite_index, sqlite_leaving, sqlite_load, sqlite_search)
            for name, question in vars(module).items()
            if name.isupper()
            and name[0] != "_"
            and isinstance(question, str)
            and question.startswith("SELECT ")
        }
        self.assertGreaterEqual(len(questions), 10)
        with self.database.side_door() as connection:
            for name, question in questions.items():
                bound = (None,) * question.count("?")
                plan = [row[-1] for row in connection.execute("EXPLAIN QUERY PLAN " + question, bound)]
                for step in plan:
                    self.assertNotRegex(step, "^SCAN (event|room)|TEMP B-TREE", f"{name}: {plan}")

    def search_in_haste(self, query: str = "tea", **more: Any) -> list[Findings]:
        """The parts of a search for which there is never enough time."""
        now = [0.0]

        def seconds() -> float:
            now[0] += 0.3
            return now[0]

        found: list[Findings] = []
        with self.database.side_door() as connection:
            while not found or found[-1].more:
                before = found[-1].upto if found else None
                sought = Sought(query=parse(query), scope=Scope(public=True), **more, before=before)
                found.append(sqlite_search.search(connection, sought, seconds))
        return found

    def test_a_search_that_takes_too_long_ends_where_it_is_and_can_be_gone_on_with(self) -> None:
        self.patch(sqlite_search, "BLUR", 10)
        for number in range(40):
            self.say(f"tea {number}")
        self.indexed()
        for limit in (100, 3):
            parts = self.search_in_haste(limit=limit)
            found = [message.text for part in parts for message in part.messages]
            self.assertEqual(found, [f"tea {number}" for number in range(39, -1, -1)])
            self.assertGreater(len(parts), 1)
            self.assertTrue(parts[0].more)
        self.assertTrue(self.search_in_haste(limit=100)[0].cut)

    def test_where_a_search_ends_for_want_of_time_tells_nothing_of_other_rooms(self) -> None:
        self.patch(sqlite_search, "BLUR", 10)
        whispers = private_key(ADA, BOB)
        for number in range(70):
            self.say(f"tea {number}", LOBBY if number == 35 else whispers)
        self.indexed()
        for parts in (False, True):
            cut = self.search_in_haste(limit=100, parts=parts)
            self.assertEqual([m.text for part in cut for m in part.messages], ["tea 35"])
            ends = {part.upto for part in cut if part.more}
            own = {message.commit for part in cut for message in part.messages}
            self.assertEqual({end for end in ends - own if end % 10}, set())
        self.assertGreater(len(cut), 2)

    def test_an_index_that_takes_too_long_is_broken_off_and_the_search_goes_on(self) -> None:
        self.patch(sqlite_search, "BLUR", 10)
        self.patch(sqlite_search, "STEPS", 1)
        for number in range(30):
            self.say(("tea", "coffee")[number % 2] if number else "tea, coffee")
        self.indexed()
        # The index has nothing to name before the very first.
        parts = self.search_in_haste("tea coffee", limit=100)
        self.assertEqual([part.upto for part in parts if part.cut], [30, 20, 10])
        self.assertEqual([m.text for part in parts for m in part.messages], ["tea, coffee"])
        # Nobody else's question is broken off.
        with self.database.side_door() as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM event").get, 30)
