"""
What axe has to complain of in what is on the screen, in the light and in the dark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCHEMES = ("light", "dark")
# All that the dark changes is colours, so that there only the rules about them are asked again.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_MOST_CHARACTERS = 160


class Axe:
    """
    Looks at one page in one state after the other, and says in the end that there was nothing; in each scheme
    `shot` is called with its name and the state's.
    """

    def __init__(self, page: Page, shot: Callable[[str, str], None] | None = None) -> None:
        self._axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        self._page = page
        self._shot = shot
        self._found: list[tuple[str, str, str, str]] = []

    def looks(self, state: str) -> None:
        """
        Look at what is there now.
        """
        for scheme in SCHEMES:
            self._page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            # What is still fading has not the colours that it will have.
            self._page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
            options = _COLOURS if scheme == "dark" else {}
            asked = {"resultTypes": ["violations"], **options}
            for one in self._axe.run(self._page, options=asked).response["violations"]:
                nodes = [str(node["html"])[:_MOST_CHARACTERS] for node in one["nodes"]]
                self._found.extend((scheme, state, one["id"], node) for node in nodes)
            if self._shot is not None:
                self._shot(scheme, state)

    def found_nothing(self) -> None:
        """
        There was nothing, anywhere.
        """
        assert self._found == []
