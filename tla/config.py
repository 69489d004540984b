"""TLC's configuration files (.cfg): what the constants are, where a behavior starts, what is checked of it.

A bare identifier on the right of `=` is a model value. The names that `<-` and the other statements give are
not looked up here: that takes the module.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lark import Token
from lark.visitors import v_args

from .errors import Span, TlaError
from .grammars import Grammar, token_span
from .notation import ValueBuilder, value_begins
from .values import Value


@dataclass(frozen=True, slots=True)
class Reference:
    """A name, and where the configuration gives it."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Assignments:
    """What CONSTANT says about the names of one module, each of which is assigned once.

    constants   `C = value`
    overrides   `Operator <- Replacement`
    spans       where the name on the left of either stands
    """

    constants: Mapping[str, Value] = field(default_factory=dict)
    overrides: Mapping[str, Reference] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration; without text it is the empty one.

    `modules` has what is assigned in one module only: `C = [Module] value`, `Operator <- [Module] Name`.
    """

    file: str
    constants: Mapping[str, Value] = field(default_factory=dict)
    overrides: Mapping[str, Reference] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    modules: Mapping[str, Assignments] = field(default_factory=dict)
    init: Reference | None = None
    next: Reference | None = None
    specification: Reference | None = None
    invariants: tuple[Reference, ...] = ()
    properties: tuple[Reference, ...] = ()
    constraints: tuple[Reference, ...] = ()
    action_constraints: tuple[Reference, ...] = ()
    symmetry: Reference | None = None
    view: Reference | None = None
    alias: Reference | None = None
    postcondition: Reference | None = None
    check_deadlock: bool = True

    @property
    def has_behavior(self) -> bool:
        """Whether it says how a behavior goes; without, there are only the ASSUMEs of a module to check."""
        return self.specification is not None or self.init is not None or self.next is not None


def load_config(path: str | Path) -> Config:
    """The configuration in the file; TlaError where there is none or it cannot be understood."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise TlaError(f"{path}: {error.strerror}, expected a configuration file") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"saw the byte 0x{data[error.start]:02x}, expected text in UTF-8"
        raise TlaError(message, _place(before, len(before), str(path))) from None
    return parse_config(text, str(path))


def parse_config(text: str, file: str = "<config>") -> Config:
    tree = _grammar().parse(without_comments(text, file), file)
    config: Config = _ConfigBuilder(file).build(tree)
    return config


_comment_or_string = re.compile(r'"([^"\\\n]|\\.)*"|\\\*.*|\(\*')
_block_mark = re.compile(r"\(\*|\*\)")


def without_comments(text: str, file: str = "<config>") -> str:
    """The text with blanks for `\\* ...` and `(* ... *)`, which nests: all else stays in its place."""
    kept: list[str] = []
    position = 0
    while found := _comment_or_string.search(text, position):
        start, end = found.span()
        kept.append(text[position:start])
        if found[0] == "(*":
            end = _block_end(text, start, file)
        kept.append(found[0] if found[0].startswith('"') else re.sub(".", " ", text[start:end]))
        position = end
    return "".join([*kept, text[position:]])


def _block_end(text: str, start: int, file: str) -> int:
    depth = 0
    for mark in _block_mark.finditer(text, start):
        depth += 1 if mark[0] == "(*" else -1
        if depth == 0:
            return mark.end()
    raise TlaError("the comment that begins here has no `*)`", _place(text, start, file))


def _place(text: str, offset: int, file: str) -> Span:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Span(file, line, column, line, column + 1)


@functools.cache
def _grammar() -> Grammar:
    return replace(Grammar.open("config.lark", start="start"), groups=_groups)


def _groups() -> Mapping[str, frozenset[str]]:
    keywords = _grammar().begins() - {"the end"}
    one_of = ", ".join(sorted(word.strip("`") for word in keywords))
    return {"a value": value_begins(), f"a keyword ({one_of})": keywords}


@dataclass(frozen=True, slots=True)
class _Assigned:
    """`name = value` or `name <- reference`: in one module, or (None) wherever the name is used."""

    name: Reference
    module: str | None
    to: Value | Reference


@dataclass(frozen=True, slots=True)
class _Once:
    """A statement that a configuration has at most once."""

    keyword: Token
    content: Reference | bool


@dataclass(frozen=True, slots=True)
class _Several:
    """A statement that lists names, and may be repeated."""

    keyword: Token
    names: tuple[Reference, ...]


_PLURALS = {
    "invariant": "invariants",
    "property": "properties",
    "constraint": "constraints",
    "action_constraint": "action_constraints",
}


@v_args(inline=True)
class _ConfigBuilder(ValueBuilder):
    """The Config of a tree of config.lark."""

    def start(self, *statements: _Assigned | _Once | _Several) -> Config:
        assigned: dict[tuple[str | None, str], _Assigned] = {}
        fields: dict[str, Any] = {}
        for statement in statements:
            match statement:
                case _Assigned(name, module):
                    if (module, name.name) in assigned:
                        first = assigned[module, name.name].name.span
                        message = f"`{name.name}` is assigned twice, first in line {first.line}"
                        raise TlaError(message, name.span)
                    assigned[module, name.name] = statement
                case _Once(keyword, content):
                    if keyword.lower() in fields:
                        message = f"saw a second {keyword}, expected one"
                        raise TlaError(message, token_span(keyword, self.file))
                    fields[keyword.lower()] = content
                case _Several(keyword, names):
                    field_name = _PLURALS.get(keyword.lower(), keyword.lower())
                    fields[field_name] = fields.get(field_name, ()) + names
        _refuse_two_specifications(fields)
        everywhere = _assignments(assigned, None)
        modules = sorted({module for module, _ in assigned if module})
        return Config(
            self.file,
            everywhere.constants,
            everywhere.overrides,
            everywhere.spans,
            {module: _assignments(assigned, module) for module in modules},
            **fields,
        )

    def constant(self, name: Reference, *rest: Any) -> _Assigned:
        *module, value = rest
        return _Assigned(name, module[0] if module else None, value)

    def override(self, name: Reference, *rest: Any) -> _Assigned:
        *module, replacement = rest
        return _Assigned(name, module[0] if module else None, self._reference(replacement))

    def module(self, name: Token) -> str:
        return str(name)

    def assigned(self, *parts: Token) -> Reference:
        first, last = (token_span(part, self.file) for part in (parts[0], parts[-1]))
        span = replace(first, end_line=last.end_line, end_column=last.end_column)
        return Reference("!".join(parts), span)

    def named(self, keyword: Token, name: Token) -> _Once:
        return _Once(keyword, self._reference(name))

    def switch(self, keyword: Token, word: Token) -> _Once:
        return _Once(keyword, word == "TRUE")

    def listed(self, keyword: Token, *names: Token) -> _Several:
        return _Several(keyword, tuple(map(self._reference, names)))

    def _reference(self, name: Token) -> Reference:
        return Reference(name.value, token_span(name, self.file))


def _assignments(assigned: Mapping[tuple[str | None, str], _Assigned], module: str | None) -> Assignments:
    here = {name: one for (where, name), one in assigned.items() if where == module}
    return Assignments(
        {name: one.to for name, one in here.items() if not isinstance(one.to, Reference)},
        {name: one.to for name, one in here.items() if isinstance(one.to, Reference)},
        {name: one.name.span for name, one in here.items()},
    )


def _refuse_two_specifications(fields: Mapping[str, Any]) -> None:
    if "specification" in fields and ("init" in fields or "next" in fields):
        message = "saw SPECIFICATION beside INIT or NEXT, expected one or the other"
        raise TlaError(message, fields["specification"].span)
