"""What is wrong or not supported is refused in one line that says where, before there is any state."""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.tla.checker import check
from raftcheck.tla.config import load_config, parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model
from raftcheck.tla.modules import load, parse

HEAD = """---- MODULE M ----
EXTENDS Naturals
VARIABLES x, y
Init == x = 0 /\\ y = 0
Next == UNCHANGED <<x, y>>
"""

# What stands from line 6 on.
MODULES = {
    "an unknown name": ("P == Initt", "6:6: unknown operator `Initt`; did you mean `Init`?"),
    "an unknown operator": ("P == Nextt(1)", "6:6: unknown operator `Nextt`; did you mean `Next`?"),
    "an operator of another module": (
        "P == <<x>> \\o <<y>>", "6:6: unknown operator `\\o`; it is defined in module Sequences",
    ),
    "a name of another module": (
        "P == Cardinality({x})", "6:6: unknown operator `Cardinality`; it is defined in module FiniteSets",
    ),
    "a prefix operator of another module": (
        "P == -x", "6:6: unknown operator `-.`; it is defined in module Integers",
    ),
    "too few arguments": ("Op(a, b) == a\nP == Op(1)", "7:6: `Op` takes 2 arguments, and is given 1"),
    "no arguments": ("Op(a) == a\nP == Op", "7:6: `Op` takes 1 argument, and is given 0"),
    "arguments of a variable": ("P == x(1)", "6:6: `x` takes 0 arguments, and is given 1"),
    "a value for an operator": ("Op(F(_)) == F(1)\nP == Op(1)", "7:9: `Op` expects an operator here"),
    "a two-place operator for one of one place": (
        "Op(F(_)) == F(1)\nPlus(a, b) == a + b\nP == Op(Plus)",
        "8:9: `Op` expects an operator of 1 argument here, and is given one of 2 arguments",
    ),
    "a second definition": ("Next == TRUE", "6:1: `Next` is already defined at M.tla:5:1"),
    "a second declaration": ("VARIABLE x", "6:10: `x` is already defined at M.tla:3:11"),
    "a bound name that is taken": ("P == \\E x \\in {1} : TRUE", "6:9: `x` is already defined at M.tla:3:11"),
    "a parameter that is taken": ("P(a, a) == a", "6:6: `a` is already defined at M.tla:6:3"),
    "a name of a module that is extended": ("Nat == 1", "6:1: `Nat` is already defined in module Naturals"),
    "a parenthesis too many": ("P == 1)\nQ == 2", "6:7: `)` ends nothing, expected `(` before it"),
    "a parenthesis too few": ("P == ((1)\nQ == LET a == 2 IN a", "6:6: the `(` here has no `)`"),
    "a parenthesis too many beside brackets of all kinds": (
        "P == []<><<x' = x>>_<<x>> /\\ ~<<x>> /\\ Q!>> \\/ {[a |-> 1]})",
        "6:59: `)` ends nothing, expected `(` before it",
    ),
    "another bracket": ("P == {1, 2]", "6:11: saw `]`, expected `}` for the `{` at 6:6"),
    "== for equality": ("P == (x == 1)", "6:9: saw `==` after the `(` at 6:6, expected `)` or `=`"),
    "a LET without IN": ("P == LET a == 2 a\nQ == 1", "6:6: the `LET` here has no `IN`"),
    "a comment without an end": ("P == 1 (* one (* two *)", "6:8: the comment that begins here has no `*)`"),
    "an expression that is cut off": (
        "P == x' =", "6:9: saw the end of the module after `=`, expected an expression",
    ),
    "an end that is too short": ("===", "6:1: saw `===`, expected four `=` or more to end the module"),
    "an operator that is cut off": ("P == (1 +", "6:6: the `(` here has no `)`"),
    "an equals sign where == belongs": ("P = 2", "6:1: syntax error in what begins with `P`"),
    "two operators in a row": ("P == 1 +* 2", "6:9: syntax error near `*`"),
    "a string without an end": ('P == "abc', '6:10: syntax error: expected `"`'),
    "a field without a value": ("P == [a |-> ]", "6:12: syntax error: expected an expression"),
    "a field twice": ("P == [a |-> 1, a |-> 2]", "6:16: field `a` is given twice"),
    "/\\ beside \\/": (
        "P == x = 1 /\\ y = 1 \\/ x = 2", "6:21: `/\\` beside `\\/` needs parentheses",
    ),
    "=> beside =>": ("P == TRUE => FALSE => TRUE", "6:20: `=>` beside `=>` needs parentheses"),
    "+ beside %": ("P == 1 + 5 % 3", "6:8: `%` beside `+` needs parentheses"),
    "\\cup beside \\cap": (
        "P == {1} \\cup {2} \\cap {3}", "6:19: `\\cup` beside `\\cap` needs parentheses",
    ),
    "= beside =": ("P == 1 = 2 = 3", "6:12: `=` beside `=` needs parentheses"),
    "@ outside of EXCEPT": ("P == @", "6:6: `@` outside of EXCEPT"),
    "RECURSIVE without a definition": (
        "RECURSIVE F(_)\nP == F(1)", "6:11: `F` is declared RECURSIVE and never defined",
    ),
    "RECURSIVE without a definition, in LET": (
        "P == LET RECURSIVE F(_) IN F(1)", "6:20: `F` is declared RECURSIVE and never defined",
    ),
    "RECURSIVE with another arity": (
        "RECURSIVE F(_)\nF(a, b) == 1",
        "7:1: `F` is declared RECURSIVE with 1 parameters, and defined with 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MODULES.values(), ids=MODULES)
def test_a_module_is_refused_when_it_is_loaded(text: str, message: str) -> None:
    with pytest.raises(TlaError) as error:
        parse(f"{HEAD}{text}\n====", "M.tla")
    assert str(error.value) == f"M.tla:{message}"


def test_an_error_in_the_middle_is_the_one_that_is_told() -> None:
    with pytest.raises(TlaError, match=r"^M.tla:7:8: the `\(` here has no `\)`$"):
        parse(f"{HEAD}Good == 1\nBad == (\nGood2 == 2\n====", "M.tla")


NAMES = (
    HEAD
    + """CONSTANT C
Op(a) == a = x
Later == x' = 1
Always == []<>(x = 1)
Leads == x = 0 ~> y = 0
Can == ENABLED Next
Fair == Init /\\ [][Next]_<<x, y>> /\\ WF_x(Next)
Kept == Fair /\\ [](x = 1)
Half == x' = 1
Either == Next \\/ Half
Early == x' = y' /\\ y' = 1
Twice == x' = 1 /\\ y' = (x')'
HalfInit == x = 0
EarlyInit == x = y /\\ y = 0
Below == LET f[k \\in 0..2] == x + k IN x' = 1 /\\ y' = f[1]'
Inside == UNCHANGED <<x, y>> /\\ ENABLED Next
Twofold == Fair /\\ Later
Sometimes == <>Later
Lonely == [](x = 0 => <<Next>>_x)
Boxed == <>(x = 0 /\\ [Next]_x)
Varied == \\A n \\in 0..x : <>(y = n)
Inner == (x = 0) ~> (y = IF <>(x = 1) THEN 1 ELSE 0)
Above == WF_x(Leads)
===="""
)

INIT, NEXT, SAFE = "INIT Init", "NEXT Next", "INIT Init NEXT Next"

CONFIGS = {
    "a constant without a value": (SAFE, "M.cfg: the constant `C` (M.tla:6:10) is given no value"),
    "a constant under another name": (
        "CONSTANTS CC = 1 n1 = n1 " + SAFE,
        "M.cfg: the constant `C` (M.tla:6:10) is given no value; did you mean `CC`?",
    ),
    "a value for an operator": (
        "CONSTANTS C = 1 Op = 2 " + SAFE,
        "M.cfg:1:17: `Op` takes 1 argument, expected `Op <- an operator`",
    ),
    "an override of an unknown name": (
        "CONSTANTS C = 1 Nexxt <- Init " + SAFE,
        "M.cfg:1:17: module `M` has no `Nexxt`; did you mean `Next`?",
    ),
    "an override by an unknown name": (
        "CONSTANTS C = 1 Next <- Nexxt " + SAFE,
        "M.cfg:1:25: module `M` defines no `Nexxt`; did you mean `Next`?",
    ),
    "an override of another arity": (
        "CONSTANTS C = 1 Op <- Init " + SAFE, "M.cfg:1:23: `Op` takes 1 argument, `Init` 0",
    ),
    "no behavior": ("CONSTANT C = 1", "M.cfg: expected SPECIFICATION, or INIT and NEXT"),
    "INIT of an unknown name": (
        "INIT Innit NEXT Next CONSTANT C = 1",
        "M.cfg:1:6: module `M` defines no `Innit`; did you mean `Init`?",
    ),
    "NEXT of an operator": (
        "INIT Init NEXT Op CONSTANT C = 1",
        "M.cfg:1:16: `Op` takes 1 argument, expected a name that stands alone",
    ),
    "a specification without a next step": (
        "SPECIFICATION Init CONSTANT C = 1",
        "M.tla:4:9: expected Init /\\ [][Next]_vars, with fairness or without",
    ),
    "a specification that says which states there are beside Next": (
        "SPECIFICATION Kept CONSTANT C = 1 PROPERTY Leads",
        "M.tla:13:17: a specification says with Init and Next which states there are, not with []P",
    ),
    "an action beside the next step": (
        "SPECIFICATION Twofold CONSTANT C = 1",
        "M.tla:22:20: an action stands here by itself, expected [][Next]_vars",
    ),
    "an unknown invariant": (
        "CONSTANT C = 1 INVARIANT Initt " + SAFE,
        "M.cfg:1:26: module `M` defines no `Initt`; did you mean `Init`?",
    ),
    "a constant as an invariant": (
        "CONSTANT C = 1 INVARIANT C " + SAFE,
        "M.cfg:1:26: `C` is a constant of module `M`, expected a definition",
    ),
    "a variable as a property": (
        "CONSTANT C = 1 PROPERTY x " + SAFE,
        "M.cfg:1:25: `x` is a variable of module `M`, expected a definition",
    ),
    "an operator as an invariant": (
        "CONSTANT C = 1 INVARIANT Op " + SAFE,
        "M.cfg:1:26: `Op` takes 1 argument, expected a name that stands alone",
    ),
    "an action as an invariant": (
        "CONSTANT C = 1 INVARIANT Later " + SAFE, "M.cfg:1:26: expected `Later` to be a state predicate",
    ),
    "a temporal formula as an invariant": (
        "CONSTANT C = 1 INVARIANT Always " + SAFE, "M.cfg:1:26: expected `Always` to be a state predicate",
    ),
    "an action as a constraint": (
        "CONSTANT C = 1 CONSTRAINT Later " + SAFE, "M.cfg:1:27: expected `Later` to be a state predicate",
    ),
    "an operator as an action constraint": (
        "CONSTANT C = 1 ACTION_CONSTRAINT Op " + SAFE,
        "M.cfg:1:34: `Op` takes 1 argument, expected a name that stands alone",
    ),
    "a temporal formula as an action constraint": (
        "CONSTANT C = 1 ACTION_CONSTRAINT Always " + SAFE,
        "M.cfg:1:34: expected `Always` to be a formula on steps",
    ),
    "an action as a property": (
        "CONSTANT C = 1 PROPERTY Later " + SAFE,
        "M.tla:8:10: an action stands here as a temporal formula, expected [][A]_v or <><<A>>_v",
    ),
    "an action that shall be taken at some time": (
        "CONSTANT C = 1 PROPERTY Sometimes " + SAFE,
        "M.tla:23:16: an action stands here as a temporal formula, expected [][A]_v or <><<A>>_v",
    ),
    "<<A>>_v without <>": (
        "CONSTANT C = 1 PROPERTY Lonely " + SAFE,
        "M.tla:24:14: an action stands here as a temporal formula, expected [][A]_v or <><<A>>_v",
    ),
    "[A]_v without []": (
        "CONSTANT C = 1 PROPERTY Boxed " + SAFE,
        "M.tla:25:13: an action stands here as a temporal formula, expected [][A]_v or <><<A>>_v",
    ),
    "a temporal formula for each of the elements that a state has": (
        "CONSTANT C = 1 PROPERTY Varied " + SAFE,
        "M.tla:26:20: a quantifier over a temporal formula needs a constant set, this one is of the state",
    ),
    "a temporal formula inside of a value": (
        "CONSTANT C = 1 PROPERTY Inner " + SAFE,
        "M.tla:27:22: a temporal formula cannot stand in such an expression",
    ),
    "fairness of a temporal formula": (
        "CONSTANT C = 1 PROPERTY Above " + SAFE, "M.tla:28:15: a temporal formula cannot stand here",
    ),
    "a prime under a prime": (
        "CONSTANT C = 1 INIT Init NEXT Twice",
        "M.tla:17:26: what is primed here stands under a prime already",
    ),
    "a recursive local definition, primed": (
        "CONSTANT C = 1 INIT Init NEXT Below",
        "M.tla:20:55: `f` is recursive and is used in another state than the one it was defined in, "
        "which is not supported",
    ),
    "an initial predicate that leaves a variable out": (
        "CONSTANT C = 1 INIT HalfInit NEXT Next", "M.tla:18:13: the predicate does not say what `y` is",
    ),
    "an initial predicate that reads a variable too early": (
        "CONSTANT C = 1 INIT EarlyInit NEXT Next",
        "M.tla:19:18: the variable `y` is read before it has a value",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("config", "message"), CONFIGS.values(), ids=CONFIGS)
def test_a_model_is_refused_before_its_first_state(config: str, message: str) -> None:
    levels: list[int] = []
    with pytest.raises(TlaError) as error:
        check(Model(parse(NAMES, "M.tla"), parse_config(config, "M.cfg")), lambda r: levels.append(r.depth))
    assert str(error.value) == message
    assert not levels


ERRORS = {
    "an action that leaves a variable out": ("Half", "M.tla:14:9: the action does not say what `y'` is"),
    "one of several actions that leaves a variable out": (
        "Either", "M.tla:14:9: the action does not say what `y'` is",
    ),
    "a primed variable that is read too early": ("Early", "M.tla:16:15: `y'` is read before it has a value"),
}  # fmt: skip


@pytest.mark.parametrize(("action", "message"), ERRORS.values(), ids=ERRORS)
def test_an_action_is_an_error_where_it_is_taken(action: str, message: str) -> None:
    config = parse_config(f"CONSTANT C = 1 INIT Init NEXT {action}")
    violation = check(Model(parse(NAMES, "M.tla"), config)).violation
    assert violation is not None
    assert (violation.kind, violation.message) == ("error", message)


def test_fairness_and_what_is_not_used_are_no_hindrance() -> None:
    config = parse_config("SPECIFICATION Fair CONSTANT C = 1")
    assert check(Model(parse(NAMES, "M.tla"), config)).distinct == 1


def test_what_nests_too_deeply_for_python_is_refused() -> None:
    text = "Deep == " + " /\\ ".join(f"x # {n}" for n in range(1, 150)) + " /\\ UNCHANGED <<x, y>>\n===="
    with pytest.raises(TlaError, match=r"^M.tla:6:9: what stands here is nested too deeply to be compiled$"):
        Model(parse(HEAD + text, "M.tla"), parse_config("")).step("Deep")


# --- files --------------------------------------------------------------------------------------------

GOOD = b"---- MODULE Good ----\nOne == 1\n===="

FILES = {
    "no file": ({}, "M.tla: no such file; expected a TLA+ module"),
    "an empty file": ({"M": b""}, "M.tla: no TLA+ module in it; expected `---- MODULE M ----`"),
    "another text": ({"M": b"hello"}, "M.tla: no TLA+ module in it; expected `---- MODULE M ----`"),
    "a file cut off": (
        {"M": b"---- MODULE M ----\nOne == 1"},
        "M.tla:2:8: saw the end of the file, expected `====` after the last unit of the module",
    ),
    "no UTF-8": (
        {"M": b'---- MODULE M ----\nOne == "\xff"\n===='},
        "M.tla: not UTF-8 (byte 27); expected a TLA+ module",
    ),
    "another name": ({"M": GOOD}, "M.tla:1:13: module `Good` stands in a file of another name"),
    "a missing module": (
        {"M": b"---- MODULE M ----\nEXTENDS Sequencs\n===="},
        "M.tla:2:9: no module `Sequencs`: not beside M.tla, not a standard module; did you mean `Sequences`?",
    ),
    "a circle": (
        {"M": b"---- MODULE M ----\nEXTENDS N\n====", "N": b"---- MODULE N ----\nEXTENDS M\n===="},
        "N.tla:2:9: module `M` extends itself: M -> N -> M",
    ),
    "an error in a module beside": (
        {"M": b"---- MODULE M ----\nEXTENDS N\n====", "N": b"---- MODULE N ----\nOne == Two\n===="},
        "N.tla:2:8: unknown operator `Two`",
    ),
    "two meanings": (
        {
            "M": b"---- MODULE M ----\nEXTENDS Good, N\n====",
            "N": b"---- MODULE N ----\nOne(n) == n\n====",
            "Good": GOOD,
        },
        "M.tla:2:15: `One` means two things in the modules used here",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message"), FILES.values(), ids=FILES)
def test_a_file_is_refused(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / f"{name}.tla").write_bytes(content)
    with pytest.raises(TlaError) as error:
        load(tmp_path / "M.tla")
    assert str(error.value).replace(f"{tmp_path}/", "") == message


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TlaError, match="cannot be read"):
        load(tmp_path)
    with pytest.raises(TlaError, match="expected a configuration file"):
        load_config(tmp_path)


def test_an_interval_that_no_memory_holds_is_known_by_its_bounds_only() -> None:
    text = "---- MODULE M ----\nEXTENDS Naturals\nVARIABLE x\n{}\nNext == UNCHANGED x\n===="
    config = parse_config("INIT Init NEXT Next")
    among = Model(parse(text.format("Init == x = 5 /\\ x \\in 1..1000000000000"), "M.tla"), config)
    assert check(among).distinct == 1
    each = Model(parse(text.format("Init == x = 1..1000000000000"), "M.tla"), config)
    with pytest.raises(TlaError, match=r"^M.tla:4:\d+: 1..1000000000000 has 1,000,000,000,000 elements"):
        check(each)
