"""
What a run is given, and what it gives back.
"""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.daemon import Daemon, environment
from tests.torture.watch import no_traceback

SIZES = ("full", "tenth", "small")
"""As promised; a tenth of it; and what a test has time for."""

_FAULT_CHARACTERS = 200

_T = TypeVar("_T")


class Measure(NamedTuple):
    """
    A figure, and what it may be at most.
    """

    name: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def held(self) -> bool:
        """
        Whether it is within its bound.
        """
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        whole = self.value >= 100 or self.value % 1 == 0
        value = "never" if self.value == inf else f"{self.value:,.0f}" if whole else f"{self.value:.3g}"
        bound = "" if self.most is None else f" (≤ {self.most:g})"
        return f"{self.name} {value}{' ' + self.unit if self.unit else ''}{bound}"


class Row(NamedTuple):
    """
    One line of the table: of which promise, what was done, and what came of it.
    """

    promise: str
    done: str
    measures: tuple[Measure, ...] = ()
    fault: str = ""

    @property
    def held(self) -> bool:
        """
        Whether everything is as promised.
        """
        return not self.fault and all(measure.held for measure in self.measures)


@dataclass(slots=True)
class Stage:
    """
    A folder, a seed and a size for one run, and the rows that it makes.

    Counts are checked by the run itself, which raises `Broken`. Measures that are beyond their bounds are
    told in the table.
    """

    folder: Path
    seed: int
    size: str = "full"
    rows: list[Row] = field(default_factory=list)
    random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.random.seed(self.seed)

    def of(self, full: _T, tenth: _T, small: _T) -> _T:
        """
        What there is to be at this size.
        """
        return (full, tenth, small)[SIZES.index(self.size)]

    @contextmanager
    def daemon(self, *flags: str, rates: bool = False, **environ: str) -> Iterator[Daemon]:
        """
        A server that has only just started, without limits of rate unless they are part of it. At the end its
        log must not show a traceback.
        """
        flags = flags if rates else ("--message-rate", "0", *flags)
        daemon = Daemon(self.folder / f"daemon-{len(self.rows)}", flags, environ=environment(**environ))
        with daemon:
            yield daemon
        no_traceback(daemon.log)

    def row(self, promise: str, done: str, *measures: Measure) -> None:
        """
        A promise held.
        """
        self.rows.append(Row(promise, done, measures))


Run = Callable[[Stage], Awaitable[None]]


def raise_descriptor_limit(wanted: int) -> None:
    """
    Let this process have so many descriptors, or as many as it may.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def table(rows: list[Row]) -> str:
    """
    As Markdown.
    """
    lines = ["| promise | what was done | figures | held |", "| --- | --- | --- | --- |"]
    for row in rows:
        first = row.fault.partition("\n")[0][:_FAULT_CHARACTERS]
        figures = "; ".join(filter(None, [*map(str, row.measures), first]))
        held = "yes" if row.held else "**no**"
        lines.append(f"| {row.promise} | {row.done} | {figures.replace('|', '/')} | {held} |")
    return "\n".join(lines) + os.linesep
