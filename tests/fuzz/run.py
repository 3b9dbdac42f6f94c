"""
`make fuzz`: atheris looks for bytes that break the decoders, the frames or the HTTP side.

`python -m tests.fuzz.run` runs each target in a process of its own; with the name of one it is that process.
What breaks something is in build/fuzz, and in the log there as one line of base64; that line in
tests/fuzz/corpus makes it a test.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys

from tests.daemon import CHECKOUT

FOLDER = CHECKOUT / "build" / "fuzz"
LONGEST = {"tutorial": 2048, "v1": 2048, "frames": 1024, "http": 1024}
OURS = ("chatd.core", "chatd.dialects", "chatd.net", "tests.fuzz.compose")
FRAMES = ("processData", "onFrameBegin", "onFrameData", "onFrameEnd", "processControlFrame", "onCloseFrame")
VISITS = 100
"""How many connections come to a server, one after the other, before there is a new one."""
SLOW_SECONDS = 20
MEGABYTES = 2048


def fuzz_one(name: str, flags: list[str]) -> None:
    """
    Fuzz one target with libFuzzer's own flags; does not return.
    """
    import atheris
    from autobahn.websocket.protocol import WebSocketProtocol

    # What is imported here is instrumented: the fuzzer sees which of its bytes lead to something new. It is
    # slow, so of others' modules only what reads bytes is.
    with atheris.instrument_imports(include=[*OURS, *(["twisted.web.http"] if name == "http" else [])]):
        from tests.fuzz.targets import TARGETS, Visits
    for function in FRAMES if name == "frames" else ():
        setattr(WebSocketProtocol, function, atheris.instrument_func(getattr(WebSocketProtocol, function)))

    target = TARGETS[name]
    if isinstance(target, Visits):
        target.most = VISITS
    atheris.Setup([sys.argv[0], *flags], target)
    atheris.Fuzz()


def run(name: str, *, runs: int, seconds: int) -> bool:
    """
    Fuzz one target from its seeds on, and say how many inputs were tried; whether all went well.
    """
    from tests.fuzz.seeds import SEEDS, WORDS, found

    inputs = FOLDER / name
    inputs.mkdir(parents=True, exist_ok=True)
    for each in (*SEEDS[name], *found(name)):
        # As libFuzzer names its own.
        (inputs / hashlib.sha1(each).hexdigest()).write_bytes(each)
    words = FOLDER / "words"
    escaped = ["".join(f"\\x{byte:02x}" for byte in word) for word in WORDS]
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    limits = [f"-runs={runs or -1}", f"-max_total_time={seconds}", f"-timeout={SLOW_SECONDS}"]
    sizes = [f"-max_len={LONGEST[name]}", f"-rss_limit_mb={MEGABYTES}"]
    where = [f"-dict={words}", f"-artifact_prefix={FOLDER}/{name}-", "-print_final_stats=1", str(inputs)]
    command = [sys.executable, "-m", "tests.fuzz.run", "--target", name, "--", *limits, *sizes, *where]
    log = FOLDER / f"{name}.log"
    with open(log, "wb") as output:
        status = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
    told = log.read_text("utf-8", "replace")
    done = re.search(r"number_of_executed_units: (\d+)", told)
    count = int(done[1]) if done else 0
    print(f"fuzz, {name}: {count} inputs, {'nothing found' if status == 0 else f'see {log}'}", flush=True)
    return status == 0 and count > 0


def main() -> None:
    """
    Exit with 0 if nothing was found.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[], help="targets; all of them if none is named")
    parser.add_argument("--runs", type=int, default=0, help="inputs for each target, 0 for no end")
    parser.add_argument("--seconds", type=int, default=0, help="time for each target, 0 for no end")
    parser.add_argument("--target", help="be the process that fuzzes this one; flags of libFuzzer follow")
    given = parser.parse_args()
    if given.target:
        fuzz_one(given.target, given.names)
        return
    if not (given.runs or given.seconds):
        given.seconds = 60
    names = given.names or list(LONGEST)
    results = [run(name, runs=given.runs, seconds=given.seconds) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
