"""
A daemon for all tests of a module, and people in rooms of their own, at a desktop and on a phone.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.crowd import Reply
from tests.browser.people import DESKTOP, PHONE, SEND, People, Tab, expect
from tests.daemon import CHECKOUT, Daemon

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

SIZES = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}


class Guests(People):
    """
    People of whom nobody has a name, and no room either, that another test of the module has.
    """

    _numbers = itertools.count(1)

    def __init__(self, browser: Browser, url: str, size: str) -> None:
        super().__init__(browser, url, **SIZES[size])
        self.phone = size == "phone"
        self.room = f"room-{next(self._numbers)}"

    def named(self, name: str) -> str:
        """
        That name, made one of this test.
        """
        return f"{name}-{self.room.removeprefix('room-')}"

    def comes(self, name: str, context: BrowserContext | None = None, room: str | None = None) -> Tab:
        """
        Somebody in the room of this test.
        """
        tab = self.tab(context, f"#/room/{room or self.room}").join(self.named(name))
        tab.is_in(room or self.room)
        tab.touch = self.phone
        return tab

    def speaks(self, name: str, *texts: str, room: str | None = None) -> None:
        """
        Have somebody without a page say something in the room.
        """
        said = [{"type": "say", "room": room or self.room, "text": text} for text in texts]
        replies = self.act(name, {"type": "join", "room": room or self.room}, *said)
        assert [reply["type"] for reply in replies].count("refused") == 0, replies

    def act(self, name: str, *commands: dict[str, Any]) -> list[Reply]:
        """
        Have somebody without a page give these commands; the replies.
        """
        return self.crowd.speak([(self.named(name), commands)])[0]

    def drawer(self, tab: Tab, name: str) -> None:
        """
        Open that drawer where it is one.
        """
        if self.phone:
            opener = tab.page.get_by_role("button", name=name, exact=True).first
            panel = opener.get_attribute("aria-controls")
            opener.click()
            # It takes the focus when it is there.
            expect(tab.page.locator(f"#{panel}")).to_be_focused()

    def shot(self, tab: Tab, name: str) -> None:
        """
        A picture of what is shown, for whoever wants to look at it.
        """
        folder = CHECKOUT / "build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        tab.page.screenshot(path=folder / f"{name}-{'phone' if self.phone else 'desktop'}.png")


def tutorial(texts: list[str], name: str = "bot") -> list[str]:
    """
    What a client of the tutorial's wire sends to say this.
    """
    return [json.dumps({"email": "", "username": name, "message": text}) for text in texts]


AT_A_DESK = pytest.mark.parametrize("guests", ["desktop"], indirect=True)
"""For a test of what does not differ on a phone."""
ON_A_PHONE = pytest.mark.parametrize("guests", ["phone"], indirect=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """
    The daemon.
    """
    with Daemon(tmp_path_factory.mktemp("house"), flags=("--message-rate", "0")) as running:
        yield running
        assert "Traceback" not in running.log


# In which sizes: `pytest_generate_tests` in conftest.py.
@pytest.fixture
def guests(request: pytest.FixtureRequest, chromium: Browser, house: Daemon) -> Iterator[Guests]:
    """
    Those who come for one test.
    """
    them = Guests(chromium, f"{house.url}/", request.param)
    yield them
    them.go()


__all__ = ["AT_A_DESK", "ON_A_PHONE", "SEND", "Guests", "guests", "house", "tutorial"]
