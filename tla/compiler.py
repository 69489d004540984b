"""Compiles expressions and actions of the tree to Python source, once; then they are plain functions.

A state is a tuple of the variables' values in the order of their declaration. These shapes are made:

    initial     def f(emit)                  calls emit(s) for each initial state s
    action      def f(s, emit, *arguments)   calls emit(t) for each successor t of the state s
    predicate   def f(s, t)                  a Python bool, for a state s (and a successor t, where it primes)
    value       def f(s)                     a value
    operator    def f(s, *arguments)         a value; for operators that recur or are too large to be inlined

What is written into a function is said in actions.py, formulas.py and expressions.py; here is what makes the
functions one module: constants, operators that are functions of their own, and the variables that something
reads.

Compiled code does not know places in the text: what it raises is found again by the evaluator.
"""

from __future__ import annotations

import builtins
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

from . import values
from .actions import Actions, Passed
from .code import Code
from .environment import EMPTY, Binding, Closure, Thunk
from .environment import Environment as Meanings
from .errors import TlaError
from .evaluator import Evaluator
from .expressions import Expressions, all_nodes
from .formulas import Formulas
from .library.bags import bag_added, bag_with, bag_without, is_bag_with, is_bag_without
from .library.finite_sets_ext import greater_of, lesser_of
from .library.language import subset
from .library.numbers import within
from .meanings import Environment, Local, Operator
from .syntax import (
    CONSTANT_LEVEL,
    Choose,
    Constant,
    Definition,
    Expr,
    FunctionOf,
    Native,
    Or,
    Parameter,
    Quantifier,
    Ref,
    SetFilter,
    SetMap,
    children,
    free_parameters,
    named,
)
from .values import FALSE, TRUE, LazyFunction, LazySet, Value

RUNTIME_ERRORS = (TlaError, KeyError, TypeError, IndexError, AttributeError, ValueError, RecursionError)
"""What compiled code raises where the text has no value; the evaluator then finds the place."""

MEMO_SIZE = 50_000
"""Results kept for an operator that enumerates; then its table starts anew."""


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """`run(s, emit, *arguments)`, the variables that it may write, and the states that it passes through."""

    run: Callable[..., None]
    writes: frozenset[str]
    passed: Passed


