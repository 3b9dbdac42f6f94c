"""
Files on the page: chosen, dropped, pasted; cut off and gone on with; shown, and gone with their message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import Axe
from tests.browser.house import AT_A_DESK, Guests, guests, house
from tests.browser.parcels import attaches, brings, carried, drawn, in_order, payload, picture, sends
from tests.browser.people import PHONE, People, expect
from tests.browser.team import server
from tests.daemon import CHECKOUT, Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.browser

__all__ = ["guests", "house"]

# Of the whole file, as a number that each byte and its place change.
SUM = """async (path) => {
  const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum = (sum * 31 + bytes[at]) >>> 0;
  return [bytes.length, sum];
}"""


def test_a_picture_is_dropped_sent_seen_and_looked_at(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    brings(ada, "dragenter", ("view.png", "image/png", b"x"))
    expect(ada.page.locator(".dropping")).to_be_visible()
    guests.shot(ada, "files-dropping")
    brings(ada, "dragleave", ("view.png", "image/png", b"x"))
    expect(ada.page.locator(".dropping")).to_have_count(0)
    brings(
        ada,
        "drop",
        ("view.png", "image/png", picture()),
        ("tall.png", "image/png", picture(300, 900, "maroon")),
    )
    expect(ada.page.locator(".carried.whole")).to_have_count(2)
    guests.shot(ada, "files-tray")
    in_order(ada)
    sends(ada, "from the hill")
    expect(carried(ada)).to_have_count(0)
    bob.sees("from the hill")
    shown = bob.page.get_by_role("button", name="Show view.png")
    # Its place is kept before it is there.
    assert shown.locator("img").get_attribute("width") == "360"
    drawn(shown.locator("img"))
    drawn(ada.page.get_by_role("button", name="Show tall.png").locator("img"))
    guests.shot(bob, "files-pictures")
    in_order(bob)
    if guests.phone:
        shown.tap()
    else:
        # By the keyboard one comes to it from its message.
        bob.page.locator(".message").last.focus()
        for _ in range(6):
            if shown.evaluate("one => one === document.activeElement"):
                break
            bob.page.keyboard.press("Tab")
        bob.page.keyboard.press("Enter")
    dialog = bob.page.get_by_role("dialog")
    drawn(dialog.locator("img.there"))
    expect(dialog.locator("img.there")).to_have_attribute("alt", "view.png")
    guests.shot(bob, "files-lightbox")
    bob.page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="tall.png")).to_be_visible()
    dialog.get_by_role("button", name="Full size").click()
    expect(dialog.get_by_role("button", name="Fit to the window")).to_have_attribute("aria-pressed", "true")
    drawn(dialog.locator("img.there"))
    assert dialog.locator("img.there").evaluate("image => image.clientHeight") == 900
    guests.shot(bob, "files-lightbox-whole")
    dialog.get_by_role("button", name="Fit to the window").click()
    expect(dialog.locator(".stage.whole")).to_have_count(0)
    assert dialog.locator("img.there").evaluate("image => image.clientHeight") < 900
    dialog.get_by_role("button", name="The picture before").click()
    expect(dialog.get_by_role("button", name="The picture before")).to_have_count(0)
    with bob.page.expect_download() as download:
        dialog.get_by_role("link", name="Download view.png").click()
    assert download.value.suggested_filename == "view.png"
    bob.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(shown).to_be_focused()


def test_files_are_cards_and_go_without_a_word(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    attaches(ada, payload("notes <b>.txt", b"tea at five"), payload("a.zip", b"PK\x03\x04" + bytes(5000)))
    expect(ada.page.locator(".carried.whole")).to_have_count(2)
    ada.page.get_by_role("button", name="Without a.zip").click()
    brings(ada, "paste", ("tone.wav", "audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)))
    expect(ada.page.locator(".carried.whole")).to_have_count(2)
    if guests.phone:
        sends(ada)
    else:
        ada.page.get_by_placeholder("Write a message").press("Enter")
    cards = bob.page.locator(".message .file")
    expect(cards.locator(".name")).to_have_text(["notes <b>.txt", "tone.wav"])
    expect(cards.first).to_contain_text("11 bytes")
    expect(bob.page.locator(".message audio")).to_have_count(1)
    guests.shot(bob, "files-cards")
    in_order(bob)
    with bob.page.expect_download() as download:
        cards.first.get_by_role("link").click()
    assert download.value.path().read_bytes() == b"tea at five"
    assert bob.complaints == []
    # What is deleted is gone.
    ada.page.locator(".message.mine").last.hover()
    if guests.phone:
        ada.page.locator(".message.mine .chip").last.tap()
    ada.page.locator(".message.mine .more").last.click()
    ada.page.get_by_role("menuitem", name="Delete").click()
    # As long as one is at the button that undoes it, it waits.
    ada.page.mouse.move(5, 5)
    ada.page.get_by_placeholder("Write a message").focus()
    expect(bob.page.locator(".message .file")).to_have_count(0, timeout=15_000)


def test_a_message_waits_for_its_files_and_can_be_taken_back(guests: Guests) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            held.append(route)
        else:
            route.continue_()

    ada.page.route("**/files/*", hold)
    attaches(ada, payload("one.txt", b"one"), payload("two.txt", b"two"))
    expect(ada.page.locator(".carried.sending")).to_have_count(2)
    sends(ada, "both of them")
    expect(ada.page.get_by_text("This is sent when all its files are there.")).to_be_visible()
    guests.shot(ada, "files-waiting")
    in_order(ada)
    ada.page.get_by_role("button", name="Do not send").click()
    expect(ada.page.get_by_placeholder("Write a message")).to_have_value("both of them")
    sends(ada, "both of them, later")
    ada.say("said meanwhile")
    bob.sees("said meanwhile")
    for route in held:
        route.continue_()
    bob.sees("both of them, later")
    expect(bob.page.locator(".message .file")).to_have_count(2)


def test_a_file_that_the_server_refuses_says_why_and_can_be_tried_again(guests: Guests) -> None:
    ada = guests.comes("ada")
    answers = [
        (
            507,
            '{"code": "read_only", "message": "full"}',
            "The server’s disk is full. Talking goes on; try it again later.",
        ),
        (413, '{"code": "quota", "message": "full"}', "There is no room left for your files."),
        (
            403,
            '{"code": "muted", "message": "no"}',
            "You may not write here for now: a moderator has muted you.",
        ),
    ]
    # The console of the browser tells of each refusal.
    ada.page.remove_listener("console", ada._console)
    for status, body, why in answers:
        ada.page.route("**/files/", lambda route: route.fulfill(status=status, body=body))  # noqa: B023
        if carried(ada).count() == 0:
            attaches(ada, payload("one.txt", b"one"))
        else:
            ada.page.get_by_role("button", name="Try one.txt again").click()
        expect(ada.page.locator(".carried.refused .note")).to_have_text(why)
        guests.shot(ada, f"files-refused-{status}")
        in_order(ada)
        ada.page.unroute("**/files/")
    ada.page.get_by_role("button", name="Try one.txt again").click()
    expect(ada.page.locator(".carried.whole")).to_have_count(1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """
    A server that takes no file of more than a megabyte.
    """
    with server(tmp_path_factory.mktemp("small"), "--max-upload-bytes", "1048576") as running:
        yield running


def test_what_is_too_large_or_too_many_is_said_before_it_is_sent(chromium: Browser, small: Daemon) -> None:
    them = People(chromium, f"{small.url}/", viewport=PHONE)
    ada = them.tab().join("ada")
    # The console of the browser tells of the moment in which so many were begun.
    ada.page.remove_listener("console", ada._console)
    attaches(ada, payload("big.bin", bytes(1048577)))
    expect(ada.page.locator(".toast")).to_have_text(
        "big.bin: This file is too large: the server takes 1 MB at most."
    )
    attaches(ada, *[payload(f"{number}.txt", b"x") for number in range(12)])
    expect(carried(ada)).to_have_count(10)
    expect(ada.page.locator(".toast")).to_have_text("A message can have 10 files at most.")
    in_order(ada)
    them.go()


def test_an_upload_that_is_cut_off_goes_on_where_it_was(people: People, daemon: Daemon) -> None:
    """The server is killed while the second part is on its way, and comes back."""
    ada = people.tab().join("ada")
    # What the page loads when somebody first writes is not what is to be cut off.
    ada.say("I have a film")
    ada.sees("I have a film")
    ada.page.wait_for_load_state("networkidle")
    content = bytes(range(256)) * (40 * 1024)
    network = ada.page.context.new_cdp_session(ada.page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": 3 * 1024 * 1024})
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.method) if "/files/" in request.url else None)
    attaches(ada, payload("film.bin", content))
    expect(ada.page.locator(".carried .note")).to_have_text(
        re.compile(r"^(5\d|6\d|7\d) % of 10 MB$"), timeout=20_000
    )
    sends(ada, "the film")
    daemon.kill()
    expect(ada.page.locator(".carried.cut .note")).to_have_text(re.compile(r"^Cut off at"))
    ada.page.screenshot(path=CHECKOUT / "build" / "screenshots" / "files-cut-desktop.png")
    daemon.start()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    ada.comes_back()
    ada.sees("the film")
    assert asked.count("POST") == 1
    assert "HEAD" in asked
    path = ada.page.locator(".message .file a").get_attribute("href")
    length, total = ada.page.evaluate(SUM, path)
    expected = 0
    for byte in content:
        expected = (expected * 31 + byte) & 0xFFFFFFFF
    assert (length, total) == (len(content), expected)


@AT_A_DESK
def test_a_picture_of_a_conversation_is_shown_to_both_and_two_guests_of_one_browser_stay_two(
    guests: Guests,
) -> None:
    ada, bob = guests.comes("ada"), guests.comes("bob")
    browser = bob.page.context
    other = guests.comes("eve", browser)
    guests.drawer(ada, "People")
    ada.present().filter(has_text=guests.named("bob")).get_by_role("button").first.click()
    ada.is_in(guests.named("bob"))
    attaches(ada, payload("secret.png", picture(200, 100)))
    expect(ada.page.locator(".carried.whole")).to_have_count(1)
    sends(ada, "for you alone")
    guests.drawer(bob, "Rooms")
    bob.page.locator(".side .entry", has_text=guests.named("ada")).get_by_role("button").first.click()
    drawn(bob.page.get_by_role("button", name="Show secret.png").locator("img"))
    # Whoever comes next in that browser is somebody else.
    third = guests.comes("kim", browser)
    third.say("not bob")
    other.sees("not bob")
    expect(other.page.locator(".message .chip .name").last).to_have_text(guests.named("kim"))


def test_axe_finds_nothing_where_there_are_files(guests: Guests) -> None:
    ada = guests.comes("ada")
    axe = Axe(ada.page, lambda scheme, state: guests.shot(ada, f"files-{scheme}-{state}"))
    ada.page.route("**/files/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    attaches(ada, payload("way.txt", b"on its way"))
    expect(ada.page.locator(".carried.sending")).to_have_count(1)
    axe.looks("sending")
    sends(ada, "with a word")
    axe.looks("sent")
    ada.page.get_by_role("button", name="Without way.txt").click()
    ada.page.unroute("**/files/*")
    attaches(
        ada,
        payload("a.png", picture()),
        payload("b.pdf", b"%PDF-1.4 x"),
        payload("c.mp3", b"ID3" + bytes(50)),
    )
    expect(ada.page.locator(".carried.whole")).to_have_count(3)
    axe.looks("tray")
    sends(ada, "here")
    drawn(ada.page.locator(".shown img"))
    axe.looks("shown")
    ada.page.get_by_role("button", name="Show a.png").click()
    drawn(ada.page.locator("dialog img.there"))
    axe.looks("lightbox")
    axe.found_nothing()
    ada.page.keyboard.press("Escape")
    if guests.phone:
        ada.page.set_viewport_size({"width": 320, "height": 640})
        in_order(ada)
        guests.shot(ada, "files-320")
