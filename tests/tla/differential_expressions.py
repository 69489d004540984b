r"""Random expressions of TLA+ by a table of templates, and how to make one smaller.

A kind is written in prefix form: `int`, `bool`, `str`, `model` (model value), `set T`, `seq T`, `fun K V`,
`bag T`, `pair K V` (<<K, V>>), `rec K V` ([a |-> K, b |-> V]), and `op K V` (an operator from K to V).

In a template $...$ is a hole: `$T$` an expression of that kind; `$T|x y$` one in which the template's names x
and y are in sight; `$x:T$` a new name of that kind; `$x$` that name again. Capital letters in a kind are
kinds: T (or K, V) those of what is made, all others any.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

Kind = tuple["str | Kind", ...]
"""("set", ("int",))"""

ARITY = {
    "int": 0,
    "bool": 0,
    "str": 0,
    "model": 0,
    "set": 1,
    "seq": 1,
    "bag": 1,
    "fun": 2,
    "pair": 2,
    "rec": 2,
    "op": 2,
}

MODULE = r"""
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC
CONSTANTS A, B, Servers
VARIABLES result, n, m, b, t, s, q, f, r, p, u, g, w, h
vars == <<n, m, b, t, s, q, f, r, p, u, g, w, h>>
Twice(a) == a + a
Big(S) == {e \in S : e > n}
Few(S) == IF Cardinality(S) <= 3 THEN S ELSE {}
Map(Op(_), S) == {Op(e) : e \in S}
Fold(Op(_, _), a, S) == IF S = {} THEN a ELSE LET e == CHOOSE e \in S : TRUE IN Op(e, a)
RECURSIVE Sum(_)
Sum(S) == IF S = {} THEN 0 ELSE LET e == CHOOSE e \in S : TRUE IN e + Sum(S \ {e})
Powers[k \in 0..4] == IF k = 0 THEN m ELSE Powers[k - 1] + Powers[k - 1]
Halves[k \in 0..20] == IF k < 2 THEN k ELSE 1 + Halves[k \div 2]
a %% c == (a + c) % 5
Init ==
    /\ result = 0
    /\ t \in {"a", "ab"}
    /\ n = IF t = "a" THEN 1 ELSE 0
    /\ m = IF t = "a" THEN 2 ELSE -1
    /\ b = (t = "a")
    /\ s = IF t = "a" THEN 0..2 ELSE {}
    /\ q = IF t = "a" THEN <<1, 0>> ELSE <<>>
    /\ f = IF t = "a" THEN ("a" :> 1 @@ "b" :> 2) ELSE ("c" :> 0)
    /\ r = IF t = "a" THEN [a |-> 0, b |-> {1}] ELSE [b |-> {}, a |-> 2]
    /\ p = IF t = "a" THEN <<1, "x">> ELSE <<0, "a">>
    /\ u = IF t = "a" THEN {{}, {1, 2}} ELSE {{0}}
    /\ g = IF t = "a" THEN <<"a", "b">> ELSE <<>>
    /\ w = IF t = "a" THEN A ELSE B
    /\ h = IF t = "a" THEN [e \in Servers |-> {e}] ELSE [e \in Servers |-> Servers]
