"""
Records that a client's OpenSSL would not write: messages of a handshake when that is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from OpenSSL import SSL

TLS12_SUITE = b"ECDHE-ECDSA-AES128-GCM-SHA256"
APPLICATION, HANDSHAKE = 23, 22
EMPTY_HELLO = b"\x01\0\0\0"
KEY_UPDATE = b"\x18\0\0\x01\x01"
"""Which asks for a new key of the other side too (RFC 8446, section 4.6.3)."""


@dataclass(slots=True)
class Tls12Writer:
    """
    Goes on for a client's end that has shaken hands with `TLS12_SUITE` and has sent nothing since.
    """

    key: bytes
    salt: bytes
    number: int = 1

    @classmethod
    def after(cls, client: SSL.Connection) -> Tls12Writer:
        """
        Source: RFC 5246, sections 5 and 6.3.
        """
        seed = b"key expansion" + client.server_random() + client.client_random()
        secret, step, block = client.master_key(), seed, b""
        while len(block) < 40:
            step = _mac(secret, step)
            block += _mac(secret, step + seed)
        return cls(block[:16], block[32:36])

    def write(self, kind: int, data: bytes) -> bytes:
        """
        Source: RFC 5288, section 3.
        """
        number = self.number.to_bytes(8, "big")
        self.number += 1
        head = bytes([kind, 3, 3])
        sealed = AESGCM(self.key).encrypt(
            self.salt + number, data, number + head + len(data).to_bytes(2, "big")
        )
        return head + (8 + len(sealed)).to_bytes(2, "big") + number + sealed


@dataclass(slots=True)
class Tls13Writer:
    """
    Goes on for a client's end whose secret this is, of a suite with AES-256 and SHA-384, and which has sent
    nothing since the handshake.
    """

    secret: bytes
    number: int = 0

    def write(self, kind: int, data: bytes) -> bytes:
        """
        Source: RFC 8446, section 5.2.
        """
        key, nonce = self._expand(b"key", 32), self._expand(b"iv", 12)
        nonce = (int.from_bytes(nonce, "big") ^ self.number).to_bytes(12, "big")
        self.number += 1
        head = b"\x17\x03\x03" + (len(data) + 17).to_bytes(2, "big")
        return head + AESGCM(key).encrypt(nonce, data + bytes([kind]), head)

    def update_key(self) -> bytes:
        """
        A key update, and its key from then on (section 7.2).
        """
        record = self.write(HANDSHAKE, KEY_UPDATE)
        self.secret, self.number = self._expand(b"traffic upd", 48), 0
        return record

    def _expand(self, label: bytes, size: int) -> bytes:
        label = b"tls13 " + label
        info = size.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0"
        return HKDFExpand(hashes.SHA384(), size, info).derive(self.secret)


def _mac(secret: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(data)
    return mac.finalize()
