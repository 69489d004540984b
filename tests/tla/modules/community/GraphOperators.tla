---------------------------- MODULE GraphOperators ----------------------------
\* Community module Graphs: directed graphs.
EXTENDS Graphs, Integers

Line3 == [node |-> {1, 2, 3}, edge |-> {<<1, 2>>, <<2, 3>>}]
Ring == [node |-> 1..3, edge |-> {<<1, 2>>, <<2, 3>>, <<3, 1>>}]
Loop == [node |-> {1}, edge |-> {<<1, 1>>}]

ASSUME IsDirectedGraph(Line3) /\ ~IsDirectedGraph([node |-> {1}, edge |-> {<<1, 2>>}])
ASSUME Cardinality(DirectedSubgraph(Line3)) = 13 /\ Ring \in DirectedSubgraph(Ring)
ASSUME Transpose(Line3) = [node |-> {1, 2, 3}, edge |-> {<<2, 1>>, <<3, 2>>}]
ASSUME IsUndirectedGraph(Loop) /\ ~IsUndirectedGraph(Line3) /\ Cardinality(UndirectedSubgraph(Line3)) = 8
ASSUME <<1, 2, 3>> \in Path(Line3) /\ <<1, 3>> \notin Path(Line3) /\ <<>> \notin Path(Line3) /\ <<1, 1>> \in Path(Loop)
ASSUME SimplePath(Line3) = {<<1>>, <<2>>, <<3>>, <<1, 2>>, <<2, 3>>, <<1, 2, 3>>} /\ SimplePath(Loop) = {<<1>>}
ASSUME AreConnectedIn(1, 3, Line3) /\ ~AreConnectedIn(3, 1, Line3) /\ AreConnectedIn(3, 1, Ring) /\ AreConnectedIn(2, 2, Line3)
ASSUME IsStronglyConnected(Ring) /\ ~IsStronglyConnected(Line3) /\ IsStronglyConnected(EmptyGraph)
ASSUME ConnectionsIn(Line3) = [m, n \in 1..3 |-> m <= n]
ASSUME IsTreeWithRoot(Line3, 3) /\ ~IsTreeWithRoot(Line3, 1) /\ ~IsTreeWithRoot(Ring, 1)
ASSUME GraphUnion(Loop, Line3) = [node |-> 1..3, edge |-> {<<1, 1>>, <<1, 2>>, <<2, 3>>}]
ASSUME IsBipartiteWithPartitions(Line3, {1, 3}, {2}) /\ ~IsBipartiteWithPartitions(Ring, {1, 3}, {2})
ASSUME HasCycle(Ring) /\ HasCycle(Loop) /\ ~HasCycle(Line3) /\ IsDag(Line3) /\ ~IsDag(Ring)
ASSUME Successors(Line3, 1) = {2} /\ AllSuccessors(Line3, {1, 2}) = {2, 3} /\ AllSuccessors(Line3, {}) = {}
ASSUME Predecessors(Line3, 3) = {2} /\ AllPredecessors(Line3, {2, 3}) = {1, 2}
ASSUME Ancestors(Line3, 3) = {1, 2} /\ Descendants(Line3, 1) = {2, 3} /\ Ancestors(Ring, 1) = 1..3
ASSUME InDegree(Line3, 2) = 1 /\ OutDegree(Line3, 3) = 0 /\ Roots(Line3) = {1} /\ Leaves(Line3) = {3}
ASSUME Loop \in Graphs({1}) /\ Line3 \notin Graphs({1, 2}) /\ Cardinality(Graphs({1, 2})) = 16
================================================================================
