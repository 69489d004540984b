"""Parts of expressions by their place: Op!2 is the second conjunct of Op, Op!1!(e) the body of a quantifier.

TLA+ numbers the operands of what stands at the top of an expression, parentheses aside; the names of other
definitions are not looked through. `a /\\ b /\\ c` is (a /\\ b) /\\ c, while a list of bullets has as many
parts as bullets.
"""

from __future__ import annotations

from dataclasses import replace

from .errors import Span
from .syntax import (
    And,
    Apply,
    Builtin,
    Enabled,
    Except,
    Expr,
    Field,
    If,
    OperatorArgument,
    Or,
    Parameter,
    Prime,
    Quantifier,
    Ref,
    SetOf,
    Tuple,
    Unchanged,
)


def operand(node: Expr, place: int) -> Expr | None:
    """The operand at that place, the first of which is 1; None where there is none."""
    operands = _operands(node)
    found = operands[place - 1] if 0 < place <= len(operands) else None
    return found if isinstance(found, Expr) else None


def _operands(node: Expr) -> tuple[Expr | OperatorArgument, ...]:
    match node:
        case And(items=items) | Or(items=items):
            if _begins(node.span) == _begins(items[0].span) and len(items) > 2:
                return replace(node, items=items[:-1]), items[-1]
            return items
        case Builtin(arguments=items) | Ref(arguments=items) | SetOf(items=items) | Tuple(items=items):
            return items
        case If(condition=condition, then=then, otherwise=otherwise):
            return condition, then, otherwise
        case Prime(body=body) | Unchanged(body=body) | Enabled(body=body):
            return (body,)
        case Quantifier(bounds=bounds):
            return tuple(bound.domain for bound in bounds)
        case Apply(function=function, argument=argument):
            return function, argument
        case Field(record=record):
            return (record,)
        case Except(function=function):
            return (function,)
    return ()


def _begins(span: Span) -> tuple[int, int]:
    return span.line, span.column


def opened(node: Expr) -> tuple[tuple[Parameter, ...], Expr] | None:
    """What a quantifier binds, and its body, for !(e, ...); None for another expression."""
    if not isinstance(node, Quantifier) or any(bound.pattern for bound in node.bounds):
        return None
    return tuple(parameter for bound in node.bounds for parameter in bound.parameters), node.body
