"""Random walks: where they may go, what they find, and that the seed alone decides."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from raftcheck.tla.checker import Result
from raftcheck.tla.config import parse_config
from raftcheck.tla.model import Model
from raftcheck.tla.modules import parse
from raftcheck.tla.simulation import simulate

DRUNKARD = r"""
---- MODULE Drunkard ----
\* Walks along a street from either of two doors; falls into the ditch at its end.
EXTENDS Integers
VARIABLES at, fallen
Init == at \in {0, 1} /\ fallen = FALSE
Left == ~fallen /\ at > -3 /\ at' = at - 1 /\ UNCHANGED fallen
Right == ~fallen /\ \E far \in 1..2 : at' = at + far /\ UNCHANGED fallen
Fall == at >= 10 /\ ~fallen /\ fallen' = TRUE /\ UNCHANGED at
Next == Left \/ Right \/ Fall
OnTheStreet == at < 8
NearDoor == at < 4
SmallSteps == [][at' - at < 2]_at
Slowly == at' <= at + 1
Home == at # 0
Divided == 10 \div (8 - at) < 100
====
"""


def model(config: str) -> Model:
    return Model(parse(DRUNKARD.strip(), "Drunkard.tla"), parse_config(f"INIT Init NEXT Next {config}"))


def walked(config: str, walks: int = 200, depth: int = 30, seed: int = 1) -> Result:
    return simulate(model(config), seed=seed, walks=walks, depth=depth)


def test_walks_that_violate_nothing_are_all_made() -> None:
    result = walked("CONSTRAINT NearDoor", walks=50, depth=7)
    assert (result.walks, result.violation, result.stopped) == (50, None, "")
    assert (result.initial, result.depth) == (2, 8)
    assert set(result.actions) == {"Left", "Right"}
    assert result.generated == 2 + result.actions.total()


@pytest.mark.parametrize(
    ("config", "kind", "name"),
    [
        ("INVARIANT OnTheStreet", "invariant", "OnTheStreet"),
        ("INVARIANT OnTheStreet CONSTRAINT OnTheStreet", "invariant", "OnTheStreet"),
        ("INVARIANT Home", "invariant", "Home"),
        ("PROPERTY SmallSteps", "property", "SmallSteps"),
        ("", "deadlock", "deadlock"),
        ("INVARIANT Divided", "error", "Divided"),
    ],
)
def test_a_violation_ends_with_the_walk_that_led_to_it(config: str, kind: str, name: str) -> None:
    result = walked(config)
    violation = result.violation
    assert violation is not None
    assert (violation.kind, violation.name) == (kind, name)
    first, *following = violation.behavior
    assert first.action is None
    assert first.state in model(config).initial_states()
    before = first.state
    for step in following:
        found: list[object] = []
        assert step.action is not None
        step.action.run(before, found.append)
        assert step.state in found
        before = step.state


def test_a_step_that_breaks_an_action_constraint_is_not_taken() -> None:
    assert walked("ACTION_CONSTRAINT Slowly CONSTRAINT NearDoor PROPERTY SmallSteps").violation is not None
    slow = walked("ACTION_CONSTRAINT Slowly", walks=1, depth=200, seed=5)
    assert slow.violation is not None
    states = [step.state[0] for step in slow.violation.behavior]
    assert all(after <= before + 1 for before, after in pairwise(states))


def test_a_walk_that_may_not_go_on_is_no_deadlock() -> None:
    result = walked("CONSTRAINT NearDoor ACTION_CONSTRAINT NearDoor INVARIANT OnTheStreet", depth=5)
    assert result.violation is None


def test_the_level_is_that_of_the_state_of_the_walk() -> None:
    module = DRUNKARD.replace("Integers", "Integers, TLC").replace(
        "====\n",
        'Near == TLCGet("level") <= 3\nEarly == TLCGet("level") <= 5\n'
        'Begins == [][TLCGet("level") <= 4]_<<at, fallen>>\n====\n',
    )
    config = "INIT Init NEXT Next CONSTRAINTS NearDoor "

    def walked_by(statements: str) -> Result:
        leveled = Model(parse(module.strip(), "Drunkard.tla"), parse_config(config + statements))
        return simulate(leveled, seed=1, walks=20, depth=20)

    near = walked_by("Near")
    assert (near.violation, near.depth) == (None, 3)
    for statements in ("INVARIANT Early", "PROPERTY Begins"):
        violation = walked_by(statements).violation
        assert violation is not None
        assert len(violation.behavior) == 6


def test_a_bound_of_time_ends_the_walks() -> None:
    result = simulate(model("CONSTRAINT NearDoor"), seed=1, walks=None, depth=10, seconds=0.05)
    assert result.stopped == "time"
    assert result.seconds < 5


PROGRAM = """
import sys
from raftcheck.tla import Model, load, load_config, simulate
result = simulate(Model(load("Drunkard.tla"), load_config("Drunkard.cfg")), seed=7, walks=1000, depth=40)
print(result.generated, result.walks, sorted(result.actions.items()))
print([(str(step.action), step.state) for step in result.violation.behavior])
"""


def test_the_seed_alone_decides(tmp_path: Path) -> None:
    (tmp_path / "Drunkard.tla").write_text(DRUNKARD.strip())
    (tmp_path / "Drunkard.cfg").write_text("INIT Init NEXT Next INVARIANT OnTheStreet")
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_another_seed_walks_another_way() -> None:
    ways = {walked("INVARIANT OnTheStreet", seed=seed).generated for seed in range(8)}
    assert len(ways) > 2


ASKING = (
    DRUNKARD.replace("EXTENDS ", "EXTENDS TLC, TLCExt, FiniteSets, ")
    .replace(
        "Home ==",
        r"""Level == TLCGet("level") <= 4 /\ Len(Trace) = TLCGet("level") /\ TLCGet("stats").traces < 5
Config == TLCGet("config").mode = "simulate" /\ TLCGet("config").depth = 6 /\ TLCGet("config").traces = 5
Ends == TLCGet("diameter") < 2 \/ TLCSet("exit", TRUE)
Ditch == Cardinality(CounterExample.state) > 1
Made == TLCGet("stats").traces = 4
Home ==""",
    )
    .replace("FiniteSets, ", "FiniteSets, Sequences, ")
)


def asked(config: str) -> Result:
    module = parse(ASKING.strip(), "Drunkard.tla")
    settings = parse_config(f"INIT Init NEXT Next CONSTRAINT NearDoor {config}")
    return simulate(Model(module, settings), seed=3, walks=5, depth=6)


def test_the_model_may_ask_how_the_walks_go() -> None:
    assert asked("INVARIANT Config").violation is None
    violation = asked("INVARIANT Level").violation
    assert violation is not None
    assert (violation.kind, len(violation.behavior)) == ("invariant", 5)


def test_the_model_may_end_the_walks() -> None:
    result = asked("CONSTRAINT Ends")
    assert (result.stopped, result.walks) == ("exit", 2)


def test_a_postcondition_is_tested_after_the_walks() -> None:
    violation = asked("POSTCONDITION Made").violation
    assert violation is not None
    assert (violation.kind, violation.name, violation.behavior) == ("postcondition", "Made", ())
    assert asked("INVARIANT Level POSTCONDITION Ditch").warnings == ()
    assert asked("INVARIANT Level POSTCONDITION Made").warnings == ("POSTCONDITION Made is false, too",)
