"""
The contract of a store: rooms as lists show them, read markers, and people.
"""

from __future__ import annotations

from collections.abc import Awaitable

from twisted.internet.defer import Deferred

from chatd.core.events import Card, Draft
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.records import Known
from chatd.core.refusals import Code
from tests.contracts.store import ADA, BOB, CELLAR, CLEO, DAY_MS, GARDEN, NOBODY, StoreCase, draft


class PeopleContract(StoreCase):
    """
    Rooms, read markers and people.
    """

    async def listed(self, reader: PersonId | None, after: str = "", limit: int = 500) -> list[str]:
        """The keys of the rooms in the reader's list."""
        return [record.key for record in await self.store.rooms(reader, after, limit)]

    async def inbox(self, reader: PersonId, limit: int = 200) -> list[str]:
        """The keys of the rooms in the reader's inbox."""
        return [record.key for record in await self.store.inbox(reader, limit)]

    async def marker(self, room: RoomKey, reader: PersonId = ADA) -> int:
        """The reader's marker in a room."""
        record = await self.store.room(room, reader)
        assert record is not None
        return record.read

    # Rooms

    async def test_a_room_is_there_from_its_first_event_on_under_its_first_spelling(self) -> None:
        self.assertIsNone(await self.store.room(GARDEN, ADA))
        await self.say("hi", GARDEN)
        self.assertEqual((await self.store.rooms(None, "", 5))[0].name, "Garden")
        await self.store.append(Draft(GARDEN, "GARDEN", draft("").author, "ho"))
        record = await self.store.room(GARDEN, None)
        assert record is not None
        self.assertEqual((record.key, record.name, record.head), (GARDEN, "Garden", 2))

    async def test_rooms_are_listed_by_key_page_after_page(self) -> None:
        names = ["straße", "zoo", "a", "3d", "été", "lobby", "_x", "б", "a-b"]
        for name in names:
            await self.say("x", name)
        self.assertEqual(await self.listed(None), sorted(names))
        listed: list[str] = []
        while page := await self.listed(None, listed[-1] if listed else "", 2):
            listed += page
        self.assertEqual(listed, sorted(names))
        self.assertEqual(await self.listed(None, "a", 2), ["a-b", "lobby"])
        self.assertEqual(await self.listed(None, "b", 1), ["lobby"])
        self.assertEqual(await self.listed(None, "zzz\U0010ffff"), ["été", "б"])

    async def test_private_rooms_stand_in_the_lists_of_their_two_people_alone(self) -> None:
        for room in ("3d", LOBBY, self.private(ADA, BOB), self.private(ADA, CLEO)):
            await self.say("x", room)
        # By `@` and the other's id, which stands between digits and letters.
        self.assertEqual(
            await self.listed(ADA), ["3d", self.private(ADA, BOB), self.private(ADA, CLEO), LOBBY]
        )
        self.assertEqual(await self.listed(CLEO), ["3d", self.private(ADA, CLEO), LOBBY])
        self.assertEqual(await self.listed(None), ["3d", LOBBY])
        self.assertEqual(await self.listed(ADA, "", 2), ["3d", self.private(ADA, BOB)])
        self.assertEqual(await self.listed(ADA, "@" + BOB, 1), [self.private(ADA, CLEO)])
        self.assertEqual(await self.listed(ADA, "@" + CLEO), [LOBBY])

    async def test_the_pair_of_a_private_room_is_as_it_is_named_now_and_its_messages_as_they_were(
        self,
    ) -> None:
        await self.say("hi", self.private())
        await self.store.rename(ADA, "countess")
        pair = (Card(ADA, "countess"), Card(BOB, "bob"))
        for reader in (ADA, BOB):
            record = await self.store.room(self.private(), reader)
            assert record is not None
            self.assertEqual((record.pair, record.name), (pair, ""))
            self.assertEqual([room.pair for room in await self.store.inbox(reader, 5)], [pair])
            self.assertEqual([room.pair for room in await self.store.rooms(reader, "", 5)], [pair])
        opened = await self.store.open(self.private(), BOB, None, 50, False)
        assert opened is not None
        self.assertEqual(opened.record.pair, pair)
        (event,) = await self.whole_log(self.private())
        self.assertEqual(event.author.name, "ada")

    async def test_the_inbox_has_private_rooms_and_marked_ones_the_latest_first(self) -> None:
        for room in (LOBBY, self.private(ADA, BOB), GARDEN, CELLAR, self.private(ADA, CLEO)):
            await self.say("x", room)
        self.assertEqual(await self.inbox(ADA), [self.private(ADA, CLEO), self.private(ADA, BOB)])
        self.store.mark_read(ADA, LOBBY, 1)
        self.store.mark_read(ADA, GARDEN, 1)
        self.store.mark_read(ADA, self.private(ADA, BOB), 1)
        ordered = [self.private(ADA, CLEO), GARDEN, self.private(ADA, BOB), LOBBY]
        self.assertEqual(await self.inbox(ADA), ordered)
        self.assertEqual(await self.inbox(ADA, 3), ordered[:3])
        self.assertEqual(await self.inbox(BOB), [self.private(ADA, BOB)])
        await self.say("y", LOBBY)
        self.assertEqual(await self.inbox(ADA, 2), [LOBBY, self.private(ADA, CLEO)])
        await self.restart()
        self.assertEqual(
            await self.inbox(ADA), [LOBBY, self.private(ADA, CLEO), GARDEN, self.private(ADA, BOB)]
        )

    # Read markers

    async def test_a_read_marker_only_grows_and_is_seen_at_once(self) -> None:
        await self.talk(LOBBY, 5)
        self.assertEqual(await self.marker(LOBBY), 0)
        for offset, then in ((3, 3), (2, 3), (0, 3), (4, 4)):
            self.store.mark_read(ADA, LOBBY, offset)
            self.assertEqual(await self.marker(LOBBY), then)
        self.assertEqual([room.read for room in await self.store.rooms(ADA, "", 5)], [4])
        self.assertEqual([room.read for room in await self.store.inbox(ADA, 5)], [4])
        opened = await self.store.open(LOBBY, ADA, None, 0, False)
        assert opened is not None
        self.assertEqual(opened.record.read, 4)

    async def test_a_read_marker_is_ones_own(self) -> None:
        await self.talk(LOBBY, 5)
        self.store.mark_read(ADA, LOBBY, 3)
        self.assertEqual(await self.marker(LOBBY, BOB), 0)
        record = await self.store.room(LOBBY, None)
        assert record is not None
        self.assertEqual(record.read, 0)

    async def test_a_read_marker_is_written_with_the_next_commit_and_goes_on_growing(self) -> None:
        await self.talk(LOBBY, 5)
        await self.talk(GARDEN, 2)
        self.store.mark_read(ADA, LOBBY, 3)
        self.store.mark_read(ADA, GARDEN, 2)
        await self.say("6")
        self.assertEqual(await self.marker(LOBBY), 3)
        self.store.mark_read(ADA, LOBBY, 2)
        await self.say("7")
        self.assertEqual(await self.marker(LOBBY), 3)
        self.store.mark_read(ADA, LOBBY, 6)
        self.assertEqual(await self.marker(LOBBY), 6)
        await self.say("8")
        self.assertEqual(await self.marker(LOBBY), 6)
        self.assertEqual(await self.marker(GARDEN), 2)

    async def test_read_markers_outlive_a_restart(self) -> None:
        await self.talk(LOBBY, 5)
        await self.say("hi", self.private())
        self.store.mark_read(ADA, LOBBY, 3)
        self.store.mark_read(BOB, self.private(), 1)
        await self.restart()
        self.assertEqual(await self.marker(LOBBY), 3)
        self.assertEqual(await self.marker(self.private(), BOB), 1)

    async def test_a_read_marker_that_the_disk_refused_is_written_later(self) -> None:
        await self.talk(LOBBY, 5)
        self.backend.refuse_writes(True)
        self.store.mark_read(ADA, LOBBY, 3)
        await self.refusal(self.store.touch([ADA]))
        self.assertEqual(await self.marker(LOBBY), 3)
        self.store.mark_read(ADA, LOBBY, 4)
        await self.refusal(self.store.touch([ADA]))
        self.backend.refuse_writes(False)
        await self.store.touch([ADA])
        await self.restart()
        self.assertEqual(await self.marker(LOBBY), 4)

    async def test_a_read_marker_in_a_room_without_events_or_of_nobody_is_dropped(self) -> None:
        await self.talk(LOBBY, 2)
        self.store.mark_read(ADA, GARDEN, 1)
        self.store.mark_read(NOBODY, LOBBY, 1)
        self.assertEqual(await self.inbox(ADA), [])
        await self.store.touch([ADA])
        await self.talk(GARDEN, 2)
        self.assertEqual(await self.marker(GARDEN), 0)
        self.assertEqual(await self.inbox(ADA), [])
        self.assertEqual(await self.marker(LOBBY, NOBODY), 0)

    # People

    async def test_a_person_is_found_by_id_and_by_token(self) -> None:
        dora = Card(PersonId("dddddddddddddddd"), "dora")
        await self.store.add_person(dora, b"\x00\xff" * 16)
        for _ in range(2):
            self.assertEqual(await self.store.person(dora.id), dora)
            self.assertEqual(await self.store.person_of_token(b"\x00\xff" * 16), Known(dora, False))
            await self.restart()
        self.assertIsNone(await self.store.person(NOBODY))
        self.assertIsNone(await self.store.person_of_token(b"\x00" * 32))

    async def test_a_person_who_is_there_is_not_made_again(self) -> None:
        with self.assertRaises(ValueError):
            await self.store.add_person(Card(ADA, "eve"), b"eve")
        with self.assertRaises(ValueError):
            await self.store.add_person(Card(NOBODY, "eve"), ADA.encode())
        self.assertEqual(await self.store.person(ADA), Card(ADA, "ada"))
        self.assertIsNone(await self.store.person(NOBODY))
        self.assertIsNone(await self.store.person_of_token(b"eve"))

    async def test_a_new_name_goes_with_the_token(self) -> None:
        await self.store.rename(ADA, "countess")
        await self.restart()
        self.assertEqual(await self.store.person(ADA), Card(ADA, "countess"))
        self.assertEqual(await self.store.person_of_token(ADA.encode()), Known(Card(ADA, "countess"), False))

    async def test_somebody_unknown_cannot_be_renamed_and_is_touched_in_vain(self) -> None:
        await self.assert_refused(Code.NO_SUCH_PERSON, self.store.rename(NOBODY, "somebody"))
        self.assertEqual(await self.store.touch([NOBODY]), 0)
        self.assertIsNone(await self.store.person(NOBODY))

    async def test_many_are_touched_at_once_and_those_who_are_known_are_counted(self) -> None:
        self.now_ms += DAY_MS
        here = {ADA: 1, NOBODY: 1, CLEO: 1}
        self.backend.hold()
        touched = self.store.touch(here.keys())
        here.clear()
        self.backend.release()
        self.assertEqual(await touched, 2)
        self.now_ms += 1000
        self.assertEqual(await self.store.forget_guests(86400), 1)
        self.assertIsNone(await self.store.person(BOB))

    async def test_to_touch_nobody_is_answered_after_what_was_asked_before(self) -> None:
        self.assertEqual(await self.store.touch([]), 0)

        async def note(asked: Awaitable[object], name: str) -> None:
            await asked
            self.journal.append(name)

        self.backend.hold()
        asked = [
            Deferred.fromCoroutine(note(self.store.append(draft("hi")), "said")),
            Deferred.fromCoroutine(note(self.store.touch(()), "touched")),
            Deferred.fromCoroutine(note(self.store.rename(ADA, "countess"), "renamed")),
        ]
        self.backend.release()
        for answer in asked:
            await answer
        self.assertEqual(self.journal, ["batch hi", "said", "touched", "renamed"])

    async def test_guests_who_left_no_trace_are_forgotten_after_a_while(self) -> None:
        await self.say("hi")
        self.store.mark_read(BOB, LOBBY, 1)
        self.now_ms += DAY_MS
        self.assertEqual(await self.store.forget_guests(86400), 0)
        self.now_ms += 1
        await self.store.touch([CLEO])
        self.assertEqual(await self.store.forget_guests(86400), 1)
        self.assertEqual(await self.store.person(ADA), Card(ADA, "ada"))
        self.assertIsNone(await self.store.person(BOB))
        self.assertIsNone(await self.store.person_of_token(BOB.encode()))
        self.assertEqual(await self.store.person(CLEO), Card(CLEO, "cleo"))
        self.assertEqual(await self.inbox(BOB), [])
        self.assertEqual(await self.marker(LOBBY, BOB), 0)
        await self.assert_refused(Code.NO_SUCH_PERSON, self.store.append(draft("?", self.private())))
        self.assertEqual(await self.store.forget_guests(86400), 0)
        self.assertEqual(await self.store.forget_guests(-1), 1)
        self.assertIsNone(await self.store.person(CLEO))

    async def test_who_was_seen_of_late_is_not_forgotten(self) -> None:
        self.now_ms += DAY_MS
        await self.store.touch([ADA])
        await self.store.rename(BOB, "rob")
        self.now_ms += 1000
        self.assertEqual(await self.store.forget_guests(86400), 1)
        self.assertIsNone(await self.store.person(CLEO))
        self.assertEqual(await self.store.person(BOB), Card(BOB, "rob"))

    async def test_who_wrote_or_was_written_to_is_kept(self) -> None:
        await self.say("hi bob", self.private(ADA, BOB))
        await self.say("as cleo", who=CLEO, via="tutorial")
        self.now_ms += 2 * DAY_MS
        await self.restart()
        kept = [await self.store.person_of_token(who.encode()) for who in (ADA, BOB, CLEO)]
        self.assertEqual([known and known.kept for known in kept], [True, True, False])
        self.assertEqual(await self.store.forget_guests(86400), 1)
        self.assertIsNone(await self.store.person(CLEO))
        self.assertEqual(await self.store.person(ADA), Card(ADA, "ada"))
        self.assertEqual(await self.store.person(BOB), Card(BOB, "bob"))

    async def test_a_forgotten_guest_may_be_made_again(self) -> None:
        self.now_ms += 2 * DAY_MS
        self.assertEqual(await self.store.forget_guests(86400), 3)
        await self.store.add_person(Card(ADA, "ada"), ADA.encode())
        self.assertEqual(await self.store.person_of_token(ADA.encode()), Known(Card(ADA, "ada"), False))
