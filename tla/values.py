"""The values of TLA+ as Python objects, and the operations that every evaluation shares.

    integer        int                      TRUE, FALSE     Boolean (Python has 1 == True, TLA+ has not)
    string         str                      model value     ModelValue, equal only to itself
    finite set     frozenset                sequence, tuple tuple
    function       Function                 record          Function on strings
    other sets     LazySet (Nat, SUBSET S, [S -> T], ...), made a frozenset where it is stored

A function whose domain is 1..n is a sequence, so it is a tuple; the empty function is (). Functions are
hash-consed: equal functions are one object, so that equality and hash are those of the address. What the
tables hold and nobody else does is swept out from time to time.
"""

from __future__ import annotations

import itertools
import re
import sys
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from .errors import TlaError

Value = Any
"""One of the kinds in the table above."""


class Boolean:
    """TRUE or FALSE as data."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


TRUE = Boolean("TRUE")
FALSE = Boolean("FALSE")


def boolean(truth: bool) -> Boolean:
    return TRUE if truth else FALSE


def truth(value: Value) -> bool:
    """The Python truth of a TLA+ Boolean."""
    if value is TRUE:
        return True
    if value is FALSE:
        return False
    raise TlaError(f"expected TRUE or FALSE, saw {shown(value)}")


class ModelValue:
    """A constant of the configuration that is equal only to itself (Specifying Systems §14.5.3)."""

    __slots__ = ("name",)
    _all: dict[str, ModelValue] = {}  # noqa: RUF012 - the one table of a process

    name: str

    def __new__(cls, name: str) -> ModelValue:
        value = cls._all.get(name)
        if value is None:
            value = cls._all[name] = object.__new__(cls)
            value.name = name
        return value

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[type[ModelValue], tuple[str]]:
        return ModelValue, (self.name,)


class Domain:
    """A set of function arguments in a fixed order, with all functions on it: the hash-consing table.

    The order is that of all values: it depends on no hash, and not on what was done before.
    """

    __slots__ = ("functions", "index", "keys", "set")

    def __init__(self, arguments: frozenset[Value], keys: tuple[Value, ...], index: dict[Value, int]) -> None:
        """`keys` are the arguments in the order of all values, `index` their places in it."""
        self.set = arguments
        self.keys = keys
        self.index = index
        self.functions: dict[tuple[Value, ...], Function] = {}

    def new(self, values: tuple[Value, ...]) -> Function:
        """The function with these values, in the order of `keys`, none of which exists yet."""
        made = Function(self, values)
        self.functions[values] = made
        _count_new()
        return made

    def make(self, values: tuple[Value, ...]) -> Function:
        """The function with these values, in the order of `keys`."""
        return self.functions.get(values) or self.new(values)


class Function:
    """A function that is no sequence. Made only by its Domain, so that equal functions are identical."""

    __slots__ = ("domain", "order", "values")

    def __init__(self, domain: Domain, values: tuple[Value, ...]) -> None:
        self.domain = domain
        self.values = values
        self.order: tuple[Any, ...] | None = None

    def items(self) -> Iterator[tuple[Value, Value]]:
        return zip(self.domain.keys, self.values, strict=True)

    def __repr__(self) -> str:
        return format_value(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return function, (dict(self.items()),)


LEAST_SWEPT = 400_000
"""Functions made between two sweeps, at least: few enough to stay in the processor's caches."""

_domains: dict[frozenset[Value], Domain] = {}
_made = 0
_sweep_at = LEAST_SWEPT


def _count_new() -> None:
    global _made
    _made += 1
    if _made >= _sweep_at:
        sweep()


def sweep() -> None:
    """Forgets the functions and domains that only the hash-consing tables still hold.

    Runs when the tables have grown to twice what the last sweep left, so its cost is a constant share.
    """
    global _made, _sweep_at
    _made = sum([_forget(domain.functions) for domain in _domains.values()])
    _forget(_domains)  # a domain is held by its functions too
    _sweep_at = max(LEAST_SWEPT, 2 * _made)


def _forget(table: dict[Any, Any]) -> int:
    """Drops what only the table holds; how much is left."""
    for key in [key for key, made in table.items() if sys.getrefcount(made) <= _ALONE]:
        del table[key]
    return len(table)


# The count of what only a table holds, seen as _forget sees it: Python versions differ in what the loop adds.
_ALONE = [sys.getrefcount(made) for key, made in {0: object()}.items()][0]  # noqa: RUF015


