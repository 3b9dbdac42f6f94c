"""
The protections of who is who, and who may do what.
"""

from __future__ import annotations

from tests.protections.protection import Protection

RIGHTS = (
    Protection(
        "a command needs the right to it",
        "chatd/core/rules.py",
        "    if rank < least:\n",
        "    if False:\n",
        "tests/core/test_rules.py::TableTest::test_every_command_by_everybody_is_as_the_document_says",
    ),
    Protection(
        "whoever acts on a person may do more than they",
        "chatd/core/rules.py",
        "    if theirs > rank or",
        "    if False and theirs > rank or",
        "tests/core/test_deeds.py::ModerationTest::test_nobody_acts_on_whoever_may_do_as_much",
    ),
    Protection(
        "to outsiders there is no closed room",
        "chatd/core/rights.py",
        '        if is_closed(RoomKey(room)) and "member" not in facts:\n            return Rank.OUTSIDER\n',
        "",
        "tests/core/test_deeds.py::ClosedRoomTest::test_to_everybody_else_there_is_no_such_room",
    ),
    Protection(
        "a batch is cut where a deed sends somebody out",
        "chatd/core/hub.py",
        "                self._spread(by_room)\n                by_room = {}\n",
        "",
        "tests/core/test_deeds.py::ModerationTest::test_what_is_committed_together_is_cut_at_the_kick",
    ),
    Protection(
        "whoever is sent out while behind gets nothing after it",
        "chatd/core/cursors.py",
        "            upto = min(upto, cursor.end)\n",
        "            pass\n",
        "tests/core/test_deeds.py::ModerationTest::test_whoever_is_behind_gets_all_up_to_the_kick_and_nothing_after_it",
    ),
    Protection(
        "what is read while a deed is on its way is looked at again",
        "chatd/core/session.py",
        "        rules.check(self, command)\n        if type(command) is not Join:\n",
        "        if type(command) is not Join:\n",
        "tests/core/test_deeds.py::ClosedRoomTest::test_a_read_that_is_under_way_when_one_is_sent_out_gives_nothing",
    ),
    Protection(
        "a ban is of the address too",
        "chatd/core/deeds.py",
        "subjects = [card.id, *(address_subject(address) for address in sorted(addresses))]",
        "subjects = [card.id]",
        "tests/core/test_deeds.py::ModerationTest::test_a_ban_keeps_out_the_person_and_their_address_until_it_ends",
    ),
    Protection(
        "a banned address is seen before a handshake",
        "chatd/net/door.py",
        "        self._check_welcome(request, client)\n",
        "",
        "tests/net/test_door.py::WelcomeTests::test_a_banned_address_is_refused_before_a_handshake",
    ),
    Protection(
        "what was wiped is gone from memory too",
        "chatd/core/effects.py",
        "                each.tail.wipe(deed.wipe)\n",
        "                pass\n",
        "tests/core/test_deeds.py::ModerationTest::test_what_somebody_wrote_in_the_last_minutes_is_gone_everywhere",
    ),
    Protection(
        "wrong passwords of an account",
        "chatd/core/accounts.py",
        "self.wrong_of_account.take(key, now)",
        "0.0",
        "tests/core/test_accounts.py::PasswordTest::test_wrong_passwords_are_slowed_by_account_and_by_address",
    ),
    Protection(
        "wrong passwords from an address",
        "chatd/core/accounts.py",
        "self.wrong_of_address.take(address, now)",
        "0.0",
        "tests/core/test_accounts.py::PasswordTest::test_wrong_passwords_are_slowed_by_account_and_by_address",
    ),
    Protection(
        "an unknown account costs the same work",
        "chatd/core/accounts.py",
        "if not await self.passwords.fits(encoded, password) or person is None:",
        "if person is None or not await self.passwords.fits(encoded, password):",
        "tests/core/test_accounts.py::PasswordTest::test_an_unknown_account_costs_the_same_work",
    ),
    Protection(
        "names that look alike",
        "chatd/accounts/lookalikes.py",
        "groups.get(c, c)",
        "c",
        "tests/core/test_accounts.py::SignUpTest::test_the_name_of_an_account_is_nobody_elses_also_while_they_are_away",
    ),
    Protection(
        "an owner's link is good once",
        "chatd/accounts/owner_links.py",
        "        self._taken = True\n",
        "",
        "tests/accounts/test_owner_links.py::OwnerLinksTest::test_it_is_good_once_for_a_day",
    ),
    Protection(
        "no other site has a browser sign in or out (Origin)",
        "chatd/net/account.py",
        "            self._origin_rule.check_own(origin, host, secure=request.client.secure)\n",
        "            pass\n",
        "tests/process/test_accounts.py::AccountsTest::test_no_other_site_can_have_a_browser_do_anything",
    ),
    Protection(
        "no other site has a browser sign in or out (a form)",
        "chatd/net/account.py",
        '!= [b"application/json"]',
        "== []",
        "tests/process/test_accounts.py::AccountsTest::test_no_other_site_can_have_a_browser_do_anything",
    ),
    Protection(
        "a guest's token ends where an account begins",
        "chatd/store/memory_people.py",
        "            self.end_tokens(card.id, lambda _: True)\n            self.add_token",
        "            self.add_token",
        "tests/contracts/test_memory_store.py::MemoryDeedsTests::test_a_guest_who_gets_an_account_is_the_same_person_under_a_new_token",
    ),
    Protection(
        "a header counts from a trusted proxy alone",
        "chatd/net/handshake.py",
        " and self._front.trusts(request.transport.getPeer())",
        "",
        "tests/process/test_accounts.py::AccountsTest::test_a_header_counts_from_a_trusted_proxy_and_from_nobody_else",
    ),
)
