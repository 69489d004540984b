"""Json: values as JSON text and back: objects are records, arrays are sequences.

A set becomes an array, a function that is no sequence an object. JSON has fractions and null, TLA+ has not: a
fraction loses what is behind the point, null is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NoReturn

from ..errors import TlaError
from ..run import current
from ..values import (
    FALSE,
    TRUE,
    Domain,
    Function,
    LazyFunction,
    LazySet,
    ModelValue,
    Value,
    boolean,
    domain_of_set,
    finite,
    format_value,
    items,
    order_key,
    ordered,
    shown,
    strict,
)
from .arguments import is_function, sequence, text
from .declaration import Library

JSON = Library("Json")


@JSON.operator("JsonDeserialize")
def json_deserialize(file: Value) -> Value:
    """JsonDeserialize(file): the value in the file."""
    reader = _Reader(str(file))
    return reader.value(read_text(file), 1)


@JSON.operator("ndJsonDeserialize")
def nd_json_deserialize(file: Value) -> Value:
    """ndJsonDeserialize(file): the values in the file, one on each line, as a sequence."""
    reader = _Reader(str(file))
    lines = enumerate(read_text(file).split("\n"), 1)
    return tuple([reader.value(line, number) for number, line in lines if line.strip()])


_Pick = Callable[[Sequence[Value]], Any]
"""The values of an object in the order of the domain that its names are."""


class _Reader:
    """Makes values of JSON text; objects with the same names share the way they are made."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.homes: dict[tuple[str, ...], tuple[Domain, _Pick | None]] = {}
        self.decode = json.JSONDecoder(
            object_pairs_hook=self.record, parse_float=_whole, parse_constant=_refuse_constant
        ).decode

    def value(self, line: str, number: int) -> Value:
        try:
            return plain(self.decode(line))
        except json.JSONDecodeError as error:
            place = f"{self.file}:{number + error.lineno - 1}:{error.colno}"
            raise TlaError(f"{place}: not JSON ({error.msg})") from None
        except TlaError as error:
            raise TlaError(f"{self.file}:{number}: {error.message}") from None

    def record(self, pairs: list[tuple[str, Any]]) -> Value:
        if not pairs:
            return ()
        names, found = zip(*pairs, strict=True)
        home = self.homes.get(names)
        if home is None:
            domain = domain_of_set(frozenset(names))
            # The last of two fields with one name counts.
            places = [len(names) - 1 - names[::-1].index(name) for name in domain.keys]
            pick: _Pick | None = itemgetter(*places) if len(places) > 1 else None
            home = self.homes[names] = (domain, pick)
        values = tuple([value if value.__class__ in _PLAIN else plain(value) for value in found])
        domain, pick = home
        return domain.make(pick(values) if pick else values[-1:])


_PLAIN = frozenset((str, int, Function))


def plain(found: Any) -> Value:
    """The value of what json found, whose objects are values already."""
    if found.__class__ in _PLAIN or type(found) is tuple:
        return found
    if type(found) is list:
        return tuple([plain(item) for item in found])
    if type(found) is bool:
        return boolean(found)
    raise TlaError("saw null, which is no value of TLA+")


def _whole(number: str) -> int:
    try:
        return int(float(number))
    except OverflowError:
        raise TlaError(f"saw {number}, expected a number that is not as large") from None


def _refuse_constant(name: str) -> NoReturn:
    raise TlaError(f"saw {name}, which is no number")


# --- values to text -------------------------------------------------------------------------------------


@JSON.operator("ToJson")
def to_json(value: Value) -> str:
    """ToJson(v): the value as JSON text."""
    return _written(_json(value))


@JSON.operator("ToJsonArray")
def to_json_array(value: Value) -> str:
    """ToJsonArray(v): a sequence or a set as a JSON array."""
    found = _json(value)
    if type(found) is not list:
        raise TlaError(f"expected a sequence or a set, saw {shown(value)}")
    return _written(found)


@JSON.operator("ToJsonObject")
def to_json_object(value: Value) -> str:
    """ToJsonObject(v): a record or function as a JSON object; the names of a sequence count from 0."""
    if not is_function(value):
        raise TlaError(f"expected a function, saw {shown(value)}")
    found = _json(value)
    return _written({str(place): item for place, item in enumerate(found)} if type(found) is list else found)


@JSON.operator("JsonSerialize", pure=False)
def json_serialize(file: Value, value: Value) -> bool:
    """JsonSerialize(file, v): TRUE; writes a sequence or record to the file."""
    if not is_function(value):
        raise TlaError(f"expected a sequence or a record, saw {shown(value)}")
    write_text(file, to_json(value))
    return True


@JSON.operator("ndJsonSerialize", pure=False)
def nd_json_serialize(file: Value, values: Value) -> bool:
    """ndJsonSerialize(file, s): TRUE; writes each element of the sequence to a line of the file."""
    write_text(file, json_lines(values))
    return True


def json_lines(values: Value) -> str:
    """Each element of a sequence as JSON, on a line of its own."""
    return "".join([f"{to_json(value)}\n" for value in sequence(values)])


def _json(value: Value) -> Any:
    """The value in Python's types for JSON."""
    match value:
        case str() | int():
            return value
        case tuple():
            return [_json(item) for item in value]
        case frozenset():
            return [_json(item) for item in ordered(value)]
        case Function():
            pairs = sorted(items(value), key=lambda pair: order_key(pair[0]))
            return {key if type(key) is str else format_value(key): _json(result) for key, result in pairs}
        case ModelValue():
            return value.name
        case LazySet():
            return _json(finite(value))
        case LazyFunction():
            return _json(strict(value))
    assert value is TRUE or value is FALSE, value
    return value is TRUE


def _written(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


# --- files ----------------------------------------------------------------------------------------------


def path_of(file: Value) -> Path:
    """The path that a model names, from the folder of the run."""
    return current().folder / text(file)


def read_text(file: Value) -> str:
    try:
        return path_of(file).read_text(encoding="utf-8")
    except OSError as error:
        raise TlaError(f"{text(file)}: {error.strerror}, expected a file to read") from None
    except UnicodeDecodeError as error:
        raise TlaError(f"{text(file)}: not UTF-8 (byte {error.start})") from None


def write_text(file: Value, content: str) -> None:
    """Writes the file, and makes the folders above it."""
    path = path_of(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise TlaError(f"{text(file)}: {error.strerror}, expected a file to write") from None
