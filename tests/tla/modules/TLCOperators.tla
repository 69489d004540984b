----------------------------- MODULE TLCOperators -----------------------------
\* Module TLC: explicit functions, permutations, sorting, assertions.
EXTENDS Naturals, Sequences, FiniteSets, TLC

ASSUME "a" :> 1 = [a |-> 1]
ASSUME 1 :> "x" = <<"x">>
ASSUME (1 :> "x" @@ 2 :> "y") = <<"x", "y">>
ASSUME (0 :> "x" @@ 2 :> "y") = [i \in {0, 2} |-> IF i = 0 THEN "x" ELSE "y"]
ASSUME (1 :> "left" @@ 1 :> "right") = <<"left">>
ASSUME [a |-> 1] @@ [b |-> 2, a |-> 3] = [a |-> 1, b |-> 2]
ASSUME [a |-> 1] @@ <<>> = [a |-> 1] /\ <<>> @@ <<>> = <<>>
ASSUME (3 :> 4 @@ 5 :> 6)[5] = 6
ASSUME DOMAIN (<<1>> :> 2 @@ <<3>> :> 4) = {<<1>>, <<3>>}
ASSUME Assert(TRUE, "not reached")
ASSUME Assert(1 < 2, <<"not", "reached">>)
ASSUME Permutations({1, 2}) = {<<1, 2>>, <<2, 1>>}
ASSUME Permutations({"p", "q"}) = {[p |-> "p", q |-> "q"], [p |-> "q", q |-> "p"]}
ASSUME Cardinality(Permutations(1..4)) = 24
ASSUME \A p \in Permutations({"p", "q", "r"}) : {p[e] : e \in DOMAIN p} = {"p", "q", "r"}
ASSUME SortSeq(<<3, 1, 2>>, LAMBDA m, n : m < n) = <<1, 2, 3>>
ASSUME SortSeq(<<3, 1, 2>>, >) = <<3, 2, 1>>
ASSUME SortSeq(<<>>, <) = <<>>
ASSUME SortSeq(<<2, 1, 2>>, <) = <<1, 2, 2>>
ASSUME LET Shorter(s, t) == Len(s) < Len(t) IN SortSeq(<<<<1, 2>>, <<>>, <<3>>>>, Shorter) = <<<<>>, <<3>>, <<1, 2>>>>
ASSUME TLCEval({n \in 1..3 : n > 1}) = {2, 3}
ASSUME TLCEval([n \in 1..2 |-> n]) = <<1, 2>>
ASSUME ToString(42) = "42" /\ ToString(TRUE) = "TRUE"
ASSUME ToString("a") = "\"a\""
ASSUME ToString(<<1, {2}>>) = "<<1, {2}>>"
ASSUME ToString([a |-> 1, b |-> <<>>]) = "[a |-> 1, b |-> <<>>]"
===============================================================================
