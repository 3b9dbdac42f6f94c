"""
What a person sees of files on their way: how far they are, that they were cut off, refused, given up.
"""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import SCHEMES, Axe
from tests.browser.house import Guests, guests, house
from tests.browser.parcels import attaches, carried, in_order, payload, sends
from tests.browser.people import expect

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

PART = 4 * 1024 * 1024
# The colour of what does not go on just now.
WARNS = {"light": (0x8A, 0x4B, 0x00), "dark": (0xF4, 0xBF, 0x75)}


def test_each_file_says_how_it_stands_and_what_was_cut_off_goes_on(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    axe = Axe(ada.page, lambda scheme, state: guests.shot(ada, f"uploads-{scheme}-{state}"))
    # What is refused and cut off the browser tells in its console.
    ada.page.remove_listener("console", ada._console)
    parts = itertools.count(1)
    deleted: list[str] = []

    def pass_one(route: Route) -> None:
        if route.request.method == "DELETE":
            deleted.append(route.request.url)
        if route.request.method != "PATCH" or next(parts) == 1:
            route.continue_()
        else:
            route.abort("connectionreset")

    ada.page.route("**/files/*", pass_one)
    attaches(ada, payload("the film of the summer party, uncut.mp4", bytes(PART + PART // 2)))
    film = carried(ada).filter(has_text="film")
    expect(film.locator(".note")).to_have_text("Cut off at 66 %. It goes on by itself.")
    ada.page.route("**/files/", lambda route: route.fulfill(status=413, body='{"code": "quota"}'))
    attaches(ada, payload("map.pdf", b"%PDF-1.4 x"))
    expect(carried(ada).filter(has_text="map.pdf").locator(".note")).to_have_text(
        "There is no room left for your files."
    )
    ada.page.unroute("**/files/")
    attaches(ada, *[payload(f"notes-{number}.txt", b"x") for number in range(4)])
    expect(ada.page.locator(".carried.cut")).to_have_count(3)
    expect(ada.page.locator(".carried.waiting")).to_have_count(2)
    in_order(ada)
    image = pytest.importorskip("PIL.Image")

    def colour() -> tuple[int, ...]:
        bar = image.open(io.BytesIO(film.locator("progress").screenshot())).convert("RGB")
        return bar.getpixel((4, bar.height // 2))

    for scheme in SCHEMES:
        ada.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # It is tried again now and then, and is another one while it is.
        assert any(colour() == WARNS[scheme] for _ in range(50))
    axe.looks("cut")
    # What is given up is gone, and the server is told.
    ada.page.get_by_role("button", name="Without notes-0.txt").click()
    expect(carried(ada).filter(has_text="notes-0.txt")).to_have_count(0)
    ada.page.get_by_role("button", name="Without map.pdf").click()
    ada.page.unroute("**/files/*")
    ada.page.evaluate("dispatchEvent(new Event('online'))")
    expect(ada.page.locator(".carried.whole")).to_have_count(4)
    assert len(deleted) == 1
    axe.looks("whole")
    axe.found_nothing()
    in_order(ada)
    sends(ada, "all of it")
    bob.sees("all of it")
    expect(bob.page.locator(".message .file .name")).to_have_text(
        ["the film of the summer party, uncut.mp4", "notes-1.txt", "notes-2.txt", "notes-3.txt"]
    )
    guests.shot(bob, "uploads-sent")
    in_order(bob)
