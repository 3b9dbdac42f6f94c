"""
How one writes: the composer and what completes it, and a message from there to the log.
"""

from __future__ import annotations

import pytest

from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.people import expect

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

TEXT = """*slant* **bold** `co:robot:de` :robot:
> quote

- one
- two

```
let a;
```
<https://example.org/x> javascript:alert(1)"""


@AT_A_DESK
def test_what_is_typed_after_a_dialog_is_closed_is_for_the_message_field(guests: Guests) -> None:
    ada = guests.comes("ada")
    ada.page.get_by_role("button", name="Settings").click()
    ada.page.get_by_role("dialog").wait_for()
    # An open dialog keeps the focus from all else, and a key may come before the next frame is drawn.
    assert ada.page.evaluate(
        """() => {
            document.querySelector("dialog").dispatchEvent(new Event("cancel", { cancelable: true }));
            const box = document.querySelector(".composer textarea");
            box.focus();
            return document.activeElement === box;
        }"""
    )


def test_a_message_stands_there_at_once_and_keeps_its_place_when_it_is_kept(guests: Guests) -> None:
    context = guests.browser()
    ada = guests.comes("ada", context)
    box = ada.page.get_by_placeholder("Write a message")
    # What completes names comes when one first writes.
    box.fill("x")
    ada.page.evaluate("customElements.whenDefined('text-expander').then(() => {})")
    # All that was asked for is to be there: what cannot be had is a complaint of the browser's.
    ada.page.wait_for_load_state("networkidle")
    context.set_offline(True)
    # A WebSocket that is open outlives that, so nothing may be answered.
    ada.page.evaluate("WebSocket.prototype.send = function () {}")
    ada.say("on its way")
    unsent = ada.page.locator(".message.unsent")
    expect(unsent).to_have_count(1)
    expect(unsent.locator(".text")).to_have_css("opacity", "0.7")
    # At once, and not faded in.
    assert unsent.evaluate("one => getComputedStyle(one).animationName") == "none"
    unsent.evaluate("one => { one.mark = 'the same'; }")
    box.fill("a draft")
    assert ada.page.evaluate("sessionStorage.getItem('chatd.session')").count("on its way") == 1
    context.set_offline(False)
    ada.page.reload()
    ada.sees("on its way")
    expect(unsent).to_have_count(0)
    expect(box).to_have_value("a draft")
    expect(ada.messages()).to_have_count(1)
    # The very same element, when it is not reloaded in between.
    box.fill("")
    ada.page.evaluate(
        """() => {
            const { send } = WebSocket.prototype;
            WebSocket.prototype.send = function (data) { setTimeout(() => send.call(this, data), 300); };
        }"""
    )
    ada.say("kept")
    unsent.evaluate("one => { one.mark = 'the same'; }")
    expect(unsent).to_have_count(0)
    assert ada.messages().nth(1).evaluate("one => one.mark") == "the same"


def test_the_composer_grows_and_each_room_has_its_draft(guests: Guests) -> None:
    ada = guests.comes("ada")
    box = ada.page.get_by_placeholder("Write a message")
    small = box.bounding_box()
    box.fill("one\ntwo\nthree")
    assert box.bounding_box()["height"] > small["height"] + 30  # type: ignore[index]
    ada.page.evaluate("location.hash = '#/room/lobby'")
    ada.is_in("lobby")
    expect(box).to_have_value("")
    box.fill("of the lobby")
    ada.page.reload()
    ada.is_in("lobby")
    expect(box).to_have_value("of the lobby")
    ada.page.evaluate("room => { location.hash = `#/room/${room}`; }", guests.room)
    ada.is_in(guests.room)
    expect(box).to_have_value("one\ntwo\nthree")
    if guests.phone:
        # Who has no keyboard breaks the line by Enter, and sends by the button.
        box.press("End")
        box.press("Enter")
        expect(box).to_have_value("one\ntwo\nthree\n")
        ada.page.get_by_role("button", name="Send").click()
    else:
        box.press("Enter")
    expect(ada.messages()).to_have_count(1)


def test_names_and_emoji_are_completed(guests: Guests) -> None:
    ada = guests.comes("ada")
    bob = guests.comes("bob")
    expect(ada.present()).to_have_count(2)
    box = ada.page.get_by_placeholder("Write a message")
    box.press_sequentially("hi @bo")
    options = ada.page.get_by_role("option")
    expect(options).to_have_text([f"@{guests.named('bob')}"])
    guests.shot(ada, "completion")
    box.press("Enter")
    expect(box).to_have_value(f"hi @{guests.named('bob')} ")
    expect(ada.messages()).to_have_count(0)
    box.press_sequentially(":robo")
    expect(options.first).to_contain_text(":robot:")
    box.press("Tab")
    expect(box).to_have_value(f"hi @{guests.named('bob')} 🤖 ")
    box.press_sequentially("@zzz")
    expect(options).to_have_count(0)
    box.fill("at 10:30 ")
    box.press_sequentially("@bo")
    expect(options).to_have_count(1)
    box.press("Escape")
    expect(options).to_have_count(0)
    box.fill(f"@{guests.named('bob').upper()} look")
    ada.page.get_by_role("button", name="Send").click()
    expect(bob.page.locator(".message.called")).to_have_count(1)


