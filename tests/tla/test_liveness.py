"""Temporal properties: what the checker says of small models, and that the behaviors it shows are that.

Verdicts that are written down here are TLC's; it is asked again where it is to be found.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from raftcheck.tla.checker import Result, check
from raftcheck.tla.config import parse_config
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import parse
from raftcheck.tla.tlc import Options

from .lassos import Judge
from .tlc import needs_tlc, run_tlc


def model_of(module: str, config: str) -> Model:
    return Model(parse(module.strip(), "M.tla"), parse_config(config, "M.cfg"))


def reachable(model: Model) -> list[State]:
    found = list(dict.fromkeys(model.initial_states()))
    seen = set(found)
    for state in found:
        for action in model.actions():
            successors: list[State] = []
            action.run(state, successors.append)
            found += [new for new in dict.fromkeys(successors) if new not in seen]
            seen.update(successors)
    return found


def assert_is_counterexample(model: Model, result: Result) -> None:
    """The behavior is one of the specification, fair, and violates the property that is named."""
    violation = result.violation
    assert violation is not None
    assert violation.loop is not None
    judge = Judge(model, reachable(model))
    states = [step.state for step in violation.behavior]
    assert judge.is_behavior(states, violation.loop), states
    if model.config.specification is not None:
        assert judge.satisfies(model.config.specification.name, states, violation.loop), states
    assert not judge.satisfies(violation.name, states, violation.loop), (states, violation.loop)


# --- random graphs and formulas -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Walk:
    """A module whose states are the nodes of a graph, with random fairness and a random property."""

    module: str
    config: str


def random_walk(seed: int) -> Walk:
    chance = random.Random(seed)
    size = chance.randint(2, 4)
    nodes = range(1, size + 1)

    def some() -> str:
        return f"{{{', '.join(str(n) for n in nodes if chance.random() < 0.5)}}}"

    def action() -> str:
        return chance.choice([f"Go({some()}, {some()})", "Next", f"Go({some()}, {{{chance.choice(nodes)}}})"])

    def formula(depth: int) -> str:
        if depth == 0:
            return f"n \\in {some()}"
        inner = [formula(depth - chance.randint(1, 2) if depth > 1 else 0) for _ in range(2)]
        return chance.choice(
            [
                f"[]({inner[0]})",
                f"<>({inner[0]})",
                f"(({inner[0]}) ~> ({inner[1]}))",
                f"(({inner[0]}) /\\ ({inner[1]}))",
                f"(({inner[0]}) \\/ ({inner[1]}))",
                f"(({inner[0]}) => ({inner[1]}))",
                f"~({inner[0]})",
                f"[]<><<{action()}>>_n",
                f"<>[][{action()}]_n",
                f"WF_n({action()})",
                f"SF_n({action()})",
                f"[]<>({inner[0]})",
                f"<>[]({inner[0]})",
                f"(({inner[0]}) <=> ({inner[1]}))",
                f"(IF n = 1 THEN {inner[0]} ELSE {inner[1]})",
                f"(\\A k{depth} \\in 1..2 : n # k{depth} => ({inner[0]}))",
            ]
        )

    edges = " @@ ".join(f"{n} :> {some()}" for n in nodes)
    fairness = "".join(
        f" /\\ {chance.choice(['WF', 'SF'])}_n({action()})" for _ in range(chance.randint(0, 3))
    )
    module = f"""
