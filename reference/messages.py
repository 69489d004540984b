"""The RPCs of Raft (Figure 2) and the log entry, as frozen values.

Nothing here decides anything. Field names are spec/raft.tla's in snake_case without the leading m.
Two departures from Figure 2, both Ongaro's own in raft.tla: a message names its source and dest
(candidateId and leaderId are the source), and a success says how far the follower's log is known to
match (match_index), so that a response needs no memory of its request.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command for the state machine, and the term in which a leader received it (§5.3)."""

    term: int
    value: bytes


@dataclass(frozen=True, slots=True)
class RequestVoteRequest:
    """A candidate asks for a vote (§5.2) and says how its log ends (§5.4.1)."""

    source: str
    dest: str
    term: int
    last_log_index: int
    last_log_term: int


@dataclass(frozen=True, slots=True)
class RequestVoteResponse:
    """The vote, or a refusal; its term lets a stale candidate update itself (§5.1)."""

    source: str
    dest: str
    term: int
    vote_granted: bool


@dataclass(frozen=True, slots=True)
class AppendEntriesRequest:
    """A leader replicates what follows prev_log_index (§5.3); without entries it is a heartbeat (§5.2)."""

    source: str
    dest: str
    term: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    commit_index: int


@dataclass(frozen=True, slots=True)
class AppendEntriesResponse:
    """Whether the follower's log now matches up to match_index; a refusal has match_index 0 (§5.3)."""

    source: str
    dest: str
    term: int
    success: bool
    match_index: int


Request = RequestVoteRequest | AppendEntriesRequest
Response = RequestVoteResponse | AppendEntriesResponse
Message = Request | Response
