"""
What counts as noticed when a protection is taken out.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.daemon import CHECKOUT
from tests.protections import removal
from tests.protections.protection import Protection
from tests.protections.removal import EVERYTHING, PROTECTIONS, failing, is_noticed

TESTS = """
from guard import LIMIT

def test_that_notices():
    assert LIMIT == 5

def test_that_looks_elsewhere():
    pass

def test_that_fails_anyway():
    assert LIMIT == 6

def test_that_hangs():
    while LIMIT != 5:
        pass
"""


@pytest.fixture
def limit(tmp_path: Path) -> Protection:
    """A protection in a checkout of two files."""
    (tmp_path / "guard.py").write_text("LIMIT = 5\n")
    (tmp_path / "test_guard.py").write_text(TESTS)
    return Protection("a limit", "guard.py", "LIMIT = 5", "LIMIT = 7", "test_guard.py::test_that_notices")


def test_a_test_that_succeeds_before_and_fails_without_has_noticed(limit: Protection, tmp_path: Path) -> None:
    """And what was taken out is back."""
    assert is_noticed(limit, tmp_path)
    assert failing([limit, limit], tmp_path) == []
    assert not is_noticed(replace(limit, test="test_guard.py::test_that_looks_elsewhere"), tmp_path)


def test_a_test_that_fails_anyway_is_known(limit: Protection, tmp_path: Path) -> None:
    """It would pass for one that notices."""
    anyway = replace(limit, test="test_guard.py::test_that_fails_anyway")
    assert failing([limit, anyway], tmp_path) == [anyway.test]


def test_one_that_hangs_has_noticed_only_where_it_may(
    limit: Protection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is slow notices nothing."""
    monkeypatch.setattr(removal, "PATIENCE", 3)
    hangs = replace(limit, test="test_guard.py::test_that_hangs")
    assert not is_noticed(hangs, tmp_path)
    assert is_noticed(replace(hangs, may_hang=True), tmp_path)


def test_without_each_the_file_is_still_one_that_python_reads() -> None:
    """Else its test could not be run, and would notice nothing."""
    broken = {}
    for each in PROTECTIONS:
        text = (CHECKOUT / each.path).read_text("utf-8")
        assert each.lines in text, each.name
        if each.path.endswith(".py"):
            try:
                compile(text.replace(each.lines, each.instead), each.path, "exec")
            except SyntaxError as error:
                broken[each.name] = str(error)
    assert broken == {}


def test_each_names_a_test_that_there_is() -> None:
    """One that was renamed would only be missed when it is tried."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    there = set(told.splitlines())
    named = {each.test for each in EVERYTHING}
    missing = {test for test in named if test not in there and not (CHECKOUT / test).is_file()}
    # A class, or a test whatever its parameters are.
    assert {test for test in missing if not told.count(f"{test}::") and not told.count(f"{test}[")} == set()
