"""
Hashing, in threads.
"""

from __future__ import annotations

import os
import threading
from typing import Literal

from argon2 import PasswordHasher, Type, extract_parameters
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
        """argon2id with 19 MiB and two passes."""
        hasher = Passwords(reactor)._hasher
        self.assertEqual((hasher.time_cost, hasher.memory_cost, hasher.parallelism), (2, 19456, 1))
        self.assertIs(hasher.type, Type.ID)

    async def test_what_fits_nobody_costs_one_pass_of_the_same_work(self) -> None:
        """From the first time on: it is not made by hashing."""
        hashed: list[str] = []
        verified: list[str] = []

        class Counting(PasswordHasher):
            def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
                hashed.append("hash")
                return super().hash(password, salt=salt)

            def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
                verified.append(str(hash))
                return super().verify(hash, password)

        passwords = Passwords(reactor, Counting(time_cost=1, memory_cost=64, parallelism=1))
        passwords.start()
        self.addCleanup(passwords.stop)
        self.assertFalse(await passwords.fits(None, "x"))
        encoded = await passwords.encode("y")
        self.assertFalse(await passwords.fits(encoded, "x"))
        self.assertEqual(hashed, ["hash"])
        nobodys, somebodys = map(extract_parameters, verified)
        self.assertEqual(nobodys, somebodys)
