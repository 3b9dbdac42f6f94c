"""
Crowds.
"""

from __future__ import annotations

from typing import Any

from chatd.core.room import CALM_BELOW, MAX_LISTED
from tests.core.clients import ChatTestCase, Client


class CrowdTest(ChatTestCase):
    """
    A room above 200.
    """

    settings = {"message_rate": 0}

    def crowd(self, count: int) -> list[Client]:
        """So many people in the hall, none of whom reads notices."""
        people = []
        for n in range(count):
            one = self.server.connect()
            one.hello(name=f"p{n}")
            one.fill()
            one.session.receive(one.wire.decode(b'{"type":"join","room":"Hall"}'), self.server.now)
            people.append(one)
        return people

    def notices(self, client: Client) -> list[dict[str, Any]]:
        """What came beside messages."""
        return [message for message in client.take() if message["type"] not in ("message", "done")]

    def test_a_crowd_is_counted_and_not_told_one_by_one(self) -> None:
        """At most every five seconds, in place of other notices, until it is calm again."""
        self.crowd(MAX_LISTED - 1)
        ada = self.server.person("ada", "Hall")
        watcher = self.server.watcher("Hall")
        first = self.server.person("first")
        joined = first.ask("join", room="hall")
        self.assertEqual((joined["count"], len(joined["members"])), (201, 200))
        self.assertEqual(first.kinds(), ["live"])
        count = {"type": "count", "room": "Hall", "count": 201}
        self.assertEqual((self.notices(ada), self.notices(watcher)), ([count], [count]))
        second = self.server.person("second", "hall")
        second.ask("typing", room="hall")
        first.ask("leave", room="hall")
        self.server.person("third", "hall")
        self.server.person("fourth", "hall")
        second.hello(name="deux")
        self.assertEqual(self.notices(ada), [])
        self.server.advance(4.75)
        self.assertEqual(self.notices(ada), [])
        self.server.advance(0.5)
        self.assertEqual(self.notices(ada), [{**count, "count": 203}])
        self.server.advance(20)
        self.assertEqual(self.notices(ada), [])
        second.ask("leave", room="hall")
        self.assertEqual(self.notices(ada), [{**count, "count": 202}])
        for one in self.server.clients[: MAX_LISTED - 149]:
            one.session.receive(one.wire.decode(b'{"type":"leave","room":"hall"}'), self.server.now)
        self.assertEqual(self.notices(ada), [])
        self.server.advance(5.25)
        self.assertEqual(self.notices(ada), [{**count, "count": 151}])
        one, two = self.server.clients[60:62]
        one.session.receive(one.wire.decode(b'{"type":"leave","room":"hall"}'), self.server.now)
        self.server.advance(5.25)
        self.assertEqual(self.notices(ada), [{**count, "count": CALM_BELOW}])
        two.session.receive(two.wire.decode(b'{"type":"leave","room":"hall"}'), self.server.now)
        (members,) = self.notices(ada)
        self.assertEqual((members["type"], members["count"], len(members["members"])), ("members", 149, 149))
        self.server.advance(10)
        self.assertEqual(self.notices(ada), [])
        fifth = self.server.person("fifth", "hall")
        fifth.ask("typing", room="hall")
        self.assertEqual([notice["type"] for notice in self.notices(ada)], ["present", "typing"])
        self.assertEqual(self.notices(watcher)[-1]["type"], "typing")

    def test_whoever_asks_is_listed_even_in_a_crowd(self) -> None:
        """In place of somebody else; a watcher is not."""
        self.crowd(MAX_LISTED + 5)
        ada = self.server.person("ada")
        joined = ada.ask("join", room="hall")
        asked = ada.ask("who", room="hall")
        for reply in (joined, asked):
            self.assertEqual((reply["count"], len(reply["members"])), (206, 200))
            self.assertIn(ada.face, reply["members"])
        watcher = self.server.watcher()
        self.assertEqual(watcher.ask("join", room="hall")["members"][-1]["name"], "p199")
        ada.take()
        self.server.advance(11)
        ada.fill()
        self.server.person("bob", "hall")
        ada.drain()
        (members,) = ada.take("members")
        self.assertIn(ada.face, members["members"])