---- MODULE M ----
EXTENDS Integers, TLC
VARIABLE n
Edges == {edges}
Init == n \\in {{1, {chance.choice(nodes)}}}
Go(S, T) == n \\in S /\\ n' \\in Edges[n] \\cap T
Next == n' \\in Edges[n]
Spec == Init /\\ [][Next]_n{fairness}
Property == {formula(chance.randint(1, 3))}
===="""
    return Walk(module, "SPECIFICATION Spec PROPERTY Property CHECK_DEADLOCK FALSE")


def lassos(model: Model, length: int) -> Iterator[tuple[tuple[State, ...], int]]:
    """All behaviors of the model, stuttering ones as well, that return within so many states."""
    steps: dict[State, list[State]] = {}
    for state in reachable(model):
        steps[state] = [state]
        for action in model.actions():
            action.run(state, steps[state].append)
    todo = [(state,) for state in dict.fromkeys(model.initial_states())]
    for path in todo:
        for loop in range(len(path)):
            if path[loop] in steps[path[-1]]:
                yield path, loop
        if len(path) < length:
            todo += [(*path, state) for state in dict.fromkeys(steps[path[-1]]) if state != path[-1]]


def compare(walk: Walk, length: int = 5) -> str:
    """What the checker says of the property, after a comparison with all short behaviors."""
    model = model_of(walk.module, walk.config)
    result = check(model)
    if result.violation is None:
        judge = Judge(model, reachable(model))
        for states, loop in lassos(model, length):
            assert judge.satisfies("Property", states, loop) or not judge.satisfies("Spec", states, loop), (
                walk.module, states, loop,
            )  # fmt: skip
        return "holds"
    if result.violation.loop is None:
        return "safety"
    assert_is_counterexample(model, result)
    return "violated"


@pytest.mark.parametrize("group", range(4))
def test_random_properties_of_random_graphs_are_judged_as_all_short_behaviors_say(group: int) -> None:
    said = Counter(compare(random_walk(seed), 4) for seed in range(group * 50, group * 50 + 50))
    assert said["holds"] > 5, said
    assert said["violated"] > 5, said


def test_the_depth_is_that_of_the_search_and_not_of_the_lasso() -> None:
    result = check(model_of(CLOCK, "SPECIFICATION Spec PROPERTY Stops"))
    assert result.violation is not None
    assert len(result.violation.behavior) == 3
    assert result.depth == 1


# --- models, with TLC's verdicts ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A module, a configuration, the property that is violated ("" for none), and how long the behavior is.

    `states` is 0 where there is none; `stutters` tells whether the behavior ends in one state for ever.
    """

    module: str
    config: str
    violated: str = ""
    states: int = 0
    stutters: bool = False


CLOCK = """
---- MODULE M ----
EXTENDS Integers
VARIABLE hour
Init == hour \\in 0..2
Tick == hour' = (hour + 1) % 3
Free == Init /\\ [][Tick]_hour
Spec == Free /\\ WF_hour(Tick)
Strikes == \\A h \\in 0..2 : []<>(hour = h)
Ticks == []<><<Tick>>_hour
Stops == <>[][FALSE]_hour
FirstZero == hour = 0 ~> hour = 1
Begins == hour = 0
Early == hour < 2 /\\ Strikes
InOrder == [][hour' = (hour + 1) % 3]_hour
Backwards == [][hour' < hour]_hour
Always == [](hour < 2) /\\ Strikes
Never == ~(<>(hour = 1))
Either == <>[](hour = 0) \\/ Ticks
===="""

