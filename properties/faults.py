"""The fault catalogue: mistakes that people made in Raft code, each as the reference with one part replaced.

raftcheck's power is measured on them: each must be found, and its report must name an action of raft.tla
that the mistake is in. A fault that lives is a bug in our tests. Each is an Implementation, under its id
with underscores: `raftcheck check raftcheck.properties.faults:vote_no_votedfor`. This is not a list of
what raftcheck looks for: it looks for none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raftcheck.reference.messages import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    RequestVoteRequest,
)
from raftcheck.reference.raft import Raft
from raftcheck.reference.stable import Append, Record, Stable

from .adapters.reference import DiskStorage, Reference, ReferenceNode
from .node import Caps, Env, Message, Node, NodeState


@dataclass(frozen=True, slots=True)
class Fault:
    """A Raft with one known mistake."""

    id: str
    title: str
    """What the code does wrong."""
    source: str
    """Where it was seen, or which sentence of the paper it misreads."""
    breaks: str
    """What it endangers in the end: a property of Figure 3, durability, progress, or conformance alone."""
    action: str
    """The action of raft.tla that the mistake is in, for the report to name."""
    implementation: Reference
    also: tuple[str, ...] = ()
    """Other actions where it may be seen first: at the Restart, after a crash in the midst of it."""

    @property
    def caps(self) -> Caps:
        return self.implementation.caps

    def start(self, env: Env, fresh: bool) -> Node:
        return self.implementation.start(env, fresh)

    def store(self, env: Env, state: NodeState) -> None:
        self.implementation.store(env, state)

    def start_at(self, env: Env, state: NodeState) -> Node:
        return self.implementation.start_at(env, state)

    def payload_of(self, view: Message) -> Any:
        return self.implementation.payload_of(view)


# Elections and terms


class VoteNoVotedFor(Raft):
    def may_vote_for(self, request: RequestVoteRequest) -> bool:
        return request.term == self.current_term


vote_no_votedfor = Fault(
    id="vote-no-votedfor",
    title="grants a vote without looking at votedFor",
    source="§5.2; akka-raft #56",
    breaks="ElectionSafety",
    action="HandleRequestVoteRequest",
    also=("Restart",),
    implementation=Reference(VoteNoVotedFor),
)


class VoteNotClearedNewTerm(Raft):
    def update_term(self, term: int) -> None:
        self.set_term_vote(term, self.voted_for)
        self.role = "Follower"


vote_not_cleared_new_term = Fault(
    id="vote-not-cleared-new-term",
    title="votedFor is kept when the term grows",
    source="Figure 2, Rules for all servers",
    breaks="progress",
    action="UpdateTerm",
    also=("HandleRequestVoteRequest", "Restart"),
    implementation=Reference(VoteNotClearedNewTerm),
)


class VoteCounterNotSet(Raft):
    ballots = 0

    def count_vote(self, voter: str) -> None:
        self.ballots = 1 if voter == self.me else self.ballots + 1  # the own vote opens the count
        super().count_vote(voter)

    def has_won(self) -> bool:
        return self.ballots >= self.quorum()


vote_counter_not_set = Fault(
    id="vote-counter-not-set",
    title="votes are a counter, so that a duplicated response counts twice",
    source="akka-raft #45; coyote-samples #7, #8",
    breaks="ElectionSafety",
    action="BecomeLeader",
    implementation=Reference(VoteCounterNotSet),
)


class VoteNoUpToDate(Raft):
    def is_up_to_date(self, request: RequestVoteRequest) -> bool:
        return True


vote_no_uptodate = Fault(
    id="vote-no-uptodate",
    title="grants a vote without comparing the logs",
    source="§5.4.1; CCF #3837, #4472",
    breaks="LeaderCompleteness",
    action="HandleRequestVoteRequest",
    also=("Restart",),
    implementation=Reference(VoteNoUpToDate),
)


class VoteUpToDateStrict(Raft):
    def is_up_to_date(self, request: RequestVoteRequest) -> bool:
        last_index = len(self.log)
        return (request.last_log_term, request.last_log_index) > (self.term_at(last_index), last_index)


vote_uptodate_strict = Fault(
    id="vote-uptodate-strict",
    title="wants the candidate's log strictly newer: equal logs refuse each other",
    source="§5.4.1",
    breaks="progress",
    action="HandleRequestVoteRequest",
    implementation=Reference(VoteUpToDateStrict),
)


class QuorumHalf(Raft):
    def quorum(self) -> int:
        return (len(self.servers) + 1) // 2


quorum_half = Fault(
    id="quorum-half",
    title="half of an even cluster is taken for a majority",
    source="akka-raft, in Minimizing Faulty Executions of Distributed Systems (NSDI 2016)",
    breaks="ElectionSafety",
    action="BecomeLeader",
    also=("AdvanceCommitIndex",),
    implementation=Reference(QuorumHalf),
)


class NoStepdownEqualTermAe(Raft):
    def handle_append_entries_request(self, request: AppendEntriesRequest) -> None:
        if self.role != "Candidate" or request.term != self.current_term:
            super().handle_append_entries_request(request)


no_stepdown_equal_term_ae = Fault(
    id="no-stepdown-equal-term-ae",
    title="a candidate ignores the leader of its own term",
    source="§5.2",
    breaks="progress",
    action="HandleAppendEntriesRequest",
    implementation=Reference(NoStepdownEqualTermAe),
)


class SelfVoteMissing(Raft):
    def count_vote(self, voter: str) -> None:
        if voter != self.me:
            super().count_vote(voter)


self_vote_missing = Fault(
    id="self-vote-missing",
    title="a candidate does not count its own vote",
    source="verdi-raft #41; scylladb #10618",
    breaks="progress",
    action="Timeout",
    implementation=Reference(SelfVoteMissing),
)


class RevoteSameCandidateRefused(Raft):
    def may_vote_for(self, request: RequestVoteRequest) -> bool:
        return request.term == self.current_term and self.voted_for is None


revote_same_candidate_refused = Fault(
    id="revote-same-candidate-refused",
    title="the same candidate asking again is refused: a lost answer is never repaired",
    source="akka-raft #29; vesoft nebula #2419",
    breaks="progress",
    action="HandleRequestVoteRequest",
    implementation=Reference(RevoteSameCandidateRefused),
)


class RemembersItsRole(ReferenceNode):
    """Stores its role, and believes it after a restart."""

    def __init__(self, env: Env, raft: Raft, storage: DiskStorage) -> None:
        super().__init__(env, raft, storage)
        raft.role = env.disk.get("role", "Follower")

    def carry_out(self) -> None:
        self.env.disk["role"] = self.raft.role
        self.env.sync()
        super().carry_out()


two_leaders_restart = Fault(
    id="two-leaders-restart",
    title="a server comes back from a crash as leader of its old term",
    source="hashicorp/raft #364, #386 (StartAsLeader, removed)",
    breaks="ElectionSafety",
    action="Restart",
    implementation=Reference(node=RemembersItsRole),
)


# Log replication


class AeNoPrevTerm(Raft):
    def accepts(self, request: AppendEntriesRequest) -> bool:
        return request.term == self.current_term and request.prev_log_index <= len(self.log)


ae_no_prevterm = Fault(
    id="ae-no-prevterm",
    title="the consistency check compares prevLogIndex only",
    source="§5.3",
    breaks="LogMatching",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeNoPrevTerm),
)


class AeTruncateAlways(Raft):
    def merge(self, prev_index: int, entries: tuple[Entry, ...]) -> tuple[int, tuple[Entry, ...]]:
        return prev_index, entries


ae_truncate_always = Fault(
    id="ae-truncate-always",
    title="deletes everything after prevLogIndex: a late AppendEntries erases acknowledged entries",
    source="raftos #26; CCF #5991, #6016",
    breaks="durability",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeTruncateAlways),
)


class AeNeverTruncates(Raft):
    def merge(self, prev_index: int, entries: tuple[Entry, ...]) -> tuple[int, tuple[Entry, ...]]:
        return len(self.log), entries[len(self.log) - prev_index :]


ae_never_truncates = Fault(
    id="ae-never-truncates",
    title="entries that conflict survive, new ones go behind them",
    source="Figure 2, AppendEntries, step 3",
    breaks="LogMatching",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeNeverTruncates),
)


class AeDuplicateAppends(Raft):
    def merge(self, prev_index: int, entries: tuple[Entry, ...]) -> tuple[int, tuple[Entry, ...]]:
        return len(self.log), entries


ae_duplicate_appends = Fault(
    id="ae-duplicate-appends",
    title="an AppendEntries that comes again appends its entries again",
    source="akka-raft, in NSDI 2016 (raft-58b); willemt/raft a1fbc29",
    breaks="LogMatching",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeDuplicateAppends),
)


class AeTruncatesBelowCommit(Raft):
    def merge(self, prev_index: int, entries: tuple[Entry, ...]) -> tuple[int, tuple[Entry, ...]]:
        if prev_index < self.commit_index:
            return prev_index, entries
        return super().merge(prev_index, entries)


ae_truncates_below_commit = Fault(
    id="ae-truncates-below-commit",
    title="an AppendEntries from before the commit index cuts committed entries off",
    source="willemt/raft 396f7b7; akka-entity-replication #165",
    breaks="StateMachineSafety",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeTruncatesBelowCommit),
)


class AeStaleTermAccepted(Raft):
    def accepts(self, request: AppendEntriesRequest) -> bool:
        return self.has_entry(request.prev_log_index, request.prev_log_term)


ae_stale_term_accepted = Fault(
    id="ae-stale-term-accepted",
    title="an AppendEntries of an earlier term is taken in",
    source="§5.1",
    breaks="LogMatching",
    action="HandleAppendEntriesRequest",
    also=("Restart",),
    implementation=Reference(AeStaleTermAccepted),
)


class LeaderOverwritesOwnLog(Raft):
    def become_leader(self) -> None:
        self.replace_suffix(self.commit_index, ())
        super().become_leader()


leader_overwrites_own_log = Fault(
    id="leader-overwrites-own-log",
    title="a new leader throws away what it does not know to be committed",
    source="Figure 3, Leader Append-Only; CCF #5929",
    breaks="LeaderCompleteness",
    action="BecomeLeader",
    also=("Restart",),
    implementation=Reference(LeaderOverwritesOwnLog),
)


class MatchNotMax(Raft):
    def match_after(self, response: AppendEntriesResponse) -> int:
        return response.match_index


match_not_max = Fault(
    id="match-not-max",
    title="matchIndex is assigned, not maximised: a late answer lowers it",
    source="raftos #25; PySyncObj #167; raft.tla #18",
    breaks="conformance",
    action="HandleAppendEntriesResponse",
    implementation=Reference(MatchNotMax),
)


class NextNotUpdated(Raft):
    def next_after_success(self, response: AppendEntriesResponse) -> int:
        return self.next_index[response.source]


next_not_updated = Fault(
    id="next-not-updated",
    title="a success moves matchIndex and not nextIndex",
    source="PySyncObj #167; CCF #5895",
    breaks="conformance",
    action="HandleAppendEntriesResponse",
    implementation=Reference(NextNotUpdated),
)


class NextBelowMatchOnNack(Raft):
    def next_after_refusal(self, response: AppendEntriesResponse) -> int:
        return max(1, self.next_index[response.source] - 1)


next_below_match_on_nack = Fault(
    id="next-below-match-on-nack",
    title="a late refusal lowers nextIndex to what is known to match",
    source="CCF #5341, #5630; etcd #1366",
    breaks="progress",
    action="HandleAppendEntriesResponse",
    implementation=Reference(NextBelowMatchOnNack),
)


class HeartbeatAckMatchesTail(Raft):
    def match_after(self, response: AppendEntriesResponse) -> int:
        return len(self.log)


heartbeat_ack_matches_tail = Fault(
    id="heartbeat-ack-matches-tail",
    title="any success, of a heartbeat even, is taken as: the whole log matches",
    source="Ratis RATIS-2605; async-raft #102",
    breaks="StateMachineSafety",
    action="HandleAppendEntriesResponse",
    implementation=Reference(HeartbeatAckMatchesTail),
)


# Commit


class CommitOldTerm(Raft):
    def may_commit(self, index: int) -> bool:
        return index > self.commit_index


commit_old_term = Fault(
    id="commit-old-term",
    title="commits an entry of an earlier term by counting (Figure 8)",
    source="§5.4.2; PySyncObj #169; logcabin #44; CCF #4472, #5674",
    breaks="LeaderCompleteness",
    action="AdvanceCommitIndex",
    implementation=Reference(CommitOldTerm),
)


class CommitNotMax(Raft):
    def known_commit_index(self, request: AppendEntriesRequest) -> int:
        return min(request.commit_index, self.last_new_index(request))


commit_not_max = Fault(
    id="commit-not-max",
    title="a follower's commitIndex goes back",
    source="PySyncObj #166; raft.tla #19, #22",
    breaks="conformance",
    action="HandleAppendEntriesRequest",
    implementation=Reference(CommitNotMax),
)


class CommitUnverifiedSuffix(Raft):
    def known_commit_index(self, request: AppendEntriesRequest) -> int:
        return max(self.commit_index, min(request.commit_index, len(self.log)))


commit_unverified_suffix = Fault(
    id="commit-unverified-suffix",
    title="a follower commits up to its own last entry, beyond what the message shows to match",
    source="Figure 2, AppendEntries, step 5; rabbitmq/ra #508",
    breaks="StateMachineSafety",
    action="HandleAppendEntriesRequest",
    implementation=Reference(CommitUnverifiedSuffix),
)


class CommitLastStored(Raft):
    def agreed_index(self) -> int:
        return len(self.log)


commit_last_stored = Fault(
    id="commit-last-stored",
    title="a leader commits what it has stored itself",
    source="canonical/raft 1996d32",
    breaks="LeaderCompleteness",
    action="AdvanceCommitIndex",
    implementation=Reference(CommitLastStored),
)


# Persistence


class ForgetsVote(DiskStorage):
    def load(self) -> Stable:
        stable = super().load()
        return Stable(stable.current_term, None, stable.log)


vote_volatile = Fault(
    id="vote-volatile",
    title="votedFor does not survive a crash",
    source="PySyncObj #84; akka-raft #56; seaweedfs/raft #9",
    breaks="ElectionSafety",
    action="Restart",
    implementation=Reference(storage=ForgetsVote),
)


class ForgetsTerm(DiskStorage):
    def load(self) -> Stable:
        return Stable(0, None, super().load().log)


term_volatile = Fault(
    id="term-volatile",
    title="currentTerm is 0 after a crash while the log keeps later terms",
    source="PySyncObj #201, #202; raft-java #57; sofa-jraft",
    breaks="LeaderCompleteness",
    action="Restart",
    implementation=Reference(storage=ForgetsTerm),
)


class ForgetsAll(DiskStorage):
    def load(self) -> Stable:
        return Stable()


exception_restarts_empty = Fault(
    id="exception-restarts-empty",
    title="a server that is restarted after an exception begins with nothing",
    source="akka-raft #62",
    breaks="ElectionSafety",
    action="Restart",
    implementation=Reference(storage=ForgetsAll),
)


class SendsBeforeSync(ReferenceNode):
    def carry_out(self) -> None:
        effects = self.raft.take_effects()
        for record in effects.records:
            self.storage.write(record)
        for message in effects.messages:
            self.send(message)
        self.storage.sync()


ack_before_fsync = Fault(
    id="ack-before-fsync",
    title="answers leave before what they promise is synced",
    source="PySyncObj #84; yugabyte #23453",
    breaks="durability",
    action="Restart",
    implementation=Reference(node=SendsBeforeSync),
)


class LosesWrites(DiskStorage):
    """A disk that is full after two entries, and an error code that nobody looks at."""

    def write(self, record: Record) -> None:
        if not isinstance(record, Append) or record.prev_index + len(record.entries) <= 2:
            super().write(record)


persist_error_ignored = Fault(
    id="persist-error-ignored",
    title="a write that failed is taken for done",
    source="dragonboat #409; sofa-jraft #96",
    breaks="durability",
    action="Restart",
    implementation=Reference(storage=LosesWrites),
)


class StoresCommitFirst(ReferenceNode):
    """Stores the commit index, and does so before the entries that it speaks of."""

    def __init__(self, env: Env, raft: Raft, storage: DiskStorage) -> None:
        super().__init__(env, raft, storage)
        raft.commit_index = env.disk.get("commit", 0)

    def carry_out(self) -> None:
        self.env.disk["commit"] = self.raft.commit_index
        self.env.sync()
        super().carry_out()


commit_ahead_of_log = Fault(
    id="commit-ahead-of-log",
    title="the stored commitIndex is ahead of the stored log after a crash",
    source="PySyncObj #197; sofa-jraft #1092",
    breaks="StateMachineSafety",
    action="Restart",
    implementation=Reference(node=StoresCommitFirst),
)


FAULTS: tuple[Fault, ...] = tuple(thing for thing in list(globals().values()) if isinstance(thing, Fault))
"""All of the above, in that order."""
