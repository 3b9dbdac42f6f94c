"""
`python -m tests.torture`: all promises, or those that are named.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shlex
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from tests.daemon import CHECKOUT
from tests.torture.clock import clock
from tests.torture.disk import power, weather
from tests.torture.idle import idle
from tests.torture.kills import kills, million
from tests.torture.neighbours import neighbours, stopped
from tests.torture.order import order
from tests.torture.passwords import passwords
from tests.torture.protections import protections
from tests.torture.pruning import pruning
from tests.torture.resume import resume
from tests.torture.stage import SIZES, Row, Run, Stage, table
from tests.torture.stops import stops
from tests.torture.storm import storm

DOCUMENT = CHECKOUT / "docs" / "security.md"

RUNS: dict[str, Run] = {
    run.__name__: run
    for run in (
        *(kills, million, power, weather, order, resume, pruning),
        *(stopped, neighbours, passwords, idle, storm, stops, clock, protections),
    )
}


def perform(name: str, seed: int, size: str) -> list[Row]:
    """
    One run, in a folder of its own that is kept if it fails; its rows.
    """
    run = RUNS[name]
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{name}-"))
    stage = Stage(folder, seed, size)
    again = shlex.join([sys.executable, "-m", "tests.torture", name, "--seed", str(seed), "--size", size])
    begun = time.monotonic()
    print(f"{name}: seed {seed}", flush=True)
    try:
        asyncio.run(run(stage))
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        print(f"{name}: BROKEN; the folder is {folder}; again with: {again}", flush=True)
        what = next(iter((run.__doc__ or "").strip().splitlines()), "")
        return [*stage.rows, Row(name, what, fault=f"{type(error).__name__}: {error}")]
    held = all(row.held for row in stage.rows)
    print(f"{name}: {'held' if held else f'beyond its bounds; again with: {again}'}", end="")
    print(f", {time.monotonic() - begun:.0f} s", flush=True)
    return stage.rows


def show(text: str, seed: int, size: str) -> None:
    """
    Have the document show this table in place of the last one.
    """
    before, begin, rest = DOCUMENT.read_text("utf-8").partition("<!-- torture: begin -->\n")
    _, end, after = rest.partition("<!-- torture: end -->\n")
    if not (begin and end):
        raise SystemExit(f"{DOCUMENT} has no place for the table")
    day = datetime.now(UTC).date().isoformat()
    told = f"{day}, `--size {size} --seed {seed}`, {os.cpu_count()} cores.\n\n{text}"
    DOCUMENT.write_text(before + begin + told + end + after, "utf-8")


def main() -> int:
    """
    Perform, print the table, and return 1 if something did not hold.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(RUNS)}; all, if none is named"
    )
    parser.add_argument("--seed", type=int, default=None, help="of all that is random; drawn, if not given")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--document", action="store_true", help=f"show the table in {DOCUMENT.name} too")
    given = parser.parse_args()
    if unknown := set(given.names) - set(RUNS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    seed = random.randrange(1 << 32) if given.seed is None else given.seed
    rows = [row for name in given.names or RUNS for row in perform(name, seed, given.size)]
    text = table(rows)
    print(f"\n{text}")
    if given.document:
        show(text, seed, given.size)
    return 0 if all(row.held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
