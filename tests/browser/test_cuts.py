"""
The page while its line is cut: quiet at first, then plain, and never a message too few or too many.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.house import AT_A_DESK, SEND, Guests, guests, house, tutorial
from tests.browser.people import expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, WebSocketRoute

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

CUTS = 30


class Wire:
    """
    Between the pages of a browser and the server: it can be cut, and stays so while `broken` is true.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.broken = False
        self.lines: list[WebSocketRoute] = []
        self.calls = 0
        context.route_web_socket("**/ws", self._take)

    def _take(self, line: WebSocketRoute) -> None:
        self.calls += 1
        if self.broken:
            line.close(code=4001, reason="slow")
        else:
            line.connect_to_server()
            self.lines.append(line)

    def cut(self) -> None:
        """
        End the line of the page that called last.
        """
        self.lines[-1].close(code=4001, reason="slow")


def test_a_cut_is_quiet_at_first_and_then_told_with_a_way_to_try_now(guests: Guests) -> None:
    context = guests.browser()
    # The next try comes soon.
    context.add_init_script("Math.random = () => 0.1")
    wire = Wire(context)
    ada = guests.comes("ada", context)
    banner = ada.page.locator(".line")
    wire.cut()
    ada.comes_back()
    expect(banner).to_have_count(0)
    wire.broken = True
    wire.cut()
    ada.page.locator(".chat:not([data-link=open])").wait_for()
    ada.page.wait_for_timeout(1500)
    expect(banner).to_have_count(0)
    banner.get_by_text("The connection is gone").wait_for()
    ada.say("written while offline")
    expect(ada.page.locator(".unsent")).to_have_count(1)
    guests.shot(ada, "offline")
    axe = Axe(ada.page)
    axe.looks("offline")
    axe.found_nothing()
    wire.broken = False
    ada.page.wait_for_function(
        """() => {
            const button = document.querySelector(".line button");
            button?.click();
            return button !== null || document.querySelector(".line") === null;
        }"""
    )
    expect(banner).to_have_count(0)
    expect(ada.page.locator(".unsent")).to_have_count(0)
    assert ada.texts() == ["written while offline"]
    # A server that says not to come back is not called again.
    calls = wire.calls
    wire.lines[-1].close(code=4501, reason="banned")
    banner.get_by_text("You have been banned").wait_for()
    ada.page.wait_for_timeout(1000)
    assert wire.calls == calls
    banner.get_by_role("button", name="Join again").click()
    expect(banner).to_have_count(0)


@AT_A_DESK
def test_over_many_cuts_each_page_shows_every_message_once_in_the_order_of_the_log(guests: Guests) -> None:
    chance = random.Random(5)
    contexts = [guests.browser(), guests.browser()]
    wires = [Wire(context) for context in contexts]
    names = ("ada", "bob")
    pages = [guests.comes(name, context, "lobby") for name, context in zip(names, contexts, strict=True)]
    script = guests.tab()
    said: list[str] = []
    for number in range(CUTS):
        which = chance.randrange(2)
        wires[which].cut()
        texts = [f"{guests.room} script {number}.{part}" for part in range(chance.randrange(3))]
        script.page.evaluate(SEND, tutorial(texts)) if texts else None
        own = [f"{guests.room} {name} {number}" for name in names]
        for page, text in zip(pages, own, strict=True):
            if chance.random() < 0.6:
                page.say(text)
                said.append(text)
        said += texts
        if chance.random() < 0.7:
            pages[which].page.evaluate("dispatchEvent(new Event('online'))")
    mine = [page.messages().locator(".text").get_by_text(guests.room) for page in pages]
    for page, shown in zip(pages, mine, strict=True):
        page.page.evaluate("dispatchEvent(new Event('online'))")
        page.page.locator(".chat[data-link=open]").wait_for()
        expect(page.page.locator(".unsent")).to_have_count(0)
        expect(shown).to_have_count(len(said))
    orders = [shown.all_text_contents() for shown in mine]
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(said)
    offsets = [
        page.page.locator(".message").evaluate_all("all => all.map((one) => Number(one.dataset.offset))")
        for page in pages
    ]
    for each in offsets:
        assert each == list(range(each[0], each[0] + len(each)))
