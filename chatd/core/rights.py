"""
Who may do what: what was decided about people and rooms, and what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import cast

from chatd.core.commands import Role
from chatd.core.events import Change
from chatd.core.names import AUDIT, REPORTS, RoomKey, is_closed

SERVER = ""
"""The `room` of what is so for the whole server."""

STAFF_ROOMS = frozenset({AUDIT, REPORTS})

FOR_EVER = 0
"""The end of a ban or a mute that has none."""

HOLDS = ("banned", "muted")
HOLD_FIELDS = ("", "_by", "_why", "_for")
"""What is kept of a ban or a mute, each behind the name of it: until when, by whom, why, and for whom."""

Facts = Mapping[str, str | int]
_NONE: Facts = MappingProxyType({})


class Rank(IntEnum):
    """
    How much somebody may do in a room. Whoever acts on a person has to have more than that person.
    """

    OUTSIDER = -1
    WATCHER = 0
    PERSON = 1
    ACCOUNT = 2
    MODERATOR = 3
    OWNER = 4
    SERVER_MODERATOR = 5
    SERVER_OWNER = 6


_ROOM_RANKS = {"moderator": Rank.MODERATOR, "owner": Rank.OWNER}
_SERVER_RANKS = {"moderator": Rank.SERVER_MODERATOR, "owner": Rank.SERVER_OWNER}


def address_subject(address: str) -> str:
    """
    The `subject` of what is so for whoever comes from an address.
    """
    return f"={address}"


@dataclass(slots=True, eq=False)
class Rights:
    """
    All that was decided, in memory: `Change.value` by room, subject and field, for there are few of them.

    It changes by what is published and by nothing else. A subject that is a person has the fields `account`
    (`member` or `bot`, on the server), `role`, `member` (1, in a closed room, or where a bot may be),
    `banned` and `muted` (until when, in milliseconds since 1970; 0 is for ever) with `…_by` and `…_why`. An
    address has `banned` and `muted`. A room itself has `slow` (seconds), `locked`, `archived` and `guests`
    (1 if they are refused).
    """

    _facts: dict[str, dict[str, dict[str, str | int]]] = field(default_factory=dict)
    _closed_rooms: dict[str, dict[RoomKey, None]] = field(default_factory=dict)
    _roles: dict[str, dict[str, str]] = field(default_factory=dict)
    _users: dict[str, str] = field(default_factory=dict)

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Have these be so from now on.
        """
        for change in changes:
            before = self.about(change.room, change.subject).get(change.field)
            self._set(change)
            if change.field == "role":
                _note(self._roles.setdefault(change.room, {}), change.subject, change.value)
            if change.field == "header":
                _note(self._users, str(before if change.value is None else change.value), change.subject)
            if change.field == "member" and is_closed(RoomKey(change.room)):
                rooms = self._closed_rooms.setdefault(change.subject, {})
                if change.value is None:
                    rooms.pop(RoomKey(change.room), None)
                else:
                    rooms[RoomKey(change.room)] = None

    def _set(self, change: Change) -> None:
        room = self._facts.setdefault(change.room, {})
        facts = room.setdefault(change.subject, {})
        if change.value is None:
            facts.pop(change.field, None)
        else:
            facts[change.field] = change.value
        if not facts:
            del room[change.subject]
        if not room:
            del self._facts[change.room]

    def about(self, room: str, subject: str) -> Facts:
        """
        What was decided about a subject in a room.
        """
        return self._facts.get(room, _NONE_OF_ROOM).get(subject, _NONE)

    def subjects(self, room: str) -> Iterator[tuple[str, Facts]]:
        """
        All about whom something was decided in a room.
        """
        yield from self._facts.get(room, {}).items()

    def rooms(self) -> Iterator[RoomKey]:
        """
        All rooms about which something was decided.
        """
        yield from (RoomKey(room) for room in self._facts if room != SERVER)

    def staff(self, room: str) -> Mapping[str, str]:
        """
        Those who have a role in a room, or on the server, and which.
        """
        return self._roles.get(room, {})

    def claimed(self) -> bool:
        """
        Whether the server has an owner.
        """
        return "owner" in self.staff(SERVER).values()

    def person_of_user(self, user: str) -> str | None:
        """
        The person whom a trusted proxy calls so.
        """
        return self._users.get(user)

    # People

    def account(self, person: str) -> str:
        """
        `member` for somebody who has an account, `bot`, or "" for a guest.
        """
        return str(self.about(SERVER, person).get("account", ""))

    def server_role(self, person: str) -> Role:
        """
        What somebody is on the server: guest, member, bot, moderator or owner.
        """
        facts = self.about(SERVER, person)
        return cast("Role", facts.get("role") or facts.get("account") or "guest")

    def room_role(self, room: RoomKey, person: str) -> str:
        """
        What somebody is in a room by its own decision: "" (nothing), member, moderator or owner.
        """
        facts = self.about(room, person)
        return str(facts.get("role") or ("member" if "member" in facts else ""))

    def rank(self, room: str, person: str | None) -> Rank:
        """
        How much a person may do in a room, or on the server; None is a watcher.

        Of a closed room whoever is no member is an outsider, whatever else they are.
        """
        if person is None:
            return Rank.OUTSIDER if is_closed(RoomKey(room)) else Rank.WATCHER
        on_server = self._server_rank(person)
        if room == SERVER:
            return on_server
        if room in STAFF_ROOMS:
            return on_server if on_server >= Rank.SERVER_MODERATOR else Rank.OUTSIDER
        facts = self.about(room, person)
        if is_closed(RoomKey(room)) and "member" not in facts:
            return Rank.OUTSIDER
        return max(on_server, _ROOM_RANKS.get(str(facts.get("role")), Rank.PERSON))

    def _server_rank(self, person: str) -> Rank:
        facts = self.about(SERVER, person)
        if "role" in facts:
            return _SERVER_RANKS.get(str(facts["role"]), Rank.ACCOUNT)
        return Rank.ACCOUNT if facts.get("account") == "member" else Rank.PERSON

    def closed_rooms(self, person: str | None) -> tuple[RoomKey, ...]:
        """
        The closed rooms of which somebody is a member, and those of the staff if they are of it.
        """
        if person is None:
            return ()
        staff = self._server_rank(person) >= Rank.SERVER_MODERATOR
        return (*self._closed_rooms.get(person, ()), *(sorted(STAFF_ROOMS) if staff else ()))

    def lone_owner(self, room: str, person: str) -> bool:
        """
        Whether somebody is the only owner of a room, or of the server.
        """
        return [each for each, role in self.staff(room).items() if role == "owner"] == [person]

    # Rooms

    def slow_seconds(self, room: RoomKey) -> int:
        """
        How long whoever said something in a room waits before they say more; 0 is not at all.
        """
        return int(self.about(room, "").get("slow", 0))

    def locked(self, room: str) -> bool:
        """
        Whether a room, or the server, lets no newcomers in.
        """
        return "locked" in self.about(room, "")

    def archived(self, room: RoomKey) -> bool:
        """
        Whether nothing more can be said in a room.
        """
        return "archived" in self.about(room, "")

    def refuses_guests(self, room: RoomKey) -> bool:
        """
        Whether a room is only for those who have an account.
        """
        return "guests" in self.about(room, "")

    def may_hear(self, room: RoomKey, person: str | None) -> bool:
        """
        Whether a room is open to somebody who is not banned; None is a watcher, or on the tutorial's wire.
        """
        if is_closed(room):
            return self.rank(room, person) > Rank.OUTSIDER
        if not self._facts:
            return True
        kind = "" if person is None else self.account(person)
        if kind == "bot":
            return "member" in self.about(room, str(person))
        return bool(kind) or not self.refuses_guests(room)

    def banned(self, room: str, person: str | None, address: str | None, now_ms: int) -> bool:
        """
        Whether somebody is kept out of a room, or of the server, for who they are or where they come from.

        An address keeps out nobody who has an account: that has its own bans.
        """
        return self._holds("banned", room, person, address, now_ms)

    def forget_ended(self, before_ms: int) -> None:
        """
        Forget the bans and mutes that ended before a time, as `Store.forget_ended` does.
        """
        ended = [
            Change(room, subject, f"{what}{more}", None)
            for room, subjects in self._facts.items()
            for subject, facts in subjects.items()
            for what in HOLDS
            if what in facts and facts[what] != FOR_EVER and int(facts[what]) < before_ms
            for more in HOLD_FIELDS
        ]
        self.apply(ended)

    def muted(self, room: str, person: str | None, address: str | None, now_ms: int) -> bool:
        """
        Whether somebody may not speak in a room, or anywhere.
        """
        return self._holds("muted", room, person, address, now_ms)

    def held_longer(self, what: str, room: str, subject: str, until_ms: int) -> bool:
        """
        Whether a subject is banned or muted until later than that already.
        """
        until = self.about(room, subject).get(what)
        if until is None:
            return False
        return until == FOR_EVER or (until_ms != FOR_EVER and int(until) > until_ms)

    def _holds(self, what: str, room: str, person: str | None, address: str | None, now_ms: int) -> bool:
        if room not in self._facts:
            return False
        if person is not None and self._until(what, room, person, now_ms):
            return True
        if address is None or (person is not None and self.account(person)):
            return False
        return self._until(what, room, address_subject(address), now_ms)

    def _until(self, what: str, room: str, subject: str, now_ms: int) -> bool:
        until = self.about(room, subject).get(what)
        return until is not None and (until == FOR_EVER or now_ms < int(until))


def _note(index: dict[str, str], key: str, value: str | int | None) -> None:
    if value is None:
        index.pop(key, None)
    else:
        index[key] = str(value)


_NONE_OF_ROOM: Mapping[str, Facts] = MappingProxyType({})
