"""Several processes find what one finds: the same counts, the same violation, the same order of states."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from raftcheck.spec.model import FOLDER
from raftcheck.tla import Model, TlaError, checker, load, load_config, parse, parse_config
from raftcheck.tla.checker import Result, check

from . import test_checker, test_symmetry

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="needs a system that forks"
)


@pytest.fixture(autouse=True)
def share_small_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "WORTH_SHARING", 1)


def told(result: Result) -> object:
    """All that a result says but for the time."""
    found = result.violation
    behavior = [(str(step.action), step.state) for step in found.behavior] if found else None
    return (
        result.distinct, result.generated, result.depth, result.initial, result.queue, result.stopped,
        result.actions, result.found, found and (found.kind, found.name, found.message), behavior,
    )  # fmt: skip


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("case", test_checker.COMPLETE.values(), ids=test_checker.COMPLETE)
def test_what_is_counted_is_the_same(case: test_checker.Case, workers: int) -> None:
    assert told(check(case.model(), workers=workers)) == told(check(case.model()))


@pytest.mark.parametrize("case", test_symmetry.COMPLETE.values(), ids=test_symmetry.COMPLETE)
def test_what_counts_as_one_is_the_same(case: test_symmetry.Case) -> None:
    model = test_symmetry.model(case.config)
    assert told(check(model, workers=3)) == told(check(model))


@pytest.mark.parametrize("broken", test_checker.BROKEN.values(), ids=test_checker.BROKEN)
def test_what_is_violated_is_the_same(broken: test_checker.Broken) -> None:
    alone, together = check(broken.case.model()).violation, check(broken.case.model(), workers=3).violation
    assert alone is not None
    assert together is not None
    assert (together.kind, together.name) == (alone.kind, alone.name)
    assert [(str(s.action), s.state) for s in together.behavior] == [
        (str(s.action), s.state) for s in alone.behavior
    ]


@pytest.mark.parametrize(("text", "message", "states"), test_checker.ERRORS.values(), ids=test_checker.ERRORS)
def test_what_has_no_value_is_located(text: str, message: str, states: int) -> None:
    model = test_checker.model_of(test_checker.COUNTER + text, "INIT Init NEXT Next INVARIANT Inv")
    violation = check(model, workers=2).violation
    assert violation is not None
    assert (violation.kind, violation.message, len(violation.behavior)) == ("error", message, states)


def test_the_model_of_raft_is_searched_by_two() -> None:
    result = check(Model(load(FOLDER / "MCraft.tla"), load_config(FOLDER / "MCraft1.cfg")), workers=2)
    assert (result.distinct, result.generated, result.depth) == (2093, 23547, 19)


ENDLESS = """---- MODULE Endless ----
EXTENDS Naturals, TLC
VARIABLES n, m
Init == n = 0 /\\ m = 0
Next == \\/ n' = n + 1 /\\ m' = m
        \\/ m' = m + 1 /\\ n' = n
Ends == n < 6 \\/ TLCSet("exit", TRUE)
===="""


def endless(config: str = "") -> Model:
    return Model(parse(ENDLESS, "Endless.tla"), parse_config(f"INIT Init NEXT Next {config}"))


def test_a_bound_of_depth_ends_all() -> None:
    assert told(check(endless(), depth=9, workers=2)) == told(check(endless(), depth=9))
    assert not multiprocessing.active_children()


def test_a_bound_of_time_ends_all() -> None:
    result = check(endless(), seconds=0.5, workers=2)
    assert (result.stopped, result.violation) == ("time", None)
    assert not multiprocessing.active_children()


def test_an_interrupt_ends_all_with_what_is_known() -> None:
    def interrupt(result: Result) -> None:
        if result.depth == 12:
            raise KeyboardInterrupt

    result = check(endless(), interrupt, workers=3)
    assert (result.stopped, result.distinct) == ("interrupt", 12 * 13 // 2)
    assert not multiprocessing.active_children()


def test_the_model_may_end_the_search() -> None:
    assert check(endless("CONSTRAINT Ends"), workers=2).stopped == "exit"


def test_a_worker_that_is_killed_ends_the_search_with_one_message() -> None:
    def kill(result: Result) -> None:
        for child in multiprocessing.active_children():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(TlaError, match=r"^a worker process .*ended"):
        check(endless(), kill, workers=3)
    assert not multiprocessing.active_children()


def test_a_question_about_the_run_is_answered_by_one_process() -> None:
    """Each of several would know its own part only."""
    module = "EXTENDS Naturals, TLC\nVARIABLES m, n\nInit == m = 0 /\\ n = 0\n"
    module += "Next == (m < 60 /\\ m' = m + 1 /\\ n' = n) \\/ (n < 60 /\\ n' = n + 1 /\\ m' = m)\n"
    module += 'Few == TLCGet("generated") < 3000'
    model = test_checker.model_of(module, "INIT Init NEXT Next INVARIANT Few CHECK_DEADLOCK FALSE")
    alone, together = check(model).violation, check(model, workers=3).violation
    assert alone is not None
    assert together is not None
    assert together.behavior[-1].state == alone.behavior[-1].state
