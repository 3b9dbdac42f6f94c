"""
Files that are dropped on the page or pasted before what takes them is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.house import Guests, guests, house
from tests.browser.parcels import pastes, payload, sends
from tests.browser.people import Tab, expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Route

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]


def drops(tab: Tab, path: Path) -> None:
    """
    Drag a file of the disk over the window and let go, as the desktop would.
    """
    devtools = tab.page.context.new_cdp_session(tab.page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """
    A file on the disk.
    """
    path = tmp_path / "note.txt"
    path.write_text("tea at five", "utf-8")
    return path


def test_who_drops_a_file_at_once_stays_on_the_page_and_sends_it(guests: Guests, note: Path) -> None:
    held: list[Route] = []
    tab = guests.tab(at=f"#/room/{guests.room}")
    for name in ("attaching", "view/files"):
        tab.page.route(f"**/{name}.js", lambda route: held.append(route))
    tab.join(guests.named("ada"))
    tab.is_in(guests.room)
    drops(tab, note)
    pastes(tab, payload("two.txt", b"two"))
    tab.page.wait_for_timeout(200)
    assert tab.page.url.startswith(guests.url)
    for route in held:
        route.continue_()
    for name in ("attaching", "view/files"):
        tab.page.unroute(f"**/{name}.js")
    expect(tab.page.locator(".carried.whole")).to_have_count(2)
    sends(tab, "both")
    expect(tab.page.locator(".message .file .name")).to_have_text(["note.txt", "two.txt"])


def test_what_is_dropped_while_the_page_is_loaded_again_waits_for_its_room(
    guests: Guests, note: Path
) -> None:
    ada = guests.comes("ada")
    held: list[Route] = []
    ada.page.route("**/app.js", lambda route: held.append(route))
    ada.page.reload(wait_until="commit")
    there = "() => performance.getEntriesByName(`${location.origin}/incoming.js`).length > 0"
    ada.page.wait_for_function(there)
    ada.page.wait_for_timeout(300)
    drops(ada, note)
    held[0].continue_()
    ada.is_in(guests.room)
    expect(ada.page.locator(".carried.whole .name")).to_have_text("note.txt")


def test_at_the_door_a_dropped_file_goes_nowhere(guests: Guests, note: Path) -> None:
    tab = guests.tab(at=f"#/room/{guests.room}")
    tab.page.get_by_placeholder("Username").wait_for()
    drops(tab, note)
    tab.join(guests.named("ada"))
    tab.is_in(guests.room)
    sends(tab, "nothing with me")
    tab.sees("nothing with me")
    assert tab.page.locator(".message .file, .carried").count() == 0
    # Nor is it taken by who may not write, or has something else before them.
    tab.page.get_by_role("button", name="Settings").click()
    tab.page.get_by_role("dialog").wait_for()
    drops(tab, note)
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    assert tab.page.locator(".carried").count() == 0
