"""
The endpoint that the conformance tests talk to: chatd as it is, but what a client says comes straight back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted.python.failure import Failure

from chatd.config import Config, MessageRate
from chatd.net.connection import ChatProtocol
from chatd.net.framing import text_frame
from chatd.service import ChatService

LARGEST_BYTES = 1 << 24
"""The largest message of the testsuite, to the byte."""

DOORS = ("site", "factory")
"""Behind the Site, as always, or straight on the port, where Autobahn reads the handshake."""


class EchoProtocol(ChatProtocol):
    """
    One connection that hears text and binary messages, and says them again.

    Nothing else is different but the bounds that the testsuite goes beyond: it sends a message in hundreds of
    thousands of frames, and pings as fast as it can. Each bound has tests of its own.
    """

    fragments = 1 << 20
    message_seconds = 3600.0
    control_frames = 0.0
    _binary = False

    def onMessageBegin(self, isBinary: bool) -> None:
        """
        A message begins, of either kind.
        """
        self._binary = isBinary
        super().onMessageBegin(False)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """
        Say it again.
        """
        frame = text_frame(payload)
        self.outbox.write(b"\x82" + frame[1:] if self._binary else frame)


def make_echo(config: Config, reactor: Any, door: str) -> ChatService:
    """
    The whole server with `EchoProtocol` in place of `ChatProtocol`.
    """
    service = ChatService(config, reactor)
    service.factory.protocol = EchoProtocol
    if door == "factory":
        service.listeners.factory = service.factory
    return service


def main() -> None:
    """
    Serve on loopback until SIGTERM; what is logged goes to standard error.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--door", choices=DOORS, default="site")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls-port", type=int)
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    given = parser.parse_args()
    config = Config(
        data=Path(),
        store="memory:",
        port=str(given.port),
        interface="127.0.0.1",
        tls_port=given.tls_port,
        tls_cert=given.cert,
        tls_key=given.key,
        message_rate=MessageRate(0),
        max_message_bytes=LARGEST_BYTES,
    )
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)

    from twisted.internet import reactor

    service = make_echo(config, reactor, given.door)

    def failed(failure: Failure) -> None:
        failure.printTraceback()
        reactor.stop()  # type: ignore[attr-defined]

    service.privilegedStartService()
    service.startService().addErrback(failed)
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)  # type: ignore[attr-defined]
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
