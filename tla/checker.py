"""The explicit model checker: breadth-first over all reachable states, counting as TLC counts.

generated  every initial state and every successor, each way to reach it counted
distinct   the states within the constraints, each once
depth      states on the longest of the shortest paths from an initial state, that one included
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .model import RUNTIME_ERRORS, Action, Formula, Model, State


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a behavior: the action taken (None at the initial state), and the state reached."""

    action: Action | None
    state: State


@dataclass(frozen=True, slots=True)
class Violation:
    """What was violated, with a shortest behavior that does so.

    kind is "invariant", "property", "deadlock" or "error" (no value; `message` says where and why).
    """

    kind: str
    name: str
    behavior: tuple[Step, ...]
    message: str = ""


@dataclass(slots=True)
class Result:
    """How far the search went, and what it found; None where nothing is violated."""

    distinct: int = 0
    generated: int = 0
    depth: int = 0
    seconds: float = 0.0
    actions: Counter[str] = field(default_factory=Counter)
    violation: Violation | None = None


class _Found(Exception):
    def __init__(
        self, kind: str, name: str, state: State, via: tuple[State, Action] | None, message: str = ""
    ):
        self.kind, self.name, self.state, self.via, self.message = kind, name, state, via, message


def check(model: Model, progress: Callable[[Result], None] | None = None) -> Result:
    """All reachable states; stops at the first violation. `progress` is called after each level.

    Raises TlaError for what is wrong with the model itself, such as a false ASSUME.
    """
    model.check_assumptions()
    return _Search(model).run(progress)


class _Search:
    def __init__(self, model: Model) -> None:
        config = model.config
        self.model = model
        self.actions = model.actions()
        self.invariants = [f for reference in config.invariants for f in model.conjuncts(reference)]
        self.constraints = [f for reference in config.constraints for f in model.conjuncts(reference)]
        self.steps = [model.step_property(reference) for reference in config.properties]
        self.action_constraints = [model.action_constraint(name) for name in config.action_constraints]
        # A state that is searched from has passed its tests, so that a step needs only those
        # that read what the action writes.
        self.to_test = {action: self.tests_after(action) for action in self.actions}
        self.reached: dict[State, tuple[State, Action] | None] = {}
        self.result = Result()

    def tests_after(self, action: Action) -> tuple[list[Formula], list[Formula]]:
        """The constraints and the invariants that the action may make false."""
        return (
            [formula for formula in self.constraints if formula.reads & action.writes],
            [formula for formula in self.invariants if formula.reads & action.writes],
        )

    def run(self, progress: Callable[[Result], None] | None) -> Result:
        result = self.result
        began = time.monotonic()
        try:
            level = self.initial_level()
            while level:
                result.depth += 1
                result.distinct = len(self.reached)
                result.seconds = time.monotonic() - began
                if progress is not None:
                    progress(result)
                level = self.next_level(level)
        except _Found as found:
            behavior = self.behavior(found.state, found.via)
            result.violation = Violation(found.kind, found.name, behavior, found.message)
            result.depth = max(result.depth, len(behavior))
        result.distinct = len(self.reached)
        result.seconds = time.monotonic() - began
        return result

    def initial_level(self) -> list[State]:
        level = []
        for state in self.model.initial_states():
            self.result.generated += 1
            if state in self.reached:
                continue
            within = self.all_hold(self.constraints, state)
            self.check_invariants(self.invariants, state, None)
            if within:
                self.reached[state] = None
                level.append(state)
        return level

    def next_level(self, level: list[State]) -> list[State]:
        reached, result = self.reached, self.result
        following: list[State] = []
        found: list[State] = []
        emit = found.append
        deadlock = self.model.config.check_deadlock
        counts: Counter[Action] = Counter()
        for state in level:
            any_successor = False
            for action in self.actions:
                try:
                    action.run(state, emit)
                except RUNTIME_ERRORS as error:
                    located = self.model.located_in_action(error, action, state)
                    raise _Found("error", action.name, state, reached[state], str(located)) from error
                if not found:
                    continue
                any_successor = True
                counts[action] += len(found)
                for successor in found:
                    if self.steps:
                        self.check_step(state, action, successor)
                    if successor not in reached and self.meet(state, action, successor):
                        reached[successor] = (state, action)
                        following.append(successor)
                result.generated += len(found)
                found.clear()
            if deadlock and not any_successor:
                raise _Found("deadlock", "deadlock", state, reached[state])
        for action, count in counts.items():
            result.actions[action.name] += count
        return following

    def meet(self, state: State, action: Action, successor: State) -> bool:
        """Tests a state that is new, or outside of the constraints; whether it is within them."""
        constraints, invariants = self.to_test[action]
        within = self.all_hold(constraints, successor)
        for formula in self.action_constraints if within else ():
            within = within and self.holds(formula, state, successor if formula.on_steps else None)
        self.check_invariants(invariants, successor, (state, action))
        return within

    def check_step(self, state: State, action: Action, successor: State) -> None:
        for formula, unchanged in self.steps:
            if not self.holds(formula, state, successor) and not self.holds(unchanged, state, successor):
                raise _Found("property", formula.name, successor, (state, action))

    def check_invariants(
        self, formulas: list[Formula], state: State, via: tuple[State, Action] | None
    ) -> None:
        if not self.all_hold(formulas, state, via):
            broken = next(formula for formula in formulas if not formula.holds(state))
            raise _Found("invariant", broken.name, state, via)

    def all_hold(
        self, formulas: list[Formula], state: State, via: tuple[State, Action] | None = None
    ) -> bool:
        """Whether a state satisfies all formulas; looks no further than the first that it does not."""
        formula = None
        try:
            for formula in formulas:
                if not formula.holds(state):
                    return False
        except RUNTIME_ERRORS as error:
            assert formula is not None
            raise self.found_error(error, formula, state, None, via) from error
        return True

    def holds(self, formula: Formula, state: State, successor: State | None) -> bool:
        try:
            return formula.holds(state, successor)
        except RUNTIME_ERRORS as error:
            raise self.found_error(error, formula, state, successor, None) from error

    def found_error(
        self,
        error: Exception,
        formula: Formula,
        state: State,
        successor: State | None,
        via: tuple[State, Action] | None,
    ) -> _Found:
        located = self.model.located_in_formula(error, formula, state, successor)
        return _Found("error", formula.name, state, via or self.reached.get(state), str(located))

    def behavior(self, state: State, via: tuple[State, Action] | None) -> tuple[Step, ...]:
        """The path to a state: back along the steps by which each was first reached."""
        steps = [Step(via[1] if via else None, state)]
        while via is not None:
            before = via[0]
            via = self.reached[before]
            steps.append(Step(via[1] if via else None, before))
        return tuple(reversed(steps))
