"""
Where fuzzing begins: something of each kind that clients send, and what was found so far.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.targets import FILL, GREETED, HALF, STOP, TAKE, TEXT, TUTORIAL, WAIT
from tests.net.frames import close_frame, frame, handshake

CORPUS = Path(__file__).parent / "corpus"

POSTS = (
    b'{"email":"a@example.org","username":"ada","message":"hi :robot:"}',
    b'{"message":"\\ud83d\\ude00\\r\\n\xc3\xa4","message":null,"x":[1,2.5e3,{"y":true}]}',
    b'{"username":"\\u202e\\ud800"}',
)

COMMANDS = (
    b'{"type":"hello","name":"ada","email":"a@example.org","ref":"1"}',
    b'{"type":"hello","token":"chatd_000"}',
    b'{"type":"hello"}',
    b'{"type":"join","room":"lobby","limit":0}',
    b'{"type":"join","room":"Caf\xc3\xa9","after":0,"epoch":"e","id":"i"}',
    b'{"type":"say","room":"lobby","text":"hi","cid":"c","reply_to":1}',
    b'{"type":"say","room":"@aaaaaaaaaaaaaaaa","text":"psst"}',
    b'{"type":"history","room":"lobby","before":9,"limit":200}',
    b'{"type":"history","room":"lobby","after":0}',
    b'{"type":"who","room":"lobby"}',
    b'{"type":"rooms","after":"l"}',
    b'{"type":"typing","room":"lobby"}',
    b'{"type":"read","room":"lobby","offset":1}',
    b'{"type":"leave","room":"lobby"}',
)

# See `compose`: a kind, and then a field with a value that fits and one with another.
COMPOSED = tuple(bytes([255, kind, 0, 200, 2]) + b"hi" + bytes([1, 5, 8]) for kind in range(24))


def piece(data: bytes) -> bytes:
    """
    An act of a script that sends this, in as many pieces as it takes.
    """
    return b"".join(
        bytes([len(data[at : at + 200])]) + data[at : at + 200] for at in range(0, len(data), 200)
    )


def said(text: bytes) -> bytes:
    """
    An act that sends a text in a frame of its own.
    """
    return bytes([TEXT, len(text)]) + text


def _frames() -> Iterable[bytes]:
    v1, greeted, tutorial = b"\0", bytes([GREETED]), bytes([TUTORIAL])
    yield v1 + b"".join(said(command) for command in COMMANDS[:7])
    yield greeted + b"".join(said(command) for command in COMMANDS[3:])
    yield tutorial + b"".join(said(post) for post in POSTS)
    yield greeted + bytes([STOP]) + said(COMMANDS[5]) * 3 + bytes([WAIT, 255, TAKE]) + said(COMMANDS[7])
    yield greeted + said(COMMANDS[5]) + bytes([HALF])
    yield v1 + bytes([WAIT, 101])
    yield v1 + piece(close_frame(1000))
    yield v1 + piece(frame((3000).to_bytes(2, "big") + b"bye", 8)) + piece(frame(b"late"))
    yield tutorial + piece(frame(b'{"mess', fin=False) + frame(b"p", 9) + frame(b'age":"hi"}', 0))
    yield tutorial + piece(frame(b"", length=65536)[:-4]) + bytes([FILL, 255, FILL, 1])
    yield tutorial + piece(frame(b"", length=1 << 40))
    yield v1 + piece(frame(b"x", 2)) + piece(frame(b"\xff")) + piece(close_frame())
    yield v1 + piece(frame(b"x", 3)) + piece(frame(b"x", 11, rsv=7)) + piece(frame(b"x", masked=False))
    yield v1 + piece(frame(b"", 9, length=1 << 20)) + bytes([FILL, 255]) * 4
    yield tutorial + piece(frame(b"p", 9) * 20)
    yield greeted + b"".join(bytes([1, byte]) for byte in frame(COMMANDS[9]))


def _requests() -> Iterable[bytes]:
    yield piece(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") * 6
    yield piece(b"HEAD /app.js HTTP/1.0\r\nRange: bytes=0-9,3-\r\nIf-None-Match: *\r\n\r\n")
    yield piece(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    yield piece(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    yield piece(b"GET /avatar/aaaaaaaaaaaaaaaa.svg?A HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
    yield piece(b"GET http://b/%2e%2e/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") + bytes([HALF])
    yield piece(b"GET /readyz HTTP/1.1\r\nHost: a\r\n") + bytes([WAIT, 101])
    yield piece(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield piece(b"GET / HTTP/1.1\r\nA: ") + bytes([FILL, 80])
    yield piece(handshake()) + said(POSTS[0]) + bytes([STOP]) + piece(close_frame())
    yield piece(handshake(Sec_WebSocket_Protocol="chatd.v1") + frame(COMMANDS[0]) + frame(COMMANDS[3]))
    yield piece(handshake(Origin="http://chat.example:8000", Sec_WebSocket_Key="short"))


SEEDS: dict[str, tuple[bytes, ...]] = {
    "tutorial": tuple(b"\0" + post for post in POSTS) + COMPOSED,
    "v1": tuple(b"\0" + command for command in COMMANDS) + COMPOSED,
    "frames": tuple(_frames()),
    "http": tuple(_requests()),
}

WORDS = (
    *(b'"type":"', b'"ref":"', b'"room":"lobby"', b'"message":"', b'"username":"', b'"email":"', b"null"),
    *(b'"name":"', b'"token":"', b'"after":', b'"epoch":"', b'"limit":', b'"text":"', b'"cid":"'),
    *(b'"reply_to":', b'"before":', b'"offset":', b"\\ud800", b"\\u0000", b"1e309", b"9007199254740992"),
    *(b"hello", b"join", b"leave", b"say", b"history", b"who", b"rooms", b"typing", b"read"),
    *(b"\x81\x80\0\0\0\0", b"\x01\x80\0\0\0\0", b"\x80\x80\0\0\0\0", b"\x88\x82\0\0\0\0\x03\xe8"),
    *(b"\x89\x80\0\0\0\0", b"\x81\xfe\xff\xff\0\0\0\0", b"\x81\xff\0\0\0\0\0\1\0\0\0\0\0\0"),
    *(b"GET /ws HTTP/1.1\r\n", b"\r\n\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n"),
    *(b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n", b"Range: bytes=", b"If-None-Match: "),
)
"""What a fuzzer would take long to come upon by itself."""


def found(target: str) -> tuple[bytes, ...]:
    """
    The inputs of earlier fuzzing that found something, which are kept as a line of base64 each.
    """
    path = CORPUS / f"{target}.txt"
    lines = path.read_text("ascii").split() if path.exists() else []
    return tuple(base64.b64decode(line, validate=True) for line in lines)
