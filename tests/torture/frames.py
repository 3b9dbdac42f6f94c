"""
WebSocket frames (RFC 6455, section 5) as a client writes and reads them, wrong ones too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

_KEY = b"\x5a\xc3\x1f\x96"


class BadFrame(Exception):
    """
    The server wrote what is no frame of a server.
    """


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """
    One frame. `length` is what its header claims, where that is not the length of the payload.
    """
    length = len(payload) if length is None else length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask = 0x80 if masked else 0
    if length < 126:
        head = bytes((first, mask | length))
    elif length < 1 << 16:
        head = bytes((first, mask | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, mask | 127)) + length.to_bytes(8, "big")
    return head + _KEY + masking(payload) if masked else head + payload


def masking(payload: bytes) -> bytes:
    """
    The payload as it stands in a masked frame.
    """
    count = len(payload)
    key = (_KEY * (count // 4 + 1))[:count]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(count, "big")


@dataclass(slots=True)
class Frames:
    """
    What a server writes, taken apart into messages and control frames.
    """

    _data: bytearray = field(default_factory=bytearray)
    _opcode: int = 0
    _parts: list[bytes] = field(default_factory=list)

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """
        Take what has arrived; (opcode, payload) of all that is whole by now. Raises `BadFrame`.
        """
        buffer = self._data
        buffer += data
        start, end = 0, len(buffer)
        try:
            while end - start >= 2:
                first, length = buffer[start], buffer[start + 1]
                at = start + 2
                if length >= 126:
                    size = 2 if length == 126 else 8
                    if length > 127 or end - at < size:
                        if length > 127:
                            raise BadFrame("a server's frame is masked")
                        break
                    length = int.from_bytes(buffer[at : at + size], "big")
                    at += size
                if end - at < length:
                    break
                payload = bytes(buffer[at : at + length])
                start = at + length
                if first == 0x81 and not self._opcode:
                    # As nearly all of them are: a whole text.
                    yield TEXT, payload
                    continue
                whole = self._take(first, payload)
                if whole is not None:
                    yield whole
        finally:
            del buffer[:start]

    def _take(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode, fin = first & 0x0F, first & 0x80
        if first & 0x70:
            raise BadFrame("reserved bits are set")
        if opcode >= CLOSE:
            if not fin or len(payload) > 125 or opcode > PONG:
                raise BadFrame(f"no control frame: {opcode}, {len(payload)} bytes")
            return opcode, payload
        if (opcode == CONTINUATION) != bool(self._opcode) or opcode > BINARY:
            raise BadFrame(f"opcode {opcode} out of turn")
        self._parts.append(payload)
        if not fin:
            self._opcode = self._opcode or opcode
            return None
        opcode, payload = self._opcode or opcode, b"".join(self._parts)
        self._opcode, self._parts = 0, []
        return opcode, payload
