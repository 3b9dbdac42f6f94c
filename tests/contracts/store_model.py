"""
The contract of a log against a model that is too simple to be wrong: a list of what was said, for each room.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from chatd.core.events import Batch, Draft, Event, Message
from chatd.core.names import LOBBY, RoomKey, private_key
from chatd.core.ports import Store
from chatd.core.records import Appended, Position
from chatd.core.refusals import Code, Refused
from chatd.core.retention import Keep, Pruned
from tests.contracts.store import ADA, BOB, GARDEN, NOBODY, Backend, draft

ROOMS = [LOBBY, GARDEN, private_key(ADA, BOB), private_key(ADA, NOBODY)]

NOW_MS = 1_750_000_000_000
"""What the clock of the store says, always."""

_rooms = st.sampled_from(ROOMS)
_offsets = st.integers(0, 12)
_few = st.integers(1, 4)
_bytes = st.sampled_from([0, 2100, 5000, 1 << 20])
_drafts = st.builds(
    draft,
    st.sampled_from(["a", "b" * 900, "ü\n"]),
    _rooms,
    st.sampled_from([ADA, BOB]),
    cid=st.sampled_from([None, None, "1", "2"]),
    reply_to=st.sampled_from([None, None, 1, 2, 9]),
)

operations = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.lists(_drafts, min_size=1, max_size=6)),
        st.tuples(st.just("prune"), _few, _few, st.booleans()),
        st.tuples(st.just("read"), _rooms, _offsets, _few, _bytes),
        st.tuples(st.just("page"), _rooms, st.none() | _offsets, st.none() | _offsets, _few, _bytes),
        st.tuples(st.just("open"), _rooms, _offsets, st.booleans(), _few),
    ),
    max_size=25,
)
"""What may happen to a store, step by step. Texts, cids and offsets are few, so that they meet."""


class Model:
    """
    What a store must have, as lists; and the steps, each of which does something and compares.

    Ada and Bob are known in the store, and its listener puts what it hears into `batches`.
    """

    def __init__(self, store: Store, backend: Backend, batches: list[Batch]) -> None:
        self.store = store
        self.backend = backend
        self.batches = batches
        self.logs: dict[RoomKey, list[Event]] = {room: [] for room in ROOMS}
        self.first: dict[RoomKey, int] = dict.fromkeys(ROOMS, 1)
        self.cids: dict[tuple[str, str], tuple[bytes, str]] = {}
        # Those of them whose message is gone.
        self.loose: set[tuple[str, str]] = set()
        self.commits = 0

    async def run(self, steps: list[Any]) -> None:
        """Do the steps."""
        for name, *arguments in steps:
            await getattr(self, f"_{name}")(*arguments)

    async def _say(self, drafts: list[Draft]) -> None:
        self.backend.hold()
        asked = [self.store.append(said) for said in drafts]
        self.backend.release()
        answers: list[Appended | Code] = []
        for answer in asked:
            try:
                answers.append(await answer)
            except Refused as refused:
                answers.append(refused.code)
        heard = iter([event for batch in self.batches for event in batch])
        assert len(self.batches) <= 1
        self.batches.clear()
        for said, answer in zip(drafts, answers, strict=True):
            self._compare_said(said, answer, heard)
        assert next(heard, None) is None

    def _compare_said(self, said: Draft, answer: Appended | Code, heard: Any) -> None:
        key = (said.author.id, said.cid or "")
        log = self.logs[said.room]
        if said.cid is not None and key in self.cids:
            body_hash, first_id = self.cids[key]
            if body_hash != said.body_hash:
                assert answer == Code.CID_CONFLICT
            else:
                assert isinstance(answer, Appended)
                assert (answer.repeated, answer.id) == (True, first_id)
        elif NOBODY in said.room:
            assert answer == Code.NO_SUCH_PERSON
        elif said.reply_to is not None and not self.first[said.room] <= said.reply_to <= len(log):
            assert answer == Code.NO_SUCH_MESSAGE
        else:
            event = next(heard)
            self.commits += 1
            log.append(event)
            assert answer == Appended(len(log), event.id, False)
            assert (event.room, event.offset, event.commit) == (said.room, len(log), self.commits)
            assert (event.author, event.text) == (said.author, said.text)
            assert (event.cid, event.reply_to) == (said.cid, said.reply_to)
            if said.cid is not None:
                self.cids[key] = (said.body_hash, event.id)

    async def _prune(self, messages: int, limit: int, old: bool) -> None:
        """One step, in which cids count as old enough or do not. Where it begins is the store's affair."""
        cids_since_ms = NOW_MS + old
        trim = await self.store.prune(Keep(None, messages, cids_since_ms), limit)
        assert trim.events == sum(first - self.first[room] for room, first in trim.first.items()) <= limit
        for room, first in trim.first.items():
            assert self.first[room] < first <= len(self.logs[room]) + 1 - messages
            for event in self.logs[room][self.first[room] - 1 : first - 1]:
                if event.cid is not None:
                    self.loose.add((event.author.id, event.cid))
            self.first[room] = first
        if old:
            # Which of them a step forgets is the store's affair too.
            while len(self.loose) > 0 and (await self.store.prune(Keep(None, None, cids_since_ms), 50)).more:
                pass
            for key in self.loose:
                del self.cids[key]
            self.loose.clear()

    async def _read(self, room: RoomKey, after: int, count: int, max_bytes: int) -> None:
        log, first = self.logs[room], self.first[room]
        if after >= len(log):
            return
        upto = min(after + count, len(log))
        try:
            piece = list(await self.store.read(room, after, upto, max_bytes))
        except Pruned as pruned:
            piece = []
            kept_from = pruned.first
        else:
            kept_from = None
        if after + 1 < first:
            assert kept_from == first
        else:
            assert kept_from is None
            assert piece
            self._compare_piece(piece, self._kept(room, log[after:upto]), max_bytes)

    def _kept(self, room: RoomKey, events: list[Event]) -> list[Event]:
        """Events without the quotes of what is not kept any more."""
        return [
            replace(event, quote=None)
            if isinstance(event, Message) and event.reply_to is not None and event.reply_to < self.first[room]
            else event
            for event in events
        ]

    async def _page(
        self, room: RoomKey, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> None:
        if before is not None:
            after = None
        page = await self.store.page(room, None, before=before, after=after, limit=limit, max_bytes=max_bytes)
        kept = self.logs[room][self.first[room] - 1 :]
        if after is not None:
            able = [event for event in kept if event.offset > after]
            self._compare_piece(list(page.events), self._kept(room, able[:limit]), max_bytes)
        else:
            able = [event for event in reversed(kept) if before is None or event.offset < before]
            self._compare_piece(list(page.events[::-1]), self._kept(room, able[:limit]), max_bytes)
        assert page.more == (len(page.events) < len(able))

    @staticmethod
    def _compare_piece(piece: list[Event], able: list[Event], max_bytes: int) -> None:
        """As much of what could be told as the weight allows."""
        assert piece == able[: len(piece)]
        assert len(piece) <= 1 or sum(event.weight for event in piece) <= max_bytes
        if len(piece) < len(able):
            assert piece
            assert sum(event.weight for event in able[: len(piece) + 1]) > max_bytes

    async def _open(self, room: RoomKey, after: int, with_id: bool, last: int) -> None:
        log, first = self.logs[room], self.first[room]
        with_id = with_id and 1 <= after <= len(log)
        position = Position(after, log[after - 1].id if with_id else None)
        opened = await self.store.open(room, None, position, last, False)
        if not log:
            assert opened is None
            return
        assert opened is not None
        assert (opened.record.head, opened.record.first) == (len(log), first)
        recovered = first - 1 <= after <= len(log) and not (with_id and after < first)
        start = after if recovered else max(len(log) - last, first - 1)
        assert (opened.recovered, opened.start) == (recovered, start)
