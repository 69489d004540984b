"""What must be shown of an inductive invariant: Init implies each conjunct, each action keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import Span
from ..instances import Module
from ..syntax import And, Definition, Expr, Ref
from . import logic
from .fragment import Edge, edges, refuse_cycle
from .logic import Formula
from .steps import Action, Steps, Way
from .theory import Theory
from .translation import Translator


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One of the conjuncts of an invariant; `span` is the place of what it says."""

    name: str
    node: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Query:
    """Formulas that cannot all hold if the action, on one of its ways, keeps the conjunct."""

    way: Way
    formulas: tuple[Formula, ...]


class Induction:
    """The obligations of one invariant under one Init and Next.

    `hypotheses` are its conjuncts in the state before a step (steps.state), `axioms` what always holds.
    """

    def __init__(
        self,
        module: Module,
        invariant: str = "Inductive",
        init: str = "Init",
        next: str = "Next",
        types: str = "TypeOK",
    ) -> None:
        self.theory = Theory(module, types)
        self.steps = Steps(self.theory)
        self.conjuncts = tuple(conjuncts_of(self.theory.definition(invariant)))
        self.initial = self.theory.definition(init)
        self.following = self.theory.definition(next)
        self.actions: tuple[Action, ...] = self.steps.actions(self.following)
        before = Translator(self.theory, self.steps.state)
        self.axioms = self.theory.axioms
        self.hypotheses = tuple(before.formula(conjunct.node) for conjunct in self.conjuncts)
        self._edges: dict[int, tuple[Formula, tuple[Edge, ...]]] = {}
        self._ways: dict[int | None, tuple[Way, ...]] = {}

    def ways(self, action: int | None) -> tuple[Way, ...]:
        """The ways of the action at that place; of Init where it is None."""
        if action not in self._ways:
            if action is None:
                found = tuple(self.steps.of_initial(self.initial.body))
            else:
                found = tuple(self.steps.of_action(self.actions[action]))
            self._ways[action] = found
        return self._ways[action]

    def name(self, action: int | None) -> str:
        """That of the operator; with its line and column, where several actions have that one."""
        if action is None:
            return self.initial.name
        taken = self.actions[action]
        several = [each.name for each in self.actions].count(taken.name) > 1
        return f"{taken.name}:{taken.place.line}:{taken.place.column}" if several else taken.name

    def queries(self, action: int | None, conjunct: int | None) -> tuple[Query, ...]:
        """What is to be refuted, one way of the action at a time; none where it is plain.

        Without a conjunct: what is not to be refuted in all ways, or the action can never be taken. TlaError
        if the formulas are not in EPR.
        """
        hypotheses = self.axioms if action is None else (*self.axioms, *self.hypotheses)
        refuse_cycle(self._edges_of_all(hypotheses), "that all conjuncts hold", self.conjuncts[0].span)
        found = []
        for way in self.ways(action):
            broken = logic.YES if conjunct is None else self._broken(conjunct, way)
            if broken == logic.NO:
                continue
            formulas = (*hypotheses, *way.guards, broken)
            what = f"what is to be shown of {self.name(action)}"
            span = self.initial.span if action is None else self.actions[action].span
            if conjunct is not None:
                what, span = f"{what} and {self.conjuncts[conjunct].name}", self.conjuncts[conjunct].span
            refuse_cycle(self._edges_of_all(formulas), what, span)
            found.append(Query(way, formulas))
        return tuple(found)

    def _broken(self, conjunct: int, way: Way) -> Formula:
        """That the conjunct does not hold where the way leads."""
        after = Translator(self.theory, way.assigned)
        return logic.negation(after.formula(self.conjuncts[conjunct].node))

    def _edges_of_all(self, formulas: Iterable[Formula]) -> Iterator[Edge]:
        for formula in formulas:
            yield from self._edges_of(formula)

    def _edges_of(self, formula: Formula) -> tuple[Edge, ...]:
        known = self._edges.get(id(formula))
        if known is None:
            known = self._edges[id(formula)] = (formula, tuple(edges(formula)))
        return known[1]


def conjuncts_of(definition: Definition) -> Iterator[Conjunct]:
    """The conjuncts of an invariant; a definition that only joins names is looked into."""
    body = definition.body
    items = body.items if isinstance(body, And) else (body,)
    for place, item in enumerate(items, 1):
        if isinstance(item, Ref) and isinstance(item.to, Definition) and not item.to.arity:
            if _joins_names(item.to):
                yield from conjuncts_of(item.to)
            else:
                yield Conjunct(item.to.name, item, item.to.span)
        else:
            name = definition.name if item is body else f"{definition.name}.{place}"
            yield Conjunct(name, item, item.span)


def _joins_names(definition: Definition) -> bool:
    body = definition.body
    return isinstance(body, And) and all(
        isinstance(item, Ref) and isinstance(item.to, Definition) and not item.to.arity for item in body.items
    )
