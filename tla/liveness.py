"""Whether the behaviors of a model satisfy its temporal properties: fair cycles in the graph of its states.

While the search runs, Graph keeps the steps between states as numbers, and for each step its letter: which
atoms of the formulas are true of it. A state may always be repeated (stuttering); of such a step no action in
a formula is true. Afterwards `counterexample` looks, for each property, for a behavior that is fair and
satisfies its negation: a path to a cycle in the product of the graph with an automaton.

[]<>f and <>[]f of states and steps need no automaton, and so no fairness condition does: the cycle must have
a step where f is true, or no other; for strong fairness, steps are taken away until a component satisfies it.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .automata import automaton
from .errors import TlaError
from .model import RUNTIME_ERRORS, Formula, Model, State
from .syntax import And, Builtin, Enabled, Unchanged
from .temporal import (
    FALSE,
    All,
    Always,
    Atom,
    Eventually,
    Is,
    Kind,
    Some,
    conjunction,
    disjunction,
    is_immediate,
)
from .temporal import Formula as Temporal


@dataclass(frozen=True, slots=True)
class Lasso:
    """A behavior that violates the property `name`: after the last state, again that of place `loop`.

    Where that is the last one itself, the behavior stutters for ever.
    """

    name: str
    states: tuple[State, ...]
    loop: int


# --- letters ------------------------------------------------------------------------------------------


class _Action:
    """The steps <<A>>_v of one action, found once for each state."""

    def __init__(self, model: Model, atom: Atom) -> None:
        assert atom.subscript is not None
        self.model, self.atom = model, atom
        node, subscript, environment = atom.node, atom.subscript, atom.environment
        span = subscript.span
        self.unchanged = model.predicate("", Unchanged(span, subscript), environment)
        self.enabled_bit = self.taken_bit = 0
        self.run: Callable[..., None] | None = None
        if atom.kind is Kind.ENABLED:
            try:
                self.run = model.compiler.action(node, environment).run
            except TlaError:
                # It does not say what all variables become; then ENABLED is a question of its own.
                changes = Builtin(span, "~", (Unchanged(span, subscript),))
                self.enabled = model.predicate("", Enabled(span, And(span, (node, changes))), environment)
        if self.run is None:
            self.holds = model.predicate("", node, environment)

    def read(self, state: State, successors: Sequence[State], letters: list[int]) -> int:
        """Adds its bit to the letters of steps; the bit of ENABLED, where that is true."""
        unchanged = self.unchanged.holds
        if self.run is None:
            for place, successor in enumerate(successors if self.taken_bit else ()):
                if not unchanged(state, successor) and self.holds.holds(state, successor):
                    letters[place] |= self.taken_bit
            return self.enabled_bit if self.enabled_bit and self.enabled.holds(state) else 0
        found: list[State] = []
        self.run(state, found.append)
        steps = {successor for successor in found if not unchanged(state, successor)}
        for place, successor in enumerate(successors if self.taken_bit and steps else ()):
            if successor in steps:
                letters[place] |= self.taken_bit
        return self.enabled_bit if steps else 0


class _Letters:
    """Reads the atoms of formulas: a letter has a bit for each atom that is true."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.states: list[tuple[int, Formula]] = []
        self.breaks: list[tuple[int, Formula, Formula]] = []
        actions: dict[Any, _Action] = {}
        atoms = sorted(enumerate(model.reader.atoms), key=lambda pair: pair[1].kind is not Kind.ENABLED)
        for number, atom in atoms:
            bit = 1 << number
            match atom:
                case Atom(kind=Kind.STATE, node=node, environment=environment):
                    self.states.append((bit, model.predicate("", node, environment)))
                case Atom(kind=Kind.BREAKS, node=node, environment=environment, subscript=subscript):
                    assert subscript is not None
                    unchanged = model.predicate("", Unchanged(subscript.span, subscript), environment)
                    self.breaks.append((bit, model.predicate("", node, environment), unchanged))
                case Atom(subscript=subscript):
                    assert subscript is not None
                    parts = (atom.node, subscript)
                    key = tuple(model.reader.key(part, atom.environment) for part in parts)
                    action = actions.setdefault(key, _Action(model, atom))
                    if atom.kind is Kind.ENABLED:
                        action.enabled_bit = bit
                    else:
                        action.taken_bit = bit
        self.actions = list(actions.values())

    def read(self, state: State, successors: Sequence[State]) -> tuple[int, list[int]]:
        """The letter of a stuttering step from the state, and those of its steps to the successors."""
        steps = [0] * len(successors)
        here = 0
        for bit, formula in self.states:
            if formula.holds(state):
                here |= bit
        for action in self.actions:
            here |= action.read(state, successors, steps)
        for bit, formula, unchanged in self.breaks:
            for place, successor in enumerate(successors):
                if not formula.holds(state, successor) and not unchanged.holds(state, successor):
                    steps[place] |= bit
        return here, [here | step for step in steps]


