"""
From a guest to an account, and what one does with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.people import Tab, expect
from tests.browser.team import PASSWORD, Team, message, owner_path, server, signs_in, signs_up, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def team(chromium: Browser, tmp_path: Path) -> Iterator[Team]:
    """
    People on a server of their own, of which nobody is the owner yet.
    """
    with server(tmp_path) as daemon:
        them = Team(chromium, f"{daemon.url}/")
        them.daemon = daemon
        yield them
        them.go()
        assert "Traceback" not in daemon.log, daemon.log


def kept(tab: Tab) -> str:
    """
    All that scripts can read of what the browser keeps.
    """
    found: str = tab.page.evaluate(
        "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])"
    )
    return found


def profile(tab: Tab) -> None:
    """
    Open the dialog about oneself.
    """
    button = tab.page.locator(".me").get_by_role("button", name="account")
    button.click()
    tab.page.get_by_role("dialog").wait_for()


def test_the_link_of_the_first_start_makes_one_the_owner_once(team: Team) -> None:
    path = owner_path(team.daemon)
    ada = team.tab(at=path)
    ada.page.get_by_text("makes you the owner").wait_for()
    assert "owner" not in ada.page.url
    signs_up(ada, "ada")
    ada.page.get_by_role("heading", name="Server", exact=True).wait_for()
    ada.page.get_by_role("button", name="Audit log").click()
    ada.is_in("Audit log")
    late = team.tab(at=path)
    late.page.get_by_label("Username", exact=True).fill("eve")
    late.page.get_by_label("Password", exact=True).fill(PASSWORD)
    late.page.get_by_label("Password, once more").fill(PASSWORD)
    late.page.locator("form.account").get_by_role("button", name="Make an account").click()
    late.page.get_by_text("not good any more").wait_for()
    # That the server says no is told in the console, by the browser and not by the page.
    late.complaints.clear()


def test_whoever_has_an_account_can_become_the_owner_by_such_a_link(team: Team) -> None:
    ada = team.member("ada")
    assert ada.page.get_by_role("heading", name="Server", exact=True).count() == 0
    ada.page.goto(f"{team.url}{owner_path(team.daemon)}")
    ada.page.get_by_text("makes you the owner").wait_for()
    dialog = ada.page.get_by_role("dialog")
    expect(dialog.get_by_label("Username", exact=True)).to_have_value("ada")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_have_count(0)
    ada.page.get_by_role("heading", name="Server", exact=True).wait_for()


def test_a_guest_keeps_messages_and_conversations_on_becoming_an_account(team: Team) -> None:
    ada, bob = team.guest("ada"), team.guest("bob")
    ada.say("I was a guest")
    bob.sees("I was a guest")
    ada.page.locator(".persons .chip", has_text="bob").click()
    ada.say("for you alone")
    ada.sees("for you alone")
    assert "chatd.token." in kept(ada)
    profile(ada)
    ada.page.get_by_text("You stay who you are").wait_for()
    signs_up(ada)
    told(ada, "kept under your account")
    assert "chatd.token." not in kept(ada)
    elsewhere = team.tab()
    signs_in(elsewhere, "ada")
    elsewhere.sees("I was a guest")
    expect(message(elsewhere, "I was a guest")).to_have_class(re.compile(r"\bmine\b"))
    elsewhere.page.locator(".side .room", has_text="bob").click()
    elsewhere.sees("for you alone")
    # It is the same person on both sides.
    elsewhere.say("from elsewhere")
    ada.sees("from elsewhere")


def test_the_other_tabs_of_a_guest_who_becomes_an_account_come_along_and_nobody_elses(team: Team) -> None:
    browser = team.browser()
    ada, other, bob = team.guest("ada", browser), team.guest("ada", browser), team.guest("bob")
    eve = team.browser()
    token = ada.page.evaluate("localStorage.getItem('chatd.token.ada')")
    eve.add_init_script(f"localStorage.setItem('chatd.token.ada', {token!r})")
    thief = team.guest("ada", eve)
    expect(bob.present()).to_have_count(2)
    profile(ada)
    signs_up(ada)
    told(ada, "kept under your account")
    thief.page.get_by_role("heading", name="Come in").wait_for()
    for tab in (ada, other):
        tab.say(f"{'one' if tab is ada else 'two'} of us")
        bob.sees(f"{'one' if tab is ada else 'two'} of us")
    expect(bob.present()).to_have_count(2)


def test_who_has_an_account_is_in_again_after_a_reload_and_in_another_tab(team: Team) -> None:
    browser = team.browser()
    waiting = team.tab(browser)
    ada = team.member("ada", browser)
    # A tab at the door comes along.
    waiting.is_in("lobby")
    ada.page.reload()
    ada.is_in("lobby")
    another = team.tab(browser)
    another.is_in("lobby")
    expect(another.present()).to_have_count(1)
    assert PASSWORD not in kept(ada)
    assert "chatd.token." not in kept(ada)
    assert ada.page.evaluate("document.cookie") == ""


def test_who_logs_out_is_at_the_door_in_all_tabs_and_comes_back_with_the_password(team: Team) -> None:
    browser = team.browser()
    ada = team.member("ada", browser)
    other = team.tab(browser)
    other.is_in("lobby")
    ada.page.get_by_role("button", name="Log out").click()
    ada.page.get_by_role("button", name="Sign out").click()
    for tab in (ada, other):
        tab.page.get_by_role("heading", name="Come in").wait_for()
    ada.page.reload()
    ada.page.get_by_role("heading", name="Come in").wait_for()
    signs_in(ada, "ada", "wrong horse")
    ada.page.get_by_text("do not belong together").wait_for()
    ada.complaints.clear()
    signs_in(ada, "ada")
    ada.is_in("lobby")


def test_a_name_with_an_account_is_nobody_elses(team: Team) -> None:
    team.member("ada").page.close()
    eve = team.tab()
    eve.page.locator("#username").fill("ADA")
    eve.page.locator("#username").press("Enter")
    eve.page.get_by_role("alert").get_by_text("Somebody else has this name").wait_for()


def test_one_signs_out_everywhere_else(team: Team) -> None:
    ada, other = team.member("ada"), team.tab()
    signs_in(other, "ada")
    other.is_in("lobby")
    profile(ada)
    rows = ada.page.get_by_role("dialog").locator(".list li")
    expect(rows).to_have_count(2)
    ada.page.get_by_role("button", name="Sign out everywhere else").click()
    told(other, "You have been signed out")
    other.page.get_by_role("heading", name="Come in").wait_for()
    expect(rows).to_have_count(1)
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_role("dialog")).to_have_count(0)
    ada.say("still here")
    ada.sees("still here")


def test_another_password_ends_all_other_places(team: Team) -> None:
    ada, other = team.member("ada"), team.tab()
    signs_in(other, "ada")
    other.is_in("lobby")
    profile(ada)
    ada.page.get_by_text("Change the password").first.click()
    ada.page.get_by_label("The password you have").fill("wrong horse")
    ada.page.get_by_label("The new one", exact=True).fill("battery staple")
    ada.page.get_by_label("The new one, once more").fill("battery staple")
    ada.page.get_by_role("button", name="Change the password").click()
    ada.page.get_by_text("not the password").wait_for()
    ada.complaints.clear()
    ada.page.get_by_label("The password you have").fill(PASSWORD)
    ada.page.get_by_role("button", name="Change the password").click()
    told(other, "You have been signed out")
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_role("dialog")).to_have_count(0)
    ada.say("still here")
    ada.sees("still here")
    signs_in(other, "ada", "battery staple")
    other.is_in("lobby")


def test_what_is_wrong_with_a_new_password_is_told_at_once(team: Team) -> None:
    tab = team.tab()
    tab.page.get_by_role("button", name="Make an account").click()
    field = tab.page.get_by_label("Password", exact=True)
    tab.page.get_by_label("Username", exact=True).fill("ada")
    for one, other, words in (("short", "short", "at least 8"), (PASSWORD, "else", "not the same")):
        field.fill(one)
        tab.page.get_by_label("Password, once more").fill(other)
        tab.page.get_by_label("Password, once more").press("Enter")
        tab.page.get_by_role("alert").get_by_text(words).wait_for()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_focused()


def test_a_server_can_want_an_invitation(chromium: Browser, tmp_path: Path) -> None:
    with server(tmp_path, "--sign-up", "invite") as daemon:
        team = Team(chromium, f"{daemon.url}/")
        team.daemon = daemon
        olga = team.owner()
        bob = team.tab()
        bob.page.get_by_role("button", name="I have an account").wait_for()
        assert bob.page.get_by_role("button", name="Make an account").count() == 0
        olga.page.get_by_role("button", name="Accounts and invitations").click()
        olga.page.get_by_role("button", name="Make a link").click()
        link = olga.page.get_by_label("The link").input_value()
        assert link.startswith(f"{daemon.url}/#/invite/")
        expect(olga.page.get_by_role("dialog").get_by_text("good for 1 more")).to_have_count(1)
        bob.page.goto(link)
        bob.page.reload()
        invited = team.tab(at=link.removeprefix(f"{daemon.url}/"))
        invited.page.get_by_text("You are invited").wait_for()
        assert "invite" not in invited.page.url
        signs_up(invited, "bob")
        invited.is_in("lobby")
        team.go()
        assert link.rpartition("/")[2] not in daemon.log


def test_where_guests_only_read_the_page_says_so(chromium: Browser, tmp_path: Path) -> None:
    with server(tmp_path, "--guests", "read") as daemon:
        team = Team(chromium, f"{daemon.url}/")
        team.daemon = daemon
        olga = team.owner()
        olga.say("welcome")
        bob = team.tab()
        bob.page.get_by_text("Guests can read here").wait_for()
        bob.page.locator("#username").fill("bob")
        bob.page.locator("#username").press("Enter")
        bob.sees("welcome")
        bob.page.locator(".silent").get_by_text("needs an account").wait_for()
        bob.page.locator(".silent").get_by_role("button", name="Make an account").click()
        signs_up(bob)
        bob.say("thank you")
        olga.sees("thank you")
        team.go()


def test_where_guests_do_not_come_in_the_page_says_so(chromium: Browser, tmp_path: Path) -> None:
    with server(tmp_path, "--guests", "off") as daemon:
        team = Team(chromium, f"{daemon.url}/")
        team.daemon = daemon
        team.owner().say("welcome")
        bob = team.tab()
        bob.page.get_by_text("Who comes in here has an account").wait_for()
        assert bob.page.get_by_role("button", name="Come in as a guest").count() == 0
        bob.page.get_by_role("button", name="Make an account").click()
        signs_up(bob, "bob")
        bob.sees("welcome")
        team.go()
