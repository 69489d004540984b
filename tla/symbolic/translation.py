"""From expressions to symbolic values: the tree, evaluated in a state that is made of symbols.

Operators are looked into, so what comes out is plain first-order logic over sorts. What lies outside of the
fragment is refused with its place; nothing is approximated. Actions are in steps.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Protocol

from ..environment import EMPTY, Closure, Environment, Thunk
from ..errors import Span, TlaError
from ..library import MODULES
from ..syntax import (
    And,
    Apply,
    Bound,
    Builtin,
    Case,
    Constant,
    Declaration,
    Definition,
    Except,
    Expr,
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
    Ref,
    SetFilter,
    SetMap,
    SetOf,
    Tuple,
    Unchanged,
    Update,
    Variable,
)
from . import logic
from .logic import NO, Formula, Sort, Truth
from .values import (
    Choice,
    Functions,
    Items,
    Mapped,
    Members,
    Number,
    Products,
    Sets,
    Shape,
    Sorts,
    Text,
    Value,
    is_formula,
    is_known,
)

State = Mapping[str, Value]
"""What each variable stands for."""


class Signature(Protocol):
    """What a translator needs of a theory (theory.py)."""

    @property
    def sorts(self) -> Sorts: ...

    @property
    def constants(self) -> Mapping[str, Value]: ...

    def enumeration(self, texts: frozenset[str]) -> Sort | None: ...

    def is_impossible(self, formula: Formula) -> bool: ...


class Translator:
    """Evaluates in one state, and where an action is looked at, with the primed variables known so far."""

    def __init__(self, theory: Signature, state: State, primed: State | None = None, mark: str = "") -> None:
        """`mark`: what stands behind the variables of `state` in the text."""
        self.mark = mark
        self.theory = theory
        self.sorts = theory.sorts
        self.state = state
        self.primed = primed
        self._after: Translator | None = None

    @property
    def after(self) -> Translator:
        """What evaluates under a prime."""
        if self._after is None:
            self._after = Translator(self.theory, self.primed or {}, mark="'")
        return self._after

    def formula(self, node: Expr, environment: Environment = EMPTY) -> Formula:
        found = self.value(node, environment)
        if not is_formula(found):
            raise TlaError(f"expected a formula, saw {self.sorts.seen(found)}", node.span)
        return found

    def members(self, node: Expr, environment: Environment) -> Members:
        return self.sorts.as_set(self.value(node, environment), node.span)

    def value(self, node: Expr, environment: Environment = EMPTY) -> Value:
        """What the expression stands for; TlaError for what is outside of the fragment."""
        match node:
            case Literal(value=bool() as truth):
                return Truth(truth)
            case Literal(value=int() as number):
                return Number(number)
            case Literal(value=text):
                return Text(str(text))
            case Ref(to=to, arguments=arguments):
                return self.reference(to, arguments, environment, node.span)
            case And(items=items):
                return logic.conjunction(self.formula(item, environment) for item in items)
            case Or(items=items):
                return logic.disjunction(self.formula(item, environment) for item in items)
            case If(condition=condition, then=then, otherwise=otherwise):
                test = self.formula(condition, environment)
                if isinstance(test, Truth):
                    return self.value(then if test.value else otherwise, environment)
                a, b = self.value(then, environment), self.value(otherwise, environment)
                return self.sorts.either(test, a, b, node.span)
            case Case():
                return self.value(self.as_conditions(node, environment), environment)
            case Let(body=body):
                return self.value(body, self.with_definitions(node, environment))
            case Quantifier(universal=universal, bounds=bounds, body=body):
                return self.quantifier(universal, bounds, body, environment, node.span)
            case Tuple(items=items):
                return Items(tuple(self.value(item, environment) for item in items))
            case Apply(function=function, argument=argument):
                return self.applied(
                    self.value(function, environment), self.value(argument, environment), node
                )
            case Except(function=function, updates=updates):
                result = self.value(function, environment)
                for update in updates:
                    result = self.updated(result, update.path, update, environment)
                return result
            case FunctionOf(bounds=bounds, body=body):
                return self.function(bounds, body, environment, node.span)
            case Prime(body=body):
                return self.after.value(body, environment)
            case Unchanged(body=body):
                before, after = self.value(body, environment), self.after.value(body, environment)
                return self.sorts.equal(before, after, node.span)
            case SetOf() | SetFilter() | SetMap() | Product() | FunctionsOf():
                return self.set(node, environment)
            case Builtin(operator=operator, arguments=arguments):
                return self.builtin(operator, arguments, environment, node.span)
        raise TlaError(f"{_named(node)} is outside of the symbolic fragment", node.span)

    # --- names ----------------------------------------------------------------------------------------

    def reference(
        self,
        to: Declaration,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
        span: Span,
    ) -> Value:
        match to:
            case Variable(name=name):
                if name not in self.state:
                    raise TlaError(f"`{name}{self.mark}` is read before it has a value", span)
                return self.state[name]
            case Constant(name=name):
                if name not in self.theory.constants:
                    raise TlaError(
                        f"the constant operator `{name}` is outside of the symbolic fragment", span
                    )
                return self.theory.constants[name]
            case Native():
                return self.native(to, arguments, environment, span)
            case _ if to in environment:
                meant = environment[to]
                if isinstance(meant, Thunk):
                    return self.of_thunk(meant)
                if isinstance(meant, Closure):
                    inner = self.entered(meant.parameters, meant.environment, arguments, environment)
                    return self.value(meant.body, inner)
                if isinstance(meant, Definition | Native | Constant):
                    return self.reference(meant, arguments, environment, span)
                value: Value = meant
                return value
            case Definition() if not to.recursive and not to.recursive_function:
                return self.value(to.body, self.entered(to.parameters, EMPTY, arguments, environment))
        raise _recursive(to.name, span)

    def recursive_function(self, definition: Definition, home: Environment) -> Value:
        raise _recursive(definition.name, definition.span)

    def of_thunk(self, thunk: Thunk) -> Value:
        value: Value = thunk.value(self)
        return value

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
        pairs = zip(parameters, arguments, strict=True)
        return {**home, **{parameter: self.argument(argument, environment) for parameter, argument in pairs}}

    def argument(self, argument: Expr | OperatorArgument, environment: Environment) -> Any:
        match argument:
            case Lambda(parameters=parameters, body=body):
                return Closure(parameters, body, environment)
            case OperatorName(to=to):
                return environment.get(to, to)
        return Thunk(argument, environment)

    def with_definitions(self, node: Let, environment: Environment) -> Environment:
        inner: dict[Any, Any] = dict(environment)
        for definition in node.definitions:
            if definition.recursive or definition.recursive_function:
                raise _recursive(definition.name, definition.span)
            if definition.arity:
                inner[definition] = Closure(definition.parameters, definition.body, inner)
            else:
                inner[definition] = Thunk(definition.body, inner)
        return inner

    def native(
        self,
        to: Native,
        arguments: tuple[Expr | OperatorArgument, ...],
        environment: Environment,
        span: Span,
    ) -> Value:
        if to.function in _COMPARISONS and len(arguments) == 2:
            left, right = (self.value(argument, environment) for argument in arguments)  # type: ignore[arg-type]
            swapped, strict = _COMPARISONS[to.function]
            if swapped != strict:  # a > b is ~(a <= b), and a >= b is b <= a
                left, right = right, left
            least = self.sorts.at_most(left, right, span)
            return logic.negation(least) if strict else least
        raise TlaError(
            f"`{to.name}` is outside of the symbolic fragment; of numbers it has =, #, <, <=, >, >= and 0",
            span,
        )

    # --- quantifiers ----------------------------------------------------------------------------------

    def quantifier(
        self, universal: bool, bounds: tuple[Bound, ...], body: Expr, environment: Environment, span: Span
    ) -> Formula:
        choose = self.sorts.every if universal else self.sorts.some
        return self.over(
            [(bound, self.members(bound.domain, environment)) for bound in bounds],
            lambda inner: self.formula(body, inner),
            choose,
            environment,
            span,
        )

    def over(
        self,
        bounds: list[tuple[Bound, Members]],
        test: Callable[[Environment], Formula],
        choose: Callable[[Members, Callable[[Value], Formula], Span], Formula],
        environment: Environment,
        span: Span,
    ) -> Formula:
        """\\A or \\E: `test` in the environments in which the bounds are given their elements."""
        groups = [
            (names, bound.pattern, members)
            for bound, members in bounds
            for names in ([bound.parameters] if bound.pattern else [(p,) for p in bound.parameters])
        ]

        def rest(place: int, inner: Environment) -> Formula:
            if place == len(groups):
                return test(inner)
            names, pattern, members = groups[place]

            def one(value: Value) -> Formula:
                return rest(place + 1, {**inner, **matched(names, pattern, value, span)})

            return choose(members, one, span)

        return rest(0, environment)

    def as_conditions(self, node: Case, environment: Environment) -> Expr:
        """CASE as IF ... THEN ... ELSE IF ...

        TlaError where TLA+ leaves open what it stands for (Specifying Systems §16.1.4): without OTHER, or
        where two guards may hold at once. TLC takes the first; a proof that did so could be wrong for TLA+.
        """
        if node.other is None:
            raise TlaError("CASE without OTHER is outside of the symbolic fragment", node.span)
        guards = [self.formula(guard, environment) for guard, _ in node.arms]
        for earlier, later in combinations(range(len(guards)), 2):
            if not self.theory.is_impossible(logic.conjunction((guards[earlier], guards[later]))):
                first = node.arms[earlier][0].span
                raise TlaError(
                    f"this guard of CASE may hold together with that at {first.line}:{first.column}, and "
                    "TLA+ leaves open which counts; expected guards of which no two can hold at once, or IF",
                    node.arms[later][0].span,
                )
        made = node.other
        for guard, value in reversed(node.arms):
            made = If(node.span, guard, value, made)
        return made

    # --- functions ------------------------------------------------------------------------------------

    def function(self, bounds: tuple[Bound, ...], body: Expr, environment: Environment, span: Span) -> Value:
        domains = [
            (bound, self.members(bound.domain, environment))
            for bound in bounds
            for _ in ([0] if bound.pattern else bound.parameters)
        ]
        for bound, members in domains:
            self.refuse_part(members, bound.domain.span)
        shapes = tuple(members.element for _, members in domains)
        argument = shapes[0] if len(shapes) == 1 else Products(shapes)
        assert argument is not None, span

        def at(value: Value) -> Value:
            value = self.sorts.of_shape(value, argument, span)
            several = value.items if len(shapes) > 1 and isinstance(value, Items) else (value,)
            parts = iter(several)
            inner: dict[Any, Any] = dict(environment)
            for bound in bounds:
                for names in [bound.parameters] if bound.pattern else [(p,) for p in bound.parameters]:
                    inner |= matched(names, bound.pattern, next(parts), span)
            return self.value(body, inner)

        return Mapped(argument, at)

    def refuse_part(self, members: Members, span: Span) -> None:
        if not members.full or members.element is None:
            raise TlaError(
                "a function whose domain is not all of a constant set or enumeration is outside of the "
                "symbolic fragment",
                span,
            )

    def applied(self, function: Value, argument: Value, node: Apply) -> Value:
        match function, argument:
            case Mapped(), _:
                return function.at(self.sorts.of_shape(argument, function.argument, node.argument.span))
            case Items(items), Number(place) if 1 <= place <= len(items):
                return items[place - 1]
            case Choice(condition, then, otherwise), _:
                a, b = (self.applied(way, argument, node) for way in (then, otherwise))
                return self.sorts.either(condition, a, b, node.span)
        seen = self.sorts.shown(self.sorts.shape(function))
        raise TlaError(
            f"something of {seen} is applied here; expected a function, or a tuple and the number of a part",
            node.span,
        )

    def updated(self, f: Value, path: tuple[Expr, ...], update: Update, environment: Environment) -> Value:
        """[f EXCEPT !path = value]"""
        if not path:
            return self.value(update.value, {**environment, update.at: f})
        step, span = path[0], path[0].span
        here = self.value(step, environment)
        if isinstance(f, Items) and isinstance(here, Number) and 1 <= here.value <= len(f.items):
            place = here.value - 1
            changed = self.updated(f.items[place], path[1:], update, environment)
            return Items((*f.items[:place], changed, *f.items[place + 1 :]))
        if not isinstance(f, Mapped):
            seen = self.sorts.shown(self.sorts.shape(f))
            raise TlaError(f"EXCEPT of something of {seen}; expected a function", update.span)
        here = self.sorts.of_shape(here, f.argument, span)
        new = self.updated(f.at(here), path[1:], update, environment)

        def at(x: Value) -> Value:
            x = self.sorts.of_shape(x, f.argument, span)
            return self.sorts.either(self.sorts.equal(x, here, span), new, f.at(x), update.span)

        return Mapped(f.argument, at)

    # --- sets -----------------------------------------------------------------------------------------

    def set(self, node: Expr, environment: Environment) -> Members:
        match node:
            case SetOf(items=items):
                return self.listed(tuple(self.value(item, environment) for item in items), node.span)
            case SetFilter(bound=bound, body=body):
                domain = self.members(bound.domain, environment)
                names = bound.parameters

                def has(value: Value) -> Formula:
                    inner = {**environment, **matched(names, bound.pattern, value, node.span)}
                    return self.formula(body, inner)

                return self.filtered(domain, has)
            case SetMap(bounds=bounds, body=body):
                return self.image(bounds, body, environment, node.span)
            case Product(factors=factors):
                return self.product([self.members(factor, environment) for factor in factors], node.span)
            case FunctionsOf(arguments=arguments, results=results):
                domain, values = self.members(arguments, environment), self.members(results, environment)
                self.refuse_part(domain, arguments.span)
                return self.functions(domain, values, node.span)
        raise AssertionError(node)

    def listed(self, items: tuple[Value, ...], span: Span) -> Members:
        made = self.sorts.listed(items, span)
        if items and all(isinstance(item, Text) for item in items):
            texts = frozenset(item.value for item in items if isinstance(item, Text))
            sort = self.theory.enumeration(texts)
            if sort is not None:
                full = texts == self.sorts.texts[sort].keys()
                return Members(sort, made.has, items=made.items, full=full)
        return made

    def filtered(self, domain: Members, has: Callable[[Value], Formula]) -> Members:
        """{x \\in domain : has(x)}"""

        def some(test: Callable[[Value], Formula], span: Span) -> Formula:
            return self.sorts.some(domain, lambda x: logic.conjunction((has(x), test(x))), span)

        return Members(domain.element, lambda x: logic.conjunction((domain.has(x), has(x))), some)

    def image(self, bounds: tuple[Bound, ...], body: Expr, environment: Environment, span: Span) -> Members:
        """{body : bounds}"""
        domains = [(bound, self.members(bound.domain, environment)) for bound in bounds]

        def some(test: Callable[[Value], Formula], place: Span) -> Formula:
            return self.over(
                domains, lambda inner: test(self.value(body, inner)), self.sorts.some, environment, place
            )

        shapes: list[Shape | None] = []

        def note(inner: Environment) -> Formula:
            shapes.append(self.sorts.shape(self.value(body, inner)))
            return NO

        self.over(domains, note, self.sorts.some, environment, span)
        element: Shape | None = None
        for shape in shapes:
            element = self.sorts.joined(element, shape, span)
        return Members(element, lambda x: some(lambda y: self.sorts.equal(x, y, span), span), some)

    def product(self, factors: list[Members], span: Span) -> Members:
        def has(value: Value) -> Formula:
            if not isinstance(value, Items) or len(value.items) != len(factors):
                seen = self.sorts.shown(self.sorts.shape(value))
                raise TlaError(f"something of {seen} meets tuples of {len(factors)} here", span)
            pairs = zip(factors, value.items, strict=True)
            return logic.conjunction(self.sorts.contains(factor, item, span) for factor, item in pairs)

        def some(test: Callable[[Value], Formula], place: Span) -> Formula:
            def rest(chosen: tuple[Value, ...]) -> Formula:
                if len(chosen) == len(factors):
                    return test(Items(chosen))
                return self.sorts.some(factors[len(chosen)], lambda x: rest((*chosen, x)), place)

            return rest(())

        shape = Products(tuple(factor.element for factor in factors))
        return Members(shape, has, some, full=all(factor.full for factor in factors))

    def functions(self, domain: Members, values: Members, span: Span) -> Members:
        assert domain.element is not None
        if values.element is None:
            raise TlaError("the sort of the values of these functions cannot be told", span)

        def has(value: Value) -> Formula:
            if not isinstance(value, Mapped) or value.argument != domain.element:
                seen = self.sorts.shown(self.sorts.shape(value))
                raise TlaError(
                    f"something of {seen} meets functions on {self.sorts.shown(domain.element)} here", span
                )
            return self.sorts.every(domain, lambda x: self.sorts.contains(values, value.at(x), span), span)

        return Members(Functions(domain.element, values.element), has, full=values.full)

    # --- built-in operators ---------------------------------------------------------------------------

    def builtin(
        self, operator: str, arguments: tuple[Expr, ...], environment: Environment, span: Span
    ) -> Value:
        match operator:
            case "=>":
                premise, conclusion = (self.formula(argument, environment) for argument in arguments)
                return logic.implication(premise, conclusion)
            case "<=>":
                left, right = (self.formula(argument, environment) for argument in arguments)
                return logic.equivalence(left, right)
            case "~":
                return logic.negation(self.formula(arguments[0], environment))
            case "BOOLEAN":
                return self.sorts.whole(logic.TRUTH)
            case "=" | "#":
                a, b = (self.value(argument, environment) for argument in arguments)
                same = self.sorts.equal(a, b, span)
                return same if operator == "=" else logic.negation(same)
            case "\\in" | "\\notin":
                element = self.value(arguments[0], environment)
                there = self.sorts.contains(self.members(arguments[1], environment), element, span)
                return there if operator == "\\in" else logic.negation(there)
        values = [self.members(argument, environment) for argument in arguments]
        match operator, values:
            case "\\subseteq", (a, b):
                return self.sorts.subset(a, b, span)
            case (("\\cup" | "\\cap" | "\\"), (a, b)):
                return self.combined(operator, a, b, span)
            case "SUBSET", (base,):
                return self.subsets(base, span)
            case "UNION", (a,):
                return self.union(a, span)
        raise TlaError(f"`{operator}` is outside of the symbolic fragment", span)

    def combined(self, operator: str, a: Members, b: Members, span: Span) -> Members:
        element = self.sorts.joined(a.element, b.element, span)
        if is_known(element):
            a, b = (
                each if each.element == element else self.sorts.of_elements(each, element, span)
                for each in (a, b)
            )

        def in_a(x: Value) -> Formula:
            return self.sorts.contains(a, x, span)

        def in_b(x: Value) -> Formula:
            return self.sorts.contains(b, x, span)

        if operator != "\\cup":
            left = Members(element, in_a, a.some, a.items)
            return self.filtered(left, in_b if operator == "\\cap" else lambda x: logic.negation(in_b(x)))
        made = Members(
            element,
            lambda x: logic.disjunction((in_a(x), in_b(x))),
            items=None if a.items is None or b.items is None else (*a.items, *b.items),
            full=any(each.full and each.element == element for each in (a, b)),
        )
        if is_known(element):
            return made

        def some(test: Callable[[Value], Formula], place: Span) -> Formula:
            return logic.disjunction(self.sorts.some(each, test, place) for each in (a, b))

        return replace(made, some=some)

    def subsets(self, base: Members, span: Span) -> Members:
        """SUBSET base"""
        if base.element is None:
            raise TlaError("the sort of the elements of these sets cannot be told", span)
        shape = Sets(base.element)
        return Members(
            shape, lambda x: self.sorts.subset(self.sorts.as_set(x, span), base, span), full=base.full
        )

    def union(self, sets: Members, span: Span) -> Members:
        """UNION sets"""
        shape = sets.element
        if isinstance(shape, Sort) and shape in self.sorts.members:
            shape = Sets(self.sorts.members[shape][1])
        if shape is not None and not isinstance(shape, Sets):
            raise TlaError(f"UNION of a set of {self.sorts.shown(shape)}; expected a set of sets", span)

        def some(test: Callable[[Value], Formula], place: Span) -> Formula:
            return self.sorts.some(
                sets, lambda one: self.sorts.some(self.sorts.as_set(one, span), test, place), place
            )

        return Members(
            None if shape is None else shape.element,
            lambda x: self.sorts.some(
                sets, lambda one: self.sorts.contains(self.sorts.as_set(one, span), x, span), span
            ),
            some,
        )


_NATURALS = MODULES["Naturals"]
_COMPARISONS = {
    _NATURALS["<="].function: (False, False),
    _NATURALS["<"].function: (False, True),
    _NATURALS[">="].function: (True, False),
    _NATURALS[">"].function: (True, True),
}
"""Of each comparison: whether it reads from right to left, and whether it excludes equality."""


def matched(names: tuple[Parameter, ...], pattern: bool, value: Value, span: Span) -> dict[Parameter, Value]:
    """What a bound gives its names, for one element."""
    if not pattern:
        return {names[0]: value}
    if not isinstance(value, Items) or len(value.items) != len(names):
        raise TlaError(f"expected tuples of {len(names)}", span)
    return dict(zip(names, value.items, strict=True))


def _recursive(name: str, span: Span) -> TlaError:
    return TlaError(f"`{name}` is recursive, which is outside of the symbolic fragment", span)


def _named(node: Expr) -> str:
    """What to call the expression."""
    names = {
        "Choose": "CHOOSE", "RecordOf": "a record", "RecordsOf": "a set of records",
        "Field": "a record field",
        "Enabled": "ENABLED", "Temporal": "a temporal formula", "NoValue": "a quantifier without a set",
        "Compose": "\\cdot", "BoxAction": "[A]_v", "AngleAction": "<<A>>_v",
    }  # fmt: skip
    return names.get(type(node).__name__, type(node).__name__)


def conjuncts(node: Expr) -> Iterator[Expr]:
    """The parts of a conjunction."""
    if isinstance(node, And):
        for item in node.items:
            yield from conjuncts(item)
    else:
        yield node
