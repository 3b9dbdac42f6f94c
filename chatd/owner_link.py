"""
`chatd owner-link`: prints a link that makes whoever opens it first an owner.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NoReturn

from twisted.python import usage

from chatd.accounts.owner_links import HOURS, link_file, offer
from chatd.config import CannotStart, Config
from chatd.whereabouts import DatabaseOptions


class Options(DatabaseOptions):
    """
    The command line of `chatd owner-link`: where the database lies, as it is said to the daemon.
    """

    synopsis = "Usage: chatd owner-link [options]"
    longdesc = (
        f"Print a link, good once and for {HOURS} hours, with which somebody signs up, or in, as an owner of"
        " the server. The daemon may be running, and notices by itself; earlier links are good no more."
    )


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> NoReturn:
    """
    Make the link, print it, and exit: with 0, or 2 and a line if it cannot be made.
    """
    options = Options()
    try:
        options.parseOptions(arguments)
        sys.stdout.write(f"{make(options.configuration(environ))}\n")
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
    owner = path.parent.stat()
    if owner.st_uid != path.stat().st_uid:
        os.chown(path, owner.st_uid, owner.st_gid)
    return secret_path