def domain_of_set(arguments: frozenset[Value]) -> Domain:
    domain = _domains.get(arguments)
    if domain is None:
        alike(arguments)
        keys = tuple(arguments) if len(arguments) < 2 else tuple(sorted(arguments, key=order_key))
        domain = _kept(arguments, keys)
    return domain


def _kept(arguments: frozenset[Value], keys: tuple[Value, ...]) -> Domain:
    """The domain of these arguments, which is in no table yet; `keys` has them in the order of all values."""
    index = {key: place for place, key in enumerate(keys)}
    domain = _domains[arguments] = Domain(arguments, keys, index)
    return domain


def function(mapping: Mapping[Value, Value]) -> Value:
    """The function that the mapping describes; a tuple where its domain is 1..n."""
    size = len(mapping)
    if 1 in mapping or not size:
        values = [mapping[place] for place in range(1, size + 1) if place in mapping]
        if len(values) == size:
            return tuple(values)
    domain = domain_of_set(frozenset(mapping))
    return domain.make(tuple([mapping[key] for key in domain.keys]))


def record(**fields: Value) -> Value:
    return function(fields)


def apply(f: Value, argument: Value) -> Value:
    """f[argument]."""
    if type(f) is Function:
        place = f.domain.index.get(argument)
        if place is not None:
            return f.values[place]
    elif type(f) is tuple:
        if type(argument) is int and 0 < argument <= len(f):
            return f[argument - 1]
    elif type(f) is LazyFunction:
        return f.apply(argument)
    else:
        raise TlaError(f"{shown(f)} is applied to {shown(argument)}, but is not a function")
    raise TlaError(f"{shown(f)} is applied to {shown(argument)}, which is not in its domain")


def found(f: Value, argument: Value) -> Value | None:
    """f[argument], or None where that is not in the domain; no function inside of what was not found.

    TlaError for an argument of another kind than those in the domain.
    """
    if type(f) is Function:
        place = f.domain.index.get(argument)
        if place is not None:
            return f.values[place]
        _refuse_foreign(argument, f.domain.set)
        return None
    if type(f) is tuple:
        if type(argument) is int:
            return f[argument - 1] if 0 < argument <= len(f) else None
        if f:
            raise TlaError(f"{shown(f)} is applied to {shown(argument)}, expected a number")
        return None
    if f is None:
        return None
    return apply(f, argument) if contains(domain(f), argument) else None


def field(r: Value, name: str) -> Value:
    """r.name."""
    if type(r) is Function:
        place = r.domain.index.get(name)
        if place is not None:
            return r.values[place]
        raise TlaError(f"no field `{name}` in {shown(r)}")
    raise TlaError(f"field `{name}` of {shown(r)}, which is not a record")


def domain(f: Value) -> frozenset[Value]:
    """DOMAIN f."""
    if type(f) is Function:
        return f.domain.set
    if type(f) is tuple:
        return frozenset(range(1, len(f) + 1))
    if type(f) is LazyFunction:
        return finite(f.arguments)
    raise TlaError(f"DOMAIN of {shown(f)}, which is not a function")


def arguments(f: Value) -> Iterable[Value]:
    """The elements of DOMAIN f, in an order that no hash seed changes."""
    if type(f) is Function:
        return f.domain.keys
    if type(f) is tuple:
        return range(1, len(f) + 1)
    return ordered(domain(f))


def items(f: Value) -> Iterable[tuple[Value, Value]]:
    """The pairs of argument and value of a function or sequence."""
    if type(f) is Function:
        return f.items()
    if type(f) is tuple:
        return enumerate(f, 1)
    if type(f) is LazyFunction:
        return [(argument, f.apply(argument)) for argument in elements(f.arguments)]
    raise TlaError(f"expected a function, saw {shown(f)}")


def replaced(f: Value, argument: Value, value: Value) -> Value:
    """[f EXCEPT ![argument] = value]; an argument outside the domain changes nothing (as in TLC)."""
    if type(f) is Function:
        place = f.domain.index.get(argument)
        if place is None:
            return f
        old = f.values
        if old[place] is value:
            return f
        values = (*old[:place], value, *old[place + 1 :])
        home = f.domain
        return home.functions.get(values) or home.new(values)
    if type(f) is tuple:
        if type(argument) is int and 0 < argument <= len(f):
            return (*f[: argument - 1], value, *f[argument:])
        return f
    if type(f) is LazyFunction:
        return replaced(function(dict(items(f))), argument, value)
    raise TlaError(f"EXCEPT of {shown(f)}, which is not a function")


