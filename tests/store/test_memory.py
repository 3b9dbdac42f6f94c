"""
What is special about the store in memory: nothing waits, unless a test wants it to.
"""

from __future__ import annotations

import contextlib

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Batch
from chatd.core.names import LOBBY
from chatd.store.memory import MemoryStore
from tests.contracts.store import draft, texts


class MemoryTests(SynchronousTestCase):
    """A store in memory by itself."""

    def setUp(self) -> None:
        self.batches: list[Batch] = []
        self.store = MemoryStore(lambda: 0)
        self.store.listen(self.batches.append)

    def test_a_message_is_stored_and_heard_before_the_call_returns(self) -> None:
        said = self.store.append(draft("hi"))
        self.assertEqual(texts(self.batches[0]), ["hi"])
        self.assertEqual(self.successResultOf(said).offset, 1)

    def test_a_coroutine_that_reads_never_waits(self) -> None:
        self.store.append(draft("hi"))
        with self.assertRaises(StopIteration) as ended:
            self.store.room(LOBBY, None).send(None)
        self.assertEqual(ended.exception.value.head, 1)

    def test_held_writes_are_answered_by_the_release_or_the_stop(self) -> None:
        for end in (self.store.release, lambda: self.store.stop().send(None)):
            self.store.hold()
            said = [self.store.append(draft(text)) for text in ("one", "two")]
            self.assertNoResult(said[0])
            self.assertEqual(self.batches, [])
            with contextlib.suppress(StopIteration):
                end()
            self.assertEqual([texts(batch) for batch in self.batches], [["one", "two"]])
            self.batches.clear()
            for answer in said:
                self.successResultOf(answer)

    def test_a_write_after_a_hold_within_a_batch_waits(self) -> None:
        def hold_and_echo(batch: Batch) -> None:
            self.batches.append(batch)
            if len(self.batches) == 1:
                self.store.hold()
                self.store.append(draft("echo"))

        self.store.listen(hold_and_echo)
        self.store.append(draft("call"))
        self.assertEqual([texts(batch) for batch in self.batches], [["call"]])
        self.store.release()
        self.assertEqual([texts(batch) for batch in self.batches], [["call"], ["echo"]])
