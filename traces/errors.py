"""What can be wrong with a trace as a file, before any question of Raft."""

from __future__ import annotations

import json


class TraceError(ValueError):
    """A trace that cannot be judged: one line, `file:line[:column]: what was seen; what was expected`."""


def plain(text: str) -> str:
    """Text from a trace as part of a message: in ASCII, cut, with nothing in it that a terminal obeys."""
    return cut(json.dumps(text)[1:-1])


def cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def printable(text: str) -> str:
    """The text with nothing in it that acts on the reader's terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
