"""Random formulas of the symbolic fragment, as TLA+ text, and a module that declares what they are about.

Everything is well-typed: what has other types is refused, which is tested elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

DECLARATIONS = r"""
CONSTANTS S, T, Q, c
ASSUME S # {} /\ Q # {} /\ Q \subseteq SUBSET S /\ T \subseteq Nat /\ 0 \in T /\ c \in S
VARIABLES p, r, f, h, b, e, t, k
TypeOK ==
    /\ p \in SUBSET S
    /\ r \in SUBSET (S \X T)
    /\ f \in [S -> T]
    /\ h \in [T -> SUBSET S]
    /\ b \in [S -> BOOLEAN]
    /\ e \in {"a", "b", "c"}
    /\ t \in T
    /\ k \in S \X T
"""

LONGEST = 1500

VARIABLES = ("p", "r", "f", "h", "b", "e", "t", "k")


def module(formulas: Sequence[str]) -> str:
    """A module that defines them as F0, F1, ..."""
    defined = "".join(f"F{place} == {formula}\n" for place, formula in enumerate(formulas))
    return f"---- MODULE Random ----\nEXTENDS Naturals\n{DECLARATIONS}\n{defined}====\n"


class Formulas:
    """Makes formulas that mention no variables but these two, and perhaps Q."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables = random.sample(VARIABLES, 2)
        self.in_s: list[str] = []
        """Bound variables in sight that are elements of S; the others likewise."""
        self.in_t: list[str] = []
        self.in_q: list[str] = []
        self.count = 0

    def one_of(self, depth: int, plain: Sequence[str], made: Sequence[Callable[[int], str]]) -> str:
        if depth <= 0 or not made or (plain and self.random.random() < 0.3):
            return self.random.choice(plain)
        return self.random.choice(made)(depth - 1)

    def mentioned(self, *names: str) -> list[str]:
        return [name for name in names if name in self.variables]

    def new(self, sort: str) -> str:
        self.count += 1
        return f"{sort}{self.count}"

    # --- formulas -------------------------------------------------------------------------------------

    def formula(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.3:
            return self.atom(max(depth, 0))
        often = [self.joined, self.quantified, self.quantified, self.over_pairs]
        made = [*often, *often, self.negated, self.chosen, self.local, self.case]
        return self.random.choice(made)(depth - 1)

    def joined(self, depth: int) -> str:
        operator = self.random.choice(["/\\", "\\/", "=>", "<=>", "=", "#"])
        return f"(({self.formula(depth)}) {operator} ({self.formula(depth)}))"

    def negated(self, depth: int) -> str:
        return f"~({self.formula(depth)})"

    def chosen(self, depth: int) -> str:
        return f"(IF {self.formula(depth)} THEN {self.formula(depth)} ELSE {self.formula(depth)})"

    def case(self, depth: int) -> str:
        return f"(CASE {self.formula(depth)} -> {self.formula(depth)} [] OTHER -> {self.formula(depth)})"

    def local(self, depth: int) -> str:
        name = self.new("Local")
        value, argument = self.bound("s", self.in_s, lambda: self.formula(depth))
        return f"(LET {name}({value}) == {argument} IN {name}({self.s(depth)}) \\/ {name}({self.s(depth)}))"

    def bound(self, sort: str, names: list[str], make: Callable[[], str]) -> tuple[str, str]:
        """A new bound variable, and what is made where it is in sight."""
        name = self.new(sort)
        names.append(name)
        made = make()
        names.pop()
        return name, made

    def quantified(self, depth: int) -> str:
        sign = self.random.choice(["\\A", "\\E"])
        sort = self.random.choice(["s", "s", "t", "t", "q"])
        if sort == "q":
            domain, names = "Q", self.in_q
        else:
            domain = self.set_s(depth - 1) if sort == "s" else self.set_t(depth - 1)
            names = self.in_s if sort == "s" else self.in_t
        name, body = self.bound(sort, names, lambda: self.formula(depth))
        return f"({sign} {name} \\in {domain} : {body})"

    def over_pairs(self, depth: int) -> str:
        sign, domain = self.random.choice(["\\A", "\\E"]), self.pairs(depth - 1)

        def body() -> str:
            second, made = self.bound("t", self.in_t, lambda: self.formula(depth))
            return f"{second}>> \\in {domain} : {made}"

        first, rest = self.bound("s", self.in_s, body)
        return f"({sign} <<{first}, {rest})"

    def atom(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            lambda d: f"({self.s(d)} = {self.s(d)})",
            lambda d: f"({self.s(d)} \\in {self.set_s(d)})",
            lambda d: f"({self.t(d)} {self.random.choice(['<', '<=', '>', '>=', '=', '#'])} {self.t(d)})",
            lambda d: f"({self.t(d)} \\notin {self.set_t(d)})",
            lambda d: (
                f"({self.set_s(d)} {self.random.choice(['=', '#', chr(92) + 'subseteq'])} {self.set_s(d)})"
            ),
            lambda d: self.compared(self.set_t, d),
            lambda d: f"({self.pair(d)} \\in {self.pairs(d)})",
            lambda d: self.compared(self.pairs, d),
            lambda d: f"({self.set_s(d)} \\in Q)",
        ]
        if "b" in self.variables:
            made += [lambda d: f"b[{self.s(d)}]"] * 3
        if "e" in self.variables:
            made += [lambda d: f"(e = {self.text(d)})", lambda d: f'(e \\in {{"a", {self.text(d)}}})']
        if "f" in self.variables:
            made += [lambda d: f"({self.f(d)} = {self.f(d)})"]
        if "h" in self.variables:
            made += [lambda d: f"([h EXCEPT ![{self.t(d)}] = {self.set_s(d)}] = h)"]
        return self.random.choice(made)(depth)

    def compared(self, make: Callable[[int], str], depth: int) -> str:
        operator = self.random.choice(["=", "#", "\\subseteq"])
        return f"({make(depth)} {operator} {make(depth)})"

    # --- elements -------------------------------------------------------------------------------------

    def s(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            lambda d: f"(IF {self.formula(d)} THEN {self.s(d)} ELSE {self.s(d)})",
            lambda d: f"({self.pair(d)})[1]",
        ]
        return self.one_of(depth, ["c", *self.in_s, *self.in_s], made)

    def t(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            lambda d: f"(IF {self.formula(d)} THEN {self.t(d)} ELSE {self.t(d)})",
            lambda d: f"({self.pair(d)})[2]",
        ]
        if "f" in self.variables:
            made += [lambda d: f"({self.f(d)})[{self.s(d)}]"] * 3
        return self.one_of(depth, ["0", *self.mentioned("t"), *self.in_t, *self.in_t], made)

    def pair(self, depth: int) -> str:
        if "k" in self.variables and self.random.random() < 0.5:
            return "k"
        return f"<<{self.s(depth - 1)}, {self.t(depth - 1)}>>"

    def text(self, depth: int) -> str:
        return self.random.choice(['"a"', '"b"', '"c"', f'(IF {self.formula(depth)} THEN "c" ELSE "a")'])

    def f(self, depth: int) -> str:
        """A function from S to T."""

        def made(d: int) -> str:
            name, body = self.bound("s", self.in_s, lambda: self.t(d))
            return f"[{name} \\in S |-> {body}]"

        changed: Callable[[int], str] = lambda d: f"[f EXCEPT ![{self.s(d)}] = {self.t(d)}]"  # noqa: E731
        return self.one_of(depth, ["f"], [made, changed])

    # --- sets -----------------------------------------------------------------------------------------

    def set_s(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            *[lambda d: self.combined(self.set_s, d)] * 2,
            lambda d: f"{{{self.s(d)}, {self.s(d)}}}",
            lambda d: self.filter("s", self.in_s, self.set_s, d),
            lambda d: self.image("s", self.in_s, self.set_s, self.s, d),
            lambda d: f"(IF {self.formula(d)} THEN {self.set_s(d)} ELSE {self.set_s(d)})",
            lambda d: f"UNION {{{self.set_s(d)}, {self.set_s(d)}}}",
        ]
        if "h" in self.variables:
            made += [lambda d: f"h[{self.t(d)}]", lambda d: f"UNION {{h[t0] : t0 \\in {self.set_t(d)}}}"]
        return self.one_of(depth, ["S", "{}", "{c}", *self.mentioned("p"), *self.in_q, *self.in_q], made)

    def set_t(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            lambda d: self.combined(self.set_t, d),
            lambda d: self.filter("t", self.in_t, self.set_t, d),
            lambda d: self.image("s", self.in_s, self.set_s, self.t, d),
        ]
        return self.one_of(depth, ["T", "{0}"], made)

    def pairs(self, depth: int) -> str:
        made: list[Callable[[int], str]] = [
            lambda d: f"({self.set_s(d)} \\X {self.set_t(d)})",
            lambda d: self.combined(self.pairs, d),
            lambda d: f"{{{self.pair(d)}}}",
            lambda d: self.image("s", self.in_s, self.set_s, self.pair, d),
        ]
        return self.one_of(depth, self.mentioned("r") or ["(S \\X T)"], made)

    def combined(self, make: Callable[[int], str], depth: int) -> str:
        operator = self.random.choice(["\\cup", "\\cap", "\\"])
        return f"({make(depth)} {operator} {make(depth)})"

    def filter(self, sort: str, names: list[str], domain: Callable[[int], str], depth: int) -> str:
        outside = domain(depth)
        name, body = self.bound(sort, names, lambda: self.formula(depth))
        return f"{{{name} \\in {outside} : {body}}}"

    def image(
        self,
        sort: str,
        names: list[str],
        domain: Callable[[int], str],
        make: Callable[[int], str],
        depth: int,
    ) -> str:
        outside = domain(depth)
        name, body = self.bound(sort, names, lambda: make(depth))
        return f"{{{body} : {name} \\in {outside}}}"


def random_formula(seed: str, depth: int = 4) -> str:
    """The formula of that seed, about some variable; most are several at once, or few were unsatisfiable."""
    random = Random(seed)
    while True:
        formulas = Formulas(random)
        made = " /\\ ".join(f"({formulas.formula(depth)})" for _ in range(random.choice([1, 2, 3, 4, 5])))
        if any(re.search(rf"\b{name}\b", made) for name in VARIABLES) and len(made) < LONGEST:
            return made
