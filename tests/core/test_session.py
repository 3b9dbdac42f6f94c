"""
What a connection may do, how fast, and what becomes of one that goes too far.
"""

from __future__ import annotations

import gc

from chatd.core.acts import ACTS, ALONE
from chatd.core.commands import Leave, Post, Read, Say, Typing
from chatd.core.queries import Search
from chatd.core.refusals import Code
from chatd.core.session import COMMAND_BURST, FLOOD_REFUSALS, MAX_UNANSWERED, Session
from tests.core.clients import ChatTestCase, Client


class ReplyTest(ChatTestCase):
    """
    Every command has exactly one reply.
    """

    def test_a_reply_repeats_the_ref_of_its_command(self) -> None:
        """And has none if the command had none; a refusal too."""
        ada = self.server.person("ada", "lobby")
        for kind, fields, reply in (
            ("hello", {}, "welcome"),
            ("join", {"room": "lobby"}, "joined"),
            ("say", {"room": "lobby", "text": "hi"}, "done"),
            ("say", {"room": "lobby", "text": ""}, "refused"),
            ("history", {"room": "lobby"}, "page"),
            ("who", {"room": "lobby"}, "members"),
            ("rooms", {}, "rooms"),
            ("typing", {"room": "lobby"}, "done"),
            ("read", {"room": "lobby", "offset": 1}, "done"),
            ("leave", {"room": "lobby"}, "done"),
            ("leave", {"room": "lobby"}, "refused"),
        ):
            for ref in ("r", "", "ä" * 32, None):
                if reply == "done" and kind == "leave":
                    ada.join("lobby")
                ada.take()
                ada.send(kind, **fields, **({} if ref is None else {"ref": ref}))
                replies = [message for message in ada.take() if message["type"] == reply]
                self.assertEqual(len(replies), 1)
                self.assertEqual(replies[0].get("ref"), ref)
                self.assertEqual("ref" in replies[0], ref is not None)

    def test_a_command_that_cannot_be_read_is_a_bad_request_and_the_connection_goes_on(self) -> None:
        """With its `ref` if that could be read."""
        ada = self.server.person("ada", "lobby")
        for payload, ref in (
            (b"", None),
            (b"hello", None),
            (b"[]", None),
            (b'"hello"', None),
            (b'{"type":"hello"', None),
            (b'{"type":"hello"}{}', None),
            (b'{"ref":"r"}', "r"),
            (b'{"type":"dance","ref":"r"}', "r"),
            (b'{"type":7,"ref":"r"}', "r"),
            (b'{"type":"rooms","colour":"red","ref":"r"}', "r"),
            (b'{"type":"say","room":"lobby","ref":"r"}', "r"),
            (b'{"type":"say","room":7,"text":"hi","ref":"r"}', "r"),
            (b'{"type":"rooms","ref":7}', None),
            (b'{"type":"rooms","ref":"' + b"x" * 65 + b'"}', None),
            (b'{"type":"rooms","ref":"' + "ä".encode() * 33 + b'"}', None),
        ):
            ada.send_bytes(payload)
            (refused,) = ada.take()
            self.assert_refused(refused, "bad_request")
            self.assertEqual(refused.get("ref"), ref, payload)
        self.assertIsNone(ada.closed)
        self.assertEqual(ada.ask("rooms")["type"], "rooms")

    def test_a_refusal_can_say_when_to_try_again(self) -> None:
        """Whoever waits for exactly that long is not refused."""
        for rate, burst in ((5.0, 20), (3.0, 7), (0.7, 1)):
            self.server.hub.settings = type(self.server.hub.settings)(
                server="chatd/test", message_rate=rate, message_burst=burst
            )
            ada = self.server.person(f"ada{burst}", "lobby")
            for _ in range(5):
                while (reply := ada.say("hi"))["type"] == "done":
                    pass
                self.assert_refused(reply, "rate_limited")
                self.assertEqual(reply["retry_after"], round(reply["retry_after"], 3))
                self.server.advance(reply["retry_after"])
                self.assertEqual(ada.say("hi")["type"], "done")


