"""Random expressions and small specifications, for TLC and for our engine: the same answers.

An expression is evaluated by TLC, by compiled code and by the slow evaluator: the same value, or an error
everywhere. A specification is checked by TLC and by us: the same verdict, counts and length of the
counterexample.
What TLC says is the yardstick; what cannot be compared is said in EXPLAINED.

The seed is printed with a failure. RAFTCHECK_SEED=7 makes others, RAFTCHECK_EXPRESSIONS=100000 (and
RAFTCHECK_SPECIFICATIONS) more of them. What fails is made smaller while the answers differ in the same way.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from raftcheck.tla.checker import check
from raftcheck.tla.compiler import RUNTIME_ERRORS
from raftcheck.tla.config import parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import parse
from raftcheck.tla.notation import parse_value
from raftcheck.tla.values import Value, equal, format_value, strict

from . import differential_specs
from .differential_expressions import CONSTANTS, MODULE, Generator, Made
from .differential_tlc import Machine, needs_machine

SEED = int(os.environ.get("RAFTCHECK_SEED", "1"))
EXPRESSIONS = int(os.environ.get("RAFTCHECK_EXPRESSIONS", "2000"))
SPECIFICATIONS = int(os.environ.get("RAFTCHECK_SPECIFICATIONS", "100"))
BATCH = 250
SHOWN = 3
"""As many failures are made smaller."""

# What cannot be compared, by what the error says.
EXPLAINED = {
    # TLC's integers have 32 bits; those of the language have no bounds, and ours neither.
    "overflow": r"Overflow when computing|out of the range|integer overflow",
    # A mistake of TLC's own, not one that it found.
    "crash of TLC": r"^java\.lang\.(?!StackOverflow)",
    # TLC puts the elements of a set in order, and compares them as deep as it must for that: it refuses
    # {<<1>>, <<"a">>}, but not {<<1>>, <<"a", 2>>}. We refuse a set of two kinds, and look no deeper.
    "unlike elements": r"Attempted to (compare|check equality of)",
    # The empty function and the empty sequence are one value; TLC tells them apart by how they were made.
    "kinds of empty": r"Attempted to (apply|access) tuple (to a non-integer|at a non integral)",
    # A string is a sequence of characters for some comparisons of TLC, not for the reverse ones, nor for us.
    "string as sequence": r'is "[^"]*" an element of .*<<',
    # A bag is a function to positive numbers. TLC looks at those only where it needs them.
    "no bag": r"expected a bag",
    # TLC makes sets when somebody needs an element of them, we make them at once.
    "lazy set": r"expected a set",
}


def explained(error: str) -> str | None:
    """Why what the error says cannot be compared."""
    return next((reason for reason, text in EXPLAINED.items() if re.search(text, error)), None)


@dataclass(frozen=True, slots=True)
class Error:
    """No value, and why."""

    message: str

    def __str__(self) -> str:
        return f"an error: {self.message}"


Answer = Value | Error


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answers to one expression in one state."""

    made: Made
    state: int
    tlc: Answer
    compiled: Answer
    evaluated: Answer

    @property
    def agrees(self) -> bool:
        return self.verdict in ("value", "error", *EXPLAINED)

    @property
    def verdict(self) -> str:
        """What kind of agreement or disagreement this is."""
        if not same(self.compiled, self.evaluated):
            return "compiled and evaluated differ"
        if same(self.tlc, self.compiled):
            return "error" if isinstance(self.tlc, Error) else "value"
        errors = [answer.message for answer in (self.tlc, self.evaluated) if isinstance(answer, Error)]
        for error in errors:
            if reason := explained(error):
                return reason
        if not errors:
            return "other value"
        return "error only in TLC" if isinstance(self.tlc, Error) else "error only in ours"

    def __str__(self) -> str:
        return (
            f"{self.made}    [{self.verdict}; state {self.state}]\n"
            f"  TLC        {shown(self.tlc)}\n"
            f"  compiled   {shown(self.compiled)}\n"
            f"  evaluated  {shown(self.evaluated)}"
        )


def shown(answer: Answer) -> str:
    return str(answer) if isinstance(answer, Error) else format_value(answer)


def same(left: Answer, right: Answer) -> bool:
    if isinstance(left, Error) or isinstance(right, Error):
        return isinstance(left, Error) and isinstance(right, Error)
    return type(left) is type(right) and equal(left, right)


def module_of(made: Sequence[Made]) -> tuple[str, str]:
    """Definitions E0, E1, ... and their configuration.

    They depend on a variable, for TLC evaluates constant definitions early.
    """
    lines = [f'E{number} == IF t # "" THEN {each} ELSE 0' for number, each in enumerate(made)]
    lines += [f"A{number} == result' = {each} /\\ UNCHANGED vars" for number, each in enumerate(made)]
    names = " ".join(f"E{number}" for number in range(len(made)))
    text = "\n".join(["---- MODULE M ----", MODULE, *lines, "===="])
    return text, f"{CONSTANTS} INIT Init NEXT Next INVARIANTS {names}"


