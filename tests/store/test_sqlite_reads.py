"""
Questions to the database are answered by an index, however long the logs have grown.
"""

from __future__ import annotations

import re
from typing import Any

from chatd.core.names import LOBBY
from chatd.store import (
    sqlite_attached,
    sqlite_files,
    sqlite_forms,
    sqlite_group,
    sqlite_prune,
    sqlite_reads,
    sqlite_standing,
    sqlite_wipe,
)
from tests.contracts.store import PLENTY
from tests.store.case import SqliteCase

MODULES = (
    sqlite_attached,
    sqlite_files,
    sqlite_forms,
    sqlite_group,
    sqlite_prune,
    sqlite_reads,
    sqlite_standing,
    sqlite_wipe,
)
VERBS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")
OF_ALL = {"STANDINGS", "ACCOUNTS", "ENDED", "NOT_PRIVATE", "GROWN", "KNOWN", "GONE"}
"""These are about all that there is: at the start, once an hour, and for a wipe of every room."""


class PlanTests(SqliteCase):
    """How SQLite goes about each question."""

    def test_no_question_scans_or_sorts(self) -> None:
        questions = {
            name: question
            for module in MODULES
            for name, question in vars(module).items()
            if name.isupper()
            and isinstance(question, str)
            and question.startswith(VERBS)
            and name not in OF_ALL
        }
        self.assertGreaterEqual(len(questions), 15)
        with self.database.side_door() as connection:
            for name, question in questions.items():
                placeholders = (None,) * max(question.count("?"), 0)
                numbered = [int(number) for number in re.findall(r"\?(\d)", question)]
                if numbered:
                    placeholders = (None,) * max(numbered)
                plan = [row[-1] for row in connection.execute("EXPLAIN QUERY PLAN " + question, placeholders)]
                for step in plan:
                    self.assertNotRegex(step, r"^SCAN (?!CONSTANT|\(subquery)|TEMP B-TREE", f"{name}: {plan}")

    def test_only_messages_count_as_the_last_messages(self) -> None:
        for text in "abc":
            self.say(text)
        with self.database.side_door() as connection:
            connection.execute("UPDATE event SET kind = 'topic' WHERE offset IN (1, 3)")
            for offset, kind in ((4, "message"), (5, "topic")):
                connection.execute(
                    "INSERT INTO event"
                    " (room, offset, commit_number, kind, id, at_ms, author, author_name, via, text)"
                    " VALUES (1, ?1, ?1, ?2, 'x-' || ?1, 0, 'a', 'a', '', '')",
                    (offset, kind),
                )
            connection.execute("UPDATE room SET head = 5")
            starts = []
            for last in (0, 1, 2, 3):
                opened = sqlite_reads.open_room(connection, LOBBY, None, None, last, {})
                assert opened is not None
                starts.append(opened.start)
        self.assertEqual(starts, [5, 3, 1, 0])

    def test_events_of_another_kind_come_with_a_page_and_are_not_counted(self) -> None:
        for text in "abcdef":
            self.say(text)
        with self.database.side_door() as connection:
            connection.execute("UPDATE event SET kind = 'set', text = '{}' WHERE offset IN (1, 3, 4)")
        for where, offsets, more in (
            ({}, [5, 6], True),
            ({"before": 6}, [2, 3, 4, 5], True),
            ({"before": 5}, [1, 2, 3, 4], False),
            ({"after": 0}, [1, 2, 3, 4, 5], True),
            ({"after": 2}, [3, 4, 5, 6], False),
        ):
            asked: Any = {"before": None, "after": None, **where}
            page = self.settle(self.store.page(LOBBY, None, **asked, limit=2, max_bytes=PLENTY))
            self.assertEqual(([event.offset for event in page.events], page.more), (offsets, more))
