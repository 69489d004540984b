"""Failures of known kinds are passed over, counted, and never taken for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.properties.campaign import Campaign
from raftcheck.properties.checking import check
from raftcheck.properties.finding import Finding
from raftcheck.properties.known import UnknownKind, check_known, is_known, label_of
from raftcheck.properties.lockstep import run
from raftcheck.properties.safety import Violation
from raftcheck.properties.schedules import Schedule, Timeout
from raftcheck.properties.shrink import shrink
from raftcheck.traces.refusal import Difference, Refusal

from .nodes import Counting, Making

FAULT = "raftcheck.properties.faults:vote_volatile"
LABEL = "Restart:voted_for"


def refusal(*names: str) -> Refusal:
    """One of HandleAppendEntriesResponse, in which these differ."""
    differences = tuple(Difference(name, "1", "2") for name in names)
    return Refusal(1, "n1", "Receive", "HandleAppendEntriesResponse", (), None, None, differences, "", ())


def test_a_refusal_is_called_by_its_action_and_the_fields_that_differ() -> None:
    label = label_of(refusal("matchIndex", "nextIndex", "sends mmatchIndex", "sends"))
    assert label == "HandleAppendEntriesResponse:match_index+next_index+sends.match_index+sends"
    assert label_of(refusal()) == "HandleAppendEntriesResponse"


def test_other_failures_are_called_by_property_or_kind() -> None:
    assert label_of(Violation("ElectionSafety", ("n1", "n2"), 0, "", "")) == "ElectionSafety"
    assert label_of(Finding("hang", "n1", "", "", "")) == "hang"


def test_an_action_stands_for_all_its_fields_and_nothing_else_does() -> None:
    both = refusal("matchIndex", "nextIndex")
    assert is_known(both, ["HandleAppendEntriesResponse:match_index+next_index"])
    assert is_known(both, ["HandleAppendEntriesResponse"])
    assert not is_known(both, ["HandleAppendEntriesResponse:match_index", "Restart"])


def test_known_failures_are_counted_and_others_still_found(tmp_path: Path) -> None:
    found = check(Campaign(FAULT, 0, 12), folder=tmp_path)
    assert found.kept is not None
    assert found.kept.report().splitlines()[-2] == f"name      {LABEL}"
    passed = check(Campaign(FAULT, 0, 12, known=(LABEL,)), folder=tmp_path)
    assert passed.known[LABEL] > 1
    assert (passed.schedules, passed.word, passed.kept) == (12, "conforms", None)
    other = check(Campaign(FAULT, 0, 12, known=("Timeout",)), folder=tmp_path)
    assert other.word == "diverges"


def test_shrinking_does_not_slip_into_a_known_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mistaken(Counting):
        """Raises at its first tick; after two ticks of n2, otherwise."""

        def fire(self, timer: str) -> None:
            super().fire(timer)
            assert self.env.me != "n1", "at once"

    making = Making(Mistaken)
    schedule = Schedule(("n1", "n2"), (Timeout("n2", "tick"), Timeout("n1", "tick")), {})
    failure = run(making, schedule.servers, {}, schedule.actions).failure
    assert failure is not None
    plain, _ = shrink(making, schedule, failure, lambda servers: None)
    assert len(plain.actions) == 1
    # Where whatever is shorter has a known name, the schedule stays as it is.
    labels = {1: "known", 2: "new"}
    monkeypatch.setattr(
        "raftcheck.properties.shrink.is_known", lambda failed, known: labels[_ticks(making)] in known
    )
    kept, _ = shrink(making, schedule, failure, lambda servers: None, ["known"])
    assert kept.actions == schedule.actions


def _ticks(making: Making) -> int:
    """How many ticks there were in the last run."""
    servers = len({node.env.me for node in making.nodes[-2:]})
    return sum(node.count for node in making.nodes[-servers:])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Restrat:voted_for", "did you mean `Restart`?"),
        ("zzz", "expected a name as reports have it"),
        ("Restart:voted_four", "did you mean `voted_for`?"),
        ("Restart:", "expected a name as reports have it"),
        ("hang:voted_for", "expected `hang` alone"),
    ],
)
def test_a_name_that_no_failure_has_is_refused(name: str, said: str) -> None:
    check_known(
        [
            "Restart",
            "StepDown",
            "HearOther:commit_index",
            "ElectionSafety",
            "hang",
            "HandleAppendEntriesResponse:match_index",
            label_of(refusal("log", "sends", "sends mmatchIndex", "message", "message mterm")),
        ]
    )
    with pytest.raises(UnknownKind, match=f"no failure is called `{name}`") as caught:
        check_known(["hang", name])
    assert said in str(caught.value)
