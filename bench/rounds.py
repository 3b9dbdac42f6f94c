"""
How a scenario is measured: its cases in turn, several times over.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from bench import fill
from bench.certificate import Certificate, make_certificate
from bench.figures import Figures
from bench.load_run import RunFailed, run_load
from bench.machine import cores, load_average
from bench.process import ServerFailed, ServerProcess, free_port
from bench.results import CaseResult, ScenarioResult
from bench.scenario import Case, Scenario
from bench.scenarios import load_options
from bench.servers import SERVERS, Place, environment
from bench.toolchain import Missing, Toolchain

_Runs = dict[str, dict[int, Figures]]


@dataclass(slots=True)
class Bench:
    """
    Measures scenarios with what the toolchain can build. Servers that it cannot are left out, and named in
    `missing`. `folder` is where the servers have their data; it should lie on a disk, not in memory.
    """

    tools: Toolchain
    folder: Path
    size: str
    most_rounds: int
    only: frozenset[str] | None = None
    say: Callable[[str], None] = print
    missing: dict[str, str] = field(default_factory=dict)
    _stores: dict[int, Path] = field(default_factory=dict)

    def measure(self, scenario: Scenario) -> ScenarioResult | None:
        """
        All cases of a scenario, A B C A B C and so on; None if there is none that can be measured.
        """
        load = load_average()
        cases = [case for case in scenario.cases if self._can(case)]
        if scenario.tls and not self.tools.has_tls:
            self.missing[scenario.name] = "the generator has no TLS (Debian: libssl-dev)"
            return None
        runs: _Runs = {case.name: {} for case in cases}
        errors: dict[str, list[str]] = {case.name: [] for case in cases}
        for number in range(1, min(self.most_rounds, scenario.rounds) + 1):
            for case in cases:
                what = f"{scenario.name} {number}: {case.title}"
                try:
                    figures = self._run(scenario, case)
                except (RunFailed, ServerFailed) as error:
                    errors[case.name].append(str(error))
                    self.say(f"{what}: {error}")
                    continue
                runs[case.name][number] = figures
                self.say(f"{what}: {_line(figures, scenario.figures)}")
        self._clear_stores()
        results = {name: CaseResult(runs[name], tuple(errors[name])) for name in runs}
        return ScenarioResult(results, load) if results else None

    def _can(self, case: Case) -> bool:
        if self.only is not None and case.server not in self.only:
            return False
        try:
            SERVERS[case.server].command(self.tools, Place(1, self.folder))
        except Missing as missing:
            self.missing[case.server] = str(missing)
        return case.server not in self.missing

    def _run(self, scenario: Scenario, case: Case) -> Figures:
        with ExitStack() as stack:
            # Of its own, and gone with all its data when the run is over.
            folder = Path(tempfile.mkdtemp(prefix=f"{scenario.name}-", dir=self.folder))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            certificate = make_certificate(folder) if scenario.tls else None
            data = self._store(case.messages[self.size]) if case.messages else None
            process = stack.enter_context(self._serve(case, folder, certificate, data))
            report = run_load(
                self.tools.generator(),
                scenario.load,
                load_options(scenario, case, self.size),
                process,
                cores()[1],
                scenario.with_memory,
            )
            return scenario.read(report)

    def _serve(
        self, case: Case, folder: Path, certificate: Certificate | None = None, data: Path | None = None
    ) -> ServerProcess:
        place = Place(free_port(), folder, certificate, data)
        command = SERVERS[case.server].command(self.tools, place)
        return ServerProcess(command, place.port, cores()[0], folder, folder / "server.log", environment())

    def _store(self, messages: int) -> Path:
        """A data folder with so many messages, made when it is first wanted; one daemon at a time uses it."""
        if messages not in self._stores:
            data = self.folder / f"store-{messages}"
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir()
            self.say(f"filling a store with {messages:,} messages")
            case = Case("chatd", "chatd", "chatd")
            # chatd lays its database out itself, and answers when it has.
            with self._serve(case, data, data=data) as server:
                urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=60).close()
            fill.fill(data, messages)
            self._stores[messages] = data
        return self._stores[messages]

    def _clear_stores(self) -> None:
        for data in self._stores.values():
            shutil.rmtree(data, ignore_errors=True)
        self._stores.clear()


def _line(figures: Mapping[str, float], names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {figures[name]:.4g}" for name in names if name in figures)
