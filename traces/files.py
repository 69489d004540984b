"""Trace files: one JSON object a line (ndjson, FORMAT.md), in and out.

A file is read line by line, so that it may be as long as it likes. What cannot be judged ends the reading
with a TraceError; it is never repaired, skipped or guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, get_args
from urllib.parse import quote

import msgspec

from raftcheck.tla.errors import did_you_mean

from .errors import TraceError, cut, plain
from .events import Entry, Event, Message, NodeState, Role
from .wellformed import Line, well_formed

MOST_BYTES = 16 * 2**20
"""The longest line, so that memory is bounded: a state with a log of some 400,000 entries."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


@contextmanager
def trace_file(path: str | Path) -> Iterator[Callable[[Event], None]]:
    """A file to which events are written, one a line, while inside; OSError where that is not possible."""
    with open(path, "wb") as file:

        def write(event: Event) -> None:
            file.write(_encoder.encode(event) + b"\n")

        yield write


@contextmanager
def replaced_trace(path: Path) -> Iterator[Callable[[Event], None]]:
    """As trace_file; what stands there is replaced only if all goes well."""
    part = path.with_name(path.name + ".part")
    try:
        with trace_file(part) as write:
            yield write
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def node_files(path: str | Path) -> Iterator[Callable[[Event], None]]:
    """A file for each server, to which events are written while inside: run.n1.ndjson for run.ndjson."""
    path = Path(path)
    with ExitStack() as stack:

        @cache
        def writer(server: str) -> Callable[[Event], None]:
            name = f"{path.stem}.{quote(server, safe='')}{path.suffix}"
            return stack.enter_context(trace_file(path.with_name(name)))

        yield lambda event: writer(event.server)(event)


def write_trace(path: str | Path, events: Iterable[Event]) -> None:
    """Writes the events to a file, one a line; OSError where that is not possible."""
    with trace_file(path) as write:
        for event in events:
            write(event)


def read_trace(path: str | Path) -> Iterator[Line]:
    """The lines of a trace, one by one, beginning with the Init of each server.

    Each is well-formed (wellformed.py); TraceError names the first that is not.
    """
    return well_formed(read_lines(path))


def read_lines(path: str | Path, passed: Callable[[int], object] = lambda size: None) -> Iterator[Line]:
    """The lines of a file, each an event by itself; TraceError names the first that is none.

    `passed` is told of each line how many bytes it has.
    """
    for place, raw in raw_lines(path):
        yield place, _event(raw, place)
        passed(len(raw))


