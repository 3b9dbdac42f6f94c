"""
People who sit before a browser with the page in it.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.browser.crowd import Crowd

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page

try:
    from playwright.sync_api import Error, expect
except ImportError:
    # The fixture that starts the browser says so.
    Error = expect = None  # type: ignore[assignment,misc]

# Long, for a machine that is busy: whoever has to wait as long has failed.
WAIT_MS = 30_000
if expect is not None:
    expect.set_options(timeout=WAIT_MS)


def script(name: str) -> str:
    """
    A function that a test runs in a page.
    """
    return Path(__file__).with_name(f"{name}.js").read_text("utf-8")


COVERED = script("covered")
SEND = script("send")
SURFACES = script("surfaces")

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

__all__ = ["COVERED", "SEND", "SURFACES", "Error", "People", "Tab", "expect", "script"]


class Tab:
    """
    One tab of a browser with the page in it, and a record of what a good page never does.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._host = urlsplit(url).netloc
        self.touch = False
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._request(request.url))
        page.goto(url)

    def _console(self, message: ConsoleMessage) -> None:
        # That a daemon which was killed cannot be reached is what Chromium tells, not the page.
        lost = message.text.startswith("WebSocket connection to") or "net::ERR_CONNECTION" in message.text
        if message.type in ("error", "warning") and not lost:
            self.complaints.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if urlsplit(url).netloc != self._host:
            self.complaints.append(f"request: {url}")

    def join(self, name: str, email: str = "") -> Tab:
        """
        Fill in the form and wait for the lobby.
        """
        self.page.get_by_placeholder("Email").fill(email)
        self.page.get_by_placeholder("Username").fill(name)
        self.page.get_by_role("button", name="Join", exact=True).click()
        self.page.locator(".composer").wait_for()
        return self

    def enter(self, room: str) -> None:
        """
        Type the name of a room and press Enter.
        """
        self.page.get_by_placeholder("Find or make a room").fill(room)
        self.page.get_by_placeholder("Find or make a room").press("Enter")

    def is_in(self, title: str) -> None:
        """
        Wait until the room of that title is shown.
        """
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()

    def say(self, text: str) -> None:
        """
        Write and press Enter, or the button where there is no keyboard.
        """
        self.page.get_by_placeholder("Write a message").fill(text)
        if self.touch:
            self.page.get_by_role("button", name="Send", exact=True).click()
        else:
            self.page.get_by_placeholder("Write a message").press("Enter")

    def sees(self, text: str) -> None:
        """
        Wait until a message is exactly `text`.
        """
        self.messages().locator(".text").get_by_text(text, exact=True).last.wait_for()

    def sees_notice(self, text: str) -> None:
        """
        Wait until a line between the messages is `text`.
        """
        self.page.locator(".happening").get_by_text(text).last.wait_for()

    def comes_back(self) -> None:
        """
        Wait until the line has been cut, and have the page call at once, as it does when the network returns.
        """
        self.page.locator(".chat:not([data-link=open])").wait_for()
        self.page.evaluate("dispatchEvent(new Event('online'))")
        self.page.locator(".chat[data-link=open]").wait_for()

    def messages(self) -> Locator:
        """
        The messages that the log holds, as far as they are on the page.
        """
        return self.page.locator(".message:not(.unsent)")

    def present(self) -> Locator:
        """
        Those who are listed as being in the room.
        """
        return self.page.locator(".persons li")

    def looks_right(self) -> None:
        """
        Look whether everything is in its place and is text alone, in a wide window and on a phone with its
        drawers open.
        """
        for size in (PHONE, DESKTOP):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            wrong = self.page.evaluate(COVERED) + self.page.evaluate(SURFACES)
            assert wrong == [], wrong
            for drawer in ("Rooms", "People") if size is PHONE else ():
                self.page.get_by_role("button", name=drawer, exact=True).click()
                wrong = self.page.evaluate(SURFACES)
                assert wrong == [], wrong
                self.page.keyboard.press("Escape")

    def texts(self) -> list[str]:
        """
        All messages on the page, from the oldest to the newest.
        """
        return self.messages().locator(".text").all_text_contents()


class People:
    """
    Opens tabs: each in a browser of its own, or in one that is given.
    """

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        self._browser = browser
        self._options = options
        self.url = url
        self.tabs: list[Tab] = []

    @cached_property
    def crowd(self) -> Crowd:
        """
        Those who have no page.
        """
        return Crowd(urlsplit(self.url).port or 80)

    def browser(self, **options: object) -> BrowserContext:
        """
        A browser that knows nobody yet.
        """
        return self._browser.new_context(**(self._options | options))  # type: ignore[arg-type]

    def tab(self, context: BrowserContext | None = None, at: str = "") -> Tab:
        """
        A new tab that shows the page, at an address within it.
        """
        tab = Tab((context or self.browser()).new_page(), self.url + at)
        self.tabs.append(tab)
        return tab

    def go(self) -> None:
        """
        Close all tabs, of which none may have had anything to complain of, and have those without one go.
        """
        complaints = [line for tab in self.tabs for line in tab.complaints]
        for tab in self.tabs:
            tab.page.context.close()
        if "crowd" in self.__dict__:
            self.crowd.go()
        assert complaints == [], complaints
