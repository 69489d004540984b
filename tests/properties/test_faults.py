"""The fault catalogue: every mistake is found, made small, and blamed on the right action of raft.tla."""

from pathlib import Path

import pytest

from raftcheck.properties import faults
from raftcheck.properties.faultcheck import Caught, catch, choose
from raftcheck.properties.faults import FAULTS, Fault
from raftcheck.spec.model import actions as actions_of_raft

SLOW = {
    "vote-counter-not-set",
    "ae-no-prevterm",
    "next-below-match-on-nack",
    "commit-unverified-suffix",
    "commit-ahead-of-log",
}
"""Found only after dozens of schedules."""

LONG = {"commit-unverified-suffix"}
"""Needs more than 20 actions: a follower with a tail of its own behind a prefix that a late message shows."""


def caught(fault: Fault, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Caught:
    monkeypatch.chdir(folder)
    (only,) = catch([fault], seed=0, schedules=1000, most_seconds=60, processes=1)
    return only


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.id, marks=[pytest.mark.deep] if fault.id in SLOW else [])
        for fault in FAULTS
    ],
)
def test_the_fault_is_found_made_small_and_blamed_on_the_right_action(
    fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = caught(fault, monkeypatch, tmp_path)
    assert found.check.kept is not None, "it lives"
    assert found.name == fault.action
    if fault.id not in LONG:
        assert len(found.check.kept.schedule.actions) <= 20


def test_the_catalogue_has_the_faults_of_the_module_by_their_names() -> None:
    assert len(FAULTS) >= 22
    for fault in FAULTS:
        assert getattr(faults, fault.id.replace("-", "_")) is fault
        assert {fault.action, *fault.also} <= set(actions_of_raft())
        assert fault.title
        assert fault.source
        assert fault.breaks
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)


def test_faults_are_chosen_by_id() -> None:
    assert choose([]) == FAULTS
    assert choose(["quorum-half"]) == (faults.quorum_half,)
