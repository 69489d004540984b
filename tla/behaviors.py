"""Behaviors as files, to and fro: text for people, ITF for programs, a TLA+ module for other tools.

text   each step with its action, then the variables that it changes; values as TLC writes them
ITF    the Informal Trace Format of Apalache (its ADR-015), a JSON object
TLA+   a module that defines the states as a sequence of records

Only conversion: nothing here searches or evaluates.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lark import Token
from lark.visitors import v_args

from .errors import TlaError
from .grammars import Grammar
from .notation import ValueBuilder, parse_value, value_begins, wrapped
from .values import (
    FALSE,
    TRUE,
    Boolean,
    Function,
    ModelValue,
    Value,
    format_value,
    function,
    is_field_name,
    ordered,
)

INDENT = "     "
"""What stands before the variables of a step, in text."""


@dataclass(frozen=True, slots=True)
class Behavior:
    """States in their order, as the values of `variables`.

    `labels` has the action by which each state was reached, as TLA+ would call it, or "" where that is not
    known; a first state was reached by none. A behavior that never ends goes on from its last state to state
    `loop` (0 is the first); where that is the last state itself, it stutters for ever.
    """

    variables: tuple[str, ...]
    states: tuple[tuple[Value, ...], ...]
    labels: tuple[str, ...]
    loop: int | None = None

    def __post_init__(self) -> None:
        assert len(self.labels) == len(self.states), self
        assert all(len(state) == len(self.variables) for state in self.states), self
        assert self.loop is None or 0 <= self.loop < len(self.states), self

    def in_order(self, names: Sequence[str]) -> Behavior:
        """The same behavior with these variables first, as far as it has them, in this order."""
        first = [name for name in names if name in self.variables]
        variables = tuple(dict.fromkeys([*first, *self.variables]))
        places = [self.variables.index(name) for name in variables]
        states = tuple(tuple(state[place] for place in places) for state in self.states)
        return replace(self, variables=variables, states=states)


# --- text ---------------------------------------------------------------------------------------------


def to_text(behavior: Behavior, width: int = 110) -> str:
    """Each state with its number, from 1 as in TLC; all variables of the first, then those that changed."""
    lines: list[str] = []
    before: tuple[Value, ...] | None = None
    for number, (label, state) in enumerate(zip(behavior.labels, behavior.states, strict=True), 1):
        lines.append(f"{number:>3}  {label or ('initial state' if before is None else 'a step of Next')}")
        changed = [
            (name, value)
            for place, (name, value) in enumerate(zip(behavior.variables, state, strict=True))
            if before is None or before[place] != value
        ]
        lines += _assignments(changed, width) or [f"{INDENT}nothing changes"]
        before = state
    if behavior.loop is not None:
        last = behavior.loop == len(behavior.states) - 1
        lines.append("     stuttering" if last else f"     back to state {behavior.loop + 1}")
    return "\n".join(lines) + "\n"


def _assignments(values: Iterable[tuple[str, Value]], width: int) -> list[str]:
    heads = ((f"{INDENT}/\\ {name} = ", value) for name, value in values)
    return [head + wrapped(value, width, len(head)) for head, value in heads]


def parse_state(text: str, file: str = "<state>") -> dict[str, Value]:
    """The values of the variables in a state as TLC writes it: `/\\ x = 1 /\\ y = {}`, or `x = 1` alone."""
    values: dict[str, Value] = _StateBuilder(file).build(_state_grammar().parse(text, file))
    return values


@functools.cache
def _state_grammar() -> Grammar:
    return replace(Grammar.open("state.lark", start="state"), groups=lambda: {"a value": value_begins()})


@v_args(inline=True)
class _StateBuilder(ValueBuilder):
    """The variables of a tree of state.lark."""

    def state(self, *variables: tuple[str, Value]) -> dict[str, Value]:
        return dict(variables)

    def variable(self, name: Token, value: Value) -> tuple[str, Value]:
        return str(name), value


# --- ITF ----------------------------------------------------------------------------------------------

MODEL_VALUES = "model-values"
"""The key of #meta for the names of the model values: ITF has only strings for them."""


