"""
Files of a daemon: large ones, cut ones, and a disk without room.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.daemon import Daemon, wait_until
from tests.process.test_durability import small_disk

LARGE_BYTES = 200 << 20
CUTS = 9
PART = "application/offset+octet-stream"
MEMORY_BYTES = 24 << 20
"""How much more the daemon may have in use after a file of `LARGE_BYTES`: a few chunks, and what wanders."""


class Guest:
    """
    A guest in the lobby, who brings files.
    """

    def __init__(self, daemon: Daemon, line: Any) -> None:
        self.daemon = daemon
        self._line = line
        self.me = self.ask("hello", name="ada")
        self.token = self.me["token"]
        self.ask("join", room="lobby")

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command, and return its answer."""
        self._line.send(json.dumps({"type": kind, "ref": "r", **fields}))
        while True:
            told: dict[str, Any] = json.loads(self._line.recv(timeout=20))
            if told.get("ref") == "r":
                return told

    def http(
        self, method: str, path: str, body: bytes | None = None, **headers: object
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of what a request is answered with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=60)
        try:
            connection.request(method, path, body, self.headers(**headers))
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def headers(self, **more: object) -> dict[str, str]:
        """What each request has."""
        said = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}
        return said | {name.replace("_", "-"): str(value) for name, value in more.items()}

    def begin(self, size: int, name: str = "a.bin") -> str:
        """Begin an upload; its path."""
        words = (("filename", name), ("room", "lobby"))
        said = ",".join(f"{word} {base64.b64encode(text.encode()).decode()}" for word, text in words)
        status, headers, body = self.http("POST", "/files/", Upload_Length=size, Upload_Metadata=said)
        assert status == 201, (status, body)
        return str(headers["Location"])

    def offset(self, path: str) -> int:
        """How much of an upload has arrived, once nobody is at it any more."""
        seen: list[int] = []

        def look() -> bool:
            status, headers, _ = self.http("HEAD", path)
            if status == 200:
                seen.append(int(headers["Upload-Offset"]))
            else:
                assert status == 423
            return status == 200

        wait_until(look, 40)
        return seen[0]

    def part(self, path: str, at: int, data: bytes) -> int:
        """Send a part; the status."""
        return self.http("PATCH", path, data, Upload_Offset=at, Content_Type=PART)[0]

    def bring(self, data: bytes, name: str = "a.bin") -> str:
        """Bring a file and send it with a message; its path."""
        path = self.begin(len(data), name)
        assert self.part(path, 0, data) == 204
        assert self.ask("say", room="lobby", text="look", files=[path.rpartition("/")[2]])["type"] == "done"
        return path


@contextmanager
def guest(daemon: Daemon) -> Iterator[Guest]:
    """
    A guest of a daemon.
    """
    with connect(daemon.ws_url, subprotocols=[Subprotocol("chatd.v1")], compression=None, proxy=None) as line:
        yield Guest(daemon, line)


def block(number: int) -> bytes:
    """
    A mebibyte that is like no other.
    """
    return random.Random(number).randbytes(1 << 20)


def send_until_cut(ada: Guest, path: str, at: int, upto: int) -> None:
    """
    Send all that is left of a large file, but lose the connection at a byte.
    """
    head = ada.headers(Host="chat", Upload_Offset=at, Content_Type=PART, Content_Length=LARGE_BYTES - at)
    lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.create_connection(("127.0.0.1", ada.daemon.port), timeout=60) as line:
        line.sendall("\r\n".join(lines).encode())
        while at < upto:
            number, inside = divmod(at, 1 << 20)
            piece = block(number)[inside : inside + upto - at]
            line.sendall(piece)
            at += len(piece)
        if upto == LARGE_BYTES:
            assert line.recv(100).startswith(b"HTTP/1.1 204")


