"""
The link that makes somebody an owner: in a file beside the database, so that a command can put one there
while the daemon runs.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from chatd.core.accounts import hash_token, new_token

PATH = "/#/owner/"
HOURS = 24


def link_file(database: str) -> Path:
    """
    The file of the link of a database.
    """
    return Path(f"{database}.owner-link")


def offer(
    path: Path | None, now_ms: int, random: Callable[[int], bytes] = os.urandom
) -> tuple[str, dict[str, Any]]:
    """
    Make a link that is good once, for a day, in place of the last one: its path with the secret, and what is
    kept of it, in the file if there is one. Raises `OSError`.
    """
    secret = new_token(random(32))
    kept = {"hash": hash_token(secret).hex(), "until_ms": now_ms + HOURS * 3600 * 1000}
    if path is not None:
        partial = path.with_name(path.name + ".part")
        with suppress(FileNotFoundError):
            partial.unlink()
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        partial.rename(path)
    return PATH + secret, kept


class OwnerLinks:
    """
    The port of that name in `chatd.core.accounts`. With a store in memory `path` is None, and the link too is
    kept nowhere else.
    """

    def __init__(self, path: Path | None, wall_ms: Callable[[], int]) -> None:
        self._path = path
        self._wall_ms = wall_ms
        self._kept: dict[str, Any] | None = None
        # The hash of the one that somebody is about to use.
        self._taken: str | None = None

    def offer(self) -> str:
        """
        Make a link, and return its path with the secret. Raises `OSError`.
        """
        path, self._kept = offer(self._path, self._wall_ms())
        return path

    def take(self, secret: str) -> Deferred[bool]:
        """
        As the port says.
        """
        return Deferred.fromCoroutine(self._take(secret))

    async def _take(self, secret: str) -> bool:
        kept = self._kept if self._path is None else await deferToThread(_read, self._path)
        if self._taken is not None or kept is None or self._wall_ms() >= kept["until_ms"]:
            return False
        if not hmac.compare_digest(str(kept["hash"]), hash_token(secret).hex()):
            return False
        self._taken = str(kept["hash"])
        return True

    def put_back(self) -> None:
        """
        As the port says.
        """
        self._taken = None

    def spend(self) -> Deferred[None]:
        """
        As the port says.
        """
        taken, self._kept, self._taken = self._taken, None, None
        return deferToThread(_remove, self._path, taken)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    good = (
        isinstance(kept, dict) and isinstance(kept.get("hash"), str) and isinstance(kept.get("until_ms"), int)
    )
    return kept if good else None


def _remove(path: Path | None, hash: str | None) -> None:
    if path is None:
        return
    kept = _read(path)
    # Another one may have been put there meanwhile.
    if kept is not None and kept["hash"] == hash:
        with suppress(OSError):
            path.unlink()
