"""
Those for whom a trusted proxy vouches.
"""

from __future__ import annotations

from chatd.core.events import Change
from chatd.core.refusals import Code
from chatd.core.vouching import Vouching
from tests.core.account_case import AccountCase, started
from tests.core.clients import now


class VouchingTest(AccountCase):
    """
    An account for each.
    """

    def test_the_same_user_is_the_same_account_each_time(self) -> None:
        """Made at the first, under a name that is free and allowed; after a restart too."""
        self.server.account("ada")
        vouching = Vouching(self.server.hub)
        person = now(vouching.person_of("ada"))
        self.assertEqual(now(self.server.store.person(person)).name, "ada-2")
        odd = now(vouching.person_of("Zoë Müller <zoe@example.org>"))
        self.assertNotEqual(odd, person)
        self.server.restart()
        vouching = Vouching(self.server.hub)
        self.assertEqual((now(vouching.person_of("ada")), now(vouching.person_of("ada"))), (person, person))
        for bad in ("", "a\nb", "x" * 400):
            self.assertEqual(self.refusal(vouching.person_of(bad)).code, Code.BAD_TOKEN)

    def test_two_tabs_at_once_are_one_account(self) -> None:
        """Where the first could not be made, the second is."""
        vouching = Vouching(self.server.hub)
        store = self.server.store.inner
        store.hold()
        tabs = [started(vouching.person_of("zoe")) for _ in range(3)]
        store.release()
        self.assertEqual(len({now(tab) for tab in tabs}), 1)
        self.assertEqual(len(now(store.everything()).accounts), 1)
        store.hold()
        tabs = [started(vouching.person_of("gus")) for _ in range(2)]
        self.assertEqual(len(store._waiting), 2)
        store._waiting[0].apply = self._fail
        store.release()
        with self.assertRaises(ValueError):
            now(tabs[0])
        self.assertEqual(now(now(tabs[1]) and store.person(now(vouching.person_of("gus")))).name, "gus")

    @staticmethod
    def _fail(batch: object) -> None:
        raise ValueError("no")

    def test_a_locked_server_makes_no_new_account(self) -> None:
        """And lets those in who have one."""
        vouching = Vouching(self.server.hub)
        person = now(vouching.person_of("zoe"))
        self.server.decide(Change("", "", "locked", 1))
        self.assertEqual(now(vouching.person_of("zoe")), person)
        self.assertEqual(self.refusal(vouching.person_of("gus")).code, Code.LOCKED)
        self.assertIsNone(self.server.hub.names.holder("gus"))