Next == UNCHANGED <<result, vars>>
"""
"""What all expressions may use."""

CONSTANTS = "CONSTANTS A = A B = B Servers = {s1, s2}"

NAMES = {
    "n": "int",
    "m": "int",
    "b": "bool",
    "t": "str",
    "s": "set int",
    "q": "seq int",
    "f": "fun str int",
    "r": "rec int set int",
    "p": "pair int str",
    "u": "set set int",
    "g": "seq str",
    "w": "model",
    "h": "fun model set model",
    "A": "model",
    "Servers": "set model",
    "Twice": "op int int",
    "Cardinality": "op set int int",
    "Sum": "op set int int",
    "Big": "op set int set int",
}

LEAVES = {
    "int": ("0", "1", "2", "3", "(-1)", "Halves[3]", "Powers[2]"),
    "bool": ("TRUE", "FALSE"),
    "str": ('"a"', '"b"', '"c"', '""'),
    "model": ("A", "B"),
    "set": ("{}", "{$T$}", "{$T$, $T$}"),
    "seq": ("<<>>", "<<$T$>>", "<<$T$, $T$>>"),
    "bag": ("EmptyBag", "SetToBag({$T$})"),
    "fun": ("($K$ :> $V$)", "[$x:K$ \\in {$K$, $K$} |-> $V$]", "<<>>"),
    "pair": ("<<$K$, $V$>>",),
    "rec": ("[a |-> $K$, b |-> $V$]", "[b |-> $V$, a |-> $K$]"),
    "op": ("LAMBDA $x:K$ : $V|x$",),
}
"""Of the kinds of data, by what the kind begins with; for sets: ($x:K$ is a hole too)."""

ANY = (
    "IF $bool$ THEN $T$ ELSE $T$",
    "CASE $bool$ -> $T$ [] $bool$ -> $T$ [] OTHER -> $T$",
    "CASE $bool$ -> $T$ [] OTHER -> $T$",
    "LET $x:U$ == $U$ IN $T|x$",
    "LET $x:U$ == $U$ $y:W$ == $W|x$ IN $T|x y$",
    "LET $x:op U T$($y:U$) == $T|y$ IN $T|x$",
    "LET RECURSIVE $x:op int T$(_) $x$($y:int$) == IF $y$ <= 0 THEN $T$ ELSE $x$($y$ - 1) IN $x$($int$ % 4)",
    "LET $x:fun int T$[$y:int$ \\in 0..2] == IF $y$ = 0 THEN $T$ ELSE $x$[$y$ - 1] IN $T|x$",
    "CHOOSE $x:T$ \\in {$T$} : $bool|x$",
    "CHOOSE $x:T$ \\in {$T$, $T$} : $x$ = $T$",
    "Head($seq T$)",
    "Head(Append($seq T$, $T$))",
    "$seq T$[$int$]",
    "$fun U T$[$U$]",
    "$rec T U$.a",
    "$rec U T$.b",
    "$pair T U$[1]",
    "$pair U T$[2]",
    "[$x:U$ \\in $set U$ |-> $T|x$][$U$]",
    "Fold(LAMBDA $x:U$, $y:T$ : $T|x y$, $T$, $set U$)",
)
"""For every kind."""

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "int": (
        "$int$ + $int$",
        "$int$ - $int$",
        "$int$ * $int$",
        "-$int$",
        "$int$ \\div $int$",
        "$int$ % 3",
        "$int$ \\div 2",
        "$int$ % $int$",
        "2 ^ ($int$ % 3)",
        "($int$ % 4) ^ ($int$ % 5)",
        "$int$ ^ 2",
        "$int$ %% $int$",
        "Len($seq U$)",
        "Len($str$)",
        "Cardinality($set U$)",
        "Sum($set int$)",
        "Halves[$int$]",
        "Twice($int$)",
        "BagCardinality($bag U$)",
        "CopiesIn($U$, $bag U$)",
        "CHOOSE $x:int$ \\in $set int$ : $bool|x$",
        "Fold(+, $int$, $set int$)",
        "CHOOSE $x:int$ \\in $set int$ : \\A $y:int$ \\in $set int$ : $x$ >= $y$",
        "(2147483647 + $int$) % 7",
        "(1000000 * $int$) \\div 1000",
    ),
    "bool": (
        "$T$ = $T$",
        "$T$ # $T$",
        "$U$ = $U$",
        "$U$ # $U$",
        "$U$ /= $U$",
        "$set U$ = $set U$",
        "$int$ < $int$",
        "$int$ <= $int$",
        "$int$ > $int$",
        "$int$ >= $int$",
        "$U$ \\in $set U$",
        "$U$ \\notin $set U$",
        "$set U$ \\subseteq $set U$",
        "$bool$ /\\ $bool$",
        "$bool$ \\/ $bool$",
        "$bool$ => $bool$",
        "$bool$ <=> $bool$",
        "~$bool$",
        "\\A $x:U$ \\in $set U$ : $bool|x$",
        "\\E $x:U$ \\in $set U$ : $bool|x$",
        "\\A $x:U$, $y:U$ \\in $set U$ : $bool|x y$",
        "\\E $x:U$ \\in $set U$, $y:W$ \\in $set W$ : $bool|x y$",
        "\\E <<$x:U$, $y:W$>> \\in $set pair U W$ : $bool|x y$",
        "\\A <<$x:U$, $y:W$>> \\in $set U$ \\X $set W$ : $bool|x y$",
        "$U$ \\in {$U$}",
        "$int$ \\in $int$..($int$ % 5)",
        "$int$ \\in Nat",
        "$int$ \\in Int",
        "$set int$ \\subseteq Nat",
        "$str$ \\in STRING",
        "$bool$ \\in BOOLEAN",
        "$seq U$ \\in Seq($set U$)",
        "$fun U W$ \\in [$set U$ -> $set W$]",
        "$fun U W$ \\in [DOMAIN $fun U W$ -> $set W$]",
        "$fun str int$ \\in [$set str$ -> Nat]",
        "$rec U W$ \\in [a : $set U$, b : $set W$]",
        "$rec int U$ \\in [a : Nat, b : $set U$]",
        "$pair U W$ \\in $set U$ \\X $set W$",
        "$pair int U$ \\in Nat \\X $set U$",
        "$set U$ \\in SUBSET $set U$",
        "$set int$ \\in SUBSET Nat",
        "$set U$ \\subseteq SUBSET $set W$",
        "$U$ \\in UNION $set set U$",
        "$int$ \\in Nat \\cup {-1}",
        "$int$ \\in Int \\ $set int$",
        "$U$ \\in {$U|x$ : $x:W$ \\in $set W$}",
        "$U$ \\in $set U$ \\cup $set U$",
        "$U$ \\in $set U$ \\cap $set U$",
        "$U$ \\in $set U$ \\ $set U$",
        "$set U$ \\cap $set U$ = {}",
        "IsFiniteSet($set U$ \\cup {})",
        "IsABag($bag U$)",
        "IsABag($U$)",
        "BagIn($U$, $bag U$)",
        "$bag U$ \\sqsubseteq $bag U$",
        "{$x:U$ \\in $set U$ : $bool|x$} = {}",
        "DOMAIN $fun U W$ = $set U$",
        "Assert($bool$, $str$)",
        "<<$U$, $W$>> = $pair U W$",
        "$seq int$ \\in $set U$ \\X $set U$",
        "$seq int$ \\in [1..($int$ % 4) -> $set int$]",
        "$int$ * 1000000 < $int$ * 1000000",
    ),
    "str": (
        "$str$ \\o $str$",
        "SubSeq($str$, $int$, $int$)",
        "Tail($str$)",
        "ToString($int$ + 0)",
        "ToString(~$bool$)",
    ),
    "model": ("CHOOSE $x:model$ \\in Servers : TRUE",),
    "set": (
        "{$T$, $T$, $T$}",
        "$set T$ \\cup $set T$",
        "$set T$ \\cap $set T$",
        "$set T$ \\ $set T$",
        "UNION $set set T$",
        "UNION {$set T|x$ : $x:U$ \\in $set U$}",
        "{$x:T$ \\in $set T$ : $bool|x$}",
        "{$T|x$ : $x:U$ \\in $set U$}",
        "{$T|x y$ : $x:U$ \\in $set U$, $y:W$ \\in $set W$}",
        "{$T|x y$ : <<$x:U$, $y:W$>> \\in $set pair U W$}",
        "{$T|x y$ : $x:U$, $y:U$ \\in $set U$}",
        "DOMAIN $fun T U$",
        "Map(LAMBDA $x:U$ : $T|x$, $set U$)",
        "Map($op U T$, $set U$)",
        "BagToSet($bag T$)",
        "TLCEval($set T$ \\cup {})",
        "{$fun U T$[$x$] : $x:U$ \\in DOMAIN $fun U T$}",
    ),
    "seq": (
        "<<$T$, $T$, $T$>>",
        "Append($seq T$, $T$)",
        "$seq T$ \\o $seq T$",
        "Tail($seq T$)",
        "Tail(Append($seq T$, $T$))",
        "SubSeq($seq T$, $int$, $int$)",
        "SubSeq($seq T$, 1, 1)",
        "SelectSeq($seq T$, LAMBDA $x:T$ : $bool|x$)",
        "SelectSeq($seq T$, $op T bool$)",
        "[$seq T$ EXCEPT ![$int$] = $T$]",
        "[$seq T$ EXCEPT ![1] = $T|@:T$]",
        "[$x:int$ \\in 1..($int$ % 4) |-> $T|x$]",
        "[$x:int$ \\in DOMAIN $seq U$ |-> $T|x$]",
    ),
    "bag": (
        "$bag T$ (+) $bag T$",
        "$bag T$ (-) $bag T$",
        "SetToBag($set T$)",
        "($T$ :> 2)",
        "BagUnion({$bag T$, $bag T$})",
        "BagOfAll(LAMBDA $x:T$ : $x$, $bag T$)",
    ),
    "fun": (
        "[$x:K$ \\in $set K$ |-> $V|x$]",
        "($K$ :> $V$ @@ $K$ :> $V$)",
        "$fun K V$ @@ $fun K V$",
        "[$fun K V$ EXCEPT ![$K$] = $V$]",
        "[$fun K V$ EXCEPT ![$K$] = $V|@:V$]",
        "[$fun K V$ EXCEPT ![$K$] = $V|@:V$, ![$K$] = $V|@:V$]",
        "[$x:K$ \\in DOMAIN $fun K U$ |-> $V|x$]",
        "CHOOSE $x:fun K V$ \\in [$set K$ -> {$V$}] : TRUE",
    ),
    "pair": (
        "[$pair K V$ EXCEPT ![1] = $K|@:K$]",
        "[$pair K V$ EXCEPT ![2] = $V|@:V$, ![1] = $K$]",
        "CHOOSE $x:pair K V$ \\in {$K$} \\X {$V$} : TRUE",
    ),
    "rec": (
        "[$rec K V$ EXCEPT !.a = $K|@:K$]",
        "[$rec K V$ EXCEPT !.b = $V|@:V$, !.a = $K|@:K$]",
        '[$rec K V$ EXCEPT !["a"] = $K$]',
        "($str$ :> $K$ @@ $rec K V$)",
        "CHOOSE $x:rec K V$ \\in [a : {$K$}, b : {$V$}] : TRUE",
    ),
}

SPECIAL: Mapping[str, tuple[str, ...]] = {
    "set int": (
        "($int$ % 3)..$int$",
        "0..($int$ % 5)",
        "Big($set int$)",
        "DOMAIN $seq U$",
        "$set int$ \\cap Nat",
        "Map(Twice, $set int$)",
    ),
    "set bool": ("BOOLEAN",),
    "set model": ("Servers",),
    "seq int": ("SortSeq($seq int$, <)", "SortSeq($seq int$, LAMBDA $x:int$, $y:int$ : $x$ > $y$)"),
    "set set T": ("SUBSET {$T$, $T$}", "{$x:set T$ \\in SUBSET {$T$, $T$} : $bool|x$}"),
    "set pair K V": (
        "Few($set K$) \\X Few($set V$)",
        "{$x:pair K V$ \\in Few($set K$) \\X Few($set V$) : $bool|x$}",
    ),
    "set rec K V": ("[a : Few($set K$), b : Few($set V$)]",),
    "set fun K V": (
        "[Few($set K$) -> Few($set V$)]",
        "{$x:fun K V$ \\in [Few($set K$) -> Few($set V$)] : $bool|x$}",
    ),
    "set seq T": ("[1..2 -> Few($set T$)]", "Few($set T$) \\X Few($set T$)"),
    "set fun T T": ("Permutations(Few($set T$))",),
    "fun K set V": ("[$fun K set V$ EXCEPT ![$K$] = $set V|@:set V$ \\cup {$V$}]",),
    "fun K rec U V": (
        "[$fun K rec U V$ EXCEPT ![$K$].a = $U|@:U$]",
        "[$fun K rec U V$ EXCEPT ![$K$].b = $V|@:V$, ![$K$].a = $U$]",
    ),
    "fun K fun U V": ("[$fun K fun U V$ EXCEPT ![$K$][$U$] = $V|@:V$]",),
    "fun int T": ("$seq T$",),
    "fun pair U W T": (
        "[$x:U$ \\in Few($set U$), $y:W$ \\in Few($set W$) |-> $T|x y$]",
        "[<<$x:U$, $y:W$>> \\in Few($set pair U W$) |-> $T|x y$]",
        "[$fun pair U W T$ EXCEPT ![$U$, $W$] = $T|@:T$]",
    ),
}
"""For kinds of a certain shape."""

COMMON = ("int", "int", "bool", "str", "set int", "seq int", "model")
OUTER = ("set", "set", "seq", "fun", "pair", "rec", "bag")


@dataclass(frozen=True, slots=True)
class Made:
    """An expression: the text around its parts, and the parts."""

    kind: Kind
    around: tuple[str, ...]
    parts: tuple[Made, ...] = ()

    def __str__(self) -> str:
        pieces = [self.around[0]]
        for part, text in zip(self.parts, self.around[1:], strict=True):
            pieces += [str(part), text]
        return "".join(pieces)

    def size(self) -> int:
        return 1 + sum(part.size() for part in self.parts)

    def below(self) -> Iterator[Made]:
        for part in self.parts:
            yield part
            yield from part.below()

    def smaller(self) -> Iterator[Made]:
        """With one part of it replaced by a leaf, or by something inside of that part; smallest first."""
        return iter(sorted(set(self._smaller()), key=lambda made: (made.size(), len(str(made)))))

    def _smaller(self) -> Iterator[Made]:
        for leaf in LEAVES.get(str(self.kind[0]), ()):
            if (
                "$" not in leaf
                and leaf not in ("Halves[3]", "Powers[2]")
                and (self.parts or str(self) > leaf)
            ):
                yield Made(self.kind, (leaf,))
        data = self.kind[0] in ARITY
        yield from (part for part in self.below() if data or part.kind == self.kind)
        for place, part in enumerate(self.parts):
            for less in part._smaller():
                yield replace(self, parts=(*self.parts[:place], less, *self.parts[place + 1 :]))


SHAPES = {head: head + ("", " T", " K V")[arity] for head, arity in ARITY.items()}
"""The letters for the parts of a kind, where a template is chosen by the kind's first word."""


