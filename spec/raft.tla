-------------------------------- MODULE raft --------------------------------
(***************************************************************************)
(* The core of Raft: elections, log replication, commit, crash, restart.   *)
(*                                                                         *)
(* Follows Figure 2 of Ongaro and Ousterhout, "In Search of an             *)
(* Understandable Consensus Algorithm (Extended Version)", with the names  *)
(* of Ongaro's own specification; only his `state` is `role` here.         *)
(*                                                                         *)
(* Its rules:                                                              *)
(*  - One action is one handler of the code, and answers in the same step. *)
(*    Internal moves (UpdateTerm, BecomeLeader, AdvanceCommitIndex) are    *)
(*    actions of their own.                                                *)
(*  - A sender may claim less than it knows, never more: AppendEntries may *)
(*    start anywhere, carry any number of entries and name any commit      *)
(*    index up to the sender's; a success may acknowledge less than was    *)
(*    stored. So batches, pipelines, probes and hints are all steps.       *)
(*  - The network is a bag: it reorders, duplicates and loses. A message   *)
(*    that is lost may just as well stay for ever.                         *)
(*  - Terms, votes and logs are stable: a crash keeps them.                *)
(*                                                                         *)
(* Nothing but the algorithm is here. MCraft bounds it, Traceraft holds it *)
(* against observations; both narrow the operators of the section Choices. *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, Sequences, Bags

CONSTANTS
    Server,   \* The servers of the cluster, fixed.
    Value,    \* What clients may ask to have in the log.
    Nil,      \* Stands for "voted for nobody"; not a server.
    Liberties \* What servers may do beyond Figure 2, as names of the section Liberties; {}: nothing.

ASSUME Nil \notin Server
ASSUME Liberties \subseteq {"HearOther", "StepDown", "IgnoreStaleRequest", "IgnoreVoteRequest",
                            "IgnoreAppendEntries", "IgnoreResponse", "RefuseVoteRequest",
                            "LeaderEntry", "AckCommitted", "AnswerLater", "LearnLater",
                            "LearnCommit", "Rewind"}

-----------------------------------------------------------------------------
(* Names *)

Follower  == "Follower"
Candidate == "Candidate"
Leader    == "Leader"

RequestVoteRequest    == "RequestVoteRequest"
RequestVoteResponse   == "RequestVoteResponse"
AppendEntriesRequest  == "AppendEntriesRequest"
AppendEntriesResponse == "AppendEntriesResponse"

Role          == {Follower, Candidate, Leader}
RequestTypes  == {RequestVoteRequest, AppendEntriesRequest}
ResponseTypes == {RequestVoteResponse, AppendEntriesResponse}

\* A log entry: the client's value, and the term in which a leader took it in.
Entry == [term : Nat, value : Value]

\* The four messages of Figure 2. The sender's log and entries are given by index and term.
\* mmatchIndex: the receiver's log agrees with the sender's up to here (0 in a refusal).
Message ==
    [mtype : {RequestVoteRequest}, mterm : Nat, mlastLogTerm : Nat, mlastLogIndex : Nat,
     msource : Server, mdest : Server]
    \cup
    [mtype : {RequestVoteResponse}, mterm : Nat, mvoteGranted : BOOLEAN,
     msource : Server, mdest : Server]
    \cup
    [mtype : {AppendEntriesRequest}, mterm : Nat, mprevLogIndex : Nat, mprevLogTerm : Nat,
     mentries : Seq(Entry), mcommitIndex : Nat, msource : Server, mdest : Server]
    \cup
    [mtype : {AppendEntriesResponse}, mterm : Nat, msuccess : BOOLEAN, mmatchIndex : Nat,
     msource : Server, mdest : Server]

-----------------------------------------------------------------------------
(* Variables *)

VARIABLES
    \* The network: a bag, from each message in flight to the number of its copies.
    messages,

    \* Stable, with log: the latest term the server has seen (0 at first, never decreases).
    currentTerm,
    \* What the server is now: Follower, Candidate or Leader.
    role,
    \* Stable: the candidate that got the server's vote in its current term, or Nil.
    votedFor,

    \* Stable: the server's log, a sequence of entries; the first index is 1.
    log,
    \* The highest index that the server knows to be committed (0 at first).
    commitIndex,

    \* On a candidate: the servers that gave it their vote in its current term.
    votesGranted,

    \* On a leader, for each peer: the index of the next entry to send to it.
    nextIndex,
    \* On a leader, for each peer: the highest index known to agree with the leader's log.
    matchIndex,

    \* History, never read by a server: every election that was won, as [eterm, eleader, elog].
    elections,
    \* History: for each index that some leader committed, its first committed [term, value],
    \* and in cterm the lowest term in which a leader committed it.
    committed

serverVars    == <<currentTerm, role, votedFor>>
logVars       == <<log, commitIndex>>
candidateVars == <<votesGranted>>
leaderVars    == <<nextIndex, matchIndex>>
historyVars   == <<elections, committed>>
vars == <<messages, serverVars, logVars, candidateVars, leaderVars, historyVars>>

TypeOK ==
    /\ IsABag(messages)
    /\ \A m \in DOMAIN messages : m \in Message
    /\ currentTerm \in [Server -> Nat]
    /\ role \in [Server -> Role]
    /\ votedFor \in [Server -> Server \cup {Nil}]
    /\ log \in [Server -> Seq(Entry)]
    /\ commitIndex \in [Server -> Nat]
    /\ votesGranted \in [Server -> SUBSET Server]
    /\ nextIndex \in [Server -> [Server -> Nat]]
    /\ matchIndex \in [Server -> [Server -> Nat]]
    /\ \A e \in elections : e \in [eterm : Nat, eleader : Server, elog : Seq(Entry)]
    /\ committed \in Seq([term : Nat, value : Value, cterm : Nat])

Init ==
    /\ messages     = EmptyBag
    /\ currentTerm  = [i \in Server |-> 0]
    /\ role         = [i \in Server |-> Follower]
    /\ votedFor     = [i \in Server |-> Nil]
    /\ log          = [i \in Server |-> <<>>]
    /\ commitIndex  = [i \in Server |-> 0]
    /\ votesGranted = [i \in Server |-> {}]
    /\ nextIndex    = [i \in Server |-> [j \in Server |-> 1]]
    /\ matchIndex   = [i \in Server |-> [j \in Server |-> 0]]
    /\ elections    = {}
    /\ committed    = <<>>

-----------------------------------------------------------------------------
(* Helpers *)

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b

\* More than half of the servers. Any two quorums share a server.
IsQuorum(servers) == 2 * Cardinality(servers) > Cardinality(Server)

\* The term of the entry at an index; 0 before the first entry.
TermAt(xlog, index) == IF index = 0 THEN 0 ELSE xlog[index].term

LastTerm(xlog) == TermAt(xlog, Len(xlog))

\* The candidate that asks by m has a log at least as up-to-date as xlog (5.4.1).
UpToDate(m, xlog) ==
    \/ m.mlastLogTerm > LastTerm(xlog)
    \/ m.mlastLogTerm = LastTerm(xlog) /\ m.mlastLogIndex >= Len(xlog)

\* The log xlog holds the entry that comes before those of the AppendEntries request m
\* (consistency check, 5.3).
HoldsPrevious(xlog, m) ==
    /\ m.mprevLogIndex <= Len(xlog)
    /\ m.mprevLogTerm = TermAt(xlog, m.mprevLogIndex)

\* The log after it takes in entries that follow index prev (AppendEntries, steps 3 and 4).
\* Whatever follows the entries goes only if one of them conflicts or is new: entries that are
\* all there already (a late request, a heartbeat) leave the log alone.
Merge(xlog, prev, entries) ==
    IF \A k \in 1..Len(entries) :
            prev + k <= Len(xlog) /\ xlog[prev + k].term = entries[k].term
    THEN xlog
    ELSE SubSeq(xlog, 1, prev) \o entries

\* How much of new, a merge into old, may be stored at a time: as much as remains of old up to
\* its first conflict with new, all of new, or anything between.
StoredLengths(old, new) ==
    {n \in 0..Len(new) :
        n < Len(old) => \E k \in 1..Min(n + 1, Len(new)) : old[k].term # new[k].term}

\* The bag of messages after one more, one fewer, and an answer that takes a request's place.
Send(m)                  == messages (+) SetToBag({m})
Discard(m)               == messages (-) SetToBag({m})
Reply(response, request) == Discard(request) (+) SetToBag({response})

-----------------------------------------------------------------------------
(* Choices: all that is left open to a server or to the network. The widest that is safe is      *)
(* here; a configuration may replace each by a subset of it, and by nothing else.                *)

\* The messages of a type that server i may receive next.
MessagesTo(i, type) == {m \in DOMAIN messages : m.mdest = i /\ m.mtype = type}

\* The messages that the network may duplicate or lose next.
DuplicateChoices == DOMAIN messages
DropChoices      == DOMAIN messages

\* Whom a server that starts an election votes for: itself, says Figure 2. A crash between writing
\* the term and writing the vote leaves nobody.
SelfVoteChoices(i) == {i, Nil}

\* The values that a client may bring to leader i.
ClientValues(i) == Value

\* AppendEntries from i to j: the index before its entries, and the index of the last of them.
PrevChoices(i, j)       == 0..Len(log[i])
LastChoices(i, j, prev) == prev..Len(log[i])

\* The commit index that i names to j.
CommitChoices(i, j) == 0..commitIndex[i]

\* How long the log of i is once it has taken in a request that would make it new. All of new,
\* says Figure 2; less is what a crash leaves if entries go and come one by one.
StoredChoices(i, new) == StoredLengths(log[i], new)

\* How far i acknowledges the request m.
AckChoices(i, m) == 0..(m.mprevLogIndex + Len(m.mentries))

\* Leader i's nextIndex for j, which agrees with it up to match: Figure 2 says the last index
\* plus one at first, match plus one after a success, one less after a refusal.
NextChoices(i, j, match) == (match + 1)..(Len(log[i]) + 1)

\* The indexes up to which leader i may try to commit.
CommitTargets(i) == (commitIndex[i] + 1)..Len(log[i])

\* What i still knows of its commit index after a crash (Figure 2: nothing).
RestartCommitChoices(i) == 0..commitIndex[i]

\* The terms of which i may hear by messages that are none of the four.
OtherTerms(i) == UNION {0..currentTerm[j] : j \in Server}

\* What leader i may append that no client asked for.
LeaderValues(i) == Value

\* How far i may acknowledge entries later than it handled them, and how far it may learn otherwise
\* than from its leader what is committed.
LaterChoices(i) == 0..Len(log[i])
LearnChoices(i) == (commitIndex[i] + 1)..Len(log[i])

-----------------------------------------------------------------------------
(* Terms and elections *)

\* A server that hears of a newer term takes it and becomes a follower who has not voted. The
\* message stays, to be handled next. (Rules for Servers, all servers.)
UpdateTerm(i) ==
    \E type \in RequestTypes \cup ResponseTypes : \E m \in MessagesTo(i, type) :
        /\ m.mterm > currentTerm[i]
        /\ currentTerm' = [currentTerm EXCEPT ![i] = m.mterm]
        /\ role'        = [role EXCEPT ![i] = Follower]
        /\ votedFor'    = [votedFor EXCEPT ![i] = Nil]
        /\ UNCHANGED <<messages, logVars, candidateVars, leaderVars, historyVars>>

\* A server that hears of no leader starts an election: a new term, and its vote for itself.
\* (Rules for Servers, followers and candidates.)
Timeout(i) ==
    /\ role[i] \in {Follower, Candidate}
    /\ currentTerm'  = [currentTerm EXCEPT ![i] = @ + 1]
    /\ role'         = [role EXCEPT ![i] = Candidate]
    /\ \E vote \in SelfVoteChoices(i) :
        /\ votedFor'     = [votedFor EXCEPT ![i] = vote]
        /\ votesGranted' = [votesGranted EXCEPT ![i] = {vote} \ {Nil}]
    /\ UNCHANGED <<messages, logVars, leaderVars, historyVars>>

\* A candidate asks a peer for its vote, again if it likes. (Rules for Servers, candidates.)
RequestVote(i, j) ==
    /\ role[i] = Candidate
    /\ i # j
    /\ messages' = Send([mtype         |-> RequestVoteRequest,
                         mterm         |-> currentTerm[i],
                         mlastLogTerm  |-> LastTerm(log[i]),
                         mlastLogIndex |-> Len(log[i]),
                         msource       |-> i,
                         mdest         |-> j])
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server gives its vote to one candidate in a term, whose log must be at least as up-to-date
\* as its own, and refuses it to all others. (RequestVote RPC, receiver, steps 1 and 2.)
HandleRequestVoteRequest(i) ==
    \E m \in MessagesTo(i, RequestVoteRequest) :
        LET grant == /\ m.mterm = currentTerm[i]
                     /\ votedFor[i] \in {Nil, m.msource}
                     /\ UpToDate(m, log[i])
        IN
        /\ m.mterm <= currentTerm[i]
        /\ messages' = Reply([mtype        |-> RequestVoteResponse,
                              mterm        |-> currentTerm[i],
                              mvoteGranted |-> grant,
                              msource      |-> i,
                              mdest        |-> m.msource], m)
        /\ votedFor' = IF grant THEN [votedFor EXCEPT ![i] = m.msource] ELSE votedFor
        /\ UNCHANGED <<currentTerm, role, logVars, candidateVars, leaderVars, historyVars>>

\* A candidate counts a vote of its term; anyone else has no use for it.
HandleRequestVoteResponse(i) ==
    \E m \in MessagesTo(i, RequestVoteResponse) :
        /\ m.mterm = currentTerm[i]
        /\ messages' = Discard(m)
        /\ votesGranted' = IF role[i] = Candidate /\ m.mvoteGranted
                           THEN [votesGranted EXCEPT ![i] = @ \cup {m.msource}]
                           ELSE votesGranted
        /\ UNCHANGED <<serverVars, logVars, leaderVars, historyVars>>

\* A candidate with the votes of a quorum becomes leader. It expects every log to be like its
\* own, and knows nothing of them. (Rules for Servers, candidates; State, leaders.)
BecomeLeader(i) ==
    /\ role[i] = Candidate
    /\ IsQuorum(votesGranted[i])
    /\ role'       = [role EXCEPT ![i] = Leader]
    /\ nextIndex'  = [nextIndex EXCEPT ![i] = [j \in Server |-> Len(log[i]) + 1]]
    /\ matchIndex' = [matchIndex EXCEPT ![i] = [j \in Server |-> 0]]
    /\ elections'  = elections \cup
                        {[eterm |-> currentTerm[i], eleader |-> i, elog |-> log[i]]}
    /\ UNCHANGED <<messages, currentTerm, votedFor, logVars, candidateVars, committed>>

-----------------------------------------------------------------------------
(* Replication and commit *)

\* A leader appends a client's value to its log. (Rules for Servers, leaders.)
ClientRequest(i) ==
    /\ role[i] = Leader
    /\ \E v \in ClientValues(i) :
        log' = [log EXCEPT ![i] = Append(@, [term |-> currentTerm[i], value |-> v])]
    /\ UNCHANGED <<messages, serverVars, commitIndex, candidateVars, leaderVars, historyVars>>

\* A leader sends a peer some of its entries, or none as a heartbeat. A leader that does not
\* wait for the answer moves its nextIndex as well. (Rules for Servers, leaders.)
AppendEntries(i, j) ==
    /\ role[i] = Leader
    /\ i # j
    /\ \E prev \in PrevChoices(i, j) :
       \E last \in LastChoices(i, j, prev), commit \in CommitChoices(i, j),
          next \in NextChoices(i, j, matchIndex[i][j]) :
        /\ messages' = Send([mtype         |-> AppendEntriesRequest,
                             mterm         |-> currentTerm[i],
                             mprevLogIndex |-> prev,
                             mprevLogTerm  |-> TermAt(log[i], prev),
                             mentries      |-> SubSeq(log[i], prev + 1, last),
                             mcommitIndex  |-> commit,
                             msource       |-> i,
                             mdest         |-> j])
        /\ nextIndex' = [nextIndex EXCEPT ![i][j] = next]
    /\ UNCHANGED <<serverVars, logVars, candidateVars, matchIndex, historyVars>>

