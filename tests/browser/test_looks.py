"""
Where things stand for who is not in yet, who reads from the right, and who has little room.
"""

from __future__ import annotations

import pytest

from tests.browser.house import ON_A_PHONE, Guests, guests, house
from tests.browser.people import COVERED, expect

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

# Whether the word beside the sign is whole or gone, and whether everything in the top bar is in the window.
TOP = """() => {
  const brand = document.querySelector(".brand");
  const range = document.createRange();
  range.selectNodeContents(brand.lastChild);
  const [word, box] = [range.getBoundingClientRect(), brand.getBoundingClientRect()];
  const whole = word.left >= box.left - 0.5 && word.right <= box.right + 0.5 && word.bottom <= box.bottom + 1;
  const gone = word.top >= box.bottom - 1;
  const sign = brand.querySelector("img").getBoundingClientRect();
  const controls = [...document.querySelectorAll(".top > *")].filter((one) => one.offsetWidth > 0);
  const boxes = controls.map((one) => one.getBoundingClientRect());
  const out = boxes.filter((one) => one.right > innerWidth || one.left < 0);
  return [whole || gone, sign.right <= box.right + 0.5, out.length];
}"""

# Where each letter of the first line stands.
LEFTS = """one => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  const [line] = walker.nextNode().data.split("\\n");
  return [...line].map((_, at) => {
    const range = document.createRange();
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + 1);
    return range.getBoundingClientRect().left;
  });
}"""


def test_at_the_door_what_one_person_says_is_one_group(guests: Guests) -> None:
    ada = guests.comes("ada", room="lobby")
    for text in ("one", "two"):
        ada.say(f"{text} of {guests.room}")
    guests.speaks("bob", f"three of {guests.room}", room="lobby")
    ada.sees(f"three of {guests.room}")
    tab = guests.tab()
    glimpse = tab.page.locator(".glimpse li").filter(has_text=f"of {guests.room}")
    expect(glimpse).to_have_count(3)
    assert [glimpse.nth(number).locator(".name").count() for number in range(3)] == [1, 0, 1]
    assert [glimpse.nth(number).locator(".picture").count() for number in range(3)] == [1, 0, 1]
    lefts = glimpse.locator(".text").evaluate_all("all => all.map((one) => one.getBoundingClientRect().left)")
    assert max(lefts) - min(lefts) < 1


def test_a_short_message_stands_beside_its_name_in_whichever_direction_it_is_written(guests: Guests) -> None:
    for language, text in (("ar", "hi"), ("en", "سلام")):
        tab = guests.tab(guests.browser(locale=language), f"#/room/{guests.room}")
        tab.page.locator("#username").fill(guests.named(f"ada-{language}"))
        tab.page.locator("#username").press("Enter")
        tab.is_in(guests.room)
        guests.speaks(f"bob-{language}", text, "long words " * 80)
        tab.sees(text)
        message = tab.messages().filter(has_text=text).last
        whole, name, words = (message.locator(part).bounding_box() for part in ("xpath=.", ".chip", ".text"))
        assert whole is not None
        assert name is not None
        assert words is not None
        apart = (
            (words["x"] + words["width"]) - (name["x"] + name["width"])
            if language == "ar"
            else words["x"] - name["x"]
        )
        assert abs(apart) <= 1
        assert words["width"] < whole["width"] / 2
        assert tab.page.evaluate(COVERED) == []


def test_code_is_read_from_the_left_in_every_language(guests: Guests) -> None:
    for language in ("en", "ar"):
        tab = guests.tab(guests.browser(locale=language), f"#/room/{guests.room}")
        tab.page.locator("#username").fill(guests.named(f"ada-{language}"))
        tab.page.locator("#username").press("Enter")
        tab.is_in(guests.room)
        guests.speaks(f"bob-{language}", "سلام `ls:`\n```\nfor x in range(10):\n    print(x)\n```")
        for part in ("pre", "p code"):
            code = tab.messages().last.locator(f".text {part}")
            expect(code).to_be_visible()
            # The colon that ends the line stands after its words.
            lefts = code.evaluate(LEFTS)
            assert lefts == sorted(lefts)


def test_who_is_typing_is_told_in_one_column_with_the_words(guests: Guests) -> None:
    ada = guests.comes("ada")
    guests.speaks("bob", "words")
    ada.sees("words")
    guests.act("bob", {"type": "typing", "room": guests.room})
    expect(ada.page.locator(".typing")).to_have_text(f"{guests.named('bob')} is typing")
    texts = [ada.page.locator(f"{part} >> nth=-1") for part in (".message .text", ".typing .name")]
    lefts = [text.evaluate(LEFTS)[0] for text in texts]
    assert abs(lefts[0] - lefts[1]) <= 1


@ON_A_PHONE
def test_the_top_bar_shows_its_sign_and_never_half_a_word(guests: Guests) -> None:
    ada = guests.comes("ada")

    def look(state: str) -> None:
        for width in (320, 360, 412):
            ada.page.set_viewport_size({"width": width, "height": 700})
            assert ada.page.evaluate(TOP) == [True, True, 0], (state, width)
            guests.shot(ada, f"narrow-{state}-{width}")

    look("quiet")
    # Much is unread, and many are here.
    enters = {"type": "join", "room": guests.room}
    guests.crowd.speak((guests.named(f"c{number}"), [enters]) for number in range(120))
    guests.speaks("bob", *(f"@{guests.named('ada')} {number}" for number in range(100)), room="lobby")
    expect(ada.page).to_have_title("(@100) chatd")
    look("crowded")
