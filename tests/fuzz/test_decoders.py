"""
What goes out over a dialect is what was put in, whatever people write.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.commands import Page, Refusal
from chatd.core.events import AsSent, Author, Message
from chatd.core.names import LOBBY, PersonId
from chatd.core.ports import View
from chatd.core.refusals import Code, Refused
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from tests.core.test_names import quick
from tests.fuzz.compose import compose
from tests.fuzz.targets import check_tutorial, check_v1

ADA = PersonId("a" * 16)
written = st.text(max_size=100)
messages = st.builds(
    lambda name, text, cid, reply_to, deleted, sent: Message(
        commit=1,
        room=LOBBY,
        offset=7,
        id="i",
        at_ms=0,
        author=Author(ADA, name),
        text=text,
        cid=cid,
        reply_to=reply_to,
        deleted=deleted,
        as_sent=sent,
    ),
    written,
    written,
    st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64),
    st.none() | st.integers(1, 2**53 - 1),
    st.booleans(),
    st.none() | st.builds(AsSent, written, written, written),
)


class RoundTripTests(SynchronousTestCase):
    @quick
    @given(messages)
    def test_a_message_is_read_as_it_was_written(self, message: Message) -> None:
        told = json.loads(V1Dialect().encode_event(message, View("lobby")))
        self.assertEqual((told["type"], told["room"], told["offset"]), ("message", "lobby", 7))
        self.assertEqual(told["from"]["name"], message.author.name)
        self.assertEqual(told["text"], "" if message.deleted else message.text)
        self.assertEqual(told.get("cid"), None if message.deleted else message.cid)
        self.assertEqual(told.get("reply_to"), message.reply_to)

    @quick
    @given(st.lists(messages, max_size=5))
    def test_a_page_holds_its_messages_as_they_are_alone(self, several: list[Message]) -> None:
        dialect = V1Dialect()
        told = json.loads(dialect.encode(Page("lobby", tuple(several), False)) or b"")
        alone = [json.loads(dialect.encode_event(message, View("lobby"))) for message in several]
        self.assertEqual(told["events"], alone)

    @quick
    @given(messages)
    def test_the_tutorials_wire_says_what_was_said_on_it(self, message: Message) -> None:
        told = TutorialDialect().encode_event(message, View("lobby"))
        if message.deleted:
            self.assertIsNone(told)
            return
        assert told is not None
        sent = message.as_sent or AsSent("", message.author.name, message.text)
        expected = {"email": sent.email, "username": sent.username, "message": sent.message}
        self.assertEqual(list(json.loads(told).items()), list(expected.items()))
        # Its bytes are a message too, or one that this server does not take.
        check_tutorial(told)

    @quick
    @given(written, written)
    def test_a_refusal_bears_the_ref_that_was_sent(self, message: str, ref: str) -> None:
        told = V1Dialect().encode(Refusal(code=Code.BAD_REQUEST, message=message, ref=ref)) or b""
        self.assertEqual((json.loads(told)["message"], json.loads(told)["ref"]), (message, ref))
        # What we say is no command of ours.
        check_v1(told)


class ComposedTests(SynchronousTestCase):
    def test_what_is_composed_is_mostly_json_of_every_kind(self) -> None:
        """Or fuzzing would look at nothing but refusals of what is no JSON at all."""
        draw = Random(7)
        kinds: Counter[str] = Counter()
        for _ in range(3000):
            composed = compose(draw.randbytes(draw.randrange(1, 8)))
            try:
                kinds[type(V1Dialect().decode(composed)).__name__] += 1
            except Refused as refused:
                kinds["no JSON" if "JSON" in refused.message else "refused"] += 1
        commands = {"Hello", "Join", "Leave", "Say", "History", "Who", "Rooms", "Typing", "Read"}
        self.assertLessEqual(commands, kinds.keys())
        self.assertLess(kinds["no JSON"], 600)
