"""
Saying something, and reading what was said.
"""

from __future__ import annotations

from typing import Any

from chatd.core.events import Author, Draft
from chatd.core.names import PersonId, RoomKey
from chatd.core.talk import PAGE_BYTES
from tests.core.clients import ChatTestCase, Client


class SayTest(ChatTestCase):
    """
    Messages in public rooms.
    """

    def setUp(self) -> None:
        """Ada and bob are in the den, cleo is next door."""
        super().setUp()
        self.ada, self.bob = (self.server.person(name, "Den") for name in ("ada", "bob"))
        self.cleo = self.server.person("cleo", "Garden")
        self.ada.take()

    def test_a_message_reaches_everyone_in_the_room_but_not_next_door(self) -> None:
        """The whole of a message, field by field; the sender gets it before the `done`."""
        self.ada.send("say", room="den", text="hi", cid="c 1~", ref="")
        message, done = self.ada.take()
        self.assertEqual(
            message,
            {
                "type": "message",
                "room": "Den",
                "offset": 1,
                "id": done["id"],
                "at": "2027-01-15T08:00:00.123Z",
                "from": self.ada.face,
                "text": "hi",
                "cid": "c 1~",
            },
        )
        self.assertEqual(done, {"type": "done", "ref": "", "room": "Den", "offset": 1, "id": message["id"]})
        self.assertEqual(self.bob.take(), [message])
        self.assertEqual(self.cleo.take(), [])

    def test_a_message_is_encoded_once_however_many_hear_it(self) -> None:
        """Once for the dialect; a private one once for each side."""
        for n in range(5):
            self.server.person(f"p{n}", "den")
        before = self.server.v1.encoded_events
        self.ada.say("hi", "den")
        self.assertEqual(self.server.v1.encoded_events, before + 1)
        self.server.again(self.bob)
        self.ada.say("psst", self.bob.private)
        self.assertEqual(self.server.v1.encoded_events, before + 3)

    def test_offsets_are_dense_in_each_room_and_ids_are_unique(self) -> None:
        """Two rooms, each from 1 on."""
        self.ada.join("garden")
        done = [self.ada.say("x", room) for room in ("den", "garden", "den", "garden", "den")]
        self.assertEqual([each["offset"] for each in done], [1, 1, 2, 2, 3])
        self.assertEqual(len({each["id"] for each in done}), 5)

    def test_text_is_stored_trimmed_and_with_its_lines_ended_by_lf(self) -> None:
        """White space in it stays."""
        self.ada.say(" \t\r\n a\r\nb\rc\n\n\td  \u2003", "den")
        self.assertEqual(self.bob.hears(), ["a\nb\nc\n\n\td"])

    def test_a_text_that_cannot_be_kept_is_refused(self) -> None:
        """Empty, a forbidden character, or too long after trimming."""
        for text in ("", " ", "\n\t\r\n", "\u3000", "a\x00", "\x1b[1m", "a\x7f", "\x85"):
            self.assert_refused(self.ada.say(text, "den"), "bad_request")
        self.assert_refused(self.ada.say("x" * 4001, "den"), "too_long")
        self.assertEqual(self.ada.say("  " + "\U0001f600" * 4000 + "\n", "den")["offset"], 1)
        self.assertEqual(self.bob.hears(), ["\U0001f600" * 4000])

    def test_one_has_to_be_in_the_room(self) -> None:
        """Whether it exists or not."""
        for room in ("garden", "nowhere"):
            self.assert_refused(self.ada.say("hi", room), "not_member")

    def test_a_reply_names_a_message_of_the_room(self) -> None:
        """One that is there."""
        self.ada.say("one", "den")
        self.assertEqual(self.bob.say("two", "den", reply_to=1)["offset"], 2)
        self.assertEqual(self.ada.take()[-1]["reply_to"], 1)
        self.assert_refused(self.bob.say("x", "den", reply_to=3), "no_such_message")
        self.assert_refused(self.cleo.say("x", "garden", reply_to=1), "no_such_message")
        for bad in (0, -1, 1.5, "1", 2**53):
            self.assert_refused(self.bob.say("x", "den", reply_to=bad), "bad_request")

    def test_a_message_is_not_seen_or_answered_before_it_is_durable(self) -> None:
        """Then all at once: one commit, one order."""
        self.server.store.hold()
        for n in range(3):
            self.ada.send("say", room="den", text=f"a{n}", ref=f"{n}")
            self.bob.send("say", room="den", text=f"b{n}")
        self.assertEqual((self.ada.take(), self.bob.take()), ([], []))
        self.server.store.release()
        heard = self.ada.take()
        self.assertEqual([message["text"] for message in heard[:6]], ["a0", "b0", "a1", "b1", "a2", "b2"])
        self.assertEqual(
            [(done["ref"], done["offset"]) for done in heard[6:]], [("0", 1), ("1", 3), ("2", 5)]
        )
        self.assertEqual([message["offset"] for message in self.bob.take("message")], list(range(1, 7)))

    def test_a_commit_of_several_rooms_reaches_each_as_one_piece(self) -> None:
        """Whoever is in both gets both."""
        self.ada.join("garden")
        self.server.store.hold()
        for n in range(3):
            self.bob.send("say", room="den", text=f"d{n}")
            self.cleo.send("say", room="garden", text=f"g{n}")
        self.server.store.release()
        self.assertEqual(self.ada.hears(), ["d0", "d1", "d2", "g0", "g1", "g2"])
        self.assertEqual(self.bob.hears(), ["d0", "d1", "d2"])

    def test_a_full_disk_refuses_what_is_said_and_nothing_else(self) -> None:
        """Nobody sees it, reading goes on, and it heals by itself."""
        self.ada.say("one", "den")
        self.bob.take()
        self.server.store.inner.read_only = "the disk is full"
        refused = self.ada.say("two", "den", cid="c")
        self.assert_refused(refused, "read_only")
        self.assertGreater(refused["retry_after"], 0)
        self.assertEqual(self.bob.take(), [])
        self.assertEqual(len(self.bob.ask("history", room="den")["events"]), 1)
        self.server.store.inner.read_only = None
        self.assertEqual(self.ada.say("two", "den", cid="c")["offset"], 2)

    def test_people_go_while_the_disk_is_full(self) -> None:
        """That they were here cannot be noted, and that is no failure."""
        self.server.store.inner.read_only = "the disk is full"
        self.cleo.lose()
        self.server.advance(20)
        self.assertNotIn(self.cleo.id, self.server.hub.presence.people)


