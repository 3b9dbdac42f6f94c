"""
Who may do what with whom: private rooms, roles, and what moderators do, as it looks on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.people import PHONE, Tab, expect
from tests.browser.team import Team, chooses, confirms, message, person, rooms, server, told
from tests.browser.test_accounts import profile

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def team(chromium: Browser, tmp_path: Path) -> Iterator[Team]:
    """
    People on a server of their own.
    """
    with server(tmp_path) as daemon:
        them = Team(chromium, f"{daemon.url}/")
        them.daemon = daemon
        yield them
        them.go()
        assert "Traceback" not in daemon.log


def enters(room: str, *tabs: Tab) -> None:
    """
    Have them all be in that room.
    """
    for tab in tabs:
        tab.enter(room)
        tab.is_in(room)


def test_a_kick_is_seen_at_once_by_all_and_one_may_come_back(team: Team) -> None:
    olga, eve, bob = team.owner(), team.guest("eve"), team.guest("bob")
    enters("tea", olga, eve, bob)
    eve.say("buy my stuff")
    olga.sees("buy my stuff")
    chooses(olga, message(olga, "buy my stuff"), "Remove from the room")
    confirms(olga, "Remove", "no adverts")
    for tab in (olga, bob):
        tab.sees_notice("olga removed eve: no adverts")
        expect(person(tab, "eve")).to_have_count(0)
        assert tab.page.locator(".happening", has_text="eve was removed from").count() == 0
    told(eve, "tea: You have been removed from this room.")
    eve.is_in("lobby")
    assert "tea" not in rooms(eve)
    bob.say("not for eve")
    enters("tea", eve)
    eve.sees("not for eve")


def test_who_is_muted_reads_and_cannot_write_until_that_is_taken_back(team: Team) -> None:
    olga, eve = team.owner(), team.guest("eve")
    enters("tea", olga, eve)
    eve.say("one")
    olga.sees("one")
    chooses(olga, person(olga, "eve"), "Mute")
    confirms(olga, "Mute", how_long="For a week")
    eve.sees_notice("olga muted eve until")
    eve.page.locator(".silent").get_by_text("a moderator has muted you").wait_for()
    eve.say("two")
    eve.page.locator(".message.refused .why").get_by_text("has muted you").wait_for()
    olga.page.get_by_role("button", name="About this room").click()
    dialog = olga.page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Muted").wait_for()
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("heading", name="Muted")).to_have_count(0)
    eve.sees_notice("olga let eve write again")
    expect(eve.page.locator(".silent")).to_have_count(0)
    eve.page.get_by_role("button", name="Try again").click()
    olga.sees("two")


def test_a_ban_keeps_one_out_until_it_is_lifted(team: Team) -> None:
    olga, eve = team.owner(), team.guest("eve")
    enters("tea", olga, eve)
    chooses(olga, person(olga, "eve"), "Ban")
    confirms(olga, "Ban", "spam", how_long="For ever")
    told(eve, "tea: You have been banned from this room.")
    olga.sees_notice("olga banned eve: spam")
    eve.enter("tea")
    eve.page.locator("#room-fault").get_by_text("You have been banned here.").wait_for()
    olga.page.get_by_role("button", name="About this room").click()
    dialog = olga.page.get_by_role("dialog")
    dialog.get_by_text("by olga · for ever · spam").wait_for()
    dialog.get_by_role("button", name="Take back").click()
    olga.sees_notice("olga lifted the ban on eve")
    eve.page.get_by_placeholder("Find or make a room").press("Enter")
    eve.is_in("tea")


def test_who_is_banned_from_the_server_is_told_and_not_let_in_again(team: Team) -> None:
    olga, eve = team.owner(), team.guest("eve")
    expect(person(olga, "eve")).to_have_count(1)
    chooses(olga, person(olga, "eve"), "Ban")
    confirms(olga, "Ban", "spam", how_far="On the whole server")
    eve.page.locator(".line.closed").get_by_text("You have been banned from this server.").wait_for()
    eve.page.get_by_role("button", name="Join again").click()
    eve.page.get_by_role("alert").get_by_text("banned").wait_for()
    olga.page.get_by_role("button", name="Accounts and invitations").click()
    olga.page.get_by_role("dialog").get_by_text("by olga").wait_for()


def test_what_somebody_wrote_is_gone_for_all(team: Team) -> None:
    olga, eve, bob = team.owner(), team.guest("eve"), team.guest("bob")
    for text in ("spam", "more spam"):
        eve.say(text)
    bob.say("good words")
    for tab in (olga, eve, bob):
        tab.sees("good words")
    chooses(olga, message(olga, "more spam"), "Remove what they wrote")
    confirms(olga, "Remove", "spam", what="Of the last hour")
    gone = ["This message was deleted.", "This message was deleted.", "good words"]
    for tab in (olga, eve, bob):
        tab.sees_notice("olga removed what eve had written: spam")
        expect(tab.messages().locator(".text")).to_have_text(gone)
    bob.page.reload()
    expect(bob.messages().locator(".text")).to_have_text(gone)
    # Whoever looks through the door sees no more of it.
    glimpse = team.tab().page.locator(".glimpse .text")
    expect(glimpse).to_have_text(gone)


def test_a_report_reaches_the_moderators_with_a_way_to_the_message(team: Team) -> None:
    olga, eve, bob = team.owner(), team.guest("eve"), team.guest("bob")
    enters("tea", olga, eve, bob)
    eve.say("buy my stuff")
    bob.sees("buy my stuff")
    chooses(bob, message(bob, "buy my stuff"), "Report this message")
    confirms(bob, "Report", "an advert")
    told(bob, "The moderators have it now.")
    assert bob.page.get_by_role("heading", name="Server").count() == 0
    entry = olga.page.locator(".side .entry", has_text="Reports")
    expect(entry.locator(".badge")).to_have_text("1")
    entry.get_by_role("button").first.click()
    olga.is_in("Reports")
    report = olga.page.locator(".message.deed")
    expect(report).to_contain_text("bob reported a message of eve: an advert · in tea")
    expect(report.locator("blockquote")).to_have_text("buy my stuff")
    chooses(olga, report, "Mute")
    confirms(olga, "Mute", how_far="On the whole server")
    report.get_by_role("link", name="tea").click()
    olga.is_in("tea")
    expect(message(olga, "buy my stuff")).to_have_class(re.compile(r"\btarget\b"))
    olga.page.get_by_role("button", name="Audit log").click()
    olga.page.locator(".message.deed").get_by_text("muted").last.wait_for()
    assert olga.page.locator(".composer").count() == 0


def test_whom_one_ignores_is_not_heard_until_one_wants_to_again(team: Team) -> None:
    browser = team.browser()
    ada, eve = team.guest("ada", browser), team.guest("eve")
    eve.say("blah")
    ada.sees("blah")
    chooses(ada, message(ada, "blah"), "Ignore")
    told(ada, "You will not see what eve writes.")
    ada.sees_notice("1 message of somebody whom you ignore")
    assert ada.texts() == []
    eve.say("blah blah")
    ada.sees_notice("2 messages of people whom you ignore")
    ada.page.reload()
    ada.sees_notice("2 messages of people whom you ignore")
    profile(ada)
    ada.page.get_by_role("button", name="Stop ignoring").click()
    ada.page.keyboard.press("Escape")
    ada.sees("blah blah")
    assert ada.texts() == ["blah", "blah blah"]


def test_a_private_room_is_its_members_alone(team: Team) -> None:
    ada, bob, eve = team.member("ada"), team.guest("bob"), team.member("eve")
    expect(ada.present()).to_have_count(3)
    ada.page.get_by_role("button", name="New private room").click()
    ada.page.get_by_label("What it is called").fill("Surprise for eve")
    ada.page.get_by_label("Who is in it").fill("bo")
    ada.page.get_by_label("Who is in it").press("Enter")
    ada.page.get_by_role("button", name="Make the room").click()
    ada.is_in("Surprise for eve")
    told(bob, "ada has invited you to “Surprise for eve”.")
    bob.page.locator(".side .room", has_text="Surprise for eve").click()
    bob.is_in("Surprise for eve")
    bob.say("what a plan")
    ada.sees("what a plan")
    # What it is called on the wire stands nowhere on the page.
    name = ada.page.evaluate("decodeURIComponent(location.hash).split('/').at(-1)")
    assert name.startswith("+")
    for tab in (ada, bob):
        assert name not in tab.page.locator("body").inner_text()
    assert "Surprise for eve" not in rooms(eve)
    eve.page.goto(ada.page.url)
    eve.page.reload()
    told(eve, "There is no such room, or it is not for you.")
    # Somebody more, and somebody less.
    ada.page.get_by_role("button", name="About this room").click()
    dialog = ada.page.get_by_role("dialog")
    expect(dialog.locator("section .list li")).to_have_count(2)
    dialog.get_by_label("Invite people").fill("ev")
    dialog.get_by_role("option", name="eve", exact=True).click()
    dialog.get_by_role("button", name="Invite", exact=True).click()
    told(eve, "ada has invited you")
    expect(dialog.locator("section .list li")).to_have_count(3)
    ada.page.keyboard.press("Escape")
    eve.page.locator(".side .room", has_text="Surprise for eve").click()
    eve.sees("what a plan")
    chooses(ada, person(ada, "eve"), "Remove from the room")
    confirms(ada, "Remove")
    told(eve, "Surprise for eve: You have been removed from this room.")
    assert "Surprise for eve" not in rooms(eve)
    bob.page.get_by_role("button", name="About this room").click()
    bob.page.get_by_role("button", name="Leave for good…").click()
    bob.page.get_by_role("button", name="Leave for good", exact=True).click()
    ada.sees_notice("bob has left for good")
    bob.is_in("lobby")
    assert "Surprise for eve" not in rooms(bob)


def test_a_room_is_what_its_moderators_make_of_it(team: Team) -> None:
    olga, bob = team.owner(), team.member("bob")
    enters("tea", olga, bob)
    expect(person(olga, "bob")).to_have_count(1)
    olga.page.get_by_role("button", name="About this room").click()
    dialog = olga.page.get_by_role("dialog")
    dialog.get_by_label("Topic").fill("green or black")
    dialog.get_by_label("Let no newcomers in").check()
    dialog.get_by_role("button", name="Save").click()
    bob.page.locator(".heading .topic").get_by_text("green or black").wait_for()
    bob.sees_notice("olga changed the topic: green or black · olga locked it against newcomers")
    eve = team.guest("eve")
    eve.enter("tea")
    eve.page.locator("#room-fault").get_by_text("No newcomers").wait_for()
    dialog.get_by_label("The role of bob").select_option(label="moderator")
    olga.page.keyboard.press("Escape")
    bob.sees_notice("olga made bob a moderator")
    for tab in (olga, bob):
        expect(person(tab, "bob").locator(".note")).to_contain_text("moderator")
    bob.page.get_by_role("button", name="About this room").click()
    bob.page.get_by_label("Let no newcomers in").uncheck()
    bob.page.get_by_role("button", name="Save").click()
    bob.page.keyboard.press("Escape")
    enters("tea", eve)
    eve.page.get_by_role("button", name="About this room").click()
    assert eve.page.get_by_role("dialog").get_by_role("button", name="Save").count() == 0
    eve.page.get_by_role("dialog").get_by_text("green or black").wait_for()
    eve.page.keyboard.press("Escape")
    olga.page.get_by_role("button", name="About this room").click()
    dialog.get_by_label("Archive it").check()
    dialog.get_by_role("button", name="Save").click()
    for tab in (olga, bob, eve):
        tab.page.locator(".silent").get_by_text("archived").wait_for()
        expect(tab.page.locator(".composer")).to_have_count(0)


def test_a_moderator_of_the_server_gets_its_logs_and_loses_them_with_that(team: Team) -> None:
    olga, bob = team.owner(), team.member("bob")
    olga.page.get_by_role("button", name="Accounts and invitations").click()
    role = olga.page.get_by_role("dialog").get_by_label("The role of bob")
    role.select_option(label="moderator")
    bob.page.get_by_role("button", name="Reports").wait_for()
    role.select_option(label="member")
    expect(bob.page.get_by_role("button", name="Reports")).to_have_count(0)


def test_the_owner_makes_a_bot_and_sees_its_token_once(team: Team) -> None:
    olga = team.owner()
    olga.page.get_by_role("button", name="Accounts and invitations").click()
    dialog = olga.page.get_by_role("dialog")
    dialog.get_by_label("Name of a new bot").fill("herald")
    dialog.get_by_label("Rooms that it may use").fill("lobby")
    dialog.get_by_role("button", name="Make the bot").click()
    token = dialog.get_by_label("Its token").input_value()
    assert len(token) > 20
    dialog.locator(".list li", has_text="herald").locator(".tag", has_text="bot").wait_for()
    olga.page.keyboard.press("Escape")
    olga.page.get_by_role("button", name="Accounts and invitations").click()
    dialog.locator(".list li", has_text="herald").wait_for()
    assert token not in olga.page.locator("body").inner_html()


def test_the_menu_of_a_person_is_reached_and_left_by_the_keyboard(team: Team) -> None:
    ada, bob = team.guest("ada"), team.guest("bob")
    bob.say("hello")
    ada.sees("hello")
    ada.page.locator("#messages").focus()
    # The name, the time, and what one does most often come before it.
    for press in ("ArrowUp", "Tab", "Tab", "Tab", "Tab", "Tab", "Enter"):
        ada.page.keyboard.press(press)
    menu = ada.page.get_by_role("menu")
    expect(menu.get_by_role("menuitemcheckbox").first).to_be_focused()
    ada.page.keyboard.press("End")
    ada.page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem", name="Ignore")).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(message(ada, "hello").get_by_role("button", name="More about bob")).to_be_focused()
    # The other button of the mouse opens it too, on a name.
    ada.page.locator(".persons .chip", has_text="bob").click(button="right")
    expect(menu).to_have_count(1)
    ada.page.locator("#messages").click(position={"x": 5, "y": 5})
    expect(menu).to_have_count(0)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_in_any_dialog_about_people(team: Team, size: str) -> None:
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if size == "phone" else {}
    bob = team.guest("bob")
    bob.say("hello")
    olga = team.owner(context=team.browser(**phone))
    page = olga.page
    axe = Axe(page)

    def look(state: str) -> None:
        axe.looks(state)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{state} is too wide"

    def side() -> None:
        if phone:
            page.get_by_role("button", name="Rooms", exact=True).click()

    olga.sees("hello")
    said = message(olga, "hello")
    said.click()
    said.get_by_role("button", name="More about bob").click()
    page.get_by_role("menu").wait_for()
    look("menu")
    page.get_by_role("menuitem", name="Mute").click()
    confirms(olga, "Mute", "a try")
    for item in ("Ban", "Remove what", "Report"):
        said.click()
        said.get_by_role("button", name="More about bob").click()
        page.get_by_role("menuitem", name=item).click()
        page.get_by_role("dialog").wait_for()
        look(item)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="About this room").click()
    page.get_by_role("heading", name="Muted").wait_for()
    look("room")
    page.keyboard.press("Escape")
    for button, field in (
        ("New private room", "Who is in it"),
        ("Accounts and invitations", "For how many people"),
        ("You and your account", "Your name"),
    ):
        side()
        page.get_by_role("button", name=button).click()
        page.get_by_role("dialog").get_by_label(field).wait_for()
        look(button)
        page.keyboard.press("Escape")
    side()
    page.get_by_role("button", name="Audit log").click()
    page.locator(".message.deed").first.wait_for()
    look("audit log")
    axe.found_nothing()
