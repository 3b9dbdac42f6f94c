"""
From the frames of a WebSocket to its messages, within bounds (RFC 6455 sections 5.4 to 5.6).
"""

from __future__ import annotations

from chatd.core.limits import TokenBucket
from chatd.core.refusals import CloseCode
from chatd.net.options import Options

_LONGEST_CONTROL_FRAME = 125
_CLOSE, _PING, OPCODE_PONG = 8, 9, 10
_NO_MESSAGE = bytearray()


class MessageProtocol(Options):
    """
    Puts text messages together, each handed to `onMessage` when it is whole.

    What is too large or not text fails the connection when its first byte is there: nothing of it is kept.
    For these bounds Autobahn's own way of putting messages together is not used.

    `finished` counts what has come to its end: messages, and control frames that are in no message. `greeted`
    is whether a message may have its full size.
    """

    finished = 0
    greeted = True
    _now = 0.0
    _message = _NO_MESSAGE
    _message_length = 0
    _fragments = 0
    _controls: TokenBucket | None = None

    def onMessageBegin(self, isBinary: bool) -> None:
        """
        A message begins.
        """
        self._message = bytearray()
        self._message_length = 0
        self._fragments = 0
        if isBinary and not self.failedByMe:
            self._fail_connection(CloseCode.UNSUPPORTED_DATA)

    def onMessageFrameBegin(self, length: int) -> None:
        """
        A frame of that many bytes begins: refuse it before its bytes come, if they would be too many.
        """
        self._message_length += length
        self._fragments += 1
        if self.failedByMe:
            return
        if self._message_length > self.maxMessagePayloadSize or (
            not self.greeted and self._message_length > self.ungreeted_bytes
        ):
            self._fail_connection(CloseCode.TOO_BIG)
        elif self._fragments > self.fragments:
            self._fail_connection(CloseCode.POLICY)

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
        self.finished += 1
        message, self._message = self._message, _NO_MESSAGE
        if self.state == self.STATE_OPEN:
            self.onMessage(bytes(message), False)

    def onFrameBegin(self) -> None:
        """
        A frame begins.
        """
        frame = self.current_frame
        if frame.opcode > 7 and frame.length > _LONGEST_CONTROL_FRAME:
            # It was found wrong, and its bytes would be kept until it ends.
            self.dropConnection()
        elif frame.opcode in (_PING, OPCODE_PONG) and not self.failedByMe:
            self._count_control_frame()
        super().onFrameBegin()

    def onFrameEnd(self) -> bool | None:
        """
        A frame is complete.
        """
        if self.current_frame.opcode >= _CLOSE and not self.inside_message:
            self.finished += 1
        return super().onFrameEnd()

    def _count_control_frame(self) -> None:
        if self._controls is None:
            self._controls = TokenBucket(self.control_frames, self.control_frames)
        if self._controls.take(self._now):
            self._fail_connection(CloseCode.FLOOD)
