"""
The tutorial's wire, as bytes.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.commands import Done, Live, Post
from chatd.core.events import AsSent, Author, Message
from chatd.core.names import LOBBY, PersonId
from chatd.core.ports import View
from chatd.core.refusals import Code, Refused, Violation
from chatd.core.text import clean_text
from chatd.dialects.tutorial import TutorialDialect
from tests.core.test_names import quick
from tests.dialects.test_v1 import anything

values = st.none() | st.text(max_size=50) | st.text(st.characters(codec=None), max_size=50) | st.integers()


class DecodingTest(SynchronousTestCase):
    """
    Bytes to messages.
    """

    def setUp(self) -> None:
        """A dialect."""
        self.dialect = TutorialDialect()

    def test_what_the_tutorials_page_sends_is_read(self) -> None:
        """Missing and null count as empty, unknown keys are ignored, the last of a key wins."""
        for payload, post in (
            ('{"email":"e","username":"u","message":"m"}', Post("e", "u", "m")),
            ('{"message":"m"}', Post("", "", "m")),
            ("{}", Post("", "", "")),
            ('{"email":null,"username":null,"message":null}', Post("", "", "")),
            ('{"message":"m","colour":{"r":[1,2.5e3,true]}}', Post("", "", "m")),
            ('{"Message":"x","message ":"y","MESSAGE":"z"}', Post("", "", "")),
            ('{"message":"a","message":"b"}', Post("", "", "b")),
            (' {"message" : " \\u00e4\\ud83d\\ude00\\r\\n" } ', Post("", "", " ä😀\r\n")),
            ('{"username":"\\u202e\\u0000<b>"}', Post("", "\u202e\x00<b>", "")),
        ):
            self.assertEqual(self.dialect.decode(payload.encode()), post)

    def violation(self, payload: bytes) -> tuple[int, str]:
        """With what a message closes the connection."""
        with self.assertRaises(Violation) as raised:
            self.dialect.decode(payload)
        self.assertLessEqual(len(raised.exception.reason.encode()), 123)
        return int(raised.exception.code), raised.exception.reason

    def test_what_is_no_such_object_is_1007_with_a_reason(self) -> None:
        """No JSON, no object, a wrong type, something behind it, a lone surrogate."""
        for payload in (
            b"",
            b"hi",
            b"null",
            b"7",
            b'"hi"',
            b"[]",
            b'["e","u","m"]',
            b'{"message":"m"',
            b'{"message":"m"} {}',
            b'{"message":"m"}x',
            b'{"message":7}',
            b'{"email":[]}',
            b'{"username":{"a":1}}',
            b'{"message":true}',
            b'{"message":"\\ud800"}',
            b'{"username":"\\udc00"}',
            b'{"email":"\\ud800x"}',
            b'{"message":"a\nb"}',
            b"{'message':'m'}",
            b'{"x":' + b"[" * 60000,
            b"[" * 60000,
            b'{"message":NaN}',
        ):
            code, reason = self.violation(payload)
            self.assertEqual(code, 1007, payload[:40])
            self.assertTrue(reason)

    def test_a_forbidden_character_in_the_message_is_1007(self) -> None:
        """Control characters but newline, tab and carriage return."""
        for escape in ("\\u0000", "\\u0008", "\\u000b", "\\u001b", "\\u007f", "\\u0085"):
            self.assertEqual(self.violation(b'{"message":"a%sb"}' % escape.encode())[0], 1007)
        self.assertEqual(self.dialect.decode(b'{"message":"\\r\\n\\t\\r"}').message, "\r\n\t\r")

    def test_more_than_four_thousand_characters_are_1009(self) -> None:
        """In any of the three, before trimming; of any plane."""
        for key in ("email", "username", "message"):
            for text, taken in (("x" * 4000, True), ("\U0001f600" * 4000, True), ("x" * 3999 + "  ", False)):
                payload = json.dumps({key: text}).encode()
                if taken:
                    self.assertEqual(getattr(self.dialect.decode(payload), key), text)
                else:
                    self.assertEqual(self.violation(payload)[0], 1009)

    def check(self, payload: bytes) -> None:
        """A message that can be stored or ignored, and sent; or a violation."""
        try:
            post = self.dialect.decode(payload)
        except Violation:
            return
        for text in (post.email, post.username, post.message):
            text.encode()
            self.assertLessEqual(len(text), 4000)
        if post.message.strip():
            self.assertTrue(clean_text(post.message))

    @quick
    @given(st.binary())
    @example(b'{"message":"\xff"}')
    def test_any_bytes_are_a_message_or_a_violation(self, payload: bytes) -> None:
        """Nothing else is raised."""
        self.check(payload)

    @quick
    @given(anything)
    def test_any_json_is_a_message_or_a_violation(self, value: Any) -> None:
        """Nothing else is raised."""
        self.check(json.dumps(value).encode())

    @quick
    @given(st.dictionaries(st.sampled_from(("email", "username", "message")), values))
    @example({"message": "\u2028"})
    @example({"message": " \x1f "})
    def test_whatever_is_nearly_a_message_is_one_or_a_violation(self, value: dict[str, Any]) -> None:
        """And what was taken can be stored."""
        self.check(json.dumps(value).encode())


class EncodingTest(SynchronousTestCase):
    """
    Events to bytes.
    """

    def setUp(self) -> None:
        """A dialect, and a message of the lobby."""
        self.dialect = TutorialDialect()
        self.message = Message(
            commit=1,
            room=LOBBY,
            offset=1,
            id="i",
            at_ms=0,
            author=Author(PersonId("a" * 16), "ada"),
            text="hi",
        )

    def test_a_message_has_three_keys_in_their_order(self) -> None:
        """As it was sent while that is known, else as the log has it."""
        self.assertEqual(
            self.dialect.encode_event(self.message, View("lobby")),
            b'{"email":"","username":"ada","message":"hi"}',
        )
        sent = replace(self.message, as_sent=AsSent("e", ' "u"\u202e', "m\n"))
        self.assertEqual(
            self.dialect.encode_event(sent, View("lobby")),
            '{"email":"e","username":" \\"u\\"\u202e","message":"m\\n"}'.encode(),
        )

    def test_nothing_else_is_said(self) -> None:
        """No answer and no notice."""
        for answer in (Done(), Live("lobby", 1)):
            self.assertIsNone(self.dialect.encode(answer))

    def test_every_refusal_closes(self) -> None:
        """With 1011 if the message could not be kept, else with 1008."""
        self.assertIsNone(self.dialect.subprotocol)
        for code in Code:
            verdict = self.dialect.verdict(Refused(code, "no"))
            self.assertEqual(verdict, 1011 if code in (Code.READ_ONLY, Code.INTERNAL) else 1008)
