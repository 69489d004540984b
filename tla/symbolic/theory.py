"""What a module declares, as logic: the sorts of its constants, the shapes of its variables, its axioms.

    ASSUME S # {}                 a constant set: a sort (sorts are not empty, so this must be said)
    ASSUME S \\subseteq Nat       its elements are ordered; nothing else of numbers is read of it
    ASSUME 0 \\in S               it has a least element, which is 0 (then S # {} need not be said)
    ASSUME Q \\subseteq SUBSET S  its elements are sets of elements of S
    ASSUME c \\in S               a constant element
    TypeOK: x \\in T              the shape of a variable; strings that stand together in T are an enumeration

That loses nothing. Every value of the constants is a model of the axioms; and a finite model of them is a
value of the constants, because a finite order is that of a set of natural numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ..errors import Span, TlaError
from ..instances import Module
from ..library import MODULES
from ..syntax import Builtin, Constant, Definition, Expr, Literal, Native, Ref, SetOf, Variable
from . import logic
from .logic import TRUTH, Application, Formula, Sort, Symbol, Truth
from .solver import Solver
from .translation import State, Translator, conjuncts
from .values import Shape, Sorts, Value

EXCLUSION_SECONDS, EXCLUSION_EFFORT = 10.0, 4_000_000
"""For whether two guards exclude each other. The effort, by z3's own count, is spent first."""


