"""Behaviors out of files, whoever wrote them; which form a file has is told by its content.

TLC    its output on the terminal, with the markers of -tool or without, whole or as -difftrace has it; the
       files of -simulate file=...; the files of -dumpTrace json and -dumpTrace tla
ITF    of Apalache, Quint and raftcheck
here   the text and the TLA+ module of `raftcheck model --format`

Only conversion: nothing here knows what the variables mean. What is read is bounded, in bytes, states and
depth of nesting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .behaviors import Behavior, from_itf, parse_state
from .errors import TlaError
from .notation import parse_value
from .values import FALSE, TRUE, Function, Value, format_value, function

MOST_BYTES = 16 * 2**20
"""Of a file: a counterexample of a thousand states, each of the size of a page, is a fifth of it."""

MOST_TEXT = 2 * 2**20
"""Characters of a state or a definition, which are parsed at once, with two hundred times as much memory."""

MOST_STATES = 10_000

DEEPEST = 200
"""Brackets within brackets; the states of public specifications have no more than ten."""

EXPECTED = (
    "expected a behavior: TLC's output, a file of its -simulate or -dumpTrace, ITF, a `raftcheck model`"
)


def read_bytes(path: Path) -> bytes:
    """The file, if it is one of a size that can be read."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TlaError(f"{path}: cannot be read ({reason}); expected a file") from None
    if len(content) > MOST_BYTES:
        raise TlaError(f"{path}: more than {MOST_BYTES:,} bytes; {EXPECTED}")
    return content


