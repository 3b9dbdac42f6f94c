"""
The servers that are measured, and how each is started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bench.certificate import Certificate
from bench.toolchain import BENCH, CHECKOUT, NCHAN_MODULE, Missing, Toolchain


@dataclass(slots=True, frozen=True)
class Place:
    """
    Where a server is to run: on which port, in which fresh folder, with which certificate if it is to speak
    TLS. `data` is a folder with a store that is there already.
    """

    port: int
    folder: Path
    certificate: Certificate | None = None
    data: Path | None = None


@dataclass(slots=True, frozen=True)
class Server:
    """
    One that can be measured. `command` builds what has to be built, and raises `Missing` if that cannot be.
    """

    name: str
    title: str
    command: Callable[[Toolchain, Place], Sequence[str]]


def environment() -> dict[str, str]:
    """
    What the servers find in theirs: nothing that would set up a chatd, and our own package.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHATD_", "COVERAGE_", "PYTHON")) and name != "STATE_DIRECTORY"
    }
    return kept | {"PYTHONPATH": str(CHECKOUT)}


def _chatd(tools: Toolchain, place: Place) -> Sequence[str]:
    twistd = Path(sys.executable).parent / "twistd"
    if not twistd.exists():
        raise Missing("twistd is not beside this Python")
    data = str(place.data or place.folder / "data")
    where = ["--port", str(place.port)]
    if place.certificate is not None:
        certificate, key = str(place.certificate.certificate), str(place.certificate.key)
        where = ["--tls-port", str(place.port), "--tls-cert", certificate, "--tls-key", key]
    # Its defaults, but for the limits: the load is one client to it.
    limits = ["--message-rate", "0", "--max-connections", "0"]
    return [str(twistd), "-n", "chatd", *where, "--interface", "127.0.0.1", "--data", data, *limits]


def _tutorial(tools: Toolchain, place: Place) -> Sequence[str]:
    command = [
        str(tools.tutorial()),
        "-listen",
        f"127.0.0.1:{place.port}",
        "-public",
        str(CHECKOUT / "public"),
    ]
    if place.certificate is not None:
        command += ["-cert", str(place.certificate.certificate), "-key", str(place.certificate.key)]
    return command


def _floor(mode: str) -> Callable[[Toolchain, Place], Sequence[str]]:
    return lambda tools, place: [str(tools.floor()), str(place.port), mode]


def _nchan(tools: Toolchain, place: Place) -> Sequence[str]:
    nginx = tools.nginx()
    text = Template((BENCH / "peers/nginx.conf").read_text()).substitute(
        PORT=place.port,
        FOLDER=place.folder,
        MODULE=NCHAN_MODULE,
        # nginx as root would have its worker be somebody who may not enter the folder.
        USER="user root;" if os.geteuid() == 0 else "",
    )
    configuration = place.folder / "nginx.conf"
    configuration.write_text(text)
    return [nginx, "-e", str(place.folder / "nginx.log"), "-c", str(configuration)]


def _node(tools: Toolchain, place: Place) -> Sequence[str]:
    return ["node", str(tools.node() / "server.js"), str(place.port)]


def _python(module: str) -> Callable[[Toolchain, Place], Sequence[str]]:
    def command(tools: Toolchain, place: Place) -> Sequence[str]:
        return [tools.python_module(module), str(BENCH / f"peers/{module}_server.py"), str(place.port)]

    return command


SERVERS = {
    server.name: server
    for server in (
        Server("chatd", "chatd", _chatd),
        Server("go", "Go tutorial", _tutorial),
        Server("floor", "C floor", _floor("each")),
        Server("floor-batch", "C floor, batched", _floor("batch")),
        Server("nchan", "nchan in nginx", _nchan),
        Server("ws", "ws on Node", _node),
        Server("websockets", "websockets", _python("websockets")),
        Server("picows", "picows on uvloop", _python("picows")),
    )
}
