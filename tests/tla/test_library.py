"""What the operators of the libraries refuse, what they tell of a run, and what a module makes visible."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla.config import Config
from raftcheck.tla.environment import Binding
from raftcheck.tla.errors import TlaError
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.library import MODULES
from raftcheck.tla.model import Model
from raftcheck.tla.modules import parse
from raftcheck.tla.run import Run, configuration, running
from raftcheck.tla.values import Value, format_value, record


def value_of(text: str, modules: str, run: Run | None = None) -> Value:
    module = parse(f"---- MODULE M ----\nEXTENDS {modules}\nX == {text}\n====", "M.tla")
    definition = module.definitions["X"]
    with running(run or Run()):
        return Evaluator(Binding()).value(definition.body)  # type: ignore[union-attr]


REFUSED = {
    "7 \\div 0": ("Integers", "the divisor of \\div is 0"),
    "7 % (-3)": ("Integers", "the divisor of % must be positive, saw -3"),
    "1 / 2": ("Reals", "1 / 2 is a real number, expected \\div or an operator in its place"),
    "1 \\in Real": (
        "Reals", "Real has no value, expected a configuration that says `Real <- Int` or the like",
    ),
    'Head("abc")': ("Sequences", 'expected a sequence, saw "abc"'),
    'Tail("")': ("Sequences", "Tail of the empty string"),
    'SubSeq("abc", 1, 4)': ("Sequences", 'SubSeq("abc", 1, 4) reaches outside of the sequence'),
    '[a |-> "x"] (+) [a |-> 1]': ("Bags", 'expected a bag, in which the number of copies is no "x"'),
    'Assert(1, "no")': ("TLC", "Assert failed: no"),
    "TLCGet(1)": ("TLC", "TLCGet(1) has no value: no TLCSet was there before"),
    'TLCGet("queeu")': ("TLC", 'TLCGet("queeu") has no value here; did you mean `queue`?'),
    "TLCSet(-1, 2)": (
        "TLC, Integers", 'TLCSet expected a natural number, "s:...", "exit" or "pause", saw -1',
    ),
    "RandomElement({})": ("TLC", "RandomElement of the empty set"),
    "RandomSetOfSubsets(9, 1, {1, 2})": ("Randomization", "expected at most 2^2 subsets to draw, saw 9"),
    "Trace": ("TLCExt", "Trace has no value here: no behavior is being checked"),
    'TLCEvalDefinition("X")': ("TLCExt", "a definition cannot be evaluated by its name: expected X itself"),
    "Max({})": ("FiniteSetsExt", "Max of the empty set"),
    'SumSet({"a"})': ("FiniteSetsExt", 'expected a number, saw "a"'),
    "ChooseUnique({1, 2}, LAMBDA e : e > 0)": (
        "FiniteSetsExt", "expected one element that passes the test, saw {1, 2}",
    ),
    "MapThenFoldSet(LAMBDA a, b : a, 0, LAMBDA a : a, LAMBDA S : 7, {1})": (
        "Folds", "expected an element of {1}, saw 7",
    ),
    "AntiFunction(<<1, 1>>)": (
        "Functions", "<<1, 1>> has one value twice, expected a function that can be inverted",
    ),
    "Inverse(<<1, 2>>, {1}, {2})": ("Functions", "no argument in {1} has the value 2"),
    "Last(<<>>)": ("SequencesExt", "Last of the empty sequence"),
    "InsertAt(<<1>>, 3, 2)": ("SequencesExt", "SubSeq(<<1>>, 1, 2) reaches outside of the sequence"),
    "Interleave(<<1>>, <<>>)": (
        "SequencesExt", "expected sequences of one length, saw <<1>> and <<>>",
    ),
    "IndexFirstSubSeq(<<2>>, <<1>>)": ("SequencesExt", "<<2>> does not stand in <<1>>"),
    'ReplaceFirstSubSeq("a", "b", <<1>>)': (
        "SequencesExt", 'expected two strings or two sequences, saw "b" and <<1>>',
    ),
    "BagAdd(<<\"x\">>, 1)": ("BagsExt", 'expected a bag, in which the number of copies is no "x"'),
    "SumBag([a |-> 0])": ("BagsExt", "expected a bag, in which the number of copies is no 0"),
    "ToJsonArray([a |-> 1])": ("Json", "expected a sequence or a set, saw [a |-> 1]"),
    "ToJsonObject({1})": ("Json", "expected a function, saw {1}"),
    'JsonSerialize("x.json", 3)': ("Json", "expected a sequence or a record, saw 3"),
    'JsonDeserialize("missing.json")': (
        "Json", "missing.json: No such file or directory, expected a file to read",
    ),
    'atoi(" 5")': ("IOUtils", 'expected the digits of a number, saw " 5"'),
    'IOExec(<<"ls">>)': (
        "IOUtils", 'a model may not start other programs here, saw the command <<"ls">>',
    ),
    'Serialize("x", "f", [format |-> "XML"])': (
        "IOUtils", 'expected the format "TXT" or "NDJSON", saw "XML"',
    ),
    'CSVWrite("%2$s", <<1>>, "f.csv")': ("CSV", "no value for %2$s among 1"),
    'CSVWrite("%d", <<1>>, "f.csv")': ("CSV", "expected %s, %1$s, %n or %% in a template, saw %d"),
    "choose(2, -1)": ("Combinatorics, Integers", "expected a natural number, saw -1"),
    'ChiSquare(<<1, 2>>, <<1, 2>>, "0.9")': (
        "Statistics", 'expected a level in (0, 0.5] as text, such as "0.05", saw "0.9"',
    ),
    "IsDirectedGraph([node |-> {1}])": ("Graphs", "no field `edge` in [node |-> {1}]"),
    "NodeOfRingNetwork(1, 1, 1, 1, 0)": ("SVG", "expected a number of nodes above 0, saw 0"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "refused"), REFUSED.items(), ids=REFUSED)
def test_an_operator_refuses_what_it_is_not_made_for(
    text: str, refused: tuple[str, str], tmp_path: Path
) -> None:
    modules, message = refused
    with pytest.raises(TlaError) as error:
        value_of(text, modules, Run(folder=tmp_path))
    assert error.value.message == message
    assert error.value.span is not None


# --- JSON -------------------------------------------------------------------------------------------------


def test_json_has_what_tla_has_not(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"b": [1.9, -1.5e3, true], "a": {"a": {}, "b": [[]]}, "b": 7}')
    found = value_of('JsonDeserialize("f.json")', "Json", Run(folder=tmp_path))
    assert format_value(found) == "[a |-> [a |-> <<>>, b |-> <<<<>>>>], b |-> 7]"
    (tmp_path / "f.json").write_text("[1.9, -1.5e3]")
    assert value_of('JsonDeserialize("f.json")', "Json", Run(folder=tmp_path)) == (1, -1500)


def test_objects_with_the_same_fields_are_one_record_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "f.ndjson").write_text('{"a": 1, "b": 2}\n\n{"b": 2, "a": 1}\n')
    first, second = value_of('ndJsonDeserialize("f.ndjson")', "Json", Run(folder=tmp_path))
    assert first is second is record(a=1, b=2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "f.ndjson:2:2: not JSON (Expecting property name enclosed in double quotes)"),
        ('{"a": null}', "f.ndjson:2: saw null, which is no value of TLA+"),
        ("[NaN]", "f.ndjson:2: saw NaN, which is no number"),
        ("1e999", "f.ndjson:2: saw 1e999, expected a number that is not as large"),
    ],
)
def test_a_line_that_is_no_value_is_refused_with_its_place(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "f.ndjson").write_text(f"1\n{line}\n")
    with pytest.raises(TlaError) as error:
        value_of('ndJsonDeserialize("f.ndjson")', "Json", Run(folder=tmp_path))
    assert error.value.message == message


# --- the run ----------------------------------------------------------------------------------------------


def test_what_is_printed_goes_to_the_run_only(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    assert value_of('Print(<<"a", 1>>, 2)', "TLC", Run(output=lines.append)) == 2
    assert value_of('PrintT("b")', "TLC", Run(output=lines.append))
    value_of('PrintT("c")', "TLC")
    assert lines == ['<<"a", 1>>  2', '"b"']
    assert capsys.readouterr().out == ""


def test_registers_belong_to_a_run() -> None:
    run = Run()
    value_of('<<TLCSet(3, {1}), TLCSet("s:x", 2), TLCSet("-Dx", TRUE)>>', "TLC", run)
    assert value_of('<<TLCGet(3), TLCGet("s:x"), TLCGet("-Dx"), TLCGet("-Dy")>>', "TLC", run) == (
        frozenset((1,)), 2, "TRUE", "-Dy",
    )  # fmt: skip
    assert format_value(value_of('<<TLCGet("all"), TLCGet("all:named")>>', "TLC", run)) == (
        '<<(3 :> <<{1}>>), ("s:x" :> <<2>>)>>'
    )
    with pytest.raises(TlaError, match="has no value"):
        value_of("TLCGet(3)", "TLC")


def test_a_model_may_ask_for_the_end_of_the_search() -> None:
    run = Run()
    value_of('TLCSet("exit", FALSE)', "TLC", run)
    assert not run.stopping
    value_of('TLCSet("exit", TRUE) /\\ TLCSet("exit", FALSE)', "TLC", run)
    assert run.stopping


def test_the_facts_are_those_of_the_search() -> None:
    run = Run(facts=lambda name: {"level": 4, "config": configuration("simulate", depth=9)}[name])
    assert value_of('<<TLCGet("level"), TLCGet("config").depth>>', "TLC", run) == (4, 9)


def test_chance_is_that_of_the_seed() -> None:
    draws = "[n \\in 1..20 |-> RandomElement(1..1000)]"
    first, again = (value_of(draws, "TLC, Naturals", Run()) for _ in range(2))
    assert first == again
    assert len(set(first)) > 10


def test_a_model_without_fixed_values_is_evaluated_each_time() -> None:
    head = "---- MODULE M ----\nEXTENDS TLC, TLCExt, Naturals\nVARIABLE x\n"
    text = f"{head}P == TLCGetAndSet(1, +, 1, 0) < 2\n===="
    formula = Model(parse(text, "M.tla"), Config("M.cfg")).formula("P")
    with running(Run()):
        assert [formula.test((0,)) for _ in range(3)] == [True, True, False]


def test_the_run_before_comes_back_after_an_error() -> None:
    outer = Run()
    with running(outer):
        value_of("TLCSet(1, 1)", "TLC", outer)
        with pytest.raises(ZeroDivisionError), running(Run()):
            raise ZeroDivisionError
        assert value_of("TLCGet(1)", "TLC", outer) == 1


# --- modules ----------------------------------------------------------------------------------------------


def test_a_module_shows_what_it_extends_and_no_more() -> None:
    assert "+" not in MODULES["Sequences"]
    assert MODULES["Integers"]["+"] is MODULES["Naturals"]["+"]
    extended = {":>", "(+)", "Max", "Range", "Append", "MapThenFoldSet", "Cardinality"}
    assert extended <= set(MODULES["SequencesExt"])
    assert "Cardinality" not in MODULES["UndirectedGraphs"]


def test_modules_of_proofs_are_accepted() -> None:
    modules = "TLAPS, NaturalsInduction, WellFoundedInduction, FiniteSetTheorems, SequenceTheorems"
    assert value_of('SMT /\\ Zenon /\\ IsaM("auto") /\\ IsaMT("auto", 9) /\\ SlowestAuto', modules)


def test_every_operator_says_in_one_line_what_it_is() -> None:
    functions = {native.function for names in MODULES.values() for native in names.values() if native.arity}
    silent = [f.__qualname__ for f in functions if not (f.__doc__ or "").strip()]
    # The pragmas of TLAPS and the properties of relations are declared in groups.
    assert all(name.startswith(("_always", "_declare")) for name in silent), silent
