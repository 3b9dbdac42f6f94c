"""
What every store promises about files.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chatd.core.events import Author, DeedDraft, Detail, Message, Wipe
from chatd.core.files import MAX_OPEN, Attachment, FileRecord, Picture, Upload, file_id
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.records import Appended
from chatd.core.refusals import Code
from chatd.core.retention import Keep
from tests.contracts.store import ADA, BOB, GARDEN, NAMES, PLENTY, StoreCase, draft


class FilesContract(StoreCase):
    """
    Files, on an empty store.
    """

    async def setUp(self) -> None:
        await super().setUp()
        self.count = 0

    async def begin(self, size: int = 10, who: PersonId = ADA, room: str = LOBBY, quota: int = PLENTY) -> str:
        """Begin an upload; its id."""
        self.count += 1
        key = file_id(self.count.to_bytes(16, "big"))
        upload = Upload(id=key, room=RoomKey(room), person=who, name=f"{self.count}.txt", size=size)
        record = await self.store.files.begin(upload, quota)
        self.assertEqual((record.state, record.file.id, record.made_ms), ("partial", key, self.now_ms))
        return key

    async def bring(self, who: PersonId = ADA, room: str = LOBBY, **more: Any) -> str:
        """Bring a whole file; its id."""
        key = await self.begin(who=who, room=room, **more)
        await self.store.files.finish(key, "text/plain", None)
        return key

    async def send(self, *ids: str, who: PersonId = ADA, room: str = LOBBY, **more: Any) -> Appended:
        """Say something with these files."""
        return await self.store.append(replace(draft("look", room, who, **more), files=ids))

    async def state(self, key: str) -> str:
        """What has become of a file; gone if it is not known."""
        record = await self.store.files.file(key)
        return "gone" if record is None else record.state

    async def wipe(self, who: PersonId, room: str = LOBBY, *, everywhere: bool = False) -> None:
        """Take the text of all that somebody said."""
        deed = DeedDraft(
            room=RoomKey(room),
            room_name=room,
            author=Author(BOB, NAMES[BOB]),
            kind="wiped",
            detail=Detail(),
            wipe=Wipe(who, 0, everywhere),
        )
        await self.store.act((deed,))

    async def test_a_file_comes_is_looked_at_and_goes_with_a_message(self) -> None:
        """And all that the log says of it is there again after a restart."""
        key = await self.begin(size=7)
        self.assertEqual(await self.state(key), "partial")
        record = await self.store.files.finish(key, "image/png", Picture(640, 480, True))
        file = Attachment(key, "1.txt", "image/png", 7, 640, 480, True)
        whole = FileRecord(room=LOBBY, person=ADA, state="whole", made_ms=self.now_ms, file=file)
        self.assertEqual(record, whole)
        self.assertEqual(await self.store.files.finish(key, "text/html", None), whole)
        appended = await self.send(key)
        (event,) = self.batches[-1]
        assert isinstance(event, Message)
        self.assertEqual(event.files, (file,))
        await self.restart()
        self.assertEqual(await self.whole_log(LOBBY), (event,))
        kept = replace(whole, state="kept", offset=appended.offset)
        self.assertEqual(await self.store.files.file(key), kept)
        self.assertIsNone(await self.store.files.finish(key, "text/html", None))
        self.assertFalse(await self.store.files.drop(key))

    async def test_a_message_has_its_files_in_the_order_in_which_they_were_named(self) -> None:
        """And they need not be of one kind."""
        ids = [await self.bring() for _ in range(3)]
        await self.send(*reversed(ids))
        (event,) = await self.whole_log(LOBBY)
        assert isinstance(event, Message)
        self.assertEqual([file.id for file in event.files], ids[::-1])

    async def test_only_ones_own_whole_and_unused_files_of_the_room_go_with_a_message(self) -> None:
        """Else nothing of it is kept."""
        mine = await self.bring()
        partial = await self.begin()
        theirs = await self.bring(BOB)
        elsewhere = await self.bring(room=GARDEN)
        used = await self.bring()
        await self.send(used)
        dropped = await self.bring()
        self.assertTrue(await self.store.files.drop(dropped))
        for bad in (partial, theirs, elsewhere, used, dropped, "nothing"):
            await self.assert_refused(Code.NO_SUCH_FILE, self.send(mine, bad))
        self.assertEqual(len(await self.whole_log(LOBBY)), 1)
        self.assertEqual(await self.state(mine), "whole")
        self.assertEqual((await self.send(mine)).offset, 2)

    async def test_a_message_with_files_that_is_said_again_is_the_same(self) -> None:
        """With other files it is another one."""
        one, other = await self.bring(), await self.bring()
        first = await self.send(one, cid="a-1")
        again = await self.send(one, cid="a-1")
        self.assertEqual((again.offset, again.repeated), (first.offset, True))
        await self.assert_refused(Code.CID_CONFLICT, self.send(other, cid="a-1"))
        await self.assert_refused(Code.CID_CONFLICT, self.send(cid="a-1"))

    async def test_what_is_wiped_loses_its_files_and_nothing_else_does(self) -> None:
        """In the room, or in all that are not of two."""
        await self.say("x", GARDEN)
        private = self.private()
        meant, other = await self.bring(), await self.bring(BOB)
        garden, secret = await self.bring(room=GARDEN), await self.bring(room=private)
        loose = await self.bring()
        await self.send(meant)
        await self.send(other, who=BOB)
        await self.send(garden, room=GARDEN)
        await self.send(secret, room=private)
        await self.wipe(ADA)
        ids = (meant, other, garden, secret, loose)
        self.assertEqual([await self.state(key) for key in ids], ["gone", "kept", "kept", "kept", "whole"])
        first = (await self.whole_log(LOBBY))[0]
        assert isinstance(first, Message)
        self.assertEqual((first.deleted, first.files), (True, ()))
        await self.wipe(ADA, everywhere=True)
        self.assertEqual([await self.state(key) for key in ids], ["gone", "kept", "gone", "kept", "whole"])
        gone = await self.store.files.gone(10)
        self.assertEqual(gone, tuple(sorted((meant, garden))))
        self.assertEqual(await self.store.files.gone(1), gone[:1])
        self.assertEqual(await self.store.files.gone(1, gone[0]), gone[1:])
        self.assertEqual(await self.store.files.gone(1, gone[1]), ())

    async def test_what_is_deleted_takes_its_files_along_and_what_is_edited_keeps_them(self) -> None:
        """Also where it is answered."""
        deleted, edited = await self.bring(), await self.bring()
        for key in (deleted, edited):
            await self.send(key)
        for about in (1, 2):
            await self.say("re", reply_to=about)
        said: list[Any] = list((await self.whole_log(LOBBY))[-2:])
        self.assertEqual([event.quote.files for event in said], [1, 1])
        for kind, about, text in (("deleted", 1, None), ("edited", 2, "other words")):
            draft_ = DeedDraft(
                room=LOBBY,
                room_name=LOBBY,
                author=Author(ADA, NAMES[ADA]),
                kind=kind,
                detail=Detail(about=about, text=text),
            )
            await self.store.act((draft_,))
        self.assertEqual([await self.state(key) for key in (deleted, edited)], ["gone", "kept"])
        first, second, *said = await self.whole_log(LOBBY)
        self.assertEqual([event.quote.files for event in said[:2]], [0, 1])
        assert isinstance(first, Message)
        assert isinstance(second, Message)
        self.assertEqual((first.files, second.text, len(second.files)), ((), "other words", 1))

    async def test_what_is_pruned_takes_its_files_along(self) -> None:
        """And the rest keeps its own."""
        ids = [await self.bring() for _ in range(3)]
        for key in ids:
            await self.send(key)
        await self.store.prune(Keep(None, 1, 0), 100)
        self.assertEqual([await self.state(key) for key in ids], ["gone", "gone", "kept"])

    async def test_what_nobody_sends_within_a_day_is_gone(self) -> None:
        """Whether it came whole or not."""
        partial, whole, sent = await self.begin(), await self.bring(), await self.bring()
        await self.send(sent)
        self.now_ms += 1000
        young = await self.bring()
        self.assertEqual(await self.store.files.expire(self.now_ms), 2)
        ids = (partial, whole, sent, young)
        self.assertEqual([await self.state(key) for key in ids], ["gone", "gone", "kept", "whole"])
        self.assertIsNone(await self.store.files.finish(partial, "text/plain", None))
        await self.assert_refused(Code.NO_SUCH_FILE, self.send(whole))

    async def test_what_is_gone_is_known_until_its_bytes_are_too(self) -> None:
        """And what is not gone is not forgotten."""
        gone, kept = await self.begin(), await self.bring()
        await self.store.files.drop(gone)
        self.assertFalse(await self.store.files.drop(gone))
        await self.restart()
        self.assertEqual(await self.store.files.gone(10), (gone,))
        self.assertEqual(await self.store.files.known(), {gone, kept})
        await self.store.files.forget((gone, kept))
        self.assertEqual(await self.store.files.gone(10), ())
        self.assertEqual(await self.store.files.known(), {kept})

    async def test_a_few_uploads_of_a_person_are_under_way_at_once(self) -> None:
        """Those of others do not count, nor those that have come to an end."""
        ids = [await self.begin() for _ in range(MAX_OPEN)]
        await self.assert_refused(Code.RATE_LIMITED, self.begin())
        await self.begin(who=BOB)
        await self.store.files.drop(ids[0])
        await self.store.files.finish(ids[1], "text/plain", None)
        await self.begin()
        await self.begin()
        await self.assert_refused(Code.RATE_LIMITED, self.begin())

    async def test_a_persons_files_have_so_many_bytes_and_no_more(self) -> None:
        """Those that are gone do not count."""
        first = await self.bring(size=60, quota=100)
        await self.send(first)
        await self.assert_refused(Code.QUOTA, self.begin(size=41, quota=100))
        await self.begin(size=41, who=BOB, quota=100)
        last = await self.begin(size=40, quota=100)
        await self.assert_refused(Code.QUOTA, self.begin(size=1, quota=100))
        await self.store.files.drop(last)
        await self.begin(size=40, quota=100)
        await self.wipe(ADA)
        await self.begin(size=60, quota=100)

    async def test_a_disk_that_takes_no_writes_refuses_all_of_this(self) -> None:
        """And what is there can be asked for."""
        key = await self.bring()
        self.backend.refuse_writes(True)
        await self.assert_refused(Code.READ_ONLY, self.begin())
        await self.assert_refused(Code.READ_ONLY, self.store.files.drop(key))
        self.assertEqual(await self.state(key), "whole")
        self.backend.refuse_writes(False)