class Compiler:
    """Makes one namespace of functions for a module under a binding."""

    def __init__(self, variables: tuple[str, ...], binding: Binding, memoise: bool = True) -> None:
        """`memoise`: operators that enumerate remember their results, which pays where values come again."""
        self.variables = variables
        self.memoise = memoise
        self.place = {name: place for place, name in enumerate(variables)}
        self.binding = binding
        self.namespace: dict[str, Any] = dict(_RUNTIME)
        self.sources: list[str] = []
        self._constants: dict[Any, str] = {}
        self._operators: dict[Definition, str] = {}
        self._folded: dict[Any, str | None] = {}
        self._implementations: dict[Any, str] = {}
        self.reads, self.level, self.is_pure = binding.reads, binding.level, binding.is_pure
        self._weights: dict[Any, int] = {}
        self._numbers = itertools.count(1)

    # --- the shapes -------------------------------------------------------------------------------------

    def action(
        self,
        node: Expr,
        environment: Meanings,
        parameters: tuple[Parameter, ...] = (),
        trail: bool = False,
        passed: Passed | None = None,
    ) -> CompiledAction:
        """f(s, emit, *parameters) for an action; with `trail`, emits (t, names of the actions taken)."""
        passed = passed or Passed()
        if isinstance(node, Or):
            # Each disjunct is a function of its own: CPython 3.11 does not specialise very large ones.
            parts = [self.action(item, environment, parameters, trail, passed) for item in node.items]
            writes = frozenset[str]().union(*(part.writes for part in parts))
            return CompiledAction(_all_of([part.run for part in parts]), writes, passed)
        code = self.code()
        expressions = Expressions(self, code)
        actions = Actions(expressions, trail, self.keep(passed, "passed"))
        with code.block(), _refusing(node):
            inner = self.entered(environment, expressions, {})
            arguments = expressions.arguments(parameters, inner)
            actions.action(node, inner, actions.emit)
            run = self.define(self.name("action"), ["s", "emit", *arguments], code)
        return CompiledAction(run, frozenset(actions.written), passed)

    def initial(self, node: Expr) -> Callable[..., None]:
        """f(emit) for an initial predicate: emits each state that satisfies it."""
        code = self.code()
        actions = Actions(Expressions(self, code, initial=True))
        with code.block(), _refusing(node):
            actions.action(node, {}, actions.emit)
            return self.define(self.name("initial"), ["emit"], code)

    def predicate(self, node: Expr, environment: Meanings = EMPTY) -> Callable[..., bool]:
        """f(s, t) for a formula on a state or a step."""
        code = self.code()
        expressions = Expressions(self, code, step=True)
        with code.block(), _refusing(node):
            inner = self.entered(environment, expressions, {})
            code.line(f"return {expressions.formulas.truth(node, inner)}")
            return self.define(self.name("predicate"), ["s", "t"], code)

    def entered(
        self, environment: Meanings, expressions: Expressions, known: dict[int, Environment]
    ) -> Environment:
        """What the names mean in the code being made. `known`: the environments made so far, by identity."""
        if id(environment) in known:
            return known[id(environment)]
        made: Environment = {}
        known[id(environment)] = made
        for name, meant in environment.items():
            match meant:
                case Thunk(of=Definition() as function):
                    assert isinstance(function.body, FunctionOf)
                    home = self.entered(meant.environment, expressions, known)
                    made[name] = Local(expressions.lazy_function(function, function.body, home))
                case Thunk(node=node, environment=home):
                    made[name] = expressions.lazy(node, self.entered(home, expressions, known))
                case Closure(parameters, body, home):
                    if isinstance(name, Definition) and name.recursive:
                        raise TlaError(f"`{name.name}` is recursive, which is not supported here", name.span)
                    made[name] = Operator(parameters, body, self.entered(home, expressions, known))
                case Definition() | Native() | Constant():
                    made[name] = meant
                case _:
                    made[name] = Local(self.constant(meant))
        return made

    def value(self, node: Expr) -> Callable[..., Value]:
        """f(s) for an expression on a state."""
        code = self.code()
        with code.block(), _refusing(node):
            code.line(f"return {Expressions(self, code).stored(node, {})}")
            return self.define(self.name("value"), ["s"], code)

    def code(self) -> Code:
        return Code(lambda: next(self._numbers))

    def name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers)}"

    def define(self, name: str, parameters: list[str], code: Code) -> Callable[..., Any]:
        source = f"def {name}({', '.join(parameters)}):\n{code.text()}"
        self.sources.append(source)
        with warnings.catch_warnings():  # a formula may compare what can only be different
            warnings.simplefilter("ignore", SyntaxWarning)
            compiled = builtins.compile(source, f"<{name}>", "exec")
        exec(compiled, self.namespace)
        made: Callable[..., Any] = self.namespace[name]
        return made

    # --- constants --------------------------------------------------------------------------------------

    def constant(self, value: Value) -> str:
        """Code for a value that is known now."""
        if type(value) is int or type(value) is str:
            return repr(value)
        if value is TRUE or value is FALSE:
            return repr(value)
        key = (type(value), value if not isinstance(value, LazySet | LazyFunction) else id(value))
        if key not in self._constants:
            name = f"K{next(self._numbers)}"
            self._constants[key] = name
            self.namespace[name] = value
        return self._constants[key]

    def keep(self, thing: Any, prefix: str) -> str:
        """A name in the generated module for any Python object."""
        name = f"{prefix}{next(self._numbers)}"
        self.namespace[name] = thing
        return name

    def implementation(self, function: Callable[..., Any]) -> str:
        """A name in the generated module for the Python function of an operator."""
        if function not in self._implementations:
            self._implementations[function] = self.keep(function, "n_")
        return self._implementations[function]

    def folded(self, node: Expr) -> str | None:
        """Code for the value of a constant expression, or None where it is not one (or has no value)."""
        if node not in self._folded:
            self._folded[node] = None
            if self.level(node) == CONSTANT_LEVEL and not free_parameters(node) and self.is_pure(node):
                # An error is due when, and only when, the expression is evaluated.
                with suppress(TlaError):
                    self._folded[node] = self.constant(self.evaluated(node))
        return self._folded[node]

    def evaluated(self, node: Expr) -> Value:
        """The value of a constant expression: by code made for it, where it goes through sets."""
        for definition in named(node):
            meant = self.binding.meaning(definition)
            if isinstance(meant, Definition) and not meant.parameters and not meant.recursive_function:
                self.know(meant)
        evaluator = Evaluator(self.binding)
        if not self.enumerates(node):
            return evaluator.value(node)
        code = self.code()
        with code.block(), suppress(*RUNTIME_ERRORS), _refusing(node):
            code.line(f"return {Expressions(self, code).value(node, {})}")
            return self.define(self.name("constant"), ["s"], code)(None)
        return evaluator.value(node)  # which knows the place, where there is no value

    def know(self, definition: Definition) -> None:
        """Evaluates a definition without parameters before the evaluator does, which is slower."""
        if definition not in self.binding.known and self.binding.is_fixed(definition):
            code = self.folded(definition.body)
            if code is not None:
                self.binding.known[definition] = self.constant_value(definition.body)

    def enumerates(self, node: Expr) -> bool:
        """Whether an evaluation may take long: it goes through a set, or calls what may do so."""
        return any(
            isinstance(part, Quantifier | SetFilter | SetMap | Choose | FunctionOf)
            or (isinstance(part, Ref) and part.arguments and isinstance(part.to, Definition))
            for part in all_nodes(node)
        )

    def constant_value(self, node: Expr) -> Value | None:
        code = self.folded(node)
        if code is None:
            return None
        return self.namespace[code] if code in self.namespace else eval(code, {"TRUE": TRUE, "FALSE": FALSE})

    # --- operators as functions -------------------------------------------------------------------------

    def operator(self, definition: Definition) -> str:
        """The Python function of a definition that is not inlined: f(s, *arguments)."""
        if definition not in self._operators:
            name = f"op_{re.sub(r'[^A-Za-z0-9_]', '_', definition.name)}_{next(self._numbers)}"
            self._operators[definition] = name
            if definition.recursive_function:
                self._define_recursive_function(definition, name)
            else:
                self._define_operator(definition, name)
        return self._operators[definition]

    def _define_operator(self, definition: Definition, name: str) -> None:
        code = self.code()
        expressions = Expressions(self, code)
        environment: Environment = {}
        arguments = expressions.arguments(definition.parameters, environment)
        with code.block():
            code.line(f"return {expressions.stored(definition.body, environment)}")
        enumerates = any(isinstance(n, SetFilter | SetMap | Choose) for n in all_nodes(definition.body))
        reads = sorted(self.place[variable] for variable in self.reads(definition.body))
        if (
            not self.is_pure(definition.body)
            or definition.recursive
            or not enumerates
            or not self.memoise
            or not (reads or arguments)
        ):
            self.define(name, ["s", *arguments], code)
            return
        inner = name + "_"
        self.define(inner, ["s", *arguments], code)
        memo = self.keep({}, "memo_")
        key = ", ".join([f"s[{place}]" for place in reads] + arguments)
        wrapper = self.code()
        with wrapper.block():
            wrapper.line(f"key = ({key},)")
            wrapper.line(f"known = {memo}.get(key)")
            with wrapper.block("if known is None:"):
                with wrapper.block(f"if len({memo}) > {MEMO_SIZE}:"):
                    wrapper.line(f"{memo}.clear()")
                wrapper.line(f"known = {memo}[key] = {inner}({', '.join(['s', *arguments])})")
            wrapper.line("return known")
        self.define(name, ["s", *arguments], wrapper)

    def _define_recursive_function(self, definition: Definition, name: str) -> None:
        """f[x \\in S] == e as op(s): a LazyFunction that remembers its values, one for each state."""
        constructor = definition.body
        assert isinstance(constructor, FunctionOf)
        code = self.code()
        with code.block():
            code.line(f"return {Expressions(self, code).lazy_function(definition, constructor, {})}")
        if self.reads(definition.body):
            self.define(name, ["s"], code)
            return
        self.define(name + "_", ["s"], code)
        wrapper = self.code()
        once = self.keep([], "once_")
        with wrapper.block():
            with wrapper.block(f"if not {once}:"):
                wrapper.line(f"{once}.append({name}_(s))")
            wrapper.line(f"return {once}[0]")
        self.define(name, ["s"], wrapper)

    def weight(self, node: Any) -> int:
        """How many nodes the code of an expression comes from, with the operators that are inlined."""
        if node not in self._weights:
            self._weights[node] = 1  # for operators that recur
            weight = 1 + sum(map(self.weight, children(node)))
            if isinstance(node, Ref):
                to = self.binding.meaning(node.to)
                if isinstance(to, Definition) and not to.recursive and not to.recursive_function:
                    weight += self.weight(to.body)
            self._weights[node] = weight
        return self._weights[node]

    # --- ENABLED and \cdot -------------------------------------------------------------------------------

    def actions(self, expressions: Expressions) -> Actions:
        return Actions(expressions)

    def formulas(self, expressions: Expressions) -> Formulas:
        return Formulas(expressions)


