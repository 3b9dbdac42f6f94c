"""
`chatd.v1`, as bytes.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.commands import (
    Absent,
    Answer,
    Command,
    Count,
    Done,
    Face,
    Hello,
    History,
    Join,
    Joined,
    Leave,
    Limits,
    ListedRoom,
    Live,
    Me,
    Members,
    Page,
    Present,
    Read,
    ReadUpTo,
    Refusal,
    RoomList,
    Rooms,
    Say,
    Self,
    ServerCan,
    Typing,
    TypingNow,
    Welcome,
    WelcomeRoom,
    Who,
)
from chatd.core.events import Author, Message
from chatd.core.names import LOBBY, PersonId
from chatd.core.ports import View
from chatd.core.refusals import Code, Refused
from chatd.dialects.v1 import V1Dialect
from tests.core.test_names import quick

ADA = PersonId("a" * 16)
FACE = Face(ADA, "ada", f"/avatar/{ADA}.svg?A")
FACE_JSON = {"id": ADA, "name": "ada", "avatar": f"/avatar/{ADA}.svg?A"}

KINDS = ("hello", "join", "leave", "say", "history", "who", "rooms", "typing", "read")
FIELDS = (
    *("ref", "name", "email", "token", "room", "after", "epoch", "id"),
    *("limit", "text", "cid", "reply_to", "before", "offset"),
)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(codec=None)),
    st.text("ab-_@ ", max_size=8),
)
anything = st.recursive(
    values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
nearly_commands = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=5),
)


class DecodingTest(SynchronousTestCase):
    """
    Bytes to commands.
    """

    def setUp(self) -> None:
        """A dialect."""
        self.dialect = V1Dialect()

    def test_each_command_is_read_with_all_its_fields(self) -> None:
        """And with what it has if they are left out."""
        for payload, command in (
            ('{"type":"hello"}', Hello()),
            (
                '{"type":"hello","name":"a","email":"b","token":"c","ref":"r"}',
                Hello(name="a", email="b", token="c", ref="r"),
            ),
            ('{"type":"join","room":"x"}', Join(room="x", limit=50)),
            (
                '{"type":"join","room":"x","after":0,"epoch":"e","id":"i","limit":0}',
                Join(room="x", after=0, epoch="e", id="i", limit=0),
            ),
            ('{"type":"leave","room":"x"}', Leave(room="x")),
            ('{"type":"say","room":"x","text":""}', Say(room="x", text="")),
            (
                '{"type":"say","room":"x","text":"t","cid":"c","reply_to":1}',
                Say(room="x", text="t", cid="c", reply_to=1),
            ),
            ('{"type":"history","room":"x"}', History(room="x", limit=50)),
            (
                '{"type":"history","room":"x","before":1,"after":2,"limit":200}',
                History(room="x", before=1, after=2, limit=200),
            ),
            ('{"type":"who","room":"x"}', Who(room="x")),
            ('{"type":"rooms"}', Rooms()),
            ('{"type":"rooms","after":"x"}', Rooms(after="x")),
            ('{"type":"typing","room":"x"}', Typing(room="x")),
            ('{"type":"read","room":"x","offset":9007199254740991}', Read(room="x", offset=2**53 - 1)),
            (' { "room" : "x" , "ref" : null , "type" : "who" } ', Who(room="x")),
            ('{"type":"who","room":"x","room":"y"}', Who(room="y")),
        ):
            self.assertEqual(self.dialect.decode(payload.encode()), command)

    def refusal(self, payload: bytes) -> Refused:
        """How a message is refused."""
        with self.assertRaises(Refused) as raised:
            self.dialect.decode(payload)
        return raised.exception

    def test_what_is_no_command_is_refused_with_the_place(self) -> None:
        """In a few words, whatever was sent."""
        for payload, word in (
            (b"", "JSON"),
            (b"{", "JSON"),
            (b"nope", "JSON"),
            (b'{"type":"rooms"} x', "JSON"),
            (b'{"type":"hello","name":"\\ud800"}', "JSON"),
            (b'{"type":"read","room":"x","offset":"1"}', "$.offset"),
            (b'{"type":"read","room":"x","offset":1.5}', "$.offset"),
            (b'{"type":"read","room":"x","offset":-1}', "$.offset"),
            (b'{"type":"join","room":"x","limit":201}', "$.limit"),
            (b'{"type":"say","room":"x"}', "text"),
            (b'{"type":"say","room":"x","text":"t","cid":"' + b"x" * 65 + b'"}', "$.cid"),
            (b'{"type":"rooms","colour":1}', "colour"),
            (b'{"type":"' + b"x" * 5000 + b'"}', "Invalid value"),
            (b'{"room":"x"}', "type"),
            (b'{"type":"Hello"}', "Invalid value"),
            (b'{"type":null}', "type"),
            (b"7", "Expected"),
            (b"[" * 60000, ""),
            (b'{"type":"rooms","x":' + b"[" * 60000, ""),
            (b'{"x":' * 10000, ""),
            (b'{"type":"hello","name":"' + b"x" * 60000 + b'","email":"' + b"x" * 255 + b'"}', "$.email"),
        ):
            refused = self.refusal(payload)
            self.assertIs(refused.code, Code.BAD_REQUEST)
            self.assertIn(word, refused.message)
            self.assertLessEqual(len(refused.message), 201)

    def test_the_ref_of_a_bad_command_is_read_if_it_can_be(self) -> None:
        """At most 64 bytes of it."""
        for payload, ref in (
            (b'{"type":"x","ref":"r"}', "r"),
            (b'{"ref":"r","type":"say","text":[1,{"a":2}]}', "r"),
            (b'{"type":"x","ref":""}', ""),
            (b'{"type":"x","ref":null}', None),
            (b'{"type":"x","ref":5}', None),
            (b'{"type":"x"}', None),
            (b'{"type":"x","ref":"r"', None),
            (b'["ref","r"]', None),
            (b'{"type":"rooms","ref":"' + b"r" * 65 + b'"}', None),
            (b'{"type":"rooms","ref":"' + "ä".encode() * 33 + b'"}', None),
            (b'{"type":"x","ref":"' + "ä".encode() * 32 + b'"}', "ä" * 32),
            (b'{"type":"x","ref":"r","x":' + b"[" * 60000, None),
        ):
            self.assertEqual(self.refusal(payload).ref, ref, payload[:40])

    def check(self, payload: bytes) -> None:
        """A command that can be written again, or a refusal that can be told."""
        try:
            command = self.dialect.decode(payload)
        except Refused as refused:
            self.assertIs(refused.code, Code.BAD_REQUEST)
            told = Refusal(code=refused.code, message=refused.message)
            self.assertTrue(self.dialect.encode(replace(told, ref=refused.ref or "")))
            return
        self.assertIsInstance(command, Command)
        self.assertTrue(command.ref is None or len(command.ref.encode()) <= 64)
        for field in command.__struct_fields__:
            value = getattr(command, field)
            if isinstance(value, str):
                value.encode()
        again = self.dialect._encoder.encode(command)
        self.assertEqual(self.dialect.decode(again), command)

    @quick
    @given(st.binary())
    @example(b'{"type":"rooms","ref":"\xc3"}')
    def test_any_bytes_are_a_command_or_are_refused(self, payload: bytes) -> None:
        """Nothing else is raised."""
        self.check(payload)

    @quick
    @given(anything)
    def test_any_json_is_a_command_or_is_refused(self, value: Any) -> None:
        """Lone surrogates, infinities and deep nesting, too."""
        self.check(json.dumps(value).encode())

    @quick
    @given(nearly_commands)
    def test_whatever_is_nearly_a_command_is_one_or_is_refused(self, value: dict[str, Any]) -> None:
        """And what was taken can be written again."""
        self.check(json.dumps(value).encode())
        self.check(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


class EncodingTest(SynchronousTestCase):
    """
    Answers and events to bytes.
    """

    def setUp(self) -> None:
        """A dialect."""
        self.dialect = V1Dialect()

    def told(self, answer: Answer) -> Any:
        """What a client reads."""
        return json.loads(self.dialect.encode(answer) or b"")

    def test_each_answer_has_its_fields_and_no_others(self) -> None:
        """What is not there is left out, what is empty is not."""
        me = Self(id=ADA, name="ada", avatar=FACE.avatar, role="guest")
        for answer, expected in (
            (Live("x", 0), {"type": "live", "room": "x", "offset": 0}),
            (Done(), {"type": "done"}),
            (Done(ref=""), {"type": "done", "ref": ""}),
            (Done("x", 1, "i"), {"type": "done", "room": "x", "offset": 1, "id": "i"}),
            (Members("x", 0, ()), {"type": "members", "room": "x", "count": 0, "members": []}),
            (
                Refusal(code=Code.TOO_LONG, message="m"),
                {"type": "refused", "code": "too_long", "message": "m"},
            ),
            (
                Refusal(code=Code.RATE_LIMITED, message="m", retry_after=1.5, ref="r"),
                {"type": "refused", "ref": "r", "code": "rate_limited", "message": "m", "retry_after": 1.5},
            ),
            (Present("x", FACE), {"type": "present", "room": "x", "who": FACE_JSON}),
            (Absent("x", FACE, "gone"), {"type": "absent", "room": "x", "who": FACE_JSON, "reason": "gone"}),
            (TypingNow("x", FACE), {"type": "typing", "room": "x", "who": FACE_JSON}),
            (ReadUpTo("x", 3), {"type": "read", "room": "x", "offset": 3}),
            (Me(me), {"type": "me", "me": {**FACE_JSON, "role": "guest"}}),
            (Me(Self(role="watcher")), {"type": "me", "me": {"role": "watcher"}}),
            (Count("x", 201), {"type": "count", "room": "x", "count": 201}),
            (
                RoomList((ListedRoom("x", "", 0, 0), ListedRoom("@a", "t", 1, 2, FACE)), False),
                {
                    "type": "rooms",
                    "rooms": [
                        {"room": "x", "topic": "", "head": 0, "count": 0},
                        {"room": "@a", "topic": "t", "head": 1, "count": 2, "with": FACE_JSON},
                    ],
                    "more": False,
                },
            ),
            (
                Welcome(
                    server="s",
                    epoch="e",
                    me=me,
                    rooms=(WelcomeRoom("x", "", 0, 0),),
                    limits=Limits(4000, 65536, 5.0, 20, 0),
                    now="n",
                    server_can=ServerCan("open", "on", False, True),
                ),
                {
                    "type": "welcome",
                    "server": "s",
                    "epoch": "e",
                    "me": {**FACE_JSON, "role": "guest"},
                    "rooms": [{"room": "x", "topic": "", "head": 0, "read": 0}],
                    "limits": {
                        "text": 4000,
                        "frame": 65536,
                        "message_rate": 5.0,
                        "message_burst": 20,
                        "upload": 0,
                    },
                    "now": "n",
                    "server_can": {"sign_up": "open", "guests": "on", "locked": False, "claimed": True},
                },
            ),
            (
                Joined("x", "", "e", 0, 0, False, 0, ()),
                {
                    "type": "joined",
                    "room": "x",
                    "topic": "",
                    "epoch": "e",
                    "head": 0,
                    "read": 0,
                    "recovered": False,
                    "count": 0,
                    "members": [],
                },
            ),
        ):
            self.assertEqual(self.told(answer), expected)

    def message(self, **fields: Any) -> Message:
        """A message of the lobby."""
        plain = Message(
            commit=9, room=LOBBY, offset=58, id="i-1", at_ms=0, author=Author(ADA, "ada"), text="hi"
        )
        return replace(plain, **fields)

    def test_a_message_on_the_wire(self) -> None:
        """In this order, without what it has not."""
        self.assertEqual(
            self.dialect.encode_event(self.message(), View("Lobby")),
            b'{"type":"message","room":"Lobby","offset":58,"id":"i-1","at":"1970-01-01T00:00:00.000Z",'
            b'"from":{"id":"aaaaaaaaaaaaaaaa","name":"ada","avatar":"/avatar/aaaaaaaaaaaaaaaa.svg?A"},'
            b'"text":"hi"}',
        )

    def test_a_message_with_all_that_it_can_have(self) -> None:
        """The other person of a private room, the cid, what it replies to, the wire it came by."""
        event = self.message(author=Author(ADA, "ada", "tutorial"), cid="c", reply_to=57)
        told = json.loads(self.dialect.encode_event(event, View("@x", FACE)))
        self.assertEqual(told["from"], {**FACE_JSON, "via": "tutorial"})
        self.assertEqual((told["room"], told["with"]), ("@x", FACE_JSON))
        self.assertEqual((told["cid"], told["reply_to"]), ("c", 57))

    def test_a_deleted_message_keeps_its_place_and_nothing_else(self) -> None:
        """No text and no cid."""
        event = self.message(deleted=True, cid="c", reply_to=57)
        told = json.loads(self.dialect.encode_event(event, View("lobby")))
        self.assertEqual((told["text"], told["deleted"], told["offset"]), ("", True, 58))
        self.assertNotIn("cid", told)

    def test_a_page_holds_messages_as_they_are_heard(self) -> None:
        """Each with the other person of a private room, the page without."""
        events = (self.message(), self.message(offset=59))
        page = self.told(Page("@x", events, True, FACE, ref="r"))
        heard = [json.loads(self.dialect.encode_event(event, View("@x", FACE))) for event in events]
        self.assertEqual(page, {"type": "page", "ref": "r", "room": "@x", "events": heard, "more": True})
        self.assertEqual(
            self.told(Page("x", (), False)), {"type": "page", "room": "x", "events": [], "more": False}
        )

    def test_it_has_a_name_and_closes_nothing(self) -> None:
        """Refusals are told."""
        self.assertEqual(self.dialect.subprotocol, "chatd.v1")
        for code in Code:
            self.assertIsNone(self.dialect.verdict(Refused(code, "no")))
