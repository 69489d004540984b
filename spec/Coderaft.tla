------------------------------ MODULE Coderaft ------------------------------
(***************************************************************************)
(* raft.tla, taken as code takes it: its behaviors are tests for code.     *)
(*                                                                         *)
(* raft.tla leaves open what code decides: which entries go into a request *)
(* and when, and when a server does what it may do of itself. Here it does *)
(* what Figure 2 says, and does it at once:                                *)
(*  - A message arrives, its term is taken if that is newer, and it is     *)
(*    handled, with nothing between.                                       *)
(*  - Who may lead, leads; who may commit, commits all it may.             *)
(*  - A candidate asks all peers as it begins, a leader sends to all peers *)
(*    as it is elected, as it takes in a value and as its heartbeat timer  *)
(*    fires, and to a peer that refuses or lacks entries as it answers.    *)
(*  - A request begins at nextIndex and has all entries from there on; it  *)
(*    names all that is committed; all of it is stored and acknowledged.   *)
(*    nextIndex moves as in Figure 2.                                      *)
(*                                                                         *)
(* Each step is one of raft.tla or changes nothing of raft.tla's, so each  *)
(* behavior is one of raft.tla. Bounds are those of MCraft.                *)
(***************************************************************************)
EXTENDS MCraft

VARIABLES
    \* The message that has arrived and is not handled yet: a set of at most one.
    arrived,
    \* The sends that are due: pairs of a server and the peer that it is to send to.
    due

codeVars == <<arrived, due>>

-----------------------------------------------------------------------------
(* The choices of raft.tla, as Figure 2 has them *)

CodeMessagesTo(i, type) == {m \in arrived : m.mdest = i /\ m.mtype = type}

CodePrevChoices(i, j) == {nextIndex[i][j] - 1}

CodeLastChoices(i, j, prev) == {Len(log[i])}

\* To send moves nothing; a success goes on behind what matches, a refusal one back.
CodeNextChoices(i, j, match) ==
    IF arrived = {} THEN {nextIndex[i][j]}
    ELSE {IF m.msuccess THEN match + 1 ELSE Max(match + 1, nextIndex[i][j] - 1) : m \in arrived}

\* The indexes that leader i may commit.
Committable(i) ==
    {index \in (commitIndex[i] + 1)..Len(log[i]) :
        /\ role[i] = Leader
        /\ log[i][index].term = currentTerm[i]
        /\ IsQuorum({i} \cup {j \in Server : matchIndex[i][j] >= index})}

CodeCommitTargets(i) ==
    {index \in Committable(i) : \A other \in Committable(i) : other <= index}

-----------------------------------------------------------------------------
(* What is done at once *)

CanLead(i) == role[i] = Candidate /\ IsQuorum(votesGranted[i])

\* A server is in the midst of something.
Busy ==
    \/ arrived # {}
    \/ due # {}
    \/ \E i \in Server : CanLead(i) \/ Committable(i) # {}

\* The network has room for what a server sends to all its peers, and the terms do not end. As guards, and
\* not as a constraint, for what has begun must come to an end.
HasRoom == BagCardinality(messages) + Cardinality(Server) - 1 <= MaxInFlight

\* Leader or candidate i sends to all its peers.
ToAll(i) == {<<i, j>> : j \in Server \ {i}}

TakesTerm == \E m \in arrived : m.mterm > currentTerm[m.mdest]

CodeUpdateTerm(i) ==
    /\ UpdateTerm(i)
    /\ UNCHANGED codeVars

CodeBecomeLeader(i) ==
    /\ arrived = {}
    /\ BecomeLeader(i)
    /\ due' = ToAll(i)
    /\ UNCHANGED arrived

CodeAdvanceCommitIndex(i) ==
    /\ arrived = {}
    /\ AdvanceCommitIndex(i)
    /\ UNCHANGED codeVars

CodeRequestVote(i, j) ==
    /\ <<i, j>> \in due
    /\ RequestVote(i, j)
    /\ due' = due \ {<<i, j>>}
    /\ UNCHANGED arrived

\* After it has committed what it may.
CodeAppendEntries(i, j) ==
    /\ <<i, j>> \in due
    /\ arrived = {}
    /\ Committable(i) = {}
    /\ AppendEntries(i, j)
    /\ due' = due \ {<<i, j>>}
    /\ UNCHANGED arrived

\* The message is handled, and nothing is to be sent of it beside the answer.
Handled ==
    /\ arrived' = {}
    /\ UNCHANGED due

CodeHandleRequestVoteRequest(i)   == ~TakesTerm /\ HandleRequestVoteRequest(i) /\ Handled
CodeHandleRequestVoteResponse(i)  == ~TakesTerm /\ HandleRequestVoteResponse(i) /\ Handled
CodeHandleAppendEntriesRequest(i) == ~TakesTerm /\ HandleAppendEntriesRequest(i) /\ Handled
CodeDropStaleResponse(i)          == ~TakesTerm /\ DropStaleResponse(i) /\ Handled

CodeHandleAppendEntriesResponse(i) ==
    /\ ~TakesTerm
    /\ HandleAppendEntriesResponse(i)
    /\ arrived' = {}
    /\ due' = {<<i, m.msource>> : m \in
                {m \in arrived : /\ role[i] = Leader
                                 /\ ~m.msuccess \/ nextIndex'[i][m.msource] <= Len(log[i])}}

-----------------------------------------------------------------------------
(* What comes to a server that is not busy *)

\* A message from j arrives at i. Nothing of raft.tla's changes.
Arrive(i, j) ==
    /\ ~Busy
    /\ \E m \in DOMAIN messages : m.mdest = i /\ m.msource = j /\ arrived' = {m}
    /\ UNCHANGED <<vars, due>>

\* The heartbeat timer of a leader fires. Nothing of raft.tla's changes.
Heartbeat(i) ==
    /\ ~Busy
    /\ HasRoom
    /\ role[i] = Leader
    /\ due' = ToAll(i)
    /\ UNCHANGED <<vars, arrived>>

CodeTimeout(i) ==
    /\ ~Busy
    /\ HasRoom
    /\ currentTerm[i] < MaxTerm
    /\ Timeout(i)
    /\ due' = ToAll(i)
    /\ UNCHANGED arrived

CodeClientRequest(i) ==
    /\ ~Busy
    /\ HasRoom
    /\ ClientRequest(i)
    /\ due' = ToAll(i)
    /\ UNCHANGED arrived

\* While something is under way. Code may lose by it also what raft.tla does not.
CodeRestart(i)       == ~Busy /\ messages # EmptyBag /\ Restart(i) /\ UNCHANGED codeVars
CodeDuplicateMessage == ~Busy /\ DuplicateMessage /\ UNCHANGED codeVars
CodeDropMessage      == ~Busy /\ DropMessage /\ UNCHANGED codeVars

-----------------------------------------------------------------------------

CodeInit ==
    /\ Init
    /\ arrived = {}
    /\ due = {}

CodeNext ==
    \/ \E i \in Server : CodeUpdateTerm(i)
    \/ \E i \in Server : CodeTimeout(i)
    \/ \E i, j \in Server : CodeRequestVote(i, j)
    \/ \E i \in Server : CodeHandleRequestVoteRequest(i)
    \/ \E i \in Server : CodeHandleRequestVoteResponse(i)
    \/ \E i \in Server : CodeBecomeLeader(i)
    \/ \E i \in Server : CodeClientRequest(i)
    \/ \E i, j \in Server : CodeAppendEntries(i, j)
    \/ \E i \in Server : CodeHandleAppendEntriesRequest(i)
    \/ \E i \in Server : CodeHandleAppendEntriesResponse(i)
    \/ \E i \in Server : CodeAdvanceCommitIndex(i)
    \/ \E i \in Server : CodeDropStaleResponse(i)
    \/ \E i \in Server : CodeRestart(i)
    \/ CodeDuplicateMessage
    \/ CodeDropMessage
    \/ \E i, j \in Server : Arrive(i, j)
    \/ \E i \in Server : Heartbeat(i)

CodeSpec == CodeInit /\ [][CodeNext]_<<vars, codeVars>>
=============================================================================

What TLC 2.15 finds with one worker in Coderaft.cfg, but for the constants that are given here. A test
reads this line.

\* servers 2   value 1   term 2   log 1   in flight 2   copies 1   distinct 11047   generated 23157   depth 46
