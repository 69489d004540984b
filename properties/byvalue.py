"""Copies by value: what a node hands to disk or network must not change with the node afterwards.

Most payloads are immutable through and through; those are shared, the others copied.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

Parts = Callable[[Any], tuple[object, ...]]
"""Takes a value of some type apart into everything that it consists of."""

_ATOMS = frozenset({int, str, bytes, bool, float, complex, type(None)})
_PARTS: dict[type, Parts | None] = {tuple: tuple, frozenset: tuple}
"""By type, each looked at once; None for a type whose values may change."""


def by_value(value: T) -> T:
    """`value` itself if nothing in it can change, else a deep copy; raises what deepcopy raises."""
    return value if is_immutable(value) else copy.deepcopy(value)


def is_immutable(value: object) -> bool:
    kind = type(value)
    if kind in _ATOMS:
        return True
    try:
        parts = _PARTS[kind]
    except KeyError:
        parts = _PARTS[kind] = _parts_of(kind)
    return parts is not None and all(map(is_immutable, parts(value)))


def _parts_of(kind: type) -> Parts | None:
    if issubclass(kind, enum.Enum):
        return lambda value: ()
    if issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen:
        return _reader(kind.__struct_fields__)
    if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        fields = _reader(tuple(field.name for field in dataclasses.fields(kind)))
        if kind.__dictoffset__ == 0:
            return fields
        # Without slots it may carry more than its fields.
        return lambda value: (*fields(value), *vars(value).values())
    return None


def _reader(fields: tuple[str, ...]) -> Parts:
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda value: tuple(getattr(value, field) for field in fields)
