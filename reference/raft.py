"""A Raft server as a sans-IO state machine: elections, log replication, commit, restart (Figure 2).

The world calls an *input* (a timer fired, a message arrived, a client asks). It changes the state and
collects effects, which the driver fetches with take_effects(): first the records are written and
synced, only then do the messages leave (driver.py). Between two inputs the server is quiet.

An input is carried out by *actions*, one method for each action of spec/raft.tla, under its name. They
ask *decisions*, small methods that only look, and make *changes*. Any of these can be overridden: a
known mistake is a subclass with one method.

It does not know: any clock, socket, file or randomness (a timeout is an input, delay and loss are the
driver's), the state machine (apply log[:commit_index] in order, §5.3), or any specification of itself.
It trusts its peers to be Raft servers. It never changes the set of servers and never compacts its log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .messages import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Message,
    RequestVoteRequest,
    RequestVoteResponse,
    Response,
)
from .stable import Append, Record, Stable, TermVote

Role = Literal["Follower", "Candidate", "Leader"]
Timer = Literal["election", "heartbeat"]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a server wants done, in this order: write and sync all the records, then send the messages."""

    records: tuple[Record, ...]
    messages: tuple[Message, ...]


class Raft:
    """One server of a fixed cluster. Log indexes are 1-based: log[index - 1] is the entry at index."""

    def __init__(
        self, me: str, servers: Iterable[str], stable: Stable, max_entries: int | None = None
    ) -> None:
        """Start, or restart from what was stored, as a Follower (§5.2) without commits (raft.tla!Restart).

        servers are all of the cluster, me among them. max_entries bounds how many entries one
        AppendEntriesRequest carries; None: all that the peer is not known to have.
        """
        names = tuple(servers)
        if me not in names or len(set(names)) < len(names):
            raise ValueError(f"servers {names}: expected different names, {me!r} among them")
        if max_entries is not None and max_entries < 1:
            raise ValueError(f"max_entries {max_entries}: expected 1 or more, or None for no bound")
        self.me = me
        self.servers = names
        self.peers = tuple(server for server in names if server != me)
        self.max_entries = max_entries

        self.current_term = stable.current_term
        self.voted_for = stable.voted_for
        self.log = list(stable.log)

        self.role: Role = "Follower"
        self.commit_index = 0
        self.votes_granted: frozenset[str] = frozenset()
        self.next_index = dict.fromkeys(self.peers, 1)
        self.match_index = dict.fromkeys(self.peers, 0)

        self._records: list[Record] = []
        self._messages: list[Message] = []

    # Inputs and effects

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that run: a leader's heartbeat, everybody else's election timer (§5.2)."""
        return ("heartbeat",) if self.role == "Leader" else ("election",)

    def election_timeout(self) -> None:
        """No leader was heard of for an election timeout; a Leader needs no other (§5.2)."""
        if self.role != "Leader":
            self.timeout()

    def heartbeat_timeout(self) -> None:
        """Time for a Leader to be heard of again, by an AppendEntriesRequest to every peer (§5.2)."""
        if self.role == "Leader":
            for peer in self.peers:
                self.append_entries(peer)

    def request(self, value: bytes) -> bool:
        """A client asks for a command to be replicated. False: refused, since not a Leader (§5.3, §8)."""
        if self.role != "Leader":
            return False
        self.client_request(value)
        return True

    def receive(self, message: Message) -> None:
        """A message arrived. Newer terms first, then its handler (Figure 2, Rules for all servers)."""
        if message.term > self.current_term:
            self.update_term(message.term)
        match message:
            case AppendEntriesRequest():
                self.handle_append_entries_request(message)
            case RequestVoteRequest():
                self.handle_request_vote_request(message)
            case response if response.term < self.current_term:
                self.drop_stale_response(response)
            case AppendEntriesResponse():
                self.handle_append_entries_response(message)
            case RequestVoteResponse():
                self.handle_request_vote_response(message)

    def take_effects(self) -> Effects:
        """What the inputs since the last call want done; each effect is handed out once."""
        effects = Effects(tuple(self._records), tuple(self._messages))
        self._records.clear()
        self._messages.clear()
        return effects

    # Actions: elections

    def update_term(self, term: int) -> None:
        """Take a newer term and return to Follower, with a vote to give (§5.1, raft.tla!UpdateTerm)."""
        self.set_term_vote(term, None)
        self.role = "Follower"

    def timeout(self) -> None:
        """Begin an election: new term, own vote, a request to every peer (§5.2, raft.tla!Timeout)."""
        self.set_term_vote(self.current_term + 1, self.me)
        self.role = "Candidate"
        self.votes_granted = frozenset()
        self.count_vote(self.me)
        for peer in self.peers:
            self.request_vote(peer)
        if self.has_won():  # a single server is its own majority
            self.become_leader()

    def request_vote(self, peer: str) -> None:
        """Ask a peer for its vote (§5.2, §5.4.1, raft.tla!RequestVote)."""
        last_index = len(self.log)
        self.send(RequestVoteRequest(self.me, peer, self.current_term, last_index, self.term_at(last_index)))

    def handle_request_vote_request(self, request: RequestVoteRequest) -> None:
        """Answer with the vote or a refusal (Figure 2, RequestVote, raft.tla!HandleRequestVoteRequest)."""
        granted = self.may_vote_for(request) and self.is_up_to_date(request)
        if granted and self.voted_for != request.source:
            self.set_term_vote(self.current_term, request.source)
        self.send(RequestVoteResponse(self.me, request.source, self.current_term, granted))

    def handle_request_vote_response(self, response: RequestVoteResponse) -> None:
        """Count the vote while an election is on (§5.2, raft.tla!HandleRequestVoteResponse)."""
        if self.role == "Candidate" and response.vote_granted:
            self.count_vote(response.source)
            if self.has_won():
                self.become_leader()

    def become_leader(self) -> None:
        """Lead, and say so at once to prevent new elections (§5.2, §5.3, raft.tla!BecomeLeader)."""
        self.role = "Leader"
        self.next_index = dict.fromkeys(self.peers, len(self.log) + 1)
        self.match_index = dict.fromkeys(self.peers, 0)
        for peer in self.peers:
            self.append_entries(peer)

    # Actions: log replication and commit

    def client_request(self, value: bytes) -> None:
        """Append the command to the log and replicate it at once (§5.3, raft.tla!ClientRequest)."""
        self.replace_suffix(len(self.log), (Entry(self.current_term, value),))
        for peer in self.peers:
            self.append_entries(peer)
        self.advance_commit_index()  # a single server is its own majority

    def append_entries(self, peer: str) -> None:
        """Send a peer what follows the entry before its next_index (§5.3, raft.tla!AppendEntries)."""
        prev_index = self.next_index[peer] - 1
        self.send(
            AppendEntriesRequest(
                self.me,
                peer,
                self.current_term,
                prev_index,
                self.term_at(prev_index),
                self.entries_after(prev_index),
                self.commit_index,
            )
        )

    def handle_append_entries_request(self, request: AppendEntriesRequest) -> None:
        """Refuse, or take in the entries and the commit index, and answer.

        (Figure 2, AppendEntries, raft.tla!HandleAppendEntriesRequest)
        """
        if request.term == self.current_term:
            self.follow(request.source)
        success = self.accepts(request)
        if success:
            self.replace_suffix(*self.merge(request.prev_log_index, request.entries))
            self.commit_index = self.known_commit_index(request)
        match_index = self.last_new_index(request) if success else 0
        self.send(AppendEntriesResponse(self.me, request.source, self.current_term, success, match_index))

    def handle_append_entries_response(self, response: AppendEntriesResponse) -> None:
        """Move the peer's indexes; retry, or send on (§5.3, raft.tla!HandleAppendEntriesResponse)."""
        if self.role != "Leader":
            return
        peer = response.source
        if response.success:
            self.match_index[peer] = self.match_after(response)
            self.next_index[peer] = self.next_after_success(response)
            self.advance_commit_index()
        else:
            self.next_index[peer] = self.next_after_refusal(response)
        if not response.success or self.next_index[peer] <= len(self.log):
            self.append_entries(peer)

    def advance_commit_index(self) -> None:
        """Commit what a majority stores (§5.3, §5.4.2, raft.tla!AdvanceCommitIndex)."""
        index = self.agreed_index()
        if self.may_commit(index):
            self.commit_index = index

    def drop_stale_response(self, response: Response) -> None:
        """An answer from an earlier term says nothing about this one (raft.tla!DropStaleResponse)."""

    # Decisions: elections

    def quorum(self) -> int:
        """How many servers are a majority (§5.2)."""
        return len(self.servers) // 2 + 1

    def has_won(self) -> bool:
        """Votes from a majority of the servers in this term (§5.2)."""
        return len(self.votes_granted) >= self.quorum()

    def may_vote_for(self, request: RequestVoteRequest) -> bool:
        """One vote in a term, first come first served; the same candidate may ask again (§5.2)."""
        return request.term == self.current_term and self.voted_for in (None, request.source)

    def is_up_to_date(self, request: RequestVoteRequest) -> bool:
        """The candidate's log is not behind: the later last term, then the longer log (§5.4.1)."""
        last_index = len(self.log)
        return (request.last_log_term, request.last_log_index) >= (self.term_at(last_index), last_index)

    # Decisions: log replication and commit

    def term_at(self, index: int) -> int:
        """The term of the entry at index; 0 before the first entry."""
        return self.log[index - 1].term if index else 0

    def has_entry(self, index: int, term: int) -> bool:
        """The log has an entry of that term at index, so it is the same up to there (§5.3, Log Matching)."""
        return index <= len(self.log) and self.term_at(index) == term

    def entries_after(self, prev_index: int) -> tuple[Entry, ...]:
        """What one AppendEntriesRequest carries (§5.3)."""
        end = None if self.max_entries is None else prev_index + self.max_entries
        return tuple(self.log[prev_index:end])

    def accepts(self, request: AppendEntriesRequest) -> bool:
        """Of this term, and about a log that is the same so far (Figure 2, AppendEntries, steps 1 and 2)."""
        same_so_far = self.has_entry(request.prev_log_index, request.prev_log_term)
        return request.term == self.current_term and same_so_far

    def merge(self, prev_index: int, entries: tuple[Entry, ...]) -> tuple[int, tuple[Entry, ...]]:
        """How entries that follow prev_index change the log: (kept, added), for replace_suffix().

        Deletes from the first entry that conflicts (same index, other term) and nothing else
        (Figure 2, AppendEntries, steps 3 and 4); a late heartbeat must leave the suffix alone.
        """
        for position, entry in enumerate(entries):
            if not self.has_entry(prev_index + position + 1, entry.term):
                return prev_index + position, entries[position:]
        return len(self.log), ()

    def last_new_index(self, request: AppendEntriesRequest) -> int:
        """Up to here, and no further, the request shows that the logs match (§5.3)."""
        return request.prev_log_index + len(request.entries)

    def known_commit_index(self, request: AppendEntriesRequest) -> int:
        """The leader's, as far as the last new entry: behind it may be another leader's entries.

        Never back, since requests may be reordered (Figure 2, AppendEntries, step 5).
        """
        return max(self.commit_index, min(request.commit_index, self.last_new_index(request)))

    def match_after(self, response: AppendEntriesResponse) -> int:
        """Never back: responses may be reordered, and what was acknowledged stays stored (Figure 2)."""
        return max(self.match_index[response.source], response.match_index)

    def next_after_success(self, response: AppendEntriesResponse) -> int:
        """Go on behind what is known to match (Figure 2, Rules for leaders)."""
        return self.match_index[response.source] + 1

    def next_after_refusal(self, response: AppendEntriesResponse) -> int:
        """One entry back per refusal, but a late one says nothing about what is known to match.

        The quicker search at the end of §5.3 saves messages, not meaning.
        """
        return max(self.next_index[response.source] - 1, self.match_index[response.source] + 1)

    def agreed_index(self) -> int:
        """The last index that a majority stores, the leader itself counted (§5.3)."""
        stored = sorted((len(self.log), *self.match_index.values()), reverse=True)
        return stored[self.quorum() - 1]

    def may_commit(self, index: int) -> bool:
        """Only an entry of the own term is committed by counting, all before it with it (§5.4.2, Figure 8).

        To look at the last agreed index is enough: terms do not decrease along a log, so if that entry
        is of an earlier term, then so are all before it.
        """
        return index > self.commit_index and self.term_at(index) == self.current_term

    # Changes

    def set_term_vote(self, term: int, voted_for: str | None) -> None:
        """Enter a term, or vote in it: promises, hence stored before they are told (Figure 2)."""
        self.current_term = term
        self.voted_for = voted_for
        self.persist(TermVote(term, voted_for))

    def count_vote(self, voter: str) -> None:
        """A vote is for the whole term: the same voter twice is one vote (§5.2)."""
        self.votes_granted |= {voter}

    def follow(self, leader: str) -> None:
        """A candidate that hears from the leader of its own term has lost, and follows it (§5.2)."""
        assert self.role != "Leader", f"{self.me} and {leader} both lead term {self.current_term}"
        self.role = "Follower"

    def replace_suffix(self, kept: int, added: tuple[Entry, ...]) -> None:
        """The log keeps its first `kept` entries and gets `added` behind them; stored if that changes it."""
        if kept < len(self.log) or added:
            self.log[kept:] = added
            self.persist(Append(kept, added))

    def persist(self, record: Record) -> None:
        """Collect a record for take_effects()."""
        self._records.append(record)

    def send(self, message: Message) -> None:
        """Collect a message for take_effects(); it may rely on every record collected so far."""
        self._messages.append(message)
