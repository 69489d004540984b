"""Python source while it is being written: lines, blocks, and locals that are assigned at one place only.

Knows nothing of TLA+. A local that has been given a value is good for every place that this place reaches:
the blocks inside of its own, and what comes after it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_ATOM = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|-?[0-9]+|'[^'\\]*'")

Scope = tuple[int, ...]
"""A block, by the numbers of the blocks around it and its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the code to come back to, for lines that turn out to be needed there."""

    lines: list[Any]
    indent: int
    scope: Scope
    loops: int
    outer_loops: int
    function: int


class Code:
    """The body of one Python function. `number` gives numbers that no other name has."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number = number
        self.lines: list[Any] = []
        self.indent = 0
        self.scope: Scope = ()
        self.loops = 0
        self.outer_loops = 0
        self.function = 0
        self._evaluated: dict[str, list[tuple[Scope, str]]] = {}

    def line(self, text: str) -> None:
        self.lines.append((self.indent, text))

    def line_at(self, indent: int, text: str) -> None:
        """A line in a block that is closed already, the last so far."""
        self.lines.append((indent, text))

    def placeholder(self) -> list[Any]:
        """A place for a line that may turn out to be needed here."""
        place: list[Any] = []
        self.lines.append(place)
        return place

    def here(self) -> Place:
        return Place(self.placeholder(), self.indent, self.scope, self.loops, self.outer_loops, self.function)

    @contextmanager
    def writing_at(self, place: Place) -> Iterator[None]:
        """Lines go to the place, which sees what was evaluated in the blocks around it."""
        outer = self.lines, self.indent, self.scope, self.loops, self.outer_loops, self.function
        self.lines, self.indent, self.scope = [], place.indent, place.scope
        self.loops, self.outer_loops, self.function = place.loops, place.outer_loops, place.function
        yield
        place.lines.extend(self.lines)
        self.lines, self.indent, self.scope, self.loops, self.outer_loops, self.function = outer

    def name(self, prefix: str = "t") -> str:
        return f"{prefix}{self._number()}"

    @contextmanager
    def block(self, opening: str | None = None, loop: bool = False) -> Iterator[None]:
        """Everything inside is one level deeper, and does not reach what comes after."""
        if opening is not None:
            self.line(opening)
        scope, loops = self.scope, self.loops
        self.indent += 1
        self.scope = (*scope, self._number())
        self.loops += loop
        start = len(self.lines)
        yield
        if opening is not None and not any(isinstance(entry, tuple) for entry in self.lines[start:]):
            self.line("pass")
        self.indent -= 1
        self.scope, self.loops = scope, loops

    @contextmanager
    def closure(self, opening: str) -> Iterator[None]:
        """A Python function inside of the one being made; what it evaluates is its own."""
        function, loops, outer = self.function, self.loops, self.outer_loops
        self.function = self._number()
        self.loops, self.outer_loops = 0, outer + loops
        with self.block(opening):
            yield
        self.function, self.loops, self.outer_loops = function, loops, outer

    @property
    def repeats(self) -> bool:
        """Whether control may come here again while locals that are in sight have got other values."""
        return self.loops + self.outer_loops > 0

    def captured(self, make: Callable[[], str]) -> tuple[list[Any], str]:
        """The lines that `make` needs one level deeper, and its expression."""
        outer, self.lines = self.lines, []
        with self.block():
            code = make()
        inner, self.lines = self.lines, outer
        return inner, code

    def branch(self, opening: str, lines: list[Any], last: str) -> None:
        """A block of captured lines, and one more."""
        self.line(opening)
        self.lines += lines
        self.line_at(self.indent + 1, last)

    def choice(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """One of two expressions; statements only where one of them needs lines."""
        then_lines, then_code = self.captured(then)
        else_lines, else_code = self.captured(otherwise)
        if not has_lines(then_lines) and not has_lines(else_lines):
            return f"({then_code} if {condition} else {else_code})"
        name = self.name()
        self.branch(f"if {condition}:", then_lines, f"{name} = {then_code}")
        self.branch("else:", else_lines, f"{name} = {else_code}")
        return name

    def either(self, first: str, rest: Callable[[], str], conjunction: bool) -> str:
        """`first and rest` or `first or rest`; the rest is evaluated only where it decides."""
        lines, code = self.captured(rest)
        if not has_lines(lines):
            return f"({first} {'and' if conjunction else 'or'} {code})"
        name = self.name()
        self.line(f"{name} = {first}")
        self.branch(f"if {name}:" if conjunction else f"if not {name}:", lines, f"{name} = {code}")
        return name

    def text(self) -> str:
        """The body, indented."""
        return "\n".join(_rendered(self.lines)) or " pass"

    def reaches(self, scope: tuple[int, ...]) -> bool:
        """Whether what was done in that scope has been done whenever control is here."""
        return self.scope[: len(scope)] == scope

    def atom(self, code: str) -> str:
        """The code, or a local with its value where it is more than a name or literal.

        Locals are assigned once, so the same code means the same value, and one evaluation serves all the
        places that it reaches.
        """
        if _ATOM.fullmatch(code):
            return code
        known = self._evaluated.setdefault(code, [])
        for scope, name in known:
            if self.reaches(scope):
                return name
        name = self.name()
        self.line(f"{name} = {code}")
        known.append((self.scope, name))
        return name

    def named(self, code: str) -> str:
        """A name for the value, which may be asked for attributes; a number may not."""
        return self.atom(f"({code})" if class_of(code) == "int" else code)


def _rendered(lines: list[Any]) -> Iterator[str]:
    for entry in lines:
        if isinstance(entry, list):  # a placeholder, filled or not
            yield from _rendered(entry)
        else:
            yield f"{' ' * entry[0]}{entry[1]}"


def has_lines(lines: list[Any]) -> bool:
    return any(isinstance(entry, tuple) or entry for entry in lines)


def class_of(atom: str) -> str:
    """Code for the Python type of an atom."""
    if atom[0] in "-0123456789":
        return "int"
    return "str" if atom[0] == "'" else f"{atom}.__class__"
