"""
How the page lays itself out, from a phone on its side to a wide screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.people import People, Tab, expect
from tests.daemon import Daemon

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def box_of(part: Locator) -> dict[str, float]:
    """
    Where a part of the page stands: x, y, width and height in pixels.
    """
    box = part.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


def in_rooms(tab: Tab, *rooms: str) -> None:
    """
    Enter each room.
    """
    for room in rooms:
        tab.enter(room)
        tab.is_in(room)


def test_a_double_click_leaves_one_room(people: People) -> None:
    ada = people.tab().join("ada")
    in_rooms(ada, "art", "books", "chess")
    for leaving, left in (("art", ["books", "chess", "lobby"]), ("books", ["chess", "lobby"])):
        ada.page.get_by_role("button", name=f"Leave {leaving}").dblclick()
        expect(ada.page.locator(".side .entry:has(.quiet) .name")).to_have_text(left)
        ada.page.wait_for_timeout(600)


def test_escape_closes_a_drawer_and_the_focus_goes_in_and_back(people: People) -> None:
    ada = people.tab(people.browser(**PHONE)).join("ada")
    for name in ("Rooms", "People"):
        opener = ada.page.get_by_role("button", name=name, exact=True)
        drawer = ada.page.locator(f"#{name.lower()}")
        expect(drawer).to_be_hidden()
        opener.click()
        expect(drawer).to_be_focused()
        # The opener in the header is no worse a place to press it.
        for place in (drawer, opener):
            place.press("Escape")
            expect(drawer).to_be_hidden()
            expect(opener).to_be_focused()
            opener.click()
            expect(drawer).to_be_focused()
        ada.page.locator(".veil").click(position={"x": 50 if name == "People" else 350, "y": 300})
        expect(drawer).to_be_hidden()
        expect(opener).to_be_focused()


def test_an_escape_for_a_form_in_the_drawer_leaves_the_drawer_open(people: People) -> None:
    ada = people.tab(people.browser(**PHONE)).join("ada")
    ada.page.get_by_role("button", name="Rooms", exact=True).click()
    ada.page.get_by_role("button", name="Log out").click()
    ada.page.locator("#logout-title").wait_for()
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_role("button", name="Log out")).to_be_focused()
    expect(ada.page.locator("#rooms")).to_be_visible()


def test_the_drawer_stays_until_the_room_is_there(people: People) -> None:
    ada = people.tab(people.browser(**PHONE)).join("ada")
    ada.page.get_by_role("button", name="Rooms", exact=True).click()
    ada.enter("tea time")
    expect(ada.page.locator(".find .fault")).to_be_visible()
    ada.enter("tea")
    ada.is_in("tea")
    expect(ada.page.locator("#rooms")).to_be_hidden()
    expect(ada.page.get_by_role("button", name="Rooms", exact=True)).to_be_focused()


@pytest.mark.parametrize("size", [(844, 390), (667, 375), (568, 320)], ids=str)
def test_on_a_phone_on_its_side_one_can_join_and_leave(people: People, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    tab = people.tab(people.browser(viewport=viewport, has_touch=True, is_mobile=True))
    join = tab.page.get_by_role("button", name="Join", exact=True)
    expect(join).to_be_in_viewport(ratio=1)
    join.click()
    expect(tab.page.locator("#name-fault")).not_to_be_empty()
    expect(join).to_be_in_viewport(ratio=1)
    tab.join("ada")
    expect(tab.page.get_by_placeholder("Write a message")).to_be_in_viewport(ratio=1)
    expect(tab.page.locator("footer")).to_be_hidden()
    # And leave: what does not fit is scrolled to.
    if tab.page.get_by_role("button", name="Rooms", exact=True).is_visible():
        tab.page.get_by_role("button", name="Rooms", exact=True).click()
    tab.page.get_by_role("button", name="Log out").click()
    for choice in ("Cancel", "Forget me in this browser"):
        tab.page.get_by_role("button", name=choice).scroll_into_view_if_needed()
        expect(tab.page.get_by_role("button", name=choice)).to_be_in_viewport(ratio=1)


def test_all_rows_beside_the_conversation_have_one_shape_and_names_the_whole_row(people: People) -> None:
    ada = people.tab().join("ada")
    long = "a-room-with-a-rather-long-name-that-has-to-be-cut"
    people.tab().join("bob").enter("kitchen")
    ada.page.locator(".persons .chip", has_text="bob").click()
    in_rooms(ada, long, "tea")
    ada.page.locator(".side .room", has_text="lobby").click()
    ada.page.locator(".side .other").wait_for()
    ada.page.mouse.move(640, 300)
    shapes = (
        "all => all.map((one) => [one.offsetWidth, one.offsetHeight, getComputedStyle(one).borderRadius])"
    )
    rooms = ada.page.locator(".side .room").evaluate_all(shapes)
    people_here = ada.page.locator(".persons .chip").evaluate_all(shapes)
    assert len(rooms) == 5
    assert len({tuple(shape) for shape in rooms}) == 1
    assert {tuple(shape[1:]) for shape in rooms} == {tuple(shape[1:]) for shape in people_here}
    # A name that is cut goes on to the end of its row, where the sign for leaving comes only with the mouse.
    row = ada.page.locator(".side .room", has_text=long)
    name = row.locator(".name")
    ends = [box["x"] + box["width"] for box in (box_of(name), box_of(row))]
    assert ends[1] - ends[0] <= 10
    name.hover()
    expect(name).to_have_attribute("title", long)
    leave = ada.page.get_by_role("button", name=f"Leave {long}")
    expect(leave).to_have_css("opacity", "1")
    assert box_of(name)["x"] + box_of(name)["width"] <= box_of(leave)["x"]
    short = ada.page.locator(".side .room", has_text="tea").locator(".name")
    short.hover()
    assert short.get_attribute("title") is None


def test_the_field_for_rooms_stays_where_it_is_and_the_list_below_it_scrolls(people: People) -> None:
    ada = people.tab(people.browser(viewport={"width": 1280, "height": 420})).join("ada")
    field = ada.page.get_by_placeholder("Find or make a room")
    before = box_of(field)
    in_rooms(ada, *(f"room-{number}" for number in range(1, 11)))
    scroll = ada.page.locator(".side .scroll")
    assert scroll.evaluate("box => box.scrollHeight > box.clientHeight")
    scroll.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    assert box_of(field) == before
    expect(ada.page.get_by_role("button", name="Log out")).to_be_in_viewport(ratio=1)


def test_the_two_of_a_conversation_are_not_counted(people: People) -> None:
    ada = people.tab().join("ada")
    people.tab().join("bob")
    expect(ada.page.locator("#people-title")).to_have_text("People here 2")
    ada.page.locator(".persons .chip", has_text="bob").click()
    expect(ada.page.locator("#people-title")).to_have_text("The two of you")


def test_on_a_wide_screen_lines_end_where_one_can_still_find_the_next(people: People) -> None:
    ada = people.tab(people.browser(viewport={"width": 1920, "height": 1080})).join("ada")
    ada.say("Long words. " * 100)
    expect(ada.messages()).to_have_count(1)
    text = ada.messages().locator(".text")
    characters = text.evaluate(
        """text => {
            const pen = document.createElement("canvas").getContext("2d");
            pen.font = getComputedStyle(text).font;
            return text.clientWidth / pen.measureText("0").width;
        }"""
    )
    assert 76 <= characters <= 86
    message, composer = box_of(ada.messages()), box_of(ada.page.locator(".composer textarea"))
    send = box_of(ada.page.get_by_role("button", name="Send"))
    assert abs(message["x"] - composer["x"]) <= 16
    assert abs(message["x"] + message["width"] - send["x"] - send["width"]) <= 16


def test_a_long_name_is_cut_and_told_whole(people: People) -> None:
    wide = "M" * 32
    ada = people.tab().join(wide)
    ada.say("hi")
    ada.sees("hi")
    name = ada.messages().locator(".name")
    assert name.evaluate("name => name.clientWidth / parseFloat(getComputedStyle(name).fontSize)") <= 20.1
    name.hover()
    expect(name).to_have_attribute("title", wide)


def test_the_button_to_try_now_stands_beside_the_words(people: People, daemon: Daemon) -> None:
    ada = people.tab(people.browser(**PHONE)).join("ada")
    # What it loads on first use is there.
    ada.page.wait_for_load_state("networkidle")
    daemon.kill()
    # At one look: while the page is calling there is no button.
    beside = ada.page.wait_for_function(
        """() => {
            const [words, button] = document.querySelector(".line")?.children ?? [];
            if (button === undefined) return null;
            const [left, right] = [words, button].map((one) => one.getBoundingClientRect());
            return {beside: right.left >= left.right && right.top < left.bottom, text: words.textContent};
        }"""
    ).json_value()
    assert beside["beside"]
    assert beside["text"].startswith("The connection is gone. Next try in ")
