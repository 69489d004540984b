"""Debian's libraft 0.15.0 in lockstep: what is known to be wrong with it, as schedules that show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties.adapters import libraft
from raftcheck.properties.checking import replay
from raftcheck.properties.drivers import Sources
from raftcheck.properties.finding import Finding
from raftcheck.properties.known import label_of
from raftcheck.properties.lockstep import run
from raftcheck.properties.node import Implementation
from raftcheck.properties.schedules import Timeout, load
from raftcheck.properties.stdio import Stdio
from raftcheck.traces.validate import Validator

SCHEDULES = Path(__file__).with_name("libraft")

Target = Callable[[str], Implementation]


@pytest.mark.parametrize(
    ("name", "label", "text", "actions"),
    [
        pytest.param(
            "commit_of_an_older_term",
            "AdvanceCommitIndex:commit_index",
            "log[i][index].term = currentTerm[i]",
            20,
            id="it commits an entry of an older term by counting (§5.4.2)",
        ),
        pytest.param(
            "stale_tail_counted",
            "HandleAppendEntriesResponse:commit_index+match_index",
            "allowed   state.match_index  = [n2 |-> 1, n3 |-> 0]",
            14,
            id="its leader counts a follower's stale tail as agreement (§5.3)",
        ),
        pytest.param(
            "refusal_behind_a_snapshot",
            "HandleAppendEntriesRequest:sends",
            "sends[0].success = FALSE",
            31,
            id="a follower refuses entries that it has, behind its snapshot (Figure 2, step 2)",
        ),
    ],
)
def test_a_known_bug_is_refused(target: Target, name: str, label: str, text: str, actions: int) -> None:
    outcome = replay(target("libraft"), load(SCHEDULES / f"{name}.json"), judged=True)
    assert outcome.failure is not None
    assert label_of(outcome.failure) == label
    assert text in outcome.failure.report()
    assert len(outcome.performed) == actions


def test_an_answer_to_nobody_is_a_finding(target: Target) -> None:
    """A write that is through after the server has taken a new term, and knows no leader of it."""
    outcome = replay(target("libraft"), load(SCHEDULES / "answer_to_nobody.json"), judged=True)
    assert isinstance(outcome.failure, Finding)
    assert outcome.failure.kind == "exception"
    assert "to the server 0, which is nobody" in outcome.failure.seen


EARLY = "    if (node->slow_disk || node->disk.first == NULL) env_catch_up(node->env);"
"""In place of a line of node.c: libraft is told that a write is through, and only then it is done."""


def test_an_acknowledgement_before_the_write_is_refused(target: Target) -> None:
    schedule = load(SCHEDULES / "acknowledged_before_written.json")
    assert replay(target("libraft"), schedule, judged=True).failure is None
    edited = f"s/^    env_catch_up(node->env);$/{EARLY}/"
    build = f"grep -q '^    env_catch_up(node->env);$' node.c && sed -i '{edited}' node.c && make"
    planted = Sources(libraft.SOURCES.folder, ("sh", "-c", build), tools=libraft.SOURCES.tools)
    outcome = replay(Stdio(planted.command), schedule, judged=True)
    assert outcome.failure is not None
    assert label_of(outcome.failure) == "Restart:log"


def test_the_adapter_keeps_to_what_is_asked_of_it(target: Target, raftcheck: Callable[..., Any]) -> None:
    target("libraft")
    answer = raftcheck("selftest", "libraft")
    untried = [claim for claim in answer["claims"] if claim["verdict"] != "ok"]
    assert len(untried) == 2
    for claim in untried:
        assert claim["seen"] == "it does not say that this can be done (caps.restorable)"


def test_every_server_comes_up_with_the_first_configuration(target: Target) -> None:
    """That is its only entry, known to be committed, since all have it (start.c)."""
    outcome = run(target("libraft"), ("n1", "n2", "n3"), {}, ())
    assert outcome.failure is None
    for event in outcome.events:
        assert event.state is not None
        assert [entry.value for entry in event.state.log or ()] == ["configuration"]
        assert event.state.commit_index == 1


def test_pre_votes_are_other_messages_and_their_candidate_a_follower(target: Target) -> None:
    implementation = target("libraft")
    servers = ("n1", "n2", "n3")
    judge = Validator(servers, liberties=implementation.caps.liberties)
    outcome = run(implementation, servers, {"pre_vote": True}, [Timeout("n1", "election")], judge)
    assert outcome.failure is None
    last = outcome.events[-1]
    assert last.state is not None
    assert (last.state.role, last.state.current_term) == ("Follower", 1)
    assert [type(message).__name__ for message in last.sends or ()] == ["Other", "Other"]
