"""Which text of the spec decides: a conjunct that is false, or what gives a variable or a message its value.

From a value that differs (a variable, a field of a message that is sent) it goes back to the formula of
raft.tla that makes it, and from there to the condition on which that rests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from raftcheck.spec.model import FOLDER
from raftcheck.tla.environment import Binding, Environment, Thunk
from raftcheck.tla.errors import Span
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.explanation import Failure, Source, sides, successors
from raftcheck.tla.model import Model, State
from raftcheck.tla.syntax import (
    And,
    Bound,
    Builtin,
    Definition,
    Expr,
    If,
    Let,
    Literal,
    Parameter,
    Quantifier,
    RecordOf,
    Ref,
    children,
    free_parameters,
)
from raftcheck.tla.values import Value, apply, format_value

from .refusal import Conjunct

Part = tuple[Expr, Environment]
"""A part of a formula, and what its names stand for."""


# --- a conjunct that is false -------------------------------------------------------------------------------


def false_conjunct(model: Model, state: State, failure: Failure) -> Conjunct:
    """The conjunct, with the sides and parameters whose values are not the text itself."""
    node = failure.node
    parts = list(sides(model.evaluator(state), failure))
    at = Evaluator(model.binding, model.named(state), failure.assigned)
    if isinstance(node, Quantifier):
        parts += [(bound.domain.span, at.value(bound.domain, failure.environment)) for bound in node.bounds]
    values = _values(parts)
    for parameter in sorted(free_parameters(node), key=lambda parameter: parameter.name):
        if _is_telling(parameter, failure.environment):
            shown = (
                f"{parameter.name} = {format_value(at.value(Ref(node.span, parameter), failure.environment))}"
            )
            values += [shown] if shown not in values else []
    return Conjunct(_text(node), place_of(node.span), tuple(values))


def _is_telling(parameter: Parameter, environment: Environment) -> bool:
    """Whether the parameter is more than the server and the message, which the report shows by themselves."""
    meant = environment.get(parameter)
    if isinstance(meant, Thunk):
        node, inner = _meant(meant.node, meant.environment)
        if isinstance(node, Ref) and isinstance(node.to, Parameter):
            return _is_telling(node.to, inner)
        return is_of_raft(node)
    return isinstance(meant, int)


def _values(parts: Sequence[tuple[Span, Value]]) -> list[str]:
    shown = [(text_of(span), format_value(value)) for span, value in parts]
    return [f"{text} = {value}" for text, value in shown if text != value]


def _text(node: Expr) -> str:
    """The text of a conjunct; where it is `\\E x \\in S : ...` and S is empty, without the rest."""
    if isinstance(node, Quantifier) and not node.universal:
        end = node.bounds[-1].span
        return text_of(replace(node.span, end_line=end.end_line, end_column=end.end_column))
    return text_of(node.span)


def text_of(span: Span) -> str:
    """The text of a part of the spec, on one line, without comments."""
    lines = (FOLDER / Path(span.file).name).read_text(encoding="utf-8").splitlines()
    part = lines[span.line - 1 : span.end_line]
    part[-1] = part[-1][: span.end_column - 1]
    part[0] = part[0][span.column - 1 :]
    return " ".join(" ".join(line.partition("\\*")[0] for line in part).split())


def is_of_raft(node: Expr) -> bool:
    """Whether it is written in raft.tla itself, and not in Traceraft."""
    return Path(node.span.file).name == "raft.tla"


def place_of(span: Span) -> str:
    return f"{Path(span.file).name}:{span.line}"


# --- what gives a value -------------------------------------------------------------------------------------

Reasons = tuple[Conjunct, Conjunct | None]
"""What gives a value, and the false conjunct of a condition on which that rests."""


def source_of(sources: Sequence[Source], name: str, value: Value) -> Source | None:
    """Where the variable got that value; else where it got any."""
    of_name = [source for source in sources if source.name == name]
    same = [source for source in of_name if source.value == value]
    return next(reversed(same or of_name), None)


def of_variable(model: Model, state: State, source: Source, server: str) -> Reasons:
    """What gives the variable its value for the server, who is i, in a step from the state."""
    at = Evaluator(model.binding, model.named(state), source.assigned)
    node = source.node
    primed = "'" if isinstance(node, Builtin) else ""
    value = f"{source.name}{primed}[i] = {format_value(apply(source.value, server))}"
    gives = Conjunct(text_of(node.span), place_of(node.span), (value,))
    if isinstance(node, Builtin) and isinstance(node.arguments[1], If):
        return gives, _false_part(model, state, at, (node.arguments[1].condition, source.environment))
    return gives, None


def of_field(
    model: Model, state: State, source: Source, message: Value, field: str, failures: Sequence[Failure]
) -> Reasons | None:
    """What gives a field its value in a message that a step sends; None if no record says so by itself.

    `failures` are what other ways of the same step ended with: one of them would have sent something else.
    """
    at = Evaluator(model.binding, model.named(state), source.assigned)
    made = next(_records(at, (source.node, source.environment), message), None)
    if made is None:
        return None
    record, environment = made
    written = dict(record.fields)[field]
    text = f"{field} |-> {text_of(written.span)}"
    place = place_of(written.span)
    meant, inner = _meant(written, environment)
    if isinstance(meant, Literal):
        deepest = max(failures, key=lambda failure: failure.depth, default=None)
        other = None if deepest is None else false_conjunct(model, state, deepest)
        return Conjunct(text, place, ()), other
    bound = _bound_of(model, meant)
    if bound is not None:
        return Conjunct(text, place, (_choices(model, state, bound, environment),)), None
    values = _values([(written.span, at.value(written, environment))])
    if isinstance(meant, And) and at.truth(meant, inner):
        values += [f"{text_of(item.span)} is TRUE" for item in meant.items]
    return Conjunct(text, place, tuple(values)), _false_part(model, state, at, (meant, inner))


def _false_part(model: Model, state: State, at: Evaluator, part: Part) -> Conjunct | None:
    """The conjunct that makes a formula of one state false, if it is one and is false."""
    node, environment = _meant(*part)
    if not isinstance(node, And | Ref | Builtin) or str(at.value(node, environment)) != "FALSE":
        return None
    failures: list[Failure] = []
    if any(True for _ in successors(at, node, environment, (), failures=failures)):
        return None
    return false_conjunct(model, state, max(failures, key=lambda failure: failure.depth))


def _meant(node: Expr, environment: Environment) -> Part:
    """What a name of LET, or a parameter, stands for."""
    while isinstance(node, Ref) and isinstance(meant := environment.get(node.to), Thunk):
        node, environment = meant.node, meant.environment
    return node, environment


def _records(at: Evaluator, part: Part, made: Value) -> Iterator[tuple[RecordOf, Environment]]:
    """The record constructors in a formula that make just this record."""
    node, environment = part
    match node:
        case RecordOf():
            if at.value(node, environment) == made:
                yield node, environment
        case Ref(to=Definition(), arguments=arguments):
            for argument in arguments:
                if isinstance(argument, Expr):
                    yield from _records(at, (argument, environment), made)
        case If(condition=condition, then=then, otherwise=otherwise):
            taken = then if at.truth(condition, environment) else otherwise
            yield from _records(at, (taken, environment), made)
        case Let(body=body):
            yield from _records(at, (body, at.with_definitions(node, environment)), made)
        case Builtin(arguments=arguments):
            for argument in arguments:
                yield from _records(at, (argument, environment), made)


def _bound_of(model: Model, node: Expr) -> Bound | None:
    """Where raft.tla binds a parameter by `\\E`, if the node is one."""
    if not isinstance(node, Ref) or not isinstance(node.to, Parameter):
        return None
    for definition in model.module.definitions.values():
        if isinstance(definition, Definition):
            for bound in _bounds(definition.body):
                if node.to in bound.parameters:
                    return bound
    return None


def _bounds(node: object) -> Iterator[Bound]:
    if isinstance(node, Quantifier):
        yield from node.bounds
    for child in children(node):
        yield from _bounds(child)


def _choices(model: Model, state: State, bound: Bound, environment: Environment) -> str:
    """What raft.tla leaves open there: without what a line of a trace narrows it to."""
    wide = Evaluator(Binding(model.binding.constants), model.named(state))
    return f"{text_of(bound.domain.span)} = {format_value(wide.value(bound.domain, environment))}"