\* A server takes entries of its current term only, that follow an entry which it holds.
Acceptable(i, m) == m.mterm = currentTerm[i] /\ HoldsPrevious(log[i], m)

\* A server refuses other entries. (AppendEntries RPC, receiver, steps 1 and 2.)
RefuseAppendEntries(i, m) ==
    /\ ~Acceptable(i, m)
    /\ messages' = Reply([mtype       |-> AppendEntriesResponse,
                          mterm       |-> currentTerm[i],
                          msuccess    |-> FALSE,
                          mmatchIndex |-> 0,
                          msource     |-> i,
                          mdest       |-> m.msource], m)
    /\ role' = IF m.mterm = currentTerm[i] THEN [role EXCEPT ![i] = Follower] ELSE role
    /\ UNCHANGED <<currentTerm, votedFor, logVars, candidateVars, leaderVars, historyVars>>

\* A server takes in entries of its leader: it deletes from the first conflict, appends what is
\* new, and learns what is committed among that which now agrees with the leader's log, never
\* beyond it. (AppendEntries RPC, receiver, steps 3 to 5.)
AcceptAppendEntries(i, m) ==
    /\ Acceptable(i, m)
    /\ LET new == Merge(log[i], m.mprevLogIndex, m.mentries) IN
       \E stored \in StoredChoices(i, new), ack \in AckChoices(i, m) :
        LET agreed == Min(stored, m.mprevLogIndex + Len(m.mentries)) IN
        /\ ack <= agreed
        /\ messages' = Reply([mtype       |-> AppendEntriesResponse,
                              mterm       |-> currentTerm[i],
                              msuccess    |-> TRUE,
                              mmatchIndex |-> ack,
                              msource     |-> i,
                              mdest       |-> m.msource], m)
        /\ role'        = [role EXCEPT ![i] = Follower]
        /\ log'         = [log EXCEPT ![i] = SubSeq(new, 1, stored)]
        /\ commitIndex' = [commitIndex EXCEPT ![i] = Max(@, Min(m.mcommitIndex, agreed))]
    /\ UNCHANGED <<currentTerm, votedFor, candidateVars, leaderVars, historyVars>>

