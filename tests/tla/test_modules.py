"""How modules find each other, and what is seen of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla import Config, Model, TlaError, check, load, parse
from raftcheck.tla.checker import Result


def written(folder: Path, **modules: str) -> Path:
    for name, body in modules.items():
        (folder / f"{name}.tla").write_text(f"---- MODULE {name} ----\n{body}\n====\n")
    return folder / "M.tla"


def assumptions_hold(path: Path) -> None:
    module = load(path)
    assert module.assumptions
    Model(module, Config("M.cfg")).check_assumptions()


def test_a_module_may_stand_after_the_first_one_in_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, M="EXTENDS N\nASSUME One + 1 = 2")
    text = path.read_text()
    path.write_text(f"notes\n{text}\n---- MODULE N ----\nEXTENDS Naturals, O\nOne == Zero + 1\n====\n")
    written(tmp_path, O="Zero == 0")
    assumptions_hold(path)


def test_a_file_goes_before_a_module_that_follows(tmp_path: Path) -> None:
    path = written(tmp_path, M="EXTENDS N\nASSUME One = 1", N="One == 1")
    path.write_text(path.read_text() + "---- MODULE N ----\nOne == 2\n====\n")
    assumptions_hold(path)


def test_a_file_takes_the_place_of_a_standard_module_wherever_that_is_used(tmp_path: Path) -> None:
    """SequencesExt comes with the names of Functions, which are those of the file here."""
    ours = "Range(f) == {f[x] : x \\in DOMAIN f}\nOurs == TRUE"
    assumptions_hold(
        written(
            tmp_path, M="EXTENDS SequencesExt, Functions\nASSUME Ours /\\ Range(<<7>>) = {7}", Functions=ours
        )
    )
    assumptions_hold(written(tmp_path, M="EXTENDS SequencesExt\nASSUME Ours /\\ ToSet(<<7>>) = {7}"))


def test_of_two_operators_with_one_name_the_first_counts(tmp_path: Path) -> None:
    """TLC takes them so, with a warning."""
    modules = {"A": "One == 1", "B": "One == 2"}
    assumptions_hold(written(tmp_path, M="EXTENDS A, B\nASSUME One = 1", **modules))
    assumptions_hold(written(tmp_path, M="EXTENDS B, A\nASSUME One = 2"))
    assumptions_hold(written(tmp_path, M="INSTANCE B\nINSTANCE A\nASSUME One = 2"))


def test_assumptions_and_theorems_have_names_that_may_be_used(tmp_path: Path) -> None:
    theory = """EXTENDS Naturals
CONSTANT N
ASSUME Positive == N > 0
THEOREM Even == N % 2 = 0
PROOF OBVIOUS
THEOREM Step == ASSUME NEW n \\in Nat PROVE n + 1 \\in Nat"""
    body = "T == INSTANCE Theory WITH N <- 3\nASSUME T!Positive /\\ ~T!Even /\\ ~T!Even!:"
    assumptions_hold(written(tmp_path, M=body, Theory=theory))


def test_a_module_of_constants_has_no_states() -> None:
    assert check(Model(parse("---- MODULE M ----\nASSUME 1 = 1\n===="), Config("M.cfg"))) == Result()
    with pytest.raises(TlaError, match="ASSUME here is false"):
        check(Model(parse("---- MODULE M ----\nASSUME 1 = 2\n===="), Config("M.cfg")))
    with pytest.raises(TlaError, match="expected SPECIFICATION, or INIT and NEXT"):
        check(Model(parse("---- MODULE M ----\nVARIABLE x\nASSUME 1 = 1\n===="), Config("M.cfg")))


NOT_PARTS = {
    "no such conjunct": "P == TRUE /\\ FALSE\nQ == P!3",
    "a recursive operator": "RECURSIVE P(_)\nP(n) == n = 0 \\/ P(n)\nQ == P(1)!1",
    "arguments of what is no quantifier": "P == TRUE /\\ FALSE\nQ == P!1!(2)",
}


@pytest.mark.parametrize("body", NOT_PARTS.values(), ids=NOT_PARTS)
def test_what_is_no_part_of_an_expression_is_refused(body: str) -> None:
    with pytest.raises(TlaError, match="not supported") as refusal:
        parse(f"---- MODULE M ----\n{body}\n====")
    assert refusal.value.span is not None
