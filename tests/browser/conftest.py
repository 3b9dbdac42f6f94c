"""
A real daemon and a real browser.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from tests.browser.house import SIZES
from tests.browser.people import People
from tests.daemon import Daemon

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The one that draws nothing but pages starts a page with half of the work.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: starts the daemon and Chromium")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "guests" not in metafunc.fixturenames:
        return
    if any(mark.args[0] == "guests" for mark in metafunc.definition.iter_markers("parametrize")):
        return
    sizes = list(SIZES)
    if metafunc.config.getoption("sizes") == "turns":
        # The same in each process, and in each run.
        sizes = [sizes[crc32(metafunc.definition.name.encode()) % len(sizes)]]
    metafunc.parametrize("guests", sizes, indirect=True)


# Not for the session: while it lives, playwright keeps an event loop running, and no other can begin.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """
    The browser, shared by the tests of this folder; each has contexts of its own.
    """
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """
    A daemon that lets people write as fast as a test does.
    """
    with Daemon(tmp_path / "daemon", flags=("--message-rate", "0")) as running:
        yield running


@pytest.fixture
def people(chromium: Browser, daemon: Daemon) -> Iterator[People]:
    """
    Whoever sits before a browser; in the end no page may have had anything to complain of.
    """
    them = People(chromium, f"{daemon.url}/")
    yield them
    them.go()
    assert "Traceback" not in daemon.log
