"""
Certificates made for a test.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(slots=True, frozen=True)
class Pair:
    """
    A certificate for `localhost` that signs itself, and its key, as PEM.
    """

    certificate: bytes
    key: bytes

    @property
    def name(self) -> str:
        """
        The common name in it, which tells one certificate from another.
        """
        return common_name(x509.load_pem_x509_certificate(self.certificate))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """
        Put both into `folder`, as cert.pem and key.pem.
        """
        certificate, key = folder / "cert.pem", folder / "key.pem"
        certificate.write_bytes(self.certificate)
        key.write_bytes(self.key)
        return certificate, key


def make_pair(name: str = "chat one", key: object = None, passphrase: bytes | None = None) -> Pair:
    """
    A new pair; the key is of the curve P-256 unless given, and encrypted if there is a passphrase.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption),
    )


def common_name(certificate: x509.Certificate) -> str:
    """
    The name that a certificate was made with.
    """
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
