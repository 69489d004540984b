"""Copies by value: what a node hands to disk or network must not change with the node afterwards.

Most payloads are immutable through and through; those are shared, the others copied.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
from typing import TypeVar

import msgspec

T = TypeVar("T")

_ATOMS = frozenset({int, str, bytes, bool, float, complex, type(None)})
_FIELDS: dict[type, tuple[str, ...] | None] = {}
"""The fields of a frozen dataclass or struct, None for a type that may change; looked up once for each type."""


def by_value(value: T) -> T:
    """`value` itself if nothing in it can change, else a deep copy; raises what deepcopy raises."""
    return value if is_immutable(value) else copy.deepcopy(value)


def is_immutable(value: object) -> bool:
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind is tuple or kind is frozenset:
        return all(map(is_immutable, value))  # type: ignore[call-overload]
    try:
        fields = _FIELDS[kind]
    except KeyError:
        fields = _FIELDS[kind] = _frozen_fields(kind)
    if fields is None:
        return False
    return all(is_immutable(getattr(value, field)) for field in fields)


def _frozen_fields(kind: type) -> tuple[str, ...] | None:
    if issubclass(kind, enum.Enum):
        return ()
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__ if kind.__struct_config__.frozen else None
    if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        # A frozen dataclass with a __dict__ of its own may carry more than its fields.
        slotted = not hasattr(kind, "__dictoffset__") or kind.__dictoffset__ == 0
        return tuple(field.name for field in dataclasses.fields(kind)) if slotted else None
    return None
