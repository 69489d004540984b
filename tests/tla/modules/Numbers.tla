------------------------------- MODULE Numbers -------------------------------
\* Naturals and Integers: arithmetic, order, ranges.
EXTENDS Integers

ASSUME 2 + 3 * 4 = 14
ASSUME (2 + 3) * 4 = 20
ASSUME 10 - 3 - 2 = 5
ASSUME 2 - 5 = -3
ASSUME - 3 + 5 = 2
ASSUME -(2 + 3) = -5
ASSUME 5 - -3 = 8
ASSUME 2^10 = 1024 /\ 7^0 = 1 /\ 2 * 2^3 = 16
ASSUME 7 \div 2 = 3 /\ 7 % 2 = 1
ASSUME (-7) \div 2 = -4 /\ (-7) % 2 = 1
ASSUME \A a \in -7..7, b \in 1..4 : a = b * (a \div b) + (a % b) /\ a % b \in 0..(b - 1)
ASSUME 007 = 7
ASSUME 1 < 2 /\ 2 <= 2 /\ 3 > 2 /\ 3 >= 3 /\ 1 \leq 1 /\ 2 \geq 1 /\ 1 =< 2
ASSUME ~(1 < 1) /\ ~(2 <= 1) /\ ~(1 > 1) /\ ~(1 >= 2)
ASSUME 1 + 1 < 3 * 1 /\ 2 - 1 = 1
ASSUME 1..3 = {1, 2, 3}
ASSUME 3..1 = {}
ASSUME -1..1 = {-1, 0, 1}
ASSUME 1 .. 1 + 2 = {1, 2, 3}
ASSUME 2 \in 1..3 /\ 4 \notin 1..3
ASSUME 0 \in Nat /\ -1 \notin Nat /\ -1 \in Int /\ 5 \in Int
ASSUME {0, 1, 2} \subseteq Nat
ASSUME ~({-1, 1} \subseteq Nat)
ASSUME {n \in -3..3 : n \in Nat} = 0..3
ASSUME {n * n : n \in -3..3} = {0, 1, 4, 9}
ASSUME -3..3 \cap Nat = 0..3
ASSUME -3..3 \ Nat = -3..-1
==============================================================================
