----------------------------- MODULE Traceraft ------------------------------
(***************************************************************************)
(* Which steps of raft.tla explain a trace, line by line.                  *)
(*                                                                         *)
(* A line says what happened at a server, what it then sent, and what      *)
(* could be seen of its state afterwards; it is a record                   *)
(*                                                                         *)
(*   [event   |-> "Receive",            server |-> "n2",                   *)
(*    message |-> a message,            sends  |-> a sequence of messages, *)
(*    value   |-> "v1",                 timer  |-> "election",             *)
(*    state   |-> [currentTerm |-> 1, votedFor |-> "n1", ...]]             *)
(*                                                                         *)
(* of which event and server are always there, the others, and each field  *)
(* of state, only if they were observed. Without sends, any answer goes    *)
(* (but nothing is sent beyond it); with them, they are exact.             *)
(*                                                                         *)
(* The events of the world are                                             *)
(*   Init              the first snapshot of a server                      *)
(*   Receive           message was delivered                               *)
(*   Timeout           a timer fired; any timer, so perhaps nothing starts *)
(*   ClientRequest     value was taken in                                  *)
(*   Crash             while message, timer or value, if there is one, was *)
(*                     being handled; sends is what had left               *)
(*   Restart           the server came back                                *)
(*   DuplicateMessage, DropMessage     the network did so with message     *)
(* A finer line has the name of an action of raft.tla as its event, and is *)
(* that one step.                                                          *)
(*                                                                         *)
(* A validator takes Begin with the next line (Take, where it knows that   *)
(* Explained holds), then TraceNext until nothing new is found. The line   *)
(* is refused if Explained holds nowhere. Each step of TraceNext is        *)
(* an action of raft.tla as it stands (BecomeLeader in TraceBecomeLeader,  *)
(* and so on; Idle alone changes nothing), with guards. A line narrows the *)
(* choices of raft.tla (Traceraft.cfg), always to a subset of them, so     *)
(* that whatever is explained is a behavior of raft.tla.                   *)
(***************************************************************************)
EXTENDS raft

VARIABLES
    \* The line that is being explained.
    line,
    \* What it sent, less what the steps taken so far account for.
    unsent,
    \* Whether a step for the event itself has been taken.
    handled,
    \* Messages that a step sent but a crash kept from leaving: they are to be dropped.
    lost

traceVars == <<line, unsent, handled, lost>>

-----------------------------------------------------------------------------
(* What the line says *)

Crashed == line.event = "Crash"

Has(field) == field \in DOMAIN line

\* Whether this field of the server's state was seen. What a crash leaves is seen at the restart.
Observes(field) == ~Crashed /\ Has("state") /\ field \in DOMAIN line.state

\* The next send to account for is of this type, and to a server.
Sends(type) == unsent # <<>> /\ Head(unsent).mtype = type /\ Head(unsent).mdest \in Server

\* The number in low..high that is nearest to n.
Nearest(n, low, high) == Min(Max(n, low), high)

-----------------------------------------------------------------------------
(* The choices of raft.tla, as the line has them. Where the line has what raft.tla does not      *)
(* allow, the nearest that it does is taken, so that the step can be shown beside the line.      *)

\* Nothing is counted over the values of a trace: any string will do.
TraceValue == STRING

TraceMessagesTo(i, type) ==
    IF ~Has("message") THEN {m \in DOMAIN messages : m.mdest = i /\ m.mtype = type}
    ELSE IF line.message.mtype = type /\ line.message.mdest = i /\ line.message \in DOMAIN messages
    THEN {line.message}
    ELSE {}

TraceDuplicateChoices == IF line.message \in DOMAIN messages THEN {line.message} ELSE {}

TraceDropChoices ==
    IF lost # {} THEN lost
    ELSE IF line.message \in DOMAIN messages THEN {line.message}
    ELSE {}

\* A server that lives votes for itself; whether one that crashed did is seen at the restart.
TraceSelfVoteChoices(i) == IF Crashed THEN {i, Nil} ELSE {i}

