"""
What the benchmark is built from, and what of it is missing here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

BENCH = Path(__file__).parent
CHECKOUT = BENCH.parent
BUILD = CHECKOUT / "build" / "bench"
GO_PATH = Path("/usr/share/gocode")
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
OPENSSL_HEADER = Path("/usr/include/openssl/ssl.h")
C_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")
BUILD_SECONDS = 300

# Debian's package, and what shows that it is there.
DEBIAN: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("gcc", lambda: shutil.which("gcc") is not None),
    ("libc6-dev", lambda: Path("/usr/include/stdio.h").exists()),
    ("libssl-dev", OPENSSL_HEADER.exists),
    ("golang-go", lambda: shutil.which("go") is not None),
    ("golang-github-gorilla-websocket-dev", (GO_PATH / "src/github.com/gorilla/websocket").exists),
    ("nginx", lambda: shutil.which("nginx") is not None),
    ("libnginx-mod-nchan", NCHAN_MODULE.exists),
    ("nodejs", lambda: shutil.which("node") is not None),
    ("npm", lambda: shutil.which("npm") is not None),
)


class Missing(Exception):
    """
    Something cannot be measured on this machine; the text says what it lacks.
    """


def install_packages() -> None:
    """
    Install what Debian has of the peers and their tools, where we may; else leave it to be named as missing.
    """
    wanted = [package for package, is_there in DEBIAN if not is_there()]
    if not wanted or shutil.which("apt-get") is None:
        return
    become: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True).returncode:
            print("not root, so these are not installed:", *wanted)
            return
        become = [sudo]
    print("installing:", *wanted)
    subprocess.run([*become, "apt-get", "update", "-qq"], check=False)
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"]
    # One by one: what one Debian lacks does not keep the others away.
    for package in wanted:
        subprocess.run(
            [*become, *install, "--no-install-recommends", package], check=False, stdout=subprocess.DEVNULL
        )


def _need(command: str, package: str) -> str:
    found = shutil.which(command)
    if found is None:
        raise Missing(f"{command} is not installed (Debian: {package})")
    return found


def _build(
    command: Sequence[str], what: str, environ: dict[str, str] | None = None, cwd: Path = CHECKOUT
) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=os.environ | (environ or {}),
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"{what} was not built within {BUILD_SECONDS} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no word"]
        raise Missing(f"{what} could not be built: {lines[-1][:200]}")


@dataclass(slots=True)
class Toolchain:
    """
    Builds each part once, when it is first asked for. What cannot be built raises `Missing`, every time.
    """

    folder: Path = BUILD
    _built: dict[str, Path | Missing] = field(default_factory=dict)

    def _once(self, name: str, build: Callable[[Path], None]) -> Path:
        if name not in self._built:
            self.folder.mkdir(parents=True, exist_ok=True)
            path, part = self.folder / name, self.folder / f"{name}.{os.getpid()}"
            try:
                build(part)
                # Two runs at once build the same things: neither may find one that is half written.
                if part.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                part.replace(path)
                self._built[name] = path
            except Missing as missing:
                shutil.rmtree(part, ignore_errors=True)
                self._built[name] = missing
        built = self._built[name]
        if isinstance(built, Missing):
            raise built
        return built

    @property
    def has_tls(self) -> bool:
        """
        Whether the generator can speak TLS.
        """
        return OPENSSL_HEADER.exists()

    def generator(self) -> Path:
        """
        The load generator.
        """

        def build(path: Path) -> None:
            sources = [str(file) for part in ("load", "wire") for file in sorted((BENCH / part).glob("*.c"))]
            tls = ["-DWITH_TLS"] if self.has_tls else []
            libraries = ["-lssl", "-lcrypto"] if self.has_tls else []
            compiler = _need("gcc", "gcc")
            _build([compiler, *C_FLAGS, *tls, "-o", str(path), *sources, *libraries], "the load generator")

        return self._once("load", build)

    def floor(self) -> Path:
        """
        The server that costs what the kernel costs.
        """

        def build(path: Path) -> None:
            sources = [str(BENCH / "peers/floor.c"), *map(str, sorted((BENCH / "wire").glob("*.c")))]
            _build([_need("gcc", "gcc"), *C_FLAGS, "-o", str(path), *sources], "the floor")

        return self._once("floor", build)

    def tutorial(self) -> Path:
        """
        The tutorial's server.
        """

        def build(path: Path) -> None:
            if not (GO_PATH / "src/github.com/gorilla/websocket").exists():
                raise Missing(
                    "gorilla/websocket is not installed (Debian: golang-github-gorilla-websocket-dev)"
                )
            environ = {
                "GO111MODULE": "off",
                "GOPATH": str(GO_PATH),
                "GOCACHE": str(self.folder / "go-cache"),
                "GOFLAGS": "",
            }
            source = str(BENCH / "peers/tutorial/main.go")
            _build(
                [_need("go", "golang-go"), "build", "-o", str(path), source], "the tutorial's server", environ
            )

        return self._once("tutorial", build)

    def node(self) -> Path:
        """
        A folder with server.js and what it needs.
        """

        def build(path: Path) -> None:
            _need("node", "nodejs")
            npm = _need("npm", "npm")
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(BENCH / "peers/node", path, ignore=shutil.ignore_patterns("node_modules"))
            _build([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], "ws for Node", cwd=path)

        return self._once("node", build)

    def nginx(self) -> str:
        """
        nginx, with nchan beside it.
        """
        command = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if command is None:
            raise Missing("nginx is not installed (Debian: nginx)")
        if not NCHAN_MODULE.exists():
            raise Missing("nchan is not installed (Debian: libnginx-mod-nchan)")
        return command

    def python_module(self, name: str) -> str:
        """
        The Python that has a module.
        """
        if find_spec(name) is None:
            raise Missing(f"{name} is not installed (pip install 'chatd[bench]')")
        return sys.executable

    def versions(self) -> dict[str, str]:
        """
        What the parts that are there call themselves.
        """
        commands = {
            "gcc": ["gcc", "-dumpfullversion"],
            "go": ["go", "version"],
            "node": ["node", "--version"],
            "nginx": ["/usr/sbin/nginx", "-v"],
        }
        found = {}
        for name, command in commands.items():
            if shutil.which(command[0]) is None:
                continue
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            number = re.search(r"\d+(\.\d+)+", done.stdout or done.stderr)
            if number is not None:
                found[name] = number[0]
        return found
