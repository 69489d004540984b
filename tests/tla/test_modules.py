"""How modules find each other, and what is seen of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla import Config, Model, TlaError, check, load, parse, parse_config
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


def test_what_is_assigned_in_a_module_is_seen_from_outside_too(tmp_path: Path) -> None:
    """`Op = [N]v` holds for N!Op, `Op = v` for Op in the root only."""
    chosen = "CONSTANT S\nNone == CHOOSE n : n \\notin S\nAll == S \\cup {None}"
    path = written(tmp_path, M="I == INSTANCE N WITH S <- {1}\nASSUME I!All = {1, I!None}", N=chosen)
    Model(load(path), parse_config("CONSTANT None = [N]none")).check_assumptions()
    with pytest.raises(TlaError, match="CHOOSE without a set cannot be evaluated"):
        Model(load(path), parse_config("CONSTANT None = none")).check_assumptions()


def test_an_instance_may_have_let_in_what_it_replaces(tmp_path: Path) -> None:
    """Its definitions are replaced further where its module is instanced itself."""
    modules = {
        "N": "EXTENDS Naturals\nCONSTANT C, D\nI == INSTANCE O WITH E <- LET d == 2 * D IN d+C\nAll == I!Sum",
        "O": "EXTENDS Naturals\nCONSTANT C, E\nSum == C + E",
    }
    assumptions_hold(written(tmp_path, M="INSTANCE N WITH C <- 1, D <- 10\nASSUME All = 22", **modules))


def test_what_chance_decides_in_a_definition_is_decided_once() -> None:
    text = """---- MODULE M ----
EXTENDS Naturals, TLC
VARIABLES x, y
Drawn == RandomElement(1..10000)
Twice == 2 * Drawn
Init == x = Drawn /\\ y = 0
Next == y < 3 /\\ y' = y + 1 /\\ x' = Drawn
Same == x = Drawn /\\ Twice = x + x /\\ x \\in {Drawn}
===="""
    result = check(
        Model(parse(text), parse_config("INIT Init NEXT Next INVARIANT Same CHECK_DEADLOCK FALSE"))
    )
    assert (result.violation, result.distinct) == (None, 4)


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
