"""What counts as a generated state where TLC takes formulas apart in its own way; the numbers are TLC's."""

from __future__ import annotations

from raftcheck.tla import Model, Result, check, parse, parse_config

WAYS = """---- MODULE M ----
EXTENDS Integers
VARIABLES n, m
Sums[k \\in 0..4] == \\/ k = 0
                    \\/ \\E j \\in 1..2 : j <= k /\\ Sums[k - j]
Reached(k) == LET Paths[i \\in 0..4] == \\/ i = 0
                                      \\/ \\E j \\in 1..2 : (j <= i) /\\ (j = m => Paths[i - j])
              IN  Paths[k]
Never[k \\in 0..4] == k > 5 /\\ (k = 0 \\/ Never[k - 1])
Init == n = 0 /\\ m = 1
Local == n < 4 /\\ Reached(n) /\\ n' = n + 1 /\\ m' = m
Global == n < 4 /\\ Sums[n] /\\ n' = n + 1 /\\ m' = m
Late == n < 4 /\\ n' = n + 1 /\\ m' = m /\\ Reached(n)
Stuck == ((n = 2 /\\ Never[n] /\\ n' = 0) \\/ (n < 3 /\\ n' = n + 1)) /\\ m' = 3 - m
====
"""

COMPOSED = """---- MODULE M ----
EXTENDS Integers
VARIABLE n
Init == n = 0
Pick == \\E k \\in 1..3 : n' = n + k
Halve == n % 2 = 0 /\\ n' = n \\div 2
Once == n < 5 /\\ (Pick \\cdot Halve)
Twice == n < 5 /\\ (Pick \\cdot (Pick \\cdot Halve))
Either == n < 5 /\\ (Pick \\/ Pick \\cdot Halve)
====
"""


def searched(text: str, following: str) -> tuple[int, int]:
    config = parse_config(f"INIT Init NEXT {following} CHECK_DEADLOCK FALSE")
    result: Result = check(Model(parse(text), config))
    assert result.violation is None, result.violation
    return result.distinct, result.generated


def test_a_recursive_function_in_an_action_has_as_many_ways_to_be_true_as_its_formula() -> None:
    assert searched(WAYS, "Local") == (5, 8)
    assert searched(WAYS, "Global") == (5, 8)
    assert searched(WAYS, "Late") == (5, 5)
    assert searched(WAYS, "Stuck") == (4, 4)


def test_states_between_the_parts_of_a_composed_action_are_generated() -> None:
    assert searched(COMPOSED, "Once") == (3, 14)
    assert searched(COMPOSED, "Twice") == (6, 39)
    assert searched(COMPOSED, "Either") == (8, 38)
