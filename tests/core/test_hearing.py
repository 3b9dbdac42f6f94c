"""
Who is sent what is new together with the others, and who by themselves.
"""

from __future__ import annotations

from chatd.core.hearing import Hearing
from tests.core.clients import ChatTestCase


class HearingTest(ChatTestCase):
    """
    Ada, bob and cem are in the den; once something was said there they are in step.
    """

    settings = {"message_rate": 0}

    def setUp(self) -> None:
        """The first thing is said."""
        super().setUp()
        self.people = [self.server.person(name, "den") for name in ("ada", "bob", "cem")]
        self.ada, self.bob, self.cem = self.people
        self.ada.say("first", "den")
        for person in self.people:
            person.take()

    @property
    def den(self) -> Hearing:
        """Those who hear it."""
        return self.server.hub.rooms["den"].hearing

    def test_all_who_are_in_step_are_written_to_together(self) -> None:
        """Also who says it, and in each dialect apart."""
        self.assertEqual((len(self.den.cursors), len(self.den.apart), len(self.den.groups)), (3, 0, 1))
        guests = [self.server.tutorial(), self.server.tutorial()]
        self.ada.ask("join", room="lobby")
        for text in ("one", "two"):
            self.ada.say(text)
        lobby = self.server.hub.rooms["lobby"].hearing
        self.assertEqual((len(lobby.apart), len(lobby.groups)), (0, 2))
        for guest in guests:
            self.assertEqual([message["message"] for message in guest.take()], ["one", "two"])

    def test_who_is_slow_falls_out_of_step_and_comes_back_when_they_have_caught_up(self) -> None:
        """They get everything, once and in order; the others go on."""
        self.bob.sips = True
        for n in range(3):
            self.ada.say(f"m{n}", "den")
        self.assertEqual([listener is self.bob.session.cursors for listener in self.den.apart], [True])
        self.assertEqual(self.cem.hears(), ["m0", "m1", "m2"])
        self.bob.sips = False
        self.bob.drain()
        self.ada.say("m3", "den")
        self.assertEqual(self.bob.hears(), ["m0", "m1", "m2", "m3"])
        self.assertEqual(len(self.den.apart), 0)

    def test_who_leaves_or_is_lost_hears_nothing_more(self) -> None:
        """And nobody writes to them."""
        self.bob.ask("leave", room="den")
        self.cem.lose()
        self.ada.say("among us", "den")
        self.assertEqual((self.bob.hears(), self.cem.hears()), ([], []))
        self.assertEqual([listener is self.ada.session.cursors for listener in self.den.cursors], [True])

    def test_who_joins_anew_goes_on_from_where_they_say(self) -> None:
        """Whatever they had heard in step."""
        self.bob.ask("join", room="den", after=0, epoch=self.server.store.epoch)
        self.assertEqual(self.bob.hears(), ["first"])
        self.ada.say("second", "den")
        self.assertEqual(self.bob.hears(), ["second"])

    def test_who_is_held_is_written_to_by_themselves(self) -> None:
        """What comes meanwhile is sent when they no longer are."""
        self.bob.session.cursors.hold()
        self.ada.say("held", "den")
        self.assertEqual(self.bob.hears(), [])
        self.bob.session.cursors.held = False
        self.bob.session.cursors.read_on()
        self.ada.say("free", "den")
        self.assertEqual(self.bob.hears(), ["held", "free"])

    def test_in_a_private_room_nobody_is_in_step(self) -> None:
        """Each sees it under another name."""
        for text in ("one", "two"):
            self.ada.say(text, self.bob.private)
        hearings = [
            room.hearing for key, room in self.server.hub.rooms.items() if key not in ("den", "lobby")
        ]
        self.assertEqual([hearing.groups for hearing in hearings if hearing.cursors], [{}])
        self.assertEqual(self.bob.hears(), ["one", "two"])

    def test_a_few_are_not_worth_it(self) -> None:
        """How many are is known to whoever sends."""
        self.patch(type(self.server.delivery), "group_from", 3)
        small = [self.server.person(name, "nook") for name in ("dan", "eve")]
        for text in ("one", "two"):
            small[0].say(text, "nook")
        self.assertEqual(self.server.hub.rooms["nook"].hearing.groups, {})
        self.assertEqual(small[1].hears(), ["one", "two"])

    def test_a_log_that_goes_on_elsewhere_than_where_they_are_sends_them_to_the_store(self) -> None:
        """Nobody is taken for one who has heard what they have not."""
        self.server.store.told_late = True
        self.ada.send("say", room="den", text="second")
        self.server.store._untold.clear()
        self.server.store.tell()
        self.ada.say("third", "den")
        self.assertEqual(self.cem.hears(), ["second", "third"])
