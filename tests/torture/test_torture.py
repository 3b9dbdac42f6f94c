"""
The promises at a size that every run of the tests has time for; `make torture` has them whole.

Counts, order and codes are checked; times and memory are told by `make torture` alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.torture.clock import clock, library
from tests.torture.idle import idle
from tests.torture.kills import kills, million
from tests.torture.neighbours import neighbours, stopped
from tests.torture.order import order
from tests.torture.pruning import pruning
from tests.torture.resume import resume
from tests.torture.stage import Run, Stage
from tests.torture.stops import stops
from tests.torture.storm import storm

pytestmark = pytest.mark.apart

SEED = 4


def perform(run: Run, folder: Path) -> None:
    """
    A run in its smallest size; raises `Broken` if the promise is not kept.
    """
    stage = Stage(folder, SEED, "small")
    asyncio.run(run(stage))
    assert stage.rows


def test_what_is_done_survives_every_kill_and_what_is_said_again_is_there_once(tmp_path: Path) -> None:
    """P1, P2."""
    perform(kills, tmp_path)


def test_a_long_log_is_all_there_after_a_kill(tmp_path: Path) -> None:
    """P1."""
    perform(million, tmp_path)


def test_a_room_has_one_order_without_gaps_for_everybody(tmp_path: Path) -> None:
    """P3."""
    perform(order, tmp_path)


def test_who_is_thrown_out_again_and_again_has_every_message_once(tmp_path: Path) -> None:
    """P4."""
    perform(resume, tmp_path)


def test_who_comes_back_to_what_was_pruned_is_told_so(tmp_path: Path) -> None:
    """P4."""
    perform(pruning, tmp_path)


def test_a_hundred_who_stop_reading_are_no_trouble_to_a_hundred_others(tmp_path: Path) -> None:
    """P5."""
    perform(stopped, tmp_path)


def test_hostile_connections_of_all_kinds_harm_nobody_but_themselves(tmp_path: Path) -> None:
    """P5, P6."""
    perform(neighbours, tmp_path)


def test_who_is_idle_stays(tmp_path: Path) -> None:
    """P7."""
    perform(idle, tmp_path)


def test_a_crowd_that_is_cut_at_once_is_all_back_and_has_missed_nothing(tmp_path: Path) -> None:
    """P8."""
    perform(storm, tmp_path)


def test_a_stop_is_told_to_all_and_a_reload_drops_nobody(tmp_path: Path) -> None:
    """P10."""
    perform(stops, tmp_path)


def test_nobody_notices_when_the_wall_clock_leaps_an_hour(tmp_path: Path) -> None:
    """P12."""
    if library() is None:
        pytest.skip("libfaketime is not installed")
    perform(clock, tmp_path)
