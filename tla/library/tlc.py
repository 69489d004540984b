"""TLC: explicit functions, printing, assertions, and what the checker tells of itself (run.py)."""

from __future__ import annotations

import itertools
import time
from typing import Any

from ..errors import TlaError
from ..run import current
from ..values import (
    TRUE,
    FunctionSet,
    LazySet,
    Product,
    RecordSet,
    Subsets,
    Value,
    finite,
    format_value,
    function,
    items,
    ordered,
    shown,
    strict,
    truth,
)
from .arguments import passes, sequence
from .declaration import Binary, Library

TLC = Library("TLC")


class AnySet(LazySet):
    """Any: everything is an element of it."""

    __slots__ = ()

    def __contains__(self, value: Value) -> bool:
        return True

    def __repr__(self) -> str:
        return "ANY"


TLC.constant("Any", AnySet())


@TLC.operator(":>")
def maps_to(argument: Value, value: Value) -> Value:
    """argument :> value: the function on just that argument."""
    return function({strict(argument): strict(value)})


@TLC.operator("@@")
def override(f: Value, g: Value) -> Value:
    """f @@ g: f, and g where f says nothing."""
    return function({**dict(items(g)), **dict(items(f))})


@TLC.operator("Permutations")
def permutations(s: Value) -> Value:
    """Permutations(S): all functions from S onto S."""
    members = ordered(finite(s))
    return frozenset(function(dict(zip(members, p, strict=True))) for p in itertools.permutations(members))


@TLC.operator("SortSeq")
def sort_sequence(s: Value, before: Binary) -> Value:
    """SortSeq(s, Op): each element goes to the left as long as Op says that it comes before its neighbour.

    Not Python's sort: where Op is no strict order (<=, or a part of an element), the outcome is TLC's.
    """
    done: list[Value] = []
    for element in sequence(s):
        place = len(done)
        while place and passes(before, element, done[place - 1]):
            place -= 1
        done.insert(place, element)
    return tuple(done)


@TLC.operator("ToString")
def to_string(value: Value) -> str:
    """ToString(v): the value as text, as Print would write it."""
    return format_value(strict(value))


@TLC.operator("TLCEval")
def tlc_eval(value: Value) -> Value:
    """TLCEval(v): v, as a set or function with all its elements."""
    return strict(value)


@TLC.operator("Assert")
def tlc_assert(condition: Value, message: Value) -> bool:
    """Assert(condition, message): TRUE, or the end of the evaluation."""
    if condition is not TRUE:
        raise TlaError(f"Assert failed: {message if type(message) is str else shown(message)}")
    return True


@TLC.operator("Print", pure=False)
def tlc_print(shown: Value, value: Value) -> Value:
    """Print(shown, value): value; writes both."""
    current().output(f"{to_string(shown)}  {to_string(value)}")
    return strict(value)


@TLC.operator("PrintT", pure=False)
def tlc_print_true(shown: Value) -> bool:
    """PrintT(shown): TRUE; writes what is shown."""
    current().output(to_string(shown))
    return True


@TLC.operator("JavaTime", pure=False)
def java_time() -> int:
    """JavaTime: the seconds since 1970, without the bits that do not fit a number of TLC."""
    return int(time.time()) & 0x7FFF_FFFF


# --- registers and facts --------------------------------------------------------------------------------

PROPERTIES = {"-Dtlc2.tool.impl.Tool.cdot": "true"}
"""What TLC is told when it is started and models ask for: here, actions are composed without being told."""


@TLC.operator("TLCGet", pure=False, of_state=True)
def tlc_get(key: Value) -> Value:
    """TLCGet(i), TLCGet("level"), ...: what TLCSet put there, or a fact of the search."""
    registers = current().registers
    if is_register(key):
        if key in registers:
            return registers[key]
        raise TlaError(f"TLCGet({shown(key)}) has no value: no TLCSet was there before")
    if type(key) is not str:
        raise TlaError(f"TLCGet expected a natural number or the name of a fact, saw {shown(key)}")
    if key.startswith("-D"):
        return registers.get(key, PROPERTIES.get(key, key))
    match key:
        case "all":
            return function({i: (value,) for i, value in registers.items() if type(i) is int})
        case "all:named":
            return function({i: (value,) for i, value in registers.items() if str(i).startswith("s:")})
    return current().facts(key)


@TLC.operator("TLCSet", pure=False)
def tlc_set(key: Value, value: Value) -> bool:
    """TLCSet(i, v): TRUE; keeps v for TLCGet(i). TLCSet("exit", TRUE) ends the search."""
    if is_register(key):
        current().registers[key] = strict(value)
    elif key == "exit":
        current().stopping = current().stopping or truth(value)
    elif type(key) is str and key.startswith("-D"):
        current().registers[key] = to_string(value)
    elif key != "pause":  # which waits for somebody at the keyboard
        raise TlaError(f'TLCSet expected a natural number, "s:...", "exit" or "pause", saw {shown(key)}')
    return True


def is_register(key: Value) -> bool:
    """Whether TLCSet keeps a value under the key: a natural number, or a text that begins with s:"""
    return (type(key) is int and key >= 0) or (type(key) is str and key.startswith("s:"))


# --- chance ---------------------------------------------------------------------------------------------


@TLC.operator("RandomElement", pure=False)
def random_element(s: Value) -> Value:
    """RandomElement(S): some element, by the seed of the run; a large set of functions is not enumerated."""
    chance = current().random
    match s:
        case FunctionSet(arguments=arguments, results=results):
            return function({argument: random_element(results) for argument in ordered(finite(arguments))})
        case RecordSet(fields=fields):
            return function({name: random_element(allowed) for name, allowed in fields.items()})
        case Product(factors=factors):
            return tuple([random_element(factor) for factor in factors])
        case Subsets(base=base):
            return frozenset([e for e in ordered(finite(base)) if chance.getrandbits(1)])
    members: Any = ordered(finite(s))
    if not members:
        raise TlaError("RandomElement of the empty set")
    return members[chance.randrange(len(members))]
