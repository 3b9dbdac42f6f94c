"""
The protections of the log, and of people who are in.
"""

from __future__ import annotations

from tests.protections.protection import Protection

INSIDE = (
    Protection(
        "every commit is synced (`synchronous=FULL`)",
        "chatd/store/sqlite_file.py",
        'pragma("synchronous", "full")',
        'pragma("synchronous", "normal")',
        "tests/store/test_power_cut.py::PowerCutTests::test_nothing_that_was_acknowledged_is_lost_when_the_power_is_cut",
    ),
    Protection(
        "who publishes before who answers",
        "chatd/store/sqlite.py",
        "                self._publish(settled.batch)\n",
        "                self._reactor.callLater(0, self._publish, settled.batch)\n",
        "tests/contracts/test_sqlite_store.py::SqliteWritingTests::test_a_batch_is_heard_before_any_of_its_messages_is_answered",
    ),
    Protection(
        "a log of which a sync has failed is copied anew",
        "chatd/store/sqlite_ledger.py",
        "        if _is_of_a_sync(error):\n",
        "        if False:\n",
        "tests/store/test_power_cut.py::CopyTests::"
        "test_what_the_index_left_to_the_next_sync_is_not_lost_with_one_that_fails",
    ),
    Protection(
        "what looks like the name of any account is nobody else's",
        "chatd/core/claims.py",
        "        if not own and any(account != claimant for account in self._alike(name)):\n",
        "        if not own and self._alike(name)[:1] not in ([], [claimant]):\n",
        "tests/core/test_accounts.py::SignUpTest::"
        "test_a_name_that_looks_like_those_of_two_accounts_is_that_of_the_one_who_has_it",
    ),
    Protection(
        "a recipient that is full is not written to",
        "chatd/core/hearing.py",
        "not (outbox.full or listener.held or listener.behind)",
        "not (listener.held or listener.behind)",
        "tests/core/test_cursors.py::SlowReaderTest::test_a_slow_reader_gets_nothing_until_it_reads_and_then_everything",
    ),
    Protection(
        "what waits for one is not overtaken by what its group is sent",
        "chatd/net/transport.py",
        "        self.leave_all()\n        self._given -= len(data) - sent\n",
        "        self._given -= len(data) - sent\n",
        "tests/net/test_delivery.py::GroupTests::test_one_that_is_full_leaves_and_gets_what_it_was_written_in_its_order",
    ),
    Protection(
        "what is kept for one is not overtaken by what their group is sent",
        "chatd/core/room.py",
        "            self.delivery.flush()\n",
        "            pass\n",
        "tests/net/test_hearing.py::HearingTests::test_who_takes_no_more_before_a_deed_still_hears_what_comes_after_it",
    ),
    Protection(
        "nothing goes past TLS to its socket",
        "chatd/net/outbox.py",
        '        self.can_group = hasattr(kind, "can_group") and self._transport.can_group\n',
        "        self.can_group = self._transport.can_group\n",
        "tests/net/test_outbox.py::GroupTests::test_what_goes_through_tls_never_goes_to_the_socket_by_itself",
    ),
    Protection(
        "nobody is taken for one who has heard what they have not",
        "chatd/core/room.py",
        "            self.hearing.scatter()\n",
        "            pass\n",
        "tests/core/test_hearing.py::HearingTest::test_a_log_that_goes_on_elsewhere_than_where_they_are_sends_them_to_the_store",
    ),
    Protection(
        "time to greet",
        "chatd/core/session.py",
        "        self._due = self.hub.deadlines.at(now + HELLO_SECONDS, self._has_not_said_hello)\n",
        "",
        "tests/core/test_greeting.py::WelcomeTest::test_the_greeting_is_not_waited_for_twice",
    ),
    Protection(
        "messages a second",
        "chatd/core/talk.py",
        "    wait = session.messages.take(now)\n",
        "    wait = 0.0\n",
        "tests/core/test_session.py::RateTest::test_messages_over_the_rate_are_refused",
    ),
    Protection(
        "other commands a second",
        "chatd/core/session.py",
        "            self.pace(self.messages if kind is Post else self._commands, now)\n",
        "            pass\n",
        "tests/core/test_session.py::RateTest::test_other_commands_are_slowed_and_not_refused",
    ),
    Protection(
        "refusals",
        "chatd/core/session.py",
        "            self.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)\n",
        "            pass\n",
        "tests/core/test_session.py::FloodTest::test_the_hundred_and_first_refusal_in_ten_seconds_closes_the_connection",
    ),
    Protection(
        "unanswered commands",
        "chatd/core/session.py",
        "self._unanswered + self.cursors.owed < MAX_UNANSWERED",
        "True",
        "tests/core/test_session.py::OrderTest::test_at_most_thirty_two_commands_are_unanswered",
    ),
    Protection(
        "what was pruned is not passed over in silence",
        "chatd/core/cursors.py",
        "CloseCode.RESYNC,",
        "CloseCode.SLOW,",
        "tests/core/test_pruning.py::ResyncTest::test_who_has_yet_to_read_what_was_pruned_is_sent_to_resume",
    ),
    Protection(
        "rooms of a connection",
        "chatd/core/attendance.py",
        "        if joined >= MAX_JOINED:\n",
        "        if False:\n",
        "tests/core/test_attendance.py::JoinTest::test_a_connection_is_in_a_hundred_public_rooms_at_most",
    ),
    Protection(
        "conversations in which nothing was said",
        "chatd/core/attendance.py",
        "        unspoken = is_private(key) and not head\n",
        "        unspoken = False\n",
        "tests/core/test_talk.py::PrivateTest"
        "::test_a_conversation_in_which_nothing_was_said_is_joined_and_keeps_nothing",
    ),
    Protection(
        "new rooms of an address",
        "chatd/core/attendance.py",
        "    wait = session.hub.new_rooms.take(session.address, now)\n",
        "    wait = 0.0\n",
        "tests/core/test_attendance.py::JoinTest::test_an_address_makes_ten_rooms_an_hour",
    ),
    Protection(
        "new people of an address",
        "chatd/core/greeting.py",
        "        wait = hub.new_people.take(session.address, now)\n",
        "        wait = 0.0\n",
        "tests/core/test_greeting.py::NameTest::test_an_address_makes_five_hundred_people_an_hour",
    ),
    Protection(
        "names after names",
        "chatd/core/greeting.py",
        "    _pace_renames(hub, card, now)\n",
        "    pass\n",
        "tests/core/test_greeting.py::NameTest::test_a_person_who_takes_name_after_name_is_slowed_down",
    ),
    Protection(
        "a crowd that is writing",
        "chatd/core/room.py",
        "        if free <= (0 if card.id in away else len(away)):\n",
        "        if False:\n",
        "tests/core/test_news.py::NewsTest::test_of_a_crowd_that_is_writing_only_a_few_are_told",
    ),
    Protection(
        "whoever was not told of in that crowd",
        "chatd/core/room.py",
        "(0 if card.id in away else len(away))",
        "0",
        "tests/core/test_news.py::NewsTest::test_a_few_who_go_on_writing_do_not_keep_it_from_the_others",
    ),
    Protection(
        "what others do costs no more than a part of each turn",
        "chatd/core/news.py",
        "not self._waiting and self.turns.admit()",
        "True",
        "tests/core/test_news.py::NewsTest::test_what_gathers_is_one_write_and_of_each_kind_the_newest",
    ),
    Protection(
        "also where it is of many rooms",
        "chatd/core/news.py",
        "                if self.turns.spent():\n",
        "                if False:\n",
        "tests/core/test_news.py::NewsTest::test_what_a_turn_has_no_time_for_waits_for_the_next_in_the_order_of_coming",
    ),
    Protection(
        "large answers wait for their turn",
        "chatd/core/session.py",
        "            if kind in LARGE:\n",
        "            if False:\n",
        "tests/core/test_news.py::GateTest::test_what_can_be_large_waits_for_its_turn_and_all_behind_it_too",
    ),
    Protection(
        "in the order in which they were in last",
        "chatd/core/cursors.py",
        "        self._last_in = await self.gate.enter(self._last_in)\n",
        "        await self.gate.enter(0)\n",
        "tests/core/test_news.py::GateTest::test_the_gate_knows_when_one_was_in_last",
    ),
    Protection(
        "whoever is closed stands in no line",
        "chatd/core/cursors.py",
        "        if self.closed or self.outbox.closed:\n",
        "        if False:\n",
        "tests/core/test_news.py::GateTest::test_nobody_who_is_closed_stands_in_the_line",
    ),
    Protection(
        "whoever is closed asks the store nothing more",
        "chatd/core/cursors.py",
        "            return None if self.closed or self.outbox.closed else await ask()\n",
        "            return None if self.closed else await ask()\n",
        "tests/core/test_news.py::GateTest::test_whoever_is_closed_and_not_gone_yet_takes_no_place",
    ),
)
