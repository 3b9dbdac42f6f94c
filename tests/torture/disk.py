"""
P1 and P9: power cuts, and disks that fail, under the store itself: no daemon can be given such a disk.
"""

from __future__ import annotations

import asyncio

from tests.store.ordeal import Findings, bad_weather, power_cuts, synchronous
from tests.torture.book import Broken
from tests.torture.stage import Measure, Stage


async def power(stage: Stage) -> None:
    """
    The power is cut at any change of a file; what was not synced is lost whole or in part.
    """
    count = stage.of(50, 5, 5)
    findings = await asyncio.to_thread(power_cuts, stage.seed, count)
    _check(findings)
    with synchronous("normal"):
        careless = await asyncio.to_thread(power_cuts, stage.seed, count)
    if not careless.lost:
        raise Broken(f"without a sync for each commit nothing was lost either: {careless}")
    stage.row(
        "P1",
        f"{count} power cuts under a store at work, simulated; torn pages",
        Measure("acknowledged", findings.acknowledged),
        Measure("lost", findings.lost, "", 0),
        Measure("lost with synchronous=NORMAL", careless.lost),
        Measure("of", careless.lost + careless.acknowledged),
    )


async def weather(stage: Stage) -> None:
    """
    Disks fail, now and then or for long, get well again, and lose their power in the end.
    """
    count = stage.of(200, 20, 5)
    findings = await asyncio.to_thread(bad_weather, stage.seed, count)
    _check(findings)
    stage.row(
        "P9",
        f"{count} stores on disks on which any call may fail, for a moment or for long; then a power cut",
        Measure("errors", findings.errors),
        Measure("refused", findings.refused),
        Measure("acknowledged", findings.acknowledged),
        Measure("lost", findings.lost, "", 0),
    )


def _check(findings: Findings) -> None:
    if findings.lost or findings.faults:
        raise Broken(str(findings))
