"""
When memory is given back to the machine.
"""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import unittest
import weakref

from twisted.trial.unittest import SynchronousTestCase

from chatd.ops.memory import (
    AGAIN_SECONDS,
    CROWD,
    LONG_SECONDS,
    LOOK_SECONDS,
    QUICK_SECONDS,
    SEARCHED,
    Memory,
    give_back,
)
from tests.daemon import CHECKOUT, environment

HEAPS = """
import ctypes, threading
from chatd.ops.memory import share_one_heap
share_one_heap()
libc = ctypes.CDLL(None)
threads = [threading.Thread(target=libc.malloc, args=(1000,)) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""
"""A process that tells of each heap that it has."""


class MemoryTests(SynchronousTestCase):
    """
    The connections of a server, as numbers.
    """

    def setUp(self) -> None:
        self.given: list[bool] = []
        self.now = 0.0
        self.takes = 1.0
        self.memory = Memory(self.give, lambda: self.now)

    def give(self, search: bool) -> None:
        self.given.append(search)
        self.now += self.takes

    def test_nothing_is_done_while_people_come_and_while_few_go(self) -> None:
        self.memory.look(10_000, 10_000, 1.0)
        self.memory.look(10_000 - CROWD + 1, 10_000, 100.0)
        self.assertEqual(self.given, [])

    def test_once_a_crowd_has_gone_its_memory_is_given_back_and_searched_when_nothing_knows_it(self) -> None:
        self.memory.look(5, 5 + CROWD, 1.0)
        self.assertEqual(self.given, [False])
        self.memory.look(5, 5 + CROWD, AGAIN_SECONDS)
        self.assertEqual(len(self.given), 1)
        for now in (1.0 + AGAIN_SECONDS, 100.0, 1000.0):
            self.memory.look(5, 5 + CROWD, now)
        self.assertEqual(self.given, [False, True])

    def test_those_who_pass_by_one_by_one_are_a_crowd_too_and_are_not_held_up_by_a_search(self) -> None:
        for count in range(3 * CROWD):
            self.memory.look(0, count + 1, count / 2)
        self.assertEqual(self.given, [False] * 3)
        self.memory.look(0, 3 * CROWD, 3 * CROWD / 2 + AGAIN_SECONDS)
        self.assertEqual(self.given, [False] * 3 + [True])

    def test_where_people_never_cease_to_go_there_is_a_search_every_five_minutes(self) -> None:
        for second in range(2 * round(LONG_SECONDS) + 60):
            self.memory.look(0, second * CROWD, float(second))
        self.assertEqual(self.given.count(True), 2)

    def test_where_a_search_was_quick_there_is_one_each_time_until_one_is_not(self) -> None:
        self.takes = QUICK_SECONDS / 2
        self.memory.look(0, CROWD, 1.0)
        self.memory.look(0, CROWD, 1.0 + AGAIN_SECONDS)
        self.memory.look(0, 2 * CROWD, 100.0)
        self.takes = QUICK_SECONDS
        self.memory.look(0, 3 * CROWD, 200.0)
        self.memory.look(0, 4 * CROWD, 201.0 + LOOK_SECONDS)
        self.assertEqual(self.given, [False, True, True, True, False])

    def test_a_flood_costs_no_more_than_one_time_in_ten_seconds_and_is_looked_at_after_its_end(self) -> None:
        for tenth in range(200):
            self.memory.look(0, (tenth + 1) * CROWD, 1.0 + tenth / 10)
        self.assertEqual(len(self.given), 2)
        self.memory.look(0, 200 * CROWD, 1.0 + 2 * LOOK_SECONDS)
        self.assertEqual(len(self.given), 3)

    def test_no_search_holds_up_the_many_who_are_still_there(self) -> None:
        self.memory.look(SEARCHED + 1, SEARCHED + 1 + CROWD, 1.0)
        self.memory.look(SEARCHED + 1, SEARCHED + 1 + CROWD, 1.0 + AGAIN_SECONDS)
        self.assertEqual(self.given, [False, False])

    def test_what_led_back_to_itself_is_gone_after_a_search(self) -> None:
        class Ring:
            ring: object = None

        gc.disable()
        self.addCleanup(gc.enable)
        ring = Ring()
        ring.ring = ring
        seen = weakref.ref(ring)
        del ring
        give_back(False)
        self.assertIsNotNone(seen())
        give_back(True)
        self.assertIsNone(seen())

    @unittest.skipUnless(platform.libc_ver()[0] == "glibc", "glibc alone has such an option")
    def test_threads_begin_no_heaps_of_their_own(self) -> None:
        told = subprocess.run(
            [sys.executable, "-c", HEAPS], cwd=CHECKOUT, env=environment(), capture_output=True, check=True
        )
        self.assertEqual(told.stdout.count(b"<heap nr"), 1)
