---------------------------- MODULE RaftAbstract ----------------------------
(***************************************************************************)
(* Why Raft is safe: the argument of section 5.4 of the paper, without     *)
(* messages, and an invariant that carries it.                             *)
(*                                                                         *)
(* raft.tla says what servers do; it has queues, copies and losses, and    *)
(* can be checked for a few servers only. Here a message is what it says:  *)
(* what a server once bid, voted, or acknowledged stays true, and may be   *)
(* heard by anyone, at any time, or never. What is left is small enough to *)
(* be proved for any number of servers, terms and entries: Inductive holds *)
(* at first, and each action keeps it. raft.tla refines this module        *)
(* (RefinesAbstract).                                                      *)
(*                                                                         *)
(* Its rules:                                                              *)
(*  - States are relations. Quorums are a set of their own, of which is    *)
(*    known only that any two meet; of terms and indexes only their order. *)
(*  - A log is a set of entries <<index, term, value>>. That it has one    *)
(*    entry at an index is not put in but proved.                          *)
(*  - No function leads from servers to a term or an index (but to sets of *)
(*    them), and no conjunct asks, for each server, for some term or       *)
(*    index. So the conjuncts are in the decidable fragment of first-order *)
(*    logic that EPR names.                                                *)
(***************************************************************************)
EXTENDS Naturals

CONSTANTS
    Server,   \* The servers of the cluster.
    Quorum,   \* The sets of servers that decide: the majorities, or any other sets that meet.
    Term,     \* Terms. No server acts in term 0.
    Index,    \* Places in a log. There is no entry at index 0.
    Value     \* What clients may ask to have in the log.

ASSUME Server # {} /\ Quorum # {} /\ Value # {}
ASSUME Quorum \subseteq SUBSET Server
ASSUME \A q, r \in Quorum : q \cap r # {}
ASSUME Term \subseteq Nat /\ 0 \in Term
ASSUME Index \subseteq Nat /\ 0 \in Index

VARIABLES
    \* Stable: the terms that a server has left for a newer one. It takes no more part in these.
    left,
    \* Stable: for whom a server voted in its term. Nobody, or one.
    votedFor,
    \* Stable: the entries of a server's log.
    log,
    \* The entries that a server knows to be committed, as <<term, index>>: all up to that index was
    \* committed by the leader of that term.
    applied,

    \* History, each a kind of message that was sent, and may be heard for ever.
    \* RequestVote: <<term, candidate, term of its last entry, index of its last entry>>.
    bids,
    \* RequestVote's answer, if the vote was granted: <<voter, term, candidate>>.
    votes,
    \* AppendEntries' answer, if it was a success: <<follower, term, index>>, of all indexes up to that
    \* which was acknowledged. A leader acknowledges its own entries.
    acked,

    \* History: the elections that were won, as <<term, leader>>.
    leaders,
    \* AppendEntries: for each term, the log of its leader as it was when it last led. What the leader
    \* sends is a part of this.
    leaderLog,
    \* History: for each term, the last index of that log (0: no entry).
    lastIndex,
    \* History: for each term, how far its leader committed by counting (0: not at all).
    commit

vars == <<left, votedFor, log, applied, bids, votes, acked, leaders, leaderLog, lastIndex, commit>>

Entry == Index \X Term \X Value

TypeOK ==
    /\ left \in [Server -> SUBSET Term]
    /\ votedFor \in [Server -> SUBSET Server]
    /\ log \in [Server -> SUBSET Entry]
    /\ applied \in [Server -> SUBSET (Term \X Index)]
    /\ bids \in SUBSET (Term \X Server \X Term \X Index)
    /\ votes \in SUBSET (Server \X Term \X Server)
    /\ acked \in SUBSET (Server \X Term \X Index)
    /\ leaders \in SUBSET (Term \X Server)
    /\ leaderLog \in [Term -> SUBSET Entry]
    /\ lastIndex \in [Term -> Index]
    /\ commit \in [Term -> Index]

