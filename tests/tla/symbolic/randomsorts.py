r"""Random modules of many sorts, as TLA+ text.

Sets of sets over one base and over others, orders, enumerations that overlap, functions of functions,
relations. One grammar makes all: `value` makes the text of a value of a type. Now and then it makes one of a
type that is akin (another set of sets, another string, a number that no constant has): such text must be
refused or decided as it is evaluated. Operators that take variables, primes and sets are in HEAD.
"""

from __future__ import annotations

from random import Random

Type = str | tuple[str, "Type"] | tuple[str, "Type", "Type"]
"""A set of TEXT, or ("SUBSET", of), or (operator, left, right) with \\X or ->."""

HEAD = r"""
CONSTANTS S, R, T, U, Q, O, P, c, d, u, q, o, p
ASSUME T \subseteq Nat /\ 0 \in T /\ U \subseteq Nat
ASSUME Q \subseteq SUBSET S /\ O \subseteq SUBSET S /\ P \subseteq SUBSET R
ASSUME c \in S /\ d \in R /\ u \in U /\ q \in Q /\ o \in O /\ p \in P
Set(v, e) == v' = e
Deep(v, e) == LET Inner(w) == Set(w, e) IN Inner(v)
Among(v, s) == v' \in s
Either(v, e, f) == Set(v, e) \/ Deep(v, f)
Kept(v) == UNCHANGED v
Same(v) == Kept(<<v>>)
After(e) == e'
Later(e) == After(e)
Is(e) == e
Has(e, s) == Is(e) \in s
Pick(b, e, f) == IF b THEN Is(e) ELSE f
"""

TEXT = {
    "S": "S", "R": "R", "T": "T", "U": "U", "Q": "Q", "O": "O", "P": "P",
    "E": '{"a", "b"}', "F": '{"b", "c"}', "B": "BOOLEAN",
}  # fmt: skip

PLAIN: dict[Type, list[str]] = {
    "S": ["c"], "R": ["d"], "T": ["0"], "U": ["u"], "Q": ["q"], "O": ["o"], "P": ["p"],
    "E": ['"a"', '"b"'], "F": ['"b"', '"c"'], "B": ["TRUE", "FALSE"],
}  # fmt: skip

ORDERED = ("T", "U")
SETS: dict[Type, str] = {"Q": "S", "O": "S", "P": "R"}
BASES = ("S", "R", "T", "U", "E", "F", "B")
"""What relations and the domains of functions are made of."""

AKIN: dict[Type, list[Type | str]] = {
    "S": ["R"], "R": ["S"], "T": ["U", "1", "2", "7"], "U": ["T", "0", "5"],
    "Q": ["O", "P", ("SUBSET", "S")], "O": ["Q", ("SUBSET", "S")], "P": ["Q", ("SUBSET", "R")],
    "E": ["F", '"z"'], "F": ["E", '"z"'], ("SUBSET", "S"): ["Q", "O"], ("SUBSET", "R"): ["P"],
    ("SUBSET", "E"): [("SUBSET", "F")], ("SUBSET", "Q"): [("SUBSET", "O")],
    ("SUBSET", "T"): [("SUBSET", "U")],
}  # fmt: skip

SLIP = 0.04
"""How often a value is of a type that is akin to the one wanted."""

VARIABLES: tuple[Type, ...] = (
    "Q", "O", "P", "Q", "O", "E", "F", "E", "T", "U", "S", "B",
    ("SUBSET", "S"), ("SUBSET", "S"), ("SUBSET", "R"), ("SUBSET", "T"), ("SUBSET", "E"),
    ("SUBSET", ("\\X", "S", "T")), ("\\X", "S", "E"), ("\\X", "Q", "T"),
    ("->", "S", "B"), ("->", "S", "T"), ("->", "R", "E"), ("->", "E", "Q"), ("->", "S", ("SUBSET", "R")),
    ("->", "E", "F"), ("->", "E", ("->", "B", "S")), ("->", "B", "O"),
)  # fmt: skip
"""The types of variables; each has few values."""


def shown(type: Type) -> str:
    """The set of its values."""
    match type:
        case str():
            return TEXT[type]
        case ("SUBSET", of):
            return f"SUBSET ({shown(of)})"
        case ("->", left, right):
            return f"[{shown(left)} -> {shown(right)}]"
        case (operator, left, right):
            return f"(({shown(left)}) {operator} ({shown(right)}))"
    raise AssertionError(type)


