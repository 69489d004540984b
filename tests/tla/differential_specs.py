"""Random specifications over a number, a Boolean, a set of numbers, and a number of each server.

Made of templates as in differential_expressions, with more kinds: `spec`, `init`, `act`, and `number`,
`truth` and so on for what gives one variable its next value. All specifications define the same names.

Nothing depends on the variable c, so that a VIEW that leaves it out has the same counts in whatever order
states are found. For SYMMETRY, nothing may choose one of the servers: see `configuration`.
"""

from __future__ import annotations

import random
import re

from .differential_expressions import (
    ANY,
    CONSTANTS,
    LEAVES,
    SPECIAL,
    TEMPLATES,
    Generator,
    Made,
    Sight,
    Table,
    kind_of,
)

MODULE = r"""
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC
CONSTANTS A, B, Servers
VARIABLES n, b, s, w, c
Twice(a) == a + a
Big(S) == {e \in S : e > n}
Few(S) == IF Cardinality(S) <= 3 THEN S ELSE {}
Map(Op(_), S) == {Op(e) : e \in S}
Fold(Op(_, _), a, S) == IF S = {} THEN a ELSE LET e == CHOOSE e \in S : TRUE IN Op(e, a)
RECURSIVE Sum(_)
Sum(S) == IF S = {} THEN 0 ELSE LET e == CHOOSE e \in S : TRUE IN e + Sum(S \ {e})
Powers[k \in 0..4] == IF k = 0 THEN 1 ELSE Powers[k - 1] + Powers[k - 1]
Halves[k \in 0..20] == IF k < 2 THEN k ELSE 1 + Halves[k \div 2]
a %% d == (a + d) % 5
Set(k) == n' = k % 4
Turn == b' = ~b
Into(S) == s' = S \cap 0..2
Move(k, S) == Set(k) /\ Into(S)
Each(Op(_), k) == Op(k) \/ Op(k + 1)
View == <<w, s, b, n>>
Symmetry == Permutations(Servers)
"""

PARTIAL = re.compile(r"Head|Tail|CHOOSE|Assert|SubSeq|CopiesIn|Halves|\$\[|\]\[|\^|(%|div|<<) \$|\*")
"""Templates that often have no value: with many of them, searches end before they begin."""


