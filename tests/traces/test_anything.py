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

from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import WORLD_EVENTS, Event
from raftcheck.traces.files import read_trace
from raftcheck.traces.verdict import validate_file

from .runs import run
from .strategies import SERVERS, events, servers, texts

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
@settings(max_examples=100)
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


WELL_AIMED = [
    0,
    1,
    2**53,
    2**53 + 1,
    -1,
    "",
    "n1",
    "Leader",
    True,
    "x - at `$.state.log[0]",
    "x - at `$.event.x",
]


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
    other=ANYTHING | st.sampled_from(WELL_AIMED),
)
@settings(max_examples=200)
def test_a_line_with_anything_in_any_place_is_judged_or_refused_in_one_line(
    any_trace: Path,
    seed: int,
    length: int,
    change: Callable[[Any, Any, Any], None],
    random: Random,
    other: Any,
) -> None:
    _, observed = run(seed, 3)
    lines = [json.loads(msgspec.json.encode(event)) for event in observed[: length + 4]]
    holder, key = random.choice(list(places(lines[-1])))
    change(holder, key, other)
    assert judged(any_trace, "".join(json.dumps(line) + "\n" for line in lines).encode()) in VERDICTS


def text_with_key_twice(value: Any, holder: Any, key: Any) -> str:
    """JSON in which one key of one object stands twice, the second time with the same value."""
    if isinstance(value, dict):
        pairs = [(name, text_with_key_twice(inner, holder, key)) for name, inner in value.items()]
        twice = [pair for pair in pairs if value is holder and pair[0] == key]
        return "{" + ",".join(f"{json.dumps(name)}:{inner}" for name, inner in pairs + twice) + "}"
    if isinstance(value, list):
        return "[" + ",".join(text_with_key_twice(inner, holder, key) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@given(event=events, random=st.randoms(use_true_random=False))
def test_a_key_that_stands_twice_is_never_passed_over(any_trace: Path, event: Event, random: Random) -> None:
    line = json.loads(msgspec.json.encode(event))
    holder, key = random.choice([place for place in places(line) if isinstance(place[0], dict)])
    any_trace.write_bytes(INIT_OF_THREE + text_with_key_twice(line, holder, key).encode())
    with pytest.raises(TraceError, match=f":4: the key `{key}` stands twice in one object; expected it once"):
        list(read_trace(any_trace))
