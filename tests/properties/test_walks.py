"""Random walks of the spec as tests of code: the reference follows all, one with a mistake does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from raftcheck.properties.cli import main
from raftcheck.properties.replaying import replay_behavior
from raftcheck.properties.schedules import load
from raftcheck.properties.targets import load_target
from raftcheck.properties.walks import MODULE, replay_walks
from raftcheck.spec.model import actions
from raftcheck.tla import Model, load_config
from raftcheck.tla import load as load_module
from raftcheck.tla.behaviorfiles import behavior_of, read_bytes
from raftcheck.traces.verdict import validate_file

FAULTS = "raftcheck.properties.faults:"


def test_the_reference_follows_200_walks(tmp_path: Path) -> None:
    walked = replay_walks("reference", 200, depth=100, folder=tmp_path)
    assert walked.conforms, walked.report()
    assert walked.walks == 200
    assert all(walked.taken[name] >= 50 for name in actions()), walked.taken
    # Nothing was left out of what is compared.
    assert all(walked.compared[name] >= 1000 for name in ("log", "votes_granted", "match_index", "answer"))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 11))
def test_the_reference_follows_2000_walks_more(tmp_path: Path, seed: int) -> None:
    walked = replay_walks("reference", 200, seed=seed, depth=300, folder=tmp_path)
    assert walked.conforms, walked.report()


@pytest.mark.parametrize(
    ("fault", "action"),
    [
        ("vote_no_votedfor", "HandleRequestVoteRequest"),
        ("self_vote_missing", "Timeout"),
        ("vote_volatile", "Restart"),
        ("ae_truncate_always", "HandleAppendEntriesRequest"),
        ("match_not_max", "HandleAppendEntriesResponse"),
    ],
)
def test_a_mistake_is_found_and_kept(tmp_path: Path, fault: str, action: str) -> None:
    walked = replay_walks(FAULTS + fault, 100, folder=tmp_path)
    assert walked.failed is not None
    assert walked.failed.following.departure is not None
    assert walked.failed.following.departure.step.action == action
    assert walked.kept is not None
    behavior = behavior_of(read_bytes(walked.kept / "behavior.itf.json"), "behavior.itf.json")
    again = replay_behavior(load_target(FAULTS + fault), FAULTS + fault, behavior, walked.failed.name)
    assert again.following.departure == walked.failed.following.departure
    assert load(walked.kept / "schedule.json").actions == tuple(walked.failed.following.performed)
    assert validate_file(walked.kept / "trace.ndjson").lines > 0
    assert (walked.kept / "trace.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    shown = repr(walked)
    assert len(shown.splitlines()) == 1
    assert f"step {walked.failed.following.departure.step.number}" in shown
    assert str(walked.kept) in shown
    assert walked.failed.report() in (walked.kept / "report.txt").read_text(encoding="utf-8")


def test_coderaft_takes_every_action_of_raft() -> None:
    names = Model(load_module(MODULE), load_config(MODULE.with_suffix(".cfg"))).action_names()
    plain = {name.removeprefix("Code") for name in names}
    assert plain - {"Arrive", "Heartbeat"} == set(actions())


# The command


def ended(arguments: Sequence[str]) -> object:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("spelling", [["--simulate", "5"], ["--simulate", "--walks", "5"]])
def test_the_number_of_walks_has_two_spellings(
    spelling: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(["model", *spelling, "--replay", "reference", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["walks"], answer["failure"]) == ("conforms", 5, None)


def test_a_walk_that_is_not_followed_ends_with_1_and_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["model", "--simulate", "50", "--replay", FAULTS + "vote_volatile"]) == 1
    out = capsys.readouterr().out
    assert "differs at step" in out
    command = out.splitlines()[-1].removeprefix("replay    raftcheck ")
    assert ended(command.split()) == 1
    assert "votedFor" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["model", "--replay", "reference"],
        ["model", "--simulate", "--engine", "tlc", "--replay", "reference"],
        ["model", "--simulate", "--format", "itf", "--replay", "reference"],
        ["model", "--simulate", "--replay", "no_such_module:raft"],
        ["model", "--simulate", "--replay"],
    ],
)
def test_bad_usage_is_said_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