class RateTest(ChatTestCase):
    """
    How much a connection may do in a time.
    """

    def test_messages_over_the_rate_are_refused(self) -> None:
        """Twenty at once, five a second from then on; each connection by itself."""
        ada = self.server.person("ada", "lobby")
        for _ in range(20):
            self.assertEqual(ada.say("hi")["type"], "done")
        reply = ada.say("hi")
        self.assert_refused(reply, "rate_limited")
        self.assertAlmostEqual(reply["retry_after"], 0.2)
        self.assertEqual(self.server.again(ada, "lobby").say("hi")["type"], "done")
        self.server.advance(1)
        self.assertEqual([ada.say("hi")["type"] for _ in range(6)], [*["done"] * 5, "refused"])
        self.server.advance(3600)
        self.assertEqual([ada.say("hi")["type"] for _ in range(21)], [*["done"] * 20, "refused"])

    def test_other_commands_are_slowed_and_not_refused(self) -> None:
        """Two hundred at once, then twenty a second; what has come waits."""
        ada = self.server.person("ada", "lobby")
        self.server.advance(10)
        for _ in range(COMMAND_BURST + 10):
            ada.send("typing", room="lobby")
        self.assertEqual(len(ada.take("done")), COMMAND_BURST)
        self.assertEqual(len(ada.waiting), 10)
        self.assertFalse(ada.session.receptive())
        self.server.advance(0.25)
        self.assertEqual(len(ada.take("done")), 5)
        self.server.advance(0.25)
        self.assertEqual(ada.kinds(), ["done"] * 5)
        self.assertEqual(len(ada.waiting), 0)

    def test_messages_are_not_counted_among_other_commands(self) -> None:
        """Nor the other way round."""
        ada = self.server.person("ada", "lobby")
        for _ in range(20):
            ada.say("hi")
        self.server.advance(10)
        for _ in range(COMMAND_BURST - 1):
            ada.ask("typing", room="lobby")
        self.assertTrue(ada.session.receptive())
        self.assertEqual([ada.say("hi")["type"] for _ in range(20)], ["done"] * 20)

    def test_what_cannot_be_read_is_counted_as_a_command(self) -> None:
        """A flood of it is slowed, too."""
        ada = self.server.person("ada")
        self.server.advance(10)
        for _ in range(COMMAND_BURST):
            self.server.advance(0.01)
            ada.send_bytes(b"{}")
        self.assertEqual(ada.closed, (4500, "flood"))

    def test_the_tutorials_wire_is_slowed_and_nothing_is_dropped(self) -> None:
        """Over the message rate it is not read until there are tokens."""
        ada = self.server.tutorial()
        for n in range(30):
            ada.send(username="ada", message=f"m{n}")
        self.assertEqual(len(ada.take()), 20)
        self.server.advance(0.75)
        self.assertEqual(len(ada.waiting), 30 - 20 - 3)
        self.server.advance(10)
        self.assertEqual(len(ada.take()), 10)
        self.assertIsNone(ada.closed)


class NoRateTest(ChatTestCase):
    """
    `--message-rate 0`.
    """

    settings = {"message_rate": 0}

    def test_without_a_rate_nothing_is_refused_or_slowed(self) -> None:
        """Neither messages nor other commands, nor the tutorial's wire."""
        ada, tutorial = self.server.person("ada", "lobby"), self.server.tutorial()
        for n in range(COMMAND_BURST + 100):
            self.assertEqual(ada.say("hi")["type"], "done")
            ada.ask("typing", room="lobby")
            tutorial.send(username="x", message=f"{n}")
        self.assertEqual(len(tutorial.take()), 2 * COMMAND_BURST + 200)


class FloodTest(ChatTestCase):
    """
    More than a hundred refusals in ten seconds.
    """

    def refuse(self, client: Client, count: int) -> None:
        """Have so many commands refused."""
        for _ in range(count):
            client.send("leave", room="lobby")

    def test_the_hundred_and_first_refusal_in_ten_seconds_closes_the_connection(self) -> None:
        """With 4500, after it was told."""
        ada = self.server.person("ada")
        self.refuse(ada, FLOOD_REFUSALS)
        self.assertIsNone(ada.closed)
        self.server.advance(9.75)
        self.refuse(ada, 1)
        self.assertEqual(ada.closed, (4500, "flood"))
        self.assertEqual(len(ada.take("refused")), FLOOD_REFUSALS + 1)

    def test_a_hundred_refusals_are_not_too_many(self) -> None:
        """Ten seconds after the first there is room for another."""
        ada = self.server.person("ada")
        for _ in range(5):
            self.refuse(ada, FLOOD_REFUSALS)
            self.server.advance(10)
        self.assertIsNone(ada.closed)

    def test_it_counts_what_was_refused_before_hello_and_by_the_store(self) -> None:
        """Whatever the reason is."""
        new = self.server.connect()
        self.refuse(new, 50)
        for _ in range(51):
            new.send_bytes(b"?")
        self.assertEqual(new.closed, (4500, "flood"))


