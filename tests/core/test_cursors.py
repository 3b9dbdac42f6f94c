"""
Slow readers, catching up, and what takes the place of what was missed.
"""

from __future__ import annotations

from chatd.core.cursors import SLICE_BYTES
from chatd.core.session import MAX_UNANSWERED
from chatd.core.tail import TAIL_EVENTS
from tests.core.clients import ChatTestCase


class SlowReaderTest(ChatTestCase):
    """
    A client whose transport is full.
    """

    settings = {"message_rate": 0}

    def setUp(self) -> None:
        """Ada and bob are in the den and in the lobby."""
        super().setUp()
        self.ada, self.bob = (self.server.person(name, "den", "lobby") for name in ("ada", "bob"))
        self.ada.take()

    def forget_tail(self) -> None:
        """What was said in the den is in the store alone."""
        self.server.hub.rooms["den"].tail.entries.clear()

    def test_a_slow_reader_gets_nothing_until_it_reads_and_then_everything(self) -> None:
        """In order, once, from the tail in memory; nobody else waits for it."""
        self.bob.fill()
        for n in range(10):
            self.ada.say(f"m{n}", "den")
            self.assertEqual(self.ada.hears(), [f"m{n}"])
        self.assertEqual(self.bob.take(), [])
        self.server.store.reads.clear()
        self.bob.drain()
        self.assertEqual(self.bob.hears(), [f"m{n}" for n in range(10)])
        self.assertEqual(self.server.store.reads, [])
        self.ada.say("live", "den")
        self.assertEqual(self.bob.hears(), ["live"])

    def test_a_reader_that_is_slower_than_memory_reads_from_the_store(self) -> None:
        """And from memory what is still there."""
        self.bob.fill()
        for n in range(TAIL_EVENTS + 30):
            self.ada.say(f"m{n}", "den")
        self.server.store.reads.clear()
        self.bob.drain()
        self.assertEqual(self.bob.hears(), [f"m{n}" for n in range(TAIL_EVENTS + 30)])
        self.assertEqual(self.server.store.reads, ["read"])

    def test_a_reader_that_takes_little_at_a_time_gets_all_of_it(self) -> None:
        """A slice each time that it drains; a room with much to read does not keep another waiting."""
        self.bob.fill()
        for n in range(40):
            self.ada.say(f"{n:04000}", "den")
        self.ada.say("small")
        self.bob.sips = True
        slices = []
        while sum(map(len, slices)) < 41:
            before = self.bob.bytes_written
            self.bob.drain()
            self.assertLessEqual(self.bob.bytes_written - before, SLICE_BYTES)
            slices.append(self.bob.hears())
        self.assertEqual(slices[1], ["small"])
        self.assertEqual([int(text) for part in (slices[0], *slices[2:]) for text in part], list(range(40)))
        self.assertEqual(len(slices), 5)

    def test_what_is_said_while_the_store_is_read_is_heard_once(self) -> None:
        """After what was read."""
        self.bob.fill()
        for n in range(5):
            self.ada.say(f"m{n}", "den")
        self.forget_tail()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.ada.say("m5", "den")
        self.assertEqual(self.bob.take(), [])
        self.server.store.answer_reads(1)
        self.ada.say("m6", "den")
        self.server.store.answer_reads()
        self.assertEqual(self.bob.hears(), [f"m{n}" for n in range(7)])

    def test_a_reader_that_is_full_again_while_the_store_is_read(self) -> None:
        """It gets what was read, and the rest when it drains again."""
        self.bob.fill()
        self.ada.say("m0", "den")
        self.forget_tail()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.bob.fill()
        self.ada.say("m1", "den")
        self.server.store.answer_reads()
        self.assertEqual(self.bob.hears(), ["m0"])
        self.bob.drain()
        self.assertEqual(self.bob.hears(), ["m1"])

    def test_a_connection_lost_while_the_store_is_read_for_it(self) -> None:
        """What was read goes nowhere."""
        self.bob.fill()
        self.ada.say("m", "den")
        self.forget_tail()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.bob.lose()
        self.server.store.answer_reads()
        self.assertEqual(self.bob.take(), [])

    def test_a_store_that_cannot_be_read_closes_the_reader_and_nobody_else(self) -> None:
        """With 1011: its log would have a hole."""
        self.bob.fill()
        self.ada.say("m", "den")
        self.forget_tail()
        logs, self.server.store.inner._rooms.logs = self.server.store.inner._rooms.logs, {}
        self.bob.drain()
        self.server.store.inner._rooms.logs = logs
        self.assertEqual(self.bob.closed, (1011, "internal_error"))
        self.assertEqual(len(self.server.failures), 1)
        self.server.failures.clear()
        self.assertEqual(self.ada.say("on", "den")["offset"], 2)

    def test_a_slow_reader_joins(self) -> None:
        """The reply comes at once; the events and `live` when it drains."""
        self.ada.join("hall").say("m", "hall")
        self.server.store.reads_wait = True
        self.bob.send("join", room="hall")
        self.bob.fill()
        self.server.store.answer_reads()
        self.assertEqual(self.bob.kinds(), ["joined"])
        self.ada.say("n", "hall")
        self.bob.drain()
        self.assertEqual(self.bob.kinds(), ["message", "live", "message"])

    def test_a_commit_that_overlaps_what_was_read_is_heard_once(self) -> None:
        """A reader caught up with what the store had and the room did not."""
        cleo = self.server.person("cleo")
        self.bob.take()
        self.server.store.told_late = True
        for n in range(3):
            self.ada.send("say", room="den", text=f"m{n}")
        cleo.join("den", limit=0)
        self.bob.fill()
        self.bob.drain()
        self.server.store.tell()
        self.assertEqual(self.bob.hears(), ["m0", "m1", "m2"])
        self.assertEqual(cleo.take(), [])
        self.ada.say("m3", "den")
        self.assertEqual((self.bob.hears(), cleo.hears()), (["m3"], ["m3"]))

    def test_a_private_room_that_is_behind_when_it_begins_to_be_heard(self) -> None:
        """It was looked at between a commit and its telling; notices go on as ever afterwards."""
        self.server.store.told_late = True
        self.ada.send("say", room=self.bob.private, text="one")
        self.ada.ask("join", room=self.bob.private)
        self.server.store.tell()
        self.assertEqual(self.bob.hears(), ["one"])
        self.ada.ask("typing", room="den")
        self.assertEqual(self.bob.kinds(), ["typing"])


