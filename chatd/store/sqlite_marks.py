"""
Read markers on their way to the database: kept here until it has them, so that every answer knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.names import PersonId, RoomKey
from chatd.core.refusals import Refused
from chatd.store.sqlite_group import Group


class Marks:
    """
    The read markers that the database does not have yet.

    `submit` asks for a write.
    """

    _log = Logger()

    def __init__(self, submit: Callable[[Callable[[Group], Any]], Deferred[Any]]) -> None:
        self._submit = submit
        self._pending: dict[PersonId, dict[RoomKey, int]] = {}
        # Those of them that are in no write yet.
        self._unsent: dict[tuple[PersonId, RoomKey], int] = {}

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

    def write(self) -> None:
        """
        Have written what is in no write yet.
        """
        if not self._unsent:
            return
        marks, self._unsent = self._unsent, {}
        written = self._submit(lambda group: group.mark_read(marks))
        written.addCallbacks(self._written, self._refused, callbackArgs=(marks,), errbackArgs=(marks,))
        written.addErrback(self._failed)

    def clear(self) -> None:
        """
        Forget all, when the store is closed.
        """
        self._pending.clear()
        self._unsent.clear()

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
