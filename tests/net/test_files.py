"""
Files over HTTP: how they come in parts, and how they are given out.
"""

from __future__ import annotations

import base64
import gc
import json
import weakref
from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from chatd.core.files import EXPIRE_SECONDS
from chatd.core.uploading import Uploads
from chatd.net.account import cookie_of
from chatd.net.arrival import CHUNK_BYTES, PROGRESS_BYTES, PROGRESS_SECONDS, STALE_SECONDS, WASTE_BYTES
from chatd.net.channel import LINGER_SECONDS, LOOK_SECONDS
from chatd.net.door import OriginRule
from chatd.net.files import CACHE, POLICY, FilesResource
from chatd.net.request import BODY_BYTES
from chatd.net.site import make_site
from chatd.net.uploads import UploadDoor
from tests.core.blobs import MemoryBlobs, TestPictures
from tests.core.clients import Server, now
from tests.net.http_exchange import Reply, SiteTestCase, WebSocket, connect, parse

PNG = b"\x89PNG\r\n\x1a\n and so on"
MEBIBYTE = 1 << 20


class FilesTestCase(SiteTestCase):
    """
    A site with files, ada who has an account and bob who is a guest, and a room where both are.
    """

    def setUp(self) -> None:
        super().setUp()
        self.server = Server()
        self.blobs = MemoryBlobs()
        self.pictures = TestPictures(self.blobs)
        self.uploads = Uploads(self.server.hub, self.blobs, self.pictures, 4 * MEBIBYTE, 20 * MEBIBYTE)
        rule = OriginRule(["https://friend.example"])
        door = UploadDoor(self.uploads, rule, cookie_of, self.clock.seconds)
        files = FilesResource(self.uploads, door, cookie_of)
        self.site = make_site(
            self.public, WebSocket(), lambda: self.unready, self.clock, account=None, files=files
        )
        self.site.startFactory()
        self.addCleanup(self.site.stopFactory)
        self.ada = self.server.account("ada", "lobby")
        self.bob = self.server.person("bob", "lobby")

    def tearDown(self) -> None:
        super().tearDown()
        self.assertEqual(self.uploads._busy, {})
        self.assertEqual(self.server.failures, [])

    def head(self, method: str, target: str, who: Any = None, **headers: object) -> bytes:
        """The beginning of a request; a header's underscores stand for hyphens, and None leaves it out."""
        said: dict[str, object] = {"Tus_Resumable": "1.0.0"}
        if who is not None:
            said["Authorization"] = f"Bearer {who.token}"
        said |= headers
        lines = [f"{method} {target} HTTP/1.1", "Host: chat.example"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in said.items() if value is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def ask(self, method: str, target: str, who: Any = None, body: bytes = b"", **headers: object) -> Reply:
        """What is answered to a request."""
        if body:
            headers = {"Content_Length": len(body), **headers}
        channel, transport = connect(self.site)
        channel.dataReceived(self.head(method, target, who, **headers) + body)
        self.clock.turn()
        reply = parse(transport)
        channel.connectionLost(Failure(ConnectionLost()))
        return reply

    def metadata(self, room: str = "lobby", name: str = "a.txt") -> str:
        """What is said of an upload."""
        return ",".join(
            f"{word} {base64.b64encode(text.encode()).decode()}"
            for word, text in (("filename", name), ("room", room))
        )

    def begin(self, size: int = 5, who: Any = None, **more: Any) -> str:
        """Begin an upload; its path."""
        reply = self.ask(
            "POST", "/files/", who or self.ada, Upload_Length=size, Upload_Metadata=self.metadata(**more)
        )
        self.assertEqual((reply.status, reply.headers["tus-resumable"]), (201, "1.0.0"), reply)
        return reply.headers["location"]

    def part(self, path: str, at: int, data: bytes, who: Any = None, **headers: object) -> Reply:
        """Send a part of an upload."""
        said = {"Upload_Offset": at, "Content_Type": "application/offset+octet-stream", **headers}
        return self.ask("PATCH", path, who or self.ada, data, **said)

    def start_part(self, path: str, at: int, length: int, data: bytes = b"") -> tuple[Any, Any]:
        """Begin to send a part."""
        head = self.head(
            "PATCH",
            path,
            self.ada,
            Upload_Offset=at,
            Content_Type="application/offset+octet-stream",
            Content_Length=length,
        )
        channel, transport = connect(self.site)
        channel.dataReceived(head + data)
        return channel, transport

    def offset(self, path: str) -> int:
        """How much of an upload is there."""
        reply = self.ask("HEAD", path, self.ada)
        self.assertEqual(reply.status, 200)
        return int(reply.headers["upload-offset"])

    def bring(self, data: bytes = b"hello", who: Any = None, **more: Any) -> str:
        """Bring a file, and send it with a message; its path."""
        who = who or self.ada
        path = self.begin(len(data), who, **more)
        self.assertEqual(self.part(path, 0, data, who).status, 204)
        said = who.say("look", more.get("room", "lobby"), files=[path.removeprefix("/files/")])
        self.assertEqual(said["type"], "done")
        return path


def code_of(reply: Reply) -> str:
    """The code in a refusal."""
    told = json.loads(reply.body)
    assert told["message"]
    code: str = told["code"]
    return code


class ComingTests(FilesTestCase):
    """
    An upload, part by part.
    """

    def test_a_file_comes_in_parts_and_each_is_answered_with_how_much_there_is(self) -> None:
        path = self.begin(10)
        self.assertRegex(path, r"^/files/[a-z2-7]{26}\Z")
        self.assertEqual(self.offset(path), 0)
        for at, data, there in ((0, b"abc", 3), (3, b"", 3), (3, b"defghi", 9), (9, b"j", 10)):
            reply = self.part(path, at, data)
            self.assertEqual((reply.status, reply.headers["upload-offset"]), (204, str(there)))
            self.assertTrue(reply.headers["upload-expires"].endswith("GMT"))
            self.assertEqual(self.offset(path), there)
        self.assertEqual(self.blobs.files[path.removeprefix("/files/")], b"abcdefghij")

    def test_what_an_upload_is_is_told_to_whoever_brings_it(self) -> None:
        path = self.begin(10, name="größe.txt")
        reply = self.ask("HEAD", path, self.ada)
        name = base64.b64encode("größe.txt".encode()).decode()
        self.assertEqual(
            (
                reply.headers["upload-length"],
                reply.headers["upload-metadata"],
                reply.headers["cache-control"],
            ),
            ("10", f"filename {name}", "no-store"),
        )

    def test_what_the_server_can_do_is_told_to_everybody(self) -> None:
        reply = self.ask("OPTIONS", "/files/", Tus_Resumable=None)
        self.assertEqual((reply.status, "content-length" in reply.headers), (204, False))
        told = {name: value for name, value in reply.headers.items() if name.startswith("tus-")}
        self.assertEqual(
            told,
            {
                "tus-resumable": "1.0.0",
                "tus-version": "1.0.0",
                "tus-extension": "creation,expiration,termination",
                "tus-max-size": str(4 * MEBIBYTE),
            },
        )
        # No other site's page is given leave.
        self.assertFalse([name for name in reply.headers if name.startswith("access-control")])

    def test_a_part_that_does_not_begin_where_the_rest_ends_is_a_conflict(self) -> None:
        path = self.begin(10)
        self.part(path, 0, b"abc")
        for at in (0, 2, 4, 10, 11):
            self.assertEqual(self.part(path, at, b"x").status, 409)
        self.assertEqual(self.offset(path), 3)

    def test_more_than_was_said_is_too_much_and_nothing_of_it_is_kept(self) -> None:
        path = self.begin(5)
        reply = self.part(path, 0, b"abcdef")
        self.assertEqual((reply.status, code_of(reply)), (413, "too_long"))
        chunked = self.part(
            path, 0, b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", Content_Length=None, Transfer_Encoding="chunked"
        )
        self.assertEqual(chunked.status, 413)
        self.assertEqual(self.offset(path), 0)

    def test_a_part_may_come_in_chunks_without_a_length(self) -> None:
        path = self.begin(5)
        body = b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
        reply = self.part(path, 0, body, Content_Length=None, Transfer_Encoding="chunked")
        self.assertEqual((reply.status, self.offset(path)), (204, 5))

    def test_a_part_with_a_length_is_not_taken_in_little_pieces_however_long_they_take(self) -> None:
        data = bytes(60_000)
        path = self.begin(len(data))
        self.clock.look_seconds = LOOK_SECONDS
        # One turn for what has come with the headers, and one for all the rest.
        reply = self.part(path, 0, data)
        self.assertEqual((reply.status, reply.headers["upload-offset"]), (204, "60000"))

    def test_a_cut_connection_keeps_what_has_arrived(self) -> None:
        path, data = self.begin(MEBIBYTE), bytes(range(256)) * 4096
        at = 0
        for size in (1, 1000, CHUNK_BYTES, CHUNK_BYTES + 1, 5):
            channel, _ = self.start_part(path, at, len(data) - at, data[at : at + size])
            channel.connectionLost(Failure(ConnectionLost()))
            at += size
            self.assertEqual(self.offset(path), at)
        self.assertEqual(self.part(path, at, data[at:]).status, 204)
        self.assertEqual(self.blobs.files[path.removeprefix("/files/")], data)

    def test_whoever_was_cut_off_before_the_last_answer_finds_the_upload_whole(self) -> None:
        path = self.begin(5)
        key = path.removeprefix("/files/")
        # As after a crash of the server.
        self.blobs.files[key] = b"hello"
        self.assertEqual(self.offset(path), 5)
        self.assertEqual(self.ada.say("x", files=[key])["type"], "done")

    def test_a_page_is_known_by_its_cookie(self) -> None:
        cookie = {"Authorization": None, "Cookie": f"chatd={self.ada.token}"}
        path = self.begin(5)
        self.assertEqual(self.part(path, 0, b"hello", **cookie).status, 204)
        self.assertEqual(self.ask("HEAD", path, **cookie).headers["upload-offset"], "5")
        self.assertEqual(self.ask("GET", f"{path}/a.txt", **cookie).body, b"hello")

    def test_a_connection_goes_on_after_an_upload(self) -> None:
        path = self.begin(5)
        channel, transport = self.start_part(path, 0, 5, b"hel")
        channel.dataReceived(b"loGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(transport.value().count(b"HTTP/1.1 204"), 1)
        self.assertTrue(transport.value().endswith(b"\r\n\r\nok\n"))
        channel.connectionLost(Failure(ConnectionLost()))

    def test_a_program_that_can_only_post_says_the_rest_in_a_header(self) -> None:
        path = self.begin(5)
        reply = self.ask(
            "POST",
            path,
            self.ada,
            b"hello",
            X_HTTP_Method_Override="PATCH",
            Upload_Offset=0,
            Content_Type="application/offset+octet-stream",
        )
        self.assertEqual((reply.status, self.offset(path)), (204, 5))

    def test_an_upload_that_is_given_up_is_gone(self) -> None:
        path = self.begin(5)
        self.assertEqual(self.ask("DELETE", path, self.ada).status, 204)
        self.assertEqual(self.ask("HEAD", path, self.ada).status, 404)
        self.assertEqual(self.part(path, 0, b"hello").status, 404)
        self.assertEqual(self.blobs.files, {})

    def test_an_upload_of_yesterday_is_gone(self) -> None:
        path = self.begin(5)
        self.server.wall_ms += EXPIRE_SECONDS * 1000 + 1
        now(self.uploads.expire())
        self.assertEqual(self.part(path, 0, b"hello").status, 404)


class PressureTests(FilesTestCase):
    """
    A disk that is slower than its client, and a client that is slower than it should be.
    """

    def send_some(self, channel: Any) -> int:
        """Send 64 KiB, and wait for a turn of the reactor, of which a channel may need one."""
        channel.dataReceived(bytes(65536))
        self.clock.turn()
        return 65536

    def test_while_the_disk_is_behind_the_connection_is_not_read(self) -> None:
        self.blobs.slow = True
        path = self.begin(4 * MEBIBYTE)
        channel, transport = self.start_part(path, 0, 4 * MEBIBYTE)
        sent = 0
        while transport.producerState == "producing":
            sent += self.send_some(channel)
        self.assertLess(sent, 3 * CHUNK_BYTES)
        while sent < 4 * MEBIBYTE:
            self.assertEqual(self.blobs.let_write(), 1)
            while transport.producerState == "producing" and sent < 4 * MEBIBYTE:
                sent += self.send_some(channel)
        while self.blobs.let_write():
            pass
        self.assertIn(b"HTTP/1.1 204", transport.value())
        self.assertLessEqual(max(self.blobs.written), CHUNK_BYTES + 65536)
        channel.connectionLost(Failure(ConnectionLost()))

    def test_of_many_uploads_each_has_less_in_memory(self) -> None:
        """So that a crowd that brings files takes no more than a few of them."""
        path = self.begin(4 * MEBIBYTE)
        self.uploads._busy |= {str(number): lambda: None for number in range(1000)}
        self.blobs.slow = True
        channel, transport = self.start_part(path, 0, 4 * MEBIBYTE)
        sent = 0
        while transport.producerState == "producing":
            sent += self.send_some(channel)
        self.assertLessEqual(sent, 3 * 65536)
        self.uploads._busy.clear()
        self.uploads._busy[path.removeprefix("/files/")] = lambda: None
        channel.connectionLost(Failure(ConnectionLost()))
        while self.blobs.let_write():
            pass

    def test_a_disk_takes_as_long_as_it_takes(self) -> None:
        self.blobs.slow = True
        path = self.begin(4 * MEBIBYTE)
        channel, transport = self.start_part(path, 0, 4 * MEBIBYTE)
        while transport.producerState == "producing":
            self.send_some(channel)
        self.clock.advance(10 * PROGRESS_SECONDS)
        self.assertFalse(transport.disconnecting or transport.disconnected)
        channel.connectionLost(Failure(ConnectionLost()))
        while self.blobs.let_write():
            pass

    def test_whoever_trickles_is_cut_off_and_whoever_makes_progress_is_not(self) -> None:
        path = self.begin(MEBIBYTE)
        channel, transport = self.start_part(path, 0, MEBIBYTE)
        for _ in range(5):
            self.clock.advance(PROGRESS_SECONDS - 1)
            channel.dataReceived(bytes(PROGRESS_BYTES))
        self.assertFalse(transport.disconnecting)
        for _ in range(PROGRESS_SECONDS):
            self.clock.advance(1)
            channel.dataReceived(b"x")
        self.assertTrue(transport.disconnecting)
        channel.connectionLost(Failure(ConnectionLost()))
        self.assertGreaterEqual(self.offset(path), 5 * PROGRESS_BYTES)

    def test_a_full_disk_is_told_at_once_and_what_was_there_before_stays(self) -> None:
        path = self.begin(MEBIBYTE)
        self.part(path, 0, b"abc")
        self.blobs.full = True
        channel, transport = self.start_part(path, 3, MEBIBYTE - 3, bytes(CHUNK_BYTES))
        reply = parse(transport)
        self.assertEqual((reply.status, code_of(reply)), (507, "read_only"))
        self.assertEqual((reply.headers["connection"], reply.headers["retry-after"]), ("close", "5"))
        # Whoever is still sending can read the answer before the connection is gone.
        channel.dataReceived(bytes(CHUNK_BYTES))
        self.assertFalse(transport.disconnecting)
        self.clock.advance(LINGER_SECONDS)
        self.assertTrue(transport.disconnecting)
        channel.connectionLost(Failure(ConnectionLost()))
        begun = self.ask("POST", "/files/", self.ada, Upload_Length=5, Upload_Metadata=self.metadata())
        self.assertEqual((begun.status, code_of(begun)), (507, "read_only"))
        self.assertEqual(self.ada.say("but talking goes on")["type"], "done")
        self.blobs.full = False
        self.assertEqual(self.offset(path), 3)

    def test_whoever_sends_no_more_of_what_a_full_disk_has_refused_is_let_go(self) -> None:
        self.blobs.slow = True
        for more in (0, PROGRESS_BYTES):
            self.blobs.full = False
            path = self.begin(MEBIBYTE)
            channel, transport = self.start_part(path, 0, 2 * CHUNK_BYTES + WASTE_BYTES)
            while transport.producerState == "producing":
                self.send_some(channel)
            self.blobs.full = True
            self.assertEqual(self.blobs.let_write(), 1)
            self.assertEqual(transport.producerState, "producing")
            self.clock.advance(PROGRESS_SECONDS - 1)
            channel.dataReceived(bytes(more))
            self.assertFalse(transport.disconnecting)
            self.clock.advance(1)
            self.assertTrue(transport.disconnecting)
            channel.connectionLost(Failure(ConnectionLost()))

    def test_whoever_sends_all_of_it_is_told_why(self) -> None:
        self.blobs.slow = True
        path = self.begin(MEBIBYTE)
        channel, transport = self.start_part(path, 0, 2 * CHUNK_BYTES + WASTE_BYTES)
        while transport.producerState == "producing":
            self.send_some(channel)
        self.blobs.full = True
        self.blobs.let_write()
        channel.dataReceived(bytes(WASTE_BYTES))
        reply = parse(transport)
        self.assertEqual((reply.status, code_of(reply), reply.closing), (507, "read_only", False))
        channel.connectionLost(Failure(ConnectionLost()))

    def test_of_two_at_one_upload_the_second_is_told_to_wait(self) -> None:
        path = self.begin(MEBIBYTE)
        first, _ = self.start_part(path, 0, MEBIBYTE, b"abc")
        for method in ("HEAD", "DELETE"):
            reply = self.ask(method, path, self.ada)
            self.assertEqual((reply.status, reply.headers["retry-after"]), (423, "1"))
        self.assertEqual(self.part(path, 0, b"xyz").status, 423)
        first.dataReceived(b"def")
        first.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.offset(path), 6)

    def test_whoever_comes_back_gets_the_upload_from_a_connection_that_seems_dead(self) -> None:
        path = self.begin(MEBIBYTE)
        dead, transport = self.start_part(path, 0, MEBIBYTE, b"abc")
        self.clock.advance(STALE_SECONDS + 0.1)
        self.assertEqual(self.ask("HEAD", path, self.ada).status, 423)
        self.assertTrue(transport.disconnected)
        dead.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.offset(path), 3)


