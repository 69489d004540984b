"""A trace as a TLA+ module: TLC, and the model checker here, say what the judge says, at the same line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace as with_fields
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from raftcheck.tla.checker import check
from raftcheck.tla.config import load_config
from raftcheck.tla.model import Model
from raftcheck.tla.modules import load
from raftcheck.tla.run import current, running
from raftcheck.tla.tlc import Tlc
from raftcheck.traces import export as exporting
from raftcheck.traces import validate
from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import Event, NodeState
from raftcheck.traces.export import MODULE, export, text_for_tlc
from raftcheck.traces.validate import Validator

from ..tla.differential_tlc import Machine, needs_machine
from ..tla.tlc import needs_tlc
from .corruption import changes
from .hiding import HIDDEN, hidden
from .runs import run

Trace = Sequence[Event]

STRANGE = ("IN", 'quo"te', "back\\slash", "new\nline", "\x00\x1b[31m", "WF_x", "(* *)", "ключ", "----", "%22")
"""Names that need care: in strings, in comments, as names of fields."""


def exported(folder: Path, events: Trace) -> Path:
    return export(folder, ((f"trace:{number}", event) for number, event in enumerate(events, 1)), "trace")


@pytest.fixture(scope="module", autouse=True)
def unexplained() -> Iterator[None]:
    """A judge that does not say why: that takes longer than the verdict."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validate, "explain", lambda *_: "refused")
        yield


def judged(events: Trace) -> int | None:
    """The line that the judge refuses."""
    judge = Validator([event.server for event in events if event.event == "Init"])
    for number, event in enumerate(events, 1):
        if judge.observe(event) is not None:
            return number
    return None


def read_off(printed: Iterable[str], violated: bool, events: Trace) -> int | None:
    """The line that is refused, as the module says that it is to be found."""
    found = re.findall(r'(?m)^<<"explained", (\d+)>>$', "\n".join(printed))
    explained = max(map(int, found), default=0)
    assert violated == (explained == len(events))
    return None if violated else explained + 1


def here(folder: Path, events: Trace) -> int | None:
    """The line that the model checker of TLA+ here refuses."""
    path = exported(folder, events)
    config = with_fields(load_config(path.with_suffix(".cfg")), check_deadlock=False)
    printed: list[str] = []
    with running(with_fields(current(), registers={}, output=printed.append)):
        result = check(Model(load(path), config))
    assert result.violation is None or result.violation.name == "Refused", result.violation
    return read_off(printed, result.violation is not None, events)


def renamed(events: Trace) -> Trace:
    """The same, with strange names for servers and commands."""
    names = dict(zip(("n1", "n2", "n3", "v1", "v2", "v3", "v4", "v5", "v6"), STRANGE, strict=False))

    def other(value: Any) -> Any:
        match value:
            case str():
                return names.get(value, value)
            case list() | tuple():
                return [other(item) for item in value]
            case dict():
                return {other(key): other(item) for key, item in value.items()}
        return value

    return msgspec.convert(other(msgspec.to_builtins(events)), tuple[Event, ...])


def corrupted(seed: int, count: int, most: int | None) -> list[Trace]:
    """Traces that are right but for one field of one line, and end a few lines after it."""
    random = Random(seed)
    servers, events = run(seed, 3)
    events = events[:most]
    found: list[Trace] = []
    while len(found) < count:
        place = random.randrange(3, len(events))
        choices = list(changes(events[place], servers))
        if choices:
            found.append((*events[:place], random.choice(choices).line, *events[place + 1 : place + 3]))
    return found


def traces(seeds: Iterable[int], of_each: int, most: int | None = None) -> Iterator[Trace]:
    """Right and wrong ones, of at most so many lines."""
    for seed in seeds:
        _, events = run(seed, 3)
        yield events[:most]
        yield renamed(events[:most])
        yield from corrupted(seed, of_each, most)


def agree(machine: Machine, folder: Path, asked: Sequence[Trace]) -> list[int | None]:
    """What all three say of each trace."""
    lines = []
    for events in asked:
        path = exported(folder, events)
        machine.ask("search", MODULE, path.read_text(), path.with_suffix(".cfg").read_text())
        line = judged(events)
        assert here(folder / "here", events) == line
        printed = machine.answer()
        violated = "Error: Invariant Refused is violated." in printed
        assert violated or "No error has been found." in printed, printed
        assert read_off([printed], violated, events) == line
        lines.append(line)
    return lines


@needs_machine
def test_tlc_and_the_model_checker_here_agree_with_the_judge(tmp_path: Path) -> None:
    with Machine(tmp_path) as machine:
        lines = agree(machine, tmp_path, list(traces((1,), 5, most=60)))
    assert lines.count(None) >= 2
    assert len(set(lines)) >= 4


@needs_machine
@pytest.mark.deep
def test_tlc_and_the_model_checker_here_agree_with_the_judge_on_many_traces(tmp_path: Path) -> None:
    with Machine(tmp_path) as machine:
        lines = agree(machine, tmp_path, list(traces(range(12), 10)))
    assert lines.count(None) >= 24
    assert len(set(lines)) > 40


@needs_machine
@pytest.mark.deep
@pytest.mark.parametrize("what", HIDDEN)
def test_they_agree_on_traces_that_do_not_show_everything(tmp_path: Path, what: str) -> None:
    asked = [hidden(HIDDEN[what], events) for events in traces((1, 2), 4, most=40)]
    with Machine(tmp_path) as machine:
        assert agree(machine, tmp_path, asked).count(None) >= 4


@needs_tlc
@pytest.mark.parametrize("wrong", [False, True])
def test_the_module_says_how_to_ask_tlc(tmp_path: Path, wrong: bool) -> None:
    events = run(1, 3)[1][:40]
    if wrong:
        seen = events[20].state
        assert seen is not None
        assert seen.current_term is not None
        state = replace(seen, current_term=seen.current_term + 1)
        events = (*events[:20], replace(events[20], state=state), *events[21:])
    path = exported(tmp_path, events)
    (command,) = re.findall(r"(?m)^\\\*  +(java .*)$", path.read_text())
    tlc = Tlc.find()
    words = [tlc.jar if word == "tla2tools.jar" else word for word in command.split()]
    printed = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert read_off([printed], "Invariant Refused is violated" in printed, events) == judged(events)
    assert ("No error has been found" in printed) == wrong


@given(st.text(), st.text())
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert unquote(text_for_tlc(one)) == one
    assert (text_for_tlc(one) == text_for_tlc(other)) == (one == other)
    assert not set(text_for_tlc(one)) & set('"\\()*\n')


@pytest.mark.parametrize(
    ("bound", "value", "message"),
    [
        ("MOST_LINES", 10, "trace:11: a line too many; expected at most 10 lines and "),
        ("MOST_CHARACTERS", 1000, "trace:5: a line too many; expected at most "),
    ],
)
def test_what_is_too_much_for_tlc_is_refused_in_one_line(
    bound: str, value: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, bound, value)
    with pytest.raises(TraceError, match=f"^{message}") as error:
        exported(tmp_path / "new", run(1, 3)[1])
    assert "\n" not in str(error.value)
    assert not (tmp_path / "new").exists()


def test_a_number_that_tlc_has_not_is_refused(tmp_path: Path) -> None:
    line = Event(event="Init", server="n1", state=NodeState(current_term=2**31))
    with pytest.raises(TraceError, match="seen 2147483648; expected at most 2147483647"):
        exported(tmp_path, [line])
