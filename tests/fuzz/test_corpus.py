"""
Where fuzzing began and what it found, once more in every run.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz.seeds import CORPUS, SEEDS, found
from tests.fuzz.targets import TARGETS


class CorpusTests(SynchronousTestCase):
    def replay(self, name: str) -> None:
        """
        Whichever input fails is in the traceback of the test.
        """
        for data in (*SEEDS[name], *found(name)):
            try:
                TARGETS[name](data)
            except Exception as error:
                raise AssertionError(f"{name}: {data!r}") from error

    def test_what_was_sent_as_a_post_harms_nobody(self) -> None:
        self.replay("tutorial")

    def test_what_was_sent_as_a_command_harms_nobody(self) -> None:
        self.replay("v1")

    def test_what_was_sent_as_frames_harms_nobody(self) -> None:
        self.replay("frames")

    def test_what_was_sent_as_a_request_harms_nobody(self) -> None:
        self.replay("http")

    def test_what_was_found_once_is_looked_at_again(self) -> None:
        self.assertEqual({path.stem for path in CORPUS.iterdir()} - TARGETS.keys(), set())
        self.assertTrue(found("frames"))
        self.assertEqual(found("no such target"), ())