Init ==
    /\ left      = [i \in Server |-> {}]
    /\ votedFor  = [i \in Server |-> {}]
    /\ log       = [i \in Server |-> {}]
    /\ applied   = [i \in Server |-> {}]
    /\ bids      = {}
    /\ votes     = {}
    /\ acked     = {}
    /\ leaders   = {}
    /\ leaderLog = [t \in Term |-> {}]
    /\ lastIndex = [t \in Term |-> 0]
    /\ commit    = [t \in Term |-> 0]

-----------------------------------------------------------------------------
(* Helpers *)

\* Server i has come to term t: it has left all before.
Reached(i, t) == \A u \in Term : u < t => u \in left[i]

\* The term of server i is t.
InTerm(i, t) == t \notin left[i] /\ Reached(i, t)

\* Somebody was elected in term t.
Led(t) == \E c \in Server : <<t, c>> \in leaders

\* The entries up to an index, and those after it.
UpTo(xlog, k)  == {e \in xlog : e[1] <= k}
After(xlog, k) == {e \in xlog : e[1] > k}

\* Two logs hold an entry of the same term at the index k.
Agree(xlog, ylog, k) ==
    \E u \in Term, v, w \in Value : <<k, u, v>> \in xlog /\ <<k, u, w>> \in ylog

\* What ends with an entry of term u at index k is at least as up-to-date as xlog (5.4.1). (0, 0):
\* there is no entry.
UpToDate(u, k, xlog) ==
    \A x \in Index, y \in Term, v \in Value :
        <<x, y, v>> \in xlog => y < u \/ (y = u /\ x <= k)

\* xlog ends with an entry of term u at index k.
EndsWith(xlog, u, k) ==
    /\ (u = 0 /\ k = 0) \/ \E v \in Value : <<k, u, v>> \in xlog
    /\ UpToDate(u, k, xlog)

-----------------------------------------------------------------------------
(* Elections *)

\* Server i goes from term s on to the newer term t, and has not voted there. (Rules for Servers.)
GoesOn(i, s, t) ==
    /\ InTerm(i, s)
    /\ s < t
    /\ left' = [left EXCEPT ![i] = {u \in Term : u < t}]

\* A server hears of a newer term. (Rules for Servers, all servers.)
UpdateTerm(i, s, t) ==
    /\ GoesOn(i, s, t)
    /\ votedFor' = [votedFor EXCEPT ![i] = {}]
    /\ UNCHANGED <<log, applied, bids, votes, acked, leaders, leaderLog, lastIndex, commit>>

\* A server starts an election: it names its last entry, and votes for itself (or for nobody, if it
\* crashes before it wrote its vote). (Rules for Servers, followers and candidates.)
Timeout(i, s, t, u, k, own) ==
    /\ GoesOn(i, s, t)
    /\ EndsWith(log[i], u, k)
    /\ bids'     = bids \cup {<<t, i, u, k>>}
    /\ votedFor' = [votedFor EXCEPT ![i] = IF own THEN {i} ELSE {}]
    /\ votes'    = IF own THEN votes \cup {<<i, t, i>>} ELSE votes
    /\ UNCHANGED <<log, applied, acked, leaders, leaderLog, lastIndex, commit>>

\* A server gives its vote to one candidate in a term, whose log must be at least as up-to-date as
\* its own. (RequestVote RPC, receiver, step 2.)
Vote(i, t, c, u, k) ==
    /\ InTerm(i, t)
    /\ <<t, c, u, k>> \in bids
    /\ votedFor[i] \subseteq {c}
    /\ UpToDate(u, k, log[i])
    /\ votedFor' = [votedFor EXCEPT ![i] = {c}]
    /\ votes'    = votes \cup {<<i, t, c>>}
    /\ UNCHANGED <<left, log, applied, bids, acked, leaders, leaderLog, lastIndex, commit>>

