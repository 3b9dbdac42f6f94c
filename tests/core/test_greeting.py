"""
Saying who one is.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from chatd.core.accounts import SignUp, hash_token
from chatd.core.forgetting import forget
from chatd.core.names import is_person_id
from chatd.core.presence import RENAMES_A_SECOND, RENAMES_AT_ONCE
from tests.core.clients import FAR_AWAY, ChatTestCase, now


class WelcomeTest(ChatTestCase):
    """
    What `hello` is answered with.
    """

    def test_a_new_guest_is_welcomed_with_an_id_and_a_token(self) -> None:
        """The whole of a first `welcome`, field by field."""
        ada = self.server.connect()
        welcome = ada.ask("hello", name="Ada")
        token, me = welcome.pop("token"), welcome.pop("me")
        self.assertGreaterEqual(len(token), 43)
        self.assertTrue(is_person_id(me["id"]))
        self.assertEqual(
            me, {"id": me["id"], "name": "Ada", "avatar": f"/avatar/{me['id']}.svg?A", "role": "guest"}
        )
        self.assertEqual(
            welcome,
            {
                "type": "welcome",
                "server": "chatd/test",
                "epoch": self.server.store.epoch,
                "rooms": [{"room": "lobby", "topic": "", "head": 0, "read": 0}],
                "limits": {
                    "text": 4000,
                    "frame": 65536,
                    "message_rate": 5.0,
                    "message_burst": 20,
                    "upload": 256 << 20,
                },
                "now": "2027-01-15T08:00:00.123Z",
                "server_can": {"sign_up": "open", "guests": "on", "locked": False, "claimed": False},
            },
        )

    def test_the_token_is_kept_hashed(self) -> None:
        """What the store has of it is a hash."""
        ada = self.server.person("ada")
        kept = self.server.store.inner._people.everybody[ada.id].tokens
        self.assertEqual(list(kept), [hash_token(ada.token)])
        self.assertNotIn(ada.token.encode(), kept)

    def test_whoever_shows_a_token_is_the_same_person(self) -> None:
        """At the same time, later, and after a restart; no new token is given."""
        ada = self.server.person("ada")
        for pause in (0, 60, None):
            if pause is None:
                self.server.restart()
            else:
                self.server.advance(pause)
            again = self.server.connect()
            welcome = again.hello(token=ada.token)
            self.assertEqual(welcome["me"], ada.me)
            self.assertNotIn("token", welcome)
            again.lose()

    def test_an_unknown_token_is_refused_and_the_connection_stays_open(self) -> None:
        """One can try again in another way."""
        ada = self.server.connect()
        for token in ("", "x", "x" * 128):
            self.assert_refused(ada.hello(token=token), "bad_token")
        self.assert_refused(ada.hello(token="x", name="ada"), "bad_token")
        self.assert_refused(ada.ask("rooms"), "not_hello")
        self.assertIsNone(ada.closed)
        self.assertEqual(ada.hello(name="ada")["type"], "welcome")

    def test_before_hello_everything_is_refused(self) -> None:
        """Whatever it is, and the connection goes on."""
        new = self.server.connect()
        for kind, fields in {
            "join": {"room": "lobby"},
            "leave": {"room": "lobby"},
            "say": {"room": "lobby", "text": "hi"},
            "history": {"room": "lobby"},
            "who": {"room": "lobby"},
            "rooms": {},
            "typing": {"room": "lobby"},
            "read": {"room": "lobby", "offset": 0},
        }.items():
            self.assert_refused(new.ask(kind, **fields), "not_hello")
        self.assertIsNone(new.closed)

    def test_a_bad_name_is_refused(self) -> None:
        """For a new guest, a known one, and one who is here."""
        ada = self.server.person("ada")
        for name in ("", " ", "a b", "x" * 33, "\u202eada", "a\u200bb", "\u3164", "<img>", "a@b", "\u0301a"):
            self.assert_refused(self.server.connect().hello(name=name), "bad_name")
            self.assert_refused(self.server.connect().hello(name=name, token=ada.token), "bad_name")
            self.assert_refused(ada.hello(name=name), "bad_name")
        self.assertEqual(self.server.person("x" * 32).me["name"], "x" * 32)
        self.assertEqual(ada.hello()["me"]["name"], "ada")

    def test_rooms_that_one_knows_are_listed(self) -> None:
        """The lobby first, public rooms in which one has a read marker, and one's private rooms."""
        ada, bob = (self.server.person(name, "den", "Garden") for name in ("ada", "bob"))
        ada.say("one", "den")
        ada.say("two", "garden")
        ada.ask("read", room="garden", offset=1)
        bob.say("psst", ada.private)
        ada.ask("read", room=bob.private, offset=1)
        self.assertEqual(
            self.server.connect().hello(token=ada.token)["rooms"],
            [
                {"room": "lobby", "topic": "", "head": 0, "read": 0},
                {"room": bob.private, "topic": "", "head": 1, "read": 1, "with": bob.face},
                {"room": "Garden", "topic": "", "head": 1, "read": 1},
            ],
        )
        self.assertEqual(
            self.server.connect().hello(token=bob.token)["rooms"],
            [
                {"room": "lobby", "topic": "", "head": 0, "read": 0},
                {"room": ada.private, "topic": "", "head": 1, "read": 0, "with": ada.face},
            ],
        )

    def test_two_hundred_rooms_are_listed_at_most(self) -> None:
        """The lobby and those whose last event is the latest."""
        ada = self.server.person("ada")
        others = []
        for n in range(205):
            self.server.advance(0.2)
            other = self.server.person(f"p{n}")
            ada.say("hi", other.private)
            others.append(other.private)
            other.lose()
        rooms = [room["room"] for room in self.server.connect().hello(token=ada.token)["rooms"]]
        self.assertEqual(rooms, ["lobby", *others[:5:-1]])

    def test_an_email_with_a_control_character_is_a_bad_request(self) -> None:
        """It would go out on the tutorial's wire."""
        self.assert_refused(self.server.connect().hello(name="ada", email="a\x00b"), "bad_request")

    def test_the_greeting_is_not_waited_for_twice(self) -> None:
        """A well-formed `hello` in time is enough, even if it was refused."""
        ada, bob, cleo = (self.server.connect() for _ in range(3))
        ada.hello(name="ada")
        bob.hello(name="a b")
        cleo.ask("rooms")
        cleo.send("hello", name=7)
        self.server.advance(9.75)
        self.assertEqual([one.closed for one in (ada, bob, cleo)], [None, None, None])
        self.server.advance(0.25)
        self.assertEqual([one.closed for one in (ada, bob, cleo)], [None, None, (4503, "no_hello")])

    def test_a_connection_that_is_lost_before_hello_is_not_waited_for(self) -> None:
        """There is nothing to close."""
        ada = self.server.connect()
        ada.lose()
        self.server.advance(11)
        self.assertIsNone(ada.closed)


