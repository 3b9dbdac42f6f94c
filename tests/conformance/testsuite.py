"""
The Autobahn testsuite itself: made once, in build/conformance, and run against one server.

The version that works is of Python 2.7; the one that PyPI has for Python 3 does not run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

TESTSUITE = "autobahntestsuite==0.8.2"
# The last that makes environments for Python 2.7 and runs with every Python that chatd needs.
VIRTUALENV = "virtualenv==20.15.1"
MAKE_SECONDS = 900


class NoPython(Exception):
    """
    There is no Python 2.7; the text says where it was looked for.
    """


def find_python() -> Path:
    """
    A Python 2.7, on PATH or under pyenv's versions; raises `NoPython`.
    """
    for candidate in _candidates():
        # A shim of pyenv is there also where it leads nowhere.
        told = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version_info[:2] == (2, 7))"],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.stdout.strip() == "True":
            return candidate
    raise NoPython("there is no Python 2.7 on PATH or under pyenv's versions")


def _candidates() -> Iterator[Path]:
    for name in ("python2.7", "python2"):
        found = shutil.which(name)
        if found:
            yield Path(found)
    roots = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")]
    # A shim stands beside the versions, and this Python itself may be one of them.
    roots += [Path(shim).parent.parent for shim in [shutil.which("pyenv"), shutil.which("python3")] if shim]
    roots += list(Path(sys.base_prefix).parents)[1:2]
    for root in dict.fromkeys(roots):
        yield from sorted(root.glob("versions/2.7*/bin/python2.7"), reverse=True)


def make(folder: Path) -> Path:
    """
    The testsuite's program, in an environment of its own in `folder`, made if it is not there yet.
    """
    environment = folder / "python2"
    program, made = environment / "bin" / "wstest", folder / f".{TESTSUITE}"
    if made.exists() and program.exists():
        return program
    python = find_python()
    folder.mkdir(parents=True, exist_ok=True)
    tools = folder / "tools"
    venv.create(tools, with_pip=True, clear=True)
    _run(tools / "bin" / "python", "-m", "pip", "install", "--quiet", VIRTUALENV)
    _run(tools / "bin" / "virtualenv", "--quiet", "--clear", "--python", python, environment)
    _run(environment / "bin" / "pip", "install", "--quiet", TESTSUITE)
    made.touch()
    return program


def _run(*command: str | Path) -> None:
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_PYTHON_VERSION_WARNING": "1"}
    done = subprocess.run(
        command,
        env=quiet,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MAKE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"the testsuite could not be made:\n{' '.join(map(str, command))}\n{done.stdout}")


def run(program: Path, agent: str, url: str, sections: Iterable[int], folder: Path, seconds: float) -> None:
    """
    Run sections of the testsuite against a server; its report, and what it printed, go to `folder`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec = folder / "spec.json"
    spec.write_text(
        json.dumps(
            {
                "options": {"failByDrop": False},
                "outdir": str(folder),
                "servers": [{"agent": agent, "url": url}],
                "cases": [f"{section}.*" for section in sections],
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
        )
    )
    with open(folder / "wstest.log", "wb") as log:
        subprocess.run(
            [program, "-m", "fuzzingclient", "-s", spec],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=seconds,
            check=False,
        )
