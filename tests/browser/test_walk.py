"""
What people do with the page, from the tutorial's walk on.
"""

from __future__ import annotations

import contextlib
import json
import shutil

import pytest

from tests.browser.people import SEND, Error, People, Tab, expect
from tests.daemon import Daemon

pytestmark = pytest.mark.browser


def test_two_people_talk_as_in_the_tutorial(people: People) -> None:
    ada = people.tab().join("ada", "ada@example.org")
    bob = people.tab().join("bob")
    ada.sees_notice("bob joined")
    ada.say("hello, I am a :robot:")
    for tab in (ada, bob):
        tab.sees("hello, I am a 🤖")
        chip = tab.page.locator(".message .chip").last
        assert chip.inner_text().strip() == "ada"
        expect(chip.locator("img")).not_to_have_js_property("naturalWidth", 0)
    bob.page.get_by_placeholder("Write a message").fill("<b>hi</b>")
    bob.page.get_by_role("button", name="Send").click()
    for tab in (ada, bob):
        tab.sees("<b>hi</b>")
        assert tab.page.locator("header.top .brand").inner_text() == "chatd"
        assert tab.page.locator("footer").is_visible()
    bob.page.close()
    expect(ada.present()).to_have_count(1, timeout=20_000)
    ada.sees_notice("bob lost the connection")


def test_a_name_that_is_missing_or_not_allowed_or_taken_gets_a_notice(people: People) -> None:
    people.tab().join("ada")
    tab = people.tab()
    alert = tab.page.get_by_role("alert")
    for name, told in (
        ("", "You must choose a username"),
        ("   ", "You must choose a username"),
        ("<img src=x onerror=alert(1)>", "letters and digits"),
        ("javascript:alert(1)", "letters and digits"),
        ("a" * 33, "at most 32"),
        ("ADA", "Somebody else has this name"),
    ):
        tab.page.get_by_placeholder("Username").fill(name)
        tab.page.get_by_placeholder("Username").press("Enter")
        alert.get_by_text(told).wait_for()
        tab.page.locator("form.card").wait_for()
    tab.join("bob")


def test_enter_sends_and_shift_enter_breaks_the_line(people: People) -> None:
    ada = people.tab().join("ada")
    box = ada.page.get_by_placeholder("Write a message")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.press("Enter")
    expect(ada.messages()).to_have_count(1)
    assert ada.texts() == ["one\ntwo"]
    assert box.input_value() == ""
    # While an input method composes a word, Enter belongs to it.
    box.fill("composing")
    composing = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true})"
    box.evaluate(f"box => box.dispatchEvent({composing})")
    box.press("End")
    assert box.input_value() == "composing"


def test_rooms_are_made_joined_switched_between_and_left(people: People) -> None:
    ada = people.tab().join("ada")
    bob = people.tab().join("bob")
    ada.page.get_by_placeholder("Find or make a room").fill("tea-time")
    ada.page.get_by_placeholder("Find or make a room").press("Enter")
    ada.page.get_by_role("heading", level=1, name="tea-time").wait_for()
    ada.say("who wants tea?")
    ada.sees("who wants tea?")
    bob.page.get_by_placeholder("Find or make a room").fill("Tea-Time")
    bob.page.get_by_placeholder("Find or make a room").press("Enter")
    bob.page.get_by_role("heading", level=1, name="tea-time").wait_for()
    bob.sees("who wants tea?")
    ada.sees_notice("bob joined")
    ada.page.locator(".side .room", has_text="lobby").click()
    bob.say("I do")
    ada.page.locator(".side .room", has_text="tea-time").locator(".badge").get_by_text("1").wait_for()
    assert "I do" not in ada.texts()
    ada.page.locator(".side .room", has_text="tea-time").click()
    ada.sees("I do")
    bob.page.get_by_role("button", name="Leave tea-time").click(force=True)
    bob.page.get_by_role("heading", level=1, name="lobby").wait_for()
    ada.sees_notice("bob left")


def test_a_room_may_have_the_name_of_a_part_of_every_object(people: People) -> None:
    ada = people.tab().join("ada")
    for name in ("constructor", "__proto__"):
        ada.page.get_by_placeholder("Find or make a room").fill(name)
        ada.page.get_by_placeholder("Find or make a room").press("Enter")
        ada.page.get_by_role("heading", level=1, name=name).wait_for()
        assert ada.page.get_by_placeholder("Write a message").input_value() == ""
        ada.say(f"in {name}")
        ada.sees(f"in {name}")
    ada.page.reload()
    ada.sees("in __proto__")
    ada.page.locator(".side .room", has_text="constructor").click()
    ada.sees("in constructor")


