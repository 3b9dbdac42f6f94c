"""
The contract of a store: what is written, in which order, and what is refused.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from chatd.core.events import AsSent, Author, Batch, Card, Draft, Message, Quote
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.records import Appended
from chatd.core.refusals import Code
from tests.contracts.store import ADA, BOB, CLEO, GARDEN, NAMES, NOBODY, StoreCase, draft, texts


class WritingContract(StoreCase):
    """
    Messages and how they get into the log.
    """

    async def test_a_message_is_kept_as_it_was_said(self) -> None:
        self.now_ms = 1_764_000_000_123
        first = await self.say("hi")
        appended = await self.say(
            "hi yourself\n\u202eא", who=BOB, cid="c 1~", reply_to=1, via="irc", name="B."
        )
        self.assertEqual((appended.offset, appended.repeated), (2, False))
        (one, two) = await self.whole_log(LOBBY)
        self.assertEqual(one.author, Author(ADA, "ada", ""))
        self.assertEqual((one.id, one.cid, one.reply_to, one.deleted), (first.id, None, None, False))
        self.assertEqual(
            two,
            Message(
                commit=2,
                room=LOBBY,
                offset=2,
                id=appended.id,
                at_ms=1_764_000_000_123,
                author=Author(BOB, "B.", "irc"),
                text="hi yourself\n\u202eא",
                cid="c 1~",
                reply_to=1,
                quote=Quote(Author(ADA, "ada", ""), "hi"),
            ),
        )

    async def test_offsets_are_dense_in_each_room_and_commits_in_the_store(self) -> None:
        order = [LOBBY, GARDEN, GARDEN, self.private(), LOBBY, GARDEN, self.private(), LOBBY]
        places = [(room, (await self.say("x", room)).offset) for room in order]
        self.assertEqual([offset for room, offset in places if room == LOBBY], [1, 2, 3])
        self.assertEqual([offset for room, offset in places if room == GARDEN], [1, 2, 3])
        self.assertEqual([offset for room, offset in places if room == self.private()], [1, 2])
        heard = [event for batch in self.batches for event in batch]
        self.assertEqual([event.commit for event in heard], list(range(1, 9)))
        self.assertEqual([(event.room, event.offset) for event in heard], places)

    async def test_ids_are_unique_and_fit_for_irc(self) -> None:
        ids = [(await self.say("x", room)).id for room in [LOBBY, GARDEN] * 40]
        self.assertEqual(len(set(ids)), 80)
        for event_id in ids:
            self.assertRegex(event_id, r"\A[a-z2-7]{8}-[0-9a-z]+\Z")

    async def test_a_batch_is_heard_before_any_of_its_messages_is_answered(self) -> None:
        async def say(text: str) -> None:
            await self.say(text)
            self.journal.append(f"answer {text}")

        self.backend.hold()
        said = [Deferred.fromCoroutine(say(text)) for text in ("one", "two", "three")]
        self.assertEqual(self.journal, [])
        self.backend.release()
        for answer in said:
            await answer
        self.assertEqual(self.journal, ["batch one two three", "answer one", "answer two", "answer three"])

    async def test_what_gathers_behind_a_commit_is_one_batch_of_all_its_rooms(self) -> None:
        self.backend.hold()
        said = [self.store.append(draft(str(n), room)) for n, room in enumerate([LOBBY, GARDEN] * 5)]
        self.backend.release()
        answers = [await answer for answer in said]
        self.assertEqual([texts(batch) for batch in self.batches], [[str(n) for n in range(10)]])
        self.assertEqual([answer.offset for answer in answers], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
        self.assertEqual([event.offset for event in await self.whole_log(GARDEN)], [1, 2, 3, 4, 5])

    async def test_writes_of_all_kinds_take_effect_in_the_order_of_their_calls(self) -> None:
        self.backend.hold()
        dora = PersonId("dddddddddddddddd")
        private = self.private(ADA, dora)
        early = self.store.append(draft("too early", private))
        rest = [
            self.store.add_person(Card(dora, "dora"), b"dora"),
            self.store.append(draft("hello dora", private)),
            self.store.rename(dora, "theodora"),
            self.store.touch([dora]),
            self.store.append(draft("hello again", private)),
        ]
        self.backend.release()
        await self.assert_refused(Code.NO_SUCH_PERSON, early)
        for answer in rest:
            await answer
        self.assertEqual(texts(await self.whole_log(private)), ["hello dora", "hello again"])
        self.assertEqual(await self.store.person(dora), Card(dora, "theodora"))

    async def test_a_refused_message_leaves_the_others_of_its_batch_alone(self) -> None:
        await self.say("known", cid="1")
        self.backend.hold()
        before = self.store.append(draft("before"))
        conflict = self.store.append(draft("another", cid="1"))
        lonely = self.store.append(draft("psst", self.private(ADA, NOBODY)))
        answer = self.store.append(draft("what?", reply_to=99))
        repeated = self.store.append(draft("known", cid="1"))
        after = self.store.append(draft("after"))
        self.backend.release()
        self.assertEqual((await before).offset, 2)
        await self.assert_refused(Code.CID_CONFLICT, conflict)
        await self.assert_refused(Code.NO_SUCH_PERSON, lonely)
        await self.assert_refused(Code.NO_SUCH_MESSAGE, answer)
        self.assertEqual((await repeated).offset, 1)
        self.assertEqual((await after).offset, 3)
        self.assertEqual(texts(self.batches[-1]), ["before", "after"])
        self.assertEqual([event.commit for event in await self.whole_log(LOBBY)], [1, 2, 3])
        self.assertIsNone(await self.store.room(self.private(ADA, NOBODY), ADA))

    async def test_a_listener_may_write_in_its_turn(self) -> None:
        echoes: list[Deferred[Appended]] = []

        def echo(batch: Batch) -> None:
            self.batches.append(batch)
            if not echoes:
                echoes.append(Deferred.fromCoroutine(self.say("echo")))

        self.store.listen(echo)
        self.assertEqual((await self.say("call")).offset, 1)
        self.assertEqual((await echoes[0]).offset, 2)
        self.assertEqual([texts(batch) for batch in self.batches], [["call"], ["echo"]])

    async def test_the_listener_is_told_when_all_of_a_batch_have_their_answers(self) -> None:
        told: list[str] = []
        self.store.listen(lambda batch: told.append("published"), lambda: told.append("settled"))
        self.backend.hold()
        answers = [self.say("one"), self.say("two", GARDEN)]
        waiting = [Deferred.fromCoroutine(answer) for answer in answers]
        for answer in waiting:
            answer.addCallback(lambda _: told.append("answered"))
        self.backend.release()
        await waiting[1]
        await self.store.touch(())
        self.assertEqual(told, ["published", "answered", "answered", "settled"])

    async def test_a_listener_that_fails_keeps_nobody_from_an_answer(self) -> None:
        def fail(batch: Batch) -> None:
            raise ZeroDivisionError

        self.store.listen(fail)
        self.assertEqual((await self.say("hi")).offset, 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    async def test_an_answer_that_nobody_waits_for_any_more_is_let_go(self) -> None:
        self.backend.hold()
        impatient = self.store.append(draft("never mind"))
        assert isinstance(impatient, Deferred)
        impatient.addErrback(lambda failure: None)
        impatient.cancel()
        patient = self.store.append(draft("well"))
        self.backend.release()
        self.assertEqual((await patient).offset, 2)

    async def test_what_the_tutorials_client_sent_is_heard_and_not_kept(self) -> None:
        sent = AsSent("ada@example.org", "ada", " hi ")
        await self.store.append(Draft(LOBBY, "lobby", Author(ADA, "ada", "tutorial"), "hi", as_sent=sent))
        self.assertEqual(self.batches[0][0].as_sent, sent)
        (kept,) = await self.whole_log(LOBBY)
        self.assertIsNone(kept.as_sent)
        self.assertEqual(kept.author.via, "tutorial")

    async def test_an_author_whom_nobody_knows_may_speak_in_public(self) -> None:
        await self.say("hi", who=NOBODY, via="tutorial")
        (event,) = await self.whole_log(LOBBY)
        self.assertEqual(event.author.id, NOBODY)

    # The same again

    async def test_the_same_cid_and_body_is_answered_with_the_first_message(self) -> None:
        first = await self.say("hi", cid="1", reply_to=None)
        await self.say("between")
        again = await self.say("hi", cid="1", reply_to=None)
        self.assertEqual((again.offset, again.id, again.repeated), (first.offset, first.id, True))
        self.assertEqual(len(await self.whole_log(LOBBY)), 2)
        self.assertEqual(len(self.batches), 2)

    async def test_the_same_cid_with_another_text_room_or_reply_is_a_conflict(self) -> None:
        await self.say("zero")
        await self.say("hi", cid="1")
        await self.say("there", GARDEN)
        for other in (draft("ho", cid="1"), draft("hi", GARDEN, cid="1"), draft("hi", cid="1", reply_to=1)):
            await self.assert_refused(Code.CID_CONFLICT, self.store.append(other))
        self.assertEqual(len(await self.whole_log(LOBBY)), 2)

    async def test_a_cid_is_looked_at_before_all_else(self) -> None:
        await self.say("hi", cid="1")
        await self.assert_refused(Code.CID_CONFLICT, self.store.append(draft("hi", cid="1", reply_to=99)))

    async def test_nobody_can_spend_anothers_cid(self) -> None:
        self.assertEqual((await self.say("hi", cid="1")).offset, 1)
        self.assertEqual((await self.say("ho", who=BOB, cid="1")).offset, 2)
        self.assertEqual((await self.say("hi", who=CLEO, cid="1")).offset, 3)

    async def test_a_new_name_does_not_change_whose_cid_it_is(self) -> None:
        await self.say("hi", cid="1")
        self.assertTrue((await self.say("hi", cid="1", name="countess")).repeated)

    async def test_a_cid_is_remembered_over_a_restart(self) -> None:
        first = await self.say("hi", cid="1")
        await self.restart()
        again = await self.say("hi", cid="1")
        self.assertEqual((again.offset, again.id, again.repeated), (1, first.id, True))
        await self.assert_refused(Code.CID_CONFLICT, self.store.append(draft("ho", cid="1")))

    async def test_a_cid_outlives_its_pruned_message(self) -> None:
        await self.say("hi", cid="1")
        await self.say("ho")
        self.backend.prune(LOBBY, 2)
        self.assertTrue((await self.say("hi", cid="1")).repeated)

    async def test_a_race_of_the_same_message_is_one_message(self) -> None:
        self.backend.hold()
        said = [self.store.append(draft("hi", cid="1")) for _ in range(5)]
        other = self.store.append(draft("ho", cid="1"))
        self.backend.release()
        answers = [await answer for answer in said]
        await self.assert_refused(Code.CID_CONFLICT, other)
        self.assertEqual([answer.repeated for answer in answers], [False, True, True, True, True])
        self.assertEqual(len({answer.id for answer in answers}), 1)
        self.assertEqual(texts(await self.whole_log(LOBBY)), ["hi"])

    # Replies

    async def test_a_reply_is_to_a_kept_event_of_its_room(self) -> None:
        await self.talk(LOBBY, 3)
        await self.talk(GARDEN, 1)
        self.backend.prune(LOBBY, 3)
        for nowhere in (2, 4, 99):
            await self.assert_refused(
                Code.NO_SUCH_MESSAGE, self.store.append(draft("re", LOBBY, reply_to=nowhere))
            )
        await self.assert_refused(Code.NO_SUCH_MESSAGE, self.store.append(draft("re", GARDEN, reply_to=3)))
        await self.assert_refused(Code.NO_SUCH_MESSAGE, self.store.append(draft("re", "attic", reply_to=1)))
        self.assertIsNone(await self.store.room(RoomKey("attic"), None))
        self.assertEqual((await self.say("re", reply_to=3)).offset, 4)

    async def test_a_reply_may_follow_its_message_in_one_batch(self) -> None:
        self.backend.hold()
        said = [self.store.append(draft("a")), self.store.append(draft("b", reply_to=1))]
        self.backend.release()
        self.assertEqual([(await answer).offset for answer in said], [1, 2])

    # Private rooms

    async def test_a_private_room_is_one_log_from_either_side(self) -> None:
        await self.say("hi bob", self.private(ADA, BOB))
        await self.say("hi ada", self.private(BOB, ADA), BOB)
        log = await self.whole_log(self.private())
        self.assertEqual(texts(log), ["hi bob", "hi ada"])
        self.assertEqual([event.offset for event in log], [1, 2])

    async def test_a_private_room_with_somebody_unknown_is_refused(self) -> None:
        for one, other in ((ADA, NOBODY), (NOBODY, ADA)):
            room = self.private(one, other)
            await self.assert_refused(Code.NO_SUCH_PERSON, self.store.append(draft("psst", room, one)))
            self.assertIsNone(await self.store.room(room, ADA))
        self.assertEqual(self.batches, [])
        self.assertEqual(await self.store.inbox(ADA, 10), ())

    # A disk that takes nothing

    async def test_a_disk_that_takes_nothing_refuses_every_write_and_reading_goes_on(self) -> None:
        await self.say("kept", cid="1")
        self.assertIsNone(self.store.trouble())
        self.backend.refuse_writes(True)
        dora = Card(PersonId("dddddddddddddddd"), "dora")
        writes = (
            lambda: self.store.append(draft("lost")),
            lambda: self.store.add_person(dora, b"dora"),
            lambda: self.store.rename(ADA, "countess"),
            lambda: self.store.touch([ADA]),
        )
        for write in writes:
            refused = await self.refusal(write())
            self.assertEqual(refused.code, Code.READ_ONLY)
            self.assertGreater(refused.retry_after or 0, 0)
        self.assertTrue(self.store.trouble())
        self.assertNotIn("\n", self.store.trouble() or "")
        self.assertEqual(texts(await self.whole_log(LOBBY)), ["kept"])
        self.assertEqual(await self.store.person(ADA), Card(ADA, NAMES[ADA]))
        self.assertIsNone(await self.store.person(dora.id))
        self.assertEqual([texts(batch) for batch in self.batches], [["kept"]])

        self.backend.refuse_writes(False)
        self.assertEqual((await self.say("again")).offset, 2)
        self.assertIsNone(self.store.trouble())
        self.assertEqual([event.commit for event in await self.whole_log(LOBBY)], [1, 2])

    async def test_a_batch_that_the_disk_refuses_is_refused_whole(self) -> None:
        self.backend.refuse_writes(True)
        self.backend.hold()
        said = [self.store.append(draft(text)) for text in ("one", "two")]
        self.backend.release()
        for answer in said:
            await self.assert_refused(Code.READ_ONLY, answer)
        self.backend.refuse_writes(False)
        self.assertEqual((await self.say("three")).offset, 1)
        self.assertEqual([texts(batch) for batch in self.batches], [["three"]])

    # Restarts

    async def test_a_restart_keeps_the_log_its_epoch_and_its_order(self) -> None:
        epoch = self.store.epoch
        self.assertRegex(epoch, r"\A[A-Za-z0-9_-]{1,64}\Z")
        await self.talk(LOBBY, 3)
        await self.say("psst", self.private())
        before = await self.whole_log(LOBBY)
        await self.restart()
        self.assertEqual(self.store.epoch, epoch)
        self.assertEqual(await self.whole_log(LOBBY), before)
        self.assertEqual((await self.say("4")).offset, 4)
        self.assertEqual((await self.whole_log(LOBBY))[-1].commit, 5)

    async def test_a_restart_draws_the_first_part_of_ids_anew(self) -> None:
        before = await self.say("x")
        await self.restart()
        after = await self.say("x")
        self.assertNotEqual(before.id.split("-")[0], after.id.split("-")[0])

    async def test_what_was_asked_for_before_the_stop_is_written_and_answered(self) -> None:
        self.backend.hold()
        said = [self.store.append(draft(text)) for text in ("one", "two")]
        self.backend.release()
        await self.restart()
        self.assertEqual([(await answer).offset for answer in said], [1, 2])
        self.assertEqual(texts(await self.whole_log(LOBBY)), ["one", "two"])
