"""
What the page does for people, which nobody is to take away unnoticed: the table in page.toml.

The numbers keep together what belongs together: 1 following the newest, 2 finding what is new, 3 long rooms,
4 what one sends, 5 the connection, 6 writing, 7 texts, 8 keys, 9 being called, 10 rooms and people,
11 looks and languages, 12 what a screen reader goes by, 13 the door, 14 names,
15 messages that change, 16 search, 17 files.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.protections.protection import Protection

PAGE = tuple(
    Protection(f"page {row['number']}: {row['name']}", row["path"], row["lines"], row["instead"], row["test"])
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["behaviour"]
)