class CidTest(ChatTestCase):
    """
    Sending again is safe.
    """

    def setUp(self) -> None:
        """Ada and bob are in the den."""
        super().setUp()
        self.ada, self.bob = (self.server.person(name, "den", "garden") for name in ("ada", "bob"))
        self.ada.take()

    def test_the_same_cid_is_one_message(self) -> None:
        """However it is sent again: untrimmed, on another connection, after a restart, once one has left."""
        first = self.ada.say("hi", "den", cid="c1")
        self.ada.say("other", "den")
        self.assertEqual(self.ada.say(" hi\r\n", "DEN", cid="c1"), first)
        self.assertEqual(self.server.again(self.ada, "den").say("hi", "den", cid="c1"), first)
        self.assertEqual(self.bob.hears(), ["hi", "other"])
        self.server.restart()
        again = self.server.again(self.ada, "den")
        self.assertEqual(again.say("hi", "den", cid="c1"), first)

    def test_a_cid_that_is_sent_twice_before_the_commit(self) -> None:
        """Both are answered alike, after the one message."""
        self.server.store.hold()
        for ref in "ab":
            self.ada.send("say", room="den", text="hi", cid="c", ref=ref)
        self.server.store.release()
        message, *done = self.ada.take()
        self.assertEqual(message["type"], "message")
        self.assertEqual([each.pop("ref") for each in done], ["a", "b"])
        self.assertEqual(done[0], done[1])

    def test_another_body_under_the_same_cid_is_refused(self) -> None:
        """Another text, room or message replied to."""
        self.ada.say("hi", "den")
        self.ada.say("hi", "den", cid="c")
        for body in ({"text": "ho"}, {"room": "garden"}, {"reply_to": 1}, {"room": self.bob.private}):
            fields = {"room": "den", "text": "hi", "cid": "c", **body}
            self.assert_refused(self.ada.ask("say", **fields), "cid_conflict")
        self.assertEqual(self.bob.hears(), ["hi", "hi"])

    def test_nobody_can_spend_the_cid_of_another(self) -> None:
        """It is the author's own."""
        self.ada.say("hi", "den", cid="c")
        self.assertEqual(self.bob.say("ho", "den", cid="c")["offset"], 2)

    def test_a_cid_is_printable_ascii(self) -> None:
        """1 to 64 characters."""
        for cid in ("", "x" * 65, "a\n", "\x7f", "ä", "\t", 7):
            self.assert_refused(self.ada.say("hi", "den", cid=cid), "bad_request")
        for cid in (" ", "x" * 64, '"\\', None):
            self.assertEqual(self.ada.say("hi", "den", cid=cid)["type"], "done")

    def test_rights_are_looked_at_before_the_cid(self) -> None:
        """A refusal says nothing about an earlier try."""
        self.ada.say("hi", "den", cid="c")
        self.ada.ask("leave", room="den")
        self.assert_refused(self.ada.say("hi", "den", cid="c"), "not_member")


