"""
The contract of a store: logs as cursors and readers of history see them.
"""

from __future__ import annotations

from chatd.core.names import LOBBY, RoomKey
from chatd.core.records import Opened, Position, Slice
from chatd.core.retention import Pruned
from tests.contracts.store import ADA, GARDEN, PLENTY, StoreCase, texts

WEIGHT = 1025
"""What a message of one ASCII character weighs."""


class ReadingContract(StoreCase):
    """
    Cursors and pages.
    """

    async def read(self, after: int, upto: int, max_bytes: int = PLENTY) -> list[int]:
        """The offsets that a cursor in the lobby reads."""
        events = await self.store.read(LOBBY, after, upto, max_bytes)
        self.assertTrue(all(event.room == LOBBY for event in events))
        return [event.offset for event in events]

    async def page(
        self,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
        max_bytes: int = PLENTY,
        room: RoomKey = LOBBY,
    ) -> tuple[list[int], bool]:
        """The offsets of a page of a room, and whether there are more."""
        page = await self.store.page(room, None, before=before, after=after, limit=limit, max_bytes=max_bytes)
        return [event.offset for event in page.events], page.more

    async def opened(self, position: Position | None, last: int = 50) -> tuple[int, bool]:
        """Where a cursor in the lobby begins, and whether it is where it was."""
        opened = await self.store.open(LOBBY, None, position, last, False)
        assert opened is not None
        return opened.start, opened.recovered

    # Cursors

    async def test_a_cursor_reads_what_comes_after_it_and_no_further_than_asked(self) -> None:
        await self.talk(LOBBY, 9)
        await self.talk(GARDEN, 9)
        self.assertEqual(await self.read(0, 9), [1, 2, 3, 4, 5, 6, 7, 8, 9])
        self.assertEqual(await self.read(3, 6), [4, 5, 6])
        self.assertEqual(await self.read(8, 9), [9])
        self.assertEqual(texts(await self.store.read(LOBBY, 3, 6, PLENTY)), ["4", "5", "6"])

    async def test_a_cursor_reads_as_much_as_fits_and_at_least_one(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.read(2, 9, 0), [3])
        self.assertEqual(await self.read(2, 9, 1), [3])
        self.assertEqual(await self.read(2, 9, 2 * WEIGHT - 1), [3])
        self.assertEqual(await self.read(2, 9, 2 * WEIGHT), [3, 4])
        self.assertEqual(await self.read(2, 9, 3 * WEIGHT + 5), [3, 4, 5])

    async def test_a_long_stretch_is_read_in_pieces_without_a_seam(self) -> None:
        await self.talk(LOBBY, 40)
        after = 0
        heard: list[int] = []
        while after < 40:
            heard += await self.read(after, 40, 7 * WEIGHT)
            after = heard[-1]
        self.assertEqual(heard, list(range(1, 41)))

    async def test_a_cursor_in_what_was_pruned_is_told_so(self) -> None:
        await self.talk(LOBBY, 9)
        self.backend.prune(LOBBY, 6)
        self.assertEqual(await self.read(5, 9), [6, 7, 8, 9])
        for after in (0, 4):
            try:
                await self.read(after, 9)
            except Pruned as pruned:
                self.assertEqual(pruned.first, 6)
            else:
                self.fail("what is gone was read")
        self.backend.prune(LOBBY, 10)
        with self.assertRaises(Pruned) as caught:
            await self.read(8, 9)
        self.assertEqual(caught.exception.first, 10)

    async def test_to_read_what_was_never_there_is_a_mistake_that_is_told(self) -> None:
        await self.talk(LOBBY, 2)
        for room, after, upto in ((LOBBY, 2, 2), (LOBBY, 2, 3), (LOBBY, 5, 7), (GARDEN, 0, 1)):
            with self.assertRaises(ValueError):
                await self.store.read(room, after, upto, PLENTY)

    # Pages

    async def test_the_newest_page(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.page(limit=4), ([6, 7, 8, 9], True))
        self.assertEqual(await self.page(limit=9), ([1, 2, 3, 4, 5, 6, 7, 8, 9], False))
        self.assertEqual(await self.page(limit=200), ([1, 2, 3, 4, 5, 6, 7, 8, 9], False))

    async def test_pages_backwards_meet_without_a_seam(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.page(before=6, limit=3), ([3, 4, 5], True))
        self.assertEqual(await self.page(before=3, limit=3), ([1, 2], False))
        self.assertEqual(await self.page(before=4, limit=3), ([1, 2, 3], False))
        self.assertEqual(await self.page(before=2, limit=3), ([1], False))

    async def test_pages_forwards_meet_without_a_seam(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.page(after=0, limit=4), ([1, 2, 3, 4], True))
        self.assertEqual(await self.page(after=4, limit=4), ([5, 6, 7, 8], True))
        self.assertEqual(await self.page(after=5, limit=4), ([6, 7, 8, 9], False))
        self.assertEqual(await self.page(after=8, limit=4), ([9], False))

    async def test_a_page_of_nothing_is_empty(self) -> None:
        await self.talk(LOBBY, 3)
        empty: tuple[list[int], bool] = ([], False)
        self.assertEqual(await self.page(before=1), empty)
        self.assertEqual(await self.page(before=0), empty)
        self.assertEqual(await self.page(after=3), empty)
        self.assertEqual(await self.page(after=99), empty)
        for before, after in ((None, None), (5, None), (None, 0)):
            self.assertEqual(await self.page(before=before, after=after, room=GARDEN), empty)
        self.assertEqual(
            await self.store.page(GARDEN, None, before=None, after=None, limit=1, max_bytes=1),
            Slice((), False),
        )

    async def test_what_precedes_an_offset_beyond_the_head_is_the_newest_page(self) -> None:
        await self.talk(LOBBY, 3)
        self.assertEqual(await self.page(before=99, limit=2), ([2, 3], True))

    async def test_a_page_that_would_be_too_heavy_is_cut_at_its_far_end(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.page(max_bytes=3 * WEIGHT), ([7, 8, 9], True))
        self.assertEqual(await self.page(before=6, max_bytes=2 * WEIGHT), ([4, 5], True))
        self.assertEqual(await self.page(after=2, max_bytes=2 * WEIGHT), ([3, 4], True))
        self.assertEqual(await self.page(after=7, max_bytes=2 * WEIGHT), ([8, 9], False))
        for bytes_ in (0, 1, WEIGHT):
            self.assertEqual(await self.page(max_bytes=bytes_), ([9], True))
            self.assertEqual(await self.page(after=0, max_bytes=bytes_), ([1], True))

    async def test_the_weight_is_that_of_the_text_in_bytes(self) -> None:
        await self.say("é" * 2000)
        await self.say("é" * 2000)
        self.assertEqual(await self.page(max_bytes=2 * 5024), ([1, 2], False))
        self.assertEqual(await self.page(max_bytes=2 * 5024 - 1), ([2], True))

    async def test_pages_end_where_the_kept_events_end(self) -> None:
        await self.talk(LOBBY, 9)
        self.backend.prune(LOBBY, 6)
        self.assertEqual(await self.page(), ([6, 7, 8, 9], False))
        self.assertEqual(await self.page(before=8), ([6, 7], False))
        self.assertEqual(await self.page(before=8, limit=1), ([7], True))
        self.assertEqual(await self.page(before=6), ([], False))
        self.assertEqual(await self.page(before=3), ([], False))
        self.assertEqual(await self.page(after=0, limit=2), ([6, 7], True))
        self.backend.prune(LOBBY, 10)
        self.assertEqual(await self.page(), ([], False))
        self.assertEqual(await self.page(after=0), ([], False))

    # Where a cursor begins

    async def test_a_room_without_events_cannot_be_opened(self) -> None:
        self.assertIsNone(await self.store.open(LOBBY, ADA, None, 50, False))
        self.assertIsNone(await self.store.open(LOBBY, ADA, Position(0), 50, False))
        self.assertIsNone(await self.store.open(self.private(), ADA, None, 50, False))

    async def test_without_a_position_one_begins_before_the_last_messages(self) -> None:
        await self.talk(LOBBY, 9)
        self.assertEqual(await self.opened(None, 0), (9, False))
        self.assertEqual(await self.opened(None, 1), (8, False))
        self.assertEqual(await self.opened(None, 8), (1, False))
        self.assertEqual(await self.opened(None, 9), (0, False))
        self.assertEqual(await self.opened(None, 200), (0, False))

    async def test_a_position_in_the_log_is_where_one_goes_on(self) -> None:
        await self.talk(LOBBY, 9)
        ids = {event.offset: event.id for event in await self.whole_log(LOBBY)}
        for after in (1, 5, 9):
            self.assertEqual(await self.opened(Position(after)), (after, True))
            self.assertEqual(await self.opened(Position(after, ids[after])), (after, True))
        self.assertEqual(await self.opened(Position(0)), (0, True))

    async def test_the_position_before_the_first_event_needs_no_id(self) -> None:
        await self.talk(LOBBY, 3)
        self.assertEqual(await self.opened(Position(0, "whatever"), 1), (0, True))

    async def test_a_position_beyond_the_head_is_not_recovered(self) -> None:
        await self.talk(LOBBY, 3)
        self.assertEqual(await self.opened(Position(4), 2), (1, False))
        self.assertEqual(await self.opened(Position(99, "aaaaaaaa-1"), 2), (1, False))

    async def test_a_position_with_another_id_is_not_recovered(self) -> None:
        await self.talk(LOBBY, 3)
        ids = [event.id for event in await self.whole_log(LOBBY)]
        for after in (1, 2, 3):
            self.assertEqual(await self.opened(Position(after, ids[after - 2]), 2), (1, False))

    async def test_a_position_in_what_was_pruned_is_not_recovered(self) -> None:
        await self.talk(LOBBY, 9)
        ids = {event.offset: event.id for event in await self.whole_log(LOBBY)}
        self.backend.prune(LOBBY, 6)
        self.assertEqual(await self.opened(Position(0)), (5, False))
        self.assertEqual(await self.opened(Position(4), 2), (7, False))
        self.assertEqual(await self.opened(Position(4, ids[4])), (5, False))
        # The event after 5 is kept, but 5 itself is gone, so its id cannot be checked.
        self.assertEqual(await self.opened(Position(5)), (5, True))
        self.assertEqual(await self.opened(Position(5, ids[5])), (5, False))
        self.assertEqual(await self.opened(Position(6, ids[6])), (6, True))
        self.assertEqual(await self.opened(None, 200), (5, False))

    async def test_a_log_that_was_pruned_empty_is_resumed_at_its_head_alone(self) -> None:
        await self.talk(LOBBY, 9)
        ids = {event.offset: event.id for event in await self.whole_log(LOBBY)}
        self.backend.prune(LOBBY, 10)
        self.assertEqual(await self.opened(Position(9)), (9, True))
        self.assertEqual(await self.opened(Position(9, ids[9])), (9, False))
        self.assertEqual(await self.opened(Position(8)), (9, False))
        self.assertEqual(await self.opened(None, 50), (9, False))
        record = await self.store.room(LOBBY, None)
        assert record is not None
        self.assertEqual((record.head, record.first), (9, 10))
        self.assertEqual((await self.say("on")).offset, 10)
        self.assertEqual(await self.page(), ([10], False))

    async def test_to_open_tells_the_room_as_it_is(self) -> None:
        await self.talk(LOBBY, 3)
        self.store.mark_read(ADA, LOBBY, 2)
        opened = await self.store.open(LOBBY, ADA, None, 1, False)
        record = await self.store.room(LOBBY, ADA)
        assert record is not None
        self.assertEqual(opened, Opened(record, 2, False))
        self.assertEqual((record.name, record.topic, record.head, record.first), ("Lobby", "", 3, 1))
        self.assertEqual((record.read, record.pair), (2, None))
