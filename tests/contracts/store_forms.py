"""
The contract of a store: what becomes of messages after they were said.
"""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec.structs import replace

from chatd.core.events import Author, Deed, DeedDraft, Detail, Event, Given, Message, Wipe
from chatd.core.forms import after, after_wipe, only_changes, quote_of, superseded
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.records import MOST_JOINED, Counts, Position, Slice
from chatd.core.refusals import Code, Refused
from chatd.core.retention import Keep
from chatd.store import memory_log, sqlite_reads
from chatd.store.rules import cut
from tests.contracts.store import ADA, BOB, CLEO, GARDEN, NAMES, PLENTY, StoreCase, draft

EMOJI = ("👍", "🎉", "👀")


def about(kind: str, offset: int, by: PersonId = ADA, room: str = GARDEN, **detail: object) -> DeedDraft:
    """
    Something that `by` does to a message.
    """
    return DeedDraft(
        room=RoomKey(room),
        room_name="Garden",
        author=Author(by, NAMES[by]),
        kind=kind,
        detail=Detail(about=offset, **detail),  # type: ignore[arg-type]
    )


LATER = replace(about("x", 0, room=LOBBY), detail=Detail())


class FormsContract(StoreCase):
    """
    Edits, deletions, reactions, pins; and what is to be read.
    """

    def as_kept(self, events: list[Event], first: int) -> list[Event]:
        """What `chatd.core.forms` makes of the events that the listener was told."""
        log: list[Event] = []
        for event in events:
            if isinstance(event, Deed):
                log = [after(each, event) if event.detail.about else each for each in log]
                if event.wipe is not None:
                    log = [after_wipe(each, event.wipe) for each in log]
                event = replace(event, wipe=None, changes=())
            log.append(event)
        kept = [
            superseded(event)
            if isinstance(event, Deed) and event.kind == "edited" and (event.detail.about or 0) < first
            else event
            for event in log
            if event.offset >= first
        ]
        known = {event.offset: event for event in kept if isinstance(event, Message)}

        def quoted(event: Event) -> Event:
            if not isinstance(event, Message) or event.deleted or event.reply_to is None:
                return event
            answered = known.get(event.reply_to)
            if answered is None:
                return replace(event, quote=None)
            return replace(event, quote=quote_of(answered.author, answered.text, deleted=answered.deleted))

        return [quoted(event) for event in kept]

    async def do_something(self, random: Random, number: int, head: int) -> None:
        """Whatever comes to somebody's mind."""
        who = random.choice((ADA, BOB, CLEO))
        offset = random.randint(1, head + 1)
        kind = random.choice(("say", "say", "edited", "deleted", "reacted", "reacted", "pinned", "wiped"))
        on = random.random() < 0.7
        self.now_ms += random.choice((0, 1000))
        if kind == "say":
            people = (BOB,) if random.random() < 0.3 else ()
            said = draft(f"t{number}", GARDEN, who, reply_to=offset if on and head else None)
            await self.store.append(replace(said, mentions=people, mentions_all=random.random() < 0.1))
        elif kind == "wiped" and random.random() < 0.2:
            wiped = replace(about("wiped", 0, who), detail=Detail(), wipe=Wipe(who, self.now_ms - 3000))
            await self.store.act((wiped,))
        elif kind == "edited":
            # Nobody changes what is another's.
            log = await self.whole_log(GARDEN)
            who = next((event.author.id for event in log if event.offset == offset), who)
            await self.store.act((about(kind, offset, who, text=f"e{number % 3}", mentions=(CLEO,)),))
        elif kind == "reacted":
            await self.store.act((about(kind, offset, who, emoji=random.choice(EMOJI), on=on),))
        elif kind in ("deleted", "pinned"):
            more = {"on": on} if kind == "pinned" else {}
            await self.store.act((about(kind, offset, who, **more),))

    async def test_whatever_is_done_in_whatever_order_the_log_is_what_the_core_makes_of_it(self) -> None:
        random = Random(7)
        for number in range(400):
            events = [event for batch in self.batches for event in batch]
            try:
                await self.do_something(random, number, len(events))
            except Refused as refused:
                self.assertEqual(refused.code, Code.NO_SUCH_MESSAGE)
            if number % 20 == 0 and events:
                await self.check()
            if number % 90 == 89:
                await self.store.prune(Keep(None, 30, 0), 1000)
        await self.store.prune(Keep(None, 20, 0), 1000)
        await self.check()
        await self.restart()
        await self.check()
        kinds = {event.kind for batch in self.batches for event in batch if isinstance(event, Deed)}
        self.assertEqual(kinds, {"edited", "deleted", "reacted", "pinned", "wiped"})

    async def check(self) -> None:
        """All that is kept, and what is said to be pinned, is as the core says."""
        events = [event for batch in self.batches for event in batch]
        record = await self.store.room(RoomKey(GARDEN), None)
        assert record is not None
        expected = self.as_kept(events, record.first)
        self.assertEqual(list(await self.whole_log(GARDEN)), expected)
        pinned = await self.store.pinned(RoomKey(GARDEN))
        messages = [event for event in expected if isinstance(event, Message)]
        self.assertCountEqual(pinned, [event for event in messages if event.pinned])

    async def test_a_message_that_is_so_already_is_not_changed_and_nothing_is_stored(self) -> None:
        await self.say("hi", GARDEN)
        for kind, detail in (
            ("edited", {"text": "ho"}),
            ("reacted", {"emoji": "👍", "on": True}),
            ("pinned", {"on": True}),
            ("reacted", {"emoji": "👍", "on": False}),
            ("pinned", {"on": False}),
        ):
            first = await self.store.act((about(kind, 1, ADA, **detail), LATER))
            head = len(self.batches)
            again = await self.store.act((about(kind, 1, ADA, **detail), LATER))
            self.assertEqual((first.repeated, again.repeated, again.offset), (False, True, 0))
            self.assertEqual(len(self.batches), head)

    async def test_what_is_gone_or_no_message_cannot_be_changed(self) -> None:
        await self.say("hi", GARDEN)
        await self.store.act((about("deleted", 1),))
        for offset in (1, 2, 3):
            for kind, detail in (
                ("edited", {"text": "x"}),
                ("deleted", {}),
                ("reacted", {"emoji": "👍", "on": True}),
                ("pinned", {"on": True}),
            ):
                draft = about(kind, offset, **detail)
                await self.assert_refused(Code.NO_SUCH_MESSAGE, self.store.act((draft,)))
        await self.assert_refused(
            Code.NO_SUCH_MESSAGE, self.store.act((about("deleted", 1, room="nowhere"),))
        )
        self.assertIsNone(await self.store.room(RoomKey("nowhere"), None))

    async def test_a_wipe_takes_what_was_said_in_an_edit_whose_message_is_no_longer_kept(self) -> None:
        await self.say("old", GARDEN, BOB)
        await self.store.act((about("edited", 1, BOB, text="secret"),))
        for _ in range(3):
            await self.say("new", GARDEN, BOB)
        await self.store.prune(Keep(None, 3, 0), 1)
        log = await self.whole_log(GARDEN)
        self.assertEqual(log[0].offset, 2)
        self.assertNotIn("secret", str(log))
        wiped = replace(about("wiped", 0, ADA), detail=Detail(), wipe=Wipe(BOB, 0))
        await self.store.act((wiped,))
        texts = [event.text for event in await self.whole_log(GARDEN) if isinstance(event, Message)]
        self.assertEqual(texts, ["", "", ""])

    async def test_there_are_at_most_so_many_pins_and_kinds_of_reactions(self) -> None:
        for number in range(102):
            await self.say(str(number), GARDEN)
        for offset in range(1, 101):
            await self.store.act((about("pinned", offset, on=True),))
        await self.assert_refused(Code.FORBIDDEN, self.store.act((about("pinned", 101, on=True),)))
        opened = await self.store.open(RoomKey(GARDEN), None, None, 1, False)
        assert opened is not None
        self.assertEqual(opened.pins, tuple(range(100, 0, -1)))
        for number in range(50):
            draft = about("reacted", 1, emoji=chr(0x1F600 + number), on=True)
            await self.store.act((replace(draft, author=Author(PersonId(f"p{number // 10}"), "x")),))
        await self.assert_refused(Code.FORBIDDEN, self.store.act((about("reacted", 1, emoji="👀", on=True),)))
        for number in range(10):
            await self.store.act((about("reacted", 1, BOB, emoji=chr(0x1F600 + number), on=True),))
        too_many = about("reacted", 1, BOB, emoji=chr(0x1F600 + 10), on=True)
        await self.assert_refused(Code.FORBIDDEN, self.store.act((too_many,)))

    async def test_of_many_who_react_all_are_counted_and_the_first_are_named(self) -> None:
        await self.say("hi", GARDEN)
        for number in range(14):
            draft = about("reacted", 1, emoji="👍", on=True)
            await self.store.act((replace(draft, author=Author(PersonId(f"p{number}"), f"n{number}")),))
        (message, *_) = await self.whole_log(GARDEN)
        assert isinstance(message, Message)
        (reaction,) = message.reactions
        self.assertEqual(
            (reaction.count, [each.name for each in reaction.people]), (14, [f"n{n}" for n in range(10)])
        )

    async def test_what_only_changed_messages_can_be_left_out(self) -> None:
        room, random = RoomKey(GARDEN), Random(5)
        await self.say("0", GARDEN)
        for number in range(1, 120):
            if random.random() < 0.2:
                await self.say(str(number), GARDEN)
            elif random.random() < 0.05:
                await self.store.act(
                    (replace(LATER, room=room, kind="set", detail=Detail(topic=str(number))),)
                )
            else:
                emoji = random.choice(EMOJI)
                await self.store.act((about("reacted", 1, emoji=emoji, on=True),))
                await self.store.act((about("reacted", 1, emoji=emoji, on=False),))
        await self.store.act((about("edited", 1, text="again"),))
        await self.store.act((about("pinned", 1, on=True),))
        log = await self.whole_log(GARDEN)
        head = log[-1].offset
        said = [event for event in log if not only_changes(event)]
        self.assertGreater(len(log), 3 * len(said))
        for _ in range(60):
            asked: dict[str, Any] = {"before": None, "after": None, "limit": random.choice((1, 4, 200))}
            asked[random.choice(("before", "after", "limit"))] = random.randint(1, head + 1)
            asked["max_bytes"] = random.choice((1, 9000, PLENTY))
            page = await self.store.page(room, None, **asked, brief=True)
            if asked["after"] is not None:
                expected = cut(
                    [e for e in said if e.offset > asked["after"]], asked["limit"], asked["max_bytes"]
                )
            else:
                before = asked["before"] or head + 1
                back = cut(
                    [e for e in reversed(said) if e.offset < before], asked["limit"], asked["max_bytes"]
                )
                expected = Slice(back.events[::-1], back.more)
            self.assertEqual(page, expected)
        messages = [event.offset for event in said if isinstance(event, Message)]
        for last in (0, 1, 3, len(messages), 200):
            opened = await self.store.open(room, None, None, last, True)
            assert opened is not None
            start = head if not last else messages[-last] - 1 if last <= len(messages) else 0
            self.assertEqual((opened.start, opened.recovered), (start, False))
        for module in (memory_log, sqlite_reads):
            self.patch(module, "MOST_SKIPPED", 7)
        opened = await self.store.open(room, None, None, 200, True)
        assert opened is not None
        self.assertEqual(opened.start, head - 7)
        for way, bound in (("before", None), ("after", 0)):
            found: list[Event] = []
            while True:
                asked = {"before": None, "after": None, "limit": 2, "max_bytes": PLENTY, way: bound}
                page = await self.store.page(room, None, **asked, brief=True)
                found = [*page.events, *found] if way == "before" else [*found, *page.events]
                if not page.more:
                    break
                end = page.events[0 if way == "before" else -1].offset if page.next is None else page.next
                self.assertNotEqual(end, bound)
                bound = end
            self.assertEqual([event.offset for event in found], [event.offset for event in said])

    async def test_whoever_reacted_and_is_not_named_is_told_that_it_was_theirs(self) -> None:
        room = RoomKey(GARDEN)
        for number in range(3):
            await self.say(str(number), GARDEN)

        async def react(who: str, offset: int, emoji: str, *, on: bool = True) -> None:
            draft = about("reacted", offset, emoji=emoji, on=on)
            await self.store.act((replace(draft, author=Author(PersonId(who), who)),))

        async def told(reader: str | None, after: int | None = None) -> tuple[tuple[Given, ...], ...]:
            person = None if reader is None else PersonId(reader)
            asked = {"before": None, "after": after, "limit": 200, "max_bytes": PLENTY}
            page = await self.store.page(room, person, **asked)
            opened = await self.store.open(
                room, person, None if after is None else Position(after), 200, False
            )
            assert opened is not None
            return page.mine, opened.mine

        for offset in (1, 3):
            for number in range(12):
                await react(f"p{number}", offset, "👍")
            await react("p11", offset, "👀")
        one, other = Given(1, "👍"), Given(3, "👍")
        self.assertEqual(await told("p11"), ((one, other), (one, other)))
        self.assertEqual(await told("p11", 1), ((other,), (other,)))
        self.assertEqual(await told("p11", 3), ((), ()))
        for nobody in ("p9", "p12", None):
            self.assertEqual(await told(nobody), ((), ()))
        # One of the first takes it back, and the eleventh is named in their place.
        await react("p0", 1, "👍", on=False)
        self.assertEqual(await told("p10"), ((other,), (other,)))
        await self.store.act((about("deleted", 3),))
        self.assertEqual(await told("p11"), ((one,), (one,)))
        nothing = await self.store.open(room, PersonId("p11"), None, 0, False)
        assert nothing is not None
        self.assertEqual(nothing.mine, ())
        # However far back a brief beginning leads.
        for number in range(MOST_JOINED + 10):
            await react("p5", 2, "👎", on=not number % 2)
        for brief, mine in ((False, ()), (True, (one,))):
            opened = await self.store.open(room, PersonId("p11"), None, 200, brief)
            assert opened is not None
            self.assertEqual(opened.mine, mine)

    async def test_what_has_not_been_read_is_counted_and_no_further_than_it_is_told(self) -> None:
        room = RoomKey(GARDEN)
        for number in range(5):
            said = draft(str(number), GARDEN, ADA)
            await self.store.append(
                replace(said, mentions=(BOB,) if number % 2 else (), mentions_all=number == 4)
            )
        await self.say("mine", GARDEN, BOB)
        self.assertEqual(await self.store.counts(BOB, room, 1), Counts(4, 3))
        self.assertEqual(await self.store.counts(CLEO, room, 1), Counts(5, 1))
        self.assertEqual(await self.store.counts(ADA, room, 5), Counts(1, 0))
        self.assertEqual(await self.store.counts(BOB, room, 0), Counts())
        self.assertEqual(await self.store.counts(BOB, RoomKey("nowhere"), 1), Counts())
        await self.store.act((about("deleted", 2), about("edited", 4, text="x")))
        self.assertEqual(await self.store.counts(BOB, room, 1), Counts(3, 1))
        for _ in range(150):
            await self.store.append(replace(draft("more", GARDEN, ADA), mentions=(BOB,)))
        self.assertEqual(await self.store.counts(BOB, room, 1), Counts(100, 100))
        self.store.mark_read(BOB, room, 1)
        await self.store.set_notice(BOB, room, "nothing")
        for _ in range(2):
            opened = await self.store.open(room, BOB, None, 1, False)
            (inbox,) = await self.store.inbox(BOB, 10)
            assert opened is not None
            self.assertEqual(opened.record.counts, Counts(100, 100, "nothing"))
            self.assertEqual(inbox.counts, Counts(100, 100, "nothing"))
            await self.restart()

    async def test_what_a_private_room_has_is_unread_from_the_first(self) -> None:
        await self.say("psst", self.private(), ADA)
        (inbox,) = await self.store.inbox(BOB, 10)
        self.assertEqual(inbox.counts, Counts(1, 0))
        (own,) = await self.store.inbox(ADA, 10)
        self.assertEqual(own.counts, Counts(0, 0))
