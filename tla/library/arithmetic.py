"""Bitwise, Combinatorics, DyadicRationals, Statistics: more about numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import TlaError
from ..values import NAT, LazyFunction, Value, field, items, order_key, record, shown
from .arguments import natural, number, text
from .declaration import Library
from .numbers import NATURALS

BITWISE = Library("Bitwise")
COMBINATORICS = Library("Combinatorics", NATURALS)
DYADIC_RATIONALS = Library("DyadicRationals")
STATISTICS = Library("Statistics", NATURALS)


@BITWISE.operator("&")
def bits_in_both(a: Value, b: Value) -> int:
    """a & b: the bits that both have."""
    return number(a) & number(b)


@BITWISE.operator("|")
def bits_in_either(a: Value, b: Value) -> int:
    """a | b: the bits that one of the two has."""
    return number(a) | number(b)


@BITWISE.operator("^^")
def bits_in_one(a: Value, b: Value) -> int:
    """a ^^ b: the bits that just one of the two has."""
    return number(a) ^ number(b)


@BITWISE.operator("Not")
def bits_not_in(a: Value) -> int:
    """Not(a): the bits below its highest that it has not."""
    bits = natural(a)
    return ~bits & ((1 << bits.bit_length()) - 1)


@BITWISE.operator("shiftR")
def shifted_right(a: Value, places: Value) -> int:
    """shiftR(a, n): a without its n lowest bits."""
    return natural(a) >> natural(places)


COMBINATORICS.constant("factorial", LazyFunction(NAT, math.factorial))


@COMBINATORICS.operator("choose")
def binomial(n: Value, k: Value) -> int:
    """choose(n, k): how many subsets with k elements a set of n has."""
    return math.comb(natural(n), natural(k))


# --- n/2^k, as records [num, den] -------------------------------------------------------------------------


def _reduced(numerator: int, denominator: int) -> Value:
    common = math.gcd(numerator, denominator)
    if not common:
        raise TlaError("0/0 is no rational number")
    return record(num=numerator // common, den=denominator // common)


def _parts(p: Value) -> tuple[int, int]:
    return number(field(p, "num")), number(field(p, "den"))


DYADIC_RATIONALS.constant("Zero", record(num=0, den=1))
DYADIC_RATIONALS.constant("One", record(num=1, den=1))


@DYADIC_RATIONALS.operator("IsDyadicRational")
def is_dyadic(p: Value) -> bool:
    """IsDyadicRational(p): the denominator is a power of 2."""
    denominator = number(field(p, "den"))
    return denominator > 0 and denominator.bit_count() == 1


@DYADIC_RATIONALS.operator("Add")
def add_dyadic(p: Value, q: Value) -> Value:
    """Add(p, q): the sum, reduced."""
    if p == record(num=0, den=1):
        return q
    (a, b), (c, d) = _parts(p), _parts(q)
    if not (b and d):
        raise TlaError(f"expected rational numbers, saw {shown(p)} and {shown(q)}")
    common = max(b, d)
    return _reduced(a * (common // b) + c * (common // d), common)


@DYADIC_RATIONALS.operator("Half")
def half(p: Value) -> Value:
    """Half(p): half of it, reduced."""
    numerator, denominator = _parts(p)
    return _reduced(numerator, 2 * denominator)


@DYADIC_RATIONALS.operator("PrettyPrint")
def pretty(p: Value) -> str:
    """PrettyPrint(p): "3/8", and "0" or "1"."""
    numerator, denominator = _parts(p)
    return str(numerator) if (numerator, denominator) in ((0, 1), (1, 1)) else f"{numerator}/{denominator}"


# --- statistics -------------------------------------------------------------------------------------------


@STATISTICS.operator("ChiSquare")
def chi_square(expected: Value, actual: Value, alpha: Value) -> bool:
    """ChiSquare(expected, actual, "0.05"): the counts are as expected, as far as Pearson's test tells."""
    wanted, seen = _counts(expected), _counts(actual)
    if len(wanted) != len(seen) or len(seen) < 2:
        raise TlaError(f"expected counts of the same two things or more, saw {len(wanted)} and {len(seen)}")
    if min(wanted) <= 0 or min(seen) < 0:
        raise TlaError("expected counts above 0, and seen ones not below")
    try:
        level = float(text(alpha))
    except ValueError:
        level = 0.0
    if not 0 < level <= 0.5:
        raise TlaError(f'expected a level in (0, 0.5] as text, such as "0.05", saw {shown(alpha)}')
    ratio = sum(seen) / sum(wanted)
    distance = sum((s - w * ratio) ** 2 / (w * ratio) for s, w in zip(seen, wanted, strict=True))
    return not _upper_gamma((len(seen) - 1) / 2, distance / 2) < level


def _counts(counted: Value) -> list[int]:
    return [number(count) for _, count in sorted(items(counted), key=lambda pair: order_key(pair[0]))]


def _upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), P by its power series."""
    if x == 0:
        return 1.0
    factor = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1.0 - factor * math.fsum(_series(a, x))


def _series(a: float, x: float) -> Iterator[float]:
    """x^n / (a (a+1) ... (a+n)), until nothing is added any more."""
    term = 1 / a
    place = 0
    while term > 1e-17 or place < x:
        yield term
        place += 1
        term *= x / (a + place)
