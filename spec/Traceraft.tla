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
(* of state, only if they were observed.                                   *)
(*                                                                         *)
(* With sends, they are exact. Without, the server may have sent all that  *)
(* it could; what that was is kept in unseen, as the most that it could    *)
(* claim, until a later line receives a message that nobody was seen to    *)
(* send. Without message, any that may be in flight will do. Neither is    *)
(* counted: what was not seen may have been doubled or lost as well.       *)
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
(* A message of type Other, [mtype, mterm, msource, mdest], is none of     *)
(* raft.tla's four. It is never in messages; of it the spec knows only the *)
(* term, which is at most one beyond its sender's.                         *)
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
    \* Messages that a step sent but that did not leave, or were not seen to: they are to be dropped.
    lost,
    \* What servers may have sent without being seen, each as the most that could be claimed:
    \*   RequestVoteRequest     without mdest, since it is the same for every peer
    \*   AppendEntriesRequest   [mtype, mterm, msource, mlog, mcommitIndex], the log and the commit
    \*                          index of a leader: any part of the log, and that commit index or less
    \*   AppendEntriesResponse  as it is: that mmatchIndex, or less
    \*   RequestVoteResponse    as it is
    \* The network is messages, and of these as many copies as will be received.
    unseen,
    \* The message that the server is handling, where the line does not show it: in a set, or none.
    delivered,
    \* Whether a server shows the messages that it handles: yes, no, or unknown as yet. So it does
    \* where it crashes.
    telling,
    \* For each server, how far its commit index may be beyond commitIndex, since it was not seen:
    \* up to here. It is taken to be there once it is seen, or told to others.
    known

traceVars == <<line, unsent, handled, lost, unseen, delivered, telling, known>>
unseenVars == <<unseen, telling, known>>

-----------------------------------------------------------------------------
(* What the line says *)

Other == "Other"

Crashed == line.event = "Crash"

Has(field) == field \in DOMAIN line

\* Whether this field of the server's state was seen. What a crash leaves is seen at the restart.
Observes(field) == ~Crashed /\ Has("state") /\ field \in DOMAIN line.state

\* The server handled a message that is none of raft.tla's, as far as it came.
TakesOther == line.event \in {"Receive", "Crash"} /\ Has("message") /\ line.message.mtype = Other

\* The line is not of what a server did.
OfNetwork == line.event \in {"Init", "DuplicateMessage", "DropMessage"}

\* The next send to account for is of this type, and to a server.
Sends(type) == unsent # <<>> /\ Head(unsent).mtype = type /\ Head(unsent).mdest \in Server

\* The number in low..high that is nearest to n.
Nearest(n, low, high) == Min(Max(n, low), high)

Least(numbers) == CHOOSE k \in numbers : \A l \in numbers : k <= l

\* The server handled a message that the line does not show.
HidesMessage ==
    /\ line.event \in {"Receive", "UpdateTerm", "DropStaleResponse",
                       "HandleRequestVoteRequest", "HandleRequestVoteResponse",
                       "HandleAppendEntriesRequest", "HandleAppendEntriesResponse"}
    /\ ~Has("message")

\* It may have been handling one when it crashed: it shows none, or nobody does.
MayHideMessage ==
    /\ Crashed
    /\ ~Has("message") /\ ~Has("timer") /\ ~Has("value")
    /\ telling[line.server] = "no" \/ \A j \in Server : telling[j] # "yes"

-----------------------------------------------------------------------------
(* What may have been sent unseen *)

\* Two logs agree up to here: with entries of the same terms, hence the same entries.
Agreement(xlog, ylog) ==
    LET short == Min(Len(xlog), Len(ylog))
        apart == {k \in 1..short : xlog[k].term # ylog[k].term}
    IN  IF apart = {} THEN short ELSE Least(apart) - 1

\* The message m may be what was sent as u.
Covers(u, m) ==
    /\ u.mtype = m.mtype
    /\ u.mterm = m.mterm
    /\ u.msource = m.msource
    /\ CASE m.mtype = RequestVoteRequest ->
              /\ m.mdest # m.msource
              /\ m.mlastLogTerm = u.mlastLogTerm
              /\ m.mlastLogIndex = u.mlastLogIndex
         [] m.mtype = RequestVoteResponse -> m = u
         [] m.mtype = AppendEntriesRequest ->
              LET last == m.mprevLogIndex + Len(m.mentries) IN
              /\ m.mdest # m.msource
              /\ last <= Len(u.mlog)
              /\ m.mprevLogTerm = TermAt(u.mlog, m.mprevLogIndex)
              /\ m.mentries = SubSeq(u.mlog, m.mprevLogIndex + 1, last)
              /\ m.mcommitIndex <= u.mcommitIndex
         [] m.mtype = AppendEntriesResponse ->
              /\ m.mdest = u.mdest
              /\ m.msuccess = u.msuccess
              /\ m.mmatchIndex <= u.mmatchIndex

\* AppendEntries to i, of the leader that u stands for.
AppendTo(i, u, prev, last, commit) ==
    [mtype |-> AppendEntriesRequest, mterm |-> u.mterm,
     mprevLogIndex |-> prev, mprevLogTerm |-> TermAt(u.mlog, prev),
     mentries |-> SubSeq(u.mlog, prev + 1, last), mcommitIndex |-> commit,
     msource |-> u.msource, mdest |-> i]

\* How much of the leader's log i may have taken in: what it has already, or what its log shows. A
\* crash may have left less of it, which is chosen as it is stored.
LastOf(i, u) ==
    LET agreed == Agreement(log[i], u.mlog) IN
    IF Observes("log")
    THEN IF line.state.log = log[i] THEN {agreed} ELSE {Len(line.state.log)} \cap 0..Len(u.mlog)
    ELSE IF Crashed THEN {agreed, Len(u.mlog)}
    ELSE agreed..Len(u.mlog)

\* The commit indexes from which i may have learned its own. Of a crash, the restart says how much is left.
CommitOf(i, u, last) ==
    IF Observes("commitIndex") THEN {Nearest(line.state.commitIndex, 0, u.mcommitIndex)}
    ELSE IF Crashed THEN {u.mcommitIndex}
    ELSE {0} \cup (commitIndex[i] + 1)..Min(u.mcommitIndex, last)

\* How far a peer may have acknowledged.
AckOf(i, u) ==
    LET j == u.msource IN
    IF Observes("matchIndex") /\ j \in DOMAIN line.state.matchIndex
    THEN {Nearest(line.state.matchIndex[j], 0, u.mmatchIndex)}
    ELSE Min(matchIndex[i][j], u.mmatchIndex)..u.mmatchIndex

\* The answer that the line shows is a refusal.
ShowsRefusal == Sends(AppendEntriesResponse) /\ ~Head(unsent).msuccess

\* The messages to i that u may stand for: of those that lead to the same, one.
MessagesOf(i, u) ==
    CASE u.msource = i -> {}
      [] u.mtype = RequestVoteRequest ->
           {[mtype |-> u.mtype, mterm |-> u.mterm, mlastLogTerm |-> u.mlastLogTerm,
             mlastLogIndex |-> u.mlastLogIndex, msource |-> u.msource, mdest |-> i]}
      [] u.mtype = RequestVoteResponse -> IF u.mdest = i THEN {u} ELSE {}
      [] u.mtype = AppendEntriesRequest ->
           IF u.mterm < currentTerm[i] THEN {AppendTo(i, u, 0, 0, 0)}
           ELSE IF ShowsRefusal THEN {AppendTo(i, u, Len(u.mlog), Len(u.mlog), 0)}
           ELSE UNION {{AppendTo(i, u, 0, last, commit) : commit \in CommitOf(i, u, last)} :
                       last \in LastOf(i, u)}
      [] u.mtype = AppendEntriesResponse ->
           IF u.mdest = i THEN {[u EXCEPT !.mmatchIndex = ack] : ack \in AckOf(i, u)} ELSE {}

\* The liberties by which a request may go unanswered.
Silences == {"IgnoreStaleRequest", "IgnoreVoteRequest", "IgnoreAppendEntries", "AnswerLater"}

\* Those by which a newer term is not taken.
NotAtItsTerm == {"IgnoreVoteRequest", "IgnoreResponse", "RefuseVoteRequest"}

\* A message that the line does not show may have been this, as far as term and answer tell.
Fits(m) ==
    /\ Observes("currentTerm") =>
            IF line.state.currentTerm > currentTerm[line.server]
            THEN m.mterm = line.state.currentTerm
            ELSE m.mterm <= line.state.currentTerm \/ NotAtItsTerm \cap Liberties # {}
    /\ (line.event = "Receive" /\ Has("sends")) =>
            IF m.mtype \in ResponseTypes
            THEN ~Sends(RequestVoteResponse) /\ ~Sends(AppendEntriesResponse)
            ELSE \/ /\ Sends(IF m.mtype = RequestVoteRequest THEN RequestVoteResponse
                                                            ELSE AppendEntriesResponse)
                    /\ Head(unsent).mdest = m.msource
                 \/ /\ Silences \cap Liberties # {}
                    /\ ~Sends(RequestVoteResponse) /\ ~Sends(AppendEntriesResponse)

\* All messages that server i may be handling unseen.
HiddenMessages(i) ==
    {m \in DOMAIN messages : m.mdest = i /\ Fits(m)}
    \cup UNION {MessagesOf(i, u) : u \in {v \in unseen : Fits(v)}}

\* What a server may have sent of itself as it is now.
RequestsOf(i) ==
    IF role[i] = Candidate
    THEN {[mtype |-> RequestVoteRequest, mterm |-> currentTerm[i],
           mlastLogTerm |-> LastTerm(log[i]), mlastLogIndex |-> Len(log[i]), msource |-> i]}
    ELSE IF role[i] = Leader
    THEN {[mtype |-> AppendEntriesRequest, mterm |-> currentTerm[i], msource |-> i,
           mlog |-> log[i], mcommitIndex |-> commitIndex[i]]}
    ELSE {}

VoteAnswer(i, j, granted) ==
    [mtype |-> RequestVoteResponse, mterm |-> currentTerm[i], mvoteGranted |-> granted,
     msource |-> i, mdest |-> j]

AppendAnswer(i, j, success, match) ==
    [mtype |-> AppendEntriesResponse, mterm |-> currentTerm[i], msuccess |-> success,
     mmatchIndex |-> match, msource |-> i, mdest |-> j]

\* What server i, as it is now, may have answered to the request that u stands for, which has changed
\* nothing: it was late, or came again, or had nothing new.
AnswersTo(i, u) ==
    LET j == u.msource IN
    CASE u.msource = i \/ u.mterm > currentTerm[i] -> {}
      [] u.mtype = RequestVoteRequest ->
           IF u.mterm = currentTerm[i] /\ UpToDate(u, log[i]) /\ votedFor[i] \in {Nil, j}
           THEN IF votedFor[i] = j THEN {VoteAnswer(i, j, TRUE)} ELSE {}
           ELSE {VoteAnswer(i, j, FALSE)}
      [] u.mtype = AppendEntriesRequest ->
           IF u.mterm < currentTerm[i] THEN {AppendAnswer(i, j, FALSE, 0)}
           ELSE IF role[i] # Follower THEN {}
           ELSE {AppendAnswer(i, j, TRUE, Agreement(log[i], u.mlog))}
                \cup IF HoldsPrevious(log[i], AppendTo(i, u, Len(u.mlog), Len(u.mlog), 0)) THEN {}
                     ELSE {AppendAnswer(i, j, FALSE, 0)}
      [] OTHER -> {}

\* u claims no less than v, of the same.
Exceeds(u, v) ==
    /\ u.mtype = v.mtype
    /\ u.mterm = v.mterm
    /\ u.msource = v.msource
    /\ CASE u.mtype = AppendEntriesRequest ->
              /\ Len(u.mlog) >= Len(v.mlog)
              /\ SubSeq(u.mlog, 1, Len(v.mlog)) = v.mlog
              /\ u.mcommitIndex >= v.mcommitIndex
         [] u.mtype = AppendEntriesResponse ->
              u.mdest = v.mdest /\ u.msuccess = v.msuccess /\ u.mmatchIndex >= v.mmatchIndex
         [] OTHER -> u = v

\* Of each only the most is kept.
With(sent, more) ==
    LET new == {v \in more : \A u \in sent \cup (more \ {v}) : ~Exceeds(u, v)}
    IN  {v \in sent : \A u \in new : ~Exceeds(u, v)} \cup new

\* Of two states that agree in this, one explains whatever the other does if it outdoes it: more may
\* have been sent unseen. No step depends on the history, nor on the votes and indexes that a server
\* has from an earlier role.
Essence ==
    <<messages, serverVars, logVars,
      [i \in Server |-> IF role[i] = Candidate THEN votesGranted[i] ELSE {}],
      [i \in Server |-> IF role[i] = Leader THEN <<nextIndex[i], matchIndex[i]>> ELSE <<>>],
      IF "LearnCommit" \in Liberties THEN committed ELSE <<>>,
      line, unsent, handled, lost, delivered, telling, known>>

Outdoes(other) ==
    /\ {v \in other \ unseen : \A u \in unseen : ~Exceeds(u, v)} = {}
    /\ UNCHANGED <<vars, traceVars>>

\* What has been sent unseen once the line is explained.
UnseenAfter ==
    LET i        == line.server
        answers  == {m \in lost : m.mtype \in ResponseTypes}
        requests == IF line.event \in {"Receive", "Timeout", "ClientRequest", "Crash"}
                    THEN RequestsOf(i)
                    ELSE {}
        others   == IF (line.event = "Receive" /\ ~Has("message")) \/ MayHideMessage
                    THEN UNION {AnswersTo(i, u) : u \in unseen}
                    ELSE {}
    IN  With(unseen, answers \cup requests \cup others)

-----------------------------------------------------------------------------
(* The choices of raft.tla, as the line has them. Where the line has what raft.tla does not      *)
(* allow, the nearest that it does is taken, so that the step can be shown beside the line.      *)

\* Nothing is counted over the values of a trace: any string will do.
TraceValue == STRING

TraceMessagesTo(i, type) ==
    IF ~Has("message") THEN {m \in delivered : m.mdest = i /\ m.mtype = type}
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

\* What leader i appends next: as its log shows it, or else what it sends of it.
NextValues(i) ==
    LET next == Len(log[i]) + 1 IN
    IF Observes("log") THEN {line.state.log[k].value : k \in {next} \cap DOMAIN line.state.log}
    ELSE {m.mentries[next - m.mprevLogIndex].value : m \in
            {unsent[k] : k \in {k \in DOMAIN unsent :
                /\ unsent[k].mtype = AppendEntriesRequest
                /\ next - unsent[k].mprevLogIndex \in DOMAIN unsent[k].mentries}}}

TraceClientValues(i) == IF Has("value") THEN {line.value} ELSE NextValues(i)

TraceLeaderValues(i) == NextValues(i)

TraceLaterChoices(i) ==
    IF Sends(AppendEntriesResponse) THEN {Nearest(Head(unsent).mmatchIndex, 0, Len(log[i]))} ELSE {}

TraceLearnChoices(i) == {line.state.commitIndex} \cap 0..Len(log[i])

\* What is no message of raft.tla tells its term, if some server has had it.
TraceOtherTerms(i) ==
    IF \E j \in Server : line.message.mterm <= currentTerm[j] THEN {line.message.mterm} ELSE {}

TracePrevChoices(i, j) ==
    IF ~Has("sends") THEN {0} ELSE {Nearest(Head(unsent).mprevLogIndex, 0, Len(log[i]))}

TraceLastChoices(i, j, prev) ==
    IF ~Has("sends") THEN {prev}
    ELSE {Nearest(prev + Len(Head(unsent).mentries), prev, Len(log[i]))}

TraceCommitChoices(i, j) ==
    IF ~Has("sends") THEN {0} ELSE {Nearest(Head(unsent).mcommitIndex, 0, commitIndex[i])}

\* A server stores all, unless its log shows less; after a crash, that is seen at the restart.
TraceStoredChoices(i, new) ==
    IF Crashed THEN StoredLengths(log[i], new)
    ELSE IF Observes("log") /\ Len(line.state.log) < Len(new)
    THEN {Len(new)} \cup ({Len(line.state.log)} \cap StoredLengths(log[i], new))
    ELSE {Len(new)}

\* An acknowledgement that a crash kept from leaving may as well have been for nothing; one that was
\* not seen is for as much as was stored.
TraceAckChoices(i, m) ==
    LET all == m.mprevLogIndex + Len(m.mentries) IN
    IF ~Has("sends")
    THEN IF Crashed THEN 0..all
         ELSE {all} \cup IF Observes("log") THEN 0..all \cap {Len(line.state.log)} ELSE {}
    ELSE IF Sends(AppendEntriesResponse) THEN {Nearest(Head(unsent).mmatchIndex, 0, all)}
    ELSE IF Crashed THEN {0}
    ELSE {all}

\* A nextIndex that was not seen stays where it was, if it may.
TraceNextChoices(i, j, match) ==
    LET next == IF Observes("nextIndex") /\ j \in DOMAIN line.state.nextIndex
                THEN line.state.nextIndex[j]
                ELSE nextIndex[i][j]
    IN  {Nearest(next, match + 1, Len(log[i]) + 1)}

\* A leader that was not seen to commit does so when it is seen to tell: up to the first index where
\* it may, which takes the least for granted.
TargetsForSend(i) ==
    IF ~Sends(AppendEntriesRequest) \/ Head(unsent).mcommitIndex <= commitIndex[i] THEN {}
    ELSE LET enough == {k \in Head(unsent).mcommitIndex..Len(log[i]) : log[i][k].term = currentTerm[i]}
         IN  IF enough = {} THEN {} ELSE {Least(enough)}

TraceCommitTargets(i) ==
    IF ~Observes("commitIndex")
    THEN IF Has("sends") THEN TargetsForSend(i) ELSE (commitIndex[i] + 1)..Len(log[i])
    ELSE IF commitIndex[i] < line.state.commitIndex /\ line.state.commitIndex <= Len(log[i])
    THEN {line.state.commitIndex}
    ELSE {}

TraceRestartCommitChoices(i) ==
    {IF Observes("commitIndex") THEN Nearest(line.state.commitIndex, 0, commitIndex[i]) ELSE 0}

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
    /\ lost # {} => ~Has("sends")
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

\* A message that was not shown is still in flight, in as many copies; what was not seen being sent
\* is only what may be in flight.
Settle ==
    /\ messages' = messages (-) SetToBag(lost \cup delivered)
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>

\* How far leader i may have committed.
Committable(i) ==
    LET held == {k \in (commitIndex[i] + 1)..Len(log[i]) :
                    /\ log[i][k].term = currentTerm[i]
                    /\ IsQuorum({i} \cup {j \in Server : matchIndex[i][j] >= k})}
    IN  IF role[i] = Leader /\ held # {} THEN CHOOSE k \in held : \A l \in held : k >= l
        ELSE commitIndex[i]

\* Whether the server of this line shows its messages.
TellingAfter ==
    LET i == line.server IN
    IF Has("message") THEN IF telling[i] = "unknown" THEN [telling EXCEPT ![i] = "yes"] ELSE telling
    ELSE IF HidesMessage THEN [telling EXCEPT ![i] = "no"]
    ELSE telling

NoneKnown == [i \in Server |-> 0]

\* What the server of this line may know to be committed, unless that was seen.
KnownAfter ==
    LET i == line.server IN
    IF OfNetwork \/ Crashed THEN known
    ELSE IF Observes("commitIndex") THEN IF known = NoneKnown THEN known ELSE [known EXCEPT ![i] = 0]
    ELSE [known EXCEPT ![i] = Max(@, Committable(i))]

\* What the trace says next. Snapshots come before all other lines. The choice among steps stands last,
\* for an engine goes through all that follows one once for each.
Take(next) ==
    /\ next.server \in Server
    /\ next.event = "Init" => line.event = "Init"
    /\ line'      = next
    /\ unsent'    = IF "sends" \in DOMAIN next THEN next.sends ELSE <<>>
    /\ handled'   = (next.event = "Init")
    /\ lost'      = {}
    /\ unseen'    = IF Has("sends") \/ OfNetwork THEN unseen ELSE UnseenAfter
    /\ delivered' = {}
    /\ known'     = KnownAfter
    /\ telling'   = TellingAfter
    /\ IF next.event = "Init" THEN TakeSnapshot(next)
       ELSE IF lost = {} /\ delivered = {} THEN UNCHANGED vars
       ELSE Settle

\* The trace goes on once its line is explained.
Begin(next) == Explained /\ Take(next)

TraceInit ==
    /\ Init
    /\ line    = [event |-> "Init", server |-> Nil]
    /\ unsent  = <<>>
    /\ handled = TRUE
    /\ lost    = {}
    /\ unseen  = {}
    /\ delivered = {}
    /\ telling = [i \in Server |-> "unknown"]
    /\ known   = NoneKnown

-----------------------------------------------------------------------------
(* When a step may be taken, and what it accounts for *)

\* A step that takes the message of the line, or the step of that name.
Delivers(name) ==
    /\ ~handled
    /\ line.event \in {"Receive", name} \/ (Crashed /\ (Has("message") \/ delivered # {}))

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
    /\ delivered' = {}
    /\ UNCHANGED <<line, unsent, lost, unseenVars>>

\* What the step has put into the network, and what the line says was sent next.
Sent     == messages' (-) messages
NextSend == IF unsent = <<>> THEN EmptyBag ELSE SetToBag({Head(unsent)})

\* What the step sends is what the line sent next.
Sending ==
    /\ Sent = NextSend
    /\ unsent'  = Tail(unsent)
    /\ handled' = TRUE
    /\ delivered' = {}
    /\ UNCHANGED <<line, lost, unseenVars>>

\* What the step sends did not leave any more, or was not seen to.
Losing ==
    /\ handled' = TRUE
    /\ lost'    = lost \cup DOMAIN Sent
    /\ delivered' = {}
    /\ UNCHANGED <<line, unsent, unseenVars>>

\* The answer acknowledges all that was stored of what the request had.
AcknowledgesAll ==
    \A answer \in DOMAIN Sent, m \in IF Has("message") THEN {line.message} ELSE delivered :
        (answer.mtype = AppendEntriesResponse /\ answer.msuccess) =>
            answer.mmatchIndex = Min(Len(log'[line.server]), m.mprevLogIndex + Len(m.mentries))

\* An answer is sent, unless a crash kept it from leaving. If sends were not observed, it is the most
\* that can have been answered.
Answering ==
    IF "AnswerLater" \in Liberties /\ Sent = EmptyBag THEN Silently
    ELSE IF ~Has("sends") THEN AcknowledgesAll /\ Losing
    ELSE IF Crashed /\ Sent # NextSend THEN Losing
    ELSE Sending

-----------------------------------------------------------------------------
(* The steps: first for the message of the line *)

\* The message was sent unseen, or the line does not show which of all that may be in flight it was:
\* here is one copy more. raft.tla sent it when that could be recorded in unseen, or doubled it.
TraceReveal ==
    /\ ~handled
    /\ delivered = {}
    /\ IF Has("message")
       THEN /\ line.message \notin DOMAIN messages
            /\ \E u \in unseen : Covers(u, line.message)
            /\ messages' = Send(line.message)
            /\ UNCHANGED delivered
       ELSE /\ HidesMessage \/ MayHideMessage
            /\ \E m \in HiddenMessages(line.server) :
                /\ messages'  = Send(m)
                /\ delivered' = {m}
    /\ UNCHANGED <<serverVars, logVars, candidateVars, leaderVars, historyVars>>
    /\ UNCHANGED <<line, unsent, handled, lost, unseenVars>>

\* Comes before the cause, which is still to be taken.
TraceUpdateTerm ==
    /\ Delivers("UpdateTerm")
    /\ UpdateTerm(line.server)
    /\ handled' = (line.event = "UpdateTerm")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

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

\* What is no message of raft.tla may have a server start an election,
TraceTimeout ==
    /\ Causes("Timeout", "timer") \/ (~handled /\ TakesOther)
    /\ Timeout(line.server)
    /\ Silently

\* or a leader take in what others were asked for.
TraceClientRequest ==
    /\ (Causes("ClientRequest", "value") /\ Has("value")) \/ TakesOther
    /\ ClientRequest(line.server)
    /\ Silently

TraceRestart ==
    /\ ~handled
    /\ line.event = "Restart"
    /\ Restart(line.server)
    /\ handled' = TRUE
    /\ known'   = IF Observes("commitIndex") THEN known
                  ELSE [known EXCEPT ![line.server] = Max(@, Committable(line.server))]
    /\ UNCHANGED <<line, unsent, lost, unseen, delivered, telling>>

TraceDuplicateMessage ==
    /\ ~handled
    /\ line.event = "DuplicateMessage"
    /\ Has("message")
    /\ DuplicateMessage
    /\ Silently

\* A message is also gone if the server crashed before it was handled, and an answer is gone that
\* did not leave: so a crash leaves one network, whatever was done before it.
TraceDropMessage ==
    /\ IF handled THEN lost # {} /\ Has("sends")
       ELSE (line.event = "DropMessage" \/ Crashed) /\ Has("message")
    /\ DropMessage
    /\ handled' = TRUE
    /\ lost'    = {}
    /\ UNCHANGED <<line, unsent, unseenVars, delivered>>

\* A timer need not start an election; and a server may crash before it comes to anything.
TraceIdle ==
    /\ ~handled
    /\ line.event = "Timeout" \/ (Crashed /\ ~Has("message"))
    /\ handled' = TRUE
    /\ UNCHANGED <<vars, line, unsent, lost, unseenVars, delivered>>

(* and what the server does next of itself. After a crash nothing is known but what left: what   *)
(* changes nothing stable is taken only for the sake of a send, or of what the restart shows.    *)

TraceBecomeLeader ==
    /\ Follows("BecomeLeader")
    /\ Observes("role") => line.state.role = Leader
    /\ Crashed /\ Has("sends") => Sends(AppendEntriesRequest)
    /\ BecomeLeader(line.server)
    /\ Silently

TraceAdvanceCommitIndex ==
    /\ \/ Follows("AdvanceCommitIndex")
       \/ ~handled /\ line.event = "Restart" /\ Observes("commitIndex")
    /\ Crashed /\ Has("sends") => /\ Sends(AppendEntriesRequest)
                                   /\ Head(unsent).mcommitIndex > commitIndex[line.server]
    /\ AdvanceCommitIndex(line.server)
    /\ handled' = (line.event # "Restart")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

\* A server that was not seen to learn what is committed did so before, if it is seen to know now. What
\* it can commit only now it does not know from before.
TraceRecall ==
    /\ known # NoneKnown
    /\ LET i      == line.server
           wanted == IF Observes("commitIndex") THEN line.state.commitIndex
                     ELSE IF Sends(AppendEntriesRequest) THEN Head(unsent).mcommitIndex
                     ELSE 0
       IN
        /\ wanted > commitIndex[i]
        /\ wanted <= known[i]
        /\ commitIndex' = [commitIndex EXCEPT ![i] = wanted]
    /\ UNCHANGED <<messages, serverVars, log, candidateVars, leaderVars, historyVars, traceVars>>

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

\* A leader that was not seen to send is seen to have moved a nextIndex, as one does that sends.
TraceAppendEntriesUnseen ==
    /\ handled
    /\ ~Has("sends")
    /\ line.event \in {"Receive", "Timeout", "ClientRequest"}
    /\ Observes("nextIndex")
    /\ \E j \in DOMAIN line.state.nextIndex :
        /\ nextIndex[line.server][j] # line.state.nextIndex[j]
        /\ AppendEntries(line.server, j)
        /\ nextIndex'[line.server][j] = line.state.nextIndex[j]
    /\ Losing

-----------------------------------------------------------------------------
(* What is no message of raft.tla *)

OfOther == Has("message") /\ line.message.mtype = Other

\* Comes before the cause, as UpdateTerm does.
TraceHearOther ==
    /\ ~handled
    /\ TakesOther \/ line.event = "HearOther"
    /\ HearOther(line.server)
    /\ handled' = (line.event = "HearOther")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

\* Beside that, and Timeout and ClientRequest, nothing is known of what comes of it, or becomes of it.
TraceIgnoreOther ==
    /\ ~handled
    /\ TakesOther \/ OfNetwork
    /\ handled' = TRUE
    /\ UNCHANGED <<vars, line, unsent, lost, unseenVars, delivered>>

\* What is sent beside the messages of raft.tla comes last, and is any server's to send.
TraceSendOther ==
    /\ handled
    /\ Sends(Other)
    /\ LET m == Head(unsent) IN
        /\ m.msource = line.server
        /\ m.mdest # line.server
        /\ m.mterm <= currentTerm[line.server] + 1
    /\ unsent' = Tail(unsent)
    /\ UNCHANGED <<vars, line, handled, lost, unseenVars, delivered>>

\* A client's value is passed on to another server.
TraceForward ==
    /\ ~handled
    /\ line.event = "ClientRequest"
    /\ role[line.server] # Leader
    /\ Sends(Other)
    /\ handled' = TRUE
    /\ UNCHANGED <<vars, line, unsent, lost, unseenVars, delivered>>

TraceOther ==
    \/ OfOther /\ (TraceHearOther \/ TraceIgnoreOther)
    \/ TraceForward
    \/ TraceSendOther

-----------------------------------------------------------------------------
(* Liberties *)

TraceIgnoreStaleRequest ==
    /\ Delivers("IgnoreStaleRequest")
    /\ IgnoreStaleRequest(line.server)
    /\ Silently

TraceIgnoreVoteRequest ==
    /\ Delivers("IgnoreVoteRequest")
    /\ IgnoreVoteRequest(line.server)
    /\ Silently

TraceIgnoreAppendEntries ==
    /\ Delivers("IgnoreAppendEntries")
    /\ IgnoreAppendEntries(line.server)
    /\ Silently

TraceIgnoreResponse ==
    /\ Delivers("IgnoreResponse")
    /\ IgnoreResponse(line.server)
    /\ Silently

TraceRefuseVoteRequest ==
    /\ Delivers("RefuseVoteRequest")
    /\ RefuseVoteRequest(line.server)
    /\ Answering

\* A leader or candidate that is seen to be a follower; or a leader that was not seen to be one, before
\* it starts an election.
TraceStepDown ==
    /\ \/ /\ Follows("StepDown")
          /\ IF Observes("role") THEN line.state.role = Follower ELSE line.event = "StepDown"
       \/ /\ ~handled
          /\ line.event = "Timeout" \/ TakesOther \/ (Crashed /\ Has("timer"))
          /\ role[line.server] = Leader
          /\ Observes("role") => line.state.role # Leader
    /\ StepDown(line.server)
    /\ handled' = (handled \/ line.event = "StepDown")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

\* The server had more in its log when it crashed than was seen of it until it is back.
KeptMore == ~handled /\ line.event = "Restart" /\ Observes("log") /\ Len(line.state.log) > Len(log[line.server])

TraceLeadUnseen ==
    /\ "LeaderEntry" \in Liberties
    /\ KeptMore
    /\ BecomeLeader(line.server)
    /\ UNCHANGED traceVars

\* Comes before what clients bring, if that is the first that shows it.
TraceLeaderEntry ==
    /\ Follows("LeaderEntry") \/ (~handled /\ line.event = "ClientRequest") \/ KeptMore
    /\ LeaderEntry(line.server)
    /\ handled' = (handled \/ line.event = "LeaderEntry")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

\* At the end of what the disk had to do.
TraceAnswerLater ==
    /\ Follows("AnswerLater")
    /\ line.event \in {"Timeout", "AnswerLater"}
    /\ Sends(AppendEntriesResponse)
    /\ AnswerLater(line.server, Head(unsent).mdest)
    /\ Sending

\* From a message that is no AppendEntries (or not shown), or at the end of what the disk had to do.
TraceLearnCommit ==
    /\ Observes("commitIndex")
    /\ \/ Follows("LearnCommit") /\ line.event \in {"Timeout", "LearnCommit"}
       \/ Follows("LearnCommit") /\ line.event = "Receive" /\
             (Has("message") =>
                line.message.mtype \in {RequestVoteRequest, RequestVoteResponse, Other}
                    \cup IF "LearnLater" \in Liberties THEN {AppendEntriesRequest} ELSE {})
       \/ ~handled /\ line.event = "Restart"
    /\ LearnCommit(line.server)
    /\ handled' = (handled \/ line.event = "LearnCommit")
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

TraceRewind ==
    /\ Follows("Rewind")
    /\ line.event \in {"Timeout", "Rewind"}
    /\ Observes("nextIndex")
    /\ \E j \in DOMAIN line.state.nextIndex :
        /\ nextIndex[line.server][j] # line.state.nextIndex[j]
        /\ Rewind(line.server, j)
        /\ nextIndex'[line.server][j] = line.state.nextIndex[j]
    /\ handled' = TRUE
    /\ UNCHANGED <<line, unsent, lost, unseenVars, delivered>>

TraceLiberty ==
    /\ Liberties # {"HearOther"}
    /\ \/ TraceIgnoreStaleRequest
       \/ TraceIgnoreVoteRequest
       \/ TraceIgnoreAppendEntries
       \/ TraceIgnoreResponse
       \/ TraceRefuseVoteRequest
       \/ TraceStepDown
       \/ TraceLeadUnseen
       \/ TraceLeaderEntry
       \/ TraceAnswerLater
       \/ TraceLearnCommit
       \/ TraceRewind

-----------------------------------------------------------------------------

TraceNext ==
    \/ TraceReveal
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
    \/ TraceRecall
    \/ TraceRequestVote
    \/ TraceAppendEntries
    \/ TraceAppendEntriesUnseen
    \/ TraceOther
    \/ TraceLiberty
=============================================================================
