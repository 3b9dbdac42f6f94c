"""
What the tests of accounts have in common.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from twisted.internet.defer import Deferred

from chatd.core.accounts import SignUp
from chatd.core.refusals import Refused
from tests.core.clients import PASSWORD, ChatTestCase, PlainPasswords, now


class SlowPasswords(PlainPasswords):
    """
    Passwords that are looked at when the test wants it, as in a thread. While `trouble` is set, none is.
    """

    def __init__(self) -> None:
        self.waiting: list[Deferred[None]] = []
        self.held = False
        self.trouble: Exception | None = None
        self.asked: list[str | None] = []

    def release(self) -> None:
        """
        Look at all that wait, and from now on at each at once.
        """
        self.held = False
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            each.callback(None)

    async def _wait(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        if self.held:
            self.waiting.append(Deferred())
            await self.waiting[-1]

    async def encode(self, password: str) -> str:
        """See `Passwords`."""
        await self._wait()
        return await super().encode(password)

    async def fits(self, encoded: str | None, password: str) -> bool:
        """See `Passwords`."""
        self.asked.append(encoded)
        await self._wait()
        return await super().fits(encoded, password)


def started(asked: Awaitable[Any]) -> Deferred[Any]:
    """
    Something that goes on for a while.
    """

    async def wait() -> Any:
        return await asked

    return Deferred.fromCoroutine(wait())


class AccountCase(ChatTestCase):
    """
    A server, and short ways to accounts.
    """

    def setUp(self) -> None:
        """Passwords that can be held up."""
        super().setUp()
        self.passwords = self.server.accounts.passwords = SlowPasswords()

    def refusal(self, asked: Any) -> Refused:
        """With what something is refused."""
        try:
            now(asked)
        except Refused as refused:
            return refused
        raise self.failureException("it was not refused")

    def sign_up(self, address: str | None = None, **asked: Any) -> Any:
        """Ask for an account."""
        return self.server.accounts.sign_up(
            SignUp(**{"password": PASSWORD, **asked}), address, "test", self.server.now
        )

    def check(self, name: str, password: str, address: str | None = None) -> Any:
        """Show a name and a password."""
        return self.server.accounts.check_password(name, password, address, self.server.now)
