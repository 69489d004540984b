"""Naturals, Integers, Reals: whole numbers of any size (TLC's have 32 bits); a real number has no value."""

from __future__ import annotations

from typing import NoReturn

from ..errors import TlaError
from ..values import INT, NAT, ModelValue, Value
from .arguments import number
from .declaration import Library

NATURALS = Library("Naturals")
INTEGERS = Library("Integers", NATURALS)
REALS = Library("Reals", INTEGERS)

NATURALS.constant("Nat", NAT)
INTEGERS.constant("Int", INT)


@NATURALS.operator("+")
def add(a: Value, b: Value) -> int:
    """a + b"""
    return number(a) + number(b)


@NATURALS.operator("-")
def subtract(a: Value, b: Value) -> int:
    """a - b"""
    return number(a) - number(b)


@NATURALS.operator("*")
def multiply(a: Value, b: Value) -> int:
    """a * b"""
    return number(a) * number(b)


MOST_BITS = 1_000_000
"""Of a power; a number that is far beyond TLC's 32 bits, and still computed at once."""


@NATURALS.operator("^")
def power(a: Value, b: Value) -> int:
    """a ^ b for b >= 0; 0 ^ 0 has no value."""
    if number(b) < 0 or (number(a) == 0 and b == 0):
        raise TlaError(f"{a}^{b} is not defined")
    if b * a.bit_length() > MOST_BITS:
        raise TlaError(f"{a}^{b} is too large a number")
    return int(a**b)


@NATURALS.operator("\\div")
def divide(a: Value, b: Value) -> int:
    """a \\div b, rounded down."""
    if number(b) == 0:
        raise TlaError("the divisor of \\div is 0")
    return number(a) // int(b)


@NATURALS.operator("%")
def modulo(a: Value, b: Value) -> int:
    """a % b, which is in 0 .. b-1."""
    if number(b) <= 0:
        raise TlaError(f"the divisor of % must be positive, saw {b}")
    return number(a) % int(b)


@INTEGERS.operator("-.")
def negate(a: Value) -> int:
    """-a"""
    return -number(a)


@NATURALS.operator("<")
def less(a: Value, b: Value) -> bool:
    """a < b"""
    return number(a) < number(b)


@NATURALS.operator("<=")
def at_most(a: Value, b: Value) -> bool:
    """a <= b"""
    return number(a) <= number(b)


@NATURALS.operator(">")
def greater(a: Value, b: Value) -> bool:
    """a > b"""
    return number(a) > number(b)


@NATURALS.operator(">=")
def at_least(a: Value, b: Value) -> bool:
    """a >= b"""
    return number(a) >= number(b)


MOST_NUMBERS = 20_000_000
"""An interval with more elements is known by its bounds, but not enumerated: that would take gigabytes."""


@NATURALS.operator("..")
def interval(a: Value, b: Value) -> frozenset[Value]:
    """a .. b, the numbers from a to b."""
    if number(b) - number(a) >= MOST_NUMBERS:
        raise TlaError(f"{a}..{b} has {b - a + 1:,} elements; at most {MOST_NUMBERS:,} are enumerated")
    return frozenset(range(a, b + 1))


def within(e: Value, a: Value, b: Value) -> bool:
    """e \\in a..b, without making the set."""
    if number(a) > number(b) or type(e) is ModelValue:
        return False
    return bool(a <= number(e) <= b)


@REALS.operator("Real")
def real() -> NoReturn:
    """The real numbers, of which nothing can be said before the configuration replaces them."""
    raise TlaError("Real has no value, expected a configuration that says `Real <- Int` or the like")


@REALS.operator("/")
def quotient(a: Value, b: Value) -> NoReturn:
    """a / b, which is a real number."""
    raise TlaError(f"{number(a)} / {number(b)} is a real number, expected \\div or an operator in its place")


@REALS.operator("Infinity")
def infinity() -> NoReturn:
    """What is greater than all numbers."""
    raise TlaError("Infinity has no value, expected a configuration that assigns one")
