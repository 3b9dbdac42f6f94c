"""
Chat without sockets: a server in memory, and clients that talk to it in the bytes of their dialect.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.accounts.lookalikes import name_keys
from chatd.core.accounts import Accounts, SignUp
from chatd.core.commands import Answer, Command, Post
from chatd.core.events import Author, Batch, Change, DeedDraft, Event, Message
from chatd.core.hub import Hub
from chatd.core.names import AUDIT, LOBBY, PersonId, RoomKey, is_private, person_id
from chatd.core.outbox import Group, Member
from chatd.core.ports import Dialect, View
from chatd.core.refusals import CloseCode, Refused, Violation
from chatd.core.session import Session
from chatd.core.settings import Settings
from chatd.core.sieve import Finder, Findings, Sought
from chatd.dialects.tutorial import TutorialDialect
from chatd.dialects.v1 import V1Dialect
from chatd.store.memory import MemoryStore

FAR_AWAY = "192.0.2.1"
STEP_SECONDS = 0.25


class LineWire:
    """
    A dialect whose messages each end with a newline, in place of frames.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.encoded_events = 0

    def decode(self, payload: bytes) -> Command | Post:
        """As the dialect's."""
        return self.dialect.decode(payload)

    def frame(self, answer: Answer) -> bytes:
        """See `Wire`."""
        return self._line(self.dialect.encode(answer))

    def frame_event(self, event: Event, view: View) -> bytes:
        """See `Wire`."""
        self.encoded_events += 1
        return self._line(self.dialect.encode_event(event, view))

    def verdict(self, refused: Refused) -> CloseCode | None:
        """As the dialect's."""
        return self.dialect.verdict(refused)

    @staticmethod
    def _line(payload: bytes | None) -> bytes:
        return b"" if payload is None else payload + b"\n"


QUESTIONS = frozenset(
    (
        "read",
        "page",
        "pinned",
        "room",
        "open",
        "rooms",
        "inbox",
        "counts",
        "person",
        "people",
        "person_of_token",
    )
)


class SlowStore:
    """
    A store that answers when the test wants it to, as a disk and a thread would.

    While `reads_wait` each read is made when it is asked for and answered by `answer_reads`. While
    `told_late` a commit is made at once but neither told to the listener nor answered before `tell`.
    """

    def __init__(self, inner: MemoryStore) -> None:
        self.inner = inner
        self.reads_wait = False
        self.told_late = False
        self.reads: list[str] = []
        self._publish: Callable[[Batch], None] = lambda batch: None
        self._waiting: deque[tuple[Deferred[Any], Any]] = deque()
        self._untold: deque[Batch] = deque()
        self._unanswered: deque[tuple[Deferred[Any], Any]] = deque()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        if name == "finder":
            return _SlowFinder(self, value)
        if name in (
            "append",
            "act",
            "prune",
            "add_person",
            "rename",
            "touch",
            "forget_guests",
            "forget_ended",
        ):
            return lambda *args, **kwargs: self._write(value(*args, **kwargs))
        if name in QUESTIONS:
            return lambda *args, **kwargs: self._read(name, value(*args, **kwargs))
        return value

    def listen(self, publish: Callable[[Batch], None], settled: Callable[[], None]) -> None:
        """See `Store`."""
        self._publish = publish
        self._settled = settled
        self.inner.listen(self._committed, settled)

    def _committed(self, batch: Batch) -> None:
        if self.told_late:
            self._untold.append(batch)
        else:
            self._publish(batch)

    def tell(self) -> None:
        """
        Tell of what was committed and answer it, and from now on do so at once.
        """
        self.told_late = False
        while self._untold:
            self._publish(self._untold.popleft())
        while self._unanswered:
            answer, outcome = self._unanswered.popleft()
            answer.callback(outcome)
        self._settled()

    def answer_reads(self, count: int | None = None) -> None:
        """
        Answer so many reads, the oldest first; or all, and from now on each at once.
        """
        if count is None:
            self.reads_wait = False
            count = len(self._waiting)
        for _ in range(count):
            answer, outcome = self._waiting.popleft()
            answer.callback(outcome)

    @property
    def waiting(self) -> int:
        """
        How many reads wait for an answer.
        """
        return len(self._waiting)

    def _write(self, written: Deferred[Any]) -> Deferred[Any]:
        answer: Deferred[Any] = Deferred()

        def done(outcome: Any) -> None:
            if self.told_late:
                self._unanswered.append((answer, outcome))
            else:
                answer.callback(outcome)

        written.addBoth(done)
        return answer

    def _read(self, name: str, read: Any) -> Awaitable[Any]:
        self.reads.append(name)
        answer: Deferred[Any] = Deferred()

        def done(outcome: Any) -> None:
            if self.reads_wait:
                self._waiting.append((answer, outcome))
            else:
                answer.callback(outcome)

        Deferred.fromCoroutine(read).addBoth(done)
        return answer