def test_a_large_file_that_is_cut_off_nine_times_arrives_whole(tmp_path: Path) -> None:
    """And the daemon needs no more memory for it, neither when it comes nor when it goes."""
    with Daemon(tmp_path) as daemon, guest(daemon) as ada:
        # What is loaded at the first file counts for no file.
        ada.bring(bytes(4 << 20))
        before = daemon.resident_bytes()
        path = ada.begin(LARGE_BYTES)
        at = 0
        for cut in range(1, CUTS + 1):
            send_until_cut(ada, path, at, cut * LARGE_BYTES // (CUTS + 1) + 777)
            there = ada.offset(path)
            assert at < there <= cut * LARGE_BYTES // (CUTS + 1) + 777
            at = there
        assert daemon.resident_bytes() - before < MEMORY_BYTES
        send_until_cut(ada, path, at, LARGE_BYTES)
        assert ada.offset(path) == LARGE_BYTES
        key = path.rpartition("/")[2]
        said = ada.ask("say", room="lobby", text="", files=[key])
        assert said["type"] == "done"
        status, headers, body = ada.http("GET", f"{path}/a.bin")
        assert (status, len(body)) == (200, LARGE_BYTES)
        assert headers["Content-Type"] == "application/octet-stream"
        expected = hashlib.sha256()
        for number in range(LARGE_BYTES >> 20):
            expected.update(block(number))
        assert hashlib.sha256(body).digest() == expected.digest()
        assert daemon.resident_bytes() - before < MEMORY_BYTES
        assert "Traceback" not in daemon.log


def test_what_has_arrived_survives_a_kill_and_what_nobody_knows_does_not(tmp_path: Path) -> None:
    """The upload goes on where it was; a message's file is there."""
    data = block(0)
    with Daemon(tmp_path) as daemon:
        with guest(daemon) as ada:
            sent = ada.bring(data)
            path = ada.begin(len(data))
            assert ada.part(path, 0, data[:500_000]) == 204
            token = ada.token
        daemon.kill()
        folder = daemon.data / "chatd.sqlite3.files"
        (folder / "aa").mkdir(exist_ok=True)
        stray = folder / "aa" / ("a" * 26)
        stray.write_bytes(b"of a commit that never was")
        daemon.start()
        with guest(daemon) as ada:
            ada.token = token
            assert ada.offset(path) == 500_000
            assert ada.part(path, 500_000, data[500_000:]) == 204
            for each in (sent, path):
                assert ada.http("GET", f"{each}/a")[2] == data
            wait_until(lambda: "put 1 files of which the database knows nothing into" in daemon.log, 30)
        assert not stray.exists()
        assert (folder / "stray" / stray.name).exists()


def test_a_picture_is_looked_at_and_a_wiped_one_is_gone_from_the_disk(tmp_path: Path) -> None:
    """With its preview."""
    target = io.BytesIO()
    Image.new("RGB", (1280, 640), "teal").save(target, "PNG")
    with Daemon(tmp_path) as daemon, guest(daemon) as ada:
        path = ada.bring(target.getvalue(), "teal.png")
        (message,) = ada.ask("history", room="lobby")["events"]
        (file,) = message["files"]
        assert (file["type"], file["width"], file["height"], file["preview"]) == (
            "image/png",
            1280,
            640,
            True,
        )
        preview = Image.open(io.BytesIO(ada.http("GET", f"{path}/preview")[2]))
        assert (preview.size, preview.format) == ((640, 320), "JPEG")
        html = ada.bring(b"<script>alert(1)</script>", "pretty.png")
        _, headers, _ = ada.http("GET", f"{html}/pretty.png")
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert headers["Content-Disposition"].startswith("attachment")
        folder = daemon.data / "chatd.sqlite3.files"
        assert len([each for each in folder.rglob("*") if each.is_file()]) == 3
        secret = daemon.log.partition("/#/owner/")[2].split()[0]
        asked = {"name": "olga", "password": "correct horse battery", "owner": secret}
        status, _, told = ada.http(
            "POST", "/account/sign-up", json.dumps(asked).encode(), Content_Type="application/json"
        )
        assert status == 200
        with connect(
            daemon.ws_url, subprotocols=[Subprotocol("chatd.v1")], compression=None, proxy=None
        ) as line:
            for command in (
                {"type": "hello", "token": json.loads(told)["token"]},
                {"type": "join", "room": "lobby"},
                {"type": "wipe", "room": "lobby", "who": ada.me["me"]["id"], "seconds": 3600, "ref": "w"},
            ):
                line.send(json.dumps(command))
            while json.loads(line.recv(timeout=20)).get("ref") != "w":
                pass
        assert ada.http("GET", f"{path}/teal.png")[0] == 404
        wait_until(lambda: not [each for each in folder.rglob("*") if each.is_file()], 30)


def test_a_full_disk_is_a_clear_refusal_and_talking_goes_on(tmp_path: Path) -> None:
    """On a file system of eight megabytes."""
    with small_disk(tmp_path / "disk", "8m") as disk:
        daemon = Daemon(tmp_path / "daemon", flags=("--data", str(disk)))
        with daemon, guest(daemon) as ada:
            data = bytes(12 << 20)
            path = ada.begin(len(data))
            status, headers, body = ada.http("PATCH", path, data, Upload_Offset=0, Content_Type=PART)
            assert (status, json.loads(body)["code"]) == (507, "read_only")
            assert headers["Retry-After"]
            there = ada.offset(path)
            assert 0 < there < len(data)
            for number in range(10):
                assert ada.ask("say", room="lobby", text=f"still here {number}")["type"] == "done"
            assert ada.http("GET", "/readyz")[0] == 200
            assert ada.http("DELETE", path)[0] == 204
            assert ada.http("GET", f"{ada.bring(data[: 1 << 20])}/a")[2] == data[: 1 << 20]
            assert "Traceback" not in daemon.log
            assert daemon.log.count("Files cannot be read or written") == 1


@pytest.mark.parametrize("flags", [(), ("--store", "memory:")])
def test_where_no_files_are_taken_the_page_is_told(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Before anybody tries."""
    with Daemon(tmp_path, flags=("--max-upload-bytes", "0", *flags)) as daemon, guest(daemon) as ada:
        assert ada.me["limits"]["upload"] == 0
        words = base64.b64encode(b"lobby").decode()
        status, _, body = ada.http("POST", "/files/", Upload_Length=1, Upload_Metadata=f"room {words}")
        assert (status, json.loads(body)["code"]) == (403, "forbidden")
        assert "files" in daemon.log


def test_a_stop_in_the_middle_of_files_is_as_quick_as_ever(tmp_path: Path) -> None:
    """What comes goes on after the next start; what goes is cut off."""
    with Daemon(tmp_path) as daemon:
        with guest(daemon) as ada:
            path = ada.begin(LARGE_BYTES)
            head = ada.headers(Host="chat", Upload_Offset=0, Content_Type=PART, Content_Length=LARGE_BYTES)
            lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
            large = ada.bring(bytes(8 << 20))
            with (
                socket.create_connection(("127.0.0.1", daemon.port)) as coming,
                socket.create_connection(("127.0.0.1", daemon.port)) as going,
            ):
                coming.sendall("\r\n".join(lines).encode() + block(0))
                going.sendall(f"GET {large}/a HTTP/1.1\r\nHost: chat\r\n\r\n".encode())
                assert going.recv(1000).startswith(b"HTTP/1.1 200")
                folder = daemon.data / "chatd.sqlite3.files"
                name = path.rpartition("/")[2]
                wait_until(lambda: (folder / name[:2] / name).stat().st_size)
                assert daemon.stop() == 0
            token = ada.token
        assert "Traceback" not in daemon.log
        daemon.start()
        with guest(daemon) as ada:
            ada.token = token
            assert 0 < ada.offset(path) <= 1 << 20
