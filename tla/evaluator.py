"""Evaluates an expression of the tree directly: slow, obvious, and with the place of every error.

The compiler is the fast way; this one folds constants before compilation, finds the place of an error that
compiled code ran into, and lets the explanation (explanation.py) look at every part of a formula.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .environment import EMPTY, Binding, Closure, Environment, Thunk
from .errors import Span, TlaError
from .library import BUILTINS
from .syntax import (
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
    Tuple,
    Unchanged,
    Update,
    Variable,
)
from .values import (
    BOOLEAN,
    STRING,
    Filtered,
    FunctionSet,
    LazyFunction,
    LazySet,
    RecordSet,
    Value,
    alike,
    apply,
    boolean,
    contains,
    elements,
    equal,
    finite,
    found,
    function,
    is_finite,
    ordered,
    replaced,
    shown,
    strict,
    truth,
)
from .values import Product as ProductSet
from .values import field as field_of
from .walk import Walk


class Evaluator:
    """Evaluates in one state, and where an action is looked at, with the primed variables known so far."""

    def __init__(
        self,
        binding: Binding,
        state: Mapping[str, Value] | None = None,
        primed: Mapping[str, Value] | None = None,
    ) -> None:
        self.binding = binding
        self.state = state or {}
        self.primed = primed or {}
        self._functions: dict[Definition, LazyFunction] = {}
        self.under_prime = False
        self._after: Evaluator | None = None

    @property
    def after(self) -> Evaluator:
        """What evaluates under a prime."""
        if self._after is None:
            self._after = Evaluator(self.binding, self.primed)
            self._after.under_prime = True
        return self._after

    def value(self, node: Expr, environment: Environment = EMPTY) -> Value:
        """The value of the expression; TlaError says where and why there is none."""
        try:
            return getattr(self, "_" + type(node).__name__)(node, environment)
        except TlaError as error:
            if error.span is None:
                raise TlaError(error.message, node.span) from None
            raise
        except RecursionError:
            depth = f"{sys.getrecursionlimit():,} calls of Python"
            raise TlaError(f"the recursion does not end within {depth}", node.span) from None

    def truth(self, node: Expr, environment: Environment = EMPTY) -> bool:
        found = self.value(node, environment)
        try:
            return truth(found)
        except TlaError as error:
            raise TlaError(error.message, node.span) from None

    # --- names ----------------------------------------------------------------------------------------

    def _Literal(self, node: Literal, environment: Environment) -> Value:
        return boolean(node.value) if isinstance(node.value, bool) else node.value

    def _Ref(self, node: Ref, environment: Environment) -> Value:
        return self.reference(node.to, node.arguments, environment, node.span)

    def reference(
        self,
        to: Declaration,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
        span: Span,
    ) -> Value:
        to = self.binding.meaning(to)
        match to:
            case Variable(name=name):
                if name not in self.state:
                    what = f"`{name}'`" if self.under_prime else f"the variable `{name}`"
                    raise TlaError(f"{what} is read before it has a value", span)
                return self.state[name]
            case Constant(name=name):
                if name not in self.binding.constants:
                    raise TlaError(f"the constant `{name}` is given no value by the configuration", span)
                return self.binding.constants[name]
            case Native():
                given = [self.native_argument(a, environment) for a in arguments]
                result = to.function(*given)
                return boolean(result) if to.predicate else result
            case Parameter():
                return self.parameter(to, arguments, environment, span)
            case Definition() if to in environment:  # a LET operator
                meant = environment[to]
                if isinstance(meant, Thunk):
                    return meant.value(self)
                if isinstance(meant, Closure):
                    return self.call(meant.parameters, meant.body, meant.environment, arguments, environment)
                return meant
            case Definition(parameters=()) if self.binding.is_fixed(to):
                if to not in self.binding.known:
                    self.binding.known[to] = self.definition(to)
                return self.binding.known[to]
            case Definition(parameters=()):
                return self.definition(to)
            case Definition():
                return self.call(to.parameters, to.body, EMPTY, arguments, environment)

    def definition(self, to: Definition) -> Value:
        """A definition of a module, without parameters."""
        return self.recursive_function(to, EMPTY) if to.recursive_function else self.value(to.body)

    def parameter(
        self,
        to: Parameter,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
        span: Span,
    ) -> Value:
        assert to in environment, (to, span)
        meant = environment[to]
        if isinstance(meant, Thunk):
            return meant.value(self)
        if isinstance(meant, Closure):
            return self.call(meant.parameters, meant.body, meant.environment, arguments, environment)
        if isinstance(meant, Definition | Native | Constant):
            return self.reference(meant, arguments, environment, span)
        return meant

    def call(
        self,
        parameters: tuple[Parameter, ...],
        body: Expr,
        home: Environment,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
    ) -> Value:
        return self.value(body, self.entered(parameters, home, arguments, environment))

    def entered(
        self,
        parameters: tuple[Parameter, ...],
        home: Environment,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
    ) -> Environment:
        """The environment of an operator's body: its parameters stand for the arguments."""
        if not parameters:
            return home
        bound = {
            parameter: self.argument(argument, environment)
            for parameter, argument in zip(parameters, arguments, strict=True)
        }
        return {**home, **bound}

    def argument(self, argument: Expr | OperatorArgument, environment: Environment) -> Any:
        match argument:
            case Lambda(parameters=parameters, body=body):
                return Closure(parameters, body, environment)
            case OperatorName(to=to):
                to = self.binding.meaning(to)
                return environment.get(to, to)
            case Literal(value=value) if not isinstance(value, bool):
                return value
        return Thunk(argument, environment)

    def native_argument(self, argument: Expr | OperatorArgument, environment: Environment) -> Any:
        """A value, or a callable from values to a value where the argument is an operator."""
        if not isinstance(argument, Lambda | OperatorName):
            return self.value(argument, environment)
        return self.callable(self.argument(argument, environment), argument.span)

    def callable(self, operator: Any, span: Span) -> Callable[..., Value]:
        def call(*values: Value) -> Value:
            match operator:
                case Closure(parameters, body, home):
                    return self.value(body, {**home, **dict(zip(parameters, values, strict=True))})
                case Definition(parameters=parameters, body=body):
                    return self.value(body, dict(zip(parameters, values, strict=True)))
                case Native():
                    result = operator.function(*values)
                    return boolean(result) if operator.predicate else result
            raise TlaError("expected an operator", span)

        return call

    def recursive_function(self, definition: Definition, home: Environment) -> Value:
        if definition not in self._functions or home:
            body = definition.body
            assert isinstance(body, FunctionOf)
            environment: dict[Any, Any] = dict(home)

            def result(argument: Value) -> Value:
                inner = {**environment, **_bind_arguments(body.bounds, argument)}
                return strict(self.value(body.body, inner))

            made = LazyFunction(self.arguments_of(body.bounds, home), result)
            environment[definition] = made
            if home:
                return made
            self._functions[definition] = made
        return self._functions[definition]

    def _Let(self, node: Let, environment: Environment) -> Value:
        return self.value(node.body, self.with_definitions(node, environment))

    def with_definitions(self, node: Let, environment: Environment) -> Environment:
        inner: dict[Any, Any] = dict(environment)
        for definition in node.definitions:
            if definition.recursive_function:
                inner[definition] = Thunk(definition.body, inner, of=definition)
            elif definition.arity or definition.recursive:
                inner[definition] = Closure(definition.parameters, definition.body, inner)
            else:
                inner[definition] = Thunk(definition.body, inner)
        return inner

    # --- logic ----------------------------------------------------------------------------------------

    def _And(self, node: And, environment: Environment) -> Value:
        return boolean(all(self.truth(item, environment) for item in node.items))

    def _Or(self, node: Or, environment: Environment) -> Value:
        return boolean(any(self.truth(item, environment) for item in node.items))

    def _If(self, node: If, environment: Environment) -> Value:
        return self.value(
            node.then if self.truth(node.condition, environment) else node.otherwise, environment
        )

    def _Case(self, node: Case, environment: Environment) -> Value:
        for guard, value in node.arms:
            if self.truth(guard, environment):
                return self.value(value, environment)
        if node.other is None:
            raise TlaError("no arm of CASE is true, and there is no OTHER", node.span)
        return self.value(node.other, environment)

    def _Quantifier(self, node: Quantifier, environment: Environment) -> Value:
        test = all if node.universal else any
        return boolean(test(self.truth(node.body, inner) for inner in self.each(node.bounds, environment)))

    def _Choose(self, node: Choose, environment: Environment) -> Value:
        for inner, chosen in self.each_with_value(node.bound, environment):
            if self.truth(node.body, inner):
                return chosen
        raise TlaError("CHOOSE finds no such element", node.span)

    def members(self, node: Expr, environment: Environment) -> tuple[Value, ...]:
        """The elements of the set, in the order of all values."""
        found = self.value(node, environment)
        try:
            return ordered(found)
        except TlaError as error:
            raise TlaError(error.message, node.span) from None

    def each(self, bounds: tuple[Bound, ...], environment: Environment) -> Iterator[Environment]:
        """The environments in which the bounds are given their elements, in the order of the elements."""
        names: list[tuple[Parameter, ...]] = []
        choices: list[Iterable[Value]] = []
        for bound in bounds:
            members = self.members(bound.domain, environment)
            for group in [bound.parameters] if bound.pattern else [(p,) for p in bound.parameters]:
                names.append(group)
                choices.append(members)
        patterns = [bound.pattern for bound in bounds for _ in ([0] if bound.pattern else bound.parameters)]
        for chosen in itertools.product(*choices):
            inner: dict[Any, Any] = dict(environment)
            for group, pattern, value in zip(names, patterns, chosen, strict=True):
                inner.update(_matched(group, value) if pattern else {group[0]: value})
            yield inner

    def each_with_value(self, bound: Bound, environment: Environment) -> Iterator[tuple[Environment, Value]]:
        for value in self.members(bound.domain, environment):
            yield _bound(bound, value, environment), value

    # --- built-in operators ---------------------------------------------------------------------------

    def _Builtin(self, node: Builtin, environment: Environment) -> Value:
        match node.operator:
            case "=>":
                left, right = node.arguments
                return boolean(not self.truth(left, environment) or self.truth(right, environment))
            case "<=>":
                left, right = node.arguments
                return boolean(self.truth(left, environment) == self.truth(right, environment))
            case "~":
                return boolean(not self.truth(node.arguments[0], environment))
            case "BOOLEAN":
                return BOOLEAN
            case "STRING":
                return STRING
            case "\\in" | "\\notin":
                element, members = node.arguments
                there = self.is_member(strict(self.value(element, environment)), members, environment)
                return boolean(there == (node.operator == "\\in"))
        result = BUILTINS[node.operator](*(self.value(a, environment) for a in node.arguments))
        return boolean(result) if isinstance(result, bool) else result

    def is_member(self, element: Value, members: Expr, environment: Environment) -> bool:
        r"""element \\in members; no more of the set is looked at than TLC looks at."""
        match members:
            case SetOf(items=items) if items:
                written = [strict(self.value(item, environment)) for item in items]
                return any(equal(element, each) for each in written)
            case SetFilter(bound=bound, body=body):
                domain = self.value(bound.domain, environment)
                if isinstance(domain, LazySet):
                    return contains(domain, element) and self.truth(body, _bound(bound, element, environment))
        return contains(self.value(members, environment), element)

    # --- sets, functions, records ---------------------------------------------------------------------

    def _SetOf(self, node: SetOf, environment: Environment) -> Value:
        return alike(frozenset(strict(self.value(item, environment)) for item in node.items))

    def _SetFilter(self, node: SetFilter, environment: Environment) -> Value:
        domain = self.value(node.bound.domain, environment)
        elements(domain)
        if not is_finite(domain):
            return Filtered(
                domain, lambda value: self.truth(node.body, _bound(node.bound, value, environment))
            )
        return frozenset(
            value
            for value in ordered(domain)
            if self.truth(node.body, _bound(node.bound, value, environment))
        )

    def _SetMap(self, node: SetMap, environment: Environment) -> Value:
        return alike(frozenset(strict(self.value(node.body, i)) for i in self.each(node.bounds, environment)))

    def _Tuple(self, node: Tuple, environment: Environment) -> Value:
        return tuple(strict(self.value(item, environment)) for item in node.items)

    def _Product(self, node: Product, environment: Environment) -> Value:
        return ProductSet(tuple(self.value(factor, environment) for factor in node.factors))

    def _FunctionOf(self, node: FunctionOf, environment: Environment) -> Value:
        def result(argument: Value) -> Value:
            inner = {**environment, **_bind_arguments(node.bounds, argument)}
            return strict(self.value(node.body, inner))

        arguments = self.arguments_of(node.bounds, environment)
        if not is_finite(arguments):
            return LazyFunction(arguments, result)
        return function({argument: result(argument) for argument in ordered(arguments)})

    def arguments_of(self, bounds: tuple[Bound, ...], environment: Environment) -> Value:
        """The domain of a function constructor: a set, or a product where several things are bound."""
        factors = [
            self.value(bound.domain, environment)
            for bound in bounds
            for _ in ([0] if bound.pattern else bound.parameters)
        ]
        for factor in factors:
            elements(factor)
        return factors[0] if len(factors) == 1 else ProductSet(tuple(factors))

    def _FunctionsOf(self, node: FunctionsOf, environment: Environment) -> Value:
        return FunctionSet(
            finite(self.value(node.arguments, environment)), self.value(node.results, environment)
        )

    def _RecordOf(self, node: RecordOf, environment: Environment) -> Value:
        return function({name: strict(self.value(value, environment)) for name, value in node.fields})

    def _RecordsOf(self, node: RecordsOf, environment: Environment) -> Value:
        return RecordSet({name: self.value(value, environment) for name, value in node.fields})

    def _Apply(self, node: Apply, environment: Environment) -> Value:
        match node.function:
            case FunctionOf(bounds=(Bound(parameters=names, pattern=pattern),) as bounds, body=body) if (
                pattern or len(names) == 1
            ):  # no other value of the function is looked at
                argument = strict(self.value(node.argument, environment))
                if not contains(self.arguments_of(bounds, environment), argument):
                    raise TlaError(f"{shown(argument)} is not in the domain of what is applied to it")
                return self.value(body, {**environment, **_bind_arguments(bounds, argument)})
        return apply(self.value(node.function, environment), self.value(node.argument, environment))

    def _Field(self, node: Field, environment: Environment) -> Value:
        return field_of(self.value(node.record, environment), node.name)

    def _Except(self, node: Except, environment: Environment) -> Value:
        result = self.value(node.function, environment)
        for update in node.updates:
            path = [self.value(step, environment) for step in update.path]
            result = self.updated(result, path, update, environment)
        return result

    def updated(self, f: Value, path: list[Value], update: Update, environment: Environment) -> Value:
        if not path:
            return strict(self.value(update.value, {**environment, update.at: f}))
        before = found(f, path[0])
        if before is None:
            return f
        return replaced(f, path[0], self.updated(before, path[1:], update, environment))

    # --- actions --------------------------------------------------------------------------------------

    def _Prime(self, node: Prime, environment: Environment) -> Value:
        """e' is e with every variable primed."""
        return self.after.value(node.body, environment)

    def _Unchanged(self, node: Unchanged, environment: Environment) -> Value:
        before = self.value(node.body, environment)
        return boolean(equal(before, self.after.value(node.body, environment)))

    def _AngleAction(self, node: AngleAction, environment: Environment) -> Value:
        return boolean(all(self.truth(part, environment) for part in node.parts))

    def _BoxAction(self, node: BoxAction, environment: Environment) -> Value:
        unchanged = Unchanged(node.subscript.span, node.subscript)
        return boolean(self.truth(unchanged, environment) or self.truth(node.action, environment))

    def within(self, assigned: Mapping[str, Value], initial: bool = False) -> Evaluator:
        """The evaluator where these variables have a value: primed, or in an initial predicate unprimed."""
        return Evaluator(self.binding, assigned) if initial else Evaluator(self.binding, self.state, assigned)

    def at(self, state: Mapping[str, Value]) -> Evaluator:
        """The evaluator in another state, with the same primed variables."""
        return Evaluator(self.binding, state, self.primed)

    def _Enabled(self, node: Enabled, environment: Environment) -> Value:
        walk = Walk(self.within({}), tuple(self.state))
        return boolean(any(True for _ in walk.paths(node.body, environment, {}, 0, ())))

    def _Compose(self, node: Compose, environment: Environment) -> Value:
        walk = Walk(self.within({}), tuple(self.state))
        between = walk.states(node.first, environment)
        return boolean(any(self.at(state).truth(node.second, environment) for state in between))

    def _NoValue(self, node: NoValue, environment: Environment) -> Value:
        raise TlaError(f"{node.what} cannot be evaluated", node.span)

    def _Temporal(self, node: Any, environment: Environment) -> Value:
        raise TlaError(f"the temporal operator `{node.operator}` cannot be evaluated in a state", node.span)


