"""SYMMETRY and VIEW: which states count as one, and that TLC counts the same."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from raftcheck.tla import Model, TlaError, check, parse, parse_config, parse_value
from raftcheck.tla.checker import Result
from raftcheck.tla.symmetry import Symmetry, group
from raftcheck.tla.tlc import Options
from raftcheck.tla.values import ModelValue, function

from .tlc import needs_tlc, run_tlc

PARLOUR = r"""
---- MODULE Parlour ----
\* Guests come and go, sit on chairs, talk to each other, and the last words are remembered.
EXTENDS Naturals, Sequences, FiniteSets, TLC
CONSTANTS Guests, Chairs, Nobody
VARIABLES on, said, count, first
vars == <<on, said, count, first>>
Init == /\ on = [c \in Chairs |-> Nobody]
        /\ said = <<>>
        /\ count = 0
        /\ first = Nobody
Seated == {on[c] : c \in Chairs} \ {Nobody}
Sit(g, c) == /\ g \notin Seated /\ on[c] = Nobody
             /\ on' = [on EXCEPT ![c] = g]
             /\ first' = IF first = Nobody THEN g ELSE first
             /\ UNCHANGED <<said, count>>
Rise(g) == /\ \E c \in Chairs : on[c] = g /\ on' = [on EXCEPT ![c] = Nobody]
           /\ UNCHANGED <<said, count, first>>
Say(g, h) == /\ {g, h} \subseteq Seated /\ g # h
             /\ said' = IF Len(said) < 2 THEN Append(said, [from |-> g, to |-> {h}]) ELSE Tail(said)
             /\ count' = (count + 1) % 3
             /\ UNCHANGED <<on, first>>
Next == \/ \E g \in Guests, c \in Chairs : Sit(g, c)
        \/ \E g \in Guests : Rise(g)
        \/ \E g, h \in Guests : Say(g, h)
Spec == Init /\ [][Next]_vars

OfGuests == Permutations(Guests)
OfAll == Permutations(Guests) \cup Permutations(Chairs)
Turns == {[g \in Guests |-> IF g = first1 THEN second1 ELSE IF g = second1 THEN third1 ELSE first1] :
          <<first1, second1, third1>> \in {t \in Guests \X Guests \X Guests :
                                           Cardinality({t[1], t[2], t[3]}) = 3}}
