"""
However somebody comes back, they end with the same messages as those who stayed.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from tests.core.clients import Client, Server

PEOPLE = ("ada", "bob", "cleo")
people = st.sampled_from(PEOPLE)
places = st.integers(0, 5)


class Reader:
    """
    A client as docs/protocol.md describes it: what it holds of the room, message by message.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.messages: dict[int, dict[str, Any]] = {}
        self.pins: set[int] = set()
        self.after = 0
        self.id: str | None = None
        self.epoch = ""

    def take(self) -> None:
        """Take in what has come."""
        for frame in self.client.take():
            if frame["type"] == "joined":
                self.epoch = frame["epoch"]
                self.pins = set(frame.get("pins", ()))
                if not frame["recovered"]:
                    self.messages.clear()
            elif frame["type"] == "page":
                for event in frame["events"]:
                    self.hear(event, live=False)
            elif "offset" in frame and frame["type"] not in ("done", "live", "read"):
                self.hear(frame, live=True)

    def hear(self, event: dict[str, Any], *, live: bool) -> None:
        """An event, live or on a page of history."""
        if live:
            self.after, self.id = event["offset"], event["id"]
        if event["type"] == "message":
            # What is read again is at least as new as what one has.
            held = self.messages.get(event["offset"])
            if held is None or held.get("changed", 0) <= event.get("changed", 0) or event.get("deleted"):
                self.messages[event["offset"]] = dict(event)
            return
        about = event.get("about")
        if event["type"] == "pinned" and live:
            (self.pins.add if event["on"] else self.pins.discard)(about)
        if event["type"] == "deleted":
            self.pins.discard(about)
        for message in self.messages.values():
            if message.get("reply_to") == about and "quote" in message:
                self.requote(message["quote"], event)
        message = self.messages.get(about)
        if event["type"] == "wiped":
            self.wipe(event)
        elif (
            message is not None and not message.get("deleted") and message.get("changed", 0) < event["offset"]
        ):
            self.change(message, event)

    def requote(self, quote: dict[str, Any], event: dict[str, Any]) -> None:
        """A quote follows what becomes of the message."""
        if event["type"] == "deleted":
            quote.update(text="", deleted=True)
        elif event["type"] == "edited" and "text" in event and not quote.get("deleted"):
            quote["text"] = event["text"][:200]

    def change(self, message: dict[str, Any], event: dict[str, Any]) -> None:
        """Apply an event to the message that it is about."""
        if event["type"] == "deleted":
            self.gone(message)
            return
        message["changed"] = event["offset"]
        if event["type"] == "edited":
            # One without a text was followed by another, which is yet to come.
            if "text" in event:
                message["text"], message["edited"] = event["text"], event["at"]
        elif event["type"] == "pinned":
            message["pinned"] = event["on"]
        elif event["type"] == "reacted":
            given = {
                each["emoji"]: {who["id"] for who in each["people"]} for each in message.get("reactions", ())
            }
            of = given.setdefault(event["emoji"], set())
            (of.add if event["on"] else of.discard)(event["from"]["id"])
            message["reactions"] = [
                {"emoji": emoji, "count": len(who), "people": [{"id": each} for each in who]}
                for emoji, who in given.items()
                if who
            ]

    def reactions(self, message: dict[str, Any]) -> dict[str, frozenset[str]]:
        """Who has given which."""
        given = message.get("reactions", ())
        return {each["emoji"]: frozenset(who["id"] for who in each["people"]) for each in given}

    def wipe(self, event: dict[str, Any]) -> None:
        """What somebody wrote, or changed, from a time on is gone."""
        for message in self.messages.values():
            theirs = message["from"]["id"] == event["who"]["id"] and message["offset"] < event["offset"]
            # What was changed after the wipe was spared by it.
            if (
                theirs
                and message.get("changed", 0) < event["offset"]
                and max(message["at"], message.get("edited", "")) >= event["since"]
            ):
                self.gone(message)

    def gone(self, message: dict[str, Any]) -> None:
        """A message is deleted."""
        offset = message["offset"]
        self.pins.discard(offset)
        for name in ("edited", "reactions", "pinned", "quote", "cid"):
            message.pop(name, None)
        message.update(text="", deleted=True)
        for other in self.messages.values():
            if other.get("reply_to") == offset and "quote" in other:
                other["quote"].update(text="", deleted=True)

    def view(self) -> dict[int, Any]:
        """What is seen of each message."""
        return {
            offset: (
                message["text"],
                message.get("deleted", False),
                message.get("edited"),
                message.get("pinned", False),
                {
                    each["emoji"]: frozenset(who["id"] for who in each["people"])
                    for each in message.get("reactions", ())
                },
                None if message.get("deleted") else (message.get("quote") or {}).get("text"),
            )
            for offset, message in self.messages.items()
        }


