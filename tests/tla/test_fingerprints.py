"""Fingerprints say what a value is, and nothing else: no order of making, no hash seed, no table."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from raftcheck.tla import fingerprints
from raftcheck.tla.checker import check
from raftcheck.tla.errors import TlaError
from raftcheck.tla.fingerprints import StateFingerprints, fingerprint
from raftcheck.tla.values import FALSE, TRUE, ModelValue, Value, extended, function, restricted

from .test_checker import counts, model_of

VALUES: list[Value] = [
    0, 1, -1, 10**30, "", "1", "TRUE", TRUE, FALSE, ModelValue("m"), "m", (), (1,), ((1,),), ("1",),
    (1, 2), (2, 1), frozenset(), frozenset((1,)), frozenset((1, 2)), frozenset((frozenset((1,)), 2)),
    (frozenset(),), function({"a": 1}), function({"a": 2}), function({"b": 1}), function({"a": 1, "b": 2}),
    function({2: 1}), function({"a": 2, "b": 1}), function({(1, 2): "a"}), function({0: 1, 1: 2}),
]  # fmt: skip


def test_different_values_have_different_fingerprints() -> None:
    assert len({fingerprint(value) for value in VALUES}) == len(VALUES)
    states = StateFingerprints(2)
    assert len({states.of((a, b)) for a in VALUES for b in VALUES}) == len(VALUES) ** 2


def test_how_a_function_was_made_makes_no_difference() -> None:
    keys = [f"key{i}" for i in range(7)]
    small = function(dict.fromkeys(keys[2:5], 1))
    for key in [*keys[:2], *keys[5:]]:
        small = extended(small, key, 1)
    expected = fingerprint(small)
    fingerprints._digests.clear()
    fingerprints._domains.clear()
    whole = extended(function(dict.fromkeys((*keys, "other"), 1)), "more", 1)
    whole = restricted(restricted(whole, "other"), "more")
    assert whole is small
    assert fingerprint(whole) == expected


PROGRAM = """
from raftcheck.tla.fingerprints import StateFingerprints
from raftcheck.tla.values import FALSE, function
value = function({"a": frozenset("xyz"), "b": (1, 2), "c": FALSE})
print(StateFingerprints(2).of((value, frozenset((value, "z")))))
"""


def test_every_process_finds_the_same() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(found) == 1


def test_of_a_successor_only_what_changes_is_looked_at() -> None:
    states = StateFingerprints(3)
    exchange = states.exchange((0, 2))
    before, after = ("x", (1, 2), 3), (frozenset(), (1, 2), 4)
    assert exchange(exchange(states.of(before), before), after) == states.of(after)
    assert states.exchange(())(17, before) == 17


def test_tables_that_begin_anew_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [StateFingerprints(1).of((value,)) for value in VALUES]
    monkeypatch.setattr(fingerprints, "DIGESTS_MOST", 2)
    monkeypatch.setattr(fingerprints, "VARIABLE_MOST", 1)
    fingerprints._digests.clear()
    states = StateFingerprints(1)
    assert [states.of((value,)) for value in (*VALUES, *VALUES)] == expected * 2


def test_what_cannot_be_told_apart_is_refused() -> None:
    module = "EXTENDS Naturals\nVARIABLE s\nInit == s = {n \\in Nat : n > 3}\nNext == UNCHANGED s"
    with pytest.raises(TlaError, match=r"^M.tla:4:9: states cannot be told apart where .* \{x"):
        check(model_of(module))


def test_chance_in_next_does_not_hide_a_counterexample() -> None:
    module = "EXTENDS TLC, Naturals\nVARIABLE n\nInit == n = 0\nNext == n' = n + RandomElement(1..1000)"
    module += "\nInv == n < 4000"
    violation = check(model_of(module, "INIT Init NEXT Next INVARIANT Inv")).violation
    assert violation is not None
    states = [step.state[0] for step in violation.behavior]
    assert states == sorted(states)
    assert states[-2] < 4000 <= states[-1]


def test_a_constraint_may_ask_for_the_states_so_far() -> None:
    module = (
        "EXTENDS TLC, TLCExt, Naturals, Sequences\nVARIABLE n\nInit == n = 0\n"
        "Next == n' \\in {n + 1, n + 2}\nShort == Len(Trace) < 5 /\\ Trace[1].n = 0\nInv == n < 7"
    )
    result = check(model_of(module, "INIT Init NEXT Next CONSTRAINT Short INVARIANT Inv"))
    assert result.violation is not None
    assert [step.state for step in result.violation.behavior] == [(0,), (1,), (3,), (5,), (7,)]
    assert counts(result)[0] == 8
