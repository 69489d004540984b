--------------------------------- MODULE Sets ---------------------------------
\* Sets: operators of the language, set constructors, and module FiniteSets.
EXTENDS Naturals, FiniteSets, Sequences

ASSUME {1, 2} = {2, 1, 1}
ASSUME {} # {{}}
ASSUME 1 \in {1} /\ 2 \notin {1}
ASSUME {1, 2} \cup {2, 3} = {1, 2, 3}
ASSUME {1, 2} \union {3} = 1..3
ASSUME {1, 2} \cap {2, 3} = {2}
ASSUME {1, 2} \intersect {3} = {}
ASSUME {1, 2, 3} \ {2} = {1, 3}
ASSUME ({1, 2, 3} \ {1}) \ {2} = {3}
ASSUME {1} \subseteq {1, 2} /\ {} \subseteq {} /\ ~({1, 3} \subseteq {1, 2})
ASSUME {{1, 2}, {2, 1}} = {{1, 2}}
ASSUME {TRUE, FALSE} = BOOLEAN

\* --- constructors ---
ASSUME {x \in 1..6 : x % 2 = 0} = {2, 4, 6}
ASSUME {x \in {} : TRUE} = {}
ASSUME {x * 2 : x \in 1..3} = {2, 4, 6}
ASSUME {x + y : x \in 1..2, y \in {10, 20}} = {11, 12, 21, 22}
ASSUME {x + y : x, y \in 1..2} = 2..4
ASSUME {<<x, y>> \in {1, 2} \X {1, 2} : x < y} = {<<1, 2>>}
ASSUME {x + y : <<x, y>> \in {<<1, 2>>, <<3, 4>>}} = {3, 7}
ASSUME {x \in {1, 2, 3} : \E y \in {z \in {2, 3} : z > 2} : x < y} = {1, 2}
ASSUME {{x, y} : x, y \in 1..2} = {{1}, {2}, {1, 2}}

\* --- SUBSET and UNION ---
ASSUME SUBSET {} = {{}}
ASSUME SUBSET {1, 2} = {{}, {1}, {2}, {1, 2}}
ASSUME {1, 3} \in SUBSET (1..3)
ASSUME {1, 4} \notin SUBSET (1..3)
ASSUME {1, 2} \in SUBSET Nat
ASSUME \A S \in SUBSET (1..3) : S \subseteq 1..3
ASSUME {S \in SUBSET (1..3) : Cardinality(S) = 2} = {{1, 2}, {1, 3}, {2, 3}}
ASSUME SUBSET {1} \cup {{2}} = {{}, {1}, {2}}
ASSUME SUBSET SUBSET {} = {{}, {{}}}
ASSUME UNION {{1, 2}, {2, 3}, {}} = {1, 2, 3}
ASSUME UNION {} = {}
ASSUME \A S \in SUBSET (1..3) : UNION SUBSET S = S
ASSUME UNION {1..n : n \in 1..3} = 1..3

\* --- FiniteSets ---
ASSUME Cardinality({}) = 0
ASSUME Cardinality({1, 2, 1}) = 2
ASSUME Cardinality(SUBSET (1..4)) = 16
ASSUME Cardinality({{}}) = 1
ASSUME IsFiniteSet({1, 2}) /\ IsFiniteSet({})
ASSUME ~IsFiniteSet(Nat) /\ IsFiniteSet(SUBSET {1})
ASSUME \A a \in 0..3 : Cardinality(1..a) = a

\* --- sets and functions that cannot be enumerated ---
ASSUME 3 \in {n \in Nat : n % 2 = 1} /\ 4 \notin {n \in Nat : n % 2 = 1}
ASSUME [n \in {1, 3} |-> n] \in [{1, 3} -> {n \in Nat : n % 2 = 1}]
ASSUME ~([n \in {1, 2} |-> n] \in [{1, 2} -> {n \in Nat : n % 2 = 1}])
ASSUME 3 \in Nat \ {0} /\ 0 \notin Nat \ {0} /\ {1, 2} \subseteq Nat \ {0}
ASSUME <<1, 2>> \in Seq(Nat \ {0}) /\ <<1, 0>> \notin Seq(Nat \ {0})
ASSUME LET Odd == {n \in Nat : n % 2 = 1} IN {3} \subseteq Odd /\ Odd \cap (1..4) = {1, 3}
ASSUME LET Above(S, low) == {n \in S : n > low} IN 4 \in Above(Nat, 3) /\ Above(1..4, 3) = {4}
ASSUME LET Even(S) == {n \in S : n % 2 = 0} IN 4 \in Even(Nat) /\ 5 \notin Even(Nat) /\ Even(1..3) = {2}
ASSUME [n \in Nat |-> n * n][12] = 144
ASSUME LET squares == [n \in Nat |-> n * n] IN squares[squares[3]] = 81
ASSUME LET sums == [m, n \in Nat |-> m + n] IN sums[1, 2] = 3

\* --- sets of sets as values ---
ASSUME LET quorums == {Q \in SUBSET {"a", "b", "c"} : 2 * Cardinality(Q) > 3}
       IN  /\ Cardinality(quorums) = 4
           /\ \A P, Q \in quorums : P \cap Q # {}
==============================================================================
