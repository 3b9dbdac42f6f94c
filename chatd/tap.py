"""
chatd as twistd starts it: its options, and the service that they make.

twistd calls `Options`, then `makeService`, then forks, changes root, folder and umask, calls
`privilegedStartService`, sheds its privileges and calls `startService`. So relative paths are made absolute
while options are read, `makeService` only builds objects, and whatever is found wrong after it is told here.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO, cast

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from chatd import __version__
from chatd.config import OPTIONS, CannotStart, Config, Option, Surroundings, load
from chatd.ops.log import FORMATS, Lines, write_lines
from chatd.service import make_service

__all__ = ["Launch", "Options", "makeService"]

# What an operator can mend; anything else is a mistake of ours and shows its traceback in the log.
_MENDABLE = (CannotStart, OSError)


class Options(usage.Options):
    """
    The command line of chatd, with one flag for each option of the table in `chatd.config`.

    After parsing, `config` is complete and checked. What is wrong ends the process with one line.
    """

    synopsis = "[options]"
    longdesc = (
        "A chat server: a page, WebSockets and one log. Each option is also a variable (--tls-port: "
        "CHATD_TLS_PORT) and a key in the TOML file that --config names; a flag wins over a variable, and "
        "that over the file. Relative paths start where the command is typed."
    )
    _log = Logger()

    def __init__(self, around: Surroundings | None = None) -> None:
        """
        `around` is for callers that do not want the environment and folders of this process.
        """
        super().__init__()
        self.given: dict[str, str | list[str]] = {}
        self.config: Config | None = None
        # Whether the log is what the person who typed the command sees; twistd's own options decide below.
        self.log_is_in_sight = False
        self._around = around

    def parseArgs(self, *arguments: str) -> None:
        if arguments:
            first = repr(arguments[0])
            raise usage.UsageError(f"{first} is no option; chatd takes options alone, such as --port 8000")

    def opt_version(self) -> NoReturn:
        """
        Show chatd's version and exit.
        """
        sys.stdout.write(f"chatd {__version__}\n")
        raise SystemExit(0)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        try:
            super().parseOptions(options)
        except (usage.UsageError, CannotStart) as why:
            # twistd would print all the options of all its plugins before the one line that matters.
            raise SystemExit(f"chatd: {why}") from None

    def postOptions(self) -> None:
        parent: MutableMapping[str, Any] = self.parent or {}
        if self._around is None:
            chroot = parent.get("chroot")
            root = Path(os.path.abspath(chroot)) if chroot else None
            home = Path(os.path.expanduser("~"))
            self._around = Surroundings(os.environ, home, Path.cwd(), root)
        self.config, warnings = load(self.given, self._around)
        if self.config.log_format != "text" and (parent.get("syslog") or parent.get("logger")):
            raise CannotStart(
                "--log-format is for files and stdout; twistd's --syslog and --logger have their own form"
            )
        for warning in warnings:
            self._log.warn("{warning}", warning=warning)
        # In the foreground the supervisor knows the process, and a file left by a crash would stop the next
        # start.
        if (parent.get("nodaemon") or parent.get("debug")) and parent.get("pidfile") == "twistd.pid":
            parent["pidfile"] = ""
        if parent.get("nodaemon") and parent.get("logfile") in (None, "", "-"):
            self.log_is_in_sight = not (parent.get("syslog") or parent.get("logger"))


def _flag(option: Option) -> Any:
    def take(self: Options, text: str) -> None:
        if option.repeatable:
            cast("list[str]", self.given.setdefault(option.name, [])).append(text)
        else:
            self.given[option.name] = text

    def switch_on(self: Options) -> None:
        self.given[option.name] = "on"

    default = f" [default: {option.default.replace('`', '')}]" if option.default else ""
    # usage.Options tells flags that take a text from those that do not by the arguments of the method.
    method: Any = take if option.value else switch_on
    method.__doc__ = f"{option.help}{' (repeatable)' if option.repeatable else ''}{default}"
    return method


for _option in OPTIONS:
    # usage.Options finds its flags by the names of methods.
    setattr(Options, "opt_" + _option.name.replace("-", "_"), _flag(_option))


def makeService(options: Options) -> IService:
    """
    The whole server as one service; it opens, reads and binds nothing before it is started.
    """
    if options.config is None:
        raise ValueError("these options have not been parsed")
    try:
        service = make_service(options.config)
    except CannotStart as why:
        raise SystemExit(f"chatd: {why}") from None
    from twisted.internet import reactor

    lines = Lines(FORMATS[options.config.log_format], reactor, time.monotonic)
    write_lines(lines)
    cast(Any, reactor).addSystemEventTrigger("after", "shutdown", lines.end)
    # Whoever collects lines of JSON looks for nothing else.
    in_sight = options.log_is_in_sight and options.config.log_format == "text"
    return Launch(service, reactor, _kept_stderr(), in_sight, options.parent)


def _kept_stderr() -> TextIO | None:
    """
    The stderr of now, which a daemon no longer has where it finds out that it cannot start.
    """
    try:
        return os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None


class Launch(Service):
    """
    Starts and stops a service, and makes of each error that an operator can mend one line and an exit status
    of 1.

    The errors are `CannotStart` and `OSError`, raised by
    `privilegedStartService` or `startService`, or by a Deferred that the latter returns. The line goes to
    `stderr`, and to the log unless `log_is_in_sight`. Who started a daemon is kept waiting until the Deferred
    has fired, and so learns by the exit status what came of it; `twistd` are the options of twistd, through
    which that is done, if there are any.
    """

    _log = Logger()

    def __init__(
        self,
        service: IService,
        reactor: Any,
        stderr: TextIO | None,
        log_is_in_sight: bool,
        twistd: MutableMapping[str, Any] | None = None,
    ) -> None:
        self._service = service
        self._reactor = reactor
        self._stderr = stderr
        self._log_is_in_sight = log_is_in_sight
        self._twistd = {} if twistd is None else twistd
        self._status_pipe: int | None = None
        self._stopping = False

    def privilegedStartService(self) -> None:
        super().privilegedStartService()
        with self._mendable():
            self._service.privilegedStartService()

    def startService(self) -> None:
        super().startService()
        with self._mendable():
            started: object = self._service.startService()
        if isinstance(started, Deferred):
            # twistd would report success on it as soon as this returns.
            self._status_pipe = self._twistd.pop("statusPipe", None)
            started.addCallbacks(self._started, self._failed)
        else:
            self._started(None)
        self._reactor.callWhenRunning(self._take_sigterm)

    def stopService(self) -> Deferred[None] | None:
        super().stopService()
        stopped: Deferred[None] | None = self._service.stopService()
        return stopped

    def _started(self, _: object) -> None:
        self._tell_waiting(b"0")

    def _tell_waiting(self, status: bytes) -> None:
        """
        Let whoever started a daemon go on: with `0`, or with `1`, a space and a reason.
        """
        if self._stderr is not None:
            # Its reader may be waiting for the end of it.
            self._stderr.close()
            self._stderr = None
        if self._status_pipe is not None:
            # twistd reads at most so much, and may have been ended meanwhile.
            with suppress(OSError):
                os.write(self._status_pipe, status[:100])
            os.close(self._status_pipe)
            self._status_pipe = None

    @contextmanager
    def _mendable(self) -> Iterator[None]:
        try:
            yield
        except _MENDABLE as why:
            # It goes on to twistd, which tells its parent, removes its pid file and exits with 1; at the end
            # of that way Python would print a traceback.
            sys.excepthook = _say_nothing
            raise CannotStart(self._report(why)) from None

    def _failed(self, failure: Failure) -> None:
        """
        The reactor runs already, so the process is stopped in order before it exits with 1.
        """
        if isinstance(failure.value, _MENDABLE):
            line = self._report(failure.value)
        else:
            self._log.failure("starting failed", failure=failure)
            line = "starting failed"
        # twistd would exit with 0 after a reactor that has stopped. Whoever started a daemon hears of it when
        # the pid file is gone, and may then start another one.
        atexit.register(self._exit_with_1, f"1 {line}".encode("ascii", "backslashreplace"))
        self._stop()

    def _exit_with_1(self, status: bytes) -> NoReturn:
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
        self._tell_waiting(status)
        os._exit(1)

    def _report(self, why: BaseException) -> str:
        """
        Say on stderr and in the log what cannot be done, and return what there is left to say.
        """
        line = str(why)
        if not line.isprintable():
            # A file's name may hold anything.
            line = line.encode("unicode_escape").decode("ascii")
        if not self._log_is_in_sight:
            self._log.critical("cannot start: {why}", why=line)
        if self._stderr is None:
            return line
        self._stderr.write(f"chatd: {line}\n")
        self._stderr.flush()
        # twistd has a line of its own for whoever started a daemon.
        return "the line before this one says why"

    def _take_sigterm(self) -> None:
        """
        After the reactor's own, which would let the process die of the signal once all is stopped in good
        order.
        """
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._sigterm)

    def _sigterm(self) -> None:
        self._log.info("SIGTERM: stopping")
        self._stop()

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._reactor.stop()


def _say_nothing(kind: type[BaseException], value: BaseException, traceback: object) -> None:
    """
    The line has been written.
    """