def total(templates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(template for template in templates if not PARTIAL.search(template))


TABLE = Table(
    names={
        "n": "int",
        "b": "bool",
        "s": "set int",
        "w": "fun model int",
        "A": "model",
        "Servers": "set model",
        "Twice": "op int int",
        "Cardinality": "op set int int",
        "Sum": "op set int int",
        "Big": "op set int set int",
    },
    leaves={
        **LEAVES,
        "fun": LEAVES["fun"][:2],
        "init": ("n \\in 0..1 /\\ b \\in BOOLEAN /\\ s = {}", "n = 0 /\\ b = TRUE /\\ s = {1}"),
        "act": (
            "Set(n + 1) /\\ UNCHANGED <<b, s>>",
            "Turn /\\ UNCHANGED <<n, s>>",
            "Move(n, s) /\\ UNCHANGED b",
        ),
        "number": ("n' = ($int$) % 4", "UNCHANGED n", "n' \\in 0..1", "Set($int$)", "n' = n"),
        "truth": ("b' = $bool$", "UNCHANGED b", "b' \\in BOOLEAN", "Turn", "b' = TRUE"),
        "checks": ("no view",),
        "start": ("w = [i \\in Servers |-> 0] /\\ c = 0",),
        "next": ("$act$",),
        "inv": ("TRUE",),
        "limit": ("TRUE",),
        "votes": ("UNCHANGED w",),
        "ghost": ("UNCHANGED c", "c' = 1 - c", "c' \\in 0..1"),
        "numbers": (
            "s' = ($set int$) \\cap 0..2",
            "UNCHANGED s",
            "s' \\in {{}, s}",
            "Into($set int$)",
            "s' = {}",
        ),
    },
    templates={
        **{head: total(templates) for head, templates in TEMPLATES.items()},
        "model": LEAVES["model"],
        "int": (*total(TEMPLATES["int"]), "Cardinality({$x:model$ \\in Servers : w[$x$] = $int|x$})"),
        "bool": (*total(TEMPLATES["bool"]), "(\\A $x:model$ \\in Servers : w[$x$] >= $int|x$)"),
        "spec": (
            "\\* $checks$\nDo($x:int$, $y:set int$) == $act|x y$\nInit == $init$ /\\ $start$"
            "\nNext == $next$ /\\ $votes$ /\\ $ghost$\nInv == $inv$\nLimit == $limit$",
        ),
        "checks": ("no view", "VIEW View", "SYMMETRY Symmetry", "SYMMETRY Symmetry VIEW View"),
        "start": ("w \\in [Servers -> 0..1] /\\ c \\in 0..1",),
        "next": (
            "$act$",
            "$act$ \\/ $act$",
            "$act$ \\/ $act$ \\/ $act$",
            "\\E $x:int$ \\in 0..2 : Do($x$, s)",
            "Do(1, s) \\/ (Turn /\\ UNCHANGED <<n, s>>)",
        ),
        "inv": ("n >= 0 /\\ ($bool$ => $bool$)", "n < 0 \\/ $bool$ \\/ $bool$"),
        "limit": ("n >= 0 /\\ $bool$",),
        "init": (
            "n = $int$ % 4 /\\ b = $bool$ /\\ s = $set int$ \\cap 0..2",
            "b \\in {$bool$, TRUE} /\\ n \\in {0, 1, 2} /\\ s \\in {{}, {1}} /\\ (b \\/ n > 0)",
            "(n = 0 \\/ n = $int$ % 3) /\\ b = TRUE /\\ s \\in SUBSET {0, 1}",
            "s = {} /\\ \\E $x:int$ \\in 0..2 : n = $x$ /\\ b = ($bool|x$)",
            "IF $bool$ THEN $init$ ELSE $init$",
            "LET $x:int$ == $int$ % 3 IN n = $x$ /\\ b \\in BOOLEAN /\\ s = {$x$}",
        ),
        "act": (
            "$number$ /\\ $truth$ /\\ $numbers$",
            "$numbers$ /\\ $number$ /\\ $truth$",
            "$bool$ /\\ $number$ /\\ $truth$ /\\ $numbers$",
            "$bool$ /\\ $act$",
            "$act$ \\/ $act$",
            "IF $bool$ THEN $act$ ELSE $act$",
            "CASE $bool$ -> $act$ [] OTHER -> $act$",
            "\\E $x:int$ \\in $set int$ : $act|x$",
            "\\E $x:int$ \\in 0..2, $y:bool$ \\in BOOLEAN : $act|x y$",
            "LET $x:int$ == $int$ IN $act|x$",
            "LET $x:op int int$($y:int$) == $int|y$ IN $act|x$",
            "$number$ /\\ n' >= n /\\ $truth$ /\\ $numbers$",
            "$truth$ /\\ (b' => $bool$) /\\ $number$ /\\ $numbers$",
            "$numbers$ /\\ $number$ /\\ n' \\in s' \\cup {0} /\\ $truth$",
            "UNCHANGED <<n, s>> /\\ $truth$",
            "UNCHANGED <<n, b, s>> /\\ $bool$",
            "Move($int$, $set int$) /\\ $truth$",
            "Each(Set, $int$) /\\ UNCHANGED <<b, s>>",
            "Each(LAMBDA $x:int$ : n' = ($int|x$) % 3, $int$) /\\ $truth$ /\\ $numbers$",
            "\\E $x:set int$ \\in SUBSET {0, 1} : Into($x$) /\\ $number|x$ /\\ $truth|x$",
            "$act$ /\\ n' # 3",
            "$act$ /\\ s' \\subseteq 0..1",
            "(\\A $x:int$ \\in $set int$ : $bool|x$) /\\ $act$",
        ),
        "number": (
            "($bool$ /\\ n' = 0) \\/ n' = ($int$) % 3",
            "n' \\in ($set int$ \\cap 0..3)",
            "IF $bool$ THEN n' = 0 ELSE UNCHANGED n",
            "\\E $x:int$ \\in $set int$ : n' = $x$ % 4",
            "n' = ($int$) % 4",
            "Set($int$)",
        ),
        "truth": (
            "IF $bool$ THEN b' = FALSE ELSE b' = ~b",
            "b' = $bool$",
            "b' \\in {b, $bool$}",
            "b' = (n' > 0)",
        ),
        "numbers": (
            "s' = (s \\cup {$int$}) \\cap 0..2",
            "s' \\in {s, {0}}",
            "s' = s \\ {$int$}",
            "s' \\in SUBSET (s \\cup {$int$ % 3})",
            "\\E $x:int$ \\in {$int$, 1} : s' = {$x$ % 3}",
        ),
        "votes": (
            "\\E $x:model$ \\in Servers : w' = [w EXCEPT ![$x$] = $int|x$ % 2]",
            "\\E $x:model$ \\in Servers : w[$x$] = 0 /\\ w' = [w EXCEPT ![$x$] = 1 - @]",
            "w' = [$x:model$ \\in Servers |-> $int|x$ % 2]",
            "(\\E $x:model$ \\in Servers : $bool|x$) /\\ UNCHANGED w",
        ),
        "ghost": ("c' = $int$ % 2",),
    },
    hidden=frozenset({"n", "b", "s", "w", "Big"}),
    special={kind: tuple(each for each in SPECIAL[kind] if "Big" not in each) for kind in SPECIAL},
    any_kind=total(ANY),
    wrong=0.002,
)


def specification(chance: random.Random) -> Made:
    """Definitions of Init, Next, Inv and Limit, as one tree."""
    return Generator(chance, TABLE).of(kind_of("spec"), Sight(TABLE.sight(), 4))


def configuration(text: str) -> str:
    """Of a specification that begins with a comment on what to check."""
    found = re.match(r"\\\* (.*)", text)
    checks = found[1] if found else ""
    view = "VIEW View" if "VIEW" in checks else ""
    symmetric = "SYMMETRY" in checks and not re.search("CHOOSE|Fold", text)
    symmetry = "SYMMETRY Symmetry" if symmetric else ""
    return f"{CONSTANTS} INIT Init NEXT Next INVARIANT Inv CONSTRAINT Limit {view} {symmetry}"