class RefusedTests(FilesTestCase):
    """
    What is not taken, and why.
    """

    def test_a_request_has_to_be_of_tus(self) -> None:
        path = self.begin(5)
        for headers in ({"Tus_Resumable": None}, {"Tus_Resumable": "0.2.2"}):
            for method, target in (("POST", "/files/"), ("HEAD", path), ("DELETE", path)):
                reply = self.ask(method, target, self.ada, **headers)
                self.assertEqual((reply.status, reply.headers["tus-version"]), (412, "1.0.0"))
            self.assertEqual(self.part(path, 0, b"hello", **headers).status, 412)

    def test_what_is_missing_or_malformed_is_told(self) -> None:
        path = self.begin(5)
        good = {"Upload_Length": 5, "Upload_Metadata": self.metadata()}
        for bad in (
            {"Upload_Length": None},
            {"Upload_Length": "five"},
            {"Upload_Length": -5},
            {"Upload_Length": "9" * 16},
            {"Upload_Length": "\xb2"},
            {"Upload_Metadata": None},
            {"Upload_Metadata": "room"},
            {"Upload_Metadata": "room !!!"},
            {"Upload_Metadata": "room //79"},
            {"Upload_Metadata": "filename YQ=="},
            {"Upload_Metadata": "room " + "A" * 8000},
            {"Upload_Metadata": f"room {base64.b64encode(b'no room').decode()}"},
        ):
            reply = self.ask("POST", "/files/", self.ada, **{**good, **bad})
            self.assertEqual(reply.status, 400, bad)
            self.assertIn(code_of(reply), ("bad_request", "bad_name"))
        for headers, status in (
            ({"Upload_Offset": None}, 400),
            ({"Upload_Offset": "x"}, 400),
            ({"Content_Type": "application/octet-stream"}, 415),
            ({"Content_Type": None}, 415),
        ):
            self.assertEqual(self.part(path, 0, b"hello", **headers).status, status)
        for method, target in (("GET", path), ("GET", "/files/")):
            self.assertEqual(self.ask(method, target, self.ada).status, 404)
        for method, target in (("PUT", path), ("POST", path), ("PATCH", "/files/"), ("PATCH", path + "/a")):
            self.assertEqual(self.ask(method, target, self.ada).status, 405, (method, target))

    def test_a_page_of_another_site_brings_nothing(self) -> None:
        path = self.begin(5)
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "https://friend.example"},
            {"Origin": "null"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
        ):
            for method, target in (("POST", "/files/"), ("HEAD", path), ("DELETE", path)):
                self.assertEqual(self.ask(method, target, self.ada, **headers).status, 403)
            self.assertEqual(self.part(path, 0, b"hello", **headers).status, 403)
        own = {"Origin": "http://chat.example", "Sec_Fetch_Site": "same-origin"}
        self.assertEqual(self.part(path, 0, b"hello", **own).status, 204)

    def test_whoever_may_not_say_anything_brings_nothing(self) -> None:
        path = self.begin(5)
        asked = {"Upload_Length": 5, "Upload_Metadata": self.metadata()}
        self.assertEqual(self.ask("POST", "/files/", None, **asked).status, 403)
        unknown = self.ask("POST", "/files/", None, Authorization="Bearer nobody", **asked)
        self.assertEqual((unknown.status, code_of(unknown)), (401, "bad_token"))
        for room, code in (("+nothing", "no_such_room"), (f"@{self.ada.id}", "bad_request")):
            reply = self.ask(
                "POST", "/files/", self.ada, Upload_Length=5, Upload_Metadata=self.metadata(room)
            )
            self.assertEqual(code_of(reply), code)
        for who in (self.bob, None):
            for method in ("HEAD", "DELETE"):
                self.assertEqual(self.ask(method, path, who).status, 404)
            self.assertEqual(
                self.ask(
                    "PATCH",
                    path,
                    who,
                    b"hello",
                    Upload_Offset=0,
                    Content_Type="application/offset+octet-stream",
                ).status,
                404,
            )

    def test_a_file_that_is_too_large_is_refused_before_it_comes(self) -> None:
        reply = self.ask(
            "POST", "/files/", self.ada, Upload_Length=4 * MEBIBYTE + 1, Upload_Metadata=self.metadata()
        )
        self.assertEqual((reply.status, code_of(reply)), (413, "too_long"))
        path = self.begin(4 * MEBIBYTE)
        channel, transport = self.start_part(path, 0, 4 * MEBIBYTE + 1)
        self.assertEqual(parse(transport).status, 413)
        channel.connectionLost(Failure(ConnectionLost()))

    def test_what_is_refused_costs_no_more_than_a_small_body(self) -> None:
        channel, transport = self.start_part("/files/" + "a" * 26, 0, 4 * MEBIBYTE, bytes(1000))
        reply = parse(transport)
        self.assertEqual((reply.status, code_of(reply)), (404, "no_such_file"))
        self.assertEqual(reply.headers["connection"], "close")
        self.assert_secure(reply, "refused")
        channel.connectionLost(Failure(ConnectionLost()))
        # A small one is read to its end, and the connection goes on.
        small, transport = self.start_part("/files/" + "a" * 26, 0, 1000, bytes(1000))
        self.assertEqual((parse(transport).status, transport.disconnecting), (404, False))
        small.connectionLost(Failure(ConnectionLost()))

    def test_of_what_is_cut_or_refused_nothing_is_left_without_a_search_for_cycles(self) -> None:
        path = self.begin(1000)
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        gone = []
        for where, length in ((path, 1000), ("/files/" + "a" * 26, 4 * MEBIBYTE)):
            channel, transport = self.start_part(where, 0, length, bytes(100))
            gone += [weakref.ref(channel), weakref.ref(channel.requests[-1])]
            channel.connectionLost(Failure(ConnectionLost()))
            # As a socket does.
            transport.unregisterProducer()
            del channel, transport
        self.assertEqual([each() for each in gone], [None] * 4)

    def test_elsewhere_a_body_is_as_small_as_ever(self) -> None:
        for target in ("/", "/account/sign-in", "/filesystem"):
            channel, transport = connect(self.site)
            channel.dataReceived(self.head("PATCH", target, Content_Length=BODY_BYTES + 1))
            self.assertEqual(parse(transport).status, 413)
            channel.connectionLost(Failure(ConnectionLost()))


