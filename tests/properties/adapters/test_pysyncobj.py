"""What PySyncObj does beside raft.tla, each as the schedule in which raftcheck found it, made small.

Those of release 0.3.11 are replayed on it in a process of its own; the newest release is what is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties.campaign import Campaign
from raftcheck.properties.checking import check, replay
from raftcheck.properties.finding import Finding
from raftcheck.properties.known import label_of
from raftcheck.properties.node import Implementation
from raftcheck.properties.safety import Violation
from raftcheck.properties.schedules import Schedule, load
from raftcheck.properties.selftest import selftest
from raftcheck.traces.refusal import Refusal

FOLDER = Path(__file__).parent / "pysyncobj"
JOURNALED = "raftcheck.properties.adapters.pysyncobj:journaled"
OLD = "pysyncobj==0.3.11"

Target = Callable[[str], Implementation]
Command = Callable[..., dict[str, Any]]

MENDED = {
    "commit-goes-back": (
        "HandleAppendEntriesRequest:commit_index",
        "commitIndex' = [commitIndex EXCEPT ![i] = Max(@, Min(m.mcommitIndex, agreed))]",
    ),
    "next-not-above-match": (
        "HandleAppendEntriesResponse:next_index",
        "nextIndex' = [nextIndex EXCEPT ![i][j] = next]",
    ),
    "match-goes-back": (
        "HandleAppendEntriesResponse:match_index",
        "matchIndex' = [matchIndex EXCEPT ![i][j] = match]",
    ),
    "commit-old-term": ("AdvanceCommitIndex:commit_index", "log[i][index].term = currentTerm[i]"),
    "vote-forgotten": ("Restart:current_term+voted_for", "UNCHANGED <<messages, currentTerm, votedFor, log,"),
}
"""Of release 0.3.11: the name of the failure, and what it breaks of raft.tla."""

STANDING = {
    "resent-batch-truncates": (
        "HandleAppendEntriesRequest:log",
        "log' = [log EXCEPT ![i] = SubSeq(new, 1, stored)]",
    ),
    "snapshot-part-commits": (
        "HearOther:commit_index",
        "commitIndex[line.server] = line.state.commitIndex",
    ),
    "late-snapshot-truncates": (
        "HandleAppendEntriesRequest:log+commit_index",
        "log' = [log EXCEPT ![i] = SubSeq(new, 1, stored)]",
    ),
    "answer-of-older-term": (
        "DropStaleResponse:next_index+match_index",
        "UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>",
    ),
    "snapshot-goes-on": (
        "HandleAppendEntriesResponse:next_index",
        "nextIndex' = [nextIndex EXCEPT ![i][j] = next]",
    ),
}
"""Of the newest release: the same."""

MOST_ACTIONS = {
    "commit-goes-back": 13,
    "match-goes-back": 25,
    "commit-old-term": 14,
    "next-not-above-match": 18,
    "resent-batch-truncates": 25,
    "snapshot-part-commits": 18,
    "late-snapshot-truncates": 37,
}
"""As few as others have needed to show the same."""


def schedule(name: str) -> Schedule:
    return load(FOLDER / f"{name}.json")


@pytest.mark.parametrize("name", MENDED)
def test_release_0_3_11_departs_from_raft(name: str, raftcheck: Command) -> None:
    label, conjunct = MENDED[name]
    failure = raftcheck("replay", FOLDER / f"{name}.json", release=OLD)["failure"]
    assert failure["label"] == label
    assert conjunct in failure["report"]


@pytest.mark.parametrize("name", MENDED)
def test_the_newest_release_has_mended_that(name: str, target: Target) -> None:
    kept = schedule(name)
    assert replay(target(kept.target), kept, judged=True).failure is None


@pytest.mark.parametrize("name", STANDING)
def test_the_newest_release_departs_from_raft(name: str, target: Target) -> None:
    label, conjunct = STANDING[name]
    failure = replay(target("pysyncobj"), schedule(name), judged=True).failure
    assert isinstance(failure, Refusal)
    assert label_of(failure) == label
    assert failure.conjunct.text.startswith(conjunct)


@pytest.mark.parametrize("name", MOST_ACTIONS)
def test_it_takes_few_actions_to_show(name: str) -> None:
    assert len(schedule(name).actions) <= MOST_ACTIONS[name]


@pytest.mark.parametrize(
    ("name", "broken"),
    [("two-commit-at-one-index", "StateMachineSafety"), ("leader-lacks-committed", "LeaderCompleteness")],
)
def test_the_newest_release_breaks_what_raft_promises(name: str, broken: str, target: Target) -> None:
    failure = replay(target("pysyncobj"), schedule(name), judged=False).failure
    assert isinstance(failure, Violation)
    assert failure.property == broken


@pytest.mark.parametrize(
    ("name", "place"),
    [("journal-emptied", "in __getCurrentLogIndex"), ("last-piece-too-early", "in loads")],
)
def test_the_newest_release_raises(name: str, place: str, target: Target) -> None:
    failure = replay(target("pysyncobj"), schedule(name), judged=False).failure
    assert isinstance(failure, Finding)
    assert failure.kind == "exception"
    assert place in failure.seen


@pytest.mark.parametrize("name", ["pysyncobj", pytest.param(JOURNALED, marks=pytest.mark.deep)])
def test_the_adapter_keeps_to_what_is_asked_of_it(name: str, target: Target) -> None:
    target(name)
    claims = selftest(name)
    assert "ok" in {claim.word for claim in claims}
    assert not [claim for claim in claims if claim.word == "failed"]


def test_a_real_run_is_explained(target: Target, raftcheck: Command, tmp_path: Path) -> None:
    """Three processes on real sockets, each of them stopped for a while."""
    liberties = target("pysyncobj").caps.liberties
    from raftcheck.properties.adapters.pysyncobj.real_run import run

    traces = run(tmp_path)
    options = [word for liberty in sorted(liberties) for word in ("--liberty", liberty)]
    answer = raftcheck("validate", "--merge", *traces, *options)
    (judged,) = answer["traces"]
    assert judged["verdict"] == "conforms"
    assert judged["actions"]["BecomeLeader"] >= 1
    assert judged["actions"]["AdvanceCommitIndex"] >= 1


KINDS = {"HandleAppendEntriesRequest:log", "HearOther:commit_index", "DropStaleResponse:match_index"}


@pytest.mark.deep
def test_campaigns_find_it_without_being_told_where_to_look(target: Target, tmp_path: Path) -> None:
    """Each passes over what those before it have found."""
    target("pysyncobj")
    known: list[str] = []
    while not set(known) >= KINDS:
        found = check(Campaign("pysyncobj", seed=0, schedules=3000, known=tuple(known)), folder=tmp_path)
        assert found.kept is not None, known
        known.append(label_of(found.kept.failure))
