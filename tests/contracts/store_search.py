"""
The contract of a store: what is found by what it says.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

from msgspec.structs import replace

from chatd.core.events import Message, Wipe
from chatd.core.files import Upload, file_id
from chatd.core.names import LOBBY, PersonId, RoomKey
from chatd.core.refusals import Refused
from chatd.core.retention import Keep
from chatd.core.search import parse
from chatd.core.sieve import Findings, Scope, Sieve, Sought
from tests.contracts.store import ADA, BOB, CLEO, DAY_MS, GARDEN, StoreCase, draft
from tests.contracts.store_deeds import VAULT, deed
from tests.contracts.store_forms import about

EVERYWHERE = Scope(public=True)
PIECES = (
    *(
        "tea",
        "Tea",
        "team",
        "steam",
        "tee",
        "te",
        "ok",
        "OK!",
        "caf\u00e9",
        "cafe\u0301",
        "CAFE",
        "na\u00efve",
    ),
    *(
        "foo-bar",
        "foo_bar",
        "foo.bar",
        "foo",
        "bar",
        "c++",
        "\u4e2d\u6587",
        "\u4e2d",
        "\u6587",
        "\u5b66\u4e60\u4e2d\u6587",
    ),
    *(
        "iphone",
        "iPhone\u624b\u673a",
        "\u624b\u673a\u58f3",
        "\U0001f389",
        "\U0001f389\U0001f389",
        "stra\u00dfe",
        "STRASSE",
    ),
    *(
        "\u0445\u043e\u0440\u043e\u0448\u043e",
        "\u0425\u043e\u0440\u043e\u0448\u043e!",
        "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
        "\ud55c\uad6d\uc5b4",
        "https://chatd.example/x",
        "12",
        "123",
    ),
    *(
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u0393\u03b5\u03b9\u03ac",
        "\u03c3\u03bf\u03c6\u03cc\u03c2",
        "\ufb01n",
        "'",
        '"',
        "NEAR",
        "AND",
        "(",
        "*",
        "a\tb",
    ),
)


class SearchContract(StoreCase):
    """
    Searches.
    """

    async def find(self, query: str, scope: Scope = EVERYWHERE, **more: Any) -> Findings:
        """What is found once the index has come up."""
        await self.backend.indexed()
        sought = Sought(query=parse(query), scope=scope, **{"limit": 50, **more})
        findings: Findings = await self.store.finder.search(sought)
        return findings

    async def texts(self, query: str, scope: Scope = EVERYWHERE, **more: Any) -> list[str]:
        """The texts of what is found."""
        return [message.text for message in (await self.find(query, scope, **more)).messages]

    async def test_messages_are_found_by_their_words_the_newest_first(self) -> None:
        for text in ("a cup of tea", "team work", "steam", "no", "TEA!"):
            await self.say(text)
        self.assertEqual(await self.texts("tea"), ["TEA!", "team work", "a cup of tea"])
        self.assertEqual(await self.texts('"tea"'), ["TEA!", "a cup of tea"])
        self.assertEqual(await self.texts("tea -cup"), ["TEA!", "team work"])
        self.assertEqual(await self.texts('"cup of tea"'), ["a cup of tea"])
        self.assertEqual(await self.texts('"tea cup"'), [])
        self.assertEqual(await self.texts("tea", parts=True), ["TEA!", "steam", "team work", "a cup of tea"])

    async def test_what_is_found_is_the_message_as_its_log_has_it(self) -> None:
        await self.say("one tea")
        await self.say("two tea", GARDEN, BOB, cid="c", reply_to=None)
        found = (await self.find("tea")).messages
        self.assertEqual(found, (*(await self.whole_log(GARDEN)), *(await self.whole_log(LOBBY))))

    async def test_a_long_answer_comes_in_parts_that_fit_together(self) -> None:
        for number in range(11):
            await self.say(f"tea {number}", (LOBBY, GARDEN)[number % 2])
        found: list[str] = []
        before, more = None, True
        while more:
            part = await self.find("tea", limit=3, before=before)
            self.assertLessEqual(len(part.messages), 3)
            found += [message.text for message in part.messages]
            before, more = part.upto, part.more
        self.assertEqual(found, [f"tea {number}" for number in range(10, -1, -1)])

    async def test_only_the_rooms_in_scope_are_looked_at(self) -> None:
        await self.store.act((deed("made", VAULT, name="Vault"),))
        mine, theirs = self.private(ADA, BOB), self.private(BOB, CLEO)
        for room, who in ((LOBBY, ADA), (GARDEN, ADA), (VAULT, ADA), (mine, ADA), (theirs, BOB)):
            await self.say(f"tea in {room}", room, who)
        for scope, rooms in (
            (Scope(), []),
            (EVERYWHERE, [GARDEN, LOBBY]),
            (Scope(public=True, excluded=frozenset({GARDEN})), [LOBBY]),
            (Scope(public=True, included=frozenset({VAULT})), [VAULT, GARDEN, LOBBY]),
            (Scope(included=frozenset({VAULT, RoomKey("nowhere")})), [VAULT]),
            (Scope(person=ADA), [mine]),
            (Scope(person=BOB), [theirs, mine]),
            (Scope(included=frozenset({theirs})), [theirs]),
            (Scope(public=True, person=CLEO), [theirs, GARDEN, LOBBY]),
        ):
            for query, parts in (
                ("tea", False),
                ("tea", True),
                ("-coffee", False),
                ("after:2000-01-01", False),
            ):
                found = (await self.find(query, scope, parts=parts)).messages
                self.assertEqual([message.room for message in found], rooms, (scope, query))

    async def test_whether_there_is_more_tells_nothing_of_rooms_that_are_not_looked_at(self) -> None:
        await self.say("only here: walnut", self.private(BOB, CLEO), BOB)
        await self.say("a peanut", self.private(BOB, CLEO), BOB)
        for number in range(2):
            await self.say(f"peanut {number}")
        for query, parts in (
            ("peanut", False),
            ("eanut", True),
            ('"an"', True),
            ("-tea", False),
            ("", False),
        ):
            found = await self.find(query, parts=parts, limit=2)
            self.assertEqual([m.text for m in found.messages], ["peanut 1", "peanut 0"], query)
            self.assertFalse(found.more, query)
            one = await self.find(query, parts=parts, limit=1)
            self.assertTrue(one.more)
            self.assertEqual(one.upto, one.messages[0].commit)
        for query, parts in (("walnut", False), ("alnut", True), ('"wa"', True), ("walnut", True)):
            found = await self.find(query, parts=parts, limit=1)
            self.assertEqual((found.messages, found.more), ((), False), query)

    async def test_people_times_and_links_narrow_it_down(self) -> None:
        await self.say("old tea https://tea.example", who=BOB)
        self.now_ms += 2 * DAY_MS
        await self.say("new tea")
        await self.say("guise tea", who=PersonId("tttttttttttttttt"), via="tutorial", name="Bob")
        bob = frozenset({BOB})
        self.assertEqual(await self.texts("tea", ids=bob), ["old tea https://tea.example"])
        self.assertEqual(
            await self.texts("tea", ids=bob, names=frozenset({"bob"})),
            ["guise tea", "old tea https://tea.example"],
        )
        self.assertEqual(await self.texts("", names=frozenset({"ada"})), ["new tea"])
        self.assertEqual(await self.texts("has:link"), ["old tea https://tea.example"])
        self.assertEqual(await self.texts("tea has:file"), [])
        for query, texts in (
            ("after:2025-06-17", ["guise tea", "new tea"]),
            ("before:2025-06-17", ["old tea https://tea.example"]),
            ("before:2025-06-15", []),
            ("after:2025-06-18", []),
            ("after:2025-06-15T15:06:40Z before:2025-06-15T15:06:41Z", ["old tea https://tea.example"]),
            ("after:2025-06-15T15:06:41Z before:2025-06-16", []),
        ):
            self.assertEqual(await self.texts(query), texts, query)

    async def test_messages_with_files_are_told_from_others(self) -> None:
        keys = [file_id(bytes([number] * 16)) for number in (1, 2)]
        for key in keys:
            upload = Upload(id=key, room=LOBBY, person=ADA, name="tea.txt", size=3)
            await self.store.files.begin(upload, 1 << 30)
            await self.store.files.finish(key, "text/plain", None)
        await self.say("tea")
        await self.store.append(replace(draft("green tea"), files=(keys[0],)))
        await self.store.append(replace(draft(""), files=(keys[1],)))
        self.assertEqual(await self.texts("has:file"), ["", "green tea"])
        self.assertEqual(await self.texts("tea has:file"), ["green tea"])
        await self.store.act((about("edited", 2, room=LOBBY, text="black tea"),))
        self.assertEqual(await self.texts("has:file"), ["", "black tea"])
        for offset in (2, 3):
            await self.store.act((about("deleted", offset, room=LOBBY),))
        self.assertEqual(await self.texts("has:file"), [])
        self.assertEqual(await self.texts("tea"), ["tea"])

    async def test_what_was_wiped_or_pruned_is_not_found_and_its_neighbours_are(self) -> None:
        for number in range(4):
            await self.say(f"tea {number}")
            await self.say(f"secret {number}", who=BOB)
        await self.say("secret of cleo", who=CLEO)
        self.assertEqual(len(await self.texts("secret")), 5)
        await self.store.act((deed("wiped", LOBBY, wipe=Wipe(BOB, 0)),))
        self.assertEqual(await self.texts("secret"), ["secret of cleo"])
        self.assertEqual(await self.texts("ecret", parts=True), ["secret of cleo"])
        self.assertEqual(await self.texts("", ids=frozenset({BOB})), [])
        self.assertEqual(len(await self.texts("tea")), 4)
        await self.store.prune(Keep(0, 2, 0), 100)
        self.assertEqual(await self.texts("tea"), [])
        self.assertEqual(await self.texts("secret"), ["secret of cleo"])
        await self.say("secret again", who=BOB)
        await self.restart()
        self.assertEqual(await self.texts("secret"), ["secret again", "secret of cleo"])

    async def test_what_is_wiped_before_it_was_indexed_is_never_found(self) -> None:
        self.backend.hold()
        said = self.store.append(draft("secret", who=BOB))
        wiped = self.store.act((deed("wiped", LOBBY, wipe=Wipe(BOB, 0)),))
        self.backend.release()
        await said
        await wiped
        self.assertEqual(await self.texts("secret"), [])

    async def test_an_edited_message_is_found_by_its_last_words_alone(self) -> None:
        for room in (LOBBY, GARDEN):
            await self.say("planted seeds", room)
            await self.say("other seeds", room)
        self.assertEqual(len(await self.texts("planted")), 2)
        await self.store.act((about("edited", 1, text="sown seeds"),))
        # Before the index comes up, and after.
        sought = Sought(query=parse("planted"), scope=EVERYWHERE, limit=5)
        self.assertEqual([m.room for m in (await self.store.finder.search(sought)).messages], [LOBBY])
        self.assertEqual(await self.texts("sown"), ["sown seeds"])
        self.assertEqual(await self.texts("lante", parts=True), ["planted seeds"])
        await self.store.act((about("edited", 1, text="sown again"),))
        await self.store.act((about("edited", 1, text="planted once more"),))
        await self.restart()
        self.assertEqual(await self.texts("planted"), ["planted once more", "planted seeds"])
        await self.store.act((about("edited", 1, text="gone soon"),))
        await self.store.act((about("deleted", 1),))
        for query in ("planted", "sown", "gone", "again"):
            self.assertNotIn(GARDEN, [m.room for m in (await self.find(query)).messages], query)

    async def test_whatever_was_done_what_is_found_is_what_a_look_at_each_message_finds(self) -> None:
        random = Random(11)
        offsets = 0
        for step in range(160):
            what, who = random.random(), random.choice((ADA, BOB))
            text = " ".join(random.choices(PIECES, k=3)).strip() or "tea"
            if what < 0.5 or not offsets:
                offsets = (await self.say(text, GARDEN, who)).offset
            elif what < 0.7:
                with suppress(Refused):
                    draft = about("edited", random.randint(1, offsets), who, text=text)
                    offsets = max(offsets, (await self.store.act((draft,))).offset or 0)
            elif what < 0.8:
                with suppress(Refused):
                    draft = about("deleted", random.randint(1, offsets), who)
                    offsets = max(offsets, (await self.store.act((draft,))).offset or 0)
            elif what < 0.83:
                self.now_ms += 1000
                wiped = deed("wiped", GARDEN, ADA, wipe=Wipe(who, self.now_ms - 1500))
                offsets = (await self.store.act((wiped,))).offset
            elif what < 0.86:
                await self.store.prune(Keep(0, 30, 0), 10)
            if step % 8 == 7:
                log = (await self.whole_log(GARDEN))[::-1]
                for parts in (False, True):
                    query = random.choice(PIECES)
                    sieve = Sieve(Sought(query=parse(query), scope=EVERYWHERE, parts=parts, limit=1))
                    expected = [each.text for each in log if isinstance(each, Message) and sieve.means(each)]
                    self.assertEqual(await self.texts(query, parts=parts), expected, (step, query))

    async def test_rooms_are_known_by_their_titles_and_conversations_by_the_other_person(self) -> None:
        self.assertEqual(await self.store.finder.called(ADA, ["@bob", "vault"], [VAULT]), ())
        await self.store.act((deed("made", VAULT, name="Vault", title="Vault"),))
        await self.store.act((deed("set", VAULT, title="Wine cellar"),))
        for room, who in ((self.private(ADA, BOB), ADA), (self.private(BOB, CLEO), BOB), (GARDEN, ADA)):
            await self.say("hi", room, who)
        for names, closed, rooms in (
            (["wine cellar"], [VAULT, RoomKey("nowhere")], {("wine cellar", VAULT)}),
            (["vault", "bob", "garden", GARDEN], [VAULT], set()),
            (["wine cellar"], [], set()),
            (["@bob", "wine cellar"], [], {("@bob", self.private(ADA, BOB))}),
            (["@ada", "@cleo"], [], set()),
        ):
            found = await self.store.finder.called(ADA, names, closed)
            self.assertEqual(set(found), rooms, names)
            self.assertEqual(len(found), len(rooms))

    async def test_messages_are_read_again_as_they_are_now(self) -> None:
        await self.say("tea")
        await self.say("secret", who=BOB)
        commits = [message.commit for message in (await self.find("after:2000-01-01")).messages]
        self.assertEqual([m.text for m in await self.store.finder.again(commits)], ["secret", "tea"])
        await self.store.act((deed("wiped", LOBBY, wipe=Wipe(BOB, 0)),))
        again = await self.store.finder.again([*commits, 10_000])
        self.assertEqual([(m.text, m.deleted) for m in again], [("", True), ("tea", False)])

    async def test_an_index_finds_what_looking_at_each_message_finds(self) -> None:
        """Words of many scripts, signs, and what could be taken for the language of an index."""
        random = Random(7)
        said = []
        for _ in range(150):
            text = (
                random.choice((" ", " ", "", ", "))
                .join(random.choices(PIECES, k=random.randint(1, 5)))
                .strip()
            )
            if text:
                await self.say(text, who=random.choice((ADA, BOB)))
                said.append(text)
        log = (await self.whole_log(LOBBY))[::-1]
        for _ in range(120):
            words = random.choices(PIECES, k=random.choice((1, 1, 1, 2)))
            query = " ".join(f'"{word}"' if random.random() < 0.3 else word for word in words)
            for parts in (False, True):
                sieve = Sieve(Sought(query=parse(query), scope=EVERYWHERE, parts=parts, limit=1000))
                expected = [event.text for event in log if sieve.means(event)]  # type: ignore[arg-type, union-attr]
                self.assertEqual(await self.texts(query, parts=parts, limit=1000), expected, (query, parts))
