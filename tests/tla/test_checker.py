"""The explicit checker: what it counts, what it finds, and that TLC says the same of the same modules."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from raftcheck.tla.checker import Result, Violation, check
from raftcheck.tla.config import parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Action, Model
from raftcheck.tla.modules import parse
from raftcheck.tla.tlc import Options

from .tlc import needs_tlc, run_tlc

LIFT = r"""
---- MODULE Lift ----
\* A lift goes to the floors to which it is called. It may begin at either end.
EXTENDS Integers
CONSTANT Top
VARIABLES floor, doors, calls
vars == <<floor, doors, calls>>
Floors == 0..Top
Init == floor \in {0, Top} /\ doors = "shut" /\ calls = {}
Call(n) == n \notin calls /\ calls' = calls \cup {n} /\ UNCHANGED <<floor, doors>>
Open == /\ doors = "shut" /\ floor \in calls
        /\ doors' = "open" /\ calls' = calls \ {floor}
        /\ UNCHANGED floor
Shut == doors = "open" /\ doors' = "shut" /\ UNCHANGED <<floor, calls>>
Move(way) ==
    /\ doors = "shut" /\ floor \notin calls
    /\ \E n \in calls : (n - floor) * way > 0
    /\ floor' = floor + way
    /\ UNCHANGED <<doors, calls>>
Next == (\E n \in Floors : Call(n)) \/ Open \/ Shut \/ \E way \in {-1, 1} : Move(way)
Spec == Init /\ [][Next]_vars

