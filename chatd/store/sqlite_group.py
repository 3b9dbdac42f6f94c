"""
What is written to the database: a group of writes that one transaction makes durable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import apsw
import msgspec

from chatd.core.events import Card, DeedDraft, Draft, Event, Message
from chatd.core.forms import DELETED, EDITED
from chatd.core.names import PersonId, RoomKey, is_closed, is_private, private_pair
from chatd.core.records import Appended
from chatd.core.retention import Keep
from chatd.store import rules
from chatd.store.sqlite_attached import attach, look_up
from chatd.store.sqlite_entry import Row
from chatd.store.sqlite_forms import change, mention, mentions_text, quote
from chatd.store.sqlite_ledger import write_nothing_new
from chatd.store.sqlite_prune import Step, take_step
from chatd.store.sqlite_reads import PERSON, ROOM_PLACE
from chatd.store.sqlite_standing import check_owners, set_room, set_standing
from chatd.store.sqlite_wipe import wipe

CID = "SELECT body_hash, offset, id FROM cid WHERE author = ? AND cid = ?"
GROW = "UPDATE room SET head = ?, last_commit = ?, messages = messages + ? WHERE number = ?"
SEEN = "UPDATE person SET seen_ms = ? WHERE id = ?"
SHOWN = "UPDATE token SET seen_ms = ? WHERE hash = ?"
FORGET_AT_ONCE = 200
"""How many guests are forgotten in one transaction: there can be as many as came in an hour."""
FORGET = (
    "DELETE FROM person"
    " WHERE id IN (SELECT id FROM person WHERE kept = 0 AND seen_ms < ? ORDER BY seen_ms LIMIT ?)"
)
MARK = (
    "INSERT INTO read_marker (person, room, offset)"
    " SELECT ?1, number, ?3 FROM room WHERE key = ?2 AND EXISTS (SELECT 1 FROM person WHERE id = ?1)"
    " ON CONFLICT (person, room) DO UPDATE SET offset = excluded.offset"
    " WHERE excluded.offset > read_marker.offset"
)


NOTICE = (
    "INSERT INTO notice (person, room, level)"
    " SELECT ?1, number, ?3 FROM room WHERE key = ?2 AND EXISTS (SELECT 1 FROM person WHERE id = ?1)"
    " ON CONFLICT (person, room) DO UPDATE SET level = excluded.level"
)


@dataclass(slots=True)
class _Place:
    """A room of this group: where its next event goes."""

    number: int
    head: int
    first: int
    last_commit: int
    gained: int = 0


@dataclass(slots=True)
class Group:
    """
    The writes of one transaction, in their order. Each takes effect as a whole, or raises `Refused` before it
    has changed anything, so that the rest of the group goes on; any other exception spoils the group.

    It `took` something if text was taken from the database. `fresh` are its messages, as they are indexed,
    unless there was more to it than new messages. `commits` is the number of the last event stored
    before, `now_ms` the time that all of the group get.
    """

    connection: apsw.Connection
    incarnation: str
    commits: int
    now_ms: int
    batch: list[Event] = field(default_factory=list)
    took: bool = False
    fresh: list[Row] | None = field(default_factory=list)
    _places: dict[RoomKey, _Place] = field(default_factory=dict)
    _kept: set[PersonId] = field(default_factory=set)

    def append(self, draft: Draft) -> Appended:
        """
        As `Store.append`.
        """
        author = draft.author
        if draft.cid is not None:
            known = self.connection.execute(CID, (author.id, draft.cid)).fetchone()
            if known is not None:
                if known[0] != draft.body_hash:
                    raise rules.cid_conflict()
                return Appended(known[1], known[2], True)
        place = self._place(draft.room)
        if place is None and is_private(draft.room) and not self._know(*private_pair(draft.room)):
            raise rules.no_such_person()
        if draft.reply_to is not None and (place is None or not place.first <= draft.reply_to <= place.head):
            raise rules.no_such_message(draft.reply_to)
        files = look_up(self.connection, draft)

        if place is None:
            place = self._make_room(draft.room, draft.room_name)
        if not author.via:
            self.keep(author.id)
        self._grow(place)
        place.gained += 1
        event = Message(
            commit=self.commits,
            room=draft.room,
            offset=place.head,
            id=rules.event_id(self.incarnation, self.commits),
            at_ms=self.now_ms,
            author=author,
            text=draft.text,
            cid=draft.cid,
            reply_to=draft.reply_to,
            as_sent=draft.as_sent,
            quote=quote(self.connection, place.number, draft.reply_to),
            mentions=draft.mentions,
            mentions_all=draft.mentions_all,
            files=files,
        )
        self._insert(place.number, event)
        mention(self.connection, place.number, event.offset, _mentions(event))
        attach(self.connection, place.number, event)
        if draft.cid is not None:
            self.connection.execute(
                "INSERT INTO cid (author, cid, body_hash, room, offset, id, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (author.id, draft.cid, draft.body_hash, place.number, event.offset, event.id, event.at_ms),
            )
        self.batch.append(event)
        if self.fresh is not None:
            kind = kind_of(draft.room)
            row = (self.commits, place.number, kind, author.id, author.name, draft.text, bool(files))
            self.fresh.append(row)
        return Appended(event.offset, event.id, False)

    def _grow(self, place: _Place) -> None:
        self.commits += 1
        place.head += 1
        place.last_commit = self.commits

    def act(self, drafts: Collection[DeedDraft], wiped_upto: int = 0) -> Appended:
        """
        As `Store.act`. What is to be wiped and was stored up to the commit `wiped_upto` is wiped already.
        """
        for draft in drafts:
            check_owners(self.connection, draft)
        first, *rest = drafts
        self.fresh = None
        appended = self._act(first, wiped_upto)
        if not appended.repeated:
            for draft in rest:
                self._act(draft, wiped_upto)
        return appended

    def _act(self, draft: DeedDraft, wiped_upto: int) -> Appended:
        place = self._place(draft.room)
        if draft.is_about_a_message:
            if place is None:
                raise rules.no_such_message(draft.detail.about or 0)
            if not change(self.connection, place.number, draft, place.head + 1, self.now_ms):
                return Appended(0, "", True)
        place = place or self._make_room(draft.room, draft.room_name)
        if draft.wipe is not None or draft.kind in (EDITED, DELETED):
            self.take_text()
        who = draft.detail.who
        for person in (draft.author.id, *([who.id] if who else ())):
            self.keep(person)
        if draft.wipe is not None:
            here = [
                each.number for key, each in self._places.items() if key == draft.room or not is_private(key)
            ]
            wipe(self.connection, place.number, here, draft.wipe, wiped_upto)
        set_standing(self.connection, draft.changes)
        set_room(self.connection, place.number, draft.room, draft.detail)
        self._grow(place)
        event_id = rules.event_id(self.incarnation, self.commits)
        event = draft.stored(self.commits, place.head, event_id, self.now_ms)
        self._insert(place.number, event)
        self.batch.append(event)
        return Appended(event.offset, event.id, False)

    def take_text(self) -> None:
        """
        Text is about to be taken from the database: what was kept of earlier messages is not as it was.
        """
        self.took, self.fresh = True, None

    def prune(self, keep: Keep, limit: int, after: int) -> Step:
        """
        As `take_step`.
        """
        self.fresh = None
        step = take_step(self.connection, keep, limit, after)
        for room, first in step.trim.first.items():
            if room in self._places:
                self._places[room].first = first
        return step

    def _insert(self, number: int, event: Event) -> None:
        if isinstance(event, Message):
            kind, text, cid, reply_to = "message", event.text, event.cid, event.reply_to
        else:
            kind, text, cid = event.kind, msgspec.json.encode(event.detail).decode(), None
            # By that an edit is found when there is a later one.
            reply_to = event.detail.about if event.kind == EDITED else None
        self.connection.execute(
            "INSERT INTO event"
            " (room, offset, commit_number, kind, id, at_ms, author, author_name, via, text, cid, reply_to,"
            " mentions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                event.offset,
                event.commit,
                kind,
                event.id,
                event.at_ms,
                event.author.id,
                event.author.name,
                event.author.via,
                text,
                cid,
                reply_to,
                _mentions(event),
            ),
        )

    def _place(self, room: RoomKey) -> _Place | None:
        place = self._places.get(room)
        if place is None:
            row = self.connection.execute(ROOM_PLACE, (room,)).fetchone()
            if row is None:
                return None
            place = self._places[room] = _Place(*row)
        return place

    def _make_room(self, room: RoomKey, name: str) -> _Place:
        self.connection.execute(
            "INSERT INTO room (key, kind, name) VALUES (?, ?, ?)", (room, kind_of(room), name)
        )
        number = self.connection.last_insert_rowid()
        if is_private(room):
            one, other = private_pair(room)
            for person, peer in ((one, other), (other, one)):
                self.keep(person)
                self.connection.execute(
                    "INSERT INTO private_room (person, peer, room) VALUES (?, ?, ?)", (person, peer, number)
                )
        place = self._places[room] = _Place(number, 0, 1, 0)
        return place

    def _know(self, *people: PersonId) -> bool:
        return all(self.connection.execute(PERSON, (person,)).fetchone() is not None for person in people)

    def keep(self, id: PersonId) -> None:
        """
        Have somebody never be forgotten.
        """
        if id not in self._kept:
            self._kept.add(id)
            self.connection.execute("UPDATE person SET kept = 1 WHERE id = ? AND kept = 0", (id,))

    def mark_read(self, marks: Mapping[tuple[PersonId, RoomKey], int]) -> None:
        """
        Write read markers, as `Store.mark_read` says.
        """
        for (person, room), offset in marks.items():
            self.connection.execute(MARK, (person, room, offset))

    def set_notice(self, person: PersonId, room: RoomKey, level: str) -> bool:
        """
        As `Store.set_notice`.
        """
        self.connection.execute(NOTICE, (person, room, level))
        return self.connection.changes() > 0

    def show_tokens(self, hashes: Collection[bytes]) -> None:
        """
        Note that these tokens were shown by now.
        """
        self.connection.executemany(SHOWN, [(self.now_ms, each) for each in hashes])

    def add_person(self, card: Card, token_hash: bytes) -> None:
        """
        As `Store.add_person`.
        """
        try:
            self.connection.execute(
                "INSERT INTO person (id, name, made_ms, seen_ms) VALUES (?, ?, ?, ?)",
                (card.id, card.name, self.now_ms, self.now_ms),
            )
            self.connection.execute(
                "INSERT INTO token (hash, person, made_ms, seen_ms) VALUES (?, ?, ?, ?)",
                (token_hash, card.id, self.now_ms, self.now_ms),
            )
        except apsw.ConstraintError as error:
            raise ValueError(f"the id {card.id} or its token is taken") from error

    def rename(self, id: PersonId, name: str) -> None:
        """
        As `Store.rename`.
        """
        self.connection.execute(
            "UPDATE person SET name = ?, seen_ms = ? WHERE id = ?", (name, self.now_ms, id)
        )
        if not self.connection.changes():
            raise rules.no_such_person()

    def touch(self, ids: Collection[PersonId]) -> int:
        """
        As `Store.touch`.
        """
        before = self.connection.total_changes()
        self.connection.executemany(SEEN, [(self.now_ms, each) for each in ids])
        return self.connection.total_changes() - before

    def forget_guests(self, idle_seconds: float) -> int:
        """
        As `Store.forget_guests`, of the first few: 0 if there are no more.
        """
        # Their read markers go with them, and are not counted.
        self.connection.execute(FORGET, (self.now_ms - int(idle_seconds * 1000), FORGET_AT_ONCE))
        return self.connection.changes()

    def probe(self) -> None:
        """
        Write what stands there already, to learn whether the disk takes it.
        """
        write_nothing_new(self.connection)

    def finish(self) -> None:
        """
        Write what the group has changed as a whole: the heads of its rooms, and the count of all events.
        """
        for place in self._places.values():
            if place.last_commit > self.commits - len(self.batch):
                self.connection.execute(GROW, (place.head, place.last_commit, place.gained, place.number))
        if self.batch:
            self.connection.execute("UPDATE store SET commits = ?", (self.commits,))


def kind_of(room: RoomKey) -> str:
    """
    What kind of room has that key, as the database has it.
    """
    return "private" if is_private(room) else "closed" if is_closed(room) else "public"


def _mentions(event: Event) -> str:
    if not isinstance(event, Message):
        return ""
    return mentions_text(event.mentions, everybody=event.mentions_all)
