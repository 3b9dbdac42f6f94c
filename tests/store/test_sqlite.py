"""
A store in a SQLite database: from its start to its stop, and what it does when its disk does not.
"""

from __future__ import annotations

import os
import time
from typing import Any

import apsw
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from chatd.core.events import Card
from chatd.core.names import LOBBY, PersonId
from chatd.core.records import StoreUnusable
from chatd.core.refusals import Code, Refused
from chatd.core.tail import TAIL_BYTES
from chatd.store.sqlite_group import FORGET_AT_ONCE, Group
from tests.contracts.store import ADA, GARDEN, draft, texts
from tests.store.case import SqliteCase
from tests.store.turns import PATIENCE_SECONDS

LONG = "x" * 4000


class LifeTests(SqliteCase):
    """Starting and stopping."""

    def test_a_store_that_was_stopped_can_be_started_again(self) -> None:
        self.say("before")
        self.stop()
        self.settle(self.store.start())
        self.assertEqual(self.say("after").offset, 2)
        self.assertEqual(texts(self.log()), ["before", "after"])

    def test_a_store_is_not_started_twice(self) -> None:
        with self.assertRaises(RuntimeError):
            self.settle(self.store.start())

    def test_to_stop_twice_is_to_stop_once(self) -> None:
        first, second = self.store.stop(), self.store.stop()
        self.settle(first)
        self.settle(second)
        self.stop()

    def test_a_store_can_be_stopped_while_it_starts(self) -> None:
        self.stop()
        order: list[str] = []
        started = self.store.start().addCallback(lambda _: order.append("started"))
        first, second = self.store.stop(), self.store.stop()
        first.addCallback(lambda _: order.append("stopped"))
        for answer in (started, first, second):
            self.settle(answer)
        self.assertEqual(order, ["started", "stopped"])
        self.assertEqual(sorted(os.listdir(self.database.folder)), ["chatd.sqlite", "chatd.sqlite.lock"])
        self.start()
        self.assertEqual(self.say("hi").offset, 1)

    def test_a_store_can_be_stopped_while_its_start_fails(self) -> None:
        self.stop()
        kept = self.database.path.read_bytes()
        self.database.path.write_bytes(b"garbage" * 1000)
        order: list[str] = []

        def failed(failure: Failure) -> None:
            failure.trap(StoreUnusable)
            order.append("failed")

        started = self.store.start().addErrback(failed)
        stopped = self.store.stop().addCallback(lambda _: order.append("stopped"))
        self.settle(started)
        self.settle(stopped)
        self.assertEqual(order, ["failed", "stopped"])
        self.settle(self.store.stop())
        self.database.path.write_bytes(kept)
        self.settle(self.store.start())
        self.assertEqual(self.say("hi").offset, 1)

    def test_a_store_can_be_stopped_by_who_has_waited_for_its_start(self) -> None:
        self.stop()
        stopped: list[Deferred[None]] = []
        self.settle(self.store.start().addCallback(lambda _: stopped.append(self.store.stop())))
        self.settle(stopped[0])
        self.start()

    def test_a_store_that_is_not_open_says_so(self) -> None:
        self.stop()
        asked: list[Any] = [
            self.store.append(draft("hi")),
            self.store.touch([ADA]),
            self.store.room(LOBBY, ADA),
            self.store.person(ADA),
        ]
        for answer in asked:
            with self.assertRaises(RuntimeError):
                self.settle(answer)

    def test_before_the_first_start_there_is_no_epoch(self) -> None:
        unstarted = type(self.store)(self.store.path, self.turns, lambda: 0)
        with self.assertRaises(RuntimeError):
            _ = unstarted.epoch
        self.settle(unstarted.stop())

    def test_what_was_asked_before_the_stop_is_answered_before_it(self) -> None:
        order: list[str] = []
        said = self.store.append(draft("hi")).addCallback(lambda _: order.append("said"))
        read = self.store.room(LOBBY, None).addCallback(lambda _: order.append("read"))
        self.settle(self.store.stop())
        self.assertEqual(sorted(order), ["read", "said"])
        self.assertTrue(said.called)
        self.assertTrue(read.called)

    def test_nothing_is_left_beside_the_file_when_it_is_closed(self) -> None:
        self.say("hi")
        self.stop()
        self.assertEqual(sorted(os.listdir(self.database.folder)), ["chatd.sqlite", "chatd.sqlite.lock"])

    def test_an_epoch_and_ids_are_made_of_the_random_bytes_that_are_given(self) -> None:
        self.stop()
        for path in (self.database.path, f"{self.database.path}.lock"):
            os.unlink(path)
        self.start(random=lambda count: b"\0" * count)
        self.assertEqual(self.store.epoch, "a" * 16)
        self.assertEqual(self.say("hi").id, "aaaaaaaa-1")