class OwnMessageTest(ChatTestCase):
    """
    In a room that one hears, one's own event comes before its `done`.
    """

    settings = {"message_rate": 0}

    def setUp(self) -> None:
        """Bob is in the den."""
        super().setUp()
        self.bob = self.server.person("bob", "den")

    def test_a_done_waits_for_its_message(self) -> None:
        """Also that of a message which was sent again."""
        self.server.store.hold()
        for ref in ("a", "b"):
            self.bob.send("say", room="den", text="mine", cid="c", ref=ref)
        self.bob.send("say", room="den", text="more", ref="c")
        self.bob.fill()
        self.server.store.release()
        self.assertEqual(self.bob.take(), [])
        self.bob.drain()
        self.assertEqual(
            [message.get("ref", message.get("text")) for message in self.bob.take()],
            ["mine", "more", "a", "b", "c"],
        )

    def test_only_what_was_reached_is_answered(self) -> None:
        """The rest waits for the next slice."""
        self.server.store.hold()
        for n in range(20):
            self.bob.send("say", room="den", text=f"{n:04000}", ref=f"{n}")
        self.bob.fill()
        self.server.store.release()
        self.bob.sips = True
        self.bob.drain()
        heard = self.bob.take()
        reached = [message["offset"] for message in heard if message["type"] == "message"]
        self.assertEqual([done["offset"] for done in heard if done["type"] == "done"], reached)
        self.assertLess(len(reached), 20)
        while self.bob.session.cursors.owed:
            self.bob.drain()
        self.assertEqual(len(self.bob.take("done")) + len(reached), 20)

    def test_what_waits_for_its_message_counts_as_unanswered(self) -> None:
        """And when it is answered the next command is looked at."""
        self.bob.fill()
        self.server.person("ada", "den").say("long ago", "den")
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.drain()
        for n in range(MAX_UNANSWERED + 5):
            self.bob.send("say", room="den", text=f"m{n}")
        self.assertEqual(len(self.bob.waiting), 5)
        self.server.store.answer_reads()
        self.assertEqual(len(self.bob.waiting), 0)
        self.assertEqual(len(self.bob.hears()), 1 + MAX_UNANSWERED + 5)

    def test_a_done_waits_for_its_message_though_one_joins_anew(self) -> None:
        """It is still to come after the new position."""
        self.bob.say("old", "den")
        self.server.store.hold()
        self.bob.send("say", room="den", text="mine")
        self.server.store.reads_wait = True
        self.bob.send("join", room="den", limit=0)
        self.bob.fill()
        self.server.store.release()
        self.server.store.answer_reads()
        self.assertEqual(self.bob.kinds(), ["message", "joined"])
        self.bob.drain()
        self.assertEqual(self.bob.kinds(), ["live", "message", "done"])

    def test_a_done_does_not_wait_for_a_message_that_is_passed_over(self) -> None:
        """The new position is behind it."""
        self.server.store.told_late = True
        self.bob.send("say", room="den", text="mine")
        self.server.store.reads_wait = True
        self.bob.send("join", room="den", limit=0)
        self.bob.fill()
        self.server.store.tell()
        self.assertEqual(self.bob.take(), [])
        self.server.store.answer_reads()
        self.assertEqual(self.bob.kinds(), ["joined"])
        self.bob.drain()
        self.assertEqual(self.bob.kinds(), ["live", "done"])

    def test_a_done_does_not_wait_once_one_has_left(self) -> None:
        """The message does not come any more."""
        self.server.store.hold()
        self.bob.send("say", room="den", text="mine", ref="s")
        self.bob.send("leave", room="den", ref="l")
        self.bob.fill()
        self.server.store.release()
        self.assertEqual([done["ref"] for done in self.bob.take()], ["l", "s"])

    def test_a_done_that_waits_for_its_message_comes_after_that_of_leaving(self) -> None:
        """The client reads on from the store and leaves before it got there."""
        self.bob.fill()
        self.server.person("ada", "den").say("long ago", "den")
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.bob.send("say", room="den", text="mine", ref="s")
        self.assertEqual(self.bob.take("done"), [])
        self.bob.send("leave", room="den", ref="l")
        self.server.store.answer_reads()
        self.assertEqual([message.get("ref") for message in self.bob.take()], ["l", "s"])

    def test_leaving_as_soon_as_one_is_answered(self) -> None:
        """The answer makes room for a `leave`: nothing of the room comes after it, `live` neither."""
        self.bob.fill()
        ada = self.server.person("ada", "den")
        ada.say("long ago", "den")
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.bob.send("join", room="den", limit=1)
        self.server.store.answer_reads()
        self.bob.take()
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.send("join", room="den", after=0, epoch=self.server.store.epoch)
        self.server.store.answer_reads(1)
        for n in range(MAX_UNANSWERED):
            self.bob.send("say", room="den", text=f"m{n}")
        self.bob.send("leave", room="den", ref="l")
        self.assertEqual(len(self.bob.waiting), 1)
        self.server.store.answer_reads()
        heard = self.bob.take()
        self.assertEqual(heard[-1], {"type": "done", "ref": "l"})
        self.assertEqual([m["type"] for m in heard[:3]], ["joined", "message", "live"])
        ada.say("without bob", "den")
        self.assertEqual(self.bob.take(), [])