class PrivateTest(ChatTestCase):
    """
    Messages between two people.
    """

    def setUp(self) -> None:
        """Ada is here twice, bob twice, cleo once."""
        super().setUp()
        self.ada, self.bob, self.cleo = (self.server.person(n, "lobby") for n in ("ada", "bob", "cleo"))
        self.ada2, self.bob2 = self.server.again(self.ada), self.server.again(self.bob)
        for client in self.server.clients:
            client.take()

    def test_a_private_message_reaches_all_connections_of_both_and_nobody_else(self) -> None:
        """Each side sees the room under the other's id, with the other."""
        self.ada.send("say", room=self.bob.private, text="psst", ref="r")
        mine, done = self.ada.take()
        self.assertEqual(
            mine,
            {
                "type": "message",
                "room": self.bob.private,
                "offset": 1,
                "id": done["id"],
                "at": "2027-01-15T08:00:00.123Z",
                "from": self.ada.face,
                "text": "psst",
                "with": self.bob.face,
            },
        )
        self.assertEqual(
            done, {"type": "done", "ref": "r", "room": self.bob.private, "offset": 1, "id": mine["id"]}
        )
        self.assertEqual(self.ada2.take(), [mine])
        theirs = {**mine, "room": self.ada.private, "with": self.ada.face}
        self.assertEqual(self.bob.take(), [theirs])
        self.assertEqual(self.bob2.take(), [theirs])
        self.assertEqual(self.cleo.take(), [])

    def test_both_write_into_one_log(self) -> None:
        """The offsets go on from one to the other."""
        self.ada.say("one", self.bob.private)
        self.assertEqual(self.bob2.say("two", self.ada.private)["offset"], 2)
        self.assertEqual(self.ada.say("three", self.bob.private, reply_to=2)["offset"], 3)
        for client in (self.ada, self.ada2, self.bob, self.bob2):
            self.assertEqual(client.hears(), ["one", "two", "three"])

    def test_one_can_write_to_somebody_who_is_away(self) -> None:
        """They find it when they come back, also after a restart."""
        for client in (self.bob, self.bob2):
            client.lose()
        self.server.advance(20)
        self.ada.say("call me", self.bob.private)
        for _ in range(2):
            back = self.server.connect()
            rooms = back.hello(token=self.bob.token)["rooms"]
            self.assertEqual((rooms[1]["room"], rooms[1]["head"]), (self.ada.private, 1))
            self.assertEqual(back.take(), [])
            joined = back.ask("join", room=self.ada.private, after=0, epoch=self.server.store.epoch)
            self.assertTrue(joined["recovered"])
            self.assertEqual(back.hears(), ["call me"])
            self.server.restart()

    def test_nobody_else_can_read_it_by_any_command(self) -> None:
        """Nor tell that it exists: every answer is as if the two had never talked."""
        without = self.tried(self.cleo)
        self.ada.say("psst", self.bob.private)
        self.bob.say("yes?", self.ada.private)
        self.assertEqual(self.tried(self.cleo), without)
        self.assertEqual(self.cleo.take(), [])
        pair = next(key for key in self.server.hub.rooms if key.startswith("@"))
        for room in (pair, pair[1:], f"{self.ada.private}:{self.bob.id}"):
            for kind, more in (("join", {}), ("history", {}), ("who", {}), ("leave", {}), ("typing", {})):
                self.assertIn(self.cleo.ask(kind, room=room, **more)["code"], ("no_such_person", "bad_name"))
        self.assertNotIn("psst", str(self.tried(self.server.watcher("lobby"))))

    def tried(self, client: Client) -> list[dict[str, Any]]:
        """What one gets for all that one can ask about the two."""
        answers = [client.ask("rooms"), client.ask("rooms", after="@")]
        for other in (self.ada, self.bob):
            for kind in ("join", "history", "who"):
                answers.append(client.ask(kind, room=other.private))
        answers += client.take()
        answers.append(self.server.connect().hello(**({"token": client.token} if client.token else {})))
        return answers

    def test_there_is_no_private_room_with_oneself_or_nobody(self) -> None:
        """`bad_request` and `no_such_person`."""
        for ask in (
            lambda room: self.ada.say("hi", room),
            lambda room: self.ada.ask("join", room=room),
            lambda room: self.ada.ask("history", room=room),
            lambda room: self.ada.ask("who", room=room),
            lambda room: self.ada.ask("typing", room=room),
            lambda room: self.ada.ask("read", room=room, offset=0),
        ):
            self.assert_refused(ask(self.ada.private), "bad_request")
            for room in ("@aaaaaaaaaaaaaaaa", "@", "@bob", f"@{self.bob.id.upper()}", f"@{self.bob.id}x"):
                self.assert_refused(ask(room), "no_such_person")
        self.assertEqual([key for key in self.server.hub.rooms if key.startswith("@")], [])

    def test_a_private_room_can_be_joined_before_and_after_anything_was_said(self) -> None:
        """Its members are the two, and it is heard from the position on."""
        joined = self.ada.ask("join", room=self.bob.private)
        self.assertCountEqual(joined.pop("members"), [self.ada.face, self.bob.face])
        expected = {
            "type": "joined",
            "room": self.bob.private,
            "topic": "",
            "epoch": self.server.store.epoch,
            "head": 0,
            "read": 0,
            "recovered": False,
            "count": 2,
            "with": self.bob.face,
        }
        self.assertEqual(joined, expected)
        self.assertEqual(self.ada.take(), [{"type": "live", "room": self.bob.private, "offset": 0}])
        for n in range(1, 5):
            self.bob.say(f"m{n}", self.ada.private)
        self.assertEqual(self.ada.hears(), ["m1", "m2", "m3", "m4"])
        again = self.ada.ask("join", room=self.bob.private, after=2, epoch=self.server.store.epoch)
        self.assertEqual((again["recovered"], again["head"]), (True, 4))
        self.assertEqual(self.ada.hears(), ["m3", "m4"])
        self.ada.ask("join", room=self.bob.private, limit=1)
        self.assertEqual(self.ada.hears(), ["m4"])
        self.assertEqual(self.bob.take("present", "absent", "members", "count"), [])

    def test_a_conversation_in_which_nothing_was_said_is_joined_and_keeps_nothing(self) -> None:
        """However many somebody joins; its first message is heard all the same."""
        rooms = set(self.server.hub.rooms)
        others = [self.server.person(f"p{n}") for n in range(150)]
        for other in others:
            self.assertEqual(self.ada.ask("join", room=other.private)["type"], "joined")
            self.assertEqual(self.ada.take("live"), [{"type": "live", "room": other.private, "offset": 0}])
            self.server.advance(0.1)
        self.assertEqual(set(self.server.hub.rooms), rooms)
        self.assertEqual(set(self.ada.session.cursors.rooms), {"lobby"})
        self.assertEqual(self.server.hub._private_rooms, {})
        others[0].say("one", self.ada.private)
        self.ada.say("two", others[0].private)
        self.assertEqual((self.ada.hears(), others[0].hears()), (["one", "two"], ["one", "two"]))
        self.assertEqual(self.ada.ask("join", room=others[0].private)["head"], 2)

    def test_a_first_message_that_comes_while_one_joins_is_heard_from_there_on(self) -> None:
        """Whether it is stored before one is told that one has joined, or right after."""
        for late in (False, True):
            other = self.server.person(f"other{late}")
            self.server.store.reads_wait = True
            self.ada.send("join", room=other.private)
            if late:
                self.server.store.answer_reads(1)
            self.server.store.reads_wait = False
            other.send("say", room=self.ada.private, text="first")
            self.server.store.answer_reads()
            told = [each["type"] for each in self.ada.take()]
            self.assertCountEqual(told[told.index("joined") :], ["joined", "message", "live"])
            other.say("second", self.ada.private)
            self.assertEqual(self.ada.hears(), ["second"])

    def test_a_private_room_is_heard_on_every_connection_that_comes_later(self) -> None:
        """Without a join."""
        self.ada.say("one", self.bob.private)
        third = self.server.again(self.bob)
        self.ada.say("two", self.bob.private)
        self.assertEqual(third.hears(), ["two"])

    def test_going_from_a_private_room_is_no_notice_in_it(self) -> None:
        """Only the lobby is told."""
        self.ada.say("one", self.bob.private)
        self.bob.take()
        for client in (self.ada, self.ada2):
            client.lose()
        self.server.advance(20)
        self.assertEqual([absent["room"] for absent in self.bob.take()], ["lobby"])

    def test_the_two_are_read_from_the_store_once_for_many_messages(self) -> None:
        """While one of them is here the room stays in memory."""
        self.ada.say("one", self.bob.private)
        self.server.store.reads.clear()
        self.ada.say("two", self.bob.private)
        self.bob.say("three", self.ada.private)
        self.assertEqual(self.server.store.reads, [])

    def test_private_messages_keep_their_order_while_the_room_is_looked_up(self) -> None:
        """What is sent after them waits, and so does a message to another room."""
        self.server.store.reads_wait = True
        for n in range(3):
            self.ada.send("say", room=self.bob.private, text=f"m{n}")
        self.ada.send("say", room="lobby", text="later")
        self.assertEqual(self.ada.take(), [])
        self.server.store.answer_reads()
        self.assertEqual(self.ada.hears(), ["m0", "m1", "m2", "later"])

    def test_a_connection_lost_while_its_private_message_is_on_its_way(self) -> None:
        """At each step; what was handed to the store is said."""
        self.server.store.reads_wait = True
        self.ada.send("say", room=self.bob.private, text="m0")
        self.ada.lose()
        self.server.store.answer_reads()
        self.server.store.hold()
        self.ada2.send("say", room=self.bob.private, text="m1")
        self.ada2.lose()
        self.server.store.release()
        self.assertEqual(self.bob.hears()[-1], "m1")

    def test_a_guest_who_was_forgotten_is_no_such_person(self) -> None:
        """Also if that happens between the look and the write."""
        self.cleo.lose()
        self.server.advance(20)
        self.server.wall_ms += 60_000
        self.server.store.hold()
        self.server.store.touch((self.ada.id, self.bob.id))
        self.server.store.forget_guests(30)
        self.ada.send("say", room=self.cleo.private, text="hi", ref="r")
        self.server.store.release()
        self.assert_refused(self.ada.take("refused")[0], "no_such_person")


