"""
How a room is read: where the view stays, what is new in it, how one gets to what was said long ago.
"""

from __future__ import annotations

import pytest

from tests.browser.house import Guests, guests, house
from tests.browser.people import Tab, expect

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

MOST_ROWS = 300

DISTANCE = "box => box.scrollHeight - box.scrollTop - box.clientHeight"


def up(tab: Tab, pixels: int) -> None:
    """
    Scroll to so far above the end.
    """
    tab.page.locator("#messages").evaluate(
        "(box, above) => { box.scrollTop = box.scrollHeight - box.clientHeight - above; }", pixels
    )


def distance(tab: Tab) -> float:
    """
    How far above the end one reads.
    """
    found: float = tab.page.locator("#messages").evaluate(DISTANCE)
    return found


def test_the_view_follows_from_near_the_end_and_stays_where_one_reads_above(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bot", *(f"line {number}" for number in range(60)))
    ada.sees("line 59")
    up(ada, 80)
    guests.speaks("bot", "near")
    ada.sees("near")
    expect(ada.page.locator(".jump.newest")).to_have_count(0)
    assert distance(ada) <= 1
    up(ada, 400)
    expect(ada.page.locator(".jump.newest")).to_have_text("To the newest")
    first = ada.page.locator(".message", has_text="line 40")
    before = first.bounding_box()
    guests.speaks("bot", "far", "farther")
    button = ada.page.get_by_role("button", name="2 new messages")
    button.wait_for()
    assert first.bounding_box() == before
    expect(ada.page).to_have_title("(2) chatd")
    # What stands above grows, as when a text gets its Markdown late.
    ada.page.evaluate("document.querySelector('.message .text').style.height = '200px'")
    ada.page.wait_for_timeout(100)
    assert first.bounding_box() == before
    button.click()
    expect(button).to_have_count(0)
    assert distance(ada) <= 1
    expect(ada.page).to_have_title("chatd")


def test_groups_days_times_and_the_line_before_what_is_unread(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "one", "two")
    guests.speaks("eve", "three")
    expect(ada.messages()).to_have_count(3)
    assert [one.split("-")[0] for one in ada.page.locator(".message .name").all_inner_texts()] == [
        "bob",
        "eve",
    ]
    expect(ada.page.locator(".day:not(.unread)")).to_have_count(1)
    second = ada.messages().nth(1)
    time = second.locator("time")
    assert time.get_attribute("datetime").endswith("Z")  # type: ignore[union-attr]
    assert "20" in (second.locator(".at").get_attribute("title") or "")
    second.focus()
    expect(second.locator(".at")).to_have_css("opacity", "1")
    ada.page.keyboard.press("Tab")
    expect(second.locator(".at")).to_be_focused()
    content = "at => getComputedStyle(at, '::after').content"
    assert "20" in second.locator(".at").evaluate(content)
    # What comes while nobody looks is unread.
    ada.page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    guests.speaks("bob", "four", "five")
    expect(ada.page).to_have_title("(2) chatd")
    assert ada.page.locator("link[rel=icon]").get_attribute("href") == "/icon-unread.svg"
    ada.page.evaluate(
        """() => {
            delete document.hidden;
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    expect(ada.page).to_have_title("chatd")
    line = ada.page.locator(".day.unread")
    expect(line).to_have_count(1)
    assert line.evaluate("line => line.nextElementSibling.querySelector('.text').textContent") == "four"
    guests.shot(ada, "unread")
    ada.page.keyboard.press("Escape")
    expect(line).to_have_count(0)


def test_after_a_reload_one_is_led_to_the_first_unread(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "read")
    ada.sees("read")
    # The marker goes to the server a moment later.
    ada.page.wait_for_timeout(800)
    ada.page.goto("about:blank")
    guests.speaks("eve", *(f"missed {number}" for number in range(45)))
    ada.page.go_back()
    ada.is_in(guests.room)
    ada.page.get_by_role("button", name="To the first unread").click()
    expect(ada.messages().filter(has_text="missed 0")).to_be_in_viewport()
    expect(ada.page.locator(".day.unread")).to_be_in_viewport()
    expect(ada.page.get_by_role("button", name="To the first unread")).to_have_count(0)


def test_a_long_room_is_never_whole_on_the_page_and_any_message_is_found(guests: Guests) -> None:
    guests.speaks("bot", *(f"number {number}" for number in range(1, 1201)))
    bob = guests.comes("bob")
    bob.sees("number 1200")
    rows = bob.page.locator(".rows > li")
    seen = set(bob.texts())
    for _ in range(12):
        count = len(bob.texts())
        bob.page.locator("#messages").evaluate("box => { box.scrollTop = 0; }")
        bob.page.wait_for_timeout(120)
        seen |= set(bob.texts())
        assert rows.count() <= MOST_ROWS, count
    assert len(seen) > 500
    # A message by its address, far from all that is here.
    bob.page.evaluate("room => { location.hash = `#/room/${room}/30`; }", guests.room)
    target = bob.page.locator(".message[data-offset='30']")
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    assert "number 600" not in bob.texts()
    assert rows.count() <= MOST_ROWS
    guests.speaks("bot", "the newest")
    bob.page.get_by_role("button", name="1 new message").click()
    bob.sees("the newest")
    expect(bob.page.locator(".message").last).to_be_in_viewport()
    assert rows.count() <= MOST_ROWS
    # From the address alone, as one opens a link, and down from there by hand.
    eve = guests.tab(at=f"#/room/{guests.room}/1180").join(guests.named("eve"))
    expect(eve.page.locator(".message[data-offset='1180']")).to_be_in_viewport()
    up(eve, 0)
    eve.sees("the newest")
    # One that is not there.
    eve.page.evaluate("room => { location.hash = `#/room/${room}/99999`; }", guests.room)
    eve.page.get_by_role("alert").get_by_text("not here any more").wait_for()


def test_older_messages_come_by_a_button_too(guests: Guests) -> None:
    guests.speaks("bot", *(f"number {number}" for number in range(1, 71)))
    context = guests.browser()
    # The first page of what is older is lost on its way.
    context.add_init_script(
        """const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
          const command = JSON.parse(data);
          if (command.type !== "history" || window.again) return send.call(this, data);
          const refused = { type: "refused", ref: command.ref, code: "internal", message: "no" };
          setTimeout(() => this.onmessage({ data: JSON.stringify(refused) }));
        };"""
    )
    bob = guests.comes("bob", context)
    bob.page.locator("#messages").evaluate("box => { box.scrollTop = 0; }")
    button = bob.page.get_by_role("button", name="Show older messages")
    button.wait_for()
    # Not before: a scroll would ask again by itself, and the button be gone.
    bob.page.evaluate("addEventListener('pointerdown', () => { window.again = true; }, true)")
    button.click()
    expect(bob.page.locator(".beginning")).to_have_count(1)


def test_what_is_read_just_before_one_goes_is_read(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    bob.say("the last thing")
    ada.sees("the last thing")
    ada.page.goto("about:blank")
    bob.say("meanwhile")
    bob.sees("meanwhile")
    ada.page.goto(f"{guests.url}#/room/lobby")
    ada.is_in("lobby")
    # Whoever has read nothing of a room so far has nothing unread there.
    expect(ada.page.locator(".side .entry", has_text=guests.room).locator(".badge")).to_have_text(["1"])