TraceClientValues(i) == {line.value}

TracePrevChoices(i, j) == {Nearest(Head(unsent).mprevLogIndex, 0, Len(log[i]))}

TraceLastChoices(i, j, prev) == {Nearest(prev + Len(Head(unsent).mentries), prev, Len(log[i]))}

TraceCommitChoices(i, j) == {Nearest(Head(unsent).mcommitIndex, 0, commitIndex[i])}

\* A server stores all, unless its log shows less; after a crash, that is seen at the restart.
TraceStoredChoices(i, new) ==
    IF Crashed THEN StoredLengths(log[i], new)
    ELSE IF Observes("log") /\ Len(line.state.log) < Len(new)
    THEN {Len(new)} \cup ({Len(line.state.log)} \cap StoredLengths(log[i], new))
    ELSE {Len(new)}

\* An acknowledgement that a crash kept from leaving may as well have been for nothing.
TraceAckChoices(i, m) ==
    LET all == m.mprevLogIndex + Len(m.mentries) IN
    IF ~Has("sends") THEN 0..all
    ELSE IF Sends(AppendEntriesResponse) THEN {Nearest(Head(unsent).mmatchIndex, 0, all)}
    ELSE IF Crashed THEN {0}
    ELSE {all}

\* A nextIndex that was not seen stays where it was, if it may.
TraceNextChoices(i, j, match) ==
    LET next == IF Observes("nextIndex") /\ j \in DOMAIN line.state.nextIndex
                THEN line.state.nextIndex[j]
                ELSE nextIndex[i][j]
    IN  {Nearest(next, match + 1, Len(log[i]) + 1)}

TraceCommitTargets(i) ==
    IF ~Observes("commitIndex") THEN (commitIndex[i] + 1)..Len(log[i])
    ELSE IF commitIndex[i] < line.state.commitIndex /\ line.state.commitIndex <= Len(log[i])
    THEN {line.state.commitIndex}
    ELSE {}

TraceRestartCommitChoices(i) ==
    IF Observes("commitIndex") THEN {Nearest(line.state.commitIndex, 0, commitIndex[i])}
    ELSE 0..commitIndex[i]

-----------------------------------------------------------------------------
(* What the server was seen to be, after the line *)

ObservedTerm ==
    Observes("currentTerm") => currentTerm[line.server] = line.state.currentTerm

ObservedRole ==
    Observes("role") => role[line.server] = line.state.role

ObservedVote ==
    Observes("votedFor") => votedFor[line.server] = line.state.votedFor

ObservedLog ==
    Observes("log") => log[line.server] = line.state.log

ObservedCommitIndex ==
    Observes("commitIndex") => commitIndex[line.server] = line.state.commitIndex

\* Votes mean something on a candidate only, the two indexes on a leader only.
ObservedVotes ==
    (Observes("votesGranted") /\ role[line.server] = Candidate) =>
        votesGranted[line.server] = line.state.votesGranted

OfPeers(index) == [j \in Server \ {line.server} |-> index[line.server][j]]

ObservedNextIndex ==
    (Observes("nextIndex") /\ role[line.server] = Leader) =>
        OfPeers(nextIndex) = line.state.nextIndex

ObservedMatchIndex ==
    (Observes("matchIndex") /\ role[line.server] = Leader) =>
        OfPeers(matchIndex) = line.state.matchIndex

Observed ==
    /\ ObservedTerm
    /\ ObservedRole
    /\ ObservedVote
    /\ ObservedLog
    /\ ObservedCommitIndex
    /\ ObservedVotes
    /\ ObservedNextIndex
    /\ ObservedMatchIndex

\* The steps taken so far explain the line.
Explained ==
    /\ handled
    /\ unsent = <<>>
    /\ lost = {}
    /\ Observed

-----------------------------------------------------------------------------
(* To the next line *)

\* A field of the state that the line next has, or what stands for it.
Seen(next, field, otherwise) ==
    IF "state" \in DOMAIN next /\ field \in DOMAIN next.state THEN next.state[field] ELSE otherwise

