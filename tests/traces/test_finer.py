"""Coarse lines told finer: each line is one action, one state explains them, and the actions are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from msgspec.structs import replace

from raftcheck.spec.model import actions
from raftcheck.traces import validate
from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.events import Event, NodeState
from raftcheck.traces.finer import ALWAYS, Finer
from raftcheck.traces.validate import Validator

from .runs import judged, run

CRASHES = (3, 4, 10, 18, 25)
"""Seeds of runs in which servers crash."""
BETWEEN = (39, 45)
"""Seeds of runs in which one crashes between writing a new term and writing its vote."""


def finer(events: Iterable[Event]) -> tuple[Event, ...]:
    found: list[Event] = []
    tell = Finer(found.append)
    for event in events:
        tell(event)
    tell.finish()
    return tuple(found)


def candidates(servers: tuple[str, ...], events: Iterable[Event]) -> Iterator[tuple[Event, int]]:
    """Each line, and how many states explain the trace up to it."""
    judge = Validator(servers)
    for event in events:
        refusal = judge.observe(event)
        assert refusal is None, refusal.report()
        yield event, len(judge.explanations())


def is_idle(line: Event) -> bool:
    """A timer that starts no election: heartbeats have lines of their own."""
    return line.event == "Timeout" and line.state is not None and line.state.current_term is None


@pytest.mark.parametrize("seed", range(3))
def test_finer_lines_take_the_actions_of_the_coarse_ones_one_by_one(seed: int) -> None:
    servers, events = run(seed, 3)
    assert "Crash" not in [event.event for event in events]
    lines = finer(events)
    judge = judged(servers, lines)
    assert judge.refusal is None, judge.refusal.report()
    assert judge.judged.most_candidates == 1
    assert judge.actions == judged(servers, events).actions
    beside = [line for line in lines if line.event == "Init" or is_idle(line)]
    assert sum(judge.actions.values()) == len(lines) - len(beside)


@pytest.mark.parametrize("seed", CRASHES)
def test_a_crash_is_told_as_what_the_restart_shows_of_it(seed: int) -> None:
    servers, events = run(seed, 3)
    crashes = [event for event in events if event.event == "Crash"]
    assert any(event.message or event.timer or event.value for event in crashes)
    lines = finer(events)
    assert {many for _, many in candidates(servers, lines)} == {1}
    assert [line for line in lines if line.event == "Crash"] == [
        Event(event="Crash", server=crash.server, sends=()) for crash in crashes
    ]


@pytest.mark.parametrize("seed", BETWEEN)
def test_only_a_crash_between_term_and_vote_stays_coarse_until_the_restart(seed: int) -> None:
    servers, events = run(seed, 3)
    down = set()
    for line, many in candidates(servers, finer(events)):
        if line.event == "Crash" and line.timer is not None:
            down.add(line.server)
        if line.event == "Restart":
            down.discard(line.server)
        assert many == 1 or down, line


def test_a_line_has_only_what_its_action_changed() -> None:
    servers, events = run(1, 3)
    last: dict[str, NodeState] = {}
    left_out = 0
    for line in finer(events):
        if line.state is None:
            assert line.event in ("DuplicateMessage", "DropMessage")
            continue
        seen = {name: value for name in STATE_FIELDS if (value := getattr(line.state, name)) is not None}
        left_out += len(STATE_FIELDS) - len(seen)
        if line.event != "Init":
            assert set(seen) >= set(ALWAYS)
            before = last[line.server]
            same = [name for name in seen if getattr(before, name) == seen[name]]
            assert set(same) <= {*ALWAYS, "next_index"}  # that to itself changes too, and is not shown
        last[line.server] = replace(last.get(line.server, NodeState()), **seen)
    assert left_out > 4 * len(events)
    assert {server: state.log for server, state in last.items()} == {
        server: next(e.state.log for e in reversed(events) if e.server == server and e.state)
        for server in servers
    }


def test_a_line_that_is_refused_stays_as_it_is_and_so_do_all_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(validate, "explain", lambda *_: "refused")
    servers, events = run(1, 3)
    assert events[60].state is not None
    wrong = replace(events[60], state=replace(events[60].state, current_term=99))
    lines = finer((*events[:60], wrong, *events[61:]))
    right = finer(events[:60])
    assert lines == (*right, wrong, *events[61:])
    judge = Validator(servers)
    assert [judge.observe(line) for line in lines[: len(right) + 1]][-1] is not None


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(200))
def test_many_runs_told_finer_are_accepted(seed: int) -> None:
    """A crash may leave more than one state where it came between two writes, or, before any line has shown
    a message, while one was handled that is not shown."""
    servers, events = run(seed)
    down = set()
    shown = False
    for line, many in candidates(servers, finer(events)):
        shown = shown or line.message is not None
        if line.event == "Crash" and (line.timer is not None or not shown):
            down.add(line.server)
        if line.event == "Restart":
            down.discard(line.server)
        assert many == 1 or down, line
        assert line.event in (*actions(), "Init", "Crash")
