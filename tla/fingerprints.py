"""A number of 64 bits for each value, by its content: the same in every process and for every hash seed.

Different values have different fingerprints but for an accident, so they order values quickly and divide
states among processes; whether two values are equal is never decided by them.
"""

from __future__ import annotations

from hashlib import blake2b

from .values import Function, Value, format_value

KNOWN_MOST = 400_000
"""Fingerprints remembered; then the table starts anew."""

_known: dict[Value, int] = {}


def fingerprint(value: Value) -> int:
    found = _known.get(value)
    if found is None:
        if len(_known) >= KNOWN_MOST:
            _known.clear()
        found = _known[value] = _found(value)
    return found


def _found(value: Value) -> int:
    # The hash of a tuple of numbers is the same everywhere, other than those of strings and of objects.
    kind = type(value)
    if kind is Function:
        pairs = zip(map(fingerprint, value.domain.keys), map(fingerprint, value.values), strict=True)
        return hash((1, sum(map(hash, pairs))))
    if kind is tuple:
        return hash((2, *map(fingerprint, value)))
    if kind is frozenset:
        return hash((3, sum([hash((0, fingerprint(member))) for member in value])))
    text = value if kind is str else format_value(value)
    return int.from_bytes(
        blake2b(text.encode(), digest_size=8, person=kind.__name__.encode()).digest(), "big"
    )