class DurabilityTests(SqliteCase):
    """What the connections are set to."""

    def test_the_writing_connection_waits_for_the_disk(self) -> None:
        connection = self.database.writing_connection
        self.assertEqual(connection.pragma("journal_mode"), "wal")
        self.assertEqual(connection.pragma("synchronous"), 2)
        self.assertEqual(connection.pragma("foreign_keys"), 1)
        self.assertGreater(connection.pragma("busy_timeout"), 0)

    def test_a_reading_connection_cannot_write_nor_move_the_log(self) -> None:
        def try_it(connection: apsw.Connection) -> list[int]:
            with self.assertRaises(apsw.ReadOnlyError):
                connection.execute("DELETE FROM event")
            return [connection.pragma("query_only"), connection.pragma("wal_autocheckpoint")]

        self.assertEqual(self.settle(self.store._ask(try_it)), [1, 0])

    def test_an_answered_message_is_in_the_file_for_all_to_see(self) -> None:
        self.say("hi")
        with self.database.side_door() as connection:
            self.assertEqual(connection.execute("SELECT text FROM event").fetchall(), [("hi",)])

    def test_nothing_of_an_email_address_has_a_column(self) -> None:
        with self.database.side_door() as connection:
            (schema,) = connection.execute("SELECT group_concat(sql) FROM sqlite_schema").fetchone()
        self.assertNotIn("mail", "".join(line for line in schema.splitlines() if not line.startswith("--")))


