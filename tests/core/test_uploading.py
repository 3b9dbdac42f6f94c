"""
How files come, what becomes of them, and who may have them.
"""

from __future__ import annotations

from typing import Any

from chatd.core import uploading
from chatd.core.events import Change
from chatd.core.files import EXPIRE_SECONDS, MAX_OPEN, FileRecord
from chatd.core.limits import AddressLimit
from chatd.core.names import room_key
from chatd.core.refusals import Refused
from chatd.core.uploading import BEGUN, MEBIBYTE, Locked, Uploads
from chatd.core.visitor import Visitor, recognize
from tests.core.blobs import MemoryBlobs, TestPictures
from tests.core.clients import FAR_AWAY, ChatTestCase, Client, now
from tests.core.roles import ROLES, build

PNG = b"\x89PNG\r\n\x1a\n and so on"


class UploadCase(ChatTestCase):
    """
    A server that takes files of up to a mebibyte, and ten of it of each person.
    """

    def setUp(self) -> None:
        super().setUp()
        self.blobs = MemoryBlobs()
        self.pictures = TestPictures(self.blobs)
        self.uploads = self.of(self.server)
        self.ada = self.server.account("ada", "lobby")
        self.bob = self.server.account("bob", "lobby")

    def of(self, server: Any) -> Uploads:
        """The files of a server."""
        return Uploads(server.hub, self.blobs, self.pictures, MEBIBYTE, 10 * MEBIBYTE)

    def visitor(self, client: Client | None, address: str | None = None) -> Visitor:
        """Somebody as they come by HTTP; nobody is a watcher."""
        shown = None if client is None or not client.token else client.token
        visitor: Visitor = now(recognize(self.server.hub, shown, address))
        return visitor

    def begin(
        self, who: Client, size: int = 5, room: str = "lobby", name: str = "a.txt", **more: Any
    ) -> FileRecord:
        """Begin an upload."""
        visitor = self.visitor(who, **more)
        record: FileRecord = now(self.uploads.begin(visitor, room, name, size, self.server.now))
        return record

    def bring(self, who: Client, data: bytes = b"hello", room: str = "lobby", name: str = "a.txt") -> str:
        """Bring a file; its id."""
        record = self.begin(who, len(data), room, name)
        now(self.uploads.blobs.write(record.file.id, 0, data))
        now(self.uploads.finish(record))
        return record.file.id

    def refusal(self, asked: Any) -> str:
        """The code with which something is refused, "" if it is not."""
        try:
            now(asked)
        except Refused as refused:
            return str(refused.code)
        return ""

    def may_have(self, who: Client | None, key: str, address: str | None = None) -> bool:
        """Whether somebody gets a file; who does not is told nothing but that there is none."""
        code = self.refusal(self.uploads.fetch(self.visitor(who, address), key))
        self.assertIn(code, ("", "no_such_file"))
        return not code