MUTEX = """
---- MODULE M ----
EXTENDS Naturals
CONSTANT Process
VARIABLE at
Init == at = [p \\in Process |-> "idle"]
Try(p) == at[p] = "idle" /\\ at' = [at EXCEPT ![p] = "waiting"]
Enter(p) ==
    /\\ at[p] = "waiting"
    /\\ \\A q \\in Process : at[q] # "critical"
    /\\ at' = [at EXCEPT ![p] = "critical"]
Leave(p) == at[p] = "critical" /\\ at' = [at EXCEPT ![p] = "idle"]
Next == \\E p \\in Process : Try(p) \\/ Enter(p) \\/ Leave(p)
Free == Init /\\ [][Next]_at
Weak(p) == WF_at(Enter(p)) /\\ WF_at(Leave(p))
Spec == Free /\\ \\A p \\in Process : Weak(p)
Strong == Spec /\\ \\A p \\in Process : SF_at(Enter(p))
Served(p) == at[p] = "waiting" ~> at[p] = "critical"
AllServed == \\A p \\in Process : Served(p)
SomeServed == \\E p \\in Process : Served(p)
Progress == (\\E p \\in Process : at[p] = "waiting") ~> (\\E p \\in Process : at[p] = "critical")
Leaves == \\A p \\in Process : []<>(at[p] # "critical")
Busy == \\A p \\in Process : []<><<Enter(p)>>_at
Conditional == (\\A p \\in Process : []<>(at[p] = "waiting")) => Busy
StrongEnough == (\\A p \\in Process : SF_at(Enter(p))) => AllServed
CanEnter == [](\\A p \\in Process : at[p] = "critical" => ~ENABLED Enter(p))
OnceIn == LET in(p) == at[p] = "critical" IN \\A p \\in Process : [](in(p) => <>~in(p))
===="""

RING = """
---- MODULE M ----
EXTENDS Naturals
CONSTANT N
VARIABLES token, wants, served
vars == <<token, wants, served>>
Node == 0..N-1
Init == token = 0 /\\ wants \\in SUBSET Node /\\ served = {}
Pass == token' = (token + 1) % N /\\ UNCHANGED <<wants, served>>
Serve == /\\ token \\in wants /\\ wants' = wants \\ {token} /\\ served' = served \\cup {token}
         /\\ UNCHANGED token
Want(n) == n \\notin served /\\ wants' = wants \\cup {n} /\\ UNCHANGED <<token, served>>
Next == Pass \\/ Serve \\/ \\E n \\in Node : Want(n)
Spec == Init /\\ [][Next]_vars /\\ WF_vars(Pass)
Fair == Spec /\\ SF_vars(Serve)
FairEach == Spec /\\ \\A n \\in Node : SF_vars(token = n /\\ Serve)
Granted == \\A n \\in Node : n \\in wants ~> n \\in served
Settles == <>[](served = wants \\cup served)
Rests == <>[][Pass]_vars
Grows == [](served # {} => [](served # {}))
Nested == [](wants = {} => <>[](wants = {}))
Idle == [](wants = {} => [](wants = {}))
===="""

COUNTER = """
---- MODULE M ----
EXTENDS Naturals
VARIABLES low, high
vars == <<low, high>>
Init == low = 0 /\\ high = 0
Next == low' = 1 - low /\\ high' = IF low = 1 THEN 1 - high ELSE high
Spec == Init /\\ [][Next]_vars /\\ WF_vars(Next)
Lazy == Init /\\ [][Next]_vars
---- MODULE Count ----
CONSTANT Most
VARIABLE n
CInit == n = 0
CNext == n' = (n + 1) % (Most + 1)
CSafe == CInit /\\ [][CNext]_n
CSpec == CSafe /\\ WF_n(CNext)
CElse == n = 1 /\\ [][CNext]_n
====
Both == INSTANCE Count WITH n <- low + 2 * high, Most <- 3
Bit(n) == INSTANCE Count WITH Most <- 1
Low == INSTANCE Count WITH n <- low, Most <- 1
Counts == Both!CSafe
CountsOn == Both!CSafe /\\ []<><<Both!CNext>>_(low + 2 * high)
Bits == Bit(low)!CSpec /\\ Bit(high)!CSafe
Lowest == Low!CSpec
Less == INSTANCE Count WITH n <- low + 2 * high, Most <- 2
Shorter == Less!CSafe
Else == Both!CElse
===="""

BOUNDED = """
---- MODULE M ----
EXTENDS Naturals
VARIABLE n
Init == n = 0
Next == n' = n + 1
Spec == Init /\\ [][Next]_n /\\ WF_n(Next)
Small == n < 3
Grows == <>(n = 5)
Moves == []<><<Next>>_n
===="""