def test_a_private_message_by_clicking_a_name_is_read_by_two(people: People) -> None:
    ada = people.tab().join("ada")
    bob = people.tab().join("bob")
    eve = people.tab().join("eve")
    ada.page.locator(".persons .chip", has_text="bob").click()
    ada.page.get_by_role("heading", level=1, name="bob").wait_for()
    ada.say("for you alone")
    ada.sees("for you alone")
    entry = bob.page.locator(".side .room", has_text="ada")
    entry.locator(".badge").get_by_text("1").wait_for()
    entry.click()
    bob.sees("for you alone")
    bob.say("thank you")
    ada.sees("thank you")
    ada.page.locator(".side .room", has_text="lobby").click()
    ada.say("for all")
    eve.sees("for all")
    assert eve.texts() == ["for all"]
    assert eve.page.get_by_text("for you alone").count() == 0


def test_older_messages_come_when_one_scrolls_up_and_what_is_read_stays_in_place(people: People) -> None:
    ada = people.tab().join("ada")
    said = [f"message {number}" for number in range(1, 181)]
    ada.page.evaluate(SEND, [json.dumps({"email": "", "username": "bot", "message": text}) for text in said])
    ada.sees("message 180")
    bob = people.tab().join("bob")
    bob.sees("message 180")
    assert len(bob.texts()) < 180
    box = bob.page.locator("#messages")
    assert box.evaluate("box => box.scrollHeight - box.scrollTop - box.clientHeight") <= 1
    for _ in range(20):
        if bob.page.locator(".beginning").count():
            break
        before = bob.texts()
        # The first one, since one below it moves when this is told from whom it is no more.
        held, place = box.evaluate(
            """box => {
                box.scrollTop = 10;
                const first = document.querySelector('.message');
                return [first.dataset.offset, first.offsetTop - box.scrollTop];
            }"""
        )
        bob.messages().nth(len(before)).or_(bob.page.locator(".beginning")).first.wait_for(state="attached")
        if len(bob.texts()) > len(before):
            first = f"document.querySelector('.message[data-offset=\"{held}\"]')"
            assert abs(box.evaluate(f"box => {first}.offsetTop - box.scrollTop") - place) <= 1
    assert bob.texts() == said
    # While one reads above, new messages do not move what one reads, and a button leads to them.
    box.evaluate("box => { box.scrollTop = 300; }")
    ada.say("news")
    bob.page.get_by_role("button", name="1 new message").wait_for()
    assert abs(box.evaluate("box => box.scrollTop") - 300) <= 1
    bob.page.get_by_role("button", name="1 new message").click()
    bob.sees("news")
    assert box.evaluate("box => box.scrollHeight - box.scrollTop - box.clientHeight") <= 1


def test_a_reloaded_tab_goes_on_as_it_was(people: People) -> None:
    ada = people.tab().join("ada")
    bob = people.tab().join("bob")
    ada.page.get_by_placeholder("Find or make a room").fill("den")
    ada.page.get_by_placeholder("Find or make a room").press("Enter")
    ada.page.get_by_role("heading", level=1, name="den").wait_for()
    ada.say("still here")
    ada.sees("still here")
    ada.page.reload()
    ada.page.get_by_role("heading", level=1, name="den").wait_for()
    ada.sees("still here")
    ada.page.locator(".message.mine").wait_for()
    ada.page.locator(".side .room", has_text="lobby").click()
    ada.say("me again")
    bob.sees("me again")
    assert bob.page.locator(".happening").get_by_text("ada joined").count() == 0
    expect(bob.present()).to_have_count(2)


def test_a_second_tab_is_the_same_person_under_the_same_name_only(people: People) -> None:
    here = people.browser()
    first = people.tab(here).join("ada")
    second = people.tab(here).join("ada")
    third = people.tab(here).join("bob")
    expect(third.present()).to_have_count(2)
    second.say("from the second")
    first.sees("from the second")
    first.page.locator(".message.mine").wait_for()
    third.sees("from the second")
    assert third.page.locator(".message.mine").count() == 0
    first.page.close()
    third.say("is ada still here?")
    second.sees("is ada still here?")
    expect(third.present()).to_have_count(2)


