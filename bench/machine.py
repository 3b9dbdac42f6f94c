"""
The machine that is measured on.
"""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

DESCRIPTORS = 65_536
"""As many as the largest scenario could want."""


def cores() -> tuple[int, int]:
    """
    The core for the servers and the core for the load; they are one if there is only one.
    """
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def raise_descriptor_limit() -> int:
    """
    Let this process and those that it starts have as many descriptors as they may; how many that is.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
            return DESCRIPTORS
        except (ValueError, PermissionError):
            pass
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else max(soft, min(hard, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def load_average() -> float:
    """
    How many processes wanted a core, on average over the last minute.
    """
    return os.getloadavg()[0]


def describe() -> dict[str, str | int | float]:
    """
    What a reader of the figures has to know of the machine.
    """
    processor = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
