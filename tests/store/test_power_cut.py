"""
A loss of power, and disks that fail: nothing that was acknowledged is lost, and nothing is heard that was not
kept.

The same in a greater number, and with other seeds, is in tests/torture/disk.py.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import apsw
from twisted.trial.unittest import SynchronousTestCase

from chatd.store import sqlite_ledger
from chatd.store.sqlite_ledger import Ledger
from tests.contracts.store import ADA, BOB
from tests.store.ordeal import NAME, Account, Findings, Life, bad_weather, judge, power_cuts, synchronous
from tests.store.power_cut import Disk

SEED = 5
CUTS = 15

NONE = "no file"


class PowerCutTests(SynchronousTestCase):
    """The power of a machine with a store at work is cut, at any change of a file."""

    def test_nothing_that_was_acknowledged_is_lost_when_the_power_is_cut(self) -> None:
        findings = power_cuts(SEED, CUTS)
        self.assertEqual((findings.lost, findings.faults), (0, []), f"seed {SEED}: {findings}")
        self.assertGreater(findings.acknowledged, 3 * CUTS)

    def test_a_store_that_did_not_wait_for_the_disk_would_lose_messages(self) -> None:
        """Or else the test before would prove nothing."""
        with synchronous("normal"):
            findings = power_cuts(SEED, CUTS)
        self.assertGreater(findings.lost, 0)
        self.assertEqual(findings.faults, [], f"seed {SEED}: {findings}")


class BadWeatherTests(SynchronousTestCase):
    """A disk fails now and then, or for long, and in the end the power is cut."""

    def test_on_a_disk_that_fails_nothing_is_lost_and_nothing_is_heard_that_was_not_kept(self) -> None:
        findings = bad_weather(SEED, 10)
        self.assertEqual((findings.lost, findings.faults), (0, []), f"seed {SEED}: {findings}")
        self.assertGreater(findings.refused, 0)
        self.assertGreater(findings.errors, 10)
        self.assertGreater(findings.acknowledged, 100)


class Worst(Random):
    """Of what was not synced nothing survives."""

    def choice(self, seq: Sequence[Any]) -> Any:
        """The first."""
        return seq[0]


class CopyTests(SynchronousTestCase):
    """The log is copied into the database, and the sync of that fails."""

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="chatd-test-"))
        self.addCleanup(shutil.rmtree, folder)
        self.copy = folder / "copy"
        self.copy.mkdir()
        self.account = Account()
        self.failing = NONE
        self.disk = Disk(Worst(), fault=self.fault)
        self.life = Life(folder, self.account, Random(1))
        self.database = str(folder / NAME)

    def fault(self, call: str, path: str) -> Exception | None:
        """Syncs of the file `failing` fail."""
        return apsw.IOError("the test says so") if call == "sync" and path == self.failing else None

    @property
    def ledger(self) -> Ledger:
        """The inside of the store; leave it alone while the writing thread uses it."""
        assert self.life.store._writer is not None
        return self.life.store._writer.ledger

    def say(self) -> None:
        """Say something, and wait until the writing thread is through with it."""
        self.life.say(1, again=0)
        self.life.rest()

    def copy_log(self) -> None:
        """Have the log copied after the next commit."""
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1)
        self.say()
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1 << 30)

    def test_a_piece_that_was_copied_before_the_sync_that_failed_is_copied_again(self) -> None:
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1 << 30)
        with self.disk.power():
            self.life.start()
            for who in (ADA, BOB):
                self.life.meet(who)
            self.say()
            with closing(apsw.Connection(self.database)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM event").fetchall()
                for _ in range(3):
                    self.say()
                # Up to where the reader is.
                self.copy_log()
                reader.execute("ROLLBACK")
            self.failing = self.database
            self.copy_log()
            self.assertFalse(self.ledger.settled)
            self.life.say(1, again=0)
            self.assertEqual(self.life.store.trouble(), "the disk fails")
            self.life.look()
            self.failing = NONE
            self.say()
            self.assertIsNone(self.life.store.trouble())
            self.patch(sqlite_ledger, "RESTART_PAGES", 1)
            for _ in range(3):
                self.copy_log()
            image = self.disk.cut()
            self.life.stop()
        for path, content in image.items():
            (self.copy / Path(path).name).write_bytes(content)
        findings = Findings()
        judge(self.copy, self.account, findings, refused_is_gone=True)
        self.assertEqual((findings.lost, findings.faults), (0, []))
        self.assertGreater(len(self.account.done), 6)

    def test_a_stop_after_a_sync_that_failed_leaves_the_log_to_the_next_start(self) -> None:
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1 << 30)
        with self.disk.power():
            self.life.start()
            for who in (ADA, BOB):
                self.life.meet(who)
            self.say()
            self.failing = self.database
            self.copy_log()
            self.life.stop()
            self.failing = NONE
            image = self.disk.cut()
        for path, content in image.items():
            (self.copy / Path(path).name).write_bytes(content)
        self.assertTrue((self.copy / f"{NAME}-wal").stat().st_size)
        findings = Findings()
        judge(self.copy, self.account, findings, refused_is_gone=True)
        self.assertEqual((findings.lost, findings.faults), (0, []))

    def test_what_the_index_left_to_the_next_sync_is_not_lost_with_one_that_fails(self) -> None:
        self.patch(sqlite_ledger, "CHECKPOINT_PAGES", 1 << 30)
        with self.disk.power():
            self.life.start()
            for who in (ADA, BOB):
                self.life.meet(who)
            self.say()
            self.life.index()
            self.failing = f"{self.database}-wal"
            self.life.say(1, again=0)
            self.assertEqual(len(self.account.refused), 1)
            self.failing = NONE
            for _ in range(3):
                self.say()
            image = self.disk.cut()
            self.life.stop()
        for path, content in image.items():
            (self.copy / Path(path).name).write_bytes(content)
        findings = Findings()
        judge(self.copy, self.account, findings, refused_is_gone=True)
        self.assertEqual((findings.lost, findings.faults), (0, []))
        self.assertEqual(len(self.account.done), 4)
