"""
What is larger than one write should hold, on its way to whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.refusals import Refused

CHUNK_BYTES = 65_536
"""How much is read and written at a time."""

CHUNKS_A_TURN = 16
"""How much is sent in one go to whoever takes all at once."""

STALL_SECONDS = 30


@implementer(IPushProducer)
class Sending:
    """
    The bytes from `at` to `end` of what `read` gives (from where, and how many), as fast as whoever asked
    takes them, and no faster.

    Whom nothing reaches for `STALL_SECONDS` is cut off by the channel. So is everybody if there are fewer
    bytes than that.
    """

    _log = Logger()

    def __init__(self, request: Any, read: Callable[[int, int], Deferred[bytes]], at: int, end: int) -> None:
        self._request = request
        self._read = read
        self._at = at
        self._end = end
        self._paused = False
        self._reading = False
        self._going = False

    def start(self) -> None:
        """
        Send them.
        """
        self._request.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """See `IPushProducer`."""
        self._paused = False
        self._go_on()

    def pauseProducing(self) -> None:
        """See `IPushProducer`."""
        self._paused = True

    def stopProducing(self) -> None:
        """See `IPushProducer`."""
        self._request = None

    def _go_on(self) -> None:
        # A loop, since what is in memory is read at once, and leads back here.
        if self._going:
            return
        self._going = True
        try:
            for _ in range(CHUNKS_A_TURN):
                if self._request is None or self._reading or self._paused:
                    return
                self._reading = True
                self._request.channel.setTimeout(STALL_SECONDS)
                count = min(CHUNK_BYTES, self._end - self._at)
                self._read(self._at, count).addCallback(self._send).addErrback(self._fail)
        finally:
            self._going = False
        if self._request is not None:
            self._request.channel.site.turns.wait(self._go_on)

    def _send(self, data: bytes) -> None:
        self._reading = False
        request = self._request
        if request is None:
            return
        if not data:
            # It is shorter than it was.
            self._cut()
            return
        self._at += len(data)
        request.write(data)
        if self._at >= self._end:
            self._request = None
            request.unregisterProducer()
            request.finish()
        else:
            self._go_on()

    def _fail(self, failure: Failure) -> None:
        if failure.check(Refused) is None:
            self._log.failure("a file could not be sent on", failure)
        self._cut()

    def _cut(self) -> None:
        # So much was promised that an end would be taken for the file's.
        request, self._request = self._request, None
        if request is not None:
            request.channel.transport.abortConnection()
