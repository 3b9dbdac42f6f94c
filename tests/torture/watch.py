"""
What a process holds and uses, as the kernel has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.book import Broken

MIB = 1024 * 1024
SETTLE_SECONDS = 40.0
FILES_OPENED_LATER = 8
"""Such as a database's, which is opened once more when several read at once."""


def descriptors(pid: int) -> tuple[int, int]:
    """
    How many sockets it has open, and how many descriptors of other kinds.
    """
    named = _descriptors(pid)
    sockets = sum(name.startswith("socket:") for name in named)
    return sockets, len(named) - sockets


def _descriptors(pid: int) -> list[str]:
    folder = Path(f"/proc/{pid}/fd")
    named = []
    for each in os.listdir(folder):
        # It may be gone by now.
        with contextlib.suppress(OSError):
            named.append(os.readlink(folder / each))
    return named


def held_bytes(pid: int) -> int:
    """
    Its memory, with the whole of what it has in common with others: a share of that would grow when others
    go, such as those who harm it.
    """
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("smaps_rollup has no Rss")


def used_seconds(pid: int) -> float:
    """
    What its threads that live have used of a core.
    """
    return (
        sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    )


async def until(
    condition: Callable[[], bool], seconds: float = SETTLE_SECONDS, since: float | None = None
) -> float:
    """
    Wait until it holds; how many seconds that is after `since`, or from now, or infinity.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return float("inf")
        await asyncio.sleep(0.05)
    return time.monotonic() - (begun if since is None else since)


async def quiet_descriptors(pid: int) -> tuple[int, int]:
    """
    How many descriptors a process has while nobody is connected, once that no longer changes.
    """
    last, same = descriptors(pid), 0
    while same < 10:
        await asyncio.sleep(0.05)
        now = descriptors(pid)
        last, same = now, same + 1 if now == last else 0
    return last


async def descriptors_are_back(pid: int, before: tuple[int, int], since: float | None = None) -> float:
    """
    Wait until a process has no more sockets than before, and not many more files; how many seconds
    that is after `since`. Raises `Broken`.
    """

    def back() -> bool:
        sockets, files = descriptors(pid)
        return sockets <= before[0] and files <= before[1] + FILES_OPENED_LATER

    seconds = await until(back, since=since)
    if seconds == float("inf"):
        raise Broken(f"{before} descriptors were open before, and now {sorted(_descriptors(pid))}")
    return seconds


def no_traceback(log: str) -> None:
    """
    Raise `Broken` if a log shows that something was not expected.
    """
    for sign in ("Traceback", "Unhandled"):
        at = log.find(sign)
        if at >= 0:
            raise Broken(f"the log has a traceback:\n{log[max(0, at - 500) : at + 3000]}")


def percentile(values: list[float], percent: float) -> float:
    """
    The value that so many of a hundred do not exceed; 0 of none.
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
