"""
What TLS is spoken, and what becomes of certificates, good and bad.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from chatd.net.tls import BadCertificate, Certificates
from tests.certificates import common_name, make_pair


def client_context(**versions):
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(versions.get("lowest", 0))
    context.set_max_proto_version(versions.get("highest", 0))
    return context


def carry(one, other):
    """
    Move what one side has written to the other; whether there was anything.
    """
    try:
        other.bio_write(one.bio_read(65_536))
    except SSL.WantReadError:
        return False
    return True


def shake_hands(certificates, context=None, alpn=None):
    """
    Both ends of a connection, after a handshake without a socket; raises SSL.Error as either end does.
    """
    context = context or client_context()
    if alpn:
        context.set_alpn_protos(alpn)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    server = certificates.serverConnectionForTLS(None)
    server.set_accept_state()
    pending = [client, server]
    for _ in range(20):
        for end in list(pending):
            try:
                end.do_handshake()
                pending.remove(end)
            except SSL.WantReadError:
                pass
        moved = [carry(client, server), carry(server, client)]
        if not pending and not any(moved):
            return client, server
    raise AssertionError("the handshake did not end")


def name_shown_to(client):
    return common_name(client.get_peer_certificate(as_cryptography=True))


class CertificatesTestCase(SynchronousTestCase):
    def setUp(self):
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)

    def load(self, pair):
        certificates = Certificates(*pair.write(self.folder))
        certificates.load()
        return certificates

    def refusal(self, certificate, key):
        with self.assertRaises(BadCertificate) as caught:
            Certificates(certificate, key).load()
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)


class SpokenTests(CertificatesTestCase):
    def setUp(self):
        super().setUp()
        self.certificates = self.load(make_pair())

    def test_it_is_what_twisted_asks_for(self):
        verifyObject(IOpenSSLServerConnectionCreator, self.certificates)

    def test_tls_1_3_is_spoken(self):
        client, _ = shake_hands(self.certificates)
        self.assertEqual(client.get_protocol_version_name(), "TLSv1.3")

    def test_tls_1_2_is_spoken_with_forward_secrecy_and_authenticated_encryption(self):
        client, _ = shake_hands(self.certificates, client_context(highest=SSL.TLS1_2_VERSION))
        self.assertEqual(client.get_protocol_version_name(), "TLSv1.2")
        self.assertRegex(client.get_cipher_name(), "^ECDHE-.*(GCM|POLY1305)")

    def test_older_versions_are_not(self):
        context = client_context(lowest=SSL.TLS1_VERSION, highest=SSL.TLS1_1_VERSION)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        self.assertRaises(SSL.Error, shake_hands, self.certificates, context)

    def test_weaker_ciphers_are_not(self):
        for cipher in (b"AES128-SHA", b"AES128-GCM-SHA256", b"ECDHE-ECDSA-AES128-SHA256"):
            context = client_context(highest=SSL.TLS1_2_VERSION)
            context.set_cipher_list(cipher + b":@SECLEVEL=0")
            self.assertRaises(SSL.Error, shake_hands, self.certificates, context)

    def test_http_1_1_is_what_is_negotiated(self):
        client, _ = shake_hands(self.certificates, alpn=[b"h2", b"http/1.1"])
        self.assertEqual(client.get_alpn_proto_negotiated(), b"http/1.1")

    def test_a_client_that_negotiates_nothing_we_speak_is_let_in_all_the_same(self):
        client, _ = shake_hands(self.certificates, alpn=[b"h2"])
        self.assertEqual(client.get_alpn_proto_negotiated(), b"")

    def test_a_client_cannot_renegotiate(self):
        client, server = shake_hands(self.certificates, client_context(highest=SSL.TLS1_2_VERSION))
        client.renegotiate()
        with self.assertRaises(SSL.Error):
            for _ in range(10):
                for end in (client, server):
                    with contextlib.suppress(SSL.WantReadError):
                        end.do_handshake() if end is client else end.recv(1)
                carry(client, server)
                carry(server, client)

    def test_what_is_said_arrives(self):
        client, server = shake_hands(self.certificates)
        client.send(b"hello")
        carry(client, server)
        self.assertEqual(server.recv(100), b"hello")


class FilesTests(CertificatesTestCase):
    def test_an_rsa_key_is_taken_too(self):
        client, _ = shake_hands(self.load(make_pair("chat rsa", rsa.generate_private_key(65537, 2048))))
        self.assertEqual(name_shown_to(client), "chat rsa")

    def test_key_and_certificate_may_be_in_one_file(self):
        pair = make_pair()
        both = self.folder / "both.pem"
        both.write_bytes(pair.key + pair.certificate)
        certificates = Certificates(both, both)
        certificates.load()
        shake_hands(certificates)

    def test_the_chain_is_sent(self):
        pair, issuer = make_pair("chat"), make_pair("issuer")
        certificate, key = pair.write(self.folder)
        certificate.write_bytes(pair.certificate + issuer.certificate)
        certificates = Certificates(certificate, key)
        certificates.load()
        client, _ = shake_hands(certificates)
        chain = client.get_peer_cert_chain(as_cryptography=True)
        self.assertEqual([common_name(link) for link in chain], ["chat", "issuer"])

    def test_a_file_that_is_not_there_is_named(self):
        certificate, key = make_pair().write(self.folder)
        gone = self.folder / "gone.pem"
        self.assertEqual(self.refusal(gone, key), f"cannot read {gone}: No such file or directory")
        self.assertEqual(self.refusal(certificate, gone), f"cannot read {gone}: No such file or directory")
        self.assertEqual(self.refusal(self.folder, key), f"cannot read {self.folder}: Is a directory")

    def test_a_file_that_holds_something_else_is_named(self):
        certificate, key = make_pair().write(self.folder)
        odd = self.folder / "odd.pem"
        for text in (
            b"",
            b"hello",
            b"\xff\x00",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ):
            odd.write_bytes(text)
            self.assertEqual(self.refusal(odd, key), f"{odd} holds no PEM certificate that can be read")
            self.assertEqual(
                self.refusal(certificate, odd), f"{odd} holds no PEM private key that can be read"
            )
        self.assertIn("holds no PEM certificate", self.refusal(key, key))
        self.assertIn("holds no PEM private key", self.refusal(certificate, certificate))

    def test_a_key_of_another_certificate_is_refused(self):
        certificate, _ = make_pair().write(self.folder)
        other = self.folder / "other.pem"
        for pair in (make_pair(), make_pair(key=rsa.generate_private_key(65537, 2048))):
            other.write_bytes(pair.key)
            self.assertEqual(
                self.refusal(certificate, other),
                f"the key in {other} does not fit the certificate in {certificate}",
            )

    def test_an_encrypted_key_is_refused(self):
        certificate, key = make_pair(passphrase=b"secret").write(self.folder)
        self.assertEqual(
            self.refusal(certificate, key),
            f"the key in {key} is encrypted; chatd needs one without a passphrase",
        )

    def test_a_key_that_openssl_finds_too_weak_is_refused(self):
        certificate, key = make_pair(key=rsa.generate_private_key(65537, 1024)).write(self.folder)
        self.assertTrue(self.refusal(certificate, key).startswith(f"{certificate}: OpenSSL refuses it: "))

    def test_nothing_is_served_before_something_is_loaded(self):
        certificates = Certificates(*make_pair().write(self.folder))
        self.assertRaises(RuntimeError, certificates.serverConnectionForTLS, None)


class ReloadTests(CertificatesTestCase):
    def test_new_connections_get_the_new_certificate_and_old_ones_live(self):
        certificates = self.load(make_pair("chat one"))
        old_client, old_server = shake_hands(certificates)
        make_pair("chat two").write(self.folder)
        self.assertTrue(certificates.reload())
        new_client, _ = shake_hands(certificates)
        self.assertEqual((name_shown_to(old_client), name_shown_to(new_client)), ("chat one", "chat two"))
        old_client.send(b"still here")
        carry(old_client, old_server)
        self.assertEqual(old_server.recv(100), b"still here")

    def test_a_certificate_that_cannot_be_read_keeps_the_old_one(self):
        certificates = self.load(make_pair("chat one"))
        (self.folder / "cert.pem").write_bytes(b"half a file")
        self.assertFalse(certificates.reload())
        client, _ = shake_hands(certificates)
        self.assertEqual(name_shown_to(client), "chat one")

    def test_a_new_certificate_without_its_key_keeps_the_old_one(self):
        certificates = self.load(make_pair("chat one"))
        (self.folder / "cert.pem").write_bytes(make_pair("chat two").certificate)
        self.assertFalse(certificates.reload())
        client, _ = shake_hands(certificates)
        self.assertEqual(name_shown_to(client), "chat one")


class LookTests(CertificatesTestCase):
    def setUp(self):
        super().setUp()
        self.certificates = self.load(make_pair("chat one"))
        self.said = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)

    def look(self):
        """
        The lines that looking brings.
        """
        self.said.clear()
        self.certificates.look()
        return [formatEvent(event) for event in self.said]

    def shown(self):
        return name_shown_to(shake_hands(self.certificates)[0])

    def put(self, name, data):
        """
        Replace a file in one step, as whoever renews certificates does.
        """
        (self.folder / "new").write_bytes(data)
        (self.folder / "new").rename(self.folder / name)

    def test_files_that_stay_as_they_are_are_not_read_again(self):
        context = self.certificates._context
        self.assertEqual(self.look(), [])
        self.assertIs(self.certificates._context, context)

    def test_a_new_pair_is_used_as_soon_as_it_is_whole(self):
        pair = make_pair("chat two")
        self.put("cert.pem", pair.certificate)
        [line] = self.look()
        self.assertIn("does not fit the certificate", line)
        self.assertEqual(self.look(), [])
        self.assertEqual(self.shown(), "chat one")
        self.put("key.pem", pair.key)
        self.assertEqual(self.look(), [f"certificate reloaded from {self.folder}/cert.pem"])
        self.assertEqual(self.shown(), "chat two")
        self.assertEqual(self.look(), [])

    def test_a_file_that_is_being_written_is_tried_at_each_change(self):
        pair = make_pair("chat two")
        (self.folder / "key.pem").write_bytes(pair.key)
        with (self.folder / "cert.pem").open("wb") as file:
            for part in (pair.certificate[:100], pair.certificate[100:200]):
                file.write(part)
                file.flush()
                self.assertEqual(len(self.look()), 1)
                self.assertEqual(self.look(), [])
            file.write(pair.certificate[200:])
        self.assertEqual(len(self.look()), 1)
        self.assertEqual(self.shown(), "chat two")

    def test_a_file_that_is_gone_is_told_once_and_used_when_it_is_back(self):
        certificate = (self.folder / "cert.pem").read_bytes()
        (self.folder / "cert.pem").unlink()
        [line] = self.look()
        self.assertIn("No such file", line)
        self.assertEqual(self.look(), [])
        self.put("cert.pem", certificate)
        self.assertIn("reloaded", self.look()[0])

    def test_what_was_read_on_request_is_not_read_again(self):
        make_pair("chat two").write(self.folder)
        self.certificates.reload()
        self.assertEqual(self.look(), [])
