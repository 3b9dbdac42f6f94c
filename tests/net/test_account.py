"""
Accounts over HTTP: the answers, and the cookies.
"""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from chatd.core.accounts import SignedIn
from chatd.core.events import Card
from chatd.core.names import PersonId
from chatd.core.refusals import Code, Refused
from chatd.net.account import AccountResource
from chatd.net.door import OriginRule
from chatd.net.forwarded import Front
from chatd.net.site import make_site
from tests.net.http_exchange import PEER, SiteTestCase, WebSocket, connect, parse

ADA = Card(PersonId("aaaaaaaaaaaaaaaa"), "ada")
ASKED = {"name": "ada", "password": "correct horse", "cookie": True}


class Accounts:
    """
    What stands behind the resource, with one answer to everything.
    """

    def __init__(self):
        self.answer = Deferred()
        self.signed_out = []

    async def sign_in(self, name, password, address, label, owner):
        await self.answer
        return SignedIn(ADA, "new-token")

    async def sign_out(self, token):
        self.signed_out.append(token)

    def role(self, signed_in):
        return "member"


class AccountCase(SiteTestCase):
    def setUp(self):
        super().setUp()
        self.accounts = Accounts()
        resource = AccountResource(self.accounts, OriginRule(()))
        front = Front([f"{PEER.host}/32"])
        self.site = make_site(self.public, WebSocket(), lambda: None, self.clock, None, front, resource)
        self.site.startFactory()

    def send(self, what, told, *, secure=False, cookie=""):
        """Send it, and return what it is answered through."""
        body = json.dumps(told).encode()
        lines = [f"POST /account/{what} HTTP/1.1", "Host: chat.example", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}"]
        lines += ["X-Forwarded-Proto: https"] if secure else []
        lines += [f"Cookie: {cookie}"] if cookie else []
        channel, transport = connect(self.site)
        channel.dataReceived("\r\n".join([*lines, "", ""]).encode() + body)
        self.clock.turn()
        return channel, transport

    def post(self, what, told, **more):
        """Send it, and return where the answer comes."""
        return self.send(what, told, **more)[1]

    def cookies(self, transport):
        head = transport.value().partition(b"\r\n\r\n")[0].decode()
        lines = [line.split(": ", 1) for line in head.split("\r\n")[1:]]
        return [value for name, value in lines if name == "Set-Cookie"]


class AnswerTests(AccountCase):
    def test_whatever_fails_is_answered_and_logged(self):
        transport = self.post("sign-in", ASKED)
        self.assertEqual(transport.value(), b"")
        self.accounts.answer.errback(ValueError("no thread"))
        reply = parse(transport)
        self.assertEqual((reply.status, json.loads(reply.body)["code"]), (500, "internal"))
        self.assertNotIn(b"no thread", reply.body)
        self.assertEqual(self.cookies(transport), [])
        (failure,) = self.flushLoggedErrors(ValueError)
        self.assertEqual(failure.getErrorMessage(), "no thread")

    def test_whoever_has_gone_meanwhile_is_answered_nothing(self):
        channel, transport = self.send("sign-in", ASKED)
        channel.connectionLost(Failure(ConnectionDone()))
        self.accounts.answer.errback(ValueError("no thread"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(transport.value(), b"")

    def test_a_refusal_says_when_to_come_again(self):
        transport = self.post("sign-in", ASKED)
        self.accounts.answer.errback(Refused(Code.RATE_LIMITED, "Slowly.", retry_after=1.5))
        reply = parse(transport)
        self.assertEqual((reply.status, reply.headers["retry-after"]), (429, "2"))


class CookieTests(AccountCase):
    def test_over_tls_it_is_one_that_no_neighbour_can_set(self):
        self.accounts.answer.callback(None)
        attributes = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"
        for secure, expected in (
            (True, f"__Host-chatd=new-token; {attributes}; Secure"),
            (False, f"chatd=new-token; {attributes}"),
        ):
            self.assertEqual(self.cookies(self.post("sign-in", ASKED, secure=secure)), [expected])

    def test_over_tls_only_the_one_counts_that_no_other_host_can_set(self):
        for secure, cookie, tokens in (
            (False, "chatd=plain", ["plain"]),
            (False, "__Host-chatd=host", []),
            (True, "chatd=plain", []),
            (True, "__Host-chatd=host", ["host"]),
            (True, "chatd=plain; __Host-chatd=host", ["host"]),
        ):
            self.post("sign-out", {}, secure=secure, cookie=cookie)
            self.assertEqual(self.accounts.signed_out, tokens)
            self.accounts.signed_out.clear()

    def test_whoever_signs_out_keeps_none(self):
        told = self.cookies(self.post("sign-out", {}, secure=True, cookie="__Host-chatd=host; chatd=plain"))
        self.assertEqual(
            [(each.partition("=")[0], "Max-Age=0" in each) for each in told],
            [("chatd", True), ("chatd-files", True), ("__Host-chatd", True), ("__Secure-chatd-files", True)],
        )
        self.assertEqual(["Secure" in each for each in told], [False, False, True, True])
        self.assertEqual(["Path=/files;" in each for each in told], [False, True, False, True])
        self.assertEqual(self.cookies(self.post("sign-out", {"token": "t"}, cookie="chatd=plain")), [])
