"""
The real daemon as a process, for the tests that need one.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
# The scripts of the environment that runs the tests.
SCRIPTS = Path(sys.executable).parent
TWISTD = str(SCRIPTS / "twistd")
START_SECONDS = 20.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """
    A port of loopback that nobody listens on.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**more: str) -> dict[str, str]:
    """
    This process's environment without what would set up a daemon, with the checkout on Python's path.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHATD_", "XDG_", "COVERAGE_")) and name != "STATE_DIRECTORY"
    }
    return kept | {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"} | more


@dataclass(slots=True)
class Daemon:
    """
    One chatd that listens on loopback and keeps its data in `folder`, started and stopped as often as a test
    wants.

    It runs in the foreground, as `twistd -n chatd`, and its output goes to `folder/daemon.log`. As a context
    manager it is killed at the end, if it still runs. `flags` are further flags of chatd, and `command` what
    stands before them; where that takes no flags, `takes_flags` is False, and the environment has to say the
    same.
    """

    folder: Path
    flags: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    command: Sequence[str] = (TWISTD, "-n", "chatd")
    environ: dict[str, str] = field(default_factory=environment)
    takes_flags: bool = True
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """
        Its --data.
        """
        return self.folder / "data"

    @property
    def url(self) -> str:
        """
        Where its page is, without a slash at the end.
        """
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """
        Where its WebSocket is.
        """
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def log(self) -> str:
        """
        All that it has written, over all its starts.
        """
        path = self.folder / "daemon.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def pid(self) -> int:
        """
        Its process id, while it runs.
        """
        assert self.process is not None
        return self.process.pid

    def resident_bytes(self) -> int:
        """
        How much memory it has in use.
        """
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def arguments(self) -> list[str]:
        """
        The whole command line.
        """
        if not self.takes_flags:
            return list(self.command)
        where = ["--port", str(self.port), "--interface", "127.0.0.1", "--data", str(self.data)]
        return [*self.command, *where, *self.flags]

    def start(self) -> None:
        """
        Start it, and wait until it takes messages; raises AssertionError with its log if it does not.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "daemon.log", "ab") as log:
            self.process = subprocess.Popen(
                self.arguments(),
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def wait_until_ready(self) -> None:
        """
        Wait until /readyz answers 200.
        """
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{self.url}/readyz"):
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"the daemon did not start:\n{self.log}")
            time.sleep(0.02)

    def signal(self, number: int) -> None:
        """
        Send it a signal.
        """
        os.kill(self.pid, number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """
        Its exit status, once it has ended: minus the signal's number if it died of one.
        """
        assert self.process is not None
        status = self.process.wait(seconds)
        self.process = None
        return status

    def stop(self) -> int:
        """
        Stop it with SIGTERM; its exit status.
        """
        self.signal(signal.SIGTERM)
        return self.wait()

    def restart(self, *flags: str) -> None:
        """
        Stop it, and start it with these further flags.
        """
        self.stop()
        self.flags = flags
        self.start()

    def kill(self) -> None:
        """
        Stop it with SIGKILL, if it runs.
        """
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def answers(url: str) -> bool:
    """
    Whether a GET of `url` succeeds.
    """
    try:
        return fetch(url)[0] == 200
    except OSError:
        return False


def fetch(url: str) -> tuple[int, dict[str, str], bytes]:
    """
    Status, headers (names in lower case) and body of a GET, whatever certificate the server shows.
    """
    context = ssl._create_unverified_context() if url.startswith("https:") else None
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as reply:
            return reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """
    Wait until a function without arguments returns something true.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {condition}")
        time.sleep(0.02)
