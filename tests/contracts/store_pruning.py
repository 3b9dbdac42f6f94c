"""
The contract of a store: what is no longer to be kept goes, in small steps.
"""

from __future__ import annotations

from chatd.core.events import Wipe
from chatd.core.names import LOBBY, RoomKey
from chatd.core.records import Position
from chatd.core.refusals import Code
from chatd.core.retention import DAY_MS, Keep, Pruned, Retention, Trim
from tests.contracts.store import ADA, BOB, CELLAR, GARDEN, PLENTY, StoreCase, draft, texts
from tests.contracts.store_deeds import deed

MANY = 1000


class PruningContract(StoreCase):
    """
    Limits of history, and what is left beyond them.
    """

    async def prune(self, *, days: int = 0, messages: int = 0, limit: int = MANY) -> list[Trim]:
        """A round through all rooms, step by step."""
        keep = Retention(days, messages).keep(self.now_ms)
        steps = [await self.store.prune(keep, limit)]
        while steps[-1].more:
            steps.append(await self.store.prune(keep, limit))
            self.assertLess(len(steps), 100)
        return steps

    async def talk_daily(self, room: str, days: int) -> None:
        """One message a day, whose text is its offset and its cid too; it is the last day then."""
        for day in range(1, days + 1):
            await self.say(str(day), room, cid=f"{room} {day}")
            if day < days:
                self.now_ms += DAY_MS

    async def kept(self, room: str = LOBBY) -> list[str]:
        """What can still be read in a room."""
        return texts(await self.whole_log(room))

    async def test_without_limits_everything_is_kept(self) -> None:
        await self.talk_daily(LOBBY, 40)
        self.assertEqual(await self.prune(), [Trim({}, 0, False)])
        self.assertEqual(len(await self.kept()), 40)
        self.assertTrue((await self.say("1", cid="lobby 1")).repeated)

    async def test_the_last_messages_of_each_room_are_kept(self) -> None:
        await self.talk(LOBBY, 9)
        await self.talk(GARDEN, 3)
        await self.talk(self.private(), 4)
        (trim,) = await self.prune(messages=3)
        self.assertEqual(trim, Trim({LOBBY: 7, self.private(): 2}, 7, False))
        for room, kept in ((LOBBY, "789"), (GARDEN, "123"), (self.private(), "234")):
            self.assertEqual(await self.kept(room), list(kept))
        self.assertEqual(await self.prune(messages=3), [Trim({}, 0, False)])

    async def test_what_is_older_than_the_days_goes_and_what_is_not_stays(self) -> None:
        await self.talk_daily(LOBBY, 9)
        await self.talk(CELLAR, 1)
        (trim,) = await self.prune(days=3)
        # The one that is three days old to the millisecond is kept.
        self.assertEqual(trim, Trim({LOBBY: 6}, 5, False))
        self.now_ms += 1
        (trim,) = await self.prune(days=3)
        self.assertEqual(trim, Trim({LOBBY: 7}, 1, False))
        self.assertEqual(await self.kept(), ["7", "8", "9"])
        self.assertEqual(await self.kept(CELLAR), ["1"])

    async def test_of_two_limits_either_lets_an_event_go(self) -> None:
        await self.talk_daily(LOBBY, 9)
        await self.prune(days=5, messages=3)
        self.assertEqual(await self.kept(), ["7", "8", "9"])
        await self.prune(days=1, messages=3)
        self.assertEqual(await self.kept(), ["8", "9"])

    async def test_a_step_takes_few_events_and_the_next_goes_on_from_there(self) -> None:
        await self.talk(LOBBY, 9)
        await self.talk(GARDEN, 9)
        steps = await self.prune(messages=2, limit=4)
        self.assertTrue(all(step.events <= 4 for step in steps))
        self.assertEqual(sum(step.events for step in steps), 14)
        self.assertEqual([step.more for step in steps], [True] * (len(steps) - 1) + [False])
        for room in (LOBBY, GARDEN):
            self.assertEqual(await self.kept(room), ["8", "9"])

    async def test_a_step_looks_at_few_rooms(self) -> None:
        for number in range(10):
            await self.talk(f"room{number}", 2)
        steps = await self.prune(messages=2, limit=3)
        self.assertGreater(len(steps), 3)
        steps = await self.prune(messages=1, limit=3)
        gone = {room: first for step in steps for room, first in step.first.items()}
        self.assertEqual(gone, {f"room{number}": 2 for number in range(10)})

    async def test_between_two_steps_others_write(self) -> None:
        await self.talk(LOBBY, 9)
        keep = Retention(0, 2).keep(self.now_ms)
        self.backend.hold()
        first = self.store.prune(keep, 3)
        said = self.store.append(draft("10"))
        second = self.store.prune(keep, 3)
        self.backend.release()
        self.assertEqual((await first).first, {LOBBY: 4})
        self.assertEqual((await said).offset, 10)
        await second
        await self.prune(messages=2)
        self.assertEqual(await self.kept(), ["9", "10"])

    async def test_offsets_and_heads_go_on(self) -> None:
        await self.talk(LOBBY, 9)
        await self.prune(messages=1)
        record = await self.store.room(LOBBY, None)
        assert record is not None
        self.assertEqual((record.head, record.first), (9, 9))
        self.assertEqual((await self.say("10")).offset, 10)
        self.assertEqual([event.offset for event in await self.whole_log(LOBBY)], [9, 10])

    async def test_a_room_that_is_pruned_empty_keeps_its_name_and_its_head(self) -> None:
        await self.talk(GARDEN, 3)
        self.now_ms += 2 * DAY_MS
        await self.prune(days=1)
        await self.restart()
        record = await self.store.room(GARDEN, None)
        assert record is not None
        self.assertEqual((record.name, record.head, record.first), ("Garden", 3, 4))
        self.assertEqual([room.key for room in await self.store.rooms(None, "", 9)], [GARDEN])
        self.assertEqual((await self.say("4", GARDEN)).offset, 4)
        self.assertEqual(await self.prune(days=1), [Trim({}, 0, False)])

    async def test_a_position_in_what_went_is_not_recovered(self) -> None:
        await self.talk(LOBBY, 9)
        await self.prune(messages=3)
        for after, recovered in ((0, False), (5, False), (6, True), (9, True)):
            opened = await self.store.open(LOBBY, None, Position(after), 50, False)
            assert opened is not None
            self.assertEqual((opened.start, opened.recovered), (after if recovered else 6, recovered))
        with self.assertRaises(Pruned) as caught:
            await self.store.read(LOBBY, 5, 9, PLENTY)
        self.assertEqual(caught.exception.first, 7)

    async def test_a_reply_outlives_what_it_answers(self) -> None:
        await self.say("what?")
        await self.say("that", reply_to=1)
        await self.prune(messages=1)
        (reply,) = await self.whole_log(LOBBY)
        self.assertEqual((reply.text, reply.reply_to), ("that", 1))
        await self.assert_refused(Code.NO_SUCH_MESSAGE, self.store.append(draft("late", reply_to=1)))

    async def test_what_goes_in_one_commit_cannot_be_answered_later_in_it(self) -> None:
        await self.talk(LOBBY, 2)
        self.backend.hold()
        early = self.store.append(draft("early", reply_to=1))
        pruned = self.store.prune(Retention(0, 1).keep(self.now_ms), MANY)
        late = self.store.append(draft("late", reply_to=1))
        self.backend.release()
        self.assertEqual((await early).offset, 3)
        self.assertGreaterEqual((await pruned).first[LOBBY], 2)
        await self.assert_refused(Code.NO_SUCH_MESSAGE, late)
        await self.prune(messages=1)
        self.assertEqual(await self.kept(), ["early"])

    async def test_the_clock_going_back_lets_go_of_nothing_sooner(self) -> None:
        await self.talk_daily(LOBBY, 3)
        self.now_ms -= 365 * DAY_MS
        await self.say("4")
        self.assertEqual(await self.prune(days=2), [Trim({}, 0, False)])
        self.now_ms += 365 * DAY_MS
        # The fourth seems to be a year old, but what stands before it is not.
        self.assertEqual(await self.prune(days=2), [Trim({}, 0, False)])
        self.now_ms += 2 * DAY_MS
        await self.prune(days=2)
        self.assertEqual(await self.kept(), ["3", "4"])
        self.now_ms += 1
        await self.prune(days=2)
        self.assertEqual(await self.kept(), [])

    async def test_what_was_said_while_the_clock_was_ahead_goes_when_its_time_has_come(self) -> None:
        await self.say("1")
        self.now_ms += 365 * DAY_MS
        await self.say("2")
        self.now_ms -= 365 * DAY_MS
        await self.say("3")
        self.now_ms += 2 * DAY_MS
        await self.prune(days=1)
        self.assertEqual(await self.kept(), ["2", "3"])
        self.now_ms += 365 * DAY_MS
        await self.prune(days=1)
        self.assertEqual(await self.kept(), [])

    async def test_no_limit_overflows(self) -> None:
        await self.say("1")
        for now_ms in (0, 1 << 50):
            keep = Retention(36_500, 1_000_000_000).keep(now_ms)
            await self.store.prune(keep, MANY)
        self.assertEqual(await self.kept(), [])

    # The memory of cids

    async def test_a_cid_outlives_its_message_by_what_is_left_of_thirty_days(self) -> None:
        await self.talk_daily(LOBBY, 5)
        await self.prune(messages=1)
        self.now_ms += 26 * DAY_MS
        await self.prune(messages=1)
        for day in "12345":
            self.assertTrue((await self.say(day, cid=f"lobby {day}")).repeated, day)
        await self.assert_refused(Code.CID_CONFLICT, self.store.append(draft("another", cid="lobby 1")))
        self.now_ms += 1
        await self.prune(messages=1)
        self.assertFalse((await self.say("1", cid="lobby 1")).repeated)
        self.assertTrue((await self.say("2", cid="lobby 2")).repeated)

    async def test_a_cid_is_remembered_for_as_long_as_its_message_is_kept(self) -> None:
        await self.talk_daily(LOBBY, 2)
        self.now_ms += 365 * DAY_MS
        await self.prune(messages=1)
        self.assertFalse((await self.say("1", cid="lobby 1")).repeated)
        self.assertTrue((await self.say("2", cid="lobby 2")).repeated)

    async def test_the_cid_of_what_was_deleted_or_wiped_is_forgotten_too(self) -> None:
        """Within thirty days it is known."""
        await self.talk_daily(LOBBY, 4)
        await self.store.act((deed("deleted", LOBBY, name="lobby", about=1),))
        since = self.now_ms - DAY_MS
        await self.store.act((deed("wiped", LOBBY, name="lobby", wipe=Wipe(ADA, since)),))
        self.assertTrue((await self.say("1", cid="lobby 1")).repeated)
        await self.say("last", cid="last")
        await self.prune(messages=1)
        self.now_ms += 60 * DAY_MS
        await self.prune(messages=1)
        for day in "1234":
            self.assertFalse((await self.say(day, cid=f"lobby {day}")).repeated, day)

    async def test_cids_are_forgotten_a_few_at_a_time(self) -> None:
        await self.talk_daily(LOBBY, 9)
        await self.prune(messages=1)
        self.now_ms += 60 * DAY_MS
        steps = await self.prune(messages=1, limit=3)
        self.assertEqual([step.more for step in steps], [True, True, False])
        for day in range(1, 9):
            self.assertFalse((await self.say(str(day), cid=f"lobby {day}")).repeated)

    async def test_a_cid_that_was_spent_again_is_remembered_anew(self) -> None:
        await self.say("x", cid="x")
        await self.say("y")
        await self.prune(messages=1)
        self.now_ms += 31 * DAY_MS
        await self.prune(messages=1)
        self.assertEqual((await self.say("x", cid="x")).offset, 3)
        await self.say("z")
        await self.prune(messages=1)
        self.now_ms += 29 * DAY_MS
        await self.prune(messages=1)
        self.assertEqual((await self.say("x", cid="x")).offset, 3)

    async def test_a_cid_is_its_authors_when_it_goes(self) -> None:
        await self.say("x", who=ADA, cid="x")
        self.now_ms += 20 * DAY_MS
        await self.say("x", who=BOB, cid="x")
        await self.say("y")
        await self.prune(messages=1)
        self.now_ms += 11 * DAY_MS
        await self.prune(messages=1)
        self.assertTrue((await self.say("x", who=BOB, cid="x")).repeated)
        self.assertFalse((await self.say("x", who=ADA, cid="x")).repeated)

    # What else goes on

    async def test_a_disk_that_takes_nothing_keeps_everything(self) -> None:
        await self.talk(LOBBY, 5)
        keep = Retention(0, 1).keep(self.now_ms)
        self.backend.refuse_writes(True)
        await self.assert_refused(Code.READ_ONLY, self.store.prune(keep, MANY))
        self.assertEqual(len(await self.kept()), 5)
        self.backend.refuse_writes(False)
        await self.prune(messages=1)
        self.assertEqual(await self.kept(), ["5"])

    async def test_what_went_stays_away_after_a_restart(self) -> None:
        await self.talk_daily(LOBBY, 9)
        await self.prune(messages=3)
        await self.restart()
        self.assertEqual(await self.kept(), ["7", "8", "9"])
        self.assertTrue((await self.say("1", cid="lobby 1")).repeated)
        await self.say("10")
        await self.prune(messages=3)
        self.assertEqual(await self.kept(), ["8", "9", "10"])

    async def test_nobody_is_told_of_what_goes(self) -> None:
        await self.talk(LOBBY, 5)
        heard = len(self.batches)
        await self.prune(messages=1)
        self.assertEqual(len(self.batches), heard)

    async def test_read_markers_and_lists_are_as_before(self) -> None:
        await self.talk(LOBBY, 3)
        await self.talk(self.private(), 3)
        self.store.mark_read(ADA, LOBBY, 2)
        inbox = await self.store.inbox(ADA, 9)
        await self.store.prune(Keep(since_ms=self.now_ms + 1, messages=None, cids_since_ms=0), MANY)
        now = await self.store.inbox(ADA, 9)
        self.assertEqual([room.key for room in now], [room.key for room in inbox])
        self.assertEqual([(room.head, room.first, room.read) for room in now], [(3, 4, 0), (3, 4, 2)])
        self.assertEqual(await self.kept(RoomKey(LOBBY)), [])