class ComingTest(UploadCase):
    """
    From the wish to the message.
    """

    def test_a_file_is_what_its_bytes_say(self) -> None:
        """A picture is looked at, and nothing else."""
        text, picture = self.bring(self.ada, b"<svg/>", name="a.png"), self.bring(self.ada, PNG, name="a.exe")
        self.assertEqual(self.pictures.looked, [(picture, "image/png")])
        self.assertEqual(self.blobs.sealed, [text, picture])
        self.ada.say("look", files=[text, picture])
        (message,) = self.bob.take("message")
        self.assertEqual(
            message["files"],
            [
                {"id": text, "name": "a.png", "type": "text/plain", "size": 6},
                {
                    "id": picture,
                    "name": "a.exe",
                    "type": "image/png",
                    "size": len(PNG),
                    "width": 640,
                    "height": 480,
                    "preview": True,
                },
            ],
        )

    def test_what_only_looks_like_a_picture_is_a_file(self) -> None:
        """It has no size."""
        self.pictures.sees = None
        key = self.bring(self.ada, PNG)
        record = now(self.uploads.fetch(self.visitor(self.ada), key))
        file = record.file
        self.assertEqual((file.type, file.width, file.preview), ("image/png", None, False))

    def test_a_message_needs_no_text_if_it_has_files(self) -> None:
        """On the tutorial's wire their names take its place."""
        old = self.server.tutorial()
        one, other = self.bring(self.ada, name="one.txt"), self.bring(self.ada, name="two.txt")
        self.assert_refused(self.ada.say(" "), "bad_request")
        self.assertEqual(self.ada.say(" ", files=[one, other])["type"], "done")
        self.assertEqual(self.bob.take("message")[0]["text"], "")
        self.assertEqual([each["message"] for each in old.take()], ["one.txt, two.txt"])
        self.ada.say("with a text", files=[self.bring(self.ada)])
        self.assertEqual([each["message"] for each in old.take()], ["with a text"])

    def test_the_text_of_a_message_that_has_files_can_be_taken_away(self) -> None:
        """It is as if there had been none; of one without files something has to be left."""
        bare = self.ada.say("x")["offset"]
        self.assert_refused(self.ada.ask("edit", room="lobby", offset=bare, text=" "), "bad_request")
        key = self.bring(self.ada)
        said = self.ada.say("secret words", files=[key])["offset"]
        self.bob.say("oh", reply_to=said)
        self.bob.take()
        self.assertEqual(self.ada.ask("edit", room="lobby", offset=said, text=" ")["type"], "done")
        (edited,) = self.bob.take()
        self.assertEqual((edited["type"], edited["about"], edited["text"]), ("edited", said, ""))
        page = self.bob.ask("history", room="lobby")["events"]
        (message,) = [each for each in page if each.get("files")]
        self.assertEqual((message["text"], message["edited"]), ("", edited["at"]))
        self.assertEqual(message["files"][0]["id"], key)
        quotes = [each["quote"] for each in page if "quote" in each]
        self.assertEqual([(each["text"], each["files"]) for each in quotes], [("", 1)])
        self.assertNotIn("secret", str(page))
        self.assertTrue(self.may_have(self.bob, key))
        self.assertEqual(self.bob.ask("search", query="secret")["hits"], [])
        self.assertEqual(len(self.bob.ask("search", query="has:file")["hits"]), 1)

    def test_a_message_has_ten_different_files_at_most(self) -> None:
        """All of them brought by whoever says it, for that room, and not used yet."""
        keys = [self.bring(self.ada) for _ in range(11)]
        self.assert_refused(self.ada.say("x", files=keys), "bad_request")
        self.assert_refused(self.ada.say("x", files=[keys[0], keys[0]]), "bad_request")
        self.assert_refused(self.bob.say("x", files=keys[:1]), "no_such_file")
        self.ada.join("tea")
        self.assert_refused(self.ada.say("x", "tea", files=keys[:1]), "no_such_file")
        self.assertEqual(self.ada.say("x", files=keys[:10])["type"], "done")
        self.assert_refused(self.ada.say("x", files=keys[:1]), "no_such_file")
        self.assertEqual(self.bob.kinds(), ["message"])

    def test_a_file_without_bytes_is_whole_at_once(self) -> None:
        """There is nothing to wait for."""
        self.assertEqual(self.begin(self.ada, 0).state, "whole")

    def test_a_message_with_nothing_but_a_file_can_be_reported(self) -> None:
        """By the names of its files."""
        owner = self.server.account("olga", "lobby", "+reports", role="owner")
        said = self.bob.say("", files=[self.bring(self.bob, name="insult.png")])
        self.ada.take()
        self.assertEqual(self.ada.ask("report", room="lobby", offset=said["offset"])["type"], "done")
        self.assertEqual(owner.take("reported")[0]["text"], "insult.png")


