"""
Whatever is done to whom in whatever order: nobody gets what they may not read, and all end with the same
view.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Change, Message
from chatd.core.names import PersonId, RoomKey, private_key
from chatd.core.refusals import Refused
from chatd.core.uploading import MEBIBYTE, Uploads
from chatd.core.visitor import Visitor, recognize
from tests.core.blobs import MemoryBlobs, TestPictures
from tests.core.clients import Client, Server, now

PEOPLE = ("ada", "bob", "cleo", "gus")
MEMBERS = PEOPLE[:3]
ROOMS = ("den", "closed")
people = st.sampled_from(PEOPLE)
rooms = st.sampled_from(ROOMS)


class Rights(RuleBasedStateMachine):
    """
    Ada owns a closed room and the server; bob and cleo have accounts, gus is a guest. What a command did is
    known by its answer; a model keeps who may read what.
    """

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(message_rate=0)
        self.tokens: dict[str, str] = {}
        self.clients: dict[str, list[Client]] = {name: [] for name in PEOPLE}
        self.ids: dict[str, str] = {}
        for name in MEMBERS:
            client = self.server.account(name)
            self.tokens[name], self.ids[name] = client.token, client.id
            client.lose()
        gus = self.server.person("gus")
        self.tokens["gus"], self.ids["gus"] = gus.token, gus.id
        gus.lose()
        ada = self._client("ada")
        self.server.decide(Change("", self.ids["ada"], "role", "owner"))
        self.key = {"den": "den", "closed": ada.ask("make", title="Closed")["room"]}
        # Of the closed room, who is a member; of both, who is banned.
        self.members = {"ada"}
        self.banned: dict[str, set[str]] = {room: set() for room in ROOMS}
        self.said = 0
        # Files by their ids: in which room, and of a conversation whose it is.
        self.files: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.blobs = MemoryBlobs()
        self.uploads = Uploads(self.server.hub, self.blobs, TestPictures(self.blobs), MEBIBYTE, 10 * MEBIBYTE)
        ada.take()
        ada.join("den", self.key["closed"])

    def _client(self, name: str, again: bool = False) -> Client:
        """A connection of somebody that is open; a new one if there is none, or one is asked for."""
        alive = [client for client in self.clients[name] if client.closed is None and not client._gone]
        self.clients[name] = alive
        if alive and not again:
            return alive[-1]
        client = self.server.connect()
        assert client.hello(token=self.tokens[name])["type"] == "welcome"
        client.token = self.tokens[name]
        alive.append(client)
        return client

    def _may(self, name: str, room: str) -> bool:
        return name not in self.banned[room] and (room == "den" or name in self.members)

    def _act(self, name: str, kind: str, room: str, **fields: Any) -> bool:
        """Have somebody do something, who is in the room if they may be; whether it was done."""
        client = self._client(name)
        if self.key[room] not in client.session.cursors.rooms:
            client.ask("join", room=self.key[room])
        return bool(client.ask(kind, room=self.key[room], **fields)["type"] == "done")

    @rule(name=people, room=rooms, again=st.booleans())
    def join(self, name: str, room: str, again: bool) -> None:
        """Come in; it succeeds just for whom it may."""
        reply = self._client(name, again).ask("join", room=self.key[room])
        assert (reply["type"] == "joined") == self._may(name, room), (name, room, reply)

    @rule(name=people, room=rooms, after=st.integers(0, 30))
    def resume(self, name: str, room: str, after: int) -> None:
        """Come in from a position."""
        reply = self._client(name).ask(
            "join", room=self.key[room], after=after, epoch=self.server.store.epoch
        )
        assert (reply["type"] == "joined") == self._may(name, room), (name, room, reply)

    @rule(name=people, room=rooms)
    def say(self, name: str, room: str) -> None:
        """Say something that is marked with its room."""
        self.said += 1
        done = self._act(name, "say", room, text=f"{room} {self.said}")
        assert done == self._may(name, room)

    def _kept(self, key: str) -> list[Message]:
        log = self.server.store.inner._rooms.logs.get(RoomKey(key))
        events = log.events if log else ()
        return [event for event in events if isinstance(event, Message) and not event.deleted]

    def _visitor(self, name: str | None) -> Visitor:
        shown = None if name is None else self.tokens[name]
        visitor: Visitor = now(recognize(self.server.hub, shown, None))
        return visitor

    def _bring(self, name: str, room: str) -> str | None:
        """Bring a file into a room, as by HTTP; its id, or None if that was refused."""
        try:
            record = now(self.uploads.begin(self._visitor(name), room, "a.txt", 5, self.server.now))
        except Refused:
            return None
        now(self.uploads.blobs.write(record.file.id, 0, b"hello"))
        now(self.uploads.finish(record))
        return str(record.file.id)

    def _may_have(self, name: str | None, key: str) -> bool:
        try:
            now(self.uploads.fetch(self._visitor(name), key))
        except Refused:
            return False
        return True

    @rule(name=people, room=rooms, text=st.booleans())
    def bring(self, name: str, room: str, text: bool) -> None:
        """Say something with a file; whoever may not speak there cannot even bring it."""
        key = self._bring(name, self.key[room])
        assert (key is not None) == self._may(name, room), (name, room)
        if key is not None:
            assert [each for each in (*PEOPLE, None) if self._may_have(each, key)] == [name]
            self.said += 1
            said = f"{room} {self.said}" if text else ""
            assert self._act(name, "say", room, text=said, files=[key])
            self.files[key] = self.key[room], ()

    @rule(name=people, other=people)
    def bring_to_one(self, name: str, other: str) -> None:
        """Send a file to one person."""
        room = f"@{self.ids[other]}"
        key = self._bring(name, room)
        assert (key is not None) == (name != other)
        if key is not None:
            assert self._client(name).ask("say", room=room, text="", files=[key])["type"] == "done"
            own = private_key(PersonId(self.ids[name]), PersonId(self.ids[other]))
            self.files[key] = own, (name, other)

    @rule(name=st.sampled_from((*PEOPLE, None)))
    def fetch(self, name: str | None) -> None:
        """Fetch every file: whoever may read its room has it as long as its message is there."""
        for key, (place, pair) in self.files.items():
            if pair:
                may = name in pair
            else:
                room = next(room for room in ROOMS if self.key[room] == place)
                may = room == "den" if name is None else self._may(name, room)
            kept = any(key == file.id for message in self._kept(place) for file in message.files)
            assert self._may_have(name, key) == (may and kept), (name, key, place)

    @rule()
    def sweep(self) -> None:
        """Of what is gone the bytes go too, and of nothing else."""
        now(self.uploads.sweep())
        kept = {
            key
            for key, (place, _) in self.files.items()
            if any(key == file.id for message in self._kept(place) for file in message.files)
        }
        assert set(self.blobs.files) == kept

    def _messages(self, room: str) -> list[Message]:
        return [message for message in self._kept(self.key[room]) if message.text]

    @rule(
        name=people,
        room=rooms,
        kind=st.sampled_from(("edit", "empty", "delete", "react", "pin")),
        back=st.integers(0, 3),
        on=st.booleans(),
    )
    def amend(self, name: str, room: str, kind: str, back: int, on: bool) -> None:
        """Change what was said, of one's own or of others; nobody does who may not read it."""
        said = self._kept(self.key[room])
        if not said:
            return
        message = said[-1 - back % len(said)]
        self.said += 1
        fields: dict[str, dict[str, Any]] = {
            "edit": {"text": f"{room} {self.said}"},
            "empty": {"text": ""},
            "delete": {},
            "react": {"emoji": "👍", "on": on},
            "pin": {"on": on},
        }
        asked = "edit" if kind == "empty" else kind
        done = self._act(name, asked, room, offset=message.offset, **fields[kind])
        own = message.author.id == self.ids[name]
        empty = own and bool(message.files)
        may = {
            "edit": own,
            "empty": empty,
            "delete": own or name == "ada",
            "react": True,
            "pin": name == "ada",
        }
        assert done == (self._may(name, room) and may[kind]), (name, room, kind)

    @rule(name=people, room=rooms)
    def history(self, name: str, room: str) -> None:
        """Read it back."""
        client = self._client(name)
        reply = client.ask("history", room=self.key[room])
        if reply["type"] == "page":
            assert self._may(name, room)
            assert all(event["room"] == self.key[room] for event in reply["events"])

    @rule(name=people, room=rooms)
    def search(self, name: str, room: str) -> None:
        """Look for what was said in a room: whoever may read it finds all of it, and nobody else anything."""
        reply = self._client(name).ask("search", query=room, limit=50)
        assert reply["type"] == "found", reply
        said = [message.text for message in self._messages(room)]
        found = [(hit["message"]["room"], hit["message"]["text"]) for hit in reply["hits"]]
        expected = [(self.key[room], text) for text in said[::-1][:50]]
        assert found == (expected if self._may(name, room) else []), (name, room)

    @rule(name=people)
    def invite(self, name: str) -> None:
        """Ada asks somebody in."""
        if self._act("ada", "invite", "closed", who=self.ids[name]):
            self.members.add(name)

    @rule(name=st.sampled_from(PEOPLE[1:]), room=rooms, late=st.booleans())
    def kick(self, name: str, room: str, late: bool) -> None:
        """Ada sends somebody out, who may be slow to read."""
        self._slow(name, late)
        if self._act("ada", "kick", room, who=self.ids[name]) and room == "closed":
            self.members.discard(name)
        self._gone(name, room)

    @rule(name=st.sampled_from(PEOPLE[1:]), room=rooms, late=st.booleans())
    def ban(self, name: str, room: str, late: bool) -> None:
        """Ada bans somebody."""
        self._slow(name, late)
        assert self._act("ada", "ban", room, who=self.ids[name])
        self.banned[room].add(name)
        if room == "closed":
            self.members.discard(name)
        self._gone(name, room)

    @rule(name=st.sampled_from(PEOPLE[1:]), room=rooms)
    def unban(self, name: str, room: str) -> None:
        """Ada lets them in again."""
        if self._act("ada", "unban", room, who=self.ids[name]):
            self.banned[room].discard(name)

    @rule(name=st.sampled_from(PEOPLE[1:]))
    def leave_for_good(self, name: str) -> None:
        """Somebody ends their membership."""
        if self._act(name, "quit", "closed"):
            self.members.discard(name)
            self._gone(name, "closed")

    @rule(name=people)
    def read_marker(self, name: str) -> None:
        """Move a marker, in the room of which one may be no member any more."""
        self._client(name).ask("read", room=self.key["closed"], offset=1)

    @rule(name=people)
    def lose(self, name: str) -> None:
        """A connection is lost."""
        if self.clients[name]:
            self.clients[name].pop().lose()

    @rule(
        group=st.lists(st.tuples(people, rooms), min_size=1, max_size=4),
        name=st.sampled_from(PEOPLE[1:]),
        room=rooms,
        at=st.integers(0, 4),
    )
    def all_at_once(self, group: list[tuple[str, str]], name: str, room: str, at: int) -> None:
        """Several say something, and ada sends somebody out, in one commit."""
        for who, where in [*group, ("ada", room)]:
            client = self._client(who)
            if self._may(who, where):
                client.ask("join", room=self.key[where])
        self._drain()
        self.server.store.inner.hold()
        for place, (who, where) in enumerate(group):
            if place == at:
                self._client("ada").send("kick", room=self.key[room], who=self.ids[name])
            self.said += 1
            self._client(who).send("say", room=self.key[where], text=f"{where} {self.said}")
        if at >= len(group):
            self._client("ada").send("kick", room=self.key[room], who=self.ids[name])
        self.server.store.inner.release()
        if room == "closed":
            self.members.discard(name)
        self._gone(name, room)

    def _slow(self, name: str, late: bool) -> None:
        if late:
            self._client(name).fill()

    def _gone(self, name: str, room: str) -> None:
        """
        Nothing that was stored after the deed reaches whoever it sent out, on any of their connections; and
        the deed is the last that they have of the room.
        """
        self._drain()
        for client in self.clients[name]:
            heard = [event for event in client.take() if event.get("room") == self.key[room]]
            kinds = [event["type"] for event in heard]
            if "removed" in kinds:
                last = kinds.index("removed")
                events = [event for event in heard[:last] if "from" in event]
                assert not events or events[-1]["type"] in ("kicked", "banned", "quit"), kinds
                assert not [event for event in heard[last:] if "from" in event], kinds
            assert self.key[room] not in client.session.cursors.rooms

    def _drain(self) -> None:
        for clients in self.clients.values():
            for client in clients:
                if client.full:
                    client.drain()

    @invariant()
    def nobody_hears_what_they_may_not_read(self) -> None:
        """Who hears a room now is who may."""
        for name, clients in self.clients.items():
            for client in clients:
                for room in ROOMS:
                    if self.key[room] in client.session.cursors.rooms:
                        assert self._may(name, room), (name, room)

    @invariant()
    def all_that_comes_is_in_its_room(self) -> None:
        """A message is of the room that it says it is, and dense behind what came before it."""
        for name, clients in self.clients.items():
            for client in clients:
                if client.full:
                    continue
                for event in client.take():
                    if event["type"] in ("message", "edited") and event.get("text"):
                        room, _, _ = event["text"].partition(" ")
                        assert event["room"] == self.key[room], (name, event)

    def teardown(self) -> None:
        """Everybody who may comes back, and sees the same log; whoever may not sees nothing."""
        for name in (*PEOPLE, None):
            self.fetch(name)
        self.sweep()
        views: dict[str, set[str]] = {room: set() for room in ROOMS}
        for name in PEOPLE:
            client = self._client(name, again=True)
            for room in ROOMS:
                reply = client.ask("join", room=self.key[room], limit=200)
                assert (reply["type"] == "joined") == self._may(name, room), (name, room, reply)
                events = [
                    event for event in client.take() if "id" in event and event["room"] == self.key[room]
                ]
                if reply["type"] == "joined":
                    views[room].add(str(events))
                else:
                    assert events == []
            listed = {room["room"] for room in client.ask("rooms")["rooms"]}
            assert (self.key["closed"] in listed) == (name in self.members)
        assert all(len(seen) <= 1 for seen in views.values())
        self.server.close()
        assert self.server.failures == []
        assert self.server.reported == []
        assert self.server.leftovers() == {}


class RightsModelTest(SynchronousTestCase):
    """
    See the module.
    """

    def test_nobody_gets_what_they_may_not_read_and_all_end_with_the_same_view(self) -> None:
        """
        In random sequences of joins, invitations, removals, bans, talk, files and reconnects.
        """
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Rights, settings=settings(max_examples=30, stateful_step_count=25, deadline=None)
        )
