"""
What becomes of messages after they were said, told as conversations.
"""

from __future__ import annotations

from typing import Any

from chatd.core.events import Change
from chatd.core.refusals import Refused
from chatd.core.text import clean_emoji
from tests.core.clients import ChatTestCase, Client


class AmendingTest(ChatTestCase):
    """
    In a public room that ada owns.
    """

    def setUp(self) -> None:
        super().setUp()
        self.ada = self.server.account("ada", "lobby", "den")
        self.bob = self.server.person("bob", "lobby", "den")
        self.cleo = self.server.person("cleo", "den")
        for client in self.server.clients:
            client.take()

    def last(self, client: Client, offset: int, room: str = "den") -> dict[str, Any]:
        """A message as history shows it."""
        page = client.ask("history", room=room, after=offset - 1, limit=1)
        found: dict[str, Any] = page["events"][0]
        return found

    def say(self, client: Client, text: str, room: str = "den", **fields: Any) -> int:
        """The offset of what is said, which all have heard."""
        offset: int = client.say(text, room, **fields)["offset"]
        for each in self.server.clients:
            each.take()
        return offset

    def test_an_edit_is_an_event_and_history_shows_the_last_form(self) -> None:
        """With when; and its text alone is left of what was there before."""
        offset = self.say(self.bob, "helo")
        self.server.wall_ms += 60_000
        done = self.bob.ask("edit", room="den", offset=offset, text=" hello ")
        (edited,) = self.cleo.take()
        self.assertEqual(
            (edited["type"], edited["about"], edited["text"], edited["offset"], edited["from"]["name"]),
            ("edited", offset, "hello", done["offset"], "bob"),
        )
        shown = self.last(self.cleo, offset)
        self.assertEqual(
            (shown["text"], shown["edited"], shown["changed"]), ("hello", edited["at"], done["offset"])
        )
        self.bob.ask("edit", room="den", offset=offset, text="hello!")
        whole = self.cleo.ask("history", room="den")["events"]
        self.assertEqual(
            [(each["type"], each.get("text")) for each in whole[-3:]],
            [("message", "hello!"), ("edited", None), ("edited", "hello!")],
        )
        self.assertNotIn("helo", str(whole))

    def test_whoever_comes_back_gets_last_forms_from_memory_too(self) -> None:
        """No old word is sent to anybody, however they come, nor to a slow reader."""
        offset = self.say(self.bob, "secret word", cid="c-1")
        reply = self.say(self.cleo, "what?", reply_to=offset)
        gone = self.say(self.bob, "secret thing")
        epoch = self.server.store.epoch
        self.cleo.fill()
        self.bob.ask("edit", room="den", offset=offset, text="harmless")
        self.bob.ask("delete", room="den", offset=gone)
        late = self.server.person("late")
        late.ask("join", room="den", after=0, epoch=epoch)
        self.cleo.drain()
        for client in (late, self.cleo):
            told = client.take()
            self.assertNotIn("secret", str(told))
        self.assertEqual(self.last(late, reply)["quote"]["text"], "harmless")
        self.assertTrue(self.last(late, gone)["deleted"])
        # The same again is no other message, whatever became of it.
        again = self.bob.ask("say", room="den", text="secret word", cid="c-1")
        self.assertEqual((again["type"], again["offset"]), ("done", offset))

    def test_a_deleted_message_keeps_its_place_and_loses_all_else(self) -> None:
        """Text, earlier forms, reactions, pin, and what others quote of it."""
        offset = self.say(self.bob, "secret")
        reply = self.say(self.cleo, "really?", reply_to=offset)
        self.bob.ask("edit", room="den", offset=offset, text="secret 2")
        self.cleo.ask("react", room="den", offset=offset, emoji="👍", on=True)
        self.ada.ask("pin", room="den", offset=offset, on=True)
        self.bob.ask("delete", room="den", offset=offset)
        told = self.cleo.take()[-1]
        self.assertEqual((told["type"], told["about"]), ("deleted", offset))
        shown = self.last(self.cleo, offset)
        self.assertEqual(
            {name: value for name, value in shown.items() if name not in ("id", "at", "from")},
            {"type": "message", "room": "den", "offset": offset, "text": "", "deleted": True},
        )
        quote = self.last(self.cleo, reply)["quote"]
        self.assertEqual((quote["text"], quote["deleted"], quote["from"]["name"]), ("", True, "bob"))
        self.assertNotIn("secret", str(self.cleo.ask("history", room="den")))
        self.assertEqual(self.cleo.ask("pins", room="den")["events"], [])
        for kind, fields in (
            ("edit", {"text": "x"}),
            ("delete", {}),
            ("react", {"emoji": "👍", "on": True}),
            ("report", {}),
        ):
            self.assert_refused(self.bob.ask(kind, room="den", offset=offset, **fields), "no_such_message")
        self.assert_refused(self.ada.ask("pin", room="den", offset=offset, on=True), "no_such_message")

    def test_each_changes_their_own_and_moderators_delete_any(self) -> None:
        """Of those who may do less; which stands in the audit log, and says why."""
        olga = self.server.account("olga", "den", role="owner")
        offset = self.say(self.bob, "buy")
        other = self.say(self.ada, "mine")
        self.assert_refused(self.cleo.ask("edit", room="den", offset=offset, text="x"), "forbidden")
        self.assert_refused(self.ada.ask("edit", room="den", offset=offset, text="x"), "forbidden")
        self.assert_refused(self.cleo.ask("delete", room="den", offset=offset), "forbidden")
        olgas = self.say(olga, "stay")
        self.assert_refused(self.ada.ask("delete", room="den", offset=olgas), "forbidden")
        self.assertEqual(self.ada.ask("delete", room="den", offset=offset, reason="spam")["type"], "done")
        self.assertEqual(self.cleo.take()[-1]["reason"], "spam")
        self.ada.ask("delete", room="den", offset=other)
        olga.ask("join", room="+audit")
        log = [each for each in olga.take() if each.get("room") == "+audit" and each["type"] == "deleted"]
        self.assertEqual(
            [(each["in"], each["about"], each["who"]["name"], each["reason"]) for each in log],
            [("den", offset, "bob", "spam")],
        )

    def test_a_private_message_is_changed_by_who_wrote_it_alone(self) -> None:
        """Both hear of it; either pins and reacts."""
        offset = self.bob.ask("say", room=self.cleo.private, text="psst")["offset"]
        self.bob.ask("edit", room=self.cleo.private, offset=offset, text="psst!")
        edited = self.cleo.take("edited")[0]
        self.assertEqual(
            (edited["room"], edited["text"], edited["with"]["name"]), (self.bob.private, "psst!", "bob")
        )
        self.assert_refused(self.cleo.ask("delete", room=self.bob.private, offset=offset), "forbidden")
        olga = self.server.account("olga", role="owner")
        theirs = self.bob.ask("say", room=olga.private, text="hi")["offset"]
        self.assert_refused(olga.ask("delete", room=self.bob.private, offset=theirs), "forbidden")
        for client, peer in ((self.cleo, self.bob), (self.bob, self.cleo)):
            self.assertEqual(
                client.ask("pin", room=peer.private, offset=offset, on=client is self.cleo)["type"], "done"
            )
        self.assertEqual(
            self.cleo.ask("react", room=self.bob.private, offset=offset, emoji="❤️", on=True)["type"], "done"
        )
        self.bob.ask("delete", room=self.cleo.private, offset=offset)
        self.assertTrue(self.last(self.cleo, offset, self.bob.private)["deleted"])

    def test_reactions_are_one_of_each_kind_a_person(self) -> None:
        """The same again is done already, and nobody hears of it."""
        offset = self.say(self.ada, "lunch?")
        done = self.bob.ask("react", room="den", offset=offset, emoji="👍", on=True)
        again = self.bob.ask("react", room="den", offset=offset, emoji="👍", on=True)
        self.assertEqual((done.get("offset"), again.get("offset")), (offset + 1, None))
        self.cleo.ask("react", room="den", offset=offset, emoji="👍", on=True)
        self.cleo.ask("react", room="den", offset=offset, emoji="🎉", on=True)
        told = [(each["type"], each["about"], each["emoji"], each["on"]) for each in self.ada.take()]
        self.assertEqual(
            told,
            [("reacted", offset, emoji, True) for emoji in ("👍", "👍", "🎉")],
        )
        shown = self.last(self.ada, offset)["reactions"]
        self.assertEqual(
            [(each["emoji"], each["count"], [who["name"] for who in each["people"]]) for each in shown],
            [("👍", 2, ["bob", "cleo"]), ("🎉", 1, ["cleo"])],
        )
        self.cleo.ask("react", room="den", offset=offset, emoji="👍", on=False)
        self.bob.ask("react", room="den", offset=offset, emoji="👍", on=False)
        self.assertEqual([each["emoji"] for each in self.last(self.ada, offset)["reactions"]], ["🎉"])
        self.assert_refused(
            self.bob.ask("react", room="den", offset=offset, emoji="x", on=True), "bad_request"
        )

    def test_pins_are_listed_and_told_to_who_joins(self) -> None:
        """The last one first; for moderators to set."""
        first, second = (self.say(self.bob, text) for text in ("rules", "link"))
        self.assert_refused(self.bob.ask("pin", room="den", offset=first, on=True), "forbidden")
        for offset in (first, second):
            self.ada.ask("pin", room="den", offset=offset, on=True)
        self.assertEqual(
            [(each["text"], each["pinned"]) for each in self.cleo.ask("pins", room="den")["events"]],
            [("link", True), ("rules", True)],
        )
        self.assertEqual(self.server.person("dan").ask("join", room="den")["pins"], [second, first])
        self.ada.ask("pin", room="den", offset=first, on=False)
        self.assertNotIn("pinned", self.last(self.cleo, first))
        self.assertEqual(len(self.cleo.ask("pins", room="den")["events"]), 1)

    def test_whoever_may_not_speak_changes_nothing(self) -> None:
        """But takes back what is theirs."""
        offset, other = self.say(self.bob, "one"), self.say(self.bob, "two")
        self.ada.ask("mute", room="den", who=self.bob.id)
        self.assert_refused(self.bob.ask("edit", room="den", offset=offset, text="x"), "muted")
        self.assert_refused(self.bob.ask("react", room="den", offset=offset, emoji="👍", on=True), "muted")
        self.assertEqual(self.bob.ask("delete", room="den", offset=offset)["type"], "done")
        self.ada.ask("set", room="den", archived=True)
        self.assert_refused(self.cleo.ask("react", room="den", offset=other, emoji="👍", on=True), "archived")
        self.assert_refused(self.ada.ask("pin", room="den", offset=other, on=True), "archived")
        self.assertEqual(self.ada.ask("delete", room="den", offset=other)["type"], "done")

    def test_whoever_is_muted_does_not_speak_by_reasons(self) -> None:
        """Why one deletes one's own is nobody's business."""
        offset = self.say(self.bob, "one")
        self.ada.ask("mute", room="den", who=self.bob.id)
        self.cleo.take()
        self.bob.ask("delete", room="den", offset=offset, reason="loud")
        self.assertNotIn("loud", str(self.cleo.take()))
        olga = self.server.account("olga", role="owner")
        other = self.say(self.cleo, "two")
        olga.ask("mute", who=self.ada.id)
        more = {"room": "den", "offset": other}
        self.assert_refused(self.ada.ask("delete", reason="loud", **more), "muted")
        self.assertEqual(self.ada.ask("delete", **more)["type"], "done")

    def test_a_long_message_costs_more_to_change(self) -> None:
        """What leaves the index is work for all."""
        offset = self.say(self.bob, "x" * 4000)
        self.server.advance(60)
        done = 0
        while self.bob.ask("edit", room="den", offset=offset, text=f"{done}" + "y" * 3999)["type"] == "done":
            done += 1
        self.assertEqual(done, 1)
        # Whoever is refused has lost nothing by it, and can do it when all is there again.
        refused = self.bob.ask("edit", room="den", offset=offset, text="z" * 4000)
        self.assertEqual((refused["code"], round(refused["retry_after"], 1)), ("rate_limited", 4.0))
        self.server.advance(refused["retry_after"])
        self.assertEqual(self.bob.ask("edit", room="den", offset=offset, text="z" * 4000)["type"], "done")
        self.server.advance(60)
        small = self.say(self.bob, "x" * 490)
        for number in range(5):
            asked = self.bob.ask("edit", room="den", offset=small, text=f"{number}" + "x" * 489)
            self.assertEqual(asked["type"], "done" if number < 4 else "refused")

    def test_whoever_is_not_named_for_a_reaction_is_told_that_it_is_theirs(self) -> None:
        """To them alone, where they come in and where they turn pages."""
        offset = self.ada.ask("say", room="den", text="cake?")["offset"]
        crowd = [self.server.person(f"p{number}", "den") for number in range(12)]
        for client in crowd:
            client.ask("react", room="den", offset=offset, emoji="👍", on=True)
        mine = [{"about": offset, "emoji": "👍"}]
        for client, told in ((crowd[11], mine), (crowd[9], None), (self.ada, None)):
            joined = client.ask("join", room="den")
            client.take()
            self.assertEqual(joined.get("mine"), told)
            again = client.ask("join", room="den", after=offset - 1, epoch=joined["epoch"])
            client.take()
            self.assertEqual((again["recovered"], again.get("mine")), (True, told))
            self.assertEqual(client.ask("history", room="den").get("mine"), told)
        crowd[11].ask("react", room="den", offset=offset, emoji="👍", on=False)
        self.assertNotIn("mine", crowd[11].ask("history", room="den"))

    def test_of_a_crowd_that_reacted_all_are_told_the_same_people(self) -> None:
        """Also when one of the first takes it back."""
        offset = self.say(self.ada, "hi")
        crowd = [self.server.person(f"p{number}", "den") for number in range(12)]
        for client in crowd:
            client.ask("react", room="den", offset=offset, emoji="👍", on=True)
        crowd[0].ask("react", room="den", offset=offset, emoji="👍", on=False)
        late = self.server.person("late")
        late.send("join", room="den", after=offset - 1, epoch=self.server.store.epoch)
        live = late.take("message")[0]["reactions"]
        self.assertEqual(live, self.last(self.ada, offset)["reactions"])
        self.assertEqual((live[0]["count"], len(live[0]["people"])), (11, 10))

    def test_pins_are_as_many_as_one_answer_holds(self) -> None:
        """It says if there are more."""
        for _ in range(60):
            self.ada.session.messages.give_back()
            self.ada.session.messages.give_back()
            offset = self.say(self.ada, "\N{SNAKE}" * 4000)
            self.ada.ask("pin", room="den", offset=offset, on=True)
            self.server.advance(1)
        told = self.cleo.ask("pins", room="den")
        self.assertTrue(told["more"])
        self.assertEqual(told["events"][0]["offset"], offset)
        self.assertLess(len(told["events"]), 17)

    def test_what_is_no_message_cannot_be_changed(self) -> None:
        """An event of another kind, and what is not there."""
        done = self.ada.ask("set", room="den", topic="t")
        for offset in (done["offset"], 999):
            self.assert_refused(self.ada.ask("delete", room="den", offset=offset), "no_such_message")
            self.assert_refused(
                self.ada.ask("react", room="den", offset=offset, emoji="👍", on=True), "no_such_message"
            )
        self.assert_refused(self.ada.ask("pins", room="nowhere"), "not_member")
        self.assert_refused(self.bob.ask("edit", room="den", offset=1, text=" "), "no_such_message")
        offset = self.say(self.bob, "x")
        self.assert_refused(self.bob.ask("edit", room="den", offset=offset, text=" "), "bad_request")
        self.assertNotIn("offset", self.bob.ask("edit", room="den", offset=offset, text="x"))

    def test_the_tutorials_wire_is_told_of_none_of_it(self) -> None:
        """And a slow client of it gets no old form either."""
        old = self.server.tutorial()
        offset = self.bob.say("helo", "lobby")["offset"]
        self.assertEqual([each["message"] for each in old.take()], ["helo"])
        old.fill()
        second = self.bob.say("secret", "lobby")["offset"]
        self.bob.ask("edit", room="lobby", offset=second, text="fine")
        self.bob.ask("edit", room="lobby", offset=offset, text="hello")
        self.bob.ask("react", room="lobby", offset=offset, emoji="👍", on=True)
        self.bob.ask("delete", room="lobby", offset=offset)
        old.drain()
        self.assertEqual([each["message"] for each in old.take()], ["fine"])

    def test_a_wipe_takes_what_was_edited_in_that_time_too(self) -> None:
        """With what quotes it, whatever came of it."""
        offset = self.say(self.bob, "fine")
        self.say(self.cleo, "oh", reply_to=offset)
        self.server.wall_ms += 600_000
        self.bob.ask("edit", room="den", offset=offset, text="spam")
        for client in self.server.clients:
            client.take()
        self.ada.ask("wipe", room="den", who=self.bob.id, seconds=60)
        self.assertNotIn("spam", str(self.cleo.ask("history", room="den")))
        late = self.server.person("late")
        late.ask("join", room="den", after=0, epoch=self.server.store.epoch)
        self.assertNotIn("spam", str(late.take()))

    def test_what_is_no_emoji_is_none(self) -> None:
        """All shapes of them pass."""
        for emoji in ("👍", "👍🏽", "❤️", "👨‍👩‍👧", "🏳️‍🌈", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©️", "☺", "‼️", "ℹ️"):
            self.assertEqual(clean_emoji(emoji), emoji)
        for text in (
            *(
                "",
                "a",
                "1",
                "<",
                "\u200d",
                "😀a",
                "é",
                "字",
                ".",
                "\ufe0f",
                "👍 ",
                "\ud800",
                "👍👍",
                "👍\u200d",
            ),
            *("\ufdfd", "\u2800", "👍\u20e3", "👍\U000e0041", "\u200d👍", "\n👍", "1\u20e3\u20e3"),
        ):
            self.assertRaises(Refused, clean_emoji, text)
        self.assertEqual(
            clean_emoji("👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿"), "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿"
        )

    def test_one_person_gives_ten_kinds_at_most(self) -> None:
        """So that others can still answer."""
        offset = self.say(self.ada, "hi")
        for number in range(10):
            self.bob.ask("react", room="den", offset=offset, emoji=chr(0x1F600 + number), on=True)
        more = {"room": "den", "offset": offset, "on": True}
        self.assert_refused(self.bob.ask("react", emoji="👍", **more), "forbidden")
        self.assertEqual(self.bob.ask("react", emoji="\U0001f600", **more)["type"], "done")
        self.assertEqual(self.cleo.ask("react", emoji="👍", **more)["type"], "done")

    def test_whoever_joins_gets_no_flood_of_reactions(self) -> None:
        """The message tells their sum; a position is followed by all that there was."""
        offset = self.say(self.ada, "hi")
        self.server.decide(Change("", self.bob.id, "account", "member"))
        for number in range(1200):
            self.bob.session.messages.give_back()
            self.bob.send("react", room="den", offset=offset, emoji="👍", on=number % 2 == 0)
            self.server.advance(0.25)
        late = self.server.person("late")
        late.send("join", room="den")
        self.assertEqual(len(late.take("reacted")), 1000)
        late.ask("leave", room="den")
        late.take()
        late.send("join", room="den", after=offset, epoch=self.server.store.epoch)
        self.assertEqual(len(late.take("reacted")), 1200)


class CountsTest(ChatTestCase):
    """
    What somebody has not read, the same on all their connections.
    """

    def setUp(self) -> None:
        super().setUp()
        self.ada = self.server.account("ada", "lobby", "den")
        self.bob = self.server.account("bob", "lobby", "den")
        for client in self.server.clients:
            client.take()

    def counts(self, client: Client, room: str = "den") -> tuple[int, int]:
        """What `welcome` says on another connection of theirs."""
        welcome = self.server.connect().ask("hello", token=client.token)
        found = next(each for each in welcome["rooms"] if each["room"] == room)
        return found.get("unread", 0), found.get("mentions", 0)

    def test_messages_of_others_behind_the_marker_count_and_those_that_call_for_one(self) -> None:
        """Not one's own, and none that are gone."""
        self.bob.ask("read", room="den", offset=self.ada.say("hi", "den")["offset"])
        self.ada.say("@bob: lunch?", "den")
        offset = self.ada.say("@BOB @nobody", "den")["offset"]
        self.ada.say("mail@bob", "den")
        self.bob.say("mine", "den")
        self.assertEqual(self.counts(self.bob), (3, 2))
        joined = self.server.again(self.bob).ask("join", room="den")
        self.assertEqual((joined["unread"], joined["mentions"]), (3, 2))
        self.ada.ask("delete", room="den", offset=offset)
        self.assertEqual(self.counts(self.bob), (2, 1))
        self.ada.ask("edit", room="den", offset=offset - 1, text="never mind")
        self.assertEqual(self.counts(self.bob), (2, 0))
        self.ada.ask("edit", room="den", offset=offset - 1, text="but @bob")
        self.assertEqual(self.counts(self.bob), (2, 1))

    def test_reading_is_told_to_ones_other_connections_with_what_is_left(self) -> None:
        """Until all is read."""
        first = self.ada.say("one", "den")["offset"]
        last = self.ada.say("two @bob", "den")["offset"]
        other = self.server.again(self.bob)
        self.bob.ask("read", room="den", offset=first)
        self.assertEqual(
            other.take("read"), [{"type": "read", "room": "den", "offset": first, "unread": 1, "mentions": 1}]
        )
        self.bob.ask("read", room="den", offset=last)
        self.assertEqual(other.take("read"), [{"type": "read", "room": "den", "offset": last}])
        self.assertEqual(self.counts(self.bob), (0, 0))

    def test_a_moderator_calls_everybody(self) -> None:
        """Nobody else does, and a mention is seen in the message."""
        self.bob.ask("read", room="den", offset=self.ada.say("hi", "den")["offset"])
        self.ada.say("@room fire drill", "den")
        told = self.bob.take("message")[-1]
        self.assertTrue(told["mentions_all"])
        self.assertEqual(self.counts(self.bob), (1, 1))
        self.ada.ask("read", room="den", offset=told["offset"])
        self.bob.say("@room me too, @ada", "den")
        told = self.ada.take("message")[-1]
        self.assertEqual((told.get("mentions_all"), told["mentions"]), (None, [self.ada.id]))
        self.assertEqual(self.counts(self.ada), (1, 1))

    def test_private_messages_count_from_the_first(self) -> None:
        """Without a marker too; in a public room nothing does before one has read there."""
        self.ada.ask("say", room=self.bob.private, text="psst @bob")
        self.assertEqual(self.counts(self.bob, self.ada.private), (1, 1))
        room = self.ada.ask("make", title="Loft", people=[self.bob.id])["room"]
        self.ada.join(room)
        self.ada.say("@bob @cleo", room)
        self.assertEqual(self.counts(self.bob, room), (1, 1))
        dan = self.server.person("dan", "den")
        self.assertEqual((dan.ask("join", room="den").get("unread")), None)

    def test_nobody_is_called_who_may_not_hear_it(self) -> None:
        """Their name is a word like any other there."""
        cleo = self.server.account("cleo")
        room = self.ada.ask("make", title="Loft", people=[self.bob.id])["room"]
        self.ada.join(room)
        self.bob.join(room)
        self.bob.take()
        self.ada.say("@cleo", room)
        self.assertNotIn("mentions", self.bob.take("message")[-1])
        self.assertNotIn(room, str(cleo.take()))

    def test_what_one_wants_to_be_told_is_the_same_on_all_connections(self) -> None:
        """And is kept."""
        other = self.server.again(self.bob)
        self.ada.say("hi", "den")
        self.bob.ask("read", room="den", offset=1)
        other.take()
        self.assertEqual(self.bob.ask("notice", room="den", level="nothing")["type"], "done")
        self.assertEqual(other.take(), [{"type": "notice", "room": "den", "level": "nothing"}])
        self.assertEqual(self.server.again(self.bob).ask("join", room="den")["notice"], "nothing")
        self.bob.ask("notice", room="den", level="")
        self.assertNotIn("notice", self.server.again(self.bob).ask("join", room="den"))
        self.assert_refused(self.bob.ask("notice", room="den", level="loud"), "bad_request")
        gus = self.server.person("gus", "quiet")
        self.assert_refused(gus.ask("notice", room="quiet", level="all"), "no_such_room")

    def test_a_marker_that_was_moved_further_meanwhile_is_not_told_as_less(self) -> None:
        """Two devices read at once."""
        first = self.ada.say("one", "den")["offset"]
        self.ada.say("two", "den")
        last = self.ada.say("three", "den")["offset"]
        other, third = self.server.again(self.bob, "den"), self.server.again(self.bob, "den")
        third.take()
        self.server.store.reads_wait = True
        self.bob.send("read", room="den", offset=first)
        other.send("read", room="den", offset=last)
        self.server.store.answer_reads()
        self.assertEqual([each["offset"] for each in third.take("read")], [last])

    def test_a_flood_of_other_events_hides_no_message(self) -> None:
        """What is behind it is unread all the same."""
        offset = self.ada.say("one", "den")["offset"]
        self.bob.ask("read", room="den", offset=offset)
        for number in range(1100):
            self.ada.session.messages.give_back()
            self.ada.send("react", room="den", offset=offset, emoji="👍", on=number % 2 == 0)
            self.server.advance(0.25)
        self.ada.say("two", "den")
        self.assertEqual(self.counts(self.bob), (1, 0))
