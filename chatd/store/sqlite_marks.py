"""
What may reach the database later: read markers, kept here until it has them, so that every answer knows them,
and which tokens were shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.names import PersonId, RoomKey
from chatd.core.records import Known
from chatd.core.refusals import Refused
from chatd.store import rules
from chatd.store.sqlite_group import Group


class Marks:
    """
    The read markers that the database does not have yet, and the tokens of which it does not know that they
    were shown.

    `submit` asks for a write.
    """

    _log = Logger()

    def __init__(self, submit: Callable[[Callable[[Group], Any]], Deferred[Any]]) -> None:
        self._submit = submit
        self._pending: dict[PersonId, dict[RoomKey, int]] = {}
        # Those of them that are in no write yet.
        self._unsent: dict[tuple[PersonId, RoomKey], int] = {}
        self._shown: set[bytes] = set()

    def move(self, person: PersonId, room: RoomKey, offset: int) -> bool:
        """
        Move a marker up; whether there is something new to be written.
        """
        marks = self._pending.setdefault(person, {})
        if offset <= marks.get(room, 0):
            return False
        marks[room] = self._unsent[person, room] = offset
        return True

    def of(self, reader: PersonId | None) -> dict[RoomKey, int]:
        """
        The reader's markers that a question asked now might not find in the database.

        A copy: the markers that are in the database by the time of the answer were in it or here when it was
        asked, so none is missed.
        """
        return {} if reader is None else dict(self._pending.get(reader, ()))

    def show(self, found: tuple[Known, int] | None, token_hash: bytes, now_ms: int) -> Known | None:
        """
        Note that a token was shown, unless it was within the hour; `found` is whose it is and when it was
        noted last.
        """
        if found is None:
            return None
        known, seen_ms = found
        if now_ms - seen_ms >= rules.SHOWN_MS:
            self._shown.add(token_hash)
        return known

    def write(self) -> None:
        """
        Have written what is in no write yet.
        """
        if not self._unsent and not self._shown:
            return
        marks, self._unsent = self._unsent, {}
        shown, self._shown = self._shown, set()

        def apply(group: Group) -> None:
            group.mark_read(marks)
            group.show_tokens(shown)

        # Of what the disk refuses tokens are not tried again: they are shown again.
        written = self._submit(apply)
        written.addCallbacks(self._written, self._refused, callbackArgs=(marks,), errbackArgs=(marks,))
        written.addErrback(self._failed)

    def clear(self) -> None:
        """
        Forget all, when the store is closed.
        """
        self._pending.clear()
        self._unsent.clear()
        self._shown.clear()

    def _written(self, nothing: None, marks: dict[tuple[PersonId, RoomKey], int]) -> None:
        for (person, room), offset in marks.items():
            if self._is_pending(person, room, offset):
                del self._pending[person][room]
                if not self._pending[person]:
                    del self._pending[person]

    def _refused(self, failure: Failure, marks: dict[tuple[PersonId, RoomKey], int]) -> None:
        # They are tried again with the next write, or when the timer says so; but not what has grown since.
        failure.trap(Refused)
        self._unsent |= {mark: offset for mark, offset in marks.items() if self._is_pending(*mark, offset)}

    def _is_pending(self, person: PersonId, room: RoomKey, offset: int) -> bool:
        return self._pending.get(person, {}).get(room) == offset

    def _failed(self, failure: Failure) -> None:
        self._log.failure("Read markers could not be written.", failure)