class HistoryTest(ChatTestCase):
    """
    Pages of a log.
    """

    def setUp(self) -> None:
        """There are 120 messages in the den."""
        super().setUp()
        self.ada = self.server.person("ada")
        self.fill("Den", 120)
        self.ada.join("den")

    def fill(self, room: str, count: int, text: str = "x") -> None:
        """Have somebody say so many things."""
        author = Author(PersonId("aaaaaaaaaaaaaaaa"), "eva")
        for _ in range(count):
            self.server.store.append(Draft(RoomKey(room.lower()), room, author, text))

    def page(self, **fields: Any) -> tuple[list[int], bool]:
        """The offsets on a page, and whether there is more."""
        reply = self.ada.ask("history", room="den", **fields)
        self.assertEqual((reply["type"], reply["room"]), ("page", "Den"), reply)
        return [event["offset"] for event in reply["events"]], reply["more"]

    def test_pages_are_ascending_and_exclusive(self) -> None:
        """The newest, before and after an offset, at both ends and beyond them."""
        for fields, first, last, more in (
            ({}, 71, 120, True),
            ({"limit": 200}, 1, 120, False),
            ({"limit": 120}, 1, 120, False),
            ({"limit": 119}, 2, 120, True),
            ({"before": 71}, 21, 70, True),
            ({"before": 21}, 1, 20, False),
            ({"before": 1}, 1, 0, False),
            ({"before": 0}, 1, 0, False),
            ({"before": 121, "limit": 1}, 120, 120, True),
            ({"before": 500, "limit": 2}, 119, 120, True),
            ({"after": 0}, 1, 50, True),
            ({"after": 70}, 71, 120, False),
            ({"after": 69}, 70, 119, True),
            ({"after": 120}, 1, 0, False),
            ({"after": 2**53 - 1}, 1, 0, False),
        ):
            self.assertEqual(self.page(**fields), (list(range(first, last + 1)), more), fields)

    def test_before_and_after_together_are_a_bad_request(self) -> None:
        """At most one of them."""
        self.assert_refused(self.ada.ask("history", room="den", before=9, after=3), "bad_request")

    def test_a_page_is_of_one_to_two_hundred_messages(self) -> None:
        """Anything else is a bad request."""
        for fields in ({"limit": 0}, {"limit": 201}, {"before": -1}, {"after": -1}, {"after": 2**53}):
            self.assert_refused(self.ada.ask("history", room="den", **fields), "bad_request")

    def test_a_page_has_messages_as_they_are_heard(self) -> None:
        """The same object as in the room."""
        self.ada.say("hi", "den")
        (message,) = self.ada.take()
        page = self.ada.ask("history", room="den", limit=1)
        self.assertEqual(page, {"type": "page", "room": "Den", "events": [message], "more": True})

    def test_a_page_is_of_256_kib_at_most(self) -> None:
        """By what it takes on the wire, from either end; it is dense and goes on where it ended."""
        self.fill("Hall", 120, "\U0001f600" * 4000)
        self.ada.join("hall")
        before = self.ada.bytes_written
        new = self.ada.ask("history", room="hall", limit=200)
        size = self.ada.bytes_written - before
        self.assertLessEqual(size, PAGE_BYTES)
        self.assertGreater(size, PAGE_BYTES * 3 / 4)
        offsets = [event["offset"] for event in new["events"]]
        self.assertEqual(offsets, list(range(121 - len(offsets), 121)))
        old = self.ada.ask("history", room="hall", after=0, limit=200)
        self.assertEqual([event["offset"] for event in old["events"]], list(range(1, len(offsets) + 1)))
        self.assertTrue(new["more"] and old["more"])

    def test_one_has_to_be_in_the_room(self) -> None:
        """Whether it exists or not."""
        for room in ("lobby", "nowhere"):
            self.assert_refused(self.ada.ask("history", room=room), "not_member")

    def test_private_rooms_need_no_join(self) -> None:
        """Before and after the first message."""
        bob = self.server.person("bob")
        empty = {"type": "page", "room": bob.private, "events": [], "more": False}
        self.assertEqual(self.ada.ask("history", room=bob.private), empty)
        self.ada.say("psst", bob.private)
        (heard,) = self.ada.take()
        self.assertEqual(self.ada.ask("history", room=bob.private)["events"], [heard])


