"""Compiles expressions and actions of the tree to Python source, once; then they are plain functions.

A state is a tuple of the variables' values in the order of their declaration. Three shapes are made:

    action      def f(s, emit, *arguments)   calls emit(t) for each successor t of the state s
    predicate   def f(s, t, *arguments)      a Python bool, for a state s (and a successor t, where it primes)
    operator    def f(s, *arguments)         a value; for operators that recur or are too large to be inlined

An action becomes statements: a conjunction is nested code, `x' = e` an assignment to a local, `\\E` a loop,
and the innermost place emits the successor. Operators are inlined, call by name; a LET definition or an
argument is evaluated at the first place that needs it, at most once on each path. Every value is pure, so
code may be moved, but never to where the text would not have evaluated it.

Compiled code does not know places in the text: what it raises is found again by the evaluator.
"""

from __future__ import annotations

import builtins
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import standard, values
from .errors import TlaError
from .evaluator import Binding, Evaluator
from .standard import BUILTINS
from .syntax import (
    ACTION_LEVEL,
    CONSTANT_LEVEL,
    And,
    Apply,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Choose,
    Constant,
    Declaration,
    Definition,
    Except,
    Expr,
    Field,
    FunctionOf,
    FunctionsOf,
    If,
    Lambda,
    Let,
    Literal,
    Native,
    OperatorArgument,
    OperatorName,
    Or,
    Parameter,
    Prime,
    Product,
    Quantifier,
    RecordOf,
    RecordsOf,
    Ref,
    SetFilter,
    SetMap,
    SetOf,
    Tuple,
    Unchanged,
    Variable,
    children,
    free_parameters,
    level,
    reachable,
    variables_read,
)
from .values import FALSE, TRUE, LazyFunction, LazySet, Value

INLINE_SIZE = 120
"""Operators with more nodes than this become functions of their own; measured, the exact number matters little."""

MEMO_SIZE = 50_000
"""Results kept for an operator that enumerates; then its table starts anew."""

Continuation = Callable[[], None]


# --- what a name stands for in the code being made ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Local:
    """A Python local (or a literal, or a constant of the generated module) that holds the value."""

    code: str
    number: bool = False


