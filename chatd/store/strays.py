"""
Files of which the database knows nothing: a crash may have left them, or the database is not the one that it
was.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

FOLDER = "stray"
"""Where they wait, in the folder of files; each is as old there as its wait."""

KEEP_SECONDS = 7 * 24 * 3600
"""How long they wait for a database that knows them."""


def set_aside(folder: str, known: Callable[[str], bool]) -> tuple[int, int]:
    """
    Move the strays of a folder aside, and back what is none any more: how many files the one, and the other.
    """
    return _move_out(folder, known), _move_back(folder, known)


def take_away(folder: str) -> int:
    """
    Remove those for good that have waited long enough; how many.
    """
    count = 0
    for path in _waiting(folder):
        # By the clock of the disk's files, which is the system's; one that leapt back makes the wait longer.
        if os.lstat(path).st_mtime < time.time() - KEEP_SECONDS:
            os.unlink(path)
            count += 1
    return count


def _move_out(folder: str, known: Callable[[str], bool]) -> int:
    count, aside = 0, os.path.join(folder, FOLDER)
    for place, folders, names in os.walk(folder):
        if place == folder and FOLDER in folders:
            folders.remove(FOLDER)
        for name in names:
            if known(_whose(name)):
                continue
            with suppress(FileExistsError):
                os.mkdir(aside, 0o700)
            path = os.path.join(place, name)
            os.utime(path, follow_symlinks=False)
            os.replace(path, os.path.join(aside, name))
            count += 1
    return count


def _move_back(folder: str, known: Callable[[str], bool]) -> int:
    count = 0
    for path in _waiting(folder):
        name = os.path.basename(path)
        home = os.path.join(folder, name[:2])
        place = os.path.join(home, name)
        if known(_whose(name)) and not os.path.lexists(place):
            with suppress(FileExistsError):
                os.mkdir(home, 0o700)
            os.rename(path, place)
            count += 1
    return count


def _waiting(folder: str) -> Iterator[str]:
    aside = os.path.join(folder, FOLDER)
    with suppress(FileNotFoundError):
        yield from (os.path.join(aside, name) for name in os.listdir(aside))


def _whose(name: str) -> str:
    return name.partition(".")[0]
