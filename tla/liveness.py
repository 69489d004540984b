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
from functools import reduce
from itertools import pairwise
from operator import itemgetter, ne, or_
from typing import Any

from .automata import automaton
from .compiler import RUNTIME_ERRORS
from .environment import Environment
from .errors import TlaError
from .model import Formula, Model, State
from .syntax import AngleAction, Enabled, Expr, Unchanged, variables_of
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
    states: tuple[int, ...]
    loop: int


# --- letters ------------------------------------------------------------------------------------------


class _Action:
    """The steps <<A>>_v of one action, found once for each state where ENABLED is asked for as well."""

    def __init__(self, model: Model, atom: Atom) -> None:
        assert atom.subscript is not None
        self.model, self.atom = model, atom
        self.is_changed = _change(model, atom.subscript, atom.environment)
        self.enabled_bit = self.taken_bit = 0
        self.run: Callable[..., None] | None = None
        if atom.kind is Kind.ENABLED:
            self.run = model.compiler.action(atom.node, atom.environment).run
        else:
            self.look_at_steps()

    def look_at_steps(self) -> None:
        """From now on, whether a step is one of the action is a question of its own, and so is ENABLED."""
        self.run = None
        self.formula = self.model.predicate("", self.atom.node, self.atom.environment)
        self.enabled = self.model.predicate("", _enabled(self.atom), self.atom.environment)

    def read(self, state: State, successors: Sequence[State], letters: list[int]) -> int:
        """Adds its bit to the letters of steps; the bit of ENABLED, where that is true."""
        is_changed = self.is_changed
        found: list[State] = []
        if self.run is not None:
            try:
                self.run(state, found.append)
            except RUNTIME_ERRORS:
                # It may be that it does not say what all variables become, and has no list of successors.
                self.look_at_steps()
        if self.run is None:
            for place, successor in enumerate(successors if self.taken_bit else ()):
                if is_changed(state, successor) and self.formula.holds(state, successor):
                    letters[place] |= self.taken_bit
            return self.enabled_bit if self.enabled_bit and self.enabled.holds(state) else 0
        steps = {successor for successor in found if is_changed(state, successor)}
        for place, successor in enumerate(successors if self.taken_bit and steps else ()):
            if successor in steps:
                letters[place] |= self.taken_bit
        return self.enabled_bit if steps else 0


def _enabled(atom: Atom) -> Enabled:
    """ENABLED <<A>>_v of an action with its subscript."""
    assert atom.subscript is not None
    return Enabled(atom.node.span, AngleAction(atom.node.span, atom.node, atom.subscript))


def _change(model: Model, subscript: Expr, environment: Environment) -> Callable[[State, State], bool]:
    """Whether the value of the subscript changes in a step."""
    names = variables_of(subscript, model.binding.meaning)
    if names is None:
        unchanged = model.predicate("", Unchanged(subscript.span, subscript), environment)
        return lambda state, successor: not unchanged.holds(state, successor)
    if len(names) == len(model.variables):
        return ne
    read = itemgetter(*map(model.variables.index, names))
    return lambda state, successor: bool(read(state) != read(successor))