\* Liberty: a server does not look at entries that begin below its commit index, and answers by that.
\* The leader of its term holds all that is committed (Leader Completeness), and so agrees with it
\* up to there, whatever the request had.
AckCommitted(i, m) ==
    /\ "AckCommitted" \in Liberties
    /\ m.mterm = currentTerm[i]
    /\ m.mprevLogIndex < commitIndex[i]
    /\ messages' = Reply([mtype       |-> AppendEntriesResponse,
                          mterm       |-> currentTerm[i],
                          msuccess    |-> TRUE,
                          mmatchIndex |-> commitIndex[i],
                          msource     |-> i,
                          mdest       |-> m.msource], m)
    /\ role' = [role EXCEPT ![i] = Follower]
    /\ UNCHANGED <<currentTerm, votedFor, logVars, candidateVars, leaderVars, historyVars>>

\* Liberties: a server takes in entries, but learns later, or otherwise, what is committed; or it
\* answers later as well, see AnswerLater. As if the request had named no commit index; and as if
\* the answer were lost.
TakeQuietly(i, m) ==
    /\ {"AnswerLater", "LearnLater"} \cap Liberties # {}
    /\ Acceptable(i, m)
    /\ LET new == Merge(log[i], m.mprevLogIndex, m.mentries) IN
       \E stored \in StoredChoices(i, new), ack \in AckChoices(i, m) :
        /\ ack <= Min(stored, m.mprevLogIndex + Len(m.mentries))
        /\ \/ /\ "AnswerLater" \in Liberties
              /\ messages' = Discard(m)
           \/ /\ "LearnLater" \in Liberties
              /\ messages' = Reply([mtype       |-> AppendEntriesResponse,
                                    mterm       |-> currentTerm[i],
                                    msuccess    |-> TRUE,
                                    mmatchIndex |-> ack,
                                    msource     |-> i,
                                    mdest       |-> m.msource], m)
        /\ role' = [role EXCEPT ![i] = Follower]
        /\ log'  = [log EXCEPT ![i] = SubSeq(new, 1, stored)]
    /\ UNCHANGED <<currentTerm, votedFor, commitIndex, candidateVars, leaderVars, historyVars>>

