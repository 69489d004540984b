"""hashicorp/raft: its bugs on record are found again, mistakes that are planted into it are found."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties import schedules
from raftcheck.properties.adapters.hashicorp import DRIVER
from raftcheck.properties.checking import replay
from raftcheck.properties.drivers import Sources
from raftcheck.properties.node import Implementation
from raftcheck.traces.refusal import Refusal

Answer = dict[str, Any]
Target = Callable[[str], Implementation]

SCHEDULES = Path(__file__).parent / "hashicorp"

ON_RECORD = {
    "vote_in_two_writes": ("Restart", "UNCHANGED <<messages, currentTerm, votedFor, log"),
    "vote_of_an_old_term": ("AppendEntries", "role[i] = Leader"),
    "deposed_leader_appends": ("ClientRequest", "role[i] = Leader"),
    "snapshot_leaves_stale_entries": ("AppendEntries", "mentries |-> SubSeq(log[i], prev + 1, last)"),
    "snapshot_leaves_a_suffix": ("HandleAppendEntriesRequest", "log' "),
    "snapshot_is_not_looked_at": ("HandleAppendEntriesRequest", "~Acceptable(i, m)"),
    "candidate_keeps_its_role": ("HandleAppendEntriesRequest", "role' = [role EXCEPT ![i] = Follower]"),
}
"""For each finding the action of raft.tla that refuses it, and the part of it that has it otherwise."""


@pytest.mark.parametrize("name", ON_RECORD)
def test_what_is_on_record_is_found_again(name: str, target: Target) -> None:
    action, conjunct = ON_RECORD[name]
    schedule = schedules.load(SCHEDULES / f"{name}.json")
    failure = replay(target("hashicorp"), schedule, judged=True).failure
    assert isinstance(failure, Refusal)
    assert failure.action == action
    assert conjunct in failure.report()


def test_everything_on_record_is_in_the_list() -> None:
    assert {file.stem for file in SCHEDULES.glob("*.json")} == set(ON_RECORD)


@pytest.mark.parametrize("name", ["vote_of_an_old_term", "snapshot_leaves_stale_entries"])
def test_a_schedule_always_gives_the_same_trace(name: str, target: Target) -> None:
    schedule = schedules.load(SCHEDULES / f"{name}.json")
    first = replay(target("hashicorp"), schedule, judged=False).events
    for _ in range(5):
        assert replay(target("hashicorp"), schedule, judged=False).events == first


def test_the_adapter_keeps_to_what_is_asked_of_it(target: Target, raftcheck: Callable[..., Answer]) -> None:
    target("hashicorp")
    answer = raftcheck("selftest", "hashicorp")
    untried = [claim for claim in answer["claims"] if claim["verdict"] != "ok"]
    assert len(untried) == 2
    for claim in untried:
        assert claim["seen"] == "it does not say that this can be done (caps.restorable)"


KNOWN = (
    "Restart:current_term",
    "Restart:voted_for",
    "HandleAppendEntriesRequest:role",
    "HandleAppendEntriesRequest:log",
    "HandleAppendEntriesRequest:sends.success",
)
"""Failures of the newest release that random schedules meet; FINDINGS.md has them."""


def known_options() -> list[str]:
    return [word for name in KNOWN for word in ("--known", name)]


def test_the_newest_release_conforms_but_for_what_is_known(
    target: Target, raftcheck: Callable[..., Answer]
) -> None:
    target("hashicorp")
    answer = raftcheck(
        "check", "hashicorp", "--schedules", "10", "--seed", "8", "--processes", "1", *known_options()
    )
    assert answer["verdict"] == "conforms"
    assert answer["steps"] > 1000


@pytest.mark.deep
def test_the_newest_release_survives_a_long_campaign(
    target: Target, raftcheck: Callable[..., Answer]
) -> None:
    target("hashicorp")
    answer = raftcheck(
        "check", "hashicorp", "--schedules", "2000", "--seed", "9", "--processes", "1", *known_options()
    )
    assert answer["verdict"] == "conforms"


PLANTED = {
    "commits older terms by counting": (
        ("commitment.go", " && quorumMatchIndex >= c.startIndex", ""),
        "AdvanceCommitIndex",
    ),
    "does not write its vote": (
        ("raft.go", "r.persistVote(req.Term, candidateBytes)", "error(nil)"),
        "UpdateTerm",
    ),
    "votes for shorter logs": (
        ("raft.go", "lastIdx > req.LastLogIndex", "false"),
        "HandleRequestVoteRequest",
    ),
    "does not compare the previous term": (
        ("raft.go", "a.PrevLogTerm != prevLogTerm", "false"),
        "HandleAppendEntriesRequest",
    ),
    "says that it votes in an older term": (
        ("raft.go", "Granted:   false", "Granted: req.Term < r.getCurrentTerm()"),
        "IgnoreStaleRequest",
    ),
    "says that it agrees in an older term": (
        (
            "raft.go",
            "if a.Term < r.getCurrentTerm()",
            "if resp.Success = a.Term < r.getCurrentTerm(); resp.Success",
        ),
        "IgnoreStaleRequest",
    ),
}
"""The file of hashicorp/raft, the words in it, those in their place; the action that refuses what follows."""


def driver_with(file: str, words: str, others: str) -> str:
    """The target that is a driver on a changed copy of hashicorp/raft, which is made where it is built."""
    change = shlex.quote(f"s|{words}|{others}|g")
    script = (
        "set -e; go mod download github.com/hashicorp/raft;"
        ' cp -r "$(go list -m -f "{{.Dir}}" github.com/hashicorp/raft)" raft; chmod -R u+w raft;'
        f" grep -q {shlex.quote(words)} raft/{file}; sed -i {change} raft/{file};"
        " go mod edit -replace github.com/hashicorp/raft=./raft; go build -o driver ."
    )
    (program,) = Sources(DRIVER.folder, ("sh", "-c", script), tools=("go",)).command()
    return program


@pytest.mark.deep
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_found(mistake: str, target: Target, raftcheck: Callable[..., Answer]) -> None:
    target("hashicorp")  # no test where there is no tool chain
    change, action = PLANTED[mistake]
    answer = raftcheck(
        "check", "--schedules", "300", "--processes", "1", *known_options(), "--", driver_with(*change)
    )
    assert answer["verdict"] != "conforms"
    assert answer["failure"]["name"] == action
