"""What an expression stands for in a symbolic evaluation, and what can be done with it.

    truth value     a formula (logic.Formula)         number, string    Number, Text: of no sort yet
    element         a term (logic.Term), or a Choice  tuple             Items
    set             Members: a predicate              function          Mapped: from argument to value

The shape of a value says of which sorts it is made. A set of a sort of sets (a quorum) is a term too: it is
made Members where a set is wanted. Values of different shapes are never compared: that is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from ..errors import Span, TlaError
from . import logic
from .logic import NO, TRUTH, YES, Application, Formula, Sort, Symbol, Term, Truth, Variable


@dataclass(frozen=True, slots=True)
class Products:
    """Tuples of these."""

    items: tuple[Shape | None, ...]


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of these."""

    element: Shape | None


@dataclass(frozen=True, slots=True)
class Functions:
    argument: Shape
    result: Shape


Shape = Sort | Products | Sets | Functions
"""None in the place of one: not known, as of the elements of {}."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text; it becomes an element where it meets one."""

    value: int


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Choice:
    """IF condition THEN then ELSE otherwise, of elements."""

    condition: Formula
    then: Element
    otherwise: Element


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """A set: which values are in it.

    element   the shape of its elements
    has       whether a value of that very shape is in it; of any other value, Sorts.contains tells
    some      whether a predicate is true of some element; without it, `has` is used
    items     its elements, where they are written down
    full      it has all that is of the shape
    """

    element: Shape | None
    has: Callable[[Value], Formula]
    some: Callable[[Callable[[Value], Formula], Span], Formula] | None = None
    items: tuple[Value, ...] | None = None
    full: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """A function on all that is of the shape `argument`."""

    argument: Shape
    at: Callable[[Value], Value]


Element = Variable | Application | Number | Text | Choice
Value = Formula | Element | Items | Members | Mapped

_FORMULAS = (logic.Truth, logic.Equal, logic.Not, logic.And, logic.Or, logic.Iff, logic.Quantified)


def is_known(shape: Shape | None) -> bool:
    """Whether there is no None in it."""
    match shape:
        case Products(items):
            return all(map(is_known, items))
        case Sets(element):
            return is_known(element)
    return shape is not None


def is_formula(value: Value) -> TypeGuard[Formula]:
    return isinstance(value, _FORMULAS) or (isinstance(value, Application) and value.symbol.result == TRUTH)


