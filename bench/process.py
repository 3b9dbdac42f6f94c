"""
A server as a process on a core of its own, and what it uses.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1

START_SECONDS = 30.0
STOP_SECONDS = 15.0


class Memory(NamedTuple):
    """
    Bytes: `pss` counts a page that several processes share in parts, `rss` in full.
    """

    pss: int
    rss: int


class ServerFailed(Exception):
    """
    The server did not start, or has died.
    """


def settle_on(core: int | None) -> None:
    """
    Have this process stay on a core, if one is named, and end with the one that started it, however that
    ends.

    To be called in a child before it becomes something else.
    """
    if core is not None:
        os.sched_setaffinity(0, {core})
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """
    A port of loopback that nobody listens on.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _parents() -> dict[int, int]:
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdecimal():
            continue
        try:
            text = Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        # The name in parentheses may hold anything.
        found[int(entry)] = int(text[text.rindex(")") + 2 :].split()[1])
    return found


@dataclass(slots=True)
class ServerProcess:
    """
    A command that serves on `port`, on a core or on all of them, with all the processes that it starts. What
    it writes goes to `log`.
    """

    command: Sequence[str]
    port: int
    core: int | None
    folder: Path
    log: Path
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    _process: subprocess.Popen[bytes] | None = None
    _used: dict[tuple[int, int], int] = field(default_factory=dict)

    def __enter__(self) -> ServerProcess:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: settle_on(self.core),
            )
        try:
            self._await_port()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def _await_port(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                pass
            self.check()
            if time.monotonic() > deadline:
                raise ServerFailed(f"it did not listen within {START_SECONDS:.0f} s{self._last_words()}")
            time.sleep(0.02)

    def check(self) -> None:
        """
        Raise `ServerFailed` if it has ended.
        """
        if self._process is None or self._process.poll() is not None:
            raise ServerFailed(f"it has ended{self._last_words()}")

    def _last_words(self) -> str:
        text = self.log.read_text("utf-8", "replace").strip() if self.log.exists() else ""
        return f": {text.splitlines()[-1][:300]}" if text else ""

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _pids(self) -> list[int]:
        assert self._process is not None
        parents = _parents()
        mine = [self._process.pid]
        for pid in mine:
            mine.extend(child for child, parent in parents.items() if parent == pid)
        return mine

    def cpu_seconds(self) -> float:
        """
        What all its threads and children have used of a core, in user's and kernel's mode together.

        From /proc/PID/task/*/schedstat: it is the utime and stime of /proc/PID/stat before they are cut to
        hundredths of a second.
        """
        for pid in self._pids():
            try:
                threads = os.listdir(f"/proc/{pid}/task")
            except OSError:
                continue
            for thread in threads:
                try:
                    text = Path(f"/proc/{pid}/task/{thread}/schedstat").read_text()
                except OSError:
                    continue
                # A thread that ends keeps what it was last seen to have used.
                self._used[pid, int(thread)] = int(text.split()[0])
        return sum(self._used.values()) / 1e9

    def memory(self) -> Memory:
        """
        What it holds, with its children.
        """
        pss = rss = 0
        for pid in self._pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    pss += int(line.split()[1]) * 1024
                elif line.startswith("Rss:"):
                    rss += int(line.split()[1]) * 1024
        return Memory(pss, rss)
