"""What steps went through: which parts of the text count, with which values, and what is told as not seen."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from raftcheck.tla import Model, parse, parse_config
from raftcheck.tla.coverage import Counts, Coverage, gaps
from raftcheck.tla.coverage_page import coverage_page
from raftcheck.tla.page import visible

TEXT = r"""---- MODULE M ----
EXTENDS Integers
VARIABLES x, kind
Even(n) == n % 2 = 0
Low(n) == /\ n < 5  \* a comment
          /\ Even(n)
Init == x = 0 /\ kind = "none"
Move ==
    LET low == Low(x) IN
    /\ x < 10
    /\ \/ x' = x + 1
       \/ x' = x + 2
    /\ kind' = IF low THEN "low" ELSE "high"
Name ==
    /\ x > 0 => kind # "none"
    /\ UNCHANGED x
    /\ kind' = CASE x = 1 -> "one" [] x = 2 -> "two" [] OTHER -> "many"
Back == x' = 0 /\ UNCHANGED kind
Far == x > 100 /\ x' = 0 /\ kind' = "far"
Stay == Far \/ UNCHANGED <<x, kind>>
Next == Move \/ Name \/ Back
====
"""
ACTIONS = ("Move", "Name", "Back")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(parse(TEXT), parse_config("INIT Init\nNEXT Next"))


@pytest.fixture(scope="module")
def coverage(model: Model) -> Coverage:
    return Coverage(model.binding, [model.definition(name) for name in ACTIONS])


def counted(model: Model, coverage: Coverage, *steps: tuple[str, tuple[int, str], tuple[int, str]]) -> Counts:
    counts: Counts = Counter()
    for name, (x, kind), (next_x, next_kind) in steps:
        after = {"x": next_x, "kind": next_kind}
        coverage.count(model.definition(name).body, {"x": x, "kind": kind}, after, counts)
    return counts


def part(line: int, column: int, end: int) -> str:
    return TEXT.splitlines()[line - 1][column - 1 : end - 1]


def seen(coverage: Coverage, counts: Counts, text: str) -> tuple[int, int]:
    """How often the first part with this text was true and false."""
    for place in coverage.places:
        span = place.span
        if span.line == span.end_line and part(span.line, span.column, span.end_column) == text:
            return counts[span, True], counts[span, False]
    raise AssertionError(text)


def unseen(coverage: Coverage, counts: Counts) -> list[str]:
    lines = TEXT.splitlines()
    return [
        f"{gap.place.operator}: {lines[gap.place.span.line - 1][gap.place.span.column - 1 :]} {gap.words}"
        for gap in gaps(coverage.places, counts)
    ]


def test_a_step_counts_the_parts_that_it_went_through(model: Model, coverage: Coverage) -> None:
    counts = counted(model, coverage, ("Move", (0, "none"), (2, "low")))
    assert seen(coverage, counts, "x < 10") == (1, 0)
    assert seen(coverage, counts, "x' = x + 1") == (0, 1)
    assert seen(coverage, counts, "x' = x + 2") == (1, 0)
    assert seen(coverage, counts, "low") == (1, 0)
    assert seen(coverage, counts, '"low"') == (1, 0)
    assert seen(coverage, counts, '"high"') == (0, 0)
    assert seen(coverage, counts, "x' = 0") == (0, 0)


def test_an_operand_is_looked_at_only_where_it_decides(model: Model, coverage: Coverage) -> None:
    counts = counted(model, coverage, ("Move", (6, "low"), (7, "high")), ("Move", (3, "low"), (4, "high")))
    assert seen(coverage, counts, "n < 5") == (1, 1)
    assert seen(coverage, counts, "Even(n)") == (0, 1)
    assert seen(coverage, counts, "n % 2 = 0") == (0, 1)


def test_a_condition_ought_to_be_true_and_false_and_a_conjunct_of_an_action_true(
    model: Model, coverage: Coverage
) -> None:
    counts = counted(model, coverage, ("Move", (0, "none"), (1, "low")), ("Back", (7, "low"), (0, "low")))
    assert unseen(coverage, counts) == [
        "Even: n % 2 = 0 never FALSE",
        "Low: n < 5  \\* a comment never FALSE",
        "Move: x' = x + 2 never looked at",
        "Name: /\\ x > 0 => kind # \"none\" never looked at",
    ]  # fmt: skip
    # Of Even(n) and low, which stand for formulas, the parts of these are told.


def test_of_what_is_never_reached_no_parts_are_told(model: Model, coverage: Coverage) -> None:
    counts = counted(model, coverage)
    assert [line.partition(":")[0] for line in unseen(coverage, counts)] == [
        "Even", "Low", "Move", "Name", "Back"
    ]  # fmt: skip


def test_a_disjunct_that_was_tried_and_never_true_is_told_as_one(model: Model) -> None:
    coverage = Coverage(model.binding, [model.definition("Stay")])
    counts = counted(model, coverage, ("Stay", (1, "one"), (1, "one")))
    assert unseen(coverage, counts) == ["Far: x > 100 /\\ x' = 0 /\\ kind' = \"far\" never TRUE"]


def test_a_premise_ought_to_be_true_and_false(model: Model, coverage: Coverage) -> None:
    told = 'Name: x > 0 => kind # "none" never {}'
    seen_true = counted(model, coverage, ("Name", (1, "low"), (1, "one")))
    assert told.format("FALSE") in unseen(coverage, seen_true)
    seen_false = counted(model, coverage, ("Name", (0, "low"), (0, "many")))
    assert told.format("TRUE") in unseen(coverage, seen_false)


def test_all_is_seen_once_every_condition_went_both_ways(model: Model, coverage: Coverage) -> None:
    counts = counted(
        model,
        coverage,
        ("Move", (0, "none"), (1, "low")),
        ("Move", (3, "one"), (5, "high")),
        ("Move", (6, "one"), (7, "high")),
        ("Name", (1, "low"), (1, "one")),
        ("Name", (2, "low"), (2, "two")),
        ("Name", (3, "low"), (3, "many")),
        ("Name", (0, "low"), (0, "many")),
        ("Back", (3, "low"), (0, "low")),
    )
    assert unseen(coverage, counts) == []


def test_what_is_no_step_is_not_counted_as_one(model: Model, coverage: Coverage) -> None:
    with pytest.raises(AssertionError):
        counted(model, coverage, ("Move", (0, "none"), (7, "low")))


# the page


def page(coverage: Coverage, counts: Counts) -> str:
    taken = {"Move": 1, "Name": 0, "Back": 0}
    return coverage_page(
        "Coverage", [("file", "<b>&")], ["little"], taken, "M.tla", TEXT, coverage.places, counts
    )


def test_the_page_has_the_text_as_it_is(model: Model, coverage: Coverage) -> None:
    written = page(coverage, counted(model, coverage, ("Move", (0, "none"), (2, "low"))))
    (code,) = re.findall(r'<pre class="code">(.*?)</pre>', written, re.DOTALL)
    plain = re.sub("<[^>]*>", "", code).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain.rstrip("\n") == TEXT.rstrip("\n")
    assert "<b>&" not in written
    assert "&lt;b&gt;&amp;" in written


def test_the_margin_says_how_often_by_sign_and_number(model: Model, coverage: Coverage) -> None:
    counts = counted(model, coverage, *[("Move", (0, "none"), (2, "low"))] * 3)
    (margin,) = re.findall(r'<pre class="margin">(.*?)</pre>', page(coverage, counts), re.DOTALL)
    lines = [" ".join(re.sub("<[^>]*>", "", line).split()) for line in margin.splitlines()]
    assert lines[6] == "7"  # Init
    assert lines[9] == "● 3 10"  # x < 10
    assert lines[10] == "◐ 3 11"  # x' = x + 1, never TRUE
    assert lines[11] == "● 3 12"
    assert lines[17] == "○ 0 18"  # Back


def test_what_acts_on_a_screen_is_written_as_an_escape() -> None:
    assert visible("a\u202eb\x1b[1m\x00") == "a\\u202eb\\u001b[1m\\u0000"
    assert visible("é漢\U0001f600") == "é漢\U0001f600"
    assert visible("\ud800") == "\\ud800"