\* A candidate with the votes of a quorum becomes leader; all that it has is then in the leader's
\* log of its term. (Rules for Servers, candidates.)
BecomeLeader(c, t, u, k, q) ==
    /\ InTerm(c, t)
    /\ <<t, c>> \notin leaders
    /\ <<t, c, u, k>> \in bids
    /\ \A s \in q : <<s, t, c>> \in votes
    /\ leaders'   = leaders \cup {<<t, c>>}
    /\ leaderLog' = [leaderLog EXCEPT ![t] = log[c]]
    /\ lastIndex' = [lastIndex EXCEPT ![t] = k]
    /\ acked'     = acked \cup ({c} \X {t} \X {x \in Index : 0 < x /\ x <= k})
    /\ UNCHANGED <<left, votedFor, log, applied, bids, votes, commit>>

-----------------------------------------------------------------------------
(* Replication and commit *)

\* A leader appends a client's value to its log, at the next index k. (Rules for Servers, leaders.)
ClientRequest(i, t, k, v) ==
    /\ InTerm(i, t)
    /\ <<t, i>> \in leaders
    /\ lastIndex[t] < k
    /\ \A x \in Index : x < k => x <= lastIndex[t]
    /\ log'       = [log EXCEPT ![i] = @ \cup {<<k, t, v>>}]
    /\ leaderLog' = [leaderLog EXCEPT ![t] = @ \cup {<<k, t, v>>}]
    /\ lastIndex' = [lastIndex EXCEPT ![t] = k]
    /\ acked'     = acked \cup ({i} \X {t} \X {x \in Index : 0 < x /\ x <= k})
    /\ UNCHANGED <<left, votedFor, applied, bids, votes, leaders, commit>>

\* Server i, whose log now is xlog, learns that all up to index m was committed by the leader of term
\* t, which is not newer than its own: it has the entry that was committed there.
Learns(i, xlog, t, m) ==
    /\ m <= commit[t]
    /\ m = 0 \/ Agree(xlog, leaderLog[t], m)
    /\ applied' = [applied EXCEPT ![i] = @ \cup ({t} \X {x \in Index : 0 < x /\ x <= m})]

\* A server takes in entries of its leader d, those after index p and up to k. It must hold the
\* leader's entry at p. What follows goes only if the entries are not all there already: it deletes
\* from the first conflict, and appends what is new. It acknowledges up to a, and learns that all up
\* to m was committed in term c. (AppendEntries RPC, receiver, steps 2 to 5.)
AppendEntries(i, d, t, p, k, a, c, m) ==
    /\ InTerm(i, t)
    /\ <<t, d>> \in leaders
    /\ p = 0 \/ Agree(log[i], leaderLog[t], p)
    /\ p <= k /\ k <= lastIndex[t]
    /\ LET new == UpTo(log[i], p) \cup After(UpTo(leaderLog[t], k), p)
       IN \/ /\ k = 0 \/ Agree(log[i], leaderLog[t], k)
             /\ log' = log
          \/ /\ \A x \in Index : Agree(log[i], leaderLog[t], x) => x <= k
             /\ log' = [log EXCEPT ![i] = new]
    /\ a <= k
    /\ acked' = acked \cup ({i} \X {t} \X {x \in Index : 0 < x /\ x <= a})
    /\ c <= t
    /\ Learns(i, log'[i], c, m)
    /\ UNCHANGED <<left, votedFor, bids, votes, leaders, leaderLog, lastIndex, commit>>

\* A server learns otherwise than from its leader what was committed.
LearnCommit(i, c, m) ==
    /\ Reached(i, c)
    /\ Learns(i, log[i], c, m)
    /\ UNCHANGED <<left, votedFor, log, bids, votes, acked, leaders, leaderLog, lastIndex, commit>>

\* A leader commits up to an entry of its own term that a quorum holds, and by it all before. Entries
\* of older terms are never committed by counting. (Rules for Servers, leaders; 5.4.2.)
AdvanceCommitIndex(i, t, k, q) ==
    /\ InTerm(i, t)
    /\ <<t, i>> \in leaders
    /\ \E v \in Value : <<k, t, v>> \in leaderLog[t]
    /\ \A s \in q : <<s, t, k>> \in acked
    /\ commit[t] < k
    /\ commit'  = [commit EXCEPT ![t] = k]
    /\ applied' = [applied EXCEPT ![i] = @ \cup ({t} \X {x \in Index : 0 < x /\ x <= k})]
    /\ UNCHANGED <<left, votedFor, log, bids, votes, acked, leaders, leaderLog, lastIndex>>

\* A server crashes and comes back with what is stable: term, vote and log. It may have forgotten what
\* was committed. (That a leader leads no more does not matter here.)
Restart(i, m) ==
    /\ votedFor' = votedFor
    /\ applied'  = [applied EXCEPT ![i] = {a \in @ : a[2] <= m}]
    /\ UNCHANGED <<left, log, bids, votes, acked, leaders, leaderLog, lastIndex, commit>>

-----------------------------------------------------------------------------

Next ==
    \/ \E i \in Server, s, t \in Term : UpdateTerm(i, s, t)
    \/ \E i \in Server, s, t, u \in Term, k \in Index, own \in BOOLEAN : Timeout(i, s, t, u, k, own)
    \/ \E i, c \in Server, t, u \in Term, k \in Index : Vote(i, t, c, u, k)
    \/ \E c \in Server, t, u \in Term, k \in Index, q \in Quorum : BecomeLeader(c, t, u, k, q)
    \/ \E i \in Server, t \in Term, k \in Index, v \in Value : ClientRequest(i, t, k, v)
    \/ \E i, d \in Server, t, c \in Term, p, k, a, m \in Index : AppendEntries(i, d, t, p, k, a, c, m)
    \/ \E i \in Server, c \in Term, m \in Index : LearnCommit(i, c, m)
    \/ \E i \in Server, t \in Term, k \in Index, q \in Quorum : AdvanceCommitIndex(i, t, k, q)
    \/ \E i \in Server, m \in Index : Restart(i, m)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* The properties of Figure 3. (Leader Append-Only is how leaderLog is written.) *)

