"""Temporal formulas of the tree, read into negation normal form over a few kinds of atoms.

Only [] and <> are left, and atoms that are negated or not. An atom is a predicate on a state or on a step; an
action is heard of in [A]_v and <<A>>_v only, so that no formula can tell whether a step stutters.
What TLA+ gives no meaning, such as an action that stands alone, is refused with its place.

Nothing here knows of graphs; automata.py makes automata of the formulas, liveness.py looks for behaviors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from .environment import EMPTY, Binding, Closure, Environment, Thunk
from .errors import TlaError
from .evaluator import Evaluator
from .syntax import (
    ACTION_LEVEL,
    CONSTANT_LEVEL,
    STATE_LEVEL,
    TEMPORAL_LEVEL,
    And,
    AngleAction,
    BoxAction,
    Builtin,
    Case,
    Definition,
    Expr,
    If,
    Let,
    Native,
    Or,
    Quantifier,
    Ref,
    Temporal,
    free_parameters,
)

# --- formulas -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Is:
    """The atom of that number is true, or where `not positive`, false."""

    atom: int
    positive: bool


@dataclass(frozen=True, slots=True)
class All:
    """A conjunction; without parts, TRUE."""

    parts: frozenset[Formula]


@dataclass(frozen=True, slots=True)
class Some:
    """A disjunction; without parts, FALSE."""

    parts: frozenset[Formula]


@dataclass(frozen=True, slots=True)
class Always:
    body: Formula


@dataclass(frozen=True, slots=True)
class Eventually:
    body: Formula


Formula = Is | All | Some | Always | Eventually

TRUE = All(frozenset())
FALSE = Some(frozenset())


def conjunction(*parts: Formula) -> Formula:
    flat: set[Formula] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, All) else {part}
    if FALSE in flat or any(isinstance(p, Is) and Is(p.atom, not p.positive) in flat for p in flat):
        return FALSE
    return next(iter(flat)) if len(flat) == 1 else All(frozenset(flat))


def disjunction(*parts: Formula) -> Formula:
    flat: set[Formula] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Some) else {part}
    if TRUE in flat or any(isinstance(p, Is) and Is(p.atom, not p.positive) in flat for p in flat):
        return TRUE
    return next(iter(flat)) if len(flat) == 1 else Some(frozenset(flat))


def always(body: Formula) -> Formula:
    """[]body, with what does not depend on when it is asked taken out."""
    if isinstance(body, Always) or is_timeless(body):
        return body
    if isinstance(body, All) and not is_immediate(body):
        return conjunction(*map(always, body.parts))
    if isinstance(body, Some):
        timeless = [part for part in body.parts if is_timeless(part)]
        if timeless:
            rest = [part for part in body.parts if not is_timeless(part)]
            return disjunction(*timeless, always(disjunction(*rest)))
    return Always(body)


def eventually(body: Formula) -> Formula:
    """<>body, with what does not depend on when it is asked taken out."""
    if isinstance(body, Eventually) or is_timeless(body):
        return body
    if isinstance(body, Some) and not is_immediate(body):
        return disjunction(*map(eventually, body.parts))
    if isinstance(body, All):
        timeless = [part for part in body.parts if is_timeless(part)]
        if timeless:
            rest = [part for part in body.parts if not is_timeless(part)]
            return conjunction(*timeless, eventually(conjunction(*rest)))
    return Eventually(body)


def is_immediate(formula: Formula) -> bool:
    """Whether it speaks of the first step of a behavior only."""
    match formula:
        case Is():
            return True
        case All(parts) | Some(parts):
            return all(map(is_immediate, parts))
    return False


def is_timeless(formula: Formula) -> bool:
    """Whether it is as true of a behavior as of what is left of it later: []<>f, <>[]f and what they make."""
    match formula:
        case Always(Eventually()) | Eventually(Always()):
            return True
        case All(parts) | Some(parts):
            return all(map(is_timeless, parts))
    return False


# --- atoms --------------------------------------------------------------------------------------------


class Kind(Enum):
    STATE = auto()
    """A predicate on the state."""
    ENABLED = auto()
    """ENABLED <<A>>_v: a predicate on the state as well."""
    TAKES = auto()
    """<<A>>_v: the step is one of A, and v changes."""
    BREAKS = auto()
    """Not [A]_v: v changes, and the step is not one of A."""


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A predicate, or an action with its subscript, under an environment of the evaluator."""

    kind: Kind
    node: Expr
    environment: Environment
    subscript: Expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A conjunct of a temporal formula, with what the names in it stand for."""

    node: Expr
    environment: Environment


class Reader:
    """Reads formulas of a module under a binding; equal atoms get one number."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.evaluator = Evaluator(binding)
        self.atoms: list[Atom] = []
        self._numbers: dict[Any, int] = {}

    def conjuncts(self, node: Expr, environment: Environment = EMPTY) -> Iterator[Part]:
        """The formula taken apart at /\\, \\A over constant sets, LET and the names of operators."""
        if self.level(node, environment) < TEMPORAL_LEVEL and not isinstance(node, And):
            yield Part(node, environment)
            return
        match node:
            case And(items=items):
                for item in items:
                    yield from self.conjuncts(item, environment)
            case Quantifier(universal=True):
                for inner in self.each(node, environment):
                    yield from self.conjuncts(node.body, inner)
            case Let(body=body):
                yield from self.conjuncts(body, self.evaluator.with_definitions(node, environment))
            case Ref():
                yield from self.conjuncts(*self.meaning(node, environment))
            case _:
                yield Part(node, environment)

    def formula(self, node: Expr, environment: Environment = EMPTY, positive: bool = True) -> Formula:
        """The formula, or unless `positive` its negation, in normal form."""
        level = self.level(node, environment)
        if level == CONSTANT_LEVEL:
            return TRUE if self.evaluator.truth(node, environment) == positive else FALSE
        if level == STATE_LEVEL:
            return Is(self.number(Kind.STATE, node, environment), positive)
        if level == ACTION_LEVEL:
            raise TlaError(
                "an action stands here as a temporal formula, expected [][A]_v or <><<A>>_v", node.span
            )
        join, part = (conjunction, disjunction) if positive else (disjunction, conjunction)
        match node:
            case And(items=items):
                return join(*(self.formula(item, environment, positive) for item in items))
            case Or(items=items):
                return part(*(self.formula(item, environment, positive) for item in items))
            case Quantifier(universal=universal, body=body):
                parts = [self.formula(body, inner, positive) for inner in self.each(node, environment)]
                return join(*parts) if universal else part(*parts)
            case Builtin(operator="~", arguments=(body,)):
                return self.formula(body, environment, not positive)
            case Builtin(operator="=>", arguments=(left, right)):
                return part(
                    self.formula(left, environment, not positive), self.formula(right, environment, positive)
                )
            case Builtin(operator="<=>", arguments=(left, right)):
                return conjunction(
                    disjunction(
                        self.formula(left, environment, False), self.formula(right, environment, positive)
                    ),
                    disjunction(
                        self.formula(left, environment, True), self.formula(right, environment, not positive)
                    ),
                )
            case If(condition=condition, then=then, otherwise=otherwise):
                return self.choice([(condition, then)], otherwise, environment, positive)
            case Case(arms=arms, other=other) if other is not None:
                return self.choice(list(arms), other, environment, positive)
            case Let(body=body):
                return self.formula(body, self.evaluator.with_definitions(node, environment), positive)
            case Ref():
                return self.formula(*self.meaning(node, environment), positive)
            case Temporal():
                return self.temporal(node, environment, positive)
        raise TlaError("a temporal formula cannot stand in such an expression", node.span)

    def choice(
        self,
        arms: list[tuple[Expr, Expr]],
        other: Expr,
        environment: Environment,
        positive: bool,
    ) -> Formula:
        """IF, or CASE with OTHER: of an arm it matters whether those before it are chosen."""
        if not arms:
            return self.formula(other, environment, positive)
        (guard, body), *rest = arms
        return conjunction(
            disjunction(self.formula(guard, environment, False), self.formula(body, environment, positive)),
            disjunction(
                self.formula(guard, environment, True), self.choice(rest, other, environment, positive)
            ),
        )

    def temporal(self, node: Temporal, environment: Environment, positive: bool) -> Formula:
        match node.operator, node.arguments:
            case "[]", (BoxAction(action=action, subscript=subscript),):
                broken = Is(self.number(Kind.BREAKS, action, environment, subscript), not positive)
                return always(broken) if positive else eventually(broken)
            case "[]", (body,):
                inner = self.formula(body, environment, positive)
                return always(inner) if positive else eventually(inner)
            case "<>", (AngleAction(action=action, subscript=subscript),):
                taken = Is(self.number(Kind.TAKES, action, environment, subscript), positive)
                return eventually(taken) if positive else always(taken)
            case "<>", (body,):
                inner = self.formula(body, environment, positive)
                return eventually(inner) if positive else always(inner)
            case "~>", (left, right):
                first = self.formula(left, environment, not positive)
                then = self.formula(right, environment, positive)
                if positive:
                    return always(disjunction(first, eventually(then)))
                return eventually(conjunction(first, always(then)))
            case "WF" | "SF" as fairness, (subscript, action, *instantiated):
                if instantiated:
                    enabled = self.number(Kind.STATE, instantiated[0], environment)
                else:
                    enabled = self.number(Kind.ENABLED, action, environment, subscript)
                taken = Is(self.number(Kind.TAKES, action, environment, subscript), positive)
                idle = Is(enabled, not positive)
                if fairness == "WF" and positive:
                    return always(eventually(disjunction(idle, taken)))
                if fairness == "WF":
                    return eventually(always(conjunction(idle, taken)))
                if positive:
                    return disjunction(eventually(always(idle)), always(eventually(taken)))
                return conjunction(always(eventually(idle)), eventually(always(taken)))
        raise TlaError(f"the temporal operator `{node.operator}` cannot be checked", node.span)

    # --- names ----------------------------------------------------------------------------------------

    def each(self, node: Quantifier, environment: Environment) -> Iterator[Environment]:
        for bound in node.bounds:
            if self.level(bound.domain, environment) > CONSTANT_LEVEL:
                raise TlaError(
                    "a quantifier over a temporal formula needs a constant set, this one is of the state",
                    bound.domain.span,
                )
        yield from self.evaluator.each(node.bounds, environment)

    def meaning(self, node: Ref, environment: Environment) -> tuple[Expr, Environment]:
        """What a name stands for: a body, with what the names in that stand for."""
        to = self.binding.meaning(node.to)
        meant = environment.get(to, to)
        if isinstance(meant, Thunk):
            return meant.node, meant.environment
        if isinstance(meant, Closure):
            parameters, body, home = meant.parameters, meant.body, meant.environment
        elif isinstance(meant, Definition):
            parameters, body, home = meant.parameters, meant.body, EMPTY
        else:
            raise TlaError("a temporal formula cannot stand here", node.span)
        if isinstance(to, Definition) and to.recursive:
            raise TlaError(f"`{to.name}` is recursive, so it cannot be a temporal formula", node.span)
        return body, self.evaluator.entered(parameters, home, node.arguments, environment)

    def number(self, kind: Kind, node: Expr, environment: Environment, subscript: Expr | None = None) -> int:
        parts = (node,) if subscript is None else (node, subscript)
        for part, most in zip(parts, (ACTION_LEVEL, STATE_LEVEL), strict=False):
            if self.level(part, environment) > most:
                what = "a temporal formula" if most == ACTION_LEVEL else "an action"
                raise TlaError(f"{what} cannot stand here", part.span)
        # A name that just stands for an expression is one with it, so that equal atoms are found.
        node, environment = self.unfolded(node, environment) if len(parts) == 1 else (node, environment)
        key = (kind, *(self.key(part, environment) for part in (node, *parts[1:])))
        if key not in self._numbers:
            self._numbers[key] = len(self.atoms)
            self.atoms.append(Atom(kind, node, environment, subscript))
        return self._numbers[key]

    def unfolded(self, node: Expr, environment: Environment) -> tuple[Expr, Environment]:
        while isinstance(node, Ref) and isinstance(meant := environment.get(node.to), Thunk) and not meant.of:
            node, environment = meant.node, meant.environment
        return node, environment

    def key(self, node: Any, environment: Environment) -> Any:
        """Equal for expressions that are surely the same: one piece of text under the same parameters."""
        found = []
        for parameter in free_parameters(node):
            meant = environment.get(parameter, parameter)
            match meant:
                case Thunk(node=inner, environment=home):
                    found.append((parameter, self.key(inner, home)))
                case Closure(body=inner, environment=home):
                    found.append((parameter, self.key(inner, home)))
                case _:
                    found.append((parameter, meant))
        return node, frozenset(found)

    def level(self, node: Expr, environment: Environment) -> int:
        """The level of the expression (syntax.level), with what its parameters stand for."""
        levels = map(self.binding.level, self.pieces(node, environment))
        return max(STATE_LEVEL if not self.is_pure(node, environment) else CONSTANT_LEVEL, *levels)

    def reads(self, node: Expr, environment: Environment) -> frozenset[str]:
        """The variables that the value depends on, also through what the parameters stand for."""
        return frozenset().union(*map(self.binding.reads, self.pieces(node, environment)))

    def is_pure(self, node: Expr, environment: Environment) -> bool:
        """Whether the value depends on nothing but variables (syntax.is_pure)."""
        return all(map(self.binding.is_pure, self.pieces(node, environment)))

    def pieces(self, node: Expr, environment: Environment) -> Iterator[Expr]:
        """The expression, and those that its parameters stand for, and the parameters of these."""
        yield node
        for parameter in free_parameters(node):
            match environment.get(parameter):
                case Thunk(node=inner, environment=home) | Closure(body=inner, environment=home):
                    yield from self.pieces(inner, home)
                case Definition(body=body):
                    yield body
                case Native() as native:
                    yield Ref(node.span, native)
