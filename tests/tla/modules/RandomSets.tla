------------------------------ MODULE RandomSets ------------------------------
\* Modules Randomization and TLC: what is drawn is arbitrary, its kind and size are not.
EXTENDS Randomization, Integers, FiniteSets, TLC

ASSUME RandomSubset(0, {1}) = {} /\ RandomSubset(2, {1, 2}) = {1, 2}
ASSUME LET S == RandomSubset(3, 1..9) IN S \subseteq 1..9 /\ Cardinality(S) = 3
ASSUME LET S == RandomSubset(5, [1..6 -> 1..9]) IN Cardinality(S) = 5 /\ \A f \in S : f \in [1..6 -> 1..9]
ASSUME LET S == RandomSetOfSubsets(4, 2, 1..5) IN Cardinality(S) \in 1..4 /\ S \subseteq SUBSET (1..5)
ASSUME RandomElement({7}) = 7 /\ RandomElement(1..9) \in 1..9
ASSUME RandomElement([1..20 -> 1..20]) \in [1..20 -> 1..20] /\ RandomElement({1} \X {2}) = <<1, 2>>
ASSUME RandomElement([a : {1}, b : 2..3]) \in {[a |-> 1, b |-> 2], [a |-> 1, b |-> 3]}
ASSUME RandomElement(SUBSET {1, 2}) \subseteq {1, 2}
================================================================================