class GroupTests(SqliteCase):
    """Transactions of several writes."""

    def test_a_group_weighs_no_more_than_the_end_of_a_log_in_memory_can_hold(self) -> None:
        for text in ("x", "é" * 300, "\U0001f916" * 4000, '"' * 4000):
            self.batches.clear()
            self.database.hold()
            said = [self.store.append(draft(text, room)) for room in [LOBBY, GARDEN] * 300]
            self.database.release()
            self.settle(said[-1])
            weights = [sum(event.weight for event in batch) for batch in self.batches]
            self.assertGreater(len(weights), 1)
            self.assertLess(max(weights), TAIL_BYTES)
            self.assertEqual(sum(len(batch) for batch in self.batches), 600)

    def test_where_several_write_what_ends_beside_the_rest_of_a_turn_is_told_at_its_end(self) -> None:
        for answer in [self.store.append(draft(text)) for text in ("one", "two")]:
            self.settle(answer)
        said = [self.store.append(draft(text)) for text in ("three", "four")]
        # They are handed over first; then comes what else there is to do in this turn.
        while self.store._writes:
            self.turns.take()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.store._settled:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)
        self.assertFalse(said[0].called)
        self.turns.clock.advance(0)
        self.assertTrue(said[0].called)
        self.settle(said[1])
        self.assertEqual([text for batch in self.heard() for text in batch], ["one", "two", "three", "four"])

    def test_what_cannot_be_written_at_all_spoils_nothing_but_itself(self) -> None:
        self.database.hold()
        said = [self.store.append(draft("one", cid="1"))]
        wrong: list[Deferred[Any]] = [
            self.store.add_person(Card(ADA, "eve"), b"eve"),
            self.store.append(draft("\ud800")),
        ]
        said += [self.store.append(draft("two", GARDEN)), self.store.append(draft("one", cid="1"))]
        self.database.release()
        self.assertEqual([self.settle(answer).offset for answer in said], [1, 1, 1])
        for answer in wrong:
            with self.assertRaises(ValueError):
                self.settle(answer)
        self.assertEqual(self.heard(), [["one"], ["two"]])
        self.assertIsNone(self.store.trouble())
        self.assertEqual(self.say("three").offset, 2)

    def test_a_crowd_of_guests_is_forgotten_a_few_in_each_transaction(self) -> None:
        people = [PersonId(f"{number:016}") for number in range(2 * FORGET_AT_ONCE + 10)]
        for asked in [self.store.add_person(Card(who, who), who.encode()) for who in people]:
            self.settle(asked)
        taken: list[int] = []
        forget = Group.forget_guests

        def note(group: Group, idle_seconds: float) -> int:
            taken.append(forget(group, idle_seconds))
            return taken[-1]

        self.patch(Group, "forget_guests", note)
        # Those of the case, too.
        self.assertEqual(self.settle(self.store.forget_guests(-1)), len(people) + 2)
        self.assertEqual(taken, [FORGET_AT_ONCE, FORGET_AT_ONCE, 12, 0])
        self.assertIsNone(self.settle(self.store.person(people[0])))

    def test_reading_does_not_wait_for_a_commit(self) -> None:
        self.say("hi")
        self.database.hold()
        late = self.store.append(draft("late"))
        self.assertEqual(texts(self.log()), ["hi"])
        self.assertFalse(late.called)
        self.database.release()
        self.assertEqual(self.settle(late).offset, 2)

    def test_memory_that_is_given_back_is_what_the_connections_had_read(self) -> None:
        for _ in range(20):
            self.say("x" * 4000)

        def cached(connection: apsw.Connection) -> int:
            return connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)[0]

        def used(connection: apsw.Connection) -> tuple[int, int]:
            before = cached(connection)
            connection.execute("SELECT sum(length(text)) FROM event").get  # noqa: B018
            return before, cached(connection)

        _, reader = self.settle(self.store._ask(used))
        writer = cached(self.database.writing_connection)
        self.store.give_back()
        self.assertEqual(self.say("and on").offset, 21)
        self.assertEqual(len(texts(self.log())), 21)
        self.assertLess(cached(self.database.writing_connection), writer)
        self.store.give_back()
        self.assertLess(self.settle(self.store._ask(used))[0], reader)

    def test_a_question_that_nobody_waits_for_any_more_is_let_go(self) -> None:
        answer = self.store.room(LOBBY, None)
        answer.cancel()
        with self.assertRaises(CancelledError):
            self.settle(answer)
        self.assertIsNone(self.settle(self.store.room(LOBBY, None)))

    def test_a_question_that_fails_costs_its_connection_and_no_more(self) -> None:
        for _ in range(6):
            with self.assertRaises(apsw.SQLError):
                self.settle(self.store._ask(lambda connection: connection.execute("SELECT nonsense")))
        self.assertIsNone(self.settle(self.store.room(LOBBY, None)))


