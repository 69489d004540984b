--------------------------- MODULE RelationOperators ---------------------------
\* Community module Relation: relations as functions of pairs, and as operators.
EXTENDS Relation, Integers

On(Op(_, _), S) == [p \in S \X S |-> Op(p[1], p[2])]
Next3(m, n) == n = (m % 3) + 1
Below(m, n) == n = m + 1
Close(m, n) == m - n \in -1..1

ASSUME IsReflexive(On(<=, 1..3), 1..3) /\ ~IsReflexive(On(<, 1..3), 1..3) /\ IsReflexiveUnder(<=, 1..3)
ASSUME IsIrreflexive(On(<, 1..3), 1..3) /\ ~IsIrreflexiveUnder(<=, 1..3)
ASSUME IsSymmetric(On(Close, 1..4), 1..4) /\ ~IsSymmetricUnder(<, 1..3)
ASSUME IsAntiSymmetric(On(<=, 1..3), 1..3) /\ ~IsAntiSymmetricUnder(Close, 1..3)
ASSUME IsAsymmetric(On(<, 1..3), 1..3) /\ ~IsAsymmetricUnder(<=, 1..3)
ASSUME IsTransitive(On(<, 1..3), 1..3) /\ ~IsTransitiveUnder(Close, 1..3) /\ IsTransitiveUnder(<=, 1..3)
ASSUME IsPartiallyOrdered(On(<=, 1..3), 1..3) /\ ~IsPartiallyOrderedUnder(<, 1..3)
ASSUME IsStrictlyPartiallyOrdered(On(<, 1..3), 1..3) /\ ~IsStrictlyPartiallyOrderedUnder(<=, 1..3)
ASSUME IsTotallyOrdered(On(<=, 1..3), 1..3) /\ ~IsTotallyOrderedUnder(LAMBDA m, n : m = n, 1..3)
ASSUME IsStrictlyTotallyOrdered(On(<, 1..3), 1..3) /\ ~IsStrictlyTotallyOrderedUnder(LAMBDA m, n : FALSE, 1..3)
ASSUME TransitiveClosure(On(Below, 1..3), 1..3) = [m, n \in 1..3 |-> m < n]
ASSUME ReflexiveTransitiveClosure(On(Below, 1..3), 1..3) = [m, n \in 1..3 |-> m <= n]
ASSUME IsConnected(On(Next3, 1..3), 1..3) /\ ~IsConnected(On(Below, 1..3), 1..3) /\ IsConnected(<<>>, {})
================================================================================
