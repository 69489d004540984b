"""How a module of TLA+ is declared in Python: each operator is a function under a decorator.

    SEQUENCES = Library("Sequences", NATURALS)

    @SEQUENCES.operator("Append")
    def append(s: Value, e: Value) -> Value: ...

The signature says the rest: a parameter that is annotated Unary or Binary takes an operator of one or two
arguments, and what returns a Python bool is a predicate. The docstring is the operator's documentation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from ..syntax import Native
from ..values import LazyFunction, LazySet, Value

Unary = Callable[[Value], Value]
"""An operator of one argument, as an argument."""

Binary = Callable[[Value, Value], Value]
"""An operator of two arguments, as an argument."""

_ARITIES = {"Unary": 1, "Binary": 2}

_F = TypeVar("_F", bound=Callable[..., Value])


class Library:
    """One module of TLA+: its own operators, and those of the modules that it EXTENDS."""

    def __init__(self, name: str, *extends: Library) -> None:
        self.name = name
        self.extends = extends
        self.own: dict[str, Native] = {}

    def operator(
        self, *spellings: str, pure: bool = True, lazy: bool = False, of_state: bool = False
    ) -> Callable[[_F], _F]:
        """Declares the function below as an operator of the module, under each of the spellings.

        `pure`, `lazy` and `of_state` as in syntax.Native.
        """

        def declare(function: _F) -> _F:
            signature = inspect.signature(function)
            operators = [_ARITIES.get(str(p.annotation), 0) for p in signature.parameters.values()]
            for spelling in spellings:
                self.own[spelling] = Native(
                    spelling,
                    self.name,
                    len(operators),
                    function,
                    signature.return_annotation == "bool",
                    tuple((place, arity) for place, arity in enumerate(operators) if arity),
                    pure,
                    lazy,
                    of_state,
                )
            return function

        return declare

    def constant(self, spelling: str, value: Value) -> None:
        """Declares an operator without arguments."""
        self.own[spelling] = Native(
            spelling, self.name, 0, lambda: value, lazy=isinstance(value, LazySet | LazyFunction)
        )

    def visible(self) -> dict[str, Native]:
        """What a module that EXTENDS this one sees."""
        seen: dict[str, Native] = {}
        for library in self.extends:
            seen |= library.visible()
        return seen | self.own
