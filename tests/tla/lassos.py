"""What a temporal formula says of one endless behavior, by the book: slow, and apart from the checker's way.

A behavior is a list of states and the place to which it returns from the last one. Actions are looked at as
relations between the states that there are, so that a step, and ENABLED, is a question to the evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raftcheck.tla.evaluator import EMPTY, Environment, Evaluator, Thunk
from raftcheck.tla.model import Model, State
from raftcheck.tla.syntax import (
    And,
    AngleAction,
    BoxAction,
    Builtin,
    Definition,
    Expr,
    If,
    Or,
    Quantifier,
    Ref,
    Temporal,
    level,
)
from raftcheck.tla.values import equal


class Judge:
    """Of the behaviors of one model; `states` are all that an action may lead to."""

    def __init__(self, model: Model, states: Sequence[State]) -> None:
        self.model = model
        self.states = states
        self._known: dict[Any, bool] = {}

    def is_behavior(self, states: Sequence[State], loop: int) -> bool:
        """Whether it begins in an initial state, and each step stutters or is one of Next."""
        _, following = self.model.behavior()
        return states[0] in self.model.initial_states() and all(
            before == after or self.is_true(following, EMPTY, before, after)
            for before, after in zip(states, [*states[1:], states[loop]], strict=True)
        )

    def satisfies(self, name: str, states: Sequence[State], loop: int) -> bool:
        """Whether the formula of that name is true of the behavior."""
        return _Behavior(self, states, loop).holds(self.model.definition(name).body, EMPTY, 0)

    def changes(self, subscript: Expr, environment: Environment, before: State, after: State) -> bool:
        value = self.model.evaluator(before).value(subscript, environment)
        return not equal(value, self.model.evaluator(after).value(subscript, environment))

    def enabled(self, action: Expr, subscript: Expr, environment: Environment, state: State) -> bool:
        """ENABLED <<A>>_v"""
        return any(
            self.changes(subscript, environment, state, after)
            and self.is_true(action, environment, state, after)
            for after in self.states
        )

    def is_true(self, node: Expr, environment: Environment, state: State, after: State | None = None) -> bool:
        """Whether a formula is true of a state or a step."""
        if any(isinstance(meant, Thunk) for meant in environment.values()):
            return self.model.evaluator(state, after).truth(node, environment)
        key = (node, frozenset(environment.items()), state, after)
        if key not in self._known:
            self._known[key] = self.model.evaluator(state, after).truth(node, environment)
        return self._known[key]


class _Behavior:
    def __init__(self, judge: Judge, states: Sequence[State], loop: int) -> None:
        self.judge = judge
        self.states = states
        self.loop = loop

    def after(self, place: int) -> int:
        return place + 1 if place + 1 < len(self.states) else self.loop

    def later(self, place: int) -> range:
        """All places that the behavior comes to from that one on."""
        return range(min(place, self.loop), len(self.states))

    def takes(self, action: Expr, subscript: Expr, environment: Environment, place: int) -> bool:
        """<<A>>_v"""
        before, after = self.states[place], self.states[self.after(place)]
        changes = self.judge.changes(subscript, environment, before, after)
        return changes and self.judge.is_true(action, environment, before, after)

    def holds(self, node: Expr, environment: Environment, place: int) -> bool:
        holds, later = self.holds, self.later
        if level(node) < 2:
            return self.judge.is_true(node, environment, self.states[place])
        match node:
            case And(items=items):
                return all(holds(item, environment, place) for item in items)
            case Or(items=items):
                return any(holds(item, environment, place) for item in items)
            case Builtin(operator="~", arguments=(body,)):
                return not holds(body, environment, place)
            case Builtin(operator="=>", arguments=(left, right)):
                return not holds(left, environment, place) or holds(right, environment, place)
            case Builtin(operator="<=>", arguments=(left, right)):
                return holds(left, environment, place) == holds(right, environment, place)
            case If(condition=condition, then=then, otherwise=otherwise):
                return holds(then if holds(condition, environment, place) else otherwise, environment, place)
            case Quantifier(universal=universal, bounds=bounds, body=body):
                every = Evaluator(self.judge.model.binding).each(bounds, environment)
                truths = [holds(body, inner, place) for inner in every]
                return all(truths) if universal else any(truths)
            case Ref(to=Definition() as to, arguments=arguments):
                given = Evaluator(self.judge.model.binding).entered(to.parameters, {}, arguments, environment)
                return holds(to.body, given, place)
            case Temporal(operator="[]", arguments=(BoxAction(action=action, subscript=subscript),)):
                return all(
                    not self.judge.changes(subscript, environment, self.states[k], self.states[self.after(k)])
                    or self.takes(action, subscript, environment, k)
                    for k in later(place)
                )
            case Temporal(operator="<>", arguments=(AngleAction(action=action, subscript=subscript),)):
                return any(self.takes(action, subscript, environment, k) for k in later(place))
            case Temporal(operator="[]", arguments=(body,)):
                return all(holds(body, environment, k) for k in later(place))
            case Temporal(operator="<>", arguments=(body,)):
                return any(holds(body, environment, k) for k in later(place))
            case Temporal(operator="~>", arguments=(left, right)):
                return all(
                    any(holds(right, environment, j) for j in later(k))
                    for k in later(place)
                    if holds(left, environment, k)
                )
            case Temporal(operator="WF" | "SF" as operator, arguments=(subscript, action)):
                around = later(len(self.states) - 1)
                if any(self.takes(action, subscript, environment, k) for k in around):
                    return True
                enabled = [self.judge.enabled(action, subscript, environment, self.states[k]) for k in around]
                return not (all(enabled) if operator == "WF" else any(enabled))
        raise AssertionError(node)