@dataclass(eq=False, slots=True)
class Lazy:
    """An expression that is evaluated where it is first needed, and where it was written, so to say."""

    node: Expr
    environment: Environment
    primed: bool
    placeholder: list[Any]
    indent: int
    loops: int
    function: int
    name: str
    done: list[tuple[tuple[int, ...], str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that is inlined where it is applied: a LAMBDA or a LET operator."""

    parameters: tuple[Parameter, ...]
    body: Expr
    environment: Environment
    itself: Definition | None = None


@dataclass(frozen=True, slots=True)
class Callee:
    """An operator that is a Python function in the generated code."""

    code: str


Environment = dict[Any, Any]
"""From Parameter or LET Definition to Local, Lazy, Operator, Callee, or a Declaration."""


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """`run(s, emit, *arguments)`, and the variables that it may give another value."""

    run: Callable[..., None]
    writes: frozenset[str]


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
        self._names = itertools.count(1)

    # --- the three shapes -------------------------------------------------------------------------------

    def action(
        self, node: Expr, environment: Environment, parameters: tuple[Parameter, ...] = (), trail: bool = False
    ) -> CompiledAction:
        """f(s, emit, *parameters) for an action; with `trail`, emits (t, names of the actions taken)."""
        body = _Body(self, trail=trail)
        arguments = body.arguments(parameters, environment)
        with body.block():
            body.action(node, environment, body.emit)
        return CompiledAction(
            self._function("action", ["s", "emit", *arguments], body), frozenset(body.written)
        )

    def initial(self, node: Expr) -> Callable[..., None]:
        """f(emit) for an initial predicate: emits each state that satisfies it."""
        body = _Body(self, initial=True)
        with body.block():
            body.action(node, {}, body.emit)
        made: Callable[..., None] = self._function("initial", ["emit"], body)
        return made

    def predicate(
        self, node: Expr, environment: Environment, parameters: tuple[Parameter, ...] = ()
    ) -> Callable[..., bool]:
        """f(s, t, *parameters) for a formula on a state or a step."""
        body = _Body(self, step=True)
        arguments = body.arguments(parameters, environment)
        with body.block():
            body.line(f"return {body.truth(node, environment)}")
        made: Callable[..., bool] = self._function("predicate", ["s", "t", *arguments], body)
        return made

    def value(self, node: Expr, environment: Environment) -> Callable[..., Value]:
        """f(s) for an expression on a state."""
        body = _Body(self)
        with body.block():
            body.line(f"return {body.stored(node, environment)}")
        made: Callable[..., Value] = self._function("value", ["s"], body)
        return made

    def _function(self, kind: str, parameters: list[str], body: _Body) -> Any:
        return self.define(f"{kind}_{next(self._names)}", parameters, body)

    def define(self, name: str, parameters: list[str], body: _Body) -> Any:
        source = f"def {name}({', '.join(parameters)}):\n{body.text()}"
        self.sources.append(source)
        exec(builtins.compile(source, f"<{name}>", "exec"), self.namespace)
        return self.namespace[name]

    # --- constants --------------------------------------------------------------------------------------

    def constant(self, value: Value) -> str:
        """Code for a value that is known now."""
        if type(value) is int or type(value) is str:
            return repr(value)
        if value is TRUE or value is FALSE:
            return repr(value)
        key = (type(value), value if not isinstance(value, LazySet | LazyFunction) else id(value))
        if key not in self._constants:
            name = f"K{next(self._names)}"
            self._constants[key] = name
            self.namespace[name] = value
        return self._constants[key]

    def keep(self, thing: Any, prefix: str) -> str:
        """A name in the generated module for any Python object."""
        name = f"{prefix}{next(self._names)}"
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
            if level(node) == CONSTANT_LEVEL and not free_parameters(node) and not self._reads_state(node):
                try:
                    self._folded[node] = self.constant(Evaluator(self.binding).value(node))
                except TlaError:
                    pass  # an error is due when, and only when, the expression is evaluated
        return self._folded[node]

    def _reads_state(self, node: Expr) -> bool:
        """Whether an override of the configuration brings in a variable or a prime."""
        if not self.binding.overrides:
            return False
        todo, seen = [node], {node}
        while todo:
            for body in reachable(todo.pop()):
                for replacement in _overridden(body, self.binding):
                    if level(replacement) > CONSTANT_LEVEL:
                        return True
                    if replacement not in seen:
                        seen.add(replacement)
                        todo.append(replacement)
        return False

    def constant_value(self, node: Expr) -> Value | None:
        code = self.folded(node)
        if code is None:
            return None
        return self.namespace[code] if code in self.namespace else eval(code, {"TRUE": TRUE, "FALSE": FALSE})

    # --- operators as functions -------------------------------------------------------------------------

    def operator(self, definition: Definition) -> str:
        """The Python function of a definition that is not inlined: f(s, *arguments)."""
        if definition not in self._operators:
            name = f"op_{re.sub(r'[^A-Za-z0-9_]', '_', definition.name)}_{next(self._names)}"
            self._operators[definition] = name
            if definition.recursive_function:
                self._define_recursive_function(definition, name)
            else:
                self._define_operator(definition, name)
        return self._operators[definition]

    def _define_operator(self, definition: Definition, name: str) -> None:
        body = _Body(self)
        environment: Environment = {}
        arguments = body.arguments(definition.parameters, environment)
        with body.block():
            body.line(f"return {body.stored(definition.body, environment)}")
        reads = sorted(self.place[v] for v in self.reads(definition.body))
        enumerates = any(isinstance(n, SetFilter | SetMap | Choose) for n in _all_nodes(definition.body))
        if definition.recursive or not enumerates or not self.memoise:
            self.define(name, ["s", *arguments], body)
            return
        inner = name + "_"
        self.define(inner, ["s", *arguments], body)
        memo = self.keep({}, "memo_")
        key = ", ".join([f"s[{place}]" for place in reads] + arguments)
        wrapper = _Body(self)
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
        body = _Body(self)
        with body.block():
            body.line(f"return {body.lazy_function(definition, constructor, {})}")
        if self.reads(definition.body):
            self.define(name, ["s"], body)
            return
        self.define(name + "_", ["s"], body)
        wrapper = _Body(self)
        once = self.keep([], "once_")
        with wrapper.block():
            with wrapper.block(f"if not {once}:"):
                wrapper.line(f"{once}.append({name}_(s))")
            wrapper.line(f"return {once}[0]")
        self.define(name, ["s"], wrapper)

    def reads(self, node: Expr) -> frozenset[str]:
        """The variables that the value depends on, overrides included."""
        found: set[str] = set()
        todo, seen = [node], {node}
        while todo:
            current = todo.pop()
            found |= variables_read(current)
            for body in reachable(current):
                for replacement in _overridden(body, self.binding):
                    if replacement not in seen:
                        seen.add(replacement)
                        todo.append(replacement)
        return frozenset(found)


class _Body:
    """The body of one Python function while it is made."""

    def __init__(
        self, compiler: Compiler, trail: bool = False, initial: bool = False, step: bool = False
    ) -> None:
        self.compiler = compiler
        self.lines: list[Any] = []
        self.indent = 0
        self.scope: tuple[int, ...] = ()
        self.loops = 0
        self.function = 0
        self.assigned: dict[str, str] = {}
        self.trail: tuple[str, ...] | None = () if trail else None
        self.initial = initial
        self.step = step
        self.primed = False
        self.evaluated: dict[str, list[tuple[tuple[int, ...], str]]] = {}
        self.unprimed: set[tuple[str, str]] = set()
        self.written: set[str] = set()

    # --- lines and blocks -------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self.lines.append((self.indent, text))

    def name(self, prefix: str = "t") -> str:
        return f"{prefix}{next(self.compiler._names)}"

    @contextmanager
    def block(self, opening: str | None = None, loop: bool = False) -> Iterator[None]:
        """Everything inside is one level deeper, and does not reach what comes after."""
        if opening is not None:
            self.line(opening)
        scope, loops = self.scope, self.loops
        self.indent += 1
        self.scope = (*scope, next(self.compiler._names))
        self.loops += loop
        start = len(self.lines)
        yield
        if opening is not None and not any(isinstance(entry, tuple) for entry in self.lines[start:]):
            self.line("pass")
        self.indent -= 1
        self.scope, self.loops = scope, loops

    def captured(self, make: Callable[[], str]) -> tuple[list[Any], str]:
        """The lines that `make` needs one level deeper, and its expression."""
        outer, self.lines = self.lines, []
        with self.block():
            code = make()
        inner, self.lines = self.lines, outer
        return inner, code

    def text(self) -> str:
        rendered = []
        for entry in self.lines:
            if isinstance(entry, list):  # a placeholder, filled or not
                rendered += [f"{' ' * indent}{text}" for indent, text in entry]
            else:
                rendered.append(f"{' ' * entry[0]}{entry[1]}")
        return "\n".join(rendered) or " pass"

    def arguments(self, parameters: tuple[Parameter, ...], environment: Environment) -> list[str]:
        """Names for the parameters of the Python function, entered into the environment."""
        names = []
        for parameter in parameters:
            name = self.name("p")
            names.append(name)
            environment[parameter] = Callee(name) if parameter.arity else Local(name)
        return names

    def reaches(self, scope: tuple[int, ...]) -> bool:
        """Whether what was done in that scope has been done whenever control is here."""
        return self.scope[: len(scope)] == scope

    # --- names ------------------------------------------------------------------------------------------

    def variable(self, name: str, span: Any) -> str:
        if self.initial:
            if name not in self.assigned:
                raise TlaError(f"the variable `{name}` is read before it has a value", span)
            return self.assigned[name]
        place = self.compiler.place[name]
        if not self.primed:
            source = f"s[{place}]"
        elif self.step:
            source = f"t[{place}]"
        elif name in self.assigned:
            return self.assigned[name]
        else:
            raise TlaError(f"`{name}'` is read before it has a value", span)
        code = self.atom(source)
        if not self.primed:
            self.unprimed.add((name, code))
        return code

    def lazy(self, node: Expr, environment: Environment) -> Lazy:
        placeholder: list[Any] = []
        self.lines.append(placeholder)
        return Lazy(
            node, environment, self.primed, placeholder, self.indent, self.loops, self.function, self.name("x")
        )

    def forced(self, lazy: Lazy) -> str:
        """Code for the value of a Lazy, evaluated here unless that is done already."""
        simple = self.simple(lazy.node, lazy.environment)
        if simple is not None and not lazy.primed:
            return simple
        for scope, name in lazy.done:
            if self.reaches(scope):
                return name
        name = lazy.name
        inside_other = lazy.function != self.function
        if inside_other:
            name = self.name("x")
        if self.loops > lazy.loops and not inside_other:
            if not lazy.placeholder:
                lazy.placeholder.append((lazy.indent, f"{name} = None"))
            with self.block(f"if {name} is None:"):
                self._evaluate_lazy(lazy, name)
        else:
            self._evaluate_lazy(lazy, name)
        lazy.done.append((self.scope, name))
        return name

    def _evaluate_lazy(self, lazy: Lazy, name: str) -> None:
        primed, self.primed = self.primed, lazy.primed
        self.line(f"{name} = {self.stored(lazy.node, lazy.environment)}")
        self.primed = primed

    def simple(self, node: Any, environment: Environment) -> str | None:
        """Code where naming the value costs nothing, so that no local is needed; else None."""
        match node:
            case Literal():
                return self.compiler.folded(node)
            case Ref(to=Parameter() as parameter, arguments=()):
                meant = environment.get(parameter)
                if isinstance(meant, Local):
                    return meant.code
                if isinstance(meant, Lazy):
                    return self.simple(meant.node, meant.environment) if not meant.primed else None
                return None
            case Ref(to=Variable(name=name)) if not self.primed and not self.initial:
                return self.variable(name, node.span)
            case Ref(to=Constant()):
                return self.compiler.folded(node)
        return None

    def is_number(self, node: Any, environment: Environment) -> bool:
        """Whether the value is surely an integer (where it exists)."""
        if isinstance(node, Expr) and (constant := self.compiler.folded(node)) is not None:
            return _class(constant) == "int"
        match node:
            case Ref(to=Native(name=name)):
                return name in _NUMERIC
            case Ref(to=Parameter() as parameter):
                meant = environment.get(parameter)
                if isinstance(meant, Lazy):
                    return self.is_number(meant.node, meant.environment)
                return isinstance(meant, Local) and meant.number
            case Ref(to=Definition() as definition) if definition in environment:
                meant = environment[definition]
                return isinstance(meant, Lazy) and self.is_number(meant.node, meant.environment)
            case If(then=then, otherwise=otherwise):
                return self.is_number(then, environment) and self.is_number(otherwise, environment)
        return False

    def may_be_lazy(self, node: Any, environment: Environment) -> bool:
        """Whether the value may be a LazySet or LazyFunction, which must not be stored as it is."""
        match node:
            case FunctionsOf() | RecordsOf() | Product():
                return True
            case Builtin(operator=operator, arguments=arguments):
                if operator in ("\\cup",):
                    return any(self.may_be_lazy(a, environment) for a in arguments)
                return operator in ("SUBSET", "STRING")
            case If(then=then, otherwise=otherwise):
                return self.may_be_lazy(then, environment) or self.may_be_lazy(otherwise, environment)
            case Case(arms=arms, other=other):
                parts = [value for _, value in arms] + ([other] if other else [])
                return any(self.may_be_lazy(part, environment) for part in parts)
            case Let(body=body):
                return self.may_be_lazy(body, environment) or not isinstance(body, Ref)
            case Ref(to=Native(function=implementation, arity=arity)):
                return implementation is values.Sequences or arity == 0
            case Ref(to=Parameter() as parameter):
                meant = environment.get(parameter)
                return isinstance(meant, Lazy) and self.may_be_lazy(meant.node, meant.environment)
            case Ref(to=Constant() | Definition()):
                value = self.compiler.constant_value(node) if not node.arguments else None
                if value is not None:
                    return isinstance(value, LazySet | LazyFunction)
                return self.operator_may_be_lazy(node, environment)
        return False

    def operator_may_be_lazy(self, node: Ref, environment: Environment) -> bool:
        to = self.compiler.binding.meaning(node.to)
        meant = environment.get(to)
        if isinstance(meant, Lazy):
            return self.may_be_lazy(meant.node, meant.environment)
        if isinstance(meant, Local | Callee) or not isinstance(to, Definition):
            return not isinstance(meant, Callee)
        if to.recursive_function or not self.inlined(to):
            return to.recursive_function
        return self.may_be_lazy(to.body, {}) or any(self.may_be_lazy(a, environment) for a in node.arguments)

    # --- values -----------------------------------------------------------------------------------------

    def stored(self, node: Expr, environment: Environment) -> str:
        """Code for the value as it may be put into a state or another value."""
        code = self.value(node, environment)
        return f"strict({code})" if self.may_be_lazy(node, environment) else code

    def atom(self, code: str) -> str:
        """The code, or a local with its value where it is more than a name or literal.

        Locals are assigned once, so the same code means the same value, and one evaluation serves all the
        places that it reaches.
        """
        if _ATOM.fullmatch(code):
            return code
        known = self.evaluated.setdefault(code, [])
        for scope, name in known:
            if self.reaches(scope):
                return name
        name = self.name()
        self.line(f"{name} = {code}")
        known.append((self.scope, name))
        return name

    def value(self, node: Expr, environment: Environment) -> str:
        """A Python expression for the value; what it needs is put in lines before."""
        constant = self.compiler.folded(node)
        if constant is not None:
            return constant
        if isinstance(node, _LOGICAL) or (isinstance(node, Builtin) and node.operator in _PREDICATES):
            return f"(TRUE if {self.truth(node, environment)} else FALSE)"
        return getattr(self, "_" + type(node).__name__)(node, environment)  # type: ignore[no-any-return]

    def _Ref(self, node: Ref, environment: Environment) -> str:
        to = self.compiler.binding.meaning(node.to)
        match to:
            case Variable(name=name):
                return self.variable(name, node.span)
            case Constant(name=name):
                if name not in self.compiler.binding.constants:
                    raise TlaError(f"the constant `{name}` is given no value by the configuration", node.span)
                return self.compiler.constant(self.compiler.binding.constants[name])
            case Native():
                return self.native(to, node.arguments, environment)
        if to in environment:
            return self.applied(environment[to], node, environment)
        assert isinstance(to, Definition), (to, node.span)
        return self.called(to, node, environment)

    def applied(self, meant: Any, node: Ref, environment: Environment) -> str:
        """A parameter or LET definition, with its arguments."""
        match meant:
            case Local(code=code):
                return code
            case Lazy():
                return self.forced(meant)
            case Operator():
                return self.value(meant.body, self.entered(meant, node.arguments, environment))
            case Callee(code=code):
                return f"{code}({', '.join(self.given(a, environment) for a in node.arguments)})"
            case Definition() | Native() | Constant():
                return self._Ref(Ref(node.span, meant, node.arguments), environment)
        raise AssertionError(meant)

    def called(self, to: Definition, node: Ref, environment: Environment) -> str:
        """An operator of the module: inlined, or a call of its function."""
        if self.inlined(to):
            inner = self.entered(Operator(to.parameters, to.body, {}), node.arguments, environment)
            return self.value(to.body, inner)
        reads = self.compiler.reads(to.body)
        if reads and (self.primed or self.initial):
            if to.recursive or to.recursive_function:
                raise TlaError(f"`{to.name}` is recursive and is used primed, which is not supported", node.span)
            inner = self.entered(Operator(to.parameters, to.body, {}), node.arguments, environment)
            return self.value(to.body, inner)
        function = self.compiler.operator(to)
        given = [self.given(argument, environment) for argument in node.arguments]
        return f"{function}({', '.join(['s' if reads else 'None', *given])})"

    def inlined(self, to: Definition) -> bool:
        if to.recursive or to.recursive_function:
            return False
        if any(parameter.arity for parameter in to.parameters) or level(to.body) >= ACTION_LEVEL:
            return True
        nodes = _all_nodes(to.body)
        enumerates = self.compiler.memoise and any(isinstance(n, SetFilter | SetMap | Choose) for n in nodes)
        if enumerates and self.compiler.reads(to.body):
            return False
        return len(nodes) <= INLINE_SIZE

    def entered(
        self, operator: Operator, arguments: tuple[Expr | OperatorArgument, ...], environment: Environment
    ) -> Environment:
        """The environment of an operator's body."""
        inner = dict(operator.environment)
        for parameter, argument in zip(operator.parameters, arguments, strict=True):
            inner[parameter] = self.argument(argument, environment)
        return inner

    def argument(self, argument: Expr | OperatorArgument, environment: Environment) -> Any:
        match argument:
            case Lambda(parameters=parameters, body=body):
                return Operator(parameters, body, environment)
            case OperatorName(to=to):
                to = self.compiler.binding.meaning(to)
                return environment.get(to, to)
            case Ref(to=Parameter() as parameter, arguments=()) if parameter in environment:
                meant = environment[parameter]
                if not isinstance(meant, Lazy) or meant.primed == self.primed:
                    return meant
        return self.lazy(argument, environment)

    def given(self, argument: Expr | OperatorArgument, environment: Environment) -> str:
        """An argument of a Python function: a value, or a Python function where it is an operator."""
        if isinstance(argument, Lambda | OperatorName):
            arity = len(argument.parameters) if isinstance(argument, Lambda) else _arity(argument.to)
            return self.callee(self.argument(argument, environment), arity, argument, environment)
        return self.stored(argument, environment)

    def callee(self, operator: Any, arity: int, node: OperatorArgument, environment: Environment) -> str:
        """A local Python function for an operator."""
        if isinstance(operator, Callee):
            return operator.code
        blanks = tuple(Parameter(node.span, f"a{place}") for place in range(arity))
        references = tuple(Ref(node.span, blank) for blank in blanks)
        inner = dict(environment)
        name = self.name("f")
        names = self.arguments(blanks, inner)
        with self.closure(f"def {name}({', '.join(names)}):"):
            if isinstance(operator, Operator):
                body_environment = {**operator.environment, **{
                    parameter: inner[blank]
                    for parameter, blank in zip(operator.parameters, blanks, strict=True)
                }}  # fmt: skip
                self.line(f"return {self.stored(operator.body, body_environment)}")
            else:
                self.line(f"return {self.value(Ref(node.span, operator, references), inner)}")
        return name

    @contextmanager
    def closure(self, opening: str) -> Iterator[None]:
        """A Python function inside of the one being made; what it evaluates is its own."""
        function, loops = self.function, self.loops
        self.function = next(self.compiler._names)
        self.loops = 0
        with self.block(opening):
            yield
        self.function, self.loops = function, loops

    def native(
        self, to: Native, arguments: tuple[Expr | OperatorArgument, ...], environment: Environment
    ) -> str:
        """An operator of a standard module: the cheap ones inline, where the kinds are sure enough."""
        if to.predicate:
            return f"(TRUE if {self.native_truth(to, arguments, environment)} else FALSE)"
        given = [self.given(a, environment) for a in arguments]
        implementation = self.compiler.implementation(to.function)
        if to.name in ("+", "-", "*"):
            return self.arithmetic(to, given, arguments, environment)
        match to.name, arguments:
            case "Len", _:
                sequence = self.atom(given[0])
                return f"(len({sequence}) if {sequence}.__class__ is tuple else {implementation}({sequence}))"
            case ("(+)" | "(-)", (_, Ref(to=Native(name="SetToBag"), arguments=(SetOf(items=(single,)),)))):
                # One copy more or less is what bags are mostly used for.
                one = {"(+)": "bag_with", "(-)": "bag_without"}[to.name]
                return f"{one}({given[0]}, {self.stored(single, environment)})"
        return f"{implementation}({', '.join(given)})"

    def native_truth(
        self, to: Native, arguments: tuple[Expr | OperatorArgument, ...], environment: Environment
    ) -> str:
        given = [self.given(a, environment) for a in arguments]
        if to.name in ("<", "<=", ">", ">="):
            return self.arithmetic(to, given, arguments, environment)
        return f"{self.compiler.implementation(to.function)}({', '.join(given)})"

    def arithmetic(
        self,
        to: Native,
        given: list[str],
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
    ) -> str:
        """Python's operator where it cannot mean anything else; it refuses a number and a non-number."""
        if any(self.is_number(argument, environment) for argument in arguments):
            return f"({given[0]} {to.name} {given[1]})"
        left, right = (self.atom(code) for code in given)
        return (
            f"({left} {to.name} {right} if {left}.__class__ is int and {right}.__class__ is int"
            f" else {self.compiler.implementation(to.function)}({left}, {right}))"
        )

    def _Let(self, node: Let, environment: Environment) -> str:
        return self.value(node.body, self.with_definitions(node, environment))

    def with_definitions(self, node: Let, environment: Environment) -> Environment:
        inner = dict(environment)
        for definition in node.definitions:
            if definition.recursive_function:
                body = definition.body
                assert isinstance(body, FunctionOf)
                inner[definition] = Local(self.lazy_function(definition, body, inner))
            elif definition.recursive:
                name = self.name("f")
                inner[definition] = Callee(name)
                local = dict(inner)
                names = self.arguments(definition.parameters, local)
                with self.closure(f"def {name}({', '.join(names)}):"):
                    self.line(f"return {self.stored(definition.body, local)}")
            elif definition.arity:
                inner[definition] = Operator(definition.parameters, definition.body, inner)
            else:
                inner[definition] = self.lazy(definition.body, inner)
        return inner

    def lazy_function(self, definition: Definition, body: FunctionOf, environment: Environment) -> str:
        """A local with the LazyFunction of f[x \\in S] == e, which may refer to itself."""
        name, rule, argument = self.name("f"), self.name("f"), self.name("p")
        inner = {**environment, definition: Local(name)}
        domains = [code for code, _ in self.domains(body.bounds, environment)]
        arguments = domains[0] if len(domains) == 1 else f"Product(({', '.join(domains)},))"
        with self.closure(f"def {rule}({argument}):"):
            self.match_arguments(body.bounds, argument, inner)
            self.line(f"return {self.stored(body.body, inner)}")
        self.line(f"{name} = LazyFunction({arguments}, {rule})")
        return name

    def domains(self, bounds: tuple[Bound, ...], environment: Environment) -> list[tuple[str, Bound]]:
        """The code of the set of each thing that is bound."""
        found = []
        for bound in bounds:
            code = self.atom(self.value(bound.domain, environment))
            found += [(code, bound)] * (1 if bound.pattern else len(bound.parameters))
        return found

    def match_arguments(self, bounds: tuple[Bound, ...], argument: str, inner: Environment) -> None:
        groups = [g for b in bounds for g in ([b.parameters] if b.pattern else [(p,) for p in b.parameters])]
        patterns = [b.pattern for b in bounds for _ in ([0] if b.pattern else b.parameters)]
        if len(groups) == 1 and not patterns[0]:
            inner[groups[0][0]] = Local(argument)
            return
        parts = [argument]
        if len(groups) > 1:
            parts = [self.name("p") for _ in groups]
            self.line(f"({', '.join(parts)},) = {argument}")
        for group, pattern, part in zip(groups, patterns, parts, strict=True):
            if pattern:
                self.unpack(group, part, inner)
            else:
                inner[group[0]] = Local(part)

    def unpack(self, parameters: tuple[Parameter, ...], code: str, inner: Environment) -> None:
        names = [self.name("p") for _ in parameters]
        self.line(f"({', '.join(names)},) = as_tuple({code}, {len(names)})")
        for parameter, name in zip(parameters, names, strict=True):
            inner[parameter] = Local(name)

    def _If(self, node: If, environment: Environment) -> str:
        condition = self.truth(node.condition, environment)
        return self.choice(
            condition,
            lambda: self.value(node.then, environment),
            lambda: self.value(node.otherwise, environment),
        )

    def choice(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """One of two expressions; statements only where one of them needs lines."""
        then_lines, then_code = self.captured(then)
        else_lines, else_code = self.captured(otherwise)
        if not _has_lines(then_lines) and not _has_lines(else_lines):
            return f"({then_code} if {condition} else {else_code})"
        name = self.name()
        self.line(f"if {condition}:")
        self.lines += then_lines
        self.lines.append((self.indent + 1, f"{name} = {then_code}"))
        self.line("else:")
        self.lines += else_lines
        self.lines.append((self.indent + 1, f"{name} = {else_code}"))
        return name

    def _Case(self, node: Case, environment: Environment) -> str:
        return self.arms(node, 0, lambda part: self.value(part, environment), environment)

    def arms(self, node: Case, at: int, make: Callable[[Expr], str], environment: Environment) -> str:
        if at == len(node.arms):
            return make(node.other) if node.other is not None else "no_case()"
        guard, value = node.arms[at]
        return self.choice(
            self.truth(guard, environment),
            lambda: make(value),
            lambda: self.arms(node, at + 1, make, environment),
        )

    def _Choose(self, node: Choose, environment: Environment) -> str:
        name = self.name("p")
        members = self.members(node.bound.domain, environment, in_order=True)
        inner = dict(environment)
        with self.block(f"for {name} in {members}:", loop=True):
            self.bind(node.bound, name, inner)
            with self.block(f"if {self.truth(node.body, inner)}:"):
                self.line("break")
        with self.block("else:"):
            self.line("no_choice()")
        return name

    def bind(self, bound: Bound, name: str, inner: Environment) -> None:
        """What a bound with one element at a time (a pattern or a single name) means for that element."""
        if bound.pattern:
            self.unpack(bound.parameters, name, inner)
        else:
            inner[bound.parameters[0]] = Local(name, self.counts(bound.domain, inner))

    def counts(self, node: Expr, environment: Environment) -> bool:
        """Whether the elements of a set are surely integers."""
        return isinstance(node, Ref) and isinstance(node.to, Native) and node.to.name == ".."

    @contextmanager
    def looping(
        self, bounds: tuple[Bound, ...], environment: Environment, in_order: bool = False
    ) -> Iterator[tuple[Environment, list[str]]]:
        """Nested loops over all bounds; inside, the environment and the names of the elements."""
        inner = dict(environment)
        names: list[str] = []
        # The sets do not depend on what the other bounds bind, so they are evaluated once, before.
        sets = []
        for bound in bounds:
            code = self.members(bound.domain, environment, in_order)
            if len(bounds) > 1 or len(bound.parameters) > 1:
                code = self.atom(code)
            sets.append(code)
        indent, scope, loops = self.indent, self.scope, self.loops
        for bound, code in zip(bounds, sets, strict=True):
            for parameter in [None] if bound.pattern else bound.parameters:
                name = self.name("p")
                names.append(name)
                self.line(f"for {name} in {code}:")
                self.indent += 1
                self.loops += 1
                self.scope = (*self.scope, next(self.compiler._names))
                if parameter is None:
                    self.unpack(bound.parameters, name, inner)
                else:
                    inner[parameter] = Local(name, self.counts(bound.domain, environment))
        yield inner, names
        self.indent, self.scope, self.loops = indent, scope, loops

    def members(self, node: Expr, environment: Environment, in_order: bool = False) -> str:
        """Code to iterate over the elements of a set, each once; in_order: in the order of all values."""
        constant = self.compiler.constant_value(node)
        if constant is not None and isinstance(constant, frozenset):
            return self.compiler.constant(values.ordered(constant))
        if isinstance(node, Ref) and isinstance(node.to, Native) and node.to.name == "..":
            low, high = (self.given(a, environment) for a in node.arguments)
            return f"range({low}, {high} + 1)"
        code = self.value(node, environment)
        if in_order:
            name = self.atom(code)
            return f"({name} and ordered({name}))"
        name = self.atom(code)
        return f"({name} if {name}.__class__ is frozenset else elements({name}))"

    def _SetOf(self, node: SetOf, environment: Environment) -> str:
        return f"frozenset(({', '.join(self.stored(item, environment) for item in node.items)},))"

    def _SetFilter(self, node: SetFilter, environment: Environment) -> str:
        found = self.name()
        self.line(f"{found} = []")
        with self.looping((node.bound,), environment) as (inner, (name, *_)):
            with self.block(f"if {self.truth(node.body, inner)}:"):
                self.line(f"{found}.append({name})")
        return f"frozenset({found})"

    def _SetMap(self, node: SetMap, environment: Environment) -> str:
        found = self.name()
        self.line(f"{found} = []")
        with self.looping(node.bounds, environment) as (inner, _):
            self.line(f"{found}.append({self.stored(node.body, inner)})")
        return f"frozenset({found})"

    def _Tuple(self, node: Tuple, environment: Environment) -> str:
        return f"({', '.join(self.stored(item, environment) for item in node.items)},)"

    def _Product(self, node: Product, environment: Environment) -> str:
        return f"Product(({', '.join(self.value(factor, environment) for factor in node.factors)},))"

    def _FunctionOf(self, node: FunctionOf, environment: Environment) -> str:
        found = self.name()
        constant = self.compiler.constant_value(node.bounds[0].domain) if _single(node.bounds) else None
        if isinstance(constant, frozenset) and constant and not _is_sequence_domain(constant):
            home = values.domain_of_set(constant)
            keys = self.compiler.constant(home.keys)
            name = self.name("p")
            self.line(f"{found} = []")
            inner = dict(environment)
            with self.block(f"for {name} in {keys}:", loop=True):
                self.bind(node.bounds[0], name, inner)
                self.line(f"{found}.append({self.stored(node.body, inner)})")
            return f"{self.compiler.keep(home, 'D')}.make(tuple({found}))"
        self.line(f"{found} = {{}}")
        with self.looping(node.bounds, environment) as (inner, names):
            key = names[0] if len(names) == 1 else f"({', '.join(names)})"
            self.line(f"{found}[{key}] = {self.stored(node.body, inner)}")
        return f"function({found})"

    def _FunctionsOf(self, node: FunctionsOf, environment: Environment) -> str:
        arguments = self.value(node.arguments, environment)
        return f"FunctionSet(finite({arguments}), {self.value(node.results, environment)})"

    def _RecordOf(self, node: RecordOf, environment: Environment) -> str:
        fields = dict(node.fields)
        home = values.domain_of_set(frozenset(fields))
        parts = [self.stored(fields[key], environment) for key in home.keys]
        known = self.compiler.keep(home.functions.get, "D")
        new = self.compiler.keep(home.new, "D")
        name = self.name()
        return f"({known}({name} := ({', '.join(parts)},)) or {new}({name}))"

    def _RecordsOf(self, node: RecordsOf, environment: Environment) -> str:
        fields = ", ".join(f"{name!r}: {self.value(part, environment)}" for name, part in node.fields)
        return f"RecordSet({{{fields}}})"

    def _Apply(self, node: Apply, environment: Environment) -> str:
        function = self.atom(self.value(node.function, environment))
        argument = self.atom(self.stored(node.argument, environment))
        if self.is_number(node.argument, environment):
            return self.atom(
                f"({function}[{argument} - 1] if {function}.__class__ is tuple"
                f" and 0 < {argument} <= len({function}) else apply({function}, {argument}))"
            )
        return self.atom(
            f"({function}.values[{function}.domain.index[{argument}]] if {function}.__class__ is Function"
            f" else apply({function}, {argument}))"
        )

    def _Field(self, node: Field, environment: Environment) -> str:
        record = self.atom(self.value(node.record, environment))
        return self.atom(
            f"({record}.values[{record}.domain.index[{node.name!r}]] if {record}.__class__ is Function"
            f" else field({record}, {node.name!r}))"
        )

    def _Except(self, node: Except, environment: Environment) -> str:
        result = self.value(node.function, environment)
        for update in node.updates:
            functions = [self.atom(result)]
            path = [self.atom(self.stored(step, environment)) for step in update.path]
            for step in path[:-1]:
                functions.append(self.atom(f"apply({functions[-1]}, {step})"))
            inner = dict(environment)
            if _mentions(update.value, update.at):
                inner[update.at] = Local(self.atom(f"apply({functions[-1]}, {path[-1]})"))
            result = self.stored(update.value, inner)
            for f, step in zip(reversed(functions), reversed(path), strict=True):
                result = f"replaced({f}, {step}, {result})"
        return result

    def _Builtin(self, node: Builtin, environment: Environment) -> str:
        given = [self.value(a, environment) for a in node.arguments]
        match node.operator:
            case "DOMAIN":
                f = self.atom(given[0])
                return f"({f}.domain.set if {f}.__class__ is Function else domain({f}))"
            case "\\cup" if any(isinstance(a, SetOf | SetMap | SetFilter) for a in node.arguments) and not any(
                self.may_be_lazy(a, environment) for a in node.arguments
            ):
                return f"({given[0]} | {given[1]})"
        return f"{self.compiler.implementation(BUILTINS[node.operator])}({', '.join(given)})"

    def _Prime(self, node: Prime, environment: Environment) -> str:
        primed, self.primed = self.primed, True
        code = self.value(node.body, self.moved(environment))
        self.primed = primed
        return code

    def moved(self, environment: Environment) -> Environment:
        """The environment under a prime: what was to be evaluated in this state is so in the next."""
        return {
            key: self.lazy(meant.node, meant.environment)
            if isinstance(meant, Lazy) and not meant.primed and self.compiler.reads(meant.node)
            else meant
            for key, meant in environment.items()
        }

    def _Enabled(self, node: Any, environment: Environment) -> str:
        raise TlaError("ENABLED is not supported", node.span)

    def _Temporal(self, node: Any, environment: Environment) -> str:
        raise TlaError(f"the temporal operator `{node.operator}` is not supported here", node.span)

    # --- truth ------------------------------------------------------------------------------------------

    def truth(self, node: Expr, environment: Environment) -> str:
        """A Python expression for the truth of a formula."""
        if not isinstance(node, Ref):
            constant = self.compiler.folded(node)
            if constant is not None:
                return {"TRUE": "True", "FALSE": "False"}.get(constant, f"truth({constant})")
        match node:
            case And(items=items):
                return self.all_of(items, environment)
            case Or(items=items):
                return self.any_of(items, environment)
            case Quantifier():
                return self.quantified(node, environment)
            case If(condition=condition, then=then, otherwise=otherwise):
                return self.choice(
                    self.truth(condition, environment),
                    lambda: self.truth(then, environment),
                    lambda: self.truth(otherwise, environment),
                )
            case Case():
                return self.arms(node, 0, lambda part: self.truth(part, environment), environment)
            case Let(body=body):
                return self.truth(body, self.with_definitions(node, environment))
            case Builtin() if node.operator in _PREDICATES:
                return self.builtin_truth(node, environment)
            case Unchanged(body=body):
                return self.equality(body, Prime(node.span, body), environment)
            case BoxAction(action=action, subscript=subscript):
                return self.any_of((Unchanged(node.span, subscript), action), environment)
            case Prime(body=body):
                primed, self.primed = self.primed, True
                code = self.truth(body, self.moved(environment))
                self.primed = primed
                return code
            case Ref():
                return self.reference_truth(node, environment)
        return self.as_truth(self.value(node, environment))

    def as_truth(self, code: str) -> str:
        if code in ("TRUE", "FALSE"):
            return str(code == "TRUE")
        name = self.atom(code)
        return f"({name} is TRUE or {name} is not FALSE and truth({name}))"

    def reference_truth(self, node: Ref, environment: Environment) -> str:
        to = self.compiler.binding.meaning(node.to)
        constant = self.compiler.folded(node)
        if constant is not None:
            return self.as_truth(constant)
        if isinstance(to, Native) and to.predicate:
            return self.native_truth(to, node.arguments, environment)
        meant = environment.get(to)
        if isinstance(meant, Operator):
            return self.truth(meant.body, self.entered(meant, node.arguments, environment))
        if isinstance(to, Definition) and meant is None and self.inlined(to):
            operator = Operator(to.parameters, to.body, {})
            return self.truth(to.body, self.entered(operator, node.arguments, environment))
        return self.as_truth(self.value(node, environment))

    def all_of(self, items: tuple[Expr, ...], environment: Environment) -> str:
        first = self.truth(items[0], environment)
        if len(items) == 1:
            return first
        lines, rest = self.captured(lambda: self.all_of(items[1:], environment))
        if not _has_lines(lines):
            return f"({first} and {rest})"
        name = self.name()
        self.line(f"{name} = {first}")
        self.line(f"if {name}:")
        self.lines += lines
        self.lines.append((self.indent + 1, f"{name} = {rest}"))
        return name

    def any_of(self, items: tuple[Expr, ...], environment: Environment) -> str:
        first = self.truth(items[0], environment)
        if len(items) == 1:
            return first
        lines, rest = self.captured(lambda: self.any_of(items[1:], environment))
        if not _has_lines(lines):
            return f"({first} or {rest})"
        name = self.name()
        self.line(f"{name} = {first}")
        self.line(f"if not {name}:")
        self.lines += lines
        self.lines.append((self.indent + 1, f"{name} = {rest}"))
        return name

    def quantified(self, node: Quantifier, environment: Environment) -> str:
        """One loop for each bound name; leaves all of them as soon as the answer is known."""
        result = self.name()
        self.line(f"{result} = {node.universal}")
        test = f"not {result}" if node.universal else result
        indents = []
        with self.looping(node.bounds, environment) as (inner, names):
            indents = [self.indent - place for place in range(len(names))]
            code = self.truth(node.body, inner)
            with self.block(f"if {f'not {code}' if node.universal else code}:"):
                self.line(f"{result} = {not node.universal}")
                self.line("break")
        for indent in indents[1:]:
            self.lines.append((indent, f"if {test}: break"))
        return result

    def builtin_truth(self, node: Builtin, environment: Environment) -> str:
        match node.operator, node.arguments:
            case "~", (body,):
                return f"(not {self.truth(body, environment)})"
            case "=>", (left, right):
                condition = self.truth(left, environment)
                lines, code = self.captured(lambda: self.truth(right, environment))
                if not _has_lines(lines):
                    return f"(not {condition} or {code})"
                name = self.name()
                self.line(f"{name} = True")
                self.line(f"if {condition}:")
                self.lines += lines
                self.lines.append((self.indent + 1, f"{name} = {code}"))
                return name
            case "<=>", (left, right):
                return f"({self.truth(left, environment)} == {self.truth(right, environment)})"
            case "=", (left, right):
                return self.equality(left, right, environment)
            case "#", (left, right):
                return f"(not {self.equality(left, right, environment)})"
            case "\\in", (element, members):
                return self.membership(element, members, environment)
            case "\\notin", (element, members):
                return f"(not {self.membership(element, members, environment)})"
            case "\\subseteq", (left, right):
                a, b = self.value(left, environment), self.value(right, environment)
                return f"subset({a}, {b})"
        raise AssertionError(node.operator)

    def equality(self, left: Expr, right: Expr, environment: Environment) -> str:
        if self.is_number(left, environment) and self.is_number(right, environment):
            return f"({self.value(left, environment)} == {self.value(right, environment)})"
        a, b = self.atom(self.value(left, environment)), self.atom(self.value(right, environment))
        return f"({a} == {b} or {_class(a)} is not {_class(b)} and unlike({a}, {b}))"

    def membership(self, element: Expr, members: Expr, environment: Environment) -> str:
        """element \\in members, without making the set where its form tells the answer."""
        constant = self.compiler.constant_value(members)
        if constant is not None:
            code = self.value(element, environment)
            if isinstance(constant, frozenset):
                return f"({code} in {self.compiler.constant(constant)})"
            return f"contains({self.compiler.constant(constant)}, {code})"
        match members:
            case Ref(to=Native(name=".."), arguments=(low, high)):
                bounds = [self.given(bound, environment) for bound in (low, high)]
                return f"({bounds[0]} <= {self.value(element, environment)} <= {bounds[1]})"
            case Ref(to=Definition() as to, arguments=arguments) if to not in environment:
                meant = self.compiler.binding.meaning(to)
                if isinstance(meant, Definition) and self.inlined(meant):
                    operator = Operator(meant.parameters, meant.body, {})
                    atom = Parameter(element.span, "element")
                    inner = self.entered(operator, arguments, environment)
                    inner[atom] = Local(self.atom(self.stored(element, environment)))
                    return self.membership(Ref(element.span, atom), meant.body, inner)
            case SetOf(items=items) if items:
                return self.one_of(self.atom(self.value(element, environment)), items, environment)
            case SetFilter(bound=bound, body=body):
                name = self.atom(self.stored(element, environment))
                inner = dict(environment)
                atom = Parameter(element.span, "element")
                found = self.membership(Ref(element.span, atom), bound.domain, {**inner, atom: Local(name)})

                def rest() -> str:
                    self.bind(bound, name, inner)
                    return self.truth(body, inner)

                return self.choice(found, rest, lambda: "False")
            case Builtin(operator="DOMAIN", arguments=(f,)):
                code = self.atom(self.value(element, environment))
                function = self.atom(self.value(f, environment))
                return (
                    f"({code} in {function}.domain.index if {function}.__class__ is Function"
                    f" else contains(domain({function}), {code}))"
                )
        code = self.atom(self.value(element, environment))
        whole = self.atom(self.value(members, environment))
        return f"({code} in {whole} if {whole}.__class__ is frozenset else contains({whole}, {code}))"

    def one_of(self, code: str, items: tuple[Expr, ...], environment: Environment) -> str:
        """Membership in a set whose elements are written down."""
        members = [self.atom(self.value(item, environment)) for item in items]
        if all(_class(member) == "str" for member in members):
            found = f"{code} in ({', '.join(members)},)"
            return f"({found} or {_class(code)} is not str and unlike({code}, {members[0]}))"
        tests = [
            f"{code} == {member} or {_class(code)} is not {_class(member)} and unlike({code}, {member})"
            for member in members
        ]
        return f"({' or '.join(tests)})"

    # --- actions ----------------------------------------------------------------------------------------

    def action(self, node: Expr, environment: Environment, then: Continuation) -> None:
        """Statements that run `then` for each way to satisfy the action, with `assigned` set."""
        match node:
            case And(items=items):
                self.in_turn(items, environment, then)
            case Or(items=items):
                for item in items:
                    with self.restoring():
                        self.action(item, environment, then)
            case If(condition=condition, then=one, otherwise=other):
                code = self.truth(condition, environment)
                with self.restoring(), self.block(f"if {code}:"):
                    self.action(one, environment, then)
                with self.restoring(), self.block("else:"):
                    self.action(other, environment, then)
            case Case():
                self.case_action(node, 0, environment, then)
            case Let(body=body):
                self.action(body, self.with_definitions(node, environment), then)
            case Quantifier(universal=False, bounds=bounds, body=body):
                with self.restoring(), self.looping(bounds, environment, in_order=True) as (inner, _):
                    self.action(body, inner, then)
            case Quantifier(universal=True) if self.unrolled(node, environment, then):
                pass
            case BoxAction(action=action, subscript=subscript):
                self.action(Or(node.span, (action, Unchanged(node.span, subscript))), environment, then)
            case Unchanged(body=body):
                self.unchanged(body, environment, then)
            case Builtin(operator="=", arguments=(target, source)) if self.unassigned(target, environment):
                self.assign(target, self.stored(source, environment), then)
            case Builtin(operator="\\in", arguments=(target, source)) if self.unassigned(target, environment):
                name = self.name("n")
                members = self.members(source, environment, in_order=True)
                with self.restoring(), self.block(f"for {name} in {members}:", loop=True):
                    self.assign(target, name, then)
            case Ref() if self.referred(node, environment, then):
                pass
            case _:
                code = self.truth(node, environment)
                if code == "True":
                    then()
                    return
                with self.restoring(), self.block(f"if {code}:"):
                    then()

    def in_turn(self, items: tuple[Expr, ...], environment: Environment, then: Continuation) -> None:
        if not items:
            then()
            return
        self.action(items[0], environment, lambda: self.in_turn(items[1:], environment, then))

    @contextmanager
    def restoring(self) -> Iterator[None]:
        assigned, trail = dict(self.assigned), self.trail
        yield
        self.assigned, self.trail = assigned, trail

    def case_action(self, node: Case, at: int, environment: Environment, then: Continuation) -> None:
        if at == len(node.arms):
            if node.other is None:
                self.line("no_case()")
            else:
                self.action(node.other, environment, then)
            return
        guard, body = node.arms[at]
        code = self.truth(guard, environment)
        with self.restoring(), self.block(f"if {code}:"):
            self.action(body, environment, then)
        with self.restoring(), self.block("else:"):
            self.case_action(node, at + 1, environment, then)

    def unrolled(self, node: Quantifier, environment: Environment, then: Continuation) -> bool:
        """\\A over a constant set, as the conjunction that it stands for, where it primes variables."""
        if not _single(node.bounds) or level(node.body) < ACTION_LEVEL:
            return False
        constant = self.compiler.constant_value(node.bounds[0].domain)
        if not isinstance(constant, frozenset):
            return False

        def from_place(members: tuple[Value, ...]) -> None:
            if not members:
                then()
                return
            inner = dict(environment)
            self.bind(node.bounds[0], self.compiler.constant(members[0]), inner)
            self.action(node.body, inner, lambda: from_place(members[1:]))

        from_place(values.ordered(constant))
        return True

    def unassigned(self, target: Expr, environment: Environment) -> bool:
        """Whether the target is x' (in an initial predicate, x) and has no value yet."""
        if self.primed:
            return False
        if self.initial:
            return (
                isinstance(target, Ref) and isinstance(target.to, Variable)
                and target.to.name not in self.assigned
            )  # fmt: skip
        if self.step or not isinstance(target, Prime):
            return False
        body = target.body
        return isinstance(body, Ref) and isinstance(body.to, Variable) and body.to.name not in self.assigned

    def assign(self, target: Expr, code: str, then: Continuation) -> None:
        reference = target.body if isinstance(target, Prime) else target
        assert isinstance(reference, Ref)
        assert isinstance(reference.to, Variable)
        self.bind_variable(reference.to.name, self.atom(code), then)

    def bind_variable(self, name: str, code: str, then: Continuation) -> None:
        before = self.assigned
        self.assigned = {**before, name: code}
        then()
        self.assigned = before

    def unchanged(self, node: Expr, environment: Environment, then: Continuation) -> None:
        """UNCHANGED of a variable, or of a tuple of what may be unchanged."""
        match node:
            case Tuple(items=items):
                parts = tuple(Unchanged(node.span, item) for item in items)
                self.in_turn(parts, environment, then)
                return
            case Ref(to=Variable(name=name)) if not self.step:
                if name not in self.assigned:
                    self.bind_variable(name, self.variable(name, node.span), then)
                    return
            case Ref(to=Definition() as to, arguments=()) if to not in environment:
                replaced = self.compiler.binding.meaning(to)
                if isinstance(replaced, Definition):
                    self.unchanged(replaced.body, {}, then)
                    return
        code = self.equality(Prime(node.span, node), node, environment)
        with self.restoring(), self.block(f"if {code}:"):
            then()

    def referred(self, node: Ref, environment: Environment, then: Continuation) -> bool:
        """An operator whose body is to be read as an action; False where it is just a formula."""
        to = self.compiler.binding.meaning(node.to)
        meant = environment.get(to)
        if isinstance(meant, Lazy) and not meant.done:
            if not self.as_action(meant.node):
                return False
            self.action(meant.node, meant.environment, then)
            return True
        if isinstance(meant, Operator):
            inner = self.entered(meant, node.arguments, environment)
            self.action(meant.body, inner, then)
            return True
        if not isinstance(to, Definition) or meant is not None or to.recursive or to.recursive_function:
            return False
        if not self.as_action(to.body):
            return False
        inner = self.entered(Operator(to.parameters, to.body, {}), node.arguments, environment)
        with self.restoring():
            if self.trail is not None and level(to.body) >= ACTION_LEVEL:
                self.trail = (*self.trail, to.name)
            self.action(to.body, inner, then)
        return True

    def as_action(self, node: Expr) -> bool:
        """Whether the formula can bind variables or has several ways to be true (which TLC counts)."""
        if self.initial or level(node) >= ACTION_LEVEL:
            return True
        return isinstance(node, And | Or | Quantifier | If | Case | Let | Ref)

    def emit(self) -> None:
        """The innermost place: every variable has a value in the next state."""
        missing = [name for name in self.compiler.variables if name not in self.assigned]
        if missing:
            where = f" ({' > '.join(self.trail)})" if self.trail else ""
            raise TlaError(f"the action{where} does not say what `{missing[0]}'` is")
        self.written |= {name for name in self.assigned if (name, self.assigned[name]) not in self.unprimed}
        state = "(" + ", ".join(self.assigned[name] for name in self.compiler.variables) + ",)"
        self.line(f"emit({state})" if self.trail is None else f"emit(({state}, {self.trail!r}))")


def _overridden(node: Any, binding: Binding) -> Iterator[Expr]:
    """The bodies that the configuration puts in the place of names mentioned in the node."""
    if isinstance(node, Ref | OperatorName):
        meant = binding.meaning(node.to)
        if meant is not node.to and isinstance(meant, Definition):
            yield meant.body
    for child in children(node):
        yield from _overridden(child, binding)


def _all_nodes(node: Any) -> list[Any]:
    found = [node]
    if isinstance(node, Let):
        for definition in node.definitions:
            found += _all_nodes(definition.body)
    for child in children(node):
        found += _all_nodes(child)
    return found


def _mentions(node: Any, parameter: Parameter) -> bool:
    return parameter in free_parameters(node)


def _single(bounds: tuple[Bound, ...]) -> bool:
    return len(bounds) == 1 and (bounds[0].pattern or len(bounds[0].parameters) == 1)


def _is_sequence_domain(members: frozenset[Value]) -> bool:
    return members == frozenset(range(1, len(members) + 1))


def _has_lines(lines: list[Any]) -> bool:
    return any(isinstance(entry, tuple) or entry for entry in lines)


def _arity(declaration: Declaration) -> int:
    return 0 if isinstance(declaration, Variable) else declaration.arity


def _class(atom: str) -> str:
    """Code for the Python type of an atom."""
    if atom[0] in "-0123456789":
        return "int"
    return "str" if atom[0] == "'" else f"{atom}.__class__"


def no_case() -> Any:
    raise TlaError("no arm of CASE is true, and there is no OTHER")


def no_choice() -> Any:
    raise TlaError("CHOOSE finds no such element")


def as_tuple(value: Value, size: int) -> tuple[Value, ...]:
    if type(value) is not tuple or len(value) != size:
        raise TlaError(f"expected a tuple of {size}, saw {values.show(value)}")
    return value


_ATOM = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|-?[0-9]+|'[^'\\]*'")
_LOGICAL = And | Or | Quantifier | Unchanged | BoxAction
_PREDICATES = frozenset(["=", "#", "=>", "<=>", "~", "\\in", "\\notin", "\\subseteq"])
_NUMERIC = frozenset(["+", "-", "*", "^", "\\div", "%", "-.", "Len", "Cardinality", "CopiesIn", "BagCardinality"])
_RUNTIME: dict[str, Any] = {
    **{name: getattr(values, name) for name in (
        "TRUE", "FALSE", "Function", "FunctionSet", "LazyFunction", "Product", "RecordSet", "apply",
        "contains", "domain", "elements", "field", "finite", "function", "ordered", "replaced", "strict",
        "truth", "unlike")},
    "subset": standard.subset, "bag_with": standard.bag_with, "bag_without": standard.bag_without,
    "no_case": no_case, "no_choice": no_choice, "as_tuple": as_tuple,
}  # fmt: skip
