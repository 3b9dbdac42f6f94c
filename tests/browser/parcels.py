"""
Files that people give to the page, and what they see of them.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest

from tests.browser.people import COVERED, SURFACES, Tab

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator

DROP = """([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, bytes] of files) {
    data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, { type }));
  }
  const target = document.querySelector(".composer textarea");
  const happens = (name) =>
    name === "paste"
      ? new ClipboardEvent(name, { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });
  const names = kind === "drop" ? ["dragenter", "dragover", "drop"] : [kind];
  for (const name of names) target.dispatchEvent(happens(name));
}"""


def picture(width: int = 640, height: int = 400, colour: str = "teal") -> bytes:
    """
    A PNG.
    """
    pillow = pytest.importorskip("PIL.Image")
    written = io.BytesIO()
    made = pillow.linear_gradient("L").resize((width, height)).convert("RGB")
    pillow.blend(made, pillow.new("RGB", (width, height), colour), 0.6).save(written, "PNG")
    return written.getvalue()


def payload(name: str, content: bytes, kind: str = "") -> FilePayload:
    """
    What a file chooser gives.
    """
    return {"name": name, "mimeType": kind, "buffer": content}


def attaches(tab: Tab, *files: FilePayload) -> None:
    """
    Choose them with the button beside the composer.
    """
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(list(files))


def brings(tab: Tab, how: str, *files: tuple[str, str, bytes]) -> None:
    """
    Drop them on the page, or paste them.
    """
    # What takes them comes when one has been in for two seconds.
    there = "() => [...document.styleSheets].some((one) => one.href?.endsWith('/files.css'))"
    tab.page.wait_for_function(there)
    tab.page.wait_for_timeout(300)
    coded = [[name, kind, base64.b64encode(content).decode()] for name, kind, content in files]
    tab.page.evaluate(DROP, [how, coded])


def pastes(tab: Tab, file: FilePayload) -> None:
    """
    Paste one, whatever is there already.
    """
    tab.page.evaluate(
        DROP, ["paste", [[file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()]]]
    )


def carried(tab: Tab) -> Locator:
    """
    The files beside the composer.
    """
    return tab.page.locator(".carried")


def sends(tab: Tab, text: str = "") -> None:
    """
    Press the button that sends.
    """
    tab.page.get_by_placeholder("Write a message").fill(text)
    tab.page.get_by_role("button", name="Send", exact=True).click()


def drawn(image: Locator) -> None:
    """
    Wait until the browser has that picture, and look whether it stands in the room that was kept for it.
    """
    image.wait_for()
    image.evaluate("image => image.scrollIntoView({ block: 'nearest' })")
    wait = "image => image.complete && image.naturalWidth > 0"
    image.page.wait_for_function(wait, arg=image.element_handle())


def in_order(tab: Tab) -> None:
    """
    Look whether all is in its place and text alone.
    """
    wrong = tab.page.evaluate(COVERED) + tab.page.evaluate(SURFACES)
    assert wrong == [], wrong
