"""
What a scenario is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.figures import Goal, Reader

ROUNDS = 5
"""How often the cases of a scenario take their turns."""


@dataclass(slots=True, frozen=True)
class Case:
    """
    One row of a scenario: a server, and what is particular about its load. `messages` is for a store that has
    so many before it begins.
    """

    name: str
    server: str
    title: str
    options: tuple[str, ...] = ()
    messages: Mapping[str, int] | None = None


@dataclass(slots=True, frozen=True)
class Scenario:
    """
    Cases that are measured in turn. `load` is the generator's name for it.

    `sizes` has its options for each size: `full`, as the goals want it, and `smoke`, which only shows that it
    runs. `ratios` are the cases that others are divided by.
    """

    name: str
    title: str
    load: str
    cases: tuple[Case, ...]
    sizes: Mapping[str, str]
    read: Reader
    figures: tuple[str, ...]
    goals: tuple[Goal, ...]
    ratios: tuple[str, ...] = ()
    tls: bool = False
    with_memory: bool = False
    rounds: int = ROUNDS
    note: str = ""