class MissedTest(ChatTestCase):
    """
    What is in no log, and what a client gets in its place.
    """

    def setUp(self) -> None:
        """Bob is in the den and the hall, ada in the den, twice; bob reads nothing."""
        super().setUp()
        self.bob = self.server.person("bob", "den", "hall")
        self.ada = self.server.person("ada", "den")
        self.ada2 = self.server.again(self.ada, "den")
        for client in self.server.clients:
            client.take()
        self.bob.fill()

    def test_one_list_of_members_comes_for_each_room_whose_members_changed(self) -> None:
        """However many came and went; after what was said."""
        cleo = self.server.person("cleo", "den", "lobby")
        self.server.person("dora", "den").ask("leave", room="den")
        self.ada.hello(name="eva")
        self.ada.say("hi", "den")
        self.assertEqual(self.bob.take(), [])
        self.bob.drain()
        message, members = self.bob.take()
        self.assertEqual(message["text"], "hi")
        self.assertEqual(
            members,
            {
                "type": "members",
                "room": "den",
                "count": 3,
                "members": [self.bob.face, self.ada.face, cleo.face],
            },
        )
        self.server.person("elsa", "den")
        self.assertEqual(self.bob.kinds(), ["present"])

    def test_who_was_writing_is_not_made_up_for(self) -> None:
        """Nobody's coming or going was missed."""
        self.ada.ask("typing", room="den")
        self.bob.drain()
        self.assertEqual(self.bob.take(), [])

    def test_a_room_that_was_left_meanwhile_is_not_made_up_for(self) -> None:
        """Nothing of it comes."""
        self.server.person("cleo", "den")
        self.bob.full = False
        self.bob.ask("leave", room="den")
        self.bob.drain()
        self.assertEqual(self.bob.take(), [])

    def test_read_markers_and_the_new_name_come_afterwards(self) -> None:
        """As they are then, once each."""
        self.ada2.fill()
        for n in range(3):
            self.ada.say(f"m{n}", "den")
        self.ada.say("psst", self.bob.private)
        self.ada.ask("read", room="den", offset=1)
        self.ada.ask("read", room=self.bob.private, offset=1)
        self.ada.ask("read", room="den", offset=3)
        self.ada.hello(name="eva")
        self.ada.hello(name="ada")
        self.assertEqual(self.ada2.take(), [])
        self.ada2.drain()
        heard = self.ada2.take()
        self.assertEqual([message["type"] for message in heard], [*["message"] * 4, "read", "read", "me"])
        self.assertCountEqual(
            heard[4:6],
            [
                {"type": "read", "room": "den", "offset": 3},
                {"type": "read", "room": self.bob.private, "offset": 1},
            ],
        )
        self.assertEqual(heard[6]["me"], self.ada.me)

    def test_what_is_made_up_for_comes_as_there_is_room(self) -> None:
        """A transport that is full after each of them gets the next when it drains."""
        self.server.person("cleo", "den", "hall")
        bob2 = self.server.again(self.bob, "den")
        bob2.ask("read", room="den", offset=0)
        self.ada.say("m", "den")
        bob2.ask("read", room="den", offset=1)
        bob2.hello(name="rob")
        self.bob.sips = True
        kinds = []
        for _ in range(6):
            self.bob.drain()
            kinds.append(self.bob.kinds())
        self.assertEqual(kinds, [["message"], ["members"], ["members"], ["read"], ["me"], []])

    def test_a_reader_in_one_room_misses_notices_of_another(self) -> None:
        """Being behind is a matter of the connection."""
        self.ada.say("m", "den")
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.server.store.reads_wait = False
        cleo = self.server.person("cleo", "hall")
        self.assertEqual(self.bob.take(), [])
        self.server.store.answer_reads()
        message, members = self.bob.take()
        self.assertEqual((message["room"], members["room"]), ("den", "hall"))
        self.assertEqual(members["members"], [self.bob.face, cleo.face])

    def test_typing_in_private_is_told_now_or_never(self) -> None:
        """A full transport misses it."""
        self.ada.ask("typing", room=self.bob.private)
        self.bob.drain()
        self.assertEqual(self.bob.take(), [])
