"""
One connection that does whatever it likes, in whatever order, at a whole server.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.test_v1 import anything, nearly_commands
from tests.fuzz.seeds import COMMANDS, POSTS
from tests.fuzz.world import World
from tests.net.frames import frame, handshake

Act = Callable[[World], None]

thorough = settings(max_examples=100, deadline=None, derandomize=True, database=None)

texts = st.one_of(
    st.sampled_from(COMMANDS),
    st.sampled_from(COMMANDS[3:]),
    st.sampled_from(POSTS),
    nearly_commands.map(lambda value: json.dumps(value).encode()),
    anything.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")),
    st.binary(max_size=300),
)
good_frames = st.builds(frame, texts)
odd_frames = st.builds(
    frame,
    texts | st.integers(0, 70_000).map(bytes),
    st.sampled_from([0, 0, 1, 1, 2, 8, 9, 10, 3, 11]),
    fin=st.booleans(),
    masked=st.sampled_from([True] * 9 + [False]),
    rsv=st.sampled_from([0] * 9 + [4]),
    length=st.sampled_from([None] * 9) | st.integers(0, 1 << 64 - 1),
)
goodbyes = st.builds(
    lambda code, reason: frame(code.to_bytes(2, "big") + reason, 8),
    st.sampled_from([1000, 1001, 1005, 1011, 3000, 4999]) | st.integers(0, 65_535),
    st.text(max_size=30).map(str.encode) | st.binary(max_size=130),
)


def in_two(data: bytes, at: int) -> list[bytes]:
    at %= len(data) + 1
    return [data[:at], data[at:]]


def send(pieces: list[bytes]) -> Act:
    def act(world: World) -> None:
        for piece in pieces:
            world.send(piece)

    return act


sends = st.one_of(
    st.lists(good_frames, max_size=40).map(lambda frames: send([b"".join(frames)])),
    st.lists(good_frames | odd_frames | goodbyes, max_size=5).map(send),
    st.builds(in_two, good_frames | odd_frames | goodbyes, st.integers(0)).map(send),
    good_frames.map(lambda data: send([bytes([byte]) for byte in data])),
    st.binary(max_size=40).map(lambda data: send([data])),
)
acts = st.one_of(
    *(sends for _ in range(6)),
    st.floats(0, 40).map(lambda seconds: lambda world: world.wait(seconds)),
    st.sampled_from([World.stop_taking, World.take]),
)


def play(enter: Act, script: list[Act], *, half_closes: bool) -> None:
    world = World()
    try:
        for act in (enter, *script):
            act(world)
        if half_closes:
            world.half_close()
        world.end_visit()
        world.end()
    finally:
        world.close()


def connect(subprotocol: str | None) -> Act:
    return lambda world: world.connect(subprotocol)


def join(world: World) -> None:
    world.connect("chatd.v1")
    world.greet()


class FramesTests(SynchronousTestCase):
    @thorough
    @given(st.lists(acts, max_size=8), st.booleans())
    def test_a_client_of_the_tutorials_wire_harms_only_itself(self, script: list[Act], half: bool) -> None:
        play(connect(None), script, half_closes=half)

    @thorough
    @given(st.lists(acts, max_size=8), st.booleans())
    def test_a_client_that_says_no_hello_harms_only_itself(self, script: list[Act], half: bool) -> None:
        play(connect("chatd.v1"), script, half_closes=half)

    @thorough
    @given(st.lists(acts, max_size=8), st.booleans())
    def test_a_client_that_is_in_a_room_harms_only_itself(self, script: list[Act], half: bool) -> None:
        play(join, script, half_closes=half)

    def test_whatever_comes_in_a_giant_frame_is_not_kept(self) -> None:
        def act(world: World) -> None:
            world.send(frame(b"", length=1 << 40)[:-4])
            for _ in range(20):
                world.send(bytes(65_536))
                self.assertLessEqual(world.kept_bytes(), 65_536)

        play(connect(None), [act], half_closes=False)


request_lines = st.builds(
    lambda method, target, version: f"{method} {target} {version}\r\n".encode("latin-1"),
    st.sampled_from(["GET", "GET", "HEAD", "POST", "PUT", "GET ", "get", ""]),
    st.sampled_from(["/", "/ws", "/healthz", "/readyz", "/app.js", "/avatar/aa.svg?A", "*", "http://b/ws"])
    | st.text(st.characters(max_codepoint=255), max_size=20),
    st.sampled_from(["HTTP/1.1"] * 5 + ["HTTP/1.0", "HTTP/2.0", "HTTP/1.1 x", ""]),
)
names = st.sampled_from(
    [
        *("Host", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Range", "Expect"),
        *("Sec-WebSocket-Protocol", "Origin", "Content-Length", "Transfer-Encoding", "If-None-Match"),
    ]
)
values = st.sampled_from(
    [
        *("chat.example", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "chatd.v1", "*"),
        *("close", "keep-alive", "chunked", "0", "5", "70000", "-1", "bytes=0-5", "100-continue", "null"),
    ]
) | st.text(st.characters(max_codepoint=255), max_size=20)
headers = st.builds(lambda name, value: f"{name}: {value}\r\n".encode("latin-1"), names, values)
requests = st.builds(
    lambda line, fields, end, body: b"".join([line, *fields, end, body]),
    request_lines,
    st.lists(headers, max_size=8),
    st.sampled_from([b"\r\n"] * 5 + [b"", b"\n"]),
    st.sampled_from([b"", b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"x" * 20_000]) | st.binary(max_size=20),
)
whole = st.sampled_from([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 20, handshake(Host="a"), handshake()])
asks = st.one_of(
    (requests | whole).map(lambda data: send([data])),
    st.builds(in_two, requests | whole, st.integers(0)).map(send),
    st.lists(requests | whole, max_size=4).map(lambda several: send([b"".join(several)])),
    st.binary(max_size=60).map(lambda data: send([data])),
)


class RequestsTests(SynchronousTestCase):
    @thorough
    @given(st.lists(asks | acts, max_size=6), st.booleans())
    def test_a_client_that_asks_for_whatever_harms_only_itself(self, script: list[Act], half: bool) -> None:
        play(World.enter, script, half_closes=half)
