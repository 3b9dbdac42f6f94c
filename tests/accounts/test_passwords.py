"""
Hashing, in threads.
"""

from __future__ import annotations

import os
import threading

from argon2 import PasswordHasher
from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from chatd.accounts.passwords import MOST_WAITING, NICE, Passwords
from chatd.core.refusals import Code, Refused


class PasswordsTest(TestCase):
    """
    What is kept of a password, and what it is compared with.
    """

    timeout = 60

    def setUp(self) -> None:
        self.passwords = Passwords(reactor, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        self.passwords.start()
        self.addCleanup(self.passwords.stop)

    async def test_a_password_fits_what_was_made_of_it_and_no_other_does(self) -> None:
        """Also where what is kept is damaged, and where nothing is."""
        encoded = await self.passwords.encode("correct horse")
        self.assertTrue(encoded.startswith("$argon2id$"))
        self.assertNotIn("correct", encoded)
        self.assertTrue(await self.passwords.fits(encoded, "correct horse"))
        for kept, password in ((encoded, "wrong"), ("damaged", "x"), (None, ""), (None, "x")):
            self.assertFalse(await self.passwords.fits(kept, password))

    async def test_the_same_password_is_kept_in_another_way_each_time(self) -> None:
        """By its salt."""
        self.assertNotEqual(await self.passwords.encode("x"), await self.passwords.encode("x"))

    async def test_the_threads_stand_back_behind_the_reactors(self) -> None:
        """Or a few passwords would take the machine from everybody who talks."""
        nice = await self.passwords._work(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        self.assertEqual(nice, NICE)
        self.assertLess(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), NICE)

    async def test_so_many_may_wait_and_no_more(self) -> None:
        """Whoever comes then is told when to try again; afterwards there is room."""
        waiting = [self.passwords.encode("x") for _ in range(MOST_WAITING)]
        with self.assertRaises(Refused) as caught:
            self.passwords.encode("x")
        self.assertEqual((caught.exception.code, caught.exception.retry_after), (Code.RATE_LIMITED, 2.0))
        await gatherResults(waiting)
        await self.passwords.encode("x")

    def test_by_default_a_guess_costs_what_it_should(self) -> None:
        """RFC 9106, the second recommended choice."""
        hasher = Passwords(reactor)._hasher
        self.assertEqual((hasher.time_cost, hasher.memory_cost, hasher.parallelism), (3, 65536, 4))
