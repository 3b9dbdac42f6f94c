"""
The whole Site in memory: what is at which path, and what a client cannot do to it.
"""

from __future__ import annotations

import gzip
import hashlib
import os

from twisted.internet.error import ConnectionDone
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from chatd.net import page
from chatd.net.sending import CHUNK_BYTES, CHUNKS_A_TURN
from tests.net.http_exchange import INDEX, SCRIPT, SiteTestCase, ask, connect, parse


class Broken(Resource):
    isLeaf = True

    def render(self, request):
        raise ZeroDivisionError("a secret")


class PathsTests(SiteTestCase):
    def test_the_page_is_at_the_root(self):
        reply = ask(self.site, "/")
        self.assertEqual((reply.status, reply.body), (200, INDEX))
        self.assertEqual(reply.headers["content-type"], "text/html; charset=utf-8")
        self.assertEqual(reply.headers["content-length"], str(len(INDEX)))
        self.assertEqual(reply.headers["cache-control"], "no-cache")

    def test_a_query_does_not_change_the_page(self):
        self.assertEqual(ask(self.site, "/?room=lobby").body, INDEX)

    def test_scripts_and_styles_come_with_their_types(self):
        self.assertEqual(ask(self.site, "/app.js").headers["content-type"], "text/javascript; charset=utf-8")
        self.assertEqual(
            ask(self.site, "/vendor/style.css").headers["content-type"], "text/css; charset=utf-8"
        )

    def test_a_file_of_unknown_kind_is_a_download(self):
        (self.public / "x.odd").write_bytes(b"?")
        self.assertEqual(ask(self.site, "/x.odd").headers["content-type"], "application/octet-stream")

    def test_an_unknown_path_is_a_short_page(self):
        reply = ask(self.site, "/nothing")
        self.assertEqual(reply.status, 404)
        self.assertEqual(reply.headers["content-type"], "text/html; charset=utf-8")
        self.assertIn(b'<a href="/">', reply.body)
        self.assertNotIn(b"nothing<", reply.body)

    def test_a_folder_is_never_listed(self):
        for path in ("/vendor", "/vendor/", "/vendor//style.css", "//", "/./", "/vendor/."):
            self.assertEqual(ask(self.site, path).status, 404, path)

    def test_no_path_leaves_the_folder(self):
        for path in (
            "/../secret.txt",
            "/vendor/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e%2fsecret.txt",
            "/..%5csecret.txt",
            "/..\\secret.txt",
            "/%252e%252e/secret.txt",
            "/app.js%00.html",
            "/%00",
            "/%ff",
            "/.env",
            "/%2eenv",
            "/vendor/..",
            "http://chat.example/../secret.txt",
            "secret.txt",
            f"//{self.folder}/secret.txt",
        ):
            reply = ask(self.site, path)
            self.assertEqual(reply.status, 404, path)
            self.assertNotIn(b"secret", reply.body)

    def test_a_link_is_followed_inside_and_not_outside(self):
        os.symlink("app.js", self.public / "inside.js")
        os.symlink(self.folder / "secret.txt", self.public / "outside.txt")
        os.symlink(self.folder, self.public / "up")
        os.symlink("loop", self.public / "loop")
        self.assertEqual(ask(self.site, "/inside.js").body, SCRIPT)
        for path in ("/outside.txt", "/up/secret.txt", "/loop"):
            self.assertEqual(ask(self.site, path).status, 404, path)

    def test_a_folder_beside_with_a_longer_name_is_not_inside(self):
        os.mkdir(self.folder / "public-not")
        (self.folder / "public-not" / "x.txt").write_bytes(b"secret")
        os.symlink(self.folder / "public-not", self.public / "beside")
        self.assertEqual(ask(self.site, "/beside/x.txt").status, 404)

    def test_what_is_no_regular_file_is_not_opened(self):
        os.mkfifo(self.public / "pipe")
        self.assertEqual(ask(self.site, "/pipe").status, 404)

    def test_a_name_of_any_script_is_found(self):
        (self.public / "früh.txt").write_bytes(b"early")
        self.assertEqual(ask(self.site, "/fr%C3%BCh.txt").body, b"early")

    def test_a_changed_file_is_read_again(self):
        before = ask(self.site, "/app.js")
        (self.public / "app.js").write_bytes(b"export const two = 2\n\n")
        after = ask(self.site, "/app.js")
        self.assertEqual(after.body, b"export const two = 2\n\n")
        self.assertNotEqual(before.headers["etag"], after.headers["etag"])

    def test_a_file_that_is_gone_is_not_found(self):
        ask(self.site, "/app.js")
        (self.public / "app.js").unlink()
        self.assertEqual(ask(self.site, "/app.js").status, 404)

    def test_the_websocket_is_at_its_path_alone(self):
        self.assertEqual(ask(self.site, "/ws").body, b"upgrade, please")
        self.assertEqual(ask(self.site, "/ws?x=1").body, b"upgrade, please")
        for path in ("/ws/", "/ws/x", "/%77s", "//ws"):
            self.assertEqual(ask(self.site, path).status, 404, path)

    def test_a_path_may_come_with_the_host_before_it(self):
        self.assertEqual(ask(self.site, "http://chat.example/ws").body, b"upgrade, please")
        self.assertEqual(ask(self.site, "HTTPS://chat.example:8000/ws?x=1").body, b"upgrade, please")
        self.assertEqual(ask(self.site, "http://chat.example").body, INDEX)
        self.assertEqual(ask(self.site, "http://chat.example?room=lobby").body, INDEX)
        self.assertEqual(ask(self.site, "http://chat.example/avatar/a.svg?A").status, 200)
        for target in (
            "http:///ws",
            "http://ada@chat.example/ws",
            "ftp://chat.example/ws",
            "http://",
            "http:/ws",
        ):
            self.assertEqual(ask(self.site, target).status, 404, target)

    def test_a_deep_path_is_not_looked_for(self):
        deep = self.public
        for _ in range(15):
            deep = deep / "d"
        deep.mkdir(parents=True)
        (deep / "x.txt").write_bytes(b"deep")
        (deep / "d").mkdir()
        (deep / "d" / "x.txt").write_bytes(b"too deep")
        self.assertEqual(ask(self.site, "/d" * 15 + "/x.txt").body, b"deep")
        self.assertEqual(ask(self.site, "/d" * 16 + "/x.txt").status, 404)
        self.assertEqual(ask(self.site, "/d" * 5000).status, 404)

    def test_the_process_says_that_it_lives(self):
        reply = ask(self.site, "/healthz")
        self.assertEqual((reply.status, reply.body), (200, b"ok\n"))
        self.assertEqual(reply.headers["cache-control"], "no-store")

    def test_it_is_ready_while_the_store_takes_writes(self):
        self.assertEqual(ask(self.site, "/readyz").status, 200)
        self.unready = "the disk is full"
        reply = ask(self.site, "/readyz")
        self.assertEqual((reply.status, reply.body), (503, b"the disk is full\n"))
        self.assertEqual(reply.headers["retry-after"], "5")

    def test_an_avatar_is_drawn(self):
        reply = ask(self.site, "/avatar/abcdefghijklmnop.svg?AB")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"], "image/svg+xml; charset=utf-8")
        self.assertEqual(reply.headers["cache-control"], "public, max-age=31536000, immutable")
        self.assertEqual(ask(self.site, "/avatar/abcdefghijklmnop.svg").status, 404)