class Maker:
    """Makes text in which the `names` may stand, each for a value of its type."""

    def __init__(self, random: Random, slip: float = SLIP) -> None:
        self.random = random
        self.slip = slip
        self.names: list[tuple[str, Type]] = []
        self.count = 0

    def choose(self, *choices: str) -> str:
        return self.random.choice(choices)

    def under(self, type: Type, made: Type, depth: int) -> tuple[str, str]:
        """A new name for a value of one type, and a value of the other, in which it may stand."""
        self.count += 1
        name = f"x{self.count}"
        self.names.append((name, type))
        inner = self.value(made, depth)
        self.names.pop()
        return name, inner

    def set(self, of: Type, depth: int) -> str:
        return shown(of) if self.random.random() < 0.5 else self.value(("SUBSET", of), depth)

    # --- values -----------------------------------------------------------------------------------------

    def value(self, type: Type, depth: int) -> str:
        if self.random.random() < self.slip and type in AKIN:
            other = self.random.choice(AKIN[type])
            if isinstance(other, str) and other not in TEXT:
                return other
            type = other
        near = [name for name, known in self.names if known == type]
        if near and (depth <= 0 or self.random.random() < 0.5):
            return self.random.choice(near)
        if depth > 0 and self.random.random() < 0.35:
            return self.any(type, depth - 1)
        match type:
            case "B":
                return self.formula(depth - 1) if depth > 0 else self.choose(*PLAIN[type])
            case str():
                return self.random.choice(PLAIN[type])
            case ("SUBSET", of):
                return self.members(of, depth - 1)
            case ("\\X", left, right):
                return f"<<{self.value(left, depth - 1)}, {self.value(right, depth - 1)}>>"
            case ("->", left, right):
                if near and depth > 0:
                    return self.excepted(self.random.choice(near), left, right, depth - 1)
                name, body = self.under(left, right, depth - 1)
                return f"[{name} \\in {shown(left)} |-> {body}]"
        raise AssertionError(type)

    def any(self, type: Type, depth: int) -> str:
        """What may be of any type."""
        a, b = self.value(type, depth), self.value(type, depth)
        test = self.value("B", depth)
        name, body = self.under(type, type, depth)
        return self.choose(
            f"(IF {test} THEN {a} ELSE {b})",
            f"(CASE {test} -> {a} [] ~({test}) -> {b} [] OTHER -> {a})",
            f"(LET {name} == {a} IN {body})",
            f"(LET L{name}({name}) == {body} IN L{name}({b}))",
            f"Pick({test}, {a}, {b})",
            self.applied(type, depth) or f"Is({a})",
        )

    def applied(self, type: Type, depth: int) -> str | None:
        """What a function in sight, or a part of a tuple, is."""
        found = []
        for name, known in self.names:
            match known:
                case ("->", left, right) if right == type:
                    found.append(f"{name}[{self.value(left, depth)}]")
                case ("\\X", left, right) if type in (left, right):
                    found.append(f"{name}[{1 if left == type else 2}]")
        return self.random.choice(found) if found else None

    def excepted(self, function: str, left: Type, right: Type, depth: int) -> str:
        self.names.append(("@", right))
        new = self.value(right, depth)
        self.names.pop()
        return f"[{function} EXCEPT ![{self.value(left, depth)}] = {new}]"

    def members(self, of: Type, depth: int) -> str:
        """A set."""
        if depth < 0:
            return self.choose("{}", shown(of), f"{{{self.value(of, 0)}}}")
        one, other = self.value(("SUBSET", of), depth), self.value(("SUBSET", of), depth)
        name, test = self.under(of, "B", depth)
        source = self.random.choice(BASES)
        index, body = self.under(source, of, depth)
        near = [name for name, known in self.names if SETS.get(known) == of]
        joins = self.choose("\\cup", "\\cap", "\\")
        return self.choose(
            f"{{{self.value(of, depth)}, {self.value(of, depth)}}}",
            f"({one} {joins} {other})",
            f"{{{name} \\in {self.set(of, depth)} : {test}}}",
            f"{{{body} : {index} \\in {self.set(source, depth)}}}",
            f"UNION {{{one}, {other}}}",
            *near,
        )

    def stranger(self, of: Type) -> str:
        """Often what may not be of the type: a number or a string, or a value of a type akin."""
        other = self.random.choice([of, *AKIN.get(of, ())])
        return other if isinstance(other, str) and other not in TEXT else self.value(other, 0)

    def formula(self, depth: int) -> str:
        types = [*dict.fromkeys(known for _, known in self.names)] or ["S"]
        type = self.random.choice(types)
        a, b = self.value(type, depth), self.value(type, depth)
        among = self.set(type, depth)
        of = self.random.choice((*BASES, "Q", "O", "P"))
        name, body = self.under(of, "B", depth)
        ordered, order = self.random.choice(ORDERED), self.choose("<", "<=", ">", ">=")
        stranger = self.stranger(of)
        first, second = self.value("B", depth), self.value("B", depth)
        left, right = self.value(("SUBSET", of), depth), self.value(("SUBSET", of), depth)
        some = self.random.choice((*SETS, ("SUBSET", "S")))
        there, compares = self.choose("\\in", "\\notin"), self.choose("\\subseteq", "=", "#")
        sign, joins = self.choose("\\A", "\\E"), self.choose("/\\", "\\/", "=>", "<=>")
        return self.choose(
            f"({a} {self.choose('=', '#')} {b})",
            f"({a} {there} {among})",
            f"Has({a}, {among})",
            f"({left} {compares} {right})",
            f"({{{stranger}}} \\subseteq {self.set(of, depth)})",
            f"({sign} {name} \\in {self.set(of, depth)} : {body})",
            f"({sign} {name} \\in {shown(of)} : {name} {there} {shown(some)})",
            f"({self.value(ordered, depth)} {order} {self.value(ordered, depth)})",
            f"({first} {joins} {second})",
            f"(~{first})",
        )


