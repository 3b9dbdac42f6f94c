"""
More connections than the process has descriptors for.
"""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path

from tests.daemon import TWISTD, Daemon, fetch, wait_until
from tests.net.frames import frame
from tests.process.test_bad_input import RawClient

DESCRIPTORS = 300
RESERVED = 128
IN_A_SHELL = ("sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", TWISTD, "-n", "chatd")


class Idler:
    """
    Somebody who connects and says nothing.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.told = b""
        self.cut = False
        try:
            self.socket.connect(("127.0.0.1", port))
        except ConnectionError:
            self.cut = True

    def look(self) -> bool:
        """
        Whether it was told something, or cut off.
        """
        if not (self.told or self.cut):
            with contextlib.suppress(BlockingIOError):
                try:
                    self.told = self.socket.recv(4096, socket.MSG_DONTWAIT)
                    self.cut = not self.told
                except ConnectionError:
                    self.cut = True
        return bool(self.told or self.cut)


def test_when_descriptors_run_out_newcomers_are_told_and_those_inside_talk_on(tmp_path: Path) -> None:
    with Daemon(tmp_path, command=IN_A_SHELL) as daemon:
        assert f"room for {DESCRIPTORS - RESERVED} connections" in daemon.log
        ada = RawClient(daemon.port, "chatd.v1")
        ada.send(frame(b'{"type":"hello","name":"ada"}'))
        assert json.loads(ada.receive().payload)["type"] == "welcome"
        ada.send(frame(b'{"type":"join","room":"lobby"}'))
        assert [json.loads(ada.receive().payload)["type"] for _ in range(2)] == ["joined", "live"]
        crowd = [Idler(daemon.port) for _ in range(2 * DESCRIPTORS)]
        # Ada has one place, and whatever asked whether the daemon is ready may still have another.
        most = DESCRIPTORS - RESERVED - 1
        wait_until(lambda: sum(one.look() for one in crowd) >= len(crowd) - most)
        told = [one for one in crowd if one.told]
        assert {one.told.partition(b"\r\n")[0] for one in told} == {b"HTTP/1.1 503 Service Unavailable"}
        assert all(b"Retry-After: 10" in one.told for one in told)
        assert len([one for one in crowd if not one.look()]) >= most - 2
        # The store has its own: what is said is kept and heard.
        for number in range(5):
            ada.send(frame(b'{"type":"say","room":"lobby","text":"still here %d"}' % number))
            kinds = [json.loads(ada.receive().payload)["type"] for _ in range(2)]
            assert kinds == ["message", "done"]
        for one in crowd:
            one.socket.close()
        wait_until(lambda: _answers(daemon))
        ada.close()
        assert "Traceback" not in daemon.log
        assert daemon.stop() == 0


def _answers(daemon: Daemon) -> bool:
    try:
        return fetch(f"{daemon.url}/healthz")[0] == 200
    except OSError:
        return False
