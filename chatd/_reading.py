"""
How the text of an option is read: each function turns one into a value, or raises a ValueError that says what
is wrong with it.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable

import msgspec
from twisted.internet.endpoints import serverFromString


class MessageRate(msgspec.Struct, frozen=True):
    """
    How much one connection may say: `rate` messages a second on average, `burst` at once. A rate of 0 is no
    limit.
    """

    rate: float = 5.0
    burst: int = 20


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # int() alone would take "1_0", " 7" and digits of other scripts.
        if not re.fullmatch("[0-9]{1,16}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def endpoint(text: str) -> str:
    try:
        # Only the text is looked at: the reactor is first used to listen.
        serverFromString(None, text)
    except Exception as why:  # noqa: BLE001
        # Each parser has its own errors, and one may come from anybody's plugin.
        reason = (str(why).strip().splitlines() or ["malformed"])[0]
        if text.startswith("systemd:") and isinstance(why, LookupError):
            reason = "systemd passed no such socket"
        raise ValueError(f"{text!r} is no Twisted server endpoint: {reason}") from None
    return text


def port(text: str) -> str:
    if ":" in text:
        return endpoint(text)
    try:
        return str(whole(0, 65535)(text))
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a port from 0 to 65535 nor an endpoint such as tcp:8000"
        ) from None


def interface(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 or IPv6 address") from None


def path_of(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError(f"{text!r} is no path")
    return text


def store(text: str) -> str:
    scheme, colon, path = text.partition(":")
    if text == "memory:":
        return text
    if scheme in ("postgresql", "postgres"):
        raise ValueError(
            "this version keeps its log in SQLite or in memory; PostgreSQL is not among its stores"
        )
    if scheme == "sqlite" and colon:
        if path in ("", ":memory:") or path.endswith("/"):
            raise ValueError(f"{text!r} names no file; for a log that is not kept, say memory:")
        return f"sqlite:{path_of(path)}"
    raise ValueError(f"{text!r} is neither sqlite:PATH nor memory:")


def origin(text: str) -> str:
    lowered = text.lower()
    match = re.fullmatch(
        r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(0|[1-9][0-9]{0,4}))?", lowered
    )
    if match is None or int(match[3] or 1) > 65535 or not _is_host(match[2]):
        raise ValueError(f"{text!r} is no origin such as https://chat.example.org (no path; a name in ASCII)")
    # A browser leaves out the port that its scheme implies.
    if (match[1], match[3]) in (("http", "80"), ("https", "443")):
        return lowered.rpartition(":")[0]
    return lowered


def host(text: str) -> str:
    lowered = text.lower()
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9._-]+", lowered) or not _is_host(lowered):
        raise ValueError(f"{text!r} is no name of a host such as chat.example.org (no port; in ASCII)")
    return lowered


def _is_host(text: str) -> bool:
    if not text.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        return False
    return True


def message_rate(text: str) -> MessageRate:
    rate_text, colon, burst_text = text.partition(":")
    wrong = ValueError(f"{text!r} is no RATE or RATE:BURST such as 5:20 (0 is off)")
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", rate_text):
        raise wrong
    rate = float(rate_text)
    if not colon:
        # As the default: four seconds' worth at once.
        return MessageRate(rate, max(1, math.ceil(4 * rate)) if rate else 0)
    if not re.fullmatch("[0-9]{1,7}", burst_text) or (rate and not int(burst_text)):
        raise wrong
    return MessageRate(rate, int(burst_text))


def switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"{text!r} is neither on nor off")
    return text == "on"


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return read


def header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", text):
        raise ValueError(f"{text!r} is no name of a header such as X-Remote-User")
    return text


def proxy(text: str) -> str:
    if text == "unix":
        return text
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a network such as 10.0.0.0/8 nor an address nor the word unix"
        ) from None
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network((first.ipv4_mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} is everybody: anyone could then pass for anyone")
    return str(network)
