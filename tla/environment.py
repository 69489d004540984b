"""What names stand for in an evaluation: under a configuration, and in the place of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .syntax import (
    CONSTANT_LEVEL,
    And,
    Constant,
    Declaration,
    Definition,
    Expr,
    If,
    Let,
    Native,
    Or,
    Parameter,
    Quantifier,
    Ref,
    Tuple,
    Unchanged,
    Variable,
    level,
    level_under,
    named,
    variables_read,
    variables_under,
)
from .values import Value


class Evaluates(Protocol):
    """What a Thunk needs of an evaluator (evaluator.py)."""

    def value(self, node: Expr, environment: Environment = ...) -> Value: ...
    def recursive_function(self, definition: Definition, home: Environment) -> Value: ...


@dataclass(slots=True)
class Binding:
    """What a configuration makes of a module: values of constants, and what replaces what (`<-`)."""

    constants: dict[str, Value] = field(default_factory=dict)
    overrides: dict[Any, Definition | Native | Constant] = field(default_factory=dict)
    """By key_of the declaration that is replaced."""
    in_modules: dict[Any, Definition | Native | Constant] = field(default_factory=dict)
    """Of the overrides, those in a module that the configuration names, which I!Op sees as well."""
    known: dict[Definition, Value] = field(default_factory=dict)
    """The values of definitions that are the same in every state (is_fixed), once they are asked for."""
    _levels: dict[Any, int] = field(default_factory=dict)
    _reads: dict[Any, frozenset[str]] = field(default_factory=dict)
    _kept: dict[Any, frozenset[str]] = field(default_factory=dict)
    _pure: dict[Any, bool] = field(default_factory=dict)

    def meaning(self, declaration: Declaration) -> Declaration:
        """The declaration that is to be used for this one."""
        if not self.overrides:
            return declaration
        found = self.overrides.get(key_of(declaration))
        if found is None and isinstance(declaration, Definition) and declaration.shows is not None:
            found = self.in_modules.get(declaration.shows)
        return found or declaration

    # What the configuration puts in the place of names counts in what follows too.

    def level(self, node: Any) -> int:
        """The level of the expression (syntax.level)."""
        if not self.overrides:
            return level(node)
        if node not in self._levels:
            self._levels[node] = level_under(node, self.meaning)
        return self._levels[node]

    def reads(self, node: Any) -> frozenset[str]:
        """The variables that the value depends on, primed or not."""
        if not self.overrides:
            return variables_read(node)
        if node not in self._reads:
            self._reads[node] = variables_under(node, self.meaning)
        return self._reads[node]

    def keeps(self, node: Any) -> frozenset[str]:
        """Variables that are unchanged in every step that satisfies the formula; perhaps not all of them."""
        if node not in self._kept:
            self._kept[node] = frozenset()  # for operators that recur
            self._kept[node] = self._keeps(node)
        return self._kept[node]

    def _keeps(self, node: Any) -> frozenset[str]:
        match node:
            case And(items=items):
                return frozenset().union(*map(self.keeps, items))
            case Or(items=items):
                return frozenset.intersection(*map(self.keeps, items))
            case If(then=then, otherwise=otherwise):
                return self.keeps(then) & self.keeps(otherwise)
            case Let(body=body) | Quantifier(universal=False, body=body):
                return self.keeps(body)
            case Unchanged(body=body):
                return self._variables(body)
            case Ref(to=to):
                meant = self.meaning(to)
                if isinstance(meant, Definition) and not meant.recursive_function:
                    return self.keeps(meant.body)
        return frozenset()

    def _variables(self, node: Any) -> frozenset[str]:
        """The variables in a tuple of variables, and of such tuples."""
        match node:
            case Tuple(items=items):
                return frozenset().union(*map(self._variables, items))
            case Ref(to=to, arguments=()):
                meant = self.meaning(to)
                if isinstance(meant, Variable):
                    return frozenset((meant.name,))
                if isinstance(meant, Definition) and isinstance(meant.body, Tuple | Ref):
                    return self._variables(meant.body)
        return frozenset()

    def is_drawn(self, definition: Definition) -> bool:
        """Whether its one value depends on chance, or something is seen when it is found."""
        return self.is_fixed(definition) and not self.is_pure(definition.body)

    def is_pure(self, node: Any) -> bool:
        """Whether evaluating it again gives the same, and nothing is seen of it (syntax.Native)."""
        if node not in self._pure:
            self._pure[node] = True  # for operators that recur
            self._pure[node] = all(map(self._is_pure, named(node)))
        return self._pure[node]

    def _is_pure(self, declaration: Declaration) -> bool:
        meant = self.meaning(declaration)
        if isinstance(meant, Definition):
            return self.is_fixed(meant) or self.is_pure(meant.body)
        return not isinstance(meant, Native) or meant.pure

    def is_fixed(self, definition: Definition) -> bool:
        """Whether the definition has one value, found once: a constant without parameters, as in TLC."""
        if definition in self.known:
            return True
        plain = not definition.in_let and not definition.parameters
        return plain and self.level(definition.body) == CONSTANT_LEVEL


def key_of(declaration: Declaration) -> Any:
    """What is the same for all that one assignment of a configuration replaces.

    A native may be known in several modules; a definition may have copies in instances of its module.
    """
    match declaration:
        case Native(function=function):
            return function
        case Definition(origin=Definition() as origin):
            return origin
    return declaration


class Thunk:
    """An argument or LET definition: evaluated where it is needed, and by one evaluator once.

    Under a prime, or with more variables assigned, another evaluator needs it, and the value may differ.
    """

    __slots__ = ("_evaluator", "environment", "known", "node", "of")

    def __init__(self, node: Expr, environment: Environment, of: Definition | None = None) -> None:
        """`of`: the definition, where it is a recursive function."""
        self.node = node
        self.environment = environment
        self.of = of
        self.known: Value | None = None
        self._evaluator: Evaluates | None = None

    def value(self, evaluator: Evaluates) -> Value:
        if self.known is None or self._evaluator is not evaluator:
            if self.of is not None:
                self.known = evaluator.recursive_function(self.of, self.environment)
            else:
                self.known = evaluator.value(self.node, self.environment)
            self._evaluator = evaluator
        return self.known


@dataclass(frozen=True, slots=True)
class Closure:
    """An operator as an argument, or a LET operator, with the environment in which it was written."""

    parameters: tuple[Parameter, ...]
    body: Expr
    environment: Environment


Environment = Mapping[Any, Any]
"""What parameters and LET definitions stand for: a value, a Thunk, a Closure, or a Declaration."""

EMPTY: Environment = {}