\* At most one leader is elected in a term.
ElectionSafety ==
    \A t \in Term, c, d \in Server : <<t, c>> \in leaders /\ <<t, d>> \in leaders => c = d

\* Two logs that hold an entry of the same index and term are the same up to that index.
SameUpTo(xlog, ylog, k) ==
    \A x \in Index, y \in Term, z \in Value :
        x <= k => (<<x, y, z>> \in xlog <=> <<x, y, z>> \in ylog)

LogMatching ==
    \A i, j \in Server, k \in Index, u \in Term, v, w \in Value :
        <<k, u, v>> \in log[i] /\ <<k, u, w>> \in log[j] => SameUpTo(log[i], log[j], k)

\* What was committed in a term is in the logs of the leaders of all later terms.
LeaderCompleteness ==
    \A t, u \in Term : t < u /\ Led(u) => SameUpTo(leaderLog[t], leaderLog[u], commit[t])

\* No two servers ever have different entries at an index that both know to be committed.
StateMachineSafety ==
    \A i, j \in Server, t, u \in Term, k \in Index :
        <<t, k>> \in applied[i] /\ <<u, k>> \in applied[j] =>
            \A y, z \in Term, v, w \in Value :
                <<k, y, v>> \in log[i] /\ <<k, z, w>> \in log[j] => y = z /\ v = w

-----------------------------------------------------------------------------
(* What carries them *)

\* Terms only grow; what a server does in a term, it does once it has come there.
LeftInOrder == \A i \in Server, t, u \in Term : u < t /\ t \in left[i] => u \in left[i]

VotersReached    == \A i, c \in Server, t \in Term : <<i, t, c>> \in votes => Reached(i, t)
VotedForReached  == \A i, c \in Server, t \in Term : <<i, t, c>> \in votes => Reached(c, t)
LeadersReached   == \A c \in Server, t \in Term : <<t, c>> \in leaders => Reached(c, t) /\ 0 < t
FollowersReached == \A i \in Server, t \in Term, k \in Index : <<i, t, k>> \in acked => Reached(i, t)
BiddersReached ==
    \A c \in Server, t, u \in Term, k \in Index : <<t, c, u, k>> \in bids => Reached(c, t) /\ 0 < t
