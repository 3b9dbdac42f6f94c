"""
From the frames of a WebSocket to its messages, within bounds (RFC 6455 sections 5.4 to 5.6).
"""

from __future__ import annotations

from chatd.core.refusals import CloseCode
from chatd.net.options import Options

_LONGEST_CONTROL_FRAME = 125


class MessageProtocol(Options):
    """
    Puts text messages together, each handed to `onMessage` when it is whole.

    What is too large or not text fails the connection when its first byte is there: nothing of it is kept.
    For these bounds Autobahn's own way of putting messages together is not used.
    """

    _message = bytearray()
    _message_length = 0

    def onMessageBegin(self, isBinary: bool) -> None:
        """
        A message begins.
        """
        self._message = bytearray()
        self._message_length = 0
        if isBinary and not self.failedByMe:
            self._fail_connection(CloseCode.UNSUPPORTED_DATA)

    def onMessageFrameBegin(self, length: int) -> None:
        """
        A frame of that many bytes begins: refuse it before its bytes come, if they would be too many.
        """
        self._message_length += length
        if self._message_length > self.maxMessagePayloadSize and not self.failedByMe:
            self._fail_connection(CloseCode.TOO_BIG)

    def onMessageFrameData(self, payload: bytes) -> None:
        """
        Some bytes of a message.
        """
        if self.state == self.STATE_OPEN:
            self._message += payload

    def onMessageFrameEnd(self) -> None:
        """
        A frame is complete, which means nothing for its message.
        """

    def onMessageEnd(self) -> None:
        """
        A message is complete.
        """
        if self.state == self.STATE_OPEN:
            self.onMessage(bytes(self._message), False)
        self._message = bytearray()

    def onFrameBegin(self) -> None:
        """
        A frame begins.
        """
        frame = self.current_frame
        if frame.opcode > 7 and frame.length > _LONGEST_CONTROL_FRAME:
            # It was found wrong, and its bytes would be kept until it ends.
            self.dropConnection()
        super().onFrameBegin()
