"""
A server that tells a page what a test has it tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tests.browser.people import Tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, WebSocketRoute

Frame = dict[str, Any]

ADA: Frame = {"id": "a" * 16, "name": "ada", "avatar": f"/avatar/{'a' * 16}.svg?A"}
BOB: Frame = {"id": "b" * 16, "name": "bob", "avatar": f"/avatar/{'b' * 16}.svg?B"}
PAIR = f"@{BOB['id']}"


def message(offset: object, **more: object) -> Frame:
    """
    What bob says in the lobby.
    """
    at = "2026-11-24T02:15:50.123Z"
    said = {"type": "message", "room": "lobby", "offset": offset, "id": f"m{offset}", "at": at, "from": BOB}
    return said | {"text": f"text {offset}"} | more


def welcome(**more: object) -> Frame:
    """
    How ada is greeted.
    """
    limits = {"text": 4000, "frame": 65536, "message_rate": 5.0, "message_burst": 20}
    rooms = [{"room": PAIR, "topic": "", "head": 3, "read": 0, "with": BOB}]
    return {
        "type": "welcome",
        "server": "chatd",
        "epoch": "e",
        "me": ADA,
        "rooms": rooms,
        "limits": limits,
    } | more


def joined(**more: object) -> Frame:
    """
    How ada comes into a room.
    """
    room = {"room": "lobby", "topic": "tea", "epoch": "e", "head": 0, "read": 0, "recovered": False}
    return {"type": "joined"} | room | {"count": 2, "members": [ADA, BOB]} | more


class Liar:
    """
    In place of the real server while `lies` is true; what a page asks then is answered by `replies`, by the
    command's type, which a test may change.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.lies = True
        self.asked: list[Frame] = []
        self.lines: list[WebSocketRoute] = []
        self.replies: dict[str, Callable[[Frame], list[object]]] = {
            "hello": lambda _: [welcome()],
            "join": lambda command: [joined(room=command["room"])],
            "rooms": lambda _: [{"type": "rooms", "rooms": [], "more": False}],
        }
        context.route_web_socket("**/ws", self._take)

    def _take(self, line: WebSocketRoute) -> None:
        if self.lies:
            self.lines.append(line)
            line.on_message(lambda data: self._hear(line, data))
        else:
            line.connect_to_server()

    def _hear(self, hearer: WebSocketRoute, data: str | bytes) -> None:
        command: Frame = json.loads(data)
        if "ref" not in command:
            # Somebody at the door, who only looks in.
            self.lines = [line for line in self.lines if line is not hearer]
            return
        self.asked.append(command)
        reply = self.replies.get(command["type"])
        for frame in [] if reply is None else reply(command):
            self.says(frame | {"ref": command["ref"]} if isinstance(frame, dict) else frame)

    def says(self, *frames: object) -> None:
        """
        Send these to the page that called last: as they are if they are strings or bytes, else as JSON.
        """
        for frame in frames:
            self.lines[-1].send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def gives_way(self, tab: Tab) -> None:
        """
        Hang up, and wait until the tab has found the real server.
        """
        self.lies = False
        self.hangs_up(4000, "shutdown retry_ms=500")
        tab.comes_back()

    def hangs_up(self, code: int, reason: str = "") -> None:
        """
        Close the line of the page that called last.
        """
        self.lines[-1].close(code=code, reason=reason)


def always(frame: Frame) -> Callable[[Frame], list[object]]:
    """
    What answers every command with this frame.
    """
    return lambda _: [frame]


def spoilt(frame: Frame, values: tuple[object, ...]) -> Iterator[Frame]:
    """
    The frame with one part left out, and with each of `values` in place of one part, for every part.
    """
    for key, part in frame.items():
        if key == "type":
            continue
        yield {other: value for other, value in frame.items() if other != key}
        for value in values:
            yield frame | {key: value}
        if isinstance(part, dict):
            for inner in spoilt(part, values):
                yield frame | {key: inner}
        if isinstance(part, list) and part and isinstance(part[0], dict):
            for inner in spoilt(part[0], values):
                yield frame | {key: [inner, *part[1:]]}