EntriesReached ==
    \A i \in Server, k \in Index, u \in Term, v \in Value : <<k, u, v>> \in log[i] => Reached(i, u)
AppliedReached == \A i \in Server, t \in Term, k \in Index : <<t, k>> \in applied[i] => Reached(i, t)

\* A vote is on disk as long as its term lasts, so there is one in a term.
VoteIsStable ==
    \A i, c \in Server, t \in Term : <<i, t, c>> \in votes /\ t \notin left[i] => c \in votedFor[i]
VotedForOne == \A i, c, d \in Server : c \in votedFor[i] /\ d \in votedFor[i] => c = d
OneVote ==
    \A i, c, d \in Server, t \in Term : <<i, t, c>> \in votes /\ <<i, t, d>> \in votes => c = d

\* A candidate bids once in a term, and keeps what it bid with until that term has a leader.
OneBid ==
    \A c \in Server, t, u, y \in Term, k, x \in Index :
        <<t, c, u, k>> \in bids /\ <<t, c, y, x>> \in bids => u = y /\ k = x
BidIsKept ==
    \A t \in Term : ~Led(t) =>
        \A c \in Server, u \in Term, k \in Index :
            <<t, c, u, k>> \in bids /\ t \notin left[c] => EndsWith(log[c], u, k)

\* In each term some quorum voted for whoever leads it.
ElectedByQuorum ==
    \A t \in Term : \E q \in Quorum : \A s \in q, c \in Server :
        <<t, c>> \in leaders => <<s, t, c>> \in votes

\* Without a leader there is nothing to be sent or acknowledged.
NothingWithoutLeader ==
    \A t \in Term : ~Led(t) =>
        /\ \A k \in Index, u \in Term, v \in Value : <<k, u, v>> \notin leaderLog[t]
        /\ \A i \in Server, k \in Index : <<i, t, k>> \notin acked
        /\ commit[t] = 0
LastIndexIsLast ==
    \A t \in Term :
        /\ \A k \in Index, u \in Term, v \in Value : <<k, u, v>> \in leaderLog[t] => k <= lastIndex[t]
        /\ \A i \in Server, k \in Index : <<i, t, k>> \in acked => k <= lastIndex[t]
        /\ commit[t] <= lastIndex[t]
LeaderHasItsLog ==
    \A c \in Server, t \in Term : <<t, c>> \in leaders /\ t \notin left[c] => log[c] = leaderLog[t]

\* Entries are made by the leader of their term, and stand after what stood there in its log.
EntriesOfLeaders ==
    \A i \in Server, k \in Index, u \in Term, v \in Value :
        <<k, u, v>> \in log[i] => <<k, u, v>> \in leaderLog[u] /\ SameUpTo(log[i], leaderLog[u], k)
LeaderEntriesOfLeaders ==
    \A t \in Term, k \in Index, u \in Term, v \in Value :
        <<k, u, v>> \in leaderLog[t] =>
            <<k, u, v>> \in leaderLog[u] /\ SameUpTo(leaderLog[t], leaderLog[u], k)
OneEntry ==
    \A t, u, y \in Term, k \in Index, v, w \in Value :
        <<k, u, v>> \in leaderLog[t] /\ <<k, y, w>> \in leaderLog[t] => u = y /\ v = w
TermsInOrder ==
    \A t, u, y \in Term, k, x \in Index, v, w \in Value :
        <<k, u, v>> \in leaderLog[t] /\ <<x, y, w>> \in leaderLog[t] /\ k <= x => u <= y
EntryIsOld ==
    \A t, u \in Term, k \in Index, v \in Value : <<k, u, v>> \in leaderLog[t] => 0 < k /\ 0 < u /\ u <= t

\* What a server acknowledged it holds: as long as it is in that term,
AckIsKept ==
    \A i \in Server, t, u \in Term, k \in Index, v \in Value :
        <<i, t, k>> \in acked /\ t \notin left[i] /\ <<k, u, v>> \in leaderLog[t] => <<k, u, v>> \in log[i]
