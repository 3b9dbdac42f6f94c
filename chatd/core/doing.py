"""
How a deed gets into its log: what all of them have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from chatd.core.commands import Command, Done
from chatd.core.events import Author, Change, DeedDraft, Detail, Wipe
from chatd.core.names import (
    AUDIT,
    REPORTS,
    PersonId,
    RoomKey,
    is_closed,
    is_private,
)
from chatd.core.records import Appended
from chatd.core.refusals import Code, Refused
from chatd.core.rights import SERVER
from chatd.core.text import MAX_REASON, clean_line

if TYPE_CHECKING:
    from chatd.core.session import Session

ROOM_TITLES = {AUDIT: "Audit log", REPORTS: "Reports"}


def clean(text: str, longest: int, what: str, *, empty: bool = False) -> str:
    """
    A text of one line, which may be empty only if it says so. Raises `Refused`.
    """
    line = clean_line(text, longest, what)
    if not (line or empty):
        raise Refused(Code.BAD_REQUEST, f"The {what} is empty.")
    return line


def reason_of(text: str) -> str:
    """
    Why something is done, as it is kept.
    """
    return clean_line(text, MAX_REASON, "reason")


def no_member(key: RoomKey, person: PersonId) -> tuple[Change, ...]:
    """
    What is different once somebody is no member of a closed room any more.
    """
    if not is_closed(key):
        return ()
    return Change(key, person, "member", None), Change(key, person, "role", None)


def take_token(session: Session, now: float, more: int = 0) -> None:
    """
    Count it as a message, and as `more`, of which no more count than are to be had. Raises `Refused` with
    `rate_limited`.
    """
    wait = session.messages.take(now, min(1 + more, max(1, session.hub.settings.message_burst)))
    if wait:
        raise Refused(Code.RATE_LIMITED, "Too much at once.", retry_after=wait)


def draft_of(
    session: Session,
    key: RoomKey,
    room_name: str,
    kind: str,
    detail: Detail,
    changes: tuple[Change, ...] = (),
    wipe: Wipe | None = None,
) -> DeedDraft:
    """
    A deed of the client's own.
    """
    card = session.the_person().card
    return DeedDraft(
        room=key,
        room_name=room_name,
        author=Author(card.id, card.name),
        kind=kind,
        detail=detail,
        changes=changes,
        wipe=wipe,
    )


async def do(
    session: Session,
    command: Command,
    scope: str,
    kind: str,
    detail: Detail,
    changes: tuple[Change, ...],
    now: float,
    wipe: Wipe | None = None,
) -> None:
    """
    Store a deed, and answer once whoever did it has heard of it.
    """
    if scope == SERVER:
        key, name = AUDIT, ROOM_TITLES[AUDIT]
    else:
        key = RoomKey(scope)
        room = session.cursor_in(key).room
        name = room.title if is_closed(key) else room.name
    await session.may_still(command)
    take_token(session, now)
    draft = draft_of(session, key, name, kind, detail, changes, wipe)
    drafts = [draft]
    if key != AUDIT and not is_closed(key):
        # What was done in a closed room is its members' own affair.
        told = replace(detail, room=name)
        drafts.append(
            replace(draft, room=AUDIT, room_name=ROOM_TITLES[AUDIT], detail=told, changes=(), wipe=None)
        )
    if wipe is not None and wipe.everywhere:
        drafts += _told_in_rooms(session, draft)
    appended = await store(session, drafts)
    done = Done(
        room=UNSET if scope == SERVER else key if is_closed(key) else name,
        offset=appended.offset,
        id=appended.id,
    )
    session.answer_after(command, done, key, appended.offset)


def _told_in_rooms(session: Session, draft: DeedDraft) -> list[DeedDraft]:
    """
    What is wiped everywhere is said in each room where somebody may have it before their eyes.
    """
    return [
        replace(draft, room=room.key, room_name=room.title or room.name, wipe=None)
        for room in session.hub.rooms.values()
        if room.hearing.cursors and room.head and not is_private(room.key) and room.key not in ROOM_TITLES
    ]


async def store(session: Session, drafts: Sequence[DeedDraft]) -> Appended:
    """
    Store deeds, with the room of the first in memory. Raises `Refused`.
    """
    hub = session.hub
    # In memory when it is published, even if all have left by then.
    room = hub.hold(drafts[0].room)
    # What becomes of a message changes nothing about what anybody may do.
    counts = not drafts[0].is_about_a_message
    hub.deeds_under_way += counts
    try:
        return await hub.store.act(tuple(drafts))
    finally:
        hub.deeds_under_way -= counts
        hub.release(room)
