"""
The pictures of the page in the README: `python -m tests.browser.portrait` takes them anew, into docs/page/.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.house import SIZES
from tests.browser.parcels import attaches, drawn, payload, sends
from tests.browser.people import expect
from tests.browser.sayings import chooses, edit_field, message
from tests.browser.team import Team, signs_in
from tests.daemon import CHECKOUT, Daemon

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = CHECKOUT / "docs" / "page"


def beds() -> bytes:
    """
    A picture of a garden, as PNG.
    """
    width, height, scale = 300, 120, 3
    image = Image.new("RGB", (width * scale, height * scale), "#9fd3e6")
    draw = ImageDraw.Draw(image)
    draw.ellipse([690, 30, 780, 120], fill="#f7d774")
    draw.polygon([(0, 210), (300, 120), (620, 200), (900, 140), (900, 360), (0, 360)], fill="#7fae6e")
    draw.rectangle([0, 230, 900, 360], fill="#6d4c33")
    for row in range(3):
        y = 250 + row * 40
        draw.line([(0, y + 16), (900, y + 16)], fill="#59402b", width=6)
        for x in range(20 + row * 12, 900, 46):
            draw.ellipse([x, y - 14, x + 18, y + 2], fill="#3f8f4f")
            draw.ellipse([x + 12, y - 20, x + 30, y - 4], fill="#57a962")
            draw.line([(x + 15, y), (x + 15, y + 14)], fill="#3f8f4f", width=4)
    written = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(written, "PNG")
    return written.getvalue()


def says(team: Team, name: str, room: str, *commands: dict[str, object]) -> None:
    """
    Have somebody without a page do that in a room.
    """
    sent = [{"type": "join", "room": room}, *({"room": room} | command for command in commands)]
    team.crowd.speak([(name, sent)])


def conversation(team: Team) -> None:
    """
    What is said in the garden.
    """
    ada, grace = team.owner("ada"), team.guest("grace")
    for tab in (ada, grace):
        tab.enter("release")
        tab.is_in("release")
        tab.enter("garden")
        tab.is_in("garden")
    attaches(grace, payload("beds.png", beds(), "image/png"))
    expect(grace.page.locator(".carried.whole")).to_have_count(1)
    sends(grace, "The seedlings are in. **Three rows** of beans, two of peas.")
    ada.page.get_by_role("button", name="Show beds.png").wait_for()
    says(team, "linus", "garden", {"type": "say", "text": "Nice! Who waters on Saturday?"})
    ada.sees("Nice! Who waters on Saturday?")
    chooses(ada, message(ada, "Nice! Who waters on Saturday?"), "Reply")
    ada.say("I can. The hose is behind the shed: https://example.org/map")
    chooses(ada, ada.messages().filter(has_text="behind the shed"), "Edit")
    edit_field(ada).press("End")
    edit_field(ada).press_sequentially(" :tulip:")
    edit_field(ada).press("Enter")
    ada.page.locator(".edited").wait_for()
    thanks = "Thank you @ada! Set the timer to `water --minutes 20`:\n- beans *daily*\n- peas every other day"
    says(team, "linus", "garden", {"type": "say", "text": thanks})
    ada.page.locator(".message.called").wait_for()
    chooses(ada, ada.messages().filter(has_text="The seedlings"), "Pin")
    seeds = int(ada.messages().first.get_attribute("data-offset") or 0)
    for name, emoji in (("linus", "🌱"), ("maria", "🌱"), ("linus", "👍")):
        says(team, name, "garden", {"type": "react", "offset": seeds, "emoji": emoji, "on": True})
    chooses(ada, ada.messages().filter(has_text="Thank you"), "❤️")
    chooses(ada, ada.messages().filter(has_text="The seedlings"), "👍")


def portray(browser: Browser, team: Team) -> None:
    """
    Take all of them: at a desktop and on a phone, in the light and in the dark.
    """
    conversation(team)
    for size, options in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(**options, color_scheme=scheme)  # type: ignore[arg-type]
            tab = team.tab(context, "#/room/release")
            signs_in(tab, "ada")
            tab.is_in("release")
            tab.page.evaluate("location.hash = '#/room/garden'")
            tab.is_in("garden")
            says(team, "linus", "release", {"type": "say", "text": "@ada may I tag it?"})
            drawn(tab.page.get_by_role("button", name="Show beds.png").locator("img"))
            expect(tab.page.locator(".side .badge.called")).to_have_count(1)
            tab.page.locator("#messages").evaluate("one => one.scrollTo(0, one.scrollHeight)")
            tab.page.mouse.move(2, 2)
            tab.page.wait_for_load_state("networkidle")
            path = FOLDER / f"{size}-{scheme}.png"
            tab.page.screenshot(path=path, animations="disabled")
            Image.open(path).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """
    Do it with a server and a browser of its own.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        Daemon(Path(folder), flags=("--message-rate", "0")) as daemon,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        team = Team(browser, f"{daemon.url}/")
        team.daemon = daemon
        portray(browser, team)
        team.go()
        browser.close()


if __name__ == "__main__":
    main()
