"""Which parts of an action's text steps went through, and which truth values its conditions had there.

A place is a part of the text that says something of a step: a conjunct, a disjunct, a condition of IF or
CASE, an operand of a Boolean operator, and the arms of IF and CASE. What is expected of it is read from where
it stands: the conjuncts of an action are true in each of its steps, and nothing more is to be seen of them; a
condition that decides something ought to be seen true and false.

Counted are steps that were taken, each by evaluating its action on the states before and after it. What a
search tried on the way to them counts for nothing. `A /\\ B` does not look at B where A is false, and `\\E`
looks at no more elements where one will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .environment import EMPTY, Binding, Environment
from .errors import Span
from .evaluator import Evaluator
from .syntax import And, Builtin, Case, Definition, Expr, If, Let, Or, Quantifier, Ref, SetFilter, children
from .syntax import Literal as LiteralValue
from .values import FALSE, Value

Expected = frozenset[bool]

BOTH: Expected = frozenset((True, False))
HOLDS: Expected = frozenset((True,))
FAILS: Expected = frozenset((False,))

COMPARISONS = frozenset(("=", "#", "<", ">", "<=", ">=", "\\in", "\\notin", "\\subseteq"))


Kind = Literal["formula", "composed", "reference", "arm"]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the text of `operator`, and the truth values that are expected of it.

    kind  "composed": of other formulas, by a Boolean operator; "reference": of the formula that an operator
          stands for; "arm": a value, not a formula, that is expected to be reached, which counts as True
    """

    span: Span
    operator: str
    expected: Expected
    kind: Kind


@dataclass(frozen=True, slots=True)
class Gap:
    """What was not seen of a place: a value that is expected, or it was not even looked at."""

    place: Place
    missing: Expected
    looked_at: bool

    @property
    def words(self) -> str:
        if not self.looked_at:
            return "never looked at"
        if self.missing == HOLDS:
            return "never TRUE"
        return "never FALSE" if self.missing == FAILS else "neither TRUE nor FALSE"


Counts = Counter[tuple[Span, bool]]
"""How often a place was false, and how often true (an arm: reached)."""


class Coverage:
    """The places in the text of some actions, and of the operators in the same files that they use."""

    def __init__(self, binding: Binding, actions: Sequence[Definition]) -> None:
        self.binding = binding
        found = _Places(binding, frozenset(action.span.file for action in actions))
        for action in actions:
            found.formula(action.body, HOLDS, action.name)
        self._spans = {node: node.span for node in found.expected}
        self.places = tuple(sorted(found.places(), key=_by_place))

    def count(
        self, step: Expr, before: Mapping[str, Value], after: Mapping[str, Value], counts: Counts
    ) -> None:
        """Adds to the counts what a step goes through, of which the formula `step` is true."""
        evaluator = _Counting(self.binding, before, after)
        evaluator.counts, evaluator.spans = counts, self._spans
        is_step = evaluator.truth(step)
        assert is_step, (step.span, before, after)


def gaps(places: Iterable[Place], counts: Counts) -> Iterator[Gap]:
    """What was not seen of the places, in their order; of what was never reached, no parts."""
    closed: Span | None = None
    for place in places:
        if closed is not None and _contains(closed, place.span):
            continue
        seen = frozenset(value for value in BOTH if counts[place.span, value])
        missing = place.expected - seen
        is_closed = not seen or (place.expected == HOLDS and bool(missing))
        if is_closed:
            closed = place.span
        if missing and (place.kind == "formula" or (place.kind == "composed" and is_closed)):
            yield Gap(place, missing, bool(seen))


def _by_place(place: Place) -> tuple[str, int, int, int, int]:
    """In the order of the text, and what stands within another place after it."""
    span = place.span
    return span.file, span.line, span.column, -span.end_line, -span.end_column


