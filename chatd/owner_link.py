"""
`chatd owner-link`: prints a link that makes whoever opens it first an owner.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from twisted.python import usage

from chatd.accounts.owner_links import HOURS, link_file, offer
from chatd.config import CannotStart, Config, Surroundings, load


class Options(usage.Options):
    """
    The command line of `chatd owner-link`: where the database lies, as it is said to the daemon.
    """

    synopsis = "Usage: chatd owner-link [options]"
    longdesc = (
        f"Print a link, good once and for {HOURS} hours, with which somebody signs up, or in, as an owner of"
        " the server."
        " The daemon may be running, and notices by itself; earlier links are good no more."
    )
    optParameters = [
        ["data", None, None, "the folder in which the database lies"],
        ["store", None, None, "the database, such as sqlite:/srv/chat.sqlite3"],
        ["config", None, None, "a TOML file that says so"],
    ]

    def parseArgs(self, *arguments: str) -> None:
        if arguments:
            raise usage.UsageError(f"{arguments[0]!r} is no option, such as --data DIR")


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> NoReturn:
    """
    Make the link, print it, and exit: with 0, or 2 and a line if it cannot be made.
    """
    options = Options()
    try:
        options.parseOptions(arguments)
        given = {name: str(value) for name, value in options.items() if value is not None}
        surroundings = Surroundings(
            os.environ if environ is None else environ, Path(os.path.expanduser("~")), Path.cwd()
        )
        config, _ = load(given, surroundings)
        sys.stdout.write(f"{make(config)}\n")
        raise SystemExit(0)
    except (usage.UsageError, CannotStart) as why:
        sys.stderr.write(f"chatd owner-link: {CannotStart(str(why))}\n")
        raise SystemExit(2) from None


def make(config: Config) -> str:
    """
    The link, without scheme and host. Raises `CannotStart`.
    """
    kind, _, database = config.store.partition(":")
    if kind != "sqlite":
        raise CannotStart(f"{config.store} is not kept in a file: the daemon prints its link when it starts")
    path = link_file(os.path.realpath(database))
    if not path.parent.is_dir():
        raise CannotStart(f"{path.parent} is not there: start chatd first, or say where its database lies")
    try:
        secret_path, _ = offer(path, time.time_ns() // 1_000_000)
    except OSError as why:
        raise CannotStart(f"{path} cannot be written: {why.strerror}") from None
    # The file is the daemon's to read and to take away, whoever runs this.
    if path.parent.owner() != path.owner():
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    return secret_path