AcksUpTo ==
    \A i \in Server, t \in Term, k, x \in Index :
        <<i, t, k>> \in acked /\ 0 < x /\ x <= k => <<i, t, x>> \in acked

\* and for ever if the entry, of that very term, may come to be committed by a quorum q: all of q have
\* acknowledged it, or still may.
Choosable(q, t, k) == \A s \in q : t \notin left[s] \/ <<s, t, k>> \in acked
ChoosableIsKept ==
    \A t \in Term, k \in Index, q \in Quorum : Choosable(q, t, k) =>
        \A s \in Server, v \in Value :
            <<s, t, k>> \in acked /\ <<k, t, v>> \in leaderLog[t] => <<k, t, v>> \in log[s]

\* So its vote goes only to candidates who have that entry, or a newer one;
ChoosableIsWanted ==
    \A t \in Term, k \in Index, q \in Quorum : Choosable(q, t, k) =>
        \A s \in Server, v \in Value : <<s, t, k>> \in acked /\ <<k, t, v>> \in leaderLog[t] =>
            \A c \in Server, y, u \in Term, x \in Index :
                t < y /\ <<s, y, c>> \in votes /\ <<y, c, u, x>> \in bids => t < u \/ (t = u /\ k <= x)

\* and the leaders of later terms have the entry: its own, or by the leader of the newer entry. That
\* fails for an entry of an older term, which a newer entry may stand against (Figure 8).
ChoosableIsLed ==
    \A t \in Term, k \in Index, q \in Quorum : Choosable(q, t, k) =>
        \A v \in Value, u \in Term :
            <<k, t, v>> \in leaderLog[t] /\ t < u /\ Led(u) => <<k, t, v>> \in leaderLog[u]

\* What was committed was chosen, and what was applied was committed.
CommitIsOfTerm == \A t \in Term : commit[t] = 0 \/ \E v \in Value : <<commit[t], t, v>> \in leaderLog[t]
CommitIsAcked ==
    \A t \in Term : commit[t] = 0 \/ \E q \in Quorum : \A s \in q : <<s, t, commit[t]>> \in acked
AppliedIsCommitted ==
    \A i \in Server, t \in Term, k \in Index :
        <<t, k>> \in applied[i] => 0 < k /\ k <= commit[t] /\ SameUpTo(log[i], leaderLog[t], k)

\* VotedForOne, TermsInOrder, AckIsKept and AcksUpTo could be left out, and the others would carry each other
\* still; they say what states of Raft are like, which is wanted where states are made (Goals.tla).
Inductive ==
    /\ TypeOK
    /\ ElectionSafety
    /\ LogMatching
    /\ LeaderCompleteness
    /\ StateMachineSafety
    /\ LeftInOrder
    /\ VotersReached
    /\ VotedForReached
    /\ LeadersReached
    /\ FollowersReached
    /\ BiddersReached
    /\ EntriesReached
    /\ AppliedReached
    /\ VoteIsStable
    /\ VotedForOne
    /\ OneVote
    /\ OneBid
    /\ BidIsKept
    /\ ElectedByQuorum
    /\ NothingWithoutLeader
    /\ LastIndexIsLast
    /\ LeaderHasItsLog
    /\ EntriesOfLeaders
    /\ LeaderEntriesOfLeaders
    /\ OneEntry
    /\ TermsInOrder
    /\ EntryIsOld
    /\ AckIsKept
    /\ AcksUpTo
    /\ ChoosableIsKept
    /\ ChoosableIsWanted
    /\ ChoosableIsLed
    /\ CommitIsOfTerm
    /\ CommitIsAcked
    /\ AppliedIsCommitted

THEOREM Spec => []Inductive
=============================================================================

Within bounds, where each reachable state is looked at, our engine and TLC find. Tests read this line.

\* RaftAbstract.cfg   servers 2   terms 2   log 1   distinct 2167   generated 85707   depth 15
