"""
The benchmark runs. What it measures is no test.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import results
from bench.scenarios import SCENARIOS
from tests.daemon import CHECKOUT, environment


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is missing, which builds the load generator")
def test_each_scenario_of_the_benchmark_runs_in_a_tiny_size(tmp_path: Path) -> None:
    """
    Each run also proves that every listener of it heard every message once and in order.
    """
    found = tmp_path / "results.json"
    command = [sys.executable, "-m", "bench.run", "--size", "smoke", "--json", str(found)]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data"), "--servers", "chatd,floor,floor-batch,go"],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    measured = results.load(found)
    for name, scenario in SCENARIOS.items():
        if name in measured.missing:
            # Named as missing, with its reason: there is no TLS to build with.
            assert scenario.tls
            continue
        for case in scenario.cases:
            if case.server == "chatd":
                values = [measured.scenarios[name].cases[case.name].median(f) for f in scenario.figures[:1]]
                assert all(value is not None and math.isfinite(value) for value in values), (name, case.name)
