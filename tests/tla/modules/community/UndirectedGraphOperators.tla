----------------------- MODULE UndirectedGraphOperators -----------------------
\* Community module UndirectedGraphs: edges are sets of one node or two.
EXTENDS UndirectedGraphs, Integers, FiniteSets

Two == [node |-> 1..4, edge |-> {{1, 2}, {2, 3}}]
Loop == [node |-> {1}, edge |-> {{1}}]

ASSUME IsUndirectedGraph(Two) /\ IsUndirectedGraph(Loop) /\ ~IsUndirectedGraph([node |-> {1}, edge |-> {{1, 2}}])
ASSUME ~IsUndirectedGraph([node |-> 1..3, edge |-> {{1, 2, 3}}])
ASSUME IsLoopFreeUndirectedGraph(Two) /\ ~IsLoopFreeUndirectedGraph(Loop)
ASSUME UndirectedSubgraph(Loop) = {[node |-> {}, edge |-> {}], [node |-> {1}, edge |-> {}], Loop}
ASSUME <<1, 2, 1>> \in Path(Two) /\ <<1, 3>> \notin Path(Two)
ASSUME SimplePath([node |-> {1, 2}, edge |-> {{1, 2}}]) = {<<1>>, <<2>>, <<1, 2>>, <<2, 1>>}
ASSUME AreConnectedIn(3, 1, Two) /\ ~AreConnectedIn(1, 4, Two)
ASSUME ConnectedComponents(Two) = {{1, 2, 3}, {4}}
ASSUME IsStronglyConnected(Loop) /\ ~IsStronglyConnected(Two)
ASSUME Cardinality(UndirectedGraphs({1, 2})) = 8 /\ Loop \in UndirectedGraphs({1})
================================================================================
