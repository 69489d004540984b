--------------------------- MODULE BagsExtOperators ---------------------------
\* Community module BagsExt.
EXTENDS BagsExt, Integers, Sequences, TLC

ASSUME BagAdd([a |-> 1], "a") = [a |-> 2] /\ BagAdd([a |-> 1], "b") = [a |-> 1, b |-> 1] /\ BagAdd(<<>>, 1) = <<1>>
ASSUME BagRemove([a |-> 1, b |-> 2], "a") = [b |-> 2] /\ BagRemove([b |-> 2], "b") = [b |-> 1]
ASSUME BagRemove([a |-> 1], "b") = [a |-> 1]
ASSUME BagRemoveAll([a |-> 1, b |-> 2], "b") = [a |-> 1] /\ BagRemoveAll([a |-> 1], "b") = [a |-> 1]
ASSUME FoldBag(LAMBDA found, e : Append(found, e), <<>>, <<2, 1>>) = <<1, 1, 2>>
ASSUME SumBag(<<2, 1, 3>>) = 13 /\ ProductBag(<<2, 1, 3>>) = 54 /\ SumBag(<<>>) = 0
ASSUME MapThenFoldBag(LAMBDA m, n : m + n, 0, LAMBDA e : 1, LAMBDA B : CHOOSE e \in DOMAIN B : TRUE, <<2, 1, 3>>) = 6
================================================================================
