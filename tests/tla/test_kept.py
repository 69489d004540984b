"""Formulas on steps, where what an action leaves unchanged is looked at before the rest of it."""

from __future__ import annotations

import pytest

from raftcheck.tla.checker import check

from .test_checker import model_of

TEXT = """EXTENDS Naturals
VARIABLES x, y
Init == x = 0 /\\ y = 0
Right == x < 2 /\\ x' = x + 1 /\\ UNCHANGED y
Up == y < 2 /\\ y' = y + 1 /\\ UNCHANGED x
Next == Right \\/ Up
Either == [][Right \\/ Up]_<<x, y>>
OnlyRight == [][\\E n \\in 0..2 : x = n /\\ Right]_<<x, y>>
Both == [][Right \\/ (x' = x /\\ y' = y + 1)]_<<x, y>>
Long == [][\\E a, b \\in 0..2 : /\\ a < b /\\ x < 9 /\\ x' = b /\\ x = a /\\ UNCHANGED y]_<<x, y>>"""


@pytest.mark.parametrize(
    ("name", "holds"), [("Either", True), ("OnlyRight", False), ("Both", True), ("Long", False)]
)
def test_a_property_of_steps_that_leave_variables_unchanged(name: str, holds: bool) -> None:
    config = f"INIT Init NEXT Next CHECK_DEADLOCK FALSE PROPERTY {name}"
    violation = check(model_of(TEXT, config)).violation
    assert (violation is None) == holds
    if violation is not None:
        # The first step upwards is what neither of them allows.
        assert [state.state for state in violation.behavior][-1] == (0, 1)
