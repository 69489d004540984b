"""Sixty lines with one field changed, of all kinds of lines and fields: each is refused where it stands, with
that field in the smallest set of fields to ignore, or allowed by the spec as well, which TLC confirms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from raftcheck.traces.diagnosis import LOOKED_AHEAD, diagnosed
from raftcheck.traces.encoding import RECORD_FIELDS, STATE_FIELDS
from raftcheck.traces.events import WORLD_EVENTS, Event
from raftcheck.traces.export import MODULE, export
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator

from ..tla.differential_tlc import Machine, needs_machine
from .corruption import Change, changes
from .runs import run

CORRUPTIONS = 60
SEEDS = (1, 2, 3, 4, 5, 6)
MOST_LINES = 70
"""Of each run: enough for every kind of line, and few enough for TLC."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """A trace in which one field of the line at `place` was changed, and what the judge says of that line."""

    events: tuple[Event, ...]
    place: int
    change: Change
    refusal: Refusal | None

    @property
    def kind(self) -> tuple[str, ...]:
        return _kind(self.change)

    def is_named(self) -> bool:
        """Whether the best of the smallest sets has the field that was changed."""
        assert self.refusal is not None
        if not self.refusal.ignorable:
            return False
        names = {difference.name for difference in self.refusal.ignorable[0].fields}
        field = self.change.field
        if field == "sends":  # a message too many, or too few
            return any(re.fullmatch(r"sends(\[\d+\])?", name) for name in names)
        field = f"state.{field}" if field in STATE_FIELDS else field
        return field in {re.sub(r"\[\d+\]", "", name) for name in names}


def _kind(change: Change) -> tuple[str, ...]:
    """The kind of line, and the field."""
    message = "" if change.line.message is None else type(change.line.message).__name__
    return change.line.event, message, change.field


def corruptions(random: Random, count: int) -> Iterator[Corruption]:
    """One change each of as many kinds, drawn from all changes of all lines; each field at least once."""
    kinds: dict[tuple[str, ...], list[tuple[int, int, Change]]] = {}
    for seed in SEEDS:
        servers, events = run(seed, 3)
        for place, event in enumerate(events[:MOST_LINES]):
            for change in changes(event, servers) if event.event != "Init" else ():
                kinds.setdefault(_kind(change), []).append((seed, place, change))
    shuffled = random.sample(sorted(kinds), len(kinds))
    one_of_each_field = {kind[-1]: kind for kind in shuffled}.values()
    chosen = list(dict.fromkeys((*one_of_each_field, *shuffled)))[:count]
    assert len(chosen) == count, len(kinds)
    for kind in chosen:
        seed, place, change = random.choice(kinds[kind])
        servers, events = run(seed, 3)
        judge = Validator(servers)
        for event in events[:place]:
            assert judge.observe(event) is None
        refused = judge.observe(change.line) is not None
        following = events[place + 1 : place + 1 + LOOKED_AHEAD]
        refusal = diagnosed(judge, change.line, following) if refused else None
        yield Corruption((*events[:place], change.line, *following), place, change, refusal)


@pytest.fixture(scope="module")
def sixty() -> list[Corruption]:
    return list(corruptions(Random(2), CORRUPTIONS))


def test_they_are_of_all_kinds_of_lines_and_fields(sixty: list[Corruption]) -> None:
    events = {corruption.change.line.event for corruption in sixty}
    fields = {corruption.change.field for corruption in sixty}
    assert len({corruption.kind for corruption in sixty}) == CORRUPTIONS
    assert events == {*WORLD_EVENTS} - {"Init"}
    of_messages = {
        field for field in RECORD_FIELDS if field != "dest"
    }  # a line is of the server that receives
    assert fields == {
        *("sends", "value", "sends.dest", *STATE_FIELDS),
        *(f"sends.{field}" for field in of_messages),
        *(f"message.{field}" for field in of_messages),
    }


def test_what_is_refused_is_refused_at_its_line_and_the_field_is_named(sixty: list[Corruption]) -> None:
    refused = [corruption for corruption in sixty if corruption.refusal is not None]
    assert len(refused) >= CORRUPTIONS // 2
    assert all(each.refusal is not None and each.refusal.line == each.place + 1 for each in refused)
    missed = Counter(each.kind for each in refused if not each.is_named())
    assert missed.total() <= 0.1 * len(refused), missed


@needs_machine
def test_what_is_accepted_is_allowed_in_the_eyes_of_tlc(sixty: list[Corruption], tmp_path: Path) -> None:
    accepted = [corruption for corruption in sixty if corruption.refusal is None]
    assert len(accepted) >= 5
    with Machine(tmp_path) as machine:
        for corruption in accepted:
            lines = corruption.events[: corruption.place + 1]
            assert explained_by_tlc(machine, tmp_path, lines) == len(lines), corruption.change


@pytest.mark.deep
def test_the_field_is_named_in_many_times_sixty() -> None:
    found = [each for seed in range(3, 13) for each in corruptions(Random(seed), CORRUPTIONS)]
    refused = [each for each in found if each.refusal is not None]
    assert len(refused) > len(found) // 2
    assert sum(each.is_named() for each in refused) >= 0.95 * len(refused)


@needs_machine
@pytest.mark.deep
def test_what_is_refused_is_refused_by_tlc_at_the_same_line(sixty: list[Corruption], tmp_path: Path) -> None:
    with Machine(tmp_path) as machine:
        for corruption in sixty:
            if corruption.refusal is not None:
                assert explained_by_tlc(machine, tmp_path, corruption.events) == corruption.place


def explained_by_tlc(machine: Machine, folder: Path, events: tuple[Event, ...]) -> int:
    """How many lines of the trace TLC explains."""
    numbered = ((f"trace:{number}", event) for number, event in enumerate(events, 1))
    path = export(folder, numbered, "trace")
    machine.ask("search", MODULE, path.read_text(), path.with_suffix(".cfg").read_text())
    return max(map(int, re.findall(r'(?m)^<<"explained", (\d+)>>$', machine.answer())), default=0)
