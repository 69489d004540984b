------------------------------ MODULE MCliberty ------------------------------
(***************************************************************************)
(* The liberties of raft.tla, on three servers and more.                   *)
(*                                                                         *)
(* What makes a liberty unsafe lies deep: logs that differ, leaders that   *)
(* are late. So models begin where an election, or Figure 8, has led to    *)
(* such logs already: each of the initial states here is one that raft.tla *)
(* reaches without any liberty, as a test shows. MCraft's operators bound  *)
(* what comes then. Tests take from raft.tla one guard of a liberty after  *)
(* the other, and see these models break, or say what else it is for.      *)
(* What each .cfg file reaches stands at the foot.                         *)
(***************************************************************************)
EXTENDS MCraft

\* The entry that a leader appends of its own is no client's.
NoOp == "no-op"

MCCommandValues(i) == IF Len(log[i]) < MaxLogLength THEN Value \ {NoOp} ELSE {}
MCLeaderValues(i)  == IF Len(log[i]) < MaxLogLength THEN {NoOp} ELSE {}

\* A leader sends all that it has beyond what agrees.
MCLastChoices(i, j, prev) == {Len(log[i])}

V(term) == [term |-> term, value |-> "v1"]

NoLeaders ==
    /\ votesGranted = [i \in Server |-> {}]
    /\ nextIndex    = [i \in Server |-> [j \in Server |-> 1]]
    /\ matchIndex   = [i \in Server |-> [j \in Server |-> 0]]

\* n2 led term 1, and appended an entry that no one else has; the request for n3 is on its way. It
\* crashed, asked for votes of term 2 that nobody heard, and crashed again. A leader of term 2 is
\* still to come, who may well not have the entry.
Diverged ==
    /\ messages     = SetToBag({[mtype |-> AppendEntriesRequest, mterm |-> 1,
                                 mprevLogIndex |-> 0, mprevLogTerm |-> 0, mentries |-> <<V(1)>>,
                                 mcommitIndex |-> 0, msource |-> "n2", mdest |-> "n3"]})
    /\ currentTerm  = [i \in Server |-> IF i = "n2" THEN 2 ELSE 1]
    /\ role         = [i \in Server |-> Follower]
    /\ votedFor     = [i \in Server |-> "n2"]
    /\ log          = [i \in Server |-> IF i = "n2" THEN <<V(1)>> ELSE <<>>]
    /\ commitIndex  = [i \in Server |-> 0]
    /\ NoLeaders
    /\ elections    = {[eterm |-> 1, eleader |-> "n2", elog |-> <<>>]}
    /\ committed    = <<>>

\* Figure 8 at (e), on five servers: the entry of term 1, which n1 and n2 have, was committed by n1
\* in term 3. n5, who has not heard of that, still leads term 2, and has another entry there; n2, who
\* refused it its vote, has heard of term 2 only.
Figure8 ==
    /\ messages     = EmptyBag
    /\ currentTerm  = [i \in Server |-> IF i \in {"n2", "n5"} THEN 2 ELSE 3]
    /\ role         = [i \in Server |-> IF i = "n1" \/ i = "n5" THEN Leader ELSE Follower]
    /\ votedFor     = [i \in Server |-> CASE i = "n2" -> Nil [] i = "n5" -> "n5" [] OTHER -> "n1"]
    /\ log          = [i \in Server |-> CASE i = "n2" -> <<V(1)>>
                                          [] i = "n5" -> <<V(2)>>
                                          [] OTHER -> <<V(1), V(3)>>]
    /\ commitIndex  = [i \in Server |-> IF i = "n1" THEN 2 ELSE 0]
    /\ votesGranted = [i \in Server |-> CASE i = "n1" -> {"n1", "n3", "n4"}
                                          [] i = "n5" -> {"n3", "n4", "n5"}
                                          [] OTHER -> {}]
    /\ nextIndex    = [i \in Server |-> [j \in Server |->
                          IF i = "n1" THEN IF j \in {"n3", "n4"} THEN 3 ELSE 2 ELSE 1]]
    /\ matchIndex   = [i \in Server |-> [j \in Server |->
                          IF i = "n1" /\ j \in {"n3", "n4"} THEN 2 ELSE 0]]
    /\ elections    = {[eterm |-> 1, eleader |-> "n1", elog |-> <<>>],
                       [eterm |-> 2, eleader |-> "n5", elog |-> <<>>],
                       [eterm |-> 3, eleader |-> "n1", elog |-> <<V(1)>>]}
    /\ committed    = <<[term |-> 1, value |-> "v1", cterm |-> 3],
                        [term |-> 3, value |-> "v1", cterm |-> 3]>>

\* What was committed a quorum holds, ever after: it is why Leader Completeness is true, and breaks
\* before that does.
QuorumHolds ==
    \A k \in 1..Len(committed) : IsQuorum({i \in Server : HoldsCommitted(log[i], k)})

=============================================================================

As at the foot of MCraft.tla, while other programs ran as well.

\* MCliberty1.cfg   servers 3   term 2   log 0   in flight 1   distinct 93738   generated 904957   depth 24   TLC 90 s
\* MCliberty2.cfg   servers 3   term 2   log 1   in flight 2   distinct 37426   generated 810043   depth 21   TLC 70 s
\* MCliberty3.cfg   servers 5   term 3   log 2   in flight 1   distinct 14796   generated 330313   depth 20   TLC 62 s