def test_changing_the_name_renames_the_person_in_all_their_tabs(people: People) -> None:
    here = people.browser()
    first = people.tab(here).join("ada")
    second = people.tab(here).join("ada")
    bob = people.tab().join("bob")
    first.say("before")
    bob.sees("before")
    first.page.get_by_role("button", name="ada").last.click()
    first.page.get_by_label("Your name").fill("ida")
    first.page.get_by_label("Your name").press("Enter")
    bob.sees_notice("ada is now ida")
    second.page.locator(".me", has_text="ida").wait_for()
    second.say("after")
    bob.sees("after")
    assert bob.page.locator(".message .name").all_inner_texts() == ["ada", "ida"]
    for tab in (first, second):
        tab.page.reload()
        tab.page.locator(".me", has_text="ida").wait_for()
        tab.page.locator(".message.mine").nth(1).wait_for()
    expect(bob.present()).to_have_count(2)


@pytest.mark.parametrize("ending", ["kill", "stop"])
def test_a_restart_of_the_daemon_loses_and_repeats_nothing_on_screen(
    people: People, daemon: Daemon, ending: str
) -> None:
    ada = people.tab().join("ada")
    bob = people.tab().join("bob")
    ada.sees_notice("bob joined")
    for number in range(1, 6):
        ada.say(f"before {number}")
    bob.sees("before 5")
    getattr(daemon, ending)()
    for tab in (ada, bob):
        tab.page.get_by_text("The connection is gone").wait_for()
    ada.say("while it was away, 1")
    ada.say("while it was away, 2")
    daemon.start()
    expected = [f"before {number}" for number in range(1, 6)]
    expected += [f"while it was away, {number}" for number in (1, 2)]
    for tab in (ada, bob):
        # Try now, where the page has not yet come back by itself, which it may do at this very moment.
        with contextlib.suppress(Error):
            tab.page.get_by_role("button", name="Try now").click(timeout=500, no_wait_after=True)
        tab.page.get_by_text("The connection is gone").wait_for(state="hidden", timeout=25_000)
        tab.sees("while it was away, 2")
    ada.say("and after")
    bob.sees("and after")
    ada.sees("and after")
    for tab in (ada, bob):
        assert tab.texts() == [*expected, "and after"]
        assert tab.page.locator(".unsent").count() == 0
    # Nobody has really come or gone.
    assert ada.page.locator(".happening").all_inner_texts() == ["bob joined"]
    expect(ada.present()).to_have_count(2)


def test_a_refused_message_is_told_and_its_text_is_not_lost(people: People) -> None:
    ada = people.tab().join("ada")
    ada.say("x" * 4001)
    ada.page.get_by_role("alert").get_by_text("too long").wait_for()
    assert ada.page.get_by_placeholder("Write a message").input_value() == "x" * 4001
    # What only the server can find wrong.
    ada.say("a\u0007bell")
    ada.page.get_by_role("button", name="Edit").click()
    expect(ada.page.get_by_placeholder("Write a message")).to_have_value("a\u0007bell")
    assert ada.page.locator(".unsent").count() == 0


def test_a_browser_that_stores_nothing_can_chat(people: People) -> None:
    context = people.browser()
    denied = "{ get() { throw new DOMException('denied', 'SecurityError'); } }"
    for name in ("localStorage", "sessionStorage"):
        context.add_init_script(f"Object.defineProperty(window, '{name}', {denied});")
    ada: Tab = people.tab(context).join("ada")
    ada.say("no memory")
    ada.sees("no memory")


def test_a_daemon_that_has_lost_its_log_is_a_fresh_start_for_an_open_page(
    people: People, daemon: Daemon
) -> None:
    ada = people.tab().join("ada")
    ada.say("of the old log")
    ada.sees("of the old log")
    daemon.kill()
    shutil.rmtree(daemon.data)
    daemon.start()
    expect(ada.messages()).to_have_count(0, timeout=25_000)
    ada.page.get_by_text("The connection is gone").wait_for(state="hidden")
    ada.say("of the new one")
    ada.sees("of the new one")
    assert ada.texts() == ["of the new one"]
    bob = people.tab().join("bob")
    bob.sees("of the new one")
    assert bob.texts() == ["of the new one"]
