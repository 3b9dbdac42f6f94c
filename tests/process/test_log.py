"""
The log of the real daemon: each event is one line, whoever writes it and wherever it goes.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import TWISTD, Daemon, environment, fetch, wait_until
from tests.net.frames import frame
from tests.process.test_bad_input import RawClient

STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[[^\]]+\] "


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def misbehave(daemon: Daemon, times: int) -> None:
    """
    Be sent away, again and again, for something with a line of the log in it.
    """
    for _ in range(times):
        client = RawClient(daemon.port, "chatd.v1")
        client.send(frame(b"\n2026-01-01T00:00:00+0000 [-] all is well\n\x1b[2J\xff"))
        assert client.receive().opcode == 8
        client.close()


def test_json_lines_come_from_twistd_and_from_the_command(tmp_path: Path) -> None:
    for name, command in (("twistd", (TWISTD, "-n", "chatd")), ("command", (sys.executable, "-m", "chatd"))):
        with Daemon(tmp_path / name, ["--log-format", "json"], command=command) as daemon:
            misbehave(daemon, 1)
            assert daemon.stop() == 0
            lines = objects(daemon.log)
        messages = [line["message"] for line in lines]
        assert f"open {daemon.url}/" in messages
        assert "SIGTERM: stopping" in messages
        closed = next(line for line in lines if line.get("code") == 1007)
        assert (closed["level"], closed["namespace"], closed["peer"]) == (
            "info",
            "chatd.net.outbox",
            "127.0.0.1",
        )


def test_json_lines_go_to_a_log_file_which_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "chat.log"
    command = (TWISTD, "-n", f"--logfile={path}", "chatd")
    with Daemon(tmp_path / "daemon", ["--log-format=json"], command=command) as daemon:
        daemon.signal(signal.SIGUSR1)
        wait_until(lambda: len(list(tmp_path.glob("chat.log*"))) == 2)
        misbehave(daemon, 1)
        assert daemon.stop() == 0
        assert daemon.log == ""
    for file in tmp_path.glob("chat.log*"):
        assert objects(file.read_text())


def test_a_locale_without_the_letters_loses_no_line(tmp_path: Path) -> None:
    with Daemon(tmp_path / "世界", environ=environment(PYTHONIOENCODING="ascii")) as daemon:
        misbehave(daemon, 11)
        assert daemon.stop() == 0
        assert "\\u4e16\\u754c/data/chatd.sqlite3" in daemon.log
        assert "127.0.0.1: \\u2026 and 1 more in the same minute" in daemon.log
        assert "Traceback" not in daemon.log


def test_what_cannot_start_is_a_json_line_too(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, ["--log-format=json", "--tls-port=0", "--tls-cert=none.pem"])
    with pytest.raises(AssertionError):
        daemon.start()
    lines = daemon.log.splitlines()
    told = f"cannot read {tmp_path}/none.pem: No such file or directory"
    assert f"chatd: {told}" in lines
    assert f"cannot start: {told}" in [json.loads(line)["message"] for line in lines if line[0] == "{"]


def test_text_lines_have_their_time_whatever_a_client_sends(tmp_path: Path) -> None:
    with Daemon(tmp_path) as daemon:
        misbehave(daemon, 12)
        for path in ("/%0a[-]%20all%20is%20well", "/x%1b[2J", "/avatar/%00.svg"):
            assert fetch(f"{daemon.url}{path}")[0] == 404
        assert daemon.stop() == 0
        for line in daemon.log.splitlines():
            assert re.match(STAMP, line), line
            assert line.isprintable()
        assert "all is well" not in daemon.log
        assert daemon.log.count("127.0.0.1 is closed with 1007") == 10
        assert "127.0.0.1: … and 2 more in the same minute" in daemon.log
