"""
What is read from the runs, and what it is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load_run import LoadRun, RunFailed

Figures = dict[str, float]

UNITS = {
    "cpu_us_per_delivery": ("CPU a delivery", "µs"),
    "deliveries_per_second": ("deliveries a second", ""),
    "acknowledged_per_second": ("durable messages a second", ""),
    "p50_ms": ("p50", "ms"),
    "p99_ms": ("p99", "ms"),
    "max_ms": ("longest", "ms"),
    "cpu_us_per_connection": ("CPU a connection", "µs"),
    "pss_kib_per_connection": ("memory (PSS) a connection", "KiB"),
    "rss_kib_per_connection": ("memory (RSS) a connection", "KiB"),
    "idle_cpu_percent": ("CPU while idle", "% of a core"),
    "pings_per_connection": ("pings a connection", ""),
    "cpu_percent": ("CPU", "% of a core"),
    "seconds": ("all back after", "s"),
    "append_ms": ("append", "ms"),
    "join_ms": ("join with 50", "ms"),
    "page_back_ms": ("page back", "ms"),
    "resume_ms": ("resume of 1000", "ms"),
    "slow_held_kib": ("the kernel holds for the slow one", "KiB"),
}
"""The name of each figure for people, and its unit."""


def fanout(run: LoadRun) -> Figures:
    """
    Deliveries: their cost, their number, their delay. Raises `RunFailed` if there were none.
    """
    report = run.report
    if not report["deliveries"]:
        raise RunFailed("nothing was delivered in the time that was measured")
    found = {
        "cpu_us_per_delivery": run.cpu_seconds / report["deliveries"] * 1e6,
        "deliveries_per_second": report["deliveries"] / report["seconds"],
        "p50_ms": report["latency"]["p50_ms"],
        "p99_ms": report["latency"]["p99_ms"],
        "cpu_percent": run.cpu_seconds / run.wall_seconds * 100,
    }
    if "slow_held_bytes" in report:
        found["slow_held_kib"] = report["slow_held_bytes"] / 1024
    return found


def quiet(run: LoadRun) -> Figures:
    """
    The delay of one message until the last has it.
    """
    last = run.report["to_the_last"]
    return {
        "p50_ms": last["p50_ms"],
        "p99_ms": last["p99_ms"],
        "cpu_us_per_delivery": run.cpu_seconds / run.report["deliveries"] * 1e6,
    }


def intake(run: LoadRun) -> Figures:
    """
    Acknowledged messages, and how long an acknowledgement takes.
    """
    report = run.report
    return {
        "acknowledged_per_second": report["acknowledged"] / report["seconds"],
        "p50_ms": report["latency"]["p50_ms"],
        "p99_ms": report["latency"]["p99_ms"],
        "cpu_percent": run.cpu_seconds / run.wall_seconds * 100,
    }


def handshake(run: LoadRun) -> Figures:
    """
    The cost of one WebSocket that is opened.
    """
    return {"cpu_us_per_connection": run.cpu_seconds / run.report["connections"] * 1e6}


def idle(run: LoadRun) -> Figures:
    """
    What a silent connection holds and costs.
    """
    before, end = run.marks["before"].memory, run.marks["end"].memory
    assert before is not None
    assert end is not None
    connections = run.report["connections"]
    return {
        "pss_kib_per_connection": (end.pss - before.pss) / connections / 1024,
        "rss_kib_per_connection": (end.rss - before.rss) / connections / 1024,
        "idle_cpu_percent": run.cpu_seconds / run.wall_seconds * 100,
        "pings_per_connection": run.report["pings"] / connections,
    }


def storm(run: LoadRun) -> Figures:
    """
    The cost of each who comes back, and what those feel who never went.
    """
    meanwhile = run.report["meanwhile"]
    return {
        "cpu_us_per_connection": run.cpu_seconds / run.report["connections"] * 1e6,
        "p50_ms": meanwhile["p50_ms"],
        "p99_ms": meanwhile["p99_ms"],
        "max_ms": meanwhile["max_ms"],
        "seconds": run.report["seconds"],
    }


def growth(run: LoadRun) -> Figures:
    """
    The median time of each command.
    """
    commands = ("append", "join", "page_back", "resume")
    return {f"{command}_ms": run.report[command]["p50_ms"] for command in commands}


Reader = Callable[[LoadRun], Figures]


@dataclass(slots=True, frozen=True)
class Goal:
    """
    A figure of a case that should be at most `bound`, or at least, with `at_least`.

    With `against` it is the ratio to the same figure of another case in the same round; with `difference` it
    is what it exceeds that by. `slack` is taken off first.
    """

    text: str
    case: str
    figure: str
    bound: float
    against: str | None = None
    at_least: bool = False
    difference: bool = False
    slack: float = 0.0

    def value(self, rounds: Sequence[dict[str, Figures]]) -> float | None:
        """
        The median over the rounds in which all was measured; None if there is none.
        """
        values = []
        for by_case in rounds:
            mine = by_case.get(self.case)
            other = by_case.get(self.against) if self.against else {}
            if mine is None or other is None:
                continue
            value = mine[self.figure] - self.slack
            if self.against:
                value = value - other[self.figure] if self.difference else value / other[self.figure]
            values.append(value)
        return median(values) if values else None

    def reached(self, value: float) -> bool:
        """
        Whether that is good enough.
        """
        return value >= self.bound if self.at_least else value <= self.bound
