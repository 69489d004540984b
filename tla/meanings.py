"""What a name stands for in the code that is being made of the tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .code import Scope
from .syntax import Expr, Parameter


@dataclass(frozen=True, slots=True)
class Local:
    """A Python local (or a literal, or a constant of the generated module) that holds the value.

    Of a LET function, `home` is what the names in its definition mean.
    """

    code: str
    number: bool = False
    primed: bool = False
    current: str = "s"
    home: Environment | None = field(default=None, compare=False)


@dataclass(eq=False, slots=True)
class Lazy:
    """An argument or LET definition, to be evaluated where it is first needed.

    It means what it says where it is needed: its variables are primed there or not, and primed ones have the
    values that they are given there. `primed`, `current` (the state it reads), `placeholder`, `indent`,
    `loops` and `function` are those of the place where it was written, `name` is the local for its value
    there, and `done` has the locals that hold its value: since which block, under which prime and in which
    state, and with what assigned where that matters.
    """

    node: Expr
    environment: Environment
    primed: bool
    current: str
    placeholder: list[Any]
    indent: int
    loops: int
    function: int
    name: str
    done: list[tuple[Scope, tuple[bool, str], dict[str, str] | None, str]] = field(default_factory=list)

    @property
    def place(self) -> tuple[bool, str]:
        return self.primed, self.current


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that is inlined where it is applied: a LAMBDA or a LET operator."""

    parameters: tuple[Parameter, ...]
    body: Expr
    environment: Environment


@dataclass(frozen=True, slots=True)
class Callee:
    """An operator that is a Python function in the generated code."""

    code: str
    primed: bool = False
    current: str = "s"


Environment = dict[Any, Any]
"""From Parameter or LET Definition to Local, Lazy, Operator, Callee, or a Declaration."""
