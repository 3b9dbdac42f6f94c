"""
What a file is, by its content: neither its name nor whoever sends it is believed.
"""

from __future__ import annotations

from codecs import getincrementaldecoder

TEXT = "text/plain"
UNKNOWN = "application/octet-stream"

# What a file begins with. Each is (offset, bytes); all of a row have to be there.
_MAGIC: tuple[tuple[str, tuple[tuple[int, bytes], ...]], ...] = (
    ("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    ("image/gif", ((0, b"GIF87a"),)),
    ("image/gif", ((0, b"GIF89a"),)),
    ("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
    ("audio/wav", ((0, b"RIFF"), (8, b"WAVE"))),
    ("application/pdf", ((0, b"%PDF-"),)),
    ("application/zip", ((0, b"PK\x03\x04"),)),
    ("application/zip", ((0, b"PK\x05\x06"),)),
    ("video/webm", ((0, b"\x1a\x45\xdf\xa3"),)),
    ("audio/ogg", ((0, b"OggS"),)),
    ("audio/flac", ((0, b"fLaC"),)),
    ("audio/mpeg", ((0, b"ID3"),)),
)

# What follows the `ftyp` of an ISO base media file (ISO/IEC 14496-12): its brand.
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "image/heic"),
}
_ISO_MEDIA = "video/mp4"


def media_type(head: bytes) -> str:
    """
    The media type of a file that begins so; of what is not known `UNKNOWN`, and `TEXT` of any text, whatever
    language it is in.
    """
    for kind, marks in _MAGIC:
        if all(head[at : at + len(mark)] == mark for at, mark in marks):
            return kind
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    # A frame of MPEG audio: eleven bits that are set, layer III, and neither a free nor a bad bit rate.
    if len(head) >= 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15):
        return "audio/mpeg"
    return TEXT if _is_text(head) else UNKNOWN


def _iso_media(head: bytes) -> str:
    """A film, unless its brand, or one with which it says to go along, is a picture's."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, 256, len(head)), 4))]
    found = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    return "image/avif" if "image/avif" in found else found[0] if found else _ISO_MEDIA


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head) or b"\x7f" in head:
        return False
    try:
        # The last character may have been cut through.
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