class MarkerTests(SqliteCase):
    """Read markers and their timer."""

    def setUp(self) -> None:
        super().setUp()
        for text in "abcde":
            self.say(text)

    def test_a_marker_is_written_within_five_seconds_though_nobody_writes(self) -> None:
        self.store.mark_read(ADA, LOBBY, 3)
        self.assertEqual(self.stored_marker(), 0)
        self.turns.clock.advance(4.9)
        self.turns.take()
        self.assertEqual(self.stored_marker(), 3)
        self.assertEqual(self.turns.clock.getDelayedCalls(), [])

    def test_a_marker_is_written_with_the_next_commit(self) -> None:
        self.store.mark_read(ADA, LOBBY, 3)
        self.say("f")
        self.assertEqual(self.stored_marker(), 3)
        self.turns.clock.advance(4.9)

    def test_markers_are_written_once_however_often_they_grow(self) -> None:
        before = self.database.writing_connection.total_changes()
        for offset in (1, 2, 3, 4, 5, 4, 3):
            self.store.mark_read(ADA, LOBBY, offset)
        self.settle(self.store._submit(lambda group: None))
        self.assertEqual(self.database.writing_connection.total_changes(), before)
        self.turns.clock.advance(4.9)
        self.turns.take()
        self.assertEqual(self.database.writing_connection.total_changes(), before + 1)
        self.assertEqual(self.stored_marker(), 5)

    def test_a_marker_that_grows_while_it_is_written_loses_nothing(self) -> None:
        self.database.hold()
        self.store.mark_read(ADA, LOBBY, 2)
        first = self.store.append(draft("f"))
        self.store.mark_read(ADA, LOBBY, 4)
        self.database.release()
        self.settle(first)
        self.assertEqual(self.stored_marker(), 2)
        record = self.settle(self.store.room(LOBBY, ADA))
        assert record is not None
        self.assertEqual(record.read, 4)
        self.say("g")
        self.assertEqual(self.stored_marker(), 4)

    def test_a_marker_that_the_disk_refused_is_tried_again_by_the_timer(self) -> None:
        self.database.refuse_writes(True)
        self.store.mark_read(ADA, LOBBY, 3)
        self.turns.clock.advance(4.9)
        self.turns.take()
        self.assertTrue(self.store.trouble())
        self.database.refuse_writes(False)
        self.turns.clock.advance(4.9)
        while self.store.trouble():
            self.turns.take()
        self.settle(self.store._submit(lambda group: None))
        self.assertEqual(self.stored_marker(), 3)
        self.flushLoggedErrors()

    def test_a_refused_marker_does_not_come_back_after_a_greater_one(self) -> None:
        self.database.hold()
        self.database.refuse_writes(True)
        self.store.mark_read(ADA, LOBBY, 2)
        refused = self.store.append(draft("f"))
        self.store.mark_read(ADA, LOBBY, 4)
        self.database.release()
        self.refusal(refused)
        self.assertEqual(self.store._marks._unsent, {(ADA, LOBBY): 4})
        self.database.refuse_writes(False)
        self.say("f")
        self.assertEqual(self.stored_marker(), 4)
        self.assertEqual((self.store._marks._unsent, self.store._marks._pending), ({}, {}))

    def test_markers_that_cannot_be_written_at_all_are_reported(self) -> None:
        self.store.mark_read(PersonId("\ud800"), LOBBY, 2)
        self.say("f")
        self.assertEqual(len(self.flushLoggedErrors(UnicodeEncodeError)), 1)