# --- the graph ----------------------------------------------------------------------------------------


class Graph:
    """The reachable states as numbers, in the order in which they are met, and their steps, each once."""

    def __init__(self, model: Model, same: Callable[[State], Any] | None = None) -> None:
        """`same`: states with equal values of it count as one (VIEW, SYMMETRY)."""
        self.model = model
        self.same = same
        self.fairness = model.fairness()
        self.violations = model.properties().violations
        self._read = _Letters(model)
        self._numbers: dict[Any, int] = {}
        self._letters: dict[int, int] = {}
        self.states: list[State] = []
        self.initial: list[int] = []
        self.first = array("q")
        """The place of a state's first step, or -1 where the state is not expanded."""
        self.end = array("q")
        self.stuttering = array("i")
        self.targets = array("i")
        self.steps = array("i")

    @property
    def letters(self) -> list[int]:
        """The letters by their numbers, which is what the steps have."""
        return list(self._letters)

    def begin(self, state: State) -> None:
        """An initial state within the constraints."""
        number = self._number(state)
        if number not in self.initial:
            self.initial.append(number)

    def expand(self, state: State, successors: Iterable[State]) -> None:
        """A state with its successors within the constraints, once they are all known.

        The atoms are evaluated now, and once for each state: what TLCGet says in them is as of now.
        """
        number = self._number(state)
        distinct = list(dict.fromkeys(successors))
        try:
            here, letters = self._read.read(state, distinct)
        except RUNTIME_ERRORS as error:
            raise self._located(error, state, distinct) from error
        self.first[number] = len(self.targets)
        self.stuttering[number] = self._letters.setdefault(here, len(self._letters))
        for successor, letter in zip(distinct, letters, strict=True):
            target = self._number(successor)
            if target == number and letter == here:
                continue  # as good as stuttering
            self.targets.append(target)
            self.steps.append(self._letters.setdefault(letter, len(self._letters)))
        self.end[number] = len(self.targets)

    def _number(self, state: State) -> int:
        key = state if self.same is None else self.same(state)
        number = self._numbers.setdefault(key, len(self.states))
        if number == len(self.states):
            self.states.append(state)
            self.first.append(-1)
            self.end.append(-1)
            self.stuttering.append(-1)
        return number

    def _located(self, error: Exception, state: State, successors: Sequence[State]) -> TlaError:
        """The error of an atom, with its place."""
        for successor in (*successors, state):
            evaluator = self.model.evaluator(state, successor)
            for atom in self.model.reader.atoms:
                try:
                    if atom.kind is not Kind.ENABLED:
                        evaluator.truth(atom.node, atom.environment)
                except TlaError as found:
                    return found
        return (
            error if isinstance(error, TlaError) else TlaError(f"a temporal property has no value: {error}")
        )

    def counterexample(self) -> Lasso | None:
        """A fair behavior that violates a property: the first in the configuration that has one."""
        for name, violation in self.violations:
            ways = violation.parts if isinstance(violation, Some) else (violation,)
            found = [
                lasso
                for way in sorted(ways, key=repr)
                if (lasso := self._behavior(conjunction(*self.fairness, way))) is not None
            ]
            if found:
                states, loop = min(found, key=lambda lasso: len(lasso[0]))
                return Lasso(name, tuple(self.states[number] for number in states), loop)
        return None

    def _behavior(self, formula: Temporal) -> tuple[list[int], int] | None:
        """The states and the loop of a behavior that satisfies the formula."""
        if formula == FALSE:
            return None
        return _Product(self, _Conditions.of(formula)).lasso()


