"""Looks at an action formula part by part: the ways to satisfy it, found slowly and obviously.

The compiled code is the fast way. This one serves the evaluator (ENABLED, `\\cdot`) and, after the fact, who
wants to know where an error is, or which conjunct of an action was false (explanation.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from .environment import EMPTY, Binding, Closure, Environment, Thunk
from .errors import TlaError
from .syntax import (
    ACTION_LEVEL,
    And,
    AngleAction,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Compose,
    Definition,
    Expr,
    If,
    Let,
    OperatorArgument,
    Or,
    Parameter,
    Prime,
    Quantifier,
    Ref,
    Tuple,
    Unchanged,
    Variable,
    branches,
    variables_of,
)
from .values import Value, equal, strict


class Evaluates(Protocol):
    """What a walk needs of an evaluator (evaluator.py)."""

    binding: Binding

    def value(self, node: Expr, environment: Environment = ...) -> Value: ...
    def truth(self, node: Expr, environment: Environment = ...) -> bool: ...
    def members(self, node: Expr, environment: Environment) -> tuple[Value, ...]: ...
    def each(self, bounds: tuple[Bound, ...], environment: Environment) -> Iterator[Environment]: ...
    def with_definitions(self, node: Let, environment: Environment) -> Environment: ...
    def entered(
        self,
        parameters: tuple[Parameter, ...],
        home: Environment,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
    ) -> Environment: ...
    def within(self, assigned: Mapping[str, Value], initial: bool = ...) -> Evaluates: ...
    def at(self, state: Mapping[str, Value]) -> Evaluates: ...


Assignment = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Failure:
    """A conjunct that was false on one path through an action.

    depth      how many conjuncts on the path were true before it
    trail      the operators entered on the way, outermost first
    node       the conjunct; `environment` and `assigned` are what it was evaluated with
    """

    depth: int
    trail: tuple[str, ...]
    node: Expr
    environment: Environment
    assigned: Assignment


@dataclass(frozen=True, slots=True)
class Source:
    """Where a variable got its value on a path through an action: `x' = e`, `x' \\in S`, or UNCHANGED x.

    `environment` and `assigned` are what the formula was evaluated with.
    """

    name: str
    value: Value
    node: Expr
    environment: Environment
    assigned: Assignment


_Path = tuple[Assignment, int, tuple[str, ...]]


class Walk:
    """Goes through an action conjunct by conjunct, along each way to make it true.

    `failures`, where given, collects the conjunct that ended each path that did not get through; `sources`
    where each variable got its value.
    """

    def __init__(
        self,
        evaluator: Evaluates,
        variables: tuple[str, ...],
        initial: bool = False,
        failures: list[Failure] | None = None,
        sources: list[Source] | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.variables = variables
        self.initial = initial
        self.failures = failures
        self.sources = sources

    def states(self, node: Expr, environment: Environment) -> Iterator[Assignment]:
        """The successors, each of which has a value for every variable."""
        for assigned, _, _ in self.paths(node, environment, {}, 0, ()):
            for name in self.variables:
                if name not in assigned:
                    raise TlaError(f"the action does not say what `{name}'` is", node.span)
            yield assigned

    def paths(
        self, node: Expr, environment: Environment, assigned: Assignment, depth: int, trail: tuple[str, ...]
    ) -> Iterator[_Path]:
        evaluator = self.evaluator.within(assigned, self.initial)
        match node:
            case And(items=items):
                yield from self.in_turn(items, environment, (assigned, depth, trail))
            case Or(items=items):
                for item in items:
                    yield from self.paths(item, environment, assigned, depth, trail)
            case If(condition=condition, then=then, otherwise=otherwise):
                taken = then if evaluator.truth(condition, environment) else otherwise
                yield from self.paths(taken, environment, assigned, depth, trail)
            case Case(arms=arms, other=other):
                for guard, body in arms:
                    if evaluator.truth(guard, environment):
                        yield from self.paths(body, environment, assigned, depth, trail)
                        return
                if other is None:
                    raise TlaError("no arm of CASE is true, and there is no OTHER", node.span)
                yield from self.paths(other, environment, assigned, depth, trail)
            case Let(body=body):
                inner = evaluator.with_definitions(node, environment)
                yield from self.paths(body, inner, assigned, depth, trail)
            case Quantifier(universal=False, bounds=bounds, body=body):
                empty = True
                for inner in evaluator.each(bounds, environment):
                    empty = False
                    yield from self.paths(body, inner, assigned, depth + 1, trail)
                if empty:
                    self.fail(node, environment, assigned, depth, trail)
            case Builtin(operator="=>", arguments=(premise, body)) if self.opens(body):
                if evaluator.truth(premise, environment):
                    yield from self.paths(body, environment, assigned, depth, trail)
                else:
                    yield assigned, depth, trail
            case Quantifier(universal=True, bounds=bounds, body=body) if self.opens(body):
                yield from self.for_all(
                    body, list(evaluator.each(bounds, environment)), assigned, depth, trail
                )
            case Compose(first=first, second=second):
                between = Walk(self.evaluator.within({}), self.variables).states(first, environment)
                for state in between:
                    onward = Walk(self.evaluator.at(state), self.variables, failures=self.failures)
                    yield from onward.paths(second, environment, assigned, depth, trail)
            case BoxAction(action=action, subscript=subscript):
                either = Or(node.span, (action, Unchanged(node.span, subscript)))
                yield from self.paths(either, environment, assigned, depth, trail)
            case AngleAction(action=action, subscript=subscript):
                names = variables_of(subscript, self.evaluator.binding.meaning)
                for path in self.paths(action, environment, assigned, depth, trail):
                    # Where A leaves one of the variables of v open, v may change.
                    if names is not None and names - path[0].keys():
                        yield path
                    else:
                        yield from self.paths(node.parts[1], environment, *path)
            case Unchanged(body=body):
                yield from self.unchanged(node, body, environment, assigned, depth, trail)
            case Builtin(operator="=", arguments=(target, source)) if name := self.target(
                target, environment, assigned
            ):
                value = strict(evaluator.value(source, environment))
                yield self.with_value(name, value, node, environment, assigned), depth + 1, trail
            case Builtin(operator="\\in", arguments=(target, source)) if name := self.target(
                target, environment, assigned
            ):
                for value in evaluator.members(source, environment):
                    yield self.with_value(name, value, node, environment, assigned), depth + 1, trail
            case Ref() if (found := self.body(node, environment, evaluator)) is not None:
                body, inner, name = found
                yield from self.paths(body, inner, assigned, depth, (*trail, name) if name else trail)
            case _:
                if evaluator.truth(node, environment):
                    yield assigned, depth + 1, trail
                else:
                    self.fail(node, environment, assigned, depth, trail)

    def in_turn(self, items: tuple[Expr, ...], environment: Environment, path: _Path) -> Iterator[_Path]:
        if not items:
            yield path
            return
        settled = self.is_settled(path[0])
        for further in self.paths(items[0], environment, *path):
            yield from self.in_turn(items[1:], environment, further)
            if settled:
                return  # once every variable has its value, one way to be true is as good as another

    def for_all(
        self,
        body: Expr,
        environments: list[Environment],
        assigned: Assignment,
        depth: int,
        trail: tuple[str, ...],
    ) -> Iterator[_Path]:
        if not environments:
            yield assigned, depth, trail
            return
        for further in self.paths(body, environments[0], assigned, depth, trail):
            yield from self.for_all(body, environments[1:], *further)
            if self.is_settled(assigned):
                return

    def is_settled(self, assigned: Assignment) -> bool:
        return all(name in assigned for name in self.variables)

    def unchanged(
        self,
        node: Expr,
        body: Expr,
        environment: Environment,
        assigned: Assignment,
        depth: int,
        trail: tuple[str, ...],
    ) -> Iterator[_Path]:
        match body:
            case Tuple(items=items):
                parts = tuple(Unchanged(node.span, item) for item in items)
                yield from self.in_turn(parts, environment, (assigned, depth, trail))
            case Ref(to=Parameter() as parameter) if isinstance(meant := environment.get(parameter), Thunk):
                yield from self.unchanged(node, meant.node, meant.environment, assigned, depth, trail)
            case Ref(to=Definition(parameters=()) as to) if to not in environment and isinstance(
                replaced := self.evaluator.binding.meaning(to), Definition
            ):
                yield from self.unchanged(node, replaced.body, EMPTY, assigned, depth, trail)
            case Ref(to=Variable(name=name)) if name not in assigned:
                value = self.evaluator.value(body)
                yield self.with_value(name, value, node, environment, assigned), depth, trail
            case _:
                before = self.evaluator.value(body, environment)
                if equal(
                    before,
                    self.evaluator.within(assigned, self.initial).value(Prime(node.span, body), environment),
                ):
                    yield assigned, depth + 1, trail
                else:
                    self.fail(node, environment, assigned, depth, trail)

    def opens(self, node: Expr) -> bool:
        """Whether the formula is to be taken apart: it may bind variables or have several ways to be true."""
        binding = self.evaluator.binding
        return self.initial or binding.level(node) >= ACTION_LEVEL or branches(node, binding.meaning)

    def target(self, node: Expr, environment: Environment, assigned: Assignment) -> str | None:
        """The variable that `node = ...` gives a value to, or None where it just compares."""
        node, environment = self.meant(node, environment)
        if not self.initial:
            if not isinstance(node, Prime):
                return None
            node, environment = self.meant(node.body, environment)
        if isinstance(node, Ref) and isinstance(node.to, Variable) and node.to.name not in assigned:
            return node.to.name
        return None

    def meant(self, node: Expr, environment: Environment) -> tuple[Expr, Environment]:
        """What a parameter, or a LET definition without any, stands for."""
        while isinstance(node, Ref) and isinstance(meant := environment.get(node.to), Thunk):
            node, environment = meant.node, meant.environment
        return node, environment

    def body(
        self, node: Ref, environment: Environment, evaluator: Evaluates
    ) -> tuple[Expr, Environment, str] | None:
        """What an operator stands for, where it is to be looked into."""
        to = self.evaluator.binding.meaning(node.to)
        meant = environment.get(to)
        if isinstance(meant, Thunk):
            return (meant.node, meant.environment, "") if meant.known is None else None
        if isinstance(meant, Closure):
            inner = evaluator.entered(meant.parameters, meant.environment, node.arguments, environment)
            return meant.body, inner, ""
        if isinstance(meant, Definition):  # the argument of an operator parameter
            return self.body(replace(node, to=meant), environment, evaluator)
        if not isinstance(to, Definition) or meant is not None or to.recursive or to.recursive_function:
            return None
        inner = evaluator.entered(to.parameters, EMPTY, node.arguments, environment)
        return to.body, inner, to.name

    def with_value(
        self, name: str, value: Value, node: Expr, environment: Environment, assigned: Assignment
    ) -> Assignment:
        """What is assigned once the formula has given the variable its value."""
        if self.sources is not None:
            self.sources.append(Source(name, value, node, environment, dict(assigned)))
        return {**assigned, name: value}

    def fail(
        self, node: Expr, environment: Environment, assigned: Assignment, depth: int, trail: tuple[str, ...]
    ) -> None:
        if self.failures is not None:
            self.failures.append(Failure(depth, trail, node, environment, dict(assigned)))
