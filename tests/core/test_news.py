"""
What others are told that is in no log, and what it may cost them.
"""

from __future__ import annotations

from typing import Any

from chatd.core.refusals import CloseCode
from chatd.core.room import MAX_TYPISTS
from tests.core.clients import ChatTestCase, Client


class NewsTest(ChatTestCase):
    """
    Ada, bob and cem in a room, on a server that has time or has none.
    """

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.bob, self.cem = (self.comer(name) for name in ("ada", "bob", "cem"))
        self.everybody_takes()

    def comer(self, name: str, **fields: Any) -> Client:
        """Somebody in the lobby."""
        client = self.server.connect()
        client.hello(name=name, **fields)
        return client.join("lobby")

    def another(self, of: Client) -> Client:
        """Another connection of the same person, in the lobby."""
        client = self.server.connect()
        client.hello(token=of.token)
        client.join("lobby")
        self.everybody_takes()
        return client

    def everybody_takes(self) -> None:
        for client in self.server.clients:
            client.take()

    def told(self, client: Client) -> list[tuple[str, str]]:
        """What somebody was told, and of whom."""
        return [
            (notice["type"], notice["who"]["name"]) for notice in client.take("present", "absent", "typing")
        ]

    def test_while_there_is_time_all_is_told_at_once(self) -> None:
        self.ada.ask("typing", room="lobby")
        self.ada.ask("hello", name="ida")
        self.assertEqual(self.told(self.bob), [("typing", "ada"), ("present", "ida")])
        self.assertEqual(self.told(self.ada), [])

    def test_what_gathers_is_one_write_and_of_each_kind_the_newest(self) -> None:
        self.server.turns.busy = True
        for name in ("ida", "eda", "ada"):
            self.ada.ask("hello", name=name)
        self.bob.ask("typing", room="lobby")
        self.ada.ask("hello", name="uda")
        self.assertEqual(self.told(self.cem), [])
        before = len(self.cem._written)
        self.assertEqual(self.server.turns.turn(), 1)
        self.assertEqual(len(self.cem._written), before + 1)
        self.assertEqual(self.told(self.cem), [("typing", "bob"), ("present", "uda")])

    def test_nobody_is_told_of_themselves_however_late(self) -> None:
        self.server.turns.busy = True
        self.ada.ask("hello", name="ida")
        self.bob.ask("hello", name="rob")
        self.server.turns.turn()
        self.assertEqual(self.told(self.ada), [("present", "rob")])
        self.assertEqual(self.told(self.bob), [("present", "ida")])
        self.assertEqual(self.told(self.cem), [("present", "ida"), ("present", "rob")])

    def test_who_came_and_went_meanwhile_is_gone(self) -> None:
        self.server.turns.busy = True
        dan = self.comer("dan")
        dan.ask("leave", room="lobby")
        self.server.turns.turn()
        self.assertEqual(self.told(self.bob), [("absent", "dan")])

    def in_two_rooms(self) -> None:
        """News of two rooms, which wait."""
        for client in (self.ada, self.bob):
            client.join("kitchen")
        self.everybody_takes()
        self.server.turns.busy = True
        self.ada.ask("typing", room="lobby")
        self.ada.ask("typing", room="kitchen")

    def test_of_as_many_rooms_as_a_turn_has_time_for_all_is_told_in_it(self) -> None:
        self.in_two_rooms()
        self.assertEqual(self.server.turns.turn(), 1)
        self.assertEqual([notice["room"] for notice in self.bob.take("typing")], ["lobby", "kitchen"])
        self.assertEqual(self.server.turns.turn(), 0)

    def test_what_a_turn_has_no_time_for_waits_for_the_next_in_the_order_of_coming(self) -> None:
        self.in_two_rooms()
        self.server.turns.short = True
        self.server.turns.turn()
        self.assertEqual([notice["room"] for notice in self.bob.take("typing")], ["lobby"])
        self.server.turns.turn()
        self.assertEqual([notice["room"] for notice in self.bob.take("typing")], ["kitchen"])

    def test_a_marker_goes_to_the_other_connections_once_and_as_the_furthest(self) -> None:
        second, third = self.another(self.ada), self.another(self.ada)
        for number in range(5):
            self.bob.say(f"{number}")
        self.everybody_takes()
        self.server.turns.busy = True
        self.ada.ask("read", room="lobby", offset=2)
        self.ada.ask("read", room="lobby", offset=3)
        second.ask("read", room="lobby", offset=5)
        self.server.turns.turn()
        furthest = [{"type": "read", "room": "lobby", "offset": 5}]
        self.assertEqual(
            [self.ada.take("read"), second.take("read"), third.take("read")], [furthest, [], furthest]
        )

    def test_a_name_goes_to_the_other_connections_once(self) -> None:
        second = self.another(self.ada)
        self.server.turns.busy = True
        for name in ("ida", "eda"):
            self.ada.ask("hello", name=name)
        while self.server.turns.turn():
            pass
        self.assertEqual([notice["me"]["name"] for notice in second.take("me")], ["eda"])
        self.assertEqual(self.ada.take("me"), [])

    def test_whoever_is_full_when_it_is_told_gets_the_members_instead(self) -> None:
        self.server.turns.busy = True
        self.ada.ask("hello", name="ida")
        self.cem.full = True
        self.server.turns.turn()
        self.assertEqual(self.told(self.cem), [])
        self.cem.drain()
        names = [member["name"] for notice in self.cem.take("members") for member in notice["members"]]
        self.assertEqual(names, ["ida", "bob", "cem"])

    def test_of_a_crowd_that_is_writing_only_a_few_are_told(self) -> None:
        crowd = [self.comer(f"dan{number}") for number in range(MAX_TYPISTS + 3)]
        self.everybody_takes()
        for client in crowd:
            client.ask("typing", room="lobby")
        self.assertEqual(len(self.told(self.ada)), MAX_TYPISTS)
        self.server.advance(3)
        crowd[-1].ask("typing", room="lobby")
        self.assertEqual(self.told(self.ada), [("typing", crowd[-1].me["name"])])

    def test_a_few_who_go_on_writing_do_not_keep_it_from_the_others(self) -> None:
        loud = [self.comer(f"dan{number}") for number in range(MAX_TYPISTS)]
        for client in (*loud, self.bob):
            client.ask("typing", room="lobby")
        self.everybody_takes()
        self.server.advance(3)
        for client in (*loud, self.bob):
            client.ask("typing", room="lobby")
        told = self.told(self.ada)
        self.assertEqual(len(told), MAX_TYPISTS)
        self.assertIn(("typing", "bob"), told)
        # Who has stopped keeps no place.
        self.server.advance(6)
        for client in loud:
            client.ask("typing", room="lobby")
        self.assertEqual(len(self.told(self.ada)), MAX_TYPISTS)


