"""TLC's configuration files: what each statement gives, and the one line for each mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.tla.config import Assignments, Config, Reference, load_config, parse_config
from raftcheck.tla.errors import Span, TlaError
from raftcheck.tla.values import FALSE, TRUE, ModelValue, Value, record

KEYWORDS = (
    "a keyword (ACTION_CONSTRAINT, ACTION_CONSTRAINTS, ALIAS, CHECK_DEADLOCK, CONSTANT, CONSTANTS, "
    "CONSTRAINT, CONSTRAINTS, INIT, INVARIANT, INVARIANTS, NEXT, POSTCONDITION, PROPERTIES, PROPERTY, "
    "SPECIFICATION, SYMMETRY, VIEW)"
)


def names(references: tuple[Reference, ...]) -> list[str]:
    return [reference.name for reference in references]


def test_an_empty_configuration_asks_for_nothing() -> None:
    assert parse_config("", "Empty.cfg") == Config("Empty.cfg")
    assert parse_config(" \\* nothing\n(* at all *)", "Empty.cfg") == Config("Empty.cfg")
    assert Config("Empty.cfg").check_deadlock


def test_constants_get_their_values() -> None:
    config = parse_config(
        """
        CONSTANTS
            Nil = Nil
            Server = {s1, s2}
            Limit = 3   Least = -1
            Name = "a \\"b\\""
            Fair = TRUE
            Quorums = {{s1}, {s1, s2}, {}}
        CONSTANT Lossy = FALSE
        CONSTANT
        """
    )
    s1, s2 = ModelValue("s1"), ModelValue("s2")
    assert config.constants == {
        "Nil": ModelValue("Nil"),
        "Server": frozenset([s1, s2]),
        "Limit": 3,
        "Least": -1,
        "Name": 'a "b"',
        "Fair": TRUE,
        "Quorums": frozenset([frozenset([s1]), frozenset([s1, s2]), frozenset()]),
        "Lossy": FALSE,
    }
    assert not config.overrides


@pytest.mark.parametrize(
    ("text", "value"),
    [("<<1, a>>", (1, ModelValue("a"))), ("[a |-> 1]", record(a=1)), ("1..2", frozenset([1, 2]))],
)
def test_a_constant_may_have_any_value_that_can_be_written(text: str, value: Value) -> None:
    assert parse_config(f"CONSTANT C = {text} D = 1").constants == {"C": value, "D": 1}


def test_operators_are_replaced_everywhere_or_in_one_module() -> None:
    config = parse_config(
        "CONSTANT Ballot <- MCBallot\n"
        "         Ballot <- [Voting] VotingBallot  Nat <-[Voting]Small\n"
        "         NoHash = [Nano]NoHashVal  V!Quorum <- Q",
        "MC.cfg",
    )
    assert {name: reference.name for name, reference in config.overrides.items()} == {
        "Ballot": "MCBallot",
        "V!Quorum": "Q",
    }
    assert config.overrides["Ballot"].span == Span("MC.cfg", 1, 20, 1, 28)
    assert config.spans["V!Quorum"] == Span("MC.cfg", 3, 36, 3, 44)
    assert not config.constants
    assert list(config.modules) == ["Nano", "Voting"]
    assert config.modules["Nano"] == Assignments(
        {"NoHash": ModelValue("NoHashVal")}, {}, {"NoHash": Span("MC.cfg", 3, 10, 3, 16)}
    )
    voting = config.modules["Voting"].overrides
    assert {name: reference.name for name, reference in voting.items()} == {
        "Ballot": "VotingBallot",
        "Nat": "Small",
    }


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("INIT", "init"),
        ("NEXT", "next"),
        ("SPECIFICATION", "specification"),
        ("SYMMETRY", "symmetry"),
        ("VIEW", "view"),
        ("ALIAS", "alias"),
        ("POSTCONDITION", "postcondition"),
    ],
)
def test_a_statement_with_one_name_is_taken_once(keyword: str, field: str) -> None:
    config = parse_config(f"{keyword}\n  Name", "MC.cfg")
    assert getattr(config, field) == Reference("Name", Span("MC.cfg", 2, 3, 2, 7))
    assert config == Config("MC.cfg", **{field: getattr(config, field)})
    with pytest.raises(TlaError, match=f"^MC.cfg:2:1: saw a second {keyword}, expected one$"):
        parse_config(f"{keyword} Name\n{keyword} Other", "MC.cfg")


@pytest.mark.parametrize(
    ("one", "many", "field"),
    [
        ("INVARIANT", "INVARIANTS", "invariants"),
        ("PROPERTY", "PROPERTIES", "properties"),
        ("CONSTRAINT", "CONSTRAINTS", "constraints"),
        ("ACTION_CONSTRAINT", "ACTION_CONSTRAINTS", "action_constraints"),
    ],
)
def test_a_statement_with_several_names_may_be_repeated(one: str, many: str, field: str) -> None:
    config = parse_config(f"{one} A B\n{many}\n  C\nNEXT Next {one} {many} D")
    assert names(getattr(config, field)) == ["A", "B", "C", "D"]


@pytest.mark.parametrize(("word", "expected"), [("TRUE", True), ("FALSE", False)])
def test_check_deadlock_is_switched(word: str, expected: bool) -> None:
    assert parse_config(f"CHECK_DEADLOCK\n  {word}").check_deadlock is expected


def test_comments_are_left_out_and_places_stay() -> None:
    config = parse_config(
        '(* a (* nested *) one, with \\* and " in it *) INIT Init \\* to the end (*\n'
        'CONSTANT C = "(* a string *)" (**) \\* "\n'
        "  D = 2 (* over\n lines *) INVARIANT TypeOK"
    )
    assert config.init == Reference("Init", Span("<config>", 1, 52, 1, 56))
    assert config.constants == {"C": "(* a string *)", "D": 2}
    assert config.invariants == (Reference("TypeOK", Span("<config>", 4, 21, 4, 27)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "INVARIENT TypeOK",
            f"1:1: saw `INVARIENT`, expected {KEYWORDS} or the end; did you mean `INVARIANT`?",
        ),
        ("init Init", f"1:1: saw `init`, expected {KEYWORDS} or the end; did you mean `INIT`?"),
        ("Server = {s1}", f"1:1: saw `Server`, expected {KEYWORDS} or the end"),
        ("VIEW v #", f"1:8: saw `#`, expected {KEYWORDS} or the end"),
        ("INVARIANT A 1", f"1:13: saw `1`, expected {KEYWORDS}, a name or the end"),
        ("INIT", "1:5: saw the end, expected a name"),
        ("INIT NEXT", "1:6: saw `NEXT`, expected a name"),
        ("CONSTANT N\nNEXT Next", "2:1: saw `NEXT`, expected `!`, `<-` or `=`"),
        ("CONSTANT N =\nNEXT Next", "2:1: saw `NEXT`, expected a value"),
        ("CONSTANT N = {1 2}", "1:17: saw `2`, expected `,`, `..` or `}`"),
        ("CONSTANT N <- 3", "1:15: saw `3`, expected `[` or a name"),
        ("CONSTANT N <- [M 3", "1:18: saw `3`, expected `]`"),
        ("CHECK_DEADLOCK no", "1:16: saw `no`, expected `FALSE` or `TRUE`"),
        ("CHECK_DEADLOCK TRUE\nCHECK_DEADLOCK TRUE", "2:1: saw a second CHECK_DEADLOCK, expected one"),
        ("CONSTANT N = 1\n  N = 2", "2:3: `N` is assigned twice, first in line 1"),
        ("CONSTANT N = 1 N <- M", "1:16: `N` is assigned twice, first in line 1"),
        ("CONSTANT N = [M]1 N <- [M]N", "1:19: `N` is assigned twice, first in line 1"),
        ("INIT Init (* (* *)", "1:11: the comment that begins here has no `*)`"),
        ("NEXT N SPECIFICATION S", "1:22: saw SPECIFICATION beside INIT or NEXT, expected one or the other"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(TlaError) as raised:
        parse_config(text, "MC.cfg")
    assert str(raised.value) == f"MC.cfg:{message}"


def complaint(text: str) -> str:
    try:
        parse_config(text)
    except TlaError as error:
        return str(error)
    return ""


WORDS = r"""CONSTANT INIT INVARIANT CHECK_DEADLOCK TRUE C D = <- [ ] { } , ! 1 .. "s" " \q \* (* *) é"""


