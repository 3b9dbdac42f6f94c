"""
How events look in the log, and which are left out of it.
"""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import (
    FileLogObserver,
    LogBeginner,
    Logger,
    LogLevel,
    LogPublisher,
    globalLogPublisher,
    textFileLogObserver,
)
from twisted.python import log as older
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.refusals import CloseCode
from chatd.ops.log import FORMATS, Lines, as_json, as_text, one_line, write_lines

HOSTILE = "one\ntwo\r\x1b[2Jthree\x00\x85\u2028\u202e\ud800\t"


class Record:
    """
    A log whose lines a test can read.
    """

    def __init__(self, kind: str = "text") -> None:
        self.clock = Clock()
        self.file = io.StringIO()
        self.publisher = LogPublisher()
        self.lines = Lines(FORMATS[kind], self.clock, self.clock.seconds)
        self.publisher.addObserver(FileLogObserver(self.file, self.lines))
        self.log = Logger("chatd.test", observer=self.publisher)

    @property
    def text(self) -> str:
        """
        All that was written.
        """
        return self.file.getvalue()


def raised(message: str) -> Failure:
    """
    What is left of an error.
    """
    try:
        raise ValueError(message)
    except ValueError:
        return Failure()


class TextTests(SynchronousTestCase):
    def test_a_line_has_a_time_a_place_and_a_text(self) -> None:
        record = Record()
        record.log.info("{who} is here", who="ada")
        self.assertRegex(
            record.text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \[chatd.test#info\] ada is here\n$"
        )

    def test_an_event_is_one_line_whatever_is_in_it(self) -> None:
        record = Record()
        record.log.info("{who} is here", who=HOSTILE)
        record.log.failure("it broke", failure=raised(HOSTILE))
        record.log.info("{who.missing}", who=HOSTILE)
        record.log.info(HOSTILE.replace("{", ""))
        self.assertEqual(record.text.count("\n"), 4)
        self.assertEqual(len(record.text.splitlines()), 4)
        for line in record.text.splitlines():
            self.assertTrue(line.isprintable(), line)
        self.assertIn(r"one\ntwo\r\x1b[2Jthree\x00\x85\u2028\u202e\ud800\t is here", record.text)
        self.assertIn("ValueError: one", record.text)

    def test_letters_of_all_scripts_are_left_as_they_are(self) -> None:
        self.assertEqual(one_line("Grüße, 世界 🙂"), "Grüße, 世界 🙂")

    def test_nothing_is_no_line(self) -> None:
        record = Record()
        record.log.info("")
        self.assertEqual(record.text, "")

    @given(st.text(st.characters(), max_size=30))
    def test_any_text_is_one_line(self, text: str) -> None:
        self.assertTrue(one_line(text).isprintable())


class JsonTests(SynchronousTestCase):
    def parsed(self, record: Record) -> list[dict[str, Any]]:
        self.assertTrue(record.text.isascii())
        return [json.loads(line) for line in record.text.splitlines()]

    def test_an_event_is_an_object_with_its_fields(self) -> None:
        record = Record("json")
        record.log.warn("{who} said {count}", who="ada", count=3, share=0.5, known=True, last=None)
        [line] = self.parsed(record)
        self.assertRegex(line.pop("at"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(
            line,
            {
                "level": "warn",
                "namespace": "chatd.test",
                "message": "ada said 3",
                "who": "ada",
                "count": 3,
                "share": 0.5,
                "known": True,
                "last": None,
            },
        )

    def test_what_is_no_plain_value_is_left_out(self) -> None:
        record = Record("json")
        record.log.info("hi", a=object(), b=[1], c=b"x", d=float("nan"), e=float("inf"), f=CloseCode.FLOOD)
        self.assertEqual(self.parsed(record)[0].keys(), {"at", "level", "namespace", "message", "f"})

    def test_a_field_cannot_take_the_place_of_what_every_line_has(self) -> None:
        event = {
            "at": 1,
            "level": "x",
            "namespace": "y",
            "message": "z",
            "log_namespace": "n",
            "log_format": "hi",
        }
        line = json.loads(as_json(event) or "")
        self.assertEqual(line, {"at": None, "level": "info", "namespace": "n", "message": "hi"})

    def test_a_traceback_is_a_field(self) -> None:
        record = Record("json")
        record.log.failure("it broke", failure=raised("because"))
        [line] = self.parsed(record)
        self.assertEqual((line["level"], line["message"]), ("critical", "it broke"))
        self.assertIn("ValueError: because\n", line["traceback"])

    def test_an_event_is_one_line_whatever_is_in_it(self) -> None:
        record = Record("json")
        record.log.info("{who} is here", who=HOSTILE)
        record.log.failure("", failure=raised(HOSTILE))
        record.log.info("{who.missing}", who=HOSTILE)
        one, two, three = self.parsed(record)
        self.assertEqual((one["who"], one["message"]), (HOSTILE, f"{HOSTILE} is here"))
        self.assertIn("ValueError: one", two["traceback"])
        self.assertIn("missing", three["message"])

    def test_the_older_way_of_logging_is_understood(self) -> None:
        lines: list[str | None] = []
        globalLogPublisher.addObserver(observer := lambda event: lines.append(as_json(event)))
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        older.msg("hello", "there", count=3)
        [text] = lines
        line = json.loads(text or "")
        self.assertEqual((line["message"], line["count"], line["level"]), ("hello there", 3, "info"))
        self.assertNotIn("system", line)

    @given(st.dictionaries(st.text(), st.one_of(st.text(st.characters()), st.integers(), st.floats())))
    def test_any_event_is_one_line_in_either_form(self, fields: dict[str, Any]) -> None:
        for write in (as_text, as_json):
            # A level is one of Twisted's own, and no text.
            line = write({**fields, "log_format": "{x}", "log_time": 0.0, "log_level": LogLevel.info})
            self.assertEqual((line or "\n").splitlines(), [(line or "\n").removesuffix("\n")])


class RationTests(SynchronousTestCase):
    def closings(self, record: Record, count: int, peer: object = "192.0.2.1") -> None:
        for _ in range(count):
            record.log.info("{peer} is closed", peer=peer)

    def test_a_client_cannot_fill_the_log(self) -> None:
        record = Record()
        self.closings(record, 1000)
        self.assertEqual(record.text.count("\n"), 10)
        self.closings(record, 1, "192.0.2.2")
        self.assertEqual(record.text.count("\n"), 11)

    def test_what_was_left_out_is_told_when_the_minute_ends(self) -> None:
        record = Record()
        self.closings(record, 15)
        self.patch_tell(record)
        record.clock.advance(60)
        self.assertIn("192.0.2.1: … and 5 more in the same minute\n", record.text)
        self.assertEqual(record.clock.getDelayedCalls(), [])

    def test_minutes_that_end_one_after_the_other_are_told_each(self) -> None:
        record = Record()
        self.patch_tell(record)
        self.closings(record, 15)
        record.clock.advance(30)
        self.closings(record, 16, "2001:db8::1")
        record.clock.advance(30)
        self.assertNotIn("2001:db8::/64", record.text)
        record.clock.advance(30)
        self.assertIn("2001:db8::/64: … and 6 more", record.text)
        self.assertEqual(record.clock.getDelayedCalls(), [])

    def test_at_the_end_it_is_told_at_once(self) -> None:
        record = Record()
        self.patch_tell(record)
        self.closings(record, 11)
        record.lines.end()
        self.assertIn("192.0.2.1: … and 1 more", record.text)
        self.assertEqual(record.clock.getDelayedCalls(), [])

    def test_what_no_client_causes_is_always_written(self) -> None:
        record = Record()
        for _ in range(50):
            record.log.info("open")
        self.assertEqual(record.text.count("\n"), 50)

    def patch_tell(self, record: Record) -> None:
        """
        Have what the module itself logs, which goes to the log of the process, written there too.
        """
        globalLogPublisher.addObserver(record.publisher)
        self.addCleanup(globalLogPublisher.removeObserver, record.publisher)


class BeginningTests(SynchronousTestCase):
    def test_whatever_log_file_is_begun_is_written_so_from_the_first_line(self) -> None:
        publisher, file = LogPublisher(), io.StringIO()

        class Streams:
            stdout = stderr = io.StringIO()

        beginner = LogBeginner(publisher, io.StringIO(), Streams(), warnings)
        log = Logger("chatd.test", observer=publisher)
        with warnings.catch_warnings():
            log.info("before\nit began")
            clock = Clock()
            write_lines(Lines(as_json, clock, clock.seconds), beginner)
            heard: list[Any] = []
            beginner.beginLoggingTo([textFileLogObserver(file), heard.append], redirectStandardIO=False)
            log.info("after")
        lines = [json.loads(line)["message"] for line in file.getvalue().splitlines()]
        self.assertEqual(lines, ["before\nit began", "after"])
        self.assertEqual(len(heard), 2)
