"""
The same by the keyboard alone, and by a finger alone: what is done with a message, and with files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.house import AT_A_DESK, ON_A_PHONE, Guests, guests, house
from tests.browser.parcels import drawn, payload, picture
from tests.browser.people import Tab, expect
from tests.browser.sayings import chooses, edit_field, in_order, message

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

HELD_MS = 700


def walks_to(tab: Tab, where: Locator, key: str = "Tab") -> None:
    """
    Press a key until that has the focus.
    """
    for _ in range(40):
        if where.evaluate("one => one === document.activeElement"):
            return
        tab.page.keyboard.press(key)
    raise AssertionError(where)


def goes_to(tab: Tab, where: Locator) -> None:
    """
    Go from the composer to a message, by the keyboard.
    """
    tab.page.get_by_placeholder("Write a message").focus()
    walks_to(tab, tab.page.locator("#messages"), "Shift+Tab")
    walks_to(tab, where, "ArrowUp")


def menu_by_key(tab: Tab, text: str, item: str) -> None:
    """
    Go up from the composer to a message, open its menu and choose from it.
    """
    goes_to(tab, message(tab, text))
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("menu").wait_for()
    walks_to(tab, tab.page.get_by_role("menuitem", name=item), "ArrowDown")
    tab.page.keyboard.press("Enter")


@AT_A_DESK
def test_the_keyboard_is_enough_for_all_that_is_done_with_messages(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    keys = ada.page.keyboard
    bob.say("shall we?")
    ada.sees("shall we?")
    ada.say("of course")
    ada.sees("of course")
    menu_by_key(ada, "shall we?", "Reply")
    expect(ada.page.get_by_placeholder("Write a message")).to_be_focused()
    keys.type("yes")
    keys.press("Enter")
    expect(message(ada, "yes").locator(".quote")).to_contain_text("shall we?")
    menu_by_key(ada, "of course", "Edit")
    expect(edit_field(ada)).to_be_focused()
    keys.type("!")
    keys.press("Enter")
    expect(bob.messages().filter(has_text="of course!").locator(".edited")).to_have_count(1)
    menu_by_key(ada, "shall we?", "Another emoji")
    ada.page.get_by_label("Find an emoji").wait_for()
    keys.type("cake")
    signs = ada.page.locator(".floating .signs button")
    expect(signs.first).to_be_visible()
    walks_to(ada, signs.first)
    keys.press("Enter")
    chip = message(bob, "shall we?").locator(".reaction:not(.add)")
    expect(chip).to_have_count(1)
    menu_by_key(ada, "yes", "Delete")
    walks_to(ada, ada.page.locator(".undo").get_by_role("button", name="Undo"))
    keys.press("Enter")
    expect(ada.page.locator(".undo")).to_have_count(0)
    bob.sees("yes")
    # A search, and to what it has found.
    keys.press("Control+Shift+F")
    ada.page.get_by_role("combobox", name="Search messages").wait_for()
    keys.type("shall")
    expect(ada.page.locator("dialog .hit")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(message(ada, "shall we?")).to_be_focused()


@AT_A_DESK
def test_the_keyboard_is_enough_to_send_a_picture_and_to_look_at_it(guests: Guests) -> None:
    ada = guests.comes("ada")
    keys = ada.page.keyboard
    walks_to(ada, ada.page.get_by_role("button", name="Attach files"))
    with ada.page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files([payload("view.png", picture()), payload("wrong.txt", b"x")])
    expect(ada.page.locator(".carried.whole")).to_have_count(2)
    expect(ada.page.get_by_placeholder("Write a message")).to_be_focused()
    walks_to(ada, ada.page.get_by_role("button", name="Without wrong.txt"), "Shift+Tab")
    keys.press("Enter")
    expect(ada.page.locator(".carried")).to_have_count(1)
    walks_to(ada, ada.page.get_by_placeholder("Write a message"))
    keys.press("Enter")
    shown = ada.page.get_by_role("button", name="Show view.png")
    drawn(shown.locator("img"))
    goes_to(ada, ada.messages().last)
    walks_to(ada, shown)
    keys.press("Enter")
    drawn(ada.page.locator("dialog img.there"))
    keys.press("Escape")
    expect(shown).to_be_focused()


@ON_A_PHONE
def test_a_finger_that_stays_on_a_reaction_learns_who_gave_it(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    ada.say("cake!")
    bob.sees("cake!")
    chooses(bob, message(bob, "cake!"), "🎉")
    chip = message(ada, "cake!").locator(".reaction:not(.add)")
    expect(chip).to_have_text("🎉1")
    box = chip.bounding_box()
    assert box is not None
    place = [{"x": box["x"] + 10, "y": box["y"] + 10}]
    finger = ada.page.context.new_cdp_session(ada.page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": place})
    ada.page.wait_for_timeout(HELD_MS)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    dialog = ada.page.get_by_role("dialog")
    expect(dialog.locator("dd .name")).to_have_text([guests.named("bob")])
    # It has learnt that, and given none.
    expect(chip).to_have_text("🎉1")
    ada.page.keyboard.press("Escape")
    chip.tap()
    expect(chip).to_have_text("🎉2")
    in_order(ada)
