"""
Finding what was said, on the page: by words and filters, in English and in Chinese, and going there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.people import PHONE, SURFACES, People, Tab, expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.daemon import Daemon

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

WIDER = """() => [...document.querySelectorAll("dialog, dialog .sheet, dialog .found, dialog .hit")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.className} is wider than it is`)"""


def opens(tab: Tab) -> None:
    """
    Open the search, by the key or by its button, and have the focus in its field.
    """
    if tab.touch:
        tab.page.get_by_role("button", name="Search messages").tap()
    else:
        tab.page.keyboard.press("Control+Shift+F")
    expect(field(tab)).to_be_focused()


def field(tab: Tab) -> Locator:
    """
    Where one writes what one looks for.
    """
    return tab.page.get_by_role("combobox", name="Search messages")


def hits(tab: Tab) -> Locator:
    """
    What was found.
    """
    return tab.page.locator("dialog.search .hit")


def finds(tab: Tab, query: str, count: int) -> None:
    """
    Look for that until there are so many hits: what was said a moment ago is found two seconds later at most.
    """
    for _ in range(20):
        field(tab).fill("")
        field(tab).fill(query)
        expect(tab.page.locator(".found[aria-busy=false] .hint")).to_contain_text(re.compile("found"))
        if hits(tab).count() == count:
            return
        tab.page.wait_for_timeout(200)
    expect(hits(tab)).to_have_count(count)


def chips(tab: Tab) -> list[str]:
    """
    The filters that are set.
    """
    return tab.page.locator(".sought .filter bdi").all_text_contents()


def in_order(tab: Tab) -> None:
    """
    Look whether all is text alone, and nothing of the dialog is wider than it.
    """
    wrong = tab.page.evaluate(SURFACES) + tab.page.evaluate(WIDER)
    assert wrong == [], wrong


def test_a_message_far_back_is_found_by_a_word_and_shown_in_its_room(guests: Guests) -> None:
    ada = guests.comes("ada")
    word = f"zeppelin{guests.room.replace('-', '')}"
    guests.speaks("bob", f"the {word}, which one sees far away", *[f"line {n}" for n in range(150)])
    ada.sees("line 149")
    elsewhere = f"{guests.room}-b"
    guests.speaks("bob", f"a second {word} <b>here</b>", room=elsewhere)
    opens(ada)
    finds(ada, word, 2)
    guests.shot(ada, "search")
    # The newest first, each with its room, who said it, and what was looked for.
    expect(hits(ada).locator(".where .name")).to_have_text([elsewhere, guests.room])
    expect(hits(ada).locator("mark")).to_have_text([word, word])
    expect(hits(ada).first.locator(".words")).to_contain_text("<b>here</b>")
    in_order(ada)
    if guests.phone:
        hits(ada).nth(1).tap()
    else:
        field(ada).press("ArrowDown")
        expect(hits(ada).first).to_be_focused()
        ada.page.keyboard.press("ArrowDown")
        ada.page.keyboard.press("Enter")
    target = ada.page.locator(".message.target")
    expect(target.locator(".text")).to_have_text(f"the {word}, which one sees far away")
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    # Who comes back finds what they have found, and can go to a room that they have not been in.
    opens(ada)
    expect(hits(ada)).to_have_count(2)
    hits(ada).first.click()
    ada.is_in(elsewhere)
    expect(ada.page.locator(".message.target .text")).to_have_text(f"a second {word} <b>here</b>")


@AT_A_DESK
def test_what_was_said_in_chinese_is_found_within_its_sentence(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "今天晚上我们在茶馆见面", "明天再说", *[f"行 {n}" for n in range(120)])
    opens(ada)
    finds(ada, f"茶馆 in:{guests.room} ", 1)
    assert chips(ada) == [f"in:{guests.room}"]
    expect(hits(ada).locator("mark")).to_have_text(["茶馆"])
    guests.shot(ada, "search-chinese")
    hits(ada).first.click()
    expect(ada.page.locator(".message.target .text")).to_have_text("今天晚上我们在茶馆见面")
    expect(ada.page.locator(".message.target")).to_be_in_viewport()


def test_filters_are_chips_that_one_types_chooses_and_takes_away(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "tea by bob", "see https://example.org/tea")
    guests.speaks("eve", "tea by eve")
    ada.sees("tea by eve")
    opens(ada)
    finds(ada, f"in:{guests.room} tea ", 3)
    # Who begins a filter is offered who there is.
    field(ada).press_sequentially(f"from:{guests.named('bob')[:3]}")
    expect(ada.page.get_by_role("option").first).to_be_visible()
    field(ada).fill(f"tea from:{guests.named('bob')} ")
    expect(hits(ada)).to_have_count(2)
    assert chips(ada) == [f"in:{guests.room}", f"from:{guests.named('bob')}"]
    ada.page.get_by_role("button", name="With a link").click()
    expect(hits(ada)).to_have_count(1)
    expect(field(ada)).to_be_focused()
    guests.shot(ada, "search-chips")
    in_order(ada)
    ada.page.get_by_role("button", name=f"Without from:{guests.named('bob')}").click()
    ada.page.get_by_role("button", name="Without has:link").click()
    expect(hits(ada)).to_have_count(3)
    ada.page.get_by_role("button", name="Before a day").click()
    ada.page.get_by_label("Before a day").fill("2020-02-03")
    expect(ada.page.get_by_text("Nothing was found.")).to_be_visible()
    assert chips(ada) == [f"in:{guests.room}", "before:2020-02-03"]
    field(ada).fill("")
    field(ada).press("Backspace")
    assert chips(ada) == [f"in:{guests.room}"]
    # What the server does not understand it says, and nothing breaks.
    field(ada).fill("after:yesterday tea ")
    expect(ada.page.locator(".found .why")).not_to_be_empty()
    guests.shot(ada, "search-why")
    ada.page.get_by_role("button", name="Clear the search").click()
    expect(ada.page.get_by_text("All rooms that you may read")).to_be_visible()
    ada.page.keyboard.press("Escape")
    expect(ada.page.locator("dialog")).to_have_count(0)


def test_whatever_is_chosen_from_what_is_offered_is_a_filter(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    bob.say("by bob himself")
    ada.sees("by bob himself")
    opens(ada)
    ada.page.get_by_role("button", name="From somebody").click()
    expect(field(ada)).to_be_focused()
    offered = ada.page.get_by_role("option", name=guests.named("bob"))
    guests.shot(ada, "search-offered")
    in_order(ada)
    if guests.phone:
        offered.tap()
    else:
        ada.page.keyboard.type(guests.named("bob"))
        ada.page.keyboard.press("Enter")
    assert chips(ada) == [f"from:{guests.named('bob')}"]
    for _ in range(20):
        if hits(ada).count() == 1:
            break
        field(ada).fill("himself")
        ada.page.wait_for_timeout(200)
        field(ada).fill("")
        ada.page.wait_for_timeout(400)
    expect(hits(ada)).to_have_count(1)
    # What is deleted meanwhile is not shown any more.
    bob.page.locator(".message.mine").last.hover()
    if guests.phone:
        bob.page.locator(".message.mine .text").last.tap()
    bob.page.locator(".message.mine .more").last.click()
    bob.page.get_by_role("menuitem", name="Delete").click()
    expect(hits(ada)).to_have_count(0, timeout=15_000)


def test_what_is_older_comes_as_one_scrolls(guests: Guests) -> None:
    ada = guests.comes("ada")
    word = f"many{guests.room.replace('-', '')}"
    guests.speaks("bob", *[f"{word} {n}" for n in range(45)])
    ada.sees(f"{word} 44")
    opens(ada)
    finds(ada, f"{word} 44", 1)
    field(ada).fill(word)
    expect(hits(ada).first).to_contain_text(f"{word} 44")
    for _ in range(10):
        ada.page.locator(".found").evaluate("box => { box.scrollTop = box.scrollHeight; }")
        ada.page.wait_for_timeout(150)
    expect(hits(ada)).to_have_count(45)
    expect(hits(ada).last).to_contain_text(f"{word} 0")


def test_a_search_without_a_line_goes_on_when_it_is_back(people: People, daemon: Daemon) -> None:
    ada = people.tab().join("ada")
    ada.say("once upon a time")
    opens(ada)
    finds(ada, "upon", 1)
    daemon.kill()
    ada.page.locator(".chat:not([data-link=open])").wait_for()
    field(ada).fill("time")
    ada.page.get_by_text("There is no connection right now. The search goes on when it is back.").wait_for()
    daemon.start()
    ada.comes_back()
    expect(hits(ada).locator("mark")).to_have_text(["time"])


def test_axe_finds_nothing_where_one_searches(guests: Guests) -> None:
    ada = guests.comes("ada")
    ada.say("tea in the garden")
    opens(ada)
    axe = Axe(ada.page, lambda scheme, state: guests.shot(ada, f"search-{scheme}-{state}"))
    axe.looks("empty")
    finds(ada, f"tea in:{guests.room} ", 1)
    axe.looks("found")
    field(ada).fill("from:")
    ada.page.get_by_role("option").first.wait_for()
    axe.looks("offered")
    field(ada).fill("nosuchword ")
    ada.page.get_by_text("Nothing was found.").wait_for()
    axe.looks("nothing")
    ada.page.get_by_role("button", name="Since a day").click()
    axe.looks("day")
    axe.found_nothing()
    if guests.phone:
        for width in (320, PHONE["width"]):
            ada.page.set_viewport_size({"width": width, "height": 640})
            in_order(ada)
            guests.shot(ada, f"search-{width}")
