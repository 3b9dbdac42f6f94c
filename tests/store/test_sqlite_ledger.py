"""
The database while it is written: what a failing disk leaves in it, and how its log is copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import apsw

from chatd.core.events import Card
from chatd.core.names import LOBBY
from chatd.core.records import StoreUnusable
from chatd.core.refusals import Code
from chatd.store import sqlite_ledger
from chatd.store.sqlite_file import Files, prepare, read_steps
from chatd.store.sqlite_ledger import Ledger, write_nothing_new
from tests.contracts.store import ADA, BOB, GARDEN, draft, texts
from tests.store.case import SqliteCase
from tests.store.failing_disk import FailingDisk

FOR_EVER = 1 << 30


class FailingDiskTests(SqliteCase):
    """A disk whose syncs or writes fail: what was refused is nowhere, and never will be."""

    def setUp(self) -> None:
        self.disk = FailingDisk()
        self.addCleanup(self.disk.remove)
        super().setUp()
        # Before all else that is cleaned up, so that the store can be stopped.
        self.addCleanup(self.disk.heal)

    def refuse(self, text: str) -> None:
        """Have a message refused."""
        self.assertEqual(self.refusal(self.store.append(draft(text, cid="c"))).code, Code.READ_ONLY)

    def after_a_kill(self) -> list[str]:
        """What the lobby would say if the process had been killed now and chatd were started again."""
        folder = self.database.folder / "killed"
        folder.mkdir()
        for name in ("chatd.sqlite", "chatd.sqlite-wal"):
            shutil.copy(self.database.path.with_name(name), folder)
        connection = apsw.Connection(str(folder / "chatd.sqlite"), vfs="unix")
        found = connection.execute("SELECT text FROM event ORDER BY commit_number").fetchall()
        self.assertEqual(connection.pragma("integrity_check"), "ok")
        connection.close()
        shutil.rmtree(folder)
        return [text for (text,) in found]

    def fail_and_heal(self, *, listen: bool) -> None:
        """Have so many syncs fail in turn, one message refused each time; with readers there or without."""
        said: list[str] = []
        offsets: list[int] = []
        for failures in (1, 2, 3, 4, 5, 9):
            said += [f"before {failures}", f"after {failures}"]
            offsets.append(self.say(said[-2]).offset)
            if listen:
                self.assertEqual(texts(self.log()), said[:-1])
            self.disk.failing_syncs = failures
            self.refuse(f"refused {failures}")
            self.assertTrue(self.store.trouble())
            self.disk.heal()
            self.assertEqual(self.after_a_kill(), said[:-1])
            offsets.append(self.say(said[-1]).offset)
            self.assertIsNone(self.store.trouble())
        self.assertEqual(offsets, list(range(1, len(said) + 1)))
        self.assertEqual(self.heard(), [[text] for text in said])
        heard = [batch[0] for batch in self.batches]
        for _ in range(2):
            log = self.log()
            self.assertEqual(
                [(event.offset, event.id, event.text) for event in log],
                [(event.offset, event.id, event.text) for event in heard],
            )
            self.assertEqual([event.commit for event in log], offsets)
            self.assertEqual(len({event.id for event in log}), len(log))
            self.stop()
            self.start()
        self.assertFalse(self.say("refused 1", cid="c").repeated)

    def test_what_a_failed_sync_refused_is_nowhere_with_a_reader_there(self) -> None:
        self.fail_and_heal(listen=True)

    def test_what_a_failed_sync_refused_is_nowhere_without_a_reader(self) -> None:
        self.fail_and_heal(listen=False)

    def test_a_write_that_changes_people_does_not_come_back_either(self) -> None:
        self.disk.failing_syncs = 1
        self.database.hold()
        writes: list[Any] = [
            self.store.rename(ADA, "countess"),
            self.store.append(draft("psst", "@" + ADA + ":" + BOB)),
            self.store.append(draft("hi", GARDEN)),
        ]
        self.database.release()
        for write in writes:
            self.refusal(write)
        for _ in range(2):
            self.assertEqual(self.settle(self.store.person(ADA)), Card(ADA, "ada"))
            self.assertIsNone(self.settle(self.store.room(GARDEN, ADA)))
            self.assertEqual(self.settle(self.store.inbox(BOB, 5)), ())
            self.stop()
            self.start()

    def test_a_kill_while_syncs_go_on_failing_brings_nothing_back(self) -> None:
        self.say("kept")
        self.disk.failing_syncs = FOR_EVER
        for text in ("one", "two" * 5000, "three"):
            self.refuse(text)
            self.assertEqual(self.after_a_kill(), ["kept"])
        # A log that begins anew has its first page overwritten.
        self.disk.heal()
        self.say("on")
        self.database.writing_connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        self.disk.failing_syncs = FOR_EVER
        self.refuse("four")
        self.assertEqual(self.after_a_kill(), ["kept", "on"])

    def test_a_stop_while_syncs_go_on_failing_brings_nothing_back(self) -> None:
        self.say("kept")
        self.disk.failing_syncs = FOR_EVER
        self.refuse("lost")
        self.stop()
        self.disk.heal()
        self.start()
        self.assertEqual(texts(self.log()), ["kept"])
        self.assertEqual(self.say("on").offset, 2)

    def test_a_stop_mends_what_could_not_be_mended_before(self) -> None:
        self.say("kept")
        self.disk.failing_syncs, self.disk.failing_writes_after_sync = 1, True
        self.refuse("lost")
        self.assertEqual(self.after_a_kill(), ["kept", "lost"])
        self.disk.heal()
        self.stop()
        self.start()
        self.assertEqual(texts(self.log()), ["kept"])

    def test_nothing_is_written_before_what_failed_is_mended(self) -> None:
        self.say("kept")
        self.disk.failing_syncs, self.disk.failing_writes_after_sync = 1, True
        self.refuse("lost")
        before = self.disk.synced
        for text in ("two", "three"):
            self.refuse(text)
        self.assertEqual(self.disk.synced, before)
        self.disk.heal()
        self.assertEqual(self.say("on").offset, 2)
        # One for the page that takes the place of what was refused, two for the log, which is copied anew and
        # emptied, and one for what was said.
        self.assertEqual(self.disk.synced, before + 4)
        self.assertEqual(self.after_a_kill(), ["kept", "on"])

    def test_a_disk_that_takes_no_writes_refuses_and_heals(self) -> None:
        self.say("kept")
        for error in (apsw.IOError, apsw.FullError):
            self.disk.write_error = error
            self.refuse("lost")
            self.assertEqual(texts(self.log()), ["kept"])
            self.disk.heal()
            self.assertEqual(self.after_a_kill(), ["kept"])
        self.assertEqual(self.say("on").offset, 2)
        self.assertIsNone(self.store.trouble())

    def test_to_learn_whether_the_disk_is_well_something_is_written(self) -> None:
        self.disk.write_error = apsw.FullError
        self.refuse("lost")
        for _ in range(2):
            self.turns.clock.advance(4.9)
            self.turns.take()
            self.assertEqual(self.store.trouble(), "the disk is full")
        self.disk.heal()
        self.turns.clock.advance(4.9)
        self.turns.take()
        self.assertIsNone(self.store.trouble())

    def test_a_start_leaves_nothing_in_the_log_that_may_not_be_on_the_disk(self) -> None:
        self.say("kept")
        for name in ("chatd.sqlite", "chatd.sqlite-wal"):
            shutil.copy(self.database.path.with_name(name), self.database.folder / f"{name}.killed")
        self.stop()
        log = self.database.path.with_name("chatd.sqlite-wal")
        for error in (apsw.FullError, apsw.IOError, None):
            for name in ("chatd.sqlite", "chatd.sqlite-wal"):
                shutil.copy(self.database.folder / f"{name}.killed", self.database.path.with_name(name))
            self.disk.database_error = error
            if error is apsw.IOError:
                with self.assertRaises(StoreUnusable):
                    self.start()
                self.disk.heal()
                continue
            self.start()
            self.disk.heal()
            self.assertEqual(log.stat().st_size == 0, error is None)
            self.assertEqual(texts(self.log()), ["kept"])
            self.stop()
        self.start()


class ConnectionTests(SqliteCase):
    """Connections that do not do what they should."""

    def test_a_transaction_that_cannot_even_be_rolled_back_costs_the_connection(self) -> None:
        class Broken:
            in_transaction = True
            closed = False

            def execute(self, statement: str) -> None:
                raise apsw.IOError("disk I/O error")

            def close(self) -> None:
                self.closed = True
                raise apsw.IOError("disk I/O error")

        ledger = self.ledger()
        real = ledger.connection
        self.addCleanup(real.close)
        broken = ledger.connection = Broken()
        ledger.abandon(ValueError("a mistake"))
        self.assertFalse(broken.closed)
        self.assertEqual(self.say("hi").offset, 1)
        self.assertTrue(broken.closed)

    def ledger(self) -> Any:
        """The inside of the store; leave it alone while the writing thread uses it."""
        assert self.store._writer is not None
        return self.store._writer.ledger


class CheckpointTests(SqliteCase):
    """When the log is copied."""

    def file_size(self) -> int:
        """The bytes of the database without its log."""
        return self.database.path.stat().st_size

    def flood(self) -> None:
        """Write about three megabytes."""
        said = [self.store.append(draft("x" * 4000)) for _ in range(700)]
        self.settle(said[-1])

    def after_the_commit(self) -> None:
        """Wait until the writing thread is through with what it does after a commit."""
        self.settle(self.store._submit(lambda group: None))

    def test_a_log_that_has_grown_is_copied_and_used_again(self) -> None:
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 100)
        for _ in range(3):
            self.flood()
            self.after_the_commit()
        self.assertGreater(self.file_size(), 3 * 700 * 4000)
        log = self.database.path.with_name("chatd.sqlite-wal").stat().st_size
        self.assertLess(log, 2 * 700 * 6000)

    def test_a_small_log_is_left_alone(self) -> None:
        before = self.file_size()
        for _ in range(5):
            self.say("hi")
        self.after_the_commit()
        self.assertEqual(self.file_size(), before)

    def test_a_reader_in_the_way_of_a_great_log_stops_nobody(self) -> None:
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1)
        self.patch(sqlite_ledger, "RESTART_PAGES", 1)
        with self.database.side_door() as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM event").fetchall()
            self.assertEqual([self.say("hi").offset for _ in range(3)], [1, 2, 3])
            reader.execute("ROLLBACK")
        self.say("hi")
        self.after_the_commit()
        self.assertIsNone(self.store.trouble())

    def own_ledger(self, seconds: Callable[[], float]) -> Ledger:
        """The database in the hands of this thread; the store is stopped."""
        self.stop()
        opened = prepare(str(self.database.path), os.urandom, read_steps())
        files = Files(opened.place)
        ledger = Ledger(
            opened.connection,
            connect=files.open_for_writing,
            check=files.check,
            settle=files.settle,
            alone=nullcontext,
            epoch=opened.epoch,
            commits=opened.commits,
            settled=opened.settled,
            seconds=seconds,
        )
        self.addCleanup(opened.lock.free)
        self.addCleanup(ledger.close)
        return ledger

    def test_a_reader_that_stays_is_waited_for_seldom_and_told_of_once(self) -> None:
        """Whether something is to go from the log, or it has grown great."""
        self.patch(sqlite_ledger, "WAIT_MS", 1)
        now = [0.0]
        ledger = self.own_ledger(lambda: now[0])
        told: list[str] = []
        for great in (False, True):
            self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1 if great else 1 << 30)
            self.patch(sqlite_ledger, "RESTART_PAGES", 1 if great else 1 << 30)
            waits = set()
            with self.database.side_door() as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM event").fetchall()
                write_nothing_new(ledger.begin())
                ledger.commit(ledger.commits)
                if not great:
                    ledger.erase_soon()
                for _ in range(200):
                    now[0] += 1.0
                    told += filter(None, [ledger.checkpoint()])
                    waits.add(ledger._waited_at)
                    self.assertNotEqual(ledger.patience(), 0)
                reader.execute("ROLLBACK")
            self.assertLess(len(waits), 10)
            self.assertGreater(len(waits), 4)
            now[0] += 1.0
            self.assertIsNone(ledger.checkpoint())
            self.assertEqual((ledger._held_since, ledger.patience()), (None, None))
        self.assertEqual([line.split(" for ")[0] for line in told], [told[0].split(" for ")[0]] * 2)
        self.assertIn("has been reading the database", told[0])

    def test_a_copy_that_fails_is_reported_once_and_loses_nothing(self) -> None:
        disk = FailingDisk()
        self.addCleanup(disk.remove)
        self.addCleanup(self.stop)
        self.stop()
        self.start()
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1)
        lines: list[str] = []
        assert self.store._writer is not None
        self.patch(self.store._writer, "report", lines.append)
        disk.database_error = apsw.IOError
        for offset in (1, 2, 3):
            self.assertEqual(self.say("hi", LOBBY).offset, offset)
        self.after_the_commit()
        self.assertEqual(len(lines), 1)
        self.assertIn("the test says so", lines[0])
        self.assertIsNone(self.store.trouble())
        disk.heal()
        self.say("hi")
        self.after_the_commit()
        disk.database_error = apsw.FullError
        self.say("hi")
        self.after_the_commit()
        self.assertEqual(len(lines), 2)
        disk.heal()