def compared(machine: Machine, made: Sequence[Made]) -> list[Comparison]:
    """Each expression in each state."""
    text, config = module_of(made)
    machine.ask("evaluate", "M", text, config)
    model = Model(parse(text, "M.tla"), parse_config(config))
    states = model.initial_states()
    ours = [
        [(compiled(model, number, state), evaluated(model, number, state)) for number, _ in enumerate(made)]
        for state in states
    ]
    return [
        Comparison(each, place, answer_of(kind, found), *mine)
        for place, (row, own) in enumerate(zip(machine.answer(), ours, strict=True))
        for each, (kind, found), mine in zip(made, row, own, strict=True)
    ]


def answer_of(kind: str, found: str) -> Answer:
    if kind == "error":
        return Error(found)
    try:
        return parse_value(found)
    except TlaError as error:
        raise ValueError(f"cannot read back {found}") from error


def compiled(model: Model, number: int, state: State) -> Answer:
    found: list[State] = []
    try:
        model.compiler.action(model.definition(f"A{number}").body, {}).run(state, found.append)
    except RUNTIME_ERRORS as error:
        return Error(f"{type(error).__name__}: {error}")
    (successor,) = found
    return successor[0]


def evaluated(model: Model, number: int, state: State) -> Answer:
    try:
        return strict(model.evaluator(state).value(model.definition(f"E{number}").body))
    except TlaError as error:
        return Error(str(error))


def shrunk(machine: Machine, found: Comparison) -> Comparison:
    """A smaller expression about whose value the two differ in the same way."""
    while True:
        candidates = [made for made in found.made.smaller() if can_be_read(made)]
        for start in range(0, len(candidates), 40):
            following = [
                each
                for each in compared(machine, candidates[start : start + 40])
                if each.verdict == found.verdict and each.state == found.state
            ]
            if following:
                found = following[0]
                break
        else:
            return found


def can_be_read(made: Made) -> bool:
    """Whether all names that it mentions are still bound."""
    try:
        parse(specification_of(made)[0] if made.kind == ("spec",) else module_of([made])[0], "M.tla")
    except TlaError:
        return False
    return True


# What differed once, made as small as it gets.
FOUND = (
    '("" \\cap {})',
    "({} \\cap <<>>)",
    "({} \\ 1)",
    "(1 \\in {2} \\ {TRUE})",
    "(-1 \\in Int \\ s)",
    "(3 \\in Nat \\cap Int)",
    "((-7) \\div (-2))",
    "(7 \\div (-2))",
    "(1 \\div 0)",
    "(FALSE \\in Nat \\X Nat)",
    '("ab" \\in Nat \\X Nat)',
    "([r EXCEPT ![1] = 0])",
    "([q EXCEPT ![<<1>>] = 0])",
    "([f EXCEPT ![1] = 0])",
    '([f EXCEPT !["z"] = 0])',
    '(Tail("ab"))',
    '(SubSeq("", 0, -1))',
    '(q \\o "ab")',
    "([a |-> w, b |-> 1] \\in [a : w, b : Nat])",
    "Fold(LAMBDA i, j : [a : s, b : {}], 0, s)",
    '({1} \\cup {"a"})',
    '(\\E i \\in {1, "a"} : TRUE)',
    '({A, 1, "a"})',
    "({A, 1} \\cup {2})",
    '({A, 1} \\cup {A, "a"})',
    '({A, 1} \\cap {A, "a"})',
    '(UNION {{1}, {"a", "b"}})',
    '(Cardinality({IF i = 1 THEN i ELSE "a" : i \\in 0..2}))',
    '(1 :> 2 @@ "a" :> 3)',
    '(2 \\in {1, 2, "a"})',
    '(2 \\in {1, "a", 2})',
    "(2 \\in {i \\in 0..2 : 1 \\div (i - 1) > 0})",
    "({} \\in {i \\in SUBSET {1} : i = {} \\/ 1 \\div 0 = 1})",
    "([i \\in 0..2 |-> 1 \\div (i - 1)][2])",
    "([i \\in 0..2 |-> 1 \\div (i - 1)][5])",
    "(LET i(j) == {k \\in SUBSET {1} : b} \\cup SUBSET {1} IN i(1))",
)


@needs_machine
def test_what_differed_once_is_the_same_now(tmp_path: Path) -> None:
    made = [Made(("int",), (text,)) for text in FOUND]
    with Machine(tmp_path) as machine:
        differing = [str(each) for each in compared(machine, made) if not each.agrees]
    assert not differing, "\n".join(differing)


@needs_machine
def test_random_expressions_have_the_same_value_as_in_tlc(tmp_path: Path) -> None:
    generator = Generator(random.Random(SEED))
    verdicts: Counter[str] = Counter()
    failures: list[Comparison] = []
    with Machine(tmp_path) as machine:
        for start in range(0, EXPRESSIONS, BATCH):
            made = [generator.expression() for _ in range(min(BATCH, EXPRESSIONS - start))]
            found = compared(machine, made)
            verdicts.update(each.verdict for each in found)
            failures += [each for each in found if not each.agrees]
        smallest = [str(shrunk(machine, failure)) for failure in failures[:SHOWN]]
    assert not failures, "\n".join([f"RAFTCHECK_SEED={SEED}: {dict(verdicts)}", *smallest])
    # Most have a value, some have none, and few cannot be compared: else the test tests nothing.
    assert verdicts["value"] > verdicts.total() / 2
    assert 0 < verdicts["error"] < verdicts.total() / 2
    assert sum(verdicts[reason] for reason in EXPLAINED) < verdicts.total() / 20


