"""raft-rs does what raft.tla says, but for what FINDINGS.md has; planted mistakes are found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raftcheck.properties import lockstep, schedules
from raftcheck.properties.adapters import raftrs
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.drivers import Sources
from raftcheck.properties.finding import Finding
from raftcheck.properties.known import label_of
from raftcheck.properties.lockstep import Failure
from raftcheck.properties.node import AppendEntriesRequest, AppendEntriesResponse, Implementation
from raftcheck.properties.stdio import Stdio
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator

SCHEDULES = Path(__file__).parent / "raftrs"

Target = Callable[[str], Implementation]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake planted in the library: in this file, these words for those.

    named      what is said where the schedule of its name ends: a part of raft.tla, or of a panic
    schedules  within how many schedules of this seed and length a campaign meets it
    """

    file: str
    words: str
    instead: str
    named: str
    schedules: int
    length: int = 80
    seed: int = 3


MISTAKES = {
    "commit-old-term": Mistake(
        file="raft_log.rs",
        words="self.term(max_index).map_or(false, |t| t == term)",
        instead="self.term(max_index).is_ok()",
        named="log[i][index].term = currentTerm[i]",
        schedules=200,
    ),
    "commit-unverified-suffix": Mistake(
        file="raft_log.rs",
        words="cmp::min(committed, last_new_index)",
        instead="cmp::min(committed, self.last_index())",
        named="commitIndex' = [commitIndex EXCEPT ![i] = Max(@, Min(m.mcommitIndex, agreed))]",
        schedules=1000,
        length=200,
        seed=11,
    ),
    "heartbeat-commit": Mistake(
        file="raft.rs",
        words="let commit = cmp::min(pr.matched, self.raft_log.committed);",
        instead="let commit = self.raft_log.committed;",
        named="to_commit 2 is out of range [last_index 1]",
        schedules=200,
    ),
    "match-falls": Mistake(
        file="tracker/progress.rs",
        words="let need_update = self.matched < n;",
        instead="let need_update = self.matched != n;",
        named="matchIndex' = [matchIndex EXCEPT ![i][j] = match]",
        schedules=2000,
    ),
    "vote-no-uptodate": Mistake(
        file="raft.rs",
        words="&& self.raft_log.is_up_to_date(m.index, m.log_term)",
        instead="&& m.index < u64::MAX",
        named="UNCHANGED <<messages",  # all that may follow is to refuse the vote, or to ignore the request
        schedules=200,
    ),
    "vote-twice": Mistake(
        file="raft.rs",
        words="(self.vote == INVALID_ID && self.leader_id == INVALID_ID)",
        instead="self.leader_id == INVALID_ID",
        named="messages' = ",  # likewise
        schedules=200,
    ),
}


@pytest.fixture
def planted(sources: Callable[[Mistake], Sources]) -> Callable[[Mistake], Stdio]:
    """The driver with a copy of the library that has a mistake."""
    return lambda mistake: Stdio(sources(mistake).command)


@pytest.fixture
def sources(target: Target, tmp_path: Path) -> Callable[[Mistake], Sources]:
    """What it is built from."""
    target("raft-rs")

    def plant(mistake: Mistake) -> Sources:
        folder = tmp_path / "raftrs-planted"
        shutil.copytree(raftrs.SOURCES.folder, folder)
        library = folder / "library"
        shutil.copytree(_folder_of_the_library(folder), library)
        (folder / "Cargo.lock").unlink()
        with (folder / "Cargo.toml").open("a") as manifest:
            manifest.write('\n[patch.crates-io]\nraft = { path = "library" }\n')
        source = library / "src" / mistake.file
        text = source.read_text()
        assert text.count(mistake.words) == 1
        source.write_text(text.replace(mistake.words, mistake.instead))
        return Sources(folder, raftrs.SOURCES.build, program=raftrs.SOURCES.program)

    return plant


def _folder_of_the_library(driver: Path) -> Path:
    told = subprocess.check_output(["cargo", "metadata", "--format-version", "1"], cwd=driver)
    manifests = [crate["manifest_path"] for crate in json.loads(told)["packages"] if crate["name"] == "raft"]
    return Path(manifests[0]).parent


def failure_of(implementation: Implementation, name: str) -> Failure | None:
    """What comes of a schedule on file."""
    schedule = schedules.load(SCHEDULES / f"{name}.json")
    judge = Validator(schedule.servers, liberties=implementation.caps.liberties)
    return lockstep.run(implementation, schedule.servers, schedule.config, schedule.actions, judge).failure


