"""
That none of the protections could be taken out unnoticed.
"""

from __future__ import annotations

import asyncio

from tests.protections.removal import PROTECTIONS, copy_checkout, failing, is_noticed
from tests.torture.stage import Measure, Stage


async def protections(stage: Stage) -> None:
    """
    Each limit, deadline and rule taken out, in a copy: the test that is named for it, which succeeds before,
    has to fail.
    """
    copy = copy_checkout(stage.folder)
    failed = await asyncio.to_thread(failing, PROTECTIONS, copy)
    unnoticed = []
    for protection in PROTECTIONS:
        if protection.test in failed or not await asyncio.to_thread(is_noticed, protection, copy):
            unnoticed.append(protection.name)
    stage.row(
        "all",
        f"{len(PROTECTIONS)} protections taken out, one after the other"
        + "".join(f"; unnoticed: {name}" for name in unnoticed),
        Measure("tests that fail anyway", len(failed), "", 0),
        Measure("unnoticed", len(unnoticed), "", 0),
    )
