"""Which successors an action has, or why none: for errors that compiled code ran into, and for refusals."""

from __future__ import annotations

from collections.abc import Iterator

from .environment import Environment
from .errors import Span, TlaError
from .evaluator import Evaluator
from .syntax import Builtin, Expr, Ref
from .values import Value
from .walk import Failure, Source, Walk

__all__ = ["Failure", "Source", "sides", "successors"]


def successors(
    evaluator: Evaluator,
    node: Expr,
    environment: Environment,
    variables: tuple[str, ...],
    initial: bool = False,
    failures: list[Failure] | None = None,
    sources: list[Source] | None = None,
) -> Iterator[dict[str, Value]]:
    """The ways to satisfy the action: the primed variables (in an initial predicate, the variables).

    `failures`, where given, collects the conjunct that ended each path that did not get through; `sources`
    where each variable got its value.
    """
    walk = Walk(evaluator, variables, initial, failures, sources)
    for assigned, _, _ in walk.paths(node, environment, {}, 0, ()):
        yield dict(assigned)


def sides(evaluator: Evaluator, failure: Failure) -> tuple[tuple[Span, Value], ...]:
    """The values of the parts of a false conjunct: both sides of `=`, element and set of `\\in`, ..."""
    at = Evaluator(evaluator.binding, evaluator.state, failure.assigned)
    node = failure.node
    parts: tuple[Expr, ...] = ()
    if isinstance(node, Builtin):
        parts = node.arguments
    elif isinstance(node, Ref):
        parts = tuple(a for a in node.arguments if isinstance(a, Expr))
    found: list[tuple[Span, Value]] = []
    for part in parts:
        try:
            found.append((part.span, at.value(part, failure.environment)))
        except TlaError:
            continue  # a part without a value has none to show
    return tuple(found)
