-------------------------- MODULE RefinesAbstract --------------------------
(***************************************************************************)
(* raft.tla refines RaftAbstract.tla: each step of a server, or of the     *)
(* network, is a step of RaftAbstract, or none.                            *)
(*                                                                         *)
(* What RaftAbstract keeps as history raft.tla forgets as soon as the      *)
(* message is gone, so it is written down here: seven variables that the   *)
(* algorithm never reads, each a function of a step's two states. Checked  *)
(* with the .cfg files of MCraft, by TLC or by our engine.                 *)
(***************************************************************************)
EXTENDS MCraft

VARIABLES votes, bids, acked, leaderLog, lastIndex, commit, applied

historyOfMessages == <<votes, bids, acked, leaderLog, lastIndex, commit, applied>>

Term  == 0..(MaxTerm + 1)
Index == 0..MaxLogLength

\* A sequence of entries as RaftAbstract has it.
Entries(xlog) == {<<k, xlog[k].term, xlog[k].value>> : k \in 1..Len(xlog)}

Abstract == INSTANCE RaftAbstract WITH
    Quorum   <- {q \in SUBSET Server : IsQuorum(q)},
    left     <- [i \in Server |-> {t \in Term : t < currentTerm[i]}],
    votedFor <- [i \in Server |-> {votedFor[i]} \ {Nil}],
    log      <- [i \in Server |-> Entries(log[i])],
    leaders  <- {<<e.eterm, e.eleader>> : e \in elections}

-----------------------------------------------------------------------------

HistoryInit ==
    /\ Init
    /\ votes     = {}
    /\ bids      = {}
    /\ acked     = {}
    /\ leaderLog = [t \in Term |-> {}]
    /\ lastIndex = [t \in Term |-> 0]
    /\ commit    = [t \in Term |-> 0]
    /\ applied   = [i \in Server |-> {}]

\* Who leads a term after the step.
LeadersAfter(t) == {i \in Server : role'[i] = Leader /\ currentTerm'[i] = t}

\* Leaders who commit more by the step.
Committing(t) ==
    {i \in Server : /\ role[i] = Leader /\ role'[i] = Leader
                    /\ currentTerm[i] = t
                    /\ commitIndex'[i] > commitIndex[i]}

Acknowledged ==
    {m \in DOMAIN messages' : m.mtype = AppendEntriesResponse /\ m.msuccess}

\* In which term that was committed up to which server i now knows of commits.
CommittedIn(i) ==
    IF role'[i] = Leader THEN currentTerm'[i] ELSE committed'[commitIndex'[i]].cterm

\* What the step adds to each history.
HistoryNext ==
    /\ votes' = votes \cup
            {<<i, currentTerm'[i], votedFor'[i]>> : i \in {j \in Server : votedFor'[j] # Nil}}
    /\ bids' = bids \cup
            {<<currentTerm'[i], i, LastTerm(log'[i]), Len(log'[i])>> :
                i \in {j \in Server : role'[j] = Candidate}}
    /\ acked' = acked \cup
            UNION {{<<m.msource, m.mterm, k>> : k \in 0..m.mmatchIndex} : m \in Acknowledged} \cup
            UNION {{<<i, currentTerm'[i], k>> : k \in 0..Len(log'[i])} :
                        i \in {j \in Server : role'[j] = Leader}}
    /\ leaderLog' = [t \in Term |->
            IF LeadersAfter(t) = {} THEN leaderLog[t]
            ELSE Entries(log'[CHOOSE i \in LeadersAfter(t) : TRUE])]
    /\ lastIndex' = [t \in Term |->
            IF LeadersAfter(t) = {} THEN lastIndex[t]
            ELSE Len(log'[CHOOSE i \in LeadersAfter(t) : TRUE])]
    /\ commit' = [t \in Term |->
            IF Committing(t) = {} THEN commit[t]
            ELSE commitIndex'[CHOOSE i \in Committing(t) : TRUE]]
    /\ applied' = [i \in Server |->
            LET kept == {a \in applied[i] : a[2] <= commitIndex'[i]}
            IN IF commitIndex'[i] > commitIndex[i]
               THEN kept \cup ({CommittedIn(i)} \X (1..commitIndex'[i]))
               ELSE kept]

HistorySpec == HistoryInit /\ [][Next /\ HistoryNext]_<<vars, historyOfMessages>>

Refinement == Abstract!Spec

THEOREM HistorySpec => Refinement
=============================================================================