\* A server answers entries; those of its own term are its leader's, so it is no candidate any
\* more, whatever its answer. A leader gets none of its own term. (AppendEntries RPC, receiver.)
HandleAppendEntriesRequest(i) ==
    \E m \in MessagesTo(i, AppendEntriesRequest) :
        /\ m.mterm <= currentTerm[i]
        /\ m.mterm = currentTerm[i] => role[i] # Leader
        /\ \/ RefuseAppendEntries(i, m)
           \/ AcceptAppendEntries(i, m)
           \/ AckCommitted(i, m)
           \/ TakeQuietly(i, m)

\* A leader learns how far a peer agrees with it (never less than before: an answer may be late),
\* or that it must start further back. Anyone else has no use for it. (Rules for Servers, leaders.)
HandleAppendEntriesResponse(i) ==
    \E m \in MessagesTo(i, AppendEntriesResponse) :
        LET j     == m.msource
            match == IF m.msuccess THEN Max(matchIndex[i][j], m.mmatchIndex) ELSE matchIndex[i][j]
        IN
        /\ m.mterm = currentTerm[i]
        /\ messages' = Discard(m)
        /\ IF role[i] = Leader
           THEN \E next \in NextChoices(i, j, match) :
                    /\ nextIndex'  = [nextIndex EXCEPT ![i][j] = next]
                    /\ matchIndex' = [matchIndex EXCEPT ![i][j] = match]
           ELSE UNCHANGED leaderVars
        /\ UNCHANGED <<serverVars, logVars, candidateVars, historyVars>>