class NameTest(ChatTestCase):
    """
    Who may bear a name.
    """

    def test_a_name_that_somebody_bears_is_taken(self) -> None:
        """In any spelling that compares as the same."""
        self.server.person("Straße")
        for name in ("Straße", "STRASSE", "ｓｔｒａｓｓｅ"):
            self.assert_refused(self.server.connect().hello(name=name), "name_taken")
        self.assertEqual(self.server.person("Strase").me["name"], "Strase")

    def test_a_name_is_free_ten_seconds_after_its_bearer_was_lost(self) -> None:
        """And not before."""
        self.server.person("ada").lose()
        self.server.advance(9.75)
        self.assert_refused(self.server.connect().hello(name="ADA"), "name_taken")
        self.server.advance(0.25)
        self.assertEqual(self.server.connect().hello(name="ADA")["type"], "welcome")

    def test_the_name_of_last_time_can_be_taken_meanwhile(self) -> None:
        """Then one gives another."""
        ada = self.server.person("ada")
        ada.lose()
        self.server.advance(20)
        self.server.person("Ada")
        again = self.server.connect()
        self.assert_refused(again.hello(token=ada.token), "name_taken")
        welcome = again.hello(token=ada.token, name="ada2")
        self.assertEqual((welcome["me"]["id"], welcome["me"]["name"]), (ada.id, "ada2"))

    def test_a_new_name_is_told_to_all_who_see_it(self) -> None:
        """Others in one's rooms get `present`, one's other connections `me`, nobody else anything."""
        server = self.server
        ada, bob, cleo = server.person("ada", "den"), server.person("bob", "den"), server.person("cleo")
        second = server.again(ada)
        ada.take()
        self.assertEqual(ada.hello(name="eva")["me"]["name"], "eva")
        self.assertEqual(bob.take(), [{"type": "present", "room": "den", "who": ada.face}])
        self.assertEqual(second.take(), [{"type": "me", "me": ada.me}])
        self.assertEqual((ada.take(), cleo.take()), ([], []))
        self.assertEqual(bob.ask("who", room="den")["members"], [ada.face, bob.face])
        ada.say("hi", "den")
        self.assertEqual(bob.take()[0]["from"], ada.face)
        self.assertEqual(server.connect().hello(token=ada.token)["me"], ada.me)

    def test_the_old_name_is_free_at_once(self) -> None:
        """And the new one is taken."""
        ada = self.server.person("ada")
        ada.hello(name="eva")
        self.assertEqual(self.server.connect().hello(name="ada")["type"], "welcome")
        self.assert_refused(self.server.connect().hello(name="Eva"), "name_taken")
        self.assert_refused(ada.hello(name="ADA"), "name_taken")
        self.assertEqual(ada.hello()["me"]["name"], "eva")

    def test_another_spelling_of_ones_own_name(self) -> None:
        """It is a new name, and still one's own."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.hello(name="ADA")
        self.assertEqual(bob.take()[0]["who"]["name"], "ADA")
        self.assert_refused(self.server.connect().hello(name="ada"), "name_taken")

    def test_the_same_name_again_is_no_news(self) -> None:
        """Nobody is told."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        second = self.server.again(ada)
        ada.take()
        self.assertEqual(ada.hello(name="ada")["type"], "welcome")
        self.assertEqual((bob.take(), second.take()), ([], []))

    def test_a_private_room_shows_the_person_as_they_are_now(self) -> None:
        """`with` has the new name, `from` the one of then; a rename is no notice there."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        ada.say("one", bob.private)
        bob.take()
        ada.hello(name="eva")
        self.assertEqual(bob.take(), [])
        ada.say("two", bob.private)
        (two,) = bob.take()
        self.assertEqual((two["with"], two["from"]), (ada.face, ada.face))
        (one, _) = bob.ask("history", room=ada.private)["events"]
        self.assertEqual((one["with"]["name"], one["from"]["name"]), ("eva", "ada"))
        for room in (bob.ask("rooms")["rooms"][0], bob.ask("join", room=ada.private)):
            self.assertEqual(room["with"], ada.face)

    def test_a_private_room_shows_a_name_with_which_one_came_back(self) -> None:
        """The other had the room in memory all the time."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        ada.say("one", bob.private)
        ada.lose()
        self.server.advance(20)
        bob.take()
        ada = self.server.again(ada, name="eva")
        bob.say("two", ada.private)
        self.assertEqual(bob.take("message")[0]["with"], ada.face)
        self.assertEqual(bob.ask("who", room=ada.private)["members"], [ada.face, bob.face])

    def test_a_person_who_takes_name_after_name_is_slowed_down(self) -> None:
        """Whatever connection it is on; the name that was refused is free, and after a while it goes on."""
        ada = self.server.person("ada")
        second = self.server.connect()
        second.hello(token=ada.token)
        for number in range(RENAMES_AT_ONCE):
            self.assertEqual((ada, second)[number % 2].ask("hello", name=f"ada{number}")["type"], "welcome")
        refused = second.ask("hello", name="ida")
        self.assertEqual((refused["code"], refused["retry_after"]), ("rate_limited", 1 / RENAMES_A_SECOND))
        self.assertEqual(self.server.person("ida").me["name"], "ida")
        self.server.advance(refused["retry_after"])
        self.assertEqual(ada.ask("hello", name="eda")["me"]["name"], "eda")

    def test_a_rename_that_cannot_be_stored_changes_nothing(self) -> None:
        """The refusal says when to try again, and no name is lost or held."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        self.server.store.inner.read_only = "the disk is full"
        for name in ("eva", "ADA"):
            reply = ada.hello(name=name)
            self.assert_refused(reply, "read_only")
            self.assertGreater(reply["retry_after"], 0)
        self.assertEqual(bob.take(), [])
        self.server.store.inner.read_only = None
        self.assert_refused(self.server.connect().hello(name="ada"), "name_taken")
        self.assertEqual(self.server.connect().hello(name="eva")["type"], "welcome")

    def test_a_person_who_cannot_be_stored_is_nobody(self) -> None:
        """The connection may try again, and the name is free."""
        self.server.store.inner.read_only = "the disk is full"
        ada = self.server.connect()
        self.assert_refused(ada.hello(name="ada"), "read_only")
        self.assert_refused(ada.ask("rooms"), "not_hello")
        self.server.store.inner.read_only = None
        self.assertEqual(self.server.connect().hello(name="ada")["type"], "welcome")

    def test_a_store_that_fails_is_our_fault_and_nobody_elses_trouble(self) -> None:
        """`internal`, reported once; the connection goes on."""
        ada = self.server.person("ada")
        self.server.store.inner._rooms._public = None
        self.assert_refused(ada.ask("rooms"), "internal")
        self.server.store.inner._rooms._public = []
        (error,) = self.server.reported
        self.assertIsInstance(error, TypeError)
        self.server.reported.clear()
        self.assertEqual(ada.ask("rooms")["type"], "rooms")

    def test_two_connections_of_one_person_that_want_the_same_new_name(self) -> None:
        """The one that is lost does not let go of what the other bears."""
        ada = self.server.person("ada")
        second = self.server.again(ada)
        self.server.store.hold()
        ada.send("hello", name="eva")
        second.send("hello", name="eva")
        second.lose()
        self.server.store.release()
        self.assertEqual(ada.take()[-1]["me"]["name"], "eva")
        self.assert_refused(self.server.connect().hello(name="eva"), "name_taken")
        self.assertEqual(self.server.connect().hello(name="ada")["type"], "welcome")

    def test_the_first_of_two_connections_under_a_new_name_is_lost(self) -> None:
        """The other bears it all the same."""
        ada = self.server.person("ada")
        ada.lose()
        self.server.advance(20)
        first, second = self.server.connect(), self.server.connect()
        self.server.store.hold()
        first.send("hello", token=ada.token, name="eva")
        second.send("hello", token=ada.token, name="eva")
        first.lose()
        self.server.store.release()
        self.assertEqual(second.take()[-1]["me"]["name"], "eva")
        self.assert_refused(self.server.connect().hello(name="eva"), "name_taken")

    def test_an_address_makes_five_hundred_people_an_hour(self) -> None:
        """Those who come back are not counted; the refusal says when to try again."""
        for n in range(500):
            last = self.server.person(f"p{n}", address=FAR_AWAY)
            last.lose()
            self.server.advance(0)
        new = self.server.connect(FAR_AWAY)
        reply = new.hello(name="onemore")
        self.assert_refused(reply, "rate_limited")
        self.assertEqual(self.server.connect(FAR_AWAY).hello(token=last.token)["type"], "welcome")
        self.assertEqual(self.server.connect(FAR_AWAY).hello()["me"], {"role": "watcher"})
        self.assertEqual(self.server.person("elsa", address="192.0.2.2").me["name"], "elsa")
        self.assertEqual(self.server.person("nearby").me["name"], "nearby")
        self.server.advance(reply["retry_after"])
        self.assertEqual(new.hello(name="onemore")["type"], "welcome")


class WatcherTest(ChatTestCase):
    """
    Those who say hello with neither a name nor a token.
    """

    def test_a_watcher_has_a_role_and_nothing_else(self) -> None:
        """No id, no name, no token."""
        welcome = self.server.connect().hello()
        self.assertEqual(welcome["me"], {"role": "watcher"})
        self.assertNotIn("token", welcome)
        self.assertEqual(welcome["rooms"], [{"room": "lobby", "topic": "", "head": 0, "read": 0}])

    def test_a_watcher_sees_and_is_not_seen(self) -> None:
        """Neither among the members nor by notices."""
        ada = self.server.person("ada", "den")
        ada.say("hi", "den")
        watcher = self.server.watcher()
        joined = watcher.ask("join", room="den")
        self.assertEqual((joined["count"], joined["members"], joined["read"]), (1, [ada.face], 0))
        self.assertEqual(watcher.hears(), ["hi"])
        ada.take()
        self.assertEqual(watcher.ask("history", room="den")["events"][0]["text"], "hi")
        self.assertEqual(ada.say("more", "den")["offset"], 2)
        bob = self.server.person("bob", "den")
        self.assertEqual(watcher.kinds(), ["message", "present"])
        bob.ask("leave", room="den")
        self.assertEqual(watcher.kinds(), ["absent"])
        watcher.lose()
        self.server.advance(20)
        self.assertEqual([m["who"]["name"] for m in ada.take() if "who" in m], ["bob", "bob"])

    def test_a_watcher_makes_no_room(self) -> None:
        """A room that does not exist is `no_such_room`."""
        watcher = self.server.watcher()
        for kind in ("join", "who"):
            self.assert_refused(watcher.ask(kind, room="den"), "no_such_room")
        self.assertNotIn("den", self.server.hub.rooms)

    def test_a_watcher_may_do_nothing_else(self) -> None:
        """All that needs a person is `forbidden`, also in a private room."""
        ada = self.server.person("ada", "den")
        watcher = self.server.watcher("den")
        self.assert_refused(watcher.say("hi", "den"), "forbidden")
        self.assert_refused(watcher.ask("typing", room="den"), "forbidden")
        self.assert_refused(watcher.ask("read", room="den", offset=0), "forbidden")
        for kind in ("join", "leave", "history", "who"):
            for room in (ada.private, "@aaaaaaaaaaaaaaaa", "@"):
                self.assert_refused(watcher.ask(kind, room=room), "forbidden")

    def test_a_watcher_may_say_hello_again_without_a_name(self) -> None:
        """It stays a watcher."""
        watcher = self.server.watcher("lobby")
        self.assertEqual(watcher.hello()["me"], {"role": "watcher"})
        self.assertEqual(watcher.ask("history", room="lobby")["type"], "page")

    def test_a_watcher_becomes_a_person(self) -> None:
        """A member of the rooms that it watched, which the others are told, and it goes on hearing them."""
        ada = self.server.person("ada", "den")
        watcher = self.server.watcher("den")
        self.assertIn("token", watcher.hello(name="bob"))
        self.assertEqual(watcher.me["role"], "guest")
        self.assertEqual(ada.take(), [{"type": "present", "room": "den", "who": watcher.face}])
        self.assertEqual(ada.ask("who", room="den")["count"], 2)
        self.assertEqual(watcher.take(), [])
        watcher.say("hi", "den")
        self.assertEqual(watcher.kinds(), ["message"])
        watcher.lose()
        self.server.advance(10)
        self.assertEqual(ada.take("absent")[0]["reason"], "gone")

    def test_a_watcher_becomes_a_person_who_is_here_already(self) -> None:
        """That is no news in a room where the person is."""
        ada, bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        ada.take()
        watcher = self.server.watcher("den")
        watcher.hello(token=bob.token)
        self.assertEqual(watcher.me, bob.me)
        self.assertEqual(ada.take(), [])

    def test_one_does_not_become_somebody_else(self) -> None:
        """A token of another person is `forbidden`, one's own is not."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        self.assert_refused(ada.hello(token=bob.token), "forbidden")
        self.assert_refused(ada.hello(token=bob.token, name="eva"), "forbidden")
        self.assertEqual(ada.hello(token=ada.token)["me"], ada.me)
        self.assertEqual(ada.hello()["me"]["id"], ada.id)