class _Letters:
    """Reads the atoms of formulas: a letter has a bit for each atom that is true."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.states: list[tuple[int, Formula]] = []
        self.breaks: list[tuple[int, Formula, Callable[[State, State], bool]]] = []
        actions: dict[Any, _Action] = {}
        atoms = sorted(enumerate(model.reader.atoms), key=lambda pair: pair[1].kind is not Kind.ENABLED)
        for number, atom in atoms:
            bit = 1 << number
            match atom:
                case Atom(kind=Kind.STATE, node=node, environment=environment):
                    self.states.append((bit, model.predicate("", node, environment)))
                case Atom(kind=Kind.BREAKS, node=node, environment=environment, subscript=subscript):
                    assert subscript is not None
                    is_changed = _change(model, subscript, environment)
                    self.breaks.append((bit, model.predicate("", node, environment), is_changed))
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
        for bit, formula, is_changed in self.breaks:
            for place, successor in enumerate(successors):
                if is_changed(state, successor) and not formula.holds(state, successor):
                    steps[place] |= bit
        return here, [here | step for step in steps]


# --- the graph ----------------------------------------------------------------------------------------


class Graph:
    """The steps between reachable states, which come as numbers, the initial ones first; each step once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.fairness = model.fairness()
        self.violations = model.properties().violations
        self._read = _Letters(model)
        self._letters: dict[int, int] = {}
        self._truths: dict[Temporal, list[bool]] = {}
        self.initial = 0
        """How many states are initial ones."""
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

    def expand(self, number: int, state: State, successors: Sequence[State], numbers: Sequence[int]) -> None:
        """A state with its successors within the constraints, once they are all known, and their numbers.

        The atoms are evaluated now, and once for each state: what TLCGet says in them is as of now.
        """
        known = dict(zip(successors, numbers, strict=True))
        distinct = list(known)
        try:
            here, letters = self._read.read(state, distinct)
        except RUNTIME_ERRORS as error:
            raise self._located(error, state, distinct) from error
        self._make_room(max(number, *numbers, 0) + 1)
        self.first[number] = len(self.targets)
        self.stuttering[number] = self._letters.setdefault(here, len(self._letters))
        for target, letter in zip(known.values(), letters, strict=True):
            if target == number and letter == here:
                continue  # as good as stuttering
            self.targets.append(target)
            self.steps.append(self._letters.setdefault(letter, len(self._letters)))
        self.end[number] = len(self.targets)

    def _make_room(self, size: int) -> None:
        """For the states up to that number."""
        missing = size - len(self.first)
        if missing > 0:
            for numbers in (self.first, self.end, self.stuttering):
                numbers.extend([-1] * missing)

    @property
    def size(self) -> int:
        return len(self.first)

    def _located(self, error: Exception, state: State, successors: Sequence[State]) -> TlaError:
        """The error of an atom, with its place."""
        for successor in (*successors, state):
            evaluator = self.model.evaluator(state, successor)
            for atom in self.model.reader.atoms:
                node = _enabled(atom) if atom.kind is Kind.ENABLED else atom.node
                try:
                    evaluator.truth(node, atom.environment)
                except TlaError as found:
                    return found
        return error if isinstance(error, TlaError) else TlaError(f"a property has no value: {error}")

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
                return Lasso(name, tuple(states), loop)
        return None

    def truths(self, formula: Temporal) -> list[bool]:
        """Of which letters, by their numbers, a formula that speaks of one step only is true."""
        if formula not in self._truths:
            self._truths[formula] = [_is_true(formula, letter) for letter in self._letters]
        return self._truths[formula]

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

_EDGE = 1
"""The flag that each edge has."""

_Found = tuple[list[int], int]
"""The nodes of a component, and the flags that its edges do without."""


