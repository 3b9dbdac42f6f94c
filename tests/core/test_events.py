"""
What a log can hold.
"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.commands import Face
from chatd.core.events import AsSent, Author, Card, Draft, Message, iso_time
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.ports import View
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from tests.core.test_names import quick

ADA = PersonId("a" * 16)

clear = st.text(st.characters(codec="utf-8"), max_size=200)
said = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",), include_characters="\n\t"))


class EventTest(SynchronousTestCase):
    """
    Messages.
    """

    def test_a_time_is_in_utc_with_milliseconds(self) -> None:
        """As RFC 3339 has it."""
        self.assertEqual(iso_time(0), "1970-01-01T00:00:00.000Z")
        self.assertEqual(iso_time(1_795_486_550_007), "2026-11-24T02:15:50.007Z")
        self.assertEqual(iso_time(1_795_486_550_999), "2026-11-24T02:15:50.999Z")

    def test_the_hash_of_a_body_is_of_room_text_and_reply(self) -> None:
        """And of nothing else."""
        author = Author(ADA, "ada")
        first = Draft(LOBBY, "lobby", author, "hi", "c", 1)
        same = Draft(LOBBY, "Lobby", Author(ADA, "eva", "tutorial"), "hi", None, 1, AsSent("", "", ""))
        self.assertEqual(first.body_hash, same.body_hash)
        self.assertEqual(len(first.body_hash), 16)
        others = [
            Draft(RoomKey("den"), "lobby", author, "hi", "c", 1),
            Draft(LOBBY, "lobby", author, "hi ", "c", 1),
            Draft(LOBBY, "lobby", author, "hi", "c", 2),
            Draft(LOBBY, "lobby", author, "hi", "c"),
        ]
        self.assertEqual(len({draft.body_hash for draft in (first, *others)}), 5)

    def test_a_draft_weighs_as_much_as_its_event(self) -> None:
        """So that a commit can be measured before it is made."""
        for text in ("x", '"\n' * 2000, "\U0001f916" * 4000):
            for sent in (None, AsSent("", "", ""), AsSent("\x01" * 4000, "", text)):
                draft = Draft(LOBBY, "lobby", Author(ADA, "ada"), text, as_sent=sent)
                event = Message(1, LOBBY, 1, "x-1", 0, draft.author, text, as_sent=sent)
                self.assertEqual(draft.weight, event.weight)

    def test_a_card_has_a_picture(self) -> None:
        """Of the id and the initials."""
        self.assertEqual(Card(ADA, "Ada").avatar, f"/avatar/{ADA}.svg?A")

    @quick
    @given(said, clear, clear, clear)
    @example("\n" * 4000, "", "", "")
    @example("hi", "\x01" * 4000, '"' * 4000, "\U0001f600" * 4000)
    def test_no_dialect_takes_more_bytes_than_an_event_weighs(
        self, text: str, email: str, username: str, message: str
    ) -> None:
        """With the longest of names, rooms and cids, as it was sent and as it is kept."""
        long = "\U00020000" * 32
        peer = Face(ADA, long, f"/avatar/{ADA}.svg?" + "%F0%A0%80%80" * 2)
        view = View("\U00020000" * 50, peer)
        for as_sent in (None, AsSent(email, username, message)):
            event = Message(
                commit=2**53,
                room=LOBBY,
                offset=2**53,
                id="z" * 20,
                at_ms=2**41,
                author=Author(ADA, "-".join((long[:15], long[:16])), "tutorial"),
                text=text,
                cid='"' * 64,
                reply_to=2**53,
                as_sent=as_sent,
            )
            self.assertLessEqual(len(V1Dialect().encode_event(event, view)), event.weight)
            self.assertLessEqual(len(TutorialDialect().encode_event(event, view) or b""), event.weight)
