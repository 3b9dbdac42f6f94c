"""
Accounts of a daemon: from the link that it prints to the last sign-out, as a browser and a program do it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.daemon import CHECKOUT, Daemon, environment

PASSWORD = "correct horse battery"


def post(daemon: Daemon, what: str, told: Any, **headers: str) -> tuple[int, dict[str, Any], str]:
    """
    Ask for something of an account: the status, what came, and the cookie that was set.
    """
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        f"{daemon.url}/account/{what}", body, {"Content-Type": "application/json", **named}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, json.load(reply), reply.headers.get("Set-Cookie", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), error.headers.get("Set-Cookie", "")


class Talk:
    """
    One WebSocket of chatd.v1.
    """

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command, and return its answer."""
        self.line.send(json.dumps({"type": kind, "ref": "r", **fields}))
        while True:
            told: dict[str, Any] = json.loads(self.line.recv(timeout=20))
            if told.get("ref") == "r":
                return told


class AccountsTest(SynchronousTestCase):
    """
    With a daemon that keeps its log in a file.
    """

    def daemon(self, *flags: str) -> Daemon:
        """One that runs until the end of the test."""
        daemon = Daemon(Path(self.enterContext(tempfile.TemporaryDirectory(prefix="chatd-test-"))), flags)
        return self.enterContext(daemon)

    def open(
        self, daemon: Daemon, subprotocol: str | None = "chatd.v1", query: str = "", **headers: str
    ) -> Talk:
        """A connection that is there until the end of the test."""
        line = connect(
            f"{daemon.ws_url}{query}",
            subprotocols=None if subprotocol is None else [Subprotocol(subprotocol)],
            additional_headers={name.replace("_", "-"): value for name, value in headers.items()},
            compression=None,
            proxy=None,
        )
        return Talk(self.enterContext(line))

    def owner(self, daemon: Daemon) -> str:
        """The cookie of an owner, who came by the link that the daemon printed."""
        found = re.search(r"/#/owner/(\S+)", daemon.log)
        assert found is not None
        status, told, cookie = post(
            daemon, "sign-up", {"name": "olga", "password": PASSWORD, "owner": found[1], "cookie": True}
        )
        self.assertEqual((status, told["me"]["role"]), (200, "owner"))
        return cookie.partition(";")[0]

    def test_the_link_of_the_first_start_makes_an_owner_once(self) -> None:
        """After a restart there is no further one, but by `chatd owner-link`."""
        daemon = self.daemon()
        secret = re.search(r"/#/owner/(\S+)", daemon.log)
        assert secret is not None
        self.owner(daemon)
        again = {"name": "eve", "password": PASSWORD, "owner": secret[1]}
        self.assertEqual(post(daemon, "sign-up", again)[1]["code"], "bad_invite")
        made = subprocess.run(
            [sys.executable, "-m", "chatd", "owner-link", "--data", str(daemon.data)],
            cwd=CHECKOUT,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        other = made.stdout.strip().removeprefix("/#/owner/")
        status, told, _ = post(daemon, "sign-up", {"name": "otto", "password": PASSWORD, "owner": other})
        self.assertEqual((status, told["me"]["role"]), (200, "owner"))
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.log.count("/#/owner/"), 1)
        # No password and no token is in the log, nor the link that was made beside it.
        for text in (PASSWORD, other, told["token"]):
            self.assertNotIn(text, daemon.log)

    def test_a_browser_is_known_by_its_cookie_and_a_program_by_its_token(self) -> None:
        """Signing out ends the one and not the other."""
        daemon = self.daemon()
        asked = {"name": "ada", "password": PASSWORD, "cookie": True}
        status, told, cookie = post(daemon, "sign-up", asked, User_Agent="Browser 1")
        self.assertEqual((status, sorted(told)), (200, ["me"]))
        pair, *attributes = cookie.split("; ")
        self.assertEqual(sorted(attributes), ["HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=Lax"])
        page = self.open(daemon, Cookie=pair)
        self.assertEqual(page.ask("hello")["me"]["role"], "member")
        status, told, cookie = post(daemon, "sign-in", {"name": "ADA", "password": PASSWORD})
        self.assertEqual((status, cookie), (200, ""))
        program = self.open(daemon)
        self.assertEqual(program.ask("hello", token=told["token"])["me"]["name"], "ada")
        sessions = program.ask("sessions")["sessions"]
        self.assertIn("Browser 1", [each["label"] for each in sessions])
        status, _, cookie = post(daemon, "sign-out", {}, Cookie=pair)
        self.assertEqual((status, cookie.partition(";")[0]), (200, "chatd="))
        self.assertIn("Max-Age=0", cookie)
        with self.assertRaises(ConnectionClosed) as closed:
            page.line.recv(timeout=20)
        assert closed.exception.rcvd is not None
        self.assertEqual(closed.exception.rcvd.code, 4504)
        self.assertEqual(self.open(daemon, Cookie=pair).ask("hello")["me"]["role"], "watcher")
        self.assertEqual(program.ask("rooms")["type"], "rooms")

    def test_a_guest_is_known_by_a_cookie_too_if_the_page_asks_for_it(self) -> None:
        """So that pictures of a room can be shown; an account has its own way to a cookie."""
        daemon = self.daemon()
        guest = self.open(daemon).ask("hello", name="gus")
        status, told, cookie = post(daemon, "remember", {"token": guest["token"]})
        self.assertEqual((status, told["me"]["id"], "token" in told), (200, guest["me"]["id"], False))
        self.assertIn("HttpOnly", cookie)
        # One browser may be several guests: it shows this where there are files, and nowhere else.
        self.assertIn("chatd-files=", cookie)
        self.assertIn("Path=/files;", cookie)
        again = self.open(daemon, Cookie=cookie.partition(";")[0]).ask("hello")
        self.assertEqual(again["me"], guest["me"])
        self.assertEqual(post(daemon, "remember", {"token": "nobody"})[1]["code"], "bad_token")
        asked = {"name": "ada", "password": PASSWORD}
        token = post(daemon, "sign-up", asked)[1]["token"]
        status, told, cookie = post(daemon, "remember", {"token": token})
        self.assertEqual((status, told["code"], cookie), (403, "forbidden", ""))

    def test_a_session_that_somebody_else_began_is_not_taken_over(self) -> None:
        """Session fixation: the token changes with the account; a cookie that one was given is nothing."""
        daemon = self.daemon()
        guest = self.open(daemon)
        token = guest.ask("hello", name="ada")["token"]
        asked = {"password": PASSWORD, "token": token, "cookie": True}
        status, _, cookie = post(daemon, "sign-up", asked, Cookie=f"chatd={token}")
        self.assertEqual(status, 200)
        self.assertNotIn(token, cookie)
        # Nor are those in who came by it before: whoever signed up comes anew, by the cookie.
        with self.assertRaises(ConnectionClosed) as closed:
            while True:
                guest.line.recv(timeout=20)
        assert closed.exception.rcvd is not None
        self.assertEqual(closed.exception.rcvd.code, 4504)
        self.assertEqual(self.open(daemon).ask("hello", token=token)["code"], "bad_token")
        self.assertEqual(self.open(daemon, Cookie=f"chatd={token}").ask("hello")["me"]["role"], "watcher")
        me = self.open(daemon, Cookie=cookie.partition(";")[0]).ask("hello")["me"]
        self.assertEqual((me["name"], me["role"]), ("ada", "member"))

    def test_no_other_site_can_have_a_browser_do_anything(self) -> None:
        """By its Origin, by Sec-Fetch-Site, by a form's type, also where its pages may open a WebSocket."""
        daemon = self.daemon("--origin", "https://friend.example")
        cookie = self.owner(daemon)
        asked = {"name": "olga", "password": PASSWORD}
        for path, told in (
            ("sign-up", {"name": "eve", "password": PASSWORD}),
            ("sign-in", asked),
            ("remember", {"token": "x"}),
            ("sign-out", {}),
            ("password", {"old": PASSWORD, "new": PASSWORD + "!"}),
        ):
            for headers, expected in (
                ({"Origin": "https://evil.example"}, 403),
                ({"Origin": "https://friend.example"}, 403),
                ({"Origin": "null"}, 403),
                ({"Sec_Fetch_Site": "cross-site"}, 403),
                ({"Sec_Fetch_Site": "same-site"}, 403),
                ({"Content_Type": "text/plain"}, 415),
                ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
            ):
                status, _, set_cookie = post(daemon, path, told, Cookie=cookie, **headers)
                self.assertEqual((status, set_cookie), (expected, ""), (path, headers))
        self.assertEqual(
            post(daemon, "sign-in", asked, Origin=daemon.url, Sec_Fetch_Site="same-origin")[0], 200
        )
        self.assertEqual(self.open(daemon, Cookie=cookie).ask("hello")["me"]["role"], "owner")

    def test_no_redirect_is_ever_answered_and_no_secret_is_taken_from_a_url(self) -> None:
        """There is nowhere to be sent after signing in."""
        daemon = self.daemon()
        cookie = self.owner(daemon)
        asked = {"name": "olga", "password": PASSWORD}
        self.assertEqual(post(daemon, "sign-in?next=https://evil.example", asked)[0], 200)
        with urllib.request.urlopen(f"{daemon.url}/?next=//evil.example", timeout=20) as reply:
            self.assertEqual((reply.status, reply.url.startswith(daemon.url)), (200, True))
        token = cookie.partition("=")[2]
        told = self.open(daemon, query=f"?token={token}").ask("hello")
        self.assertEqual(told["me"]["role"], "watcher")
        self.assertNotIn(token, daemon.log)

    def test_a_header_counts_from_a_trusted_proxy_and_from_nobody_else(self) -> None:
        """Somebody else who writes it is a watcher; the same user is the same account."""
        trusting = self.daemon("--auth-header", "X-Remote-User", "--trusted-proxy", "127.0.0.1/32")
        first = self.open(trusting, X_Remote_User="zoe@example.org").ask("hello")["me"]
        self.assertEqual((first["name"], first["role"]), ("zoe-example.org", "member"))
        self.assertEqual(self.open(trusting, X_Remote_User="zoe@example.org").ask("hello")["me"], first)
        self.assertEqual(self.open(trusting).ask("hello")["me"]["role"], "watcher")
        other = self.daemon("--auth-header", "X-Remote-User", "--trusted-proxy", "192.0.2.1/32")
        self.assertEqual(
            self.open(other, X_Remote_User="zoe@example.org").ask("hello")["me"]["role"], "watcher"
        )

    def test_where_there_are_no_guests_the_tutorials_wire_is_refused_before_a_handshake(self) -> None:
        """And chatd.v1 says why at hello."""
        daemon = self.daemon("--guests", "off")
        with self.assertRaises(InvalidStatus) as refused:
            self.open(daemon, None)
        self.assertEqual(refused.exception.response.status_code, 403)
        self.assertEqual(self.open(daemon).ask("hello", name="gus")["code"], "forbidden")
        cookie = self.owner(daemon)
        self.assertEqual(self.open(daemon, Cookie=cookie).ask("hello")["me"]["role"], "owner")

    def test_what_cannot_be_understood_is_refused_with_a_word_why(self) -> None:
        """And other methods and paths are as elsewhere."""
        daemon = self.daemon()
        for path, told, expected in (
            ("sign-up", b"no json", 400),
            ("sign-up", [], 400),
            ("sign-up", {"name": "ada"}, 400),
            ("sign-up", {"name": "ada", "password": 5}, 400),
            ("sign-up", {"name": "ada", "password": PASSWORD, "is_admin": True}, 400),
            ("sign-up", {"name": "ada", "password": "short"}, 401),
            ("sign-in", {"name": "nobody", "password": PASSWORD}, 401),
            ("password", {"old": PASSWORD, "new": PASSWORD}, 401),
        ):
            status, answer, _ = post(daemon, path, told)
            self.assertEqual((status, bool(answer["message"])), (expected, True), told)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{daemon.url}/account/sign-in", timeout=20)
        self.assertEqual((refused.exception.code, refused.exception.headers["Allow"]), (405, "POST"))
        refused.exception.close()
