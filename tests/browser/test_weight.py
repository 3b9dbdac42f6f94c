"""
What the page weighs before one can write, and what comes only when it is wanted.
"""

from __future__ import annotations

import re

import pytest

from bench.page import weigh
from tests.browser.people import People

pytestmark = pytest.mark.browser

MOST_BYTES = 100 * 1024
AHEAD = re.compile(r"/view/(dialogs|search)\.js$")


def test_a_hundred_kilobytes_are_enough_to_write_and_the_rest_comes_when_it_is_wanted(people: People) -> None:
    tab = people.tab()
    # What is fetched ahead, when one has been in for two seconds, is none of it.
    tab.page.route(AHEAD, lambda route: route.abort("connectionrefused"))
    tab.join("ada")
    files = dict(weigh(tab.page))
    assert sum(files.values()) < MOST_BYTES, sum(files.values())
    wanted_later = ("/view/search.js", "/searching.js", "/view/files.js", "/tus.js", "/tray.js", "/files.css")
    assert not set(wanted_later) & set(files)
    tab.page.unroute(AHEAD)
    tab.page.keyboard.press("Control+Shift+F")
    tab.page.get_by_role("combobox", name="Search messages").wait_for()
    assert "/view/search.js" in dict(weigh(tab.page))
