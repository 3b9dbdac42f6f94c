"""
The parts together, without a network: what is done when, and what becomes of it when something fails.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from msgspec import structs
from twisted.internet.defer import Deferred, fail
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd.config import CannotStart, Config
from chatd.core.events import Author, Draft
from chatd.core.names import LOBBY, PersonId
from chatd.core.records import StoreUnusable
from chatd.service import CERTIFICATE_SECONDS, ChatService
from chatd.store.rules import unreadable
from tests.certificates import make_pair

PUBLIC = Path(chatd.__file__).parent.parent / "public"


class Reluctant:
    """
    A store that opens and closes when the test wants it to.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.starting: Deferred[None] = Deferred()
        self.stopping: Deferred[None] = Deferred()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def start(self) -> Deferred[None]:
        return self.starting

    def stop(self) -> Deferred[None]:
        return self.stopping


class ServiceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        self.reactor = MemoryReactorClock()

    def service(self, **options: Any) -> ChatService:
        given = {"data": Path("data"), "store": "memory:", "port": "8000", "public": PUBLIC, **options}
        return ChatService(Config(**given), self.reactor)

    def reluctant(self) -> tuple[ChatService, Reluctant]:
        service = self.service()
        service.store = service.hub.store = Reluctant(service.store)  # type: ignore[assignment]
        return service, service.store  # type: ignore[return-value]

    def start(self, service: ChatService) -> Deferred[None]:
        service.privilegedStartService()
        return service.startService()

    def test_to_build_it_touches_nothing(self) -> None:
        path = Path(self.mktemp()) / "chatd.sqlite3"
        self.service(store=f"sqlite:{path}")
        self.assertFalse(path.parent.exists())
        self.assertEqual(self.reactor.tcpServers, [])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_it_binds_first_and_lets_people_in_when_the_store_is_open(self) -> None:
        service, store = self.reluctant()
        started = self.start(service)
        self.assertEqual(len(self.reactor.tcpServers), 1)
        self.assertNoResult(started)
        store.starting.callback(None)
        self.successResultOf(started)
        self.assertTrue(service._ticking.running)

    def test_a_store_that_cannot_be_opened_is_why_it_cannot_start(self) -> None:
        service, store = self.reluctant()
        started = self.start(service)
        store.starting.errback(StoreUnusable("it is damaged"))
        failure = self.failureResultOf(started, CannotStart)
        self.assertEqual(str(failure.value), "it is damaged")

    def test_a_store_that_cannot_answer_its_first_question_is_why_it_cannot_start(self) -> None:
        service, store = self.reluctant()
        store.inner.room = lambda *_: fail(unreadable())
        service.config = structs.replace(service.config, store="sqlite:/srv/chat.sqlite3")
        started = self.start(service)
        store.starting.callback(None)
        failure = self.failureResultOf(started, CannotStart)
        self.assertEqual(str(failure.value), "/srv/chat.sqlite3 was opened, but cannot be read")
        self.assertFalse(service._ticking.running)

    def test_a_certificate_that_cannot_be_read_is_why_it_cannot_start(self) -> None:
        missing = Path("nowhere.pem")
        service = self.service(tls_port=8443, tls_cert=missing, tls_key=missing)
        with self.assertRaises(CannotStart) as caught:
            service.privilegedStartService()
        self.assertIn("nowhere.pem", str(caught.exception))

    def test_a_stop_while_the_store_opens_keeps_the_doors_closed(self) -> None:
        service, store = self.reluctant()
        started = self.start(service)
        stopped = service.stopService()
        store.starting.callback(None)
        self.successResultOf(started)
        store.stopping.callback(None)
        self.successResultOf(stopped)
        self.assertFalse(service._ticking.running)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_stop_leaves_nothing_that_is_due(self) -> None:
        service = self.service()
        self.successResultOf(self.start(service))
        self.assertTrue(self.reactor.getDelayedCalls())
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_stop_does_not_wait_for_ever_for_a_disk(self) -> None:
        service, store = self.reluctant()
        started = self.start(service)
        store.starting.callback(None)
        self.successResultOf(started)
        stopped = service.stopService()
        self.assertNoResult(stopped)
        self.reactor.pump([0.5] * 10)
        self.successResultOf(stopped)

    def test_a_disk_that_is_full_does_not_end_the_forgetting_of_guests(self) -> None:
        service = self.service()
        self.successResultOf(self.start(service))
        service.store.read_only = "disk full"  # type: ignore[attr-defined]
        for _ in range(3):
            self.reactor.advance(3600)
        self.assertTrue(service._forgetting.running)
        self.successResultOf(service.stopService())

    def test_a_promise_of_tls_is_refused_beside_a_plain_port_that_others_reach(self) -> None:
        service = self.service(port="8000", hsts=True, trusted_proxy=("127.0.0.1/32",))
        with self.assertRaisesRegex(CannotStart, r"--hsts: .*:8000, .* without TLS"):
            service.privilegedStartService()
        self.service(port="8000", trusted_proxy=("127.0.0.1/32",)).privilegedStartService()
        self.service(port="unix:/x", hsts=True, trusted_proxy=("unix",)).privilegedStartService()

    def test_a_certificate_is_looked_at_while_it_serves(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        certificate, key = make_pair("chat one").write(folder)
        service = self.service(tls_port=8443, tls_cert=certificate, tls_key=key)
        self.successResultOf(self.start(service))
        assert service.certificates is not None
        before = service.certificates._context
        self.reactor.advance(CERTIFICATE_SECONDS)
        self.assertIs(service.certificates._context, before)
        make_pair("chat two").write(folder)
        self.reactor.advance(CERTIFICATE_SECONDS)
        self.assertIsNot(service.certificates._context, before)
        self.successResultOf(service.stopService())

    def test_what_is_not_to_be_kept_is_pruned_while_it_serves(self) -> None:
        for messages, kept in ((2, 2), (0, 5)):
            service = self.service(history_messages=messages)
            for n in range(5):
                service.store.append(Draft(LOBBY, LOBBY, Author(PersonId("a" * 16), "ada"), str(n)))
            self.successResultOf(self.start(service))
            self.reactor.advance(1)
            self.assertEqual(service.store._rooms.logs[LOBBY].messages, kept)  # type: ignore[attr-defined]
            self.successResultOf(service.stopService())
            self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_sighup_without_a_certificate_changes_nothing(self) -> None:
        service = self.service()
        self.successResultOf(self.start(service))
        service._reload()
        self.successResultOf(service.stopService())
