"""
The results as tables, for a terminal and for docs/performance.md.
"""

from __future__ import annotations

from pathlib import Path

from bench.figures import UNITS
from bench.results import GoalResult, Results, ScenarioResult
from bench.scenario import Scenario
from bench.scenarios import SCENARIOS

BEGIN = "<!-- results: begin -->"
END = "<!-- results: end -->"

Row = list[str]


def number(value: float | None) -> str:
    """
    Three digits that count, and thousands apart.
    """
    if value is None:
        return "–"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value / 10**digits) * 10**digits:,}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _goal_rows(goals: tuple[GoalResult, ...]) -> list[Row]:
    rows = [["scenario", "measure", "reach", "measured", "reached"]]
    for goal in goals:
        sign = "≥" if goal.at_least else "≤"
        reached = {None: "not measured", True: "yes", False: "**no**"}[goal.reached]
        rows.append([goal.scenario, goal.text, f"{sign} {number(goal.bound)}", number(goal.value), reached])
    return rows


def _case_rows(scenario: Scenario, result: ScenarioResult) -> list[Row]:
    shown = [
        figure
        for figure in scenario.figures
        if any(case.median(figure) is not None for case in result.cases.values())
    ]
    heads = [", ".join(filter(None, UNITS[figure])) for figure in shown]
    titles = {case.name: case.title for case in scenario.cases}
    measured = [name for name, case in result.cases.items() if case.rounds]
    against = [name for name in scenario.ratios if name in measured]
    key = scenario.figures[0]
    rows = [["", *heads, *(f"{UNITS[key][0]}, to {titles[name]}" for name in against)]]
    for name, case in result.cases.items():
        row = [titles[name]]
        for figure in shown:
            spread = case.spread(figure)
            row.append(number(case.median(figure)))
            if spread and len(case.rounds) > 1 and figure == key:
                row[-1] += f" ({number(spread[0])} to {number(spread[1])})"
        row += [number(result.ratio(name, other, key)) for other in against]
        if case.errors:
            row[0] += f" ({len(case.errors)} runs failed: {case.errors[0]})"
        rows.append(row)
    return rows


def _markdown(rows: list[Row]) -> list[str]:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in escaped]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return lines


def _columns(rows: list[Row]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _about(results: Results) -> list[str]:
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in results.machine.items())
    versions = ", ".join(f"{name} {value}" for name, value in results.versions.items())
    lines = [f"Measured {results.date} ({results.size}). Machine: {machine}. Versions: {versions}."]
    lines += [f"Not measured: {name}, since {why}." for name, why in results.missing.items()]
    return lines + list(results.notes)


def for_terminal(results: Results) -> str:
    """
    All of it in plain columns.
    """
    lines = _about(results)
    for name, result in results.scenarios.items():
        scenario = SCENARIOS[name]
        lines += ["", f"{name}: {scenario.title}", *_columns(_case_rows(scenario, result))]
    if results.goals:
        lines += ["", *_columns(_goal_rows(results.goals))]
    return "\n".join(lines)


def for_document(results: Results, plots: dict[str, str]) -> str:
    """
    All of it in Markdown. `plots` is by scenario the path of a picture, from the document's folder; that
    under "goals" stands first.
    """
    lines = [*_paragraphs(_about(results)), "### What was to be reached", ""]
    lines += [*_markdown(_goal_rows(results.goals)), ""]
    if "goals" in plots:
        lines += [f"![How far inside its bound each goal is]({plots['goals']})", ""]
    for name, result in results.scenarios.items():
        scenario = SCENARIOS[name]
        lines += [f"### {name}: {scenario.title}", "", *_markdown(_case_rows(scenario, result)), ""]
        if scenario.note:
            lines += [scenario.note, ""]
        if name in plots:
            lines += [f"![{scenario.title}]({plots[name]})", ""]
    return "\n".join(lines)


def _paragraphs(lines: list[str]) -> list[str]:
    return [piece for line in lines for piece in (line, "")]


def write_document(path: Path, text: str) -> None:
    """
    Put the text between the two markers of the document; raises ValueError if they are not there.
    """
    document = path.read_text("utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for results between {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")
