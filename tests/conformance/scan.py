"""
sslyze against the real daemon, whose TLS is to be within Mozilla's "intermediate" profile.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
import venv
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.certificates import Pair
from tests.conformance.run import FOLDER
from tests.process.test_tls import TlsDaemon

# In an environment of its own: it takes an older cryptography than the server is to run with.
SSLYZE = "sslyze==6.3.1"
SECONDS = 300
_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def make() -> Path:
    """
    The Python that has sslyze, made if it is not there yet.
    """
    environment = FOLDER / "sslyze"
    python, made = environment / "bin" / "python", FOLDER / f".{SSLYZE}"
    if not (made.exists() and python.exists()):
        venv.create(environment, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", SSLYZE]
        subprocess.run(install, check=True, timeout=SECONDS)
        made.touch()
    return python


def make_chain() -> tuple[bytes, Pair]:
    """
    The certificate of an authority, and one for `localhost` that it has signed, as a public one would: sslyze
    looks at that too.
    """
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an authority")])
    signs = dict.fromkeys(_USES, False) | {"key_cert_sign": True}
    root = (
        _begin(name, name, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**signs), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    leaf = (
        _begin(x509.Name([]), name, key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return root.public_bytes(pem), Pair(leaf.public_bytes(pem), private)


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
    )


def main() -> None:
    """
    Exit with 0 if nothing is found.
    """
    python = make()
    authority, pair = make_chain()
    folder = FOLDER / "scan"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.log").unlink(missing_ok=True)
    (folder / "authority.pem").write_bytes(authority)
    with TlsDaemon(folder, pair) as daemon:
        began = time.monotonic()
        profile = ["--mozilla_config", "intermediate", "--certinfo_ca_file", str(folder / "authority.pem")]
        scan = subprocess.run(
            # What it has to say of the certificates in its own stores is not about us.
            [python, "-W", "ignore", "-m", "sslyze", *profile, f"localhost:{daemon.tls_port}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        (folder / "sslyze.log").write_text(scan.stdout)
        _, _, verdict = scan.stdout.partition("COMPLIANCE AGAINST")
        well = scan.returncode == 0 and f"localhost:{daemon.tls_port}: OK" in verdict
        told = "nothing found" if well else f"COMPLIANCE AGAINST{verdict or scan.stdout}"
        print(
            f"conformance, sslyze, Mozilla's intermediate profile: {told}, {time.monotonic() - began:.0f} s"
        )
        if "Traceback" in daemon.log:
            sys.exit(f"the daemon logged a traceback: {folder / 'daemon.log'}")
        if daemon.stop() != 0:
            sys.exit("the daemon did not stop in good order")
    if not well:
        sys.exit(f"the report is {folder / 'sslyze.log'}")


if __name__ == "__main__":
    main()
