"""
Reading while others change and take what is read, faster than it can be read.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Author, Deed, Detail, Message, Quote, Wipe
from chatd.core.forms import after_taking, without_text
from chatd.core.names import PersonId, RoomKey
from chatd.core.reading import MOST_READINGS
from tests.core.clients import ChatTestCase, Client


def said(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """
    The texts of the messages among events, each with what it quotes; what is gone is "".
    """
    return [
        (event["text"], event["quote"]["text"] if "quote" in event else None)
        for event in events
        if event["type"] == "message"
    ]


class ReadingTest(ChatTestCase):
    """
    Pages, pins, reports and what is caught up with.
    """

    settings = {"message_rate": 0}

    def setUp(self) -> None:
        """Bob said something in the den and cleo answered it; the owner and dora are there too."""
        super().setUp()
        self.owner = self.server.account("olga", "den", "+reports", role="owner")
        self.bob, self.cleo, self.dora = (self.server.person(name, "den") for name in ("bob", "cleo", "dora"))
        self.bad = self.bob.say("bad", "den")["offset"]
        self.good = self.cleo.say("good", "den", reply_to=self.bad)["offset"]
        self.owner.ask("pin", room="den", offset=self.bad, on=True)
        self.owner.ask("pin", room="den", offset=self.good, on=True)
        for client in (self.owner, self.bob, self.cleo, self.dora):
            client.take()

    def readings(self, *deeds: dict[str, Any]) -> int:
        """
        Answer what is read, with one of these edits of bob's or deeds of the owner's told before each answer;
        how often there was something to answer.
        """
        store, count = self.server.store, 0
        for deed in deeds:
            if not store.waiting:
                break
            count += 1
            store.reads_wait = False
            self.does(deed)
            store.reads_wait = True
            store.answer_reads(1)
        while store.waiting:
            count += 1
            store.answer_reads(1)
        store.reads_wait = False
        return count

    def does(self, deed: dict[str, Any]) -> None:
        """Bob edits, or the owner does something."""
        by = self.bob if deed["type"] == "edit" else self.owner
        self.assertEqual(by.ask(deed.pop("type"), room="den", **deed)["type"], "done")

    def edits(self, count: int) -> list[dict[str, Any]]:
        """So many edits of what bob said."""
        return [{"type": "edit", "offset": self.bad, "text": f"bad {n}"} for n in range(1, count + 1)]

    def history(self, *deeds: dict[str, Any]) -> tuple[list[tuple[str, str | None]], int]:
        """What dora is told of the den with these deeds at its readings, and how many of these there were."""
        self.server.store.reads_wait = True
        self.dora.send("history", room="den", brief=True)
        count = self.readings(*deeds)
        (page,) = self.dora.take("page")
        self.dora.take()
        return said(page["events"]), count

    def test_what_is_taken_during_each_reading_is_on_no_page(self) -> None:
        """It is read a few times at most, and tells what was published until it was sent."""
        delete = {"type": "delete", "offset": self.bad}
        texts, count = self.history(*self.edits(MOST_READINGS + 5))
        latest = f"bad {MOST_READINGS}"
        self.assertEqual((texts, count), ([(latest, None), ("good", latest)], MOST_READINGS))
        texts, count = self.history(*self.edits(MOST_READINGS - 1), delete)
        self.assertEqual((texts, count), ([("", None), ("good", "")], MOST_READINGS))
        self.assertEqual(self.server.hub.rooms["den"].tail.readings, {})

    def test_what_is_wiped_during_the_last_reading_is_neither_told_nor_quoted(self) -> None:
        """What is said after the wipe is told."""
        wipe = {"type": "wipe", "who": self.bob.id, "seconds": 60}
        texts, count = self.history(*self.edits(MOST_READINGS - 1), wipe)
        self.assertEqual((texts, count), ([("", None), ("good", "")], MOST_READINGS))
        self.bob.say("sorry", "den")
        self.assertEqual(self.history()[0], [("", None), ("good", ""), ("sorry", None)])

    def test_pins_come_though_what_is_pinned_is_edited_all_the_time(self) -> None:
        """What is gone meanwhile is pinned no longer."""
        for last, texts in (
            (self.edits(9)[-1], [("good", "bad 9"), ("bad 9", None)]),
            ({"type": "delete", "offset": self.bad}, [("good", "")]),
        ):
            self.server.store.reads_wait = True
            self.dora.send("pins", room="den")
            self.assertEqual(self.readings(*self.edits(MOST_READINGS - 1), last), MOST_READINGS)
            (pins,) = self.dora.take("pins")
            self.assertEqual(said(pins["events"]), texts)

    def test_a_report_shows_the_last_form_and_nothing_that_is_gone(self) -> None:
        """However often it changes meanwhile."""
        for last, shown in ((self.edits(9)[-1], ["bad 9"]), ({"type": "delete", "offset": self.bad}, [])):
            self.server.store.reads_wait = True
            self.dora.send("report", room="den", offset=self.bad)
            self.assertEqual(self.readings(*self.edits(MOST_READINGS - 1), last), MOST_READINGS)
            self.assertEqual([report["text"] for report in self.owner.take("reported")], shown)
        self.assert_refused(self.dora.take("refused")[0], "no_such_message")

    def late(self) -> Client:
        """Somebody who has yet to come, after the den has left memory but for who is there."""
        late = self.server.person("late")
        self.server.hub.tails.drop(self.server.hub.rooms["den"].tail)
        return late

    def come(self, late: Client) -> None:
        """Have them join the den from its beginning on, up to what has to be read for that."""
        store = self.server.store
        store.reads_wait = True
        late.send("join", room="den", after=0, epoch=store.epoch)
        store.answer_reads(1)

    def test_whoever_catches_up_does_so_while_others_edit_all_the_time(self) -> None:
        """And gets nothing that was taken before it is sent."""
        late = self.late()
        self.come(late)
        delete = {"type": "delete", "offset": self.bad}
        self.assertEqual(self.readings(*self.edits(MOST_READINGS - 1), delete), MOST_READINGS)
        told = late.take()
        self.assertEqual(said(told), [("", None), ("good", "")])
        self.assertEqual(told[-1]["type"], "deleted")
        self.assertIn("live", [each["type"] for each in told])
        self.assertNotIn("bad", str(told))

    def test_what_is_edited_while_one_waits_for_ones_turn_is_no_reason_to_read_again(self) -> None:
        """The wait can be longer than the time between two edits."""
        late = self.late()
        self.come(late)
        self.server.store.reads_wait = False
        self.server.gate.shut = True
        self.server.store.answer_reads(1)
        self.server.store.reads.clear()
        late.take()
        late.send("join", room="den", after=0, epoch=self.server.store.epoch)
        self.server.gate.let_in()
        for edit in self.edits(5):
            self.does(edit)
        self.server.store.reads.clear()
        self.server.gate.let_in()
        self.server.gate.shut = False
        self.assertEqual(self.server.store.reads, ["read"])
        self.assertEqual(said(late.take()), [("bad 5", None), ("good", "bad 5")])


class AheadTest(SynchronousTestCase):
    """
    What was read of a store that was ahead of the deeds that are told.
    """

    bob = Author(PersonId("b" * 16), "bob")
    den = RoomKey("den")

    def edit(self, offset: int, text: str) -> Deed:
        """Bob's edit of the message at 1."""
        return Deed(offset, self.den, offset, "x", 5, self.bob, "edited", Detail(about=1, text=text))

    def test_what_is_gone_or_newer_stays_so(self) -> None:
        """A deed that it has in itself takes nothing from it."""
        message = Message(1, self.den, 1, "x", 5, self.bob, "newest", changed=8)
        reply = Message(2, self.den, 2, "y", 5, self.bob, "yes", reply_to=1, quote=Quote(self.bob, "", True))
        told = (self.edit(6, "old"), self.edit(7, "newer"))
        self.assertEqual(after_taking(message, told), message)
        self.assertEqual(after_taking(reply, told), reply)
        self.assertEqual(after_taking(without_text(message), told), without_text(message))
        quoting = replace(reply, quote=Quote(self.bob, "old"))
        self.assertEqual(after_taking(quoting, told).quote, Quote(self.bob, "newer"))

    def test_what_was_said_after_a_wipe_stays(self) -> None:
        """Though it was at the same moment."""
        wipe = Wipe(self.bob.id, 0)
        wiped = Deed(4, self.den, 4, "x", 5, self.bob, "wiped", wipe=wipe)
        before = Message(3, self.den, 3, "x", 5, self.bob, "bad")
        later = Message(5, self.den, 5, "y", 5, self.bob, "sorry")
        self.assertEqual(after_taking(before, [wiped]), without_text(before))
        self.assertEqual(after_taking(later, [wiped]), later)
