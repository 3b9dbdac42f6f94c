"""
`chatd check`: says whether the database is whole, and if not, what is wrong and what to do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from twisted.python import usage

from chatd.config import CannotStart, Config
from chatd.core.records import StoreUnusable
from chatd.store.blobs import FOLDER
from chatd.store.sqlite_check import examine, last_good_copy
from chatd.whereabouts import DatabaseOptions

WHOLE, DAMAGED, UNREADABLE = 0, 1, 2
"""The exit statuses."""


class Options(DatabaseOptions):
    """
    The command line of `chatd check`: where the database lies, as it is said to the daemon.
    """

    synopsis = "Usage: chatd check [options]"
    longdesc = (
        "Look at every page and every log of the database, and change nothing; the daemon may be running."
        " Exits with 0 if all is well, 1 if something is damaged or a file is lost, 2 if it cannot be read."
        " The CHATD_* variables count as they do for the daemon."
    )


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> NoReturn:
    """
    Check, print what was found, and exit.
    """
    options = Options()
    try:
        options.parseOptions(arguments)
        raise SystemExit(check(_path(options.configuration(environ))))
    except (usage.UsageError, CannotStart, StoreUnusable) as why:
        line = str(CannotStart(str(why)))
        sys.stderr.write(f"chatd check: {line}\n")
        raise SystemExit(UNREADABLE) from None


def _path(config: Config) -> str:
    kind, _, path = config.store.partition(":")
    if kind != "sqlite":
        raise CannotStart(f"{config.store} is not kept in a file; there is nothing to check")
    return os.path.realpath(path)


def check(path: str) -> int:
    """
    Check the database at `path`, and print what was found; the exit status. Raises `StoreUnusable`.
    """
    report = examine(path)
    if not report.wrong:
        _print(f"{path} is whole: {report.summary}")
        if not report.lost:
            return WHOLE
        _print("What to do:")
        _print(f"- Copy what is missing from your backup into {path}{FOLDER}; chatd may be running.")
        return DAMAGED
    _print(f"{path} is damaged:")
    for line in report.wrong:
        _print(f"- {line}")
    _print("What to do:")
    _print("- Stop chatd, and write nothing to this disk before you know that it is well.")
    _print(
        f"- Move {path}, {path}-wal and {path}-shm, as far as they are there, to another disk, and keep them."
    )
    _print(f"- Copy your last backup to {path}.")
    copy = last_good_copy(path)
    if copy is not None:
        day = datetime.fromtimestamp(os.path.getmtime(copy), UTC).date().isoformat()
        _print(
            f"- If that is older, the last good copy beside it is {copy}, from before an upgrade on {day}."
        )
        _print("  It knows nothing of what was said since.")
    else:
        _print("- No good copy lies beside it.")
    _print("- Start chatd. Clients notice that the log is another one, and read it anew.")
    return DAMAGED


def _print(line: str) -> None:
    # A file's name may hold anything.
    text = line if line.isprintable() else line.encode("unicode_escape").decode("ascii")
    sys.stdout.write(f"{text}\n")
