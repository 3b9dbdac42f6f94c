"""
`chatd backup FILE`: copies the database while the daemon goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from twisted.python import usage

from chatd.config import CannotStart, Config
from chatd.core.records import StoreUnusable
from chatd.store.blobs import FOLDER
from chatd.store.sqlite_backup import back_up
from chatd.whereabouts import DatabaseOptions


class Options(DatabaseOptions):
    """
    The command line of `chatd backup`: a new file, and where the database lies, as it is said to the daemon.
    """

    synopsis = "Usage: chatd backup [options] FILE"
    longdesc = (
        "Copy the database to a new FILE, as it is at one moment; the daemon may be running. The files that"
        " people have sent lie in a folder beside it, which is to be copied behind it. Exits with 0 once the"
        " copy is on the disk, else with 2 and a line."
    )

    def parseArgs(self, *arguments: str) -> None:
        if len(arguments) != 1:
            raise usage.UsageError("exactly one FILE has to be named, to which the copy goes")
        self.target = os.path.abspath(arguments[0])


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> NoReturn:
    """
    Make the copy, say what is in it, and exit.
    """
    options = Options()
    try:
        options.parseOptions(arguments)
        sys.stdout.write(f"{make(options.configuration(environ), options.target)}\n")
        raise SystemExit(0)
    except (usage.UsageError, CannotStart, StoreUnusable) as why:
        sys.stderr.write(f"chatd backup: {CannotStart(str(why))}\n")
        raise SystemExit(2) from None


def make(config: Config, target: str) -> str:
    """
    Copy the database to `target`; a line about it. Raises `CannotStart` or `StoreUnusable`.
    """
    kind, _, database = config.store.partition(":")
    if kind != "sqlite":
        raise CannotStart(f"{config.store} is not kept in a file; there is nothing to copy")
    path = os.path.realpath(database)
    if not os.path.isdir(os.path.dirname(target)):
        raise CannotStart(f"{os.path.dirname(target)} is no folder")
    events = back_up(path, target)
    line = f"{target} has all {events} events of {path}"
    return f"{line}; copy {path}{FOLDER} now" if os.path.isdir(path + FOLDER) else line
