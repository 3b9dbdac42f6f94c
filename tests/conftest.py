"""
Rules for every test that pytest runs.
"""

from __future__ import annotations

import os
import unittest
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon import Daemon

# With CI=true a test that was left out proves nothing, so it is a failure.
NOTHING_LEFT_OUT = os.environ.get("CI") == "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--sizes",
        choices=("all", "turns"),
        default="all",
        help="run what is the same at a desk and on a phone in both, or each in one of them by turns",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "trial: of a class that trial runs too")
    config.addinivalue_line("markers", "apart: takes long, and shares nothing with its file")


# Before pytest looks which of them are wanted.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        case = isinstance(item, pytest.Function) and item.cls and issubclass(item.cls, unittest.TestCase)
        # What starts processes stands in a folder that is no package, where trial does not look.
        if case and item.path.with_name("__init__.py").exists():
            item.add_marker("trial")
        if item.get_closest_marker("apart") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _count_as_failed(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NOTHING_LEFT_OUT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"left out, which CI=true does not allow: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    _count_as_failed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    _count_as_failed(report)
    return report


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    trial gives its tests a folder of their own too, and `mktemp` makes its files there.
    """
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """
    A daemon that runs, and does no longer after the test.
    """
    with Daemon(tmp_path / "daemon") as running:
        yield running
