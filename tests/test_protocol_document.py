"""
What docs/protocol.md shows is what happens: its examples are run, against a server in memory.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.core.clients import ChatTestCase, Client

DOCUMENT = Path(__file__).parent.parent / "docs" / "protocol.md"
LINE = re.compile(r"(?P<who>[a-z]+) (?P<way>->|<-) (?P<json>\{.*\})")
SCENE = re.compile(r"(?P<people>[a-z]+(?: and [a-z]+)*) (?P<what>use|has|have) (?P<rest>.+)")
WORD = re.compile(r"\$([a-z]+)")


def examples() -> list[list[str]]:
    """
    The lines of each block of the document that is marked as `chat`.
    """
    blocks = re.findall(r"^```chat\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in blocks]


class Example:
    """
    One conversation of the document. `words` is what its `$words` were found to stand for.
    """

    def __init__(self, case: ProtocolDocumentTests) -> None:
        self.case = case
        self.people: dict[str, Client] = {}
        self.words: dict[str, str] = {}

    def run(self, lines: list[str]) -> None:
        """
        Send what is sent, and compare what comes with what is to come; at the end nothing else may have come.
        """
        for line in lines:
            scene = SCENE.fullmatch(line)
            if scene is not None:
                for name in scene["people"].split(" and "):
                    self._set(name, scene["rest"])
                continue
            step = LINE.fullmatch(line)
            assert step is not None, line
            if step["way"] == "->":
                self._client(step["who"]).send_bytes(self._filled_in(step["json"]).encode())
            else:
                self._expect(self._client(step["who"]), step["json"])
        for name, client in self.people.items():
            self.case.assertEqual(client.inbox, [], name)

    def _client(self, name: str) -> Client:
        if name not in self.people:
            self.people[name] = self.case.server.connect()
        return self.people[name]

    def _set(self, name: str, scene: str) -> None:
        if scene == "the tutorial's wire":
            self.people[name] = self.case.server.tutorial()
        elif scene == "accounts":
            self.people[name] = self.case.server.account(name)
            self.words[name] = self.people[name].id
        elif scene in ("said hello", "joined the lobby"):
            rooms = ["lobby"] if scene.startswith("joined") else []
            self.people[name] = self.case.server.person(name, *rooms)
            self.words[name] = self.people[name].id
        else:
            raise AssertionError(scene)

    def _filled_in(self, text: str) -> str:
        return WORD.sub(lambda word: self.words[word[1]], text)

    def _expect(self, client: Client, text: str) -> None:
        self.case.assertTrue(client.inbox, f"nothing came, and this was to come: {text}")
        came = client.inbox.pop(0)
        self._compare(json.loads(text), came, text)

    def _compare(self, shown: Any, came: Any, line: str) -> None:
        if isinstance(shown, dict) and isinstance(came, dict):
            self.case.assertEqual(sorted(shown), sorted(came), line)
            for key in shown:
                self._compare(shown[key], came[key], line)
        elif isinstance(shown, list) and isinstance(came, list):
            self.case.assertEqual(len(shown), len(came), line)
            for one, other in zip(shown, came, strict=True):
                self._compare(one, other, line)
        elif isinstance(shown, str) and isinstance(came, str):
            # In pieces: words at odd places, what stands there literally at even ones.
            pieces = WORD.split(shown)
            pattern = "".join(
                (re.escape(self.words[piece]) if piece in self.words else f"(?P<{piece}>.+)")
                if place % 2
                else re.escape(piece)
                for place, piece in enumerate(pieces)
            )
            found = re.fullmatch(pattern, came)
            self.case.assertIsNotNone(found, f"{came!r} is not {shown!r} in {line}")
            assert found is not None
            self.words |= found.groupdict()
        else:
            self.case.assertEqual(shown, came, line)


class ProtocolDocumentTests(ChatTestCase):
    """
    See the module.
    """

    def test_each_example_of_the_document_happens(self) -> None:
        """
        On a server of its own.
        """
        self.assertGreater(len(examples()), 4)
        for lines in examples():
            self.setUp()
            Example(self).run(lines)
            self.tearDown()