\* The history of commits after leader i commits up to index: what was committed first stays, so
\* that a later conflict shows; only cterm may fall, if the leader of an older term is late.
CommittedWith(i, index) ==
    [k \in 1..Max(index, Len(committed)) |->
        IF k > index THEN committed[k]
        ELSE IF k > Len(committed)
        THEN [term |-> log[i][k].term, value |-> log[i][k].value, cterm |-> currentTerm[i]]
        ELSE [committed[k] EXCEPT !.cterm = Min(@, currentTerm[i])]]

\* A leader commits up to an entry of its own term that a quorum holds, and by it all before.
\* Entries of older terms are never committed by counting. (Rules for Servers, leaders; 5.4.2.)
AdvanceCommitIndex(i) ==
    /\ role[i] = Leader
    /\ \E index \in CommitTargets(i) :
        /\ log[i][index].term = currentTerm[i]
        /\ IsQuorum({i} \cup {j \in Server : matchIndex[i][j] >= index})
        /\ commitIndex' = [commitIndex EXCEPT ![i] = index]
        /\ committed'   = CommittedWith(i, index)
    /\ UNCHANGED <<messages, serverVars, log, candidateVars, leaderVars, elections>>

-----------------------------------------------------------------------------
(* What else befalls servers and messages *)

\* A server that has moved on ignores an answer to what it asked in an older term.
DropStaleResponse(i) ==
    \E type \in ResponseTypes : \E m \in MessagesTo(i, type) :
        /\ m.mterm < currentTerm[i]
        /\ messages' = Discard(m)
        /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server crashes and comes back with what is stable: term, vote and log. (Figure 2, State.)