class _SlowFinder:
    """
    The finder of such a store.
    """

    def __init__(self, store: SlowStore, inner: Finder) -> None:
        self._store = store
        self._inner = inner

    def search(self, sought: Sought) -> Awaitable[Findings]:
        """See `Finder`."""
        return self._store._read("search", self._inner.search(sought))

    def again(self, commits: Sequence[int]) -> Awaitable[tuple[Message, ...]]:
        """See `Finder`."""
        return self._store._read("again", self._inner.again(commits))

    def called(
        self, person: PersonId, names: Collection[str], closed: Collection[RoomKey]
    ) -> Awaitable[tuple[tuple[str, RoomKey], ...]]:
        """See `Finder`."""
        return self._store._read("called", self._inner.called(person, names, closed))


PASSWORD = "correct horse"


def now(asked: Awaitable[Any]) -> Any:
    """
    What something comes to that waits for nothing; raises what it raises.
    """

    async def wait() -> Any:
        return await asked

    outcomes: list[Any] = []
    Deferred.fromCoroutine(wait()).addBoth(outcomes.append)
    (outcome,) = outcomes
    if isinstance(outcome, Failure):
        outcome.raiseException()
    return outcome


class PlainPasswords:
    """
    Passwords that are kept as they are, so that tests wait for nothing.
    """

    async def encode(self, password: str) -> str:
        """See `Passwords`."""
        return password

    async def fits(self, encoded: str | None, password: str) -> bool:
        """See `Passwords`."""
        return encoded == password


class TestLinks:
    """
    A link of an owner with the secret `first`, good once.
    """

    __test__ = False

    def __init__(self) -> None:
        self.good = True
        self.spent = False

    async def take(self, secret: str) -> bool:
        """See `OwnerLinks`."""
        taken = self.good and secret == "first"
        self.good = self.good and not taken
        return taken

    def put_back(self) -> None:
        """See `OwnerLinks`."""
        self.good = True

    async def spend(self) -> None:
        """See `OwnerLinks`."""
        self.spent = True


