"""
One protection.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Protection:
    """
    Some lines of a file without which nothing is protected, what takes their place, and the test that
    notices. Without some, a test takes itself in turns as long as it is let: those `may_hang`.
    """

    name: str
    path: str
    lines: str
    instead: str
    test: str
    may_hang: bool = False
