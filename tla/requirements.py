"""What a configuration asks of states and steps: which are searched at all, and what must hold of them.

    constraints          a state that breaks one is tested, but not searched from
    action constraints   a step that breaks one does not lead anywhere
    invariants           of every state, also of one outside of the constraints
    properties           what they say of initial states, of all states ([]P), of steps ([][A]_v), likewise;
                         and of whole behaviors, which is left to the graph of states (liveness.py)

Knows nothing of how states are found. A search turns Broken into a Violation with the behavior that
led there.
"""

from __future__ import annotations

from collections.abc import Sequence

from .compiler import RUNTIME_ERRORS
from .model import Action, Formula, Model, State


class Broken(Exception):
    """Something does not hold: kind and name as in checker.Violation, `message` for an error."""

    def __init__(self, kind: str, name: str, message: str = "") -> None:
        super().__init__(kind, name, message)
        self.kind, self.name, self.message = kind, name, message


class Requirements:
    """Compiled from a model; raises TlaError for what the configuration asks for and the module lacks."""

    def __init__(self, model: Model) -> None:
        config = model.config
        self.model = model
        self.constraints = [f for reference in config.constraints for f in model.conjuncts(reference)]
        self.invariants = [f for reference in config.invariants for f in model.conjuncts(reference)]
        self.action_constraints = [model.action_constraint(name) for name in config.action_constraints]
        model.refuse_unknown()
        properties = model.properties()
        self.initial = list(properties.initial)
        self.always = list(properties.invariants)
        self.steps = properties.steps
        self.behaviors = bool(properties.violations)

    @property
    def ask_for_the_run(self) -> bool:
        """Whether what is asked of states and steps depends on how the search goes, or leaves marks in it."""
        steps = [formula for pair in self.steps for formula in pair]
        formulas = (*self.constraints, *self.invariants, *self.action_constraints)
        return not all(formula.pure for formula in (*formulas, *self.initial, *self.always, *steps))

    def warnings(self) -> tuple[str, ...]:
        """What may hide that a property of whole behaviors is violated."""
        config = self.model.config
        declared = {
            "SYMMETRY": config.symmetry,
            "VIEW": config.view,
            "CONSTRAINT": config.constraints,
            "ACTION_CONSTRAINT": config.action_constraints,
        }
        if not self.behaviors:
            return ()
        return tuple(
            f"{name} is declared: a temporal property may be violated where no violation is found"
            for name, what in declared.items()
            if what
        )

    def within(self, state: State, constraints: Sequence[Formula]) -> bool:
        """Whether the state satisfies these constraints."""
        return self.first_false(constraints, state) is None

    def allowed(self, state: State, successor: State) -> bool:
        """Whether the step satisfies the action constraints."""
        constraints = self.action_constraints
        return not constraints or self.first_false(constraints, state, successor) is None

    def test(self, state: State, formulas: Sequence[Formula], kind: str = "invariant") -> None:
        """Raises Broken for the first of these that the state violates."""
        broken = self.first_false(formulas, state)
        if broken is not None:
            raise Broken(kind, broken.name)

    def test_step(self, state: State, successor: State) -> None:
        """Raises Broken for the first property of steps that the step violates."""
        for action, unchanged in self.steps:
            if self.first_false((action,), state, successor) and self.first_false(
                (unchanged,), state, successor
            ):
                raise Broken("property", action.name)

    def first_false(
        self, formulas: Sequence[Formula], state: State, successor: State | None = None
    ) -> Formula | None:
        """The first that does not hold, and none after it is looked at; one without a value is Broken."""
        formula = None
        try:
            for formula in formulas:
                if not formula.holds(state, successor):
                    return formula
        except RUNTIME_ERRORS as error:
            assert formula is not None
            located = self.model.located_in_formula(error, formula, state, successor)
            raise Broken("error", formula.name, str(located)) from error
        return None

    def after(self, formulas: Sequence[Formula], action: Action) -> list[Formula]:
        """Those of the formulas that the action may make false.

        A state that is searched from has passed its tests, so that a step needs only those that read what
        the action writes, or what is no matter of the state (TLCGet("level")).
        """
        return [formula for formula in formulas if not formula.pure or formula.reads & action.writes]

    def failed(self, error: Exception, action: Action, state: State) -> Broken:
        """What ended the evaluation of an action, with its place."""
        return Broken("error", action.name, str(self.model.located_in_action(error, action, state)))
