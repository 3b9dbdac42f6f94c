"""
The wire of the tutorial that chatd grew out of: one kind of message in, the same kind out, in one room.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from chatd.core.commands import Answer, Post
from chatd.core.events import Event, Message
from chatd.core.ports import View
from chatd.core.refusals import CloseCode, Code, Refused, Violation
from chatd.core.text import MAX_TEXT, forbidden_character, unify_newlines


class _In(Struct, frozen=True):
    email: str | None = ""
    username: str | None = ""
    message: str | None = ""


class _Out(Struct, frozen=True):
    email: str
    username: str
    message: str


class TutorialDialect:
    """
    `{"email", "username", "message"}` in that key order, both ways. There are no refusals: what cannot be
    taken closes the connection.
    """

    subprotocol: str | None = None

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_In)
        self._encoder = msgspec.json.Encoder()

    def decode(self, payload: bytes) -> Post:
        """
        The message that a client sent. A missing or null field is ""; an unknown one is ignored.

        Raises `Violation`: 1007 for what is no such object or has a forbidden character, 1009 for more than
        4000 characters in a field.
        """
        try:
            sent = self._decoder.decode(payload)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            raise Violation(CloseCode.INVALID_PAYLOAD, "not an object of email, username, message") from None
        post = Post(sent.email or "", sent.username or "", sent.message or "")
        if max(len(post.email), len(post.username), len(post.message)) > MAX_TEXT:
            raise Violation(CloseCode.TOO_BIG, f"more than {MAX_TEXT} characters")
        if forbidden_character(unify_newlines(post.message)) is not None:
            raise Violation(CloseCode.INVALID_PAYLOAD, "forbidden character in message")
        return post

    def encode(self, answer: Answer) -> bytes | None:
        """
        None: nothing but messages is said on this wire.
        """
        return None

    def encode_event(self, event: Event, view: View) -> bytes | None:
        """
        A message as it was sent while it is in memory, else with the name and text that the log has and no
        e-mail; where it has no text, with the names of its files. None for one that has no text any more, and
        for what is no message.
        """
        if not isinstance(event, Message) or event.deleted:
            return None
        sent = event.as_sent
        if sent is None:
            return self._encoder.encode(_Out("", event.author.name, event.said))
        message = event.said if event.files and not sent.message else sent.message
        return self._encoder.encode(_Out(sent.email, sent.username, message))

    def verdict(self, refused: Refused) -> CloseCode | None:
        """
        A close code, always.
        """
        if refused.code in (Code.READ_ONLY, Code.INTERNAL):
            return CloseCode.INTERNAL_ERROR
        return CloseCode.POLICY