class LostGreetingTest(ChatTestCase):
    """
    Connections that are lost while they are greeted.
    """

    def test_a_connection_lost_while_its_person_is_made_holds_no_name(self) -> None:
        """The store was not done yet."""
        self.server.store.hold()
        ada = self.server.connect()
        ada.send("hello", name="ada")
        ada.lose()
        self.server.store.release()
        self.assertEqual(self.server.leftovers() | {"deadlines": 0}, {"deadlines": 0})
        self.assertEqual(self.server.connect().hello(name="ada")["type"], "welcome")

    def test_a_connection_lost_while_it_is_renamed_leaves_the_person_with_the_stored_name(self) -> None:
        """It is held for as long as they may come back; the one of before is free."""
        ada = self.server.person("ada")
        self.server.store.hold()
        ada.send("hello", name="eva")
        ada.lose()
        self.server.store.release()
        self.assert_refused(self.server.connect().hello(name="eva"), "name_taken")
        self.assertEqual(self.server.connect().hello(name="ada")["type"], "welcome")
        self.assertEqual(self.server.again(ada).me["name"], "eva")

    def test_who_renames_and_is_gone_is_renamed_for_those_who_stay(self) -> None:
        """Their own other connection too."""
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob", "lobby")
        other = self.server.again(ada, "lobby")
        bob.take()
        self.server.store.hold()
        other.send("hello", name="eva")
        other.lose()
        self.server.store.release()
        self.assertEqual([notice["me"]["name"] for notice in ada.take("me")], ["eva"])
        self.assertEqual([notice["who"]["name"] for notice in bob.take("present")], ["eva"])

    def test_who_cannot_be_welcomed_has_to_begin_anew(self) -> None:
        """A first hello that fails half-way would leave somebody who does not know who they are."""
        ada = self.server.connect()
        working = self.server.store.inner.inbox

        def broken(*_: Any) -> Any:
            raise OSError("the disk is gone")

        self.server.store.inner.inbox = broken
        ada.send("hello", name="ada")
        self.server.store.inner.inbox = working
        self.assertEqual(ada.closed, (1011, "internal_error"))
        self.assertEqual([str(error) for error in self.server.reported], ["the disk is gone"])
        self.server.reported.clear()

    def test_who_comes_back_while_they_are_being_forgotten_is_told_so(self) -> None:
        """The token is no use any more, and it is said at once."""
        ada = self.server.person("ada")
        ada.lose()
        self.server.advance(20)
        self.server.store.hold()
        self.server.store.forget_guests(-1)
        back = self.server.connect()
        back.send("hello", token=ada.token)
        self.server.store.release()
        self.assert_refused(back.take("refused")[0], "bad_token")

    def test_who_comes_back_in_time_is_not_forgotten(self) -> None:
        """To come back counts as having been here."""
        ada = self.server.person("ada")
        ada.lose()
        self.server.advance(20)
        self.server.wall_ms += 25 * 3600 * 1000
        back = self.server.again(ada)
        self.assertEqual(self.result_of(forget(self.server.hub)), 0)
        back.lose()

    def test_who_stays_for_days_is_not_forgotten_though_the_daemon_is_killed(self) -> None:
        """Only those who are gone for a day are."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.lose()
        self.server.advance(20)
        self.server.wall_ms += 25 * 3600 * 1000
        self.assertEqual(self.result_of(forget(self.server.hub)), 1)
        self.server.wall_ms += 23 * 3600 * 1000
        self.server.restart()
        self.assertEqual(self.result_of(forget(self.server.hub)), 0)
        self.assertEqual(self.server.again(ada).id, ada.id)
        self.assert_refused(self.server.connect().hello(token=bob.token), "bad_token")

    def result_of(self, coroutine: Any) -> Any:
        """What a coroutine that waits for nothing returns."""
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def test_of_two_new_names_at_once_the_second_is_to_come_again(self) -> None:
        """So that it is plain which is theirs; the other stays free, and so does the old one."""
        ada = self.server.account("ada", "lobby")
        other = self.server.again(ada)
        store = self.server.store
        store.told_late = True
        for client, name in ((ada, "eva"), (other, "ida")):
            client.send("hello", name=name)
        store.tell()
        self.assert_refused(other.take("refused")[0], "rate_limited")
        self.assertEqual(ada.take("welcome")[0]["me"]["name"], "eva")
        for name in ("ida", "ada"):
            self.assertEqual(self.server.connect().hello(name=name)["type"], "welcome")
        self.assert_refused(self.server.connect().hello(name="eva"), "name_taken")

    def test_a_name_that_is_taken_while_one_signs_up_waits(self) -> None:
        """The account has the name that it was made with."""
        gus = self.server.person("gus", "lobby")
        self.server.store.inner.hold()
        asked = SignUp(password="correct horse", name="august", token=gus.token)
        self.server.spawn(self.server.accounts.sign_up(asked, None, "x", self.server.now), None)
        gus.send("hello", name="gustav")
        self.assert_refused(gus.take("refused")[0], "rate_limited")
        self.server.store.inner.release()
        self.assertEqual(self.server.hub.names.card(gus.id).name, "august")
        self.assert_refused(self.server.connect().hello(name="august"), "name_taken")

    def test_a_hello_that_is_under_way_when_one_is_banned_or_signed_out_leads_nowhere(self) -> None:
        """Whatever it waits for at that moment; and another one is let in as before."""
        owner = self.server.account("olga", role="owner")
        for steps in range(4):
            ada = self.server.account(f"ada{steps}", "lobby")
            for what, code, closed in (("revoke", "bad_token", 4504), ("ban", "banned", 4501)):
                token = now(self.server.accounts.open(ada.id, "phone")).token
                store = self.server.store
                store.reads_wait = store.told_late = True
                late = self.server.connect()
                late.send("hello", token=token, name=f"eva{steps}-{what}")
                for _ in range(steps):
                    store.answer_reads(1)
                    store.tell()
                if what == "ban":
                    owner.send("ban", who=ada.id)
                else:
                    ada.send("revoke", session="others")
                for _ in range(9):
                    store.tell()
                    store.answer_reads()
                refused = [each["code"] for each in late.take("refused")]
                gone = late.closed is not None and late.closed[0] == closed
                self.assertTrue(gone or refused == [code], (steps, what, refused, late.closed))
                self.assert_refused(self.server.connect().ask("hello", token=token), code)

    def test_a_connection_lost_at_each_step_of_its_greeting_leaves_nothing(self) -> None:
        """For a new person, a watcher and a known person with a private room."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.say("psst", ada.private)
        ada.lose()
        self.server.advance(20)
        for hello in ({"name": "cleo"}, {}, {"token": ada.token}, {"token": ada.token, "name": "eva"}):
            for steps in range(3):
                self.server.store.reads_wait = True
                lost = self.server.connect()
                lost.send("hello", **hello)
                for _ in range(steps):
                    self.server.store.answer_reads(min(1, self.server.store.waiting))
                early = lost.kinds()
                lost.lose()
                self.server.store.answer_reads()
                self.assertEqual(lost.take(), [])
                self.assertIn(early, ([], ["welcome"]))
                self.server.advance(20)
        self.assertEqual(list(self.server.hub.presence.people), [bob.id])

    def test_what_is_said_privately_while_one_is_greeted_comes_after_the_welcome(self) -> None:
        """And what the heads of the welcome tell does not come again."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.say("one", ada.private)
        ada.lose()
        self.server.advance(20)
        again = self.server.connect()
        self.server.store.reads_wait = True
        again.send("hello", token=ada.token)
        self.server.store.answer_reads(1)
        bob.say("two", ada.private)
        self.assertEqual(again.take(), [])
        self.server.store.answer_reads()
        welcome, *heard = again.take()
        self.assertEqual([room["head"] for room in welcome["rooms"]], [0, 1])
        self.assertEqual([event["offset"] for event in heard], [2])

    def test_what_is_being_committed_while_one_is_greeted_is_not_told_twice(self) -> None:
        """The head has it already."""
        ada, bob = self.server.person("ada"), self.server.person("bob")
        bob.say("one", ada.private)
        ada.lose()
        self.server.advance(20)
        self.server.store.told_late = True
        bob.send("say", room=ada.private, text="two")
        again = self.server.connect()
        welcome = again.hello(token=ada.token)
        self.assertEqual(welcome["rooms"][1]["head"], 2)
        self.server.store.tell()
        bob.say("three", ada.private)
        self.assertEqual([event["offset"] for event in again.take()], [3])

    def test_notices_that_come_while_one_is_greeted_are_made_up_for(self) -> None:
        """A watcher that becomes a person is told of the members afterwards."""
        self.server.person("ada", "den")
        watcher = self.server.watcher("den")
        self.server.store.reads_wait = True
        watcher.send("hello", name="bob")
        self.server.clients[0].ask("leave", room="den")
        self.server.store.answer_reads()
        welcome, members = watcher.take()
        self.assertEqual((welcome["type"], members["type"]), ("welcome", "members"))
        self.assertEqual([who["name"] for who in members["members"]], ["bob"])

    def test_a_restart_in_between_is_told_apart_by_nothing_but_the_server(self) -> None:
        """The epoch, the rooms and the markers are as they were."""
        ada, bob = self.server.person("ada", "den"), self.server.person("bob")
        ada.say("hi", "den")
        bob.say("psst", ada.private)
        ada.ask("read", room="den", offset=1)
        before = self.server.connect().hello(token=ada.token)
        self.server.restart()
        after = self.server.connect().hello(token=ada.token)
        self.assertEqual(before, after)