class GoingTests(FilesTestCase):
    """
    Files as they are given out.
    """

    def test_a_picture_is_shown_and_all_else_is_saved(self) -> None:
        for data, name, kind, how in (
            (PNG, "a.png", "image/png", "inline"),
            (b"<script>alert(1)</script>", "a.png", "text/plain; charset=utf-8", "attachment"),
            (b"<svg onload='alert(1)'/>", "a.svg", "text/plain; charset=utf-8", "attachment"),
            (b"%PDF-1.7", "a.pdf", "application/pdf", "attachment"),
            (b"\0\0\0\0", "a.html", "application/octet-stream", "attachment"),
        ):
            path = self.bring(data, name=name)
            reply = self.ask("GET", f"{path}/{name}", self.ada)
            self.assertEqual((reply.status, reply.body), (200, data))
            self.assertEqual(reply.headers["content-type"], kind)
            self.assertEqual(
                reply.headers["content-disposition"], f"{how}; filename=\"{name}\"; filename*=UTF-8''{name}"
            )
            for header, value in (
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", POLICY.decode()),
                ("cache-control", CACHE.decode()),
                ("cross-origin-resource-policy", "same-origin"),
            ):
                self.assertEqual(reply.headers[header], value)

    def test_a_name_in_a_header_is_one_name(self) -> None:
        path = self.bring(name='grö"ße; x=%41.txt')
        self.assertEqual(
            self.ask("GET", f"{path}/a").headers["content-disposition"],
            'attachment; filename="gr___e_ x=_41.txt"; '
            "filename*=UTF-8''gr%C3%B6%22%C3%9Fe%3B%20x%3D%2541.txt",
        )

    def test_a_preview_is_what_its_bytes_are(self) -> None:
        path = self.bring(PNG)
        reply = self.ask("GET", f"{path}/preview")
        self.assertEqual((reply.headers["content-type"], reply.body), ("image/jpeg", b"\xff\xd8\xff small"))
        self.assertEqual(self.ask("GET", f"{self.bring(b'text')}/preview").status, 404)

    def test_parts_and_what_one_has_already(self) -> None:
        path = self.bring(b"0123456789")
        for asked, status, span, body in (
            ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
            ("bytes=8-", 206, "bytes 8-9/10", b"89"),
            ("bytes=-3", 206, "bytes 7-9/10", b"789"),
            ("bytes=0-0,5-6", 200, None, b"0123456789"),
            ("lines=1-2", 200, None, b"0123456789"),
        ):
            reply = self.ask("GET", f"{path}/a.txt", Range=asked)
            shown = reply.headers.get("content-range")
            self.assertEqual((reply.status, shown, reply.body), (status, span, body))
        self.assertEqual(self.ask("GET", f"{path}/a.txt", Range="bytes=10-").status, 416)
        whole = self.ask("HEAD", f"{path}/a.txt")
        self.assertEqual((whole.status, whole.headers["content-length"], whole.body), (200, "10", b""))
        again = self.ask("GET", f"{path}/a.txt", If_None_Match=whole.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertNotIn("content-length", again.headers)

    def test_a_large_file_is_given_as_fast_as_it_is_taken(self) -> None:
        data = bytes(range(256)) * 8192
        path = self.bring(data)
        channel, transport = connect(self.site)
        write = transport.write

        def write_and_pause(chunk: bytes) -> None:
            write(chunk)
            if len(chunk) > 4000:
                transport.producer.pauseProducing()

        transport.write = write_and_pause
        channel.dataReceived(self.head("GET", f"{path}/a", self.ada))
        for _ in range(len(data) // 65536):
            before = len(transport.value())
            transport.producer.resumeProducing()
            self.assertLessEqual(len(transport.value()) - before, 65536)
        self.assertTrue(transport.value().endswith(b"\r\n\r\n" + data))
        channel.connectionLost(Failure(ConnectionLost()))

    def test_whoever_goes_away_in_the_middle_is_forgotten(self) -> None:
        path = self.bring(bytes(2 * MEBIBYTE))
        channel, transport = connect(self.site)
        write = transport.write

        def write_and_pause(chunk: bytes) -> None:
            write(chunk)
            transport.producer.pauseProducing()

        transport.write = write_and_pause
        channel.dataReceived(self.head("GET", f"{path}/a", self.ada))
        channel.connectionLost(Failure(ConnectionLost()))

    def test_who_may_not_hear_the_room_is_told_that_there_is_nothing(self) -> None:
        """In the very words in which that is told of what never was."""
        room = self.ada.ask("make", title="Cellar")["room"]
        self.ada.join(room)
        path = self.bring(b"secret", room=room)
        private = self.bring(b"psst", room=self.bob.private)
        nothing = self.ask("GET", f"/files/{'a' * 26}/a.txt", self.bob)
        self.assertEqual(nothing.status, 404)
        for target, who in ((path, self.bob), (path, None), (private, None)):
            for name in ("a.txt", "preview"):
                reply = self.ask("GET", f"{target}/{name}", who)
                self.assertEqual((reply.status, reply.body), (404, nothing.body))
                self.assertEqual(sorted(reply.headers), sorted(nothing.headers))
        self.assertEqual(self.ask("GET", f"{path}/a.txt", self.ada).body, b"secret")
        self.assertEqual(self.ask("GET", f"{private}/a.txt", self.bob).body, b"psst")
        cookie = self.ask("GET", f"{private}/a.txt", Cookie=f"chatd={self.bob.token}")
        self.assertEqual(cookie.body, b"psst")

    def test_a_public_rooms_files_are_for_everybody(self) -> None:
        path = self.bring(b"hello")
        for headers in ({}, {"Cookie": "chatd=of-yore"}, {"Authorization": "Bearer of-yore"}):
            self.assertEqual(self.ask("GET", f"{path}/a.txt", **headers).body, b"hello")
        for target in (f"{path}/", f"{path}/a/b", f"{path}/../../x", f"/files/{'A' * 26}/a", "/files//a"):
            self.assertIn(self.ask("GET", target).status, (200, 404))
        self.assertEqual(self.ask("POST", f"{path}/a.txt", self.ada).status, 405)

    def test_an_upload_that_is_not_sent_yet_is_its_owners_alone(self) -> None:
        path = self.begin(5)
        self.assertEqual(self.ask("GET", f"{path}/a.txt", self.ada).status, 404)
        self.part(path, 0, b"hello")
        self.assertEqual(self.ask("GET", f"{path}/a.txt", self.ada).status, 200)
        self.assertEqual(self.ask("GET", f"{path}/a.txt", self.bob).status, 404)

    def test_bytes_that_are_not_there_are_no_file(self) -> None:
        path = self.bring(b"hello")
        self.blobs.files.clear()
        self.assertEqual(self.ask("GET", f"{path}/a.txt").status, 404)