def test_an_emoji_is_chosen_from_a_grid(guests: Guests) -> None:
    ada = guests.comes("ada")
    box = ada.page.get_by_placeholder("Write a message")
    box.fill("ab")
    box.press("ArrowLeft")
    button = ada.page.get_by_role("button", name="Emoji")
    button.click()
    dialog = ada.page.get_by_role("dialog", name="Emoji")
    dialog.get_by_label("grinning", exact=True).wait_for()
    guests.shot(ada, "emoji")
    dialog.get_by_role("button", name="Food").click()
    dialog.get_by_label("grapes").focus()
    ada.page.keyboard.press("ArrowRight")
    expect(dialog.get_by_label("melon", exact=True)).to_be_focused()
    dialog.get_by_label("Find an emoji").fill("robot")
    dialog.get_by_label("robot", exact=True).click()
    expect(box).to_have_value("a🤖b")
    expect(dialog).to_have_count(0)
    button.click()
    dialog.get_by_label("Find an emoji").fill("no such thing")
    dialog.get_by_text("Nothing is called that").wait_for()
    ada.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(box).to_be_focused()


def test_a_small_markdown_is_shown_and_links_tell_nothing(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", TEXT, ":robot: :tada:", "<b>no</b> __init__")
    text = ada.messages().first.locator(".text")
    expect(text.locator("em")).to_have_text("slant")
    expect(text.locator("strong")).to_have_text("bold")
    expect(text.locator("p code")).to_have_text("co:robot:de")
    expect(text.locator("blockquote")).to_have_text("quote")
    expect(text.locator("li")).to_have_text(["one", "two"])
    expect(text.locator("pre")).to_have_text("let a;")
    expect(text).to_contain_text("🤖")
    link = text.locator("a")
    expect(link).to_have_count(1)
    assert link.evaluate("link => [link.href, link.rel, link.target]") == [
        "https://example.org/x",
        "noopener noreferrer nofollow",
        "_blank",
    ]
    large = ada.messages().nth(1).locator(".text.large")
    expect(large).to_have_text("🤖 🎉")
    expect(ada.messages().nth(2).locator(".text")).to_have_text("<b>no</b> __init__")
    guests.shot(ada, "markdown")


def test_up_in_an_empty_line_changes_ones_last_message_and_arrows_lead_on(
    guests: Guests,
) -> None:
    ada = guests.comes("ada")
    for text in ("mine", "mine too"):
        ada.say(text)
    guests.speaks("bob", "not mine")
    expect(ada.messages()).to_have_count(3)
    box = ada.page.get_by_placeholder("Write a message")
    box.focus()
    box.press("ArrowUp")
    expect(ada.messages().nth(1).get_by_label("Edit the message")).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(box).to_be_focused()
    ada.page.locator("#messages").focus()
    ada.page.keyboard.press("ArrowUp")
    expect(ada.messages().nth(2)).to_be_focused()
    for _ in range(2):
        ada.page.keyboard.press("ArrowUp")
    expect(ada.messages().nth(0)).to_be_focused()
    ada.page.keyboard.press("End")
    expect(ada.messages().nth(2)).to_be_focused()
    # The first stop of the Tab key in it is the name.
    ada.page.keyboard.press("Tab")
    expect(ada.messages().nth(2).get_by_role("button").first).to_be_focused()
    # Enter on a message is all that can be done with it.
    ada.messages().nth(2).focus()
    ada.page.keyboard.press("Enter")
    menu = ada.page.get_by_role("menu")
    expect(menu.get_by_role("menuitemcheckbox").first).to_be_focused()
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        ada.page.keyboard.press(key)
    expect(menu.get_by_role("menuitemcheckbox").first).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(ada.messages().nth(2).get_by_role("button", name="More about")).to_be_focused()
    ada.page.keyboard.type("x")
    expect(box).to_have_value("x")


def test_what_the_server_refuses_can_be_tried_again_or_discarded(guests: Guests) -> None:
    ada = guests.comes("ada")
    for text in ("a\u0007bell", "another\u0007bell"):
        ada.page.get_by_placeholder("Write a message").fill(text)
        ada.page.get_by_role("button", name="Send").click()
    refused = ada.page.locator(".message.refused")
    expect(refused).to_have_count(2)
    guests.shot(ada, "refused")
    refused.first.get_by_role("button", name="Try again").click()
    expect(refused).to_have_count(2)
    refused.last.get_by_role("button", name="Discard").click()
    expect(refused).to_have_count(1)
