"""Trace files, in and out: what is written is what is read, one line after the other."""

from __future__ import annotations

import os
import tracemalloc
from itertools import chain, repeat
from pathlib import Path

import pytest

from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import Entry, Event, NodeState
from raftcheck.traces.files import read_trace, write_trace
from raftcheck.traces.validate import Validator

from .runs import run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.ndjson"


@pytest.mark.parametrize("seed", range(5))
def test_a_trace_is_read_as_it_was_written(trace: Path, seed: int) -> None:
    _, events = run(seed)
    write_trace(trace, events)
    assert tuple(event for _, event in read_trace(trace)) == events


def test_one_line_is_one_event(trace: Path) -> None:
    write_trace(trace, [Event(event="Init", server="n1"), Event(event="Timeout", server="n1", sends=())])
    first, second = '{"event":"Init","server":"n1"}', '{"event":"Timeout","server":"n1","sends":[]}'
    assert trace.read_text() == f"{first}\n{second}\n"


INIT = '{"event": "Init", "server": "n1"}\n{"event": "Init", "server": "n2"}\n'


@pytest.mark.parametrize(
    "line",
    [
        '{"server":"n1","event":"Timeout"}',
        ' \t{ "event" : "Timeout" , "server" : "n1" } \r',
        '{"event":"Timeout","server":"n1","timer":null,"sends":null,"state":null}',
        '{"event":"Timeout","server":"n\\u0031","st\\u0061te":{}}',
        '{"event":"Timeout","server":"n1","timer":"a: \\"b\\": \\\\ c\\n"}',
        '{"event":"ClientRequest","server":"n1","value":"{\\"event\\": NaN}"}',
        '{"event":"Timeout","server":"n1","clock":7,"time":"2024-02-29T12:00:00Z"}',
        '{"event":"Timeout","server":"n1","clock":{"n1":1,"n2":0},"time":"2024-02-29T23:59:59.123456+05:30"}',
        '{"event":"Timeout","server":"n1","time":"2024-02-29T12:00:00.123456789-0930"}',
    ],
)
def test_json_is_read_however_it_is_written(trace: Path, line: str) -> None:
    trace.write_text(f"{INIT}{line}\n{line}")
    events = [event for _, event in read_trace(trace)]
    assert events[2:] == [events[2]] * 2
    write_trace(trace, events)
    assert [event for _, event in read_trace(trace)] == events


def test_a_file_is_read_no_further_than_the_line_that_is_asked_for(trace: Path) -> None:
    """So a trace may be longer than memory, and may come out of a pipe."""
    os.mkfifo(trace)
    reader_and_writer = os.open(trace, os.O_RDWR)
    os.write(reader_and_writer, (INIT + '{"event": "Timeout", "server": "n1"}\n').encode())
    lines = read_trace(trace)
    assert [next(lines)[1].event for _ in range(3)] == ["Init", "Init", "Timeout"]
    os.write(reader_and_writer, b'{"event": "Crash", "server": "n1"}\n')
    assert next(lines) == (f"{trace}:4", Event(event="Crash", server="n1"))
    os.close(reader_and_writer)


def test_memory_does_not_grow_with_the_file(trace: Path) -> None:
    state = NodeState(log=tuple(Entry(1, f"v{number}") for number in range(100)))
    line = Event(event="Timeout", server="n1", state=state)
    write_trace(trace, chain([Event(event="Init", server="n1")], repeat(line, 3000)))
    assert trace.stat().st_size > 7_000_000
    tracemalloc.start()
    assert sum(1 for _ in read_trace(trace)) == 3001
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_the_last_line_needs_no_line_break(trace: Path) -> None:
    trace.write_text(INIT.rstrip())
    assert len(list(read_trace(trace))) == 2


def test_nothing_is_read_before_the_first_event_is_asked_for(trace: Path) -> None:
    lines = read_trace(trace)
    write_trace(trace, [Event(event="Init", server="n1")])
    assert next(lines) == (f"{trace}:1", Event(event="Init", server="n1"))


def test_a_name_may_be_any_text(trace: Path) -> None:
    names = ("a b", "\n", "ä", "x'\"\\", "\x1b[31m", "\u2028", "a" * 1000)
    inits = [Event(event="Init", server=name) for name in names]
    write_trace(trace, [*inits, *(Event(event="Timeout", server=name) for name in names)])
    assert [event.server for _, event in read_trace(trace)] == [*names, *names]
    write_trace(trace, [*inits, Event(event="Timeout", server="\n\u2028\x1b")])
    with pytest.raises(TraceError, match=r":8: server: no server `\\n\\u2028\\u001b` has an Init line"):
        list(read_trace(trace))


def test_a_judge_needs_nothing_but_what_is_read(trace: Path) -> None:
    names, events = run(1)
    write_trace(trace, events)
    judge = Validator(names)
    assert [judge.observe(event) for _, event in read_trace(trace)] == [None] * len(events)
