----------------------------- MODULE NumberTheory -----------------------------
\* Community modules Bitwise, Combinatorics, DyadicRationals and Statistics.
EXTENDS Bitwise, Combinatorics, DyadicRationals, Statistics, Integers

ASSUME 12 & 10 = 8 /\ 12 | 10 = 14 /\ 12 ^^ 10 = 6 /\ 0 & 7 = 0
ASSUME Not(5) = 2 /\ Not(0) = 0 /\ Not(8) = 7
ASSUME shiftR(8, 2) = 2 /\ shiftR(9, 1) = 4 /\ shiftR(1, 0) = 1
ASSUME factorial[5] = 120 /\ factorial[0] = 1
ASSUME choose(5, 2) = 10 /\ choose(5, 0) = 1 /\ choose(5, 5) = 1
ASSUME IsDyadicRational([num |-> 1, den |-> 4]) /\ ~IsDyadicRational([num |-> 1, den |-> 3]) /\ IsDyadicRational(Zero)
ASSUME Add([num |-> 1, den |-> 4], [num |-> 1, den |-> 2]) = [num |-> 3, den |-> 4]
ASSUME Add([num |-> 1, den |-> 2], [num |-> 1, den |-> 2]) = One /\ Add(Zero, One) = One /\ Add(One, Zero) = One
ASSUME Half([num |-> 2, den |-> 1]) = One /\ Half(One) = [num |-> 1, den |-> 2]
ASSUME PrettyPrint([num |-> 3, den |-> 8]) = "3/8" /\ PrettyPrint(One) = "1" /\ PrettyPrint(Zero) = "0"
ASSUME ChiSquare(<<10, 20, 30>>, <<10, 20, 30>>, "0.05") /\ ChiSquare(<<10, 20, 30>>, <<14, 18, 28>>, "0.05")
ASSUME ~ChiSquare(<<10, 20, 30>>, <<30, 20, 10>>, "0.05") /\ ~ChiSquare(<<50, 50>>, <<65, 35>>, "0.01")
ASSUME ChiSquare(<<50, 50>>, <<60, 40>>, "0.01") /\ ~ChiSquare(<<50, 50>>, <<60, 40>>, "0.05")
================================================================================
