"""
The table of options, and how the text of each is read.

The flag parser, the variables, the TOML reader and the README's table are all made from `OPTIONS`.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import msgspec
from twisted.internet.endpoints import serverFromString


class MessageRate(msgspec.Struct, frozen=True):
    """
    How much one connection may say: `rate` messages a second on average, `burst` at once. A rate of 0 is no
    limit.
    """

    rate: float = 5.0
    burst: int = 20


@dataclass(slots=True, frozen=True)
class Option:
    """
    One option: as flag `--name`, as variable `CHATD_NAME`, as key `name` in the TOML file.

    `read` turns its text into a value, or raises a ValueError that says what is wrong with it. `native` are
    the types, beside a string, that the TOML file may use for it. An option without a name for its `value` is
    on or off, and its flag alone is on.
    """

    name: str
    value: str
    default: str
    help: str
    read: Callable[[str], Hashable]
    native: tuple[type, ...] = ()
    repeatable: bool = False

    @property
    def flag(self) -> str:
        """
        As it is typed.
        """
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """
        As it stands in the environment.
        """
        return "CHATD_" + self.name.upper().replace("-", "_")

    def from_toml(self, value: object) -> str | list[str]:
        """
        A TOML value as the text that a flag would have.
        """
        if isinstance(value, str):
            return value
        if self.repeatable and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        # A bool is an int to Python, so the exact type is asked for.
        if type(value) in self.native:
            return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
        wanted = (
            "an array of strings"
            if self.repeatable
            else " or ".join(["a string", *map(_called, self.native)])
        )
        raise ValueError(f"takes {wanted}")


def _called(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # int() alone would take "1_0", " 7" and digits of other scripts.
        if not re.fullmatch("[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def _endpoint(text: str) -> str:
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


def _port(text: str) -> str:
    if ":" in text:
        return _endpoint(text)
    try:
        return str(_whole(0, 65535)(text))
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a port from 0 to 65535 nor an endpoint such as tcp:8000"
        ) from None


def _interface(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 or IPv6 address") from None


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError(f"{text!r} is no path")
    return text


def _store(text: str) -> str:
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
        return f"sqlite:{_path(path)}"
    raise ValueError(f"{text!r} is neither sqlite:PATH nor memory:")


def _origin(text: str) -> str:
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


def _host(text: str) -> str:
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


def _message_rate(text: str) -> MessageRate:
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


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"{text!r} is neither on nor off")
    return text == "on"


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return read


def _header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", text):
        raise ValueError(f"{text!r} is no name of a header such as X-Remote-User")
    return text


def _proxy(text: str) -> str:
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


OPTIONS: Sequence[Option] = (
    Option(
        "port",
        "N",
        "8000 unless another listener is given",
        "HTTP and ws on that port; also a Twisted endpoint such as tcp:8000:interface=127.0.0.1",
        _port,
        native=(int,),
    ),
    Option(
        "interface", "ADDR", "all, IPv4 and IPv6", "bind --port and --tls-port to one address", _interface
    ),
    Option(
        "listen",
        "ENDPOINT",
        "",
        "one more listener, any Twisted server endpoint (unix:, systemd:, haproxy:tcp:)",
        _endpoint,
        repeatable=True,
    ),
    Option("tls-port", "N", "off", "HTTPS and wss on that port", _whole(0, 65535), native=(int,)),
    Option(
        "tls-cert",
        "FILE",
        "",
        "PEM file with the certificate and its chain; read again when it changes",
        _path,
    ),
    Option(
        "tls-key",
        "FILE",
        "the file of --tls-cert",
        "PEM file with the private key; read again when it changes",
        _path,
    ),
    Option(
        "data",
        "DIR",
        "`$STATE_DIRECTORY`, else `$XDG_DATA_HOME/chatd`, else `~/.local/share/chatd`",
        "the folder of the log: its database, made if it is not there",
        _path,
    ),
    Option(
        "store",
        "URL",
        "SQLite in --data",
        "where the log is kept: sqlite:PATH, or memory: to forget it",
        _store,
    ),
    Option("public", "DIR", "the one that is installed", "the page to serve", _path),
    Option(
        "config", "FILE", "none", "a TOML file with any of these options as keys, without the dashes", _path
    ),
    Option(
        "origin",
        "ORIGIN",
        "same host only",
        "a further Origin, such as https://example.org, whose pages may open a WebSocket",
        _origin,
        repeatable=True,
    ),
    Option(
        "host",
        "NAME",
        "any",
        "a name or address under which this server is reached: pages of other hosts may then open no"
        " WebSocket, whatever name they reach it by",
        _host,
        repeatable=True,
    ),
    Option(
        "max-connections",
        "N",
        "10000",
        "connections open at once; 0 is no limit",
        _whole(0, 10_000_000),
        native=(int,),
    ),
    Option(
        "max-connections-per-address",
        "N",
        "250",
        "of those, from one address (IPv6: one /64); loopback and Unix sockets do not count; 0 is no limit",
        _whole(0, 10_000_000),
        native=(int,),
    ),
    Option(
        "max-message-bytes",
        "N",
        "65536",
        "largest frame and message",
        _whole(1024, 1 << 24),
        native=(int,),
    ),
    Option(
        "message-rate",
        "RATE[:BURST]",
        "5:20",
        "messages a second of one connection, and how many at once; 0 is off",
        _message_rate,
        native=(int, float),
    ),
    Option(
        "history-days",
        "N",
        "0",
        "days for which a room keeps what was said in it; 0 is for ever",
        _whole(0, 36_500),
        native=(int,),
    ),
    Option(
        "history-messages",
        "N",
        "0",
        "messages that a room keeps, the last ones; 0 is all of them",
        _whole(0, 1_000_000_000),
        native=(int,),
    ),
    Option(
        "tutorial",
        "on|off",
        "on",
        "on or off: whether the tutorial's wire (a WebSocket without subprotocol) is spoken",
        _switch,
        native=(bool,),
    ),
    Option(
        "guests",
        "on|read|off",
        "on",
        "on, read or off: whether those without an account do all that needs none, only read, or nothing",
        _one_of("on", "read", "off"),
    ),
    Option(
        "sign-up",
        "open|invite|off",
        "open",
        "who may make an account: everybody, who has an invitation, or nobody",
        _one_of("open", "invite", "off"),
    ),
    Option(
        "auth-header",
        "NAME",
        "none",
        "a header such as X-Remote-User, in which a --trusted-proxy says who somebody is",
        _header,
    ),
    Option(
        "trusted-proxy",
        "CIDR",
        "none",
        "whose X-Forwarded-For and X-Forwarded-Proto count: a network, an address, or unix for all who come"
        " through Unix sockets",
        _proxy,
        repeatable=True,
    ),
    Option(
        "hsts",
        "",
        "off",
        "tell browsers that come by TLS to use nothing else for a year; refused beside a plain TCP listener"
        " that is not loopback",
        _switch,
        native=(bool,),
    ),
    Option(
        "log-format",
        "text|json",
        "text",
        "text or json: how a line of the log looks",
        _one_of("text", "json"),
    ),
)