Numbers == Permutations({1, 2})
Constant == {[g \in Guests |-> CHOOSE h \in Guests : TRUE]}
NoSet == 7
Uncounted == <<on, said, first>>
OnChairs == on
Everything == <<vars, 1>>
Short == Len(said) < 2
Quiet == Len(said) < 2 \/ count # 2
Early == count < 2
Silent == [][said' = said \/ Len(said) < 2]_said
Patient == count' # 2 \/ said # <<>>
====
"""

THREE = "SPECIFICATION Spec CONSTANTS Guests = {g1, g2, g3} Chairs = {c1, c2} Nobody = Nobody\n"


@dataclass(frozen=True)
class Case:
    """A configuration, and what TLC 2.15 found: distinct, generated, depth."""

    config: str
    counts: tuple[int, int, int]


COMPLETE = {
    "nothing": Case("", (4954, 18295, 16)),
    "guests": Case("SYMMETRY OfGuests", (828, 3061, 16)),
    "guests and chairs": Case("SYMMETRY OfAll", (447, 1728, 16)),
    "turns alone": Case("SYMMETRY Turns", (1652, 6103, 16)),
    "a view": Case("VIEW Uncounted", (1678, 6199, 12)),
    "a view of one variable": Case("VIEW OnChairs", (13, 49, 3)),
    "a view and guests": Case("VIEW Uncounted SYMMETRY OfGuests", (282, 1045, 12)),
    "guests, constrained": Case("SYMMETRY OfGuests CONSTRAINT Short", (48, 181, 9)),
    "a view, constrained by what it leaves out": Case("VIEW Uncounted CONSTRAINT Early", (274, 1015, 9)),
    "guests, actions constrained": Case("SYMMETRY OfAll ACTION_CONSTRAINT Patient", (447, 1728, 16)),
}


def model(config: str) -> Model:
    return Model(parse(PARLOUR.strip(), "Parlour.tla"), parse_config(f"CHECK_DEADLOCK FALSE {THREE}{config}"))


def counts(result: Result) -> tuple[int, int, int]:
    return result.distinct, result.generated, result.depth


@pytest.mark.parametrize("case", COMPLETE.values(), ids=COMPLETE)
def test_states_of_one_class_count_once(case: Case) -> None:
    result = check(model(case.config))
    assert result.violation is None
    assert counts(result) == case.counts


@pytest.mark.deep
@needs_tlc
@pytest.mark.parametrize("case", COMPLETE.values(), ids=COMPLETE)
def test_tlc_counts_the_same(case: Case, tmp_path: Path) -> None:
    (tmp_path / "Parlour.tla").write_text(PARLOUR.strip())
    (tmp_path / "Parlour.cfg").write_text(THREE + case.config)
    result = run_tlc(tmp_path / "Parlour.tla", tmp_path / "Parlour.cfg", Options(deadlock=False)).result
    assert counts(result) == case.counts


BROKEN = {
    "an invariant": ("INVARIANT Quiet", "invariant", 12),
    "an invariant outside of a constraint": ("INVARIANT Short CONSTRAINT Short", "invariant", 7),
    "a property of steps": ("PROPERTY Silent", "property", 10),
}


@pytest.mark.parametrize("identified", ["", "SYMMETRY OfAll", "VIEW Everything SYMMETRY OfGuests"])
@pytest.mark.parametrize(("config", "kind", "most"), BROKEN.values(), ids=BROKEN)
def test_a_counterexample_is_a_behavior_and_as_short_as_without(
    config: str, kind: str, most: int, identified: str
) -> None:
    plain = check(model(config)).violation
    violation = check(model(f"{identified} {config}")).violation
    assert plain is not None
    assert violation is not None
    assert violation.kind == kind
    assert len(violation.behavior) == len(plain.behavior) <= most
    first, *following = violation.behavior
    before = first.state
    assert before in model(config).initial_states()
    for step in following:
        found: list[object] = []
        assert step.action is not None
        assert not isinstance(step.action, str)
        step.action.run(before, found.append)
        assert step.state in found
        before = step.state


def test_an_invariant_of_what_a_view_leaves_out_is_tested_on_the_states_that_are_searched() -> None:
    violation = check(model("VIEW Uncounted INVARIANT Quiet")).violation
    assert violation is None or violation.kind == "invariant"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("SYMMETRY Numbers", "expected a permutation of model values"),
        ("SYMMETRY Constant", "is no permutation: two values become one"),
        ("SYMMETRY NoSet", "expected a set of permutations, saw 7"),
        (
            "SYMMETRY Quiet",
            r"^<config>:2:10: SYMMETRY: expected a set of permutations; `Quiet` depends on the",
        ),
        ("SYMMETRY Sit", "`Sit` takes 2 arguments"),
        ("VIEW Missing", "defines no `Missing`"),
    ],
)
def test_what_is_no_symmetry_or_view_is_refused(config: str, message: str) -> None:
    with pytest.raises(TlaError, match=message):
        check(model(config))


def test_a_view_without_a_value_ends_with_the_behavior_up_to_there() -> None:
    text = """---- MODULE M ----
EXTENDS Naturals
VARIABLE n
Init == n = 0
Next == n' = n + 1
Seen == 6 \\div (3 - n)
===="""
    violation = check(Model(parse(text, "M.tla"), parse_config("INIT Init NEXT Next VIEW Seen"))).violation
    assert violation is not None
    assert (violation.kind, len(violation.behavior)) == ("error", 4)
    assert violation.message.startswith("M.tla:6:9: the divisor")


# --- canonical forms ----------------------------------------------------------------------------------


def permutations_of(*names: str) -> object:
    values = [ModelValue(name) for name in names]
    return frozenset(
        function(dict(zip(values, chosen, strict=True))) for chosen in itertools.permutations(values)
    )


VALUES = [
    "a", "{a, b}", "<<a, c>>", "[x |-> a, y |-> {b}]", "(a :> 1 @@ b :> 2 @@ c :> 2)", "<<>>", "{}", "3",
    "(<<a, b>> :> {c} @@ <<b, a>> :> {a})", "[x |-> d, y |-> {{a}, {b, c}}]", '"a"', "{<<1, a>>, <<2, b>>}",
]  # fmt: skip


def test_all_images_of_a_state_have_one_canonical_form() -> None:
    names = {name: ModelValue(name) for name in "abcd"}
    all_of_them = group(permutations_of(*"abc"))
    assert len(all_of_them) == 6
    values = [parse_value(text) for text in VALUES]
    symmetry = Symmetry(all_of_them, 3)
    chance = random.Random(1)
    states = [tuple(chance.choices(values, k=3)) for _ in range(300)]
    for adapted in (False, True):
        if adapted:
            symmetry.adapt(states[:50])
        for state in states:
            images = {tuple(p.image(value) for value in state) for p in all_of_them}
            forms = {symmetry.canonical(image) for image in images}
            assert len(forms) == 1
            assert forms <= images
    assert all(p.image(names["d"]) is names["d"] for p in all_of_them)


def test_permutations_are_completed_to_a_group() -> None:
    a, b, c, d = (ModelValue(name) for name in "abcd")
    turn = function({a: b, b: c, c: d, d: a})
    swap = function({a: b, b: a})
    assert len(group(frozenset([turn]))) == 4
    assert len(group(frozenset([swap]))) == 2
    assert len(group(frozenset([turn, swap]))) == 24
    assert len(group(frozenset())) == 1