class TroubleTests(SqliteCase):
    """A disk that is full, fails or has gone."""

    def fill_the_disk(self) -> None:
        """Let the file grow no more, and write until that is felt."""
        pages = self.database.writing_connection.pragma("page_count")
        self.database.writing_connection.pragma("max_page_count", pages)
        for _ in range(100):
            try:
                self.say(LONG)
            except Refused as refused:
                self.assertEqual(refused.code, Code.READ_ONLY)
                return
        self.fail("the disk never got full")

    def test_a_full_disk_refuses_and_heals(self) -> None:
        self.say("kept")
        self.fill_the_disk()
        self.assertIn("full", self.store.trouble() or "")
        offset = len(self.log())
        self.assertEqual(sum(len(batch) for batch in self.batches), offset)
        self.assertEqual(self.refusal(self.store.append(draft(LONG))).code, Code.READ_ONLY)
        self.database.writing_connection.pragma("max_page_count", 1 << 30)
        self.assertEqual(self.say(LONG).offset, offset + 1)
        self.assertIsNone(self.store.trouble())
        self.assertEqual([event.commit for event in self.log()], list(range(1, offset + 2)))

    def test_the_store_learns_by_itself_that_the_disk_is_well_again(self) -> None:
        self.database.refuse_writes(True)
        self.refusal(self.store.append(draft("lost")))
        for _ in range(2):
            self.turns.clock.advance(4.9)
            self.turns.take()
            self.assertTrue(self.store.trouble())
        self.database.refuse_writes(False)
        self.turns.clock.advance(4.9)
        self.turns.take()
        self.assertIsNone(self.store.trouble())
        self.assertEqual(self.turns.clock.getDelayedCalls(), [])

    def test_what_never_came_to_the_disk_is_no_sign_of_its_health(self) -> None:
        self.say("hi", cid="1")
        self.fill_the_disk()
        self.assertTrue(self.say("hi", cid="1").repeated)
        self.assertEqual(self.settle(self.store.touch([ADA])), 1)
        self.assertTrue(self.store.trouble())

    def fail_on_the_disk(self) -> None:
        """Let a write meet an error of the disk."""

        def fail(group: object) -> None:
            raise apsw.IOError("disk I/O error")

        refused = self.refusal(self.store._submit(fail))
        self.assertEqual(refused.code, Code.READ_ONLY)
        self.assertEqual(self.store.trouble(), "the disk fails")

    def test_after_an_error_of_the_disk_the_file_is_opened_anew(self) -> None:
        self.say("kept")
        before = self.database.writing_connection
        self.fail_on_the_disk()
        self.assertEqual(self.say("on").offset, 2)
        after = self.database.writing_connection
        self.assertIsNot(after, before)
        self.assertEqual((after.pragma("synchronous"), after.pragma("foreign_keys")), (2, 1))
        self.assertIsNone(self.store.trouble())
        self.assertEqual(texts(self.log()), ["kept", "on"])

    def test_a_file_that_has_gone_refuses_until_it_is_back(self) -> None:
        self.say("kept")
        self.log()
        self.fail_on_the_disk()
        aside = self.database.path.with_suffix(".aside")
        os.rename(self.database.path, aside)
        self.assertEqual(self.refusal(self.store.append(draft("lost"))).code, Code.READ_ONLY)
        self.assertEqual(self.store.trouble(), "the database cannot be used")
        self.assertEqual(texts(self.log()), ["kept"])
        self.database.path.touch()
        self.assertEqual(self.refusal(self.store.append(draft("lost"))).code, Code.READ_ONLY)
        self.assertEqual(self.store.trouble(), "the database cannot be used")
        os.rename(aside, self.database.path)
        self.assertEqual(self.say("on").offset, 2)

    def test_a_file_that_is_not_as_it_was_left_is_written_no_more(self) -> None:
        self.say("kept")
        with self.database.side_door() as other:
            other.execute("ALTER TABLE store RENAME TO shop")
            self.fail_on_the_disk()
            self.assertEqual(self.refusal(self.store.append(draft("lost"))).code, Code.READ_ONLY)
            other.execute("ALTER TABLE shop RENAME TO store")
        self.assertEqual(self.say("kept").offset, 2)
        with self.database.side_door() as other:
            other.execute("UPDATE store SET commits = 7")
        self.fail_on_the_disk()
        for _ in range(2):
            self.assertEqual(self.refusal(self.store.append(draft("lost"))).code, Code.READ_ONLY)
            self.assertEqual(self.store.trouble(), "the database cannot be used")
        self.stop()
        self.start()
        self.assertEqual(self.say("on").offset, 3)
        self.assertEqual([event.commit for event in self.log()], [1, 2, 8])

    def test_somebody_elses_lock_refuses_until_it_is_gone(self) -> None:
        self.database.writing_connection.set_busy_timeout(0)
        with self.database.side_door() as other:
            other.execute("BEGIN IMMEDIATE")
            self.assertEqual(self.refusal(self.store.append(draft("lost"))).code, Code.READ_ONLY)
            other.execute("ROLLBACK")
        self.assertEqual(self.say("on").offset, 1)
