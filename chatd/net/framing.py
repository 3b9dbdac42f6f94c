"""
A dialect in WebSocket frames: what the hub writes to a connection is bytes that are ready for the socket.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.commands import Answer, Command, Post
from chatd.core.events import Event
from chatd.core.ports import Dialect, View
from chatd.core.refusals import CloseCode, Refused

PING = b"\x89\x00"
"""A ping without a payload, as a server sends it (RFC 6455 section 5.5.2)."""


def text_frame(payload: bytes) -> bytes:
    """
    One whole text message in one unmasked frame (RFC 6455 section 5.2).
    """
    length = len(payload)
    if length < 126:
        return b"\x81%c%b" % (length, payload)
    if length < 65536:
        return b"\x81\x7e%b%b" % (length.to_bytes(2, "big"), payload)
    return b"\x81\x7f%b%b" % (length.to_bytes(8, "big"), payload)


@dataclass(slots=True, frozen=True, eq=False)
class FramedWire:
    """
    The `Wire` of a dialect over WebSocket. There is one for each dialect, so that what it made can be shared.
    """

    dialect: Dialect

    @property
    def subprotocol(self) -> str | None:
        """
        As the dialect's.
        """
        return self.dialect.subprotocol

    def decode(self, payload: bytes) -> Command | Post:
        """
        As the dialect's.
        """
        return self.dialect.decode(payload)

    def frame(self, answer: Answer) -> bytes:
        """
        See `Wire`.
        """
        payload = self.dialect.encode(answer)
        return b"" if payload is None else text_frame(payload)

    def frame_event(self, event: Event, view: View) -> bytes:
        """
        See `Wire`.
        """
        payload = self.dialect.encode_event(event, view)
        return b"" if payload is None else text_frame(payload)

    def verdict(self, refused: Refused) -> CloseCode | None:
        """
        As the dialect's.
        """
        return self.dialect.verdict(refused)
