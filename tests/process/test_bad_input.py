"""
What is wrong is answered as the protocol says, told in one line of the log, and nobody else's trouble.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest

from tests.daemon import Daemon, wait_until
from tests.net.frames import Sent, frame, handshake, parse


class RawClient:
    """
    A socket at `/ws` that can send anything. `host` is the address from which it comes.
    """

    def __init__(self, port: int, subprotocol: str | None, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10, (host, 0))
        self.socket.sendall(handshake(Sec_WebSocket_Protocol=subprotocol))
        self._file = self.socket.makefile("rb")
        assert b" 101 " in self._file.readline()
        while self._file.readline().strip():
            pass

    def send(self, data: bytes) -> None:
        """
        Send these bytes.
        """
        self.socket.sendall(data)

    def say(self, **message: str) -> None:
        """
        Send a JSON object as one text frame.
        """
        self.send(frame(json.dumps(message).encode()))

    def receive(self) -> Sent:
        """
        The next frame.
        """
        head = self._file.read(2)
        assert len(head) == 2, "the connection is gone"
        more = {126: 2, 127: 8}.get(head[1], 0)
        head += self._file.read(more)
        size = int.from_bytes(head[2:], "big") if more else head[1]
        return parse(head + self._file.read(size))[0]

    def close(self) -> None:
        """
        Be gone.
        """
        self._file.close()
        self.socket.close()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """
    One daemon for all of this module.
    """
    with Daemon(tmp_path_factory.mktemp("bad-input")) as running:
        yield running


@pytest.fixture
def bystander(daemon: Daemon) -> Iterator[RawClient]:
    """
    Somebody on the tutorial's wire who has nothing to do with it.
    """
    client = RawClient(daemon.port, None)
    yield client
    client.close()


# Whoever does something wrong has an address of its own, for the log has but ten lines a minute for one.
ADDRESSES = (f"127.0.1.{last}" for last in range(1, 255))


def lines_of(daemon: Daemon) -> list[str]:
    """
    What the log says of clients.
    """
    return [line for line in daemon.log.splitlines() if re.search(r"127[.0-9]+ is ", line)]


def goes_on(daemon: Daemon, bystander: RawClient) -> None:
    """
    The bystander still talks and hears.
    """
    bystander.say(username="bob", message="still here")
    assert json.loads(bystander.receive().payload)["message"] == "still here"
    assert "Traceback" not in daemon.log


BIG = 65_537

CLOSED = {
    "a reserved opcode": ("chatd.v1", frame(b"", 3), 1002),
    "a reserved bit": ("chatd.v1", frame(b"x", rsv=4), 1002),
    "a frame without a mask": ("chatd.v1", frame(b"{}", masked=False), 1002),
    "a ping in fragments": ("chatd.v1", frame(b"", 9, fin=False), 1002),
    "a continuation of nothing": ("chatd.v1", frame(b"x", 0), 1002),
    "a binary frame": ("chatd.v1", frame(b"{}", 2), 1003),
    "a binary frame on the tutorial's wire": (None, frame(b"{}", 2), 1003),
    "invalid UTF-8": ("chatd.v1", frame(b'{"type":"\xff"}'), 1007),
    "invalid UTF-8 on the tutorial's wire": (None, frame(b'{"message":"\xc0\xaf"}'), 1007),
    "65 537 bytes in a frame": ("chatd.v1", frame(b" " * BIG), 1009),
    "65 537 bytes in two frames": ("chatd.v1", frame(b" " * 65_000, fin=False) + frame(b" " * 537, 0), 1009),
    "65 537 bytes on the tutorial's wire": (None, frame(b" " * BIG), 1009),
    "no JSON on the tutorial's wire": (None, frame(b"hello"), 1007),
    "a wrong type on the tutorial's wire": (None, frame(b'{"message":1}'), 1007),
    "a lone surrogate on the tutorial's wire": (None, frame(b'{"message":"\\ud800"}'), 1007),
    "4001 characters on the tutorial's wire": (None, frame(b'{"message":"%s"}' % (b"x" * 4001)), 1009),
}


@pytest.mark.parametrize("what", CLOSED)
def test_what_no_connection_survives_closes_it_and_no_other(
    what: str, daemon: Daemon, bystander: RawClient
) -> None:
    """With the code of the protocol, and one line in the log."""
    subprotocol, data, code = CLOSED[what]
    before = len(lines_of(daemon))
    client = RawClient(daemon.port, subprotocol, next(ADDRESSES))
    client.send(data)
    sent = client.receive()
    assert (sent.opcode, sent.code) == (8, code)
    client.close()
    wait_until(lambda: len(lines_of(daemon)) > before)
    goes_on(daemon, bystander)
    lines = lines_of(daemon)[before:]
    assert len(lines) == 1, lines
    assert str(code) in lines[0]


REFUSED = {
    "no JSON": b"hello",
    "an unknown command": b'{"type":"dance"}',
    "a wrong type": b'{"type":"hello","name":5}',
    "an unknown field": b'{"type":"hello","surname":"x"}',
    "a lone surrogate": b'{"type":"hello","name":"\\udfff"}',
    "two objects": b"{} {}",
    "a list that never ends": b"[" * 4_000,
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_command_is_refused_and_the_connection_goes_on(
    what: str, daemon: Daemon, bystander: RawClient
) -> None:
    """With one line in the log."""
    before = len(lines_of(daemon))
    client = RawClient(daemon.port, "chatd.v1", next(ADDRESSES))
    client.send(frame(REFUSED[what]))
    refused = json.loads(client.receive().payload)
    assert (refused["type"], refused["code"]) == ("refused", "bad_request")
    client.say(type="hello")
    assert json.loads(client.receive().payload)["type"] == "welcome"
    client.close()
    wait_until(lambda: len(lines_of(daemon)) > before)
    goes_on(daemon, bystander)
    assert len(lines_of(daemon)[before:]) == 1
