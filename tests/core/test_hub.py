"""
What all sessions share, and what is left of them when they are gone.
"""

from __future__ import annotations

from chatd.core.events import Author, Draft
from chatd.core.names import LOBBY, PersonId, RoomKey
from tests.core.clients import ChatTestCase


class HubTest(ChatTestCase):
    """
    Rooms and people in memory.
    """

    def test_the_lobby_always_exists(self) -> None:
        """With the head that the store has, after a restart too, when nobody was ever there."""
        watcher = self.server.watcher("lobby")
        self.assertEqual(watcher.ask("who", room="lobby")["count"], 0)
        self.server.tutorial().send(username="x", message="hi")
        self.server.restart()
        self.assertEqual(self.server.hub.rooms[LOBBY].head, 1)
        tutorial = self.server.tutorial()
        tutorial.send(username="x", message="ho")
        self.assertEqual(len(tutorial.take()), 1)

    def test_a_message_for_a_room_that_nobody_is_in_is_stored(self) -> None:
        """Whoever comes later reads it."""
        draft = Draft(RoomKey("den"), "Den", Author(PersonId("a" * 16), "eva"), "hi")
        self.server.store.append(draft)
        self.assertNotIn("den", self.server.hub.rooms)
        ada = self.server.person("ada")
        self.assertEqual(ada.ask("join", room="den")["head"], 1)
        self.assertEqual(ada.hears(), ["hi"])

    def test_what_was_committed_together_is_one_delivery(self) -> None:
        """Everybody's share of it is written by its end."""
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob", "lobby")
        for one in (ada, bob):
            one.take()
        shares: list[list[list[str]]] = []
        end = self.server.delivery.end

        def note_and_end() -> None:
            assert self.server.delivery.under_way
            shares.append([ada.kinds(), bob.kinds()])
            end()

        self.patch(self.server.delivery, "end", note_and_end)
        ada.send("say", room="lobby", text="hi", cid="c1")
        self.assertEqual(shares, [[["message"], ["message"]]])

    def test_nothing_is_left_in_memory_when_all_have_gone(self) -> None:
        """Rooms, private rooms, people, names, deadlines."""
        people = [self.server.person(f"p{n}", "lobby", "den", f"room{n}") for n in range(5)]
        for one in people:
            one.say("hi", "den")
            one.ask("typing", room="den")
            for other in people:
                if other is not one:
                    one.say("psst", other.private)
            one.ask("join", room=people[one is people[0]].private)
        self.server.watcher("den")
        self.server.tutorial()
        people[0].ask("leave", room="den")
        people[1].hello(name="eva")
        people[2].fill()
        people[1].say("more", "den")
        self.assertEqual(len(self.server.hub._private_rooms), 5)
        self.server.close()
        self.assertEqual(self.server.leftovers(), {})

    def test_people_who_come_and_go_leave_nothing_while_others_stay(self) -> None:
        """The lobby is full of life all the time."""
        ada = self.server.person("ada", "lobby")
        for n in range(20):
            visitor = self.server.person(f"p{n}", "lobby")
            visitor.say("hi", ada.private)
            visitor.lose()
            self.server.advance(3)
        self.server.advance(20)
        hub = self.server.hub
        self.assertEqual(list(hub.presence.people), [ada.id])
        self.assertEqual(list(hub.rooms[LOBBY].members), [ada.id])
        self.assertEqual(len(hub.deadlines), 0)

    def test_a_room_is_looked_up_again_when_it_is_needed_again(self) -> None:
        """A private room of two who are both away is not in memory."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        ada.say("one", bob.private)
        ada.lose()
        self.assertEqual([key[0] for key in self.server.hub.rooms if key != LOBBY], ["@"])
        bob.lose()
        self.assertEqual(list(self.server.hub.rooms), [LOBBY])
        ada = self.server.again(ada)
        self.assertEqual(ada.say("two", bob.private)["offset"], 2)

    def test_a_room_without_a_member_or_an_event_is_forgotten_though_somebody_watches(self) -> None:
        """Whoever watched it hears what becomes of it when it is made again."""
        ada = self.server.person("ada", "Den")
        watcher = self.server.watcher("den")
        ada.ask("leave", room="den")
        self.assertEqual(self.server.watcher().ask("join", room="den")["code"], "no_such_room")
        self.assertNotIn("Den", [room["room"] for room in ada.ask("rooms")["rooms"]])
        watcher.take()
        ada.join("dEN")
        ada.say("here again", "den")
        self.assertEqual([event["room"] for event in watcher.take("message")], ["dEN"])

    def test_a_room_looked_up_behind_an_untold_commit_keeps_to_what_was_told(self) -> None:
        """Else who is slow would read from the disk what is about to be told, without its e-mail."""
        slow, ada, bob = self.server.tutorial(), self.server.person("ada", "lobby"), self.server.person("bob")
        slow.fill()
        writer = self.server.tutorial()
        writer.send(email="e@example.org", username="x", message="one")
        self.server.store.told_late = True
        writer.send(email="e@example.org", username="x", message="two")
        bob.join("lobby")
        slow.drain()
        self.server.store.tell()
        self.assertEqual([said["email"] for said in slow.take()], ["e@example.org"] * 2)
        self.assertEqual(len(ada.take("message")), 2)

    def test_a_person_renamed_while_their_private_room_is_looked_up(self) -> None:
        """What was read is older than the name."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        ada.say("one", bob.private)
        ada.lose()
        bob.lose()
        ada, bob = self.server.again(ada), self.server.again(bob)
        self.server.store.reads_wait = True
        ada.send("say", room=bob.private, text="two")
        self.server.store.reads_wait = False
        bob.hello(name="rob")
        self.server.store.answer_reads()
        self.assertEqual(ada.take("message")[0]["with"], bob.face)

    def test_names_that_come_and_go_leave_no_bytes_behind(self) -> None:
        """What a private room's events look like under a name that nobody has any more is forgotten."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.say("one", ada.private)
        for n in range(5):
            ada.hello(name=f"ada{n}")
            bob.ask("join", room=ada.private, after=0, epoch=self.server.store.epoch)
        (room,) = (room for key, room in self.server.hub.rooms.items() if key != LOBBY)
        self.assertLessEqual(len(room.tail.entries[0].frames), 2)
        self.assertEqual(bob.take("message")[-1]["with"]["name"], "ada4")

    def test_a_person_renamed_before_the_first_private_message(self) -> None:
        """Either of the two."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        for one, other in ((ada, bob), (bob, ada)):
            one.ask("who", room=other.private)
            other.hello(name=f"new{other.me['name']}")
            members = one.ask("who", room=other.private)["members"]
            self.assertIn(other.face, members)

    def test_those_who_are_gone_are_noted_in_the_store(self) -> None:
        """A guest is forgotten a day after leaving, not after coming."""
        ada = self.server.person("ada")
        self.server.wall_ms += 1000_000
        ada.lose()
        self.server.advance(10)
        self.assertEqual(self.server.store.inner._people.everybody[ada.id].seen_ms, self.server.wall_ms)
