------------------------------- MODULE MCraft -------------------------------
(***************************************************************************)
(* raft.tla, bounded so that a model checker comes to an end.              *)
(*                                                                         *)
(* Bounded is the state constraint. The other operators narrow the choices *)
(* of raft.tla by `<-` in a .cfg file, to a bound or to what Figure 2      *)
(* does; a .cfg file takes those that it cannot do without.                *)
(* What each .cfg file reaches stands at the foot.                         *)
(***************************************************************************)
EXTENDS raft

CONSTANTS
    MaxTerm,        \* No server goes beyond this term.
    MaxLogLength,   \* A leader takes in no value beyond this length.
    MaxInFlight,    \* The network holds at most this many messages,
    MaxCopies,      \* and at most this many copies of one.
    Losing,         \* Whether the network loses messages (BOOLEAN).
    Restarting      \* The servers that crash.

Bounded ==
    /\ BagCardinality(messages) <= MaxInFlight
    /\ \A m \in DOMAIN messages : messages[m] <= MaxCopies
    /\ \A i \in Server : currentTerm[i] <= MaxTerm

MCDuplicateChoices ==
    IF BagCardinality(messages) < MaxInFlight
    THEN {m \in DOMAIN messages : messages[m] < MaxCopies}
    ELSE {}

MCDropChoices == IF Losing THEN DOMAIN messages ELSE {}

MCClientValues(i) == IF Len(log[i]) < MaxLogLength THEN Value ELSE {}

MCSelfVoteChoices(i) == {i}

MCRestartCommitChoices(i) == IF i \in Restarting THEN {0} ELSE {}

MCCommitChoices(i, j) == {commitIndex[i]}

MCStoredChoices(i, new) == {Len(new)}

MCAckChoices(i, m) == {m.mprevLogIndex + Len(m.mentries)}

\* Of a term that a server has now.
MCOtherTerms(i) == {currentTerm[j] : j \in Server}

\* Where a leader means to go on decides nothing while its requests may start anywhere.
MCNextChoices(i, j, match) == {match + 1}
=============================================================================

What TLC 2.15 finds with one worker and `java -XX:+UseParallelGC`; the seconds are those of a small
virtual machine with two cores. The depth counts states, not steps, as TLC does. Tests read these lines.

\* MCraft1.cfg   servers 2   term 1   log 1   in flight 2   distinct 2093     generated 23547     depth 19   TLC 1 s
\* MCraft2.cfg   servers 2   term 2   log 2   in flight 2   distinct 200151   generated 2194745   depth 33   TLC 37 s
\* MCraft3.cfg   servers 3   term 2   log 1   in flight 1   distinct 205986   generated 1950205   depth 40   TLC 37 s
\* MCraft4.cfg   servers 2   term 2   log 2   in flight 1   distinct 28783    generated 316151    depth 27   TLC 13 s of CPU