def to_itf(behavior: Behavior, source: str) -> dict[str, Any]:
    """The behavior as one JSON object.

    A model value is written as a string, as Apalache writes the values of its uninterpreted types, and its
    name is listed in #meta. A sequence of values of one kind is a list, any other a tuple.
    """
    found: set[Value] = set()
    for state in behavior.states:
        for value in state:
            _collect_atoms(value, found)
    model_values = sorted(
        value.name for value in found if type(value) is ModelValue and value.name not in found
    )
    known = frozenset(map(ModelValue, model_values))
    states = [
        {"#meta": {"index": index, "action": label}}
        | {name: _to_itf(value, known) for name, value in zip(behavior.variables, state, strict=True)}
        for index, (label, state) in enumerate(zip(behavior.labels, behavior.states, strict=True))
    ]
    meta = {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "source": source,
        MODEL_VALUES: model_values,
    }
    itf = {"#meta": meta, "params": [], "vars": list(behavior.variables), "states": states}
    return itf if behavior.loop is None else itf | {"loop": behavior.loop}


def _atoms(values: Iterable[Value]) -> set[Value]:
    """The strings and the model values in the values."""
    found: set[Value] = set()
    for value in values:
        _collect_atoms(value, found)
    return found


def _collect_atoms(value: Value, found: set[Value]) -> None:
    match value:
        case str() | ModelValue():
            found.add(value)
        case tuple() | frozenset():
            for item in value:
                _collect_atoms(item, found)
        case Function():
            for item in (*value.domain.keys, *value.values):
                _collect_atoms(item, found)


def _to_itf(value: Value, known: frozenset[ModelValue]) -> Any:
    match value:
        case Boolean():
            return value is TRUE
        case int():
            return {"#bigint": str(value)}
        case str():
            return value
        case ModelValue() if value in known:
            return value.name
        case tuple():
            listed = [_to_itf(item, known) for item in value]
            return listed if len({type(item) for item in value}) <= 1 else {"#tup": listed}
        case frozenset():
            return {"#set": [_to_itf(item, known) for item in ordered(value)]}
        case Function():
            pairs = [
                (argument, value.values[value.domain.index[argument]])
                for argument in ordered(value.domain.set)
            ]
            if all(map(is_field_name, value.domain.keys)):
                return {name: _to_itf(field, known) for name, field in pairs}
            return {
                "#map": [[_to_itf(argument, known), _to_itf(result, known)] for argument, result in pairs]
            }
    return {"#unserializable": format_value(value)}


def from_itf(itf: Any, file: str = "<itf>") -> Behavior:
    """The behavior in a JSON object of ITF, whoever wrote it; TlaError for what is none."""
    reader = _ItfReader(file)
    reader.expect(isinstance(itf, Mapping), "top", "an object with vars and states", itf)
    variables = itf.get("vars")
    named = isinstance(variables, list) and all(isinstance(name, str) for name in variables)
    reader.expect(named, "vars", "a list of names", variables)
    states = itf.get("states")
    reader.expect(isinstance(states, list) and bool(states), "states", "a list of states", states)
    loop = itf.get("loop")
    in_range = loop is None or (type(loop) is int and 0 <= loop < len(states))
    reader.expect(in_range, "loop", "the index of a state", loop)
    meta = itf.get("#meta")
    names = meta.get(MODEL_VALUES, ()) if isinstance(meta, Mapping) else ()
    reader.model_values = frozenset(name for name in names if isinstance(name, str))
    return Behavior(
        variables=tuple(variables),
        states=tuple(reader.state(state, variables, f"states[{i}]") for i, state in enumerate(states)),
        labels=tuple(map(_label, states)),
        loop=loop,
    )


