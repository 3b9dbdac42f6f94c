"""
Who belongs to a room, and what one is told of it on coming in.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from chatd.core.commands import Face, Staff
from chatd.core.events import Card, iso_time
from chatd.core.names import PersonId, RoomKey, fold, is_person_id
from chatd.core.orders import Belonging, KeptOut, Roster, RosterTold
from chatd.core.rights import FOR_EVER, HOLDS, SERVER, STAFF_ROOMS, Rank

if TYPE_CHECKING:
    from chatd.core.hub import Hub
    from chatd.core.session import Session

LINES_A_PAGE = 500


async def roster(session: Session, command: Roster, _now: float) -> None:
    """
    Say who belongs to a room, or has an account here, and to its moderators who is kept out or silent: by
    name, a part at a time.
    """
    hub = session.hub
    scope: str = SERVER if command.room is None else session.key_of(command.room)
    name = UNSET if scope == SERVER else session.cursor_in(RoomKey(scope)).view.room
    belonging = _belonging(hub, scope)
    moderates = hub.rights.rank(scope, session.viewer) >= Rank.MODERATOR
    held = {what: _kept_out(hub, scope, what) if moderates else [] for what in HOLDS}
    cards = await hub.cards({*belonging, *held["banned"], *held["muted"]})
    await session.still_may(command)
    lines = [
        *((cards[each], "people") for each in belonging if each in cards),
        # A guest can have been forgotten since; the ban is still there to be lifted.
        *((cards.get(each) or Card(each, "guest"), what) for what in HOLDS for each in held[what]),
    ]
    lines.sort(key=_place)
    start = 0 if command.after is None else bisect_right(lines, command.after, key=_place)
    some = lines[start : start + LINES_A_PAGE]

    def kept_out(what: str) -> tuple[KeptOut, ...] | UnsetType:
        if not moderates:
            return UNSET
        return tuple(_told(hub, scope, what, card) for card, of in some if of == what)

    told = RosterTold(
        room=name,
        people=tuple(
            Belonging(Face.of(card), _role(hub, scope, card.id), card.id in hub.presence.people)
            for card, of in some
            if of == "people"
        ),
        banned=kept_out("banned"),
        muted=kept_out("muted"),
        next=_place(some[-1]) if start + len(some) < len(lines) else UNSET,
    )
    session.answer(command, told)


def _place(line: tuple[Card, str]) -> str:
    card, what = line
    return f"{fold(card.name)} {card.id} {what}"


def _role(hub: Hub, scope: str, person: PersonId) -> str:
    rights = hub.rights
    return rights.server_role(person) if scope == SERVER else rights.room_role(RoomKey(scope), person)


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


def _kept_out(hub: Hub, scope: str, what: str) -> list[PersonId]:
    now_ms = hub.wall_ms()
    return [
        PersonId(subject)
        for subject, facts in hub.rights.subjects(scope)
        if is_person_id(subject) and (facts.get(what) == FOR_EVER or int(facts.get(what, -1)) > now_ms)
    ]


def _told(hub: Hub, scope: str, what: str, card: Card) -> KeptOut:
    facts = hub.rights.about(scope, card.id)
    until = int(facts.get(what, FOR_EVER))
    return KeptOut(
        who=Face.of(card),
        until=UNSET if until == FOR_EVER else iso_time(until),
        reason=str(facts.get(f"{what}_why", "")),
        by=str(facts.get(f"{what}_by", "")),
    )


def staff_of(hub: Hub, key: RoomKey) -> tuple[Staff, ...]:
    """
    Who looks after a room, as its clients show it.
    """
    cards = ((hub.names.card(PersonId(person)), role) for person, role in hub.rights.staff(key).items())
    return tuple(Staff(Face.of(card), role) for card, role in cards if card is not None)