\* The first snapshot of a server is its initial state. What it knows to be committed was so
\* before the trace began.
TakeSnapshot(next) ==
    LET i     == next.server
        xlog  == Seen(next, "log", log[i])
        index == Min(Seen(next, "commitIndex", commitIndex[i]), Len(xlog))
    IN
    /\ currentTerm' = [currentTerm EXCEPT ![i] = Seen(next, "currentTerm", @)]
    /\ votedFor'    = [votedFor EXCEPT ![i] = Seen(next, "votedFor", @)]
    /\ log'         = [log EXCEPT ![i] = xlog]
    /\ commitIndex' = [commitIndex EXCEPT ![i] = index]
    /\ committed'   = [k \in 1..Max(index, Len(committed)) |->
                          IF k <= Len(committed) THEN committed[k]
                          ELSE [term |-> xlog[k].term, value |-> xlog[k].value, cterm |-> 0]]
    /\ UNCHANGED <<messages, role, candidateVars, leaderVars, elections>>

\* What the trace says next. Snapshots come before all other lines.
Take(next) ==
    /\ next.server \in Server
    /\ next.event = "Init" => line.event = "Init"
    /\ IF next.event = "Init" THEN TakeSnapshot(next) ELSE UNCHANGED vars
    /\ line'    = next
    /\ unsent'  = IF "sends" \in DOMAIN next THEN next.sends ELSE <<>>
    /\ handled' = (next.event = "Init")
    /\ lost'    = {}

\* The trace goes on once its line is explained.
Begin(next) == Explained /\ Take(next)

TraceInit ==
    /\ Init
    /\ line    = [event |-> "Init", server |-> Nil]
    /\ unsent  = <<>>
    /\ handled = TRUE
    /\ lost    = {}

-----------------------------------------------------------------------------
(* When a step may be taken, and what it accounts for *)

\* A step that takes the message of the line, or the step of that name.
Delivers(name) ==
    /\ ~handled
    /\ line.event \in {"Receive", name} \/ (Crashed /\ Has("message"))

\* A step for the cause of the line that is not a message, but comes with this field.
Causes(name, field) ==
    /\ ~handled
    /\ line.event = name \/ (Crashed /\ Has(field))

\* A step that a server takes of itself, after the cause of the line; or the step of that name.
Follows(name) ==
    IF handled THEN line.event \in {"Receive", "Timeout", "ClientRequest", "Crash"}
               ELSE line.event = name

\* The step takes the line on, and sends nothing.
Silently ==
    /\ handled' = TRUE
    /\ UNCHANGED <<line, unsent, lost>>

\* What the step has put into the network, and what the line says was sent next.
Sent     == messages' (-) messages
NextSend == IF unsent = <<>> THEN EmptyBag ELSE SetToBag({Head(unsent)})

\* What the step sends is what the line sent next.
Sending ==
    /\ Sent = NextSend
    /\ unsent'  = Tail(unsent)
    /\ handled' = TRUE
    /\ UNCHANGED <<line, lost>>

\* The step sends what did not leave any more.
Losing ==
    /\ handled' = TRUE
    /\ lost'    = DOMAIN Sent
    /\ UNCHANGED <<line, unsent>>

\* An answer is sent, unless a crash kept it from leaving. If sends were not observed, any will do.
Answering ==
    IF ~Has("sends") THEN Silently
    ELSE IF Crashed /\ Sent # NextSend THEN Losing
    ELSE Sending

-----------------------------------------------------------------------------
(* The steps: first for the message of the line *)

\* Comes before the cause, which is still to be taken.
TraceUpdateTerm ==
    /\ Delivers("UpdateTerm")
    /\ UpdateTerm(line.server)
    /\ handled' = (line.event = "UpdateTerm")
    /\ UNCHANGED <<line, unsent, lost>>

TraceHandleRequestVoteRequest ==
    /\ Delivers("HandleRequestVoteRequest")
    /\ HandleRequestVoteRequest(line.server)
    /\ Answering

