"""
How a command that is not the daemon is told where the database lies: as the daemon is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from twisted.python import usage

from chatd.config import Config, Surroundings, load


class DatabaseOptions(usage.Options):
    """
    The options that say it. The CHATD_* variables count as they do for the daemon.
    """

    optParameters = [
        ["data", None, None, "the folder in which the database lies"],
        ["store", None, None, "the database, such as sqlite:/srv/chat.sqlite3"],
        ["config", None, None, "a TOML file that says so"],
    ]

    def parseArgs(self, *arguments: str) -> None:
        if arguments:
            raise usage.UsageError(f"{arguments[0]!r} is no option, such as --data DIR")

    def configuration(self, environ: Mapping[str, str] | None = None) -> Config:
        """
        What was said, in `environ` if not in options. Raises `CannotStart`.
        """
        given = {name: str(value) for name, value in self.items() if value is not None}
        around = os.environ if environ is None else environ
        config, _ = load(given, Surroundings(around, Path(os.path.expanduser("~")), Path.cwd()))
        return config
