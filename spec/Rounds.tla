------------------------------- MODULE Rounds -------------------------------
(***************************************************************************)
(* Raft in whole rounds: an election is one step, a request with its       *)
(* answer is another. Each step is a sequence of steps of raft.tla, with   *)
(* raft.tla's choices made as Figure 2 makes them, so that breadth-first   *)
(* search reaches what takes a hundred steps there: Figure 8, and its kin, *)
(* the Goals at the end. A shortest behavior to a goal is a scenario,      *)
(* which properties/scenarios.py has a cluster follow.                     *)
(*                                                                         *)
(* An entry is its term alone: with its index, that says which it is.      *)
(* The network loses what is not mentioned here. It may hold a message     *)
(* back, which arrives later.                                              *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, Sequences, TLC

CONSTANTS
    Server,
    Nil,            \* Stands for "voted for nobody"; not a server.
    MaxTerm,
    MaxLogLength,
    MaxEntries,     \* How many entries one request has at most.
    MaxHeld,        \* How many messages are held back at the same time, at most.
    MaxRestarts,
    Twice,          \* TRUE: the network also doubles the messages of an election.
    Lean            \* TRUE: no step that seldom leads anywhere, which halves the way to what is far.

VARIABLES
    term, votedFor, log, commitIndex,   \* Of each server, as in raft.tla.
    leads,                              \* The servers that lead.
    nextIndex, matchIndex,              \* Of each that leads, as in raft.tla; at 1 and 0 elsewhere.
    held,                               \* The messages that are held back.
    restarted,                          \* The servers that have restarted in their current term.
    restarts,                           \* How many restarts there have been.
    rest                                \* How many Actions of the step before are still to be done.

serverVars == <<term, votedFor, leads>>
logVars    == <<log, commitIndex>>
leaderVars == <<nextIndex, matchIndex>>
crashVars  == <<restarted, restarts>>
vars       == <<serverVars, logVars, leaderVars, held, crashVars, rest>>

TypeOK ==
    /\ term \in [Server -> 0..MaxTerm]
    /\ votedFor \in [Server -> Server \cup {Nil}]
    /\ \A i \in Server : log[i] \in Seq(1..MaxTerm) /\ Len(log[i]) <= MaxLogLength
    /\ commitIndex \in [Server -> 0..MaxLogLength]
    /\ leads \subseteq Server
    /\ nextIndex \in [Server -> [Server -> 1..(MaxLogLength + 1)]]
    /\ matchIndex \in [Server -> [Server -> 0..MaxLogLength]]
    /\ Cardinality(held) <= MaxHeld
    /\ restarted \subseteq Server
    /\ restarts \in 0..MaxRestarts
    /\ rest \in Nat

Init ==
    /\ term        = [i \in Server |-> 0]
    /\ votedFor    = [i \in Server |-> Nil]
    /\ log         = [i \in Server |-> <<>>]
    /\ commitIndex = [i \in Server |-> 0]
    /\ leads       = {}
    /\ nextIndex   = [i \in Server |-> [j \in Server |-> 1]]
    /\ matchIndex  = [i \in Server |-> [j \in Server |-> 0]]
    /\ held        = {}
    /\ restarted   = {}
    /\ restarts    = 0
    /\ rest        = 0

-----------------------------------------------------------------------------
(* Helpers, as in raft.tla *)

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b

IsQuorum(servers) == 2 * Cardinality(servers) > Cardinality(Server)

TermAt(xlog, index) == IF index = 0 THEN 0 ELSE xlog[index]

LastTerm(xlog) == TermAt(xlog, Len(xlog))

\* The log of i is at least as up-to-date as that of j.
UpToDate(i, j) ==
    \/ LastTerm(log[i]) > LastTerm(log[j])
    \/ LastTerm(log[i]) = LastTerm(log[j]) /\ Len(log[i]) >= Len(log[j])

Merge(xlog, prev, entries) ==
    IF \A k \in 1..Len(entries) : prev + k <= Len(xlog) /\ xlog[prev + k] = entries[k]
    THEN xlog
    ELSE SubSeq(xlog, 1, prev) \o entries

\* A step that comes to so many Actions takes as long, so that a shortest behavior is a shortest schedule.
Takes(actions) == rest = 0 /\ rest' = actions - 1

-----------------------------------------------------------------------------
(* Elections *)

\* Those of voters that give candidate i their vote in its next term.
Granting(i, voters) ==
    {j \in voters : /\ UpToDate(i, j)
                    /\ term[j] > term[i] => votedFor[j] \in {Nil, i}}

\* Server i starts an election, and voters answer; the requests to all others are lost. `twice`: each
\* message between them arrives twice.
Election(i, voters, twice) ==
    LET newer == {i} \cup {j \in voters : term[j] <= term[i]}
        wins  == IsQuorum({i} \cup Granting(i, voters))
    IN
    /\ i \notin voters
    /\ term[i] < MaxTerm
    /\ \A j \in voters : term[j] <= term[i] + 1
    /\ term' = [j \in Server |-> IF j \in newer THEN term[i] + 1 ELSE term[j]]
    /\ votedFor' = [j \in Server |-> IF j = i \/ j \in Granting(i, voters) THEN i
                                     ELSE IF j \in newer THEN Nil ELSE votedFor[j]]
    /\ leads' = (leads \ newer) \cup (IF wins THEN {i} ELSE {})
    /\ nextIndex' = [j \in Server |-> IF j = i /\ wins THEN [k \in Server |-> Len(log[i]) + 1]
                                      ELSE IF j \in newer THEN [k \in Server |-> 1] ELSE nextIndex[j]]
    /\ matchIndex' = [j \in Server |-> IF j \in newer THEN [k \in Server |-> 0] ELSE matchIndex[j]]
    /\ restarted' = restarted \ newer
    /\ Takes(1 + (IF twice THEN 9 ELSE 2) * Cardinality(voters))
    /\ UNCHANGED <<logVars, held, restarts>>