def _label(state: Mapping[str, Any]) -> str:
    """The action that led to a state, as raftcheck has it, or Quint, or some who use Apalache."""
    meta = state.get("#meta")
    label = meta.get("action") if isinstance(meta, Mapping) else None
    label = label or state.get("mbt::actionTaken") or state.get("action_taken")
    return label if isinstance(label, str) and label != "init" else ""


class _ItfReader:
    """Values out of JSON, with the path to the one that is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.model_values: frozenset[str] = frozenset()

    def expect(self, truth: bool, path: str, expected: str, seen: Any) -> None:
        if not truth:
            raise TlaError(f"{self.file}: {path}: saw {json.dumps(seen)[:60]}, expected {expected}")

    def state(self, state: Any, variables: Sequence[str], path: str) -> tuple[Value, ...]:
        self.expect(isinstance(state, Mapping), path, "an object", state)
        for name in variables:
            self.expect(name in state, path, f"a value of `{name}`", state)
        return tuple(self.value(state[name], f"{path}.{name}") for name in variables)

    def value(self, seen: Any, path: str) -> Value:
        match seen:
            case bool():
                return TRUE if seen else FALSE
            case int():
                return seen
            case str():
                return ModelValue(seen) if seen in self.model_values else seen
            case list() | {"#tup": list()}:
                return tuple(self.values(seen if isinstance(seen, list) else seen["#tup"], path))
            case {"#bigint": str(digits)}:
                self.expect(digits.removeprefix("-").isdecimal(), path, "digits", digits)
                return int(digits)
            case {"#set": list(members)}:
                return frozenset(self.values(members, path))
            case {"#map": list(pairs)}:
                self.expect(all(isinstance(p, list) and len(p) == 2 for p in pairs), path, "pairs", pairs)
                return function(dict(tuple(self.values(pair, path)) for pair in pairs))
            case {"#unserializable": str(text)}:
                return parse_value(text, f"{self.file}: {path}")
            case Mapping() if not any(key.startswith("#") for key in seen):
                return function({name: self.value(value, f"{path}.{name}") for name, value in seen.items()})
        self.expect(False, path, "a value of ITF", seen)
        raise AssertionError(seen)

    def values(self, seen: list[Any], path: str) -> Iterator[Value]:
        return (self.value(item, f"{path}[{index}]") for index, item in enumerate(seen))


# --- TLA+ ---------------------------------------------------------------------------------------------


def to_module(behavior: Behavior, name: str, constants: Mapping[str, Value], width: int = 110) -> str:
    """A module of that name: the constants, and the behavior as `Behavior`, a sequence of records.

    `Actions` has the action by which each state was reached; `BackTo` is the number of the state that follows
    the last one, where there is such. Model values become constants of the module.
    """
    atoms = _atoms([*constants.values(), *(value for state in behavior.states for value in state)])
    model_values = sorted(value.name for value in atoms if type(value) is ModelValue)
    definitions = {
        constant: wrapped(value, width, len(constant) + 4)
        for constant, value in sorted(constants.items())
        if value != ModelValue(constant)
    }
    records = [
        _record(list(zip(behavior.variables, state, strict=True)), width - 5) for state in behavior.states
    ]
    definitions[_unused("Behavior", constants)] = "<<\n  " + ",\n  ".join(records) + "\n>>"
    definitions[_unused("Actions", constants)] = wrapped(behavior.labels, width, len("Actions == "))
    if behavior.loop is not None:
        definitions[_unused("BackTo", constants)] = str(behavior.loop + 1)
    title = f" MODULE {name} "
    lines = [title.center(width, "-"), "EXTENDS Integers, TLC", ""]
    if model_values:
        lines += [f"CONSTANTS {', '.join(model_values)}", ""]
    for defined, text in definitions.items():
        lines += [f"{defined} == {text}", ""]
    return "\n".join([*lines, "=" * width]) + "\n"


def _record(fields: list[tuple[str, Value]], width: int) -> str:
    heads = [(f"{name} |-> ", value) for name, value in fields]
    return "[ " + ",\n    ".join(head + wrapped(value, width, 4 + len(head)) for head, value in heads) + " ]"


def _unused(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name
