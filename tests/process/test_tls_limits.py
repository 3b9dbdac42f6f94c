"""
What a client of the real daemon cannot make of TLS.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from pathlib import Path

import pytest
from OpenSSL import SSL

from chatd.net.channel import HEADER_SECONDS
from tests.certificates import make_pair
from tests.daemon import fetch
from tests.process.test_tls import TlsDaemon

# A good deal more than promised: the machine may be busy.
PATIENCE_SECONDS = 20


def hello() -> bytes:
    """
    The first bytes of a handshake.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    connection = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def is_cut(connection: socket.socket) -> bool:
    """
    Whether the other side has gone; what it said until then is thrown away.
    """
    connection.setblocking(False)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def test_handshakes_that_do_not_end_are_cut_off_and_hold_up_nobody(tmp_path: Path) -> None:
    with TlsDaemon(tmp_path, make_pair()) as daemon, contextlib.ExitStack() as stack:

        def connect(data: bytes) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.tls_port)))
            connection.sendall(data)
            return connection

        began = time.monotonic()
        silent = [connect(data) for data in (b"", hello()[:1], hello()[:-1], hello()) for _ in range(10)]
        trickling, rest = connect(b""), hello()
        waiting = [*silent, trickling]
        while waiting and time.monotonic() < began + HEADER_SECONDS + PATIENCE_SECONDS:
            assert fetch(f"https://127.0.0.1:{daemon.tls_port}/healthz")[0] == 200
            with contextlib.suppress(OSError):
                trickling.send(rest[:1])
                rest = rest[1:]
            time.sleep(0.2)
            waiting = [connection for connection in waiting if not is_cut(connection)]
        assert not waiting
        assert "Traceback" not in daemon.log
        assert daemon.stop() == 0


def test_a_client_that_asks_for_another_handshake_gets_none(tmp_path: Path) -> None:
    with TlsDaemon(tmp_path, make_pair()) as daemon:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        with socket.create_connection(("127.0.0.1", daemon.tls_port), timeout=10) as plain:
            # pyOpenSSL would take a timeout for a socket that does not block.
            plain.settimeout(None)
            connection = SSL.Connection(context, plain)
            connection.set_connect_state()
            connection.do_handshake()
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            reply = b""
            while not reply.endswith(b"ok\n"):
                reply += connection.recv(4096)
            assert connection.renegotiate()
            # It is told no, after which OpenSSL itself takes the connection for broken.
            with pytest.raises(SSL.Error, match="no renegotiation"):
                connection.do_handshake()
        assert fetch(f"https://127.0.0.1:{daemon.tls_port}/healthz")[0] == 200
        assert "Traceback" not in daemon.log