class Steps:
    """Makes Init and actions over variables x, y, ... of some types."""

    def __init__(self, random: Random, types: dict[str, Type]) -> None:
        self.random = random
        self.types = types
        self.maker = Maker(random)

    def assignment(self, name: str, target: str) -> str:
        """What says the new value of the variable; `target` stands for it, perhaps as a parameter."""
        maker, type = self.maker, self.types[name]
        a, b, test = maker.value(type, 2), maker.value(type, 2), maker.value("B", 1)
        among = maker.set(type, 2)
        akin = [shown(t) for t in AKIN.get(type, ()) if not isinstance(t, str) or t in TEXT]
        if akin and self.random.random() < 4 * SLIP:
            among = self.random.choice(akin)
        return maker.choose(
            f"{target}' = {a}",
            f"Set({target}, {a})",
            f"Deep({target}, {a})",
            f"Either({target}, {a}, {b})",
            f"UNCHANGED <<{target}>>",
            f"Same({target})",
            f"{target}' \\in {among}",
            f"Among({target}, {among})",
            f"(\\E z \\in ({shown(type)} \\cap {among}) : {target}' = z \\/ Set({target}, {a}))",
            f"(IF {test} THEN {target}' = {a} ELSE Same({target}))",
            f"(LET new == {a} IN {target}' = new)",
        )

    def action(self, place: int) -> tuple[str, str]:
        """A definition A(i, v, e), and its place in Next: v stands for a variable, e for an expression."""
        names, maker = list(self.types), self.maker
        maker.names = list(self.types.items())
        taken, of = self.random.choice(names), self.random.choice(("S", "T", "Q", "P", "E"))
        expressed: Type = self.random.choice([*self.types.values(), "S"])
        call = f"A{place}(i, {taken}, {maker.value(expressed, 1)})"
        among = maker.choose(shown(of), f"({shown(of)} \\cap {maker.set(of, 1)})")
        maker.names += [("i", of), ("v", self.types[taken]), ("e", expressed)]
        parts = [maker.value("B", 2)] if self.random.random() < 0.3 else []
        for name in self.random.sample(names, len(names)):
            parts.append(self.assignment(name, "v" if name == taken and self.random.random() < 0.5 else name))
            maker.names += [(maker.choose(f"{name}'", f"After({name})", f"Later({name})"), self.types[name])]
        said = " /\\ ".join(parts)
        return f"A{place}(i, v, e) == {said}", f"(\\E i \\in {among} : {call})"

    def initial(self) -> str:
        self.maker.names = []
        ways = {name: (f"= {self.maker.value(t, 1)}", f"\\in {shown(t)}") for name, t in self.types.items()}
        return " /\\ ".join(f"{name} {self.random.choice(way)}" for name, way in ways.items())

    def conjunct(self) -> str:
        self.maker.names = list(self.types.items())
        return self.maker.formula(self.random.choice([0, 1, 2]))


def random_module(seed: str) -> str:
    random = Random(seed)
    types = dict(zip("xy", random.sample(VARIABLES, 2), strict=True))
    made = Steps(random, types)
    definitions, calls = zip(*(made.action(place) for place in range(random.choice([1, 2]))), strict=True)
    lines = [
        "---- MODULE Sorts ----",
        "EXTENDS Naturals",
        HEAD,
        f"VARIABLES {', '.join(types)}",
        *(f"Type_{name} == {shown(type)}" for name, type in types.items()),
        "TypeOK == " + " /\\ ".join(f"{name} \\in {shown(type)}" for name, type in types.items()),
        f"Init == {made.initial()}",
        *definitions,
        "Next == " + " \\/ ".join(calls),
        "Inductive == TypeOK" + "".join(f" /\\ ({made.conjunct()})" for _ in range(random.choice([1, 2]))),
        "====",
        "",
    ]
    return "\n".join(lines)
