"""
What a whole run brought, as it lies in bench/results.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from bench.figures import Figures
from bench.scenario import Scenario
from bench.scenarios import SCENARIOS


class CaseResult(Struct, frozen=True):
    """
    One case: its figures in each round where it was measured, by the round's number, and what went wrong in
    the others.
    """

    rounds: dict[int, Figures]
    errors: tuple[str, ...] = ()

    def median(self, figure: str) -> float | None:
        """
        Over the rounds; None if there is none.
        """
        values = [figures[figure] for figures in self.rounds.values() if figure in figures]
        return median(values) if values else None

    def spread(self, figure: str) -> tuple[float, float] | None:
        """
        The least and the largest over the rounds.
        """
        values = [figures[figure] for figures in self.rounds.values() if figure in figures]
        return (min(values), max(values)) if values else None


class ScenarioResult(Struct, frozen=True):
    """
    All cases of a scenario. `load_average` is the machine's at its beginning: what others wanted of it.
    """

    cases: dict[str, CaseResult]
    load_average: float = 0.0

    def rounds(self) -> list[dict[str, Figures]]:
        """
        The figures of each round by case.
        """
        numbers = sorted({number for case in self.cases.values() for number in case.rounds})
        return [
            {name: case.rounds[number] for name, case in self.cases.items() if number in case.rounds}
            for number in numbers
        ]

    def ratio(self, case: str, against: str, figure: str) -> float | None:
        """
        The median over the rounds of a figure divided by another case's of the same round.
        """
        ratios = [
            by_case[case][figure] / by_case[against][figure]
            for by_case in self.rounds()
            if case in by_case and against in by_case and by_case[against].get(figure)
        ]
        return median(ratios) if ratios else None


class GoalResult(Struct, frozen=True):
    """
    What was to be reached, and what was.
    """

    scenario: str
    text: str
    bound: float
    at_least: bool
    value: float | None
    reached: bool | None


class Results(Struct, frozen=True):
    """
    A run of the benchmark. `missing` says by server why it is not there.
    """

    date: str
    size: str
    machine: dict[str, str | int | float]
    versions: dict[str, str]
    missing: dict[str, str]
    scenarios: dict[str, ScenarioResult]
    goals: tuple[GoalResult, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """
        Whether every scenario was measured, in full size.
        """
        return self.size == "full" and set(self.scenarios) == set(SCENARIOS)


def judge(scenario: Scenario, result: ScenarioResult) -> tuple[GoalResult, ...]:
    """
    A scenario's goals, and how far they were reached.
    """
    judged = []
    for goal in scenario.goals:
        value = goal.value(result.rounds())
        reached = None if value is None else goal.reached(value)
        judged.append(GoalResult(scenario.name, goal.text, goal.bound, goal.at_least, value, reached))
    return tuple(judged)


def save(results: Results, path: Path) -> None:
    """
    As indented JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def load(path: Path) -> Results:
    """
    What `save` wrote.
    """
    return msgspec.json.decode(path.read_bytes(), type=Results)
