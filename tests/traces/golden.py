"""Texts that people read, kept as files: a change of one is to be seen, and to be explained.

UPDATE_GOLDEN=1 writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).with_name("golden")


def without_line_numbers(text: str) -> str:
    """Places in the spec move with every comment in it."""
    return re.sub(r"\.tla:\d+", ".tla:*", text)


def check(name: str, text: str) -> None:
    path = FOLDER / f"{name}.txt"
    told = without_line_numbers(text) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(told)
    assert told == path.read_text(), path.name