@contextmanager
def _refusing(node: Expr) -> Iterator[None]:
    """Python has bounds for how deep its blocks and expressions nest."""
    try:
        yield
    except (SyntaxError, RecursionError):
        raise TlaError("what stands here is nested too deeply to be compiled", node.span) from None
    except TlaError as error:
        raise error if error.span else TlaError(error.message, node.span) from None


def _all_of(runs: list[Callable[..., None]]) -> Callable[..., None]:
    """A disjunction: all ways of one part after those of the other."""

    def run(s: Any, emit: Any, *arguments: Value) -> None:
        for part in runs:
            part(s, emit, *arguments)

    return run


def refuse(message: str) -> Any:
    raise TlaError(message)


class _Emitted(Exception):
    """Ends an action at its first successor."""


def _stop(_successor: Any) -> None:
    raise _Emitted


def can_emit(run: Callable[[Callable[[Any], None]], None]) -> bool:
    """Whether an action emits anything."""
    try:
        run(_stop)
    except _Emitted:
        return True
    return False


def frozen(function: FunctionType, made: dict[Any, FunctionType] | None = None) -> FunctionType:
    """The function with the locals around it as they are now, and those around the functions that it calls.

    In a loop, the locals get other values later, while a set or function of TLA+ may keep the function.
    """
    made = {} if made is None else made
    if function not in made:
        seen = function.__closure__ or ()
        cells = tuple(CellType() for _ in seen)
        made[function] = FunctionType(
            function.__code__, function.__globals__, function.__name__, function.__defaults__, cells
        )
        for cell, old in zip(cells, seen, strict=True):
            with suppress(ValueError):  # an empty one is not read
                content = old.cell_contents
                ours = isinstance(content, FunctionType) and content.__globals__ is function.__globals__
                cell.cell_contents = frozen(content, made) if ours and content.__closure__ else content
    return made[function]


