"""
What is indexed without being read again: as much, and as it is.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import apsw
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Wipe
from chatd.core.names import LOBBY
from chatd.store import sqlite_wipe
from chatd.store.sqlite_fresh import MOST_STEPS, STEP_CHARACTERS, STEP_MESSAGES, Fresh
from chatd.store.sqlite_index import LATE_SECONDS, LOADED_LAG_SECONDS, Indexer
from chatd.store.sqlite_ledger import Ledger
from tests.contracts.store import BOB, draft
from tests.contracts.store_deeds import deed
from tests.contracts.store_forms import about
from tests.store.test_sqlite_index import IndexCase


class FreshIndexTests(IndexCase):
    """Much is said, and nothing is indexed for its age."""

    def setUp(self) -> None:
        super().setUp()
        assert self.store._writer is not None
        self.indexer = self.store._writer._indexer
        self.say("the first")
        self.indexed()
        self.indexer.lag_seconds = 1000.0

    def say_much(self, *texts: str) -> None:
        """As one group."""
        self.database.hold()
        said = [self.store.append(draft(text)) for text in texts]
        self.database.release()
        self.settle(gatherResults(said))

    def high(self) -> int:
        """As far as it is indexed."""
        # Answered when the step before it is over.
        self.settle(self.store.touch(()))
        with self.database.side_door() as connection:
            high: int = connection.execute("SELECT high FROM indexed").get
        return high

    def test_as_soon_as_it_is_a_step_it_is_indexed(self) -> None:
        self.say_much(*[f"seed {number}" for number in range(STEP_MESSAGES - 1)])
        self.assertEqual(self.high(), 1)
        self.say_much("last seed", "one more", "caf\u00e9 https://chatd.example/")
        self.assertEqual(self.high(), STEP_MESSAGES + 1)
        self.assertEqual(self.texts("last"), ["last seed"])
        self.assertEqual(len(self.texts("seed", limit=1000)), STEP_MESSAGES)
        # The rest, as ever.
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("cafe has:link")), 1)

    def test_long_messages_are_a_step_when_they_are_few(self) -> None:
        long = "tea " * 1000
        count = STEP_CHARACTERS // len(long)
        self.say_much(*[long] * (count + 3))
        self.assertEqual(self.high(), 1 + count)
        self.say_much("short")
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("tea")), count + 3)
        self.assertEqual(self.texts("short"), ["short"])

    def test_what_was_changed_meanwhile_is_found_as_it_is_now_and_not_as_it_was(self) -> None:
        self.say_much("a secret", "another secret")
        self.settle(self.store.act((about("edited", 2, room=LOBBY, text="harmless"),)))
        self.settle(self.store.act((about("deleted", 3, room=LOBBY),)))
        self.say_much(*[f"seed {number}" for number in range(STEP_MESSAGES)])
        self.hurry()
        self.indexed()
        self.assertEqual(self.texts("secret"), [])
        self.assertFalse(self.in_the_index("secret"))
        self.assertEqual(self.texts("harmless"), ["harmless"])
        self.assertEqual(len(self.texts("seed", limit=1000)), STEP_MESSAGES)

    def test_what_is_wiped_meanwhile_never_comes_into_the_index(self) -> None:
        self.database.hold()
        said = [self.store.append(draft("secret of bob", who=BOB)) for _ in range(6)]
        self.database.release()
        self.settle(gatherResults(said))
        write, others = self.store._write, []

        def write_beside(apply: Any, weight: int = 256) -> Any:
            answer = write(apply, weight)
            if not others and isinstance(apply, partial) and apply.func is sqlite_wipe._take:
                # In the group with the first texts that are taken, and enough for a step.
                others.extend(self.store.append(draft(f"seed {number}")) for number in range(STEP_MESSAGES))
            return answer

        self.patch(self.store, "_write", write_beside)
        self.settle(self.store.act((deed("wiped", LOBBY, wipe=Wipe(BOB, 0)),)))
        self.settle(gatherResults(others))
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("seed", limit=1000)), STEP_MESSAGES)
        self.assertEqual(self.texts("secret"), [])
        self.assertFalse(self.in_the_index("secret"))

    def test_an_index_that_is_not_where_it_was_is_left_to_be_brought_up_by_reading(self) -> None:
        self.say_much("one", "two")
        with self.database.side_door() as connection:
            connection.execute("UPDATE indexed SET high = high + 1")
        self.say_much(*[f"seed {number}" for number in range(STEP_MESSAGES)])
        self.assertEqual(self.high(), 2)
        with self.database.side_door() as connection:
            connection.execute("UPDATE indexed SET high = high - 1")
        self.hurry()
        self.indexed()
        self.assertEqual(self.texts("one"), ["one"])
        self.assertEqual(len(self.texts("seed", limit=1000)), STEP_MESSAGES)

    def test_a_disk_that_is_full_harms_nobody_and_it_is_indexed_later(self) -> None:
        def fail(ledger: Ledger, statement: str, bound: tuple[object, ...]) -> None:
            raise apsw.FullError("the test says so")

        undo = self.patch(Ledger, "write", fail)
        self.say_much(*[f"seed {number}" for number in range(STEP_MESSAGES)])
        self.assertEqual(self.high(), 1)
        self.assertIsNone(self.store.trouble())
        undo.restore()
        self.hurry()
        self.indexed()
        self.assertEqual(len(self.texts("seed", limit=1000)), STEP_MESSAGES)


class Commits:
    """In place of a ledger: how much was stored."""

    commits = 100


class CountingIndexer(Indexer):
    """Takes no steps, and notes when it should."""

    def step(self, *, loaded: bool = False, only_leaving: bool = False) -> None:
        steps.append(now[0])


now, steps = [0.0], list[float]()


class PressTests(SynchronousTestCase):
    """When a step is taken though there is always something to be written."""

    def test_what_waits_too_long_has_steps_follow_each_other(self) -> None:
        now[0] = 0.0
        steps.clear()
        self.addCleanup(steps.clear)
        indexer = CountingIndexer(cast(Any, Commits()), self.fail, lambda: now[0], high=0)
        indexer.note()
        for hundredths in range(160):
            now[0] = hundredths / 100
            indexer.press()
        self.assertEqual(steps[0], LOADED_LAG_SECONDS)
        self.assertLess(len([each for each in steps if each < LATE_SECONDS]), 10)
        self.assertEqual(len([each for each in steps if each >= LATE_SECONDS]), 10)


class FreshTests(SynchronousTestCase):
    """What is kept."""

    def test_no_more_is_kept_than_a_few_steps(self) -> None:
        fresh = Fresh(low=0)
        rows = [(commit, 1, "public", "ada", "Ada", "tea", False) for commit in range(1, STEP_MESSAGES + 1)]
        for number in range(MOST_STEPS):
            fresh.keep(rows, STEP_MESSAGES * (number + 1))
            self.assertTrue(fresh.full)
        fresh.keep(rows[:1], STEP_MESSAGES * MOST_STEPS + 1)
        self.assertEqual((fresh.low, fresh.full), (-1, False))
