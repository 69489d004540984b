"""Expressions of the tree as Python expressions for their values, with the lines that they need before them.

Operators are inlined, call by name; a LET definition or an argument is evaluated at the first place that
needs it, at most once on each path. Code may be moved, but never to where the text would not have evaluated
it; what is not pure (syntax.Native) stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Protocol

from . import values
from .code import Code, class_of
from .environment import Binding
from .errors import TlaError
from .library import BUILTINS, MODULES
from .meanings import Callee, Environment, Lazy, Local, Operator
from .syntax import (
    ACTION_LEVEL,
    And,
    AngleAction,
    Apply,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Choose,
    Compose,
    Constant,
    Declaration,
    Definition,
    Enabled,
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
    NoValue,
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
    Temporal,
    Tuple,
    Unchanged,
    Update,
    Variable,
    children,
    free_parameters,
)
from .values import LazyFunction, LazySet, Value

INTERVAL = MODULES["Naturals"][".."]

INLINE_SIZE = 120
"""Operators with more nodes than this become functions of their own; the exact number matters little."""


class Enumeration:
    """The elements of a constant set in the order of all values, enumerated when they are first needed."""

    __slots__ = ("_elements", "_of")

    def __init__(self, of: LazySet) -> None:
        self._of = of
        self._elements: tuple[Value, ...] | None = None

    def elements(self) -> tuple[Value, ...]:
        if self._elements is None:
            self._elements = values.ordered(self._of)
        return self._elements


class Satisfies(Protocol):
    """What writes the statements that satisfy an action (actions.py)."""

    def action(self, node: Expr, environment: Environment, then: Callable[[], None]) -> None: ...
    def emit(self) -> None: ...


class Decides(Protocol):
    """What writes the truth of formulas (formulas.py)."""

    def truth(self, node: Expr, environment: Environment) -> str: ...
    def membership(self, element: Expr, members: Expr, environment: Environment) -> str: ...
    def equality(self, left: Expr, right: Expr, environment: Environment) -> str: ...
    def is_test(self, node: Expr) -> bool: ...
    def asked_first(
        self,
        bounds: tuple[Bound, ...],
        body: Expr,
        environment: Environment,
        is_test: Callable[[Expr], bool],
    ) -> list[tuple[Expr, Environment]]: ...


class Home(Protocol):
    """What the code of one function needs to know of the module that it becomes a part of (compiler.py)."""

    place: dict[str, int]
    binding: Binding
    memoise: bool

    def actions(self, expressions: Expressions) -> Satisfies: ...
    def formulas(self, expressions: Expressions) -> Decides: ...
    def constant(self, value: Value) -> str: ...
    def constant_value(self, node: Expr) -> Value | None: ...
    def folded(self, node: Expr) -> str | None: ...
    def implementation(self, function: Callable[..., Any]) -> str: ...
    def keep(self, thing: Any, prefix: str) -> str: ...
    def level(self, node: Expr) -> int: ...
    def operator(self, definition: Definition) -> str: ...
    def reads(self, node: Expr) -> frozenset[str]: ...
    def is_pure(self, node: Expr) -> bool: ...
    def weight(self, node: Any) -> int: ...


class Expressions:
    """Writes values and truths into `code`.

    Variables are read from `s`; primed ones from what is `assigned` so far, or on a `step` from `t`. In an
    `initial` predicate, unprimed ones are what is assigned.
    """

    def __init__(self, home: Home, code: Code, initial: bool = False, step: bool = False) -> None:
        self.home = home
        self.code = code
        self.initial = initial
        self.step = step
        self.primed = False
        self.current = "s"
        """Code for the state that variables are read from."""
        self.assigned: dict[str, str] = {}
        self.unprimed: set[tuple[str, str]] = set()
        """Variables with the locals that hold their values in this state."""
        self.formulas = home.formulas(self)

    def arguments(self, parameters: tuple[Parameter, ...], environment: Environment) -> list[str]:
        """Names for the parameters of the Python function, entered into the environment."""
        names = []
        for parameter in parameters:
            name = self.code.name("p")
            names.append(name)
            environment[parameter] = Callee(name) if parameter.arity else Local(name)
        return names

    # --- names ------------------------------------------------------------------------------------------

    def variable(self, name: str, span: Any) -> str:
        if self.initial:
            if name not in self.assigned:
                return self.refusal(f"the variable `{name}` is read before it has a value")
            return self.assigned[name]
        if not self.primed:
            source = f"{self.current}[{self.home.place[name]}]"
        elif self.step:
            source = f"t[{self.home.place[name]}]"
        elif name in self.assigned:
            return self.assigned[name]
        else:
            return self.refusal(f"`{name}'` is read before it has a value")
        code = self.code.atom(source)
        if not self.primed and self.current == "s":
            self.unprimed.add((name, code))
        return code

    def refusal(self, message: str) -> str:
        """A local that never gets a value: an error is due when, and only when, control comes here."""
        name = self.code.name()
        self.code.line(f"{name} = refuse({message!r})")
        return name

    @contextmanager
    def at(self, state: str) -> Iterator[None]:
        """Where unprimed variables are read from that state."""
        before = self.current
        self.current = state
        yield
        self.current = before

    @contextmanager
    def from_here(self, node: Expr, environment: Environment) -> Iterator[None]:
        """Inside, the state of this place is where an action begins, and nothing is assigned yet."""
        kept = self.current, self.assigned, self.primed, self.step, self.initial
        self.current = self.state(self.reads(node, environment), node.span)
        self.assigned, self.primed, self.step, self.initial = {}, False, False, False
        yield
        self.current, self.assigned, self.primed, self.step, self.initial = kept

    def lazy(self, node: Expr, environment: Environment) -> Lazy:
        code = self.code
        return Lazy(
            node,
            environment,
            self.primed,
            self.current,
            code.placeholder(),
            code.indent,
            code.loops,
            code.function,
            code.name("x"),
        )

    def forced(self, lazy: Lazy) -> str:
        """Code for the value of a Lazy, evaluated here unless that is done already."""
        simple = self.simple(lazy.node, lazy.environment)
        if simple is not None:
            return simple
        assigned = self.assigned if self.reads_assigned(lazy.node, lazy.environment) else None
        place = (self.primed, self.current)
        for scope, where, then, name in lazy.done:
            if self.code.reaches(scope) and where == place and then == assigned:
                return name
        once = assigned is None and lazy.place == place and lazy.function == self.code.function
        name = lazy.name if once else self.code.name("x")
        if once and self.code.loops > lazy.loops:
            if not lazy.placeholder:
                lazy.placeholder.append((lazy.indent, f"{name} = None"))
            with self.code.block(f"if {name} is None:"):
                self.code.line(f"{name} = {self.stored(lazy.node, lazy.environment)}")
        else:
            self.code.line(f"{name} = {self.stored(lazy.node, lazy.environment)}")
        lazy.done.append((self.code.scope, place, assigned, name))
        return name

    def is_done(self, lazy: Lazy) -> bool:
        """Whether a local has the value of a Lazy that does not depend on what is assigned."""
        place = (self.primed, self.current)
        return any(
            self.code.reaches(scope) and where == place
            for scope, where, assigned, _ in lazy.done
            if assigned is None
        )

    def reads_assigned(self, node: Any, environment: Environment) -> bool:
        """Whether the value depends on what is assigned, which differs from place to place."""
        if self.step:
            return False
        return self.initial or self.primed or self.primes(node, environment)

    def primes(self, node: Any, environment: Environment) -> bool:
        """Whether there is a prime in the expression, or in what its parameters stand for."""
        if self.home.level(node) >= ACTION_LEVEL:
            return True
        for parameter in free_parameters(node):
            match environment.get(parameter):
                case Lazy(node=meant, environment=inner) | Operator(body=meant, environment=inner):
                    if self.primes(meant, inner):
                        return True
        return False

    def reads(self, node: Any, environment: Environment) -> frozenset[str]:
        """The variables that the value depends on, also through what its parameters stand for."""
        found = self.home.reads(node)
        for parameter in free_parameters(node):
            match environment.get(parameter):
                case Lazy(node=meant, environment=inner) | Operator(body=meant, environment=inner):
                    found |= self.reads(meant, inner)
        return found

    def simple(self, node: Any, environment: Environment) -> str | None:
        """Code where naming the value costs nothing, so that no local is needed; else None."""
        match node:
            case Literal():
                return self.home.folded(node)
            case Ref(to=Parameter() as parameter, arguments=()):
                meant = environment.get(parameter)
                if isinstance(meant, Local):
                    return meant.code
                if isinstance(meant, Lazy):
                    return self.simple(meant.node, meant.environment)
                return None
            case Ref(to=Variable(name=name)) if not self.primed and not self.initial:
                return self.variable(name, node.span)
            case Ref(to=Constant()):
                return self.home.folded(node)
        return None

    def is_number(self, node: Any, environment: Environment) -> bool:
        """Whether the value is surely an integer (where it exists)."""
        if isinstance(node, Expr) and (constant := self.home.folded(node)) is not None:
            return class_of(constant) == "int"
        match node:
            case Ref(to=Native(name=name) as native) if self.home.binding.meaning(native) is native:
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
            case Let(definitions=definitions, body=body):
                own = not isinstance(body, Ref) or body.to in definitions
                return own or self.may_be_lazy(body, environment)
            case Ref(to=Native(lazy=lazy)):
                return lazy
            case Ref(to=Parameter() as parameter, arguments=()):
                meant = environment.get(parameter)
                return isinstance(meant, Lazy) and self.may_be_lazy(meant.node, meant.environment)
            case Ref(to=Parameter()):
                return True
            case Ref(to=Constant() | Definition()):
                value = self.home.constant_value(node) if not node.arguments else None
                if value is not None:
                    return isinstance(value, LazySet | LazyFunction)
                return self.operator_may_be_lazy(node, environment)
        return False

    def operator_may_be_lazy(self, node: Ref, environment: Environment) -> bool:
        to = self.home.binding.meaning(node.to)
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

    def value(self, node: Expr, environment: Environment) -> str:
        """A Python expression for the value; what it needs is put in lines before."""
        constant = self.home.folded(node)
        if constant is not None:
            return constant
        if isinstance(node, _LOGICAL) or (isinstance(node, Builtin) and node.operator in PREDICATES):
            return f"(TRUE if {self.formulas.truth(node, environment)} else FALSE)"
        return getattr(self, "_" + type(node).__name__)(node, environment)  # type: ignore[no-any-return]

    def _Ref(self, node: Ref, environment: Environment) -> str:
        to = self.home.binding.meaning(node.to)
        match to:
            case Variable(name=name):
                return self.variable(name, node.span)
            case Constant(name=name):
                if name not in self.home.binding.constants:
                    return self.refusal(f"the constant `{name}` is given no value by the configuration")
                return self.home.constant(self.home.binding.constants[name])
            case Native():
                return self.native(to, node.arguments, environment)
        if to in environment:
            if isinstance(to, Definition) and (to.recursive or to.recursive_function):
                self.refuse_moved(to, environment[to], node)
            return self.applied(environment[to], node, environment)
        assert isinstance(to, Definition), (to, node.span)
        return self.called(to, node, environment)

    def refuse_moved(self, to: Definition, meant: Any, node: Ref) -> None:
        """A recursive LET definition is made a Python function once, so it cannot be primed or not."""
        varies = self.home.reads(to.body) or free_parameters(to.body) - {*to.parameters}
        if varies and (meant.primed, meant.current) != (self.primed, self.current):
            raise TlaError(
                f"`{to.name}` is recursive and is used in another state than the one it was defined in, "
                "which is not supported", node.span
            )  # fmt: skip

    def depends_on(self, node: Any, environment: Environment, things: tuple[Any, ...]) -> bool:
        """Whether the value depends on a parameter that stands for one of these things."""
        for parameter in free_parameters(node):
            match environment.get(parameter):
                case Lazy(node=meant, environment=inner) | Operator(body=meant, environment=inner):
                    if self.depends_on(meant, inner, things):
                        return True
                case meant if any(meant is thing for thing in things):
                    return True
        return False

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
        function = self.home.operator(to)
        state = self.state(self.home.reads(to.body), node.span)
        given = [self.given(argument, environment) for argument in node.arguments]
        return f"{function}({', '.join([state, *given])})"

    def state(self, reads: frozenset[str], span: Any) -> str:
        """The state that a function of the module reads these variables from."""
        if not reads:
            return "None"
        if self.step or not (self.primed or self.initial):
            return "t" if self.primed else self.current
        values = [self.variable(name, span) if name in reads else "None" for name in self.home.place]
        return self.code.atom(f"({', '.join(values)},)")

    def inlined(self, to: Definition) -> bool:
        if to.recursive or to.recursive_function:
            return False
        if any(parameter.arity for parameter in to.parameters) or self.home.level(to.body) >= ACTION_LEVEL:
            return True
        nodes = all_nodes(to.body)
        enumerates = self.home.memoise and any(isinstance(n, SetFilter | SetMap | Choose) for n in nodes)
        if enumerates and self.home.reads(to.body):
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
                to = self.home.binding.meaning(to)
                return environment.get(to, to)
            case Ref(to=Parameter() as parameter, arguments=()) if parameter in environment:
                return environment[parameter]
        return self.lazy(argument, environment)

    def given(self, argument: Expr | OperatorArgument, environment: Environment) -> str:
        """An argument of a Python function: a value, or a Python function where it is an operator."""
        if isinstance(argument, Lambda | OperatorName):
            arity = len(argument.parameters) if isinstance(argument, Lambda) else _arity(argument.to)
            return self.callee(self.argument(argument, environment), arity, argument, environment)
        return self.stored(argument, environment)

    def native_argument(self, argument: Expr | OperatorArgument, environment: Environment) -> str:
        """The same for an operator of the libraries, which takes a LazySet as well."""
        if isinstance(argument, Lambda | OperatorName):
            return self.given(argument, environment)
        return self.value(argument, environment)

    def callee(self, operator: Any, arity: int, node: OperatorArgument, environment: Environment) -> str:
        """A local Python function for an operator."""
        if isinstance(operator, Callee):
            return operator.code
        blanks = tuple(Parameter(node.span, f"a{place}") for place in range(arity))
        references = tuple(Ref(node.span, blank) for blank in blanks)
        inner = dict(environment)
        name = self.code.name("f")
        names = self.arguments(blanks, inner)
        with self.code.closure(f"def {name}({', '.join(names)}):"):
            if isinstance(operator, Operator):
                body_environment = {**operator.environment, **{
                    parameter: inner[blank]
                    for parameter, blank in zip(operator.parameters, blanks, strict=True)
                }}  # fmt: skip
                self.code.line(f"return {self.stored(operator.body, body_environment)}")
            else:
                self.code.line(f"return {self.value(Ref(node.span, operator, references), inner)}")
        return name

    def native(
        self, to: Native, arguments: tuple[Expr | OperatorArgument, ...], environment: Environment
    ) -> str:
        """An operator of a standard module: the cheap ones inline, where the kinds are sure enough."""
        if to.predicate:
            return f"(TRUE if {self.native_truth(to, arguments, environment)} else FALSE)"
        if to.module == "FiniteSetsExt" and to.name in ("Max", "Min"):
            (numbers,) = arguments
            if isinstance(numbers, SetOf) and len(numbers.items) == 2:
                first, second = (self.value(item, environment) for item in numbers.items)
                return f"{'greater_of' if to.name == 'Max' else 'lesser_of'}({first}, {second})"
        given = [self.native_argument(a, environment) for a in arguments]
        implementation = self.home.implementation(to.function)
        if not to.pure:
            return self.called_here(implementation, given)
        if to.name in ("+", "-", "*"):
            return self.arithmetic(to, given, arguments, environment)
        match to.name, arguments:
            case "Len", _:
                sequence = self.code.named(given[0])
                return f"(len({sequence}) if {sequence}.__class__ is tuple else {implementation}({sequence}))"
            case ("(+)" | "(-)", (_, Ref(to=Native(name="SetToBag"), arguments=(SetOf(items=(single,)),)))):
                # One copy more or less is what bags are mostly used for.
                one = {"(+)": "bag_with", "(-)": "bag_without"}[to.name]
                return f"{one}({given[0]}, {self.stored(single, environment)})"
        return f"{implementation}({', '.join(given)})"

    def native_truth(
        self, to: Native, arguments: tuple[Expr | OperatorArgument, ...], environment: Environment
    ) -> str:
        given = [self.native_argument(a, environment) for a in arguments]
        if not to.pure:
            return self.called_here(self.home.implementation(to.function), given)
        if to.name in ("<", "<=", ">", ">="):
            return self.arithmetic(to, given, arguments, environment)
        return f"{self.home.implementation(to.function)}({', '.join(given)})"

    def called_here(self, implementation: str, given: list[str]) -> str:
        """A call that is made once for each time that control comes here, and not moved."""
        name = self.code.name()
        self.code.line(f"{name} = {implementation}({', '.join(given)})")
        return name

    def arithmetic(
        self,
        to: Native,
        given: list[str],
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
    ) -> str:
        """Python's operator where it cannot mean anything else; it refuses a number and a non-number."""
        # Python multiplies texts and sequences by numbers too.
        enough = all if to.name == "*" else any
        if enough(self.is_number(argument, environment) for argument in arguments):
            return f"({given[0]} {to.name} {given[1]})"
        left, right = (self.code.atom(code) for code in given)
        return (
            f"({left} {to.name} {right} if {class_of(left)} is int and {class_of(right)} is int"
            f" else {self.home.implementation(to.function)}({left}, {right}))"
        )

    def _Let(self, node: Let, environment: Environment) -> str:
        return self.value(node.body, self.with_definitions(node, environment))

    def with_definitions(self, node: Let, environment: Environment) -> Environment:
        inner = dict(environment)
        # What is declared RECURSIVE may be used before it is defined.
        recursive = {
            d: Callee(self.code.name("f"), self.primed, self.current) for d in node.definitions if d.recursive
        }
        inner.update(recursive)
        for definition in node.definitions:
            if definition.recursive_function:
                body = definition.body
                assert isinstance(body, FunctionOf)
                made = self.lazy_function(definition, body, inner)
                inner[definition] = Local(made, primed=self.primed, current=self.current, home=inner)
            elif definition.recursive:
                local = dict(inner)
                names = self.arguments(definition.parameters, local)
                with self.code.closure(f"def {recursive[definition].code}({', '.join(names)}):"):
                    self.code.line(f"return {self.stored(definition.body, local)}")
            elif definition.arity:
                inner[definition] = Operator(definition.parameters, definition.body, inner)
            else:
                inner[definition] = self.lazy(definition.body, inner)
        return inner

    def lazy_function(self, definition: Definition, body: FunctionOf, environment: Environment) -> str:
        """A local with the LazyFunction of f[x \\in S] == e, which may refer to itself."""
        name = self.code.name("f")
        inner = {**environment, definition: Local(name, primed=self.primed, current=self.current)}
        arguments, rule = self.domain_and_rule(body, environment, inner)
        self.code.line(f"{name} = LazyFunction({arguments}, {rule})")
        if self.code.repeats:  # only now does the rule see the function itself
            self.code.line(f"{name}.body = frozen({rule})")
        return name

    def settled(self, function: str) -> str:
        """A local Python function as what a value may keep: it sees its surroundings as they are now."""
        return f"frozen({function})" if self.code.repeats else function

    def mapped(self, node: FunctionOf, environment: Environment) -> str:
        """[x \\in S |-> e] where perhaps S cannot be enumerated."""
        arguments, rule = self.domain_and_rule(node, environment, dict(environment))
        return self.code.atom(f"mapped({arguments}, {self.settled(rule)})")

    def domain_and_rule(
        self, node: FunctionOf, environment: Environment, inner: Environment
    ) -> tuple[str, str]:
        """Code for the domain of a function, and for a Python function that gives its values."""
        rule, argument = self.code.name("f"), self.code.name("p")
        domains = [code for code, _ in self.domains(node.bounds, environment)]
        arguments = domains[0] if len(domains) == 1 else f"Product(({', '.join(domains)},))"
        with self.code.closure(f"def {rule}({argument}):"):
            self.match_arguments(node.bounds, argument, inner)
            self.code.line(f"return {self.stored(node.body, inner)}")
        return arguments, rule

    def domains(self, bounds: tuple[Bound, ...], environment: Environment) -> list[tuple[str, Bound]]:
        """The code of the set of each thing that is bound."""
        found = []
        for bound in bounds:
            code = self.code.atom(self.value(bound.domain, environment))
            found += [(code, bound)] * (1 if bound.pattern else len(bound.parameters))
        return found

    def match_arguments(
        self, bounds: tuple[Bound, ...], argument: str, inner: Environment, together: bool = False
    ) -> None:
        """Binds the parts of an argument; unless `together`, what is bound alone is the whole argument."""
        groups = [g for b in bounds for g in ([b.parameters] if b.pattern else [(p,) for p in b.parameters])]
        patterns = [b.pattern for b in bounds for _ in ([0] if b.pattern else b.parameters)]
        together = together or len(groups) > 1
        if not together and not patterns[0]:
            inner[groups[0][0]] = Local(argument)
            return
        parts = [argument]
        if together:
            parts = [self.code.name("p") for _ in groups]
            self.code.line(f"({', '.join(parts)},) = {argument}")
        for group, pattern, part in zip(groups, patterns, parts, strict=True):
            if pattern:
                self.unpack(group, part, inner)
            else:
                inner[group[0]] = Local(part)

    def unpack(self, parameters: tuple[Parameter, ...], code: str, inner: Environment) -> None:
        names = [self.code.name("p") for _ in parameters]
        self.code.line(f"({', '.join(names)},) = as_tuple({code}, {len(names)})")
        for parameter, name in zip(parameters, names, strict=True):
            inner[parameter] = Local(name)

    def _If(self, node: If, environment: Environment) -> str:
        condition = self.formulas.truth(node.condition, environment)
        return self.code.choice(
            condition,
            lambda: self.value(node.then, environment),
            lambda: self.value(node.otherwise, environment),
        )

    def _Case(self, node: Case, environment: Environment) -> str:
        return self.arms(node, 0, lambda part: self.value(part, environment), environment)

    def arms(self, node: Case, at: int, make: Callable[[Expr], str], environment: Environment) -> str:
        if at == len(node.arms):
            return make(node.other) if node.other is not None else "no_case()"
        guard, value = node.arms[at]
        return self.code.choice(
            self.formulas.truth(guard, environment),
            lambda: make(value),
            lambda: self.arms(node, at + 1, make, environment),
        )

    def _Choose(self, node: Choose, environment: Environment) -> str:
        name = self.code.name("p")
        members = self.members(node.bound.domain, environment, in_order=True)
        inner = dict(environment)
        with self.code.block(f"for {name} in {members}:", loop=True):
            self.bind(node.bound, name, inner)
            with self.code.block(f"if {self.formulas.truth(node.body, inner)}:"):
                self.code.line("break")
        with self.code.block("else:"):
            self.code.line("no_choice()")
        return name

    def bind(self, bound: Bound, name: str, inner: Environment) -> None:
        """What a bound with one element at a time (a pattern or a single name) means for that element."""
        if bound.pattern:
            self.unpack(bound.parameters, name, inner)
        else:
            inner[bound.parameters[0]] = Local(name, self.counts(bound.domain))

    def counts(self, node: Expr) -> bool:
        """Whether it is low..high, the elements of which are integers."""
        return isinstance(node, Ref) and self.home.binding.meaning(node.to) is INTERVAL

    @contextmanager
    def looping(
        self, bounds: tuple[Bound, ...], environment: Environment, in_order: bool = False
    ) -> Iterator[tuple[Environment, list[str]]]:
        """Nested loops over all bounds; inside, the environment and the names of the elements."""
        # The sets do not depend on what the other bounds bind, so they are evaluated once, before.
        several = len(bounds) > 1 or len(bounds[0].parameters) > 1
        sets = [self.members(bound.domain, environment, in_order) for bound in bounds]
        if several:
            sets = [self.code.atom(code) for code in sets]
        with self.loops_over(sets, bounds, environment) as (inner, names):
            yield inner, names

    @contextmanager
    def loops_over(
        self, sets: list[str], bounds: tuple[Bound, ...], environment: Environment
    ) -> Iterator[tuple[Environment, list[str]]]:
        """Nested loops over the sets of all bounds, the code of which is given."""
        inner = dict(environment)
        names: list[str] = []
        with ExitStack() as loops:
            for bound, code in zip(bounds, sets, strict=True):
                for parameter in [None] if bound.pattern else bound.parameters:
                    name = self.code.name("p")
                    names.append(name)
                    loops.enter_context(self.code.block(f"for {name} in {code}:", loop=True))
                    if parameter is None:
                        self.unpack(bound.parameters, name, inner)
                    else:
                        inner[parameter] = Local(name, self.counts(bound.domain))
            yield inner, names

    def members(self, node: Expr, environment: Environment, in_order: bool = False) -> str:
        """Code to iterate over the elements of a set, each once; in_order: in the order of all values."""
        constant = self.home.constant_value(node)
        if constant is not None and isinstance(constant, frozenset):
            return self.home.constant(values.ordered(constant))
        if isinstance(constant, LazySet) and values.is_finite(constant):
            return f"{self.home.keep(Enumeration(constant), 'E')}.elements()"
        if isinstance(node, Ref) and self.counts(node):
            low, high = (self.given(a, environment) for a in node.arguments)
            return f"range({low}, {high} + 1)"
        if in_order and isinstance(node, Builtin) and node.operator == "DOMAIN":
            # The order in which a domain came about is as good as the order of all values, and free.
            return f"arguments({self.value(node.arguments[0], environment)})"
        code = self.value(node, environment)
        if in_order:
            return f"ordered({code})"
        name = self.code.named(code)
        return f"({name} if {name}.__class__ is frozenset else elements({name}))"

    def _SetOf(self, node: SetOf, environment: Environment) -> str:
        items = [self.code.atom(self.stored(item, environment)) for item in node.items]
        found = f"frozenset(({', '.join(items)},))"
        kinds = {class_of(item) for item in items}
        return found if len(items) == 1 or kinds in ({"int"}, {"str"}) else f"alike({found})"

    def may_be_infinite(self, node: Any, environment: Environment) -> bool:
        """Whether the value may be a set that cannot be enumerated, by the looks of it."""
        match node:
            case (
                Builtin(operator="SUBSET" | "\\", arguments=(base, *_)) | SetFilter(bound=Bound(domain=base))
            ):
                return self.may_be_infinite(base, environment)
            case Builtin(operator="STRING"):
                return True
            case Builtin(operator="\\cup" | "\\cap", arguments=parts) | Product(factors=parts):
                return any(self.may_be_infinite(part, environment) for part in parts)
            case FunctionsOf(arguments=arguments, results=results):
                return self.may_be_infinite(arguments, environment) or self.may_be_infinite(
                    results, environment
                )
            case RecordsOf(fields=fields):
                return any(self.may_be_infinite(part, environment) for _, part in fields)
            case Ref(to=to):
                value = self.home.constant_value(node)
                if value is not None:
                    return isinstance(value, LazySet) and not values.is_finite(value)
                to = self.home.binding.meaning(to)
                match environment.get(to, to):
                    case Lazy(node=meant, environment=inner) | Operator(body=meant, environment=inner):
                        return self.may_be_infinite(meant, inner)
                    case Native(lazy=lazy):
                        return lazy
        return False

    def _SetFilter(self, node: SetFilter, environment: Environment) -> str:
        if self.may_be_infinite(node.bound.domain, environment):
            domain = self.code.atom(self.value(node.bound.domain, environment))
            test, element = self.code.name("f"), self.code.name("p")
            with self.code.closure(f"def {test}({element}):"):
                inner = dict(environment)
                self.bind(node.bound, element, inner)
                self.code.line(f"return {self.formulas.truth(node.body, inner)}")
            return f"filtered({domain}, {self.settled(test)})"
        found = self.code.name()
        self.code.line(f"{found} = []")
        with self.looping((node.bound,), environment) as (inner, (name, *_)):
            condition = self.formulas.truth(node.body, inner)
            self.code.line(f"if {condition}: {found}.append({name})")
        return f"frozenset({found})"

    def _SetMap(self, node: SetMap, environment: Environment) -> str:
        found = self.code.name()
        self.code.line(f"{found} = []")
        with self.looping(node.bounds, environment) as (inner, _):
            self.code.line(f"{found}.append({self.stored(node.body, inner)})")
            plain = isinstance(node.body, RecordOf | Tuple) or self.is_number(node.body, inner)
        return f"frozenset({found})" if plain else f"alike(frozenset({found}))"

    def _Tuple(self, node: Tuple, environment: Environment) -> str:
        return f"({', '.join(self.stored(item, environment) for item in node.items)},)"

    def _Product(self, node: Product, environment: Environment) -> str:
        return f"Product(({', '.join(self.value(factor, environment) for factor in node.factors)},))"

    def _FunctionOf(self, node: FunctionOf, environment: Environment) -> str:
        if any(self.may_be_infinite(bound.domain, environment) for bound in node.bounds):
            return self.mapped(node, environment)
        found = self.code.name()
        constant = self.home.constant_value(node.bounds[0].domain) if single(node.bounds) else None
        if isinstance(constant, frozenset) and constant and not _is_sequence_domain(constant):
            home = values.domain_of_set(constant)
            keys = self.home.constant(home.keys)
            name = self.code.name("p")
            self.code.line(f"{found} = []")
            inner = dict(environment)
            with self.code.block(f"for {name} in {keys}:", loop=True):
                self.bind(node.bounds[0], name, inner)
                self.code.line(f"{found}.append({self.stored(node.body, inner)})")
            return f"{self.home.keep(home, 'D')}.make(tuple({found}))"
        self.code.line(f"{found} = {{}}")
        with self.looping(node.bounds, environment) as (inner, names):
            key = names[0] if len(names) == 1 else f"({', '.join(names)})"
            self.code.line(f"{found}[{key}] = {self.stored(node.body, inner)}")
        return f"function({found})"

    def _FunctionsOf(self, node: FunctionsOf, environment: Environment) -> str:
        arguments = self.value(node.arguments, environment)
        return f"FunctionSet(finite({arguments}), {self.value(node.results, environment)})"

    def _RecordOf(self, node: RecordOf, environment: Environment) -> str:
        fields = dict(node.fields)
        home = values.domain_of_set(frozenset(fields))
        parts = [self.stored(fields[key], environment) for key in home.keys]
        known = self.home.keep(home.functions.get, "D")
        new = self.home.keep(home.new, "D")
        name = self.code.name()
        return f"({known}({name} := ({', '.join(parts)},)) or {new}({name}))"

    def _RecordsOf(self, node: RecordsOf, environment: Environment) -> str:
        fields = ", ".join(f"{name!r}: {self.value(part, environment)}" for name, part in node.fields)
        return f"RecordSet({{{fields}}})"

    def _Apply(self, node: Apply, environment: Environment) -> str:
        if isinstance(node.function, FunctionOf) and single(node.function.bounds):
            return self.applied_once(node.function, node.argument, environment)
        function = self.code.named(self.value(node.function, environment))
        argument = self.code.atom(self.stored(node.argument, environment))
        if self.is_number(node.argument, environment):
            return self.code.atom(
                f"({function}[{argument} - 1] if {function}.__class__ is tuple"
                f" and 0 < {argument} <= len({function}) else apply({function}, {argument}))"
            )
        return self.code.atom(
            f"({function}.values[{function}.domain.index[{argument}]] if {function}.__class__ is Function"
            f" else apply({function}, {argument}))"
        )

    def applied_once(self, node: FunctionOf, argument: Expr, environment: Environment) -> str:
        r"""[x \in S |-> e][argument]: no other value of the function is looked at."""
        (bound,) = node.bounds
        name = self.code.atom(self.stored(argument, environment))
        inner = dict(environment)
        atom = Parameter(argument.span, "argument")
        found = self.formulas.membership(Ref(argument.span, atom), bound.domain, {**inner, atom: Local(name)})

        def value() -> str:
            self.bind(bound, name, inner)
            return self.value(node.body, inner)

        return self.code.choice(found, value, lambda: self.refusal("what is applied has no such argument"))

    def _Field(self, node: Field, environment: Environment) -> str:
        record = self.code.named(self.value(node.record, environment))
        return self.code.atom(
            f"({record}.values[{record}.domain.index[{node.name!r}]] if {record}.__class__ is Function"
            f" else field({record}, {node.name!r}))"
        )

    def _Except(self, node: Except, environment: Environment) -> str:
        result = self.value(node.function, environment)
        for update in node.updates:
            functions = [self.code.atom(result)]
            path = [self.code.atom(self.stored(step, environment)) for step in update.path]
            for step in path[:-1]:
                functions.append(self.code.atom(f"found({functions[-1]}, {step})"))
            at = self.code.atom(f"found({functions[-1]}, {path[-1]})")
            updated = partial(self.updated, update, functions, path, {**environment, update.at: Local(at)})
            result = self.code.choice(f"{at} is not None", updated, partial(str, functions[0]))
        return result

    def updated(self, update: Update, functions: list[str], path: list[str], inner: Environment) -> str:
        """The outermost of the nested functions, with the new value in the innermost."""
        result = self.stored(update.value, inner)
        for f, step in zip(reversed(functions), reversed(path), strict=True):
            result = f"replaced({f}, {step}, {result})"
        return result

    def _Builtin(self, node: Builtin, environment: Environment) -> str:
        given = [self.value(a, environment) for a in node.arguments]
        match node.operator:
            case "DOMAIN":
                f = self.code.named(given[0])
                return f"({f}.domain.set if {f}.__class__ is Function else domain({f}))"
            case "\\cup" if any(
                isinstance(a, SetOf | SetMap | SetFilter) for a in node.arguments
            ) and not any(self.may_be_lazy(a, environment) for a in node.arguments):
                return f"joined({given[0]}, {given[1]})"
        return f"{self.home.implementation(BUILTINS[node.operator])}({', '.join(given)})"

    def _Prime(self, node: Prime, environment: Environment) -> str:
        with self.priming(node):
            return self.value(node.body, environment)

    @contextmanager
    def priming(self, node: Prime) -> Iterator[None]:
        if self.primed:
            raise TlaError("what is primed here stands under a prime already", node.span)
        self.primed = True
        yield
        self.primed = False

    def _NoValue(self, node: NoValue, environment: Environment) -> str:
        return self.refusal(f"{node.what} cannot be evaluated")

    def _Temporal(self, node: Temporal, environment: Environment) -> str:
        return self.refusal(f"the temporal operator `{node.operator}` cannot be evaluated in a state")

    # --- actions in formulas ----------------------------------------------------------------------------

    def enabled(self, node: Enabled, environment: Environment) -> str:
        """ENABLED A: whether A can be satisfied in some way, also one that leaves variables open."""
        run = self.code.name("f")
        with self.from_here(node.body, environment), self.code.closure(f"def {run}(emit):"):
            self.home.actions(self).action(node.body, environment, lambda: self.code.line("emit(None)"))
        return f"can_emit({run})"

    def composed(self, node: Compose, environment: Environment) -> str:
        """A \\cdot B on a step: B holds from one of the states that A leads to."""
        between = self.between(node, environment)
        result, state = self.code.name(), self.code.name("s")
        self.code.line(f"{result} = False")
        with self.code.block(f"for {state} in {between}:", loop=True), self.at(state):
            code = self.formulas.truth(node.second, environment)
            with self.code.block(f"if {code}:"):
                self.code.line(f"{result} = True")
                self.code.line("break")
        return result

    def between(self, node: Compose, environment: Environment) -> str:
        """A local with the states that the first part of A \\cdot B leads to."""
        run, found = self.code.name("f"), self.code.name()
        with self.from_here(node, environment), self.code.closure(f"def {run}(emit):"):
            first = self.home.actions(self)
            first.action(node.first, environment, first.emit)
        self.code.line(f"{found} = []")
        self.code.line(f"{run}({found}.append)")
        return found


def all_nodes(node: Any) -> list[Any]:
    found = [node]
    if isinstance(node, Let):
        for definition in node.definitions:
            found += all_nodes(definition.body)
    for child in children(node):
        found += all_nodes(child)
    return found


def single(bounds: tuple[Bound, ...]) -> bool:
    return len(bounds) == 1 and (bounds[0].pattern or len(bounds[0].parameters) == 1)


def _is_sequence_domain(members: frozenset[Value]) -> bool:
    return members == frozenset(range(1, len(members) + 1))


def _arity(declaration: Declaration) -> int:
    return 0 if isinstance(declaration, Variable) else declaration.arity


_LOGICAL = And | Or | Quantifier | Unchanged | Enabled | Compose | BoxAction | AngleAction
PREDICATES = frozenset(["=", "#", "=>", "<=>", "~", "\\in", "\\notin", "\\subseteq"])
_NUMERIC = frozenset(
    ["+", "-", "*", "^", "\\div", "%", "-.", "Len", "Cardinality", "CopiesIn", "BagCardinality"]
)
