"""
What everybody hears whose bytes go through sockets, in step and out of it: all, once and in order.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Author, DeedDraft, Detail
from chatd.core.names import PersonId, RoomKey
from chatd.net.delivery import Delivery
from chatd.net.outbox import TransportOutbox
from chatd.net.tls import Certificates
from chatd.net.tls_transport import PromptTLSTransport
from chatd.net.transport import PromptTCPTransport
from chatd.net.turns import Turns
from tests.certificates import make_pair
from tests.core.clients import Server
from tests.net.test_outbox import Line
from tests.net.test_transport import Descriptors

SEEDS, STEPS = 25, 200


@cache
def _tls() -> TLSMemoryBIOFactory:
    with TemporaryDirectory() as folder:
        certificate, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
        pair = make_pair()
        certificate.write_bytes(pair.certificate)
        key.write_bytes(pair.key)
        certificates = Certificates(certificate, key)
        certificates.load()
    clock: Any = Clock()
    factory = TLSMemoryBIOFactory(certificates, False, Factory.forProtocol(Protocol), clock)
    factory.protocol = cast(Any, partial(PromptTLSTransport, Turns(clock, 1_000_000)))
    factory.wrappedFactory.noisy = False
    return factory


class SocketServer(Server):
    """
    A server in memory whose clients have sockets.
    """

    delivery: Any

    def start(self, random: Callable[[int], bytes], **settings: Any) -> None:
        """As that of the server."""
        self.delivery, self.reactor = Delivery(), Descriptors()
        super().start(random, **settings)
        self.tls = _tls()

    def together(self, *says: Callable[[], object]) -> None:
        """
        Have what is done be committed as one batch.
        """
        self.store.inner.hold()
        for say in says:
            say()
        self.store.inner.release()

    def set_topic(self, room: str, topic: str) -> None:
        """
        Do something that is a deed.
        """
        author = Author(PersonId("serverserverserv"), "server")
        draft = DeedDraft(
            room=RoomKey(room), room_name=room, author=author, kind="topic", detail=Detail(topic=topic)
        )
        self.store.act((draft,))


class Person:
    """
    Somebody, and both ends of their socket. `heard` are the events that they have read, each as its room, its
    offset and its text, and each answer to a join as its room and None.
    """

    def __init__(self, test: SynchronousTestCase, server: SocketServer, name: str, *rooms: str) -> None:
        ours, self.end = socket.socketpair()
        for each in (ours, self.end):
            test.addCleanup(each.close)
            each.setblocking(False)
        self.server = server
        above = self._above()
        self.transport = PromptTCPTransport(
            ours, above, ("peer", 1), cast(Any, None), 0, cast(Any, server.reactor)
        )
        self.transport.delivery = server.delivery
        self.bytes_read = 0
        self._unread = b""
        written_to = self._connect(above)
        self.outbox = TransportOutbox(Line(written_to), server.v1, server.hub.deadlines, lambda: server.now)
        written_to.registerProducer(self.outbox, True)
        self.session = self.outbox.session = server.hub.connect(
            self.outbox, None, tutorial=False, now=server.now
        )
        self.heard: list[tuple[str, int | None, str]] = []
        self.send("hello", name=name)
        for room in rooms:
            self.send("join", room=room)
        self.read()

    def _above(self) -> Any:
        """What stands above the transport."""
        return Protocol()

    def _connect(self, above: Any) -> Any:
        """What the outbox writes to."""
        return self.transport

    def _open(self, data: bytes) -> bytes:
        """What was sent, as it was written."""
        return data

    def send(self, kind: str, **fields: Any) -> None:
        """
        Send a command.
        """
        command = self.outbox.wire.decode(json.dumps({"type": kind, **fields}).encode())
        self.session.receive(command, self.server.now)

    def say(self, room: str, text: str) -> None:
        """
        Say something.
        """
        self.send("say", room=room, text=text)

    def narrow(self) -> None:
        """
        Have the kernel keep little.
        """
        self.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    def choke(self) -> None:
        """
        Have the kernel keep as much as it can, of which nothing is read.
        """
        self.narrow()
        try:
            while True:
                self.transport.socket.send(b"\n" * 256)
        except BlockingIOError:
            pass

    def read(self) -> None:
        """
        Read all that there is, and all that comes of that.
        """
        while True:
            try:
                data = self.end.recv(1 << 20)
            except BlockingIOError:
                if self.transport not in self.server.reactor.writers:
                    break
                assert self.transport.doWrite() is None
                continue
            self.bytes_read += len(data)
            self._unread += self._open(data)
        *lines, self._unread = self._unread.split(b"\n")
        for message in [json.loads(line) for line in lines if line]:
            if message["type"] == "joined":
                self.heard.append((message["room"], None, ""))
            elif "offset" in message and message["type"] not in ("done", "live"):
                self.heard.append((message["room"], message["offset"], message.get("text", "")))

    def take(self, room: str) -> list[str]:
        """
        Read, and take what was said in a room.
        """
        self.read()
        heard, self.heard = self.heard, []
        return [text for which, _, text in heard if which == room and text]


class SealedPerson(Person):
    """
    As `Person`, over TLS.
    """

    def _above(self) -> Any:
        return self.server.tls.buildProtocol(None)

    def _connect(self, above: Any) -> Any:
        self.client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        self.client.set_connect_state()
        above.makeConnection(self.transport)
        for _ in range(4):
            with contextlib.suppress(SSL.WantReadError):
                self.client.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                above.dataReceived(self.client.bio_read(1 << 20))
            with contextlib.suppress(BlockingIOError):
                data = self.end.recv(1 << 20)
                self.bytes_read += len(data)
                self.client.bio_write(data)
        return above

    def _open(self, data: bytes) -> bytes:
        self.client.bio_write(data)
        opened = b""
        with contextlib.suppress(SSL.WantReadError, SSL.ZeroReturnError):
            while True:
                opened += self.client.recv(1 << 20)
        return opened


class HearingTestCase(SynchronousTestCase):
    """
    A crowd in the hall, which is written to as one.
    """

    def setUp(self) -> None:
        self.server = SocketServer(message_rate=0)

    kind: type[Person] = Person

    def person(self, name: str, *rooms: str) -> Person:
        return self.kind(self, self.server, name, *rooms)

    def crowd(self, *rooms: str) -> Person:
        crowd = [
            self.person(f"p{number}", "hall", *rooms) for number in range(self.server.delivery.group_from)
        ]
        crowd[0].say("hall", "first")
        return crowd[0]

    def live_through(self) -> None:
        """
        Have everybody do everything, many times over, and look whether they heard what they should.
        """
        in_step = 0
        for seed in range(SEEDS):
            in_step += self._live_once(Random(seed))
        self.assertGreater(in_step, SEEDS * STEPS)

    def _live_once(self, random: Random) -> int:
        server = self.server = SocketServer(message_rate=0)
        server.delivery.group_from = random.choice((1, 3, 8))
        rooms, in_step, held = ("a", "b", "c"), 0, False
        people = []
        for number in range(8):
            kind = random.choice((Person, self.kind))
            people.append(kind(self, server, f"p{number}", *random.sample(rooms, random.randint(1, 3))))
        slow = {person for person in people if random.random() < 0.5}
        for person in slow:
            person.narrow()
        for step in range(STEPS):
            chance, person, room = random.random(), random.choice(people), random.choice(rooms)
            if chance < 0.5:
                person.say(room, "x" * random.choice((1, 10, 300, 900)))
            elif chance < 0.58 and not held:
                server.store.inner.hold()
                held = True
            elif chance < 0.7 and held:
                server.store.inner.release()
                held = False
            elif chance < 0.74:
                server.set_topic(room, str(step))
            elif chance < 0.77:
                person.send("join", room=room)
            elif chance < 0.79:
                person.send("leave", room=room)
            elif chance < 0.81:
                person.send("hello", name=f"n{step}")
            else:
                for each in people:
                    if each not in slow or random.random() < 0.1:
                        each.read()
            in_step += sum(
                len(group.members)
                for each in server.hub.rooms.values()
                for group in cast(Any, each.hearing.groups.values())
            )
        server.store.inner.release()
        for _ in range(60):
            for person in people:
                person.read()
        for person in people:
            self._check(person)
        self.assertEqual((server.failures, server.reported), ([], []))
        return in_step

    def _check(self, person: Person) -> None:
        last: dict[str, int | None] = {}
        for room, offset, _ in person.heard:
            before = last.get(room)
            if offset is not None and before is not None:
                self.assertEqual(offset, before + 1)
            last[room] = offset
        for cursor in person.session.cursors.rooms.values():
            if last.get(cursor.view.room) is not None:
                self.assertEqual(last[cursor.view.room], cursor.room.head)
        self.assertEqual(person.transport.bytes_sent, person.bytes_read)


class HearingTests(HearingTestCase):
    """
    Without TLS.
    """

    def test_who_takes_no_more_of_a_small_room_still_hears_the_large_one(self) -> None:
        ada = self.crowd()
        slow = self.person("slow", "nook", "hall")
        self.person("bob", "nook")
        ada.say("hall", "second")
        slow.take("hall")
        slow.choke()
        self.server.together(lambda: slow.say("nook", "small"), lambda: ada.say("hall", "third"))
        ada.say("hall", "fourth")
        self.assertEqual(slow.take("hall"), ["third", "fourth"])

    def test_who_takes_no_more_before_a_deed_still_hears_what_comes_after_it(self) -> None:
        ada = self.crowd()
        late = self.person("late", "hall")
        late.take("hall")
        late.choke()
        self.server.together(
            lambda: ada.say("hall", "before"),
            lambda: self.server.set_topic("hall", "deeds"),
            lambda: ada.say("hall", "after"),
        )
        ada.say("hall", "last")
        self.assertEqual(late.take("hall"), ["before", "after", "last"])

    def test_everybody_hears_everything_once_and_in_order_whatever_they_do(self) -> None:
        self.live_through()


class SealedHearingTests(HearingTestCase):
    """
    Over TLS; in the last, over TLS and without it.
    """

    kind = SealedPerson

    def test_what_is_more_than_one_record_holds_comes_in_its_order_too(self) -> None:
        ada = self.crowd()
        ada.say("hall", "second")
        hall = self.server.hub.rooms[RoomKey("hall")].hearing
        self.assertEqual(len(hall.apart), 0)
        # More than one record holds.
        self.server.together(*[partial(ada.say, "hall", "x" * 3000) for _ in range(8)])
        ada.say("hall", "last")
        self.assertEqual(ada.take("hall"), ["first", "second", *["x" * 3000] * 8, "last"])

    def test_everybody_hears_everything_once_and_in_order_whatever_they_do(self) -> None:
        self.live_through()

    def test_one_that_is_to_say_goodbye_is_in_no_group(self) -> None:
        ada = self.crowd()
        bob = self.person("bob", "hall")
        ada.say("hall", "second")
        hall = self.server.hub.rooms[RoomKey("hall")].hearing
        self.assertEqual(len(hall.apart), 0)
        # Twisted lets a producer say what it has to say first.
        bob.outbox._transport.loseConnection()
        ada.say("hall", "third")
        self.assertEqual([listener is bob.session.cursors for listener in hall.apart], [True])
        self.assertEqual(bob.take("hall"), ["first", "second", "third"])
