"""
One protection.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Protection:
    """
    Some lines of a file without which nothing is protected, what takes their place, and the test that
    notices.
    """

    name: str
    path: str
    lines: str
    instead: str
    test: str
