"""Whether formulas are in EPR, so that a solver decides them: no cycle of sorts.

When \\E x stands below \\A y, the x depends on the y: an edge from the sort of y to that of x. A function has
an edge from the sort of each argument to that of its result. Without a cycle, only finitely many terms can
be built, of each sort from those before it (Padon et al., "Paxos Made EPR", OOPSLA 2017, section 2).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from ..errors import Span, TlaError
from .logic import Application, Equal, Formula, Quantified, Sort, Symbol, Variable, free, parts


@dataclass(frozen=True, slots=True)
class Edge:
    """Elements of `target` are made from those of `source`: by a function, or by \\E below \\A."""

    source: Sort
    target: Sort
    why: str


def edges(formula: Formula) -> Iterator[Edge]:
    """What the formula, taken as true, makes from what."""
    yield from _below(formula, {})


def _below(formula: Formula, universals: Mapping[Variable, Mapping[Variable, Span]]) -> Iterator[Edge]:
    """`universals`: for each variable in sight, the \\A variables that it depends on, with their places."""
    match formula:
        case Quantified(True, variables, body, span):
            inner = {**universals, **{variable: {variable: span} for variable in variables}}
            yield from _below(body, inner)
        case Quantified(False, variables, body, span):
            reasons: dict[Variable, Span] = {}
            for mentioned in free(formula):
                reasons |= universals.get(mentioned, {})
            for source, place in reasons.items():
                for target in variables:
                    why = f"\\E at {_place(span)} below \\A at {_place(place)}"
                    yield Edge(source.sort, target.sort, why)
            yield from _below(body, {**universals, **dict.fromkeys(variables, reasons)})
        case Application() | Equal():
            yield from _functions(formula)
        case _:
            for part in parts(formula):
                yield from _below(part, universals)


def _functions(term: Application | Equal) -> Iterator[Edge]:
    inside = term.arguments if isinstance(term, Application) else (term.left, term.right)
    for argument in inside:
        if isinstance(argument, Application):
            yield from _of_symbol(argument.symbol)
            yield from _functions(argument)


def _of_symbol(symbol: Symbol) -> Iterator[Edge]:
    for source in symbol.arguments:
        yield Edge(source, symbol.result, f"the function `{symbol.name}`")


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"


def refuse_cycle(found: Iterable[Edge], what: str, span: Span) -> None:
    """TlaError where the edges of a query have a cycle; `what` is the query."""
    reasons: dict[tuple[Sort, Sort], str] = {}
    graph: dict[Sort, set[Sort]] = {}
    for edge in found:
        reasons.setdefault((edge.source, edge.target), edge.why)
        graph.setdefault(edge.target, set()).add(edge.source)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[Sort] = error.args[1]
        names = " -> ".join(sort.name for sort in cycle)
        why = "; ".join(reasons[pair] for pair in itertools.pairwise(cycle))
        raise TlaError(f"{what} is not in EPR, for its sorts have a cycle: {names} ({why})", span) from None
