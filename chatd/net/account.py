"""
Signing up, in and out over HTTP, so that a page never holds what opens an account: it is in a cookie that no
script reads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from chatd.core.accounts import SignedIn, SignUp
from chatd.core.refusals import Code, Refused
from chatd.net.answers import send_json, send_text
from chatd.net.door import Denied, OriginRule
from chatd.net.own_page import check_own_page

T = TypeVar("T")

COOKIE = b"chatd"
HOST_COOKIE = b"__Host-chatd"
# By which a browser gets the files of a guest. It goes nowhere else: one browser may be several guests.
FILES_COOKIE = b"chatd-files"
SECURE_FILES_COOKIE = b"__Secure-chatd-files"
FILES_PATH = "/files"
"""Over TLS: no neighbour's page, and nobody on a line without TLS, can set it. See RFC 6265bis, 4.1.3.2."""
COOKIE_DAYS = 400
LABEL_CHARACTERS = 200
ROOT = b"/account/"

_STATUS = {
    Code.BAD_PASSWORD: HTTPStatus.UNAUTHORIZED,
    Code.BAD_TOKEN: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.BANNED: HTTPStatus.FORBIDDEN,
    Code.MUTED: HTTPStatus.FORBIDDEN,
    Code.LOCKED: HTTPStatus.FORBIDDEN,
    Code.BAD_INVITE: HTTPStatus.FORBIDDEN,
    Code.NAME_TAKEN: HTTPStatus.CONFLICT,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.READ_ONLY: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_log = Logger()


class Door(Protocol):
    """
    What stands behind this resource. `address` is as admission counts it, `label` tells the sessions of a
    person apart. Each raises `Refused`.
    """

    def sign_up(self, asked: SignUp, address: str | None, label: str) -> Awaitable[SignedIn]:
        """Give somebody an account."""

    def sign_in(
        self, name: str, password: str, address: str | None, label: str, owner: str | None
    ) -> Awaitable[SignedIn]:
        """Open a session for whoever knows a password, as an owner by the secret of a link."""

    def remember(self, token: str) -> Awaitable[SignedIn]:
        """Who a guest is by their token."""

    def sign_out(self, token: str) -> Awaitable[None]:
        """End the session of a token."""

    def change_password(self, token: str, old: str, new: str, address: str | None) -> Awaitable[None]:
        """Give the account of a token another password."""

    def role(self, signed_in: SignedIn) -> str:
        """What somebody is on the server."""


class _SignUp(Struct, forbid_unknown_fields=True):
    password: str
    name: str | None = None
    token: str | None = None
    invite: str | None = None
    owner: str | None = None
    cookie: bool = False


class _SignIn(Struct, forbid_unknown_fields=True):
    name: str
    password: str
    owner: str | None = None
    cookie: bool = False


class _Remember(Struct, forbid_unknown_fields=True):
    token: str


class _SignOut(Struct, forbid_unknown_fields=True):
    token: str | None = None


class _Password(Struct, forbid_unknown_fields=True):
    old: str
    new: str
    token: str | None = None


class AccountResource(Resource):
    """
    `POST /account/sign-up`, `sign-in`, `remember`, `sign-out` and `password`: JSON in, JSON out.

    A request that a page of another site has a browser make is refused: by its Origin, by Sec-Fetch-Site, and
    because only a script of our own page, or a program, can send `application/json` here.
    """

    isLeaf = True

    def __init__(self, door: Door, origin_rule: OriginRule) -> None:
        super().__init__()
        self._door = door
        self._origin_rule = origin_rule
        self._acts: dict[
            bytes, tuple[type[Any], Callable[[Any, Any], Coroutine[Any, Any, dict[str, Any]]]]
        ] = {
            b"sign-up": (_SignUp, self._sign_up),
            b"sign-in": (_SignIn, self._sign_in),
            b"remember": (_Remember, self._remember),
            b"sign-out": (_SignOut, self._sign_out),
            b"password": (_Password, self._change_password),
        }

    def render(self, request: Any) -> bytes | int:
        """
        See `twisted.web.resource.IResource`.
        """
        found = self._acts.get(request.path.removeprefix(ROOT))
        if found is None:
            return send_text(request, HTTPStatus.NOT_FOUND, "There is nothing here.")
        if request.method != b"POST":
            request.setHeader(b"Allow", b"POST")
            return send_text(request, HTTPStatus.METHOD_NOT_ALLOWED, "Only POST is understood here.")
        shape, act = found
        try:
            self._check_site(request)
            asked = msgspec.json.decode(request.content.read(), type=shape)
        except Denied as denied:
            return send_json(request, denied.status, {"code": str(Code.FORBIDDEN), "message": denied.text})
        except (msgspec.MsgspecError, RecursionError, ValueError):
            told = {
                "code": str(Code.BAD_REQUEST),
                "message": "That is not the JSON object that belongs here.",
            }
            return send_json(request, HTTPStatus.BAD_REQUEST, told)
        gone: list[None] = []
        request.notifyFinish().addErrback(lambda _: gone.append(None))
        Deferred.fromCoroutine(self._answer(request, act, asked, gone)).addErrback(
            lambda failure: _log.failure("an account request failed", failure=failure)
        )
        return NOT_DONE_YET

    def _check_site(self, request: Any) -> None:
        """Raise `Denied` unless it is our own page that asks, or a program."""
        kinds = request.requestHeaders.getRawHeaders(b"content-type", ())
        if [kind.partition(b";")[0].strip().lower() for kind in kinds] != [b"application/json"]:
            raise Denied(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Only application/json is taken here.")
        check_own_page(request, self._origin_rule, secure=request.client.secure)

    async def _answer(
        self, request: Any, act: Callable[..., Awaitable[Any]], asked: Any, gone: list[None]
    ) -> None:
        try:
            status, told = HTTPStatus.OK, await act(request, asked)
        except Refused as refused:
            status = _STATUS.get(refused.code, HTTPStatus.BAD_REQUEST)
            told = {"code": str(refused.code), "message": refused.message}
            if refused.retry_after is not None:
                told["retry_after"] = round(refused.retry_after, 3)
                request.setHeader(b"Retry-After", b"%d" % max(1, -int(-refused.retry_after // 1)))
        except Exception:  # noqa: BLE001  Whatever it is, whoever asked is not left waiting.
            _log.failure("an account request failed")
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            told = {"code": str(Code.INTERNAL), "message": "The server failed at this."}
        if not gone:
            body = send_json(request, status, told)
            request.write(body)
            request.finish()

    async def _sign_up(self, request: Any, asked: _SignUp) -> dict[str, Any]:
        token = asked.token
        sign_up = SignUp(
            password=asked.password, name=asked.name, token=token, invite=asked.invite, owner=asked.owner
        )
        signed_in = await self._door.sign_up(sign_up, request.client.address, _label(request))
        return self._welcome(request, signed_in, cookie=asked.cookie)

    async def _sign_in(self, request: Any, asked: _SignIn) -> dict[str, Any]:
        signed_in = await self._door.sign_in(
            asked.name, asked.password, request.client.address, _label(request), asked.owner
        )
        return self._welcome(request, signed_in, cookie=asked.cookie)

    async def _remember(self, request: Any, asked: _Remember) -> dict[str, Any]:
        told = self._welcome(request, await self._door.remember(asked.token), cookie=False)
        _set_files_cookie(request, told.pop("token"))
        return told

    async def _sign_out(self, request: Any, asked: _SignOut) -> dict[str, Any]:
        token = asked.token or cookie_of(request)
        # The browser is to forget them, whatever becomes of the rest.
        if asked.token is None:
            _forget_cookies(request)
        if token is not None:
            await self._door.sign_out(token)
        return {}

    async def _change_password(self, request: Any, asked: _Password) -> dict[str, Any]:
        token = asked.token or cookie_of(request)
        if token is None:
            raise Refused(Code.BAD_TOKEN, "Sign in first.")
        await self._door.change_password(token, asked.old, asked.new, request.client.address)
        return {}

    def _welcome(self, request: Any, signed_in: SignedIn, *, cookie: bool) -> dict[str, Any]:
        card = signed_in.card
        told: dict[str, Any] = {
            "me": {
                "id": card.id,
                "name": card.name,
                "avatar": card.avatar,
                "role": self._door.role(signed_in),
            }
        }
        if cookie:
            _set_cookie(request, signed_in.token)
        else:
            told["token"] = signed_in.token
        return told


def cookie_of(request: Any) -> str | None:
    """
    The token in a request's cookie; None if it has none or none that can be one. Over TLS it is the cookie
    that no other host can set, and none but that.
    """
    secure = request.client.secure
    names = (HOST_COOKIE, SECURE_FILES_COOKIE) if secure else (COOKIE, FILES_COOKIE)
    value = request.getCookie(names[0]) or request.getCookie(names[1])
    if not value or len(value) > 128 or not value.isascii():
        return None
    text: str = value.decode("ascii")
    return text


def _set_cookie(request: Any, token: str) -> None:
    secure = request.client.secure
    _add_cookie(request, HOST_COOKIE if secure else COOKIE, token, COOKIE_DAYS * 24 * 3600, secure=secure)


def _set_files_cookie(request: Any, token: str) -> None:
    secure = request.client.secure
    name = SECURE_FILES_COOKIE if secure else FILES_COOKIE
    _add_cookie(request, name, token, COOKIE_DAYS * 24 * 3600, secure=secure, path=FILES_PATH)


def _forget_cookies(request: Any) -> None:
    # Or it would be signed in by the other one again.
    _add_cookie(request, COOKIE, "", 0, secure=False)
    _add_cookie(request, FILES_COOKIE, "", 0, secure=False, path=FILES_PATH)
    if request.client.secure:
        _add_cookie(request, HOST_COOKIE, "", 0, secure=True)
        _add_cookie(request, SECURE_FILES_COOKIE, "", 0, secure=True, path=FILES_PATH)


def _add_cookie(
    request: Any, name: bytes, value: str, seconds: int, *, secure: bool, path: str = "/"
) -> None:
    # Lax, so that whoever follows a link to the chat is signed in; see AccountResource for what guards the
    # rest.
    parts = [f"{name.decode()}={value}", f"Path={path}", f"Max-Age={seconds}", "HttpOnly", "SameSite=Lax"]
    if secure:
        parts.append("Secure")
    request.responseHeaders.addRawHeader(b"Set-Cookie", "; ".join(parts).encode("ascii"))


def _label(request: Any) -> str:
    agent = request.getHeader(b"user-agent") or b""
    text = agent.decode("latin-1")
    return "".join(c for c in text if c.isprintable())[:LABEL_CHARACTERS] or "a program"