class Forms(RuleBasedStateMachine):
    """
    Three people say and change things; one reader stays, others come, go, and page back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(message_rate=0)
        self.people = {name: self.server.account(name, "den") for name in PEOPLE}
        self.server.account("olga", role="owner").lose()
        self.offsets: list[int] = []
        self.said = 0
        self.steady = self._reader()
        self.others: list[Reader] = []
        self.away: list[Reader] = []

    def _reader(self) -> Reader:
        reader = Reader(self.server.watcher())
        reader.client.send("join", room="den", after=0, epoch=self.server.store.epoch)
        return reader

    def _offset(self, place: int) -> int:
        return self.offsets[-1 - place % len(self.offsets)] if self.offsets else 1

    @rule(name=people, place=st.none() | places)
    def say(self, name: str, place: int | None) -> None:
        """Say something, perhaps as a reply."""
        self.said += 1
        self.server.wall_ms += 1000
        more = {"reply_to": self._offset(place)} if place is not None and self.offsets else {}
        done = self.people[name].ask("say", room="den", text=f"word{self.said}", **more)
        if done["type"] == "done":
            self.offsets.append(done["offset"])

    @rule(name=people, place=places)
    def edit(self, name: str, place: int) -> None:
        """Change a message, which succeeds for one's own."""
        self.said += 1
        self.server.wall_ms += 1000
        self.people[name].ask("edit", room="den", offset=self._offset(place), text=f"word{self.said}")

    @rule(name=people, place=places)
    def delete(self, name: str, place: int) -> None:
        """Delete a message."""
        self.people[name].ask("delete", room="den", offset=self._offset(place))

    @rule(name=people, place=places, emoji=st.sampled_from("👍🎉"), on=st.booleans())
    def react(self, name: str, place: int, emoji: str, on: bool) -> None:
        """Give or take back a reaction."""
        self.people[name].ask("react", room="den", offset=self._offset(place), emoji=emoji, on=on)

    @rule(place=places, on=st.booleans())
    def pin(self, place: int, on: bool) -> None:
        """Pin or unpin."""
        self.people["ada"].ask("pin", room="den", offset=self._offset(place), on=on)

    @rule(name=st.sampled_from(PEOPLE[1:]), seconds=st.integers(1, 5))
    def wipe(self, name: str, seconds: int) -> None:
        """Take what somebody wrote in the last seconds."""
        self.people["ada"].ask("wipe", room="den", who=self.people[name].id, seconds=seconds)

    @rule()
    def come(self) -> None:
        """Somebody new looks at all there is."""
        self.others.append(self._reader())

    @rule(limit=st.integers(1, 4))
    def come_and_page_back(self, limit: int) -> None:
        """Somebody new starts at the end and pages back."""
        reader = Reader(self.server.watcher())
        reader.client.send("join", room="den", limit=limit)
        reader.take()
        before = min(reader.messages, default=self.server.hub.rooms["den"].head + 1)
        more = True
        while more:
            page = reader.client.ask("history", room="den", before=before, limit=limit)
            for event in page["events"]:
                reader.hear(event, live=False)
            before = min((event["offset"] for event in page["events"]), default=1)
            more = page["more"]
        self.others.append(reader)

    @rule()
    def go(self) -> None:
        """A reader loses the connection."""
        if self.others:
            reader = self.others.pop()
            reader.take()
            reader.client.lose()
            self.away.append(reader)

    @rule(slow=st.booleans())
    def come_back(self, slow: bool) -> None:
        """A reader comes back with a position, and perhaps reads slowly."""
        if self.away:
            reader = self.away.pop()
            reader.client = self.server.watcher()
            if slow:
                reader.client.fill()
            position = {"after": reader.after, "epoch": self.server.store.epoch, "id": reader.id}
            reader.client.send("join", room="den", **{k: v for k, v in position.items() if v is not None})
            self.others.append(reader)

    @rule()
    def forget(self) -> None:
        """The tail in memory goes; all is read from the store."""
        self.server.hub.tails.drop(self.server.hub.rooms["den"].tail)

    @rule()
    def read(self) -> None:
        """Everybody takes in what has come."""
        for reader in (self.steady, *self.others):
            reader.client.drain()
            reader.take()

    @invariant()
    def all_see_the_same(self) -> None:
        """Those who are here end with what the log says, and with the same pins."""
        self.read()
        log = Reader(self.steady.client)
        page = self.steady.client.ask("history", room="den", limit=200)
        assert not page["more"]
        for event in page["events"]:
            if event["type"] == "message":
                log.messages[event["offset"]] = event
        pinned = {event["offset"] for event in self.steady.client.ask("pins", room="den")["events"]}
        for reader in (self.steady, *self.others):
            assert reader.view() == log.view(), (reader.view(), log.view())
            assert reader.pins == pinned, (reader.pins, pinned)

    def teardown(self) -> None:
        """Nothing failed on the way."""
        assert self.server.failures == [], self.server.failures
        assert self.server.reported == [], self.server.reported
        self.server.close()


class FormsModelTest(SynchronousTestCase):
    """
    A model of everybody's view.
    """

    def test_all_end_with_the_same_forms(self) -> None:
        """Whatever is changed and however they come."""
        run_state_machine_as_test(
            Forms, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
        )