TypeOK == floor \in Floors /\ doors \in {"open", "shut"} /\ calls \subseteq Floors
StaysWhileOpen == [][doors = "open" => floor' = floor]_vars
OneFloorAtATime == [][floor' - floor \in {-1, 1}]_floor
NeverFull == calls # Floors
Nowhere == floor # Top
CallsStay == [][calls \subseteq calls']_calls
FewCalls == ~(\E a, b, c \in calls : a < b /\ b < c)
Upwards == floor' >= floor
====
"""

BANK = r"""
---- MODULE Bank ----
\* Transfers in two steps, so that money is on its way in between.
EXTENDS Integers, FiniteSets, Sequences
CONSTANT Accounts
VARIABLES balance, moving
Init == balance = [a \in Accounts |-> 2] /\ moving = <<>>
Take(a, b) ==
    /\ Len(moving) < 2
    /\ \E amount \in 1..balance[a] :
        /\ balance' = [balance EXCEPT ![a] = @ - amount]
        /\ moving' = Append(moving, [to |-> b, amount |-> amount])
Put ==
    /\ moving # <<>>
    /\ LET first == Head(moving) IN
        balance' = [balance EXCEPT ![first.to] = @ + first.amount]
    /\ moving' = Tail(moving)
Next == Put \/ \E a, b \in Accounts : a # b /\ Take(a, b)
RECURSIVE Sum(_, _)
Sum(f, S) == IF S = {} THEN 0 ELSE LET a == CHOOSE a \in S : TRUE IN f[a] + Sum(f, S \ {a})
Held == Sum(balance, Accounts)
Moved == IF moving = <<>> THEN 0 ELSE Sum([k \in DOMAIN moving |-> moving[k].amount], DOMAIN moving)
NothingIsLost == Held + Moved = 2 * Cardinality(Accounts)
NothingIsMoving == Held = 2 * Cardinality(Accounts)
NotAllToOne == \A a \in Accounts : balance[a] < 2 * Cardinality(Accounts)
====
"""

JUGS = r"""
---- MODULE Jugs ----
\* Two jugs of 3 and 5 gallons; is there a way to 4?
EXTENDS Naturals
VARIABLES small, big
Min(a, b) == IF a < b THEN a ELSE b
Init == small = 0 /\ big = 0
Fill(jug) == \/ jug = "small" /\ small' = 3 /\ UNCHANGED big
             \/ jug = "big" /\ big' = 5 /\ UNCHANGED small
Empty(jug) == CASE jug = "small" -> small' = 0 /\ UNCHANGED big
                [] jug = "big" -> big' = 0 /\ UNCHANGED small
SmallToBig == LET poured == Min(small, 5 - big)
              IN  small' = small - poured /\ big' = big + poured
BigToSmall == LET poured == Min(big, 3 - small)
              IN  small' = small + poured /\ big' = big - poured
Next == \/ \E jug \in {"small", "big"} : Fill(jug) \/ Empty(jug)
        \/ SmallToBig
        \/ BigToSmall
NotFour == big # 4
====
"""

MUTEX = r"""
---- MODULE Mutex ----
\* Two processes take two locks, each in its own order.
EXTENDS FiniteSets
CONSTANTS Process, Lock, None
VARIABLES holder, wants
Init == /\ holder = [l \in Lock |-> None]
        /\ wants \in [Process -> {w \in SUBSET Lock : Cardinality(w) = 2}]
Take(p, l) == /\ l \in wants[p] /\ holder[l] = None
              /\ holder' = [holder EXCEPT ![l] = p]
              /\ wants' = [wants EXCEPT ![p] = @ \ {l}]
Release(p) == /\ wants[p] = {}
              /\ holder' = [l \in Lock |-> IF holder[l] = p THEN None ELSE holder[l]]
              /\ wants' = [wants EXCEPT ![p] = {l \in Lock : holder[l] = p}]
Next == \E p \in Process : Release(p) \/ \E l \in Lock : Take(p, l)
Alone == \A p, r \in Process : wants[p] = {} /\ wants[r] = {} => p = r
====
"""

WAYS = r"""
---- MODULE Ways ----
\* Whatever an action goes through is looked at once for each way in which it is true.
EXTENDS Naturals
VARIABLES n, m
vars == <<n, m>>
Init == n = 0 /\ (m = 0 \/ m = 0)
Odd(k) == k = 0 \/ k % 2 = 0 \/ \E j \in {1, 2} : k = 2 * j - 1
Choice       == n < 2 /\ n' = n + 1 /\ Odd(n) /\ UNCHANGED m
All          == (\A k \in {1, 2} : n = 0 \/ m = 0) /\ UNCHANGED vars
AllOfState   == (\A k \in {n, n + 1, 2} : k = n \/ k > n \/ k = 2) /\ UNCHANGED vars
AllOfPairs   == (\A k, j \in {n} : k = n \/ j = n) /\ UNCHANGED vars
Implied      == (n = 0 => (m = 0 \/ n = 0)) /\ UNCHANGED vars
Named        == (LET both == n < 9 \/ m < 9 IN both) /\ UNCHANGED vars
Conditional  == (IF n = 0 THEN m = 0 \/ n = 0 ELSE m = 0) /\ UNCHANGED vars
Afterwards   == n' \in {n} /\ m' = 1 /\ (n' = 0 \/ m' = 1)
Equivalent   == ((n = 0 \/ m = 0) <=> TRUE) /\ UNCHANGED vars
Next == \/ Choice \/ All \/ AllOfState \/ AllOfPairs \/ Implied \/ Named \/ Conditional
        \/ Afterwards \/ Equivalent
Small == n + m < 4
====
"""


@dataclass(frozen=True)
class Case:
    """A module and a configuration, and what TLC 2.15 found of it."""

    text: str
    config: str
    distinct: int
    generated: int
    depth: int
    actions: dict[str, int] = field(default_factory=dict)
    deadlock: bool = False

    @property
    def name(self) -> str:
        return self.text.split()[2]

    def checked(self) -> Result:
        return check(self.model())

    def model(self) -> Model:
        switch = "" if self.deadlock else "\nCHECK_DEADLOCK FALSE"
        return Model(parse(self.text.strip(), f"{self.name}.tla"), parse_config(self.config + switch))

    def checked_by_tlc(self, folder: Path) -> Result:
        module, config = folder / f"{self.name}.tla", folder / f"{self.name}.cfg"
        module.write_text(self.text.strip())
        config.write_text(self.config)
        return run_tlc(module, config, Options(deadlock=self.deadlock)).result


LIFT_OF_4 = "SPECIFICATION Spec CONSTANT Top = 3\n"
BANK_OF_2 = 'INIT Init NEXT Next CONSTANT Accounts = {"ann", "bob"}\n'
TWO_LOCKS = 'INIT Init NEXT Next CONSTANTS Process = {p1, p2} Lock = {"a", "b"} None = None\n'

COMPLETE = {
    "several initial states, step properties": Case(
        LIFT, LIFT_OF_4 + "INVARIANT TypeOK PROPERTIES StaysWhileOpen OneFloorAtATime",
        128, 402, 8, {"Call": 256, "Open": 32, "Shut": 64, "Move": 48},
    ),
    "a state constraint": Case(
        LIFT, LIFT_OF_4 + "INVARIANT TypeOK CONSTRAINT FewCalls",
        88, 322, 6, {"Call": 224, "Open": 16, "Shut": 44, "Move": 36},
    ),
    "an action constraint": Case(
        LIFT, LIFT_OF_4 + "INVARIANT TypeOK ACTION_CONSTRAINT Upwards",
        128, 402, 9, {"Call": 256, "Open": 32, "Shut": 64, "Move": 48},
    ),
    "both constraints": Case(
        LIFT, LIFT_OF_4 + "CONSTRAINT FewCalls ACTION_CONSTRAINT Upwards",
        88, 322, 8, {"Call": 224, "Open": 16, "Shut": 44, "Move": 36},
    ),
    "choices inside of actions": Case(
        BANK, BANK_OF_2 + "INVARIANT NothingIsLost", 65, 121, 5, {"Put": 60, "Next": 60},
    ),
    "what is true in several ways": Case(
        WAYS, "INIT Init NEXT Next INVARIANT Small", 6, 73, 4,
        {"Choice": 6, "All": 7, "AllOfState": 12, "AllOfPairs": 12, "Implied": 7, "Named": 12,
         "Conditional": 5, "Afterwards": 6, "Equivalent": 4},
    ),
    "disjunctions and CASE in actions": Case(
        JUGS, "INIT Init NEXT Next",
        16, 97, 8, {"Fill": 32, "Empty": 32, "SmallToBig": 16, "BigToSmall": 16},
    ),
    "model values and sets of functions": Case(
        MUTEX, TWO_LOCKS + "INVARIANT Alone", 9, 15, 3, {"Take": 12, "Release": 2},
    ),
}  # fmt: skip


def counts(found: Result) -> tuple[int, int, int]:
    return found.distinct, found.generated, found.depth


@pytest.mark.parametrize("case", COMPLETE.values(), ids=COMPLETE)
def test_every_state_is_found_and_counted(case: Case) -> None:
    result = case.checked()
    assert result.violation is None
    assert counts(result) == (case.distinct, case.generated, case.depth)
    assert dict(result.actions) == case.actions


# Each costs the start of a Java machine, so that most are for the deep suite.
with_tlc = [
    pytest.param(case, id=name, marks=[] if name.startswith("what is true") else pytest.mark.deep)
    for name, case in COMPLETE.items()
]


@needs_tlc
@pytest.mark.parametrize("case", with_tlc)
def test_tlc_counts_the_same(case: Case, tmp_path: Path) -> None:
    tlc = case.checked_by_tlc(tmp_path)
    assert tlc.violation is None
    assert counts(tlc) == (case.distinct, case.generated, case.depth)
    assert +tlc.actions == case.actions


# --- what is violated ---------------------------------------------------------------------------------


def steps(result: Result) -> list[str]:
    """The actions of the counterexample; one state more than these."""
    assert result.violation is not None
    first, *following = result.violation.behavior
    assert first.action is None
    return [str(step.action) for step in following]


@dataclass(frozen=True)
class Broken:
    """A case that ends with a violation: its kind, the name of what is violated, the steps to it."""

    case: Case
    kind: str
    name: str
    steps: list[str]


BROKEN = {
    "an invariant": Broken(
        Case(JUGS, "INIT Init NEXT Next INVARIANT NotFour", 0, 0, 0), "invariant", "NotFour",
        ['Fill("big")', "BigToSmall", 'Empty("small")', "BigToSmall", 'Fill("big")', "BigToSmall"],
    ),
    "an invariant, with arguments of steps": Broken(
        Case(LIFT, LIFT_OF_4 + "INVARIANTS TypeOK NeverFull", 0, 0, 0), "invariant", "NeverFull",
        ["Call(0)", "Call(1)", "Call(2)", "Call(3)"],
    ),
    "an invariant in an initial state": Broken(
        Case(LIFT, LIFT_OF_4 + "INVARIANT Nowhere", 0, 0, 0), "invariant", "Nowhere", [],
    ),
    "an invariant outside of a constraint": Broken(
        Case(LIFT, LIFT_OF_4 + "INVARIANT FewCalls CONSTRAINT FewCalls", 0, 0, 0), "invariant", "FewCalls",
        ["Call(0)", "Call(1)", "Call(2)"],
    ),
    "a property of steps": Broken(
        Case(LIFT, LIFT_OF_4 + "PROPERTY CallsStay", 0, 0, 0), "property", "CallsStay",
        ["Call(0)", "Open"],
    ),
    "a deadlock": Broken(
        Case(MUTEX, TWO_LOCKS, 0, 0, 0, deadlock=True), "deadlock", "deadlock",
        ['Take(p1, "a")', 'Take(p2, "b")'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_violation_comes_with_a_shortest_way_to_it(broken: Broken) -> None:
    result = broken.case.checked()
    assert result.violation is not None
    assert (result.violation.kind, result.violation.name) == (broken.kind, broken.name)
    assert steps(result) == broken.steps


@pytest.mark.deep
@needs_tlc
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_tlc_finds_a_way_of_the_same_length(broken: Broken, tmp_path: Path) -> None:
    tlc = broken.case.checked_by_tlc(tmp_path)
    assert tlc.violation is not None
    assert tlc.violation.kind == broken.kind
    assert len(tlc.violation.behavior) == len(broken.steps) + 1


def test_the_states_of_a_counterexample_follow_from_each_other() -> None:
    model = BROKEN["an invariant"].case.model()
    result = check(model)
    assert result.violation is not None
    first, *following = result.violation.behavior
    assert first.state in model.initial_states()
    before = first.state
    for step in following:
        found: list[object] = []
        assert isinstance(step.action, Action)
        step.action.run(before, found.append)
        assert step.state in found
        before = step.state
    assert before == (3, 4)


def test_progress_is_told_level_by_level() -> None:
    seen: list[tuple[int, int]] = []
    check(COMPLETE["choices inside of actions"].model(), lambda r: seen.append((r.depth, r.distinct)))
    assert seen == sorted(seen)
    assert seen[-1] == (5, 65)


# --- what has no value --------------------------------------------------------------------------------


def model_of(text: str, config: str = "INIT Init NEXT Next") -> Model:
    return Model(parse(f"---- MODULE M ----\n{text}\n====", "M.tla"), parse_config(config))


COUNTER = """EXTENDS Integers, Sequences
VARIABLE n
Init == n = 0
"""

ERRORS = {
    "in an action": (
        "Next == n < 3 /\\ n' = <<1, 2>>[n + 1]\nInv == TRUE",
        "M.tla:5:23: <<1, 2>> is applied to 3, which is not in its domain", 3,
    ),
    "in a guard": (
        "Next == n' = n + 1 /\\ Head(<<n>> \\o n)\nInv == TRUE",
        "M.tla:5:28: expected a sequence, saw 0", 1,
    ),
    "in an invariant": (
        "Next == n' = n + 1\nInv == /\\ n >= 0\n       /\\ n # 2 \\/ n.field",
        "M.tla:7:20: field `field` of 2, which is not a record", 3,
    ),
    "where a truth is expected": (
        "Next == n' = n + 1 /\\ (IF n < 2 THEN TRUE ELSE n)\nInv == TRUE",
        "M.tla:5:48: expected TRUE or FALSE, saw 2", 3,
    ),
    "in CHOOSE": (
        "Next == n' = CHOOSE k \\in {1} : k > n\nInv == TRUE",
        "M.tla:5:14: CHOOSE finds no such element", 2,
    ),
    "in CASE": (
        "Next == CASE n = 0 -> n' = 1\nInv == TRUE",
        "M.tla:5:9: no arm of CASE is true, and there is no OTHER", 2,
    ),
    "in a set to choose from": (
        "Next == \\E k \\in n : n' = k\nInv == TRUE",
        "M.tla:5:18: expected a set, saw 0", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "states"), ERRORS.values(), ids=ERRORS)
def test_what_has_no_value_is_located(text: str, message: str, states: int) -> None:
    result = check(model_of(COUNTER + text, "INIT Init NEXT Next INVARIANT Inv"))
    assert result.violation is not None
    assert result.violation.kind == "error"
    assert result.violation.message == message
    assert len(result.violation.behavior) == states


def test_what_has_no_value_in_an_initial_state_is_located() -> None:
    with pytest.raises(TlaError, match=r"^M.tla:4:13: the divisor of .* is 0$"):
        check(model_of("EXTENDS Naturals\nVARIABLE n\nInit == n = 1 \\div 0\nNext == UNCHANGED n"))


def test_a_false_assumption_ends_the_check() -> None:
    with pytest.raises(TlaError, match=r"^M.tla:2:1: ASSUME here is false$"):
        check(model_of("ASSUME 1 = 2\nVARIABLE n\nInit == n = 0\nNext == UNCHANGED n"))


# --- chance -------------------------------------------------------------------------------------------

PROGRAM = """
import sys
from raftcheck.tla import Model, check, load, load_config
for name in sys.argv[1:]:
    result = check(Model(load(name + ".tla"), load_config(name + ".cfg")))
    print(result.distinct, result.generated, result.depth, sorted(result.actions.items()))
    print(*[(str(step.action), step.state) for step in result.violation.behavior])
"""


def test_the_hash_seed_changes_nothing(tmp_path: Path) -> None:
    names = []
    for broken in BROKEN.values():
        name = f"M{len(names)}"
        text = broken.case.text.strip().replace(f"MODULE {broken.case.name}", f"MODULE {name}")
        (tmp_path / f"{name}.tla").write_text(text)
        (tmp_path / f"{name}.cfg").write_text(broken.case.config)
        names.append(name)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *names],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().count(b"\n") == 2 * len(BROKEN)


# --- bounds -------------------------------------------------------------------------------------------

ENDLESS = "EXTENDS Naturals\nVARIABLES n, m\nInit == n = 0 /\\ m = 0\nUp == n' = n + 1 /\\ m' = m\nNext == Up"


def test_a_bound_of_depth_ends_the_search() -> None:
    result = check(COMPLETE["choices inside of actions"].model(), depth=3)
    assert (result.depth, result.stopped, result.violation) == (3, "depth", None)
    assert 0 < result.queue < result.distinct < 65


def test_a_bound_that_is_not_reached_changes_nothing() -> None:
    result = check(COMPLETE["choices inside of actions"].model(), depth=6, seconds=600, memory=1 << 40)
    assert (counts(result), result.stopped, result.queue) == ((65, 121, 5), "", 0)


def test_a_bound_of_time_ends_the_search() -> None:
    result = check(model_of(ENDLESS), seconds=0.1)
    assert (result.stopped, result.queue, result.violation) == ("time", 1, None)
    assert result.distinct == result.generated == result.actions["Up"] + 1


def test_a_bound_of_memory_ends_the_search() -> None:
    assert check(model_of(ENDLESS), memory=1).stopped == "memory"


def test_an_interrupt_ends_the_search_with_what_is_known() -> None:
    def interrupt(result: Result) -> None:
        if result.depth == 4:
            raise KeyboardInterrupt

    result = check(model_of(ENDLESS), interrupt)
    assert (result.stopped, result.depth, result.distinct) == ("interrupt", 4, 4)


def test_progress_is_told_inside_of_a_long_level() -> None:
    depths: list[int] = []
    variables = "a, b, c, d, e, f, g"
    every = " /\\ ".join(f"{name} \\in 1..9" for name in variables.split(", "))
    wide = f"EXTENDS Naturals\nVARIABLES {variables}\nInit == {every}\nNext == UNCHANGED <<{variables}>>"
    check(model_of(wide), lambda result: depths.append(result.depth), seconds=1.5)
    assert depths == [1]


def test_what_is_initial_and_what_is_new_is_counted() -> None:
    result = COMPLETE["several initial states, step properties"].checked()
    assert result.initial == 2
    assert result.found == {"Call": 76, "Open": 32, "Shut": 2, "Move": 16}


# --- after the search, and beside it ------------------------------------------------------------------

REPORT = r"""
EXTENDS Naturals, TLC
VARIABLES n, m
vars == <<n, m>>
Init == n = 0 /\ m \in {0, 1}
Up == n < 4 /\ n' = n + 1 /\ m' = m
Next == Up \/ UNCHANGED vars
Low == n < 3
AllFound == TLCGet("distinct") = 10 /\ TLCGet("diameter") = 5 /\ TLCGet("level") = 0
Stats == TLCGet("stats").distinct = 10 /\ TLCGet("stats").queue = 0
Wrong == TLCGet("distinct") = 9
NoValue == TLCGet("distinct") + TRUE = 9
Level == TLCGet("level") = n + 1
Shallow == TLCGet("level") < 3
Shown == [sum |-> n + m, more |-> n' - n]
NoRecord == n
Ends == n < 2 \/ TLCSet("exit", TRUE)
"""


@pytest.mark.parametrize("name", ["AllFound", "Stats"])
def test_a_postcondition_may_ask_what_was_found(name: str) -> None:
    result = check(model_of(REPORT, f"INIT Init NEXT Next POSTCONDITION {name}"))
    assert (result.violation, counts(result)) == (None, (10, 20, 5))


def test_a_false_postcondition_is_a_violation_without_a_behavior() -> None:
    result = check(model_of(REPORT, "INIT Init NEXT Next POSTCONDITION Wrong"))
    assert result.violation == Violation("postcondition", "Wrong", ())
    assert result.distinct == 10


def test_a_postcondition_without_a_value_is_located() -> None:
    violation = check(model_of(REPORT, "INIT Init NEXT Next POSTCONDITION NoValue")).violation
    assert violation is not None
    assert violation.kind == "error"
    assert violation.message.startswith("M.tla:13:12: ")


def test_the_level_is_that_of_the_state_that_is_looked_at() -> None:
    result = check(model_of(REPORT, "INIT Init NEXT Next INVARIANT Level"))
    assert (result.violation, result.distinct) == (None, 10)


def test_on_a_step_the_level_is_that_of_the_state_where_it_begins() -> None:
    module = REPORT.replace("Shallow ==", 'Begins == TLCGet("level") = n + 1 /\\ n < 2\nShallow ==')
    result = check(model_of(module, "INIT Init NEXT Next ACTION_CONSTRAINT Begins"))
    assert counts(result) == (6, 14, 3)
    steps = "INIT Init NEXT Next CONSTRAINT Low PROPERTY Steps"
    module = module.replace("Shallow ==", 'Steps == [][n\' > n => TLCGet("level") = n + 1]_vars\nShallow ==')
    assert check(model_of(module, steps)).violation is None


def test_a_constraint_of_the_level_bounds_the_search() -> None:
    result = check(model_of(REPORT, "INIT Init NEXT Next CONSTRAINT Shallow"))
    assert counts(result) == (4, 10, 2)


def test_the_level_of_a_step_is_that_of_the_state_before() -> None:
    result = check(model_of(REPORT, "INIT Init NEXT Next ACTION_CONSTRAINT Shallow"))
    assert counts(result) == (6, 14, 3)  # as the TLC of 2026 counts


def test_the_model_may_end_the_search() -> None:
    result = check(model_of(REPORT, "INIT Init NEXT Next CONSTRAINT Ends"))
    assert (result.stopped, result.violation) == ("exit", None)
    assert result.distinct < 10


def test_an_alias_shows_a_step_of_a_counterexample() -> None:
    model = model_of(REPORT, "INIT Init NEXT Next INVARIANT Low ALIAS Shown")
    violation = check(model).violation
    assert violation is not None
    states = [step.state for step in violation.behavior]
    after = [*states[1:], states[-1]]
    assert [model.alias(*pair) for pair in zip(states, after, strict=True)] == [
        {"sum": 0, "more": 1}, {"sum": 1, "more": 1}, {"sum": 2, "more": 1}, {"sum": 3, "more": 0},
    ]  # fmt: skip


@pytest.mark.parametrize("keyword", ["ALIAS", "POSTCONDITION"])
def test_a_name_that_is_needed_at_the_end_is_looked_up_before_the_search(keyword: str) -> None:
    seen: list[Result] = []
    with pytest.raises(TlaError, match=r"defines no `Show`; did you mean `Shown`") as refused:
        check(model_of(REPORT, f"INIT Init NEXT Next {keyword} Show"), seen.append)
    assert refused.value.span is not None
    assert not seen


def test_an_alias_that_is_no_record_shows_the_variables() -> None:
    model = model_of(REPORT, "INIT Init NEXT Next ALIAS NoRecord")
    assert model.alias((1, 0), (2, 0)) == {"n": 1, "m": 0}


# --- what is said beside the verdict ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("", []),
        ("CONSTRAINT Low", ["CONSTRAINT"]),
        ("ACTION_CONSTRAINT Low VIEW vars", ["VIEW", "ACTION_CONSTRAINT"]),
    ],
)
def test_what_may_hide_a_violated_temporal_property_is_said(more: str, named: list[str]) -> None:
    module = REPORT.replace("Low ==", "Spec == Init /\\ [][Next]_vars\nOften == []<>(n >= 0)\nLow ==")
    warnings = check(model_of(module, f"SPECIFICATION Spec PROPERTY Often {more}")).warnings
    assert [warning.partition(" is declared")[0] for warning in warnings] == named
    assert check(model_of(module, f"SPECIFICATION Spec {more}")).warnings == ()


COUNTEREXAMPLE = REPORT.replace("EXTENDS ", "EXTENDS TLCExt, FiniteSets, ").replace(
    "Low ==",
    r"""Right == /\ CounterExample.state = {<<i + 1, [n |-> i, m |-> 0]>> : i \in 0..3}
         /\ Cardinality(CounterExample.action) = 3
         /\ \A a \in CounterExample.action : a[2].name = "Up" /\ a[3][1] = a[1][1] + 1
Low ==""",
)


@pytest.mark.parametrize(
    ("name", "warnings"),
    [("Right", ()), ("Wrong", ("POSTCONDITION Wrong is false, too",))],
)
def test_a_postcondition_may_ask_for_the_counterexample(name: str, warnings: tuple[str, ...]) -> None:
    result = check(model_of(COUNTEREXAMPLE, f"INIT Init NEXT Next INVARIANT Low POSTCONDITION {name}"))
    assert result.violation is not None
    assert (result.violation.kind, result.warnings) == ("invariant", warnings)


@pytest.mark.parametrize("bound", [{"seconds": 0.3}, {"memory": 1}])
def test_a_bound_holds_also_within_one_state(bound: dict[str, Any]) -> None:
    module = "EXTENDS Naturals, FiniteSets\nVARIABLE n\nInit == n = 0\n"
    module += "Next == \\E s \\in SUBSET (1..60 + n) : Cardinality(s) = 61 /\\ n' = 1"
    result = check(model_of(module), **bound)
    assert (result.stopped, result.violation) == (next(iter(bound)).replace("seconds", "time"), None)
    assert result.seconds < 20


def test_a_bound_holds_where_the_garbage_collector_calls_back() -> None:
    """What is raised there goes no further: other tools install such callbacks."""

    def busy(_phase: str, _info: dict[str, int]) -> None:
        sum(range(20_000))

    gc.callbacks.append(busy)
    try:
        test_a_bound_holds_also_within_one_state({"seconds": 0.3})
    finally:
        gc.callbacks.remove(busy)
