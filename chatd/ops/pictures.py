"""
Has pictures looked at, one at a time, by a process that is thrown away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

from chatd.core.files import Picture
from chatd.core.refusals import Refused

LOOK_SECONDS = 10.0
MOST_WAITING = 16
"""How many may wait for their turn; what comes then is a file like any other."""

ANSWER = 3
ANSWER_BYTES = 200
_SCRIPT = str(Path(__file__).with_name("picture.py"))


def available() -> bool:
    """
    Whether there is anything that can look at pictures.
    """
    return find_spec("PIL") is not None


class Workshop(Protocol):
    """
    Where pictures and previews lie.
    """

    def lay_out(self, id: str) -> Awaitable[tuple[int, int]]:
        """Descriptors of a file, to be read, and of an empty one that may become its preview."""

    def take_up(self, id: str, *, good: bool) -> Awaitable[None]:
        """Have what was laid out be the preview of a file if it is good, else nothing."""


class _Seen(Struct, frozen=True):
    width: int
    height: int


class _Looking(ProcessProtocol):
    def __init__(self, reactor: Any) -> None:
        self.ended: Deferred[bytes] = Deferred()
        self._reactor = reactor
        self._told = b""
        self._timer: Any = None

    def connectionMade(self) -> None:
        self._timer = self._reactor.callLater(LOOK_SECONDS, self._kill)

    def _kill(self) -> None:
        self._timer = None
        assert self.transport is not None
        self.transport.signalProcess("KILL")

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        # What a library has to say beside is nobody's business.
        if childFD == ANSWER:
            self._told = (self._told + data)[: ANSWER_BYTES + 1]

    def processEnded(self, reason: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.ended.callback(self._told if getattr(reason.value, "exitCode", None) == 0 else b"")


class LookedAt:
    """
    The contract of `chatd.core.files.Pictures`. Each picture gets a process with limits of memory, time, and
    what it may write, which is killed when it takes too long.
    """

    _log = Logger()

    def __init__(self, reactor: Any, workshop: Workshop) -> None:
        self._reactor = reactor
        self._workshop = workshop
        self._turn = DeferredSemaphore(1)
        self._waiting = 0
        self._able = available()

    async def look(self, id: str, type: str) -> Picture | None:
        """
        As the port says.
        """
        if not self._able or self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        try:
            await self._turn.acquire()
            try:
                return await self._look(id, type)
            finally:
                self._turn.release()
        except (OSError, Refused) as error:
            self._log.warn("a picture could not be looked at: {error}", error=error)
            return None
        finally:
            self._waiting -= 1

    async def _look(self, id: str, type: str) -> Picture | None:
        source, preview = await self._workshop.lay_out(id)
        looking = _Looking(self._reactor)
        try:
            self._reactor.spawnProcess(
                looking,
                sys.executable,
                # Isolated: no environment and no folder has a say in what is imported.
                [sys.executable, "-I", _SCRIPT, type],
                env={},
                childFDs={0: source, 1: preview, 2: "r", ANSWER: "r"},
            )
        except OSError:
            await self._workshop.take_up(id, good=False)
            raise
        finally:
            os.close(source)
            os.close(preview)
        told = await looking.ended
        seen = _read(told)
        await self._workshop.take_up(id, good=seen is not None)
        return None if seen is None else Picture(seen.width, seen.height, True)


def _read(told: bytes) -> _Seen | None:
    try:
        seen = msgspec.json.decode(told, type=_Seen)
    except msgspec.MsgspecError:
        return None
    return seen if min(seen.width, seen.height) > 0 else None
