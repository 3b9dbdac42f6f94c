"""
JSON that is nearly a command or a post, out of any bytes: what comes upon a decoder by chance alone is hardly
ever an object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

FIELDS = {
    "hello": ("name", "email", "token", "ref"),
    "join": ("room", "after", "epoch", "id", "limit", "ref"),
    "leave": ("room", "ref"),
    "say": ("room", "text", "cid", "reply_to", "ref"),
    "history": ("room", "before", "after", "limit", "ref"),
    "who": ("room", "ref"),
    "rooms": ("after", "ref"),
    "typing": ("room", "ref"),
    "read": ("room", "offset", "ref"),
    "": ("email", "username", "message"),
    "done": ("room", "id"),
}
KINDS = tuple(FIELDS)
NEEDED = {"room": b'"lobby"', "text": b'"hi"', "offset": b"1"}
KEYS = (
    *("ref", "name", "email", "token", "room", "after", "epoch", "id", "limit", "text", "cid", "reply_to"),
    *("before", "offset", "username", "message", "type", "colour"),
)
NUMBERS = (
    *("-1", "0", "1", "200", "201", "9007199254740991", "9007199254740992", "18446744073709551616"),
    *("1.0", "1.5", "-0", "1e400", "NaN", "Infinity", "01", "1" * 5000),
)
STRINGS = (
    *(r'"\ud800"', r'"\udc00x"', r'"\ud83d\ude00"', r'"\u0000"', r'"\u2028"', r'"\u202e"', r'"\x"', '""'),
    *('"lobby"', '"@aaaaaaaaaaaaaaaa"', '"  "', '"\t"', '"\\r\\n"', '"ä́"', '"', '"\x7f"'),
)


@dataclass(slots=True)
class _Bytes:
    """
    Bytes that are used up, with zeros behind them.
    """

    data: bytes
    at: int = 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def one(self) -> int:
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def several(self) -> bytes:
        count = self.one() % 80
        self.at += count
        return self.data[self.at - count : self.at]


def compose(data: bytes) -> bytes:
    """
    An object of a kind, and with fields and values as the bytes have it; most often it is good JSON, and now
    and then a command.
    """
    rest = _Bytes(data)
    first = rest.one()
    kind = KINDS[first % len(KINDS)]
    fields = [b'"type":"%s"' % kind.encode()] if kind else []
    if first < 200:
        fields += [b'"%s":%s' % (key.encode(), NEEDED[key]) for key in FIELDS[kind] if key in NEEDED]
    while rest:
        which = rest.one()
        keys = FIELDS[kind] if which < 230 else KEYS
        key = keys[which % len(keys)]
        fields.append(b'"%s":%s' % (key.encode(), _value(rest, 0, key)))
    return b"{" + b",".join(fields) + b"}"


def _value(rest: _Bytes, depth: int, key: str = "") -> bytes:
    which = rest.one()
    if which >= 100 and key in ("after", "before", "limit", "offset", "reply_to"):
        return b"%d" % rest.one()
    if which >= 100 and key:
        return json.dumps(rest.several().decode("latin-1")).encode()
    match which % 10:
        case 0:
            return (b"null", b"true", b"false", b"nul")[which // 10 % 4]
        case 1:
            return b"%d" % rest.one()
        case 2:
            return NUMBERS[rest.one() % len(NUMBERS)].encode()
        case 3:
            return json.dumps(rest.several().decode("latin-1")).encode()
        case 4:
            return b'"' + rest.several() + b'"'
        case 5:
            return STRINGS[rest.one() % len(STRINGS)].encode()
        case 6:
            # Around the limits of what a field may have.
            length = (63, 64, 65, 128, 129, 254, 255, 3999, 4000, 4001)[rest.one() % 10]
            return b'"' + (b"x", "ä".encode(), "\U0001f600".encode())[which // 10 % 3] * length + b'"'
        case 7:
            # Deeper than anything may nest.
            return b"[" * 2000 + b"]" * 2000 if which > 80 else b"[" * rest.one() + b"]" * rest.one()
        case 8 if depth < 5:
            return b"[" + b",".join(_value(rest, depth + 1) for _ in range(rest.one() % 4)) + b"]"
        case _ if depth < 5:
            return b'{"%s":' % KEYS[which % len(KEYS)].encode() + _value(rest, depth + 1) + b"}"
    return b"0"


def either(data: bytes) -> bytes:
    """
    What to give a decoder: the bytes behind the first one as they are, or what is composed of them.
    """
    return compose(data[1:]) if data[:1] >= b"\x80" else data[1:]
