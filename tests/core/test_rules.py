"""
Who may do what.
"""

from __future__ import annotations

from pathlib import Path

from chatd.core.acts import ACTS
from chatd.core.commands import Post
from chatd.core.orders import V1Command
from chatd.core.rules import RULES
from tests.core.clients import ChatTestCase
from tests.core.roles import COMMANDS, text

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"


class TableTest(ChatTestCase):
    """
    The table of docs/security.md.
    """

    def test_every_command_by_everybody_is_as_the_document_says(self) -> None:
        """In the public room, in the private one of which they are a member, and on the server."""
        document = SECURITY.read_text("utf-8")
        _, begin, rest = document.partition("<!-- roles: begin -->\n")
        shown, end, _ = rest.partition("<!-- roles: end -->")
        self.assertTrue(begin and end)
        self.assertEqual(shown.strip().splitlines(), text().strip().splitlines())

    def test_no_command_is_without_a_rule_or_missing_in_the_table(self) -> None:
        """A new one has to be thought of."""
        commands = set(V1Command.__args__)
        self.assertEqual(set(ACTS), commands | {Post})
        self.assertEqual(set(RULES), commands | {Post})
        shown = {command.partition(" ")[0] for command, _, _ in COMMANDS}
        self.assertEqual(shown, {kind.__struct_config__.tag for kind in commands})


class TutorialTest(ChatTestCase):
    """
    On the tutorial's wire nothing is refused: whoever may not write is closed.
    """

    def test_whoever_is_muted_in_the_lobby_is_closed_when_they_write(self) -> None:
        """The id of their messages is theirs as long as they are here."""
        owner = self.server.account("ada", "lobby", role="owner")
        mallory, other = self.server.tutorial(), self.server.tutorial()
        mallory.send(username="mallory", message="spam")
        who = owner.take()[-1]["from"]["id"]
        self.assertEqual(owner.ask("mute", room="lobby", who=who)["type"], "done")
        owner.take()
        mallory.send(username="mallory", message="more spam")
        other.send(username="other", message="hi")
        self.assertEqual(mallory.closed, (1008, "policy"))
        self.assertEqual([event["text"] for event in owner.take()], ["hi"])

    def test_whoever_is_banned_or_kicked_there_is_closed_at_once(self) -> None:
        """By the id, and a ban by the address too."""
        owner = self.server.account("ada", "lobby", role="owner")
        for kind, code in (("kick", 1008), ("ban", 4501)):
            mallory = self.server.tutorial("192.0.2.7")
            mallory.send(username="mallory", message="spam")
            who = owner.take()[-1]["from"]["id"]
            owner.ask(kind, room="lobby", who=who)
            assert mallory.closed is not None
            self.assertEqual(mallory.closed[0], code)
            mallory.lose()
        rights, now_ms = self.server.hub.rights, self.server.wall_ms
        self.assertTrue(rights.banned("lobby", None, "192.0.2.7", now_ms))
        self.assertFalse(rights.banned("lobby", None, "192.0.2.8", now_ms))


class GuestTest(ChatTestCase):
    """
    `--guests read`.
    """

    settings = {"guests": "read"}

    def test_guests_and_the_tutorials_wire_only_read(self) -> None:
        """Whoever has an account writes."""
        ada, gus = self.server.account("ada", "lobby"), self.server.person("gus", "lobby")
        old = self.server.tutorial()
        self.assert_refused(gus.ask("say", room="lobby", text="hi"), "forbidden")
        self.assert_refused(gus.ask("join", room="new"), "forbidden")
        ada.say("hello")
        self.assertEqual([event["text"] for event in gus.take()], ["hello"])
        old.send(username="old", message="hi")
        self.assertEqual(old.closed, (1008, "policy"))


class NoGuestTest(ChatTestCase):
    """
    `--guests off`.
    """

    settings = {"guests": "off"}

    def test_nobody_comes_in_without_an_account(self) -> None:
        """Neither by a new name, nor as a watcher, nor by a token of before."""
        self.assert_refused(self.server.connect().ask("hello", name="gus"), "forbidden")
        self.assert_refused(self.server.connect().ask("hello"), "forbidden")
