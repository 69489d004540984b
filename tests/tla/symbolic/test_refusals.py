"""What lies outside of the fragment is refused with its place; nothing is approximated."""

from __future__ import annotations

import re

import pytest

from raftcheck.tla import TlaError, parse
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, verdicts

from .modules import election

ONE_LEADER = "\\A t \\in Term, c, d \\in Node : c \\in leaders[t] /\\ d \\in leaders[t] => c = d"


def refusal(*changes: tuple[str, str]) -> str:
    """The one line that the module is refused with; its place must be in the module."""
    with pytest.raises(TlaError) as refused:
        list(verdicts(Induction(parse(election(*changes))), Limits(), processes=1))
    found = re.fullmatch(r"<text>:\d+:\d+: (.*)", str(refused.value))
    assert found is not None, refused.value
    return found[1]


@pytest.mark.parametrize(
    ("formula", "seen"),
    [
        (
            "\\A t \\in Term : t + 1 \\in Term",
            "`+` is outside of the symbolic fragment; of numbers it has",
        ),
        ("\\A t \\in Term : t # 7", "7 stands where an element of Term is expected"),
        ("\\A t \\in Term : chief[t] = t", "Node meets Term here"),
        ("\\A A \\in SUBSET Node : A = {}", "a quantifier over SUBSET Node is outside of first-order logic"),
        ("(CHOOSE n \\in Node : TRUE) \\in Node", "CHOOSE is outside of the symbolic fragment"),
        ("[a |-> 1].a = 1", "a record field is outside of the symbolic fragment"),
        ("chief \\in Node", "something of [Term -> Node] stands where an element of Node is expected"),
        (
            "\\A q \\in Quorum : [n \\in q |-> {}] = past",
            "a function whose domain is not all of a constant set",
        ),
        ("past[0] = {}", "0 stands where an element of Node is expected"),
        ("\\A n \\in Node : n < n", "Node has no order here"),
        ("\\A n \\in Node : n", "expected a formula, saw something of Node"),
        ("0", "expected a formula, saw 0"),
        ('"yes"', 'expected a formula, saw "yes"'),
        ("leaders", "expected a formula, saw something of [Term -> SUBSET Node]"),
        ("CASE votes = {} -> TRUE", "CASE without OTHER is outside of the symbolic fragment"),
        (
            "\\A n \\in Node : CASE votes = {} -> TRUE [] n \\in leaders[0] -> FALSE [] OTHER -> TRUE",
            "this guard of CASE may hold together with that at",
        ),
        ("Term \\subseteq Nat", "`Nat` is outside of the symbolic fragment"),
    ],
)
def test_an_expression_is_refused(formula: str, seen: str) -> None:
    assert refusal((ONE_LEADER, formula)).startswith(seen)


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("Node # {} /\\ Quorum", "Quorum", "the constant set `Node` may be empty"),
        ("    /\\ past \\in [Node -> SUBSET Term]\n", "", "`TypeOK` says no type for `past`"),
        (
            "past \\in [Node -> SUBSET Term]",
            "past \\in [Quorum -> SUBSET Term]",
            "Quorum cannot be a part of what a set holds",
        ),
        ("    /\\ UNCHANGED <<leaders, chief>>\n", "", "nothing says what `leaders'` is"),
        ("chief' = [chief EXCEPT ![t] = c]", "chief' = [chief EXCEPT ![t] = t]", "Term meets Node here"),
        ('state = [n \\in Node |-> "idle"]', 'state = [n \\in Node |-> "asleep"]', '"asleep" stands where'),
        ("votes = {}", "votes = {<<0, 0>>}", "(something \\X something) meets (Node \\X Term \\X Node)"),
    ],
)
def test_a_declaration_or_an_action_is_refused(before: str, after: str, seen: str) -> None:
    assert refusal((before, after)).startswith(seen)


def test_what_is_no_longer_decidable_is_refused_with_both_places_and_the_cycle() -> None:
    """Each node asks for a term, and each term for a node."""
    nodes = "(\\A n \\in Node : \\E t \\in Term : <<n, t, n>> \\in votes)"
    terms = "(\\A t \\in Term : \\E n \\in Node : <<n, t, n>> \\in votes)"
    line = 1 + election((ONE_LEADER, "HERE")).split("HERE")[0].count("\n")
    message = refusal((ONE_LEADER, f"{nodes} /\\ {terms}"))
    assert message.startswith("that all conjuncts hold is not in EPR, for its sorts have a cycle: ")
    assert "Node -> Term -> Node" in message or "Term -> Node -> Term" in message
    assert message.count(f"\\E at {line}:") == message.count(f"below \\A at {line}:") == 2


def test_a_function_counts_as_well() -> None:
    """chief leads from terms to nodes."""
    message = refusal((ONE_LEADER, "\\A n \\in Node : \\E t \\in Term : chief[t] = n"))
    assert "the function `chief`" in message
