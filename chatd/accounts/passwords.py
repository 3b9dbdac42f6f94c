"""
Passwords, hashed where they hold nobody up.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from chatd.core.refusals import Code, Refused

T = TypeVar("T")

NICE = 10
"""By how much the threads stand back behind the one that everybody talks through."""

THREADS = 2
MOST_WAITING = 32
"""How many may wait for a thread; a hash takes a few tens of milliseconds."""
KIBIBYTES, PASSES, LANES = 19 * 1024, 2, 1
"""What a guess costs: one of OWASP's choices for argon2id, and one that a small machine can pay too."""
RETRY_SECONDS = 2.0


class Passwords:
    """
    The port of that name in `chatd.core.accounts`: argon2id (19 MiB, 2 passes) in a pool of two threads with
    a short queue.
    """

    def __init__(self, reactor: Any, hasher: PasswordHasher | None = None) -> None:
        self._reactor = reactor
        self._hasher = hasher or PasswordHasher(PASSES, KIBIBYTES, LANES)
        self._pool = ThreadPool(0, THREADS, "chatd-passwords")
        self._waiting = 0
        # What is compared with where there is nothing: it is no password's hash, and costs as much.
        self._nothing = _nobodys(self._hasher)

    def start(self) -> None:
        """
        Have threads to work with.
        """
        self._pool.start()

    def stop(self) -> None:
        """
        Have none any more; what is under way is waited for.
        """
        if self._pool.started:
            self._pool.stop()

    def encode(self, password: str) -> Deferred[str]:
        """
        As the port says.
        """
        return self._work(lambda: self._hasher.hash(password))

    def fits(self, encoded: str | None, password: str) -> Deferred[bool]:
        """
        As the port says.
        """
        return self._work(lambda: self._fits(encoded, password))

    def _fits(self, encoded: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(self._nothing if encoded is None else encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _counted(self, work: Callable[[], T]) -> T:
        self._waiting += 1
        try:
            return await deferToThreadPool(self._reactor, self._pool, _standing_back, work)
        finally:
            self._waiting -= 1

    def _work(self, work: Callable[[], T]) -> Deferred[T]:
        if self._waiting >= MOST_WAITING:
            raise Refused(Code.RATE_LIMITED, "Too many sign in at the moment.", retry_after=RETRY_SECONDS)
        return Deferred.fromCoroutine(self._counted(work))


def _nobodys(hasher: PasswordHasher) -> str:
    """What a hash looks like, of random bytes: found by nobody, and without the work of one."""
    salt, result = (
        base64.b64encode(os.urandom(count)).decode("ascii").rstrip("=")
        for count in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${result}"


def _standing_back(work: Callable[[], T]) -> T:
    # On Linux a thread has a niceness of its own, which those inherit that it starts.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    return work()
