"""The self-test of adapters: each promise is one that a broken adapter is caught breaking, and that alone."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from raftcheck.properties.selftest import CLAIMS, RULES, selftest

from .test_cli import CommandLine

HERE = Path(__file__).parent
SAME, STATE, CRASH, TIMERS, STOP, REQUESTS, COMMANDS, RESTORED, PURE, STRANGE, FORGETS = CLAIMS

BROKEN = {
    "raising": (RULES, "AssertionError('too late')"),
    "dicing": (SAME, "schedule 0, event"),
    "unordered": (SAME, "another process"),
    "touchy": (STATE, "asked again"),
    "nervous": (STATE, "it does something else: schedule 0, event"),
    "forgetful": (CRASH, "nothing unsynced; after a crash between two calls"),
    "cached": (CRASH, "after a crash at the first thing that a call did"),
    "idle": (TIMERS, "nothing ever came of it: lease"),
    "restless": (STOP, "when it is stopped: a write of 'stopped'"),
    "deaf": (REQUESTS, "accepted one, and nothing changed"),
    "careless": (COMMANDS, "that is no UTF-8 is in the log as"),
    "voteless": (RESTORED, "the start in a given state: voted_for ''; expected voted_for 'n"),
    "shortened": (RESTORED, "the start in a given state: log ()"),
    "generous": (RESTORED, "RequestVoteResponse from"),
    "misplaced": (RESTORED, "AppendEntriesRequest from"),
    "uncommitted": (RESTORED, "leads to commit_index 1, and with one that is made of its view 0"),
    "hesitant": (RESTORED, "RequestVoteResponse from"),
    "silent": (RESTORED, "RequestVoteRequest from"),
    "wordless": (RESTORED, "LookupError"),
    "meddling": (PURE, "it does something else: schedule 0, event"),
}
"""Adapters, the promise that each breaks, and what is said of it."""


@pytest.fixture(autouse=True)
def _adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setattr("raftcheck.properties.selftest.RUNS", 4)


def found(target: str) -> dict[str, tuple[str, str]]:
    return {claim.said: (claim.word, claim.seen) for claim in selftest(target)}


@pytest.mark.parametrize(
    ("target", "untried"),
    [
        ("reference", {STRANGE, FORGETS}),
        ("teaching", {STRANGE, FORGETS}),
        ("broken_adapters:sound", {STRANGE, FORGETS, RESTORED, PURE}),
        (f"-- {shlex.join((sys.executable, str(HERE / 'teaching_driver.py')))}", set()),
    ],
)
def test_an_adapter_that_keeps_its_promises_passes(target: str, untried: set[str]) -> None:
    claims = found(target)
    assert {said for said, (word, _) in claims.items() if word == "ok"} == {RULES, *CLAIMS} - untried
    reasons = {
        STRANGE: "it is no driver",
        FORGETS: "it is no driver",
        RESTORED: "it does not say that this can be done (caps.restorable)",
        PURE: "it does not say that this can be done (caps.restorable)",
    }
    for said in untried:
        assert claims[said] == ("not tried", reasons[said])


@pytest.mark.parametrize("name", BROKEN)
def test_a_promise_that_is_broken_is_noticed(name: str) -> None:
    claim, seen = BROKEN[name]
    claims = found(f"broken_adapters:{name}")
    assert claims[claim][0] == "failed"
    assert seen in claims[claim][1]
    others = {said for said, (word, _) in claims.items() if word == "failed"} - {claim}
    # The first two do something else each time; what the last cannot make, it can make at no time.
    assert not others or name in ("dicing", "nervous", "wordless")


@pytest.mark.parametrize(
    ("fault", "claim", "seen"),
    [("", STRANGE, "KeyError: 'server'"), ("remember", FORGETS, "after other runs, a run is not what it is")],
)
def test_a_driver_keeps_the_rules_of_the_protocol(fault: str, claim: str, seen: str) -> None:
    command = shlex.join((sys.executable, "-S", "-I", str(HERE / "counting_driver.py"), fault))
    word, said = found(f"-- {command}")[claim]
    assert word == "failed"
    assert seen in said


@pytest.mark.parametrize(
    ("fault", "claim", "seen"),
    [
        ("store forgets", RESTORED, "voted_for ''"),
        ("payload of the next term", RESTORED, "RequestVoteResponse from n2 to n1 in term 4 leads to role"),
        ("store touches", PURE, "it does something else"),
    ],
)
def test_a_driver_that_can_be_restored_does_it_as_it_says(fault: str, claim: str, seen: str) -> None:
    command = shlex.join((sys.executable, str(HERE / "teaching_driver.py"), fault))
    claims = found(f"-- {command}")
    assert claims[claim][0] == "failed"
    assert seen in claims[claim][1]
    assert [said for said, (word, _) in claims.items() if word != "ok"] == [claim]


def test_without_views_no_message_is_made() -> None:
    word, why = found("broken_adapters:viewless")[RESTORED]
    assert word == "not tried"
    assert why == "no message with a view came to a server while all showed term, vote and log"


def test_the_command_prints_each_claim_and_ends_with_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    raftcheck = CommandLine(tmp_path, capsys)
    ended = raftcheck("selftest", "broken_adapters:idle")
    assert (ended.status, "failed     every timer does something" in ended.out) == (1, True)
    told = json.loads(raftcheck("selftest", "broken_adapters:sound", "--json").out)
    assert told["verdict"] == "ok"
    assert [claim["claim"] for claim in told["claims"]] == [RULES, *CLAIMS]
    assert raftcheck("selftest", "no_such_module:raft").status == 2
