"""
Searching: only what the asker may read is found, and nothing of what is gone.
"""

from __future__ import annotations

import json
from typing import Any

from chatd.core import finding
from chatd.core.events import Change
from chatd.core.finding import MOST_WAITING
from chatd.core.names import AUDIT, REPORTS, fold
from chatd.core.reading import MOST_READINGS
from tests.core.clients import ChatTestCase, Client
from tests.core.roles import COMMANDS, House, build


def texts(reply: dict[str, Any]) -> list[str]:
    """
    What is found.
    """
    assert reply["type"] == "found", reply
    return [hit["message"]["text"] for hit in reply["hits"]]


class FindingTests(ChatTestCase):
    """
    What comes of a search.
    """

    def find(self, client: Client, query: str, **fields: Any) -> list[str]:
        """What somebody finds."""
        return texts(client.ask("search", query=query, **fields))

    def test_a_hit_is_the_message_as_one_hears_it_with_the_places_of_the_words(self) -> None:
        ada, bob = self.server.person("ada", "Tea-room"), self.server.person("bob", "tea-room")
        ada.say("\U0001f375 tea!", "tea-room", cid="c1")
        ada.say("tea for you", bob.private)
        heard = bob.take("message")
        found = bob.ask("search", query="TEA")
        self.assertEqual(found["more"], False)
        self.assertEqual([hit["message"] for hit in found["hits"]], heard[::-1])
        self.assertEqual([hit["marks"] for hit in found["hits"]], [[[0, 3]], [[2, 5]]])
        self.assertEqual(found["hits"][1]["message"]["room"], "Tea-room")

    def test_a_room_that_nobody_is_in_any_more_is_found_by_its_first_spelling(self) -> None:
        ada, bob = self.server.person("ada", "Tea-room"), self.server.person("bob")
        ada.say("tea", "tea-room")
        ada.lose()
        self.server.advance(20)
        found = bob.ask("search", query="tea")
        self.assertEqual(found["hits"][0]["message"]["room"], "Tea-room")
        self.assertNotIn("tea-room", self.server.hub.rooms)

    def test_whom_a_query_means_is_found_without_looking_at_everybody(self) -> None:
        """However many are here."""
        ada = self.server.account("ada", "lobby")
        ada.say("tea")
        eve = self.server.person("eve", "lobby")
        looked: list[int] = []
        for more in (0, 40):
            for number in range(more):
                self.server.person(f"p{number}")
            names: list[str] = []

            def count(name: str, names: list[str] = names) -> str:
                names.append(name)
                return fold(name)

            undo = self.patch(finding, "fold", count)
            self.assertEqual(self.find(eve, "from:ADA from:nobody"), ["tea"])
            undo.restore()
            looked.append(len(names))
        self.assertEqual(looked[0], looked[1])

    def test_a_long_answer_comes_in_parts(self) -> None:
        ada = self.server.person("ada", "lobby")
        for number in range(7):
            ada.say(f"tea {number}")
        first = ada.ask("search", query="tea", limit=4)
        self.assertEqual((texts(first), first["more"]), (["tea 6", "tea 5", "tea 4", "tea 3"], True))
        second = ada.ask("search", query="tea", limit=4, before=first["next"])
        self.assertEqual((texts(second), second["more"]), (["tea 2", "tea 1", "tea 0"], False))
        self.assertNotIn("next", second)
        self.assert_refused(ada.ask("search", query="tea", before="x"), "bad_request")
        self.assert_refused(ada.ask("search", query="t" * 501), "bad_request")

    def test_an_answer_is_no_larger_than_a_page_and_waits_for_its_turn(self) -> None:
        ada = self.server.person("ada", "lobby")
        for number in range(24):
            ada.say(f"tea {number} " + "\u4e2d" * 3900)
            self.server.advance(0.25)
        self.server.gate.shut = True
        ada.send("search", query="tea", limit=50)
        self.assertEqual(ada.take("found"), [])
        self.server.gate.let_in()
        self.server.gate.shut = False
        (found,) = ada.take("found")
        self.assertLess(len(found["hits"]), 24)
        self.assertLess(len(json.dumps(found, ensure_ascii=False).encode()), 260 * 1024)
        numbers = [text.split()[1] for text in texts(found)]
        while found["more"]:
            found = ada.ask("search", query="tea", before=found["next"])
            numbers += [text.split()[1] for text in texts(found)]
        self.assertEqual(numbers, [str(number) for number in range(23, -1, -1)])

    def test_parts_of_words_are_found_where_no_word_is_and_that_is_said(self) -> None:
        ada = self.server.person("ada", "lobby")
        for text in ("my iPhone", "an iphone", "phone"):
            ada.say(text)
        self.assertEqual(self.find(ada, "phone"), ["phone"])
        found = ada.ask("search", query="hone", limit=2)
        self.assertEqual((texts(found), found["hits"][0]["marks"]), (["phone", "an iphone"], [[1, 5]]))
        self.assertIn("within words", found["why"])
        self.assertEqual(self.find(ada, "hone", before=found["next"]), ["my iPhone"])
        self.assertEqual(self.find(ada, "ho"), [])

    def test_a_bad_query_is_an_empty_answer_that_says_why(self) -> None:
        ada = self.server.person("ada", "lobby")
        ada.say("tea")
        for query in ("", '"', "before:soon", "in:nowhere!", "in:+aaaaaaaaaaaaaaaa tea", "in:@nobody tea"):
            found = ada.ask("search", query=query)
            self.assertEqual((found["hits"], found["more"]), ([], False), query)
            self.assertTrue(found["why"], query)
        found = ada.ask("search", query="tea before:soon")
        self.assertEqual(texts(found), ["tea"])
        self.assertIn("before:", found["why"])

    def test_people_and_rooms_are_named_as_they_are_called(self) -> None:
        ada, bob = self.server.account("ada", "lobby", "Den"), self.server.account("bob", "lobby", "den")
        cellar = ada.ask("make", title="Wine cellar", people=[bob.id])["room"]
        ada.join(cellar)
        ada.say("tea in the lobby")
        bob.say("tea of bob")
        ada.say("tea in the den", "den")
        ada.say("tea in the cellar", cellar)
        ada.say("tea for bob", bob.private)
        ada.ask("hello", name="eve", token=ada.token)
        bob.take()
        for query, said in (
            ("tea from:bob", ["tea of bob"]),
            ("from:me", ["tea of bob"]),
            ("tea from:ADA in:lobby", ["tea in the lobby"]),
            ("tea from:eve in:lobby", ["tea in the lobby"]),
            (f"tea from:@{ada.id} in:lobby", ["tea in the lobby"]),
            ("tea in:DEN", ["tea in the den"]),
            ('tea in:"wine cellar"', ["tea in the cellar"]),
            (f"tea in:{cellar}", ["tea in the cellar"]),
            ("tea in:@eve", ["tea for bob"]),
            (f"tea in:{ada.private}", ["tea for bob"]),
            ("tea in:den in:@eve", ["tea for bob", "tea in the den"]),
        ):
            self.server.advance(1)
            self.assertEqual(self.find(bob, query), said, query)

    def test_one_looks_for_one_thing_at_a_time_and_not_all_the_time(self) -> None:
        ada = self.server.person("ada", "lobby")
        other = self.server.again(ada)
        self.server.store.reads_wait = True
        ada.send("search", query="tea")
        self.assert_refused(other.ask("search", query="tea"), "rate_limited")
        self.server.store.answer_reads()
        self.assertEqual(ada.kinds(), ["found"])
        outcomes = [other.ask("search", query="tea")["type"] for _ in range(10)]
        self.assertEqual(outcomes, ["found"] * 9 + ["refused"])
        self.server.advance(1)
        self.assertEqual(other.ask("search", query="tea")["type"], "found")

    def test_what_one_says_behind_a_search_does_not_wait_for_it(self) -> None:
        ada = self.server.person("ada", "lobby")
        ada.say("tea")
        ada.take()
        self.server.store.reads_wait = True
        ada.send("search", query="tea", ref="1")
        ada.send("say", room="lobby", text="more tea", ref="2")
        self.assertEqual([reply.get("ref") for reply in ada.take("done")], ["2"])
        ada.take()
        self.server.store.answer_reads()
        (found,) = ada.take("found")
        self.assertEqual((found["ref"], texts(found)), ("1", ["tea"]))

    def test_watchers_are_told_apart_by_their_connections(self) -> None:
        self.server.person("ada", "lobby").say("tea")
        one, other = self.server.watcher(), self.server.watcher()
        for watcher in (one, other):
            watcher.session.address = None
        self.server.store.reads_wait = True
        one.send("search", query="tea")
        self.assert_refused(one.ask("search", query="tea"), "rate_limited")
        other.send("search", query="tea")
        self.server.store.answer_reads()
        self.assertEqual((one.kinds(), other.kinds()), (["found"], ["found"]))
        for watcher in (one, other):
            outcomes = [watcher.ask("search", query="tea")["type"] for _ in range(10)]
            self.assertEqual((outcomes.count("found"), outcomes[-1]), (9, "refused"))

    def test_only_so_many_searches_wait_for_the_store(self) -> None:
        watchers = [self.server.watcher() for _ in range(MOST_WAITING + 1)]
        self.server.store.reads_wait = True
        for watcher in watchers:
            watcher.send("search", query="tea")
        (refused,) = watchers[-1].take()
        self.assert_refused(refused, "rate_limited")
        self.server.store.answer_reads()
        self.assertEqual([watcher.kinds() for watcher in watchers[:-1]], [["found"]] * MOST_WAITING)
        self.assertEqual(watchers[-1].ask("search", query="tea")["type"], "found")


