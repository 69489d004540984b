"""The lines of a refused trace that matter: fewer, and refused as all of them are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from raftcheck.properties.cli import main
from raftcheck.traces import shrinking
from raftcheck.traces.events import AppendEntriesResponse, Event, RequestVoteRequest, RequestVoteResponse
from raftcheck.traces.files import read_trace, write_trace
from raftcheck.traces.refusal import Refusal, Shrunk
from raftcheck.traces.shrinking import Beginnings, shrunk
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import validate
from raftcheck.traces.wellformed import Line

from .runs import run


def numbered(events: Sequence[Event]) -> list[Line]:
    return [(f"trace.ndjson:{number}", event) for number, event in enumerate(events, 1)]


def refusal_of(events: Sequence[Event], beginnings: Beginnings | None = None) -> Refusal:
    witnesses = [] if beginnings is None else [beginnings]
    refusal = validate(iter(numbered(events)), "trace.ndjson", witnesses).refusal
    assert refusal is not None
    return refusal


def made_small(events: Sequence[Event]) -> tuple[Shrunk, list[Event]]:
    beginnings = Beginnings()
    refusal = refusal_of(events, beginnings)
    found = shrunk(numbered(events), refusal, beginnings)
    assert found is not None
    return found


def reason(refusal: Refusal) -> tuple[object, ...]:
    names = [difference.name for difference in refusal.differences]
    return refusal.server, refusal.action, refusal.conjunct.text, names


def wrong_commit(seed: int) -> list[Event]:
    """A run in which, far behind the beginning, a leader is seen to have committed an entry too many."""
    _, events = run(seed, 3)
    places = [
        place
        for place, event in enumerate(events)
        if isinstance(event.message, AppendEntriesResponse)
        and event.state is not None
        and event.state.role == "Leader"
        and event.state.commit_index is not None
        and place > len(events) // 2
    ]
    event = events[places[-1]]
    assert event.state is not None
    assert event.state.commit_index is not None
    state = replace(event.state, commit_index=event.state.commit_index + 1)
    return [*events[: places[-1]], replace(event, state=state), *events[places[-1] + 1 :]]


SEEDS = [seed for seed in range(8) if len(run(seed, 3)[1]) > 150][:3]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_few_lines_are_enough_and_are_refused_for_the_same_reason(seed: int) -> None:
    events = wrong_commit(seed)
    told, few = made_small(events)
    assert len(few) < len(events) // 4
    assert reason(refusal_of(few)) == reason(refusal_of(events))
    assert refusal_of(few).line == len(few)
    assert told.begins == told.places[0]


@pytest.mark.parametrize("seed", [SEEDS[0], 5])
def test_every_line_that_is_left_is_needed(seed: int) -> None:
    events = wrong_commit(seed)
    told, few = made_small(events)
    assert not told.bounded
    for place in range(3, len(few) - 1):
        fewer = [*few[:place], *few[place + 1 :]]
        refusal = validate(iter(numbered(fewer)), "fewer").refusal
        assert refusal is None or reason(refusal) != reason(refusal_of(few)), few[place]


def test_a_short_trace_begins_where_it_does() -> None:
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    asks = [RequestVoteRequest("n1", other, 1, 0, 0) for other in ("n2", "n3")]
    grant = RequestVoteResponse("n2", "n1", 1, True)
    election = [
        Event(event="Timeout", server="n3", sends=()),
        Event(event="Timeout", server="n1", sends=tuple(asks)),
        Event(event="Receive", server="n3", message=asks[1], sends=None),
        Event(event="Receive", server="n2", message=asks[0], sends=(replace(grant, vote_granted=False),)),
    ]
    told, few = made_small([*inits, *election])
    assert told.places == (
        "trace.ndjson:1",
        "trace.ndjson:2",
        "trace.ndjson:3",
        "trace.ndjson:5",
        "trace.ndjson:7",
    )
    assert told.begins is None
    assert few == [*inits, election[1], election[3]]


def test_a_trace_of_which_every_line_matters_is_not_shrunk() -> None:
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    beginnings = Beginnings()
    events = [*inits, Event(event="ClientRequest", server="n1", value="v")]
    assert shrunk(numbered(events), refusal_of(events, beginnings), beginnings) is None


def test_no_more_lines_are_kept_than_the_bound_says(monkeypatch: pytest.MonkeyPatch) -> None:
    events = wrong_commit(SEEDS[0])
    refusal = refusal_of(events)
    monkeypatch.setattr(shrinking, "MOST_LINES", 50)
    first, end = shrinking._end(iter(numbered(events)), refusal.line)
    assert (first, len(end)) == (refusal.line - 49, 50)
    assert end[-1] == numbered(events)[refusal.line - 1]
    monkeypatch.setattr(shrinking, "MOST_BYTES", 5_000)
    first, fewer = shrinking._end(iter(numbered(events)), refusal.line)
    assert 1 <= len(fewer) < 50
    assert first == refusal.line - len(fewer) + 1


def test_a_bound_ends_the_search_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrinking, "MOST_JUDGED", 2_000)
    monkeypatch.setattr(shrinking, "SHORT", 1_000_000)
    told, few = made_small(wrong_commit(SEEDS[0]))
    assert told.bounded
    assert told.text().endswith("(as far as was tried)")
    assert refusal_of(few).line == len(few)


def test_validate_writes_the_lines_and_refuses_them_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer_of(*arguments: str | Path) -> Any:
        with pytest.raises(SystemExit) as ended:
            main(["validate", "--json", *map(str, arguments)])
        assert ended.value.code == 1
        return json.loads(capsys.readouterr().out)["traces"][0]

    events = wrong_commit(SEEDS[0])
    write_trace(tmp_path / "trace.ndjson", events)
    few = tmp_path / "few.ndjson"
    answer = answer_of(tmp_path / "trace.ndjson", "--shrink", few)
    again = answer_of(few)
    assert again["lines"] == len(list(read_trace(few))) < answer["lines"]
    for part in ("server", "action", "differences", "mismatch"):
        assert again["refusal"][part] == answer["refusal"][part], part
    assert [found["fields"] for found in again["refusal"]["ignorable"]] == [
        found["fields"] for found in answer["refusal"]["ignorable"]
    ]
    assert answer["refusal"]["shrunk"]["places"][-1] == f"{tmp_path / 'trace.ndjson'}:{answer['lines']}"
    assert "are enough, from what raft.tla has before" in answer["failure"]


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (Event(event="Timeout", server="n1"), "nothing is refused"),
        (Event(event="ClientRequest", server="n1", value="v"), "no fewer lines were found to be enough"),
    ],
)
def test_validate_says_why_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], last: Event, why: str
) -> None:
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    write_trace(tmp_path / "trace.ndjson", [*inits, last])
    few = tmp_path / "few.ndjson"
    with pytest.raises(SystemExit):
        main(["validate", str(tmp_path / "trace.ndjson"), "--shrink", str(few)])
    assert f"{few} is not written: {why}\n" in capsys.readouterr().err
    assert not few.exists()


def test_trials_leave_the_judge_as_it_is() -> None:
    events = wrong_commit(SEEDS[0])
    judge = Validator(("n1", "n2", "n3"))
    for event in events[:50]:
        judge.observe(event)
    before = judge.states(), judge.steps(), judge.taken, judge.judged.lines
    assert judge.instead(events[50]) is not None
    assert judge.instead(Event(event="BecomeLeader", server="n1")) is None
    assert judge.refusing(Event(event="BecomeLeader", server="n1")) is not None
    assert judge.refusing(events[50]) is None
    assert (judge.states(), judge.steps(), judge.taken, judge.judged.lines) == before
