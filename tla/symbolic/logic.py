"""Many-sorted first-order logic: what a solver is asked, as frozen values.

Formulas are made by the functions here, never by their classes: negation stands on atoms only, an
equivalence holds no quantifier, a bound variable that is said to equal something is replaced by it. So what
quantifiers do to each other can be read off (fragment.py). Each quantifier knows its place in the text.
Nothing here knows TLA+ or a solver.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import Span


@dataclass(frozen=True, slots=True)
class Sort:
    """A non-empty set of elements of which nothing is known but what axioms say."""

    name: str


TRUTH = Sort("BOOLEAN")
"""The sort of formulas. A symbol with this result is a relation."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A constant, function or relation, whose meaning a structure gives."""

    name: str
    arguments: tuple[Sort, ...]
    result: Sort


@dataclass(frozen=True, slots=True)
class Variable:
    """A bound variable; no two quantifiers bind the same."""

    name: str
    sort: Sort
    number: int


@dataclass(frozen=True, slots=True)
class Application:
    """A symbol with its arguments: a term, or an atom if the symbol is a relation."""

    symbol: Symbol
    arguments: tuple[Term | Truth, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool


@dataclass(frozen=True, slots=True)
class Equal:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    """Of an atom."""

    atom: Application | Equal


@dataclass(frozen=True, slots=True)
class And:
    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Iff:
    """Of two formulas without quantifiers."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Quantified:
    universal: bool
    variables: tuple[Variable, ...]
    body: Formula
    span: Span


Term = Variable | Application
Formula = Truth | Application | Equal | Not | And | Or | Iff | Quantified

YES = Truth(True)
NO = Truth(False)

_numbers = itertools.count()


def variable(name: str, sort: Sort) -> Variable:
    """A variable that nothing else is."""
    return Variable(name, sort, next(_numbers))


def sort_of(term: Term) -> Sort:
    return term.sort if isinstance(term, Variable) else term.symbol.result


# --- making formulas ------------------------------------------------------------------------------------


def negation(formula: Formula) -> Formula:
    match formula:
        case Truth(value):
            return Truth(not value)
        case Not(atom):
            return atom
        case And(items):
            return disjunction(map(negation, items))
        case Or(items):
            return conjunction(map(negation, items))
        case Iff(left, right):
            return Iff(negation(left), right)
        case Quantified(universal, variables, body, span):
            return quantified(not universal, variables, negation(body), span)
    return Not(formula)


def conjunction(formulas: Iterable[Formula]) -> Formula:
    return _joined(And, formulas, neutral=YES)


def disjunction(formulas: Iterable[Formula]) -> Formula:
    return _joined(Or, formulas, neutral=NO)


def _joined(kind: type[And] | type[Or], formulas: Iterable[Formula], neutral: Truth) -> Formula:
    items: list[Formula] = []
    for formula in formulas:
        if isinstance(formula, Truth):
            if formula != neutral:
                return formula
        elif isinstance(formula, kind):
            items.extend(formula.items)
        else:
            items.append(formula)
    if not items:
        return neutral
    return items[0] if len(items) == 1 else kind(tuple(items))


def implication(premise: Formula, conclusion: Formula) -> Formula:
    return disjunction((negation(premise), conclusion))


def choice(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    """IF condition THEN then ELSE otherwise"""
    if isinstance(condition, Truth):
        return then if condition.value else otherwise
    if then == otherwise:
        return then
    return conjunction((implication(condition, then), disjunction((condition, otherwise))))


def equivalence(left: Formula, right: Formula) -> Formula:
    if isinstance(left, Truth):
        return right if left.value else negation(right)
    if isinstance(right, Truth):
        return left if right.value else negation(left)
    if left == right:
        return YES
    if has_quantifier(left) or has_quantifier(right):
        return conjunction((implication(left, right), implication(right, left)))
    return Iff(left, right)


def equality(left: Term, right: Term) -> Formula:
    assert sort_of(left) == sort_of(right) != TRUTH, (left, right)
    return YES if left == right else Equal(left, right)


def quantified(universal: bool, variables: Sequence[Variable], body: Formula, span: Span) -> Formula:
    """\\A or \\E, without the variables of which the body says what they are or that it does not mention."""
    left = list(variables)
    parts = _parts(universal, body)
    place = 0
    while place < len(parts):
        found = _definition(universal, parts[place], left)
        if found is None:
            place += 1
            continue
        bound, term = found
        left.remove(bound)
        rest = _together(universal, [*parts[:place], *parts[place + 1 :]])
        parts = _parts(universal, substituted(rest, {bound: term}))
        place = 0
    body = _together(universal, parts)
    if isinstance(body, Quantified) and body.universal == universal:
        left.extend(body.variables)
        body = body.body
    mentioned = free(body)
    left = [each for each in left if each in mentioned]
    return Quantified(universal, tuple(left), body, span) if left else body


def _parts(universal: bool, body: Formula) -> list[Formula]:
    """What \\A is a disjunction of, and \\E a conjunction."""
    return list(body.items) if isinstance(body, Or if universal else And) else [body]


def _together(universal: bool, parts: Iterable[Formula]) -> Formula:
    return disjunction(parts) if universal else conjunction(parts)


def _definition(universal: bool, part: Formula, variables: list[Variable]) -> tuple[Variable, Term] | None:
    """x and t, where the part is x = t of an \\E, or x # t of an \\A."""
    equal = part.atom if universal and isinstance(part, Not) else part if not universal else None
    if isinstance(equal, Equal):
        for bound, term in ((equal.left, equal.right), (equal.right, equal.left)):
            if isinstance(bound, Variable) and bound in variables and bound not in _free_in(term):
                return bound, term
    return None


# --- reading formulas -----------------------------------------------------------------------------------


def parts(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly below one."""
    match formula:
        case And(items) | Or(items):
            return items
        case Not(atom):
            return (atom,)
        case Iff(left, right):
            return left, right
        case Quantified(body=body):
            return (body,)
    return ()


def has_quantifier(formula: Formula) -> bool:
    return isinstance(formula, Quantified) or any(map(has_quantifier, parts(formula)))


def free(formula: Formula) -> frozenset[Variable]:
    """The variables that the formula mentions and does not bind."""
    match formula:
        case Application(arguments=arguments):
            return frozenset().union(*map(_free_in, arguments))
        case Equal(left, right):
            return _free_in(left) | _free_in(right)
        case Quantified(variables=variables, body=body):
            return free(body).difference(variables)
    return frozenset().union(*map(free, parts(formula)))


def _free_in(term: Term | Truth) -> frozenset[Variable]:
    if isinstance(term, Variable):
        return frozenset((term,))
    return free(term)


def symbols(formula: Formula | Variable) -> Iterator[Symbol]:
    """The symbols in it, each as often as it occurs."""
    match formula:
        case Application(symbol, arguments):
            yield symbol
            for argument in arguments:
                yield from symbols(argument)
        case Equal(left, right):
            yield from symbols(left)
            yield from symbols(right)
        case Variable():
            return
        case _:
            for part in parts(formula):
                yield from symbols(part)


def substituted(formula: Formula, meant: Mapping[Variable, Term]) -> Formula:
    """The formula with terms in the place of free variables."""
    match formula:
        case Truth():
            return formula
        case Application(symbol, arguments):
            return Application(symbol, tuple(_replaced(argument, meant) for argument in arguments))
        case Equal(left, right):
            return equality(_term(left, meant), _term(right, meant))
        case Not(atom):
            return negation(substituted(atom, meant))
        case And(items):
            return conjunction(substituted(item, meant) for item in items)
        case Or(items):
            return disjunction(substituted(item, meant) for item in items)
        case Iff(left, right):
            return equivalence(substituted(left, meant), substituted(right, meant))
        case Quantified(universal, variables, body, span):
            return quantified(universal, variables, substituted(body, meant), span)


def _replaced(argument: Term | Truth, meant: Mapping[Variable, Term]) -> Term | Truth:
    return argument if isinstance(argument, Truth) else _term(argument, meant)


def _term(term: Term, meant: Mapping[Variable, Term]) -> Term:
    if isinstance(term, Variable):
        return meant.get(term, term)
    return Application(term.symbol, tuple(_replaced(argument, meant) for argument in term.arguments))