def no_case() -> Any:
    raise TlaError("no arm of CASE is true, and there is no OTHER")


def no_choice() -> Any:
    raise TlaError("CHOOSE finds no such element")


def as_tuple(value: Value, size: int) -> tuple[Value, ...]:
    if type(value) is not tuple or len(value) != size:
        raise TlaError(f"expected a tuple of {size}, saw {values.shown(value)}")
    return value


_RUNTIME: dict[str, Any] = {
    **{name: getattr(values, name) for name in (
        "TRUE", "FALSE", "Function", "FunctionSet", "LazyFunction", "Product", "RecordSet", "alike", "apply",
        "arguments", "contains", "domain", "elements", "field", "filtered", "finite", "found", "function",
        "joined", "mapped", "ordered", "replaced", "strict", "truth", "unlike", "unlike_members")},
    "subset": subset, "within": within, "bag_with": bag_with, "bag_without": bag_without,
    "greater_of": greater_of, "lesser_of": lesser_of, "bag_added": bag_added, "is_bag_with": is_bag_with,
    "is_bag_without": is_bag_without,
    "product": itertools.product, "refuse": refuse, "can_emit": can_emit,
    "frozen": frozen, "no_case": no_case,
    "no_choice": no_choice, "as_tuple": as_tuple,
}  # fmt: skip
