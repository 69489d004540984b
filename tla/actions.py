"""Actions of the tree as Python statements.

A conjunction is nested code, `x' = e` an assignment to a local, `\\E` a loop, a disjunction one piece of code
after the other; the innermost place emits the successor. As in TLC, a disjunction or `\\E` is looked at once
for each way to be true, also where it primes nothing; but once every variable has its value, what comes after
is only tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from . import values
from .expressions import Expressions, single
from .meanings import Environment, Lazy, Local, Operator
from .syntax import (
    ACTION_LEVEL,
    And,
    AngleAction,
    Apply,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Compose,
    Definition,
    Expr,
    FunctionOf,
    If,
    Let,
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
from .values import Value

LARGE = 250
"""A disjunct with more nodes than this is a function of its own."""

SHARED = 50
"""What comes after a disjunction is written once where it has more nodes than this."""

Continuation = Callable[[], None]
"""Writes what comes after an action that has been satisfied."""


@dataclass(slots=True)
class Passed:
    """How many states an action has led to on the way, between the parts of A \\cdot B: TLC counts these."""

    states: int = 0


class Actions:
    """Writes actions into the code of `of`. With a `trail`, the actions gone through are emitted too."""

    def __init__(self, of: Expressions, trail: bool = False, passed: str = "") -> None:
        """`passed` is code for the Passed of the action, if that is to be kept."""
        self.of = of
        self.passed = passed
        self.code = of.code
        self.trail: tuple[str, ...] | None = () if trail else None
        self.written: set[str] = set()
        self.running: dict[Definition, str] = {}
        """The functions of which the code is being written that runs through the ways in which they hold."""

    def action(self, node: Expr, environment: Environment, then: Continuation) -> None:
        """Statements that run `then` for each way to satisfy the action, with `assigned` set."""
        match node:
            case And(items=items):
                self.in_turn(items, environment, then)
            case Or(items=items):
                for item in items:
                    self.apart(item, environment, then)
            case If(condition=condition, then=one, otherwise=other):
                code = self.of.formulas.truth(condition, environment)
                with self.restoring(), self.code.block(f"if {code}:"):
                    self.action(one, environment, then)
                with self.restoring(), self.code.block("else:"):
                    self.action(other, environment, then)
            case Case():
                self.case_action(node, 0, environment, then)
            case Let(body=body):
                self.action(body, self.of.with_definitions(node, environment), then)
            case Quantifier(universal=False, bounds=bounds, body=body):
                self.exists(bounds, body, environment, then)
            case Quantifier(universal=True) if self.unrolled(node, environment, then):
                pass
            case Quantifier(universal=True, body=body) if not self.of.initial and self.branches(body):
                self.for_all(node, environment, then)
            case Builtin(operator="=>", arguments=(premise, body)) if self.binds(body) or self.branches(body):
                code = self.of.formulas.truth(premise, environment)
                with self.restoring(), self.code.block(f"if {code}:"):
                    self.action(body, environment, then)
                with self.restoring(), self.code.block("else:"):
                    then()
            case BoxAction(action=action, subscript=subscript):
                self.action(Or(node.span, (action, Unchanged(node.span, subscript))), environment, then)
            case Compose(second=second):
                between, state = self.of.between(node, environment), self.code.name("s")
                onward = self.back(then)
                passed, self.passed = self.passed, ""
                if passed:
                    self.code.line(f"{passed}.states += len({between})")

                with (
                    self.restoring(),
                    self.code.block(f"for {state} in {between}:", loop=True),
                    self.of.at(state),
                ):
                    self.action(second, environment, onward)
                self.passed = passed
            case AngleAction(action=action, subscript=subscript):
                self.action(action, environment, lambda: self.changed(node, subscript, environment, then))
            case Unchanged(body=body):
                self.unchanged(body, environment, then)
            case Builtin(operator="=", arguments=(left, right)) if target := self.target(left, environment):
                self.bind_variable(target, self.code.atom(self.of.stored(right, environment)), then)
            case Builtin(operator="\\in", arguments=(left, right)) if target := self.target(
                left, environment
            ):
                name = self.code.name("n")
                members = self.of.members(right, environment, in_order=True)
                with self.restoring(), self.code.block(f"for {name} in {members}:", loop=True):
                    self.bind_variable(target, name, then)
            case Ref() if self.referred(node, environment, then):
                pass
            case Apply() if self.function_applied(node, environment, then):
                pass
            case _:
                self.test(node, environment, then)

    def apart(self, node: Expr, environment: Environment, then: Continuation) -> None:
        """One of several disjuncts; a large one is a function of its own, for CPython's sake."""
        if self.of.home.weight(node) <= LARGE:
            with self.restoring():
                self.action(node, environment, then)
            return
        run = self.code.name("f")
        with self.restoring(), self.code.closure(f"def {run}():"):
            self.action(node, environment, then)
        self.code.line(f"{run}()")

    def exists(
        self, bounds: tuple[Bound, ...], body: Expr, environment: Environment, then: Continuation
    ) -> None:
        """\\E as loops. What its body asks first, and not of the elements, is asked once, before them."""
        of = self.of
        sets = [self.code.atom(of.members(bound.domain, environment, in_order=True)) for bound in bounds]
        with self.restoring(), ExitStack() as tests:
            asked = of.formulas.asked_first(bounds, body, environment, self.is_test)
            if asked:
                tests.enter_context(self.code.block(f"if {' and '.join(sets)}:"))
            for item, inner in asked:
                tests.enter_context(self.code.block(f"if {of.formulas.truth(item, inner)}:"))
            with of.loops_over(sets, bounds, environment) as (inner, _):
                self.action(body, inner, then)

    def is_test(self, node: Expr) -> bool:
        """Whether it may be asked once for all elements of a quantifier: true in one way only."""
        return not self.binds(node) and not self.branches(node) and self.of.formulas.is_test(node)

    def shared(self, then: Continuation) -> Continuation:
        """What comes after several branches, as a function that each of them calls.

        There is one for each set of variables that are assigned by then; what is assigned is handed over.
        """
        place, before = self.code.here(), dict(self.of.assigned)
        made: dict[Any, str] = {}

        def onward() -> None:
            assigned = self.of.assigned
            kept = {
                name: code for name, code in assigned.items()
                if before.get(name) == code or (name, code) in self.of.unprimed
            }  # fmt: skip
            given = [name for name in assigned if name not in kept]
            key = (tuple(sorted(kept)), tuple(given), self.trail, self.of.current)
            if key not in made:
                made[key] = self.code.name("f")
                with self.code.writing_at(place), self.restoring():
                    names = {name: self.code.name("n") for name in given}
                    with self.code.closure(f"def {made[key]}({', '.join(names.values())}):"):
                        unchanged = {n: self.of.variable(n, None) for n in kept if before.get(n) != kept[n]}
                        self.of.assigned = {**before, **unchanged, **names}
                        then()
            self.code.line(f"{made[key]}({', '.join(assigned[name] for name in given)})")

        return onward

    def back(self, then: Continuation) -> Continuation:
        """What comes after, seen from the state of this place."""
        here = self.of.current

        def onward() -> None:
            with self.of.at(here):
                then()

        return onward

    def test(self, node: Expr, environment: Environment, then: Continuation) -> None:
        code = self.of.formulas.truth(node, environment)
        if code == "True":
            then()
            return
        with self.restoring(), self.code.block(f"if {code}:"):
            then()

    def in_turn(self, items: tuple[Expr, ...], environment: Environment, then: Continuation) -> None:
        if not items:
            then()
            return
        rest: Continuation = lambda: self.after_first(items[1:], environment, then)  # noqa: E731
        if self.branches(items[0]) and sum(map(self.of.home.weight, items[1:])) > SHARED:
            rest = self.shared(rest)
        self.action(items[0], environment, rest)

    def after_first(self, items: tuple[Expr, ...], environment: Environment, then: Continuation) -> None:
        """What comes after the first of several conjuncts."""
        if not items:
            then()
            return
        if self.is_settled():
            self.test(items[0], environment, lambda: self.after_first(items[1:], environment, then))
        else:
            self.in_turn(items, environment, then)

    def is_settled(self) -> bool:
        """Whether every variable has its value."""
        return self.of.home.place.keys() <= self.of.assigned.keys()

    @contextmanager
    def restoring(self) -> Iterator[None]:
        assigned, trail = dict(self.of.assigned), self.trail
        yield
        self.of.assigned, self.trail = assigned, trail

    def case_action(self, node: Case, at: int, environment: Environment, then: Continuation) -> None:
        if at == len(node.arms):
            if node.other is None:
                self.code.line("no_case()")
            else:
                self.action(node.other, environment, then)
            return
        guard, body = node.arms[at]
        code = self.of.formulas.truth(guard, environment)
        with self.restoring(), self.code.block(f"if {code}:"):
            self.action(body, environment, then)
        with self.restoring(), self.code.block("else:"):
            self.case_action(node, at + 1, environment, then)

    def unrolled(self, node: Quantifier, environment: Environment, then: Continuation) -> bool:
        """\\A over a constant set, as the conjunction that it stands for, where it may bind variables."""
        if not single(node.bounds) or not self.binds(node.body):
            return False
        constant = self.of.home.constant_value(node.bounds[0].domain)
        if not isinstance(constant, frozenset):
            return False

        def from_place(members: tuple[Value, ...]) -> None:
            if not members:
                then()
                return
            inner = dict(environment)
            self.of.bind(node.bounds[0], self.of.home.constant(members[0]), inner)
            step = self.test if self.is_settled() else self.action
            step(node.body, inner, lambda: from_place(members[1:]))

        from_place(values.ordered(constant))
        return True

    def for_all(self, node: Quantifier, environment: Environment, then: Continuation) -> None:
        """\\A over any set: a function that takes the elements one by one, and `then` after the last."""
        run, members, place = (self.code.name(prefix) for prefix in ("f", "t", "p"))
        sets = [
            self.of.members(bound.domain, environment, in_order=True)
            for bound in node.bounds
            for _ in ([0] if bound.pattern else bound.parameters)
        ]
        self.code.line(f"{members} = tuple(product({', '.join(sets)}))")
        with self.restoring(), self.code.closure(f"def {run}({place}):"):
            with self.code.block(f"if {place} == len({members}):"):
                then()
            with self.code.block("else:"):
                inner = dict(environment)
                self.of.match_arguments(node.bounds, f"{members}[{place}]", inner, together=True)
                self.action(node.body, inner, lambda: self.code.line(f"{run}({place} + 1)"))
        self.code.line(f"{run}(0)")

    def target(self, node: Expr, environment: Environment) -> str | None:
        """The variable that `node = ...` gives a value to, or None where it just compares."""
        node, environment = self.meant(node, environment)
        if not self.of.initial:
            if not isinstance(node, Prime):
                return None
            node, environment = self.meant(node.body, environment)
        if isinstance(node, Ref) and isinstance(node.to, Variable) and node.to.name not in self.of.assigned:
            return node.to.name
        return None

    def meant(self, node: Expr, environment: Environment) -> tuple[Expr, Environment]:
        """What a parameter, or a LET definition without any, stands for."""
        while isinstance(node, Ref) and isinstance(meant := environment.get(node.to), Lazy):
            node, environment = meant.node, meant.environment
        return node, environment

    def bind_variable(self, name: str, code: str, then: Continuation) -> None:
        before = self.of.assigned
        self.of.assigned = {**before, name: code}
        then()
        self.of.assigned = before

    def unchanged(self, node: Expr, environment: Environment, then: Continuation) -> None:
        """UNCHANGED of a variable, or of a tuple of what may be unchanged."""
        match node:
            case Tuple(items=items):
                parts = tuple(Unchanged(node.span, item) for item in items)
                self.in_turn(parts, environment, then)
                return
            case Ref(to=Variable(name=name)) if name not in self.of.assigned:
                self.bind_variable(name, self.of.variable(name, node.span), then)
                return
            case Ref(to=Parameter() as parameter) if isinstance(meant := environment.get(parameter), Lazy):
                self.unchanged(meant.node, meant.environment, then)
                return
            case Ref(to=Definition() as to, arguments=()) if to not in environment:
                replaced = self.of.home.binding.meaning(to)
                if isinstance(replaced, Definition):
                    self.unchanged(replaced.body, {}, then)
                    return
        code = self.of.formulas.equality(Prime(node.span, node), node, environment)
        with self.restoring(), self.code.block(f"if {code}:"):
            then()

    def changed(
        self, node: AngleAction, subscript: Expr, environment: Environment, then: Continuation
    ) -> None:
        """The v of <<A>>_v changes; where A leaves one of its variables open, it may."""
        names = variables_of(subscript, self.of.home.binding.meaning)
        if names is not None and names - self.of.assigned.keys():
            then()
        else:
            self.test(node.parts[1], environment, then)

    def referred(self, node: Ref, environment: Environment, then: Continuation) -> bool:
        """An operator whose body is to be read as an action; False where it is just a formula."""
        to = self.of.home.binding.meaning(node.to)
        meant = environment.get(to)
        if isinstance(meant, Lazy):
            if self.of.is_done(meant) or not self.as_action(meant.node):
                return False
            self.action(meant.node, meant.environment, then)
            return True
        if isinstance(meant, Operator):
            inner = self.of.entered(meant, node.arguments, environment)
            self.action(meant.body, inner, then)
            return True
        if isinstance(meant, Definition):  # the argument of an operator parameter
            return self.referred(replace(node, to=meant), environment, then)
        if not isinstance(to, Definition) or meant is not None or to.recursive or to.recursive_function:
            return False
        if not self.as_action(to.body) and not self.binds(node):
            return False
        inner = self.of.entered(Operator(to.parameters, to.body, {}), node.arguments, environment)
        with self.restoring():
            if self.trail is not None and self.of.home.level(to.body) >= ACTION_LEVEL:
                self.trail = (*self.trail, to.name)
            self.action(to.body, inner, then)
        return True

    def function_applied(self, node: Apply, environment: Environment, then: Continuation) -> bool:
        """f[e] of a recursive f that has several ways to be true, which count; False for any other."""
        to = node.function.to if isinstance(node.function, Ref) else None
        if not isinstance(to, Definition) or not to.recursive_function or self.of.initial:
            return False
        made, body = environment.get(to), to.body
        home = made.home if isinstance(made, Local) else None if to in environment else {}
        if home is None or not isinstance(body, FunctionOf) or not single(body.bounds):
            return False
        if self.of.primes(body.body, home) or not self.branches(body.body):
            return False
        run, argument = self.running.get(to), self.code.atom(self.of.stored(node.argument, environment))
        with self.restoring(), self.code.block(f"if {self.of.formulas.truth(node, environment)}:"):
            if run is None:
                run = self.ways(to, body, home)
            after = self.code.name("f")
            with self.code.closure(f"def {after}():"):
                then()
            self.code.line(f"{run}({argument}, {after})")
        return True

    def ways(self, function: Definition, body: FunctionOf, home: Environment) -> str:
        """A Python function that calls its second argument for each way in which f[its first] is true."""
        run, argument, onward = (self.code.name(prefix) for prefix in ("f", "p", "f"))
        inner = dict(home)
        with self.restoring(), self.code.closure(f"def {run}({argument}, {onward}):"):
            self.of.bind(body.bounds[0], argument, inner)
            self.running[function] = run
            self.action(body.body, inner, lambda: self.code.line(f"{onward}()"))
            del self.running[function]
        return run

    def as_action(self, node: Expr) -> bool:
        """Whether the formula is to be taken apart: it may bind variables or have several ways to be true."""
        return self.binds(node) or isinstance(node, And | Or | Quantifier | If | Case | Let | Ref)

    def binds(self, node: Expr) -> bool:
        """Whether the formula may say what a variable is."""
        return self.of.initial or self.of.home.level(node) >= ACTION_LEVEL

    def branches(self, node: Expr) -> bool:
        return branches(node, self.of.home.binding.meaning)

    def emit(self) -> None:
        """The innermost place: every variable has a value in the next state."""
        missing = [name for name in self.of.home.place if name not in self.of.assigned]
        if missing:
            what = f"predicate does not say what `{missing[0]}`"
            if not self.of.initial:
                what = f"action does not say what `{missing[0]}'`"
            self.of.refusal(f"the {what} is")
            return
        self.written |= {
            name for name in self.of.assigned if (name, self.of.assigned[name]) not in self.of.unprimed
        }
        state = "(" + "".join(f"{self.of.assigned[name]}, " for name in self.of.home.place) + ")"
        self.code.line(f"emit({state})" if self.trail is None else f"emit(({state}, {self.trail!r}))")