def behavior_of(content: bytes, file: str) -> Behavior:
    """The behavior that a file has in it; of several (TLC's -continue), the first."""
    if not content.strip():
        raise TlaError(f"{file}: the file is empty; {EXPECTED}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TlaError(f"{file}: byte {error.start} is not UTF-8; {EXPECTED}") from None
    try:
        if text.lstrip()[:1] == "{":
            return _from_json(text, file)
        module = _DEFINITION.search(text)
        found = _from_module(text, module, file) if module is not None else _from_frames(text, file)
    except RecursionError:
        raise TlaError(f"{file}: nested too deeply; {EXPECTED}") from None
    except ValueError:  # of Python, which does not convert them
        raise TlaError(f"{file}: a number of thousands of digits; {EXPECTED}") from None
    return found


def _no_more(states: int, file: str) -> None:
    if states > MOST_STATES:
        raise TlaError(f"{file}: more than {MOST_STATES:,} states; expected a shorter behavior")


def _check_value(text: str, file: str) -> None:
    """TlaError for what would take too much to parse."""
    if len(text) > MOST_TEXT:
        raise TlaError(f"{file}: a state or definition of more than {MOST_TEXT:,} characters; {EXPECTED}")
    depth = 0
    for bracket in re.finditer(r'"(?:[^"\\\n]|\\.)*"|<<|>>|[\[({]|[\])}]', text):
        if bracket[0] in ("<<", "[", "(", "{"):
            depth += 1
            if depth > DEEPEST:
                raise TlaError(f"{file}: more than {DEEPEST} brackets within brackets; {EXPECTED}")
        elif bracket[0][0] != '"':
            depth -= 1


# --- text: a head for each state, and below it the values of the variables ----------------------------------

_HEAD = re.compile(
    r"""
      (?:State\ )?(?P<number>\d+):\ (?P<said><.*>|Stuttering|Back\ to\ state.*)  # TLC
    | STATE_(?P<file>\d+)\ ==\s*                                                 # TLC's -simulate file=...
    | (?P<back>Back\ to\ state\ \d+)\b.*                                         # TLC
    | \ {0,2}(?P<ours>\d+)\ \ (?P<step>\S.*)                                     # raftcheck model
    | \ {5}(?P<end>stuttering|back\ to\ state\ \d+)                              # raftcheck model
    | Error:.*\ by\ the\ (?P<first>initial)\ state:                              # TLC
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r"\\\* (?P<said><.*>)\s*")
_PLACE = re.compile(r"<(?P<label>.*?)(?: line \d+, col \d+ to line \d+, col \d+ of module \w+)?>")
_BEGINS = re.compile(r"\s*(/\\\s*)?\w+ = |\s*/\\\s*\w+ =$")


@dataclass(slots=True)
class _Frame:
    """A state as it stands in a text: the line that it begins in, its label, the lines of its values."""

    line: int
    label: str
    lines: list[str] = field(default_factory=list)


def _from_frames(text: str, file: str) -> Behavior:
    frames, loop = _frames(text)
    if not frames:
        raise TlaError(f"{file}: there is no state of a behavior in it; {EXPECTED}")
    _no_more(len(frames), file)
    values: dict[str, Value] = {}
    states = []
    for frame in frames:
        body = "\n".join(frame.lines)
        _check_value(body, file)
        # What did not change may have been left out.
        values = values | (parse_state(body, f"{file}, state at line {frame.line}") if body.strip() else {})
        states.append(values)
    names = tuple(states[0])
    if any(state.keys() != states[0].keys() for state in states) or not names:
        raise TlaError(f"{file}: the first state does not have all variables; {EXPECTED}")
    return Behavior(
        variables=names,
        states=tuple(tuple(state[name] for name in names) for state in states),
        labels=tuple(frame.label for frame in frames),
        loop=None if loop is None or loop >= len(states) else loop,
    )


def _frames(text: str) -> tuple[list[_Frame], int | None]:
    """The states of the first behavior in a text, and where it goes back to."""
    frames: list[_Frame] = []
    loop: int | None = None
    open_frame = False
    said = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.fullmatch(line.rstrip())
        if head is not None:
            comment, said = said, ""
            end = (
                head["back"]
                or head["end"]
                or (head["said"] if head["said"] and head["said"][0] != "<" else None)
            )
            if end is not None:
                if frames and loop is None:
                    loop = _goes_back(end, head["number"], len(frames))
                open_frame = False
                continue
            place = head["number"] or head["file"] or head["ours"] or "1"
            if int(place[:9]) != len(frames) + 1:
                if place == "1" and frames and frames[0].lines:
                    return frames, loop
                open_frame = False
                continue
            frames.append(_Frame(number, _label(head["said"] or comment, head["step"])))
            open_frame = True
        elif _COMMENT.fullmatch(line):
            said = line[3:].strip()
            open_frame = False
        elif open_frame and frames:
            lines = frames[-1].lines
            if line.strip() == "nothing changes" or not line.strip() or line.startswith(("@!@!@", "====")):
                open_frame = False
            elif lines or _BEGINS.match(line):
                lines.append(line)
            else:
                # A line with a number, and no state below it: of a table, say.
                frames.pop()
                open_frame = False
    while frames and not frames[0].lines:
        frames.pop(0)
    return frames, loop


def _goes_back(end: str, number: str | None, count: int) -> int:
    """The index of the state that follows the last one."""
    if end.lower() == "stuttering":
        return count - 1
    named = re.search(r"\d+", end) if number is None or "state:" not in end else None
    return int((named[0] if named is not None else number or "1")[:9]) - 1


def _label(said: str | None, step: str | None) -> str:
    if step is not None:
        return "" if step in ("initial state", "a step of Next") else step
    found = _PLACE.fullmatch(said or "")
    label = found["label"] if found is not None else ""
    return "" if label in ("Initial predicate", "Action", "Init") else label


# --- TLA+ modules -------------------------------------------------------------------------------------------

_DEFINITION = re.compile(r"^(?P<name>CounterExample|Behavior_*) *==\s", re.MULTILINE)
_NEXT_UNIT = re.compile(r"^(?:\w+ *==|={4,}|-{4,})", re.MULTILINE)


def _from_module(text: str, found: re.Match[str], file: str) -> Behavior:
    """The definition `CounterExample` of TLC, or `Behavior` of raftcheck with its `Actions`."""
    value = _defined(text, found, file)
    if found["name"] == "CounterExample":
        return _from_counterexample(_plain_record(value), file)
    suffix = found["name"].removeprefix("Behavior")
    actions = re.search(rf"^Actions{suffix} *==\s", text, re.MULTILINE)
    labels = _defined(text, actions, file) if actions is not None else ()
    states = value if isinstance(value, tuple) else ()
    return _of_records(states, labels if isinstance(labels, tuple) else (), file)


def _defined(text: str, found: re.Match[str], file: str) -> Value:
    following = _NEXT_UNIT.search(text, found.end())
    body = text[found.end() : following.start() if following is not None else len(text)]
    _check_value(body, file)
    line = text.count("\n", 0, found.end()) + 1
    return parse_value(body, f"{file}, definition at line {line}")


def _plain_record(value: Value) -> Mapping[str, Any]:
    return {str(name): part for name, part in value.items()} if isinstance(value, Function) else {}


def _from_counterexample(record: Mapping[str, Any], file: str) -> Behavior:
    """Of <<number, state>> and <<<<number, state>>, action, <<number, state>>>>, in sets or in lists."""
    numbered: dict[int, Value] = {}
    labels: dict[int, str] = {}
    for pair in record.get("state", ()):
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], int):
            numbered[pair[0]] = pair[1]
    for step in record.get("action", ()):
        match step:
            case (_, Function() as action, (int() as number, _)):
                labels[number] = _called(_plain_record(action))
    numbers = range(1, len(numbered) + 1)
    if set(numbers) != set(numbered):
        raise TlaError(f"{file}: the states are not numbered from 1 on; {EXPECTED}")
    return _of_records(
        tuple(numbered[number] for number in numbers),
        tuple(labels.get(number, "") for number in numbers),
        file,
    )


def _called(action: Mapping[str, Any]) -> str:
    """`Timeout("n1")`, of an action with its name, its parameters, and their values."""
    context, parameters = action.get("context", ()), action.get("parameters", ())
    known = _plain_record(context)
    arguments = [format_value(known[name]) for name in parameters if name in known]
    name = str(action.get("name", ""))
    return f"{name}({', '.join(arguments)})" if arguments else name


def _of_records(states: tuple[Value, ...], labels: tuple[Value, ...], file: str) -> Behavior:
    records = [_plain_record(state) for state in states]
    if not records or not records[0] or any(record.keys() != records[0].keys() for record in records):
        raise TlaError(f"{file}: no states with the same variables; {EXPECTED}")
    _no_more(len(records), file)
    names = tuple(records[0])
    told = [str(label) for label in labels] if len(labels) == len(records) else [""] * len(records)
    return Behavior(names, tuple(tuple(record[name] for name in names) for record in records), tuple(told))


# --- JSON ---------------------------------------------------------------------------------------------------


def _from_json(text: str, file: str) -> Behavior:
    """ITF, or what TLC dumps; that has lists for sets, and the text of a value where JSON wants a name."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = (
            f"line {error.lineno}, column {error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
        )
        raise TlaError(f"{file}: {where}not JSON that can be read; {EXPECTED}") from None
    found = data.get("counterexample", data)
    if isinstance(found, dict) and isinstance(found.get("state"), list):
        value = _ValueOfJson(file).value(found)
        return _from_counterexample(_plain_record(value), file)
    if not isinstance(data.get("states"), list):
        raise TlaError(f"{file}: an object with the keys {_listed(data)}; {EXPECTED}")
    _no_more(len(data["states"]), file)
    return from_itf(data, file)


def _listed(names: Mapping[str, Any]) -> str:
    shown = ", ".join(sorted(names)[:5])
    return (shown if len(shown) <= 60 else shown[:57] + "...") or "(none)"


class _ValueOfJson:
    """Values out of TLC's JSON."""

    def __init__(self, file: str) -> None:
        self.file = file

    def value(self, seen: Any) -> Value:
        match seen:
            case bool():
                return TRUE if seen else FALSE
            case int() | str():
                return seen
            case list():
                return tuple(map(self.value, seen))
            case dict():
                return function({self.argument(name): self.value(part) for name, part in seen.items()})
        raise TlaError(f"{self.file}: saw {json.dumps(seen)[:60]}, expected a value of TLA+")

    def argument(self, name: str) -> Value:
        """A record that a function has as its argument is written as TLA+, in a string."""
        if not name.startswith(("[", "<<", "{", "(")):
            return name
        _check_value(name, self.file)
        return parse_value(name, self.file)
