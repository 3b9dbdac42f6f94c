"""
What the Autobahn testsuite found, and whether that is good enough.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

CASES = {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 8: 0, 9: 54, 10: 1}
"""How many cases there are in each section of autobahntestsuite 0.8.2. Sections 8 and 11 have none."""

LEFT_OUT = "sections 12 and 13 (permessage-deflate) are left out by decision: it is not offered"

GOOD = frozenset({"OK", "INFORMATIONAL"})


@dataclass(slots=True, frozen=True)
class Verdict:
    """
    How many cases ended how, and a line for each that did not end well.
    """

    counts: Mapping[str, int]
    faults: tuple[str, ...]

    @property
    def summary(self) -> str:
        """
        In a few words.
        """
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items(), reverse=True))
        return f"{sum(self.counts.values())} cases: {kinds or 'none'}"


def judge(index: Mapping[str, Mapping[str, str]], sections: Iterable[int]) -> Verdict:
    """
    The verdict on one server, from its part of the testsuite's index.json: by case, `behavior` and
    `behaviorClose`.

    Whatever is not OK or INFORMATIONAL is a fault, also in how the connection was closed, and so is a case
    that is missing.
    """
    counts: Counter[str] = Counter()
    faults = []
    found: Counter[int] = Counter()
    for case, result in sorted(index.items(), key=lambda item: _numbers(item[0])):
        found[_numbers(case)[0]] += 1
        behavior, closing = result["behavior"], result["behaviorClose"]
        counts[behavior if behavior not in GOOD or closing in GOOD else closing] += 1
        if behavior not in GOOD:
            faults.append(f"case {case}: {behavior}")
        if closing not in GOOD:
            faults.append(f"case {case}: {closing} when it was closed")
    for section in sections:
        if found[section] != CASES[section]:
            faults.append(f"section {section}: {found[section]} cases of {CASES[section]} were run")
    return Verdict(counts, tuple(faults))


def read_index(folder: Path, agent: str) -> dict[str, dict[str, str]]:
    """
    What the testsuite wrote of one server; nothing if it wrote nothing.
    """
    path = folder / "index.json"
    found: dict[str, dict[str, str]] = json.loads(path.read_text()).get(agent, {}) if path.exists() else {}
    return found


def _numbers(case: str) -> tuple[int, ...]:
    return tuple(int(part) for part in case.split("."))