# --- what a cycle must satisfy ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Conditions:
    """A conjunction, taken apart.

    never      what is true of no step of the cycle: the negations of <>[]f
    some       what is true of some step of the cycle: []<>f
    unless     (f, g): if f is true of some step of the cycle, g is: the conditions <>[]~f \\/ []<>g
    others     what the automaton has to accept
    """

    never: tuple[Temporal, ...]
    some: tuple[Temporal, ...]
    unless: tuple[tuple[Temporal, Temporal], ...]
    others: frozenset[Temporal]

    @staticmethod
    def of(formula: Temporal) -> _Conditions:
        never: list[Temporal] = []
        some: list[Temporal] = []
        unless: list[tuple[Temporal, Temporal]] = []
        others: set[Temporal] = set()
        parts = formula.parts if isinstance(formula, All) else {formula}
        for part in sorted(parts, key=repr):
            match part:
                case Eventually(Always(body)) if is_immediate(body):
                    never.append(_negated(body))
                case Always(Eventually(body)) if is_immediate(body):
                    some.append(body)
                case Some(choices) if (pair := _pair(choices)) is not None:
                    unless.append(pair)
                case _:
                    others.add(part)
        return _Conditions(tuple(never), tuple(some), tuple(unless), frozenset(others))


def _pair(choices: frozenset[Temporal]) -> tuple[Temporal, Temporal] | None:
    """(f, g) for <>[]~f \\/ []<>g, the shape of strong fairness."""
    lasting: list[Temporal] = []
    again: list[Temporal] = []
    for choice in choices:
        match choice:
            case Eventually(Always(body)) if is_immediate(body):
                lasting.append(_negated(body))
            case Always(Eventually(body)) if is_immediate(body):
                again.append(body)
            case _:
                return None
    return (lasting[0], disjunction(*again)) if len(lasting) == 1 else None


def _negated(formula: Temporal) -> Temporal:
    match formula:
        case Is(atom, positive):
            return Is(atom, not positive)
        case All(parts):
            return disjunction(*map(_negated, parts))
        case Some(parts):
            return conjunction(*map(_negated, parts))
    raise AssertionError(formula)


def _is_true(formula: Temporal, letter: int) -> bool:
    """Whether a formula that speaks of one step only is true of a step with that letter."""
    match formula:
        case Is(atom, positive):
            return bool(letter >> atom & 1) == positive
        case All(parts):
            return all(_is_true(part, letter) for part in parts)
        case Some(parts):
            return any(_is_true(part, letter) for part in parts)
    raise AssertionError(formula)


# --- the product with the automaton -------------------------------------------------------------------

_Edge = tuple[int, int]
"""A node, and the flags of the step to it."""