\* Nobody is asked who is not needed.
Elect(i, voters) ==
    /\ rest = 0
    /\ i \notin leads
    /\ ~IsQuorum(voters)
    /\ Lean /\ voters # {} => IsQuorum({i} \cup Granting(i, voters))
    /\ Election(i, voters, FALSE)

ElectTwice(i, voters) ==
    /\ Twice
    /\ rest = 0
    /\ i \notin leads
    /\ ~IsQuorum(voters)
    /\ Election(i, voters, TRUE)

-----------------------------------------------------------------------------
(* Replication *)

\* A client asks leader i, who sends the entry to all peers; it arrives where a later step says so.
ClientRequest(i) ==
    /\ Takes(1)
    /\ i \in leads
    /\ Len(log[i]) < MaxLogLength
    /\ log' = [log EXCEPT ![i] = @ \o <<term[i]>>]
    /\ UNCHANGED <<serverVars, commitIndex, leaderVars, held, crashVars>>

\* What leader i sends to j now.
Entries(i, j) ==
    LET prev == nextIndex[i][j] - 1 IN
    [type |-> "request", from |-> i, to |-> j, term |-> term[i], prev |-> prev,
     prevTerm |-> TermAt(log[i], prev),
     entries |-> SubSeq(log[i], prev + 1, Min(Len(log[i]), prev + MaxEntries)), commit |-> commitIndex[i]]

LastNew(m) == m.prev + Len(m.entries)

IsAccepted(m) ==
    /\ m.term >= term[m.to]
    /\ m.prev <= Len(log[m.to])
    /\ m.prevTerm = TermAt(log[m.to], m.prev)

\* The answer to m of a server that has no newer term.
Answer(m) ==
    [type |-> "answer", from |-> m.to, to |-> m.from, term |-> m.term, success |-> IsAccepted(m),
     match |-> IF IsAccepted(m) THEN LastNew(m) ELSE 0]

\* The log and the commit index of the server that handles m.
LogAfter(m) == IF IsAccepted(m) THEN Merge(log[m.to], m.prev, m.entries) ELSE log[m.to]