def raw_lines(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a file, which is not empty, each with its place; TraceError where one is too long."""
    try:
        with open(path, "rb") as file:
            yield from _numbered(file, str(path))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TraceError(f"{path}: cannot be read ({reason}); expected a trace file") from None


def _numbered(file: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    number = 0
    while raw := file.readline(MOST_BYTES + 1):
        number += 1
        place = f"{name}:{number}"
        if len(raw) > MOST_BYTES:
            raise TraceError(f"{place}: a line of more than {MOST_BYTES:,} bytes; expected one event a line")
        yield place, raw
    if number == 0:
        raise TraceError(f"{name}: the file is empty; expected a trace, one event a line")


def _event(raw: bytes, place: str) -> Event:
    try:
        event = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _complain(_parsed(raw, place), place, error)
    # Of two equal keys the decoder takes the last. Without escapes, each key of the line costs one colon
    # there, and one in what is written of the event; so equal numbers mean that none was passed over, but
    # where there is a time, which may be written with more colons than it had.
    if b"\\" in raw or event.time is not None or raw.count(b":") != _encoder.encode(event).count(b":"):
        _parsed(raw, place)
    return event


# --- not JSON -----------------------------------------------------------------------------------------------


class _NotStrict(ValueError):
    """What Python's parser lets pass although it is no JSON, or none that means the same to everybody."""


def _parsed(raw: bytes, place: str) -> Any:
    """The line as plain JSON; TraceError, with the column where there is one, if it is none."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode()) + 1
        byte = f"byte 0x{raw[error.start]:02x}"
        raise TraceError(f"{place}:{column}: {byte} is not UTF-8; expected an event in JSON") from None
    line = text.rstrip("\r\n")
    if not line.strip():
        raise TraceError(f"{place}: an empty line; expected an event")
    try:
        data = json.loads(line, object_pairs_hook=_object, parse_constant=_constant)
        json.dumps(data, ensure_ascii=False).encode()
        return data
    except json.JSONDecodeError as error:
        if text == line:
            found = f"{place}:{len(line) + 1}: the file ends in the midst of this line"
            raise TraceError(f"{found}; expected a whole event and a line break") from None
        raise TraceError(f"{place}:{error.colno}: not JSON ({error.msg}); expected an event") from None
    except RecursionError:
        raise TraceError(f"{place}: nested too deeply; expected an event") from None
    except UnicodeEncodeError as error:
        found = plain(error.object[error.start : error.end])
        raise TraceError(f"{place}: `{found}` is half a character; expected Unicode text") from None
    except _NotStrict as error:
        raise TraceError(f"{place}: {error}") from None
    except ValueError:  # Python refuses to convert integers of thousands of digits
        raise TraceError(f"{place}: a number of thousands of digits; expected an event") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotStrict(f"the key `{plain(twice)}` stands twice in one object; expected it once")
    return found


def _constant(name: str) -> NoReturn:
    raise _NotStrict(f"{name} is not JSON; expected an integer from 0 on")


# --- not an event -------------------------------------------------------------------------------------------

_STRUCTS = {"": Event, "state": NodeState, "log": Entry, "entries": Entry}
"""What stands at a path, by its last name; a message says itself what it is."""
_MESSAGES = {kind.__name__: kind for kind in get_args(Message)}


def _complain(data: Any, place: str, error: Exception) -> NoReturn:
    """What the decoder could not take, in words: where in the line, what was seen, what was expected."""
    found = re.fullmatch(r"(.*?)(?: - at `\$([\w.\[\]]*)`)?", str(error), re.DOTALL)
    assert found, error
    problem, path = found[1], (found[2] or "").lstrip(".")
    try:
        seen = _value_at(data, path)
        said = _name_problem(problem, path, seen) or _type_problem(problem, seen)
    except (LookupError, TypeError):  # the path leads nowhere, since it was a part of a strange name
        path, said = "", _type_problem(problem, data)
    raise TraceError(f"{place}: {path}: {said}" if path else f"{place}: {said}")


def _name_problem(problem: str, path: str, seen: Any) -> str | None:
    """What is wrong with a name out of a list: of a field, a kind of message, a role."""
    if problem.startswith("Object contains unknown field"):
        fields = _fields_at(path, seen)
        strange = next((name for name in seen if name not in fields), None)
        return strange and f"no field `{plain(strange)}`{_expected(strange, fields)}"
    if problem.startswith("Object missing required field"):
        beside = ", ".join(map(plain, seen)) or "nothing else"
        return f"no field {problem.split()[-1]}; expected it beside {beside}"
    if problem.startswith("Invalid value") and path.endswith("type"):
        return f"no message `{plain(seen)}`{_expected(seen, tuple(_MESSAGES))}"
    if problem.startswith("Invalid enum value"):
        return f"no role `{plain(seen)}`{_expected(seen, get_args(Role))}"
    return None


def _type_problem(problem: str, seen: Any) -> str:
    return f"seen {cut(json.dumps(seen))}; {problem[:1].lower()}{cut(json.dumps(problem[1:])[1:-1])}"


def _expected(name: str, choices: tuple[str, ...]) -> str:
    return did_you_mean(name, choices) or f"; expected one of {', '.join(choices)}"


def _fields_at(path: str, seen: dict[str, Any]) -> tuple[str, ...]:
    """The fields of the object at a path such as `sends[0].entries[2]`."""
    name = path.rpartition(".")[2].partition("[")[0]
    if name in _STRUCTS:
        return _STRUCTS[name].__struct_fields__
    return ("type", *_MESSAGES[seen["type"]].__struct_fields__)


def _value_at(value: Any, path: str) -> Any:
    """What stands at a path such as `sends[0].entries[2].term`; `[...]` is somewhere in an object."""
    for step in re.findall(r"\w+|\[\d+\]", path):
        value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    return value
