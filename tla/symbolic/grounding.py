"""Formulas over a finite universe as propositional clauses.

Each relation is a table of propositions, each function a table that has one proposition for each result;
quantifiers are written out. Orders, sets of sets and numbers are known, so most of what is written out is
decided at once. The writing out is done by Python code that is made for each quantifier, once.

A literal is a number as in DIMACS: proposition n holds, or (-n) does not. Formulas have negations only at
atoms, so what stands for a part of one need only imply that part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from . import logic
from .logic import (
    TRUTH,
    And,
    Application,
    Equal,
    Formula,
    Iff,
    Not,
    Or,
    Quantified,
    Sort,
    Symbol,
    Term,
    Truth,
    Variable,
)

Literal = int

TRUE: Literal = 1
"""Proposition 1 is true."""
FALSE: Literal = -1

DISJUNCTIONS = 1 << 40
"""From here on, numbers stand for disjunctions, which need no proposition of their own in clauses."""

Known = Mapping[Symbol, Mapping[tuple[int, ...], int | bool]]
"""What symbols are that are given: elements are numbers from 0 on."""


class Grounding:
    """The propositions and clauses that formulas come to over sorts of these sizes."""

    def __init__(self, sizes: Mapping[Sort, int], known: Known) -> None:
        self.sizes = {TRUTH: 2, **sizes}
        self.known = known
        self.clauses: list[list[Literal]] = [[TRUE]]
        self.propositions = 1
        self._bases: dict[Symbol, int] = {}
        self._conjunctions: dict[tuple[Literal, ...], Literal] = {}
        self._disjunctions: dict[tuple[Literal, ...], Literal] = {}
        self._listed: list[tuple[Literal, ...]] = []
        self._scope: dict[str, object] = {"any_": self.any, "all_": self.all, "clause": self.clause}
        self._made: dict[Formula, str] = {}

    # --- what is asked ----------------------------------------------------------------------------------

    def require(self, formula: Formula) -> None:
        """The formula, which has no free variables, holds."""
        for part in formula.items if isinstance(formula, And) else (formula,):
            if isinstance(part, Quantified) and part.universal:
                self._run(_Writer(self).universal_requirement(part))
            else:
                self.clause([self.literal(part)])

    def literal(self, formula: Formula, given: Mapping[Variable, int] | None = None) -> Literal:
        """What implies the formula, where variables stand for these elements; of an atom, its proposition."""
        given = given or {}
        values = {_name(variable): element for variable, element in given.items()}
        found = eval(_Writer(self).expression(formula), self._scope, values)
        assert isinstance(found, int)
        return found

    def table(self, symbol: Symbol) -> int:
        """The number of the first proposition of a relation or function; the others follow, in order."""
        if symbol not in self._bases:
            choices = prod(self.sizes[sort] for sort in symbol.arguments)
            self._bases[symbol] = self.propositions + 1
            results = 1 if symbol.result == TRUTH else self.sizes[symbol.result]
            self.propositions += choices * results
            if symbol.result != TRUTH:
                for place in range(choices):
                    first = self._bases[symbol] + place * results
                    one_of = range(first, first + results)
                    self.clauses.append(list(one_of))
                    self.clauses += [[-a, -b] for a in one_of for b in range(a + 1, first + results)]
        return self._bases[symbol]

    def propositions_of(self, symbol: Symbol) -> range:
        """The propositions of its table."""
        first = self.table(symbol)
        results = 1 if symbol.result == TRUTH else self.sizes[symbol.result]
        return range(first, first + prod(self.sizes[sort] for sort in symbol.arguments) * results)

    def dimacs(self) -> str:
        """All clauses in the format of that name."""
        lines = (" ".join(map(str, clause)) for clause in self.clauses)
        return f"p cnf {self.propositions} {len(self.clauses)}\n" + " 0\n".join(lines) + " 0\n"

    # --- clauses ----------------------------------------------------------------------------------------

    def clause(self, literals: Iterable[Literal]) -> None:
        """One of them holds."""
        alternatives = self._alternatives(literals)
        if TRUE not in alternatives:
            self.clauses.append(list(alternatives))

    def any(self, literals: Iterable[Literal]) -> Literal:
        """What stands for: one of them holds."""
        alternatives = self._alternatives(literals)
        if len(alternatives) < 2:
            return next(iter(alternatives), FALSE)
        key = tuple(sorted(alternatives))
        known = self._disjunctions.get(key)
        if known is None:
            known = self._disjunctions[key] = DISJUNCTIONS + len(self._listed)
            self._listed.append(key)
        return known

    def all(self, literals: Iterable[Literal]) -> Literal:
        """What implies that all of them hold."""
        chosen = dict.fromkeys(literals)
        if FALSE in chosen or any(-literal in chosen for literal in chosen):
            return FALSE
        chosen.pop(TRUE, None)
        if len(chosen) < 2:
            return next(iter(chosen), TRUE)
        key = tuple(sorted(chosen))
        known = self._conjunctions.get(key)
        if known is None:
            self.propositions += 1
            known = self._conjunctions[key] = self.propositions
            self.clauses += [[-known, *self._alternatives((literal,))] for literal in key]
        return known

    def _alternatives(self, literals: Iterable[Literal]) -> dict[Literal, None]:
        """The literals of a disjunction, each once; only TRUE if they cannot all be false."""
        found: dict[Literal, None] = {}
        for literal in literals:
            for each in self._listed[literal - DISJUNCTIONS] if literal >= DISJUNCTIONS else (literal,):
                if each == TRUE or -each in found:
                    return {TRUE: None}
                if each != FALSE:
                    found[each] = None
        return found

    # --- code -------------------------------------------------------------------------------------------

    def _run(self, source: str) -> None:
        exec(compile(source, "<grounding>", "exec"), self._scope)

    def function_of(self, formula: Quantified) -> str:
        """The name of a function that takes the free variables to a literal; it remembers its results."""
        name = self._made.get(formula)
        if name is None:
            name = self._made[formula] = f"q{len(self._made)}"
            self._run(_Writer(self).function(name, formula))
        return name


def _name(variable: Variable) -> str:
    return f"v{variable.number}"


class _Writer:
    """Writes the code that writes formulas out. In it, variables are elements and literals are numbers."""

    def __init__(self, grounding: Grounding) -> None:
        self.grounding = grounding

    # --- expressions ------------------------------------------------------------------------------------

    def expression(self, formula: Formula) -> str:
        """The literal of a formula."""
        fixed = self.fixed(formula)
        if fixed is not None:
            return f"({TRUE} if {fixed} else {FALSE})"
        match formula:
            case Application() | Equal() | Not():
                return self.atom(formula)
            case And(items):
                return self.joined(items, "all_", "and", FALSE)
            case Or(items):
                return self.joined(items, "any_", "or", TRUE)
            case Iff(left, right):
                ways = (
                    logic.disjunction((logic.negation(left), right)),
                    logic.disjunction((left, logic.negation(right))),
                )
                return self.expression(logic.conjunction(ways))
            case Quantified():
                arguments = ", ".join(map(_name, _free(formula)))
                return f"{self.grounding.function_of(formula)}({arguments})"
        raise AssertionError(formula)

    def joined(self, items: tuple[Formula, ...], join: str, word: str, decided: Literal) -> str:
        """A conjunction or disjunction: what is fixed may decide it."""
        fixed = [text for item in items if (text := self.fixed(item)) is not None]
        rest = [self.expression(item) for item in items if self.fixed(item) is None]
        made = f"{join}(({', '.join(rest)},))" if len(rest) > 1 else rest[0]
        if not fixed:
            return made
        test = f" {word} ".join(fixed)
        return f"({decided} if {test} else {made})" if word == "or" else f"({made} if {test} else {decided})"

    def fixed(self, formula: Formula) -> str | None:
        """The truth of a formula that is known as soon as its variables are; None for others."""
        match formula:
            case Truth(value):
                return str(value)
            case Application(symbol, arguments):
                known = self.grounding.known.get(symbol)
                places = [self.element(argument) for argument in arguments]
                if known is None or None in places:
                    return None
                return f"{self.constant(symbol)}[{', '.join(map(str, places))},]"
            case Equal(left, right):
                a, b = self.element(left), self.element(right)
                return None if a is None or b is None else f"({a} == {b})"
            case Not(atom):
                inner = self.fixed(atom)
                return None if inner is None else f"(not {inner})"
            case And(items) | Or(items):
                parts = [self.fixed(item) for item in items]
                word = " and " if isinstance(formula, And) else " or "
                return None if None in parts else "(" + word.join(map(str, parts)) + ")"
            case Iff(left, right):
                a, b = self.fixed(left), self.fixed(right)
                return None if a is None or b is None else f"({a} == {b})"
        return None

    def element(self, term: Term | Truth) -> str | None:
        """The number of the element that a term is; None if that is not known in advance."""
        match term:
            case Variable():
                return _name(term)
            case Truth(value):
                return str(value)
            case Application(symbol, arguments):
                places = [self.element(argument) for argument in arguments]
                if symbol not in self.grounding.known or None in places:
                    return None
                return f"{self.constant(symbol)}[{', '.join(map(str, places))}{',' if places else '()'}]"

    def constant(self, symbol: Symbol) -> str:
        """The name of the table of a known symbol."""
        scope = self.grounding._scope
        name = f"t{list(self.grounding.known).index(symbol)}"
        scope[name] = self.grounding.known[symbol]
        return name

    def atom(self, formula: Application | Equal | Not) -> str:
        """A relation or an equation of which not all is known, or its negation."""
        sign, atom = ("-", formula.atom) if isinstance(formula, Not) else ("", formula)
        inner = next(self.results(atom), None)
        if inner is not None:
            return self.cases(formula, inner)
        match atom:
            case Application(symbol, arguments):
                return f"{sign}{self.place(symbol, arguments, '')}"
            case Equal(left, right):
                function, other = (left, right) if self.element(left) is None else (right, left)
                assert isinstance(function, Application)
                place = self.place(function.symbol, function.arguments, str(self.element(other)))
                return f"{sign}{place}"

    def results(self, atom: Application | Equal) -> Iterator[Application]:
        """The results of functions in an atom that must be known first; of f(x) = y only y is one."""
        if isinstance(atom, Equal):
            inner = [atom.left, atom.right]
            if any(self.element(term) is not None for term in inner):
                inner = [
                    argument
                    for term in inner
                    if isinstance(term, Application) and self.element(term) is None
                    for argument in term.arguments
                    if not isinstance(argument, Truth)
                ]
            else:
                inner = inner[1:]
        else:
            inner = [argument for argument in atom.arguments if not isinstance(argument, Truth)]
        for term in inner:
            if self.element(term) is None:
                assert isinstance(term, Application)
                yield term

    def cases(self, formula: Application | Equal | Not, result: Application) -> str:
        """The formula, for each element that may be the result of a function in it."""
        variable = logic.variable("r", result.symbol.result)
        replaced = _with(formula, result, variable)
        size = self.grounding.sizes[variable.sort]
        equal = self.expression(Equal(result, variable))
        made = self.expression(replaced)
        return f"any_([all_(({equal}, {made})) for {_name(variable)} in range({size})])"

    def place(self, symbol: Symbol, arguments: Sequence[Term | Truth], result: str) -> str:
        """The number of a proposition."""
        grounding = self.grounding
        first = grounding.table(symbol)
        sizes = [grounding.sizes[sort] for sort in symbol.arguments]
        places = [str(self.element(argument)) for argument in arguments]
        if result:
            sizes.append(grounding.sizes[symbol.result])
            places.append(result)
        terms = [str(first)]
        for number, place in enumerate(places):
            factor = prod(sizes[number + 1 :])
            terms.append(f"{place} * {factor}" if factor > 1 else place)
        return "(" + " + ".join(terms) + ")"

    # --- quantifiers ------------------------------------------------------------------------------------

    def function(self, name: str, formula: Quantified) -> str:
        parameters = [_name(variable) for variable in _free(formula)]
        key = f"({', '.join(parameters)}{',' if parameters else ''})"
        join = "all_" if formula.universal else "any_"
        lines = [
            f"{name}_known = {{}}",
            f"def {name}({', '.join(parameters)}):",
            f"  found = {name}_known.get({key})",
            "  if found is not None: return found",
            "  parts = []",
            *self.loops(formula, "  ", "parts.append({})"),
            f"  found = {name}_known[{key}] = {join}(parts)",
            "  return found",
        ]
        return "\n".join(lines)

    def universal_requirement(self, formula: Quantified) -> str:
        """Code that adds a clause for each choice of the variables."""
        return "\n".join(self.loops(formula, "", "clause({})", whole=True))

    def loops(self, formula: Quantified, indent: str, take: str, whole: bool = False) -> Iterator[str]:
        """Loops over the variables. What is decided by the first of them ends their turn.

        In the innermost, `take` gets the literal, or all those of a clause if it takes the `whole`.
        """
        body = formula.body
        kind, decided, join = (Or, TRUE, "any_") if formula.universal else (And, FALSE, "all_")
        items = body.items if isinstance(body, kind) else (body,)
        left = [(item, logic.free(item).intersection(formula.variables)) for item in items]
        bound: set[Variable] = set()
        literals: list[str] = []
        for variable in (None, *self.ordered(formula)):
            if variable is not None:
                yield f"{indent}for {_name(variable)} in range({self.grounding.sizes[variable.sort]}):"
                indent += "  "
                bound.add(variable)
            leave = "continue" if variable is not None else None
            for item in [item for item, needed in left if needed <= bound]:
                fixed = self.fixed(item)
                if fixed is not None and leave:
                    yield f"{indent}if {fixed if formula.universal else f'not {fixed}'}: {leave}"
                    continue
                literals.append(f"l{len(literals)}")
                yield f"{indent}{literals[-1]} = {self.expression(item)}"
                if leave:
                    yield f"{indent}if {literals[-1]} == {decided}: {leave}"
            left = [(item, needed) for item, needed in left if not needed <= bound]
        listed = f"({', '.join(literals)}{',' if literals else ''})"
        yield indent + take.format(listed if whole else f"{join}({listed})")

    def ordered(self, formula: Quantified) -> list[Variable]:
        """The variables, those first of which the most is decided without the others."""
        body = formula.body
        items = body.items if isinstance(body, Or | And) else (body,)
        needs = [logic.free(item).intersection(formula.variables) for item in items if self.fixed(item)]
        rest = list(formula.variables)
        found: list[Variable] = []
        while rest:

            def worth(variable: Variable) -> int:
                return sum(variable in needed for needed in needs if needed - {variable} <= {*found})

            partly = max(rest, key=lambda v: (worth(v), sum(v in needed for needed in needs)))
            rest.remove(partly)
            found.append(partly)
        return found


def _free(formula: Formula) -> list[Variable]:
    return sorted(logic.free(formula), key=lambda variable: variable.number)


def _with(formula: Application | Equal | Not, term: Application, variable: Variable) -> Formula:
    """The formula with a variable in the place of a term."""

    def of(part: Term | Truth) -> Term | Truth:
        if part == term:
            return variable
        if isinstance(part, Application):
            return Application(part.symbol, tuple(map(of, part.arguments)))
        return part

    match formula:
        case Not(atom):
            return Not(_with(atom, term, variable))  # type: ignore[arg-type]
        case Equal(left, right):
            return Equal(of(left), of(right))  # type: ignore[arg-type]
    return of(formula)  # type: ignore[return-value]