class Client:
    """
    One connection, both ends of it: what the server writes to, and what a test talks through.

    `full` says that the transport is; with `sips` each write fills it. What arrives while the server looks at
    no command waits in `waiting`, as it would in a socket. `inbox` holds the decoded messages that no `take`
    has taken.
    """

    def __init__(
        self, server: Server, wire: LineWire, address: str | None, credentials: str | None = None
    ) -> None:
        self.server = server
        self.wire = wire
        self._full = False
        self.sips = False
        self._circles: list[Circle] = []
        self.closed: tuple[int, str] | None = None
        self.me: dict[str, Any] = {}
        self.token = ""
        self.bytes_written = 0
        self.looks = 0
        self.waiting: deque[bytes] = deque()
        self._written: list[bytes] = []
        self._inbox: list[dict[str, Any]] = []
        self._asked = 0
        self._pumping = False
        self._gone = False
        self._address = address
        self._connect(credentials)

    def _connect(self, credentials: str | None) -> None:
        tutorial = self.wire.dialect.subprotocol is None
        self.session = self.server.hub.connect(
            self, self._address, tutorial=tutorial, now=self.server.now, credentials=credentials
        )

    # The server's end: see `chatd.core.ports.Outbox`

    def write(self, data: bytes) -> None:
        """See `Outbox`."""
        if self.closed is None and not self._gone:
            self._written.append(data)
            self.bytes_written += len(data)
            self.full = self.full or self.sips

    can_group = True

    @property
    def full(self) -> bool:
        """See `Outbox`."""
        return self._full

    @full.setter
    def full(self, full: bool) -> None:
        self._full = full
        if full:
            self._leave_all()

    def enter(self, group: Group, member: Member) -> bool:
        """See `Outbox`."""
        if self.full or self.closed or self._gone:
            return False
        assert isinstance(group, Circle)
        group.members[self] = member
        self._circles.append(group)
        return True

    def leave(self, group: Group) -> None:
        """See `Outbox`."""
        assert isinstance(group, Circle)
        self._circles.remove(group)
        group.members.pop(self).left()

    def _leave_all(self) -> None:
        for circle in tuple(self._circles):
            self.leave(circle)

    def close(self, code: CloseCode, reason: str) -> None:
        """See `Outbox`."""
        if self.closed is None:
            self.closed = (int(code), reason)
            self._leave_all()

    def look(self) -> None:
        """See `Outbox`."""
        self.looks += 1
        self._pump()

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            while self.waiting and self.session.receptive() and not (self.full or self.closed or self._gone):
                self._hand_over(self.waiting.popleft())
        finally:
            self._pumping = False

    def _hand_over(self, payload: bytes) -> None:
        try:
            command = self.wire.decode(payload)
        except Refused as refused:
            self.session.refused(refused, self.server.now)
        except Violation as violation:
            self.close(violation.code, violation.reason)
        else:
            self.session.receive(command, self.server.now)

    # The client's end

    def come_back(self, token: str) -> None:
        """
        Connect anew, say hello with that token, and join the rooms that were joined.
        """
        rooms = [key for key in self.session.cursors.rooms if not is_private(key)]
        self.lose()
        self._gone, self.closed = False, None
        self._connect(None)
        reply = self.hello(token=token)
        assert reply["type"] == "welcome", reply
        self.join(*rooms)

    def send_bytes(self, payload: bytes) -> None:
        """
        Send one message as it is.
        """
        self.waiting.append(payload)
        self._pump()

    def send(self, kind: str | None = None, **fields: Any) -> None:
        """
        Send a command, or without a `kind` a message of the tutorial's wire.
        """
        message = fields if kind is None else {"type": kind, **fields}
        self.send_bytes(json.dumps(message).encode())

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """
        Send a command and return its reply, which has to be there at once, without its `ref`.
        """
        self._asked += 1
        ref = f"asked-{self._asked}"
        self.send(kind, ref=ref, **fields)
        replies = [message for message in self.inbox if message.get("ref") == ref]
        if len(replies) != 1:
            raise AssertionError(f"{kind} was answered {len(replies)} times: {self.inbox} {self.closed}")
        self._inbox.remove(replies[0])
        del replies[0]["ref"]
        return replies[0]

    def say(self, text: str, room: str = LOBBY, **fields: Any) -> dict[str, Any]:
        """
        Say something and return the reply.
        """
        return self.ask("say", room=room, text=text, **fields)

    @property
    def inbox(self) -> list[dict[str, Any]]:
        """
        What has come and was not taken, in order.
        """
        written, self._written = self._written, []
        for line in b"".join(written).splitlines():
            self._inbox.append(json.loads(line))
        return self._inbox

    def take(self, *kinds: str) -> list[dict[str, Any]]:
        """
        Take the messages of these types, or all, out of the inbox.
        """
        taken: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        for message in self.inbox:
            (taken if not kinds or message.get("type") in kinds else left).append(message)
        self._inbox = left
        return taken

    def kinds(self) -> list[str]:
        """
        Take all messages; the answer is their types.
        """
        return [message["type"] for message in self.take()]

    def hears(self, room: str | None = None) -> list[str]:
        """
        Take all messages; the answer is what was said, in that room or in all.
        """
        said = [message for message in self.take() if message["type"] == "message"]
        return [message["text"] for message in said if room in (None, message["room"])]

    @property
    def id(self) -> str:
        """
        The id of the person.
        """
        return str(self.me["id"])

    @property
    def face(self) -> dict[str, Any]:
        """
        The person as others see them.
        """
        return {key: self.me[key] for key in ("id", "name", "avatar")}

    @property
    def private(self) -> str:
        """
        The room in which others write to this person.
        """
        return f"@{self.id}"

    def hello(self, **fields: Any) -> dict[str, Any]:
        """
        Say hello, remember who one is, and return the reply.
        """
        reply = self.ask("hello", **fields)
        if reply["type"] == "welcome":
            self.me = reply["me"]
            self.token = reply.get("token", fields.get("token", self.token))
        return reply

    def join(self, *rooms: str, **fields: Any) -> Client:
        """
        Join rooms and take all that comes of it.
        """
        for room in rooms:
            reply = self.ask("join", room=room, **fields)
            assert reply["type"] == "joined", reply
        self.take()
        return self

    def fill(self) -> None:
        """
        Stop reading: the transport is full from now on.
        """
        self.full = True

    def drain(self) -> None:
        """
        Read again: the transport has sent all it had.
        """
        self.full = False
        self.session.drained(self.server.now)
        self._pump()

    def lose(self) -> None:
        """
        Lose the connection.
        """
        if not self._gone:
            self._gone = True
            self._leave_all()
            self.waiting.clear()
            self.session.lost(self.server.now)