def _matched(parameters: tuple[Parameter, ...], value: Value) -> dict[Parameter, Value]:
    if type(value) is not tuple or len(value) != len(parameters):
        raise TlaError(f"expected a tuple of {len(parameters)}, saw {shown(value)}")
    return dict(zip(parameters, value, strict=True))


def _bound(bound: Bound, value: Value, environment: Environment) -> Environment:
    """The environment in which the bound is given that element."""
    matched = _matched(bound.parameters, value) if bound.pattern else {bound.parameters[0]: value}
    return {**environment, **matched}


def _bind_arguments(bounds: tuple[Bound, ...], argument: Value) -> dict[Parameter, Value]:
    """What [<<a, b>> \\in S, c \\in T |-> ...] binds when it is applied to an argument."""
    groups = [
        group
        for bound in bounds
        for group in ([bound.parameters] if bound.pattern else [(p,) for p in bound.parameters])
    ]
    patterns = [bound.pattern for bound in bounds for _ in ([0] if bound.pattern else bound.parameters)]
    parts = [argument] if len(groups) == 1 else argument
    bound_values: dict[Parameter, Value] = {}
    for group, pattern, part in zip(groups, patterns, parts, strict=True):
        bound_values.update(_matched(group, part) if pattern else {group[0]: part})
    return bound_values