TWO = "CONSTANT Process = {p1, p2} SPECIFICATION "
THREE = "CONSTANT N = 3 SPECIFICATION "

CASES = {
    "a clock that need not tick": Case(CLOCK, "SPECIFICATION Free PROPERTY Strikes", "Strikes", 1, True),
    "a clock that ticks": Case(CLOCK, "SPECIFICATION Spec PROPERTIES Strikes Ticks FirstZero InOrder Either"),
    "a clock that shall stop": Case(CLOCK, "SPECIFICATION Spec PROPERTIES Ticks Stops", "Stops", 3),
    "a clock that begins at any hour": Case(CLOCK, "SPECIFICATION Spec PROPERTY Begins", "Begins", 1),
    "the second of two conjuncts of a state": Case(CLOCK, "SPECIFICATION Spec PROPERTY Early", "Early", 1),
    "a clock that shall go backwards": Case(CLOCK, "SPECIFICATION Spec PROPERTY Backwards", "Backwards", 2),
    "what is always true": Case(CLOCK, "SPECIFICATION Spec PROPERTY Always", "Always", 1),
    "a negation": Case(CLOCK, "SPECIFICATION Spec PROPERTY Never", "Never", 3),
    "stuttering violates an alternative": Case(CLOCK, "SPECIFICATION Free PROPERTY Ticks", "Ticks", 1, True),
    "INIT and NEXT have no fairness": Case(CLOCK, "INIT Init NEXT Tick PROPERTY Ticks", "Ticks", 1, True),
    "a mutex with weak fairness": Case(MUTEX, TWO + "Spec PROPERTY AllServed", "AllServed", 4),
    "a mutex with strong fairness": Case(MUTEX, TWO + "Strong PROPERTIES AllServed Progress Leaves OnceIn"),
    "some process is served": Case(MUTEX, TWO + "Spec PROPERTY SomeServed"),
    "a process may stay idle": Case(MUTEX, TWO + "Strong PROPERTY Busy", "Busy", 1, True),
    "a process that waits again and again": Case(MUTEX, TWO + "Strong PROPERTY Conditional"),
    "strong fairness as a premise": Case(MUTEX, TWO + "Spec PROPERTIES StrongEnough Progress CanEnter"),
    "a mutex without fairness": Case(MUTEX, TWO + "Free PROPERTY Progress", "Progress", 2, True),
    "a ring that only passes the token": Case(RING, THREE + "Spec PROPERTY Granted", "Granted", 3),
    "a ring that serves somebody": Case(RING, THREE + "Fair PROPERTY Granted"),
    "a ring that serves everybody": Case(RING, THREE + "FairEach PROPERTIES Granted Settles Rests Grows"),
    "what is wanted may never be served": Case(RING, THREE + "Spec PROPERTY Settles", "Settles", 3),
    "wants come to an end": Case(RING, THREE + "FairEach PROPERTY Nested"),
    "wants may begin late": Case(RING, THREE + "FairEach PROPERTY Idle", "Idle", 5),
    "a counter of two bits": Case(COUNTER, "SPECIFICATION Spec PROPERTIES Counts CountsOn Lowest"),
    "a counter that may stop": Case(
        COUNTER, "SPECIFICATION Lazy PROPERTIES Counts Lowest", "Lowest", 1, True
    ),
    "a counter that goes too far": Case(COUNTER, "SPECIFICATION Spec PROPERTY Shorter", "Shorter", 4),
    "a counter that begins elsewhere": Case(COUNTER, "SPECIFICATION Spec PROPERTY Else", "Else", 1),
    "what a constraint cuts off": Case(BOUNDED, "SPECIFICATION Spec CONSTRAINT Small PROPERTY Grows", "", 0),
    "ENABLED asks the action, not the constraint": Case(
        BOUNDED, "SPECIFICATION Spec CONSTRAINT Small PROPERTY Moves", "", 0
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_models_are_judged_as_tlc_judges_them(case: Case) -> None:
    model = model_of(case.module, case.config)
    violation = check(model).violation
    assert (violation.name if violation else "") == case.violated
    if violation is not None:
        assert violation.kind == "property"
        assert len(violation.behavior) == case.states
        assert (violation.loop == case.states - 1) == case.stutters
        if violation.loop is not None:
            assert_is_counterexample(model, check(model))


@pytest.mark.deep
@needs_tlc
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tlc_agrees(case: Case, tmp_path: Path) -> None:
    module, config = tmp_path / "M.tla", tmp_path / "M.cfg"
    module.write_text(case.module.strip())
    config.write_text(case.config.replace("CHECK_DEADLOCK FALSE", ""))
    opinion = run_tlc(module, config, Options(deadlock=False))
    ours, theirs = check(model_of(case.module, case.config)).violation, opinion.result.violation
    assert (ours is None) == (theirs is None), opinion.log
    if ours is not None and theirs is not None:
        assert (ours.loop is None) == (theirs.loop is None), opinion.log


@pytest.mark.deep
@needs_tlc
@pytest.mark.parametrize("seed", [seed for seed in range(24) if seed not in (2, 7, 22)])
def test_tlc_agrees_on_random_properties_of_random_graphs(seed: int, tmp_path: Path) -> None:
    """What TLC refuses is left out: `<=>` of temporal formulas, actions deep inside of a formula."""
    walk = random_walk(seed)
    test_tlc_agrees(Case(walk.module, walk.config), tmp_path)


def test_an_instance_with_a_parameter_is_fair_for_what_the_parameter_stands_for() -> None:
    """TLC 2.15 refuses such a property, later ones do not."""
    assert check(model_of(COUNTER, "SPECIFICATION Spec PROPERTY Bits")).violation is None
    violation = check(model_of(COUNTER, "SPECIFICATION Lazy PROPERTY Bits")).violation
    assert violation is not None
    assert violation.loop == 0


def test_a_step_is_enabled_in_an_instance_whatever_it_makes_of_what_is_replaced() -> None:
    """n' = ... has a solution, though (low + 2 * high)' = ... does not say what low' and high' are."""
    module = COUNTER.replace("Less ==", "Fully == Both!CSpec\nLess ==")
    assert check(model_of(module, "SPECIFICATION Spec PROPERTY Fully")).violation is None
    violation = check(model_of(module, "SPECIFICATION Lazy PROPERTY Fully")).violation
    assert violation is not None
    assert (violation.kind, violation.name) == ("property", "Fully")


def test_enabledness_that_nothing_can_tell_is_an_error_with_its_place() -> None:
    """Nothing says what high' is before it is asked for."""
    module = COUNTER.replace("Less ==", "Fully == WF_vars(low' = high')\nLess ==")
    violation = check(model_of(module, "SPECIFICATION Spec PROPERTY Fully")).violation
    assert violation is not None
    assert violation.kind == "error"
    assert violation.message == "M.tla:25:25: `high'` is read before it has a value"


def test_what_an_impure_predicate_says_is_as_of_when_all_successors_are_known() -> None:
    """A trace that is read to its end, and one that is not: TLC says the same of both."""
    trace = r"""
---- MODULE M ----
EXTENDS Naturals, TLC
CONSTANT Last
VARIABLE l
Init == l = 1
Next == l <= 9 /\ l # Last /\ l' = l + 1
Spec == Init /\ [][Next]_l
Matched == [](l <= 9 => [](TLCGet("queue") = 1 \/ l > 9))
===="""
    config = "CONSTANT Last = {} SPECIFICATION Spec PROPERTY Matched CHECK_DEADLOCK FALSE"
    assert check(model_of(trace, config.format(20))).violation is None
    violation = check(model_of(trace, config.format(5))).violation
    assert violation is not None
    assert (violation.name, len(violation.behavior), violation.loop) == ("Matched", 5, 4)
