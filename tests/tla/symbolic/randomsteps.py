r"""Random modules with actions of the symbolic fragment, as TLA+ text.

What is tried above all: how a new value is said (x' = e, x' \in s, UNCHANGED, in a LET, behind a parameter,
in a \/ or an IF), and parameters that stand for constants, for variables or for what is made of them, and
that are primed.
"""

from __future__ import annotations

from random import Random

HEAD = r"""
CONSTANTS S, T, Q
ASSUME S # {} /\ Q # {} /\ Q \subseteq SUBSET S /\ T \subseteq Nat /\ 0 \in T
VARIABLES x, y, m
TypeOK == x \in SUBSET S /\ y \in BOOLEAN /\ m \in T
"""

VARIABLES = ("x", "y", "m")

ARGUMENTS = {
    "v": ("x", "x", "{}", "{c}", "x \\cup {c}", "S \\ x"),
    "w": ("y", "y", "~y", "TRUE", "c \\in x", "0 < m"),
    "n": ("m", "m", "0", "u"),
}
"""What the parameters stand for: sets, truths and elements of T, in the words of Next."""

PARAMETER = {"x": "v", "y": "w", "m": "n"}


class Actions:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.arguments: dict[str, str] = {}
        self.assigned: list[str] = []

    def choose(self, *choices: str) -> str:
        return self.random.choice(choices)

    # --- values, by the variable that they are for ------------------------------------------------------

    def value(self, variable: str) -> str:
        """In the words of the action: its parameters, c, variables, and what is assigned already."""
        parameter = PARAMETER[variable]
        known = [variable, parameter]
        if variable in self.assigned:
            known += [f"{variable}'", *([f"{parameter}'"] if self.is_readable(parameter) else [])]
        one = self.random.choice(known)
        match variable:
            case "x":
                return self.choose(
                    one, "{}", "{c}", f"({one} \\cup {{c}})", f"({one} \\ {{c}})", f"(S \\ {one})"
                )
            case "y":
                return self.choose(
                    one, f"(~{one})", "(c \\in x)", "(c \\in v)", "(x = {})", "(0 < m)", "(u <= n)"
                )
        return self.choose(one, "0", "u")

    def is_readable(self, parameter: str) -> bool:
        """Whether all that it stands for is assigned, so that it may be primed."""
        words = self.arguments[parameter].replace("(", " ").split()
        return all(name in self.assigned for name in VARIABLES if any(name in word for word in words))

    # --- actions ----------------------------------------------------------------------------------------

    def assignment(self, variable: str) -> str:
        same = self.arguments[PARAMETER[variable]] == variable
        name = self.choose(variable, PARAMETER[variable]) if same else variable
        a, b = self.value(variable), self.value(variable)
        among = {"x": self.choose(f"SUBSET {a}", "Q", f"({{{a}}} \\cup Q)"), "y": "BOOLEAN", "m": "T"}[
            variable
        ]
        return self.choose(
            f"{name}' = {a}",
            f"{name}' = {a}",
            f"UNCHANGED {name}",
            f"UNCHANGED <<{name}>>",
            f"{name}' \\in {{{a}, {b}}}",
            f"{name}' \\in {among}",
            f"({name}' = {a} \\/ {name}' = {b})",
            f"(IF {self.value('y')} THEN {name}' = {a} ELSE UNCHANGED {name})",
            f"(LET z == {a} IN {name}' = z)",
            f"(LET z == {name} IN z' = {a})",
            f"(LET z(k) == k' = {a} IN z({name}))",
        )

    def way(self) -> str:
        self.assigned = []
        parts = [self.value("y") for _ in range(self.random.randrange(2))]
        for variable in self.random.sample(VARIABLES, 3):
            parts.append(self.assignment(variable))
            self.assigned.append(variable)
        parts += [self.value("y") for _ in range(self.random.randrange(2))]
        return " /\\ ".join(parts)

    def action(self, place: int) -> tuple[str, str]:
        """The definition, and the disjunct of Next."""
        self.arguments = {name: self.random.choice(choices) for name, choices in ARGUMENTS.items()}
        ways = " \\/ ".join(f"({self.way()})" for _ in range(self.random.choice([1, 1, 2])))
        call = f"A{place}(c, u, {', '.join(self.arguments.values())})"
        bounds = self.choose("c \\in S, u \\in T", "c \\in x, u \\in T", "c \\in S : \\E u \\in {0, m}")
        return f"A{place}(c, u, v, w, n) == {ways}", f"(\\E {bounds} : {call})"

    def conjunct(self) -> str:
        plain = self.choose("y", "~y", "x = {}", "0 < m", "m = 0", "\\A s \\in S : s \\in x")
        other = self.choose("y", "~y", "x = {}", "0 < m", "x # S")
        return self.choose(plain, f"({plain} => {other})", f"({plain} \\/ {other})")


def random_module(seed: str) -> str:
    random = Random(seed)
    made = Actions(random)
    definitions, disjuncts = zip(*(made.action(place) for place in range(random.choice([1, 2]))), strict=True)
    invariant = "".join(f" /\\ ({made.conjunct()})" for _ in range(random.choice([1, 2])))
    lines = [
        "---- MODULE Steps ----",
        "EXTENDS Naturals",
        HEAD,
        "Init == x = {} /\\ y = FALSE /\\ m = 0",
        *definitions,
        "Next == " + " \\/ ".join(disjuncts),
        f"Inductive == TypeOK{invariant}",
        "====",
        "",
    ]
    return "\n".join(lines)