class Deliveries:
    """
    Knows whether one is under way, and how many there have been.
    """

    group_from = 1

    def __init__(self) -> None:
        self.under_way = False
        self.ended = 0

    def begin(self) -> None:
        """See `Delivery`."""
        self.under_way = True

    def flush(self) -> None:
        """See `Delivery`."""

    def end(self) -> None:
        """See `Delivery`."""
        self.ended += self.under_way
        self.under_way = False

    def group(self) -> Circle:
        """See `Delivery`."""
        return Circle()


class Circle:
    """
    Clients that are sent the same.
    """

    def __init__(self) -> None:
        self.members: dict[Client, Member] = {}

    def write(self, data: bytes) -> None:
        """See `Group`."""
        for client in tuple(self.members):
            client.write(data)


class BusyTurns:
    """
    A reactor that has time for everything, unless it is `busy`: then what can wait does, until `turn`.
    """

    def __init__(self) -> None:
        self.busy = False
        # A turn has time for one thing, or for all.
        self.short = False
        self._waiting: dict[Callable[[], None], None] = {}

    def admit(self) -> bool:
        """See `Turns`."""
        return not (self.busy or self._waiting)

    def spent(self) -> bool:
        """See `Turns`."""
        return self.short

    def wait(self, call: Callable[[], None]) -> None:
        """See `Turns`."""
        self._waiting.setdefault(call)

    def turn(self) -> int:
        """
        Make the calls that wait, but none that they add; how many it were.
        """
        calls, self._waiting = self._waiting, {}
        for call in calls:
            call()
        return len(calls)


class NarrowGate:
    """
    Lets everybody in at once, unless it is `shut`: then `let_in` does, one by one.
    """

    def __init__(self) -> None:
        self.shut = False
        self.inside = 0
        self.entered = 0
        self.waiting: deque[tuple[int, Deferred[int]]] = deque()

    def enter(self, last: int) -> Awaitable[int]:
        """See `Gate`."""
        waiting: Deferred[int] = Deferred()
        self.waiting.append((last, waiting))
        if not self.shut:
            self.let_in()
        return waiting

    def leave(self) -> None:
        """See `Gate`."""
        self.inside -= 1

    def let_in(self) -> int:
        """
        Let the oldest in; what its `last` was.
        """
        last, waiting = self.waiting.popleft()
        self.inside += 1
        self.entered += 1
        waiting.callback(self.entered)
        return last


