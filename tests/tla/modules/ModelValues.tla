----------------------------- MODULE ModelValues -----------------------------
\* Constants of the configuration: model values, sets of them, other values, operators replaced by `<-`.
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS None, Server, Limit, Name, Fair, Pairs, Weight, Measure(_)

weight == 7
Counted(n) == n + Limit
Replaced == "not this"
Replacement == "but this"

ASSUME None = None /\ None # "None" /\ None # 1 /\ None # <<>> /\ None # {} /\ None # TRUE
ASSUME None \notin Server /\ None \notin Nat /\ None \notin STRING /\ None \notin BOOLEAN
ASSUME None \notin [1..2 -> Nat] /\ None \notin Seq(Nat) /\ None \notin [a : Nat] /\ None \notin Nat \X Nat
ASSUME None \in Nat \cup {None} /\ 1 \in Nat \cup {None}
ASSUME Cardinality(Server) = 3
ASSUME Cardinality({None, 1, 2, None}) = 3
ASSUME Limit = 3 /\ Name = "n1" /\ Fair
ASSUME Pairs = {{1, 2}, {}}
ASSUME [s \in Server |-> None] \in [Server -> Server \cup {None}]
ASSUME Cardinality([Server -> BOOLEAN]) = 8
ASSUME Cardinality(Permutations(Server)) = 6
ASSUME \A s \in Server : (CHOOSE t \in {s} : TRUE) = s
ASSUME Weight = 7
ASSUME Measure(4) = 7
ASSUME Replaced = "but this"
ASSUME LET vote == [s \in Server |-> None]
           s1 == CHOOSE s \in Server : TRUE
       IN  [vote EXCEPT ![s1] = s1][s1] = s1
==============================================================================
