"""Inductive invariants: proved for any constants, or refuted by two small states."""

from __future__ import annotations

import re

import pytest

from raftcheck.tla import parse
from raftcheck.tla.errors import TlaError
from raftcheck.tla.symbolic.counterexamples import Counterexample
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, verdicts

from .modules import election


def refuted(text: str, invariant: str = "Inductive") -> dict[tuple[str, str], Counterexample]:
    """The counterexamples by action and conjunct; everything else is proved."""
    induction = Induction(parse(text), invariant)
    found = {}
    for verdict in verdicts(induction, Limits(), processes=2):
        assert verdict.outcome in ("proved", "refuted"), verdict
        if verdict.counterexample is not None:
            assert verdict.of.conjunct is not None
            place = induction.name(verdict.of.action), induction.conjuncts[verdict.of.conjunct].name
            found[place] = verdict.counterexample
    return found


def test_an_inductive_invariant_is_proved() -> None:
    assert refuted(election()) == {}


def test_a_second_vote_is_blamed_on_the_action_and_the_conjunct() -> None:
    found = refuted(election(("t \\notin past[n]", "TRUE")))
    assert list(found) == [("Vote", "OneVote")]
    (example,) = found.values()
    assert example.before is not None
    voted = [(voter, term) for voter, term, _ in example.after["votes"]]
    assert len(set(voted)) < len(voted)
    assert set(example.arguments) == {"n", "t", "c"}
    assert len(example.constants["Node"]) == 2


def test_a_leader_without_a_quorum_is_refuted() -> None:
    found = refuted(
        election(("\\A n \\in q : <<n, t, c>> \\in votes\n", "\\E n \\in q : <<n, t, c>> \\in votes\n"))
    )
    assert set(found) == {("Lead", "Elected"), ("Lead", "OneLeader")}


def test_an_invariant_that_is_true_but_not_inductive_is_refuted() -> None:
    """OneLeader alone says nothing of votes."""
    assert set(refuted(election(), "Alone")) == {("Lead", "OneLeader")}


def test_init_is_refuted_by_one_state() -> None:
    found = refuted(election(("votes = {}", "votes = Node \\X Term \\X Node")))
    assert {action for action, _ in found} == {"Init"}
    assert {conjunct for _, conjunct in found} >= {"OneVote", "VotesArePast"}
    assert all(example.before is None for example in found.values())


def test_the_type_of_a_variable_is_an_obligation_as_well() -> None:
    narrow = (
        "votes \\in SUBSET (Node \\X Term \\X Node)",
        "votes \\in SUBSET {v \\in Node \\X Term \\X Node : v[2] # 0}",
    )
    assert set(refuted(election(narrow))) == {("Vote", "TypeOK")}
    assert refuted(election(narrow, ("t \\notin past[n]", "t \\notin past[n] /\\ t # 0"))) == {}


def test_each_way_of_an_action_counts() -> None:
    """IF and \\/ with other new values on their sides are looked at side by side."""
    either = (
        "votes' = votes \\cup {<<n, t, c>>}\n",
        "(IF c = n THEN votes' = votes ELSE votes' = votes \\cup {<<n, t, c>>} \\/ votes' = {})\n",
    )
    assert set(refuted(election(either))) == {("Vote", "Elected")}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_verdict_does_not_depend_on_the_seed(seed: int) -> None:
    induction = Induction(parse(election(("t \\notin past[n]", "TRUE"))))
    outcomes = {
        verdict.of: verdict.outcome for verdict in verdicts(induction, Limits(seed=seed), processes=1)
    }
    wrong = [of for of, outcome in outcomes.items() if outcome != "proved"]
    names = [(induction.name(of.action), induction.conjuncts[of.conjunct or 0].name) for of in wrong]
    assert sorted(names) == [("Vote", "OneVote")]


def test_what_is_not_found_in_time_is_unknown_and_not_proved() -> None:
    induction = Induction(parse(election()))
    found = [verdict.outcome for verdict in verdicts(induction, Limits(seconds=1e-9), processes=1)]
    assert "unknown" in found
    assert "refuted" not in found


@pytest.mark.parametrize(
    ("guard", "impossible"),
    [
        ("t \\notin past[n] /\\ t \\in past[n]", {"Vote"}),
        ("t < 0", {"Vote"}),
        ("\\E a, b, d \\in Node : a # b /\\ a # d /\\ b # d /\\ t \\notin past[n]", set()),
    ],
)
def test_what_can_never_happen_is_vacuous(guard: str, impossible: set[str]) -> None:
    """An action that is never taken keeps everything; one that needs three nodes is taken where they are."""
    induction = Induction(parse(election(("t \\notin past[n]", guard))))
    found = list(verdicts(induction, Limits(), processes=2))
    assert {
        induction.name(verdict.of.action) for verdict in found if verdict.outcome == "vacuous"
    } == impossible
    assert all(verdict.outcome == "proved" for verdict in found if verdict.of.conjunct is not None)


