"""
How the parts of chatd become one server; no other module knows them all.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import time
from collections.abc import Awaitable
from typing import Any

from twisted.application.service import IService, Service
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from chatd import __version__
from chatd.accounts.by_header import VouchedFor
from chatd.accounts.doors import Doors
from chatd.accounts.lookalikes import name_keys
from chatd.accounts.owner_links import OwnerLinks, link_file
from chatd.accounts.passwords import Passwords
from chatd.config import CannotStart, Config, public_folder
from chatd.core import memo
from chatd.core.accounts import Accounts
from chatd.core.forgetting import forget
from chatd.core.hub import Hub
from chatd.core.ports import Dialect, Store
from chatd.core.pruning import Pruning
from chatd.core.records import StoreUnusable
from chatd.core.refusals import Refused
from chatd.core.retention import Retention
from chatd.core.settings import Settings
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from chatd.filing import Filing
from chatd.net.account import AccountResource
from chatd.net.clock import keep_time
from chatd.net.delivery import Delivery
from chatd.net.door import ChatResource
from chatd.net.forwarded import Front
from chatd.net.framing import FramedWire
from chatd.net.gate import Gate
from chatd.net.handshake import Credentials
from chatd.net.listeners import CannotListen, Listeners
from chatd.net.site import make_site
from chatd.net.tls import BadCertificate, Certificates
from chatd.net.turns import PATIENT_CALLS, PATIENT_SECONDS, Turns
from chatd.net.websocket import ChatFactory, spawn
from chatd.ops.memory import Memory, give_back, share_one_heap
from chatd.store.memory import MemoryStore
from chatd.store.sqlite import SqliteStore

TICK_SECONDS = 0.1
FORGET_EVERY_SECONDS = 3600.0
PRUNE_STEP_SECONDS = 0.1
# With the two seconds that clients have to say goodbye: a stop takes no more than five.
FLUSH_SECONDS = 1.8
CLOSE_SECONDS = 1.0
CERTIFICATE_SECONDS = 2.0
# For the store, the log, the listeners, and those that are told that there is no room.
RESERVED_DESCRIPTORS = 128

_log = Logger()


def make_service(config: Config) -> IService:
    """
    The whole server, built and not started: no file is open, no thread runs, no port is bound.
    """
    from twisted.internet import reactor

    return ChatService(config, reactor)


class ChatService(Service):
    """
    chatd: a store, a hub, the dialects, a Site with the WebSocket in it, and the ports that lead to it.

    What an operator can mend is raised as `CannotStart`.
    """

    def __init__(self, config: Config, reactor: Any) -> None:
        self.config = config
        self.reactor = reactor
        self.store: Store = _make_store(config, reactor)
        delivery = Delivery()
        turns = Turns(reactor, PATIENT_CALLS, PATIENT_SECONDS)
        self.hub = Hub(
            store=self.store,
            delivery=delivery,
            turns=turns,
            gate=Gate(turns),
            settings=Settings(
                server=f"chatd/{__version__}",
                frame=config.max_message_bytes,
                message_rate=config.message_rate.rate,
                message_burst=config.message_rate.burst,
                guests=config.guests,
                sign_up=config.sign_up,
                upload=config.max_upload_bytes,
            ),
            wall_ms=_wall_ms,
            random=os.urandom,
            name_keys=name_keys,
            spawn=spawn,
            report=_report,
        )
        dialects: list[Dialect] = [V1Dialect(), *([TutorialDialect()] if config.tutorial else [])]
        database = config.store.partition(":")[2]
        self._owner_links = OwnerLinks(link_file(os.path.realpath(database)) if database else None, _wall_ms)
        self._passwords = Passwords(reactor)
        doors = Doors(Accounts(self.hub, self._passwords, self._owner_links), time.monotonic)
        self.hub.identify = doors.identify
        front = Front(config.trusted_proxy, hsts=config.hsts)
        credentials_of = Credentials(front, config.auth_header, VouchedFor).of
        self.factory = ChatFactory(
            self.hub,
            {dialect.subprotocol: FramedWire(dialect) for dialect in dialects},
            reactor=reactor,
            origins=config.origin,
            hosts=config.host,
            max_connections=config.max_connections,
            max_connections_per_address=config.max_connections_per_address,
            max_message_bytes=config.max_message_bytes,
            seconds=time.monotonic,
            front=front,
            credentials_of=credentials_of,
        )
        self.filing = Filing(config, reactor, self.hub, self.factory.origin_rule, credentials_of)
        site = make_site(
            config.public or public_folder(),
            ChatResource(self.factory),
            self.store.trouble,
            reactor,
            self.factory.admission,
            front,
            AccountResource(doors, self.factory.origin_rule),
            self.filing.resource,
        )
        self.certificates = None
        if config.tls_cert is not None and config.tls_key is not None:
            self.certificates = Certificates(config.tls_cert, config.tls_key)
        self.listeners = Listeners(
            reactor,
            site,
            self.certificates,
            port=config.port,
            interface=config.interface,
            tls_port=config.tls_port,
            listen=config.listen,
            delivery=delivery,
            arrivals=site.arrivals,
        )
        self._memory = Memory(self._give_back)
        self._watching = LoopingCall(self._look_at_certificates)
        self._watching.clock = reactor
        self._ticking = LoopingCall(lambda: self._tick(time.monotonic()))
        self._forgetting = LoopingCall(lambda: Deferred.fromCoroutine(self._forget_guests()))
        self.retention = Retention(config.history_days, config.history_messages)
        pruning = Pruning(self.hub, self.retention, _doubt)
        self._pruning = LoopingCall(lambda: Deferred.fromCoroutine(pruning.step(time.monotonic())))
        self._ticking.clock = self._forgetting.clock = self._pruning.clock = reactor

    def privilegedStartService(self) -> None:
        """
        Do what may need root: read the key and bind the ports. Nobody is let in yet.
        """
        super().privilegedStartService()
        if self.certificates is not None:
            try:
                self.certificates.load()
            except BadCertificate as why:
                raise CannotStart(str(why)) from None
        try:
            self._binding = self.listeners.bind()
        except CannotListen as why:
            raise CannotStart(str(why)) from None
        self._refuse_exposed()

    def startService(self) -> Deferred[None]:
        """
        Open the store, and then let clients in. The Deferred fails with `CannotStart`.
        """
        super().startService()
        share_one_heap()
        if isinstance(self.reactor, ReactorBase):
            keep_time(self.reactor)
        # Before anything that takes time: whoever renews a certificate does not ask whether we are ready.
        signal.signal(signal.SIGHUP, lambda *_: self.reactor.callFromThread(self._reload))
        self.factory.admission.descriptors = max(1, _raise_descriptor_limit() - RESERVED_DESCRIPTORS)
        return Deferred.fromCoroutine(self._start())

    async def _start(self) -> None:
        try:
            await self.store.start()
        except StoreUnusable as why:
            raise CannotStart(str(why)) from None
        # What is stopped while it opens its store, such as during an upgrade, does not go on to open its
        # doors.
        if self.running:
            await self._open_lobby()
            self._open_files()
            await self._bound()
        if self.running:
            self._let_in()

    async def _open_lobby(self) -> None:
        try:
            await self.hub.open()
        except Refused:
            # What the disk said is in the log already.
            path = self.config.store.partition(":")[2]
            raise CannotStart(f"{path} was opened, but cannot be read") from None

    def _open_files(self) -> None:
        try:
            self.filing.start()
        except StoreUnusable as why:
            raise CannotStart(str(why)) from None

    async def _bound(self) -> None:
        try:
            await gatherResults(self._binding, consumeErrors=True)
        except FirstError as why:
            raise CannotStart(str(why.subFailure.value)) from None
        self._refuse_exposed()

    def _refuse_exposed(self) -> None:
        exposed = self.listeners.exposed() if self.config.hsts else []
        if exposed:
            raise CannotStart(
                f"--hsts: browsers would no longer use {' and '.join(exposed)}, open to other machines"
                " without TLS; bind it to loopback (tcp:8000:interface=127.0.0.1) or leave it out"
            )

    def _let_in(self) -> None:
        # What is there by now stays for ever, and connections are in no cycles: a collection that looked at
        # all of ten thousand of them would hold up everybody for as long as it takes.
        gc.freeze()
        gc.set_threshold(2_000, 10, 10_000)
        self._passwords.start()
        self.factory.startFactory()
        self._ticking.start(TICK_SECONDS).addErrback(_failed, "the clock")
        self._forgetting.start(FORGET_EVERY_SECONDS, now=False).addErrback(_failed, "forgetting guests")
        if self.retention:
            self._pruning.start(PRUNE_STEP_SECONDS).addErrback(_failed, "pruning")
        if self.certificates is not None:
            self._watching.start(CERTIFICATE_SECONDS).addErrback(_failed, "looking at the certificate")
        self.listeners.accept()
        self._announce()

    def stopService(self) -> Deferred[None]:
        """
        Let nobody in any more, commit what is under way, ask all clients to come back later, and close the
        store.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        try:
            await self.listeners.close()
            if self._ticking.running:
                await self._within(FLUSH_SECONDS, self.hub.finish(), "not all that was said could be written")
            await self.factory.shutdown(time.monotonic())
        finally:
            for looping in (self._ticking, self._forgetting, self._pruning, self._watching):
                if looping.running:
                    looping.stop()
            self.factory.stopFactory()
            self._passwords.stop()
            self.filing.stop()
            await self._within(CLOSE_SECONDS, self.store.stop(), "the store was not closed in good order")

    async def _within(self, seconds: float, work: Awaitable[object], otherwise: str) -> None:
        async def done() -> None:
            await work

        try:
            await Deferred.fromCoroutine(done()).addTimeout(seconds, self.reactor)
        except (DeferredTimeout, Refused) as why:
            reason = why.message if isinstance(why, Refused) else "the disk is too slow"
            _log.warn("{otherwise}: {reason}", otherwise=otherwise, reason=reason)

    async def _forget_guests(self) -> None:
        try:
            forgotten = await forget(self.hub)
        except Refused:
            # The disk takes no writes; the store says so itself, and in an hour it may.
            return
        if forgotten:
            _log.info("forgot {count} guests who never wrote", count=forgotten)

    def _give_back(self, search: bool) -> None:
        if search:
            self.hub.tails.clear()
            memo.forget()
            self.store.give_back()
        give_back(search)

    def _tick(self, now: float) -> None:
        self.hub.tick(now)
        admission = self.factory.admission
        self._memory.look(admission.count, admission.came, now)

    def _look_at_certificates(self) -> None:
        if self.certificates is not None:
            self.certificates.look()

    def _reload(self) -> None:
        if self.certificates is None:
            _log.info("SIGHUP: there is no certificate to read again")
        else:
            self.certificates.reload()

    def _announce(self) -> None:
        config = self.config
        _log.info("chatd {version}", version=__version__)
        for url in self.listeners.urls():
            _log.info("open {url}", url=url)
        if config.store == "memory:":
            _log.warn("the log is in memory: nothing is kept when chatd stops")
        else:
            _log.info("the log is in {store}", store=config.store.partition(":")[2])
        descriptors = self.factory.admission.descriptors
        if not 0 < config.max_connections <= descriptors:
            _log.info("room for {count} connections, as the limit of descriptors is", count=descriptors)
        if self.retention:
            _log.info("a room keeps {kept}", kept=self.retention.words)
        off = [
            *(["TLS"] if config.tls_port is None else []),
            *(["the tutorial's wire"] if not config.tutorial else []),
            *(
                ["guests"]
                if config.guests == "off"
                else ["what guests write"]
                if config.guests == "read"
                else []
            ),
            *self.filing.off,
            *(["signing up"] if config.sign_up == "off" else []),
            *(["the message rate"] if not config.message_rate.rate else []),
            *(["the connection limit"] if not config.max_connections else []),
            *(["the connection limit of an address"] if not config.max_connections_per_address else []),
        ]
        if off:
            _log.info("off: {off}", off=", ".join(off))
        self._offer_ownership()

    def _offer_ownership(self) -> None:
        if self.hub.rights.claimed():
            return
        try:
            path = self._owner_links.offer()
        except OSError as why:
            _log.warn("nobody owns this server, and no link can be made: {why}", why=why.strerror)
            return
        for url in self.listeners.urls()[:1]:
            link = url.rstrip("/") + path
            _log.info(
                "nobody owns this server yet; whoever opens this first does, for a day: {link}", link=link
            )


def _make_store(config: Config, reactor: Any) -> Store:
    if config.store == "memory:":
        return MemoryStore(wall_ms=_wall_ms, random=os.urandom)
    return SqliteStore(config.store.partition(":")[2], reactor, wall_ms=_wall_ms, random=os.urandom)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _report(error: Exception) -> None:
    _log.failure("something for a client failed: {error}", error=error)


def _doubt(ahead_ms: int) -> None:
    _log.warn(
        "the clock has leapt forward by {seconds} s: what is old only because of that is pruned in a day,"
        " unless the clock is set back",
        seconds=ahead_ms // 1000,
    )


def _failed(failure: Any, what: str) -> None:
    _log.failure("{what} has stopped", failure=failure, what=what)


def _raise_descriptor_limit() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
