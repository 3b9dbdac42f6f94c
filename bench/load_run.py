"""
One run of the load generator against a server.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bench.process import Memory, ServerProcess, settle_on


class RunFailed(Exception):
    """
    The run gave no figures. The generator found a fault, for example a message that came twice, or not at
    all; or the server ended.
    """


@dataclass(slots=True)
class Mark:
    """
    The server at one moment of a run.
    """

    at: float
    cpu_seconds: float
    memory: Memory | None


@dataclass(slots=True)
class LoadRun:
    """
    What a run brought: the generator's own report, and the server at each mark.
    """

    report: dict[str, Any]
    marks: dict[str, Mark] = field(default_factory=dict)

    @property
    def cpu_seconds(self) -> float:
        """
        What the server used between `begin` and `end`.
        """
        return self.marks["end"].cpu_seconds - self.marks["begin"].cpu_seconds

    @property
    def wall_seconds(self) -> float:
        """
        How long that was.
        """
        return self.marks["end"].at - self.marks["begin"].at


def run_load(
    generator: Path,
    scenario: str,
    options: Sequence[str],
    server: ServerProcess,
    core: int,
    with_memory: bool = False,
) -> LoadRun:
    """
    Run the generator on `core`; raises `RunFailed`.

    The generator has a watchdog of its own, so this ends.
    """
    command = [str(generator), scenario, str(server.port), "--marks", *options]
    run = LoadRun({})
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: settle_on(core),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"mark "):
                memory = server.memory() if with_memory else None
                run.marks[line.split()[1].decode()] = Mark(time.monotonic(), server.cpu_seconds(), memory)
                process.stdin.write(b"\n")
                process.stdin.flush()
            else:
                run.report = msgspec.json.decode(line)
    server.check()
    if not run.report:
        raise RunFailed(f"the generator ended with {process.returncode} and no word")
    if run.report["error"]:
        raise RunFailed(run.report["error"])
    return run