def test_assumptions_that_contradict_each_other_prove_nothing() -> None:
    induction = Induction(parse(election(("q \\cap r # {}", "q \\cap r # {} /\\ q = {}"))))
    outcomes = {verdict.of: verdict.outcome for verdict in verdicts(induction, Limits(), processes=1)}
    assert {induction.name(of.action) for of, outcome in outcomes.items() if outcome == "vacuous"} == {
        "Init",
        "Vote",
        "Lead",
    }


PRIMED = r"""
---- MODULE Primed ----
CONSTANT S
ASSUME S # {}
VARIABLES x, y, role
TypeOK == x \in SUBSET S /\ y \in SUBSET S /\ role \in {"on", "off"}
Init == x = {} /\ y = {} /\ role = "off"
Same(v) == v' = v
Set(v, value, as) == v' = value /\ role' = as
Set2(Op(_), v, s, as) == v' = Op(s) /\ role' = as
Single(s) == {s}
A(v) == x' \in SUBSET S /\ y' \in SUBSET S /\ role' = role /\ UNCHANGED v
B(as, b) == x' = x /\ y' = (IF b THEN S ELSE y) /\ role' = as
C(v) == x' \in SUBSET S /\ role' = "on" /\ UNCHANGED v
Next == NEXT
Empty == y = {}
Inductive == TypeOK /\ Empty
====
"""
"""Parameters that stand for variables, and are primed."""


@pytest.mark.parametrize(
    ("following", "kept"),
    [
        ("x' = y /\\ y' \\in SUBSET S /\\ Same(y) /\\ Same(role)", True),
        ('\\E s \\in S : Set(x, {s}, "on") /\\ Same(y)', True),
        ('\\E s \\in S : Set(y, {s}, "on") /\\ Same(x)', False),
        ("\\E s \\in S : Set2(Single, x, s, role) /\\ Same(y)", True),
        ("\\E s \\in S : Set2(Single, y, s, role) /\\ Same(x)", False),
        ("A(y)", True),
        ("A(x)", False),
        ("A({})", False),
        ("C(y)", True),
        ("C(<<y, y>>)", True),
        ("Same(y) /\\ C(y)", True),
        ('B("on", TRUE)', False),
        ('B("on", FALSE)', True),
    ],
)
def test_what_a_parameter_stands_for_is_primed_in_the_action(following: str, kept: bool) -> None:
    found = refuted(PRIMED.replace("NEXT", following))
    assert {conjunct for _, conjunct in found} == (set() if kept else {"Empty"})


SETS = r"""
---- MODULE SetsOfSets ----
EXTENDS Naturals
CONSTANTS S, P, Q, Term
ASSUME S # {} /\ P # {} /\ Q # {} /\ Q \subseteq SUBSET S /\ P \subseteq SUBSET S
ASSUME Term # {} /\ Term \subseteq Nat
VARIABLES x, role
TypeOK == x \in SUBSET S /\ role \in {"on", "off"}
Init == x \in INITIAL /\ role = "on"
Next == x' \in FOLLOWING /\ role' \in STRINGS
Inductive == TypeOK /\ (CLAIM)
====
"""


def sets(initial: str, following: str, strings: str = '{"on", "off"}') -> str:
    """The sets that x, and role after a step, are chosen of."""
    return SETS.replace("INITIAL", initial).replace("FOLLOWING", following).replace("STRINGS", strings)


