"""
The log: each event is one line, as text or as JSON, whatever is in it.

twistd decides where the log goes, and keeps its files; here is how a line looks, and which are left out.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogBeginner,
    LogEvent,
    Logger,
    eventAsText,
    formatEvent,
    globalLogBeginner,
)
from twisted.python.failure import Failure

from chatd.ops.ration import OTHERS, Ration, ration_key

# What Twisted's older way of logging puts into an event beside what is logged.
_NOT_FIELDS = frozenset({"format", "isError", "message", "system", "time"})

_log = Logger()


def one_line(text: str) -> str:
    """
    `text` with everything that is no visible character or space written as Python writes it in a string.

    So it is one line, and can neither steer a terminal nor change the order in which it is read.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def as_text(event: LogEvent) -> str | None:
    """
    An event as one line of text: its time, where it comes from, what it says, and its traceback if it has
    one.
    """
    text = eventAsText(event).rstrip("\n")
    return f"{one_line(text)}\n" if text else None


def as_json(event: LogEvent) -> str | None:
    """
    An event as one line of JSON: `at` (UTC), `level`, `namespace`, `message`, each other field of it that is
    a text, number, true, false or null, and `traceback` if it has one.
    """
    level, at = event.get("log_level"), event.get("log_time")
    line: dict[str, Any] = {
        "at": None if at is None else _utc(at),
        "level": "info" if level is None else level.name,
        "namespace": event.get("log_namespace"),
        "message": formatEvent(event),
    }
    for name, value in event.items():
        taken = name in line or name in _NOT_FIELDS or name.startswith("log_")
        if not taken and _is_plain(value):
            line[name] = value
    failure = event.get("log_failure")
    # Whoever logs may put anything there.
    if isinstance(failure, Failure):
        line["traceback"] = failure.getTraceback()
    elif not line["message"]:
        return None
    return f"{json.dumps(line)}\n"


FORMATS: dict[str, Callable[[LogEvent], str | None]] = {"text": as_text, "json": as_json}


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_plain(value: object) -> bool:
    return (
        value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    )


class Lines:
    """
    The lines of a log: what a `FileLogObserver` asks for the line of an event, if it is to have one.

    An event with a `peer` in it is one that a client causes, and rationed by the client's address. `reactor`
    is an `IReactorTime`, and `seconds` a clock that is never put back.
    """

    def __init__(
        self, write: Callable[[LogEvent], str | None], reactor: Any, seconds: Callable[[], float]
    ) -> None:
        self._write = write
        self._reactor = reactor
        self._seconds = seconds
        self._ration = Ration(_tell)
        self._next: IDelayedCall | None = None

    def __call__(self, event: LogEvent) -> str | None:
        """
        The line, with its end, or None.
        """
        if "peer" in event and "log_rationed" not in event:
            now = self._seconds()
            if not self._ration.take(ration_key(event["peer"]), now):
                self._look_again(now)
                return None
        return self._write(event)

    def end(self) -> None:
        """
        Say what was left out until now.
        """
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._ration.end()

    def _look_again(self, now: float) -> None:
        # First: most lines that are left out come while that is known.
        wait = self._ration.wait(now) if self._next is None else None
        if wait is not None:
            self._next = self._reactor.callLater(wait, self._look)

    def _look(self) -> None:
        self._next = None
        now = self._seconds()
        self._ration.look(now)
        self._look_again(now)


def _tell(address: str, count: int) -> None:
    _log.info(
        "{peer}: … and {more} more in the same minute",
        peer="other addresses" if address == OTHERS else address,
        more=count,
        log_rationed=True,
    )


def write_lines(lines: Lines, beginner: LogBeginner = globalLogBeginner) -> None:
    """
    Have the log files, standard output among them, that somebody is going to begin written in these lines,
    from the first on.

    What else may be begun, such as syslog, has a form of its own.
    """
    begin = beginner.beginLoggingTo

    def begin_in_lines(observers: Iterable[ILogObserver], *arguments: Any, **named: Any) -> None:
        observers = list(observers)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Not every locale has all letters, and a line is not to be lost for one of them.
            sys.stdout.reconfigure(errors="backslashreplace")
        for observer in observers:
            if isinstance(observer, FileLogObserver):
                observer.formatEvent = lines
        begin(observers, *arguments, **named)

    # twistd begins its log by itself, and asks nobody how a line is to look.
    beginner.beginLoggingTo = begin_in_lines  # type: ignore[method-assign]
