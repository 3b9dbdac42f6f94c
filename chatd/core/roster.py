"""
Who belongs to a room, and what one is told of it on coming in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from chatd.core.commands import Face, Staff
from chatd.core.events import Card, iso_time
from chatd.core.names import PersonId, RoomKey, is_person_id
from chatd.core.orders import Belonging, KeptOut, Roster, RosterTold
from chatd.core.rights import FOR_EVER, SERVER, STAFF_ROOMS, Rank

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session


async def roster(session: Session, command: Roster, _now: float) -> None:
    """
    Say who belongs to a room, or has an account here, and to its moderators who is kept out or silent.
    """
    hub = session.hub
    scope: str = SERVER if command.room is None else session.key_of(command.room)
    name = UNSET if scope == SERVER else session.cursor_in(RoomKey(scope)).view.room
    people: list[Belonging] = []
    for person in _belonging(hub, scope):
        card = await hub.card(person)
        if card is not None:
            role = (
                hub.rights.server_role(person)
                if scope == SERVER
                else hub.rights.room_role(RoomKey(scope), person)
            )
            people.append(Belonging(Face.of(card), role, person in hub.presence.people))
    people.sort(key=lambda each: each.who.name.casefold())
    told = RosterTold(room=name, people=tuple(people))
    if hub.rights.rank(scope, session.viewer) >= Rank.MODERATOR:
        told = RosterTold(
            room=name,
            people=tuple(people),
            banned=await _kept_out(hub, scope, "banned"),
            muted=await _kept_out(hub, scope, "muted"),
        )
    session.answer(command, told)


def _belonging(hub: Hub, scope: str) -> list[PersonId]:
    if scope in STAFF_ROOMS:
        return [
            PersonId(subject)
            for subject, _ in hub.rights.subjects(SERVER)
            if hub.rights.rank(scope, subject) > 0
        ]
    wanted = ("account",) if scope == SERVER else ("member", "role")
    return [
        PersonId(subject)
        for subject, facts in hub.rights.subjects(scope)
        if is_person_id(subject) and any(field in facts for field in wanted)
    ]


async def _kept_out(hub: Hub, scope: str, what: str) -> tuple[KeptOut, ...]:
    now_ms = hub.wall_ms()
    found = []
    for subject, facts in tuple(hub.rights.subjects(scope)):
        until = int(facts.get(what, -1))
        if is_person_id(subject) and (until == FOR_EVER or until > now_ms):
            # A guest can have been forgotten since; the ban is still there to be lifted.
            card = await hub.card(PersonId(subject)) or Card(PersonId(subject), "guest")
            found.append(
                KeptOut(
                    who=Face.of(card),
                    until=UNSET if until == FOR_EVER else iso_time(until),
                    reason=str(facts.get(f"{what}_why", "")),
                    by=str(facts.get(f"{what}_by", "")),
                )
            )
    return tuple(found)


def staff_of(hub: Hub, key: RoomKey) -> tuple[Staff, ...]:
    """
    Who looks after a room, as its clients show it.
    """
    cards = ((hub.names.card(PersonId(person)), role) for person, role in hub.rights.staff(key).items())
    return tuple(Staff(Face.of(card), role) for card, role in cards if card is not None)