class RightsTests(ChatTestCase):
    """
    Who finds what.
    """

    def find(self, client: Client, query: str = "tea", **fields: Any) -> list[str]:
        """What somebody finds."""
        return texts(client.ask("search", query=query, **fields))

    def test_a_watcher_finds_what_is_said_in_public(self) -> None:
        ada = self.server.account("ada", "lobby", "den")
        closed = ada.ask("make", title="Closed")["room"]
        ada.join(closed)
        for room in ("lobby", "den", closed):
            ada.say(f"tea in {room}", room)
        watcher = self.server.watcher()
        self.assertEqual(self.find(watcher), ["tea in den", "tea in lobby"])
        self.server.decide(Change("den", "", "guests", 1))
        self.assertEqual(self.find(watcher), ["tea in lobby"])
        # What they may not read takes up no place either.
        found = watcher.ask("search", query="tea", limit=1)
        self.assertEqual((texts(found), found["more"]), (["tea in lobby"], False))
        self.assertEqual(len(self.find(ada)), 3)

    def test_a_bot_finds_only_what_is_said_in_its_rooms(self) -> None:
        ada, bot = self.server.account("ada", "lobby", "den"), self.server.account("bot")
        self.server.decide(Change("", bot.id, "account", "bot"), Change("den", bot.id, "member", 1))
        for room in ("den", "lobby"):
            ada.say(f"tea in {room}", room)
        found = bot.ask("search", query="tea", limit=1)
        self.assertEqual((texts(found), found["more"]), (["tea in den"], False))
        self.assertEqual(self.find(bot, "tea in:lobby"), [])

    def test_whoever_is_banned_or_sent_out_finds_nothing_there_any_more(self) -> None:
        ada = self.server.account("ada", "lobby", role="owner")
        bob, cleo = self.server.account("bob", "lobby"), self.server.account("cleo", "lobby")
        closed = ada.ask("make", title="Closed", people=[bob.id, cleo.id])["room"]
        ada.join(closed)
        ada.say("tea", closed)
        ada.say("lobby tea")
        self.assertEqual(self.find(bob), ["lobby tea", "tea"])
        ada.ask("kick", room=closed, who=bob.id)
        ada.ask("ban", room="lobby", who=cleo.id)
        self.assertEqual(self.find(bob), ["lobby tea"])
        self.assertEqual(self.find(bob, f"tea in:{closed}"), [])
        self.assertEqual(self.find(cleo), ["tea"])
        self.assertEqual(self.find(cleo, "tea in:lobby"), [])

    def test_whoever_is_sent_out_while_the_search_is_on_its_way_finds_nothing_of_it(self) -> None:
        ada, bob = self.server.account("ada", "lobby"), self.server.account("bob", "lobby")
        closed = ada.ask("make", title="Closed", people=[bob.id])["room"]
        ada.join(closed)
        ada.say("tea", closed)
        self.server.store.reads_wait = True
        bob.send("search", query="tea")
        ada.send("kick", room=closed, who=bob.id)
        self.server.store.answer_reads()
        (found,) = bob.take("found")
        self.assertEqual(found["hits"], [])

    def test_a_deed_that_is_stored_counts_before_it_is_told(self) -> None:
        ada, bob = self.server.account("ada", "lobby"), self.server.account("bob", "lobby")
        closed = ada.ask("make", title="Closed", people=[bob.id])["room"]
        ada.join(closed)
        self.server.store.told_late = True
        ada.send("kick", room=closed, who=bob.id)
        ada.send("say", room=closed, text="tea without bob")
        bob.send("search", query="tea")
        self.assertEqual(bob.take("found"), [])
        self.server.store.tell()
        (found,) = bob.take("found")
        self.assertEqual(found["hits"], [])

    def test_what_is_wiped_while_the_search_is_on_its_way_is_not_found(self) -> None:
        ada = self.server.account("ada", "lobby", role="owner")
        bob, cleo = self.server.person("bob", "lobby"), self.server.person("cleo", "lobby")
        bob.say("secret tea")
        cleo.say("tea")
        self.server.store.reads_wait = True
        cleo.send("search", query="tea")
        ada.send("wipe", room="lobby", who=bob.id, seconds=3600)
        self.server.store.answer_reads()
        (found,) = cleo.take("found")
        self.assertEqual(texts(found), ["tea"])

    def test_what_is_edited_or_deleted_while_the_search_is_on_its_way_is_found_as_it_is(self) -> None:
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob", "lobby")
        for text in ("tea one", "tea two", "tea three"):
            ada.say(text)
        self.server.store.reads_wait = True
        bob.send("search", query="tea")
        self.server.store.reads_wait = False
        ada.send("edit", room="lobby", offset=1, text="coffee")
        ada.send("edit", room="lobby", offset=2, text="more tea")
        ada.send("delete", room="lobby", offset=3)
        self.server.store.answer_reads()
        (found,) = bob.take("found")
        self.assertEqual((texts(found), found["hits"][0]["marks"]), (["more tea"], [[5, 8]]))

    def test_what_is_edited_elsewhere_does_not_have_it_read_again(self) -> None:
        ada, bob = self.server.person("ada", "lobby", "den"), self.server.person("bob", "lobby")
        ada.say("tea")
        ada.say("coffee")
        ada.say("tea in the den", "den")
        self.server.store.reads_wait = True
        bob.send("search", query="tea in:lobby")
        self.server.store.answer_reads(1)
        ada.send("edit", room="lobby", offset=2, text="cocoa")
        ada.send("edit", room="den", offset=1, text="more tea in the den")
        before = self.server.store.reads.count("again")
        self.server.store.answer_reads()
        (found,) = bob.take("found")
        self.assertEqual((texts(found), self.server.store.reads.count("again")), (["tea"], before))

    def test_what_answers_something_that_is_deleted_meanwhile_is_found_without_it(self) -> None:
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob", "lobby")
        ada.say("secret")
        ada.say("tea", reply_to=1)
        self.server.store.reads_wait = True
        bob.send("search", query="tea")
        self.server.store.reads_wait = False
        ada.send("delete", room="lobby", offset=1)
        self.server.store.answer_reads()
        (found,) = bob.take("found")
        self.assertEqual(texts(found), ["tea"])
        self.assertNotIn("secret", json.dumps(found))

    def test_what_is_edited_all_the_time_is_read_again_a_few_times_at_most(self) -> None:
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob", "lobby")
        for text in ("tea", "green tea"):
            ada.say(text)
        store = self.server.store
        store.reads_wait = True
        bob.send("search", query="tea")
        for number in range(10):
            store.reads_wait = False
            ada.send("edit", room="lobby", offset=1, text=f"tea {number}")
            store.reads_wait = True
            store.answer_reads(min(store.waiting, 1))
        self.assertEqual(store.waiting, 0)
        (found,) = bob.take("found")
        self.assertEqual((texts(found), store.reads.count("again")), (["green tea"], MOST_READINGS))


