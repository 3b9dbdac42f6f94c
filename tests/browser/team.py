"""
A daemon with an owner, people with accounts, and what they do with each other on the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.people import People, Tab, expect
from tests.daemon import Daemon

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

PASSWORD = "correct horse"


def owner_path(daemon: Daemon) -> str:
    """
    What stands behind the host in the link that the first start prints.
    """
    found = re.search(r"/(#/owner/[\w-]+)", daemon.log)
    assert found is not None, daemon.log
    return found[1]


def signs_up(tab: Tab, name: str | None = None, password: str = PASSWORD) -> Tab:
    """
    Fill in the form for an account that is open, with a name unless one has one, and wait until one is in.
    """
    if name is not None:
        tab.page.get_by_label("Username", exact=True).fill(name)
    tab.page.get_by_label("Password", exact=True).fill(password)
    tab.page.get_by_label("Password, once more").fill(password)
    button = tab.page.locator("form.account").get_by_role("button", name="Make an account")
    button.click()
    # What lies behind the dialog may be there before it has gone, and nobody can write in it.
    button.wait_for(state="detached")
    tab.page.locator(".composer, .silent").first.wait_for()
    return tab


def signs_in(tab: Tab, name: str, password: str = PASSWORD) -> None:
    """
    Fill in the form of those who have an account.
    """
    page = tab.page
    if page.get_by_role("button", name="I have an account").count():
        page.get_by_role("button", name="I have an account").click()
    page.get_by_label("Username", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


class Team(People):
    """
    People on a server that somebody owns.
    """

    daemon: Daemon

    def owner(self, name: str = "olga", context: BrowserContext | None = None) -> Tab:
        """
        The one who opens the link of the first start.
        """
        return signs_up(self.tab(context, owner_path(self.daemon)), name)

    def member(self, name: str, context: BrowserContext | None = None) -> Tab:
        """
        Somebody who makes an account at the door.
        """
        tab = self.tab(context)
        tab.page.get_by_role("button", name="Make an account").click()
        return signs_up(tab, name)

    def guest(self, name: str, context: BrowserContext | None = None) -> Tab:
        """
        Somebody who has none.
        """
        return self.tab(context).join(name)


def server(folder: Path, *flags: str) -> Daemon:
    """
    A daemon that lets people write as fast as a test does, started where it is used as a context.
    """
    return Daemon(folder / "daemon", flags=("--message-rate", "0", *flags))


def message(tab: Tab, text: str) -> Locator:
    """
    The message with that text.
    """
    return tab.messages().filter(has=tab.page.get_by_text(text, exact=True))


def chooses(tab: Tab, where: Locator, item: str) -> None:
    """
    Open the menu at a message or at a person in the list, and choose what begins with `item`.
    """
    where.hover()
    where.get_by_role("button", name="More about").click()
    tab.page.get_by_role("menuitem", name=item).click()


def person(tab: Tab, name: str) -> Locator:
    """
    Somebody in the list of people.
    """
    return tab.present().filter(has_text=name)


def confirms(tab: Tab, button: str, reason: str = "", **chosen: str) -> None:
    """
    Answer what is asked before something is done to somebody: why, and by their labels what was chosen.
    """
    dialog = tab.page.get_by_role("dialog")
    for label, option in chosen.items():
        dialog.get_by_label(label.replace("_", " ").capitalize()).select_option(label=option)
    if reason:
        dialog.get_by_label("Why").fill(reason)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_have_count(0)


def told(tab: Tab, words: str) -> None:
    """
    Wait until the page says so for a moment.
    """
    tab.page.locator(".toast").get_by_text(words).wait_for()


def rooms(tab: Tab) -> Sequence[str]:
    """
    What the rooms in the sidebar are called.
    """
    names = tab.page.locator(".side .entry .room:not(.other) .name").all_text_contents()
    return tuple(names)
