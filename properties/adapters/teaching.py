"""Raft on a page: elections, replication, commit and recovery, to be read beside Figure 2 of the paper.

It is complete and conforms (`raftcheck check teaching`), and is as short as it can be without being clever.
Its messages are those of Figure 2 as raftcheck has them, so each is its own view. To learn from it, take a
line away and see what `raftcheck check` says of that.
"""

from __future__ import annotations

from raftcheck.traces.events import Role, text_of

from ..node import (
    NOBODY,
    AppendEntriesRequest,
    AppendEntriesResponse,
    Caps,
    Entry,
    Env,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)


class Server:
    """One server. What it must not forget is on disk before anything is sent that rests on it."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.current_term, self.voted_for = env.disk.get("vote", (0, NOBODY))
        self.log: tuple[Entry, ...] = env.disk.get("log", ())  # log[0] has the index 1
        self.role: Role = "Follower"
        self.commit_index = 0
        self.votes: set[str] = set()  # of a candidate: who has voted for it
        self.next_index: dict[str, int] = {}  # of a leader: where the next request to a peer begins
        self.match_index: dict[str, int] = {}  # of a leader: how far a peer's log is known to agree

    # What happens to a server

    def timers(self) -> tuple[str, ...]:
        return ("heartbeat",) if self.role == "Leader" else ("election",)

    def fire(self, timer: str) -> None:
        if timer == "heartbeat":
            self.replicate()
        else:
            self.stand_for_election()

    def request(self, request: int, command: bytes) -> bool:
        if self.role != "Leader":
            return False  # the client has to find the leader
        self.log += (Entry(self.current_term, text_of(command)),)
        self.save()
        self.replicate()
        self.advance_commit_index()  # alone in its cluster, it is a majority already
        return True

    def deliver(self, source: str, message: Message) -> None:
        if message.term > self.current_term:
            self.current_term, self.voted_for, self.role = message.term, NOBODY, "Follower"
            self.save()
        match message:
            case RequestVoteRequest():
                self.answer_vote(message)
            case RequestVoteResponse():
                self.count_vote(message)
            case AppendEntriesRequest():
                self.take_entries(message)
            case AppendEntriesResponse():
                self.note_progress(message)

    # Elections (§5.2, §5.4.1)

    def stand_for_election(self) -> None:
        self.current_term, self.voted_for, self.role = self.current_term + 1, self.env.me, "Candidate"
        self.votes = {self.env.me}
        self.save()
        last = len(self.log)
        for peer in self.env.peers:
            self.send(RequestVoteRequest(self.env.me, peer, self.current_term, last, self.term_at(last)))
        self.lead_if_elected()

    def answer_vote(self, m: RequestVoteRequest) -> None:
        last = len(self.log)
        up_to_date = (m.last_log_term, m.last_log_index) >= (self.term_at(last), last)
        free = self.voted_for in (NOBODY, m.source)
        granted = m.term == self.current_term and free and up_to_date
        if granted:
            self.voted_for = m.source
            self.save()
        self.send(RequestVoteResponse(self.env.me, m.source, self.current_term, granted))

    def count_vote(self, m: RequestVoteResponse) -> None:
        if self.role == "Candidate" and m.term == self.current_term and m.vote_granted:
            self.votes.add(m.source)
            self.lead_if_elected()

    def lead_if_elected(self) -> None:
        if 2 * len(self.votes) > len(self.env.peers) + 1:
            self.role = "Leader"
            self.next_index = dict.fromkeys(self.env.peers, len(self.log) + 1)
            self.match_index = dict.fromkeys(self.env.peers, 0)
            self.replicate()  # so that nobody else stands

    # Replication (§5.3)

    def replicate(self) -> None:
        for peer in self.env.peers:
            previous = self.next_index[peer] - 1
            entries = self.log[previous:][: self.env.config.get("max_entries")]
            place = previous, self.term_at(previous)
            self.send(
                AppendEntriesRequest(self.env.me, peer, self.current_term, *place, entries, self.commit_index)
            )

    def take_entries(self, m: AppendEntriesRequest) -> None:
        success, last = False, 0
        if m.term == self.current_term:
            self.role = "Follower"  # there is a leader of this term, and it is not this server
            previous = m.prev_log_index
            success = previous <= len(self.log) and self.term_at(previous) == m.prev_log_term
        if success:
            last = previous + len(m.entries)
            for index, entry in enumerate(m.entries, previous + 1):
                if index > len(self.log) or self.term_at(index) != entry.term:
                    self.log = self.log[: index - 1] + m.entries[index - 1 - previous :]
                    break  # what follows a conflict goes; what agrees stays, for it may be acknowledged
            self.save()
            self.commit_index = max(self.commit_index, min(m.commit_index, last))
        self.send(AppendEntriesResponse(self.env.me, m.source, self.current_term, success, last))

    def note_progress(self, m: AppendEntriesResponse) -> None:
        if self.role != "Leader" or m.term != self.current_term:
            return
        if m.success:  # which may be late: what is known is not forgotten
            self.match_index[m.source] = max(self.match_index[m.source], m.match_index)
            self.next_index[m.source] = self.match_index[m.source] + 1
            self.advance_commit_index()
        else:
            self.next_index[m.source] = max(self.next_index[m.source] - 1, self.match_index[m.source] + 1)

    def advance_commit_index(self) -> None:
        """Commits what a majority has, if it is of this term: all before it comes with it (§5.4.2)."""
        held = sorted((len(self.log), *self.match_index.values()), reverse=True)
        index = held[len(held) // 2]  # more than half of the servers have at least this much
        if index > self.commit_index and self.term_at(index) == self.current_term:
            self.commit_index = index

    # Disk, network, and what can be seen from outside

    def term_at(self, index: int) -> int:
        return self.log[index - 1].term if index else 0

    def save(self) -> None:
        self.env.disk["vote"] = self.current_term, self.voted_for
        self.env.disk["log"] = self.log
        self.env.sync()

    def send(self, message: Message) -> None:
        self.env.send(message.dest, message, message)

    def state(self) -> NodeState:
        leads = self.role == "Leader"
        return NodeState(
            role=self.role,
            current_term=self.current_term,
            voted_for=self.voted_for,
            log=self.log,
            commit_index=self.commit_index,
            votes_granted=tuple(sorted(self.votes)),
            next_index=self.next_index if leads else None,
            match_index=self.match_index if leads else None,
        )

    def stop(self) -> None:
        pass


class Teaching:
    caps = Caps(network="datagram", restorable=True)

    def start(self, env: Env, fresh: bool) -> Server:
        return Server(env)

    def store(self, env: Env, state: NodeState) -> None:
        env.disk["vote"] = state.current_term, state.voted_for
        env.disk["log"] = state.log
        env.sync()

    def payload_of(self, view: Message) -> Message:
        return view


implementation = Teaching()