Restart(i) ==
    /\ role' = [role EXCEPT ![i] = Follower]
    /\ \E index \in RestartCommitChoices(i) :
        commitIndex' = [commitIndex EXCEPT ![i] = index]
    /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
    /\ nextIndex'    = [nextIndex EXCEPT ![i] = [j \in Server |-> 1]]
    /\ matchIndex'   = [matchIndex EXCEPT ![i] = [j \in Server |-> 0]]
    /\ UNCHANGED <<messages, currentTerm, votedFor, log, historyVars>>

\* The network delivers a message once more than it was sent.
DuplicateMessage ==
    /\ \E m \in DuplicateChoices : messages' = Send(m)
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* The network loses a message.
DropMessage ==
    /\ \E m \in DropChoices : messages' = Discard(m)
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

-----------------------------------------------------------------------------
(* Liberties: what servers do beyond Figure 2, and safely, each only where Liberties has its     *)
(* name. AckCommitted and TakeQuietly, ways to handle AppendEntries, stand there. A guard        *)
(* without which no model breaks keeps a liberty to what real Rafts do:                          *)
(* tests/traces/test_guards.py.                                                                  *)

\* A server learns by a message that is none of the four (pre-vote, transfer of leadership, a part of
\* a snapshot) of a newer term that some server has had. That term began with a candidate, whose
\* request for a vote, lost after UpdateTerm, would have told it the same. Or a candidate learns that
\* it need not go on, see StepDown.
HearOther(i) ==
    /\ "HearOther" \in Liberties
    /\ \E term \in OtherTerms(i) :
        /\ term > currentTerm[i] \/ (term = currentTerm[i] /\ role[i] = Candidate)
        /\ currentTerm' = [currentTerm EXCEPT ![i] = term]
        /\ votedFor'    = IF term > currentTerm[i] THEN [votedFor EXCEPT ![i] = Nil] ELSE votedFor
    /\ role' = [role EXCEPT ![i] = Follower]
    /\ UNCHANGED <<messages, logVars, candidateVars, leaderVars, historyVars>>

\* A leader or candidate gives up within its term: a leader that hears no quorum (thesis 6.2), a
\* candidate that was refused. So it does by Restart, which only forgets more.
StepDown(i) ==
    /\ "StepDown" \in Liberties
    /\ role[i] \in {Candidate, Leader}
    /\ role' = [role EXCEPT ![i] = Follower]
    /\ UNCHANGED <<messages, currentTerm, votedFor, logVars, candidateVars, leaderVars, historyVars>>

