"""
Passwords, hashed where they hold nobody up.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
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
RETRY_SECONDS = 2.0


class Passwords:
    """
    The port of that name in `chatd.core.accounts`: argon2id with the parameters of RFC 9106, second choice
    (64 MiB, 3 passes, 4 lanes), in a pool of two threads with a short queue.
    """

    def __init__(self, reactor: Any, hasher: PasswordHasher | None = None) -> None:
        self._reactor = reactor
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPool(0, THREADS, "chatd-passwords")
        self._waiting = 0
        # What is compared with where there is nothing: it is no password's hash, and costs as much.
        self._nothing: str | None = None

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
        if encoded is None:
            if self._nothing is None:
                self._nothing = self._hasher.hash("")
            encoded = self._nothing
            password += "\0"
        try:
            return self._hasher.verify(encoded, password)
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


def _standing_back(work: Callable[[], T]) -> T:
    # On Linux a thread has a niceness of its own, which those inherit that it starts.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    return work()
