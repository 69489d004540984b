"""What a trace exercised of raft.tla, and when a verdict rests on little."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from raftcheck.spec.model import FOLDER
from raftcheck.traces.coverage import Covered, page, part, places, unseen, where
from raftcheck.traces.events import Event, NodeState
from raftcheck.traces.evidence import Evidence, together
from raftcheck.traces.files import write_trace
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Validation, validate_file

from .runs import run
from .test_verdict import ELECTION, INIT


def judged(tmp_path: Path, *events: Event) -> tuple[Validation, Covered]:
    covered = Covered()
    trace = tmp_path / "trace.ndjson"
    write_trace(trace, events)
    return validate_file(trace, witnesses=[covered]), covered


def test_the_steps_that_explain_a_line_lead_from_the_line_before_to_it() -> None:
    judge = Validator(("n1", "n2"))
    won = replace(ELECTION[4], state=NodeState(role="Leader"))
    for event in (*ELECTION[:4], won):
        assert judge.observe(event) is None
        steps = judge.steps()
        assert [name for step in steps for name in step.trail if name in judge.actions] == list(judge.taken)
        for one, next_one in pairwise(steps):
            assert one.after is next_one.before
    assert judge.taken == ("HandleRequestVoteResponse", "BecomeLeader")


def test_places_are_those_of_raft_tla_alone() -> None:
    assert {Path(place.span.file) for place in places()} == {FOLDER / "raft.tla"}
    assert len(places()) > 150


def test_a_vote_that_was_only_granted_leaves_its_conditions_half_seen(tmp_path: Path) -> None:
    found, covered = judged(tmp_path, *ELECTION)
    lines = (FOLDER / "raft.tla").read_text().splitlines()
    gaps = unseen(covered.counts, found.actions)
    told = {(gap.place.operator, part(gap), gap.words) for gap in gaps}
    assert ("HandleRequestVoteRequest", "votedFor[i] \\in {Nil, m.msource}", "never FALSE") in told
    assert ("HandleRequestVoteRequest", "m.mterm = currentTerm[i]", "never FALSE") in told
    assert not {operator for operator, *_ in told} & {"AppendEntries", "Restart", "Timeout"}
    for gap in gaps:
        number = int(where(gap).partition(":")[2])
        assert gap.place.kind == "composed" or part(gap).split()[0] in lines[number - 1]


def test_every_action_that_was_taken_is_seen_as_often_as_it_was_taken() -> None:
    servers, events = run(3)
    judge, covered = Validator(servers), Covered()
    for event in events:
        judge.observe(event)
        covered(event, judge)
    first = {place.operator: place.span for place in reversed(places())}
    for name, times in judge.actions.items():
        assert covered.counts[first[name], True] == times, name


def test_coverage_of_a_line_takes_milliseconds() -> None:
    servers, events = run(3)
    judge, covered = Validator(servers), Covered()
    spent = 0.0
    for event in events:
        judge.observe(event)
        begun = time.process_time()
        covered(event, judge)
        spent += time.process_time() - begun
    assert spent < 0.006 * len(events), "10,000 lines would take more than a minute"


def test_a_refused_line_counts_for_nothing(tmp_path: Path) -> None:
    _, before = judged(tmp_path, *ELECTION[:3])
    found, after = judged(tmp_path, *ELECTION[:3], ELECTION[4])
    assert found.refusal is not None
    assert after.counts == before.counts


def test_the_page_of_a_trace_stands_on_its_own(tmp_path: Path) -> None:
    found, covered = judged(tmp_path, *ELECTION)
    written = page("<script>alert(1)</script>", found.evidence, covered.counts)
    assert "<script" not in written
    assert "default-src 'none'" in written
    assert "no leader committed an entry" in written
    assert "src=" not in written
    assert "http" not in written.replace("http-equiv", "")


# what a verdict rests on


def test_a_short_trace_rests_on_little(tmp_path: Path) -> None:
    found, _ = judged(tmp_path, *INIT, ELECTION[2])
    assert found.evidence.warnings == (
        "no election was won",
        "no leader took in a command",
        "no leader committed an entry",
        "no line is of n2, but for Init",
    )


def test_one_action_only_is_told() -> None:
    assert Evidence({"Timeout": 9, "Restart": 0}, 9, {"role": 9}).warnings[0] == (
        "the only action of raft.tla that was taken is Timeout"
    )


def test_a_field_that_few_lines_have_is_told_with_its_numbers() -> None:
    actions = {"BecomeLeader": 1, "ClientRequest": 1, "AdvanceCommitIndex": 1}
    assert Evidence(actions, 10_000, {"role": 100, "log": 99}).warnings == (
        "log was compared in 99 of 10,000 lines only",
    )


def test_a_trace_with_all_of_raft_warns_of_nothing() -> None:
    servers, events = run(4)
    judge = Validator(servers)
    for event in events:
        judge.observe(event)
    assert Evidence(judge.actions, len(events) - len(servers), judge.judged.compared).warnings == ()


def test_what_several_verdicts_rest_on_is_summed() -> None:
    one = Evidence({"BecomeLeader": 1}, 10, {"log": 3}, ("n1",))
    assert together([one, one]) == Evidence({"BecomeLeader": 2}, 20, {"log": 6})
