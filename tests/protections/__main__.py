"""
What fails when a protection is taken out: `python -m tests.protections` takes each out, in a copy of the
checkout, runs the test that is named for it, which has to succeed before, and wants it to fail.

A protection that could go unnoticed is one that will be gone one day. `--table` writes tests/protections.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.protections.removal import EVERYTHING, TABLE, copy_checkout, failing, is_noticed, table


def main() -> int:
    """
    Try all, or those whose name has one of the words; the answer is how many went unnoticed.
    """
    parser = argparse.ArgumentParser(description="Take each protection out and see its test fail.")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--table", action="store_true", help="only write tests/protections.md")
    chosen = parser.parse_args()
    if chosen.table:
        TABLE.write_text(table(), "utf-8")
        return 0
    taken = [
        each for each in EVERYTHING if not chosen.words or any(word in each.name for word in chosen.words)
    ]
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="chatd-protections-") as folder:
        copy = copy_checkout(Path(folder))
        failed = failing(taken, copy)
        for test in failed:
            print(f"FAILS     {test}, also with all that it is to notice", flush=True)
        for protection in taken:
            if protection.test in failed:
                unnoticed += 1
                continue
            try:
                noticed = is_noticed(protection, copy)
            except LookupError as why:
                noticed = False
                print(why)
            unnoticed += not noticed
            print(f"{'noticed  ' if noticed else 'UNNOTICED'} {protection.name}", flush=True)
    return unnoticed


if __name__ == "__main__":
    sys.exit(main())