CommitAfter(m) ==
    IF IsAccepted(m) THEN Max(commitIndex[m.to], Min(m.commit, LastNew(m))) ELSE commitIndex[m.to]

\* What follows of a message for server j that has the term `new`, which is as new as its own or newer.
\* The vote of an older term, and what it knew as a leader, are gone.
Hears(j, new) ==
    LET newer == {j} \cap {k \in Server : term[k] < new} IN
    /\ term' = [term EXCEPT ![j] = new]
    /\ votedFor' = [k \in Server |-> IF k \in newer THEN Nil ELSE votedFor[k]]
    /\ leads' = leads \ newer
    /\ restarted' = restarted \ newer

\* The peer that m goes to is not the leader of that term, nor knows of a newer one.
CanTake(m) == m.term >= term[m.to] /\ (m.term = term[m.to] => m.to \notin leads)

MatchAfter(a) == IF a.success THEN Max(matchIndex[a.to][a.from], a.match) ELSE matchIndex[a.to][a.from]

NextAfter(a) == IF a.success THEN MatchAfter(a) + 1
                ELSE Max(nextIndex[a.to][a.from] - 1, MatchAfter(a) + 1)

\* The commit index of a leader after answer a.
LeaderCommitAfter(a) ==
    LET i == a.to
        having(k) == {i} \cup {j \in Server : (IF j = a.from THEN MatchAfter(a) ELSE matchIndex[i][j]) >= k}
        may == {k \in (commitIndex[i] + 1)..Len(log[i]) : log[i][k] = term[i] /\ IsQuorum(having(k))}
    IN IF may = {} THEN commitIndex[i] ELSE CHOOSE k \in may : \A other \in may : other <= k

Resets(j) ==
    /\ nextIndex'  = [nextIndex EXCEPT ![j] = [k \in Server |-> 1]]
    /\ matchIndex' = [matchIndex EXCEPT ![j] = [k \in Server |-> 0]]

\* A leader's request and its answer.
Exchange(i, j) ==
    LET m == Entries(i, j)
        a == Answer(m)
    IN
    /\ Takes(2)
    /\ i \in leads
    /\ i # j
    /\ CanTake(m)
    /\ Lean => matchIndex[i][j] < Len(log[i])
    /\ Hears(j, term[i])
    /\ log' = [log EXCEPT ![j] = LogAfter(m)]
    /\ commitIndex' = [commitIndex EXCEPT ![j] = CommitAfter(m), ![i] = LeaderCommitAfter(a)]
    /\ nextIndex'  = [k \in Server |-> IF k = i THEN [nextIndex[i] EXCEPT ![j] = NextAfter(a)]
                                       ELSE IF k = j THEN [l \in Server |-> 1] ELSE nextIndex[k]]
    /\ matchIndex' = [k \in Server |-> IF k = i THEN [matchIndex[i] EXCEPT ![j] = MatchAfter(a)]
                                       ELSE IF k = j THEN [l \in Server |-> 0] ELSE matchIndex[k]]
    /\ UNCHANGED <<held, restarts>>

\* A leader of an older term sends a request, and learns of the newer term by the answer.
Depose(i, j) ==
    /\ Takes(2)
    /\ ~Lean
    /\ i \in leads
    /\ term[i] < term[j]
    /\ Hears(i, term[j])
    /\ Resets(i)
    /\ UNCHANGED <<logVars, held, restarts>>

