"""
How one gets about: keys, the switcher, rooms and people, and what one is told of them.
"""

from __future__ import annotations

import pytest

from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.people import expect

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]


@AT_A_DESK
def test_keys_lead_from_room_to_room_and_to_the_list_of_them(guests: Guests) -> None:
    ada = guests.comes("ada")
    press = ada.page.keyboard.press
    ada.page.evaluate("room => { location.hash = `#/room/${room}-b`; }", guests.room)
    ada.is_in(f"{guests.room}-b")
    press("Alt+ArrowUp")
    ada.is_in(guests.room)
    press("Alt+ArrowDown")
    ada.is_in(f"{guests.room}-b")
    guests.speaks("bob", "unread", room="lobby")
    expect(ada.page).to_have_title("(1) chatd")
    press("Alt+Shift+ArrowUp")
    ada.is_in("lobby")
    expect(ada.page).to_have_title("chatd")
    # Not while one writes, where it is a letter.
    ada.page.locator("#messages").focus()
    press("Shift+?")
    keys = ada.page.get_by_role("dialog", name="Keyboard")
    keys.get_by_text("Go to a room or a person").wait_for()
    guests.shot(ada, "help")
    press("Escape")
    expect(keys).to_have_count(0)
    ada.page.locator("#messages").focus()
    press("h")
    press("?")
    expect(ada.page.get_by_placeholder("Write a message")).to_have_value("h?")


def test_the_switcher_goes_to_rooms_and_people(guests: Guests) -> None:
    ada = guests.comes("ada")
    bob = guests.comes("bob")
    expect(ada.present()).to_have_count(2)
    # The key beside J and L, whatever is written on it.
    ada.page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent(
            "keydown", { code: "KeyK", key: "л", ctrlKey: true, bubbles: true, cancelable: true }))"""
    )
    field = ada.page.get_by_role("combobox", name="Go to a room or a person")
    expect(field).to_be_focused()
    guests.shot(ada, "switcher")
    field.fill(guests.named("bob").upper())
    expect(ada.page.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    ada.is_in(guests.named("bob"))
    ada.say("psst")
    entry = bob.page.locator(".side .room", has_text=guests.named("ada"))
    expect(entry.locator(".badge")).to_have_text("1")
    # Who is here is marked.
    expect(entry.locator(".seat.here")).to_have_count(1)
    # By its button, with arrows, and closed by Escape.
    ada.page.get_by_role("button", name="Go to a room or a person").click()
    field.press("ArrowDown")
    expect(ada.page.get_by_role("option", selected=True)).to_have_count(1)
    assert field.get_attribute("aria-activedescendant") == "place-1"
    field.press("Escape")
    expect(field).to_have_count(0)
    ada.page.get_by_role("button", name="Go to a room or a person").click()
    field.fill("no such thing")
    ada.page.get_by_text("Nothing is called that").wait_for()
    field.press("Escape")


def test_lists_are_one_stop_and_the_arrows_lead_through_them(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.drawer(ada, "Rooms")
    rooms = ada.page.locator("#rooms section").first.locator(".room")
    # The lobby may come a moment after the room of this test.
    expect(rooms).to_have_count(2)
    rooms.nth(1).focus()
    ada.page.keyboard.press("Home")
    expect(rooms.nth(0)).to_be_focused()
    expect(rooms.nth(1)).to_have_attribute("tabindex", "-1")
    ada.page.keyboard.press("ArrowDown")
    expect(rooms.nth(1)).to_be_focused()
    expect(rooms.nth(0)).to_have_attribute("tabindex", "-1")


def test_who_writes_is_told_until_they_have_written(guests: Guests) -> None:
    ada = guests.comes("ada")
    line = ada.page.locator(".typing")
    for name, told in (
        ("bob", "bob is typing"),
        ("eve", "bob and eve are typing"),
        ("ida", "Several people are typing"),
    ):
        guests.speaks(name)
        guests.act(name, {"type": "typing", "room": guests.room})
        number = guests.room.removeprefix("room-")
        told = told.replace("bob", f"bob-{number}").replace("eve ", f"eve-{number} ")
        expect(line).to_have_text(told)
    guests.shot(ada, "typing")
    guests.speaks("ida", "done")
    expect(line).to_contain_text("are typing")
    guests.speaks("eve", "done")
    expect(line).to_have_text(f"{guests.named('bob')} is typing")
    expect(line).to_have_text("", timeout=8000)
    # One's own is told to others, and not to oneself.
    bob = guests.comes("guy")
    ada.page.get_by_placeholder("Write a message").press_sequentially("x")
    expect(bob.page.locator(".typing")).to_have_text(f"{guests.named('ada')} is typing")
    expect(line).to_have_text("")


def test_who_comes_and_goes_is_one_line_and_none_on_request(guests: Guests) -> None:
    ada = guests.comes("ada")
    for name in ("bob", "eve", "ida", "guy", "zoe"):
        guests.speaks(name)
    folded = f"{guests.named('bob')}, {guests.named('eve')} and 3 others joined"
    notice = ada.page.locator(".happening")
    expect(notice).to_have_text(folded)
    guests.shot(ada, "notices")
    guests.act("bob", {"type": "leave", "room": guests.room})
    expect(notice).to_contain_text(f"{guests.named('bob')} left")
    expect(notice).to_have_count(1)
    switch = ada.page.get_by_role("button", name="Show who comes and goes")
    switch.click()
    expect(notice).to_have_count(0)
    expect(switch).to_have_attribute("aria-pressed", "false")
    ada.page.reload()
    ada.is_in(guests.room)
    guests.speaks("ron", "hi")
    ada.sees("hi")
    expect(notice).to_have_count(0)
    # It is a switch of this room alone.
    ada.page.evaluate("location.hash = '#/room/lobby'")
    ada.is_in("lobby")
    expect(switch).to_have_attribute("aria-pressed", "true")


@AT_A_DESK
def test_two_tabs_of_one_person_agree_on_what_is_read_and_on_the_name(guests: Guests) -> None:
    here = guests.browser()
    first = guests.comes("ada", here)
    second = guests.comes("ada", here)
    second.page.evaluate("location.hash = '#/room/lobby'")
    second.is_in("lobby")
    first.page.evaluate("location.hash = '#/room/lobby'")
    first.is_in("lobby")
    guests.speaks("bob", f"@{guests.named('ada')} one", "two")
    badges = [
        tab.page.locator(".side .room", has_text=guests.room).locator(".badge") for tab in (first, second)
    ]
    for badge in badges:
        expect(badge).to_have_text(["@1", "2"])
        expect(badge.first).to_have_class("badge called")
    expect(first.page.locator("link[rel=icon]")).to_have_attribute("href", "/icon-called.svg")
    guests.drawer(second, "Rooms")
    guests.shot(second, "badges")
    second.page.locator(".side .room", has_text=guests.room).click()
    for badge in badges:
        expect(badge).to_have_count(0)
    for tab in (first, second):
        expect(tab.page).to_have_title("chatd")
    guests.drawer(first, "Rooms")
    first.page.locator(".me .chip").click()
    first.page.get_by_label("Your name").fill(guests.named("ida"))
    first.page.get_by_label("Your name").press("Enter")
    expect(second.page.locator(".me")).to_contain_text(guests.named("ida"))