def extended(f: Function, argument: Value, value: Value) -> Value:
    """f and one more argument, which is not in its domain."""
    if type(argument) is int:
        return function({**dict(f.items()), argument: value})
    home = f.domain
    arguments = home.set | {argument}
    target = _domains.get(arguments)
    if target is None:
        alike(arguments)
        place = bisect(home.keys, order_key(argument), key=order_key)
        target = _kept(arguments, (*home.keys[:place], argument, *home.keys[place:]))
    else:
        place = target.index[argument]
    return target.make((*f.values[:place], value, *f.values[place:]))


def restricted(f: Function, argument: Value) -> Value:
    """f without one argument of its domain."""
    home = f.domain
    arguments = home.set - {argument}
    target = _domains.get(arguments)
    if target is None and (not arguments or 1 in arguments):  # perhaps a sequence
        return function({key: value for key, value in f.items() if key in arguments})
    place = home.index[argument]
    if target is None:
        target = _kept(arguments, (*home.keys[:place], *home.keys[place + 1 :]))
    return target.make((*f.values[:place], *f.values[place + 1 :]))


class LazyFunction:
    """A recursively defined function, f[x \\in S] == e: its values are found when asked for, once each."""

    __slots__ = ("_known", "arguments", "body")

    def __init__(self, arguments: Value, body: Callable[[Value], Value]) -> None:
        self.arguments = arguments
        self.body = body
        self._known: dict[Value, Value] = {}

    def apply(self, argument: Value) -> Value:
        if argument not in self._known:
            if argument not in self.arguments:
                raise TlaError(f"a function is applied to {shown(argument)}, which is not in its domain")
            self._known[argument] = self.body(argument)
        return self._known[argument]

    def plain(self) -> Value:
        """The same function with all its values."""
        return function({argument: strict(value) for argument, value in items(self)})

    def __eq__(self, other: object) -> bool:
        return self is other or self.plain() == strict(other)

    def __hash__(self) -> int:
        return hash(self.plain())


def strict(value: Value) -> Value:
    """The value as it may be stored: lazy sets and functions made plain, but for the infinite ones."""
    if isinstance(value, LazySet):
        return finite(value) if is_finite(value) else value
    if type(value) is LazyFunction:
        return value.plain() if is_finite(value.arguments) else value
    return value


# --- sets ---------------------------------------------------------------------------------------------


class LazySet:
    """A set that is known by its membership test, and enumerated only where somebody needs its elements."""

    enumerates_in_order: ClassVar[bool] = False
    """Whether the elements come in the order of all values, each once."""

    __slots__ = ()

    def __contains__(self, value: Value) -> bool:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Value]:
        raise TlaError(f"the elements of {self!r} cannot be enumerated")

    def in_order(self) -> tuple[Value, ...]:
        """The elements in the order of all values."""
        return tuple(self) if self.enumerates_in_order else tuple(sorted(set(self), key=order_key))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, LazySet | frozenset):
            return frozenset(self) == frozenset(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self)) if is_finite(self) else object.__hash__(self)


class NumberSet(LazySet):
    """Nat, Int."""

    __slots__ = ("least", "name")

    def __init__(self, name: str, least: int | None) -> None:
        self.name = name
        self.least = least

    def __contains__(self, value: Value) -> bool:
        if type(value) is ModelValue:
            return False
        if type(value) is not int:
            raise TlaError(f"is {shown(value)} an element of {self.name}? It is not a number")
        return self.least is None or value >= self.least

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return self.name


class StringSet(LazySet):
    """STRING."""

    __slots__ = ()

    def __contains__(self, value: Value) -> bool:
        return type(value) is str

    def __repr__(self) -> str:
        return "STRING"


NAT = NumberSet("Nat", 0)
INT = NumberSet("Int", None)
STRING = StringSet()
BOOLEAN = frozenset((TRUE, FALSE))


class Sequences(LazySet):
    """Seq(S)."""

    __slots__ = ("base",)

    def __init__(self, base: Value) -> None:
        self.base = base

    def __contains__(self, value: Value) -> bool:
        return type(value) is tuple and all(contains(self.base, item) for item in value)

    def __repr__(self) -> str:
        return f"Seq({format_value(self.base)})"


