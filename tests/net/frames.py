"""
WebSocket frames as a client makes and reads them (RFC 6455 section 5.2), written apart from the server's.
"""

from __future__ import annotations

from dataclasses import dataclass

MASK = b"\x11\x92\xf3\x44"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def frame(
    payload: bytes = b"",
    opcode: int = 1,
    *,
    fin: bool = True,
    masked: bool = True,
    rsv: int = 0,
    length: int | None = None,
) -> bytes:
    """
    One frame; `length` is what its header says instead of the truth.
    """
    size = len(payload) if length is None else length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if size < 126:
        head = bytes([first, size | 0x80 * masked])
    elif size < 65536:
        head = bytes([first, 126 | 0x80 * masked]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, 127 | 0x80 * masked]) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def close_frame(code: int = 1000) -> bytes:
    """
    A client's goodbye.
    """
    return frame(code.to_bytes(2, "big"), 8)


@dataclass(slots=True, frozen=True)
class Sent:
    """
    A frame that came from the server.
    """

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """
        The code of a close frame.
        """
        return int.from_bytes(self.payload[:2], "big")

    @property
    def reason(self) -> str:
        """
        The reason of a close frame.
        """
        return self.payload[2:].decode()


def parse(data: bytes) -> list[Sent]:
    """
    All frames in what the server sent; each has to be whole, final and unmasked.
    """
    found = []
    while data:
        assert data[0] & 0xF0 == 0x80, data[:20]
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        assert len(data) >= start + size, data[:20]
        found.append(Sent(data[0] & 0x0F, data[start : start + size]))
        data = data[start + size :]
    return found


def handshake(**headers: str | None) -> bytes:
    """
    A request for `/ws`; a header's underscores stand for hyphens, and None leaves it out.
    """
    chosen: dict[str, str | None] = {
        "Host": "chat.example:8000",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = ["GET /ws HTTP/1.1", *(f"{name}: {value}" for name, value in chosen.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