class _Product:
    """Nodes are pairs of a state of the graph and one of the automaton, as one number.

    The flags of an edge have a bit for each condition that it helps to satisfy or to break, see __init__.
    """

    def __init__(self, graph: Graph, conditions: _Conditions) -> None:
        self.graph = graph
        self.automaton = automaton(conditions.others)
        self.size = len(self.automaton.moves)
        self.is_free = not conditions.others
        letters = graph.letters
        flags = [0] * len(letters)
        bits = iter(1 << place for place in range(len(conditions.some) + 2 * len(conditions.unless) + 1))

        def mark(formula: Temporal) -> int:
            bit = next(bits)
            for place, letter in enumerate(letters):
                if _is_true(formula, letter):
                    flags[place] |= bit
            return bit

        self.avoid = mark(disjunction(*conditions.never))
        """On no edge of the cycle."""
        self.needed = sum(map(mark, conditions.some))
        """Each on some edge of the cycle."""
        self.pairs = [(mark(f), mark(g)) for f, g in conditions.unless]
        """If the first is on some edge of the cycle, so is the second."""
        shift = len(conditions.some) + 2 * len(conditions.unless) + 1
        self.needed |= self.automaton.promises << shift
        self.moves: list[list[tuple[_Edge, ...]]] = [
            [
                tuple(
                    (move.target, flags[place] | move.keeps << shift) for move in moves if move.allows(letter)
                )
                for place, letter in enumerate(letters)
            ]
            for moves in self.automaton.moves
        ]
        self.recurring = self._recurring()

    def _recurring(self) -> list[int]:
        """For each state of the automaton, the component in which it may stay for ever, or -1."""
        found = [-1] * self.size
        promises = self.automaton.promises

        def after(state: int) -> list[int]:
            return [move.target for move in self.automaton.moves[state]]

        for number, component in enumerate(_components(range(self.size), after)):
            inside = set(component)
            kept = [m.keeps for q in component for m in self.automaton.moves[q] if m.target in inside]
            union = 0
            for keeps in kept:
                union |= keeps
            if kept and union == promises:
                for state in component:
                    found[state] = number
        return found

    def edges(self, node: int) -> Iterator[_Edge]:
        yield from self.stuttering(node)
        graph, size = self.graph, self.size
        state, at = divmod(node, size)
        moves, targets, steps = self.moves[at], graph.targets, graph.steps
        for place in range(graph.first[state], graph.end[state]):
            base = targets[place] * size
            for then, flags in moves[steps[place]]:
                yield base + then, flags

    def stuttering(self, node: int) -> Iterator[_Edge]:
        state, at = divmod(node, self.size)
        letter = self.graph.stuttering[state]
        if letter >= 0:
            base = node - at
            for then, flags in self.moves[at][letter]:
                yield base + then, flags

    def lasso(self) -> tuple[list[int], int] | None:
        """States and loop of a behavior whose cycle satisfies all conditions; as short as is easily found."""
        order = self._reachable()
        recurring, size = self.recurring, self.size
        nodes = [node for node in order if recurring[node % size] >= 0] if min(recurring) < 0 else order
        found = list(self._fair(nodes, self.avoid))
        if not found:
            return None
        rank = {node: place for place, node in enumerate(order)}
        lassos = []
        still = [n for component, avoid in found for n in component if self._may_stutter(n, avoid)]
        if still:
            node = min(still, key=rank.__getitem__)
            lassos.append(self._projected(self._path_to(node), [node]))
        component, avoid = min(found, key=lambda pair: min(map(rank.__getitem__, pair[0])))
        node = min(component, key=rank.__getitem__)
        lassos.append(self._projected(self._path_to(node), self._cycle(node, set(component), avoid)))
        return min(lassos, key=lambda lasso: len(lasso[0]))

    def _reachable(self) -> Sequence[int]:
        """All nodes, those that are nearer to an initial one first."""
        graph, size = self.graph, self.size
        if self.is_free:
            return range(len(graph.states))
        order = [state * size for state in graph.initial]
        seen = bytearray(len(graph.states) * size)
        for node in order:
            seen[node] = 1
        for node in order:
            for target, _ in self.edges(node):
                if not seen[target]:
                    seen[target] = 1
                    order.append(target)
        return order

    def _fair(self, nodes: Iterable[int], avoid: int) -> Iterator[tuple[list[int], int]]:
        """The components in which a cycle through all edges satisfies the conditions; what it avoids."""
        todo: list[tuple[Iterable[int], int]] = [(nodes, avoid)]
        recurring, size = self.recurring, self.size
        whole = True
        while todo:
            nodes, avoid = todo.pop()
            within = None if whole else set(nodes)
            whole = False

            def after(node: int, avoid: int = avoid, within: set[int] | None = within) -> list[int]:
                here = recurring[node % size]
                return [
                    target
                    for target, flags in self.edges(node)
                    if not flags & avoid
                    and recurring[target % size] == here
                    and (within is None or target in within)
                ]

            for component in _components(nodes, after):
                union, edges = self._flags(set(component), avoid)
                if not edges or self.needed & ~union:
                    continue
                broken = [bad for bad, good in self.pairs if union & bad and not union & good]
                if not broken:
                    yield component, avoid
                else:
                    todo.append((component, avoid | sum(broken)))

    def _flags(self, component: set[int], avoid: int) -> tuple[int, bool]:
        """The flags of all edges in the component, and whether there is one."""
        union, some = 0, False
        for node in component:
            for target, flags in self.edges(node):
                if target in component and not flags & avoid:
                    union |= flags
                    some = True
        return union, some

    def _may_stutter(self, node: int, avoid: int) -> bool:
        """Whether the behavior may stay at the node for ever."""
        union, some = 0, False
        for target, flags in self.stuttering(node):
            if target == node and not flags & avoid:
                union |= flags
                some = True
        kept = all(not union & bad or union & good for bad, good in self.pairs)
        return some and not self.needed & ~union and kept

    def _path_to(self, node: int) -> list[int]:
        starts = [state * self.size for state in self.graph.initial]
        if node in starts:
            return [node]
        path, _ = self._path(starts, lambda target, _: target == node, None, 0)
        return path

    def _cycle(self, start: int, component: set[int], avoid: int) -> list[int]:
        """The nodes of a cycle from the node that satisfies the conditions, without the return to it."""
        union, _ = self._flags(component, avoid)
        missing = self.needed | sum({good for bad, good in self.pairs if union & bad})
        cycle = [start]
        while True:

            def wanted(target: int, flags: int, missing: int = missing) -> bool:
                return bool(flags & missing) if missing else target == start

            path, flags = self._path([cycle[-1]], wanted, component, avoid)
            cycle += path[1:]
            missing &= ~flags
            if not missing and cycle[-1] == start:
                return cycle[:-1]

    def _path(
        self,
        starts: list[int],
        wanted: Callable[[int, int], bool],
        within: set[int] | None,
        avoid: int,
    ) -> tuple[list[int], int]:
        """A shortest path of one edge or more that ends with one that is wanted, and the flags on it."""
        before: dict[int, tuple[int, int] | None] = dict.fromkeys(starts)
        todo = deque(starts)
        while todo:
            node = todo.popleft()
            for target, flags in self.edges(node):
                if flags & avoid or (within is not None and target not in within):
                    continue
                if wanted(target, flags):
                    path = [target, node]
                    while (step := before[node]) is not None:
                        node, on_it = step
                        flags |= on_it
                        path.append(node)
                    return path[::-1], flags
                if target not in before:
                    before[target] = (node, flags)
                    todo.append(target)
        raise AssertionError("no path in a component")

    def _projected(self, path: list[int], cycle: list[int]) -> tuple[list[int], int]:
        """States and loop, without steps that stutter."""
        states = _without_repeats(node // self.size for node in path)
        loop = len(states) - 1
        around = _without_repeats([states[-1], *(node // self.size for node in cycle[1:])])
        if len(around) > 1 and around[-1] == around[0]:
            around.pop()
        return states + around[1:], loop


def _without_repeats(states: Iterable[int]) -> list[int]:
    every = list(states)
    return every[:1] + [then for now, then in pairwise(every) if then != now]


def _components(nodes: Iterable[int], after: Callable[[int], list[int]]) -> Iterator[list[int]]:
    """The strongly connected components of the graph. (Tarjan 1972, without recursion.)"""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(after(root)))]
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(after(target))))
                    break
                if target in on_stack and index[target] < low[node]:
                    low[node] = index[target]
            else:
                work.pop()
                if work and low[node] < low[work[-1][0]]:
                    low[work[-1][0]] = low[node]
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    yield component