class LimitTest(UploadCase):
    """
    How much one may bring.
    """

    def test_a_file_has_a_largest_size_and_a_person_a_quota(self) -> None:
        """Both are told in words."""
        visitor = self.visitor(self.ada)
        too_long = self.uploads.begin(visitor, "lobby", "x", MEBIBYTE + 1, 0)
        self.assertEqual(self.refusal(too_long), "too_long")
        for _ in range(10):
            self.bring(self.ada, bytes(MEBIBYTE))
        self.assertEqual(self.refusal(self.uploads.begin(visitor, "lobby", "x", 1, 0)), "quota")
        self.begin(self.bob, MEBIBYTE)

    def test_where_no_files_are_taken_those_that_are_there_can_be_had(self) -> None:
        """The operator has thought better of it."""
        key = self.bring(self.ada)
        self.ada.say("x", files=[key])
        self.uploads.most_bytes = 0
        begun = self.uploads.begin(self.visitor(self.ada), "lobby", "x", 0, 0)
        self.assertEqual(self.refusal(begun), "forbidden")
        self.assertTrue(self.may_have(self.bob, key))

    def test_a_few_are_under_way_at_once(self) -> None:
        """Then one has to end."""
        records = [self.begin(self.ada) for _ in range(MAX_OPEN)]
        begun = self.uploads.begin(self.visitor(self.ada), "lobby", "x", 1, 0)
        self.assertEqual(self.refusal(begun), "rate_limited")
        now(self.uploads.drop(self.visitor(self.ada), records[0].file.id))
        self.begin(self.ada)

    def test_nobody_begins_too_many(self) -> None:
        """Neither a person nor an address."""
        for _ in range(BEGUN):
            self.begin(self.ada, 0)
        self.assertEqual(
            self.refusal(self.uploads.begin(self.visitor(self.ada), "lobby", "x", 0, self.server.now)),
            "rate_limited",
        )
        self.begin(self.bob, 0)

    def test_the_guests_of_an_address_have_one_quota_a_day_between_them(self) -> None:
        """Else whoever takes many names fills the disk."""
        for number in range(11):
            guest = self.server.person(f"guest-{number}", address=FAR_AWAY)
            visitor = self.visitor(guest, FAR_AWAY)
            begun = self.uploads.begin(visitor, "lobby", "x", MEBIBYTE - 1, self.server.now)
            self.assertEqual(self.refusal(begun), "rate_limited" if number >= 10 else "")
        self.begin(self.ada, MEBIBYTE, address=FAR_AWAY)

    def test_what_is_refused_or_given_up_does_not_count_towards_the_quota_of_an_address(self) -> None:
        """Nothing of it is on the disk; so the others there can still bring as much."""
        gus, guy = (self.server.person(name, address=FAR_AWAY) for name in ("gus", "guy"))

        def begin(who: Client, size: int) -> str:
            visitor = self.visitor(who, FAR_AWAY)
            return self.refusal(self.uploads.begin(visitor, "lobby", "x", size, self.server.now))

        half = 5 * MEBIBYTE - 1
        self.uploads.most_bytes = 20 * MEBIBYTE
        self.assertEqual(begin(gus, 11 * MEBIBYTE), "rate_limited")
        self.blobs.full = True
        self.assertEqual(begin(gus, half), "read_only")
        self.blobs.full = False
        visitor = self.visitor(gus, FAR_AWAY)
        record = now(self.uploads.begin(visitor, "lobby", "x", half, self.server.now))
        self.assertEqual(begin(guy, 6 * MEBIBYTE), "rate_limited")
        now(self.uploads.drop(visitor, record.file.id))
        self.assertEqual([begin(guy, half), begin(gus, half), begin(gus, 0)], ["", "", "rate_limited"])

    def test_who_begins_too_many_takes_nothing_from_others_at_their_address(self) -> None:
        """What is refused for one limit counts for none."""
        gus, guy = (self.server.person(name, address=FAR_AWAY) for name in ("gus", "guy"))
        self.uploads.begun_by_person = AddressLimit(1, 3600.0)
        self.uploads.begun_at_address = AddressLimit(2, 3600.0)

        def begin(who: Client, size: int = 0) -> str:
            visitor = self.visitor(who, FAR_AWAY)
            return self.refusal(self.uploads.begin(visitor, "lobby", "x", size, self.server.now))

        asked = [begin(gus) for _ in range(20)]
        self.assertEqual(asked, ["", *["rate_limited"] * 19])
        self.assertEqual([begin(guy), begin(guy)], ["", "rate_limited"])
        # Those of an address are too many: that is not held against whoever is new there.
        gil = self.server.person("gil", address=FAR_AWAY)
        self.assertEqual(begin(gil), "rate_limited")
        self.uploads.begun_at_address = AddressLimit(2, 3600.0)
        self.assertEqual(begin(gil, MEBIBYTE), "")

    def test_a_full_disk_begins_nothing(self) -> None:
        """And nothing is left of the wish."""
        self.blobs.full = True
        begun = self.uploads.begin(self.visitor(self.ada), "lobby", "x", 1, 0)
        self.assertEqual(self.refusal(begun), "read_only")
        self.assertEqual(self.ada.say("but talking goes on")["type"], "done")
        now(self.uploads.sweep())
        self.assertEqual(now(self.server.store.files.known()), frozenset())


