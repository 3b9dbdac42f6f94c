"""
The results as pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import UNITS
from bench.results import Results, ScenarioResult
from bench.scenarios import SCENARIOS
from bench.table import number

matplotlib.rcParams.update(
    {
        # Letters stay letters, and the same results give the same file.
        "svg.fonttype": "none",
        "svg.hashsalt": "chatd",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.edgecolor": "#999999",
        "ytick.major.size": 0,
    }
)

OURS = "#2f6f8f"
OTHERS = "#b9c4cc"
MISSED = "#c8643c"
LINE = "#333333"


class Row(NamedTuple):
    """
    A bar.
    """

    name: str
    value: float
    colour: str


def _bars(axes: Axes, rows: Sequence[Row]) -> None:
    places = list(range(len(rows)))
    drawn = axes.barh(places, [row.value for row in rows], color=[row.colour for row in rows], height=0.7)
    axes.bar_label(drawn, [number(row.value) for row in rows], padding=4)
    axes.set_yticks(places, [row.name for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.15)


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight", facecolor="white")
    # matplotlib ends some lines with a space.
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", "utf-8")
    return path


def _sheet(rows: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, 0.9 + 0.38 * rows))
    return figure, figure.subplots()


def _word(scenario: str, result: ScenarioResult, figure: str) -> str:
    """The finding in a few words: chatd's figure, and the one that it is first held against."""
    name, unit = UNITS[figure]
    words = f"{scenario}: {name}{f' in {unit}' if unit else ''}"
    titles = {case.name: case.title for case in SCENARIOS[scenario].cases}
    against = [case for case in SCENARIOS[scenario].ratios if case in result.cases]
    ratio = result.ratio("chatd", against[0], figure) if against and "chatd" in result.cases else None
    if ratio is None:
        return words
    return f"{words}. {titles['chatd']}: {number(ratio)} times {titles[against[0]]}"


def _scenario(name: str, result: ScenarioResult, figure: str, folder: Path) -> Path | None:
    titles = {case.name: case.title for case in SCENARIOS[name].cases}
    rows = [
        Row(titles[case], value, OURS if case.startswith("chatd") else OTHERS)
        for case, found in result.cases.items()
        if (value := found.median(figure)) is not None
    ]
    if len(rows) < 2:
        return None
    sheet, axes = _sheet(len(rows))
    _bars(axes, rows)
    axes.set_title(_word(name, result, figure))
    axes.set_xlabel(", ".join(filter(None, UNITS[figure])))
    return _save(sheet, folder / f"{name}.svg")


def _growth(result: ScenarioResult, folder: Path) -> Path | None:
    small, large = result.cases.get("chatd-small"), result.cases.get("chatd")
    if small is None or large is None:
        return None
    commands = SCENARIOS["growth"].figures
    sheet, axes = _sheet(2 * len(commands))
    rows = [
        Row(f"{UNITS[command][0]} at {words}", case.median(command) or 0, colour)
        for command in commands
        for words, case, colour in (("10,000", small, OTHERS), ("10,000,000", large, OURS))
    ]
    _bars(axes, rows)
    worst = max(result.ratio("chatd", "chatd-small", command) or 0 for command in commands)
    axes.set_title(f"growth: ten million messages make no command more than {number(worst)} times as slow")
    axes.set_xlabel("median, ms")
    return _save(sheet, folder / "growth.svg")


def _goals(results: Results, folder: Path) -> Path | None:
    rows = []
    for goal in results.goals:
        if goal.value is None:
            continue
        # How much of the bound is used: above 1 it is missed, whichever way it is meant.
        used = goal.bound / goal.value if goal.at_least and goal.value else goal.value / goal.bound
        colour = OURS if goal.reached else MISSED
        rows.append(Row(f"{goal.scenario}: {goal.text}", max(used, 0.0), colour))
    if not rows:
        return None
    sheet, axes = _sheet(len(rows))
    _bars(axes, rows)
    axes.axvline(1, color=LINE, linewidth=1)
    reached = sum(row.colour == OURS for row in rows)
    axes.set_title(f"{reached} of {len(rows)} goals are reached: the part of each bound that is used")
    axes.set_xlabel("1 is the bound, less is better")
    return _save(sheet, folder / "goals.svg")


def draw(results: Results, folder: Path) -> dict[str, Path]:
    """
    One picture for each scenario that compares something, and one, "goals", of what was to be reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"goals": _goals(results, folder)}
    for name, result in results.scenarios.items():
        if name == "growth":
            drawn[name] = _growth(result, folder)
        else:
            drawn[name] = _scenario(name, result, SCENARIOS[name].figures[0], folder)
    return {name: path for name, path in drawn.items() if path is not None}
