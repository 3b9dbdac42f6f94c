"""
The protections of what becomes of messages, and of what is decided while something else is under way.
"""

from __future__ import annotations

from tests.protections.protection import Protection

_AMENDING = "tests/core/test_amending.py::AmendingTest::"
_COUNTS = "tests/core/test_amending.py::CountsTest::"
_DEEDS = "tests/core/test_deeds.py::ModerationTest::"
_MODEL = "tests/core/test_forms_model.py::FormsModelTest::test_all_end_with_the_same_forms"
_FORMS = "tests/contracts/test_sqlite_store.py::SqliteFormsTests::"

MESSAGES = (
    Protection(
        "nobody edits what is another's",
        "chatd/core/amending.py",
        "        if message.author.id != session.viewer:\n            raise",
        "        if False:\n            raise",
        _AMENDING + "test_each_changes_their_own_and_moderators_delete_any",
    ),
    Protection(
        "a moderator deletes nothing of whoever may do as much",
        "chatd/core/amending.py",
        "            check_over(hub.rights, room.key, rank, message.author.id)\n",
        "",
        _AMENDING + "test_each_changes_their_own_and_moderators_delete_any",
    ),
    Protection(
        "in a conversation of two each deletes their own alone",
        "chatd/core/amending.py",
        "            if is_private(room.key):\n",
        "            if False:\n",
        _AMENDING + "test_a_private_message_is_changed_by_who_wrote_it_alone",
    ),
    Protection(
        "memory has the last form too",
        "chatd/core/effects.py",
        "    if deed.kind in KINDS and room is not None and not",
        "    if False and room is not None and not",
        _AMENDING + "test_whoever_comes_back_gets_last_forms_from_memory_too",
    ),
    Protection(
        "an edit that was followed by another has no text",
        "chatd/core/forms.py",
        "        return superseded(event)\n    return event\n\n\ndef superseded",
        "        pass\n    return event\n\n\ndef superseded",
        _FORMS + "test_whatever_is_done_in_whatever_order_the_log_is_what_the_core_makes_of_it",
    ),
    Protection(
        "with a message its earlier forms go from the database",
        "chatd/store/sqlite_forms.py",
        "    take_files(connection, [(number, offset)])\n    _forget_edits(connection, number, offset)\n",
        "    take_files(connection, [(number, offset)])\n",
        _FORMS + "test_whatever_is_done_in_whatever_order_the_log_is_what_the_core_makes_of_it",
    ),
    Protection(
        "a message says as of which event it is told",
        "chatd/core/forms.py",
        "    return replace(message, reactions=reactions, changed=deed.offset)\n",
        "    return replace(message, reactions=reactions)\n",
        _FORMS + "test_whatever_is_done_in_whatever_order_the_log_is_what_the_core_makes_of_it",
    ),
    Protection(
        "what was taken while a page was read is not on it",
        "chatd/core/reading.py",
        "        if not self._taken:\n            return tuple(events)\n",
        "        if True:\n            return tuple(events)\n",
        "tests/core/test_reading.py::ReadingTest::test_what_is_taken_during_each_reading_is_on_no_page",
    ),
    Protection(
        "a page is not read again for ever",
        "chatd/core/reading.py",
        "        for _ in range(MOST_READINGS):\n",
        "        while True:\n",
        "tests/core/test_reading.py::ReadingTest::test_what_is_taken_during_each_reading_is_on_no_page",
    ),
    Protection(
        "nobody is called for who may not hear the room",
        "chatd/core/talk.py",
        "        return person if rights.may_hear(key, person) else None\n",
        "        return person\n",
        _COUNTS + "test_nobody_is_called_who_may_not_hear_it",
    ),
    Protection(
        "everybody is called for by moderators alone",
        "chatd/core/talk.py",
        "rights.rank(key, session.viewer) >= Rank.MODERATOR",
        "True",
        _COUNTS + "test_a_moderator_calls_everybody",
    ),
    Protection(
        "one's own messages are not unread",
        "chatd/store/sqlite_reads.py",
        " AND deleted = 0 AND author != ?3 LIMIT ?5)",
        " AND deleted = 0 AND author != ?3 || 'x' LIMIT ?5)",
        _FORMS + "test_what_has_not_been_read_is_counted_and_no_further_than_it_is_told",
    ),
    Protection(
        "a ban reaches whoever was here a short while ago",
        "chatd/core/deeds.py",
        "    addresses.update(hub.traces.addresses(card.id, now))\n",
        "",
        _DEEDS + "test_a_ban_is_of_the_addresses_from_which_somebody_was_here_a_short_while_ago",
    ),
    Protection(
        "a shorter ban does not end a longer one of the same address",
        "chatd/core/rights.py",
        "        return until == FOR_EVER or (until_ms != FOR_EVER and int(until) > until_ms)\n",
        "        return False\n",
        _DEEDS + "test_a_later_ban_shortens_no_others_ban_of_the_same_address",
    ),
    Protection(
        "two owners do not both step down",
        "chatd/store/memory_people.py",
        "            if owners == {change.subject} and not alone:\n",
        "            if False:\n",
        "tests/core/test_deeds.py::ClosedRoomTest::test_two_owners_who_step_down_at_once_leave_one_of_them",
    ),
    Protection(
        "a hello that is under way looks again at its token",
        "chatd/core/greeting.py",
        "        if await hub.store.person_of_token(session.token_hash) is None:\n",
        "        if False:\n",
        "tests/core/test_greeting.py::LostGreetingTest::test_a_hello_that_is_under_way_when_one_is_banned_or_signed_out_leads_nowhere",
    ),
    Protection(
        "only an owner of the server brings a bot into a room",
        "chatd/core/membership.py",
        '    if rights.account(card.id) == "bot" and rights.rank',
        "    if False and rights.rank",
        "tests/core/test_deeds.py::ClosedRoomTest::test_nobody_brings_in_a_bot_or_somebody_whom_nobody_can_know_again",
    ),
)