class KeepingTests(SiteTestCase):
    def test_what_a_client_has_is_not_sent_again(self):
        etag = ask(self.site, "/").headers["etag"]
        for condition in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            reply = ask(self.site, "/", If_None_Match=condition)
            self.assertEqual((reply.status, reply.body), (304, b""), condition)
            self.assertNotIn("content-length", reply.headers)
            self.assertEqual(reply.headers["etag"], etag)
            self.assertEqual(reply.headers["cache-control"], "no-cache")
            self.assertNotIn("content-type", reply.headers)
        self.assertEqual(ask(self.site, "/", If_None_Match='"other"').status, 200)

    def test_the_tag_is_strong_and_the_same_after_a_copy(self):
        etag = ask(self.site, "/").headers["etag"]
        self.assertRegex(etag, '^"[0-9a-f]{32}"$')
        (self.public / "copy.html").write_bytes(INDEX)
        self.assertEqual(ask(self.site, "/copy.html").headers["etag"], etag)

    def test_what_is_kept_packed_counts_too(self):
        # Hexadecimal digits pack to about half of what they are.
        text = hashlib.shake_256(b"a page").hexdigest(20_000)
        for name in ("one.js", "two.js"):
            (self.folder / name).write_text(text)
        self.patch(page, "_KEPT_BYTES", 100_000)
        files = page.Page(self.folder)
        first = files.find(b"/one.js")
        self.assertIs(files.find(b"/one.js"), first)
        # Both would fit as they are, and do not with what is packed of them.
        files.find(b"/two.js")
        self.assertIsNot(files.find(b"/one.js"), first)

    def test_who_takes_gzip_gets_what_is_long_packed(self):
        long = SCRIPT * 200
        (self.public / "long.js").write_bytes(long)
        plain = ask(self.site, "/long.js")
        packed = ask(self.site, "/long.js", Accept_Encoding="br, GZIP;q=0.5")
        self.assertEqual(gzip.decompress(packed.body), long)
        self.assertEqual(packed.headers["content-encoding"], "gzip")
        self.assertEqual(packed.headers["content-length"], str(len(packed.body)))
        self.assertNotEqual(packed.headers["etag"], plain.headers["etag"])
        for reply in (plain, packed):
            self.assertEqual(reply.headers["vary"], "Accept-Encoding")
        for accepted in ("", "br", "gzip;q=0", "gzip; q=0.00", "xgzip"):
            self.assertEqual(ask(self.site, "/long.js", Accept_Encoding=accepted).body, long, accepted)
        again = ask(self.site, "/long.js", Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        part = ask(self.site, "/long.js", Accept_Encoding="gzip", Range="bytes=0-5")
        self.assertEqual((part.status, part.body), (206, long[:6]))
        # What is short, or is a picture that is packed by itself, goes as it is.
        (self.public / "picture.png").write_bytes(long)
        for path in ("/", "/picture.png"):
            reply = ask(self.site, path, Accept_Encoding="gzip")
            self.assertNotIn("content-encoding", reply.headers)
            self.assertNotIn("vary", reply.headers)

    def test_a_part_can_be_asked_for(self):
        for wanted, part in (
            ("bytes=0-3", SCRIPT[:4]),
            ("bytes=7-", SCRIPT[7:]),
            ("bytes=-4", SCRIPT[-4:]),
            ("bytes=3-9999", SCRIPT[3:]),
            ("bytes=-9999", SCRIPT),
            ("Bytes=5-5", SCRIPT[5:6]),
        ):
            reply = ask(self.site, "/app.js", Range=wanted)
            self.assertEqual((reply.status, reply.body), (206, part), wanted)
            first = SCRIPT.index(part) if len(part) > 1 else 5
            expected = f"bytes {first}-{first + len(part) - 1}/{len(SCRIPT)}"
            self.assertEqual(reply.headers["content-range"], expected)
            self.assertEqual(reply.headers["content-length"], str(len(part)))

    def test_a_part_that_is_not_there_is_refused_with_the_size(self):
        for wanted in (f"bytes={len(SCRIPT)}-", "bytes=9999-10000", "bytes=-0"):
            reply = ask(self.site, "/app.js", Range=wanted)
            self.assertEqual((reply.status, reply.phrase), (416, "Requested Range Not Satisfiable"), wanted)
            self.assertEqual(reply.headers["content-range"], f"bytes */{len(SCRIPT)}")

    def test_a_range_that_makes_no_sense_is_answered_with_the_whole(self):
        for wanted in ("bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b", "0-1"):
            reply = ask(self.site, "/app.js", Range=wanted)
            self.assertEqual((reply.status, reply.body), (200, SCRIPT), wanted)

    def test_a_part_of_something_that_has_changed_is_the_whole(self):
        etag = ask(self.site, "/app.js").headers["etag"]
        self.assertEqual(ask(self.site, "/app.js", Range="bytes=0-3", If_Range=etag).status, 206)
        self.assertEqual(ask(self.site, "/app.js", Range="bytes=0-3", If_Range='"old"').status, 200)

    def test_head_is_get_without_the_body(self):
        for path in ("/", "/app.js", "/healthz", "/nothing", "/avatar/a.svg?A"):
            whole, head = ask(self.site, path), ask(self.site, path, method="HEAD")
            self.assertEqual((head.status, head.body), (whole.status, b""), path)
            whole.headers.pop("date"), head.headers.pop("date")
            self.assertEqual(head.headers, whole.headers)


class LargeFileTests(SiteTestCase):
    """
    A film beside the page.
    """

    def setUp(self):
        super().setUp()
        self.film = os.urandom((1 << 20) + 5)
        (self.public / "film.mp4").write_bytes(self.film)
        self.read = []
        pread = os.pread

        def count(descriptor, size, at):
            data = pread(descriptor, size, at)
            self.read.append(len(data))
            return data

        self.patch(os, "pread", count)

    def test_it_is_sent_as_any_other_and_read_in_pieces(self):
        reply = ask(self.site, "/film.mp4")
        self.assertEqual((reply.status, reply.body), (200, self.film))
        self.assertEqual(reply.headers["content-length"], str(len(self.film)))
        self.assertEqual((max(self.read), sum(self.read)), (CHUNK_BYTES, len(self.film)))

    def test_of_a_part_only_that_is_read_and_without_a_body_nothing(self):
        head = ask(self.site, "/film.mp4", method="HEAD")
        self.assertEqual((head.status, head.headers["content-length"]), (200, str(len(self.film))))
        etag = head.headers["etag"]
        self.assertRegex(etag, '^"[0-9a-f]{32}"$')
        self.assertEqual(ask(self.site, "/film.mp4", If_None_Match=etag).status, 304)
        self.assertEqual(ask(self.site, "/film.mp4", Range="bytes=9999999-").status, 416)
        self.assertEqual(self.read, [])
        parts = {"bytes=1000000-1000009": self.film[1_000_000:1_000_010], "bytes=-4": self.film[-4:]}
        for wanted, part in parts.items():
            self.read.clear()
            reply = ask(self.site, "/film.mp4", Range=wanted, If_Range=etag)
            self.assertEqual((reply.status, reply.body, self.read), (206, part, [len(part)]))

    def test_one_that_has_changed_has_another_tag(self):
        etag = ask(self.site, "/film.mp4", method="HEAD").headers["etag"]
        (self.public / "new").write_bytes(self.film)
        os.replace(self.public / "new", self.public / "film.mp4")
        again = ask(self.site, "/film.mp4", method="HEAD", If_None_Match=etag)
        self.assertEqual(again.status, 200)
        self.assertNotEqual(again.headers["etag"], etag)

    def test_one_that_changes_or_goes_while_it_is_sent_is_cut_off_and_not_mixed_with_another(self):
        for change in (
            lambda film: film.write_bytes(self.film + b"x"),
            lambda film: os.replace(self.public / "app.js", film),
            lambda film: film.unlink(),
        ):
            (self.public / "film.mp4").write_bytes(self.film)
            channel, transport = connect(self.site)
            channel.dataReceived(b"GET /film.mp4 HTTP/1.1\r\nHost: a\r\n")
            transport.write = lambda data, write=transport.write, channel=channel: (
                write(data),
                channel.pauseProducing(),
            )
            channel.dataReceived(b"\r\n")
            change(self.public / "film.mp4")
            self.assertFalse(transport.disconnected)
            channel.resumeProducing()
            self.assertTrue(transport.disconnected)
            self.assertEqual(parse(transport).body, self.film[:CHUNK_BYTES])
            channel.connectionLost(Failure(ConnectionDone()))

    def test_to_whoever_takes_all_at_once_some_of_it_is_sent_in_each_turn(self):
        os.truncate(self.public / "film.mp4", 10 * CHUNKS_A_TURN * CHUNK_BYTES)
        channel, transport = connect(self.site)
        transport.write = lambda data: None
        channel.dataReceived(b"GET /film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
        for turn in range(1, 11):
            self.assertEqual(self.read, [CHUNK_BYTES] * CHUNKS_A_TURN * turn)
            self.clock.turn()
        self.assertEqual(channel.requests, [])
        channel.connectionLost(Failure(ConnectionDone()))

    def test_whoever_goes_between_two_turns_is_sent_nothing_more(self):
        os.truncate(self.public / "film.mp4", 10 * CHUNKS_A_TURN * CHUNK_BYTES)
        channel, _ = connect(self.site)
        channel.dataReceived(b"GET /film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
        # As a socket's transport does.
        channel.stopProducing()
        channel.connectionLost(Failure(ConnectionDone()))
        self.clock.turn()
        self.assertEqual(len(self.read), CHUNKS_A_TURN)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class HeadersTests(SiteTestCase):
    def test_every_answer_has_them(self):
        self.unready = "no"
        etag = ask(self.site, "/").headers["etag"]
        for status, path, rest in (
            (200, "/", {}),
            (200, "/healthz", {}),
            (200, "/avatar/a.svg?A", {}),
            (206, "/app.js", {"Range": "bytes=0-1"}),
            (304, "/", {"If_None_Match": etag}),
            (404, "/nothing", {}),
            (405, "/", {"method": "POST"}),
            (416, "/app.js", {"Range": "bytes=999-"}),
            (426, "/ws", {}),
            (503, "/readyz", {}),
        ):
            reply = ask(self.site, path, **rest)
            self.assertEqual(reply.status, status, path)
            self.assert_secure(reply, (path, rest))

    def test_the_policy_is_the_strict_one(self):
        policy = ask(self.site, "/").headers["content-security-policy"]
        self.assertEqual(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
            "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'",
        )


class TakenApartTests(SiteTestCase):
    """
    What is looked for in what a client may make long.
    """

    def test_of_the_cookies_only_those_are_looked_for_that_are_asked_for(self):
        seen = []

        class Seeing(Resource):
            isLeaf = True

            def render(self, request):
                seen.append(request)
                return b""

        self.site._resources[b"/seen"] = Seeing()
        for cookies, expected in (
            ("chatd=a", b"a"),
            ("x=y;chatd=a=b ;z", b"a=b "),
            (";" * 8000 + "  chatd=a;" + ";" * 7000, b"a"),
            ("chatd=a; chatd=b; xchatd=c; chatd =d; chatd", b"b"),
            ("chatd=", b""),
            ("xchatd=a; Chatd=b; y=chatd=c", None),
        ):
            ask(self.site, "/seen", Cookie=cookies)
            self.assertEqual(seen[-1].getCookie(b"chatd"), expected, cookies[:50])
            self.assertEqual(seen[-1].received_cookies, {})
        ask(self.site, "/seen")
        self.assertEqual(seen[-1].getCookie(b"chatd"), None)

    def test_a_query_is_not_taken_apart(self):
        seen = []
        resource_for = self.site.getResourceFor

        def see(request):
            seen.append((request.path, request.uri, request.args))
            return resource_for(request)

        self.site.getResourceFor = see
        ask(self.site, "/readyz?a=b&c=d?e")
        self.assertEqual(seen, [(b"/readyz", b"/readyz?a=b&c=d?e", {})])

    def test_a_long_list_of_codings_or_of_tags_is_as_none(self):
        long = SCRIPT * 200
        (self.public / "long.js").write_bytes(long)
        etag = ask(self.site, "/long.js").headers["etag"]
        self.assertEqual(ask(self.site, "/long.js", Accept_Encoding="gzip" + "," * 1021).body, long)
        self.assertNotEqual(ask(self.site, "/long.js", Accept_Encoding="gzip" + "," * 1020).body, long)
        for commas, status in ((1024 - len(etag), 304), (1025 - len(etag), 200)):
            reply = ask(self.site, "/long.js", If_None_Match=etag + "," * commas)
            self.assertEqual(reply.status, status)


class MisuseTests(SiteTestCase):
    def test_other_methods_are_told_which_there_are(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            for path in ("/", "/healthz", "/nothing", "/avatar/a.svg?A"):
                reply = ask(self.site, path, method=method)
                self.assertEqual((reply.status, reply.headers["allow"]), (405, "GET, HEAD"), method)

    def test_options_for_the_whole_server_is_answered(self):
        self.assertEqual(ask(self.site, "*", method="OPTIONS").status, 405)

    def test_our_own_mistake_is_logged_and_not_shown(self):
        self.site._resources[b"/broken"] = Broken()
        reply = ask(self.site, "/broken")
        self.assertEqual(reply.status, 500)
        self.assertNotIn(b"secret", reply.body)
        self.assertNotIn(b"Traceback", reply.body)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_nothing_is_logged_for_a_request(self):
        seen = []
        globalLogPublisher.addObserver(seen.append)
        self.addCleanup(globalLogPublisher.removeObserver, seen.append)
        ask(self.site, "/?token=secret", method="HEAD")
        ask(self.site, "/nothing")
        self.assertEqual(seen, [])


class SiteTests(SiteTestCase):
    def test_http_2_is_not_offered(self):
        self.assertEqual(self.site.acceptableProtocols(), [b"http/1.1"])

    def test_it_leaves_no_timer_running(self):
        self.site.startFactory()
        self.assertEqual(self.clock.getDelayedCalls(), [])