class RightTest(UploadCase):
    """
    Who may bring, and who may have.
    """

    def test_whoever_may_say_something_in_a_room_may_bring_files_there(self) -> None:
        """And nobody else; everybody of the table of rights is asked."""
        for role in ROLES:
            house = build(role, inside=role not in ("watcher", "banned", "kicked"))
            self.server, self.uploads = house.server, self.of(house.server)
            for room in ("den", house.closed, house.gus.private, "+audit"):
                said = house.one.ask("say", room=room, text="x")
                begun = self.uploads.begin(self.visitor(house.one), room, "x", 0, 0)
                code = said.get("code", "")
                if role == "kicked" and code == "not_member" and room == "den":
                    # They may come back, and then they may.
                    code = ""
                self.assertEqual(self.refusal(begun), code, (role, room))

    def test_whoever_may_hear_a_room_may_have_its_files(self) -> None:
        """A file of a room is there for nobody else, the owner of the server included."""
        for role in ROLES:
            house = build(role, inside=role not in ("watcher", "banned", "kicked", "server owner"))
            self.server, self.uploads = house.server, self.of(house.server)
            for room in ("den", house.closed, f"@{house.ada.id}"):
                key = self.bring(house.gus, room=room)
                self.assertTrue(self.may_have(house.gus, key))
                self.assertFalse(self.may_have(house.one, key))
                house.gus.ask("say", room=room, text="x", files=[key])
                heard = (room == "den" and role != "banned") or (
                    room == house.closed and role not in ("watcher", "banned", "kicked", "server owner")
                )
                self.assertEqual(self.may_have(house.one, key), heard, (role, room))
                self.assertEqual(self.may_have(None, key), room == "den")
            self.assertTrue(self.may_have(house.ada, key))

    def test_who_is_sent_out_has_nothing_more(self) -> None:
        """By a ban, a room without guests, or a server without them."""
        gus = self.server.person("gus", "lobby")
        key = self.bring(self.ada)
        self.ada.say("x", files=[key])
        self.assertTrue(self.may_have(gus, key))
        self.server.decide(Change("", "=192.0.2.1", "banned", 0))
        self.assertEqual(self.refusal(recognize(self.server.hub, gus.token, FAR_AWAY)), "banned")
        self.server.decide(Change(room_key("lobby"), "", "guests", 1))
        self.assertFalse(self.may_have(gus, key))
        self.assertFalse(self.may_have(None, key))
        self.assertTrue(self.may_have(self.bob, key))
        self.server.decide(Change(room_key("lobby"), self.bob.id, "banned", 0))
        self.assertFalse(self.may_have(self.bob, key))

    def test_where_there_are_no_guests_they_have_no_files(self) -> None:
        """As they have nothing else."""
        self.server.hub.settings = type(self.server.hub.settings)(server="x", guests="off")
        self.assertEqual(self.refusal(recognize(self.server.hub, None, None)), "forbidden")
        self.assertEqual(self.refusal(recognize(self.server.hub, "nobody's", None)), "bad_token")
        self.assertEqual(self.refusal(recognize(self.server.hub, self.ada.token, None)), "")

    def test_an_upload_is_whoevers_it_is(self) -> None:
        """Nobody else learns that there is one."""
        record = self.begin(self.ada)
        for who in (self.bob, None):
            for act in (self.uploads.own, self.uploads.drop):
                self.assertEqual(self.refusal(act(self.visitor(who), record.file.id)), "no_such_file")
        key = self.bring(self.ada)
        self.ada.say("x", files=[key])
        self.assertEqual(self.refusal(self.uploads.drop(self.visitor(self.ada), key)), "no_such_file")

    def test_two_are_never_at_one_upload(self) -> None:
        """Whoever has it is asked whether they still are."""
        asked: list[None] = []
        with self.uploads.held("x", lambda: asked.append(None)):
            with self.assertRaises(Locked), self.uploads.held("x", lambda: None):
                raise AssertionError
            with self.uploads.held("y", lambda: None):
                pass
        self.assertEqual(asked, [None])
        with self.uploads.held("x", lambda: None):
            pass