class OrderTest(ChatTestCase):
    """
    Commands of one connection take effect in the order sent.
    """

    def test_at_most_thirty_two_commands_are_unanswered(self) -> None:
        """What comes then waits for an answer."""
        ada = self.server.person("ada", "lobby")
        self.server.hub.settings = type(self.server.hub.settings)("chatd/test", message_rate=0)
        ada = self.server.again(ada, "lobby")
        self.server.store.hold()
        for n in range(MAX_UNANSWERED + 3):
            ada.send("say", room="lobby", text=f"m{n}")
        self.assertEqual(len(ada.waiting), 3)
        self.assertFalse(ada.session.receptive())
        self.server.store.release()
        self.assertEqual(len(ada.waiting), 0)
        self.assertEqual(ada.hears(), [f"m{n}" for n in range(MAX_UNANSWERED + 3)])

    def test_a_client_is_busy_until_its_last_answer_is_written(self) -> None:
        """And is looked at then: it may be one that has ended its side and waits for nothing else."""
        ada = self.server.person("ada", "lobby")
        ada.take()
        self.assertFalse(ada.session.busy)
        self.server.store.hold()
        ada.send("say", room="lobby", text="bye")
        self.assertTrue(ada.session.busy)
        looked: list[tuple[bool, list[str]]] = []
        self.patch(ada, "look", lambda: looked.append((ada.session.busy, ada.kinds())))
        self.server.store.release()
        self.assertEqual(looked[-1], (False, ["message", "done"]))

    def test_some_commands_are_answered_before_the_next_is_looked_at(self) -> None:
        """All but those of talk and `search`; such as these, when the store takes its time."""
        self.assertEqual(set(ACTS) - ALONE, {Leave, Post, Say, Typing, Read, Search})
        ada = self.server.person("ada", "lobby")
        self.server.person("bob", "den").say("hi", "den")
        self.server.clients[-1].ask("leave", room="den")
        for kind, fields in (
            ("hello", {}),
            ("join", {"room": "lobby"}),
            ("history", {"room": "lobby"}),
            ("who", {"room": "den"}),
            ("rooms", {}),
        ):
            ada.take()
            self.server.store.reads_wait = True
            ada.send(kind, **fields)
            ada.send("say", room="lobby", text="next")
            self.assertEqual((len(ada.waiting), ada.take()), (1, []), kind)
            self.server.store.answer_reads()
            kinds = ada.kinds()
            self.assertEqual(kinds[-2:], ["message", "done"])
            self.assertNotIn(kinds[0], ("message", "done"))

    def test_a_hello_that_is_being_stored_is_answered_first(self) -> None:
        """One does not join under the old name."""
        ada, bob = (self.server.person(name, "lobby") for name in ("ada", "bob"))
        ada.take()
        self.server.store.hold()
        ada.send("hello", name="eva")
        ada.send("say", room="lobby", text="hi")
        self.server.store.release()
        self.assertEqual(ada.kinds(), ["welcome", "message", "done"])
        self.assertEqual(bob.take("message")[0]["from"]["name"], "eva")

    def test_a_say_may_be_overtaken_by_an_answer_but_not_by_an_effect(self) -> None:
        """`leave` is answered before the `say` that came before it, which is stored all the same."""
        ada = self.server.person("ada", "den")
        self.server.store.hold()
        ada.send("say", room="den", text="bye", ref="s")
        ada.send("leave", room="den", ref="l")
        ada.send("say", room="den", text="still?", ref="t")
        self.server.store.release()
        self.assertEqual(
            [(m["ref"], m["type"]) for m in ada.take()], [("l", "done"), ("t", "refused"), ("s", "done")]
        )

    def test_a_room_that_had_to_be_found_holds_up_nothing_once_the_message_is_on_its_way(self) -> None:
        """The next command is looked at before the message is stored, and takes effect after it."""
        ada, bob = self.server.person("ada", "lobby"), self.server.person("bob")
        self.server.store.reads_wait = True
        self.server.store.hold()
        ada.send("say", room=bob.private, text="first")
        ada.send("say", room="lobby", text="second")
        self.assertEqual(len(ada.waiting), 1)
        self.server.store.answer_reads()
        self.assertEqual(len(ada.waiting), 0)
        self.server.store.release()
        self.assertEqual([event["text"] for event in ada.take("message")], ["first", "second"])

    def test_nothing_is_looked_at_while_the_transport_is_full(self) -> None:
        """It waits where it is."""
        ada = self.server.person("ada", "lobby")
        ada.fill()
        ada.send("rooms")
        self.assertEqual(len(ada.waiting), 1)
        ada.drain()
        self.assertEqual(ada.kinds(), ["rooms"])


