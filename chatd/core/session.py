"""
A client as the hub knows it: its person, what may be asked of it now, and its place in the rooms it hears.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from chatd.core import attendance, rules, visitor
from chatd.core.acts import ACTS, ALONE, LARGE
from chatd.core.amendments import Pins
from chatd.core.commands import (
    Answer,
    Command,
    Hello,
    History,
    Join,
    Post,
    Refusal,
    Say,
)
from chatd.core.cursors import Cursors
from chatd.core.deadlines import Due
from chatd.core.hearing import Cursor
from chatd.core.limits import TokenBucket
from chatd.core.names import (
    PersonId,
    RoomKey,
    is_private,
)
from chatd.core.orders import Roster
from chatd.core.outbox import Outbox
from chatd.core.presence import Person
from chatd.core.refusals import CloseCode, Code, Refused
from chatd.core.room import Room

if TYPE_CHECKING:
    from chatd.core.hub import Hub

MAX_UNANSWERED = 32
HELLO_SECONDS = 10.0
FLOOD_REFUSALS = 100
FLOOD_SECONDS = 10.0
COMMAND_RATE = 20.0
COMMAND_BURST = 200


def _start_nothing(coroutine: Coroutine[Any, Any, None]) -> None:
    coroutine.close()


@dataclass(slots=True, eq=False)
class Session:
    """
    What one connection is to the hub.

    `credentials` are what the connection itself came with, `token_hash` is of the token by which its person
    is known. It is greeted once a `hello` succeeded; without a person it is a watcher then. `guise` is the id
    under which a client of the tutorial's wire writes, and `guise_name` how it is called once it has written;
    such a client is greeted when it is open.
    """

    hub: Hub
    outbox: Outbox
    address: str | None
    credentials: Any = None
    token_hash: bytes | None = None
    guise: PersonId | None = None
    guise_name: str = ""
    greeted: bool = False
    closed: bool = False
    cursors: Cursors = field(init=False)
    messages: TokenBucket = field(init=False)
    _commands: TokenBucket = field(init=False)
    _alone: int = 0
    _unanswered: int = 0
    _paused: bool = False
    _receiving: bool = False
    _refusals: deque[float] | None = None
    _due: Due | None = None

    def __post_init__(self) -> None:
        settings = self.hub.settings
        self.cursors = Cursors(self.outbox, self.hub.store, self.hub.gate, self.start)
        self.messages = TokenBucket(settings.message_rate, settings.message_burst)
        self._commands = TokenBucket(COMMAND_RATE if settings.message_rate else 0, COMMAND_BURST)

    @property
    def person(self) -> Person | None:
        """
        Who the client is; None before `hello`, for a watcher and on the tutorial's wire.
        """
        return self.cursors.person

    def the_person(self) -> Person:
        """
        Who the client is. Raises `Refused` with `forbidden` if it is nobody.
        """
        if self.cursors.person is None:
            raise Refused(Code.FORBIDDEN, "A watcher cannot do that; say hello with a name first.")
        return self.cursors.person

    @property
    def viewer(self) -> PersonId | None:
        """
        The id of the person for whom rooms are looked at.
        """
        return self.cursors.person.card.id if self.cursors.person else None

    @property
    def author(self) -> PersonId | None:
        """
        The id under which the client writes; None for a watcher.
        """
        return self.guise if self.cursors.person is None else self.cursors.person.card.id

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """
        Run a coroutine for this client; its failure closes this client and no other.
        """
        self.hub.spawn(coroutine, self)

    def key_of(self, room: str) -> RoomKey:
        """
        As `chatd.core.visitor.key_of`.
        """
        return visitor.key_of(self, room)

    def cursor_in(self, key: RoomKey) -> Cursor:
        """
        The client's cursor in a public room. Raises `Refused` with `not_member` if it has not joined it.
        """
        cursor = self.cursors.rooms.get(key)
        if cursor is None:
            raise Refused(Code.NOT_MEMBER, "Join the room first.")
        return cursor

    def heard(self, key: RoomKey) -> None:
        """
        Raise `Refused` with `not_member` unless the client hears that room, or it is one of its private ones.
        """
        if not is_private(key):
            self.cursor_in(key)

    # The way in

    def receptive(self) -> bool:
        """
        Whether the next command may be looked at. When it becomes true again, `Outbox.look` is called.
        """
        if self._alone or self._paused or self.closed or self.hub.stopping:
            return False
        return self._unanswered + self.cursors.owed < MAX_UNANSWERED

    @property
    def busy(self) -> bool:
        """
        Whether a command that was taken has yet to be answered. When it no longer is, `Outbox.look` is called
        if the next may be looked at.
        """
        return bool(self._unanswered or self.cursors.owed)

    def receive(self, command: Command | Post, now: float) -> None:
        """
        Take a command. It is answered through the outbox, at once or later; of one client they take effect in
        order.
        """
        if self.closed:
            return
        kind = type(command)
        if kind is not Say:
            self.pace(self.messages if kind is Post else self._commands, now)
        self._unanswered += 1
        self._receiving = True
        self.start(self._carry_out(kind, command, now))
        self._receiving = False

    def refused(self, refused: Refused, now: float) -> None:
        """
        Take a command that could not be decoded: it is refused.
        """
        if not self.closed:
            self.pace(self._commands, now)
            self._refuse(refused, refused.ref, now)

    async def _carry_out(self, kind: type, command: Any, now: float) -> None:
        alone = kind in ALONE
        self._alone += alone
        try:
            if kind is Hello:
                self._let_go_of_due()
            elif not self.greeted:
                raise Refused(Code.NOT_HELLO, "Say hello first.")
            else:
                rules.check(self, command)
            if kind in LARGE:
                await self.cursors.in_turn(lambda: ACTS[kind](self, command, now))
            else:
                await ACTS[kind](self, command, now)
        except Refused as refused:
            self._refuse(refused, getattr(command, "ref", None), now)
        except Exception as error:  # noqa: BLE001
            self.hub.report(error)
            failed = Refused(Code.INTERNAL, "The server failed at this.")
            self._refuse(failed, getattr(command, "ref", None), now)
        finally:
            self._alone -= alone
            self._unanswered -= 1
            self.look()

    async def still_may(self, command: Join | History | Roster | Pins) -> None:
        """
        Look again, after something was read, whether the client may have it. Raises `Refused` if not.

        A deed that is stored can be read before it is published; what is stored after it is not for whom it
        sends out.
        """
        await self.hub.deeds_are_told()
        rules.check(self, command)
        if type(command) is not Join and command.room is not None:
            self.heard(self.key_of(command.room))

    async def may_still(self, command: Command | Post) -> None:
        """
        Look again, right before something is written, whether the client may. Raises `Refused` if not.

        What is said while a deed is on its way would stand behind it, though it silences whoever says it.
        """
        if self.hub.deeds_under_way:
            await self.by_itself(self.hub.deeds_are_told())
        rules.check(self, command)
        room = getattr(command, "room", None)
        if room is not None:
            self.heard(self.key_of(room))

    def look(self) -> None:
        """
        Have the next command looked at, if one may be.
        """
        # Within `receive` the caller looks by itself.
        if not self._receiving and self.receptive():
            self.outbox.look()

    def pace(self, bucket: TokenBucket, now: float) -> None:
        """
        Take a token; when that was the last one, look at nothing more until there is another.
        """
        bucket.take(now)
        wait = bucket.wait(now)
        if wait > 0 and not self._paused:
            self._paused = True
            self.hub.deadlines.at(now + wait, self._unpause)

    def _unpause(self, _now: float) -> None:
        self._paused = False
        self.look()

    async def by_itself(self, work: Coroutine[Any, Any, Any]) -> Any:
        """
        Await something before which no further command may be looked at, so that the order of effects stays.
        Whoever waited calls `look` when the effect is under way.
        """
        self._alone += 1
        try:
            return await work
        finally:
            self._alone -= 1

    # The way out

    def answer(self, command: Command, answer: Answer) -> None:
        """
        Answer a command, with the `ref` that it had.
        """
        if not self.closed:
            self.outbox.write(self._framed(command, answer))

    def answer_after(self, command: Command, answer: Answer, key: RoomKey, offset: int) -> None:
        """
        Answer a command once the client has been sent the event at that offset, if it hears the room.
        """
        if not self.closed:
            self.cursors.write_after(key, offset, self._framed(command, answer))

    def _framed(self, command: Command, answer: Answer) -> bytes:
        if command.ref is not None:
            answer = replace(answer, ref=command.ref)
        return self.outbox.wire.frame(answer)

    def _refuse(self, refused: Refused, ref: str | None, now: float) -> None:
        if self.closed:
            return
        verdict = self.outbox.wire.verdict(refused)
        if verdict is not None:
            self.close(verdict, verdict.reason)
            return
        refusal = Refusal(
            ref=UNSET if ref is None else ref,
            code=refused.code,
            message=refused.message,
            retry_after=UNSET if refused.retry_after is None else ceil(refused.retry_after * 1000) / 1000,
        )
        self.outbox.write(self.outbox.wire.frame(refusal))
        if self._refusals is None:
            self._refusals = deque(maxlen=FLOOD_REFUSALS)
        if len(self._refusals) == FLOOD_REFUSALS and now - self._refusals[0] < FLOOD_SECONDS:
            self.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)
        self._refusals.append(now)

    def close(self, code: CloseCode, reason: str) -> None:
        """
        Close the connection; `lost` follows when it is gone.
        """
        self.outbox.close(code, reason)

    def expect_hello(self, now: float) -> None:
        """
        Close the connection unless a well-formed `hello` comes in time.
        """
        self._due = self.hub.deadlines.at(now + HELLO_SECONDS, self._has_not_said_hello)

    def _has_not_said_hello(self, _now: float) -> None:
        self.close(CloseCode.NO_HELLO, CloseCode.NO_HELLO.reason)

    def _let_go_of_due(self) -> None:
        if self._due is not None:
            self.hub.deadlines.let_go(self._due)
            self._due = None

    def drained(self, _now: float) -> None:
        """
        The outbox is no longer full.
        """
        self.cursors.read_on()

    def lost(self, now: float) -> None:
        """
        The connection is gone, for whatever reason.
        """
        if self.closed:
            return
        self.closed = self.cursors.closed = True
        self._let_go_of_due()
        attendance.depart(self, now)
        self.hub.disconnect(self, now)
        # It leads back here: without it the memory is given back now, and not when cycles are collected.
        self.cursors.start = _start_nothing

    # What it hears

    def hear(self, room: Room, offset: int, live_at: int | None = None, *, brief: bool = False) -> None:
        """
        Hear a room after an offset. With `live_at` the client is told when it has caught up with that head.
        """
        cursor = self.cursors.set(room, room.view(self.viewer), offset, live_at)
        cursor.brief = brief
        room.hearing.begin(cursor)

    def unhear(self, key: RoomKey) -> Room | None:
        """
        Hear a room no longer; the room, if it was heard.
        """
        room = self.cursors.drop(key)
        if room is not None:
            room.hearing.end(self.cursors)
        return room
