"""
What an operator can set: one table of options, and the one struct that flags, variables and the TOML file
fill.

Precedence is flag, then `CHATD_*` variable, then TOML key, then default. Nothing here reads the process's own
environment, home or working directory: they are passed in.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from chatd._options import OPTIONS, MessageRate, Option

__all__ = [
    "OPTIONS",
    "CannotStart",
    "Config",
    "MessageRate",
    "Option",
    "Surroundings",
    "load",
    "public_folder",
]


class CannotStart(Exception):
    """
    The daemon cannot run as it was asked to; the text is one line that tells an operator what to mend.

    `chatd.tap` turns it into that line on stderr and in the log, and a non-zero exit without a traceback,
    wherever it comes from: reading options, `makeService`, `privilegedStartService`, `startService` or a
    Deferred of these. It is one line whatever is in it: a file's name may hold anything.
    """

    def __init__(self, line: str) -> None:
        super().__init__(line if line.isprintable() else line.encode("unicode_escape").decode("ascii"))


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything an operator decided, checked, with each path absolute.

    `store` is `memory:` or `sqlite:` and an absolute path. `port` is a number or a strports string, and is
    None where only other listeners were asked for. `public` is None for the page that is installed. A limit
    of 0 is no limit, and a history of 0 is all of it.
    """

    data: Path
    store: str
    port: str | None = None
    interface: str | None = None
    listen: tuple[str, ...] = ()
    tls_port: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public: Path | None = None
    origin: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    max_connections: int = 10_000
    max_connections_per_address: int = 250
    max_message_bytes: int = 65_536
    max_upload_bytes: int = 256 << 20
    upload_quota: int = 2 << 30
    message_rate: MessageRate = MessageRate()
    history_days: int = 0
    history_messages: int = 0
    tutorial: bool = True
    guests: Literal["on", "read", "off"] = "on"
    sign_up: Literal["open", "invite", "off"] = "open"
    auth_header: str | None = None
    trusted_proxy: tuple[str, ...] = ()
    hsts: bool = False
    log_format: str = "text"


@dataclass(slots=True, frozen=True)
class Surroundings:
    """
    The part of the process that decides what an option means: its environment and folders.

    `folder` is where the command was typed; relative paths start there. `root` is twistd's `--chroot`: paths
    are then meant inside it, and relative ones start at its top.
    """

    environ: Mapping[str, str]
    home: Path
    folder: Path
    root: Path | None = None

    def absolute(self, path: str) -> Path:
        """
        `path` as the daemon will use it after it has changed its root and folder.
        """
        return Path(os.path.normpath(Path("/") / path if self.root else self.folder / path))

    def seen_from_here(self, path: Path) -> Path:
        """
        Where an absolute path of the daemon lies as long as the root has not been changed.
        """
        return self.root / path.relative_to("/") if self.root else path


@dataclass(slots=True)
class _Values:
    """
    What was given for each option, in the strongest place, converted.
    """

    found: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def take(self, option: Option, place: str, given: str | Sequence[str]) -> None:
        """
        Keep what `place` gives for `option`, unless a stronger place gave it already.
        """
        if option.name in self.found:
            return
        try:
            if option.repeatable:
                texts = [given] if isinstance(given, str) else given
                self.found[option.name] = tuple(dict.fromkeys(option.read(text) for text in texts))
            elif isinstance(given, str):
                self.found[option.name] = option.read(given)
            else:
                raise ValueError("takes one value, not a list")
        except ValueError as why:
            raise CannotStart(f"{place}: {why}") from None
        self.origins[option.name] = place


def load(flags: Mapping[str, str | Sequence[str]], around: Surroundings) -> tuple[Config, tuple[str, ...]]:
    """
    The configuration that `flags` and the surroundings make, and lines of warning for the operator.

    `flags` maps an option's name to its text, or to its texts if it is repeatable; only what was given is in
    it. Raises `CannotStart`, naming the flag, the variable, or the file and key that is wrong.
    """
    values = _Values()
    for option in OPTIONS:
        if option.name in flags:
            values.take(option, option.flag, flags[option.name])
    warnings = _take_variables(values, around.environ)
    if "config" in values.found:
        _take_file(values, around)
    return _assemble(values, around), tuple(warnings)


def public_folder() -> Path:
    """
    The page that came with this installation, or stands beside the package in a checkout.
    """
    installed = Path(str(files("chatd"))) / "public"
    for folder in (installed, installed.parent.parent / "public"):
        if (folder / "index.html").is_file():
            return folder
    raise CannotStart(f"the page is missing from this installation ({installed}); name one with --public")