def kind_of(text: str, letters: Mapping[str, Kind] | None = None) -> Kind:
    words = iter(text.split())

    def read() -> Kind:
        word = next(words)
        if letters is not None and word in letters:
            return letters[word]
        return word, *(read() for _ in range(ARITY.get(word, 0)))

    return read()


def matched(pattern: str, kind: Kind) -> dict[str, Kind] | None:
    """The kinds that the letters of the pattern stand for, or None."""
    words = iter(pattern.split())
    letters: dict[str, Kind] = {}

    def match(part: Kind) -> bool:
        word = next(words)
        if word.isupper():
            return letters.setdefault(word, part) == part
        return word == part[0] and all(match(inner) for inner in part[1:] if isinstance(inner, tuple))

    return letters if match(kind) else None


@dataclass(frozen=True, slots=True)
class Sight:
    """The names in sight, newest last, with their kinds."""

    names: tuple[tuple[str, Kind], ...]
    depth: int

    def of(self, kind: Kind) -> list[str]:
        return [name for name, known in self.names if known == kind]


@dataclass(frozen=True, slots=True)
class Table:
    """What there is to choose from, by what a kind begins with."""

    names: Mapping[str, str]
    leaves: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str] = frozenset()  # from an initial predicate
    special: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SPECIAL)
    any_kind: tuple[str, ...] = ANY
    wrong: float = 0.012  # how often a hole is filled with something of any kind

    def sight(self) -> tuple[tuple[str, Kind], ...]:
        return tuple((name, kind_of(kind)) for name, kind in self.names.items())


