"""Random expressions of TLA+ over a few variables, mostly of kinds that fit, as text.

Every kind of expression of the language is made, and now and then something of a wrong kind. The names that
are bound are made new (`i1`, `i2`, ...), for TLA+ lets no name mean two things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

VARIABLES = ("n", "m", "b", "t", "s", "q", "f", "r", "result")
"""Two integers, a Boolean, a string, a set of integers, a sequence, a function, a record; what came out."""

DEFINITIONS = r"""
Twice(a) == a + a
Between(low, a, high) == low <= a /\ a <= high
Big(S) == {e \in S : e > n}
Map(Op(_), S) == {Op(e) : e \in S}
Fold(Op(_, _), a, S) == IF S = {} THEN a ELSE LET e == CHOOSE e \in S : TRUE IN Op(e, a)
RECURSIVE Sum(_)
Sum(S) == IF S = {} THEN 0 ELSE LET e == CHOOSE e \in S : TRUE IN e + Sum(S \ {e})
Powers[k \in 0..4] == IF k = 0 THEN m ELSE Powers[k - 1] + Powers[k - 1]
Halves[k \in 0..20] == IF k < 2 THEN k ELSE 1 + Halves[k \div 2]
"""


@dataclass(frozen=True)
class Made:
    """What is in sight: names by kind, how many are bound around here, and how deep to go on."""

    names: Mapping[str, tuple[str, ...]]
    bound: int = 0
    depth: int = 3

    def deeper(self) -> Made:
        return replace(self, depth=self.depth - 1)

    def bind(self, kinds: str) -> tuple[list[str], Made]:
        """New names of these kinds, and what is in sight where they are."""
        new = [f"i{self.bound + place}" for place, _ in enumerate(kinds.split())]
        names = dict(self.names)
        for name, kind in zip(new, kinds.split(), strict=True):
            names[kind] = (*names.get(kind, ()), name)
        return new, replace(self, names=names, bound=self.bound + len(new))


START = Made(
    {
        "int": ("n", "m"), "bool": ("b",), "str": ("t",), "set": ("s",), "seq": ("q",), "fun": ("f",),
        "rec": ("r",),
    }
)  # fmt: skip

LEAVES = {
    "int": ("0", "1", "2", "-1", "Sum(s)", "Halves[3]", "Powers[2]"),
    "bool": ("TRUE", "FALSE"),
    "str": ('"a"', '"b"', '"c"'),
    "set": ("{}", "{0}", "(1..2)", "Big(s)"),
    "seq": ("<<>>", "<<1>>", "<<2, 0>>"),
    "fun": ('[k \\in {"a", "b"} |-> 1]', '("a" :> 0 @@ "c" :> 2)'),
    "rec": ("[a |-> 1, c |-> {}]", "[c |-> {1, 2}, a |-> 0]"),
}

# In a template, a kind in <> is any expression of that kind.
PLAIN = {
    "int": (
        "<int> + <int>", "<int> - <int>", "<int> * <int>", "-(<int>)", "<int> \\div 2", "<int> % 3",
        "Len(<seq>)", "Cardinality(<set>)", "<fun>[<str>]", "<seq>[<int>]", "<rec>.a", "Head(<seq>)",
        "IF <bool> THEN <int> ELSE <int>", "CASE <bool> -> <int> [] <bool> -> <int> [] OTHER -> <int>",
        "CASE <bool> -> <int> [] <bool> -> <int>", "Twice(<int>)", "Sum(<set>)", "Halves[<int>]",
        "Fold(+, <int>, <set>)", "<<<int>, <int>>>[<int>]", "2 ^ (<int> % 3)",
    ),
    "bool": (
        "<int> = <int>", "<int> # <int>", "<int> < <int>", "<int> >= <int>", "<int> \\in <set>",
        "<int> \\notin <set>", "<set> \\subseteq <set>", "<set> = <set>", "<seq> = <seq>", "<fun> = <fun>",
        "<rec> # <rec>", "<str> = <str>", "<bool> /\\ <bool>", "<bool> \\/ <bool>", "<bool> => <bool>",
        "<bool> <=> <bool>", "~<bool>", "<bool> = <bool>", "IF <bool> THEN <bool> ELSE <bool>",
        "CASE <bool> -> <bool> [] OTHER -> <bool>", "Between(<int>, <int>, <int>)", "<int> \\in Nat",
        "<seq> \\in Seq(<set>)", "<fun> \\in [DOMAIN <fun> -> <set>]", "<set> \\in SUBSET <set>",
        "<rec> \\in [a : <set>, c : SUBSET <set>]", "<str> \\in DOMAIN <fun>", "<int> \\in <int>..<int>",
        "<str> \\in {<str>, <str>}", "<int> \\in {<int>, <int>}", "<<<int>, <str>>> \\in <set> \\X {<str>}",
        "<int> \\in Big(<set>)", "<set> \\in {<set>}", "<int> \\in Nat \\cup {-1}",
        "<int> \\in UNION {<set>, <set>}", "<set> = Big(<set>)", "<bool> \\in BOOLEAN", "<str> \\in STRING",
        "<int> \\in DOMAIN <seq>",
    ),
    "str": ("IF <bool> THEN <str> ELSE <str>", "CHOOSE k \\in DOMAIN <fun> : TRUE"),
    "set": (
        "{<int>, <int>}", "(<int> % 3)..(<int> % 4)", "<set> \\cup <set>", "<set> \\cap <set>",
        "<set> \\ <set>",
        "UNION {<set>, <set>}", "DOMAIN <seq>", "<rec>.c", "IF <bool> THEN <set> ELSE <set>", "Big(<set>)",
        "Map(Twice, <set>)", "<set> \\cup {<int>}",
        "CHOOSE S \\in SUBSET (<set> \\cap 0..2) : TRUE",
    ),
    "seq": (
        "<<<int>, <int>>>", "Append(<seq>, <int>)", "<seq> \\o <seq>", "Tail(<seq>)",
        "SubSeq(<seq>, <int>, <int>)",
        "[<seq> EXCEPT ![<int>] = <int>]", "[<seq> EXCEPT ![<int>] = @ + <int>]",
        "IF <bool> THEN <seq> ELSE <seq>",
    ),
    "fun": (
        "[<fun> EXCEPT ![<str>] = <int>]", "[<fun> EXCEPT ![<str>] = @ * <int>, ![<str>] = @ - 1]",
        "(<str> :> <int>) @@ <fun>", "IF <bool> THEN <fun> ELSE <fun>",
    ),
    "rec": (
        "[a |-> <int>, c |-> <set>]", "[<rec> EXCEPT !.a = <int>]",
        "[<rec> EXCEPT !.a = @ + 1, !.c = @ \\cup <set>]", "IF <bool> THEN <rec> ELSE <rec>",
        "[<rec> EXCEPT !.c = <set>, !.a = <int>]",
    ),
}  # fmt: skip

# In these, {0} and {1} are new names of the kinds that are said ("op": an operator, which no template asks
# for). They are in sight in what stands in <<>>.
BINDING = {
    "int": (
        ("CHOOSE {0} \\in <set> : <<bool>>", "int"),
        ("LET {0} == <int> IN <<int>>", "int"),
        ("LET {0} == <set> IN <<int>>", "set"),
        ("LET {0} == <bool> IN <<int>>", "bool"),
        ("LET {0}({1}) == <<int>> IN {0}(<int>) + {0}(<int>)", "op int"),
        ("LET {0}({1}) == IF {1} = <<int>> THEN 1 ELSE <<int>> IN {0}({0}(<int>))", "op int"),
        ("LET {0}[{1} \\in 0..3] == IF {1} = 0 THEN <<int>> ELSE {0}[{1} - 1] + 1 IN {0}[<int>]", "op int"),
        (
            "LET RECURSIVE {0}(_) {0}({1}) == IF {1} <= 0 THEN <<int>> ELSE <<int>> + {0}({1} - 1)"
            " IN {0}(<int> % 4)",
            "op int",
        ),
        ("Cardinality({{{0} \\in SUBSET (<set> \\cap 0..2) : <<bool>>}})", "set"),
        ("Fold(LAMBDA {0}, {1} : <<int>>, <int>, <set>)", "int int"),
        ("Len(SelectSeq(<seq>, LAMBDA {0} : <<bool>>))", "int"),
    ),
    "bool": (
        ("\\A {0} \\in <set> : <<bool>>", "int"),
        ("\\E {0} \\in <set> : <<bool>>", "int"),
        ("\\A {0}, {1} \\in <set> : <<bool>>", "int int"),
        ("\\E {0} \\in <set>, {1} \\in DOMAIN <fun> : <<bool>>", "int str"),
        ("\\A {0} \\in DOMAIN <fun>, {1} \\in <set> : <<bool>>", "str int"),
        ("\\E <<{0}, {1}>> \\in <set> \\X <set> : <<bool>>", "int int"),
        ("LET {0} == <int> IN <<bool>>", "int"),
        ("LET {0} == <seq> IN <<bool>>", "seq"),
        ("LET {0} == <bool> IN <<bool>>", "bool"),
        ("<int> \\in {{{0} \\in <set> : <<bool>>}}", "int"),
    ),
    "str": (("CHOOSE {0} \\in DOMAIN <fun> : <<bool>>", "str"),),
    "set": (
        ("{{{0} \\in <set> : <<bool>>}}", "int"),
        ("{{<<int>> : {0} \\in <set>}}", "int"),
        ("{{<<int>> : {0} \\in <set>, {1} \\in <set>}}", "int int"),
        ("{{<<int>> : <<{0}, {1}>> \\in <set> \\X <set>}}", "int int"),
        ("LET {0} == <set> IN <<set>>", "set"),
        ("Map(LAMBDA {0} : <<int>>, <set>)", "int"),
        ("UNION {{{{<int>, {0}}} : {0} \\in <set>}}", "int"),
    ),
    "seq": (
        ("[{0} \\in 1..Len(<seq>) |-> <<int>>]", "int"),
        ("LET {0} == <seq> IN <<seq>>", "seq"),
    ),
    "fun": (
        ("[{0} \\in DOMAIN <fun> |-> <<int>>]", "str"),
        ('[{0} \\in {{"a", "b"}} |-> <<int>>]', "str"),
        ("LET {0} == <fun> IN <<fun>>", "fun"),
    ),
    "rec": (("LET {0} == <rec> IN <<rec>>", "rec"),),
}

KINDS = tuple(PLAIN)


@st.composite
def expressions(draw: Callable[..., object], kind: str, made: Made = START) -> str:
    """The text of an expression of the kind, in parentheses where it needs them."""
    choice = draw(st.integers(0, 99))
    assert isinstance(choice, int)
    if choice == 99:  # nonsense
        kind = str(draw(st.sampled_from(KINDS)))
    if made.depth == 0 or choice < 15:
        return str(draw(st.sampled_from(made.names[kind] + LEAVES[kind])))
    made = made.deeper()
    if choice < 70:
        template, bound = str(draw(st.sampled_from(PLAIN[kind]))), ""
    else:
        template, bound = draw(st.sampled_from(BINDING[kind]))  # type: ignore[misc]
    names, inside = made.bind(bound)
    if names:
        template = template.format(*names)
    return f"({_filled(draw, template, replace(made, bound=inside.bound), inside)})"


def _filled(draw: Callable[..., object], template: str, outside: Made, inside: Made) -> str:
    """The template with expressions for <kind>, and for <<kind>> with the new names in sight."""
    parts = []
    rest = template
    while rest:
        for made, opening, closing in ((inside, "<<", ">>"), (outside, "<", ">")):
            kind = rest[len(opening) : rest.find(closing)] if rest.startswith(opening) else ""
            if kind in KINDS:
                parts.append(str(draw(expressions(kind, made))))
                rest = rest[len(opening) + len(kind) + len(closing) :]
                break
        else:
            parts.append(rest[0])
            rest = rest[1:]
    return "".join(parts)
