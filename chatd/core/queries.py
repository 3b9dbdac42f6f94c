"""
What can be asked of all logs at once, and the answer: the shapes, and their only source.

As those in core/commands.py.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from chatd.core.commands import Answer, Command
from chatd.core.events import Message
from chatd.core.ports import View
from chatd.core.search import MAX_QUERY


class Search(Command, frozen=True, tag="search"):
    """
    Look for messages, from the newest on, or from where the last answer ended.
    """

    query: Annotated[str, Meta(max_length=MAX_QUERY)]
    before: Annotated[str, Meta(pattern=r"^[0-9]{1,15}p?\Z")] | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class Hit(Struct, frozen=True):
    """
    A message that was found, how its room is seen, and where in the text what was looked for stands.
    """

    message: Message
    view: View
    marks: tuple[tuple[int, int], ...]


class Found(Answer, frozen=True, tag="found"):
    """
    The answer to `search`, newest first. `next` is the `before` of the next part, if there is `more`; `why`
    says what to know about it.
    """

    hits: tuple[Hit, ...]
    more: bool
    next: str | UnsetType = UNSET
    why: str | UnsetType = UNSET