def test_the_release_conforms(target: Target, raftcheck: Callable[..., Any]) -> None:
    target("raft-rs")
    answer = raftcheck("check", "raft-rs", "--schedules", 20, "--servers", 3, "--processes", 1)
    assert answer["verdict"] == "conforms"
    assert answer["actions"]["AdvanceCommitIndex"] > 0
    assert answer["compared"]["votes_granted"] > 0
    assert answer["compared"]["next_index"] > 0


@pytest.mark.parametrize("name", MISTAKES)
def test_the_release_stands_where_a_mistake_falls(target: Target, name: str) -> None:
    assert failure_of(target("raft-rs"), name) is None


def test_over_datagrams_the_next_index_falls_to_the_match_index(target: Target) -> None:
    """FINDINGS.md."""
    over_datagrams = target("raftcheck.properties.adapters.raftrs:over_datagrams")
    failure = failure_of(over_datagrams, "next-not-above-match")
    assert isinstance(failure, Refusal)
    assert failure.action == "HandleAppendEntriesResponse"
    assert failure.gives is not None
    assert failure.gives.text == "nextIndex' = [nextIndex EXCEPT ![i][j] = next]"


def test_a_refused_pre_vote_brings_a_commit_of_a_later_term(target: Target) -> None:
    """FINDINGS.md: so that n2 says to the leader of term 2 that they agree, where they do not."""
    release = target("raft-rs")
    failure = failure_of(release, "commit-of-a-later-term")
    assert isinstance(failure, Refusal)
    assert label_of(failure) == "HearOther:commit_index"
    schedule = schedules.load(SCHEDULES / "commit-of-a-later-term.json")
    outcome = lockstep.run(release, schedule.servers, schedule.config, schedule.actions, judge=None)
    assert outcome.failure is None
    last = outcome.events[-1]
    assert isinstance(last.message, AppendEntriesRequest)
    assert [entry.term for entry in last.message.entries] == [2]
    assert last.state is not None
    assert last.state.log is not None
    assert last.state.log[0].term == 1
    assert last.sends == (AppendEntriesResponse("n2", "n5", term=2, success=True, match_index=1),)


def test_the_adapter_keeps_to_what_is_asked_of_it(target: Target, raftcheck: Callable[..., Any]) -> None:
    target("raft-rs")
    answer = raftcheck("selftest", "raft-rs")
    assert [claim for claim in answer["claims"] if claim["verdict"] != "ok"] == []


@pytest.mark.deep
@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_named_and_found_by_chance(
    planted: Callable[[Mistake], Stdio], name: str
) -> None:
    mistake = MISTAKES[name]
    implementation = planted(mistake)
    assert mistake.named in _said(failure_of(implementation, name))
    campaign = Campaign(target="raft-rs", seed=mistake.seed, length=mistake.length)
    failures = (
        run_schedule(implementation, campaign, index)[1].failure for index in range(mistake.schedules)
    )
    assert any(failures)


@pytest.mark.parametrize("goal", ["Figure8", "LongSuffix", "SplitVote"])
def test_the_release_conforms_a_step_from_any_state(
    target: Target, raftcheck: Callable[..., Any], goal: str
) -> None:
    target("raft-rs")
    answer = raftcheck("synth", goal, "raft-rs", "--states", 30)
    assert (answer["verdict"], answer["states"], answer["handlers"]) == ("conforms", 30, 120)
    for action in ("HandleRequestVoteRequest", "HandleAppendEntriesRequest", "Timeout", "Restart"):
        assert answer["actions"][action] > 0


@pytest.mark.deep
def test_a_planted_mistake_falls_to_one_handler(
    sources: Callable[[Mistake], Sources], raftcheck: Callable[..., Any]
) -> None:
    command = "--", *sources(MISTAKES["vote-twice"]).command()
    answer = raftcheck("synth", "SplitVote", "--states", 200, *command)
    assert answer["verdict"] == "diverges"
    failure = answer["failure"]
    assert failure["kind"] == "refusal"
    # The vote shows where it is sent, or after a crash before that, where it is on the disk.
    assert re.search("observed .*(mvoteGranted|votedFor)", failure["report"])
    again = raftcheck("replay", failure["schedule"], *command)
    assert again["failure"]["report"] == failure["report"]
    assert raftcheck("replay", failure["schedule"], "raft-rs")["verdict"] == "conforms"


def _said(failure: Failure | None) -> str:
    """The part of raft.tla that a refusal names, or what the driver said."""
    match failure:
        case Refusal():
            named = failure.false or failure.gives
            return "" if named is None else named.text
        case Finding():
            return failure.seen
        case _:
            return ""