class Subsets(LazySet):
    """SUBSET S."""

    __slots__ = ("base",)
    enumerates_in_order = True

    def __init__(self, base: Value) -> None:
        self.base = base

    def __contains__(self, value: Value) -> bool:
        if not isinstance(value, frozenset | LazySet):
            raise TlaError(f"is {shown(value)} a subset of {shown(self.base)}? It is not a set")
        return all(contains(self.base, item) for item in value)

    def __iter__(self) -> Iterator[Value]:
        base = ordered(finite(self.base))
        sizes = (itertools.combinations(base, size) for size in range(len(base) + 1))
        return (frozenset(chosen) for chosen in itertools.chain.from_iterable(sizes))

    def __repr__(self) -> str:
        return f"SUBSET {format_value(self.base)}"


class FunctionSet(LazySet):
    """[S -> T]."""

    __slots__ = ("arguments", "results")
    enumerates_in_order = True

    def __init__(self, arguments: Value, results: Value) -> None:
        self.arguments = arguments
        self.results = results

    def __contains__(self, value: Value) -> bool:
        if type(value) is ModelValue:
            return False
        if type(value) not in (Function, tuple, LazyFunction):
            raise TlaError(f"is {shown(value)} in [S -> T]? It is not a function")
        return domain(value) == self.arguments and all(
            contains(self.results, result) for _, result in items(value)
        )

    def __iter__(self) -> Iterator[Value]:
        arguments = ordered(finite(self.arguments))
        results = ordered(finite(self.results))
        choices = itertools.product(results, repeat=len(arguments))
        return (function(dict(zip(arguments, chosen, strict=True))) for chosen in choices)

    def __repr__(self) -> str:
        return f"[{format_value(self.arguments)} -> {format_value(self.results)}]"


class RecordSet(LazySet):
    """[a : S, b : T]."""

    __slots__ = ("fields",)
    enumerates_in_order = True

    def __init__(self, fields: Mapping[str, Value]) -> None:
        self.fields = dict(sorted(fields.items()))

    def __contains__(self, value: Value) -> bool:
        if type(value) is ModelValue:
            return False
        if type(value) not in (Function, tuple):
            raise TlaError(f"is {shown(value)} in {shown(self)}? It is not a record")
        if type(value) is tuple or value.domain.set != self.fields.keys():
            return False
        index = value.domain.index
        return all(contains(allowed, value.values[index[name]]) for name, allowed in self.fields.items())

    def __iter__(self) -> Iterator[Value]:
        choices = itertools.product(*(ordered(finite(allowed)) for allowed in self.fields.values()))
        return (function(dict(zip(self.fields, chosen, strict=True))) for chosen in choices)

    def __repr__(self) -> str:
        return "[" + ", ".join(f"{name} : {format_value(s)}" for name, s in self.fields.items()) + "]"


class Product(LazySet):
    """S \\X T \\X ..."""

    __slots__ = ("factors",)
    enumerates_in_order = True

    def __init__(self, factors: tuple[Value, ...]) -> None:
        self.factors = factors

    def __contains__(self, value: Value) -> bool:
        if type(value) is ModelValue:
            return False
        if type(value) is str:
            value = tuple(value)  # for TLC a string is a sequence of characters here
        if type(value) is not tuple:
            raise TlaError(f"is {shown(value)} in {shown(self)}? It is not a tuple")
        if len(value) != len(self.factors):
            return False
        return all(contains(factor, item) for item, factor in zip(value, self.factors, strict=True))

    def __iter__(self) -> Iterator[Value]:
        return itertools.product(*(ordered(finite(factor)) for factor in self.factors))

    def __repr__(self) -> str:
        return " \\X ".join(format_value(factor) for factor in self.factors)


