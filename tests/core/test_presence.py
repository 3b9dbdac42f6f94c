"""
Who holds a name.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Card
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.presence import (
    GRACE_SECONDS,
    RENAMES_A_SECOND,
    RENAMES_AT_ONCE,
    TYPING_SECONDS,
    Person,
    Presence,
)
from chatd.core.records import Counts
from chatd.core.refusals import Code, Refused
from tests.core.clients import Server

ADA, BOB = PersonId("a" * 16), PersonId("b" * 16)


class PresenceTest(SynchronousTestCase):
    """
    People and their names.
    """

    def setUp(self) -> None:
        """Ada is here with one connection."""
        self.presence = Presence()
        server = Server()
        self.one, self.other = server.connect().session, server.connect().session
        self.presence.claim("ada", ADA)
        self.ada = self.presence.arrive(Card(ADA, "ada"), self.one)
        self.forgotten: list[Person] = []

    def taken(self, name: str) -> bool:
        """Whether bob cannot have a name."""
        try:
            self.presence.claim(name, BOB)
        except Refused as refused:
            self.assertIs(refused.code, Code.NAME_TAKEN)
            return True
        self.presence.release(name, BOB)
        return False

    def test_a_name_is_held_by_one_person(self) -> None:
        """Who may claim it again; nobody else lets it go."""
        self.assertTrue(self.taken("Ada"))
        self.presence.claim("ADA", ADA)
        self.presence.release("ada", BOB)
        self.assertTrue(self.taken("ada"))
        self.presence.release("aDa", ADA)
        self.assertFalse(self.taken("ada"))

    def test_a_renamed_person_lets_go_of_the_old_name(self) -> None:
        """Unless the new one is the same in another spelling."""
        self.presence.rename(self.ada, "ADA")
        self.assertTrue(self.taken("ada"))
        self.presence.claim("eva", ADA)
        self.presence.rename(self.ada, "eva")
        self.assertFalse(self.taken("ada"))
        self.assertTrue(self.taken("eva"))
        self.assertEqual(self.ada.as_self.name, "eva")

    def test_the_last_connection_begins_the_grace(self) -> None:
        """And another one ends it."""
        self.assertIs(self.presence.arrive(Card(ADA, "ada"), self.other), self.ada)
        self.assertFalse(self.presence.depart(self.ada, self.one, 100.0))
        self.assertTrue(self.presence.depart(self.ada, self.other, 101.0))
        self.presence.expire(self.ada, 101.0 + GRACE_SECONDS - 0.1, self.forgotten.append)
        self.assertTrue(self.taken("ada"))
        self.presence.arrive(Card(ADA, "ada"), self.one)
        self.presence.expire(self.ada, 200.0, self.forgotten.append)
        self.assertEqual(self.forgotten, [])
        self.presence.depart(self.ada, self.one, 200.0)
        for _ in range(2):
            self.presence.expire(self.ada, 200.0 + GRACE_SECONDS, self.forgotten.append)
        self.assertEqual(self.forgotten, [self.ada])
        self.assertEqual(self.presence.people, {})
        self.assertFalse(self.taken("ada"))

    def test_writing_is_shown_every_three_seconds(self) -> None:
        """In each room by itself."""
        self.assertTrue(self.ada.may_show_typing(LOBBY, 0.0))
        self.assertTrue(self.ada.may_show_typing(RoomKey("den"), 1.0))
        self.assertFalse(self.ada.may_show_typing(LOBBY, TYPING_SECONDS - 0.1))
        self.assertTrue(self.ada.may_show_typing(LOBBY, TYPING_SECONDS))

    def test_a_marker_moves_up_and_is_its_own(self) -> None:
        """What one person has read is nothing that others have."""
        other = self.presence.arrive(Card(BOB, "bob"), self.other)
        self.assertEqual(self.ada.marker(LOBBY, 3), 3)
        self.ada.has_read(LOBBY, 7, Counts(2))
        self.assertEqual((self.ada.marker(LOBBY, 5), self.ada.unread[LOBBY]), (7, Counts(2)))
        self.assertEqual((other.marker(LOBBY, 0), dict(other.read), dict(other.unread)), (0, {}, {}))

    def test_names_are_taken_twenty_at_once_and_then_slowly(self) -> None:
        """Each by itself."""
        waits = [self.ada.wait_to_rename(0.0) for _ in range(RENAMES_AT_ONCE + 1)]
        self.assertEqual(waits, [0.0] * RENAMES_AT_ONCE + [1 / RENAMES_A_SECOND])
