"""
TLS for `--tls-port`: which versions and ciphers, and a certificate that can be changed while connections
live.

Versions and ciphers are those of Mozilla's "intermediate" configuration, without its DHE suites: each client
that it lists knows ECDHE. https://wiki.mozilla.org/Security/Server_Side_TLS
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

# TLS 1.3 has suites of its own, all of them good.
_TLS12_CIPHERS = b":".join(
    (
        b"ECDHE-ECDSA-AES128-GCM-SHA256",
        b"ECDHE-RSA-AES128-GCM-SHA256",
        b"ECDHE-ECDSA-AES256-GCM-SHA384",
        b"ECDHE-RSA-AES256-GCM-SHA384",
        b"ECDHE-ECDSA-CHACHA20-POLY1305",
        b"ECDHE-RSA-CHACHA20-POLY1305",
    )
)
# Mozilla's groups, and where OpenSSL has it the one of today's browsers that holds against quantum computers.
_GROUPS = (b"X25519MLKEM768:X25519:P-256:P-384", b"X25519:P-256:P-384")
_ALPN = b"http/1.1"
# A warning of that name (RFC 5246, section 7.2), as OpenSSL tells of alerts.
_NO_RENEGOTIATION = 1 << 8 | 100
_Stamp = tuple[int, int, int, int]
_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


class BadCertificate(Exception):
    """
    A certificate or key file cannot be used; the text is one line that names the file.
    """


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """
    The certificate of this server, which new connections use as it was last read.

    A `TLSMemoryBIOFactory` takes it as its context factory. Nothing is read before the first `load`.
    """

    _log = Logger()

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._context: SSL.Context | None = None
        self._seen: list[_Stamp | None] = []

    def load(self) -> None:
        """
        Read both files and use them from the next connection on; raises `BadCertificate` and changes nothing.
        """
        # Before they are read: what changes meanwhile is to be noticed.
        self._seen = self._stamps()
        chain = _read_chain(self._certificate)
        key = _read_key(self._key)
        try:
            if chain[0].public_key() != key.public_key():
                raise BadCertificate(
                    f"the key in {self._key} does not fit the certificate in {self._certificate}"
                )
            self._context = _make_context(chain, key)
        except SSL.Error as why:
            raise BadCertificate(f"{self._certificate}: OpenSSL refuses it: {_reason(why)}") from None
        except (TypeError, ValueError, UnsupportedAlgorithm):
            raise BadCertificate(
                f"{self._certificate} and its key are of a kind that TLS does not use"
            ) from None

    def reload(self) -> bool:
        """
        As `load`, but a certificate that cannot be used is logged, and the one in use stays.
        """
        try:
            self.load()
        except BadCertificate as why:
            self._log.error("certificate not reloaded, the old one stays in use: {why}", why=str(why))
            return False
        self._log.info("certificate reloaded from {path}", path=str(self._certificate))
        return True

    def look(self) -> None:
        """
        As `reload`, if a file has changed since both were last read. To be called every few seconds.

        So of two files that are replaced one after the other the first may be logged as one that does not fit
        the other; then the second is a change too.
        """
        if self._stamps() != self._seen:
            self.reload()

    def _stamps(self) -> list[_Stamp | None]:
        return [_stamp(self._certificate), _stamp(self._key)]

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        The TLS side of one new connection.
        """
        if self._context is None:
            raise RuntimeError("a TLS connection came before a certificate was loaded")
        return SSL.Connection(self._context, None)


def _stamp(path: Path) -> _Stamp | None:
    """
    What differs once a file has been written, replaced, or made readable; None if there is none.
    """
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_size


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as why:
        raise BadCertificate(f"cannot read {path}: {why.strerror}") from None


def _read_chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise BadCertificate(f"{path} holds no PEM certificate that can be read") from None


def _read_key(path: Path) -> _Key:
    try:
        key = load_pem_private_key(_read(path), password=None)
    except TypeError:
        # A daemon has nobody to ask for a passphrase.
        raise BadCertificate(
            f"the key in {path} is encrypted; chatd needs one without a passphrase"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate(f"{path} holds no PEM private key that can be read") from None
    if not isinstance(key, _Key):
        raise BadCertificate(f"the key in {path} is of a kind that TLS does not use")
    return key


def _reason(error: SSL.Error) -> str:
    queue = error.args[0] if error.args else None
    return str(queue[-1][-1]) if queue else "no reason given"


def _make_context(chain: Sequence[x509.Certificate], key: _Key) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_TLS12_CIPHERS)
    _set_groups(context)
    context.set_options(SSL.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION)
    context.set_info_callback(end_renegotiation)
    # Tickets carry the session to the client and back, under a key that this context draws for itself, so no
    # session is kept here; after a reload the old tickets lead to a whole handshake.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # An idle connection gives its 34 KiB of record buffers back.
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_alpn_select_callback(_select_protocol)
    context.use_certificate(chain[0])
    for issuer in chain[1:]:
        context.add_extra_chain_cert(issuer)
    context.use_privatekey(key)
    context.check_privatekey()
    return context


def end_renegotiation(connection: SSL.Connection, where: int, value: int) -> None:
    """
    Have OpenSSL read no more, as after a goodbye, once it has refused the client another handshake.

    By itself it answers each hello with an alert and reads on: the 4,000 that fit into one record with
    120 KiB, and all in one call. TLS 1.3 knows no other handshake, and its key updates do not come here.
    """
    if where == SSL.SSL_CB_WRITE_ALERT and value == _NO_RENEGOTIATION:
        connection.set_shutdown(connection.get_shutdown() | SSL.RECEIVED_SHUTDOWN)


def _set_groups(context: SSL.Context) -> None:
    # pyOpenSSL itself can set one group and no more, which every client that Mozilla lists knows.
    set_groups = getattr(getattr(SSL, "_lib", None), "SSL_CTX_set1_curves_list", None)
    if set_groups is None or not any(set_groups(context._context, groups) == 1 for groups in _GROUPS):
        context.set_tmp_ecdh(ec.SECP256R1())


def _select_protocol(connection: SSL.Connection, offered: list[bytes]) -> bytes | SSL._NoOverlappingProtocols:
    # HTTP/2 is not spoken: a WebSocket needs the upgrade of HTTP/1.1.
    return _ALPN if _ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS
