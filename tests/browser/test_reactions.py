"""
Reactions that many people have given.
"""

from __future__ import annotations

import pytest

from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.people import expect
from tests.browser.sayings import in_order, message, tools

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]


def crowd_gives(guests: Guests, offset: int, *emoji: str) -> None:
    """
    Have eleven people without a page answer a message with these.
    """
    reacts = [
        {"type": "react", "room": guests.room, "offset": offset, "emoji": one, "on": True} for one in emoji
    ]
    for number in range(11):
        guests.act(f"c{number:02}", {"type": "join", "room": guests.room}, *reacts)


@AT_A_DESK
def test_the_twelfth_who_gives_a_reaction_sees_that_it_is_theirs_and_takes_it_back(guests: Guests) -> None:
    ada = guests.comes("ada")
    ada.say("cake!")
    ada.sees("cake!")
    crowd_gives(guests, 1, "🎉")
    bob = guests.comes("bob")
    chips = {tab: message(tab, "cake!").locator(".reaction:not(.add)") for tab in (ada, bob)}
    expect(chips[bob]).to_have_text(["🎉11"])
    expect(chips[bob]).to_have_attribute("aria-pressed", "false")
    chips[bob].first.click()
    for tab, pressed in ((bob, "true"), (ada, "false")):
        expect(chips[tab]).to_have_text(["🎉12"])
        expect(chips[tab]).to_have_attribute("aria-pressed", pressed)
    # Those who are named are the first ten, so it is the server that tells who comes anew.
    bob.page.reload()
    expect(chips[bob]).to_have_text(["🎉12"])
    expect(chips[bob]).to_have_attribute("aria-pressed", "true")
    in_order(bob)
    chips[bob].first.click()
    for tab in (bob, ada):
        expect(chips[tab]).to_have_text(["🎉11"])
        expect(chips[tab]).to_have_attribute("aria-pressed", "false")


@AT_A_DESK
def test_one_finds_ones_own_reaction_on_a_page_of_history_too(guests: Guests) -> None:
    ada = guests.comes("ada")
    ada.say("cake!")
    ada.sees("cake!")
    crowd_gives(guests, 1, "🎉")
    message(ada, "cake!").locator(".reaction").first.click()
    expect(message(ada, "cake!").locator(".reaction").first).to_have_text("🎉12")
    guests.speaks("eve", *(f"word {number}" for number in range(120)))
    ada.page.reload()
    ada.sees("word 119")
    ada.page.evaluate(f"location.hash = '#/room/{guests.room}/1'")
    chip = message(ada, "cake!").locator(".reaction").first
    expect(chip).to_have_text("🎉12")
    expect(chip).to_have_attribute("aria-pressed", "true")


def test_many_reactions_have_their_places_and_the_keyboard_leads_through_them(guests: Guests) -> None:
    ada = guests.comes("ada")
    ada.say("a long story, to which everybody has something to say")
    ada.sees("a long story, to which everybody has something to say")
    crowd_gives(guests, 1, *"👍🎉🤖🐢🍰🌍🚀🔥💡✅")
    where = ada.messages().last
    chips = where.locator(".reaction:not(.add)")
    expect(chips).to_have_count(10)
    guests.shot(ada, "reactions-many")
    in_order(ada)
    chosen = chips.nth(3).text_content() or ""
    if guests.phone:
        ada.page.set_viewport_size({"width": 320, "height": 640})
        in_order(ada)
        chips.nth(3).tap()
    else:
        where.focus()
        for _ in range(20):
            if chips.nth(3).evaluate("one => one === document.activeElement"):
                break
            ada.page.keyboard.press("Tab")
        ada.page.keyboard.press("Enter")
    expect(chips.first).to_have_text(chosen.replace("11", "12"))
    assert (chips.first.get_attribute("title") or "").endswith("you, and 1 other")
    tools(ada, where).get_by_role("button", name="React").click()
    ada.page.get_by_label("Find an emoji").wait_for()
    guests.shot(ada, "reactions-picker")
