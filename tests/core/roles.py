"""
Every command by everybody, and files: what becomes of it. `python -m tests.core.roles` prints the table that
docs/security.md shows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chatd.core.events import Change
from chatd.core.names import AUDIT, room_key
from chatd.core.refusals import Refused
from chatd.core.uploading import MEBIBYTE, Uploads
from chatd.core.visitor import Visitor, recognize
from tests.core.blobs import MemoryBlobs, TestPictures
from tests.core.clients import Client, Server, now

PUBLIC = "den"
ROLES = (
    *("watcher", "guest", "member", "bot", "muted", "banned", "kicked", "room moderator", "room owner"),
    *("server moderator", "server owner"),
)


@dataclass(slots=True)
class House:
    """
    A public room and a closed one, with ada who owns the closed one, gus who is a guest in both, and one in
    the role in question, who is in the public room as far as the role may, and in the closed one if `inside`.
    """

    server: Server
    one: Client
    ada: Client
    gus: Client
    closed: str
    offset: int
    own: int = 0


def build(role: str, *, inside: bool) -> House:
    """
    A house with somebody of that role in it.
    """
    server = Server(message_rate=0)
    # A guest makes the public room, so nobody owns it.
    gus = server.person("gus", PUBLIC)
    ada = server.account("ada", PUBLIC)
    closed = ada.ask("make", title="Cellar", people=[gus.id])["room"]
    ada.join(closed)
    gus.join(closed)
    offset = gus.ask("say", room=PUBLIC, text="hi")["offset"]
    gus.say("hi", closed)
    key = room_key(PUBLIC)
    if role == "watcher":
        one = server.watcher(PUBLIC)
        return House(server, one, ada, gus, closed, offset)
    if role in ("guest", "muted", "banned", "kicked"):
        one = server.person("one", PUBLIC)
    else:
        one = server.account("one", PUBLIC)
    own = one.ask("say", room=PUBLIC, text="mine")["offset"]
    if role == "bot":
        server.decide(Change("", one.id, "account", "bot"), Change(key, one.id, "member", 1))
        one.join(PUBLIC)
    if inside:
        server.decide(Change(closed, one.id, "member", 1))
        one.join(closed)
    for room in (key, closed) if inside else (key,):
        if role in ("room moderator", "room owner"):
            server.decide(Change(room, one.id, "role", role.partition(" ")[2]))
        elif role == "muted":
            server.decide(Change(room, one.id, role, 0))
    if role.startswith("server "):
        server.decide(Change("", one.id, "role", role.partition(" ")[2]))
    if role in ("kicked", "banned"):
        server.decide(Change("", ada.id, "role", "owner"))
        for room in (PUBLIC, closed) if inside else (PUBLIC,):
            ada.ask("kick" if role == "kicked" else "ban", room=room, who=one.id)
    for client in (one, ada, gus):
        client.take()
    return House(server, one, ada, gus, closed, offset, own)


Fields = Callable[[House], dict[str, Any]]


def _in(where: str | None, **more: Any) -> Fields:
    def fields(house: House) -> dict[str, Any]:
        named = {name: value(house) if callable(value) else value for name, value in more.items()}
        return named if where is None else {"room": house.closed if where == "closed" else where, **named}

    return fields


def _gus(house: House) -> str:
    return house.gus.id


def _ada(house: House) -> str:
    return house.ada.id


def _offset(house: House) -> int:
    return house.offset


def _own(house: House) -> int:
    return house.own or 1


def _closed_offset(house: House) -> int:
    # What was done when it was made are its first two events.
    return 3


COMMANDS: tuple[tuple[str, str, Fields], ...] = (
    ("hello", "", _in(None)),
    ("rooms", "", _in(None)),
    ("join", "public", _in(PUBLIC)),
    ("join", "private", _in("closed")),
    ("leave", "public", _in(PUBLIC)),
    ("say", "public", _in(PUBLIC, text="ho")),
    ("say", "private", _in("closed", text="ho")),
    ("say", "conversation", _in(None, room=lambda house: f"@{house.gus.id}", text="ho")),
    ("history", "public", _in(PUBLIC)),
    ("history", "private", _in("closed")),
    ("who", "public", _in(PUBLIC)),
    ("who", "private", _in("closed")),
    ("typing", "public", _in(PUBLIC)),
    ("read", "public", _in(PUBLIC, offset=1)),
    ("edit own", "public", _in(PUBLIC, offset=_own, text="he")),
    ("edit another's", "public", _in(PUBLIC, offset=_offset, text="he")),
    ("delete own", "public", _in(PUBLIC, offset=_own)),
    ("delete another's", "public", _in(PUBLIC, offset=_offset)),
    ("delete another's", "private", _in("closed", offset=_closed_offset)),
    ("react", "public", _in(PUBLIC, offset=_offset, emoji="👍", on=True)),
    ("react", "private", _in("closed", offset=_closed_offset, emoji="👍", on=True)),
    ("pin", "public", _in(PUBLIC, offset=_offset, on=True)),
    ("pin", "private", _in("closed", offset=_closed_offset, on=True)),
    ("pins", "public", _in(PUBLIC)),
    ("pins", "private", _in("closed")),
    ("notice", "public", _in(PUBLIC, level="all")),
    ("notice", "private", _in("closed", level="all")),
    ("report", "public", _in(PUBLIC, offset=_offset)),
    ("roster", "public", _in(PUBLIC)),
    ("roster", "private", _in("closed")),
    ("roster", "server", _in(None)),
    ("make", "", _in(None, title="Loft")),
    ("invite", "private", _in("closed", who=_ada)),
    ("quit", "private", _in("closed")),
    ("set topic", "public", _in(PUBLIC, topic="t")),
    ("set slow", "private", _in("closed", slow=5)),
    ("set guests", "public", _in(PUBLIC, guests=False)),
    ("set archived", "private", _in("closed", archived=True)),
    ("set locked", "server", _in(None, locked=True)),
    ("role", "public", _in(PUBLIC, who=_ada, role="moderator")),
    ("role", "server", _in(None, who=_ada, role="moderator")),
    ("kick", "public", _in(PUBLIC, who=_gus)),
    ("kick", "private", _in("closed", who=_gus)),
    ("ban", "public", _in(PUBLIC, who=_gus)),
    ("ban", "server", _in(None, who=_gus)),
    ("unban", "public", _in(PUBLIC, who=_gus)),
    ("mute", "public", _in(PUBLIC, who=_gus)),
    ("mute", "server", _in(None, who=_gus)),
    ("unmute", "server", _in(None, who=_gus)),
    ("wipe", "public", _in(PUBLIC, who=_gus, seconds=60)),
    ("wipe", "server", _in(None, who=_gus, seconds=60)),
    ("history", "audit log", _in(AUDIT)),
    ("say", "audit log", _in(AUDIT, text="ho")),
    ("search", "", _in(None, query="hi")),
    ("sessions", "", _in(None)),
    ("revoke", "", _in(None, session="others")),
    ("ignore", "", _in(None, who=_gus, on=True)),
    ("link", "", _in(None)),
    ("links", "", _in(None)),
    ("unlink", "", _in(None, id="aaaaaaaaaaaaaaaa")),
    ("bot", "", _in(None, name="robot", rooms=[PUBLIC])),
)
"""What is asked, where, and its fields."""


FILES: tuple[tuple[str, str], ...] = (
    ("bring a file", "public"),
    ("bring a file", "private"),
    ("bring a file", "conversation"),
    ("fetch a file", "public"),
    ("fetch a file", "private"),
    ("fetch a file", "conversation"),
    ("fetch a file", "conversation of others"),
)
"""What is asked over HTTP, and of which room."""


def _visitor(house: House, who: Client) -> Visitor:
    visitor: Visitor = now(recognize(house.server.hub, who.token or None, None))
    return visitor


def _bring(house: House, uploads: Uploads, who: Client, room: str) -> str:
    """Bring a file, as by HTTP; its id."""
    record = now(uploads.begin(_visitor(house, who), room, "a.txt", 5, house.server.now))
    now(uploads.blobs.write(record.file.id, 0, b"hello"))
    now(uploads.finish(record))
    return str(record.file.id)


def outcome_of_file(role: str, act: str, where: str, *, inside: bool = False) -> str:
    """
    What becomes of bringing a file into a room, or of fetching one that gus has sent there.
    """
    house = build(role, inside=inside)
    blobs = MemoryBlobs()
    uploads = Uploads(house.server.hub, blobs, TestPictures(blobs), MEBIBYTE, 10 * MEBIBYTE)
    one, gus = house.one, house.gus
    rooms = {"public": PUBLIC, "private": house.closed, "conversation of others": house.ada.private}
    # A watcher talks to nobody.
    rooms["conversation"] = house.ada.private if role == "watcher" else one.private
    try:
        if act == "bring a file":
            rooms["conversation"] = gus.private
            key = _bring(house, uploads, one, rooms[where])
            reply = one.ask("say", room=rooms[where], text="", files=[key])
            # Whoever was kicked has to come back before they can send it.
            assert reply["type"] == "done" or role == "kicked", (role, where, reply)
        else:
            key = _bring(house, uploads, gus, rooms[where])
            assert gus.ask("say", room=rooms[where], text="", files=[key])["type"] == "done"
            now(uploads.fetch(_visitor(house, one), key))
    except Refused as refused:
        return f"`{refused.code}`"
    finally:
        house.server.close()
    return "yes"


def outcome(role: str, command: str, where: str, fields: Fields, *, inside: bool = False) -> str:
    """
    What becomes of a command: `yes`, or the code of its refusal.
    """
    house = build(role, inside=inside)
    kind = command.partition(" ")[0]
    if kind in ("unban", "unmute"):
        scope = room_key(PUBLIC) if where == "public" else ""
        house.server.decide(Change(scope, house.gus.id, "banned" if kind == "unban" else "muted", 0))
    if where == "audit log":
        house.one.ask("join", room=AUDIT)
    house.one.take()
    reply = house.one.ask(kind, **fields(house))
    # It was let through, and there is nothing of the kind.
    found = reply["type"] != "refused" or (command == "unlink" and reply["code"] == "bad_invite")
    house.server.close()
    assert house.server.leftovers() == {}, (role, command, where, house.server.leftovers())
    assert not house.server.failures, house.server.failures
    assert not house.server.reported, house.server.reported
    return "yes" if found else f"`{reply['code']}`"


def rows() -> list[list[str]]:
    """
    The table: what is asked, and what becomes of it by role. In a private room the second half of a cell is
    of somebody who is no member of it, where that is another.
    """
    table = [["command", *ROLES], ["---"] * (len(ROLES) + 1)]
    for command, where, fields in COMMANDS:
        row = [f"`{command}`{', ' + where if where else ''}"]
        for role in ROLES:
            if where != "private" or role == "watcher":
                row.append(outcome(role, command, where, fields))
                continue
            member = outcome(role, command, where, fields, inside=True)
            outsider = outcome(role, command, where, fields)
            assert outsider == "`no_such_room`", (role, command, outsider)
            row.append(member)
        table.append(row)
    for act, where in FILES:
        row = [f"{act}, {where}"]
        for role in ROLES:
            inside = where == "private" and role != "watcher"
            row.append(outcome_of_file(role, act, where, inside=inside))
            if inside:
                outsider = outcome_of_file(role, act, where)
                assert outsider in ("`no_such_room`", "`no_such_file`"), (role, act, outsider)
        table.append(row)
    return table


def text() -> str:
    """
    The table in Markdown.
    """
    return "".join(f"| {' | '.join(row)} |\n" for row in rows())


if __name__ == "__main__":
    sys.stdout.write(text())