TABLE = Table(NAMES, LEAVES, TEMPLATES)


class Generator:
    """Makes expressions by chance."""

    def __init__(self, chance: random.Random, table: Table = TABLE) -> None:
        self.chance = chance
        self.table = table
        self.bound = 0

    def expression(self) -> Made:
        self.bound = 0
        return self.of(self.kind(), Sight(self.table.sight(), 3))

    def kind(self, depth: int = 2) -> Kind:
        if depth == 0 or self.chance.random() < 0.6:
            return kind_of(self.chance.choice(COMMON))
        head = self.chance.choice(OUTER)
        return head, *(self.kind(depth - 1) for _ in range(ARITY[head]))

    def of(self, kind: Kind, sight: Sight) -> Made:
        """What is of the kind, in parentheses where it needs them."""
        chance, data = self.chance, kind[0] in ARITY
        if kind[0] == "op":
            names = sight.of(kind)
            return Made(kind, (chance.choice(names),)) if names else self.filled(LEAVES["op"][0], kind, sight)
        if data and chance.random() < self.table.wrong:
            kind = self.kind()
        head = str(kind[0])
        if head in ("init", "start"):
            sight = replace(sight, names=tuple(n for n in sight.names if n[0] not in self.table.hidden))
        if sight.depth <= 0 or (data and chance.random() < 0.15):
            names = [
                name for name in sight.of(kind) for _ in range(3 if name[0] in "i@" else 1)
            ]  # rather new ones
            if names and chance.random() < 0.7:
                return Made(kind, (chance.choice(names),))
            return self.filled(chance.choice(self.table.leaves[head]), kind, sight)
        deeper = replace(sight, depth=sight.depth - 1)
        operators = [(name, known) for name, known in sight.names if known[0] == "op" and known[2] == kind]
        if operators and chance.random() < 0.25:
            name, known = chance.choice(operators)
            assert isinstance(known[1], tuple)
            return Made(kind, (f"{name}(", ")"), (self.of(known[1], deeper),))
        special = [
            (pattern, each)
            for pattern, templates in (self.table.special.items() if data else ())
            if matched(pattern, kind) is not None
            for each in templates
        ]
        choice = chance.random()
        if special and choice < 0.3:
            pattern, template = chance.choice(special)
            return self.filled(template, kind, deeper, pattern)
        if choice < 0.75 or not data:
            return self.filled(chance.choice(self.table.templates[head]), kind, deeper)
        return self.filled(chance.choice(self.table.any_kind), kind, deeper, "T")

    def filled(self, template: str, kind: Kind, sight: Sight, pattern: str | None = None) -> Made:
        """The template, its holes filled; the letters of the pattern stand for parts of the kind."""
        letters = matched(pattern or SHAPES.get(str(kind[0]), str(kind[0])), kind)
        assert letters is not None, (pattern, kind)
        letters = {"T": kind} | letters
        pieces = re.split(r"\$([^$]+)\$", template)
        holes, texts = pieces[1::2], pieces[2::2]
        for letter in sorted(set(re.findall(r"\b[A-Z]\b", " ".join(holes))) - letters.keys()):
            letters[letter] = self.kind(1)
        names: dict[str, tuple[str, Kind]] = {}
        for hole in holes:
            name, colon, named = hole.partition(":")
            if colon and "|" not in name:
                self.bound += 1
                names[name] = (f"i{self.bound}", kind_of(named, letters))
        around, parts = [pieces[0]], []
        for hole, text in zip(holes, texts, strict=True):
            name = hole.partition(":")[0]
            if name in names:
                around[-1] += names[name][0] + text
                continue
            wanted, _, seen = hole.partition("|")
            inside = sight.names
            if seen.startswith("@:"):
                inside = (*(pair for pair in inside if pair[0] != "@"), ("@", kind_of(seen[2:], letters)))
            else:
                inside += tuple(names[each] for each in seen.split())
            parts.append(self.of(kind_of(wanted, letters), replace(sight, names=inside)))
            around.append(text)
        if kind[0] not in ("op", "spec", "checks") and (holes or " " in template):
            around[0] = "(" + around[0]
            around[-1] += ")"
        return Made(kind, tuple(around), tuple(parts))
