"""
What the page weighs, and how quick it is on a slow machine: `python -m bench.page`.

It starts a daemon on loopback and Chromium with its processor slowed down, and prints what it has measured:
the bytes that come before the first message can be sent, the time from opening the page to there, and what
one more message costs in a room that is full.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.crowd import Crowd
from tests.browser.people import SEND
from tests.daemon import Daemon

# The longest task of the page's thread, and how long from a frame on the line to the next picture.
WATCH = """() => {
  window.costs = [];
  const { port1, port2 } = new MessageChannel();
  const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    get,
    set(act) {
      set.call(this, (event) => {
        if (!event.data.includes('"type":"message"')) return act(event);
        const began = performance.now();
        act(event);
        requestAnimationFrame(() => {
          port1.onmessage = () => costs.push(performance.now() - began);
          port2.postMessage(0);
        });
      });
    },
  });
}"""


def weigh(page: Any) -> list[tuple[str, int]]:
    """
    Each file that the page has loaded so far, with its bytes as they came over the line, without headers.
    """
    files: list[tuple[str, int]] = page.evaluate(
        """() => performance.getEntries()
            .filter((one) => one.entryType === "resource" || one.entryType === "navigation")
            .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""
    )
    return sorted(files, key=lambda one: -one[1])


def opened(browser: Any, url: str, slowdown: float, name: str) -> tuple[float, list[tuple[str, int]]]:
    """
    Milliseconds from opening the page to the moment when a message can be sent, the typing of the name left
    out, and what was loaded by then.
    """
    page = browser.new_context().new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(url, wait_until="commit")
    page.wait_for_selector("#username")
    door = page.evaluate("performance.now()")
    page.evaluate(
        """name => {
            const field = document.querySelector("#username");
            field.value = name;
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        name,
    )
    began = page.evaluate("performance.now()")
    page.keyboard.press("Enter")
    page.wait_for_selector(".composer textarea")
    took = door + page.evaluate("performance.now()") - began
    files = weigh(page)
    page.context.close()
    return took, files


def appended(browser: Any, url: str, slowdown: float, count: int, full: int) -> list[float]:
    """
    Milliseconds from a message on the line to the end of the picture with it, in a room of `full` messages.
    """
    context = browser.new_context()
    context.add_init_script(f"({WATCH})()")
    writer = browser.new_context().new_page()
    writer.goto(url)
    writer.evaluate(
        SEND, [json.dumps({"email": "", "username": "bot", "message": f"*word* {n}"}) for n in range(full)]
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#username").fill("reader")
    page.keyboard.press("Enter")
    page.locator(".message").last.wait_for()
    for _ in range(12):
        page.locator("#messages").evaluate("box => { box.scrollTop = 0; }")
        page.wait_for_timeout(100)
    page.get_by_role("button", name="To the newest").click()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.wait_for_timeout(1000)
    page.evaluate("costs.length = 0")
    crowd = Crowd(urlsplit(url).port or 80)
    for number in range(count):
        one = {"type": "say", "room": "lobby", "text": f"one more, *number* {number}"}
        crowd.speak([("writer", [one])])
        page.wait_for_timeout(250)
    crowd.go()
    costs: list[float] = page.evaluate("costs")
    return costs


def main() -> int:
    options = argparse.ArgumentParser(
        description="What the page weighs, and how quick it is on a slow machine."
    )
    options.add_argument(
        "--slowdown", type=float, default=4.0, help="how many times slower than this machine"
    )
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--full", type=int, default=2000, help="messages in the room that is full")
    chosen = options.parse_args()
    if CHROMIUM is None:
        print("page: chromium is not installed", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        Daemon(Path(folder) / "daemon", flags=("--message-rate", "0")) as daemon,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        url = f"{daemon.url}/"
        rounds = [opened(browser, url, chosen.slowdown, f"guest-{n}") for n in range(chosen.rounds)]
        costs = appended(browser, url, chosen.slowdown, 20, chosen.full)
        browser.close()
    times, weights = [took for took, _ in rounds], rounds[-1][1]
    print(
        f"before the first message: {sum(size for _, size in weights) / 1024:.1f} KB in {len(weights)} files"
    )
    for name, size in weights[:8]:
        print(f"  {size / 1024:6.1f} KB  {name}")
    typical = f"median {statistics.median(times):.0f} ms, most {max(times):.0f} ms"
    print(f"ready to send, {chosen.slowdown:g} times slower: {typical}")
    print(f"one more message in a full room: median {statistics.median(costs):.1f} ms, most {max(costs):.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