class PlantedTests(ChatTestCase):
    """
    Words that somebody may not read are planted, and looked for in every answer to every command.
    """

    settings = {"message_rate": 0}

    def plant(self, house: House) -> list[str]:
        """Have words where the one of the house has no business, and others that were wiped."""
        server, ada, gus = house.server, house.ada, house.gus
        words = [f"planted{number}" for number in range(5)]
        ada.say(words[0], house.closed)
        ada.say(words[1], gus.private)
        gus.say(words[2], "den")
        server.decide(Change("", ada.id, "role", "owner"))
        ada.ask("wipe", who=gus.id, seconds=3600)
        gus.ask("report", room="den", offset=house.offset, reason=words[3])
        ada.say(f"{words[4]} once", "locked")
        for client in (house.one, ada, gus):
            client.take()
        return words

    def test_no_answer_to_anything_has_a_word_that_one_may_not_read(self) -> None:
        for role in ("watcher", "guest", "member", "bot", "muted", "banned", "kicked", "room moderator"):
            house = build(role, inside=False)
            house.ada.join("locked")
            words = self.plant(house)
            house.server.decide(Change("locked", "", "guests", 1))
            if role != "watcher":
                house.server.decide(Change("locked", house.one.id, "banned", 0))
            everything: list[dict[str, Any]] = []
            queries = [
                *words,
                *(word[1:] for word in words),
                *(f'"{word}"' for word in words),
                f"in:{house.closed}",
                f"in:{AUDIT}",
                f"in:{REPORTS}",
                f"in:@{house.gus.id} planted1",
                "in:locked",
                "in:den planted",
                "from:gus",
                "from:ada",
                "planted",
                "-nothing",
                "after:2000-01-01",
                "has:link",
            ]
            for query in queries:
                reply = house.one.ask("search", query=query)
                if reply["type"] == "found":
                    self.assertFalse(reply["more"], (role, query))
                everything.append(reply)
            for command, _, fields in COMMANDS:
                if command in ("revoke", "hello"):
                    continue
                everything.append(house.one.ask(command.partition(" ")[0], **fields(house)))
            everything += house.one.take()
            shown = json.dumps([{**each, "why": ""} for each in everything])
            for word in words:
                self.assertNotIn(word, shown, (role, word))
            house.server.close()
            self.assertEqual(house.server.leftovers(), {})

    def test_the_staff_find_none_of_it_in_rooms_that_are_not_theirs(self) -> None:
        for role in ("server moderator", "server owner"):
            house = build(role, inside=False)
            house.ada.say("planted0", house.closed)
            house.ada.say("planted1", house.gus.private)
            for query in ("planted0", "planted1", "lanted", f"in:{house.closed}", f"in:{house.gus.private}"):
                self.assertEqual(house.one.ask("search", query=query).get("hits"), [], (role, query))
            house.server.close()
