------------------------------- MODULE Goals --------------------------------
(***************************************************************************)
(* States of Raft that random runs seldom come to, each as a formula on    *)
(* the variables of RaftAbstract. `raftcheck synth` makes states of which  *)
(* Inductive, Concrete and a goal hold, and runs one handler from each.    *)
(***************************************************************************)
EXTENDS RaftAbstract

-----------------------------------------------------------------------------
(* What RaftAbstract leaves open, and a server of raft.tla cannot be without *)

\* There is an entry at the index k.
Has(xlog, k) == \E u \in Term, v \in Value : <<k, u, v>> \in xlog

\* A log begins at index 1, and goes on without gaps.
NoGaps(xlog) ==
    \A k, x \in Index, u \in Term, v \in Value :
        <<k, u, v>> \in xlog /\ x < k => x = 0 \/ Has(xlog, x)

\* Each server is in some term. In term 0 nobody has voted. A vote was given, and to a candidate; a leader
\* was one. What a leader's log ends with stands at lastIndex. What is known to be committed begins at 1.
\* A bid names the last entry of a log, which is of an older term; there is one, or its index is 0.
Concrete ==
    /\ \A i \in Server : \E t \in Term : t \notin left[i]
    /\ \A i, c \in Server, t \in Term : InTerm(i, t) /\ c \in votedFor[i] => 0 < t /\ <<i, t, c>> \in votes
    /\ \A i, c \in Server, t \in Term :
        <<i, t, c>> \in votes => \E u \in Term, k \in Index : <<t, c, u, k>> \in bids
    /\ \A c \in Server, t, u \in Term, k \in Index :
        <<t, c, u, k>> \in bids => u < t /\ (k = 0 <=> u = 0)
    /\ \A i \in Server : NoGaps(log[i])
    /\ \A t \in Term : NoGaps(leaderLog[t]) /\ (lastIndex[t] = 0 \/ Has(leaderLog[t], lastIndex[t]))
    /\ \A i \in Server, t \in Term, k, x \in Index :
        <<t, k>> \in applied[i] /\ 0 < x /\ x < k => <<t, x>> \in applied[i]

-----------------------------------------------------------------------------
(* Helpers *)

\* Server i leads the term that it is in.
Leads(i, t) == InTerm(i, t) /\ <<t, i>> \in leaders

\* Server i stands for election in the term that it is in, and has not won it.
Stands(i, t) == InTerm(i, t) /\ votedFor[i] = {i} /\ <<t, i>> \notin leaders

LastTerm(i, u) == \E k \in Index, v \in Value : <<k, u, v>> \in log[i] /\ UpToDate(u, k, log[i])
Shorter(i, j)  == \E k \in Index : Has(log[j], k) /\ ~Has(log[i], k)

\* Server i has an entry at the index k that conflicts with that of server j.
Conflict(i, j, k) ==
    \E u, y \in Term, v, w \in Value : <<k, u, v>> \in log[i] /\ <<k, y, w>> \in log[j] /\ u # y

-----------------------------------------------------------------------------
(* Goals *)

\* Figure 8 (c): a leader has brought an entry of an older term to a majority, and may not commit it by
\* counting; another server has an entry of a term between the two at that index, and may yet lead.
Figure8 ==
    \E i, j \in Server, t, u, y \in Term, k \in Index, v \in Value :
        /\ Leads(i, t) /\ y < u /\ u < t
        /\ <<k, y, v>> \in leaderLog[t]
        /\ \E q \in Quorum : \A s \in q : <<s, t, k>> \in acked
        /\ commit[t] = 0
        /\ \E w \in Value : <<k, u, w>> \in log[j]

\* A deposed leader has entries that were never committed, while a newer one leads and has committed
\* something else in their place.
Deposed ==
    \E i, j \in Server, t, u \in Term, k \in Index :
        /\ Leads(i, t) /\ Leads(j, u) /\ t < u
        /\ Conflict(i, j, k)
        /\ k <= commit[u]

\* A follower has a suffix that conflicts with the log of its leader, and is longer.
LongSuffix ==
    \E i, j \in Server, t \in Term, k, x \in Index :
        /\ Leads(i, t) /\ InTerm(j, t) /\ i # j
        /\ Conflict(i, j, k) /\ 0 < commit[t]
        /\ k < x /\ Has(log[j], x) /\ ~Has(log[i], x)

\* Two servers stand in one term and split the vote; their logs end in different terms. A third has voted
\* for one of them, who may not know it yet.
SplitVote ==
    \E i, j, s \in Server, t, u, y \in Term :
        /\ Stands(i, t) /\ Stands(j, t) /\ i # j
        /\ ~Led(t)
        /\ LastTerm(i, u) /\ LastTerm(j, y) /\ u # y
        /\ InTerm(s, t) /\ s # i /\ s # j
        /\ <<s, t, i>> \in votes

\* A candidate whose log is longer asks one whose last entry is of a newer term.
LongButOld ==
    \E i, j \in Server, t, u, y \in Term :
        /\ Stands(i, t) /\ j # i /\ ~Led(t)
        /\ LastTerm(i, u) /\ LastTerm(j, y) /\ u < y
        /\ Shorter(j, i)
        /\ \A x \in Term : t < x => x \notin left[j]

\* A server knows of commits of an older term than its own, and its leader has replicated more than it has
\* committed.
CommitsOfOld ==
    \E i, j \in Server, t, u \in Term, k, x \in Index :
        /\ Leads(i, t) /\ InTerm(j, t) /\ i # j
        /\ u < t /\ <<u, k>> \in applied[j]
        /\ k < x /\ <<j, t, x>> \in acked /\ commit[t] < x
        /\ \E v \in Value : <<x, t, v>> \in leaderLog[t]
=============================================================================
