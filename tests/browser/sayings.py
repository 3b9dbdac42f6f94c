"""
Messages on the page, and what is done with one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.people import COVERED, SURFACES, Tab

if TYPE_CHECKING:
    from playwright.sync_api import Locator


def message(tab: Tab, text: str) -> Locator:
    """
    The message with that text, which may have been changed.
    """
    whole = re.compile(rf"^{re.escape(text)}(\(edited\))?$")
    return tab.messages().filter(has=tab.page.locator(".text", has_text=whole))


def tools(tab: Tab, where: Locator) -> Locator:
    """
    The buttons of a message, which come for the mouse, and for a finger that has touched it.
    """
    if tab.touch:
        where.locator(".text").first.tap()
    else:
        where.hover()
    return where.locator(".tools")


def chooses(tab: Tab, where: Locator, item: str) -> None:
    """
    Open the menu of a message and choose from it.
    """
    tools(tab, where).get_by_role("button", name="More about").click()
    tab.page.get_by_role("menu").get_by_text(item, exact=True).click()


def edit_field(tab: Tab) -> Locator:
    """
    Where one changes a message.
    """
    return tab.page.get_by_label("Edit the message")


def in_order(tab: Tab) -> None:
    """
    Look whether all is in its place and text alone.
    """
    wrong = tab.page.evaluate(COVERED) + tab.page.evaluate(SURFACES)
    assert wrong == [], wrong
