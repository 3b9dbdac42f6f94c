"""
Somebody who is not looking: when it rings, and how soon they have what they missed.
"""

from __future__ import annotations

import pytest

from tests.browser.house import ON_A_PHONE, Guests, guests, house
from tests.browser.people import Tab, expect

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

RINGS = """
  window.rings = 0;
  const part = () => ({
    frequency: {},
    gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} },
    connect: (next) => next,
    start() { rings += 1; },
    stop() {},
  });
  window.AudioContext = class {
    currentTime = 0;
    createOscillator = part;
    createGain = part;
  };
"""

# The line that the page spoke on last, and one that is dead: it takes everything and gives nothing.
LINE = """
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    window.line = this;
    if (!this.dead) send.call(this, data);
  };
"""
DEAD = "Object.assign(line, { dead: true, onmessage: null, onclose: null })"


def looks(tab: Tab, *, away: bool) -> None:
    """
    Put the tab in the background, or bring it to the front.
    """
    tab.page.evaluate(
        """away => {
            Object.defineProperty(document, "hidden", { value: away, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        away,
    )


def rung(tab: Tab, times: int) -> None:
    """It has rung so often. (The page's policy lets nobody wait for an expression in it.)"""
    for _ in range(200):
        if tab.page.evaluate("rings") == times:
            return
        tab.page.wait_for_timeout(50)
    raise AssertionError(f"it rang {tab.page.evaluate('rings')} times")


def test_it_rings_for_who_is_called_and_wants_it_and_does_not_look(guests: Guests) -> None:
    context = guests.browser()
    context.add_init_script(RINGS)
    ada = guests.comes("ada", context)
    call = f"@{guests.named('ada')} come"
    looks(ada, away=True)
    guests.speaks("bob", call)
    expect(ada.page).to_have_title("(@1) chatd")
    assert ada.page.evaluate("rings") == 0
    ada.page.get_by_role("button", name="Settings").click()
    ada.page.get_by_label("With a sound").check()
    # So that one knows what it sounds like.
    rung(ada, 1)
    ada.page.keyboard.press("Escape")
    guests.speaks("bob", "of no interest", call)
    expect(ada.page).to_have_title("(@2) chatd")
    rung(ada, 2)
    # Whoever looks at another room sees that there is something.
    looks(ada, away=False)
    ada.page.evaluate("location.hash = '#/room/lobby'")
    ada.is_in("lobby")
    guests.speaks("bob", call)
    expect(ada.page).to_have_title("(@1) chatd")
    assert ada.page.evaluate("rings") == 2
    # It is kept, and rings again after a reload.
    ada.page.evaluate("room => { location.hash = `#/room/${room}`; }", guests.room)
    ada.is_in(guests.room)
    ada.page.reload()
    ada.is_in(guests.room)
    looks(ada, away=True)
    guests.speaks("eve", call)
    expect(ada.page).to_have_title("(@1) chatd")
    rung(ada, 1)


@ON_A_PHONE
def test_who_comes_back_after_a_minute_has_what_was_missed_though_the_line_had_died(guests: Guests) -> None:
    context = guests.browser()
    context.add_init_script(LINE)
    ada = guests.comes("ada", context)
    ada.say("before")
    ada.sees("before")
    looks(ada, away=True)
    ada.page.evaluate(DEAD)
    guests.speaks("bob", "missed", "missed too")
    ada.page.evaluate("{ const { now } = Date; Date.now = () => now() + 61_000; }")
    looks(ada, away=False)
    # A line that is only silent would be waited for, for 20 seconds.
    ada.sees("missed too")
    assert ada.texts() == ["before", "missed", "missed too"]
    assert ada.page.evaluate("line.dead") is None
