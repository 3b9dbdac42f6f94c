"""
The files of the page, out of one folder and no other.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from chatd.net.answers import Content

_TEXT = b"; charset=utf-8"
_MEDIA_TYPES = {
    "": b"text/plain" + _TEXT,
    ".avif": b"image/avif",
    ".css": b"text/css" + _TEXT,
    ".gif": b"image/gif",
    ".html": b"text/html" + _TEXT,
    ".ico": b"image/x-icon",
    ".jpeg": b"image/jpeg",
    ".jpg": b"image/jpeg",
    ".js": b"text/javascript" + _TEXT,
    ".json": b"application/json",
    ".map": b"application/json",
    ".md": b"text/plain" + _TEXT,
    ".mjs": b"text/javascript" + _TEXT,
    ".mp3": b"audio/mpeg",
    ".ogg": b"audio/ogg",
    ".png": b"image/png",
    ".svg": b"image/svg+xml" + _TEXT,
    ".txt": b"text/plain" + _TEXT,
    ".webmanifest": b"application/manifest+json",
    ".webp": b"image/webp",
    ".woff": b"font/woff",
    ".woff2": b"font/woff2",
}
_UNKNOWN = b"application/octet-stream"
# Each part of a path costs a system call.
_DEEPEST = 16

# A client may keep a file, but asks each time whether it is still the one.
_CACHE = b"no-cache"
_KEPT_FILE_BYTES = 1 << 20
_KEPT_BYTES = 32 << 20
# Below this the headers are most of an answer.
_WORTH_PACKING_BYTES = 512
# The highest takes the reactor's thread twice as long for a hundredth less.
_PACKING_LEVEL = 6
_PACKED_TYPES = (b"text/", b"image/svg+xml", b"application/json", b"application/manifest+json")

_Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class Page:
    """
    The regular files of `folder`, with its index.html at `/`. Names that begin with a dot are not served.

    A file is read again when it has changed, so an operator can edit the page under a running daemon. A large
    one is read only as it is sent.
    """

    folder: Path
    _kept: dict[str, tuple[_Stamp, Content]] = field(default_factory=dict)
    _kept_bytes: int = 0

    def find(self, path: bytes) -> Content | None:
        """
        The content at a request's path (percent-encoded, with its leading slash), or None.
        """
        names = _names(path)
        if names is None:
            return None
        # Resolved each time: the folder may be a link that an operator turns, and twistd may change the root.
        root = os.path.realpath(self.folder)
        found = os.path.realpath(os.path.join(root, *(names or ["index.html"])))
        # A link inside is followed as long as it stays inside.
        if not found.startswith(root.rstrip("/") + "/"):
            return None
        try:
            return self._read(found)
        except OSError:
            return None

    def _read(self, found: str) -> Content | None:
        status = os.stat(found)
        if not stat.S_ISREG(status.st_mode):
            return None
        stamp = _stamp(status)
        kept = self._kept.get(found)
        if kept is not None:
            if kept[0] == stamp:
                return kept[1]
            self._forget(found)
        media_type = _MEDIA_TYPES.get(os.path.splitext(found)[1].lower(), _UNKNOWN)
        if status.st_size > _KEPT_FILE_BYTES:
            # To tell it by all of its bytes would hold up everybody at each request.
            return Content(_LargeFile(found, stamp), media_type, _etag(repr(stamp).encode()), _CACHE)
        body = Path(found).read_bytes()
        # Packed once, when it is read: a copy beside it on the disk could be of another version.
        packed = _pack(body) if media_type.startswith(_PACKED_TYPES) else None
        content = Content(body, media_type, _etag(body), _CACHE, packed)
        if self._kept_bytes + _size(content) > _KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[found] = (stamp, content)
        self._kept_bytes += _size(content)
        return content

    def _forget(self, found: str) -> None:
        self._kept_bytes -= _size(self._kept.pop(found)[1])


@dataclass(slots=True, frozen=True)
class _LargeFile:
    """
    A `Stored` file, as long as it is the one of `stamp`.

    It is opened for each read: however many are sent, descriptors are left for connections.
    """

    path: str
    stamp: _Stamp

    def __len__(self) -> int:
        return self.stamp[2]

    def read(self, at: int, count: int) -> bytes:
        """See `Stored`."""
        try:
            opened = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.pread(opened, count, at) if _stamp(os.fstat(opened)) == self.stamp else b""
        finally:
            os.close(opened)


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _etag(told: bytes) -> bytes:
    return b'"%s"' % hashlib.sha256(told).hexdigest()[:32].encode()


def _size(content: Content) -> int:
    return len(content.body) + len(content.packed or b"")


def _pack(body: bytes) -> bytes | None:
    """
    The same in gzip, or None where little would be spared.
    """
    if len(body) < _WORTH_PACKING_BYTES:
        return None
    packed = gzip.compress(body, _PACKING_LEVEL, mtime=0)
    return packed if len(packed) < len(body) * 0.9 else None


def _names(path: bytes) -> list[str] | None:
    """
    The names along a path, none for `/` itself, or None if one of them could mean anything but a plain file
    below.
    """
    if path == b"/":
        return []
    if not path.startswith(b"/") or path.count(b"/") > _DEEPEST:
        return None
    names = []
    for part in path[1:].split(b"/"):
        try:
            name = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            return None
        if not name or name.startswith(".") or any(mark in name for mark in "/\\"):
            return None
        if any(unicodedata.category(character).startswith("C") for character in name):
            return None
        names.append(name)
    return names
