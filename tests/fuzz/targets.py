"""
What is fuzzed: functions that take any bytes, and raise if the server does what it promises not to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chatd.core.commands import Command, Post, Refusal
from chatd.core.ports import Dialect
from chatd.core.refusals import CloseCode, Code, Refused, Violation
from chatd.core.text import MAX_TEXT
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import MAX_REF_BYTES, V1Dialect
from tests.fuzz.compose import either
from tests.fuzz.world import World
from tests.net.frames import frame

_tutorial, _v1 = TutorialDialect(), V1Dialect()
_json = msgspec.json.Encoder()


def _outcome(dialect: Dialect, data: bytes) -> Any:
    try:
        return dialect.decode(data)
    except (Refused, Violation) as no:
        return no


def fuzz_tutorial(data: bytes) -> None:
    """
    See `check_tutorial`, of the bytes or of what is composed of them.
    """
    check_tutorial(either(data))


def fuzz_v1(data: bytes) -> None:
    """
    See `check_v1`, of the bytes or of what is composed of them.
    """
    check_v1(either(data))


def check_tutorial(data: bytes) -> None:
    """
    Any bytes are a message that can be stored and sent, or a violation with a code and a reason.
    """
    post = _outcome(_tutorial, data)
    if isinstance(post, Violation):
        assert post.code in (CloseCode.INVALID_PAYLOAD, CloseCode.TOO_BIG), post
        assert 0 < len(post.reason.encode()) <= 123, post
        return
    assert isinstance(post, Post), post
    for text in (post.email, post.username, post.message):
        text.encode()
        assert len(text) <= MAX_TEXT, len(text)
    again = {"email": post.email, "username": post.username, "message": post.message}
    assert _tutorial.decode(_json.encode(again)) == post


def check_v1(data: bytes) -> None:
    """
    Any bytes are a command that can be written again, or a refusal that can be told.
    """
    command = _outcome(_v1, data)
    if isinstance(command, Refused):
        assert command.code is Code.BAD_REQUEST, command
        assert command.ref is None or len(command.ref.encode()) <= MAX_REF_BYTES, command
        told = Refusal(code=command.code, message=command.message, ref=command.ref or "")
        encoded = _v1.encode(told)
        assert encoded is not None
        assert len(encoded) <= 2048, len(encoded)
        return
    assert isinstance(command, Command), command
    assert command.ref is None or len(command.ref.encode()) <= MAX_REF_BYTES, command
    assert _v1.decode(_json.encode(command)) == command


WAIT, FILL, STOP, TAKE, HALF, TEXT = 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5
"""What the acts of a script begin with that are no pieces of so many bytes."""

TUTORIAL, GREETED = 1, 2


def visit_with_frames(world: World, data: bytes) -> None:
    """
    A script of what one connection does after its handshake; see `play`.
    """
    kind = data[0] if data else 0
    world.connect(None if kind & TUTORIAL else "chatd.v1")
    if kind & GREETED and not kind & TUTORIAL:
        world.greet()
    play(world, data[1:])


def visit_with_requests(world: World, data: bytes) -> None:
    """
    A script of what one connection does that has not said anything yet.
    """
    world.enter()
    play(world, data)


def play(world: World, script: bytes) -> None:
    """
    Do what a script says. A byte below 240 is followed by a piece of so many bytes; of the others WAIT is
    followed by tenths of seconds, FILL by how often 256 bytes are sent, and TEXT by a length and the text of
    a frame.
    """
    at = 0
    while at < len(script):
        act, argument = script[at], script[at + 1 : at + 2] or b"\0"
        at += 1
        if act < WAIT:
            world.send(script[at : at + act])
            at += act
        elif act == WAIT:
            world.wait(argument[0] / 10)
            at += 1
        elif act == FILL:
            world.send(b"a" * 256 * argument[0])
            at += 1
        elif act == STOP:
            world.stop_taking()
        elif act == TAKE:
            world.take()
        elif act == HALF:
            world.half_close()
        elif act == TEXT:
            world.send(frame(script[at + 1 : at + 1 + argument[0]]))
            at += 1 + argument[0]
    world.end_visit()


@dataclass(slots=True)
class Visits:
    """
    A target whose inputs are visits to a world. Up to `most` come one after the other to the same one, which
    is quicker than a new one for each.

    Where one of several fails, each is tried in a world of its own, so that what is raised is the fault of
    one of them, if it is.
    """

    visit: Callable[[World, bytes], None]
    most: int = 1
    _world: World | None = None
    _seen: list[bytes] = field(default_factory=list)

    def __call__(self, data: bytes) -> None:
        """
        Make a visit.
        """
        world, self._world = self._world or World(), None
        self._seen.append(data)
        try:
            self.visit(world, data)
            if len(self._seen) < self.most:
                self._world = world
                return
            world.end()
        except Exception:
            for each in self._seen if self.most > 1 else ():
                Visits(self.visit)(each)
            raise
        finally:
            if self._world is None:
                world.close()
                self._seen.clear()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "tutorial": fuzz_tutorial,
    "v1": fuzz_v1,
    "frames": Visits(visit_with_frames),
    "http": Visits(visit_with_requests),
}
