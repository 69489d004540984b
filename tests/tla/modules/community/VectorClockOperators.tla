------------------------- MODULE VectorClockOperators -------------------------
\* Community module VectorClocks.
EXTENDS VectorClocks, TLC, Integers

Clock(e) == e.clock
Node(e) == e.node
E(node, clock) == [node |-> node, clock |-> clock]

First == E(1, <<1, 0>>)
Second == E(2, <<1, 1>>)
Third == E(1, <<2, 1>>)
Beside == E(2, <<0, 1>>)

ASSUME IsCausalOrder(<<First, Second, Third>>, Clock) /\ ~IsCausalOrder(<<Second, First>>, Clock)
ASSUME IsCausalOrder(<<Beside, First>>, Clock) /\ IsCausalOrder(<<First, Beside>>, Clock) /\ IsCausalOrder(<<>>, Clock)
ASSUME CausalOrder(<<Third, Second, First>>, Clock, Node, LAMBDA c : DOMAIN c) = <<First, Second, Third>>
ASSUME LET Alone == E(1, <<1>>) IN CausalOrder(<<Alone>>, Clock, Node, LAMBDA c : DOMAIN c) = <<Alone>>
ASSUME IsCausalOrder(CausalOrder(<<Beside, Third, First>>, Clock, Node, LAMBDA c : DOMAIN c), Clock)
================================================================================