# --- specifications -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a checker says: "", "invariant", "deadlock" or "error" (with what TLC says of that).

    Then the length of the counterexample, or the counts of a search that came to its end.
    """

    verdict: str
    states: int = 0
    distinct: int = 0
    generated: int = 0
    depth: int = 0
    message: str = field(default="", compare=False)


def outcome_of_tlc(output: str) -> Outcome:
    states = len(re.findall(r"^State \d+:", output, re.MULTILINE))
    if "Deadlock reached" in output:
        return Outcome("deadlock", states)
    if re.search(r"Invariant Inv is violated(?! by the initial state| by)", output):
        return Outcome("invariant", states)
    if "is violated by the initial state" in output:
        return Outcome("invariant", 1)
    counts = re.findall(r"^(\d+) states generated, (\d+) distinct states found", output, re.MULTILINE)
    depth = re.search(r"The depth of the complete state graph search is (\d+)", output)
    if "Error: " in output or not counts:
        return Outcome("error", message=output[output.find("Error: ") :])
    generated, distinct = map(int, counts[-1])
    return Outcome("", 0, distinct, generated, int(depth[1]) if depth else 0)


def outcome_of_ours(text: str, config: str) -> Outcome:
    module = parse(text, "M.tla")
    try:
        result = check(Model(module, parse_config(config)))
    except TlaError:
        return Outcome("error")
    if result.violation is None:
        return Outcome("", 0, result.distinct, result.generated, result.depth)
    if result.violation.kind == "error":
        return Outcome("error")
    return Outcome(result.violation.kind, len(result.violation.behavior))


def specification_of(made: Made) -> tuple[str, str]:
    text = "\n".join(["---- MODULE M ----", differential_specs.MODULE, str(made), "===="])
    return text, differential_specs.configuration(str(made))


def outcomes(machine: Machine, made: Made) -> tuple[Outcome, Outcome]:
    text, config = specification_of(made)
    machine.ask("check", "M", text, config)
    ours = outcome_of_ours(text, config)
    return outcome_of_tlc(machine.answer()), ours


@needs_machine
def test_random_specifications_have_the_same_outcome_as_in_tlc(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    verdicts: Counter[str] = Counter()
    failures: list[Made] = []
    with Machine(tmp_path) as machine:
        for _ in range(SPECIFICATIONS):
            made = differential_specs.specification(chance)
            pair = outcomes(machine, made)
            verdicts[explained(pair[0].message) or pair[0].verdict] += 1
            if not agree(*pair):
                failures.append(made)
        smallest = [smaller_specification(machine, failure) for failure in failures[:SHOWN]]
    assert not failures, "\n\n".join([f"RAFTCHECK_SEED={SEED}: {len(failures)} differ", *smallest])
    # Most searches come to an end or to something violated.
    assert all(verdicts[verdict] for verdict in ("", "invariant", "deadlock", "error")), verdicts
    assert verdicts["error"] + sum(verdicts[reason] for reason in EXPLAINED) < verdicts.total() / 3


SPECIFICATIONS_FOUND = (
    # An operator that primes, as an argument.
    "Init == n = 0 /\\ b = TRUE /\\ s = {} /\\ w = <<>> /\\ c = 0"
    "\nNext == Each(Set, n) /\\ UNCHANGED <<b, s, w, c>>"
    "\nInv == n < 3\nLimit == TRUE",
    # No initial state is within the constraint: depth 1.
    "Init == n = 0 /\\ b = TRUE /\\ s = {} /\\ w = <<>> /\\ c = 0"
    "\nNext == Turn /\\ UNCHANGED <<n, s, w, c>>\nInv == TRUE\nLimit == n > 0",
)


@needs_machine
def test_specifications_that_differed_once_have_the_same_outcome_now(tmp_path: Path) -> None:
    with Machine(tmp_path) as machine:
        for text in SPECIFICATIONS_FOUND:
            tlc, ours = outcomes(machine, Made(("spec",), (text,)))
            assert tlc == ours, text


def agree(tlc: Outcome, ours: Outcome) -> bool:
    """Some errors are of TLC alone."""
    return tlc == ours or explained(tlc.message) is not None


def smaller_specification(machine: Machine, made: Made) -> str:
    verdicts = [outcome.verdict for outcome in outcomes(machine, made)]
    while True:
        for candidate in made.smaller():
            if candidate.kind != made.kind or not can_be_read(candidate):
                continue
            pair = outcomes(machine, candidate)
            if not agree(*pair) and [outcome.verdict for outcome in pair] == verdicts:
                made = candidate
                break
        else:
            tlc, ours = outcomes(machine, made)
            return f"{made}\n  TLC   {tlc}\n  ours  {ours}"
