"""Actions and initial predicates, taken apart: the ways to satisfy one, each as guards and new values.

`x' = e` gives x' the value e, so that no formula says it; what is chosen (\\E, x' \\in S) is a new constant.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..environment import EMPTY, Binding, Closure, Environment, Thunk
from ..errors import Span, TlaError
from ..syntax import (
    ACTION_LEVEL,
    STATE_LEVEL,
    And,
    Bound,
    Builtin,
    Case,
    Declaration,
    Definition,
    Expr,
    If,
    Let,
    OperatorArgument,
    Or,
    Prime,
    Quantifier,
    Ref,
    Tuple,
    Unchanged,
    Variable,
)
from . import logic
from .logic import Formula, Symbol
from .theory import Theory
from .translation import State, Translator, matched
from .values import Members, Shape, Value, is_known

Meant = Thunk | Closure | Declaration
"""What a parameter may stand for that is no value."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to satisfy a formula: `assigned` are the new values, if all guards hold."""

    assigned: State
    guards: tuple[Formula, ...] = ()

    @property
    def is_dead(self) -> bool:
        return any(guard == logic.NO for guard in self.guards)

    def guarded(self, formula: Formula) -> Way:
        return self if formula == logic.YES else replace(self, guards=(*self.guards, formula))


@dataclass(frozen=True, slots=True)
class Action:
    """A disjunct of Next: named after its operator, with what stands for the parameters there.

    name         of the operator, or Next
    parameters   the names of those that stand for a constant
    arguments    what each is, in terms of new constants
    place        where it stands in Next
    """

    name: str
    parameters: tuple[str, ...]
    arguments: tuple[Value, ...]
    place: Span
    node: Expr
    environment: Environment
    guards: tuple[Formula, ...]

    @property
    def span(self) -> Span:
        return self.node.span


