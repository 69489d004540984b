"""TLCExt: assertions about values and errors, registers with a default, the behavior so far."""

from __future__ import annotations

import zlib
from typing import NoReturn

from ..errors import TlaError
from ..run import current
from ..values import ModelValue, Value, equal, field, finite, format_value, strict, truth
from .arguments import text
from .declaration import Binary, Library
from .tlc import is_register, tlc_get, tlc_print_true, tlc_set

TLC_EXT = Library("TLCExt")


@TLC_EXT.operator("AssertEq", pure=False)
def assert_equal(a: Value, b: Value) -> bool:
    """AssertEq(a, b): whether the two are equal; prints both where they are not."""
    if equal(a, b):
        return True
    for shown in ("Assertion failed", a, b):
        tlc_print_true(shown)
    return False


@TLC_EXT.operator("AssertError")
def assert_error(message: Value, value: Value) -> bool:
    """AssertError(message, v): FALSE where v has a value. Its error stays one: TLC has other words for it."""
    text(message)
    return False


@TLC_EXT.operator("TLCGetOrDefault", pure=False, of_state=True)
def get_or_default(key: Value, default: Value) -> Value:
    """TLCGetOrDefault(i, d): what TLCSet put there, or d."""
    return tlc_get(key) if is_register(key) and key in current().registers else strict(default)


@TLC_EXT.operator("TLCGetAndSet", pure=False, of_state=True)
def get_and_set(key: Value, op: Binary, value: Value, default: Value) -> Value:
    """TLCGetAndSet(i, Op, v, d): what was there (or d); keeps Op(what was there, v) instead."""
    before = get_or_default(key, default)
    tlc_set(key, op(before, value))
    return before


@TLC_EXT.operator("Trace", pure=False, of_state=True)
def trace() -> Value:
    """Trace: the states of the behavior so far, as records."""
    return current().trace()


@TLC_EXT.operator("CounterExample", pure=False, of_state=True)
def counterexample() -> Value:
    """CounterExample: what violates a property, [action |-> {...}, state |-> {<<1, s>>, ...}]."""
    return current().counterexample()


@TLC_EXT.operator("ToTrace")
def to_trace(found: Value) -> Value:
    """ToTrace(CounterExample): its states as a sequence of records."""
    numbered = dict(finite(field(found, "state")))
    return tuple([numbered[place] for place in sorted(numbered)])


@TLC_EXT.operator("TLCModelValue")
def model_value(name: Value) -> Value:
    """TLCModelValue("m"): the model value of that name."""
    return ModelValue(text(name))


@TLC_EXT.operator("TLCNoOp")
def no_operation(value: Value) -> Value:
    """TLCNoOp(v): v"""
    return strict(value)


@TLC_EXT.operator("TLCCache")
def cached(value: Value, closure: Value) -> Value:
    """TLCCache(v, closure): v, which is remembered here where that pays."""
    return strict(value)


@TLC_EXT.operator("TLCDefer", pure=False)
def deferred(value: Value) -> bool:
    """TLCDefer(v): TRUE; v is evaluated at once."""
    return True


@TLC_EXT.operator("PickSuccessor")
def pick_successor(condition: Value) -> bool:
    """PickSuccessor(p): TRUE; nobody is asked which steps to take."""
    truth(condition)
    return True


@TLC_EXT.operator("TLCFP")
def fingerprint(value: Value) -> int:
    """TLCFP(v): a number that is the same for equal values, and not TLC's."""
    number = zlib.crc32(format_value(strict(value)).encode())
    return number - (1 << 32) if number >> 31 else number


@TLC_EXT.operator("TLCEvalDefinition")
def evaluate_definition(name: Value) -> NoReturn:
    """TLCEvalDefinition("Op"): refused."""
    raise TlaError(f"a definition cannot be evaluated by its name: expected {text(name)} itself")
