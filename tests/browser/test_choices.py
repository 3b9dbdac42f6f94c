"""
What one can choose, what one meets before one is in, and what is there for those who see or press little.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.house import Guests, guests, house
from tests.browser.people import Tab, expect

if TYPE_CHECKING:
    from tests.daemon import Daemon

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

PAPER = "getComputedStyle(document.body).backgroundColor"

ALERTS = """
  window.shown = [];
  window.asked = 0;
  window.badges = [];
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { asked += 1; return (this.permission = "granted"); }
    constructor(title, { body }) { shown.push(`${title}: ${body}`); }
    close() {}
  };
  Object.defineProperty(navigator, "setAppBadge", { value: async (count) => { badges.push(count); } });
  Object.defineProperty(navigator, "clearAppBadge", { value: async () => { badges.push(0); } });
"""


def hide(tab: Tab) -> None:
    """
    Put the tab in the background.
    """
    tab.page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )


def test_colours_follow_the_system_and_the_choice_wins(guests: Guests) -> None:
    tab = guests.tab(guests.browser(color_scheme="light"))
    tab.page.get_by_label("Username").wait_for()
    light = tab.page.evaluate(PAPER)
    tab.page.emulate_media(color_scheme="dark")
    dark = tab.page.evaluate(PAPER)
    assert dark != light
    tab.page.get_by_role("button", name="Settings").click()
    guests.shot(tab, "settings")
    tab.page.get_by_label("Colours").select_option("light")
    assert tab.page.evaluate(PAPER) == light
    tab.page.reload()
    tab.page.get_by_label("Username").wait_for()
    assert tab.page.evaluate(PAPER) == light
    tab.page.get_by_role("button", name="Settings").click()
    tab.page.get_by_label("Colours").select_option("system")
    assert tab.page.evaluate(PAPER) == dark
    # Nothing moves for those who asked for that, and what is chosen is seen without colours.
    tab.page.emulate_media(reduced_motion="reduce", forced_colors="active")
    tab.page.keyboard.press("Escape")
    tab.join(guests.named("ada"))
    current = tab.page.locator("[aria-current]").first
    assert current.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    still = """one => {
        one.style.animation = "appear 2s 3s";
        const { animationDuration, animationDelay } = getComputedStyle(one);
        return [animationDuration, animationDelay];
    }"""
    assert tab.page.locator(".side").evaluate(still) == ["1e-05s", "0s"]


@pytest.mark.parametrize("language", ["de", "es", "fr", "ar", "zh"])
def test_each_language_is_that_of_the_browser_or_chosen(guests: Guests, language: str) -> None:
    words = json.loads(urllib.request.urlopen(f"{guests.url}languages/{language}.json").read())
    tab = guests.tab(guests.browser(locale=language), f"#/room/{guests.room}")
    tab.page.get_by_role("button", name=words["Join"], exact=True).wait_for()
    assert tab.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        "rtl" if language == "ar" else "ltr",
    ]
    tab.page.locator("#username").fill(guests.named("ada"))
    tab.page.locator("#username").press("Enter")
    tab.is_in(guests.room)
    guests.speaks("bob", "hi")
    tab.sees("hi")
    guests.shot(tab, f"language-{language}")
    side, talk = (tab.page.locator(part).bounding_box() for part in (".side", ".talk"))
    assert side is not None
    assert talk is not None
    if not guests.phone:
        assert (side["x"] > talk["x"]) == (language == "ar")
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.page.get_by_role("button", name=words["Settings"]).click()
    tab.page.locator("#language").select_option("en")
    tab.page.get_by_role("dialog", name="Settings").wait_for()
    tab.page.keyboard.press("Escape")
    tab.page.reload()
    tab.page.get_by_placeholder("Write a message").wait_for()
    assert tab.page.evaluate("document.documentElement.dir") != "rtl"


def test_one_is_called_when_one_has_asked_to_be_and_nobody_looks(guests: Guests) -> None:
    context = guests.browser()
    context.add_init_script(ALERTS)
    ada = guests.comes("ada", context)
    me = guests.named("ada")
    hide(ada)
    guests.speaks("bob", f"@{me} not asked for")
    expect(ada.page).to_have_title("(@1) chatd")
    assert ada.page.evaluate("[asked, shown]") == [0, []]
    ada.page.get_by_role("button", name="Settings").click()
    assert not ada.page.get_by_label("With a sound").is_checked()
    ada.page.get_by_label("Notify me of private messages").check()
    expect(ada.page.get_by_label("Notify me of private messages")).to_be_checked()
    ada.page.wait_for_function("asked === 1")
    ada.page.keyboard.press("Escape")
    guests.speaks("bob", "of no interest", f"hello @{me}")
    expect(ada.page).to_have_title("(@2) chatd")
    ada.page.wait_for_function("shown.length > 0")
    assert ada.page.evaluate("shown") == [f"{guests.named('bob')}: hello @{me}"]
    assert ada.page.evaluate("badges.at(-1)") == 2


def test_where_there_can_be_no_notifications_it_says_why_and_one_can_chat(guests: Guests) -> None:
    context = guests.browser()
    context.add_init_script(
        """Object.defineProperty(window, "isSecureContext", { value: false });
        for (const name of ["Notification", "AudioContext", "showPopover"]) delete window[name];
        delete HTMLElement.prototype.showPopover;
        delete HTMLElement.prototype.popover;
        delete Navigator.prototype.setAppBadge;
        delete Navigator.prototype.clearAppBadge;"""
    )
    ada = guests.comes("ada", context)
    hide(ada)
    guests.speaks("bob", f"@{guests.named('ada')}")
    expect(ada.page).to_have_title("(@1) chatd")
    ada.page.get_by_role("button", name="Settings").click()
    ada.page.get_by_text("only over https").wait_for()
    expect(ada.page.get_by_label("Notify me of private messages")).to_be_disabled()
    ada.page.get_by_label("With a sound").check()
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_role("dialog")).to_have_count(0)
    ada.say("still here")
    ada.sees("still here")


def test_the_lobby_is_seen_before_one_has_a_name_and_nobody_sees_who_looks(guests: Guests) -> None:
    ada = guests.comes("ada", room="lobby")
    ada.say(f"seen by {guests.room}")
    ada.sees(f"seen by {guests.room}")
    count = ada.present().count()
    tab = guests.tab()
    tab.page.locator(".glimpse").get_by_text(f"seen by {guests.room}").wait_for()
    ada.say(f"live for {guests.room}")
    tab.page.locator(".glimpse").get_by_text(f"live for {guests.room}").wait_for()
    guests.shot(tab, "door")
    expect(tab.page.get_by_label("Username")).to_be_focused()
    tab.page.get_by_text("Only clients of the tutorial's wire see it").wait_for()
    # Some who were there before may have gone meanwhile.
    assert ada.present().count() <= count
    # The nearest name that can be had is offered.
    field = tab.page.get_by_label("Username")
    for typed, offered in (("a b", "a-b"), (guests.named("ada"), f"{guests.named('ada')}2")):
        field.fill(typed)
        field.press("Enter")
        tab.page.get_by_role("button", name=f"Take {offered}").click()
        expect(field).to_have_value(offered)
        expect(field).to_be_focused()
    field.press("Enter")
    tab.is_in("lobby")
    expect(tab.page.locator(".glimpse")).to_have_count(0)


def test_the_page_can_be_installed_and_says_what_it_needs(guests: Guests, house: Daemon) -> None:
    manifest = json.loads(urllib.request.urlopen(f"{house.url}/manifest.webmanifest").read())
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert urllib.request.urlopen(house.url + icon["src"]).status == 200
    tab = guests.tab(guests.browser(java_script_enabled=False))
    expect(tab.page.locator("noscript")).to_be_visible()
    assert "needs JavaScript" in (tab.page.locator("noscript").text_content() or "")


def test_what_a_screen_reader_goes_by_is_there(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "said before")
    ada.sees("said before")
    for role in ("banner", "navigation", "main", "contentinfo") if not guests.phone else ("banner", "main"):
        expect(ada.page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    assert ada.page.locator("#messages [aria-live]").count() == 0
    expect(ada.page.locator("#messages > ol[role=list] > li.message")).to_have_count(1)
    log = ada.page.get_by_role("log")
    guests.speaks("bob", "said now")
    expect(log).to_have_text(f"{guests.named('bob')}: said now")
    # The first thing that the Tab key comes to leads to where one writes.
    ada.page.evaluate("document.activeElement.blur()")
    skip = ada.page.get_by_role("link", name="To the message field")
    skip.focus()
    expect(skip).to_be_in_viewport()
    skip.press("Enter")
    expect(ada.page.get_by_placeholder("Write a message")).to_be_focused()


def test_axe_finds_nothing_in_any_state(guests: Guests) -> None:
    context = guests.browser()
    guests.comes("bob").say("hello :robot: *there* `code` https://example.org")
    tab = guests.tab(context)
    tab.page.get_by_label("Username").wait_for()
    outside = Axe(tab.page)
    outside.looks("door")
    tab.page.get_by_role("button", name="Settings").click()
    outside.looks("settings")
    outside.found_nothing()
    tab.page.goto("about:blank")
    ada = guests.comes("ada", context)
    axe = Axe(ada.page)
    ada.say(f"hello @{guests.named('bob')}")
    ada.say("a\u0007bell")
    ada.page.locator(".refused").wait_for()
    axe.looks("room")
    for name in ("Go to a room or a person", "Settings"):
        ada.page.get_by_role("button", name=name, exact=True).click()
        ada.page.get_by_role("dialog").wait_for()
        axe.looks(name)
        ada.page.keyboard.press("Escape")
    ada.page.locator("#messages").focus()
    ada.page.keyboard.press("Shift+?")
    ada.page.get_by_role("dialog", name="Keyboard").wait_for()
    axe.looks("help")
    ada.page.keyboard.press("Escape")
    ada.page.get_by_role("button", name="Emoji").click()
    ada.page.get_by_label("grinning", exact=True).wait_for()
    axe.looks("emoji")
    ada.page.keyboard.press("Escape")
    ada.page.get_by_placeholder("Write a message").press_sequentially("@bo")
    ada.page.get_by_role("option").first.wait_for()
    axe.looks("completion")
    ada.page.get_by_placeholder("Write a message").fill("")
    for drawer in ("Rooms", "People") if guests.phone else ():
        guests.drawer(ada, drawer)
        axe.looks(drawer)
        ada.page.keyboard.press("Escape")
    guests.drawer(ada, "People")
    ada.page.locator(".persons .chip", has_text=guests.named("bob")).click()
    ada.is_in(guests.named("bob"))
    axe.looks("private")
    guests.shot(ada, "private")
    axe.found_nothing()