def _take_variables(values: _Values, environ: Mapping[str, str]) -> list[str]:
    warnings = []
    options = {option.variable: option for option in OPTIONS}
    for variable, text in sorted(environ.items()):
        if not variable.startswith("CHATD_"):
            continue
        option = options.get(variable)
        if option is None:
            warnings.append(f"{variable} is no variable of chatd and is ignored")
        elif variable == "CHATD_PORT" and text.startswith("tcp://"):
            # Kubernetes sets it so for a service that is called chatd.
            warnings.append(f"{variable}={text} is not meant for chatd and is ignored")
        elif text.strip():
            values.take(option, variable, text.split() if option.repeatable else text.strip())
    return warnings


def _take_file(values: _Values, around: Surroundings) -> None:
    # It is read before twistd changes the root, so it lies outside.
    path = around.folder / str(values.found["config"])
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as why:
        raise CannotStart(f"{values.origins['config']}: cannot read {path}: {why.strerror}") from None
    except ValueError as why:
        raise CannotStart(f"{path} is no TOML: {why}") from None
    options = {option.name: option for option in OPTIONS if option.name != "config"}
    for key, value in document.items():
        option = options.get(key)
        if option is None:
            meant = key.replace("_", "-")
            hint = f"; the key is spelled {meant}" if meant in options else ""
            raise CannotStart(f"{path}: unknown key {key!r}{hint}")
        try:
            given = option.from_toml(value)
        except ValueError as why:
            raise CannotStart(f"{path}: {key}: {why}") from None
        values.take(option, f"{path}: {key}", given)


def _assemble(values: _Values, around: Surroundings) -> Config:
    given: dict[str, Any] = {
        name.replace("-", "_"): value for name, value in values.found.items() if name != "config"
    }

    def wrong(name: str, what: str) -> CannotStart:
        return CannotStart(f"{values.origins[name]}: {what}")

    for name in ("data", "tls_cert", "tls_key", "public"):
        if name in given:
            given[name] = around.absolute(str(given[name]))
    if not given.keys() & {"port", "listen", "tls_port"}:
        given["port"] = "8000"
    if "interface" in given:
        if not str(given.get("port", "0")).isdigit():
            raise wrong(
                "interface", "does not go with a --port that is an endpoint; write the address into it"
            )
        if not given.keys() & {"port", "tls_port"}:
            raise wrong("interface", "binds --port and --tls-port, and neither is in use")

    for name in ("tls-cert", "tls-key"):
        if name in values.found and "tls_port" not in given:
            raise wrong(name, "is of no use without --tls-port")
    if "tls_port" in given:
        if "tls_cert" not in given:
            raise wrong("tls-port", "needs --tls-cert")
        # A certificate file may hold its key too.
        given.setdefault("tls_key", given["tls_cert"])
    speaks_tls = any(str(text).startswith("ssl:") for text in (given.get("port"), *given.get("listen", ())))
    if given.get("hsts") and not (speaks_tls or given.keys() & {"tls_port", "trusted_proxy"}):
        raise wrong("hsts", "needs --tls-port, or a --trusted-proxy that speaks TLS for chatd")

    if "auth_header" in given and "trusted_proxy" not in given:
        raise wrong("auth-header", "needs a --trusted-proxy: anybody could say so else")

    if "public" in given:
        _check_page(values.origins["public"], around.seen_from_here(Path(str(given["public"]))))
    elif around.root is not None:
        raise CannotStart("--chroot: the installed page is not inside; name one that is with --public")

    if "data" not in given:
        given["data"] = _default_data(around)
    elif _is_no_folder(around.seen_from_here(Path(str(given["data"])))):
        raise wrong("data", f"{given['data']} is a file, not a folder")
    store = str(given.get("store", f"sqlite:{given['data']}/chatd.sqlite3"))
    if store.startswith("sqlite:"):
        store = f"sqlite:{around.absolute(store.removeprefix('sqlite:'))}"
    given["store"] = store
    return Config(**given)


def _is_no_folder(path: Path) -> bool:
    return path.exists() and not path.is_dir()


def _check_page(place: str, folder: Path) -> None:
    if not folder.is_dir():
        raise CannotStart(f"{place}: {folder} is no folder")
    if not (folder / "index.html").is_file():
        raise CannotStart(f"{place}: {folder} has no index.html")


def _default_data(around: Surroundings) -> Path:
    # systemd sets it for StateDirectory=; with several folders the first is the main one.
    state = around.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if state:
        return around.absolute(state)
    # The XDG base directory specification says to ignore a relative one.
    xdg = around.environ.get("XDG_DATA_HOME", "")
    base = Path(xdg) if xdg.startswith("/") else around.home / ".local" / "share"
    if not base.is_absolute():
        raise CannotStart("--data: needed, since this user has no home folder")
    return around.absolute(str(base / "chatd"))