\* A leader's request arrives, and its answer does not: it is lost, or held back.
Offer(i, j) ==
    LET m == Entries(i, j) IN
    /\ Takes(1)
    /\ i \in leads
    /\ i # j
    /\ CanTake(m)
    /\ Hears(j, term[i])
    /\ log' = [log EXCEPT ![j] = LogAfter(m)]
    /\ commitIndex' = [commitIndex EXCEPT ![j] = CommitAfter(m)]
    /\ Resets(j)
    /\ held' \in {held, held \cup {Answer(m)}}
    /\ Lean => LogAfter(m) # log[j] \/ held' # held
    /\ Cardinality(held') <= MaxHeld
    /\ UNCHANGED restarts

\* A leader's request is held back.
Hold(i, j) ==
    /\ Takes(1)
    /\ i \in leads
    /\ i # j
    /\ held' = held \cup {Entries(i, j)}
    /\ held' # held
    /\ Cardinality(held') <= MaxHeld
    /\ UNCHANGED <<serverVars, logVars, leaderVars, crashVars>>

\* What was held back arrives. To a request that is late there is an answer, which is lost.
ArriveRequest(i, j) ==
    rest = 0 /\ \E m \in held :
        /\ m.type = "request" /\ m.from = i /\ m.to = j
        /\ m.term = term[j] => j \notin leads
        /\ held' = held \ {m}
        /\ Takes(1)
        /\ IF m.term < term[j] THEN UNCHANGED <<serverVars, logVars, leaderVars, crashVars>>
           ELSE /\ Hears(j, m.term)
                /\ log' = [log EXCEPT ![j] = LogAfter(m)]
                /\ commitIndex' = [commitIndex EXCEPT ![j] = CommitAfter(m)]
                /\ Resets(j)
                /\ UNCHANGED restarts

ArriveAnswer(i, j) ==
    rest = 0 /\ \E a \in held :
        /\ a.type = "answer" /\ a.from = i /\ a.to = j
        /\ j \in leads
        /\ term[j] = a.term
        /\ held' = held \ {a}
        /\ commitIndex' = [commitIndex EXCEPT ![j] = LeaderCommitAfter(a)]
        /\ nextIndex'   = [nextIndex EXCEPT ![j][i] = NextAfter(a)]
        /\ matchIndex'  = [matchIndex EXCEPT ![j][i] = MatchAfter(a)]
        /\ Takes(1)
        /\ UNCHANGED <<serverVars, log, crashVars>>

-----------------------------------------------------------------------------

\* A server crashes and comes back.
Restart(i) ==
    /\ Takes(2)
    /\ restarts < MaxRestarts
    /\ leads' = leads \ {i}
    /\ commitIndex' = [commitIndex EXCEPT ![i] = 0]
    /\ Resets(i)
    /\ restarted' = restarted \cup {i}
    /\ restarts' = restarts + 1
    /\ UNCHANGED <<term, votedFor, log, held>>

\* An Action of the last step is done.
Rest ==
    /\ rest > 0
    /\ rest' = rest - 1
    /\ UNCHANGED <<serverVars, logVars, leaderVars, held, crashVars>>

Next ==
    \/ Rest
    \/ \E i \in Server, voters \in SUBSET Server : Elect(i, voters)
    \/ \E i \in Server, voters \in SUBSET Server : ElectTwice(i, voters)
    \/ \E i \in Server : ClientRequest(i)
    \/ \E i, j \in Server : Exchange(i, j)
    \/ \E i, j \in Server : Depose(i, j)
    \/ \E i, j \in Server : Offer(i, j)
    \/ \E i, j \in Server : Hold(i, j)
    \/ \E i, j \in Server : ArriveRequest(i, j)
    \/ \E i, j \in Server : ArriveAnswer(i, j)
    \/ \E i \in Server : Restart(i)

Spec == Init /\ [][Next]_vars

Symmetric == Permutations(Server)

-----------------------------------------------------------------------------
(* Goals: what is worth to be reached, as a formula of a state, or of a step where it has primes.        *)

\* The entries at an index of two logs conflict.
Conflict(i, j, index) ==
    index <= Len(log[i]) /\ index <= Len(log[j]) /\ log[i][index] # log[j][index]

\* A leader knows an entry of an older term on a majority, and another server has a newer one in its place:
\* by counting it must not be committed (5.4.2, Figure 8).
Figure8 ==
    \E i \in leads, k \in Server, index \in 1..MaxLogLength :
        /\ Conflict(i, k, index)
        /\ log[i][index] < log[k][index]
        /\ index > commitIndex[i]
        /\ IsQuorum({i} \cup {j \in Server : matchIndex[i][j] >= index})

\* A leader of an older term follows a newer one, and its entries give way to others.
StaleLeader ==
    \E i \in leads \ leads' : \E index \in DOMAIN log[i] : index \in DOMAIN log'[i] /\ log'[i][index] # log[i][index]

\* A follower's log, longer than its leader's, gets shorter (Figure 7, d and f).
LongerLog == \E j \in Server : Len(log'[j]) < Len(log[j])

\* A request of an older leader comes late, and would do, but for its term, in place of newer entries (5.1).
OldRequest ==
    \E m \in held \ held' :
        /\ m.type = "request" /\ m.term < term[m.to] /\ m.entries # <<>>
        /\ m.prev < Len(log[m.to]) /\ m.prevTerm = TermAt(log[m.to], m.prev)
        /\ log[m.to][m.prev + 1] # m.entries[1]

\* A request comes after later ones of its leader: what is committed behind its entries stays, and known.
LateRequest ==
    \E m \in held \ held' :
        /\ m.type = "request" /\ m.term = term[m.to] /\ m.entries # <<>> /\ IsAccepted(m)
        /\ LastNew(m) < commitIndex[m.to]

\* A success comes after a later one of the same peer.
LateAnswer ==
    \E a \in held \ held' : a.type = "answer" /\ a.success /\ a.match < matchIndex[a.to][a.from]

\* A success comes when the leader has taken in more than it tells of.
EarlyAnswer ==
    \E a \in held \ held' :
        a.type = "answer" /\ a.success /\ a.match < Len(log[a.to]) /\ LastTerm(log[a.to]) = term[a.to]

\* A refusal comes when the leader knows where the logs match.
LateRefusal ==
    \E a \in held \ held' : a.type = "answer" /\ ~a.success /\ matchIndex[a.to][a.from] > 0

\* Two candidates of a term ask the same server, which has made the first a leader (5.2).
SecondCandidate ==
    \E i, j, k \in Server :
        Elect(i, {j}) /\ term[j] = term[i] + 1 /\ votedFor[j] = k /\ k \notin {i, j} /\ k \in leads /\ term[k] = term[j]

\* And that server has restarted in between.
VoteOverRestart ==
    \E i, j, k \in Server :
        /\ Elect(i, {j}) /\ j \in restarted
        /\ term[j] = term[i] + 1 /\ votedFor[j] = k /\ k \notin {i, j} /\ k \in leads /\ term[k] = term[j]

\* The votes are split: nobody leads in the term, and one of those candidates does in the next (5.2).
SplitVote ==
    \E i, j \in Server :
        /\ i # j /\ term[i] = term[j] /\ votedFor[i] = i /\ votedFor[j] = j
        /\ i \in leads' \ leads /\ term'[j] = term'[i]

\* A candidate lacks what is committed, and asks a server that has it (5.4.1).
BehindCandidate ==
    \E i, j \in Server : Elect(i, {j}) /\ term[j] <= term[i] /\ Len(log[i]) < commitIndex[j]

\* Logs are equally long, and differ in the entry before the new ones (5.3).
OtherTermBefore ==
    \E i, j \in Server :
        LET m == Entries(i, j) IN
        Exchange(i, j) /\ m.entries # <<>> /\ m.prev \in DOMAIN log[j] /\ m.prevTerm # log[j][m.prev]

\* A request shows less than is committed, to a server that has other entries there (Figure 2,
\* AppendEntries, step 5).
CommitBeyond ==
    \E i, j \in Server :
        LET m == Entries(i, j) IN
        /\ Exchange(i, j) /\ IsAccepted(m)
        /\ LastNew(m) < m.commit /\ LogAfter(m) = log[j] /\ Conflict(i, j, LastNew(m) + 1)

\* A candidate has half of the votes, or fewer, and each of them twice.
VotesTwice ==
    \E i, j \in Server : ElectTwice(i, {j}) /\ Granting(i, {j}) # {} /\ i \notin leads'

\* A candidate has half of the votes.
HalfOfVotes ==
    \E i, j \in Server : Elect(i, {j}) /\ Granting(i, {j}) # {} /\ i \notin leads'

=============================================================================