@pytest.mark.parametrize(
    "claim",
    [
        "\\A q \\in P : q \\in Q",
        "\\E q \\in P : q \\in Q",
        "\\A q \\in P : q \\notin Q",
        "\\A q \\in P : q \\in {r \\in Q : TRUE}",
        "\\A q, r \\in P : (IF x = {} THEN q ELSE r) \\in Q",
        "{q \\in P : q \\in Q} = P",
        "x \\in Q \\cup {{}}",
        "\\E y \\in {x} \\cap Q : TRUE",
        "{x} \\subseteq Q",
        "{S} \\subseteq Q",
        "{{}} \\subseteq Q",
        "UNION Q = S",
    ],
)
def test_what_is_in_one_set_of_sets_need_not_be_in_another(claim: str) -> None:
    text = sets("SUBSET S", "SUBSET S")
    assert ("Init", "Inductive.2") in refuted(text.replace("CLAIM", claim))


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("{0} \\subseteq Term", "0 stands where an element of Term"),
        ("{5} \\subseteq {t \\in Term : 0 <= t}", "5 stands where an element of Term"),
        ("UNION {{5}, {6}} \\subseteq Term", "5 stands where an element of Term"),
        ("{{5}} \\subseteq SUBSET Term", "5 stands where an element of Term"),
        ("\\E y \\in ({5} \\cap Term) : TRUE", "5 stands where an element of Term"),
        ('{"zzz"} \\subseteq S', '"zzz" stands where an element of S'),
        ('{<<"k", "zzz">>} \\subseteq S \\X S', '"k" stands where an element of S'),
        ("{<<x, x>>} \\subseteq Q \\X Q", "something of SUBSET S stands where an element of Q"),
        ('"zzz" \\in BOOLEAN', '"zzz" stands where an element of BOOLEAN'),
        ("x \\in UNION {Q, P}", "Q meets P here"),
        ("Q \\subseteq P", "Q meets P here"),
        ('role = "bad" \\/ TRUE', '"bad" stands where an element of {"off", "on"}'),
        ('role \\in {"bad"} \\/ TRUE', '"bad" stands where'),
        ('[s \\in {"on", "off"} \\cup {"bad"} |-> s] = [s \\in {"on", "off"} |-> s]', '"bad" stands where'),
        ('{"on", "bad"} = {"on", role}', '"bad" stands where'),
    ],
)
def test_what_never_met_a_sort_is_not_taken_for_one_of_its_elements(claim: str, said: str) -> None:
    text = sets("SUBSET S", "SUBSET S")
    with pytest.raises(TlaError, match=re.escape(said)):
        refuted(text.replace("CLAIM", claim))


def test_a_set_that_is_chosen_of_a_constant_set_is_one_of_it() -> None:
    text = sets("Q", "Q")
    assert refuted(text.replace("CLAIM", "x \\in Q")) == {}
    assert set(refuted(text.replace("CLAIM", "x \\in P"))) >= {("Next", "Inductive.2")}


@pytest.mark.parametrize(
    ("following", "said"), [("P", "P meets Q here"), ("SUBSET S", "SUBSET S meets elements of Q here")]
)
def test_what_is_chosen_of_more_than_the_type_has_is_refused(following: str, said: str) -> None:
    """Else the steps to the others would be lost."""
    text = sets("Q", following).replace("TypeOK == x \\in SUBSET S", "TypeOK == x \\in Q")
    with pytest.raises(TlaError, match=said):
        refuted(text.replace("CLAIM", "TRUE"))


def test_a_string_that_is_none_of_the_type_is_not_passed_over_where_it_is_chosen() -> None:
    """Else the step to it would be lost."""
    text = sets("SUBSET S", "SUBSET S", '{"on", "bad"}').replace("CLAIM", "TRUE")
    with pytest.raises(TlaError, match='"bad" stands where an element of'):
        refuted(text)


def test_a_set_of_strings_that_are_none_of_the_type_is_refused_before_anything_is_asked() -> None:
    text = r"""
---- MODULE Strings ----
VARIABLES y
TypeOK == y \in SUBSET {"a", "b"}
Init == y = {"z" : k \in BOOLEAN}
Next == UNCHANGED y
Inductive == TypeOK
====
"""
    induction = Induction(parse(text))
    with pytest.raises(TlaError, match='"z" stands where an element of'):
        induction.queries(None, 0)


@pytest.mark.parametrize("call", ["Outer(x)", "Three(x)"])
def test_a_parameter_of_a_parameter_stands_for_a_variable_too(call: str) -> None:
    inner = (
        "Inner(v) == \\/ v' = {} /\\ UNCHANGED <<y, role>>\n"
        "            \\/ v' = {} /\\ y' = S /\\ UNCHANGED role\n"
        "Outer(v) == Inner(v)\nThree(v) == Outer(v)\n"
    )
    found = refuted(PRIMED.replace("Next ==", f"{inner}Next ==").replace("NEXT", call))
    assert {conjunct for _, conjunct in found} == {"Empty"}


def test_actions_of_one_name_are_told_apart_by_their_place() -> None:
    induction = Induction(
        parse(PRIMED.replace("NEXT", "Set(x, {}, role) \\/ C(y) \\/ (C(x) /\\ C(y)) \\/ C(y)"))
    )
    assert [induction.name(place) for place in range(4)] == ["Set", "C:15:29", "Next", "C:15:55"]