class Theory:
    """The sorts, shapes and axioms of a module, of which `types` names the definition of the types."""

    def __init__(self, module: Module, types: str = "TypeOK") -> None:
        self.module = module
        self.sorts = Sorts({}, {}, {}, {})
        self.constants: dict[str, Value] = {}
        self.plain: list[Sort] = []
        """The constant sets, in the order of the text."""
        self.elements: dict[str, Sort] = {}
        """The sorts of the constant elements."""
        self._inferring = False
        self._declarations: set[Expr] = set()
        self._classify()
        self.shapes: dict[str, Shape] = {}
        self._infer(types)
        self._solver = Solver()
        self.axioms: tuple[Formula, ...] = tuple(self._axioms_of_sorts())
        self.axioms += tuple(self._assumptions())

    def is_impossible(self, formula: Formula) -> bool:
        """Whether z3 finds soon that it cannot hold, in no state, whatever its variables stand for."""
        if isinstance(formula, Truth):
            return not formula.value
        question = self._solver.question((*self.axioms, formula))
        return question.ask(EXCLUSION_SECONDS, EXCLUSION_EFFORT) == "unsat"

    # --- states ---------------------------------------------------------------------------------------

    def state(self) -> State:
        """A state of which nothing is known but the shapes of its variables."""
        return {
            variable.name: self.sorts.symbolic(variable.name, self.shapes[variable.name], variable.span)
            for variable in self.module.variables
        }

    def symbols(self) -> Iterator[Symbol]:
        """The symbols that say all of the constants and of a state."""
        yield from (Symbol(name, (), sort) for name, sort in self.elements.items())
        yield from (zero.symbol for zero in self.sorts.zeros.values())
        yield from self.sorts.below.values()
        yield from (term.symbol for texts in self.sorts.texts.values() for term in texts.values())
        yield from (symbol for symbol, _ in self.sorts.members.values())
        for variable in self.module.variables:
            yield from self.sorts.symbols(variable.name, self.shapes[variable.name], variable.span)

    def all_sorts(self) -> tuple[Sort, ...]:
        return (*self.plain, *self.sorts.texts)

    def definition(self, name: str) -> Definition:
        found = self.module.definitions.get(name)
        if not isinstance(found, Definition):
            raise TlaError(f"{self.module.file}: module `{self.module.name}` defines no `{name}`")
        if found.arity:
            raise TlaError(f"`{name}` has parameters, expected a definition without", found.span)
        return found

    # --- constants --------------------------------------------------------------------------------------

    def _classify(self) -> None:
        said = [part for a in self.module.assumptions for part in conjuncts(a.expression)]
        constants = [c for c in self.module.constants if not c.arity]
        names = {c: Sort(c.name) for c in constants}
        elements: dict[Constant, Sort] = {}
        inhabited: set[Constant] = set()
        sets: list[tuple[Constant, Constant]] = []
        for part in said:
            match part:
                case Builtin(
                    operator="\\subseteq", arguments=(Ref(to=Constant() as c), Ref(to=Native() as n))
                ) if n is MODULES["Naturals"]["Nat"] or n.name == "Nat":
                    sort = names[c]
                    self.sorts.below[sort] = Symbol(f"{c.name}<=", (sort, sort), TRUTH)
                case Builtin(
                    operator="\\subseteq",
                    arguments=(
                        Ref(to=Constant() as c),
                        Builtin(operator="SUBSET", arguments=(Ref(to=Constant() as of),)),
                    ),
                ):
                    sets.append((c, of))
                case Builtin(operator="\\in", arguments=(Literal(value=0), Ref(to=Constant() as c))):
                    self.sorts.zeros[names[c]] = Application(Symbol(f"{c.name}.0", (), names[c]))
                    inhabited.add(c)
                case Builtin(operator="\\in", arguments=(Ref(to=Constant() as c), Ref(to=Constant() as of))):
                    elements[c] = names[of]
                    inhabited.add(of)
                case (
                    Builtin(operator="#", arguments=(Ref(to=Constant() as c), SetOf(items=())))
                    | Builtin(operator="#", arguments=(SetOf(items=()), Ref(to=Constant() as c)))
                ):
                    inhabited.add(c)
                case _:
                    continue
            self._declarations.add(part)
        for c, of in sets:
            symbol = Symbol(f"{c.name}.has", (names[c], names[of]), TRUTH)
            self.sorts.members[names[c]] = (symbol, names[of])
        for c in constants:
            if c in elements:
                self.constants[c.name] = Application(Symbol(c.name, (), elements[c]))
                self.elements[c.name] = elements[c]
                continue
            if c not in inhabited:
                raise TlaError(
                    f"the constant set `{c.name}` may be empty, which a sort of first-order logic is not; "
                    f"expected ASSUME {c.name} # {{}}",
                    c.span,
                )
            self.plain.append(names[c])
            self.constants[c.name] = self.sorts.whole(names[c])
        for sort in set(self.sorts.zeros) - set(self.sorts.below):
            raise TlaError(f"{self.module.file}: 0 \\in {sort.name} without {sort.name} \\subseteq Nat")

    def _assumptions(self) -> Iterator[Formula]:
        translator = Translator(self, {})
        for assumption in self.module.assumptions:
            for part in conjuncts(assumption.expression):
                if part not in self._declarations:
                    yield translator.formula(part)

    # --- types ------------------------------------------------------------------------------------------

    def enumeration(self, texts: frozenset[str]) -> Sort | None:
        """The sort of these strings. TypeOK declares it; elsewhere, the one that has them all."""
        for sort, known in self.sorts.texts.items():
            if texts == known.keys():
                return sort
        if self._inferring:
            sort = Sort("{" + ", ".join(f'"{text}"' for text in sorted(texts)) + "}")
            self.sorts.texts[sort] = {
                text: Application(Symbol(f'"{text}"', (), sort)) for text in sorted(texts)
            }
            return sort
        found = [sort for sort, known in self.sorts.texts.items() if texts <= known.keys()]
        return found[0] if len(found) == 1 else None

    def _infer(self, types: str) -> None:
        self._inferring = True
        translator = Translator(self, {})
        for part in self._unfolded(self.definition(types).body):
            match part:
                case Builtin(operator="\\in", arguments=(Ref(to=Variable(name=name)), members)):
                    found = translator.members(members, {})
                    if found.element is None:
                        raise TlaError(f"the sort of `{name}` cannot be told from this", members.span)
                    self.shapes.setdefault(name, found.element)
                case Builtin(operator="\\subseteq", arguments=(Ref(to=Variable(name=name)), members)):
                    found = translator.members(members, {})
                    self.shapes.setdefault(name, self.sorts.shape(found))  # type: ignore[arg-type]
        self._inferring = False
        for variable in self.module.variables:
            if variable.name not in self.shapes:
                raise TlaError(
                    f"`{types}` says no type for `{variable.name}`; expected {variable.name} \\in ...",
                    variable.span,
                )
            self.sorts.symbolic(variable.name, self.shapes[variable.name], variable.span)
            list(self.sorts.symbols(variable.name, self.shapes[variable.name], variable.span))

    def _unfolded(self, node: Expr) -> Iterator[Expr]:
        """The conjuncts, with those of definitions among them."""
        for part in conjuncts(node):
            if isinstance(part, Ref) and isinstance(part.to, Definition) and not part.to.arity:
                yield from self._unfolded(part.to.body)
            else:
                yield part

    # --- axioms of sorts --------------------------------------------------------------------------------

    def _axioms_of_sorts(self) -> Iterator[Formula]:
        spans = {c.name: c.span for c in self.module.constants}
        for sort, below in self.sorts.below.items():
            span = spans[sort.name]
            yield from total_order(sort, below, self.sorts.zeros.get(sort), span)
        for sort, texts in self.sorts.texts.items():
            yield from enumeration(sort, tuple(texts.values()), self.module.variables[0].span)


def total_order(sort: Sort, below: Symbol, zero: logic.Term | None, span: Span) -> Iterator[Formula]:
    x, y, z = (logic.variable(name, sort) for name in "xyz")

    def least(a: logic.Term, b: logic.Term) -> Formula:
        return Application(below, (a, b))

    def always(variables: tuple[logic.Variable, ...], *alternatives: Formula) -> Formula:
        return logic.quantified(True, variables, logic.disjunction(alternatives), span)

    yield always((x, y), least(x, y), least(y, x))
    yield logic.Quantified(
        True,
        (x, y),
        logic.disjunction((logic.negation(least(x, y)), logic.negation(least(y, x)), logic.equality(x, y))),
        span,
    )
    yield always((x, y, z), logic.negation(least(x, y)), logic.negation(least(y, z)), least(x, z))
    if zero is not None:
        yield always((x,), least(zero, x))


def enumeration(sort: Sort, elements: tuple[Application, ...], span: Span) -> Iterator[Formula]:
    """The elements are different, and all that there are."""
    for a, b in itertools.combinations(elements, 2):
        yield logic.negation(logic.equality(a, b))
    x = logic.variable("x", sort)
    one_of = logic.disjunction(logic.equality(x, element) for element in elements)
    yield logic.quantified(True, (x,), one_of, span)