@dataclass(slots=True)
class Sorts:
    """What is known of the sorts of a theory.

    zeros      of an ordered sort that has it: 0
    below      of an ordered sort: the relation <=
    members    of a sort of sets: which elements are in which set, and the sort of the elements
    texts      of an enumeration: its strings, each a constant
    named      of any sort: elements that are known by a number or a string, in a finite universe
    """

    zeros: dict[Sort, Application]
    below: dict[Sort, Symbol]
    members: dict[Sort, tuple[Symbol, Sort]]
    texts: dict[Sort, dict[str, Application]]
    named: dict[Sort, dict[int | str, Application]] = field(default_factory=dict)

    # --- shapes ---------------------------------------------------------------------------------------

    def shown(self, shape: Shape | None) -> str:
        """The shape as a TLA+ set."""
        match shape:
            case None:
                return "something"
            case Sort(name):
                return name
            case Products(items):
                return "(" + " \\X ".join(map(self.shown, items)) + ")"
            case Sets(element):
                return f"SUBSET {self.shown(element)}"
            case Functions(argument, result):
                return f"[{self.shown(argument)} -> {self.shown(result)}]"

    def seen(self, value: Value) -> str:
        """What a message says of the value."""
        match value:
            case Number(number):
                return str(number)
            case Text(text):
                return f'"{text}"'
        return f"something of {self.shown(self.shape(value))}"

    def shape(self, value: Value) -> Shape | None:
        """None for what has no sort yet."""
        if is_formula(value):
            return TRUTH
        match value:
            case Variable(sort=sort) | Application(symbol=Symbol(result=sort)):
                return sort
            case Choice(_, then, otherwise):
                return self.shape(then) or self.shape(otherwise)
            case Items(items):
                return Products(tuple(map(self.shape, items)))
            case Members(element=element):
                return Sets(element)
            case Mapped(argument, at):
                result = self.shape(at(self.any_of(argument)))
                return None if result is None else Functions(argument, result)
        return None

    def known_shape(self, value: Value) -> Shape:
        """The shape of a value that is made of elements of sorts."""
        found = self.shape(value)
        assert found is not None, value
        return found

    def any_of(self, shape: Shape) -> Value:
        """Some value of the shape, to see what becomes of it."""
        return next(self.candidates(shape, []))

    def joined(self, left: Shape | None, right: Shape | None, span: Span) -> Shape | None:
        """The shape of what is of both; refused if they differ."""
        if left is None or left == right:
            return right
        if right is None:
            return left
        match left, right:
            case Products(a), Products(b) if len(a) == len(b):
                return Products(tuple(self.joined(x, y, span) for x, y in zip(a, b, strict=True)))
            case Sets(x), Sets(y):
                return Sets(self.joined(x, y, span))
            case (Sort() as sort, Sets(y)) | (Sets(y), Sort() as sort) if sort in self.members:
                return Sets(self.joined(self.members[sort][1], y, span))
        raise TlaError(
            f"{self.shown(left)} meets {self.shown(right)} here; in the symbolic fragment only values of one "
            "sort are compared or put into one set",
            span,
        )

    def whole(self, shape: Shape) -> Members:
        """The set of all that is of the shape."""
        if shape == TRUTH:
            return Members(TRUTH, lambda _: YES, items=(YES, NO), full=True)
        return Members(shape, lambda _: YES, full=True)

    # --- elements -------------------------------------------------------------------------------------

    def element(self, value: Value, sort: Sort, span: Span) -> Term | Truth:
        """The term for what is of no sort yet; a Choice is none (lifted)."""
        match value:
            case Number(0) if sort in self.zeros:
                return self.zeros[sort]
            case Text(text) if text in self.texts.get(sort, {}):
                return self.texts[sort][text]
            case Number(name) | Text(name) if name in self.named.get(sort, {}):
                return self.named[sort][name]
            case Variable() | Application() if logic.sort_of(value) == sort:
                return value
            case Truth() if sort == TRUTH:
                return value
        allowed = f"an element of {sort.name}"
        if sort in self.below and sort not in self.zeros:
            allowed += f" (for 0, ASSUME 0 \\in {sort.name})"
        raise TlaError(f"{self.seen(value)} stands where {allowed} is expected", span)

    def of_shape(self, value: Value, shape: Shape | None, span: Span) -> Value:
        """The value, made one of that shape; refused if it cannot be."""
        if shape is None:
            return value
        match value, shape:
            case _, Sort() if shape == TRUTH:
                if is_formula(value):
                    return value
            case Choice(condition, then, otherwise), Sort():
                a, b = (self.of_shape(part, shape, span) for part in (then, otherwise))
                return Choice(condition, a, b)  # type: ignore[arg-type]
            case _, Sort() if not isinstance(value, Items | Members | Mapped):
                return self.element(value, shape, span)
            case Items(items), Products(shapes) if len(items) == len(shapes):
                return Items(tuple(self.of_shape(i, s, span) for i, s in zip(items, shapes, strict=True)))
            case Members(element=element), Sets(wanted) if self.joined(element, wanted, span) == wanted:
                return self.of_elements(value, wanted, span)
            case ((Variable() | Application()), Sets()) if self.is_set(value):
                return self.of_shape(self.as_set(value, span), shape, span)
            case Mapped(argument, at), Functions(wanted, result) if argument == wanted:
                self.of_shape(at(self.any_of(argument)), result, span)
                return Mapped(argument, lambda x: self.of_shape(at(x), result, span))
        raise TlaError(
            f"{self.seen(value)} stands where an element of {self.shown(shape)} is expected",
            span,
        )

    def of_elements(self, members: Members, wanted: Shape | None, span: Span) -> Members:
        """The set, made one of elements of that shape; refused if something in it cannot be."""
        if members.items is not None:
            return self.listed(tuple(self.of_shape(item, wanted, span) for item in members.items), span)
        if not is_known(members.element):  # of numbers or strings: refused now, not when it is looked into

            def one_of_shape(value: Value) -> Formula:
                self.of_shape(value, wanted, span)
                return NO

            self.some(members, one_of_shape, span)
        full = members.full and members.element == wanted
        return Members(wanted, lambda x: self.contains(members, x, span), members.some, full=full)

    def lifted(
        self, values: tuple[Value, ...], make: Callable[[tuple[Value, ...]], Formula | Value]
    ) -> Value:
        """`make` of values none of which is a Choice, or a formula other than TRUE and FALSE."""
        for place, value in enumerate(values):
            match value:
                case Truth():
                    continue
                case Choice(condition, then, otherwise):
                    ways: tuple[Value, Value] = then, otherwise
                case _ if is_formula(value):
                    condition, ways = value, (YES, NO)
                case _:
                    continue
            a, b = (self.lifted((*values[:place], way, *values[place + 1 :]), make) for way in ways)
            return self.either(condition, a, b, None)
        return make(values)

    def either(self, condition: Formula, then: Value, otherwise: Value, span: Span | None) -> Value:
        """IF condition THEN then ELSE otherwise"""
        if isinstance(condition, Truth):
            return then if condition.value else otherwise
        if is_formula(then) and is_formula(otherwise):
            return logic.choice(condition, then, otherwise)
        match then, otherwise:
            case Items(a), Items(b) if len(a) == len(b):
                both = zip(a, b, strict=True)
                return Items(tuple(self.either(condition, x, y, span) for x, y in both))
            case Mapped(), Mapped() if then.argument == otherwise.argument:
                return Mapped(
                    then.argument, lambda x: self.either(condition, then.at(x), otherwise.at(x), span)
                )
        if span is not None and (self._is_any_set(then) or self._is_any_set(otherwise)):
            yes, no = self.as_set(then, span), self.as_set(otherwise, span)
            element = self.joined(yes.element, no.element, span)
            made = Members(
                element,
                lambda x: logic.choice(condition, self.contains(yes, x, span), self.contains(no, x, span)),
            )
            if is_known(element):
                return made

            def some(test: Callable[[Value], Formula], place: Span) -> Formula:
                return logic.choice(condition, self.some(yes, test, place), self.some(no, test, place))

            return replace(made, some=some)
        if isinstance(then, Element) and isinstance(otherwise, Element):
            if then == otherwise:
                return then
            if span is not None:
                self.joined(self.shape(then), self.shape(otherwise), span)
            return Choice(condition, then, otherwise)
        raise TlaError(
            f"THEN gives something of {self.shown(self.shape(then))}, ELSE something of "
            f"{self.shown(self.shape(otherwise))}",
            span,
        )

    def applied(self, symbol: Symbol, values: tuple[Value, ...], span: Span) -> Value:
        """The symbol, applied to elements."""

        def atom(plain: tuple[Value, ...]) -> Value:
            pairs = zip(plain, symbol.arguments, strict=True)
            return Application(symbol, tuple(self.element(value, sort, span) for value, sort in pairs))

        return self.lifted(values, atom)

    # --- what a symbol stands for -----------------------------------------------------------------------

    def symbolic(self, name: str, shape: Shape, span: Span, before: tuple[Value, ...] = (),
                 sorts: tuple[Sort, ...] = ()) -> Value:  # fmt: skip
        """A value of the shape, made of symbols of which nothing is known.

        `before` are the arguments of functions that it is inside of, of these sorts.
        """
        match shape:
            case Sort():
                return self.applied(Symbol(name, sorts, shape), before, span)
            case Products(items):
                return Items(
                    tuple(
                        self.symbolic(f"{name}.{place}", item, span, before, sorts)  # type: ignore[arg-type]
                        for place, item in enumerate(items, 1)
                    )
                )
            case Sets(element):
                assert element is not None, name
                symbol = Symbol(name, (*sorts, *self.flat_sorts(element, span)), TRUTH)
                return Members(
                    element,
                    lambda x: self.applied(symbol, (*before, *self.flat(x, element, span)), span),  # type: ignore
                )
            case Functions(argument, result):
                inner = (*sorts, *self.flat_sorts(argument, span))
                return Mapped(
                    argument,
                    lambda x: self.symbolic(
                        name, result, span, (*before, *self.flat(x, argument, span)), inner
                    ),
                )

    def symbols(self, name: str, shape: Shape, span: Span, sorts: tuple[Sort, ...] = ()) -> Iterator[Symbol]:
        """The symbols of which `symbolic` makes the value."""
        match shape:
            case Sort():
                yield Symbol(name, sorts, shape)
            case Products(items):
                for place, item in enumerate(items, 1):
                    assert item is not None, name
                    yield from self.symbols(f"{name}.{place}", item, span, sorts)
            case Sets(element):
                assert element is not None, name
                yield Symbol(name, (*sorts, *self.flat_sorts(element, span)), TRUTH)
            case Functions(argument, result):
                yield from self.symbols(name, result, span, (*sorts, *self.flat_sorts(argument, span)))

    def flat_sorts(self, shape: Shape, span: Span) -> tuple[Sort, ...]:
        """The sorts that an element of a relation, or an argument of a function, is made of."""
        match shape:
            case Sort() if shape not in self.members:
                return (shape,)
            case Products(items):
                return tuple(s for item in items for s in self.flat_sorts(item, span))  # type: ignore[arg-type]
        raise TlaError(
            f"{self.shown(shape)} cannot be a part of what a set holds, nor the domain of a function, in the "
            "symbolic fragment; expected constant sets, enumerations, and products of such",
            span,
        )

    def flat(self, value: Value, shape: Shape, span: Span) -> tuple[Value, ...]:
        """The parts of a value, in the order of flat_sorts."""
        value = self.of_shape(value, shape, span)
        if isinstance(value, Items):
            assert isinstance(shape, Products)
            pairs = zip(value.items, shape.items, strict=True)
            return tuple(part for item, s in pairs for part in self.flat(item, s, span))  # type: ignore[arg-type]
        return (value,)

    # --- sets -----------------------------------------------------------------------------------------

    def is_set(self, value: Value) -> bool:
        """Whether it is an element of a sort of sets."""
        return isinstance(value, Variable | Application) and logic.sort_of(value) in self.members

    def _is_any_set(self, value: Value) -> bool:
        shape = self.shape(value)
        return isinstance(shape, Sets) or shape in self.members

    def as_set(self, value: Value, span: Span) -> Members:
        if isinstance(value, Members):
            return value
        if isinstance(value, Choice) and self._is_any_set(value):
            made = self.either(
                value.condition, self.as_set(value.then, span), self.as_set(value.otherwise, span), span
            )
            assert isinstance(made, Members)
            return made
        if (isinstance(value, Variable | Application)) and (sort := logic.sort_of(value)) in self.members:
            symbol, element = self.members[sort]
            return Members(element, lambda x: self.applied(symbol, (value, x), span))  # type: ignore
        raise TlaError(f"expected a set, saw {self.seen(value)}", span)

    def listed(self, items: tuple[Value, ...], span: Span) -> Members:
        """{a, b, c}"""
        element: Shape | None = None
        for item in items:
            element = self.joined(element, self.shape(item), span)
        return Members(
            element, lambda x: logic.disjunction(self.equal(x, item, span) for item in items), items=items
        )

    def contains(self, members: Members, value: Value, span: Span) -> Formula:
        """value \\in members; refused if the value is of another sort than the elements."""
        element = members.element
        if element in self.members and self.shape(value) != element:
            chosen = self.as_set(value, span)
            return self.some(members, lambda x: self.equal(x, chosen, span), span)
        if isinstance(element, Sort) and isinstance(value, Choice):
            return self.lifted((value,), lambda one: self.contains(members, one[0], span))  # type: ignore
        if members.items is None or element == TRUTH:
            value = self.of_shape(value, element, span)
        return members.has(value)

    def some(self, members: Members, test: Callable[[Value], Formula], span: Span) -> Formula:
        """\\E x \\in members : test(x)"""
        if members.items is not None:
            return logic.disjunction(map(test, members.items))
        if members.some is not None:
            return members.some(test, span)
        return self.exists(members.element, lambda x: logic.conjunction((members.has(x), test(x))), span)

    def every(self, members: Members, test: Callable[[Value], Formula], span: Span) -> Formula:
        """\\A x \\in members : test(x)"""
        return logic.negation(self.some(members, lambda x: logic.negation(test(x)), span))

    def exists(self, shape: Shape | None, test: Callable[[Value], Formula], span: Span) -> Formula:
        """Whether the predicate is true of some value of the shape."""
        if shape is None or not is_known(shape):
            raise TlaError("the sort of what is quantified here cannot be told", span)
        self.refuse_higher(shape, span)
        ways: list[Formula] = []
        variables: list[Variable] = []
        for value in self.candidates(shape, variables):
            ways.append(test(value))
        return logic.quantified(False, variables, logic.disjunction(ways), span)

    def refuse_higher(self, shape: Shape, span: Span) -> None:
        match shape:
            case Products(items):
                for item in items:
                    if item is not None:
                        self.refuse_higher(item, span)
            case Sets() | Functions():
                raise TlaError(
                    f"a quantifier over {self.shown(shape)} is outside of first-order logic; expected a "
                    "constant set, an enumeration, or a product of such",
                    span,
                )

    def candidates(self, shape: Shape, variables: list[Variable]) -> Iterator[Value]:
        """Values that together stand for all of the shape: an enumeration's one by one, else a variable.

        `variables` takes in what was made, once for all candidates.
        """
        match shape:
            case Sort() if shape == TRUTH:
                yield from (YES, NO)
            case Sort() if shape in self.texts:
                yield from self.texts[shape].values()
            case Sort(name):
                made = logic.variable(name[0].lower(), shape)
                variables.append(made)
                yield made
            case Products(items):
                assert None not in items, shape
                for chosen in itertools.product(*(list(self.candidates(i, variables)) for i in items if i)):
                    yield Items(chosen)
            case Sets(element):
                yield Members(element, lambda _: NO)
            case Functions(argument, result):
                inner = list(self.candidates(result, variables))
                yield Mapped(argument, lambda _: inner[0])

    # --- equality and order -----------------------------------------------------------------------------

    def equal(self, left: Value, right: Value, span: Span) -> Formula:
        if is_formula(left) and is_formula(right):
            return logic.equivalence(left, right)
        match left, right:
            case (Choice(), _) | (_, Choice()) if isinstance(left, Element) and isinstance(right, Element):
                return self.lifted((left, right), lambda pair: self.equal(*pair, span))  # type: ignore
            case (Number(a), Number(b)) | (Text(a), Text(b)):
                return Truth(a == b)
            case Items(a), Items(b) if len(a) == len(b):
                return logic.conjunction(self.equal(x, y, span) for x, y in zip(a, b, strict=True))
            case Mapped(), Mapped() if left.argument == right.argument:
                differ = self.exists(
                    left.argument, lambda x: logic.negation(self.equal(left.at(x), right.at(x), span)), span
                )
                return logic.negation(differ)
        shape = self.joined(self.shape(left), self.shape(right), span)
        if isinstance(shape, Sets) or shape in self.members:
            return self.same_members(self.as_set(left, span), self.as_set(right, span), span)
        if isinstance(shape, Sort) and shape != TRUTH:
            one, other = self.element(left, shape, span), self.element(right, shape, span)
            assert not isinstance(one, Truth), one
            assert not isinstance(other, Truth), other
            return logic.equality(one, other)
        raise TlaError(
            f"{self.shown(self.shape(left))} and {self.shown(self.shape(right))} cannot be compared", span
        )

    def same_members(self, left: Members, right: Members, span: Span) -> Formula:
        element = self.joined(left.element, right.element, span)
        if element is None or not is_known(element):
            return logic.conjunction((self.subset(left, right, span), self.subset(right, left, span)))

        def differs(x: Value) -> Formula:
            there = self.contains(left, x, span), self.contains(right, x, span)
            return logic.negation(logic.equivalence(*there))

        return logic.negation(self.exists(element, differs, span))

    def subset(self, left: Members, right: Members, span: Span) -> Formula:
        self.joined(left.element, right.element, span)
        return self.every(left, lambda x: self.contains(right, x, span), span)

    def at_most(self, left: Value, right: Value, span: Span) -> Formula:
        """left <= right"""
        sort = self.joined(self.shape(left), self.shape(right), span)
        if sort is None and isinstance(left, Number) and isinstance(right, Number):
            return Truth(left.value <= right.value)
        if sort not in self.below:
            raise TlaError(
                f"{self.shown(sort)} has no order here; expected elements of a constant set S with ASSUME S "
                "\\subseteq Nat",
                span,
            )
        assert isinstance(sort, Sort)

        def least(pair: tuple[Value, ...]) -> Formula:
            a, b = (self.element(value, sort, span) for value in pair)
            if a in (b, self.zeros.get(sort)):
                return YES
            if b == self.zeros.get(sort):
                return self.equal(a, b, span)
            return Application(self.below[sort], (a, b))

        return self.lifted((left, right), least)  # type: ignore[return-value]
