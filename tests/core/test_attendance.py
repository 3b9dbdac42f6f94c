"""
Coming into rooms, going from them, and asking who and what is there.
"""

from __future__ import annotations

from typing import Any

from chatd.core.events import Author, Change, Draft
from chatd.core.names import PersonId, room_key
from chatd.core.records import MOST_JOINED
from chatd.core.rights import FOR_EVER
from tests.core.clients import FAR_AWAY, ChatTestCase, Client, Server


def offsets(messages: list[dict[str, Any]]) -> list[int]:
    """
    The offsets of the events among messages.
    """
    return [message["offset"] for message in messages if message["type"] == "message"]


class JoinTest(ChatTestCase):
    """
    From where on one hears a room.
    """

    def setUp(self) -> None:
        """Ada has said ten things in the garden."""
        super().setUp()
        self.ada = self.server.person("ada", "Garden")
        self.ids = [self.ada.say(f"m{n}", "Garden")["id"] for n in range(1, 11)]
        self.ada.take()
        self.bob = self.server.person("bob")
        self.epoch = self.server.store.epoch

    def join(self, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The reply to bob's join, and what comes after it, without presence."""
        reply = self.bob.ask("join", room="garden", **fields)
        return reply, self.bob.take()

    def test_whoever_joins_is_told_all_about_the_room_and_then_its_last_messages(self) -> None:
        """The whole of a first `join`, field by field."""
        self.bob.send("join", room="garden", ref="r")
        joined, *events, live = self.bob.take()
        self.assertEqual(
            joined,
            {
                "type": "joined",
                "ref": "r",
                "room": "Garden",
                "topic": "",
                "epoch": self.epoch,
                "head": 10,
                "read": 0,
                "recovered": False,
                "count": 2,
                "members": [self.ada.face, self.bob.face],
            },
        )
        self.assertEqual(offsets(events), list(range(1, 11)))
        self.assertEqual(live, {"type": "live", "room": "Garden", "offset": 10})
        self.assertEqual(self.ada.take(), [{"type": "present", "room": "Garden", "who": self.bob.face}])

    def test_a_limit_says_how_many_of_the_last_messages_come(self) -> None:
        """From none to more than there are."""
        for limit, first in ((0, 11), (1, 10), (4, 7), (10, 1), (200, 1)):
            reply, heard = self.join(limit=limit)
            self.assertFalse(reply["recovered"])
            self.assertEqual(offsets(heard), list(range(first, 11)))
            self.assertEqual(heard[-1], {"type": "live", "room": "Garden", "offset": 10})

    def test_without_a_limit_fifty_messages_come(self) -> None:
        """The default."""
        self.server.advance(60)
        for n in range(11, 61):
            self.server.advance(0.2)
            self.ada.say(f"m{n}", "Garden")
        _, heard = self.join()
        self.assertEqual(offsets(heard), list(range(11, 61)))

    def test_a_limit_out_of_bounds_is_a_bad_request(self) -> None:
        """It is 0 to 200."""
        for limit in (-1, 201, 1.5, "5", None):
            self.assert_refused(self.bob.ask("join", room="garden", limit=limit), "bad_request")

    def test_a_position_is_answered_with_all_that_came_after_it(self) -> None:
        """With or without the id of the event there, from the start to the head."""
        for after in range(11):
            for known in ({}, {"id": self.ids[after - 1]} if after else {"id": "anything"}):
                reply, heard = self.join(after=after, epoch=self.epoch, **known)
                self.assertTrue(reply["recovered"])
                self.assertEqual(reply["head"], 10)
                self.assertEqual(offsets(heard), list(range(after + 1, 11)))
                self.assertEqual(heard[-1]["type"], "live")

    def test_a_position_that_cannot_be_kept_is_a_fresh_start(self) -> None:
        """Another epoch, beyond the head, or another event there."""
        for position in (
            {"after": 5, "epoch": "another"},
            {"after": 11, "epoch": self.epoch},
            {"after": 2**53 - 1, "epoch": self.epoch},
            {"after": 5, "epoch": self.epoch, "id": self.ids[5]},
            {"after": 10, "epoch": self.epoch, "id": "another"},
        ):
            reply, heard = self.join(limit=3, **position)
            self.assertFalse(reply["recovered"])
            self.assertEqual(offsets(heard), [8, 9, 10])

    def test_an_epoch_without_a_position_is_a_fresh_start(self) -> None:
        """There is nothing to go on from."""
        reply, heard = self.join(epoch=self.epoch, limit=1)
        self.assertFalse(reply["recovered"])
        self.assertEqual(offsets(heard), [10])

    def test_a_position_without_an_epoch_is_a_bad_request(self) -> None:
        """A position is both."""
        reply, _ = self.join(after=3)
        self.assert_refused(reply, "bad_request")
        self.assertEqual(self.bob.ask("history", room="garden")["code"], "not_member")

    def test_a_room_without_events_can_be_gone_on_with_from_its_start_alone(self) -> None:
        """Offset 0 of this epoch is a position in it."""
        for after, recovered in ((0, True), (1, False)):
            reply = self.bob.ask("join", room="den", after=after, epoch=self.epoch)
            self.assertEqual((reply["recovered"], reply["head"]), (recovered, 0))
            self.assertEqual(self.bob.take(), [{"type": "live", "room": "den", "offset": 0}])

    def test_joining_again_starts_anew_and_is_no_news(self) -> None:
        """One is still one member, and hears each new event once."""
        self.join()
        self.ada.take()
        reply, heard = self.join(after=8, epoch=self.epoch)
        self.assertEqual((reply["count"], offsets(heard)), (2, [9, 10]))
        self.assertEqual(self.ada.say("new", "Garden")["offset"], 11)
        self.assertEqual(self.bob.hears(), ["new"])
        self.assertEqual(self.ada.kinds(), ["message"])

    def test_joining_in_the_middle_of_traffic_has_no_seam(self) -> None:
        """What is said between the store's look and its answer comes once, after `live`."""
        self.server.store.reads_wait = True
        self.bob.send("join", room="garden", limit=2, ref="j")
        for n in (11, 12):
            self.ada.say(f"m{n}", "Garden")
        self.assertEqual(self.bob.take(), [])
        self.server.store.answer_reads()
        heard = self.bob.take()
        self.assertEqual(
            [(message["type"], message.get("offset", message.get("head"))) for message in heard],
            [
                ("joined", 10),
                ("message", 9),
                ("message", 10),
                ("live", 10),
                ("message", 11),
                ("message", 12),
            ],
        )
        self.ada.say("m13", "Garden")
        self.assertEqual(offsets(self.bob.take()), [13])

    def test_joining_while_a_commit_is_not_told_yet_has_no_seam(self) -> None:
        """What the store shows before the room was told of it comes once, before `live`."""
        self.server.store.told_late = True
        self.ada.send("say", room="garden", text="m11")
        reply, heard = self.join(limit=2)
        self.assertEqual((reply["head"], offsets(heard)), (11, [10, 11]))
        self.assertEqual(heard[-1], {"type": "live", "room": "Garden", "offset": 11})
        self.server.store.tell()
        self.assertEqual(self.bob.take(), [])
        self.assertEqual(self.ada.kinds(), ["present", "message", "done"])

    def test_joining_again_in_the_middle_of_traffic_has_no_seam(self) -> None:
        """The old cursor serves until the new one begins."""
        self.join()
        self.server.store.reads_wait = True
        self.bob.send("join", room="garden", after=9, epoch=self.epoch)
        self.ada.say("m11", "Garden")
        self.assertEqual(offsets(self.bob.take()), [11])
        self.server.store.answer_reads()
        heard = self.bob.take()
        self.assertEqual([message["type"] for message in heard], ["joined", "message", "live", "message"])
        self.assertEqual(offsets(heard), [10, 11])

    def test_the_first_events_of_a_room_while_it_is_joined_have_no_seam(self) -> None:
        """The store said that the room has no event, and then it had."""
        cleo = self.server.person("cleo", "den")
        self.server.store.reads_wait = True
        for joining, position in ((self.bob, {}), (self.ada, {"after": 0, "epoch": self.epoch})):
            joining.send("join", room="den", **position)
        cleo.say("first", "den")
        self.server.store.answer_reads()
        for joining, recovered in ((self.bob, False), (self.ada, True)):
            joined = joining.take("joined")[0]
            self.assertEqual((joined["head"], joined["recovered"]), (1, recovered))
            self.assertEqual(joining.kinds()[:2], ["message", "live"])

    def test_the_first_joiner_makes_a_room_and_its_spelling(self) -> None:
        """It is the same room in every other spelling."""
        self.assertEqual(self.bob.ask("join", room="Den")["room"], "Den")
        reply = self.ada.ask("join", room="ＤＥＮ")
        self.assertEqual((reply["room"], reply["count"]), ("Den", 2))
        self.bob.take()
        self.ada.say("hi", "dEN")
        self.assertEqual(self.bob.take()[0]["room"], "Den")

    def test_two_who_make_a_room_at_once_are_in_the_same(self) -> None:
        """The first is the one who makes it."""
        self.server.store.reads_wait = True
        self.bob.send("join", room="Den")
        self.ada.send("join", room="DEN")
        self.server.store.answer_reads()
        self.assertEqual(self.bob.take("joined")[0]["room"], "Den")
        self.assertEqual(self.ada.take("joined")[0]["room"], "Den")
        self.assertEqual(self.bob.take("present"), [{"type": "present", "room": "Den", "who": self.ada.face}])

    def test_a_room_without_members_and_events_is_forgotten(self) -> None:
        """So the next who makes it gives it its spelling."""
        self.bob.join("Den")
        self.bob.ask("leave", room="den")
        self.assertNotIn("den", self.server.hub.rooms)
        self.assert_refused(self.ada.ask("who", room="den"), "no_such_room")
        self.assertEqual(self.ada.ask("join", room="DEN")["room"], "DEN")

    def test_a_room_with_events_stays_when_all_have_gone(self) -> None:
        """Its log and its spelling are kept."""
        self.ada.ask("leave", room="garden")
        self.assertNotIn("garden", self.server.hub.rooms)
        self.assertEqual(self.bob.ask("who", room="GARDEN"), {**NOBODY, "room": "Garden"})
        reply, heard = self.join()
        self.assertEqual((reply["room"], reply["head"], len(offsets(heard))), ("Garden", 10, 10))

    def test_a_bad_name_of_a_room_is_refused(self) -> None:
        """By every command that names one."""
        for name in ("", " ", "a b", "#den", "x" * 51, "a\u202eb", "\u0301", "a\nb"):
            self.assert_refused(self.bob.ask("join", room=name), "bad_name")
            self.assert_refused(self.bob.say("hi", name), "bad_name")
            for kind in ("leave", "history", "who", "typing"):
                self.assert_refused(self.bob.ask(kind, room=name), "bad_name")
            self.assert_refused(self.bob.ask("read", room=name, offset=0), "bad_name")

    def test_a_connection_is_in_a_hundred_public_rooms_at_most(self) -> None:
        """Joining one of them anew, and private rooms, are not counted."""
        for n in range(100):
            self.server.advance(0.1)
            self.assertEqual(self.bob.ask("join", room=f"room{n}")["type"], "joined")
        self.assert_refused(self.bob.ask("join", room="one-more"), "forbidden")
        self.assertEqual(self.bob.ask("join", room="room7")["type"], "joined")
        self.assertEqual(self.bob.ask("join", room=self.ada.private)["type"], "joined")
        self.bob.ask("leave", room="room7")
        self.assertEqual(self.bob.ask("join", room="one-more")["type"], "joined")

    def test_however_many_react_whoever_comes_in_briefly_sees_what_was_said(self) -> None:
        """And goes on from there as everybody else."""
        self.server = Server(message_rate=0)
        ada, bob = self.server.person("ada", "den"), self.server.person("bob", "den")
        for number in range(9):
            ada.say(f"m{number}", "den")
        for number in range(MOST_JOINED // 2):
            if number == 300:
                ada.say("m9", "den")
            for on in (True, False):
                bob.ask("react", room="den", offset=9, emoji="\U0001f44d", on=on)
        bob.ask("react", room="den", offset=8, emoji="\U0001f44d", on=True)
        bob.ask("pin", room="den", offset=8, on=True)
        bob.take()
        for more, heard in (({}, ["m9"]), ({"brief": True}, ["m6", "m7", "m8", "m9"])):
            late = self.server.person(f"late{len(more)}")
            joined = late.ask("join", room="den", limit=4, **more)
            events = late.take("message", "live", "reacted")
            self.assertEqual([event["text"] for event in events if event["type"] == "message"], heard)
            self.assertEqual((events[-1]["type"], events[-1]["offset"]), ("live", joined["head"]))
        self.assertEqual(len(events), 5)
        self.assertEqual([event["reactions"][0]["count"] for event in events if event.get("reactions")], [1])
        page = late.ask("history", room="den", before=events[0]["offset"], limit=4, brief=True)
        self.assertEqual([event["text"] for event in page["events"]], ["m2", "m3", "m4", "m5"])
        self.assertTrue(page["more"])
        # From `live` on nothing is left out, also not for whoever comes back.
        for number, on in enumerate((True, False), 1):
            bob.ask("react", room="den", offset=7, emoji="\U0001f44d", on=on)
            self.assertEqual([event["offset"] for event in late.take("reacted")], [joined["head"] + number])
        again = late.ask("join", room="den", after=joined["head"], epoch=joined["epoch"], brief=True)
        self.assertEqual((again["recovered"], len(late.take("reacted"))), (True, 2))
        self.server.close()
        self.assertEqual(self.server.failures, [])

    def test_an_address_makes_ten_rooms_an_hour(self) -> None:
        """Neither rooms that are there nor loopback are counted; the refusal says when to try again."""
        cleo = self.server.person("cleo", address=FAR_AWAY)
        dora = self.server.person("dora", address=FAR_AWAY)
        for n in range(10):
            self.assertEqual((cleo if n % 2 else dora).ask("join", room=f"new{n}")["type"], "joined")
        refused = cleo.ask("join", room="new10")
        self.assert_refused(refused, "rate_limited")
        self.assertNotIn("new10", self.server.hub.rooms)
        self.assertEqual(cleo.ask("join", room="garden")["type"], "joined")
        self.assertEqual(cleo.ask("join", room="new0")["type"], "joined")
        self.assertEqual(self.bob.ask("join", room="new10")["type"], "joined")
        self.assertEqual(
            self.server.person("elsa", address="192.0.2.2").ask("join", room="x")["type"], "joined"
        )
        self.server.advance(refused["retry_after"])
        self.assertEqual(cleo.ask("join", room="new11")["type"], "joined")

    def test_a_connection_lost_while_it_joins_leaves_nothing_behind(self) -> None:
        """Also if the room is new, or a private one."""
        self.ada.take()
        self.server.store.reads_wait = True
        for room in ("garden", "den", self.ada.private):
            joining = self.server.clients[-1] if room == "garden" else self.lost_to_be()
            joining.send("join", room=room)
            joining.lose()
        self.server.store.answer_reads()
        self.assertEqual(set(self.server.hub.rooms), {"lobby", "garden"})
        self.assertEqual(self.ada.take("present"), [])

    def test_a_connection_lost_while_it_makes_a_room_is_nowhere_in_it(self) -> None:
        """Though it is stored meanwhile that the person owns it: the next who comes is alone there."""
        olga = self.server.account("olga")
        self.server.store.told_late = True
        olga.send("join", room="Den")
        olga.lose()
        self.server.store.tell()
        self.assertNotIn("den", self.server.hub.rooms)
        reply = self.bob.ask("join", room="den")
        self.assertEqual((reply["count"], [each["name"] for each in reply["members"]]), (1, ["bob"]))

    def test_whoever_is_banned_while_they_make_a_room_is_not_in_it(self) -> None:
        """A deed that is stored meanwhile holds."""
        olga = self.server.account("olga")
        self.server.store.told_late = True
        olga.send("join", room="Den")
        self.server.hub.rights.apply((Change("den", olga.id, "banned", FOR_EVER),))
        self.server.store.tell()
        self.assert_refused(olga.take("refused")[0], "banned")
        self.assertNotIn("den", self.server.hub.rooms)

    def lost_to_be(self) -> Client:
        """One more connection of bob's, made while reads wait."""
        client = self.server.connect()
        client.send("hello", token=self.bob.token)
        self.server.store.answer_reads()
        self.server.store.reads_wait = True
        return client


NOBODY = {"type": "members", "count": 0, "members": []}


class LeaveTest(ChatTestCase):
    """
    Going from a room.
    """

    def test_whoever_leaves_is_absent_at_once_and_hears_no_more(self) -> None:
        """The others are told that they left."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.take()
        self.assertEqual(bob.ask("leave", room="DEN"), {"type": "done"})
        self.assertEqual(ada.take(), [{"type": "absent", "room": "den", "who": bob.face, "reason": "left"}])
        ada.say("gone?", "den")
        ada.ask("typing", room="den")
        self.server.person("cleo", "den")
        self.assertEqual(bob.take(), [])
        self.assert_refused(bob.ask("leave", room="den"), "not_member")
        self.assert_refused(bob.say("hi", "den"), "not_member")

    def test_a_person_is_in_a_room_while_one_of_their_connections_is(self) -> None:
        """The first to come and the last to go are news."""
        ada = self.server.person("ada", "den")
        bob = self.server.person("bob", "den")
        second = self.server.again(bob, "den")
        self.assertEqual(ada.kinds(), ["present"])
        self.assertEqual(ada.ask("who", room="den")["count"], 2)
        bob.ask("leave", room="den")
        self.assertEqual(ada.take(), [])
        ada.say("hi", "den")
        self.assertEqual((bob.hears(), second.hears()), ([], ["hi"]))
        second.ask("leave", room="den")
        self.assertEqual(ada.take("absent")[0]["reason"], "left")

    def test_nothing_comes_after_leaving_even_if_more_was_to_be_read(self) -> None:
        """A client that is behind leaves: what it had yet to read is dropped."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        bob.fill()
        ada.say("one", "den")
        bob.full = False
        self.server.store.reads_wait = True
        bob.ask("leave", room="den")
        bob.drain()
        self.server.store.answer_reads()
        ada.say("two", "den")
        self.assertEqual(bob.take(), [])

    def test_leaving_while_the_store_is_read_for_the_room(self) -> None:
        """What the store answers after it goes nowhere."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.say("one", "den")
        bob.take()
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        bob.send("join", room="den")
        self.server.store.answer_reads(1)
        self.assertEqual(bob.take("joined", "live", "message")[0]["type"], "joined")
        bob.ask("leave", room="den")
        self.server.store.answer_reads()
        self.assertEqual(bob.take(), [])

    def test_leaving_while_ones_own_say_is_in_flight(self) -> None:
        """The message is stored, its `done` comes, and the others hear it."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        self.server.store.hold()
        bob.send("say", room="den", text="bye", ref="s")
        self.assertEqual(bob.ask("leave", room="den"), {"type": "done"})
        self.server.store.release()
        (done,) = bob.take()
        self.assertEqual((done["type"], done["ref"], done["offset"]), ("done", "s", 1))
        self.assertEqual(ada.hears(), ["bye"])

    def test_the_last_leaves_while_a_say_is_in_flight(self) -> None:
        """The room is kept until it is answered, then it is gone from memory but not from the store."""
        ada = self.server.person("ada", "Den")
        self.server.store.hold()
        ada.send("say", room="den", text="bye")
        ada.ask("leave", room="den")
        self.assertIn("den", self.server.hub.rooms)
        self.server.store.release()
        self.assertNotIn("den", self.server.hub.rooms)
        self.assertEqual(ada.take()[0], {"type": "done", "room": "Den", "offset": 1, "id": ada_id(self)})
        self.assertEqual(ada.ask("join", room="den")["room"], "Den")
        self.assertEqual(ada.hears(), ["bye"])

    def test_a_private_room_cannot_be_left(self) -> None:
        """Whether there is such a person or not."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        for room in (bob.private, "@aaaaaaaaaaaaaaaa", ada.private):
            self.assert_refused(ada.ask("leave", room=room), "bad_request")

    def test_a_watcher_leaves_without_a_word(self) -> None:
        """It was no member."""
        ada = self.server.person("ada", "den")
        watcher = self.server.watcher("den")
        self.assertEqual(watcher.ask("leave", room="den"), {"type": "done"})
        self.assert_refused(watcher.ask("leave", room="den"), "not_member")
        self.assertEqual(ada.take(), [])


def ada_id(test: ChatTestCase) -> str:
    """
    The id of the only event that there is.
    """
    return str(test.server.store.inner._rooms.logs["den"].events[0].id)


class PresenceTest(ChatTestCase):
    """
    Connections that are lost.
    """

    def test_whoever_loses_the_connection_is_gone_ten_seconds_later(self) -> None:
        """A member until then."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.take()
        bob.lose()
        self.server.advance(9.75)
        self.assertEqual(ada.ask("who", room="den")["count"], 2)
        self.assertEqual(ada.take(), [])
        self.server.advance(0.25)
        self.assertEqual(ada.take(), [{"type": "absent", "room": "den", "who": bob.face, "reason": "gone"}])
        self.assertEqual(ada.ask("who", room="den")["count"], 1)

    def test_whoever_is_back_in_time_was_never_away(self) -> None:
        """No notice at all, and the grace begins anew with the next loss."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.take()
        for _ in range(3):
            bob.lose()
            self.server.advance(7)
            bob = self.server.again(bob, "den")
        self.server.advance(30)
        self.assertEqual(ada.take(), [])

    def test_coming_back_to_one_room_is_not_coming_back_to_another(self) -> None:
        """Each room waits for its own."""
        ada, bob = (self.server.person(name, "den", "garden") for name in ("ada", "bob"))
        ada.take()
        bob.lose()
        bob = self.server.again(bob, "den")
        self.server.advance(10)
        (absent,) = ada.take()
        self.assertEqual((absent["room"], absent["reason"]), ("garden", "gone"))

    def test_the_last_of_two_connections_counts(self) -> None:
        """While one is here nobody is gone."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        second = self.server.again(bob, "den")
        ada.take()
        bob.lose()
        self.server.advance(20)
        self.assertEqual(ada.take(), [])
        second.lose()
        self.server.advance(10)
        self.assertEqual(ada.take("absent")[0]["reason"], "gone")

    def test_one_connection_is_lost_and_the_other_leaves(self) -> None:
        """Then the person has left, once."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        second = self.server.again(bob, "den")
        ada.take()
        bob.lose()
        second.ask("leave", room="den")
        self.server.advance(20)
        self.assertEqual([absent["reason"] for absent in ada.take()], ["left"])

    def test_coming_back_under_another_name_is_told(self) -> None:
        """To those in the room that still has the person as a member."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.take()
        bob.lose()
        again = self.server.again(bob, "den", name="rob")
        self.assertEqual(ada.take(), [{"type": "present", "room": "den", "who": again.face}])
        self.assertEqual(again.face["name"], "rob")
        self.assertEqual(ada.ask("who", room="den")["members"], [ada.face, again.face])

    def test_a_room_of_people_who_may_come_back_is_not_forgotten(self) -> None:
        """It is when the last of them is gone."""
        ada = self.server.person("ada", "Den")
        ada.lose()
        self.server.advance(9)
        self.assertIn("den", self.server.hub.rooms)
        self.server.advance(1)
        self.assertNotIn("den", self.server.hub.rooms)

    def test_after_a_restart_each_who_comes_back_is_present(self) -> None:
        """The server knows nobody."""
        ada, bob = (self.server.person(name, "lobby") for name in ("ada", "bob"))
        self.server.restart()
        ada = self.server.again(ada, "lobby")
        self.assertEqual(ada.ask("who", room="lobby")["members"], [ada.face])
        bob = self.server.again(bob, "lobby")
        self.assertEqual(ada.take(), [{"type": "present", "room": "lobby", "who": bob.face}])


class WhoTest(ChatTestCase):
    """
    Who is in a room.
    """

    def test_anybody_may_ask_who_is_in_a_room_that_exists(self) -> None:
        """Also without being in it."""
        ada = self.server.person("ada", "Den")
        bob = self.server.person("bob")
        members = {"type": "members", "room": "Den", "count": 1, "members": [ada.face]}
        self.assertEqual(bob.ask("who", room="den"), members)
        self.assertEqual(self.server.watcher().ask("who", room="den"), members)
        self.assertEqual(bob.ask("who", room="lobby"), {**NOBODY, "room": "lobby"})
        self.assert_refused(bob.ask("who", room="cellar"), "no_such_room")

    def test_in_a_private_room_there_are_the_two(self) -> None:
        """Whether anything was said in it or not, and whether the other is here or not."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.lose()
        self.server.advance(20)
        for _ in range(2):
            reply = ada.ask("who", room=bob.private)
            self.assertEqual((reply["room"], reply["count"]), (bob.private, 2))
            self.assertCountEqual(reply["members"], [ada.face, bob.face])
            ada.say("hello?", bob.private)
        self.assert_refused(ada.ask("who", room="@aaaaaaaaaaaaaaaa"), "no_such_person")
        self.assert_refused(ada.ask("who", room="@bob"), "no_such_person")
        self.assert_refused(ada.ask("who", room=ada.private), "bad_request")
        self.assert_refused(self.server.watcher().ask("who", room=ada.private), "forbidden")


class RoomsTest(ChatTestCase):
    """
    The list of rooms.
    """

    def test_public_rooms_and_ones_own_private_ones_are_listed(self) -> None:
        """By folded name, those without an event too, each with what a client shows of it."""
        ada, bob = self.server.person("ada", "Zoo", "apple"), self.server.person("bob", "Zoo")
        cleo = self.server.person("cleo")
        bob.say("hi", "zoo")
        bob.say("psst", ada.private)
        lobby = {"room": "lobby", "topic": "", "head": 0, "count": 0}
        zoo = {"room": "Zoo", "topic": "", "head": 1, "count": 2}
        apple = {"room": "apple", "topic": "", "head": 0, "count": 1}
        own = {"room": bob.private, "topic": "", "head": 1, "count": 2, "with": bob.face}
        self.assertEqual(
            ada.ask("rooms"), {"type": "rooms", "rooms": [own, apple, lobby, zoo], "more": False}
        )
        for stranger in (cleo, self.server.watcher()):
            self.assertEqual(stranger.ask("rooms")["rooms"], [apple, lobby, zoo])

    def test_the_list_goes_on_after_a_room(self) -> None:
        """In any spelling, and after a private one."""
        ada, bob = self.server.person("ada", "Zoo", "apple"), self.server.person("bob")
        bob.say("psst", ada.private)

        def names(after: str) -> list[str]:
            return [room["room"] for room in ada.ask("rooms", after=after)["rooms"]]

        self.assertEqual(names("@"), [bob.private, "apple", "lobby", "Zoo"])
        self.assertEqual(names(bob.private), ["apple", "lobby", "Zoo"])
        self.assertEqual(names("APPLE"), ["lobby", "Zoo"])
        self.assertEqual(names("b"), ["lobby", "Zoo"])
        self.assertEqual(names("zoo"), [])
        self.assert_refused(ada.ask("rooms", after="a b"), "bad_name")

    def test_more_than_five_hundred_rooms_come_in_pages(self) -> None:
        """Rooms with and without events are in one order, none twice and none left out."""
        server = self.server
        author = Author(PersonId("aaaaaaaaaaaaaaaa"), "ada")
        spellings = [f"R{n:04}" for n in range(1050)]
        for spelling in spellings[::3] + spellings[1::3]:
            key = room_key(spelling)
            server.store.append(Draft(key, spelling, author, "x"))
        for n in range(2, 1050, 300):
            server.person(f"p{n}").join(*spellings[n : n + 300 : 3])
        watcher = server.watcher()
        seen: list[str] = []
        pages = 0
        more = True
        while more:
            reply = watcher.ask("rooms", **({"after": seen[-1]} if seen else {}))
            seen += [room["room"] for room in reply["rooms"]]
            more = reply["more"]
            pages += 1
            self.assertEqual(len(reply["rooms"]) == 500, more)
        self.assertEqual(pages, 3)
        self.assertEqual(seen, ["lobby", *spellings])