@given(st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=12).map(" ".join))
def test_any_text_is_a_configuration_or_one_line(text: str) -> None:
    assert re.fullmatch(r"(<config>:\d+:\d+: .+)?", complaint(text))


def test_a_file_is_loaded_under_its_path(tmp_path: Path) -> None:
    path = tmp_path / "MC.cfg"
    path.write_text('SPECIFICATION Spec \\* "é"\r\nCONSTANT C = "é"\r\n', encoding="utf-8")
    config = load_config(path)
    assert config.file == str(path)
    assert config.constants == {"C": "é"}
    assert config.specification == Reference("Spec", Span(str(path), 1, 15, 1, 19))


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "None.cfg"
    with pytest.raises(TlaError) as raised:
        load_config(missing)
    assert str(raised.value) == f"{missing}: No such file or directory, expected a configuration file"

    with pytest.raises(TlaError) as raised:
        load_config(tmp_path)
    assert str(raised.value) == f"{tmp_path}: Is a directory, expected a configuration file"

    binary = tmp_path / "Binary.cfg"
    binary.write_bytes(b"INIT Init\nNEXT \xff\n")
    with pytest.raises(TlaError) as raised:
        load_config(binary)
    assert str(raised.value) == f"{binary}:2:6: saw the byte 0xff, expected text in UTF-8"