def _contains(outer: Span, inner: Span) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    ends = (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    return outer.file == inner.file and begins and ends


class _Counting(Evaluator):
    """Counts each value of a place. Under a prime it does not: what stands there is of the next step."""

    counts: Counts
    spans: Mapping[Any, Span]

    def value(self, node: Expr, environment: Environment = EMPTY) -> Value:
        found = super().value(node, environment)
        span = self.spans.get(node)
        if span is not None:
            self.counts[span, found is not FALSE] += 1
        return found


class _Places:
    """Finds the places in the text of actions, and in that of the operators which they use."""

    def __init__(self, binding: Binding, files: frozenset[str]) -> None:
        self.binding = binding
        self.files = files
        self.expected: dict[Any, Expected] = {}
        self.operators: dict[Any, str] = {}
        self.arms: set[Any] = set()
        self._looked_at: set[tuple[Any, Expected]] = set()

    def places(self) -> Iterator[Place]:
        for node, expected in self.expected.items():
            yield Place(node.span, self.operators[node], expected, self.kind(node))

    def kind(self, node: Any) -> Kind:
        match node:
            case _ if node in self.arms:
                return "arm"
            case And() | Or() | If() | Case() | Let() | Quantifier() | Builtin(operator="~" | "=>" | "<=>"):
                return "composed"
            case Ref() if self.meant(node) is not None:
                return "reference"
        return "formula"

    def meant(self, node: Ref) -> Definition | None:
        """The operator that it names, if that stands where we look."""
        to = self.binding.meaning(node.to)
        return to if isinstance(to, Definition) and to.span.file in self.files else None

    def formula(self, node: Expr, expected: Expected, operator: str) -> None:
        """A part that is a formula, and the truth values that are expected of it."""
        if isinstance(node, LiteralValue):
            expected &= {node.value is True}
        if not expected or (node, expected) in self._looked_at:
            return
        self._looked_at.add((node, expected))
        self.expected[node] = self.expected.get(node, frozenset()) | expected
        self.operators[node] = operator
        match node:
            case And(items=items) | Or(items=items):
                for item in items:
                    self.formula(item, expected, operator)
            case Builtin(operator="~", arguments=(body,)):
                self.formula(body, frozenset(not value for value in expected), operator)
            case Builtin(operator="=>", arguments=(premise, body)):
                self.formula(premise, BOTH, operator)
                self.formula(body, expected, operator)
            case Builtin(operator="<=>", arguments=(left, right)):
                self.formula(left, BOTH, operator)
                self.formula(right, BOTH, operator)
            case If(condition=condition, then=then, otherwise=otherwise):
                self.formula(condition, BOTH, operator)
                self.formula(then, expected, operator)
                self.formula(otherwise, expected, operator)
            case Case(arms=arms, other=other):
                for guard, body in arms:
                    self.formula(guard, BOTH, operator)
                    self.formula(body, expected, operator)
                if other is not None:
                    self.formula(other, expected, operator)
            case Quantifier(bounds=bounds, body=body):
                for bound in bounds:
                    self.term(bound.domain, operator)
                self.formula(body, expected, operator)
            case Let(body=body):
                self.formula(body, expected, operator)
            case Ref():
                for argument in children(node):
                    self.term(argument, operator)
                meant = self.meant(node)
                if meant is not None:
                    self.formula(meant.body, expected, operator if meant.in_let else meant.name)
            case _:
                for child in children(node):
                    self.term(child, operator)

    def term(self, node: Expr, operator: str) -> None:
        """A part that is any value; it is looked through for formulas."""
        if (node, frozenset()) in self._looked_at:
            return
        self._looked_at.add((node, frozenset()))
        match node:
            case And() | Or() | Quantifier():
                self.formula(node, BOTH, operator)
            case Builtin(operator=name) if name in COMPARISONS or name in ("~", "=>", "<=>"):
                self.formula(node, BOTH, operator)
            case If(condition=condition, then=then, otherwise=otherwise):
                self.formula(condition, BOTH, operator)
                self.arm(then, operator)
                self.arm(otherwise, operator)
            case Case(arms=arms, other=other):
                for guard, body in arms:
                    self.formula(guard, BOTH, operator)
                    self.arm(body, operator)
                if other is not None:
                    self.arm(other, operator)
            case SetFilter(bound=bound, body=body):
                self.term(bound.domain, operator)
                self.formula(body, BOTH, operator)
            case Let(body=body):
                self.term(body, operator)
            case Ref():
                for argument in children(node):
                    self.term(argument, operator)
                meant = self.meant(node)
                if meant is not None:
                    self.term(meant.body, operator if meant.in_let else meant.name)
            case _:
                for child in children(node):
                    self.term(child, operator)

    def arm(self, node: Expr, operator: str) -> None:
        """A part that is a value and is looked at in some steps only."""
        self.term(node, operator)
        if node not in self.expected:
            self.expected[node] = HOLDS
            self.operators[node] = operator
            self.arms.add(node)
