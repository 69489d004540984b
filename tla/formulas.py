"""Formulas of the tree as Python expressions for their truth, with the lines that they need before them.

What decides soonest is asked first: a quantifier leaves its loops as soon as the answer is known, and asks
what does not depend on an element before there is one; no set is made where its form tells the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import values
from .code import Place, class_of
from .expressions import PREDICATES, Expressions, single
from .meanings import Environment, Lazy, Local, Operator
from .syntax import (
    And,
    AngleAction,
    Bound,
    BoxAction,
    Builtin,
    Case,
    Compose,
    Definition,
    Enabled,
    Expr,
    If,
    Let,
    Native,
    Or,
    Parameter,
    Prime,
    Quantifier,
    RecordOf,
    Ref,
    SetFilter,
    SetOf,
    Unchanged,
)


@dataclass(frozen=True, slots=True)
class _Search:
    """Loops that look for elements with which a formula is true.

    `over` is the local that ends all of them, `before` the place before them, and `elements` is what their
    parameters stand for.
    """

    over: str
    before: Place
    elements: tuple[Local, ...]
    names: list[str]

    @property
    def inner(self) -> tuple[Local, ...]:
        """What the innermost loop binds."""
        return self.elements[-1:] if len(self.names) == len(self.elements) else self.elements

    @property
    def outer(self) -> tuple[Local, ...]:
        """What the loops around the innermost bind."""
        return self.elements[:-1]


UNBOUND = Local("")
"""What a bound identifier stands for before there is a loop that gives it values."""


class Formulas:
    """Writes truths into the code of `of`."""

    def __init__(self, of: Expressions) -> None:
        self.of = of
        self.home = of.home
        self.code = of.code
        self.kept: frozenset[str] = frozenset()
        """Variables that are known to be unchanged where control is."""

    def truth(self, node: Expr, environment: Environment) -> str:
        """A Python expression for the truth of a formula."""
        if not isinstance(node, Ref):
            constant = self.home.folded(node)
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
                return self.code.choice(
                    self.truth(condition, environment),
                    lambda: self.truth(then, environment),
                    lambda: self.truth(otherwise, environment),
                )
            case Case():
                return self.of.arms(node, 0, lambda part: self.truth(part, environment), environment)
            case Let(body=body):
                return self.truth(body, self.of.with_definitions(node, environment))
            case Builtin() if node.operator in PREDICATES:
                return self.builtin_truth(node, environment)
            case Unchanged(body=body):
                return self.equality(body, Prime(node.span, body), environment)
            case Enabled():
                return self.of.enabled(node, environment)
            case Compose():
                return self.of.composed(node, environment)
            case BoxAction(action=action, subscript=subscript):
                return self.any_of((Unchanged(node.span, subscript), action), environment)
            case AngleAction():
                return self.all_of(node.parts, environment)
            case Prime(body=body):
                with self.of.priming(node):
                    return self.truth(body, environment)
            case Ref():
                return self.reference_truth(node, environment)
        return self.as_truth(self.of.value(node, environment))

    def as_truth(self, code: str) -> str:
        if code in ("TRUE", "FALSE"):
            return str(code == "TRUE")
        name = self.code.atom(code)
        return f"({name} is TRUE or {name} is not FALSE and truth({name}))"

    def reference_truth(self, node: Ref, environment: Environment) -> str:
        to = self.home.binding.meaning(node.to)
        constant = self.home.folded(node)
        if constant is not None:
            return self.as_truth(constant)
        if isinstance(to, Native) and to.predicate:
            return self.of.native_truth(to, node.arguments, environment)
        meant = environment.get(to)
        if isinstance(meant, Operator):
            return self.truth(meant.body, self.of.entered(meant, node.arguments, environment))
        if isinstance(to, Definition) and meant is None and self.of.inlined(to):
            operator = Operator(to.parameters, to.body, {})
            return self.truth(to.body, self.of.entered(operator, node.arguments, environment))
        return self.as_truth(self.of.value(node, environment))

    def all_of(self, items: tuple[Expr, ...], environment: Environment) -> str:
        first = self.truth(items[0], environment)
        if len(items) == 1:
            return first
        return self.code.either(first, lambda: self.all_of(items[1:], environment), conjunction=True)

    def any_of(self, items: tuple[Expr, ...], environment: Environment) -> str:
        first = self.where_kept(items[0], lambda: self.truth(items[0], environment))
        if len(items) == 1:
            return first
        return self.code.either(first, lambda: self.any_of(items[1:], environment), conjunction=False)

    def where_kept(self, node: Expr, truth: Callable[[], str]) -> str:
        """On a step, what an action leaves unchanged is looked at first: it is cheap, and mostly decides.

        That always has a value; all that can be lost is an error in an action that is not the one taken.
        """
        kept = self.home.binding.keeps(node) - self.kept if self.of.step and not self.of.primed else ()
        if not kept:
            return truth()
        places = [self.home.place[name] for name in sorted(kept)]
        test = " and ".join(f"{self.of.current}[{place}] == t[{place}]" for place in places)
        before, self.kept = self.kept, self.kept.union(kept)
        code = self.code.either(f"({test})", truth, conjunction=True)
        self.kept = before
        return code

    def quantified(self, node: Quantifier, environment: Environment) -> str:
        """One loop for each bound name; leaves all of them as soon as the answer is known."""
        if node.universal:
            return self.looked_for(node, environment)
        return self.where_kept(node.body, lambda: self.looked_for(node, environment))

    def looked_for(self, node: Quantifier, environment: Environment) -> str:
        """A local with the truth of a quantifier; the loops end as soon as it is known."""
        result, over = self.code.name(), self.code.name()
        self.code.line(f"{result} = {node.universal}")
        self.code.line(f"{over} = False")
        before = self.code.here()
        sets = [self.of.members(bound.domain, environment) for bound in node.bounds]
        if not single(node.bounds):
            sets = [self.code.atom(code) for code in sets]
        with self.of.loops_over(sets, node.bounds, environment) as (inner, names):
            indents = [self.code.indent - place for place in range(len(names))]
            search = _Search(
                over, before, tuple(inner[p] for bound in node.bounds for p in bound.parameters), names
            )
            self.fail_first(node.body, inner, search, false=node.universal)
            self.found(result, over, node)
        for indent in indents[1:]:
            self.code.line_at(indent, f"if {over}: break")
        return result

    def found(self, result: str, over: str, node: Quantifier) -> None:
        self.code.line(f"{result} = {not node.universal}")
        self.code.line(f"{over} = True")
        self.code.line("break")

    def fail_first(self, node: Expr, environment: Environment, search: _Search, *, false: bool) -> None:
        """Lines that go on to the next element where the formula is not as it is looked for.

        They end where it may be: true, or `false`, as an element against a \\A has it.
        """
        match node:
            case And(items=items) if not false:
                for item in items:
                    self.fail_first(item, environment, search, false=False)
                return
            case Or(items=items) if false:
                for item in items:
                    self.fail_first(item, environment, search, false=True)
                return
            case Builtin(operator="=>", arguments=(premise, conclusion)) if false:
                self.fail_first(premise, environment, search, false=False)
                self.fail_first(conclusion, environment, search, false=True)
                return
            case Builtin(operator="~", arguments=(body,)):
                self.fail_first(body, environment, search, false=not false)
                return
            case Let(body=body):
                self.fail_first(body, self.of.with_definitions(node, environment), search, false=false)
                return
            case Ref(to=to, arguments=arguments) if to not in environment:
                meant = self.home.binding.meaning(to)
                if isinstance(meant, Definition) and self.is_opened(meant):
                    operator = Operator(meant.parameters, meant.body, {})
                    inner = self.of.entered(operator, arguments, environment)
                    self.fail_first(meant.body, inner, search, false=false)
                    return
        if not self.home.is_pure(node) or self.of.depends_on(node, environment, search.inner):
            self.fail(self.truth(node, environment), false, "continue")
        elif self.of.depends_on(node, environment, search.outer):
            self.fail(self.truth(node, environment), false, "break")
        else:
            known = self.code.name()
            search.before.lines.append((search.before.indent, f"{known} = False"))
            with self.code.block(f"if not {known}:"):
                self.fail(self.truth(node, environment), false, f"{search.over} = True", "break")
                self.code.line(f"{known} = True")

    def fail(self, truth: str, false: bool, *lines: str) -> None:
        """What is done where a formula is not as it is looked for."""
        if truth != str(not false):
            with self.code.block(f"if {truth}:" if false else f"if not {truth}:"):
                for line in lines:
                    self.code.line(line)

    def is_opened(self, to: Definition) -> bool:
        """Whether a formula is looked into, to find its conjuncts."""
        return isinstance(to.body, And | Let | Ref) and self.of.inlined(to)

    def is_test(self, node: Expr) -> bool:
        """Whether it may be asked once for all elements of a quantifier."""
        return self.home.is_pure(node)

    def asked_first(
        self,
        bounds: tuple[Bound, ...],
        body: Expr,
        environment: Environment,
        is_test: Callable[[Expr], bool],
    ) -> list[tuple[Expr, Environment]]:
        """The conjuncts at the head of the body that are tests and do not depend on what is bound."""
        unbound = {parameter: UNBOUND for bound in bounds for parameter in bound.parameters}
        found: list[tuple[Expr, Environment]] = []
        for item, inner in self.conjuncts(body, {**environment, **unbound}):
            if not is_test(item) or self.of.depends_on(item, inner, (UNBOUND,)):
                break
            found.append((item, inner))
        return found

    def conjuncts(self, node: Expr, environment: Environment) -> Iterator[tuple[Expr, Environment]]:
        """The conjuncts of a formula, also of the operators that it is made of, from the first on."""
        match node:
            case And(items=items):
                for item in items:
                    yield from self.conjuncts(item, environment)
                return
            case Ref():
                to = self.home.binding.meaning(node.to)
                if isinstance(to, Definition) and to not in environment and self.is_opened(to):
                    operator = Operator(to.parameters, to.body, {})
                    inner = self.of.entered(operator, node.arguments, environment)
                    yield from self.conjuncts(to.body, inner)
                    return
        yield node, environment

    def builtin_truth(self, node: Builtin, environment: Environment) -> str:
        match node.operator, node.arguments:
            case "~", (body,):
                return f"(not {self.truth(body, environment)})"
            case "=>", (left, right):
                premise = f"(not {self.truth(left, environment)})"
                return self.code.either(premise, lambda: self.truth(right, environment), conjunction=False)
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
                a, b = self.of.value(left, environment), self.of.value(right, environment)
                return f"subset({a}, {b})"
        raise AssertionError(node.operator)

    def equality(self, left: Expr, right: Expr, environment: Environment) -> str:
        if self.of.is_number(left, environment) and self.of.is_number(right, environment):
            return f"({self.of.value(left, environment)} == {self.of.value(right, environment)})"
        if self.of.step and (added := self.added_record(right, environment)) is not None:
            return self.is_bag_with_record(left, environment, *added)
        first, second = self.of.value(left, environment), self.of.value(right, environment)
        if second.startswith(("bag_with(", "bag_without(")):
            return f"is_{second.replace('(', f'({self.code.atom(first)}, ', 1)}"
        a, b = self.code.atom(first), self.code.atom(second)
        return f"({a} == {b} or {class_of(a)} is not {class_of(b)} and unlike({a}, {b}))"

    def added_record(
        self, node: Expr, environment: Environment
    ) -> tuple[Expr, Environment, RecordOf, Environment] | None:
        """The bag and the record of `bag (+) SetToBag({[...]})`, each with what its names stand for."""
        node, environment = self.resolved(node, environment)
        match node:
            case Ref(
                to=Native(name="(+)"), arguments=(bag, Ref(to=Native(name="SetToBag"), arguments=(one,)))
            ):
                if isinstance(bag, Expr) and isinstance(one, SetOf) and len(one.items) == 1:
                    record, inner = self.resolved(one.items[0], environment)
                    if isinstance(record, RecordOf):
                        return bag, environment, record, inner
        return None

    def resolved(self, node: Expr, environment: Environment) -> tuple[Expr, Environment]:
        """What a name stands for in the end, where that is known to the text."""
        if not isinstance(node, Ref):
            return node, environment
        to = self.home.binding.meaning(node.to)
        meant = environment.get(to)
        if isinstance(meant, Lazy) and not self.of.is_done(meant):
            return self.resolved(meant.node, meant.environment)
        if isinstance(meant, Operator):
            return self.resolved(meant.body, self.of.entered(meant, node.arguments, environment))
        if isinstance(to, Definition) and meant is None and self.of.inlined(to):
            operator = Operator(to.parameters, to.body, {})
            return self.resolved(to.body, self.of.entered(operator, node.arguments, environment))
        return node, environment

    def is_bag_with_record(
        self,
        left: Expr,
        environment: Environment,
        bag: Expr,
        home: Environment,
        record: RecordOf,
        inner: Environment,
    ) -> str:
        """left = bag (+) SetToBag({record}): what was added is compared field by field, to be done early.

        As for what is kept (where_kept), only an error of a field that does not matter can be lost.
        """
        found = self.code.atom(self.of.value(left, environment))
        added = self.code.atom(f"bag_added({found}, {self.code.atom(self.of.value(bag, home))})")
        fields = values.domain_of_set(frozenset(name for name, _ in record.fields))
        domain = self.home.keep(fields, "D")

        def equal_from(place: int) -> str:
            if place == len(record.fields):
                return "True"
            name, value = record.fields[place]
            there = f"{added}.values[{fields.index[name]}]"
            here = self.code.atom(self.of.stored(value, inner))
            first = f"({there} == {here})"
            return self.code.either(first, lambda: equal_from(place + 1), conjunction=True)

        return self.code.either(
            f"({added}.__class__ is Function and {added}.domain is {domain})",
            lambda: equal_from(0),
            conjunction=True,
        )

    def membership(self, element: Expr, members: Expr, environment: Environment) -> str:
        """element \\in members, without making the set where its form tells the answer."""
        constant = self.home.constant_value(members)
        if constant is not None:
            code = self.of.value(element, environment)
            if isinstance(constant, frozenset):
                return self.among(code, self.home.constant(constant))
            return f"contains({self.home.constant(constant)}, {code})"
        match members:
            case Ref(arguments=(low, high)) if self.of.counts(members):
                return self.within(element, low, high, environment)
            case Ref(to=Definition() as to, arguments=arguments) if to not in environment:
                meant = self.home.binding.meaning(to)
                if isinstance(meant, Definition) and (self.of.inlined(meant) or self.filters(meant)):
                    operator = Operator(meant.parameters, meant.body, {})
                    atom = Parameter(element.span, "element")
                    inner = self.of.entered(operator, arguments, environment)
                    inner[atom] = Local(self.code.atom(self.of.stored(element, environment)))
                    return self.membership(Ref(element.span, atom), meant.body, inner)
            case SetOf(items=items) if items:
                return self.one_of(self.code.atom(self.of.value(element, environment)), items, environment)
            case SetFilter(bound=bound, body=body) if self.of.may_be_lazy(bound.domain, environment):
                # Where TLC has the elements of the domain, it tests them all; here it tests this one.
                name = self.code.atom(self.of.stored(element, environment))
                inner = dict(environment)
                atom = Parameter(element.span, "element")
                found = self.membership(Ref(element.span, atom), bound.domain, {**inner, atom: Local(name)})

                def rest() -> str:
                    self.of.bind(bound, name, inner)
                    return self.truth(body, inner)

                return self.code.choice(found, rest, lambda: "False")
            case Builtin(operator="DOMAIN", arguments=(f,)):
                code = self.code.atom(self.of.value(element, environment))
                function = self.code.named(self.of.value(f, environment))
                return (
                    f"({code} in {function}.domain.index or contains(domain({function}), {code})"
                    f" if {function}.__class__ is Function else contains(domain({function}), {code}))"
                )
        code = self.code.atom(self.of.value(element, environment))
        whole = self.code.named(self.of.value(members, environment))
        return f"({self.among(code, whole)} if {whole}.__class__ is frozenset else contains({whole}, {code}))"

    def filters(self, to: Definition) -> bool:
        """Whether it is {x \\in S : P(x)}: to test one element is less than to find all."""
        again = to.recursive or self.home.binding.is_drawn(to)
        return isinstance(to.body, SetFilter) and not again

    def within(self, element: Expr, low: Any, high: Any, environment: Environment) -> str:
        """element \\in low..high"""
        code = self.code.atom(self.of.value(element, environment))
        bounds = [self.code.atom(self.of.value(bound, environment)) for bound in (low, high)]
        if not (self.of.is_number(low, environment) and self.of.is_number(high, environment)):
            return f"within({code}, {bounds[0]}, {bounds[1]})"
        compared = f"{bounds[0]} <= {code} <= {bounds[1]}"
        if self.of.is_number(element, environment):
            return f"({compared})"
        return f"({compared} if {class_of(code)} is int else within({code}, {bounds[0]}, {bounds[1]}))"

    def among(self, code: str, members: str) -> str:
        """Membership in a frozenset: what is not in it may be of a kind that cannot be."""
        name = self.code.atom(code)
        return f"({name} in {members} or unlike_members({members}, {name}))"

    def one_of(self, code: str, items: tuple[Expr, ...], environment: Environment) -> str:
        """Membership in a set whose elements are written down."""
        members = [self.code.atom(self.of.value(item, environment)) for item in items]
        if all(class_of(member) == "str" for member in members):
            found = f"{code} in ({', '.join(members)},)"
            return f"({found} or {class_of(code)} is not str and unlike({code}, {members[0]}))"
        tests = [
            f"{code} == {member} or {class_of(code)} is not {class_of(member)} and unlike({code}, {member})"
            for member in members
        ]
        return f"({' or '.join(tests)})"
