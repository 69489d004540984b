-------------------------- MODULE RefinesAbstract --------------------------
(***************************************************************************)
(* raft.tla refines RaftAbstract.tla: each step of a server, or of the     *)
(* network, is a step of RaftAbstract, or none. So it is with the          *)
(* liberties, too.                                                         *)
(*                                                                         *)
(* What RaftAbstract keeps as history raft.tla forgets as soon as the      *)
(* message is gone. It is recorded here, in seven variables that the       *)
(* algorithm never reads; what a step adds to them follows from the        *)
(* states before and after it. To be checked with the bounds of MCraft,    *)
(* by TLC or by our engine: what was found stands at the foot.             *)
(***************************************************************************)
EXTENDS MCraft

VARIABLES votes, bids, acked, leaderLog, lastIndex, commit, applied  \* See RaftAbstract.

recordVars == <<votes, bids, acked, leaderLog, lastIndex, commit, applied>>

\* A step beyond the bound is looked at as well; from there the search does not go on.
Term  == 0..(MaxTerm + 1)
Index == 0..MaxLogLength

\* A sequence of entries as RaftAbstract has it.
Entries(xlog) == {<<k, xlog[k].term, xlog[k].value>> : k \in 1..Len(xlog)}

\* The majorities are written down once more, so that raft.tla's quorums are held against them.
Abstract == INSTANCE RaftAbstract WITH
    Quorum   <- {q \in SUBSET Server : 2 * Cardinality(q) > Cardinality(Server)},
    left     <- [i \in Server |-> {t \in Term : t < currentTerm[i]}],
    votedFor <- [i \in Server |-> {votedFor[i]} \ {Nil}],
    log      <- [i \in Server |-> Entries(log[i])],
    leaders  <- {<<e.eterm, e.eleader>> : e \in elections}

-----------------------------------------------------------------------------
(* The record *)

RecordInit ==
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

\* Acknowledgements, each to the leader of its term; what is told to others nobody counts.
Acknowledged ==
    {m \in DOMAIN messages' :
        /\ m.mtype = AppendEntriesResponse
        /\ m.msuccess
        /\ \E e \in elections' : e.eterm = m.mterm /\ e.eleader = m.mdest}

\* In which term that was committed up to which server i now knows of commits.
CommittedIn(i) ==
    IF role'[i] = Leader THEN currentTerm'[i] ELSE committed'[commitIndex'[i]].cterm

\* What the step adds to each history.
Record ==
    /\ votes' = votes \cup
            {<<i, currentTerm'[i], votedFor'[i]>> : i \in {j \in Server : votedFor'[j] # Nil}}
    /\ bids' = bids \cup
            {<<currentTerm'[i], i, LastTerm(log'[i]), Len(log'[i])>> :
                i \in {j \in Server : role'[j] = Candidate}}
    /\ acked' = acked \cup
            UNION {{<<m.msource, m.mterm, k>> : k \in 1..m.mmatchIndex} : m \in Acknowledged} \cup
            UNION {{<<i, currentTerm'[i], k>> : k \in 1..Len(log'[i])} :
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

-----------------------------------------------------------------------------
(* The actions of raft.tla, each with its record, so that a counterexample tells which it was. *)

RecordedUpdateTerm(i)                  == UpdateTerm(i) /\ Record
RecordedTimeout(i)                     == Timeout(i) /\ Record
RecordedRequestVote(i, j)              == RequestVote(i, j) /\ Record
RecordedHandleRequestVoteRequest(i)    == HandleRequestVoteRequest(i) /\ Record
RecordedHandleRequestVoteResponse(i)   == HandleRequestVoteResponse(i) /\ Record
RecordedBecomeLeader(i)                == BecomeLeader(i) /\ Record
RecordedClientRequest(i)               == ClientRequest(i) /\ Record
RecordedAppendEntries(i, j)            == AppendEntries(i, j) /\ Record
RecordedHandleAppendEntriesRequest(i)  == HandleAppendEntriesRequest(i) /\ Record
RecordedHandleAppendEntriesResponse(i) == HandleAppendEntriesResponse(i) /\ Record
RecordedAdvanceCommitIndex(i)          == AdvanceCommitIndex(i) /\ Record
RecordedDropStaleResponse(i)           == DropStaleResponse(i) /\ Record
RecordedRestart(i)                     == Restart(i) /\ Record
RecordedDuplicateMessage               == DuplicateMessage /\ Record
RecordedDropMessage                    == DropMessage /\ Record
RecordedBeyond                         == Beyond /\ Record

RecordedNext ==
    \/ \E i \in Server : RecordedUpdateTerm(i)
    \/ \E i \in Server : RecordedTimeout(i)
    \/ \E i, j \in Server : RecordedRequestVote(i, j)
    \/ \E i \in Server : RecordedHandleRequestVoteRequest(i)
    \/ \E i \in Server : RecordedHandleRequestVoteResponse(i)
    \/ \E i \in Server : RecordedBecomeLeader(i)
    \/ \E i \in Server : RecordedClientRequest(i)
    \/ \E i, j \in Server : RecordedAppendEntries(i, j)
    \/ \E i \in Server : RecordedHandleAppendEntriesRequest(i)
    \/ \E i \in Server : RecordedHandleAppendEntriesResponse(i)
    \/ \E i \in Server : RecordedAdvanceCommitIndex(i)
    \/ \E i \in Server : RecordedDropStaleResponse(i)
    \/ \E i \in Server : RecordedRestart(i)
    \/ RecordedDuplicateMessage
    \/ RecordedDropMessage
    \/ RecordedBeyond

RecordedSpec == RecordInit /\ [][RecordedNext]_<<vars, recordVars>>

Refinement == Abstract!Spec

THEOREM RecordedSpec => Refinement
=============================================================================

Checked with the bounds of each .cfg file of MCraft, by our engine; the seconds are CPU seconds of a small
virtual machine. TLC needs ten times as long. Tests read these lines.

\* RefinesAbstract.cfg   distinct 9951     generated 70026     depth 33   4 s
\* MCraft1.cfg           distinct 3679     generated 42295     depth 19   2 s
\* MCraft2.cfg           distinct 394378   generated 4402620   depth 34   200 s
\* MCraft3.cfg           distinct 382227   generated 3621226   depth 40   180 s
\* MCraft4.cfg           distinct 41119    generated 451815    depth 28   14 s
