"""What can be wrong with a TLA+ module, a configuration or an evaluation, and where it stands in the text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 1-based lines and columns, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class TlaError(Exception):
    """Bad input in TLA+: the message is one line, `file:line:column: what was seen, what was expected`."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message if span is None else f"{span}: {message}")
        self.message = message
        self.span = span


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """`; did you mean X?` where one of the choices is close to name, else nothing."""
    close = difflib.get_close_matches(name, list(choices), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def counted(number: int, noun: str) -> str:
    """1 argument, 2 arguments."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