class GateTest(ChatTestCase):
    """
    Those who ask for much.
    """

    def setUp(self) -> None:
        super().setUp()
        self.ada = self.server.connect()
        self.ada.hello(name="ada")
        self.ada.join("lobby")
        for number in range(3):
            self.ada.say(f"{number}")
        self.ada.take()

    def test_what_can_be_large_waits_for_its_turn_and_all_behind_it_too(self) -> None:
        for kind, fields in (
            ("history", {"room": "lobby"}),
            ("who", {"room": "lobby"}),
            ("rooms", {}),
            ("join", {"room": "lobby"}),
        ):
            self.server.gate.shut = True
            self.ada.send(kind, **fields)
            self.ada.send("say", room="lobby", text="after that")
            self.assertEqual(self.ada.take(), [])
            self.server.gate.shut = False
            self.server.gate.let_in()
            self.assertEqual(self.ada.take()[-1]["type"], "done")

    def test_the_gate_knows_when_one_was_in_last(self) -> None:
        bob = self.server.connect()
        bob.hello(name="bob")
        self.ada.ask("rooms")
        bob.ask("rooms")
        self.server.gate.shut = True
        for client in (self.ada, bob):
            client.send("rooms")
        lasts = [self.server.gate.let_in() for _ in range(2)]
        self.assertEqual(lasts, sorted(lasts))
        self.assertGreater(lasts[0], 0)

    def test_whoever_goes_while_waiting_asks_the_store_nothing(self) -> None:
        self.server.gate.shut = True
        self.ada.send("rooms")
        self.ada.lose()
        self.server.store.reads.clear()
        self.server.gate.let_in()
        self.assertEqual(self.server.store.reads, [])

    def test_whoever_is_closed_and_not_gone_yet_takes_no_place(self) -> None:
        self.server.gate.shut = True
        self.ada.send("rooms")
        self.ada.close(CloseCode.SLOW, "slow")
        self.server.store.reads.clear()
        self.server.gate.let_in()
        self.assertEqual(self.server.store.reads, [])

    def test_nobody_who_is_closed_stands_in_the_line(self) -> None:
        bob = self.server.connect()
        bob.hello(name="bob")
        bob.join("lobby")
        bob.full = True
        self.ada.say("more")
        self.server.hub.tails.drop(self.server.hub.rooms["lobby"].tail)
        bob.close(CloseCode.SLOW, "slow")
        self.server.gate.shut = True
        bob.drain()
        self.assertEqual(len(self.server.gate.waiting), 0)

    def test_what_one_missed_and_is_on_disk_waits_for_its_turn(self) -> None:
        bob = self.server.connect()
        bob.hello(name="bob")
        self.server.hub.tails.drop(self.server.hub.rooms["lobby"].tail)
        bob.join("lobby", limit=0)
        self.server.gate.shut = True
        bob.send("join", room="lobby", after=0, epoch=self.server.store.epoch)
        self.server.gate.let_in()
        self.assertEqual(bob.kinds(), ["joined"])
        self.server.gate.let_in()
        self.assertEqual(bob.kinds(), ["message"] * 3 + ["live"])
