"""
The protections of what is found: only what one may read, and nothing of what is gone.
"""

from __future__ import annotations

from tests.protections.protection import Protection

FINDING = (
    Protection(
        "what was found is shown only if the asker may still read its room",
        "chatd/core/finding.py",
        "        if may_read(session, message.room)\n",
        "",
        "tests/core/test_finding.py::RightsTests::test_whoever_is_sent_out_while_the_search_is_on_its_way_finds_nothing_of_it",
    ),
    Protection(
        "a search waits for deeds that are stored and not told",
        "chatd/core/finding.py",
        "            await hub.store.touch(())\n",
        "            pass\n",
        "tests/core/test_finding.py::RightsTests::test_a_deed_that_is_stored_counts_before_it_is_told",
    ),
    Protection(
        "what was found is read again if text was taken",
        "chatd/core/finding.py",
        "        if taken == hub.taken:\n",
        "        if True:\n",
        "tests/core/test_finding.py::RightsTests::test_what_is_wiped_while_the_search_is_on_its_way_is_not_found",
    ),
    Protection(
        "a wipe has it read again",
        "chatd/core/effects.py",
        "    if deed.wipe is not None or deed.kind in (EDITED, DELETED):\n",
        "    if deed.kind in (EDITED, DELETED):\n",
        "tests/core/test_finding.py::RightsTests::test_what_is_wiped_while_the_search_is_on_its_way_is_not_found",
    ),
    Protection(
        "an edit or a deletion has it read again",
        "chatd/core/effects.py",
        "    if deed.wipe is not None or deed.kind in (EDITED, DELETED):\n",
        "    if deed.wipe is not None:\n",
        "tests/core/test_finding.py::RightsTests::test_what_is_edited_or_deleted_while_the_search_is_on_its_way_is_found_as_it_is",
    ),
    Protection(
        "what is read again is looked at again",
        "chatd/core/finding.py",
        "for message in again if sieve.means(message))",
        "for message in again)",
        "tests/core/test_finding.py::RightsTests::test_what_is_wiped_while_the_search_is_on_its_way_is_not_found",
    ),
    Protection(
        "public rooms that are not open to the asker are left out of a search",
        "chatd/core/finding.py",
        "        excluded=frozenset(key for key in decided if not may_read(session, key)),\n",
        "",
        "tests/core/test_finding.py::RightsTests::test_a_watcher_finds_what_is_said_in_public",
    ),
    Protection(
        "a bot searches only in its rooms",
        "chatd/core/finding.py",
        "        public=not bot,\n",
        "        public=True,\n",
        "tests/core/test_finding.py::RightsTests::test_a_bot_finds_only_what_is_said_in_its_rooms",
    ),
    Protection(
        "a room that is named is one that the asker may read",
        "chatd/core/finding.py",
        "    return [key for key in meant if may_read(session, key)]\n",
        "    return meant\n",
        "tests/core/test_finding.py::FindingTests::test_a_bad_query_is_an_empty_answer_that_says_why",
    ),
    Protection(
        "one search of a person at a time",
        "chatd/core/finding.py",
        "    if viewer in hub.searches.under_way:\n",
        "    if False:\n",
        "tests/core/test_finding.py::FindingTests::test_one_looks_for_one_thing_at_a_time_and_not_all_the_time",
    ),
    Protection(
        "searches a second",
        "chatd/core/finding.py",
        "        if wait:\n",
        "        if False:\n",
        "tests/core/test_finding.py::FindingTests::test_one_looks_for_one_thing_at_a_time_and_not_all_the_time",
    ),
    Protection(
        "what a search found has the size of a page",
        "chatd/core/finding.py",
        "        if place and weight > PAGE_BYTES:\n",
        "        if False:\n",
        "tests/core/test_finding.py::FindingTests::test_an_answer_is_no_larger_than_a_page_and_waits_for_its_turn",
    ),
    Protection(
        "a large answer of a search waits for its turn",
        "chatd/core/finding.py",
        "    await session.cursors.in_turn(tell)\n",
        "    await tell()\n",
        "tests/core/test_finding.py::FindingTests::test_an_answer_is_no_larger_than_a_page_and_waits_for_its_turn",
    ),
    Protection(
        "a search looks only in the rooms that it is given",
        "chatd/store/sqlite_search.py",
        "        if rooms.allow(key, kind) and sieve.passes(",
        "        if sieve.passes(",
        "tests/contracts/test_sqlite_store.py::SqliteSearchTests::test_only_the_rooms_in_scope_are_looked_at",
    ),
    Protection(
        "what is deleted is never meant",
        "chatd/core/sieve.py",
        "        if deleted or not self._after",
        "        if not self._after",
        "tests/core/test_search.py::MeaningTests::test_a_message_that_was_deleted_is_never_meant",
    ),
    Protection(
        "what is taken from a log is taken from the index",
        "chatd/store/sqlite_forms.py",
        "    unindex(connection, (connection.execute(COMMIT, (number, offset)).get,))\n",
        "",
        "tests/store/test_sqlite_index.py::IndexTests::test_nothing_of_a_text_that_was_taken_is_left_in_the_index",
    ),
    Protection(
        "what was edited leaves the index before it is changed",
        "chatd/store/sqlite_forms.py",
        "        due(connection, row[6])\n",
        "",
        "tests/contracts/test_sqlite_store.py::SqliteSearchTests::test_an_edited_message_is_found_by_its_last_words_alone",
    ),
    Protection(
        "what is taken out of the index is overwritten",
        "chatd/store/schema/0005_search.sql",
        "VALUES ('secure-delete', 1), ('automerge', 12)",
        "VALUES ('secure-delete', 0), ('automerge', 12)",
        "tests/store/test_sqlite_index.py::IndexTests::test_nothing_of_a_text_that_was_taken_is_left_in_the_index",
    ),
    Protection(
        "a search has an end",
        "chatd/store/sqlite_search.py",
        '            stop = "cut"\n',
        "            pass\n",
        "tests/store/test_sqlite_index.py::IndexTests::test_a_search_that_takes_too_long_ends_where_it_is_and_can_be_gone_on_with",
    ),
    Protection(
        "a step of the index that fails is undone",
        "chatd/store/sqlite_index.py",
        "                self.ledger.abandon(error if isinstance(error, Exception) else Exception())\n",
        "                pass\n",
        "tests/store/test_sqlite_index.py::IndexTests::test_an_index_that_cannot_be_written_harms_nobody_and_comes_up_later",
    ),
    Protection(
        "after a step of the index commits are synced again",
        "chatd/store/sqlite_index.py",
        '        connection.pragma("synchronous", level)\n'
        '        if connection.pragma("synchronous") != level:\n',
        "        if False:\n",
        "tests/store/test_sqlite_index.py::IndexTests::test_what_others_write_is_synced_whatever_the_index_does",
    ),
)
