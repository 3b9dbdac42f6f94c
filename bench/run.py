"""
The benchmark's command line: `python -m bench.run`.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import machine, results, table
from bench.results import GoalResult, Results, ScenarioResult
from bench.rounds import Bench
from bench.scenario import ROUNDS
from bench.scenarios import SCENARIOS
from bench.servers import SERVERS
from bench.toolchain import BENCH, CHECKOUT, Missing, Toolchain, install_packages

DOCUMENT = CHECKOUT / "docs/performance.md"
PLOTS = CHECKOUT / "docs/performance"
RESULTS = BENCH / "results"


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Measure chatd beside others.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; or all")
    parser.add_argument("--size", choices=("full", "smoke"), default="full")
    parser.add_argument("--rounds", type=int, default=None, help=f"at most; {ROUNDS}, or 1 with --size smoke")
    parser.add_argument("--servers", help=f"only these, with commas between, of {', '.join(SERVERS)}")
    parser.add_argument("--install", action="store_true", help="first install what Debian has of the peers")
    parser.add_argument("--json", type=Path, help="where to write the results, in place of bench/results")
    parser.add_argument("--data", type=Path, default=CHECKOUT / "build/bench/data", help="where stores lie")
    parser.add_argument("--no-document", action="store_true", help="leave docs/performance.md as it is")
    parser.add_argument("--from", dest="saved", type=Path, help="show saved results again; measure nothing")
    asked = parser.parse_args(words)
    unknown = set(asked.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    asked.servers = frozenset(asked.servers.split(",")) if asked.servers else None
    if asked.servers and asked.servers - set(SERVERS):
        parser.error(f"there is no server {', '.join(sorted(asked.servers - set(SERVERS)))}")
    if asked.rounds is None:
        asked.rounds = 1 if asked.size == "smoke" else ROUNDS
    if asked.rounds < 1:
        parser.error("--rounds takes a number from 1")
    return asked


def _versions(tools: Toolchain) -> dict[str, str]:
    packages = ("chatd", "twisted", "autobahn", "apsw", "websockets", "picows", "uvloop")
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except ModuleNotFoundError:
            continue
    return found | tools.versions()


def _measure(asked: argparse.Namespace) -> Results:
    notes = []
    descriptors = machine.raise_descriptor_limit()
    if descriptors < 10_100 and asked.size == "full":
        notes.append(f"Only {descriptors} descriptors may be open here, so idle and storm cannot be whole.")
    if len(set(machine.cores())) == 1:
        notes.append("There is one core only, which servers and load share: the figures mean little.")
    if asked.size != "full":
        notes.append("This run is tiny: it shows that all runs, and its figures mean nothing.")
    tools = Toolchain()
    asked.data.mkdir(parents=True, exist_ok=True)
    bench = Bench(tools, asked.data.resolve(), asked.size, asked.rounds, asked.servers)
    tools.generator()
    found: dict[str, ScenarioResult] = {}
    goals: list[GoalResult] = []
    for name in asked.scenarios or SCENARIOS:
        measured = bench.measure(SCENARIOS[name])
        if measured is not None:
            found[name] = measured
            # What is tiny reaches or misses nothing.
            goals += results.judge(SCENARIOS[name], measured) if asked.size == "full" else ()
    return Results(
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        asked.size,
        machine.describe() | {"descriptors": descriptors},
        _versions(tools),
        bench.missing,
        found,
        tuple(goals),
        tuple(notes),
    )


def _keep(measured: Results, asked: argparse.Namespace) -> None:
    if asked.json is not None:
        results.save(measured, asked.json)
    elif not asked.saved:
        stamp = measured.date.replace(" UTC", "").replace(" ", "-").replace(":", "")
        results.save(measured, RESULTS / f"{stamp}.json")
        if measured.whole:
            results.save(measured, RESULTS / "latest.json")
    if measured.whole and not asked.no_document:
        # Only here: plots need a library that the measuring does without.
        from bench.plots import draw

        drawn = draw(measured, PLOTS)
        paths = {name: f"{PLOTS.name}/{path.name}" for name, path in drawn.items()}
        table.write_document(DOCUMENT, table.for_document(measured, paths))


def main(words: list[str] | None = None) -> int:
    """
    Measure, show and keep. The exit status is 1 if something that is there could not be measured.
    """
    asked = _arguments(words)
    if asked.install:
        install_packages()
    try:
        measured = results.load(asked.saved) if asked.saved else _measure(asked)
    except Missing as missing:
        print(f"nothing can be measured: {missing}", file=sys.stderr)
        return 1
    print(table.for_terminal(measured))
    _keep(measured, asked)
    failed = any(case.errors for found in measured.scenarios.values() for case in found.cases.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
