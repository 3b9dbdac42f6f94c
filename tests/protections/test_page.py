"""
What the page's pure parts do, taken out one after the other: the test named for each fails.

Those that need a browser are tried by `python -m tests.protections page`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.daemon import CHECKOUT
from tests.protections.page import PAGE
from tests.protections.protection import Protection
from tests.protections.removal import is_noticed


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    What node needs of the checkout.
    """
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("page")
    for part in ("public", "tests/page"):
        shutil.copytree(CHECKOUT / part, folder / part)
    shutil.copy(CHECKOUT / "package.json", folder)
    return folder


@pytest.mark.parametrize(
    "behaviour", [one for one in PAGE if one.test.endswith(".js")], ids=lambda one: one.name
)
def test_nothing_of_the_page_can_be_taken_out_unnoticed(behaviour: Protection, copy: Path) -> None:
    assert is_noticed(behaviour, copy)
