"""
The table of options.

The flag parser, the variables, the TOML reader and the README's table are all made from `OPTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from chatd._reading import (
    MessageRate,
    endpoint,
    header,
    host,
    interface,
    message_rate,
    one_of,
    origin,
    path_of,
    port,
    proxy,
    store,
    switch,
    whole,
)

__all__ = ["OPTIONS", "MessageRate", "Option"]


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


OPTIONS: Sequence[Option] = (
    Option(
        "port",
        "N",
        "8000 unless another listener is given",
        "HTTP and ws on that port; also a Twisted endpoint such as tcp:8000:interface=127.0.0.1",
        port,
        native=(int,),
    ),
    Option("interface", "ADDR", "all, IPv4 and IPv6", "bind --port and --tls-port to one address", interface),
    Option(
        "listen",
        "ENDPOINT",
        "",
        "one more listener, any Twisted server endpoint (unix:, systemd:, haproxy:tcp:)",
        endpoint,
        repeatable=True,
    ),
    Option("tls-port", "N", "off", "HTTPS and wss on that port", whole(0, 65535), native=(int,)),
    Option(
        "tls-cert",
        "FILE",
        "",
        "PEM file with the certificate and its chain; read again when it changes",
        path_of,
    ),
    Option(
        "tls-key",
        "FILE",
        "the file of --tls-cert",
        "PEM file with the private key; read again when it changes",
        path_of,
    ),
    Option(
        "data",
        "DIR",
        "`$STATE_DIRECTORY`, else `$XDG_DATA_HOME/chatd`, else `~/.local/share/chatd`",
        "the folder of the log: its database, made if it is not there",
        path_of,
    ),
    Option(
        "store",
        "URL",
        "SQLite in --data",
        "where the log is kept: sqlite:PATH, or memory: to forget it",
        store,
    ),
    Option("public", "DIR", "the one that is installed", "the page to serve", path_of),
    Option(
        "config", "FILE", "none", "a TOML file with any of these options as keys, without the dashes", path_of
    ),
    Option(
        "origin",
        "ORIGIN",
        "same host only",
        "a further Origin, such as https://example.org, whose pages may open a WebSocket",
        origin,
        repeatable=True,
    ),
    Option(
        "host",
        "NAME",
        "any",
        "a name or address under which this server is reached: pages of other hosts may then open no"
        " WebSocket, whatever name they reach it by",
        host,
        repeatable=True,
    ),
    Option(
        "max-connections",
        "N",
        "10000",
        "connections open at once; 0 is no limit",
        whole(0, 10_000_000),
        native=(int,),
    ),
    Option(
        "max-connections-per-address",
        "N",
        "250",
        "of those, from one address (IPv6: one /64); loopback and Unix sockets do not count; 0 is no limit",
        whole(0, 10_000_000),
        native=(int,),
    ),
    Option(
        "max-message-bytes",
        "N",
        "65536",
        "largest frame and message",
        whole(1024, 1 << 24),
        native=(int,),
    ),
    Option(
        "max-upload-bytes",
        "N",
        "268435456",
        "largest file that is taken; 0 takes none",
        whole(0, 1 << 40),
        native=(int,),
    ),
    Option(
        "upload-quota",
        "N",
        "2147483648",
        "bytes that all files of one person may have; 0 is no limit",
        whole(0, 1 << 50),
        native=(int,),
    ),
    Option(
        "message-rate",
        "RATE[:BURST]",
        "5:20",
        "messages a second of one connection, and how many at once; 0 is off",
        message_rate,
        native=(int, float),
    ),
    Option(
        "history-days",
        "N",
        "0",
        "days for which a room keeps what was said in it; 0 is for ever",
        whole(0, 36_500),
        native=(int,),
    ),
    Option(
        "history-messages",
        "N",
        "0",
        "messages that a room keeps, the last ones; 0 is all of them",
        whole(0, 1_000_000_000),
        native=(int,),
    ),
    Option(
        "tutorial",
        "on|off",
        "on",
        "on or off: whether the tutorial's wire (a WebSocket without subprotocol) is spoken",
        switch,
        native=(bool,),
    ),
    Option(
        "guests",
        "on|read|off",
        "on",
        "on, read or off: whether those without an account do all that needs none, only read, or nothing",
        one_of("on", "read", "off"),
    ),
    Option(
        "sign-up",
        "open|invite|off",
        "open",
        "who may make an account: everybody, who has an invitation, or nobody",
        one_of("open", "invite", "off"),
    ),
    Option(
        "auth-header",
        "NAME",
        "none",
        "a header such as X-Remote-User, in which a --trusted-proxy says who somebody is",
        header,
    ),
    Option(
        "trusted-proxy",
        "CIDR",
        "none",
        "whose X-Forwarded-For and X-Forwarded-Proto count: a network, an address, or unix for all who come"
        " through Unix sockets",
        proxy,
        repeatable=True,
    ),
    Option(
        "hsts",
        "",
        "off",
        "tell browsers that come by TLS to use nothing else for a year; refused beside a plain TCP listener"
        " that is not loopback",
        switch,
        native=(bool,),
    ),
    Option(
        "log-format",
        "text|json",
        "text",
        "text or json: how a line of the log looks",
        one_of("text", "json"),
    ),
)
