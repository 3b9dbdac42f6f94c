"""
The contract of a store: deeds, what they change, and accounts.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from chatd.core.events import Author, Card, Change, Deed, DeedDraft, Detail, Message, Wipe
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.refusals import Code
from chatd.core.registry import Newcomer, token_id
from tests.contracts.store import ADA, BOB, CLEO, DAY_MS, GARDEN, NAMES, NOBODY, PLENTY, StoreCase, draft

VAULT = RoomKey("+aaaaaaaaaaaaaaaa")
DORA = PersonId("dddddddddddddddd")
HOUR_MS = 3600 * 1000


def deed(
    kind: str,
    room: str = GARDEN,
    by: PersonId = ADA,
    *changes: Change,
    wipe: Wipe | None = None,
    name: str = "Garden",
    **detail: object,
) -> DeedDraft:
    """
    Something that `by` does.
    """
    return DeedDraft(
        room=RoomKey(room),
        room_name=name,
        author=Author(by, NAMES[by]),
        kind=kind,
        detail=Detail(**detail),  # type: ignore[arg-type]
        changes=changes,
        wipe=wipe,
    )


class DeedsContract(StoreCase):
    """
    Deeds, and accounts.
    """

    async def facts(self) -> dict[tuple[str, str, str], object]:
        """What was decided so far."""
        everything = await self.store.everything()
        return {(each.room, each.subject, each.field): each.value for each in everything.changes}

    async def test_a_deed_stands_in_the_log_among_the_messages_and_is_read_as_it_was_told(self) -> None:
        await self.say("hi", GARDEN)
        draft = deed(
            "kicked", GARDEN, ADA, Change(GARDEN, BOB, "banned", 0), who=Card(BOB, "bob"), reason="why"
        )
        appended = await self.store.act((draft,))
        await self.say("ho", GARDEN)
        self.assertEqual(appended.offset, 2)
        log = await self.whole_log(GARDEN)
        self.assertEqual([type(event) for event in log], [Message, Deed, Message])
        told = self.batches[-2][0]
        kept = log[1]
        assert isinstance(told, Deed)
        assert isinstance(kept, Deed)
        self.assertEqual((kept.kind, kept.detail, kept.author), ("kicked", draft.detail, draft.author))
        self.assertEqual((told.changes, kept.changes), (draft.changes, ()))
        self.assertEqual(
            (told.offset, told.id, told.at_ms, told.commit), (kept.offset, kept.id, kept.at_ms, kept.commit)
        )
        self.assertEqual([event.commit for event in log], [log[0].commit + each for each in range(3)])

    async def test_deeds_of_one_call_are_stored_together_in_their_rooms(self) -> None:
        appended = await self.store.act((deed("set", topic="roses"), deed("set", "+audit", name="Audit log")))
        self.assertEqual(appended.offset, 1)
        self.assertEqual([event.room for event in self.batches[-1]], [GARDEN, "+audit"])

    async def test_messages_alone_are_counted_in_a_page(self) -> None:
        for text in "ab":
            await self.say(text, GARDEN)
            await self.store.act((deed("set", slow=5),))
        page = await self.store.page(GARDEN, None, before=None, after=None, limit=1, max_bytes=PLENTY)
        self.assertEqual([event.offset for event in page.events], [3, 4])
        opened = await self.store.open(GARDEN, None, None, 1, False)
        assert opened is not None
        self.assertEqual((opened.start, opened.record.head), (2, 4))

    async def test_what_was_decided_last_is_so_also_after_a_restart(self) -> None:
        await self.store.act(
            (deed("x", GARDEN, ADA, Change("", BOB, "role", "member"), Change("", "=::1", "banned", 5)),)
        )
        await self.store.act(
            (
                deed(
                    "x", GARDEN, ADA, Change("", BOB, "role", "moderator"), Change("", "=::1", "banned", None)
                ),
            )
        )
        for _ in range(2):
            self.assertEqual(await self.facts(), {("", BOB, "role"): "moderator"})
            await self.restart()

    async def test_the_last_owner_of_something_stays_one_also_if_two_step_down_at_once(self) -> None:
        owners = [Change(VAULT, each, "role", "owner") for each in (ADA, BOB)]
        members = [Change(VAULT, each, "member", 1) for each in (ADA, BOB, CLEO)]
        await self.store.act((deed("made", VAULT, ADA, *owners, *members, name="Vault", title="Vault"),))
        first = self.store.act((deed("role", VAULT, ADA, Change(VAULT, ADA, "role", None)),))
        other = self.store.act((deed("role", VAULT, BOB, Change(VAULT, BOB, "role", "moderator")),))
        await first
        await self.assert_refused(Code.FORBIDDEN, other)
        gone = (Change(VAULT, BOB, "member", None), Change(VAULT, BOB, "role", None))
        refused = deed("quit", VAULT, BOB, *gone)
        before = await self.facts()
        await self.assert_refused(Code.FORBIDDEN, self.store.act((deed("x", LOBBY), refused)))
        self.assertEqual(await self.facts(), before)
        self.assertIsNone(await self.store.room(RoomKey(LOBBY), None))
        for each in (ADA, CLEO):
            await self.store.act((deed("kicked", VAULT, BOB, Change(VAULT, each, "member", None)),))
        await self.store.act((refused,))
        self.assertEqual(await self.facts(), {})

    async def test_bans_and_mutes_that_ended_long_ago_are_forgotten_and_no_others(self) -> None:
        changes = [
            Change(GARDEN, subject, f"{what}{more}", value)
            for subject, until in ((BOB, 1000), (CLEO, 3000), ("=::1", 0))
            for what in ("banned", "muted")
            for more, value in (("", until), ("_by", "ada"), ("_why", "spam"))
        ]
        await self.store.act((deed("x", GARDEN, ADA, *changes, Change(GARDEN, BOB, "role", "moderator")),))
        await self.store.forget_ended(3000)
        for _ in range(2):
            facts = await self.facts()
            self.assertEqual({subject for _, subject, field in facts if field != "role"}, {CLEO, "=::1"})
            self.assertEqual(facts[GARDEN, BOB, "role"], "moderator")
            self.assertEqual(len(facts), 13)
            await self.restart()

    async def test_people_are_told_together_and_unknown_ones_left_out(self) -> None:
        self.assertEqual(set(await self.store.people((ADA, BOB, DORA))), {Card(ADA, "ada"), Card(BOB, "bob")})
        self.assertEqual(await self.store.people(()), ())

    async def test_a_wipe_takes_all_that_is_meant_however_much_it_is(
        self,
    ) -> None:
        for number in range(1203):
            last = self.store.append(draft(f"{number}", GARDEN, BOB if number % 2 else CLEO))
        await last
        wiping = self.store.act((deed("wiped", "+audit", ADA, wipe=Wipe(BOB, 0, everywhere=True)),))
        meanwhile = self.store.append(draft("now", GARDEN, CLEO))
        for each in (wiping, meanwhile):
            await each
        texts = await self.messages(GARDEN)
        self.assertEqual((texts.count(None), texts[1202:]), (601, ["1202", "now"]))

    async def test_a_topic_is_the_rooms_from_then_on(self) -> None:
        await self.store.act((deed("set", topic="roses"),))
        record = await self.store.room(GARDEN, None)
        assert record is not None
        self.assertEqual((record.name, record.topic), ("Garden", "roses"))

    async def test_a_closed_room_has_its_key_for_a_name_and_a_title_and_is_listed_where_it_is_asked_for(
        self,
    ) -> None:
        await self.store.act((deed("made", VAULT, name="Vault", title="Vault"),))
        await self.say("x", LOBBY)
        self.store.mark_read(BOB, VAULT, 1)
        record = await self.store.room(VAULT, BOB)
        assert record is not None
        self.assertEqual((record.name, record.title, record.read), (VAULT, "Vault", 1))
        for closed, rooms in (((), [LOBBY]), ((VAULT,), [VAULT, LOBBY])):
            listed = await self.store.rooms(BOB, "", 10, closed)
            self.assertEqual([each.key for each in listed], rooms)
            inbox = await self.store.inbox(BOB, 10, closed)
            self.assertEqual([each.key for each in inbox], list(closed))
        self.assertEqual(await self.store.rooms(BOB, "+z", 10, (VAULT,)), await self.store.rooms(BOB, "", 10))
        await self.store.act((deed("set", VAULT, title="Safe"),))
        renamed = await self.store.room(VAULT, None)
        assert renamed is not None
        self.assertEqual((renamed.name, renamed.title), (VAULT, "Safe"))

    async def test_what_is_wiped_keeps_its_place_and_loses_its_text_and_its_cid_stays_spent(self) -> None:
        await self.say("old", GARDEN, BOB)
        self.now_ms += DAY_MS
        first = await self.say("bad", GARDEN, BOB, cid="c")
        await self.say("good", GARDEN, CLEO)
        await self.say("elsewhere", LOBBY, BOB)
        await self.say("private", self.private(BOB, CLEO), BOB)
        await self.store.act((deed("wiped", GARDEN, ADA, wipe=Wipe(BOB, self.now_ms)),))
        self.assertEqual(await self.messages(GARDEN), ["old", None, "good"])
        self.assertEqual(await self.messages(LOBBY), ["elsewhere"])
        self.assertEqual((await self.say("bad", GARDEN, BOB, cid="c")).offset, first.offset)
        await self.store.act((deed("wiped", "+audit", ADA, wipe=Wipe(BOB, self.now_ms, everywhere=True)),))
        self.assertEqual(await self.messages(LOBBY), [None])
        self.assertEqual(await self.messages(self.private(BOB, CLEO)), ["private"])

    async def messages(self, room: str) -> list[str | None]:
        """The texts of a room's messages; None for one that has none any more."""
        log = [event for event in await self.whole_log(room) if isinstance(event, Message)]
        for event in log:
            self.assertEqual(event.deleted, not event.text)
        return [event.text or None for event in log]

    async def test_a_deed_that_the_disk_refuses_changes_nothing(self) -> None:
        await self.say("hi", GARDEN, BOB)
        self.backend.refuse_writes(True)
        draft = deed("wiped", GARDEN, ADA, Change("", BOB, "role", "owner"), wipe=Wipe(BOB, 0))
        await self.assert_refused(Code.READ_ONLY, self.store.act((draft,)))
        self.backend.refuse_writes(False)
        self.assertEqual(await self.facts(), {})
        self.assertEqual(await self.messages(GARDEN), ["hi"])

    async def test_whom_a_deed_is_about_is_never_forgotten(self) -> None:
        await self.store.act((deed("banned", GARDEN, ADA, who=Card(BOB, "bob")),))
        self.now_ms += DAY_MS
        self.assertEqual(await self.store.forget_guests(3600), 1)
        self.assertIsNotNone(await self.store.person(BOB))
        self.assertIsNone(await self.store.person(CLEO))

    # Accounts

    async def enrol(self, card: Card, *, new: bool, link: bytes | None = None, token: bytes = b"new") -> None:
        """Give somebody an account."""
        draft = deed("signed_up", "+audit", ADA, Change("", card.id, "account", "member"), name="Audit log")
        newcomer = Newcomer(
            card=card, new=new, password="hashed", token_hash=token, label="laptop", deeds=(draft,), link=link
        )
        await self.store.registry.enrol(newcomer)

    async def test_a_guest_who_gets_an_account_is_the_same_person_under_a_new_token(self) -> None:
        await self.enrol(Card(BOB, "Bob"), new=False)
        await self.enrol(Card(DORA, "dora"), new=True, token=b"other")
        for _ in range(2):
            self.assertIsNone(await self.store.person_of_token(BOB.encode()))
            known = await self.store.person_of_token(b"new")
            assert known is not None
            self.assertEqual(known.card, Card(BOB, "Bob"))
            self.assertEqual(await self.store.registry.password(BOB), "hashed")
            everything = await self.store.everything()
            self.assertEqual(sorted(card.name for card in everything.accounts), ["Bob", "dora"])
            self.assertEqual([each.label for each in await self.store.registry.tokens(DORA)], ["laptop"])
            await self.restart()
        self.assertIsNone(await self.store.registry.password(CLEO))

    async def test_tokens_are_listed_and_end_one_by_one_or_all_but_one(self) -> None:
        registry = self.store.registry
        for number in range(3):
            self.now_ms += 1000
            await registry.add_token(ADA, b"t%d" % number, f"phone {number}")
        tokens = await registry.tokens(ADA)
        self.assertEqual([each.label for each in tokens], ["phone 2", "phone 1", "phone 0", ""])
        self.assertEqual(tokens[0].id, token_id(b"t2"))
        self.assertTrue(await registry.end_token(ADA, token_id(b"t1")))
        self.assertFalse(await registry.end_token(ADA, token_id(b"t1")))
        self.assertFalse(await registry.end_token(BOB, token_id(b"t2")))
        self.assertEqual(set(await registry.end_other_tokens(ADA, b"t2")), {ADA.encode(), b"t0"})
        self.assertEqual([each.label for each in await registry.tokens(ADA)], ["phone 2"])
        self.assertIsNone(await self.store.person_of_token(b"t0"))
        self.assertIsNotNone(await self.store.person_of_token(b"t2"))

    async def test_of_very_many_tokens_the_oldest_end(self) -> None:
        ended: list[bytes] = []
        for number in range(120):
            self.now_ms += 1
            ended += await self.store.registry.add_token(ADA, b"t%d" % number, str(number))
        tokens = await self.store.registry.tokens(ADA)
        self.assertEqual((len(tokens), tokens[0].label, tokens[-1].label), (100, "119", "20"))
        self.assertEqual(ended, [ADA.encode(), *(b"t%d" % number for number in range(20))])

    async def test_a_token_that_is_shown_now_and_then_is_not_the_one_to_end(self) -> None:
        registry = self.store.registry
        for number in range(99):
            self.now_ms += 1
            await registry.add_token(ADA, b"t%d" % number, str(number))
        before = (await registry.tokens(ADA))[-1].seen_ms
        # Within the hour it is not worth a write.
        await self.store.person_of_token(ADA.encode())
        await self.store.touch(())
        self.assertEqual((await registry.tokens(ADA))[-1].seen_ms, before)
        self.now_ms += HOUR_MS
        await self.store.person_of_token(ADA.encode())
        await self.store.touch(())
        self.assertEqual((await registry.tokens(ADA))[-1].seen_ms, self.now_ms)
        await self.restart()
        self.assertEqual(await self.store.registry.add_token(ADA, b"new", "new"), (b"t0",))
        self.assertIsNotNone(await self.store.person_of_token(ADA.encode()))

    async def test_a_link_lets_in_as_many_as_it_says_and_no_longer_than_it_says(self) -> None:
        registry = self.store.registry
        await registry.add_link(b"link", ADA, 1, self.now_ms + 1000)
        await registry.add_link(b"old", ADA, 9, self.now_ms)
        (link,) = await registry.links()
        self.assertEqual((link.id, link.by, link.left), (token_id(b"link"), Card(ADA, "ada"), 1))
        for bad in (b"old", b"none"):
            await self.assert_refused(Code.BAD_INVITE, self.enrol(Card(BOB, "bob"), new=False, link=bad))
        await self.enrol(Card(BOB, "bob"), new=False, link=b"link")
        await self.assert_refused(
            Code.BAD_INVITE, self.enrol(Card(CLEO, "cleo"), new=False, link=b"link", token=b"x")
        )
        self.assertIsNotNone(await self.store.person_of_token(CLEO.encode()))
        self.assertEqual(await registry.links(), ())
        await registry.add_link(b"more", ADA, 2, self.now_ms + 1000)
        self.assertTrue(await registry.end_link(token_id(b"more")))
        self.assertFalse(await registry.end_link(token_id(b"more")))

    async def test_whom_one_ignores_is_kept_by_their_name_of_now(self) -> None:
        registry = self.store.registry
        for other in (BOB, CLEO, BOB):
            await registry.ignore(ADA, other, True)
        await self.store.rename(BOB, "rob")
        self.assertEqual(await registry.ignored(ADA), (Card(BOB, "rob"), Card(CLEO, "cleo")))
        self.assertEqual(await registry.ignored(BOB), ())
        await registry.ignore(ADA, CLEO, False)
        await self.restart()
        self.assertEqual(await self.store.registry.ignored(ADA), (Card(BOB, "rob"),))

    async def test_whoever_is_refused_an_account_uses_no_link_and_changes_nothing(self) -> None:
        registry = self.store.registry
        await registry.add_link(b"link", ADA, 5, self.now_ms + 1000)
        await self.enrol(Card(BOB, "bob"), new=False)
        for card, code in (
            (Card(NOBODY, "nobody"), Code.NO_SUCH_PERSON),
            (Card(BOB, "rob"), Code.FORBIDDEN),
        ):
            await self.assert_refused(code, self.enrol(card, new=False, link=b"link", token=b"again"))
        self.assertEqual([link.left for link in await registry.links()], [5])
        self.assertEqual(await self.store.person(BOB), Card(BOB, "bob"))
        self.assertIsNotNone(await self.store.person_of_token(b"new"))
        self.assertIsNone(await self.store.person_of_token(b"again"))

    async def test_of_two_who_become_an_account_at_once_by_one_token_the_first_does(self) -> None:
        self.backend.hold()
        first = Deferred.fromCoroutine(self.enrol(Card(BOB, "bob"), new=False, token=b"one"))
        second = Deferred.fromCoroutine(self.enrol(Card(BOB, "rob"), new=False, token=b"two"))
        self.backend.release()
        await first
        await self.assert_refused(Code.FORBIDDEN, second)
        self.assertEqual(await self.store.person(BOB), Card(BOB, "bob"))
        self.assertEqual(len(await self.store.registry.tokens(BOB)), 1)

    async def test_another_password_ends_all_tokens_but_one_in_one_write(self) -> None:
        registry = self.store.registry
        await self.enrol(Card(BOB, "bob"), new=False)
        await registry.add_token(BOB, b"phone", "phone")
        self.assertEqual(await registry.set_password(BOB, "other", "hashed", b"new"), (b"phone",))
        self.assertEqual(await registry.password(BOB), "other")
        self.assertIsNone(await self.store.person_of_token(b"phone"))
        self.assertIsNotNone(await self.store.person_of_token(b"new"))
        await self.assert_refused(Code.BAD_PASSWORD, registry.set_password(BOB, "third", "hashed", b"new"))
        await self.assert_refused(Code.BAD_TOKEN, registry.set_password(BOB, "third", "other", b"phone"))
        self.assertEqual(await registry.password(BOB), "other")

    async def test_no_token_is_had_by_a_password_that_was_changed_meanwhile(self) -> None:
        registry = self.store.registry
        await self.enrol(Card(BOB, "bob"), new=False)
        self.backend.hold()
        changed = registry.set_password(BOB, "other", "hashed", b"new")
        late = registry.add_token(BOB, b"late", "late", "hashed")
        self.backend.release()
        await changed
        await self.assert_refused(Code.BAD_PASSWORD, late)
        self.assertIsNone(await self.store.person_of_token(b"late"))
        await registry.add_token(BOB, b"fresh", "fresh", "other")
        self.assertIsNotNone(await self.store.person_of_token(b"fresh"))