\* A server does not answer a request of an older term. The network may lose it as well.
IgnoreStaleRequest(i) ==
    /\ "IgnoreStaleRequest" \in Liberties
    /\ \E type \in RequestTypes : \E m \in MessagesTo(i, type) :
        /\ m.mterm < currentTerm[i]
        /\ messages' = Discard(m)
        /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server that knows of a leader does not look at a request for its vote, whatever its term (thesis
\* 4.2.3). The network may lose it as well.
IgnoreVoteRequest(i) ==
    /\ "IgnoreVoteRequest" \in Liberties
    /\ \E m \in MessagesTo(i, RequestVoteRequest) :
        /\ messages' = Discard(m)
        /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server does not look at entries of its leader, but that it has one: it is no candidate any more, see
\* StepDown. The network may lose them as well.
IgnoreAppendEntries(i) ==
    /\ "IgnoreAppendEntries" \in Liberties
    /\ \E m \in MessagesTo(i, AppendEntriesRequest) :
        /\ m.mterm = currentTerm[i]
        /\ role[i] # Leader
        /\ messages' = Discard(m)
        /\ role'     = [role EXCEPT ![i] = Follower]
        /\ UNCHANGED <<currentTerm, votedFor, logVars, candidateVars, leaderVars, historyVars>>

\* A server does not look at an answer for which it does not wait, not even at its term. The network
\* may lose it as well.
IgnoreResponse(i) ==
    /\ "IgnoreResponse" \in Liberties
    /\ \E type \in ResponseTypes : \E m \in MessagesTo(i, type) :
        /\ role[i] # (IF type = RequestVoteResponse THEN Candidate ELSE Leader)
        /\ messages' = Discard(m)
        /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server that knows of a leader refuses its vote, in the term that it has, which may be older. Of a
\* refusal nothing comes: the candidate counts only votes that were granted, and those of its term.
RefuseVoteRequest(i) ==
    /\ "RefuseVoteRequest" \in Liberties
    /\ \E m \in MessagesTo(i, RequestVoteRequest) :
        /\ messages' = Reply([mtype        |-> RequestVoteResponse,
                              mterm        |-> currentTerm[i],
                              mvoteGranted |-> FALSE,
                              msource      |-> i,
                              mdest        |-> m.msource], m)
        /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A leader begins its term with an entry of its own, which no client asked for, so that it can commit
\* what older leaders left (section 8, thesis 6.4). To the others it is an entry like any other.
LeaderEntry(i) ==
    /\ "LeaderEntry" \in Liberties
    /\ role[i] = Leader
    /\ LastTerm(log[i]) # currentTerm[i]
    /\ \E v \in LeaderValues(i) :
        log' = [log EXCEPT ![i] = Append(@, [term |-> currentTerm[i], value |-> v])]
    /\ UNCHANGED <<messages, serverVars, commitIndex, candidateVars, leaderVars, historyVars>>

\* A follower answers its leader once its disk has what it took in: up to where their logs agree, which
\* is what matchIndex means, and they go on to agree in this term. Who does not lead the term any
\* more, and can no more come to, has no use for the answer.
AnswerLater(i, j) ==
    /\ "AnswerLater" \in Liberties
    /\ i # j
    /\ role[i] = Follower
    /\ currentTerm[j] >= currentTerm[i]
    /\ currentTerm[j] = currentTerm[i] => role[j] # Candidate
    /\ \E match \in LaterChoices(i) :
        /\ (role[j] = Leader /\ currentTerm[j] = currentTerm[i]) =>
                match <= Len(log[j]) /\ SubSeq(log[i], 1, match) = SubSeq(log[j], 1, match)
        /\ messages' = Send([mtype       |-> AppendEntriesResponse,
                             mterm       |-> currentTerm[i],
                             msuccess    |-> TRUE,
                             mmatchIndex |-> match,
                             msource     |-> i,
                             mdest       |-> j])
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* A server learns otherwise than by AppendEntries that an entry is committed, and has that entry: one
\* of its index and term (Log Matching). It was committed in the server's term or an older one: only
\* then do all leaders whom the server still listens to hold it (Leader Completeness).
LearnCommit(i) ==
    /\ "LearnCommit" \in Liberties
    /\ role[i] # Leader
    /\ \E index \in LearnChoices(i) :
        /\ index > commitIndex[i]
        /\ index <= Len(committed)
        /\ log[i][index].term = committed[index].term
        /\ committed[index].cterm <= currentTerm[i]
        /\ commitIndex' = [commitIndex EXCEPT ![i] = index]
    /\ UNCHANGED <<messages, serverVars, log, candidateVars, leaderVars, historyVars>>

