"""
Whatever happens, each client hears exactly the log, dense and once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.names import private_key, room_key
from chatd.core.pruning import Pruning
from chatd.core.retention import Retention
from tests.core.clients import Client, Server

ROOMS = ("lobby", "den")
READERS = 3

readers = st.integers(0, READERS - 1)
rooms = st.sampled_from(ROOMS)


@dataclass
class Place:
    """
    Where a reader stands in a room, as a client knows it: after `offset`, and before a `live` at `live_at`.
    """

    offset: int
    live_at: int | None
    # How far on from `offset` it may be before the first event has come: what was kept when one joined is
    # not known, only what is kept now.
    latest: int = 0


@dataclass
class Reader:
    """
    A client that checks all that it is told, and that comes back where it was.
    """

    name: str
    client: Client
    first: Callable[[str], int]
    places: dict[str, Place] = field(default_factory=dict)
    # What is remembered of rooms for the next connection: offset and id of the last event there.
    known: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def read(self) -> None:
        """
        Check what has come.
        """
        for message in self.client.take():
            getattr(self, f"on_{message['type']}", lambda message: None)(message)

    def on_joined(self, message: dict[str, Any]) -> None:
        """The answer to a join."""
        room, fields = self.asked.pop(0)
        assert room == message["room"], message
        head = message["head"]
        if message["recovered"]:
            place = Place(fields["after"], head)
        else:
            first = self.first(room)
            after = fields.get("after")
            assert after is None or after > head or after < first, (fields, message)
            place = Place(max(0, head - fields["limit"]), head, min(head, first - 1))
        self.places[room] = place

    def on_message(self, message: dict[str, Any]) -> None:
        """An event: the next one, always."""
        room = message["room"]
        if room.startswith("@"):
            # A private room is heard without a join, from its first event on that this connection hears.
            place = self.places.setdefault(room, Place(message["offset"] - 1, None))
        else:
            assert room in self.places, (self.name, message)
            place = self.places[room]
        assert place.offset < message["offset"] <= max(place.offset, place.latest) + 1, (
            self.name,
            place,
            message,
        )
        if place.live_at is not None:
            assert message["offset"] <= place.live_at, (self.name, place, message)
        place.offset, place.latest = message["offset"], 0
        self.known[room] = (message["offset"], message["id"])

    def on_live(self, message: dict[str, Any]) -> None:
        """Caught up: once, and with the head that `joined` named."""
        place = self.places[message["room"]]
        assert place.live_at == message["offset"] in (place.offset, place.latest), (self.name, place, message)
        place.offset, place.live_at, place.latest = message["offset"], None, 0

    def on_done(self, message: dict[str, Any]) -> None:
        """The answer to a `say` or a `leave`."""
        if "offset" in message:
            room = message["room"]
            if room in self.places:
                # In a room that one hears one's own event comes first, or is passed over by a join.
                place = self.places[room]
                assert message["offset"] <= max(place.offset, place.latest), (self.name, place, message)
        elif message.get("ref", "").startswith("leave "):
            self.places.pop(message["ref"].removeprefix("leave "))

    def on_refused(self, message: dict[str, Any]) -> None:
        """A say in a room that was left, or a join that was not to be."""
        assert message["code"] in ("not_member", "rate_limited"), message


class Traffic(RuleBasedStateMachine):
    """
    A few people who come, talk, stall, leave, are cut off and come back, over a store that takes its time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(message_rate=0)
        self.readers = [Reader(name, self.server.person(name), self.first) for name in ("ada", "bob", "cleo")]
        self.said = 0
        for reader in self.readers:
            for room in ROOMS:
                self.send_join(reader, room, {"limit": 0})
            reader.read()

    def send_join(self, reader: Reader, room: str, fields: dict[str, Any]) -> None:
        """Join, and remember what was asked."""
        reader.asked.append((room, fields))
        reader.client.send("join", room=room, **fields)

    @rule(who=readers, room=rooms, limit=st.integers(0, 4))
    def join(self, who: int, room: str, limit: int) -> None:
        """From the last messages on."""
        self.send_join(self.readers[who], room, {"limit": limit})

    @rule(who=readers, room=rooms)
    def resume(self, who: int, room: str) -> None:
        """From where one was."""
        reader = self.readers[who]
        after, known_id = reader.known.get(room, (0, "none"))
        epoch = self.server.store.epoch
        self.send_join(reader, room, {"after": after, "id": known_id, "epoch": epoch, "limit": 1})

    @rule(who=readers, room=rooms, again=st.booleans())
    def leave(self, who: int, room: str, again: bool) -> None:
        """And come back at once, perhaps."""
        reader = self.readers[who]
        if room in reader.places:
            reader.client.send("leave", room=room, ref=f"leave {room}")
            if again:
                self.resume(who, room)

    @rule(room=rooms, count=st.integers(1, 3))
    def talk(self, room: str, count: int) -> None:
        """All who are in a room say some things."""
        for reader in self.readers * count:
            if room in reader.places:
                self.said += 1
                reader.client.send("say", room=room, text=f"{self.said}")

    @rule(who=readers, to=readers)
    def whisper(self, who: int, to: int) -> None:
        """To another one, here or not."""
        if who != to:
            self.said += 1
            room = self.readers[to].client.private
            self.readers[who].client.send("say", room=room, text=f"{self.said}")

    @rule(who=readers, sips=st.booleans())
    def fill(self, who: int, sips: bool) -> None:
        """Stop reading; or read a write at a time from now on."""
        self.readers[who].client.fill()
        self.readers[who].client.sips = sips

    @rule(who=readers)
    def drain(self, who: int) -> None:
        """Read again."""
        self.readers[who].client.drain()

    @rule(who=readers, resume=st.booleans())
    def lose(self, who: int, resume: bool) -> None:
        """The connection, and come back; with the rooms where one was, or without."""
        before = self.readers[who]
        before.read()
        before.client.lose()
        client = self.server.connect()
        client.me, client.token = before.client.me, before.client.token
        reader = self.readers[who] = Reader(before.name, client, self.first, known=before.known)
        client.send("hello", token=client.token)
        if resume:
            for room in before.places:
                if room in ROOMS:
                    self.resume(who, room)
        reader.read()

    @rule(what=st.sampled_from(("hold", "release", "late", "tell", "wait", "answer", "answer", "answer all")))
    def store(self, what: str) -> None:
        """Commits are held, or made and not told, reads wait; or all of them go on."""
        store = self.server.store
        match what:
            case "hold":
                store.hold()
            case "late":
                store.told_late = True
            case "wait":
                store.reads_wait = True
            case "answer":
                store.answer_reads(min(1, store.waiting))
            case "answer all":
                store.answer_reads()
            case "release":
                store.release()
            case "tell":
                store.tell()

    @rule(room=rooms)
    def forget_tail(self, room: str) -> None:
        """What was said in a room has left memory."""
        here = self.server.hub.rooms.get(room_key(room))
        if here is not None:
            here.tail.entries.clear()
            here.tail.weight = 0

    def first(self, room: str) -> int:
        """From which event on a public room is kept."""
        log = self.server.store.inner._rooms.logs.get(room_key(room))
        return 1 if log is None else log.first

    @rule(messages=st.integers(1, 4))
    def prune(self, messages: int) -> None:
        """Of each room only the last messages are kept."""
        pruning = Pruning(self.server.hub, Retention(messages=messages), lambda ahead_ms: None)
        self.server.spawn(pruning.step(self.server.now), None)

    @rule(seconds=st.sampled_from((0.25, 11.0)))
    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.server.advance(seconds)

    @invariant()
    def everything_comes_in_order(self) -> None:
        """Dense, once, and `live` where it belongs; or one is sent to come back."""
        for who, reader in enumerate(self.readers):
            reader.read()
            if reader.client.closed is not None:
                assert reader.client.closed == (4002, "resync")
                self.lose(who, resume=True)
        assert self.server.failures == []
        assert self.server.reported == []

    def teardown(self) -> None:
        """In the end everybody has everything, and nothing is left behind."""
        self.server.store.tell()
        self.server.store.release()
        self.server.store.answer_reads()
        # A bucket of commands is refilled meanwhile.
        for _ in range(3):
            for reader in self.readers:
                reader.client.sips = False
                while reader.client.full:
                    reader.client.drain()
            self.server.advance(20)
            self.everything_comes_in_order()
        logs = self.server.store.inner._rooms.logs
        for reader in self.readers:
            assert not reader.client.waiting, reader.name
            assert reader.asked == [], reader.name
            for room, place in reader.places.items():
                if room.startswith("@"):
                    key = private_key(reader.client.session.viewer, room[1:])
                else:
                    key = room_key(room)
                head = logs[key].head if key in logs else 0
                assert (place.offset, place.live_at) == (head, None), (reader.name, room, place, head)
        self.server.close()
        assert self.server.leftovers() == {}
        assert self.server.failures == []


class TrafficTest(SynchronousTestCase):
    """
    The same random traffic at every run.
    """

    def test_whatever_happens_each_client_hears_exactly_the_log(self) -> None:
        """Dense, once, in order, and to its end."""
        modest = settings(
            max_examples=30, stateful_step_count=40, deadline=None, derandomize=True, database=None
        )
        run_state_machine_as_test(Traffic, settings=modest)
