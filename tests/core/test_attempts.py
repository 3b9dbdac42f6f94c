"""
How often somebody may try.
"""

from __future__ import annotations

from contextlib import ExitStack

from chatd.core.attempts import (
    AT_ONCE,
    LOOKS,
    SIGN_UP_TRIES,
    SIGN_UPS,
    WRONG_OF_ACCOUNT,
    WRONG_OF_ADDRESS,
    WRONG_OF_PLACE,
    Attempts,
)
from chatd.core.refusals import Code, Refused
from tests.core.account_case import AccountCase
from tests.core.clients import FAR_AWAY, PASSWORD, now


class WrongPasswordsTest(AccountCase):
    """
    Passwords that do not fit.
    """

    def wrong(self, name: str, count: int, address: str | None = FAR_AWAY) -> None:
        """Show a wrong one so often."""
        for _ in range(count):
            self.assertEqual(self.refusal(self.check(name, "wrong", address)).code, Code.BAD_PASSWORD)

    def test_wrong_passwords_are_slowed_by_account_and_by_address(self) -> None:
        """Right ones are not counted as wrong."""
        self.server.account("ada")
        for _ in range(WRONG_OF_ADDRESS + 10):
            now(self.check("ada", PASSWORD, FAR_AWAY))
        self.server.advance(60)
        self.wrong("ada", WRONG_OF_PLACE)
        refused = self.refusal(self.check("ada", PASSWORD, FAR_AWAY))
        self.assertEqual((refused.code, refused.retry_after), (Code.RATE_LIMITED, 30))
        for number in range(WRONG_OF_ADDRESS - WRONG_OF_PLACE):
            self.wrong(f"n{number}", 1)
        self.assertEqual(self.refusal(self.check("another", "wrong", FAR_AWAY)).code, Code.RATE_LIMITED)
        self.server.advance(30)
        now(self.check("ada", PASSWORD, FAR_AWAY))

    def test_whoever_knows_a_name_does_not_shut_its_owner_out_elsewhere(self) -> None:
        """However often they try from where they are; but from everywhere together there is an end."""
        self.server.account("ada")
        self.wrong("ada", WRONG_OF_PLACE)
        for _ in range(3 * WRONG_OF_ACCOUNT):
            self.assertEqual(self.refusal(self.check("ada", "wrong", FAR_AWAY)).code, Code.RATE_LIMITED)
        now(self.check("ada", PASSWORD, "198.51.100.1"))
        now(self.check("ada", PASSWORD))
        for number in range(WRONG_OF_ACCOUNT // WRONG_OF_PLACE - 1):
            self.wrong("ada", WRONG_OF_PLACE, f"203.0.113.{number}")
        self.assertEqual(self.refusal(self.check("ada", PASSWORD, "198.51.100.9")).code, Code.RATE_LIMITED)

    def test_who_has_to_wait_for_an_account_does_not_for_others(self) -> None:
        """What is refused is not counted against the address."""
        for number in range(WRONG_OF_ACCOUNT // WRONG_OF_PLACE):
            self.wrong("ada", WRONG_OF_PLACE, f"203.0.113.{number}")
        for _ in range(WRONG_OF_PLACE):
            self.assertEqual(self.refusal(self.check("ada", "wrong", FAR_AWAY)).code, Code.RATE_LIMITED)
        for number in range(WRONG_OF_ADDRESS):
            self.wrong(f"n{number}", 1)

    def test_what_could_not_be_looked_at_was_not_wrong(self) -> None:
        """As where too many are being hashed, or something fails."""
        self.server.account("ada")
        for trouble in (Refused(Code.RATE_LIMITED, "Too many.", retry_after=2.0), ValueError("no thread")):
            self.passwords.trouble = trouble
            for _ in range(2 * WRONG_OF_ACCOUNT):
                with self.assertRaises(type(trouble)):
                    now(self.check("ada", PASSWORD, FAR_AWAY))
        self.passwords.trouble = None
        self.wrong("ada", WRONG_OF_PLACE)

    def test_right_ones_are_slowed_by_address_too(self) -> None:
        """Each is work that others wait for."""
        self.server.account("ada")
        for _ in range(LOOKS):
            now(self.check("ada", PASSWORD, FAR_AWAY))
        self.assertEqual(self.refusal(self.check("ada", PASSWORD, FAR_AWAY)).code, Code.RATE_LIMITED)
        now(self.check("ada", PASSWORD, "198.51.100.1"))

    def test_whoever_was_there_before_is_shut_out_by_nobody_elsewhere(self) -> None:
        """However many guess from however many addresses."""
        self.server.account("ada")
        now(self.check("ada", PASSWORD, FAR_AWAY))
        for number in range(WRONG_OF_ACCOUNT // WRONG_OF_PLACE):
            self.wrong("ada", WRONG_OF_PLACE, f"203.0.113.{number}")
        self.assertEqual(self.refusal(self.check("ada", PASSWORD, "198.51.100.1")).code, Code.RATE_LIMITED)
        now(self.check("ada", PASSWORD, FAR_AWAY))

    def test_an_address_has_a_few_looked_at_at_a_time(self) -> None:
        """So that it leaves room for others."""
        attempts = Attempts()
        with ExitStack() as stack:
            for number in range(AT_ONCE):
                stack.enter_context(attempts.password(f"n{number}", FAR_AWAY, 0.0))
            with self.assertRaises(Refused), attempts.password("another", FAR_AWAY, 0.0):
                pass
            with attempts.password("another", "198.51.100.1", 0.0), attempts.password("x", None, 0.0):
                pass
        with attempts.password("another", FAR_AWAY, 0.0):
            pass

    def test_an_unknown_account_costs_the_same_work(self) -> None:
        """What is kept of its password is asked for, and the password compared with something in any case."""
        read: list[str] = []
        password = self.server.store.registry.password

        def count(person: str) -> object:
            read.append(person)
            return password(person)

        self.patch(self.server.store.registry, "password", count)
        self.refusal(self.check("nobody", "wrong one"))
        self.assertEqual((self.passwords.asked, read), ([None], [""]))


class SignUpsTest(AccountCase):
    """
    Accounts of one address.
    """

    def test_an_address_makes_only_so_many_accounts(self) -> None:
        """Those of other addresses are not held up, and what was refused is not counted as one."""
        self.server.account("ada")
        for number in range(SIGN_UPS):
            self.assertEqual(self.refusal(self.sign_up(FAR_AWAY, name="ada")).code, Code.NAME_TAKEN)
            now(self.sign_up(FAR_AWAY, name=f"a{number}"))
        self.assertEqual(self.refusal(self.sign_up(FAR_AWAY, name="more")).code, Code.RATE_LIMITED)
        now(self.sign_up("192.0.2.2", name="more"))

    def test_an_address_tries_only_so_often(self) -> None:
        """For each try may be a password to be hashed."""
        for _ in range(SIGN_UP_TRIES):
            self.assertEqual(self.refusal(self.sign_up(FAR_AWAY, name="d", invite="x")).code, Code.BAD_INVITE)
        self.assertEqual(self.refusal(self.sign_up(FAR_AWAY, name="d")).code, Code.RATE_LIMITED)
        now(self.sign_up("192.0.2.2", name="d"))
