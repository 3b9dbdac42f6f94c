"""
A server that keeps only so much, and those who have yet to read what goes.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from chatd.core.pruning import ROUND_SECONDS, STEP_EVENTS, Pruning
from chatd.core.retention import DAY_MS, Retention
from tests.core.clients import ChatTestCase, Client

RESYNC = (4002, "resync")


class PruningCase(ChatTestCase):
    """
    Ada and bob are in the den, of which little is kept.
    """

    settings = {"message_rate": 0}

    def setUp(self) -> None:
        """The last three messages are kept."""
        super().setUp()
        self.ada, self.bob = (self.server.person(name, "den") for name in ("ada", "bob"))
        self.ada.take()
        self.keep(messages=3)

    def keep(self, **retention: int) -> None:
        """Keep so much from now on."""
        self.doubts: list[int] = []
        self.pruning = Pruning(self.server.hub, Retention(**retention), self.doubts.append)

    def prune(self) -> None:
        """Let the time come for a round, and all its steps."""
        self.server.advance(ROUND_SECONDS)
        for _ in range(10):
            self.server.spawn(self.pruning.step(self.server.now), None)

    def talk(self, count: int, room: str = "den") -> None:
        """Ada says some things."""
        for _ in range(count):
            self.assertEqual(self.ada.say("m", room)["type"], "done")

    def offsets(self, client: Client) -> list[int]:
        """Take what has come; where it stands."""
        return [message["offset"] for message in client.take() if message["type"] == "message"]

    def history(self, client: Client, **bound: Any) -> tuple[list[int], bool]:
        """A page of the den."""
        page = client.ask("history", room="den", **bound)
        return [event["offset"] for event in page["events"]], page["more"]


class ResyncTest(PruningCase):
    """
    A connection whose next event was pruned.
    """

    def test_who_has_read_everything_notices_nothing(self) -> None:
        """Nor does who is behind by less than was pruned."""
        self.talk(5)
        self.bob.fill()
        self.talk(2)
        self.prune()
        self.assertEqual(self.offsets(self.ada), [1, 2, 3, 4, 5, 6, 7])
        self.bob.drain()
        self.assertEqual(self.offsets(self.bob), [1, 2, 3, 4, 5, 6, 7])
        self.talk(1)
        for client in (self.ada, self.bob):
            self.assertEqual((self.offsets(client), client.closed), ([8], None))

    def test_who_has_yet_to_read_what_was_pruned_is_sent_to_resume(self) -> None:
        """Without a hole before, and alone; then it begins with what is kept."""
        self.talk(2)
        self.bob.fill()
        self.talk(6)
        self.prune()
        self.bob.drain()
        self.assertEqual(self.bob.closed, RESYNC)
        self.assertEqual(self.offsets(self.bob), [1, 2])
        self.assertEqual((self.offsets(self.ada), self.ada.closed), (list(range(1, 9)), None))
        self.bob.lose()
        back = self.server.again(self.bob)
        joined = back.ask("join", room="den", after=2, epoch=self.server.store.epoch)
        self.assertEqual((joined["recovered"], joined["head"]), (False, 8))
        self.assertEqual(self.offsets(back), [6, 7, 8])

    def test_who_joins_in_brief_is_told_too_that_they_cannot_have_it_all(self) -> None:
        """What is left out of a brief join are changes, and never what was pruned meanwhile."""
        self.talk(6)
        cleo = self.server.person("cleo")
        cleo.sips = True
        cleo.send("join", room="den", limit=6, brief=True)
        self.assertEqual([message["type"] for message in cleo.take()], ["joined"])
        self.prune()
        cleo.sips = False
        cleo.drain()
        self.assertEqual((self.offsets(cleo), cleo.closed), ([], RESYNC))

    def test_the_event_that_comes_next_is_what_counts(self) -> None:
        """If that is kept, one goes on."""
        for behind, closed in ((3, None), (4, RESYNC)):
            reader = self.server.person("cleo", "den")
            reader.fill()
            self.talk(behind)
            self.prune()
            reader.drain()
            self.assertEqual((reader.closed, len(self.offsets(reader))), (closed, 0 if closed else 3))
            reader.lose()
            self.server.advance(20)

    def test_what_is_pruned_is_not_in_memory_either(self) -> None:
        """It is not luck whether one gets it."""
        self.talk(8)
        self.prune()
        room = self.server.hub.rooms["den"]
        self.assertEqual([entry.event.offset for entry in room.tail.entries], [6, 7, 8])
        self.assertEqual(room.tail.weight, sum(entry.weight for entry in room.tail.entries))
        self.assertEqual(self.server.hub.tails.weight, room.tail.weight)

    def test_the_tutorials_wire_is_sent_away_as_well(self) -> None:
        """With the same code."""
        eve, dora = self.server.tutorial(), self.server.tutorial()
        self.ada.join("lobby")
        eve.fill()
        self.talk(4, room="lobby")
        self.prune()
        eve.drain()
        self.assertEqual((eve.closed, eve.take()), (RESYNC, []))
        self.assertEqual((dora.closed, len(dora.take())), (None, 4))

    def test_a_private_room_is_a_room(self) -> None:
        """Who is behind in it is sent to resume."""
        self.ada.say("one", self.bob.private)
        self.bob.take()
        self.bob.fill()
        self.talk(4, room=self.bob.private)
        self.prune()
        self.bob.drain()
        self.assertEqual((self.bob.closed, self.bob.take()), (RESYNC, []))

    def test_once_it_is_closed_nothing_more_is_read_for_it(self) -> None:
        """However much is said before it is gone."""
        self.bob.fill()
        self.talk(5)
        self.prune()
        self.bob.drain()
        self.server.store.reads.clear()
        self.talk(3)
        self.bob.drain()
        self.assertEqual(self.server.store.reads, [])

    def test_what_was_read_before_it_was_pruned_is_sent(self) -> None:
        """The store was asked in time."""
        self.bob.fill()
        self.talk(5)
        self.server.hub.rooms["den"].tail.entries.clear()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.prune()
        self.server.store.answer_reads()
        self.assertEqual((self.offsets(self.bob), self.bob.closed), ([1, 2, 3, 4, 5], None))

    def test_who_leaves_the_room_in_time_is_not_sent_away(self) -> None:
        """Nothing of it is to come any more."""
        self.bob.fill()
        self.talk(5)
        self.prune()
        self.server.store.reads_wait = True
        self.bob.drain()
        self.bob.ask("leave", room="den")
        self.server.store.answer_reads()
        self.assertIsNone(self.bob.closed)

    def test_who_joined_where_it_was_pruned_a_moment_later_is_sent_away(self) -> None:
        """`recovered` was true when it was said, and there is no hole."""
        self.talk(5)
        cleo = self.server.person("cleo")
        self.server.store.reads_wait = True
        cleo.send("join", room="den", after=0, epoch=self.server.store.epoch)
        self.prune()
        self.server.store.answer_reads()
        (joined,) = cleo.take()
        self.assertEqual((joined["recovered"], cleo.closed), (True, RESYNC))

    def test_a_done_that_waits_for_what_was_pruned_is_not_sent(self) -> None:
        """What became of the message is told when it is sent again."""
        self.talk(1)
        self.server.store.hold()
        self.bob.send("say", room="den", text="mine", cid="c")
        self.bob.fill()
        self.server.store.release()
        self.talk(5)
        self.prune()
        self.bob.drain()
        self.assertEqual((self.bob.closed, self.bob.kinds()), (RESYNC, ["message"]))
        self.bob.lose()
        back = self.server.again(self.bob, "den")
        self.assertEqual(back.say("mine", "den", cid="c")["offset"], 2)


class HistoryTest(PruningCase):
    """
    Pages, positions and replies where something was pruned.
    """

    def test_history_ends_where_what_is_kept_ends(self) -> None:
        """There is nothing more, and nothing empty in between."""
        self.talk(8)
        self.prune()
        self.assertEqual(self.history(self.bob), ([6, 7, 8], False))
        self.assertEqual(self.history(self.bob, before=8, limit=1), ([7], True))
        self.assertEqual(self.history(self.bob, before=6), ([], False))
        self.assertEqual(self.history(self.bob, after=1, limit=2), ([6, 7], True))

    def test_a_position_is_good_as_long_as_what_follows_it_is_kept(self) -> None:
        """And one whose event is gone cannot be checked."""
        self.talk(8)
        ids = {message["offset"]: message["id"] for message in self.bob.take("message")}
        self.prune()
        epoch = self.server.store.epoch
        for after, event_id, recovered in (
            (4, None, False),
            (5, None, True),
            (5, ids[5], False),
            (6, ids[6], True),
            (8, ids[8], True),
            (8, None, True),
            (0, None, False),
        ):
            checked = {} if event_id is None else {"id": event_id}
            joined = self.bob.ask("join", room="den", after=after, epoch=epoch, **checked)
            self.assertEqual(joined["recovered"], recovered, (after, event_id))
            expected = range(after + 1, 9) if recovered else (6, 7, 8)
            self.assertEqual(self.offsets(self.bob), list(expected))

    def test_a_room_pruned_empty_keeps_its_name_and_head(self) -> None:
        """Also when nobody is in it, and after a restart."""
        self.ada.join("Attic").say("m", "attic")
        self.ada.ask("leave", room="Attic")
        self.keep(days=1)
        self.server.wall_ms += 2 * DAY_MS
        self.prune()
        joined = self.bob.ask("join", room="ATTIC", after=1, epoch=self.server.store.epoch)
        self.assertEqual((joined["room"], joined["head"], joined["recovered"]), ("Attic", 1, True))
        self.assertEqual(self.bob.kinds(), ["live"])
        joined = self.bob.ask("join", room="ATTIC", after=0, epoch=self.server.store.epoch)
        self.assertEqual((joined["head"], joined["recovered"]), (1, False))
        self.assertEqual(self.bob.say("n", "attic")["offset"], 2)

    def test_a_reply_names_what_is_gone(self) -> None:
        """As it did before."""
        self.talk(3)
        self.ada.say("re", "den", reply_to=2)
        self.talk(2)
        self.prune()
        page = self.bob.ask("history", room="den")
        self.assertEqual([event.get("reply_to") for event in page["events"]], [2, None, None])
        self.assert_refused(self.ada.say("re", "den", reply_to=2), "no_such_message")


class RoundTest(PruningCase):
    """
    When it is done, and by which clock.
    """

    def kept(self) -> int:
        """How many messages of the den are kept."""
        return len(self.server.store.inner._rooms.logs["den"].events)

    def step(self) -> None:
        """Take a step, if one is due."""
        self.server.spawn(self.pruning.step(self.server.now), None)

    def test_much_is_pruned_in_many_steps_and_then_there_is_rest(self) -> None:
        """Each step takes a little."""
        count = 3 * STEP_EVENTS + 3
        self.talk(count)
        sizes = []
        while self.kept() > 3:
            self.step()
            sizes.append(self.kept())
        self.assertEqual(sizes, [count - STEP_EVENTS * n for n in (1, 2, 3)])
        self.step()
        self.talk(1)
        self.step()
        self.assertEqual(self.kept(), 4)
        self.server.advance(ROUND_SECONDS)
        self.step()
        self.assertEqual(self.kept(), 3)

    def test_days_are_those_of_the_clock_on_the_wall(self) -> None:
        """As long as it goes as time does."""
        self.keep(days=1)
        self.talk(4)
        self.prune()
        for _ in range(24):
            self.assertEqual(self.kept(), 4)
            self.server.advance(3600)
            self.server.wall_ms += 3_600_000
            self.prune()
        self.server.wall_ms += 60_000
        self.prune()
        self.assertEqual((self.kept(), self.doubts), (0, []))

    def test_a_clock_that_leaps_forward_has_to_stay_there_for_a_day(self) -> None:
        """The operator is told once."""
        self.keep(days=30)
        self.talk(4)
        self.prune()
        self.server.wall_ms += 365 * DAY_MS
        for _ in range(4):
            self.prune()
        self.assertEqual(self.kept(), 4)
        self.assertEqual([doubt // DAY_MS for doubt in self.doubts], [364])
        self.server.wall_ms -= 365 * DAY_MS
        self.prune()
        self.server.wall_ms += 365 * DAY_MS
        self.prune()
        self.assertEqual(len(self.doubts), 2)
        self.server.advance(86_400)
        self.prune()
        self.assertEqual((self.kept(), len(self.doubts)), (0, 2))

    def test_messages_are_counted_whatever_the_clock_says(self) -> None:
        """And nobody is told of a clock that does not matter."""
        self.prune()
        self.talk(8)
        for leap in (365 * DAY_MS, -700 * DAY_MS):
            self.server.wall_ms += leap
            self.prune()
            self.assertEqual((self.kept(), self.doubts), (3, []))

    def test_a_disk_that_takes_no_writes_is_tried_again_later(self) -> None:
        """Not at every turn."""
        self.talk(5)
        self.server.store.inner.read_only = "full"
        self.step()
        self.server.store.inner.read_only = None
        self.step()
        self.assertEqual(self.kept(), 5)
        self.prune()
        self.assertEqual(self.kept(), 3)

    def test_what_is_being_committed_is_told_before_it_can_go(self) -> None:
        """A step waits for its place in the order of the writes."""
        self.server.store.hold()
        for n in range(8):
            self.ada.send("say", room="den", text=f"m{n}")
        done: list[object] = []
        Deferred.fromCoroutine(self.pruning.step(self.server.now)).addCallback(done.append)
        self.assertEqual(done, [])
        self.server.store.release()
        self.assertEqual(done, [None])
        self.assertEqual((self.offsets(self.bob), self.kept()), (list(range(1, 9)), 3))
