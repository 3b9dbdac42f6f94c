"""
Where fuzzing began and what it found, once more in every run.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz import seeds
from tests.fuzz.seeds import SEEDS, found
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

    def test_what_is_kept_is_read_again_as_it_was(self) -> None:
        self.patch(seeds, "CORPUS", Path(self.mktemp()))
        self.assertEqual(seeds.found("frames"), ())
        seeds.keep("frames", [b"\xff" * 300, b"", b"a", b"a"])
        self.assertEqual(seeds.found("frames"), (b"a", b"\xff" * 300))
