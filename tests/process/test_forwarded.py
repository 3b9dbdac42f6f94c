"""
The real daemon behind a reverse proxy.
"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.daemon import Daemon, free_port, wait_until
from tests.net.frames import frame, handshake


def connect(where: socket.socket, forwarded_for: str) -> bytes:
    """
    Open a WebSocket as a proxy does for a client; the status line.
    """
    where.settimeout(10)
    where.sendall(handshake(X_Forwarded_For=forwarded_for, X_Forwarded_Proto="https", Host="chat.example"))
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += where.recv(4096)
    return reply.partition(b"\r\n")[0]


def test_limits_and_log_go_by_the_client_of_a_trusted_proxy(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    flags = ["--trusted-proxy=127.0.0.0/8", "--trusted-proxy=unix", f"--listen=unix:{path}"]
    with Daemon(tmp_path / "daemon", [*flags, "--max-connections-per-address=1"]) as daemon:
        first = socket.socket(socket.AF_UNIX)
        first.connect(str(path))
        second = socket.create_connection(("127.0.0.1", daemon.port))
        third = socket.create_connection(("127.0.0.1", daemon.port))
        with first, second, third:
            assert b" 101 " in connect(first, "127.0.0.1, 203.0.113.7")
            assert b" 503 " in connect(second, "198.51.100.9, 203.0.113.7")
            assert b" 101 " in connect(third, "203.0.113.8")
            first.sendall(frame(b"\xff"))
            wait_until(lambda: "203.0.113.7 is closed with 1007" in daemon.log)


def test_a_header_of_haproxys_that_cannot_be_read_is_no_line_of_the_log(tmp_path: Path) -> None:
    port = free_port()
    with Daemon(tmp_path / "daemon", [f"--listen=haproxy:tcp:{port}:interface=127.0.0.1"]) as daemon:
        before = daemon.log
        for header in (
            b"PROXY TCP4 \xff a b c\r\n",
            b"PROXY TCP4 203.0.113.7 192.0.2.1 x y\r\n",
            b"GET / HTTP/1.1\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(header)
                assert client.recv(100) == b""
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n" + handshake())
            assert b" 101 " in client.recv(4096)
        assert daemon.log == before


def test_a_promise_of_tls_is_refused_where_plain_tcp_is_open(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, ["--hsts", "--trusted-proxy=unix", "--listen=tcp:0"])
    with pytest.raises(AssertionError, match="chatd: --hsts: browsers would no longer use ") as caught:
        daemon.start()
    assert "Traceback" not in str(caught.value)
