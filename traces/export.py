"""A trace as a TLA+ module, for the second opinion of TLC: with raft.tla and Traceraft.tla as they stand.

Nothing is decided here: the module has the lines as a constant, and takes Traceraft's steps from one to the
next. What it says of itself, and how it is run, is written into it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from raftcheck.spec.model import FOLDER, Liberty, trace_config
from raftcheck.tla.values import Function, Value, format_value, function

from .encoding import line
from .errors import TraceError
from .wellformed import Line

MODULE = "Checktrace"

MOST_LINES = 10_000
"""TLC numbers the states of a behavior up to 65,535, and a line may be half a dozen of them."""

MOST_CHARACTERS = 32 * 2**20
"""Of all lines, so that neither the file nor the memory of who reads it is without bound."""

LARGEST = 2**31 - 1
"""The largest integer of TLC."""

PLAIN = "".join(sorted(set(string.punctuation) - set('"\\%()*'))) + " "
"""What else than letters and digits needs no care: not in a string, not in a comment."""

RESERVED = re.compile(r"[A-Z_]+|[WS]F_.*")
"""What a reserved word of TLA+ looks like, which cannot be the name of a field."""


def export(folder: Path, lines: Iterable[Line], name: str, liberties: Collection[Liberty] = ()) -> Path:
    """Writes the modules and the configuration; the module to run. `name` is what the trace is called.

    TraceError for a trace that TLC cannot hold, or a folder with modules of others; OSError
    where the files cannot be written.
    """
    _refuse_others(folder)
    servers: list[str] = []
    records: list[str] = []
    room = MOST_CHARACTERS
    for place, event in lines:
        record = format_value(_for_tlc(line(event), place))
        room -= len(record)
        if len(records) == MOST_LINES or room < 0:
            bound = f"at most {MOST_LINES:,} lines and {MOST_CHARACTERS:,} characters of TLA+ for TLC"
            fewer = f"--lines {len(records)} takes those before"
            raise TraceError(f"{place}: a line too many; expected {bound} ({fewer})")
        if event.event == "Init":
            servers.append(event.server)
        records.append(record)
    module = _MODULE_TEXT.format(
        module=MODULE, name=text_for_tlc(name), count=f"{len(records):,}", records=",\n    ".join(records)
    )
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("raft.tla", "Traceraft.tla"):
        (folder / part).write_bytes((FOLDER / part).read_bytes())
    (folder / f"{MODULE}.cfg").write_text(_config(servers, liberties), encoding="ascii")
    path = folder / f"{MODULE}.tla"
    path.write_text(module, encoding="ascii")
    return path


def _refuse_others(folder: Path) -> None:
    """TraceError where a file stands there that would be lost, as it is not one of ours."""
    ours = {part: (FOLDER / part).read_bytes() for part in ("raft.tla", "Traceraft.tla")}
    for name in (*ours, f"{MODULE}.tla", f"{MODULE}.cfg"):
        path = folder / name
        if not path.is_file():
            continue
        text = path.read_bytes()
        if text != ours[name] if name in ours else not any(sign in text for sign in _SIGNS):
            raise TraceError(f"{path}: another text than of an export stands there; expected another folder")


def text_for_tlc(text: str) -> str:
    """Another text for each text, of characters that every version of TLC can read in a module.

    A percent sign begins what stands for another character, as in an address of the web.
    """
    if RESERVED.fullmatch(text):
        return f"%{ord(text[0]):02X}{text[1:]}"
    return quote(text, safe=PLAIN)


def _for_tlc(value: Value, place: str) -> Value:
    """The value with texts and numbers that TLC has; TraceError where there is none."""
    match value:
        case str():
            return text_for_tlc(value)
        case int():
            if value > LARGEST:
                raise TraceError(f"{place}: seen {value}; expected at most {LARGEST}, TLC's largest integer")
            return value
        case tuple():
            return tuple([_for_tlc(item, place) for item in value])
        case frozenset():
            return frozenset([_for_tlc(item, place) for item in value])
        case Function():
            return function({text_for_tlc(str(key)): _for_tlc(item, place) for key, item in value.items()})
    return value


def _config(servers: Sequence[str], liberties: Collection[Liberty]) -> str:
    """The configuration of Traceraft, with the module's own way from line to line."""
    config = trace_config(tuple(servers), frozenset(liberties))
    own = ["INIT CheckInit", "NEXT CheckNext", "INVARIANT Refused", "CONSTANTS"]
    constants = [
        f"    {name} = {format_value(_for_tlc(value, name))}" for name, value in config.constants.items()
    ]
    overrides = [f"    {name} <- {other.name}" for name, other in config.overrides.items()]
    return "\n".join([*own, *constants, *overrides, ""])


_SIGNS = (
    b"as a constant, to be held against raft.tla by Traceraft.tla:",
    b"INIT CheckInit\nNEXT CheckNext\n",
)
"""What stands in our module, and in our configuration."""

_MODULE_TEXT = """\
----------------------------- MODULE {module} -----------------------------
\\* The trace {name}
\\* ({count} lines) as a constant, to be held against raft.tla by Traceraft.tla:
\\*
\\*     java -cp tla2tools.jar tlc2.TLC -deadlock {module}.tla
\\*
\\* or `raftcheck model {module}.tla --no-deadlock`. What the answer means:
\\*
\\* - "Invariant Refused is violated": raft.tla ACCEPTS the trace. The behavior that
\\*   follows is one of raft.tla, and explains every line.
\\* - "No error has been found": the trace is refused, at the line after the last
\\*   that is printed as <<"explained", line>> (at line 1 if none is).
\\* - Any other error: no answer.
\\*
\\* With -deadlock TLC does not take the end of the trace for a deadlock. Characters
\\* of names and values that TLC may not read (quotes, controls, all beyond ASCII)
\\* are percent-encoded; different texts stay different.
EXTENDS Traceraft, TLC

VARIABLE
    \\* How many lines were begun: the last of them is being explained, or is so already.
    begun

Trace == <<
    {records}
>>

ASSUME TLCSet(1, 0)

CheckInit == TraceInit /\\ begun = 0

NextLine ==
    /\\ begun < Len(Trace)
    /\\ Begin(Trace[begun + 1])
    /\\ begun' = begun + 1

NextStep == TraceNext /\\ UNCHANGED begun

CheckNext == NextLine \\/ NextStep

\\* Says of each line, once, that it is explained.
Progress ==
    (Explained /\\ begun > TLCGet(1)) => TLCSet(1, begun) /\\ PrintT(<<"explained", begun>>)

\\* No steps of raft.tla explain the trace to its end.
Refused == Progress /\\ ~(Explained /\\ begun = Len(Trace))
=============================================================================
"""
