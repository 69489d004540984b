"""etcd-io/raft does what raft.tla says, on made-up networks and on real ones; planted mistakes are found."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties import lockstep, schedules
from raftcheck.properties.adapters import etcd
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.drivers import Sources
from raftcheck.properties.finding import Finding
from raftcheck.properties.node import Implementation
from raftcheck.properties.schedules import Crash, Restart, Timeout
from raftcheck.properties.stdio import Stdio
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator

SCHEDULES = Path(__file__).parent / "etcd"
MODULE = "go.etcd.io/raft/v3"

Target = Callable[[str], Implementation]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake planted in the library: in this file, these words for those.

    action     the action of raft.tla that comes nearest to where the shrunk schedule of its name ends
    conjunct   the part of raft.tla that names it, or a part of that
    schedules  within how many schedules of seed 1 a campaign meets it
    """

    file: str
    words: str
    instead: str
    action: str
    conjunct: str
    schedules: int


MISTAKES = {
    "commit-old-term": Mistake(
        file="log.go",
        words="l.matchTerm(at)",
        instead="true",
        action="AdvanceCommitIndex",
        conjunct="log[i][index].term = currentTerm[i]",
        schedules=100,
    ),
    "commit-unverified-suffix": Mistake(
        file="log.go",
        words="min(committed, lastnewi)",
        instead="min(committed, l.lastIndex())",
        action="HandleAppendEntriesRequest",
        conjunct="Min(m.mcommitIndex, agreed)",
        schedules=2000,
    ),
    "vote-no-uptodate": Mistake(
        file="log.go",
        words="their.index >= our.index",
        instead="true",
        action="UpdateTerm",  # what follows it may be to refuse the vote, or not to look at the request
        conjunct="UNCHANGED <<messages",
        schedules=100,
    ),
}


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake that shows in one handler of a server that has come back from a crash, in a state of a goal.

    named  a line of the report: what should not have been
    """

    file: str
    words: str
    instead: str
    goal: str
    named: str


SLIPS = {
    "vote-twice": Slip(
        file="raft.go",
        words="(r.Vote == None && r.lead == None) ||",
        instead="r.lead == None ||",
        goal="SplitVote",
        named="mvoteGranted |-> TRUE",
    ),
    "vote-no-uptodate": Slip(
        file="log.go",
        words="their.term > our.term",
        instead="their.index > our.index",
        goal="LongButOld",
        named="mvoteGranted |-> TRUE",
    ),
    "prev-term-unchecked": Slip(
        file="log.go",
        words="if !l.matchTerm(a.prev) {",
        instead="if a.prev.index > l.lastIndex() {",
        goal="LongSuffix",
        named="false     m.mprevLogTerm = TermAt(xlog, m.mprevLogIndex)",
    ),
}


@pytest.fixture
def planted(sources: Callable[[Mistake], Sources]) -> Callable[[Mistake], Stdio]:
    """The driver with a copy of the library that has a mistake."""
    return lambda mistake: Stdio(sources(mistake).command)


@pytest.fixture
def sources(target: Target, tmp_path: Path) -> Callable[[Mistake | Slip], Sources]:
    """What it is built from."""
    target("etcd")

    def plant(mistake: Mistake | Slip) -> Sources:
        folder = tmp_path / "etcd-planted"
        shutil.copytree(etcd.driver.folder, folder)
        listed = subprocess.check_output(
            ["go", "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=folder, text=True
        )
        library = folder / "library"
        shutil.copytree(listed.strip(), library, copy_function=shutil.copyfile)
        source = library / mistake.file
        text = source.read_text()
        assert text.count(mistake.words) == 1
        source.write_text(text.replace(mistake.words, mistake.instead))
        subprocess.run(["go", "mod", "edit", "-replace", f"{MODULE}=./library"], cwd=folder, check=True)
        return Sources(folder, etcd.driver.build)

    return plant


def failure_of(implementation: Implementation, name: str) -> Any:
    """What comes of a schedule on file."""
    schedule = schedules.load(SCHEDULES / f"{name}.json")
    judge = Validator(schedule.servers, liberties=implementation.caps.liberties)
    return lockstep.run(implementation, schedule.servers, schedule.config, schedule.actions, judge).failure


def test_the_release_conforms(target: Target, raftcheck: Callable[..., Any]) -> None:
    target("etcd")
    answer = raftcheck("check", "etcd", "--schedules", 20, "--servers", 3, "--processes", 1)
    assert answer["verdict"] == "conforms"
    assert answer["actions"]["AdvanceCommitIndex"] > 0
    assert answer["compared"]["next_index"] > 0


def test_the_adapter_keeps_to_what_is_asked_of_it(target: Target, raftcheck: Callable[..., Any]) -> None:
    target("etcd")
    answer = raftcheck("selftest", "etcd")
    assert [claim for claim in answer["claims"] if claim["verdict"] != "ok"] == []


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(("kept", "term", "vote"), [(0, 0, ""), (1, 1, "n1")])
def test_a_crash_before_the_sync_loses_what_a_ready_wrote(
    target: Target, asynchronous: bool, kept: int, term: int, vote: str
) -> None:
    """Its own vote, which a candidate writes first, and does not send before it is synced."""
    config = {"async_storage_writes": asynchronous}
    actions = [Crash("n1", after=2, keep=kept), Timeout("n1", "election"), Restart("n1")]
    outcome = lockstep.run(target("etcd"), ("n1", "n2"), config, actions)
    crashed, restarted = outcome.events[-2:]
    assert (crashed.event, crashed.sends) == ("Crash", ())
    assert restarted.state is not None
    assert (restarted.state.current_term, restarted.state.voted_for) == (term, vote)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_release_stands_where_a_mistake_falls(target: Target, name: str) -> None:
    assert failure_of(target("etcd"), name) is None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_named(planted: Callable[[Mistake], Stdio], name: str) -> None:
    mistake = MISTAKES[name]
    failure = failure_of(planted(mistake), name)
    assert isinstance(failure, Refusal)
    assert failure.action == mistake.action
    named = failure.false or failure.gives
    assert named is not None
    assert mistake.conjunct in named.text


@pytest.mark.deep
@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found_by_chance(planted: Callable[[Mistake], Stdio], name: str) -> None:
    mistake = MISTAKES[name]
    implementation = planted(mistake)
    campaign = Campaign(target="etcd", seed=1)
    failures = (
        run_schedule(implementation, campaign, index)[1].failure for index in range(mistake.schedules)
    )
    assert any(failures)


@pytest.mark.parametrize("goal", ["Figure8", "LongSuffix", "SplitVote"])
def test_the_release_conforms_a_step_from_any_state(
    target: Target, raftcheck: Callable[..., Any], goal: str
) -> None:
    target("etcd")
    answer = raftcheck("synth", goal, "etcd", "--states", 30)
    assert (answer["verdict"], answer["states"], answer["handlers"]) == ("conforms", 30, 120)
    for action in ("HandleRequestVoteRequest", "HandleAppendEntriesRequest", "Timeout", "Restart"):
        assert answer["actions"][action] > 0


@pytest.mark.parametrize("name", SLIPS)
def test_a_planted_mistake_falls_to_one_handler(
    sources: Callable[[Mistake | Slip], Sources], raftcheck: Callable[..., Any], name: str
) -> None:
    slip = SLIPS[name]
    command = "--", *sources(slip).command()
    answer = raftcheck("synth", slip.goal, "--states", 200, *command)
    assert answer["verdict"] == "diverges"
    failure = answer["failure"]
    assert failure["kind"] == "refusal"
    assert slip.named in failure["report"]
    again = raftcheck("replay", failure["schedule"], *command)
    assert again["failure"]["report"] == failure["report"]
    assert raftcheck("replay", failure["schedule"], "etcd")["verdict"] == "conforms"


def test_one_entry_in_a_message_is_a_panic_by_default(target: Target) -> None:
    """FINDINGS.md, 1."""
    failure = failure_of(target("etcd"), "max-size-per-msg-0")
    assert isinstance(failure, Finding)
    assert "applying entry size (0-0)=0 not positive" in failure.seen


def test_a_real_run_conforms(target: Target, raftcheck: Callable[..., Any], tmp_path: Path) -> None:
    """Real sockets and a real clock: nobody knows what will happen, but that it is Raft."""
    target("etcd")
    command = [*etcd.real_run.command(), "-traces", tmp_path, "-crashes", "1"]
    subprocess.run(command, check=True, timeout=60)
    traces = [tmp_path / f"{server}.ndjson" for server in ("n1", "n2", "n3")]
    liberties = [word for name in etcd.implementation.caps.liberties for word in ("--liberty", name)]
    answer = raftcheck("validate", "--merge", *traces, *liberties)
    assert answer["verdict"] == "conforms"
    actions = answer["traces"][0]["actions"]
    assert actions["AdvanceCommitIndex"] > 0
    assert actions["Restart"] > 0
