"""
What people type into the fields of the page, and what becomes of it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chatd.core.names import check_nick, room_key
from chatd.core.refusals import Refused
from tests.browser.people import People, Tab, expect, script

if TYPE_CHECKING:
    from playwright.sync_api import Locator, WebSocketRoute

pytestmark = pytest.mark.browser


def wrong(field: Locator, told: str) -> None:
    """
    Wait until it stands beside the field what is wrong with it, for eyes and for a screen reader.
    """
    expect(field).to_have_attribute("aria-invalid", "true")
    fault = field.page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(fault).to_have_role("alert")
    expect(fault).to_contain_text(told)
    expect(field).to_be_focused()
    assert field.page.locator(".toast").count() == 0


def right(field: Locator) -> None:
    """
    Wait until nothing is wrong with the field any more.
    """
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(field.page.locator(".fault:not(:empty)")).to_have_count(0)


def test_what_is_wrong_with_a_name_stands_beside_it_until_it_is_changed(people: People) -> None:
    people.tab().join("ada")
    tab = people.tab()
    field = tab.page.get_by_label("Username")
    for name, told in (
        ("", "must choose"),
        ("a b", "without spaces"),
        ("ada", "Somebody else has this name"),
    ):
        field.fill(name)
        field.press("Enter")
        wrong(field, told)
        expect(field).to_have_value(name)
        field.press_sequentially("x")
        right(field)
    field.fill("ada")
    tab.page.get_by_role("button", name="Join", exact=True).click()
    wrong(field, "Somebody else has this name")
    tab.join("bob")


def refuses(room: str, code: str) -> Callable[[WebSocketRoute], None]:
    """
    A line on which the server takes all rooms but one.
    """

    def between(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def said(frame: str | bytes) -> None:
            command = json.loads(frame)
            if command.get("room") == room:
                refused = {"type": "refused", "ref": command["ref"], "code": code, "message": "No."}
                line.send(json.dumps(refused))
            else:
                server.send(frame)

        line.on_message(said)

    return between


def test_the_name_of_a_room_that_cannot_be_had_stays_in_the_field(people: People) -> None:
    context = people.browser()
    context.route_web_socket("**/ws", refuses("cellar", "bad_name"))
    ada = people.tab(context).join("ada")
    field = ada.page.get_by_label("Find or make a room")
    for name, told in (
        ("tea time", "without spaces"),
        ("x" * 51, "at most 50"),
        ("cellar", "does not allow"),
    ):
        ada.enter(name)
        wrong(field, told)
        expect(field).to_have_value(name)
    field.fill("tea")
    right(field)
    field.press("Enter")
    ada.is_in("tea")
    expect(field).to_have_value("")
    # A room that one is in is found by its name too, whatever its case.
    ada.enter("LOBBY")
    ada.is_in("lobby")
    expect(field).to_have_value("")


def test_for_a_room_or_a_name_that_cannot_be_had_the_nearest_is_offered(people: People) -> None:
    ada = people.tab().join("ada")
    ada.enter("tea time")
    ada.page.get_by_role("button", name="Take tea-time").click()
    field = ada.page.get_by_placeholder("Find or make a room")
    expect(field).to_have_value("tea-time")
    expect(field).to_be_focused()
    field.press("Enter")
    ada.is_in("tea-time")
    ada.page.locator(".me .chip").click()
    ada.page.get_by_label("Your name").fill("ada l.")
    ada.page.get_by_label("Your name").press("Enter")
    ada.page.get_by_role("button", name="Take ada-l.").click()
    ada.page.get_by_label("Your name").press("Enter")
    expect(ada.page.locator(".me")).to_contain_text("ada-l.")


def test_what_is_typed_finds_rooms_and_conversations(people: People) -> None:
    ada = people.tab().join("ada")
    people.tab().join("bob").enter("kitchen")
    ada.page.locator(".persons .chip", has_text="bob").click()
    ada.enter("books")
    ada.is_in("books")
    rows = ada.page.locator(".side .room .name")
    field = ada.page.get_by_label("Find or make a room")
    for sought, found in (("bo", ["books", "bob"]), ("KIT", ["kitchen"]), ("b", ["books", "lobby", "bob"])):
        field.fill(sought)
        expect(rows).to_have_text(found)
    field.fill("")
    expect(rows).to_have_text(["books", "lobby", "bob", "kitchen"])


def test_a_new_name_is_kept_in_its_field_until_the_server_has_said_yes(people: People) -> None:
    ada = people.tab().join("ada")
    people.tab().join("bob")
    opener = ada.page.get_by_title("Change your name")
    opener.click()
    field = ada.page.get_by_label("Your name")
    for name, told in (("a b", "without spaces"), ("bob", "Somebody else has this name")):
        field.fill(name)
        # What was wrong with the last one goes with it, a frame later.
        right(field)
        field.press("Enter")
        wrong(field, told)
        expect(field).to_have_value(name)
    field.fill("ida")
    right(field)
    field.press("Enter")
    expect(field).to_have_count(0)
    expect(opener).to_have_text("ida")
    expect(opener).to_be_focused()
    opener.click()
    field.press("Escape")
    expect(opener).to_be_focused()


def test_a_message_one_too_long_is_told_in_one_character_below_the_title(people: People) -> None:
    ada = people.tab().join("ada")
    ada.say("x" * 4001)
    toast = ada.page.get_by_role("alert").locator(".toast")
    expect(toast).to_contain_text("1 character too long")
    box, title = toast.bounding_box(), ada.page.locator(".heading").bounding_box()
    assert box is not None
    assert title is not None
    assert box["y"] >= title["y"] + title["height"]


def tokens(tab: Tab) -> int:
    """
    How many people the browser of this tab can be.
    """
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('chatd.token.')).length"
    found: int = tab.page.evaluate(kept)
    return found


def test_who_leaves_a_tab_is_the_same_person_when_they_come_back(people: People) -> None:
    here = people.browser()
    ada, other = people.tab(here).join("ada"), people.tab(here).join("ada")
    ada.say("I was here")
    ada.sees("I was here")
    ada.page.get_by_role("button", name="Log out").click()
    ada.page.get_by_role("button", name="Cancel").click()
    expect(ada.page.get_by_role("button", name="Log out")).to_be_focused()
    ada.page.get_by_role("button", name="Log out").click()
    ada.page.get_by_role("button", name="Leave in this tab").click()
    ada.page.get_by_role("heading", name="Come in").wait_for()
    ada.page.reload()
    ada.page.get_by_role("heading", name="Come in").wait_for()
    assert tokens(ada) == 1
    other.say("still here")
    other.sees("still here")
    ada.join("ada")
    expect(ada.page.locator(".message.mine")).to_have_count(2)


def test_a_browser_that_forgets_a_person_forgets_them_in_all_its_tabs(people: People) -> None:
    here = people.browser()
    ada, other = people.tab(here).join("ada"), people.tab(here).join("ada")
    bob = people.tab(here).join("bob")
    ada.page.get_by_role("button", name="Log out").click()
    ada.page.get_by_role("button", name="Forget me in this browser").click()
    for tab in (ada, other):
        tab.page.get_by_role("heading", name="Come in").wait_for()
        expect(tab.page.get_by_label("Username")).to_have_value("")
        tab.page.reload()
        tab.page.get_by_role("heading", name="Come in").wait_for()
    assert tokens(ada) == 1
    bob.say("I am still somebody")
    bob.sees("I am still somebody")
    # For the server that person still has the name for a while; this browser cannot be them any more.
    ada.page.get_by_label("Username").fill("ada")
    ada.page.get_by_label("Username").press("Enter")
    wrong(ada.page.get_by_label("Username"), "Somebody else has this name")


def allowed(name: str) -> bool:
    """
    Whether the server takes it as the name of a person; for rooms it is the same.
    """
    verdicts = set()
    for judge in (check_nick, room_key):
        try:
            judge(name)
        except Refused:
            verdicts.add(False)
        else:
            verdicts.add(True)
    assert len(verdicts) == 1
    return verdicts.pop()


def test_the_page_and_the_server_allow_the_same_names(people: People) -> None:
    page = people.tab().page
    # Every character that Python knows, but white space, which the page takes away at the ends.
    characters = [
        character
        for character in map(chr, range(0x110000))
        if unicodedata.category(character) not in ("Cn", "Cs", "Co") and not character.isspace()
    ]
    told = page.evaluate(script("verdicts"), "".join(characters))
    differ = [
        f"U+{ord(character):04X}"
        for character, verdict in zip(characters, told, strict=True)
        if int(verdict) != allowed(character) + 2 * allowed(f"a{character}a")
    ]
    assert differ == []
