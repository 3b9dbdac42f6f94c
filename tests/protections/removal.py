"""
Taking protections out, in a copy of the checkout, and seeing whether a test notices.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.daemon import CHECKOUT
from tests.protections.files import FILES
from tests.protections.finding import FINDING
from tests.protections.inside import INSIDE
from tests.protections.messages import MESSAGES
from tests.protections.page import PAGE
from tests.protections.protection import Protection
from tests.protections.rights import RIGHTS
from tests.protections.way_in import WAY_IN

PROTECTIONS = (*INSIDE, *WAY_IN, *RIGHTS, *MESSAGES, *FINDING, *FILES)
EVERYTHING = (*PROTECTIONS, *PAGE)
PATIENCE = 60
"""For how many seconds a test is waited for. Each takes a few, and has to give up sooner by itself."""
TABLE = CHECKOUT / "tests" / "protections.md"


def copy_checkout(folder: Path) -> Path:
    """
    A copy of what a test needs.
    """
    copy = folder / "checkout"
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".hypothesis", ".*_cache")
    shutil.copytree(CHECKOUT, copy, ignore=left_out)
    return copy


def running(test: str) -> list[str]:
    """
    The command for a test of ours: one of the page's pure parts is node's, any other pytest's.
    """
    if test.endswith(".js"):
        return ["node", "--test", test]
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]


def succeeds(test: str, copy: Path) -> bool:
    """
    Whether a test succeeds while all is there: one that fails anyway notices nothing.
    """
    try:
        return _run(test, copy).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def failing(protections: Iterable[Protection], copy: Path) -> list[str]:
    """
    Those of their tests, each run once, that do not succeed while all is there.
    """
    return [test for test in dict.fromkeys(each.test for each in protections) if not succeeds(test, copy)]


def is_noticed(protection: Protection, copy: Path) -> bool:
    """
    Whether the test fails without it. Raises `LookupError` if there is nothing to be taken out.
    """
    path = copy / protection.path
    whole = path.read_text("utf-8")
    if whole.count(protection.lines) < 1:
        raise LookupError(f"{protection.path} has no {protection.lines!r}")
    path.write_text(whole.replace(protection.lines, protection.instead), "utf-8")
    try:
        ended = _run(protection.test, copy)
    except subprocess.TimeoutExpired:
        return protection.may_hang
    finally:
        path.write_text(whole, "utf-8")
    # 1 is pytest's word for tests that failed; any other is a test that could not be run.
    if ended.returncode not in (0, 1):
        raise LookupError(f"{protection.test} cannot be run:\n{ended.stdout}{ended.stderr}")
    return ended.returncode == 1


def _run(test: str, copy: Path) -> subprocess.CompletedProcess[str]:
    # Of a file that is written twice in a second, at the same size, the bytecode of the first would count.
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        running(test), cwd=copy, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def table() -> str:
    """
    All of them, for people.
    """
    lines = [
        "# What fails when a protection is taken out",
        "",
        "Written by `python -m tests.protections --table`. Without `--table` that takes each out, in a copy",
        "of the checkout, and wants the test, which succeeds there before, to fail. `make torture` does so",
        "too.",
        "",
        "| protection | where | test |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {each.name} | {each.path} | {each.test.replace('::', ' ')} |" for each in EVERYTHING]
    return "\n".join(lines) + "\n"