TraceHandleRequestVoteResponse ==
    /\ Delivers("HandleRequestVoteResponse")
    /\ HandleRequestVoteResponse(line.server)
    /\ Silently

TraceHandleAppendEntriesRequest ==
    /\ Delivers("HandleAppendEntriesRequest")
    /\ HandleAppendEntriesRequest(line.server)
    /\ Answering

TraceHandleAppendEntriesResponse ==
    /\ Delivers("HandleAppendEntriesResponse")
    /\ HandleAppendEntriesResponse(line.server)
    /\ Silently

TraceDropStaleResponse ==
    /\ Delivers("DropStaleResponse")
    /\ DropStaleResponse(line.server)
    /\ Silently

(* then for other causes *)

TraceTimeout ==
    /\ Causes("Timeout", "timer")
    /\ Timeout(line.server)
    /\ Silently

TraceClientRequest ==
    /\ Causes("ClientRequest", "value")
    /\ Has("value")
    /\ ClientRequest(line.server)
    /\ Silently

TraceRestart ==
    /\ ~handled
    /\ line.event = "Restart"
    /\ Restart(line.server)
    /\ Silently

TraceDuplicateMessage ==
    /\ ~handled
    /\ line.event = "DuplicateMessage"
    /\ Has("message")
    /\ DuplicateMessage
    /\ Silently

\* A message is also gone if the server crashed before it was handled, and an answer is gone that
\* did not leave: so a crash leaves one network, whatever was done before it.
TraceDropMessage ==
    /\ IF handled THEN lost # {} ELSE line.event = "DropMessage" \/ Crashed
    /\ Has("message")
    /\ DropMessage
    /\ handled' = TRUE
    /\ lost'    = {}
    /\ UNCHANGED <<line, unsent>>

\* A timer need not start an election; and a server may crash before it comes to anything.
TraceIdle ==
    /\ ~handled
    /\ line.event = "Timeout" \/ (Crashed /\ ~Has("message"))
    /\ UNCHANGED vars
    /\ Silently

(* and what the server does next of itself. After a crash nothing is known but what left: what   *)
(* changes nothing stable is taken only for the sake of a send, or of what the restart shows.    *)

TraceBecomeLeader ==
    /\ Follows("BecomeLeader")
    /\ Observes("role") => line.state.role = Leader
    /\ Crashed => Sends(AppendEntriesRequest)
    /\ BecomeLeader(line.server)
    /\ Silently

TraceAdvanceCommitIndex ==
    /\ \/ Follows("AdvanceCommitIndex")
       \/ ~handled /\ line.event = "Restart" /\ Observes("commitIndex")
    /\ Crashed => /\ Sends(AppendEntriesRequest)
                  /\ Head(unsent).mcommitIndex > commitIndex[line.server]
    /\ AdvanceCommitIndex(line.server)
    /\ handled' = (line.event # "Restart")
    /\ UNCHANGED <<line, unsent, lost>>

TraceRequestVote ==
    /\ Follows("RequestVote")
    /\ Sends(RequestVoteRequest)
    /\ RequestVote(line.server, Head(unsent).mdest)
    /\ Sending

TraceAppendEntries ==
    /\ Follows("AppendEntries")
    /\ Sends(AppendEntriesRequest)
    /\ AppendEntries(line.server, Head(unsent).mdest)
    /\ Sending

TraceNext ==
    \/ TraceUpdateTerm
    \/ TraceHandleRequestVoteRequest
    \/ TraceHandleRequestVoteResponse
    \/ TraceHandleAppendEntriesRequest
    \/ TraceHandleAppendEntriesResponse
    \/ TraceDropStaleResponse
    \/ TraceTimeout
    \/ TraceClientRequest
    \/ TraceRestart
    \/ TraceDuplicateMessage
    \/ TraceDropMessage
    \/ TraceIdle
    \/ TraceBecomeLeader
    \/ TraceAdvanceCommitIndex
    \/ TraceRequestVote
    \/ TraceAppendEntries
=============================================================================