class Server:
    """
    A hub over a memory store, with a clock that a test moves and randomness that is the same each time.
    """

    def __init__(self, **settings: Any) -> None:
        self.now = 1000.0
        self.wall_ms = 1_800_000_000_123
        self.failures: list[Failure] = []
        self.reported: list[Exception] = []
        self.clients: list[Client] = []
        self.v1 = LineWire(V1Dialect())
        self.tutorial_wire = LineWire(TutorialDialect())
        random = Random(2026).randbytes
        self.delivery = Deliveries()
        self.turns = BusyTurns()
        self.gate = NarrowGate()
        self.store = SlowStore(MemoryStore(lambda: self.wall_ms, random))
        self.start(random, **settings)

    def start(self, random: Callable[[int], bytes], **settings: Any) -> None:
        """
        Open a hub over the store.
        """
        self.hub = Hub(
            store=self.store,
            delivery=self.delivery,
            turns=self.turns,
            gate=self.gate,
            settings=Settings(**{"server": "chatd/test", **settings}),
            wall_ms=lambda: self.wall_ms,
            name_keys=name_keys,
            random=random,
            spawn=self.spawn,
            report=self.reported.append,
        )
        self.accounts = Accounts(self.hub, PlainPasswords(), TestLinks())
        self.spawn(self.store.start(), None)
        self.spawn(self.hub.open(), None)
        self.hub.tick(self.now)

    def restart(self) -> None:
        """
        Stop and start again over the same store: all connections are gone, and all that was in memory.
        """
        for client in self.clients:
            client.lose()
        self.start(Random(self.wall_ms).randbytes)

    def spawn(self, coroutine: Coroutine[Any, Any, None], session: Session | None) -> None:
        """
        Run a coroutine as the hub wants it to be run.
        """

        def failed(failure: Failure) -> None:
            self.failures.append(failure)
            if session is not None:
                session.close(CloseCode.INTERNAL_ERROR, CloseCode.INTERNAL_ERROR.reason)

        Deferred.fromCoroutine(coroutine).addErrback(failed)

    def advance(self, seconds: float) -> None:
        """
        Let time pass: in small steps up to a minute, else in one.
        """
        end = self.now + seconds
        while seconds <= 60 and self.now + STEP_SECONDS < end:
            self.now += STEP_SECONDS
            self.hub.tick(self.now)
        self.now = end
        self.hub.tick(self.now)

    def connect(self, address: str | None = None, credentials: str | None = None) -> Client:
        """
        A connection of `chatd.v1` on which nothing was said yet, that came with these credentials.
        """
        self.clients.append(Client(self, self.v1, address, credentials))
        return self.clients[-1]

    def tutorial(self, address: str | None = None) -> Client:
        """
        A connection of the tutorial's wire.
        """
        self.clients.append(Client(self, self.tutorial_wire, address))
        return self.clients[-1]

    def person(self, name: str, *rooms: str, address: str | None = None) -> Client:
        """
        A new person of that name in these rooms, who has read all.
        """
        client = self.connect(address)
        reply = client.hello(name=name)
        assert reply["type"] == "welcome", reply
        return client.join(*rooms)

    def again(self, person: Client, *rooms: str, **fields: Any) -> Client:
        """
        One more connection of a person, in these rooms.
        """
        client = self.connect()
        reply = client.hello(token=person.token, **fields)
        assert reply["type"] == "welcome", reply
        return client.join(*rooms)

    def account(self, name: str, *rooms: str, role: str = "", address: str | None = None) -> Client:
        """
        Somebody who has an account, and that role on the server, in these rooms.
        """
        client = self.person(name, address=address)
        self.sign_up(client, role)
        return client.join(*rooms)

    def sign_up(self, client: Client, role: str = "") -> None:
        """
        Give a guest who is here an account, and a role on the server.
        """
        asked = SignUp(password=PASSWORD, token=client.token)
        signed_in = now(self.accounts.sign_up(asked, None, "test", self.now))
        # Connections that came by the guest's token are closed.
        client.come_back(signed_in.token)
        if role:
            self.decide(Change("", client.id, "role", role))
        client.take()

    def decide(self, *changes: Change) -> None:
        """
        Have something be so, whoever decided it.
        """
        author = Author(person_id(b"the server"), "server")
        now(
            self.store.act(
                (DeedDraft(room=AUDIT, room_name="", author=author, kind="role", changes=changes),)
            )
        )

    def watcher(self, *rooms: str) -> Client:
        """
        A connection that says hello without a name, in these rooms.
        """
        client = self.connect()
        client.hello()
        return client.join(*rooms)

    def close(self) -> None:
        """
        Let all that waits happen, lose all connections, and let the time pass in which people are expected
        back.
        """
        self.store.tell()
        self.store.release()
        self.store.answer_reads()
        for client in self.clients:
            client.lose()
        # Not everything that is due makes itself due no more at once, as the turns of the largest rooms.
        for _ in range(3):
            self.advance(20)
        self.turns.busy = False
        while self.turns.turn():
            pass

    def leftovers(self) -> dict[str, Any]:
        """
        What is in memory that should not be once everybody has gone.
        """
        hub = self.hub
        left: dict[str, Any] = {
            "rooms": {key: room for key, room in hub.rooms.items() if key != LOBBY},
            "lobby": [*hub.rooms[LOBBY].members, *hub.rooms[LOBBY].hearing.cursors],
            "pins": hub.rooms[LOBBY].pins - 1,
            "people": hub.presence.people,
            "names": hub.presence._holders,
            "private rooms": hub._private_rooms,
            "deadlines": len(hub.deadlines),
            "delivery": self.delivery.under_way,
            "news": hub.news._waiting,
            "sessions": hub.sessions,
            "guises": hub.guises,
            "deeds": hub.deeds_under_way,
            "searches": hub.searches.under_way,
            "gate": self.gate.inside + len(self.gate.waiting),
            "unanswered": [client for client in self.clients if client.session._unanswered],
        }
        return {name: what for name, what in left.items() if what}


class ChatTestCase(SynchronousTestCase):
    """
    Chat on a server of its own. Each test ends with everybody gone and nothing of them left in memory, and
    with no failure that it did not take from `server.failures` or `server.reported`.
    """

    settings: dict[str, Any] = {}

    def setUp(self) -> None:
        """A server, open."""
        self.server = Server(**self.settings)

    def tearDown(self) -> None:
        """Nobody is left, and nothing went wrong."""
        self.server.close()
        self.assertEqual(self.server.failures, [])
        self.assertEqual(self.server.reported, [])
        self.assertEqual(self.server.leftovers(), {})

    def assert_refused(self, reply: dict[str, Any], code: str) -> None:
        """
        The reply is a refusal with that code, and says something to a person.
        """
        self.assertEqual((reply["type"], reply.get("code")), ("refused", code), reply)
        self.assertTrue(reply["message"])
