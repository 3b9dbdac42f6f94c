"""
Whoever asks for something: a client on a connection, or somebody who comes by HTTP for one thing alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chatd.core.events import Card
from chatd.core.names import (
    CLOSED_MARK,
    PRIVATE_MARK,
    PersonId,
    RoomKey,
    is_person_id,
    private_key,
    room_key,
)
from chatd.core.refusals import Code, Refused
from chatd.core.rights import SERVER, Rank

if TYPE_CHECKING:
    from chatd.core.hub import Hub


class Asker(Protocol):
    """
    What the rules look at: who somebody is (`viewer`, and `author` where they write), and where they come
    from.
    """

    @property
    def hub(self) -> Hub:
        """The server."""

    @property
    def address(self) -> str | None:
        """What counts towards limits and bans."""

    @property
    def viewer(self) -> PersonId | None:
        """Who looks; None for a watcher."""

    @property
    def author(self) -> PersonId | None:
        """Under which id they write; None for a watcher."""


@dataclass(slots=True, frozen=True)
class Visitor:
    """
    Somebody who comes by HTTP; None is a watcher.
    """

    hub: Hub
    card: Card | None
    address: str | None

    @property
    def viewer(self) -> PersonId | None:
        """See `Asker`."""
        return None if self.card is None else self.card.id

    @property
    def author(self) -> PersonId | None:
        """See `Asker`."""
        return self.viewer


def the_viewer(asker: Asker) -> PersonId:
    """
    Who somebody is. Raises `Refused` with `forbidden` if they are nobody.
    """
    if asker.viewer is None:
        raise Refused(Code.FORBIDDEN, "A watcher cannot do that; say hello with a name first.")
    return asker.viewer


def key_of(asker: Asker, room: str) -> RoomKey:
    """
    The room that somebody means by a name: `@` and a person's id is their private room with that person.

    Raises `Refused`: `bad_name`, `no_such_person`, `bad_request` for oneself, and for a closed room of
    which they are no member `no_such_room`, as if there were none.
    """
    if room.startswith(CLOSED_MARK):
        key = RoomKey(room)
        if asker.hub.rights.rank(key, asker.viewer) == Rank.OUTSIDER:
            raise Refused(Code.NO_SUCH_ROOM, "There is no such room.")
        return key
    if not room.startswith(PRIVATE_MARK):
        return room_key(room)
    own, peer = the_viewer(asker), room[len(PRIVATE_MARK) :]
    if not is_person_id(peer):
        raise Refused(Code.NO_SUCH_PERSON, "There is nobody with that id.")
    if peer == own:
        raise Refused(Code.BAD_REQUEST, "That is yourself.")
    return private_key(own, PersonId(peer))


async def recognize(hub: Hub, shown: Any, address: str | None) -> Visitor:
    """
    Who comes by HTTP, by what `Hub.identify` takes; None is a watcher.

    Raises `Refused`: `bad_token`, and `banned` or `forbidden` where `hello` is.
    """
    card = None if shown is None else (await hub.identify(shown)).card
    viewer = None if card is None else card.id
    if hub.rights.banned(SERVER, viewer, address, hub.wall_ms()):
        raise Refused(Code.BANNED, "You are banned from this server.")
    if hub.settings.guests == "off" and (viewer is None or not hub.rights.account(viewer)):
        raise Refused(Code.FORBIDDEN, "Only those who have an account come in here.")
    return Visitor(hub, card, address)
