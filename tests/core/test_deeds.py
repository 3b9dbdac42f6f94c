"""
What is done to people and rooms, told as conversations.
"""

from __future__ import annotations

from typing import Any

from chatd.core.events import Change
from chatd.core.forgetting import forget
from chatd.core.names import person_id
from chatd.core.roster import LINES_A_PAGE
from tests.core.clients import FAR_AWAY, ChatTestCase, Client, now


def shapes(events: list[dict[str, Any]]) -> list[str]:
    """
    Kinds, with what they are about.
    """
    return [
        " ".join([event["type"], *filter(None, [event.get("text"), event.get("reason")])]) for event in events
    ]


class ModerationTest(ChatTestCase):
    """
    In a public room.
    """

    def setUp(self) -> None:
        super().setUp()
        self.owner = self.server.account("ada", "lobby", "den", role="owner")
        self.bob = self.server.person("bob", "lobby", "den", address=FAR_AWAY)
        self.cleo = self.server.person("cleo", "lobby", "den")
        for client in (self.owner, self.bob, self.cleo):
            client.take()

    def test_a_kick_is_the_last_that_one_hears_of_the_room_and_all_see_who_why_and_by_whom(self) -> None:
        """It is an event like any other; one may come back."""
        done = self.owner.ask("kick", room="den", who=self.bob.id, reason="noise")
        self.assertEqual((done["type"], done["room"]), ("done", "den"))
        self.cleo.say("gone", "den")
        kicked, removed = self.bob.take()
        self.assertEqual(
            (kicked["type"], kicked["reason"], kicked["offset"]), ("kicked", "noise", done["offset"])
        )
        self.assertEqual((kicked["who"]["name"], kicked["from"]["name"]), ("bob", "ada"))
        self.assertEqual(removed, {"type": "removed", "room": "den", "reason": "kicked"})
        self.assertEqual(shapes(self.cleo.take()), ["kicked noise", "absent kicked", "message gone"])
        self.assert_refused(self.bob.ask("say", room="den", text="hey"), "not_member")
        self.assertEqual(self.bob.ask("join", room="den")["type"], "joined")
        self.bob.say("back", "den")

    def test_of_whoever_is_lost_before_they_have_read_of_their_kick_nothing_is_held(self) -> None:
        """Neither what they were to be sent nor what leads back to them."""
        self.bob.fill()
        self.owner.ask("kick", room="den", who=self.bob.id)
        cursors = self.bob.session.cursors
        self.assertEqual(len(cursors.behind), 1)
        self.bob.lose()
        self.assertFalse(cursors.behind or cursors.rooms or cursors._parting)

    def test_whoever_is_behind_gets_all_up_to_the_kick_and_nothing_after_it(self) -> None:
        """A slow reader loses nothing that was theirs."""
        self.bob.fill()
        self.cleo.say("one", "den")
        self.owner.ask("kick", room="den", who=self.bob.id)
        self.cleo.say("two", "den")
        self.assertEqual(self.bob.take(), [])
        self.bob.drain()
        self.assertEqual(shapes(self.bob.take()), ["message one", "kicked", "removed kicked"])

    def test_what_is_committed_together_is_cut_at_the_kick(self) -> None:
        """Also where one batch has what came before it and what came after it."""
        self.server.store.inner.hold()
        self.cleo.send("say", room="den", text="before")
        self.owner.send("kick", room="den", who=self.bob.id)
        self.cleo.send("say", room="den", text="after")
        self.server.store.inner.release()
        self.assertEqual(shapes(self.bob.take()), ["message before", "kicked", "removed kicked"])

    def test_a_ban_keeps_out_the_person_and_their_address_until_it_ends(self) -> None:
        """A new guest from there is the same to the room; whoever has an account is not."""
        self.owner.ask("ban", room="den", who=self.bob.id, seconds=3600, reason="spam")
        self.assertEqual(shapes(self.bob.take()), ["banned spam", "removed banned"])
        self.assert_refused(self.bob.ask("join", room="den"), "banned")
        again = self.server.person("bobby", address=FAR_AWAY)
        self.assert_refused(again.ask("join", room="den"), "banned")
        self.assert_refused(again.ask("history", room="den"), "banned")
        self.assertEqual(
            self.server.account("dora", address=FAR_AWAY).ask("join", room="den")["type"], "joined"
        )
        self.server.wall_ms += 3600 * 1000
        self.assertEqual(self.bob.ask("join", room="den")["type"], "joined")
        self.assertEqual(again.ask("join", room="den")["type"], "joined")

    def test_a_ban_is_of_the_addresses_from_which_somebody_was_here_a_short_while_ago(self) -> None:
        """Who is quick to leave is no better off; also on the tutorial's wire."""
        self.bob.lose()
        old = self.server.tutorial("192.0.2.9")
        old.send_bytes(b'{"message": "buy", "username": "spammer"}')
        spammer = self.cleo.take("message")[-1]["from"]["id"]
        old.lose()
        self.server.advance(3600)
        self.owner.ask("ban", room="den", who=self.bob.id)
        self.assert_refused(self.server.person("bobby", address=FAR_AWAY).ask("join", room="den"), "banned")
        self.assertEqual(self.owner.ask("ban", who=spammer)["type"], "done")
        self.assert_refused(self.server.connect("192.0.2.9").ask("hello", name="x"), "banned")
        self.owner.ask("wipe", room="lobby", who=spammer, seconds=7200)
        self.assertEqual(self.texts("lobby"), [None])

    def test_whoever_wrote_nothing_on_the_tutorials_wire_leaves_no_trace(self) -> None:
        """Else it took a script to have all forgotten who were here."""
        self.bob.lose()
        for _ in range(5):
            self.server.tutorial("192.0.2.9").lose()
        self.assertEqual(set(self.server.hub.traces._traces), {self.bob.id})

    def test_what_somebody_of_the_tutorials_wire_said_can_be_taken_long_after_they_are_unknown(self) -> None:
        """There is nothing more to be done to them."""
        old = self.server.tutorial()
        old.send_bytes(b'{"message": "buy", "username": "spammer"}')
        spammer = self.cleo.take("message")[-1]["from"]["id"]
        old.lose()
        self.server.advance(13 * 3600)
        self.assert_refused(self.owner.ask("mute", who=spammer), "no_such_person")
        self.assertEqual(self.owner.ask("wipe", room="lobby", who=spammer, seconds=86400)["type"], "done")
        self.assertEqual(self.texts("lobby"), [None])
        self.assert_refused(self.owner.ask("wipe", room="lobby", who="nobody", seconds=60), "no_such_person")

    def test_a_later_ban_shortens_no_others_ban_of_the_same_address(self) -> None:
        """Of two who come from there the longer one holds; whose ban it is says who lifts it."""
        dan = self.server.person("dan", "den", address=FAR_AWAY)
        self.owner.ask("ban", room="den", who=self.bob.id)
        self.assert_refused(dan.ask("join", room="den"), "banned")
        self.owner.ask("ban", room="den", who=dan.id, seconds=60)
        self.server.wall_ms += 61_000
        self.assert_refused(dan.ask("join", room="den"), "banned")
        self.owner.ask("unban", room="den", who=self.bob.id)
        self.assertEqual(dan.ask("join", room="den")["type"], "joined")
        dan.ask("leave", room="den")
        for client in (self.bob, dan):
            self.owner.ask("ban", room="den", who=client.id)
        self.owner.ask("unban", room="den", who=dan.id)
        self.assert_refused(dan.ask("join", room="den"), "banned")

    def test_bans_that_ended_a_day_ago_are_kept_nowhere(self) -> None:
        """Those that hold are."""
        self.owner.ask("ban", room="den", who=self.bob.id, seconds=60)
        self.owner.ask("mute", room="den", who=self.cleo.id)
        self.server.wall_ms += 25 * 3600 * 1000
        now(forget(self.server.hub))
        stored = now(self.server.store.everything()).changes
        kept = {change.subject for change in stored if change.room == "den"}
        for facts in (dict(self.server.hub.rights.subjects("den")), kept):
            self.assertNotIn(self.bob.id, facts)
            self.assertNotIn(f"={FAR_AWAY}", facts)
            self.assertIn(self.cleo.id, facts)

    def test_a_page_that_was_read_before_a_wipe_is_not_shown_after_it(self) -> None:
        """Nor what a slow reader was about to get."""
        self.bob.say("bad", "den")
        self.cleo.take()
        late = self.server.person("late")
        self.server.hub.tails.drop(self.server.hub.rooms["den"].tail)
        self.server.store.reads_wait = True
        late.send("join", room="den", after=0, epoch=self.server.store.epoch)
        self.cleo.send("history", room="den")
        self.server.store.answer_reads(1)
        self.owner.send("wipe", room="den", who=self.bob.id, seconds=60)
        while self.server.store.waiting:
            self.server.store.answer_reads(1)
        self.server.store.reads_wait = False
        self.server.store.answer_reads()
        for client in (self.cleo, late):
            self.assertEqual([event["text"] for event in self.messages_in(client.take())], [""])

    def messages_in(self, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All messages that are told, also on pages, after they were wiped."""
        after = False
        found = []
        for frame in frames:
            after = after or frame["type"] in ("wiped", "page", "live", "joined")
            if after:
                events = (frame, *frame.get("events", ()))
                found += [event for event in events if event["type"] == "message"]
        return found

    def test_a_watcher_who_becomes_somebody_stays_only_where_that_person_may_be(self) -> None:
        """Not in a locked room, one that they are banned from, or one that is not for a bot."""
        self.owner.ask("ban", room="den", who=self.bob.id)
        bot = self.owner.ask("bot", name="robot", rooms=["lobby"])["token"]
        for token, reason in ((self.bob.token, "forbidden"), (bot, "forbidden"), (None, "locked")):
            if token is None:
                self.owner.ask("set", room="den", locked=True)
            watcher = self.server.watcher("lobby", "den")
            watcher.take()
            hello = {"name": "sneak"} if token is None else {"token": token}
            self.assertEqual(watcher.ask("hello", **hello)["type"], "welcome")
            told = watcher.take("removed")
            self.assertEqual(told, [{"type": "removed", "room": "den", "reason": reason}])
            members = [each["name"] for each in self.owner.ask("who", room="den")["members"]]
            self.assertEqual(sorted(members), ["ada", "cleo"])
            self.owner.say("secret", "den")
            self.assertNotIn("secret", str(watcher.take()))
            watcher.lose()

    def test_nobody_sends_out_bans_or_mutes_themself(self) -> None:
        """It would only be a mistake, and the last owner could not take it back."""
        for kind in ("kick", "ban", "mute"):
            self.assert_refused(self.owner.ask(kind, room="den", who=self.owner.id), "bad_request")

    def test_a_message_is_reported_once_by_each(self) -> None:
        """Whoever says it again is told that it is done, and the moderators read it once."""
        self.owner.join("+reports")
        offset = self.bob.ask("say", room="den", text="buy things")["offset"]
        for client in (self.cleo, self.cleo, self.owner):
            self.assertEqual(client.ask("report", room="den", offset=offset)["type"], "done")
        self.assertEqual(len([each for each in self.owner.take() if each["type"] == "reported"]), 2)
        while self.bob.ask("say", room="den", text="help")["type"] == "done":
            pass
        self.assert_refused(self.bob.ask("report", room="den", offset=offset), "rate_limited")
        self.server.advance(10)
        self.bob.ask("report", room="den", offset=offset)
        self.assertEqual(len(self.owner.take("reported")), 1)

    def test_a_report_shows_nothing_that_was_deleted_before_it(self) -> None:
        """Also if the message was read already."""
        self.owner.join("+reports")
        offset = self.bob.ask("say", room="den", text="regretted")["offset"]
        self.server.store.reads_wait = True
        self.cleo.send("report", room="den", offset=offset)
        self.bob.send("delete", room="den", offset=offset)
        waiting = self.server.store._waiting
        # The one who deletes is answered first.
        waiting.append(waiting.popleft())
        self.server.store.answer_reads()
        self.assert_refused(self.cleo.take("refused")[0], "no_such_message")
        self.assertNotIn("regretted", str(self.owner.take("reported")))

    def test_a_long_roster_comes_in_parts(self) -> None:
        """Each line once, by name."""
        many = LINES_A_PAGE + 20
        self.server.decide(*(Change("den", person_id(n.to_bytes(10)), "banned", 0) for n in range(many)))
        self.owner.ask("mute", room="den", who=self.bob.id)
        first = self.owner.ask("roster", room="den")
        rest = self.owner.ask("roster", room="den", after=first["next"])
        self.assertNotIn("next", rest)
        told = [
            (each["who"]["id"], what)
            for part in (first, rest)
            for what in ("people", "banned", "muted")
            for each in part[what]
        ]
        self.assertEqual(len(told), len(set(told)))
        self.assertEqual(len(told), many + 2)
        self.assertIn((self.bob.id, "muted"), told)

    def test_a_ban_is_listed_for_moderators_with_its_reason_and_can_be_lifted(self) -> None:
        """With the address; others see who looks after the room, and no bans."""
        self.owner.ask("ban", room="den", who=self.bob.id, reason="spam")
        listed = self.owner.ask("roster", room="den")
        self.assertEqual(
            [(each["who"]["name"], each["reason"], each["by"]) for each in listed["banned"]],
            [("bob", "spam", "ada")],
        )
        self.assertNotIn("banned", self.cleo.ask("roster", room="den"))
        self.assertEqual(self.owner.ask("unban", room="den", who=self.bob.id)["type"], "done")
        self.assertEqual(self.owner.ask("roster", room="den")["banned"], [])
        self.assertEqual(self.bob.ask("join", room="den")["type"], "joined")
        self.assert_refused(self.owner.ask("unban", room="den", who=self.bob.id), "no_such_person")

    def test_a_ban_from_the_server_ends_all_connections_of_the_person(self) -> None:
        """And those who come by their token, or from where they were, are told so."""
        second = self.server.again(self.bob)
        neighbour = self.server.person("neil", address=FAR_AWAY)
        self.owner.ask("ban", who=self.bob.id)
        for client in (self.bob, second, neighbour):
            self.assertEqual(client.closed, (4501, "banned"))
        self.assert_refused(self.server.connect().ask("hello", token=self.bob.token), "banned")
        self.assert_refused(self.server.connect(FAR_AWAY).ask("hello", name="new"), "banned")
        self.assertIsNone(self.cleo.closed)

    def test_whoever_is_muted_reads_on(self) -> None:
        """In the room, or anywhere; writing to people is no room's affair but the server's."""
        self.owner.ask("mute", room="den", who=self.bob.id, seconds=60)
        self.assert_refused(self.bob.ask("say", room="den", text="x"), "muted")
        self.bob.say("here", "lobby")
        self.cleo.say("hi", "den")
        self.assertEqual(shapes(self.bob.take())[-1], "message hi")
        self.owner.ask("mute", who=self.bob.id)
        self.assert_refused(self.bob.ask("say", room="lobby", text="x"), "muted")
        self.assert_refused(self.bob.ask("say", room=f"@{self.cleo.id}", text="x"), "muted")
        self.owner.ask("unmute", who=self.bob.id)
        self.bob.say("here", "lobby")

    def test_nobody_lets_themselves_speak_again(self) -> None:
        """Not the owner of the room either, whom somebody of the server's staff has silenced."""
        mia = self.server.account("mia", "club")
        self.owner.join("club")
        self.owner.ask("mute", room="club", who=mia.id)
        self.assert_refused(mia.ask("unmute", room="club", who=mia.id), "forbidden")
        self.assert_refused(mia.ask("say", room="club", text="x"), "muted")

    def test_the_rooms_of_the_staff_are_nobodys_to_change(self) -> None:
        """Nor is anybody asked in, or sent out."""
        self.owner.join("+audit")
        for kind, fields in (
            ("invite", {"who": self.bob.id}),
            ("set", {"title": "x"}),
            ("kick", {"who": self.bob.id}),
            ("role", {"who": self.owner.id, "role": "owner"}),
        ):
            self.assert_refused(self.owner.ask(kind, room="+audit", **fields), "forbidden")

    def test_whoever_is_muted_everywhere_is_not_heard_by_other_ways(self) -> None:
        """Not by a room's title or topic, by why they do something, or by a name."""
        dan = self.server.account("dan", "club")
        self.cleo.join("club")
        offset = dan.say("hi", "club")["offset"]
        self.owner.ask("mute", who=dan.id)
        self.cleo.take()
        for kind, fields in (
            ("make", {"title": "loud", "people": [self.cleo.id]}),
            ("set", {"room": "club", "topic": "loud"}),
            ("kick", {"room": "club", "who": self.cleo.id, "reason": "loud"}),
            ("edit", {"room": "club", "offset": offset, "text": "loud"}),
            ("hello", {"name": "loud"}),
        ):
            self.assert_refused(dan.ask(kind, **fields), "muted")
        self.assertNotIn("loud", str(self.cleo.take()))
        self.assertEqual(dan.ask("delete", room="club", offset=offset)["type"], "done")

    def test_what_is_said_while_one_is_being_silenced_is_not_said(self) -> None:
        """Also on the tutorial's wire: nothing of theirs stands behind a ban or a wipe."""
        old = self.server.tutorial("192.0.2.7")
        old.send_bytes(b'{"message": "hi", "username": "old"}')
        guise = self.cleo.take("message")[-1]["from"]["id"]
        for who, speak in (
            (self.bob.id, lambda: self.bob.send("say", room="lobby", text="spam")),
            (guise, lambda: old.send_bytes(b'{"message": "spam", "username": "old"}')),
        ):
            self.server.store.inner.hold()
            self.owner.send("mute", who=who)
            speak()
            self.server.store.inner.release()
        page = self.owner.ask("history", room="lobby")
        self.assertNotIn("spam", str(page))
        self.assert_refused(self.bob.take("refused")[0], "muted")
        self.server.store.inner.hold()
        self.owner.send("kick", room="den", who=self.cleo.id)
        self.cleo.send("say", room="den", text="spam")
        self.server.store.inner.release()
        self.assert_refused(self.cleo.take("refused")[0], "not_member")

    def test_a_ban_keeps_out_nobody_who_looks_after_it(self) -> None:
        """The owner can come from the same office."""
        self.owner.lose()
        owner = self.server.connect(FAR_AWAY)
        owner.hello(token=self.owner.token)
        owner.join("den")
        self.owner = owner
        owner.ask("ban", who=self.bob.id)
        self.assertIsNone(owner.closed)
        self.assertEqual(self.server.connect(FAR_AWAY).hello(name="neighbour")["type"], "welcome")
        self.assert_refused(self.server.connect().ask("hello", token=self.bob.token), "banned")

    def test_whoever_is_no_moderator_learns_of_nobody_that_they_are_kept_out(self) -> None:
        """Not by where a part of the roster ends either."""
        many = LINES_A_PAGE + 20
        self.server.decide(*(Change("den", person_id(n.to_bytes(10)), "banned", 0) for n in range(many)))
        self.assertEqual(set(self.cleo.ask("roster", room="den")), {"type", "room", "people"})

    def test_what_somebody_wrote_in_the_last_minutes_is_gone_everywhere(self) -> None:
        """It keeps its place, live, in history, and for whoever comes back."""
        self.bob.say("old", "den")
        self.server.wall_ms += 600_000
        self.bob.say("bad", "den")
        self.cleo.say("good", "den")
        self.bob.say("worse", "lobby")
        self.bob.ask("say", room=f"@{self.cleo.id}", text="ours")
        for client in (self.owner, self.bob, self.cleo):
            client.take()
        self.owner.ask("wipe", room="den", who=self.bob.id, seconds=300)
        wiped = self.cleo.take()[-1]
        self.assertEqual((wiped["type"], wiped["who"]["name"]), ("wiped", "bob"))
        self.assertEqual(self.texts("den"), ["old", None, "good"])
        self.assertEqual(self.texts("lobby"), ["worse"])
        self.cleo.take()
        self.owner.ask("wipe", who=self.bob.id, seconds=300)
        self.assertEqual(self.texts("lobby"), [None])
        wiped = [event["room"] for event in self.cleo.take() if event["type"] == "wiped"]
        self.assertEqual(sorted(wiped), ["den", "lobby"])
        # The room's own tail, from which a slow reader is served, has forgotten it too.
        late = self.server.person("late")
        late.send("join", room="den", after=0, epoch=self.server.store.epoch)
        heard = [event for event in late.take() if event["type"] == "message"]
        self.assertEqual([event["text"] for event in heard], ["old", "", "good"])
        private = self.cleo.ask("history", room=f"@{self.bob.id}")
        self.assertEqual([event["text"] for event in private["events"]], ["ours"])

    def texts(self, room: str) -> list[str | None]:
        """The messages of a room's history; None for one that was wiped."""
        page = self.owner.ask("history", room=room)
        messages = [event for event in page["events"] if event["type"] == "message"]
        return [None if event.get("deleted") else event["text"] for event in messages]

    def test_slow_mode_lets_each_speak_once_in_a_while(self) -> None:
        """Moderators are not held up."""
        self.owner.ask("set", room="den", slow=30)
        self.bob.say("one", "den")
        refused = self.bob.ask("say", room="den", text="two")
        self.assert_refused(refused, "rate_limited")
        self.assertEqual(refused["retry_after"], 30)
        self.cleo.say("me", "den")
        self.owner.say("a", "den")
        self.owner.say("b", "den")
        self.server.advance(30)
        self.bob.say("two", "den")

    def test_in_slow_mode_nobody_waits_for_what_was_refused(self) -> None:
        """Only for what was said; whoever is told to wait still has to."""
        self.owner.ask("set", room="den", slow=3600)
        self.assert_refused(self.bob.ask("say", room="den", text="x", reply_to=99), "no_such_message")
        self.server.store.inner.read_only = "the disk is full"
        self.assert_refused(self.bob.ask("say", room="den", text="x"), "read_only")
        self.server.store.inner.read_only = None
        self.bob.say("one", "den", cid="a")
        refused = self.bob.ask("say", room="den", text="two")
        self.assert_refused(refused, "rate_limited")
        self.assert_refused(self.bob.ask("say", room="den", text="three"), "rate_limited")
        self.server.advance(3600)
        self.assert_refused(self.bob.ask("say", room="den", text="four", cid="a"), "cid_conflict")
        self.bob.say("five", "den")
        self.assertEqual(self.texts("den"), ["one", "five"])

    def test_slow_mode_holds_for_the_tutorials_wire_however_often_one_connects(self) -> None:
        """From one address; where there is none, for each connection."""
        self.owner.ask("set", room="lobby", slow=30)
        for address, said in (("192.0.2.9", 1), ("192.0.2.10", 1), (None, 3)):
            self.cleo.take()
            for _ in range(3):
                old = self.server.tutorial(address)
                old.send_bytes(b'{"message": "buy", "username": "x"}')
                old.lose()
            self.assertEqual(len(self.cleo.take("message")), said)
        who_spoke = self.server.hub.rooms["lobby"]._said
        self.server.advance(30)
        self.server.tutorial("192.0.2.9").send_bytes(b'{"message": "buy", "username": "x"}')
        self.assertEqual(len(self.cleo.take("message")), 1)
        # Whoever need not wait any more is taken out of it, and it is not made anew.
        self.assertEqual(list(who_spoke), ["192.0.2.9"])
        self.assertIs(self.server.hub.rooms["lobby"]._said, who_spoke)

    def test_a_lock_lets_nobody_new_in(self) -> None:
        """Who is there stays; who comes by a token of before comes in again."""
        self.owner.ask("set", room="den", locked=True)
        self.assert_refused(self.server.person("dan").ask("join", room="den"), "locked")
        self.bob.say("still here", "den")
        self.assertEqual(self.server.again(self.bob).ask("join", room="den")["type"], "joined")
        self.owner.ask("set", locked=True)
        self.assert_refused(self.server.connect().ask("hello", name="eve"), "locked")
        self.server.again(self.bob)
        self.owner.ask("set", locked=False)
        self.server.person("eve")

    def test_a_room_that_refuses_guests_sends_them_out(self) -> None:
        """Watchers and the tutorial's wire too."""
        watcher, old = self.server.watcher("lobby"), self.server.tutorial()
        self.owner.ask("set", room="lobby", guests=False)
        self.assertEqual(shapes(self.bob.take()), ["set", "removed guests"])
        told = shapes(watcher.take())
        self.assertEqual((told[-1], "set" in told), ("removed guests", True))
        self.assertEqual(old.closed, (1008, "policy"))
        self.assert_refused(self.bob.ask("join", room="lobby"), "forbidden")
        self.assertEqual(self.owner.ask("join", room="lobby")["guests"], "off")

    def test_an_archived_room_is_read_and_not_written(self) -> None:
        """And says so to whoever joins it."""
        self.cleo.say("last words", "den")
        self.owner.ask("set", room="den", archived=True)
        self.assert_refused(self.cleo.ask("say", room="den", text="x"), "archived")
        self.assertTrue(self.server.person("dan").ask("join", room="den")["archived"])
        rooms = {room["room"]: room for room in self.cleo.ask("rooms")["rooms"]}
        self.assertEqual((rooms["den"].get("archived"), rooms["lobby"].get("archived")), (True, None))

    def test_what_was_decided_outlives_a_restart(self) -> None:
        """Roles, topics, bans and slow mode."""
        self.owner.ask("set", room="den", topic="Quiet, please", slow=5)
        self.owner.ask("ban", room="den", who=self.bob.id)
        self.server.restart()
        owner = self.server.again(self.owner)
        self.assertEqual(owner.me["role"], "owner")
        joined = owner.ask("join", room="den")
        self.assertEqual((joined["topic"], joined["slow"]), ("Quiet, please", 5))
        self.assert_refused(self.server.again(self.bob).ask("join", room="den"), "banned")

    def test_the_audit_log_has_what_was_done_to_the_server_and_in_public_rooms(self) -> None:
        """Its readers are the staff; it is no room for anybody else."""
        self.owner.ask("kick", room="den", who=self.bob.id, reason="noise")
        self.owner.ask("mute", who=self.bob.id)
        self.owner.ask("join", room="+audit")
        log = [event for event in self.owner.take() if event.get("room") == "+audit" and "offset" in event]
        told = [(event["type"], event.get("in")) for event in log if event["type"] in ("kicked", "muted")]
        self.assertEqual(told, [("kicked", "den"), ("muted", None)])
        self.assertIn("+audit", [room["room"] for room in self.owner.ask("rooms")["rooms"]])
        self.assertNotIn("+audit", [room["room"] for room in self.cleo.ask("rooms")["rooms"]])

    def test_a_report_shows_the_message_to_the_moderators(self) -> None:
        """Who reported what, where and why."""
        self.owner.join("+reports")
        offset = self.bob.ask("say", room="den", text="buy things")["offset"]
        self.assertEqual(self.cleo.ask("report", room="den", offset=offset, reason="spam")["type"], "done")
        report = self.owner.take()[-1]
        self.assertEqual(
            (
                report["type"],
                report["in"],
                report["about"],
                report["text"],
                report["reason"],
                report["who"]["name"],
            ),
            ("reported", "den", offset, "buy things", "spam", "bob"),
        )
        self.assert_refused(self.cleo.ask("report", room="den", offset=offset + 1000), "no_such_message")

    def test_nobody_acts_on_whoever_may_do_as_much(self) -> None:
        """Moderators not on each other, and nobody on an owner but an owner."""
        mods = [self.server.account(name, "den", role="moderator") for name in ("moe", "mia")]
        self.assert_refused(mods[0].ask("kick", room="den", who=mods[1].id), "forbidden")
        self.assert_refused(mods[0].ask("ban", who=self.owner.id), "forbidden")
        self.assertEqual(self.owner.ask("kick", room="den", who=mods[0].id)["type"], "done")
        self.assert_refused(self.owner.ask("role", who=self.owner.id, role="member"), "forbidden")

    def test_a_role_is_told_at_once_and_taken_back_at_once(self) -> None:
        """Whoever is no longer of the staff hears the staff's rooms no longer."""
        mia = self.server.account("mia", "den")
        self.owner.ask("role", who=mia.id, role="moderator")
        self.assertEqual(
            [event["me"]["role"] for event in mia.take() if event["type"] == "me"], ["moderator"]
        )
        mia.join("+audit")
        self.owner.ask("role", who=mia.id, role="member")
        told = mia.take()
        self.assertIn({"type": "removed", "room": "+audit", "reason": "forbidden"}, told)
        self.assert_refused(mia.ask("history", room="+audit"), "no_such_room")

    def test_whoever_makes_a_public_room_with_an_account_owns_it(self) -> None:
        """From its first event on; what a guest makes is nobody's."""
        mia = self.server.account("mia")
        joined = mia.ask("join", room="club")
        self.assertEqual((joined["role"], [each["role"] for each in joined["staff"]]), ("owner", ["owner"]))
        self.assertEqual(shapes(mia.take()), ["made", "live"])
        self.assertEqual(mia.ask("set", room="club", topic="Chess")["type"], "done")
        self.assertNotIn("role", self.cleo.ask("join", room="pub"))
        self.assert_refused(self.cleo.ask("set", room="pub", topic="x"), "forbidden")

    def test_what_cannot_be_is_refused_with_a_word_why(self) -> None:
        """And changes nothing."""
        for kind, fields, code in (
            ("set", {"room": "den"}, "bad_request"),
            ("set", {"room": "den", "title": "x"}, "bad_request"),
            ("set", {"topic": "x"}, "bad_request"),
            ("set", {"room": "den", "topic": "a\nb"}, "bad_request"),
            ("set", {"room": "den", "topic": "x" * 501}, "too_long"),
            ("kick", {"room": "den", "who": "nobody"}, "no_such_person"),
            ("kick", {"room": "den", "who": "a" * 16}, "no_such_person"),
            ("kick", {"room": "nowhere", "who": self.bob.id}, "not_member"),
            ("role", {"room": "den", "who": self.bob.id, "role": "moderator"}, "forbidden"),
            ("invite", {"room": "den", "who": self.bob.id}, "bad_request"),
            ("quit", {"room": "den"}, "bad_request"),
            ("ban", {"room": f"@{self.bob.id}", "who": self.bob.id}, "bad_request"),
            ("kick", {"room": f"@{self.bob.id}", "who": self.bob.id}, "bad_request"),
            ("invite", {"room": f"@{self.bob.id}", "who": self.cleo.id}, "bad_request"),
        ):
            self.assert_refused(self.owner.ask(kind, **fields), code)


class ClosedRoomTest(ChatTestCase):
    """
    Rooms that only their members know of.
    """

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.bob, self.cleo = (
            self.server.account(name, "lobby") for name in ("ada", "bob", "cleo")
        )
        self.bob.take()
        self.room: str = self.ada.ask("make", title="Surprise party", people=[self.bob.id])["room"]
        self.ada.join(self.room)

    def rooms_of(self, client: Client) -> dict[str, Any]:
        """What is listed for somebody."""
        return {room["room"]: room.get("title") for room in client.ask("rooms")["rooms"]}

    def test_its_members_see_its_title_and_are_told_when_they_are_asked_in(self) -> None:
        """Live, in lists, and when they come back."""
        (invited,) = self.bob.take()
        self.assertEqual(
            (invited["type"], invited["room"], invited["title"], invited["by"]["name"]),
            ("invited", self.room, "Surprise party", "ada"),
        )
        self.assertEqual(self.rooms_of(self.bob)[self.room], "Surprise party")
        again = self.server.connect().ask("hello", token=self.bob.token)
        self.assertIn(
            (self.room, "Surprise party"), [(room["room"], room.get("title")) for room in again["rooms"]]
        )
        joined = self.bob.ask("join", room=self.room)
        self.assertEqual((joined["title"], joined["role"]), ("Surprise party", "member"))
        self.assertEqual(
            [(each["who"]["name"], each["role"]) for each in joined["staff"]], [("ada", "owner")]
        )

    def test_to_everybody_else_there_is_no_such_room(self) -> None:
        """Whether it exists or not, whoever asks and whatever; the server's owner too."""
        owner = self.server.account("olga", "lobby", role="owner")
        nowhere = "+" + "a" * 16
        for client in (self.cleo, owner, self.server.person("gus"), self.server.watcher()):
            for kind, fields in (
                ("join", {}),
                ("history", {}),
                ("who", {}),
                ("say", {"text": "x"}),
                ("leave", {}),
                ("typing", {}),
                ("read", {"offset": 1}),
                ("kick", {"who": self.bob.id}),
                ("set", {"topic": "x"}),
                ("roster", {}),
                ("report", {"offset": 1}),
                ("quit", {}),
            ):
                known, unknown = (client.ask(kind, room=room, **fields) for room in (self.room, nowhere))
                self.assertEqual(known, unknown)
                self.assert_refused(known, "no_such_room")
            self.assertNotIn(self.room, self.rooms_of(client))

    def test_whoever_is_sent_out_hears_nothing_more_and_knows_of_it_no_more(self) -> None:
        """Not live, not by history, not by a position of before."""
        self.bob.join(self.room)
        self.ada.say("one", self.room)
        last = self.bob.take()[-1]
        position = {"after": last["offset"], "epoch": self.server.store.epoch, "id": last["id"]}
        self.ada.ask("kick", room=self.room, who=self.bob.id)
        self.ada.say("two", self.room)
        self.assertEqual(shapes(self.bob.take()), ["kicked", "removed kicked"])
        for client in (self.bob, self.server.again(self.bob)):
            self.assert_refused(client.ask("join", room=self.room, **position), "no_such_room")
            self.assert_refused(client.ask("history", room=self.room), "no_such_room")
            self.assertNotIn(self.room, self.rooms_of(client))

    def test_a_read_that_is_under_way_when_one_is_sent_out_gives_nothing(self) -> None:
        """The store may know of the deed before it is published."""
        self.bob.join(self.room)
        for kind in ("history", "join"):
            self.server.store.reads_wait = True
            self.bob.send(kind, room=self.room)
            self.server.store.answer_reads(0)
            self.ada.send("kick", room=self.room, who=self.bob.id)
            self.ada.send("say", room=self.room, text="secret")
            self.server.store.answer_reads()
            told = self.bob.take()
            self.assertNotIn("secret", str(told))
            self.assertIn("no_such_room", [event.get("code") for event in told])
            self.ada.ask("invite", room=self.room, who=self.bob.id)
            self.bob.join(self.room)

    def test_a_title_a_topic_and_roles_are_its_owners_affair(self) -> None:
        """The title is what all see from then on."""
        self.bob.join(self.room)
        self.assert_refused(self.bob.ask("set", room=self.room, title="x"), "forbidden")
        self.ada.ask("set", room=self.room, title="Party", topic="Bring cake")
        self.assertEqual(self.rooms_of(self.bob)[self.room], "Party")
        self.ada.ask("role", room=self.room, who=self.bob.id, role="moderator")
        self.bob.take()
        self.assertEqual(self.bob.ask("invite", room=self.room, who=self.cleo.id)["type"], "done")
        roster = self.ada.ask("roster", room=self.room)
        self.assertEqual(
            [(each["who"]["name"], each["role"], each["here"]) for each in roster["people"]],
            [("ada", "owner", True), ("bob", "moderator", True), ("cleo", "member", True)],
        )
        self.server.restart()
        self.assertEqual(self.server.again(self.bob).ask("join", room=self.room)["title"], "Party")

    def test_the_last_owner_stays_while_others_are_in_it(self) -> None:
        """Then it can be left for good."""
        self.bob.join(self.room)
        self.assert_refused(self.ada.ask("quit", room=self.room), "forbidden")
        self.assertEqual(self.bob.ask("quit", room=self.room)["type"], "done")
        self.assertEqual(shapes(self.bob.take())[-1], "removed quit")
        self.assertEqual(self.ada.ask("quit", room=self.room)["type"], "done")
        self.assertNotIn(self.room, self.rooms_of(self.ada))

    def test_nobody_brings_in_a_bot_or_somebody_whom_nobody_can_know_again(self) -> None:
        """A bot's rooms are for an owner of the server to say, from the first moment of the room."""
        olga = self.server.account("olga", "lobby", role="owner")
        bot = olga.ask("bot", name="robot", rooms=["lobby"])["who"]["id"]
        old = self.server.tutorial()
        old.send_bytes(b'{"message": "hi", "username": "old"}')
        guise = self.cleo.take("message")[-1]["from"]["id"]
        for who in (bot, guise):
            self.assert_refused(self.ada.ask("make", title="x", people=[self.bob.id, who]), "forbidden")
            self.assert_refused(self.ada.ask("invite", room=self.room, who=who), "forbidden")
        old.lose()
        self.assert_refused(self.ada.ask("invite", room=self.room, who=guise), "forbidden")
        self.assertEqual(olga.ask("make", title="x", people=[bot])["type"], "made")

    def test_two_owners_who_step_down_at_once_leave_one_of_them(self) -> None:
        """Each looks at what is so, and both are on their way."""
        self.bob.join(self.room)
        self.ada.ask("role", room=self.room, who=self.bob.id, role="owner")
        self.server.store.inner.hold()
        self.ada.send("role", room=self.room, who=self.ada.id, role="member")
        self.bob.send("role", room=self.room, who=self.bob.id, role="member")
        self.server.store.inner.release()
        self.assert_refused(self.bob.take("refused")[0], "forbidden")
        roster = self.ada.ask("roster", room=self.room)["people"]
        self.assertEqual([each["role"] for each in roster], ["member", "owner"])

    def test_what_is_done_in_it_is_not_in_the_audit_log(self) -> None:
        """It is its members' own affair."""
        owner = self.server.account("olga", role="owner")
        self.ada.ask("kick", room=self.room, who=self.bob.id, reason="secret reason")
        owner.join("+audit")
        page = owner.ask("history", room="+audit")
        self.assertNotIn("secret reason", str(page))
        self.assertNotIn(self.room, str(page))


class BotTest(ChatTestCase):
    """
    Programs with an account.
    """

    def test_a_bot_is_in_its_rooms_and_in_no_others(self) -> None:
        """Until it is let into more; its token is its password."""
        owner = self.server.account("ada", "den", role="owner")
        made = owner.ask("bot", name="robot", rooms=["den"])
        bot = self.server.connect()
        self.assertEqual(bot.hello(token=made["token"])["me"]["role"], "bot")
        self.assertEqual(bot.ask("join", room="den")["type"], "joined")
        self.assert_refused(bot.ask("join", room="lobby"), "forbidden")
        owner.take()
        owner.join("lobby")
        self.assertEqual(owner.ask("invite", room="lobby", who=bot.id)["type"], "done")
        self.assertEqual(bot.ask("join", room="lobby")["type"], "joined")
        self.assert_refused(owner.ask("bot", name="robot", rooms=[]), "name_taken")
        self.assert_refused(self.server.connect().ask("hello", name="ROBOT"), "name_taken")