class _Product:
    """Nodes are pairs of a state of the graph and one of the automaton, as one number.

    The flags of an edge have a bit for each condition that it helps to satisfy or to break, see __init__.
    """

    def __init__(self, graph: Graph, conditions: _Conditions) -> None:
        self.graph = graph
        self.automaton = automaton(conditions.others)
        self.size = len(self.automaton.moves)
        self.is_free = not conditions.others
        self.flags = [_EDGE] * len(graph.letters)
        self.shift = 1
        self.avoid = self._mark(disjunction(*conditions.never))
        """On no edge of the cycle."""
        self.needed = _EDGE | sum(map(self._mark, conditions.some))
        """Each on some edge of the cycle."""
        self.pairs = [(self._mark(f), self._mark(g)) for f, g in conditions.unless]
        """If the first is on some edge of the cycle, so is the second."""
        self.needed |= self.automaton.promises << self.shift
        self.moves: list[list[tuple[_Edge, ...]]] = [
            [
                tuple((move.target, flag | move.keeps << self.shift) for move in moves if move.allows(letter))
                for letter, flag in zip(graph.letters, self.flags, strict=True)
            ]
            for moves in self.automaton.moves
        ]
        self.recurring = self._recurring()
        self.inside = [
            [tuple(edge for edge in edges if self.recurring[edge[0]] == here) for edges in moves]
            for here, moves in zip(self.recurring, self.moves, strict=True)
        ]
        """The moves with which the automaton stays where it may stay for ever."""

    def _mark(self, formula: Temporal) -> int:
        """A flag for the steps of which the formula is true."""
        bit = 1 << self.shift
        self.shift += 1
        if formula != FALSE:
            for place, truth in enumerate(self.graph.truths(formula)):
                if truth:
                    self.flags[place] |= bit
        return bit

    def _recurring(self) -> list[int]:
        """For each state of the automaton, the component in which it may stay for ever, or -1."""
        moves = self.automaton.moves
        home = [0] * self.size
        _number_components(
            range(self.size), lambda state: [move.target for move in moves[state]], home, self.size + 2
        )
        kept: dict[int, int] = {}
        for state, component in enumerate(home):
            for move in moves[state]:
                if home[move.target] == component:
                    kept[component] = kept.get(component, 0) | move.keeps
        return [component if kept.get(component) == self.automaton.promises else -1 for component in home]

    def edges(self, node: int) -> list[_Edge]:
        graph, size = self.graph, self.size
        state, at = divmod(node, size)
        moves = self.moves[at]
        steps = slice(graph.first[state], graph.end[state])
        return self.stuttering(node) + [
            (target * size + then, flags)
            for target, letter in zip(graph.targets[steps], graph.steps[steps], strict=True)
            for then, flags in moves[letter]
        ]

    def stuttering(self, node: int) -> list[_Edge]:
        state, at = divmod(node, self.size)
        letter = self.graph.stuttering[state]
        return [(node - at + then, flags) for then, flags in self.moves[at][letter]] if letter >= 0 else []

    def lasso(self) -> tuple[list[int], int] | None:
        """States and loop of a behavior whose cycle satisfies all conditions; as short as is easily found."""
        order = self._reachable()
        recurring, size = self.recurring, self.size
        nodes = order if min(recurring) >= 0 else [node for node in order if recurring[node % size] >= 0]
        found = self._fair(nodes)
        if not found:
            return None
        rank = {node: place for place, node in enumerate(order)}
        lassos = []
        still = [n for component, avoid in found for n in component if self._may_stutter(n, avoid)]
        if still:
            lassos.append(self._projected(self._path_to(min(still, key=rank.__getitem__)), []))
        component, avoid = min(found, key=lambda pair: min(map(rank.__getitem__, pair[0])))
        node = min(component, key=rank.__getitem__)
        lassos.append(self._projected(self._path_to(node), self._cycle(node, set(component), avoid)))
        return min(lassos, key=lambda lasso: len(lasso[0]))

    def _reachable(self) -> Sequence[int]:
        """All nodes, those that are nearer to an initial one first."""
        graph, size = self.graph, self.size
        if self.is_free:
            return range(graph.size)
        order = [state * size for state in range(graph.initial)]
        seen = bytearray(graph.size * size)
        for node in order:
            seen[node] = 1
        for node in order:
            for target, _ in self.edges(node):
                if not seen[target]:
                    seen[target] = 1
                    order.append(target)
        return order

    def _fair(self, nodes: Sequence[int]) -> list[_Found]:
        """The components in which a cycle through all edges satisfies the conditions."""
        every = self.graph.size * self.size
        home = [0] * every
        free = every + 2
        found: list[_Found] = []
        todo: list[tuple[Sequence[int], int]] = [(nodes, self.avoid)]
        while todo:
            nodes, avoid = todo.pop()
            for node in nodes:
                home[node] = 0
            free = _number_components(nodes, self._after(avoid), home, free)
            for component, flags in self._hopeful(nodes, avoid, home):
                broken = [bad for bad, good in self.pairs if flags & bad and not flags & good]
                (todo if broken else found).append((component, avoid | sum(broken)))
        return found

    def _after(self, avoid: int) -> Callable[[int], Sequence[int]]:
        """Where edges lead that need not be avoided; without those that the automaton cannot go back."""
        graph, size, inside = self.graph, self.size, self.inside
        first, end, targets, steps = graph.first, graph.end, graph.targets, graph.steps
        if self.is_free and not any(flags & avoid for flags in self.flags):
            return lambda node: targets[first[node] : end[node]]

        def after(node: int) -> Sequence[int]:
            state, at = divmod(node, size)
            row = inside[at]
            low, high = first[state], end[state]
            found = [
                target * size + then
                for target, letter in zip(targets[low:high], steps[low:high], strict=True)
                for then, flags in row[letter]
                if not flags & avoid
            ]
            if size > 1 and graph.stuttering[state] >= 0:
                found += [
                    node - at + then for then, flags in row[graph.stuttering[state]] if not flags & avoid
                ]
            return found

        return after

    def _hopeful(self, nodes: Sequence[int], avoid: int, home: list[int]) -> Iterator[_Found]:
        """The components with all flags that are needed on their edges; and these flags."""
        union: dict[int, int] = {}
        for node in nodes:
            here = home[node]
            for target, flags in self.edges(node):
                if home[target] == here and not flags & avoid:
                    union[here] = union.get(here, 0) | flags
        members: dict[int, list[int]] = {here: [] for here in union if not self.needed & ~union[here]}
        for node in nodes if members else ():
            if home[node] in members:
                members[home[node]].append(node)
        for here, component in members.items():
            yield component, union[here]

    def _may_stutter(self, node: int, avoid: int) -> bool:
        """Whether the behavior may stay at the node for ever."""
        union = 0
        for target, flags in self.stuttering(node):
            if target == node and not flags & avoid:
                union |= flags
        return not self.needed & ~union and not any(
            union & bad and not union & good for bad, good in self.pairs
        )

    def _path_to(self, node: int) -> list[int]:
        starts = [state * self.size for state in range(self.graph.initial)]
        return [node] if node in starts else self._path(starts, lambda target, _: target == node, None, 0)[0]

    def _cycle(self, start: int, component: set[int], avoid: int) -> list[int]:
        """The nodes after `start` on a cycle that satisfies the conditions, up to the return to it."""
        inside = (
            flags
            for node in component
            for target, flags in self.edges(node)
            if target in component and not flags & avoid
        )
        union = reduce(or_, inside)
        missing = self.needed | sum({good for bad, good in self.pairs if union & bad})
        cycle = [start]
        while missing or cycle[-1] != start:

            def wanted(target: int, flags: int, missing: int = missing) -> bool:
                return bool(flags & missing) if missing else target == start

            path, flags = self._path([cycle[-1]], wanted, component, avoid)
            cycle += path[1:]
            missing &= ~flags
        return cycle[1:]

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
        states = _without_repeats([node // self.size for node in path])
        around = _without_repeats([states[-1], *(node // self.size for node in cycle)])
        return states + (around[1:-1] if len(around) > 1 else []), len(states) - 1


def _without_repeats(states: list[int]) -> list[int]:
    return states[:1] + [then for now, then in pairwise(states) if then != now]


def _number_components(
    nodes: Iterable[int], after: Callable[[int], Sequence[int]], home: list[int], free: int
) -> int:
    """Numbers the strongly connected components: home[node] becomes that of the node, `free` or higher.

    Only nodes for which home has a 0 are looked at; what it has for others must be too high for the index of
    one of these, and so must be `free`. Returns the first number that is free afterwards.
    (Tarjan 1972, with one number for each node: Pearce, A space-efficient algorithm for strongly connected
    components, 2016; without recursion.)
    """
    index = 1
    stack: list[int] = []
    for root in nodes:
        if home[root]:
            continue
        home[root] = index
        work = [(root, index, iter(after(root)))]
        index += 1
        while work:
            node, own, targets = work[-1]
            low = home[node]
            for target in targets:
                there = home[target]
                if not there:
                    home[target] = index
                    work.append((target, index, iter(after(target))))
                    index += 1
                    break
                if there < low:
                    low = there
            else:
                work.pop()
                if low == own:
                    while stack and home[stack[-1]] >= own:
                        home[stack.pop()] = free
                    low = free
                    free += 1
                else:
                    stack.append(node)
                    before = work[-1][0]
                    home[before] = min(low, home[before])
            home[node] = low
    return free
