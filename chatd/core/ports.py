"""
The contracts between the core and what surrounds it. Their comments are the specification; tests/contracts/
holds the suite that every implementation of a port passes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from msgspec import Struct

from chatd.core.commands import Answer, Command, Face, Post
from chatd.core.events import Batch, Card, DeedDraft, Draft, Event, Message
from chatd.core.files import FileStore
from chatd.core.names import PersonId, RoomKey
from chatd.core.records import Appended, Counts, Everything, Known, Opened, Position, RoomRecord, Slice
from chatd.core.refusals import CloseCode, Refused
from chatd.core.registry import Registry
from chatd.core.retention import Keep, Trim
from chatd.core.sieve import Finder


class Store(Protocol):
    """
    The logs of all rooms, and the people who write them.

    - Every method is called on one thread, the caller's; awaitables are resolved and the listener is called
      on it. No method blocks that thread on a disk.
    - Writes (`append`, `act`, `prune`, `add_person`, `rename`, `touch`, `forget_…`) take effect in the
      order in which they were called, also of different methods. An answered write is durable: it survives
      the loss of power at the next instant.
    - What a batch holds is handed to the listener before any of its `append`s is answered, and batches come
      in the order of their commit numbers. A read may see events that the listener has not been told of yet,
      never the other way round.
    - A write that the disk refuses raises `Refused` with `read_only` and `retry_after`; nothing of it is
      kept, the listener never hears of it, reading goes on, and later writes are tried afresh. Only where the
      process ends after a sync has failed and before the disk takes anything again may the next `start` find
      it in the log: nobody can tell what such a disk has kept.
    """

    @property
    def registry(self) -> Registry:
        """
        Where accounts are kept.
        """

    @property
    def finder(self) -> Finder:
        """
        Where messages are looked for.
        """

    @property
    def files(self) -> FileStore:
        """
        Where files are kept track of.
        """

    @property
    def epoch(self) -> str:
        """
        Names this incarnation of the logs; the same from `start` to `stop`, and over restarts. 1 to 64
        characters of `A-Za-z0-9_-`. A new one is drawn when the store is created.
        """

    def start(self) -> Awaitable[None]:
        """
        Open the store; create or upgrade it as needed. Comes before every other call but `listen`. Raises
        `StoreUnusable`: it cannot be read or written, belongs to a newer chatd, is damaged, or is in use.
        """

    def stop(self) -> Awaitable[None]:
        """
        Write what was asked for before, answer it, and close; a `start` still under way is waited for,
        however it ends. Nothing may be called afterwards but `start`.
        """

    def listen(self, publish: Callable[[Batch], None], settled: Callable[[], None] = ...) -> None:
        """
        Hand every committed batch to `publish`, and call `settled` once its `append`s have been answered too.
        Neither waits or raises. Called once, before `start`.
        """

    def trouble(self) -> str | None:
        """
        None while writes are taken; else the reason, in one line, why the last one was not. Anybody may read
        it: it names no file.
        """

    def give_back(self) -> None:
        """
        Free memory that holds what can be had again.
        """

    # The log

    def append(self, draft: Draft) -> Awaitable[Appended]:
        """
        Store a message at the end of its room's log, and make the room if this is its first event.

        The offset is one more than the head and is given in the transaction that stores the event, with the
        commit number, the id and the time. The author, unless it has a `via`, and the other person of a
        private room are kept from `forget_guests` from then on.

        A draft whose (author id, cid) is known is not stored again: with the same `body_hash` the answer is
        the first message's, `repeated`; else `Refused` with `cid_conflict`. A cid is remembered for at least
        30 days, and as long as its message is kept. This is looked at before the rest. Further refusals:
        `no_such_person` if the key of a private room names somebody unknown, `no_such_message` if `reply_to`
        is not the offset of a kept event of the room, `no_such_file` (see `FileStore`).
        """

    def act(self, drafts: tuple[DeedDraft, ...]) -> Awaitable[Appended]:
        """
        Store deeds, each at the end of its room's log, together or not at all; the answer is the first's.

        What they change and wipe is so from then on: a `set` of the `topic`, or of a closed room's `title`,
        is the room's, `changes` are what `everything` tells, and what was wiped keeps its place and loses its
        text. A message that a deed is about has from then on the form that `chatd.core.forms.after` gives it,
        and nothing of an earlier one is kept; if it has that form already, nothing is stored and the answer
        is `repeated`, with the offset 0; `no_such_message` if it is gone, or is none.

        An author and the one a deed is about are kept from `forget_guests`.

        Raises `Refused` with `forbidden` if the last `owner` of a room, or of the server, would be one no
        longer; but whoever is the last member of a room may quit it.
        """

    def everything(self) -> Awaitable[Everything]:
        """
        All that was decided so far about people and rooms.
        """

    def read(self, room: RoomKey, after: int, upto: int, max_bytes: int) -> Awaitable[tuple[Event, ...]]:
        """
        The events with `after` < offset <= `upto`, ascending and dense from `after` + 1, as many as fit into
        `max_bytes` by their `weight`, and at least one.

        `upto` is not above the head, and `after` is below it; anything else is a `ValueError`. Raises
        `Pruned` if `after` + 1 is no longer kept.
        """

    def page(
        self,
        room: RoomKey,
        reader: PersonId | None,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        max_bytes: int,
        brief: bool = False,
    ) -> Awaitable[Slice]:
        """
        A piece of the log with at most `limit` messages (other events between them come too): those that
        follow `after`, or those that precede `before`, or, with neither, the newest. Both are exclusive.

        What `max_bytes` by `weight` cannot hold is left out at the far end, but one event always comes. A
        room without events, or an offset beyond them, gives an empty slice. With `brief` there is none in it
        of which `chatd.core.forms.only_changes` is true.
        """

    def room(self, room: RoomKey, reader: PersonId | None) -> Awaitable[RoomRecord | None]:
        """
        The room as it is now, or None if it has never had an event.

        A private room without an event is none, too.
        """

    def open(
        self,
        room: RoomKey,
        reader: PersonId | None,
        position: Position | None,
        last: int,
        brief: bool = False,
    ) -> Awaitable[Opened | None]:
        """
        The room, and the place at which a cursor begins: None if it has never had an event.

        It is `position` and `recovered` if `position.after` is not above the head, the event after it is
        still kept (or it is the head itself), and, where an id is given and `after` is not 0, that event is
        kept and has this id. Otherwise it is the place before the last `last` messages, and not `recovered`.
        """

    def rooms(
        self, reader: PersonId | None, after: str, limit: int, closed: Collection[RoomKey] = ()
    ) -> Awaitable[tuple[RoomRecord, ...]]:
        """
        At most `limit` rooms whose sort key is above `after`, by sort key: the public ones and those of
        `closed`, whose sort key is their key, and the reader's private ones, whose sort key is `@` and the
        other person's id.
        """

    def inbox(
        self, reader: PersonId, limit: int, closed: Collection[RoomKey] = ()
    ) -> Awaitable[tuple[RoomRecord, ...]]:
        """
        The reader's private rooms, those of `closed`, and the public ones in which they have a read marker:
        the `limit` ones whose last event is the latest, the latest first.
        """

    def counts(self, reader: PersonId, room: RoomKey, read: int) -> Awaitable[Counts]:
        """
        What somebody whose read marker is there has not read of a room, up to `COUNTED_EVENTS` further.
        `open` and `inbox` tell it with their records. Of a public room without a marker nothing is counted.
        """

    def pinned(self, room: RoomKey) -> Awaitable[tuple[Message, ...]]:
        """
        The messages that are pinned in a room, the last one first.
        """

    def set_notice(self, person: PersonId, room: RoomKey, level: str) -> Awaitable[bool]:
        """
        Keep how much somebody wants to be told of a room; "" is as if it was never said. Whether it is kept:
        not of a room that never had an event.
        """

    def mark_read(self, person: PersonId, room: RoomKey, offset: int) -> None:
        """
        Move the person's read marker in a room up; a smaller offset than before changes nothing.

        Every answer that is asked for afterwards has it. It is written with the next commit or within 5 s,
        and at `stop`. A marker in a room that has never had an event, or of somebody unknown, is dropped, and
        one at 0 is none.
        """

    def prune(self, keep: Keep, limit: int) -> Awaitable[Trim]:
        """
        Take a step through the rooms: from the front of their logs goes what is not to be kept, and with it
        the memory of cids that are old enough.

        At most `limit` events go, `limit` rooms are looked at and `limit` cids forgotten; the next step goes
        on from there. Offsets stay as they are, and so does what refers to an event that goes.
        """

    # People

    def add_person(self, card: Card, token_hash: bytes) -> Awaitable[None]:
        """
        Keep a new person, under an id that nobody has.
        """

    def person(self, id: PersonId) -> Awaitable[Card | None]:
        """
        The person with that id, or None.
        """

    def person_of_token(self, token_hash: bytes) -> Awaitable[Known | None]:
        """
        The person who was given the token with that hash, or None.

        That it was shown is noted at most once an hour, with what is written next.
        """

    def people(self, ids: Collection[PersonId]) -> Awaitable[tuple[Card, ...]]:
        """
        Those of them whom the store knows, in any order.
        """

    def rename(self, id: PersonId, name: str) -> Awaitable[None]:
        """
        Give a person another name. Their earlier messages keep the old one.

        Raises `Refused` with `no_such_person` if nobody has that id.
        """

    def touch(self, ids: Collection[PersonId]) -> Awaitable[int]:
        """
        Note that these people were here until now. The answer is how many of them are known.

        It is one write, answered in its turn; also when `ids` is empty, so that it can be waited for in order
        to have waited for all that was asked before. `ids` is copied by the call.
        """

    def forget_guests(self, idle_seconds: float) -> Awaitable[int]:
        """
        Forget those who never wrote nor were written to and whose last `add_person`, `rename` or `touch` is
        longer ago than that, with their read markers. The answer is their number. They may go a few at a
        time, and what others write comes between.
        """

    def forget_ended(self, before_ms: int) -> Awaitable[None]:
        """
        Forget all changes of bans and mutes (`chatd.core.rights.HOLDS`) that ended before a time.
        """


class View(Struct, frozen=True):
    """
    How one side sees a room: the name it goes by there, and a private room's other person.
    """

    room: str
    peer: Face | None = None


class Dialect(Protocol):
    """
    How a client speaks: bytes to commands, and answers and events to bytes. It knows nothing else.
    """

    @property
    def subprotocol(self) -> str | None:
        """
        Its name in Sec-WebSocket-Protocol (RFC 6455 section 11.3.4); None for the one without a name.
        """

    def decode(self, payload: bytes) -> Command | Post:
        """
        The command in one message of a client. `payload` is valid UTF-8.

        Raises `Refused` where the client is told and goes on, and `Violation` where it is closed.
        """

    def encode(self, answer: Answer) -> bytes | None:
        """
        The message for an answer, or None if the dialect has no word for it.
        """

    def encode_event(self, event: Event, view: View) -> bytes | None:
        """
        The message for an event of a log, or None if the dialect has no word for it.
        """

    def verdict(self, refused: Refused) -> CloseCode | None:
        """
        With what a refused command closes the connection; None if it is told by an answer and the connection
        goes on.
        """


class Wire(Protocol):
    """
    A dialect with the framing of its transport: what comes out of it goes to a socket as it is.

    There is one for each dialect in use, so that it can stand for it where encoded bytes are shared.
    """

    def decode(self, payload: bytes) -> Command | Post:
        """
        As the dialect's.
        """

    def frame(self, answer: Answer) -> bytes:
        """
        The bytes for an answer; empty if the dialect has no word for it.
        """

    def frame_event(self, event: Event, view: View) -> bytes:
        """
        The bytes for an event; empty if the dialect has no word for it.
        """

    def verdict(self, refused: Refused) -> CloseCode | None:
        """
        As the dialect's.
        """
