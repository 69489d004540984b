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
SAME, STATE, CRASH, TIMERS, STOP, REQUESTS, COMMANDS, STRANGE, FORGETS = CLAIMS

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
}
"""Adapters, the promise that each breaks, and what is said of it."""


@pytest.fixture(autouse=True)
def _adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setattr("raftcheck.properties.selftest.RUNS", 4)


def found(target: str) -> dict[str, tuple[str, str]]:
    return {claim.said: (claim.word, claim.seen) for claim in selftest(target)}


@pytest.mark.parametrize("target", ["reference", "broken_adapters:sound"])
def test_an_adapter_that_keeps_its_promises_passes(target: str) -> None:
    claims = found(target)
    assert {said for said, (word, _) in claims.items() if word == "ok"} == {RULES, *CLAIMS} - {
        STRANGE,
        FORGETS,
    }
    assert claims[STRANGE] == claims[FORGETS] == ("not tried", "it is no driver")


@pytest.mark.parametrize("name", BROKEN)
def test_a_promise_that_is_broken_is_noticed(name: str) -> None:
    claim, seen = BROKEN[name]
    claims = found(f"broken_adapters:{name}")
    assert claims[claim][0] == "failed"
    assert seen in claims[claim][1]
    others = {said for said, (word, _) in claims.items() if word == "failed"} - {claim}
    assert not others or name in ("dicing", "nervous")  # which do something else each time


@pytest.mark.parametrize(
    ("fault", "claim", "seen"),
    [("", STRANGE, "KeyError: 'server'"), ("remember", FORGETS, "after other runs, a run is not what it is")],
)
def test_a_driver_keeps_the_rules_of_the_protocol(fault: str, claim: str, seen: str) -> None:
    command = shlex.join((sys.executable, "-S", "-I", str(HERE / "counting_driver.py"), fault))
    word, said = found(f"-- {command}")[claim]
    assert word == "failed"
    assert seen in said


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
