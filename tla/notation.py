"""TLA+ values as text, both ways: written as TLC writes them, so that a value can be laid beside TLC's.

Elements, fields and arguments are written in the order of order_key, which no hash seed changes. Everything
that is written can be read back, but for lazy sets and functions (Nat, Seq(S)).
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace

from lark import Token, Tree
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive, v_args

from .errors import TlaError
from .grammars import Grammar, token_span
from .values import (
    ESCAPES,
    FALSE,
    TRUE,
    Function,
    ModelValue,
    Value,
    format_value,
    function,
    is_field_name,
    ordered,
)


def parse_value(text: str, file: str = "<value>") -> Value:
    """The value that the text writes; a bare identifier is a model value."""
    return ValueBuilder(file).build(_grammar().parse(text, file))


@functools.cache
def _grammar() -> Grammar:
    grammar = Grammar.open("values.lark", start="value")
    return replace(grammar, groups=lambda: {"a value": grammar.begins()})


def value_begins() -> frozenset[str]:
    """What a value may begin with, in words."""
    return _grammar().begins()


MOST_IN_INTERVAL = 1_000_000
"""Numbers that `first..last` may stand for: they are all made, and take 60 MB."""


@v_args(inline=True)
class ValueBuilder(Transformer_NonRecursive[Token, Value]):
    """The values of a tree of values.lark, or of a grammar that imports it."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def build(self, tree: Tree[Token]) -> Value:
        try:
            return self.transform(tree)
        except VisitError as error:
            raise error.orig_exc from None

    def integer(self, digits: Token) -> Value:
        return int(digits)

    def interval(self, first: Token, last: Token) -> Value:
        low, high = int(first), int(last)
        if high - low >= MOST_IN_INTERVAL:
            message = f"saw {first}..{last}, expected an interval of at most {MOST_IN_INTERVAL:,} numbers"
            raise TlaError(message, token_span(first, self.file))
        return frozenset(range(low, high + 1))

    def string(self, quoted: Token) -> Value:
        def unescape(found: re.Match[str]) -> str:
            meant = ESCAPES.get(found[1])
            if meant is None:
                allowed = ", ".join(f"`\\{written}`" for written in ESCAPES)
                message = f"saw `{found[0]}` in a string, expected {allowed}"
                raise TlaError(message, token_span(quoted, self.file))
            return meant

        return re.sub(r"\\(.)", unescape, quoted[1:-1])

    def true(self, _word: Token) -> Value:
        return TRUE

    def false(self, _word: Token) -> Value:
        return FALSE

    def model_value(self, name: Token) -> Value:
        return ModelValue(name.value)

    def set(self, *members: Value) -> Value:
        return frozenset(members)

    def sequence(self, *items: Value) -> Value:
        return items

    def record(self, *fields: tuple[Token, Value]) -> Value:
        values: dict[str, Value] = {}
        for name, value in fields:
            if name in values:
                raise TlaError(f"field `{name}` stands twice in one record", token_span(name, self.file))
            values[name.value] = value
        return function(values)

    def function(self, *pairs: tuple[Value, Value]) -> Value:
        # In f @@ g the values of f win (module TLC).
        return function(dict(reversed(pairs)))

    def field(self, name: Token, value: Value) -> tuple[Token, Value]:
        return name, value

    def pair(self, argument: Value, value: Value) -> tuple[Value, Value]:
        return argument, value


NARROWEST = 30
"""Columns that a value is given, at least, however deep it stands in others."""


def wrapped(value: Value, width: int, column: int = 0) -> str:
    """The value as format_value writes it, on several lines where one would go beyond `width`.

    `column` is where it begins; the lines after the first are indented to stand under it.
    """
    text = format_value(value)
    column = min(column, max(width - NARROWEST, 0))
    if column + len(text) <= width:
        return text
    match value:
        case tuple() if value:
            return _bracketed("<<", [("", item) for item in value], ">>", ",", width, column)
        case frozenset():
            return _bracketed("{", [("", item) for item in ordered(value)], "}", ",", width, column)
        case Function():
            pairs = dict(value.items())
            arguments = ordered(value.domain.set)
            if all(map(is_field_name, arguments)):
                fields = [(f"{name} |-> ", pairs[name]) for name in arguments]
                return _bracketed("[", fields, "]", ",", width, column)
            keys = [wrapped(argument, width - len(" :>"), column + len("( ")) for argument in arguments]
            heads = [(f"{key} :> ", pairs[argument]) for key, argument in zip(keys, arguments, strict=True)]
            return _bracketed("(", heads, ")", " @@", width, column)
    return text


def _bracketed(
    left: str, parts: list[tuple[str, Value]], right: str, between: str, width: int, column: int
) -> str:
    """Each part, a head and a value, on lines of its own; a head that is too long has its value below it."""
    inner = column + len(left) + 1
    lines = []
    for head, value in parts:
        _, broken, last = head.rpartition("\n")
        begins = len(last) if broken else inner + len(head)
        if head and begins + NARROWEST > width and begins + len(format_value(value)) > width:
            head, begins = f"{head.rstrip()}\n{' ' * (inner + 4)}", inner + 4
        # Two columns are kept for what follows the value.
        lines.append(head + wrapped(value, width - len(between) - 1, begins))
    return f"{left} " + f"{between}\n{' ' * inner}".join(lines) + f" {right}"