class TypingTest(ChatTestCase):
    """
    Telling others that one is writing.
    """

    def test_others_are_told_at_most_every_three_seconds(self) -> None:
        """Each writer and each room by itself; not oneself, on no connection."""
        ada, bob = (self.server.person(name, "Den", "garden") for name in ("ada", "bob"))
        second = self.server.again(ada, "den")
        ada.take()
        told = {"type": "typing", "room": "Den", "who": ada.face}
        for _ in range(3):
            self.assertEqual(ada.ask("typing", room="den"), {"type": "done"})
        self.assertEqual(second.ask("typing", room="den"), {"type": "done"})
        self.assertEqual(bob.take(), [told])
        ada.ask("typing", room="garden")
        bob.ask("typing", room="den")
        self.assertEqual([each["room"] for each in bob.take()], ["garden"])
        self.assertEqual([each["who"] for each in ada.take()], [bob.face])
        self.server.advance(2.75)
        ada.ask("typing", room="den")
        self.assertEqual(bob.take(), [])
        self.server.advance(0.25)
        ada.ask("typing", room="den")
        self.assertEqual(bob.take(), [told])
        self.assertEqual(second.take("typing")[0]["who"], bob.face)

    def test_many_rooms_at_once_are_all_told(self) -> None:
        """What is remembered of each writer stays small."""
        rooms = [f"room{n}" for n in range(40)]
        ada, bob = (self.server.person(name, *rooms) for name in ("ada", "bob"))
        for room in rooms:
            self.server.advance(0.25)
            ada.ask("typing", room=room)
        self.assertEqual([each["room"] for each in bob.take("typing")], rooms)
        self.assertLessEqual(len(self.server.hub.presence.people[ada.id]._typed), 17)

    def test_in_private_only_the_other_is_told(self) -> None:
        """On all their connections, if they are here."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob2 = self.server.again(bob)
        for _ in range(2):
            self.assertEqual(ada.ask("typing", room=bob.private), {"type": "done"})
        told = [{"type": "typing", "room": ada.private, "who": ada.face}]
        self.assertEqual((bob.take(), bob2.take(), ada.take()), (told, told, []))
        bob.lose()
        bob2.lose()
        self.server.advance(20)
        self.assertEqual(ada.ask("typing", room=bob.private), {"type": "done"})

    def test_one_has_to_be_in_the_room(self) -> None:
        """Whether it exists or not."""
        ada = self.server.person("ada")
        for room in ("lobby", "nowhere"):
            self.assert_refused(ada.ask("typing", room=room), "not_member")


class ReadTest(ChatTestCase):
    """
    Read markers.
    """

    def setUp(self) -> None:
        """Ada is in the den twice, bob once; there are three messages."""
        super().setUp()
        self.ada, self.bob = (self.server.person(name, "Den") for name in ("ada", "bob"))
        self.ada2 = self.server.again(self.ada, "den")
        for n in range(3):
            self.bob.say(f"m{n}", "den")
        for client in self.server.clients:
            client.take()

    def test_a_marker_is_told_to_ones_other_connections_and_nobody_else(self) -> None:
        """At once."""
        third = self.server.again(self.ada)
        self.assertEqual(self.ada.ask("read", room="DEN", offset=2), {"type": "done"})
        told = [{"type": "read", "room": "Den", "offset": 2, "unread": 1}]
        self.assertEqual((self.ada2.take(), third.take()), (told, told))
        self.assertEqual((self.ada.take(), self.bob.take()), ([], []))

    def test_a_marker_only_grows(self) -> None:
        """A smaller or equal one is no news."""
        self.ada.ask("read", room="den", offset=2)
        self.ada2.take()
        for offset in (0, 1, 2):
            self.assertEqual(self.ada.ask("read", room="den", offset=offset), {"type": "done"})
        self.assertEqual(self.ada2.take(), [])
        self.assertEqual(self.ada2.ask("join", room="den")["read"], 2)
        self.assertEqual(self.bob.ask("join", room="den")["read"], 0)

    def test_a_marker_above_the_head_is_a_bad_request(self) -> None:
        """There is nothing there to have read."""
        self.assert_refused(self.ada.ask("read", room="den", offset=4), "bad_request")
        self.assert_refused(self.ada.ask("read", room="den", offset=-1), "bad_request")
        self.assertEqual(self.ada.ask("read", room="den", offset=3), {"type": "done"})

    def test_a_marker_is_there_when_one_comes_back(self) -> None:
        """Also after a restart, and it still only grows."""
        self.ada.ask("read", room="den", offset=2)
        self.server.restart()
        ada, ada2 = self.server.again(self.ada), self.server.again(self.ada)
        self.assertEqual(ada.ask("join", room="den")["read"], 2)
        ada.ask("read", room="den", offset=1)
        self.assertEqual(ada2.take(), [])
        ada.ask("read", room="den", offset=3)
        self.assertEqual(ada2.take(), [{"type": "read", "room": "Den", "offset": 3}])

    def test_a_marker_in_a_private_room_is_ones_own(self) -> None:
        """The other is not told."""
        self.assert_refused(self.ada.ask("read", room=self.bob.private, offset=1), "bad_request")
        self.bob.say("psst", self.ada.private)
        self.ada.ask("read", room=self.bob.private, offset=1)
        self.assertEqual(self.ada2.take("read"), [{"type": "read", "room": self.bob.private, "offset": 1}])
        self.assertEqual(self.bob.take("read"), [])
        self.assertEqual(self.ada.ask("join", room=self.bob.private)["read"], 1)
        self.assertEqual(self.bob.ask("join", room=self.ada.private)["read"], 0)

    def test_a_marker_takes_effect_before_what_is_asked_next(self) -> None:
        """Also in a private room that has to be looked up."""
        self.bob.say("psst", self.ada.private)
        self.server.restart()
        ada = self.server.again(self.ada)
        self.server.store.reads_wait = True
        ada.send("read", room=self.bob.private, offset=1)
        ada.send("join", room=self.bob.private)
        self.server.store.answer_reads()
        done, joined = ada.take("done", "joined")
        self.assertEqual((done["type"], joined["read"]), ("done", 1))

    def test_one_has_to_be_in_the_room(self) -> None:
        """Whether it exists or not."""
        for room in ("lobby", "nowhere"):
            self.assert_refused(self.ada.ask("read", room=room, offset=0), "not_member")


class TutorialTest(ChatTestCase):
    """
    The tutorial's wire and the rest of the lobby.
    """

    def test_what_is_said_there_reaches_all_of_that_wire_as_it_was_sent(self) -> None:
        """The sender included, in that key order."""
        ada, bob = self.server.tutorial(), self.server.tutorial()
        ada.send(email="a@b.c", username=" Ada <b> ", message=" hi\r\n")
        line = b'{"email":"a@b.c","username":" Ada <b> ","message":" hi\\r\\n"}\n'
        self.assertEqual((ada._written, bob._written), ([line], [line]))

    def test_it_is_an_event_of_the_lobby(self) -> None:
        """Under the id of the connection, with `via`, and without the e-mail address."""
        ada = self.server.person("ada", "lobby")
        tutorial = self.server.tutorial()
        for name in ("Bob", "Rob"):
            tutorial.send(email="b@c.d", username=name, message=" hi ")
        first, second = ada.take()
        self.assertEqual(
            first["from"],
            {"id": first["from"]["id"], "name": "Bob", "avatar": first["from"]["avatar"], "via": "tutorial"},
        )
        self.assertEqual((first["text"], first["room"], first["offset"]), ("hi", "lobby", 1))
        self.assertEqual((second["from"]["id"], second["from"]["name"]), (first["from"]["id"], "Rob"))
        page = ada.ask("history", room="lobby")
        self.assertEqual(page["events"], [first, second])
        self.assertNotIn("b@c.d", str([page, first]))
        self.server.tutorial().send(username="Bob", message="ho")
        self.assertNotEqual(ada.take()[0]["from"]["id"], first["from"]["id"])

    def test_what_others_say_in_the_lobby_reaches_it(self) -> None:
        """With their name, text and, if they gave one in `hello`, e-mail address; no other room does."""
        tutorial = self.server.tutorial()
        ada = self.server.connect()
        ada.hello(name="ada", email="ada@example.org")
        bob = self.server.person("bob", "lobby", "den")
        ada.join("lobby")
        ada.say(" hi ")
        bob.say("ho")
        bob.say("not here", "den")
        self.assertEqual(
            tutorial.take(),
            [
                {"email": "ada@example.org", "username": "ada", "message": "hi"},
                {"email": "", "username": "bob", "message": "ho"},
            ],
        )
        self.assertNotIn("ada@example.org", str(bob.take()))
        self.assertNotIn("ada@example.org", str(self.server.store.inner._rooms.logs))
        ada.hello(email="")
        ada.say("again")
        self.assertEqual(tutorial.take()[0]["email"], "")

    def test_it_has_no_presence_no_history_and_no_notices(self) -> None:
        """Nothing but messages, from when it is open."""
        ada = self.server.person("ada", "lobby")
        ada.say("before")
        tutorial = self.server.tutorial()
        self.server.person("bob", "lobby").ask("typing", room="lobby")
        self.assertEqual(ada.ask("who", room="lobby")["count"], 2)
        tutorial.lose()
        self.server.advance(20)
        self.assertEqual(tutorial.take(), [])
        self.assertEqual(tutorial.bytes_written, 0)
        self.assertEqual(ada.take("absent"), [])

    def test_a_blank_message_is_ignored(self) -> None:
        """White space alone, or nothing."""
        tutorial = self.server.tutorial()
        for message in ("", " ", "\r\n\t", "\u3000", None):
            tutorial.send(username="x", message=message)
        tutorial.send(username="x")
        self.assertEqual(tutorial.take(), [])
        self.assertEqual(self.server.hub.rooms["lobby"].head, 0)
        self.assertIsNone(tutorial.closed)

    def test_a_hostile_name_is_shown_without_what_hides_in_it(self) -> None:
        """Cut to 32 characters, `guest` if nothing is left; the tutorial's clients get it as it was sent."""
        ada, tutorial = self.server.person("ada", "lobby"), self.server.tutorial()
        for name, shown in {
            "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
            "\u202eada\u2066\x00\x1b[1m": "ada[1m",
            "\u200b\u200d\ufeff \u3164": "guest",
            "": "guest",
            "  two  words ": "two  words",
            "x" * 40: "x" * 32,
            "e" + "\u0301" * 3999: "e" + "\u0301" * 31,
            "x" * 31 + " y": "x" * 31,
            "admin": "admin",
        }.items():
            self.server.advance(1)
            tutorial.send(username=name, message="hi")
            self.assertEqual(ada.take("message")[0]["from"]["name"], shown)
            self.assertEqual(tutorial.take()[0]["username"], name)

    def test_a_slow_one_gets_name_and_text_as_the_log_has_them(self) -> None:
        """Once the message has left memory, and without an e-mail address."""
        ada, bob = self.server.tutorial(), self.server.tutorial()
        ada.fill()
        bob.send(email="b@c.d", username=" Bob\u200b ", message=" hi ")
        self.server.hub.rooms["lobby"].tail.entries.clear()
        bob.send(email="b@c.d", username=" Bob\u200b ", message=" ho ")
        ada.drain()
        self.assertEqual(
            ada.take(),
            [
                {"email": "", "username": "Bob", "message": "hi"},
                {"email": "b@c.d", "username": " Bob\u200b ", "message": " ho "},
            ],
        )

    def test_a_message_that_could_not_be_kept_closes_the_connection(self) -> None:
        """With 1011, for a full disk and for a failure; there are no refusals on this wire."""
        full, failed = self.server.tutorial(), self.server.tutorial()
        self.server.store.inner.read_only = "the disk is full"
        full.send(username="x", message="hi")
        self.server.store.inner.read_only = None
        logs, self.server.store.inner._rooms.logs = self.server.store.inner._rooms.logs, None
        failed.send(username="x", message="hi")
        self.server.store.inner._rooms.logs = logs
        self.assertEqual(full.closed, (1011, "internal_error"))
        self.assertEqual(failed.closed, (1011, "internal_error"))
        self.assertEqual(full.take() + failed.take(), [])
        self.assertEqual(len(self.server.reported), 1)
        self.server.reported.clear()