class EndTest(ChatTestCase):
    """
    Connections that end, and a server that does.
    """

    def test_nothing_is_looked_at_once_the_server_is_stopping(self) -> None:
        """What was taken before is answered."""
        ada, tutorial = self.server.person("ada", "lobby"), self.server.tutorial()
        self.server.store.hold()
        ada.send("say", room="lobby", text="last")
        self.server.hub.stopping = True
        ada.send("say", room="lobby", text="too late")
        tutorial.send(username="x", message="too late")
        self.assertFalse(ada.session.receptive() or tutorial.session.receptive())
        self.server.store.release()
        self.assertEqual(ada.kinds(), ["message", "done"])
        self.assertEqual((len(ada.waiting), len(tutorial.waiting)), (1, 1))

    def test_finishing_waits_for_what_was_taken(self) -> None:
        """And notes that those who are here were."""
        ada = self.server.person("ada", "lobby")
        self.server.store.hold()
        ada.send("say", room="lobby", text="last")
        finished = []

        async def finish() -> None:
            await self.server.hub.finish()
            finished.append(ada.kinds())

        self.server.spawn(finish(), None)
        self.assertEqual(finished, [])
        self.server.store.release()
        self.assertEqual(finished, [["message", "done"]])
        self.assertTrue(self.server.hub.stopping)

    def test_finishing_waits_for_the_tutorials_wire_too(self) -> None:
        """Nobody whom a write could be answered to need be there."""
        tutorial = self.server.tutorial()
        self.server.store.hold()
        tutorial.send(username="x", message="last")
        finished = []

        async def finish() -> None:
            await self.server.hub.finish()
            finished.append(tutorial.take()[0]["message"])

        self.server.spawn(finish(), None)
        self.assertEqual(finished, [])
        self.server.store.release()
        self.assertEqual(finished, ["last"])

    def test_finishing_while_the_disk_is_full(self) -> None:
        """Whoever stops the server is told, once."""
        for name in ("ada", "bob", "cleo"):
            self.server.person(name)
        self.server.store.inner.read_only = "the disk is full"
        self.server.spawn(self.server.hub.finish(), None)
        (failure,) = self.server.failures
        self.assertIs(failure.value.code, Code.READ_ONLY)
        self.server.failures.clear()

    def test_a_connection_can_be_lost_twice(self) -> None:
        """The second time is nothing."""
        ada, bob = (self.server.person(name, "lobby") for name in ("ada", "bob"))
        ada.take()
        bob.session.lost(self.server.now)
        bob.session.lost(self.server.now + 5)
        self.server.advance(10)
        self.assertEqual(len(ada.take("absent")), 1)

    def test_what_comes_after_the_end_is_nothing(self) -> None:
        """Neither a command nor what could not be read."""
        ada, bob = (self.server.person(name, "lobby") for name in ("ada", "bob"))
        ada.session.lost(self.server.now)
        bob.take()
        for payload in (b'{"type":"say","room":"lobby","text":"hi"}', b"?"):
            ada._hand_over(payload)
        self.assertEqual(ada.take("done", "refused", "message"), [])
        self.assertEqual(bob.take(), [])

    def test_a_say_that_fails_after_its_connection_was_lost_is_told_nobody(self) -> None:
        """Nor counted."""
        ada = self.server.person("ada", "lobby")
        ada.take()
        self.server.store.hold()
        ada.send("say", room="lobby", text="hi", reply_to=7)
        ada.lose()
        self.server.store.release()
        self.assertEqual(ada.take(), [])


class MemoryTest(ChatTestCase):
    """
    What is left of those who have gone.
    """

    def test_a_session_is_given_back_without_a_search_for_cycles(self) -> None:
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

        def sessions() -> int:
            return sum(isinstance(each, Session) for each in gc.get_objects())

        before = sessions()
        ada = self.server.person("ada", "lobby")
        ada.say("hello")
        self.assertEqual(sessions(), before + 1)
        ada.lose()
        self.server.clients.remove(ada)
        # As a transport's outbox does when the connection is gone.
        del ada.session
        del ada
        self.server.advance(30)
        self.assertEqual(sessions(), before)