class GoingTest(UploadCase):
    """
    What becomes of files in the end.
    """

    def test_what_is_wiped_is_gone_with_its_bytes(self) -> None:
        """At once for all who ask, and soon from the disk."""
        owner = self.server.account("olga", "lobby", role="owner")
        key, kept = self.bring(self.ada, PNG), self.bring(self.bob)
        self.ada.say("x", files=[key])
        self.bob.say("y", files=[kept])
        self.assertEqual(owner.ask("wipe", room="lobby", who=self.ada.id, seconds=60)["type"], "done")
        self.assertFalse(self.may_have(self.ada, key))
        now(self.uploads.sweep())
        self.assertEqual((set(self.blobs.files), self.blobs.previews), ({kept}, {}))
        page = self.bob.ask("history", room="lobby")
        (wiped,) = [each for each in page["events"] if each.get("deleted")]
        self.assertNotIn("files", wiped)

    def test_what_nobody_sends_is_gone_after_a_day(self) -> None:
        """Also after a restart."""
        begun, whole, sent = self.begin(self.ada), self.bring(self.ada), self.bring(self.ada)
        self.ada.say("x", files=[sent])
        self.server.wall_ms += EXPIRE_SECONDS * 1000
        now(self.uploads.expire())
        self.assertEqual(set(self.blobs.files), {begun.file.id, whole, sent})
        self.server.wall_ms += 1
        now(self.uploads.expire())
        self.assertEqual(set(self.blobs.files), {sent})

    def test_what_cannot_be_taken_off_the_disk_keeps_nothing_else_there(self) -> None:
        """Nor does what is being written. It goes when it can."""
        self.patch(uploading, "SWEPT_AT_ONCE", 2)
        keys = sorted(self.bring(self.ada) for _ in range(7))
        self.blobs.stuck = set(keys[:3])
        for key in keys:
            now(self.uploads.drop(self.ada.session, key))
        with self.uploads.held(keys[3], lambda: None), self.uploads.held(keys[4], lambda: None):
            now(self.uploads.sweep())
        self.assertEqual(set(self.blobs.files), set(keys[:5]))
        self.blobs.stuck = set()
        now(self.uploads.sweep())
        self.assertEqual((self.blobs.files, now(self.server.store.files.gone(9))), ({}, ()))

    def test_bytes_of_which_nothing_is_known_are_put_aside(self) -> None:
        """A crash came between the one and the other."""
        key = self.bring(self.ada)
        self.blobs.files["stray"] = b"?"
        self.assertEqual(now(self.uploads.clear()), (1, 0))
        self.assertEqual(set(self.blobs.files), {key})

    def test_what_is_being_written_is_not_taken_away(self) -> None:
        """Before its writer has noticed."""
        record = self.begin(self.ada)
        with self.uploads.held(record.file.id, lambda: None):
            self.server.wall_ms += 2 * EXPIRE_SECONDS * 1000
            now(self.uploads.expire())
            self.assertIn(record.file.id, self.blobs.files)
            self.assertEqual(self.refusal(self.uploads.finish(record)), "no_such_file")
        now(self.uploads.sweep())
        self.assertEqual(self.blobs.files, {})
