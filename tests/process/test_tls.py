"""
HTTPS and wss of the real daemon, and certificates that change under it.
"""

from __future__ import annotations

import signal
import socket
import ssl
from pathlib import Path

from cryptography import x509

from tests.certificates import Pair, common_name, make_pair
from tests.daemon import Daemon, fetch, free_port, wait_until

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: chatd.v1\r\n\r\n"
)


class TlsDaemon(Daemon):
    """
    A daemon with a TLS port beside its plain one, and the certificate in its folder.
    """

    __slots__ = ("tls_port",)

    def __init__(self, folder: Path, pair: Pair) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = pair.write(folder)
        self.tls_port = free_port()
        flags = ["--tls-port", str(self.tls_port), "--tls-cert", str(certificate), "--tls-key", str(key)]
        super().__init__(folder, flags)

    def connect(self, pair: Pair, **versions: ssl.TLSVersion) -> ssl.SSLSocket:
        """
        A connection that trusts this pair and no other.
        """
        context = ssl.create_default_context(cadata=pair.certificate.decode())
        for name, version in versions.items():
            setattr(context, name, version)
        plain = socket.create_connection(("127.0.0.1", self.tls_port), timeout=10)
        try:
            return context.wrap_socket(plain, server_hostname="localhost")
        except BaseException:
            plain.close()
            raise


def shown_name(connection: ssl.SSLSocket) -> str:
    certificate = connection.getpeercert(binary_form=True)
    assert certificate is not None
    return common_name(x509.load_der_x509_certificate(certificate))


def open_websocket(connection: ssl.SSLSocket) -> None:
    connection.sendall(HANDSHAKE)
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += connection.recv(4096)
    assert reply.startswith(b"HTTP/1.1 101 ")


def masked(text: bytes) -> bytes:
    """
    A client's text frame of less than 126 bytes, masked with zeros.
    """
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


def test_the_page_and_the_websocket_come_over_tls(tmp_path: Path) -> None:
    pair = make_pair()
    with TlsDaemon(tmp_path, pair) as daemon:
        status, headers, _ = fetch(f"https://127.0.0.1:{daemon.tls_port}/")
        assert (status, headers["server"]) == (200, "chatd")
        with daemon.connect(pair) as connection:
            open_websocket(connection)
            connection.sendall(masked(b'{"type":"hello","name":"ada"}'))
            assert b'"type":"welcome"' in connection.recv(4096)
        with daemon.connect(pair, maximum_version=ssl.TLSVersion.TLSv1_2) as connection:
            assert connection.version() == "TLSv1.2"
            open_websocket(connection)
        assert f"https://127.0.0.1:{daemon.tls_port}/" in daemon.log


def test_a_new_certificate_is_for_new_connections_and_old_ones_live(tmp_path: Path) -> None:
    one, two = make_pair("chat one"), make_pair("chat two")
    with TlsDaemon(tmp_path, one) as daemon, daemon.connect(one) as old:
        open_websocket(old)
        two.write(tmp_path)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: "certificate reloaded" in daemon.log)
        with daemon.connect(two) as new:
            assert shown_name(new) == "chat two"
        old.sendall(masked(b'{"type":"hello","name":"ada"}'))
        assert b'"type":"welcome"' in old.recv(4096)
        assert daemon.stop() == 0


def test_a_certificate_that_cannot_be_read_keeps_the_old_one(tmp_path: Path) -> None:
    one = make_pair("chat one")
    with TlsDaemon(tmp_path, one) as daemon:
        (tmp_path / "cert.pem").write_bytes(b"half a file")
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: "certificate not reloaded, the old one stays in use" in daemon.log)
        assert f"{tmp_path}/cert.pem holds no PEM certificate" in daemon.log
        with daemon.connect(one) as connection:
            assert shown_name(connection) == "chat one"
        assert "Traceback" not in daemon.log


def test_a_certificate_that_was_replaced_is_used_without_a_signal(tmp_path: Path) -> None:
    one, two = make_pair("chat one"), make_pair("chat two")
    with TlsDaemon(tmp_path, one) as daemon, daemon.connect(one) as old:
        open_websocket(old)
        two.write(tmp_path)
        wait_until(lambda: "certificate reloaded" in daemon.log)
        with daemon.connect(two) as new:
            assert shown_name(new) == "chat two"
        old.sendall(masked(b'{"type":"hello","name":"ada"}'))
        assert b'"type":"welcome"' in old.recv(4096)


def test_browsers_are_told_to_use_tls_alone_where_that_can_be(tmp_path: Path) -> None:
    pair = make_pair()
    daemon = TlsDaemon(tmp_path, pair)
    daemon.flags = [*daemon.flags, "--hsts"]
    with daemon:
        secure = fetch(f"https://127.0.0.1:{daemon.tls_port}/")
        plain = fetch(f"{daemon.url}/")
        with daemon.connect(pair) as connection:
            connection.sendall(HANDSHAKE)
            reply = connection.recv(4096)
    assert secure[1]["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in plain[1]
    assert reply.startswith(b"HTTP/1.1 101 ")
    assert b"Strict-Transport-Security: max-age=31536000\r\n" in reply


def test_sighup_without_a_certificate_ends_nothing(daemon: Daemon) -> None:
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: "SIGHUP" in daemon.log)
    assert fetch(f"{daemon.url}/readyz")[0] == 200