\* A leader that hears nothing of a peer means to go on elsewhere. AppendEntries may do so anyway.
Rewind(i, j) ==
    /\ "Rewind" \in Liberties
    /\ role[i] = Leader
    /\ i # j
    /\ \E next \in NextChoices(i, j, matchIndex[i][j]) :
        nextIndex' = [nextIndex EXCEPT ![i][j] = next]
    /\ UNCHANGED <<messages, serverVars, logVars, candidateVars, matchIndex, historyVars>>

Beyond ==
    \/ \E i \in Server : HearOther(i)
    \/ \E i \in Server : StepDown(i)
    \/ \E i \in Server : IgnoreStaleRequest(i)
    \/ \E i \in Server : IgnoreVoteRequest(i)
    \/ \E i \in Server : IgnoreAppendEntries(i)
    \/ \E i \in Server : IgnoreResponse(i)
    \/ \E i \in Server : RefuseVoteRequest(i)
    \/ \E i \in Server : LeaderEntry(i)
    \/ \E i, j \in Server : AnswerLater(i, j)
    \/ \E i \in Server : LearnCommit(i)
    \/ \E i, j \in Server : Rewind(i, j)

-----------------------------------------------------------------------------

Next ==
    \/ \E i \in Server : UpdateTerm(i)
    \/ \E i \in Server : Timeout(i)
    \/ \E i, j \in Server : RequestVote(i, j)
    \/ \E i \in Server : HandleRequestVoteRequest(i)
    \/ \E i \in Server : HandleRequestVoteResponse(i)
    \/ \E i \in Server : BecomeLeader(i)
    \/ \E i \in Server : ClientRequest(i)
    \/ \E i, j \in Server : AppendEntries(i, j)
    \/ \E i \in Server : HandleAppendEntriesRequest(i)
    \/ \E i \in Server : HandleAppendEntriesResponse(i)
    \/ \E i \in Server : AdvanceCommitIndex(i)
    \/ \E i \in Server : DropStaleResponse(i)
    \/ \E i \in Server : Restart(i)
    \/ DuplicateMessage
    \/ DropMessage
    \/ Beyond

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* The properties of Figure 3 *)

\* At most one leader is elected in a term.
ElectionSafety ==
    /\ \A e, f \in elections : e.eterm = f.eterm => e.eleader = f.eleader
    /\ \A i, j \in Server :
        (role[i] = Leader /\ role[j] = Leader /\ currentTerm[i] = currentTerm[j]) => i = j

\* A leader never overwrites or deletes entries in its log; it only appends.
LeaderAppendOnly ==
    [][\A i \in Server : role[i] = Leader =>
            /\ Len(log[i]) <= Len(log'[i])
            /\ SubSeq(log'[i], 1, Len(log[i])) = log[i]]_vars

\* If two logs hold an entry of the same index and term, they are the same up to that index.
LogMatching ==
    \A i, j \in Server : \A k \in 1..Min(Len(log[i]), Len(log[j])) :
        log[i][k].term = log[j][k].term => SubSeq(log[i], 1, k) = SubSeq(log[j], 1, k)

\* The log holds at the index k what was committed there.
HoldsCommitted(xlog, k) ==
    /\ k <= Len(xlog)
    /\ xlog[k].term = committed[k].term
    /\ xlog[k].value = committed[k].value

\* An entry that was committed in a term is in the logs of the leaders of all later terms: at
\* their election, and as long as they lead. It is the term of the commit that counts: a leader of
\* an older term than that need not hold the entry, even if the entry is older still.
LeaderCompleteness ==
    /\ \A e \in elections : \A k \in 1..Len(committed) :
        e.eterm > committed[k].cterm => HoldsCommitted(e.elog, k)
    /\ \A i \in Server : role[i] = Leader =>
        \A k \in 1..Len(committed) :
            currentTerm[i] > committed[k].cterm => HoldsCommitted(log[i], k)

\* No two servers ever have different entries at an index that both know to be committed.
StateMachineSafety ==
    \A i \in Server :
        /\ commitIndex[i] <= Len(committed)
        /\ \A k \in 1..commitIndex[i] : HoldsCommitted(log[i], k)

THEOREM Spec => []TypeOK
THEOREM Spec => []ElectionSafety
THEOREM Spec => LeaderAppendOnly
THEOREM Spec => []LogMatching
THEOREM Spec => []LeaderCompleteness
THEOREM Spec => []StateMachineSafety
=============================================================================
