------------------------------- MODULE MCraft -------------------------------
(***************************************************************************)
(* raft.tla, bounded so that a model checker comes to an end.              *)
(*                                                                         *)
(* Bounded is the state constraint. The other operators narrow the choices *)
(* of raft.tla by `<-` in a .cfg file: to a bound, or to what Figure 2     *)
(* does (MCFigure2...); a .cfg file takes those that it can afford.        *)
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

MCRestartCommitChoices(i) == IF i \in Restarting THEN {0} ELSE {}

MCPrevChoices(i, j) == {nextIndex[i][j] - 1}

MCLastChoices(i, j, prev) == {Len(log[i])}

MCCommitChoices(i, j) == {commitIndex[i]}

MCStoredChoices(i, new) == {Len(new)}

MCAckChoices(i, m) == {m.mprevLogIndex + Len(m.mentries)}

\* One less after each request that a leader sends and after a refusal: it probes backwards.
MCNextChoices(i, j, match) ==
    {IF match > matchIndex[i][j] THEN match + 1 ELSE Max(match + 1, nextIndex[i][j] - 1)}
=============================================================================

What TLC 2.15 finds with one worker (2 cores of a small virtual machine, java -XX:+UseParallelGC).
Depth counts the states of the longest shortest path, as TLC does. A test reads these lines.

\* MCraft1.cfg   servers 2   term 1   log 1   in flight 2   distinct 1170     generated 11960     depth 19   TLC 1 s
\* MCraft2.cfg   servers 2   term 2   log 2   in flight 2   distinct 211738   generated 2338011   depth 33   TLC 27 s
\* MCraft3.cfg   servers 3   term 2   log 1   in flight 1   distinct 299676   generated 1962235   depth 40   TLC 31 s