class Union(LazySet):
    """S \\cup T where one of them cannot be enumerated."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Value, ...]) -> None:
        self.parts = parts

    def __contains__(self, value: Value) -> bool:
        return any(contains(part, value) for part in self.parts)

    def __iter__(self) -> Iterator[Value]:
        return iter(frozenset(itertools.chain.from_iterable(self.parts)))

    def __repr__(self) -> str:
        return " \\cup ".join(format_value(part) for part in self.parts)


class Filtered(LazySet):
    """{x \\in S : P(x)} where S cannot be enumerated."""

    __slots__ = ("base", "test")

    def __init__(self, base: LazySet, test: Callable[[Value], bool]) -> None:
        self.base = base
        self.test = test

    def __contains__(self, value: Value) -> bool:
        return value in self.base and self.test(value)

    def __repr__(self) -> str:
        return f"{{x \\in {format_value(self.base)} : ...}}"


class Difference(LazySet):
    """S \\ T where S cannot be enumerated."""

    __slots__ = ("base", "without")

    def __init__(self, base: LazySet, without: Value) -> None:
        self.base = base
        self.without = without

    def __contains__(self, value: Value) -> bool:
        return value in self.base and not contains(self.without, value)

    def __repr__(self) -> str:
        return f"({format_value(self.base)} \\ {format_value(self.without)})"


class Intersection(LazySet):
    """S \\cap T where none of them can be enumerated."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[LazySet, LazySet]) -> None:
        self.parts = parts

    def __contains__(self, value: Value) -> bool:
        return all(value in part for part in self.parts)

    def __repr__(self) -> str:
        return " \\cap ".join(format_value(part) for part in self.parts)


def filtered(base: Value, test: Callable[[Value], bool]) -> Value:
    """{x \\in base : test(x)}; where base cannot be enumerated, it is known by its membership test."""
    if is_finite(base):
        return frozenset([value for value in elements(base) if test(value)])
    return Filtered(base, test)


def mapped(arguments: Value, rule: Callable[[Value], Value]) -> Value:
    """[x \\in arguments |-> rule(x)]; where they cannot be enumerated, values are found when asked for."""
    if is_finite(arguments):
        return function({argument: rule(argument) for argument in elements(arguments)})
    return LazyFunction(arguments, rule)


def finite(value: Value) -> frozenset[Value]:
    """The set with all its elements."""
    if type(value) is frozenset:
        return value
    if isinstance(value, LazySet):
        return frozenset(value)
    raise TlaError(f"expected a set, saw {shown(value)}")


def is_finite(value: Value) -> bool:
    """Whether the elements of a set can be enumerated."""
    match value:
        case frozenset():
            return True
        case Subsets(base=base):
            return is_finite(base)
        case FunctionSet(arguments=arguments, results=results):
            return is_finite(arguments) and is_finite(results)
        case RecordSet(fields=fields):
            return all(map(is_finite, fields.values()))
        case Product(factors=parts) | Union(parts=parts):
            return all(map(is_finite, parts))
        case LazySet():
            return False  # Nat, Int, STRING, Seq(S), and what is made of them
    raise TlaError(f"expected a set, saw {shown(value)}")


def elements(value: Value) -> Iterable[Value]:
    """The elements of a set, in no particular order."""
    if type(value) is frozenset or isinstance(value, LazySet):
        return value
    raise TlaError(f"expected a set, saw {shown(value)}")


def contains(value: Value, candidate: Value) -> bool:
    """candidate \\in value."""
    if type(value) is frozenset:
        return candidate in value or unlike_members(value, candidate)
    if isinstance(value, LazySet):
        return candidate in value
    raise TlaError(f"is {shown(candidate)} an element of {shown(value)}? That is not a set")


def unlike_members(members: frozenset[Value], candidate: Value) -> Literal[False]:
    """What is not among the members is no element; TlaError if it cannot be compared with them."""
    for member in members:  # mostly, the first is like the candidate
        if type(member) is not type(candidate):
            _refuse_foreign(candidate, members)
        break
    return False


def _refuse_foreign(candidate: Value, members: frozenset[Value]) -> None:
    """TlaError for what is no member, and cannot be compared with the members either."""
    kind = _kind(candidate)
    if type(candidate) is ModelValue or any(_kind(e) == kind or type(e) is ModelValue for e in members):
        return
    raise TlaError(f"is {shown(candidate)} an element of {shown(members)}? It is of another kind")


_ordered: dict[frozenset[Value], tuple[Value, ...]] = {}


def ordered(value: Value) -> tuple[Value, ...]:
    """The elements of a set in the one order (order_key) that no hash seed changes."""
    if type(value) is not frozenset:
        return (
            value.in_order() if isinstance(value, LazySet) else tuple(sorted(elements(value), key=order_key))
        )
    if len(value) < 2:
        return tuple(value)
    known = _ordered.get(value)
    if known is None:
        if len(_ordered) > 100_000:
            _ordered.clear()
        known = _ordered[value] = tuple(sorted(value, key=order_key))
    return known


