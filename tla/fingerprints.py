"""A number of 120 bits for each value and each state, by its content: the same in every process and run.

A search remembers the fingerprints of states instead of the states. That any two of n states have the same
one is as likely as n * n / 2 ** 121: among a billion states, one chance in 10 ** 18.

The fingerprint of a state combines those of its variables by exclusive or, so that the one of a successor
follows from the few variables that a step changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from hashlib import blake2b
from operator import getitem, xor

from .errors import TlaError
from .values import Domain, Function, LazySet, NumberSet, StringSet, Value, format_value

BYTES = 15
"""Of a fingerprint: as an integer of Python it takes no more than one of nine bytes would."""

DIGESTS_MOST, VARIABLE_MOST = 200_000, 50_000
"""Values whose fingerprints are remembered, in all and of one variable; then they are found anew."""


class _Digests(dict[Value, bytes]):
    """The fingerprints of values, as bytes."""

    def __missing__(self, value: Value) -> bytes:
        found = _digest(_content(value))
        if len(self) >= DIGESTS_MOST:
            self.clear()
        self[value] = found
        return found


class _Domains(dict[Domain, tuple[bytes, tuple[int, ...]]]):
    """What stands for a domain, and the places of its arguments in an order by content alone."""

    def __missing__(self, home: Domain) -> tuple[bytes, tuple[int, ...]]:
        keys = [_digests[key] for key in home.keys]
        places = tuple(sorted(range(len(keys)), key=keys.__getitem__))
        found = b"function" + _digest(b"".join(sorted(keys))), places
        if len(self) >= VARIABLE_MOST:
            self.clear()
        self[home] = found
        return found


_digests = _Digests()
_domains = _Domains()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=BYTES).digest()


def _content(value: Value) -> bytes:
    """Bytes that are another value's only if that is equal."""
    kind = type(value)
    if kind is Function:
        name, places = _domains[value.domain]
        values = value.values
        return name + b"".join([_digests[values[place]] for place in places])
    if kind is tuple:
        return b"sequence" + b"".join([_digests[item] for item in value])
    if kind is frozenset:
        return b"set" + b"".join(sorted([_digests[member] for member in value]))
    if isinstance(value, LazySet) and not isinstance(value, NumberSet | StringSet):
        raise TlaError(f"states cannot be told apart where a variable has the value {format_value(value)}")
    text = value if kind is str else format_value(value)
    return f"{kind.__name__} {text}".encode()


def fingerprint(value: Value) -> int:
    return int.from_bytes(_digests[value], "big")


class _Variable(dict[Value, int]):
    """What the values of one variable add to the fingerprints of states."""

    def __init__(self, place: int) -> None:
        self.name = b"variable %d " % place

    def __missing__(self, value: Value) -> int:
        found = int.from_bytes(_digest(self.name + _content(value)), "big")
        if len(self) >= VARIABLE_MOST:
            self.clear()
        self[value] = found
        return found


class StateFingerprints:
    """The fingerprints of states of so many variables."""

    def __init__(self, variables: int) -> None:
        self._variables = tuple(map(_Variable, range(variables)))

    def of(self, state: Sequence[Value]) -> int:
        return reduce(xor, map(getitem, self._variables, state), 0)

    def exchange(self, places: Iterable[int]) -> Callable[[int, Sequence[Value]], int]:
        """f(number, state): takes the values of the state at these places out of a number, or puts them in.

        Where a step changes no other variables, f(f(fingerprint of the state, state), successor) is the
        fingerprint of the successor.
        """
        tables = {f"v{place}": self._variables[place] for place in places}
        terms = "".join(f" ^ {name}[state[{name[1:]}]]" for name in tables)
        return eval(f"lambda number, state: number{terms}", dict(tables))  # type: ignore[no-any-return]