class Steps:
    """Takes formulas of one theory apart. All chosen constants have names of their own."""

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self.sorts = theory.sorts
        self.state = theory.state()
        self.chosen: list[Symbol] = []
        """What stands for all that is chosen in any action."""
        self._numbers = itertools.count(1)
        self._binding = Binding()

    # --- the disjuncts of Next --------------------------------------------------------------------------

    def actions(self, following: Definition) -> tuple[Action, ...]:
        """The disjuncts of the definition, split at \\/ and at \\E."""
        body = following.body
        return tuple(self._disjuncts(body, EMPTY, Action(following.name, (), (), body.span, body, EMPTY, ())))

    def _disjuncts(
        self, node: Expr, environment: Environment, within: Action, applied: bool = False
    ) -> Iterator[Action]:
        """`applied`: inside of an operator with parameters, which is one action."""
        match node:
            case Or(items=items) if not applied:
                for item in items:
                    yield from self._disjuncts(item, environment, replace(within, place=item.span))
                return
            case Quantifier(universal=False, bounds=bounds, body=body) if not applied:
                translator = Translator(self.theory, self.state)
                for inner, guards in self.choices(bounds, environment, translator, node.span):
                    made = replace(within, guards=(*within.guards, *guards))
                    yield from self._disjuncts(body, inner, made)
                return
            case Ref(to=Definition() as to, arguments=arguments) if not (to.recursive or applied):
                pairs = zip(to.parameters, arguments, strict=True)
                inner = {parameter: self._argument(argument, environment) for parameter, argument in pairs}
                shown = {p.name: meant for p, meant in inner.items() if not isinstance(meant, Meant)}
                made = replace(within, name=to.name, parameters=tuple(shown), arguments=tuple(shown.values()))
                yield from self._disjuncts(to.body, inner, made, bool(arguments))
                return
        yield replace(within, node=node, environment=environment)

    def _argument(self, argument: Expr | OperatorArgument, environment: Environment) -> Any:
        """Its value where it is a constant, which is the same under a prime; else, as it is written."""
        translator = Translator(self.theory, self.state)
        if isinstance(argument, Expr) and self._level(argument, environment) < STATE_LEVEL:
            value = translator.value(argument, environment)
            if is_known(self.sorts.shape(value)):
                return value
        return translator.argument(argument, environment)

    # --- ways -------------------------------------------------------------------------------------------

    def of_action(self, action: Action) -> Iterator[Way]:
        """The ways in which the action leads from the state to another."""
        start = Way({}, action.guards)
        yield from self._complete(self._ways(action.node, action.environment, start, False), action.node, "'")

    def of_initial(self, node: Expr) -> Iterator[Way]:
        yield from self._complete(self._ways(node, EMPTY, Way({}), True), node, "")

    def _complete(self, ways: Iterator[Way], node: Expr, prime: str) -> Iterator[Way]:
        for way in ways:
            if way.is_dead:
                continue
            for variable in self.theory.module.variables:
                if variable.name not in way.assigned:
                    raise TlaError(f"nothing says what `{variable.name}{prime}` is", node.span)
            yield way

    def _ways(self, node: Expr, environment: Environment, way: Way, initial: bool) -> Iterator[Way]:
        translator = (
            Translator(self.theory, way.assigned)
            if initial
            else Translator(self.theory, self.state, way.assigned)
        )
        match node:
            case And(items=items):
                yield from self._in_turn(items, environment, way, initial)
            case Or(items=items) if self._assigns(node, environment, initial):
                for item in items:
                    yield from self._ways(item, environment, way, initial)
            case If(condition=condition, then=then, otherwise=otherwise) if self._assigns(
                node, environment, initial
            ):
                test = translator.formula(condition, environment)
                yes, no = way.guarded(test), way.guarded(logic.negation(test))
                if not yes.is_dead:
                    yield from self._ways(then, environment, yes, initial)
                if not no.is_dead:
                    yield from self._ways(otherwise, environment, no, initial)
            case Case() if self._assigns(node, environment, initial):
                made = translator.as_conditions(node, environment)
                yield from self._ways(made, environment, way, initial)
            case Let(body=body):
                inner = translator.with_definitions(node, environment)
                yield from self._ways(body, inner, way, initial)
            case Quantifier(universal=False, bounds=bounds, body=body):
                for inner, guards in self.choices(bounds, environment, translator, node.span):
                    further = replace(way, guards=(*way.guards, *guards))
                    yield from self._ways(body, inner, further, initial)
            case Unchanged() if not initial:
                yield from self._unchanged(node, environment, way)
            case Builtin(operator="=", arguments=(target, source)) if name := self._target(
                target, environment, way, initial
            ):
                yield self._assigned(way, name, translator.value(source, environment), source.span)
            case Builtin(operator="\\in", arguments=(target, source)) if name := self._target(
                target, environment, way, initial
            ):
                members = translator.members(source, environment)
                value, guards = self._new(name, members, self.theory.shapes[name], source.span)
                further = self._assigned(way, name, value, source.span)
                yield replace(further, guards=(*further.guards, *guards))
            case Ref() if (found := self._body(node, environment, translator)) is not None:
                yield from self._ways(*found, way, initial)
            case _:
                yield way.guarded(translator.formula(node, environment))

    def _in_turn(
        self, items: tuple[Expr, ...], environment: Environment, way: Way, initial: bool
    ) -> Iterator[Way]:
        if not items or way.is_dead:
            yield way
            return
        for further in self._ways(items[0], environment, way, initial):
            yield from self._in_turn(items[1:], environment, further, initial)

    def _assigned(self, way: Way, name: str, value: Value, span: Span) -> Way:
        value = self.sorts.of_shape(value, self.theory.shapes[name], span)
        return replace(way, assigned={**way.assigned, name: value})

    def _assigns(self, node: Expr, environment: Environment, initial: bool) -> bool:
        """Whether the formula may give a variable its value, so that each way to be true counts."""
        return initial or self._level(node, environment) >= ACTION_LEVEL

    def _level(self, node: Expr, environment: Environment) -> int:
        """The level of the formula, with what parameters stand for, and so on."""
        seen: list[Environment] = []
        levels = [self._binding.level(node)]

        def look(home: Environment) -> None:
            if any(home is each for each in seen):  # a LET definition is in its own environment
                return
            seen.append(home)
            for meant in home.values():
                match meant:
                    case Thunk(node=inside, environment=inner) | Closure(body=inside, environment=inner):
                        levels.append(self._binding.level(inside))
                        look(inner)
                    case Definition(body=inside):
                        levels.append(self._binding.level(inside))

        look(environment)
        return max(levels)

    def _unchanged(self, node: Unchanged, environment: Environment, way: Way) -> Iterator[Way]:
        match node.body:
            case Tuple(items=items):
                parts = tuple(Unchanged(node.span, item) for item in items)
                yield from self._in_turn(parts, environment, way, False)
            case Ref(to=to) if isinstance(meant := environment.get(to), Thunk):
                yield from self._unchanged(replace(node, body=meant.node), meant.environment, way)
            case Ref(to=Definition(parameters=()) as to) if to not in environment:
                yield from self._unchanged(replace(node, body=to.body), EMPTY, way)
            case Ref(to=Variable(name=name)) if name not in way.assigned:
                yield replace(way, assigned={**way.assigned, name: self.state[name]})
            case _:
                translator = Translator(self.theory, self.state, way.assigned)
                yield way.guarded(translator.formula(node, environment))

    def _target(self, node: Expr, environment: Environment, way: Way, initial: bool) -> str | None:
        """The variable that `node = ...` gives a value to, or None where it just compares."""
        if not initial:
            if not isinstance(node, Prime):
                return None
            node = node.body
        while isinstance(node, Ref) and isinstance(meant := environment.get(node.to), Thunk):
            node, environment = meant.node, meant.environment
        if isinstance(node, Ref) and isinstance(node.to, Variable) and node.to.name not in way.assigned:
            return node.to.name
        return None

    def _body(
        self, node: Ref, environment: Environment, translator: Translator
    ) -> tuple[Expr, Environment] | None:
        """What an operator stands for, where it is to be looked into."""
        meant = environment.get(node.to)
        if isinstance(meant, Thunk):
            return meant.node, meant.environment
        if isinstance(meant, Closure):
            return meant.body, translator.entered(
                meant.parameters, meant.environment, node.arguments, environment
            )
        to = node.to
        if meant is None and isinstance(to, Definition) and not (to.recursive or to.recursive_function):
            return to.body, translator.entered(to.parameters, EMPTY, node.arguments, environment)
        return None

    # --- what is chosen ---------------------------------------------------------------------------------

    def choices(
        self, bounds: tuple[Bound, ...], environment: Environment, translator: Translator, span: Span
    ) -> Iterator[tuple[Environment, tuple[Formula, ...]]]:
        """The environments in which the bounds are new constants, with what is known of these."""
        inner: dict[Any, Any] = dict(environment)
        guards: list[Formula] = []
        for bound in bounds:
            members = translator.members(bound.domain, environment)
            if members.element is None or not is_known(members.element):
                raise TlaError("the sort of what is chosen here cannot be told", bound.domain.span)
            for names in [bound.parameters] if bound.pattern else [(p,) for p in bound.parameters]:
                name = "_".join(p.name for p in names)
                value, known = self._new(name, members, members.element, span)
                inner.update(matched(names, bound.pattern, value, span))
                guards.extend(known)
        yield inner, tuple(guards)

    def _new(
        self, name: str, members: Members, shape: Shape, span: Span
    ) -> tuple[Value, tuple[Formula, ...]]:
        """A value of which is known that it is in the set, all of which must be of the shape."""
        if self.sorts.joined(members.element, shape, span) != shape:
            seen = self.sorts.shown(members.element)
            raise TlaError(f"{seen} meets elements of {self.sorts.shown(shape)} here, which are fewer", span)
        unique = f"{name}!{next(self._numbers)}"
        value = self.sorts.symbolic(unique, shape, span)
        self.chosen.extend(self.sorts.symbols(unique, shape, span))
        known = self.sorts.contains(members, value, span)
        return value, () if known == logic.YES else (known,)