def order_key(value: Value) -> tuple[Any, ...]:
    """Sorts all values: Booleans, integers, strings, model values, sequences, sets, functions."""
    kind = type(value)
    if kind is int:
        return (1, value)
    if kind is str:
        return (2, value)
    if kind is Function:
        if value.order is None:
            keys = sorted(value.domain.keys, key=order_key)
            pairs = tuple((order_key(key), order_key(value.values[value.domain.index[key]])) for key in keys)
            value.order = (6, len(keys), pairs)
        return value.order  # type: ignore[no-any-return]
    if kind is tuple:
        return (4, len(value), tuple(map(order_key, value)))
    if kind is Boolean:
        return (0, value is TRUE)
    if kind is ModelValue:
        return (3, value.name)
    if kind is frozenset:
        return (5, len(value), tuple(sorted(map(order_key, value))))
    if isinstance(value, LazySet):
        return order_key(finite(value))
    raise AssertionError(value)


def unlike(left: Value, right: Value) -> bool:
    """left = right for values of two Python types; TlaError where TLC would not compare them either."""
    if _kind(left) != _kind(right) and type(left) is not ModelValue and type(right) is not ModelValue:
        raise TlaError(f"{shown(left)} and {shown(right)} cannot be compared")
    return False


def alike(members: frozenset[Value]) -> frozenset[Value]:
    """The set; TlaError where elements are of unlike kinds, and TLC could not put them in order.

    TLC also looks inside of elements, as far as it must to tell which comes first; we do not.
    """
    if len(members) > 1 and len({*map(type, members)}) > 1:
        kinds = {_kind(member): member for member in ordered(members) if type(member) is not ModelValue}
        if len(kinds) > 1:
            first, second, *_ = kinds.values()
            raise TlaError(
                f"{shown(first)} and {shown(second)} cannot be elements of one set, "
                "for they cannot be compared"
            )
    return members


def joined(a: frozenset[Value], b: frozenset[Value]) -> frozenset[Value]:
    """a \\cup b; TlaError where that has elements of unlike kinds."""
    if a and b:
        kind = type(next(iter(a)))
        if kind is ModelValue or kind is not type(next(iter(b))):
            return alike(a | b)
    return a | b


def _kind(value: Value) -> str:
    if isinstance(value, LazySet):
        return "set"
    return _KINDS.get(type(value), "function")


_KINDS = {int: "number", str: "string", Boolean: "Boolean", frozenset: "set"}


def equal(left: Value, right: Value) -> bool:
    """left = right."""
    if left is right or left == right:
        return True
    return type(left) is not type(right) and unlike(left, right)


# --- as text -----------------------------------------------------------------------------------------

ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "f": "\f", "r": "\r"}
"""The character after a backslash and what the two stand for (Specifying Systems §16.1.10)."""

_escaped = str.maketrans({meant: f"\\{written}" for written, meant in ESCAPES.items()})
_field_name = re.compile(r"[0-9_]*[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def is_field_name(value: Value) -> bool:
    """Whether a value may be the name of a field: [name |-> ...]."""
    return type(value) is str and _field_name.fullmatch(value) is not None


def format_value(value: Value) -> str:
    """The value as TLC writes it; elements and fields in the order of order_key."""
    return "".join(_pieces(value))


SHOWN = 300
"""Characters of a value in a message, which is one line."""


def shown(value: Value) -> str:
    """The value as in format_value, but its beginning only where it is long."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > SHOWN:
            return f"{text[:SHOWN]}..."
    return text


def _pieces(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield f'"{value.translate(_escaped)}"'
        case tuple():
            yield from _listed("<<", value, ">>")
        case frozenset():
            yield from _listed("{", ordered(value), "}")
        case Function():
            yield from _function_pieces(value)
        case LazyFunction():
            yield f"[x \\in {format_value(value.arguments)} |-> ...]"
        case _:
            yield repr(value)


def _listed(opening: str, values: Iterable[Value], closing: str) -> Iterator[str]:
    yield opening
    for place, value in enumerate(values):
        if place:
            yield ", "
        yield from _pieces(value)
    yield closing


def _function_pieces(f: Function) -> Iterator[str]:
    pairs = sorted(f.items(), key=lambda pair: order_key(pair[0]))
    fields = all(is_field_name(key) for key, _ in pairs)
    yield "[" if fields else "("
    for place, (key, value) in enumerate(pairs):
        if place:
            yield ", " if fields else " @@ "
        yield f"{key} |-> " if fields else f"{format_value(key)} :> "
        yield from _pieces(value)
    yield "]" if fields else ")"
