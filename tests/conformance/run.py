"""
`make conformance`: the Autobahn testsuite against chatd's own connections.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.certificates import make_pair
from tests.conformance import testsuite
from tests.conformance.echo import DOORS
from tests.conformance.report import LEFT_OUT, judge, read_index
from tests.daemon import CHECKOUT, Daemon, free_port

FOLDER = CHECKOUT / "build" / "conformance"
QUICK = (1, 2, 3, 4, 5, 6, 7, 10)
ALL = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
QUICK_SECONDS = 600
ALL_SECONDS = 3600


class Echo(Daemon):
    """
    The endpoint as a process, on a plain and a TLS port.
    """

    __slots__ = ("tls_port",)

    def __init__(self, folder: Path, door: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "daemon.log").unlink(missing_ok=True)
        certificate, key = make_pair().write(folder)
        port, self.tls_port = free_port(), free_port()
        where = ["--door", door, "--port", str(port), "--tls-port", str(self.tls_port)]
        what = ["--cert", str(certificate), "--key", str(key)]
        command = [sys.executable, "-m", "tests.conformance.echo", *where, *what]
        super().__init__(folder, command=command, port=port, takes_flags=False)

    def wait_until_ready(self) -> None:
        """
        Wait until it lets clients in. On the factory alone there is no /readyz.
        """
        deadline = time.monotonic() + 20
        while f"https://127.0.0.1:{self.tls_port}/" not in self.log:
            if time.monotonic() > deadline or (self.process is not None and self.process.poll() is not None):
                raise AssertionError(f"the endpoint did not start:\n{self.log}")
            time.sleep(0.05)


def check(program: Path, door: str, transports: tuple[str, ...], sections: tuple[int, ...]) -> bool:
    """
    Run sections of the testsuite against one door, print what came of it; whether all is well.
    """
    well = True
    seconds = ALL_SECONDS if 9 in sections else QUICK_SECONDS
    with Echo(FOLDER / f"echo-{door}", door) as echo:
        for transport in transports:
            agent = f"{door}-{transport}"
            url = {"plain": echo.ws_url, "tls": f"wss://127.0.0.1:{echo.tls_port}/ws"}[transport]
            began = time.monotonic()
            folder = FOLDER / agent
            testsuite.run(program, agent, url, sections, folder, seconds)
            verdict = judge(read_index(folder, agent), sections)
            print(f"conformance, {door}, {transport}: {verdict.summary}, {time.monotonic() - began:.0f} s")
            for fault in verdict.faults:
                print(f"  {fault}")
            well = well and not verdict.faults
        if "Traceback" in echo.log:
            print(f"  the endpoint logged a traceback: {FOLDER / f'echo-{door}' / 'daemon.log'}")
            well = False
        if echo.stop() != 0:
            print("  the endpoint did not stop in good order")
            well = False
    return well


def main() -> None:
    """
    Exit with 0 if every case is OK or INFORMATIONAL, or if there is no Python 2.7 and CI does not ask.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="sections 1 to 10, every door, plain and TLS")
    given = parser.parse_args()
    try:
        program = testsuite.make(FOLDER)
    except testsuite.NoPython as why:
        if os.environ.get("CI") == "true":
            sys.exit(f"{why}, and CI=true leaves nothing out")
        print(f"{why}: the conformance tests are left out")
        return
    if given.all:
        results = [check(program, door, ("plain", "tls"), ALL) for door in DOORS]
    else:
        results = [check(program, "site", ("plain",), QUICK)]
    print(LEFT_OUT)
    if not all(results):
        sys.exit(f"the reports are in {FOLDER}")


if __name__ == "__main__":
    main()
