"""Whatever stands in a file, there is a verdict on it, or one line that says why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raftcheck.traces import files
from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import WORLD_EVENTS, Event
from raftcheck.traces.verdict import validate_file

from .runs import run
from .strategies import SERVERS, servers, texts

VERDICTS = ("accepted", "refused", "vacuous", "bad input")


def judged(trace: Path, content: bytes) -> str:
    """What comes of a file; anything but a verdict or one line about bad input is a mistake of ours."""
    trace.write_bytes(content)
    try:
        found = validate_file(trace)
    except TraceError as error:
        return "bad input" if str(error).isprintable() else f"not one line: {error}"
    if found.refusal is not None:
        said = found.refusal.report()
        return "refused" if said.startswith(f"line {found.lines}: ") else f"not the line: {said}"
    return "vacuous" if found.vacuous else "accepted"


@pytest.fixture(scope="module")
def any_trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "trace.ndjson"


@given(content=st.binary() | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode))
def test_any_bytes_are_judged_or_refused_in_one_line(any_trace: Path, content: bytes) -> None:
    assert judged(any_trace, content) == "bad input"


@given(data=st.data())
@settings(max_examples=150)
def test_any_bytes_in_a_good_trace_are_judged_or_refused_in_one_line(
    any_trace: Path, data: st.DataObject
) -> None:
    good = INIT_OF_THREE + b"\n".join(map(msgspec.json.encode, run(0, 3)[1][3:20]))
    place = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 20))
    middle = data.draw(
        st.binary(max_size=8) | st.sampled_from([b'"', b"}", b"\n", b",", b"-", b"e9", b"null"])
    )
    assert judged(any_trace, good[:place] + middle + good[place + cut :]) in VERDICTS


INIT_OF_THREE = b"".join(msgspec.json.encode(Event(event="Init", server=name)) + b"\n" for name in SERVERS)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | servers | st.sampled_from(WORLD_EVENTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list inside a JSON value, with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def replaced(holder: Any, key: Any, other: Any) -> None:
    holder[key] = other


def removed(holder: Any, key: Any, other: Any) -> None:
    del holder[key]


def renamed(holder: Any, key: Any, other: Any) -> None:
    if isinstance(holder, dict):
        holder[str(other)] = holder.pop(key)


def moved(holder: Any, key: Any, other: Any) -> None:
    """Two neighbours change places: an event with the fields of another."""
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    holder[key], holder[keys[0]] = holder[keys[0]], holder[key]


@given(
    seed=st.integers(0, 3),
    length=st.integers(0, 60),
    change=st.sampled_from([replaced, removed, renamed, moved]),
    random=st.randoms(use_true_random=False),
    other=ANYTHING | st.sampled_from([0, 1, 2**53, 2**53 + 1, -1, "", "n1", "Leader", True]),
)
@settings(max_examples=300)
def test_a_line_with_anything_in_any_place_is_judged_or_refused_in_one_line(
    any_trace: Path,
    seed: int,
    length: int,
    change: Callable[[Any, Any, Any], None],
    random: Random,
    other: Any,
) -> None:
    _, events = run(seed, 3)
    lines = [json.loads(msgspec.json.encode(event)) for event in events[: length + 4]]
    holder, key = random.choice(list(places(lines[-1])))
    change(holder, key, other)
    assert judged(any_trace, "".join(json.dumps(line) + "\n" for line in lines).encode()) in VERDICTS


@given(line=ANYTHING)
def test_what_is_read_quickly_is_what_is_read_carefully(line: Any) -> None:
    """The decoder and Python's parser must agree on what an event is, or a key could be passed over."""
    raw = json.dumps(line).encode()
    try:
        event = files._event(raw, "here")
    except TraceError:
        return
    assert event == msgspec.convert(json.loads(raw), Event)
