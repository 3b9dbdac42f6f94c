"""
What somebody sends who wants to break the page for others.
"""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from tests.browser.people import SEND, People, Tab, expect, script

pytestmark = pytest.mark.browser

NAMES = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "a" + "\u0301\u0300\u0489" * 400,
    "\u202egnp.exe",
    "\u2067\u2066\u202e\u202d",
    "W" * 4000,
    "﷽" * 40,
    "\u200b\u200b",
    "&lt;b&gt;",
    "{{constructor.constructor('alert(1)')()}}",
    "ada",
)

TEXTS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '<a href="javascript:alert(1)">click</a> javascript:alert(1)',
    "Z" + "\u0301\u0327\u0489\u0360" * 999,
    "\u202eright to left, not ended (brackets)\nand the next line",
    "\u2067isolated, not ended",
    "W" * 4000,
    "﷽" * 600,
    "\n".join(str(number) for number in range(1000)),
    ":constructor: :__proto__: :robot",
    "${alert(1)} {{alert(1)}} &lt;b&gt;&#x0;",
)

COVERED = script("covered")
DIFFERENCE = script("difference")


def frames_of(pairs: list[tuple[str, str]]) -> list[str]:
    """
    What a client of the tutorial's wire sends for each name and text.
    """
    return [json.dumps({"email": "", "username": name, "message": text}) for name, text in pairs]


def pictures(tab: Tab) -> list[str]:
    """
    How the parts of the page look that no message belongs to: PNG in base64.
    """
    tab.page.mouse.move(2, 2)
    tab.page.evaluate("document.activeElement.blur()")
    parts = [tab.page.locator(part) for part in (".top", ".heading", ".composer", ".bottom")]
    # On a phone there is no footer once one is in.
    taken = [part.screenshot(animations="disabled") for part in parts if part.is_visible()]
    return [b64encode(picture).decode() for picture in taken]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (320, 568)], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_names_and_texts_show_as_text_and_cover_nothing(
    people: People, size: tuple[int, int], scheme: str
) -> None:
    context = people.browser(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    ada = people.tab(context).join("ada")
    other = people.tab()
    before = pictures(ada)
    pairs = [(name, f"I am number {number}") for number, name in enumerate(NAMES)]
    pairs += [("mallory", text) for text in TEXTS]
    other.page.evaluate(SEND, frames_of(pairs))
    expect(ada.messages()).to_have_count(len(pairs))
    assert ada.texts() == [text for _, text in pairs]
    names = ada.page.locator(".message .name").all_text_contents()
    assert names[0] == NAMES[0][:32]
    assert names[NAMES.index("\u202egnp.exe")] == "gnp.exe"
    assert names[NAMES.index("\u200b\u200b")] == "guest"
    expect(ada.page.locator(".message .tag")).to_have_count(ada.page.locator(".message.first").count())
    assert (
        ada.page.locator(
            ".message button:not(.more, .tools button), .message .text a, .message script"
        ).count()
        == 0
    )
    for part in (0, 0.25, 0.5, 0.75, 1):
        scrolled = "(box, part) => { box.scrollTop = part * box.scrollHeight; }"
        ada.page.locator("#messages").evaluate(scrolled, part)
        assert ada.page.evaluate(COVERED) == []
    # Not a point of the page's own parts has changed.
    expect(ada.page.locator(".newest")).to_have_count(0)
    judge = people.browser().new_page()
    for one, other_one in zip(before, pictures(ada), strict=True):
        # Chromium draws the edge of a layer now and then by a step or two otherwise; ink is a hundred.
        assert judge.evaluate(DIFFERENCE, [one, other_one]) <= 8
    judge.context.close()


def test_hostile_texts_of_a_person_show_as_text_too(people: People) -> None:
    ada = people.tab().join("ada")
    bob = people.tab().join("bob")
    # One ends in half a code, and Enter would be for the list of emoji that may have come by then.
    ada.touch = True
    for text in TEXTS:
        ada.say(text)
    expect(bob.messages()).to_have_count(len(TEXTS))
    assert bob.texts() == [text.strip() for text in TEXTS]
    assert bob.page.evaluate(COVERED) == []


def test_a_room_and_a_person_of_accents_stay_in_their_lines(people: People) -> None:
    ada = people.tab().join("ada")
    ghost = people.tab().join("a" + "\u0301\u0300" * 15)
    ghost.page.get_by_placeholder("Find or make a room").fill("r" + "\u0301\u0300" * 24)
    ghost.page.get_by_placeholder("Find or make a room").press("Enter")
    ghost.page.locator(".side .room").nth(1).wait_for()
    ada.page.locator(".persons li").nth(1).wait_for()
    for tab in (ada, ghost):
        assert tab.page.evaluate(COVERED) == []
        lines = tab.page.locator(".room, .persons .chip")
        assert max(lines.evaluate_all("all => all.map((one) => one.offsetHeight)")) <= 40
