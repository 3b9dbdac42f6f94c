"""
What becomes of messages on the page: changed, deleted, answered, pinned; and who is called by them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.people import People, expect
from tests.browser.sayings import chooses, edit_field, in_order, message, tools
from tests.browser.team import Team, confirms, server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.daemon import Daemon

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

GONE = "This message was deleted."


def test_a_message_is_changed_in_place_and_all_see_that_it_was(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    ada.say("first")
    ada.say("helo bob")
    bob.sees("helo bob")
    if guests.phone:
        chooses(ada, message(ada, "helo bob"), "Edit")
    else:
        ada.page.get_by_placeholder("Write a message").press("ArrowUp")
    expect(edit_field(ada)).to_be_focused()
    expect(edit_field(ada)).to_have_value("helo bob")
    # Escape leaves it as it was, and gives the focus back.
    edit_field(ada).fill("not this")
    edit_field(ada).press("Escape")
    expect(edit_field(ada)).to_have_count(0)
    ada.sees("helo bob")
    if not guests.phone:
        expect(ada.page.get_by_placeholder("Write a message")).to_be_focused()
    chooses(ada, message(ada, "helo bob"), "Edit")
    edit_field(ada).fill("   ")
    ada.page.get_by_role("button", name="Save").click()
    expect(ada.page.locator("#edit-fault")).to_have_text("A message needs words. To take it away, delete it.")
    edit_field(ada).fill("hello *bob*")
    guests.shot(ada, "edit")
    in_order(ada)
    if guests.phone:
        ada.page.get_by_role("button", name="Save").click()
    else:
        edit_field(ada).press("Enter")
    for tab in (ada, bob):
        changed = tab.messages().filter(has_text="hello bob")
        expect(changed.locator("em")).to_have_text("bob")
        edited = changed.locator(".edited")
        expect(edited).to_have_text("(edited)")
        assert re.search(r"20\d\d", edited.get_attribute("title") or "")
        assert tab.messages().filter(has_text="first").locator(".edited").count() == 0
    expect(edit_field(ada)).to_have_count(0)
    bob.page.reload()
    expect(bob.messages().filter(has_text="hello bob").locator(".edited")).to_have_count(1)


def test_what_is_deleted_can_be_brought_back_for_a_moment(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    for text in ("one", "two", "three"):
        ada.say(text)
    bob.sees("three")
    chooses(ada, message(ada, "two"), "Delete")
    undo = ada.page.locator(".undo")
    expect(undo.get_by_role("status")).to_have_text("Message deleted.")
    expect(ada.messages().locator(".text")).to_have_text(["one", GONE, "three"])
    expect(ada.messages().nth(1)).to_be_focused()
    guests.shot(ada, "undo")
    in_order(ada)
    undo.get_by_role("button", name="Undo").click()
    expect(undo).to_have_count(0)
    expect(ada.messages().nth(1)).to_be_focused()
    assert ada.texts() == bob.texts() == ["one", "two", "three"]
    chooses(ada, message(ada, "two"), "Delete")
    ada.page.get_by_placeholder("Write a message").focus()
    ada.page.mouse.move(5, 5)
    expect(bob.messages().locator(".text")).to_have_text(["one", GONE, "three"])
    expect(undo).to_have_count(0)
    # Who leaves the page has made up their mind.
    chooses(ada, message(ada, "three"), "Delete")
    expect(undo).to_have_count(1)
    ada.page.goto("about:blank")
    expect(bob.messages().locator(".text")).to_have_text(["one", GONE, GONE])


def test_a_reply_quotes_what_it_answers_and_leads_there(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    ada.say("shall we?")
    bob.sees("shall we?")
    tools(bob, message(bob, "shall we?")).get_by_role("button", name="Reply").click()
    expect(bob.page.get_by_placeholder("Write a message")).to_be_focused()
    expect(bob.page.locator(".replying")).to_contain_text(f"Reply to {guests.named('ada')}")
    expect(bob.page.locator(".replying")).to_contain_text("shall we?")
    guests.shot(bob, "replying")
    in_order(bob)
    bob.say("of course")
    expect(bob.page.locator(".replying")).to_have_count(0)
    quotes = [message(tab, "of course").locator(".quote") for tab in (ada, bob)]
    for quote in quotes:
        expect(quote).to_contain_text("shall we?")
    chooses(ada, message(ada, "shall we?"), "Edit")
    edit_field(ada).fill("shall we dance?")
    ada.page.get_by_role("button", name="Save").click()
    for quote in quotes:
        expect(quote).to_contain_text("shall we dance?")
    guests.shot(bob, "reply")
    # What it answers is far back, and not even loaded.
    guests.speaks("eve", *(f"word {number}" for number in range(260)))
    tools(bob, message(bob, "word 259")).get_by_role("button", name="Reply").click()
    bob.page.get_by_role("button", name="Do not reply").click()
    expect(bob.page.locator(".replying")).to_have_count(0)
    chooses(bob, message(bob, "word 259"), "Reply")
    bob.say("late")
    ada.page.reload()
    ada.is_in(guests.room)
    expect(message(ada, "late").locator(".quote")).to_contain_text("word 259")
    guests.speaks("finn", *(f"more {number}" for number in range(30)))
    ada.page.reload()
    ada.sees("more 29")
    ada.page.evaluate(f"location.hash = '#/room/{guests.room}/2'")
    expect(message(ada, "of course")).to_be_in_viewport()
    message(ada, "of course").locator(".quote").click()
    expect(message(ada, "shall we dance?")).to_be_focused()
    ada.page.get_by_role("button", name="To the newest").click()
    expect(message(ada, "more 29")).to_be_in_viewport()
    message(ada, "late").locator(".quote").click()
    expect(message(ada, "word 259")).to_be_focused()
    expect(message(ada, "word 259")).to_be_in_viewport()


def test_messages_are_answered_with_emoji(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    ada.say("cake!")
    bob.sees("cake!")
    chips = {tab: message(tab, "cake!").locator(".reaction:not(.add)") for tab in (ada, bob)}
    chooses(bob, message(bob, "cake!"), "🎉")
    for tab, pressed in ((ada, "false"), (bob, "true")):
        expect(chips[tab]).to_have_text(["🎉1"])
        expect(chips[tab]).to_have_attribute("aria-pressed", pressed)
        expect(chips[tab]).to_have_attribute("title", guests.named("bob"))
    # Any other one comes from the grid.
    tools(ada, message(ada, "cake!")).get_by_role("button", name="React").click()
    ada.page.get_by_label("Find an emoji").fill("robot")
    ada.page.locator(".floating .signs").get_by_role("button", name="robot", exact=True).click()
    expect(ada.page.locator(".floating")).to_have_count(0)
    expect(chips[bob]).to_have_text(["🎉1", "🤖1"])
    chips[bob].nth(1).click()
    for tab in (ada, bob):
        expect(chips[tab]).to_have_text(["🤖2", "🎉1"])
        guests.shot(tab, "reactions")
        in_order(tab)
    chips[ada].nth(0).click(button="right")
    dialog = ada.page.get_by_role("dialog")
    expect(dialog.locator("dd").first.locator(".name")).to_have_text(
        [guests.named("ada"), guests.named("bob")]
    )
    guests.shot(ada, "reactors")
    ada.page.keyboard.press("Escape")
    chips[bob].nth(1).click()
    expect(chips[ada]).to_have_text(["🤖2"])
    ada.page.reload()
    expect(chips[ada]).to_have_text(["🤖2"])
    expect(chips[ada]).to_have_attribute("aria-pressed", "true")


def test_what_is_pinned_is_listed_and_leads_to_its_place(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    guests.drawer(ada, "People")
    ada.present().filter(has_text=guests.named("bob")).locator(".chip").click()
    ada.is_in(guests.named("bob"))
    ada.say("the key is under the mat")
    ada.say("and the cat outside")
    guests.drawer(bob, "Rooms")
    bob.page.locator(".side .entry", has_text=guests.named("ada")).get_by_role("button").first.click()
    bob.sees("and the cat outside")
    chooses(bob, message(bob, "the key is under the mat"), "Pin")
    for tab in (ada, bob):
        expect(message(tab, "the key is under the mat").locator(".mark")).to_have_text("Pinned")
        expect(tab.page.get_by_role("button", name="1 pinned message")).to_have_text("1")
    ada.page.get_by_role("button", name="1 pinned message").click()
    dialog = ada.page.get_by_role("dialog")
    expect(dialog.locator(".text")).to_have_text(["the key is under the mat"])
    guests.shot(ada, "pins")
    dialog.get_by_role("button", name="Show in the room").click()
    expect(dialog).to_have_count(0)
    expect(message(ada, "the key is under the mat")).to_be_focused()
    bob.page.get_by_role("button", name="1 pinned message").click()
    bob.page.get_by_role("dialog").get_by_role("button", name="Unpin").click()
    expect(bob.page.get_by_role("dialog")).to_contain_text("Nothing is pinned here.")
    for tab in (ada, bob):
        expect(tab.page.locator(".heading .pins")).to_have_count(0)
        expect(tab.page.locator(".mark")).to_have_count(0)


def test_a_mention_shows_as_unread_on_the_other_page(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    bob.say("here I am")
    ada.sees("here I am")
    guests.drawer(bob, "Rooms")
    bob.page.locator(".side .entry", has_text="lobby").get_by_role("button").first.click()
    bob.is_in("lobby")
    entry = bob.page.locator(".side .entry", has_text=guests.room)
    ada.say("nothing for anybody")
    expect(entry.locator(".badge")).to_have_text(["1"])
    expect(bob.page).to_have_title("(1) chatd")
    ada.say(f"look, @{guests.named('bob')}!")
    expect(entry.locator(".badge")).to_have_text(["@1", "2"])
    expect(bob.page).to_have_title("(@1) chatd")
    guests.drawer(bob, "Rooms")
    guests.shot(bob, "mention")
    # Whoever comes anew counts the same, by the server's word.
    bob.page.reload()
    bob.is_in("lobby")
    expect(entry.locator(".badge")).to_have_text(["@1", "2"])
    # What calls nobody any more is unread all the same.
    chooses(ada, ada.messages().last, "Edit")
    edit_field(ada).fill("look!")
    ada.page.get_by_role("button", name="Save").click()
    expect(entry.locator(".badge")).to_have_text(["2"])
    chooses(ada, ada.messages().last, "Edit")
    edit_field(ada).fill(f"@{guests.named('bob')} now")
    ada.page.get_by_role("button", name="Save").click()
    expect(entry.locator(".badge")).to_have_text(["@1", "2"])
    guests.drawer(bob, "Rooms")
    entry.get_by_role("button").first.click()
    bob.is_in(guests.room)
    expect(entry.locator(".badge")).to_have_count(0)
    expect(bob.page).to_have_title("chatd")
    expect(bob.page.locator(".message.called")).to_have_count(1)
    assert ada.page.locator(".message.called").count() == 0


@AT_A_DESK
def test_of_a_room_that_is_set_to_nothing_nobody_is_told(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    ada.say("it begins")
    bob.sees("it begins")
    bob.page.get_by_role("button", name="About this room").click()
    bob.page.get_by_label("Tell me").select_option(label="Of nothing")
    # It is the server's to remember.
    bob.page.keyboard.press("Escape")
    bob.page.reload()
    bob.is_in(guests.room)
    bob.page.get_by_role("button", name="About this room").click()
    expect(bob.page.get_by_label("Tell me")).to_have_value("nothing")
    bob.page.keyboard.press("Escape")
    bob.say("quiet here")
    ada.sees("quiet here")
    guests.drawer(bob, "Rooms")
    bob.page.locator(".side .entry", has_text="lobby").get_by_role("button").first.click()
    bob.is_in("lobby")
    ada.say(f"@{guests.named('bob')}?")
    entry = bob.page.locator(".side .entry", has_text=guests.room)
    expect(entry.locator(".badge.still")).to_have_text("1")
    expect(bob.page).to_have_title("chatd")


def test_without_a_line_what_was_changed_is_kept_until_there_is_one(people: People, daemon: Daemon) -> None:
    ada = people.tab().join("ada")
    ada.say("helo")
    ada.sees("helo")
    ada.page.get_by_placeholder("Write a message").press("ArrowUp")
    edit_field(ada).fill("hello")
    daemon.kill()
    ada.page.locator(".chat:not([data-link=open])").wait_for()
    edit_field(ada).press("Enter")
    expect(ada.page.locator("#edit-fault")).to_have_text("There is no connection right now.")
    expect(edit_field(ada)).to_have_value("hello")
    expect(edit_field(ada)).to_be_focused()
    daemon.start()
    ada.comes_back()
    edit_field(ada).press("Enter")
    ada.page.locator(".message .edited").wait_for()
    # What is fetched ahead is whole before the line is cut again.
    ada.page.locator("link[href='/files.css']").wait_for(state="attached")
    ada.page.wait_for_load_state("networkidle")
    # What was deleted without a line is deleted when there is one.
    daemon.kill()
    ada.page.locator(".chat:not([data-link=open])").wait_for()
    chooses(ada, message(ada, "hello"), "Delete")
    ada.page.mouse.move(5, 5)
    ada.page.get_by_placeholder("Write a message").focus()
    expect(ada.page.locator(".undo")).to_have_count(0)
    daemon.start()
    ada.comes_back()
    bob = people.tab().join("bob")
    bob.sees(GONE)


def test_moderators_delete_with_a_reason_and_call_for_all(chromium: Browser, tmp_path: Path) -> None:
    with server(tmp_path) as daemon:
        team = Team(chromium, f"{daemon.url}/")
        team.daemon = daemon
        olga, eve = team.owner(), team.guest("eve")
        eve.say("buy my stuff")
        olga.sees("buy my stuff")
        chooses(olga, message(olga, "buy my stuff"), "Delete")
        confirms(olga, "Delete", "no adverts")
        expect(olga.page.locator(".undo")).to_have_count(1)
        olga.page.mouse.move(5, 5)
        told = "A moderator deleted this message: no adverts"
        for tab in (eve, olga, team.guest("finn")):
            tab.sees(told)
        entry = olga.page.locator(".side .entry", has_text="Audit log").get_by_role("button").first
        entry.click()
        olga.page.locator(".message.deed", has_text="olga deleted a message of eve: no adverts").wait_for()
        olga.page.locator(".side .entry", has_text="lobby").get_by_role("button").first.click()
        box = olga.page.get_by_placeholder("Write a message")
        box.press_sequentially("@ro")
        olga.page.get_by_role("option", name="room").wait_for()
        box.press("Enter")
        box.press_sequentially("come")
        box.press("Enter")
        eve.page.locator(".message.called", has_text="@room come").wait_for()
        # For whoever looks after nothing it is a word like others.
        eve.say("@room look!")
        olga.sees("@room look!")
        assert olga.page.locator(".message.called").count() == 0
        team.go()


def test_axe_finds_nothing_where_messages_change(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    axe = Axe(ada.page, lambda scheme, state: guests.shot(ada, f"{scheme}-{state}"))
    ada.say("cake?")
    bob.sees("cake?")
    chooses(bob, message(bob, "cake?"), "Reply")
    bob.say(f"yes, @{guests.named('ada')}!")
    # What comes moves what is there, and then the mouse is over another message.
    message(ada, f"yes, @{guests.named('ada')}!").locator(".quote").wait_for()
    chooses(ada, message(ada, "cake?"), "👍")
    chooses(bob, message(bob, "cake?"), "👍")
    tools(ada, message(ada, "cake?")).get_by_role("button", name="More about").click()
    axe.looks("menu")
    ada.page.keyboard.press("Escape")
    tools(ada, message(ada, "cake?")).get_by_role("button", name="React").click()
    ada.page.locator(".floating .signs button").first.wait_for()
    axe.looks("picker")
    ada.page.keyboard.press("Escape")
    chooses(ada, message(ada, "cake?"), "Edit")
    axe.looks("edit")
    edit_field(ada).press("Escape")
    chooses(ada, message(ada, "cake?"), "Reply")
    axe.looks("replying")
    message(ada, "cake?").locator(".reaction").first.click(button="right")
    ada.page.get_by_role("dialog").wait_for()
    axe.looks("reactors")
    ada.page.keyboard.press("Escape")
    ada.page.get_by_role("button", name="About this room").click()
    ada.page.get_by_label("Tell me").wait_for()
    axe.looks("level")
    ada.page.keyboard.press("Escape")
    chooses(ada, message(ada, "cake?"), "Delete")
    axe.looks("undo")
    axe.found_nothing()
