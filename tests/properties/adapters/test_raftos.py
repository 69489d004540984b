"""raftos 0.2.6: each bug of FINDINGS.md shows in its schedule, and the adapter plays fair."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RELEASE = "raftos==0.2.6"
SCHEDULES = Path(__file__).parent / "raftos"

STEPS = {
    "acknowledged-entries-erased": "HandleAppendEntriesRequest:log",
    "commits-alone-among-two": "AdvanceCommitIndex:commit_index",
    "half-of-the-votes-is-enough": "BecomeLeader:role",
    "log-lost-in-a-crash": "Restart:voted_for+log",
    "match-index-goes-back": "HandleAppendEntriesResponse:next_index+match_index",
    "term-lost-in-a-crash": "Restart:current_term",
    "vote-forgotten-at-restart": "Restart:voted_for",
    "vote-forgotten-with-candidacy": "StepDown:voted_for",
    "vote-kept-in-a-new-term": "UpdateTerm:voted_for",
}
"""Schedule to the name of the failure: the action of raft.tla, and what differs from it."""

CONJUNCTS = {
    "acknowledged-entries-erased": "gives     log' = [log EXCEPT ![i] = SubSeq(new, 1, stored)]",
    "commits-alone-among-two": "false     2 * Cardinality(servers) > Cardinality(Server)",
    "half-of-the-votes-is-enough": "false     2 * Cardinality(servers) > Cardinality(Server)",
    "match-index-goes-back": "gives     nextIndex' = [nextIndex EXCEPT ![i][j] = next]",
    "vote-kept-in-a-new-term": "gives     votedFor' = [votedFor EXCEPT ![i] = Nil]",
}

PROPERTIES = {
    "two-leaders-in-one-term": "ElectionSafety",
    "committed-entry-lost": "LeaderCompleteness",
}
"""What comes of a forgotten vote, if the run goes on after it."""

Run = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_none_of_raft(raftcheck: Run, name: str) -> None:
    answer = raftcheck("replay", SCHEDULES / f"{name}.json", release=RELEASE)
    report = answer["failure"]["report"]
    action = STEPS[name].partition(":")[0]
    assert answer["failure"]["label"] == STEPS[name]
    assert f"{action} is not a step of raft.tla" in report
    assert CONJUNCTS.get(name, "gives ") in report


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_of_raft_does_not_hold(raftcheck: Run, name: str) -> None:
    answer = raftcheck("replay", SCHEDULES / f"{name}.json", "--no-judge", release=RELEASE)
    assert answer["failure"]["name"] == PROPERTIES[name]


def test_a_leader_does_not_commit_what_comes_after_an_entry_of_an_older_term(
    raftcheck: Run, tmp_path: Path
) -> None:
    """Which raft.tla allows, for a leader may take its time; but this one never does."""
    schedule = SCHEDULES / "commit-check-stops-early.json"
    raftcheck("replay", schedule, "--no-judge", "--trace", tmp_path / "run.ndjson", release=RELEASE)
    last = json.loads((tmp_path / "run.ndjson").read_text().splitlines()[-1])["state"]
    assert (last["role"], last["current_term"]) == ("Leader", 2)
    assert [entry["term"] for entry in last["log"]] == [1, 2]
    assert last["match_index"]["n3"] == 2, "two of three servers hold an entry of its own term"
    assert last["commit_index"] == 0


def test_bugs_are_found_at_once_and_the_same_in_every_run(raftcheck: Run) -> None:
    known = ["--known", "Restart"]
    found = [
        raftcheck("check", "raftos", "--schedules", "20", *known, release=RELEASE)["failure"]
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert found[0]["label"] == "HandleAppendEntriesRequest:log"
    assert found[0]["actions"] <= 6


def test_only_its_forgotten_vote_speaks_against_the_adapter(raftcheck: Run) -> None:
    claims = raftcheck("selftest", "raftos", release=RELEASE)["claims"]
    (failed,) = [claim for claim in claims if claim["verdict"] == "failed"]
    assert failed["claim"].startswith("a crash loses nothing that was synced")
    assert "voted_for = " in failed["seen"]
    untried = [claim["claim"] for claim in claims if claim["verdict"] == "not tried"]
    assert len(untried) == 5, "commands of a server alone; given states; what only drivers are asked"


def test_without_raftos_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    """raftos 0.2.6 asks for libraries of 2016, which cannot be installed any more: so without them."""
    (tmp_path / "raftos.py").write_text("raise ModuleNotFoundError(name='raftos')")
    command = "from raftcheck.properties.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "check", "raftos"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "`pip install --no-deps raftos==0.2.6` installs" in done.stderr
    assert len(done.stderr.splitlines()) == 1
