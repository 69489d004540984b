"""ENABLED in instances: what is replaced there stands for the state before the step only."""

from __future__ import annotations

from raftcheck.tla import Model, check, parse, parse_config

# A counts to 3 in steps of 1, and B by two variables, the sum of which is the count.
COUNTERS = """---- MODULE M ----
EXTENDS Integers
---- MODULE A ----
VARIABLE count
Step == count < 3 /\\ count' = count + 1
Jump == count' = count + 100
Spec == count = 0 /\\ [][Step]_count /\\ WF_count(Step)
CanStep == ENABLED Step
CanJump == ENABLED Jump
CanStay == ENABLED (UNCHANGED <<count>> /\\ count' < 3)
====
VARIABLES left, right
vars == <<left, right>>
I == INSTANCE A WITH count <- left + right
Init == left = 0 /\\ right = 0
Left == left < 1 /\\ left' = left + 1 /\\ UNCHANGED right
Right == right < 2 /\\ right' = right + 1 /\\ UNCHANGED left
Next == Left \\/ Right
Spec == Init /\\ [][Next]_vars /\\ WF_vars(Next)
Unfair == Init /\\ [][Next]_vars /\\ WF_vars(Left)
Refines == I!Spec
Enabledness == /\\ I!CanStep <=> left + right < 3
               /\\ I!CanJump
               /\\ I!CanStay <=> left + right < 3
====
"""
CONFIG = "SPECIFICATION {}\nINVARIANT Enabledness\nPROPERTY Refines\nCHECK_DEADLOCK FALSE"


def test_fairness_of_what_is_refined_is_that_of_the_refined_steps() -> None:
    """`count' = count + 1` is enabled though nothing says what left' and right' are."""
    model = Model(parse(COUNTERS), parse_config(CONFIG.format("Spec")))
    result = check(model)
    assert result.violation is None, result.violation
    assert result.distinct == 6


def test_a_refinement_without_the_fairness_that_it_needs_is_none() -> None:
    result = check(Model(parse(COUNTERS), parse_config(CONFIG.format("Unfair"))))
    assert result.violation is not None
    assert (result.violation.kind, result.violation.name) == ("property", "Refines")


def test_a_variable_gets_its_value_through_a_parameter_that_is_primed() -> None:
    """What an operator is given as x' may be what it says the value of."""
    text = """---- MODULE M ----
EXTENDS Integers
VARIABLE x
Becomes(old, new) == new = (old + 1) % 3
Init == x = 0
Next == Becomes(x, x')
===="""
    assert check(Model(parse(text), parse_config("INIT Init\nNEXT Next"))).distinct == 3
